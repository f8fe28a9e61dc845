"""A few clients or everybody? Scenes with a known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, analysed, cloudflare, combined, many, nginx, scene, verdicts, written

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(few: str, everybody: str, on: str) -> dict[str, str]:
    return {"few-clients": few, "everybody": everybody, "keep-on": on}


SERVED = many(1_200, status=200)
SCENES: tuple[Scene, ...] = (
    scene(
        "a script that never waits, for twenty minutes",
        "nginx",
        combined,
        [*SERVED, *many(600, status=429, client="198.51.100.7", at=lambda n: n * 2.0)],
        429,
        _of(YES, NO, YES),
    ),
    scene(
        "a limit that counts everybody as one, for a minute",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(400, status=429, at=lambda n: 600 + n * 0.15)],
        429,
        _of(NO, YES, NO),
    ),
    scene(
        "two partners, refused fifty times within a minute, who may have been done",
        "apache",
        combined,
        [
            *SERVED,
            *many(100, status=429, client=["198.51.100.7", "198.51.100.8"], at=lambda n: 610 + n * 0.5),
        ],
        429,
        _of(YES, NO, OPEN),
    ),
    scene(
        "all behind one proxy",
        "nginx",
        nginx,
        many(1_200, status=200, client="192.0.2.250") + many(100, status=429, client="192.0.2.250", at=10.0),
        429,
        _of(OPEN, OPEN, OPEN),
    ),
    scene(
        "a job that asks once in five minutes, and is refused each time, does not hammer",
        "nginx",
        combined,
        [*many(3_600, status=200), *many(12, status=429, client="198.51.100.7", at=lambda n: n * 300.0)],
        429,
        _of(OPEN, NO, OPEN),
    ),
    scene(
        "a short log says nothing of backing off",
        "nginx",
        combined,
        [*many(300, status=200), *many(100, status=429, client="198.51.100.7", at=100.0)],
        429,
        _of(YES, NO, OPEN),
    ),
    scene("four", "nginx", combined, [*SERVED, *many(4, status=429)], 429, _of(OPEN, OPEN, OPEN)),
    scene(
        "a client that 503 keeps turning away is no client that 429 does",
        "nginx",
        combined,
        [
            *SERVED,
            *many(600, status=503, client="198.51.100.7", at=lambda n: n * 2.0),
            *many(40, status=429, at=lambda n: 610 + n * 0.1),
        ],
        429,
        _of(NO, YES, OPEN),
    ),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "who-429")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_the_window_of_a_finding_is_asked_for_itself(tmp_path: Path) -> None:
    """One client hammers in the window; over two hours others run into the limit now and then."""
    requests = [
        *many(7_200, status=200),
        *many(900, status=429, client="198.51.100.7", at=lambda n: 3_000.0 + n),
        *many(450, status=429, at=lambda n: n * 16.0 + 0.5),
    ]
    found = analysed(written(requests, nginx), tmp_path, "nginx")
    storms = [finding for finding in found.findings if finding.kind == "rate-limit-storm"]
    storm = min(storms, key=lambda finding: finding.end - finding.start)
    told = {verdict.cause: verdict for verdict in storm.diagnosis if verdict.question == "who-429"}
    assert told["few-clients"].judgement == told["keep-on"].judgement == YES
    assert dict(told["few-clients"].evidence)["value"] == "198.51.100.7"
    ((_, over_all),) = found.diagnosis
    assert {verdict.judgement for verdict in over_all if verdict.cause == "few-clients"} == {NO}
