"""An nginx.conf tells formats and logs: includes, order, names, parameters, what is commented out or off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from parsers import FormatError, PathError, scan
from parsers.nginx_config import read_config

if TYPE_CHECKING:
    from pathlib import Path

CONF = r"""
http {
    # log_format old '$remote_addr $status';
    log_format Timed '$remote_addr - $remote_user [$time_local] "$request" '
                     '$status $body_bytes_sent "$http_referer" "$http_user_agent" rt=$request_time';
    log_format body escape=json '{"t":"$time_iso8601","s":$status,"r":"$request"}';
    log_format unused '$time_local|$remote_addr|$request|$status';
    access_log /var/log/nginx/access.log;
    include conf.d/*.conf;
}
"""

SITE = r"""
server {
    access_log /var/log/nginx/shop.log timed buffer=32k;
    location /quiet { access_log off; }
    location /api { access_log /var/log/nginx/$host.json body; access_log syslog:server=192.0.2.1 timed; }
    location /static { access_log /var/log/nginx/static.log buffer=16k; }
}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "shop.conf").write_text(SITE)
    (tmp_path / "nginx.conf").write_text(CONF)
    return tmp_path / "nginx.conf"


def test_logs_and_formats_are_found_with_their_place(config: Path) -> None:
    told = [(entry.name, entry.log, entry.format.name) for entry in read_config(str(config))]
    assert told == [  # the log of `http` is not: its only server has one of its own
        ("timed", "/var/log/nginx/shop.log", "nginx-Timed"),
        ("body", "/var/log/nginx/$host.json", "nginx-body"),
        ("combined", "/var/log/nginx/static.log", "nginx-combined"),
        ("unused", None, "nginx-unused"),
    ]
    assert read_config(str(config))[0].source.endswith("shop.conf:3")


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        (
            "shop.log.2",
            '192.0.2.7 - - [10/Mar/2026:13:55:36 +0000] "GET /a HTTP/1.1" 200 5 "-" "-" rt=0.250',
            {"status": 200, "duration_s": 0.25},
        ),
        (
            "shop.example.com.json",
            '{"t":"2026-03-10T13:55:36+09:00","s":502,"r":"GET /b?c HTTP/1.1"}',
            {"status": 502, "path": "/b"},
        ),
        (
            "other.log",
            "10/Mar/2026:13:55:36 +0000|192.0.2.7|GET /x HTTP/1.1|404",
            {"status": 404, "path": "/x"},
        ),
    ],
)
def test_a_log_is_read_by_the_format_that_its_server_names(
    config: Path, tmp_path: Path, name: str, line: str, expected: dict[str, object]
) -> None:
    (tmp_path / name).write_text(f"{line}\n" * 3)
    found = scan([str(tmp_path / name)], server_config=str(config))
    (records,) = found.batches(list(expected), lambda batch: batch.records)
    assert records.to_dicts() == [expected] * 3


def told(folder: Path, text: str) -> list[tuple[str, str | None, str]]:
    (folder / "nginx.conf").write_text(text)
    return [(entry.name, entry.log, entry.format.name) for entry in read_config(str(folder / "nginx.conf"))]


INHERITED = {
    "a server inherits": ("access_log h.log; server { } ", ["h.log"]),
    "a server has its own": ("access_log h.log; server { access_log s.log; }", ["s.log"]),
    "one of two servers inherits": (
        "access_log h.log; server { access_log s.log; } server { location / { } }",
        ["s.log", "h.log"],
    ),
    "a location has its own, the rest of the server not": (
        "access_log h.log; server { location /a { access_log l.log; } }",
        ["h.log", "l.log"],
    ),
    "a location in a location": (
        "server { access_log s.log; location /a { location /a/b { access_log b.log; } } }",
        ["s.log", "b.log"],
    ),
    "several on a level": ("access_log h.log; access_log i.log; server { }", ["h.log", "i.log"]),
    "off above": ("access_log off; server { location /a { access_log l.log; } }", ["l.log"]),
    "off in a server": ("access_log h.log; server { access_log off; }", []),
    "off wins over others of its level": ("server { access_log s.log; access_log off; }", []),
    "off in a location alone": ("access_log h.log; server { location /a { access_log off; } }", ["h.log"]),
    "in if, and in limit_except": (
        (
            "server { access_log s.log;"
            " location / { if ($a) { access_log i.log; } limit_except GET { access_log x.log; } } }"
        ),
        ["s.log", "i.log", "x.log"],
    ),
    "where nothing is said, beside a server that says": (
        "server { } server { access_log s.log; }",
        ["logs/access.log", "s.log"],
    ),
    "a server of an upstream is no level": (
        "access_log h.log; upstream u { server a; } server { }",
        ["h.log"],
    ),
    "the same log twice": ("server { access_log s.log; } server { access_log s.log; }", ["s.log"]),
    "memory and syslog are no files": (
        "server { access_log memory:32m; access_log syslog:server=[::1]; }",
        [],
    ),
}


@pytest.mark.parametrize(("text", "logs"), INHERITED.values(), ids=INHERITED)
def test_a_level_writes_to_its_own_logs_or_to_those_above_it(
    tmp_path: Path, text: str, logs: list[str]
) -> None:
    assert [log for _, log, _ in told(tmp_path, f"http {{ {text} }}")] == logs


def test_a_part_of_a_configuration_says_what_it_names(tmp_path: Path) -> None:
    assert told(tmp_path, "log_format own '$time_local|$status'; access_log a.log own;") == [
        ("own", "a.log", "nginx-own")
    ]
    assert told(tmp_path, "server { listen 80; location / { access_log l.log; } }") == [
        ("combined", "l.log", "nginx-combined")
    ]


def test_what_is_commented_out_is_not_there(tmp_path: Path) -> None:
    text = """http {
        #log_format main '$time_local|$status';
        # access_log a.log main;
        log_format own '$time_local|$status' # a word behind a format
                       '|$host';
        access_log b#c.log own; # access_log d.log own;
    }"""
    assert told(tmp_path, text) == [("own", "b#c.log", "nginx-own")]


def test_names_of_formats_regard_no_case_and_parameters_are_no_names(tmp_path: Path) -> None:
    text = """http { log_format Main '$time_local|$status'; server {
        access_log a.log MAIN buffer=32k flush=1m if=$loggable; access_log b.log main gzip; access_log c.log; } }"""
    assert told(tmp_path, text) == [
        ("MAIN", "a.log", "nginx-Main"),
        ("main", "b.log", "nginx-Main"),
        ("combined", "c.log", "nginx-combined"),
    ]
    entries = read_config(str(tmp_path / "nginx.conf"))
    assert [entry.condition for entry in entries] == ["if=$loggable", None, None]
    log = tmp_path / "a.log"
    log.write_text("10/Mar/2026:13:55:36 +0000|200\n")
    recognition = scan([str(log)], server_config=str(tmp_path / "nginx.conf")).states[0].recognition
    assert recognition is not None
    assert "which writes not every line (if=$loggable)" in recognition.evidence


def test_files_are_included_in_order_and_in_their_place(tmp_path: Path) -> None:
    for name, text in {
        "sites/b.conf": "server { access_log b.log; }",
        "sites/a.conf": "server { include parts/log.conf; }",
        "parts/log.conf": "access_log a.log;",
        "sites/c.conf.off": "server { access_log c.log; }",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert [log for _, log, _ in told(tmp_path, "http { include sites/*.conf; }")] == ["a.log", "b.log"]
    # Of a configuration that was copied, names that were absolute on its server.
    text = "http { include /etc/nginx/mime.types; include /etc/nginx-of-another/sites/*.conf; }"
    assert [log for _, log, _ in told(tmp_path, text)] == ["a.log", "b.log"]


def test_a_file_that_includes_itself_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(PathError, match="include itself"):
        told(tmp_path, "http { include nginx.conf; }")


@pytest.mark.parametrize(
    ("name", "reads"),
    [
        ("shop.example.com-access.log", "own"),
        ("shop.example.com-access.log.2.gz", "own"),
        ("shop.example.com-access.log-20260310", "own"),
        ("a/access.log", "first"),
        ("b/access.log.1", "second"),
        ("2026-03-10.log", "daily"),
    ],
)
def test_a_log_is_found_by_its_name_and_folder(tmp_path: Path, name: str, reads: str) -> None:
    """The formats read each other's lines: only the name tells which it is."""
    told(
        tmp_path,
        """http {
            log_format own '$time_local|$status|$host'; log_format first '$time_local|$status|$request_id';
            log_format second '$time_local|$status|$http_x_a'; log_format daily '$time_local|$status|$http_x_b';
            server { access_log /logs/${host}-access.log own; access_log /logs/a/access.log first;
                     access_log /logs/b/access.log second; access_log /logs/$year-$month-$day.log daily; }
        }""",
    )
    log = tmp_path / name
    log.parent.mkdir(exist_ok=True)
    log.write_text("10/Mar/2026:13:55:36 +0000|200|x\n")
    recognition = scan([str(log)], server_config=str(tmp_path / "nginx.conf")).states[0].recognition
    assert recognition is not None
    assert recognition.formats[0].name == f"nginx-{reads}"


def test_a_name_alone_makes_no_log_of_a_file(tmp_path: Path) -> None:
    """What the configured format does not read is looked at as if nothing had been told."""
    told(tmp_path, "http { log_format own '$time_local|$status'; server { access_log $host.log own; } }")
    (tmp_path / "error.log").write_text("2026/03/10 13:55:36 [error] 7#7: *1 open() failed\n" * 3)
    (tmp_path / "shop.log").write_text(
        '192.0.2.1 - - [10/Mar/2026:13:55:36 +0000] "GET / HTTP/1.1" 499 0 "-" "-"\n'
    )
    states = scan(
        [str(tmp_path / "error.log"), str(tmp_path / "shop.log")], server_config=str(tmp_path / "nginx.conf")
    ).states
    evidence = [state.recognition.evidence for state in states if state.recognition is not None]
    assert "nginx's error log" in evidence[0]
    assert evidence[1].startswith("nginx combined fits 1 of 1")


def test_a_file_to_include_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    text = "http { include /missing/mime.types; include conf.d/*.conf; access_log a.log; }"
    assert told(tmp_path, text) == [("combined", "a.log", "nginx-combined")]


def test_an_included_file_that_is_broken_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.conf").write_text("server {")
    with pytest.raises(PathError, match=r"broken\.conf"):
        told(tmp_path, "http { include broken.conf; access_log a.log; }")


def test_backslashes_stand_for_what_nginx_takes_them_for(tmp_path: Path) -> None:
    text = r"""http { log_format x '$time_iso8601\t$remote_addr\t\'$status\''; access_log a.log x; }"""
    (tmp_path / "nginx.conf").write_text(text)
    (entry,) = read_config(str(tmp_path / "nginx.conf"))
    log = tmp_path / "a.log"
    log.write_text("2026-03-10T13:55:36+09:00\t192.0.2.7\t'204'\n")
    (records,) = scan([str(log)], server_config=str(tmp_path / "nginx.conf")).batches(
        ["client", "status"], lambda batch: batch.records
    )
    assert entry.log == "a.log"
    assert records.to_dicts() == [{"client": "192.0.2.7", "status": 204}]


def test_logs_of_other_protocols_are_none_of_ours(tmp_path: Path) -> None:
    stream = "stream { log_format s '$remote_addr [$time_local] $protocol'; access_log /s.log s; }"
    assert told(tmp_path, stream + " http { access_log a.log; }") == [("combined", "a.log", "nginx-combined")]


def test_without_a_word_nginx_writes_combined_to_its_own_place(tmp_path: Path) -> None:
    assert told(tmp_path, "http { server { listen 80; } }") == [
        ("combined", "logs/access.log", "nginx-combined")
    ]
    assert told(tmp_path, "http { access_log off; }") == []


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(PathError):
        read_config(str(tmp_path / "missing.conf"))
    (tmp_path / "bad.conf").write_text("http { log_format x '$remote_addr$http_referer'; access_log /x x; }")
    with pytest.raises(FormatError):
        read_config(str(tmp_path / "bad.conf"))
    (tmp_path / "broken.conf").write_text("http { log_format x '$status")
    with pytest.raises(PathError):
        read_config(str(tmp_path / "broken.conf"))
