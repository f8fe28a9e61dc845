"""The canonical columns → name, dtype, unit and meaning: the one vocabulary of every vendor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

VENDORS: Final = ("nginx", "apache", "cloudflare", "cisco_wsa")
ROLES: Final = ("request", "handshake", "tunnel", "subrequest", "probe")

VENDOR: Final = pl.Enum(VENDORS)
ROLE: Final = pl.Enum(ROLES)
TIMESTAMP: Final = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Column:
    """One canonical column; a field that the line does not carry is null."""

    name: str
    dtype: pl.DataType
    meaning: str


COLUMNS: Final = (
    Column("source", pl.String(), "the path as given or found; `-` for standard input"),
    Column("line", pl.UInt64(), "physical line, from 1"),
    Column("vendor", VENDOR, "whose log it is"),
    Column("format", pl.String(), "stable name of the recognised format"),
    Column("server", pl.String(), "the caller's label for the path"),
    Column(
        "timestamp",
        TIMESTAMP,
        "the moment the line states: end of the request for nginx and WSA, else its start",
    ),
    Column("client", pl.String(), "address as logged; of a list the first public one, else the first"),
    Column("user", pl.String(), "authenticated user"),
    Column(
        "method", pl.String(), "request method; null where the request line is not `METHOD target [PROTOCOL]`"
    ),
    Column(
        "target", pl.String(), "path and query, or the absolute URL, as logged; a broken request line, whole"
    ),
    Column("protocol", pl.String(), "protocol as written, null where none is"),
    Column("path", pl.String(), "path of the target"),
    Column("query", pl.String(), "query of the target, without `?`"),
    Column("status", pl.Int16(), "status as logged: `000` is 0, `-` is null"),
    Column("bytes_sent", pl.Int64(), "bytes to the client"),
    Column("bytes_received", pl.Int64(), "bytes from the client"),
    Column("duration_s", pl.Float64(), "seconds from request to response"),
    Column("host", pl.String(), "host that was asked for"),
    Column("referrer", pl.String(), "Referer header; `-` is null, an empty one is empty"),
    Column("user_agent", pl.String(), "User-Agent header; `-` is null, an empty one is empty"),
    Column("upstream", pl.String(), "address of the last upstream tried"),
    Column(
        "upstream_status",
        pl.Int16(),
        "status of the last upstream; Cloudflare's 0: the origin gave no answer",
    ),
    Column("upstream_duration_s", pl.Float64(), "seconds over all upstream tries"),
    Column("upstream_tries", pl.Int16(), "number of upstream tries"),
    Column("cache", pl.String(), "cache result as logged"),
    Column("action", pl.String(), "security or policy decision, a WSA decision tag without its number"),
    Column("category", pl.String(), "URL category"),
    Column("policy", pl.String(), "access policy"),
    Column("country", pl.String(), "country as logged"),
    Column("request_id", pl.String(), "identifier of the request as logged"),
    Column("asn", pl.Int64(), "autonomous system of the client"),
    Column("weight", pl.Float64(), "requests this line stands for: 1, or the sample interval it states"),
    Column("role", ROLE, "a client's request, or what else the line records"),
)

SCHEMA: Final = pl.Schema({column.name: column.dtype for column in COLUMNS})
"""Canonical column name → dtype, in the order of `parse`."""

ASKED: Final = "_asked"
"""What asked for a request of Cloudflare, as logged; null for a client. It tells requests of one ray apart."""

DTYPES: Final = pl.Schema({**SCHEMA, ASKED: pl.String()})
"""All that can be asked of records: the canonical columns, and what the program alone looks at."""
