"""The detectors to compare with do what their names say, and guessing scores near nothing."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pytest

from tests.detection.alarms import Alarm
from tests.detection.as_tables import Logged
from tests.detection.generator import make
from tests.detection.metrics import judge
from tests.detection.naive import BASELINES, alarms_of, before, guessed, stretches, trailing
from tests.detection.series import Series, series_of
from tests.detection.site import draw

START = datetime(2025, 3, 3, tzinfo=UTC)


def test_whoever_knows_the_truth_finds_all_and_who_guesses_next_to_nothing() -> None:
    found = guesses = hits = incidents = 0
    for seed in range(12):
        truth = make(dataclasses.replace(draw(seed, 20, 28), timed=False)).truth
        alarms = [Alarm(part.kinds, part.start, part.end) for each in truth.incidents for part in each.parts]
        sure = judge(truth, alarms)
        assert sure.false == ()
        assert all(verdict.onset == 0 and verdict.offset == 0 for verdict in sure.verdicts)
        found += sum(verdict.found for verdict in sure.verdicts)
        chance = judge(truth, guessed(truth, alarms, np.random.default_rng(seed)))
        hits += sum(verdict.found for verdict in chance.verdicts)
        guesses += len(alarms)
        incidents += len(truth.incidents)
    assert found == incidents
    assert guesses == incidents
    assert hits / incidents < 0.05


def test_sums_and_stretches() -> None:
    values = np.array([1.0, 2, 3, 4, 5])
    assert trailing(values, 2).tolist() == [1, 3, 5, 7, 9]
    mean, spread = before(values, 2, gap=1)
    assert np.isnan(mean[:3]).all()
    assert mean[3:].tolist() == [1.5, 2.5]
    assert spread[3] == 0.5
    flags = np.zeros(40, dtype=bool)
    flags[[0, 1, 11, 30, 39]] = True
    assert stretches(flags) == [(0, 12), (30, 40)]
    assert stretches(np.zeros(3, dtype=bool)) == []


@pytest.mark.parametrize("name", BASELINES)
def test_each_sees_a_flood_of_errors_and_nothing_in_a_flat_series(name: str) -> None:
    random = np.random.default_rng(3)
    total = random.poisson(3_000, 14 * 1440).astype(np.float64)
    errors = random.poisson(3, total.size).astype(np.float64)
    quiet = Series(START, {"5xx": errors}, {"5xx": total}, total)
    flood = errors.copy()
    flood[10_000:10_040] += 1_500
    loud = dataclasses.replace(quiet, events={"5xx": flood})
    # At four times the usual limit; as many decades where the limit is chance.
    limit = 8.0 if name == "Poisson share" else 4.0
    assert alarms_of(quiet, BASELINES[name](quiet), limit) == []
    alarms = alarms_of(loud, BASELINES[name](loud), limit)
    assert any(alarm.kinds == {"server-error-burst"} for alarm in alarms)
    first = int((alarms[0].start - START).total_seconds() / 60)
    assert 9_985 <= first <= 10_010


def test_series_are_those_of_the_run() -> None:
    run = make(draw(2, 20, 7))
    series = series_of(Logged.of(run).fine)
    assert series is not None
    names = [channel.name for channel in run.site.channels]
    assert series.total.sum() == run.events.sum()
    assert series.events["404"].sum() == run.events[names.index("404")].sum()
    assert series.events["52x"].sum() == sum(
        run.events[names.index(name)].sum() for name in ("520", "522", "524")
    )
    assert 0.001 < series.events["slow"].sum() / series.of["slow"].sum() <= 0.06
