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
from typing import TYPE_CHECKING, Final

from loganalyzer.detectors.quiet_day import belongs, is_quiet, quiet_days
from loganalyzer.detectors.traffic import answers, at_edge, finding, grade, is_abrupt, watched
from loganalyzer.detectors.traffic_search import MOST_LEFT
from loganalyzer.families import NETTED

if TYPE_CHECKING:
    from loganalyzer.detectors.series import Seen
    from loganalyzer.detectors.traffic import Traffic
    from loganalyzer.detectors.traffic_search import Spell
    from loganalyzer.findings import Finding

LONGEST_ALONE: Final = 180
"""Minutes from which on, in less than two days of log, nobody can tell less traffic from the other half of the day."""


def detect(seen: Seen) -> list[Finding]:
    """Return one finding per stretch, oldest first."""
    found = []
    for traffic in watched(seen):
        drops = [spell for spell in traffic.spells["down"] if _is_drop(traffic, spell)]
        days = quiet_days(traffic) if drops else ()
        found += [
            replace(
                finding(traffic, spell, "traffic-drop", grade(traffic, spell)), facts=answers(traffic, spell)
            )
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
        and not _came_in_vain(traffic, spell)
        and (
            not traffic.rhythm.short
            or (is_abrupt(traffic, spell) and spell.end - spell.start <= LONGEST_ALONE)
        )
    )


def _came_in_vain(traffic: Traffic, spell: Spell) -> bool:
    """Tell whether enough came who could not log in at a proxy: what they asked for is no request."""
    series, inside = traffic.series, slice(spell.start, spell.end)
    if not any(series.events[name][inside].any() for name in NETTED if name in series.events):
        return False
    turned_away = float((series.of_logins().requests - series.let_in)[inside].sum()) / traffic.unit
    came = float(traffic.requests[inside].sum()) + turned_away
    return turned_away > 0 and came > MOST_LEFT * float(traffic.due["down"][inside].sum())
