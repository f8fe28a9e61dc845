"""not-found-surge: stretches in which more requests ask for what is not there (404, 410) than usual.

Why it matters
    A broken link or asset after a release, moved pages, or a scan.
How it is judged
    As `server-error-burst`, on the family `404/410`; severity by the share of requests alone, since no objective
    is kept of what clients ask for wrongly. Robots keep their floor, so that a quiet night is no
    surge. Above 30 % of the requests it is "high throughout".
Known misses
    One client that scans is named by `not-found-scan`; what a scan from many addresses asked for is told there alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.detectors.blips import gathered
from loganalyzer.detectors.bursts import Question, answer

if TYPE_CHECKING:
    from loganalyzer.detectors.series import Seen
    from loganalyzer.findings import Finding

QUESTION: Final = Question(
    kind="not-found-surge",
    families=("404/410",),
    own=("404/410",),
    bad=("404/410",),
    limit=0.3,  # in logs of small sites robots alone make one in five
    budget=None,
)


def detect(seen: Seen) -> list[Finding]:
    """Return one finding per stretch, oldest first, and one for the blips of each vendor."""
    return gathered(answer(seen, QUESTION))
