"""Part → how long the requests of each route took: minute by minute as a coarse histogram, in all as a fine one.

A request is slow against its own route's usual, so what is kept is counts, which merge; quantiles do not. Only
what was answered counts (2xx, 3xx): a refusal is quick and a time-out slow by nature; both have findings of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from loganalyzer.aggregates.grouping import OTHER, own, summed, summed_over, tally
from parsers.schema import TIMESTAMP, VENDOR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from loganalyzer.aggregates.grouping import Coded, Whole
    from loganalyzer.aggregates.part import Part

KEYS: Final = pl.Schema(
    {
        "vendor": VENDOR,
        "server": pl.String(),
        "route": pl.String(),
        "cached": pl.Boolean(),
        "minute": TIMESTAMP,
        "bin": pl.Int16(),
    }
)
"""`route` is the path with identifiers as `{id}`, of WSA the host asked for, bounded to `ROUTES` and `OTHER`; `cached`
whether the line says that a cache answered by itself: a purge makes no answer slower, it makes other answers;
`minute` the one in which the request began; `bin` a quarter of an octave: ⌊4·log2(milliseconds)⌋, see `edges`.
Above `ROWS` rows both are coarser: see `GRAINS`."""

TOTAL_KEYS: Final = pl.Schema(
    {"vendor": VENDOR, "server": pl.String(), "route": pl.String(), "cached": pl.Boolean(), "bin": pl.Int16()}
)
"""The same for the whole log, with bins of a thirty-sixth of an octave: ⌊36·log2(milliseconds)⌋, 2 % wide."""

SUMS: Final = pl.Schema({"records": pl.Int64()})
"""Lines, whatever each stands for: a sampled log is thinner, not surer."""

NOTHING: Final = pl.DataFrame(schema={**KEYS, **SUMS})
NOTHING_IN_TOTAL: Final = pl.DataFrame(schema={**TOTAL_KEYS, **SUMS})

ROUTES: Final = 64
"""Routes told apart where there are more than twice as many."""
NAMED: Final = 4_096
NAMED_ROWS: Final = 250_000
"""Routes and rows up to which every route stays, so that any order and split of the log give the same: which are the
busiest is known at the end. Of more only the busiest stay, as far as they are known by then."""

BINS: Final = 4
TOTAL_BINS: Final = 36
"""Bins in an octave."""

LEAST_MS: Final = 0.25
"""Servers round to a millisecond: what took none lies in the lowest bin."""
MOST_MS: Final = float(1 << 29)
"""What took six days lies in the highest."""


@dataclass(frozen=True)
class Grain:
    """How fine a histogram is in time: minutes to a row, and bins in an octave."""

    minutes: int
    bins: int


GRAINS: Final = (
    Grain(1, BINS),
    Grain(1, 2),
    Grain(5, 2),
    Grain(15, 2),
    Grain(60, 2),
    Grain(240, 2),
    Grain(1440, 2),
    Grain(7 * 1440, 1),
    Grain(28 * 1440, 1),
)
"""From fine to coarse, each made of whole rows of the one before. A table takes the first that gives it no more than
`ROWS` rows: that depends on what it is of, not on the order in which it was merged."""

ROWS: Final = 2_000_000
"""Rows of the coarse histogram: two busy weeks of twenty routes in five minutes, at 28 bytes a row."""


def edges(number: int, bins: int = BINS) -> tuple[float, float]:
    """Return the seconds between which the durations of a bin lie.

    >>> edges(40)
    (1.024, 1.217748082549...)
    """
    return 2 ** (number / bins) / 1000, 2 ** ((number + 1) / bins) / 1000


_NESTED: Final = TOTAL_BINS // BINS

_CACHED: Final = r"(?i)^(?:hit|stream_hit|stale|updating|(?:tcp|udp)_(?:[a-z]+_)?hit)$"
_ASKED_AGAIN: Final = "(?i)refresh"
"""Cache results of Cloudflare, nginx, and WSA and Squid for answers that nobody behind the cache was asked for."""


def of(part: Part) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return `KEYS` → `SUMS` and `TOTAL_KEYS` → `SUMS` of the answered requests whose duration is known."""
    requests = part.requests if part.timed else None
    coded = requests.texts.get("host" if part.vendor == "cisco_wsa" else "path") if requests else None
    if requests is None or coded is None:
        return NOTHING, NOTHING_IN_TOTAL
    milliseconds = (pl.col("duration_s") * 1000).clip(LEAST_MS, MOST_MS)
    columns = requests.records.select(
        (milliseconds.log(2) * TOTAL_BINS).floor().cast(pl.Int64).fill_null(0).alias("bin"),
        (pl.col("duration_s").is_not_null() & pl.col("status").is_between(200, 399))
        .fill_null(value=False)
        .alias("known"),
    )
    known = columns["known"].to_numpy() & (coded.codes < len(coded.names))
    if not known.any():
        return NOTHING, NOTHING_IN_TOTAL
    names, places = _places(coded, known)
    keys = {
        "route": places[coded.codes],
        "cached": _cached(requests),
        "minute": requests.minute.to_numpy(),
        "bin": columns["bin"].to_numpy(),
    }
    keys = {name: key[known] for name, key in keys.items()}
    rows = tally({**keys, "bin": keys["bin"] // _NESTED})
    rows["minute"] = (rows["minute"] * 60_000_000).view("datetime64[us]")
    del keys["minute"]
    return _framed(rows, names, KEYS, part), _framed(tally(keys), names, TOTAL_KEYS, part)


def by_cache(vendor: str) -> pl.Expr:
    """Return whether a cache answered a record by itself, by `cache` and, of Cloudflare, `upstream_status`."""
    told = answered(pl.col("cache")).fill_null(value=False)
    if vendor != "cloudflare":
        return told
    return told | (pl.col("upstream_status") == 0).fill_null(value=False)


def answered(result: pl.Expr) -> pl.Expr:
    """Return whether a cache result says that nothing behind was asked; null without one."""
    return result.str.contains(_CACHED) & ~result.str.contains(_ASKED_AGAIN)


def _cached(part: Part) -> Whole:
    """Return 1 for every record that a cache answered by itself, else 0."""
    result = part.texts.get("cache")
    told = np.zeros(part.records.height, np.int64)
    if result is not None:
        by_itself = result.names.str.contains(_CACHED) & ~result.names.str.contains(_ASKED_AGAIN)
        told = np.append(by_itself.to_numpy(), False)[result.codes].astype(np.int64)
    if part.vendor == "cloudflare":  # its origin's status is 0 where no origin was asked
        told |= (part.records["upstream_status"] == 0).fill_null(value=False).to_numpy()
    return told


def _framed(columns: dict[str, Whole], names: pl.Series, keys: pl.Schema, part: Part) -> pl.DataFrame:
    """Return columns as a frame, places of routes as their names, with the vendor and server of a part."""
    frame = pl.DataFrame(columns).with_columns(
        names.gather(columns["route"]).alias("route"),
        vendor=pl.lit(part.vendor, VENDOR),
        server=pl.lit(part.server, pl.String()),
    )
    return frame.select(pl.col(name).cast(dtype) for name, dtype in {**keys, **SUMS}.items())


def _places(coded: Coded, known: NDArray[np.bool_]) -> tuple[pl.Series, Whole]:
    """Return the names of the routes that are kept, and for each code the place of its own among them.

    Only routes of `known` records count: the many paths that were not there push none out.
    """
    names, number = coded.names, len(coded.names)
    counts = np.bincount(coded.codes[known], minlength=number)
    places = np.full(number + 1, ROUTES)
    kept = np.flatnonzero(counts)
    if kept.size > NAMED:
        order = pl.DataFrame({"n": -counts, "name": names}).select(pl.arg_sort_by("n", "name"))
        kept = order.to_series()[:ROUTES].to_numpy()
    places[kept] = np.arange(kept.size)
    # In memory of their own: the names of a batch are many more.
    return pl.concat([names.gather(kept), pl.Series([OTHER])]).to_frame("name").select(
        own(pl.col("name"))
    ).to_series(), places


def merged(
    parts: Iterable[tuple[pl.DataFrame, pl.DataFrame, int]],
) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Return the histograms of all parts, and the place in `GRAINS` of the coarse one; parts are such triples."""
    parts = list(parts)
    grain = max(grain for _, _, grain in parts)
    rows = summed_over("minute", [coarser(frame, finer, grain) for frame, _, finer in parts], KEYS, SUMS)
    total = summed([total for _, total, _ in parts], TOTAL_KEYS, SUMS)
    rows, total = _bounded(rows, KEYS), _bounded(total, TOTAL_KEYS)
    while rows.height > ROWS and grain + 1 < len(GRAINS):
        rows, grain = coarser(rows, grain, grain + 1), grain + 1
    return rows, total, grain


def coarser(frame: pl.DataFrame, grain: int, wanted: int) -> pl.DataFrame:
    """Return a coarse histogram of one grain in a coarser one."""
    if grain == wanted or frame.height == 0:
        return frame
    nested = GRAINS[grain].bins // GRAINS[wanted].bins
    made = frame.with_columns(
        pl.col("minute").dt.truncate(f"{GRAINS[wanted].minutes}m"), (pl.col("bin") // nested).cast(pl.Int16)
    )
    return summed([made], KEYS, SUMS)


def _bounded(frame: pl.DataFrame, keys: pl.Schema) -> pl.DataFrame:
    """Keep the busiest routes of each vendor and server, where there are too many of them or of their rows."""
    where = ["vendor", "server"]
    routes = frame["route"].n_unique()
    if routes <= 2 * ROUTES or (routes <= NAMED and frame.height <= NAMED_ROWS):
        return frame
    counted = frame.group_by([*where, "route"]).agg(pl.col("records").sum())
    if counted.group_by(where).len()["len"].max() <= 2 * ROUTES:  # type: ignore[operator]  # some row is there
        return frame
    kept = (
        counted.sort(-pl.col("records"), "route")
        .with_columns(_place=pl.int_range(pl.len()).over(where), _routes=pl.len().over(where))
        .filter(
            (pl.col("_routes") <= 2 * ROUTES) | ((pl.col("_place") < ROUTES) & (pl.col("route") != OTHER))
        )
        .select(*where, "route")
    )
    on = [*where, "route"]
    named = frame.join(kept, on=on, how="semi", nulls_equal=True)
    others = frame.join(kept, on=on, how="anti", nulls_equal=True).with_columns(route=pl.lit(OTHER))
    return pl.concat([named, summed([others], keys, SUMS)])
