"""Trips → each server's log of the day, in the order that server writes its lines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sample_logs.generator.day import DAY_MS, SECOND_MS, arrivals, dice, steady
from sample_logs.generator.lines import apache_line, cloudflare_line, nginx_line
from sample_logs.generator.people import WORKER_EXIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from random import Random

    from sample_logs.generator.lines import Json
    from sample_logs.generator.shop import Answer, Ask, EdgeAnswer, Trip

APACHE_HEADERS = 312  # what %O counts beside the body
DUMMY_AGENT = "Apache/2.4.66 (Debian) (internal dummy connection)"
RULES = {"firewallCustom": "5d1f0c7a9b3e4862", "rateLimit": "a02b6e91c4d7f358"}
MIME = {
    "css": "text/css",
    "js": "application/javascript",
    "svg": "image/svg+xml",
    "ico": "image/x-icon",
    "webp": "image/webp",
    "woff2": "font/woff2",
}


def nginx_day(trips: Iterable[Trip]) -> list[str]:
    """Return nginx's lines by the end of the request, which is also their stamp."""
    seen = [(trip.front, trip.ask) for trip in trips if trip.front is not None]
    return [_nginx(answer, ask) for answer, ask in sorted(seen, key=_end) if answer.end_ms < DAY_MS]


def _nginx(answer: Answer, ask: Ask) -> str:
    protocol = {"HTTP/2": "HTTP/2.0", "HTTP/3": "HTTP/3.0"}.get(ask.visitor.protocol, "HTTP/1.1")
    return nginx_line(
        end_ms=answer.end_ms,
        client=_client(ask),
        user=ask.visitor.user,
        request=f"{ask.method} {ask.target} {'HTTP/1.1' if ask.door == 'edge' else protocol}",
        status=answer.status,
        size=answer.size,
        referrer=ask.referrer,
        agent=ask.visitor.agent,
    )


def apache_day(trips: Iterable[Trip]) -> list[str]:
    """Return Apache's lines by the end of the request, stamped with its start, and its calls to itself."""
    seen = [(trip.app, trip.ask) for trip in trips if trip.app is not None]
    lines = [(answer.end_ms, _apache(answer, ask)) for answer, ask in seen] + _dummies()
    return [line for end_ms, line in sorted(lines, key=lambda one: one[0]) if end_ms < DAY_MS]


def _apache(answer: Answer, ask: Ask) -> str:
    return apache_line(
        start_ms=answer.start_ms,
        vhost=ask.vhost,
        client=_client(ask),
        user=ask.visitor.user,
        request=f"{ask.method} {ask.target} HTTP/1.1",
        status=answer.status,
        size=APACHE_HEADERS + (0 if ask.method == "HEAD" else answer.size),
        referrer=ask.referrer,
        agent=ask.visitor.agent,
    )


def _dummies() -> list[tuple[int, str]]:
    """Return the internal dummy connections: the parent wakes children that are no longer needed."""
    chance = dice("dummies")
    lines = []
    for at_ms in arrivals(chance, 0.06, steady):
        for turn in range(chance.randrange(1, 5)):
            start_ms = at_ms + turn * SECOND_MS
            line = apache_line(
                start_ms=start_ms,
                vhost="shop.example.com:80",
                client="127.0.0.1",
                user="-",
                request="OPTIONS * HTTP/1.0",
                status=200,
                size=126,
                referrer="-",
                agent=DUMMY_AGENT,
            )
            lines.append((start_ms, line))
    return lines


def cloudflare_day(trips: Iterable[Trip]) -> list[str]:
    """Return the edge's records as a batch holds them: gathered within seconds, not sorted."""
    chance = dice("edge")
    rays = _rays(chance)
    seen = [(trip.edge, trip.ask) for trip in trips if trip.edge is not None]
    records: list[tuple[int, str]] = []
    for edge, ask in sorted(seen, key=lambda one: one[0].start_ms):
        delivered_ms = edge.end_ms + chance.randrange(12 * SECOND_MS)
        records += [(delivered_ms, line) for line in _cloudflare(edge, ask, rays)]
    return [line for delivered_ms, line in sorted(records, key=lambda one: one[0]) if delivered_ms < DAY_MS]


def _rays(chance: Random) -> Iterator[str]:
    """Yield rays: they rise, and other customers' requests lie between."""
    number = 0x9D94_0000_0000
    while True:
        number += chance.randrange(1, 4096)
        yield f"{number:012x}4e1f"


def _cloudflare(edge: EdgeAnswer, ask: Ask, rays: Iterator[str]) -> list[str]:
    """Return the visitor's record and, where a Worker asked the origin for it, the Worker's own."""
    ray = next(rays)
    if not ask.worker:
        return [_record(edge, ask, ray)]
    visible = replace(edge, cache="unknown", origin_status=0, origin_ms=0)
    asked = replace(edge, start_ms=edge.start_ms + 2, end_ms=max(edge.start_ms + 2, edge.end_ms - 2))
    return [_record(visible, ask, ray), _record(asked, ask, next(rays), parent=ray)]


def _record(edge: EdgeAnswer, ask: Ask, ray: str, parent: str = "00") -> str:
    visitor = ask.visitor
    by_worker = parent != "00"
    origin = "192.0.2.80" if edge.origin_ms or edge.status in (502, 522) else ""
    rules: list[str] = [RULES[edge.rule]] if edge.rule else []
    fields: dict[str, Json] = {
        "ClientIP": WORKER_EXIT if by_worker else visitor.address,
        "ClientCountry": "xx" if by_worker else visitor.country,
        "ClientASN": 0 if by_worker else visitor.network,
        "ClientRequestHost": "shop.example.com",
        "ClientRequestMethod": ask.method,
        "ClientRequestURI": ask.target,
        "ClientRequestProtocol": "HTTP/1.1" if by_worker else visitor.protocol,
        "ClientRequestReferer": "" if ask.referrer == "-" else ask.referrer,
        "ClientRequestUserAgent": "" if visitor.agent == "-" else visitor.agent,
        "ClientRequestSource": "edgeWorkerFetch" if by_worker else "eyeball",
        "CacheCacheStatus": edge.cache,
        "EdgeColoCode": "FRA",
        "EdgeResponseStatus": edge.status,
        "EdgeResponseBytes": edge.size,
        "EdgeResponseContentType": _mime(edge, ask),
        "OriginIP": origin,
        "OriginResponseStatus": edge.origin_status,
        "OriginResponseDurationMs": edge.origin_ms,
        "SecurityAction": "block" if edge.rule else "",
        "SecurityRuleID": rules[0] if rules else "",
        "SecurityActions": ["block"] if edge.rule else [],
        "SecuritySources": [edge.rule] if edge.rule else [],
        "SecurityRuleIDs": rules,
        "RayID": ray,
        "ParentRayID": parent,
    }
    return cloudflare_line(start_ms=edge.start_ms, end_ms=edge.end_ms, fields=fields)


def _mime(edge: EdgeAnswer, ask: Ask) -> str:
    if edge.status != 200:
        return "text/html" if edge.size else ""
    if ask.kind == "call":
        return "application/json"
    return MIME.get(ask.target.rpartition(".")[2], "text/html")


def _client(ask: Ask) -> str:
    """Return the address behind the proxies, which nginx (realip) and Apache (remoteip) write."""
    return WORKER_EXIT if ask.worker else ask.visitor.address


def _end(seen: tuple[Answer, Ask]) -> int:
    return seen[0].end_ms
