r"""nginx's variables → how a value looks in a line, and which canonical column it fills.

Source: nginx's documentation (ngx_http_core_module, ngx_http_upstream_module, ngx_http_log_module) and
src/http/ngx_http_variables.c, ngx_http_upstream.c, ngx_http_log_module.c. Names in lower case: nginx looks them up so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from parsers import fields
from parsers.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Kind = Literal["typed", "word", "text"]


@dataclass(frozen=True)
class Variable:
    """How the value of a variable looks.

    `typed`: by `shape` alone, it can be told from what stands beside it. `word`: without blanks. `text`: anything.
    `always`: whether nginx writes it even where nothing is known, so that it is never `-` and never empty.
    """

    kind: Kind = "text"
    shape: str = ""
    always: bool = False


TEXT: Final = Variable()
"""What a header, a map or a module may hold: nothing is known of it."""

_WHOLE: Final = r"[0-9]+"
_SECONDS: Final = r"[0-9]{1,12}(?:\.[0-9]{1,9})?"
"""nginx writes three decimals; who says that a field is a time may have other digits in it."""


def with_decimals(shape: str) -> str:
    """Return a shape whose times, if it has any, have decimals."""
    return shape.replace(_SECONDS, r"[0-9]{1,12}\.[0-9]{1,9}")


def _list(element: str) -> str:
    """Return the pattern of a list over tries: `, ` after a retry, ` : ` before a second phase, which may be empty."""
    return f"(?:{element})?(?:(?:, | : )(?:{element})?)*"


_WORDS: Final = (
    "remote_addr realip_remote_addr proxy_protocol_addr server_addr host hostname server_name scheme https"
    " upstream_cache_status request_id ssl_protocol ssl_cipher ssl_server_name ssl_session_id"
    " ssl_session_reused request_completion limit_req_status limit_conn_status sent_http_content_length"
    " http_content_length content_length geoip_country_code geoip2_data_country_code"
    " geoip2_data_country_iso_code tcpinfo_rtt tcpinfo_rttvar the_real_ip proxy_upstream_name"
    " proxy_alternative_upstream_name http_cf_ray http_cf_connecting_ip http_cf_ipcountry"
)

VARIABLES: Final[Mapping[str, Variable]] = {
    "time_local": Variable("typed", fields.CLF_TIME_PATTERN, always=True),
    "time_iso8601": Variable("typed", fields.ISO_PATTERN, always=True),
    "time_iso8601_ms": Variable("typed", fields.ISO_PATTERN, always=True),
    "msec": Variable("typed", fields.EPOCH_PATTERN, always=True),
    "request_time": Variable("typed", _SECONDS, always=True),
    "status": Variable("typed", "[0-9]{3}", always=True),
    "bytes_sent": Variable("typed", f"{_WHOLE}|-", always=True),
    "body_bytes_sent": Variable("typed", f"{_WHOLE}|-", always=True),
    "request_length": Variable("typed", f"{_WHOLE}|-", always=True),
    "pipe": Variable("typed", "[p.]", always=True),
    "connection": Variable("typed", _WHOLE, always=True),
    "connection_requests": Variable("typed", _WHOLE, always=True),
    "connection_time": Variable("typed", _SECONDS),
    "pid": Variable("typed", _WHOLE, always=True),
    "remote_port": Variable("typed", _WHOLE),
    "server_port": Variable("typed", _WHOLE),
    "gzip_ratio": Variable("typed", _SECONDS),
    "is_args": Variable("typed", r"\??", always=True),
    "upstream_addr": Variable("typed", _list(r"[^ ,:\"][^ ,\"]*")),
    "upstream_status": Variable("typed", _list("[0-9]+|-")),
    "upstream_connect_time": Variable("typed", _list(f"{_SECONDS}|-")),
    "upstream_header_time": Variable("typed", _list(f"{_SECONDS}|-")),
    "upstream_response_time": Variable("typed", _list(f"{_SECONDS}|-")),
    "upstream_response_length": Variable("typed", _list("[0-9]+|-")),
    "upstream_bytes_received": Variable("typed", _list("[0-9]+|-")),
    "upstream_bytes_sent": Variable("typed", _list("[0-9]+|-")),
    **{name: Variable("word") for name in _WORDS.split()},
}
"""Variables that more is known of than that they are text."""

WITH_ARGUMENTS: Final = "uri$is_args$args"
"""The name under which the three stand here when a format has them side by side."""

TARGETS: Final = frozenset({"request_uri", "uri", "document_uri", WITH_ARGUMENTS})
"""What starts with a slash where it is set."""

TIMES: Final = {"msec": "epoch", "time_iso8601_ms": "iso8601", "time_iso8601": "iso8601", "time_local": "clf"}
"""Variables that say when the line was written, the most exact first, and how."""

FILLED_BY: Final[Mapping[str, Sequence[str]]] = {
    "client": (
        "remote_addr",
        "the_real_ip",
        "http_cf_connecting_ip",
        "http_x_real_ip",
        "proxy_protocol_addr",
        "realip_remote_addr",
        "http_x_forwarded_for",
    ),
    "user": ("remote_user",),
    "status": ("status",),
    "bytes_sent": ("body_bytes_sent", "bytes_sent"),
    "bytes_received": ("request_length",),
    "duration_s": ("request_time",),
    "host": ("host", "http_host", "server_name", "ssl_server_name"),
    "referrer": ("http_referer",),
    "user_agent": ("http_user_agent",),
    "cache": ("upstream_cache_status",),
    "country": (
        "geoip2_data_country_code",
        "geoip2_data_country_iso_code",
        "geoip_country_code",
        "http_cf_ipcountry",
    ),
    "request_id": ("req_id", "request_id", "http_x_request_id"),
}
"""Canonical column → the variables that fill it, the first that a format has.

