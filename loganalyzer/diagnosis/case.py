"""Tables and a stretch of time → Case: what a question may ask of the requests that had one status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from loganalyzer.aggregates import clients
from loganalyzer.aggregates.grouping import OTHER
from loganalyzer.attribution import effective

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from loganalyzer.diagnosis.verdict import Judgement
    from loganalyzer.tables import Tables

CROWDED: Final = 0.9
"""Share of the records of a status that its minutes hold."""

SERVED: Final = (100, 399)
"""The first and the last status of what was served or sent on."""

ASIDE: Final = ("subrequest", "probe")
"""Roles of records that are no requests of anybody."""

SUCCESSES: Final = 0.01
"""Share of the requests of a log that succeeded below which it may be a selection of errors: what `grep` left, or what
a job of Logpush with a filter wrote."""

FIVE: Final = clients.WIDTH
"""Minutes that clients and waits are counted by."""

Carried = Mapping[str, Mapping[str, frozenset[str]]]
"""Vendor → format → the canonical columns that its lines can carry."""


@dataclass(frozen=True)
class Leader:
    """The value of a dimension with most records of a status.

    `records` of `total` that have a value; `effective` is exp(entropy): how many equal values would be as mixed.
    """

    value: str
    records: int
    total: int
    effective: float
    values: int


@dataclass(frozen=True, eq=False)
class Case:
    """The requests of one vendor's log with one status, from `start` to `end` (exclusive).

    `server` is null for all servers together, unless `apart`: then for the log without a label. `whole`: it is the
    whole period, else the window of a finding. `columns` are, format by format, the canonical columns that its lines
    can carry; what none does is the reason of a "cannot tell". `symptoms` (`aggregates.symptoms.KEYS`, all statuses),
    `failures` (`dimension`, `value`, `status`, `records`) and `missing` (`aggregates.missing.KEYS`) are of this stretch
    alone; `tables` are of everything that was read. `known` is what was found of the whole period, for every question
    about this log.
    """

    vendor: str
    status: int
    start: datetime
    end: datetime
    columns: Mapping[str, frozenset[str]]
    symptoms: pl.DataFrame
    failures: pl.DataFrame
    missing: pl.DataFrame
    tables: Tables
    server: str | None = None
    apart: bool = False
    whole: bool = True
    known: dict[tuple[str, int | None], pl.DataFrame] = field(default_factory=dict, repr=False)

    def lacks(self, *columns: str) -> tuple[str, ...]:
        """Return those of the columns that no format can carry of which there is a record with the status."""
        formats = self.symptoms.filter(pl.col("status") == self.status)["format"].unique().to_list()
        carried = [self.columns.get(name, frozenset()) for name in formats]
        return tuple(name for name in columns if not any(name in some for some in carried))

    def knowing(self, *columns: str) -> Case:
        """Return the same of the records alone whose lines can carry all of the columns: there null means something."""
        formats = [name for name, some in self.columns.items() if some.issuperset(columns)]
        return replace(self, symptoms=self.symptoms.filter(pl.col("format").is_in(formats)))

    def count(self, *where: pl.Expr, status: int | None = None) -> int:
        """Return how many records of the status have the symptoms."""
        wanted = self.status if status is None else status
        rows = self.symptoms.filter(pl.col("status") == wanted, *where)
        return int(rows["records"].sum())

    def commonest(self, symptom: str, *where: pl.Expr) -> tuple[str, int] | None:
        """Return the commonest text of a symptom among such records of the status, and how many have it."""
        rows = (
            self.symptoms.filter(pl.col("status") == self.status, pl.col(symptom).is_not_null(), *where)
            .filter(pl.col(symptom) != OTHER)
            .group_by(symptom)
            .agg(pl.col("records").sum())
            .sort("records", symptom, descending=[True, False])
        )
        return rows.row(0) if rows.height else None

    @cached_property
    def records(self) -> int:
        """Return how many records have the status, those of handshakes among them.

        Of what was served or sent on there are no symptoms, but minutes.
        """
        if not SERVED[0] <= self.status <= SERVED[1]:
            return self.count()
        rows = self.minutes.filter(pl.col("status") == self.status, ~pl.col("role").is_in(ASIDE))
        return int(rows["records"].sum())

    @cached_property
    def aside(self) -> str:
        """Return what leaves out, of an expression, the records with the status that no verdict is told from."""
        roles = self.minutes.filter(pl.col("status") == self.status)["role"].unique().to_list()
        return f" and role not in {ASIDE}" if any(role in ASIDE for role in roles) else ""

    @cached_property
    def minutes(self) -> pl.DataFrame:
        """Return the rows of `Tables.minutes` of this log and stretch."""
        inside = pl.col("minute").is_between(self.start, self.end, closed="left")
        return self.log_of(self.tables.minutes).filter(inside)

    @cached_property
    def requests(self) -> int:
        """Return how many requests the log had in this stretch, whatever their status."""
        return int(self.minutes.filter(pl.col("role") == "request")["records"].sum())

    @cached_property
    def selected(self) -> bool:
        """Return whether hardly a request or a tunnel of the log succeeded, so that nobody knows what it does not hold.

        A selection of errors looks like an outage from the first line to the last; beside what succeeded alone is a
        share of the requests one of the service.
        """
        if ("successes", None) not in self.known:
            asked = pl.col("role").cast(pl.String).is_in(["request", "tunnel"])
            rows = self.log_of(self.tables.minutes).filter(asked)
            good = pl.col("records").filter(pl.col("status").is_between(200, 299)).sum()
            self.known["successes", None] = rows.select(
                good.alias("good"), pl.col("records").sum().alias("all")
            )
        good, requests = self.known["successes", None].row(0)
        return bool(good < max(1, SUCCESSES * requests))

    def unselected(self, judgement: Judgement, *, but: Judgement | None = None) -> Judgement:
        """Return a judgement that needs what succeeded beside what failed; `but` is one that does not."""
        return "cannot tell" if self.selected and judgement != but else judgement

    @property
    def fives(self) -> pl.Expr:
        """Return whether `start`, of five minutes, is in this stretch, which may begin within the first of them."""
        first = self.start - timedelta(minutes=self.start.minute % FIVE, seconds=self.start.second)
        return pl.col("start").is_between(first, self.end, closed="left")

    def waits(self) -> pl.DataFrame:
        """Return `tenths` of a second, `records` of the status that took so long, shortest first."""
        rows = self.log_of(self.tables.waits).filter(self.fives, pl.col("status") == self.status)
        return rows.group_by("tenths").agg(pl.col("records").sum()).sort("tenths")

    def denied(self, name: str) -> pl.DataFrame:
        """Return `client`, `start`, `refused`, `answered` of those with refusals of a kind (`clients.SUMS`)."""
        rows = self.log_of(self.tables.clients).filter(self.fives, pl.col(name) > 0)
        return (
            rows.group_by("client", "start")
            .agg(pl.col(name).sum().alias("refused"), pl.col("answered").sum())
            .sort("client", "start")
        )

    def answered(self, *statuses: int) -> int:
        """Return how many requests of this stretch had one of the statuses."""
        rows = self.minutes.filter(pl.col("role") == "request", pl.col("status").is_in(statuses))
        return int(rows["records"].sum())

    def by(self, dimension: str, status: int | None = None) -> pl.DataFrame:
        """Return `value`, `records` of the status, the commonest first, values by name among equals."""
        wanted = self.status if status is None else status
        return (
            self.failures.filter(pl.col("dimension") == dimension, pl.col("status") == wanted)
            .group_by("value")
            .agg(pl.col("records").sum())
            .sort("records", "value", descending=[True, False])
        )

    def leader(self, dimension: str) -> Leader | None:
        """Return the value of a dimension with most records of the status; null where none has a value."""
        rows = self.by(dimension)
        named = rows.filter(pl.col("value") != OTHER)
        if named.height == 0:
            return None
        return Leader(
            value=named["value"][0],
            records=int(named["records"][0]),
            total=int(rows["records"].sum()),
            effective=effective(rows["records"].to_numpy()),
            values=rows.height,
        )

    def usual(self, dimension: str) -> pl.DataFrame:
        """Return `value`, `records` of all requests of the log in the whole period, for one dimension."""
        if (dimension, None) not in self.known:
            self.known[dimension, None] = (
                self.log_of(self.tables.values)
                .filter(pl.col("dimension") == dimension)
                .group_by("value")
                .agg(pl.col("records").sum())
            )
        return self.known[dimension, None]

    def usual_share(self, dimension: str, values: Sequence[str]) -> float:
        """Return the share that values have of the requests that ended otherwise, in the whole period.

        It is 1 where nothing ended otherwise: then it says nothing that they have so much of the rest.
        """
        others = self.others(dimension)
        total = int(others["records"].sum())
        return (
            int(others.filter(pl.col("value").is_in(list(values)))["records"].sum()) / total if total else 1.0
        )

    def served(self, dimension: str) -> pl.DataFrame:
        """Return `value`, `served`: its requests of the whole period that were answered, where there are any."""
        return self._without(dimension, pl.lit(value=True)).rename({"records": "served"})

    def others(self, dimension: str) -> pl.DataFrame:
        """Return `value`, `records` of the requests of the whole period that had another status: what is usual.

        There are none in a selection of errors.
        """
        if (dimension, self.status) not in self.known:
            others = self._without(dimension, pl.col("status") == self.status)
            self.known[dimension, self.status] = others.clear() if self.selected else others
        return self.known[dimension, self.status]

    def _without(self, dimension: str, failing: pl.Expr) -> pl.DataFrame:
        """Return `value`, `records` of the requests of the whole period without some of those that failed."""
        left_out = (
            self.log_of(self.tables.failures)
            .filter(pl.col("dimension") == dimension, failing)
            .group_by("value")
            .agg(pl.col("records").sum().alias("failing"))
        )
        return (
            self.usual(dimension)
            .join(left_out, on="value", how="left")
            .select("value", pl.col("records") - pl.col("failing").fill_null(0))
            .filter(pl.col("records") > 0)
        )

    @cached_property
    def crowded(self) -> pl.DataFrame:
        """Return `minute`, `failing`, `requests` of the minutes that hold most of the status, by time.

        Those with most of it come first into it, until nine in ten records of the status are in it: a stray one makes
        no minute one of an incident.
        """
        failing = pl.col("status").eq_missing(pl.lit(self.status, pl.Int16))
        by_minute = (
            self.minutes.filter(pl.col("role") == "request")
            .group_by("minute")
            .agg(
                pl.col("records").filter(failing).sum().alias("failing"),
                pl.col("records").sum().alias("requests"),
            )
            .filter(pl.col("failing") > 0)
            .sort("failing", "minute", descending=[True, False])
        )
        before = pl.col("failing").cum_sum() - pl.col("failing")
        return by_minute.filter(before < CROWDED * pl.col("failing").sum()).sort("minute")

    def log_of(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of a table that are of this log, of the whole period."""
        rows = frame.filter(pl.col("vendor") == self.vendor)
        if self.apart or self.server is not None:
            rows = rows.filter(pl.col("server").eq_missing(pl.lit(self.server, pl.String)))
        return rows


def quoted(value: Any) -> str:  # noqa: ANN401  # a text or a number, as SQL writes it
    """Return a value as an expression of `--where` writes it.

    >>> quoted("it's"), quoted(404)
    ("'it''s'", '404')
    """
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
