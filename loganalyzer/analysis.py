"""Tables → Analysis, the one value that a report may read."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer import diagnosis, knowledge
from loganalyzer.anonymous import anonymous
from loganalyzer.brief import brief
from loganalyzer.by_host import KEYS, by_host
from loganalyzer.caching import CacheRow, Caching, caching_of
from loganalyzer.classes import class_of, status_class
from loganalyzer.crossings import ACTION, BEHIND, Crossing, CrossRow, Passed, Ruling, crossings_of, rulings_of
from loganalyzer.decisions import Decided
from loganalyzer.detectors import detect
from loganalyzer.diagnosis.case import quoted
from loganalyzer.diagnosis.verdict import Fact, Verdict
from loganalyzer.enough import ENOUGH
from loganalyzer.examination import examined
from loganalyzer.exports import EXPORTS, Export, Frames
from loganalyzer.findings import (
    SEVERITIES,
    Cause,
    Evidence,
    Finding,
    Model,
    Reach,
    Severity,
    Shape,
    Timer,
)
from loganalyzer.incidents import LEADS, Incident, grouped
from loganalyzer.notes import Note, notes_of
from loganalyzer.speeds import ERROR, RANKED, SHARES, Percentiles, Speed, Traffic, speeds_of, traffic_of
from loganalyzer.strays import without_strays
from loganalyzer.tables import COLUMNS, Tables, fold
from loganalyzer.timers import with_timers
from loganalyzer.tops import TopRow, TopTable, tops_of
from parsers import SCHEMA, carried
from parsers.pseudonyms import PSEUDONYM
from parsers.spec import JsonFormat

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

    from loganalyzer.diagnosis.case import Carried
    from parsers import Scan, SourceState
    from parsers.spec import Format

__all__ = [
    "ACTION",
    "BEHIND",
    "ENOUGH",
    "ERROR",
    "EXPORTS",
    "LEADS",
    "PSEUDONYM",
    "RANKED",
    "SEVERITIES",
    "SHARES",
    "Analysis",
    "CacheRow",
    "Caching",
    "Cause",
    "ClassCount",
    "CrossRow",
    "Crossing",
    "Decided",
    "Evidence",
    "Export",
    "Fact",
    "Finding",
    "Incident",
    "Ledger",
    "Model",
    "Note",
    "Passed",
    "Percentiles",
    "Reach",
    "Reject",
    "RoleCount",
    "Ruling",
    "Severity",
    "Shape",
    "SourceSummary",
    "Speed",
    "StatusCount",
    "Timer",
    "TopRow",
    "TopTable",
    "Traffic",
    "Verdict",
    "analyze",
    "quoted",
    "summarise",
]

BUCKETS_S: Final = (60, 300, 900, 3_600, 14_400, 86_400)
"""Widths of the time axis, and at most so many of them that a screen can show each."""
MOST_BUCKETS: Final = 1_500


@dataclass(frozen=True)
class Ledger:
    """Where every line went: lines = records + rejected + blank + skipped + filtered."""

    lines: int = 0
    records: int = 0
    rejected: int = 0
    blank: int = 0
    skipped: int = 0
    filtered: int = 0


@dataclass(frozen=True)
class SourceSummary:
    """One file or stream: what it was taken for, why, and its ledger.

    `vendor`, `format` null where nothing was recognised; `start`, `end` UTC, null without records;
    `bytes` read from disk, compressed as they are; `problem` one line, null when all of it could be read;
    `columns` are those that the formats of its records can carry, of any of them where it mixes several.
    `replaced` lines held bytes that are no UTF-8 (shown as U+FFFD). `unread`: it lies wholly outside the span that
    is wanted, and nobody counted its lines.
    """

    path: str
    vendor: str | None
    format: str | None
    evidence: str
    bytes: int
    ledger: Ledger
    skipped_why: dict[str, int]
    columns: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    problem: str | None
    server: str | None = None
    formats: tuple[tuple[str, int], ...] = ()
    replaced: int = 0
    unread: bool = False


@dataclass(frozen=True)
class RoleCount:
    """Records of one vendor in one role."""

    vendor: str
    role: str
    records: int


@dataclass(frozen=True)
class ClassCount:
    """Records of one vendor in one status class (`1xx` … `5xx`, `other`); share is of the vendor's records."""

    vendor: str
    status_class: str
    records: int
    share: float


