r"""A real Apache writes a dozen formats at once; a log of all values, separated by tabs, is the truth for all others.

Apache escapes a tab inside a value as `\t`, so that the separator can stand in none, and it escapes in every format
alike.
"""

from __future__ import annotations

import re
import shutil
import signal
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests import servers
from tests.conformance import (
    Known,
    Reading,
    Request,
    Row,
    is_method,
    judge,
    nothing,
    parameters,
    read,
    request_line,
    target_parts,
)
from tests.conftest import AGREEMENT, require
from tests.dishonest_client import AGENTS, Exchange, ask, basic, dishonest, drive, honest, http2, waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SEED: Final = 2027

# --- what Apache is told to write ----------------------------------------------------------------------------------

REQUEST: Final = dict.fromkeys(("method", "target", "protocol", "path", "query", "host"), "%r")
COMMON: Final = '%h %l %u %t "%r" %>s %b'
COMMON_COLUMNS: Final = {
    "timestamp": "second",
    "client": "%h",
    "user": "%u",
    **REQUEST,
    "status": "%>s",
    "bytes_sent": "%b",
}
AGENT: Final = ' "%{Referer}i" "%{User-Agent}i"'
AGENT_COLUMNS: Final = {"referrer": "%{Referer}i", "user_agent": "%{User-Agent}i", "role": "%{User-Agent}i"}
COMBINED: Final = COMMON + AGENT
COMBINED_COLUMNS: Final = COMMON_COLUMNS | AGENT_COLUMNS
DEBIAN: Final = '%h %l %u %t "%r" %>s %O' + AGENT
DEBIAN_COLUMNS: Final = COMBINED_COLUMNS | {"bytes_sent": "%O"}
JSON: Final = (
    '{"time":"%{%Y-%m-%dT%H:%M:%S%z}t","client":"%a","user":"%u","request":"%r","status":"%>s","bytes":"%B",'
    '"microseconds":"%D","referer":"%{Referer}i","agent":"%{User-Agent}i","vhost":"%v"}'
)

WITHOUT_QUOTES: Final = (
    "two headers without quotes: nobody can tell where the first of them ends if it holds blanks"
)

