"""Error 1001 or a conflict? Scenes with a known owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, cloudflare, logpull, many, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(edge: str, origin: str) -> dict[str, str]:
    return {"name-unresolved": edge, "origin-conflict": origin}


SERVED = many(300, status=200)
SCENES: tuple[Scene, ...] = (
    scene(
        "the edge alone",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(60, status=409, upstream_status=0, upstream="", host="old.example.com")],
        409,
        _of(YES, NO),
    ),
    scene(
        "a Worker answers 409 for a host that serves others in the same minutes",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(60, status=409, method="PUT", upstream_status=0, upstream="", at=lambda n: n * 5.0)],
        409,
        _of(NO, NO),
    ),
    scene(
        "a record was deleted at half past: the host served until then",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(60, status=409, upstream_status=0, upstream="", at=lambda n: 360.0 + n)],
        409,
        _of(YES, NO),
    ),
    scene(
        "the origin alone",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(60, status=409, method="POST")],
        409,
        _of(NO, YES),
    ),
    scene(
        "the edge two in three, the origin the rest",
        "cloudflare",
        cloudflare,
        [
            *SERVED,
            *many(120, status=409, upstream_status=0, upstream="", host="old.example.com"),
            *many(60, status=409),
        ],
        409,
        _of(YES, YES),
    ),
    scene(
        "the origin said otherwise: a worker or a rule made the answer of it",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(60, status=409, upstream_status=200)],
        409,
        _of(NO, NO),
    ),
    scene(
        "Logpull, which does not know the origin's status",
        "cloudflare",
        logpull,
        [*SERVED, *many(60, status=409)],
        409,
        _of(OPEN, OPEN),
    ),
    scene("four of them", "cloudflare", cloudflare, [*SERVED, *many(4, status=409)], 409, _of(OPEN, OPEN)),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "whose-409")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_what_a_log_lacks_is_named(tmp_path: Path) -> None:
    found = verdicts(SCENES[6], tmp_path, "whose-409")
    assert {verdict.missing for verdict in found.values()} == {("upstream_status",)}
