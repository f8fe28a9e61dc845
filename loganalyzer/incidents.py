"""Findings → incidents: what belongs together, under the finding that leads, graded by the worst of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loganalyzer.findings import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from loganalyzer.findings import Finding, Severity


@dataclass(frozen=True)
class Incident:
    """Findings of one time and one cause, whatever logs they are in.

    `lead` is the finding that explains the others, `findings` all of them with the lead first, by id; `start` and
    `end` (exclusive) span them, UTC.
    """

    severity: Severity
    start: datetime
    end: datetime
    ongoing: bool
    lead: str
    findings: tuple[str, ...]

    @property
    def id(self) -> str:
        """Hash of the lead: stable over runs on the same log."""
        return hashlib.sha256(f"incident {self.lead}".encode()).hexdigest()[:12]


def grouped(findings: Sequence[Finding]) -> tuple[Incident, ...]:
    """Return the incidents that findings make, sorted by start and id; each finding is in exactly one."""
    return tuple(
        sorted(
            (_incident([finding]) for finding in findings), key=lambda incident: (incident.start, incident.id)
        )
    )


def _incident(members: Sequence[Finding]) -> Incident:
    lead = members[0]
    return Incident(
        severity=max((member.severity for member in members), key=SEVERITIES.index),
        start=min(member.start for member in members),
        end=max(member.end for member in members),
        ongoing=any(member.ongoing for member in members),
        lead=lead.id,
        findings=tuple(member.id for member in members),
    )