@dataclass(frozen=True)
class StatusCount:
    """Records of one vendor with one status (null: none logged); share is of the vendor's records."""

    vendor: str
    status: int | None
    status_class: str
    reason: str | None
    records: int
    share: float
    bytes_sent: int


@dataclass(frozen=True)
class Reject:
    """One line that is no record; `text` is raw: mask and escape it where it is shown."""

    source: str
    line: int
    reason: str
    text: str


@dataclass(frozen=True, repr=False)
class Analysis:
    """Everything a report says, as values.

    `classes` are of all records, `requests` of those in role `request` alone, which general error rates are of.
    `timeline`: one row per vendor, time bucket, status and `request`, sorted by these: `vendor` String, `time`
    Datetime(us, UTC) start of the bucket, `status` Int16 (null: none logged), `request` Boolean (role `request`),
    `status_class` String, `records` Int64; buckets of `bucket_s` seconds on the UTC grid, empty ones left
    out: zero between
    `period` start and end where the log was observed, unknown in `gaps`.
    `rejects` hold at most 1,000 lines, `rejected_why` counts all of them by reason. `offset` is the one offset from
    UTC that all stamps state, as far as was looked, null where there are several. `diagnosis` says, vendor by vendor,
    which documented causes the whole period shows. `crossings` hold statuses against what else a line states of the
    answer, `rulings` decisions against what they were about; `caching` tells what caches answered, `speeds` how long
    answers took, `traffic` how much every log holds. `aggregates` are what all of it was told from, null where an
    analysis was put together otherwise; `tables` hands them out.
    """

    period: tuple[datetime, datetime] | None
    sources: tuple[SourceSummary, ...]
    totals: Ledger
    bytes_sent: int
    roles: tuple[RoleCount, ...]
    classes: tuple[ClassCount, ...]
    requests: tuple[ClassCount, ...]
    statuses: tuple[StatusCount, ...]
    timeline: pl.DataFrame
    bucket_s: int
    tops: tuple[TopTable, ...]
    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
    rejects: tuple[Reject, ...]
    rejected_why: tuple[tuple[str, int], ...]
    coverage: tuple[tuple[str, datetime, datetime], ...] = field(default=())
    offset: timedelta | None = None
    diagnosis: tuple[tuple[str, tuple[Verdict, ...]], ...] = field(default=())
    crossings: tuple[Crossing, ...] = field(default=())
    speeds: tuple[Speed, ...] = field(default=())
    traffic: tuple[Traffic, ...] = field(default=())
    caching: tuple[Caching, ...] = field(default=())
    rulings: tuple[Ruling, ...] = field(default=())
    aggregates: Tables | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return brief(self)

    @cached_property
    def tables(self) -> Mapping[str, pl.DataFrame]:
        """Every table by its name, as `--tables` writes it but raw: see `EXPORTS` for rows, columns and units.

        Each frame is made when it is first asked for.
        """
        return Frames(self)

    @cached_property
    def by_host(self) -> pl.DataFrame:
        """Counts of all records per vendor, host, time, class and role: see `by_host` for the columns.

        Where the aggregates are not at hand, those of the timeline, in which no host is known.
        """
        if self.aggregates is not None:
            return by_host(self.aggregates, self.bucket_s)
        nowhere = (pl.lit(None, pl.String()).alias("host"), pl.lit(value=False).alias("rare"))
        counted = self.timeline.with_columns(nowhere).group_by(KEYS).agg(pl.col("records").sum())
        return counted.sort(KEYS, nulls_last=True)

    @cached_property
    def anonymized(self) -> bool:
        """Whether clients and users are pseudonyms."""
        return any(note.kind == "anonymized" for note in self.notes)

    @cached_property
    def incidents(self) -> tuple[Incident, ...]:
        """What the findings make together, sorted by start."""
        return grouped(self.findings)

    @cached_property
    def finding_of(self) -> dict[str, Finding]:
        """The findings by their ids."""
        return {finding.id: finding for finding in self.findings}

    @cached_property
    def incident_of(self) -> dict[str, Incident]:
        """The incident of each finding that belongs to one, by the finding's id."""
        return {name: incident for incident in self.incidents for name in incident.findings}


def analyze(scan: Scan) -> Analysis:
    """Read every source of a scan once, detect, and look up the lines behind the findings."""
    try:
        made = summarise(fold(scan.groups(COLUMNS, Tables.of_all)), scan)
        return made if scan.pseudonyms is None else anonymous(made, scan.pseudonyms)
    finally:
        scan.close()