ROWS: Final = (
    Row("common", COMMON, COMMON_COLUMNS, "apache-common"),
    Row("common-debian", '%h %l %u %t "%r" %>s %O', COMMON_COLUMNS | {"bytes_sent": "%O"}, "apache-common"),
    Row("combined", COMBINED, COMBINED_COLUMNS, "apache-combined"),
    Row("combined-debian", DEBIAN, DEBIAN_COLUMNS, "apache-combined"),
    Row("vhost-combined", "%v:%p " + DEBIAN, DEBIAN_COLUMNS | {"host": "%v"}, "apache-vhost-combined"),
    Row("vhost-common", "%v " + COMMON, COMMON_COLUMNS | {"host": "%v"}, "apache-vhost-common"),
    Row(
        "vhost-first",
        "%v " + COMBINED,
        COMBINED_COLUMNS | {"host": "%v"},
        "apache-vhost-combined-without-port",
    ),
    Row("timed", COMBINED + " %D", COMBINED_COLUMNS, "apache-combined-extended", partly=True),
    Row("forwarded", COMBINED + ' "%{X-Forwarded-For}i"', COMBINED_COLUMNS, "apache-combined-extended"),
    # From here on most must be told.
    Row(
        "combinedio",
        COMBINED + " %I %O",
        COMBINED_COLUMNS | {"bytes_received": "%I", "bytes_sent": "%O"},
    ),
    Row(
        "microseconds",
        COMBINED + " %D",
        COMBINED_COLUMNS | {"duration_s": "%D"},
        told=True,
    ),
    Row("seconds", COMBINED + " %T", COMBINED_COLUMNS | {"duration_s": "%T"}, told=True),
    Row("both", COMBINED + " %T/%D", COMBINED_COLUMNS | {"duration_s": "%D"}, told=True),
    Row(
        "milliseconds",
        COMBINED + " %{ms}T",
        COMBINED_COLUMNS | {"duration_s": "%{ms}T"},
        told=True,
    ),
    Row(
        "glued",  # a directive is one letter: `us` is text
        COMMON + " %Dus %B",
        COMMON_COLUMNS | {"duration_s": "%D", "bytes_sent": "%B"},
        told=True,
    ),
    Row(
        "everything",
        COMBINED + " %I %O %S %X %k %L %v %{c}a",
        COMBINED_COLUMNS | {"bytes_received": "%I", "bytes_sent": "%O", "host": "%v"},
        told=True,
    ),
    Row(
        "last-status",  # of the first and the last request of an internal redirect, the last counts
        '%a %t "%r" %s %>s %B',
        {"client": "%a", "timestamp": "second", **REQUEST, "status": "%>s", "bytes_sent": "%B"},
        told=True,
    ),
    Row(
        "for-some-statuses",
        '%h %t "%r" %>s "%!200,304,302{Referer}i" "%400,408,501{User-agent}i"',
        {
            "client": "%h",
            "timestamp": "second",
            **REQUEST,
            "status": "%>s",
            "referrer": "%!200,304,302{Referer}i",
            "user_agent": "%400,408,501{User-agent}i",
        },
        told=True,
    ),
    Row(
        "without-quotes",
        '%h %t "%r" %>s %!200,304,302{Referer}i %400,408,501{User-agent}i|',
        {
            "client": "%h",
            "timestamp": "second",
            **REQUEST,
            "status": "%>s",
            "referrer": "%!200,304,302{Referer}i",
            "user_agent": "%400,408,501{User-agent}i",
        },
        told=True,
        short=WITHOUT_QUOTES,
    ),
    Row(
        "iso-time",
        '%{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t%{%z}t %a "%r" %>s %B %X',
        {"timestamp": "millisecond", "client": "%a", **REQUEST, "status": "%>s", "bytes_sent": "%B"},
        told=True,
    ),
    Row(
        "usual-time-with-fraction",
        '%h %l %u [%{%d/%b/%Y:%T}t.%{usec_frac}t %{%z}t] "%r" %>s %b',
        COMMON_COLUMNS | {"timestamp": "microsecond"},
        told=True,
    ),
    Row(
        "epoch",
        '%{usec}t %a "%r" %>s',
        {"timestamp": "microsecond", "client": "%a", **REQUEST, "status": "%>s"},
        told=True,
    ),
    Row(
        "epoch-milliseconds",
        '%{msec}t %a "%r" %>s',
        {"timestamp": "millisecond", "client": "%a", **REQUEST, "status": "%>s"},
        told=True,
    ),
    Row(
        "end-of-request",
        '%{end:%Y-%m-%d %H:%M:%S %z}t %a "%r" %>s %D',
        {"timestamp": "end", "client": "%a", **REQUEST, "status": "%>s", "duration_s": "%D"},
        told=True,
    ),
    Row(
        "in-parts",
        '%a %t %m "%U%q" %H %>s %O',
        {
            "client": "%a",
            "timestamp": "second",
            "method": "%m",
            "target": "%U%q",
            "path": "%U%q",
            "query": "%U%q",
            "protocol": "%H",
            "status": "%>s",
            "bytes_sent": "%O",
        },
        told=True,
    ),
    Row(
        "tabs",
        "%{%Y-%m-%dT%H:%M:%S%z}t\t%a\t%u\t%r\t%>s\t%O\t%{Host}i\t%{User-Agent}i",
        {
            "timestamp": "second",
            "client": "%a",
            "user": "%u",
            **REQUEST,
            "status": "%>s",
            "bytes_sent": "%O",
            "host": "%{Host}i",
            "user_agent": "%{User-Agent}i",
            "role": "%{User-Agent}i",
        },
        told=True,
    ),
    Row(
        "csv",
        '"%{%F %T %z}t","%a","%r","%>s","%B","%{User-Agent}i"',
        {
            "timestamp": "second",
            "client": "%a",
            **REQUEST,
            "status": "%>s",
            "bytes_sent": "%B",
            "user_agent": "%{User-Agent}i",
            "role": "%{User-Agent}i",
        },
        told=True,
    ),
    Row(
        "ssl-request",  # carries no status
        '%t %h %{SSL_PROTOCOL}x %{SSL_CIPHER}x "%r" %b',
        {"timestamp": "second", "client": "%h", **REQUEST, "bytes_sent": "%b"},
    ),
    Row(
        "gandi",
        "%v %h %l %u %t (%T s) " + '"%r" %>s %b' + AGENT,
        COMBINED_COLUMNS | {"host": "%v", "duration_s": "%T"},
    ),
    Row(
        "ovh",
        '%h %v %u %t "%r" %>s %b' + AGENT,
        COMBINED_COLUMNS | {"host": "%v"},
    ),
    Row(
        "json",
        JSON,
        {
            "timestamp": "second",
            "client": "%a",
            "user": "%u",
            **REQUEST,
            "status": "%>s",
            "bytes_sent": "%B",
            "duration_s": "%D",
            **AGENT_COLUMNS,
            "host": "%v",
        },
        decoded=True,
        told=True,
    ),
)

