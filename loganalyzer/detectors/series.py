"""Tables → one dense minute grid per vendor and server, with the events of every family its log can carry."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import polars as pl

from loganalyzer.aggregates.clients import WIDTH_S
from loganalyzer.aggregates.grouping import START_SHIFT_LIMIT_S
from loganalyzer.baseline import DAY
from loganalyzer.families import CONDITION_OF, FAMILIES, LOOSE, NETTED, REFUSED, SCATTERED, UNREAD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from loganalyzer.baseline import Booleans, Floats, Integers

SPLIT: Final = DAY
"""Minutes without a line of any kind that split a log: beyond a day it was not silent, it was not there."""
SPLIT_IN_FILE: Final = 2 * DAY
"""The same where one file goes on afterwards: then the log was there, and an outage may well last until tomorrow.
A weekend from Friday evening to Monday morning is longer."""

MOST: Final = 366 * DAY
"""Minutes that are looked at together: a longer log is judged in equal pieces, so that a fit to ten years in one file
needs the memory of one."""

APART: Final = 360
"""Unknown minutes laid between two stretches, so that no window, level or burn rate reaches across."""

SHIFT: Final = START_SHIFT_LIMIT_S // 60
"""Minutes, at most, by which a minute of the grid lies before the stamps of its records."""

UNREADABLE: Final = 0.05
"""Share of lines that were not understood from which on a minute says nothing of the others."""


class Counted(Protocol):
    """What detectors read of the Tables."""

    @property
    def minutes(self) -> pl.DataFrame:
        """Records, weight and bytes by vendor, server, host, minute, role, status and `unreached`."""
        ...

    @property
    def clients(self) -> pl.DataFrame:
        """What clients were denied, and whether they were answered, by vendor, server, client and five minutes."""
        ...

    @property
    def values(self) -> pl.DataFrame:
        """Requests by day, vendor, server, dimension and value."""
        ...

    @property
    def unread(self) -> pl.DataFrame:
        """Rejected lines by vendor, server and minute."""
        ...

    @property
    def latency(self) -> pl.DataFrame:
        """How long answered requests took, by vendor, server, route, minute and bin."""
        ...

    @property
    def latency_grain(self) -> int:
        """Place in `aggregates.latency.GRAINS` of these rows."""
        ...

    @property
    def steps(self) -> pl.DataFrame:
        """Return where the stamps of a source step back, with its vendor and server."""
        ...

    @property
    def coverage(self) -> pl.DataFrame:
        """First and last record of each source, with its vendor and server."""
        ...


_TUNNELS: Final = "tunnels"
_LEFT: Final = "left"


def _among(name: str) -> str:
    """Return the column of a family's events that are requests."""
    return f"{name} requests"


TIMED: Final = ("slow50", "slow95")
"""Families of logs that say how long requests took: requests slower than their own route's usual (`slowness`)."""

LEAST_OTHERS: Final = 0.1
"""Of the requests, that count as other ones than a family's at least: where all fail, something is to be expected."""

PAST: Final = 28 * DAY
"""Minutes of history that are looked at: four of each day of the week; what is older is another site."""


