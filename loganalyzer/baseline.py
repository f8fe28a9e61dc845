"""Counts per minute → what was to be expected, how widely it scatters, and how surprising an excess is.

Everything here works on dense minute grids: float arrays of one length, one entry per minute, with a boolean
array of the minutes that count (`known`). Unknown minutes are neither zeros nor evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import log10, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Booleans = NDArray[np.bool_]
    Integers = NDArray[np.int64]

WINDOWS: Final = (1, 2, 5, 15, 60)
"""Minutes of the windows that are tested: from a crash seen at once to a slow leak on a small site."""

DAY: Final = 1440
FLOOR_HISTORY: Final = 450
"""From seven and a half hours on traffic has changed enough to tell a floor from a share. On 336 clean files of eight
hours at 200 requests a minute 16 had a false finding without a floor, and 2 have one with it; in files of six hours,
at 20 a minute, it costs 6 of 84 that are found."""
SHORT_HISTORY: Final = 2 * DAY
"""Below two days a log may look calm by chance: its scatter is taken as unmeasured, or wider where it is seen to be."""

BLOCKS: Final = (15, 60, 240)
"""Minutes per block of the fits. Incidents stand out in short blocks where events are many, in long ones where they
are few; whatever does not stand out raises the fit, so the lowest is nearest to the truth."""
LEAST_BLOCKS: Final = 8
SHORT_BLOCK: Final = 5
FEW_BLOCKS: Final = 20
"""Below twenty blocks of 15 minutes (five hours) blocks of 5 are fitted too: a quarter of few is none."""
LEAST_HISTORY: Final = 30
"""Minutes below which a file has no baseline: a window of 15 needs as much again to be compared with."""

QUIET_PART: Final = 0.75
"""Of a short file the quieter three quarters pass for normal, so that an incident may fill one quarter."""
QUIET_LACK: Final = 0.4237
"""Standard deviations by which the mean of the lower three quarters of a normal sample is below its mean."""

HALF_EVENT: Final = 0.5
"""Added to the events of every fit, so that a status never seen is not infinitely surprising."""

OUTLIER: Final = 2.58
"""Residual from which a block counts less (Noufaily et al. 2013: 99 % of a normal; 1 erased events)."""
OUTLIER_EVENTS: Final = 3
"""Blocks with fewer events keep their weight, else the rare real events of a quiet site are weighted away."""
ROUNDS: Final = 15
SETTLED: Final = 1e-13
"""Change, of itself, at which a scale is found: more rounds would change nothing."""

NEAR: Final = 1e-12
"""Part of a root within which Newton's method is not trusted to the last digit."""

LEVEL_SPAN: Final = 180
"""Minutes that make the local level: long enough to be steady, short enough to follow the drift of a day."""
LEVEL_GUARD: Final = 15
"""Minutes before the end of a window that do not count for its level, or an incident would excuse itself."""
LEVEL_PRIOR: Final = 10.0
"""Events per unit of clumping that speak for level 1: a handful of errors is no new level."""

SPREAD_BINS: Final = 8
SPREAD_LEAST: Final = 40
"""Windows side by side from which the scatter is measured: five for each bin."""
SPREAD_MEAN: Final = 4.0
"""Events per window from which its scatter can be measured: below, winsorising takes a fifth of the clumps."""
SPREAD_SURE: Final = 1.64
"""Standard errors added to the measured clumping: few windows must not make a log look calm."""
BIN_MEAN: Final = 1.0
SQUARE_MEDIAN: Final = 0.455
"""Median of the square of a standard normal."""
CONSISTENCY: Final = 0.982
"""Mean of min(z², 2.58²) of a standard normal z: makes the winsorised scale honest for clean data."""
PHI_UNKNOWN: Final = 3.0
"""Clumping taken where none can be measured: retries come in threes, and Poisson would be false certainty."""
RARE_PIECES: Final = 14
RARE_LEAST: Final = 5
"""Pieces of a log that tell how rare events clump, each by so many minutes that have some."""
KAPPA_UNKNOWN: Final = 0.06
"""Drift taken where none can be measured: the share itself moves by a quarter (0.06 = 0.25²)."""

