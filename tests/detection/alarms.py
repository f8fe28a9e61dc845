"""Findings → Alarm: what a detector said, in the words of the protocol; the only place that calls our detectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from loganalyzer.detectors import detect

if TYPE_CHECKING:
    from datetime import datetime

    from loganalyzer.findings import Finding
    from loganalyzer.tables import Tables
    from tests.detection.truth import Cause

REPORTED = frozenset({"minor", "major", "critical"})
"""Severities that count as an alarm."""


@dataclass(frozen=True)
class Alarm:
    """One thing a detector reports; `end` is exclusive. `causes` is null where it did not try to name one."""

    kinds: frozenset[str]
    start: datetime
    end: datetime
    severity: str = "minor"
    shape: str = "burst"
    causes: tuple[Cause, ...] | None = None

    @property
    def reported(self) -> bool:
        """Whether it stands at minor or above."""
        return self.severity in REPORTED


class Detector(Protocol):
    """Anything that reads Tables and raises alarms."""

    def __call__(self, tables: Tables) -> list[Alarm]:
        """Return the alarms by time."""
        ...


def ours(tables: Tables) -> list[Alarm]:
    """Return what the detectors of loganalyzer find."""
    return sorted(map(_alarm, detect(tables)), key=lambda alarm: (alarm.start, alarm.end))


def _alarm(finding: Finding) -> Alarm:
    return Alarm(frozenset({finding.kind}), finding.start, finding.end, finding.severity, finding.shape)
