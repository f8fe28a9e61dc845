"""Cloudflare: Logpush dataset `http_requests` as NDJSON, any subset of its fields, every timestamp encoding.

Source: Cloudflare's documentation of the dataset (logs/logpush/logpush-job/datasets/zone/http_requests). The time is
the start of the request. Numbers may come as text; an empty text means "not sent".
"""

from __future__ import annotations

import polars as pl

from parsers import fields
from parsers.schema import ROLE, TIMESTAMP
from parsers.spec import JsonFormat, Sample

_MEMBERS = (
    "RayID", "ClientIP", "ClientRequestHost", "ClientRequestMethod", "ClientRequestURI", "ClientRequestPath",
    "ClientRequestProtocol", "ClientRequestReferer", "ClientRequestUserAgent", "ClientRequestBytes",
    "ClientRequestSource", "ClientCountry", "ClientASN", "EdgeStartTimestamp", "EdgeEndTimestamp",
    "EdgeResponseStatus", "EdgeResponseBytes", "OriginIP", "OriginResponseStatus", "OriginResponseDurationMs",
    "OriginResponseTime", "CacheCacheStatus", "SecurityAction", "WAFAction", "sampleInterval",
)  # fmt: skip


def _sent(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != "").then(pl.col(name))


def _number(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int64, strict=False)


