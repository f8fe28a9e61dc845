"""wsa-307: whether a WSA's 307 is a step of its own login, or a redirect of the site.

Why it matters
    In transparent mode the appliance sends whoever it does not know yet to itself, by a 307, and then back. Counted as
    redirects of the sites these look like a fault of theirs.
How it is judged
    By the role of the records: TCP_DENIED without a server asked is a handshake, anything else was answered by a site
    or its copy in the cache. A cause is told from a tenth of the records on.
Sources
    The AsyncOS guide on 307; the Cisco document, which calls it a 302 for all practical purposes.
Cannot be told
    Whether the login ended well: see the questions on 401 and 407.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.judging import ratio, share
from loganalyzer.diagnosis.parts import PART
from loganalyzer.diagnosis.verdict import Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case

NAME: Final = "wsa-307"

CAUSES: Final[dict[str, tuple[str, ...]]] = {
    "appliance-login": ("cisco-asyncos-guide",),
    "site-redirect": ("cisco-wsa-codes",),
}


def _ask(case: Case) -> Iterator[Verdict]:
    rows = case.minutes.filter(pl.col("status") == case.status)
    total = int(rows["records"].sum())
    for cause, role, sign in (("appliance-login", "handshake", ""), ("site-redirect", "request", "not ")):
        part = int(rows.filter(pl.col("role") == role)["records"].sum())
        facts = (("part", part), ("records", total), ("part_share", ratio(part, total)))
        where = f"status = {case.status} and {sign}role = 'handshake'"
        yield Verdict(NAME, cause, share(part, total, PART), case.status, facts, where=where)


QUESTION: Final = Question(NAME, frozenset({307}), frozenset({"cisco_wsa"}), CAUSES, _ask)
