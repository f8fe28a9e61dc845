"""The same content twice is counted once and said so, however it is packed; what merely begins alike is read whole."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loganalyzer.analysis import analyze
from loganalyzer.cli import main
from parsers import Scan, duplicates, scan, source
from parsers.duplicates import Fingerprint
from parsers.source import Reader, Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LINES = [
    b'192.0.2.%d - - [10/Mar/2026:13:%02d:36 +0000] "GET /%d HTTP/1.1" 200 5 "-" "-"\n' % (n % 99, n % 60, n)
    for n in range(5000)
]
TEXT = b"".join(LINES)


def ledger(made: Scan) -> list[tuple[str, int, int, dict[str, int]]]:
    """Return the name, lines, records and skipped lines of every source."""
    found: dict[int, tuple[str, int, int, dict[str, int]]] = {}
    for batch in made.batches(("line",), lambda batch: batch):
        name, lines, records, skipped = found.get(batch.number, (os.path.basename(batch.path), 0, 0, {}))  # noqa: PTH119
        skipped = {why: skipped.get(why, 0) + count for why, count in batch.skipped.items()}
        found[batch.number] = (name, lines + batch.lines, records + batch.records.height, skipped)
    return list(found.values())


def write(folder: Path, **files: bytes) -> None:
    for name, data in files.items():
        (folder / name.replace("_", ".")).write_bytes(data)


def test_the_same_content_in_two_wrappings_counts_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        access_log_1=TEXT,
        access_log_1_gz=gzip.compress(TEXT),
        access_log=LINES[0],
        b=TEXT + LINES[0],
    )
    made = scan([str(tmp_path)])
    same = f"same content as {tmp_path}/access.log.1"
    assert ledger(made) == [
        ("access.log.1", 5000, 5000, {}),
        ("access.log.1.gz", 5000, 0, {same: 5000}),
        ("access.log", 1, 1, {}),
        ("b", 5001, 5001, {}),
    ]
    state = made.states[1]
    assert (state.same_as, state.container, state.problem) == (f"{tmp_path}/access.log.1", "gzip", None)
    assert state.bytes_read == (tmp_path / "access.log.1.gz").stat().st_size


def test_a_byte_order_mark_makes_no_other_content(tmp_path: Path) -> None:
    write(tmp_path, a=TEXT, b=b"\xef\xbb\xbf" + TEXT)
    assert [row[2] for row in ledger(scan([str(tmp_path)]))] == [5000, 0]


@pytest.mark.parametrize("place", [0, 2500, 4999])
def test_one_byte_makes_another_content(place: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "PART", 1000)
    monkeypatch.setattr(duplicates, "HEAD", 10)
    other = b"".join(line.replace(b"GET /", b"GET :") if n == place else line for n, line in enumerate(LINES))
    write(tmp_path, a=TEXT, b=other, c=gzip.compress(other), d=gzip.compress(TEXT), e=TEXT[:-1])
    assert [row[2] for row in ledger(scan([str(tmp_path)]))] == [5000, 5000, 0, 0, 5000]


def test_what_only_begins_alike_is_left_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain file of another length is not read for it; another is read up to the first part that differs."""
    monkeypatch.setattr(duplicates, "PART", 1 << 16)
    monkeypatch.setattr(source, "CHUNK", 1 << 16)
    opened: list[str] = []
    opening = Reader.chunks

    def chunks(self: Reader, size: int = 1 << 14, *, frame: source.Frame | None = None) -> object:
        opened.append(os.path.basename(self.source.path))  # noqa: PTH119
        return opening(self, size, frame=frame)

    write(tmp_path, a=TEXT, b=TEXT + LINES[0], c=gzip.compress(TEXT[: 1 << 16] + TEXT))
    made = scan([str(tmp_path)])
    monkeypatch.setattr(Reader, "chunks", chunks)
    assert [row[2] for row in ledger(made)][:2] == [5000, 5001]
    assert opened == ["a", "b", "c", "c"]


def test_two_servers_with_the_same_log_are_two_servers(tmp_path: Path) -> None:
    write(tmp_path, a=TEXT, b=TEXT)
    paths = [str(tmp_path / name) for name in "ab"]
    made = scan(paths, servers=dict(zip(paths, ("web1", "web2"), strict=True)))
    assert [row[2] for row in ledger(made)] == [5000, 5000]
    made = scan(paths, servers=dict.fromkeys(paths, "web1"))
    assert [row[2] for row in ledger(made)] == [5000, 0]


def test_two_damaged_copies_are_one_and_both_are_named(tmp_path: Path) -> None:
    write(tmp_path, a=gzip.compress(TEXT)[:-3000], b=gzip.compress(TEXT)[:-3000])
    made = scan([str(tmp_path)])
    first, second = ledger(made)
    assert first[2] > 1000
    assert (second[2], second[3]) == (0, {f"same content as {tmp_path}/a": first[1]})
    assert [state.problem for state in made.states] == ["truncated gzip: read up to where it ends"] * 2


