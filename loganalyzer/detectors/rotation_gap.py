"""rotation-gap: stretches without a line, or with fewer, that begin or end with a file of the log.

Why it matters
    Copying and truncating loses lines, and a file may be missing: the gap is in the record, not in the site.
How it is judged
    As `log-silence` and `traffic-drop`. No file was open for up to ten minutes, or longer with both ends on the clock,
    as files are cut; or one of several files of the same log begins or ends. Always a notice.
Known misses
    An outage that happens to end with a new file. Where no file was open for longer, at odd times, it is a silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loganalyzer.detectors.traffic import at_edge, finding, gaps, watched

if TYPE_CHECKING:
    from loganalyzer.detectors.series import Seen
    from loganalyzer.findings import Finding


def detect(seen: Seen) -> list[Finding]:
    """Return one finding per gap, oldest first."""
    found = []
    for traffic in watched(seen):
        edge = [
            spell
            for spell in traffic.spells["down"]
            if spell.lasting and not traffic.is_silent(spell.start, spell.end) and at_edge(traffic, spell)
        ]
        found += [finding(traffic, spell, "rotation-gap", "notice") for spell in [*edge, *gaps(traffic)]]
    return sorted(found, key=lambda gap: gap.start)
