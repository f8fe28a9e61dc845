"""Part → what became of requests at a cache and at rules: by cache result, decision, category, policy and status.

The counts of single values do not tell which category a decision was about, nor how many bytes a cache sent. A log that
names none of the four has no row here, and costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates.grouping import OTHER, grouped, own, summed, with_few
from parsers.schema import ROLE, VENDOR

if TYPE_CHECKING:
    from loganalyzer.aggregates.part import Part

KEYS: Final = pl.Schema(
    {
        "vendor": VENDOR,
        "server": pl.String(),
        "role": ROLE,
        "status": pl.Int16(),
        "cache": pl.String(),
        "action": pl.String(),
        "category": pl.String(),
        "policy": pl.String(),
    }
)
"""`cache`, `action`, `category` and `policy` as logged, or `OTHER`; one of them at least is there."""

SUMS: Final = pl.Schema({"records": pl.Int64(), "bytes_sent": pl.Int64()})

NOTHING: Final = pl.DataFrame(schema={**KEYS, **SUMS})

TEXTS: Final = ("cache", "action", "category", "policy")

VALUES: Final = 100
"""Values of a text that are told apart once there are more than twice as many: AsyncOS knows some hundred categories,
and only a stranger invents more."""

ROWS: Final = 10_000
"""Rows kept once there are more than twice as many; the rarest give up their texts."""

LONGEST: Final = 64
"""Characters of a text that are kept."""


def of(part: Part) -> pl.DataFrame:
    """Return `KEYS` → `SUMS` of the records of one vendor that name a cache result, a decision or what it was about."""
    records = part.records
    named = [name for name in TEXTS if records[name].null_count() < records.height]
    if not named:
        return NOTHING
    frame = records.select(*KEYS, "bytes_sent")
    if all(records[name].null_count() for name in named):
        frame = frame.filter(pl.any_horizontal(pl.col(named).is_not_null()))
    sums = [pl.len().cast(pl.Int64).alias("records"), pl.col("bytes_sent").sum()]
    made = grouped(frame, list(KEYS), sums).collect(engine="in-memory")
    texts = [own(pl.col(name).str.slice(0, LONGEST)).alias(name) for name in TEXTS]
    return bounded(made.select(NOTHING.columns).with_columns(texts).cast(dict(NOTHING.schema)))  # type: ignore[arg-type]  # names of columns


def merged(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Return the rows of all parts, one for each key, bounded."""
    return bounded(summed(parts, list(KEYS), list(SUMS)))


def bounded(frame: pl.DataFrame) -> pl.DataFrame:
    """Put the rarest texts of a vendor together, once there are too many of them; no record is lost."""
    for name in TEXTS:
        frame = with_few(frame, name, VALUES, list(KEYS), list(SUMS))
    if frame.height > 2 * ROWS:
        frame = frame.sort("records", *KEYS, descending=[True, *[False] * len(KEYS)])
        rest = frame.slice(ROWS).with_columns(
            pl.when(pl.col(name).is_not_null()).then(pl.lit(OTHER)).alias(name) for name in TEXTS
        )
        frame = summed([frame.head(ROWS), rest], list(KEYS), list(SUMS))
    return frame
