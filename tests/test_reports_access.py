"""The page for everybody: axe-core's rules of WCAG 2.2 A and AA, a keyboard alone, zoom, few colours, little motion."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

import loganalyzer
import reports
from tests import axe
from tests.analysis_factory import HOSTILE, analysis, empty, hostile
from tests.heavy_analysis import heavy
from tests.opened_page import OpenedPage
from tests.screenshots.run import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

    from loganalyzer.analysis import Analysis
    from reports.catalogue import Language

OPEN = "for (const fold of document.querySelectorAll('details')) fold.open = true"

DRAWN = (
    "!document.querySelector('[data-figure]') || document.documentElement.classList.contains('figures-drawn')"
)

TRIES = 2_000
"""Presses of a key after which a page counts as a trap."""

PAGES: dict[str, tuple[Callable[[], Analysis], Language]] = {
    "sample": (lambda: loganalyzer.analyze(SAMPLES), "en"),
    "korean": (lambda: loganalyzer.analyze(SAMPLES), "ko"),
    "hostile": (lambda: hostile("".join(HOSTILE)), "en"),
    "empty": (empty, "en"),
    "heaviest": (heavy, "en"),
    "heaviest korean": (heavy, "ko"),
}

LOOKED_AT = [name for name in PAGES if not name.startswith("heaviest")]

ALIKE = 2
"""Elements of a kind that stay of the heaviest page: neighbours, for what hangs on the distance."""


@pytest.fixture
def page(browser: Chrome) -> Iterator[OpenedPage]:
    opened = OpenedPage(browser)
    yield opened
    opened.restore()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Return a function from the name of a page to its address; each is made once."""
    folder = tmp_path_factory.mktemp("pages")

    def address(name: str) -> str:
        file = folder / f"{name}.html"
        if not file.exists():
            make, lang = PAGES[name]
            file.write_text(reports.to_html(make(), lang=lang), encoding="utf-8")
        return file.as_uri()

    return address


@pytest.fixture
def plain(tmp_path: Path) -> str:
    file = tmp_path / "report.html"
    file.write_text(reports.to_html(analysis()), encoding="utf-8")
    return file.as_uri()


@pytest.mark.parametrize("way", ["desktop", "dark phone"])
@pytest.mark.parametrize("name", LOOKED_AT)
def test_axe_finds_nothing(page: OpenedPage, pages: Callable[[str], str], name: str, way: str) -> None:
    script = axe.source()
    if way == "dark phone":
        page.resize(390, 844, mobile=True)
        page.prefer(prefers_color_scheme="dark")
    page.open(pages(name), until="")
    dark = "return matchMedia('(prefers-color-scheme: dark)').matches"
    assert page.run(dark) is (way == "dark phone")
    page.wait(DRAWN)
    page.run(OPEN)
    assert axe.violations(page.browser, script) == []


@pytest.mark.parametrize(
    ("name", "ways"),
    [
        ("heaviest", [(1280, "light"), (390, "dark")]),
        ("heaviest korean", [(1280, "dark"), (390, "light")]),
    ],
)
def test_axe_finds_nothing_on_the_heaviest_page(
    page: OpenedPage, pages: Callable[[str], str], name: str, ways: list[tuple[int, str]]
) -> None:
    """By all rules but the two slow ones as a whole, in English; by all rules with two elements of each kind.

    Rows beyond the second of a kind look like it, and those two rules take minutes for all of them.
    """
    script = axe.source()
    page.open(pages(name), until="")
    page.wait(DRAWN)
    page.run(OPEN)
    if name == "heaviest":
        assert axe.violations(page.browser, script, without=axe.SLOW) == []
    kinds, elements = page.run(axe.KINDS), page.run("return document.querySelectorAll('*').length")
    assert page.run(axe.THIN, ALIKE) < elements / 2
    assert page.run(axe.KINDS) == kinds
    for width, theme in ways:
        page.resize(width, 900, mobile=width < 600)
        page.prefer(prefers_color_scheme=theme)
        assert axe.violations(page.browser, script) == []


def test_the_rules_find_what_is_wrong(page: OpenedPage, plain: str) -> None:
    """A page with these faults would not pass: each level and version of the rules is heard."""
    script = axe.source()
    page.open(plain)
    page.run(
        "document.documentElement.removeAttribute('lang');"
        "document.querySelector('h1').style.color = '#d8dce1';"  # nearly that of the paper: the same is undecided
        "document.querySelector('main').insertAdjacentHTML('afterbegin',"
        " '<button style=\"width: 9px; height: 9px; padding: 0\"></button>'.repeat(2))"
    )
    rules = {told.partition(" ")[0] for told in axe.violations(page.browser, script)}
    assert {"html-has-lang", "color-contrast", "button-name", "target-size"} <= rules


@pytest.mark.parametrize(("name", "way"), [("plain", "forth"), ("plain", "back"), ("sample", "forth")])
def test_the_whole_page_is_walked_by_the_tab_key(
    page: OpenedPage, pages: Callable[[str], str], plain: str, name: str, way: str
) -> None:
    """Every stop comes in the order of the page, is seen to be the one, and leads on to the next."""
    page.prefer(prefers_reduced_motion="reduce")  # what is focused is in sight at once, without a slide
    page.open(plain if name == "plain" else pages(name))
    page.run("window.all = [...document.querySelectorAll('*')]")
    stop = (
        "const one = document.activeElement; if (one === document.body) return null;"
        "const box = one.getBoundingClientRect(); const style = getComputedStyle(one);"
        "const bar = document.querySelector('.filter')?.getBoundingClientRect();"  # stays at the top: may hide nothing
        "return [all.indexOf(one), one.tagName, one.className,"
        " style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,"
        " box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth"
        " && (!bar || one.closest('.filter') || box.bottom > bar.bottom || box.bottom < bar.top)]"
    )
    page.run("document.activeElement.blur()")
    stops: list[list[Any]] = []
    found = None
    for _ in range(TRIES):
        press(page, "Tab", shift=way == "back")
        found = page.run(stop)
        if (
            found is None or found in stops[:1]
        ):  # back from the first one a browser without a window goes to the last
            break
        stops.append(found)
    assert found is None or found in stops[:1], "the end of the page is never reached"
    stops = stops[::-1] if way == "back" else stops
    assert [place for place, *_ in stops] == sorted({place for place, *_ in stops})
    assert [found for found in stops if not found[3]] == []
    assert [found for found in stops if not found[4]] == []
    assert stops[0][2] == "skip"
    reachable = page.run(
        "return [...document.querySelectorAll('a[href], button, summary, select, input, .scroll')]"
        ".filter(one => one.checkVisibility() && !one.disabled && !one.closest('.plot')).map(one => all.indexOf(one))"
    )
    assert set(reachable) <= {place for place, *_ in stops}


def test_the_skip_link_passes_the_contents(page: OpenedPage, plain: str) -> None:
    page.open(plain)
    page.run("document.activeElement.blur()")
    press(page, "Tab")
    assert page.run("return document.activeElement.getBoundingClientRect().left >= 0")
    press(page, "Enter")
    page.wait("location.hash")
    press(page, "Tab")
    assert page.run("return document.activeElement.closest('main') !== null")


def test_a_fold_opens_and_closes_by_the_keyboard(page: OpenedPage, plain: str) -> None:
    page.open(plain)
    fold = "document.querySelector('#glossary summary')"
    page.run(f"{fold}.focus()")
    press(page, "Enter")
    assert page.run(f"return {fold}.parentElement.open") is True
    press(page, "Enter")
    assert page.run(f"return {fold}.parentElement.open") is False


def test_who_wants_little_motion_gets_none(page: OpenedPage, plain: str) -> None:
    page.prefer(prefers_reduced_motion="reduce")
    page.open(plain)
    assert page.run("return getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    moving = (
        "return [...document.querySelectorAll('body *')].filter(one => !one.closest('.plot'))"
        ".filter(one => getComputedStyle(one).transitionDuration !== '0s'"
        " || getComputedStyle(one).animationName !== 'none').length"
    )
    assert page.run(moving) == 0


@pytest.mark.parametrize("width", [320, 640])
@pytest.mark.parametrize("name", ["plain", "hostile"])
def test_text_flows_anew_in_a_narrow_window(
    page: OpenedPage, pages: Callable[[str], str], plain: str, width: int, name: str
) -> None:
    """320 pixels are a phone, or 400 % on a laptop; 640 are 200 %. Tables alone may scroll, each in itself."""
    page.resize(width, 700)
    page.open(plain if name == "plain" else pages(name))
    page.run(OPEN)
    assert page.run("return document.documentElement.scrollWidth <= innerWidth")
    wide = (
        "return [...document.querySelectorAll('body *')].filter(one => !one.closest('.scroll, svg, .plot, .skip'))"
        ".filter(one => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1)"
        ".map(one => one.outerHTML.slice(0, 120))"
    )
    assert page.run(wide) == []


def test_forced_colours_keep_what_colour_alone_tells(page: OpenedPage, plain: str) -> None:
    page.prefer(forced_colors="active")
    page.open(plain)
    assert page.run("return matchMedia('(forced-colors: active)').matches")
    colours = page.run(
        "return [...document.querySelectorAll('.bar span')].map(one => getComputedStyle(one).backgroundColor)"
    )
    assert len(set(colours)) > 2
    keys = page.run(
        "return [...document.querySelectorAll('.keys span')].map(one => getComputedStyle(one).backgroundColor)"
    )
    assert len(set(keys)) > 2
    edge = "return getComputedStyle(document.querySelector('.badge')).borderStyle"
    assert page.run(edge) == "solid"


class Outline(HTMLParser):
    """Levels of headings, and what tables and figures lack."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))

    def count(self, tag: str) -> int:
        return sum(one == tag for one, _ in self.tags)


@pytest.mark.parametrize("make", [analysis, empty, heavy, lambda: hostile(HOSTILE[0])])
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_headings_tables_and_figures_are_marked_up(make: Callable[[], Analysis], lang: Language) -> None:
    outline = Outline()
    outline.feed(reports.to_html(make(), lang=lang))
    assert outline.levels[0] == 1
    assert outline.levels.count(1) == 1
    steps = zip(outline.levels, outline.levels[1:], strict=False)
    assert [(before, after) for before, after in steps if after > before + 1] == []
    assert outline.count("caption") == outline.count("table")
    assert [
        attrs for tag, attrs in outline.tags if tag == "th" and attrs.get("scope") not in {"col", "row"}
    ] == []
    assert outline.count("figcaption") == outline.count("figure")
    plots = [attrs for _, attrs in outline.tags if "data-figure" in attrs]
    assert all(attrs.get("aria-label") and attrs.get("aria-describedby") for attrs in plots)


def press(page: OpenedPage, key: str, *, shift: bool = False) -> None:
    """Press a key as a person does."""
    code = {"Tab": 9, "Enter": 13}[key]
    text = {"text": "\r"} if key == "Enter" else {}
    for kind in ("keyDown", "keyUp"):
        event = {"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 8 * shift}
        page.browser.execute_cdp_cmd("Input.dispatchKeyEvent", event | text)
