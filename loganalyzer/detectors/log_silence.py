"""log-silence: stretches without a single line where requests were expected.

What counts
    Lines of any kind: while health checks or tunnels are still logged, the log is not silent (see `traffic-drop`).
Why it matters
    A server that is down logs nothing at all; neither does one whose disk is full or whose log shipping has stopped.
How it is judged
    The end of the scale of `traffic-drop`: with E requests expected in the gap and an inflation of phi, the chance is
    at most exp(-E·ln(phi)/(phi - 1)); so a site with two requests a minute cannot honestly report five minutes.
    Whether other logs of the run went on is counted. Two minutes or less are a notice. A server whose log ends while
    others of its vendor go on is silent too, but may only have been copied earlier: never more than minor.
    More than a day is a silence only inside one file, once, and on no Saturday or Sunday unless another was seen.
Known misses
    Who rests for a whole day of the week that is neither is called silent in a log of one week.
    Beyond two days it was not silent, it was not there; between two files so beyond one. What lies between two files is
    a `rotation-gap`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from loganalyzer.baseline import DAY
from loganalyzer.detectors.traffic import Traffic, finding, grade, watched
from loganalyzer.rhythm import weekday

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from loganalyzer.detectors.series import Seen, Series
    from loganalyzer.detectors.traffic_search import Spell
    from loganalyzer.findings import Finding, Severity

REST: Final = (5, 6)
"""Days of the week, from Monday = 0, on which a site may rest."""


def detect(seen: Seen) -> list[Finding]:
    """Return one finding per stretch, oldest first."""
    return [
        replace(
            finding(traffic, spell, "log-silence", _severity(traffic, spell)),
            going_on=_going_on(traffic, spell, seen.series),
        )
        for traffic in watched(seen)
        for spell in traffic.spells["down"]
        if traffic.is_silent(spell.start, spell.end) and not _is_usual(traffic, spell, seen.zone)
    ]


def _is_usual(traffic: Traffic, spell: Spell, zone: tzinfo) -> bool:
    """Tell whether a silence of more than a day may be how this site is: it rests on Sundays, or comes and goes."""
    length = spell.end - spell.start
    if length <= DAY:
        return False
    others = [other for other in traffic.spells["down"] if traffic.is_silent(other.start, other.end)]
    if (traffic.series.minute < 0).any() or any(
        2 * (other.end - other.start) >= length for other in others if other != spell
    ):
        return True
    days = weekday(traffic.series.minute, zone)
    inside = np.bincount(days[spell.start : spell.end], minlength=7)
    seen = np.bincount(days[traffic.unseen], minlength=7)
    return any(inside[day] >= DAY // 2 > seen[day] for day in REST)


def _severity(traffic: Traffic, spell: Spell) -> Severity:
    if not spell.lasting:
        return "notice"
    return "minor" if spell.end > traffic.stops else grade(traffic, spell)


def _going_on(traffic: Traffic, spell: Spell, every: Sequence[Series]) -> int | None:
    """Return how many other logs have a line in a stretch, of those that reach from before to beyond it.

    Null where there are none: then nobody can tell whether it is the site or the log.
    """
    minute = traffic.series.minute
    first, last = int(minute[spell.start]), int(minute[spell.end - 1])
    own = traffic.series.vendor, traffic.series.server
    others = [_lines(other, first, last) for other in every if (other.vendor, other.server) != own]
    known = [lines for lines in others if lines is not None]
    return sum(lines > 0 for lines in known) if known else None


def _lines(series: Series, first: int, last: int) -> float | None:
    """Return the lines of a log in a stretch; null where it does not reach across it."""
    place = np.flatnonzero((series.minute >= first) & (series.minute <= last) & series.logged)
    if place.size != last - first + 1:
        return None
    return float(series.lines[place].sum())
