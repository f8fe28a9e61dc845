"""Findings → incidents: what belongs together, under the finding that leads, graded by the worst of them.

Two findings belong together where they share most of their time, or begin within minutes of each other, and nothing
names different culprits for them; whose logs they are in does not matter. The lead is the finding nearest to the
cause: an origin that does not answer explains the visitors who give up, not the other way round. Notices make no
incident: they join one, or stand alone.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from loganalyzer.findings import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from loganalyzer.findings import Finding, Severity

LEADS: Final = (
    "origin-unreachable",
    "log-silence",
    "traffic-drop",
    "server-error-burst",
    "client-closed-spike",
    "latency-shift",
    "auth-failure-surge",
    "rate-limit-storm",
    "forbidden-surge",
    "not-found-surge",
    "bad-request-surge",
    "auth-loop",
    "retry-storm",
    "not-found-scan",
    "traffic-surge",
    "unreadable-lines",
)
"""Kinds from the cause outwards; any other follows. An edge that gets no answer knows more than a server that gives a
bad one, and both more than those who asked."""

SHARED: Final = 0.5
"""Part of the shorter finding that lies in the longer one where they are one event."""
ALIKE: Final = 4.0
"""Times the longer finding may be the shorter: ten minutes inside a day of something else are another matter."""
TOGETHER: Final = timedelta(minutes=5)
"""Distance of onsets that is one moment: logs are written at the start or at the end of requests that hang."""
RETRIES: Final = timedelta(minutes=30)
"""Time after an outage in which those who were turned away come back at once."""

OUTAGES: Final = frozenset({"origin-unreachable", "log-silence", "traffic-drop", "server-error-burst"})


@dataclass(frozen=True)
class Incident:
    """Findings of one time and one cause, whatever logs they are in.

    `lead` is the finding that explains the others, of the gravest the one nearest to the cause; `findings` are all of
    them with the lead first, by id; `start` and `end` (exclusive) span them, UTC.
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


def grouped(findings: Iterable[Finding]) -> tuple[Incident, ...]:
    """Return the incidents that findings make, sorted by start and id; no finding is in two of them."""
    by_start = sorted(findings, key=lambda finding: finding.start)
    starts = [finding.start for finding in by_start]
    taken = [False] * len(by_start)
    incidents: list[Incident] = []
    for place, lead in sorted(enumerate(by_start), key=lambda numbered: _place(numbered[1])):
        if taken[place]:
            continue
        if lead.severity == "notice":  # and so are all that are left
            break
        # Like the lead, not like one another: a chain would tie the morning to the evening.
        reach = max(ALIKE * (lead.end - lead.start), TOGETHER)
        first, last = bisect_left(starts, lead.start - reach), bisect_right(starts, lead.end + RETRIES)
        near = [
            other
            for other in range(first, last)
            if other != place and not taken[other] and _belongs(by_start[other], lead)
        ]
        for member in (place, *near):
            taken[member] = True
        incidents.append(_incident([lead, *(by_start[member] for member in near)]))
    return tuple(sorted(incidents, key=lambda incident: (incident.start, incident.id)))


def _place(finding: Finding) -> tuple[object, ...]:
    """Return what sorts findings: those that make incidents first, then from the cause outwards, then by excess."""
    notice = finding.severity == "notice"
    kind = LEADS.index(finding.kind) if finding.kind in LEADS else len(LEADS)
    gateway = finding.kind == "server-error-burst" and not _from_gateway(finding)
    excess = abs(finding.observed - finding.expected)
    whose = (finding.vendor or "", finding.server or "", finding.host or "")
    return (notice, kind, gateway, -excess, finding.start, whose, finding.id)


def _from_gateway(finding: Finding) -> bool:
    """Tell whether most of a finding's server errors are those of a gateway: 502, 503 or 504."""
    total = sum(count for _, count in finding.statuses)
    return 2 * sum(count for status, count in finding.statuses if status in {502, 503, 504}) > total


def _belongs(finding: Finding, lead: Finding) -> bool:
    """Tell whether a finding is of the same event as a lead."""
    if _contradicts(finding, lead):
        return False
    if finding.kind == "traffic-surge" and lead.kind in OUTAGES:
        return lead.start <= finding.start <= lead.end + RETRIES
    if finding.kind == "blips" or lead.kind == "blips":  # blips are many moments
        return False
    short, long = sorted((finding.end - finding.start, lead.end - lead.start))
    both = min(finding.end, lead.end) - max(finding.start, lead.start)
    alike = long <= ALIKE * short
    if abs(finding.start - lead.start) <= TOGETHER:
        return alike or finding.end <= lead.end
    return alike and both >= SHARED * short


def _contradicts(finding: Finding, lead: Finding) -> bool:
    """Tell whether the two name different culprits of the same sort."""
    here, there = _blamed(finding), _blamed(lead)
    return any(here[dimension] != there[dimension] for dimension in here.keys() & there.keys())


def _blamed(finding: Finding) -> dict[str, str]:
    """Return whom a finding names, by dimension."""
    if finding.client is not None:
        return {"client": finding.client}
    return {cause.dimension: cause.value for cause in finding.causes[:1]}


def _incident(members: Sequence[Finding]) -> Incident:
    severity = max((member.severity for member in members), key=SEVERITIES.index)
    # A dip of five minutes explains no outage of twenty, however much nearer to the cause its kind is.
    lead = min((member for member in members if member.severity == severity), key=_place)
    rest = sorted((one for one in members if one is not lead), key=lambda one: (one.start, _place(one)))
    return Incident(
        severity=severity,
        start=min(member.start for member in members),
        end=max(member.end for member in members),
        ongoing=any(member.ongoing for member in members),
        lead=lead.id,
        findings=(lead.id, *(member.id for member in rest)),
    )
