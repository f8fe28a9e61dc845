"""Severity: burn rates with their guards, shares, and nothing said about a handful."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loganalyzer.detectors.impact import BUDGET, LEFT_BUDGET, severity
from loganalyzer.detectors.series import see
from tests.minute_counts import tables

if TYPE_CHECKING:
    from loganalyzer.findings import Severity

BAD = ("5xx-all", "52x")


def graded(
    rate: int, failed: int, minutes: int, *, unreached: bool = False, budget: float = BUDGET
) -> Severity:
    """Return the severity of `failed` of `rate` requests a minute for some minutes, eight hours into a log."""
    rows = [
        ("cloudflare", None, minute, count, status, lost, 1.0)
        for minute in range(1000)
        for count, status, lost in (
            ((rate - failed, 200, False), (failed, 500, unreached))
            if 480 <= minute < 480 + minutes
            else ((rate, 200, False),)
        )
        if count
    ]
    (series,) = see(tables(rows)).series
    return severity(series, BAD, 480, 480 + minutes, budget)


@pytest.mark.parametrize(
    ("rate", "failed", "minutes", "expected"),
    [
        (100, 60, 5, "critical"),  # more than half for five minutes
        (100, 60, 1, "minor"),  # 1 % of the hour
        (100, 5, 60, "critical"),  # 50 times the budget for an hour
        (100, 1, 60, "minor"),  # ten times the budget, for one hour of six
        (100, 1, 400, "major"),  # ten times the budget for more than six hours
        (10, 3, 20, "major"),  # 60 of the hour's 600: too few for a burn rate, but a third is above a fifth
        (10, 2, 10, "minor"),  # 20 of 600 are too few for a burn rate, and a fifth is not above a fifth
        (2, 2, 9, "minor"),  # every request failed, but eighteen are too few to say how bad
        (2, 2, 15, "critical"),  # thirty are not
    ],
)
def test_impact_makes_the_grade(rate: int, failed: int, minutes: int, expected: Severity) -> None:
    assert graded(rate, failed, minutes) == expected


def test_what_reaches_no_origin_weighs_more() -> None:
    assert graded(12, 1, 20) == "minor"  # one in twelve, for twenty minutes
    assert graded(12, 1, 20, unreached=True) == "major"


def test_a_long_window_reaches_back_before_the_stretch() -> None:
    assert graded(100, 25, 4) == "minor"  # 100 of 6,000 in the hour: 1.4 %, and not surely more
    assert graded(100, 30, 4) == "critical"


def test_what_clients_give_up_has_a_budget_of_its_own() -> None:
    assert graded(100, 5, 60, budget=LEFT_BUDGET) == "minor"  # five times the budget of a month, for an hour
    assert graded(100, 20, 60, budget=LEFT_BUDGET) == "critical"
