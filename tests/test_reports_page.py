"""The page: one file, nothing raw from a log in it, nothing that loads."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import random
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

import reports
from loganalyzer.analysis import Evidence, Note, Reject
from reports.assets import base91
from reports.catalogue import CATALOGUE, LANGUAGES
from reports.page import BUDGET, BUDGETS
from tests.analysis_factory import HOSTILE, analysis, empty, hostile
from tests.heavy_analysis import heavy

if TYPE_CHECKING:
    from reports.catalogue import Language

LIMIT = 2_300_000
MOST = 3_200_000


class Tags(HTMLParser):
    """Every tag with its attributes, and the texts of scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.scripts[-1] += data


def links(parser: Tags) -> list[str]:
    """Return every address, without the hashes that name findings."""
    addresses = [attrs["href"] or "" for _, attrs in parser.tags if "href" in attrs]
    return [re.sub(r"^(#[a-z-]+)-[0-9a-f]{12}$", r"\1", address) for address in addresses]


def read(page: str) -> Tags:
    parser = Tags()
    parser.feed(page)
    parser.close()
    return parser


def test_the_page_is_one_small_file() -> None:
    page = reports.render(analysis(), "html", version="1.2.3")
    assert len(page.encode()) < LIMIT
    assert "loganalyzer 1.2.3" in page


def test_equal_input_gives_an_equal_page() -> None:
    assert reports.render(analysis(), "html") == reports.render(analysis(), "html")


def test_the_title_is_the_callers_and_escaped() -> None:
    page = reports.render(analysis(), "html", title="Night </title><script>alert(1)</script>")
    assert "<title>Night &lt;/title&gt;&lt;script&gt;" in page


def test_the_language_of_the_page_is_stated() -> None:
    assert '<html lang="ko">' in reports.render(analysis(), "html", lang="ko")
    assert "발견 사항" in reports.render(analysis(), "html", lang="ko")


def test_no_line_breaks_between_a_number_and_its_sign() -> None:
    page = reports.render(analysis(), "html")
    assert "&gt;\N{NO-BREAK SPACE}99.9\N{NO-BREAK SPACE}% of the lines" in page


def test_an_empty_page_carries_no_plotly() -> None:
    assert len(reports.render(empty(), "html")) < 100_000


def test_the_page_of_a_log_that_never_rests_still_opens() -> None:
    """Thousands of findings, sources, notes and rejects; every field as long as a line may be."""
    plain = analysis()
    long = "/" + "x" * 100_000
    evidence = tuple(Evidence(long, number, long) for number in range(20))
    hour = timedelta(hours=1)
    busy = replace(
        plain,
        findings=tuple(
            replace(
                one,
                start=one.start + hour * number,
                end=one.end + hour * number,
                host=long,
                evidence=evidence,
            )
            for number in range(700)
            for one in plain.findings
        ),
        sources=tuple(
            replace(plain.sources[0], path=f"{number}{long}", evidence=long) for number in range(1_000)
        ),
        notes=tuple(Note("vendor-guessed", {"path": f"{number}{long}"}) for number in range(1_000)),
        rejects=tuple(Reject(long, number, f"{number % 90}{long}", long) for number in range(1_000)),
        rejected_why=tuple((f"{number}{long}", 11) for number in range(90)),
        tops=tuple(
            replace(one, rows=tuple(replace(one.rows[0], value=long) for _ in range(20)))
            for one in plain.tops
        ),
    )
    page = reports.render(busy, "html")
    assert len(page.encode()) < MOST
    assert "in one line each" in page
    assert "The JSON result holds 1,975 more findings." in page
    assert len(reports.render(busy, "md").encode()) < 500_000


@pytest.fixture(scope="module", params=["en", "ko"])
def heavy_page(request: pytest.FixtureRequest) -> str:
    return reports.render(heavy(), "html", lang=request.param)


def test_no_log_makes_a_page_that_is_too_heavy(heavy_page: str) -> None:
    """Every code, vendor, question and table at its bound, and every text of a log longer than any page."""
    assert len(heavy_page.encode()) <= MOST
    weights = {
        found[2]: len(found[0].encode())
        for found in re.finditer(r'<(header|section) id="([a-z]+)".*?\n</\1>', heavy_page, re.DOTALL)
    }
    assert set(BUDGETS) < set(weights)
    over = {name: size for name, size in weights.items() if size > BUDGETS.get(name, BUDGET) + 1_000}
    assert over == {}  # the head has its headline besides


def test_what_a_heavy_page_leaves_out_is_counted(heavy_page: str) -> None:
    text = re.sub("<[^>]*>", "", heavy_page)
    left = {
        "findings": "575",
        "statuses": "348",
        "values of a top table": "999,996",
        "values of a crossing": "10,000",
        "faster routes": "9,990",
    }
    assert {what: number for what, number in left.items() if number not in text} == {}


def test_a_text_that_fits_is_not_cut_and_one_that_does_not_says_so() -> None:
    said = "each is cut at"
    assert said not in reports.render(analysis(), "html")
    assert said in reports.render(heavy(), "html")


