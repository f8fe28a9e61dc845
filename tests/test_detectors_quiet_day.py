"""quiet-day: the holiday that is told as one, and the outage of hours that is not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from loganalyzer.detectors import detect, quiet_day, traffic_drop
from tests.minute_counts import DAY, START, Minutes
from tests.traffic_counts import at, found, left, traffic

if TYPE_CHECKING:
    from loganalyzer.findings import Finding

COUNTS = traffic(rate=300, days=21, seed=1)


def holiday(counts: Minutes, day: int) -> Minutes:
    """Return the counts with a day on which every second stays away; that comes and goes over six hours."""
    whole = np.where(np.arange(21 * DAY) // DAY == day, 0.5, 1.0)
    share = np.convolve(np.pad(whole, 180, mode="edge"), np.full(360, 1 / 360), mode="valid")[: 21 * DAY]
    minute = ((counts.minutes["minute"] - START).dt.total_minutes()).to_numpy()
    came = np.random.default_rng(0).binomial(
        counts.minutes["records"].to_numpy(), np.minimum(share[minute], 1)
    )
    kept = counts.minutes.with_columns(records=pl.Series(came, dtype=pl.Int64)).filter(pl.col("records") > 0)
    return Minutes(kept.with_columns(weight=pl.col("records").cast(pl.Float64)))


def told(counts: Minutes, day: int) -> tuple[Finding, ...]:
    """Return what is found on one day, with nothing but the days before it known."""
    minute = pl.col("minute")
    history = Minutes(counts.minutes.filter(minute < at(day * DAY)))
    today = counts.minutes.filter(minute.is_between(at(day * DAY), at((day + 1) * DAY), closed="left"))
    return detect(Minutes(today), history)


def test_a_holiday_is_a_quiet_day_and_no_drop() -> None:
    assert found(quiet_day.detect, COUNTS) == []
    quiet = holiday(COUNTS, 15)
    (day,) = found(quiet_day.detect, quiet)
    assert (day.kind, day.severity) == ("quiet-day", "notice")
    assert abs(day.start - at(15 * DAY)) <= timedelta(hours=6)
    assert abs(day.end - at(16 * DAY)) <= timedelta(hours=6)
    assert day.ratio is not None
    assert 0.4 < day.ratio < 0.7
    assert found(traffic_drop.detect, quiet) == []


def test_a_small_sites_holiday_is_seldom_a_drop() -> None:
    """Its nights alone are below what is usual by more than chance, but no more than the day is."""
    days = [told(holiday(traffic(rate=2, days=21, seed=seed), 15), 15) for seed in range(12)]
    kinds = [{finding.kind for finding in found_then} for found_then in days]
    assert sum("traffic-drop" in found_then for found_then in kinds) <= 2
    assert sum(found_then == {"quiet-day"} for found_then in kinds) >= 6


@pytest.mark.parametrize(
    "hours", [(0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2), (0.85, 0.7, 0.6, 0.2, 0.2, 0.6, 0.2, 0.7)]
)
def test_what_is_not_shaped_like_the_day_is_no_holiday(hours: tuple[float, ...]) -> None:
    lower = COUNTS
    for number, share in enumerate(hours):
        lower = left(lower, 15 * DAY + 480 + 60 * number, 60, share)
    assert found(quiet_day.detect, lower) == []
    assert found(traffic_drop.detect, lower) != []


def test_an_outage_on_a_small_sites_holiday_is_found_too() -> None:
    silenced = left(holiday(traffic(rate=2, days=21, seed=7), 15), 15 * DAY + 720, 90, 0.0)
    (silence,) = [finding for finding in told(silenced, 15) if finding.severity != "notice"]
    assert silence.kind == "log-silence"
    assert abs(silence.start - at(15 * DAY + 720)) <= timedelta(minutes=1)


def test_an_outage_on_a_holiday_is_found_too() -> None:
    (drop,) = found(traffic_drop.detect, left(holiday(COUNTS, 15), 15 * DAY + 700, 30, 0.15))
    assert abs(drop.start - at(15 * DAY + 700)) <= timedelta(minutes=1)


def test_half_the_traffic_gone_at_once_is_no_holiday() -> None:
    lower = left(COUNTS, 15 * DAY + 500, 600, 0.4)
    (drop,) = found(traffic_drop.detect, lower)
    assert drop.end - drop.start > timedelta(hours=6)
    assert found(quiet_day.detect, lower) == []


def test_a_week_of_log_knows_no_holidays() -> None:
    assert found(quiet_day.detect, traffic(rate=300, days=7, seed=2)) == []
