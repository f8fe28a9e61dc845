"""A seed and a kind of incident → the requests of its window, what is usual there, and who is truly to blame.

Written from DETECTION §2.9 and §3.1, apart from the code it judges: paths belong to hosts, with methods of their own;
upstreams serve groups of paths, clients come from networks of countries, ask by a Zipf law and have one agent each;
usual shares of errors differ by path and by client, and clients whose request fails try again.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import polars as pl

from loganalyzer.attribution import EVENT, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Booleans = NDArray[np.bool_]
    Asked = dict[str, Integers]
    Named = list[tuple[str, int]]

    class Doing(Protocol):
        """What happens in a window: more requests, or more that fail; who is to blame, and what else is true."""

        def __call__(
            self, site: Shop, random: np.random.Generator, asked: Asked, failed: Booleans
        ) -> tuple[Asked, Booleans, Named, Named]:
            """Return requests, which of them fail, and the truth."""
            ...


DIMENSIONS: Final = (
    "host",
    "path",
    "method",
    "client",
    "network",
    "agent",
    "upstream",
    "cache",
    "country",
)

SAME: Final = 0.98

USUAL: Final = 20
"""Windows of usual traffic behind each incident."""


@dataclass(frozen=True)
class Case:
    """One incident: `window` as attribution is given it, its values numbers, and who is to blame.

    `truth` are the (dimension, value) pairs that must be named together; none where it is broad. `also` are true of
    every failing request as well, as the path that a client loops on. `alike` are values that have the requests of
    the one in `truth`, and no others: no log tells them apart.
    """

    window: Window
    truth: frozenset[tuple[str, int]]
    also: frozenset[tuple[str, int]]
    alike: frozenset[tuple[str, int]]


@dataclass(frozen=True, eq=False)
class Shop:
    """A made-up site: who asks for what, as arrays over paths and clients; `retries` is the mean of further tries."""

    path_share: Floats
    path_host: Integers
    path_pool: Integers
    path_get: Floats
    path_cached: Floats
    path_error: Floats
    pools: tuple[Integers, ...]
    client_share: Floats
    client_network: Integers
    client_agent: Integers
    client_error: Floats
    country_of: Integers
    retries: float


def shop(random: np.random.Generator) -> Shop:
    """Return a site with 44 paths on 3 hosts, 8 upstreams in 3 pools, 400 to 3,000 clients in 15 countries."""
    paths, clients = 44, int(random.integers(400, 3_000))
    networks = max(clients // 3, 50)
    share: Floats = random.permutation(1 / (np.arange(paths) + 2.0)) * random.gamma(4, 0.25, paths)
    asks = 1 / (np.arange(clients) + 20.0)
    upstreams = random.permutation(8)
    cuts = np.sort(random.choice(np.arange(1, 8), 2, replace=False))
    return Shop(
        path_share=share / share.sum(),
        path_host=random.choice(3, paths, p=(0.6, 0.3, 0.1)),
        path_pool=random.choice(3, paths, p=(0.5, 0.3, 0.2)),
        path_get=np.where(
            random.random(paths) < 0.8, random.uniform(0.9, 1, paths), random.uniform(0, 0.3, paths)
        ),
        path_cached=np.where(random.random(paths) < 0.4, random.uniform(0.3, 0.9, paths), 0.0),
        path_error=0.003 * random.gamma(1.5, 1 / 1.5, paths),
        pools=tuple(np.split(upstreams, cuts)),
        client_share=asks / asks.sum(),
        client_network=random.integers(0, networks, clients),
        client_agent=random.choice(15, clients, p=falling(15)),
        client_error=random.gamma(1.0, 1.0, clients),
        country_of=random.choice(15, networks, p=falling(15)),
        retries=float(random.uniform(0, 1.5)),
    )


def falling(size: int) -> Floats:
    weights: Floats = 1 / (np.arange(size) + 1.0)
    shares: Floats = weights / weights.sum()
    return shares


def asked_of(site: Shop, random: np.random.Generator, size: int) -> Asked:
    """Return who asks for what, as numbers."""
    path = random.choice(site.path_share.size, size, p=site.path_share)
    client = random.choice(site.client_share.size, size, p=site.client_share)
    upstream = np.zeros(size, np.int64)
    for number, pool in enumerate(site.pools):
        here = site.path_pool[path] == number
        upstream[here] = pool[random.integers(0, pool.size, int(here.sum()))]
    cached = random.random(size) < site.path_cached[path]
    return {
        "host": site.path_host[path],
        "path": path,
        "method": np.where(random.random(size) < site.path_get[path], 0, random.integers(1, 3, size)),
        "client": client,
        "network": site.client_network[client],
        "agent": site.client_agent[client],
        "upstream": np.where(cached, -1, upstream),
        "cache": cached.astype(np.int64),
        "country": site.country_of[site.client_network[client]],
    }


def _usual_failures(site: Shop, random: np.random.Generator, asked: Asked) -> Booleans:
    share = site.path_error[asked["path"]] * (0.5 + 0.5 * site.client_error[asked["client"]])
    failed: Booleans = random.random(share.size) < share
    return failed


def _again(site: Shop, random: np.random.Generator, asked: Asked, failed: Booleans) -> tuple[Asked, Booleans]:
    """Return the requests with further tries of those that failed, which fail as well."""
    if site.retries == 0:
        return asked, failed
    times = np.where(failed, random.geometric(1 / (1 + site.retries), failed.size), 1)
    index = np.repeat(np.arange(failed.size), times)
    return {name: values[index] for name, values in asked.items()}, failed[index]


def frame(asked: Asked, failed: Booleans) -> pl.DataFrame:
    made = pl.DataFrame({name: asked[name].astype(np.int32) for name in DIMENSIONS})
    nothing = pl.col(DIMENSIONS).replace(-1, None)
    return made.with_columns(nothing, pl.Series(EVENT, failed))


def counted(asked: Asked, failed: Booleans) -> dict[str, pl.DataFrame]:
    counts = {}
    for name in DIMENSIONS:
        values = asked[name] + 1  # what has no value comes first
        requests, events = np.bincount(values)[1:], np.bincount(values, failed)[1:]
        there = np.flatnonzero(requests)
        counts[name] = pl.DataFrame(
            {
                "value": there.astype(np.int32),
                "requests": requests[there].astype(np.float64),
                "events": np.append(events, np.zeros(requests.size - events.size))[there],
            }
        )
    return counts


def make(kind: str, size: int, seed: int) -> Case:
    """Return one case of some `size` of requests."""
    random = np.random.default_rng([seed, size, zlib.crc32(kind.encode())])
    site = shop(random)
    usual = asked_of(site, random, USUAL * max(size, 3_000))
    usual_failed = _usual_failures(site, random, usual)
    base, base_failed = _again(site, random, usual, usual_failed)
    asked = asked_of(site, random, size)
    failed = _usual_failures(site, random, asked)
    asked, failed, truth, also = KINDS[kind](site, random, asked, failed)
    rows = frame(*_again(site, random, asked, failed))
    window = Window(
        rows,
        counted(base, base_failed),
        float(base_failed.size),
        float(base_failed.sum()),
        float(base_failed.mean()) * rows.height,
        clumping=1 + 2 * site.retries,
    )
    return Case(window, frozenset(truth), frozenset(also), alike(asked, truth))


def alike(asked: Asked, truth: Named) -> frozenset[tuple[str, int]]:
    """Return the values whose requests are, but for one in fifty, those of the one that is to blame."""
    if len(truth) != 1:
        return frozenset()
    (dimension, value), found = truth[0], set()
    true = asked[dimension] == value
    for name in DIMENSIONS:
        values, counts = np.unique(asked[name][true], return_counts=True)
        other, both = int(values[np.argmax(counts)]), int(counts.max())
        if both >= SAME * max(int(true.sum()), int((asked[name] == other).sum())):
            found.add((name, other))
    return frozenset(found)


def _value(asked: Asked, dimension: str, random: np.random.Generator, least: float) -> int:
    """Return a value of a dimension that at least a share of the requests and at most half of them have."""
    values, counts = np.unique(asked[dimension][asked[dimension] >= 0], return_counts=True)
    share = counts / asked[dimension].size
    good = values[(share >= least) & (share <= 0.5)]
    return int(random.choice(good)) if good.size else int(values[np.argmax(counts)])


def _crossing(asked: Asked, one: str, other: str, random: np.random.Generator) -> tuple[int, int]:
    """Return values of two dimensions that share many requests, but no more than 60 % of those of either."""
    seen = (asked[one] >= 0) & (asked[other] >= 0)
    pairs, counts = np.unique(np.stack([asked[one][seen], asked[other][seen]]), axis=1, return_counts=True)
    of_one, of_other = (np.bincount(asked[name][seen]) for name in (one, other))
    most = np.minimum(0.6 * of_one[pairs[0]], 0.6 * of_other[pairs[1]])
    good = np.flatnonzero(counts <= most)
    best = good[np.argsort(-counts[good])][:8]
    first, second = pairs[:, int(random.choice(best))]
    return int(first), int(second)


def _confined(dimension: str, fails: float, least: float | None = None) -> Doing:
    # Enough of the requests for fifty failures, where it is not told otherwise.
    def confined(
        site: Shop,  # noqa: ARG001
        random: np.random.Generator,
        asked: Asked,
        failed: Booleans,
    ) -> tuple[Asked, Booleans, Named, Named]:
        share = 50 / fails / failed.size if least is None else least
        value = _value(asked, dimension, random, share)
        failed = failed | ((asked[dimension] == value) & (random.random(failed.size) < fails))
        return asked, failed, [(dimension, int(value))], []

    return confined


def _looping(more: float) -> Doing:
    def looping(
        site: Shop,
        random: np.random.Generator,
        asked: Asked,
        failed: Booleans,
    ) -> tuple[Asked, Booleans, Named, Named]:
        size = failed.size
        extra = max(round(more * size), 5)
        client = int(random.integers(0, site.client_share.size))
        path = int(random.choice(site.path_share.size, p=site.path_share))
        one = asked_of(site, random, extra)
        pool = site.pools[site.path_pool[path]]
        fixed = {
            "path": path,
            "host": site.path_host[path],
            "client": client,
            "network": site.client_network[client],
            "agent": site.client_agent[client],
            "country": site.country_of[site.client_network[client]],
            "cache": 0,
            "method": 0 if site.path_get[path] > 0.5 else 1,
        }
        one |= {name: np.full(extra, value) for name, value in fixed.items()}
        one["upstream"] = pool[random.integers(0, pool.size, extra)]
        asked = {name: np.concatenate([values, one[name]]) for name, values in asked.items()}
        failed = np.concatenate([failed, np.ones(extra, np.bool_)])
        also = [(name, int(value)) for name, value in fixed.items() if name != "client"]
        return asked, failed, [("client", client)], also

    return looping


def _broad(fails: float) -> Doing:
    def broad(
        site: Shop,  # noqa: ARG001
        random: np.random.Generator,
        asked: Asked,
        failed: Booleans,
    ) -> tuple[Asked, Booleans, Named, Named]:
        return asked, failed | (random.random(failed.size) < fails), [], []

    return broad


def _several(dimension: str, many: int, fails: float) -> Doing:
    def several(
        site: Shop,  # noqa: ARG001
        random: np.random.Generator,
        asked: Asked,
        failed: Booleans,
    ) -> tuple[Asked, Booleans, Named, Named]:
        values, counts = np.unique(asked[dimension][asked[dimension] >= 0], return_counts=True)
        good = values[np.argsort(-counts)][: 2 * many + 2]
        chosen = random.choice(good, many, replace=False)
        failed = failed | (np.isin(asked[dimension], chosen) & (random.random(failed.size) < fails))
        return asked, failed, [(dimension, int(value)) for value in chosen], []

    return several


def _pair(one: str, other: str, fails: float) -> Doing:
    def pair(
        site: Shop,  # noqa: ARG001
        random: np.random.Generator,
        asked: Asked,
        failed: Booleans,
    ) -> tuple[Asked, Booleans, Named, Named]:
        first, second = _crossing(asked, one, other, random)
        both = (asked[one] == first) & (asked[other] == second)
        failed = failed | (both & (random.random(failed.size) < fails))
        names = [(one, first), (other, second)]
        return asked, failed, names, []

    return pair


KINDS: Final[dict[str, Doing]] = {
    "path, 50 % failing": _confined("path", 0.5),
    "upstream, 50 % failing": _confined("upstream", 0.5),
    "host, 50 % failing": _confined("host", 0.5),
    "country, 50 % failing": _confined("country", 0.5),
    "agent, 50 % failing": _confined("agent", 0.5),
    "one looping client, +3 %": _looping(0.03),
    "one looping client, +30 %": _looping(0.3),
    "broad, +3 %": _broad(0.03),
    "broad, +30 %": _broad(0.3),
    "path, 10 % failing": _confined("path", 0.1, 0.02),
    "upstream, 10 % failing": _confined("upstream", 0.1, 0.02),
    "several upstreams (2), 50 %": _several("upstream", 2, 0.5),
    "several paths (3), 50 %": _several("path", 3, 0.5),
    "method within path, 80 %": _pair("path", "method", 0.8),
    "path within upstream, 80 %": _pair("upstream", "path", 0.8),
}