BUDGET: Final = 0.05
"""False alarms a day that the threshold allows over all series together."""
SLACK: Final = 1.3
"""Decades by which the true tail lies below the bound 10^-S: 0.8 to 1.3 in the middle of random cases, by their mix."""

MEASURED: Final = (0.7, 0.7, 0.7, 0.7, 0.3)
"""Decades by which less is needed in each of `WINDOWS` where the scatter of a series is measured: clean days have a
tenth of the budget's false findings there. How a share wanders over an hour is known from a sixtieth as many windows as
how failures clump: at 3,000 requests a minute, with 0.7 for all, an hour told 12 of 18 shares that were no incident."""

JOB_HOURS: Final = 8
JOB_LEAST: Final = 1.0
JOB_SURE: Final = 6.0
"""In a minute of the hour a job runs if over so many hours half of them hold an event there beyond the expected, and so
many standard deviations more than other minutes do."""

NORMAL_95: Final = 1.959964
"""Two-sided 95 % of the normal."""

NO_HISTORY: Final = "nothing to compare with"
HISTORIES: Final = (
    (LEAST_HISTORY, NO_HISTORY),
    (SHORT_HISTORY, "compared with the rest of this file"),
    (7 * DAY, "no weekend seen yet"),
    (21 * DAY, "one week of history"),
)
LONG_HISTORY: Final = "more than three weeks of history"
"""The rungs of the confidence ladder: minutes of log below which one says so, and in which words."""


@dataclass(frozen=True)
class Spread:
    """Scatter of the counts in one window length: variance = phi·m + kappa·m²."""

    phi: float
    kappa: float


UNMEASURED: Final = Spread(PHI_UNKNOWN, KAPPA_UNKNOWN)
"""Where none can be measured; and the most believed while incidents may be among the minutes, which would hide
behind the scatter they make."""
MOST_SPREAD: Final = Spread(20.0, 1.0)
"""The most believed later: clumps of ten, such as a page with ten broken images, and a share that doubles."""


@dataclass(frozen=True)
class Baseline:
    """What a series of counts leads one to expect: `floor` events a minute + `share` per request that is none of them.

    `events` behind the fit, `spreads` one for each of `WINDOWS`, `measured` whether these were, in a log of two days
    and more; `history` the rung of the confidence ladder.
    """

    floor: float
    share: float
    events: float
    spreads: tuple[Spread, ...]
    measured: bool
    history: str

    def expected(self, requests: Floats) -> Floats:
        """Return the events expected in each minute, before any local level."""
        return self.floor + self.share * requests

    def needed(self, threshold: float) -> tuple[float, ...]:
        """Return the score that is needed in each of `WINDOWS` by a threshold, see `MEASURED`."""
        return tuple(threshold - (less if self.measured else 0.0) for less in MEASURED)


def score(y: ArrayLike, m: ArrayLike, phi: ArrayLike, kappa: ArrayLike, events: ArrayLike) -> Floats:
    """Return S: the chance of `y` or more events where `m` are expected is at most 10^-S; 0 where y ≤ m.

    Log-likelihood ratio and Chernoff exponent of a negative binomial with variance
    (phi·m + kappa·m²)·(1 + m/events), in decades. `events` stand behind the expectation: the fewer,
    the wider.

    >>> round(float(score(30, 10, 1.5, 0.02, 500)), 2)
    2.69
    """
    observed, mean = np.asarray(y, np.float64), np.asarray(m, np.float64)
    above = (observed > mean) & (mean > 0)
    mean = np.where(above, mean, 1.0)
    observed = np.where(above, observed, 1.0)
    size = _size(mean, phi, kappa, events)
    rest = (observed + size) * np.log1p((observed - mean) / (mean + size))
    return np.asarray(np.where(above, (observed * np.log(observed / mean) - rest) / np.log(10), 0.0))


