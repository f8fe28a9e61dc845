"""A real nginx writes a dozen formats at once; its JSON log is the truth for all others.

`truth.json` holds the values; escape=json tells all of them apart, but what is not set is empty there. `truth.tsv`
holds the same in the default escaping, where that is `-`, and where no value can hold a tab.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
import signal
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

import parsers
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
    physical_lines,
    read,
    request_line,
    target_parts,
)
from tests.conftest import AGREEMENT
from tests.dishonest_client import Exchange, ask, dishonest, drive, honest, http2, waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


SEED: Final = 2026

# --- what nginx is told to write -----------------------------------------------------------------------------------

COMBINED: Final = (
    "$remote_addr - $remote_user [$time_local] "
    '"$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
)
REQUEST: Final = dict.fromkeys(("method", "target", "protocol", "path", "query", "host"), "request")
URI: Final = dict.fromkeys(("target", "path", "query"), "request_uri")
COMBINED_COLUMNS: Final = {
    "timestamp": "time_local",
    "client": "remote_addr",
    "user": "remote_user",
    **REQUEST,
    "status": "status",
    "bytes_sent": "body_bytes_sent",
    "referrer": "http_referer",
    "user_agent": "http_user_agent",
}
UPSTREAM: Final = {
    "upstream": "upstream_addr",
    "upstream_status": "upstream_status",
    "upstream_duration_s": "upstream_response_time",
    "upstream_tries": "upstream_addr",
}
PROXY_MANAGER: Final = {
    "timestamp": "time_local",
    "status": "status",
    "method": "request_method",
    "host": "host",
    **URI,
    "client": "remote_addr",
    "bytes_sent": "body_bytes_sent",
    "user_agent": "http_user_agent",
    "referrer": "http_referer",
}
JSON_COLUMNS: Final = COMBINED_COLUMNS | {
    "timestamp": "time_iso8601",
    "duration_s": "request_time",
    "host": "host",
    "request_id": "request_id",
    **UPSTREAM,
}
JSON_QUOTED: Final = (
    '{"time":"$time_iso8601","remote_addr":"$remote_addr","remote_user":"$remote_user","request":"$request",'
    '"status":"$status","body_bytes_sent":"$body_bytes_sent","request_time":"$request_time","host":"$host",'
    '"http_referer":"$http_referer","http_user_agent":"$http_user_agent","request_id":"$request_id",'
    '"upstream_addr":"$upstream_addr","upstream_status":"$upstream_status",'
    '"upstream_response_time":"$upstream_response_time"}'
)
JSON_BARE: Final = (
    '{"time":"$time_iso8601","remote_addr":"$remote_addr","remote_user":"$remote_user","request":"$request",'
    '"status":$status,"body_bytes_sent":$body_bytes_sent,"request_time":$request_time,"host":"$host",'
    '"http_referer":"$http_referer","http_user_agent":"$http_user_agent","request_id":"$request_id",'
    '"upstream_addr":"$upstream_addr","upstream_status":$upstream_status,'
    '"upstream_response_time":$upstream_response_time}'
)
INGRESS: Final = (
    COMBINED
    + " $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr"
    " $upstream_response_length $upstream_response_time $upstream_status $req_id"
)
"""As in the documentation of ingress-nginx, log-format.md; what nginx itself does not know is made by `map` below."""

RAW: Final = "without escaping, quotes, brackets and line ends can say anything"
WITHOUT_QUOTES: Final = (
    "two headers without quotes: nobody can tell where the first of them ends if it holds blanks"
)

ROWS: Final = (
    Row("combined", COMBINED, COMBINED_COLUMNS, "nginx-combined"),
    Row("buffered", COMBINED, COMBINED_COLUMNS, "nginx-combined", options="buffer=4k flush=1s"),
    Row(
        "compressed",
        COMBINED,
        COMBINED_COLUMNS,
        "nginx-combined",
        options="gzip=1 buffer=4k flush=1s",
        ending=".log.gz",
    ),
    Row("main", COMBINED + ' "$http_x_forwarded_for"', COMBINED_COLUMNS, "nginx-main"),
    Row(
        "timed",
        COMBINED + " $request_time",
        COMBINED_COLUMNS | {"duration_s": "request_time"},
        "nginx-combined-timed",
    ),
    Row(
        "host-first",
        "$server_name " + COMBINED,
        COMBINED_COLUMNS | {"host": "server_name"},
        "nginx-vhost-combined",
    ),
    Row(
        "combined-in-tabs",
        COMBINED.replace(" ", "\t"),
        COMBINED_COLUMNS,
    ),
    # From here on most must be told.
    Row(
        "duration",
        COMBINED + " $request_time $request_length",
        COMBINED_COLUMNS | {"duration_s": "request_time", "bytes_received": "request_length"},
        told=True,
    ),
    Row(
        "upstream-quoted",
        COMBINED + ' $request_time "$upstream_addr" "$upstream_status" "$upstream_response_time"',
        COMBINED_COLUMNS | {"duration_s": "request_time"} | UPSTREAM,
        told=True,
    ),
    Row(
        "upstream-bare",
        COMBINED + " rt=$request_time ua=$upstream_addr us=$upstream_status urt=$upstream_response_time",
        COMBINED_COLUMNS | {"duration_s": "request_time"} | UPSTREAM,
        told=True,
    ),
    Row(
        "ingress",
        INGRESS,
        COMBINED_COLUMNS
        | {"duration_s": "request_time", "bytes_received": "request_length", "request_id": "req_id"}
        | UPSTREAM,
    ),
    Row(
        "secured",
        COMBINED + ' $ssl_protocol $ssl_cipher "$ssl_server_name" $ssl_session_reused $request_time',
        COMBINED_COLUMNS | {"host": "ssl_server_name", "duration_s": "request_time"},
        told=True,
    ),
    Row(
        "cache",
        COMBINED + " $upstream_cache_status",
        COMBINED_COLUMNS | {"cache": "upstream_cache_status"},
        told=True,
    ),
    Row(
        "tabs",
        "$time_iso8601\t$remote_addr\t$request_method\t$host\t$request_uri\t$status\t$bytes_sent\t$request_time"
        "\t$http_user_agent",
        {
            "timestamp": "time_iso8601",
            "client": "remote_addr",
            "method": "request_method",
            "host": "host",
            **URI,
            "status": "status",
            "bytes_sent": "bytes_sent",
            "duration_s": "request_time",
            "user_agent": "http_user_agent",
        },
        told=True,
    ),
    Row(
        "epoch",
        '$msec|$remote_addr|$status|$request_length|$bytes_sent|$request_time|"$request"|$request_id',
        {
            "timestamp": "msec",
            "client": "remote_addr",
            "status": "status",
            "bytes_received": "request_length",
            "bytes_sent": "bytes_sent",
            "duration_s": "request_time",
            **REQUEST,
            "request_id": "request_id",
        },
        told=True,
    ),
    Row(
        "csv",
        '"$time_iso8601","$remote_addr","$remote_user","$request","$status","$body_bytes_sent","$http_user_agent"',
        {
            "timestamp": "time_iso8601",
            "client": "remote_addr",
            "user": "remote_user",
            **REQUEST,
            "status": "status",
            "bytes_sent": "body_bytes_sent",
            "user_agent": "http_user_agent",
        },
        told=True,
    ),
    Row(
        "key-value",
        'time="$time_local" client=$remote_addr method=$request_method uri="$request_uri" status=$status'
        ' bytes=$body_bytes_sent agent="$http_user_agent" protocol=$server_protocol',
        {
            "timestamp": "time_local",
            "client": "remote_addr",
            "method": "request_method",
            **URI,
            "status": "status",
            "bytes_sent": "body_bytes_sent",
            "user_agent": "http_user_agent",
            "protocol": "server_protocol",
        },
        told=True,
    ),
    Row(
        "labelled",
        "time:$time_iso8601\thost:$remote_addr\treq:$request\tstatus:$status\tsize:$body_bytes_sent"
        "\treferer:$http_referer\tua:$http_user_agent\treqtime:$request_time",
        {
            "timestamp": "time_iso8601",
            "client": "remote_addr",
            **REQUEST,
            "status": "status",
            "bytes_sent": "body_bytes_sent",
            "referrer": "http_referer",
            "user_agent": "http_user_agent",
            "duration_s": "request_time",
        },
        told=True,
    ),
    Row(
        "proxy-manager",  # as Nginx Proxy Manager writes for a host that it passes on; its $server is made by `map`
        "[$time_local] $upstream_cache_status $upstream_status $status - $request_method $scheme $host"
        ' "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $gzip_ratio] [Sent-to $server]'
        ' "$http_user_agent" "$http_referer"',
        PROXY_MANAGER
        | {"cache": "upstream_cache_status", "upstream_status": "upstream_status", "upstream": "server"},
    ),
    Row(
        "proxy-manager-standard",  # and for one that it redirects
        "[$time_local] $status - $request_method $scheme $host"
        ' "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $gzip_ratio]'
        ' "$http_user_agent" "$http_referer"',
        PROXY_MANAGER,
    ),
    Row(
        "npmplus",
        '[$time_local] $host $remote_addr $request_time "$request" $status $body_bytes_sent $bytes_sent'
        " $http_referer $http_user_agent",
        {name: of for name, of in COMBINED_COLUMNS.items() if name != "user"}
        | {"host": "host", "duration_s": "request_time"},
        short=WITHOUT_QUOTES,
    ),
    Row("combined-in-json", COMBINED, COMBINED_COLUMNS, escape="json", told=True),
    Row("combined-raw", COMBINED, COMBINED_COLUMNS, escape="none", told=True, short=RAW),
    Row("json-guessed", JSON_QUOTED, JSON_COLUMNS, "nginx-json", escape="json", decoded=True),
    Row("json-bare-guessed", JSON_BARE, JSON_COLUMNS, "nginx-json", escape="json", decoded=True),
    Row("json-raw", JSON_QUOTED, JSON_COLUMNS, escape="none", told=True),
    Row("json", JSON_QUOTED, JSON_COLUMNS, escape="json", decoded=True, told=True),
    Row("json-bare", JSON_BARE, JSON_COLUMNS, escape="json", decoded=True, told=True),
    Row("json-default", JSON_QUOTED, JSON_COLUMNS, decoded=True, told=True),
    Row("json-default-bare", JSON_BARE, JSON_COLUMNS, decoded=True, told=True),
    # Its combined lines as a container's run-time and a syslog daemon keep them.
    Row("container", "", COMBINED_COLUMNS, "nginx-combined"),
    Row("docker", "", COMBINED_COLUMNS, "nginx-combined", ending=".json"),
    Row("syslog", "", COMBINED_COLUMNS, "nginx-combined"),
)

KNOWN: Final = (
    Known(
        RAW,
        rows=("combined-raw", "json-raw"),
        columns=("reject", *parsers.SCHEMA),
        covers=lambda request: any(
            byte in (request[name] or b"") for name in COMBINED_COLUMNS.values() for byte in b'"\n[]'
        ),
    ),
    Known(
        WITHOUT_QUOTES,
        rows=("npmplus",),
        columns=("referrer", "user_agent"),
        covers=lambda request: b" " in (request["http_referer"] or b""),
    ),
)
"""Differences that are known, with their reasons."""

VARIABLES: Final = tuple(dict.fromkeys(re.findall(r"\$(\w+)", "$msec " + " ".join(row.text for row in ROWS))))


def configuration(
    ports: Mapping[str, int], origin: int, dead: int, certificate: tuple[Path, Path], syslog: int
) -> str:
    """Return the whole configuration; every path is relative to the server's own folder."""
    made, key = certificate
    logs = [
        "log_format truth escape=json '{" + ",".join(f'"{name}":"${name}"' for name in VARIABLES) + "}';",
        "log_format told '" + "\t".join("$" + name for name in VARIABLES) + "';",
        "access_log logs/truth.json truth;",
        "access_log logs/truth.tsv told;",
        f"access_log syslog:server={servers.LOOPBACK}:{syslog} combined;",
    ]
    for row in ROWS:
        if row.text:
            if row.name != "combined":  # that one is predefined
                logs.append(f"log_format {row.name} escape={row.escape} '{row.text}';")
            logs.append(f"access_log logs/{row.file} {row.name} {row.options};")
    listen = servers.LOOPBACK
    return f"""
    daemon off;
    worker_processes 1;  # one after the other: the same order in every log
    pid nginx.pid;
    error_log error/error.log info;
    events {{ worker_connections 256; }}
    http {{
        client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
        scgi_temp_path scgi;
        proxy_cache_path cache keys_zone=kept:64k;
        client_header_timeout 1s;
        lingering_timeout 100ms;
        if_modified_since before;
        set_real_ip_from {listen};
        real_ip_header X-Client;
        map $host $proxy_upstream_name {{ default shop-cart-80; }}
        map $host $proxy_alternative_upstream_name {{ default ""; }}
        map $http_x_request_id $req_id {{ default $http_x_request_id; "" $request_id; }}
        map $host $server {{ default app.example.net; }}
        limit_req_zone $server_name zone=one:64k rate=1r/m;
        upstream origin {{ server {listen}:{origin}; }}
        upstream retry {{ server {listen}:{dead} max_fails=0; server {listen}:{origin} max_fails=0; }}
        upstream dead {{ server {listen}:{dead} max_fails=0; server {listen}:{dead} max_fails=0; }}
        upstream down {{ server {listen}:{dead} down; server {listen}:{dead} down; }}
        {" ".join(logs)}
        server {{
            listen {listen}:{ports["plain"]};
            listen {listen}:{ports["tls"]} ssl;
            listen {listen}:{ports["http2"]} http2;
            listen unix:nginx.sock;
            server_name shop.example.com;
            ssl_certificate {made};
            ssl_certificate_key {key};
            root pages;
            location /search {{ return 200 "found\n"; }}
            location /cart {{ return 302 /; }}
            location /private/ {{ return 200 "private\n"; }}
            location /locked/ {{ auth_basic "locked"; auth_basic_user_file pages/users; }}
            location /dropped {{ return 444; }}
            location /limited {{ limit_req zone=one; limit_req_status 429; try_files /files/a.txt =404; }}
            location /app/ {{ proxy_pass http://origin/; }}
            location /retry/ {{ proxy_pass http://retry/; }}
            location /dead/ {{ proxy_pass http://dead/; }}
            location /down/ {{ proxy_pass http://down/; }}
            location /late/ {{ proxy_read_timeout 100ms; proxy_pass http://origin/mute/; }}
            location /kept/ {{ proxy_cache kept; proxy_pass http://origin/kept/; }}
            location /sent-on/ {{ proxy_pass http://origin; }}
            location /inner/ {{ internal; proxy_pass http://origin/; }}
            location /inner-down/ {{ internal; proxy_pass http://down/; }}
            location /page/ {{ error_page 404 /files/a.txt; }}
            location /fallback/ {{ proxy_pass http://dead/; error_page 502 = @other; }}
            location @other {{ proxy_pass http://retry; }}
        }}
        server {{
            listen {listen}:{ports["moved"]} ssl;
            server_name shop.example.com;
            ssl_certificate {made};
            ssl_certificate_key {key};
            error_page 497 =301 https://shop.example.com$request_uri;
        }}
    }}
    """


