"""Paths, containers, damage and pipes: what can be read is read, the rest has a name, and memory stays bounded."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parsers import DamagedError, PathError, Slice, containers, scan, source
from parsers.containers import zstd
from parsers.source import Reader, Source, find
from tests.conftest import require

if TYPE_CHECKING:
    from collections.abc import Callable

LINE = b'192.0.2.1 - - [10/Mar/2026:13:55:36 +0000] "GET /a HTTP/1.1" 200 5 "-" "-"\n'


def text_of(path: Path, size: int = source.CHUNK, *, max_expansion: float = 1e9) -> tuple[bytes, str | None]:
    """Return the text that a reader gives, and the problem that it ends with."""
    reader = Reader(Source(str(path), given=True), max_expansion=max_expansion)
    text = b""
    try:
        for chunk in reader.chunks(size):
            text += chunk.data
    except (DamagedError, PathError) as error:
        return text, error.problem
    finally:
        if reader.spool is not None:
            reader.spool.close()
    return text, None


# --- paths ---------------------------------------------------------------------------------------------------------


def names(found: list[Source], root: Path) -> list[str]:
    return [os.path.relpath(one.path, root) for one in found]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b.log", "a.log", ".hidden.log", "sub/c.log", "sub/d[1].log", ".git/x.log", "empty/.keep"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(LINE)
    return tmp_path


def test_a_folder_gives_its_visible_files_by_name(tree: Path) -> None:
    sources, errors = find([str(tree)])
    assert names(sources, tree) == ["a.log", "b.log", "sub/c.log", "sub/d[1].log"]
    assert not any(one.given for one in sources)
    assert errors == []


def test_names_are_kept_as_they_were_given(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    assert [one.path for one in find(["./b.log"])[0]] == ["./b.log"]
    assert [one.path for one in find(["./sub"])[0]] == ["./sub/c.log", "./sub/d[1].log"]
    assert [one.path for one in find(["./*.log"])[0]] == ["./a.log", "./b.log"]
    assert [one.path for one in find(["sub/*"])[0]] == ["sub/c.log", "sub/d[1].log"]


def test_a_name_with_brackets_is_a_name_before_it_is_a_pattern(tree: Path) -> None:
    given = str(tree / "sub" / "d[1].log")
    assert [one.path for one in find([given])[0]] == [given]
    made = scan([given])
    assert [batch.records.height for batch in made.batches(["line"], lambda batch: batch)] == [1]


def test_patterns_reach_files_and_folders(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert names(find([str(tree / "*")])[0], tree) == ["a.log", "b.log", "sub/c.log", "sub/d[1].log"]
    assert names(find([str(tree / "**" / "c.*")])[0], tree) == ["sub/c.log"]
    assert names(find([str(tree / "**" / "*.log")])[0], tree) == [
        "a.log",
        "b.log",
        "sub/c.log",
        "sub/d[1].log",
    ]
    assert names(find([str(tree / "**")])[0], tree) == ["a.log", "b.log", "sub/c.log", "sub/d[1].log"]
    monkeypatch.chdir(tree)
    assert [one.path for one in find(["**/*.log"])[0]] == ["a.log", "b.log", "sub/c.log", "sub/d[1].log"]
    assert [one.path for one in find(["./s*/**/c*"])[0]] == ["./sub/c.log"]


def test_a_file_is_read_once_whatever_it_is_called(tree: Path) -> None:
    (tree / "link.log").symlink_to("a.log")
    (tree / "second.log").hardlink_to(tree / "a.log")
    os.mkfifo(tree / "fifo")
    fifo = str(tree / "fifo")
    twice = [str(tree / "a.log"), str(tree / "sub" / ".." / "a.log"), fifo, fifo, str(tree), "-", "-"]
    sources, errors = find(twice)
    assert [one.path for one in sources] == [
        str(tree / "a.log"), fifo, *(str(tree / name) for name in ("b.log", "sub/c.log", "sub/d[1].log")), "-",
    ]  # fmt: skip
    assert errors == []


def test_links_cannot_make_a_loop(tree: Path) -> None:
    (tree / "sub" / "up").symlink_to("..")
    (tree / "sub" / "here").symlink_to(".")
    (tree / "sub" / "self").symlink_to("self")
    for path in (tree, tree / "**" / "*.log"):
        sources, errors = find([str(path)])
        assert names(sources, tree) == ["a.log", "b.log", "sub/c.log", "sub/d[1].log"]
        assert errors == []


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("nowhere.log", "no such file or folder"),
        ("*.nothing", "no file matches this pattern"),
        ("empty", "the folder holds no files"),
        ("", "no such file or folder"),
        ("a\0b", "no such file or folder"),
        ("a*\0b", "no file matches this pattern"),
        ("x" * 5000, "File name too long"),
        ("a.log/b", "no such file or folder"),
    ],
)
def test_a_path_that_gives_nothing_says_so(
    path: str, problem: str, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree)
    sources, errors = find([path, "a.log"])
    assert [(error.path, error.problem) for error in errors] == [(path, problem)]
    assert [one.path for one in sources] == ["a.log"]


def test_a_folder_that_may_not_be_listed_is_named(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = os.scandir

    def refused(path: str) -> object:
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", refused)
    sources, errors = find([str(tree)])
    assert names(sources, tree) == ["a.log", "b.log"]
    assert [(error.path, error.problem) for error in errors] == [(str(tree / "sub"), "Permission denied")]


def test_a_label_belongs_to_the_path_as_given(tree: Path) -> None:
    sources, _ = find([str(tree / "sub"), str(tree / "a.log")], {str(tree / "sub"): "web1"})
    assert [one.server for one in sources] == ["web1", "web1", None]


def test_a_broken_link_fails_and_the_rest_is_read(tree: Path) -> None:
    (tree / "gone.log").symlink_to("nowhere")
    made = scan([str(tree / "gone.log"), str(tree / "a.log")])
    assert sum(made.batches(["line"], lambda batch: batch.records.height)) == 1
    assert [(state.failed, state.problem) for state in made.states] == [
        (True, "No such file or directory"),
        (False, None),
    ]


def test_a_name_that_is_no_utf8_is_read_and_shown(tmp_path: Path) -> None:
    name = os.fsdecode(bytes(tmp_path / "web") + b"\xff.log")
    Path(name).write_bytes(LINE)
    made = scan([str(tmp_path)])
    (batch,) = made.batches(["source", "status"], lambda batch: batch)
    assert batch.records.to_dicts() == [{"source": f"{tmp_path}/web\ufffd.log", "status": 200}]
    assert made.states[0].path == batch.path == f"{tmp_path}/web\ufffd.log"


# --- containers ----------------------------------------------------------------------------------------------------

PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": lambda text: zstd.compress(text, options={zstd.CompressionParameter.checksum_flag: 1}),
}


@pytest.mark.parametrize("kind", PACKED)
def test_content_decides_the_container_not_the_name(kind: str, tmp_path: Path) -> None:
    for name in ("access.log", "access.log.gz", "access.log.zip"):
        path = tmp_path / name
        path.write_bytes(PACKED[kind](LINE * 3))
        assert text_of(path) == (LINE * 3, None)
        path.write_bytes(LINE * 3)
        assert text_of(path) == (LINE * 3, None)


@pytest.mark.parametrize("kind", PACKED)
def test_members_follow_each_other(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    pack = PACKED[kind]
    for between in (b"", b"\0" * 4, b"\0" * (source.INPUT * 2)):
        path.write_bytes(pack(LINE) + between + pack(b"") + pack(LINE * 2) + between)
        assert text_of(path) == (LINE * 3, None)
    for rest in (b"x", b"\0x", b"trailing garbage" * 100):
        path.write_bytes(pack(LINE) + rest)
        assert text_of(path) == (LINE, f"bytes after the end of the {kind} data: not read")


def test_a_byte_order_mark_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "log"
    for pack in (bytes, gzip.compress, bz2.compress):
        path.write_bytes(pack(b"\xef\xbb\xbf" + LINE))
        for size in (1, 2, 3, source.CHUNK):
            assert text_of(path, size) == (LINE, None)


@pytest.mark.parametrize("kind", PACKED)
def test_a_file_cut_anywhere_gives_what_stands_before_and_says_so(kind: str, tmp_path: Path) -> None:
    text = b"".join(LINE.replace(b"/a", b"/%d" % number) for number in range(30))
    packed = PACKED[kind](text)
    path = tmp_path / "log"
    longest = 0
    for position in range(len(packed)):
        path.write_bytes(packed[:position])
        got, problem = text_of(path)
        if position < 6:  # not enough to know the container: its own bytes, as if they were text
            assert got == packed[:position] or problem
            continue
        assert problem == f"truncated {kind}: read up to where it ends"
        assert text.startswith(got)
        assert len(got) >= longest
        longest = len(got)
    path.write_bytes(packed)
    assert text_of(path) == (text, None)


@pytest.mark.parametrize("kind", PACKED)
def test_a_damaged_byte_is_never_silent(kind: str, tmp_path: Path) -> None:
    text = b"".join(LINE.replace(b"/a", b"/%d" % number) for number in range(9))
    packed = PACKED[kind](text)
    path = tmp_path / "log"
    for position in range(6, len(packed)):
        for flip in (0x01, 0x80):
            path.write_bytes(packed[:position] + bytes([packed[position] ^ flip]) + packed[position + 1 :])
            got, problem = text_of(path)
            assert problem or got == text, position


def test_text_before_a_damage_is_read_to_the_last_byte(tmp_path: Path) -> None:
    chance = random.Random(7)
    text = b"".join(b"%032x\n" % chance.getrandbits(128) for _ in range(100_000))
    packed = gzip.compress(text, 1)
    place = len(packed) // 2
    before = zlib.decompressobj(31).decompress(packed[:place])
    path = tmp_path / "log"
    path.write_bytes(packed[:place] + b"\xff" * 4096 + packed[place + 4096 :])
    got, problem = text_of(path)
    assert problem == "damaged gzip: read up to the damage"
    assert got.startswith(before)


@pytest.mark.parametrize("kind", ["bzip2", "xz"])
def test_damage_costs_little_more_than_its_block(kind: str, tmp_path: Path) -> None:
    text = LINE * 200_000
    first, second = PACKED[kind](text), PACKED[kind](text[: len(text) // 2])
    path = tmp_path / "log"
    place = len(second) // 2
    path.write_bytes(first + second[:place] + b"\xff\x00" * 8 + second[place + 16 :])
    got, problem = text_of(path)
    assert problem == f"damaged {kind}: read up to the damage"
    assert got.startswith(text)


@pytest.mark.parametrize(
    ("magic", "name"),
    [(b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16")],
)
def test_a_container_that_is_not_read_is_named(magic: bytes, name: str, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(magic + LINE)
    made = scan([str(path)])
    assert list(made.batches(["line"], lambda batch: batch)) == []
    (state,) = made.states
    assert state.failed
    assert state.problem == f"{name} is not read: unpack or convert it to UTF-8 text first"


def test_a_small_file_may_not_unfold_without_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "EXPANSION_FREE", 1 << 20)
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(LINE * 100_000))
    got, problem = text_of(path, max_expansion=50)
    assert (
        problem
        == "gzip that expands more than 50 times: reading stopped there (--max-expansion raises the limit)"
    )
    assert 1 << 20 <= len(got) < 2 << 20
    assert text_of(path, max_expansion=1000) == (LINE * 100_000, None)


@pytest.mark.parametrize("kind", [*PACKED, "zip"])
def test_no_container_unfolds_without_bound(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "EXPANSION_FREE", 1 << 20)
    path = tmp_path / "bomb"
    text = LINE * 100_000
    path.write_bytes(zipped({"a": text}) if kind == "zip" else PACKED[kind](text))
    for read in (text_of(path, max_expansion=50), one_text(path, max_expansion=50)):
        assert read[1] is not None
        assert read[1].startswith(f"{kind} that expands more than 50 times")
        assert 1 << 20 <= len(read[0]) < 3 << 19


def test_a_zstd_may_hold_frames_to_be_skipped(tmp_path: Path) -> None:
    path = tmp_path / "log"
    skipped = b"\x5a\x2a\x4d\x18" + struct.pack("<I", 5) + b"notes"
    path.write_bytes(skipped + zstd.compress(LINE) + skipped + zstd.compress(LINE * 2) + skipped)
    assert text_of(path) == (LINE * 3, None)


@pytest.mark.parametrize(("window", "size"), [(28, "256"), (30, "1,024")])
def test_a_zstd_that_wants_gigabytes_of_memory_is_refused(window: int, size: str, tmp_path: Path) -> None:
    maker = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: window})
    path = tmp_path / "log"
    packed = maker.compress(LINE * 9) + maker.flush()
    problem = f"zstd that asks for {size} MiB of memory: not read (zstd -d --long=31 unpacks it)"
    path.write_bytes(packed)
    assert text_of(path) == (b"", problem)
    path.write_bytes(zstd.compress(LINE) + packed)
    assert text_of(path) == (LINE, problem)
    path.write_bytes(
        packed[:4] + b"\x60\xff\xff" + packed[6:]
    )  # one segment, 65,791 bytes: not what is wrong
    assert text_of(path)[1] == "damaged zstd: read up to the damage"


def test_a_zstd_with_the_largest_window_is_read(tmp_path: Path) -> None:
    maker = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: containers.ZSTD_WINDOW})
    path = tmp_path / "log"
    path.write_bytes(maker.compress(LINE * 9) + maker.flush())
    assert text_of(path) == (LINE * 9, None)


def test_a_zstd_that_needs_a_dictionary_says_so(tmp_path: Path) -> None:
    words = zstd.train_dict([b"%d %s" % (number, LINE) for number in range(1000)], 2000)
    path = tmp_path / "log"
    path.write_bytes(zstd.compress(LINE, zstd_dict=words))
    problem = "zstd that was made with a dictionary: not read (zstd -d -D unpacks it)"
    assert text_of(path) == (b"", problem)


# --- zip -----------------------------------------------------------------------------------------------------------


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, *, streamed: bool = False) -> bytes:
    """Return a zip of some files; `streamed` as written to a pipe, with the lengths behind the data."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return not streamed

        def tell(self) -> int:
            if streamed:
                raise OSError
            return super().tell()

    stream = Pipe()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def one_text(path: Path, *, max_expansion: float = 1e9) -> tuple[bytes, str | None]:
    """Return the text and the problem of the first source that a path stands for."""
    reader = Reader(find([str(path)])[0][0], max_expansion=max_expansion)
    text = b""
    try:
        for chunk in reader.chunks():
            text += chunk.data
    except (DamagedError, PathError) as error:
        return text, error.problem
    return text, None