def score_below(y: ArrayLike, m: ArrayLike, phi: ArrayLike, kappa: ArrayLike, events: ArrayLike) -> Floats:
    """Return S: the chance of `y` or fewer events where `m` are expected is at most 10^-S; 0 where y ≥ m.

    The other side of `score`, by the same formula. Silence is its end: of y = 0 remains m·ln(i)/(i - 1), in decades,
    where i is the inflation.

    >>> round(float(score_below(0, 60, 2.0, 0.0, 1e9)), 2)
    18.06
    """
    observed, mean = np.asarray(y, np.float64), np.asarray(m, np.float64)
    below = (observed < mean) & (mean > 0)
    mean = np.where(below, mean, 1.0)
    observed = np.where(below, observed, 1.0)
    size = _size(mean, phi, kappa, events)
    rest = (observed + size) * np.log1p((observed - mean) / (mean + size))
    some = observed > 0
    own = np.where(some, observed * np.log(np.where(some, observed, 1.0) / mean), 0.0)
    return np.asarray(np.where(below, (own - rest) / np.log(10), 0.0))


def _size(mean: Floats, phi: ArrayLike, kappa: ArrayLike, events: ArrayLike) -> Floats:
    """Return the size of the negative binomial with this mean, and the variance that `score` names."""
    inflation = (np.asarray(phi) + np.asarray(kappa) * mean) * (1 + mean / np.asarray(events))
    # With no inflation at all this would divide by zero; a size of 1e12 is Poisson to the last digit shown.
    return np.asarray(mean / np.maximum(inflation - 1, 1e-12 * mean))


def threshold(series: int) -> float:
    """Return the score needed when `series` series (family of a vendor and server) are tested every minute.

    >>> round(threshold(7), 1)
    4.7
    """
    return log10(max(series, 1) * len(WINDOWS) * DAY / BUDGET) - SLACK


def share_at_least(events: ArrayLike, requests: ArrayLike) -> Floats:
    """Return the lower end of Wilson's 95 % interval of events/requests; 0 without requests.

    >>> round(float(share_at_least(20, 1000)), 4)
    0.013
    """
    n = np.asarray(requests, np.float64)
    some = n > 0
    n = np.where(some, n, 1.0)
    p = np.clip(np.asarray(events, np.float64) / n, 0.0, 1.0)
    z = NORMAL_95
    lower = (p + z * z / (2 * n) - z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)
    return np.asarray(np.where(some, np.maximum(lower, 0.0), 0.0))


def running(values: Floats) -> Floats:
    """Return the sums before each minute and, at the end, of all: one more than there are values."""
    total = np.zeros(values.size + 1)
    np.cumsum(values, out=total[1:])
    return total


def ending(total: Floats, width: int) -> Floats:
    """Return for each minute the sum over the `width` minutes that end with it, from `running` sums."""
    sums = total[1:].copy()
    sums[width:] -= total[1:-width] if width < sums.size else 0.0
    return sums


def trailing(values: Floats, width: int) -> Floats:
    """Return for each minute the sum over the `width` minutes that end with it (fewer at the beginning)."""
    return ending(running(values), width)


def level(events: Floats, expected: Floats, known: Booleans, window: int, phi: float) -> Floats:
    """Return for each minute the local level: events over expected in the three hours before its window.

    The hours end `max(15, window)` minutes before the end of the window, so that an incident does not excuse
    itself; ten clumps' worth of events speak for level 1.
    """
    seen, due = running(np.where(known, events, 0.0)), running(np.where(known, expected, 0.0))
    return _level(seen, due, window, phi)


def _level(seen: Floats, due: Floats, window: int, phi: float) -> Floats:
    """Return the local level of all minutes from `running` sums of what is known."""
    guard, prior = max(LEVEL_GUARD, window), LEVEL_PRIOR * phi
    result = np.ones(seen.size - 1)
    if guard < result.size:
        found = ending(seen, LEVEL_SPAN)[:-guard] + prior
        np.divide(found, ending(due, LEVEL_SPAN)[:-guard] + prior, out=result[guard:])
    return result


