"""Tables → one dense minute grid per vendor and server, with the events of every family its log can carry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import polars as pl

from loganalyzer.baseline import DAY
from parsers.schema import VENDORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.baseline import Booleans, Floats, Integers

SPLIT: Final = DAY
"""Minutes without a line of any kind that split a log: beyond a day it was not silent, it was not there."""

MOST: Final = 366 * DAY
"""Minutes that are looked at together: a longer log is judged in equal pieces, so that ten years in one file need
the memory of one."""

APART: Final = 360
"""Unknown minutes laid between two stretches, so that no window, level or burn rate reaches across."""


class Counted(Protocol):
    """What detectors read of the Tables."""

    @property
    def minutes(self) -> pl.DataFrame:
        """Records, weight and bytes by vendor, server, host, minute, role, status and `unreached`."""
        ...


@dataclass(frozen=True)
class Family:
    """One series of events: which rows of `minutes` count, and whose log can carry them."""

    name: str
    vendors: tuple[str, ...]
    condition: pl.Expr


_STATUS = pl.col("status")
_SERVER_ERROR = _STATUS.is_between(500, 599) & ~pl.col("unreached").fill_null(value=False)
_GATEWAY = (502, 503, 504)

FAMILIES: Final = (
    Family("5xx-app", VENDORS, _SERVER_ERROR & ~_STATUS.is_in(_GATEWAY)),
    Family("5xx-gw", VENDORS, _SERVER_ERROR & _STATUS.is_in(_GATEWAY)),
    Family("5xx-all", VENDORS, _SERVER_ERROR),
    Family("52x", ("cloudflare", "cisco_wsa"), pl.col("unreached").fill_null(value=False)),
    # Apache has no 499, and the WSA logs an aborted transfer by its result, not by its status.
    Family("499", ("nginx", "cloudflare"), _STATUS == 499),  # noqa: PLR2004
)
"""Every family that is tested; their number sets the threshold of each."""


@dataclass(frozen=True, eq=False)
class Series:
    """The minutes of one vendor and server: arrays of one length, one entry per minute.

    `minute` minutes since 1970 UTC, -1 between stretches; `logged` lies between the first and the last record
    of a stretch; `known` without the stretch's partial first and last minute. `requests` and `events` (by
    family) are weighted sums over records of role `request`; `units` the mean weight of a family's records.
    `continued` tells that another piece of the same log follows.
    """

    vendor: str
    server: str | None
    minute: Integers
    logged: Booleans
    known: Booleans
    requests: Floats
    events: dict[str, Floats]
    units: dict[str, float]
    continued: bool

    def at(self, index: int) -> datetime:
        """Return the moment at which a minute of a stretch starts."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=int(self.minute[index]))

    def unit(self, families: tuple[str, ...]) -> float:
        """Return the mean weight of a record of several families, the largest of theirs."""
        return max((self.units[name] for name in families if name in self.units), default=1.0)

    def bad(self, families: tuple[str, ...]) -> Floats:
        """Return the events of several families together; those the log cannot carry are none."""
        return sum(
            (self.events[name] for name in families if name in self.events), np.zeros(self.minute.size)
        )


def tested(tables: Counted) -> int:
    """Return how many series are tested: the families that each vendor's and server's log can carry."""
    logs = tables.minutes.filter(pl.col("minute").is_not_null()).select("vendor", "server").unique()
    return sum(len(_carried(vendor)) for vendor in logs["vendor"])


def series_of(tables: Counted) -> Iterator[Series]:
    """Yield the Series of each vendor and server with at least one record, sorted by these (no server first).

    A log of more than `MOST` minutes comes in equal pieces, oldest first.
    """
    request = pl.col("role") == "request"
    dated = tables.minutes.filter(pl.col("minute").is_not_null()).with_columns(
        pl.col("vendor").cast(pl.String)
    )
    weights = {family.name: pl.col("weight").filter(request & family.condition).sum() for family in FAMILIES}
    units = dated.group_by("vendor", "server").agg(
        (weights[family.name] / pl.col("records").filter(request & family.condition).sum()).alias(family.name)
        for family in FAMILIES
    )
    frame = (
        dated.with_columns(minute=pl.col("minute").dt.epoch("s") // 60)
        .group_by("vendor", "server", "minute")
        .agg(pl.col("weight").filter(request).sum().alias("requests"), **weights)
        .sort("vendor", "server", "minute", nulls_last=False)
    )
    for part in frame.partition_by("vendor", "server", maintain_order=True):
        vendor, server = part["vendor"][0], part["server"][0]
        (own,) = (
            units.filter(vendor=vendor)
            .filter(pl.col("server").eq_missing(pl.lit(server, pl.String)))
            .to_dicts()
        )
        # At least 1: a sampled log is clumpier, never finer.
        unit = {name: max(1.0, own[name] or 1.0) for name in _carried(vendor)}
        edges = _pieces(part["minute"].to_numpy())
        for begin, end in pairwise(edges):
            yield _series(part[begin:end], unit, continued=end < part.height)


def _carried(vendor: str) -> list[str]:
    """Return the families that the log of a vendor can carry."""
    return [family.name for family in FAMILIES if vendor in family.vendors]


def _pieces(minute: Integers) -> list[int]:
    """Return the rows at which equal pieces of at most `MOST` minutes begin, and the number of rows."""
    steps = np.diff(minute)
    place = np.append(0, np.cumsum(np.where(steps > SPLIT, APART, steps)))
    size = int(place[-1]) + 1
    pieces = ceil(size / MOST)
    return [
        *np.searchsorted(place, [size * piece // pieces for piece in range(pieces)]).tolist(),
        minute.size,
    ]


def _series(part: pl.DataFrame, units: dict[str, float], *, continued: bool) -> Series:
    """Return the dense grid of one piece of a log from its sparse minutes, in order."""
    vendor, server = part["vendor"][0], part["server"][0]
    minute = part["minute"].to_numpy().astype(np.int64)
    steps = np.diff(minute)
    ends = np.append(np.flatnonzero(steps > SPLIT), minute.size - 1)
    begins = np.append(0, ends[:-1] + 1)
    lengths = minute[ends] - minute[begins] + 1
    offsets = np.append(0, np.cumsum(lengths + APART)[:-1])
    size = int(offsets[-1] + lengths[-1])
    grid = np.full(size, -1, np.int64)
    for offset, begin, length in zip(offsets, minute[begins], lengths, strict=True):
        grid[offset : offset + length] = np.arange(begin, begin + length)
    logged = grid >= 0
    known = logged.copy()
    known[offsets] = False
    known[offsets + lengths - 1] = False
    index = minute + np.repeat(offsets - minute[begins], ends - begins + 1)

    def dense(column: str) -> Floats:
        values = np.zeros(size)
        values[index] = part[column].to_numpy()
        return values

    return Series(
        vendor=vendor,
        server=server,
        minute=grid,
        logged=logged,
        known=known,
        requests=dense("requests"),
        events={name: dense(name) for name in units},
        units=units,
        continued=continued,
    )
