"""Any bytes, in any container, cut anywhere: every physical line is accounted for, and the schema holds."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import threading
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import FORMATS, SCHEMA, VENDORS, scan, source
from parsers.containers import zstd
from parsers.source import Reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from parsers import Batch

LONGEST = 600
"""Bytes of a line here, instead of 1 MiB."""


def zipped(*files: bytes) -> bytes:
    """Return a zip of some files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, data in enumerate(files):
            archive.writestr(f"{number}.log", data)
    return stream.getvalue()


CONTAINERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": lambda data: gzip.compress(data, 1),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd.compress,
    "zip": zipped,
    "members": lambda data: (
        gzip.compress(data[: len(data) // 2], 1) + gzip.compress(data[len(data) // 2 :], 1)
    ),
}

GOOD = [sample.line.encode() for form in FORMATS for sample in form.samples]
PIECES = st.one_of(
    st.sampled_from(GOOD),
    st.binary(max_size=40),
    st.text(max_size=20).map(str.encode),
    st.sampled_from(
        [
            b"",
            b" ",
            b"\x00",
            b"\xff\xfe",
            b"\xef\xbb\xbf",
            b"{}",
            b'{"RayID":"x"},{"RayID":"y"}',
            b"x^\n",
            b"# note",
        ]
    ),
    st.tuples(st.sampled_from(GOOD), st.integers(0, 90)).map(lambda cut: cut[0][: cut[1]]),
    st.integers(LONGEST - 2, 3 * LONGEST).map(lambda length: b"a" * length),
)
ENDS = st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\r", b"\n\n", b"\x00\n", b""])
TEXTS = st.lists(st.tuples(PIECES, ENDS), max_size=25).map(lambda parts: b"".join(a + b for a, b in parts))

OTHER_CONTAINERS = (
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"PK\x03\x04",
    b"\xff\xfe",
    b"\xfe\xff",
)


@dataclass(frozen=True)
class Read:
    """What became of one file: `records` without their source, `rejects`, and the sums of the batches."""

    records: pl.DataFrame
    rejects: pl.DataFrame
    lines: int
    blank: int
    skipped: int
    problem: str | None

    def balanced(self) -> bool:
        return self.lines == self.records.height + self.rejects.height + self.blank + self.skipped


def lines_in(data: bytes) -> int:
    """Return the physical lines of a text: its LFs, and a last line without one."""
    text = data.removeprefix(b"\xef\xbb\xbf")
    return text.count(b"\n") + (bool(text) and not text.endswith(b"\n"))


def read(path: Path, *, vendor: str | None = None, chunk: int = source.CHUNK) -> Read:
    """Read a file in chunks of some size, and check every batch on the way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader.chunks, "__defaults__", (chunk,))
        patch.setattr(source, "LONGEST_LINE", LONGEST)
        made = scan([str(path)], vendor=vendor)
        batches = list(made.batches(tuple(SCHEMA), checked))
        made.close()
    records = pl.concat([batch.records for batch in batches]) if batches else pl.DataFrame(schema=SCHEMA)
    rejects = [batch.rejects for batch in batches]
    return Read(
        records.drop("source"),
        pl.concat(rejects) if rejects else pl.DataFrame(schema={"line": pl.UInt64}),
        sum(batch.lines for batch in batches),
        sum(batch.blank for batch in batches),
        sum(sum(batch.skipped.values()) for batch in batches),
        made.states[0].problem,
    )


def checked(batch: Batch) -> Batch:
    assert batch.records.schema == SCHEMA
    assert batch.rejects.schema == {"line": pl.UInt64, "reason": pl.String, "text": pl.String}
    assert batch.rejects["reason"].null_count() == 0
    assert batch.lines == (
        batch.records.height + batch.rejects.height + batch.blank + sum(batch.skipped.values())
    )
    numbers = pl.concat([batch.records["line"], batch.rejects["line"]])
    assert numbers.is_unique().all()
    if numbers.len():
        assert batch.first_line <= int(str(numbers.min()))
        assert int(str(numbers.max())) < batch.first_line + batch.lines
    assert batch.records["line"].is_sorted()
    return batch


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file that the examples of a property write in turn."""
    return tmp_path_factory.mktemp("any") / "access.log"


@pytest.mark.parametrize("container", CONTAINERS)
@given(data=TEXTS)
@settings(max_examples=40)
def test_any_bytes_keep_the_ledger(container: str, file: Path, data: bytes) -> None:
    if container in {"plain", "zip"} and data.startswith(OTHER_CONTAINERS):
        data = b"\n" + data
    file.write_bytes(CONTAINERS[container](data))
    got = read(file)
    assert got.lines == lines_in(data)
    assert got.balanced()


@given(data=TEXTS, vendor=st.sampled_from(VENDORS), chunk=st.integers(1, 300))
@settings(max_examples=60)
def test_any_chunk_size_reads_the_same(file: Path, data: bytes, vendor: str, chunk: int) -> None:
    if data.startswith(OTHER_CONTAINERS):
        data = b"\n" + data
    file.write_bytes(data)
    whole, pieces = read(file, vendor=vendor), read(file, vendor=vendor, chunk=chunk)
    assert whole.records.equals(pieces.records)
    assert whole.rejects.sort("line").equals(pieces.rejects.sort("line"))
    assert (whole.lines, whole.blank, whole.skipped) == (pieces.lines, pieces.blank, pieces.skipped)


@given(data=TEXTS, chunk=st.sampled_from([1, 2, 7, 64, 1000, source.CHUNK]))
@settings(max_examples=60)
def test_chunks_are_the_text_again(file: Path, data: bytes, chunk: int) -> None:
    for container, pack in CONTAINERS.items():
        if container in {"plain", "zip"} and data.startswith(OTHER_CONTAINERS):
            continue
        file.write_bytes(pack(data))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(source, "LONGEST_LINE", LONGEST)
            made = list(Reader(source.Source(str(file), given=True), max_expansion=200).chunks(chunk))
        text = data.removeprefix(b"\xef\xbb\xbf")
        number, offset = 1, 0
        for part in made:
            assert (part.first_line, part.offset) == (number, offset)
            end = offset + (len(part.data) if part.too_long is None else part.too_long[1] + 1)
            if part.too_long is None:
                assert part.data == text[offset:end]
                assert part.cut == (not part.data.endswith(b"\n"))
                assert max(map(len, part.data.split(b"\n"))) <= LONGEST
            else:
                head, length = part.too_long
                assert length > LONGEST
                assert head == text[offset : offset + LONGEST]
                assert b"\n" not in text[offset : offset + length]
            number, offset = number + part.lines, end
        assert offset in {len(text), len(text) + 1}  # the last line may be too long, and without an LF
        assert number == lines_in(data) + 1


@given(
    lines=st.lists(st.sampled_from(GOOD), min_size=1, max_size=30).flatmap(st.permutations),
    vendor=st.sampled_from(VENDORS),
)
@settings(max_examples=40)
def test_lines_in_any_order_give_the_same_records(file: Path, lines: list[bytes], vendor: str) -> None:
    file.write_bytes(b"".join(line + b"\n" for line in lines))
    shuffled = read(file, vendor=vendor)
    file.write_bytes(b"".join(line + b"\n" for line in sorted(lines)))
    ordered = read(file, vendor=vendor)
    # The chosen order of formats follows the counts, which shuffling leaves alone.
    columns = [name for name in shuffled.records.columns if name != "line"]
    assert (
        shuffled.records.select(columns).sort(columns).equals(ordered.records.select(columns).sort(columns))
    )


@given(data=TEXTS, vendor=st.sampled_from(VENDORS))
@settings(max_examples=40)
def test_crlf_reads_as_lf(file: Path, data: bytes, vendor: str) -> None:
    lines = [line.rstrip(b"\r") for line in data.split(b"\n") if len(line) < LONGEST]
    file.write_bytes(b"\n" + b"".join(line + b"\n" for line in lines))
    unix = read(file, vendor=vendor)
    file.write_bytes(b"\n" + b"".join(line + b"\r\n" for line in lines))
    windows = read(file, vendor=vendor)
    assert unix.records.equals(windows.records)
    assert unix.rejects.equals(windows.rejects)
    assert (unix.lines, unix.blank, unix.skipped) == (windows.lines, windows.blank, windows.skipped)


@given(data=TEXTS, chunk=st.sampled_from([1, 50, source.CHUNK]))
@settings(max_examples=30)
def test_a_pipe_keeps_the_ledger(tmp_path_factory: pytest.TempPathFactory, data: bytes, chunk: int) -> None:
    if data.startswith(OTHER_CONTAINERS):
        data = b"\n" + data
    path = tmp_path_factory.mktemp("pipe") / "fifo"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(data,))
    writer.start()
    try:
        got = read(path, chunk=chunk)
    finally:
        writer.join()
    assert got.lines == lines_in(data)
    assert got.balanced()


def test_a_file_may_lack_everything(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    for data in (b"", b"\n", b"\r\n \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n\n"):
        path.write_bytes(data)
        got = read(path)
        assert (got.lines, got.blank, got.problem) == (lines_in(data), lines_in(data), None)