def _moment(name: str) -> pl.Expr:
    """Seconds, milliseconds, microseconds or nanoseconds by magnitude, or RFC 3339 text → the moment in UTC."""
    text = pl.col(name)
    integer = pl.when(text.str.contains(r"^\d+$")).then(text.cast(pl.Int64, strict=False))
    microseconds = (
        pl.when(integer < 10**11)
        .then(integer * 1_000_000)
        .when(integer < 10**14)
        .then(integer * 1_000)
        .when(integer < 10**17)
        .then(integer)
        .otherwise(integer // 1_000)
    )
    written = text.str.replace(r"^(\d{4}-\d\d-\d\d) ", "${1}T").str.replace(
        r"(T\d\d:\d\d:\d\d(?:\.\d+)?)$", "${1}Z"
    )
    return pl.coalesce(
        microseconds.cast(TIMESTAMP),
        fields.epoch(pl.when(text.str.contains(r"^\d{9,11}\.\d+$")).then(text)),
        written.str.strptime(TIMESTAMP, "%+", strict=False),
    )


def _whole_seconds(name: str) -> pl.Expr:
    """Whether the encoding itself ends at the second."""
    return pl.col(name).str.contains(r"^\d{1,11}$|^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:Z|[+-]\d\d:?\d\d)?$")


_START = _moment("EdgeStartTimestamp")
_END = _moment("EdgeEndTimestamp")
_ELAPSED = fields.scaled((_END - _START).dt.total_microseconds(), 1e-6)
_TARGET = pl.coalesce(_sent("ClientRequestURI"), _sent("ClientRequestPath"))
_METHOD = _sent("ClientRequestMethod")
_SOURCE = pl.col("ClientRequestSource")

# Numbers are those of the documentation's reference page clientRequestSource; text came later.
_SUBREQUESTS = [
    "edgeWorkerFetch", "edgeWorkerCacheAPI", "edgeWorkerKV", "imageResizing", "earlyHintsCache", "alwaysOnline",
    "inBrowserChallenge", "3", "5", "6", "7", "8", "11", "12",
]  # fmt: skip
_PROBES = ["healthcheck", "sslDetector", "purge", "2", "4", "10"]

HTTP_REQUESTS = JsonFormat(
    name="cloudflare-http-requests",
    vendor="cloudflare",
    title="Cloudflare http_requests (NDJSON)",
    source="Cloudflare documentation, Logpush dataset http_requests",
    members=_MEMBERS,
    lists=(),
    marks=("EdgeStartTimestamp", "EdgeResponseStatus", "ClientRequestMethod", "ClientRequestHost", "RayID"),
    columns={
        "timestamp": pl.coalesce(_START, _END),
        "client": _sent("ClientIP"),
        "method": _METHOD,
        "target": _TARGET,
        "protocol": _sent("ClientRequestProtocol"),
        "path": fields.path_of(_TARGET, pl.coalesce(_METHOD, pl.lit("GET"))),
        "query": fields.query_of(_TARGET, pl.lit("GET")),
        "status": pl.col("EdgeResponseStatus").cast(pl.Int16, strict=False),
        "bytes_sent": _number("EdgeResponseBytes"),
        "bytes_received": _number("ClientRequestBytes"),
        # Stamps of whole seconds that are equal say nothing of the time between, nor does an end before the start.
        "duration_s": pl.when(
            (_ELAPSED > 0) | ((_ELAPSED == 0) & ~_whole_seconds("EdgeStartTimestamp"))
        ).then(_ELAPSED),
        "host": _sent("ClientRequestHost"),
        "referrer": pl.col("ClientRequestReferer"),
        "user_agent": pl.col("ClientRequestUserAgent"),
        "upstream": _sent("OriginIP"),
        "upstream_status": pl.col("OriginResponseStatus").cast(pl.Int16, strict=False),
        # Nought means that it was not measured; OriginResponseTime is the older name, in nanoseconds.
        "upstream_duration_s": pl.coalesce(
            pl.when(_number("OriginResponseDurationMs") > 0).then(
                fields.scaled(_number("OriginResponseDurationMs"), 1e-3)
            ),
            pl.when(_number("OriginResponseTime") > 0).then(
                fields.scaled(_number("OriginResponseTime"), 1e-9)
            ),
        ),
        "cache": _sent("CacheCacheStatus"),
        "action": pl.coalesce(_sent("SecurityAction"), _sent("WAFAction")),
        "country": _sent("ClientCountry"),
        "asn": _number("ClientASN"),
        "request_id": _sent("RayID"),
        "weight": pl.coalesce(pl.col("sampleInterval").cast(pl.Float64, strict=False), pl.lit(1.0)),
        "role": pl.when(_SOURCE.is_in(_SUBREQUESTS))
        .then(pl.lit("subrequest"))
        .when(_SOURCE.is_in(_PROBES))
        .then(pl.lit("probe"))
        .otherwise(pl.lit("request"))
        .cast(ROLE),
        "_out_of_range": pl.col("EdgeResponseStatus").is_not_null()
        & (pl.col("EdgeResponseStatus") != "")
        & pl.col("EdgeResponseStatus").cast(pl.Int16, strict=False).is_null(),
    },
    samples=(
        Sample(
            '{"ClientIP":"192.0.2.10","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET",'
            '"ClientRequestURI":"/p?id=7","ClientRequestPath":"/p","ClientRequestProtocol":"HTTP/2",'
            '"ClientRequestSource":"eyeball","CacheCacheStatus":"dynamic","EdgeStartTimestamp":1605873600123000000,'
            '"EdgeEndTimestamp":1605873600345000000,"EdgeResponseStatus":200,"EdgeResponseBytes":5316,'
            '"OriginResponseStatus":200,"OriginResponseDurationMs":187,"RayID":"5f52a1b2c3d4e5f6"}',
            {
                "timestamp": "2020-11-20T12:00:00.123Z",
                "duration_s": 0.222,
                "client": "192.0.2.10",
                "host": "shop.example.com",
                "method": "GET",
                "target": "/p?id=7",
                "path": "/p",
                "query": "id=7",
                "protocol": "HTTP/2",
                "status": 200,
                "bytes_sent": 5316,
                "upstream_status": 200,
                "upstream_duration_s": 0.187,
                "cache": "dynamic",
                "request_id": "5f52a1b2c3d4e5f6",
                "role": "request",
                "weight": 1.0,
            },
        ),
        Sample(  # text times of whole seconds; a cache hit has no origin status
            '{"EdgeStartTimestamp":"2020-11-20T12:00:01Z","EdgeEndTimestamp":"2020-11-20T12:00:01Z",'
            '"ClientIP":"2001:db8::5","ClientRequestMethod":"GET","ClientRequestURI":"/logo.png",'
            '"CacheCacheStatus":"hit","EdgeResponseStatus":200,"OriginResponseStatus":0,"OriginIP":""}',
            {"timestamp": "2020-11-20T12:00:01Z", "duration_s": None, "upstream_status": 0, "upstream": None},
        ),
        Sample(
            '{"EdgeStartTimestamp":1605873602,"EdgeEndTimestamp":1605873624,"ClientIP":"192.0.2.11",'
            '"ClientRequestMethod":"POST","ClientRequestURI":"/cart","EdgeResponseStatus":522,'
            '"OriginResponseStatus":0,"OriginResponseTime":0,"RayID":"5f52a1b2c3d4e5f8"}',
            {
                "timestamp": "2020-11-20T12:00:02Z",
                "duration_s": 22.0,
                "status": 522,
                "upstream_duration_s": None,
            },
        ),
        Sample(
            '{"EdgeStartTimestamp":"2020-11-20T12:00:04Z","ClientRequestSource":"edgeWorkerFetch","EdgeResponseStatus":'
            '502,"OriginResponseStatus":502,"ClientRequestMethod":"GET","ClientRequestURI":"/api","RayID":"5f52"}',
            {"role": "subrequest", "status": 502, "upstream_status": 502},
        ),
        Sample(  # numbers as text, names of old
            '{"EdgeStartTimestamp":"1605873606000000000","EdgeEndTimestamp":"1605873606900000000",'
            '"ClientIP":"192.0.2.13","ClientRequestMethod":"GET","ClientRequestURI":"/old","EdgeResponseStatus":503,'
            '"OriginResponseStatus":503,"OriginResponseTime":873000000,"WAFAction":"unknown","ClientCountry":"de"}',
            {"duration_s": 0.9, "upstream_duration_s": 0.873, "country": "de", "action": "unknown"},
        ),
        Sample(
            '{"EdgeStartTimestamp":"2020-11-20T12:00:10.5+09:00","ClientIP":"192.0.2.17","ClientRequestMethod":"GET",'
            '"ClientRequestURI":"/s","EdgeResponseStatus":200,"sampleInterval":10}',
            {"timestamp": "2020-11-20T03:00:10.500Z", "weight": 10.0},
        ),
        Sample(  # never ended
            '{"EdgeStartTimestamp":1605873602000000000,"EdgeEndTimestamp":0,"EdgeResponseStatus":499,"RayID":"5f52"}',
            {"timestamp": "2020-11-20T12:00:02Z", "duration_s": None, "status": 499, "role": "request"},
        ),
    ),
)

FORMATS = (HTTP_REQUESTS,)
