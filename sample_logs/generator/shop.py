"""The shop's day: what is asked of shop.example.com, and what the edge, nginx and the application answer.

    visitors → Cloudflare → nginx → Apache (the application `app`, virtual host shop.example.com)
    office, partners, mobile application, monitor → nginx → Apache
    staff → Apache (virtual host backoffice.example.com)

One request is one `Trip`; a server that never saw it has no answer in it. So the four logs agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from sample_logs.generator.day import (
    DAY_MS,
    MINUTE_MS,
    OUTAGE_END,
    SECOND_MS,
    Popular,
    about,
    arrivals,
    clock,
    deploying,
    dice,
    office_hours,
    shoppers,
    steady,
    trouble,
)
from sample_logs.generator.people import (
    APPLICATION_AGENTS,
    OFFICE_BROWSERS,
    PARTNERS,
    ROBOT,
    WATCHER,
    Visitor,
    public,
    scanner,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

Door = Literal["edge", "front", "app"]
Kind = Literal["page", "file", "call"]

SHOP = "https://shop.example.com"
READ_TIMEOUT_MS = 30 * SECOND_MS  # nginx: proxy_read_timeout 30s
CONNECT_TIMEOUT_MS = 19 * SECOND_MS  # the edge gives up on a SYN without an answer
FOREVER_MS = 10 * MINUTE_MS  # programs wait for whatever comes

# nginx's own error pages, in bytes
FRONT_PAGES = {502: 157, 504: 167}
EDGE_PAGES = {403: 4_518, 429: 1_628, 502: 6_412, 522: 7_095}


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: who wants what, and through which door it comes in."""

    at_ms: int
    visitor: Visitor
    target: str
    kind: Kind
    door: Door = "edge"
    method: str = "GET"
    referrer: str = "-"
    usual_status: int = 200
    usual_size: int = 0
    patience_ms: int = FOREVER_MS
    hostile: bool = False
    hurried: bool = False
    worker: bool = False
    vhost: str = "shop.example.com:80"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server wrote down about a request."""

    start_ms: int
    end_ms: int
    status: int
    size: int


@dataclass(frozen=True, slots=True)
class EdgeAnswer(Answer):
    """What the edge wrote down, with the origin's status (0: none came) and why it refused, if it did."""

    cache: str
    origin_status: int
    origin_ms: int
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Trip:
    """A request and the answer of each server that saw it."""

    ask: Ask
    edge: EdgeAnswer | None = None
    front: Answer | None = None
    app: Answer | None = None

    @property
    def last(self) -> Answer:
        """Return the answer the visitor got."""
        answer = self.edge or self.front or self.app
        if answer is None:
            message = "a trip that nobody saw"
            raise ValueError(message)
        return answer


# --- what the servers do


def travel(ask: Ask, chance: Random) -> Trip:
    """Send a request on its way and return what became of it."""
    if ask.door == "app":
        return Trip(ask, app=_application(ask, ask.at_ms, chance))
    if ask.door == "front":
        front, app = _through_nginx(ask, ask.at_ms, chance)
        return Trip(ask, front=front, app=app)
    return _through_edge(ask, chance)


def _through_edge(ask: Ask, chance: Random) -> Trip:
    quick = ask.at_ms + about(chance, 9)
    if ask.hostile and chance.random() < 0.5:
        return Trip(ask, edge=_refusal(ask, quick, 403, "firewallCustom"))
    if ask.hurried:
        return Trip(ask, edge=_refusal(ask, quick, 429, "rateLimit"))
    cache = "dynamic"
    if ask.kind == "file":
        cache = "hit" if chance.random() < 0.82 else chance.choice(("miss", "miss", "expired", "revalidated"))
    if cache == "hit":
        status = 304 if chance.random() < 0.08 else 200
        size = 412 if status == 304 else ask.usual_size + 520
        return Trip(ask, edge=EdgeAnswer(ask.at_ms, quick, status, size, cache, 0, 0))
    lost = _no_way_to_nginx(ask, cache, chance)
    if lost is not None:
        return Trip(ask, edge=lost)
    front, app = _through_nginx(ask, ask.at_ms + about(chance, 14, 0.2), chance)
    end_ms = front.end_ms + about(chance, 5, 0.3)
    gone = front.status == 499
    size = 0 if gone else front.size + 610
    edge = EdgeAnswer(
        ask.at_ms,
        end_ms,
        front.status,
        size,
        cache,
        0 if gone else front.status,
        0 if gone else front.end_ms - front.start_ms,
    )
    return Trip(ask, edge, front, app)