def test_damaged_copies_ahead_of_the_whole_one_leave_it_to_that(tmp_path: Path) -> None:
    """As when the caller names them in that order; the records are those of the whole one, each once."""
    cut = gzip.compress(TEXT)[:-3000]
    write(tmp_path, a=cut, b=gzip.compress(TEXT)[:-9000], c=gzip.compress(TEXT), d=cut, e=TEXT)
    made = scan([str(tmp_path)])
    rows = ledger(made)
    assert [row[2] for row in rows] == [0, 0, 5000, 0, 0]
    start, same = f"same content as the start of {tmp_path}/c", f"same content as {tmp_path}/c"
    assert [list(row[3]) for row in rows] == [[start], [start], [], [start], [same]]
    assert [state.problem is None for state in made.states] == [False, False, True, False, True]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gz", "bz2", "xz"])
@pytest.mark.parametrize("packed", [False, True])
def test_packing_that_was_broken_off_beside_its_whole_original(
    pack: Callable[[bytes], bytes], *, packed: bool, tmp_path: Path
) -> None:
    text = TEXT * 5
    whole, cut = pack(text), pack(text)[: -len(pack(text)) // 2]
    write(tmp_path, access_log_1=whole if packed else text, access_log_1_gz=cut)
    made = scan([str(tmp_path)])
    found = analyze(made)
    original, copy = found.sources
    assert (original.ledger.records, original.problem) == (25_000, None)
    assert copy.problem is not None
    assert copy.ledger.records == copy.ledger.rejected == 0
    if copy.ledger.lines:  # of bzip2 and xz nothing may come out ahead of the first whole block
        assert copy.skipped_why == {f"same content as the start of {original.path}": copy.ledger.lines}
        notes = [note.facts for note in found.notes if note.kind == "duplicate-start"]
        assert notes == [{"path": copy.path, "same_as": original.path}]
    assert found.totals.records == 25_000


def test_a_damaged_file_of_another_text_counts(tmp_path: Path) -> None:
    """It begins like the whole one and goes on otherwise, in its last lines or earlier."""
    text = TEXT * 5
    packed = gzip.compress(text[:-200_000] + TEXT[::-1].replace(b"\n", b"x") + text)[:-30_000]
    write(tmp_path, a=text, b=packed, c=gzip.compress(text + text)[:-3000])
    whole, other, longer = analyze(scan([str(tmp_path)])).sources
    assert whole.ledger.records == 25_000
    assert other.ledger.records > 20_000
    assert longer.ledger.records > 25_000


def test_the_terminal_says_that_it_is_a_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, access_log_1=TEXT * 5, access_log_1_gz=gzip.compress(TEXT * 5)[:-9_000])
    assert main(["parse", str(tmp_path), "-o", str(tmp_path / "out.ndjson")]) == 4
    said = capsys.readouterr().err
    assert f"{tmp_path}/access.log.1.gz: same content as the start of {tmp_path}/access.log.1: its " in said
    assert "truncated gzip" in said


def test_files_that_are_no_logs_are_not_compared(tmp_path: Path) -> None:
    write(tmp_path, a=b"no log\n" * 9, b=b"no log\n" * 9, c=b"", d=b"", e=LINES[0])
    assert [row[3] for row in ledger(scan([str(tmp_path)]))] == [{"format not recognised": 9}] * 2 + [{}]


def test_the_reader_is_told(tmp_path: Path) -> None:
    write(tmp_path, a=TEXT, b=gzip.compress(TEXT))
    found = analyze(scan([str(tmp_path)]))
    assert (found.totals.lines, found.totals.records, found.totals.skipped) == (10_000, 5000, 5000)
    notes = [note.facts for note in found.notes if note.kind == "duplicate"]
    assert notes == [{"path": f"{tmp_path}/b", "same_as": f"{tmp_path}/a"}]


@given(
    text=st.binary(max_size=400), one=st.integers(1, 50), other=st.integers(1, 50), part=st.integers(1, 60)
)
@settings(max_examples=60)
def test_a_fingerprint_depends_on_the_text_alone(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, one: int, other: int, part: int
) -> None:
    folder = tmp_path_factory.mktemp("same")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "PART", part)
        patch.setattr(source, "LONGEST_LINE", 30)

        def of(data: bytes, size: int) -> Fingerprint:
            (folder / "log").write_bytes(data)
            made = Fingerprint()
            for chunk in Reader(Source(str(folder / "log"), given=True), max_expansion=200).chunks(size):
                made.add(chunk)
            made.end()
            return made

        plain = b"\n" + text
        assert of(plain, one) == of(plain, other) == of(gzip.compress(plain), other)
        assert of(plain, one) != of(b"\n" + plain, other)
