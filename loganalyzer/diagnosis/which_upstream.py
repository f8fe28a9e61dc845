"""which-upstream: which upstream failed, and whether it answered so itself, where nginx logged 500 to 505.

Why it matters
    A gateway mostly reports: what failed stands behind it. One upstream of many is drained, all of them are a deploy,
    a database or the network; an upstream that answered so itself has the reason in its own log; what no upstream was
    asked for, the gateway's configuration or disk made.
How it is judged
    By the address of the last upstream tried, beside its share of all other requests; by its status, which is the
    gateway's too where an answer was passed on; and by whether there was one at all. A name in place of the address is
    that of the group: nginx held no server of it to be alive.
Sources
    What the documents say of these codes; nginx's source on its upstream variables, and what 1.22 was seen to log.
Cannot be told
    In a log without the upstream's address or status. Of 502 and 504 whether the upstream answered so: nginx writes
    the same as the upstream's status where a connection was refused or its own timer ran out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.judging import ratio, share
from loganalyzer.diagnosis.parts import among
from loganalyzer.diagnosis.spread import one
from loganalyzer.diagnosis.verdict import Facts, Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case
    from loganalyzer.diagnosis.verdict import Judgement

NAME: Final = "which-upstream"

PART: Final = 0.5
"""Share of the failures that decides whether upstreams answered, or were asked, or not."""

LEAST_PART: Final = 0.1
"""Share of the failures from which on a group without a live server is worth a word."""

ITS_OWN: Final = frozenset({502, 504})
"""Statuses that nginx writes for an upstream that gave none."""

ADDRESS: Final = r"^unix:|:\d+$"
"""An upstream's address, not the name of a group."""

_STANDARD: Final = ("mdn-errors-excerpt", "mdn-client-server-errors", "http-status-overview", "standard")

CAUSES: Final = {
    "one-upstream": (*_STANDARD, "nginx-source"),
    "no-live-upstream": ("nginx-source",),
    "upstream-answered": (*_STANDARD, "nginx-source"),
    "gateway-itself": ("nginx-source",),
}


def _ask(case: Case) -> Iterator[Verdict]:
    where = f"status = {case.status}"
    found = one(case, "upstream", unknown=False)
    yield Verdict(
        NAME, "one-upstream", found.judgement, case.status, found.facts, found.missing, where=found.where
    )
    yield _no_live(case)
    missing = case.lacks("upstream", "upstream_status")
    if missing:
        for cause in ("upstream-answered", "gateway-itself"):
            yield Verdict(NAME, cause, "cannot tell", case.status, missing=missing, where=where)
        return
    knowing = case.knowing("upstream", "upstream_status")
    upstream = pl.col("upstream_status")
    records = knowing.records
    same, itself = knowing.count(upstream == case.status), knowing.count(~pl.col("upstream"))
    answered = share(same, records, PART)
    if answered == "supported" and case.status in ITS_OWN:
        answered = "cannot tell"
    for cause, part, judgement, expression in (
        ("upstream-answered", same, answered, f"upstream_status = {case.status}"),
        ("gateway-itself", itself, share(itself, records, PART), "upstream is null"),
    ):
        facts = (("part", part), ("records", records), ("part_share", ratio(part, records)))
        yield Verdict(NAME, cause, judgement, case.status, facts, where=f"{where} and {expression}")


def _no_live(case: Case) -> Verdict:
    """Return whether nginx held no server of a group to be alive."""
    cause = "no-live-upstream"
    missing = case.lacks("upstream")
    if missing:
        return Verdict(NAME, cause, "cannot tell", case.status, missing=missing)
    failing = case.by("upstream")
    # Where a log writes names in the place of addresses, others are served under them.
    served = case.others("upstream")
    groups = failing.filter(~pl.col("value").str.contains(ADDRESS)).join(served, on="value", how="anti")
    records, part = case.knowing("upstream").records, int(groups["records"].sum())
    facts: Facts = (("part", part), ("records", records), ("part_share", ratio(part, records)))
    judgement: Judgement = share(part, records, LEAST_PART)
    if judgement == "supported" and not case.usual("upstream")["value"].str.contains(ADDRESS).any():
        judgement = case.unselected(
            judgement
        )  # it may write names alone, and those that it served be left out
    if not part:
        return Verdict(NAME, cause, judgement, case.status, facts)
    facts = (("group", groups["value"][0]), *facts)
    return Verdict(
        NAME,
        cause,
        judgement,
        case.status,
        facts,
        where=f"status = {case.status} and {among('upstream', [groups['value'][0]])}",
    )


QUESTION: Final = Question(NAME, frozenset(range(500, 506)), frozenset({"nginx"}), CAUSES, _ask)