def _refusal(ask: Ask, end_ms: int, status: int, rule: str) -> EdgeAnswer:
    return EdgeAnswer(ask.at_ms, end_ms, status, EDGE_PAGES[status], "unknown", 0, 0, rule)


def _no_way_to_nginx(ask: Ask, cache: str, chance: Random) -> EdgeAnswer | None:
    """Return the edge's own verdict if nginx, full of waiting connections, takes no further one."""
    luck = chance.random() / max(trouble(ask.at_ms), 1e-9)
    if luck < 0.48:
        if ask.patience_ms < CONNECT_TIMEOUT_MS:
            return EdgeAnswer(ask.at_ms, ask.at_ms + ask.patience_ms, 499, 0, cache, 0, 0)
        end_ms = ask.at_ms + CONNECT_TIMEOUT_MS + about(chance, 300)
        return EdgeAnswer(ask.at_ms, end_ms, 522, EDGE_PAGES[522], cache, 0, 0)
    if luck < 0.66:
        return EdgeAnswer(ask.at_ms, ask.at_ms + about(chance, 240), 502, EDGE_PAGES[502], cache, 0, 0)
    return None


def _through_nginx(ask: Ask, at_ms: int, chance: Random) -> tuple[Answer, Answer | None]:
    """Return nginx's answer and the application's, if it was asked: files come from nginx's own disk."""
    if ask.kind == "file":
        status = 304 if ask.usual_status == 200 and chance.random() < 0.1 else ask.usual_status
        size = 0 if status == 304 or ask.method == "HEAD" else ask.usual_size
        return Answer(at_ms, at_ms + about(chance, 2), status, size), None
    if _refuses(at_ms, chance):
        return _from_nginx(ask, at_ms, about(chance, 4), 502), None
    app = _application(ask, at_ms + 1, chance)
    patience_ms = ask.patience_ms
    if patience_ms < FOREVER_MS and chance.random() < 0.003:  # somebody clicks on before the page is there
        patience_ms = int((app.end_ms - app.start_ms) * chance.random())
    if app.end_ms - at_ms > patience_ms and patience_ms < READ_TIMEOUT_MS:
        return Answer(at_ms, at_ms + patience_ms, 499, 0), app
    if app.end_ms - at_ms > READ_TIMEOUT_MS:
        return _from_nginx(ask, at_ms, READ_TIMEOUT_MS + 1, 504), app
    size = 0 if ask.method == "HEAD" or app.status in (302, 304) else app.size
    return Answer(at_ms, app.end_ms + 1, app.status, size), app


def _refuses(at_ms: int, chance: Random) -> bool:
    """Tell whether the application takes no connection: being replaced, or its queue is full."""
    if deploying(at_ms):
        return chance.random() < 0.9
    return chance.random() < 0.30 * trouble(at_ms)


def _from_nginx(ask: Ask, at_ms: int, took_ms: int, status: int) -> Answer:
    return Answer(at_ms, at_ms + took_ms, status, 0 if ask.method == "HEAD" else FRONT_PAGES[status])


def _application(ask: Ask, at_ms: int, chance: Random) -> Answer:
    """Return what the application makes of it: while its database hangs, mostly a late or a quick 500."""
    severity = trouble(at_ms)
    luck = chance.random()
    if luck < 0.55 * severity:
        return Answer(at_ms, at_ms + about(chance, 38_000, 0.25), 500, 842)
    if luck < 0.80 * severity or chance.random() < 0.0002:
        return Answer(at_ms, at_ms + about(chance, 900, 0.6), 500, 842)
    usual_ms = 35 if ask.kind == "call" else 120
    return Answer(
        at_ms, at_ms + about(chance, usual_ms * (1 + 9 * severity), 0.6), ask.usual_status, ask.usual_size
    )


# --- what people do

