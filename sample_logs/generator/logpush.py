"""Small logs of Cloudflare in what its jobs can be told to write around a record: tables, documents, wrappers.

As the odd cases: between 00:00 and 06:00 of the day, few enough to leave its story alone. No two hold the same request.
"""
# ruff: noqa: E501 - a log line is as long as it is

from __future__ import annotations

import json

from sample_logs.generator.lines import MIDNIGHT_S

Json = str | int | float | bool | list[str] | None


def _log(*lines: str) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


def _request(ray: str, clock: str, target: str, status: int, **other: Json) -> dict[str, Json]:
    """Return a record; `clock` is the time of the day."""
    record: dict[str, Json] = {
        "ClientIP": "192.0.2.171",
        "ClientRequestHost": "shop.example.com",
        "ClientRequestMethod": "GET",
        "ClientRequestURI": target,
        "EdgeStartTimestamp": f"2026-03-10T{clock}Z",
        "EdgeResponseStatus": status,
        "RayID": f"9d944a11{ray}",
    }
    return record | other


def _text(record: object) -> str:
    return json.dumps(record, separators=(",", ":"))


def _nanoseconds(clock_s: int, ms: int) -> int:
    return ((MIDNIGHT_S + clock_s) * 1_000 + ms) * 1_000_000


CSV = _log(
    # What the customer wrote into `batch_prefix`; texts are quoted, numbers bare, lists are quoted JSON.
    "RayID,EdgeStartTimestamp,ClientIP,ClientRequestMethod,ClientRequestURI,ClientRequestUserAgent,EdgeResponseStatus,OriginResponseStatus,EdgeResponseBytes,SecurityActions,ClientRequestSource",
    '"9d944a11cc000001","2026-03-10T02:30:00Z","192.0.2.172","GET","/","Mozilla/5.0 (X11; Linux x86_64)",200,200,18302,"[]","eyeball"',
    '"9d944a11cc000002","2026-03-10T02:30:01Z","2001:db8:35::2","GET","/a,b?x=""1""","say ""hi"", twice",404,404,1653,"[]","eyeball"',
    # A client may put a line break into a header that is not cleaned.
    '"9d944a11cc000003","2026-03-10T02:30:02Z","192.0.2.173","GET","/login","first line',
    'second line",403,0,4210,"[""log"",""block""]","eyeball"',
    '"9d944a11cc000004","2026-03-10T02:30:02Z","2001:db8:c::1","GET","/api/v2/cart","",502,502,640,"[]","edgeWorkerFetch"',
    '"9d944a11cc000005","2026-03-10T02:30:03Z",,"GET","/gone",,522,0,,"[]",',
    # A quote that nobody closed costs its own line, not those behind it.
    '"9d944a11cc000006","2026-03-10T02:30:04Z","192.0.2.174","GET","/open,"Mozilla/5.0",200,200,612,"[]","eyeball"',
    '"9d944a11cc000007","2026-03-10T02:30:05Z","192.0.2.174","GET","/after","Mozilla/5.0",200,200,612,"[]","eyeball"',
)

TSV = _log(
    # No header: what only one field could be is told by its values.
    *(
        "\t".join(
            (
                f"9d944a11dd00000{place}",
                str(_nanoseconds(2 * 3600 + 2400 + place, 250 * place)),
                str(_nanoseconds(2 * 3600 + 2400 + place, 250 * place + took_ms)),
                client,
                method,
                target,
                str(status),
                str(size),
            )
        )
        for place, (took_ms, client, method, target, status, size) in enumerate(
            (
                (12, "192.0.2.175", "GET", "/", 200, 18302),
                (40, "192.0.2.175", "GET", "/search?q=lamp&page=2", 200, 22910),
                (8, "2001:db8:36::5", "HEAD", "/health", 200, 0),
                (15004, "192.0.2.176", "POST", "/cart", 524, 6912),
                (5, "203.0.113.249", "GET", "/wp-login.php", 403, 4210),
                (31, "192.0.2.177", "GET", "/item/1074", 304, 0),
            )
        )
    )
)

DOCUMENT = _log(
    # `batch_prefix`, `record_prefix`, `record_delimiter` and `batch_suffix` together make one JSON document.
    '{"events":[',
    ",\n".join(
        _text({"info": record})
        for record in (
            _request("ee000001", "02:50:00", "/", 200, CacheCacheStatus="hit", OriginResponseStatus=0),
            _request(
                "ee000002", "02:50:00.5", "/search?q={},[]", 499, EdgeEndTimestamp="2026-03-10T02:50:03.75Z"
            ),
            _request(
                "ee000003",
                "02:50:02",
                "/b",
                403,
                SecurityActions=["log", "managedChallenge"],
                ClientASN=64496,
            ),
            _request("ee000004", "02:50:03", "/img/1.jpg", 200, ClientRequestSource="imageResizing"),
        )
    ),
    "]}",
)

WRAPPED = _log(
    # What an HTTP event collector is sent, and what `record_prefix` makes.
    _text(
        {
            "time": MIDNIGHT_S + 10_800,
            "sourcetype": "cloudflare:json",
            "event": _request("ff000001", "03:00:00", "/", 200),
            "fields": {"zone": "shop"},
        }
    ),
    _text({"event": _request("ff000002", "03:00:01", '/a}?b="},{"', 404, RequestHeaders=None)}),
    _text({"info": _request("ff000003", "03:00:02", "/cart", 520, OriginResponseStatus=0)}),
    _text({"event": "started", "time": "2026-03-10T03:00:03Z"}),  # the collector's own
    _text({"info": _request("ff000004", "03:00:04", "/cart", 200, OriginResponseDurationMs=187)}),
)

INSTANT = _log(
    # A session of Instant Logs: each line stands for so many requests.
    *(
        _text(
            _request(f"ab00000{place}", f"03:10:0{place}", target, status, sampleInterval=interval)
            | {"EdgeEndTimestamp": f"2026-03-10T03:10:0{place}Z", "ClientRequestSource": "eyeball"}
        )
        for place, (target, status, interval) in enumerate(
            (("/", 200, 1), ("/c/lamps", 200, 10), ("/c/lamps", 503, 10), ("/api", 429, 4), ("/", 200, 0))
        )
    )
)

LOGPULL = _log(
    # The nine fields that Logpull gives when none are asked for, in an order that is not defined.
    *(
        _text(
            {
                "ClientIP": client,
                "ClientRequestHost": "shop.example.com",
                "ClientRequestMethod": "GET",
                "ClientRequestURI": target,
                "EdgeEndTimestamp": _nanoseconds(11_700 + place, took_ms),
                "EdgeResponseBytes": size,
                "EdgeResponseStatus": status,
                "EdgeStartTimestamp": _nanoseconds(11_700 + place, 0),
                "RayID": f"9d944a11ac00000{place}",
            }
        )
        for place, (client, target, took_ms, size, status) in enumerate(
            (
                ("192.0.2.178", "/", 31, 18302, 200),
                ("192.0.2.178", "/cart", 19002, 6912, 522),
                ("2001:db8:38::9", "/gone", 500, 1520, 530),
                ("192.0.2.179", "/report", 2600, 0, 499),
            )
        )
    )
)

LOGPUSH = {
    "cloudflare/header.csv": CSV,
    "cloudflare/no_header.tsv": TSV,
    "cloudflare/document.json": DOCUMENT,
    "cloudflare/wrapped.ndjson": WRAPPED,
    "cloudflare/instant.ndjson": INSTANT,
    "cloudflare/logpull.ndjson": LOGPULL,
}
