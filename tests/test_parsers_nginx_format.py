"""Any log_format text becomes a declaration: values, escapings, lists, what nothing can tell apart, broken JSON."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import SCHEMA, FormatError, engine, nginx
from parsers.nginx_format import compile_format, directive
from parsers.spec import JsonFormat, LineFormat

if TYPE_CHECKING:
    from parsers.nginx_format import Escape

FIELDS = [name for name in SCHEMA if name not in {"source", "line", "vendor", "server", "format"}]
NOON = datetime(2020, 11, 20, 12, tzinfo=UTC)


def read(text: str, *lines: str, escape: Escape = "default") -> list[dict[str, object]]:
    """Return what a format text makes of lines, every one of which it must read; columns that are null left out."""
    table = pl.DataFrame({engine.TEXT: lines}).with_row_index(engine.ROW)
    parsed = engine.parse(table, (compile_format(text, escape=escape),), FIELDS)
    assert parsed.rejects.rows() == []
    usual = {"weight": 1.0, "role": "request"}
    return [
        {
            name: value
            for name, value in row.items()
            if name not in {"row", "format"} and value is not None and value != usual.get(name)
        }
        for row in parsed.records.to_dicts()
    ]


@pytest.mark.parametrize("escape", ["default", "json", "none"])
@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (
            "$msec|${Remote_Addr}|$request_method $uri$is_args$args|$status",
            "1605873600.500|2001:db8::5|GET /a?b=c|200",
            {
                "timestamp": NOON.replace(microsecond=500_000),
                "client": "2001:db8::5",
                "method": "GET",
                "target": "/a?b=c",
                "path": "/a",
                "query": "b=c",
                "status": 200,
            },
        ),
        (
            "[$time_local] $remote_addr:$remote_port $scheme://$http_host$request_uri $status",
            "[20/Nov/2020:12:00:00 +0000] 2001:db8::5:443 https://shop.example.com:8443/a-b?c 404",
            {
                "timestamp": NOON,
                "client": "2001:db8::5",
                "host": "shop.example.com",
                "target": "/a-b?c",
                "path": "/a-b",
                "query": "c",
                "status": 404,
            },
        ),
        (
            '"$time_iso8601";"$http_x_forwarded_for";"$status"',
            '"2020-11-20T13:00:00+01:00";"192.168.0.9, 203.0.113.9, 198.51.100.4";"499"',
            {"timestamp": NOON, "client": "203.0.113.9", "status": 499},
        ),
        (
            "$time_iso8601 $remote_addr $http_x_forwarded_for",
            "2020-11-20T12:00:00+00:00 192.0.2.1 203.0.113.9, 198.51.100.4",
            {"timestamp": NOON, "client": "192.0.2.1"},
        ),
        (
            "$time_iso8601 $bytes_sent $body_bytes_sent $request_length $status $status",
            "2020-11-20T12:00:00+00:00 900 512 70 200 200",
            {"timestamp": NOON, "bytes_sent": 512, "bytes_received": 70, "status": 200},
        ),
        (
            "{tag} $time_iso8601 <$remote_addr> [$http_x_trace] $status",
            "{tag} 2020-11-20T12:00:00+00:00 <192.0.2.1> [a b] 200",
            {"timestamp": NOON, "client": "192.0.2.1", "status": 200},
        ),
    ],
)
def test_a_text_is_read_as_its_variables_say(
    text: str, line: str, expected: dict[str, object], escape: Escape
) -> None:
    assert read(text, line, escape=escape) == [expected]


UPSTREAM = "$time_iso8601 $upstream_addr $upstream_status $upstream_response_time $request_id"


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ("- - -", {}),
        ("192.0.2.8:80 200 0.012", ("192.0.2.8:80", 200, 0.012, 1)),
        ("192.0.2.8:80, [2001:db8::8]:80 502, 200 5.000, 0.011", ("[2001:db8::8]:80", 200, 5.011, 2)),
        ("192.0.2.8:80 : unix:/run/a.sock 502 : 200 0.000 : 0.001", ("unix:/run/a.sock", 200, 0.001, 2)),
        ("192.0.2.8:80 :  502 :  0.100 : ", ("192.0.2.8:80", 502, 0.1, 1)),
        ("192.0.2.8:80 - 0.301", ("192.0.2.8:80", None, 0.301, 1)),
        ("backend 502 -", ("backend", 502, None, 1)),
        ("192.0.2.8:80, 192.0.2.9:80 504, - 5.000, -", ("192.0.2.9:80", None, 5.0, 2)),
    ],
)
def test_lists_over_upstream_tries_come_down_to_the_last_hop(
    lists: str, expected: tuple[object, ...]
) -> None:
    names = ("upstream", "upstream_status", "upstream_duration_s", "upstream_tries")
    made = {name: value for name, value in zip(names, expected, strict=False) if value is not None}
    line = f"2020-11-20T12:00:00+00:00 {lists} 3f1c"
    assert read(UPSTREAM, line) == [{"timestamp": NOON, "request_id": "3f1c", **made}]


def test_what_is_not_set_is_null_and_what_is_empty_is_empty_by_default() -> None:
    text = '[$time_local] "$http_referer" "$http_user_agent"'
    by_default = read(text, '[20/Nov/2020:12:00:00 +0000] "-" ""')
    assert by_default == [{"timestamp": NOON, "user_agent": ""}]
    for escape in ("json", "none"):  # there both are nothing
        assert read(text, '[20/Nov/2020:12:00:00 +0000] "" ""', escape=escape) == [{"timestamp": NOON}]


def test_a_path_without_arguments_keeps_no_dash() -> None:
    text = "$time_iso8601 $uri$is_args$args $status"
    stamp = "2020-11-20T12:00:00+00:00"
    (made, dashed) = read(text, f"{stamp} /a- 200", f"{stamp} /a?b- 200")
    assert (made["path"], made.get("query")) == ("/a", None)
    assert (dashed["path"], dashed["query"]) == ("/a", "b-")


def test_the_directive_itself_may_be_given() -> None:
    whole = """log_format x escape=json
        '$remote_addr\\t'   # who
        "[$time_local]" \\"$request\\";"""
    assert directive(whole) == ('$remote_addr\t[$time_local]"$request"', "json")
    assert directive("escape=none $msec") == ("$msec", "none")
    assert directive("$msec") == ("$msec", None)


def test_a_well_known_text_keeps_its_name() -> None:
    for (text, escape), form in nginx.KNOWN.items():
        assert compile_format(text, escape=escape, name="mine") is form
    assert compile_format("${remote_addr}" + nginx.MAIN_TEXT.removeprefix("$remote_addr")) is nginx.MAIN
    assert compile_format(nginx.MAIN_TEXT, escape="json", name="mine").name == "mine"


@pytest.mark.parametrize(
    ("text", "position", "problem"),
    [
        ("$remote_addr $status", 0, "when"),
        ("", 0, "when"),
        ("$msec $http_referer$http_user_agent", 19, "tell them apart"),
        ("$msec costs $", 12, "without the name"),
        ("$msec $-", 6, "without the name"),
        ("$msec\n$status", 5, "several lines"),
    ],
)
def test_what_cannot_be_compiled_is_named_with_its_place(text: str, position: int, problem: str) -> None:
    with pytest.raises(FormatError, match=problem) as caught:
        compile_format(text)
    assert caught.value.position == position


# --- JSON ----------------------------------------------------------------------------------------------------------

BARE = '{"t":"$time_iso8601","s":$status,"urt":$upstream_response_time,"us":$upstream_status,"ua":"$http_user_agent"}'
T = '"t":"2020-11-20T12:00:00+00:00"'


@pytest.mark.parametrize(
    ("escape", "line", "expected"),
    [
        ("json", f'{{{T},"s":200,"urt":0.010,"us":200,"ua":"a"}}', (200, 0.01, 200, "a")),
        ("json", f'{{{T},"s":000,"urt":,"us":,"ua":""}}', (0, None, None, None)),
        ("json", f'{{{T},"s":502,"urt":0.001, 0.002,"us":502, 502,"ua":"-"}}', (502, 0.003, 502, None)),
        ("json", f'{{{T},"s":200,"urt":0.000 : 0.001,"us":502 : 200,"ua":"\\u0001\\n"}}', (200, 0.001, 200, "\x01\n")),
        ("json", f'{{{T},"s":502,"urt":0.001 : ,"us":502 : ,"ua":"a\\"b\\\\x22"}}', (502, 0.001, 502, 'a"b\\x22')),
        ("default", f'{{{T},"s":009,"urt":-,"us":-,"ua":"-"}}', (9, None, None, None)),
        ("default", f'{{{T},"s":200,"urt":-, 0.1,"us":-, 200,"ua":"\\x22\\xC3\\xA9"}}', (200, 0.1, 200, '"é')),
        ("default", f'{{{T},"s":200,"urt":0.1,"us":200,"ua":"\\xFF\\x5C"}}', (200, 0.1, 200, "\ufffd\\")),
    ],
)  # fmt: skip
def test_json_is_read_in_the_ways_it_breaks(escape: Escape, line: str, expected: tuple[object, ...]) -> None:
    assert isinstance(compile_format(BARE, escape=escape), JsonFormat)
    names = ("status", "upstream_duration_s", "upstream_status", "user_agent")
    made = {name: value for name, value in zip(names, expected, strict=True) if value is not None}
    assert read(BARE, line, escape=escape) == [{"timestamp": NOON, **made}]


def test_a_member_may_hold_several_variables() -> None:
    text = '{"t":"$time_iso8601","url":"$scheme://$host$request_uri","line":1,"s":"$status"}'
    line = f'{{{T},"url":"https://shop.example.com/a?b","line":1,"s":"200"}}'
    (made,) = read(text, line, escape="json")
    assert (made["host"], made["path"], made["query"]) == ("shop.example.com", "/a", "b")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"t":"$time_iso8601","h":{"s":$status}}', f'{{{T},"h":{{"s":200}}}}'),
        ('"t":"$time_iso8601","s":$status', f'{T},"s":200'),
    ],
)
def test_json_that_is_nested_or_made_by_hand_is_read_by_its_text(text: str, line: str) -> None:
    assert isinstance(compile_format(text), LineFormat)
    assert read(text, line) == [{"timestamp": NOON, "status": 200}]


@pytest.mark.parametrize("end", [",}", "}"])
def test_a_comma_behind_the_last_member_is_forgiven(end: str) -> None:
    text = '{"t":"$time_iso8601","s":$status,}'
    assert isinstance(compile_format(text), JsonFormat)
    assert read(text, f'{{{T},"s":200{end}') == [{"timestamp": NOON, "status": 200}]


def test_a_json_line_that_is_cut_is_no_record() -> None:
    table = pl.DataFrame({engine.TEXT: [f'{{{T},"s":200,"ur']}).with_row_index(engine.ROW)
    parsed = engine.parse(table, (compile_format(BARE, escape="json"),), FIELDS)
    assert (parsed.records.height, parsed.rejects.height) == (0, 1)


# --- the split and the exact pattern of compiled texts --------------------------------------------------------------

TEXTS = [
    nginx.MAIN_TEXT + " $request_time $request_length $upstream_cache_status",
    UPSTREAM,
    (
        'time="$time_local" client=$remote_addr uri="$request_uri" status=$status agent="$http_user_agent"'
        " p=$server_protocol"
    ),
    "$time_iso8601\t$remote_addr\t$host\t$request_uri\t$status\t$request_time\t$http_user_agent",
]
VALUES = ["-", "", "a", "a b", "0.5", "200", "/a?b", '"', "\t", "192.0.2.1", "a, b", " : ", "\\x22", "é"]
USUAL = {
    "time_local": "20/Nov/2020:12:00:00 +0000",
    "time_iso8601": "2020-11-20T12:00:00+00:00",
    "status": "200",
    "body_bytes_sent": "5",
    "request_length": "70",
    "request_time": "0.010",
    "request": "GET /a HTTP/1.1",
    "upstream_status": "200",
    "upstream_response_time": "0.010",
}


@pytest.mark.parametrize("escape", ["default", "json", "none"])
@pytest.mark.parametrize("text", TEXTS)
@given(
    odd=st.lists(
        st.dictionaries(st.integers(0, 9), st.sampled_from(VALUES), max_size=2), min_size=8, max_size=20
    )
)
@settings(max_examples=15)
def test_the_split_reads_what_the_exact_pattern_reads(
    text: str, escape: Escape, odd: list[dict[int, str]]
) -> None:
    form = compile_format(text, escape=escape)
    assert isinstance(form, LineFormat)
    compiled = engine._compiled(form)  # noqa: SLF001
    table = pl.DataFrame({engine.TEXT: [line_of(text, values) for values in [{}, *odd]]}).with_row_index(
        engine.ROW
    )
    both = engine.parse(table, (form,), FIELDS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_compiled", lambda _: replace(compiled, split=None))
        exact = engine.parse(table, (form,), FIELDS)
    assert both.records[engine.ROW][0] == 0  # the usual line
    assert both.records.equals(exact.records)
    assert both.rejects.equals(exact.rejects)


def line_of(text: str, values: dict[int, str]) -> str:
    """Return a line of a format, with odd values for some of its variables by their number."""
    out = []
    for number, part in enumerate(text.split("$")):
        if number:
            name = part[: next((i for i, c in enumerate(part) if not (c.isalnum() or c == "_")), len(part))]
            out.append(values.get(number, USUAL.get(name, "a")) + part[len(name) :])
        else:
            out.append(part)
    return "".join(out)
