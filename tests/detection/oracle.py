"""What can be known at all: an incident is detectable if its true numbers pass the score and the guards.

The score is written from DETECTION §2.3, apart from the one it judges.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.detection.truth import Evidence, Incident, Part

NEEDED: Final = 6.0
"""Decades of score."""
FEWEST, TIMES = 5, 2.0
"""Events, and times the expected, that an excess needs."""
EXPECTED, LEFT = 10, 0.7
"""Events that must be expected, and what may be left of them, for a drop."""


def score(observed: float, expected: float, variance_over_mean: float = 1.0, *, down: bool = False) -> float:
    """Return how many decades of chance a count is away from its expectation, 0 on the other side.

    The exponent of Chernoff's bound for a negative binomial of mean m and variance Φ·m; Φ = 1 is Poisson.
    """
    y, m = float(observed), float(expected)
    if (y >= m) if down else (y <= m):
        return 0.0
    if m <= 0:
        return math.inf
    part = y * math.log(y / m) if y > 0 else 0.0
    if variance_over_mean <= 1 + 1e-9:
        nats = part - (y - m)
    else:
        r = m / (variance_over_mean - 1)
        nats = part - (y + r) * math.log((y + r) / (m + r))
    return nats / math.log(10)


def detectable(incident: Incident) -> bool:
    """Return whether any part of it can be known."""
    return any(_evident(evidence, part) for part in incident.parts for evidence in part.evidence)


def soonest(incident: Incident) -> float | None:
    """Return after how many minutes from its onset an incident can first be known; null: never.

    Every minute is looked back from to the onset of each part, which the oracle knows.
    """
    found = []
    for part in incident.parts:
        before = (part.start - incident.start).total_seconds() / 60
        for evidence in part.evidence:
            sums = accumulate(evidence.minutes, lambda one, other: (one[0] + other[0], one[1] + other[1]))
            found += [
                before + number
                for number, (observed, expected) in enumerate(sums, start=1)
                if _evident(replace(evidence, observed=observed, expected=expected), part)
            ][:1]
    return min(found, default=None)


def _evident(evidence: Evidence, part: Part) -> bool:
    y, m = evidence.observed, evidence.expected
    less, more = m >= EXPECTED and y <= LEFT * m, y >= FEWEST and y - m >= FEWEST and y >= TIMES * m
    return (less if part.down else more) and score(y, m, evidence.clumping, down=part.down) >= NEEDED
