"""Findings → bands on a time axis, and what their numbers stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.analysis import SEVERITIES
from reports.figures import Band
from reports.section import Link
from reports.sections.order import numbered, place_of

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis
    from reports.section import Text
    from reports.words import Words

BANDS: Final = 60
"""Bands of a panel: more would cover what they mark."""


def bands_of(analysis: Analysis, vendor: str) -> tuple[Band, ...]:
    """Return what has a number and is in one log, as a band from its first to its last finding; blips as one each."""
    bands = []
    for number, members in numbered(analysis):
        own = [finding for finding in members if finding.vendor in {vendor, None}]
        if not own:
            continue
        worst = max((finding.severity for finding in own), key=SEVERITIES.index)
        span = (min(finding.start for finding in own), max(finding.end for finding in own))
        spans = own[0].stretches if own[0].kind == "blips" else (span,)
        where = place_of(analysis, members)
        bands += [Band(number, start, end, worst, where) for start, end in spans]
    return tuple(bands[:BANDS])


def legend_of(analysis: Analysis, vendors_shown: tuple[str, ...], words: Words) -> Text:
    """Return what the numbers of the bands stand for, each leading to where it is told."""
    named = [
        Link(
            words("timeline.band", number=str(number), kind=words.name("kind", members[0].kind)),
            f"#{place_of(analysis, members)}",
        )
        for number, members in numbered(analysis)
        if any(finding.vendor is None or finding.vendor in vendors_shown for finding in members)
    ]
    if not named:
        return ()
    pieces: list[str | Link] = [words("timeline.bands")]
    for place, link in enumerate(named):
        pieces += [", ", link] if place else [link]
    return tuple(pieces)