METHODS = {
    "stored": zipfile.ZIP_STORED,
    "deflate": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
}


WAYS = [("stored", False), ("deflate", False), ("deflate", True), ("bzip2", False), ("bzip2", True)]
"""Methods, and whether the lengths stand behind the data; of what is stored nobody could tell the end then."""


@pytest.mark.parametrize(("method", "streamed"), WAYS)
def test_every_file_in_a_zip_is_a_source(method: str, streamed: bool, tmp_path: Path) -> None:  # noqa: FBT001
    path = tmp_path / "logs.zip"
    files = {
        "www/access.log": LINE * 3,
        "www/access.log.1": LINE * 2,
        "www/": b"",
        "www/.hidden": b"x",
        "__MACOSX/www/access.log": b"x",
        "empty.log": b"",
        "www/other.log": b"no log\n" * 5,
    }
    path.write_bytes(zipped(files, METHODS[method], streamed=streamed))
    sources, errors = find([str(path)])
    assert errors == []
    inside = [one.path.removeprefix(f"{path}!") for one in sources]
    assert inside == ["empty.log", "www/access.log.1", "www/access.log", "www/other.log"]
    made = scan([str(tmp_path)])
    batches = list(made.batches(("source", "line"), lambda batch: batch))
    assert [(batch.path.removeprefix(f"{path}!"), batch.records["line"].to_list()) for batch in batches] == [
        ("www/access.log.1", [1, 2]),
        ("www/access.log", [1, 2, 3]),
        ("www/other.log", []),
    ]
    assert [state.problem for state in made.states] == [None] * 4
    assert {state.container for state in made.states} == {"zip"}
    assert sum(state.bytes_read for state in made.states) < path.stat().st_size
    ((_, found),) = made.look(2, [Slice(0, None, 1)], ["line", "status"])
    assert found["text"].to_list() == [LINE.decode().strip()] * 3


