"""Analysis and pseudonyms → the same analysis without an address or a user's name in any text that a log wrote.

The records behind it had pseudonyms already, and lines that are no records were shapes, so that nothing here knows a
client or a user as such. What is left are names in other texts: in paths and referrers that were counted, and in lines
that are quoted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from loganalyzer.notes import Note
from parsers.pseudonyms import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from loganalyzer.analysis import Analysis
    from loganalyzer.diagnosis.verdict import Fact, Verdict
    from loganalyzer.findings import Cause, Finding
    from loganalyzer.tables import Tables
    from parsers.pseudonyms import Pseudonyms

WRITTEN: Final = frozenset(
    {"path", "route", "user_agent", "agent", "program", "method", "referrer", "target", "query"}
)
"""Dimensions and facts whose values clients write; those of servers (host, upstream, policy, …) stay."""

HOSTS_OF: Final = "cisco_wsa"
"""The vendor whose routes are hosts."""

COLUMNS: Final = {
    "latency": ("route",),
    "latency_total": ("route",),
    "missing": ("path", "user_agent", "referrer"),
    "symptoms": ("method", "referrer"),
}
"""Columns of Tables that clients write, beside `value` of `values` and `failures`."""


def anonymous(analysis: Analysis, pseudonyms: Pseudonyms) -> Analysis:
    """Return an analysis of records with pseudonyms, fit to be given away; a note says what is hidden."""
    hidden = pseudonyms.texts(_texts(analysis))

    def text(one: str) -> str:
        return hidden.get(one, one)

    notes = [*analysis.notes, Note("anonymized", {})]
    if pseudonyms.bounded:
        notes.append(Note("anonymized-bounded", {"names": NAMES}))
    return replace(
        analysis,
        tops=tuple(
            replace(table, rows=tuple(replace(row, value=text(row.value)) for row in table.rows))
            if table.dimension in WRITTEN
            else table
            for table in analysis.tops
        ),
        speeds=tuple(
            speed
            if speed.vendor == HOSTS_OF
            else replace(
                speed,
                routes=tuple(
                    replace(one, route=text(one.route) if one.route else None) for one in speed.routes
                ),
            )
            for speed in analysis.speeds
        ),
        findings=tuple(_finding(one, text, pseudonyms) for one in analysis.findings),
        diagnosis=tuple(
            (vendor, tuple(_verdict(one, text) for one in verdicts))
            for vendor, verdicts in analysis.diagnosis
        ),
        notes=tuple(notes),
        aggregates=None if analysis.aggregates is None else _tables(analysis.aggregates, pseudonyms),
    )


def _texts(analysis: Analysis) -> Iterator[str]:
    """Yield every text that may hold a name, so that all are searched together."""
    for table in analysis.tops:
        if table.dimension in WRITTEN:
            yield from (row.value for row in table.rows)
    for speed in analysis.speeds:
        yield from (one.route for one in speed.routes if one.route)
    for finding in analysis.findings:
        for cause in finding.causes:
            yield from (cause.value, *([cause.inner_value] if cause.inner_value else []))
        yield from (limit.route for limit in finding.limits if limit.route)
        yield from _of_verdicts(finding.diagnosis)
    for _, verdicts in analysis.diagnosis:
        yield from _of_verdicts(verdicts)


def _of_verdicts(verdicts: Iterable[Verdict]) -> Iterator[str]:
    for one in verdicts:
        yield from (fact for _, fact in one.evidence if isinstance(fact, str))
        if one.where is not None:
            yield one.where


def _finding(finding: Finding, text: Callable[[str], str], pseudonyms: Pseudonyms) -> Finding:
    return replace(
        finding,
        causes=tuple(_cause(one, text) for one in finding.causes),
        limits=tuple(replace(one, route=text(one.route)) if one.route else one for one in finding.limits),
        evidence=tuple(replace(one, text=pseudonyms.line(one.text)) for one in finding.evidence),
        diagnosis=tuple(_verdict(one, text) for one in finding.diagnosis),
    )


def _cause(cause: Cause, text: Callable[[str], str]) -> Cause:
    value = text(cause.value) if cause.dimension in WRITTEN else cause.value
    inner = cause.inner_value
    if inner is not None and cause.inner_dimension in WRITTEN:
        inner = text(inner)
    return replace(cause, value=value, inner_value=inner)


def _verdict(verdict: Verdict, text: Callable[[str], str]) -> Verdict:
    evidence: tuple[tuple[str, Fact], ...] = tuple(
        (name, text(fact) if isinstance(fact, str) else fact) for name, fact in verdict.evidence
    )
    return replace(
        verdict, evidence=evidence, where=text(verdict.where) if verdict.where is not None else None
    )


def _tables(tables: Tables, pseudonyms: Pseudonyms) -> Tables:
    changed: dict[str, Any] = {
        name: _values(getattr(tables, name), pseudonyms) for name in ("values", "failures")
    }
    for name, columns in COLUMNS.items():
        frame: pl.DataFrame = getattr(tables, name)
        changed[name] = frame.with_columns(pseudonyms.series(frame[column]) for column in columns)
    return replace(tables, **changed)


def _values(frame: pl.DataFrame, pseudonyms: Pseudonyms) -> pl.DataFrame:
    """Return counts with the names hidden in values of such dimensions as clients write; two may become alike."""
    written = frame["dimension"].cast(pl.String).is_in(list(WRITTEN))
    where = written.arg_true()
    if not where.len():
        return frame
    values = frame["value"]
    made = frame.with_columns(values.scatter(where, pseudonyms.series(values.gather(where))))
    sums = [name for name in ("records", "credit") if name in frame.columns]
    keys = [name for name in frame.columns if name not in sums]
    return made.group_by(keys, maintain_order=True).agg(pl.col(sums).sum()).select(frame.columns)
