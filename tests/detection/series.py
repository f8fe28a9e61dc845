"""Tables → Series: one dense row of minutes per family, for detectors that know nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tests.detection import truth

if TYPE_CHECKING:
    from datetime import datetime

    from loganalyzer.tables import Tables
    from tests.detection.site import Floats

SLOW: Final = 0.95
STATUS = pl.col("status")
FAMILIES: Final = {
    "5xx": ((STATUS >= 500) & ~pl.col("unreached"), truth.ERROR_BURST),
    "52x": ((STATUS >= 500) & pl.col("unreached"), truth.UNREACHABLE),
    "499": (STATUS == 499, truth.CLOSED),
    "429": (STATUS == 429, truth.LIMITED),
    "401": (STATUS.is_in([401, 407]), truth.DENIED),
    "404": (STATUS.is_in([404, 410]), truth.MISSING),
}
"""Family → which rows of a minute table, and the findings it may raise."""
KINDS: Final = {name: kinds for name, (_, kinds) in FAMILIES.items()} | {
    "total": truth.FEWER,
    "slow": truth.SLOWER,
}


@dataclass(frozen=True)
class Series:
    """Counts per minute from `start`: `events` by family, and of how many requests each is a part."""

    start: datetime
    events: dict[str, Floats]
    of: dict[str, Floats]
    total: Floats


def series_of(tables: Tables) -> Series | None:
    """Return the series of Tables of one vendor; families of which nothing was ever seen are left out."""
    minutes = tables.minutes
    if minutes.height == 0:
        return None
    first, last = pl.col("minute").min(), pl.col("minute").max()
    grid = minutes.select(pl.datetime_range(first, last, "1m").alias("minute"))
    counted = minutes.group_by("minute").agg(
        pl.col("records").sum().alias("total"),
        *(pl.col("records").filter(rows).sum().alias(name) for name, (rows, _) in FAMILIES.items()),
    )
    dense = grid.join(counted, on="minute", how="left", maintain_order="left").fill_null(0)
    columns = {name: dense[name].to_numpy().astype(np.float64) for name in (*FAMILIES, "total")}
    events = {name: columns[name] for name in FAMILIES if columns[name].any()}
    of = dict.fromkeys(events, columns["total"])
    if tables.latency.height:
        slow = _slow(tables.latency)
        joined = grid.join(slow, on="minute", how="left", maintain_order="left").fill_null(0)
        events["slow"] = joined["slow"].to_numpy().astype(np.float64)
        of["slow"] = joined["timed"].to_numpy().astype(np.float64)
    moment = grid["minute"][0]
    return Series(moment, events, of, columns["total"])


def _slow(latency: pl.DataFrame) -> pl.DataFrame:
    """Return per minute the requests that lie beyond the bin of their own route's quantile."""
    latency = latency.filter(~pl.col("cached"))
    by_bin = latency.group_by("route", "bin").agg(pl.col("records").sum()).sort("route", "bin")
    edges = (
        by_bin.with_columns(
            share=pl.col("records").cum_sum().over("route") / pl.col("records").sum().over("route")
        )
        .filter(pl.col("share") >= SLOW)
        .group_by("route")
        .agg(pl.col("bin").min().alias("edge"))
    )
    return (
        latency.join(edges, on="route")
        .group_by("minute")
        .agg(
            pl.col("records").filter(pl.col("bin") > pl.col("edge")).sum().alias("slow"),
            pl.col("records").sum().alias("timed"),
        )
    )
