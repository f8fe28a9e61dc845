"""A seed and a number → that many lines of one busy day in the combined format, the same bytes every time.

The traffic is plausible rather than real: a daily rhythm, paths and clients with long tails, crawlers,
scanners, and twenty minutes in the afternoon in which the upstream fails. Addresses are those set aside for
benchmarks (198.18.0.0/15, RFC 2544) and documentation (2001:db8::/32, RFC 3849).

Call it as `python -m tests.benchmarks.make_combined FILE --lines 2000000`.
"""

from __future__ import annotations

import argparse
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.intp]

LINES = 2_000_000
SEED = 1
CHUNK = 250_000  # lines made at a time, to bound the memory; part of what the seed means

DAY = "10/Mar/2026"
# Traffic around each full hour, as weights: quiet at four, busy at noon and in the evening.
RHYTHM = (38, 26, 19, 15, 14, 17, 27, 46, 68, 84, 93, 99, 100, 97, 95, 94, 92, 90, 88, 90, 94, 92, 78, 56)
OUTAGE = (
    15 * 3600 + 600,
    15 * 3600 + 1800,
)  # seconds of the day in which pages and the API meet a failing upstream

KINDS = ("page", "search", "asset", "api", "scan")
STATUSES = (200, 204, 206, 301, 302, 304, 400, 403, 404, 429, 499, 500, 502, 504)
# Share of each status per kind, in thousandths and in the order of STATUSES.
SHARES = {
    "page": (893, 0, 0, 12, 31, 38, 1, 3, 13, 1, 4, 2, 1, 1),
    "search": (958, 0, 0, 0, 14, 0, 3, 2, 1, 7, 10, 3, 1, 1),
    "asset": (741, 0, 9, 3, 0, 235, 0, 1, 9, 0, 2, 0, 0, 0),
    "api": (862, 71, 0, 0, 0, 21, 11, 6, 9, 6, 7, 4, 2, 1),
    "scan": (6, 0, 0, 21, 0, 0, 31, 94, 848, 0, 0, 0, 0, 0),
}
SHARES_IN_OUTAGE = SHARES | {
    "page": (741, 0, 0, 10, 26, 31, 1, 3, 11, 1, 38, 6, 87, 45),
    "search": (799, 0, 0, 0, 12, 0, 3, 2, 1, 6, 47, 5, 83, 42),
    "api": (612, 50, 0, 0, 0, 15, 8, 4, 6, 12, 93, 11, 118, 71),
}
BODILESS = (204, 304, 499)

METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS")
METHOD_SHARES = {  # in thousandths, in the order of METHODS
    "page": (949, 31, 19, 0, 0, 1),
    "search": (985, 9, 6, 0, 0, 0),
    "asset": (993, 0, 7, 0, 0, 0),
    "api": (631, 287, 3, 38, 17, 24),
    "scan": (903, 71, 26, 0, 0, 0),
}

QUERY_SHARES = (0.3, 1.0, 0.0, 0.3, 0.1)  # who asks with a query string, per kind
USER_SHARES = (0.0, 0.0, 0.0, 0.02, 0.0)  # who is logged in by the server itself, per kind

WORDS = [
    start + end
    for start, end in itertools.product(
        ("ba", "co", "de", "fi", "go", "ha", "ju", "ke", "li", "mo"),
        ("bric", "den", "lar", "mit", "nor", "pel", "rose", "sa", "tin", "ver"),
    )
]


@dataclass(frozen=True)
class Site:
    """What the visitors may ask for and who they are; every pool is a column of text, most wanted first."""

    targets: pl.Series
    kinds: Integers  # index into KINDS per target
    sizes: Integers  # bytes of a full answer per target
    queries: pl.Series  # the first is empty
    clients: pl.Series
    client_agents: Integers  # index into agents per client
    agents: pl.Series
    referrers: pl.Series  # the first is "-"
    users: pl.Series  # the first is "-"


def steps(weights: Sequence[float] | Floats) -> Floats:
    """Return the upper edges, ending at 1, of a unit interval cut in proportion to the weights."""
    total: Floats = np.cumsum(np.asarray(weights, dtype=np.float64))
    edges: Floats = total / total[-1]
    return edges


def tail(size: int, flat: int) -> Floats:
    """Return the edges of a long-tailed choice among `size`: weights 1/(rank + flat)."""
    return steps(1.0 / (np.arange(size, dtype=np.float64) + 1.0 + flat))


def pick(edges: Floats, chance: Floats) -> Integers:
    """Return the interval that each chance in [0, 1) falls into."""
    return np.searchsorted(edges, chance, side="right").astype(np.intp)


def pick_by(table: Sequence[Sequence[int]], row: Integers, chance: Floats) -> Integers:
    """Return the column that each chance falls into, by the shares of its own row of the table."""
    edges = np.stack([steps(shares) for shares in table])
    column: Integers = (chance[:, None] >= edges[row]).sum(axis=1, dtype=np.intp)
    return column


