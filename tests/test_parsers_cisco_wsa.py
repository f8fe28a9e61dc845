"""Cisco WSA and Squid lines: every layout of the block, what stands around it, and the cut against the pattern."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parsers import SCHEMA, engine, scan
from parsers.cisco_wsa import ACCESS, FORMATS, SQUID, SQUID_COMBINED, SQUID_COMMON

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FIELDS = [name for name in SCHEMA if name not in {"source", "line", "vendor", "server", "format"}]
ACL = "DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE"
START = "1773105000.204 61 192.0.2.1 TCP_MISS/200 8120 GET http://www.example.com/a?b=c"


def lines_of(*lines: str) -> pl.DataFrame:
    return pl.DataFrame({engine.TEXT: lines}, schema={engine.TEXT: pl.String}).with_row_index(engine.ROW)


def record(line: str) -> dict[str, object]:
    """Return the record that the vendor's formats make of a line, which they must read."""
    parsed = engine.parse(lines_of(line), FORMATS, [*FIELDS, "format"])
    assert parsed.records.height == 1, parsed.rejects
    return parsed.records.row(0, named=True)


def wsa(*, block: str = '<"IW_busi",6.1,0>', start: str = START, user: str = "-", rest: str = " - -") -> str:
    return f"{start} {user} DIRECT/www.example.com text/html {ACL} {block}{rest}"


# --- the block of scanning verdicts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [3, 17, 32, 33, 38, 43, 44, 45])
@pytest.mark.parametrize("category", ['"IW_busi"', "IW_busi"])
def test_the_category_stands_first_in_a_block_of_any_length(length: int, category: str) -> None:
    block = ",".join([category, "6.1", '"a, b"', *["-"] * (length - 3)])
    made = record(wsa(block=f"<{block}>"))
    assert (made["category"], made["action"], made["policy"]) == ("IW_busi", "DEFAULT_CASE", "Staff")


@pytest.mark.parametrize(
    ("block", "category"),
    [
        ('<"-",-,->', None),
        ("<-,-,->", None),
        ("<>", None),
        ('<"Sports, and games",1.0,->', "Sports, and games"),
        ('<"IW_busi,6.1,->', "IW_busi"),  # a quote that nobody closed
        ("&lt;nc,5.0,-&gt;", "nc"),
        ("&lt;&quot;IW_ref&quot;,5.0,-&gt;", "IW_ref"),
        ("<\u201cIW_ref\u201d,5.0,->", "IW_ref"),
        ('<"C_Own",5.0,"a > b",->', "C_Own"),
        ('<"C_Own",5.0,"x -> y",->', "C_Own"),
    ],
)
def test_the_category_is_read_through_quotes_and_what_web_pages_make_of_them(
    block: str, category: str | None
) -> None:
    assert record(wsa(block=block))["category"] == category


@pytest.mark.parametrize(
    ("rest", "agent"),
    [
        ("", None),
        (" -", None),
        (" - -", None),
        (' "BadBot/1.0"', "BadBot/1.0"),
        (' "360Spider" -', "360Spider"),
        (' \u201cBadBot/1.0\u201d "10/Mar/2026:01:10:00 +0000"', "BadBot/1.0"),
        (
            ' - - "10/Mar/2026:01:10:00 +0000" 518 "Mozilla/5.0 (X11; Linux x86_64)"',
            "Mozilla/5.0 (X11; Linux x86_64)",
        ),
        (' "10/Mar/2026:01:10:00 +0000" 518', None),
        (" [10/Mar/2026:01:10:00 +0000] 518 - 7", None),
        (' - - "Apache/2.4.66 (Debian)"', None),  # may as well be a header of the answer
        (' - "text/html" 12 "corp\\staff"', None),
    ],
)
def test_an_agent_is_told_from_other_fields_behind_the_block(rest: str, agent: str | None) -> None:
    assert record(wsa(rest=rest))["user_agent"] == agent


# --- what stands before it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ("-", None),
        ('""', None),
        ('"-"', None),
        ("user_three", "user_three"),
        ('"EXAMPLE\\user two@corp"', "EXAMPLE\\user two@corp"),
        ("\u201cEXAMPLE\\user two@corp\u201d", "EXAMPLE\\user two@corp"),
        ("&quot;EXAMPLE\\user two@corp&quot;", "EXAMPLE\\user two@corp"),
        ("0a1b2c3d4e5f", "0a1b2c3d4e5f"),
    ],
)
def test_a_user_in_every_form(user: str, name: str | None) -> None:
    assert record(wsa(user=user))["user"] == name


