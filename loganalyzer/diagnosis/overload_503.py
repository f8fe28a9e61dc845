"""overload-503: too much to do, taken out as a whole, or a few clients at their limit, where a server answers 503.

Why it matters
    The documents name two causes, overload and maintenance, and nginx a third: its limits answer 503. One asks for
    capacity, one for nothing but the end of the work, one for nothing at all.
How it is judged
    By the minutes that hold the 503s beside those a quarter of an hour before and after. Overload: in most of them
    half as many requests again came as usual, most of the usual were served nevertheless, and neither a few clients,
    nor one path or upstream, have nearly all of the refused; none: no more came than a fifth above the usual, there as
    in all of the log. Maintenance: no more came than usual, and nearly all were refused, minute after minute without a
    break. A limit: a few clients have nearly all of the 503s though the others are served in the same minutes.
Sources
    What the documents and the standard say of 503; nginx's source on its limits; Cloudflare's documentation on hosts
    that limit their visitors.
Cannot be told
    Overload and maintenance where nothing is left to compare with, as in a log that begins or ends in the middle of it.
    Whether maintenance was meant: a service that is out as a whole looks alike. A WSA's 503 is of one of many sites,
    whose traffic its log does not hold: see `whose-5xx`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.around import around
from loganalyzer.diagnosis.judging import every, ratio, share
from loganalyzer.diagnosis.parts import of_few
from loganalyzer.diagnosis.spread import one
from loganalyzer.diagnosis.verdict import Facts, Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.around import Around
    from loganalyzer.diagnosis.case import Case
    from loganalyzer.diagnosis.verdict import Judgement

NAME: Final = "overload-503"

MORE: Final = 1.5
"""Times the usual requests of a minute from which on more are asked for: within a quarter of an hour a day's rhythm
makes a tenth or two."""

SAME: Final = 1.2
"""Times the usual requests, around and in all of the log, below which no more are asked for: a server may have too much
to do in its busy hours without a rush."""

SERVED: Final = 0.7
"""Part of the usual requests of a minute that a server with too much to do still serves."""

ALL: Final = 0.9
"""Share of the requests of a minute from which on nearly nothing was served in it."""

MOSTLY: Final = 0.6
SELDOM: Final = 0.4
"""Shares of the minutes from which on something holds in them, and below which it does not."""

BUSY: Final = 3
"""Requests of a usual minute below which a minute without a served one is nothing special."""

FEW: Final = 5
"""Clients that are a few."""

BESIDE: Final = 0.3
"""Share of the requests, in the minutes of the 503s, that were served if it is not everybody who is refused."""

_DOCUMENTS: Final = (
    "mdn-client-server-errors", "mdn-errors-excerpt", "http-status-overview", "standard", "cloudflare-docs",
)  # fmt: skip

CAUSES: Final[dict[str, tuple[str, ...]]] = {
    "overload": _DOCUMENTS,
    "maintenance": _DOCUMENTS[:-1],
    "few-clients": ("nginx-source", "cloudflare-docs"),
}


def _ask(case: Case) -> Iterator[Verdict]:
    few = _few(case)
    beside = around(case)
    where = f"status = {case.status}"
    if beside is None or beside.usual < BUSY:
        yield Verdict(NAME, "overload", "cannot tell", case.status, where=where)
        yield Verdict(NAME, "maintenance", "cannot tell", case.status, where=where)
    else:
        # What hangs on a few clients, one path or one upstream may be none of both.
        hangs = few.judgement == "supported" or any(
            one(case, dimension, unknown=dimension != "upstream").judgement == "supported"
            for dimension in ("path", "upstream")
        )
        for cause, (judgement, facts) in (
            ("overload", _overload(beside)),
            ("maintenance", _maintenance(beside)),
        ):
            surely = "cannot tell" if judgement == "supported" and hangs else judgement
            yield Verdict(NAME, cause, surely, case.status, facts, where=where)
    yield few


def _overload(beside: Around) -> tuple[Judgement, Facts]:
    more = int((beside.inside["requests"] >= MORE * beside.usual).sum())
    left = beside.inside["requests"] - beside.inside["failing"]
    served = int((left >= SERVED * beside.usual).sum())
    came = _minutes(more, beside)
    some = _minutes(int((beside.inside["requests"] >= SAME * beside.usual).sum()), beside)
    held = _minutes(served, beside)
    middle = float(beside.inside.select(pl.col("requests").median()).item())
    facts: Facts = (
        ("more", more),
        ("minutes", beside.inside.height),
        ("came", round(middle)),
        ("usual", round(beside.usual)),
        ("near", beside.near),
        ("refused_share", ratio(int(beside.inside["failing"].sum()), int(beside.inside["requests"].sum()))),
    )
    if came != "supported":
        same = some == "contradicted" and middle < SAME * beside.elsewhere
        return ("contradicted" if same else "cannot tell"), facts
    return ("supported" if held == "supported" else "cannot tell"), facts


def _maintenance(beside: Around) -> tuple[Judgement, Facts]:
    inside = beside.inside
    all_of_it = int((inside["failing"] >= ALL * inside["requests"]).sum())
    more = _minutes(int((inside["requests"] >= MORE * beside.usual).sum()), beside)
    opposite: dict[Judgement, Judgement] = {
        "supported": "cannot tell",  # who is refused tries again
        "contradicted": "supported",
        "cannot tell": "cannot tell",
    }
    facts: Facts = (
        ("full", all_of_it),
        ("minutes", inside.height),
        ("first", inside["minute"].min()),
        ("last", inside["minute"].max()),
        ("usual", round(beside.usual)),
    )  # type: ignore[assignment]  # some minute is there
    unbroken = "supported" if inside.height >= ALL * beside.whole else "cannot tell"
    judged: tuple[Judgement, ...] = (_minutes(all_of_it, beside), opposite[more], unbroken)  # type: ignore[assignment]
    return every(*judged), facts


def _minutes(some: int, beside: Around) -> Judgement:
    return share(some, beside.inside.height, MOSTLY, SELDOM)


def _few(case: Case) -> Verdict:
    found = of_few(NAME, "few-clients", case, "client", FEW)
    if found.judgement != "supported":
        return found
    failing, requests = (int(case.crowded[name].sum()) for name in ("failing", "requests"))
    if share(requests - failing, requests, BESIDE) == "supported":
        return found
    # At an hour when nobody else is there it is everybody who is refused.
    return Verdict(NAME, found.cause, "cannot tell", case.status, found.evidence, where=found.where)


QUESTION: Final = Question(NAME, frozenset({503}), frozenset({"nginx", "apache", "cloudflare"}), CAUSES, _ask)
