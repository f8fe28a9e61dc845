"""Tests; `require` and the fixtures stand in conftest.py."""