def test_the_one_file_of_a_zip_was_given_with_it(tmp_path: Path) -> None:
    path = tmp_path / "logs.zip"
    path.write_bytes(zipped({"a.log": LINE}))
    assert [(one.path, one.given, one.file) for one in find([str(path)])[0]] == [
        (f"{path}!a.log", True, str(path))
    ]
    path.write_bytes(zipped({"a.log": LINE, "b.log": LINE}))
    assert [one.given for one in find([str(path)])[0]] == [False, False]
    assert len(find([str(path), str(path), str(tmp_path)])[0]) == 2


@pytest.mark.parametrize(("method", "streamed"), WAYS)
def test_a_zip_without_its_directory_is_read_as_one(method: str, streamed: bool, tmp_path: Path) -> None:  # noqa: FBT001
    files = {name: b"".join(LINE.replace(b"/a", b"/%d" % n) for n in range(30)) for name in ("a", "b")}
    packed = zipped(files, METHODS[method], streamed=streamed)
    text = b"".join(files.values())
    directory = packed.index(b"PK\x01\x02")
    path = tmp_path / "log"
    longest = 0
    for position in range(6, directory + 1):
        path.write_bytes(packed[:position])
        (one,) = find([str(path)])[0]
        assert one.member is None
        got, problem = text_of(path)
        assert problem == "truncated zip: read up to where it ends"
        assert text.startswith(got)
        assert len(got) >= longest
        longest = len(got)
    assert longest == len(text)
    for size in (1, 7, source.CHUNK):
        path.write_bytes(packed)
        assert text_of(path, size) == (text, None)
        path.write_bytes(packed[: directory + 20])
        assert text_of(path, size) == (text, None)


