"""Requests of a window and what is usual → the values that carry the excess, or nobody; and how far it spread.

Every value of every dimension is asked how much of the excess it carries, and how many times likelier than elsewhere
a request of it was to be an excess event. Only the lower end of that ratio counts, over all that was asked, so that
chance among thousands of values names nobody. Where no value passes, the finding has no single cause.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from loganalyzer.findings import Cause, Reach

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Namer = Callable[[str, str], str | None]

EVENT: Final = "event"
"""Column of a window's requests: whether one is among what the finding counts."""

BY_VOLUME: Final = frozenset({"client", "network", "user", "agent", "country", "asn"})
"""Dimensions of who asks: that one of them asks more than usual may be the anomaly itself."""

NARROWER: Final[dict[str, tuple[str, ...]]] = {
    "client": ("network", "agent", "country", "asn", "policy", "path", "route"),
    "network": ("asn", "country"),
    "asn": ("country",),
    "user": ("client", "network", "agent", "policy"),
    "path": ("route", "host", "upstream", "category", "method", "cache"),
    "route": ("host", "upstream", "category", "method", "cache"),
    "host": ("upstream", "category"),
}
"""Dimension → wider ones, a value of which may hold one of its values; a path that fails for one client alone is the
client's matter."""

SHRINK: Final = 20.0
"""Requests at the common rate that a value is given on top of its own: a rare one has no rate of its own."""

CHANCE: Final = 0.02
"""Chance that any of all values tested is blamed where none is to blame."""

LEAST_EVENTS: Final = 5
LEAST_SHARE: Final = 0.2
LEAST_TIMES: Final = 2.0
LEAST_RATIO: Final = 1.5
"""What a value needs: events, share of the excess, times its own expected, lower end of the ratio."""

FURTHER_SHARE: Final = 0.1
MOST_VALUES: Final = 3
ENOUGH: Final = 0.8
"""Further values of the winner's dimension are named while each adds a tenth, three at most, up to four fifths."""

PAIR_SHARE: Final = 0.9
"""A pair must keep nine tenths of the winner's excess, and explain the window surely better than the winner."""

AHEAD: Final = 0.15
"""Share of the excess by which a wider value must be ahead of a narrower one that it holds."""
HELD: Final = 0.95
"""Share of a narrower value's events that lie in the wider one that holds it."""
ALIKE: Final = 0.05
ALIKE_LEAST: Final = 3.0
"""Part of the wider value's gain, and log-likelihood (1 in 20), below which the two explain a window equally well."""

BEHIND: Final = ("upstream", "cache")
"""Dimensions that tell what stands behind: what it does not reach cannot fail there, and is no foil for what fails."""

OUTCOMES: Final = frozenset({"action", "policy", "cache"})
NAMES_IT: Final = 0.5
"""Dimensions that the log writes when all is over, and share of events from which on a value is a name of the event:
it explains nothing where the usual events have it as well."""

LEAST_USUAL: Final = 200
"""Requests outside incidents below which they tell no rate: the finding's own expectation must do."""

DIGITS: Final = 6
"""Decimals of a number of requests that are told apart."""

HALVINGS: Final = 50
"""Steps to the lower end of a share: more than a double can tell apart."""


