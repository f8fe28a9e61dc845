"""Tables → the paths, clients, hosts and agents with the most failures, class by class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.classes import class_of
from loganalyzer.tables import failed

if TYPE_CHECKING:
    from loganalyzer.tables import Tables

TOP: Final = 20
"""Rows of a top table: a page is read, not searched."""

TOPS: Final = ("path", "client", "host", "user_agent")
"""Dimensions that have a top table; the others say who carries an excess."""


@dataclass(frozen=True)
class TopRow:
    """One value: its failures in the table's class, all its records, the statuses behind the failures."""

    value: str
    failures: int
    records: int
    share: float
    statuses: tuple[tuple[int | None, int], ...]


@dataclass(frozen=True)
class TopTable:
    """The values with the most failures of one vendor, class and dimension, falling.

    `dimension` is `path`, `client`, `host` or `user_agent`; `share` of a row is of `failures`, all failures of
    this vendor and class; `unnamed` of them carry no value; `bound` is the most by which a count may be too small
    (0: exact); `values` how many distinct values failed (at least, when bound is above 0).
    """

    vendor: str
    status_class: str
    dimension: str
    failures: int
    unnamed: int
    values: int
    bound: int
    rows: tuple[TopRow, ...]


def tops_of(tables: Tables) -> tuple[TopTable, ...]:
    """Return the values behind 4xx, 5xx and statuses outside 100–599, for every vendor and dimension."""
    keys = ["vendor", "status_class", "dimension"]
    failures = (
        tables.failures.filter(pl.col("dimension").is_in(TOPS))
        .with_columns(class_of())
        .group_by(*keys, "value", "status")
        .agg(pl.col("records").sum())
    )
    totals = tables.values.group_by("vendor", "dimension", "value").agg(pl.col("records").sum().alias("_all"))
    by_value = (
        failures.group_by(*keys, "value")
        .agg(
            pl.col("records").sum(),
            pl.struct("status", "records").sort_by(_falling("status")).alias("_statuses"),
        )
        .sort(*keys, -pl.col("records"), "value")
    )
    best = (
        by_value.group_by(keys, maintain_order=True)
        .head(TOP)
        .join(totals, on=["vendor", "dimension", "value"], how="left", maintain_order="left")
    )
    distinct = by_value.group_by(keys).len()
    every = (
        tables.minutes.filter((pl.col("role") == "request") & failed())
        .group_by("vendor", class_of())
        .agg(pl.col("records").sum().alias("_failures"))
    )
    named = failures.group_by(keys).agg(pl.col("records").sum())
    # A value is summed over days and servers, and may be short by the bound in each.
    sums = tables.values.group_by("vendor", "dimension").agg(
        pl.struct("day", "server").n_unique().alias("_keys")
    )
    keyed = {(vendor, dimension): count for vendor, dimension, count in sums.iter_rows()}
    tops = []
    for (vendor, name, dimension), rows in best.group_by(keys, maintain_order=True):
        here = (pl.col("vendor") == vendor) & (pl.col("status_class") == name)
        count = int(every.filter(here)["_failures"].item())
        tops.append(
            TopTable(
                vendor=str(vendor),
                status_class=str(name),
                dimension=str(dimension),
                failures=count,
                unnamed=count
                - int(named.filter(here & (pl.col("dimension") == dimension))["records"].item()),
                values=int(distinct.filter(here & (pl.col("dimension") == dimension))["len"].item()),
                bound=tables.bounds.get((str(vendor), str(dimension)), 0) * keyed.get((vendor, dimension), 1),
                rows=tuple(
                    TopRow(
                        value,
                        number,
                        total,
                        number / count,
                        tuple((item["status"], item["records"]) for item in statuses),
                    )
                    for value, number, total, statuses in rows.select(
                        "value", "records", "_all", "_statuses"
                    ).iter_rows()
                ),
            )
        )
    return tuple(tops)


def _falling(name: str) -> list[pl.Expr]:
    return [-pl.col("records"), pl.col(name)]
