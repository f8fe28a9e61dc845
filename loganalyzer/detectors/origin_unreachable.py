"""origin-unreachable: stretches in which the edge or proxy got no answer from the servers behind it.

What counts
    Cloudflare 520 to 527 and 530, and 502 or 504 with origin status 0; WSA 502, 503 and 504 with result NONE:
    the `unreached` rows of the tables. Other vendors' logs cannot tell, and are not asked.
Why it matters
    The origin is down, overloaded, or refuses the edge: its own log shows nothing of it.
How it is judged
    As `server-error-burst`, on the one family `52x`. More than 5 % of all requests for three minutes is
    major.
Known misses
    As `server-error-burst`. A site whose pages come from the cache fails only where the cache misses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.detectors.blips import gathered
from loganalyzer.detectors.bursts import Question, answer
from loganalyzer.detectors.impact import BUDGET

if TYPE_CHECKING:
    from loganalyzer.detectors.series import Seen
    from loganalyzer.findings import Finding

QUESTION: Final = Question(
    kind="origin-unreachable",
    families=("52x",),
    own=("52x",),
    bad=("5xx-all", "52x"),
    limit=0.01,  # as for all server errors: the visitor cannot tell them apart
    budget=BUDGET,
)


def detect(seen: Seen) -> list[Finding]:
    """Return one finding per stretch, oldest first, and one for the blips of each vendor."""
    return gathered(answer(seen, QUESTION))
