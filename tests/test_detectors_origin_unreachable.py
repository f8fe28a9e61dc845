"""origin-unreachable: Cloudflare and WSA when nobody answers behind them, and the twins that are quiet."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loganalyzer.detectors import origin_unreachable
from loganalyzer.detectors.series import see
from tests.minute_counts import START, Background, Incident, Site, site, tables

EDGE = (
    Background(200, 0, 0),
    Background(522, 0.0006, 0.0006, unreached=True),
    Background(502, 0.0005, 0.0005),
)


@pytest.mark.parametrize(("vendor", "status"), [("cloudflare", 522), ("cisco_wsa", 503)])
def test_an_origin_that_does_not_answer_is_found(vendor: str, status: int) -> None:
    background = (Background(status, 0.0006, 0.0006, unreached=True),)
    quiet = Site(rate=60, days=1, vendor=vendor, background=background)
    assert origin_unreachable.detect(see(site(quiet, 1))) == []
    incident = Incident(status, 600, 18, 0.3, unreached=True)
    (found,) = origin_unreachable.detect(see(site(Site(60, 1, vendor, background, (incident,)), 1)))
    assert (found.kind, found.family, found.vendor) == ("origin-unreachable", "52x", vendor)
    assert abs(found.start - (START + timedelta(minutes=600))) <= timedelta(minutes=1)
    assert abs(found.end - (START + timedelta(minutes=618))) <= timedelta(minutes=1)
    assert found.statuses == ((status, int(found.observed)),)
    assert found.severity == "critical"


def test_a_gateway_that_answers_itself_is_another_question() -> None:
    answering = Incident(502, 600, 18, 0.3)
    assert origin_unreachable.detect(see(site(Site(60, 1, "cloudflare", EDGE, (answering,)), 2))) == []


@pytest.mark.parametrize("vendor", ["nginx", "apache"])
def test_other_vendors_cannot_tell(vendor: str) -> None:
    rows = [(vendor, None, minute, 50, 522, True, 1.0) for minute in range(300)]
    assert origin_unreachable.detect(see(tables(rows))) == []


def test_one_in_twelve_unreached_for_most_of_an_hour_is_major() -> None:
    rows = [("cloudflare", None, minute, 11, 200, False, 1.0) for minute in range(300)]
    calm = [("cloudflare", None, minute, 1, 200, False, 1.0) for minute in range(300)]
    sick = [
        ("cloudflare", None, minute, 1, 522 if 100 <= minute < 150 else 200, 100 <= minute < 150, 1.0)
        for minute in range(300)
    ]
    assert origin_unreachable.detect(see(tables([*rows, *calm]))) == []
    (found,) = origin_unreachable.detect(see(tables([*rows, *sick])))
    assert (found.observed, found.requests, found.severity) == (50, 600, "major")


def test_unreached_throughout_belongs_to_the_larger_part() -> None:
    rows = [
        ("cloudflare", None, minute, records, status, unreached, 1.0)
        for minute in range(600)
        for records, status, unreached in ((96, 200, False), (3, 522, True), (1, 500, False))
    ]
    (found,) = origin_unreachable.detect(see(tables(rows)))
    assert (found.shape, found.family) == ("throughout", "52x")
    assert found.statuses == ((522, 1800), (500, 600))
    assert found.observed == 2400
