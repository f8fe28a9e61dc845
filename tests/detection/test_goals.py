"""The table: what was measured, against what was wanted; and runs enough for what it claims."""

from __future__ import annotations

import polars as pl
import pytest

from tests.detection import share
from tests.detection.goals import Line, best_other, cells, falsehoods, lines, table
from tests.detection.measure import LIMITS, Rows, Task, measure
from tests.detection.naive import BASELINES
from tests.detection.run import MODES, WHOLE, frames, tasks
from tests.detection.site import RATES, VENDORS, draw

CLEAN = Task("whole", 200.0, 100_003, 4, events=False, varied=False)
BUSY = Task("whole", 200.0, 3, 4, events=True, varied=False)


@pytest.fixture(scope="module")
def rows() -> list[Rows]:
    modes = ("whole", "as of", "baselines")
    return [
        measure(Task(mode, 200.0, each.seed, each.days, each.events, varied=False))
        for mode in modes
        for each in (CLEAN, BUSY)
    ]


def test_the_whole_run_has_a_thousand_clean_days_and_every_vendor() -> None:
    todo = tasks(WHOLE, RATES, MODES)
    assert len(set(todo)) == len(todo)
    for rate in RATES:
        for mode in ("whole", "as of"):
            clean = [task for task in todo if task.mode == mode and task.rate == rate and not task.events]
            assert sum(task.days for task in clean) >= 1_000
            assert {draw(task.seed, rate, 1).vendor for task in clean} == {*VENDORS}
            assert len({task.varied for task in clean}) == 2
            assert all(task.benign for task in clean)
    logs = [task for task in todo if task.mode == "lines"]
    assert len(logs) == 20
    assert {draw(task.seed, task.rate, 1).vendor for task in logs} == {*VENDORS}
    assert {task.mode for task in todo} | {"cost"} == {*MODES}


def test_the_same_task_gives_the_same_rows(rows: list[Rows]) -> None:
    assert measure(BUSY) == rows[1]


def test_the_table_is_of_what_was_measured(rows: list[Rows]) -> None:
    measured = frames(rows)
    made = list(lines(measured))
    assert {line.goal for line in made} >= {"G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8"}
    assert all(line.rate == "200" for line in made)
    false = sum(row["false"] for row in rows[0].files)
    days = next(line for line in made if line.goal == "G1" and line.what.endswith("whole"))
    assert days.measured.endswith(f": {false} in 4 days")
    assert days.met is (false / 4 <= 0.02)
    known = [row for row in rows[1].incidents if row["detectable"]]
    efficiency = next(line for line in made if line.goal == "G3" and line.what.endswith("whole"))
    found = sum(row["found"] for row in known)
    assert efficiency.measured.endswith(f": {found} of {len(known)}")
    assert efficiency.met is (found / len(known) >= 0.95)
    text = table(measured)
    assert text.count("\n") == len(made) + 1
    assert ("**missed**" in text) is any(line.met is False for line in made)
    names = {row["name"] for row in rows[1].incidents}
    assert all(f"| {name} | L |" in cells(measured) for name in names)
    assert falsehoods(measured).startswith("| mode |")


def test_others_are_compared_at_the_lowest_limit_that_is_quiet_enough() -> None:
    swept = pl.DataFrame(
        [
            {"baseline": name, "limit": limit, "events": events, "days_judged": 100.0, "false": false,
             "detectable": 20 if events else 0, "found": found if events else 0}
            for name, limit, false, found in (
                ("loud", 1.0, 40, 20), ("loud", 2.0, 20, 19), ("loud", 4.0, 5, 8), ("loud", 8.0, 0, 2),
                ("calm", 1.0, 4, 10), ("calm", 2.0, 0, 9), ("never", 1.0, 90, 20),
            )
            for events in (False, True)
        ]
    )  # fmt: skip
    assert best_other(swept, 0.0) == ("calm", 1.0, 0.5)
    assert best_other(swept, 0.2) == ("loud", 2.0, 0.95)
    assert best_other(swept.head(0), 0.0) is None


def test_baselines_are_swept_from_loud_to_silent(rows: list[Rows]) -> None:
    swept = frames(rows).swept.filter(~pl.col("events"))
    assert swept["limit"].unique().sort().to_list() == list(LIMITS)
    for name in BASELINES:
        false = swept.filter(pl.col("baseline") == name).sort("limit")["false"]
        assert false[-1] == 0
        assert false[0] > 0


def test_logs_that_are_read_from_their_lines_have_rows_of_their_own() -> None:
    lists = {"mode": "lines", "events": True, "hours": 0, "seed": 1}
    sites = [{**lists, "rate": rate, "days_judged": 7.0, "false": 1, "decoys": 0} for rate in (2.0, 200.0)]
    told = [(2.0, True, True), (2.0, False, False), (200.0, True, False), (200.0, True, True)]
    incidents = [
        {**lists, "magnitude": "L", "rate": rate, "detectable": known, "found": found}
        for rate, known, found in told
    ]
    efficiency, precision = lines(frames([Rows(files=sites, incidents=incidents)]))
    assert (efficiency.what, efficiency.rate) == ("oracle efficiency, from lines", "all")
    assert efficiency.measured.endswith(": 2 of 3")
    assert (precision.what, precision.met) == ("precision, from lines", None)
    assert precision.measured.endswith(": 2 of 4")


def test_a_goal_without_trials_is_not_met() -> None:
    nothing = frames([Rows()])
    assert list(lines(nothing)) == []
    assert isinstance(Line("G1", "", "", "", "", met=None), Line)


def test_the_part_of_detection_is_measured_in_a_process_of_its_own() -> None:
    detection, rest = share.measured(lines=2_000, times=1)
    assert 0 < detection < rest
