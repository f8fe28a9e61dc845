"""Values → the text of one log line, one function per server, as its documentation lays it out."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from sample_logs.generator.day import MIDNIGHT, SECOND_MS

if TYPE_CHECKING:
    from collections.abc import Mapping

MIDNIGHT_S = int(MIDNIGHT.timestamp())
Json = str | int | list[str]


def nginx_line(  # noqa: PLR0913 - the nine variables of `combined`
    *,
    end_ms: int,
    client: str,
    user: str,
    request: str,
    status: int,
    size: int,
    referrer: str,
    agent: str,
) -> str:
    """Return a line of nginx's `combined` format, stamped when the request ended."""
    return f'{client} - {user} [{_clf(end_ms)}] "{request}" {status} {size} "{referrer}" "{agent}"'


def apache_line(  # noqa: PLR0913 - the ten directives of `vhost_combined`
    *,
    start_ms: int,
    vhost: str,
    client: str,
    user: str,
    request: str,
    status: int,
    size: int,
    referrer: str,
    agent: str,
) -> str:
    """Return a line of Debian's `vhost_combined` format, stamped when the request was received."""
    return f'{vhost} {client} - {user} [{_clf(start_ms)}] "{request}" {status} {size} "{referrer}" "{agent}"'


def cloudflare_line(*, start_ms: int, end_ms: int, fields: Mapping[str, Json]) -> str:
    """Return an `http_requests` record as NDJSON with `unixnano` times."""
    times = {"EdgeStartTimestamp": _nanoseconds(start_ms), "EdgeEndTimestamp": _nanoseconds(end_ms)}
    return json.dumps({**times, **fields}, separators=(",", ":"))


def wsa_line(  # noqa: PLR0913 - the columns of the default line
    *,
    end_ms: int,
    elapsed_ms: int,
    client: str,
    result: str,
    size: int,
    request: str,
    user: str,
    hierarchy: str,
    mime: str,
    decision: str,
    verdict: str,
) -> str:
    """Return a default access-log line as the appliance files it, stamped when the transaction ended."""
    stamp = f"{MIDNIGHT_S + end_ms // SECOND_MS}.{end_ms % SECOND_MS:03d}"
    return (
        f"Info: {stamp} {elapsed_ms} {client} {result} {size} {request} {user} {hierarchy} {mime} {decision}"
        f" <{verdict}> - -"
    )


def wsa_verdict(category: str, title: str, reputation: str, rate: float, *, scanned: bool) -> str:
    """Return the 44 scanning fields of AsyncOS 12.5 and later; `rate` is in Kb/s."""
    engines = (0, 0, 0, 1) if scanned else ("-",) * 4
    sophos = (0, 0) if scanned else ("-",) * 2
    malware = "Unknown" if scanned else "-"
    application = "-" if category == "-" else "Unknown"
    fields = (
        f'"{category}",{reputation},{0 if scanned else "-"},"-"',
        ",".join(map(str, engines)),
        '"-",-,-,-,"-"',
        ",".join(map(str, sophos)),
        f'"-","-",-,-,"{category}",-,"{malware}","{title}","-","{application}","{application}","-","-"',
        f'{rate:.2f},0,-,"{malware}","-",-,"-",-,-,"-","-",-,-,"-",-,-',
    )
    return ",".join(fields)


def _clf(at_ms: int) -> str:
    return f"{MIDNIGHT + timedelta(seconds=at_ms // SECOND_MS):%d/%b/%Y:%H:%M:%S %z}"


def _nanoseconds(at_ms: int) -> int:
    return (MIDNIGHT_S * SECOND_MS + at_ms) * 1_000_000
