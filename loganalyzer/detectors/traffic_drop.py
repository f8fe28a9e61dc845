"""traffic-drop: stretches with fewer requests than the time of day and week leads one to expect.

What counts
    Requests of clients, whatever was answered.
Why it matters
    Requests that never arrive leave no error behind: a broken DNS record, network, load balancer or client release
    shows in this log as nothing but less.
How it is judged
    Expected = the rhythm of day and week (harmonics, weekends; see `loganalyzer.rhythm`), times what the last hour and
    the last five say of today, but never more than the rhythm; `baseline.score_below` in windows of 3 to 60 minutes
    against the threshold of the alarm budget; at least ten requests expected and at most 70 % of them seen; sustained
    beside its worst two minutes. Below a day of log, and on a first weekend, only what is abrupt is told.
Known misses
    What falls slowly, over hours, passes for a quiet day. A drop to 60 % for some minutes is within the drift of most
    sites. What lies at the edge of a file is a `rotation-gap`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loganalyzer.detectors.quiet_day import is_quiet
from loganalyzer.detectors.traffic import at_edge, finding, grade, watched

if TYPE_CHECKING:
    from loganalyzer.detectors.series import Seen
    from loganalyzer.findings import Finding


def detect(seen: Seen) -> list[Finding]:
    """Return one finding per stretch, oldest first."""
    return [
        finding(traffic, spell, "traffic-drop", grade(traffic, spell))
        for traffic in watched(seen)
        for spell in traffic.spells["down"]
        if spell.lasting
        and not traffic.is_silent(spell.start, spell.end)
        and not at_edge(traffic, spell)
        and not is_quiet(traffic, spell)
    ]
