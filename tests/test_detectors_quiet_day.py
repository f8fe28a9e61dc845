"""quiet-day: the holiday that is told as one, and the outage of hours that is not."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl

from loganalyzer.detectors import quiet_day, traffic_drop
from tests.minute_counts import DAY, START, Minutes
from tests.traffic_counts import at, found, left, traffic

COUNTS = traffic(rate=300, days=21, seed=1)


def holiday(counts: Minutes, day: int) -> Minutes:
    """Return the counts with a day at half its traffic, which comes and goes over six hours."""
    whole = np.where(np.arange(21 * DAY) // DAY == day, 0.5, 1.0)
    share = np.convolve(np.pad(whole, 180, mode="edge"), np.full(360, 1 / 360), mode="valid")[: 21 * DAY]
    factor = pl.DataFrame({"factor": share}).with_columns(
        minute=(pl.lit(START) + pl.duration(minutes=pl.int_range(21 * DAY))).cast(pl.Datetime("us", "UTC"))
    )
    thinned = counts.minutes.join(factor, on="minute").with_columns(
        records=(pl.col("records") * pl.col("factor")).round().cast(pl.Int64)
    )
    kept = thinned.drop("factor").filter(pl.col("records") > 0)
    return Minutes(kept.with_columns(weight=pl.col("records").cast(pl.Float64)))


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