def exchanges() -> Iterator[Exchange]:
    """Yield what the clients do."""
    yield from honest(SEED, 260)
    yield from dishonest(SEED)
    yield from waiting()
    paths = (
        *(
            "/dropped",
            "/limited",
            "/limited",
            "/limited",
            "/locked/a",
            "/retry/1",
            "/retry/2",
            "/retry/3",
            "/retry/4",
        ),
        *(
            "/dead/1",
            "/down/1",
            "/late/1",
            "/kept/1",
            "/kept/1",
            "/kept/2",
            "/sent-on/inner/a",
            "/fallback/a",
        ),
        *("/sent-on/inner-down/a", "/sent-on/files/a.txt", "/page/missing"),
    )
    for path in paths:
        yield Exchange(path, ask(f"GET {path} HTTP/1.1".encode()))
    get = ask(b"GET /files/a.txt HTTP/1.1", b"X-Request-Id: from-the-client")
    yield Exchange("plain HTTP to a TLS port", get, port="tls")
    yield Exchange("plain HTTP to a TLS port that sends it on", get, port="moved")
    yield Exchange("HTTPS", get, port="tls", secure=True)
    yield Exchange("through a socket of the file system", get, port="socket")
    usual = [
        (b":method", b"GET"),
        (b":scheme", b"http"),
        (b":path", b"/search?q=2"),
        (b":authority", b"shop.example.com"),
    ]
    yield Exchange("HTTP/2", http2([*usual, (b"user-agent", b'a "b" \xff')]), "frames", "http2")
    yield Exchange(
        "HTTP/2, a blank in the path", http2([*usual[:2], (b":path", b"/a b"), usual[3]]), "frames", "http2"
    )
    yield Exchange("HTTP/2, no path", http2([*usual[:2], usual[3]]), "frames", "http2")


