"""Batch → where its stamps step back: a clock that was set back, or logs that were joined out of order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from parsers.schema import TIMESTAMP, VENDOR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parsers import Batch

STEP: Final = 10 * 60 * 1_000_000
"""Microseconds by which a clock is set back at least: lines come late by seconds, and Logpush's by minutes."""
LINES: Final = 8
"""Lines before a step that are all later than as many lines after it: one request that took an hour is no clock."""
MOST: Final = 1_000
"""Steps that are kept: more are no clock, but lines in no order at all."""

SCHEMA: Final = pl.Schema(
    {
        "source": pl.Int64(),
        "vendor": VENDOR,
        "server": pl.String(),
        "line": pl.Int64(),
        "before": TIMESTAMP,
        "after": TIMESTAMP,
    }
)
"""`line` behind the step, the stamp `before` it and its own, `after`. Where a batch has steps back, those forward by as
much are here as well: they tell where a clock was put right again."""

NOTHING: Final = pl.DataFrame(schema=SCHEMA)

BACK: Final = pl.col("after") < pl.col("before")


def of(batch: Batch) -> pl.DataFrame:
    """Return the steps inside a batch; those between two batches, or a few lines from there, are missed."""
    records = batch.records
    if records.height < 2 * LINES:
        return NOTHING
    stamps = records["timestamp"].dt.epoch("us").to_numpy()
    if int(np.diff(stamps).min()) > -STEP:  # as nearly always
        return NOTHING
    sliding = np.lib.stride_tricks.sliding_window_view(stamps, LINES)
    low, high = sliding.min(axis=1), sliding.max(axis=1)
    back = _first(low[:-LINES] - high[LINES:] >= STEP)
    if back.size == 0:
        return NOTHING
    forward = _first(low[LINES:] - high[:-LINES] >= STEP)
    place = np.sort(np.concatenate((back, forward)))[:MOST] + LINES
    found = records[place].select(
        pl.lit(batch.number).alias("source"),
        "vendor",
        "server",
        "line",
        records["timestamp"][place - 1].alias("before"),
        pl.col("timestamp").alias("after"),
    )
    return found.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())


def _first(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return where each run of flags begins, runs of a few lines apart as one."""
    at = np.flatnonzero(flags)
    return at[np.append(True, np.diff(at) > LINES)] if at.size else at


def merged(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Return the first steps of several parts."""
    return pl.concat(parts).sort("source", "line").head(MOST)
