"""The opening of a login, a loop, or the site's own? Scenes with a known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, cisco_wsa, many, scene, verdicts, w3c_scene

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scenes import Request

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(opening: str, loop: str, behind: str, both: str) -> dict[str, str]:
    return {"opening": opening, "login-loop": loop, "asked-behind": behind, "both-modes": both}


DENIED = {"cache": "TCP_DENIED", "action": "OTHER"}
STAFF = [f"EXAMPLE\\user{letter}@corp" for letter in "abcdefgh"]


def _staff(number: int) -> str:
    return f"192.0.2.{number // 3 % 40 + 1}"


def _ntlm(status: int) -> list[Request]:
    """Return three hundred requests, each of which is refused twice before it is let in."""
    return [
        {**DENIED, "status": status, "at": float(n), "client": _staff(n)}
        if n % 3 < 2
        else {"status": 200, "user": STAFF[n % 8], "at": float(n), "client": _staff(n)}
        for n in range(900)
    ]


LOOP = many(200, **DENIED, status=407, client="192.0.2.250", at=lambda n: n * 4.0)
SCENES: tuple[Scene, ...] = (
    scene("NTLM as it is, explicit", "cisco_wsa", cisco_wsa, _ntlm(407), 407, _of(YES, NO, NO, NO)),
    scene(
        "NTLM as it is, transparent, with the redirects to the appliance",
        "cisco_wsa",
        cisco_wsa,
        [
            *_ntlm(401),
            *many(300, **DENIED, status=307, client=lambda n: _staff(3 * n), at=lambda n: 3 * n - 0.5),
        ],
        401,
        _of(YES, NO, NO, NO),
    ),
    scene(
        "an updater that knows no NTLM, among people who do",
        "cisco_wsa",
        cisco_wsa,
        [*_ntlm(407), *LOOP],
        407,
        _of(OPEN, YES, NO, NO),
    ),
    scene(
        "the directory does not answer: nobody gets in",
        "cisco_wsa",
        cisco_wsa,
        [
            *many(30, status=200, user=STAFF, client=lambda n: f"192.0.2.{n + 1}"),
            *many(
                600, **DENIED, status=407, client=lambda n: f"192.0.2.{n % 40 + 1}", at=lambda n: 1_200.0 + n
            ),
        ],
        407,
        _of(NO, YES, NO, NO),
    ),
    scene(
        "what grep left of NTLM as it is",
        "cisco_wsa",
        cisco_wsa,
        [request for request in _ntlm(407) if request["status"] == 407],
        407,
        _of(OPEN, OPEN, NO, NO),
    ),
    scene(
        "a site with a password of its own",
        "cisco_wsa",
        cisco_wsa,
        [*many(300, status=200, user=STAFF), *many(60, status=401, cache="TCP_MISS", user=STAFF)],
        401,
        _of(OPEN, OPEN, YES, OPEN),
    ),
    scene(
        "some networks are redirected, others know the proxy",
        "cisco_wsa",
        cisco_wsa,
        [*_ntlm(407), *_ntlm(401)],
        407,
        _of(YES, NO, NO, YES),
    ),
    scene(
        "people who get in and are refused every site by a policy are in no loop",
        "cisco_wsa",
        cisco_wsa,
        [
            request if request["status"] == 407 else {**request, "status": 403, "cache": "TCP_DENIED"}
            for request in _ntlm(407)
        ],
        407,
        _of(OPEN, OPEN, NO, NO),
    ),
    scene(
        "a loop of a client that sites without a login answer now and then is not ruled out",
        "cisco_wsa",
        cisco_wsa,
        [*LOOP, *many(6, status=200, client="192.0.2.250", at=lambda n: n * 120.0 + 1)],
        407,
        _of(OPEN, OPEN, NO, NO),
    ),
    scene(
        "four", "cisco_wsa", cisco_wsa, [*many(300, status=200), *LOOP[:4]], 407, _of(OPEN, OPEN, OPEN, OPEN)
    ),
    w3c_scene(
        "a W3C log without result codes",
        [*many(300, status=200), *many(60, status=401)],
        401,
        _of(OPEN, OPEN, OPEN, OPEN),
    ),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "proxy-login")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_what_a_log_lacks_is_named(tmp_path: Path) -> None:
    found = verdicts(SCENES[-1], tmp_path, "proxy-login")
    assert {verdict.missing for verdict in found.values()} == {("cache",)}
