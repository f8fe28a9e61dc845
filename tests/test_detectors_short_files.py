"""Files of an hour or some: what is found beside nothing but the rest of the file, and what its clumps excuse."""

from __future__ import annotations

import numpy as np
import pytest

from loganalyzer import baseline
from loganalyzer.detectors import detect, log_silence, not_found_surge, origin_unreachable, traffic_drop
from loganalyzer.detectors.series import see
from loganalyzer.detectors.stretch import without_little, without_weak
from tests.minute_counts import Minutes, tables
from tests.traffic_counts import at, found, left, traffic

HOUR = 60
ASKED = 200


def hour(status: int, events: dict[int, int], *, minutes: int = HOUR, asked: int = ASKED) -> Minutes:
    """Return a file of an even number of requests a minute, some of which failed."""
    unreached = status == 522
    rows = [
        ("cloudflare", None, minute, asked - events.get(minute, 0), 200, False, 1.0)
        for minute in range(minutes)
    ]
    rows += [
        ("cloudflare", None, minute, number, status, unreached, 1.0) for minute, number in events.items()
    ]
    return tables(rows)


# --- traffic ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [8, 31, 50])
def test_a_silence_of_five_minutes_in_an_hour_is_found_wherever_it_lies(start: int) -> None:
    counts = left(traffic(ASKED, HOUR / 1440, 3), start, 5, 0.0)
    (silence,) = found(log_silence.detect, counts)
    assert (silence.start, silence.end) == (at(start), at(start + 5))
    assert silence.severity in {"critical", "major"}


def test_a_silence_of_a_quarter_of_an_hour_says_nothing_of_how_much_was_due() -> None:
    (silence,) = found(log_silence.detect, left(traffic(ASKED, HOUR / 1440, 3), 21, 15, 0.0))
    assert (silence.start, silence.end) == (at(21), at(36))


@pytest.mark.parametrize("start", [14, 30, 42])
def test_a_drop_to_a_third_for_some_minutes_of_an_hour_is_found(start: int) -> None:
    (drop,) = found(traffic_drop.detect, left(traffic(ASKED, HOUR / 1440, 3), start, 9, 0.33))
    assert abs((drop.start - at(start)).total_seconds()) <= 60
    assert abs((drop.end - at(start + 9)).total_seconds()) <= 60


@pytest.mark.parametrize("seed", range(12))
def test_an_hour_in_which_nothing_happens_is_silent(seed: int) -> None:
    assert [one for one in detect(traffic(ASKED, HOUR / 1440, seed)) if one.severity != "notice"] == []


# --- failures ---------------------------------------------------------------------------------------------------


def test_an_incident_that_comes_and_goes_for_a_third_of_an_hour_is_found() -> None:
    """Five of twelve blocks of five minutes hold some of it: the quieter three quarters are not quiet."""
    on = {19: 11, 20: 9, 21: 7, 26: 15, 27: 10, 28: 7, 33: 5, 34: 5, 35: 6}
    (burst,) = origin_unreachable.detect(see(hour(522, {**on, 51: 1})))
    assert (burst.start, burst.end) == (at(19), at(36))
    model = burst.model
    # It is compared with no more than its best window leaves of the file, and the half event that stands for none.
    assert sum(on.values()) + 1 - model.y + 0.5 >= model.M
    score = baseline.score(model.y, model.m, model.phi, model.kappa, model.M)
    assert burst.score == pytest.approx(float(score))


CLUMPS = {0: 8, 6: 2, 9: 1, 30: 1, 31: 8, 34: 6, 36: 3, 37: 7, 42: 3, 45: 16, 48: 29, 52: 15, 55: 5, 57: 13}


def test_clumps_that_come_alone_are_no_surge() -> None:
    """Each is the retries of one page: in fifteen minutes there are sixty, and yet they are but five events."""
    assert not_found_surge.detect(see(hour(404, CLUMPS))) == []


def test_as_many_that_last_are_one() -> None:
    evenly = {minute: 6 + minute % 3 for minute in range(45, 58)}
    before = {minute: number for minute, number in CLUMPS.items() if minute < 31}
    (surge,) = not_found_surge.detect(see(hour(404, {**before, **evenly})))
    assert (surge.start, surge.end) == (at(45), at(58))
    assert surge.observed == sum(evenly.values())


def test_a_share_that_one_minute_makes_is_not_high_throughout() -> None:
    """A job on the hour asks for 220 missing pages; without it the share is below the limit of 30 percent."""
    rows = [("nginx", None, 0, 40, 200, False, 1.0), ("nginx", None, 0, 220, 404, False, 1.0)]
    for minute in range(1, HOUR):
        missing = 9 + minute % 3
        rows += [
            ("nginx", None, minute, 35 - missing, 200, False, 1.0),
            ("nginx", None, minute, missing, 404, False, 1.0),
        ]
    assert not_found_surge.detect(see(tables(rows))) == []


def test_a_share_above_the_limit_in_every_minute_is_high_throughout() -> None:
    rows = []
    for minute in range(HOUR):
        missing = 14 + minute % 3
        rows += [
            ("nginx", None, minute, 35 - missing, 200, False, 1.0),
            ("nginx", None, minute, missing, 404, False, 1.0),
        ]
    (surge,) = not_found_surge.detect(see(tables(rows)))
    assert (surge.shape, surge.model.limit) == ("throughout", 0.3)