def summarise(tables: Tables, scan: Scan) -> Analysis:
    """Return what the tables of a scan say.

    Parameters
    ----------
    tables: of all batches of `scan`.
    scan: after it was read: its states name what was recognised and what went wrong.
    """
    sources = _sources(tables, scan)
    minutes = tables.minutes
    records = _per_vendor(minutes)
    whole = tables
    tables, notes = without_strays(tables)
    seen = detect(tables, zone=scan.shown_in)
    columns = _carried(tables, scan)
    found, missing = examined(with_timers(seen, tables), tables, scan, columns)
    period = None
    if minutes.height:
        stamps = tables.chunks.select(pl.col("start").min(), pl.col("end").max()).row(0)
        period = (stamps[0], stamps[1])
    bucket_s = _bucket_s(tables.minutes)
    return Analysis(
        period=period,
        sources=sources,
        totals=_total(source.ledger for source in sources),
        bytes_sent=int(minutes["bytes_sent"].sum()),
        roles=tuple(
            RoleCount(vendor, role, count)
            for vendor, role, count in minutes.group_by("vendor", "role")
            .agg(pl.col("records").sum())
            .select(pl.col("vendor", "role").cast(pl.String()), "records")
            .sort("vendor", "role")
            .iter_rows()
        ),
        classes=_classes(minutes),
        requests=_classes(minutes.filter(pl.col("role") == "request")),
        statuses=_statuses(minutes, records),
        timeline=_timeline(tables.minutes, bucket_s),
        bucket_s=bucket_s,
        tops=tops_of(whole),
        findings=found,
        notes=(*notes, *notes_of(tables, sources, scan), *missing),
        rejects=tuple(
            Reject(path, line, reason, text)
            for path, line, reason, text in tables.rejects.select(
                "path", "line", "reason", "text"
            ).iter_rows()
        ),
        rejected_why=_rejected_why(tables),
        coverage=tuple(
            (vendor, start, end)
            for vendor, start, end in tables.coverage.group_by("vendor")
            .agg(pl.col("start").min(), pl.col("end").max())
            .select(pl.col("vendor").cast(pl.String()), "start", "end")
            .sort("vendor")
            .iter_rows()
        ),
        offset=scan.offset,
        diagnosis=diagnosis.over_all(tables, columns),
        crossings=crossings_of(whole),
        speeds=speeds_of(whole),
        traffic=traffic_of(tables),
        caching=caching_of(whole),
        rulings=rulings_of(whole),
        aggregates=whole,
    )