def pick_or_none(present: NDArray[np.bool_], edges: Floats, chance: Floats) -> Integers:
    """Return 0, the "nothing" of a pool, where it is not present, else an interval counted from 1."""
    return np.where(present, 1 + pick(edges, chance), 0)


def make_site(random: np.random.Generator) -> Site:
    """Return the pools that every line draws from."""
    targets, kinds = _targets()
    # Popularity has nothing to do with the kind: shuffle by sorting on chances.
    order = np.argsort(random.random(len(targets)), kind="stable")
    sizes = (900.0 / (random.random(len(targets)) + 0.004)).astype(np.intp)
    agents = np.array(_agents())
    agents = agents[np.argsort(random.random(len(agents)), kind="stable")]
    clients = _clients(random)
    return Site(
        targets=pl.Series(targets)[order],
        kinds=np.array(kinds, dtype=np.intp)[order],
        sizes=sizes,
        queries=pl.Series(["", *_queries()]),
        clients=pl.Series(clients),
        client_agents=pick(tail(len(agents), flat=12), random.random(len(clients))),
        agents=pl.Series(agents),
        referrers=pl.Series(["-", *_referrers()]),
        users=pl.Series(["-", *(f"{word}.{other}" for word, other in itertools.pairwise(WORDS[:40]))]),
    )


def _targets() -> tuple[list[str], list[int]]:
    """Return some five thousand paths and the kind of each."""
    pages = [f"/{word}/{other}" for word in WORDS[:40] for other in WORDS[60:]]
    pages += [
        f"/articles/{2019 + number % 7}/{number:04d}-{WORDS[number % len(WORDS)]}" for number in range(700)
    ]
    search = [f"/search/{word}" for word in WORDS]
    suffixes = ("css", "js", "png", "webp", "woff2", "svg")
    assets = [
        f"/static/{word}/{number * 7919 % 65536:04x}.{suffixes[number % 6]}"
        for number, word in enumerate(WORDS * 9)
    ]
    api = [f"/api/v{1 + number % 3}/{WORDS[number % 60]}/{number * 31 % 10_000}" for number in range(900)]
    scans = [
        "/wp-login.php",
        "/xmlrpc.php",
        "/.env",
        "/.git/config",
        "/admin/config.php",
        "/cgi-bin/test-cgi",
    ]
    scans += [f"/{word}/backup.{suffix}" for word in WORDS[:20] for suffix in ("zip", "sql")]
    groups = (["/", "/index.html", *pages], search, assets, api, scans)
    return list(itertools.chain(*groups)), [kind for kind, group in enumerate(groups) for _ in group]


def _queries() -> list[str]:
    """Return the query strings, with their question mark."""
    return [
        *(f"?page={number}&sort={order}" for number in range(2, 60) for order in ("price", "name", "newest")),
        *(f"?q={word}+{other}" for word, other in itertools.product(WORDS[::2], WORDS[1::3])),
        *(f"?id={number * 48271 % 999_983}&lang={'en' if number % 3 else 'ko'}" for number in range(1500)),
        *(
            f"?utm_source=newsletter&utm_campaign={word}&utm_content={word}-{number}"
            for number, word in enumerate(WORDS)
        ),
    ]


def _clients(random: np.random.Generator, size: int = 30_000) -> list[str]:
    """Return distinct addresses, one in five of them IPv6."""
    numbers = np.argsort(random.random(131_072), kind="stable")[:size].tolist()
    return [
        f"2001:db8:{number % 4096:x}:{number >> 12:x}::{number * 40503 % 65536:x}"
        if rank % 5 == 0
        else f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
        for rank, number in enumerate(numbers)
    ]


def _agents() -> list[str]:
    """Return about three hundred user agents: browsers, apps, scripts and crawlers."""
    systems = (
        "Windows NT 10.0; Win64; x64",
        "Macintosh; Intel Mac OS X 10_15_7",
        "X11; Linux x86_64",
    )
    engine = "AppleWebKit/537.36 (KHTML, like Gecko)"
    agents = [
        f"Mozilla/5.0 ({system}) {engine} Chrome/{version}.0.0.0{suffix}"
        for version in range(120, 146)
        for system, suffix in (
            *((system, " Safari/537.36") for system in systems),
            (systems[0], f" Safari/537.36 Edg/{version}.0.0.0"),
            ("Linux; Android 10; K", " Mobile Safari/537.36"),
        )
    ]
    agents += [
        f"Mozilla/5.0 ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"
        for version in range(115, 140)
        for system in systems
    ]
    agents += [
        f"Mozilla/5.0 (iPhone; CPU iPhone OS {version} like Mac OS X) AppleWebKit/605.1.15 "
        f"(KHTML, like Gecko) Version/{version.replace('_', '.')} Mobile/15E148 Safari/604.1"
        for version in ("16_6", "17_2", "17_6", "18_1", "18_5")
    ]
    agents += [f"ExampleShop/5.{number}.2 (Android 14)" for number in range(60)]
    agents += [f"ExampleCrawler/{number}.0 (+https://www.example.com/crawler)" for number in range(1, 9)]
    agents += [f"curl/8.{number}.0" for number in range(8)]
    agents += [f"python-requests/2.{number}.0" for number in range(26, 33)]
    agents += ["-", "okhttp/4.12.0", "Go-http-client/1.1", "ExampleMonitor/3 (uptime check)"]
    return agents