# --- what nginx says of it -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Served:
    """The logs of one run, and what the server itself says of every request, in the order of its logs."""

    logs: Path
    requests: list[Request]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Run nginx once, send everything, keep the logs."""
    program = servers.program("nginx", "nginx")
    logs = tmp_path_factory.mktemp("served") / "logs"
    with servers.own_folder() as folder, servers.origin() as origin, servers.closed_port() as dead:
        ports = dict(zip(("plain", "tls", "moved", "http2"), servers.free_ports(4), strict=True))
        servers.furnish(folder)
        kept = folder / "syslog.log"
        with servers.syslog_daemon(kept) as syslog:
            text = configuration(ports, origin.port, dead, servers.certificate(folder), syslog)
            (folder / "nginx.conf").write_text(text)
            (logs.parent / "nginx.conf").write_text(text)
            command: list[str | Path] = [program, "-p", folder, "-c", "nginx.conf", "-e", "error/error.log"]
            with servers.running(command, folder, list(ports.values()), leave_by=signal.SIGQUIT):
                drive(exchanges(), {**ports, "socket": folder / "nginx.sock"}, origin)
        shutil.copytree(folder / "logs", logs)
        shutil.copy(kept, logs)
    wrap(logs)
    return Served(logs, truth(logs))


def wrap(logs: Path) -> None:
    """Write the combined lines as a container's run-time keeps them: by CRI, and in Docker's JSON, which is Go's."""
    lines = (logs / "combined.log").read_text("ascii").splitlines()
    stamp = "2026-11-20T12:00:00.123456789Z"
    (logs / "container.log").write_text("".join(map(f"{stamp} stdout F {{}}\n".format, lines)), "ascii")
    members = ({"log": line + "\n", "stream": "stdout", "time": stamp} for line in lines)
    docker = "".join(json.dumps(each, separators=(",", ":")) + "\n" for each in members)
    for character in "<>&":
        docker = docker.replace(character, f"\\u{ord(character):04x}")
    (logs / "docker.json").write_text(docker, "ascii")


