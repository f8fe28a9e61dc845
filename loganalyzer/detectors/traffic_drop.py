"""traffic-drop: stretches with fewer requests than the time of day and week leads one to expect.

What counts
    Requests of clients, whatever was answered.
Why it matters
    Requests that never arrive leave no error behind: a broken DNS record, network, load balancer or client release
    shows in this log as nothing but less.
How it is judged
    Expected = the rhythm of day and week (harmonics, weekends; see `loganalyzer.rhythm`), times what the last hour and
    the last five say of today, but never more than the rhythm; `baseline.score_below` in windows of 3 to 60 minutes
    against the threshold of the alarm budget; at least ten requests expected and at most 70 % of them seen, half where
    less than a week of history says what is usual; sustained beside its worst two minutes; lower than the quiet day it
    lies in, if it lies in one. Who came to a proxy and could not log in did come. On a first weekend, and below two
    days of log, where neither day nor night is known, only what is abrupt is told, and of such a log no more than three
    hours; in less than two hours, of what has no end in the file, only a loss of nine tenths.
Who stays away
    Each value's part of what is missing, see `loganalyzer.shortfall`; and whether those who came met more errors of the
    server than usual (`answers`). One client's leaving, of many, is a notice.
Known misses
    What falls slowly, over hours, passes for a quiet day. A drop to 60 % for some minutes is within the drift of most
    sites. What lies at the edge of a file is a `rotation-gap`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from loganalyzer.detectors import auth_failure_surge
from loganalyzer.detectors.quiet_day import belongs, is_quiet, quiet_days
from loganalyzer.detectors.traffic import answers, at_edge, finding, grade, is_abrupt, watched
from loganalyzer.detectors.traffic_search import MOST_LEFT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loganalyzer.detectors.series import Seen
    from loganalyzer.detectors.traffic import Traffic
    from loganalyzer.detectors.traffic_search import Spell
    from loganalyzer.findings import Finding

KIND: Final = "traffic-drop"

LONGEST_ALONE: Final = 180
"""Minutes from which on, in less than two days of log, nobody can tell less traffic from the other half of the day."""


def detect(seen: Seen) -> list[Finding]:
    """Return one finding per stretch, oldest first."""
    found = []
    for traffic in watched(seen):
        drops = [spell for spell in traffic.spells["down"] if _is_drop(traffic, spell)]
        days = quiet_days(traffic) if drops else ()
        found += [
            replace(finding(traffic, spell, KIND, grade(traffic, spell)), facts=answers(traffic, spell))
            for spell in drops
            if not any(belongs(traffic, spell, day) for day in days)
        ]
    return found


def _is_drop(traffic: Traffic, spell: Spell) -> bool:
    """Tell whether a stretch lacks requests for a while, and it is neither the end of a file nor a quiet day."""
    return (
        spell.lasting
        and not traffic.is_silent(spell.start, spell.end)
        and not at_edge(traffic, spell)
        and not is_quiet(traffic, spell)
        and (
            not traffic.rhythm.short
            or (is_abrupt(traffic, spell) and spell.end - spell.start <= LONGEST_ALONE)
        )
    )


def but_in_vain(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings without drops of a proxy in whose time as many came who could not log in.

    What they asked for is no request, and they did not stay away.
    """
    kept = list(findings)
    surges = [
        one for one in kept if one.kind == auth_failure_surge.QUESTION.kind and one.vendor == "cisco_wsa"
    ]
    return [one for one in kept if one.kind != KIND or not any(_explains(surge, one) for surge in surges)]


def _explains(surge: Finding, drop: Finding) -> bool:
    """Tell whether the failed logins beyond the expected make up for most of the requests that are missing."""
    if surge.severity == "notice" or surge.server != drop.server:
        return False
    both = max(min(surge.end, drop.end) - max(surge.start, drop.start), timedelta())
    in_vain = (surge.observed - surge.expected) * (both / (surge.end - surge.start))
    return in_vain > MOST_LEFT * (drop.expected - drop.observed)
