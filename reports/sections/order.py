"""Findings and vendors in the order in which every section names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.analysis import LEADS, SEVERITIES

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis, Finding, Incident, SourceSummary
    from reports.words import Words

CARDS: Final = 25
"""Findings told in full; the page of a log that never rests must still open."""

VENDORS: Final = ("cloudflare", "nginx", "apache", "cisco_wsa")
"""From the edge inwards."""


def gravest_first(analysis: Analysis) -> tuple[Finding, ...]:
    """Return the findings by falling severity, then by kind, onset and log."""

    def place(finding: Finding) -> tuple[object, ...]:
        lead = LEADS.index(finding.kind) if finding.kind in LEADS else len(LEADS)
        whose = (vendor_place(finding.vendor or ""), finding.server or "", finding.host or "")
        return (-SEVERITIES.index(finding.severity), lead, finding.kind, finding.start, *whose)

    return tuple(sorted(analysis.findings, key=place))


def incidents_first(analysis: Analysis) -> tuple[Incident, ...]:
    """Return the incidents by falling severity, then by onset."""
    return tuple(
        sorted(analysis.incidents, key=lambda one: (-SEVERITIES.index(one.severity), one.start, one.id))
    )


def members_of(analysis: Analysis, incident: Incident) -> tuple[Finding, ...]:
    """Return the findings of an incident, its lead first."""
    return tuple(analysis.finding_of[name] for name in incident.findings)


def numbered(analysis: Analysis) -> tuple[tuple[int, tuple[Finding, ...]], ...]:
    """Return what has a number on the page: incidents, gravest first, then the findings that belong to none.

    Each with those of its findings that have a card, the lead first.
    """
    carded = gravest_first(analysis)[:CARDS]
    shown = {finding.id for finding in carded}
    members = [
        tuple(one for one in members_of(analysis, incident) if one.id in shown)
        for incident in incidents_first(analysis)
    ]
    alone = [(finding,) for finding in carded if finding.id not in analysis.incident_of]
    return tuple(enumerate([*(some for some in members if some), *alone], 1))


def place_of(analysis: Analysis, members: tuple[Finding, ...]) -> str:
    """Return the anchor of an incident, or of a finding that stands by itself."""
    if len(members) == 1:
        return anchor(members[0])
    return f"incident-{analysis.incident_of[members[0].id].id}"


def vendor_place(vendor: str) -> tuple[int, str]:
    """Return a key that sorts vendors."""
    return (VENDORS.index(vendor) if vendor in VENDORS else len(VENDORS), vendor)


def vendors(analysis: Analysis) -> tuple[str, ...]:
    """Return the vendors that have records."""
    return tuple(sorted({row.vendor for row in analysis.classes if row.records}, key=vendor_place))


def shares_of(analysis: Analysis, vendor: str) -> tuple[str, dict[str, int]]:
    """Return the noun of what the shares of a log are of, and how many of them each class has.

    Requests, as everywhere; of a log that holds none, its records.
    """
    for noun, rows in (("request", analysis.requests), ("record", analysis.classes)):
        counted = {row.status_class: row.records for row in rows if row.vendor == vendor and row.records}
        if counted:
            return noun, counted
    return "record", {}


def only_requests(analysis: Analysis) -> bool:
    """Whether every record is a request of a client: else handshakes, tunnels, probes or subrequests are there."""
    return all(row.role == "request" for row in analysis.roles if row.records)


def every_role(analysis: Analysis, words: Words) -> str:
    """Return that more than requests is counted, where that is so."""
    return "" if only_requests(analysis) else words("classes.every_role")


def opened(analysis: Analysis) -> tuple[SourceSummary, ...]:
    """Return the sources of which anything was read; a path that does not exist is none of them."""
    return tuple(
        source for source in analysis.sources if source.problem is None or source.bytes or source.ledger.lines
    )


def no_logs(analysis: Analysis) -> tuple[SourceSummary, ...]:
    """Return the files of a folder that are something else than an access log."""
    left_out = {note.facts["path"] for note in analysis.notes if note.kind == "not-a-log"}
    return tuple(
        source
        for source in analysis.sources
        if source.path in left_out and source.problem is None and not source.ledger.records
    )


def anchor(finding: Finding) -> str:
    """Return the anchor of a finding; that of the first of its kind is also the kind itself."""
    return f"{finding.kind}-{finding.id}"
