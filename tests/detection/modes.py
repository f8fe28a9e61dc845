"""A Run and a detector → alarms, as a reader, a scheduled job or the owner of a short file would get them.

*whole*: one file, judged on everything. *as of*: each day is judged by the days before it, as a nightly job would.
*short*: one window of the run, as a file of its own.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from tests.detection.as_tables import Logged, tables_of
from tests.detection.metrics import Result, judge, names

if TYPE_CHECKING:
    from datetime import datetime

    from tests.detection.alarms import Alarm, Detector
    from tests.detection.generator import Run
    from tests.detection.truth import Incident, Truth

DAY: Final = timedelta(days=1)
TOUCHING: Final = timedelta(minutes=10)
FILES: Final = 56
"""Short files of a clean run."""
MARGIN: Final = timedelta(minutes=5)
LOOKS: Final = (
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    12,
    14,
    16,
    18,
    21,
    25,
    30,
    35,
    42,
    50,
    60,
    75,
    90,
    120,
    150,
    180,
)
"""Minutes after an onset at which somebody looks."""


def whole(run: Run, detector: Detector) -> Result:
    """Judge a detector that sees everything at once."""
    return judge(run.truth, detector(tables_of(run)))


def as_of(run: Run, detector: Detector, log: Logged | None = None) -> Result:
    """Judge every day but the first by what was logged before it; nothing of later days is there to be seen."""
    log = log or Logged.of(run)
    alarms: list[Alarm] = []
    midnight = run.truth.start + DAY
    while midnight < run.truth.end:
        today = log.between(midnight, midnight + DAY)
        history = log.between(run.truth.start, midnight)
        alarms = _joined(alarms, detector(today, history), midnight)
        midnight += DAY
    return judge(since(run.truth, run.truth.start + DAY), alarms)


def _joined(alarms: list[Alarm], new: list[Alarm], midnight: datetime) -> list[Alarm]:
    """Append a day's alarms; one that goes on across midnight stays one."""
    joined = list(alarms)
    for alarm in new:
        before = next(
            (
                number
                for number, earlier in enumerate(joined)
                if earlier.kinds & alarm.kinds
                and earlier.reported == alarm.reported
                and alarm.start - midnight <= TOUCHING
                and midnight - earlier.end <= TOUCHING
            ),
            None,
        )
        if before is None:
            joined.append(alarm)
        else:
            earlier = joined[before]
            joined[before] = dataclasses.replace(
                earlier, end=alarm.end, members=(*earlier.findings, *alarm.findings)
            )
    return joined


def delay(run: Run, detector: Detector, incident: Incident, log: Logged) -> float | None:
    """Return after how many minutes somebody who looks again and again is first told of an incident.

    The detector is given the day up to that minute and the days before. None: not even after `LOOKS`.
    """
    midnight = incident.start.replace(hour=0, minute=0)
    history = log.between(run.truth.start, midnight)

    def told(minutes: int) -> bool:
        until = min(incident.start + timedelta(minutes=minutes), midnight + DAY)
        alarms = detector(log.between(midnight, until), history)
        return any(
            (alarm.reported or incident.lone) and names(finding, part, incident)
            for alarm in alarms
            for finding in alarm.findings
            for part in incident.parts
        )

    low, high = 0, len(LOOKS)  # who is told is told from then on
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if told(LOOKS[middle]) else (middle + 1, high)
    return float(LOOKS[low]) if low < len(LOOKS) else None


def short(run: Run, detector: Detector, hours: int) -> list[Result]:
    """Judge a detector on files of some hours: one around each incident that fits, or some of a clean run.

    An incident lies anywhere in its file, with a margin; one of more than half the file has nothing beside it.
    """
    log = Logged.of(run)
    random = run.site.random("short", hours)
    length = timedelta(hours=hours)
    results = []
    for start in _starts(run.truth, length, random):
        truth = cut(run.truth, start, start + length)
        if truth is not None:
            results.append(judge(truth, detector(log.between(start, start + length))))
    return results


def _starts(truth: Truth, length: timedelta, random: np.random.Generator) -> list[datetime]:
    """Return where the files begin, on whole minutes."""
    minute = timedelta(minutes=1)
    if not truth.incidents:
        number = min(FILES, (truth.end - truth.start) // length)
        places = np.sort(random.permutation((truth.end - truth.start) // length)[:number])
        return [truth.start + int(place) * length for place in places]
    starts = []
    for incident in truth.incidents:
        if incident.end - incident.start <= length / 2:
            room = length - (incident.end - incident.start) - 2 * MARGIN
            starts.append(incident.start - MARGIN - int(random.random() * (room / minute)) * minute)
    return [start for start in starts if start >= truth.start and start + length <= truth.end]


def since(truth: Truth, start: datetime) -> Truth:
    """Return what begins at or after a moment."""
    return dataclasses.replace(
        truth,
        start=start,
        incidents=tuple(incident for incident in truth.incidents if incident.start >= start),
        benign=tuple(event for event in truth.benign if event.end > start),
    )


def cut(truth: Truth, start: datetime, end: datetime) -> Truth | None:
    """Return what happened in a window; null where an incident begins or ends outside it."""
    touching = [incident for incident in truth.incidents if incident.start < end and incident.end > start]
    if any(incident.start < start or incident.end > end for incident in touching):
        return None
    benign = tuple(event for event in truth.benign if event.start < end and event.end > start)
    return dataclasses.replace(truth, start=start, end=end, incidents=tuple(touching), benign=benign)
