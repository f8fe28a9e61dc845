"""The application, or nginx's own 494 to 497? Scenes with a known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, combined, many, nginx, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(application: str, internal: str) -> dict[str, str]:
    return {"application": application, "internal-code": internal}


SERVED = many(300, status=200, upstream="192.0.2.80:8080", upstream_status="200")
SCENES: tuple[Scene, ...] = (
    scene(
        "an application does not accept a field",
        "nginx",
        nginx,
        [*SERVED, *many(60, status=400, method="POST", upstream="192.0.2.80:8080", upstream_status="400")],
        400,
        _of(YES, NO),
    ),
    scene(
        "cookies too large, or plain HTTP on a TLS port: whole lines that no upstream saw",
        "nginx",
        nginx,
        [*SERVED, *many(60, status=400, target="/cart")],
        400,
        _of(NO, YES),
    ),
    scene(
        "broken lines alone: nothing hides behind them",
        "nginx",
        nginx,
        [
            *SERVED,
            *many(60, status=400, request=["GET /a b c HTTP/1.1", "get / HTTP/1.1", "\x16\x03\x01", ""]),
        ],
        400,
        _of(NO, NO),
    ),
    scene(
        "both",
        "nginx",
        nginx,
        [
            *SERVED,
            *many(60, status=400, upstream="192.0.2.80:8080", upstream_status="400"),
            *many(60, status=400),
        ],
        400,
        _of(YES, YES),
    ),
    scene(
        "combined lines, which know no upstream",
        "nginx",
        combined,
        [*SERVED, *many(60, status=400)],
        400,
        _of(OPEN, OPEN),
    ),
    scene("four", "nginx", nginx, [*SERVED, *many(4, status=400)], 400, _of(OPEN, OPEN)),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "hidden-400")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_what_a_log_lacks_is_named(tmp_path: Path) -> None:
    found = verdicts(SCENES[4], tmp_path, "hidden-400")
    assert {verdict.missing for verdict in found.values()} == {("upstream", "upstream_status")}
