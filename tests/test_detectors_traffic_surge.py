"""traffic-surge: the surge that is told, as a notice, and the crowd that is none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loganalyzer import baseline
from loganalyzer.detectors import traffic_surge
from tests.minute_counts import DAY
from tests.traffic_counts import at, found, left, traffic

COUNTS = traffic(rate=200, days=7, seed=1)


def test_three_times_the_traffic_is_a_notice() -> None:
    assert found(traffic_surge.detect, COUNTS) == []
    (surge,) = found(traffic_surge.detect, left(COUNTS, 4 * DAY + 600, 90, 3.0))
    assert (surge.kind, surge.family, surge.severity) == ("traffic-surge", "total", "notice")
    assert abs(surge.start - at(4 * DAY + 600)) <= timedelta(minutes=2)
    assert abs(surge.end - at(4 * DAY + 690)) <= timedelta(minutes=2)
    assert surge.ratio == pytest.approx(3, rel=0.25)
    model = surge.model
    assert model.direction == "up"
    assert surge.score == pytest.approx(
        float(baseline.score(model.y, model.m, model.phi, model.kappa, model.M))
    )


def test_half_as_much_again_is_none() -> None:
    assert found(traffic_surge.detect, left(COUNTS, 4 * DAY + 600, 90, 1.5)) == []


def test_one_client_of_five_minutes_is_none() -> None:
    assert found(traffic_surge.detect, left(COUNTS, 4 * DAY + 600, 5, 5.0)) == []
