"""What the aggregates share: texts in memory of their own, the start of a request, templates of paths, sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

START_SHIFT_LIMIT_S: Final = 300
"""A longer request says nothing of the moment it began to fail: it stays where its line was written."""

LONGEST_VALUE: Final = 512
"""Characters of a value that are told apart: a stranger chooses how long a path or an agent is."""

OTHER: Final = "(other)"
"""Stands for the values beyond a bound."""

# A segment that only names one thing among many; twice, because neighbours share their slash.
_IDENTIFIER: Final = (
    r"/(?:\d+|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|\d{4}-\d\d-\d\d|[0-9a-fA-F]{16,})(/|$)"
)


def own(value: pl.Expr) -> pl.Expr:
    """Return the texts in memory of their own: a view would keep the whole chunk that it was cut from."""
    return pl.concat_str([value, pl.lit("")])


def began(vendor: str | None) -> pl.Expr:
    """Return when the request of a record began, by `timestamp`, `duration_s` and `role`."""
    if vendor not in {"nginx", "cisco_wsa"}:
        return pl.col("timestamp")
    # These write the end of a request. A tunnel ends when somebody closes it: it never shifts.
    known = pl.col("duration_s").is_between(0, START_SHIFT_LIMIT_S) & (pl.col("role") != "tunnel")
    shift = pl.when(known).then((pl.col("duration_s") * 1e6).cast(pl.Int64)).otherwise(0)
    return pl.col("timestamp") - pl.duration(microseconds=shift)


def template(path: pl.Expr) -> pl.Expr:
    """Return the path with numbers, hexadecimal keys, UUIDs and dates as `{id}`: `/item/17` → `/item/{id}`."""
    once = path.str.replace_all(_IDENTIFIER, "/{id}${1}")
    return once.str.replace_all(_IDENTIFIER, "/{id}${1}")


def constant(series: pl.Series) -> bool:
    """Whether all rows hold the same, so that grouping by it is needless."""
    nulls = series.null_count()
    if nulls == series.len():
        return True
    return nulls == 0 and series[0] == series[-1] and bool((series == series[0]).all())


def grouped(frame: pl.DataFrame, keys: Sequence[str], sums: Sequence[pl.Expr]) -> pl.LazyFrame:
    """Group by the keys that differ and put the others back: the rows of a log share most of them."""
    varying = [key for key in keys if not constant(frame[key])]
    fixed = [pl.lit(frame[key][0], frame.schema[key]).alias(key) for key in keys if key not in varying]
    made = frame.lazy().group_by(varying).agg(sums) if varying else frame.lazy().select(sums)
    return made.with_columns(fixed)


def summed(frames: Iterable[pl.DataFrame], keys: Iterable[str], sums: Iterable[str]) -> pl.DataFrame:
    """Return the rows of all frames, one for each key."""
    together, keys, sums = pl.concat(frames), list(keys), list(sums)
    if together.height == 0:
        return together
    return grouped(together, keys, [pl.col(sums).sum()]).select([*keys, *sums]).collect(engine="in-memory")