ITEMS = Popular([f"/item/{number}" for number in (1000 + 37 * rank % 800 for rank in range(400))], slope=0.95)
SHELVES = Popular(
    [f"/c/{name}" for name in ("garden", "kitchen", "lamps", "toys", "books", "sale", "bikes", "paper")]
)
WORDS = Popular(
    [
        "lamp",
        "chair",
        "garden+hose",
        "led",
        "teapot",
        "bike+light",
        "puzzle",
        "notebook",
        "shelf",
        "cushion",
        "rug",
        "mug",
        "kettle",
        "clock",
        "vase",
        "desk",
    ]
)
FRAME = (
    ("/static/site.5d1c.css", 18_422),
    ("/static/app.9f3e.js", 96_310),
    ("/static/vendor.07ab.js", 141_877),
    ("/static/logo.svg", 3_180),
    ("/static/text.woff2", 41_256),
    ("/favicon.ico", 1_406),
)
FROM_OUTSIDE = (
    "-",
    "-",
    "https://search.example.net/",
    "https://search.example.net/",
    "https://news.example.org/",
)
DOORS_TRIED = (
    "/wp-login.php",
    "/.env",
    "/.git/config",
    "/xmlrpc.php",
    "/admin/",
    "/phpmyadmin/",
    "/backup.zip",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    "/cgi-bin/luci",
    "/actuator/health",
    "/boaform/admin/formLogin",
    "/server-status",
)


def size_of(target: str) -> int:
    """Return a page's size: the same page is always about as big.

    >>> size_of("/item/1000") == size_of("/item/1000") > 10_000
    True
    """
    return 14_000 + sum(map(ord, target)) * 131 % 23_000


def visit(start_ms: int, visitor: Visitor, door: Door, chance: Random) -> Iterator[Trip]:
    """Yield one person's visit: pages with their files, retries when it fails, and a second try later."""
    at_ms, came_from, first = start_ms, chance.choice(FROM_OUTSIDE), chance.random() < 0.5
    for _ in range(about(chance, 2.6, 0.5)):
        wish = _next_wish(at_ms, visitor, door, chance)
        wish = replace(wish, referrer=came_from, patience_ms=about(chance, 20_000, 0.7))
        trips = list(insist(wish, chance))
        yield from trips
        answer = trips[-1].last
        if answer.status >= 499:
            if chance.random() < 0.3:  # comes back when it is over
                again_ms = max(answer.end_ms, OUTAGE_END - 2 * MINUTE_MS) + about(chance, 3 * MINUTE_MS, 0.7)
                yield from visit(again_ms, visitor, door, chance)
            return
        came_from = SHOP + wish.target
        if answer.status == 200:
            yield from _files(answer.end_ms, wish, chance, first=first)
            first = False
        at_ms = answer.end_ms + about(chance, 24_000, 0.8)


def _next_wish(at_ms: int, visitor: Visitor, door: Door, chance: Random) -> Ask:
    luck = chance.random()
    if luck < 0.36:
        target = ITEMS.pick(chance)
    elif luck < 0.56:
        target = SHELVES.pick(chance)
    elif luck < 0.72:
        target = "/"
    elif luck < 0.84:
        target = f"/search?q={WORDS.pick(chance)}"
    elif luck < 0.91:
        target = chance.choice(("/account", "/help", "/delivery", "/cart"))
    elif luck < 0.992:
        target = chance.choice(("/cart", "/cart", "/login", "/checkout"))
        return Ask(at_ms, visitor, target, "page", door, "POST", usual_status=302, usual_size=0)
    else:  # an old link
        return Ask(
            at_ms,
            visitor,
            f"/item/{chance.randrange(200, 320)}",
            "page",
            door,
            usual_status=404,
            usual_size=5_204,
        )
    return Ask(at_ms, visitor, target, "page", door, usual_size=size_of(target))


def insist(wish: Ask, chance: Random) -> Iterator[Trip]:
    """Yield the request and up to six more tries, as long as it fails and patience lasts."""
    for _ in range(7):
        trip = travel(wish, chance)
        yield trip
        if trip.last.status < 499 or chance.random() < 0.12:
            return
        wish = replace(wish, at_ms=trip.last.end_ms + about(chance, 5_000, 0.6))


