"""The paragraph that answers first: when, the requests of each log, how much was understood, what was found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reports.markdown import markdown
from reports.section import Paragraph, Section
from reports.sections.headline import section
from reports.words import Words
from tests.analysis_factory import analysis
from tests.scenes import analysed

if TYPE_CHECKING:
    from pathlib import Path

    from loganalyzer.analysis import Analysis
    from reports.catalogue import Language

LINE = '192.0.2.{} - - [10/Mar/2026:12:{:02}:{:02} +0000] "GET /a HTTP/1.1" {} 5 "-" "x"'


def answer(value: Analysis, lang: Language = "en") -> str:
    """Return the first paragraph under the heading; an empty text where there is none."""
    first = section(value, Words(lang)).blocks[0]
    return "".join(str(one) for one in first.text) if isinstance(first, Paragraph) else ""


def lines(number: int) -> list[str]:
    return [LINE.format(place % 9, place // 60, place % 60, 200) for place in range(number)]


def test_one_log_in_good_health(tmp_path: Path) -> None:
    assert answer(analysed(lines(180), tmp_path, "nginx")) == (
        "2026-03-10 12:00–12:02:59 UTC (2 min 59 s): nginx 180 requests. "
        "Understood: every line that is meant to be a record. Incidents: none."
    )


def test_half_of_it_is_not_understood(tmp_path: Path) -> None:
    told = answer(analysed([*lines(100), *["what is this"] * 100], tmp_path, "nginx"))
    assert "nginx 100 requests." in told
    assert "Understood: 50 % of the lines meant to be records; 100 lines rejected" in told


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_requests_of_layers_stand_side_by_side(lang: Language) -> None:
    value = analysis()
    told, words = answer(value, lang), Words(lang)
    counts: dict[str, int] = {}
    for row in value.requests:
        counts[row.vendor] = counts.get(row.vendor, 0) + row.records
    assert len(counts) > 1
    for vendor, count in counts.items():
        assert f"{words.name('vendor', vendor)} {words.count('request', count)}" in told
    assert words.number(sum(counts.values())) not in told
    assert value.period is not None
    assert told.startswith(words.span(*value.period))
    for severity in {one.severity for one in value.incidents}:
        number = sum(one.severity == severity for one in value.incidents)
        assert (
            words("headline.graded", n=words.number(number), severity=words(f"severity.{severity}")) in told
        )


def test_a_log_of_tunnels_has_records(tmp_path: Path) -> None:
    value = replace(analysed(lines(5), tmp_path, "nginx"), requests=())
    assert ": nginx 5 records. " in answer(value)


@pytest.mark.parametrize("some", [[], ["what is this"] * 20], ids=["empty", "unread"])
def test_without_a_record_the_heading_says_it_all(some: list[str], tmp_path: Path) -> None:
    value = analysed(some, tmp_path, "nginx")
    assert answer(value) == ""
    made = section(value, Words())
    assert made.lede
    assert isinstance(made, Section)


def test_the_ticket_has_it_too(tmp_path: Path) -> None:
    value = analysed(lines(180), tmp_path, "nginx")
    made = markdown((section(value, Words()),), "Shop", Words(), "")
    assert "nginx 180 requests" in made.split("\n- ", maxsplit=1)[0]
