"""Requests as dictionaries → the lines of a vendor's log, and what diagnosis says of them.

A scene is a short story: what happened, written as a log, and what a reader must be told of every cause that the
question knows. Addresses and names are those set aside for documentation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import parsers
from loganalyzer.analysis import analyze

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from loganalyzer.analysis import Analysis
    from loganalyzer.diagnosis import Verdict

    Request = dict[str, Any]
    Writer = Callable[[Request], str]

START: Final = datetime(2026, 3, 10, 9, tzinfo=UTC)
BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CRAWLER: Final = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def many(count: int, /, **fields: Any) -> list[Request]:  # noqa: ANN401  # any column
    """Return so many requests; a list gives its values by turns, a function one for each number."""

    def value(field: Any, number: int) -> Any:  # noqa: ANN401
        if callable(field):
            return field(number)
        return field[number % len(field)] if isinstance(field, list) else field

    return [{name: value(field, number) for name, field in fields.items()} for number in range(count)]


def written(requests: Sequence[Request], writer: Writer, seconds: float = 1.0) -> list[str]:
    """Return the lines of requests, `seconds` apart, but for those that say `at` (seconds after `START`)."""
    usual = {
        "client": "192.0.2.10",
        "method": "GET",
        "target": "/",
        "status": 200,
        "bytes_sent": 512,
        "user_agent": BROWSER,
        "host": "shop.example.com",
    }
    timed = [
        {**usual, "at": number * seconds, "client": f"192.0.2.{number % 200 + 1}", **request}
        for number, request in enumerate(requests)
    ]
    return [writer(request) for request in sorted(timed, key=lambda request: request["at"])]


def _moment(request: Request, *, end: bool = False) -> datetime:
    took = request.get("duration_s") or 0 if end else 0
    return START + timedelta(seconds=request["at"] + took)


def _line(request: Request) -> str:
    if "request" in request:  # as it came, whatever it is
        return str(request["request"])
    return f"{request['method']} {request['target']} {request.get('protocol', 'HTTP/1.1')}"


def combined(request: Request) -> str:
    """Return a line of nginx's or Apache's combined format, which knows no host, time or upstream."""
    return (
        f"{request['client']} - {request.get('user', '-')} [{_moment(request):%d/%b/%Y:%H:%M:%S +0000}] "
        f'"{_line(request)}" {request["status"]:03d} {request["bytes_sent"]} '
        f'"{request.get("referrer", "-")}" "{request["user_agent"]}"'
    )


def nginx(request: Request) -> str:
    """Return a JSON line of nginx that knows all there is; what is not given is empty there, as nginx writes it."""
    return json.dumps(
        {
            "time_iso8601": f"{_moment(request, end=True):%Y-%m-%dT%H:%M:%S+00:00}",
            "remote_addr": request["client"],
            "remote_user": request.get("user", ""),
            "request": _line(request),
            "status": f"{request['status']:03d}",
            "body_bytes_sent": request["bytes_sent"],
            "request_time": f"{request.get('duration_s', 0.01):.3f}",
            "request_length": request.get("bytes_received", 400),
            "upstream_addr": request.get("upstream", ""),
            "upstream_status": request.get("upstream_status", ""),
            "host": request["host"],
            "http_referer": request.get("referrer", ""),
            "http_user_agent": request["user_agent"],
        }
    )


def nginx_apart(request: Request) -> str:
    """Return a JSON line of nginx that logs method and address apart, and no protocol."""
    return json.dumps(
        {
            "time_iso8601": f"{_moment(request, end=True):%Y-%m-%dT%H:%M:%S+00:00}",
            "remote_addr": request["client"],
            "request_method": request["method"],
            "request_uri": request["target"],
            "status": f"{request['status']:03d}",
            "body_bytes_sent": request["bytes_sent"],
            "http_user_agent": request["user_agent"],
        }
    )


def cloudflare(request: Request) -> str:
    """Return a Logpush record of HTTP requests."""
    moment = _moment(request)
    took = timedelta(seconds=request.get("duration_s", 0.05))
    return json.dumps(
        {
            "EdgeStartTimestamp": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "EdgeEndTimestamp": f"{moment + took:%Y-%m-%dT%H:%M:%SZ}",
            "EdgeTimeToFirstByteMs": int(took.total_seconds() * 1000),
            "ClientIP": request["client"],
            "ClientRequestHost": request["host"],
            "ClientRequestMethod": request["method"],
            "ClientRequestURI": request["target"],
            "ClientRequestProtocol": request.get("protocol", "HTTP/1.1"),
            "ClientRequestReferer": request.get("referrer", ""),
            "ClientRequestUserAgent": request["user_agent"],
            "ClientRequestBytes": request.get("bytes_received", 400),
            "ClientCountry": request.get("country", "kr"),
            "CacheCacheStatus": request.get("cache", "dynamic"),
            "EdgeResponseStatus": request["status"],
            "EdgeResponseBytes": request["bytes_sent"],
            "OriginResponseStatus": request.get("upstream_status", request["status"]),
            "OriginIP": request.get("upstream", "192.0.2.80"),
            "SecurityAction": request.get("action", ""),
            "RayID": f"{int(request['at'] * 1000) + hash_of(request):016x}"[-16:],
        }
    )


def hash_of(request: Request) -> int:
    """Return a number of a request, the same on every run, so that rays differ."""
    return int.from_bytes(repr(sorted(request.items(), key=str)).encode()[-6:], "big") << 8


def logpull(request: Request) -> str:
    """Return a record with the few fields that Logpull gives of itself: not the origin's."""
    kept = (
        "ClientIP", "ClientRequestHost", "ClientRequestMethod", "ClientRequestURI", "EdgeEndTimestamp",
        "EdgeResponseBytes", "EdgeResponseStatus", "EdgeStartTimestamp", "RayID",
    )  # fmt: skip
    whole = json.loads(cloudflare(request))
    return json.dumps({name: whole[name] for name in kept})


