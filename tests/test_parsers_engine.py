"""What the engine promises beyond the formats: any columns, reasons, odd bytes, cut lines, hostile sizes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from parsers import FORMATS, SCHEMA, VENDORS, Batch, Slice, carried, engine, scan, source
from parsers.source import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parsers.spec import Declared

T = "[10/Mar/2026:13:55:36 +0000]"
LINE = f'192.0.2.1 - - {T} "GET /a HTTP/1.1" 499 5 "-" "curl/8.14.1"\n'
CLOUDFLARE = '{"RayID":"5f52a1b2c3d4e5f6","EdgeStartTimestamp":1773150936,"EdgeResponseStatus":200}\n'


OPEN = Path("/proc/self/fd")
FIELDS = [name for name in SCHEMA if name not in {"source", "line", "vendor", "server"}]


def batches(path: Path, columns: Sequence[str] = tuple(SCHEMA), vendor: str | None = None) -> list[Batch]:
    return list(scan([str(path)], vendor=vendor).batches(columns, lambda batch: batch))


def read(path: Path, text: str | bytes, vendor: str | None = None) -> Batch:
    """Return the only batch of a file with this text."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (batch,) = batches(path, vendor=vendor)
    return batch


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


# --- columns -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", SCHEMA)
def test_any_column_alone_has_a_row_for_every_record(column: str, log: Path) -> None:
    for text, count in (
        (LINE * 3, 3),
        ("junk\n" + LINE * 3 + "junk\n", 3),
        ("junk\n" * 3, 0),
        (CLOUDFLARE, 1),
    ):
        log.write_text(text, encoding="utf-8")
        made = batches(log, [column])
        assert [batch.records.height for batch in made] == [count]
        assert made[0].records.schema == {column: SCHEMA[column]}


def test_columns_come_in_the_order_asked_for(log: Path) -> None:
    log.write_text(LINE, encoding="utf-8")
    wanted = ["status", "source", "client", "line", "weight"]
    assert batches(log, wanted)[0].records.columns == wanted


def test_fewer_columns_change_no_value(log: Path) -> None:
    samples = [sample.line for form in FORMATS for sample in form.samples]
    log.write_text("\n".join(samples) + "\n", encoding="utf-8")
    for vendor in VENDORS:
        made = scan([str(log)], vendor=vendor)
        (whole,) = made.batches(tuple(SCHEMA), lambda batch: batch)
        for column in SCHEMA:
            (alone,) = made.batches([column], lambda batch: batch)
            assert alone.records[column].equals(whole.records[column])
            assert alone.rejects.equals(whole.rejects)


def test_a_format_fills_no_column_that_it_does_not_carry(log: Path) -> None:
    for form in FORMATS:
        for sample in form.samples:
            batch = read(log, sample.line + "\n", form.vendor)
            filled = {name for name in SCHEMA if batch.records[name].null_count() < batch.records.height}
            # `server` is the caller's word, which nobody gave here.
            assert filled <= set(carried(form)) | {"server"}, form.name


# --- reasons -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("junk", "does not fit nginx combined"),
        (LINE.replace("10/Mar", "31/Feb"), "no possible time"),
        (LINE.replace("13:55:36", "24:00:00"), "no possible time"),
        (LINE.replace("499 5", "499 9223372036854775808"), "number out of range"),
        (LINE.replace("499 5", "499 " + "9" * 400), "number out of range"),
        (LINE.replace("499 5", "499 +5"), "does not fit nginx combined"),
        (LINE.replace("499 5", "499 -5"), "does not fit nginx combined"),
        (LINE.replace("499 5", "499 5.0"), "does not fit nginx combined"),
        (LINE.replace("499 5", "4999 5"), "does not fit nginx combined"),
        (LINE.replace("499 5", "\u0664\u0669\u0669 5"), "does not fit nginx combined"),
        (LINE.strip() + LINE, "does not fit nginx combined"),
    ],
)
def test_a_rejected_line_has_a_reason_and_its_text(line: str, reason: str, log: Path) -> None:
    batch = read(log, LINE + line.strip("\n") + "\n" + LINE)
    assert batch.rejects.rows() == [(2, reason, line.strip("\n"))]
    assert batch.records["line"].to_list() == [1, 3]


def test_the_largest_size_that_fits_is_a_record(log: Path) -> None:
    batch = read(log, LINE.replace("499 5", "499 9223372036854775807"))
    assert batch.records["bytes_sent"].to_list() == [9223372036854775807]


