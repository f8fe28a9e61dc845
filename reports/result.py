"""Analysis → the JSON result, schema version 1; equal input gives equal bytes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from loganalyzer.analysis import SHARES
from reports.commands import command, of_finding
from reports.logtext import bounded
from reports.verdicts import checks, sentence
from reports.words import Words, by_limit, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loganalyzer.analysis import (
        Analysis,
        CacheRow,
        Caching,
        Cause,
        Crossing,
        Evidence,
        Finding,
        Incident,
        Ledger,
        Model,
        Percentiles,
        Reject,
        Ruling,
        SourceSummary,
        Speed,
        TopTable,
        Traffic,
        Verdict,
    )

SCHEMA_VERSION: Final = 1
REJECTS: Final = 1_000
EVIDENCE: Final = 20

TEXT_LIMIT: Final = 4_096
"""Characters of one line of a log; a line may be a megabyte long, and a thousand of them a gigabyte."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def result(analysis: Analysis, words: Words, version: str) -> str:
    """Return the result as JSON text, ending in a line break."""
    value = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "loganalyzer", "version": version},
        "period": {"start": _time(analysis.period[0]), "end": _time(analysis.period[1])}
        if analysis.period
        else None,
        "sources": [_source(source) for source in sorted(analysis.sources, key=lambda source: source.path)],
        "totals": {**_ledger(analysis.totals), "bytes_sent": analysis.bytes_sent},
        "roles": [
            {"vendor": row.vendor, "role": row.role, "records": row.records}
            for row in sorted(analysis.roles, key=lambda row: (row.vendor, row.role))
        ],
        "classes": [
            {"vendor": row.vendor, "class": row.status_class, "records": row.records, "share": row.share}
            for row in sorted(analysis.classes, key=lambda row: (row.vendor, row.status_class))
        ],
        "requests": [
            {"vendor": row.vendor, "class": row.status_class, "records": row.records, "share": row.share}
            for row in sorted(analysis.requests, key=lambda row: (row.vendor, row.status_class))
        ],
        "statuses": [
            {
                "vendor": row.vendor,
                "status": row.status,
                "class": row.status_class,
                "reason": row.reason,
                "records": row.records,
                "share": row.share,
                "bytes_sent": row.bytes_sent,
            }
            for row in sorted(
                analysis.statuses, key=lambda row: (row.vendor, row.status is None, row.status or 0)
            )
        ],
        "tops": [_top(table) for table in analysis.tops],
        "crossings": [_crossing(one) for one in analysis.crossings],
        "rulings": [_ruling(one) for one in analysis.rulings],
        "caching": [_caching(one) for one in analysis.caching],
        "speeds": [_speed(one) for one in analysis.speeds],
        "traffic": [_traffic(one) for one in analysis.traffic],
        "incidents": [
            _incident(incident, analysis, words)
            for incident in sorted(analysis.incidents, key=lambda incident: (incident.start, incident.id))
        ],
        "findings": [
            _finding(finding, analysis, words) for finding in sorted(analysis.findings, key=_finding_order)
        ],
        "diagnosis": [
            {"vendor": vendor, "status": verdict.status, **_verdict(verdict, None, analysis, vendor, words)}
            for vendor, verdicts in analysis.diagnosis
            for verdict in verdicts
        ],
        "notes": [
            {"kind": note.kind, "sentence": plain(words.note(note)), "facts": _facts(note.facts)}
            for note in sorted(
                analysis.notes, key=lambda note: (note.kind, sorted(note.facts.items(), key=str))
            )
        ],
        "rejects": [
            _line(reject)
            for reject in sorted(
                analysis.rejects, key=lambda reject: (reject.source, reject.line, reject.reason)
            )[:REJECTS]
        ],
        "rejected_why": _reasons(analysis.rejected_why),
    }
    return _json(value)


def _json(value: object) -> str:
    """Return JSON whose texts hold no sign that acts on a terminal: those are written as escapes."""
    text = _SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False))
    if not text.replace("\n", "").isprintable():
        text = "".join(
            sign if sign == "\n" or sign.isprintable() else json.dumps(sign)[1:-1] for sign in text
        )
    return f"{text}\n"


def _time(moment: datetime | None) -> str | None:
    """Return a time in UTC, with microseconds where there are some."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _text(text: str) -> str:
    """Return log text masked and bounded."""
    return bounded(text, TEXT_LIMIT)


def _known(text: str | None) -> str | None:
    return None if text is None else _text(text)


def _ledger(ledger: Ledger) -> dict[str, object]:
    return {
        "lines": ledger.lines,
        "records": ledger.records,
        "rejected": ledger.rejected,
        "blank": ledger.blank,
        "skipped": ledger.skipped,
        "filtered": ledger.filtered,
    }


def _source(source: SourceSummary) -> dict[str, object]:
    return {
        "path": _text(source.path),
        "vendor": source.vendor,
        "format": source.format,
        "evidence": _text(source.evidence),
        "bytes": source.bytes,
        **_ledger(source.ledger),
        **({"lines": None} if source.unread else {}),
        "skipped_why": _reasons(source.skipped_why.items()),
        "columns": list(source.columns),
        "start": _time(source.start),
        "end": _time(source.end),
        "problem": _known(source.problem),
        "server": _known(source.server),
        "formats": dict(sorted(source.formats)),
        "replaced": source.replaced,
    }


def _reasons(counted: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return how many lines had each reason; a reason may quote what a line held."""
    reasons: dict[str, int] = {}
    for reason, count in sorted(counted):
        reasons[_text(reason)] = reasons.get(_text(reason), 0) + count
    return reasons


