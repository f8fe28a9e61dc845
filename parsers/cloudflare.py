"""Cloudflare: Logpush dataset `http_requests`, Logpull and Instant Logs, any subset of fields, every encoding of time.

Source: Cloudflare's documentation of the dataset (logs/logpush/logpush-job/datasets/zone/http_requests). The time is
the start of the request. Numbers may come as text; an empty text means "not sent". CSV is read by `cloudflare_csv`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from parsers import fields
from parsers.schema import ASKED, ROLE, TIMESTAMP
from parsers.spec import JsonFormat, Sample

if TYPE_CHECKING:
    from collections.abc import Callable

MEMBERS: Final = (
    "RayID", "ClientIP", "ClientRequestHost", "ClientRequestMethod", "ClientRequestURI", "ClientRequestPath",
    "ClientRequestProtocol", "ClientRequestReferer", "ClientRequestUserAgent", "ClientRequestBytes",
    "ClientRequestSource", "ClientCountry", "ClientASN", "EdgeStartTimestamp", "EdgeEndTimestamp",
    "EdgeResponseStatus", "EdgeResponseBytes", "OriginIP", "OriginResponseStatus", "OriginResponseDurationMs",
    "OriginResponseTime", "CacheCacheStatus", "SecurityAction", "WAFAction", "sampleInterval", "SecurityActions",
    "FirewallMatchesActions", "EdgePathingSrc", "EdgePathingOp",
)  # fmt: skip
"""The fields that a canonical column is made of; a record may carry any of them and others."""

LISTS: Final = ("SecurityActions", "FirewallMatchesActions")

MARKS: Final = (
    "EdgeStartTimestamp", "EdgeEndTimestamp", "EdgeResponseStatus", "EdgeResponseBytes", "ClientRequestMethod",
    "ClientRequestHost", "ClientRequestURI", "ClientIP", "OriginResponseStatus", "CacheCacheStatus", "RayID",
)  # fmt: skip
"""Two of these make a record of `http_requests`; only it has a start or an end at the edge."""

# Digits are the numbers of the documentation's reference page clientRequestSource, which older files hold. Not named
# are 0 unknown, 1 eyeball and 9 orangeToOrange: those are requests.
_SUBREQUESTS: Final = [
    "imageResizing", "earlyHintsCache", "alwaysOnline", "inBrowserChallenge", "3", "5", "6", "7", "8", "11", "12",
]  # fmt: skip
_WORKERS: Final = "edgeWorker"  # edgeWorkerFetch, edgeWorkerCacheAPI, edgeWorkerKV
_CLIENTS: Final = ["", "unknown", "eyeball", "0", "1"]
_PROBES: Final = ["healthcheck", "sslDetector", "purge", "2", "4", "10"]

# The numbers of the retired field WAFAction, in the words that SecurityAction has for them; 2 is a drop with 403.
_WAF_ACTIONS: Final = {
    "0": "unknown", "1": "allow", "2": "drop", "3": "challengeSolved", "4": "challengeFailed", "5": "log",
}  # fmt: skip


# Of the retired decision path `Src_Op_Status` what decides nothing: passed, an error page, nothing at all.
_NO_DECISION: Final = ["", "wl", "errHost", "err_host", "undef", "unknown"]
_ERROR_PAGE: Final = "err"

# The least number of each unit: the reference tells them apart by magnitude.
_SECONDS: Final = 10**8
_MILLISECONDS: Final = 10**11
_MICROSECONDS: Final = 10**14
_NANOSECONDS: Final = 10**17
_LARGEST: Final = 9 * 10**18


def _sent(value: pl.Expr) -> pl.Expr:
    return pl.when(value != "").then(value)


def _number(value: pl.Expr) -> pl.Expr:
    return value.cast(pl.Int64, strict=False)


def moment(text: pl.Expr) -> pl.Expr:
    """Seconds, milliseconds, microseconds or nanoseconds by magnitude, or a date as text → the moment in UTC.

    Null for what is smaller than seconds of 1973 could be: a request that has not ended has 0.
    """
    return text.map_batches(_moments, return_dtype=TIMESTAMP, is_elementwise=True)


def _moments(texts: pl.Series) -> pl.Series:
    """Read the encoding that a job chose; what is of none goes on to those that databases and collectors write."""
    if texts.str.starts_with("+").any():  # Polars reads a sign that nobody writes before a number
        texts = pl.select(pl.when(~texts.str.starts_with("+")).then(texts)).to_series()
    numbers = texts.cast(pl.Int64, strict=False)
    moments = _since_1970(numbers)
    if numbers.null_count() == texts.null_count():
        return moments
    dates = _where_null(texts, numbers)
    read = dates.str.strptime(TIMESTAMP, "%+", strict=False)
    if read.null_count() > dates.null_count():
        odd = pl.lit(_where_null(dates, read))
        seconds = fields.epoch(pl.when(odd.str.contains(r"^[0-9]{9,11}\.[0-9]+$")).then(odd))
        zoned = odd.str.replace(r" (?:\+0000 )?UTC$", "Z").str.replace(r"(:[0-9.]+[+-][0-9]{2})$", "${1}:00")
        read = pl.select(pl.coalesce(read, seconds, pl.lit(_rounded(odd)), fields.iso8601(zoned))).to_series()
    return pl.select(pl.coalesce(moments, read)).to_series() if moments.count() else read


def _rounded(odd: pl.Expr) -> pl.Series:
    """Read numbers that went through floating point: `1.605873600123e+18`; they are exact to the microsecond."""
    number = pl.when(odd.str.contains(r"^[0-9]{1,20}(?:\.[0-9]+)?(?:[eE]\+?[0-9]{1,2})?$")).then(odd)
    whole = pl.select(number.cast(pl.Float64, strict=False)).to_series()
    scale = pl.lit(whole)
    microseconds = (
        pl.when(~scale.is_between(_SECONDS, _LARGEST))
        .then(None)
        .when(scale < _MILLISECONDS)
        .then(scale * 1e6)
        .when(scale < _MICROSECONDS)
        .then(scale * 1e3)
        .when(scale < _NANOSECONDS)
        .then(scale)
        .otherwise(scale / 1e3)
    )
    return pl.select(microseconds.round().cast(pl.Int64, strict=False).cast(TIMESTAMP)).to_series()


def _where_null(values: pl.Series, others: pl.Series) -> pl.Series:
    """Return the values where there are no others; nulls cost what follows nothing."""
    if others.null_count() == others.len():
        return values
    return pl.select(pl.when(others.is_null()).then(values)).to_series()


def _since_1970(numbers: pl.Series) -> pl.Series:
    """Return the moments that whole numbers of some unit stand for."""
    least = numbers.min()
    if isinstance(least, int) and least >= _NANOSECONDS:
        return (numbers // 1_000).cast(TIMESTAMP)
    number = pl.lit(numbers)
    microseconds = (
        pl.when(number < _SECONDS)
        .then(None)
        .when(number < _MILLISECONDS)
        .then(number * 1_000_000)
        .when(number < _MICROSECONDS)
        .then(number * 1_000)
        .when(number < _NANOSECONDS)
        .then(number)
        .otherwise(number // 1_000)
    )
    return pl.select(microseconds.cast(TIMESTAMP)).to_series()


def _whole_seconds(text: pl.Expr) -> pl.Expr:
    """Whether the encoding of a moment that could be read ends at the second."""
    digits = text.cast(pl.Int64, strict=False)
    return (digits < _MILLISECONDS).fill_null(~text.str.contains(r"[.,]"))


_START: Final = "_start"
_END: Final = "_end"


def shared_of(member: Callable[[str], pl.Expr]) -> dict[str, pl.Expr]:
    """Return what several canonical columns are made of: the moments of start and end."""
    return {_START: moment(member("EdgeStartTimestamp")), _END: moment(member("EdgeEndTimestamp"))}


def columns_of(member: Callable[[str], pl.Expr], last: Callable[[str], pl.Expr]) -> dict[str, pl.Expr]:
    """Return an expression for every canonical column, over the fields and what `shared_of` made of them.

    Parameters
    ----------
    member: name of a field → its text, null where the record does not carry it.
    last: name of a list → its last text.
    """
    start, end = pl.col(_START), pl.col(_END)
    elapsed = fields.scaled((end - start).dt.total_microseconds(), 1e-6)
    method = _sent(member("ClientRequestMethod"))
    target = pl.coalesce(_sent(member("ClientRequestURI")), _sent(member("ClientRequestPath")))
    source = member("ClientRequestSource")
    status = member("EdgeResponseStatus").cast(pl.Int16, strict=False)
    milliseconds, nanoseconds = (
        _number(member("OriginResponseDurationMs")),
        _number(member("OriginResponseTime")),
    )
    security, waf = _sent(member("SecurityAction")), _sent(member("WAFAction")).replace(_WAF_ACTIONS)
    path = pl.when(
        ~member("EdgePathingOp").is_in(_NO_DECISION)
        & member("EdgePathingSrc").ne_missing(pl.lit(_ERROR_PAGE))
    ).then(member("EdgePathingOp"))
    interval = member("sampleInterval").cast(pl.Float64, strict=False)
    return {
        "timestamp": pl.coalesce(start, end),
        "client": _sent(member("ClientIP")),
        "method": method,
        "target": target,
        "protocol": _sent(member("ClientRequestProtocol")),
        "path": fields.path_of(target, pl.coalesce(method, pl.lit("GET"))),
        "query": fields.query_of(target, pl.lit("GET")),
        "status": status,
        "bytes_sent": _number(member("EdgeResponseBytes")),
        "bytes_received": _number(member("ClientRequestBytes")),
        # Stamps of whole seconds that are equal say nothing of the time between, nor does an end before the start.
        "duration_s": pl.when(
            (elapsed > 0) | ((elapsed == 0) & ~_whole_seconds(member("EdgeStartTimestamp")))
        ).then(elapsed),
        "host": _sent(member("ClientRequestHost")),
        "referrer": member("ClientRequestReferer"),
        "user_agent": member("ClientRequestUserAgent"),
        "upstream": _sent(member("OriginIP")),
        "upstream_status": member("OriginResponseStatus").cast(pl.Int16, strict=False),
        # Nought means that it was not measured; OriginResponseTime is the older name, in nanoseconds.
        "upstream_duration_s": pl.coalesce(
            pl.when(milliseconds > 0).then(fields.scaled(milliseconds, 1e-3)),
            pl.when(nanoseconds > 0).then(fields.scaled(nanoseconds, 1e-9)),
        ),
        "cache": _sent(member("CacheCacheStatus")),
        # The rule that ended the evaluation, else the last that matched; what one did not judge, others may have. The
        # decision path says least, and is asked last.
        "action": pl.coalesce(
            pl.when(security != "unknown").then(security),
            pl.when(waf != "unknown").then(waf),
            last("SecurityActions"),
            last("FirewallMatchesActions"),
            path,
            security,
            waf,
        ),
        "country": _sent(member("ClientCountry")),
        "asn": _number(member("ClientASN")),
        "request_id": _sent(member("RayID")),
        # Of Instant Logs: one line stands for so many requests.
        "weight": pl.coalesce(pl.when((interval > 0) & interval.is_finite()).then(interval), pl.lit(1.0)),
        "role": pl.when(source.is_in(_SUBREQUESTS) | source.str.starts_with(_WORKERS))
        .then(pl.lit("subrequest"))
        .when(source.is_in(_PROBES))
        .then(pl.lit("probe"))
        .otherwise(pl.lit("request"))
        .cast(ROLE),
        ASKED: pl.when(~source.is_in(_CLIENTS)).then(source),
        "_out_of_range": _sent(member("EdgeResponseStatus")).is_not_null() & status.is_null(),
    }


_SHARED: Final = shared_of(pl.col)
_COLUMNS: Final = columns_of(pl.col, lambda name: pl.col(name).list.last())

HTTP_REQUESTS = JsonFormat(
    name="cloudflare-http-requests",
    vendor="cloudflare",
    title="Cloudflare http_requests (NDJSON)",
    source="Cloudflare documentation, Logpush dataset http_requests",
    members=MEMBERS,
    lists=LISTS,
    marks=MARKS,
    shared=_SHARED,
    columns=_COLUMNS,
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
        Sample(  # a text as data bases print it, the last rule of those that matched, and a job of few fields
            '{"EdgeStartTimestamp":"2020-11-20 12:00:04.25","SecurityAction":"","SecurityActions":["skip","log"],'
            '"ClientIP":"198.51.100.7"}',
            {"timestamp": "2020-11-20T12:00:04.250Z", "action": "log", "status": None, "weight": 1.0},
        ),
        Sample(  # what the WAF did not judge, the firewall did; the source as a number; milliseconds
            '{"EdgeStartTimestamp":1605873606123,"EdgeEndTimestamp":1605873606123,"EdgeResponseStatus":403,'
            '"WAFAction":0,"FirewallMatchesActions":["block"],"ClientRequestSource":9,"OriginResponseStatus":null}',
            {
                "timestamp": "2020-11-20T12:00:06.123Z",
                "duration_s": 0.0,
                "action": "block",
                "role": "request",
                "upstream_status": None,
            },
        ),
        Sample(  # of the old decision path `user_ban_ip`: who was turned away
            '{"EdgeStartTimestamp":1.605873606123e+18,"EdgeResponseStatus":403,"ClientIP":"192.0.2.13",'
            '"EdgePathingSrc":"user","EdgePathingOp":"ban","EdgePathingStatus":"ip","SecurityAction":"unknown"}',
            {"timestamp": "2020-11-20T12:00:06.123Z", "action": "ban"},
        ),
        Sample(  # `err_errHost_dns_err` is an error page, no decision
            '{"EdgeStartTimestamp":"2020-11-20 12:00:07+00","EdgeResponseStatus":409,"ClientRequestSource":"12",'
            '"EdgePathingSrc":"err","EdgePathingOp":"errHost","EdgePathingStatus":"dns_err","ClientIP":"192.0.2.13"}',
            {"timestamp": "2020-11-20T12:00:07Z", "action": None, "role": "subrequest"},
        ),
        Sample(  # the nine fields that Logpull gives when none are asked for
            '{"ClientIP":"192.0.2.18","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET",'
            '"ClientRequestURI":"/gone","EdgeEndTimestamp":1605873611500000000,"EdgeResponseBytes":1520,'
            '"EdgeResponseStatus":530,"EdgeStartTimestamp":1605873611000000000,"RayID":"5f52a1b2c3d4e608"}',
            {"status": 530, "duration_s": 0.5, "upstream_status": None, "bytes_sent": 1520},
        ),
    ),
)

_SCALAR: Final = r'(?:"(?:[^"\\]|\\.)*"|[-+.0-9eE]+|true|false|null)'
_MEMBER: Final = r'"[^"\\]*"\s*:\s*'
_WRAPPER: Final = (
    rf"^\s*\{{\s*(?:{_MEMBER}{_SCALAR}\s*,\s*)*{_MEMBER}(\{{.*?\}})\s*"
    rf"(?:,\s*{_MEMBER}(?:{_SCALAR}|\{{[^{{}}]*\}})\s*)*\}}\s*$"
)
"""One object in another, among whose other members are none but scalars before it, and flat objects after it.

