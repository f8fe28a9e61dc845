"""auth-failure-surge: stretches in which more logins fail (401, 407) than usual.

Why it matters
    Guessed passwords, a rotated secret, or a proxy's login that loops.
How it is judged
    As `server-error-burst`, on the families `401` and `407`; severity by the share of requests alone, since no
    objective is kept of what clients ask for wrongly.
    Counted net of handshakes: the refusals that come before each success of the same client. Above 20 % of the
    requests it is "high throughout". Where everybody is refused a page now and then, each client is answered on
    others, and nothing is left net of that: `401-scattered` and `407-scattered` count what is refused to clients that
    are refused less than five times in five minutes, whatever they were answered. Of these the excess alone makes the
    impact. What one client alone makes is a notice.
Known misses
    A few guesses a minute over days stay below any threshold. Where many clients share one address, the success of
    one hides the refusals of another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.detectors.blips import gathered
from loganalyzer.detectors.bursts import Question, answer
from loganalyzer.families import NETTED, SCATTERED

if TYPE_CHECKING:
    from loganalyzer.detectors.series import Seen
    from loganalyzer.findings import Finding

QUESTION: Final = Question(
    kind="auth-failure-surge",
    families=(*NETTED, *SCATTERED),
    own=NETTED,
    bad=NETTED,
    limit=0.2,  # beyond handshakes, one request in five that may not get in is a fault
    budget=None,
    of_logins=True,
)


def detect(seen: Seen) -> list[Finding]:
    """Return one finding per stretch, oldest first, and one for the blips of each vendor."""
    return gathered(answer(seen, QUESTION))
