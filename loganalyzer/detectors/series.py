"""Tables → one dense minute grid per vendor and server, with the events of every family its log can carry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import polars as pl

from loganalyzer.baseline import DAY
from parsers.schema import VENDORS

if TYPE_CHECKING:
    from loganalyzer.baseline import Booleans, Floats, Integers

SPLIT: Final = DAY
"""Minutes without a line of any kind that split a log: beyond a day it was not silent, it was not there."""

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
    """

    vendor: str
    server: str | None
    minute: Integers
    logged: Booleans
    known: Booleans
    requests: Floats
    events: dict[str, Floats]
    units: dict[str, float]

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


def series_of(tables: Counted) -> list[Series]:
    """Return one Series per vendor and server with at least one record, sorted by these (no server first)."""
    request = pl.col("role") == "request"
    sums = [pl.col("weight").filter(request).sum().alias("requests")]
    for family in FAMILIES:
        chosen = request & family.condition
        sums += [
            pl.col("weight").filter(chosen).sum().alias(family.name),
            pl.col("records").filter(chosen).sum().alias(f"{family.name} records"),
        ]
    frame = (
        tables.minutes.filter(pl.col("minute").is_not_null())
        .with_columns(pl.col("vendor").cast(pl.String), minute=pl.col("minute").dt.epoch("s") // 60)
        .group_by("vendor", "server", "minute")
        .agg(sums)
        .sort("vendor", "server", "minute", nulls_last=False)
    )
    parts = frame.partition_by("vendor", "server", maintain_order=True)
    return [_series(part) for part in parts]


def _series(part: pl.DataFrame) -> Series:
    """Return the dense grid of one vendor and server from its sparse minutes, in order."""
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

    carried = [family.name for family in FAMILIES if vendor in family.vendors]
    events = {name: dense(name) for name in carried}
    return Series(
        vendor=vendor,
        server=server,
        minute=grid,
        logged=logged,
        known=known,
        requests=dense("requests"),
        events=events,
        units={
            name: _unit(float(events[name].sum()), int(part[f"{name} records"].sum())) for name in carried
        },
    )


def _unit(weight: float, records: int) -> float:
    """Return the mean weight of a record, at least 1: a sampled log is clumpier, never finer."""
    return max(1.0, weight / records) if records else 1.0
