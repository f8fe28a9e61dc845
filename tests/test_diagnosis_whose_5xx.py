"""Who made the error, the site or the side in front of it? Scenes with a known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import Scene, cisco_wsa, cloudflare, logpull, many, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scenes import Request

YES, NO, OPEN = "supported", "contradicted", "cannot tell"
HOSTS = [f"site{number}.example.com" for number in range(8)]
SERVED = many(600, status=200, host=HOSTS)


def among(number: int) -> float:
    """Return seconds among those of what is served."""
    return 60.5 + 2 * number


def _of(answered: str, nothing: str, host: str, way_out: str) -> dict[str, str]:
    return {"site-answered": answered, "no-answer": nothing, "one-host": host, "way-out": way_out}


def squid(request: Request) -> str:
    """Return a line of Squid's own format, in which `TCP_MISS` stands for an answer and for none."""
    whole = cisco_wsa(request).split(" ")
    return " ".join([*whole[:7], "-", f"HIER_DIRECT/{request['host']}", "text/html"])


SCENES: tuple[Scene, ...] = (
    scene(
        "the origin is overloaded and says so",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(80, status=503, host=HOSTS)],
        503,
        _of(YES, NO, NO, NO),
    ),
    scene(
        "one site of the zone gets no answer from its origin",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(80, status=502, host=HOSTS[3], upstream_status=0, at=among)],
        502,
        _of(NO, YES, YES, NO),
    ),
    scene(
        "for ten minutes the edge reaches no origin",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(300, status=502, host=HOSTS, upstream_status=0)],
        502,
        _of(NO, YES, NO, YES),
    ),
    scene(
        "the edge put its own page in the place of the origin's answer",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(80, status=500, host=HOSTS, upstream_status=200)],
        500,
        _of(NO, NO, NO, NO),
    ),
    scene(
        "Logpull, which does not say",
        "cloudflare",
        logpull,
        [*SERVED, *many(80, status=502, host=HOSTS)],
        502,
        _of(OPEN, OPEN, NO, OPEN),
    ),
    scene(
        "a site that people use is overloaded",
        "cisco_wsa",
        cisco_wsa,
        [*SERVED, *many(80, status=503, host="busy.example.net", cache="TCP_MISS")],
        503,
        _of(YES, NO, YES, NO),
    ),
    scene(
        "a name that does not resolve",
        "cisco_wsa",
        cisco_wsa,
        [*SERVED, *many(80, status=503, host="gone.example.net", cache="NONE", at=among)],
        503,
        _of(NO, YES, YES, NO),
    ),
    scene(
        "the line of the office is cut",
        "cisco_wsa",
        cisco_wsa,
        [*SERVED, *many(300, status=504, host=HOSTS, cache="NONE", duration_s=20.0)],
        504,
        _of(NO, YES, NO, YES),
    ),
    scene(
        "dead links all day long, to sites that nobody else asks for",
        "cisco_wsa",
        cisco_wsa,
        [
            request
            for n, served in enumerate(SERVED)
            for request in (
                [served, {"status": 503, "host": f"dead{n % 60}.example.org", "cache": "NONE"}]
                if n % 6 == 0
                else [served]
            )
        ],
        503,
        _of(NO, YES, NO, NO),
    ),
    scene(
        "one in ten requests to anywhere fails all day long",
        "cisco_wsa",
        cisco_wsa,
        many(
            2_000,
            host=HOSTS,
            status=lambda n: 504 if n % 9 == 0 else 200,
            cache=lambda n: "NONE" if n % 9 == 0 else "TCP_MISS",
        ),
        504,
        _of(NO, YES, NO, OPEN),
    ),
    scene(
        "Squid's own format, which writes TCP_MISS for both",
        "cisco_wsa",
        squid,
        [*SERVED, *many(80, status=503, host="gone.example.net", at=among)],
        503,
        _of(OPEN, OPEN, YES, NO),
    ),
    scene(
        "three failures",
        "cisco_wsa",
        cisco_wsa,
        [*SERVED, *many(3, status=502, cache="NONE")],
        502,
        _of(OPEN, OPEN, OPEN, OPEN),
    ),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "whose-5xx")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_every_vendor_hears_its_own_documents(tmp_path: Path) -> None:
    for number, names in ((0, ("cloudflare-docs",)), (5, ("cisco-wsa-codes", "cisco-asyncos-guide"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert verdicts(SCENES[number], folder, "whose-5xx")["site-answered"].documents == names


def test_logpull_is_told_what_it_lacks(tmp_path: Path) -> None:
    found = verdicts(SCENES[4], tmp_path, "whose-5xx")
    assert found["no-answer"].missing == found["way-out"].missing == ("upstream_status",)