@dataclass(frozen=True, eq=False)
class Series:
    """The minutes of one vendor and server: arrays of one length, one entry per minute.

    `minute` minutes since 1970 UTC, -1 between stretches; `logged` lies between the first and the last record
    of a stretch, `whole` without the stretch's partial first and last minute, `known` also without minutes of which
    too many lines were not understood; `fresh` are to be judged, the others are history. `requests` and `events`
    (by family) are weighted sums over records of role `request`, of logins also of `handshake`, net of those that
    ended well; `lines` are records and rejected lines; `units` the mean weight of a family's records. `continued`
    tells that another piece of the same log follows. `exposures` (by family) are what its events are expected in
    proportion to: the requests that are none of them, see `LEAST_OTHERS`. `let_in` are requests and tunnels, `refused`
    the requests whose login failed; `left` is the part of failed logins that remains where each client's are held
    against all its answers: tunnels are logged as they end, so five minutes tell little of them.
    """

    vendor: str
    server: str | None
    minute: Integers
    logged: Booleans
    whole: Booleans
    known: Booleans
    fresh: Booleans
    requests: Floats
    lines: Floats
    events: dict[str, Floats]
    units: dict[str, float]
    continued: bool
    exposures: dict[str, Floats] = field(default_factory=dict)
    let_in: Floats = field(default_factory=lambda: np.zeros(0))
    refused: Floats = field(default_factory=lambda: np.zeros(0))
    left: float = 1.0

    def at(self, index: int) -> datetime:
        """Return the moment at which a minute of a stretch starts."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=int(self.minute[index]))

    def of_lines(self) -> Series:
        """Return the same with all lines in place of the requests, for what is no request at all."""
        return replace(self, requests=self.lines, known=self.whole)

    def of_logins(self, families: tuple[str, ...] = NETTED, part: float = 1.0) -> Series:
        """Return the same among all that was asked in, with a part of the failed logins, as these families count them.

        A tunnel let somebody in and a challenge that nobody could answer did not, and neither is a request.
        """
        events: dict[str, Floats] = {
            name: self.events[name] * part for name in families if name in self.events
        }
        failed = sum(events.values(), np.zeros(self.minute.size))
        asked_in = self.let_in + np.maximum(failed - self.refused, 0.0)
        return replace(self, requests=asked_in, events={**self.events, **events})

    def unit(self, families: tuple[str, ...]) -> float:
        """Return the mean weight of a record of several families, the largest of theirs."""
        return max((self.units[name] for name in families if name in self.units), default=1.0)

    def bad(self, families: tuple[str, ...]) -> Floats:
        """Return the events of several families together; those the log cannot carry are none."""
        return sum(
            (self.events[name] for name in families if name in self.events), np.zeros(self.minute.size)
        )


@dataclass(frozen=True, eq=False)
class Seen:
    """What detectors are given: the Tables, and the series of each vendor and server made of them once.

    `tested` counts the series that are tested, which sets the threshold of each; `history` is what was logged before;
    by the clock of `zone` people live.
    """

    tables: Counted
    series: tuple[Series, ...]
    tested: int
    history: Counted | None = None
    zone: tzinfo = UTC

    def failing(self, series: Series) -> pl.DataFrame:
        """Return the rows of `minutes` of one log that may count for a family, sorted by minute."""
        return self._failing.get((series.vendor, series.server), self.tables.minutes.head(0))

    @cached_property
    def _failing(self) -> dict[tuple[str, str | None], pl.DataFrame]:
        """Return them by vendor and server: every detector of failures asks."""
        rows = failed(self.tables.minutes).with_columns(pl.col("vendor").cast(pl.String)).sort("minute")
        parts = rows.partition_by("vendor", "server", as_dict=True, maintain_order=True)
        return {(vendor, server): part for (vendor, server), part in parts.items()}


def see(tables: Counted, history: Counted | None = None, zone: tzinfo = UTC) -> Seen:
    """Return what detectors are given.

    Parameters
    ----------
    tables: of the log to be judged.
    history: of what was logged before it: what is usual is read from there alone, and nothing of it is judged.
    zone: of the people who ask: their days and weeks make the rhythm of traffic.
    """
    logs = tables.minutes.filter(pl.col("minute").is_not_null()).select("vendor", "server").unique()
    tested = sum(len(_carried(vendor)) for vendor in logs["vendor"])
    tested += len(TIMED) * int(
        tables.latency.group_by("vendor").agg(pl.col("server").n_unique())["server"].sum()
    )
    return Seen(tables, tuple(_every(tables, history)), tested, history, zone)


def _every(tables: Counted, history: Counted | None) -> Iterator[Series]:
    """Yield the series of each vendor and server with at least one record, sorted by these (no server first).

    A log of more than `MOST` minutes comes in equal pieces, oldest first.
    """
    frame, units = _counted(tables)
    coverage = tables.coverage if history is None else pl.concat([history.coverage, tables.coverage])
    begin = frame.group_by("vendor", "server").agg(pl.col("minute").min().alias("_begin"))
    if history is not None:
        before = pl.col("minute").is_between(pl.col("_begin") - PAST, pl.col("_begin") - 1)
        old, _ = _counted(history)
        old = old.join(begin, on=["vendor", "server"], nulls_equal=True).filter(before).drop("_begin")
        frame = pl.concat([frame, old])
    frame = frame.join(begin, on=["vendor", "server"], nulls_equal=True).sort(
        "vendor", "server", "minute", nulls_last=False
    )
    for part in frame.partition_by("vendor", "server", maintain_order=True):
        vendor, server = part["vendor"][0], part["server"][0]
        mine = units.filter(vendor=vendor).filter(pl.col("server").eq_missing(pl.lit(server, pl.String)))
        own = mine.row(0, named=True) if mine.height else {}  # nothing has failed
        # At least 1: a sampled log is clumpier, never finer.
        unit = {name: max(1.0, own.get(name) or 1.0) for name in _carried(vendor)}
        minute = part["minute"].to_numpy().astype(np.int64)
        parted = _parted(minute, _of_log(coverage, vendor, server))
        edges = _pieces(minute, parted)
        for begins, ends in pairwise(edges):
            yield _series(part[begins:ends], unit, parted[begins : ends - 1], continued=ends < part.height)


def failed(minutes: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of `minutes` among which those of all `FAMILIES` are: most of a log is none of them."""
    return minutes.filter(pl.col("status").is_between(400, 599) | pl.col("unreached"))


