"""Part → what marks the requests that were not served: who answered, what was asked for, and from where.

The other tables tell how often a value failed; a cause is told by what came together. Only records that are neither a
success nor a redirect are in it, so that a log in good health has next to none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates.grouping import OTHER, own, summed, with_few
from parsers.schema import ROLE, VENDOR

if TYPE_CHECKING:
    from loganalyzer.aggregates.part import Part

REQUESTS: Final = ("whole", "simple", "empty", "tls", "odd", "faulty")
"""How the request line reads: method, target and protocol; without a protocol; nothing at all; the first bytes of a
TLS handshake; anything else that is no request line; and, of a 400, as the first with a method or a target that no
request may have."""

REFERRERS: Final = ("none", "same", "search")
"""Where a request came from, beside the name of another site: no referrer, the host that was asked for, or a search
engine. A log without hosts names its own site as it names any other."""

MALFORMED: Final = 400
"""The status of a request that a server could not read."""

SIZED: Final = (400, 413, 414, 431, 494)
"""Statuses that a size may have made."""

KEYS: Final = pl.Schema(
    {
        "vendor": VENDOR,
        "server": pl.String(),
        "format": pl.String(),
        "role": ROLE,
        "status": pl.Int16(),
        "upstream": pl.Boolean(),
        "upstream_status": pl.Int16(),
        "cache": pl.String(),
        "action": pl.String(),
        "category": pl.String(),
        "policy": pl.String(),
        "method": pl.String(),
        "referrer": pl.String(),
        "request": pl.Enum(REQUESTS),
        "user": pl.Boolean(),
        "target_bits": pl.UInt8(),
        "received_bits": pl.UInt8(),
    }
)
"""`format`: what it cannot carry is null and says nothing. `upstream` and `user`: whether one is named. `cache`,
`action`, `category`, `policy`, `method` and `referrer` hold the commonest values and `OTHER`. `target_bits` and
`received_bits`, for `SIZED` alone: the length of the target and the bytes received as the number of bits of that
number (n: from 2ⁿ⁻¹ to 2ⁿ − 1 bytes)."""

SUMS: Final = pl.Schema({"records": pl.Int64()})

NOTHING: Final = pl.DataFrame(schema={**KEYS, **SUMS})

VALUES: Final = 24
"""Values of a text that are told apart once there are more than twice as many: a stranger may invent any number."""

ROWS: Final = 4_000
"""Rows kept once there are more than twice as many; the rarest give up their texts."""

LONGEST: Final = 64
"""Characters of a text that are kept."""

COLUMNS: Final = (
    "vendor", "server", "format", "role", "status", "upstream", "upstream_status", "cache", "action", "category",
    "policy", "method", "protocol", "target", "referrer", "host", "user", "bytes_received",
)  # fmt: skip
"""Canonical columns that symptoms are told from."""

_PLAIN: Final = ("cache", "action", "category", "policy", "method")
_TEXTS: Final = (*_PLAIN, "referrer")

# Blanks, control bytes as nginx and Apache write them, a fragment, a way above the root, an escape that is none or a
# null byte, an address without a host or with a user in it, and what begins neither with a slash nor with a scheme.
_FAULTY: Final = (
    r"[ #\x00-\x1f\x7f]|\\x(?:[01][0-9A-Fa-f]|7[Ff])|^/(?:[^?#]*/)?(?:\.|%2[Ee]){2}(?:/|$|\?)|%00"
    r"|%(?:$|[^0-9A-Fa-f]|[0-9A-Fa-f](?:$|[^0-9A-Fa-f]))|^[^/Hh]|^[Hh]\w+:/?/?(?:$|[/?#]|[^/?#]*@)"
)
_METHOD: Final = "^[A-Z_-]+$"
_PROTOCOL: Final = r"^HTTP/(?:1\.[0-9]+|[2-9](?:\.[0-9])?)$"
"""What a server takes for a method, and for a protocol."""

# Addresses that search engines send their visitors from, by the name before the country.
_SEARCH: Final = (
    r"(?i)^(?:[\w-]+\.)*(?:google|bing|duckduckgo|yahoo|yandex|baidu|naver|daum|ecosia|qwant|startpage|sogou|"
    r"brave)\.[a-z]{2,3}(?:\.[a-z]{2})?$"
)
SITE: Final = r"(?i)^https?://(?:[^/?#@]*@)?([^/?#:]+)"
"""The host in a referrer."""


def of(part: Part) -> pl.DataFrame:
    """Return `KEYS` → `SUMS` of the records of one vendor that are no 1xx, 2xx or 3xx; subrequests and probes aside."""
    records = part.records
    failing = records.select(failed() & ~pl.col("role").is_in(["subrequest", "probe"])).to_series()
    if not failing.any():
        return NOTHING
    frame = records.select(COLUMNS).filter(failing)
    made = frame.lazy().select(_keys()).group_by(list(KEYS)).agg(pl.len().cast(pl.Int64).alias("records"))
    return bounded(made.collect(engine="in-memory").cast(dict(NOTHING.schema)))  # type: ignore[arg-type]  # names of columns


def failed() -> pl.Expr:
    """Return whether `status` is neither a success nor a redirect, or was not logged."""
    return (~pl.col("status").is_between(100, 399)).fill_null(value=True)


def merged(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Return the rows of all parts, one for each key, bounded."""
    return bounded(summed(parts, list(KEYS), list(SUMS)))


