r"""Any `LogFormat` text: what its lines give, which texts are well-known, and what is refused with the place."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import SCHEMA, FormatError, engine
from parsers.apache import COMBINED, COMBINED_DURATIONS, COMBINED_IO, COMMON, SSL_REQUEST, VHOST_COMBINED
from parsers.apache_format import Directive, compile_format, pieces_of
from parsers.apache_time import time_text

if TYPE_CHECKING:
    from parsers.spec import LineFormat

FIELDS = [name for name in SCHEMA if name not in {"source", "line", "vendor", "server", "format"}]
T = "[20/Nov/2020:12:00:00 +0100]"
NOON = datetime(2020, 11, 20, 11, 0, 0, tzinfo=UTC)
AGENT = r"\"%{Referer}i\" \"%{User-Agent}i\""


def frame(*lines: str) -> pl.DataFrame:
    return pl.DataFrame({engine.TEXT: lines}, schema={engine.TEXT: pl.String}).with_row_index(engine.ROW)


def parsed(text: str, *lines: str) -> engine.Parsed:
    return engine.parse(frame(*lines), (compile_format(text),), FIELDS)


@dataclass(frozen=True)
class Case:
    """A format text, one line of it, and what must come out; a reject where nothing must."""

    text: str
    line: str
    expect: dict[str, object] | None


CASES = {
    "combined with microseconds": Case(
        '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %D',
        f'192.0.2.1 - grace hopper {T} "GET /a?b HTTP/1.1" 200 - "-" "" 2503117',
        {
            "client": "192.0.2.1",
            "user": "grace hopper",
            "timestamp": NOON,
            "method": "GET",
            "target": "/a?b",
            "path": "/a",
            "query": "b",
            "protocol": "HTTP/1.1",
            "status": 200,
            "bytes_sent": None,
            "referrer": None,
            "user_agent": "",
            "duration_s": 2.503117,
            "host": None,
            "role": "request",
            "weight": 1.0,
        },
    ),
    "a name from identd": Case(
        '%h %l %u %t "%r" %>s %b %P',
        f'192.0.2.1 joe "" {T} "-" 408 - 81',
        {"user": "", "method": None, "target": None, "status": 408},
    ),
    "as it stands in the configuration": Case(
        r"\"%t\" %a \"%r\" %>s",
        f'"{T}" 192.0.2.1 "GET / HTTP/1.1" 200',
        {"timestamp": NOON, "client": "192.0.2.1"},
    ),
    "with the configuration's quotes": Case(
        r'"%t %a \"%r\" %>s %k"', f'{T} 192.0.2.1 "GET / HTTP/1.1" 200 0', {"status": 200}
    ),
    "a directive is one letter": Case(
        "%t %Dus %Tsec %%%>s%%", f"{T} 1500us 0sec %404%", {"duration_s": 0.0015, "status": 404}
    ),
    "milliseconds": Case("%t %{ms}T", f"{T} 250", {"duration_s": 0.25}),
    "microseconds": Case("%t %{us}T %{ms}T %T", f"{T} 250999 250 0", {"duration_s": 0.250999}),
    "seconds": Case("%t %{s}T", f"{T} 3", {"duration_s": 3.0}),
    "a unit that Apache does not know is text": Case("%t %{min}T %>s", f"{T} min 200", {"status": 200}),
    "sizes": Case(
        "%t %b %B %I %O %S", f"{T} - 0 70 310 380", {"bytes_sent": 310, "bytes_received": 70, "status": None}
    ),
    "the last status": Case("%t %s %<s %>s", f"{T} 404 404 200", {"status": 200}),
    "the first status alone": Case("%t %<s", f"{T} 404", {"status": 404}),
    "no status": Case('%t %h "%r" %>s', f'{T} 192.0.2.1 "GET / HTTP/1.1" -', {"status": None, "path": "/"}),
    "for some statuses": Case(
        '%t %>s "%!200,304,302{Referer}i" "%400,501>{user-agent}i"',
        f'{T} 404 "https://www.example.com/" "-"',
        {"referrer": "https://www.example.com/", "user_agent": None},
    ),
    "modifiers in any order": Case("%t %{Referer}>!304i", f"{T} a b", {"referrer": "a b"}),
    "hosts": Case("%{Host}i %V %v %t", f"a:8080 b c {T}", {"host": "c"}),
    "what the client called the host": Case("%{Host}i %t", f"a.example:8080 {T}", {"host": "a.example:8080"}),
    "virtual host with port": Case(
        "%v:%p %a %t %>s",
        f"a.example:443 2001:db8::1 {T} 200",
        {"host": "a.example", "client": "2001:db8::1"},
    ),
    "the client before the peer": Case(
        "%{c}a %a %h %t", f"192.0.2.9 192.0.2.1 host {T}", {"client": "192.0.2.1"}
    ),
    "the peer where nothing else is": Case("%{c}a %t", f"192.0.2.9 {T}", {"client": "192.0.2.9"}),
    "the first public address of a list": Case(
        "%{X-Forwarded-For}i %t %>s",
        f"10.1.2.3, 203.0.113.9, 198.51.100.4 {T} 200",
        {"client": "203.0.113.9"},
    ),
    "a list of private addresses": Case(
        "%{X-Forwarded-For}i %t", f"10.1.2.3, ::1 {T}", {"client": "10.1.2.3"}
    ),
    "no list": Case("%{X-Forwarded-For}i %t", f"- {T}", {"client": None}),
    "the request in parts": Case(
        '%t "%m %U%q %H" %>s',
        f'{T} "GET /a b?c=d HTTP/1.1" 200',
        {"method": "GET", "target": "/a b?c=d", "path": "/a b", "query": "c=d", "protocol": "HTTP/1.1"},
    ),
    "the query on its own": Case(
        "%t %m %U %q|%H", f"{T} GET /a ?b|HTTP/2.0", {"target": "/a?b", "query": "b", "protocol": "HTTP/2.0"}
    ),
    "no query": Case("%t %m %U %q|", f"{T} GET /a |", {"target": "/a", "path": "/a", "query": None}),
    "no method": Case("%t [%m] %U", rf"{T} [\x16\x03] -", {"method": None, "target": None, "path": None}),
    "the request line before its parts": Case(
        '%t "%r" %m %U%q %H', f'{T} "GET /%41 HTTP/1.1" GET /A HTTP/1.1', {"target": "/%41", "method": "GET"}
    ),
    "an absolute target names its host": Case(
        '%t "%r"', f'{T} "GET http://a.example/b HTTP/1.1"', {"host": "a.example", "path": "/b"}
    ),
    "tabs": Case(
        r"%t\t%a\t%u\t%r\t%{User-Agent}i\n",
        rf"{T}{chr(9)}192.0.2.1{chr(9)}a b{chr(9)}GET /\t HTTP/1.1{chr(9)}c \"d\"",
        {"user": "a b", "target": r"/\t", "user_agent": r"c \"d\""},
    ),
    "escapes stay": Case(
        '%t "%{User-Agent}i"', rf'{T} "\"\\\xc3\xa9 \x1b[0m"', {"user_agent": r"\"\\\xc3\xa9 \x1b[0m"}
    ),
    "what names a request": Case(
        "%t %{UNIQUE_ID}e %{X-Request-Id}i", f"{T} X7f@wKgB 5b1", {"request_id": "X7f@wKgB"}
    ),
    "its own call": Case(
        '%h %t "%{User-Agent}i" %>s', f'::1 {T} "Apache (internal dummy connection)" 200', {"role": "probe"}
    ),
    "a visitor under its name": Case(
        '%h %t "%{User-Agent}i" %>s',
        f'192.0.2.1 {T} "x (internal dummy connection)" 200',
        {"role": "request"},
    ),
    "first byte, cookie, note, environment, TLS": Case(
        '%t %^FB "%{id}C" %{forensic-id}n %{REMOTE_USER}e %{SSL_PROTOCOL}x %{version}c %R %L %f %{X}^ti %{X}^to',
        f'{T} - "a\\"b" x ada TLSv1.3 - proxy:http - /srv/www/a - -',
        {"user": "ada"},
    ),
    "not a line of it": Case("%t %>s", f"{T} 2000", None),
    "a date that is none": Case("%t %>s", "[31/Feb/2020:12:00:00 +0100] 200", None),
    "a size beyond all numbers": Case("%t %B", f"{T} {9**30}", None),
    "JSON": Case(
        '{"t":"%t","user":"%u","r":"%r","s":%>s,"ua":"%{User-Agent}i","nested":{"ref":"%{Referer}i"},"x":"%{X}i"}',
        f'{{"t":"{T}","user":"","r":"GET /\\"a\\" HTTP/1.1","s":-,"ua":"\\xc3\\xa9\\v\\\\x41\\xff",'
        '"nested":{"ref":"-"},"x":"\\x1b"}',
        {
            "user": "",
            "status": None,
            "target": '/"a"',
            "path": '/"a"',
            "user_agent": "é\v\\x41\ufffd",
            "referrer": None,
        },
    ),
    "JSON without a user's name": Case('{"u":"%u","t":"%t"}', f'{{"u":"""","t":"{T}"}}', {"user": ""}),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_line_gives_its_columns(case: Case) -> None:
    made = parsed(case.text, case.line)
    if case.expect is None:
        assert made.rejects["text"].to_list() == [case.line]
        return
    assert made.rejects.rows() == []
    (row,) = made.records.to_dicts()
    assert {name: row[name] for name in case.expect} == case.expect


TIMES = {
    "%t": (T, NOON),
    "%{begin}t": (T, NOON),
    "%{end}t": (T, NOON),
    "%{sec}t": ("1605870000", NOON),
    "%{end:sec}t": ("1605870000", NOON),
    "%{msec}t": ("1605870000123", NOON.replace(microsecond=123_000)),
    "%{usec}t": ("1605870000123456", NOON.replace(microsecond=123_456)),
    "%{sec}t.%{usec_frac}t": ("1605870000.003456", NOON.replace(microsecond=3_456)),
    "%{%s}t": ("1605870000", NOON),
    "%{%Y-%m-%dT%H:%M:%S%z}t": ("2020-11-20T12:00:00+0100", NOON),
    "%{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t%{%z}t": (
        "2020-11-20T12:00:00.050+0100",
        NOON.replace(microsecond=50_000),
    ),
    "%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t": (
        "20/Nov/2020 12:00:00.123 +0100",
        NOON.replace(microsecond=123_000),
    ),
    "%{begin:%F}t %{begin:%T}t,%{begin:usec_frac}t": (
        "2020-11-20 11:00:00,000007",
        NOON.replace(microsecond=7),
    ),
    "[%{%d/%b/%Y:%H:%M:%S %z}t]": (T, NOON),
    "%{%c %z}t": ("Fri Nov 20 12:00:00 2020 +0100", NOON),
    "%{%D %r %z}t": ("11/20/20 12:00:00 PM +0100", NOON),
    "%{%e. %B %Y, %k:%M 100%% %Z}t": ("20. November 2020, 11:00 100% UTC", NOON),
    "%{%Y-%j %R}t": ("2020-325 11:00", NOON),
    "%{%A, %Y%m%d%H%M%S}t%{msec_frac}t": ("Friday, 20201120110000008", NOON.replace(microsecond=8_000)),
    '"%{%F}t" "%{%T %z}t"': ('"2020-11-20" "12:00:00 +0100"', NOON),
    "%t %{usec_frac}t": (f"{T} 000123", NOON.replace(microsecond=123)),
    "%{usec_frac}t %p %t": (f"000123 80 {T}", NOON.replace(microsecond=123)),
    "%{end:usec}t %t": (f"1605870009000000 {T}", NOON),  # the start, though less exact
    "%t %{msec}t": (f"{T} 1605870000123", NOON.replace(microsecond=123_000)),
}
"""Time as a text has it → as a line has it, and the moment."""


