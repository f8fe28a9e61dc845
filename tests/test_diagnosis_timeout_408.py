"""Who made the server wait? Scenes with a known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, combined, many, nginx, nginx_apart, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(preconnect: str, probe: str, slow: str, timer: str) -> dict[str, str]:
    return {"preconnect": preconnect, "probe": probe, "slow-client": slow, "server-timer": timer}


SERVED = many(300, status=200)
NOTHING = {"status": 408, "bytes_sent": 0, "user_agent": "-"}
POLL = {"status": 408, "target": "/poll", "upstream": "192.0.2.80:80", "upstream_status": "408"}
SCENES: tuple[Scene, ...] = (
    scene(
        "browsers' connections at an Apache, which nobody used",
        "apache",
        combined,
        [*SERVED, *many(60, **NOTHING, request="-")],
        408,
        _of(YES, NO, NO, OPEN),
    ),
    scene(
        "a load balancer opens connections and sends nothing",
        "apache",
        combined,
        [*SERVED, *many(60, **NOTHING, request="-", client="192.0.2.250")],
        408,
        _of(OPEN, YES, NO, OPEN),
    ),
    scene(
        "uploads that stall: nginx ends them after a minute",
        "nginx",
        nginx,
        [*SERVED, *many(60, **NOTHING, method="POST", target="/upload", duration_s=[60.0, 60.01, 60.1])],
        408,
        _of(NO, NO, YES, YES),
    ),
    scene(
        "one client sends half a request again and again: it sent a line, so that it is no silent probe",
        "nginx",
        nginx,
        [*SERVED, *many(60, **NOTHING, request="GET /par", client="192.0.2.250", duration_s=60.0)],
        408,
        _of(NO, NO, YES, YES),
    ),
    scene(
        "an application answers 408 after as long as it likes",
        "nginx",
        nginx,
        [*SERVED, *many(60, **POLL, duration_s=lambda n: 1.0 + n % 50)],
        408,
        _of(NO, NO, NO, NO),
    ),
    scene(
        "an application answers 408 at once: no timer of the server",
        "nginx",
        nginx,
        [*SERVED, *many(60, **POLL, duration_s=0.01)],
        408,
        _of(NO, NO, NO, NO),
    ),
    scene(
        "combined lines do not tell an application's 408, which has a body, from a slow client",
        "nginx",
        combined,
        [*SERVED, *many(60, status=408, target="/poll")],
        408,
        _of(NO, NO, OPEN, OPEN),
    ),
    scene(
        "combined lines of slow clients, to whom nginx sends nothing",
        "nginx",
        combined,
        [*SERVED, *many(60, **NOTHING, target="/upload")],
        408,
        _of(NO, NO, YES, OPEN),
    ),
    scene(
        "an nginx that logs method and address apart leaves both empty of half a line: that is no preconnect",
        "nginx",
        nginx_apart,
        [*SERVED, *many(60, **NOTHING, method="", target="")],
        408,
        _of(OPEN, NO, NO, OPEN),
    ),
    scene(
        "both kinds, of two sorts of clients",
        "apache",
        combined,
        [
            *SERVED,
            *many(30, **NOTHING, request="-"),
            *many(30, status=408, method="POST", client="192.0.2.250"),
        ],
        408,
        _of(OPEN, OPEN, OPEN, OPEN),
    ),
    scene(
        "four of them",
        "nginx",
        nginx,
        [*SERVED, *many(4, **NOTHING, target="/upload", duration_s=60.0)],
        408,
        _of(OPEN, OPEN, OPEN, OPEN),
    ),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "timeout-408")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_the_timer_is_named(tmp_path: Path) -> None:
    found = dict(verdicts(SCENES[2], tmp_path, "timeout-408")["server-timer"].evidence)
    assert found["timer_s"] == pytest.approx(60, abs=0.11)
    assert found["part"] == found["records"] == 60
