"""Series → alarms of the detectors that others use, and of one that guesses (DETECTION §3.4).

Each gives every minute of every family a strength that grows with its alarm; where it exceeds a limit there is one.
So each can be swept to the same number of false alarms a day before anything is compared.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import stats
from scipy.signal import lfilter

from tests.detection.alarms import Alarm
from tests.detection.series import KINDS, Series

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tests.detection.site import Floats
    from tests.detection.truth import Truth

    Strength = Callable[[Series], dict[str, Floats]]

LIMITS: Final = {"5xx": 0.01, "52x": 0.01, "499": 0.02, "429": 0.02, "401": 0.05, "404": 0.10, "slow": 0.10}
"""Shares that house rules call too many."""
HALF: Final = 0.5
"""Of the last hour's traffic that is too little."""
WINDOW: Final = 5
"""Minutes that these judge at a time."""
DAY, HOUR = 1440, 60
JOIN: Final = 10
"""Minutes apart at which two stretches are one alarm."""
ENOUGH: Final = 6 * HOUR
"""Minutes behind a mean and a spread."""
SPARE: Final = 1e-9


def trailing(values: Floats, minutes: int) -> Floats:
    """Return the sum over the `minutes` that end with each one; shorter at the start."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    ends = np.arange(1, values.size + 1)
    result: Floats = sums[ends] - sums[np.maximum(ends - minutes, 0)]
    return result


def before(values: Floats, minutes: int, gap: int = 0) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the `minutes` before each one, less the last `gap`.

    They are NaN until there are that many, or `ENOUGH`.
    """
    count = trailing(np.ones(values.size), minutes)
    mean = trailing(values, minutes) / count
    spread = np.sqrt(np.maximum(trailing(values**2, minutes) / count - mean**2, 0))
    few = count < min(minutes, ENOUGH)
    mean[few] = spread[few] = np.nan
    nothing = np.full(gap + 1, np.nan)
    return (
        np.concatenate((nothing, mean))[: values.size],
        np.concatenate((nothing, spread))[: values.size],
    )


def static_share(series: Series) -> dict[str, Floats]:
    """Return the share of five minutes in multiples of the house limit; traffic against the last hour."""
    strengths = {
        name: trailing(events, WINDOW) / np.maximum(trailing(series.of[name], WINDOW), 1) / LIMITS[name]
        for name, events in series.events.items()
    }
    hour, _ = before(series.total, HOUR, WINDOW)
    now = trailing(series.total, WINDOW) / WINDOW
    strengths["total"] = HALF * hour / np.maximum(now, SPARE + hour * 1e-4)
    return strengths


def three_sigma(series: Series) -> dict[str, Floats]:
    """Return how many standard deviations five minutes lie above the mean of 24 hours, in threes."""
    return _per_family(series, lambda values: _sigmas(trailing(values, WINDOW), DAY) / 3)


def cloudflare_z(series: Series) -> dict[str, Floats]:
    """Return the z-score of the error rate against four hours, in multiples of 3.5, where there are 200 errors."""
    strengths = {}
    for name, events in series.events.items():
        errors = trailing(events, WINDOW)
        share = errors / np.maximum(trailing(series.of[name], WINDOW), 1)
        strengths[name] = np.where(errors > 200, _sigmas(share, 4 * HOUR) / 3.5, 0)
    strengths["total"] = -_sigmas(trailing(series.total, WINDOW), 4 * HOUR) / 3.5
    return strengths


def ewma(series: Series) -> dict[str, Floats]:
    """Return a control chart's statistic (λ = 0.3) in multiples of its limit (L = 3), by the last 24 hours."""
    keep = 0.3

    def chart(values: Floats) -> Floats:
        mean, spread = before(trailing(values, WINDOW), DAY, HOUR)
        centred = np.nan_to_num(trailing(values, WINDOW) - mean)
        smooth: Floats = lfilter([keep], [1, keep - 1], centred)
        strength: Floats = smooth / np.maximum(3 * spread * np.sqrt(keep / (2 - keep)), 0.1)
        return strength

    return _per_family(series, chart)


def burn_rates(series: Series) -> dict[str, Floats]:
    """Return the burn rate of several windows, in multiples of Google's limits; a budget is a tenth of the limit."""
    strengths = {}
    for name, events in series.events.items():
        budget = LIMITS[name] / 10

        def burn(
            minutes: int, events: Floats = events, of: Floats = series.of[name], budget: float = budget
        ) -> Floats:
            rate: Floats = trailing(events, minutes) / np.maximum(trailing(of, minutes), 1) / budget
            return rate

        fast = np.minimum(burn(5), burn(HOUR)) / 14.4
        slow = np.minimum(burn(30), burn(6 * HOUR)) / 6
        strengths[name] = np.maximum(fast, slow)
    return strengths