def level_at(minutes: Integers, seen: Floats, due: Floats, window: int, phi: float) -> Floats:
    """Return the local level of some minutes, of which only these are needed."""
    guard, prior = max(LEVEL_GUARD, window), LEVEL_PRIOR * phi
    place = minutes + 1 - guard
    ends = np.maximum(place, 0)
    begins = np.maximum(place - LEVEL_SPAN, 0)
    found = (seen[ends] - seen[begins] + prior) / (due[ends] - due[begins] + prior)
    return np.asarray(np.where(place > 0, found, 1.0))


def fit(  # a series and what is known about it
    events: Floats,
    requests: Floats,
    known: Booleans,
    minutes: int,
    *,
    unit: float = 1.0,
    most: Spread = MOST_SPREAD,
) -> Baseline:
    """Return the baseline of a series; robust against incidents in it.

    Parameters
    ----------
    events, requests
        Weighted counts per minute.
    known
        Minutes that count.
    minutes
        Length of the log, which decides how much may be read from it; known incidents may be left out of `known`.
    unit
        Mean weight of an event, 1 where nothing is sampled: sampling by k multiplies the clumping by k.
    most
        Most scatter that is believed when it is measured.

    """
    history = next((words for below, words in HISTORIES if minutes < below), LONG_HISTORY)
    events = events / unit
    long = [_blocks(events, requests, known, width) for width in BLOCKS if minutes >= LEAST_BLOCKS * width]
    if minutes < FLOOR_HISTORY:
        few = [_blocks(events, requests, known, SHORT_BLOCK)] if minutes < FEW_BLOCKS * BLOCKS[0] else []
        share = min(_quiet_share(*blocks) for blocks in [*few, *long])
        floor, behind = 0.0, share * float(requests[known].sum())
    else:
        fits = [_floor_and_share(*blocks) for blocks in long]
        floor, share, behind = min(fits, key=lambda fit: fit[2])
    spreads, measured = _spreads(events, floor + share * requests, known, most)
    if minutes < SHORT_HISTORY:
        spreads = tuple(Spread(max(s.phi, UNMEASURED.phi), UNMEASURED.kappa) for s in spreads)
    return Baseline(
        floor=floor * unit,
        share=(share + HALF_EVENT / max(1.0, float(requests[known].sum()))) * unit,
        events=(behind + HALF_EVENT) * unit,
        spreads=tuple(Spread(spread.phi * unit, spread.kappa) for spread in spreads),
        measured=measured and minutes >= SHORT_HISTORY,
        history=history,
    )


def jobs(events: Floats, expected: Floats, minute: Integers, known: Booleans, unit: float = 1.0) -> Floats:
    """Return the events that come in each minute of the hour beyond the expected, hour by hour: (60).

    A job on the clock that meets the same failures each time is how things are, and no burst. `unit` as for `fit`.
    """
    at = np.flatnonzero(known)
    none = np.zeros(60)
    hour, place = np.divmod(minute[at], 60)
    hours, number = np.unique(hour, return_inverse=True)
    table = np.full((hours.size, 60), np.nan)
    table[number, place] = events[at] - expected[at]
    whole = table[~np.isnan(table).any(axis=1)]
    if whole.shape[0] < JOB_HOURS:
        return none
    excess = np.median(whole, axis=0)
    excess -= np.median(excess)
    scatter = float(np.median(np.abs(excess))) / sqrt(SQUARE_MEDIAN)
    return np.where((excess >= JOB_LEAST * unit) & (excess > JOB_SURE * scatter), excess, none)


def _blocks(events: Floats, requests: Floats, known: Booleans, width: int) -> tuple[Floats, Floats, Floats]:
    """Return events, requests and known minutes of each block that has any."""
    starts = np.arange(0, events.size, width)
    columns = (events, requests, np.ones(events.size))
    sums = [np.add.reduceat(np.where(known, column, 0.0), starts) for column in columns]
    some = sums[2] > 0
    return sums[0][some], sums[1][some], sums[2][some]