@pytest.mark.parametrize(
    ("start", "expect"),
    [
        (START.replace("192.0.2.1", "192.0.xx.xx"), {"client": "192.0.xx.xx"}),
        (
            START.replace("192.0.2.1", "192.0.2.1 pc1.example.net"),
            {"client": "192.0.2.1", "cache": "TCP_MISS"},
        ),
        (START.replace("TCP_MISS", "TCP_NEW_WORD2"), {"cache": "TCP_NEW_WORD2", "status": 200}),
        (START.replace("TCP_MISS/200", "NONE/-"), {"cache": "NONE", "status": None}),
        (START.replace(" 61 ", " - "), {"duration_s": None}),
        (START.replace(" 8120 ", " - "), {"bytes_sent": None}),
        ("1773105000.204 0 192.0.2.1 NONE/0 0 ", {"method": None, "target": None, "status": 0}),
        ("1773105000.204 0 192.0.2.1 NONE/0 0 -", {"method": None, "target": None}),
        ("1773105000.204 0 192.0.2.1 NONE/0 0 - -", {"method": None, "target": None}),
        ("1773105000.204 0 192.0.2.1 NONE/0 0 GET ", {"method": "GET", "target": None}),
        (START + " d", {"target": "http://www.example.com/a?b=c d", "query": "b=c d", "user": None}),
        (
            START.replace("GET http", "G=T http"),
            {"method": None, "host": "www.example.com"},
        ),
        (
            "1773105000.204 61 192.0.2.1 TCP_MISS/200 8120 TCP_CONNECT 198.51.100.20:443",
            {"role": "tunnel", "host": "198.51.100.20", "path": None},
        ),
        (
            "1773105000.204 61 192.0.2.1 TCP_MISS_SSL/503 8120 CONNECT tunnel://www.example.com:443/",
            {"role": "request", "host": "www.example.com", "path": None},
        ),
        (
            "1773105000.204 61 192.0.2.1 TCP_MISS_SSL/200 8120 GET https://www.example.com:443/in?side=1",
            {"role": "request", "host": "www.example.com", "path": "/in", "query": "side=1"},
        ),
        (
            "1773105000.204 61 192.0.2.1 TCP_MISS/200 8120 GET http://eve:x@[2001:db8::7]:81?a#b",
            {"host": "[2001:db8::7]", "path": "/", "query": "a#b"},
        ),
    ],
)
def test_what_may_stand_before_the_user(start: str, expect: dict[str, object]) -> None:
    made = record(wsa(start=start))
    assert {name: made[name] for name in expect} == expect
    assert made["format"] == ACCESS.name
    assert made["category"] == "IW_busi"


@pytest.mark.parametrize("status", [307, 401, 407])
@pytest.mark.parametrize(
    ("cache", "origin", "role"),
    [
        ("TCP_DENIED", "NONE/-", "handshake"),
        ("TCP_DENIED_SSL", "NONE/-", "handshake"),
        ("TCP_DENIED", "HIER_NONE/-", "handshake"),
        ("TCP_DENIED", "DIRECT/www.example.com", "request"),
        ("TCP_MISS", "NONE/-", "request"),
    ],
)
def test_a_handshake_is_the_proxys_own(status: int, cache: str, origin: str, role: str) -> None:
    line = f"1773105000.204 0 192.0.2.1 {cache}/{status} 9 CONNECT tunnel://a.example.com:443/ - {origin} - {ACL} <-> -"
    assert record(line)["role"] == role


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "Info: ",
        "<38>Mar 10 01:10:00 wsa1 accesslogs: Info: ",
        "<38>Mar  3 01:10:00 wsa1 accesslogs: ",
        "Mar 10 01:10:00 wsa1 any-name[7]: Info: ",
        "Mar 10 01:10:00 wsa1 ",
        "2026-03-10T01:10:00.123+00:00 wsa1 accesslogs: Info: ",
        "<38>1 2026-03-10T01:10:00Z wsa1 accesslogs - - - Info: ",
    ],
)
def test_a_header_before_the_line_changes_no_field(tmp_path: Path, prefix: str) -> None:
    path = tmp_path / "access.log"
    path.write_text(f"{prefix}{wsa()}\n" * 3)
    (batch,) = scan([str(path)]).batches(FIELDS, lambda batch: batch)
    assert batch.records.rows(named=True) == [{name: record(wsa())[name] for name in FIELDS}] * 3


