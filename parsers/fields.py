"""Raw text of a field → canonical value: one expression each, shared by every vendor's declaration."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from parsers.schema import TIMESTAMP

NOT_SET: Final = "-"
"""What every one of these servers writes for a value that is not there."""

METHOD: Final = r"[A-Za-z][A-Za-z_-]{0,31}"

REQUEST: Final = rf"^({METHOD}) (?:(.*?) (HTTP/[0-9]+(?:\.[0-9]+)?)|(.+))$"
"""Method, target and protocol, or method and target.

Blanks belong to the target; the protocol is anchored at the end (RFC 9112 §3, and what clients send instead).
"""

ABSOLUTE: Final = (
    r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(\[[^\]/?#]*\]|[^:/?#]*)(?::[0-9]*)?[^/?]*((?:/[^?]*)?)"
)
"""The host of an absolute target, and its path up to the query; a `#` belongs to it, as in a target without a host."""

CLF_TIME: Final = "%d/%b/%Y:%H:%M:%S %z"
CLF_TIME_LENGTH: Final = 26
CLF_TIME_PATTERN: Final = (
    r"[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}\ [+-][0-9]{4}"  # `\ `: holds under (?x) too
)
EPOCH_PATTERN: Final = r"[0-9]{9,12}(?:\.[0-9]+)?"


def text(name: str) -> pl.Expr:
    """Return the field, null for `-`."""
    return unset(pl.col(name))


def unset(value: pl.Expr) -> pl.Expr:
    """Return the text, null for `-`."""
    return pl.when(value != NOT_SET).then(value)


def whole(value: pl.Expr, dtype: pl.DataType | type[pl.DataType] = pl.Int64) -> pl.Expr:
    """Return an unsigned whole number, null for `-` and for what is none."""
    # Polars reads a sign that no server writes.
    return pl.when(~value.str.contains(r"^[+-]")).then(value.cast(dtype, strict=False))


def scaled(value: pl.Expr, scale: float) -> pl.Expr:
    """Return a number of seconds, exact to the microsecond; null for `-`."""
    return (value.cast(pl.Float64, strict=False) * scale).round(6)


def clf_time(value: pl.Expr) -> pl.Expr:
    """`10/Mar/2026:13:55:36 +0900` → the moment in UTC; null for a date that does not exist."""
    return value.str.strptime(TIMESTAMP, CLF_TIME, strict=False)


def epoch(value: pl.Expr) -> pl.Expr:
    """Seconds since 1970 with at most six decimals → the moment in UTC, exact to the microsecond."""
    parts = value.str.splitn(".", 2)
    seconds = parts.struct.field("field_0").cast(pl.Int64, strict=False)
    decimals = (
        parts.struct.field("field_1")
        .fill_null("")
        .str.slice(0, 6)
        .str.pad_end(6, "0")
        .cast(pl.Int64, strict=False)
    )
    inside = seconds.is_between(0, 253_402_300_799)  # 9999-12-31, the last day that Datetime prints
    return pl.when(inside).then(seconds * 1_000_000 + decimals).cast(TIMESTAMP)


ISO_PATTERN: Final = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T\ ][0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"(?:[.,][0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def iso8601(value: pl.Expr) -> pl.Expr:
    """`2026-03-10T13:55:36.5+09:00` → the moment in UTC; a time without an offset is taken for UTC."""
    day = value.str.replace(r"^([0-9]{4}-[0-9]{2}-[0-9]{2}) ", "${1}T").str.replace(",", ".", literal=True)
    zoned = day.str.replace(r"(T[0-9:.]+)$", "${1}Z").str.replace(r"([+-][0-9]{2})([0-9]{2})$", "${1}:${2}")
    return zoned.str.strptime(TIMESTAMP, "%+", strict=False)


def strptime(value: pl.Expr, text: str) -> pl.Expr:
    """Read a time by a strptime text; without an offset in it, as UTC."""
    if "%z" in text or "%s" in text:
        return value.str.strptime(TIMESTAMP, text, strict=False)
    return value.str.strptime(pl.Datetime("us"), text, strict=False).dt.replace_time_zone("UTC")


def path_of(target: pl.Expr, method: pl.Expr) -> pl.Expr:
    """Return the path of a target: of an absolute URL its own, none of `host:port`, a tunnel or a broken line."""
    absolute = target.str.extract(ABSOLUTE, 2)
    origin = target.str.splitn("?", 2).struct.field("field_0")
    return (
        pl.when(method.is_null() | method.is_in(["CONNECT", "TCP_CONNECT"]))
        .then(None)
        .when(target.str.starts_with("/") | (target == "*"))
        .then(origin)
        .otherwise(pl.when(absolute == "").then(pl.lit("/")).otherwise(absolute))
    )


def query_of(target: pl.Expr, method: pl.Expr) -> pl.Expr:
    """Return what follows the first `?` of a target."""
    return pl.when(method.is_not_null()).then(target.str.splitn("?", 2).struct.field("field_1"))


def host_of(target: pl.Expr) -> pl.Expr:
    """Return the host of an absolute target, or of the `host:port` of a CONNECT."""
    absolute = target.str.extract(ABSOLUTE, 1)
    authority = target.str.extract(r"^(\[[^\]]+\]|[^:/?#\s]+):[0-9]+$", 1)
    return pl.coalesce(pl.when(absolute != "").then(absolute), authority)


def request_columns(request: pl.Expr) -> dict[str, pl.Expr]:
    """Return method, target, protocol, path, query and host of a request line, as canonical columns."""
    parts = request.str.extract_groups("(?s)" + REQUEST)
    method = parts.struct[0]
    target = pl.coalesce(parts.struct[1], parts.struct[3], request)
    return {
        "method": method,
        "target": target,
        "protocol": parts.struct[2],
        "path": path_of(target, method),
        "query": query_of(target, method),
        "host": pl.when(method.is_not_null()).then(host_of(target)),
    }


PRIVATE: Final = (
    r"^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2[0-9]|3[01])\."
    r"|100\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:|unknown$|-$)"
)
"""Addresses that no visitor from outside has: RFC 1918, 6598, 3927, 4193 and 4291."""


def first_public(value: pl.Expr) -> pl.Expr:
    """Return the first public address of a list with commas, else its first."""
    every = value.str.split(",").list.eval(pl.element().str.strip_chars(" "))
    outside = every.list.eval(pl.element().filter(~pl.element().str.to_lowercase().str.contains(PRIVATE)))
    return pl.coalesce(outside.list.first(), every.list.first())


_ESCAPE: Final = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_CONTROL: Final = {b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def unescaped(value: pl.Expr) -> pl.Expr:
    r"""Undo Apache's escapes, `\"`, `\\`, `\t`, `\xc3\xa9`; bytes that are no UTF-8 become U+FFFD."""
    return value.map_batches(_unescaped, return_dtype=pl.String, is_elementwise=True)


def _unescaped(values: pl.Series) -> pl.Series:
    odd = values.filter(values.str.contains("\\", literal=True)).unique()
    return values.replace(odd, pl.Series([_unescape(text) for text in odd], dtype=pl.String))


def _unescape(text: str) -> str:
    def byte(match: re.Match[bytes]) -> bytes:
        if match[1]:
            return bytes.fromhex(match[1].decode())
        return _CONTROL.get(match[2], match[2])

    return _ESCAPE.sub(byte, text.encode()).decode("utf-8", "replace")