def _quiet_share(events: Floats, requests: Floats, _minutes: Floats) -> float:
    """Return the share of events in blocks of a short history: the lower of two estimates that err upwards.

    The quieter part of the blocks, corrected for what picking the quiet ones lacks, overrates a sparse
    series; the reweighted fit over all blocks is pulled up by an incident of hours.
    """
    some = requests > 0
    events, requests = events[some], requests[some]
    if not events.size:
        return 0.0
    order = np.lexsort((-requests, events / requests))[: max(1, int(np.ceil(events.size * QUIET_PART)))]
    quiet = _corrected(events[order], requests[order])
    share = quiet
    for _ in range(ROUNDS):
        weights = _weights(events, share * requests, PHI_UNKNOWN)
        share, last = float((weights * events).sum() / (weights * requests).sum()), share
        if abs(share - last) <= 1e-6 * last:
            break
    return min(share, quiet)


def _corrected(events: Floats, requests: Floats) -> float:
    """Return the share whose blocks, on average, lack what the picked quiet blocks lack.

    By bisection, of which Newton's method has told the first steps: the mean less what is lacking grows with the share
    ever faster, so that from above its steps lead to the same place.
    """
    found, total = float(events.sum()), float(requests.sum())

    def lacking(share: float) -> tuple[Floats, Floats]:
        mean = share * requests
        spread = np.sqrt(PHI_UNKNOWN * mean + KAPPA_UNKNOWN * mean * mean)
        return mean - QUIET_LACK * spread, spread

    low, high = found / total, (found + 2 * events.size + 1) * 4 / total
    near, step = high, high
    while step > NEAR * near:
        left, spread = lacking(near)
        slope = (PHI_UNKNOWN / 2 + KAPPA_UNKNOWN * near * requests) * requests / spread
        step = (float(left.sum()) - found) / (total - QUIET_LACK * float(slope.sum()))
        near -= step
    for _ in range(50):
        middle = (low + high) / 2
        told = abs(middle - near) > NEAR * near
        below = middle < near if told else float(lacking(middle)[0].sum()) < found
        low, high = (middle, high) if below else (low, middle)
    return high


def _weights(events: Floats, mean: Floats, phi: float) -> Floats:
    """Return the weight of each block: 1, or (s/2.58)^-4 where its Anscombe residual s lies beyond 2.58.

    Noufaily's square is for history with its outbreaks long gone; here the incident is in the same file, and
    a quarter of the blocks ten times too high would pull the fit up until they no longer look strange.
    """
    mean = np.maximum(mean, 1e-12)
    weights = np.ones(mean.size)
    # Residuals are at most half as far again as Pearson's: roots are drawn only where they may count.
    at = np.flatnonzero(
        (np.abs(events - mean) > OUTLIER / 1.6 * sqrt(phi) * np.sqrt(mean)) & (events >= OUTLIER_EVENTS)
    )
    some, due = events[at], mean[at]
    residual = 1.5 * (np.cbrt(some) ** 2 - np.cbrt(due) ** 2) / (due ** (1 / 6) * sqrt(phi))
    far = np.abs(residual) > OUTLIER
    weights[at[far]] = (OUTLIER / residual[far]) ** 4
    return weights


def _floor_and_share(events: Floats, requests: Floats, minutes: Floats) -> tuple[float, float, float]:
    """Return floor, share and events expected by them: iterated weighted least squares, neither below 0."""
    length, total = float(minutes.sum()), float(requests.sum())
    least = HALF_EVENT * minutes / length
    floor, share = 0.0, _quiet_share(events, requests, minutes)
    for _ in range(ROUNDS):
        mean = np.maximum(floor * minutes + share * requests, least)
        weights = _weights(events, mean, _dispersion(events, mean))
        new = _two(weights / mean, events, requests, minutes)
        moved = abs(new[0] - floor) * length + abs(new[1] - share) * total
        floor, share = new
        if moved <= 1e-6 * (1 + float(events.sum())):
            break
    return floor, share, floor * length + share * total


