"""What a caller tells of a log and wants of it: `--log-format`, `--server-config`, `--since`, `--until`, `--where`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from loganalyzer.cli import main
from loganalyzer.cli.options import reading
from loganalyzer.cli.verdict import open_scan

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def log(tmp_path: Path) -> str:
    """Return a log of a day, one line an hour, every sixth a 502."""
    lines = [
        f'192.0.2.{hour} - - [10/Mar/2026:{hour:02d}:00:00 +0000] "GET /p/{hour} HTTP/1.1" '
        f'{502 if hour % 6 == 0 else 200} 157 "-" "curl/8.14.1"\n'
        for hour in range(24)
    ]
    path = tmp_path / "access.log"
    path.write_text("".join(lines))
    return str(path)


def hours(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[list[int], str]:
    assert main(["parse", *arguments, "--columns", "timestamp"]) == 0
    told = capsys.readouterr()
    return [int(json.loads(line)["timestamp"][11:13]) for line in told.out.splitlines()], told.err


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (("--since", "2026-03-10T20:00"), [20, 21, 22, 23]),
        (("--until", "2026-03-10T02:00Z"), [0, 1]),
        (("--since", "2026-03-10T10:00", "--until", "2026-03-10T12:00"), [10, 11]),
        (("--since", "2026-03-10T10:00", "--until", "2026-03-10T12:00", "--tz", "Asia/Seoul"), [1, 2]),
        (("--since", "2026-03-10T10:00Z", "--until", "2026-03-10T21:00", "--tz", "Asia/Seoul"), [10, 11]),
        (("--where", "status>=500"), [0, 6, 12, 18]),
        (("--where", "status>=500 path~/p/1"), [12, 18]),
        (("--where", "status = 502 OR path = '/p/7'"), [0, 6, 7, 12, 18]),
        (("--where", "status>=500", "--since", "2026-03-10T12:00"), [12, 18]),
    ],
)
def test_only_what_is_wanted_and_the_rest_counted(
    log: str, options: tuple[str, ...], wanted: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    found, told = hours(capsys, log, *options)
    assert found == wanted
    assert told == f"{len(wanted)} records of 24 lines, {24 - len(wanted)} filtered\n"


def test_the_report_counts_what_was_left_out(log: str, tmp_path: Path) -> None:
    out = tmp_path / "a.json"
    assert main(["analyze", log, "-o", str(out), "--where", "status>=500", "--quiet"]) == 0
    result = json.loads(out.read_text())
    assert (result["totals"]["records"], result["totals"]["filtered"]) == (4, 20)
    assert result["sources"][0]["filtered"] == 20


@pytest.mark.parametrize("command", ["analyze", "parse", "doctor"])
def test_a_log_of_which_nothing_is_wanted_is_a_log(
    log: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = (
        [] if command == "doctor" else ["-o", str(tmp_path / "out.json").replace(".json", SUFFIX[command])]
    )
    assert main([command, log, "--since", "2027-01-01", *output]) == 0
    assert "24 filtered" in "".join(capsys.readouterr()) or command == "analyze"


SUFFIX = {"analyze": ".json", "parse": ".ndjson"}


def test_doctor_counts_what_was_left_out(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", log, "--where", "status>=500", "--json"]) == 0
    (source,) = json.loads(capsys.readouterr().out)["sources"]
    assert (source["lines"], source["records"], source["filtered"]) == (24, 4, 20)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--since", "tomorrowish"), "--since 'tomorrowish': write "),
        (("--until", "2026-13-40"), "--until '2026-13-40': write "),
        (("--where", "stats>=500"), "no such column: stats"),
        (("--where", "status>=many"), "status is a number"),
        (("--where", "((("), "not understood"),
        (("--log-format", "no fields"), "format text, character 1"),
        (("--server-config", "none.conf"), "none.conf: No such file or directory"),
        (("--server-config", "none.conf", "--vendor", "cisco_wsa"), "no configuration file that is read"),
        (("--server-config", "none.conf", "--log-format", "$status"), "not both"),
        (("--log-format", "$status", "--vendor", "cloudflare"), "format text, character 1"),
        (("--since", "2026-03-10", "--until", "2026-03-09"), "nothing lies between --since 2026-03-10 and "),
    ],
)
@pytest.mark.parametrize("command", ["analyze", "parse", "doctor"])
def test_what_cannot_be_meant_is_told_in_a_line(
    log: str, command: str, options: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, log, *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line


def test_an_age_counts_from_now(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = datetime.now(UTC)
    stamps = [now - timedelta(hours=age) for age in (30, 1)]
    path = tmp_path / "access.log"
    path.write_text(
        "".join(
            f'192.0.2.1 - - [{at:%d/%b/%Y:%H:%M:%S %z}] "GET / HTTP/1.1" 200 1 "-" "-"\n' for at in stamps
        )
    )
    assert hours(capsys, str(path), "--since", "2h ago")[0] == [stamps[1].hour]


def test_the_scan_is_made_as_the_call_says(log: str) -> None:
    call = reading(
        [log], vendor="nginx", max_expansion=200, no_progress=True, since="2026-03-10T20:00", tz="UTC"
    )
    scan = open_scan(call, spool_limit=0)
    assert scan.keep is not None
    assert scan.keep.meta.root_names() == ["timestamp"]


def test_a_format_text_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.log"
    path.write_text('192.0.2.1 [10/Mar/2026:00:00:01 +0000] "GET /a HTTP/1.1" 200 0.125\n' * 3)
    columns = ["--columns", "client,path,status,duration_s", "--quiet"]
    text = '$remote_addr [$time_local] "$request" $status $request_time'
    assert main(["parse", str(path), "--log-format", text, *columns]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first == {"client": "192.0.2.1", "path": "/a", "status": 200, "duration_s": 0.125}


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("httpd.conf", 'LogFormat "%h %t \\"%r\\" %>s %{us}T" own\nCustomLog logs/own.log own\n'),
        (
            "nginx.conf",
            (
                "http {\n  log_format own '$remote_addr [$time_local] \"$request\" $status $request_length';\n"
                "  access_log logs/own.log own;\n}\n"
            ),
        ),
    ],
)
def test_a_configuration_says_how_a_log_is_written(
    tmp_path: Path, name: str, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text(config)
    path = tmp_path / "own.log"
    path.write_text('192.0.2.1 [10/Mar/2026:00:00:01 +0000] "GET /a HTTP/1.1" 200 125000\n' * 3)
    columns = ["--columns", "vendor,duration_s,bytes_received"]
    assert main(["parse", str(path), "--server-config", str(tmp_path / name), *columns, "--quiet"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first == (
        {"vendor": "apache", "duration_s": 0.125, "bytes_received": None}
        if name == "httpd.conf"
        else {"vendor": "nginx", "duration_s": None, "bytes_received": 125_000}
    )