def cisco_wsa(request: Request) -> str:
    """Return a line of a WSA's access log; `cache` is its result code, `action` its decision tag."""
    took = request.get("duration_s", 0.1)
    hierarchy = "NONE/-" if str(request.get("cache", "")).startswith(("NONE", "TCP_DENIED")) else ""
    user = f'"{request["user"]}"' if request.get("user") else "-"
    return (
        f"{(_moment(request).timestamp() + took):.3f} {took * 1000:.0f} {request['client']} "
        f"{request.get('cache', 'TCP_MISS')}/{request['status']} {request['bytes_sent']} "
        f"{request['method']} {request.get('url', 'http://' + request['host'] + request['target'])} {user} "
        f"{hierarchy or 'DIRECT/' + request['host']} text/html "
        f"{request.get('action', 'DEFAULT_CASE')}_12-{request.get('policy', 'Staff')}-CorpUsers-NONE-NONE-NONE-"
        f'DefaultGroup-NONE <"{request.get("category", "IW_busi")}",6.1,'
        '0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,"IW_busi",-,"Unknown",'
        '"Business and Industry","-","Unknown","Unknown","-","-",580.32,0,-,"Unknown","-",-,"-",-,-,"-",'
        '"-",-,-,"-",-,-> - -'
    )


W3C_FIELDS: Final = (
    "#Fields: timestamp x-elapsed-time c-ip sc-http-status sc-bytes cs-method cs-url cs-username"
)


def cisco_w3c(request: Request) -> str:
    """Return a line of a WSA's W3C log with a few fields, without result codes and servers (`W3C_FIELDS`)."""
    took = request.get("duration_s", 0.1)
    return (
        f"{(_moment(request).timestamp() + took):.3f} {took * 1000:.0f} {request['client']} {request['status']} "
        f"{request['bytes_sent']} {request['method']} http://{request['host']}{request['target']} -"
    )


@dataclass(frozen=True)
class Scene:
    """A log whose cause is known: its lines, the status that is asked about, and the judgement of every cause."""

    name: str
    vendor: str
    lines: tuple[str, ...]
    status: int
    expected: dict[str, str]


def scene(
    name: str,
    vendor: str,
    writer: Writer,
    requests: Sequence[Request],
    status: int,
    expected: dict[str, str],
    *,
    seconds: float = 1.0,
) -> Scene:
    """Return a scene of requests, `seconds` apart."""
    return Scene(name, vendor, tuple(written(requests, writer, seconds)), status, expected)


def w3c_scene(name: str, requests: Sequence[Request], status: int, expected: dict[str, str]) -> Scene:
    """Return a scene of requests in a WSA's W3C log, one a second."""
    return Scene(name, "cisco_wsa", (W3C_FIELDS, *written(requests, cisco_w3c)), status, expected)


def analysed(lines: Iterable[str], folder: Path, vendor: str | None = None) -> Analysis:
    """Return the analysis of a log with these lines."""
    path = folder / "access.log"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return analyze(parsers.scan([str(path)], vendor=vendor))


def verdicts(of: Scene, folder: Path, question: str) -> dict[str, Verdict]:
    """Return cause → verdict over the whole period of a scene, for its status and one question."""
    found = analysed(of.lines, folder, of.vendor)
    return {
        verdict.cause: verdict
        for vendor, some in found.diagnosis
        for verdict in some
        if vendor == of.vendor and verdict.status == of.status and verdict.question == question
    }