`$body_bytes_sent` comes before `$bytes_sent`, as `combined` has it: sizes of all formats are then alike.
"""


def canonical(raw: Mapping[str, pl.Expr]) -> dict[str, pl.Expr]:
    """Return an expression for every canonical column but the time that variables can fill.

    Parameters
    ----------
    raw: variable → its value as String, null where it was not set.
    """
    made: dict[str, pl.Expr] = {}
    for column, names in FILLED_BY.items():
        if name := next((name for name in names if name in raw), None):
            made[column] = _converted(column, name, raw[name])
    return made | request_columns(raw, keep_host="host" in made) | upstream_columns(raw)


def _converted(column: str, name: str, value: pl.Expr) -> pl.Expr:
    if SCHEMA[column].is_integer():
        return fields.whole(value, SCHEMA[column])
    if SCHEMA[column].is_float():
        return fields.scaled(value, 1.0)
    if name == "http_x_forwarded_for":
        return fields.first_public(value)
    if name == "http_host":
        return value.str.replace(r":[0-9]*$", "")
    return value


def request_columns(raw: Mapping[str, pl.Expr], *, keep_host: bool) -> dict[str, pl.Expr]:
    """Return method, target, protocol, path and query from `$request`, or from its parts where it is absent."""
    if "request" in raw:
        made = fields.request_columns(raw["request"])
        if keep_host:
            del made["host"]
        return made
    parts: dict[str, pl.Expr] = {}
    if "request_method" in raw:
        logged = raw["request_method"]
        parts["method"] = pl.when(logged.str.contains(f"^{fields.METHOD}$")).then(logged)
    if "server_protocol" in raw:
        parts["protocol"] = raw["server_protocol"]
    target = _target(raw)
    if target is not None:
        known = pl.lit("GET")  # what nginx calls the URI is one, whatever the method
        parts |= {
            "target": target,
            "path": fields.path_of(target, known),
            "query": fields.query_of(target, known),
        }
        if not keep_host:
            parts["host"] = fields.host_of(target)
    return parts


def _target(raw: Mapping[str, pl.Expr]) -> pl.Expr | None:
    """Return the raw target, else the normalised path with its arguments; null where a format has neither."""
    if "request_uri" in raw:
        return raw["request_uri"]
    if WITH_ARGUMENTS in raw:
        return raw[WITH_ARGUMENTS]
    path = next((raw[name] for name in ("uri", "document_uri") if name in raw), None)
    arguments = next((raw[name] for name in ("args", "query_string") if name in raw), None)
    if path is None or arguments is None:
        return path
    return path + pl.when(arguments != "").then("?" + arguments).otherwise(pl.lit("")).fill_null("")


def upstream_columns(raw: Mapping[str, pl.Expr]) -> dict[str, pl.Expr]:
    """Return what became of the upstream tries: the last one's address and status, the time and number of all."""
    made = {}
    if (address := raw.get("upstream_addr")) is not None:
        made["upstream"] = last_hop(address)
        made["upstream_tries"] = address.str.count_matches(r"[^ ,:][^ ,]*").replace(0, None)
    if (status := raw.get("upstream_status")) is not None:
        made["upstream_status"] = fields.whole(last_hop(status), pl.Int16)
    if (time := raw.get("upstream_response_time")) is not None:
        made["upstream_duration_s"] = total(time)
    return made