def truth(logs: Path) -> list[Request]:
    """Read what the server says of every request: variable → bytes, null where it is not set."""
    values = (logs / "truth.json").read_bytes().decode("utf-8", "surrogateescape").split("\n")[:-1]
    told = (logs / "truth.tsv").read_text("ascii").split("\n")[:-1]
    requests = []
    for line, texts in zip(values, told, strict=True):
        members = json.loads(line)
        made: Request = {}
        for name, text in zip(VARIABLES, texts.split("\t"), strict=True):
            value = members[name].encode("utf-8", "surrogateescape")
            made[name] = None if not value and text == "-" else value
        requests.append(made)
    return requests


ESCAPES: Final = {byte: f"\\x{byte:02X}" for byte in (*range(0x20), *range(0x7F, 0x100), *b'"\\')}
JSON_ESCAPES: Final = {byte: f"\\u{byte:04X}" for byte in range(0x20)} | {
    0x22: '\\"', 0x5C: "\\\\", 0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x08: "\\b", 0x0C: "\\f"
}  # fmt: skip


def escaped(value: bytes) -> str:
    r"""Write a value as nginx does by default.

    >>> escaped('é"'.encode())
    '\\xC3\\xA9\\x22'
    """
    return value.decode("latin-1").translate(ESCAPES)


