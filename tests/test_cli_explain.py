"""`explain` and what needs no log: help, version, usage errors, start without Polars."""

from __future__ import annotations

import doctest
import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import parsers
import reports
from loganalyzer import knowledge
from loganalyzer.cli import main, options
from loganalyzer.cli.app import app
from loganalyzer.cli.exits import PRECEDENCE, Exit, foremost
from loganalyzer.cli.terminal import columns_of
from loganalyzer.findings import SEVERITIES
from reports.catalogue import LANGUAGES

ROOT = Path(__file__).parent.parent
COMMANDS = tuple(command.name or "" for command in app.registered_commands)


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "loganalyzer", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_module_starts_the_program() -> None:
    done = start("explain", "499", "--vendor", "nginx")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("499 Client Closed Request (4xx)\n\nnginx\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["analyze", "--help"],
        ["explain", "403"],
        ["explain", "522", "--vendor", "nginx", "--lang", "ko"],
        ["explain", "--json"],
    ],
)
def test_help_and_explanations_start_without_polars(arguments: list[str]) -> None:
    program = (
        "import sys; from loganalyzer.cli import main; main(sys.argv[1:]);"
        "sys.exit(','.join({'polars', 'plotly', 'jinja2', 'rich', 'numpy'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_help_documents_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    overview = capsys.readouterr().out
    assert COMMANDS == ("analyze", "parse", "doctor", "explain")
    for command in COMMANDS:
        assert f"\n  {command} " in overview
        assert main([command, "--help"]) == 0
        text = capsys.readouterr().out
        assert f"Examples:\n    loganalyzer {command} " in text


def test_the_readme_names_every_command() -> None:
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("there is no README.md")
    for command in COMMANDS:
        assert f"`loganalyzer {command} " in readme.read_text(encoding="utf-8")


def test_the_choices_of_options_are_those_of_the_rooms() -> None:
    assert get_args(options.Vendor) == parsers.VENDORS
    assert get_args(options.Level) == SEVERITIES
    assert get_args(options.Form) == reports.FORMATS
    assert get_args(options.Language) == LANGUAGES


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("loganalyzer ")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["--nonsense"],
        ["explain", "abc"],
        ["explain", "4999"],
        ["explain", "49"],
        ["explain", "\uff14\uff19\uff19"],
        ["explain", "-1"],
        ["explain", "499", "--vendor", "iis"],
        ["explain", "499", "--lang", "de"],
        ["parse"],
        ["parse", "x.log", "--columns", "status,nonsense"],
        ["parse", "x.log", "--columns", "status,status"],
        ["parse", "x.log", "-o", "records.xlsx"],
        ["parse", "x.log", "--label", "web1"],
        ["parse", "x.log", "--label", "web1=y.log"],
        ["parse", "x.log", "--label", "a=x.log", "--label", "b=./x.log"],
        ["parse", "x.log", "--max-expansion", "0"],
        ["analyze", "x.log", "-o", "report.pdf"],
        ["analyze", "x.log", "-o", "-"],
        ["analyze", "x.log", "--format", "json"],
        ["analyze", "x.log", "--format", "pdf", "-o", "-"],
        ["analyze", "x.log", "--fail-on", "huge"],
        ["analyze", "x.log", "--tz", "Mars/Olympus"],
        ["analyze", "x.log", "--tz", "America"],
        ["analyze", "x.log", "--tz", "../UTC"],
        ["analyze", "x.log", "--tz", ""],
        ["analyze", "x.log", "--spool-limit", "much"],
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_told_in_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert told.err.startswith("loganalyzer")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["foo"], "No such command 'foo': there are analyze, parse, doctor, explain"),
        (["analyse", "x.log"], "No such command 'analyse'. Did you mean 'analyze'?"),
        (["parse"], "Missing argument 'PATH': a file, a folder, a pattern, or - for standard input"),
        (["parse", "x.log", "--vendor", "ngin"], "'ngin' is not one of 'nginx', 'apache', "),
        (
            ["parse", "x.log", "--max-expansion", "0"],
            "'--max-expansion': it should be greater than or equal to 1",
        ),
        (["parse", "x.log", "--sinc", "y"], "--since"),
    ],
)
def test_a_wrong_call_says_what_would_have_worked(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
    assert "Value error" not in line


@pytest.mark.parametrize("command", ["analyze", "parse", "doctor", "explain"])
def test_the_help_of_every_command_shows_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    _, examples = capsys.readouterr().out.split("Examples:\n")
    assert examples.count(f"loganalyzer {command} ") >= 2


def told_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what `explain` says, its lines joined."""
    assert main(["explain", *arguments]) == 0
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["799"], "799 No document explains this status. HTTP has statuses from 100 to 599 only (RFC 9110, 15)."),
        (["600", "--vendor", "nginx"], "600 No document explains this status for nginx. HTTP has statuses from 100"),
        (["999", "--lang", "ko"], "999 이 상태 코드를 설명하는 문서가 없습니다. HTTP의 상태 코드는 100부터 599까지뿐"),
        (["555"], "By its first digit it is of class 5xx, and to be read as 500 (RFC 9110, 15)."),
        (["499", "--vendor", "apache"], "nginx’s Client Closed Request (cloudflare-4xx, http-status-overview, nginx-"),
        (["522", "--vendor", "nginx"], "500 (RFC 9110, 15). Elsewhere it is Cloudflare’s Connection Timed Out (cl"),
        (["444", "--vendor", "cloudflare"], "Elsewhere it is nginx’s No Response (http-status-overview, nginx-source)"),
        (["000", "--vendor", "apache"], "from 100 to 599 only (RFC 9110, 15). Elsewhere it is a code of Cisco WSA’s ("),
        (["451", "--vendor", "nginx"], "Elsewhere it is Microsoft’s Redirect (http-status-overview); it need not mean"),
        (["522", "--vendor", "nginx", "--lang", "ko"], "다른 곳에서는 Cloudflare의 Connection Timed Out("),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_what_no_document_explains_is_said_and_nothing_is_invented(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in told_of(capsys, *arguments)


def test_both_meanings_of_424_and_of_451_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    told = told_of(capsys, "424", "--vendor", "nginx")
    assert "(meaning 2)" in told
    assert told.count("[http-status-overview]") == 2
    assert "Elsewhere" not in told
    assert told_of(capsys, "451").count("[http-status-overview]") == 2


def test_a_code_is_shown_with_what_a_log_can_tell_about_it(capsys: pytest.CaptureFixture[str]) -> None:
    told = told_of(capsys, "403", "--vendor", "cloudflare")
    assert "What a log can tell about it Who refused, the edge or the origin? (Cloudflare) - the edge" in told
    assert "[cloudflare-4xx, cloudflare-docs] What to check next: - " in told
    korean = told_of(capsys, "403", "--vendor", "cloudflare", "--lang", "ko")
    assert (
        "로그로 확인할 수 있는 것 누가 거부했는가: 엣지인가, 원본 서버인가? (Cloudflare) - 엣지가" in korean
    )
    assert "the edge or the origin" not in told_of(capsys, "403", "--vendor", "nginx")


def test_json_holds_the_questions_and_what_the_code_is_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "403", "--json", "--vendor", "cloudflare"]) == 0
    (question,) = [
        one for one in json.loads(capsys.readouterr().out)["questions"] if one["name"] == "whose-403"
    ]
    assert (question["question"], question["vendors"]) == (
        "Who refused, the edge or the origin?",
        ["cloudflare"],
    )
    assert question["causes"][0]["documents"] == ["cloudflare-4xx", "cloudflare-docs"]
    assert main(["explain", "522", "--json", "--vendor", "nginx"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["reason"], found["entries"]) == (None, [])
    assert [(one["vendor"], one["document"]) for one in found["elsewhere"]] == [
        ("cloudflare", "cloudflare-docs")
    ]


def test_json_reaches_every_entry_of_the_five_documents(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--json"]) == 0
    together = [entry["document"] for row in json.loads(capsys.readouterr().out) for entry in row["entries"]]
    one_by_one = []
    for status in range(1000):
        assert main(["explain", f"{status:03d}", "--json"]) == 0
        one_by_one += [entry["document"] for entry in json.loads(capsys.readouterr().out)["entries"]]
    expected = {
        "cloudflare-4xx": 20,
        "mdn-client-server-errors": 39,
        "http-status-overview": 72,
        "mdn-errors-excerpt": 38,
        "cisco-wsa-codes": 14,
    }
    assert sum(expected.values()) == 183
    for found in (together, one_by_one):
        assert {name: found.count(name) for name in expected} == expected


def test_zeros_in_front_are_part_of_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "000"]) == 0
    assert capsys.readouterr().out.startswith("000 (other or none)\n")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_known_code_is_explained(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    for status in knowledge.known():
        assert main(["explain", f"{status:03d}", "--lang", lang]) == 0
        told = capsys.readouterr().out
        for entry in knowledge.explain(status, lang="ko" if lang == "ko" else "en").entries:
            assert f"[{entry.document}]" in told
            assert entry.meaning.split()[0] in told
        long = [line for line in told.splitlines() if columns_of(line) > 100]
        assert all("://" in line or len(line.split()) <= 4 or "[" in line for line in long)


def test_json_is_that_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "499", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["status", "reason", "class", "entries", "elsewhere", "questions"]
    assert {key: found[key] for key in list(found)[:5]} == knowledge.as_json(knowledge.explain(499))
    assert main(["explain", "--json", "--vendor", "cisco_wsa", "--lang", "ko"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert {row["status"] for row in table} <= set(knowledge.known())
    assert {entry["vendor"] for row in table for entry in row["entries"]} == {None, "cisco_wsa"}


def test_without_a_code_every_code_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [int(line.split()[0]) for line in lines[1:]] == list(knowledge.known())


def test_exit_codes_have_one_order() -> None:
    assert [int(code) for code in PRECEDENCE] == [2, 3, 5, 10, 4, 0]
    assert foremost([]) is Exit.DONE
    assert foremost([Exit.PARTLY_READ, Exit.NOT_WRITTEN, Exit.FINDING]) is Exit.NOT_WRITTEN


@pytest.mark.parametrize("name", ["exits", "explanations", "fit", "options", "output", "terminal", "verdict"])
def test_examples_in_docstrings_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(f"loganalyzer.cli.{name}")).failed == 0
