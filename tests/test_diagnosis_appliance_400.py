"""Did the appliance refuse, or the site? Scenes with a known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, cisco_wsa, many, scene, verdicts, w3c_scene

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(appliance: str, site: str) -> dict[str, str]:
    return {"appliance-refused": appliance, "site-refused": site}


SERVED = many(300, status=200)
SCENES: tuple[Scene, ...] = (
    scene(
        "a program writes several headers on one line",
        "cisco_wsa",
        cisco_wsa,
        [*SERVED, *many(60, status=400, cache="NONE", client="192.0.2.250")],
        400,
        _of(YES, NO),
    ),
    scene(
        "a site does not accept what it is sent",
        "cisco_wsa",
        cisco_wsa,
        [*SERVED, *many(60, status=400, cache="TCP_MISS")],
        400,
        _of(NO, YES),
    ),
    scene(
        "both",
        "cisco_wsa",
        cisco_wsa,
        [*SERVED, *many(120, status=400, cache=["NONE", "TCP_MISS"])],
        400,
        _of(YES, YES),
    ),
    scene("four", "cisco_wsa", cisco_wsa, [*SERVED, *many(4, status=400)], 400, _of(OPEN, OPEN)),
    w3c_scene("a W3C log without result codes", [*SERVED, *many(60, status=400)], 400, _of(OPEN, OPEN)),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "appliance-400")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_what_a_log_lacks_is_named(tmp_path: Path) -> None:
    found = verdicts(SCENES[4], tmp_path, "appliance-400")
    assert {verdict.missing for verdict in found.values()} == {("upstream", "cache")}
