"""proxy-login: whether a 401 or 407 of a Web Security Appliance is a login's usual opening, a loop, or the site's.

Why it matters
    Nearly all of these are no fault: NTLM and Negotiate are refused twice before they are let in. What is never let in
    is a program without a login, an old password, or an appliance that cannot ask its directory.
How it is judged
    The appliance's own are TCP_DENIED without a server. Clients that were answered in the same five minutes have had
    the usual opening; clients with at least five refusals and nothing else, not even an error, are in a loop. What came
    from a server is the site's own 401, or a 407 of a proxy behind. 407 is asked of clients that know the proxy, 401
    and 307 of those that do not: the appliance asks in one way or in both.
Sources
    Cisco's document on response codes; AsyncOS' guide.
Cannot be told
    Without the result code. How the appliance is deployed is in no log: one may serve both ways at once, on purpose.
    Logging of 401 and 407 can be switched off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.judging import LEAST, ratio, share, share_between
from loganalyzer.diagnosis.parts import HALF, MOST, PART, among, of_part, untold, within
from loganalyzer.diagnosis.verdict import Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case
    from loganalyzer.diagnosis.verdict import Facts, Judgement

NAME: Final = "proxy-login"

TRIES: Final = 2
"""Refusals for each answer that a login opens with: NTLM and Negotiate are refused twice."""

FEW: Final = 3
"""Clients that a command still names."""

EXPLICIT: Final = (407,)
TRANSPARENT: Final = (307, 401)
"""Statuses by which the appliance asks for a login, by what its clients know of it."""

CAUSES: Final = {
    "opening": ("cisco-asyncos-guide", "cisco-wsa-codes"),
    "login-loop": ("cisco-asyncos-guide", "cisco-wsa-codes"),
    "asked-behind": ("cisco-asyncos-guide", "cisco-wsa-codes"),
    "both-modes": ("cisco-wsa-codes", "cisco-asyncos-guide"),
}


def _ask(case: Case) -> Iterator[Verdict]:
    where = f"status = {case.status}"
    known = case.knowing("cache")
    if known.records == 0:
        for cause in CAUSES:
            yield untold(NAME, cause, case, "cache", where=where)
        return
    own = known.count(pl.col("role") == "handshake")
    yield from _clients(case, own)
    behind = known.count(pl.col("role") == "request")
    yield of_part(NAME, "asked-behind", known, behind, PART, "role = 'request'")
    yield _modes(case)


def _clients(case: Case, own: int) -> Iterator[Verdict]:
    """Yield what became of the clients that the appliance itself asked."""
    where = f"status = {case.status} and role = 'handshake'"
    rows = case.denied("auth").group_by("client").agg(pl.col("refused", "answered").sum())
    if rows.height == 0 or own == 0:
        for cause in ("opening", "login-loop"):
            yield untold(NAME, cause, case, "client", where=where)
        return
    # Any error but these refusals shows that the appliance had let the client pass.
    served = case.failures.filter(pl.col("dimension") == "client")["value"].unique()
    passed = pl.col("client").is_in(served.to_list())
    counted = int(rows["refused"].sum())
    refused, answered = pl.col("refused"), pl.col("answered")
    opened = refused <= TRIES * answered
    for cause, surely, perhaps, limits in (
        ("opening", opened, (answered > 0) | passed, (MOST, HALF)),
        ("login-loop", (refused >= LEAST) & (answered == 0) & ~passed, ~opened, (PART, PART)),
    ):
        some = rows.filter(surely)
        low, _ = within(int(some["refused"].sum()), counted, own)
        _, high = within(int(rows.filter(perhaps)["refused"].sum()), counted, own)
        judgement, part = share_between(low, high, own, *limits)
        judgement = case.unselected(judgement)  # what let a client pass may have been left out
        facts: Facts = (
            ("part", int(part)),
            ("records", own),
            ("part_share", ratio(part, own)),
            ("clients", some.height),
            ("all", rows.height),
        )
        few = some.sort("refused", "client", descending=[True, False])["client"].to_list()
        also = f" and {among('client', few)}" if cause == "login-loop" and 0 < len(few) <= FEW else ""
        yield Verdict(NAME, cause, judgement, case.status, facts, where=where + also)


def _modes(case: Case) -> Verdict:
    """Return whether the appliance asks for a login in both ways."""
    asked = case.minutes.filter(pl.col("role") == "handshake")
    explicit, transparent = (
        int(asked.filter(pl.col("status").is_in(statuses))["records"].sum())
        for statuses in (EXPLICIT, TRANSPARENT)
    )
    both, fewer = explicit + transparent, min(explicit, transparent)
    judgement: Judgement = "cannot tell"
    if fewer >= LEAST:
        judgement = "supported"
    elif fewer == 0:  # five of a kind are a way of asking; none of many is none
        judgement = "contradicted" if share(0, both, PART) == "contradicted" else "cannot tell"
    facts: Facts = (("explicit", explicit), ("transparent", transparent))
    where = "role = 'handshake' and status in (307, 401, 407)"
    return Verdict(NAME, "both-modes", judgement, case.status, facts, where=where)


QUESTION: Final = Question(NAME, frozenset({401, 407}), frozenset({"cisco_wsa"}), CAUSES, _ask)
