"""Analysis → frames: what its pages tell in tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.caching import RESULTS
from loganalyzer.crossings import ABOUTS, ACTIONS, FAILED, SERVED, VALUES
from loganalyzer.enough import ENOUGH
from loganalyzer.exports.export import (
    BOUND,
    BYTES,
    COUNT,
    DIMENSION,
    FLAG,
    NUMBER,
    RECORDS,
    SHARE,
    STATUS,
    TEXT,
    VENDOR,
    Export,
)
from loganalyzer.speeds import ROUTES, SHARES
from parsers.schema import TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loganalyzer.analysis import Analysis
    from loganalyzer.crossings import CrossRow
    from loganalyzer.exports.export import Made


def _classes(analysis: Analysis) -> Made:
    requests = {(one.vendor, one.status_class): one for one in analysis.requests}
    rows: list[tuple[object, ...]] = []
    for one in analysis.classes:
        asked = requests.get((one.vendor, one.status_class))
        some = (asked.records, asked.share) if asked else (0, 0.0)
        rows.append((one.vendor, one.status_class, one.records, one.share, *some))
    return rows


def _statuses(analysis: Analysis) -> Made:
    return [
        (one.vendor, one.status, one.status_class, one.reason, one.records, one.share, one.bytes_sent)
        for one in analysis.statuses
    ]


def _timeline(analysis: Analysis) -> Made:
    return analysis.timeline.with_columns(width_s=pl.lit(analysis.bucket_s))


def _tops(analysis: Analysis) -> Made:
    return [
        (table.vendor, table.status_class, table.dimension, place, row.value, row.failures, row.share,
         row.records, table.failures, table.values, table.bound)
        for table in analysis.tops
        for place, row in enumerate(table.rows, 1)
    ]  # fmt: skip


def _crossings(analysis: Analysis) -> Made:
    return [
        (one.vendor, one.dimension, *cell)
        for one in analysis.crossings
        for cell in _cells(one.rows, one.others, one.statuses)
    ]


def _rulings(analysis: Analysis) -> Made:
    return [
        (one.vendor, one.dimension, *cell)
        for one in analysis.rulings
        for cell in _cells(one.rows, one.others, one.actions)
    ]


def _cells(
    rows: tuple[CrossRow, ...], others: CrossRow | None, columns: Sequence[object]
) -> Iterator[tuple[object, ...]]:
    """Yield value, whether it is several, column, whether it is several, records; of cells that hold some."""
    for row in (*rows, *([others] if others else [])):
        for column, count in zip(columns, row.counts, strict=True):
            if count:
                yield row.value, row is others, column, False, count
        if row.other:
            yield row.value, row is others, None, True, row.other


def _caching(analysis: Analysis) -> Made:
    return [
        (one.vendor, row.value, row is one.others, row.kind if row is not one.others else None, row.records,
         row.bytes_sent, row.client_errors, row.server_errors, one.hits, one.misses, one.records)
        for one in analysis.caching
        for row in (*one.rows, *([one.others] if one.others else []))
    ]  # fmt: skip


def _speeds(analysis: Analysis) -> Made:
    return [
        (one.vendor, row.route, row.records, *row.seconds)
        for one in analysis.speeds
        for row in (one.whole, *one.routes)
    ]


def _traffic(analysis: Analysis) -> Made:
    return [
        (one.vendor, one.records, one.bytes_sent, *one.busiest, *one.heaviest) for one in analysis.traffic
    ]


_PERCENTILES: Final = tuple((f"p{100 * share:g}_s", 100 * share) for share in SHARES)
_SEVERAL: Final = (FLAG, "whether the row sums the values beyond the bound")

WHOLE: Final = (
    Export(
        "classes",
        "one row per vendor and status class",
        {
            "vendor": VENDOR, "class": (TEXT, "1xx … 5xx, other"), "records": RECORDS,
            "share": (NUMBER, f"of the vendor's records, {SHARE}"),
            "requests": (COUNT, "records in role request"),
            "share_of_requests": (NUMBER, f"of the vendor's requests, {SHARE}"),
        },
        _classes,
    ),
    Export(
        "statuses",
        "one row per vendor and status",
        {
            "vendor": VENDOR, "status": (STATUS, "as logged; null: none"), "class": (TEXT, "1xx … 5xx, other"),
            "reason": (TEXT, "reason phrase"), "records": RECORDS,
            "share": (NUMBER, f"of the vendor's records, {SHARE}"), "bytes_sent": BYTES,
        },
        _statuses,
    ),
    Export(
        "timeline",
        "one row per vendor, bucket of time and status; buckets without records are left out",
        {
            "vendor": VENDOR, "time": (TIMESTAMP, "start of the bucket, UTC"),
            "width_s": (COUNT, "seconds of a bucket"), "status": (STATUS, "as logged; null: none"),
            "status_class": (TEXT, "1xx … 5xx, other"), "request": (FLAG, "whether the role is request"),
            "records": RECORDS,
        },
        _timeline,
    ),
)  # fmt: skip

ANSWERS: Final = (
    Export(
        "tops",
        "one row per vendor, status class, dimension and place: the values with the most failures",
        {
            "vendor": VENDOR, "class": (TEXT, "4xx, 5xx or other"), "dimension": DIMENSION,
            "place": (COUNT, "from 1"), "value": (TEXT, "the value"), "failures": (COUNT, "its records in it"),
            "share": (NUMBER, f"of all failures of the class, {SHARE}"), "records": (COUNT, "all its records"),
            "of": (COUNT, "all failures of the class"), "values": (COUNT, "distinct values that failed"),
            "bound": BOUND,
        },
        _tops,
        frozenset({"value"}),
        "20 values of each; `values` and `of` tell what is left out",
    ),
    Export(
        "crossings",
        "one row per vendor, dimension, value and status that came together: status behind the server, decision",
        {
            "vendor": VENDOR, "dimension": (TEXT, "upstream_status or action"),
            "value": (TEXT, "the value; null: none logged, or several"), "several": _SEVERAL,
            "status": (STATUS, "as answered; null: none logged, or others"),
            "others": (FLAG, "whether the row sums statuses that are not told apart"), "records": RECORDS,
        },
        _crossings,
        frozenset({"value"}),
        f"{VALUES} values and {SERVED + FAILED} statuses of each; the others are summed",
    ),
    Export(
        "rulings",
        "one row per vendor, dimension, value and decision that came together, of requests and tunnels",
        {
            "vendor": VENDOR, "dimension": (TEXT, "policy, category or cache"),
            "value": (TEXT, "the value; null: none logged, or several"), "several": _SEVERAL,
            "action": (TEXT, "the decision; null: others"),
            "others": (FLAG, "whether the row sums decisions that are not told apart"), "records": RECORDS,
        },
        _rulings,
        frozenset({"value", "action"}),
        f"{ABOUTS} values and {ACTIONS} decisions of each; the others are summed",
    ),
    Export(
        "caching",
        "one row per vendor and cache result, of requests",
        {
            "vendor": VENDOR, "cache": (TEXT, "cache result; null: several"), "several": _SEVERAL,
            "kind": (TEXT, "hit, miss or none; null: several"), "records": RECORDS, "bytes_sent": BYTES,
            "client_errors": (COUNT, "its records with 4xx"), "server_errors": (COUNT, "its records with 5xx"),
            "hits": (COUNT, "all hits of the vendor"), "misses": (COUNT, "all misses of the vendor"),
            "of": (COUNT, "all requests of the vendor, also those without a cache result"),
        },
        _caching,
        frozenset({"cache"}),
        f"{RESULTS} results of each; the others are summed. Shares of fewer than {ENOUGH} records say little: the page "
        "tells none",
    ),
    Export(
        "speeds",
        "one row per vendor (route null) and per slow route: percentiles of what answers with 2xx or 3xx took",
        {
            "vendor": VENDOR, "route": (TEXT, "path with identifiers as {id}; of WSA the host"), "records": RECORDS,
            **{name: (NUMBER, f"seconds within which {share:g} % were answered") for name, share in _PERCENTILES},
        },
        _speeds,
        frozenset({"route"}),
        f"the {ROUTES} slowest routes of each, of those with {ENOUGH} answers or more; all are in `latency_total`. "
        f"Percentiles of a log with fewer than {ENOUGH} answers say little: the page tells none",
    ),
    Export(
        "traffic",
        "one row per vendor: records, bytes, and its hours with most of them",
        {
            "vendor": VENDOR, "records": RECORDS, "bytes_sent": BYTES,
            "busiest": (TIMESTAMP, "start of the hour with most records, UTC"),
            "busiest_records": (COUNT, "records in it"),
            "heaviest": (TIMESTAMP, "start of the hour with most bytes, UTC"),
            "heaviest_bytes": (COUNT, "bytes in it"),
        },
        _traffic,
    ),
)  # fmt: skip
