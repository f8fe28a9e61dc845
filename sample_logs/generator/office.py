"""The office's day at its web proxy: desks, machines, and what they ask of the shop past the edge.

The office resolves shop.example.com to nginx itself: its requests are in the proxy's log, nginx's, Apache's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sample_logs.generator.day import SECOND_MS, Popular, about, arrivals, dice, office_hours, steady, trouble
from sample_logs.generator.lines import wsa_line, wsa_verdict
from sample_logs.generator.people import OFFICE_EXIT, Visitor
from sample_logs.generator.shop import ITEMS, SHELVES, Ask, Trip, size_of, travel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

NOBODY = "OTHER-NONE-NONE-NONE-NONE-NONE-NONE-NONE"
ALLOWED = "DEFAULT_CASE_12-Staff-Office-NONE-NONE-NONE-DefaultGroup-NONE"
DECRYPTED = "DECRYPT_WEBCAT_7-Staff-Office-NONE-NONE-NONE-DefaultGroup-NONE"
PASSED = "PASSTHRU_CUSTOMCAT_6-Staff-Office-NONE-NONE-NONE-DefaultGroup-NONE"
MACHINE = "ALLOW_CUSTOMCAT_11-Machines-Machines-NONE-NONE-NONE-DefaultGroup-NONE"
BY_ITSELF = ("TCP_DENIED", "TCP_HIT", "TCP_MEM_HIT", "TCP_IMS_HIT")  # refused, or from its own cache
GATEWAY_TIMEOUT_MS = 20 * SECOND_MS


@dataclass(frozen=True, slots=True)
class Site:
    """A place people go, as the proxy rates it."""

    host: str
    category: str
    title: str
    reputation: str
    secure: bool = True
    blocked: str = ""
    passed: bool = False


SHOP = Site("shop.example.com", "IW_shop", "Shopping", "5.0")
DEAD = Site("old.example.org", "IW_ref", "Reference", "ns", secure=False)
UPDATES = Site("updates.example.net", "IW_swup", "Software Updates", "7.4", secure=False)
TELEMETRY = Site("telemetry.example.net", "IW_infr", "Infrastructure", "6.8", passed=True)
SITES = Popular(
    [
        SHOP,
        Site("search.example.net", "IW_srch", "Search Engines and Portals", "7.9"),
        Site("mail.example.org", "IW_mail", "Web-based Email", "6.5"),
        Site("news.example.org", "IW_news", "News", "6.1"),
        Site("wiki.example.org", "IW_ref", "Reference", "6.9", secure=False),
        Site("crm.example.net", "IW_busi", "Business and Industry", "5.7"),
        Site("bank.example.net", "IW_fnnc", "Finance", "7.2", passed=True),
        Site("social.example.net", "IW_snet", "Social Networking", "4.8"),
        Site("weather.example.org", "IW_news", "News", "5.9", secure=False),
        Site("docs.example.com", "IW_comp", "Computers and Internet", "6.6"),
        Site("rail.example.org", "IW_trvl", "Travel", "6.0"),
        Site("payroll.example.net", "IW_fnnc", "Finance", "6.7", passed=True),
        Site("supplier.example.org", "IW_busi", "Business and Industry", "3.1", secure=False),
        Site("bets.example.net", "IW_gamb", "Gambling", "1.2", secure=False, blocked="BLOCK_WEBCAT_12"),
        Site("dropper.example.org", "IW_hack", "Hacking", "-8.4", secure=False, blocked="BLOCK_WBRS_10"),
    ],
    slope=1.0,
)
THINGS = (
    ("/", "text/html", 24_180),
    ("/style.css", "text/css", 9_314),
    ("/script.js", "application/javascript", 61_077),
    ("/top.jpg", "image/jpeg", 48_210),
    ("/api/state", "application/json", 1_204),
    ("/font.woff2", "font/woff2", 33_008),
    ("/banner.png", "image/png", 17_662),
)


@dataclass(frozen=True, slots=True)
class Desk:
    """A machine in the office and the person before it (`-`: nobody the proxy knows)."""

    address: str
    user: str = "-"


DESKS = tuple(Desk(f"192.0.2.{100 + desk}", f'"EXAMPLE\\user{desk:02d}@corp"') for desk in range(1, 73))


@dataclass(frozen=True, slots=True)
class ProxyLine:
    """A finished transaction: when it ended, and its line."""

    end_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Somebody at a site: what every line of a visit shares."""

    desk: Desk
    site: Site
    chance: Random

    def line(
        self,
        end_ms: int,
        elapsed_ms: int,
        result: str,
        size: int,
        request: str,
        *,
        decision: str = ALLOWED,
        mime: str = "-",
    ) -> ProxyLine:
        """Return the line of one transaction; what the proxy answered by itself has no server in it."""
        site = self.site
        fetched = not result.startswith(BY_ITSELF)
        rated = decision != NOBODY
        verdict = wsa_verdict(
            site.category if rated else "-",
            site.title if rated else "-",
            site.reputation if rated else "-",
            size * 8 / elapsed_ms if fetched and elapsed_ms else 0.0,
            scanned=decision == ALLOWED and fetched and mime != "-",
        )
        text = wsa_line(
            end_ms=end_ms,
            elapsed_ms=elapsed_ms,
            client=self.desk.address,
            result=result,
            size=size,
            request=request,
            user=self.desk.user if rated else "-",
            hierarchy=f"DIRECT/{site.host}" if fetched else "NONE/-",
            mime=mime,
            decision=decision,
            verdict=verdict,
        )
        return ProxyLine(end_ms, text)


