"""A real nginx and Apache are asked for trouble of a known kind: what diagnosis says of their logs must be that kind.

Every story has a server, and so a log, of its own.
"""

from __future__ import annotations

import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import parsers
from loganalyzer.aggregates import symptoms
from loganalyzer.aggregates.part import Part
from loganalyzer.analysis import analyze
from tests import servers
from tests.conftest import require
from tests.dishonest_client import ODD_LINES, ODD_TARGETS, Exchange, ask, drive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MANY: Final = 40
"""Requests of a story: enough for a share to be sure."""

LONG: Final = b"x" * 9_000
"""Longer than nginx's large buffers for lines and headers, 8k each."""

JSON: Final = (
    '{"time_iso8601":"$time_iso8601","remote_addr":"$remote_addr","remote_user":"$remote_user","request":"$request",'
    '"status":"$status","body_bytes_sent":"$body_bytes_sent","request_time":"$request_time",'
    '"request_length":"$request_length","upstream_addr":"$upstream_addr","upstream_status":"$upstream_status",'
    '"host":"$host","http_user_agent":"$http_user_agent"}'
)


@dataclass(frozen=True)
class Story:
    """What clients do to one server, and which causes its log must support and contradict."""

    name: str
    status: int
    sent: tuple[bytes, ...]
    supported: frozenset[str]
    contradicted: frozenset[str]
    settings: str = ""
    secure: bool = False
    then: str = "read"


def _story(
    name: str,
    status: int,
    sent: bytes | tuple[bytes, ...],
    yes: str,
    no: str,
    settings: str = "",
    **how: object,
) -> Story:
    some = sent if isinstance(sent, tuple) else (sent,)
    return Story(name, status, some, frozenset(yes.split()), frozenset(no.split()), settings, **how)  # type: ignore[arg-type]  # fields


MODULES: Final = (
    "mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "reqtimeout",
)  # fmt: skip
"""What Apache needs for its stories."""

TLS: Final = "ssl_certificate {made}; ssl_certificate_key {key};"
GET: Final = ask(b"GET / HTTP/1.1")
BASIC: Final = b"Authorization: Basic dXNlcmE6d3Jvbmc="
FAULTS: Final = tuple(
    ask(line)
    for line in (
        b"GET /a b HTTP/1.1",
        b"GET /../../etc/passwd HTTP/1.1",
        b"GET /%zz HTTP/1.1",
        b"GET /%00 HTTP/1.1",
        b"get / HTTP/1.1",
        b"GET /\x01 HTTP/1.1",
        b"GET a HTTP/1.1",
    )
)

STORIES: Final = (
    _story(
        "tls",
        400,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
        "tls-hello",
        "no-request-line malformed-line internal-code",
    ),
    _story(
        "nothing", 400, b"\r\n", "no-request-line", "tls-hello malformed-line internal-code", then="finish"
    ),
    _story(
        "part", 400, b"GET /par", "malformed-line", "tls-hello no-request-line internal-code", then="finish"
    ),
    _story("faults", 400, FAULTS, "malformed-line", "tls-hello no-request-line internal-code"),
    _story(
        "cookies",
        400,
        ask(b"GET / HTTP/1.1", b"Cookie: " + LONG),
        "internal-code",
        "application tls-hello malformed-line",
    ),
    _story("plain", 400, GET, "internal-code", "application tls-hello malformed-line", "listen tls"),
    _story(
        "certificate",
        400,
        GET,
        "internal-code",
        "application tls-hello malformed-line",
        "listen tls; ssl_verify_client on; ssl_client_certificate {made};",
        secure=True,
    ),
    _story(
        "application",
        400,
        ask(b"GET /status/400 HTTP/1.1"),
        "application",
        "internal-code malformed-line",
        "location / {{ proxy_pass http://{origin}; }}",
    ),
    _story("address", 414, ask(b"GET /?" + LONG + b" HTTP/1.1"), "large-request", ""),
    _story(
        "body",
        413,
        ask(b"POST /upload HTTP/1.1", b"Content-Length: 3000000", b"Expect: 100-continue"),
        "",
        "large-request",
    ),
    _story(
        "slow",
        408,
        b"POST /upload HTTP/1.1\r\nHost: shop",
        "slow-client server-timer",
        "preconnect probe",
        then="wait",
    ),
    _story(
        "dropped",
        444,
        ask(b"GET /.env HTTP/1.1"),
        "on-purpose by-path",
        "",
        "location /.env {{ return 444; }}",
    ),
    _story(
        "password",
        401,
        ask(b"GET / HTTP/1.1", BASIC),
        "credentials-refused",
        "opening",
        'auth_basic "locked"; auth_basic_user_file pages/users;',
    ),
)

