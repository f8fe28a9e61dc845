"""Analysis → frames that other programs read: every table by name, with what its rows and columns mean.

What is written as CSV and Parquet, documented and handed out by `Analysis.tables` is told here once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates import clients, latency, missing
from loganalyzer.aggregates.grouping import OTHER
from loganalyzer.tables import HOSTS, KEYS, REJECTS, Tables
from parsers.schema import TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from loganalyzer.analysis import Analysis
    from loganalyzer.diagnosis.verdict import Verdict

_TEXT: Final = pl.String()
_COUNT: Final = pl.Int64()
_NUMBER: Final = pl.Float64()
_STATUS: Final = pl.Int16()
_FLAG: Final = pl.Boolean()

Made = pl.DataFrame | list[tuple[object, ...]]


@dataclass(frozen=True)
class Export:
    """One table: what its rows are, and each column's dtype and meaning with its unit.

    `log_text`: columns that hold what a log or a caller wrote, raw; mask them where they are shown. `bound` says how
    many rows or values there may be, and what became of the rest; empty where all are there.
    """

    name: str
    rows: str
    columns: Mapping[str, tuple[pl.DataType, str]]
    of: Callable[[Analysis], Made]
    log_text: frozenset[str] = frozenset()
    bound: str = ""

    def frame(self, analysis: Analysis) -> pl.DataFrame:
        """Return the table, in the order of its columns; equal input gives equal rows."""
        schema = {name: dtype for name, (dtype, _) in self.columns.items()}
        made = self.of(analysis)
        if isinstance(made, pl.DataFrame):
            return made.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
        return pl.DataFrame([tuple(map(_text, row)) for row in made], schema=schema, orient="row")


def _text(value: object) -> object:
    """Return a value whose text is valid UTF-8: the name of a file need not be."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


_VENDOR: Final = (_TEXT, "whose log: nginx, apache, cloudflare or cisco_wsa")
_SERVER: Final = (_TEXT, "the caller's label of the path, else null")
_RECORDS: Final = (_COUNT, "records, lines of the log")
_BYTES: Final = (_COUNT, "bytes sent to clients")
_FINDING: Final = (_TEXT, "id of the finding")
_SOURCE: Final = (_TEXT, "path of the source")
_LINE: Final = (pl.UInt64(), "physical line, from 1")
_SHARE: Final = "from 0 to 1"


def _kept(analysis: Analysis) -> Tables:
    return analysis.aggregates if analysis.aggregates is not None else Tables.empty()


def _sorted(frame: pl.DataFrame, sums: Iterable[str]) -> pl.DataFrame:
    """Return the rows of an aggregate in one order, whatever order it was merged in."""
    left = set(sums)
    frame = frame.with_columns(pl.col(pl.Enum).cast(pl.String))
    return frame.sort([name for name in frame.columns if name not in left], nulls_last=True)


def _sources(analysis: Analysis) -> Made:
    return [
        (
            one.path, one.vendor, one.format, one.evidence, one.bytes, None if one.unread else one.ledger.lines,
            one.ledger.records, one.ledger.rejected, one.ledger.blank, one.ledger.skipped, one.ledger.filtered,
            one.replaced, one.start, one.end, one.server, one.problem,
        )
        for one in analysis.sources
    ]  # fmt: skip


def _skipped(analysis: Analysis) -> Made:
    return [
        (one.path, why, count) for one in analysis.sources for why, count in sorted(one.skipped_why.items())
    ]


def _roles(analysis: Analysis) -> Made:
    return [(one.vendor, one.role, one.records) for one in analysis.roles]


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


def _unread(analysis: Analysis) -> Made:
    return _sorted(_kept(analysis).unread, ("lines",))


def _bounds(analysis: Analysis) -> Made:
    return [(vendor, name, bound) for (vendor, name), bound in sorted(_kept(analysis).bounds.items())]


