"""who-429: whether a few clients ran into a rate limit or everybody, and whether they keep on.

Why it matters
    A limit that stops one runaway client does its work; one that stops everybody is set too low, or counts many
    people as one. Who does not back off after a 429 makes it worse for all.
How it is judged
    By the share of the first three clients, and by how many clients are really in play (exp of the entropy). They keep
    on if most refusals are of clients that were refused in the five minutes before, too, each time at least five times;
    they back off if most are of clients that were refused fewer times, and had not been in the five minutes before.
Sources
    What the documents say of 429; RFC 6585.
Cannot be told
    Behind a proxy, whose one address is everybody's; whether they keep on, from a log of less than ten minutes. A 503
    with `Retry-After` is no 429 to a log, which has no headers of the answer.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.case import FIVE
from loganalyzer.diagnosis.judging import LEAST, ratio, share, share_between
from loganalyzer.diagnosis.parts import HALF, USUAL, of_few, untold, within
from loganalyzer.diagnosis.verdict import Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case
    from loganalyzer.diagnosis.verdict import Judgement

NAME: Final = "who-429"

FEW: Final = 3
"""Clients that are still few."""

MANY: Final = 20
"""Clients, equally hit, from which on it is no affair of single ones."""

_SAID: Final = ("http-status-overview", "mdn-errors-excerpt", "mdn-client-server-errors", "standard")

CAUSES: Final = {"few-clients": _SAID, "everybody": _SAID, "keep-on": _SAID}


def _ask(case: Case) -> Iterator[Verdict]:
    yield of_few(NAME, "few-clients", case, "client", FEW)
    yield _everybody(case)
    yield _keep_on(case)


def _everybody(case: Case) -> Verdict:
    leader = case.leader("client")
    if case.lacks("client") or leader is None:
        return untold(NAME, "everybody", case, "client")
    requests = case.requests
    facts = (
        ("clients", leader.values),
        ("records", leader.total),
        ("part_share", ratio(leader.records, leader.total)),
        ("requests", requests),
        ("refused_share", ratio(leader.total, requests)),
    )
    judgement: Judgement
    if leader.effective >= MANY and share(leader.records, leader.total, HALF) == "contradicted":
        judgement = "supported"
    elif leader.effective <= FEW and leader.total >= LEAST and _told_apart(case, leader.value):
        judgement = "contradicted"
    else:
        judgement = "cannot tell"
    return Verdict(NAME, "everybody", judgement, case.status, facts, where=f"status = {case.status}")


def _told_apart(case: Case, client: str) -> bool:
    """Whether addresses stand for clients: one that most requests come from is a proxy's."""
    return case.usual_share("client", [client]) < USUAL


def _keep_on(case: Case) -> Verdict:
    """Return whether clients go on after they were refused."""
    where = f"status = {case.status}"
    rows, width = case.denied("limited"), timedelta(minutes=FIVE)
    if case.lacks("client") or rows.height == 0 or case.end - case.start < 2 * width:
        return untold(NAME, "keep-on", case, "client", where=where)
    again = rows.join(_later(rows, width), on=["client", "start"], how="semi")
    many = pl.col("refused") >= LEAST
    often = rows.filter(many)  # who asks once in five minutes does back off
    sure = often.join(_later(often, width), on=["client", "start"], how="semi")
    refused = int(rows["refused"].sum())
    total = case.records
    # Who is refused many times within five minutes may go on, or have loaded one page of many parts: nobody can tell.
    perhaps = pl.concat([again, rows.join(again, on=["client", "start"], how="anti").filter(many)])
    low, _ = within(int(sure["refused"].sum()), refused, total)
    _, high = within(int(perhaps["refused"].sum()), refused, total)
    judgement, told = share_between(low, high, total, HALF)
    facts = (
        ("part", int(told)),
        ("records", total),
        ("part_share", ratio(told, total)),
        ("clients", (sure if judgement == "supported" else perhaps)["client"].n_unique()),
    )
    return Verdict(NAME, "keep-on", judgement, case.status, facts, where=where)


def _later(rows: pl.DataFrame, width: timedelta) -> pl.DataFrame:
    """Return `client`, `start` of the five minutes after those of the rows."""
    return rows.select("client", (pl.col("start") + width).alias("start"))


QUESTION: Final = Question(NAME, frozenset({429}), frozenset({"nginx", "apache", "cloudflare"}), CAUSES, _ask)
