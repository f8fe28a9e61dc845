"""Is one origin down, one host, or all? Scenes with a known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, cloudflare, logpull, many, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"
ORIGINS = [f"192.0.2.{number}" for number in (81, 82, 83, 84)]
HOSTS = [f"site{number}.example.com" for number in range(4)]
SERVED = many(600, status=200, host=HOSTS, upstream=lambda n: ORIGINS[n // 4 % 4])


def among(number: int) -> float:
    """Return seconds among those of what is served."""
    return 60.5 + 2 * number


def _of(origin: str, host: str, down: str) -> dict[str, str]:
    return {"one-origin": origin, "one-host": host, "origin-down": down}


SCENES: tuple[Scene, ...] = (
    scene(
        "one of four servers refuses the connection, the others answer",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(60, status=521, upstream_status=0, upstream=ORIGINS[2], host=HOSTS, at=among)],
        521,
        _of(YES, NO, NO),
    ),
    scene(
        "all are down: nothing is answered for five minutes, but for what the cache holds",
        "cloudflare",
        cloudflare,
        [
            *SERVED,
            *many(
                400,
                host=HOSTS,
                status=lambda n: 200 if n % 4 == 0 else 522,
                cache=lambda n: "hit" if n % 4 == 0 else "dynamic",
                upstream=lambda n: "" if n % 4 == 0 else ORIGINS[n // 4 % 4],
                upstream_status=0,
            ),
        ],
        522,
        _of(NO, NO, YES),
    ),
    scene(
        "one site's certificate has run out; the others of the zone are well",
        "cloudflare",
        cloudflare,
        [
            *many(600, status=200, host=HOSTS[:3], upstream=lambda n: ORIGINS[n // 3 % 4]),
            *many(80, status=526, upstream_status=0, host=HOSTS[3], upstream=ORIGINS, at=among),
        ],
        526,
        _of(NO, YES, YES),
    ),
    scene(
        "a name that does not resolve: no origin was asked",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(80, status=530, upstream_status=0, host=HOSTS[1], upstream="", at=among)],
        530,
        _of(OPEN, YES, OPEN),
    ),
    scene(
        "a crash now and then on the one server that there is",
        "cloudflare",
        cloudflare,
        [*many(600, status=200), *many(40, status=520, upstream_status=0, at=lambda n: 7.5 + 14 * n)],
        520,
        _of(OPEN, OPEN, NO),
    ),
    scene(
        "Logpull, which does not say what the origin answered",
        "cloudflare",
        logpull,
        [*SERVED, *many(60, status=522, host=HOSTS, at=among)],
        522,
        _of(OPEN, NO, OPEN),
    ),
    scene(
        "three errors",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(3, status=523, upstream_status=0, upstream=ORIGINS[0], host=HOSTS[0])],
        523,
        _of(OPEN, OPEN, OPEN),
    ),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "edge-52x")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_the_origin_is_named_and_read_again(tmp_path: Path) -> None:
    found = verdicts(SCENES[0], tmp_path, "edge-52x")["one-origin"]
    assert dict(found.evidence)["origin"] == ORIGINS[2]
    assert found.where == f"status = 521 and upstream = '{ORIGINS[2]}'"


def test_logpull_is_told_what_it_lacks(tmp_path: Path) -> None:
    found = verdicts(SCENES[5], tmp_path, "edge-52x")
    assert found["one-origin"].missing == ("upstream",)
    assert found["origin-down"].missing == ("upstream_status",)
