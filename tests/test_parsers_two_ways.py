"""The cheap split and the exact pattern agree on every line, and Polars' JSON with the standard library's."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parsers import FORMATS, SCHEMA, cloudflare, engine
from parsers.spec import LineFormat

SPLIT = [form for form in FORMATS if isinstance(form, LineFormat) and engine._compiled(form).split]  # noqa: SLF001
FIELDS = [name for name in SCHEMA if name not in {"source", "line", "vendor", "server", "format"}]

# What a field may hold that one way could read otherwise than the other.
NUMBERS = [
    "0",
    "5",
    "-",
    "+5",
    "-5",
    "1_0",
    "1e3",
    "0x1F",
    "007",
    "5.0",
    " 5",
    "5 ",
    "",
    "\u0665",  # five, in Arabic
    "²",
    "inf",
    "9" * 19,
    "9" * 30,
]
STATUSES = [
    "200",
    "000",
    "009",
    "499",
    "999",
    "-",
    "20",
    "0200",
    "2000",
    "+20",
    "2_0",
    "1e2",
    "٢٠٠",
    " 20",
    "",
]
TIMES = [
    "10/Mar/2026:13:55:36 +0900",
    "10/mar/2026:13:55:36 +0900",
    "10/MAR/2026:13:55:36 +0900",
    " 1/Mar/2026:13:55:36 +0000",
    "1/Mar/2026:13:55:36 +00:00",
    "9/March/2026:3:55:36 +0900",
    "31/Feb/2026:13:55:36 +0000",
    "10/Mar/2026:24:00:00 +0000",
    "10/Mar/2026:23:59:60 +0000",
    "10/Mar/2026: 3:55:36 +0000",
    "10/Mar/+202:13:55:36 +0000",
    "10/Mar/ 026:13:55:36 +0000",
    "10/Mar/-026:13:55:36 +0000",
    "10/Mar/2026:13:55:36 +9999",
    "10/Mar/2026:13:55:36\t+0000",
    "10/Mar/2026:13:55:36 -0000",
    "٣٠/Mar/2026:13:55:36 +0000",
    "",
    "-",
]
REQUESTS = [
    "GET / HTTP/1.1",
    "GET /a?b=c?d HTTP/2.0",
    "GET /? HTTP/1.1",
    "GET  / HTTP/1.1",
    "GET  HTTP/1.1",
    "GET HTTP/1.1",
    "GET / HTTP/1.1 ",
    "GET /a b HTTP/1.1",
    "GET /a",
    "GET",
    "GET ",
    "-",
    "",
    " ",
    "get / HTTP/1.1",
    "QUERY / HTTP/1.1",
    "PRI * HTTP/2.0",
    "OPTIONS * HTTP/1.0",
    "CONNECT a.example:443 HTTP/1.1",
    "GET http://a.example/b?c HTTP/1.1",
    "GET http://a.example HTTP/1.1",
    "GET /\t HTTP/1.1",
    "GET / HTTP/1.1\\",
    "GET /\\ HTTP/1.1",
    "GET /\\\\ HTTP/1.1",
    'GET /\\" HTTP/1.1',
    'GET /" HTTP/1.1',
    "GET /é\u2028 HTTP/1.1",
    "GET / HTTP/3",
    "GET / HTTP/9.9",
    "GET / HTTPS/1.1",
    "GET //a:80 HTTP/1.1",
    r"\x16\x03\x01",
]
WORDS = [
    "-",
    "",
    "a",
    "--",
    "-a",
    '""',
    "\\",
    "a\\",
    "\\\\",
    '\\"',
    '"',
    "a b",
    "[x]",
    "[",
    "é",
    "\t",
    "::1",
    "a:80",
    "\u00a0",
]
VALUES = {
    "timestamp": st.sampled_from(TIMES),
    "status": st.sampled_from(STATUSES),
    "bytes_sent": st.sampled_from(NUMBERS),
    "request": st.sampled_from(REQUESTS),
}


USUAL = {
    "timestamp": TIMES[0],
    "status": "200",
    "bytes_sent": "5",
    "request": REQUESTS[1],
    "host_port": "a.example:80",
    "ident": "joe",
    "host": "a.example",
    "duration_s": "3",
    "bytes_received": "70",
    "raw_body_bytes": "-",
    "raw_durations": "0/412",
    "raw_protocol": "TLSv1.3",
    "raw_cipher": "TLS_AES_128_GCM_SHA256",
    "var_request_time": "0.123",
    "var_request": REQUESTS[1],
    "var_upstream_addr": "192.0.2.80:80",
    "var_upstream_status": "200",
    "var_upstream_response_time": "0.120",
    "var_upstream_response_length": "12",
    "var_proxy_upstream_name": "[shop-cart-80]",
    "var_proxy_alternative_upstream_name": "[]",
    "var_gzip_ratio": "3.10",
    "var_bytes_sent": "90",
}


@st.composite
def lines(draw: st.DrawFn, form: LineFormat) -> str:
    """Return a line of a format with a few odd fields, or one cut, doubled or changed in one place."""
    names = engine._compiled(form).names  # noqa: SLF001
    odd = draw(st.sets(st.sampled_from(names), max_size=2))
    words = st.one_of(st.sampled_from(WORDS), st.text(max_size=4))
    line = filled(form, USUAL | {name: draw(VALUES.get(name, words)) for name in sorted(odd)})
    if not odd:
        place = draw(st.integers(0, len(line)))
        line = line[:place] + draw(st.sampled_from([*WORDS, " ", "  ", "]", "] "])) + line[place:]
    return line.replace("\n", " ")


def filled(form: LineFormat, values: dict[str, str]) -> str:
    """Return a line with these fields, `a` for the others."""
    assert form.template is not None
    line = form.template
    for name in engine._compiled(form).names:  # noqa: SLF001
        line = line.replace("{" + name + "}", values.get(name, "a"), 1)
    return line


def frame(texts: list[str]) -> pl.DataFrame:
    return pl.DataFrame({engine.TEXT: texts}, schema={engine.TEXT: pl.String}).with_row_index(engine.ROW)


@pytest.mark.parametrize("form", SPLIT, ids=lambda form: form.name)
@given(data=st.data())
@settings(max_examples=60)
def test_what_the_split_takes_the_exact_pattern_reads_alike(form: LineFormat, data: st.DataObject) -> None:
    compiled = engine._compiled(form)  # noqa: SLF001
    assert compiled.split is not None
    table = frame(data.draw(st.lists(lines(form), min_size=15, max_size=40)))
    split = engine._run_split(table, form, compiled.split, FIELDS)  # noqa: SLF001
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_compiled", lambda _: replace(compiled, split=None))
        exact = engine.parse(table, (form,), FIELDS)
    taken = split.filter("_ok").drop("_ok")
    same = exact.records.join(taken.select(engine.ROW), on=engine.ROW, how="semi")
    # The exact pattern takes every line that the split takes, and gives the same values.
    assert taken.select(FIELDS).equals(same.select(FIELDS)), table.join(taken, on=engine.ROW, how="semi")[
        "line"
    ].to_list()
    # Both together are the exact pattern alone.
    both = engine.parse(table, (form,), FIELDS)
    assert both.records.equals(exact.records)
    assert both.rejects.equals(exact.rejects)


@pytest.mark.parametrize("form", [form for form in SPLIT if form.time == "clf"], ids=lambda form: form.name)
def test_the_split_takes_usual_lines_and_no_odd_time(form: LineFormat) -> None:
    table = frame([filled(form, USUAL | {"timestamp": time}) for time in TIMES])
    compiled = engine._compiled(form)  # noqa: SLF001
    assert compiled.split is not None
    taken = engine._run_split(table, form, compiled.split, FIELDS)["_ok"]  # noqa: SLF001
    real = {TIMES[0], "10/Mar/2026:23:59:60 +0000", "10/Mar/2026:13:55:36 -0000"}
    assert [time for time, ok in zip(TIMES, taken, strict=True) if ok] == [
        time for time in TIMES if time in real
    ]


MEMBER = st.sampled_from(
    ["RayID", "ClientIP", "EdgeResponseStatus", "EdgeStartTimestamp", "ClientRequestURI", "Other"]
)
VALUE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=6),
    st.sampled_from(["},{", '"},{"', "{", "}", "\\", '"', "a\u2028b"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)
BASE = {"EdgeStartTimestamp": 1773100800, "EdgeResponseStatus": 200}
MADE = st.dictionaries(MEMBER, VALUE, max_size=4).map(lambda made: BASE | made)
A, B, C = (json.dumps({"RayID": name, "EdgeStartTimestamp": 1773100800}) for name in "abc")
OBJECTS = st.one_of(
    MADE.map(lambda made: json.dumps(made, ensure_ascii=False)),
    MADE.map(lambda made: json.dumps(made, indent=1).replace("\n", " ")),
    st.sampled_from(
        [
            f"{A},{B}",
            f"{A} , {B}",
            f"{A}{B}",
            A + " ",
            A[:-1],
            A[:-1] + ",}",
            A.replace('"a"', '"' + "a}" + '"'),
            A.replace('"a"', "NaN"),
            A.replace('"a"', "1e999"),
            A.replace('"a"', "01"),
            A.replace('"a"', '"' + "\\ud800" + '"'),
            A.replace('"a"', '"' + "x\ty" + '"'),
            A.replace('"a"', '"' + "},{" + '"'),
            '{"RayID":"a}',
            '{","EdgeStartTimestamp":1773100800}',
            '{"RayID":{' * 50 + "}",
            "{}",
            "{",
            "}",
            "[]",
            "null",
            "x",
        ]
    ),
)


@given(texts=st.lists(OBJECTS, max_size=70))
@example(['{"RayID":"a}', '{","EdgeStartTimestamp":1773100800}', f"{B},{C}"])  # as many values as lines
@settings(max_examples=100)
def test_a_bad_json_line_changes_nothing_for_the_others(texts: list[str]) -> None:
    """Each line gives together with others what it gives alone."""
    form = cloudflare.HTTP_REQUESTS
    together = engine.parse(frame(texts), (form,), FIELDS)
    alone = [engine.parse(frame([text]), (form,), FIELDS) for text in texts]
    assert together.records[engine.ROW].to_list() == [
        number for number, parsed in enumerate(alone) if parsed.records.height
    ]
    apart = [parsed.records for parsed in alone if parsed.records.height]
    if apart:
        assert together.records.drop(engine.ROW).equals(pl.concat(apart).drop(engine.ROW))
    reasons = [reason for parsed in alone for reason in parsed.rejects["reason"]]
    assert together.rejects["reason"].to_list() == reasons
    assert together.records.height + together.rejects.height + together.blank == len(texts)


@given(text=OBJECTS)
@settings(max_examples=300)
def test_a_record_of_json_is_one_object_for_the_standard_library_too(text: str) -> None:
    parsed = engine.parse(frame([text]), (cloudflare.HTTP_REQUESTS,), ("request_id", "client", "target"))
    if parsed.records.height:
        made = json.loads(text, parse_int=str, parse_float=float)
        assert isinstance(made, dict)
        row = parsed.records.to_dicts()[0]
        if isinstance(made.get("RayID"), str) and "\\ud800" not in text:
            assert row["request_id"] == (made["RayID"] or None)


@given(texts=st.lists(OBJECTS, max_size=40))
@settings(max_examples=60)
def test_which_columns_are_wanted_does_not_decide_what_is_a_record(texts: list[str]) -> None:
    few = engine.parse(frame(texts), (cloudflare.HTTP_REQUESTS,), ("timestamp", "status"))
    many = engine.parse(frame(texts), (cloudflare.HTTP_REQUESTS,), FIELDS)
    assert few.records.equals(many.records.select(few.records.columns))
    assert few.rejects.equals(many.rejects)
