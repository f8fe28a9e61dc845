"""The opening of a login, or a refusal? Scenes with a known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, analysed, cloudflare, combined, many, nginx, scene, verdicts, written

if TYPE_CHECKING:
    from pathlib import Path

    from loganalyzer.diagnosis import Verdict

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(opening: str, refused: str, one: str, nobody: str) -> dict[str, str]:
    return {"opening": opening, "credentials-refused": refused, "one-client": one, "nobody-let-in": nobody}


PAGES = ["/private/", "/private/a", "/private/b", "/api/me"]
STAFF = [f"user{letter}" for letter in "abcdefgh"]
SERVED = many(300, status=200)
LOGGED_IN = many(300, status=200, user=STAFF, client=lambda n: f"192.0.2.{n % 40 + 1}", target="/private/")
SCENES: tuple[Scene, ...] = (
    scene(
        "browsers ask, are asked for a name, and give it",
        "nginx",
        combined,
        [
            *LOGGED_IN,
            *many(80, status=401, client=lambda n: f"192.0.2.{n % 40 + 1}", at=lambda n: n % 40 + 0.1),
        ],
        401,
        _of(YES, NO, NO, NO),
    ),
    scene(
        "somebody guesses passwords",
        "apache",
        combined,
        [*LOGGED_IN, *many(120, status=401, user="admin", client="198.51.100.7", target="/private/")],
        401,
        _of(NO, YES, YES, NO),
    ),
    scene(
        "a changed directory: everybody sends a name, and nobody gets in",
        "nginx",
        nginx,
        [*many(20, status=200), *many(400, status=401, user=STAFF, target=PAGES, at=lambda n: 100 + n)],
        401,
        _of(NO, YES, NO, YES),
    ),
    scene(
        "a mobile application whose tokens have run out, at the edge",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(120, status=401, target="/api/me")],
        401,
        _of(OPEN, OPEN, NO, OPEN),
    ),
    scene(
        "tokens, which no log names, at a public site: the pages are no login",
        "nginx",
        combined,
        [*SERVED, *many(120, status=401, target="/api/me", at=lambda n: n + 0.5)],
        401,
        _of(OPEN, OPEN, NO, OPEN),
    ),
    scene(
        "many addresses guess at one form of a small site: the login works for all others",
        "nginx",
        combined,
        [*many(30, status=200), *many(400, status=401, method="POST", target="/login", at=lambda n: 100 + n)],
        401,
        _of(NO, OPEN, NO, OPEN),
    ),
    scene(
        "one office behind one address, whose people sign in",
        "nginx",
        combined,
        many(300, status=200, user=STAFF, client="192.0.2.250")
        + many(60, status=401, client="192.0.2.250", at=lambda n: n * 5.0),
        401,
        _of(YES, NO, OPEN, NO),
    ),
    scene("four", "nginx", combined, [*LOGGED_IN, *many(4, status=401)], 401, _of(OPEN, OPEN, OPEN, NO)),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "login")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_what_a_log_lacks_is_named(tmp_path: Path) -> None:
    found = verdicts(SCENES[3], tmp_path, "login")
    assert found["credentials-refused"].missing == ("user",)


def test_the_window_of_a_finding_is_asked_for_itself(tmp_path: Path) -> None:
    """For a quarter of an hour of two hours nobody gets in; over the whole period most do."""
    requests = many(7_200, status=200, user=STAFF, target=PAGES)
    requests[3_000:3_900] = [{**request, "status": 401} for request in requests[3_000:3_900]]
    found = analysed(written(requests, combined), tmp_path, "nginx")
    (surge,) = [finding for finding in found.findings if finding.kind == "auth-failure-surge"]
    assert _judged(surge.diagnosis) == _of(NO, YES, NO, YES)
    ((_, over_all),) = found.diagnosis
    assert _judged(over_all) == _of(NO, YES, NO, NO)


def _judged(told: tuple[Verdict, ...]) -> dict[str, str]:
    return {verdict.cause: verdict.judgement for verdict in told if verdict.question == "login"}
