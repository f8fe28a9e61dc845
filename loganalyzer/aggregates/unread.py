"""Batch → lines that were rejected, minute by minute: a format that changed shows as lines nobody understands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates.grouping import began
from parsers.schema import TIMESTAMP, VENDOR

if TYPE_CHECKING:
    from parsers import Batch

KEYS: Final = pl.Schema({"vendor": VENDOR, "server": pl.String(), "minute": TIMESTAMP})
"""`minute` of the record before the line in its batch, or of the first one behind it: only lines that a batch begins
with may stand a minute late. A batch without a record tells no minute: its lines are in the ledger alone."""

SUMS: Final = pl.Schema({"lines": pl.Int64()})

NOTHING: Final = pl.DataFrame(schema={**KEYS, **SUMS})


def of(batch: Batch) -> pl.DataFrame:
    """Return `KEYS` → `SUMS` of the rejected lines of a batch that holds records as well."""
    records, rejects = batch.records, batch.rejects
    if rejects.height == 0 or records.height == 0:
        return NOTHING
    vendor = records["vendor"][0]
    known = records.select("line", "vendor", "server", minute=began(vendor).dt.truncate("1m")).sort("line")
    lines = rejects.select("line").sort("line")
    near = lines.join_asof(known, on="line", strategy="backward").join_asof(
        known, on="line", strategy="forward", suffix="_next"
    )
    return (
        near.select(pl.coalesce(name, f"{name}_next").alias(name) for name in KEYS)
        .group_by(list(KEYS))
        .agg(pl.len().cast(pl.Int64).alias("lines"))
    )