def _top(table: TopTable) -> dict[str, object]:
    return {
        "vendor": table.vendor,
        "class": table.status_class,
        "dimension": table.dimension,
        "failures": table.failures,
        "unnamed": table.unnamed,
        "values": table.values,
        "bound": table.bound,
        "rows": [
            {
                "value": _text(row.value),
                "failures": row.failures,
                "share": row.share,
                "records": row.records,
                "statuses": _counted(row.statuses),
            }
            for row in table.rows
        ],
    }


def _counted(statuses: Iterable[tuple[int | None, int]]) -> list[dict[str, object]]:
    return [{"status": status, "records": count} for status, count in statuses]


def _crossing(crossing: Crossing) -> dict[str, object]:
    passed = crossing.passed
    return {
        "vendor": crossing.vendor,
        "dimension": crossing.dimension,
        "records": crossing.records,
        "statuses": list(crossing.statuses),
        **_matrix(crossing),
        "passed": {
            "same": passed.same,
            "unstated": passed.unstated,
            "zero": passed.zero,
            "differ": passed.differ,
            "pairs": [
                {"behind": behind, "status": status, "records": count}
                for behind, status, count in passed.pairs
            ],
        }
        if passed
        else None,
        "decided": [
            {
                "kind": one.kind,
                "records": one.records,
                "failures": one.failures,
                "value": _text(one.value),
                "value_records": one.value_records,
            }
            for one in crossing.decided
        ],
    }


def _ruling(ruling: Ruling) -> dict[str, object]:
    return {
        "vendor": ruling.vendor,
        "dimension": ruling.dimension,
        "records": ruling.records,
        "actions": [_text(action) for action in ruling.actions],
        **_matrix(ruling),
    }


def _matrix(told: Crossing | Ruling) -> dict[str, object]:
    """Return the rows of a matrix, whose `counts` are in the order of its columns."""
    rows = [
        {"value": _known(row.value), "records": row.records, "counts": list(row.counts), "other": row.other}
        for row in (*told.rows, *([told.others] if told.others else []))
    ]
    others = rows.pop() if told.others else None
    return {"rows": rows, "left": told.left, "others": others}


def _caching(caching: Caching) -> dict[str, object]:
    return {
        "vendor": caching.vendor,
        "records": caching.records,
        "hits": caching.hits,
        "misses": caching.misses,
        "hit_share": caching.hit_share,
        "bytes_sent": caching.bytes_sent,
        "hit_bytes": caching.hit_bytes,
        "rows": [_cache_row(row) for row in caching.rows],
        "left": caching.left,
        "others": _cache_row(caching.others) if caching.others else None,
    }


def _cache_row(row: CacheRow) -> dict[str, object]:
    return {
        "cache": _known(row.value),
        "kind": row.kind,
        "records": row.records,
        "bytes_sent": row.bytes_sent,
        "client_errors": row.client_errors,
        "server_errors": row.server_errors,
        "statuses": _counted(row.statuses),
    }


def _speed(speed: Speed) -> dict[str, object]:
    return {
        "vendor": speed.vendor,
        **_percentiles(speed.whole),
        "routes": [{"route": _known(one.route), **_percentiles(one)} for one in speed.routes],
        "ranked": speed.ranked,
        "rare": speed.rare,
        "rare_records": speed.rare_records,
        "unnamed": speed.unnamed,
    }


def _percentiles(told: Percentiles) -> dict[str, object]:
    return {
        "records": told.records,
        **{f"p{100 * share:g}_s": seconds for share, seconds in zip(SHARES, told.seconds, strict=True)},
    }


def _traffic(traffic: Traffic) -> dict[str, object]:
    (busiest, records), (heaviest, sent) = traffic.busiest, traffic.heaviest
    return {
        "vendor": traffic.vendor,
        "records": traffic.records,
        "bytes_sent": traffic.bytes_sent,
        "busiest": {"start": _time(busiest), "records": records},
        "heaviest": {"start": _time(heaviest), "bytes_sent": sent},
    }


def _finding_order(finding: Finding) -> tuple[object, ...]:
    return (
        finding.start,
        finding.kind,
        finding.vendor or "",
        finding.server or "",
        finding.host or "",
        finding.end,
    )


def _incident(incident: Incident, analysis: Analysis, words: Words) -> dict[str, object]:
    members = [analysis.finding_of[name] for name in incident.findings]
    return {
        "id": incident.id,
        "severity": incident.severity,
        "start": _time(incident.start),
        "end": _time(incident.end),
        "ongoing": incident.ongoing,
        "lead": incident.lead,
        "findings": list(incident.findings),
        "title": plain(words.title(members)),
    }


