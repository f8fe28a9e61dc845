"""The three modes: nothing looks ahead, files are cut where they can be, delays are those of somebody who looks."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.detection import modes
from tests.detection.alarms import Alarm, ours
from tests.detection.as_tables import Logged
from tests.detection.generator import make
from tests.detection.naive import BASELINES, alarms_of
from tests.detection.series import series_of
from tests.detection.site import draw

if TYPE_CHECKING:
    from datetime import datetime

    from loganalyzer.tables import Tables
    from tests.detection.alarms import Detector
    from tests.detection.metrics import Result


def static(tables: Tables, history: Tables | None = None) -> list[Alarm]:
    """Call the static shares a detector; they need no history."""
    del history
    series = series_of(tables)
    return [] if series is None else alarms_of(series, BASELINES["static share"](series), 8.0)


@pytest.mark.parametrize("detector", [ours, static])
def test_what_comes_later_changes_nothing_of_the_past(detector: Detector) -> None:
    run = make(draw(5, 200, 6))
    whole = modes.as_of(run, detector)
    until = run.truth.start + timedelta(days=4)
    log = Logged.of(run)
    early = dataclasses.replace(run, truth=dataclasses.replace(run.truth, end=until))
    part = modes.as_of(early, detector, Logged(run, log.between(run.truth.start, until), log.within))

    def told(result: Result) -> list[tuple[datetime, datetime]]:
        alarms = [*result.false, *(hit for verdict in result.verdicts for hit in verdict.hits)]
        return sorted((alarm.start, alarm.end) for alarm in alarms if alarm.end < until - timedelta(hours=1))

    assert told(part)
    assert told(whole) == told(part)


def test_a_day_sees_the_days_before_it_and_only_them() -> None:
    run = make(draw(1, 20, 4))
    seen: list[tuple[int, int]] = []

    def spy(tables: Tables, history: Tables | None = None) -> list[Alarm]:
        assert history is not None
        assert history.minutes["minute"].max() < tables.minutes["minute"].min()  # type: ignore[operator]
        assert history.clients["start"].max() < tables.clients["start"].min()  # type: ignore[operator]
        seen.append((history.minutes["minute"].n_unique(), tables.minutes["minute"].n_unique()))
        return []

    result = modes.as_of(run, spy)
    assert len(seen) == 3
    assert all(1300 < today <= 1440 for _, today in seen)
    assert [round(before / 1440) for before, _ in seen] == [1, 2, 3]
    assert result.truth.days == 3


def test_an_alarm_across_midnight_is_one() -> None:
    run = make(draw(1, 20, 3))
    midnight = run.truth.start + timedelta(days=2)

    def late(tables: Tables, history: Tables | None = None) -> list[Alarm]:
        del history
        kinds = frozenset({"not-found-surge"})
        start = tables.minutes["minute"].min()
        ten = timedelta(minutes=10)
        first = Alarm(kinds, midnight, midnight + ten)
        return [first] if start == midnight else [Alarm(kinds, midnight - ten, midnight)]

    result = modes.as_of(run, late)
    alarms = [*result.false, *(hit for verdict in result.verdicts for hit in verdict.hits)]
    assert [alarm.end - alarm.start for alarm in alarms] == [timedelta(minutes=20)]


def test_the_delay_is_that_of_the_first_look_that_tells() -> None:
    run = make(draw(1, 20, 6), benign=False)
    log = Logged.of(run)
    incident = next(each for each in run.truth.incidents if each.start - run.truth.start > timedelta(days=1))

    def after(minutes: int) -> Detector:
        def tell(tables: Tables, history: Tables | None = None) -> list[Alarm]:
            assert history is not None
            last: datetime = tables.minutes["minute"].max() + timedelta(minutes=1)  # type: ignore[operator, assignment]
            part = incident.parts[0]
            return [Alarm(part.kinds, part.start, last)] * (last - part.start >= timedelta(minutes=minutes))

        return tell

    assert modes.delay(run, after(4), incident, log) == 4
    assert modes.delay(run, after(11), incident, log) == 12
    assert modes.delay(run, after(10_000), incident, log) is None


def test_short_files_hold_their_incident_whole() -> None:
    run = make(draw(3, 20, 7))
    lengths = []

    def measure(tables: Tables, history: Tables | None = None) -> list[Alarm]:
        assert history is None
        minutes = tables.minutes["minute"]
        lengths.append((minutes.max() - minutes.min()).total_seconds() / 3600)  # type: ignore[operator, union-attr]
        return []

    results = modes.short(run, measure, 3)
    assert max(lengths) < 3
    assert results
    assert all(result.truth.incidents for result in results)
    for result in results:
        for incident in result.truth.incidents:
            assert result.truth.start <= incident.start
            assert incident.end <= result.truth.end
    clean = modes.short(make(draw(3, 20, 7), incidents=False), measure, 3)
    assert len(clean) == modes.FILES
    assert np.mean([result.truth.days for result in clean]) == 0.125
