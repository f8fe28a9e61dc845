"""A Site and its counts → how long the requests of each route took, minute by minute, in quarter octaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.special import ndtr

from tests.detection.cast import Route, cast_of
from tests.detection.rhythm import gamma_process
from tests.detection.truth import Evidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.detection.site import Floats, Integers, Site

PER_OCTAVE: Final = 4
WANDER_CV, WANDER_HOLD = 0.04, 3 * 60.0
"""A route's median wanders a little, all day long."""
QUICK_MS, QUICK_SIGMA = 4.0, 0.6
"""An error that nobody waits for."""
WAITED_MS: Final = {"504": 60_000.0, "524": 100_000.0, "522": 34_000.0, "499": 9_000.0}
"""Errors that somebody waited for: the timers of nginx and Cloudflare; clients lose patience."""
WAITED_SIGMA: Final = {"504": 0.001, "524": 0.001, "522": 0.02, "499": 0.5}
LOWEST, BINS = -8, 90
"""The first quarter octave, 0.25 ms, and how many there are: up to half an hour."""
QUANTILE: Final = {0.5: 0.0, 0.05: 1.6448536}
"""Of the normal law, by the share beyond."""
DIRECT: Final = 20_000_000
"""Requests up to which each is drawn by itself."""


@dataclass(frozen=True)
class Slowing:
    """For some minutes from `first` the requests of one route, or of all, take `factor` times as long."""

    first: int
    factor: Floats
    route: str | None


@dataclass(frozen=True)
class Durations:
    """How many requests of a route in a minute took between the edges of a bin; the first bin is `LOWEST`.

    `answered` is (route, minute, bin), `cached` (route, minute, bin) of each request that a cache answered.
    `medians` (route, minute) are the true ones with what slows them, `usual` those without.
    """

    answered: NDArray[np.int16]
    cached: tuple[Integers, Integers, Integers]
    medians: Floats
    usual: Floats

    def cached_of(self, number: int) -> Integers:
        """Return (minute, bin) of the requests of a route that a cache answered."""
        mine = self.cached[0] == number
        place = self.cached[1][mine] * BINS + self.cached[2][mine]
        counts: Integers = np.bincount(place, minlength=self.answered[number].size)
        return counts.reshape(self.answered[number].shape)


def bin_of(milliseconds: Floats) -> Integers:
    """Return the quarter octave of durations."""
    quarters = PER_OCTAVE * np.log2(np.maximum(milliseconds, 0.25))
    bins: Integers = np.floor(np.minimum(quarters, LOWEST + BINS - 1)).astype(np.int64)
    return bins


def medians_of(site: Site, load: Floats, slowings: list[Slowing]) -> tuple[Floats, Floats]:
    """Return the true medians by route and minute, with and without what slows them; they rise with the load."""
    routes = cast_of(site).routes
    busy = 0.9 + 0.1 * np.minimum(load / max(site.rate, 1e-9), 3)
    wander = gamma_process(site.random("medians"), site.minutes, WANDER_CV, WANDER_HOLD)
    usual = np.outer([route.median_ms for route in routes], busy * wander)
    medians = usual.copy()
    for slowing in slowings:
        span = slice(slowing.first, slowing.first + slowing.factor.size)
        for number, route in enumerate(routes):
            if slowing.route in {None, route.name}:
                medians[number, span] *= slowing.factor
    return medians, usual


def durations_of(
    site: Site, answered: Integers, cached: Integers, medians: Floats, usual: Floats
) -> Durations:
    """Return the histogram of a run: requests per minute that were answered by a server, and by a cache."""
    cast = cast_of(site)
    random = site.random("durations")
    by_route = random.multinomial(answered, cast.route_shares).T
    draw = _each if int(answered.sum()) <= DIRECT else _together
    counts = np.zeros((len(cast.routes), site.minutes, BINS), dtype=np.int16)
    for number, route in enumerate(cast.routes):
        draw(random, by_route[number], medians[number], route, counts[number])
    minute = np.repeat(np.arange(site.minutes), cached)
    took = QUICK_MS * np.exp(QUICK_SIGMA * random.standard_normal(minute.size))
    routes = random.choice(len(cast.routes), minute.size, p=cast.route_shares)
    return Durations(counts, (routes, minute, bin_of(took) - LOWEST), medians, usual)


def _each(
    random: np.random.Generator, counts: Integers, medians: Floats, route: Route, into: NDArray[np.int16]
) -> None:
    """Draw every duration by itself."""
    minute = np.repeat(np.arange(counts.size), counts)
    bins = bin_of(medians[minute] * np.exp(route.sigma * random.standard_normal(minute.size))) - LOWEST
    into += np.bincount(minute * BINS + bins, minlength=into.size).reshape(into.shape).astype(np.int16)


def _together(
    random: np.random.Generator, counts: Integers, medians: Floats, route: Route, into: NDArray[np.int16]
) -> None:
    """Draw the histogram of each minute at once."""
    low = int(bin_of(medians.min(keepdims=True) * np.exp(-4.5 * route.sigma))[0])
    high = int(bin_of(medians.max(keepdims=True) * np.exp(4.5 * route.sigma))[0]) + 1
    edges = np.arange(low + 1, high) / PER_OCTAVE * np.log(2)
    below = ndtr((edges[None, :] - np.log(medians)[:, None]) / route.sigma)
    chances = np.diff(below, axis=1, prepend=0, append=1)
    into[:, low - LOWEST : high - LOWEST] = random.multinomial(
        counts, chances / chances.sum(axis=1, keepdims=True)
    )


def evidence(durations: Durations, site: Site, first: int, last: int) -> tuple[Evidence, ...]:
    """Return what the oracle may know of slow requests from `first` to before `last`.

    Slow is what is beyond an edge near the 50 % and the 95 % quantile of the route, each a family of its own.
    """
    found = []
    for share in (0.5, 0.05):
        observed, expected, requests = np.zeros(last - first), np.zeros(last - first), 0.0
        for number, route in enumerate(cast_of(site).routes):
            usual = durations.usual[number]
            # The edge beyond which at most the share lies, over the whole run.
            edge = int(bin_of(usual.mean(keepdims=True) * np.exp(route.sigma * QUANTILE[share]))[0]) + 1
            beyond = ndtr((np.log(usual[first:last]) - edge / PER_OCTAVE * np.log(2)) / route.sigma)
            counts = durations.answered[number, first:last].astype(np.int64)
            observed += counts[:, edge - LOWEST :].sum(axis=1)
            expected += counts.sum(axis=1) * beyond
            requests += float(counts.sum())
        minutes = pairs(observed, expected)
        found.append(Evidence(float(observed.sum()), float(expected.sum()), 1.0, requests, minutes))
    return tuple(found)


def pairs(observed: NDArray[Any], expected: NDArray[Any]) -> tuple[tuple[float, float], ...]:
    """Return observed and expected of each minute side by side."""
    return tuple(zip(map(float, observed), map(float, expected), strict=True))
