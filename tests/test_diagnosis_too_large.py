"""How large, and whose? Scenes with a known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, cloudflare, combined, many, nginx, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(large: str, path: str, few: str) -> dict[str, str]:
    return {"large-request": large, "one-path": path, "few-clients": few}


SERVED = many(300, status=200, target=lambda n: f"/page{'abcdefgh'[n % 8]}")
UPLOAD = {"status": 413, "method": "POST", "target": "/upload"}
LONG = "/s?q=" + "x" * 8_000
SCENES: tuple[Scene, ...] = (
    scene(
        "an upload form: bodies that came before they were refused",
        "nginx",
        nginx,
        [*SERVED, *many(60, **UPLOAD, bytes_received=lambda n: 1_100_000 + n * 10_000)],
        413,
        _of(YES, YES, NO),
    ),
    scene(
        "the same, refused by the length that was announced",
        "nginx",
        nginx,
        [*SERVED, *many(60, **UPLOAD, bytes_received=350)],
        413,
        _of(NO, YES, NO),
    ),
    scene(
        "one stranger with endless addresses everywhere",
        "nginx",
        combined,
        [
            *SERVED,
            *many(
                60,
                status=414,
                client="192.0.2.250",
                request=lambda n: f"GET /{'abcdefgh'[n % 8]}{'abcdefgh'[n // 8 % 8]}?{'x' * 8_000}",
            ),
        ],
        414,
        _of(YES, NO, YES),
    ),
    scene(
        "a form that is sent by GET",
        "apache",
        combined,
        [*SERVED, *many(60, status=414, request=f"GET {LONG}")],
        414,
        _of(YES, YES, NO),
    ),
    scene(
        "cookies that have grown, of people everywhere on a site",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(60, status=431, target=lambda n: f"/page{'abcdefgh'[n % 8]}", bytes_received=17_000)],
        431,
        _of(YES, NO, NO),
    ),
    scene(
        "combined lines do not know what was received",
        "nginx",
        combined,
        [*SERVED, *many(60, **UPLOAD)],
        413,
        _of(OPEN, YES, NO),
    ),
    scene(
        "a site with one path and one proxy before it",
        "nginx",
        nginx,
        many(300, status=200, client="192.0.2.250") + many(60, status=413, client="192.0.2.250"),
        413,
        _of(NO, OPEN, OPEN),
    ),
    scene("three", "nginx", nginx, [*SERVED, *many(3, **UPLOAD)], 413, _of(OPEN, OPEN, OPEN)),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "too-large")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_the_sizes_are_named(tmp_path: Path) -> None:
    found = dict(verdicts(SCENES[0], tmp_path, "too-large")["large-request"].evidence)
    assert (found["least_bytes"], found["most_bytes"]) == (1 << 20, 1 << 21)
    found = dict(verdicts(SCENES[2], tmp_path, "too-large")["large-request"].evidence)
    assert (found["least_bytes"], found["most_bytes"]) == (1 << 12, 1 << 13)


def test_what_a_log_lacks_is_named(tmp_path: Path) -> None:
    assert verdicts(SCENES[5], tmp_path, "too-large")["large-request"].missing == ("bytes_received",)