def office_day() -> tuple[list[ProxyLine], list[Trip]]:
    """Return the proxy's lines, and the requests that reached the shop's nginx."""
    seen = [*_people(), *_machines()]
    return [one for one in seen if isinstance(one, ProxyLine)], [one for one in seen if isinstance(one, Trip)]


def _people() -> Iterator[ProxyLine | Trip]:
    chance = dice("office")
    for at_ms in arrivals(chance, 1.72, office_hours):
        moment = Moment(chance.choice(DESKS), SITES.pick(chance), chance)
        yield from _stay(at_ms, moment)


def _stay(at_ms: int, moment: Moment) -> Iterator[ProxyLine | Trip]:
    """Yield one stay at a site: perhaps a login at the proxy, then the tunnel, then what is in it."""
    site, chance = moment.site, moment.chance
    opening = f"CONNECT tunnel://{site.host}:443/" if site.secure else f"GET http://{site.host}/"
    if chance.random() < 0.35:  # NTLM: asked twice, then let in
        for _ in range(2):
            yield moment.line(at_ms, 0, "TCP_DENIED/407", 1_742, opening, decision=NOBODY)
            at_ms += about(chance, 14, 0.3)
    if site.blocked:
        decision = f"{site.blocked}-Staff-Office-NONE-NONE-NONE-NONE-NONE"
        yield moment.line(at_ms, about(chance, 6), "TCP_DENIED/403", 2_210, opening, decision=decision)
        return
    if site.passed:
        took_ms = about(chance, 45 * SECOND_MS, 1.0)
        size = about(chance, 14_000, 0.8)
        yield moment.line(at_ms + took_ms, took_ms, "TCP_MISS/200", size, opening, decision=PASSED)
        return
    if site is SHOP:
        yield from _shopping(at_ms, moment, opening)
        return
    if site.secure:
        at_ms += about(chance, 35)
        yield moment.line(at_ms, about(chance, 30, 0.3), "TCP_MISS_SSL/200", 39, opening, decision=DECRYPTED)
    for _ in range(about(chance, 6.5, 0.6)):
        line = _fetch(at_ms, moment)
        yield line
        at_ms = line.end_ms + about(chance, 700, 1.4)


def _fetch(at_ms: int, moment: Moment) -> ProxyLine:
    """Return one ordinary transaction at an ordinary site: from the origin, or from the proxy's cache."""
    site, chance = moment.site, moment.chance
    path, mime, size = chance.choice(THINGS)
    request = f"GET https://{site.host}:443{path}" if site.secure else f"GET http://{site.host}{path}"
    ending = "_SSL" if site.secure else ""
    luck = chance.random()
    if luck < 0.34 and not site.secure and mime != "application/json":
        result = chance.choice(("TCP_MEM_HIT/200", "TCP_HIT/200", "TCP_IMS_HIT/304", "TCP_REFRESH_HIT/200"))
        size = 288 if result.endswith("304") else size
        took_ms = about(chance, 3)
        return moment.line(at_ms + took_ms, took_ms, result, size, request, mime=mime)
    took_ms = about(chance, 140, 0.6)
    status, result = 200, "TCP_MISS"
    if luck > 0.996:
        status, size, mime = 404, 1_022, "text/html"
    elif luck > 0.9955:
        status, size, mime = 502, 911, "text/html"
    elif luck > 0.96:
        result = "TCP_CLIENT_REFRESH_MISS"
    return moment.line(at_ms + took_ms, took_ms, f"{result}{ending}/{status}", size, request, mime=mime)


def _shopping(at_ms: int, moment: Moment, opening: str) -> Iterator[ProxyLine | Trip]:
    """Yield a stay at the shop; in the outage the tunnel may not open, and what opens may hold errors."""
    chance = moment.chance
    for _ in range(8):
        lost = _no_way_to_nginx(at_ms, moment, opening)
        if lost is None:
            break
        yield lost
        if chance.random() < 0.1:
            return
        at_ms = lost.end_ms + about(chance, 6_000)
    else:
        return
    at_ms += about(chance, 35)
    yield moment.line(at_ms, about(chance, 30, 0.3), "TCP_MISS_SSL/200", 39, opening, decision=DECRYPTED)
    visitor = Visitor(
        OFFICE_EXIT, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    )
    referrer = "-"
    for _ in range(about(chance, 6, 0.5)):
        target = chance.choice(
            ("/", SHELVES.pick(chance), ITEMS.pick(chance), ITEMS.pick(chance), "/static/logo.svg")
        )
        ask = Ask(at_ms, visitor, target, "page", "front", referrer=referrer, usual_size=size_of(target))
        mime = "text/html"
        if target.endswith(".svg"):
            ask, mime = replace(ask, kind="file", usual_size=3_180), "image/svg+xml"
        else:
            referrer = f"https://{SHOP.host}{target}"
        request = f"GET https://{SHOP.host}:443{target}"
        lost = _no_way_to_nginx(at_ms, moment, request)
        if lost is not None:
            yield lost
            at_ms = lost.end_ms + about(chance, 6_000)
            continue
        trip = travel(ask, chance)
        yield trip
        answer = trip.last
        end_ms = answer.end_ms + about(chance, 4, 0.3)
        mime = mime if answer.status < 500 else "text/html"
        yield moment.line(
            end_ms, end_ms - at_ms, f"TCP_MISS_SSL/{answer.status}", answer.size + 540, request, mime=mime
        )
        at_ms = end_ms + about(chance, 9_000, 1.0)


def _no_way_to_nginx(at_ms: int, moment: Moment, request: str) -> ProxyLine | None:
    """Return the proxy's own 503 or 504 if nginx refuses the connection or never answers."""
    luck = moment.chance.random() / max(trouble(at_ms), 1e-9)
    if luck < 0.32:
        took_ms = about(moment.chance, 60)
        return moment.line(at_ms + took_ms, took_ms, "NONE/503", 1_636, request)
    if luck < 0.58:
        took_ms = GATEWAY_TIMEOUT_MS + about(moment.chance, 12)
        return moment.line(at_ms + took_ms, took_ms, "NONE/504", 1_653, request)
    return None


def _machines() -> Iterator[ProxyLine]:
    """Yield what machines fetch by themselves, day and night, without a login."""
    chance = dice("machines")
    for at_ms in arrivals(chance, 6.3, steady):
        desk = Desk(chance.choice(DESKS).address)
        luck = chance.random()
        if luck < 0.45:
            took_ms = about(chance, 900, 0.6)
            moment = Moment(desk, TELEMETRY, chance)
            request = f"CONNECT tunnel://{TELEMETRY.host}:443/"
            yield moment.line(
                at_ms + took_ms,
                took_ms,
                "TCP_MISS/200",
                4_000 + 57 * chance.randrange(12),
                request,
                decision=MACHINE,
            )
        elif luck < 0.9992:
            took_ms, part = about(chance, 8), chance.randrange(1, 25)
            result = (
                "TCP_MISS/200"
                if luck > 0.9
                else chance.choice(("TCP_MEM_HIT/200", "TCP_HIT/200", "TCP_IMS_HIT/304"))
            )
            size = 288 if result.endswith("304") else 90_000 + 811 * part
            request = f"GET http://{UPDATES.host}/pool/part-{part:02d}.bin"
            yield Moment(desk, UPDATES, chance).line(
                at_ms + took_ms,
                took_ms,
                result,
                size,
                request,
                decision=MACHINE,
                mime="application/octet-stream",
            )
        else:  # a forgotten job asks a site that is no more
            moment = Moment(desk, DEAD, chance)
            yield moment.line(at_ms + 74, 74, "NONE/503", 1_620, f"GET http://{DEAD.host}/feed.xml")
