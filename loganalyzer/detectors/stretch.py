"""Gains of minutes and a flagged window → the likeliest onset and end around it.

A minute gains what its count says for the height of the window against the expected one (a log-likelihood ratio), so
the stretch with the largest sum is the likeliest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from loganalyzer import baseline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loganalyzer.baseline import Booleans, Floats, Integers

REACH: Final = 90
"""Minutes around the best window in which onset and end are looked for; more where they lie at the edge."""
JOIN: Final = 10
"""Minutes of calm that close a burst: shorter calm belongs to it; at the end of the data it is still open."""
CALM: Final = 7.0
"""Odds (natural log, 1 in 1000) at which ten calm minutes or more inside a burst make two of it, and at which its first
or last minutes are none of it."""
CALM_RATIO: Final = 10.0
"""Times the expected number below which a minute of hours that change with the day is calm."""
LITTLE: Final = 1.0
"""Gain (natural log of the odds) below which the minutes at an end of a stretch, together, are no part of it."""


class Flagged:
    """Windows that passed: the best of those that end with each minute, and the parts of the log that they cover.

    `ends` tells of every minute whether one ends with it.
    """

    def __init__(self, minutes: int) -> None:
        self.ends = np.zeros(minutes, np.bool_)
        self._score, self._place = np.zeros(minutes), np.zeros(minutes, np.int64)
        self._steps = np.zeros(minutes + 1, np.int64)

    def add(self, at: Integers, scores: Floats, width: int, place: int) -> None:
        """Add the windows of one width that end with some minutes; `place` is its place among the widths."""
        self.ends[at] = True
        np.add.at(self._steps, np.maximum(at + 1 - width, 0), 1)
        np.add.at(self._steps, at + 1, -1)
        better = scores > self._score[at]
        self._score[at[better]], self._place[at[better]] = scores[better], place

    def parts(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield start and end (exclusive) of every part, the last minute of its best window, and the place of that."""
        for start, end in baseline.runs(np.cumsum(self._steps[:-1]) > 0):
            last = start + int(np.argmax(self._score[start:end]))
            yield start, end, last, int(self._place[last])


def around(gains: Floats, unseen: Booleans, begin: int, stop: int) -> tuple[int, int]:
    """Return the stretch with the largest sum of gains that touches the window from `begin` to `stop` (exclusive).

    Minutes that are not `unseen` are never part of it; empty where nothing there gains.
    """
    left, right = 0, gains.size
    back, ahead = REACH, REACH
    while True:
        low, high = max(left, begin - back), min(right, stop + ahead)
        part, seen = gains[low:high], unseen[low:high]
        barrier = -1.0 - float(part[part > 0].sum())
        first, last = baseline.strongest(np.where(seen, part, barrier))
        start, end = low + first, low + last
        if start == end:
            return start, end
        if end <= begin:  # a neighbour that gains more: it has a window of its own
            left = end
        elif start >= stop:
            right = start
        elif low > left and start - low < JOIN:
            back *= 2
        elif high < right and high - end < JOIN:
            ahead *= 2
        else:
            return start, end


def without_calm(
    gains: Floats, calm: Floats, part: tuple[int, int], window: tuple[int, int]
) -> tuple[int, int] | None:
    """Return the better side of calm minutes inside a stretch; null where it has none.

    Parameters
    ----------
    gains: of every minute, by which the side is chosen; the side of the window is, where it lies on one.
    calm: of the minutes of the stretch `part`: what each says against the height of the window.
    """
    start, end = part
    first, last = baseline.strongest(calm)
    inside = first > 0 and last < calm.size
    if not inside or last - first < JOIN or float(calm[first:last].sum()) < CALM:
        return None
    low, high = start + first, start + last
    before, after = float(gains[start:low].sum()), float(gains[high:end].sum())
    first_of_two = high >= window[1] or (low > window[0] and before >= after)
    return (start, low) if first_of_two else (high, end)


def without_weak(
    against: Floats, part: tuple[int, int], is_one: Callable[[int, int], bool]
) -> tuple[int, int]:
    """Return a stretch without first and last minutes that speak against its height.

    Where failures are rare, a dozen of one unlucky client some minutes before an incident make the likeliest stretch
    begin with them. The likeliest change from one height to another is found, and taken where the odds are `CALM` or
    more. What comes and goes is as high, on the whole, at its edges as within; what would be found by itself stays, as
    in an incident that grows by steps.

    Parameters
    ----------
    against: of each minute of the stretch, what it says against its height.
    part: the stretch.
    is_one: tells whether the minutes from start to end would be found by themselves.
    """
    start, end = part
    before, after = start + _weak(against), end - _weak(against[::-1])
    if before > start and is_one(start, before):
        before = start
    if after < end and is_one(after, end):
        after = end
    return (before, after) if before < after else part


def _weak(against: Floats) -> int:
    """Return how many of the first minutes speak most against a height; 0 where the odds are less than `CALM`."""
    odds = np.cumsum(against)
    most = int(np.argmax(odds))
    return most + 1 if odds[most] >= CALM else 0


def without_little(gains: Floats, start: int, end: int) -> tuple[int, int]:
    """Return a stretch without the minutes at its ends that together gain too little to be told from chance.

    Where a minute holds a request or two, the likeliest onset lies before the true one as often as after it, by many
    minutes: whoever is told when it began looks for what was done just then.
    """
    inside = gains[start:end]
    before, after = _little(inside), _little(inside[::-1])
    return (start + before, end - after) if before + after < inside.size else (start, end)


def _little(gains: Floats) -> int:
    """Return how many of the first minutes gain less than `LITTLE` together."""
    small = np.flatnonzero(np.cumsum(gains) < LITTLE)
    return int(small[-1]) + 1 if small.size else 0
