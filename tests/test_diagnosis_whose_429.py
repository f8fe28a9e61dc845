"""Whose rate limit? Scenes with a known owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, cloudflare, logpull, many, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(edge: str, origin: str) -> dict[str, str]:
    return {"edge-rule": edge, "origin-limit": origin}


SERVED = many(300, status=200)
SCENES: tuple[Scene, ...] = (
    scene(
        "the edge alone",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(60, status=429, upstream_status=0, upstream="")],
        429,
        _of(YES, NO),
    ),
    scene(
        "the origin alone",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(60, status=429, method="POST")],
        429,
        _of(NO, YES),
    ),
    scene(
        "the edge two in three, the origin the rest",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(120, status=429, upstream_status=0, upstream=""), *many(60, status=429)],
        429,
        _of(YES, YES),
    ),
    scene(
        "the origin said otherwise: a worker or a rule made the answer of it",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(60, status=429, upstream_status=200)],
        429,
        _of(NO, NO),
    ),
    scene(
        "Logpull, which does not know the origin's status",
        "cloudflare",
        logpull,
        [*SERVED, *many(60, status=429)],
        429,
        _of(OPEN, OPEN),
    ),
    scene("four of them", "cloudflare", cloudflare, [*SERVED, *many(4, status=429)], 429, _of(OPEN, OPEN)),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "whose-429")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_what_a_log_lacks_is_named(tmp_path: Path) -> None:
    found = verdicts(SCENES[4], tmp_path, "whose-429")
    assert {verdict.missing for verdict in found.values()} == {("upstream_status",)}
