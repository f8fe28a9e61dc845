"""A file that is one JSON document: its records, however they are laid out, cut into blocks, broken or cut off."""

from __future__ import annotations

import gzip
import json
import random
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import DELIVERED, Slice, documents, scan
from parsers.source import LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from parsers import Batch
    from parsers.source import Chunk

RECORDS = [
    {
        "EdgeStartTimestamp": 1605873600123000000 + number,
        "EdgeResponseStatus": 200 + number % 7,
        "ClientIP": f"192.0.2.{number}",
        "ClientRequestURI": '/a}],{"b":["' + "[" * (number % 3),
        "RayID": f"5f52a1b2c3d4e{number:03}",
        "SecurityActions": ["log", "block"][: number % 3],
    }
    for number in range(40)
]


def one_a_line(records: Sequence[object]) -> str:
    return "[\n" + ",\n".join(json.dumps(record) for record in records) + "\n]\n"


LAYOUTS: dict[str, Callable[[Sequence[Any]], str]] = {
    "a record a line": one_a_line,
    "with CR LF": lambda records: one_a_line(records).replace("\n", "\r\n"),
    "a comma ahead": lambda records: "[" + "\n,".join(json.dumps(one) for one in records) + "]",
    "on one line": json.dumps,
    "without a blank": lambda records: json.dumps({"events": records}, separators=(",", ":")),
    "pretty": lambda records: json.dumps(records, indent=2),
    "flat": lambda records: json.dumps({"events": records}, indent=0),
    "deep": lambda records: json.dumps(
        {"hits": {"total": 1, "hits": records, "after": [{"x": 1}]}}, indent=1
    ),
    "other members": lambda records: (
        '{"ok":true,"errors":[],"n":[1,[2]],"result":'
        + json.dumps(records)
        + ',"messages":[{"EdgeStartTimestamp":1}],"end":"]}"}'
    ),
    "two documents": lambda records: one_a_line(records[:5]) + json.dumps(records[5:]),
    "a document a line": lambda records: "".join(
        json.dumps({"events": part}) + "\n" for part in (records[:3], records[3:9], records[9:])
    ),
}


def read(text: bytes, cuts: Sequence[int] = ()) -> tuple[list[Chunk], str | None]:
    """Return the chunks of a text that comes in blocks, and what is wrong with its end."""
    document = documents.found(text) or documents.spread(text)
    assert document is not None
    places = [0, *cuts, len(text)]
    walk = document.chunks(text[start:end] for start, end in pairwise(places))
    chunks = []
    while True:
        try:
            chunks.append(next(walk))
        except StopIteration as stop:
            return chunks, stop.value


def records_of(chunks: Sequence[Chunk]) -> list[Any]:
    """Return what the chunks hold, and see that they count it right."""
    made: list[Any] = []
    for chunk in chunks:
        assert chunk.first_line == len(made) + 1
        lines = chunk.data.decode().removesuffix("\n").split("\n")
        assert len(lines) == chunk.lines
        made += [json.loads(line) for line in lines]
    return made


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("small", [16, documents.SMALL])
def test_every_layout_gives_the_records_in_their_order(
    layout: Callable[[Sequence[Any]], str], small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "SMALL", small)
    text = layout(RECORDS).encode()
    chunks, problem = read(text)
    assert records_of(chunks) == RECORDS
    assert problem is None


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.integers(0, 9),
        st.lists(
            st.sampled_from(['"', "\\", "},{", "[", "]", "{", "}", ",", ":", "\n", "é", '{"a":1},', "x"]),
            max_size=4,
        ).map("".join),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=2)
    ),
    max_leaves=6,
)
OBJECTS = st.lists(
    st.dictionaries(st.sampled_from(["a", "events", "x"]), VALUES, max_size=3), min_size=1, max_size=9
)


