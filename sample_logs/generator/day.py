"""Clock, rhythm and chance: when things happen on 2026-03-10 (UTC), a Tuesday, and how dice are thrown.

Times are whole milliseconds since midnight; only `lines.py` turns them into a server's own notation.
"""

from __future__ import annotations

import math
from bisect import bisect
from datetime import UTC, datetime
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Thing = TypeVar("Thing")

SEED = 20260310
MIDNIGHT = datetime(2026, 3, 10, tzinfo=UTC)
DAY_MS = 86_400_000
SECOND_MS = 1_000
MINUTE_MS = 60_000


def clock(hours: int, minutes: int = 0, seconds: int = 0) -> int:
    """Return a time of day as milliseconds since midnight."""
    return ((hours * 60 + minutes) * 60 + seconds) * SECOND_MS


OUTAGE_START, OUTAGE_END = clock(14, 3), clock(14, 21)
OUTAGE_FULL, OUTAGE_EASING = clock(14, 6), clock(14, 17)
DEPLOY_START, DEPLOY_END = clock(10, 30, 3), clock(10, 30, 57)


def trouble(at_ms: int) -> float:
    """Return how badly the application does, 0 to 0.9: a ramp, a plateau, four minutes of easing.

    >>> trouble(clock(14, 2)), trouble(clock(14, 10)), trouble(clock(14, 21))
    (0.0, 0.9, 0.0)
    """
    if not OUTAGE_START <= at_ms < OUTAGE_END:
        return 0.0
    rising = 0.25 + (at_ms - OUTAGE_START) / (OUTAGE_FULL - OUTAGE_START)
    easing = (OUTAGE_END - at_ms) / (OUTAGE_END - OUTAGE_EASING)
    return 0.9 * min(1.0, rising, easing)


def deploying(at_ms: int) -> bool:
    """Tell whether the application restarts with a new release: less than a minute, once."""
    return DEPLOY_START <= at_ms < DEPLOY_END


def dice(name: str) -> Random:
    """Return a source of chance of its own, so that more visitors do not change what the scanners do."""
    return Random(f"{SEED}:{name}")


def shoppers(at_ms: int) -> float:
    """Return the public's rhythm, mean about 1: busiest at 16:30, the small hours a seventh of that."""
    turn = math.tau * at_ms / DAY_MS
    return 0.807 * math.exp(0.96 * math.cos(turn - 4.136) + 0.10 * math.cos(2 * turn - 4.189))


def office_hours(at_ms: int) -> float:
    """Return the rhythm of people at desks, mean about 1: they come from six to nine, few stay late."""
    hour = at_ms / clock(1)
    arrived = 1 / (1 + math.exp(-(hour - 7.5) / 0.9))
    gone = 1 / (1 + math.exp(-(hour - 16.8) / 1.0))
    return 2.6 * arrived * (1 - gone)


def steady(_at_ms: int) -> float:
    """Return the rhythm of machines: none."""
    return 1.0


def arrivals(chance: Random, per_minute: float, rhythm: Callable[[int], float]) -> Iterator[int]:
    """Yield moments of the day, in order: a Poisson process of that mean rate, thinned to the rhythm."""
    highest = max(rhythm(minute * MINUTE_MS) for minute in range(1440))
    at_ms = 0.0
    while True:
        at_ms -= math.log(1 - chance.random()) * MINUTE_MS / (per_minute * highest)
        if at_ms >= DAY_MS:
            return
        if chance.random() * highest < rhythm(int(at_ms)):
            yield int(at_ms)


def about(chance: Random, median: float, spread: float = 0.5) -> int:
    """Return a positive whole number scattered around a median, with the long tail that durations have."""
    return max(1, round(median * math.exp(spread * chance.gauss(0.0, 1.0))))


class Popular(Generic[Thing]):
    """Things of falling popularity: the n-th is asked for in proportion to n ** -slope (Zipf)."""

    def __init__(self, things: Sequence[Thing], slope: float = 1.0) -> None:
        """Keep the things, most popular first."""
        self.things = things
        self.sums = list(accumulate((rank + 1) ** -slope for rank in range(len(things))))

    def pick(self, chance: Random) -> Thing:
        """Return one of them."""
        return self.things[bisect(self.sums, chance.random() * self.sums[-1])]