@pytest.mark.parametrize("method", METHODS)
def test_a_damaged_byte_of_a_zip_is_never_silent(method: str, tmp_path: Path) -> None:
    text = b"".join(LINE.replace(b"/a", b"/%d" % number) for number in range(9))
    for streamed in (False, True):
        packed = zipped({"a.log": text}, METHODS[method], streamed=streamed and method != "stored")
        path = tmp_path / "log"
        for position in range(4, len(packed)):
            for flip in (0x01, 0x80):
                path.write_bytes(
                    packed[:position] + bytes([packed[position] ^ flip]) + packed[position + 1 :]
                )
                for got, problem in (text_of(path), one_text(path)):
                    assert problem or got == text, position


def refused(data: bytes, path: Path) -> str | None:
    """Return the problem that a file fails with as a whole, the same through a scan and from its bytes alone."""
    path.write_bytes(data)
    made = scan([str(path)])
    assert list(made.batches(["line"], lambda batch: batch)) == []
    (state,) = made.states
    assert state.failed
    with pytest.raises(PathError) as caught:
        list(Reader(Source(str(path), given=True), max_expansion=200).chunks())
    assert caught.value.problem == state.problem
    return state.problem


def test_what_a_zip_holds_and_is_not_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "logs.zip"
    what = "is not read: unpack or convert it to UTF-8 text first"
    encrypted = bytearray(zipped({"a.log": LINE}))
    encrypted[6] |= 1
    encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
    assert refused(bytes(encrypted), path) == f"encrypted zip {what}"
    for kind, pack in (*PACKED.items(), ("zip", lambda text: zipped({"b.log": text}))):
        assert refused(zipped({"a.log.gz": pack(LINE)}), path) == f"{kind} inside zip {what}"
    assert refused(zipped({"a.log": b"\xff\xfe" + LINE}), path) == f"UTF-16 inside zip {what}"
    assert refused(zipped({"a.log": LINE}, zipfile.ZIP_LZMA), path) == f"zip (lzma) {what}"
    assert refused(zipped({"a": LINE}, zipfile.ZIP_STORED, streamed=True), path) == f"zip (stored) {what}"


