r"""nginx's JSON, told and guessed, in all the ways in which it is none: values without quotes, `\x22`, raw bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parsers import engine, nginx, nginx_variables, scan
from parsers.nginx_format import compile_format

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TEXT = (
    '{"time":"$time_iso8601","remote_addr":"$remote_addr","request":"$request","status":$status,'
    '"body_bytes_sent":$body_bytes_sent,"request_time":$request_time,"urt":$upstream_response_time,'
    '"upstream_addr":$upstream_addr,"us":$upstream_status,"cache":$upstream_cache_status,"ua":"$http_user_agent"}'
)
COLUMNS = (
    "status",
    "bytes_sent",
    "duration_s",
    "upstream",
    "upstream_status",
    "upstream_duration_s",
    "upstream_tries",
    "cache",
    "user_agent",
    "path",
)
USUAL: Mapping[str, str] = {
    "status": "200",
    "size": "5",
    "time": "0.010",
    "urt": '"0.009"',
    "ua": '"192.0.2.8:80"',
    "us": '"200"',
    "cache": '"MISS"',
    "agent": "curl/8.14.1",
}
PROXIED = {
    "upstream": "192.0.2.8:80",
    "upstream_status": 200,
    "upstream_duration_s": 0.009,
    "upstream_tries": 1,
    "cache": "MISS",
}
NOT_PROXIED = dict.fromkeys(PROXIED)
RECORD = {"status": 200, "bytes_sent": 5, "duration_s": 0.01, "user_agent": "curl/8.14.1", "path": "/a"}


def line(**values: str) -> str:
    made = {**USUAL, **values}
    return (
        '{"time":"2026-03-10T13:55:36+09:00","remote_addr":"192.0.2.1","request":"GET /a?b HTTP/1.1",'
        f'"status":{made["status"]},"body_bytes_sent":{made["size"]},"request_time":{made["time"]},"urt":{made["urt"]},'
        f'"upstream_addr":{made["ua"]},"us":{made["us"]},"cache":{made["cache"]},"ua":"{made["agent"]}"}}'
    )


BROKEN: Mapping[str, tuple[Mapping[str, str], Mapping[str, object]]] = {
    "as it should be": ({}, PROXIED),
    "not set, escape=json": ({"urt": "", "ua": "", "us": "", "cache": ""}, NOT_PROXIED),
    "not set, escape=default": ({"urt": "-", "ua": "-", "us": "-", "cache": "-"}, NOT_PROXIED),
    "not set, in quotes": ({"urt": '""', "ua": '"-"', "us": '"-"', "cache": '""'}, NOT_PROXIED),
    "not set, as JSON has it": ({"urt": "null", "ua": "null", "us": "null", "cache": "null"}, NOT_PROXIED),
    "without quotes": ({"urt": "0.009", "ua": "192.0.2.8:80", "us": "200", "cache": "MISS"}, PROXIED),
    "without quotes, with blanks": (
        {"time": " 0.010 ", "urt": " 0.009 ", "ua": " 192.0.2.8:80", "us": "200 ", "cache": " MISS "},
        PROXIED,
    ),
    "a retry": (
        {"urt": "0.004, 0.005", "ua": "192.0.2.9:80, 192.0.2.8:80", "us": "502, 200", "cache": "MISS"},
        PROXIED | {"upstream_tries": 2},
    ),
    "a second phase": (
        {"urt": "0.004 : 0.005", "ua": "192.0.2.9:80 : 192.0.2.8:80", "us": "502 : 200", "cache": "MISS"},
        PROXIED | {"upstream_tries": 2},
    ),
    "a second phase that chose nobody": (
        {"urt": "0.009 : ", "ua": "192.0.2.8:80 : ", "us": "200 : ", "cache": "MISS"},
        PROXIED,
    ),
    "a retry without an answer": (
        {"urt": "0.009, -", "ua": "192.0.2.9:80, 192.0.2.8:80", "us": "502, -", "cache": "MISS"},
        PROXIED | {"upstream_status": None, "upstream_tries": 2},
    ),
    "an address of version 6": ({"ua": "[2001:db8::8]:80"}, PROXIED | {"upstream": "[2001:db8::8]:80"}),
    "a socket": ({"ua": "unix:/run/app.sock"}, PROXIED | {"upstream": "unix:/run/app.sock"}),
    "a group's name that starts as `null` does": ({"ua": "null1"}, PROXIED | {"upstream": "null1"}),
    "a group's name that starts as `true` does": ({"ua": "t"}, PROXIED | {"upstream": "t"}),
    "status 000": ({"status": "000"}, PROXIED | {"status": 0}),
    "status 009": ({"status": "009"}, PROXIED | {"status": 9}),
    "numbers in quotes": ({"status": '"200"', "size": '"5"', "time": '"0.010"'}, PROXIED),
    "hexadecimal escapes": (
        {"agent": r"\x22x\x22 \xC3\xA9 \x5C \xFF"},
        PROXIED | {"user_agent": '"x" é \\ \ufffd'},
    ),
    "escapes of JSON": ({"agent": r"\"x\" \\ \u001F \t"}, PROXIED | {"user_agent": '"x" \\ \x1f \t'}),
    "what looks like members": (
        {"agent": r"a\":-, \"b\":000,}, {c"},
        PROXIED | {"user_agent": 'a":-, "b":000,}, {c'},
    ),
    "nothing where an agent stood": ({"agent": ""}, PROXIED | {"user_agent": None}),
}


def records(lines: str, folder: Path, told: str | None) -> list[dict[str, object]]:
    path = folder / "nginx" / "access.json"
    path.parent.mkdir()
    path.write_text(lines + "\n", encoding="utf-8")
    (made,) = scan([str(path)], log_format=told).batches(
        COLUMNS, lambda batch: (batch.records, batch.rejects)
    )
    assert made[1].rows() == []
    return made[0].to_dicts()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (name, told)
        for told in (None, "escape=json " + TEXT, TEXT)
        for name, (values, _) in BROKEN.items()
        if told is None or "null" not in values.values()  # nginx writes none: a member that is told is there
    ],
)
def test_a_record_is_read_however_it_breaks(tmp_path: Path, name: str, told: str | None) -> None:
    values, expect = BROKEN[name]
    made = RECORD | dict(expect)
    if told == TEXT:  # by default what is not set is `-`, and nothing is an empty text
        made |= {
            column: ""
            for column, key in (("user_agent", "agent"), ("cache", "cache"))
            if values.get(key) in {"", '""'}
        }
    assert records(line(**values), tmp_path, told) == [made]


@pytest.mark.parametrize("told", [None, "escape=json " + TEXT], ids=["guessed", "told"])
def test_sound_and_broken_lines_stand_side_by_side(tmp_path: Path, told: str | None) -> None:
    chosen = [case for case in BROKEN.values() if "null" not in case[0].values()] * 9
    lines = "\n".join(line(**values) for values, _ in chosen)
    assert records(lines, tmp_path, told) == [RECORD | dict(expect) for _, expect in chosen]


def test_bytes_that_are_no_text_are_replaced_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "access.json"
    path.write_bytes(line(agent="caf\xe9").encode("latin-1") + b"\n" + line().encode() + b"\n")
    ((agents, replaced),) = scan([str(path)]).batches(
        ["user_agent"], lambda batch: (batch.records["user_agent"].to_list(), batch.replaced)
    )
    assert (agents, replaced) == (["caf\ufffd", "curl/8.14.1"], 1)


def test_a_comma_behind_the_last_member_is_forgiven(tmp_path: Path) -> None:
    for number, told in enumerate((None, TEXT.replace("}", ",}"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert records(line().replace("}", ",}"), folder, told) == [RECORD | PROXIED]


def test_without_escaping_the_text_tells_the_values_apart(tmp_path: Path) -> None:
    """A quote that a client sent makes it no JSON."""
    values = {"urt": "", "ua": "", "us": "", "cache": "", "agent": 'a "b" \\ {c}'}
    made = RECORD | NOT_PROXIED | {"user_agent": 'a "b" \\ {c}'}
    assert records(line(**values), tmp_path, "escape=none " + TEXT) == [made]


@pytest.mark.parametrize(
    ("members", "expect"),
    [
        (  # the names of a configuration that many copy
            (
                '"@timestamp":"2026-03-10T13:55:36+09:00","host":"192.0.2.80","clientip":"192.0.2.1","size":5,'
                '"responsetime":0.010,"upstreamtime":"0.009","upstreamhost":"192.0.2.8:80","http_host":"shop.example.com",'
                '"url":"/a","domain":"shop.example.com","xff":"-","referer":"-","status":"200"'
            ),
            {
                "host": "shop.example.com",
                "duration_s": 0.01,
                "upstream": "192.0.2.8:80",
                "path": "/a",
                "bytes_sent": 5,
            },
        ),
        (  # a time that is none: how long it took
            '"time":0.010,"time_local":"10/Mar/2026:13:55:36 +0900","ip":"192.0.2.1","uri":"/a","status":200',
            {"host": None, "path": "/a", "duration_s": None},
        ),
        ('"msec":1773118536.123,"ip":"192.0.2.1","uri":"/a?b","status":200', {"path": "/a", "query": "b"}),
        ('"ts":1773118536123,"ip":"192.0.2.1","uri":"/a","status":200', {"path": "/a"}),
        (  # others than nginx count milliseconds under such a name
            '"time":"2026-03-10T13:55:36+09:00","ip":"192.0.2.1","uri":"/a","status":200,"duration":12',
            {"duration_s": None},
        ),
        (
            '"time":"2026-03-10T13:55:36+09:00","ip":"192.0.2.1","uri":"/a","status":200,"duration":0.012',
            {"duration_s": 0.012},
        ),
        (
            '"time":"2026-03-10T13:55:36+09:00","http_host":"shop.example.com:80","method":"a b","uri":"/a","status":1',
            {"host": "shop.example.com", "method": None, "path": "/a"},
        ),
    ],
)
def test_names_that_people_give(tmp_path: Path, members: str, expect: dict[str, object]) -> None:
    path = tmp_path / "access.json"
    path.write_text("{" + members + "}\n", encoding="utf-8")
    (made,) = scan([str(path)]).batches(["timestamp", *expect], lambda batch: batch.records.to_dicts())
    moment = made[0].pop("timestamp")
    assert str(moment)[:19] == "2026-03-10 04:55:36"
    assert made == [expect]


BARE = "000 1.5 1e5 1. .5 01 1.2.3 12e a null nulls tru t [1] [::1]:80 {} 1, , - -3 1,2 1:2 1:"
VALUES = st.sampled_from(
    [*BARE.split(), "", " 7 ", "1, 2", "1 : ", '"a,}"', '"x"', '"\\x22"', '"\\u00e9"', '"\\\\x22"', '"\t"']
)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(["us", "urt", "cache", "ua"]), VALUES), min_size=1, max_size=4))
@example([("us", "1.2.3")])
def test_a_line_that_needs_no_repair_is_json(members: list[tuple[str, str]]) -> None:
    """And whatever the repairs make of others, they leave what is JSON as it was."""
    text = "{" + ",".join(f'"{name}":{value}' for name, value in members) + "}"
    sound = pl.Series([text]).str.contains(nginx_variables.SOUND).item()
    try:
        made = json.loads(text)
    except ValueError:
        assert not sound
        return
    assert sound or any(isinstance(value, (dict, list)) for value in made.values()) or "1e5" in text


@settings(max_examples=25)
@given(st.lists(st.sampled_from([line(**values) for values, _ in BROKEN.values()]), max_size=6), st.data())
def test_what_stands_beside_a_line_changes_nothing(lines: list[str], data: st.DataObject) -> None:
    junk = data.draw(st.sampled_from(["{", "}", "junk", '{"a":1}', "{},{}", ""]))
    form = compile_format("escape=json " + TEXT)
    for each in (nginx.JSON, form):
        alone = [engine.parse(_frame([text]), (each,), COLUMNS).records.drop("row").rows() for text in lines]
        whole = engine.parse(_frame([junk, *lines]), (each,), COLUMNS).records.drop("row").rows()
        assert whole == [row for rows in alone for row in rows]


def _frame(lines: list[str]) -> pl.DataFrame:
    return pl.DataFrame({engine.TEXT: lines}, schema={engine.TEXT: pl.String}).with_row_index(engine.ROW)
