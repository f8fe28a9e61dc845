"""Tables, and a look at the windows of findings → verdicts: which of the causes that documents name the log shows.

One file per question. A question is asked of every status that it concerns: over the whole period, and in the window
of every finding that counts it. It says what the log supports, what it contradicts, and what it cannot tell, because
a field is missing or too few requests were seen; it never guesses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates import missing, symptoms
from loganalyzer.aggregates.part import TEXTS, Part
from loganalyzer.diagnosis import (
    appliance_400,
    by_timer,
    clashing_writes,
    closed_444,
    edge_52x,
    hidden_400,
    login,
    malformed_400,
    no_status,
    one_or_all_500,
    overload_503,
    proxy_login,
    redirects,
    timeout_408,
    too_large,
    unknown_method_501,
    which_upstream,
    who_429,
    who_left_499,
    whose_5xx,
    whose_403,
    whose_404,
    whose_409,
    whose_429,
    whose_limit,
    why_404,
    wsa_307,
    wsa_403,
)
from loganalyzer.diagnosis.case import Case
from loganalyzer.diagnosis.verdict import JUDGEMENTS, Facts, Question, Verdict
from loganalyzer.knowledge import explain
from loganalyzer.second_look import Glance
from loganalyzer.tables import Tables, counted_values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from loganalyzer.diagnosis.case import Carried
    from loganalyzer.findings import Finding

__all__ = ["QUESTIONS", "Question", "Verdict", "asked", "of_findings", "over_all"]

QUESTIONS: Final[tuple[Question, ...]] = (
    whose_403.QUESTION,
    wsa_403.QUESTION,
    why_404.QUESTION,
    whose_404.QUESTION,
    which_upstream.QUESTION,
    who_left_499.QUESTION,
    no_status.QUESTION,
    redirects.QUESTION,
    wsa_307.QUESTION,
    whose_5xx.QUESTION,
    edge_52x.QUESTION,
    by_timer.QUESTION,
    overload_503.QUESTION,
    unknown_method_501.QUESTION,
    one_or_all_500.QUESTION,
    malformed_400.QUESTION,
    hidden_400.QUESTION,
    appliance_400.QUESTION,
    login.QUESTION,
    proxy_login.QUESTION,
    timeout_408.QUESTION,
    whose_409.QUESTION,
    clashing_writes.QUESTION,
    whose_limit.QUESTION,
    too_large.QUESTION,
    whose_429.QUESTION,
    who_429.QUESTION,
    closed_444.QUESTION,
)
"""In the order in which a reader wants them."""

STATUSES: Final = 4
"""Statuses of a finding that are asked about, those with most records."""

COLUMNS: Final = tuple(
    dict.fromkeys([*symptoms.COLUMNS, *missing.COLUMNS, *TEXTS, "timestamp", "duration_s"])
)

Piece = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]
"""Symptoms, failures and what was missing of the records of one chunk."""


def over_all(tables: Tables, columns: Carried) -> tuple[tuple[str, tuple[Verdict, ...]], ...]:
    """Return, vendor by vendor, the verdicts over the whole period, sorted by status and question.

    Parameters
    ----------
    columns: vendor → format that gave records → the canonical columns that it can carry.
    """
    found = []
    for vendor, carried in sorted(columns.items()):
        minutes = tables.minutes.filter(pl.col("vendor") == vendor, pl.col("minute").is_not_null())
        if minutes.height == 0:
            continue
        start, end = minutes.select(
            pl.col("minute").min(), pl.col("minute").max().dt.offset_by("1m").alias("end")
        ).row(0)
        here = pl.col("vendor") == vendor
        case = Case(
            vendor=vendor,
            status=0,
            start=start,
            end=end,
            columns=carried,
            symptoms=tables.symptoms.filter(here),
            failures=tables.failures.filter(here),
            missing=tables.missing.filter(here),
            tables=tables,
        )
        statuses = minutes["status"].drop_nulls().unique().sort().to_list()
        found.append((vendor, _verdicts(case, statuses)))
    return tuple(found)


def asked(
    findings: Sequence[Finding], parts: Mapping[int, tuple[datetime, datetime]]
) -> dict[int, Glance[Piece]]:
    """Return, by the number of the finding, the question for what its window shows.

    Parameters
    ----------
    parts: number of a finding → the stretch of it that is read again.
    """
    return {
        number: Glance(finding.vendor or "", finding.server, *parts[number], COLUMNS, piece_of(finding))
        for number, finding in enumerate(findings)
        if number in parts and _statuses(finding)
    }


def of_findings(
    findings: Sequence[Finding],
    glances: Mapping[int, Glance[Piece]],
    tables: Tables,
    columns: Carried,
) -> dict[int, tuple[Verdict, ...]]:
    """Return, by the number of the finding, what its window says; nothing of one that nobody looked at."""
    found = {}
    known: dict[tuple[str, str | None], dict[tuple[str, int | None], pl.DataFrame]] = {}
    for number, glance in glances.items():
        if not glance.parts:
            continue
        finding = findings[number]
        case = Case(
            vendor=glance.vendor,
            status=0,
            start=glance.start,
            end=glance.end,
            columns=columns.get(glance.vendor, {}),
            symptoms=symptoms.merged([some for some, _, _ in glance.parts]),
            failures=pl.concat([failures for _, failures, _ in glance.parts]),
            missing=missing.merged([gone for _, _, gone in glance.parts]),
            tables=tables,
            server=glance.server,
            apart=True,
            whole=False,
            known=known.setdefault((glance.vendor, glance.server), {}),
        )
        found[number] = _verdicts(case, _statuses(finding))
    return found


def piece_of(finding: Finding) -> Callable[[pl.DataFrame], Piece]:
    """Return what makes a piece of the records of a chunk."""

    def piece(records: pl.DataFrame) -> Piece:
        failing = records.filter(symptoms.failed()).with_columns(
            pl.lit(finding.server, pl.String).alias("server"), pl.lit(1.0).alias("weight")
        )
        if failing.height == 0:
            return symptoms.NOTHING, Tables.empty().failures, missing.NOTHING
        part = Part(failing)
        return symptoms.of(part), counted_values(part)[1], missing.of(part)

    return piece


def _statuses(finding: Finding) -> list[int]:
    """Return the statuses of a finding that some question concerns."""
    vendor = finding.vendor or ""
    statuses = [status for status, _ in finding.statuses[:STATUSES] if status is not None]
    return [status for status in statuses if any(question.concerns(vendor, status) for question in QUESTIONS)]


def _verdicts(case: Case, statuses: Sequence[int]) -> tuple[Verdict, ...]:
    """Return the answers of every question, status by status, what is supported first."""
    found: list[Verdict] = []
    for status in statuses:
        about = replace(case, status=status)
        if about.records == 0:
            continue
        for question in QUESTIONS:
            if question.concerns(case.vendor, status):
                answers = sorted(question.ask(about), key=lambda verdict: JUDGEMENTS.index(verdict.judgement))
                found += [_complete(answer, question, about) for answer in answers]
    return tuple(found)


def _complete(answer: Verdict, question: Question, case: Case) -> Verdict:
    """Return a verdict with its documents, and with how many records of the status it is not told from.

    One that is left open also says so where hardly a request of the log succeeded.
    Of the documents that name the cause those are given that speak of this status to this vendor.
    """
    told = dict(answer.evidence).get("records")
    unsaid = case.records - told if isinstance(told, int) else 0
    more: Facts = (("unsaid", unsaid),) if unsaid > 0 else ()
    if answer.judgement == "cannot tell" and not answer.missing and case.selected:
        more = (*more, ("selected", 1))
    names = question.causes[answer.cause]
    heard = {entry.document for entry in explain(case.status, vendor=case.vendor).entries}
    return replace(
        answer,
        where=answer.where and answer.where + case.aside,
        documents=answer.documents or tuple(name for name in names if name in heard) or names,
        evidence=(*answer.evidence, *more),
    )