def _counted(tables: Counted) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return requests, lines and events of every family by vendor, server and minute since 1970; and mean weights."""
    keys = ["vendor", "server", "minute"]
    minutes = tables.minutes.filter(pl.col("minute").is_not_null())
    failing = failed(minutes)
    weights = {family.name: pl.col("weight").filter(family.condition).sum() for family in FAMILIES}
    units = (
        failing.group_by("vendor", "server")
        .agg(
            (weights[family.name] / pl.col("records").filter(family.condition).sum()).alias(family.name)
            for family in FAMILIES
        )
        .with_columns(pl.col("vendor").cast(pl.String))
    )
    request = pl.col("role") == "request"
    requests = pl.when(request).then("weight").otherwise(0.0).alias("requests")
    tunnels = pl.when(pl.col("role") == "tunnel").then("weight").otherwise(0.0).alias(_TUNNELS)
    asked = (
        minutes.select(*keys, requests, tunnels, pl.col("records").alias("lines"))
        .group_by(keys)
        .agg(pl.col("requests", _TUNNELS, "lines").sum())
    )
    events = failing.group_by(keys).agg(
        **weights,
        **{_among(name): pl.col("weight").filter(request & CONDITION_OF[name]).sum() for name in SCATTERED},
    )
    frame = asked.join(events, on=keys, how="left", nulls_equal=True).with_columns(
        pl.col("vendor").cast(pl.String),
        pl.col("minute").dt.epoch("s") // 60,
        pl.col(*(name for name in events.columns if name not in keys)).fill_null(0.0),
    )
    return _with_unread(_net(frame, tables.clients), tables.unread), units


def _net(frame: pl.DataFrame, clients: pl.DataFrame) -> pl.DataFrame:
    """Return the counts with logins that ended well taken out of the refusals before them.

    A client that got in has `HANDSHAKE` refusals behind each success; what it was refused beyond those, and all that
    was refused to those who never got in, counts. The share of a five minutes' refusals that counts goes for each of
    its minutes: the table of clients knows no finer time.
    """
    if clients.height == 0:
        return frame.with_columns(pl.lit(1.0).alias(_LEFT))
    width = WIDTH_S // 60
    refused = pl.col("auth")
    logins = clients.filter(refused > 0).with_columns(pl.col("vendor").cast(pl.String))
    shares = (
        logins.with_columns(_five=pl.col("start").dt.epoch("s") // WIDTH_S)
        .group_by("vendor", "server", "_five")
        .agg((counted.sum() / refused.sum()).alias(f"_{name}") for name, counted in REFUSED.items())
    )
    return (
        frame.with_columns(_five=pl.col("minute") // width)
        .join(shares, on=["vendor", "server", "_five"], how="left", nulls_equal=True)
        .with_columns(pl.col(name) * pl.col(f"_{name}").fill_null(1.0) for name in REFUSED)
        .drop("_five", *(f"_{name}" for name in REFUSED))
        .join(_left(logins), on=["vendor", "server"], how="left", nulls_equal=True)
        .with_columns(pl.col(_LEFT).fill_null(1.0))
    )


def _left(logins: pl.DataFrame) -> pl.DataFrame:
    """Return the part of each log's counted refusals that is left if every client's answers count at any time."""
    net, log = REFUSED[NETTED[0]], ["vendor", "server"]
    return (
        logins.group_by(*log, "client")
        .agg(net.sum().alias("_apart"), pl.col("auth", "answered").sum())
        .group_by(log)
        .agg((net.sum() / pl.col("_apart").sum()).fill_nan(1.0).alias(_LEFT))
    )


def _with_unread(frame: pl.DataFrame, unread: pl.DataFrame) -> pl.DataFrame:
    """Return the counts with the rejected lines of each minute as events, and among its lines."""
    if unread.height == 0:
        return frame
    rejected = unread.select(
        pl.col("vendor").cast(pl.String),
        "server",
        pl.col("minute").dt.epoch("s") // 60,
        pl.col("lines").cast(pl.Float64).alias("_rejected"),
    )
    return (
        frame.join(rejected, on=["vendor", "server", "minute"], how="left", nulls_equal=True)
        .with_columns(pl.col("_rejected").fill_null(0.0))
        .with_columns(pl.col("_rejected").alias(UNREAD), lines=pl.col("lines") + pl.col("_rejected"))
        .drop("_rejected")
        .with_columns(pl.col("lines").cast(pl.Int64))
    )


def _carried(vendor: str) -> list[str]:
    """Return the families that the log of a vendor can carry."""
    return [family.name for family in FAMILIES if vendor in family.vendors]


def _of_log(coverage: pl.DataFrame, vendor: str, server: str | None) -> pl.DataFrame:
    """Return the coverage of the sources of one log."""
    return coverage.filter(
        pl.col("vendor").cast(pl.String) == vendor, pl.col("server").eq_missing(pl.lit(server, pl.String))
    )


def _parted(minute: Integers, coverage: pl.DataFrame) -> Booleans:
    """Tell of each minute but the last whether the log is split between it and the next."""
    steps = np.diff(minute)
    parted = steps > SPLIT
    if not parted.any():
        return parted
    files = coverage.select(pl.col("start", "end").dt.epoch("s") // 60)
    first, last = files["start"].to_numpy(), files["end"].to_numpy()
    for place in np.flatnonzero(parted & (steps <= SPLIT_IN_FILE)):
        # A request began a little before the moment at which some logs stamp it.
        parted[place] = not ((first <= minute[place] + SHIFT) & (last >= minute[place + 1])).any()
    return parted


def _pieces(minute: Integers, parted: Booleans) -> list[int]:
    """Return the rows at which equal pieces of at most `MOST` minutes begin, and the number of rows."""
    place = np.append(0, np.cumsum(np.where(parted, APART, np.diff(minute))))
    size = int(place[-1]) + 1
    pieces = ceil(size / MOST)
    return [
        *np.searchsorted(place, [size * piece // pieces for piece in range(pieces)]).tolist(),
        minute.size,
    ]


def _series(part: pl.DataFrame, units: dict[str, float], parted: Booleans, *, continued: bool) -> Series:
    """Return the dense grid of one piece of a log from its sparse minutes, in order, `parted` where it is split."""
    vendor, server = part["vendor"][0], part["server"][0]
    minute = part["minute"].to_numpy().astype(np.int64)
    ends = np.append(np.flatnonzero(parted), minute.size - 1)
    begins = np.append(0, ends[:-1] + 1)
    lengths = minute[ends] - minute[begins] + 1
    offsets = np.append(0, np.cumsum(lengths + APART)[:-1])
    size = int(offsets[-1] + lengths[-1])
    grid = np.full(size, -1, np.int64)
    for offset, begin, length in zip(offsets, minute[begins], lengths, strict=True):
        grid[offset : offset + length] = np.arange(begin, begin + length)
    logged = grid >= 0
    index = minute + np.repeat(offsets - minute[begins], ends - begins + 1)

    def dense(column: str) -> Floats:
        values = np.zeros(size)
        values[index] = part[column].to_numpy()
        return values

    requests, lines, rejected = dense("requests"), dense("lines"), dense(UNREAD)
    # Most families of most logs have no event; ten years of each would be half a gigabyte of zeros.
    none = np.zeros(size)
    none.setflags(write=False)
    some = {name for name in (*units, *map(_among, SCATTERED)) if (part[name] != 0).any()}
    events = {name: dense(name) if name in some else none for name in units}
    among = {
        family: dense(_among(name)) if _among(name) in some else none
        for name in SCATTERED
        for family in (name, name.removesuffix(LOOSE))
    }
    exposures = {
        name: requests
        if (without := among.get(name, counts)) is none
        else np.maximum(requests - without, LEAST_OTHERS * requests)
        for name, counts in events.items()
        if name != UNREAD
    }
    whole = logged.copy()
    whole[offsets] = False
    whole[offsets + lengths - 1] = False
    return Series(
        vendor=vendor,
        server=server,
        minute=grid,
        logged=logged,
        whole=whole,
        known=whole & (rejected <= UNREADABLE * lines),
        fresh=grid >= int(part["_begin"][0]),
        requests=requests,
        lines=lines,
        events=events,
        units=units,
        continued=continued,
        exposures=exposures,
        let_in=requests + dense(_TUNNELS) if (part[_TUNNELS] != 0).any() else requests,
        refused=sum((among[name] for name in NETTED if name in among), none),
        left=float(part[_LEFT][-1]),
    )