KNOWN: Final = (
    Known(
        WITHOUT_QUOTES,
        rows=("without-quotes",),
        columns=("referrer", "user_agent"),
        covers=lambda request: b" " in (request["%!200,304,302{Referer}i"] or b""),
    ),
)
"""Differences that are known, with their reasons."""

TAB: Final = "\t"
DIRECTIVE: Final = re.compile(r"(%(?:[!<>,\d]|\{[^}]*\})*[A-Za-z])")
DIRECTIVES: Final = tuple(
    dict.fromkeys(DIRECTIVE.findall("%{usec}t %{end:usec}t %m %H " + " ".join(row.text for row in ROWS)))
)

MODULES: Final = (
    "mpm_event",
    "authn_core",
    "authz_core",
    "authz_user",
    "auth_basic",
    "authn_anon",
    "authn_file",
    "alias",
    "dir",
    "reqtimeout",
    "remoteip",
    "proxy",
    "proxy_http",
    "http2",
    "ssl",
)


def quoted(text: str) -> str:
    """Write a word of the configuration."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def configuration(
    folder: Path, modules: Path, ports: Mapping[str, int], origin: int, dead: int, pair: tuple[Path, Path]
) -> str:
    """Return the whole configuration."""
    load = "\n".join(f"LoadModule {name}_module {modules / f'mod_{name}.so'}" for name in MODULES)
    logs = "\n".join(f"CustomLog logs/{row.file} {quoted(row.text)}" for row in ROWS)
    here = f"http://{servers.LOOPBACK}"
    return f"""
        ServerRoot {folder}
        ServerName www.example.com
        Listen {servers.LOOPBACK}:{ports["plain"]}
        Listen {servers.LOOPBACK}:{ports["http2"]}
        Listen {servers.LOOPBACK}:{ports["tls"]}
        AcceptFilter http none
        PidFile httpd.pid
        Mutex file:{folder} default
        ErrorLog error/error.log
        {load}
        # One after the other: the same order in every log.
        StartServers 1
        ServerLimit 1
        ThreadLimit 1
        ThreadsPerChild 1
        MaxRequestWorkers 1
        GracefulShutdownTimeout 5
        KeepAliveTimeout 1
        RequestReadTimeout header=1 body=1
        LimitRequestBody 1000000
        DocumentRoot {folder}/pages
        DirectoryIndex index.html
        RemoteIPHeader X-Client
        RemoteIPInternalProxy {servers.LOOPBACK}
        <Directory {folder}/pages>
            Require all granted
        </Directory>
        <Location /private/>
            AuthType Basic
            AuthName anybody
            AuthBasicProvider anon
            Anonymous *
            Anonymous_NoUserID On
            Anonymous_MustGiveEmail Off
            Require valid-user
        </Location>
        <Location /locked/>
            AuthType Basic
            AuthName nobody
            AuthUserFile {folder}/pages/users
            Require valid-user
        </Location>
        Redirect /cart /
        ErrorDocument 416 /index.html
        ProxyPass /late/ {here}:{origin}/mute/ timeout=1 disablereuse=on
        ProxyPass /app/held/ {here}:{origin}/released/ disablereuse=on
        ProxyPass /app/ {here}:{origin}/ disablereuse=on
        ProxyPass /dead/ {here}:{dead}/ retry=0
        LogFormat {quoted(TAB.join(DIRECTIVES))} truth
        CustomLog logs/truth.tsv truth
        {logs}
        <VirtualHost *:{ports["plain"]}>
            ServerName www.example.com
        </VirtualHost>
        <VirtualHost *:{ports["plain"]}>
            ServerName shop.example.com
        </VirtualHost>
        <VirtualHost *:{ports["http2"]}>
            ServerName shop.example.com
            Protocols h2c http/1.1
        </VirtualHost>
        <VirtualHost *:{ports["tls"]}>
            ServerName shop.example.com
            SSLEngine on
            SSLCertificateFile {pair[0]}
            SSLCertificateKeyFile {pair[1]}
        </VirtualHost>
    """


def exchanges() -> Iterator[Exchange]:
    """Yield what the clients do."""
    yield from honest(SEED, 260)
    yield from dishonest(SEED)
    yield from waiting()
    yield Exchange("the origin is late", ask(b"GET /late/1 HTTP/1.1"))
    yield Exchange("nobody may", ask(b"GET /locked/1 HTTP/1.1", basic(b'ada "x"')))
    get = ask(b"GET /files/a.txt HTTP/1.1", b"User-Agent: " + AGENTS[0])
    yield Exchange("plain HTTP to a TLS port", get, port="tls")
    for number in range(3):
        yield Exchange(f"HTTPS {number}", get, port="tls", secure=True)
    usual = [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"shop.example.com")]
    for path, agent in ((b"/search?q=2", b'a "b" \xff'), (b'/"quoted"', b""), (b"/missing", b"\\")):
        yield Exchange("HTTP/2", http2([*usual, (b":path", path), (b"user-agent", agent)]), "frames", "http2")


# --- what Apache says of it ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Served:
    """The logs of one run, and what the server itself says of every request, in the order of its logs."""

    logs: Path
    requests: list[Request]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Run Apache once, send everything, keep the logs."""
    program = servers.program("apache2", "apache2-bin")
    modules = require("apache2-bin", Path("/usr/lib/apache2/modules"))
    logs = tmp_path_factory.mktemp("served") / "logs"
    with servers.own_folder() as folder, servers.origin() as origin, servers.closed_port() as dead:
        ports = dict(zip(("plain", "http2", "tls"), servers.free_ports(3), strict=True))
        servers.furnish(folder)
        text = configuration(folder, modules, ports, origin.port, dead, servers.certificate(folder))
        (folder / "httpd.conf").write_text(text)
        (logs.parent / "httpd.conf").write_text(text)
        command: list[str | Path] = [program, "-d", folder, "-f", "httpd.conf", "-DFOREGROUND"]
        with servers.running(command, folder, list(ports.values()), leave_by=signal.SIGWINCH):
            drive(exchanges(), ports, origin)
        shutil.copytree(folder / "logs", logs)
    return Served(logs, truth(logs))


