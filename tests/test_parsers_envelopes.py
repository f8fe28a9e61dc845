r"""What syslog, containers and their tools put around a line changes no record; pieces of a long line are one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl
import pytest

from parsers import SCHEMA, Slice, scan, source
from parsers.envelopes import PIECE
from parsers.source import Reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from parsers import Batch
    from parsers.sniff import Recognition

LINES = (
    '192.0.2.1 - - [10/Mar/2026:13:55:36 +0900] "GET /a?b=\\x22 HTTP/1.1" 200 5 "-" "curl/8.14.1"',
    '192.0.2.2 - a: b [10/Mar/2026:13:55:37 +0900] "" 400 0 "-" "-"',
    '2001:db8::5 - - [10/Mar/2026:13:55:38 +0900] "GET /<&> HTTP/2.0" 499 0 "" "| stdout F P \\xC3\\xA9"',
)
STAMP = "2026-03-10T13:55:36.123456789Z"


def docker(text: str, **more: object) -> str:
    """Write a line as Docker does, in Go's JSON."""
    made = json.dumps({"log": text, "stream": "stdout", **more, "time": STAMP}, separators=(",", ":"))
    for character in "<>&":
        made = made.replace(character, f"\\u{ord(character):04x}")
    return made


WRAPS: dict[str, Callable[[str], str]] = {
    "syslog": lambda line: f"<190>Mar 10 13:55:36 web1 nginx: {line}",
    "syslog, no host": lambda line: f"<190>Mar  3 13:55:36 nginx: {line}",
    "syslog, a process": lambda line: f"Mar 10 13:55:36 web1 nginx[17]: {line}",
    "syslog, a file without priorities or hosts": lambda line: f"Mar 10 13:55:36 nginx: {line}",
    "syslog, rsyslog's own times": lambda line: f"2026-03-10T13:55:36.123456+09:00 web1 nginx: {line}",
    "syslog, RFC 5424": lambda line: f"<190>1 2026-03-10T13:55:36.123Z web1 nginx 17 - - {line}",
    "CRI": lambda line: f"{STAMP} stdout F {line}",
    "CRI, an offset": lambda line: f"2026-03-10T13:55:36.123456789+09:00 stdout F {line}",
    "CRI, tags": lambda line: f"{STAMP} stdout F:shop {line}",
    "Docker": lambda line: docker(line + "\n"),
    "Docker, attributes": lambda line: docker(line + "\n", attrs={"tag": "shop"}),
    "Docker, written again": lambda line: json.dumps({"stream": "stdout", "log": line + "\n"}),
    "Docker, by a collector": lambda line: json.dumps({"log": line, "stream": "stdout", "k": {"pod": "a"}}),
    "docker logs -t": lambda line: f"{STAMP} {line}",
    "docker compose logs": lambda line: f"shop-web-1  | {line}",
    "docker compose logs -t": lambda line: f"shop-web-1  | {STAMP} {line}",
    "kubectl logs --prefix": lambda line: f"[pod/web-7d9f/nginx] {line}",
    "kubectl logs --prefix --timestamps": lambda line: f"[pod/web-7d9f/nginx] {STAMP} {line}",
}


def read(path: Path) -> tuple[list[Batch], Recognition]:
    made = scan([str(path)])
    batches = list(made.batches(tuple(SCHEMA), lambda batch: batch))
    recognition = made.states[0].recognition
    assert recognition is not None
    return batches, recognition


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
def test_an_envelope_changes_no_record(tmp_path: Path, wrap: Callable[[str], str]) -> None:
    (tmp_path / "bare.log").write_text("".join(line + "\n" for line in LINES))
    (tmp_path / "wrapped.log").write_text("".join(wrap(line) + "\n" for line in LINES))
    ((bare,), _), ((wrapped,), found) = read(tmp_path / "bare.log"), read(tmp_path / "wrapped.log")
    assert "behind " in found.evidence
    assert found.offsets_s == {9 * 3600}, "an envelope's own time is no offset of the log"
    assert wrapped.records.drop("source").equals(bare.records.drop("source"))
    assert wrapped.records.height == len(LINES)


LONG = LINES[0].replace("/a", "/" + "a" * 40_000)


def pieces(line: str, size: int = 16_384) -> list[str]:
    return [line[start : start + size] for start in range(0, len(line), size)]


def in_cri(line: str, stream: str = "stdout") -> list[str]:
    *first, last = pieces(line)
    return [*(f"{STAMP} {stream} P {piece}" for piece in first), f"{STAMP} {stream} F {last}"]


