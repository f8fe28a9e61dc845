"""`--tz`: without it the log's own offset where it has one, else UTC; for what is shown and for times without one."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from datetime import UTC, timedelta, timezone
from pathlib import Path

import pytest

from loganalyzer.cli import main
from parsers import scan

ROOT = Path(__file__).parent.parent
SEOUL = timezone(timedelta(hours=9))


def line(stamp: str, agent: str = "curl/8.14.1") -> str:
    return f'192.0.2.1 - - [{stamp}] "GET / HTTP/1.1" 200 5 "-" "{agent}"\n'


def day(offset: str = "+0900", *, agent: str = "curl/8.14.1") -> str:
    return "".join(line(f"10/Mar/2026:{hour:02d}:30:00 {offset}", agent) for hour in range(24))


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """Return the hours, in UTC, of the records that are left."""
    assert main(["parse", *arguments, "--columns", "timestamp", "--quiet"]) == 0
    return [json.loads(line)["timestamp"][8:13] for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (day(), SEOUL),
        (day("+0000"), UTC),
        (day("-0330"), timezone(-timedelta(hours=3, minutes=30))),
        (day() + day("+0100"), UTC),
        (
            day(agent="2026-03-10T10:00:00+01:00 10/Mar/2026:10:00:00 +0200"),
            SEOUL,
        ),  # a visitor states no offset
        ("".join(f"Mar 10 00:00:01 web1 nginx: {one}\n" for one in day().splitlines()), SEOUL),
        ("".join(f"2026-03-10T00:00:01.5Z stdout F {one}\n" for one in day().splitlines()), SEOUL),
        (
            '{"time_local":"10/Mar/2026:13:55:36 +0900","status":"200","request":"GET /?t=2026-03-10T10:00:00Z'
            ' HTTP/1.1","remote_addr":"192.0.2.1"}\n' * 3,
            SEOUL,
        ),
        (
            '{"RayID":"5f52a1b2c3d4e5f6","EdgeStartTimestamp":1773150936,"EdgeResponseStatus":200}\n',
            UTC,
        ),
        (
            "1605873600.123 84 192.0.2.10 TCP_MISS/200 5316 GET http://www.example.com/ - NONE/- text/html\n",
            UTC,
        ),
        ("", UTC),
        ("no log at all\n", UTC),
    ],
)
def test_the_zone_of_a_log_is_the_one_offset_that_its_lines_state(
    tmp_path: Path, text: str, expected: timezone
) -> None:
    path = tmp_path / "access.log"
    path.write_text(text)
    made = scan([str(path)])
    assert made.shown_in == expected
    list(made.batches(("status",), lambda _: None))
    assert made.shown_in == expected
    assert scan([str(path)], zone=timezone(timedelta(hours=5))).shown_in == timezone(timedelta(hours=5))


def test_the_clock_may_change_in_a_log(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    winter = "".join(line(f"28/Mar/2026:{hour:02d}:30:00 +0100") for hour in range(24)) * 40
    path.write_text(winter + line("29/Mar/2026:12:00:00 +0200"))
    made = scan([str(path)])
    list(made.batches(("status",), lambda _: None))
    assert made.shown_in == UTC
    assert scan([str(path)], since="2026-03-28").zone == UTC  # what is meant must be known before it is read
    (tmp_path / "access.log.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert scan([str(tmp_path / "access.log.gz")], since="2026-03-28").shown_in == timezone(
        timedelta(hours=1)
    )


def test_times_without_an_offset_are_those_of_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "access.log")
    Path(path).write_text(day())
    span = ("--since", "2026-03-10T20:00", "--until", "2026-03-10T22:00")
    assert found(capsys, path, *span) == ["10T11", "10T12"]
    assert found(capsys, path, "--where", "timestamp>=2026-03-10T22:00") == ["10T13", "10T14"]
    assert found(capsys, path, "--where", "timestamp >= '2026-03-10 22:00'") == ["10T13", "10T14"]
    assert found(capsys, path, *span, "--tz", "UTC") == []
    assert found(capsys, path, *span, "--tz", "+08:00") == ["10T12", "10T13"]
    assert found(capsys, path, *span, "--tz", "Asia/Seoul") == ["10T11", "10T12"]
    assert found(capsys, path, "--since", "2026-03-10T11:00Z", "--until", "2026-03-10T22:00") == [
        "10T11",
        "10T12",
    ]
    other = tmp_path / "other.log"
    other.write_text(day("+0100"))
    assert found(capsys, path, str(other), *span) == ["10T20", "10T21"]


def test_the_start_of_a_stream_tells_its_zone(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(day())
    command = [sys.executable, "-m", "loganalyzer", "parse", "-", "--columns", "timestamp", "--since"]
    for pack in ("cat access.log", "gzip -c access.log", "cat access.log | (sleep 0; cat)"):
        done = subprocess.run(
            ["sh", "-c", f'{pack} | "$@"', "sh", *command, "2026-03-10T22:00"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "2 records of 24 lines, 22 filtered\n")
        assert done.stdout.count("T13:30:00Z") == 1


def test_a_stream_that_is_no_log_is_declined_as_ever(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "x").open("w+b") as stream, pytest.MonkeyPatch.context() as patch:
        stream.write(b"\xff\xfe")
        stream.seek(0)
        patch.setattr("sys.stdin", stream)
        assert main(["parse", "-", "--since", "14:00"]) == 3
    assert capsys.readouterr().err == (
        "loganalyzer: -: UTF-16 is not read: unpack or convert it to UTF-8 text first\n"
    )


@pytest.fixture
def outage(tmp_path: Path) -> str:
    """Return two hours with a failure from 20:00 on by the clock in Seoul, which their lines show."""
    path = tmp_path / "access.log"
    rows = [
        line(f"10/Mar/2026:{19 + minute // 60}:{minute % 60:02d}:{second:02d} +0900").replace(
            '" 200 ', f'" {502 if 60 <= minute < 75 and second % 2 else 200} '
        )
        for minute in range(120)
        for second in range(0, 60, 3)
    ]
    path.write_text("".join(rows))
    return str(path)


def test_reports_show_the_clock_of_the_log_and_say_which(
    outage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["a.html", "a.md", "a.json"]
    assert main(["analyze", outage, *[part for name in names for part in ("-o", str(tmp_path / name))]]) == 0
    told = capsys.readouterr().err
    page, short, result = ((tmp_path / name).read_text() for name in names)
    for text in (told, page, short):
        assert "20:00" in text
        assert "UTC+9" in text
        assert " 11:00" not in text
    assert "UTC+9" not in result
    assert json.loads(result)["findings"][0]["start"] == "2026-03-10T11:00:00Z"
    assert main(["analyze", outage, "-o", str(tmp_path / "a.md"), "--tz", "UTC", "--quiet"]) == 0
    assert "11:00" in (tmp_path / "a.md").read_text()
    assert main(["analyze", outage, "-o", str(tmp_path / "b.json"), "--tz", "UTC", "--quiet"]) == 0
    assert (tmp_path / "b.json").read_text() == result


def test_a_day_is_one_of_the_zone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "access.log")
    Path(path).write_text(day("+0000"))
    assert found(capsys, path, "--until", "2026-03-10", "--tz", "America/New_York") == [
        f"10T{hour:02d}" for hour in range(4)
    ]
    assert len(found(capsys, path, "--since", "yesterday", "--tz", "Asia/Seoul")) == 0


@pytest.mark.parametrize("text", ["+9", "+0960", "+24:00", "-99:99", "Seoul", "KST"])
def test_what_is_no_zone(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parse", "x.log", "--tz", text]) == 2
    assert (
        "is no time zone known here; names look like Asia/Seoul, offsets like +09:00"
        in capsys.readouterr().err
    )
