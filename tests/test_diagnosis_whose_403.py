"""Who refused: the edge or the origin? Scenes with a known owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reports.verdicts import sentence
from reports.words import Words, plain
from tests.scenes import Scene, cloudflare, logpull, many, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(edge: str, origin: str, denied: str) -> dict[str, str]:
    return {"edge-policy": edge, "origin-rule": origin, "edge-denied-by-origin": denied}


SERVED = many(300, status=200)
SCENES: tuple[Scene, ...] = (
    scene(
        "a firewall rule of the zone",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(60, status=403, upstream_status=0, upstream="", action="block")],
        403,
        _of(YES, NO, NO),
    ),
    scene(
        "a directory that the origin closes",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(60, status=403, target="/private/")],
        403,
        _of(NO, YES, NO),
    ),
    scene(
        "the origin denies Cloudflare's addresses",
        "cloudflare",
        cloudflare,
        [*many(200, status=200, upstream_status=0, cache="hit"), *many(200, status=403)],
        403,
        _of(NO, YES, YES),
    ),
    scene(
        "the edge nine in ten, the origin the rest",
        "cloudflare",
        cloudflare,
        [
            *SERVED,
            *many(182, status=403, upstream_status=0, upstream="", action="block"),
            *many(118, status=403, target="/admin/"),
        ],
        403,
        _of(YES, YES, NO),
    ),
    scene(
        "no origin's status, but the action says that it was a rule",
        "cloudflare",
        lambda request: cloudflare(request).replace('"OriginResponseStatus"', '"Origin"'),
        [*SERVED, *many(60, status=403, action="managedChallenge")],
        403,
        _of(YES, OPEN, OPEN),
    ),
    scene(
        "Logpull, which says neither",
        "cloudflare",
        logpull,
        [*SERVED, *many(60, status=403)],
        403,
        _of(OPEN, OPEN, OPEN),
    ),
    scene(
        "three refusals", "cloudflare", cloudflare, [*SERVED, *many(3, status=403)], 403, _of(OPEN, OPEN, NO)
    ),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "whose-403")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_what_a_log_lacks_is_named(tmp_path: Path) -> None:
    found = verdicts(SCENES[5], tmp_path, "whose-403")
    assert found["edge-policy"].missing == ("upstream_status", "action")
    assert found["origin-rule"].missing == ("upstream_status",)


def test_only_none_reads_as_none(tmp_path: Path) -> None:
    found = verdicts(SCENES[0], tmp_path, "whose-403")
    assert plain(sentence(found["origin-rule"], Words())) == "The origin refused none of 60 (0 %)."