def _tops(analysis: Analysis) -> Made:
    return [
        (table.vendor, table.status_class, table.dimension, place, row.value, row.failures, row.share,
         row.records, table.failures, table.values, table.bound)
        for table in analysis.tops
        for place, row in enumerate(table.rows, 1)
    ]  # fmt: skip


def _incidents(analysis: Analysis) -> Made:
    return [
        (one.id, one.severity, one.start, one.end, one.ongoing, one.lead, len(one.findings))
        for one in analysis.incidents
    ]


def _findings(analysis: Analysis) -> Made:
    rows: list[tuple[object, ...]] = []
    for one in analysis.findings:
        incident = analysis.incident_of.get(one.id)
        model = one.model
        rows.append(
            (
                one.id, incident.id if incident else None, one.kind, one.family, one.shape, one.severity,
                one.vendor, one.server, one.host, one.client or one.single_client, one.start, one.end,
                one.ongoing, one.observed, None if one.by_rule else one.expected,
                None if one.by_rule else one.ratio, one.score, one.requests, one.peak, one.flagged,
                one.evidence_total, model.window_s, model.y, model.m, model.a, model.b, model.level, model.phi,
                model.kappa, model.M, model.threshold, model.limit,
            )
        )  # fmt: skip
    return rows


def _causes(analysis: Analysis) -> Made:
    return [
        (finding.id, place, one.dimension, one.value, one.inner_dimension, one.inner_value, one.share_of_excess,
         one.share_of_requests, one.ratio_lower, one.failing, one.requests, one.expected)
        for finding in analysis.findings
        for place, one in enumerate(finding.causes, 1)
    ]  # fmt: skip


def _evidence(analysis: Analysis) -> Made:
    return [
        (finding.id, one.source, one.line, one.text)
        for finding in analysis.findings
        for one in finding.evidence
    ]


def _diagnosis(analysis: Analysis) -> Made:
    rows: list[tuple[object, ...]] = []
    verdicts: list[tuple[str | None, str | None, Verdict]]
    verdicts = [(None, vendor, one) for vendor, some in analysis.diagnosis for one in some]
    verdicts += [
        (finding.id, finding.vendor, one) for finding in analysis.findings for one in finding.diagnosis
    ]
    for finding, vendor, one in verdicts:
        facts = "; ".join(f"{name}={fact}" for name, fact in one.evidence)
        missed, documents = ", ".join(one.missing) or None, ", ".join(one.documents)
        rows.append(
            (
                finding,
                vendor,
                one.status,
                one.question,
                one.cause,
                one.judgement,
                facts,
                missed,
                documents,
                one.where,
            )
        )
    return rows


def _notes(analysis: Analysis) -> Made:
    return [
        (note.kind, "; ".join(f"{name}={fact}" for name, fact in sorted(note.facts.items())))
        for note in analysis.notes
    ]


def _rejects(analysis: Analysis) -> Made:
    return [(one.source, one.line, one.reason, one.text) for one in analysis.rejects]


def _rejected_why(analysis: Analysis) -> Made:
    return list(analysis.rejected_why)


_MINUTE: Final = (TIMESTAMP, "start of the minute in which the request began, UTC")
_DIMENSION: Final = (_TEXT, "what kind of value: path (identifiers as {id}), client, host, user_agent, …")
_BOUND: Final = (_COUNT, "the most by which `records` may be too small; 0 is exact")
_OF_VALUES: Final = (
    f"{KEYS:,} distinct values of a dimension are exact; of more, see `bound` and the table `bounds`"
)