def _files(at_ms: int, page: Ask, chance: Random, *, first: bool) -> Iterator[Trip]:
    """Yield what a page pulls in: its frame if it is the first, pictures, sometimes a call of a Worker."""
    wanted = list(FRAME[: chance.choice((4, 5, 6))]) if first else []
    if page.target.startswith("/item/"):
        number = page.target.removeprefix("/item/")
        wanted += [
            (f"/img/{number}-{view}.webp", 21_000 + size_of(number) + 917 * view)
            for view in range(chance.choice((1, 2)))
        ]
    elif page.target.startswith("/c/"):
        pictures = [ITEMS.pick(chance).removeprefix("/item/") for _ in range(3)]
        wanted += [(f"/img/{number}-s.webp", 6_000 + size_of(number) // 8) for number in pictures]
    for target, size in wanted:
        at_ms += about(chance, 30)
        ask = Ask(
            at_ms, page.visitor, target, "file", page.door, referrer=SHOP + page.target, usual_size=size
        )
        yield travel(ask, chance)
    if page.target.startswith("/item/") and chance.random() < 0.15:
        target = page.target.replace("/item/", "/api/v2/recommend?item=")
        ask = Ask(
            at_ms + about(chance, 60), page.visitor, target, "call", page.door, referrer=SHOP + page.target
        )
        yield travel(replace(ask, usual_size=1_830, worker=page.door == "edge"), chance)


# --- the day's crowds


def trips() -> list[Trip]:
    """Return every request of the day, in no particular order."""
    crowds = (
        _visitors("edge", 2.0),
        _visitors("front", 0.10),
        _robot(),
        _monitor(),
        _partners(),
        _application_users(),
        _scanners(),
        _hurried(),
        _staff(),
        _timetable(),
    )
    return [trip for crowd in crowds for trip in crowd]


def _visitors(door: Door, per_minute: float) -> Iterator[Trip]:
    people = Popular(public(), slope=0.25)
    chance = dice(f"visitors-{door}")
    for at_ms in arrivals(chance, per_minute, shoppers):
        yield from visit(at_ms, people.pick(chance), door, chance)


def _robot() -> Iterator[Trip]:
    """Yield a search engine's walk: /robots.txt now and then, item pages all day."""
    chance = dice("robot")
    for at_ms in arrivals(chance, 0.9, steady):
        target = ITEMS.things[chance.randrange(400)]
        ask = Ask(at_ms, ROBOT, target, "page", usual_size=size_of(target))
        if chance.random() < 0.02:
            ask = replace(ask, target="/robots.txt", kind="file", usual_size=118)
        elif chance.random() < 0.04:
            ask = replace(
                ask, target=f"/item/{chance.randrange(200, 320)}", usual_status=404, usual_size=5_204
            )
        yield travel(ask, chance)


def _monitor() -> Iterator[Trip]:
    chance = dice("monitor")
    for minute in range(1440):
        ask = Ask(minute * MINUTE_MS + 17_000, WATCHER, "/health", "call", "front", "HEAD")
        yield travel(replace(ask, patience_ms=10_000), chance)


def _partners() -> Iterator[Trip]:
    """Yield stock queries and orders of three partners, who come straight to nginx with a name."""
    chance = dice("partners")
    for at_ms in arrivals(chance, 2.0, steady):
        partner = chance.choice(PARTNERS)
        ask = Ask(
            at_ms,
            partner,
            f"/api/v2/stock?item={1000 + chance.randrange(60)}",
            "call",
            "front",
            usual_size=231,
        )
        if chance.random() < 0.1:
            ask = replace(ask, target="/api/v2/orders", method="POST", usual_status=201, usual_size=96)
        elif chance.random() < 0.004:
            ask = replace(ask, visitor=replace(partner, user="-"), usual_status=401, usual_size=64)
        yield from insist(ask, chance)


def _application_users() -> Iterator[Trip]:
    """Yield the calls of the shop's mobile application, three or four per look at the telephone."""
    chance = dice("application")
    people = public()
    calls = (
        "/api/v2/home",
        "/api/v2/cart",
        "/api/v2/messages",
        "/api/v2/items?page=1",
        "/api/v2/items?page=2",
    )
    for at_ms in arrivals(chance, 0.82, shoppers):
        visitor = replace(chance.choice(people), agent=chance.choice(APPLICATION_AGENTS), protocol="HTTP/2")
        moment = at_ms
        for target in calls[: chance.choice((3, 3, 4, 5))]:
            ask = Ask(moment, visitor, target, "call", "front", usual_size=size_of(target) // 9)
            trip = travel(replace(ask, patience_ms=about(chance, 20_000, 0.3)), chance)
            yield trip
            moment = trip.last.end_ms + about(chance, 900, 0.9)


def _scanners() -> Iterator[Trip]:
    """Yield strangers at the doors: two to five guesses each, by the edge or straight to the address."""
    chance = dice("scanners")
    doors: tuple[Door, ...] = ("edge", "front")
    for door in doors:
        for at_ms in arrivals(chance, 0.12, steady):
            visitor, moment = scanner(chance), at_ms
            for _ in range(chance.randrange(2, 6)):
                target = chance.choice(DOORS_TRIED)
                yield travel(
                    Ask(
                        moment, visitor, target, "file", door, usual_status=404, usual_size=153, hostile=True
                    ),
                    chance,
                )
                moment += about(chance, 1_500)


def _hurried() -> Iterator[Trip]:
    """Yield a price watcher that the edge slows down: one 429 for every three searches."""
    chance = dice("hurried")
    visitor = Visitor("198.51.100.252", "price-watch/0.9", "HTTP/1.1", "us", 64506)
    for at_ms in arrivals(chance, 0.12, steady):
        target = f"/search?q={WORDS.pick(chance)}&sort=price"
        ask = Ask(at_ms, visitor, target, "page", usual_size=size_of(target))
        yield travel(replace(ask, hurried=chance.random() < 0.3), chance)


STAFF = tuple(Visitor(f"192.0.2.{100 + desk}", "", user=f"clerk{desk:02d}") for desk in range(1, 25))
BACKOFFICE = "https://backoffice.example.com"


def _staff() -> Iterator[Trip]:
    """Yield the clerks' work in the back office; the first request of a session carries no password yet."""
    chance = dice("staff")
    browsers = {clerk.user: OFFICE_BROWSERS.pick(chance) for clerk in STAFF}
    for at_ms in arrivals(chance, 0.42, office_hours):
        clerk = chance.choice(STAFF)
        clerk = replace(clerk, agent=browsers[clerk.user], protocol="HTTP/1.1")
        ask = Ask(at_ms, clerk, "/orders", "page", "app", vhost="backoffice.example.com:80", usual_size=9_120)
        nameless = replace(ask, visitor=replace(clerk, user="-"), usual_status=401, usual_size=381)
        if chance.random() < 0.15:
            yield travel(nameless, chance)
        moment = at_ms + about(chance, 400)
        for _ in range(about(chance, 7, 0.5)):
            luck = chance.random()
            order = 48_000 + moment // 90_000 - chance.randrange(300)
            if luck < 0.55:
                ask = replace(
                    ask, target=f"/orders/{order}", method="GET", usual_status=200, usual_size=12_044
                )
            elif luck < 0.75:
                ask = replace(
                    ask, target="/orders?state=open", method="GET", usual_status=200, usual_size=22_310
                )
            else:
                ask = replace(
                    ask, target=f"/orders/{order}/ship", method="POST", usual_status=302, usual_size=0
                )
            trip = travel(replace(ask, at_ms=moment), chance)
            yield trip
            ask = replace(ask, referrer=f"{BACKOFFICE}/orders")
            moment = trip.last.end_ms + about(chance, 15_000, 0.8)


def _timetable() -> Iterator[Trip]:
    """Yield the back office's timed job, every five minutes around the clock."""
    chance = dice("timetable")
    robot = Visitor("192.0.2.30", "curl/8.14.1", "HTTP/1.1", user="timer")
    for start_ms in range(clock(0, 0, 2), DAY_MS, 5 * MINUTE_MS):
        ask = Ask(
            start_ms, robot, "/jobs/export", "call", "app", vhost="backoffice.example.com:80", usual_size=58
        )
        yield travel(ask, chance)
