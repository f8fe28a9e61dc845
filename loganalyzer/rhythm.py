"""Requests per minute → how many were to be expected: the rhythm of day and week, and the scatter.

As in `baseline`, everything works on dense minute grids with a boolean array of the minutes that count. What is
learned from the `calm` minutes holds for all. What today adds to it is in `levels`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from math import sqrt
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from loganalyzer import baseline
from loganalyzer.baseline import DAY, Spread, trailing
from loganalyzer.levels import BLOCK, lowered

if TYPE_CHECKING:
    from datetime import tzinfo

    from loganalyzer.baseline import Booleans, Floats, Integers

WINDOWS: Final = (3, 5, 15, 60)
"""Minutes of the windows that are tested for fewer requests: the shortest sees an outage that comes and goes."""

WEEK: Final = 7 * DAY

WAVES: Final = ((DAY, 0), (2 * DAY, 2), (WEEK, 4))
MOST_WAVES: Final = 6
"""Harmonics of the day that are fitted, by the minutes of history below which one keeps to so many: a single day
shows its shape, but not yet which of its corners come back."""
WEEKEND_WAVES: Final = 2
RIDGE: Final = 0.001

WEEKEND: Final = 5 * DAY
"""Minute of the week, from Monday on, at which the weekend begins."""
EASE: Final = 180
"""Minutes before and after midnight in which a working day becomes a weekend: nobody changes on the stroke."""
SEEN: Final = 12 * 60
"""Calm minutes of a kind of day from which on its level can be told."""
STRANGE: Final = 0.25
"""Part of an unseen kind of day from which on the rhythm does not hold."""
SHIFTS: Final = (0, -720, -540, -360, -180, 180, 360, 540, 720)
"""Minutes by which the weekend may begin elsewhere than in UTC where no zone is known: nobody lives in UTC."""
WEEKLY_HISTORY: Final = WEEK - DAY // 2
"""From so much history on its hours are believed: seven daily files seldom begin and end with midnight."""
CLOCKS: Final = ("Europe/London", "America/New_York", "Australia/Sydney")
"""Zones whose clocks change with those of their part of the world: a log in UTC does not say who its users are."""
SHIFT_HISTORY: Final = 9 * DAY
SHIFT_BLOCKS: Final = 4
SHIFT_PART: Final = 0.95
SHIFT_GAIN: Final = 1.1
"""Blocks of one to look for the shift with, the part of them that counts (the rest may be incidents), and the times by
which a shifted weekend must fit better."""
DAYS_HISTORY: Final = 3 * WEEK
DAYS_RIDGE: Final = 200.0
"""From three weeks on every day of the week has a level of its own, held to that of its kind by a ridge: a tenth more
or less needs some hours of evidence."""

SLOW_HISTORY: Final = 10 * DAY
SLOW: Final = WEEK // (2 * BLOCK)
"""Blocks before and after a moment that make the slow level, by which a site grows: one whole week together."""
SLOW_PRIOR: Final = 50.0

SPIKE_HOURS: Final = 8
SPIKE_LEAST: Final = 1.2
SPIKE_SURE: Final = 6.0
"""A minute of the hour stands out, as that of timed jobs does, if over so many hours it has a fifth and six standard
deviations more than the others."""

DRIFT: Final = 0.01
"""Kappa taken for the weights of the fit: with 10 % of drift a busy hour is known no better than a quieter one."""
ROUNDS: Final = 25
SETTLED: Final = 0.001
"""Rounds of the fit, and the change of a coefficient below which there are no more."""


SPREAD_LEAST: Final = 40
SPREAD_FEW: Final = 20
"""Windows side by side from which the scatter of a length is measured; in a short log, of a minute each."""
MIDDLE: Final = 0.5
"""Part of the way from what is tested against to what is usual, around which the scatter is taken. On 672 clean days
at 200 and 3000 a minute all of it gave three false drops, half of it four, none of it eight; on as many with incidents
half of the drops to 60 % were missed, a third, a fifth."""
SHORT_KAPPA: Final = 0.01
"""Least drift believed of less than two days: these may have been calm by chance."""


@dataclass(frozen=True, eq=False)
class Rhythm:
    """What a log leads one to expect in each minute, before any local level.

    `mean` requests, `low` and `high` the least and most of them where clocks have just changed; `strange` minutes of a
    kind of day that the history does not hold; `waves` harmonics of the day in it, 0 where it knows no time of day;
    `short` that there were less than two days to learn from, `weekly` that there was about a week and more. `spreads`
    one for each of `WINDOWS`; `requests` behind it; `history` the rung of the confidence ladder. `design`, `solution`
    and `spikes` are where the next fit begins.
    """

    mean: Floats
    low: Floats
    high: Floats
    strange: Booleans
    waves: int
    short: bool
    weekly: bool
    spreads: tuple[Spread, ...]
    requests: float
    history: str
    design: Design
    solution: Floats
    spikes: Floats

    def spread(self, minutes: int) -> Spread:
        """Return the scatter of a window of any length, on a line between those of the tested ones."""
        phi, kappa = (
            float(np.interp(minutes, WINDOWS, values))
            for values in ([one.phi for one in self.spreads], [one.kappa for one in self.spreads])
        )
        return Spread(phi, kappa)


@dataclass(frozen=True, eq=False)
class _Blocks:
    """Blocks of a log: `start` minutes since 1970, `local` the same by the clock of the zone.

    `requests` are of the `part` of each block that counts; `shifted` tells that the offset is not that of a week ago.
    """

    start: Integers
    local: Integers
    shifted: Booleans
    requests: Floats
    part: Floats


@dataclass(frozen=True)
class Design:
    """Which curves the logarithm of the traffic is made of."""

    waves: int
    weekend: bool = False
    shift: int = 0
    days: bool = False

    def columns(self, local: Integers) -> Floats:
        """Return the curves at local minutes, one per column."""
        hour = 2 * np.pi * (local % DAY + BLOCK / 2) / DAY
        columns = [np.ones(local.size)]
        columns += [wave(number * hour) for number in range(1, self.waves + 1) for wave in (np.cos, np.sin)]
        if self.weekend:
            weekend = _weekend(local + self.shift)
            columns.append(weekend)
            columns += [
                weekend * wave(number * hour)
                for number in range(1, WEEKEND_WAVES + 1)
                for wave in (np.cos, np.sin)
            ]
        if self.days:
            day = _week_minute(local + self.shift) // DAY
            columns += [(day == number).astype(np.float64) for number in range(7)]
        return np.column_stack(columns)

    def ridge(self) -> Floats:
        """Return by how much each curve is held to nothing."""
        weekend = 1 + 2 * WEEKEND_WAVES if self.weekend else 0
        ridge = np.full(1 + 2 * self.waves + weekend + (7 if self.days else 0), RIDGE)
        ridge[0] = 0.0
        if self.days:
            ridge[-7:] = DAYS_RIDGE
        return ridge


def fit(
    requests: Floats,
    minute: Integers,
    calm: Booleans,
    history: int,
    *,
    alone: bool,
    zone: tzinfo = UTC,
    before: Rhythm | None = None,
) -> Rhythm:
    """Return the rhythm of a log; robust against incidents in it.

    Parameters
    ----------
    requests
        Counts per minute, of records: those of a sampled log divided by the mean weight.
    minute
        Minutes since 1970 UTC, -1 where there is no log.
    calm
        Minutes to learn from.
    history
        Length of the log behind it in minutes, which decides how much may be read from it.
    alone
        Whether a log is judged by itself: then what comes after a window says something of it too.
    zone
        Whose clock people live by.
    before
        A rhythm of nearly the same: what takes long to find is taken from there.

    """
    blocks = _blocks(requests, minute, calm, zone)
    waves = next((number for below, number in WAVES if history < below), MOST_WAVES)
    design, strange = _kinds_of_day(Design(waves), blocks, history)
    if design.weekend and history >= SHIFT_HISTORY and _is_utc(zone):
        design = replace(design, shift=before.design.shift if before else _shift(blocks))
    columns = design.columns(blocks.local)
    offset = np.zeros(blocks.start.size)
    begin = before.solution if before and before.design == design else None
    solution, weights = _solved(columns, design.ridge(), blocks, offset, begin)
    for _ in range(2 if history >= SLOW_HISTORY else 0):
        offset = np.log(_slow_level(blocks, weights, np.exp(columns @ solution)))
        solution, weights = _solved(columns, design.ridge(), blocks, offset, solution)
    curves = [columns @ solution]
    if waves and blocks.shifted.any():
        for hour in (-60, 60):
            moved = design.columns(blocks.local + hour) @ solution
            curves.append(np.where(blocks.shifted, moved, curves[0]))
    logged = minute >= 0
    mean, low, high = (
        _per_minute(curve + offset, blocks, minute, logged)
        for curve in (curves[0], np.min(curves, axis=0), np.max(curves, axis=0))
    )
    spikes = before.spikes if before else _spikes(requests, mean, minute, calm)
    mean, low, high = (np.where(logged, spikes[minute % 60], 0.0) * curve for curve in (mean, low, high))
    unseen = np.zeros(requests.size, np.bool_)
    unseen[logged] = strange[np.searchsorted(blocks.start, minute[logged], side="right") - 1]
    rhythm = Rhythm(
        mean=mean,
        low=low,
        high=high,
        strange=unseen,
        waves=waves,
        short=history < baseline.SHORT_HISTORY,
        weekly=history >= WEEKLY_HISTORY,
        spreads=before.spreads if before else (baseline.UNMEASURED,) * len(WINDOWS),
        requests=float(requests[calm].sum()) + 0.5,
        history=next(
            (words for below, words in baseline.HISTORIES if history < below), baseline.LONG_HISTORY
        ),
        design=design,
        solution=solution,
        spikes=spikes,
    )
    spreads = _spreads(rhythm, requests, calm, alone=alone, short=history < baseline.SHORT_HISTORY)
    if rhythm.short and before is None:
        # An outage among few minutes would hide behind the scatter that it makes.
        spreads = tuple(Spread(spread.phi, min(spread.kappa, baseline.KAPPA_UNKNOWN)) for spread in spreads)
    return replace(rhythm, spreads=spreads)


def _blocks(requests: Floats, minute: Integers, calm: Booleans, zone: tzinfo) -> _Blocks:
    """Return the blocks in which there is a log, oldest first."""
    logged = np.flatnonzero(minute >= 0)
    number = minute[logged] // BLOCK
    first = np.flatnonzero(np.diff(number, prepend=-1))
    start = number[first] * BLOCK
    counted = calm[logged]
    offset = _offsets(start, zone)
    shifted = offset != _offsets(start - WEEK, zone)
    for place in map(ZoneInfo, CLOCKS) if _is_utc(zone) else ():
        shifted |= _offsets(start, place) != _offsets(start - WEEK, place)
    return _Blocks(
        start=start,
        local=start + offset,
        shifted=shifted,
        requests=np.add.reduceat(np.where(counted, requests[logged], 0.0), first),
        part=np.add.reduceat(counted.astype(np.float64), first) / BLOCK,
    )


def _is_utc(zone: tzinfo) -> bool:
    """Tell whether a zone is that of nobody: then the log itself must tell when people rest."""
    return zone == UTC or str(getattr(zone, "key", "")) in {"UTC", "Etc/UTC"}


def _offsets(minutes: Integers, zone: tzinfo) -> Integers:
    """Return by how many minutes the clocks of a zone are ahead of UTC at some minutes since 1970."""
    name = str(getattr(zone, "key", ""))
    if not name:
        moment = zone.utcoffset(None)
        return np.full(minutes.size, round(moment.total_seconds() / 60) if moment else 0)
    at = (
        pl.Series(minutes * 60_000_000, dtype=pl.Int64)
        .cast(pl.Datetime("us", "UTC"))
        .dt.convert_time_zone(name)
    )
    offset = (at.dt.base_utc_offset() + at.dt.dst_offset()).dt.total_minutes()
    return offset.to_numpy().astype(np.int64)


def weekday(minutes: Integers, zone: tzinfo) -> Integers:
    """Return the day of the week, from Monday = 0, of some minutes since 1970 by the clock of a zone."""
    return np.asarray(_week_minute(minutes + _offsets(minutes, zone)) // DAY)


def _week_minute(local: Integers) -> Integers:
    """Return the minute of the week, from Monday on; 1970 began on a Thursday."""
    return (local + 3 * DAY) % WEEK


def _weekend(local: Integers) -> Floats:
    """Return from 0 to 1 how much a weekend it is at local minutes."""
    minute = _week_minute(local) + BLOCK // 2

    def so_far(at: Integers) -> Integers:
        return at // WEEK * (WEEK - WEEKEND) + np.maximum(at % WEEK - WEEKEND, 0)

    return np.asarray((so_far(minute + EASE) - so_far(minute - EASE)) / (2 * EASE))


def _kinds_of_day(design: Design, blocks: _Blocks, history: int) -> tuple[Design, Booleans]:
    """Return the design with the kinds of day that can be told apart, and the blocks of a kind never seen."""
    if not design.waves:
        return design, np.zeros(blocks.start.size, np.bool_)
    weekend = _weekend(blocks.local)
    minutes = blocks.part * BLOCK
    resting = 2 * weekend > 1
    rest, work = float(minutes[resting].sum()), float(minutes[~resting].sum())
    if rest < SEEN:
        return design, weekend > STRANGE
    if work < SEEN:
        return design, weekend < 1 - STRANGE
    return replace(design, weekend=True, days=history >= DAYS_HISTORY), np.zeros(blocks.start.size, np.bool_)


def _shift(blocks: _Blocks) -> int:
    """Return by how much weekends begin and end before (above 0) or after those of UTC."""
    some = slice(None, None, SHIFT_BLOCKS)
    hours = replace(blocks, local=blocks.local[some], requests=blocks.requests[some], part=blocks.part[some])
    found, least = 0, float("inf")
    for shift in SHIFTS:
        design = Design(WEEKEND_WAVES, weekend=True, shift=shift)
        columns = design.columns(hours.local)
        solution, _ = _solved(columns, design.ridge(), hours, np.zeros(hours.local.size))
        residual = np.abs(_residual(hours.requests, hours.part * np.exp(columns @ solution)))[hours.part > 0]
        most = np.quantile(residual, SHIFT_PART)
        misfit = float((np.minimum(residual, most) ** 2).mean()) * (SHIFT_GAIN if shift else 1.0)
        if misfit < least:
            found, least = shift, misfit
    return found


def _residual(requests: Floats, mean: Floats) -> Floats:
    """Return Anscombe residuals, of standard deviation 1 where the scatter is that of chance and of `DRIFT`."""
    mean = np.maximum(mean, 1e-9)
    return np.asarray(
        1.5 * (np.cbrt(requests) ** 2 - np.cbrt(mean) ** 2) / (mean ** (1 / 6) * np.sqrt(1 + DRIFT * mean))
    )


def _solved(
    columns: Floats, ridge: Floats, blocks: _Blocks, offset: Floats, begin: Floats | None = None
) -> tuple[Floats, Floats]:
    """Return the coefficients of a quasi-Poisson fit, and the weight of each block (0 where none of it counts).

    Iterated weighted least squares of the logarithm; a block further off than 2.58 robust standard deviations counts
    less (Noufaily et al. 2013).
    """
    use = blocks.part > 0
    x, y = columns[use], blocks.requests[use]
    plain = np.log(blocks.part[use]) + offset[use]
    solution = np.zeros(x.shape[1]) if begin is None else begin
    weights = np.ones(y.size)
    if y.size and begin is None:
        solution[0] = np.log((y.sum() + 0.5) / np.exp(plain).sum())
    for _ in range(ROUNDS if y.size else 0):
        fitted = x @ solution
        mean = np.exp(np.clip(fitted + plain, -20, 30))
        spread = weights * mean / (1 + DRIFT * mean)
        target = x.T @ (spread * (fitted + (y - mean) / mean))
        # The smallest number keeps a log of nothing solvable.
        new = np.linalg.solve(x.T @ (x * spread[:, None]) + np.diag(ridge + 1e-9), target)
        step = np.clip(new - solution, -2, 2)
        solution = solution + step
        residual = np.abs(_residual(y, np.exp(np.clip(x @ solution + plain, -20, 30))))
        scale = max(1.0, float(np.median(residual)) / sqrt(baseline.SQUARE_MEDIAN))
        far = residual > baseline.OUTLIER * scale
        weights = np.where(far, (baseline.OUTLIER * scale / np.where(far, residual, 1.0)) ** 2, 1.0)
        if float(np.abs(step).max()) < SETTLED:
            break
    counted = np.zeros(blocks.part.size)
    counted[use] = weights
    return solution, counted


def _slow_level(blocks: _Blocks, weights: Floats, fitted: Floats) -> Floats:
    """Return requests over the fitted ones in the week around each block; after the last that counts it stays."""
    counted = np.flatnonzero(weights > 0)
    last = int(counted[-1]) if counted.size else 0
    middle = np.minimum(np.arange(weights.size), last)
    low, high = np.maximum(middle - SLOW, 0), np.minimum(middle + SLOW + 1, weights.size)
    seen, due = (
        np.concatenate(([0.0], np.cumsum(weights * values)))
        for values in (blocks.requests, blocks.part * fitted)
    )
    return np.asarray((seen[high] - seen[low] + SLOW_PRIOR) / (due[high] - due[low] + SLOW_PRIOR))


def _per_minute(curve: Floats, blocks: _Blocks, minute: Integers, logged: Booleans) -> Floats:
    """Return requests per minute from the logarithm of those per block, on straight lines between their middles."""
    values = np.zeros(minute.size)
    middle = blocks.start + (BLOCK - 1) / 2
    values[logged] = np.exp(np.interp(minute[logged], middle, curve)) / BLOCK
    return values


def _spikes(requests: Floats, mean: Floats, minute: Integers, calm: Booleans) -> Floats:
    """Return by how much each minute of the hour stands out, of mean 1, where one surely does."""
    at = np.flatnonzero(calm & (mean > 0))
    hour = minute[at] // 60
    starts = np.flatnonzero(np.diff(hour, prepend=-1))
    own = (
        np.add.reduceat(requests[at], starts) / np.add.reduceat(mean[at], starts) if at.size else np.zeros(0)
    )
    number = np.cumsum(np.diff(hour, prepend=hour[:1]) != 0)
    table = np.full((starts.size, 60), np.nan)
    table[number, minute[at] % 60] = requests[at] / (mean[at] * np.maximum(own, 1e-9)[number])
    whole = table[~np.isnan(table).any(axis=1)]
    if whole.shape[0] < SPIKE_HOURS:
        return np.ones(60)
    factors = np.median(whole, axis=0)
    middle = float(np.median(factors))
    if middle <= 0:
        return np.ones(60)
    factors /= middle
    scatter = float(np.median(np.abs(factors - 1))) / sqrt(baseline.SQUARE_MEDIAN)
    stands_out = (factors > SPIKE_LEAST) & (factors - 1 > SPIKE_SURE * scatter)
    factors = np.where(stands_out, factors, 1.0)
    return np.asarray(factors / factors.mean())


def _spreads(
    rhythm: Rhythm, requests: Floats, calm: Booleans, *, alone: bool, short: bool
) -> tuple[Spread, ...]:
    """Return the scatter of each window length below what is expected of it: bursts of clients are no calm."""
    found = [_spread(rhythm, requests, calm, width, alone=alone, least=SPREAD_LEAST) for width in WINDOWS]
    first = next((spread for spread in found if spread), None) or _spread(
        rhythm, requests, calm, 1, alone=alone, least=SPREAD_FEW
    )
    # What was measured with a few minutes more still holds where too few are calm.
    first = first or rhythm.spreads[0]
    spreads = tuple(spread or first for spread in found)
    if short:
        return tuple(Spread(spread.phi, max(spread.kappa, SHORT_KAPPA)) for spread in spreads)
    return spreads


def _spread(
    rhythm: Rhythm, requests: Floats, calm: Booleans, width: int, *, alone: bool, least: int
) -> Spread | None:
    """Return the scatter of one window length around the level that it is tested against."""
    lift = lowered(rhythm, requests, calm, width, alone=alone)
    judged = lift.factor > 0
    if np.count_nonzero(judged & lift.sure) >= least * max(1, width // 5):
        judged &= lift.sure
    return scatter(requests, rhythm.mean, calm, width, lift=lift.factor, judged=judged, least=least)


def scatter(  # a window length and what is known of it
    requests: Floats,
    mean: Floats,
    calm: Booleans,
    width: int,
    *,
    lift: Floats | float = 1.0,
    judged: Booleans | None = None,
    least: int = SPREAD_LEAST,
) -> Spread | None:
    """Return the scatter of windows of `width` calm minutes that end in `judged` ones, below `lift` times `mean`.

    Null where there are fewer than `least` of them side by side, or too few requests in each.
    """
    whole = trailing(calm.astype(np.float64), width) > width - 0.5
    minutes = int(np.count_nonzero(calm))
    if minutes < least * width:
        return None
    if judged is not None:
        whole &= judged
    step = max(1, width // 5)  # windows that overlap more say little more
    seen = trailing(np.where(calm, requests, 0.0), width)[whole][::step]
    due = (trailing(np.where(calm, mean, 0.0), width) * lift)[whole][::step]
    if seen.size < least or float(due.mean()) < baseline.SPREAD_MEAN:
        return None
    means, scales = _scales(seen, due)
    if not means.size:
        return None
    spread = baseline.line(means, scales)
    sure = 1 + baseline.SPREAD_SURE * sqrt(2 * width / minutes)
    return Spread(max(1.0, spread.phi * sure), spread.kappa * sure)


def _scales(seen: Floats, due: Floats) -> tuple[Floats, Floats]:
    """Return mean and variance over mean of windows in bins by size, robustly, from those below their mean."""
    bins = baseline.SPREAD_BINS
    order = np.argsort(due, kind="stable")[due.size % bins :].reshape(bins, -1)
    means, scales = due[order].mean(axis=1), np.zeros(bins)
    # Whatever excuses little traffic makes for low expectations.
    usual = np.maximum(1.0, np.median(seen[order] / np.maximum(due[order], 1e-12), axis=1))
    middle = 1 + MIDDLE * (usual - 1)
    off = seen[order] - middle[:, None] * due[order]
    squares = off**2 / np.maximum(due[order], 1e-12)
    for number in range(bins):
        below = squares[number][off[number] < 0]
        if below.size < 5:  # noqa: PLR2004  # a lift far too low: all that is there
            below = squares[number]
        scale = float(np.median(below)) / baseline.SQUARE_MEDIAN or float(below.mean())
        for _ in range(baseline.ROUNDS):
            scale = float(np.minimum(below, baseline.OUTLIER**2 * scale).mean()) / baseline.CONSISTENCY
        scales[number] = scale
    use = (means >= baseline.BIN_MEAN) & (scales > 0)
    return means[use], scales[use]