@dataclass(frozen=True, eq=False)
class Window:
    """What a finding is attributed on.

    `rows`: one request each, with a column per dimension (null where it has no value) and `EVENT`; values may be
    texts or codes. `usual`: dimension → `value`, `requests`, `events` outside all incidents; a dimension that is not
    in it is not known there. `requests` and `events` are the same over all requests. `expected` events were due in the
    window. `clumping` is the variance over the mean of such events on an ordinary day: who fails tries again, and five
    tries are no five witnesses. `every`: every request is an event, and a value is judged by its usual part of them.
    `answered` are the values of `cache`, as text, of what was answered without asking behind. Who is named must carry
    `least` of the excess together.
    """

    rows: pl.DataFrame
    usual: dict[str, pl.DataFrame]
    requests: float
    events: float
    expected: float
    clumping: float = 1.0
    every: bool = False
    answered: frozenset[str] = frozenset()
    least: float = 0.0

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions that the requests have."""
        return tuple(name for name in self.rows.columns if name != EVENT)


def causes(window: Window, name_of: Namer | None = None) -> tuple[Cause, ...]:
    """Return the values that carry the excess, the first most of it; none where there is no single cause.

    Parameters
    ----------
    window: requests, and what is usual.
    name_of: dimension and value → the value as text; a value without a name is not blamed.
    """
    return _Attribution(window, name_of or (lambda _, value: str(value))).causes()


def reach(window: Window, dimensions: Sequence[str]) -> tuple[Reach, ...]:
    """Return how far the events of a window spread over some of its dimensions, if it has more than one value."""
    found = []
    for dimension in dimensions:
        if dimension not in window.dimensions:
            continue
        counts = (
            window.rows.group_by(dimension)
            .agg(pl.col(EVENT).sum())
            .filter(pl.col(dimension).is_not_null())[EVENT]
            .to_numpy()
        )
        affected = counts[counts > 0]
        if counts.size < 2 or affected.size == 0:  # noqa: PLR2004  # one value tells nothing
            continue
        found.append(
            Reach(
                dimension=dimension,
                affected=int(affected.size),
                values=int(counts.size),
                effective=effective(affected),
                top_share=float(affected.max() / affected.sum()),
            )
        )
    return tuple(found)


def with_near(usual: dict[str, pl.DataFrame], requests: float, near: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return what is usual of many requests, of each value at least its part of those before and after a window.

    Who comes more often at this hour, or on this day, brings no surge by that.

    Parameters
    ----------
    usual: dimension → `value`, `requests`, `events`, of `requests` in all.
    near: the requests before and after, with a column per dimension.
    """
    if requests <= 0:
        return usual
    raised = {}
    for dimension, known in usual.items():
        if dimension not in near.columns:
            raised[dimension] = known
            continue
        beside = (
            near.lazy()
            .filter(pl.col(dimension).is_not_null())
            .group_by(pl.col(dimension).alias("value"))
            .agg(pl.len().cast(pl.Float64).alias("_near"))
        )
        both = (
            known.lazy()
            .join(beside, on="value", how="full", coalesce=True)
            .with_columns(pl.col("requests", "events", "_near").fill_null(0.0))
            .collect()
        )
        part = both["requests"].to_numpy() / requests
        near_by = (both["_near"].to_numpy() + SHRINK * part) / (near.height + SHRINK)
        most = np.round(np.maximum(part, near_by) * requests, DIGITS)
        raised[dimension] = both.select("value", pl.Series("requests", most), "events")
    return raised


def effective(counts: NDArray[Any]) -> float:
    """Return how many equal values would be as mixed as these counts above 0: exp(entropy).

    >>> effective(np.array([5, 5, 5]))
    3.0
    """
    shares = (
        np.sort(counts) / counts.sum()
    )  # sorted, or equal logs in another order would differ in the last digit
    return round(float(np.exp(-(shares * np.log(shares)).sum())), 9)


@dataclass(frozen=True, eq=False)
class _Whole:
    """What a value is compared with: the size, events and excess of a window, or of what others left of it."""

    size: float
    events: float
    excess: float


