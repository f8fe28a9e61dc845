"""Batch → how long requests had waited when somebody gave up: durations that pile up name a timer."""

from __future__ import annotations

from typing import Final

import polars as pl

from loganalyzer.aggregates.grouping import began
from parsers.schema import TIMESTAMP, VENDOR

STATUSES: Final = (408, 499, 502, 503, 504, 522, 524)
"""Statuses that a timer may have made: of the client, of the server, of a proxy or of the edge."""

KEYS: Final = pl.Schema(
    {
        "vendor": VENDOR,
        "server": pl.String(),
        "start": TIMESTAMP,
        "status": pl.Int16(),
        "tenths": pl.Int32(),
    }
)
"""`start` of the five minutes in which the request began; `tenths` of a second that it took, rounded."""

SUMS: Final = pl.Schema({"records": pl.Int64()})

WIDTH_S: Final = 300
LONGEST_S: Final = 3_600.0
"""What took longer was no timer of a request."""


def of(records: pl.DataFrame) -> pl.DataFrame:
    """Return `KEYS` → `SUMS` of the requests of one vendor that ended in one of `STATUSES` after a known time."""
    if records["duration_s"].null_count() == records.height:
        return pl.DataFrame(schema={**KEYS, **SUMS})
    vendor = records["vendor"][0]
    width = WIDTH_S * 1_000_000
    return (
        records.lazy()
        .filter(
            pl.col("status").is_in(STATUSES)
            & (pl.col("role") == "request")
            & pl.col("duration_s").is_between(0, LONGEST_S)
        )
        .select(
            "vendor",
            "server",
            (began(vendor).dt.epoch("us") // width * width).cast(TIMESTAMP).alias("start"),
            "status",
            (pl.col("duration_s") * 10).round().cast(pl.Int32).alias("tenths"),
        )
        .group_by(list(KEYS))
        .agg(pl.len().cast(pl.Int64).alias("records"))
        .collect(engine="in-memory")
    )
