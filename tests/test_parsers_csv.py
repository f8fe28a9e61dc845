"""Cloudflare's CSV output: its columns by a header line, by `--fields`, by values; line breaks; broken records."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loganalyzer.cli.fit import misfit
from parsers import SCHEMA, FormatError, Slice, cloudflare_csv, csv_lines, engine, scan, sniff
from parsers.source import Reader
from tests.test_parsers_two_ways import frame

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from parsers import Batch, Scan

FIELDS = (
    "ClientIP", "ClientRequestMethod", "ClientRequestURI", "EdgeStartTimestamp", "EdgeEndTimestamp",
    "EdgeResponseStatus", "OriginResponseStatus", "RayID", "ClientRequestUserAgent", "SecurityActions",
)  # fmt: skip
START = 1605873600123000000


def record(number: int, **changed: object) -> dict[str, object]:
    return {
        "ClientIP": f"192.0.2.{number % 250}",
        "ClientRequestMethod": "GET",
        "ClientRequestURI": f"/item/{number}?q=a,b",
        "EdgeStartTimestamp": START + number * 10**9,
        "EdgeEndTimestamp": START + number * 10**9 + 222_000_000,
        "EdgeResponseStatus": (200, 404, 522)[number % 3],
        "OriginResponseStatus": (200, 404, 0)[number % 3],
        "RayID": f"5f52a1b2c3d{number:05x}",
        "ClientRequestUserAgent": 'Mozilla/5.0 (X "11"; KHTML, like Gecko)',
        "SecurityActions": [[], ["log"], ["log", "block"]][number % 3],
    } | changed


def written(value: object) -> str:
    """Return a value as Logpush writes it: texts in quotes, numbers bare, lists as JSON in quotes."""
    if isinstance(value, list):
        value = json.dumps(value)
    return '"' + value.replace('"', '""') + '"' if isinstance(value, str) else str(value)


def table(records: Sequence[dict[str, object]], delimiter: str = ",") -> list[str]:
    return [delimiter.join(written(value) for value in one.values()) for one in records]


def header(delimiter: str = ",") -> str:
    return delimiter.join(FIELDS)


def file(tmp_path: Path, lines: Sequence[str]) -> Path:
    path = tmp_path / "log.csv"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
    return path


WANTED = ("line", "timestamp", "client", "target", "status", "user_agent", "action", "request_id")


def collected(
    path: Path, *, fields: Sequence[str] | str | None = None
) -> tuple[pl.DataFrame, list[tuple[Any, ...]], dict[str, int], Scan]:
    """Return records, rejects and the ledger of a file, which must hold."""
    made = scan([str(path)], fields=fields)
    batches: list[Batch] = list(made.batches(WANTED, lambda batch: batch))
    ledger = {"lines": 0, "records": 0, "rejected": 0, "blank": 0, "skipped": 0}
    for batch in batches:
        ledger["lines"] += batch.lines
        ledger["records"] += batch.records.height
        ledger["rejected"] += batch.rejects.height
        ledger["blank"] += batch.blank
        ledger["skipped"] += sum(batch.skipped.values())
    assert ledger["lines"] == sum(count for name, count in ledger.items() if name != "lines")
    rows = pl.concat([batch.records for batch in batches]) if batches else pl.DataFrame()
    rejects = [row for batch in batches for row in batch.rejects.rows()]
    return rows, rejects, ledger, made


def evidence(made: Scan) -> str:
    recognition = made.states[0].recognition
    assert recognition is not None
    return recognition.evidence


RECORDS = [record(number) for number in range(20)]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_a_header_line_gives_the_order(delimiter: str, tmp_path: Path) -> None:
    path = file(tmp_path, [header(delimiter), *table(RECORDS, delimiter)])
    rows, rejects, ledger, made = collected(path)
    assert ledger == {"lines": 21, "records": 20, "rejected": 0, "blank": 0, "skipped": 1}
    assert not rejects
    assert rows["line"].to_list() == list(range(2, 22))
    assert rows.row(1, named=True) | {"timestamp": None} == {
        "line": 3,
        "timestamp": None,
        "client": "192.0.2.1",
        "target": "/item/1?q=a,b",
        "status": 404,
        "user_agent": 'Mozilla/5.0 (X "11"; KHTML, like Gecko)',
        "action": "log",
        "request_id": "5f52a1b2c3d00001",
    }
    assert rows["action"].to_list()[:3] == [None, "log", "block"]
    assert "its header line names 10 fields" in evidence(made)


@pytest.mark.parametrize("delimiter", [",", "\t"])
@pytest.mark.parametrize("fields", [FIELDS, ", ".join(FIELDS)])
def test_fields_give_the_order(delimiter: str, fields: str | Sequence[str], tmp_path: Path) -> None:
    path = file(tmp_path, table(RECORDS[:2], delimiter))
    rows, rejects, ledger, made = collected(path, fields=fields)
    assert ledger == {"lines": 2, "records": 2, "rejected": 0, "blank": 0, "skipped": 0}
    assert not rejects
    assert rows["status"].to_list() == [200, 404]
    assert "--fields names its columns" in evidence(made)


def test_fields_of_another_number_are_said_to_be(tmp_path: Path) -> None:
    path = file(tmp_path, table(RECORDS))
    _, _, ledger, made = collected(path, fields=FIELDS[:-1])
    assert ledger["skipped"] == 20
    assert "--fields names 9, and these lines have another number" in evidence(made)


def test_fields_leave_other_logs_alone(tmp_path: Path) -> None:
    path = file(
        tmp_path, ['192.0.2.7 - - [10/Mar/2026:13:55:36 +0000] "GET / HTTP/1.1" 200 5 "-" "a,b,c"'] * 3
    )
    rows, _, _, made = collected(path, fields=FIELDS)
    assert rows.height == 3
    assert made.states[0].recognition is not None
    assert made.states[0].recognition.vendor == "nginx"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ("RayID,ClientIP", "no time among the fields"),
        ("EdgeStartTimestamp,Other", "no other field of http_requests"),
        ("EdgeStartTimestamp,RayID,", "'' is no name of a field"),
        ("EdgeStartTimestamp;RayID", "is no name of a field"),
    ],
)
def test_fields_that_cannot_be_used(fields: str, problem: str) -> None:
    with pytest.raises(FormatError, match=problem):
        scan([], fields=fields)


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_values_tell_the_columns_where_it_is_safe(delimiter: str, tmp_path: Path) -> None:
    path = file(tmp_path, table(RECORDS, delimiter))
    rows, _, ledger, made = collected(path)
    assert ledger == {"lines": 20, "records": 20, "rejected": 0, "blank": 0, "skipped": 0}
    assert rows["status"].to_list()[:3] == [200, 404, 522]
    assert rows["request_id"][0] == "5f52a1b2c3d00000"
    assert rows["target"][0] == "/item/0?q=a,b"
    # What could be another field is not named: the origin's status is not carried.
    assert rows["action"].null_count() == 20
    said = evidence(made)
    assert "EdgeResponseStatus 6, RayID 8" in said
    assert "OriginResponseStatus" not in said
    assert "--fields" in said


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ([record(n, OriginResponseStatus=200) for n in range(20)], "columns 6, 7 look like the status"),
        ([record(n, EdgeResponseStatus=0) for n in range(20)], "no column seems to look like the status"),
        (
            [record(n, SecurityActions=f"6f52a1b2c3d{n:05x}") for n in range(20)],
            "columns 8, 10 look like the ray",
        ),
        ([record(n, EdgeEndTimestamp=START + n * 10**9) for n in range(20)], "look like times"),
        ([record(n, SecurityActions=START) for n in range(20)], "look like times"),
        (RECORDS[:4], "too few lines"),
    ],
)
def test_values_that_do_not_tell_are_declined_with_the_remedy(
    records: Sequence[dict[str, object]], why: str, tmp_path: Path
) -> None:
    _, _, ledger, made = collected(file(tmp_path, table(records)))
    assert ledger["records"] == 0
    assert "without a header line: --fields A,B,C names its columns" in evidence(made)
    assert why in evidence(made)
    assert made.states[0].problem == evidence(made)


def test_tables_of_others_are_not_taken_for_it(tmp_path: Path) -> None:
    lines = [f'"{number}","name","2026-03-10",{number}' for number in range(20)]
    assert "Cloudflare's CSV" not in evidence(collected(file(tmp_path, lines))[3])


LINE_BREAKS = [
    record(0),
    record(1, ClientRequestUserAgent='a "b",\nc\n\nd'),
    record(2),
    record(3, ClientRequestUserAgent="\n"),
    record(4, ClientRequestUserAgent='"\n"'),
    record(5),
]


@pytest.mark.parametrize("size", [1 << 20, 700, 300])
def test_a_field_may_hold_line_breaks(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reader.chunks, "__defaults__", (size,))
    path = file(tmp_path, [header(), *table(LINE_BREAKS)])
    rows, rejects, ledger, made = collected(path)
    assert not rejects
    assert ledger == {"lines": 7, "records": 6, "rejected": 0, "blank": 0, "skipped": 1}
    assert rows["line"].to_list() == [2, 3, 7, 8, 10, 12]  # the physical line of their start
    assert rows["user_agent"].to_list() == [one["ClientRequestUserAgent"] for one in LINE_BREAKS]
    found = pl.concat([records for _, records in made.look(0, [Slice(0, None, 1)], ("line",))])
    assert found["line"].to_list() == rows["line"].to_list()


@pytest.mark.parametrize("place", [0, 3, 19])
@pytest.mark.parametrize("size", [1 << 20, 900])
def test_one_unbalanced_quote_costs_one_record(
    place: int, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Reader.chunks, "__defaults__", (size,))
    lines = table(RECORDS)
    lines[place] = lines[place].replace('"GET"', '"GET', 1)
    rows, rejects, ledger, _ = collected(file(tmp_path, [header(), *lines]))
    assert [line for line, _, _ in rejects] == [place + 2]
    assert "does not fit Cloudflare http_requests (CSV): 10 fields" in rejects[0][1]
    assert ledger == {"lines": 21, "records": 19, "rejected": 1, "blank": 0, "skipped": 1}
    assert rows["line"].to_list() == [line for line in range(2, 22) if line != place + 2]


def test_a_broken_line_right_before_a_record_over_several_lines(tmp_path: Path) -> None:
    lines = table([record(0), record(1), record(2, ClientRequestUserAgent="a\nb"), record(3)])
    lines[1] = lines[1].replace('"GET"', '"GET', 1)
    rows, rejects, ledger, _ = collected(file(tmp_path, [header(), *lines, "", "x"]))
    assert [line for line, _, _ in rejects] == [3, 8]
    assert rows["line"].to_list() == [2, 4, 6]
    assert ledger == {"lines": 7, "records": 3, "rejected": 2, "blank": 1, "skipped": 1}


def test_files_of_two_jobs_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each header line is in force until the next, also across chunks."""
    other = ("RayID", "EdgeResponseStatus", "EdgeStartTimestamp")
    second = [f'"5f52a1b2c3e{number:05x}",503,"2020-11-20T12:00:{number:02}Z"' for number in range(20)]
    path = file(tmp_path, [header(), *table(RECORDS), ",".join(other), *second, header(), *table(RECORDS)])
    for size in (1 << 20, 1 << 10):
        monkeypatch.setattr(Reader.chunks, "__defaults__", (size,))
        rows, rejects, ledger, _ = collected(path)
        assert not rejects
        assert ledger == {"lines": 63, "records": 60, "rejected": 0, "blank": 0, "skipped": 3}
        assert rows["status"].to_list()[20:40] == [503] * 20
        assert rows["status"].to_list()[:20] == rows["status"].to_list()[40:]


