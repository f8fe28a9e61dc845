"""Every part that is taken out of the running detector changes what it says, and is put back."""

from __future__ import annotations

import polars as pl
import pytest

from tests.detection.ablations import ABLATIONS, ablated
from tests.detection.alarms import Alarm, ours
from tests.detection.as_tables import Logged
from tests.detection.generator import make
from tests.detection.goals import ablations
from tests.detection.measure import Task, measure
from tests.detection.naive import BASELINES
from tests.detection.run import frames
from tests.detection.site import draw


@pytest.fixture(scope="module")
def log() -> Logged:
    return Logged.of(make(draw(3, 200, 14)))


@pytest.fixture(scope="module")
def usual(log: Logged) -> list[Alarm]:
    return ours(log.whole())


@pytest.mark.parametrize("name", [name for name in ABLATIONS if name != "ours"])
def test_each_part_makes_a_difference_and_is_put_back(name: str, log: Logged, usual: list[Alarm]) -> None:
    with ablated(name):
        without = ours(log.whole())
    assert without != usual
    # Not only some other number: what is reported is not the same either.
    assert [alarm for alarm in without if alarm.reported] != [alarm for alarm in usual if alarm.reported]
    assert ours(log.whole()) == usual


def test_with_all_parts_nothing_changes_until_the_threshold_does(log: Logged, usual: list[Alarm]) -> None:
    with ablated("ours"):
        assert ours(log.whole()) == usual
    with ablated("ours", 8.0):
        assert sum(alarm.reported for alarm in ours(log.whole())) < sum(alarm.reported for alarm in usual)


def test_chance_alone_is_no_measure_of_a_log(log: Logged, usual: list[Alarm]) -> None:
    with ablated("ours without φ, κ"):
        assert len(ours(log.whole())) > 3 * len(usual)


def test_the_table_has_every_detector_at_every_rate() -> None:
    tasks = [Task("ablations", 200.0, 3, 3, events=events, varied=False) for events in (False, True)]
    rows = [measure(task) for task in tasks]
    measured = frames(rows)
    table = ablations(measured).splitlines()[2:]
    assert [line.split(" | ")[1] for line in table] == [*ABLATIONS, *BASELINES]
    counted = measured.ablated.filter(pl.col("baseline") == "ours", pl.col("limit") == 0).sort("events")
    clean, busy = counted.rows(named=True)
    assert f"({clean['false']} in 3)" in table[0]
    assert f"({busy['found']} of {busy['detectable']})" in table[0]
    assert busy["detectable"] > 0
