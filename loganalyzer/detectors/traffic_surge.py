"""traffic-surge: stretches with at least twice the requests that the time of day and week leads one to expect.

Why it matters
    A campaign, a crawler or a retry storm is no failure, but it explains one: slow answers, rate limits, full queues.
How it is judged
    As `traffic-drop`, upwards: expected = the rhythm, times what the last hour says, but never less than the rhythm;
    twice the expected over fifteen minutes or more. Always a notice.
Known misses
    A single client that asks for a few minutes, and whatever is less than twice the usual.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from loganalyzer.detectors.traffic import answers, finding, watched

if TYPE_CHECKING:
    from loganalyzer.detectors.series import Seen
    from loganalyzer.findings import Finding

LEAST_RATIO: Final = 2.0
LEAST_MINUTES: Final = 15
"""A surge that is worth a line; one client that fetches a site in a few minutes is none."""


def detect(seen: Seen) -> list[Finding]:
    """Return one finding per stretch, oldest first."""
    found = [
        replace(finding(traffic, spell, "traffic-surge", "notice"), facts=answers(traffic, spell))
        for traffic in watched(seen)
        for spell in traffic.spells["up"]
        if spell.lasting and spell.score >= spell.model.threshold and spell.end - spell.start >= LEAST_MINUTES
    ]
    return [surge for surge in found if surge.observed >= LEAST_RATIO * surge.expected]
