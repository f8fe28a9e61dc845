"""Which upstream failed, and did it answer? Scenes with a known answer, as nginx 1.22 was seen to log them."""

from __future__ import annotations

import http.client
import signal
from typing import TYPE_CHECKING

import pytest

from tests import servers
from tests.scenes import Scene, combined, many, nginx, scene, verdicts

if TYPE_CHECKING:
    from pathlib import Path

YES, NO, OPEN = "supported", "contradicted", "cannot tell"
FOUR = [f"192.0.2.{number}:8080" for number in (81, 82, 83, 84)]
SERVED = many(400, status=200, upstream=FOUR, upstream_status="200")


def _of(one: str, no_live: str, answered: str, itself: str) -> dict[str, str]:
    return {
        "one-upstream": one,
        "no-live-upstream": no_live,
        "upstream-answered": answered,
        "gateway-itself": itself,
    }


SCENES: tuple[Scene, ...] = (
    scene(
        "one of four crashed: the connection is refused, and nginx writes 502 for the upstream too",
        "nginx",
        nginx,
        [*SERVED, *many(60, status=502, upstream=FOUR[2], upstream_status="502")],
        502,
        _of(YES, NO, OPEN, NO),
    ),
    scene(
        "all four are slow: the gateway's timer ran out",
        "nginx",
        nginx,
        [*SERVED, *many(80, status=504, upstream=FOUR, upstream_status="504", duration_s=60.0)],
        504,
        _of(NO, NO, OPEN, NO),
    ),
    scene(
        "after the first failures no server of the group is alive",
        "nginx",
        nginx,
        [
            *SERVED,
            *many(8, status=502, upstream=", ".join(FOUR), upstream_status="502, 502, 502, 502"),
            *many(90, status=502, upstream="backend", upstream_status="502"),
        ],
        502,
        _of(YES, YES, OPEN, NO),
    ),
    scene(
        "the log writes the name of the group for all that is served",
        "nginx",
        nginx,
        [
            *many(300, status=200, upstream="backend", upstream_status="200"),
            *many(60, status=502, upstream="backend", upstream_status="502"),
        ],
        502,
        _of(OPEN, NO, OPEN, NO),
    ),
    scene(
        "the application on all four answers 500",
        "nginx",
        nginx,
        [*SERVED, *many(80, status=500, upstream=FOUR, upstream_status="500")],
        500,
        _of(NO, NO, YES, NO),
    ),
    scene(
        "one of four has the bad release",
        "nginx",
        nginx,
        [*SERVED, *many(80, status=500, upstream=FOUR[1], upstream_status="500")],
        500,
        _of(YES, NO, YES, NO),
    ),
    scene(
        "limit_req refuses, and asks no upstream",
        "nginx",
        nginx,
        [*SERVED, *many(80, status=503)],
        503,
        _of(OPEN, NO, NO, YES),
    ),
    scene(
        "there is but one upstream: that all fails on it says little",
        "nginx",
        nginx,
        [
            *many(200, status=200, upstream=FOUR[0], upstream_status="200"),
            *many(50, status=502, upstream=FOUR[0], upstream_status="502"),
        ],
        502,
        _of(OPEN, NO, OPEN, NO),
    ),
    scene(
        "another status than the upstream's: nginx made of a 200 what it is",
        "nginx",
        nginx,
        [*SERVED, *many(50, status=502, upstream=FOUR, upstream_status="200")],
        502,
        _of(NO, NO, NO, NO),
    ),
    scene(
        "only the failures were kept: nobody knows how busy the upstream is",
        "nginx",
        nginx,
        many(60, status=500, upstream=FOUR[2], upstream_status="500"),
        500,
        _of(OPEN, NO, YES, NO),
    ),
    scene(
        "combined lines, which know no upstream",
        "nginx",
        combined,
        [*SERVED, *many(60, status=502)],
        502,
        _of(OPEN, OPEN, OPEN, OPEN),
    ),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "which-upstream")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_the_upstream_is_named_with_its_usual_share(tmp_path: Path) -> None:
    found = dict(verdicts(SCENES[0], tmp_path, "which-upstream")["one-upstream"].evidence)
    assert found["upstream"] == FOUR[2]
    assert found["part"] == 60
    assert found["usual_share"] == 0.25


def test_the_group_without_a_live_server_is_named(tmp_path: Path) -> None:
    found = verdicts(SCENES[2], tmp_path, "which-upstream")["no-live-upstream"]
    assert dict(found.evidence)["group"] == "backend"
    assert found.where == "status = 502 and upstream = 'backend'"


def test_what_a_log_lacks_is_named(tmp_path: Path) -> None:
    found = verdicts(SCENES[-1], tmp_path, "which-upstream")
    assert found["one-upstream"].missing == ("upstream",)
    assert found["upstream-answered"].missing == ("upstream", "upstream_status")


def test_lines_that_know_an_upstream_are_told_apart_from_those_that_do_not(tmp_path: Path) -> None:
    lines = [*SCENES[6].lines, *SCENES[-1].lines]
    story = Scene("both in one file", "nginx", tuple(lines), 503, {})
    found = verdicts(story, tmp_path, "which-upstream")["gateway-itself"]
    assert found.judgement == YES
    assert dict(found.evidence)["records"] == 80


CONFIGURATION = """
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error/error.log;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    log_format told escape=json '{{"time_iso8601":"$time_iso8601","remote_addr":"$remote_addr","request":"$request",'
        '"status":"$status","body_bytes_sent":"$body_bytes_sent","upstream_addr":"$upstream_addr",'
        '"upstream_status":"$upstream_status","request_time":"$request_time"}}';
    access_log logs/access.log told;
    upstream pool {{ server {listen}:{dead} max_fails=1; server {listen}:{dead} max_fails=1; }}
    server {{
        listen {listen}:{port};
        location /refused {{ proxy_pass http://{listen}:{dead}; }}
        location /pool {{ proxy_pass http://pool; }}
        location /own {{ return 503; }}
    }}
}}
"""


def test_a_real_nginx_is_not_taken_for_its_upstream(tmp_path: Path) -> None:
    program = servers.program("nginx", "nginx")
    with servers.own_folder() as folder, servers.closed_port() as dead:
        [port] = servers.free_ports(1)
        servers.furnish(folder)
        text = CONFIGURATION.format(listen=servers.LOOPBACK, dead=dead, port=port)
        (folder / "nginx.conf").write_text(text, "ascii")
        command: list[str | Path] = [program, "-p", folder, "-c", "nginx.conf", "-e", "error/error.log"]
        with servers.running(command, folder, [port], leave_by=signal.SIGQUIT):
            for target in ["/refused"] * 20 + ["/pool"] * 20 + ["/own"] * 20:
                connection = http.client.HTTPConnection(servers.LOOPBACK, port, timeout=10)
                connection.request("GET", target)
                connection.getresponse().read()
                connection.close()
        lines = tuple((folder / "logs" / "access.log").read_text("utf-8").splitlines())
    bad_gateway = verdicts(Scene("real", "nginx", lines, 502, {}), tmp_path, "which-upstream")
    assert bad_gateway["upstream-answered"].judgement == OPEN  # it wrote 502 for an upstream that refused
    assert bad_gateway["no-live-upstream"].judgement == YES
    assert dict(bad_gateway["no-live-upstream"].evidence)["group"] == "pool"
    unavailable = verdicts(Scene("real", "nginx", lines, 503, {}), tmp_path, "which-upstream")
    assert unavailable["gateway-itself"].judgement == YES
    assert unavailable["upstream-answered"].judgement == NO
