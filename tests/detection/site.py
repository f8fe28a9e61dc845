"""A seed → Site: how much traffic, in which rhythm, with which share of errors; plain or with random variations."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Booleans = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

CACHED: Final = "200 from the cache"
"""The channel of what no server behind was asked for."""

RATES: Final = (0.5, 2.0, 20.0, 200.0, 3000.0)
"""Requests per minute of people, on average over the week days."""

VENDORS: Final = ("nginx", "apache", "cloudflare", "cisco_wsa")

SHAPES: Final = ("two harmonics", "office", "evening", "commuters", "no night")
"""Daily rhythms; the first is the plain one."""

ZONES: Final = ("Europe/Berlin", "America/New_York", "Asia/Seoul", "Australia/Sydney")
SHIFTS: Final = {
    "Europe/Berlin": (datetime(2025, 3, 30, tzinfo=UTC), datetime(2025, 10, 26, tzinfo=UTC)),
    "America/New_York": (datetime(2025, 3, 9, tzinfo=UTC), datetime(2025, 11, 2, tzinfo=UTC)),
    "Australia/Sydney": (datetime(2025, 4, 6, tzinfo=UTC), datetime(2025, 10, 5, tzinfo=UTC)),
}
"""Days on which the clocks of a zone change."""

WEEKEND: Final = 0.6
BOTS: Final = 0.1


@dataclass(frozen=True)
class Channel:
    """One thing that a record may say, as the keys of a minute table; `human` and `bot` are shares of requests.

    A channel without shares takes what the others leave: `rest` is its part of that.
    `clump` is the mean number of events that come together, as retries and dead assets do; `pairs`: always two.
    """

    name: str
    status: int
    upstream_status: int | None
    human: float = 0.0
    bot: float = 0.0
    rest: float = 0.0
    unreached: bool = False
    role: str = "request"
    clump: float = 1.0
    pairs: bool = False

    @property
    def clumping(self) -> float:
        """Variance over mean of its events: of a compound Poisson law that of the sizes, biased by size."""
        return 2.0 if self.pairs else 2 * self.clump - 1


@dataclass(frozen=True)
class Step:
    """A share that changes for good."""

    channel: str
    factor: float
    minute: int


@dataclass(frozen=True)
class Checks:
    """A load balancer's health check: so many a minute, and from `minute` on `factor` times as many."""

    per_minute: float
    factor: float = 1.0
    minute: int = 0


@dataclass(frozen=True)
class Site:
    """Everything that is fixed about one made-up site.

    `rate` is requests per minute, `start` midnight UTC, `zones` (name, share of the people), `drift` the
    coefficient of variation of error shares, `growth` per week, `cron` requests in the first minute of an hour in
    multiples of the rate, `bursts` a day of single clients, `hosts` (name, share); `monitor`: a HEAD request every
    minute; `timed`: the log says how long a request took.
    """

    seed: int
    vendor: str
    rate: float
    days: int
    start: datetime
    channels: tuple[Channel, ...]
    zones: tuple[tuple[str, float], ...] = ((ZONES[0], 1.0),)
    shape: str = SHAPES[0]
    peak_to_trough: float = 6.0
    drift: float = 0.25
    growth: float = 0.0
    cron: float = 0.0
    bursts: float = 0.0
    step: Step | None = None
    checks: Checks | None = None
    monitor: bool = False
    timed: bool = True
    hosts: tuple[tuple[str, float], ...] = (("www.example.com", 1.0),)

    @property
    def minutes(self) -> int:
        """Length in minutes."""
        return self.days * 1440

    @property
    def end(self) -> datetime:
        """The first moment after the last minute."""
        return self.start + timedelta(days=self.days)

    def random(self, *purpose: object) -> np.random.Generator:
        """Return the chances of one purpose: a new purpose leaves those of the others as they are."""
        return np.random.default_rng([self.seed, *(zlib.crc32(str(word).encode()) for word in purpose)])

    def at(self, minute: float) -> datetime:
        """Return the moment of a minute of the grid."""
        return self.start + timedelta(minutes=float(minute))


