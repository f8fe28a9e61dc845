"""A seed and a kind of drop or surge → the requests that came, what is usual, and who truly stays away or comes.

The site is that of `blame`, whose visitors ask for several things in a row. A drop takes at least three tenths of the
requests away, as any that is found does, and a surge brings at least as many again.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import polars as pl

from loganalyzer.attribution import EVENT, Window, causes, with_near
from loganalyzer.shortfall import Shortfall, absence
from tests.detection.blame import USUAL, alike, asked_of, counted, falling, frame, shop

if TYPE_CHECKING:
    from tests.detection.blame import Asked, Floats, Named, Shop

    Pairs = set[tuple[str, str]]

    class Doing(Protocol):
        """What happens in a window: fewer requests, or more; and whose they are."""

        def __call__(self, site: Shop, random: np.random.Generator, asked: Asked) -> tuple[Asked, Named]:
            """Return requests, and the truth."""
            ...


SESSION: Final = 3.0
"""Mean number of requests of one visit."""
CLUMPING: Final = 2 * SESSION - 1
"""Variance of a geometric number of requests a visit, over its mean."""

NEAR: Final = 2
"""Windows' worth of requests before and after together."""

LEAST: Final = 0.3
"""Part of the requests whose absence is a drop at all."""


@dataclass(frozen=True)
class Case:
    """One drop or surge: `came`, `near` and `usual` as attribution is given them, and the (dimension, value) pairs.

    `alike` are values that have the requests of the one in `truth`, and no others.
    """

    came: pl.DataFrame
    near: pl.DataFrame
    usual: dict[str, pl.DataFrame]
    requests: float
    expected: float
    truth: frozenset[tuple[str, int]]
    alike: frozenset[tuple[str, int]]
    also: frozenset[tuple[str, int]] = frozenset()

    @property
    def down(self) -> bool:
        """Whether requests are missing."""
        return self.came.height < self.expected


def visits(site: Shop, random: np.random.Generator, size: int) -> Asked:
    """Return about so many requests, of which one visitor makes several."""
    first = asked_of(site, random, max(round(size / SESSION), 1))
    times = random.geometric(1 / SESSION, first["client"].size)
    asked = asked_of(site, random, int(times.sum()))
    return asked | {name: np.repeat(first[name], times) for name in ("client", "network", "agent", "country")}


def make(kind: str, size: int, seed: int) -> Case:
    """Return one case in whose window some `size` of requests was due."""
    random = np.random.default_rng([seed, size, zlib.crc32(kind.encode())])
    site = shop(random)
    if "network" in kind:  # one that is worth a drop
        office = random.random(site.client_network.size) < random.uniform(0.35, 0.6)
        site = replace(site, client_network=np.where(office, 0, site.client_network))
    usual = visits(site, random, USUAL * max(size, 3_000))
    if "other hour" in kind:
        weights = random.permutation(falling(int(site.country_of.max()) + 1))
        asks = site.client_share * weights[site.country_of[site.client_network]]
        site = replace(site, client_share=asks / asks.sum())
    near, asked = visits(site, random, NEAR * size), visits(site, random, size)
    asked, truth = KINDS[kind](site, random, asked)
    nothing = np.zeros(usual["client"].size, np.bool_)
    return Case(
        frame(asked, np.ones(asked["client"].size, np.bool_)).drop(EVENT),
        frame(near, np.zeros(near["client"].size, np.bool_)).drop(EVENT),
        counted(usual, nothing),
        float(nothing.size),
        float(size),
        frozenset(truth),
        alike(near if asked["client"].size < size else asked, truth),
    )


