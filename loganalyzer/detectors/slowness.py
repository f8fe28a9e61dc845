"""Histograms of durations and a Series → how many requests were slower than their own route's usual, minute by minute.

Usual is learned from calm minutes alone. A route is told from the others where they hold enough requests of it, and
answers of a cache are told from those of the server, so that other pages, or fewer answers of the cache, are no
slowdown: the number of slow requests that is expected follows what was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from loganalyzer.aggregates.grouping import OTHER
from loganalyzer.aggregates.latency import GRAINS, ROUTES, Grain, edges
from loganalyzer.baseline import HALF_EVENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loganalyzer.baseline import Booleans, Floats, Integers
    from loganalyzer.detectors.series import Counted, Series

LEAST_USUAL: Final = 200
"""Calm requests by which a route has a usual of its own: ten of them lie beyond its 95 % quantile."""

SLOW95: Final = (0.05, 0.1)
SLOW50: Final = (0.5, 0.5)
"""Share of the usual requests that a limit is to leave beyond it, and the most that it may: limits are edges of bins,
so that every count is a count of lines."""
LEAST_HALF: Final = 0.25
"""Of a route whose requests all take alike, as files of a millisecond, no edge is near the middle: it has no half."""

REST: Final = "(rest)"
"""The routes that have no usual of their own, together."""


NOTHING_LEFT: Final = 1e-6
"""Requests that are none: what a difference of sums leaves of nothing."""


@dataclass(frozen=True, eq=False)
class Routes:
    """The histograms of one vendor's and server's log: one row per route, cell of time and bin, in order of cells.

    `names` and `cached` of each route; `route`, `cell`, `bin` and `records` of each row; `lowest` the first bin, `bins`
    in an octave. `cell_of` and `part` of each minute of the series: the cell that it lies in, -1 where there is none,
    and its part of the cell's requests, which is all of them where cells are minutes.
    """

    names: tuple[str, ...]
    cached: Booleans
    route: Integers
    cell: Integers
    bin: Integers
    records: Floats
    lowest: int
    bins: int
    cell_of: Integers
    part: Floats

    @cached_property
    def width(self) -> int:
        """Return how many bins there are."""
        return int(self.bin.max()) + 1

    @cached_property
    def _starts(self) -> Integers:
        """Return where the rows of each cell begin, and at the end where they all end."""
        return np.asarray(np.searchsorted(self.cell, np.arange(int(self.cell_of.max()) + 2)))

    @cached_property
    def _whole(self) -> Floats:
        return self._summed(self._parts(self.cell_of >= 0))

    def _parts(self, inside: Booleans) -> Floats:
        """Return the part of each cell's requests that some minutes hold."""
        part = np.bincount(self.cell_of[inside], self.part[inside], minlength=self._starts.size - 1)
        return part.astype(np.float64)

    def _summed(self, part: Floats) -> Floats:
        """Return (route, bin) of a part of each cell."""
        chosen = np.flatnonzero(part > 0)
        sizes = self._starts[chosen + 1] - self._starts[chosen]
        rows = np.repeat(self._starts[chosen + 1] - np.cumsum(sizes), sizes) + np.arange(int(sizes.sum()))
        cells = self.route[rows] * self.width + self.bin[rows]
        weight = self.records[rows] * np.repeat(part[chosen], sizes)
        counted = np.bincount(cells, weight, minlength=len(self.names) * self.width)
        return np.asarray(counted, np.float64).reshape(len(self.names), self.width)

    def histogram(self, minutes: Booleans) -> Floats:
        """Return (route, bin) of some minutes; of most of them as what the others leave."""
        inside = self.cell_of >= 0
        if 2 * np.count_nonzero(minutes & inside) <= np.count_nonzero(inside):
            return self._summed(self._parts(minutes & inside))
        left = self._whole - self._summed(self._parts(~minutes & inside))
        return np.where(left > NOTHING_LEFT, left, 0.0)

    def by_minute(self, rows: Booleans | Integers | slice, weights: Floats) -> Floats:
        """Return the sum over some rows for each minute of the series."""
        cells = np.bincount(self.cell[rows], weights, minlength=int(self.cell_of.max()) + 1)
        return np.where(self.cell_of >= 0, cells[self.cell_of] * self.part, 0.0)

    def seconds(self, number: int) -> float:
        """Return the lower edge of a bin."""
        return edges(number + self.lowest, self.bins)[0]