def test_what_stands_before_a_refused_member_counts_where_the_directory_is_gone(tmp_path: Path) -> None:
    packed = zipped({"a.log": LINE * 3, "b.log.gz": gzip.compress(LINE)})
    path = tmp_path / "logs.zip"
    path.write_bytes(packed[: packed.index(b"PK\x01\x02")])
    problem = "gzip inside zip is not read: unpack or convert it to UTF-8 text first"
    assert text_of(path) == (LINE * 3, problem)


def test_a_zip_of_nothing_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "logs.zip"
    path.write_bytes(zipped({}))
    assert text_of(path) == (b"", None)
    made = scan([str(path)])
    assert [state.problem for state in made.states] == [None]


def test_a_zip_over_four_gigabytes_says_its_lengths_elsewhere(tmp_path: Path) -> None:
    """The same form, small: with lengths of eight bytes in the extra field or behind the data."""
    path = tmp_path / "logs.zip"
    for seekable in (True, False):
        stream = io.BytesIO()
        if not seekable:
            stream.seekable = lambda: False  # type: ignore[method-assign]
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            with archive.open("a.log", "w", force_zip64=True) as member:
                member.write(LINE * 3)
            with archive.open("b.log", "w", force_zip64=True) as member:
                member.write(LINE)
        path.write_bytes(stream.getvalue())
        assert text_of(path) == (LINE * 4, None)
        assert one_text(path) == (LINE * 3, None)


