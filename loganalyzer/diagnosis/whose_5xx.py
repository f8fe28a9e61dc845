"""whose-5xx: whether the site itself answered 500, 502, 503 or 504, or the edge or appliance in front of it.

Why it matters
    An edge and a proxy write the same digits for what they were told and for what they could not get. What the site
    answered is found in the site's log; what came of no answer at all is found on the way there.
How it is judged
    Cloudflare: the origin's status is beside the edge's; the same is the origin's own, none (0) the edge's. WSA: the
    result code is `NONE` where the appliance got nothing, anything else where the answer was handed on. One host: it
    has nearly all of them, though other requests seldom go there. The way out: nothing comes back from the hosts as
    they are asked for, and in the minutes of it at least half of all requests fail.
Sources
    The document on WSA's codes, Cisco's guide to AsyncOS, Cloudflare's documentation of its errors.
Cannot be told
    In a log without the origin's status, such as Logpull's own fields, and in Squid's, whose result code is `TCP_MISS`
    for both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.judging import every, ratio, share
from loganalyzer.diagnosis.spread import alike, one
from loganalyzer.diagnosis.verdict import Facts, Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case
    from loganalyzer.diagnosis.verdict import Judgement

NAME: Final = "whose-5xx"

PART: Final = 0.5
"""Share of the answers from which on a side made most of them."""

DOWN: Final = 0.5
OUT: Final = 0.9
STRAY: Final = 0.1
"""Shares of all requests, in the minutes that hold the failures: from the first on the way out may be what failed, from
the second on nothing shows that it works, below the third it does."""

SQUID: Final = "squid"
"""Begins the names of Squid's formats."""

CAUSES: Final = {
    "site-answered": ("cisco-wsa-codes", "cisco-asyncos-guide", "cloudflare-docs"),
    "no-answer": ("cisco-wsa-codes", "cisco-asyncos-guide", "cloudflare-docs"),
    "one-host": ("cisco-wsa-codes", "cisco-asyncos-guide", "cloudflare-docs"),
    "way-out": ("cisco-asyncos-guide", "cloudflare-docs"),
}


def _ask(case: Case) -> Iterator[Verdict]:
    column = "upstream_status" if case.vendor == "cloudflare" else "cache"
    missing = case.lacks(column)
    known = case.knowing(column)
    if case.vendor == "cloudflare":
        origin = pl.col("upstream_status")
        told, answered, silent = origin.is_not_null(), origin == case.status, origin == 0
        wheres = (f"upstream_status = {case.status}", "upstream_status = 0")
    else:
        nothing = pl.col("cache").str.starts_with("NONE")
        told = pl.col("cache").is_not_null() & ~pl.col("format").str.starts_with(SQUID)
        answered, silent = ~nothing, nothing
        wheres = ("cache not like 'NONE%'", "cache like 'NONE%'")
    records, status = known.count(told), f"status = {case.status}"
    judgements: dict[str, Judgement] = {}
    for cause, which, where in zip(("site-answered", "no-answer"), (answered, silent), wheres, strict=True):
        part = known.count(told, which)
        judgements[cause] = share(part, records, PART)
        facts: Facts = (("part", part), ("records", records), ("part_share", ratio(part, records)))
        yield Verdict(
            NAME,
            cause,
            judgements[cause],
            case.status,
            facts if records else (),
            missing,
            where=f"{status} and {where}",
        )
    host = one(case, "host")
    yield Verdict(NAME, "one-host", host.judgement, case.status, host.facts, host.missing, where=host.where)
    lacking = (*missing, *host.missing)
    if lacking:
        yield Verdict(NAME, "way-out", "cannot tell", case.status, missing=lacking)
        return
    widely, facts = alike(case, "host")
    failing, requests = (int(case.crowded[name].sum()) for name in ("failing", "requests"))
    facts = (
        *facts,
        ("failing", failing),
        ("requests", requests),
        ("failing_share", ratio(failing, requests)),
        ("minutes", case.crowded.height),
    )
    one_alone: Judgement = "contradicted" if host.judgement == "supported" else "supported"
    judgement = every(judgements["no-answer"], widely, share(failing, requests, DOWN, STRAY), one_alone)
    came = judgements["no-answer"] == "contradicted" or share(failing, requests, OUT) != "supported"
    if (
        judgement == "contradicted" and not came
    ):  # nearly nothing else was asked for: nothing shows that it works
        judgement = "cannot tell"
    yield Verdict(NAME, "way-out", judgement, case.status, facts, where=f"{status} and {wheres[1]}")


QUESTION: Final = Question(
    NAME, frozenset({500, 502, 503, 504}), frozenset({"cloudflare", "cisco_wsa"}), CAUSES, _ask
)
