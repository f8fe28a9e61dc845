"""Every finding's card: when, how much, what to check, lines with their place, and a command that reads it again."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
import pytest

from loganalyzer.analysis import LEADS
from loganalyzer.cli import main
from parsers.filters import predicate
from parsers.schema import SCHEMA
from reports.catalogue import CATALOGUE
from reports.commands import BESIDE, BY_TIME, GAPS, of_finding, where_of
from reports.section import Bullets, Facts, Folded, Lines, Paragraph, Quote, Section
from reports.sections.findings import section
from reports.words import Words
from tests.analysis_factory import analysis, finding
from tests.scenes import analysed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loganalyzer.analysis import Finding
    from reports.catalogue import Language
    from reports.section import Block

KINDS = sorted(
    name.removeprefix("kind.") for name in CATALOGUE if f"check.{name.removeprefix('kind.')}" in CATALOGUE
)


def cards(blocks: tuple[Block, ...]) -> Iterator[Section]:
    """Yield the innermost sections: one for each finding."""
    for block in blocks:
        inner = block.blocks if isinstance(block, Section | Folded) else ()
        within = [one for one in inner if isinstance(one, Section | Folded)]
        found = list(cards(tuple(within)))
        yield from found
        if isinstance(block, Section) and not found:
            yield block


def of_kind(kind: str) -> Finding:
    made = finding(kind, "nginx", "major", ((502, 90), (504, 7)) if kind not in BY_TIME else ())
    if made.by_rule:
        made = replace(made, client="192.0.2.7")
    return replace(made, evidence=analysis().findings[0].evidence, evidence_total=97)


def test_every_kind_has_steps() -> None:
    assert {name for name in LEADS if f"check.{name}" not in CATALOGUE} == set()
    assert len(KINDS) == 19


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_card_says_when_how_much_what_to_check_and_how_to_read_it_again(kind: str, lang: Language) -> None:
    value = replace(analysis(), findings=(of_kind(kind),))
    words = Words(lang)
    (card,) = cards((section(value, words),))
    assert card.badge is not None
    assert card.lede
    checks = [
        one for one in card.blocks if isinstance(one, Bullets) and one.heading == words("verdict.checks")
    ]
    assert [len(one.items) > 0 for one in checks] == [True]
    (lines,) = (one for one in card.blocks if isinstance(one, Lines))
    assert all(line.source and line.line for line in lines.lines)
    (again,) = (one.text for one in card.blocks if isinstance(one, Paragraph))
    if kind != "blips":
        assert any(isinstance(one, Facts) for one in card.blocks)
    called = shlex.split(next(part.text for part in again if isinstance(part, Quote)))
    assert called[:2] == ["loganalyzer", "doctor" if kind == "unreadable-lines" else "parse"]
    assert shlex.split(of_finding(value, value.findings[0]) or "") == called


def test_a_gap_is_shown_with_what_stands_around_it() -> None:
    for kind in GAPS:
        one = of_kind(kind)
        called = shlex.split(of_finding(replace(analysis(), findings=(one,)), one) or "")
        since = called[called.index("--since") + 1]
        assert since == f"{one.start - BESIDE:%Y-%m-%dT%H:%M:%SZ}"
        assert "--where" not in called


LINE = '{} - - [10/Mar/2026:{:02}:{:02}:{:02} +0000] "GET /{} HTTP/1.1" {} 5 "-" "x"'


def burst() -> list[str]:
    """Return four hours of a log in good health, but for ten minutes in the third."""
    lines = []
    for second in range(0, 4 * 3_600, 5):
        hour, minute, rest = second // 3_600, second // 60 % 60, second % 60
        bad = hour == 2 and 20 <= minute < 30
        status = (502, 504, 200)[second // 5 % 3] if bad else 200
        lines.append(LINE.format(f"192.0.2.{second % 250}", hour, minute, rest, "a", status))
    return lines


def test_the_command_reads_just_the_records_of_the_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    value = analysed(burst(), tmp_path)
    (one,) = (some for some in value.findings if some.kind == "server-error-burst")
    called = of_finding(value, one)
    assert called is not None
    assert main([*shlex.split(called)[1:], "--quiet"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(records) == sum(count for _, count in one.statuses)
    assert {record["status"] for record in records} == {status for status, _ in one.statuses}
    lines = {record["line"] for record in records}
    assert {shown.line for shown in one.evidence} <= lines


@pytest.mark.parametrize(
    ("vendor", "family", "statuses", "where"),
    [
        ("nginx", "5xx-all", ((502, 1), (500, 1)), "status in (500, 502) and role = 'request'"),
        ("nginx", "401", ((401, 3),), "status = 401 and role in ('request', 'handshake')"),
        ("nginx", "400", ((None, 3),), "status is null and role = 'request'"),
        ("nginx", "400", ((None, 3), (400, 1)), "(status = 400 or status is null) and role = 'request'"),
        ("cloudflare", "52x", ((522, 3),), "status = 522 and role = 'request'"),
    ],
)
def test_what_a_finding_counts(
    vendor: str, family: str, statuses: tuple[tuple[int | None, int], ...], where: str
) -> None:
    one = replace(finding("server-error-burst", vendor, "major", ()), family=family, statuses=statuses)
    assert where_of(one) == where


@pytest.mark.parametrize(
    ("vendor", "told", "none"),
    [
        ("cloudflare", "upstream_status", {"upstream_status": 0}),
        ("cisco_wsa", "cache", {"cache": "NONE"}),
    ],
)
def test_a_gateways_error_and_no_answer_are_told_apart(
    vendor: str, told: str, none: dict[str, object]
) -> None:
    rows = pl.DataFrame(
        [
            {"status": 502, "role": "request", told: None},
            {"status": 502, "role": "request", **none},
            {"status": 522, "role": "request", **none},
            {"status": 500, "role": "request", told: None},
        ],
        schema={name: SCHEMA[name] for name in ("status", "role", told)},
    )

    def kept(family: str, *statuses: int) -> list[bool]:
        counted = tuple((status, 1) for status in statuses)
        one = replace(finding("x", vendor, "major", ()), family=family, statuses=counted)
        return rows.select(predicate(where_of(one) or "")).to_series().to_list()

    assert kept("5xx-all", 502, 500) == [True, False, False, True]
    assert kept("52x", 502) == [False, True, False, False]
    assert kept("52x", 502, 522) == [False, True, True, False]