OF_APACHE: Final = (
    _story(
        "tls",
        400,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
        "tls-hello",
        "no-request-line malformed-line",
    ),
    _story(
        "faults",
        400,
        tuple(ask(line) for line in (b"GET /a b HTTP/1.1", b"GET", b"GET / FOO", b"GET /%zz HTTP/1.1")),
        "malformed-line",
        "tls-hello no-request-line",
    ),
    _story("silent", 408, b"", "probe", "slow-client", then="wait"),
    _story("slow", 408, b"GET / HTTP/1.1\r\nHost: shop", "slow-client", "preconnect probe", then="wait"),
    _story("address", 414, ask(b"GET /?" + LONG + b" HTTP/1.1"), "large-request", ""),
    _story(
        "password",
        401,
        ask(b"GET /locked/ HTTP/1.1", BASIC),
        "credentials-refused",
        "opening",
        "AuthType Basic\nAuthName locked\nAuthUserFile pages/users\nRequire valid-user",
    ),
)

LINES: Final = "lines"
"""The server that gets all odd lines and addresses once."""

SERVED: Final = "served"
"""The server that answers as usual, and writes it to every log: so all have whatever the format can say."""


def _exchanges(stories: Iterable[Story]) -> Iterator[Exchange]:
    for story in stories:
        for number in range(MANY):
            sent = story.sent[number % len(story.sent)]
            yield Exchange(f"{story.name} {number}", sent, story.then, story.name, story.secure)  # type: ignore[arg-type]  # a manner


def _odd() -> Iterator[Exchange]:
    for story in STORIES:
        yield Exchange(f"{SERVED} for {story.name}", ask(b"GET /usual HTTP/1.1"), port=SERVED)
    for number, line in enumerate([*ODD_LINES, *(b"GET " + target + b" HTTP/1.1" for target in ODD_TARGETS)]):
        yield Exchange(f"{LINES} {number}", ask(line), "finish", LINES)


