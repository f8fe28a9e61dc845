"""A seed → minute counts of a plausible site: rhythm, bots, drift, clumps, and the incidents put in.

The recipe is that of evaluation, not of the detectors: it knows nothing of floors, levels or spreads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from scipy import signal, stats

from loganalyzer.aggregates import clients, latency, unread
from loganalyzer.tables import MINUTES_KEYS, MINUTES_SUMS, Tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

START: Final = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
DAY: Final = 1440


@dataclass(frozen=True)
class Background:
    """How often people and bots meet a status when all is well; `clump` events on average come at once."""

    status: int
    people: float
    bots: float
    clump: float = 1.6
    unreached: bool = False


@dataclass(frozen=True)
class Incident:
    """A share of the requests that fails for some minutes; `on` and `off` make it come and go."""

    status: int
    start: int
    minutes: int
    share: float
    unreached: bool = False
    on: int = 0
    off: int = 0


@dataclass(frozen=True)
class Site:
    """A site by its mean rate: `rate` requests of people a minute, a tenth of it bots day and night."""

    rate: float
    days: float
    vendor: str = "nginx"
    background: tuple[Background, ...] = (
        Background(499, 0.004, 0.0005),
        Background(500, 0.0008, 0.002),
        Background(502, 0.0005, 0.0005),
    )
    incidents: tuple[Incident, ...] = ()
    drift: float = 0.25
    start: datetime = field(default=START)


@dataclass(frozen=True)
class Minutes:
    """Stands in for the Tables: what detectors read."""

    minutes: pl.DataFrame
    clients: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema=pl.Schema({**clients.KEYS, **clients.SUMS}))
    )
    unread: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema=pl.Schema({**unread.KEYS, **unread.SUMS}))
    )
    latency: pl.DataFrame = field(default_factory=lambda: latency.NOTHING)
    latency_grain: int = 0
    values: pl.DataFrame = field(default_factory=lambda: Tables.empty().values)
    coverage: pl.DataFrame = field(default_factory=lambda: Tables.empty().coverage)
    steps: pl.DataFrame = field(default_factory=lambda: Tables.empty().steps)


Row = tuple[str, str | None, int, int, int | None, bool, float]


def tables(rows: Sequence[Row], start: datetime = START) -> Minutes:
    """Return Tables of (vendor, server, minute, records, status, unreached, weight of a record) rows."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * 7
    vendor, server, minute, records, status, unreached, weight = columns
    return Minutes(
        pl.DataFrame(
            {
                "vendor": vendor,
                "server": server,
                "host": [None] * len(rows),
                "minute": [start + timedelta(minutes=int(m)) for m in minute],
                "role": ["request"] * len(rows),
                "status": status,
                "upstream_status": [None] * len(rows),
                "unreached": unreached,
                "records": records,
                "weight": [r * w for r, w in zip(records, weight, strict=True)],
                "bytes_sent": [0] * len(rows),
            },
            schema=pl.Schema({**MINUTES_KEYS, **MINUTES_SUMS}),
        )
    )


def site(site: Site, seed: int) -> Minutes:
    """Return the minute counts of a site; the same for the same seed."""
    random = np.random.default_rng(seed)
    size = round(site.days * DAY)
    people = (
        site.rate
        * _rhythm(size, site.start)
        * _wander(random, size, 0.10, 300)
        * _wander(random, size, 0.08, 4)
    )
    bots = 0.1 * site.rate * _wander(random, size, 0.25, 120)
    requests = random.poisson(people + bots)
    left = requests.copy()
    found: dict[tuple[int, bool], NDArray[np.int64]] = {}
    for background in site.background:
        share = _wander(random, size, site.drift, 480)
        mean = share * (background.people * people + background.bots * bots)
        events = np.minimum(clumps(random, mean, background.clump), left)
        left -= events
        found[background.status, background.unreached] = events
    for incident in site.incidents:
        minute = np.arange(size) - incident.start
        during = (minute >= 0) & (minute < incident.minutes)
        if incident.off:
            during &= minute % (incident.on + incident.off) < incident.on
        failing = np.where(during, random.binomial(left, incident.share), 0)
        left -= failing
        key = incident.status, incident.unreached
        found[key] = found.get(key, np.zeros(size, np.int64)) + failing
    frames = [
        pl.DataFrame({"minute": np.arange(size), "records": counts}).with_columns(
            status=pl.lit(status, pl.Int16), unreached=pl.lit(unreached)
        )
        for (status, unreached), counts in [((200, False), left), *found.items()]
    ]
    frame = pl.concat(frames).filter(pl.col("records") > 0)
    return Minutes(
        frame.with_columns(
            vendor=pl.lit(site.vendor),
            server=pl.lit(None, pl.String),
            host=pl.lit(None, pl.String),
            minute=pl.lit(site.start) + pl.duration(minutes=pl.col("minute")),
            role=pl.lit("request"),
            upstream_status=pl.lit(None, pl.Int16),
            weight=pl.col("records").cast(pl.Float64),
            bytes_sent=pl.lit(0),
        ).select(pl.col(name).cast(dtype) for name, dtype in {**MINUTES_KEYS, **MINUTES_SUMS}.items())
    )


def _rhythm(size: int, start: datetime) -> NDArray[np.float64]:
    """Return the day's shape: mean 1, peak six times the trough, weekends at 0.6 smoothed over six hours."""
    minute = np.arange(size + 360) + start.hour * 60 + start.minute
    hour = 2 * np.pi * minute / DAY
    shape = 1 - 0.62 * np.cos(hour - 0.6) + 0.14 * np.cos(2 * hour - 3.8)
    weekday = (start.weekday() + minute // DAY) % 7
    weight = np.convolve(np.where(weekday < 5, 1.0, 0.6), np.full(360, 1 / 360), mode="valid")[:size]
    return np.maximum(shape[:size], 0.05) * weight


def _wander(random: np.random.Generator, size: int, spread: float, memory: float) -> NDArray[np.float64]:
    """Return a gamma process of mean 1 with a coefficient of variation and a memory in minutes."""
    if spread == 0:
        return np.ones(size)
    keep = np.exp(-1 / memory)
    steps = random.standard_normal(size) * np.sqrt(1 - keep**2)
    steps[0] = random.standard_normal()
    normal = signal.lfilter([1.0], [1.0, -keep], steps)
    return np.asarray(stats.gamma.ppf(stats.norm.cdf(normal), spread**-2, scale=spread**2))


def clumps(random: np.random.Generator, mean: NDArray[np.float64], clump: float) -> NDArray[np.int64]:
    """Return counts of a mean whose events come in geometric clumps of a mean size."""
    clumps = random.poisson(mean / clump)
    if clump == 1:
        return clumps
    # The sum of n geometric sizes is n plus a negative binomial.
    return clumps + np.where(clumps > 0, random.negative_binomial(np.maximum(clumps, 1), 1 / clump), 0)
