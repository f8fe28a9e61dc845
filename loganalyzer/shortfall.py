"""Requests that came and those that were due → the values that stay away, or that all do alike.

What did not come has left no line. But what each value usually has of the requests is known, from the whole log and
from the minutes before and after: what a value lacks of its part of the expected ones is its part of the deficit. It is
blamed where its part of what did come is surely smaller than if all stayed away alike; the bound is that of
`attribution`, seen from the other side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from loganalyzer.attribution import (
    AHEAD,
    ALIKE,
    ALIKE_LEAST,
    CHANCE,
    ENOUGH,
    FURTHER_SHARE,
    HELD,
    LEAST_EVENTS,
    LEAST_RATIO,
    LEAST_SHARE,
    LEAST_TIMES,
    LEAST_USUAL,
    MOST_VALUES,
    NARROWER,
    SHRINK,
    effective,
    lower_share,
    told_as,
)
from loganalyzer.findings import Cause, Reach

if TYPE_CHECKING:
    from loganalyzer.attribution import Namer

EFFECTS: Final = frozenset({"upstream", "cache", "action"})
"""Dimensions that the server decides once a request is there: who stays away cannot be told by them, unless nothing
that asks or is asked for explains it as well. An upstream that never answers keeps its requests out of a log."""

TELLING: Final = 30.0
"""Requests due from which on a value tells whether it stays away with the others."""

HALF: Final = 0.5
"""Part of what all lack together that a value must lack to stay away with the others: half of it."""

NEARLY_ALL: Final = 0.8
"""Part of the values of every dimension that must stay away for all to do so alike."""

SPREAD_OVER: Final = ("host", "country", "path", "network", "agent")
"""Dimensions of which it is told how many of their values stay away."""


@dataclass(frozen=True, eq=False)
class Shortfall:
    """What a lack of requests is attributed on.

    `rows`: the requests that came, one each, with a column per dimension (null where it has no value). `near`: those
    of the minutes before and after, with the same columns. `usual`: dimension → `value`, `requests` outside of all such
    stretches, of `requests` in all. `expected` requests were due. `clumping` is the variance over the mean of such
    counts on an ordinary day.
    """

    rows: pl.DataFrame
    near: pl.DataFrame
    usual: dict[str, pl.DataFrame]
    requests: float
    expected: float
    clumping: float = 1.0


@dataclass(frozen=True)
class Absence:
    """Who stays away: `causes`, the first most of it; else none, and `alike` where all do. `reach`: how many."""

    causes: tuple[Cause, ...]
    reach: tuple[Reach, ...]
    alike: bool


@dataclass(frozen=True)
class _Due:
    """One value: the requests that came, and those that were due, at least and at most."""

    dimension: str
    value: str
    came: float
    due: float
    most: float

    @property
    def lacks(self) -> float:
        return self.due - self.came


@dataclass(frozen=True)
class _Set:
    """Values of one dimension that stay away together, and how surely they do."""

    rows: tuple[_Due, ...]
    lower: float
    gain: float
    price: float

    @property
    def dimension(self) -> str:
        return self.rows[0].dimension

    @property
    def rank(self) -> tuple[float, str, str]:
        return self.gain - self.price, self.dimension, self.rows[0].value

    @property
    def lacks(self) -> float:
        return sum(row.lacks for row in self.rows)


def absence(short: Shortfall, name_of: Namer | None = None) -> Absence | None:
    """Return who stays away; null where nothing tells what is usual.

    Parameters
    ----------
    short: the requests that came, and what was due.
    name_of: dimension and value → the value as text; a value without a name is not blamed.
    """
    if short.requests + short.near.height < LEAST_USUAL or short.expected <= short.rows.height:
        return None
    return _Attribution(short, name_of or (lambda _, value: str(value))).told()


class _Attribution:
    """The steps from counts to causes, which share the sums of one window."""

    def __init__(self, short: Shortfall, name_of: Namer) -> None:
        self.short, self.name_of = short, name_of
        self.came = float(short.rows.height)
        self.lacking = short.expected - self.came

    def told(self) -> Absence:
        """Return what is told of the window."""
        table = {name: self._due(name) for name in self.short.rows.columns}
        tested = {
            name: [row for row in rows if row.due >= max(LEAST_EVENTS, FURTHER_SHARE * self.lacking)]
            for name, rows in table.items()
        }
        many = sum(len(rows) for rows in tested.values())
        self.odds = math.log(max(many, 2) / CHANCE) * max(1.0, self.short.clumping)
        sets = [found for rows in tested.values() if (found := self._missing(rows))]
        causes: tuple[Cause, ...] = ()
        if sets:
            best = self._nearest(self._who_asks(max(sets, key=lambda one: one.rank), sets), sets)
            causes = tuple(cause for row in best.rows if (cause := self._cause(row, best)))
        reach = tuple(one for name in SPREAD_OVER if (one := self._reach(name, table.get(name, []))))
        alike = not causes and bool(reach) and all(one.affected >= NEARLY_ALL * one.values for one in reach)
        return Absence(causes, reach, alike)

    def _due(self, dimension: str) -> list[_Due]:
        """Return the values of a dimension with the requests due, by the smaller and the larger of their usual parts.

        The smaller one is what they may be blamed for: a value that often comes at other hours, or that came much of
        late, is not missed for that.
        """
        came, near = (
            frame.lazy()
            .filter(pl.col(dimension).is_not_null())
            .group_by(pl.col(dimension).alias("value"))
            .agg(pl.len().cast(pl.Float64).alias(name))
            for name, frame in (("came", self.short.rows), ("near", self.short.near))
        )
        known = near.join(came, on="value", how="full", coalesce=True)
        at_hand = float(self.short.near.height)
        usual = self.short.usual.get(dimension)
        known = near.join(came, on="value", how="full", coalesce=True)
        if usual is not None and self.short.requests >= LEAST_USUAL:
            parts = usual.lazy().select("value", pl.col("requests").alias("always"))
            known, whole = parts.join(known, on="value", how="full", coalesce=True), self.short.requests
        elif at_hand:
            known, whole = known.with_columns(always="near"), at_hand
        else:
            return []
        counts = known.with_columns(pl.col("value").cast(pl.String)).fill_null(0.0).sort("value").collect()
        # Polars divides a column by a number to the last digit or not, depending on where a row stands; NumPy always.
        always, beside, came_of = (counts[name].to_numpy() for name in ("always", "near", "came"))
        part = always / whole
        near_by = (beside + SHRINK * part) / (at_hand + SHRINK)
        due, most = (each(part, near_by) * self.short.expected for each in (np.minimum, np.maximum))
        telling = np.flatnonzero(most >= LEAST_EVENTS)
        return [
            _Due(dimension, value, *numbers)
            for value, *numbers in zip(
                counts["value"].gather(telling).to_list(),
                *(each[telling].tolist() for each in (came_of, due, most)),
                strict=True,
            )
        ]

    def _missing(self, rows: list[_Due]) -> _Set | None:
        """Return the values of one dimension, up to three, that explain best what is missing; null if none does."""
        good = sorted(
            (
                row
                for row in rows
                if row.lacks >= FURTHER_SHARE * self.lacking and row.came * LEAST_TIMES <= row.due
            ),
            key=lambda row: (-row.lacks, row.value),
        )
        found = [self._judged(tuple(good[:many])) for many in range(1, min(MOST_VALUES, len(good)) + 1)]
        sure = [
            one
            for one in found
            # Each further value must leave less to those that are not named.
            if one.lower > LEAST_RATIO * len(one.rows)
            and one.lacks >= (LEAST_SHARE if len(one.rows) == 1 else ENOUGH) * self.lacking
        ]
        return max(sure, key=lambda one: one.rank, default=None)

    def _judged(self, rows: tuple[_Due, ...]) -> _Set:
        """Return values together, with the lower end of how much likelier than others a request of theirs is missing.

        By chance their part of what came is as small as it is with a probability of exp(-odds) where the true part is
        that of the upper end. The gain is the log-likelihood against all staying away alike.
        """
        came, due, whole = sum(row.came for row in rows), sum(row.due for row in rows), self.short.expected
        price = self.odds * (len(rows) - 1)
        rest = whole - due
        if self.came == 0 or rest <= 0:
            return _Set(rows, 0.0, 0.0, price)
        share, even = came / self.came, due / whole
        most = 1 - float(lower_share(np.array([1 - share]), self.came, self.odds + price)[0])
        least = min(max(due - most * self.came, 0.0), self.lacking)
        lower = (least / due) / ((self.lacking - least + 0.5) / rest)
        gain = came * math.log(share / even) if came else 0.0
        if came < self.came:
            gain += (self.came - came) * math.log((1 - share) / (1 - even))
        return _Set(rows, lower, gain if share < even else 0.0, price)

    def _who_asks(self, best: _Set, sets: list[_Set]) -> _Set:
        """Return who asks or what is asked for, where that explains the window as well as what the server does."""
        if best.dimension not in EFFECTS:
            return best
        others = [one for one in sets if one.dimension not in EFFECTS and _as_well(one, best)]
        return max(others, key=lambda one: one.rank, default=best)

    def _nearest(self, best: _Set, sets: list[_Set]) -> _Set:
        """Return the narrowest value that explains the window as well as the best one that holds it."""
        if len(best.rows) > 1:
            return best
        for other in sets:
            wide, narrow = best.rows[0], other.rows[0]
            if (
                len(other.rows) == 1
                and wide.dimension in NARROWER.get(narrow.dimension, ())
                and narrow.lacks > wide.lacks - AHEAD * self.lacking
                and _as_well(other, best)
                and self._holds(wide, narrow)
            ):
                return self._nearest(other, sets)
        return best

    def _holds(self, wide: _Due, narrow: _Due) -> bool:
        """Tell whether the requests of one value nearly all lie in another, on an ordinary day."""
        inside = self.short.near.filter(self._is(narrow))
        return float(inside.select(self._is(wide).mean()).item() or 0.0) >= HELD

    def _is(self, row: _Due) -> pl.Expr:
        dtype = self.short.near.schema[row.dimension]
        return (pl.col(row.dimension) == pl.lit(row.value).cast(dtype)).fill_null(value=False)

    def _cause(self, row: _Due, of: _Set) -> Cause | None:
        """Return a value as what stays away; null where it has no name."""
        value = self.name_of(row.dimension, row.value)
        if value is None:
            return None
        return Cause(
            dimension=told_as(row.dimension),
            value=value,
            share_of_excess=min(1.0, row.lacks / self.lacking),
            share_of_requests=row.came / self.came,
            ratio_lower=of.lower,
            failing=row.came,
            requests=row.came,
            expected=row.due,
            fails_more=0.0,
            comes_more=-row.lacks,
        )

    def _reach(self, dimension: str, rows: list[_Due]) -> Reach | None:
        """Return how many values of a dimension stay away, of those with enough due to tell; null below two."""
        telling = [row for row in rows if row.most >= TELLING]
        if len(telling) < 2:  # noqa: PLR2004  # one value tells nothing
            return None
        common = HALF * self.lacking / self.short.expected
        lacks = [(row.most - row.came, row.most) for row in telling]
        away = np.array([lack for lack, most in lacks if lack >= common * most])
        if not away.size:
            return None
        return Reach(
            dimension=dimension,
            affected=int(away.size),
            values=len(telling),
            effective=effective(away),
            top_share=float(away.max() / away.sum()),
        )


def _as_well(one: _Set, best: _Set) -> bool:
    """Tell whether values explain a window as well as the best ones."""
    return one.gain - one.price >= best.gain * (1 - ALIKE) - ALIKE_LEAST
