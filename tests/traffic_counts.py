"""A seed → Tables of a site's traffic alone, minute by minute, and what is done to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.detectors.series import see
from loganalyzer.tables import Tables
from tests.minute_counts import START, Minutes, Site, site

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loganalyzer.detectors.series import Seen
    from loganalyzer.findings import Finding

SCHEMA: Final = Tables.empty().coverage.schema


def traffic(rate: float, days: float, seed: int, vendor: str = "nginx", server: str | None = None) -> Minutes:
    """Return a site that never fails."""
    counts = site(Site(rate=rate, days=days, vendor=vendor, background=()), seed)
    return replace(counts, minutes=counts.minutes.with_columns(server=pl.lit(server, pl.String)))


def left(counts: Minutes, start: int, minutes: int, share: float) -> Minutes:
    """Return the counts with a share of the records of some minutes left."""
    inside = pl.col("minute").is_between(at(start), at(start + minutes), closed="left")
    records = pl.when(inside).then((pl.col("records") * share).round().cast(pl.Int64)).otherwise("records")
    changed = counts.minutes.with_columns(records=records).filter(pl.col("records") > 0)
    return replace(counts, minutes=changed.with_columns(weight=pl.col("records").cast(pl.Float64)))


def together(*parts: Minutes) -> Minutes:
    """Return the logs of several servers."""
    return replace(parts[0], minutes=pl.concat([part.minutes for part in parts]))


def files(counts: Minutes, *spans: tuple[datetime, datetime], vendor: str = "nginx") -> Minutes:
    """Return the counts as those of files, each from its first to its last record."""
    rows = [(number, vendor, None, start, end) for number, (start, end) in enumerate(spans)]
    return replace(counts, coverage=pl.DataFrame(rows, schema=SCHEMA, orient="row"))


def at(minute: float) -> datetime:
    """Return the moment of a minute."""
    return START + timedelta(minutes=minute)


def found(detect: Callable[[Seen], Sequence[Finding]], counts: Minutes) -> list[Finding]:
    """Return what a detector finds."""
    return list(detect(see(counts)))
