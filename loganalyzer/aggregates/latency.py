"""Batch → how long the requests of each route took, minute by minute, as a histogram.

A request is slow against its own route's usual, so what is kept is counts, which merge; quantiles do not.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from loganalyzer.aggregates.grouping import LONGEST_VALUE, OTHER, began, own, summed, template
from parsers.schema import TIMESTAMP, VENDOR

KEYS: Final = pl.Schema(
    {
        "vendor": VENDOR,
        "server": pl.String(),
        "route": pl.String(),
        "minute": TIMESTAMP,
        "bin": pl.Int16(),
    }
)
"""`route` is the path with identifiers as `{id}`, of WSA the host asked for, bounded to `ROUTES` and `OTHER`;
`minute` the one in which the request began; `bin` a quarter of an octave: ⌊4·log2(milliseconds)⌋, see `edges`."""

SUMS: Final = pl.Schema({"records": pl.Int64(), "weight": pl.Float64()})

COLUMNS: Final = ("duration_s", "path", "host")

ROUTES: Final = 64
"""Routes told apart; twice as many are kept until then, so that they merge exactly."""

BINS: Final = 4
"""Bins in an octave."""

LEAST_MS: Final = 0.25
"""Servers round to a millisecond: what took none lies in the lowest bin."""


def edges(number: int) -> tuple[float, float]:
    """Return the seconds between which the durations of a bin lie.

    >>> edges(40)
    (1.024, 1.217748082549...)
    """
    return 2 ** (number / BINS) / 1000, 2 ** ((number + 1) / BINS) / 1000


def of(records: pl.DataFrame) -> pl.DataFrame:
    """Return `KEYS` → `SUMS` of the requests of one vendor whose duration is known."""
    none = pl.DataFrame(schema={**KEYS, **SUMS})
    if records["duration_s"].null_count() == records.height:
        return none
    vendor = records["vendor"][0]
    route = pl.col("host" if vendor == "cisco_wsa" else "path").alias("route")
    milliseconds = (pl.col("duration_s") * 1000).clip(lower_bound=LEAST_MS)
    grouped = (
        records.lazy()
        .filter((pl.col("role") == "request") & pl.col("duration_s").is_not_null() & route.is_not_null())
        .select(
            "vendor",
            "server",
            route,
            (began(vendor).dt.epoch("us") // 60_000_000).alias("minute"),
            (milliseconds.log(2) * BINS).floor().cast(pl.Int16).alias("bin"),
            "weight",
        )
        .group_by("vendor", "server", "route", "minute", "bin")
        .agg(pl.len().cast(pl.Int64).alias("records"), pl.col("weight").sum())
    )
    if vendor != "cisco_wsa":
        named = template(pl.col("route").str.slice(0, LONGEST_VALUE))
        grouped = grouped.with_columns(route=named)
    made = (
        grouped.group_by("vendor", "server", "route", "minute", "bin")
        .agg(pl.col("records", "weight").sum())
        .with_columns((pl.col("minute") * 60_000_000).cast(TIMESTAMP), route=own(pl.col("route")))
        .select([pl.col(name).cast(dtype) for name, dtype in {**KEYS, **SUMS}.items()])
        .collect(engine="in-memory")
    )
    return bounded(made)


def bounded(frame: pl.DataFrame) -> pl.DataFrame:
    """Keep the busiest routes of each vendor and server; below twice as many all stay."""
    where = ["vendor", "server"]
    if frame["route"].n_unique() <= 2 * ROUTES:
        return frame
    counted = frame.group_by([*where, "route"]).agg(pl.col("records").sum())
    place = pl.struct(-pl.col("records"), "route").rank("ordinal").over(where)
    kept = counted.filter(
        (pl.len().over(where) <= 2 * ROUTES) | ((place <= ROUTES) & (pl.col("route") != OTHER))
    ).select(*where, "route", _kept=pl.lit(value=True))
    named = frame.join(kept, on=[*where, "route"], how="left", nulls_equal=True).with_columns(
        route=pl.when("_kept").then("route").otherwise(pl.lit(OTHER))
    )
    return summed([named.drop("_kept")], KEYS, SUMS).select(frame.columns)