class _Attribution:
    """The steps from counts to causes, which share the sums of one window."""

    def __init__(self, window: Window, name_of: Namer) -> None:
        self.window, self.name_of = window, name_of
        self.requests = float(window.rows.height)
        self.events = float(window.rows[EVENT].sum())
        self.known = window.requests >= LEAST_USUAL
        self.rate = window.expected / max(self.requests, 1.0)
        if self.known:
            self.rate = (window.events + 0.5) / window.requests

    def causes(self) -> tuple[Cause, ...]:
        """Return what is to blame."""
        if self.events == 0:
            return ()
        table = self._counted(self.window.rows)
        self.odds = math.log(max(table.height, 2) / CHANCE) * max(1.0, self.window.clumping)
        if self.events == self.requests and not self.window.every:
            return self._one_client()
        sets = [
            found
            for _, part in table.group_by("dimension", maintain_order=True)
            if (found := self._carriers(part))
        ]
        if not sets:
            return self._one_client()
        best = self._nearest(max(sets, key=self._gain_of), sets)
        if len(best) == 1 and (pair := self._pair(best[0])):
            return tuple(cause for cause in [self._cause(best[0], pair)] if cause)
        return tuple(cause for row in best if (cause := self._cause(row)))

    def _one_client(self) -> tuple[Cause, ...]:
        """Return the client of all requests of the window, where on an ordinary day it surely makes not so many.

        Nobody asks beside it, so that it has no ratio within the window: the requests of other days are the foil.
        """
        usual = self.window.usual.get("client") if self.known else None
        if usual is None or "client" not in self.window.dimensions or not self._alone("client"):
            return ()
        rows = self.window.rows
        value = str(rows["client"].drop_nulls()[0])
        mine = usual.filter(pl.col("value").cast(pl.String) == value)
        requests, events = (float(mine[name].sum()) for name in ("requests", "events"))
        part = (requests + 1.0) / (self.window.requests + 1.0)
        seen = float(rows.filter(EVENT)["client"].count())
        least = float(lower_share(np.array([seen / self.events]), self.events, self.odds)[0])
        ratio = least * (1 - part) / ((1 - least) * part)
        if seen < max(LEAST_EVENTS, HELD * self.events) or ratio <= LEAST_RATIO:
            return ()
        row = _Row(
            dimension="client",
            value=value,
            requests=float(rows["client"].count()),
            events=seen,
            rate=(events + SHRINK * self.rate) / (requests + SHRINK),
            usual=part * self.requests,
            expected=part * self.window.expected,
            due=self.window.expected,
            excess=seen - self.window.expected,
            lower=ratio,
        )
        cause = self._cause(row) if row.excess > 0 else None
        return (cause,) if cause else ()

    def _counted(self, rows: pl.DataFrame, leave: str = "") -> pl.DataFrame:
        """Return one row per value with enough events, sorted by dimension and value.

        Its columns are `dimension`, `value`, `requests`, `events`, `expected` (events due), `usual` (requests of an
        ordinary day) and `due`, the events due over all values of the dimension and what has none.
        """
        dimensions = [name for name in self.window.dimensions if name != leave]
        parts = pl.collect_all([self._of(name, rows.lazy()) for name in dimensions])
        made = [part.with_columns(pl.col("value").cast(pl.String).alias("_text")) for part in parts]
        # Values of one dimension may be codes and of another texts: they are told apart by their text.
        kept = [part.with_columns(value=pl.col("_text")) for part in made if part.height]
        return pl.concat(kept).sort("dimension", "value") if kept else pl.DataFrame(schema=_COUNTS)

    def _of(self, dimension: str, rows: pl.LazyFrame) -> pl.LazyFrame:
        window, column = self.window, pl.col(dimension)
        counts = rows.group_by(column.alias("value")).agg(
            pl.len().cast(pl.Float64).alias("requests"), pl.col(EVENT).sum().cast(pl.Float64).alias("events")
        )
        before = window.usual.get(dimension) if self.known else None
        if before is None:
            counts = counts.with_columns(_requests=pl.lit(0.0), _events=pl.lit(0.0))
        else:
            renamed = before.lazy().rename({"requests": "_requests", "events": "_events"})
            counts = counts.join(renamed, on="value", how="left").with_columns(
                pl.col("_requests", "_events").fill_null(0.0)
            )
        rate = (pl.col("_events") + SHRINK * self.rate) / (pl.col("_requests") + SHRINK)
        usual = pl.col("requests")
        if before is not None and (window.every or dimension in BY_VOLUME):
            whole = window.expected if window.every else self.requests
            usual = pl.col("_requests") * (whole / window.requests)
        enough = pl.col("value").is_not_null() & (pl.col("events") >= LEAST_EVENTS)
        if dimension in OUTCOMES and not window.every:
            enough &= ~self._is_a_name(before)
        if window.every:  # all due together may be more than were expected, see `with_near`
            return (
                counts.with_columns(
                    rate=pl.lit(1.0), usual=usual, expected=usual, due=pl.lit(window.expected)
                )
                .with_columns(dimension=pl.lit(dimension))
                .filter(enough)
                .drop("_requests", "_events")
            )
        return (
            counts.with_columns(rate=rate, usual=usual)
            # Rows come in any order, and the last digit of a sum depends on it.
            .with_columns(_due=(pl.col("rate") * pl.col("usual")).sum().round(DIGITS))
            # The detector knows what was due; other trouble in what is usual must not explain this one away.
            .with_columns(rate=pl.col("rate") * (window.expected / pl.col("_due")).clip(upper_bound=1.0))
            .with_columns(expected=pl.col("rate") * pl.col("usual"))
            .with_columns(due=pl.col("expected").sum().round(DIGITS), dimension=pl.lit(dimension))
            .filter(enough)
            .drop("_requests", "_events", "_due")
        )

    def _is_a_name(self, before: pl.DataFrame | None) -> pl.Expr:
        """Return whether a value is another name of the event: in what is usual, else in the window itself.

        What is usual does not tell where most of its events have no values: those of a proxy's handshakes have not.
        """
        if before is not None and float(before["events"].sum()) >= NAMES_IT * self.window.events:
            usually = pl.col("_events") >= ENOUGH * max(self.window.events, 1.0)
            return usually & (pl.col("_events") >= NAMES_IT * pl.col("_requests"))
        here = pl.col("events") >= HELD * self.events
        return here & (pl.col("events") >= HELD * pl.col("requests"))

    def _carriers(self, table: pl.DataFrame) -> list[_Row]:
        """Return the values of one dimension that carry the excess, the first most of it."""
        rows = [_Row(**row) for row in table.drop("_text").iter_rows(named=True)]
        whole = self._reached(self.window.rows, rows[0])
        if rows[0].dimension == "upstream" and self._alone("upstream"):
            whole = self._whole(rows[0].due)  # that all of it is where alone one can ask is an answer
        if whole.excess <= 0:
            return []
        found: list[_Row] = []
        left, least = whole, LEAST_SHARE
        while len(found) < MOST_VALUES:
            judged = [
                row
                for row in self._judged(
                    [row for row in rows if row.value not in {one.value for one in found}], left
                )
                if row.excess >= least * whole.excess and row.lower > LEAST_RATIO
            ]
            if not judged:
                break
            best = max(judged, key=lambda row: row.gain)
            found.append(replace(best, share=min(1.0, best.excess / whole.excess)))
            if sum(row.excess for row in found) >= ENOUGH * whole.excess:
                break
            left = _Whole(left.size - self._size(best), left.events - best.events, left.excess - best.excess)
            least = FURTHER_SHARE
        return found if sum(row.share for row in found) >= self.window.least else []

    def _reached(self, rows: pl.DataFrame, one: _Row) -> _Whole:
        """Return the whole that a value is compared with: of a dimension that stands behind, what asked there.

        What did not ask there is left in where it fails as well.
        """
        whole = self._whole(one.due)
        if one.dimension not in BEHIND or self.window.every:
            return whole
        value = pl.col(one.dimension)
        beside = value.is_null()
        if one.dimension == "cache" and self.window.answered:
            beside |= value.cast(pl.String).is_in(list(self.window.answered))
        requests, events = rows.filter(beside).select(pl.len(), pl.col(EVENT).sum()).row(0)
        if events - requests * self.rate > (1 - HELD) * whole.excess:
            return whole
        return _Whole(whole.size - requests, whole.events - events, whole.excess)

    def _size(self, row: _Row) -> float:
        """Return what the excess of a value is held against: its requests, or of more requests those that are usual.

        Who has never come before is given one.
        """
        return row.expected + 1.0 if self.window.every else row.requests

    def _whole(self, due: float) -> _Whole:
        """Return the whole window, in which so many events were due."""
        return _Whole(due + 1.0 if self.window.every else self.requests, self.events, self.events - due)

    def _judged(self, rows: list[_Row], whole: _Whole) -> list[_Row]:
        """Return the rows with enough events above their own expected, with the lower end of their ratio and gain."""
        rows = [
            row for row in rows if row.events >= LEAST_TIMES * row.expected and self._size(row) < whole.size
        ]
        if not rows or whole.excess <= 0:
            return []
        a, n, e = np.array([(row.events, self._size(row), row.expected) for row in rows]).T
        lower, gain = judge(a, n, e, whole.size, whole.events, whole.excess, self.odds)
        return [
            replace(row, excess=row.events - row.expected, lower=float(low), gain=float(good))
            for row, low, good in zip(rows, lower, gain, strict=True)
        ]

    def _gain_of(self, found: list[_Row]) -> tuple[float, str, str]:
        """Return how much better values together explain the window than nobody; each further one has its price."""
        whole = self._whole(found[0].due)
        a, n, e = np.array([(row.events, self._size(row), row.expected) for row in found]).sum(axis=0)[
            :, None
        ]
        _, gain = judge(a, n, e, whole.size, whole.events, whole.excess, self.odds)
        return float(gain[0]) - self.odds * (len(found) - 1), found[0].dimension, found[0].value

    def _nearest(self, best: list[_Row], sets: list[list[_Row]]) -> list[_Row]:
        """Return the narrowest value that explains the window as well as the best one that holds it."""
        if len(best) > 1:
            return best
        for other in sets:
            wide, narrow = best[0], other[0]
            if (
                len(other) == 1
                and wide.dimension in NARROWER.get(narrow.dimension, ())
                and narrow.share > wide.share - AHEAD
                and self._gain_of(other)[0] >= self._gain_of(best)[0] * (1 - ALIKE) - ALIKE_LEAST
                and self._holds(wide, narrow)
            ):
                return self._nearest(other, sets)
        return best

    def _holds(self, wide: _Row, narrow: _Row) -> bool:
        """Tell whether the events of one value nearly all lie in another."""
        events = self.window.rows.filter(pl.col(EVENT) & self._is(narrow))
        return float(events.select(self._is(wide).mean()).item() or 0.0) >= HELD

    def _is(self, row: _Row) -> pl.Expr:
        column = pl.col(row.dimension)
        dtype = self.window.rows.schema[row.dimension]
        return (column == pl.lit(row.value).cast(dtype)).fill_null(value=False)

    def _pair(self, outer: _Row) -> _Row | None:
        """Return the value within another that carries nearly all of its excess, and is much more concentrated."""
        inside = self.window.rows.filter(self._is(outer))
        table = self._counted(inside, leave=outer.dimension)
        whole = self._whole(outer.due)
        scale = outer.expected / outer.requests
        rows = [
            replace(_Row(**row), expected=scale * row["requests"], usual=row["requests"], rate=scale)
            for row in table.drop("_text").iter_rows(named=True)
            if row["dimension"] not in OUTCOMES  # what is written when all is over narrows nothing down
        ]
        good = [
            row
            for row in self._judged(rows, whole)
            if row.excess >= PAIR_SHARE * outer.excess
            and row.gain >= self._gain_behind(outer, inside, row) + self.odds
        ]
        return max(good, key=lambda row: row.gain, default=None)

    def _gain_behind(self, outer: _Row, inside: pl.DataFrame, inner: _Row) -> float:
        """Return what blaming a value gains without what an inner one's dimension does not concern."""
        whole = self._whole(outer.due)
        left = self._reached(inside, inner)
        beside = whole.size - left.size
        gain = self._gain_of([outer])[0]
        if beside == 0:
            return gain
        less = replace(
            outer, requests=outer.requests - beside, events=outer.events - (whole.events - left.events)
        )
        return max((row.gain for row in self._judged([less], whole)), default=gain)

    def _cause(self, row: _Row, inner: _Row | None = None) -> Cause | None:
        """Return a value, or a pair, as what is to blame; null where a value has no name."""
        value = self.name_of(row.dimension, row.value)
        within = self.name_of(inner.dimension, inner.value) if inner else None
        if value is None or (inner and within is None):
            return None
        one = inner or row
        return Cause(
            dimension=told_as(row.dimension),
            value=value,
            share_of_excess=min(1.0, one.excess / (self.events - row.due)),
            share_of_requests=one.requests / self.requests,
            ratio_lower=one.lower,
            failing=one.events,
            requests=one.requests,
            expected=one.expected,
            fails_more=one.events - one.requests * one.rate,
            comes_more=(one.requests - one.usual) * one.rate,
            inner_dimension=told_as(inner.dimension) if inner else None,
            inner_value=within,
            only=inner is None and self._alone(row.dimension),
        )

    def _alone(self, dimension: str) -> bool:
        """Tell whether the requests of the window name one value of a dimension, and no other."""
        return self.window.rows[dimension].drop_nulls().n_unique() == 1


