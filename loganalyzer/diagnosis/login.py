"""login: why a web server or an edge asks for a login (401), and of whom.

Why it matters
    A 401 without a name is how every login begins. One with a name is a login that was refused; many of one client are
    an old password in a program, or somebody who guesses; all requests of everybody are a login that no longer works.
How it is judged
    By the user's name, which Basic and Digest send along; by whether the client was answered in the same five minutes;
    by the share of the first client. Nobody is let in where nearly all requests of many clients for many paths are
    refused; many clients at one path alone may as well be guessing.
Sources
    What the documents and RFC 9110 say of 401; Apache's manual on the name beside it.
Cannot be told
    Without the user; where the login is a token or a form, no log has a name. In the window of a finding it is not
    known how many requests with a name were answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.judging import ratio, share, share_between
from loganalyzer.diagnosis.parts import HALF, MOST, of_few, of_part, untold, within
from loganalyzer.diagnosis.verdict import Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case
    from loganalyzer.diagnosis.verdict import Facts

NAME: Final = "login"

_SAID: Final = (
    "cloudflare-4xx",
    "mdn-errors-excerpt",
    "mdn-client-server-errors",
    "http-status-overview",
    "standard",
)

CAUSES: Final = {
    "opening": _SAID,
    "credentials-refused": ("standard", "apache-manual", "cloudflare-4xx"),
    "one-client": ("standard", "cloudflare-4xx"),
    "nobody-let-in": ("standard", "cloudflare-4xx"),
}

CLIENTS: Final = 5.0
"""Clients, equally hit, below which refusals of everything are an affair of single ones."""

TRIES: Final = 2
"""Refusals for each answer that a login may open with: NTLM and Negotiate are refused twice."""


def _ask(case: Case) -> Iterator[Verdict]:
    known = case.knowing("user")
    named = known.count(pl.col("user"))
    names = case.usual("user")
    # Requests with a name that were answered: a log that has none cannot tell who sent a name.
    welcome = int(case.served("user")["served"].sum())
    yield _opening(case, known, named, welcome)
    if known.records == 0 or names.height == 0:
        yield untold(NAME, "credentials-refused", case, "user", where=f"status = {case.status}")
    else:
        yield of_part(NAME, "credentials-refused", known, named, HALF, '"user" is not null')
    yield of_few(NAME, "one-client", case, "client")
    yield _nobody(case, named, welcome)


def _opening(case: Case, known: Case, named: int, welcome: int) -> Verdict:
    """Return whether those who were asked for a login without a name had one soon."""
    where = f"status = {case.status}"
    nameless = known.records - named
    rows = case.denied("auth")
    if known.records == 0 or rows.height == 0:
        return untold(NAME, "opening", case, "user", "client", where=where)
    sums = rows.group_by("client").agg(pl.col("refused", "answered").sum())
    counted = int(sums["refused"].sum())
    opened = sums.filter(pl.col("refused") <= TRIES * pl.col("answered"))
    low, _ = within(int(opened["refused"].sum()), counted, case.records)
    _, high = within(int(sums.filter(pl.col("answered") > 0)["refused"].sum()), counted, case.records)
    judgement, part = share_between(low, high, case.records, MOST, HALF)
    bare = share(nameless, known.records, MOST, HALF)
    judgement = case.unselected(judgement)
    if bare == "contradicted":
        judgement = "contradicted"
    elif judgement == "supported" and not (
        bare == "supported" and case.whole and TRIES * welcome >= nameless and welcome
    ):
        judgement = "cannot tell"
    facts: Facts = (
        ("nameless", nameless),
        ("part", int(part)),
        ("records", case.records),
        ("part_share", ratio(part, case.records)),
        ("welcome", welcome),
    )
    return Verdict(NAME, "opening", judgement, case.status, facts, where=where)


def _nobody(case: Case, named: int, welcome: int) -> Verdict:
    """Return whether the login refuses everybody."""
    where = f"status = {case.status}"
    leader = case.leader("client")
    if case.lacks("client") or leader is None:
        return untold(NAME, "nobody-let-in", case, "client", where=where)
    requests, refused = case.requests, case.answered(case.status)
    judgement = case.unselected(share(refused, requests, MOST))
    path = case.leader("path")
    spread = path is not None and share(path.records, path.total, HALF) == "contradicted"
    if judgement == "supported" and not (leader.effective >= CLIENTS and spread):
        judgement = "cannot tell"  # many addresses that guess at one form are no login that fails for all
    elif judgement == "contradicted" and not (
        case.whole and share(welcome, welcome + named, HALF) == "supported"
    ):
        judgement = "cannot tell"  # a public site answers everybody, and what needs a login may refuse all
    facts: Facts = (
        ("refused", refused),
        ("requests", requests),
        ("refused_share", ratio(refused, requests)),
        ("clients", leader.values),
        ("welcome", welcome),
    )
    return Verdict(NAME, "nobody-let-in", judgement, case.status, facts, where=where)


QUESTION: Final = Question(NAME, frozenset({401}), frozenset({"nginx", "apache", "cloudflare"}), CAUSES, _ask)