def bounded(frame: pl.DataFrame) -> pl.DataFrame:
    """Put the rarest texts of a vendor together, once there are too many of them."""
    for name in _TEXTS:
        frame = with_few(frame, name, VALUES, list(KEYS), list(SUMS), REFERRERS)
    if frame.height > 2 * ROWS:
        frame = frame.sort("records", *KEYS, descending=[True, *[False] * len(KEYS)])
        rest = frame.slice(ROWS).with_columns(
            pl.when(pl.col(name).is_not_null()).then(pl.lit(OTHER)).alias(name) for name in _TEXTS
        )
        frame = summed([frame.head(ROWS), rest], list(KEYS), list(SUMS))
    return frame


def _keys() -> list[pl.Expr]:
    """Return the keys of a record."""
    made = {
        **{name: own(pl.col(name).str.slice(0, LONGEST)) for name in _PLAIN},
        "referrer": referrer(),
        "request": _request(),
        "upstream": pl.col("upstream").fill_null("") != "",
        "user": pl.col("user").fill_null("") != "",
        "target_bits": _bits(pl.col("target").str.len_bytes()),
        "received_bits": _bits(pl.col("bytes_received")),
    }
    return [made.get(name, pl.col(name)).cast(dtype).alias(name) for name, dtype in KEYS.items()]


def _bits(size: pl.Expr) -> pl.Expr:
    """Return how many bits a number of bytes has; null where the status is not one that a size makes."""
    sized = pl.col("status").is_in(SIZED) & (size > 0)
    return pl.when(sized).then(size.cast(pl.Float64).log(2).floor() + 1)


def referrer() -> pl.Expr:
    """Return where a record came from: one of `REFERRERS`, or the name of another site."""
    site = pl.col("referrer").str.extract(SITE).str.to_lowercase().str.slice(0, LONGEST)
    bare = r"^www\."
    own_host = pl.col("host").str.to_lowercase().str.replace(r":\d+$", "").str.replace(bare, "")
    same = (site.str.replace(bare, "") == own_host).fill_null(value=False)
    return (
        pl.when(site.is_null())
        .then(pl.lit("none"))
        .when(same)
        .then(pl.lit("same"))
        .when(site.str.contains(_SEARCH))
        .then(pl.lit("search"))
        .otherwise(own(site))
    )


def _request() -> pl.Expr:
    target, method, protocol = pl.col("target").fill_null(""), pl.col("method"), pl.col("protocol")
    # Of these alone: a text that is null costs next to nothing to search.
    asked, by, version = (
        pl.when(pl.col("status") == MALFORMED).then(text) for text in (target, method, protocol)
    )
    faulty = asked.str.contains(_FAULTY) | ~by.str.contains(_METHOD) | ~version.str.contains(_PROTOCOL)
    return (
        pl.when(method.is_not_null() & protocol.is_not_null())
        .then(pl.when(faulty).then(pl.lit("faulty")).otherwise(pl.lit("whole")))
        .when(method.is_not_null())
        .then(pl.lit("simple"))
        .when(target == "")
        .then(pl.lit("empty"))
        .when(target.str.contains(r"^(?:\\x16\\x03|\x16\x03)"))
        .then(pl.lit("tls"))
        .otherwise(pl.lit("odd"))
    )
