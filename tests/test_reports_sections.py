"""What the sections say about a plausible analysis, and about one with nothing in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from plotly import graph_objects

from loganalyzer.analysis import Ledger, Note
from reports.section import Bars, Bullets, Facts, Figure, Folded, Lines, Link, Section, Table
from reports.sections import sections
from reports.words import Words, plain
from tests.analysis_factory import HOSTILE, analysis, empty, finding, hostile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from loganalyzer.analysis import Analysis
    from reports.section import Block

EN = Words()


def made(value: Analysis) -> dict[str, Section]:
    return {section.anchor: section for section in sections(value, EN)}


def every(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Section | Folded):
            yield from every(block.blocks)


def told(section: Section) -> str:
    """Return everything a section says, as one text."""
    parts = [section.heading, plain(section.lede)]
    for block in every(section.blocks):
        if isinstance(block, Section):
            parts += [block.heading, plain(block.lede)]
        elif isinstance(block, Facts):
            parts += [f"{name}: {plain(value)}" for name, value in block.rows]
        elif isinstance(block, Bullets):
            parts += [block.heading, *(plain(item) for item in block.items)]
        elif isinstance(block, Table):
            parts += [
                block.caption,
                *(plain(cell) for row in block.rows for cell in row.cells),
                block.remainder,
            ]
        elif isinstance(block, Lines):
            parts += [block.heading, *(line.text for line in block.lines)]
        elif isinstance(block, Bars | Figure | Folded):
            parts.append(block.summary)
    return "\n".join(parts)


def test_the_order_is_answer_first() -> None:
    assert list(made(analysis())) == [
        "headline",
        "findings",
        "timeline",
        "classes",
        "statuses",
        "tops",
        "coverage",
        "notes",
        "method",
    ]


def test_an_empty_log_is_said_to_be_empty() -> None:
    sections = made(empty())
    assert list(sections) == ["headline", "findings", "coverage", "method"]
    assert sections["headline"].heading == "The log holds no record"
    assert "Nothing was found" in told(sections["findings"])


def test_the_headline_names_the_gravest_and_what_came_with_it() -> None:
    headline = made(analysis())["headline"]
    assert headline.heading == "Critical: origin unreachable in the Cloudflare log, 14:03–14:21 UTC"
    assert headline.badge is not None
    assert headline.badge.severity == "critical"
    text = told(headline)
    assert "90 answers without the origin" in text
    assert "At the same time" in text
    assert "At other times" in text
    assert "> 99.9 % of the lines meant to be records; 7 lines rejected" in text
    assert "`nginx-combined` guessed" in text


def test_the_headline_without_a_finding_says_so() -> None:
    headline = made(replace(analysis(), findings=(), notes=()))["headline"]
    assert headline.heading == "Nothing stood out"
    assert headline.badge is None
    assert "2 formats, told by their content" in told(headline)


def test_notices_alone_are_nothing_serious() -> None:
    notices = tuple(one for one in analysis().findings if one.severity == "notice")
    headline = made(replace(analysis(), findings=notices))["headline"]
    assert headline.heading == "Nothing serious stood out"
    assert "3 blips" in told(headline)


def test_a_log_of_which_nothing_was_understood_is_not_called_empty() -> None:
    unread = replace(empty(), totals=Ledger(lines=9, rejected=9))
    assert made(unread)["headline"].heading == "Nothing could be read"


def test_a_source_that_could_not_be_read_stands_in_the_headline_and_the_ledger() -> None:
    plain_one = analysis()
    broken = replace(plain_one.sources[0], path="logs/half.gz", problem="the gzip ends too early")
    sections = made(replace(plain_one, sources=(*plain_one.sources, broken)))
    assert "1 source, in part or whole: logs/half.gz" in told(sections["headline"])
    assert "Problem: the gzip ends too early" in told(sections["coverage"])


def test_a_finding_shows_observed_beside_expected_and_what_it_means() -> None:
    text = told(made(analysis())["findings"])
    assert "Expected: 38 (×5.6)" in text
    assert "score 12, 4.7 needed" in text
    assert "Bad Gateway, 180" in text
    assert "20 of 212 lines from the log" in text
    assert "Basis: no weekend seen yet" in text


def test_the_first_finding_of_a_kind_has_the_kind_as_an_anchor() -> None:
    twice = (*analysis().findings, replace(finding("server-error-burst", "cloudflare", "major", ((502, 9),))))
    cards = made(replace(analysis(), findings=twice))["findings"].blocks
    aliases = [alias for card in cards if isinstance(card, Section) for alias in card.aliases]
    assert sorted(aliases) == ["blips", "origin-unreachable", "server-error-burst"]
    anchors = [card.anchor for card in cards if isinstance(card, Section)]
    assert len(set(anchors)) == 4


def test_every_link_into_the_page_leads_somewhere() -> None:
    sections = made(analysis())
    anchors, links = set(sections), set[str]()

    def texts(block: Block) -> Iterator[tuple[Any, ...]]:
        if isinstance(block, Section):
            anchors.update({block.anchor, *block.aliases})
            yield block.lede
        elif isinstance(block, Bullets):
            yield from block.items
        elif isinstance(block, Facts):
            yield from (value for _, value in block.rows)
        elif isinstance(block, Figure):
            yield block.caption
        elif isinstance(block, Table):
            anchors.update(row.anchor for row in block.rows if row.anchor)
            yield from (cell for row in block.rows for cell in row.cells)

    for section in sections.values():
        for block in (section, *every(section.blocks)):
            for text in texts(block):
                links |= {piece.address for piece in text if isinstance(piece, Link)}
    inner = {address[1:] for address in links if address.startswith("#")}
    assert inner
    assert inner <= anchors
    assert all(address.startswith(("#", "https://", "http://")) for address in links)


def test_the_ledger_adds_up_in_words() -> None:
    totals = analysis().totals
    text = told(made(analysis())["coverage"])
    assert f"{totals.lines:,} lines = {totals.records:,} records + 7 rejected + 2 blank + 3 skipped" in text
    assert "does not fit" in text


def test_top_tables_say_what_they_leave_out() -> None:
    text = told(made(analysis())["tops"])
    assert "Not shown: 23 further values with 120 errors." in text
    assert "up to 4 too low" in text


def test_a_status_that_no_document_knows_is_said_to_be_unknown() -> None:
    row = replace(analysis().statuses[0], status=799, status_class="other", reason=None)
    none = replace(row, status=None)
    text = told(made(replace(analysis(), statuses=(row, none)))["statuses"])
    assert "No document knows this status." in text
    assert "The line carries no status." in text


def test_invented_statuses_do_not_fill_the_page() -> None:
    row = analysis().statuses[0]
    many = tuple(
        replace(row, vendor="nginx", status=number, status_class="other") for number in range(600, 900)
    )
    table = made(replace(analysis(), statuses=many))["statuses"].blocks[1]
    assert isinstance(table, Table)
    assert len(table.rows) == 40
    assert "260 rarer statuses" in table.remainder


def test_many_notes_of_a_kind_are_counted() -> None:
    notes = tuple(Note("vendor-guessed", {"path": f"{number}.log"}) for number in range(50))
    assert "… and 47 more like it." in told(made(replace(analysis(), notes=notes))["notes"])


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_hostile_texts_pass_through_every_section(text: str, lang: str) -> None:
    words = Words("ko") if lang == "ko" else EN
    assert len(sections(hostile(text), words)) == 9


def test_the_figures_are_what_plotly_takes() -> None:
    """The plots are written as JSON; plotly's own classes check every name and value in them."""
    figures = [block for block in made(analysis())["timeline"].blocks if isinstance(block, Figure)]
    assert [figure.name for figure in figures] == ["errors-together", "statuses-cloudflare", "statuses-nginx"]
    for figure in figures:
        checked = graph_objects.Figure(figure.plot)
        assert checked.data
        assert len(checked.layout.shapes) >= 2


def test_the_figures_add_up_to_the_records() -> None:
    value = analysis()
    figure = next(
        block
        for block in made(value)["timeline"].blocks
        if isinstance(block, Figure) and block.name == "statuses-nginx"
    )
    drawn = {trace["name"]: sum(one or 0 for one in trace["y"]) for trace in figure.plot["data"]}  # type: ignore[attr-defined]
    counted = {row.status_class: row.records for row in value.classes if row.vendor == "nginx"}
    assert {name: drawn[name] for name in counted} == counted
    statuses = {
        f"{row.status}": row.records for row in value.statuses if row.vendor == "nginx" and row.status
    }
    assert {name: drawn[name] for name in ("404", "499", "502")} == {
        name: statuses[name] for name in ("404", "499", "502")
    }
