"""rate-limit-storm: stretches in which more requests were turned away by a rate limit (429) than usual.

Why it matters
    A client that retries without backing off, or a limit that is too tight for an ordinary busy hour.
How it is judged
    As `server-error-burst`, on the family `429`; severity by the share of requests alone, since no objective
    is kept of what clients ask for wrongly. Above 5 % of the requests it is "high throughout".
Known misses
    One client that is slowed down all day is its own background: see `retry-storm`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.detectors.blips import gathered
from loganalyzer.detectors.bursts import Question, answer

if TYPE_CHECKING:
    from loganalyzer.detectors.series import Seen
    from loganalyzer.findings import Finding

QUESTION: Final = Question(
    kind="rate-limit-storm",
    families=("429",),
    own=("429",),
    bad=("429",),
    limit=0.05,  # a limit that turns away one in twenty slows people, not only robots
    budget=None,
)


def detect(seen: Seen) -> list[Finding]:
    """Return one finding per stretch, oldest first, and one for the blips of each vendor."""
    return gathered(answer(seen, QUESTION))
