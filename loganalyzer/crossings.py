"""Tables → which status was answered with which status behind the server, cache result or decision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.tables import failed

if TYPE_CHECKING:
    from loganalyzer.tables import Tables

BEHIND: Final = "upstream_status"
CROSSED: Final = (BEHIND, "cache", "action")
"""What statuses are held against: the server behind, the cache, the rules."""

VALUES: Final = 12
"""Values told apart: a stranger may invent any number; the others are summed."""

SERVED, FAILED = 3, 9
"""Statuses told apart among 1xx to 3xx, and among the others; the rest of a row is summed."""

PAIRS: Final = 3
"""Pairs named of those that differ."""


@dataclass(frozen=True)
class CrossRow:
    """One value (null: none logged) and its requests: by the statuses of the crossing, and with any other.

    `served` of them ended in 1xx to 3xx, where the crossing does not tell these apart.
    """

    value: str | None
    records: int
    counts: tuple[int, ...]
    other: int
    served: int | None = None


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
    """The requests of one vendor, values of a dimension by status.

    `statuses` ascending, null (none logged) last; `rows` by falling records; `others` sums the `left` values beyond the
    bound. `bound`: the most by which a count may be too small (0: exact). `passed` is there for `upstream_status`.
    """

    vendor: str
    dimension: str
    records: int
    statuses: tuple[int | None, ...]
    rows: tuple[CrossRow, ...]
    left: int = 0
    others: CrossRow | None = None
    bound: int = 0
    passed: Passed | None = None


def crossings_of(tables: Tables) -> tuple[Crossing, ...]:
    """Return the crossings that the logs can carry: by vendor, then in the order of `CROSSED`."""
    behind = (
        tables.minutes.filter(pl.col("role") == "request")
        .group_by("vendor", "status", "upstream_status")
        .agg(pl.col("records").sum())
        .with_columns(pl.col("vendor").cast(pl.String()))
    )
    found = []
    for vendor in sorted(tables.minutes["vendor"].cast(pl.String()).unique().to_list()):
        pairs = behind.filter(pl.col("vendor") == vendor)
        if pairs["upstream_status"].null_count() < pairs.height:
            found.append(_behind(vendor, pairs))
        found += [
            crossing
            for dimension in CROSSED[1:]
            if (crossing := _named(tables, vendor, dimension, int(pairs["records"].sum()))) is not None
        ]
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
    crossing = _crossed(vendor, BEHIND, rows, None)
    return replace(crossing, passed=passed)


def _named(tables: Tables, vendor: str, dimension: str, whole: int) -> Crossing | None:
    """Return how a dimension's values end; of those that were served the tables do not keep the status."""
    here = (pl.col("vendor") == vendor) & (pl.col("dimension") == dimension)
    values = tables.values.filter(here).group_by("value").agg(pl.col("records").sum())
    if values.height == 0:
        return None
    failures = tables.failures.filter(here).group_by("value", "status").agg(pl.col("records").sum())
    bad = failures.group_by("value").agg(pl.col("records").sum().alias("_bad"))
    served = values.join(bad, on="value", how="left").select(
        "value", served=(pl.col("records") - pl.col("_bad").fill_null(0)).clip(lower_bound=0)
    )
    # Summed over days and servers a value may be short by the bound in each.
    keys = tables.values.filter(here).select(pl.struct("day", "server").n_unique()).item()
    bound = tables.bounds.get((vendor, dimension), 0) * int(keys)
    crossing = _crossed(vendor, dimension, failures.select("value", "status", "records"), served)
    return replace(crossing, bound=bound, records=max(whole, crossing.records))


def _crossed(vendor: str, dimension: str, pairs: pl.DataFrame, served: pl.DataFrame | None) -> Crossing:
    """Return the bounded matrix of `value`, `status` → `records`, and of `value` → `served` beside it."""
    by_status = pairs.group_by("status").agg(pl.col("records").sum())
    order = by_status.sort(-pl.col("records"), "status", nulls_last=True)
    kept = [
        *order.filter(~failed())["status"].head(SERVED).to_list(),
        *order.filter(failed())["status"].head(FAILED).to_list(),
    ]
    statuses = tuple(sorted(kept, key=lambda status: (status is None, status or 0)))
    cells: dict[str | None, dict[int | None, int]] = {}
    for value, status, records in pairs.iter_rows():
        cells.setdefault(value, {})[status] = records
    well: dict[str | None, int] = dict(served.iter_rows()) if served is not None else {}
    rows = []
    for value in {*cells, *well}:
        counted = cells.get(value, {})
        counts = tuple(counted.get(status, 0) for status in statuses)
        bad = sum(counted.values())
        good = well.get(value, 0)
        told = None if served is None else good
        rows.append(CrossRow(value, bad + good, counts, bad - sum(counts), told))
    rows.sort(key=lambda row: (-row.records, row.value is None, row.value or ""))
    rest = rows[VALUES:]
    others = None
    if rest:
        others = CrossRow(
            None,
            sum(row.records for row in rest),
            tuple(sum(column) for column in zip(*(row.counts for row in rest), strict=True)),
            sum(row.other for row in rest),
            None if served is None else sum(row.served or 0 for row in rest),
        )
    whole = sum(row.records for row in rows)
    return Crossing(vendor, dimension, whole, statuses, tuple(rows[:VALUES]), len(rest), others)
