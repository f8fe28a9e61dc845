"""From lines to the format text that would have written them; only what reads them is offered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import engine
from parsers.configured import own_formats
from parsers.suggest import LONGEST, suggest

TIMES = [f"10/Mar/2026:13:55:{second:02d} +0900" for second in range(40)]
AGENTS = ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101", "curl/8.14.1", "-")


def lines(template: str) -> list[str]:
    """Return forty lines of a template that names what changes."""
    made = []
    for number, time in enumerate(TIMES):
        values = {
            "addr": f"192.0.2.{number}",
            "time": time,
            "iso": f"2026-03-10T13:55:{number:02d}+09:00",
            "msec": f"1773118{500 + number}.{number:03d}",
            "user": "ann" if number % 5 == 0 else "-",
            "method": "POST" if number % 3 else "GET",
            "uri": f"/p/{number}?q={number}",
            "status": 502 if number % 7 == 0 else 200,
            "bytes": number * 37,
            "ref": "https://www.example.com/" if number % 2 else "-",
            "agent": AGENTS[number % 3],
            "rt": f"0.{number:03d}",
            "urt": f"0.{number // 2:03d}" if number % 4 else "-",
            "host": "shop.example.com" if number % 2 else "www.example.org",
            "upstream": f"192.0.2.200:80{number % 10}0",
            "id": f"{number:032x}",
        }
        made.append(template.format(**values))
    return made


REQUEST = "{method} {uri} HTTP/1.1"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        (
            f'{{addr}} - {{user}} [{{time}}] "{REQUEST}" {{status}} {{bytes}} "{{ref}}" "{{agent}}" {{rt}} {{urt}}',
            (
                '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer"'
                ' "$http_user_agent" $request_time $upstream_response_time'
            ),
        ),
        (
            f'{{host}} {{addr}} [{{time}}] "{REQUEST}" {{status}} rt={{rt}} urt="{{urt}}" us={{status}}',
            (
                '$host $remote_addr [$time_local] "$request" $status rt=$request_time'
                ' urt="$upstream_response_time" us=$upstream_status'
            ),
        ),
        (
            "{iso}|{addr}|{method}|{uri}|{status}|{bytes}|{rt}s|{agent}",
            (
                "$time_iso8601|$remote_addr|$request_method|$request_uri|$status|$body_bytes_sent|${request_time}s"
                "|$http_user_agent"
            ),
        ),
        (
            "time:{iso}\thost:{host}\tmethod:{method}\turi:{uri}\tstatus:{status}\treqtime:{rt}\tapp:v{status}",
            (
                r'log_format own "time:$time_iso8601\thost:$host\tmethod:$request_method\turi:$request_uri'
                r'\tstatus:$status\treqtime:$request_time\tapp:$field_1";'
            ),
        ),
        (
            f'{{msec}} {{addr}} {{upstream}} [{{id}}] "{REQUEST}" {{status}} {{rt}}ms',
            '$msec $remote_addr $upstream_addr [$request_id] "$request" $status ${field_1}ms',
        ),
        (
            "[{time}] - {status} {method} https {host} [Client {addr}] [Gzip {rt}] {agent}",
            (
                "[$time_local] $field_1 $status $request_method $scheme $host [Client $remote_addr] [Gzip $field_2]"
                " $http_user_agent"
            ),
        ),
        (
            '{{"ts":"{iso}","ip":"{addr}","status":{status},"path":"{uri}","rt":{rt},"n":"{bytes}"}}',
            (
                'escape=json {"ts":"$time_iso8601","ip":"$remote_addr","status":$status,"path":"$request_uri"'
                ',"rt":$request_time,"n":"$field_1"}'
            ),
        ),
    ],
    ids=["durations", "names", "bars", "labels", "milliseconds", "brackets", "json"],
)
def test_a_format_is_derived_from_its_lines(template: str, text: str) -> None:
    sample = lines(template)
    found = suggest(sample)
    assert found is not None
    assert (found.text, found.reads, found.lines, found.problem, found.unread) == (text, 40, 40, None, None)
    assert found.good


def test_the_text_reads_as_it_would_when_it_is_given() -> None:
    sample = lines('{addr} [{time}] "{method} {uri} HTTP/2.0" {status} {bytes} rt={rt}')
    found = suggest(sample)
    assert found is not None
    told = own_formats(None, found.text, None)
    assert told is not None
    frame = engine.read_lines("\n".join(sample).encode())
    records = engine.parse(frame, told.formats, ("client", "path", "status", "duration_s")).records
    assert records.drop("format").row(8) == (8, "192.0.2.8", "/p/8", 200, 0.008)


def test_the_longer_duration_is_the_requests() -> None:
    sample = lines("{addr} [{time}] {uri} {status} 0.001 0.1{bytes:02d}".replace("{bytes:02d}", "00"))
    found = suggest(sample)
    assert found is not None
    assert found.text.endswith("$status $upstream_response_time $request_time")


def test_a_text_that_reads_too_few_lines_is_not_good() -> None:
    sample = lines('{addr} [{time}] "{method} {uri}" {status}') + ["other 1 2 3"] * 5
    found = suggest(sample)
    assert found is not None
    assert (found.reads, found.lines, found.good, found.unread) == (40, 45, False, "other 1 2 3")


@pytest.mark.parametrize(
    "sample", [[], [""], ["no time here 200"] * 9, ["x" * LONGEST] * 3, ["{"] * 5, ['{"a": 1}'] * 3]
)
def test_without_a_time_there_is_nothing_to_suggest(sample: list[str]) -> None:
    assert suggest(sample) is None


def test_what_a_client_wrote_is_never_part_of_the_text() -> None:
    sample = [f'192.0.2.1 [{time}] "GET /?token=hunter2 HTTP/1.1" 200 "secret words" $x' for time in TIMES]
    found = suggest(sample)
    assert found is not None
    assert found.text == '$remote_addr [$time_local] "$request" $status "$field_1" $field_2'


@given(
    st.lists(
        st.text(alphabet='0123456789./:[]"{}|;,=-$ aé\\\t', max_size=40) | st.text(max_size=40),
        min_size=1,
        max_size=6,
    )
)
def test_any_lines_give_a_text_or_none(tails: list[str]) -> None:
    for sample in (tails, [f"192.0.2.1 [{TIMES[0]}] {tail}" for tail in tails]):
        found = suggest(sample)
        if found is not None:
            assert 0 <= found.reads <= found.lines
            assert found.text.isascii()
            assert "\n" not in found.text
