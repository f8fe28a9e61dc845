"""On whom does nginx hang up? Scenes with a known rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, combined, many, nginx, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(purpose: str, path: str, host: str, few: str) -> dict[str, str]:
    return {"on-purpose": purpose, "by-path": path, "by-host": host, "few-clients": few}


SERVED = many(300, status=200, target=lambda n: f"/page{'abc'[n % 3]}")
CLOSED = {"status": 444, "bytes_sent": 0}
GUESSES = ["/wp-login.php", "/.env", "/xmlrpc.php"]
SCENES: tuple[Scene, ...] = (
    scene(
        "scanners' paths, of many addresses",
        "nginx",
        nginx,
        [*SERVED, *many(90, **CLOSED, target=GUESSES)],
        444,
        _of(YES, YES, NO, NO),
    ),
    scene(
        "names that are not ours, at the server of last resort",
        "nginx",
        nginx,
        [*SERVED, *many(90, **CLOSED, target="/pagea", host=["192.0.2.1", "other.example.net"])],
        444,
        _of(YES, NO, YES, NO),
    ),
    scene(
        "one client by its agent, who asks for what all others get",
        "nginx",
        nginx,
        [*SERVED, *many(90, **CLOSED, target="/pageb", client="192.0.2.250", user_agent="BadBot/1.0")],
        444,
        _of(YES, NO, NO, YES),
    ),
    scene(
        "a rule that is too wide: people who ask for pages by an old browser",
        "nginx",
        combined,
        [*SERVED, *many(90, **CLOSED, target="/pagec", user_agent="Mozilla/4.0")],
        444,
        _of(YES, NO, OPEN, NO),
    ),
    scene(
        "an application answers with this number, and with a body",
        "nginx",
        nginx,
        [*SERVED, *many(90, status=444, target=GUESSES)],
        444,
        _of(NO, YES, NO, NO),
    ),
    scene(
        "paths that others are refused, too, were served to nobody",
        "nginx",
        nginx,
        [*SERVED, *many(90, **CLOSED, target=GUESSES), *many(90, status=404, target=GUESSES)],
        444,
        _of(YES, YES, NO, NO),
    ),
    scene("four", "nginx", nginx, [*SERVED, *many(4, **CLOSED)], 444, _of(OPEN, OPEN, OPEN, OPEN)),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "closed-444")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected
