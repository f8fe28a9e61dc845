"""The plot shapes: escaped labels, honest axes, no more bars than can be seen."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from plotly import graph_objects

from reports import figures as module
from reports.figures import (
    CLASS_COLOURS,
    MOST_BARS,
    Axis,
    Band,
    Panel,
    Series,
    axis_zone,
    colours,
    over_time,
    step_for,
)
from tests.analysis_factory import HOSTILE

START = datetime(2026, 3, 10, tzinfo=UTC)
AXIS = Axis(START, START + timedelta(hours=5), 300, UTC)


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_labels_are_no_markup_to_plotly(text: str) -> None:
    series = Series(text, "#000000", (1, 2))
    plot: dict[str, Any] = over_time([Panel(text, START, (series,))], AXIS)
    for label in (plot["data"][0]["name"], plot["layout"]["annotations"][0]["text"]):
        assert not set("<>\"'") & set(label)
        assert label.isprintable()
    graph_objects.Figure(plot)


@pytest.mark.parametrize(
    "seconds", [0, 60, 3_600, 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400, 9 * 365 * 86_400]
)
@pytest.mark.parametrize("bucket_s", [60, 300, 900, 3_600, 14_400, 86_400])
def test_bars_are_whole_buckets_and_not_too_many(seconds: int, bucket_s: int) -> None:
    step = step_for(seconds, bucket_s)
    assert step % bucket_s == 0
    assert seconds / step <= MOST_BARS


def test_a_sparse_series_is_written_as_points_and_stands_at_the_same_times() -> None:
    values = (0,) * 40 + (3,) + (0,) * 19
    dense = tuple(number % 2 for number in range(60))
    panel = Panel("errors", START, (Series("502", "#000000", values), Series("404", "#111111", dense)))
    plot: dict[str, Any] = over_time([panel], AXIS)
    sparse, full = plot["data"]
    assert sparse["x"] == ["2026-03-10 03:20:00"]
    assert sparse["y"] == [3]
    assert full["x0"] == "2026-03-10 00:00:00"
    assert full["dx"] == 300_000
    assert len(full["y"]) == 60


def test_times_are_those_of_the_zone() -> None:
    seoul = Axis(START, START + timedelta(hours=5), 300, ZoneInfo("Asia/Seoul"))
    plot: dict[str, Any] = over_time(
        [Panel("all", START, (Series("2xx", "#000000", (1,) * 60),), filled=True)], seoul
    )
    assert plot["data"][0]["x0"] == "2026-03-10 09:00:00"
    assert plot["layout"]["xaxis"]["range"][0] == "2026-03-10 09:00:00"


def test_an_axis_over_the_change_of_clocks_is_in_utc() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    change = datetime(2026, 3, 29, tzinfo=UTC)
    assert axis_zone(change, change + timedelta(hours=12), berlin) is UTC
    assert axis_zone(START, START + timedelta(hours=12), berlin) is berlin


def test_bands_that_lie_close_share_a_label() -> None:
    bands = (
        Band(2, START + timedelta(hours=1), START + timedelta(hours=2), "major"),
        Band(1, START + timedelta(hours=1), START + timedelta(hours=2), "critical"),
        Band(3, START + timedelta(hours=4), START + timedelta(hours=5), "notice"),
    )
    plot: dict[str, Any] = over_time([Panel("errors", START, (), bands)], AXIS)
    texts = [note["text"] for note in plot["layout"]["annotations"][1:]]
    assert texts == ["<b>1, 2</b>", "<b>3</b>"]
    assert len(plot["layout"]["shapes"]) == 3


def test_colours_are_those_of_the_class_and_run_out_into_one() -> None:
    chosen = colours([(500 + number, "5xx") for number in range(6)])
    assert chosen[500] == CLASS_COLOURS["5xx"]
    assert [chosen[500 + number] for number in range(3, 6)] == [None, None, None]