def truth(logs: Path) -> list[Request]:
    """Read what the server says of every request: directive → bytes as logged, null for `-`."""
    return [
        {
            name: None if value == b"-" else value
            for name, value in zip(DIRECTIVES, line.split(b"\t"), strict=True)
        }
        for line in (logs / "truth.tsv").read_bytes().split(b"\n")[:-1]
    ]


def rendered(request: Request, row: Row) -> bytes:
    """Return the line that Apache writes for a request in a format."""
    out = b""
    for number, part in enumerate(DIRECTIVE.split(row.text)):
        value = request[part] if number % 2 else part.encode()
        out += b"-" if value is None else value
    return out + b"\n"


LETTERS: Final = {"b": b"\b", "n": b"\n", "r": b"\r", "t": b"\t", "v": b"\v"}


def unescaped(text: str) -> bytes:
    r"""Undo what Apache does to every value.

    >>> unescaped(r"\"\xc3\xa9\\x41")
    b'"\xc3\xa9\\x41'
    """
    out = b""
    rest = text
    while rest:
        before, backslash, rest = rest.partition("\\")
        out += before.encode()
        if backslash and rest[0] == "x":
            out += bytes.fromhex(rest[1:3])
            rest = rest[3:]
        elif backslash:
            out += LETTERS.get(rest[0], rest[0].encode())
            rest = rest[1:]
    return out


def text_of(request: Request, name: str, row: Row) -> str | None:
    """Return a value as it must come out of a line, null for `-`."""
    if name == "%U%q":
        parts = [text_of(request, one, row) for one in ("%U", "%q")]
        return None if parts[0] is None else parts[0] + (parts[1] or "")
    value = request[name]
    if value is None:
        return None
    if name == "%u" and value == b'""':  # the name was empty
        return ""
    return unescaped(value.decode()).decode("utf-8", "replace") if row.decoded else value.decode("ascii")


def expected(request: Request, row: Row) -> dict[str, object]:
    """Return every canonical column as this format must give it."""
    made = nothing("apache")
    for column, name in row.columns.items():
        if column == "timestamp":
            made[column] = moment(request, name)
        elif column == "role":
            made[column] = role(request)
        else:
            made[column] = value_of(column, name, text_of(request, name, row))
    return made


