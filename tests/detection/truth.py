"""What was done to a made-up site → Truth: incidents with their causes, and benign events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

Magnitude = Literal["S", "M", "L"]

ERROR_BURST = frozenset({"server-error-burst"})
UNREACHABLE = frozenset({"origin-unreachable"})
CLOSED = frozenset({"client-closed-spike"})
LIMITED = frozenset({"rate-limit-storm", "retry-storm"})
DENIED = frozenset({"auth-failure-surge", "auth-loop"})
MISSING = frozenset({"not-found-surge", "not-found-scan"})
FEWER = frozenset({"traffic-drop", "log-silence"})
MORE = frozenset({"traffic-surge"})
SLOWER = frozenset({"latency-shift"})


@dataclass(frozen=True)
class Cause:
    """Where an incident is confined to: a value of a dimension."""

    dimension: str
    value: str


@dataclass(frozen=True)
class Evidence:
    """What the oracle may know of one part: the true numbers from its first to its last minute.

    `observed` events, `expected` without the incident (the true rate), `clumping` the true variance over mean,
    `requests` all requests; `minutes` are observed and expected of each minute, none where nobody asks how soon.
    """

    observed: float
    expected: float
    clumping: float
    requests: float
    minutes: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Part:
    """One family that an incident shows in; `kinds` are the findings that name it. `end` is exclusive, UTC."""

    kinds: frozenset[str]
    start: datetime
    end: datetime
    down: bool
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Incident:
    """Something that an engineer wants to be told of; a chain has several parts.

    `companions` are kinds that are true consequences: a finding of them is neither a hit nor false.
    `cause` is null where nobody is to blame; `also` are other right names of it.
    """

    name: str
    magnitude: Magnitude
    shape: str
    parts: tuple[Part, ...]
    cause: Cause | None = None
    also: frozenset[Cause] = frozenset()
    companions: frozenset[str] = frozenset()

    @property
    def lone(self) -> bool:
        """Whether it is one client's doing: a notice tells enough then (DETECTION §2.8)."""
        return self.cause is not None and self.cause.dimension == "client"

    @property
    def start(self) -> datetime:
        """Onset of the first part."""
        return min(part.start for part in self.parts)

    @property
    def end(self) -> datetime:
        """End of the last part."""
        return max(part.end for part in self.parts)


@dataclass(frozen=True)
class Benign:
    """Something that must not be reported at minor or above.

    `allowed` are kinds of which one finding is right, such as the new level after a share has changed for good.
    """

    name: str
    start: datetime
    end: datetime
    allowed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Truth:
    """What happened from `start` to `end`, each list by time."""

    start: datetime
    end: datetime
    incidents: tuple[Incident, ...]
    benign: tuple[Benign, ...]

    @property
    def days(self) -> float:
        """Length in days."""
        return (self.end - self.start).total_seconds() / 86_400
