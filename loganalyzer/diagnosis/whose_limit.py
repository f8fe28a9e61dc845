"""whose-limit: whether Cloudflare's own limit of size refused a request, or the origin's.

Why it matters
    The limit has to be raised where it is: at the edge by the plan or the zone's setting, at the origin by its server.
How it is judged
    By the origin's status: none (0) is the edge's own answer, the same status is the origin's.
Sources
    The document on Cloudflare's 4xx (414: above 32 KB); Cloudflare's documentation (413: the plan's upload limit).
Cannot be told
    Without the origin's status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.diagnosis.parts import of_sides
from loganalyzer.diagnosis.verdict import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case
    from loganalyzer.diagnosis.verdict import Verdict

NAME: Final = "whose-limit"

CAUSES: Final = {
    "edge-limit": ("cloudflare-4xx", "cloudflare-docs"),
    "origin-limit": ("cloudflare-4xx",),
}


def _ask(case: Case) -> Iterator[Verdict]:
    yield from of_sides(NAME, case, *CAUSES)


QUESTION: Final = Question(NAME, frozenset({413, 414}), frozenset({"cloudflare"}), CAUSES, _ask)
