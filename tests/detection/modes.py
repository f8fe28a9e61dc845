"""A Run and a detector → alarms, as a reader, a scheduled job or the owner of a short file would get them.

*whole*: one file, judged on everything. *short*: one window of the run, as a file of its own.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.detection.as_tables import between, tables_of
from tests.detection.metrics import Result, judge

if TYPE_CHECKING:
    from datetime import datetime

    from tests.detection.alarms import Detector
    from tests.detection.generator import Run
    from tests.detection.truth import Truth


def whole(run: Run, detector: Detector) -> Result:
    """Judge a detector that sees everything at once."""
    return judge(run.truth, detector(tables_of(run)))


def short(run: Run, detector: Detector, hours: int) -> list[Result]:
    """Judge a detector on windows of some hours that follow each other, each a file of its own.

    A window that cuts an incident is left out: such a file has no plain truth.
    """
    tables = tables_of(run)
    results = []
    start = run.truth.start
    while start + timedelta(hours=hours) <= run.truth.end:
        end = start + timedelta(hours=hours)
        truth = cut(run.truth, start, end)
        if truth is not None:
            results.append(judge(truth, detector(between(tables, start, end))))
        start = end
    return results


def cut(truth: Truth, start: datetime, end: datetime) -> Truth | None:
    """Return what happened in a window; null where an incident begins or ends outside it."""
    touching = [incident for incident in truth.incidents if incident.start < end and incident.end > start]
    if any(incident.start < start or incident.end > end for incident in touching):
        return None
    benign = tuple(event for event in truth.benign if event.start < end and event.end > start)
    return dataclasses.replace(truth, start=start, end=end, incidents=tuple(touching), benign=benign)
