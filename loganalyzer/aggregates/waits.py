"""Part → how long requests had waited when somebody gave up: durations that pile up name a timer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates.grouping import unreached
from parsers.schema import TIMESTAMP, VENDOR

if TYPE_CHECKING:
    from loganalyzer.aggregates.part import Part

STATUSES: Final = (408, 499, 502, 503, 504, 522, 524)
"""Statuses that a timer may have made: of the client, of the server, of a proxy or of the edge."""

KEYS: Final = pl.Schema(
    {
        "vendor": VENDOR,
        "server": pl.String(),
        "start": TIMESTAMP,
        "status": pl.Int16(),
        "unreached": pl.Boolean(),
        "tenths": pl.Int32(),
    }
)
"""`start` of the five minutes in which the request began; `unreached` as in `Tables.minutes`; `tenths` of a second
that it took, rounded."""

SUMS: Final = pl.Schema({"records": pl.Int64()})

NOTHING: Final = pl.DataFrame(schema={**KEYS, **SUMS})

WIDTH: Final = 5
"""Minutes told apart."""
LONGEST_S: Final = 3_600.0
"""What took longer was no timer of a request."""


def of(part: Part) -> pl.DataFrame:
    """Return `KEYS` → `SUMS` of the requests that ended in one of `STATUSES` after a known time."""
    if not part.timed:
        return NOTHING
    status, duration = part.records["status"], part.records["duration_s"]
    ended = status.is_in(STATUSES) & duration.is_between(0, LONGEST_S)
    if not ended.any():
        return NOTHING
    return (
        part.records.lazy()
        .select(
            "vendor", "server", "status", "duration_s", minute=part.minute, unreached=unreached(part.vendor)
        )
        .filter(ended)
        .group_by(
            "vendor",
            "server",
            (pl.col("minute") // WIDTH * WIDTH).alias("start"),
            "status",
            "unreached",
            (pl.col("duration_s") * 10).round().cast(pl.Int32).alias("tenths"),
        )
        .agg(pl.len().cast(pl.Int64).alias("records"))
        .with_columns((pl.col("start") * 60_000_000).cast(TIMESTAMP))
        .collect(engine="in-memory")
    )
