"""forbidden-surge: stretches in which more requests are refused (403) than usual.

Why it matters
    A deny rule that catches the wrong people, file permissions after a release, or somebody who probes.
How it is judged
    As `server-error-burst`, on the family `403`; severity by the share of requests alone, since no objective
    is kept of what clients ask for wrongly. Above 20 % of the requests it is "high throughout".
Known misses
    Who refused, the edge or the origin, is not asked here: see the diagnosis of 403.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.detectors.blips import gathered
from loganalyzer.detectors.bursts import Question, answer

if TYPE_CHECKING:
    from loganalyzer.detectors.series import Seen
    from loganalyzer.findings import Finding

QUESTION: Final = Question(
    kind="forbidden-surge",
    families=("403",),
    own=("403",),
    bad=("403",),
    limit=0.2,  # a rule that refuses one in five hits more than robots
    budget=None,
)


def detect(seen: Seen) -> list[Finding]:
    """Return one finding per stretch, oldest first, and one for the blips of each vendor."""
    return gathered(answer(seen, QUESTION))
