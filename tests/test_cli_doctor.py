"""`doctor`: what it says of a file, and the place where a line stops fitting."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import parsers
from loganalyzer.cli import main
from loganalyzer.cli.fit import misfit, nearest
from parsers import engine
from parsers.nginx import COMBINED
from parsers.sniff import LOOSE
from parsers.spec import JsonFormat, LineFormat

ROOT = Path(__file__).parent.parent
LINES = [form for form in parsers.FORMATS if isinstance(form, LineFormat)]
START = '192.0.2.1 - - [10/Mar/2026:00:00:01 +0000] "GET / HTTP/1.1" '
GOOD = START + '200 12 "-" "-"'


@pytest.mark.parametrize("form", parsers.FORMATS, ids=lambda form: form.name)
def test_every_sample_fits_its_own_format_as_a_whole(form: parsers.spec.Declared) -> None:
    for sample in form.samples:
        place = misfit(sample.line, form)
        assert (place.expected, place.end) == (None, len(sample.line))


@pytest.mark.parametrize(
    ("text", "fits", "expected"),
    [
        (START + 'abc 12 "-" "-"', START, "{status}"),
        (START + '200 12x "-" "-"', START + "200 12", ' "{referrer}'),
        (START + '200 12 "-" "-" 5', GOOD, "the end of the line"),
        (START[:-2], START[:-2], '" {status}'),
        ("192.0.2.1 - ann [10/March/2026] x", "192.0.2.1 - ann [", "{timestamp}"),
        ("192.0.2.1 - ann smith", "192.0.2.1 - ann ", "[{timestamp}"),
        ("", "", "{client}"),
        ("한글 - - [x", "한글 - - [", "{timestamp}"),
        ("192.0.2.1 - ann", "192.0.2.1 - ", "{user} [{timestamp}"),
    ],
)
def test_where_a_line_stops_fitting(text: str, fits: str, expected: str) -> None:
    place = misfit(text, COMBINED)
    assert (text[: place.end], place.expected) == (fits, expected)


@given(
    st.text(alphabet='0123456789./:[]"{}- aé\\\n', max_size=60) | st.text(max_size=60),
    st.sampled_from(parsers.FORMATS),
)
def test_any_line_stops_fitting_somewhere(tail: str, form: parsers.spec.Declared) -> None:
    for text in (tail, form.samples[0].line[:40] + tail):
        place = misfit(text, form)
        assert 0 <= place.end <= len(text)
        if isinstance(form, LineFormat):
            fits = pl.Series([text]).str.contains(engine.pattern_of(form))[0]
            assert fits == (place.expected is None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("words", "a JSON object"),
        ('{"RayID": "1",', "JSON"),
        ('{"RayID": "1"}', "an object with 2 of "),
        ("{" * 5_000, "JSON"),
        ('{"RayID":' + "[" * 4_000, "plain JSON"),
    ],
)
def test_where_json_stops_fitting(text: str, expected: str) -> None:
    (form,) = [form for form in parsers.FORMATS if form.name == "cloudflare-http-requests"]
    assert isinstance(form, JsonFormat)
    told = misfit(text, form).expected
    assert told is not None
    assert told.startswith(expected) or told == "JSON"


def test_a_line_without_a_time_is_near_to_nothing() -> None:
    strict = [form for form in LINES if form.name not in LOOSE]
    assert nearest("192.0.2.1|2026-03-10|GET /|200", strict) is None
    near = nearest("192.0.2.1 - - [10/Mar/2026:00:00:01 +0000] GET / HTTP/1.1 200", strict)
    assert near is not None
    assert near.expected == '"{request}'


def diagnosed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, object]]]:
    code = main(["doctor", *arguments, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"sources", "errors"}
    return code, found["sources"]


def test_the_ledger_of_every_sample_adds_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    code, sources = diagnosed(capsys, "sample_logs")
    assert code == 0
    for source in sources:
        parts = [source[name] for name in ("records", "rejected", "blank", "skipped", "filtered")]
        assert source["lines"] == sum(part for part in parts if isinstance(part, int))
        assert isinstance(source["rejects"], list)
        assert sum(group["lines"] for group in source["rejects"]) == source["rejected"]
        assert all(1 <= len(group["examples"]) <= 3 for group in source["rejects"])
        assert bool(source["vendor"]) == (str(source["path"]).split("/")[1] in parsers.VENDORS)


def test_what_was_recognised_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "access.log").write_text(f"{GOOD}\n" * 3 + "\n" + START + "abc 12\n" + GOOD[:70])
    code, (source,) = diagnosed(capsys, str(tmp_path / "access.log"))
    assert code == 0
    assert (source["vendor"], source["format"], source["certain"]) == ("nginx", "nginx-combined", False)
    assert (source["lines"], source["records"], source["rejected"], source["blank"]) == (6, 3, 2, 1)
    assert source["start"] == "2026-03-10T00:00:01Z"
    columns = source["columns"]
    assert isinstance(columns, dict)
    assert (columns["status"], columns["user"]) == (3, 0)
    assert "duration_s" not in columns
    assert main(["doctor", str(tmp_path / "access.log")]) == 0
    told = capsys.readouterr().out
    assert "--vendor apache" in told
    assert "the last line is cut off" in told
    before, caret = re.findall(
        r"^(    line 5: .*)abc 12\n( +\^) character 61: nginx-combined expects `\{status\}`$",
        told,
        re.MULTILINE,
    )[0]
    assert len(before) == len(caret) - 1


def test_secrets_and_escapes_stay_off_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a\x1b[2J\u202e.log"
    secret = START.replace("GET /", "GET /?token=hunter2&page=\x1b]0;x\x07\u202e\x00") + "abc 12"
    path.write_text(f"{GOOD}\n" * 3 + secret + "\n")
    assert main(["doctor", str(path)]) == 0
    told = capsys.readouterr().out
    assert "hunter2" not in told
    assert all(line.isprintable() for line in told.splitlines())
    assert "[masked]" in told
    assert re.search(r'HTTP/1\.1" abc 12\n +\^ character \d+: nginx-combined expects `\{status\}`', told)


def test_what_is_no_log_is_shown_as_it_begins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "own.log").write_text("192.0.2.1 - - [10/Mar/2026:00:00:01 +0000] GET / 200\n" * 5)
    code, (source,) = diagnosed(capsys, str(tmp_path / "own.log"))
    assert code == 3
    assert (source["vendor"], source["format"]) == (None, None)
    first = source["first_lines"]
    assert isinstance(first, list)
    assert [(line["line"], line["expected"], line["text"]) for line in first] == [
        (number, '"{request}', "GET / 200") for number in (1, 2, 3)
    ]


def test_another_vendors_lines_are_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    squid = (
        "1605873600.123     84 192.0.2.10 TCP_MISS/200 5316 GET http://www.example.com/ - NONE/- text/html\n"
    )
    (tmp_path / "mixed.log").write_text(f"{GOOD}\n" * 20 + squid * 5)
    _, (source,) = diagnosed(capsys, str(tmp_path / "mixed.log"), "--vendor", "nginx")
    advice = source["advice"]
    assert isinstance(advice, list)
    assert any("5 of 5 rejected lines" in text and "--vendor cisco_wsa" in text for text in advice)


def own_lines(number: int) -> str:
    return "".join(
        f"192.0.2.{line}|2026-03-10T13:00:{line % 60:02d}+00:00|GET|/a/{line}?token=hunter2|{200 + line % 2 * 302}"
        f"|{line * 31}|0.{line:03d}|curl/8\n"
        for line in range(number)
    )


def test_a_format_text_is_derived_and_can_be_pasted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.log").write_text(own_lines(100))
    path = str(tmp_path / "own.log")
    text = (
        "$remote_addr|$time_iso8601|$request_method|$request_uri|$status|$body_bytes_sent|$request_time"
        "|$http_user_agent"
    )
    code, (source,) = diagnosed(capsys, path, "--suggest")
    assert code == 3
    assert source["suggestion"] == {
        "text": text,
        "reads": 100,
        "lines": 100,
        "good": True,
        "option": f"--log-format '{text}'",
        "problem": None,
        "stops": None,
    }
    assert main(["doctor", path, "--suggest"]) == 3
    option = re.findall(r"^    (--log-format .*)$", capsys.readouterr().out, re.MULTILINE)
    assert main(["doctor", path, *shlex.split(option[0]), "--json"]) == 0
    (source,) = json.loads(capsys.readouterr().out)["sources"]
    assert (source["records"], source["rejected"], source["confidence"]) == (100, 0, "high")


def test_without_being_asked_it_is_only_mentioned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "own.log").write_text(own_lines(100))
    _, (source,) = diagnosed(capsys, str(tmp_path / "own.log"))
    assert source["suggestion"] is None
    assert source["advice"] == [
        "loganalyzer doctor --suggest knows a --log-format that reads 100 of 100 such lines whole"
    ]


def test_an_attempt_says_where_it_stops(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = "".join(f"192.0.2.1|some|other|words|{line}|?token=hunter2\n" for line in range(30))
    (tmp_path / "own.log").write_text(own_lines(70) + other)
    _, (source,) = diagnosed(capsys, str(tmp_path / "own.log"), "--suggest")
    found = source["suggestion"]
    assert isinstance(found, dict)
    assert (found["reads"], found["lines"], found["good"], found["option"]) == (70, 100, False, None)
    assert (found["stops"]["line"], found["stops"]["fits"]) == (71, "192.0.2.1|")
    assert main(["doctor", str(tmp_path / "own.log"), "--suggest"]) == 3
    told = capsys.readouterr().out
    assert "attempt   reads 70 of 100 lines looked at" in told
    assert "--log-format" not in told
    assert "hunter2" not in told


def test_what_lies_in_a_folder_need_not_be_a_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error = "2026/03/10 21:22:09 [error] 1124#1124: *163 open() failed, client: 192.0.2.1\n"
    (tmp_path / "error.log").write_text(error * 9)
    (tmp_path / "own.log").write_text(own_lines(50))
    _, (first, second) = diagnosed(capsys, str(tmp_path), "--suggest")
    assert first["suggestion"] is None
    assert isinstance(second["suggestion"], dict)


def test_fields_that_no_format_reads_are_reason_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "more.log").write_text("".join(f"{GOOD} {line}.000 k={line}\n" for line in range(20)))
    _, (source,) = diagnosed(capsys, str(tmp_path / "more.log"), "--suggest")
    assert source["format"] == "nginx-combined-extended"
    found = source["suggestion"]
    assert isinstance(found, dict)
    assert found["good"]
    assert found["text"].endswith(' "$http_user_agent" $request_time k=$field_1')
    (tmp_path / "plain.log").write_text(f"{GOOD}\n" * 20)
    _, (source,) = diagnosed(capsys, str(tmp_path / "plain.log"), "--suggest")
    assert source["suggestion"] is None


def test_rejects_stand_in_groups_of_like_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = "".join(START.replace("GET /", f"GET /p/{line}") + f"x{line} 12\n" for line in range(30))
    error = "2026/03/10 21:22:09 [error] 1124#1124: *163 open() failed, client: 192.0.2.1\n"
    never = GOOD.replace("10/Mar", "31/Feb") + "\n"
    (tmp_path / "a.log").write_text(f"{GOOD}\n" * 99 + wrong + error * 12 + never * 3)
    _, (source,) = diagnosed(capsys, str(tmp_path / "a.log"))
    groups = source["rejects"]
    assert isinstance(groups, list)
    assert [(group["lines"], group["format"], group["expected"]) for group in groups] == [
        (30, "nginx-combined", "{status}"),
        (12, None, None),
        (3, "nginx-combined", None),
    ]
    first, foreign, impossible = groups
    assert (first["position"], first["token"], first["advice"]) == (len(START) + len("p/0") + 1, "x0", None)
    assert [line["line"] for line in first["examples"]] == [100, 101, 102]
    assert first["shape"] == '192.0.2.1 - - […] "…" x0 0'.replace("192.0.2.1", "0")
    assert foreign["advice"] == "not an access log of these vendors: looks like nginx's error log"
    assert "does not exist" in impossible["advice"]
    assert (source["confidence"], source["suggestion"]) == ("medium", None)


def test_what_else_would_read_the_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "access.log").write_text(f"{GOOD}\n" * 30)
    _, (source,) = diagnosed(capsys, str(tmp_path / "access.log"))
    alternatives = source["alternatives"]
    assert isinstance(alternatives, list)
    assert {"format": "apache-combined", "vendor": "apache", "reads": 30, "lines": 30} in alternatives
    assert source["format"] not in [other["format"] for other in alternatives]


def test_lines_in_an_envelope_stop_fitting_behind_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = "2026-03-10T00:00:01.5Z stdout F "
    lines = [header + GOOD] * 9 + [header + START + "abc 12"]
    (tmp_path / "pod.log").write_text("\n".join(lines) + "\n")
    _, (source,) = diagnosed(capsys, str(tmp_path / "pod.log"))
    groups = source["rejects"]
    assert isinstance(groups, list)
    assert [(group["expected"], group["token"]) for group in groups] == [("{status}", "abc")]


def test_a_stream_is_looked_at_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.log").write_text(own_lines(50))
    with (tmp_path / "own.log").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        _, (source,) = diagnosed(capsys, "-", "--suggest")
    found = source["suggestion"]
    assert isinstance(found, dict)
    assert (found["reads"], found["lines"]) == (50, 50)


def test_many_reasons_stay_bounded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = "".join(f"{'x' * ((1 << 20) + number)}\n" for number in range(25))
    (tmp_path / "long.log").write_text(f"{GOOD}\n" * 3 + long)
    _, (source,) = diagnosed(capsys, str(tmp_path / "long.log"))
    rejects = source["rejects"]
    assert isinstance(rejects, list)
    assert len(rejects) <= 21
    assert sum(group["lines"] for group in rejects) == 25


def test_one_page_says_all_about_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seoul = GOOD.replace("+0000", "+0900")
    error = "2026/03/10 21:22:09 [error] 1124#1124: *163 open() failed, client: 192.0.2.1\n"
    (tmp_path / "a.log").write_text(
        f"{seoul}\n" * 20
        + error
        + error.replace("error", "warn")
        + START.replace("+0000", "+0900")
        + '200 1"\n'
    )
    (tmp_path / "error.log").write_text(error * 3)
    (tmp_path / "german.log").write_text(f"{GOOD}\n".replace("/Mar/", "/Mrz/") * 3)
    for number in range(15):
        (tmp_path / f"notes{number:02d}.txt").write_text("words\n")
    assert main(["doctor", "."]) == 0
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) <= 120
    assert "  time      2026-03-10 00:00:01 UTC+9\n" in told
    assert "confidence medium (it reads 91 % of the lines)" in told
    assert (
        "  rejected  2 × does not fit nginx combined: lines 21, 22\n    line 21: 2026/03/10 21:22:09 [error] "
        in told
    )
    assert "looks like nginx's error log\n            ./error.log\n" in told
    assert (
        "15 files left out: not recognised as an access log of nginx, Apache, Cloudflare or Cisco WSA\n"
        in told
    )
    assert "./notes11.txt, …\n" in told
    assert "the month is not written in English (Mrz)" in told
    assert told.endswith("1 log in 18 files: 21 records of 23 lines, 2 rejected\n")
    assert "  columns   client, method, target" in told


def test_lines_read_as_far_as_they_go_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.log").write_text(f"{GOOD}\n" * 9 + START + "200 12 -\n")
    _, (source,) = diagnosed(capsys, str(tmp_path / "a.log"))
    assert source["loose"] == [10]
    advice = source["advice"]
    assert isinstance(advice, list)
    assert "lines that are damaged or carry other fields: 1 (10); read as far as they go" in advice


def test_a_line_that_is_too_long_stops_nowhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.log").write_text(f"{GOOD}\n" * 3 + "x" * (1 << 20) + "yz\n")
    assert main(["doctor", str(tmp_path / "a.log")]) == 0
    told = capsys.readouterr().out
    assert "rejected  1 × longer than 1 MiB (1,048,578 bytes)\n" in told
    assert "^" not in told
    assert "no server writes requests of that length" in told
