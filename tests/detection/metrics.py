"""Truth and alarms → Result: events are matched with events, no point is adjusted (DETECTION §3.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tests.detection.oracle import detectable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tests.detection.alarms import Alarm
    from tests.detection.truth import Benign, Incident, Part, Truth

EARLY: Final = timedelta(minutes=5)
LATE: Final = timedelta(minutes=10)
LONGEST: Final = 5
"""Times its length that an alarm may cover of an incident and still name it."""

ERRORS_ONLY: Final = frozenset({"server-error-burst", "origin-unreachable", "client-closed-spike"})


@dataclass(frozen=True)
class Verdict:
    """What became of one incident: the alarms that hit it, and the errors of the best of them in minutes.

    `onset` and `offset` are signed (late is positive); null without a hit.
    """

    incident: Incident
    detectable: bool
    hits: tuple[Alarm, ...]
    onset: float | None
    offset: float | None
    named: str | None

    @property
    def found(self) -> bool:
        """Whether any alarm named it."""
        return bool(self.hits)


@dataclass(frozen=True)
class Result:
    """What became of a truth; `false` are the reported alarms that belong to nothing that happened.

    `blamed` are the benign events that were reported, with what they were taken for.
    """

    truth: Truth
    verdicts: tuple[Verdict, ...]
    false: tuple[Alarm, ...]
    blamed: tuple[tuple[Benign, Alarm], ...]


def judge(truth: Truth, alarms: Sequence[Alarm]) -> Result:
    """Match alarms with what happened.

    Only alarms at minor and above can be false, and only they can hit; of one client's doing a notice tells enough.
    An alarm hits the incident that one of its findings names; that which overlaps it most, if there are several.
    Several alarms may hit one incident, but none hits two.
    """
    hits: dict[int, list[Alarm]] = {}
    lone: list[Alarm] = []
    for alarm in alarms:
        matching = [
            (_overlap(finding, part), -number)
            for number, incident in enumerate(truth.incidents)
            if alarm.reported or incident.lone
            for part in incident.parts
            for finding in alarm.findings
            if names(finding, part, incident)
        ]
        if matching:
            hits.setdefault(-max(matching)[1], []).append(alarm)
        elif alarm.reported:
            lone.append(alarm)
    allowed: set[int] = set()
    false: list[Alarm] = []
    for alarm in lone:
        if any(_follows(alarm, incident) for incident in truth.incidents):
            continue
        excused = next(
            (
                number
                for number, event in enumerate(truth.benign)
                if number not in allowed and event.allowed & alarm.kinds and _touches(alarm, event)
            ),
            None,
        )
        if excused is None:
            false.append(alarm)
        else:
            allowed.add(excused)
    blamed = tuple(
        (event, alarm)
        for event in truth.benign
        if not event.allowed
        for alarm in false
        if _touches(alarm, event)
    )
    verdicts = tuple(
        _verdict(incident, tuple(hits.get(number, ()))) for number, incident in enumerate(truth.incidents)
    )
    return Result(truth, verdicts, tuple(false), blamed)


def names(alarm: Alarm, part: Part, incident: Incident) -> bool:
    """Return whether an alarm is of a part's family and time."""
    length = max(part.end - part.start, incident.end - incident.start)
    return (
        bool(alarm.kinds & part.kinds)
        and part.start - EARLY <= alarm.start <= part.end + LATE
        and alarm.end > part.start - EARLY
        and alarm.end - alarm.start <= LONGEST * length
    )


def _overlap(alarm: Alarm, part: Part) -> timedelta:
    return min(alarm.end, part.end) - max(alarm.start, part.start)


def _follows(alarm: Alarm, incident: Incident) -> bool:
    """Return whether an alarm is of a consequence of an incident."""
    return (
        alarm.kinds <= incident.companions
        and alarm.start <= incident.end + LATE
        and alarm.end >= incident.start - EARLY
    )


def _touches(alarm: Alarm, event: Benign) -> bool:
    return alarm.start <= event.end + LATE and alarm.end >= event.start - EARLY


def _verdict(incident: Incident, hits: tuple[Alarm, ...]) -> Verdict:
    if not hits:
        return Verdict(incident, detectable(incident), (), None, None, None)
    return Verdict(
        incident,
        detectable(incident),
        hits,
        _minutes(min(alarm.start for alarm in hits), incident.start),
        _minutes(max(alarm.end for alarm in hits), incident.end),
        named(incident, hits),
    )


def named(incident: Incident, hits: Sequence[Alarm]) -> str | None:
    """Return `right`, `wrong` or `abstained`; null where no alarm tried. The first cause of an alarm counts."""
    right = {incident.cause, *incident.also} - {None}
    tried = [alarm.causes for alarm in hits if alarm.causes is not None]
    if not tried:
        return None
    first = [causes[0] for causes in tried if causes]
    if not first:
        return "abstained" if right else "right"
    return "right" if right & set(first) else "wrong"


def _minutes(at: datetime, true: datetime) -> float:
    return (at - true).total_seconds() / 60


def wilson(successes: int, trials: int, z: float = 1.959964) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a proportion; (0, 1) without trials."""
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    centre = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max((centre - spread) / scale, 0.0), min((centre + spread) / scale, 1.0)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of the values do not exceed; NaN without values."""
    if not values:
        return math.nan
    ranked = sorted(values)
    return ranked[max(math.ceil(share * len(ranked)) - 1, 0)]
