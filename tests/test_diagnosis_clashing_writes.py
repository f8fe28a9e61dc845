"""Do clients clash? Scenes with a known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, cloudflare, combined, many, nginx, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(several: str, one: str) -> dict[str, str]:
    return {"several-writers": several, "one-writer": one}


SERVED = many(300, status=200)
SCENES: tuple[Scene, ...] = (
    scene(
        "people edit the same pages",
        "nginx",
        combined,
        [*SERVED, *many(60, status=409, method="PUT", target=lambda n: f"/page/{n % 3}")],
        409,
        _of(YES, NO),
    ),
    scene(
        "a conditional PUT of many: somebody else was first",
        "apache",
        combined,
        [*SERVED, *many(60, status=412, method=["PUT", "PATCH"], target="/page/7")],
        412,
        _of(YES, NO),
    ),
    scene(
        "a job creates what exists",
        "nginx",
        nginx,
        [*SERVED, *many(60, status=409, method="POST", target="/accounts", client="192.0.2.250")],
        409,
        _of(NO, YES),
    ),
    scene(
        "a GET with a condition that does not hold changes nothing",
        "nginx",
        combined,
        [*SERVED, *many(60, status=412, target="/file.iso")],
        412,
        _of(NO, NO),
    ),
    scene(
        "all behind one proxy: nobody can tell them apart",
        "nginx",
        nginx,
        many(300, status=200, client="192.0.2.250")
        + many(60, status=409, method="PUT", client="192.0.2.250"),
        409,
        _of(OPEN, OPEN),
    ),
    scene(
        "names that Cloudflare cannot resolve are no clash",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(60, status=409, method="POST", upstream_status=0, upstream="")],
        409,
        _of(OPEN, OPEN),
    ),
    scene(
        "people at a site behind Cloudflare",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(60, status=409, method="PUT")],
        409,
        _of(YES, NO),
    ),
    scene("four", "nginx", nginx, [*SERVED, *many(4, status=409, method="PUT")], 409, _of(OPEN, OPEN)),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "clashing-writes")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_the_document_that_speaks_is_that_of_the_vendor(tmp_path: Path) -> None:
    of_edge = verdicts(SCENES[6], tmp_path, "clashing-writes")["several-writers"].documents
    of_nginx = verdicts(SCENES[0], tmp_path, "clashing-writes")["several-writers"].documents
    assert "cloudflare-4xx" in of_edge
    assert of_nginx == ("http-status-overview", "standard")
