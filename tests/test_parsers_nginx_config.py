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
    assert told == [
        ("combined", "/var/log/nginx/access.log", "nginx-combined"),
        ("timed", "/var/log/nginx/shop.log", "nginx-Timed"),
        ("body", "/var/log/nginx/$host.json", "nginx-body"),
        ("combined", "/var/log/nginx/static.log", "nginx-combined"),
        ("unused", None, "nginx-unused"),
    ]
    assert read_config(str(config))[1].source.endswith("shop.conf:3")


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