@dataclass(frozen=True, eq=False)
class Usual:
    """What is usual: of each route the class it belongs to, of each class its limits and the shares beyond them.

    `of` is (route) → class, `names` and `cached` of the classes, `limits` (class) the first bin beyond, `shares`
    (class) how many lie there; by family. Where a class has no limit, it is the number of bins and its share 0.
    `pdf` (class, bin) are the shares of the bins.
    """

    of: Integers
    names: tuple[str, ...]
    cached: Booleans
    limits: dict[str, Integers]
    shares: dict[str, Floats]
    pdf: Floats


def routes_of(series: Series, tables: Counted, history: Counted | None = None) -> Routes | None:
    """Return the histograms in the minutes of a series; null where no duration is known."""
    cell_of, part = np.full(series.minute.size, -1), np.zeros(series.minute.size)
    rows: list[pl.DataFrame] = []
    for table, minutes in ((tables, series.fresh), (history, ~series.fresh)):
        if table is None:
            continue
        grain = GRAINS[table.latency_grain]
        place = np.flatnonzero(minutes & (series.minute >= 0))
        cell, index = np.unique(series.minute[place] // grain.minutes, return_inverse=True)
        number = int(cell_of.max()) + 1
        cell_of[place] = index + number
        requests = series.requests[place]
        whole = np.bincount(index, requests, minlength=cell.size)[index]
        part[place] = np.divide(requests, whole, out=np.zeros(place.size), where=whole > 0)
        rows.append(_rows(table, series, grain, cell, number))
    together = pl.concat(rows)
    if together.height == 0:
        return None
    together = _busiest(together)
    bins = int(together["bins"].min() or 1)  # type: ignore[arg-type]  # a whole number
    # Routes are told apart by number: there are few, and millions of rows.
    code = together["route"].cast(pl.Categorical).to_physical().cast(pl.Int64) * 2 + together["cached"]
    together = together.select(
        code.alias("code"), "number", pl.col("bin") // (pl.col("bins") // bins), "records", "route", "cached"
    )
    names = together.group_by("code").agg(pl.col("route", "cached").first()).sort("route", "cached")
    cells = together["number"].to_numpy()
    few = int(cell_of.max()) <= np.iinfo(np.uint16).max  # then they are sorted in one pass
    order = np.argsort(cells.astype(np.uint16) if few else cells, kind="stable")
    place_of = np.zeros(int(names["code"].max() or 0) + 1, np.int64)  # type: ignore[arg-type]  # a whole number
    place_of[names["code"].to_numpy()] = np.arange(names.height)
    bin_ = together["bin"].to_numpy()
    lowest = int(bin_.min())
    return Routes(
        names=tuple(names["route"]),
        cached=names["cached"].to_numpy(),
        route=place_of[together["code"].to_numpy()[order]],
        cell=cells[order],
        bin=bin_[order] - lowest,
        records=together["records"].to_numpy()[order],
        lowest=lowest,
        bins=bins,
        cell_of=cell_of,
        part=part,
    )


def _busiest(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with the busiest routes by name, where there are more than twice as many, the others as one."""
    counted = rows.group_by("route").agg(pl.col("records").sum())
    if counted.height <= 2 * ROUTES:
        return rows
    named = counted.filter(pl.col("route") != OTHER).sort(-pl.col("records"), "route")["route"].head(ROUTES)
    return rows.with_columns(
        route=pl.when(pl.col("route").is_in(named.to_list())).then("route").otherwise(pl.lit(OTHER))
    )


def _rows(table: Counted, series: Series, grain: Grain, cells: Integers, first: int) -> pl.DataFrame:
    """Return `route`, `cached`, `number` of the cell, `bin`, `bins` in an octave and `records` of a series.

    Parameters
    ----------
    cells: minutes since 1970, in the grain, that the series has, sorted.
    first: number of the first of them.
    """
    mine = (pl.col("vendor") == series.vendor) & pl.col("server").eq_missing(pl.lit(series.server, pl.String))
    rows = table.latency.filter(mine)
    cell = (rows["minute"].dt.epoch("s") // (60 * grain.minutes)).to_numpy()
    begin, end = (int(cells[0]), int(cells[-1])) if cells.size else (0, 0)
    number = np.full(end - begin + 1, -1)
    number[cells - begin] = np.arange(cells.size)
    place = number[np.clip(cell - begin, 0, end - begin)]
    inside = (place >= 0) & (cell >= begin) & (cell <= end)
    return rows.select(
        "route",
        "cached",
        pl.Series("number", place + first, dtype=pl.Int64),
        pl.col("bin").cast(pl.Int64),
        pl.lit(grain.bins, pl.Int64).alias("bins"),
        pl.col("records").cast(pl.Float64),
    ).filter(pl.Series(inside))


def usual(routes: Routes, calm: Booleans) -> Usual:
    """Return what is usual in calm minutes."""
    histogram = routes.histogram(calm)
    known = histogram.sum(axis=1) >= LEAST_USUAL
    kept = np.flatnonzero(known)
    of = np.full(len(routes.names), kept.size)
    of[kept] = np.arange(kept.size)
    counts = np.vstack((histogram[kept], histogram[~known].sum(axis=0)))
    total = counts.sum(axis=1)
    beyond = np.hstack((np.cumsum(counts[:, ::-1], axis=1)[:, ::-1], np.zeros((counts.shape[0], 1))))
    chances = (beyond + HALF_EVENT) / (total + 1)[:, None]
    limits, shares = {}, {}
    for family, (wanted, most) in {"slow95": SLOW95, "slow50": SLOW50}.items():
        allowed = beyond <= most * total[:, None]
        off = np.where(allowed, np.abs(np.log(chances / wanted)), np.inf)
        limit = np.argmin(off, axis=1)
        share = np.take_along_axis(chances, limit[:, None], axis=1)[:, 0]
        if family == "slow50":
            none = share < LEAST_HALF
            limit, share = np.where(none, routes.width, limit), np.where(none, 0.0, share)
        none = total == 0
        limits[family], shares[family] = np.where(none, routes.width, limit), np.where(none, 0.0, share)
    return Usual(
        of=of,
        names=(*(routes.names[place] for place in kept), REST),
        cached=np.append(routes.cached[kept], False),
        limits=limits,
        shares=shares,
        pdf=counts / np.maximum(total, 1.0)[:, None],
    )


def slow(routes: Routes, known: Usual, family: str) -> tuple[Floats, Floats]:
    """Return the slow requests of each minute, and how many the usual of what was asked for leads one to expect."""
    of = known.of[routes.route]
    late = routes.bin >= known.limits[family][of]
    expected = routes.by_minute(slice(None), routes.records * known.shares[family][of])
    return routes.by_minute(late, routes.records[late]), expected


def slow_by_class(
    routes: Routes, known: Usual, family: str, classes: Sequence[int]
) -> Iterator[tuple[int, Floats, Floats]]:
    """Yield some classes, each with the same of its requests alone."""
    of = known.of[routes.route].astype(np.int16)  # few, and so sorted in one pass
    order = np.argsort(of, kind="stable")
    edges = np.searchsorted(of[order], np.arange(len(known.names) + 1))
    for one in classes:
        mine = order[edges[one] : edges[one + 1]]
        late = mine[routes.bin[mine] >= known.limits[family][one]]
        expected = routes.by_minute(mine, routes.records[mine] * float(known.shares[family][one]))
        yield one, routes.by_minute(late, routes.records[late]), expected


def asked(routes: Routes) -> Floats:
    """Return the requests of each minute whose duration is known."""
    return routes.by_minute(slice(None), routes.records)


def quantile(histogram: Floats, share: float, routes: Routes) -> float:
    """Return the seconds that a share of a histogram's requests did not exceed; within a bin evenly in octaves."""
    total = np.cumsum(histogram)
    wanted = share * total[-1]
    place = int(np.searchsorted(total, wanted))
    before = total[place - 1] if place else 0.0
    part = (wanted - before) / max(histogram[place], 1e-12)
    return routes.seconds(place) * 2 ** (float(np.clip(part, 0.0, 1.0)) / routes.bins)
