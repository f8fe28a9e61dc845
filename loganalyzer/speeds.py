"""Tables → how long answers took: percentiles of a log and of its slowest routes; and how much was sent, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates.grouping import OTHER
from loganalyzer.aggregates.latency import TOTAL_BINS
from loganalyzer.enough import ENOUGH

if TYPE_CHECKING:
    from datetime import datetime

    from loganalyzer.tables import Tables

SHARES: Final = (0.5, 0.9, 0.95, 0.99)
"""The percentiles that are told."""

ERROR: Final = 0.01
"""Part by which a percentile may be off: half a bin, 2^(1/72) − 1 = 0.97 %."""

RANKED: Final = ENOUGH
"""Answers from which a route is ranked."""

ROUTES: Final = 10
"""Slowest routes told apart."""


@dataclass(frozen=True)
class Percentiles:
    """Seconds within which the `SHARES` of the answers were given; `route` null for a whole log."""

    route: str | None
    records: int
    seconds: tuple[float, ...]


@dataclass(frozen=True)
class Speed:
    """How long the answers of one vendor's log took.

    `routes` are the slowest by the 95th percentile of the `ranked` ones; `rare` routes have fewer than `RANKED`
    answers each, `rare_records` together; `unnamed` answers are of routes that were not told apart.
    """

    vendor: str
    whole: Percentiles
    routes: tuple[Percentiles, ...]
    ranked: int
    rare: int
    rare_records: int
    unnamed: int


@dataclass(frozen=True)
class Traffic:
    """Records and bytes of one vendor's log, its hour with most records and that with most bytes (start, amount).

    `bytes_sent` 0 where no line states any; hours are whole ones of UTC.
    """

    vendor: str
    records: int
    bytes_sent: int
    busiest: tuple[datetime, int]
    heaviest: tuple[datetime, int]


def speeds_of(tables: Tables) -> tuple[Speed, ...]:
    """Return the percentiles of every log that states durations, by vendor."""
    counted = (
        tables.latency_total.group_by("vendor", "route", "bin")
        .agg(pl.col("records").sum())
        .with_columns(pl.col("vendor").cast(pl.String()))
    )
    return tuple(
        _speed(str(vendor), rows)
        for (vendor,), rows in counted.sort("vendor").group_by(["vendor"], maintain_order=True)
    )


def _speed(vendor: str, rows: pl.DataFrame) -> Speed:
    (whole,) = _percentiles(rows.with_columns(route=pl.lit(None, pl.String())))
    named = _percentiles(rows.filter(pl.col("route") != OTHER))
    ranked = [one for one in named if one.records >= RANKED]
    slow = SHARES.index(0.95)
    ranked.sort(key=lambda one: (-one.seconds[slow], -one.records, one.route or ""))
    return Speed(
        vendor=vendor,
        whole=whole,
        routes=tuple(ranked[:ROUTES]),
        ranked=len(ranked),
        rare=len(named) - len(ranked),
        rare_records=sum(one.records for one in named) - sum(one.records for one in ranked),
        unnamed=whole.records - sum(one.records for one in named),
    )


def _percentiles(rows: pl.DataFrame) -> list[Percentiles]:
    """Return the percentiles of each route, by nearest rank, each as the middle of its bin."""
    binned = rows.group_by("route", "bin").agg(pl.col("records").sum()).sort("bin")
    up_to = pl.col("records").cum_sum()
    found = binned.group_by("route").agg(
        pl.col("records").sum().alias("_all"),
        *[
            pl.col("bin").filter(up_to >= share * pl.col("records").sum()).first().alias(f"_{share}")
            for share in SHARES
        ],
    )
    return [
        Percentiles(route, records, tuple(2 ** ((place + 0.5) / TOTAL_BINS) / 1000 for place in places))
        for route, records, *places in found.iter_rows()
    ]


def traffic_of(tables: Tables) -> tuple[Traffic, ...]:
    """Return what each log holds and when most of it came, by vendor."""
    hours = (
        tables.minutes.group_by("vendor", pl.col("minute").dt.truncate("1h").alias("hour"))
        .agg(pl.col("records", "bytes_sent").sum())
        .with_columns(pl.col("vendor").cast(pl.String()))
        .sort("vendor", "hour")
    )
    found = []
    for (vendor,), rows in hours.group_by(["vendor"], maintain_order=True):
        busiest = rows.row(int(rows["records"].arg_max() or 0), named=True)
        heaviest = rows.row(int(rows["bytes_sent"].arg_max() or 0), named=True)
        found.append(
            Traffic(
                str(vendor),
                int(rows["records"].sum()),
                int(rows["bytes_sent"].sum()),
                (busiest["hour"], busiest["records"]),
                (heaviest["hour"], heaviest["bytes_sent"]),
            )
        )
    return tuple(found)