def test_a_share_just_above_the_limit_whose_events_clump_is_not_surely_above() -> None:
    """Of 2,100 requests 690 in clumps of twenty to forty: 33 percent of as many single ones would be."""

    def file(clump: int) -> Minutes:
        rows = []
        for minute in range(HOUR):
            missing = clump if minute % (clump / 11.5) < 1 else 0
            rows += [("nginx", None, minute, 35 - 11 if clump > 12 else 35 - missing, 200, False, 1.0)]
            rows += [("nginx", None, minute, missing, 404, False, 1.0)] if missing else []
        return tables(rows)

    assert [one.shape for one in not_found_surge.detect(see(file(12)))] == ["throughout"]
    assert not_found_surge.detect(see(file(35))) == []


@pytest.mark.parametrize(
    ("events", "clumping"),
    [
        ([40, 40, 40, 40], 0.0),  # how high, and where it begins and ends, does not matter
        (
            [0, 7, 0, 0, 5, 0],
            41 / 6,
        ),  # of clumps that come alone it is the sum of squares over the sum, less their mean
        ([5], 0.0),
        ([], 0.0),
        ([0, 0, 0], 0.0),
    ],
)
def test_the_roughness_of_some_minutes(events: list[float], clumping: float) -> None:
    assert baseline.roughness(np.array(events, np.float64), np.ones(len(events))) == pytest.approx(clumping)


def test_an_incident_that_comes_and_goes_is_little_rough() -> None:
    events = np.array([19, 27, 16, 1, 1, 0, 0, 19, 27, 23, 0, 0, 0, 0, 20, 18, 30], np.float64)
    assert baseline.roughness(events, np.ones(events.size)) < 3
    clumps = np.array([25, 0, 0, 17, 0, 0, 0, 0, 0, 0, 9, 0, 34], np.float64)
    assert baseline.roughness(clumps, np.ones(clumps.size)) > 15


def test_who_asks_in_bursts_and_fails_as_often_as_ever_is_not_rough() -> None:
    asked = np.array([2, 40, 3, 2, 60, 2, 1, 30, 3], np.float64)
    assert baseline.roughness(asked / 2, asked) == pytest.approx(0)
    assert baseline.roughness(asked / 2, np.ones(asked.size)) > 10


def test_the_roughness_of_what_scatters_is_nearly_its_variance_over_its_mean() -> None:
    random = np.random.default_rng(5)
    for clump in (1.0, 4.0):
        events = random.negative_binomial(50 / clump, 1 / (1 + clump), 20_000).astype(np.float64)
        rough = baseline.roughness(events, np.ones(events.size))
        assert rough == pytest.approx(0.9 * (1 + clump), rel=0.03)


def test_clumps_beyond_the_most_that_is_believed_are_drift() -> None:
    """Windows of one size do not tell a share that wanders from clumps: what is too much for these is not lost."""
    random = np.random.default_rng(7)
    share = np.repeat(random.gamma(6.0, 1 / 6.0, 14 * 24), 60)  # another share every hour
    events = random.poisson(20.0 * share).astype(np.float64)
    requests = np.full(events.size, 2_000.0)
    fitted = baseline.fit(events, requests, np.ones(events.size, np.bool_), events.size)
    hours = fitted.spreads[-1]
    assert hours.phi <= baseline.MOST_SPREAD.phi
    scale = hours.phi + hours.kappa * 60 * 20.0
    assert scale > 1.5 * baseline.MOST_SPREAD.phi


@pytest.mark.parametrize(
    ("gains", "kept"),
    [
        ([5.0, 5.0, 5.0], (0, 3)),
        ([0.4, 0.5, 5.0, 5.0], (2, 4)),  # together less than one
        ([0.9, -0.5, 0.5, 5.0, 5.0, 0.8], (3, 5)),
        ([0.2, 0.2, 0.2], (0, 3)),  # all of it is little: then it is left as it is
        ([0.2, 5.0], (1, 2)),
    ],
)
def test_the_ends_of_a_stretch_that_gain_little_are_left_out(
    gains: list[float], kept: tuple[int, int]
) -> None:
    around = [9.0, *gains, 9.0]
    start, end = without_little(np.array(around), 1, 1 + len(gains))
    assert (start - 1, end - 1) == kept


@pytest.mark.parametrize(
    ("against", "kept"),
    [
        ([-5.0, 6.0, 6.0, -90.0, -90.0], (3, 5)),  # a handful, then calm, then the incident
        ([-90.0, -90.0, 6.0, 6.0, -5.0], (0, 2)),
        ([-5.0, 3.0, 3.0, -90.0, -90.0], (0, 5)),  # odds of less than a thousand
        ([-90.0, 6.0, 6.0, -90.0, 6.0, 6.0, -90.0], (0, 7)),  # it comes and goes
        ([8.0, 8.0, 8.0], (0, 3)),  # all of it is weak: then it is left as it is
    ],
)
def test_first_and_last_minutes_that_speak_against_the_height_are_left_out(
    against: list[float], kept: tuple[int, int]
) -> None:
    part = (7, 7 + len(against))
    start, end = without_weak(np.array(against), part, lambda _start, _end: False)
    assert (start - 7, end - 7) == kept
    assert without_weak(np.array(against), part, lambda _start, _end: True) == part