def test_a_last_line_without_an_end(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    lines = [header(), *table(RECORDS)]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert collected(path)[2]["records"] == 20
    path.write_text("\n".join(lines)[:-30], encoding="utf-8")
    rows, rejects, _, _ = collected(path)
    assert rows.height == 19
    assert [(line, reason) for line, reason, _ in rejects] == [(21, engine.CUT)]


def test_times_out_of_the_world_are_rejects(tmp_path: Path) -> None:
    lines = table(
        [record(0), record(1, EdgeStartTimestamp=5, EdgeEndTimestamp=0), record(2, EdgeResponseStatus=99999)]
    )
    _, rejects, ledger, _ = collected(file(tmp_path, [header(), *lines]))
    assert [reason for _, reason, _ in rejects] == [engine.IMPOSSIBLE_TIME, engine.OUT_OF_RANGE]
    assert ledger["records"] == 1


def test_what_a_table_can_carry() -> None:
    form = cloudflare_csv.compile_fields(("RayID", "EdgeStartTimestamp", "ClientRequestMethod"))
    shared = {"source", "line", "vendor", "format", "server", "weight", "role"}
    assert engine.carried(form) == shared | {"timestamp", "request_id", "method"}


def test_a_misfit_is_placed_at_its_field() -> None:
    form = cloudflare_csv.compile_fields(("RayID", "EdgeStartTimestamp", "ClientIP"))
    assert misfit('"a",1,"b"', form).expected is None
    short, broken, long = misfit('"a",1', form), misfit('"a",1"2,"b"', form), misfit('"a",1,"b",2', form)
    assert (short.expected, short.end) == ("{ClientIP}", 5)
    assert (broken.expected, broken.end) == ("{ClientIP}", 5)
    assert (long.expected, long.end) == ("the end of the line: 3 fields are named", 9)


THREE = cloudflare_csv.compile_fields(("RayID", "EdgeStartTimestamp", "ClientRequestUserAgent"))
VALUES = st.text(st.sampled_from(list('a",\n\té\u2028 \\[]')), max_size=5)


@given(
    rows=st.lists(st.tuples(VALUES, st.one_of(VALUES, st.just(str(START))), VALUES), min_size=1, max_size=12)
)
@settings(max_examples=150)
def test_what_pythons_own_module_writes_is_read(rows: list[tuple[str, str, str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    lines = engine.read_lines(out.getvalue().encode())
    raw, left = csv_lines.read(lines, THREE, tuple(SCHEMA))
    several = csv_lines.joined(left, THREE)
    more, none = csv_lines.read(several.records, THREE, tuple(SCHEMA))
    assert none.height == 0
    made = pl.concat([raw, more]).sort(engine.ROW)
    names = ["RayID", "EdgeStartTimestamp", "ClientRequestUserAgent"]
    assert set(made.select(names).rows()) <= set(rows)
    if not any("\n" in value for row in rows for value in row):
        assert made.select(names).rows() == rows
        assert left.height == 0


@given(lines=st.lists(st.text(st.sampled_from(list('a1",\té')), max_size=12), max_size=30))
@settings(max_examples=200)
def test_the_reader_and_the_pattern_agree(lines: list[str]) -> None:
    sound, left = csv_lines.read(frame(lines), THREE, tuple(SCHEMA))
    assert sound.height + left.height == len(lines)
    exact = csv_lines.extracted(sound[engine.TEXT], THREE, tuple(SCHEMA))
    assert sound.select(exact.columns).equals(exact)


@given(text=st.text(st.sampled_from(list('a1",\n é')), max_size=80))
@settings(max_examples=150)
def test_any_text_keeps_the_ledger(text: str) -> None:
    lines = engine.read_lines(text.encode()) if text else frame([])
    parsed = cloudflare_csv.parse(lines, THREE, "", tuple(SCHEMA))
    units = lines.height - parsed.joined
    assert units == parsed.records.height + parsed.rejects.height + parsed.blank + sum(
        parsed.skipped.values()
    )
    rows = [*parsed.records[engine.ROW], *parsed.rejects[engine.ROW]]
    assert len(set(rows)) == len(rows)
    assert parsed.records.drop(engine.ROW).schema == {
        name: SCHEMA[name] for name in parsed.records.columns[1:]
    }


def test_recognition_is_by_the_same_rules_for_pipes_and_files() -> None:
    text = "\n".join([header(), *table(RECORDS)]).encode()
    recognition = sniff.recognise(text, "-")
    assert recognition.header == header()
    assert recognition.vendor == "cloudflare"
    assert sniff.recognise(text, "-", vendor="nginx").vendor == "nginx"