def json_escaped(value: bytes) -> bytes:
    """Write a value as nginx does with escape=json: bytes above ASCII stand as they came."""
    return value.decode("latin-1").translate(JSON_ESCAPES).encode("latin-1")


def unescaped(text: str) -> bytes:
    r"""Undo it.

    >>> unescaped(r"a\x22")
    b'a"'
    """
    first, *rest = text.split("\\x")
    return first.encode() + b"".join(bytes.fromhex(part[:2]) + part[2:].encode() for part in rest)


def rendered(request: Request, row: Row) -> bytes:
    """Return the line that nginx writes for a request in a format."""
    out = b""
    for number, part in enumerate(re.split(r"\$(\w+)", row.text)):
        value = request[part] if number % 2 else None
        if number % 2 == 0:
            out += part.encode()
        elif row.escape == "default":
            out += b"-" if value is None else escaped(value).encode()
        else:
            out += json_escaped(value or b"") if row.escape == "json" else value or b""
    return out + b"\n"


def text_of(request: Request, name: str, row: Row | None = None) -> str | None:
    """Return a value as it must come out of a line; null for `-` and, where `-` says it not, for what is not set.

    Without a row: as a log in the default escaping holds it.
    """
    value = request[name]
    if value is None or value == b"-":
        return None
    if row is None or (row.escape == "default" and not row.decoded):
        return escaped(value)
    text = (value if row.escape == "none" or row.decoded else json_escaped(value)).decode("utf-8", "replace")
    return text or None if row.escape != "default" else text


