"""Findings that are one event are one incident, under the one nearest to the cause; others stay apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import parsers
from loganalyzer.analysis import Cause, analyze
from loganalyzer.incidents import grouped
from tests.analysis_factory import START, finding

if TYPE_CHECKING:
    from loganalyzer.analysis import Finding, Severity, Shape


SAMPLES = Path(__file__).parent.parent / "sample_logs"


def one(  # noqa: PLR0913  (what a test chooses)
    kind: str = "server-error-burst",
    vendor: str = "nginx",
    begin: int = 0,
    minutes: int = 18,
    severity: Severity = "major",
    *,
    shape: Shape = "burst",
    status: int = 502,
    observed: int = 200,
) -> Finding:
    start = START + timedelta(minutes=begin)
    made = finding(kind, vendor, severity, ((status, observed),))
    return replace(made, start=start, end=start + timedelta(minutes=minutes), shape=shape)


def blamed(made: Finding, dimension: str, value: str) -> Finding:
    return replace(made, causes=(Cause(dimension, value, 0.9, 0.1, 8.0, 90, 100, 1, 89, 0),))


def members(*findings: Finding) -> list[list[str]]:
    names = {made.id: f"{made.vendor} {made.kind}" for made in findings}
    return [[names[name] for name in incident.findings] for incident in grouped(findings)]


def test_one_outage_in_three_logs_is_one_incident_led_by_the_edge_in_any_order() -> None:
    edge = one("origin-unreachable", "cloudflare", 1, 17, "critical", status=522)
    server = one("server-error-burst", "nginx", 0, 18)
    left = one("client-closed-spike", "nginx", 4, 16, "minor", status=499)
    for order in permutations((edge, server, left)):
        (incident,) = grouped(order)
        assert incident.lead == edge.id
        assert incident.findings == (edge.id, server.id, left.id)
        assert (incident.start, incident.end) == (server.start, left.end)
        assert incident.severity == "critical"
    assert grouped((edge, server, left))[0].id != grouped((server, left))[0].id


def test_what_lies_apart_is_apart() -> None:
    assert members(one(begin=0), one("client-closed-spike", begin=60)) == [
        ["nginx server-error-burst"],
        ["nginx client-closed-spike"],
    ]


def test_ten_minutes_within_a_day_of_something_else_are_another_matter() -> None:
    scan = one("not-found-surge", begin=-300, minutes=720, severity="minor", status=404)
    burst = one(begin=30, minutes=10)
    assert len(grouped((scan, burst))) == 2


def test_different_culprits_are_different_incidents() -> None:
    here, there = one(begin=0), one("client-closed-spike", begin=2)
    assert len(grouped((here, there))) == 1
    assert len(grouped((blamed(here, "path", "/cart"), there))) == 1
    assert len(grouped((blamed(here, "path", "/cart"), blamed(there, "path", "/cart")))) == 1
    assert len(grouped((blamed(here, "path", "/cart"), blamed(there, "path", "/help")))) == 2
    assert len(grouped((blamed(here, "path", "/cart"), blamed(there, "upstream", "192.0.2.1:80")))) == 1


def test_a_chain_does_not_tie_the_morning_to_the_evening() -> None:
    chain = [one(vendor=f"v{number}", begin=12 * number, minutes=20) for number in range(6)]
    assert len(grouped(chain)) > 1


def test_who_comes_back_after_an_outage_belongs_to_it() -> None:
    outage = one(begin=0, minutes=18)
    surge = one("traffic-surge", begin=30, minutes=15, severity="notice", status=200)
    assert members(outage, surge) == [["nginx server-error-burst", "nginx traffic-surge"]]
    late = replace(surge, start=surge.start + timedelta(hours=2), end=surge.end + timedelta(hours=2))
    assert members(outage, late) == [["nginx server-error-burst"]]


def test_notices_alone_are_no_incident() -> None:
    assert grouped([one("traffic-surge", severity="notice"), one("blips", severity="notice")]) == ()
    assert grouped([]) == ()


def test_of_two_bursts_the_gateways_lead() -> None:
    gateway, application = one(status=504, observed=100), one(vendor="apache", status=500, observed=300)
    assert grouped((application, gateway))[0].lead == gateway.id


def test_every_finding_that_is_no_notice_is_in_exactly_one_incident() -> None:
    findings = [
        one(kind, vendor, begin, minutes)
        for kind in ("server-error-burst", "not-found-surge")
        for vendor in ("nginx", "apache")
        for begin, minutes in ((0, 18), (10, 200), (300, 5))
    ]
    named = [name for incident in grouped(findings) for name in incident.findings]
    assert sorted(named) == sorted(made.id for made in findings)


def test_the_outage_of_the_sample_day_is_one_incident_of_four_logs() -> None:
    vendors = ("nginx", "apache", "cloudflare", "cisco_wsa")
    found = analyze(parsers.scan([str(SAMPLES / vendor) for vendor in vendors]))
    (incident,) = found.incidents
    by_id = {made.id: made for made in found.findings}
    assert {by_id[name].vendor for name in incident.findings} == set(vendors)
    lead = by_id[incident.lead]
    assert (lead.kind, lead.vendor) == ("origin-unreachable", "cloudflare")
    begun = datetime.fromisoformat("2026-03-10T14:03:00Z")
    assert abs(incident.start - begun) <= timedelta(minutes=1)
    assert abs(incident.end - begun - timedelta(minutes=18)) <= timedelta(minutes=1)
