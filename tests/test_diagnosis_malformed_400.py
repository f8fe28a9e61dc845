"""What came instead of a request? Scenes with a known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, combined, many, nginx, nginx_apart, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(tls: str, nothing: str, line: str) -> dict[str, str]:
    return {"tls-hello": tls, "no-request-line": nothing, "malformed-line": line}


SERVED = many(300, status=200)
SCENES: tuple[Scene, ...] = (
    scene(
        "scanners speak TLS to an nginx's plain port",
        "nginx",
        combined,
        [*SERVED, *many(60, status=400, request=r"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03")],
        400,
        _of(YES, NO, NO),
    ),
    scene(
        "the same in JSON, which holds the bytes themselves",
        "nginx",
        nginx,
        [*SERVED, *many(60, status=400, request="\x16\x03\x01")],
        400,
        _of(YES, NO, NO),
    ),
    scene(
        "an Apache cuts the hello at its first null byte",
        "apache",
        combined,
        [*SERVED, *many(60, status=400, request=r"\x16\x03\x01")],
        400,
        _of(YES, NO, NO),
    ),
    scene(
        "nothing but a line end",
        "nginx",
        combined,
        [*SERVED, *many(60, status=400, request="")],
        400,
        _of(NO, YES, NO),
    ),
    scene(
        "a client that does not escape blanks",
        "nginx",
        combined,
        [*SERVED, *many(60, status=400, target="/a b c")],
        400,
        _of(NO, NO, YES),
    ),
    scene(
        "ways above the root and broken escapes",
        "nginx",
        nginx,
        [*SERVED, *many(60, status=400, target=["/../../etc/passwd", "/%zz", "/a%00.php"])],
        400,
        _of(NO, NO, YES),
    ),
    scene(
        "an Apache keeps half a line with blanks",
        "apache",
        combined,
        [*SERVED, *many(60, status=400, request="GET /a b")],
        400,
        _of(NO, NO, YES),
    ),
    scene(
        "an application that does not like a field: whole lines, dots and percents as they may be",
        "nginx",
        combined,
        [*SERVED, *many(60, status=400, target=["/api?a=%20b", "/v1..2/x", "/caf%C3%A9", "/"])],
        400,
        _of(NO, NO, NO),
    ),
    scene(
        "an nginx that logs no protocol: whole requests look as if cut off",
        "nginx",
        nginx_apart,
        [*SERVED, *many(60, status=400)],
        400,
        _of(OPEN, OPEN, OPEN),
    ),
    scene("four", "nginx", combined, [*SERVED, *many(4, status=400, request="")], 400, _of(OPEN, OPEN, OPEN)),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "malformed-400")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected
