"""Who hung up, and was the server slow before? Scenes with a known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import START, Scene, cloudflare, combined, many, nginx, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scenes import Request

YES, NO, OPEN = "supported", "contradicted", "cannot tell"
PATHS = ["/", "/cart", "/search", "/news"]


def _of(timer: str, people: str, one: str, long: str, server: str) -> dict[str, str]:
    return {
        "client-timer": timer,
        "people": people,
        "one-client": one,
        "waited-long": long,
        "server-first": server,
    }


def visitor(number: int) -> str:
    """Return one of two hundred clients, each in a network of its own."""
    return f"10.{number * 7 % 200}.0.1"


def served(slow: range = range(0), **fields: object) -> list[Request]:
    """Return an hour of requests, twenty a minute, that take a tenth of a second or two, in slow minutes three."""
    return many(
        1_200,
        at=lambda n: 3.0 * n,
        status=200,
        target=PATHS,
        client=visitor,
        duration_s=lambda n: (3.0 if n // 20 in slow else 0.1) + (n % 7) * 0.015,
        upstream="192.0.2.81:80",
        upstream_status="200",
        **fields,
    )


def left(count: int, **fields: object) -> list[Request]:
    """Return requests that clients gave up, from the thirtieth minute on."""
    usual = {"at": lambda n: 1_801 + 600 / count * n, "client": visitor, "target": PATHS, "bytes_sent": 0}
    return many(count, status=499, upstream="192.0.2.81:80", **{**usual, **fields})


def patience(number: int) -> float:
    """Return seconds that differ from one to the next, from one to eight."""
    return 1.0 + number * 0.61803 % 1 * 7


SCENES: tuple[Scene, ...] = (
    scene(
        "the server slows down, and people leave",
        "nginx",
        nginx,
        [*served(range(29, 41)), *left(150, duration_s=patience)],
        499,
        _of(NO, YES, NO, YES, YES),
    ),
    scene(
        "the server slows down, and a balancer in front gives up after thirty seconds",
        "nginx",
        nginx,
        [*served(range(29, 41)), *left(150, duration_s=[30.0, 30.002, 30.01])],
        499,
        _of(YES, NO, NO, YES, YES),
    ),
    scene(
        "the server is slow for half an hour, and people leave for ten minutes of it",
        "nginx",
        nginx,
        [*served(range(25, 50)), *left(150, duration_s=patience)],
        499,
        _of(NO, YES, NO, YES, YES),
    ),
    scene(
        "the server fails, and people leave",
        "nginx",
        nginx,
        [
            *served(),
            *many(200, at=lambda n: 1_795 + 3 * n, status=503, client=visitor, target=PATHS, duration_s=0.1),
            *left(150, duration_s=patience),
        ],
        499,
        _of(NO, YES, NO, YES, YES),
    ),
    scene(
        "one path hangs, and an app gives up on it after ten seconds: what is answered is as fast as ever",
        "nginx",
        nginx,
        [*served(), *left(150, target="/search", duration_s=[10.0, 10.004])],
        499,
        _of(YES, NO, NO, YES, NO),
    ),
    scene(
        "a search box cancels what is typed over",
        "nginx",
        nginx,
        [*served(), *left(150, target="/search", duration_s=lambda n: 0.01 + n % 9 * 0.01)],
        499,
        _of(NO, YES, NO, NO, NO),
    ),
    scene(
        "one monitor hangs up at once",
        "nginx",
        nginx,
        [*served(), *left(100, client="192.0.2.250", target="/", duration_s=lambda n: 0.02 + n % 5 * 0.01)],
        499,
        _of(NO, NO, YES, NO, NO),
    ),
    scene(
        "a crawler from many addresses of one network hangs up at once",
        "nginx",
        nginx,
        [
            *served(),
            *left(
                100, client=lambda n: f"198.51.100.{n}", target="/", duration_s=lambda n: 0.02 + n % 5 * 0.01
            ),
        ],
        499,
        _of(NO, YES, YES, NO, NO),
    ),
    scene(
        "the clients leave first, and only then the server is slow",
        "nginx",
        nginx,
        [*served(range(34, 52)), *left(150, duration_s=lambda n: 0.02 + n % 9 * 0.01)],
        499,
        _of(NO, YES, NO, NO, OPEN),
    ),
    scene(
        "a path that is never answered, such as a stream: nobody knows what is usual",
        "nginx",
        nginx,
        [*served(), *left(150, target="/stream", duration_s=lambda n: 5 + n * 0.61803 % 1 * 50)],
        499,
        _of(NO, YES, NO, OPEN, NO),
    ),
    scene(
        "some leave all day long",
        "nginx",
        nginx,
        [*served(), *left(240, at=lambda n: 1.0 + 15 * n, duration_s=patience)],
        499,
        _of(NO, YES, NO, YES, OPEN),
    ),
    scene(
        "behind Cloudflare an app gives up after ten seconds",
        "cloudflare",
        cloudflare,
        [*served(), *left(150, duration_s=10.0, upstream_status=0)],
        499,
        _of(YES, NO, NO, OPEN, OPEN),  # its times of whole seconds tell nothing of what takes less
    ),
    scene(
        "combined lines, which know no durations",
        "nginx",
        combined,
        [*served(), *left(150)],
        499,
        _of(OPEN, OPEN, NO, OPEN, OPEN),
    ),
    scene(
        "three left",
        "nginx",
        nginx,
        [*served(), *left(3, duration_s=[2.0, 3.1, 4.7])],
        499,
        _of(OPEN, OPEN, OPEN, OPEN, OPEN),
    ),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "who-left-499")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_the_timer_is_told_with_its_seconds(tmp_path: Path) -> None:
    found = dict(verdicts(SCENES[1], tmp_path, "who-left-499")["client-timer"].evidence)
    assert (found["seconds_s"], found["part"], found["records"]) == (30.0, 150, 150)
    assert "Amazon CloudFront origin response timeout" in str(found["timers"])


def test_when_it_began_is_told(tmp_path: Path) -> None:
    found = dict(verdicts(SCENES[0], tmp_path, "who-left-499")["server-first"].evidence)
    assert found["slow_from"] == START.replace(minute=29)
    assert found["left_from"] == START.replace(minute=30)


def test_a_network_is_named_and_read_again(tmp_path: Path) -> None:
    found = verdicts(SCENES[7], tmp_path, "who-left-499")["one-client"]
    assert dict(found.evidence)["client"] == "198.51.100.0/24"
    assert found.where == "status = 499 and client like '198.51.100.%'"


def test_a_log_without_durations_says_so(tmp_path: Path) -> None:
    assert verdicts(SCENES[12], tmp_path, "who-left-499")["people"].missing == ("duration_s",)
