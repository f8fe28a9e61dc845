"""Names of rotated logs: which belong together, and which is older."""

from __future__ import annotations

import gzip
import os
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import rotation, scan
from parsers.rotation import age, order
from parsers.source import find

if TYPE_CHECKING:
    from pathlib import Path

LINE = '192.0.2.1 - - [10/Mar/2026:13:55:{:02d} +0000] "GET /a HTTP/1.1" 200 5 "-" "-"\n'

SETS = {
    "access.log": ["access.log.14.gz", "access.log.10.gz", "access.log.2.gz", "access.log.1", "access.log"],
    "access_log": ["access_log-20201119.gz", "access_log-20201120", "access_log"],
    "b.log": ["b.log-20201120-1605830400.gz", "b.log-20201121-1605916800.gz", "b.log"],
    "c_log": ["c_log.1605830400", "c_log.1605916800", "c_log.1606003200"],
    "d.log": ["d-2020-11-19.log.zst", "d.2020-11-20.log", "d_20201121.log", "d.log"],
    "e.log": ["e.3.log.bz2", "e.2.log.xz", "e.1.log", "e.log"],
    "f.log": ["f.log-2020112009", "f.log-2020112010", "f.log-2020-11-20T11:30", "f.log"],
    "g.log": ["g.2020-11-20.log", "g.2020-11-20.1.log", "g.2020-11-20.2.log", "g.2020-11-21.log"],
    "aclog": ["aclog.@20260310T000000.s.gz", "aclog.@20260311T000000.s", "aclog.@20260311T000000.c"],
    "192.0.2.1-aclog": ["192.0.2.1-aclog.@20260310T000000.s", "192.0.2.1-aclog.@20260310T120000.c"],
    "*.log": [
        "20260310T000000Z_20260310T000100Z_9f8e7d6c.log.gz",
        "20260310T000100Z_20260310T000200Z_1a2b3c4d.log.gz",
    ],
}

ALONE = (
    "192.0.2.1.log",
    "192.0.2.2.log",
    "web1.log",
    "web-01.log",
    "v1.2",
    "1.log",
    ".1",
    "20201120",
    "a.99999",
)


@pytest.mark.parametrize("log", SETS)
def test_the_files_of_a_log_are_ordered_by_age(log: str) -> None:
    names = SETS[log]
    assert {age(name).log for name in names} == {log}
    shuffled = random.Random(7).sample(names, len(names))
    assert sorted(shuffled, key=order) == names


@pytest.mark.parametrize("name", ALONE)
def test_a_name_that_tells_nothing_is_a_log_of_its_own(name: str) -> None:
    assert age(name) == rotation.Age(name, (2, "", 0))


@pytest.mark.parametrize(
    "name", ["a-20201320.log", "a-20201132", "a.2020-11-2.log", "a-120201120", "a-99991120"]
)
def test_an_impossible_date_is_part_of_the_name(name: str) -> None:
    assert age(name).log == name


@given(st.text(), st.text())
def test_any_names_can_be_ordered(first: str, second: str) -> None:
    assert (order(first) < order(second)) == (not order(second) <= order(first))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a log that was rotated, and others."""
    names = ["access.log", "access.log.1", "access.log.2.gz", "access.log.10.gz"]
    for number, name in enumerate((*names, "error.log", "error.log.1", "aclog.@20260310T000000.s")):
        text = LINE.format(number).encode()
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return tmp_path


WHOLE = ["access.log.10.gz", "access.log.2.gz", "access.log.1", "access.log"]


def names(folder: Path, *paths: str, rotated: bool = False) -> list[str]:
    sources, errors = find([str(folder / path) for path in paths], rotated=rotated)
    assert errors == []
    return [os.path.relpath(one.path, folder) for one in sources]


def test_a_folder_and_a_pattern_give_each_log_from_its_oldest_file(folder: Path) -> None:
    assert names(folder, "") == [*WHOLE, "aclog.@20260310T000000.s", "error.log.1", "error.log"]
    assert names(folder, "access*") == WHOLE
    assert names(folder, "**/access*") == WHOLE


def test_a_name_that_is_there_means_that_file(folder: Path) -> None:
    assert names(folder, "access.log") == ["access.log"]
    assert names(folder, "access.log.1") == ["access.log.1"]


def test_a_name_that_is_there_means_its_whole_log_when_asked(folder: Path) -> None:
    assert names(folder, "access.log", rotated=True) == WHOLE
    assert names(folder, "access.log.2.gz", rotated=True) == WHOLE
    assert names(folder, "access.log", "access.log.1", "error.log", rotated=True) == [
        *WHOLE, "error.log.1", "error.log",
    ]  # fmt: skip
    sources, _ = find([str(folder / "access.log")], rotated=True)
    assert [one.given for one in sources] == [False, False, False, True]
    made = scan([str(folder / "access.log")], rotated=True)
    assert sum(made.batches(["line"], lambda batch: batch.records.height)) == 4


def test_a_name_that_is_gone_means_what_was_rotated_from_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "access.log").unlink()
    assert names(folder, "access.log") == WHOLE[:-1]
    assert names(folder, "aclog") == ["aclog.@20260310T000000.s"]
    monkeypatch.chdir(folder)
    assert [one.path for one in find(["access.log"])[0]] == WHOLE[:-1]
    for path in ("access.log.3", "access", "access.log/", "other.log", "access.log.1.gz"):
        sources, errors = find([path])
        assert (sources, [error.problem for error in errors]) == ([], ["no such file or folder"])
