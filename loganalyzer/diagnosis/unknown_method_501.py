"""unknown-method-501: whether the server did not know the method, and whether a few clients tried, at 501.

Why it matters
    The documents have one cause for it: a method that the server does not know for any resource. That is as a rule a
    scanner's, and nobody's fault on the server's side; a known method that gets 501 is a function that is missing.
How it is judged
    By the method: in capitals as registered, since methods are case-sensitive, or another. By the clients with most of
    these requests, beside their share of all others.
Sources
    What the documents and the standard say of 501; Apache's manual.
Cannot be told
    In a log without methods; lines without one count as neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.judging import ratio, share
from loganalyzer.diagnosis.parts import of_few
from loganalyzer.diagnosis.verdict import Facts, Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case

NAME: Final = "unknown-method-501"

KNOWN: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
"""Methods of RFC 9110 and RFC 5789, as they are written; a server without WebDAV knows no other."""

MOST: Final = 0.5
"""Share of the requests from which on it is the method."""

FEW: Final = 3
"""Clients that are a few."""

CAUSES: Final[dict[str, tuple[str, ...]]] = {
    "unknown-method": (
        "mdn-client-server-errors",
        "mdn-errors-excerpt",
        "http-status-overview",
        "standard",
        "apache-manual",
    ),
    "few-clients": ("apache-manual",),
}


def _ask(case: Case) -> Iterator[Verdict]:
    method = pl.col("method")
    records = case.count(method.is_not_null())
    known = ", ".join(f"'{name}'" for name in KNOWN)
    where = f"status = {case.status} and method not in ({known})"
    missing = case.lacks("method")
    if not records:
        yield Verdict(NAME, "unknown-method", "cannot tell", case.status, missing=missing, where=where)
    else:
        unknown = ~method.is_in(KNOWN)
        part = case.count(method.is_not_null(), unknown)
        facts: Facts = (("part", part), ("records", records), ("part_share", ratio(part, records)))
        first = case.commonest("method", unknown) or case.commonest("method")
        facts = (*facts, ("method", first[0])) if first else facts
        yield Verdict(NAME, "unknown-method", share(part, records, MOST), case.status, facts, where=where)
    yield of_few(NAME, "few-clients", case, "client", FEW)


QUESTION: Final = Question(NAME, frozenset({501}), frozenset({"nginx", "apache", "cloudflare"}), CAUSES, _ask)