def test_the_policy_allows_the_three_scripts_by_hash_and_nothing_else() -> None:
    page = reports.render(analysis(), "html")
    parser = read(page)
    policy = next(attrs["content"] for tag, attrs in parser.tags if attrs.get("http-equiv"))
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    script_src = re.search(r"script-src ([^;]*);", policy)
    assert script_src is not None
    allowed = set(script_src[1].split())
    assert len(allowed) == 3
    boot = next(text for text in parser.scripts if "DecompressionStream" in text)
    assert f"'sha256-{digest(boot.encode())}'" in allowed


def test_the_packed_script_is_plotly_and_has_the_allowed_hash() -> None:
    page = reports.render(analysis(), "html")
    digits, packed = block(page, "plotly")
    script = gzip.decompress(unpacked(packed, digits))
    assert b"plotly.js" in script[:100]
    assert f"'sha256-{digest(script)}'" in page.replace("&#39;", "'")


def test_what_is_packed_is_unpacked_whatever_its_length() -> None:
    digits, _ = block(reports.render(analysis(), "html"), "plotly")
    for size in range(60):
        data = random.Random(size).randbytes(size)
        assert unpacked(base91(data), digits) == data
    assert unpacked(base91(b"\xff" * 39), digits) == b"\xff" * 39


def block(page: str, name: str) -> tuple[str, str]:
    """Return the digits, and a packed block of the page."""
    digits = re.search(r'data-digits="([^"]*)"', page)
    packed = re.search(rf'id="{name}"[^>]*>([^<>&]*)</script>', page)
    assert digits is not None
    assert packed is not None
    return html.unescape(digits[1]), packed[1]


def unpacked(packed: str, digits: str) -> bytes:
    """Read base 91 anew: a pair of digits is 13 bits, a last single one six; what fills no byte is cut off."""
    pairs = [packed[place : place + 2] for place in range(0, len(packed), 2)]
    value = {sign: place for place, sign in enumerate(digits)}
    bits = "".join(
        f"{value[pair[0]] * 91 + value[pair[1]]:013b}" if len(pair) == 2 else f"{value[pair]:06b}"
        for pair in pairs
    )
    whole = len(bits) // 8
    return int(bits[: 8 * whole] or "0", 2).to_bytes(whole, "big")


def digest(script: bytes) -> str:
    return base64.b64encode(hashlib.sha256(script).digest()).decode()


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_hostile_texts_make_no_markup(text: str, lang: Language) -> None:
    """The page of a hostile log has the very tags and attributes that the page of a tame one has."""
    page = reports.render(hostile(text), "html", lang=lang, title=text)
    tame = read(without_commands(reports.render(hostile("tame"), "html", lang=lang, title="tame"), lang))
    parser = read(without_commands(page, lang))
    assert [tag for tag, _ in parser.tags] == [tag for tag, _ in tame.tags]
    # A long value stands in a wider place: the class of a fact may come and go.
    names = [sorted(set(attrs) - {"class"}) for _, attrs in parser.tags]
    assert names == [sorted(set(attrs) - {"class"}) for _, attrs in tame.tags]
    assert len(parser.scripts) == 4
    assert not any(name.startswith("on") for _, attrs in parser.tags for name in attrs)
    assert links(parser) == links(tame)
    assert all(link.startswith(("#", "https://", "http://", "data:,")) for link in links(parser))
    assert "hunter2" not in page
    acting = [sign for sign in page if not sign.isprintable() and sign not in "\n\N{NO-BREAK SPACE}"]
    assert acting == []
    page.encode()


def without_commands(page: str, lang: Language) -> str:
    """Return a page without the commands of cards: of what acts, hides or is a secret none is offered."""
    told = CATALOGUE["findings.again"][LANGUAGES.index(lang)]
    return re.sub(rf"<p[^>]*>{re.escape(told)}.*?</p>\n", "", page)


def test_nothing_is_loaded_from_anywhere() -> None:
    parser = read(reports.render(analysis(), "html"))
    assert not any(tag in {"iframe", "object", "embed", "img", "base"} for tag, _ in parser.tags)
    assert not any("src" in attrs for _, attrs in parser.tags)
    loading = [attrs["href"] for tag, attrs in parser.tags if tag == "link"]
    assert loading == ["data:,"]
    outside = [attrs for tag, attrs in parser.tags if tag == "a" and (attrs["href"] or "").startswith("http")]
    assert outside
    assert all("noreferrer" in (attrs["rel"] or "") for attrs in outside)


def test_tables_figures_and_ids_are_fit_for_reading_aloud() -> None:
    parser = read(reports.render(analysis(), "html"))
    heads = [attrs for tag, attrs in parser.tags if tag == "th"]
    assert heads
    assert all(attrs.get("scope") in {"col", "row"} for attrs in heads)
    plots = [attrs for _, attrs in parser.tags if "data-figure" in attrs]
    ids = [attrs["id"] for _, attrs in parser.tags if attrs.get("id")]
    assert len(ids) == len(set(ids))
    assert plots
    assert all(attrs.get("aria-label") and attrs.get("aria-describedby") in ids for attrs in plots)
