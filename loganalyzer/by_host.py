"""Minutes → counts per vendor, host, step of time and class: what a reader of a report may choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from loganalyzer.aggregates.grouping import OTHER
from loganalyzer.classes import class_of

if TYPE_CHECKING:
    from loganalyzer.tables import Tables

KEYS = ("vendor", "host", "rare", "time", "status_class", "request")


def by_host(tables: Tables, bucket_s: int) -> pl.DataFrame:
    """Return the counts of all records, those with a stamp far from all others too.

    Returns
    -------
    `vendor` String, `host` String (null: not logged, or one of the rare), `rare` Boolean (a host that is counted
    together with others), `time` Datetime(us, UTC) start of the bucket of `bucket_s` seconds, `status_class` String,
    `request` Boolean (role `request`), `records` Int64; one row per distinct key, sorted by it.
    """
    rare = (pl.col("host") == OTHER).fill_null(value=False)
    return (
        tables.minutes.group_by(
            pl.col("vendor").cast(pl.String()),
            pl.when(~rare).then(pl.col("host")).alias("host"),
            rare.alias("rare"),
            pl.col("minute").dt.truncate(f"{bucket_s}s").alias("time"),
            class_of(),
            (pl.col("role") == "request").alias("request"),
        )
        .agg(pl.col("records").sum())
        .sort(KEYS, nulls_last=True)
    )
