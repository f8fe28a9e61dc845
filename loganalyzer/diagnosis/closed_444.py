"""closed-444: nginx hung up on purpose (`return 444`): on whom, and whether it may hit more than it should.

Why it matters
    444 is never sent: a rule of the configuration closes the connection. It is meant for scanners; a rule that is too
    wide drops visitors without a trace at their side.
How it is judged
    Zero bytes, as nginx itself sends nothing. The rule goes by the path if the paths that it drops are served to
    nobody, by the host if the hosts are not; where others are served the same, it goes by who asks.
Sources
    nginx's source; the overview of status codes names 444 as nginx's.
Cannot be told
    Which rule it was, and by which header: a log has but the agent and the referrer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates.grouping import OTHER
from loganalyzer.diagnosis.judging import LEAST, ratio, share
from loganalyzer.diagnosis.parts import HALF, MOST, of_few, untold
from loganalyzer.diagnosis.verdict import Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case

NAME: Final = "closed-444"

CAUSES: Final = {
    "on-purpose": ("http-status-overview", "nginx-source"),
    "by-path": ("nginx-source",),
    "by-host": ("nginx-source",),
    "few-clients": ("nginx-source",),
}

FEW: Final = 3
"""Clients that are still few."""


def _ask(case: Case) -> Iterator[Verdict]:
    yield _on_purpose(case)
    yield _by(case, "by-path", "path")
    yield _by(case, "by-host", "host")
    yield of_few(NAME, "few-clients", case, "client", FEW)


def _on_purpose(case: Case) -> Verdict:
    where = f"status = {case.status}"
    if case.lacks("bytes_sent"):
        return untold(NAME, "on-purpose", case, "bytes_sent", where=where)
    sent = int(case.minutes.filter(pl.col("status") == case.status)["bytes_sent"].sum())
    facts = (("records", case.records), ("sent_bytes", sent))
    judgement = share(case.records if sent == 0 else 0, case.records, HALF)
    return Verdict(NAME, "on-purpose", judgement, case.status, facts, where=where)


def _by(case: Case, cause: str, dimension: str) -> Verdict:
    """Return whether what is dropped is served to nobody."""
    where = f"status = {case.status}"
    dropped = case.by(dimension).filter(pl.col("value") != OTHER)
    if case.lacks(dimension) or dropped.height == 0:
        return untold(NAME, cause, case, dimension, where=where)
    of_nobody = dropped.join(case.served(dimension).filter(pl.col("served") >= LEAST), on="value", how="anti")
    part, total = int(of_nobody["records"].sum()), int(dropped["records"].sum())
    facts = (
        ("part", part),
        ("records", total),
        ("part_share", ratio(part, total)),
        ("values", dropped.height),
        ("value", dropped["value"][0]),
    )
    judgement = case.unselected(share(part, total, MOST, HALF), but="contradicted")
    return Verdict(NAME, cause, judgement, case.status, facts, where=where)


QUESTION: Final = Question(NAME, frozenset({444}), frozenset({"nginx"}), CAUSES, _ask)
