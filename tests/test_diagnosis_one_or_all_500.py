"""Does one page fail, one site, or everything? Scenes with a known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, cisco_wsa, cloudflare, combined, logpull, many, nginx, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"
TEN = [f"/{name}" for name in ("", "cart", "login", "search", "help", "news", "about", "shop", "jobs", "api")]
HOSTS = ["shop.example.com", "www.example.com", "api.example.com", "help.example.com"]
SERVED = many(600, status=200, target=TEN, host=lambda n: HOSTS[n // 3 % 4])


def _of(path: str, host: str, everywhere: str) -> dict[str, str]:
    return {"one-path": path, "one-host": host, "everywhere": everywhere}


SCENES: tuple[Scene, ...] = (
    scene(
        "one page has a bug",
        "nginx",
        combined,
        [*SERVED, *many(60, status=500, target="/export")],
        500,
        _of(YES, OPEN, NO),
    ),
    scene(
        "one kind of page has a bug, whichever article it is asked for",
        "apache",
        combined,
        [*SERVED, *many(60, status=500, target=lambda n: f"/article/{n}")],
        500,
        _of(YES, OPEN, NO),
    ),
    scene(
        "the database is gone: every page fails as it is asked for",
        "nginx",
        nginx,
        [*SERVED, *many(200, status=500, target=TEN, host=lambda n: HOSTS[n // 3 % 4])],
        500,
        _of(NO, NO, YES),
    ),
    scene(
        "one site of four has a bad release",
        "nginx",
        nginx,
        [*SERVED, *many(200, status=500, target=TEN, host=HOSTS[2])],
        500,
        _of(NO, YES, YES),
    ),
    scene(
        "the origin behind Cloudflare fails on one site",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(80, status=500, target=TEN, host=HOSTS[1])],
        500,
        _of(NO, YES, YES),
    ),
    scene(
        "two pages share the errors, and the busy ones have none",
        "nginx",
        combined,
        [*SERVED, *many(80, status=500, target=["/export", "/import"])],
        500,
        _of(OPEN, OPEN, NO),
    ),
    scene(
        "nearly all ask for one page: one and all are the same",
        "nginx",
        combined,
        [
            *many(600, status=200, target=lambda n: TEN[0] if n % 10 else TEN[n // 10 % 10]),
            *many(60, status=500, target=TEN[0]),
        ],
        500,
        _of(OPEN, OPEN, OPEN),
    ),
    scene(
        "a scanner tries what no server implements, on a hundred paths",
        "apache",
        combined,
        [
            *SERVED,
            *many(100, status=501, method="get", target=lambda n: f"/{chr(97 + n % 26)}{chr(97 + n // 26)}"),
        ],
        501,
        _of(NO, OPEN, NO),
    ),
    scene(
        "only the errors were kept: nobody knows what else is asked for",
        "nginx",
        combined,
        many(60, status=500, target="/export"),
        500,
        _of(OPEN, OPEN, OPEN),
    ),
    scene(
        "a proxy's clients meet one site that fails",
        "cisco_wsa",
        cisco_wsa,
        [*SERVED, *many(80, status=500, target=TEN, host="broken.example.net")],
        500,
        _of(NO, YES, YES),
    ),
    scene("three errors", "nginx", nginx, [*SERVED, *many(3, status=500)], 500, _of(OPEN, OPEN, OPEN)),
    scene(
        "Logpull knows path and host",
        "cloudflare",
        logpull,
        [*SERVED, *many(80, status=500, target="/export", host=lambda n: HOSTS[n % 4])],
        500,
        _of(YES, NO, NO),
    ),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "one-or-all-500")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_a_kind_of_page_is_read_again_by_its_pattern(tmp_path: Path) -> None:
    found = verdicts(SCENES[1], tmp_path, "one-or-all-500")["one-path"]
    assert dict(found.evidence)["path"] == "/article/{id}"
    assert found.where == "status = 500 and path like '/article/%'"


def test_a_log_without_hosts_says_so(tmp_path: Path) -> None:
    assert verdicts(SCENES[0], tmp_path, "one-or-all-500")["one-host"].missing == ("host",)
