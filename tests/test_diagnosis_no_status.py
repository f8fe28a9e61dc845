"""What is a line with the status 0 or 9? Scenes with a known cause."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from tests.scenes import START, Scene, cisco_wsa, cloudflare, combined, logpull, many, nginx, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scenes import Request

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(cut: str, none: str, old: str) -> dict[str, str]:
    return {"cut-off": cut, "no-request": none, "old-protocol": old}


def wsa(request: Request) -> str:
    """Return a line of a WSA; without a request its method and address are empty."""
    line = cisco_wsa(request)
    return line if request["status"] else line.replace(f"GET http://{request['host']}/", "")


SERVED: Final = many(600, status=200, at=float)
CUT: Final = many(40, status=0, bytes_sent=0, at=lambda n: 305 + n * 0.2, duration_s=0.0)
EMPTY: Final = many(40, status=0, bytes_sent=0, request="")

SCENES: tuple[Scene, ...] = (
    scene("a reload that dropped its requests", "nginx", combined, [*SERVED, *CUT], 0, _of(YES, NO, NO)),
    scene(
        "requests of HTTP/0.9",
        "nginx",
        nginx,
        [*SERVED, *many(40, status=9, bytes_sent=0, request="GET /health")],
        9,
        _of(NO, NO, YES),
    ),
    scene("connections that sent nothing", "nginx", nginx, [*SERVED, *EMPTY], 0, _of(NO, YES, NO)),
    scene(
        "a TLS handshake that was cut off on a plain port",
        "nginx",
        combined,
        [*SERVED, *many(40, status=0, bytes_sent=0, request=r"\x16\x03\x01\x02\x00\x01")],
        0,
        _of(NO, YES, NO),
    ),
    scene("half of each", "nginx", nginx, [*SERVED, *CUT, *EMPTY], 0, _of(OPEN, OPEN, NO)),
    scene(
        "junk at a WSA, whose lines name no protocol",
        "cisco_wsa",
        wsa,
        [*SERVED, *many(40, status=0, bytes_sent=0, cache="NONE", action="OTHER", policy="NONE")],
        0,
        _of(NO, YES, OPEN),
    ),
    scene(
        "clients that left the edge",
        "cloudflare",
        cloudflare,
        [*SERVED, *many(40, status=0, bytes_sent=0, upstream_status=200)],
        0,
        _of(YES, NO, NO),
    ),
    scene("Logpull names no protocol", "cloudflare", logpull, [*SERVED, *CUT], 0, _of(YES, NO, OPEN)),
    scene("three", "nginx", nginx, [*SERVED, *CUT[:3]], 0, _of(OPEN, OPEN, OPEN)),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "no-status")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_the_minute_of_the_reload_is_named_and_the_document_of_the_vendor(tmp_path: Path) -> None:
    cut = verdicts(SCENES[0], tmp_path, "no-status")["cut-off"]
    facts = dict(cut.evidence)
    assert (facts["busiest"], facts["most"]) == (START + timedelta(minutes=5), 40)
    assert cut.documents == ("nginx-source",)


def test_a_format_without_a_protocol_says_so(tmp_path: Path) -> None:
    assert verdicts(SCENES[5], tmp_path, "no-status")["old-protocol"].missing == ("protocol",)