def _dispersion(events: Floats, mean: Floats) -> float:
    """Return how many times wider than Poisson the blocks scatter, at least 1; blind to less than half of them."""
    dense = mean >= SPREAD_MEAN
    if 2 * int(dense.sum()) < max(dense.size, 1):
        return PHI_UNKNOWN
    due = mean[dense]
    return max(1.0, _median((events[dense] - due) ** 2 / due) / SQUARE_MEDIAN)


def _median(values: Floats) -> float:
    """Return the median of a few numbers, in half the time that NumPy takes to look at them."""
    middle = (values.size - 1) // 2, values.size // 2
    parted = np.partition(values, middle)
    return float(parted[middle[0]] + parted[middle[1]]) / 2


def _two(weights: Floats, events: Floats, requests: Floats, minutes: Floats) -> tuple[float, float]:
    """Return floor and share of the weighted least squares, on the edge where one would be negative."""
    by_requests, by_minutes = weights * requests, weights * minutes
    nn, nm, mm = (weights * requests**2).sum(), (by_requests * minutes).sum(), (weights * minutes**2).sum()
    ny, my = (by_requests * events).sum(), (by_minutes * events).sum()
    determinant = nn * mm - nm * nm
    if determinant > 1e-9 * nn * mm:
        floor, share = (my * nn - ny * nm) / determinant, (ny * mm - my * nm) / determinant
        if floor >= 0 and share >= 0:
            return float(floor), float(share)
        if share < 0:
            return float(my / mm), 0.0
    return 0.0, float(ny / nn) if nn > 0 else 0.0