def _finding(finding: Finding, analysis: Analysis, words: Words) -> dict[str, object]:
    incident = analysis.incident_of.get(finding.id)
    return {
        "id": finding.id,
        "incident": incident.id if incident else None,
        "kind": finding.kind,
        "family": finding.family,
        "shape": finding.shape,
        "severity": finding.severity,
        "vendor": finding.vendor,
        "server": _known(finding.server),
        "host": _known(finding.host),
        "start": _time(finding.start),
        "end": _time(finding.end),
        "ongoing": finding.ongoing,
        "observed": finding.observed,
        "expected": finding.expected,
        "ratio": None if by_limit(finding) else finding.ratio,
        "score": finding.score,
        "sentence": plain(words.graded(finding)),
        "model": _model(finding.model),
        "attribution": [_cause(cause) for cause in finding.causes],
        "reach": [
            {
                "dimension": reach.dimension,
                "affected": reach.affected,
                "values": reach.values,
                "effective": reach.effective,
                "top_share": reach.top_share,
            }
            for reach in finding.reach
        ],
        "client": _known(finding.client),
        "facts": dict(finding.facts),
        "examined": finding.examined,
        "looked": {"start": _time(finding.looked[0]), "end": _time(finding.looked[1])}
        if finding.looked
        else None,
        "single_client": _known(finding.single_client),
        "timers": [
            {
                "status": timer.status,
                "seconds": timer.seconds,
                "records": timer.records,
                "total": timer.total,
                "name": timer.name,
                "layer": timer.layer,
                "source": timer.source,
            }
            for timer in finding.timers
        ],
        "limits": [
            {
                "route": _known(limit.route),
                "cached": limit.cached,
                "seconds": limit.seconds,
                "share": limit.share,
            }
            for limit in finding.limits
        ],
        "diagnosis": [
            _verdict(
                verdict, finding.looked or (finding.start, finding.end), analysis, finding.vendor or "", words
            )
            for verdict in finding.diagnosis
        ],
        "evidence": [_evidence(one) for one in finding.evidence[:EVIDENCE]],
        "evidence_total": finding.evidence_total,
        "requests": finding.requests,
        "statuses": [{"status": status, "records": count} for status, count in finding.statuses],
        "stretches": [{"start": _time(start), "end": _time(end)} for start, end in finding.stretches],
        "peak": _time(finding.peak),
        "flagged": _time(finding.flagged),
        "going_on": finding.going_on,
        "again": of_finding(analysis, finding),
    }


def _verdict(
    verdict: Verdict, span: tuple[datetime, datetime] | None, analysis: Analysis, vendor: str, words: Words
) -> dict[str, object]:
    again = command(analysis, vendor, verdict.where, span) if verdict.judgement == "supported" else None
    return {
        "status": verdict.status,
        "question": verdict.question,
        "cause": verdict.cause,
        "verdict": verdict.judgement,
        "sentence": plain(sentence(verdict, words)),
        "evidence": {
            name: _time(fact)
            if isinstance(fact, datetime)
            else _text(fact)
            if isinstance(fact, str)
            else fact
            for name, fact in verdict.evidence
        },
        "missing": ", ".join(verdict.missing) or None,
        "documents": list(verdict.documents),
        "checks": [*checks(verdict, words), *([again] if again else [])],
        "where": None if verdict.where is None else _text(verdict.where),
    }


def _cause(cause: Cause) -> dict[str, object]:
    return {
        "dimension": cause.dimension,
        "value": _text(cause.value),
        "inner_dimension": cause.inner_dimension,
        "inner_value": _known(cause.inner_value),
        "share_of_excess": cause.share_of_excess,
        "share_of_requests": cause.share_of_requests,
        "ratio_lower": cause.ratio_lower,
        "failing": cause.failing,
        "requests": cause.requests,
        "expected": cause.expected,
        "fails_more": cause.fails_more,
        "comes_more": cause.comes_more,
        "only": cause.only,
    }


def _model(model: Model) -> dict[str, object]:
    return {
        "window_s": model.window_s,
        "y": model.y,
        "m": model.m,
        "a": model.a,
        "b": model.b,
        "level": model.level,
        "phi": model.phi,
        "kappa": model.kappa,
        "M": model.M,
        "threshold": model.threshold,
        "history": model.history,
        "limit": model.limit,
        "direction": model.direction,
        "rhythm": model.rhythm,
        "jobs": model.jobs,
    }


def _facts(facts: dict[str, str | int | float]) -> dict[str, object]:
    return {name: _text(value) if isinstance(value, str) else value for name, value in sorted(facts.items())}


def _evidence(one: Evidence) -> dict[str, object]:
    return {"source": _text(one.source), "line": one.line, "text": _text(one.text)}


def _line(reject: Reject) -> dict[str, object]:
    return {
        "source": _text(reject.source),
        "line": reject.line,
        "reason": _text(reject.reason),
        "text": _text(reject.text),
    }
