"""What a caller tells of a log and wants of it: `--log-format`, `--server-config`, `--since`, `--until`, `--where`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from loganalyzer.cli import main
from loganalyzer.cli.options import reading
from loganalyzer.cli.terminal import underlined
from loganalyzer.cli.verdict import open_scan
from parsers.filters import moment

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
        (("--until", "2026-13-40"), "--until '2026-13-40': there is no such date or time; write "),
        (("--since", "2026-02-30T10:00"), "there is no such date or time"),
        (("--since", "999999999999d ago"), "too far from now"),
        (("--since", "0001-01-01", "--tz", "Asia/Seoul"), "too far from now"),
        (("--where", "status"), "it is no yes-or-no question: write status>=500"),
        (("--where", ""), "not understood; write status>=500"),
        (("--where", "'a'='a'"), "it names no column"),
        (("--where", "COUNT(*)>1"), "a record is judged by itself alone"),
        (("--where", "(status) > MAX(status)-1"), "a record is judged by itself alone"),
        (("--where", "(status) > LAG(status) OVER (ORDER BY line)"), "a record is judged by itself alone"),
        (("--where", "status IN (1) AND CAST(path AS INT) = 3 AND path ~ '('"), "regex"),
        (("--server-config", "none.conf"), "none.conf: No such file or directory"),
        (("--server-config", "none.conf", "--vendor", "cisco_wsa"), "no configuration file that is read"),
        (("--server-config", "none.conf", "--log-format", "$status"), "not both"),
        (("--since", "2026-03-10", "--until", "2026-03-09"), "nothing lies between --since 2026-03-10, "),
    ],
)
@pytest.mark.parametrize("command", ["analyze", "parse", "doctor"])
def test_what_cannot_be_meant_is_told_in_a_line(
    log: str, command: str, options: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, log, *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line


@pytest.mark.parametrize(
    ("option", "text", "told", "wrong"),
    [
        ("--where", "path~/p stats>=500", "no such column: stats; did you mean status?", "stats"),
        ("--where", "path~/p xyzzy=1", "no such column: xyzzy (columns: source, ", "xyzzy"),
        ("--where", "statuss IN (500, 502)", "no such column: statuss; did you mean status?", "statuss"),
        ("--where", "path~/p status>=many", "status is a number", "many"),
        ("--where", "duration_s>1ms", "duration_s is a number", "1ms"),
        ("--where", "status=502 vendor=nginxx", "vendor is one of nginx, apache, ", "nginxx"),
        ("--where", "timestamp>=2026-02-30 path~/", "there is no such date or time", "2026-02-30"),
        ("--where", "timestamp BETWEEN '2026-03-10' AND 'noon'", "write 2026-03-10T14:00", "'noon'"),
        ("--where", "status IN (500", "not understood", "("),
        ("--where", "status IN 500)", "not understood", ")"),
        ("--where", "path~'/a(b'", "a regular expression, and this is none: unclosed group", "'/a(b'"),
        ("--where", "status>=500 && path~/p", "not understood", "&&"),
        ("--where", "status>=500 or path~/p", "not understood", "/p"),
        ("--where", "status > 500 and", "not understood", "and"),
        ("--where", "status IN (502) quick", "a word that belongs to nothing", "quick"),
        ("--where", "status = 502 OR path = (SELECT 1)", "has no query in it", "SELECT"),
        ("--where", "method='GET' OR ''한글''=stats", "not understood", ""),
        ("--log-format", "$remote_addr $status $none x", "", ""),
    ],
)
def test_what_is_wrong_in_a_text_is_underlined(
    log: str, option: str, text: str, told: str, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["parse", log, option, text]) == 2
    first, *rest = capsys.readouterr().err.splitlines()
    assert first.startswith("loganalyzer: ")
    assert told in first
    if wrong:
        shown, marks = rest
        assert shown == f"  {text}"
        assert shown[marks.index("^") :].startswith(wrong)
        assert len(marks) - marks.index("^") == len(wrong)


def test_an_underlined_text_is_shown_harmless_and_short() -> None:
    long = "a" * 500 + "\x1b[31m한" + "b" * 500
    shown, marks = underlined(long, (500, 506))
    assert shown == "  …" + "a" * 60 + "\\x1b[31m한" + "b" * 60 + "…"
    assert marks == " " * 63 + "^" * 10
    assert underlined("abc", (0, 3)) == underlined("abc", None) == ()
    assert underlined("abc", (3, 4)) == ("  abc", "     ^")


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ("status=5xx", [0, 6, 12, 18]),
        ("status!=5XX, path~/p/1", [1, 10, 11, 13, 14, 15, 16, 17, 19]),
        ("status==502 and method!=POST", [0, 6, 12, 18]),
        ("status<>200 path!~/p/1", [0, 6]),
        ("host=example.com", []),
        ("host!=example.com status>=500", [0, 6, 12, 18]),
        ("user_agent='curl/8.14.1' line<3", [0, 1]),
        ("client IN ('192.0.2.3', '192.0.2.4')", [3, 4]),
        ("path LIKE '/p/2%'", [2, 20, 21, 22, 23]),
        ("path ~ '^/p/[3-5]$'", [3, 4, 5]),
        ("path ~ '^/p/[3-5]$' OR line = 1", [0, 3, 4, 5]),
        ("path~/p/[3-5]", []),
        ("NOT (status = 200 OR client = '192.0.2.6')", [0, 12, 18]),
        ("timestamp>=2026-03-10T22:00", [22, 23]),
        ("timestamp >= '2026-03-10 22:00' OR status IN (502)", [0, 6, 12, 18, 22, 23]),
        ("timestamp BETWEEN '2026-03-10 01:00' AND '2026-03-10 02:00'", [1, 2]),
        ("timestamp NOT BETWEEN '2026-03-10 01:00Z' AND '10/Mar/2026:23:00:00 +0000'", [0]),
        ("EXTRACT(HOUR FROM timestamp) = 7", [7]),
        ("source LIKE '%access.log' AND line = 9", [8]),
    ],
)
def test_what_can_be_asked(
    log: str, where: str, wanted: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert hours(capsys, log, "--where", where)[0] == wanted


@pytest.mark.parametrize("command", ["analyze", "parse", "doctor"])
def test_a_question_that_some_record_cannot_answer_is_a_wrong_call(
    log: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = {"analyze": ["-o", str(tmp_path / "a.html")], "parse": ["-o", str(tmp_path / "a.csv")]}
    assert main([command, log, "--where", "CAST(path AS INT) > 5", *output.get(command, [])]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "--where 'CAST(path AS INT) > 5': not every record can be asked that: " in line
    assert [path.name for path in tmp_path.iterdir()] == ["access.log"]


NOW = datetime(2026, 3, 29, 22, 30, tzinfo=UTC)
"""In Berlin 0:30 on the 30th; the 29th, on which summer time begins, had 23 hours."""


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("now", "UTC", "2026-03-29T22:30"),
        ("2h ago", "Europe/Berlin", "2026-03-29T20:30"),
        ("90 minutes ago", "UTC", "2026-03-29T21:00"),
        ("1 day ago", "UTC", "2026-03-28T22:30"),
        ("2 weeks", "UTC", "2026-03-15T22:30"),
        ("today", "UTC", "2026-03-29T00:00"),
        ("today", "Europe/Berlin", "2026-03-29T22:00"),
        ("yesterday", "Europe/Berlin", "2026-03-28T23:00"),
        ("yesterday", "Asia/Seoul", "2026-03-28T15:00"),
        ("yesterday 14:00", "Europe/Berlin", "2026-03-29T12:00"),
        ("Today 0:15", "Europe/Berlin", "2026-03-29T22:15"),
        ("00:10", "Europe/Berlin", "2026-03-29T22:10"),
        ("9:05:07", "UTC", "2026-03-29T09:05:07"),
        ("2026-03-29T01:59", "Europe/Berlin", "2026-03-29T00:59"),
        ("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30"),  # a time that the clock left out
        ("2026-03-29T03:00", "Europe/Berlin", "2026-03-29T01:00"),
        ("2025-10-26T02:30", "Europe/Berlin", "2025-10-26T00:30"),  # one that it showed twice: the first
        ("2026-03-10T14:00+09:00", "Europe/Berlin", "2026-03-10T05:00"),
        ("2026-03-10 14:00:30.5Z", "Europe/Berlin", "2026-03-10T14:00:30.500000"),
        ("2026-03-10", "Asia/Seoul", "2026-03-09T15:00"),
        ("10/Mar/2026:14:00:00 +0900", "UTC", "2026-03-10T05:00"),
        ("1773150936", "Asia/Seoul", "2026-03-10T13:55:36"),
    ],
)
def test_a_time_is_meant_in_the_zone(text: str, zone: str, expected: str) -> None:
    made = moment(text, "--since", now=NOW, zone=ZoneInfo(zone))
    assert made == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_day_border_that_the_clock_leaves_out_is_where_the_day_begins() -> None:
    """In Cairo summer time begins at midnight."""
    now = datetime(2026, 4, 24, 12, tzinfo=UTC)
    assert moment("today", "--since", now=now, zone=ZoneInfo("Africa/Cairo")) == datetime(
        2026, 4, 23, 22, tzinfo=UTC
    )


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
