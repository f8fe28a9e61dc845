"""server-error-burst: stretches in which 5xx stand above what this log leads one to expect.

What counts
    Status 500 to 599, but for those that say themselves that no origin answered (see `origin-unreachable`).
    Tested as the application's own (500, 501, 505 and above), as the gateway's (502, 503, 504) and as all of
    them; what overlaps is one finding, named after the family that stands out most.
Why it matters
    A failing deploy or upstream shows first as a burst of 5xx.
How it is judged
    Expected = floor + share x requests that are none of them, and what jobs on the clock meet hour by hour, times
    the local level of the last three hours; `baseline.score` in windows of 1 to 60 minutes against the threshold of
    the alarm budget; at least five events, five in excess and twice the expected; sustained beside its worst two
    minutes, or heavy (5 % of an hour's requests). Shorter ones are `blips`. Beside that, 5xx and unreached origins
    surely above 1 % of the requests are "high throughout": this needs no contrast.
Known misses
    Below half an hour of log only "high throughout" can be said. At two requests a minute a burst of 5 %
    drowns. A rise to less than twice the usual is left to the eye.
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
    kind="server-error-burst",
    families=("5xx-app", "5xx-gw", "5xx-all"),
    own=("5xx-all",),
    bad=("5xx-all", "52x"),
    limit=0.01,  # one failed page in a hundred is felt by every visitor who stays a while
    budget=BUDGET,
)


def detect(seen: Seen) -> list[Finding]:
    """Return one finding per stretch, oldest first, and one for the blips of each vendor."""
    return gathered(answer(seen, QUESTION))