def last_hop(value: pl.Expr) -> pl.Expr:
    """Return the last element of a list over tries; a phase that chose no server leaves none."""
    return fields.unset(value.str.extract(r"([^ ,]*[^ ,:])(?:[ ,]| :)*$", 1))


def total(value: pl.Expr) -> pl.Expr:
    """Return the sum of a list of seconds, null where no try has a time."""
    times = value.str.extract_all(_SECONDS).cast(pl.List(pl.Float64))
    return pl.when(times.list.len() > 0).then(times.list.sum().round(6))


def of_value(text: pl.Expr, *, default_escape: bool) -> pl.Expr:
    """Return the value, null where the variable was not set: `-`, and nothing at all in the other escapings."""
    return fields.unset(text) if default_escape else pl.when((text != "") & (text != "-")).then(text)


TIME_OF: Final[Mapping[str, Callable[[pl.Expr], pl.Expr]]] = {
    "clf": fields.clf_time,
    "epoch": fields.epoch,
    "iso8601": fields.iso8601,
}


ESCAPED: Final = (r"\\x([0-9A-Fa-f]{2})", "\ufdd0${1}")
r"""The repair for `\x22`, which JSON does not know: a noncharacter for the backslash and the x."""

DOUBLE_BACKSLASH: Final = (r"\\\\", r"\u005C")
r"""To be made before, where `\\x22` may also be what escape=json writes for the text `\x22`."""

LITERAL: Final = "\ufdd1"
"""Stands before what was `null`, `true` or `false` without quotes: no text that a server wrote."""


def without_literal(value: pl.Expr) -> pl.Expr:
    """Return a text, null for what was no text."""
    return pl.when(~value.str.starts_with(LITERAL)).then(value)


WITHOUT_QUOTES: Final = (
    # A list, `000`, `-` or nothing, up to the next member or the end; before it, what JSON has without quotes.
    (r'([^\\]":\s*)(null|true|false)(\s*[,}])', '${1}"' + LITERAL + '${2}"${3}'),
    (r'([^\\]":\s*)((?:[^"{}\s,](?:[^"{}]*[^"{},\s])?)?)(\s*,\s*"|\s*,?\s*\})', '${1}"${2}"${3}'),
    (r",\s*\}(\s*)$", "}${1}"),
)
"""The repairs for values that stand without quotes and are no JSON, and for a comma behind the last member."""

_TEXT_VALUE: Final = r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"'
_NUMBER: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"

REPAIRS: Final = (DOUBLE_BACKSLASH, ESCAPED, *WITHOUT_QUOTES)
"""All of them, in the order in which they are made."""

SOUND: Final = (
    rf"^\{{(?:\s*{_TEXT_VALUE}\s*:\s*(?:{_TEXT_VALUE}|{_NUMBER}|null|true|false)\s*(?:,|\}}\s*$))+$"
)
"""A line that is JSON as it stands, one flat object: none of these repairs is needed."""

_BYTES: Final = re.compile("(?:\ufdd0[0-9A-Fa-f]{2})+".encode())


def unescaped(value: pl.Expr) -> pl.Expr:
    """Return what `ESCAPED` marked as it was sent; bytes that are no UTF-8 become U+FFFD."""
    return value.map_batches(_unescaped, return_dtype=pl.String, is_elementwise=True)


def _unescaped(values: pl.Series) -> pl.Series:
    odd = values.filter(values.str.contains("\ufdd0", literal=True)).unique()
    if odd.len() == 0:
        return values
    return values.replace(odd, pl.Series([_unescape(text) for text in odd], dtype=pl.String))


def _unescape(text: str) -> str:
    mark = "\ufdd0".encode()
    made = _BYTES.sub(lambda run: bytes.fromhex(run[0].replace(mark, b"").decode()), text.encode())
    return made.decode("utf-8", "replace")
