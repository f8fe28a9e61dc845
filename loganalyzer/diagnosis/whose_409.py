"""whose-409: whether Cloudflare could not resolve a name (error 1001), or the origin reports a conflict.

Why it matters
    One status, two worlds: a name that does not resolve is the zone's DNS, and no origin was asked; a conflict is an
    affair of those who change the same thing.
How it is judged
    By the origin's status: none (0) beside a 409 is the edge's own, its error 1001; 409 is the origin's.
Sources
    The document on Cloudflare's 4xx; Cloudflare's documentation.
Cannot be told
    Without the origin's status. The number of the error stands in the page alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.diagnosis.parts import of_sides
from loganalyzer.diagnosis.verdict import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case
    from loganalyzer.diagnosis.verdict import Verdict

NAME: Final = "whose-409"

CAUSES: Final = {
    "name-unresolved": ("cloudflare-4xx", "cloudflare-docs"),
    "origin-conflict": ("cloudflare-4xx", "cloudflare-docs"),
}


def _ask(case: Case) -> Iterator[Verdict]:
    yield from of_sides(NAME, case, *CAUSES)


QUESTION: Final = Question(NAME, frozenset({409}), frozenset({"cloudflare"}), CAUSES, _ask)
