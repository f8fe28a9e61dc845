"""W3C logs of a Cisco WSA: fields in any order, headers that change, what no record can be made of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import SCHEMA, Slice, engine, scan, source
from parsers.cisco_w3c import (
    HEADERLESS,
    MOST_FIELDS,
    MOST_HEADERS,
    NAME,
    NO_HEADER,
    by_fields,
    compile_fields,
    compile_header,
    fields_at,
    header_of,
    is_header,
    names_of,
)
from parsers.errors import FormatError

if TYPE_CHECKING:
    from pathlib import Path

    from parsers import Scan

COLUMNS = [name for name in SCHEMA if name not in {"source", "line", "vendor", "server"}]
GUIDE = (
    "#Fields: timestamp x-elapsed-time c-ip x-resultcode-httpstatus sc-bytes cs-method cs-url cs-username "
    "x-hierarchy-origin cs-mime-type x-acltag x-result-code x-suspect-user-agent"
)
LINE = (
    '1605873611.200 12 192.0.2.19 TCP_DENIED/403 2210 GET http://shop.example.com/a?b=1 "EXAMPLE\\ada l@corp" NONE/- '
    '- BLOCK_WEBCAT_12-Staff-CorpUsers-NONE-NONE-NONE-NONE-NONE <"IW_shop",ns,"a, b",-> "BadBot/1.0 (x)"'
)
WSA = (
    "#Version: 1.0",
    "#Date: 2020-11-20 12:00:00",
    "#System: 192.0.2.1 - wsa1",
    "#Software: AsyncOS for Web 12.5.1",
)


def lines_of(*lines: str) -> pl.DataFrame:
    return pl.DataFrame({engine.TEXT: lines}, schema={engine.TEXT: pl.String}).with_row_index(engine.ROW)


def record(fields: str, line: str) -> dict[str, object]:
    """Return what a line says, whose fields are named so."""
    parsed = engine.parse(lines_of(line), (compile_fields(fields.split()),), COLUMNS)
    assert parsed.records.height == 1, parsed.rejects
    return {name: value for name, value in parsed.records.row(0, named=True).items() if value is not None}


def test_the_fields_of_the_guide() -> None:
    assert record(GUIDE.removeprefix("#Fields:"), LINE) == {
        "row": 0,
        "format": NAME,
        "timestamp": datetime(2020, 11, 20, 12, 0, 11, 200_000, tzinfo=UTC),
        "duration_s": 0.012,
        "client": "192.0.2.19",
        "user": "EXAMPLE\\ada l@corp",
        "method": "GET",
        "target": "http://shop.example.com/a?b=1",
        "path": "/a",
        "query": "b=1",
        "host": "shop.example.com",
        "status": 403,
        "bytes_sent": 2210,
        "cache": "TCP_DENIED",
        "action": "BLOCK_WEBCAT",
        "policy": "Staff",
        "category": "IW_shop",
        "user_agent": "BadBot/1.0 (x)",
        "weight": 1.0,
        "role": "request",
    }


@pytest.mark.parametrize(
    ("fields", "line", "expect"),
    [
        (
            "date time c-ip sc-http-status sc-result-code cs-method cs-uri",
            "2026-03-10 13:55:36 192.0.2.1 304 TCP_IMS_HIT GET http://www.example.com/",
            {
                "timestamp": datetime(2026, 3, 10, 13, 55, 36, tzinfo=UTC),
                "status": 304,
                "cache": "TCP_IMS_HIT",
            },
        ),
        (  # the first of two of a name, in any case of letters
            "Timestamp SC-HTTP-Status sc-http-status",
            "1605873611 200 404",
            {"status": 200},
        ),
        (
            "timestamp x-req-first-line cs-version s-ip s-hostname",
            '1605873611.2 "GET http://www.example.com/a?b HTTP/1.1" HTTP/1.1 192.0.2.9 -',
            {
                "method": "GET",
                "host": "www.example.com",
                "query": "b",
                "protocol": "HTTP/1.1",
                "upstream": "192.0.2.9",
            },
        ),
        (
            "timestamp cs-url cs(User-Agent) cs(Referer) cs-bytes x-transaction-id",
            '1605873611.2 http://www.example.com/ "Mozilla/5.0 (X11)" "" 512 77',
            {"user_agent": "Mozilla/5.0 (X11)", "referrer": "", "bytes_received": 512, "request_id": "77"},
        ),
        (
            "timestamp cs-method cs-url x-resultcode-httpstatus s-hierarchy",
            "1605873611.2 CONNECT tunnel://www.example.com:443/ TCP_DENIED/407 NONE",
            {"role": "handshake", "host": "www.example.com"},
        ),
        (
            "timestamp cs-method cs-url x-resultcode-httpstatus x-hierarchy-origin",
            "1605873611.2 GET http://www.example.com/ TCP_DENIED/407 DIRECT/www.example.com",
            {"role": "request", "upstream": "www.example.com"},
        ),
        (
            "timestamp cs-method cs-url sc-http-status",
            "1605873611.2 TCP_CONNECT 198.51.100.20:443 200",
            {"role": "tunnel", "host": "198.51.100.20"},
        ),
        ("timestamp cs-url x-webcat-code-abbr", "1605873611.2 http://a.example.com/ nc", {"category": "nc"}),
        ("timestamp sc-http-status x-elapsed-time", "1605873611.2 - -", {"role": "request"}),
        ("timestamp\tsc-http-status", "Info: 1605873611.2\t200", {"status": 200}),
    ],
)
def test_other_fields(fields: str, line: str, expect: dict[str, object]) -> None:
    made = record(fields, line)
    assert {name: made.get(name) for name in expect} == expect
    assert not {"status", "duration_s"} & made.keys() or " - -" not in line


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (LINE + " 5", "does not fit Cisco WSA W3C"),
        (LINE.rsplit(" ", 1)[0], "does not fit Cisco WSA W3C"),
        (LINE.replace("1605873611.200", "yesterday"), "does not fit Cisco WSA W3C"),
        (LINE.replace("1605873611.200", "-"), engine.IMPOSSIBLE_TIME),
        (LINE.replace(" 2210 ", f" {'9' * 30} "), engine.OUT_OF_RANGE),
        (LINE.replace('"EXAMPLE', "EXAMPLE"), "does not fit Cisco WSA W3C"),
    ],
)
def test_a_line_that_the_fields_do_not_fit_is_rejected(line: str, reason: str) -> None:
    parsed = engine.parse(lines_of(line, "#Date: 2020-11-20 12:00:00"), (compile_header(GUIDE),), COLUMNS)
    assert parsed.rejects["reason"].to_list() == [reason]
    assert parsed.skipped == {"comment": 1}


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ((), "it names no field"),
        (("c-ip", "date", "cs-url"), "no time among the fields"),
        (("timestamp", "c-ip"), "neither an address nor a status"),
        (
            ("timestamp", "cs-url", *["x"] * MOST_FIELDS),
            f"514 fields are named, at most {MOST_FIELDS} are read",
        ),
        (("timestamp", "cs-url", *["x"] * 100_000), "100,002 fields are named"),
    ],
)
def test_names_that_no_record_can_be_made_of(names: tuple[str, ...], problem: str) -> None:
    with pytest.raises(FormatError, match=problem) as error:
        compile_fields(names)
    assert len(str(error.value)) < 200


def test_as_many_fields_as_may_be() -> None:
    names = ["timestamp", "sc-http-status", *(f"x{number}" for number in range(MOST_FIELDS - 2))]
    line = " ".join(["1605873611.2", "200", *["-"] * (MOST_FIELDS - 2)])
    assert record(" ".join(names), line)["status"] == 200


# --- whose header it is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "header"),
    [
        ((*WSA, GUIDE, LINE), GUIDE),
        ((GUIDE, LINE), GUIDE),
        ((*WSA, "#Fields: timestamp c-ip"), "#Fields: timestamp c-ip"),
        (("#Fields: timestamp X-AclTag",), "#Fields: timestamp X-AclTag"),
        (
            (
                "#Software: Microsoft Internet Information Services 10.0",
                "#Fields: date time s-ip cs-method sc-status",
            ),
            None,
        ),
        (("#Fields: date time time-taken c-ip sc-status s-action",), None),
        ((LINE,), None),
        ((), None),
        ((*[LINE] * 200, GUIDE), None),
    ],
)
def test_a_header_is_known_by_the_software_or_by_its_fields(
    lines: tuple[str, ...], header: str | None
) -> None:
    assert header_of(lines) == header


def test_a_format_text_that_is_a_header() -> None:
    assert is_header(GUIDE)
    assert is_header(" #Fields: a")
    assert not is_header("$remote_addr #Fields:")


def test_lines_whose_header_is_missing() -> None:
    lines = lines_of(
        "1605873611.200 153 - 192.0.2.1 TCP_MISS/200 873 CONNECT tunnel://www.example.com:443/ www.example.com - - "
        'a/b DEFAULT_CASE_12-A-B-NONE-NONE-NONE-C-NONE "192.0.2.9" 52698 www.example.com 443 1 IW_srch 6.9',
        LINE,
        "1605873611.200     84 192.0.2.10 TCP_MISS/200 5316 GET http://www.example.com/ - HIER_DIRECT/192.0.2.1 a/b",
    )
    assert lines[engine.TEXT].str.contains(HEADERLESS).to_list() == [True, False, False]


# --- headers in the midst of a file ----------------------------------------------------------------------------------

HEADERS = ["#Fields: timestamp c-ip", "#Fields: c-ip timestamp", "#Fields:", GUIDE]
TEXTS = st.lists(
    st.one_of(st.sampled_from([*HEADERS, "#Fieldset", "a #Fields: b", ""]), st.text("ab# ", max_size=5))
)


@given(texts=TEXTS, cut=st.integers(0, 30), end=st.sampled_from(["\n", "\r\n"]))
def test_what_is_in_force_does_not_depend_on_the_chunks(texts: list[str], cut: int, end: str) -> None:
    def data(part: list[str]) -> bytes:
        return "".join(text + end for text in part).encode()

    whole = fields_at(data(texts), GUIDE)
    assert whole == next((text for text in reversed(texts) if text.startswith("#Fields:")), GUIDE)
    assert fields_at(data(texts[cut:]), fields_at(data(texts[:cut]), GUIDE)) == whole


@given(texts=TEXTS.filter(bool))
def test_every_line_goes_to_the_header_above_it(texts: list[str]) -> None:
    groups = by_fields(lines_of(*texts), GUIDE)
    found = {row: header for header, lines in groups for row in lines[engine.ROW]}
    header, expected = GUIDE, {}
    for row, text in enumerate(texts):
        header = text if text.startswith("#Fields:") else header
        expected[row] = header
    assert found == expected
    assert sum(lines.height for _, lines in groups) == len(texts)


def test_a_file_that_changes_its_header_at_every_line() -> None:
    texts = [text for number in range(1000) for text in (f"#Fields: timestamp x{number}", "1605873611.2 a")]
    groups = by_fields(lines_of(*texts), GUIDE)
    assert len(groups) == MOST_HEADERS + 1
    assert groups[-1][0] == ""
    assert groups[-1][1].height == len(texts) - 2 * MOST_HEADERS
    with pytest.raises(FormatError):
        compile_header("")


def test_names_are_parted_by_any_blanks() -> None:
    assert names_of("#Fields:\ttimestamp   c-ip\t") == ("timestamp", "c-ip")


# --- whole files -----------------------------------------------------------------------------------------------------

CHANGING = (
    *WSA,
    GUIDE,
    LINE,
    "#Version: 1.0",
    "#Fields: timestamp sc-http-status cs-method cs-url",
    "1605873612.5 200 GET http://www.example.com/second",
    LINE,  # a line of the fields before
    "",
    "#Fields: c-ip cs-url",
    "192.0.2.1 http://www.example.com/no-time",
    "#Fields: date time sc-http-status cs-url",
    "2020-11-20 12:00:15 304 http://www.example.com/third",
    LINE.replace(" GET ", " PUT "),  # the appliance's default line may stand anywhere: it tells itself
)


@dataclass(frozen=True)
class Read:
    """What a scan gave: records as (line, target, status), rejects as (line, reason), and the ledger."""

    records: list[tuple[object, ...]]
    rejects: list[tuple[object, ...]]
    lines: int
    blank: int
    skipped: Counter[str]


def read(path: Path, log_format: str | None = None) -> tuple[Read, Scan]:
    made = scan([str(path)], log_format=log_format)
    batches = list(made.batches(["line", "target", "status"], lambda batch: batch))
    skipped: Counter[str] = Counter()
    for batch in batches:
        skipped.update(batch.skipped)
    return (
        Read(
            [row for batch in batches for row in batch.records.rows()],
            [row[:2] for batch in batches for row in batch.rejects.rows()],
            sum(batch.lines for batch in batches),
            sum(batch.blank for batch in batches),
            skipped,
        ),
        made,
    )


@pytest.mark.parametrize("size", [1, 100, 700, source.CHUNK])
def test_a_file_whose_fields_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(source.Reader.chunks, "__defaults__", (size,))
    path = tmp_path / "w3c.log"
    path.write_text("\n".join(CHANGING) + "\n")
    got, made = read(path)
    recognition = made.states[0].recognition
    assert recognition is not None
    assert recognition.formats[0].name == NAME
    assert "its #Fields: line says so" in recognition.evidence
    assert got.records == [
        (6, "http://shop.example.com/a?b=1", 403),
        (9, "http://www.example.com/second", 200),
        (10, "http://shop.example.com/a?b=1", 403),
        (15, "http://www.example.com/third", 304),
        (16, "http://shop.example.com/a?b=1", 403),
    ]
    assert [line for line, _ in got.rejects] == [13]
    assert "cannot be used" in str(got.rejects[0][1])
    assert "no time among the fields" in str(got.rejects[0][1])
    assert (got.lines, got.blank, got.skipped) == (len(CHANGING), 1, Counter(comment=9))
    # A second look knows the fields of a slice as well.
    offset = sum(len(text) + 1 for text in CHANGING[:14])
    if size == 1:
        ((_, again),) = made.look(0, [Slice(offset, None, 15)], ["line", "target"])
        assert again["target"].to_list() == [got.records[3][1], got.records[4][1]]
    made.close()


def test_lines_before_any_header_are_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "w3c.log"
    path.write_text("1605873612.5 200 GET http://www.example.com/\n" + "\n".join([*WSA, GUIDE, LINE]) + "\n")
    got, _ = read(path)
    assert got.rejects == [(1, NO_HEADER)]
    assert len(got.records) == 1


def test_a_header_longer_than_a_line_may_be_leaves_no_fields_in_force(tmp_path: Path) -> None:
    path = tmp_path / "w3c.log"
    path.write_text(
        "\n".join([*WSA, GUIDE, LINE, "#Fields: timestamp" + " x" * (1 << 20), "1605873612.5 200"]) + "\n"
    )
    got, _ = read(path)
    assert len(got.records) == 1
    assert [reason for _, reason in got.rejects][1:] == [NO_HEADER]


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        (
            "#Software: AsyncOS for Web 12.5\n#Fields: c-ip x-acltag\n192.0.2.1 -\n",
            "no time among the fields",
        ),
        (f"#Fields: {' x-acltag' * 100_000}\n192.0.2.1 -\n", "100,000 fields are named"),
        (
            "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time cs-uri\n2020 1 /\n",
            "an IIS log",
        ),
    ],
)
def test_a_log_that_is_declined(tmp_path: Path, text: str, evidence: str) -> None:
    path = tmp_path / "w3c.log"
    path.write_text(text)
    recognition = scan([str(path)]).states[0].recognition
    assert recognition is not None
    assert recognition.declined
    assert evidence in recognition.evidence


def test_fields_that_the_caller_names(tmp_path: Path) -> None:
    path = tmp_path / "w3c.log"
    lines = [
        "1605873611.200 153 - 192.0.2.1 TCP_MISS/200 873 CONNECT tunnel://www.example.com:443/ www.example.com - - a/b "
        f'DEFAULT_CASE_12-A-B-NONE-NONE-NONE-C-NONE "192.0.2.9" {port}'
        for port in range(4)
    ]
    path.write_text("\n".join(lines) + "\n")
    recognition = scan([str(path)]).states[0].recognition
    assert recognition is not None
    assert recognition.evidence.endswith(
        "W3C log without its #Fields: line (--log-format '#Fields: …' names them)"
    )
    names = (
        "timestamp x-elapsed-time - c-ip x-resultcode-httpstatus sc-bytes cs-method cs-url s-hostname - - -"
    )
    got, _ = read(path, log_format=f"#Fields: {names} x-acltag s-ip s-port")
    assert [row[2] for row in got.records] == [200] * 4
    with pytest.raises(FormatError, match="neither an address nor a status"):
        scan([str(path)], log_format="#Fields: timestamp c-ip")
