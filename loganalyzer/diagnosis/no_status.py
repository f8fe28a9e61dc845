"""no-status: what a line with the status 0 or 9 was: a request cut off, no request at all, or one of HTTP/0.9.

Why it matters
    Such lines count as errors and are not answers: nobody was sent this number. Cut off together they are a restart, or
    clients that were dropped; without a request they are noise of the network.
How it is judged
    By the request line: a whole one came and the connection ended before a status was decided; none came, or bytes that
    are none; or one without a protocol, which is HTTP/0.9. For what was cut off the busiest minute is named: a restart
    does it all at once. A cause is told from half of the lines on.
Sources
    nginx's source on 000 and 009; the AsyncOS guide on `NONE/0`; Cloudflare's log fields, which name no reason for 0.
Cannot be told
    HTTP/0.9 where a format writes no protocol. Lines without any status: they say nothing that could be judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.judging import ratio, share
from loganalyzer.diagnosis.verdict import Facts, Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case

NAME: Final = "no-status"

MOST: Final = 0.5
"""Share of the lines from which on they are of one kind."""

_BY_VENDOR: Final = {
    "nginx": "nginx-source",
    "cisco_wsa": "cisco-asyncos-guide",
    "cloudflare": "cloudflare-docs",
}

CAUSES: Final = {
    "cut-off": tuple(_BY_VENDOR.values()),
    "no-request": ("nginx-source", "cisco-asyncos-guide"),
    "old-protocol": ("nginx-source",),
}


def _ask(case: Case) -> Iterator[Verdict]:
    request = pl.col("request")
    asked = request == "whole"
    if case.lacks("protocol"):  # what has a method there is all that can be known of it
        asked |= request == "simple"
    yield _told(case, "cut-off", asked, ("method",), "method is not null", _busiest(case))
    none = request.is_in(["empty", "tls", "odd"])
    yield _told(case, "no-request", none, ("method",), "method is null")
    simple = request == "simple"
    yield _told(case, "old-protocol", simple, ("method", "protocol"), "protocol is null")


def _told(
    case: Case, cause: str, those: pl.Expr, needed: tuple[str, ...], where: str, more: Facts = ()
) -> Verdict:
    """Return what the share of the lines that carry the needed columns has to say."""
    missing, known = case.lacks(*needed), case.knowing(*needed)
    part, total = known.count(those), known.records
    facts: Facts = (("part", part), ("records", total), ("part_share", ratio(part, total)), *more)
    named = _BY_VENDOR[case.vendor]
    return Verdict(
        NAME,
        cause,
        share(part, total, MOST),
        case.status,
        facts,
        missing,
        documents=(named,) if named in CAUSES[cause] else (),
        where=f"status = {case.status} and {where}",
    )


def _busiest(case: Case) -> Facts:
    """Return the minute with most lines of the status, and how many."""
    minutes = (
        case.minutes.filter(pl.col("status") == case.status)
        .group_by("minute")
        .agg(pl.col("records").sum())
        .sort("records", "minute", descending=[True, False])
    )
    return (("busiest", minutes["minute"][0]), ("most", int(minutes["records"][0]))) if minutes.height else ()


QUESTION: Final = Question(NAME, frozenset({0, 9}), frozenset(_BY_VENDOR), CAUSES, _ask)
