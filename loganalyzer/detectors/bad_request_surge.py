"""bad-request-surge: stretches in which more requests are malformed or too large than usual.

Why it matters
    A client release that sends broken requests, a proxy that speaks TLS to a plain port, headers that outgrew a limit.
What counts
    400, 408, 411–417, 421–428, 431, 444 and nginx's 494–497.
How it is judged
    As `server-error-burst`, on the family `400`; severity by the share of requests alone, since no objective
    is kept of what clients ask for wrongly. Above 20 % of the requests it is "high throughout".
Known misses
    A request so broken that no status is logged is not counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.detectors.blips import gathered
from loganalyzer.detectors.bursts import Question, answer

if TYPE_CHECKING:
    from loganalyzer.detectors.series import Seen
    from loganalyzer.findings import Finding

QUESTION: Final = Question(
    kind="bad-request-surge",
    families=("400",),
    own=("400",),
    bad=("400",),
    limit=0.2,  # scanners that speak TLS to a plain port make a few in a hundred
    budget=None,
)


def detect(seen: Seen) -> list[Finding]:
    """Return one finding per stretch, oldest first, and one for the blips of each vendor."""
    return gathered(answer(seen, QUESTION))