SCALE: Final = {"%D": 6, "%T": 0, "%{ms}T": 3}


def value_of(column: str, name: str, text: str | None) -> object:
    """Return one canonical value, made of one value of the server."""
    if name == "%r":
        return request_line(text)[column]
    if text is None or (name == "%m" and not is_method(text)):
        return None
    if name == "%U%q":
        return target_parts("", text)[column]
    if column == "duration_s":
        return int(text) / 10 ** SCALE[name]
    return int(text) if column in {"status", "bytes_sent", "bytes_received"} else text


def moment(request: Request, precision: str) -> datetime:
    """Return when the request came, as exactly as a format says it; `end`: the second in which it was done."""
    micros = int(request["%{end:usec}t" if precision == "end" else "%{usec}t"] or 0)
    step = {"microsecond": 1, "millisecond": 1_000}.get(precision, 1_000_000)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros // step * step)


def role(request: Request) -> str:
    """Return who asked: Apache itself comes from loopback, under a name that others can take too."""
    agent = request["%{User-Agent}i"] or b""
    itself = agent.endswith(b"(internal dummy connection)") and request["%h"] in {b"127.0.0.1", b"::1"}
    return "probe" if itself else "request"


# --- the tests -----------------------------------------------------------------------------------------------------


def test_the_clients_met_what_they_were_made_for(served: Served) -> None:
    statuses = {request["%>s"] for request in served.requests}
    assert statuses >= {b"%d" % n for n in (200, 206, 302, 400, 401, 403, 404, 405, 408, 414, 416, 417)}
    assert statuses >= {b"500", b"501", b"502", b"503"}
    assert any(request["%r"] is None for request in served.requests)
    lines = {request["%r"] for request in served.requests}
    assert any((line or b"").startswith(b"\\x16\\x03") for line in lines), "TLS on a plain port"
    assert lines >= {b"GET /a b", b"GET /old", b"GET /caf\\xe9 HTTP/1.1"}, "blanks, HTTP/0.9, invalid bytes"
    assert {b'""', b'user one \\"x'} <= {request["%u"] for request in served.requests}
    assert any(request["%{SSL_PROTOCOL}x"] for request in served.requests), "TLS where it belongs"
    assert any(request["%H"] == b"HTTP/2.0" for request in served.requests)
    assert any(request["%X"] == b"X" for request in served.requests)
    assert len(served.requests) > 1_000


def test_our_reader_of_request_lines_agrees_with_apache(served: Served) -> None:
    """Where Apache served a page, both find the same method and protocol."""
    understood = 0
    for request in served.requests:
        if (request["%>s"] or b"").startswith(b"2"):
            parts = request_line((request["%r"] or b"").decode())
            assert parts["method"] == (request["%m"] or b"").decode()
            assert (parts["protocol"] or "HTTP/0.9") == (request["%H"] or b"").decode()
            understood += 1
    assert understood > 300


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_the_truth_explains_every_byte_of_every_log(served: Served, row: Row) -> None:
    """Also of those that cannot be read yet: same requests, same order, and what must come out of them is known."""
    data = (served.logs / row.file).read_bytes()
    assert data == b"".join(rendered(request, row) for request in served.requests)
    assert all(expected(request, row).keys() == nothing("apache").keys() for request in served.requests)


@pytest.mark.parametrize("row", parameters(ROWS))
def test_every_field_of_every_line(
    served: Served, row: Row, record_property: Callable[[str, object], None]
) -> None:
    """Every row as `ROWS` says, with nothing told but what stands in `scan`."""
    reading, said = compare(served, row, row.scan)
    record_property(AGREEMENT, f"Apache {said}")
    if row.format:
        assert {record["format"] for record in reading.records.values()} == {row.format}


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS if not row.partly])
def test_the_configuration_tells_every_format(served: Served, row: Row) -> None:
    """The same, with the whole httpd.conf as the only word."""
    reading, _ = compare(served, row, {"server_config": str(served.logs.parent / "httpd.conf")})
    assert reading.records


def compare(served: Served, row: Row, scan: Mapping[str, Any]) -> tuple[Reading, str]:
    """Read the log of a row and hold it against the truth; return how many lines agree, too."""
    requests = dict(enumerate(served.requests, 1))
    reading = read(served.logs / row.file, scan)
    whole = {line: expected(request, row) for line, request in requests.items()}
    return reading, judge(row, requests, whole, reading, KNOWN)
