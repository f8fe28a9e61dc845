"""Analysis → frames that other programs read: every table by name, with what its rows and columns mean.

What is written as CSV and Parquet, documented and handed out by `Analysis.tables` is told here once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.exports.answers import ANSWERS, WHOLE
from loganalyzer.exports.counts import COUNTS
from loganalyzer.exports.export import (
    COUNT,
    DIMENSION,
    FINDING,
    FLAG,
    LINE,
    NUMBER,
    RECORDS,
    SERVER,
    SHARE,
    SOURCE,
    STATUS,
    TEXT,
    VENDOR,
    Export,
)
from loganalyzer.tables import REJECTS
from parsers.schema import TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.analysis import Analysis
    from loganalyzer.diagnosis.verdict import Verdict
    from loganalyzer.exports.export import Made

__all__ = ["EXPORTS", "Export", "Frames"]


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
         one.share_of_requests, one.ratio_lower, one.failing, one.requests, one.expected, one.only)
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


EXPORTS: Final = (
    Export(
        "sources",
        "one row per file or stream: the ledger, lines = records + rejected + blank + skipped + filtered",
        {
            "path": SOURCE, "vendor": VENDOR, "format": (TEXT, "name of the recognised format"),
            "evidence": (TEXT, "why it was taken for that"), "bytes": (COUNT, "bytes read, compressed as they are"),
            "lines": (COUNT, "physical lines; null where nobody counted them"), "records": RECORDS,
            "rejected": (COUNT, "lines that are no record"), "blank": (COUNT, "empty lines"),
            "skipped": (COUNT, "headers, comments, repeats"), "filtered": (COUNT, "records not wanted by the call"),
            "replaced": (COUNT, "lines with bytes that are no UTF-8"), "start": (TIMESTAMP, "first stamp, UTC"),
            "end": (TIMESTAMP, "last stamp, UTC"), "server": SERVER,
            "problem": (TEXT, "what kept it from being read, else null"),
        },
        _sources,
        frozenset({"path", "evidence", "server", "problem"}),
    ),
    Export(
        "skipped",
        "one row per source and reason for which lines were skipped",
        {"path": SOURCE, "reason": (TEXT, "why"), "lines": (COUNT, "lines")},
        _skipped,
        frozenset({"path", "reason"}),
    ),
    Export(
        "roles",
        "one row per vendor and role",
        {"vendor": VENDOR, "role": (TEXT, "request, handshake, tunnel, subrequest or probe"), "records": RECORDS},
        _roles,
    ),
    *WHOLE,
    *COUNTS,
    *ANSWERS,
    Export(
        "incidents",
        "one row per incident",
        {
            "id": (TEXT, "id of the incident"), "severity": (TEXT, "notice, minor, major or critical"),
            "start": (TIMESTAMP, "UTC"), "end": (TIMESTAMP, "UTC, exclusive"),
            "ongoing": (FLAG, "whether it reaches the end of the log"), "lead": (TEXT, "id of the leading finding"),
            "findings": (COUNT, "findings in it"),
        },
        _incidents,
    ),
    Export(
        "findings",
        "one row per finding, with every input of its score",
        {
            "id": FINDING, "incident": (TEXT, "id of its incident, else null"), "kind": (TEXT, "what it is"),
            "family": (TEXT, "series that was tested"), "shape": (TEXT, "burst, level or throughout"),
            "severity": (TEXT, "notice, minor, major or critical"), "vendor": VENDOR, "server": SERVER,
            "host": (TEXT, "host, where it is about one"), "client": (TEXT, "client, where it hangs on one"),
            "start": (TIMESTAMP, "UTC"), "end": (TIMESTAMP, "UTC, exclusive"),
            "ongoing": (FLAG, "whether it reaches the end of the log"), "observed": (NUMBER, "events, weighted"),
            "expected": (NUMBER, "events that were to be expected; null where a rule judged"),
            "ratio": (NUMBER, "observed / expected; null where nothing was expected"), "score": (NUMBER, "see docs"),
            "requests": (NUMBER, "all requests in it, weighted"), "peak": (TIMESTAMP, "worst minute, UTC"),
            "flagged": (TIMESTAMP, "when somebody who watched would have known, UTC"),
            "evidence_total": (COUNT, "lines that belong to it"), "window_s": (COUNT, "seconds of the best window"),
            "y": (NUMBER, "events observed in that"), "m": (NUMBER, "events expected in it"),
            "a": (NUMBER, "events a minute whatever the traffic"), "b": (NUMBER, "events per other request"),
            "level": (NUMBER, "local factor"), "phi": (NUMBER, "spread: variance = phi·m + kappa·m²"),
            "kappa": (NUMBER, "see phi"), "M": (NUMBER, "events behind the baseline"),
            "threshold": (NUMBER, "score needed"), "limit": (NUMBER, "fixed share that was passed, else null"),
        },
        _findings,
        frozenset({"server", "host", "client"}),
    ),
    Export(
        "causes",
        "one row per value that carries the excess of a finding",
        {
            "finding": FINDING, "place": (COUNT, "from 1"), "dimension": DIMENSION, "value": (TEXT, "the value"),
            "inner_dimension": (TEXT, "of a pair, the second"), "inner_value": (TEXT, "of a pair, the second"),
            "share_of_excess": (NUMBER, f"of the events above the expected, {SHARE}"),
            "share_of_requests": (NUMBER, f"of all requests in the window, {SHARE}"),
            "ratio_lower": (NUMBER, "lower bound of the risk ratio"), "failing": (NUMBER, "its events"),
            "requests": (NUMBER, "its requests"), "expected": (NUMBER, "events due"),
            "only": (FLAG, "whether the window names no other value of its dimension"),
        },
        _causes,
        frozenset({"value", "inner_value"}),
    ),
    Export(
        "evidence",
        "one row per line of the log that is quoted for a finding",
        {"finding": FINDING, "source": SOURCE, "line": LINE, "text": (TEXT, "the line")},
        _evidence,
        frozenset({"source", "text"}),
        "20 lines of a finding; `findings.evidence_total` counts all",
    ),
    Export(
        "diagnosis",
        "one row per documented cause that was judged, over the whole period or in the window of a finding",
        {
            "finding": (TEXT, "id of the finding; null: over the whole period"), "vendor": VENDOR,
            "status": (STATUS, "what was asked about"), "question": (TEXT, "id"), "cause": (TEXT, "id"),
            "verdict": (TEXT, "supported, contradicted or cannot tell"),
            "facts": (TEXT, "name=value of what it was told by; _s seconds, _share from 0 to 1, _bytes bytes"),
            "missing": (TEXT, "columns that the log lacks for it"), "documents": (TEXT, "ids of those that name it"),
            "where": (TEXT, "expression that leaves the records in question"),
        },
        _diagnosis,
        frozenset({"facts", "where"}),
    ),
    Export(
        "notes",
        "one row per thing to be known about the numbers",
        {"kind": (TEXT, "id"), "facts": (TEXT, "name=value")},
        _notes,
        frozenset({"facts"}),
    ),
    Export(
        "rejects",
        "one row per line that is no record",
        {"source": SOURCE, "line": LINE, "reason": (TEXT, "why"), "text": (TEXT, "the line")},
        _rejects,
        frozenset({"source", "reason", "text"}),
        f"the first {REJECTS:,} lines; `rejected_why` counts all",
    ),
    Export(
        "rejected_why",
        "one row per reason for which lines were rejected",
        {"reason": (TEXT, "why"), "lines": (COUNT, "lines")},
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