def test_members_that_lie_over_each_other_are_not_counted_twice(tmp_path: Path) -> None:
    packed = bytearray(zipped({"a.log": LINE, "b.log": LINE * 2}))
    first = packed.index(b"PK\x01\x02")
    second = packed.index(b"PK\x01\x02", first + 1)
    packed[second + 42 : second + 46] = packed[first + 42 : first + 46]  # where the header stands
    path = tmp_path / "logs.zip"
    path.write_bytes(packed)
    (one,) = find([str(path)])[0]
    assert one.member is None
    assert text_of(path) == (LINE * 3, None)


def test_a_zip_comes_through_a_pipe() -> None:
    packed = zipped({"a.log": LINE * 3, "b.log": LINE * 2}, streamed=True)
    assert count("-", stdin=packed)[:6] == ["5", "5", "0", "0", "0", "False"]


# --- damage and limits ---------------------------------------------------------------------------------------------


def test_an_xz_that_wants_gigabytes_of_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log"
    packed = bytearray(lzma.compress(LINE))
    size = 4 * (packed[12] + 1)  # of the first block's header, which follows twelve bytes of the stream's
    place = packed.index(b"\x21\x01", 12) + 2
    packed[place] = 40  # 4 GiB
    packed[8 + size : 12 + size] = zlib.crc32(packed[12 : 8 + size]).to_bytes(4, "little")
    path.write_bytes(packed)
    assert text_of(path) == (b"", "damaged xz: read up to the damage")


def test_a_source_of_which_nothing_could_be_read_has_failed(tmp_path: Path) -> None:
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(LINE)[:11])
    made = scan([str(path)])
    assert list(made.batches(["line"], lambda batch: batch)) == []
    assert made.states[0].failed
    path.write_bytes(gzip.compress(LINE * 100)[:-6])
    made = scan([str(path)])
    assert sum(made.batches(["line"], lambda batch: batch.records.height)) == 100
    assert not made.states[0].failed
    assert made.states[0].problem == "truncated gzip: read up to where it ends"


def test_a_read_error_is_named_and_ends_the_source() -> None:
    memory = require("Linux's /proc", "/proc/self/mem")  # its first page is never mapped
    assert text_of(memory) == (b"", "reading stopped: Input/output error")


