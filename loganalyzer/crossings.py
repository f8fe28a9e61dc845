"""Tables → which status was answered with which status behind the server, and after which decision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates.grouping import OTHER
from loganalyzer.decisions import Decided, decided_of
from loganalyzer.tables import failed

if TYPE_CHECKING:
    from loganalyzer.tables import Tables

BEHIND: Final = "upstream_status"
ACTION: Final = "action"
CROSSED: Final = (BEHIND, ACTION)
"""What statuses are held against: the server behind, and the rules."""

ABOUT: Final = {"policy": 1, "category": 1, "cache": 2}
"""What decisions are held against, and how many values of it there must be: where rules come before the cache, all that
is decided has no cache result."""

DECIDED: Final = ("request", "tunnel")
"""Roles that are decided on. Of a handshake nobody knows yet who asks."""

VALUES: Final = 12
"""Values told apart: a stranger may invent any number; the others are summed."""

SERVED, FAILED = 3, 9
"""Statuses told apart among 1xx to 3xx, and among the others; the rest of a row is summed."""

ABOUTS, ACTIONS = 8, 6
"""Values and decisions told apart where these are held against each other."""

PAIRS: Final = 3
"""Pairs named of those that differ."""


@dataclass(frozen=True)
class CrossRow:
    """One value (null: none logged) and its records: by the columns of the matrix, and in any other."""

    value: str | None
    records: int
    counts: tuple[int, ...]
    other: int


@dataclass(frozen=True)
class Passed:
    """What became of the status behind a server: handed on (`same`), none stated, 0 stated, or made another one.

    `pairs` are the most frequent (behind, answered, records) of those that differ.
    """

    same: int
    unstated: int
    zero: int
    differ: int
    pairs: tuple[tuple[int, int | None, int], ...]


@dataclass(frozen=True)
class Crossing:
    """The requests of one vendor, values of a dimension by status; of decisions the tunnels too.

    `statuses` ascending, null (none logged) last; `rows` by falling records; `others` sums the `left` values beyond the
    bound, null where some of these were not counted one by one. `passed` is there for `upstream_status`, `decided`
    for decisions: what each kind of them made of all records, also of those beyond a bound.
    """

    vendor: str
    dimension: str
    records: int
    statuses: tuple[int | None, ...]
    rows: tuple[CrossRow, ...]
    left: int | None = 0
    others: CrossRow | None = None
    passed: Passed | None = None
    decided: tuple[Decided, ...] = ()


@dataclass(frozen=True)
class Ruling:
    """The requests and tunnels of one vendor that name a decision: values of a dimension by decision.

    `rows`: those with most failures first, then with most records; `left` and `others` as of a crossing.
    """

    vendor: str
    dimension: str
    records: int
    actions: tuple[str, ...]
    rows: tuple[CrossRow, ...]
    left: int | None = 0
    others: CrossRow | None = None


def crossings_of(tables: Tables) -> tuple[Crossing, ...]:
    """Return the crossings that the logs can carry: by vendor, then in the order of `CROSSED`."""
    behind = (
        tables.minutes.filter(pl.col("role") == "request")
        .group_by("vendor", "status", "upstream_status")
        .agg(pl.col("records").sum())
        .with_columns(pl.col("vendor").cast(pl.String()))
    )
    handling = (
        _decided(tables)
        .group_by("vendor", pl.col(ACTION).alias("value"), "status")
        .agg(pl.col("records").sum())
    )
    found = []
    for vendor in sorted(tables.minutes["vendor"].cast(pl.String()).unique().to_list()):
        pairs = behind.filter(pl.col("vendor") == vendor)
        if pairs["upstream_status"].null_count() < pairs.height:
            found.append(_behind(vendor, pairs))
        decided = handling.filter(pl.col("vendor") == vendor)
        if decided.height:
            made = _crossed(vendor, ACTION, decided)
            found.append(replace(made, decided=decided_of(vendor, decided)))
    return tuple(found)


def _behind(vendor: str, pairs: pl.DataFrame) -> Crossing:
    """Return how the statuses behind a server and its own go together."""
    behind, status, records = (pl.col(name) for name in ("upstream_status", "status", "records"))

    def total(where: pl.Expr) -> int:
        return int(pairs.filter(where)["records"].sum())

    stated = behind.is_not_null() & (behind != 0)
    unlike = stated & behind.ne_missing(status)
    differing = pairs.filter(unlike).sort(-records, behind, status, nulls_last=True)
    passed = Passed(
        same=total(stated & behind.eq_missing(status)),
        unstated=total(behind.is_null()),
        zero=total(behind == 0),
        differ=int(differing["records"].sum()),
        pairs=tuple(differing.head(PAIRS).select(behind, status, records).iter_rows()),
    )
    rows = pairs.select(behind.cast(pl.String()).alias("value"), "status", "records")
    return replace(_crossed(vendor, BEHIND, rows), passed=passed)


def _crossed(vendor: str, dimension: str, pairs: pl.DataFrame) -> Crossing:
    """Return the bounded matrix of `value`, `status` → `records`."""
    by_status = pairs.group_by("status").agg(pl.col("records").sum())
    order = by_status.sort(-pl.col("records"), "status", nulls_last=True)
    kept = [
        *order.filter(~failed())["status"].head(SERVED).to_list(),
        *order.filter(failed())["status"].head(FAILED).to_list(),
    ]
    statuses = tuple(sorted(kept, key=lambda status: (status is None, status or 0)))
    rows, left, others = _matrix(pairs.select("value", "status", "records"), statuses, VALUES)
    return Crossing(vendor, dimension, int(pairs["records"].sum()), statuses, rows, left, others)


def rulings_of(tables: Tables) -> tuple[Ruling, ...]:
    """Return what each decision was about, of every log that names decisions: by vendor, then as in `ABOUT`."""
    decided = _decided(tables)
    found = []
    for vendor in sorted(decided["vendor"].unique().to_list()):
        rows = decided.filter(pl.col("vendor") == vendor)
        order = rows.group_by(ACTION).agg(pl.col("records").sum()).sort(-pl.col("records"), ACTION)
        actions = tuple(order.filter(pl.col(ACTION) != OTHER)[ACTION].head(ACTIONS).to_list())
        for dimension, least in ABOUT.items():
            if rows[dimension].drop_nulls().n_unique() < least:
                continue
            bad = rows.filter(failed()).group_by(dimension).agg(pl.col("records").sum())
            pairs = rows.group_by(dimension, ACTION).agg(pl.col("records").sum())
            cells = pairs.select(dimension, ACTION, "records")
            matrix = _matrix(cells, actions, ABOUTS, dict(bad.iter_rows()))
            found.append(Ruling(vendor, dimension, int(rows["records"].sum()), actions, *matrix))
    return tuple(found)


def _decided(tables: Tables) -> pl.DataFrame:
    """Return the rows that name a decision."""
    decided = tables.handling.filter(pl.col("role").is_in(DECIDED) & pl.col(ACTION).is_not_null())
    return decided.with_columns(pl.col("vendor").cast(pl.String()))


def _matrix(
    pairs: pl.DataFrame,
    columns: tuple[object, ...],
    most: int,
    first: dict[str | None, int] | None = None,
) -> tuple[tuple[CrossRow, ...], int | None, CrossRow | None]:
    """Return value, column, records as at most `most` rows of a matrix, how many values are beyond, and their sum.

    `first` ranks the rows before their records do.
    """
    rank = first or {}
    cells: dict[str | None, dict[object, int]] = {}
    for value, column, records in pairs.iter_rows():
        cells.setdefault(value, {})[column] = records
    made = []
    for value, counted in cells.items():
        counts = tuple(counted.get(column, 0) for column in columns)
        every = sum(counted.values())
        made.append(CrossRow(value, every, counts, every - sum(counts)))
    made.sort(
        key=lambda row: (
            row.value == OTHER,
            -rank.get(row.value, 0),
            -row.records,
            row.value is None,
            row.value or "",
        )
    )
    rows = tuple(row for row in made if row.value != OTHER)[:most]
    rest = made[len(rows) :]
    if not rest:
        return rows, 0, None
    others = CrossRow(
        None,
        sum(row.records for row in rest),
        tuple(sum(column) for column in zip(*(row.counts for row in rest), strict=True)),
        sum(row.other for row in rest),
    )
    return rows, None if rest[-1].value == OTHER else len(rest), others