@pytest.mark.parametrize(("text", "time"), TIMES.items(), ids=TIMES.keys())
def test_every_way_to_write_the_time(text: str, time: tuple[str, datetime]) -> None:
    written, moment = time
    made = parsed(f"%a {text} %>s", f"192.0.2.1 {written} 200")
    assert made.records.select("client", "timestamp", "status").rows() == [("192.0.2.1", moment, 200)]
    other = written.replace("20", "2x", 1).replace("16", "1x")
    assert parsed(f"%a {text} %>s", f"192.0.2.1 {other} 200").records.height == 0


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ('%h %l %u %t "%r" %>s %b', COMMON),
        ('%a %l %u %t "%r" %s %O', COMMON),
        (r"%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-agent}i\"", COMBINED),
        (f'%v:%p %h %l %u %t \\"%r\\" %>s %O {AGENT}', VHOST_COMBINED),
        (f'%h %l %u %t \\"%r\\" %>s %b {AGENT} %I %O', COMBINED_IO),
        (f'%h %l %u %t \\"%r\\" %>s %b {AGENT} %T/%D', COMBINED_DURATIONS),
        ('%t %h %{SSL_PROTOCOL}x %{SSL_CIPHER}x "%r" %b', SSL_REQUEST),
    ],
)
def test_a_well_known_text_is_the_format_of_that_name(text: str, form: LineFormat) -> None:
    assert compile_format(text, name="mine") is form


@pytest.mark.parametrize(
    ("text", "position", "problem"),
    [
        ('%h "%r" %>s', 11, "no time"),
        ("%{%H:%M}t %h", 12, "no time"),
        ("%t %{msec_frac}t %Y", 17, "no directive %Y"),
        ("%t %h %", 6, "no directive follows"),
        ("%t %{Referer", 3, "no directive follows"),
        ("%t %^", 3, "no directive follows"),
        ("%t %^XY", 3, "no directive %^XY"),
        ("%t %h%u", 5, "between %h and %u"),
        (r"%t %h\n%u", 5, "several lines"),
        ("%{%C}t", 0, "strftime's %C"),
        ("%{%F %T%}t", 0, "strftime's %"),
    ],
)
def test_what_cannot_be_compiled_is_said_with_its_place(text: str, position: int, problem: str) -> None:
    with pytest.raises(FormatError, match="format text, character") as caught:
        compile_format(text)
    assert (caught.value.text, caught.value.position) == (text, position)
    assert problem in caught.value.problem
    assert "\n" not in str(caught.value)


def test_pieces_say_what_a_directive_is() -> None:
    assert pieces_of("%!200,304>{Referer}i") == [
        Directive("i", "Referer", final=True, position=0, text="%!200,304>{Referer}i")
    ]
    assert pieces_of(r"%%t\\\q%<s") == [r"%t\\q", Directive("s", None, final=False, position=7, text="%<s")]


def test_a_prefix_is_no_part_of_a_time() -> None:
    assert time_text("begin:%F", "", 0) == time_text("%F", "", 0)
    assert time_text("end:%F", "", 0) == replace(time_text("%F", "", 0), end=True)
    assert time_text("ending %F", "", 0).strptime == "ending %Y-%m-%d"


# --- properties ----------------------------------------------------------------------------------------------------

