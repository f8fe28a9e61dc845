"""Hosts that only send visitors on, or every second answer a redirect? Scenes with a known cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.scenes import Scene, cloudflare, combined, logpull, many, nginx, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(alias: str, much: str) -> dict[str, str]:
    return {"alias-host": alias, "much-of-all": much}


SERVED: Final = many(400, status=200)
ALIAS: Final = many(100, status=301, host="www.example.com")
LOOP: Final = many(900, status=302, target="/login")

SCENES: tuple[Scene, ...] = (
    scene("an alias beside the site", "nginx", nginx, [*SERVED, *ALIAS], 301, _of(YES, NO)),
    scene("a page in a circle", "nginx", nginx, [*SERVED, *LOOP], 302, _of(NO, YES)),
    scene(
        "the log of an alias alone",
        "cloudflare",
        cloudflare,
        [*many(4, status=404, host="www.example.com"), *many(300, status=308, host="www.example.com")],
        308,
        _of(YES, YES),
    ),
    scene("a few pages that moved", "cloudflare", logpull, [*SERVED, *many(30, status=301)], 301, _of(NO, NO)),
    scene("without hosts", "apache", combined, [*SERVED, *ALIAS], 301, _of(OPEN, NO)),
    scene("half", "nginx", nginx, [*many(200, status=200), *many(200, status=307)], 307, _of(NO, OPEN)),
    scene("an alias in use three times", "nginx", nginx, [*many(3, status=200), *ALIAS[:3]], 301, _of(OPEN, OPEN)),
)  # fmt: skip


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "redirects")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_the_alias_is_named(tmp_path: Path) -> None:
    assert (
        dict(verdicts(SCENES[0], tmp_path, "redirects")["alias-host"].evidence)["host"] == "www.example.com"
    )
    assert verdicts(SCENES[4], tmp_path, "redirects")["alias-host"].missing == ("host",)