def _server(port: int, settings: str, *logs: str) -> str:
    tls = settings.startswith("listen tls")
    rest = settings.removeprefix("listen tls").lstrip(";")
    written = " ".join(f"access_log logs/{name}.log told;" for name in logs)
    return (
        f"server {{ listen {servers.LOOPBACK}:{port}{' ssl' if tls else ''}; server_name shop.example.com; root pages;"
        f" {written} {rest} }}"
    )


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run nginx once, send everything, keep the logs."""
    program = servers.program("nginx", "nginx")
    kept = tmp_path_factory.mktemp("served") / "logs"
    names = [*(story.name for story in STORIES), LINES]
    listeners = [*names, SERVED]
    with servers.own_folder() as folder, servers.origin() as origin:
        ports = dict(zip(listeners, servers.free_ports(len(listeners)), strict=True))
        servers.furnish(folder)
        made, key = servers.certificate(folder)
        facts = {"made": made, "key": key, "origin": f"{servers.LOOPBACK}:{origin.port}"}
        settings = {story.name: story.settings.format(**facts) for story in STORIES}
        hosts = [_server(ports[name], settings.get(name, ""), name) for name in names]
        usual = f"location / {{ proxy_pass http://{facts['origin']}; }}"
        hosts.append(_server(ports[SERVED], usual, *names))
        (folder / "nginx.conf").write_text(
            f"""
            daemon off; worker_processes 1; pid nginx.pid; error_log error/error.log info;
            events {{ worker_connections 512; }}
            http {{
                client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                client_header_timeout 2s; lingering_timeout 100ms;
                {TLS.format(**facts)}
                log_format told escape=json '{JSON}';
                {chr(10).join(hosts)}
            }}
            """
        )
        command: list[str | Path] = [program, "-p", folder, "-c", "nginx.conf", "-e", "error/error.log"]
        with servers.running(command, folder, list(ports.values()), leave_by=signal.SIGQUIT):
            drive([*_exchanges(STORIES), *_odd()], ports, origin)
        shutil.copytree(folder / "logs", kept)
    return kept


@pytest.fixture(scope="module")
def apache_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run Apache once, send everything, keep the logs."""
    program = servers.program("apache2", "apache2-bin")
    modules = require("apache2-bin", Path("/usr/lib/apache2/modules"))
    kept = tmp_path_factory.mktemp("served") / "logs"
    names = [story.name for story in OF_APACHE]
    with servers.own_folder() as folder:
        ports = dict(zip(names, servers.free_ports(len(names)), strict=True))
        servers.furnish(folder)
        load = "\n".join(f"LoadModule {name}_module {modules / f'mod_{name}.so'}" for name in MODULES)
        hosts = "\n".join(
            f"""
            Listen {servers.LOOPBACK}:{ports[story.name]}
            <VirtualHost *:{ports[story.name]}>
                ServerName shop.example.com
                CustomLog logs/{story.name}.log told
                <Location />
                    {story.settings or "Require all granted"}
                </Location>
            </VirtualHost>
            """
            for story in OF_APACHE
        )
        (folder / "httpd.conf").write_text(
            f"""
            ServerRoot {folder}
            ServerName www.example.com
            AcceptFilter http none
            PidFile httpd.pid
            Mutex file:{folder} default
            ErrorLog error/error.log
            {load}
            ServerLimit 1
            ThreadLimit 120
            ThreadsPerChild 120
            MaxRequestWorkers 120
            StartServers 1
            GracefulShutdownTimeout 5
            RequestReadTimeout header=2 body=2
            DocumentRoot {folder}/pages
            LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" told
            {hosts}
            """
        )
        command: list[str | Path] = [program, "-d", folder, "-f", "httpd.conf", "-DFOREGROUND"]
        with servers.running(command, folder, list(ports.values()), leave_by=signal.SIGWINCH):
            drive(_exchanges(OF_APACHE), ports)
        shutil.copytree(folder / "logs", kept)
    return kept


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_what_nginx_logs_is_told_for_what_it_was(story: Story, logs: Path) -> None:
    _compare(story, logs, "nginx")


@pytest.mark.parametrize("story", OF_APACHE, ids=lambda story: story.name)
def test_what_apache_logs_is_told_for_what_it_was(story: Story, apache_logs: Path) -> None:
    _compare(story, apache_logs, "apache")


def _compare(story: Story, logs: Path, vendor: str) -> None:
    found = analyze(parsers.scan([str(logs / f"{story.name}.log")], vendor=vendor))
    # Whoever waits for a port to open is a client that says nothing, too.
    assert {count.status: count.records for count in found.statuses}.get(story.status, 0) >= MANY
    told = {
        verdict.cause: verdict.judgement
        for _, some in found.diagnosis
        for verdict in some
        if verdict.status == story.status
    }
    assert {cause for cause, judgement in told.items() if judgement == "supported"} >= story.supported
    assert {cause for cause, judgement in told.items() if judgement == "contradicted"} >= story.contradicted


def test_a_line_that_a_real_server_cannot_read_hides_nothing(logs: Path) -> None:
    scan = parsers.scan([str(logs / f"{LINES}.log")], vendor="nginx")
    columns = [*symptoms.COLUMNS, "line", "timestamp", "duration_s"]
    batches = scan.batches(columns, lambda batch: batch.records)
    whole = [
        (row["method"], row["target"])
        for records in batches
        for row in records.iter_rows(named=True)
        if row["status"] == symptoms.MALFORMED
        and symptoms.of(Part(records.filter(line=row["line"])))["request"][0] == "whole"
    ]
    assert whole == []
