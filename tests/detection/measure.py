"""A Task → Rows: what one run of one seed showed; plain values, so that processes can hand them over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.detection import modes
from tests.detection.alarms import ours
from tests.detection.generator import make
from tests.detection.site import draw

if TYPE_CHECKING:
    from tests.detection.metrics import Result

Row = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One run to measure. `hours` is the length of the files in mode `short`; `events`: with incidents or clean."""

    mode: str
    rate: float
    seed: int
    days: int
    events: bool
    varied: bool
    hours: int = 0
    benign: bool = True


@dataclass(frozen=True)
class Rows:
    """One row per file, per incident, per false alarm, and per benign event that was reported."""

    files: list[Row]
    incidents: list[Row]
    false: list[Row]
    blamed: list[Row]


def measure(task: Task) -> Rows:
    """Make the run of a task and judge our detectors on it."""
    site = draw(task.seed, task.rate, task.days, varied=task.varied)
    run = make(site, incidents=task.events, benign=task.benign)
    results = modes.short(run, ours, task.hours) if task.mode == "short" else [modes.whole(run, ours)]
    rows = Rows([], [], [], [])
    for result in results:
        _add(rows, result, {**vars(task), "vendor": site.vendor})
    return rows


def _add(rows: Rows, result: Result, key: Row) -> None:
    """Append what one file showed."""
    harmless = [event for event in result.truth.benign if not event.allowed]
    rows.files.append(
        {
            **key,
            "days_judged": result.truth.days,
            "false": len(result.false),
            "benign_events": len(harmless),
            "blamed": len({event for event, _ in result.blamed}),
        }
    )
    rows.incidents.extend(
        {
            **key,
            "name": verdict.incident.name,
            "magnitude": verdict.incident.magnitude,
            "shape": verdict.incident.shape,
            "detectable": verdict.detectable,
            "found": verdict.found,
            "hits": len(verdict.hits),
            "onset": verdict.onset,
            "offset": verdict.offset,
        }
        for verdict in result.verdicts
    )
    rows.false.extend(
        {
            **key,
            "kind": "+".join(sorted(alarm.kinds)),
            "shape": alarm.shape,
            "severity": alarm.severity,
            "start": alarm.start,
            "end": alarm.end,
        }
        for alarm in result.false
    )
    rows.blamed.extend(
        {**key, "event": event.name, "kind": "+".join(sorted(alarm.kinds)), "start": alarm.start}
        for event, alarm in result.blamed
    )
