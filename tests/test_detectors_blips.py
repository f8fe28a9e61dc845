"""blips: restarts in one line, and the bursts that are none."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from loganalyzer import baseline
from loganalyzer.detectors import detect
from loganalyzer.detectors.blips import gathered
from tests.minute_counts import START, Incident, Site, site, tables

if TYPE_CHECKING:
    from tests.minute_counts import Row

RESTARTS = (Incident(502, 300, 1, 0.4), Incident(502, 700, 2, 0.3), Incident(503, 1100, 1, 0.4))


def test_restarts_are_one_line() -> None:
    (found,) = detect(site(Site(rate=200, days=1, incidents=RESTARTS), 1))
    assert (found.kind, found.severity, found.ongoing) == ("blips", "notice", False)
    starts = [round((start - START) / timedelta(minutes=1)) for start, _ in found.stretches]
    assert starts == [300, 700, 1100]
    assert all(end - start <= timedelta(minutes=2) for start, end in found.stretches)
    assert (found.start, found.end) == (found.stretches[0][0], found.stretches[-1][1])
    assert found.observed == sum(count for _, count in found.statuses)
    assert {502, 503} <= {status for status, _ in found.statuses}
    assert found.requests < 4 * 200 * 2  # of its minutes, not of the day


def test_a_burst_is_no_blip_and_a_blip_no_burst() -> None:
    incidents = (*RESTARTS, Incident(502, 900, 8, 0.3))
    found = detect(site(Site(rate=200, days=1, incidents=incidents), 2))
    assert sorted(finding.kind for finding in found) == ["blips", "server-error-burst"]


def test_a_short_failure_that_weighs_is_a_burst() -> None:
    rows: list[Row] = [("apache", None, minute, 2, 200, False, 1.0) for minute in range(600)]
    rows += [("apache", None, 300, 40, 500, False, 1.0)]  # a fourth of the hour's requests
    (found,) = detect(tables(rows))
    assert (found.kind, found.observed) == ("server-error-burst", 40)
    assert found.end - found.start == timedelta(minutes=1)


@pytest.mark.parametrize("after", [((301, 1), (302, 1)), ((303, 1), (305, 1), (307, 2))])
def test_stragglers_hide_no_blip(after: tuple[tuple[int, int], ...]) -> None:
    rows: list[Row] = [("apache", None, minute, 2, 200, False, 1.0) for minute in range(600)]
    rows += [("apache", None, minute, failed, 500, False, 1.0) for minute, failed in ((300, 38), *after)]
    (found,) = detect(tables(rows))
    assert found.kind == "blips"
    assert found.start == START + timedelta(minutes=300)
    model = found.model
    score = baseline.score(model.y, model.m, model.phi, model.kappa, model.M)
    assert found.score == pytest.approx(float(score))


def test_each_vendor_has_its_line_and_servers_share_it() -> None:
    rows: list[Row] = []
    for vendor, server in (("nginx", "web-1"), ("nginx", "web-2"), ("apache", None)):
        rows += [(vendor, server, minute, 200, 200, False, 1.0) for minute in range(900)]
        rows += [(vendor, server, 200 if server == "web-1" else 500, 60, 502, False, 1.0)]
    found = detect(tables(rows))
    assert [(finding.vendor, len(finding.stretches)) for finding in found] == [("nginx", 2), ("apache", 1)]
    assert found[0].server is None


def test_gathering_twice_changes_nothing() -> None:
    found = list(detect(site(Site(rate=200, days=1, incidents=RESTARTS), 1)))
    assert gathered(found) == found