def test_a_broken_status_of_cloudflare_is_rejected(log: Path) -> None:
    for status in ('"abc"', "99999", "1e9", "true"):
        batch = read(log, CLOUDFLARE + CLOUDFLARE.replace("200", status))
        assert batch.rejects.select("line", "reason").rows() == [(2, "number out of range")]
    for status, expected in (("null", None), ('""', None), ('"200"', 200), ("0", 0)):
        batch = read(log, CLOUDFLARE.replace("200", status))
        assert batch.records["status"].to_list() == [expected]


def test_lines_that_are_all_for_a_later_format() -> None:
    """An open format leaves them to it, and has none of its own."""
    forms = {form.name: form for form in FORMATS}
    later = forms["nginx-ingress-real-ip"]
    lines = pl.DataFrame({engine.TEXT: [sample.line for sample in later.samples]}).with_row_index(engine.ROW)
    made = engine.parse(lines, (forms["nginx-combined-extended"], later), ("status",))
    assert made.records["format"].to_list() == [later.name] * lines.height
    assert made.rejects.height == 0


# --- bytes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["x^", "x\x01", "xz", "x\u0680"])
def test_a_chunk_that_starts_like_a_compressed_stream_is_text(start: str, log: Path) -> None:
    line = start + LINE[LINE.index(" ") :]
    assert read(log, line * 2).records["client"].to_list() == [start] * 2
    # And so is every later chunk.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader.chunks, "__defaults__", (1,))
        assert [batch.records["client"].to_list() for batch in batches(log)] == [[start]] * 2


def test_only_lf_ends_a_line(log: Path) -> None:
    odd = "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
    batch = read(log, LINE.replace("curl", odd) + LINE)
    assert batch.lines == 2
    assert batch.records["user_agent"].to_list() == [f"{odd}/8.14.1", "curl/8.14.1"]


def test_bytes_that_are_no_utf8_are_shown_as_such_and_counted(log: Path) -> None:
    bad = LINE.encode().replace(b"curl", b"\xff\xc3\x28")
    replaced = LINE.replace("curl", "\ufffd")  # written so by somebody else
    batch = read(log, bad + LINE.encode() + replaced.encode() + b"\xff\n")
    assert batch.replaced == 2
    assert batch.records["user_agent"].to_list() == ["\ufffd\ufffd(/8.14.1", "curl/8.14.1", "\ufffd/8.14.1"]
    assert batch.rejects["text"].to_list() == ["\ufffd"]


def test_nuls_before_a_line_are_not_the_client(log: Path) -> None:
    """A copy that truncates, or a crash, leaves a run of NULs before the next line that is written."""
    batch = read(log, "\0" * 5000 + LINE + LINE + "\0\n")
    assert batch.records["client"].to_list() == ["192.0.2.1", "192.0.2.1"]
    assert batch.rejects.rows() == [(3, "does not fit nginx combined", "\0")]


# --- the last line -------------------------------------------------------------------------------------------------


def test_a_last_line_without_an_end_is_whole_or_rejected(log: Path) -> None:
    line = LINE.strip()
    for length in (1, 9, 40, len(line) - 1, len(line)):
        log.write_text(LINE + line[:length], encoding="utf-8")
        last = batches(log)[-1]
        if length == len(line):
            assert last.records["status"].to_list() == [499]
        else:
            assert last.rejects.rows() == [(2, "cut off: the last line has no end", line[:length])]


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_a_cut_line_never_gives_another_request(form: Declared) -> None:
    """What is read of a cut line agrees with the whole line, but for the text field in which it was cut."""
    line = form.samples[0].line
    pieces = [line[:length] for length in range(1, len(line) + 1)]
    frame = pl.DataFrame({engine.TEXT: pieces}).with_row_index(engine.ROW)
    formats = [form, *(other for other in FORMATS if other.vendor == form.vendor)]
    *rows, whole = engine.parse(frame, formats, FIELDS, cut=True).records.drop(engine.ROW).to_dicts()
    for row in rows:
        wrong = {name for name, value in row.items() if value != whole[name]}
        # Without a quote behind it a last number or name may be the start of a longer one: nobody can tell.
        last = {"bytes_sent", "duration_s", "upstream_duration_s", "request_id", "user_agent", "policy"}
        assert wrong <= last, row


