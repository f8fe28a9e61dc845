"""A Run → the Tables that a scan of its log would give; the only place that knows how Tables are laid out."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from loganalyzer.aggregates import clients as clients_aggregate
from loganalyzer.aggregates import latency as latency_aggregate
from loganalyzer.tables import MINUTES_KEYS, MINUTES_SUMS, SourceLedger, Tables
from tests.detection.cast import cast_of
from tests.detection.clients import KINDS, WIDTH, denials_of
from tests.detection.durations import LOWEST

if TYPE_CHECKING:
    from datetime import datetime

    from tests.detection.generator import Run
    from tests.detection.site import Integers

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
        none,
        minutes=minutes,
        latency=_latency(run),
        clients=_clients(run),
        chunks=chunks,
        ledgers={0: SourceLedger(lines=total, records=total)},
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
    of_channel = pl.DataFrame(
        {
            "status": [each.status for each in site.channels],
            "upstream_status": pl.Series([each.upstream_status for each in site.channels], dtype=pl.Int16),
            "unreached": [each.unreached for each in site.channels],
            "role": [each.role for each in site.channels],
        }
    )
    frame = of_channel[channel].with_columns(
        pl.lit(None, pl.String()).alias("host")
        if site.vendor == "cisco_wsa"
        else pl.Series("host", names)[host],
        _moments(run, minute),
        pl.Series("records", records),
        pl.Series("weight", records.astype(np.float64)),
        pl.Series("bytes_sent", records * SIZE),
    )
    counted = _with_keys(run, frame, {**MINUTES_KEYS, **MINUTES_SUMS})
    if site.vendor == "cisco_wsa":  # hosts are not told apart, nor are the two channels of 407
        return counted.group_by(list(MINUTES_KEYS)).agg(pl.col(list(MINUTES_SUMS)).sum())
    return counted


def _latency(run: Run) -> pl.DataFrame:
    """Return one row per route, minute and bin."""
    schema = {**latency_aggregate.KEYS, **latency_aggregate.SUMS}
    took = run.durations
    if took is None:
        return pl.DataFrame(schema=schema)
    frames = []
    for number, route in enumerate(cast_of(run.site).routes):
        counts = took.answered[number]  # the scan counts no failures here
        minute, bins = np.nonzero(counts)
        records = counts[minute, bins]
        frame = pl.DataFrame(
            {
                "minute": _moments(run, minute),
                "bin": bins + LOWEST,
                "records": records.astype(np.int64),
            }
        )
        shared = {"route": pl.lit(route.name), "cached": pl.lit(value=False)}
        frames.append(_with_keys(run, frame.with_columns(**shared), schema))
    return pl.concat(frames)


def _clients(run: Run) -> pl.DataFrame:
    """Return one row per client and five minutes in which it was denied something."""
    denials = denials_of(run)
    events = denials.counts[:, :3].sum(axis=1)
    kept = np.flatnonzero(events > 0)
    if kept.size > 2 * clients_aggregate.ROWS:  # those go that the scan would drop, before they are named
        kept = kept[np.argsort(-events[kept], kind="stable")[: 2 * clients_aggregate.ROWS + 1]]
    frame = pl.DataFrame(
        {
            "client": pl.Series("client", denials.names, dtype=pl.String)[denials.client[kept]],
            "start": _moments(run, denials.slot[kept] * WIDTH),
            **{kind: denials.counts[kept, place] for place, kind in enumerate(KINDS)},
        }
    )
    return clients_aggregate.bounded(
        _with_keys(run, frame, {**clients_aggregate.KEYS, **clients_aggregate.SUMS})
    )


def _moments(run: Run, minute: Integers) -> pl.Series:
    """Return the starts of minutes of the grid."""
    return pl.Series(
        "minute", int(run.site.start.timestamp()) * 1_000_000 + minute.astype(np.int64) * 60_000_000
    )


def _with_keys(run: Run, frame: pl.DataFrame, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Return a frame with its vendor and server, in the order and dtypes of a schema."""
    whole = frame.with_columns(
        pl.lit(run.site.vendor, MINUTES_KEYS["vendor"]).alias("vendor"),
        pl.lit(None, pl.String()).alias("server"),
    )
    return whole.select(pl.col(name).cast(dtype) for name, dtype in schema.items())


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
        tables,
        minutes=minutes,
        latency=tables.latency.filter(pl.col("minute").is_between(start, end, closed="left")),
        clients=tables.clients.filter(pl.col("start").is_between(start, end, closed="left")),
        chunks=chunks,
        ledgers={0: SourceLedger(lines=total, records=total)},
    )
