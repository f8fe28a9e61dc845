"""Tables → Analysis, the one value that a report may read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from loganalyzer.findings import SEVERITIES, Evidence, Finding, Model, Severity, Shape

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "SEVERITIES",
    "Analysis",
    "ClassCount",
    "Evidence",
    "Finding",
    "Ledger",
    "Model",
    "Note",
    "Reject",
    "RoleCount",
    "Severity",
    "Shape",
    "SourceSummary",
    "StatusCount",
    "TopRow",
    "TopTable",
]


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
    `replaced` lines held bytes that are no UTF-8 (shown as U+FFFD).
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
class TopRow:
    """One value: its failures in the table's class, all its records, the statuses behind the failures."""

    value: str
    failures: int
    records: int
    share: float
    statuses: tuple[tuple[int | None, int], ...]


@dataclass(frozen=True)
class TopTable:
    """The values with the most failures of one vendor, class and dimension, falling.

    `dimension` is `path`, `client`, `host` or `user_agent`; `share` of a row is of `failures`, all failures of
    this vendor and class; `bound` is the most by which a count may be too small (0: exact); `values` how many
    distinct values failed (at least, when bound is above 0).
    """

    vendor: str
    status_class: str
    dimension: str
    failures: int
    values: int
    bound: int
    rows: tuple[TopRow, ...]


@dataclass(frozen=True)
class Note:
    """Something the reader must know about the numbers; words are made in `reports/words.py`.

    Kinds and their facts: see `loganalyzer.notes`.
    """

    kind: str
    facts: dict[str, str | int | float]


@dataclass(frozen=True)
class Reject:
    """One line that is no record; `text` is raw: mask and escape it where it is shown."""

    source: str
    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class Analysis:
    """Everything a report says, as values.

    `timeline`: one row per vendor, time bucket and status, sorted by these: `vendor` String, `time`
    Datetime(us, UTC) start of the bucket, `status` Int16 (null: none logged), `status_class` String,
    `records` Int64; buckets of `bucket_s` seconds on the UTC grid, empty ones left out: zero between
    `period` start and end where the log was observed, unknown in `gaps`.
    `rejects` hold at most 1,000 lines, `rejected_why` counts all of them by reason.
    """

    period: tuple[datetime, datetime] | None
    sources: tuple[SourceSummary, ...]
    totals: Ledger
    bytes_sent: int
    roles: tuple[RoleCount, ...]
    classes: tuple[ClassCount, ...]
    statuses: tuple[StatusCount, ...]
    timeline: pl.DataFrame
    bucket_s: int
    tops: tuple[TopTable, ...]
    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
    rejects: tuple[Reject, ...]
    rejected_why: tuple[tuple[str, int], ...]
    coverage: tuple[tuple[str, datetime, datetime], ...] = field(default=())
