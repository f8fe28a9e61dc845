"""Which upstream failed, and did it answer? Scenes with a known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, combined, many, nginx, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"
FOUR = [f"192.0.2.{number}:8080" for number in (81, 82, 83, 84)]
SERVED = many(400, status=200, upstream=FOUR, upstream_status="200")


def _of(one: str, answered: str, silent: str) -> dict[str, str]:
    return {"one-upstream": one, "upstream-answered": answered, "upstream-silent": silent}


SCENES: tuple[Scene, ...] = (
    scene(
        "one of four crashed: the connection is refused",
        "nginx",
        nginx,
        [*SERVED, *many(60, status=502, upstream=FOUR[2], upstream_status="")],
        502,
        _of(YES, NO, YES),
    ),
    scene(
        "the database behind all four failed, and they say so",
        "nginx",
        nginx,
        [*SERVED, *many(80, status=502, upstream=FOUR, upstream_status="502")],
        502,
        _of(NO, YES, NO),
    ),
    scene(
        "all four are slow: the gateway's timer ran out",
        "nginx",
        nginx,
        [*SERVED, *many(80, status=504, upstream=FOUR, upstream_status="", duration_s=60.0)],
        504,
        _of(NO, NO, YES),
    ),
    scene(
        "there is but one upstream: that all fails on it says little",
        "nginx",
        nginx,
        [
            *many(200, status=200, upstream=FOUR[0], upstream_status="200"),
            *many(50, status=502, upstream=FOUR[0], upstream_status=""),
        ],
        502,
        _of(OPEN, NO, YES),
    ),
    scene(
        "combined lines, which know no upstream",
        "nginx",
        combined,
        [*SERVED, *many(60, status=502)],
        502,
        _of(OPEN, OPEN, OPEN),
    ),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "which-upstream")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_the_upstream_is_named_with_its_usual_share(tmp_path: Path) -> None:
    found = dict(verdicts(SCENES[0], tmp_path, "which-upstream")["one-upstream"].evidence)
    assert found["upstream"] == FOUR[2]
    assert found["part"] == 60