def _kept(asked: Asked, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Asked:
    return {name: values[kept] for name, values in asked.items()}


def _away(dimension: str, part: float, many: int = 1) -> Doing:
    """Return what takes a part of the requests of some values away, those that make up three tenths or more."""

    def away(site: Shop, random: np.random.Generator, asked: Asked) -> tuple[Asked, Named]:  # noqa: ARG001
        values, counts = np.unique(asked[dimension][asked[dimension] >= 0], return_counts=True)
        share = counts / asked[dimension].size
        order = np.argsort(-share)
        enough = [value for value in values[order] if share[values == value][0] * part >= 1.1 * LEAST]
        chosen = values[order][:many] if many > 1 or not enough else random.choice(enough, 1)
        gone = np.isin(asked[dimension], chosen) & (random.random(asked[dimension].size) < part)
        return _kept(asked, ~gone), [(dimension, int(value)) for value in chosen]

    return away


def _broad(part: float) -> Doing:
    def broad(site: Shop, random: np.random.Generator, asked: Asked) -> tuple[Asked, Named]:  # noqa: ARG001
        return _kept(asked, random.random(asked["client"].size) >= part), []

    return broad


def _more(dimension: str, more: float) -> Doing:
    """Return what adds requests of one value, which is any that has not more than a fifth of them."""

    def comes(site: Shop, random: np.random.Generator, asked: Asked) -> tuple[Asked, Named]:
        size = asked["client"].size
        extra = visits(site, random, 30 * size)
        values, counts = np.unique(extra[dimension][extra[dimension] >= 0], return_counts=True)
        value = int(random.choice(values[counts <= max(0.2 * extra["client"].size, counts.min())]))
        mine = np.flatnonzero(extra[dimension] == value)
        mine = random.choice(mine, round(more * size))
        asked = {name: np.concatenate([values, extra[name][mine]]) for name, values in asked.items()}
        return asked, [(dimension, value)]

    return comes


def _crawl(more: float) -> Doing:
    """Return what adds requests of one client for anything there is."""

    def crawl(site: Shop, random: np.random.Generator, asked: Asked) -> tuple[Asked, Named]:
        size = round(more * asked["client"].size)
        client = int(random.integers(0, site.client_share.size))
        network = int(site.client_network[client])
        extra = asked_of(site, random, size) | {
            "client": np.full(size, client),
            "network": np.full(size, network),
            "agent": np.full(size, site.client_agent[client]),
            "country": np.full(size, site.country_of[network]),
        }
        asked = {name: np.concatenate([values, extra[name]]) for name, values in asked.items()}
        return asked, [("client", client)]

    return crawl


def _crowd(more: float) -> Doing:
    def crowd(site: Shop, random: np.random.Generator, asked: Asked) -> tuple[Asked, Named]:
        extra = visits(site, random, round(more * asked["client"].size))
        return {name: np.concatenate([values, extra[name]]) for name, values in asked.items()}, []

    return crowd


KINDS: Final[dict[str, Doing]] = {
    "drop: a host, all of it": _away("host", 1.0),
    "drop: a host, 80 % of it": _away("host", 0.8),
    "drop: a country, all of it": _away("country", 1.0),
    "drop: a network, all of it": _away("network", 1.0),
    "drop: a family of agents": _away("agent", 1.0),
    "drop: two countries": _away("country", 1.0, 2),
    "drop: two hosts": _away("host", 1.0, 2),
    "drop: broad, 40 %": _broad(0.4),
    "drop: broad, 80 %": _broad(0.8),
    "drop: broad, 50 %, other hour": _broad(0.5),
    "surge: one client, +150 %": _crawl(1.5),
    "surge: one path, +150 %": _more("path", 1.5),
    "surge: one family of agents, +150 %": _more("agent", 1.5),
    "surge: broad, +150 %": _crowd(1.5),
    "surge: broad, +150 %, other hour": _crowd(1.5),
}


def ours(case: Case) -> Pairs:
    """Return whom our attribution names."""
    if case.down:
        said = absence(Shortfall(case.came, case.near, case.usual, case.requests, case.expected, CLUMPING))
        return {(one.dimension, one.value) for one in said.causes} if said else set()
    rows = case.came.with_columns(pl.lit(value=True).alias(EVENT))
    usual = with_near(case.usual, case.requests, case.near)
    window = Window(rows, usual, case.requests, 0.0, case.expected, CLUMPING, every=True)
    return {(one.dimension, one.value) for one in causes(window)}


def largest_change(case: Case) -> Pairs:
    """Return the value with the largest change of its number, but for those that nearly everything has."""
    return _first(case, lambda came, due: abs(came - due))


def largest_ratio(case: Case) -> Pairs:
    """Return the value with the largest ratio of what came and was due, of those with a fifth of the change."""
    return _first(
        case,
        lambda came, due: np.maximum(came + 0.5, due + 0.5) / np.minimum(came + 0.5, due + 0.5),
        least=0.2,
    )


def _first(case: Case, score: _Score, least: float = 0.0) -> Pairs:
    best: tuple[float, str, str] | None = None
    sign = -1 if case.down else 1
    change = abs(case.came.height - case.expected)
    for name in case.came.columns:
        usual = case.usual[name].select("value", due=pl.col("requests") * (case.expected / case.requests))
        came = case.came.group_by(pl.col(name).alias("value")).agg(pl.len().cast(pl.Float64).alias("came"))
        both = usual.join(came, on="value", how="left").with_columns(pl.col("came").fill_null(0.0))
        here, due = both["came"].to_numpy(), both["due"].to_numpy()
        good = (sign * (here - due) >= max(least * change, 1.0)) & (due < 0.9 * case.expected)
        for place in np.flatnonzero(good):
            one = float(score(here, due)[place]), name, str(both["value"][int(place)])
            best = max(best, one) if best else one
    return {(best[1], best[2])} if best else set()


class _Score(Protocol):
    def __call__(self, came: Floats, due: Floats) -> Floats: ...


METHODS: Final = {"ours": ours, "largest ratio": largest_ratio, "largest change": largest_change}
