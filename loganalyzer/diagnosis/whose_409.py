"""whose-409: whether Cloudflare could not resolve a name (error 1001), or the origin reports a conflict.

Why it matters
    One status, two worlds: a name that does not resolve is the zone's DNS, and no origin was asked; a conflict is an
    affair of those who change the same thing.
How it is judged
    By the origin's status: none (0) beside a 409 is the edge's own, 409 is the origin's. A name that does not resolve
    serves nothing: in the minutes of these answers their hosts had hardly any other. Else a Worker made them.
Sources
    The document on Cloudflare's 4xx; Cloudflare's documentation.
Cannot be told
    Without the origin's status. The number of the error stands in the page alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.judging import ratio, share
from loganalyzer.diagnosis.parts import HALF, MOST, of_sides
from loganalyzer.diagnosis.verdict import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case
    from loganalyzer.diagnosis.verdict import Verdict

NAME: Final = "whose-409"

CAUSES: Final = {
    "name-unresolved": ("cloudflare-4xx", "cloudflare-docs"),
    "origin-conflict": ("cloudflare-4xx", "cloudflare-docs"),
}


def _ask(case: Case) -> Iterator[Verdict]:
    edge, origin = of_sides(NAME, case, *CAUSES)
    minutes = case.minutes.filter(pl.col("role") == "request", pl.col("host").is_not_null())
    own = (pl.col("status") == case.status) & (pl.col("upstream_status") == 0)
    hosts = minutes.group_by("host", "minute").agg(
        pl.col("records").filter(own).sum().alias("own"), pl.col("records").sum()
    )
    hosts = hosts.filter(pl.col("own") > 0)
    alone, total = int(hosts["own"].sum()), int(hosts["records"].sum())
    if edge.judgement == "supported":
        silent = case.unselected(share(alone, total, MOST, HALF), but="contradicted")
        missing = case.lacks("host") if silent == "cannot tell" else ()
        edge = replace(edge, judgement=silent, missing=missing)
    yield replace(edge, evidence=(*edge.evidence, ("alone_share", ratio(alone, total))))
    yield origin


QUESTION: Final = Question(NAME, frozenset({409}), frozenset({"cloudflare"}), CAUSES, _ask)
