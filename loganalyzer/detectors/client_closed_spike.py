"""client-closed-spike: stretches in which clients hang up (499) more often than this log leads one to expect.

What counts
    Status 499, in the logs that can carry it: nginx writes it itself, Cloudflare passes it on.
Why it matters
    People and client-side timers give up when answers are slow: often the first sign of a slow upstream,
    minutes before its 504s.
How it is judged
    As `server-error-burst`, on the one family `499`. Above 5 % of the requests it is "high throughout".
    Graded against a budget of its own, 1 %: most who leave were not failed.
Known misses
    As `server-error-burst`. A single impatient client looks like many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.detectors.blips import gathered
from loganalyzer.detectors.bursts import Question, answer
from loganalyzer.detectors.impact import LEFT_BUDGET

if TYPE_CHECKING:
    from loganalyzer.detectors.series import Seen
    from loganalyzer.findings import Finding

QUESTION: Final = Question(
    kind="client-closed-spike",
    families=("499",),
    own=("499",),
    bad=("499",),
    limit=0.05,  # pages left early and polling clients make one or two in a hundred of a healthy log
    budget=LEFT_BUDGET,
)


def detect(seen: Seen) -> list[Finding]:
    """Return one finding per stretch, oldest first, and one for the blips of each vendor."""
    return gathered(answer(seen, QUESTION))