The shortest text between that leaves but one brace to close is the inner object.
"""

WRAPPED = JsonFormat(
    name="cloudflare-http-requests-wrapped",
    vendor="cloudflare",
    title="Cloudflare http_requests inside another object (NDJSON)",
    source="Cloudflare documentation, log output options (record_prefix); the events of log collectors",
    members=MEMBERS,
    lists=LISTS,
    marks=MARKS,
    shared=_SHARED,
    columns=_COLUMNS,
    repairs=((_WRAPPER, "${1}"),),
    samples=(
        Sample(
            '{"info":{"ClientIP":"192.0.2.14","EdgeStartTimestamp":1605873607000000000,"EdgeResponseStatus":200,'
            '"RayID":"5f52a1b2c3d4e604"}}',
            {"client": "192.0.2.14", "timestamp": "2020-11-20T12:00:07Z", "status": 200},
        ),
        Sample(  # what an HTTP event collector is sent; braces and quotes in the target
            '{"time":1605873608,"host":"edge","sourcetype":"cloudflare:json","event":{"RequestHeaders":{"x":"y"},'
            '"ClientRequestURI":"/a}?b=\\"},{\\"","EdgeStartTimestamp":"2020-11-20T12:00:08Z","EdgeResponseStatus":499},'
            '"fields":{"zone":"a"}}',
            {"target": '/a}?b="},{"', "status": 499, "timestamp": "2020-11-20T12:00:08Z"},
        ),
    ),
)

FORMATS = (HTTP_REQUESTS, WRAPPED)
