"""Did the server not know the method, and who tried it? Scenes with a known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, cloudflare, combined, many, nginx, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"
SERVED = many(300, status=200)


def _of(method: str, few: str) -> dict[str, str]:
    return {"unknown-method": method, "few-clients": few}


SCENES: tuple[Scene, ...] = (
    scene(
        "a scanner tries methods",
        "apache",
        combined,
        [*SERVED, *many(60, status=501, method=["JEFF", "get", "FOO"], client="198.51.100.7")],
        501,
        _of(YES, YES),
    ),
    scene(
        "an app that writes its methods small, on every phone",
        "apache",
        combined,
        [*SERVED, *many(100, status=501, method="post")],
        501,
        _of(YES, NO),
    ),
    scene(
        "a function that the application lacks",
        "nginx",
        nginx,
        [*SERVED, *many(60, status=501, method="PATCH", upstream="192.0.2.81:80", upstream_status="501")],
        501,
        _of(NO, NO),
    ),
    scene(
        "the same behind Cloudflare",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(60, status=501, method="PUT")],
        501,
        _of(NO, NO),
    ),
    scene(
        "three tries",
        "apache",
        combined,
        [*SERVED, *many(3, status=501, method="JEFF")],
        501,
        _of(OPEN, OPEN),
    ),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "unknown-method-501")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_the_method_is_named(tmp_path: Path) -> None:
    found = dict(verdicts(SCENES[1], tmp_path, "unknown-method-501")["unknown-method"].evidence)
    assert found["method"] == "post"