def _carried(tables: Tables, scan: Scan) -> Carried:
    """Return vendor → format that gave records → the canonical columns that it can carry."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for number, state in enumerate(scan.states):
        counted = tables.ledgers.get(number)
        for form in _formats(state, counted.formats) if counted and counted.formats else ():
            formats = found.setdefault(form.vendor, {})
            columns = frozenset(carried(form))
            if isinstance(form, JsonFormat) and counted:  # its records hold what somebody chose
                columns = frozenset(name for name in columns if name in counted.present)
            formats[form.name] = formats.get(form.name, frozenset()) | columns
    return found


def _per_vendor(minutes: pl.DataFrame) -> dict[str, int]:
    counted = minutes.group_by("vendor").agg(pl.col("records").sum())
    return dict(zip(counted["vendor"].to_list(), counted["records"].to_list(), strict=True))


def _classes(minutes: pl.DataFrame) -> tuple[ClassCount, ...]:
    records = _per_vendor(minutes)
    counted = minutes.group_by("vendor", class_of()).agg(pl.col("records").sum())
    return tuple(
        ClassCount(vendor, name, count, count / records[vendor])
        for vendor, name, count in counted.select(
            pl.col("vendor").cast(pl.String()), "status_class", "records"
        )
        .sort("vendor", "status_class")
        .iter_rows()
    )


def _statuses(minutes: pl.DataFrame, records: dict[str, int]) -> tuple[StatusCount, ...]:
    counted = minutes.group_by("vendor", "status").agg(pl.col("records", "bytes_sent").sum())
    return tuple(
        StatusCount(
            vendor,
            status,
            status_class(status),
            knowledge.reason(status, vendor) if status is not None else None,
            count,
            count / records[vendor],
            bytes_sent,
        )
        for vendor, status, count, bytes_sent in counted.select(
            pl.col("vendor").cast(pl.String()), "status", "records", "bytes_sent"
        )
        .sort("vendor", "status", nulls_last=True)
        .iter_rows()
    )


def _bucket_s(minutes: pl.DataFrame) -> int:
    """Return the finest width that gives no more than `MOST_BUCKETS` over the whole period."""
    if minutes.height == 0:
        return BUCKETS_S[0]
    first, last = minutes.select(pl.col("minute").min(), pl.col("minute").max().alias("last")).row(0)
    seconds = (last - first).total_seconds()
    return next((width for width in BUCKETS_S if seconds <= width * MOST_BUCKETS), BUCKETS_S[-1])


def _timeline(minutes: pl.DataFrame, bucket_s: int) -> pl.DataFrame:
    return (
        minutes.group_by(
            "vendor",
            pl.col("minute").dt.truncate(f"{bucket_s}s").alias("time"),
            "status",
            (pl.col("role") == "request").alias("request"),
        )
        .agg(pl.col("records").sum())
        .select(pl.col("vendor").cast(pl.String()), "time", "status", "request", class_of(), "records")
        .sort("vendor", "time", "status", "request", nulls_last=True)
    )


def _total(ledgers: Iterable[Ledger]) -> Ledger:
    total = Ledger()
    for ledger in ledgers:
        total = Ledger(*(a + b for a, b in zip(astuple(total), astuple(ledger), strict=True)))
    return total


def _sources(tables: Tables, scan: Scan) -> tuple[SourceSummary, ...]:
    """Return every source in the order of the scan, and every path that gave none."""
    # A source that mixes vendors has a stretch of each.
    stretches = tables.coverage.group_by("source").agg(pl.col("start").min(), pl.col("end").max())
    span = {number: (start, end) for number, start, end in stretches.iter_rows()}
    summaries = []
    columns: dict[tuple[int, ...], tuple[str, ...]] = {}
    for number, state in enumerate(scan.states):
        counted = tables.ledgers.get(number)
        recognition = state.recognition
        form = recognition.formats[0] if recognition and recognition.formats else None
        ledger = Ledger()
        if counted:
            ledger = Ledger(
                counted.lines,
                counted.records,
                sum(counted.rejected.values()),
                counted.blank,
                sum(counted.skipped.values()),
                counted.filtered,
            )
        start, end = span.get(number, (None, None))
        formats = _formats(state, counted.formats if counted else ())
        kinds = tuple(map(id, formats))  # thousands of files may be of one format
        if kinds not in columns:
            columns[kinds] = _columns(formats)
        summaries.append(
            SourceSummary(
                path=state.path,
                vendor=form.vendor if form else None,
                format=form.name if form else None,
                evidence=recognition.evidence if recognition else "",
                bytes=state.bytes_read,
                ledger=ledger,
                skipped_why=dict(sorted(counted.skipped.items())) if counted else {},
                columns=columns[kinds],
                start=start,
                end=end,
                problem=state.problem or _nothing_understood(state, ledger),
                server=state.source.server,
                formats=tuple(sorted(counted.formats.items(), key=lambda item: (-item[1], item[0])))
                if counted
                else (),
                replaced=counted.replaced if counted else 0,
                unread=state.outside is not None,
            )
        )
    summaries += [
        SourceSummary(error.path, None, None, "", 0, Ledger(), {}, (), None, None, error.problem)
        for error in scan.errors
    ]
    return tuple(summaries)


def _nothing_understood(state: SourceState, ledger: Ledger) -> str | None:
    if state.source.given and ledger.rejected and not (ledger.records or ledger.filtered or state.repeats):
        return "not one line was understood"
    return None


def _formats(state: SourceState, given: Iterable[str]) -> tuple[Format, ...]:
    """Return the formats of a source that gave records; where none did, the one that it was taken for."""
    if state.recognition is None:
        return ()
    names = set(given)
    formats = tuple(form for form in state.recognition.formats if form.name in names)
    return formats or state.recognition.formats[:1]


def _columns(formats: Iterable[Format]) -> tuple[str, ...]:
    """Return the canonical columns that some of the formats can carry."""
    can = {name for form in formats for name in carried(form)}
    return tuple(name for name in SCHEMA if name in can)


def _rejected_why(tables: Tables) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for ledger in tables.ledgers.values():
        for reason, count in ledger.rejected.items():
            counts[reason] = counts.get(reason, 0) + count
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
