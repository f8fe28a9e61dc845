"""`--rotated`: one name means the whole log; files that are rotated, emptied or written to while they are read."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from loganalyzer.cli import main
from parsers import Slice, scan
from parsers.source import REPLACED, Reader

if TYPE_CHECKING:
    from pathlib import Path

    from parsers import Scan

LINE = '192.0.2.1 - - [{:02d}/Mar/2026:13:55:{:02d} +0900] "GET /{} HTTP/1.1" 200 5 "-" "-"\n'


def day(number: int, lines: int = 3) -> bytes:
    return "".join(LINE.format(number, second, number) for second in range(lines)).encode()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with four days of one log, the youngest of them being written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "access.log").write_bytes(day(13))
    (tmp_path / "access.log.1").write_bytes(day(12))
    (tmp_path / "access.log.2.gz").write_bytes(gzip.compress(day(11), mtime=0))
    (tmp_path / "access.log.10.gz").write_bytes(gzip.compress(day(10), mtime=0))
    (tmp_path / "error.log").write_bytes(b"2026/03/10 01:30:01 [error] 811#811: *52 open() failed\n")
    (tmp_path / "other.log").write_bytes(day(9))
    return tmp_path


def sources(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """Return the source and the day of every record that `parse` gives, where it changes."""
    assert main(["parse", *arguments, "--columns", "source,path", "--quiet"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return list(dict.fromkeys(f"{row['source']} {row['path'][1:]}" for row in rows))


WHOLE = ["access.log.10.gz 10", "access.log.2.gz 11", "access.log.1 12", "access.log 13"]


@pytest.mark.parametrize("name", ["access.log", "access.log.1", "access.log.10.gz", "./access.log"])
def test_one_name_means_the_whole_log(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    place = "./" if name.startswith("./") else ""
    assert sources(capsys, name, "--rotated") == [place + one for one in WHOLE]
    assert sources(capsys, name) == [
        one for one in [place + one for one in WHOLE] if one.startswith(f"{name} ")
    ]
    assert (folder / "other.log").exists()


@pytest.mark.parametrize(
    ("names", "given"),
    [
        (["access_log-20260311.gz", "access_log-20260312", "access_log"], "access_log"),
        (["aclog.@20260311T000000.s", "aclog.@20260312T000000.s", "aclog.@20260313T000000.c"], "aclog"),
        (
            [
                "20260311T000000Z_20260311T000100Z_9f8e7d6c.log.gz",
                "20260312T000000Z_20260312T000100Z_1a2b3c4d.log.gz",
            ],
            "20260312T000000Z_20260312T000100Z_1a2b3c4d.log.gz",
        ),
    ],
)
def test_every_way_to_name_them(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    names: list[str],
    given: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(names, 11):
        data = day(number)
        (tmp_path / name).write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
    expected = [f"{name} {number}" for number, name in enumerate(names, 11)]
    assert sources(capsys, given, "--rotated") == expected


def test_the_same_content_twice_is_counted_once_and_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "access.log.1.gz").write_bytes(gzip.compress((folder / "access.log.1").read_bytes(), mtime=0))
    assert main(["parse", "access.log", "--rotated", "--columns", "line"]) == 0
    told = capsys.readouterr()
    assert told.out.count("\n") == 12
    assert told.err.splitlines() == [
        "access.log.1.gz: same content as access.log.1: its 3 lines are counted once",
        "12 records of 15 lines, 3 skipped",
    ]
    assert main(["analyze", "access.log", "--rotated", "-o", "a.json"]) == 0
    assert (
        "access.log.1.gz: same content as access.log.1: its 3 lines are counted once\n"
        in capsys.readouterr().err
    )
    result = json.loads((folder / "a.json").read_text())
    assert result["totals"]["records"] == 12
    assert [note["facts"] for note in result["notes"] if note["kind"] == "duplicate"] == [
        {"path": "access.log.1.gz", "same_as": "access.log.1"}
    ]


@pytest.mark.parametrize("command", ["analyze", "parse", "doctor"])
def test_a_wrong_name_stays_one(folder: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "axess.log", "--rotated"]) == 3
    assert capsys.readouterr().err == "loganalyzer: axess.log: no such file or folder\n"
    assert main([command, "error.log", "--rotated", "--no-progress"]) == 3
    assert folder.exists()


def rotate(folder: Path, *, compress: bool = False) -> None:
    """Do what logrotate does, between the moment a log is looked at and the one it is read."""
    (folder / "access.log.2.gz").rename(folder / "access.log.3.gz")
    if compress:
        (folder / "access.log.1").unlink()
    else:
        (folder / "access.log.1").rename(folder / "access.log.2")
    (folder / "access.log").rename(folder / "access.log.1")
    (folder / "access.log").write_bytes(day(14))


def read(made: Scan) -> list[tuple[str, str]]:
    rows = [
        row for part in made.batches(("source", "path"), lambda batch: batch.records.rows()) for row in part
    ]
    return list(dict.fromkeys(rows))


def test_a_log_that_is_rotated_while_it_is_read_is_read_once(folder: Path) -> None:
    made = scan(["access.log"], rotated=True)
    rotate(folder)
    assert read(made) == [tuple(one.split(" ")) for one in [f"{one[:-3]} /{one[-2:]}" for one in WHOLE]]
    assert [state.problem for state in made.states] == [None] * 4


def test_what_is_gone_by_then_is_read_or_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = scan(["access.log"], rotated=True)
    rotate(folder, compress=True)
    assert [path for _, path in read(made)] == ["/10", "/11", "/12", "/13"]
    made.close()
    # Of a thousand files not all are kept open.
    monkeypatch.setattr("parsers.HELD", 1)
    made = scan(["access.log"], rotated=True)
    (folder / "new").write_bytes(day(15))
    (folder / "new").rename(folder / "access.log")
    assert [path for _, path in read(made)] == ["/10", "/11", "/13", "/15"]
    assert [state.problem for state in made.states] == [None, None, None, REPLACED]


def test_what_stands_behind_a_finding_is_looked_up_in_the_file_that_was_read(folder: Path) -> None:
    made = scan(["access.log"], rotated=True)
    read(made)
    rotate(folder)
    ((offset, lines),) = made.look(3, [Slice(0, None, 1)], ("line", "path"))
    assert (offset, lines["path"].to_list()) == (0, ["/13"] * 3)
    made.close()


def test_a_log_that_is_emptied_while_it_is_read_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As copytruncate does."""
    blocks = Reader._blocks  # noqa: SLF001

    def emptied(reader: Reader, size: int) -> object:
        for block in blocks(reader, 100):
            yield block
            if size > 1 << 20:  # it is read, not merely looked at
                os.truncate(folder / "access.log", 0)

    monkeypatch.setattr(Reader, "_blocks", emptied)
    assert main(["parse", "access.log", "--columns", "line", "--quiet"]) == 4
    told = capsys.readouterr()
    assert "loganalyzer: access.log: emptied while it was read, as copytruncate does" in told.err