EXPORTS: Final = (
    Export(
        "sources",
        "one row per file or stream: the ledger, lines = records + rejected + blank + skipped + filtered",
        {
            "path": _SOURCE, "vendor": _VENDOR, "format": (_TEXT, "name of the recognised format"),
            "evidence": (_TEXT, "why it was taken for that"), "bytes": (_COUNT, "bytes read, compressed as they are"),
            "lines": (_COUNT, "physical lines; null where nobody counted them"), "records": _RECORDS,
            "rejected": (_COUNT, "lines that are no record"), "blank": (_COUNT, "empty lines"),
            "skipped": (_COUNT, "headers, comments, repeats"), "filtered": (_COUNT, "records not wanted by the call"),
            "replaced": (_COUNT, "lines with bytes that are no UTF-8"), "start": (TIMESTAMP, "first stamp, UTC"),
            "end": (TIMESTAMP, "last stamp, UTC"), "server": _SERVER,
            "problem": (_TEXT, "what kept it from being read, else null"),
        },
        _sources,
        frozenset({"path", "evidence", "server", "problem"}),
    ),
    Export(
        "skipped",
        "one row per source and reason for which lines were skipped",
        {"path": _SOURCE, "reason": (_TEXT, "why"), "lines": (_COUNT, "lines")},
        _skipped,
        frozenset({"path", "reason"}),
    ),
    Export(
        "roles",
        "one row per vendor and role",
        {"vendor": _VENDOR, "role": (_TEXT, "request, handshake, tunnel, subrequest or probe"), "records": _RECORDS},
        _roles,
    ),
    Export(
        "classes",
        "one row per vendor and status class",
        {
            "vendor": _VENDOR, "class": (_TEXT, "1xx … 5xx, other"), "records": _RECORDS,
            "share": (_NUMBER, f"of the vendor's records, {_SHARE}"),
            "requests": (_COUNT, "records in role request"),
            "share_of_requests": (_NUMBER, f"of the vendor's requests, {_SHARE}"),
        },
        _classes,
    ),
    Export(
        "statuses",
        "one row per vendor and status",
        {
            "vendor": _VENDOR, "status": (_STATUS, "as logged; null: none"), "class": (_TEXT, "1xx … 5xx, other"),
            "reason": (_TEXT, "reason phrase"), "records": _RECORDS,
            "share": (_NUMBER, f"of the vendor's records, {_SHARE}"), "bytes_sent": _BYTES,
        },
        _statuses,
    ),
    Export(
        "timeline",
        "one row per vendor, bucket of time and status; buckets without records are left out",
        {
            "vendor": _VENDOR, "time": (TIMESTAMP, "start of the bucket, UTC"),
            "width_s": (_COUNT, "seconds of a bucket"), "status": (_STATUS, "as logged; null: none"),
            "status_class": (_TEXT, "1xx … 5xx, other"), "request": (_FLAG, "whether the role is request"),
            "records": _RECORDS,
        },
        _timeline,
    ),
    Export(
        "minutes",
        "one row per vendor, server, host, minute, role, status and upstream status",
        {
            "vendor": _VENDOR, "server": _SERVER, "host": (_TEXT, "host asked for; null for a proxy's log"),
            "minute": _MINUTE, "role": (_TEXT, "request, handshake, tunnel, subrequest or probe"),
            "status": (_STATUS, "as logged; null: none"), "upstream_status": (_STATUS, "the server's behind"),
            "unreached": (_FLAG, "whether the line says that no origin answered"), "records": _RECORDS,
            "weight": (_NUMBER, "requests: a sampled line stands for several"), "bytes_sent": _BYTES,
        },
        _minutes,
        frozenset({"server", "host"}),
        f"{HOSTS} hosts a vendor; the others are `{OTHER}`",
    ),
    Export(
        "values",
        "one row per day, vendor, server, dimension and value, of requests",
        {
            "day": (pl.Date(), "UTC"), "vendor": _VENDOR, "server": _SERVER, "dimension": _DIMENSION,
            "value": (_TEXT, "the value"), "records": _RECORDS, "bound": _BOUND,
        },
        _values,
        frozenset({"server", "value"}),
        _OF_VALUES,
    ),
    Export(
        "failures",
        "one row per day, vendor, server, dimension, value and status 4xx, 5xx or outside 100–599, of requests",
        {
            "day": (pl.Date(), "UTC"), "vendor": _VENDOR, "server": _SERVER, "dimension": _DIMENSION,
            "value": (_TEXT, "the value"), "status": (_STATUS, "as logged"), "records": _RECORDS, "bound": _BOUND,
        },
        _failures,
        frozenset({"server", "value"}),
        _OF_VALUES,
    ),
    Export(
        "latency",
        "one row per vendor, server, route, stretch of time and bin of durations, of requests answered 2xx or 3xx",
        {
            "vendor": _VENDOR, "server": _SERVER, "route": (_TEXT, "path with identifiers as {id}; of WSA the host"),
            "cached": (_FLAG, "whether a cache answered by itself"),
            "start": (TIMESTAMP, "start of the stretch, UTC"), "width_s": (_COUNT, "seconds of the stretch"),
            "from_s": (_NUMBER, "seconds the requests took at least"), "to_s": (_NUMBER, "and less than"),
            "records": _RECORDS,
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
            "vendor": _VENDOR, "server": _SERVER, "route": (_TEXT, "path with identifiers as {id}; of WSA the host"),
            "cached": (_FLAG, "whether a cache answered by itself"),
            "from_s": (_NUMBER, "seconds the requests took at least"), "to_s": (_NUMBER, "and less than"),
            "records": _RECORDS,
        },
        _latency_total,
        frozenset({"server", "route"}),
        f"routes as in `latency`; durations from {latency.LEAST_MS / 1000} s to six days",
    ),
    Export(
        "waits",
        "one row per vendor, server, five minutes, status and tenth of a second waited until somebody gave up",
        {
            "vendor": _VENDOR, "server": _SERVER, "start": (TIMESTAMP, "start of the five minutes, UTC"),
            "status": (_STATUS, "408, 499, 502, 503, 504, 522 or 524"),
            "unreached": (_FLAG, "whether the line says that no origin answered"),
            "duration_s": (_NUMBER, "seconds, rounded to tenths"), "records": _RECORDS,
        },
        _waits,
        frozenset({"server"}),
    ),
    Export(
        "clients",
        "one row per vendor, server, client and five minutes in which it was refused something",
        {
            "vendor": _VENDOR, "server": _SERVER, "client": (_TEXT, "address as logged"),
            "start": (TIMESTAMP, "start of the five minutes, UTC"), "auth": (_COUNT, "records with 401 or 407"),
            "missing": (_COUNT, "with 404 or 410"), "limited": (_COUNT, "with 429 or 503"),
            "forbidden": (_COUNT, "with 403"), "malformed": (_COUNT, "with 400 and its like"),
            "answered": (_COUNT, "with 2xx or 3xx, where `auth` is above 0"),
        },
        _clients,
        frozenset({"server", "client"}),
        f"{clients.ROWS:,} rows; those of clients that were refused least go first",
    ),
    Export(
        "missing",
        "one row per vendor, server, path that is not there (404, 410), and who asked for it from where",
        {
            "vendor": _VENDOR, "server": _SERVER, "format": (_TEXT, "of the log"), "status": (_STATUS, "404 or 410"),
            "path": (_TEXT, "identifiers as {id}"), "client": (_TEXT, "address as logged"),
            "user_agent": (_TEXT, "as logged"), "referrer": (_TEXT, "as logged"), "host": (_TEXT, "as logged"),
            "records": _RECORDS,
        },
        _missing,
        frozenset({"server", "path", "client", "user_agent", "referrer", "host"}),
        f"{2 * missing.ROWS:,} rows; of the rarest, clients, agents and referrers become `{OTHER}`, then paths",
    ),
    Export(
        "symptoms",
        "one row per kind of record that was not served: what came together",
        {
            "vendor": _VENDOR, "server": _SERVER, "format": (_TEXT, "of the log"), "role": (_TEXT, "of the record"),
            "status": (_STATUS, "as logged"), "has_upstream": (_FLAG, "whether one is named"),
            "upstream_status": (_STATUS, "the server's behind"), "cache": (_TEXT, "cache result"),
            "action": (_TEXT, "security or policy decision"), "category": (_TEXT, "URL category"),
            "policy": (_TEXT, "access policy"), "method": (_TEXT, "of the request"),
            "referrer": (_TEXT, "none, same, search or the name of a site"),
            "request": (_TEXT, "how the request line reads"), "has_user": (_FLAG, "whether a user is named"),
            "target_bits": (_COUNT, "length of the target in characters, as the number of bits of that number"),
            "received_bits": (_COUNT, "bytes received, as the number of bits of that number"), "records": _RECORDS,
        },
        _symptoms,
        frozenset({"server", "cache", "action", "category", "policy", "method", "referrer"}),
        f"rare texts become `{OTHER}`",
    ),
    Export(
        "unread",
        "one row per vendor, server and minute in which lines were rejected",
        {"vendor": _VENDOR, "server": _SERVER, "minute": (TIMESTAMP, "UTC"), "lines": (_COUNT, "rejected lines")},
        _unread,
        frozenset({"server"}),
    ),
    Export(
        "bounds",
        "one row per vendor and dimension with more values than are counted exactly; none where all counts are exact",
        {"vendor": _VENDOR, "dimension": _DIMENSION, "bound": _BOUND},
        _bounds,
    ),
    Export(
        "tops",
        "one row per vendor, status class, dimension and place: the values with the most failures",
        {
            "vendor": _VENDOR, "class": (_TEXT, "4xx, 5xx or other"), "dimension": _DIMENSION,
            "place": (_COUNT, "from 1"), "value": (_TEXT, "the value"), "failures": (_COUNT, "its records in it"),
            "share": (_NUMBER, f"of all failures of the class, {_SHARE}"), "records": (_COUNT, "all its records"),
            "of": (_COUNT, "all failures of the class"), "values": (_COUNT, "distinct values that failed"),
            "bound": _BOUND,
        },
        _tops,
        frozenset({"value"}),
        "20 values of each; `values` and `of` tell what is left out",
    ),
    Export(
        "incidents",
        "one row per incident",
        {
            "id": (_TEXT, "id of the incident"), "severity": (_TEXT, "notice, minor, major or critical"),
            "start": (TIMESTAMP, "UTC"), "end": (TIMESTAMP, "UTC, exclusive"),
            "ongoing": (_FLAG, "whether it reaches the end of the log"), "lead": (_TEXT, "id of the leading finding"),
            "findings": (_COUNT, "findings in it"),
        },
        _incidents,
    ),
    Export(
        "findings",
        "one row per finding, with every input of its score",
        {
            "id": _FINDING, "incident": (_TEXT, "id of its incident, else null"), "kind": (_TEXT, "what it is"),
            "family": (_TEXT, "series that was tested"), "shape": (_TEXT, "burst, level or throughout"),
            "severity": (_TEXT, "notice, minor, major or critical"), "vendor": _VENDOR, "server": _SERVER,
            "host": (_TEXT, "host, where it is about one"), "client": (_TEXT, "client, where it hangs on one"),
            "start": (TIMESTAMP, "UTC"), "end": (TIMESTAMP, "UTC, exclusive"),
            "ongoing": (_FLAG, "whether it reaches the end of the log"), "observed": (_NUMBER, "events, weighted"),
            "expected": (_NUMBER, "events that were to be expected; null where a rule judged"),
            "ratio": (_NUMBER, "observed / expected; null where nothing was expected"), "score": (_NUMBER, "see docs"),
            "requests": (_NUMBER, "all requests in it, weighted"), "peak": (TIMESTAMP, "worst minute, UTC"),
            "flagged": (TIMESTAMP, "when somebody who watched would have known, UTC"),
            "evidence_total": (_COUNT, "lines that belong to it"), "window_s": (_COUNT, "seconds of the best window"),
            "y": (_NUMBER, "events observed in that"), "m": (_NUMBER, "events expected in it"),
            "a": (_NUMBER, "events a minute whatever the traffic"), "b": (_NUMBER, "events per other request"),
            "level": (_NUMBER, "local factor"), "phi": (_NUMBER, "spread: variance = phi·m + kappa·m²"),
            "kappa": (_NUMBER, "see phi"), "M": (_NUMBER, "events behind the baseline"),
            "threshold": (_NUMBER, "score needed"), "limit": (_NUMBER, "fixed share that was passed, else null"),
        },
        _findings,
        frozenset({"server", "host", "client"}),
    ),
    Export(
        "causes",
        "one row per value that carries the excess of a finding",
        {
            "finding": _FINDING, "place": (_COUNT, "from 1"), "dimension": _DIMENSION, "value": (_TEXT, "the value"),
            "inner_dimension": (_TEXT, "of a pair, the second"), "inner_value": (_TEXT, "of a pair, the second"),
            "share_of_excess": (_NUMBER, f"of the events above the expected, {_SHARE}"),
            "share_of_requests": (_NUMBER, f"of all requests in the window, {_SHARE}"),
            "ratio_lower": (_NUMBER, "lower bound of the risk ratio"), "failing": (_NUMBER, "its events"),
            "requests": (_NUMBER, "its requests"), "expected": (_NUMBER, "events due"),
        },
        _causes,
        frozenset({"value", "inner_value"}),
    ),
    Export(
        "evidence",
        "one row per line of the log that is quoted for a finding",
        {"finding": _FINDING, "source": _SOURCE, "line": _LINE, "text": (_TEXT, "the line")},
        _evidence,
        frozenset({"source", "text"}),
        "20 lines of a finding; `findings.evidence_total` counts all",
    ),
    Export(
        "diagnosis",
        "one row per documented cause that was judged, over the whole period or in the window of a finding",
        {
            "finding": (_TEXT, "id of the finding; null: over the whole period"), "vendor": _VENDOR,
            "status": (_STATUS, "what was asked about"), "question": (_TEXT, "id"), "cause": (_TEXT, "id"),
            "verdict": (_TEXT, "supported, contradicted or cannot tell"),
            "facts": (_TEXT, "name=value of what it was told by; _s seconds, _share from 0 to 1, _bytes bytes"),
            "missing": (_TEXT, "columns that the log lacks for it"), "documents": (_TEXT, "ids of those that name it"),
            "where": (_TEXT, "expression that leaves the records in question"),
        },
        _diagnosis,
        frozenset({"facts", "where"}),
    ),
    Export(
        "notes",
        "one row per thing to be known about the numbers",
        {"kind": (_TEXT, "id"), "facts": (_TEXT, "name=value")},
        _notes,
        frozenset({"facts"}),
    ),
    Export(
        "rejects",
        "one row per line that is no record",
        {"source": _SOURCE, "line": _LINE, "reason": (_TEXT, "why"), "text": (_TEXT, "the line")},
        _rejects,
        frozenset({"source", "reason", "text"}),
        f"the first {REJECTS:,} lines; `rejected_why` counts all",
    ),
    Export(
        "rejected_why",
        "one row per reason for which lines were rejected",
        {"reason": (_TEXT, "why"), "lines": (_COUNT, "lines")},
        _rejected_why,
        frozenset({"reason"}),
    ),
)  # fmt: skip
"""Every table, in the order in which it is documented."""

_BY_NAME: Final = {export.name: export for export in EXPORTS}


class Frames(Mapping[str, pl.DataFrame]):
    """The tables of an analysis by name, each made when it is first asked for."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._made: dict[str, pl.DataFrame] = {}

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name not in self._made:
            self._made[name] = _BY_NAME[name].frame(self._analysis)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_BY_NAME)

    def __len__(self) -> int:
        return len(_BY_NAME)

    def __repr__(self) -> str:
        return f"tables: {', '.join(_BY_NAME)}"