@given(
    records=OBJECTS,
    layout=st.sampled_from([name for name in LAYOUTS if "document" not in name]),
    piece=st.sampled_from([32, 500, documents.PIECE]),
    data=st.data(),
)
@settings(max_examples=150)
def test_any_records_in_any_blocks(
    records: list[dict[str, Any]], layout: str, piece: int, data: st.DataObject
) -> None:
    text = LAYOUTS[layout](records).encode()
    document = documents.found(text)
    assert document is not None
    begin = text.index(b"{", document.start) + 1
    cuts = sorted(data.draw(st.sets(st.integers(begin, len(text)), max_size=6)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "PIECE", piece)
        patch.setattr(documents, "SMALL", piece)
        patch.setattr(documents, "MOST_BLANKS", piece % 3)
        chunks, problem = read(text, cuts)
        assert records_of(chunks) == records
        assert problem is None
        # A chunk can be made again from the part of the text that it lay in.
        ends = [chunk.offset for chunk in chunks[1:]] + [len(text)]
        for chunk, end in zip(chunks, ends, strict=True):
            parts = list(document.again(text[chunk.offset : end], chunk.offset, chunk.first_line))
            made = [json.loads(line) for part in parts for line in part.data.splitlines()]
            assert made == [json.loads(line) for line in chunk.data.splitlines()]
        # What stands before a cut is read all the same.
        cut = data.draw(st.integers(begin, len(text)))
        chunks, _ = read(text[:cut])
        whole = [line for chunk in chunks if not chunk.cut for line in chunk.data.splitlines()]
        assert [json.loads(line) for line in whole] == records[: len(whole)]


@pytest.mark.parametrize("name", ["a record a line", "pretty", "on one line"])
def test_a_document_that_is_cut_off_says_so(name: str) -> None:
    text = LAYOUTS[name](RECORDS).encode().rstrip()
    whole, nothing = read(text)
    assert nothing is None
    chunks, problem = read(text[: -len('"]}]')])
    assert problem == documents.CUT_OFF
    assert chunks[-1].cut
    assert sum(chunk.lines for chunk in chunks) == sum(chunk.lines for chunk in whole) == len(RECORDS)


@pytest.mark.parametrize("name", ["a record a line", "pretty", "flat"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"ClientIP": "', '"ClientIP": '),
        ('"RayID": "5f', '"RayID": 5f'),
        ('"EdgeResponseStatus": 203,', '"EdgeResponseStatus": [203,'),
        ('"EdgeResponseStatus": 203,', '"EdgeResponseStatus": {203,'),
    ],
    ids=["quote", "number", "bracket", "brace"],
)
def test_a_broken_record_costs_no_other_one(name: str, old: str, new: str) -> None:
    if name == "flat" and "[" in new:
        pytest.skip("where nothing is indented, what follows could be a part of the record")
    text = LAYOUTS[name](RECORDS).replace(old, new, 1)
    chunks, problem = read(text.encode())
    assert problem is None
    lines = [line for chunk in chunks for line in chunk.data.decode().splitlines()]
    assert len(lines) == len(RECORDS)
    sound = [json.loads(line) for line in lines if is_json(line)]
    assert len(sound) == len(RECORDS) - 1
    assert all(record in RECORDS for record in sound)


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("end", ["", "]", ',{"a":2}]'])
def test_a_record_that_is_too_long_is_set_apart(end: str) -> None:
    longest = '{"a":"' + "\\\\" * LONGEST_LINE + '\\"[{"}'
    text = f'[{{"a":1}},{longest}{end}'.encode()
    cuts = list(range(1000, len(text), 700_001))
    chunks, problem = read(text, cuts)
    assert (problem is None) == bool(end)
    assert [(chunk.first_line, chunk.lines) for chunk in chunks] == [(1, 1), (2, 1), (3, 1)][: len(chunks)]
    long = chunks[1].too_long
    assert long is not None
    assert long[0] == longest.encode()[:LONGEST_LINE]
    assert abs(long[1] - len(longest)) <= 1  # with the comma behind it
    assert len(chunks) == 2 + end.count("2")


@pytest.mark.parametrize(
    "text",
    ["", "[", "{", "[]", "[1]", '["a"]', '{"a":1}', '{"a":[1]}\n{"a":[{}]}', "{]", "[time] x", '"a"', "}{"],
)
def test_what_is_no_document_of_objects(text: str) -> None:
    assert documents.found(text.encode()) is None


def collected(path: Path) -> tuple[list[Any], list[Any], Any]:
    made = scan([str(path)])
    batches: list[Batch] = list(made.batches(("line", "client", "status"), lambda batch: batch))
    rows = [row for batch in batches for row in batch.records.rows()]
    rejects = [row for batch in batches for row in batch.rejects.rows()]
    return rows, rejects, made


EXPECTED = [(number + 1, f"192.0.2.{number}", 200 + number % 7) for number in range(len(RECORDS))]


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_scan_reads_documents_and_numbers_records(
    layout: Callable[[Sequence[Any]], str], tmp_path: Path
) -> None:
    path = tmp_path / "log.json"
    path.write_text(layout(RECORDS), encoding="utf-8", newline="")
    rows, rejects, made = collected(path)
    assert rows == EXPECTED
    assert not rejects
    assert "one JSON document" in made.states[0].recognition.evidence
    # A second look finds the records and their text again.
    ((_, found),) = list(made.look(0, [Slice(0, None, 1)], ("line", "client")))
    assert found.select("line", "client").rows() == [row[:2] for row in EXPECTED]
    assert [json.loads(text) for text in found["text"]] == RECORDS


def test_objects_that_follow_each_other_over_several_lines(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text("\n".join(json.dumps(record, indent=2) for record in RECORDS), encoding="utf-8")
    rows, rejects, made = collected(path)
    assert rows == EXPECTED
    assert not rejects
    assert made.states[0].problem is None


def test_a_truncated_document_gives_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    text = one_a_line(RECORDS)
    path.write_text(text[: text.index("192.0.2.30")], encoding="utf-8")
    rows, rejects, made = collected(path)
    assert rows == EXPECTED[:30]
    assert [(line, reason) for line, reason, _ in rejects] == [(31, "cut off: the last line has no end")]
    assert made.states[0].problem == documents.CUT_OFF
    assert not made.states[0].failed


def test_lines_of_records_that_hold_lists_of_objects_are_no_document(tmp_path: Path) -> None:
    path = tmp_path / "log.ndjson"
    lines = [json.dumps({"Details": [{"a": 1}], **record}) for record in RECORDS]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows, _, made = collected(path)
    assert rows == EXPECTED
    assert made.states[0].framing.document is None


def test_the_same_document_twice_is_counted_once(tmp_path: Path) -> None:
    text = one_a_line(RECORDS)
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    other = text.replace('"RayID": "', '"RayID": "f')
    assert other != text
    (tmp_path / "c.json").write_text(other, encoding="utf-8")
    (tmp_path / "d.json").write_text(other.replace("192.0.2.39", "192.0.2.93"), encoding="utf-8")
    made = scan([str(tmp_path)])
    batches = list(made.batches(("line",), lambda batch: batch))
    assert [(batch.lines, batch.records.height, sum(batch.skipped.values())) for batch in batches] == [
        (40, 40, 0),
        (40, 0, 40),
        (40, 40, 0),
        (40, 0, 40),  # another text of the same requests
    ]
    assert [list(batch.skipped) for batch in batches[1::2]] == [
        [f"same content as {tmp_path / 'a.json'}"],
        [DELIVERED],
    ]


def test_large_documents_are_read_block_by_block(tmp_path: Path) -> None:
    """The ledger is exact over many blocks of a document that has broken records in it."""
    source = random.Random(7)
    lines = [
        json.dumps(RECORDS[number % 40] | {"Pad": "x" * source.randint(0, 900)}) for number in range(30_000)
    ]
    broken = set(source.sample(range(30_000), 300))
    kept = [line[: source.randint(5, 200)] if number in broken else line for number, line in enumerate(lines)]
    path = tmp_path / "log.json"
    path.write_text("[\n" + ",\n".join(kept) + "\n]\n", encoding="utf-8")
    made = scan([str(path)])
    batches = list(made.batches(("line", "client"), lambda batch: batch))
    assert len(batches) > 1
    rows = [row for batch in batches for row in batch.records.rows()]
    assert rows == [
        (number + 1, f"192.0.2.{number % 40}") for number in range(30_000) if number not in broken
    ]
    assert sum(batch.lines for batch in batches) == 30_000
    assert sum(batch.rejects.height for batch in batches) == len(broken)
