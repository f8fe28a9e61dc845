"""Findings → Alarm: what a detector said, in the words of the protocol; the only place that calls our detectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from loganalyzer.detectors import detect
from loganalyzer.incidents import grouped
from tests.detection.truth import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from loganalyzer.findings import Finding
    from loganalyzer.tables import Tables

REPORTED = frozenset({"minor", "major", "critical"})
"""Severities that count as an alarm."""


@dataclass(frozen=True)
class Alarm:
    """One thing a detector reports; `end` is exclusive.

    `causes` is null where it did not try to name one, `members` are the findings of which it is made, if there are
    several.
    """

    kinds: frozenset[str]
    start: datetime
    end: datetime
    severity: str = "minor"
    shape: str = "burst"
    causes: tuple[Cause, ...] | None = None
    members: tuple[Alarm, ...] = ()

    @property
    def reported(self) -> bool:
        """Whether it stands at minor or above."""
        return self.severity in REPORTED

    @property
    def findings(self) -> tuple[Alarm, ...]:
        """Return what it says about single families."""
        return self.members or (self,)


class Detector(Protocol):
    """Anything that reads Tables and raises alarms; with `history` that alone says what is usual."""

    def __call__(self, tables: Tables, history: Tables | None = None) -> list[Alarm]:
        """Return the alarms by time."""
        ...


def ours(tables: Tables, history: Tables | None = None) -> list[Alarm]:
    """Return the incidents that loganalyzer finds, and the notices that stand alone."""
    return alarms_of(detect(tables, history), named=False)


def alarms_of(findings: Iterable[Finding], *, named: bool) -> list[Alarm]:
    """Return findings as incidents, and notices alone; `named`: somebody has looked for causes."""
    by_id = {finding.id: finding for finding in findings}
    alarms = []
    for incident in grouped(by_id.values()):
        members = [_alarm(by_id.pop(number), named=named) for number in incident.findings]
        lead = members[0]
        alarms.append(
            Alarm(
                frozenset[str]().union(*(member.kinds for member in members)),
                incident.start,
                incident.end,
                incident.severity,
                lead.shape,
                lead.causes,
                tuple(members),
            )
        )
    alarms += [_alarm(finding, named=named) for finding in by_id.values()]
    return sorted(alarms, key=lambda alarm: (alarm.start, alarm.end, sorted(alarm.kinds)))


def _alarm(finding: Finding, *, named: bool) -> Alarm:
    causes = tuple(Cause(cause.dimension, cause.value) for cause in finding.causes) if named else None
    return Alarm(
        frozenset({finding.kind}), finding.start, finding.end, finding.severity, finding.shape, causes
    )
