"""client-closed-spike: clients that hang up, found with their numbers; and the twins that are quiet."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from loganalyzer.detectors import client_closed_spike
from loganalyzer.detectors.series import see
from tests.minute_counts import START, Background, Incident, Site, site, tables

USUAL = (Background(499, 0.01, 0.001),)


@pytest.mark.parametrize("vendor", ["nginx", "cloudflare"])
def test_impatient_clients_are_found(vendor: str) -> None:
    quiet = Site(rate=100, days=3, vendor=vendor, background=USUAL)
    assert client_closed_spike.detect(see(site(quiet, 1))) == []
    (found,) = client_closed_spike.detect(
        see(site(replace(quiet, incidents=(Incident(499, 2000, 32, 0.1),)), 1))
    )
    assert (found.kind, found.family, found.shape) == ("client-closed-spike", "499", "burst")
    assert abs(found.start - (START + timedelta(minutes=2000))) <= timedelta(minutes=2)
    assert abs(found.end - (START + timedelta(minutes=2032))) <= timedelta(minutes=5)
    assert found.statuses == ((499, int(found.observed)),)
    assert found.ratio is not None
    assert 5 < found.ratio < 20
    assert found.model.history == "no weekend seen yet"


@pytest.mark.parametrize("vendor", ["apache", "cisco_wsa"])
def test_logs_that_cannot_carry_499_are_not_asked(vendor: str) -> None:
    rows = [(vendor, None, minute, 50, 499, False, 1.0) for minute in range(300)]
    assert client_closed_spike.detect(see(tables(rows))) == []


def test_three_in_a_hundred_all_day_are_usual_and_eight_are_not() -> None:
    usual = replace(Site(rate=60, days=1), background=(Background(499, 0.03, 0.03),))
    assert client_closed_spike.detect(see(site(usual, 2))) == []
    (found,) = client_closed_spike.detect(
        see(site(replace(usual, background=(Background(499, 0.08, 0.08),)), 2))
    )
    assert found.shape == "throughout"


def test_five_hundreds_do_not_make_it_worse() -> None:
    incidents = (Incident(500, 2000, 32, 0.5),)
    assert client_closed_spike.detect(see(site(Site(100, 3, background=USUAL, incidents=incidents), 3))) == []