# --- hostile sizes -------------------------------------------------------------------------------------------------

PREFIX = LINE[: LINE.index("GET")]
M = 1 << 18


@pytest.mark.parametrize(
    "line",
    [
        PREFIX + "GET /" + '"' * M,
        PREFIX + "GET /" + '" ' * M,
        PREFIX + "GET /" + '" 200 1 ' * (M // 8),
        PREFIX + "GET /" + '] "' * (M // 3),
        PREFIX + "\\" * M,
        "192.0.2.1 - " + " [" * M,
        "192.0.2.1 - " + f' {T} "' * (M // 30),
        "1773150936.123 84 192.0.2.1 TCP_MISS/200 5316 GET " + "http://x - DIRECT/- " * (M // 20),
        "1773150936.123 84 192.0.2.1 TCP_MISS/200 5316 GET " + "a " * M,
        "1773150936.123 84 192.0.2.1 TCP_MISS/200 5 GET / - NONE/- - OTHER-X <" + ">" * M,
        '{"RayID":' + "[" * M + "]" * M + "}",
        '{"RayID":' * (M // 9) + "}",
        "{" * M + "}" * M,
        " " * M + "x",
    ],
    ids=lambda line: line[40:64],
)
def test_a_long_hostile_line_ends_as_one_record_or_reject(line: str, log: Path) -> None:
    """Every pattern is linear in the line; this would not end in a lifetime if one were not."""
    for vendor in VENDORS:
        batch = read(log, f"{line}\n{line}\n", vendor)
        assert batch.records.height + batch.rejects.height + batch.blank == 2


def test_many_bad_lines_of_json_lose_no_good_one(log: Path) -> None:
    bad = CLOUDFLARE.replace("}", ",}")
    text = "".join(CLOUDFLARE if number % 100 == 50 else bad for number in range(20_000))
    batch = read(log, text, "cloudflare")
    assert batch.records["line"].to_list() == [number + 1 for number in range(20_000) if number % 100 == 50]
    assert batch.rejects.height == 20_000 - 200


# --- batches -------------------------------------------------------------------------------------------------------


def test_batches_say_where_they_lie(log: Path) -> None:
    log.write_bytes(b"\xef\xbb\xbf" + LINE.encode() * 5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader.chunks, "__defaults__", (len(LINE) * 2,))
        made = batches(log)
    assert len(made) > 1
    assert sum(batch.lines for batch in made) == 5
    assert all(batch.offset == (batch.first_line - 1) * len(LINE) for batch in made)  # without the mark


@pytest.mark.skipif(not OPEN.is_dir(), reason="no /proc here")
def test_a_consumer_that_stops_early_leaves_nothing_open(log: Path) -> None:
    log.write_text(LINE * 100, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader.chunks, "__defaults__", (len(LINE),))
        before = len(list(OPEN.iterdir()))
        running = scan([str(log)]).batches(["line"], lambda batch: batch.first_line)
        assert next(running) == 1
        running.close()
        assert len(list(OPEN.iterdir())) == before


def test_a_function_that_fails_ends_the_scan_with_its_error(log: Path) -> None:
    log.write_text(LINE, encoding="utf-8")

    def fail(batch: Batch) -> int:
        raise LookupError(batch.path)

    with pytest.raises(LookupError):
        list(scan([str(log)]).batches(["line"], fail))


def test_lines_are_numbered_from_one_over_all_chunks(log: Path) -> None:
    log.write_text(LINE * 50, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "CHUNK", 1)
        patch.setattr(Reader.chunks, "__defaults__", (300,))
        numbers = pl.concat([batch.records["line"] for batch in batches(log)])
    assert numbers.to_list() == list(range(1, 51))
    assert engine.read_lines(b"").height == 0


# --- a second look -------------------------------------------------------------------------------------------------


def test_a_second_look_gives_the_lines_themselves(log: Path) -> None:
    lines = [LINE.replace("/a", f"/{number}") for number in range(3)]
    log.write_text("".join(lines), encoding="utf-8")
    made = scan([str(log)])
    assert sum(made.batches(["line"], lambda batch: batch.records.height)) == 3
    ((_, frame),) = made.look(0, [Slice(len(lines[0]), None, 2)], ["line", "path"])
    assert frame.rows() == [(2, "/1", lines[1].strip()), (3, "/2", lines[2].strip())]
    made.close()
