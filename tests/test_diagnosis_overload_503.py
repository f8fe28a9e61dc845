"""Too much to do, taken out as a whole, or a few clients at their limit? Scenes with a known cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, cloudflare, combined, many, nginx, scene, verdicts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.scenes import Request

YES, NO, OPEN = "supported", "contradicted", "cannot tell"
PATHS = [f"/{name}" for name in ("", "cart", "login", "search", "help", "news", "about", "shop")]
HOUR = 60


def _of(overload: str, maintenance: str, few: str) -> dict[str, str]:
    return {"overload": overload, "maintenance": maintenance, "few-clients": few}


def minutes(of: Callable[[int], int], answer: Callable[[int, int], int], **fields: object) -> list[Request]:
    """Return an hour of requests: `of` each minute so many, the n-th of a minute with what `answer` says."""
    return [
        {
            "at": 60 * minute + 60 * number / of(minute),
            "status": answer(minute, number),
            "target": PATHS[number % len(PATHS)],
            "client": f"198.51.100.{(minute * 7 + number) % 200}",
            **fields,
        }
        for minute in range(HOUR)
        for number in range(of(minute))
    ]


def inside(minute: int) -> bool:
    """Whether a minute is one of the incident."""
    return 25 <= minute < 37


def rush(minute: int) -> int:
    """Return thirty requests a minute, and three times as many in the incident."""
    return 90 if inside(minute) else 30


def usual(minute: int) -> int:
    """Return thirty requests in every minute."""
    return 30 + minute % 3


BEYOND = minutes(rush, lambda _, number: 503 if number >= 40 else 200)
OUT = minutes(usual, lambda minute, _: 503 if inside(minute) else 200)
BACKED_UP = [
    *minutes(usual, lambda _minute, _number: 200),
    *many(200, status=503, client=["192.0.2.7", "192.0.2.8"], target=PATHS, at=lambda n: 1500 + 3.5 * n),
]

SCENES: tuple[Scene, ...] = (
    scene(
        "three times the visitors: what is beyond the server's means is refused",
        "nginx",
        combined,
        BEYOND,
        503,
        _of(YES, NO, NO),
    ),
    scene("the same behind Cloudflare", "cloudflare", cloudflare, BEYOND, 503, _of(YES, NO, NO)),
    scene("the same of an Apache", "apache", combined, BEYOND, 503, _of(YES, NO, NO)),
    scene("a maintenance page for twelve minutes", "apache", combined, OUT, 503, _of(NO, YES, NO)),
    scene("the same of an nginx that knows more", "nginx", nginx, OUT, 503, _of(NO, YES, NO)),
    scene("limit_req stops two clients", "nginx", combined, BACKED_UP, 503, _of(OPEN, NO, YES)),
    scene(
        "maintenance, and all who are refused try again at once",
        "nginx",
        combined,
        minutes(rush, lambda minute, _: 503 if inside(minute) else 200),
        503,
        _of(OPEN, OPEN, NO),
    ),
    scene(
        "a quarter of the requests fails all hour long: nothing to compare with",
        "nginx",
        combined,
        minutes(usual, lambda _, number: 503 if number % 4 == 0 else 200),
        503,
        _of(OPEN, OPEN, NO),
    ),
    scene(
        "a bad release answers a third with 503 while the morning's traffic grows",
        "nginx",
        combined,
        minutes(
            lambda minute: 30 + minute,
            lambda minute, number: 503 if minute >= 25 and number % 3 == 0 else 200,
        ),
        503,
        _of(OPEN, NO, NO),
    ),
    scene(
        "nothing is logged for ten minutes, then a third fails for twelve",
        "nginx",
        combined,
        [
            request
            for request in minutes(
                usual, lambda minute, number: 503 if inside(minute) and number % 3 == 0 else 200
            )
            if not 15 * 60 <= request["at"] < 25 * 60
        ],
        503,
        _of(NO, NO, NO),
    ),
    scene(
        "one page is out while a campaign brings three times the visitors",
        "nginx",
        combined,
        [
            {**request, "target": "/voucher"} if request["status"] == 503 else request
            for request in minutes(rush, lambda _, number: 503 if number >= 40 else 200)
        ],
        503,
        _of(OPEN, NO, NO),
    ),
    scene(
        "two clients at night, when nobody else is there, meet the maintenance",
        "nginx",
        combined,
        [
            *minutes(usual, lambda _minute, _number: 200),
            *many(
                120, status=503, client=["192.0.2.7", "192.0.2.8"], target=PATHS, at=lambda n: 7200 + 30 * n
            ),
        ],
        503,
        _of(OPEN, OPEN, OPEN),
    ),
    scene(
        "three refusals",
        "nginx",
        combined,
        [*many(300, status=200), *many(3, status=503)],
        503,
        _of(OPEN, OPEN, OPEN),
    ),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "overload-503")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_how_many_came_and_how_many_are_usual_is_told(tmp_path: Path) -> None:
    found = dict(verdicts(SCENES[0], tmp_path, "overload-503")["overload"].evidence)
    assert (found["came"], found["usual"], found["minutes"]) == (90, 30, 11)


def test_a_wsa_is_not_asked(tmp_path: Path) -> None:
    from loganalyzer.diagnosis.overload_503 import QUESTION  # noqa: PLC0415

    assert not QUESTION.concerns("cisco_wsa", 503)
    del tmp_path
