"""The page on paper, as Chromium prints it: nothing folded, nothing cut, figures in dark ink."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

import loganalyzer
import reports
from reports.figures import HEAT
from tests.analysis_factory import analysis
from tests.conftest import require
from tests.opened_page import OpenedPage
from tests.screenshots.run import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

    from reports.catalogue import Language

PAPERS = {"A4": (8.27, 11.69), "Letter": (8.5, 11.0)}

DRAWN = "#b3243c"
"""What a server error is drawn in, in figures and bars."""


class Paper(NamedTuple):
    """A printed page: its words, its sheets as pixels, and its size in points."""

    text: str
    sheets: list[np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]]
    size: tuple[float, float]


@pytest.fixture
def page(browser: Chrome) -> Iterator[OpenedPage]:
    opened = OpenedPage(browser)
    yield opened
    opened.restore()


def printed(
    page: OpenedPage, folder: Path, *, paper: str = "A4", lang: Language = "en", until: str = "figures-drawn"
) -> Paper:
    """Print the page of the made-up analysis, and read the PDF with poppler."""
    tools = {
        name: str(require("poppler-utils", shutil.which(name)))
        for name in ("pdftotext", "pdftoppm", "pdfinfo")
    }
    file = folder / "report.html"
    file.write_text(reports.to_html(analysis(), lang=lang), encoding="utf-8")
    page.open(file.as_uri(), until=until)
    width, height = PAPERS[paper]
    pdf = folder / "report.pdf"
    pdf.write_bytes(page.print(width=width, height=height))
    text = subprocess.run([tools["pdftotext"], pdf, "-"], check=True, capture_output=True, text=True).stdout
    subprocess.run([tools["pdftoppm"], "-r", "60", pdf, folder / "sheet"], check=True)
    told = subprocess.run([tools["pdfinfo"], pdf], check=True, capture_output=True, text=True).stdout
    size = re.search(r"Page size: +([\d.]+) x ([\d.]+)", told)
    assert size
    sheets = [pixels(one) for one in sorted(folder.glob("sheet-*.ppm"))]
    return Paper(text, sheets, (float(size[1]), float(size[2])))


def pixels(file: Path) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    """Read a picture of poppler's: P6, width, height, 255."""
    data = file.read_bytes()
    head = re.match(rb"P6\n(\d+) (\d+)\n255\n", data)
    assert head
    shape = (int(head[2]), int(head[1]), 3)
    return np.frombuffer(data[head.end() :], dtype=np.uint8).reshape(shape)


def painted(sheet: np.ndarray[tuple[int, int, int], np.dtype[np.uint8]], colour: str) -> int:
    """Count the pixels of about a colour."""
    wanted = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)])
    return int((np.abs(sheet.astype(int) - wanted).max(axis=2) < 24).sum())


@pytest.mark.parametrize("paper", PAPERS)
def test_paper_holds_all_words_and_the_figures(page: OpenedPage, tmp_path: Path, paper: str) -> None:
    made = printed(page, tmp_path, paper=paper)
    assert made.size == pytest.approx([72 * inches for inches in PAPERS[paper]], abs=1)
    assert 6 <= len(made.sheets) <= 16
    folded = page.run("return document.querySelector('#glossary details:not([open]) .fold li').textContent")
    assert squeezed(folded) in squeezed(made.text)
    assert "https://www.rfc-editor.org/rfc/rfc9110#section-15.3.1" in squeezed(made.text)
    # The names of the panels are words of the drawing alone.
    assert made.text.count("all records") >= 2
    assert sum(painted(sheet, DRAWN) for sheet in made.sheets) > 100
    # What only a screen can do is not there.
    for tool in ("Skip to", "Contents"):
        assert tool not in made.text