def hops(text: str | None) -> list[str]:
    """Split a list of upstream values; a phase that chose no server leaves nothing, and is not a try."""
    if text is None:
        return []
    return [part for one in text.split(" : ") for part in one.split(", ") if part]


def expected(request: Request, row: Row) -> dict[str, object]:
    """Return every canonical column as this format must give it."""
    made = nothing("nginx")
    for column, name in row.columns.items():
        made[column] = value_of(request, column, name, row)
    return made


def value_of(request: Request, column: str, name: str, row: Row) -> object:
    """Return one canonical value, made of one value of the server."""
    text = text_of(request, name, row)
    if column == "timestamp":
        return moment(request, name)
    if column in UPSTREAM:
        return upstream(request, column, name)
    if name == "request":
        return request_line(text)[column]
    if text is None or (name == "request_method" and not is_method(text)):
        return None
    if name == "request_uri":
        return target_parts("", text)[column]
    return {"duration_s": float, "status": int, "bytes_sent": int, "bytes_received": int}.get(column, str)(
        text
    )


def moment(request: Request, name: str) -> datetime:
    """Return when the line was written, as exactly as the variable says it."""
    seconds, millis = (request["msec"] or b"").split(b".")
    exact = datetime.fromtimestamp(int(seconds), UTC) + timedelta(milliseconds=int(millis))
    return exact if name == "msec" else exact.replace(microsecond=0)


def upstream(request: Request, column: str, name: str) -> object:
    """Return the last server that was tried, its status, the time of all tries, or how many there were."""
    tries = hops(text_of(request, name))
    if not tries:
        return None
    if column == "upstream_tries":
        return len(tries)
    if column == "upstream_duration_s":
        times = [float(one) for one in tries if one != "-"]
        return round(sum(times), 3) if times else None
    if tries[-1] == "-":
        return None
    return int(tries[-1]) if column == "upstream_status" else tries[-1]


# --- the tests -----------------------------------------------------------------------------------------------------


def test_the_two_truths_agree(served: Served) -> None:
    """The values of the JSON log are those of the other escaping, read another way."""
    for line, request in zip(
        (served.logs / "truth.tsv").read_text("ascii").splitlines(), served.requests, strict=True
    ):
        for name, text in zip(VARIABLES, line.split("\t"), strict=True):
            assert unescaped(text) == (b"-" if request[name] is None else request[name])


def test_the_syslog_daemon_got_every_line(served: Served) -> None:
    """As nginx sends it: priority, time, host and tag, then the line without an end."""
    header = re.compile(r"<190>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ nginx: ")
    sent = (served.logs / "syslog.log").read_text("ascii").splitlines()
    assert all(header.match(line) for line in sent)
    assert [header.sub("", line, count=1) for line in sent] == (
        (served.logs / "combined.log").read_text("ascii").splitlines()
    )


def test_an_envelope_changes_no_field(served: Served) -> None:
    """The same lines bare and in three envelopes are the same records, and the same lines are none."""
    bare = read(served.logs / "combined.log", {})
    for name in ("container.log", "docker.json", "syslog.log"):
        wrapped = read(served.logs / name, {})
        assert "behind " in wrapped.evidence
        assert wrapped.rejects.keys() == bare.rejects.keys()
        for line, record in bare.records.items():
            assert wrapped.records[line] | {"source": ""} == record | {"source": ""}


