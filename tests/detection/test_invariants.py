"""However a log is told, the findings are the same, and each score can be had by hand from its inputs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.detection import lines
from tests.detection.generator import make
from tests.detection.invariants import TOLD, differing, findings_of, later_s, recomputed
from tests.detection.records import records_of
from tests.detection.site import draw

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("vendor", "days"),
    [("nginx", 2), ("cisco_wsa", 2), ("apache", 3), ("cloudflare", 1)],
)
def test_the_way_of_telling_changes_nothing(vendor: str, days: int) -> None:
    run = make(draw(8, 20, days, vendor=vendor))
    changed = dict(differing(run))
    assert tuple(changed) == TOLD
    assert not any(changed.values()), changed


@pytest.mark.parametrize("vendor", ["nginx", "cisco_wsa"])
def test_scores_follow_from_their_inputs(vendor: str, tmp_path: Path) -> None:
    run = make(draw(12, 60, 5, vendor=vendor))
    lines.write(tmp_path / "access.log", records_of(run), vendor)
    scored = 0
    for finding in findings_of([tmp_path / "access.log"]):
        by_hand = recomputed(finding)
        if by_hand is not None:
            assert finding.score == pytest.approx(by_hand, rel=1e-6), finding
            scored += 1
    assert scored


def test_a_log_is_moved_past_the_clocks_that_change() -> None:
    """That year Europe's clocks change on 30 March and Australia's on 6 April: a week after those is the twin."""
    quiet = make(replace(draw(1, 20, 3), start=datetime(2025, 6, 10, tzinfo=UTC)))
    spring = make(replace(draw(1, 20, 3), start=datetime(2025, 3, 27, tzinfo=UTC)))
    week = 7 * 86_400
    assert later_s(quiet) == week
    assert later_s(spring) == 3 * week