@pytest.mark.parametrize("paper", PAPERS)
def test_nothing_runs_off_the_paper(page: OpenedPage, tmp_path: Path, paper: str) -> None:
    """The outermost tenth of an inch stays white: no table, no figure is cut."""
    for sheet in printed(page, tmp_path, paper=paper).sheets:
        assert int(sheet[:, -6:].min()) > 240
        assert int(sheet[:, :6].min()) > 240


def test_no_sheet_is_left_nearly_empty(page: OpenedPage, tmp_path: Path) -> None:
    """A card that is longer than a sheet begins where the one before it ends."""
    sheets = printed(page, tmp_path).sheets
    filled = [np.flatnonzero(sheet.min(axis=(1, 2)) < 200) for sheet in sheets[:-1]]
    assert min(float(rows[-1] / sheet.shape[0]) for rows, sheet in zip(filled, sheets, strict=False)) > 0.35


def test_dark_readers_print_dark_ink_on_white(page: OpenedPage, tmp_path: Path) -> None:
    page.prefer(color_scheme="dark")
    made = printed(page, tmp_path)
    assert all(float(sheet.mean()) > 200 for sheet in made.sheets)
    page.prefer(media="print", color_scheme="dark")
    ink = page.run("return getComputedStyle(document.querySelector('.plot .xtick text')).fill")
    assert ink == "rgb(51, 51, 51)"


def test_the_heat_map_of_dark_readers_has_the_colours_of_paper(page: OpenedPage, tmp_path: Path) -> None:
    """In the dark many are light; on white that would show most where least is. Afterwards the screen is as it was."""
    scale = "return document.querySelector('#heat .plot').data[0].colorscale"
    counts = []
    for theme in ("light", "dark"):
        page.prefer(prefers_color_scheme=theme)
        made = printed(page, tmp_path)
        counts.append([sum(painted(sheet, colour) for sheet in made.sheets) for colour in HEAT])
        pale_first = [colour for _, colour in page.run(scale)] == list(HEAT)
        assert pale_first is (theme == "light")
    assert min(counts[0]) > 10
    assert counts[1] == pytest.approx(counts[0], rel=0.1)
    keys = "return [...document.querySelectorAll('#heat .keys span')].map(one => getComputedStyle(one).backgroundColor)"
    page.prefer(media="print", prefers_color_scheme="dark")
    wanted = [f"rgb({', '.join(str(int(one[at : at + 2], 16)) for at in (1, 3, 5))})" for one in HEAT]
    assert page.run(keys) == wanted


def test_nothing_makes_the_browser_shrink_the_page(page: OpenedPage, tmp_path: Path) -> None:
    """Chromium makes all of a page smaller for one table that is too wide: paper has no scroll bar."""
    file = tmp_path / "report.html"
    file.write_text(reports.to_html(loganalyzer.analyze(SAMPLES)), encoding="utf-8")
    page.open(file.as_uri())
    page.resize(int(PAPERS["A4"][0] * 96 - 2 * 0.4 * 96), 1_000)  # without Chromium's own margins
    page.prefer(media="print")
    page.run("for (const fold of document.querySelectorAll('details')) fold.open = true")
    page.run("document.documentElement.style.setProperty('--printed', '.7')")
    assert page.run("return document.documentElement.scrollWidth - innerWidth") <= 0


def test_paper_in_korean(page: OpenedPage, tmp_path: Path) -> None:
    made = printed(page, tmp_path, lang="ko")
    assert "발견 사항" in made.text
    assert 6 <= len(made.sheets) <= 16


def test_paper_without_a_script_holds_every_word(page: OpenedPage, tmp_path: Path) -> None:
    page.script(allowed=False)
    made = printed(page, tmp_path, until="")
    page.script(allowed=True)
    folded = page.run("return document.querySelector('#glossary details:not([open]) .fold li').textContent")
    assert squeezed(folded) in squeezed(made.text)


def squeezed(text: str) -> str:
    """Return a text without blanks: lines break where the paper ends."""
    return re.sub(r"\s+", "", text)
