"""which-upstream: whether one upstream failed or all, and whether it answered, where a gateway logged 502 or 504.

Why it matters
    A gateway only reports: what failed stands behind it. One upstream of many is drained, all of them are a deploy, a
    database or the network; an upstream that answered 502 itself is a gateway too, and the fault lies further back.
How it is judged
    By the address of the last upstream tried, beside that upstream's share of all requests, and by its status: its own
    502 or 504 was passed on, none was made by the gateway.
Sources
    What the documents say of 502 and 504; nginx on its upstream variables.
Cannot be told
    In a log without the upstream's address or status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.case import quoted
from loganalyzer.diagnosis.judging import ratio, share
from loganalyzer.diagnosis.verdict import Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case

NAME: Final = "which-upstream"

MOST: Final = 0.8
"""Share of the failures by which one upstream is the one that failed."""

USUAL: Final = 0.5
"""Share of all requests from which an upstream is so busy that nearly all failures on it say little."""

PASSED: Final = 0.5
"""Share of the failures that decides whether upstreams answered or not."""

_STANDARD: Final = ("mdn-errors-excerpt", "mdn-client-server-errors", "http-status-overview", "standard")

CAUSES: Final = {
    "one-upstream": (*_STANDARD, "nginx-source"),
    "upstream-answered": _STANDARD,
    "upstream-silent": (*_STANDARD, "nginx-source"),
}


def _ask(case: Case) -> Iterator[Verdict]:
    yield _one(case)
    where = f"status = {case.status}"
    missing = case.lacks("upstream", "upstream_status")
    case = case.knowing("upstream", "upstream_status")
    if missing:
        for cause in ("upstream-answered", "upstream-silent"):
            yield Verdict(NAME, cause, "cannot tell", case.status, missing=missing, where=where)
        return
    status = pl.col("upstream_status")
    same, silent = case.count(status == case.status), case.count(status.is_null(), pl.col("upstream"))
    for cause, part, expression in (
        ("upstream-answered", same, f"upstream_status = {case.status}"),
        ("upstream-silent", silent, "upstream is not null and upstream_status is null"),
    ):
        facts = (("part", part), ("records", case.records), ("part_share", ratio(part, case.records)))
        yield Verdict(
            NAME,
            cause,
            share(part, case.records, PASSED),
            case.status,
            facts,
            where=f"{where} and {expression}",
        )


def _one(case: Case) -> Verdict:
    missing = case.lacks("upstream")
    leader = case.leader("upstream")
    if missing or leader is None:
        return Verdict(NAME, "one-upstream", "cannot tell", case.status, missing=missing)
    usual = case.usual("upstream")
    whole = int(usual["records"].sum())
    busy = int(usual.filter(pl.col("value") == leader.value)["records"].sum()) / max(whole, 1)
    facts = (
        ("upstream", leader.value),
        ("part", leader.records),
        ("records", leader.total),
        ("part_share", leader.records / leader.total),
        ("usual_share", busy),
        ("upstreams", usual.height),
    )
    judgement = share(leader.records, leader.total, MOST)
    if judgement == "supported" and busy >= USUAL:
        judgement = "cannot tell"
    where = f"status = {case.status} and upstream = {quoted(leader.value)}"
    return Verdict(NAME, "one-upstream", judgement, case.status, facts, where=where)


QUESTION: Final = Question(NAME, frozenset({502, 504}), frozenset({"nginx"}), CAUSES, _ask)
