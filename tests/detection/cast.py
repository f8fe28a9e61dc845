"""A Site → Cast: the paths, clients, servers and users that its records name, each with its share of the requests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from tests.detection.truth import Cause

if TYPE_CHECKING:
    from tests.detection.site import Floats, Integers, Site

TEMPLATES: Final = (
    *(
        "/",
        "/item/{id}",
        "/search",
        "/category/{id}",
        "/cart",
        "/api/v1/orders/{id}",
        "/api/v1/prices",
        "/login",
    ),
    *(
        "/checkout",
        "/account",
        "/static/app.js",
        "/static/site.css",
        "/images/{id}.jpg",
        "/help",
        "/blog/{id}",
    ),
    *("/api/v2/users/{id}/settings", "/export/{id}", "/news", "/contact", "/feed.xml", "/api/v1/stock/{id}"),
)
DESTINATIONS: Final = (
    *("www.example.com", "crm.example.net", "mail.example.net", "wiki.example.org", "news.example.org"),
    *("files.example.net", "video.example.com", "api.example.com", "maps.example.org", "bank.example.com"),
)
CATEGORIES: Final = ("Business and Industry", "Web-based Email", "Reference", "News", "Streaming Video")
COUNTRIES: Final = ("de", "us", "kr", "fr", "jp", "br", "in", "gb")
AGENTS: Final = (
    *(f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/{number}.0.0.0 Safari/537.36" for number in range(120, 140)),
    *(f"Mozilla/5.0 (X11; Linux x86_64; rv:{number}.0) Firefox/{number}.0" for number in range(120, 135)),
    *(f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_{number} like Mac OS X) Safari/604.1" for number in range(6)),
)  # fmt: skip
BOT_AGENTS: Final = tuple(f"ExampleCrawler/{v}.0 (+https://www.example.com/crawler)" for v in range(1, 6))
SCANNER: Final = "ExampleScanner/2.1"
MONITOR: Final = "ExampleMonitor/3 (uptime check)"
CRON: Final = "ExampleBackup/1.4"
CRAWLER: Final = "ExampleSpider/7 (+https://www.example.org/spider)"


@dataclass(frozen=True)
class Route:
    """One path template, or destination of a proxy, and how long it takes: log-normal around the median."""

    name: str
    share: float
    median_ms: float
    sigma: float


@dataclass(frozen=True)
class Cast:
    """Who and what takes part; `clients` are those of people, by falling share, each with one agent and country."""

    routes: tuple[Route, ...]
    upstreams: tuple[tuple[str, float], ...]
    clients: tuple[str, ...]
    client_shares: Floats
    client_agents: Integers
    client_countries: Integers
    bots: tuple[str, ...]

    @property
    def route_shares(self) -> Floats:
        """Shares of the routes."""
        return np.array([route.share for route in self.routes])

    @cached_property
    def users(self) -> list[str]:
        """Return who sits at each client of a proxy."""
        return [f"user{number}" for number in range(len(self.clients))]


def address(number: int) -> str:
    """Return one of the addresses that are set aside for benchmarks (RFC 2544): 198.18.0.0/15."""
    return f"198.{18 + (number >> 16 & 1)}.{number >> 8 & 255}.{number & 255}"


@lru_cache(maxsize=8)
def cast_of(site: Site) -> Cast:
    """Return the cast of a site."""
    random = site.random("cast")
    names = DESTINATIONS if site.vendor == "cisco_wsa" else TEMPLATES
    number = int(random.integers(5, len(names) + 1))
    # Popularity has nothing to do with the kind of page.
    chosen = [names[index] for index in random.permutation(len(names))[:number]]
    shares = tail(number, flat=float(random.uniform(0.5, 3)))
    routes = tuple(
        Route(
            name,
            share,
            float(np.exp(random.uniform(np.log(8), np.log(400)))),
            float(random.uniform(0.35, 0.9)),
        )
        for name, share in zip(chosen, shares.tolist(), strict=True)
    )
    servers = int(random.integers(2, 7))
    weights = random.dirichlet(np.full(servers, 30.0)).tolist()
    people = int(np.clip(30 * site.rate**0.6, 40, 6000))
    numbers = random.permutation(1 << 17)[:people]
    return Cast(
        routes=routes,
        upstreams=tuple((f"192.0.2.{11 + n}:8080", weight) for n, weight in enumerate(weights)),
        clients=tuple(address(int(n)) for n in numbers),
        client_shares=tail(people, flat=people / 8),
        client_agents=random.integers(0, len(AGENTS), people),
        client_countries=random.choice(len(COUNTRIES), people, p=tail(len(COUNTRIES), flat=0.5)),
        bots=tuple(f"203.0.113.{n}" for n in range(1, int(np.clip(5 + site.rate**0.5, 5, 60)))),
    )


def tail(size: int, flat: float) -> Floats:
    """Return shares of a long tail: 1/(rank + flat)."""
    weights = 1 / (np.arange(1, size + 1) + flat)
    shares: Floats = weights / weights.sum()
    return shares


def confinement(site: Site, name: str, wanted: float, random: np.random.Generator) -> tuple[Cause, float]:
    """Return what an incident is confined to, and the share of the requests that belongs to it.

    `wanted` is the share of the requests that is to fail: a value is chosen that can carry it, if there is one.
    An incident of one client, which adds requests, has all that it needs.
    """
    cast = cast_of(site)
    if name == "404 of many clients":
        return Cause("path", f"/static/app-{random.integers(100, 999)}x.js"), 1.0
    if name == "404 of one client" or (name in {"429", "401", "407"} and random.random() < 0.7):
        return Cause("client", f"192.0.2.{random.integers(100, 250)}"), 1.0
    routes = [(route.name, route.share) for route in cast.routes]
    dimensions = {"host" if site.vendor == "cisco_wsa" else "path": routes}
    if site.vendor in {"nginx", "cloudflare"} and name in {"5xx", "52x", "499"}:
        dimensions["upstream"] = list(cast.upstreams)
    dimension = str(random.choice(sorted(dimensions)))
    values = dimensions[dimension]
    able = [value for value in values if value[1] >= wanted / 0.9] or [
        max(values, key=lambda value: value[1])
    ]
    value, share = able[int(random.integers(0, len(able)))]
    return Cause(dimension, value), share