def _spreads(
    events: Floats, expected: Floats, known: Booleans, most: Spread
) -> tuple[tuple[Spread, ...], bool]:
    """Return the scatter of each window length around floor, share and local level, and whether it was measured."""
    full = running(known.astype(np.float64))
    seen, due = running(np.where(known, events, 0.0)), running(np.where(known, expected, 0.0))
    near = expected * _level(seen, due, 1, PHI_UNKNOWN)
    due = running(np.where(known, near, 0.0))
    least, kappa = 0.0, KAPPA_UNKNOWN
    found: list[Spread | None] = []
    middle: list[float] = []
    for width in WINDOWS:
        means, scales = np.zeros(0), np.zeros(0)
        if full[-1] >= SPREAD_LEAST * width:
            step = max(1, width // 5)  # windows that overlap more say little more
            whole = np.flatnonzero(ending(full, width) > width - HALF_EVENT)[::step]
            y, m = (total[whole + 1] - total[np.maximum(whole + 1 - width, 0)] for total in (seen, due))
            if m.size >= SPREAD_LEAST and float(m.mean()) >= SPREAD_MEAN:
                means, scales = _scales(y, m)
        found.append(line(means, scales) if means.size else None)
        middle.append(float(means.mean()) if means.size else 0.0)
        if means.size and not least:
            sure = 1 + SPREAD_SURE * sqrt(2 * width / float(full[-1]))
            least, kappa = float(scales.mean()) * sure, line(means, scales).kappa
    measured = least > 0
    least = max(least, 1.0) if measured else _clumping(events[known])
    wide = [Spread(max(s.phi, least), s.kappa) if s else Spread(least, kappa) for s in found]
    # Clumps beyond the most are drift: where windows are of one size the line cannot tell them apart.
    drift = [max(0.0, s.phi - most.phi) / mean if mean else 0.0 for s, mean in zip(wide, middle, strict=True)]
    believed = tuple(
        Spread(min(s.phi, most.phi), min(s.kappa + more, most.kappa))
        for s, more in zip(wide, drift, strict=True)
    )
    return believed, measured


def _clumping(events: Floats) -> float:
    """Return the clumping of events so rare that no window has enough of them, at least `PHI_UNKNOWN`.

    Where most minutes are empty, Σy²/Σy is what it is, whatever is expected. Taken piece by piece of the log, and the
    median of these, it is blind to incidents.
    """
    size = events.size // RARE_PIECES
    if size == 0:
        return PHI_UNKNOWN
    pieces = events[: RARE_PIECES * size].reshape(RARE_PIECES, size)
    pieces = pieces[(pieces > 0).sum(axis=1) >= RARE_LEAST]
    if 2 * pieces.shape[0] < RARE_PIECES:
        return PHI_UNKNOWN
    return max(PHI_UNKNOWN, _median((pieces**2).sum(axis=1) / pieces.sum(axis=1)))


def roughness(events: Floats, expected: Floats) -> float:
    """Return how events of some minutes clump, by how far each minute is from the nearer of its two neighbours.

    The squared steps over the events, both beside what is `expected` of each minute, scaled to as many: who asks in
    bursts fails in bursts. Of clumps that come alone it is variance over mean, of minutes that scatter each by itself
    nine tenths of it; what lasts for two minutes or more, and how high it is, does not matter. 0 without events.

    >>> even = np.ones(6)
    >>> roughness(np.array([40.0, 42, 38, 41, 39, 40]), even), roughness(np.array([0.0, 7, 0, 0, 5, 0]), even)
    (0.075, 6.833333333333333)
    """
    total, due = float(events.sum()), float(expected.sum())
    if total <= 0 or due <= 0:
        return 0.0
    off = np.zeros(events.size + 2)  # beyond the ends nothing is off
    off[1:-1] = events - expected * (total / due)
    steps = np.abs(np.diff(off))
    nearer = np.minimum(steps[1:], steps[:-1])
    return float((nearer**2).sum()) / total


def _scales(y: Floats, m: Floats) -> tuple[Floats, Floats]:
    """Return mean and variance over mean, robustly, of windows with counts `y` and means `m` in bins by size."""
    size, rest = divmod(m.size, SPREAD_BINS)
    order = np.argpartition(m, rest + size * np.arange(SPREAD_BINS))[rest:].reshape(SPREAD_BINS, size)
    mean = m[order]
    means = mean.mean(axis=1)
    pearson = (y[order] - mean) ** 2 / np.maximum(mean, 1e-12)
    scales = np.median(pearson, axis=1) / SQUARE_MEDIAN
    scales = np.where(scales > 0, scales, pearson.mean(axis=1))
    for _ in range(ROUNDS):
        last, scales = scales, np.minimum(pearson, OUTLIER**2 * scales[:, None]).mean(axis=1) / CONSISTENCY
        if bool((np.abs(scales - last) <= SETTLED * last).all()):
            break
    use = (means >= BIN_MEAN) & (scales > 0)
    return means[use], scales[use]


def line(means: Floats, scales: Floats) -> Spread:
    """Return phi ≥ 1 and kappa ≥ 0 of the line scale = phi + kappa·mean, by weighted least squares."""
    weights = scales**-2  # a scale from n windows is known to a fixed fraction of itself
    centre, middle = float(np.average(means, weights=weights)), float(np.average(scales, weights=weights))
    across = float((weights * (means - centre) ** 2).sum())
    slope = float((weights * (means - centre) * (scales - middle)).sum()) / across if across > 0 else 0.0
    if slope <= 0:
        return Spread(max(middle, 1.0), 0.0)
    phi = middle - slope * centre
    if phi >= 1:
        return Spread(phi, slope)
    return Spread(1.0, max(0.0, float((weights * means * (scales - 1)).sum() / (weights * means**2).sum())))


def strongest(gains: Floats) -> tuple[int, int]:
    """Return start and end (exclusive) of the part with the largest sum; empty if no sum is above 0.

    >>> strongest(np.array([-1.0, 2.0, -1.0, 3.0, -9.0]))
    (1, 4)
    """
    total = np.concatenate((np.zeros(1), np.cumsum(gains)))
    lowest = np.minimum.accumulate(total)
    end = int(np.argmax(total - lowest))
    start = end - int(
        np.argmin(total[end::-1])
    )  # the latest lowest point: minutes that gain nothing stay out
    return start, end


def runs(flags: Booleans) -> list[tuple[int, int]]:
    """Return start and end (exclusive) of every run of true.

    >>> runs(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(int(start), int(end)) for start, end in pairwise(edges)][::2]
