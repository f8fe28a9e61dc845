"""redirects: hosts that do nothing but send visitors on, or a log in which every second answer does.

Why it matters
    A redirect is no error, and too many of them cost every visitor a round trip, or lead in a circle. A host that only
    sends on, from `www` or plain HTTP to the right name, is mostly meant so.
How it is judged
    `alias-host`: four in five of these redirects are of hosts of which nineteen in twenty answers are redirects
    in the whole period; in the window of a finding a site that sends all to a notice would look the same.
    `much-of-all`: half of all requests got this status. In a log of an alias alone both hold.
Sources
    The overview's document and the standard on 301, 302, 307 and 308.
Cannot be told
    Where a redirect led: no access log holds `Location`, so that a loop is only a suspicion, and an alias may be the
    site itself that answers nothing else any more. Hosts, in a log without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates.grouping import OTHER
from loganalyzer.diagnosis.judging import ratio, share
from loganalyzer.diagnosis.verdict import Facts, Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case

NAME: Final = "redirects"

STATUSES: Final = (301, 302, 307, 308)

MOST: Final = 0.8
"""Share of the redirects by which such hosts make them."""

ONLY: Final = 0.95
"""Share of a host's answers that are redirects if it is there to redirect; the rest are robots.txt and errors."""

HALF: Final = 0.5
"""Share of all requests by which redirects are not the exception."""

LEAST: Final = 20
"""Requests of a host below which it is not judged."""

_DOCUMENTS: Final = ("http-status-overview", "standard")
CAUSES: Final = {"alias-host": _DOCUMENTS, "much-of-all": _DOCUMENTS}


def _ask(case: Case) -> Iterator[Verdict]:
    requests = case.minutes.filter(pl.col("role") == "request")
    hosts = (
        requests.filter(pl.col("host").is_not_null(), pl.col("host") != OTHER)
        .group_by("host")
        .agg(
            pl.col("records").sum().alias("asked"),
            pl.col("records").filter(pl.col("status") == case.status).sum().alias("those"),
            pl.col("records").filter(pl.col("status").is_in(STATUSES)).sum().alias("redirected"),
        )
    )
    aliases = hosts.filter(
        pl.col("asked") >= LEAST, pl.col("redirected") >= ONLY * pl.col("asked"), pl.col("those") > 0
    ).sort("those", "host", descending=[True, False])
    total, part = case.answered(case.status), int(aliases["those"].sum())
    facts: Facts = (("part", part), ("records", total), ("part_share", ratio(part, total)))
    name = aliases["host"][0] if aliases.height else "-"
    missing = () if hosts.height else ("host",)
    judgement = "cannot tell" if missing or not case.whole else share(part, total, MOST)
    where = f"status = {case.status}"
    yield Verdict(NAME, "alias-host", judgement, case.status, (*facts, ("host", name)), missing, where=where)
    facts = (("part", total), ("requests", case.requests), ("part_share", ratio(total, case.requests)))
    yield Verdict(NAME, "much-of-all", share(total, case.requests, HALF), case.status, facts, where=where)


QUESTION: Final = Question(
    NAME, frozenset(STATUSES), frozenset({"nginx", "apache", "cloudflare"}), CAUSES, _ask
)