DIRECTIVES = [
    "%a",
    "%u",
    "%>s",
    "%b",
    "%O",
    "%D",
    "%{ms}T",
    "%v",
    "%m",
    "%U%q",
    "%H",
    "%r",
    "%X",
    "%{Referer}i",
    "%{User-Agent}i",
    "%{X}o",
    "%l",
    "%{UNIQUE_ID}e",
]
VALUES = {
    "%>s": ["200", "-", "404"],
    "%b": ["-", "0", "512"],
    "%O": ["0", "512"],
    "%D": ["11", "2503117"],
    "%{ms}T": ["0", "17"],
    "%X": ["X", "+", "-"],
    "%a": ["192.0.2.1", "2001:db8::1"],
    "%u": ["-", "ada", "a b", '""', r"\"x"],
    "%m": ["GET", "-", "PROPFIND"],
    "%U%q": ["/", "/a?b", "-", r"/\"a"],
    "%H": ["HTTP/1.1", "HTTP/2.0"],
    "%r": ["GET / HTTP/1.1", "-", r"\x16\x03", "GET /a b", r"GET /\"\\ HTTP/1.1"],
}
OTHER = ["-", "a", r"\"", r"\\", "x y", r"\xc3\xa9", ""]
ODD = st.sampled_from([" ", '"', "\\", "-", "\t", "[", "9"])


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Return a format text whose values stand between quotes where they may hold blanks, and its directives."""
    names = draw(st.lists(st.sampled_from(DIRECTIVES), min_size=1, max_size=7, unique=True))
    free = {"%r", "%U%q", "%{Referer}i", "%{User-Agent}i", "%{X}o"}
    return " ".join(["%t", *(f'"{name}"' if name in free else name for name in names)]), names


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_split_of_a_compiled_format_agrees_with_its_exact_pattern(data: st.DataObject) -> None:
    text, names = data.draw(texts())
    lines = []
    for _ in range(12):
        line = text.replace("%t", T)
        for name in names:
            line = line.replace(name, data.draw(st.sampled_from(VALUES.get(name, OTHER))), 1)
        if data.draw(st.booleans()):
            place = data.draw(st.integers(0, len(line)))
            line = line[:place] + data.draw(ODD) + line[place:]
        lines.append(line)
    form = compile_format(text)
    alone = replace(form, template=None, pattern=engine.pattern_of(form))
    both, exact = (engine.parse(frame(*lines), (one,), FIELDS) for one in (form, alone))
    assert both.records.equals(exact.records), lines
    assert both.rejects.equals(exact.rejects), lines


@given(text=st.text(alphabet='%{}!<>,0123 abDhrstuUvX^FB"\\nt:/e', max_size=30))
@settings(max_examples=300, deadline=None)
def test_any_text_is_compiled_or_refused(text: str) -> None:
    try:
        form = compile_format("%t " + text)
    except FormatError:
        return
    made = engine.parse(frame(T, f"{T} a", ""), (form,), FIELDS)
    assert made.records.height + made.rejects.height + made.blank == 3


@given(agent=st.text(max_size=12))
@settings(max_examples=100, deadline=None)
def test_json_gives_back_what_the_client_sent(agent: str) -> None:
    sent = agent.replace("\0", "")
    line = '{"t":"' + T + '","a":"' + escaped(sent) + '"}'
    made = parsed('{"t":"%t","a":"%{User-Agent}i"}', line)
    assert made.records["user_agent"].to_list() == [None if sent == "-" else sent]


def escaped(text: str) -> str:
    """Write a value as Apache does (server/util.c, ap_escape_logitem)."""
    names = {8: "b", 10: "n", 13: "r", 9: "t", 11: "v", 34: '"', 92: "\\"}
    out = ""
    for byte in text.encode("utf-8", "replace"):
        if byte in names:
            out += "\\" + names[byte]
        else:
            out += chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}"
    return out


def test_a_json_text_without_values_in_quotes_is_read_too() -> None:
    made = parsed('{"at":%{sec}t,"status":%>s,"took":%D}', '{"at":1605870000,"status":200,"took":5}')
    assert made.records.select("timestamp", "status", "duration_s").rows() == [(NOON, 200, 5e-06)]
    assert json.loads('{"at":1605870000,"status":200,"took":5}')