def test_our_reader_of_request_lines_agrees_with_nginx(served: Served) -> None:
    """Where nginx understood the request line, both find the same in it; nginx takes some blanks for one."""
    understood = 0
    for request in served.requests:
        if request["request_method"] and request["server_protocol"] and request["request_uri"]:
            parts = request_line(" ".join(str(text_of(request, "request")).split()))
            if parts["method"] is None:  # more than 32 letters
                continue
            query = "" if parts["query"] is None else "?" + parts["query"]
            assert parts["method"] == text_of(request, "request_method")
            assert parts["protocol"] == str(text_of(request, "server_protocol")).strip()
            # Of `http://host?query` nginx keeps the query; the path of such a target is `/`.
            whole = f"{parts['path'] or ''}{query}"
            assert whole.removeprefix("/") == str(text_of(request, "request_uri") or "").removeprefix("/")
            understood += 1
    assert understood > 500


def test_the_clients_met_what_they_were_made_for(served: Served) -> None:
    statuses = {request["status"] for request in served.requests}
    assert statuses >= {b"%d" % n for n in (200, 206, 301, 302, 304, 400, 401, 404, 405, 408, 413, 414, 416)}
    assert statuses >= {b"009", b"429", b"444", b"499", b"500", b"501", b"502", b"504", b"505"}
    lines = {request["request"] for request in served.requests}
    assert any((line or b"").startswith(b"\x16\x03") for line in lines), "TLS on a plain port"
    assert lines >= {b"", b"GET /a b c HTTP/1.1", b"GET /old"}, "empty lines, blanks in the URI, HTTP/0.9"
    assert lines >= {b"GET /caf\xe9 HTTP/1.1", b"GET /\xff\xfe HTTP/1.1"}, "invalid bytes"
    assert b'user one "x' in {request["remote_user"] for request in served.requests}
    assert any(request["ssl_protocol"] for request in served.requests), "TLS where it belongs"
    page = next(request for request in served.requests if request["request"] == b"GET /page/missing HTTP/1.1")
    assert (page["status"], page["body_bytes_sent"]) == (b"404", b"1000"), "a page of its own for an error"
    lists = " ".join(str(text_of(request, "upstream_status")) for request in served.requests)
    assert ", " in lists
    assert " : " in lists
    assert len(served.requests) > 1_000


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS if row.text])
def test_the_truth_explains_every_byte_of_every_log(served: Served, row: Row) -> None:
    """Also of those that cannot be read yet: same requests, same order, and what must come out of them is known."""
    data = (served.logs / row.file).read_bytes()
    lines = [rendered(request, row) for request in served.requests]
    assert (gzip.decompress(data) if row.file.endswith(".gz") else data) == b"".join(lines)
    assert all(expected(request, row).keys() == nothing("nginx").keys() for request in served.requests)


def height(request: Request, row: Row) -> int:
    """Return how many lines a record takes: without escaping a user can hold line ends."""
    if row.escape != "none":
        return 1
    return 1 + sum((request[name] or b"").count(b"\n") for name in set(row.columns.values()))


@pytest.mark.parametrize("row", parameters(ROWS))
def test_every_field_of_every_line(
    served: Served, row: Row, record_property: Callable[[str, object], None]
) -> None:
    """Every row as `ROWS` says, with nothing told but what stands in `scan`."""
    reading, said = compare(served, row, row.scan)
    record_property(AGREEMENT, f"nginx {said}")
    if row.format:
        assert {record["format"] for record in reading.records.values()} == {row.format}
    assert {record["weight"] for record in reading.records.values()} == {1.0}


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row.name) for row in ROWS if row.text and not row.partly]
)
def test_the_configuration_tells_every_format(served: Served, row: Row) -> None:
    """The same, with the whole nginx.conf as the only word."""
    reading, _ = compare(served, row, {"server_config": str(served.logs.parent / "nginx.conf")})
    assert reading.records


def compare(served: Served, row: Row, scan: Mapping[str, Any]) -> tuple[Reading, str]:
    """Read the log of a row and hold it against the truth; return how many lines agree, too."""
    lines = physical_lines(height(request, row) for request in served.requests)
    requests = dict(zip(lines, served.requests, strict=True))
    whole = {line: expected(request, row) for line, request in requests.items()}
    reading = read(served.logs / row.file, scan)
    return reading, judge(row, requests, whole, reading, KNOWN)
