"""Requests and their rhythm → the local level: by how much today lies above or below what the day leads one to expect.

Fewer requests are tested against the least of what makes little traffic usual, more against the most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from loganalyzer.baseline import trailing

if TYPE_CHECKING:
    from loganalyzer.baseline import Booleans, Floats
    from loganalyzer.rhythm import Rhythm

BLOCK: Final = 15
"""Minutes of the blocks that the rhythm is fitted to: the finest that the offset of any zone differs by."""

SPAN: Final = 60
"""Minutes that make the local level of traffic: people wander off and back within hours."""
SPAN_ALONE: Final = 120
"""The same where nothing but what lies before and after a window says what was to be expected."""

GUARD: Final = 15
REACH: Final = 720
"""Minutes after which traffic says nothing of now."""

PRIOR: Final = 200.0
"""Requests that speak for level 1."""
SIDE: Final = 30
"""Known minutes on a side of a window that say what is usual there."""

BOTH: Final = 5
"""The same where there are so many on either side."""

STEADY: Final = 20
"""Blocks before a moment whose median is the steady level: five hours, of which a crawl of two is no measure."""
STEADY_LEAST: Final = 300.0
STEADY_KNOWN: Final = 8


def level(requests: Floats, mean: Floats, calm: Booleans, window: int, span: int = SPAN) -> Floats:
    """Return for each minute the local level: requests over expected in the calm minutes before its window.

    These are the last `span` that end `max(15, window)` minutes before the end of the window and are at most twelve
    hours old; some requests speak for level 1.
    """
    seen, due, _ = _side(requests, mean, calm, window, span)
    return np.asarray((seen + PRIOR) / (due + PRIOR))


def _side(
    requests: Floats, mean: Floats, calm: Booleans, window: int, span: int
) -> tuple[Floats, Floats, Floats]:
    """Return requests, expected requests and number of the calm minutes before each window."""
    guard = max(GUARD, window)
    size = requests.size
    so_far = np.cumsum(calm)
    seen = np.concatenate(([0.0], np.cumsum(requests[calm])))
    due = np.concatenate(([0.0], np.cumsum(mean[calm])))
    until, since = np.zeros(size, np.int64), np.zeros(size, np.int64)
    until[guard:] = so_far[: size - guard] if guard < size else 0
    since[REACH:] = so_far[: max(size - REACH, 0)]
    since = np.minimum(np.maximum(until - span, since), until)
    return seen[until] - seen[since], due[until] - due[since], (until - since).astype(np.float64)


def _other_side(
    requests: Floats, mean: Floats, calm: Booleans, window: int, span: int
) -> tuple[Floats, Floats, Floats]:
    """Return the same of the calm minutes after each window; it is given by its last minute."""
    turned = _side(requests[::-1], mean[::-1], calm[::-1], window, span)
    first = np.maximum(np.arange(requests.size) - window + 1, 0)
    seen, due, minutes = (values[::-1][first] for values in turned)
    return seen, due, minutes


def steady(requests: Floats, mean: Floats, calm: Booleans) -> Floats:
    """Return for each minute the median level of the quarters of an hour before it; 1 where too little is known."""
    blocks = -(-requests.size // BLOCK)

    def summed(values: Floats) -> Floats:
        padded = np.zeros(blocks * BLOCK)
        padded[: values.size] = values
        return np.asarray(padded.reshape(blocks, BLOCK).sum(axis=1))

    seen, due = summed(np.where(calm, requests, 0.0)), summed(np.where(calm, mean, 0.0))
    enough = (summed(calm.astype(np.float64)) >= STEADY_KNOWN) & (due > 0)
    ratio = np.where(enough, seen / np.where(enough, due, 1.0), np.nan)
    before = np.lib.stride_tricks.sliding_window_view(
        np.concatenate((np.full(STEADY, np.nan), ratio)), STEADY
    )[:blocks]
    ranked = np.sort(before, axis=1)  # what is not known comes last
    number = np.count_nonzero(~np.isnan(before), axis=1)
    middle = ranked[np.arange(blocks), np.maximum(number - 1, 0) // 2]
    weight = np.concatenate((np.zeros(STEADY), due))
    behind = np.lib.stride_tricks.sliding_window_view(weight, STEADY)[:blocks].sum(axis=1)
    sure = (number > 0) & (behind >= STEADY_LEAST)
    return np.repeat(np.where(sure, middle, 1.0), BLOCK)[: requests.size]


@dataclass(frozen=True, eq=False)
class Lift:
    """By what `mean` is lifted for windows that end with each minute; `sure` tells that either side is known."""

    factor: Floats
    sure: Booleans


def lowered(rhythm: Rhythm, requests: Floats, calm: Booleans, window: int, *, alone: bool) -> Lift:
    """Return the level that fewer requests are tested against: whatever makes little traffic usual is believed.

    With a rhythm, the least of 1, of the last hour and of the steady level. Without one, or on a kind of day that was
    never seen, the less of before and after; where there is no after, the window is not sure.
    """
    everywhere = np.ones(requests.size, np.bool_)
    if rhythm.waves and not (alone and rhythm.short):
        factor = np.minimum(1.0, level(requests, rhythm.mean, calm, window))
        factor = np.minimum(factor, steady(requests, rhythm.mean, calm))
        if not rhythm.strange.any():
            return Lift(factor, everywhere)
        seen, due, _ = _side(requests, np.ones(requests.size), calm, window, SPAN)
        flat = (seen + 1) / (due + 1) / np.maximum(trailing(rhythm.mean, window) / window, 1e-12)
        return Lift(np.where(rhythm.strange, np.minimum(factor, flat), factor), ~rhythm.strange)
    before = _side(requests, rhythm.mean, calm, window, SPAN_ALONE)
    after = _other_side(requests, rhythm.mean, calm, window, SPAN_ALONE) if alone else None
    factor = _ratio(before)
    sure = np.zeros(requests.size, np.bool_)
    if after is not None:
        known = before[2] >= SIDE, after[2] >= SIDE
        sure = (before[2] >= BOTH) & (after[2] >= BOTH)
        factor = np.where(sure, np.minimum(factor, _ratio(after)), np.where(known[1], _ratio(after), factor))
        known_any = known[0] | known[1] | sure
    else:
        known_any = before[2] >= SIDE
    return Lift(np.where(known_any, factor, 0.0), sure)


def _ratio(side: tuple[Floats, Floats, Floats]) -> Floats:
    seen, due, _ = side
    return np.asarray((seen + 1) / (due + 1))


def raised(rhythm: Rhythm, requests: Floats, calm: Booleans, window: int, *, alone: bool) -> Lift:
    """Return the level that more requests are tested against: whatever makes much traffic usual is believed."""
    everywhere = np.ones(requests.size, np.bool_)
    if rhythm.waves:
        factor = np.maximum(1.0, level(requests, rhythm.mean, calm, window))
        if not rhythm.strange.any():
            return Lift(factor, everywhere)
        return Lift(factor, ~rhythm.strange)
    before = _side(requests, rhythm.mean, calm, window, SPAN_ALONE)
    sure = before[2] >= SIDE
    factor = np.maximum(1.0, _ratio(before))
    if alone:
        after = _other_side(requests, rhythm.mean, calm, window, SPAN_ALONE)
        sure |= after[2] >= SIDE
        factor = np.maximum(factor, np.where(after[2] >= SIDE, _ratio(after), 0.0))
    return Lift(factor, sure)