# --- Squid's own line ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expect"),
    [
        (
            "1773105000.204      3 2001:db8::9 NONE_NONE/000 0 - error:transaction-end-before-headers - HIER_NONE/- -",
            {
                "status": 0,
                "method": None,
                "target": "error:transaction-end-before-headers",
                "cache": "NONE_NONE",
            },
        ),
        (
            "1773105000.204     16 192.0.2.3 TCP_MISS_ABORTED/000 0 GET http://a.example.com - HIER_DIRECT/192.0.2.9 -",
            {"status": 0, "host": "a.example.com", "upstream": "192.0.2.9"},
        ),
        (
            "1773105000.204  16867 192.0.2.3 TCP_TUNNEL/200 62 CONNECT a.example.com:443 - HIER_DIRECT/192.0.2.9 -",
            {"role": "tunnel", "host": "a.example.com", "duration_s": 16.867},
        ),
        (
            "1773105000.204  1 192.0.2.3 TCP_MISS/200 62 GET http://a.example.com/ ada lovelace HIER_NONE/- text/html",
            {"user": "ada lovelace", "target": "http://a.example.com/"},
        ),
        (
            '1773105000.204  1 192.0.2.3 TCP_MISS/200 62 GET http://a.example.com/ "ada" HIER_NONE/- text/html',
            {"user": '"ada"'},
        ),
        (  # the log of all headers
            "1773105000.204  1 192.0.2.3 TCP_HIT/200 62 GET http://a.example.com/ - HIER_NONE/- - [Host: x] [HTTP/1.1]",
            {"status": 200, "host": "a.example.com", "user_agent": None},
        ),
    ],
)
def test_native_lines_of_squid(line: str, expect: dict[str, object]) -> None:
    made = record(line)
    assert {name: made[name] for name in expect} == expect
    assert made["format"] == SQUID.name


@pytest.mark.parametrize(
    ("agent", "name"), [("", SQUID_COMMON.name), (' "-" "curl/8.14.1"', SQUID_COMBINED.name)]
)
@pytest.mark.parametrize(
    ("request_line", "answer", "result", "expect"),
    [
        (
            "GET http://www.example.com/a?b HTTP/1.1",
            "200 5316",
            "TCP_MISS:HIER_DIRECT",
            {
                "host": "www.example.com",
                "path": "/a",
                "cache": "TCP_MISS",
                "role": "request",
                "protocol": "HTTP/1.1",
            },
        ),
        ("GET http://www.example.com/", "304 -", "TCP_IMS_HIT:NONE", {"bytes_sent": None, "protocol": None}),
        ("GET http://www.example.com/ HTTP/1.1", "407 4041", "TCP_DENIED:HIER_NONE", {"role": "handshake"}),
        (
            "CONNECT www.example.com:443 HTTP/1.1",
            "200 39",
            "TCP_TUNNEL:HIER_DIRECT",
            {"role": "tunnel", "path": None},
        ),
        (
            "- error:invalid-request HTTP/0.0",
            "400 3400",
            "NONE_NONE:HIER_NONE",
            {"method": None, "status": 400},
        ),
    ],
)
def test_apaches_styles_of_a_proxy(
    tmp_path: Path,
    agent: str,
    name: str,
    request_line: str,
    answer: str,
    result: str,
    expect: dict[str, object],
) -> None:
    path = tmp_path / "access.log"
    path.write_text(
        f'192.0.2.1 - ada lovelace [10/Mar/2026:04:50:00 +0100] "{request_line}" {answer}{agent} {result}\n'
    )
    made = scan([str(path)])
    recognition = made.states[0].recognition
    assert recognition is not None
    assert (
        recognition.formats[0].name == name
    )  # nginx's and Apache's would take the result for one more field
    (batch,) = made.batches([*FIELDS, "format"], lambda batch: batch)
    got = batch.records.row(0, named=True)
    assert {column: got[column] for column in expect} == expect
    assert got["user"] == "ada lovelace"
    assert got["timestamp"] == datetime(2026, 3, 10, 3, 50, tzinfo=UTC)


# --- the cut and the pattern -----------------------------------------------------------------------------------------