def in_docker(line: str) -> list[str]:
    return [docker(piece) for piece in pieces(line + "\n")]


@pytest.mark.parametrize("cut", [in_cri, in_docker])
def test_the_pieces_of_a_long_line_are_one_record(tmp_path: Path, cut: Callable[[str], list[str]]) -> None:
    """Whose line is that of the last piece; the others are counted as what they are."""
    lines = [*cut(LINES[0]), *cut(LONG), *cut(LINES[1]), *cut(LONG)]
    (tmp_path / "a.log").write_text("".join(line + "\n" for line in lines))
    ((batch,), _) = read(tmp_path / "a.log")
    assert batch.records["line"].to_list() == [1, 4, 5, 8]
    assert batch.records["path"].str.len_bytes().to_list()[:2] == [2, 40_001]
    assert batch.skipped == {PIECE: 4}
    assert (batch.lines, batch.rejects.height) == (8, 0)


def test_lines_of_the_other_stream_stand_between_pieces(tmp_path: Path) -> None:
    first, second, last = in_cri(LONG)
    error = f"{STAMP} stderr F 2026/03/10 13:55:36 [error] 7#7: *1 open() failed"
    lines = [*in_cri(LINES[0]), first, error, second, last, *in_cri(LINES[1]), error]
    (tmp_path / "a.log").write_text("".join(line + "\n" for line in lines))
    ((batch,), _) = read(tmp_path / "a.log")
    assert batch.records["line"].to_list() == [1, 5, 6]
    assert batch.rejects.select("line", "text").rows() == [(3, error), (7, error)]
    assert batch.skipped == {PIECE: 2}


@pytest.mark.parametrize("cut", [in_cri, in_docker])
@pytest.mark.parametrize("size", [1_000, 20_000, 50_000, 70_000])
def test_pieces_may_lie_in_different_chunks(
    tmp_path: Path, cut: Callable[[str], list[str]], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a file is cut the records are the same, and a second look gives them again."""
    lines = [*cut(LINES[0]), *cut(LONG), *cut(LONG), *cut(LINES[1])]
    path = tmp_path / "a.log"
    path.write_text("".join(line + "\n" for line in lines))
    ((whole,), _) = read(path)
    monkeypatch.setattr(source.Reader.chunks, "__defaults__", (size,))
    made = scan([str(path)])
    parts = list(made.batches(tuple(SCHEMA), lambda batch: batch))
    assert len(parts) > 1
    assert pl.concat([part.records for part in parts]).equals(whole.records)
    assert sum(part.skipped.get(PIECE, 0) for part in parts) == whole.skipped[PIECE]
    for part in parts:
        assert part.records.height + part.rejects.height + sum(part.skipped.values()) == part.lines
    looked = made.look(0, [Slice(part.offset, None, part.first_line) for part in parts], ["line"])
    assert [frame["line"].to_list() for _, frame in looked] == [
        [line for line in whole.records["line"] if line >= part.first_line] for part in parts
    ]


def test_a_piece_without_an_end_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("".join(line + "\n" for line in [*in_cri(LINES[0]), *in_cri(LONG)[:2]]))
    ((batch,), _) = read(tmp_path / "a.log")
    assert (batch.records.height, batch.skipped, batch.lines) == (1, {PIECE: 2}, 3)


def test_rejects_keep_their_envelope(tmp_path: Path) -> None:
    lines = [f"{STAMP} stdout F {line}" for line in (*LINES, "junk")]
    (tmp_path / "a.log").write_text("".join(line + "\n" for line in lines))
    ((batch,), _) = read(tmp_path / "a.log")
    assert batch.rejects.rows() == [(4, "does not fit nginx combined", lines[3])]


@pytest.mark.parametrize("size", [1, source.CHUNK])
def test_an_envelope_that_is_damaged_is_a_line_of_its_own(tmp_path: Path, size: int) -> None:
    path = tmp_path / "pod.log"
    damaged = docker(LINES[1] + "\n").replace('\\"\\"', '"', 1)
    path.write_text(
        "\n".join([*(docker(line + "\n") for line in LINES), damaged, "", docker("# note\n")]) + "\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader.chunks, "__defaults__", (size,))
        batches, _ = read(path)
    assert sum(batch.records.height for batch in batches) == 3
    assert [row for batch in batches for row in batch.rejects.select("line", "text").rows()] == [(4, damaged)]
    assert sum(batch.blank for batch in batches) == 1
