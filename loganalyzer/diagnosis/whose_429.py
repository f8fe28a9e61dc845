"""whose-429: whether a rate-limit rule of the edge answered 429, or the origin's own limit.

Why it matters
    The rule has to be looked for where it is. Behind Cloudflare an origin that counts by address counts the edge's.
How it is judged
    By the origin's status: none (0) is the edge's own answer, 429 is the origin's.
Sources
    The document on Cloudflare's 4xx; Cloudflare's documentation.
Cannot be told
    Without the origin's status. A 503 with `Retry-After` is no 429 to a log, which has no headers of the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.diagnosis.parts import of_sides
from loganalyzer.diagnosis.verdict import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case
    from loganalyzer.diagnosis.verdict import Verdict

NAME: Final = "whose-429"

CAUSES: Final = {
    "edge-rule": ("cloudflare-4xx", "cloudflare-docs"),
    "origin-limit": ("cloudflare-4xx", "cloudflare-docs"),
}


def _ask(case: Case) -> Iterator[Verdict]:
    yield from of_sides(NAME, case, *CAUSES)


QUESTION: Final = Question(NAME, frozenset({429}), frozenset({"cloudflare"}), CAUSES, _ask)