def _referrers() -> list[str]:
    """Return pages that link here: the site itself and some others."""
    own = [
        f"https://www.example.com/{word}/{other}"
        for word, other in itertools.product(WORDS[:20], WORDS[60:80])
    ]
    others = [f"https://search.example.net/?q={word}" for word in WORDS] + ["https://news.example.org/"]
    return ["https://www.example.com/", *own, *others]


def _seconds_of_day(first: int, count: int, lines: int, chance: Floats) -> Integers:
    """Return the second at which each of the lines `first` … `first + count` stands, never falling."""
    hours = np.arange(25) * 3600.0
    weights = np.interp(np.arange(86_400) + 0.5, hours, np.asarray((*RHYTHM, RHYTHM[0]), dtype=np.float64))
    return pick(steps(weights), (np.arange(first, first + count) + chance) / lines)


def requests(
    site: Site, first: int, count: int, lines: int, random: np.random.Generator
) -> tuple[pl.DataFrame, Integers]:
    """Return the requests `first` … `first + count` of `lines` as columns, and the second of the day of each.

    Every choice takes its own draw, in a fixed order: a new one goes to the end.
    """
    second = _seconds_of_day(first, count, lines, random.random(count))
    target = pick(tail(len(site.targets), flat=3), random.random(count))
    client = pick(tail(len(site.clients), flat=400), random.random(count))
    kind = site.kinds[target]
    failing = (second >= OUTAGE[0]) & (second < OUTAGE[1])
    shares = [table[name] for table in (SHARES, SHARES_IN_OUTAGE) for name in KINDS]
    status = np.array(STATUSES)[pick_by(shares, kind + failing * len(KINDS), random.random(count))]
    method = pick_by([METHOD_SHARES[name] for name in KINDS], kind, random.random(count))
    asked = random.random(count) < np.array(QUERY_SHARES)[kind]
    query = pick_or_none(asked, tail(len(site.queries) - 1, flat=50), random.random(count))
    linked = random.random(count) < 0.55
    referrer = pick_or_none(linked, tail(len(site.referrers) - 1, flat=5), random.random(count))
    named = random.random(count) < np.array(USER_SHARES)[kind]
    user = pick_or_none(named, tail(len(site.users) - 1, flat=5), random.random(count))
    size = np.where(
        status >= 300, 150 + status % 97 * 5, site.sizes[target] * (0.9 + 0.2 * random.random(count))
    )
    size[np.isin(status, BODILESS) | (method == METHODS.index("HEAD"))] = 0
    newer = random.random(count) < 0.55
    columns = {
        "client": site.clients[client],
        "user": site.users[user],
        "time": pl.Series([f"{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60)])[
            second // 60
        ],
        "second": pl.Series([f"{number:02d}" for number in range(60)])[second % 60],
        "method": pl.Series(METHODS)[method],
        "target": site.targets[target],
        "query": site.queries[query],
        "protocol": pl.Series(["1.1", "2.0"])[newer.astype(np.intp)],
        "status": pl.Series(status),
        "size": pl.Series(size.astype(np.int64)),
        "referrer": site.referrers[referrer],
        "agent": site.agents[site.client_agents[client]],
    }
    return pl.DataFrame(columns), second


def combined(columns: pl.DataFrame, _: Integers) -> pl.DataFrame:
    """Return requests as one column of combined lines."""
    form = f'{{}} - {{}} [{DAY}:{{}}{{}} +0000] "{{}} {{}}{{}} HTTP/{{}}" {{}} {{}} "{{}}" "{{}}"'
    return columns.select(pl.format(form, *columns.columns))


def write_combined(
    path: Path,
    lines: int = LINES,
    seed: int = SEED,
    form: Callable[[pl.DataFrame, Integers], pl.DataFrame] = combined,
    bad: int = 0,
) -> None:
    """Write `lines` lines in the order of their time; the file appears whole or not at all.

    One in `bad` lines has lost its first quote, none where that is 0.
    """
    site = make_site(np.random.default_rng(seed))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as stream:
        for number, first in enumerate(range(0, lines, CHUNK)):
            random = np.random.default_rng([seed, number])
            frame = form(*requests(site, first, min(CHUNK, lines - first), lines, random))
            if bad:
                text = pl.nth(0)
                lost = (pl.int_range(pl.len()) + first) % bad == bad // 2
                frame = frame.select(
                    pl.when(lost).then(text.str.replace('"', "", literal=True)).otherwise(text)
                )
            frame.write_csv(stream, include_header=False, quote_style="never")
    partial.replace(path)


def main() -> None:
    """Write the file that the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file", type=Path)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--bad", type=int, default=0, help="one line in so many is bad; 0: none")
    arguments = parser.parse_args()
    write_combined(arguments.file, arguments.lines, arguments.seed, bad=arguments.bad)


if __name__ == "__main__":
    main()
