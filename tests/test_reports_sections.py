"""What the sections say about a plausible analysis, and about one with nothing in it."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from plotly import graph_objects

import reports
from loganalyzer.analysis import (
    ENOUGH,
    SHARES,
    CacheRow,
    Caching,
    Ledger,
    Note,
    Percentiles,
    RoleCount,
    Speed,
)
from loganalyzer.baseline import NO_HISTORY
from loganalyzer.cli import summary
from loganalyzer.knowledge import explain, known
from loganalyzer.knowledge.library import documents
from reports.catalogue import LANGUAGES
from reports.section import Bars, Bullets, Facts, Figure, Folded, Lines, Link, Paragraph, Section, Table
from reports.sections import sections
from reports.sections.meaning import explained, first_sentence
from reports.words import Words, plain
from tests.analysis_factory import HOSTILE, START, TIMELINE, analysis, empty, finding, hostile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from loganalyzer.analysis import Analysis
    from reports.catalogue import Language
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
        elif isinstance(block, Paragraph):
            parts.append(plain(block.text))
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
        "glossary",
        "method",
        "documents",
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
    assert "With it" in text
    assert "Apart from that" in text
    assert "> 99.9 % of the lines meant to be records; 7 lines rejected" in text
    assert "`nginx-combined` guessed" in text


def test_the_headline_without_a_finding_says_so() -> None:
    headline = made(replace(analysis(), findings=(), notes=()))["headline"]
    assert headline.heading == "Nothing stood out"
    assert headline.badge is None
    assert "2 formats, told by line or path" in told(headline)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_section_that_the_headline_names_is_linked(lang: Language) -> None:
    words = Words(lang)
    unread = replace(empty(), totals=Ledger(lines=9, rejected=9))
    for value, anchor in ((replace(analysis(), findings=()), "method"), (unread, "coverage")):
        page = {one.anchor: one for one in sections(value, words)}
        links = [piece for piece in page["headline"].lede if isinstance(piece, Link)]
        assert links == [Link(page[anchor].heading, f"#{anchor}")]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("records", [2, ENOUGH - 1, ENOUGH])
def test_of_a_handful_no_share_and_no_percentile_is_told(records: int, lang: Language) -> None:
    """Where there are too few the section says how many there were, and shows no table of percentages."""
    words = Words(lang)
    row = CacheRow("HIT", "hit", records, 10 * records, 1, 0, ((404, 1),))
    caching = Caching("nginx", records, records, 0, 10 * records, 10 * records, (row,))
    speed = Speed("nginx", Percentiles(None, records, (0.1, 0.2, 0.3, 0.4)), (), 0, 0, 0, 0)
    page = {
        one.anchor: one for one in sections(replace(analysis(), caching=(caching,), speeds=(speed,)), words)
    }
    enough = records >= ENOUGH
    for name in ("cache", "latency"):
        text = "\n".join(told(page[name]).split("\n")[2:])  # below what the section is about
        assert any(isinstance(block, Table) for block in page[name].blocks) == enough
        assert ("%" in text) == enough
        assert words.number(records) in text
        assert (words.number(ENOUGH) in text) == (not enough or records == ENOUGH)


def test_a_cache_result_of_a_few_requests_is_told_in_counts() -> None:
    rows = (
        CacheRow("HIT", "hit", 900, 9_000, 90, 0, ((404, 90),)),
        CacheRow("EXPIRED", "miss", 3, 30, 1, 2, ((502, 2), (404, 1))),
    )
    caching = Caching("nginx", 903, 900, 3, 9_030, 9_000, rows)
    (table,) = (
        block
        for block in made(replace(analysis(), caching=(caching,)))["cache"].blocks
        if isinstance(block, Table)
    )
    assert [plain(row.cells[5]) for row in table.rows] == ["10 %", "1 of 3"]
    assert [plain(row.cells[6]) for row in table.rows] == ["0 %", "2 of 3"]
    assert [row.keys[5] for row in table.rows] == [0.1, 1 / 3]


def test_from_a_hundred_on_a_share_is_known_to_ten_points() -> None:
    z = 1.96
    width = z / (1 + z * z / ENOUGH) * math.sqrt(0.25 / ENOUGH + z * z / (4 * ENOUGH * ENOUGH))
    assert 0.09 < width < 0.1
    assert math.ceil(SHARES[-1] * ENOUGH) < ENOUGH  # the slowest is not the percentile


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
    assert "1 path, in part or whole: logs/half.gz" in told(sections["headline"])
    assert "Problem: the gzip ends too early" in told(sections["coverage"])


def test_a_finding_shows_observed_beside_expected_and_what_it_means() -> None:
    text = told(made(analysis())["findings"])
    assert "Expected: 38 (×5.6)" in text
    assert "score 12, 4.7 needed" in text
    assert "Bad Gateway, 180" in text
    assert "10 of 212 lines from the log" in text
    assert "Basis: no weekend seen yet" in text


def test_a_finding_judged_by_a_limit_says_so_and_gives_no_odds() -> None:
    burst = analysis().findings[0]
    limited = replace(
        burst, model=replace(burst.model, b=0.05, limit=0.05, history=NO_HISTORY), expected=27.0
    )
    sections = made(replace(analysis(), findings=(limited,)))
    text = told(sections["findings"]) + told(sections["headline"])
    assert "Limit: 5 % of requests, here 27" in text
    assert "Basis: nothing to compare with" in text
    for word in ("×", "chance at", "chance below", "score", "Expected", "How sure"):
        assert word not in text


def test_handshakes_are_no_errors_in_the_head_and_the_figures_but_stay_in_the_tables() -> None:
    value = with_handshakes()
    sections = made(value)
    requests = sum(row.records for row in value.requests if row.vendor == "nginx")
    assert f"1.6 % 4xx of {requests:,} requests" in told(sections["headline"])
    figures = {one.name: one for one in sections["timeline"].blocks if isinstance(one, Figure)}
    for name in ("errors-together", "statuses-nginx"):
        assert "Errors of nginx peak at 31 at " in figures[name].summary
    drawn = [trace["name"] for trace in figures["statuses-nginx"].plot["data"]]  # type: ignore[attr-defined]
    assert "407" not in drawn
    assert "Handshakes, tunnels, probes and subrequests are no errors here." in told(sections["timeline"])
    assert "407 Proxy Authentication Required" in told(sections["statuses"])
    assert "All records are counted, handshakes" in told(sections["statuses"])
    assert "All records are counted, handshakes" not in told(made(analysis())["statuses"])
    assert "What else the records are" in told(sections["classes"])
    assert "What else the records are" not in told(made(analysis())["classes"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_same_share_has_the_same_base_in_head_table_and_terminal(lang: Language) -> None:
    words, value = Words(lang), with_handshakes()
    page = {one.anchor: one for one in sections(value, words)}
    counted = {row.status_class: row.records for row in value.requests if row.vendor == "nginx"}
    whole = sum(counted.values())
    share = words.percent(counted["4xx"], whole)
    assert share != words.percent(counted["4xx"] + 5_000, whole + 5_000)
    (line,) = (line for line in summary.classes(value, words, bars=False) if line.startswith("nginx"))
    table = next(block for block in page["classes"].blocks if isinstance(block, Table))
    bars = next(block for block in page["classes"].blocks if isinstance(block, Bars))
    row = next(row for row in table.rows if plain(row.cells[0]) == "nginx")
    assert f"4xx {share}" in line
    assert f"({share})" in " ".join(plain(cell) for cell in row.cells)
    assert f"4xx {share}" in bars.summary
    assert share in told(page["headline"])
    for text in (line, plain(row.cells[1]), told(page["headline"])):
        assert words.number(whole) in text
    assert words.count("request", whole) in line
    assert [column.heading for column in table.columns][1] == words("classes.requests")


def test_a_log_of_tunnels_alone_has_no_share_of_errors() -> None:
    tunnels = replace(analysis(), requests=())
    page = made(tunnels)
    assert "records, none of them a request of a client" in told(page["headline"])
    table = next(block for block in page["classes"].blocks if isinstance(block, Table))
    whole = [
        sum(row.records for row in tunnels.classes if row.vendor == vendor)
        for vendor in ("cloudflare", "nginx")
    ]
    assert [plain(row.cells[1]) for row in table.rows] == [f"{records:,} records" for records in whole]


def with_handshakes() -> Analysis:
    """Return the analysis with 5,000 handshakes in the nginx log, all in one minute."""
    value = analysis()
    extra = pl.DataFrame([("nginx", START, 407, False, "4xx", 5_000)], schema=TIMELINE, orient="row")
    row = next(row for row in value.statuses if row.vendor == "nginx" and row.status == 404)
    return replace(
        value,
        roles=(*value.roles, RoleCount("nginx", "handshake", 5_000)),
        statuses=(
            *value.statuses,
            replace(row, status=407, records=5_000, reason="Proxy Authentication Required"),
        ),
        classes=tuple(
            replace(row, records=row.records + 5_000)
            if (row.vendor, row.status_class) == ("nginx", "4xx")
            else row
            for row in value.classes
        ),
        timeline=pl.concat([value.timeline, extra]).sort("vendor", "time", "status", "request"),
    )


def test_only_some_of_many_rejected_lines_are_listed_and_that_is_said() -> None:
    headline = told(made(analysis())["headline"])
    assert "7 lines rejected, 3 of them listed below" in headline
    few = replace(analysis(), rejects=analysis().rejects[:2], totals=replace(analysis().totals, rejected=2))
    assert "2 lines rejected, listed below" in told(made(few)["headline"])


def test_findings_that_are_not_named_are_counted() -> None:
    burst = analysis().findings[0]
    many = tuple(replace(burst, host=f"{number}.example.com") for number in range(11))
    assert "and 2 more findings" in told(made(replace(analysis(), findings=many))["headline"])


def test_a_path_that_does_not_exist_is_no_source() -> None:
    value = analysis()
    missing = replace(
        value.sources[0],
        path="none.log",
        bytes=0,
        ledger=Ledger(),
        vendor=None,
        format=None,
        problem="no such file",
    )
    headline = told(made(replace(value, sources=(*value.sources, missing)))["headline"])
    assert "of 2 sources" in headline
    assert "1 path, in part or whole: none.log" in headline


def test_files_that_are_no_logs_share_one_line() -> None:
    value = analysis()
    strangers = tuple(
        replace(
            value.sources[0],
            path=f"notes-{number}.txt",
            ledger=Ledger(lines=10, skipped=10),
            vendor=None,
            format=None,
        )
        for number in range(9)
    )
    left_out = tuple(Note("not-a-log", {"path": one.path, "why": "not recognised"}) for one in strangers)
    sections = made(replace(value, sources=(*value.sources, *strangers), notes=left_out))
    table = sections["coverage"].blocks[0]
    assert isinstance(table, Table)
    assert len(table.rows) == 2 + 1 + 1
    assert plain(table.rows[2].cells[0]).startswith("9 files: notes-0.txt, ")
    assert [plain(cell) for cell in table.rows[2].cells[2:]] == ["90", "0", "0", "0", "90", "0"]
    assert "9 files were left out as no access logs: notes-0.txt" in told(sections["notes"])
    assert "of 11 sources, 9 of them no access logs" in told(sections["headline"])


@pytest.mark.parametrize(
    ("vendor", "status", "documents"),
    [
        ("nginx", 499, ["nginx-source"]),
        ("nginx", 444, ["nginx-source"]),
        ("cloudflare", 499, ["cloudflare-docs"]),
        ("cloudflare", 429, ["cloudflare-4xx"]),
        ("cisco_wsa", 403, ["cisco-wsa-codes"]),
        ("apache", 200, ["http-status-overview"]),
        ("apache", 414, ["apache-manual"]),
        ("nginx", 0, ["nginx-source"]),
        ("apache", 502, ["mdn-client-server-errors", "mdn-errors-excerpt"]),
    ],
)
def test_the_explanation_nearest_to_the_server_comes_first(
    vendor: str, status: int, documents: list[str]
) -> None:
    said = explained(analysis(), vendor, status, EN)
    assert [entry.document for entry in said[0].entries] == documents


@pytest.mark.parametrize("lang", LANGUAGES)
def test_equal_words_of_two_documents_are_told_once(lang: Language) -> None:
    for status in known():
        for vendor in ("nginx", "apache", "cloudflare", "cisco_wsa"):
            said = explained(analysis(), vendor, status, Words(lang))
            words = [(one.first.meaning, one.first.causes, one.first.remedies) for one in said]
            assert len(set(words)) == len(words)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_glossary_tells_every_code_once_for_all_logs(lang: Language) -> None:
    value = analysis()
    glossary = next(one for one in sections(value, Words(lang)) if one.anchor == "glossary")
    codes = {fold.anchor: fold for fold in glossary.blocks if isinstance(fold, Folded)}
    assert list(codes) == [f"code-{status}" for status in (200, 304, 403, 404, 499, 502, 503, 504, 522)]
    for status in (403, 404):
        fold = codes[f"code-{status}"]
        text = told(Section("", "", (), (fold,)))
        for vendor in ("nginx", "cloudflare") if status == 404 else ("cloudflare",):
            for entry in explain(status, vendor=vendor, lang=lang).entries:
                assert all(part in text for part in (entry.meaning, *entry.causes, *entry.remedies))
                assert entry.document in text
                assert entry.caveat is None or entry.caveat in text
        meanings = [
            plain(one.text)
            for block in fold.blocks
            if isinstance(block, Section)
            for one in block.blocks
            if isinstance(one, Paragraph)
        ]
        assert meanings
        # Two documents may give one meaning and unlike causes.
        assert len({told(one) for one in fold.blocks if isinstance(one, Section)}) == len(meanings)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_card_and_a_row_say_the_first_sentence_and_the_glossary_says_all(lang: Language) -> None:
    """On paper, and without a script, everything stands once: where the way from card and row leads."""
    value = analysis()
    page = {one.anchor: one for one in sections(value, Words(lang))}
    texts = {name: told(section) for name, section in page.items()}
    shortened = 0
    for row in value.statuses:
        meaning = explained(value, row.vendor, row.status or 0, Words(lang))[0].first.meaning
        assert meaning in texts["glossary"]
        if (first := first_sentence(meaning)) == meaning:
            continue
        shortened += 1
        assert first in texts["statuses"]
        assert not [name for name, text in texts.items() if meaning in text and name != "glossary"]
    assert shortened
    ways = {
        piece.address
        for block in every((page["findings"],))
        if isinstance(block, Bullets)
        for item in block.items
        for piece in item
        if isinstance(piece, Link)
    }
    assert {"#code-502", "#code-504", "#code-522"} <= ways


def test_a_sentence_ends_at_its_full_stop_alone() -> None:
    """In the library no text is cut in the middle of a number, a name or an abbreviation."""
    for lang in LANGUAGES:
        meanings = {
            entry.meaning for status in known() for entry in explain(status, vendor=None, lang=lang).entries
        }
        for meaning in meanings:
            first = first_sentence(meaning)
            assert first.endswith((".", "”", ")", "`")), meaning
            rest = meaning[len(first) :].lstrip()
            assert not rest[:1].islower() or rest.startswith("nginx"), meaning
            assert first.count("`") % 2 == 0
            assert first.count("(") == first.count(")")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_documents_are_those_that_are_quoted_and_the_rest_is_counted(lang: Language) -> None:
    words = Words(lang)
    whole = analysis()
    some = replace(
        whole,
        findings=(),
        statuses=tuple(row for row in whole.statuses if row.status in {200, 304} and row.vendor == "nginx"),
    )
    for value in (whole, some):
        page = sections(value, words)
        (table,) = (block for block in page[-1].blocks if isinstance(block, Table))
        listed = [plain(row.cells[0]) for row in table.rows]
        said = "\n".join(told(section) for section in page[:-1])
        assert listed == [one["id"] for one in documents() if one["id"] in said]
        assert 0 < len(listed) < len(documents())
        assert words.count("document", len(documents()) - len(listed)) in table.remainder
        links = {
            piece.address
            for section in page
            for block in every((section,))
            for text in ([block.lede] if isinstance(block, Section) else [])
            + ([*block.items, block.source] if isinstance(block, Bullets) else [])
            + ([cell for _, cell in block.rows] if isinstance(block, Facts) else [])
            + ([cell for row in block.rows for cell in row.cells] if isinstance(block, Table) else [])
            for piece in text
            if isinstance(piece, Link) and piece.address.startswith("#document-")
        }
        assert links <= {f"#{row.anchor}" for row in table.rows}
        assert links
    none = replace(some, statuses=())
    assert sections(none, words)[-1].anchor != "documents"


def test_the_short_version_lists_the_documents_that_it_quotes() -> None:
    text = reports.render(analysis(), "md")
    before, table = text.split("## Documents")
    listed = re.findall(r"^\| ([a-z0-9][a-z0-9-]*) \|", table, re.MULTILINE)
    assert listed == [one["id"] for one in documents() if one["id"] in before]
    assert len(listed) < len(documents())
    assert "glossary" not in text


def test_the_glossary_leads_to_the_rows_and_to_codes_told_beside_each_other() -> None:
    value = analysis()
    row = next(row for row in value.statuses if row.status == 403)
    with_both = replace(
        value, statuses=(*value.statuses, replace(row, status=401), replace(row, status=799, reason=None))
    )
    glossary = made(with_both)["glossary"]
    code = next(one for one in glossary.blocks if isinstance(one, Folded) and one.anchor == "code-403")
    texts = [one.text for one in code.blocks if isinstance(one, Paragraph)]
    links = [piece for text in texts for piece in text if isinstance(piece, Link)]
    assert [(link.text, link.address) for link in links] == [
        (f"Cloudflare {row.records}", "#status-cloudflare-403"),
        ("401", "#code-401"),
        ("404", "#code-404"),
    ]
    assert "No document explains 1 code: 799." in told(glossary)


def test_a_code_is_told_of_its_own_vendor_apart() -> None:
    headings = [
        block.heading
        for fold in made(analysis())["glossary"].blocks
        if isinstance(fold, Folded) and fold.anchor == "code-499"
        for block in fold.blocks
        if isinstance(block, Section)
    ]
    assert headings
    assert all(heading.startswith(("Cloudflare: ", "nginx: ")) for heading in headings)


def test_korean_severities_are_counted_with_their_word() -> None:
    headline = sections(analysis(), Words("ko"))[0]
    assert "심각 1건, 그 밖에 알림 수준의 발견 사항 1건" in told(headline)


def test_the_first_finding_of_a_kind_has_the_kind_as_an_anchor() -> None:
    twice = (*analysis().findings, replace(finding("server-error-burst", "cloudflare", "major", ((502, 9),))))
    cards = made(replace(analysis(), findings=twice))["findings"].blocks
    shown = [card for card in every(cards) if isinstance(card, Section)]
    assert sorted(alias for card in shown for alias in card.aliases) == [
        "blips",
        "origin-unreachable",
        "server-error-burst",
    ]
    anchors = [card.anchor for card in shown]
    assert (
        len(set(anchors)) == len(anchors) == 5
    )  # an incident of three findings, each with its own, and the blips


def test_an_incident_shows_its_lead_and_folds_what_came_with_it() -> None:
    value = analysis()
    incident, blips = made(value)["findings"].blocks
    assert isinstance(incident, Section)
    assert isinstance(blips, Section)
    assert incident.heading == "1. Cloudflare 522 ×2.4 with nginx 502 ×5.6"
    assert "2 findings in 2 logs" in plain(incident.lede)
    lead, with_it = incident.blocks
    assert isinstance(lead, Section)
    assert isinstance(with_it, Folded)
    assert lead.heading == "Lead: Origin unreachable, Cloudflare"
    assert with_it.summary.startswith("nginx, 14:03–14:21 UTC: 212 server errors")


def anchors_of(block: Block) -> set[str]:
    """Return the places of a block that a link may lead to."""
    if isinstance(block, Section):
        return {block.anchor, *block.aliases}
    if isinstance(block, Table):
        return {row.anchor for row in block.rows if row.anchor}
    return {block.anchor} if isinstance(block, Folded) and block.anchor else set()


def texts_of(block: Block) -> Iterator[tuple[Any, ...]]:
    """Yield every text of a block that may hold links."""
    if isinstance(block, Section):
        yield block.lede
    elif isinstance(block, Paragraph):
        yield block.text
    elif isinstance(block, Bullets):
        yield from block.items
    elif isinstance(block, Facts):
        yield from (value for _, value in block.rows)
    elif isinstance(block, Figure):
        yield block.caption
    elif isinstance(block, Table):
        yield from (cell for row in block.rows for cell in row.cells)


def test_every_link_into_the_page_leads_somewhere() -> None:
    sections = made(analysis())
    anchors, links = set(sections), set[str]()
    for section in sections.values():
        for block in (section, *every(section.blocks)):
            anchors |= anchors_of(block)
            for text in texts_of(block):
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
    assert "Not shown: 23 further values with 90 errors." in text
    assert "No value logged: 30 errors." in text


def test_failures_without_a_value_are_no_further_values() -> None:
    one = analysis().tops[0]
    told_of = {
        "rest": replace(one, rows=(replace(one.rows[0], failures=5),), failures=9, values=1, unnamed=4),
        "most": replace(one, unnamed=120),
        "bounded": replace(one, bound=4),
    }
    text = {name: told(made(replace(analysis(), tops=(top,)))["tops"]) for name, top in told_of.items()}
    assert "No value logged: 4 errors." in text["rest"]
    assert "Not shown" not in text["rest"]
    assert "Most of them, 120 errors of 200, carry no value here" in text["most"]
    assert "No value logged, or one too rare to be kept: 30 errors." in text["bounded"]
    assert "up to 4 too low" in text["bounded"]


def test_a_status_that_no_document_knows_is_said_to_be_unknown() -> None:
    row = replace(analysis().statuses[0], status=799, status_class="other", reason=None)
    none = replace(row, status=None)
    text = told(made(replace(analysis(), statuses=(row, none)))["statuses"])
    assert "No document explains this status for Cloudflare. HTTP has statuses from 100 to 599 only" in text
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
    assert len(sections(hostile(text), words)) == 11


def test_the_figures_are_what_plotly_takes() -> None:
    """The plots are written as JSON; plotly's own classes check every name and value in them."""
    figures = [block for block in made(analysis())["timeline"].blocks if isinstance(block, Figure)]
    assert [figure.name for figure in figures] == [
        "errors-together",
        "statuses-cloudflare",
        "statuses-nginx",
        "heat",
    ]
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


def test_the_numbers_of_the_bands_are_those_of_the_incidents() -> None:
    """What a number in the figures leads to has that number in its heading."""
    value = analysis()
    told_there = {
        section.anchor: section.heading
        for section in every(made(value)["findings"].blocks)
        if isinstance(section, Section)
    }
    (together, *_) = (block for block in made(value)["timeline"].blocks if isinstance(block, Figure))
    links = [piece for piece in together.caption if isinstance(piece, Link)]
    assert [link.text.split(" ")[0] for link in links] == ["1", "2"]
    for link in links:
        number, _, kind = link.text.partition(" ")
        assert told_there[link.address.removeprefix("#")].startswith(f"{number}. ")
        assert kind