TOKENS: list[list[str]] = [
    [
        "1773105000.204",
        "1773105000.",
        "1773105000",
        "999999999999.5",
        "12.5",
        "٣773105000.204",
        "Info: 1773105000.204",
    ],
    ["61", "-", "+61", "", "6.1", "61 ", "²"],
    ["192.0.2.1", "2001:db8::1", "192.0.xx.xx", "192.0.2.1 pc1", "", "pc/1"],
    [
        "TCP_MISS/200",
        "NONE/-",
        "NONE/0",
        "TCP_MISS/20000",
        "TCP_MISS_SSL/4",
        "tcp/200",
        "A1/200",
        "TCP_MISS",
        "_A/2",
    ],
    ["8120", "-", "9" * 20, "+1", "", "1_0"],
    ["GET", "get", "TCP_CONNECT", "CONNECT", "-", "", "G=T", "_GET", "X" * 33, "VERSION-CONTROL"],
    [
        "http://www.example.com/a?b=c",
        "http://www.example.com",
        "http://www.example.com?x",
        "http://www.example.com:80a/",
        "http://u@www.example.com/",
        "http://[2001:db8::1]:80/",
        "http://www.example.com/#x?y",
        "http:///a",
        "ftp://files.example.net:/p%20q",
        "tunnel://a.example.com:443/",
        "198.51.100.20:443",
        "HTTP://www.example.com/",
        "http://www.example.com/a://b/?c?d",
        "/a?b",
        "",
        "-",
        "a b",
        "http://www.example.com/ TCP_MISS/200 5 GET /",
    ],
    [
        "-",
        "user",
        '"EXAMPLE\\u@corp"',
        '"two words"',
        '"',
        'a"b',
        "\u201cu\u201d",
        "&quot;u&quot;",
        "&u",
        "--",
        "",
    ],
    ["DIRECT/www.example.com", "NONE/-", "NONE/", "direct/x", "DIRECT", "A/b/c", "/"],
    ["text/html", "-", '"text/html"', '"a b"', '"', '"a"b', ""],
    [
        ACL,
        "OTHER-NONE",
        "A_-x",
        "A__1-x",
        "CMF:44 DCF:2 OTHER-NONE",
        "OTHER",
        "_A-x",
        "other-x",
        "A1-x",
        "A-\t",
    ],
    [
        '<"IW_busi",6.1,0> - -',
        "<nc,ns,->",
        "<nc>",
        "<> ",
        "<nc> <x> -",
        "<a>b> c",
        "<a&gt; b> c",
        "&lt;nc&gt; -",
        "<a> b&gt;",
        "<a",
        "x",
        "",
        "-",
        '<"a > b"> "BadBot/1.0"',
        "<a>  ",
    ],
]
USUAL = [values[0] for values in TOKENS]
ODD_LINES = st.tuples(*(st.one_of(st.just(values[0]), st.sampled_from(values)) for values in TOKENS)).map(
    " ".join
)
ONE_ODD = [
    " ".join([*USUAL[:place], value, *USUAL[place + 1 :]])
    for place, values in enumerate(TOKENS)
    for value in values
]


def both(lines: Sequence[str]) -> tuple[engine.Parsed, engine.Parsed]:
    frame = lines_of(*lines)
    exact = replace(ACCESS, cut=None)
    return engine.parse(frame, (ACCESS,), FIELDS), engine.parse(frame, (exact,), FIELDS)


def agree(lines: Sequence[str]) -> None:
    cut, exact = both(lines)
    assert cut.records.to_dicts() == exact.records.to_dicts()
    assert cut.rejects.to_dicts() == exact.rejects.to_dicts()
    assert cut.skipped == exact.skipped


@pytest.mark.parametrize("line", ONE_ODD)
def test_the_cut_agrees_with_the_pattern_on_one_odd_field(line: str) -> None:
    agree([line])


@settings(deadline=None, max_examples=150)
@given(st.lists(ODD_LINES, min_size=1, max_size=20))
@example(ONE_ODD)
def test_the_cut_agrees_with_the_pattern_on_odd_lines(lines: list[str]) -> None:
    agree(lines)


@settings(deadline=None)
@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\n\r", codec="utf-8")), min_size=1))
def test_the_cut_agrees_with_the_pattern_on_any_text(lines: list[str]) -> None:
    agree(lines)


def test_the_usual_line_takes_the_cut() -> None:
    lines = lines_of(wsa(), "Info: " + wsa(), wsa(user='"EXAMPLE\\user@corp"'), wsa(user='"two words"'))
    assert ACCESS.cut is not None
    assert ACCESS.cut(lines)["_ok"].to_list() == [True, True, True, False]
