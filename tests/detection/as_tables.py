"""A Run → the Tables that a scan of its log would give; the only place that knows how Tables are laid out."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from loganalyzer.tables import MINUTES_KEYS, MINUTES_SUMS, SourceLedger, Tables

if TYPE_CHECKING:
    from datetime import datetime

    from tests.detection.generator import Run

SIZE = 4_000
"""Bytes of an answer."""


def tables_of(run: Run) -> Tables:
    """Return the Tables of a whole run."""
    minutes = _minutes(run)
    none = Tables.empty()
    requests = run.requests
    seen = np.flatnonzero(requests)
    if seen.size == 0:
        return none
    vendor = pl.lit(run.site.vendor, MINUTES_KEYS["vendor"])
    chunk = pl.DataFrame(
        {
            "source": [0],
            "server": pl.Series([None], dtype=pl.String),
            "offset": [0],
            "first_line": [1],
            "start": [run.site.at(int(seen[0]))],
            "end": [run.site.at(int(seen[-1]) + 59 / 60)],
        }
    ).with_columns(vendor=vendor)
    chunks = chunk.select(pl.col(name).cast(dtype) for name, dtype in none.chunks.schema.items())
    total = int(requests.sum())
    return dataclasses.replace(
        none, minutes=minutes, chunks=chunks, ledgers={0: SourceLedger(lines=total, records=total)}
    )


def _minutes(run: Run) -> pl.DataFrame:
    """Return one row per channel, host and minute in which something was counted."""
    site = run.site
    names = [name for name, _ in site.hosts]
    shares = [share for _, share in site.hosts]
    by_host = (
        site.random("hosts").multinomial(run.events, shares) if len(names) > 1 else run.events[:, :, None]
    )
    channel, minute, host = np.nonzero(by_host)
    records = by_host[channel, minute, host]
    start = int(site.start.timestamp()) * 1_000_000
    of_channel = pl.DataFrame(
        {
            "status": [each.status for each in site.channels],
            "upstream_status": pl.Series([each.upstream_status for each in site.channels], dtype=pl.Int16),
            "unreached": [each.unreached for each in site.channels],
            "role": [each.role for each in site.channels],
        }
    )
    frame = of_channel[channel].with_columns(
        pl.lit(site.vendor, MINUTES_KEYS["vendor"]).alias("vendor"),
        pl.lit(None, pl.String()).alias("server"),
        pl.lit(None, pl.String()).alias("host")
        if site.vendor == "cisco_wsa"
        else pl.Series("host", names)[host],
        pl.Series("minute", start + minute.astype(np.int64) * 60_000_000),
        pl.Series("records", records),
        pl.Series("weight", records.astype(np.float64)),
        pl.Series("bytes_sent", records * SIZE),
    )
    schema = {**MINUTES_KEYS, **MINUTES_SUMS}
    counted = frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
    if site.vendor == "cisco_wsa" and len(names) > 1:
        return counted.group_by(list(MINUTES_KEYS)).agg(pl.col(list(MINUTES_SUMS)).sum())
    return counted


def between(tables: Tables, start: datetime, end: datetime) -> Tables:
    """Return the Tables of what was logged from `start` until before `end`."""
    minutes = tables.minutes.filter(pl.col("minute").is_between(start, end, closed="left"))
    if minutes.height == 0:
        return Tables.empty()
    chunks = tables.chunks.with_columns(
        pl.col("start").clip(lower_bound=pl.lit(minutes["minute"].min())),
        pl.col("end").clip(upper_bound=pl.lit(minutes["minute"].max()) + pl.duration(seconds=59)),
    )
    total = int(minutes["records"].sum())
    return dataclasses.replace(
        tables, minutes=minutes, chunks=chunks, ledgers={0: SourceLedger(lines=total, records=total)}
    )
