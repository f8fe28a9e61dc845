"""A step of the appliance's login, or a redirect of the site? Scenes with a known owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.scenes import Scene, cisco_wsa, many, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(login: str, site: str) -> dict[str, str]:
    return {"appliance-login": login, "site-redirect": site}


SERVED: Final = many(300, status=200)
LOGIN: Final = many(60, status=307, cache="TCP_DENIED", action="OTHER", policy="NONE")
SITE: Final = many(60, status=307)

SCENES: tuple[Scene, ...] = (
    scene("logins in transparent mode", "cisco_wsa", cisco_wsa, [*SERVED, *LOGIN], 307, _of(YES, NO)),
    scene("a site that redirects", "cisco_wsa", cisco_wsa, [*SERVED, *SITE], 307, _of(NO, YES)),
    scene("both", "cisco_wsa", cisco_wsa, [*SERVED, *LOGIN, *SITE], 307, _of(YES, YES)),
    scene("three", "cisco_wsa", cisco_wsa, [*SERVED, *LOGIN[:3]], 307, _of(OPEN, OPEN)),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "wsa-307")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected
