"""A Task → Rows: what one run of one seed showed; plain values, so that processes can hand them over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.detection import cost, end_to_end, modes, share
from tests.detection.ablations import ABLATIONS, MORE, ablated
from tests.detection.alarms import ours, reading
from tests.detection.as_tables import Logged
from tests.detection.generator import make
from tests.detection.invariants import differing
from tests.detection.metrics import judge, names
from tests.detection.naive import BASELINES, alarms_of
from tests.detection.oracle import soonest
from tests.detection.series import series_of
from tests.detection.site import draw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tests.detection.generator import Run
    from tests.detection.metrics import Result, Verdict

Row = dict[str, Any]

LIMITS: Final = tuple(round(0.25 * 2 ** (step / 2), 3) for step in range(25))
"""Multiples of its own limit to which each baseline is swept: 0.25 to 1024."""
DELAYS: Final = 3
"""Incidents of a run whose delay is measured."""


@dataclass(frozen=True)
class Task:
    """One run to measure.

    `mode` is `whole`, `as of`, `short`, `baselines`, `ablations` (ours without some part, beside the baselines),
    `lines` (a whole log, read from its lines), `causes` (a log around each incident, read from its lines), `told` (the
    log told in other ways) or `cost` (ten million lines); `hours` is the length of the files in mode `short`;
    `events`: with incidents or clean; `benign`: with what must not be reported.
    """

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
    """Rows by what they are of: files, incidents, false alarms, reported benign events, limits, told ways, cost."""

    files: list[Row] = field(default_factory=list)
    incidents: list[Row] = field(default_factory=list)
    false: list[Row] = field(default_factory=list)
    blamed: list[Row] = field(default_factory=list)
    swept: list[Row] = field(default_factory=list)
    ablated: list[Row] = field(default_factory=list)
    told: list[Row] = field(default_factory=list)
    cost: list[Row] = field(default_factory=list)


def measure(task: Task) -> Rows:
    """Make the run of a task and judge a detector on it."""
    rows = Rows()
    if task.mode == "cost":
        seconds, mebibytes = cost.measured()
        detection, rest = share.measured()
        figures = {"seconds": seconds, "mebibytes": mebibytes, "detection": detection, "rest": rest}
        rows.cost.append({**vars(task), **figures})
        return rows
    site = draw(task.seed, task.rate, task.days, varied=task.varied)
    run = make(site, incidents=task.events, benign=task.benign)
    key = {**vars(task), "vendor": site.vendor}
    if task.mode == "baselines":
        rows.swept.extend(_sweep(run, key))
    elif task.mode == "ablations":
        rows.ablated.extend([*_ablate(run, key), *_sweep(run, key)])
    elif task.mode == "told":
        for told, kinds in differing(run).items():
            rows.told.append({**key, "told": told, "changed": "+".join(sorted(kinds))})
    else:
        for result, delays in _results(task, run):
            _add(rows, result, key, delays)
    return rows


def _results(task: Task, run: Run) -> Iterator[tuple[Result, dict[datetime, float | None]]]:
    """Yield what a mode gives, and the delay of some incidents by their onset."""
    detector = reading(run)
    if task.mode == "as of":
        log = Logged.of(run)
        result = modes.as_of(run, detector, log)
        found = [verdict.incident for verdict in result.verdicts if verdict.found][:DELAYS]
        yield result, {incident.start: modes.delay(run, detector, incident, log) for incident in found}
    elif task.mode == "short":
        yield from ((result, {}) for result in modes.short(run, detector, task.hours))
    elif task.mode == "causes":
        yield from ((result, {}) for result in end_to_end.around(run))
    else:
        yield end_to_end.whole(run) if task.mode == "lines" else modes.whole(run, detector), {}


def _add(rows: Rows, result: Result, key: Row, delays: dict[datetime, float | None]) -> None:
    """Append what one file showed."""
    harmless = [event for event in result.truth.benign if not event.allowed]
    rows.files.append(
        {
            **key,
            "days_judged": result.truth.days,
            "false": len(result.false),
            "benign_events": len(harmless),
            "decoys": sum(event.name in DECOYS for event in harmless),
        }
    )
    rows.incidents.extend(
        {**key, **_row(verdict), "delay": delays.get(verdict.incident.start)} for verdict in result.verdicts
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
        {**key, "event": event.name, "at": event.start, "kind": "+".join(sorted(alarm.kinds))}
        for event, alarm in result.blamed
    )


DECOYS: Final = frozenset({"surge", "crawl", "deploy"})
"""Benign events that must not pass for an incident of 5xx, 52x or 499."""


def _row(verdict: Verdict) -> Row:
    return {
        "name": verdict.incident.name,
        "magnitude": verdict.incident.magnitude,
        "shape": verdict.incident.shape,
        "dimension": None if verdict.incident.cause is None else verdict.incident.cause.dimension,
        "excess": sum(
            part.evidence[0].observed - part.evidence[0].expected for part in verdict.incident.parts
        ),
        "named": verdict.named,
        "said": _said(verdict),
        "detectable": verdict.detectable,
        "found": verdict.found,
        "hits": len(verdict.hits),
        "flagged": _flagged(verdict),
        "soonest": soonest(verdict.incident),
        "onset": verdict.onset,
        "offset": verdict.offset,
    }


def _flagged(verdict: Verdict) -> float | None:
    """Return after how many minutes from its onset the first window was flagged of a finding that names an incident."""
    incident = verdict.incident
    moments = [
        finding.flagged
        for alarm in verdict.hits
        for finding in alarm.findings
        if finding.flagged and any(names(finding, part, incident) for part in incident.parts)
    ]
    return (min(moments) - incident.start).total_seconds() / 60 if moments else None


def _said(verdict: Verdict) -> str | None:
    """Return the first culprit that was named."""
    causes = [cause for alarm in verdict.hits for cause in alarm.causes or ()]
    return f"{causes[0].dimension}={causes[0].value}" if causes else None


def _sweep(run: Run, key: Row) -> Iterator[Row]:
    """Judge every baseline at every limit."""
    series = series_of(Logged.of(run).fine)
    if series is None:
        return
    for name, strength in BASELINES.items():
        strengths = strength(series)
        for limit in LIMITS:
            yield _swept(key, name, limit, judge(run.truth, alarms_of(series, strengths, limit)))


def _ablate(run: Run, key: Row) -> Iterator[Row]:
    """Judge ours without each of its parts, its threshold raised step by step.

    From Tables alone: the rules for single clients, which look up lines, have none of these parts.
    """
    tables = Logged.of(run).whole()
    for name in ABLATIONS:
        for more in MORE:
            with ablated(name, more):
                yield _swept(key, name, more, judge(run.truth, ours(tables)))


def _swept(key: Row, name: str, limit: float, result: Result) -> Row:
    """Return what one detector at one limit showed."""
    known = [verdict for verdict in result.verdicts if verdict.detectable]
    return {
        **key,
        "baseline": name,
        "limit": limit,
        "days_judged": result.truth.days,
        "false": len(result.false),
        "detectable": len(known),
        "found": sum(verdict.found for verdict in known),
    }