def poisson_share(series: Series) -> dict[str, Floats]:
    """Return the decades of a Poisson test of the share, over 1 to 60 minutes; the spread is that of chance alone."""
    strengths = {}
    for name, events in series.events.items():
        share = (events.sum() + 0.5) / max(series.of[name].sum(), 1)
        best = np.zeros(events.size)
        for minutes in (1, 2, 5, 15, 60):
            y, m = trailing(events, minutes), share * trailing(series.of[name], minutes)
            decades = _poisson(y, np.maximum(m, SPARE))
            best = np.maximum(best, np.where((y >= m + 5) & (y >= 2 * m), decades, 0))
        strengths[name] = best
    best = np.zeros(series.total.size)
    for minutes in (5, 15, 60):
        level, _ = before(series.total, 3 * HOUR, minutes)
        y, m = trailing(series.total, minutes), np.nan_to_num(level) * minutes
        decades = np.where((m >= 10) & (y <= 0.7 * m), _poisson(y, np.maximum(m, SPARE)), 0)
        best = np.maximum(best, decades)
    strengths["total"] = best
    return strengths


def s_h_esd(series: Series) -> dict[str, Floats]:
    """Return Twitter's seasonal hybrid ESD on ten minutes (daily season, median of each week, at most 2 %)."""
    return _per_family(series, _esd)


def _esd(values: Floats, width: int = 10, share: float = 0.02, alpha: float = 0.05) -> Floats:
    """Return the test statistic in multiples of its critical value; 0 where the spread is none, as with MAD = 0."""
    whole = values.size // width * width
    blocks = values[:whole].reshape(-1, width).sum(axis=1)
    per_day, per_week = DAY // width, 7 * DAY // width
    strength = np.zeros(values.size)
    if blocks.size < 2 * per_day:
        return strength
    level = np.concatenate([np.full(part.size, np.median(part)) for part in _weeks(blocks, per_week)])
    place = np.arange(blocks.size) % per_day
    season = np.array([np.median((blocks - level)[place == number]) for number in range(per_day)])
    left = blocks - level - season[place]
    found = np.zeros(blocks.size)
    here = np.ones(blocks.size, dtype=bool)
    for removed in range(int(share * blocks.size)):
        middle = np.median(left[here])
        spread = 1.4826 * np.median(np.abs(left[here] - middle))
        if spread <= 0:
            break
        distance = np.where(here, left - middle, -np.inf)
        worst = int(np.argmax(distance))
        size = blocks.size - removed
        t = stats.t.ppf(1 - alpha / size, size - 2)
        critical = (size - 1) * t / np.sqrt((size - 2 + t**2) * size)
        found[worst] = distance[worst] / spread / critical
        here[worst] = False
    strength[:whole] = np.repeat(found, width)
    return strength


def _weeks(blocks: Floats, per_week: int) -> list[Floats]:
    return [blocks[at : at + per_week] for at in range(0, blocks.size, per_week)]


def _sigmas(values: Floats, minutes: int) -> Floats:
    mean, spread = before(values, minutes, WINDOW)
    strength: Floats = np.nan_to_num((values - mean) / np.maximum(spread, 1e-6 + 0 * values), posinf=0)
    return np.where(spread > 0, strength, 0)


def _per_family(series: Series, strength: Callable[[Floats], Floats]) -> dict[str, Floats]:
    """Judge counts upwards, and the traffic downwards."""
    found = {name: strength(events) for name, events in series.events.items()}
    return found | {"total": strength(-series.total)}


def _poisson(y: Floats, m: Floats) -> Floats:
    """Return the decades by which a count is away from its mean, on either side."""
    with np.errstate(divide="ignore", invalid="ignore"):
        decades: Floats = (np.where(y > 0, y * np.log(y / m), 0) - (y - m)) / np.log(10)
    return decades


BASELINES: Final[dict[str, Strength]] = {
    "static share": static_share,
    "mean + 3σ": three_sigma,
    "Cloudflare z": cloudflare_z,
    "S-H-ESD": s_h_esd,
    "EWMA": ewma,
    "burn rates": burn_rates,
    "Poisson share": poisson_share,
}

OWN_LIMITS: Final = {"Poisson share": 5.657}
"""What each alarms at if nobody tunes it, where that is not once its limit: six decades, in the steps of the sweep."""


def alarms_of(series: Series, strengths: dict[str, Floats], limit: float) -> list[Alarm]:
    """Return one alarm per stretch in which a family's strength exceeds the limit."""
    alarms = []
    for name, strength in strengths.items():
        for first, last in stretches(np.nan_to_num(strength) > limit):
            start = series.start + timedelta(minutes=first)
            alarms.append(Alarm(KINDS[name], start, series.start + timedelta(minutes=last)))
    return sorted(alarms, key=lambda alarm: (alarm.start, alarm.end))


def stretches(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return first and past-the-last of each stretch, those joined that lie at most `JOIN` apart."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    found: list[tuple[int, int]] = []
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if found and first - found[-1][1] <= JOIN:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def guessed(truth: Truth, alarms: Sequence[Alarm], random: np.random.Generator) -> list[Alarm]:
    """Return as many alarms of the same kinds and lengths at any time: what no detector may be compared with."""
    moved = []
    for alarm in alarms:
        room = (truth.end - truth.start) - (alarm.end - alarm.start)
        start = truth.start + room * float(random.random())
        end = start + (alarm.end - alarm.start)
        moved.append(dataclasses.replace(alarm, start=start, end=end, members=()))
    return sorted(moved, key=lambda alarm: (alarm.start, alarm.end))
