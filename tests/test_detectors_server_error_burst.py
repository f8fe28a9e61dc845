"""server-error-burst: the burst that is found, with its numbers, and its quiet twins that are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from loganalyzer import baseline
from loganalyzer.detectors import server_error_burst
from loganalyzer.detectors.series import see
from tests.minute_counts import DAY, START, Background, Incident, Minutes, Site, site, tables

if TYPE_CHECKING:
    from datetime import datetime

    from loganalyzer.findings import Finding
    from tests.minute_counts import Row

QUIET = Site(rate=60, days=1)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def bursts(counts: Minutes) -> list[Finding]:
    return [finding for finding in server_error_burst.detect(see(counts)) if finding.kind != "blips"]


def test_a_quiet_day_is_silent() -> None:
    assert server_error_burst.detect(see(site(QUIET, 1))) == []


def test_a_failing_upstream_is_found_on_its_minutes() -> None:
    (found,) = bursts(site(replace(QUIET, incidents=(Incident(502, 600, 18, 0.3),)), 1))
    assert (found.kind, found.family, found.shape) == ("server-error-burst", "5xx-gw", "burst")
    assert (found.vendor, found.server, found.host) == ("nginx", None, None)
    assert abs(found.start - at(600)) <= timedelta(minutes=1)
    assert abs(found.end - at(618)) <= timedelta(minutes=1)
    assert not found.ongoing
    assert found.statuses == ((502, int(found.observed)),)
    assert found.observed == pytest.approx(0.3 * found.requests, rel=0.1)
    assert found.expected == pytest.approx(0.0005 * found.requests, rel=1)
    assert found.ratio == pytest.approx(found.observed / found.expected)
    assert found.score > found.model.threshold
    assert found.severity == "critical"
    assert found.peak is not None
    assert found.start <= found.peak < found.end
    assert found.model.history == "compared with the rest of this file"


def test_the_score_can_be_recomputed_from_the_finding() -> None:
    (found,) = bursts(site(replace(QUIET, incidents=(Incident(502, 600, 18, 0.3),)), 1))
    model = found.model
    assert model.window_s in {60 * width for width in baseline.WINDOWS}
    assert found.score == pytest.approx(
        float(baseline.score(model.y, model.m, model.phi, model.kappa, model.M))
    )
    families = 11  # that a log of nginx can carry
    assert model.threshold == pytest.approx(baseline.threshold(families))
    assert model.level >= 1


def test_where_the_scatter_is_measured_less_is_needed() -> None:
    usual = Background(500, people=0.004, bots=0.004)
    for days in (14, 1.5):  # of less than two days nothing is measured
        counts = site(
            Site(rate=600, days=days, background=(usual,), incidents=(Incident(500, 600, 30, 0.3),)), 1
        )
        (found,) = bursts(counts)
        place = baseline.WINDOWS.index(found.model.window_s // 60)
        less = baseline.MEASURED[place] if days > 2 else 0.0
        assert found.model.threshold == pytest.approx(baseline.threshold(11) - less)


def test_a_handful_of_failures_before_an_outage_is_no_part_of_it() -> None:
    handful = tuple(Incident(502, minute, 1, 0.08) for minute in (592, 594))
    (found,) = bursts(site(replace(QUIET, incidents=(*handful, Incident(502, 600, 60, 0.6))), 1))
    assert abs(found.start - at(600)) <= timedelta(minutes=1)


def test_a_backlog_written_at_once_does_not_hide_an_outage() -> None:
    usual = Background(502, people=0.002, bots=0.002)
    counts = site(Site(rate=600, days=3, background=(usual,), incidents=(Incident(502, 3_000, 25, 0.1),)), 1)
    late, times = pl.col("minute") == at(3_010), pl.when(pl.col("status") == 200).then(30).otherwise(1)
    rows = counts.minutes.with_columns(
        pl.when(late).then(pl.col(name) * times).otherwise(name).cast(pl.Float64).alias(name)
        for name in ("records", "weight")
    ).cast(counts.minutes.schema)
    (found,) = bursts(replace(counts, minutes=rows))
    assert abs(found.start - at(3_000)) <= timedelta(minutes=1)
    model = found.model
    assert found.score == pytest.approx(
        float(baseline.score(model.y, model.m, model.phi, model.kappa, model.M))
    )


def test_a_restart_hours_before_does_not_hide_an_outage_of_a_small_site() -> None:
    rows: list[Row] = [("nginx", None, minute, 2, 200, False, 1.0) for minute in range(2 * DAY - 60)]
    rows += [("nginx", None, 2_000, 30, 502, False, 1.0)]
    rows += [("nginx", None, minute, 3, 502, False, 1.0) for minute in range(2_300, 2_320)]
    restart, outage = bursts(tables(rows))
    assert (restart.start, restart.end) == (at(2_000), at(2_001))
    assert (outage.start, outage.end) == (at(2_300), at(2_320))


@pytest.mark.parametrize(("failing", "each", "found"), [(5, 6, 0), (12, 4, 1)])
def test_few_failing_minutes_are_judged_by_how_all_of_a_short_log_clumps(
    failing: int, each: int, found: int
) -> None:
    """Twenty come at once every hour: thirty in five minutes may be that again, four a minute for twelve are not."""
    rows: list[Row] = [("nginx", None, minute, 20, 200, False, 1.0) for minute in range(600)]
    rows += [("nginx", None, minute, 20, 502, False, 1.0) for minute in range(0, 600, 60)]
    rows += [("nginx", None, 400 + minute, each, 502, False, 1.0) for minute in range(failing)]
    inside = [one for one in bursts(tables(rows)) if one.start == at(400)]
    assert len(inside) == found


def test_what_the_application_and_what_the_gateway_says_are_told_apart() -> None:
    both = site(replace(QUIET, incidents=(Incident(500, 300, 20, 0.3), Incident(504, 900, 20, 0.3))), 2)
    assert [(found.family, found.statuses[0][0]) for found in bursts(both)] == [
        ("5xx-app", 500),
        ("5xx-gw", 504),
    ]


def test_one_failure_with_many_faces_is_one_finding() -> None:
    mixed = replace(QUIET, incidents=(Incident(500, 600, 20, 0.04), Incident(502, 600, 20, 0.04)))
    (found,) = bursts(site(mixed, 3))
    assert found.family == "5xx-all"
    assert {status for status, _ in found.statuses} == {500, 502}


def test_coming_and_going_is_one_burst() -> None:
    (found,) = bursts(site(replace(QUIET, incidents=(Incident(502, 600, 45, 0.3, on=3, off=4),)), 4))
    assert found.start == at(600)
    assert abs(found.end - at(645)) <= timedelta(minutes=5)


def test_two_bursts_with_calm_between_are_two() -> None:
    incidents = (Incident(502, 600, 15, 0.3), Incident(502, 655, 15, 0.3))
    assert len(bursts(site(Site(rate=200, days=1, incidents=incidents), 5))) == 2


def test_open_at_the_end_of_the_log_is_ongoing() -> None:
    (found,) = bursts(site(replace(QUIET, incidents=(Incident(502, DAY - 30, 30, 0.3),)), 6))
    assert found.ongoing
    assert found.end == at(DAY - 1)  # the last minute is a part of one and not tested
    (closed,) = bursts(site(replace(QUIET, incidents=(Incident(502, DAY - 60, 30, 0.3),)), 6))
    assert not closed.ongoing


def test_bots_at_night_are_the_background_not_a_burst() -> None:
    bots = Background(500, people=0.0005, bots=0.02)
    counts = site(Site(rate=600, days=4, background=(bots,)), 7)
    assert bursts(counts) == []
    # At night, when people are away, the share of the whole log would expect less than half of what there is.
    night = pl.col("minute").dt.hour() == 1
    failed, asked, failed_then, asked_then = counts.minutes.select(
        pl.col("records").filter(pl.col("status") == 500).sum().alias("failed"),
        pl.col("records").sum().alias("asked"),
        pl.col("records").filter(night & (pl.col("status") == 500)).sum().alias("failed then"),
        pl.col("records").filter(night).sum().alias("asked then"),
    ).row(0)
    assert failed_then > 2 * failed / asked * asked_then


def test_drift_of_the_share_is_no_burst() -> None:
    wandering = Site(rate=300, days=10, background=(Background(500, 0.004, 0.004),), drift=0.5)
    assert bursts(site(wandering, 8)) == []


def test_more_visitors_with_the_same_share_are_no_burst() -> None:
    random = np.random.default_rng(9)
    requests = np.where((np.arange(DAY) >= 600) & (np.arange(DAY) < 720), 400, 100)
    failed = random.poisson(0.01 * requests)
    rows = [
        ("nginx", None, minute, int(count), status, False, 1.0)
        for minute in range(DAY)
        for status, count in ((200, requests[minute]), (500, failed[minute]))
        if count
    ]
    assert [found for found in bursts(tables(rows)) if found.shape == "burst"] == []


def test_a_new_level_is_one_finding() -> None:
    raised = Site(rate=60, days=14, incidents=(Incident(502, 10 * DAY, 4 * DAY, 0.02),))
    (found,) = bursts(site(raised, 10))
    assert found.shape == "level"
    assert found.ongoing
    assert abs(found.start - at(10 * DAY)) <= timedelta(minutes=5)
    assert found.observed > 10 * found.expected


def test_a_burst_above_a_new_level_is_found_too() -> None:
    incidents = (Incident(502, 10 * DAY, 4 * DAY, 0.02), Incident(502, 12 * DAY, 20, 0.5))
    level, burst = bursts(site(Site(rate=200, days=14, incidents=incidents), 11))
    assert (level.shape, burst.shape) == ("level", "burst")
    assert abs(burst.start - at(12 * DAY)) <= timedelta(minutes=1)
    assert abs(burst.end - at(12 * DAY + 20)) <= timedelta(minutes=2)


def test_a_log_that_fails_from_end_to_end_is_high_throughout() -> None:
    (found,) = bursts(site(Site(rate=60, days=1, background=(Background(500, 0.05, 0.05),)), 12))
    assert found.shape == "throughout"
    assert found.family == "5xx-all"
    assert found.end - found.start > timedelta(hours=20)
    assert found.expected == pytest.approx(0.01 * found.requests)
    assert found.model.history == "nothing to compare with"
    assert bursts(site(Site(rate=60, days=1, background=(Background(500, 0.008, 0.008),)), 12)) == []


def test_high_for_most_of_the_log_is_one_new_level_where_the_rest_tells() -> None:
    (found,) = bursts(site(Site(rate=100, days=4, incidents=(Incident(500, DAY, 5 * DAY, 0.05),)), 13))
    assert found.shape == "level"
    assert found.model.limit is None
    assert abs(found.start - at(DAY)) <= timedelta(minutes=15)


def test_an_outage_in_an_otherwise_calm_day_is_not_throughout() -> None:
    found = bursts(site(replace(QUIET, incidents=(Incident(502, 600, 120, 0.5),)), 14))
    assert [finding.shape for finding in found] == ["burst"]


def test_an_hour_of_log_is_enough() -> None:
    hour = Site(rate=600, days=1 / 24, incidents=(Incident(502, 30, 10, 0.1),))
    (found,) = bursts(site(hour, 15))
    assert (found.start, found.end, found.shape) == (at(30), at(40), "burst")


def test_a_few_minutes_have_no_baseline_but_a_limit() -> None:
    (found,) = bursts(site(Site(rate=600, days=15 / DAY, incidents=(Incident(500, 0, 15, 0.5),)), 16))
    assert (found.shape, found.severity, found.ongoing) == ("throughout", "critical", True)
    assert bursts(site(Site(rate=600, days=15 / DAY), 16)) == []


def test_servers_are_judged_apart() -> None:
    calm = [("apache", "web-1", minute, 50, 200, False, 1.0) for minute in range(300)]
    sick = [
        ("apache", "web-2", minute, 50, 503 if 100 <= minute < 130 else 200, False, 1.0)
        for minute in range(300)
    ]
    (found,) = bursts(tables([*calm, *sick]))
    assert (found.server, found.observed, found.requests) == ("web-2", 1500, 1500)
    assert (found.start, found.end) == (at(100), at(130))
    assert found.statuses == ((503, 1500),)


def test_unreached_origins_are_another_question() -> None:
    rows = [("cloudflare", None, minute, 50, 200, False, 1.0) for minute in range(300)]
    rows += [("cloudflare", None, minute, 20, 522, True, 1.0) for minute in range(100, 130)]
    assert bursts(tables(rows)) == []


def test_a_gap_of_days_is_unknown_and_not_quiet() -> None:
    incident = (Incident(502, 600, 20, 0.3),)
    first = site(Site(rate=60, days=1, incidents=incident), 17).minutes
    later = site(Site(rate=60, days=1, start=START + timedelta(days=30)), 18).minutes
    (found,) = bursts(Minutes(first.vstack(later)))
    assert found.start == at(600)
    assert found.end - found.start < timedelta(minutes=25)
    assert found.model.history == "compared with the rest of this file"  # two days of log, not thirty
