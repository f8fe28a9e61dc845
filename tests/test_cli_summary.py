"""The summary of analyze: a dozen lines, bars and colours only where somebody sees them, plain ASCII elsewhere."""

from __future__ import annotations

import doctest
import io
import re
import sys
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from loganalyzer.cli import main, report, summary, terminal
from reports.words import Words
from tests.analysis_factory import DAY, analysis, empty, hostile

if TYPE_CHECKING:
    from pathlib import Path

    from reports.catalogue import Language

SAMPLE = "sample_logs/nginx/access.log-20260310.gz"


class Screen(io.TextIOWrapper):
    """Standard error that is a terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding, errors="backslashreplace")

    def isatty(self) -> bool:
        return True

    def text(self) -> str:
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode()


def looked_at(monkeypatch: pytest.MonkeyPatch, encoding: str = "utf-8") -> Screen:
    """Put a terminal in the place of standard error; not in a fixture, after which pytest puts its own there."""
    made = Screen(encoding)
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    return made


def told(lang: Language = "en", *, bars: bool = False) -> list[str]:
    return [one.text for one in summary.summary(analysis(), Words(lang), ["a.html"], bars=bars)]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_dozen_lines_name_every_vendor_with_its_classes(lang: Language) -> None:
    lines = told(lang)
    assert len(lines) <= 12
    for vendor in ("nginx", "Cloudflare"):
        (line,) = [one for one in lines if one.startswith(vendor)]
        assert re.search(r"2xx \d\d", line)
        assert "5xx" in line
    assert lines[-1].endswith("a.html")


def test_bars_are_drawn_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    screen = looked_at(monkeypatch)
    assert main(["analyze", SAMPLE, "-o", str(tmp_path / "a.md"), "--no-progress"]) == 0
    assert re.search("5xx over time [▁▂▃▄▅▆▇█ ]{8,}", screen.text())


def test_without_a_terminal_all_is_ascii(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", SAMPLE, "-o", str(tmp_path / "a.md")]) == 0
    err = capsys.readouterr().err
    assert err.isascii()
    assert "5xx" in err
    assert "\x1b" not in err


@pytest.mark.parametrize(
    ("variable", "value", "coloured"),
    [("TERM", "xterm", True), ("NO_COLOR", "1", False), ("TERM", "dumb", False)],
)
def test_colours_are_for_those_who_want_them(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, *, coloured: bool
) -> None:
    screen = looked_at(monkeypatch)
    monkeypatch.setenv(variable, value)
    for one in summary.summary(analysis(), Words(), [], bars=True):
        report.say_graded(one, Words())
    assert ("\x1b[1;31mCRITICAL\x1b[0m" in screen.text()) is coloured
    assert "CRITICAL" in screen.text()


def test_a_terminal_that_shows_ascii_alone_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at(monkeypatch)
    assert terminal.draws()
    looked_at(monkeypatch, "ascii")
    assert not terminal.draws()


def test_what_a_log_wrote_does_not_act_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = looked_at(monkeypatch)
    for one in summary.summary(hostile("\x1b[2J\x9b31m\u202e"), Words(), ["\x1b[2J"], bars=True):
        report.say_graded(one, Words())
    signs = re.sub(r"\x1b\[(?:2|33|31|1;31|0)m", "", screen.text())
    assert not [sign for sign in signs if not (sign.isprintable() or sign == "\n")]


def test_bars_stand_where_the_errors_are() -> None:
    made = analysis()
    drawn = summary.over_time(made, "nginx")
    assert len(drawn) == summary.BUCKETS
    assert drawn[18] == "█"  # 14:03–14:21 of the day
    assert set(drawn[:18]) <= set("▁▂")
    late = replace(made, coverage=(("nginx", DAY + timedelta(hours=12), DAY + timedelta(hours=18)),))
    drawn = summary.over_time(late, "nginx")
    assert " " in drawn[:15]
    assert "▁" not in drawn[:15]
    assert summary.over_time(empty(), "nginx") == ""
    assert summary.over_time(made, "apache") == ""


def test_a_narrow_terminal_leaves_them_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    assert all("▁" not in line for line in told(bars=True))
    monkeypatch.setenv("COLUMNS", "200")
    assert any("▁" in line for line in told(bars=True))


def test_examples_and_colours() -> None:
    assert doctest.testmod(summary).failed == 0
    assert set(report.COLOURS) == {"notice", "minor", "major", "critical"}
