"""Did a time limit end these requests, and which? Scenes with a known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, cisco_wsa, cloudflare, combined, many, nginx, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"
SERVED = many(300, status=200)


def _of(known: str, other: str) -> dict[str, str]:
    return {"known-limit": known, "other-limit": other}


SCENES: tuple[Scene, ...] = (
    scene(
        "nginx's proxy_read_timeout ran out",
        "nginx",
        nginx,
        [*SERVED, *many(60, status=504, duration_s=[60.0, 60.003, 60.011], upstream="192.0.2.81:80")],
        504,
        _of(YES, NO),
    ),
    scene(
        "somebody set seven seconds",
        "nginx",
        nginx,
        [*SERVED, *many(60, status=504, duration_s=[7.0, 7.004], upstream="192.0.2.81:80")],
        504,
        _of(NO, YES),
    ),
    scene(
        "the gateways behind give up when they like",
        "nginx",
        nginx,
        [*SERVED, *many(90, status=504, duration_s=lambda n: 3 + n * 0.73, upstream="192.0.2.81:80")],
        504,
        _of(NO, NO),
    ),
    scene(
        "Cloudflare waited its hundred and twenty seconds",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(60, status=524, duration_s=120.0, upstream_status=0)],
        524,
        _of(YES, NO),
    ),
    scene(
        "no SYN+ACK within nineteen seconds",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(60, status=522, duration_s=19.0, upstream_status=0)],
        522,
        _of(YES, NO),
    ),
    scene(
        "an appliance whose limit somebody set to twenty seconds",
        "cisco_wsa",
        cisco_wsa,
        [*SERVED, *many(60, status=504, duration_s=[20.0, 20.05], cache="NONE")],
        504,
        _of(NO, YES),
    ),
    scene(
        "four time-outs",
        "nginx",
        nginx,
        [*SERVED, *many(4, status=504, duration_s=60.0, upstream="192.0.2.81:80")],
        504,
        _of(OPEN, OPEN),
    ),
    scene(
        "combined lines, which know no durations",
        "nginx",
        combined,
        [*SERVED, *many(60, status=504)],
        504,
        _of(OPEN, OPEN),
    ),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "by-timer")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_the_limit_is_named(tmp_path: Path) -> None:
    found = dict(verdicts(SCENES[4], tmp_path, "by-timer")["known-limit"].evidence)
    assert found["timer"] == "Cloudflare TCP connection to the origin"
    assert found["seconds_s"] == 19.0
    assert found["part"] == 60


def test_a_log_without_durations_says_so(tmp_path: Path) -> None:
    assert verdicts(SCENES[-1], tmp_path, "by-timer")["known-limit"].missing == ("duration_s",)
