"""`analyze`: reports, summary and the codes that a job acts on; and how log text reaches a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loganalyzer.cli import main
from loganalyzer.cli.options import size
from loganalyzer.cli.terminal import printable

SAMPLES = Path(__file__).parent.parent / "sample_logs"
QUIET = str(SAMPLES / "nginx" / "combined.log")


@pytest.fixture
def outage(tmp_path: Path) -> str:
    """Return a log in which every second request fails for ten minutes of two hours."""
    lines = []
    for number in range(120 * 20):
        minute, second = divmod(number * 3, 60)
        failed = 60 <= minute < 70 and number % 2
        lines.append(
            f"192.0.2.{number % 200} - - [10/Mar/2026:{10 + minute // 60}:{minute % 60:02d}:{second:02d} +0000] "
            f'"GET /p/{number % 9} HTTP/1.1" {502 if failed else 200} 157 "-" "curl/8.14.1"\n'
        )
    path = tmp_path / "access.log"
    path.write_text("".join(lines))
    return str(path)


def test_every_format_is_written(outage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = [str(tmp_path / name) for name in ("a.html", "b.json", "c.md")]
    arguments = [part for output in outputs for part in ("-o", output)]
    assert (
        main(["analyze", outage, *arguments, "--title", "Checkout <outage>", "--label", f"web1={outage}"])
        == 0
    )
    told = capsys.readouterr()
    assert told.out == ""
    lines = told.err.splitlines()
    assert lines[-3:] == [f"report: {output}" for output in outputs]
    assert "2,400 records" in lines[-4]
    assert any(line.startswith(("MAJOR", "CRITICAL")) and "11:00" in line for line in lines)
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<title>Checkout &lt;outage&gt;</title>" in page
    result = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    assert [finding["kind"] for finding in result["findings"]] == ["server-error-burst"]
    assert result["findings"][0]["server"] == "web1"
    assert (tmp_path / "c.md").read_text(encoding="utf-8").startswith("# Checkout")


@pytest.mark.parametrize(("level", "code"), [("notice", 10), ("minor", 10), ("major", 10), (None, 0)])
def test_a_finding_fails_a_job(
    outage: str, tmp_path: Path, level: str | None, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["--fail-on", level] if level else []
    assert main(["analyze", outage, "-o", str(tmp_path / "a.json"), "--quiet", *wanted]) == code
    assert capsys.readouterr().err == ""
    assert (tmp_path / "a.json").exists()
    assert main(["analyze", QUIET, "-o", str(tmp_path / "b.json"), "--quiet", *wanted]) == 0


def test_a_finding_stands_before_a_part_that_could_not_be_read(
    outage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "a.json")
    assert (
        main(["analyze", outage, str(tmp_path / "none.log"), "-o", out, "--fail-on", "minor", "--quiet"])
        == 10
    )
    assert capsys.readouterr().err.endswith("none.log: no such file or folder\n")
    assert main(["analyze", outage, str(tmp_path / "none.log"), "-o", out, "--quiet"]) == 4
    assert (
        main(["analyze", outage, "-o", str(tmp_path / "no" / "a.md"), "--fail-on", "minor", "--quiet"]) == 5
    )


def test_language_and_zone(outage: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", outage, "-o", "-", "--format", "md", "--lang", "ko", "--tz", "Asia/Seoul"]) == 0
    told = capsys.readouterr()
    assert "20:00" in told.out
    assert "서버 오류" in told.out
    assert "20:00" in told.err
    assert "report:" not in told.err
    assert main(["analyze", outage, "-o", "-", "--format", "md", "--tz", "utc", "--quiet"]) == 0
    told = capsys.readouterr()
    assert "11:00" in told.out
    assert told.err == ""


def test_standard_output_holds_the_result_alone(outage: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", outage, "-o", "-", "--format", "json", "--spool-limit", "1MiB"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["totals"]["lines"] == 2_400
    assert "2,400" in told.err


def test_the_report_lies_where_the_program_was_called(
    outage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["analyze", outage]) == 0
    assert capsys.readouterr().err.endswith("report: loganalyzer-report.html\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["access.log", "loganalyzer-report.html"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 한", "plain ü 한"),
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("two\nlines\r\t", r"two\nlines\r\t"),
        ("\x00\x7f\x9b", r"\x00\x7f\x9b"),
        ("\u202eevil\u2066", r"\u202eevil\u2066"),
        ("\u200b\ufeff\u2028", r"\u200b\ufeff\u2028"),
        ("\udcff", r"\udcff"),
    ],
)
def test_what_acts_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("4096", 4096), ("1KB", 1000), ("1 kib", 1024), ("1.5GiB", 3 << 29), ("2T", None)],
)
def test_sizes(text: str, value: int | None) -> None:
    if value is None:
        with pytest.raises(Exception, match="no size"):
            size(text)
    else:
        assert size(text) == value
