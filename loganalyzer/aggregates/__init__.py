"""Batch → one small aggregate, mergeable: one file per question that needs more than counts by minute and status."""