def test_what_is_written_while_it_is_read_counts_up_to_where_it_ends(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (folder / "access.log").open("ab") as log:
        log.write(day(13, 4).splitlines()[3][:50])
    assert main(["parse", "access.log", "--columns", "line"]) == 0
    assert capsys.readouterr().err == "3 records of 4 lines, 1 rejected\n"
    shutil.copy(folder / "access.log", folder / "copy.log")
    assert main(["doctor", "access.log"]) == 0
    assert "the file was still being written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("span", "unread", "days"),
    [
        (("--since", "2026-03-13"), ["access.log.10.gz"], [13]),
        (("--since", "2026-03-12T13:00"), [], [12, 13]),
        (("--until", "2026-03-11"), ["access.log.1", "access.log"], [10]),
        (("--since", "2026-03-20"), ["access.log.10.gz", "access.log.2.gz", "access.log.1"], []),
        (("--since", "2026-03-01", "--until", "2026-03-20"), [], [10, 11, 12, 13]),
    ],
)
def test_files_wholly_outside_what_is_wanted_stay_unread_and_are_named(
    folder: Path,
    span: tuple[str, ...],
    unread: list[str],
    days: list[int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["parse", "access.log", "--rotated", *span, "--columns", "path"]) == 0
    told = capsys.readouterr()
    assert [json.loads(line)["path"] for line in told.out.splitlines()] == [
        f"/{day}" for day in days for _ in "123"
    ]
    named = [line for line in told.err.splitlines() if "not read" in line]
    plural = "" if len(unread) == 1 else "s"
    assert named == (
        [f"{len(unread)} file{plural} not read, wholly outside --since and --until: {', '.join(unread)}"]
        if unread
        else []
    )
    assert main(["analyze", "access.log", "--rotated", *span, "-o", "a.json", "-o", "a.md", "--quiet"]) == 0
    result = json.loads((folder / "a.json").read_text())
    assert [one["path"] for one in result["sources"] if one["lines"] is None] == sorted(unread)
    notes = [one["facts"]["path"] for one in result["notes"] if one["kind"].endswith("-span")]
    assert notes == sorted(unread)
    parts = ("records", "rejected", "blank", "skipped", "filtered")
    assert result["totals"]["lines"] == sum(result["totals"][name] for name in parts) == 3 * (4 - len(unread))
    assert ("was not read" in (folder / "a.md").read_text()) == bool(unread)
    assert main(["doctor", "access.log", "--rotated", *span]) == 0
    assert capsys.readouterr().out.count("not read: it lies more than a day") == len(unread)


def test_files_whose_starts_are_not_in_the_order_of_their_names_are_read(folder: Path) -> None:
    """A ring of rotatelogs, or logs put together by hand: their names say nothing of their lines."""
    (folder / "access.log.1").write_bytes(day(9))
    made = scan(["access.log"], rotated=True, since="2026-03-20")
    assert [state.outside for state in made.states] == [None] * 4
    made.close()
    made = scan(["other.log"], since="2026-03-20")  # one file alone says nothing of its end
    assert [state.outside for state in made.states] == [None]
    made.close()
