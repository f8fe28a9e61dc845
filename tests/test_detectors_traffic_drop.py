"""traffic-drop: the drop that is found on its minutes, with its numbers, and the twins that are quiet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from loganalyzer import baseline, rhythm
from loganalyzer.detectors import detect, traffic_drop
from loganalyzer.detectors.series import see
from tests.analysis_factory import finding
from tests.minute_counts import DAY, Minutes, tables
from tests.traffic_counts import at, found, left, traffic


def drops(counts: Minutes) -> list[str]:
    return [
        f"{drop.start:%d %H:%M}–{drop.end:%d %H:%M} {drop.severity}"
        for drop in found(traffic_drop.detect, counts)
    ]


def test_a_third_of_the_traffic_is_found_on_its_minutes() -> None:
    counts = traffic(rate=300, days=14, seed=1)
    assert drops(counts) == []
    (drop,) = found(traffic_drop.detect, left(counts, 9 * DAY + 600, 40, 0.35))
    assert (drop.kind, drop.family, drop.vendor, drop.shape) == ("traffic-drop", "total", "nginx", "burst")
    assert abs(drop.start - at(9 * DAY + 600)) <= timedelta(minutes=1)
    assert abs(drop.end - at(9 * DAY + 640)) <= timedelta(minutes=1)
    assert drop.severity == "major"
    assert drop.observed == drop.requests
    assert drop.ratio == pytest.approx(0.35, abs=0.05)
    assert drop.model.history == "one week of history"
    assert drop.statuses == ()
    assert not drop.ongoing


def test_the_score_can_be_recomputed_from_the_finding() -> None:
    counts = left(traffic(rate=300, days=14, seed=1), 9 * DAY + 600, 40, 0.35)
    (drop,) = found(traffic_drop.detect, counts)
    model = drop.model
    score = baseline.score_below(model.y, model.m, model.phi, model.kappa, model.M)
    assert drop.score == pytest.approx(float(score))
    assert model.rhythm is not None
    assert model.m == pytest.approx(model.rhythm * model.level)
    assert (model.a, model.b, model.limit, model.direction) == (0, 0, None, "down")
    assert drop.score >= model.threshold == pytest.approx(baseline.threshold(see(counts).tested))


@pytest.mark.parametrize(("share", "minutes", "severity"), [(0.05, 20, "critical"), (0.4, 20, "major")])
def test_severity_is_what_was_lost(share: float, minutes: int, severity: str) -> None:
    (drop,) = found(
        traffic_drop.detect, left(traffic(rate=300, days=7, seed=2), 5 * DAY + 700, minutes, share)
    )
    assert drop.severity == severity


def test_an_outage_that_comes_and_goes_is_one() -> None:
    counts = traffic(rate=600, days=14, seed=3)
    for start in range(6 * DAY + 700, 6 * DAY + 742, 7):
        counts = left(counts, start, 3, 0.1)
    (drop,) = found(traffic_drop.detect, counts)
    assert abs(drop.start - at(6 * DAY + 700)) <= timedelta(minutes=2)
    assert abs(drop.end - at(6 * DAY + 738)) <= timedelta(minutes=4)


def test_what_lies_between_the_parts_of_an_outage_excuses_none_of_them() -> None:
    """On a busy day as many requests come in all as on any other, whatever is lost in between."""
    counts = left(traffic(rate=600, days=14, seed=3), 6 * DAY + 600, 300, 1.5)
    for start in range(6 * DAY + 700, 6 * DAY + 742, 7):
        counts = left(counts, start, 3, 0.1)
    (drop,) = found(traffic_drop.detect, counts)
    assert abs(drop.start - at(6 * DAY + 700)) <= timedelta(minutes=2)
    assert abs(drop.end - at(6 * DAY + 738)) <= timedelta(minutes=4)
    assert drop.observed < 0.8 * drop.expected


def test_an_outage_at_the_end_goes_on() -> None:
    (drop,) = found(traffic_drop.detect, left(traffic(rate=300, days=7, seed=4), 7 * DAY - 40, 40, 0.2))
    assert drop.ongoing
    assert drop.end == at(7 * DAY - 1)  # the last minute is a part of one


def test_a_day_of_log_is_enough_for_what_is_abrupt() -> None:
    counts = traffic(rate=300, days=1, seed=5)
    assert drops(counts) == []
    (drop,) = found(traffic_drop.detect, left(counts, 800, 30, 0.1))
    assert abs(drop.start - at(800)) <= timedelta(minutes=1)
    assert drop.model.history == "compared with the rest of this file"


def test_what_comes_after_a_surge_is_no_drop() -> None:
    counts = traffic(rate=300, days=14, seed=6)
    surge = left(counts, 8 * DAY + 600, 120, 4.0)
    assert drops(surge) == []


def test_the_last_requests_of_apache_are_not_yet_written() -> None:
    counts = left(traffic(rate=300, days=3, seed=7, vendor="apache"), 3 * DAY - 4, 4, 0.2)
    row = {"vendor": "apache", "route": "/report", "minute": at(0), "bin": 4 * 18, "records": 100}
    slow = pl.DataFrame([row], schema=counts.latency.schema)  # four minutes
    assert drops(counts) != []
    assert drops(replace(counts, latency=slow)) == []


def test_a_restart_of_two_minutes_is_no_drop() -> None:
    counts = traffic(rate=600, days=7, seed=8)
    assert drops(left(counts, 5 * DAY + 700, 2, 0.0)) == []


@pytest.mark.parametrize("rate", [2, 20, 200, 3000])
def test_clean_weeks_are_quiet(rate: int) -> None:
    for seed in range(3):
        assert drops(traffic(rate=rate, days=14, seed=100 + seed)) == []


@pytest.mark.parametrize("days", [0.05, 0.125, 0.5, 1, 1.5, 2, 3])
def test_short_clean_logs_are_quiet(days: float) -> None:
    for seed in range(3):
        assert drops(traffic(rate=200, days=days, seed=200 + seed)) == []


@pytest.mark.parametrize("hours", [6, 12, 24])
def test_the_evening_at_the_end_of_a_short_file_is_no_drop(hours: int) -> None:
    counts = traffic(300, 1, 7)
    evening = at(24 * 60)
    short = counts.minutes.filter(
        pl.col("minute").is_between(evening - timedelta(hours=hours), evening, closed="left")
    )
    slope = 1 - 0.6 * pl.int_range(pl.len()) / pl.len()  # it falls to two fifths, evenly
    falling = short.with_columns(records=(pl.col("records") * slope).round().cast(pl.Int64))
    falling = falling.filter(pl.col("records") > 0).with_columns(weight=pl.col("records").cast(pl.Float64))
    assert found(traffic_drop.detect, replace(counts, minutes=falling)) == []


def test_no_record_no_drop() -> None:
    assert drops(tables([])) == []
    assert drops(tables([("nginx", None, 3, 10, 200, False, 1.0)])) == []


def test_history_tells_what_is_usual_and_later_minutes_change_nothing() -> None:
    whole = left(traffic(rate=300, days=9, seed=9), 8 * DAY + 300, 30, 0.2).minutes
    history = Minutes(whole.filter(pl.col("minute") < at(8 * DAY)))
    day = whole.filter(pl.col("minute") >= at(8 * DAY))
    (drop,) = [one for one in detect(Minutes(day), history) if one.severity != "notice"]
    assert abs(drop.start - at(8 * DAY + 300)) <= timedelta(minutes=1)
    assert drop.flagged is not None
    assert drop.flagged - drop.start <= timedelta(minutes=5)
    until = day.filter(pl.col("minute") < at(8 * DAY + 700))
    (same,) = [one for one in detect(Minutes(until), history) if one.severity != "notice"]
    assert same == drop


@pytest.mark.parametrize("left_over", [0.6, 0.1])
def test_before_a_week_is_known_only_half_the_traffic_gone_is_a_drop(left_over: float) -> None:
    """Of two or three days nobody can tell which of their hours come back."""
    for day in (3, 8):
        whole = left(traffic(rate=300, days=9, seed=9), day * DAY + 600, 40, left_over).minutes
        history = Minutes(whole.filter(pl.col("minute") < at(day * DAY)))
        today = Minutes(
            whole.filter(pl.col("minute").is_between(at(day * DAY), at((day + 1) * DAY), closed="left"))
        )
        drops = [one.kind for one in detect(today, history) if one.severity != "notice"]
        assert drops == ([] if day < 7 and left_over > 0.5 else ["traffic-drop"])


@pytest.mark.parametrize(
    ("changed", "other"),
    [("2025-10-26", "2025-10-18"), ("2025-11-02", "2025-10-18"), ("2025-10-05", "2025-10-18")],
)
def test_a_log_in_utc_allows_for_the_clocks_of_its_users(changed: str, other: str) -> None:
    """Europe, America and Australia change clocks on different days; for a week after, people may come an hour off."""
    start = datetime(2025, 9, 29, tzinfo=UTC)
    minute = int(start.timestamp()) // 60 + np.arange(35 * DAY)
    requests = np.round(60 * (1 + 0.6 * np.sin(2 * np.pi * minute / DAY)))
    fitted = rhythm.fit(requests, minute, np.ones(minute.size, np.bool_), minute.size, alone=True, zone=UTC)

    def spread_on(day: str) -> float:
        place = (datetime.fromisoformat(f"{day}T00:00+00:00") - start) // timedelta(minutes=1)
        inside = slice(place, place + DAY)
        return float((fitted.high[inside] / fitted.low[inside]).max())

    assert spread_on(changed) > 1.2
    assert spread_on(other) == 1.0
    moved = rhythm.fit(
        requests, minute, np.ones(minute.size, np.bool_), minute.size, alone=True, zone=ZoneInfo("Asia/Seoul")
    )
    assert (moved.high == moved.low).all()  # where clocks never change, they are not allowed for


def test_how_a_window_of_any_length_scatters_lies_between_the_tested_ones() -> None:
    minute = np.arange(7 * DAY)
    random = np.random.default_rng(1)
    crowds = np.repeat(random.gamma(20, 1 / 20, minute.size // 20), 20)  # for twenty minutes each
    known = np.ones(minute.size, np.bool_)
    fitted = rhythm.fit(random.poisson(60 * crowds).astype(float), minute, known, minute.size, alone=True)
    five, ten, quarter = (fitted.spread(width) for width in (5, 10, 15))
    assert five.phi < ten.phi < quarter.phi
    assert ten.phi == pytest.approx((five.phi + quarter.phi) / 2)
    assert fitted.spread(2) == fitted.spread(3)
    assert fitted.spread(600) == fitted.spread(60)


def test_failed_logins_explain_the_drop_of_their_own_time_alone() -> None:
    drop = replace(finding("traffic-drop", "cisco_wsa", "major", ()), observed=720.0, expected=1_000.0)
    surge = finding("auth-failure-surge", "cisco_wsa", "major", ((407, 300),))
    assert traffic_drop.but_in_vain([surge, drop]) == [surge]
    hour = timedelta(hours=1)
    for other in (
        replace(surge, start=surge.start + hour, end=surge.end + hour),
        replace(surge, observed=100.0),  # most of those who are missing stayed away
        replace(surge, severity="notice"),
        replace(surge, vendor="nginx"),  # there a failed login is a request
        replace(surge, server="b"),
    ):
        assert traffic_drop.but_in_vain([other, drop]) == [other, drop]
