"""A Run → its single records: who asked whom for what, and how long it took; a frame that lines are written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tests.detection import cast as pools
from tests.detection.cast import AGENTS, BOT_AGENTS, CATEGORIES, COUNTRIES, TEMPLATES, cast_of, tail
from tests.detection.clients import visitors
from tests.detection.crowd import CRAWLER, CRON, MONITOR, crowd_of
from tests.detection.durations import QUICK_MS, QUICK_SIGMA, WAITED_MS, WAITED_SIGMA
from tests.detection.generator import LONE_AGENT, LONE_USER
from tests.detection.site import BOTS, CACHED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.detection.generator import Failing, Layer, Run
    from tests.detection.site import Channel, Floats, Integers

DEAD: Final = tuple(
    f"/old/{word}.html" for word in ("offers", "press", "jobs", "team", "prices", "faq", "terms")
)
"""Pages that are gone and still asked for."""
POSTS: Final = frozenset({"/login", "/checkout", "/api/v1/orders/{id}", "/api/v2/users/{id}/settings"})
LATE_SHARE, LATE_S = 0.01, 300.0
"""Of the lines of a site whose log is not in order, and by how much they come late."""


@dataclass
class _Part:
    """Records of one story, column by column; numbers are places in the pools of the cast."""

    channel: int
    minute: Integers
    client: pl.Series
    agent: pl.Series
    country: Integers
    route: Integers
    path: pl.Series | None = None
    host: str | None = None
    upstream: str | None = None
    method: str | None = None


def records_of(run: Run, first: int = 0, last: int | None = None) -> pl.DataFrame:
    """Return the records of the minutes from `first` to before `last`, in the order in which a log holds them.

    Columns: `start` Float64 (seconds since 1970), `duration_s`, `status`, `upstream_status`, `role`, `unreached`,
    `channel`, `host`, `path`, `client`, `agent`, `method`, `upstream`, `cache`, `user`, `category`, `country`.
    """
    return _Telling(run, first, run.site.minutes if last is None else last).frame()


class _Telling:
    """The steps by which counts become records."""

    def __init__(self, run: Run, first: int, last: int) -> None:
        self.run, self.site, self.cast = run, run.site, cast_of(run.site)
        self.first, self.last = first, last
        self.random = self.site.random("records", first, last)
        self.agents = pl.Series("agent", AGENTS, dtype=pl.String)
        self.people = pl.Series("client", self.cast.clients, dtype=pl.String)

    def frame(self) -> pl.DataFrame:
        """Return all records."""
        run = self.run
        everyday = run.events.copy()
        for layer in run.layers:
            everyday[layer.channel, layer.first : layer.first + layer.counts.size] -= layer.counts
        parts = [
            self._everyday(number, np.maximum(everyday[number, self.first : self.last], 0))
            for number in range(len(self.site.channels))
        ]
        parts += [self._layer(layer) for layer in run.layers if self._touches(layer)]
        whole = pl.concat([self._columns(part) for part in parts if part.minute.size])
        order = whole["start"] + whole["duration_s"].fill_null(0)
        if self.site.seed % 2 and self.site.hosts[1:]:
            late = self.random.random(whole.height) < LATE_SHARE
            order += pl.Series(np.where(late, self.random.uniform(0, LATE_S, whole.height), 0.0))
        return whole.with_columns(_order=order).sort("_order", maintain_order=True).drop("_order")

    def _touches(self, layer: Layer) -> bool:
        return layer.first < self.last and layer.first + layer.counts.size > self.first

    def _everyday(self, number: int, counts: Integers) -> _Part:
        """Return the records of a channel that nothing made."""
        channel = self.site.channels[number]
        minute = np.repeat(np.arange(self.first, self.last), counts)
        client = visitors(self.run, self.random, number, minute, self._bot_share(channel, minute))
        people = len(self.cast.clients)
        by_bot = client >= people
        names = pl.concat([self.people, pl.Series("client", self.cast.bots, dtype=pl.String)])
        agent_of = np.concatenate([self.cast.client_agents, len(AGENTS) + np.arange(len(self.cast.bots)) % 5])
        agents = pl.concat([self.agents, pl.Series("agent", BOT_AGENTS, dtype=pl.String)])
        country_of = np.concatenate(
            [self.cast.client_countries, np.zeros(len(self.cast.bots), dtype=np.int64)]
        )
        part = _Part(
            number,
            minute,
            names[client],
            agents[agent_of[client]],
            country_of[client],
            self._routes(number, minute),
        )
        if channel.name == "404":
            part.path = self._missing(by_bot)
        if number == 0:
            self._machines(part)
        return part

    def _bot_share(self, channel: Channel, minute: Integers) -> Floats:
        """Return the chance of each record to be a bot's."""
        if channel.human:
            share = channel.bot * BOTS / (channel.human + channel.bot * BOTS)
            return np.full(minute.size, share)
        total = np.maximum(self.run.expected.sum(axis=0), 1e-9)
        share_of: Floats = np.minimum(BOTS * self.site.rate / total, 0.9)[minute]
        return share_of

    def _routes(self, number: int, minute: Integers) -> Integers:
        """Return routes; where some of the requests of a route fail, fewer of it are left."""
        chances = np.cumsum(self.cast.route_shares)
        routes = np.searchsorted(chances, self.random.random(minute.size)).clip(max=chances.size - 1)
        for failing in self.run.failing:
            cause = failing.of.cause
            if cause is None or cause.dimension == "upstream" or number not in failing.pool:
                continue
            place = [route.name for route in self.cast.routes].index(cause.value)
            open_ = self._within(failing, minute)
            while open_.size:
                fails = self.random.random(open_.size) < failing.chance[minute[open_] - failing.first]
                open_ = open_[fails & (routes[open_] == place)]
                again = np.searchsorted(chances, self.random.random(open_.size)).clip(max=chances.size - 1)
                routes[open_] = again
        return routes.astype(np.int64)

    def _within(self, failing: Failing, minute: Integers) -> Integers:
        inside = (minute >= failing.first) & (minute < failing.first + failing.chance.size)
        return np.flatnonzero(inside)

    def _missing(self, by_bot: NDArray[np.bool_]) -> pl.Series:
        """Return paths that are not there: dead pages, and what bots try."""
        dead = pl.Series("path", DEAD)[self.random.choice(len(DEAD), by_bot.size, p=tail(len(DEAD), 1.0))]
        number = pl.Series("n", self.random.integers(0, 1 << 20, by_bot.size))
        tried = pl.select(pl.format("/wp-content/plugins/p{}/readme.txt", number).alias("path"))["path"]
        return pl.select(pl.when(pl.Series(by_bot)).then(tried).otherwise(dead).alias("path"))["path"]

    def _machines(self, part: _Part) -> None:
        """Let the first records of each minute be those of machines that ask on the minute."""
        place = np.arange(part.minute.size) - np.searchsorted(part.minute, part.minute)
        asked = pl.Series(place < self.run.checks[part.minute])
        part.client = pl.select(pl.when(asked).then(pl.lit(MONITOR)).otherwise(part.client).alias("client"))[
            "client"
        ]
        part.agent = pl.select(
            pl.when(asked).then(pl.lit(pools.MONITOR)).otherwise(part.agent).alias("agent")
        )["agent"]

    def _layer(self, layer: Layer) -> _Part:
        """Return the records of something that happened."""
        act, cause = layer.of, layer.of.cause
        begin = max(layer.first, self.first)
        counts = layer.counts[begin - layer.first : self.last - layer.first]
        minute = np.repeat(np.arange(begin, begin + counts.size), counts)
        crowd = crowd_of(self.site, act)
        drawn = self.random.choice(len(crowd.names), minute.size, p=crowd.shares)
        of_people = crowd.names == self.cast.clients
        agents = self.agents[self.cast.client_agents[drawn] if of_people else drawn % len(AGENTS)]
        country = self.cast.client_countries[drawn] if of_people else drawn % len(COUNTRIES)
        routes = self.random.choice(len(self.cast.routes), minute.size, p=self.cast.route_shares)
        part = _Part(layer.channel, minute, pl.Series("client", crowd.names)[drawn], agents, country, routes)
        alone = {CRAWLER: pools.CRAWLER, CRON: pools.CRON}.get(crowd.names[0], LONE_AGENT)
        if len(crowd.names) == 1:
            part.agent = pl.repeat(alone, minute.size, dtype=pl.String, eager=True)
            part.country = np.zeros(minute.size, dtype=np.int64)
            if act.name not in {"crawl", "burst"}:  # it asks for one thing again and again
                part.route[:] = int(self.site.random("asked", act.first).integers(0, len(self.cast.routes)))
        if self.site.channels[layer.channel].name == "404":
            self._not_there(part, act.name, None if cause is None else cause.value)
        elif cause is not None and cause.dimension in {"path", "host"}:
            part.route[:] = [route.name for route in self.cast.routes].index(cause.value)
        elif cause is not None and cause.dimension == "upstream":
            part.upstream = cause.value
        return part

    def _not_there(self, part: _Part, name: str, value: str | None) -> None:
        """Set paths that are not there: each another for a scanner, one dead link for many."""
        if name == "burst":
            part.path = self._missing(np.zeros(part.minute.size, np.bool_))
        elif name == "404 of many clients" and value is not None:
            part.path = pl.repeat(value, part.minute.size, dtype=pl.String, eager=True)
        else:
            number = pl.Series("n", self.random.integers(0, 1 << 30, part.minute.size))
            part.path = pl.select(pl.format("/backup/x{}.zip", number).alias("path"))["path"]

    def _columns(self, part: _Part) -> pl.DataFrame:
        """Return a part as a frame."""
        site, random, size = self.site, self.random, part.minute.size
        channel = site.channels[part.channel]
        start = site.start.timestamp() + part.minute * 60.0 + random.uniform(0, 59.999, size)
        names = pl.Series("route", [route.name for route in self.cast.routes])[part.route]
        proxy = site.vendor == "cisco_wsa"
        path = self._paths(part, names)
        hosts = pl.Series("host", [name for name, _ in site.hosts])
        host = (
            names if proxy else hosts[random.choice(len(hosts), size, p=[share for _, share in site.hosts])]
        )
        posts = pl.Series(np.isin(part.route, [n for n, r in enumerate(self.cast.routes) if r.name in POSTS]))
        post = posts & pl.Series(random.random(size) < 0.7)
        seats = pl.Series("user", self.cast.users)
        whose = pl.DataFrame({"client": self.people, "user": seats})
        frame = pl.DataFrame(
            {
                "start": np.round(start, 3),
                "duration_s": self._durations(channel, part),
                "status": np.full(size, channel.status),
                "upstream_status": pl.repeat(channel.upstream_status, size, dtype=pl.Int64, eager=True),
                "role": pl.repeat(channel.role, size, dtype=pl.String, eager=True),
                "unreached": np.full(size, channel.unreached),
                "channel": pl.repeat(channel.name, size, dtype=pl.String, eager=True),
                "host": host.alias("host"),
                "path": path,
                "client": part.client,
                "agent": part.agent,
                "method": pl.select(pl.when(post).then(pl.lit("POST")).otherwise(pl.lit("GET")))["literal"],
                "upstream": self._upstreams(part, channel),
                "cache": pl.repeat(
                    "hit" if channel.name == CACHED else "miss", size, dtype=pl.String, eager=True
                ),
                "category": pl.Series("category", CATEGORIES)[part.route % len(CATEGORIES)],
                "country": pl.Series("country", COUNTRIES)[part.country],
            }
        )
        if not proxy or channel.role == "handshake":
            return frame.with_columns(user=pl.lit(None, pl.String))
        joined = frame.join(whose.unique("client"), on="client", how="left", maintain_order="left")
        own = pl.lit(LONE_USER) if part.client.n_unique() == 1 else pl.concat_str([pl.lit("at"), "client"])
        return joined.with_columns(pl.col("user").fill_null(own))

    def _paths(self, part: _Part, names: pl.Series) -> pl.Series:
        """Return paths with identifiers of their own."""
        if part.path is not None:
            return part.path.alias("path")
        random, size = self.random, part.minute.size
        if self.site.vendor == "cisco_wsa":
            names = pl.Series("path", TEMPLATES)[
                random.choice(len(TEMPLATES), size, p=tail(len(TEMPLATES), 1.0))
            ]
        frame = pl.DataFrame({"path": names, "number": random.integers(1, 5_000, size)})
        number = pl.col("number").cast(pl.String)
        return frame.select(pl.col("path").str.replace("{id}", number, literal=True))["path"]

    def _upstreams(self, part: _Part, channel: Channel) -> pl.Series:
        """Return the servers behind, where one was asked; what failed elsewhere is missing from its share."""
        size = part.minute.size
        asked = self.site.vendor in {"nginx", "cloudflare"} and channel.name not in {CACHED, "429"}
        if not asked:
            return pl.repeat(None, size, dtype=pl.String, eager=True).alias("upstream")
        if part.upstream is not None:
            return pl.repeat(part.upstream, size, dtype=pl.String, eager=True).alias("upstream")
        shares = np.cumsum([share for _, share in self.cast.upstreams])
        drawn = np.searchsorted(shares, self.random.random(size)).clip(max=shares.size - 1)
        for failing in self.run.failing:
            cause = failing.of.cause
            if cause is None or cause.dimension != "upstream" or part.channel not in failing.pool:
                continue
            place = [name for name, _ in self.cast.upstreams].index(cause.value)
            open_ = self._within(failing, part.minute)
            while open_.size:
                fails = self.random.random(open_.size) < failing.chance[part.minute[open_] - failing.first]
                open_ = open_[fails & (drawn[open_] == place)]
                again = np.searchsorted(shares, self.random.random(open_.size)).clip(max=shares.size - 1)
                drawn[open_] = again
        return pl.Series("upstream", [name for name, _ in self.cast.upstreams])[drawn]

    def _durations(self, channel: Channel, part: _Part) -> Floats | pl.Series:
        """Return how long each took, in seconds; null where the site does not log it."""
        size = part.minute.size
        took = self.run.durations
        if took is None:
            return pl.repeat(None, size, dtype=pl.Float64, eager=True)
        normal = self.random.standard_normal(size)
        if channel.rest and channel.name != CACHED:
            sigma = np.array([route.sigma for route in self.cast.routes])[part.route]
            milliseconds = took.medians[part.route, part.minute] * np.exp(sigma * normal)
        elif channel.name in WAITED_MS:
            milliseconds = WAITED_MS[channel.name] * np.exp(WAITED_SIGMA[channel.name] * normal)
        else:
            milliseconds = QUICK_MS * np.exp(QUICK_SIGMA * normal)
        seconds: Floats = np.round(milliseconds / 1000, 3)
        return seconds
