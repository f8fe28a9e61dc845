"""unreadable-lines: stretches in which more lines than usual were not understood.

Why it matters
    A log format that changed, two writers in one file, a disk that was full: every other number of that time is too
    small.
How it is judged
    As `server-error-burst`, on rejected lines as a share of all lines; a rejected line has the time of the record
    before it. Above 5 % of the lines it is "high throughout".
Known misses
    Lines without a record of the same file nearby have no time and are counted in the ledger alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.detectors.blips import gathered
from loganalyzer.detectors.bursts import Question, answer

if TYPE_CHECKING:
    from loganalyzer.detectors.series import Seen
    from loganalyzer.findings import Finding

QUESTION: Final = Question(
    kind="unreadable-lines",
    families=("unparsed",),
    own=("unparsed",),
    bad=("unparsed",),
    limit=0.05,  # the other findings leave such minutes out
    budget=None,
    of_lines=True,
)


def detect(seen: Seen) -> list[Finding]:
    """Return one finding per stretch, oldest first, and one for the blips of each vendor."""
    return gathered(answer(seen, QUESTION))
