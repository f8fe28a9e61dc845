"""Who said "not found": the origin, the cache, or something at the edge? Scenes with a known source."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, cloudflare, logpull, many, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scenes import Request

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(origin: str, cached: str, edge: str) -> dict[str, str]:
    return {"origin-made": origin, "cached": cached, "edge-made": edge}


def worker(request: Request) -> str:
    """Return a record that says who sent the request."""
    return json.dumps(
        {**json.loads(cloudflare(request)), "ClientRequestSource": request.get("source", "eyeball")}
    )


def old_logpush(request: Request) -> str:
    """Return a record that names no origin's status where the record has none."""
    line = cloudflare(request)
    return line.replace('"OriginResponseStatus": 0', '"OriginResponseStatus": null')


SERVED = many(300, status=200)
ORIGIN = many(60, status=404, target="/gone")
COPY = many(60, status=404, target="/logo.png", upstream_status=0, upstream="", cache="hit")
WORKER = many(60, status=404, target="/api/x", upstream_status=0, upstream="", cache="unknown")

SCENES: tuple[Scene, ...] = (
    scene("the origin's own", "cloudflare", cloudflare, [*SERVED, *ORIGIN], 404, _of(YES, NO, NO)),
    scene("a copy in the cache", "cloudflare", cloudflare, [*SERVED, *COPY], 404, _of(NO, YES, NO)),
    scene("a Worker's", "cloudflare", cloudflare, [*SERVED, *WORKER], 404, _of(NO, NO, YES)),
    scene(
        "gone for good, from the origin and then its copy",
        "cloudflare",
        cloudflare,
        [*SERVED, *({**request, "status": 410} for request in [*ORIGIN, *COPY])],
        410,
        _of(YES, YES, NO),
    ),
    scene("Logpull, which says neither", "cloudflare", logpull, [*SERVED, *ORIGIN], 404, _of(OPEN, OPEN, OPEN)),
    scene(
        "a Worker that hands on what the origin said",
        "cloudflare",
        worker,
        [*SERVED, *WORKER, *({**request, "source": "edgeWorkerFetch"} for request in ORIGIN)],
        404,
        _of(NO, NO, OPEN),
    ),
    scene("three", "cloudflare", cloudflare, [*SERVED, *WORKER[:3]], 404, _of(OPEN, OPEN, OPEN)),
    scene(
        "records without the origin's status say nothing of it",
        "cloudflare",
        old_logpush,
        [*SERVED, *WORKER],
        404,
        _of(OPEN, OPEN, OPEN),
    ),
)  # fmt: skip


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "whose-404")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_what_logpull_lacks_is_named(tmp_path: Path) -> None:
    found = verdicts(SCENES[4], tmp_path, "whose-404")
    assert found["origin-made"].missing == ("upstream_status",)
    assert found["edge-made"].missing == ("upstream_status", "cache")
