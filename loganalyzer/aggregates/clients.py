"""Batch → what clients were denied, and whether they got in: loops, scans and storms are made by one client."""

from __future__ import annotations

from typing import Final

import polars as pl

from loganalyzer.aggregates.grouping import LONGEST_VALUE, began, own, summed
from parsers.schema import TIMESTAMP, VENDOR

KEYS: Final = pl.Schema(
    {
        "vendor": VENDOR,
        "server": pl.String(),
        "client": pl.String(),
        "start": TIMESTAMP,
    }
)
"""`start` of the five minutes in which the requests began."""

SUMS: Final = pl.Schema(
    {"auth": pl.Int64(), "missing": pl.Int64(), "limited": pl.Int64(), "answered": pl.Int64()}
)
"""Records with 401 or 407 (handshakes are among them), with 404 or 410, with 429 or 503, and with 2xx or 3xx, the
last only of clients that were denied something in the same batch: it may be too small where two batches meet."""

WIDTH_S: Final = 300
ROWS: Final = 200_000
"""Rows kept; those of the clients that were denied least go first."""

_ROLES: Final = ("request", "handshake", "tunnel")


def of(records: pl.DataFrame) -> pl.DataFrame:
    """Return `KEYS` → `SUMS` of the clients of one vendor that were denied something."""
    status = pl.col("status")
    denied = records.filter(
        status.is_in([401, 404, 407, 410, 429, 503])
        & pl.col("role").is_in(_ROLES)
        & pl.col("client").is_not_null()
    )
    if denied.height == 0:
        return pl.DataFrame(schema={**KEYS, **SUMS})
    names = denied["client"].unique()
    answered = records.filter(
        status.is_between(200, 399) & pl.col("role").is_in(_ROLES) & pl.col("client").is_in(names.implode())
    )
    vendor = records["vendor"][0]
    width = WIDTH_S * 1_000_000
    made = (
        pl.concat([denied, answered])
        .lazy()
        .select(
            "vendor",
            "server",
            "client",
            (began(vendor).dt.epoch("us") // width * width).cast(TIMESTAMP).alias("start"),
            "status",
        )
        .group_by(list(KEYS))
        .agg(
            status.is_in([401, 407]).sum().cast(pl.Int64).alias("auth"),
            status.is_in([404, 410]).sum().cast(pl.Int64).alias("missing"),
            status.is_in([429, 503]).sum().cast(pl.Int64).alias("limited"),
            status.is_between(200, 399).sum().cast(pl.Int64).alias("answered"),
        )
        .filter(pl.col("auth") + pl.col("missing") + pl.col("limited") > 0)
        .with_columns(client=own(pl.col("client").str.slice(0, LONGEST_VALUE)))
        .collect(engine="in-memory")
    )
    return bounded(summed([made], KEYS, SUMS))


def bounded(frame: pl.DataFrame) -> pl.DataFrame:
    """Drop the rows with the fewest denials of a frame that has more than twice `ROWS`."""
    if frame.height <= 2 * ROWS:
        return frame
    denials = pl.col("auth") + pl.col("missing") + pl.col("limited")
    return frame.sort(-denials, *KEYS).head(ROWS)