_COUNTS: Final = pl.Schema({"dimension": pl.String(), "value": pl.String(), "_text": pl.String()})


def told_as(dimension: str) -> str:
    """Return the name of a dimension to a reader: a route is a path with names as `{name}`."""
    return "path" if dimension == "route" else dimension


@dataclass(frozen=True)
class _Row:
    """One value: its counts, and what was made of them."""

    dimension: str
    value: str
    requests: float
    events: float
    rate: float
    usual: float
    expected: float
    due: float
    excess: float = 0.0
    share: float = 0.0
    lower: float = 0.0
    gain: float = 0.0


def judge(
    events: Floats,
    requests: Floats,
    expected: Floats,
    all_requests: float,
    all_events: float,
    excess: float,
    odds: float,
) -> tuple[Floats, Floats]:
    """Return of each value the lower end of its excess risk ratio, and the log-likelihood gained by blaming it.

    The ratio is that of excess events per request in the value and elsewhere. Its lower end is where the share of the
    events that the value has would be by Chernoff's bound as improbable as exp(-odds): unlike the usual bound by
    standard errors of logs it holds where nothing fails elsewhere. The gain is against an excess spread evenly over
    all requests.
    """
    rest = all_requests - requests
    share = lower_share(events / all_events, all_events, odds)
    least = np.clip(share * all_events - expected, 0.0, excess)
    lower = (least / requests) / ((excess - least + 0.5) / rest)
    even = np.clip(expected + excess * requests / all_requests, 1e-9, all_events - 1e-9)
    others = all_events - events
    gain = events * np.log(events / even)
    gain += np.where(others > 0, others * np.log(np.maximum(others, 1e-9) / (all_events - even)), 0.0)
    return lower, np.where(events > even, gain, 0.0)


def lower_share(share: Floats, trials: float, odds: float) -> Floats:
    """Return the smallest true share under which a share of the trials has a chance of exp(-odds), by Chernoff's bound.

    >>> lower_share(np.array([1.0]), 100.0, 5.0).round(3)  # e^(-5/100)
    array([0.951])
    """
    low, high = np.zeros_like(share), share.copy()
    for _ in range(HALVINGS):
        middle = np.clip((low + high) / 2, 1e-300, None)
        apart = np.where(share > 0, share * np.log(np.maximum(share, 1e-300) / middle), 0.0)
        apart += np.where(share < 1, (1 - share) * np.log(np.maximum(1 - share, 1e-300) / (1 - middle)), 0.0)
        beyond = trials * apart > odds
        low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
    return np.minimum(high, share)
