"""What the aggregates share: texts in memory of their own, the start of a request, templates of paths, sums."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Whole = NDArray[np.int64]

START_SHIFT_LIMIT_S: Final = 300
"""A longer request says nothing of the moment it began to fail: it stays where its line was written."""

LONGEST_VALUE: Final = 512
"""Characters of a value that are told apart: a stranger chooses how long a path or an agent is."""

OTHER: Final = "(other)"
"""Stands for the values beyond a bound."""

ORIGIN_ERROR: Final = 530
"""Cloudflare's wrapper for its 1xxx errors, such as 1016: the origin's name does not resolve."""

DENSE: Final = 8
"""Times the rows that numbers may reach to be counted by place, which is much faster than by sorting them."""

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


def unreached(vendor: str | None) -> pl.Expr:
    """Return whether a record says that no origin answered, by `status`, `upstream_status` and `cache`."""
    status = pl.col("status")
    if vendor == "cloudflare":
        by_edge = status.is_between(520, 527) | (status == ORIGIN_ERROR)
        said = by_edge | (status.is_in([502, 504]) & (pl.col("upstream_status") == 0))
    elif vendor == "cisco_wsa":
        said = status.is_in([502, 503, 504]) & pl.col("cache").str.starts_with("NONE")
    else:
        said = pl.lit(value=False)
    return said.fill_null(value=False)


def template(path: pl.Expr) -> pl.Expr:
    """Return the path with numbers, hexadecimal keys, UUIDs and dates as `{id}`: `/item/17` → `/item/{id}`."""
    # Of two neighbours the second has lost its slash to the first.
    once = path.str.replace_all(_IDENTIFIER, "/{id}${1}")
    return once.str.replace_all(_IDENTIFIER, "/{id}${1}")


def templates(paths: pl.Series) -> pl.Series:
    """Return the same of many paths, those with neighbours alone looked at twice."""
    once = paths.str.replace_all(_IDENTIFIER, "/{id}${1}")
    where = once.str.contains("/{id}/", literal=True).fill_null(value=False).arg_true()
    if where.len() == 0:
        return once
    return once.scatter(where, once.gather(where).str.replace_all(_IDENTIFIER, "/{id}${1}"))


def constant(series: pl.Series) -> bool:
    """Whether all rows hold the same, so that grouping by it is needless."""
    nulls = series.null_count()
    if nulls == series.len():
        return True
    if isinstance(series.dtype, pl.Categorical):  # has no comparison
        series = series.to_physical()
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


def summed_over(
    time: str, frames: Iterable[pl.DataFrame], keys: Iterable[str], sums: Iterable[str]
) -> pl.DataFrame:
    """Return the rows of all frames, one for each key, of which the moment `time` is one.

    The frames have each key once. A log is written in the order of time, so that most moments stand in one frame
    alone: only the others are grouped.
    """
    frames = list(frames)
    parts = [frame for frame in frames if frame.height]
    if len(parts) < 2 or any(part[time].null_count() for part in parts):  # noqa: PLR2004  # one alone is merged
        return summed(frames, keys, sums) if len(parts) != 1 else parts[0]
    spans = pl.DataFrame([{"first": part[time].min(), "last": part[time].max()} for part in parts]).sort(
        "first"
    )
    before = spans.with_columns(pl.col("last").cum_max().shift(1).alias("before"))
    shared = before.filter(pl.col("first") <= pl.col("before"))
    shared = shared.with_columns(pl.min_horizontal("last", "before").alias("last"))
    together = pl.concat(parts)
    if shared.height == 0:
        return together
    inside = [pl.col(time).is_between(first, last) for first, last, _ in shared.iter_rows()]
    here = together.select(pl.any_horizontal(inside)).to_series()
    if here.all():
        return summed([together], keys, sums)
    # In one piece: Polars fails on some expressions over a frame that holds a piece without rows.
    return pl.concat([together.filter(~here), summed([together.filter(here)], keys, sums)]).rechunk()


def with_few(
    frame: pl.DataFrame,
    name: str,
    most: int,
    keys: Sequence[str],
    sums: Sequence[str],
    always: Sequence[str] = (),
) -> pl.DataFrame:
    """Return the rows with the `most` commonest texts of a vendor, the others as `OTHER`.

    Up to twice as many all stay, so that they merge exactly. `always`: texts of our own, which stay in any case.
    """
    if frame[name].n_unique() <= 2 * most:
        return frame
    order = frame.group_by("vendor", name).agg(pl.col("records").sum()).sort("vendor", name, nulls_last=True)
    kept = order.filter(
        pl.col(name).is_in([OTHER, *always])
        | (pl.col("records").rank("ordinal", descending=True).over("vendor") <= most)
    )
    joined = frame.join(
        kept.select("vendor", name, _kept=pl.lit(value=True)), on=["vendor", name], how="left"
    )
    text = pl.when(pl.col(name).is_null() | pl.col("_kept")).then(pl.col(name)).otherwise(pl.lit(OTHER))
    return summed([joined.with_columns(text.alias(name)).drop("_kept")], keys, sums)


def tally(keys: dict[str, Whole]) -> dict[str, Whole]:
    """Return the distinct rows of columns of whole numbers, sorted by them, and `records`: how often each occurs.

    >>> tally({"a": np.array([7, 5, 7]), "b": np.array([0, 0, 0])})
    {'a': array([5, 7]), 'b': array([0, 0]), 'records': array([1, 2])}
    """
    # Packed into one number: the columns of a batch span little, and numbers are counted faster than rows.
    spans = {name: (int(key.min()), int(key.max()) - int(key.min()) + 1) for name, key in keys.items()}
    packed: Whole = np.zeros(next(iter(keys.values())).size, np.int64)
    for name, (first, span) in spans.items():
        if span > 1:
            packed = packed * span + (keys[name] - first)
    if prod(span for _, span in spans.values()) < DENSE * packed.size:
        counts = np.bincount(packed)
        packed = np.flatnonzero(counts)
        counts = counts[packed]
    else:
        packed, counts = np.unique(packed, return_counts=True)
    columns: dict[str, Whole] = {}
    for name, (first, span) in reversed(spans.items()):
        packed, rest = np.divmod(packed, span)
        columns[name] = rest + first
    return {**dict(reversed(columns.items())), "records": counts}


@dataclass(frozen=True, eq=False)
class Coded:
    """Texts as numbers: `codes`, one for each row, are places in `names`, or their number where there is no text."""

    codes: Whole
    names: pl.Series

    @property
    def counts(self) -> Whole:
        """Return how many rows have each code."""
        number = len(self.names)
        return np.bincount(self.codes, minlength=number)[:number]

    def renamed(self, names: pl.Series) -> Coded:
        """Return the same with other names, alike ones as one."""
        made = coded(names.alias("name").to_frame())["name"]
        return Coded(np.append(made.codes, len(made.names))[self.codes], made.names)


def coded(texts: pl.DataFrame) -> dict[str, Coded]:
    """Return columns of texts as numbers; the names are in memory of their own."""
    # Categories of their own number the texts of a column from 0, and are forgotten with them.
    kinds = {name: pl.Categorical(pl.Categories.random()) for name in texts.columns}
    numbered = texts.select(pl.col(name).cast(kind) for name, kind in kinds.items())
    found = {}
    for name, kind in kinds.items():
        column = numbered.get_column(name).to_physical()
        nulls = column.null_count()
        number = int(column.max()) + 1 if nulls < column.len() else 0  # type: ignore[arg-type]  # some are not null
        codes = (column.fill_null(number) if nulls else column).to_numpy().astype(np.int64)
        names = pl.Series("name", np.arange(number, dtype=np.uint32)).cat.to(kind).cast(pl.String)
        found[name] = Coded(codes, names)
    return found