# --- streams -------------------------------------------------------------------------------------------------------

COUNT = r"""
import re, sys
from pathlib import Path
from parsers import scan
made = scan(sys.argv[1:], max_expansion=float("inf"))
total = [0, 0, 0, 0, 0]
for batch in made.batches(("line", "client"), lambda batch: batch):
    counts = batch.lines, batch.records.height, batch.rejects.height, batch.blank, sum(batch.skipped.values())
    total = [a + b for a, b in zip(total, counts)]
state = made.states[0]
peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
print(*total, state.failed, int(peak[1]) >> 10, state.problem, sep="|")
made.close()
"""


def count(*paths: str, stdin: bytes | None = None, redirected: str = "") -> list[str]:
    """Return lines, records, rejects, blank, skipped, failed, MiB at the peak and the problem, from a new process."""
    command = [sys.executable, "-W", "error", "-c", COUNT, *paths]
    if redirected:
        command = ["sh", "-c", f'exec "$@" {redirected}', "sh", *command]
    done = subprocess.run(
        command, input=stdin, capture_output=True, check=False, cwd=Path(__file__).parent.parent
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip().split("|")


def test_standard_input_is_a_source() -> None:
    assert count("-", stdin=LINE * 3)[:6] == ["3", "3", "0", "0", "0", "False"]
    assert count("-", stdin=gzip.compress(LINE * 3))[:6] == ["3", "3", "0", "0", "0", "False"]
    assert count("/dev/stdin", stdin=LINE * 3)[:6] == ["3", "3", "0", "0", "0", "False"]
    assert count("-", stdin=b"")[:6] == ["0", "0", "0", "0", "0", "False"]


def test_standard_input_that_is_closed_is_a_path_that_failed() -> None:
    got = count("-", redirected="<&-")
    assert got[5] == "True"
    assert got[-1] == "standard input is closed"


def test_a_pipe_whose_reader_does_not_wait_is_read_to_its_end(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    code = f"import os, time\nfor _ in range(3):\n os.write(1, {LINE!r}); time.sleep(0.02)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=writing) as writer:
        os.close(writing)
        assert text_of(tmp_path / f"../../../../../../../../../../proc/self/fd/{reading}") == (LINE * 3, None)
        writer.wait()
    os.close(reading)


def test_a_lone_endless_line_stays_within_memory(tmp_path: Path) -> None:
    """300 MB of one letter: 300 KB as gzip, one reject as text, and no third of it in memory at any time."""
    path = tmp_path / "access.log.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(LINE)
        for _ in range(300):
            stream.write(b"a" * 1_000_000)
        stream.write(b"\n" + LINE)
    got = count(str(path))
    assert got[:6] == ["3", "2", "1", "0", "0", "False"]
    assert int(got[6]) < 250
    assert got[7] == "None"


def test_lines_over_the_limit_may_stand_before_the_first_record(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    long = b"a" * (source.LONGEST_LINE + 1)
    path.write_bytes((long + b"\n") * 2 + LINE * 2 + long)
    assert count(str(path))[:6] == ["5", "2", "3", "0", "0", "False"]
    assert count("-", stdin=path.read_bytes())[:6] == ["5", "2", "3", "0", "0", "False"]


def test_a_stream_keeps_what_it_read_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    for limit, kept in ((10, False), (1 << 20, True)):
        with subprocess.Popen(
            ["sh", "-c", 'printf "%s" "$1" > "$2"', "sh", LINE.decode(), str(path)]
        ) as writer:
            reader = Reader(Source(str(path), given=True), max_expansion=200, spool_limit=limit)
            assert b"".join(chunk.data for chunk in reader.chunks()) == LINE
            writer.wait()
        assert (reader.spool is not None) == kept
        if reader.spool is not None:
            reader.spool.seek(0)
            assert reader.spool.read() == LINE
            reader.spool.close()


def test_errors_keep_their_facts() -> None:
    error = PathError("a.log", "no such file or folder")
    assert (str(error), error.path, error.problem) == (
        "a.log: no such file or folder",
        "a.log",
        "no such file or folder",
    )
