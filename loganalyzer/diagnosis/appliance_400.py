"""appliance-400: whether a Web Security Appliance refused a malformed request itself, or the site did.

Why it matters
    What the appliance refuses never reaches the site: the client's program writes headers that break the syntax. What
    the site refuses has passed the appliance, and is between the client and the site.
How it is judged
    By who was asked: without a server (hierarchy NONE), or with the result NONE, the appliance answered; with a server
    and any other result the site did.
Sources
    Cisco's document on response codes (several headers on one line, blanks in a header, no `HTTP/1.1`).
Cannot be told
    In a log without the server or the result code; which header it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.parts import PART, of_part, untold
from loganalyzer.diagnosis.verdict import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case
    from loganalyzer.diagnosis.verdict import Verdict

NAME: Final = "appliance-400"

CAUSES: Final = {
    "appliance-refused": ("cisco-wsa-codes",),
    "site-refused": ("standard",),
}


def _ask(case: Case) -> Iterator[Verdict]:
    known = case.knowing("upstream", "cache")
    if known.records == 0:
        for cause in CAUSES:
            yield untold(NAME, cause, case, "upstream", "cache", where=f"status = {case.status}")
        return
    site = pl.col("upstream") & ~pl.col("cache").str.contains("^(?:NONE|TCP_DENIED)").fill_null(value=False)
    answered = known.count(site)
    refused = "(upstream is null or cache like 'NONE%' or cache like 'TCP_DENIED%')"
    yield of_part(NAME, "appliance-refused", known, known.records - answered, PART, refused)
    passed = "upstream is not null and cache not like 'NONE%' and cache not like 'TCP_DENIED%'"
    yield of_part(NAME, "site-refused", known, answered, PART, passed)


QUESTION: Final = Question(NAME, frozenset({400}), frozenset({"cisco_wsa"}), CAUSES, _ask)
