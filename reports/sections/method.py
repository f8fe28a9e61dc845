"""Analysis → how the numbers came about, in a few sentences."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from reports.section import Bullets, Section

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis
    from reports.words import Words

SENTENCES: Final = ("expected", "score", "limit", "severity", "blips", "time", "meaning", "masked")


def section(analysis: Analysis, words: Words) -> Section:
    """Return the method."""
    start = analysis.period[0] if analysis.period else datetime.fromtimestamp(0, UTC)
    zone = words.zone_name(start)
    items = tuple((words(f"method.{name}", zone=zone),) for name in SENTENCES)
    return Section("method", words("method.heading"), (words("method.lede"),), (Bullets(items),))
