"""Tables → frames: the aggregates as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates import clients, handling, latency, missing
from loganalyzer.aggregates.grouping import OTHER
from loganalyzer.exports.export import (
    BOUND,
    BYTES,
    COUNT,
    DIMENSION,
    FLAG,
    NUMBER,
    RECORDS,
    SERVER,
    STATUS,
    TEXT,
    VENDOR,
    Export,
)
from loganalyzer.tables import HOSTS, KEYS, Tables
from parsers.schema import TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loganalyzer.analysis import Analysis
    from loganalyzer.exports.export import Made


def _kept(analysis: Analysis) -> Tables:
    return analysis.aggregates if analysis.aggregates is not None else Tables.empty()


def _sorted(frame: pl.DataFrame, sums: Iterable[str]) -> pl.DataFrame:
    """Return the rows of an aggregate in one order, whatever order it was merged in."""
    left = set(sums)
    frame = frame.with_columns(pl.col(pl.Enum).cast(pl.String))
    return frame.sort([name for name in frame.columns if name not in left], nulls_last=True)


def _minutes(analysis: Analysis) -> Made:
    return _sorted(_kept(analysis).minutes, ("records", "weight", "bytes_sent"))


def _values(analysis: Analysis) -> Made:
    return _with_bound(_sorted(_kept(analysis).values.drop("credit"), ("records",)), analysis)


def _failures(analysis: Analysis) -> Made:
    return _with_bound(_sorted(_kept(analysis).failures, ("records",)), analysis)


def _with_bound(frame: pl.DataFrame, analysis: Analysis) -> pl.DataFrame:
    """Add by how much a count may be too small; 0 is exact."""
    rows = [(vendor, dimension, bound) for (vendor, dimension), bound in _kept(analysis).bounds.items()]
    schema = {"vendor": pl.String(), "dimension": pl.String(), "bound": pl.Int64()}
    bounds = pl.DataFrame(rows, schema=schema, orient="row")
    joined = frame.join(bounds, on=["vendor", "dimension"], how="left", maintain_order="left")
    return joined.with_columns(pl.col("bound").fill_null(0))


def _latency(analysis: Analysis) -> Made:
    tables = _kept(analysis)
    grain = latency.GRAINS[tables.latency_grain]
    frame = _sorted(tables.latency, ("records",)).rename({"minute": "start"})
    return _in_seconds(frame, grain.bins).with_columns(width_s=pl.lit(60 * grain.minutes))


def _latency_total(analysis: Analysis) -> Made:
    return _in_seconds(_sorted(_kept(analysis).latency_total, ("records",)), latency.TOTAL_BINS)


def _in_seconds(frame: pl.DataFrame, bins: int) -> pl.DataFrame:
    """Add the seconds between which the durations of a row lie."""
    low = pl.lit(2.0).pow(pl.col("bin").cast(pl.Float64) / bins) / 1000
    high = pl.lit(2.0).pow((pl.col("bin").cast(pl.Float64) + 1) / bins) / 1000
    return frame.with_columns(from_s=low, to_s=high)


def _waits(analysis: Analysis) -> Made:
    frame = _sorted(_kept(analysis).waits, ("records",))
    return frame.with_columns(duration_s=pl.col("tenths") / 10)


def _clients(analysis: Analysis) -> Made:
    return _sorted(_kept(analysis).clients, clients.SUMS.names())


def _missing(analysis: Analysis) -> Made:
    return _sorted(_kept(analysis).missing, ("records",))


def _symptoms(analysis: Analysis) -> Made:
    frame = _sorted(_kept(analysis).symptoms, ("records",))
    return frame.rename({"upstream": "has_upstream", "user": "has_user"})


def _handling(analysis: Analysis) -> Made:
    return _sorted(_kept(analysis).handling, handling.SUMS.names())


def _unread(analysis: Analysis) -> Made:
    return _sorted(_kept(analysis).unread, ("lines",))


def _bounds(analysis: Analysis) -> Made:
    return [(vendor, name, bound) for (vendor, name), bound in sorted(_kept(analysis).bounds.items())]


MINUTE: Final = (TIMESTAMP, "start of the minute in which the request began, UTC")
_OF_VALUES: Final = (
    f"{KEYS:,} distinct values of a dimension are exact; of more, see `bound` and the table `bounds`"
)

COUNTS: Final = (
    Export(
        "minutes",
        "one row per vendor, server, host, minute, role, status and upstream status",
        {
            "vendor": VENDOR, "server": SERVER, "host": (TEXT, "host asked for; null for a proxy's log"),
            "minute": MINUTE, "role": (TEXT, "request, handshake, tunnel, subrequest or probe"),
            "status": (STATUS, "as logged; null: none"), "upstream_status": (STATUS, "the server's behind"),
            "unreached": (FLAG, "whether the line says that no origin answered"), "records": RECORDS,
            "weight": (NUMBER, "requests: a sampled line stands for several"), "bytes_sent": BYTES,
        },
        _minutes,
        frozenset({"server", "host"}),
        f"{HOSTS} hosts a vendor; the others are `{OTHER}`",
    ),
    Export(
        "values",
        "one row per day, vendor, server, dimension and value, of requests",
        {
            "day": (pl.Date(), "UTC"), "vendor": VENDOR, "server": SERVER, "dimension": DIMENSION,
            "value": (TEXT, "the value"), "records": RECORDS, "bound": BOUND,
        },
        _values,
        frozenset({"server", "value"}),
        _OF_VALUES,
    ),
    Export(
        "failures",
        "one row per day, vendor, server, dimension, value and status 4xx, 5xx or outside 100–599, of requests",
        {
            "day": (pl.Date(), "UTC"), "vendor": VENDOR, "server": SERVER, "dimension": DIMENSION,
            "value": (TEXT, "the value"), "status": (STATUS, "as logged"), "records": RECORDS, "bound": BOUND,
        },
        _failures,
        frozenset({"server", "value"}),
        _OF_VALUES,
    ),
    Export(
        "latency",
        "one row per vendor, server, route, stretch of time and bin of durations, of requests answered 2xx or 3xx",
        {
            "vendor": VENDOR, "server": SERVER, "route": (TEXT, "path with identifiers as {id}; of WSA the host"),
            "cached": (FLAG, "whether a cache answered by itself"),
            "start": (TIMESTAMP, "start of the stretch, UTC"), "width_s": (COUNT, "seconds of the stretch"),
            "from_s": (NUMBER, "seconds the requests took at least"), "to_s": (NUMBER, "and less than"),
            "records": RECORDS,
        },
        _latency,
        frozenset({"server", "route"}),
        f"{latency.NAMED:,} routes, or the {latency.ROUTES} busiest of more (the others are `{OTHER}`); "
        f"{latency.ROWS:,} rows, beyond which stretches and bins are wider",
    ),
    Export(
        "latency_total",
        "the same over the whole period, with bins 2 % wide",
        {
            "vendor": VENDOR, "server": SERVER, "route": (TEXT, "path with identifiers as {id}; of WSA the host"),
            "cached": (FLAG, "whether a cache answered by itself"),
            "from_s": (NUMBER, "seconds the requests took at least"), "to_s": (NUMBER, "and less than"),
            "records": RECORDS,
        },
        _latency_total,
        frozenset({"server", "route"}),
        f"routes as in `latency`; durations from {latency.LEAST_MS / 1000} s to six days",
    ),
    Export(
        "waits",
        "one row per vendor, server, five minutes, status and tenth of a second waited until somebody gave up",
        {
            "vendor": VENDOR, "server": SERVER, "start": (TIMESTAMP, "start of the five minutes, UTC"),
            "status": (STATUS, "408, 499, 502, 503, 504, 522 or 524"),
            "unreached": (FLAG, "whether the line says that no origin answered"),
            "duration_s": (NUMBER, "seconds, rounded to tenths"), "records": RECORDS,
        },
        _waits,
        frozenset({"server"}),
    ),
    Export(
        "clients",
        "one row per vendor, server, client and five minutes in which it was refused something",
        {
            "vendor": VENDOR, "server": SERVER, "client": (TEXT, "address as logged"),
            "start": (TIMESTAMP, "start of the five minutes, UTC"), "auth": (COUNT, "records with 401 or 407"),
            "missing": (COUNT, "with 404 or 410"), "limited": (COUNT, "with 429 or 503"),
            "forbidden": (COUNT, "with 403"), "malformed": (COUNT, "with 400 and its like"),
            "answered": (COUNT, "with 2xx or 3xx, where `auth` is above 0"),
        },
        _clients,
        frozenset({"server", "client"}),
        f"{clients.ROWS:,} rows; those of clients that were refused least go first",
    ),
    Export(
        "missing",
        "one row per vendor, server, path that is not there (404, 410), and who asked for it from where",
        {
            "vendor": VENDOR, "server": SERVER, "format": (TEXT, "of the log"), "status": (STATUS, "404 or 410"),
            "path": (TEXT, "identifiers as {id}"), "client": (TEXT, "address as logged"),
            "user_agent": (TEXT, "as logged"), "referrer": (TEXT, "as logged"), "host": (TEXT, "as logged"),
            "records": RECORDS,
        },
        _missing,
        frozenset({"server", "path", "client", "user_agent", "referrer", "host"}),
        f"{2 * missing.ROWS:,} rows; of the rarest, clients, agents and referrers become `{OTHER}`, then paths",
    ),
    Export(
        "symptoms",
        "one row per kind of record that was not served: what came together",
        {
            "vendor": VENDOR, "server": SERVER, "format": (TEXT, "of the log"), "role": (TEXT, "of the record"),
            "status": (STATUS, "as logged"), "has_upstream": (FLAG, "whether one is named"),
            "upstream_status": (STATUS, "the server's behind"), "cache": (TEXT, "cache result"),
            "action": (TEXT, "security or policy decision"), "category": (TEXT, "URL category"),
            "policy": (TEXT, "access policy"), "method": (TEXT, "of the request"),
            "referrer": (TEXT, "none, same, search or the name of a site"),
            "request": (TEXT, "how the request line reads"), "has_user": (FLAG, "whether a user is named"),
            "target_bits": (COUNT, "length of the target in characters, as the number of bits of that number"),
            "received_bits": (COUNT, "bytes received, as the number of bits of that number"), "records": RECORDS,
        },
        _symptoms,
        frozenset({"server", "cache", "action", "category", "policy", "method", "referrer"}),
        f"rare texts become `{OTHER}`",
    ),
    Export(
        "handling",
        "one row per role, status, cache result, decision, category and policy, of records that name one of these four",
        {
            "vendor": VENDOR, "server": SERVER, "role": (TEXT, "of the record"), "status": (STATUS, "as logged"),
            "cache": (TEXT, "cache result"), "action": (TEXT, "security or policy decision"),
            "category": (TEXT, "URL category"), "policy": (TEXT, "access policy"), "records": RECORDS,
            "bytes_sent": BYTES,
        },
        _handling,
        frozenset({"server", "cache", "action", "category", "policy"}),
        f"{2 * handling.ROWS:,} rows; rare texts become `{OTHER}`",
    ),
    Export(
        "unread",
        "one row per vendor, server and minute in which lines were rejected",
        {"vendor": VENDOR, "server": SERVER, "minute": (TIMESTAMP, "UTC"), "lines": (COUNT, "rejected lines")},
        _unread,
        frozenset({"server"}),
    ),
    Export(
        "bounds",
        "one row per vendor and dimension with more values than are counted exactly; none where all counts are exact",
        {"vendor": VENDOR, "dimension": DIMENSION, "bound": BOUND},
        _bounds,
    ),
)  # fmt: skip
