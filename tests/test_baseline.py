"""Scores against scipy's exact tails; fits and spreads against the numbers that made the counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from loganalyzer import baseline
from loganalyzer.baseline import (
    Spread,
    fit,
    level,
    runs,
    score,
    share_at_least,
    strongest,
    threshold,
    trailing,
)
from tests.minute_counts import DAY, clumps

COUNTS = st.lists(st.integers(-9, 9), min_size=1, max_size=40)


def test_chance_is_at_most_what_the_score_says() -> None:
    random = np.random.default_rng(20260302)
    cases = 5000
    m = 10 ** random.uniform(-2, 4, cases)
    phi = 1 + 10 ** random.uniform(-3, 1.2, cases)
    kappa = random.choice([0.0, 0.01, 0.06, 0.3], cases)
    behind = 10 ** random.uniform(0, 6, cases)
    y = np.ceil(m * (1 + 10 ** random.uniform(-1.5, 1.3, cases)))
    widened = (phi + kappa * m) * (1 + m / behind)
    tail = -stats.nbinom.logsf(y - 1, m / (widened - 1), 1 / widened) / np.log(10)
    bound = score(y, m, phi, kappa, behind)
    assert (bound <= tail + 1e-9).all()
    slack = (tail - bound)[np.isfinite(tail)]
    assert 0.5 < np.median(slack) < 1.5  # a bound, and no loose one: SLACK rests on it


def test_score_without_scatter_is_that_of_poisson() -> None:
    y, m = 30.0, 10.0
    expected = (y * np.log(y / m) - (y - m)) / np.log(10)
    assert float(score(y, m, 1.0, 0.0, 1e15)) == pytest.approx(expected, rel=1e-6)
    assert float(score(y, m, 1.0, 0.0, 1e15)) <= -stats.poisson.logsf(y - 1, m) / np.log(10)


def test_score_is_nothing_at_or_below_the_expected() -> None:
    assert score([0, 3, 10], [10, 10, 10], 3.0, 0.06, 50).tolist() == [0, 0, 0]
    assert float(score(0, 0, 3.0, 0.06, 0.5)) == 0


def test_score_rises_with_events_and_falls_with_scatter() -> None:
    more = score(np.arange(11, 200), 10, 3.0, 0.06, 100)
    assert (np.diff(more) > 0).all()
    assert score(50, 10, 1.5, 0, 100) > score(50, 10, 3, 0, 100) > score(50, 10, 3, 0.06, 100)
    assert score(50, 10, 3, 0.06, 100) > score(50, 10, 3, 0.06, 5)


def test_threshold_follows_the_alarm_budget() -> None:
    assert threshold(7) == pytest.approx(4.70, abs=0.01)
    assert threshold(16) == pytest.approx(5.06, abs=0.01)
    assert threshold(70) - threshold(7) == pytest.approx(1)  # ten times the places to look costs one decade
    assert threshold(0) == threshold(1)


@given(st.integers(0, 500), st.integers(1, 500))
def test_share_at_least_is_wilsons_lower_end(events: int, more: int) -> None:
    requests = events + more
    interval = stats.binomtest(events, requests).proportion_ci(0.95, method="wilson")
    assert float(share_at_least(events, requests)) == pytest.approx(interval.low, abs=1e-6)


def test_share_at_least_of_nothing_is_nothing() -> None:
    assert share_at_least([0, 5], [0, 0]).tolist() == [0, 0]


def test_trailing_sums_end_with_their_minute() -> None:
    assert trailing(np.arange(1.0, 6.0), 2).tolist() == [1, 3, 5, 7, 9]
    assert trailing(np.ones(3), 60).tolist() == [1, 2, 3]


@given(COUNTS)
def test_strongest_part_has_the_largest_sum(gains: list[int]) -> None:
    start, end = strongest(np.array(gains, np.float64))
    sums = [sum(gains[i:j]) for i in range(len(gains) + 1) for j in range(i, len(gains) + 1)]
    assert sum(gains[start:end]) == max(sums)
    if start < end:  # nothing at its edges that gains nothing
        assert gains[start] > 0
        assert gains[end - 1] > 0


@given(st.lists(st.booleans(), max_size=30))
def test_runs_are_what_is_true(flags: list[bool]) -> None:
    found = runs(np.array(flags, np.bool_))
    assert [i for start, end in found for i in range(start, end)] == [
        i for i, flag in enumerate(flags) if flag
    ]


def test_level_follows_three_hours_and_not_the_last_fifteen_minutes() -> None:
    events = np.concatenate((np.full(600, 2.0), np.full(600, 6.0)))
    lifted = level(events, np.full(1200, 2.0), np.ones(1200, np.bool_), 5, 1.0)
    assert lifted[:600] == pytest.approx(1)
    assert lifted[614] == pytest.approx(1)
    assert 1 < lifted[620] < lifted[700] < lifted[-1] < 3


def test_level_of_unknown_minutes_is_one() -> None:
    events = np.full(500, 9.0)
    assert level(events, np.full(500, 3.0), np.zeros(500, np.bool_), 60, 3.0) == pytest.approx(1)


def _requests(days: float, rate: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    minute = np.arange(round(days * DAY))
    return rate * (1 - 0.7 * np.cos(2 * np.pi * minute / DAY))


@pytest.mark.parametrize("days", [1, 3, 14])
def test_floor_and_share_are_recovered(days: int) -> None:
    random = np.random.default_rng(7)
    requests = _requests(days, 300)
    events = clumps(random, 0.8 + 0.004 * requests, 1.5).astype(np.float64)
    fitted = fit(events, requests, np.ones(events.size, np.bool_), events.size)
    assert fitted.floor == pytest.approx(0.8, abs=0.25)
    assert fitted.share == pytest.approx(0.004, rel=0.2)
    assert fitted.events == pytest.approx(events.sum(), rel=0.1)


@pytest.mark.parametrize(("days", "rate"), [(0.1, 300), (1, 60), (1, 300), (14, 20), (14, 300)])
def test_an_incident_of_a_fifth_of_the_log_hardly_moves_the_fit(days: float, rate: float) -> None:
    random = np.random.default_rng(11)
    requests = _requests(days, rate)
    mean = 0.004 * requests
    mean[round(0.5 * mean.size) : round(0.7 * mean.size)] *= 10
    events = clumps(random, mean, 1.5).astype(np.float64)
    fitted = fit(events, requests, np.ones(events.size, np.bool_), events.size)
    assert fitted.expected(requests).sum() < 2 * 0.004 * requests.sum()


def test_minutes_that_are_not_known_do_not_count() -> None:
    random = np.random.default_rng(3)
    requests = _requests(3, 100)
    events = clumps(random, 0.01 * requests, 1.5).astype(np.float64)
    known = np.ones(events.size, np.bool_)
    known[1000:2000] = False
    spoilt = np.where(known, events, 1e6)
    assert fit(spoilt, requests, known, 3 * DAY) == fit(
        np.where(known, events, 0.0), requests, known, 3 * DAY
    )


def test_a_status_never_seen_is_half_an_event() -> None:
    requests = np.full(DAY, 20.0)
    fitted = fit(np.zeros(DAY), requests, np.ones(DAY, np.bool_), DAY)
    assert fitted.expected(requests).sum() == pytest.approx(0.5)
    assert fitted.events == pytest.approx(0.5)


def test_nothing_at_all_has_a_baseline_too() -> None:
    for size in (1, 40, 3000):
        nothing = np.zeros(size)
        for known in (np.zeros(size, np.bool_), np.ones(size, np.bool_)):
            fitted = fit(nothing, nothing, known, int(known.sum()))
            assert fitted.floor == 0
            assert fitted.spreads == (Spread(baseline.PHI_UNKNOWN, baseline.KAPPA_UNKNOWN),) * 5


@pytest.mark.parametrize("clump", [1.0, 2.0, 4.0])
def test_clumping_is_measured(clump: float) -> None:
    random = np.random.default_rng(5)
    requests = _requests(14, 2000)
    events = clumps(random, 0.005 * requests, clump).astype(np.float64)
    fitted = fit(events, requests, np.ones(events.size, np.bool_), events.size)
    for width, spread in zip(baseline.WINDOWS[:4], fitted.spreads[:4], strict=True):
        scatter = spread.phi + spread.kappa * width * events.mean()
        assert scatter == pytest.approx(2 * clump - 1, rel=0.25)


def test_few_events_are_never_taken_for_poisson() -> None:
    requests = _requests(14, 5)
    events = np.random.default_rng(5).poisson(0.002 * requests).astype(np.float64)
    fitted = fit(events, requests, np.ones(events.size, np.bool_), events.size)
    assert {spread.phi for spread in fitted.spreads} == {baseline.PHI_UNKNOWN}


def test_sampling_widens_the_scatter_and_keeps_the_rates() -> None:
    requests = _requests(3, 100)
    events = clumps(np.random.default_rng(2), 0.01 * requests, 1.5).astype(np.float64)
    known = np.ones(events.size, np.bool_)
    plain = fit(events, requests, known, events.size)
    sampled = fit(10 * events, 10 * requests, known, events.size, unit=10.0)
    assert sampled.share == pytest.approx(plain.share, rel=0.01)
    assert sampled.events == pytest.approx(10 * plain.events)
    assert [s.phi for s in sampled.spreads] == pytest.approx([10 * s.phi for s in plain.spreads])
    assert [s.kappa for s in sampled.spreads] == pytest.approx([s.kappa for s in plain.spreads])


def test_the_confidence_ladder_has_five_rungs() -> None:
    size = 22 * DAY
    known, requests = np.ones(size, np.bool_), np.full(size, 5.0)
    rungs = [
        fit(np.zeros(size), requests, known, minutes).history
        for minutes in (20, DAY, 2 * DAY, 7 * DAY, 21 * DAY)
    ]
    assert rungs == [words for _, words in baseline.HISTORIES] + [baseline.LONG_HISTORY]


def test_the_budget_is_one_false_alarm_in_twenty_days() -> None:
    tests = 7 * len(baseline.WINDOWS) * DAY
    assert tests * 10 ** -(threshold(7) + baseline.SLACK) == pytest.approx(0.05)


def test_scattered_known_minutes_are_no_whole_windows() -> None:
    known = np.arange(10 * DAY) % 30 < 20  # never an hour without a gap
    requests = np.full(known.size, 500.0)
    events = np.random.default_rng(4).poisson(0.01 * requests).astype(np.float64)
    fitted = fit(events, requests, known, int(known.sum()))
    assert fitted.share == pytest.approx(0.01, rel=0.05)
    assert all(1 <= spread.phi < 1.5 for spread in fitted.spreads)


def test_rare_events_that_come_in_clumps_are_known_by_them() -> None:
    random = np.random.default_rng(20260307)
    requests = random.poisson(2.0, 14 * DAY).astype(np.float64)
    starts = random.random(requests.size) < 0.005  # seven clumps a day, of ten events in the mean
    events = np.where(starts, random.geometric(0.1, requests.size), 0).astype(np.float64)
    known = np.ones(requests.size, np.bool_)
    phi = fit(events, requests + events, known, requests.size).spreads[0].phi
    assert 10 < phi <= baseline.MOST_SPREAD.phi  # 2·10 − 1 of a geometric size
    single = starts.astype(np.float64)
    assert fit(single, requests + single, known, requests.size).spreads[0].phi == baseline.PHI_UNKNOWN
    single[5 * DAY : 5 * DAY + 60] += 30  # an hour of trouble is no habit
    assert fit(single, requests + single, known, requests.size).spreads[0].phi == baseline.PHI_UNKNOWN