def draw(seed: int, rate: float, days: int, *, vendor: str | None = None, varied: bool = False) -> Site:
    """Return the site of a seed; `varied` draws the variations of DETECTION §3.1, else it is the plain one.

    The vendor goes by turns unless it is given.
    """
    vendor = vendor or VENDORS[seed % len(VENDORS)]
    random = np.random.default_rng([seed, zlib.crc32(b"site")])
    start = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=int(random.integers(0, 365)))
    channels = tuple(_own_share(channel, random, varied=varied) for channel in channels_of(vendor))
    if not varied:
        return Site(seed, vendor, rate, days, start, channels)
    zone = str(random.choice(ZONES))
    if zone in SHIFTS and random.random() < 0.4 and days > 3:  # a week of the change of clocks
        shift = SHIFTS[zone][int(random.integers(0, 2))]
        start = shift - timedelta(days=int(random.integers(1, days - 1)))
    zones: tuple[tuple[str, float], ...] = ((zone, 1.0),)
    if random.random() < 0.3:
        other = str(random.choice([name for name in ZONES if name != zone]))
        share = float(random.uniform(0.3, 0.7))
        zones = ((zone, share), (other, 1 - share))
    errors = [channel.name for channel in channels if channel.human]
    step = Step(
        str(random.choice(errors)), float(random.uniform(1.5, 4)), int(random.uniform(0.2, 0.8) * days * 1440)
    )
    checks = Checks(
        float(random.uniform(0.05, 0.3) * min(rate, 20.0)),
        float(random.choice((0.0, 0.5, 2.0))),
        int(random.uniform(0.2, 0.8) * days * 1440),
    )
    hosts = int(random.integers(1, 5))
    return Site(
        seed,
        vendor,
        rate,
        days,
        start,
        channels,
        zones=zones,
        shape=str(random.choice(SHAPES, p=(0.4, 0.15, 0.15, 0.15, 0.15))),
        peak_to_trough=float(random.uniform(3, 10)),
        drift=float(random.uniform(0, 0.6)),
        growth=float(random.uniform(-0.3, 0.3)) if random.random() < 0.4 else 0.0,
        cron=float(random.uniform(0.5, 3)) if random.random() < 0.4 else 0.0,
        bursts=float(random.uniform(2, 20)) if random.random() < 0.4 else 0.0,
        step=step if random.random() < 0.25 else None,
        checks=checks if random.random() < 0.3 else None,
        monitor=bool(random.random() < 0.5),
        timed=bool(random.random() < 0.7),
        hosts=_shares([f"{name}.example.com" for name in ("www", "api", "shop", "static")[:hosts]]),
    )


def _shares(names: list[str]) -> tuple[tuple[str, float], ...]:
    """Return shares of a long tail, 1/rank."""
    weights = 1 / np.arange(1, len(names) + 1)
    return tuple(zip(names, (weights / weights.sum()).tolist(), strict=True))


def _own_share(channel: Channel, random: np.random.Generator, *, varied: bool) -> Channel:
    """Return the channel with the share and the clumping of one site."""
    factor = float(np.exp(random.uniform(-0.7, 0.7)))
    clump = float(random.uniform(1, 8) if varied else random.uniform(1.3, 3))
    if not channel.human:
        return channel
    return Channel(
        channel.name,
        channel.status,
        channel.upstream_status,
        channel.human * factor,
        channel.bot * factor,
        unreached=channel.unreached,
        role=channel.role,
        clump=clump,
        pairs=channel.pairs,
    )


def channels_of(vendor: str) -> tuple[Channel, ...]:
    """Return what a vendor's log can say, with the usual share of each."""
    asked = vendor in {"nginx", "cloudflare"}  # these name the status of the server behind them

    def behind(status: int) -> int | None:
        return status if asked else None

    common = (
        Channel("304", 304, behind(304), rest=0.10),
        Channel("301", 301, behind(301), rest=0.04),
        Channel("400", 400, behind(400), 0.001, 0.01),
        Channel("401", 401, behind(401), 0.003, 0.005),
        Channel("403", 403, behind(403), 0.002, 0.02),
        Channel("404", 404, behind(404), 0.02, 0.20),
        Channel("429", 429, behind(429), 0.001, 0.01),
        Channel("500", 500, behind(500), 0.0005, 0.001),
        Channel("503", 503, behind(503), 0.0001, 0.0001),
    )
    if vendor == "apache":
        return (
            Channel("200", 200, None, rest=0.86),
            *common,
            Channel("502", 502, None, 0.0002, 0.0002),
            Channel("504", 504, None, 0.0001, 0.0001),
        )
    if vendor == "nginx":
        return (
            Channel("200", 200, 200, rest=0.86),
            *common,
            Channel("499", 499, None, 0.003, 0.001),
            Channel("502", 502, 502, 0.0002, 0.0002),
            Channel("504", 504, 504, 0.0001, 0.0001),
        )
    if vendor == "cloudflare":
        return (
            Channel("200", 200, 200, rest=0.56),
            Channel(CACHED, 200, 0, rest=0.30),
            *common,
            Channel("499", 499, 0, 0.003, 0.001),
            Channel("502", 502, 502, 0.0002, 0.0002),
            Channel("504", 504, 504, 0.0001, 0.0001),
            Channel("520", 520, 0, 0.0001, 0.0001, unreached=True),
            Channel("522", 522, 0, 0.0002, 0.0002, unreached=True),
            Channel("524", 524, 0, 0.0001, 0.0001, unreached=True),
        )
    return (
        Channel("200", 200, None, rest=0.86),
        *common,
        Channel("407", 407, None, 0.003, 0.005, role="handshake"),
        Channel("407 asked", 407, None, 0.01, 0.001, role="handshake", pairs=True),
        Channel("502", 502, None, 0.0002, 0.0002),
        Channel("504", 504, None, 0.0002, 0.0002, unreached=True),
    )
