"""A status code → what it means for a vendor, by which document; starts without Polars."""

from loganalyzer.knowledge.explanation import Explanation, as_json, explain, known, reason
from loganalyzer.knowledge.library import Entry, Language, Layer

__all__ = ["Entry", "Explanation", "Language", "Layer", "as_json", "explain", "known", "reason"]
