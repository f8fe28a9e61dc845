"""--assets shared: light pages, one script beside them, loaded by them alone, from a disk and from a server."""

from __future__ import annotations

import os
import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import loganalyzer
import reports
from loganalyzer.cli import main
from reports.catalogue import CATALOGUE
from reports.page import SHARED
from tests.analysis_factory import HOSTILE, analysis, empty, hostile
from tests.heavy_analysis import heavy
from tests.opened_page import OpenedPage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver import Chrome

    from loganalyzer.analysis import Analysis
    from reports.catalogue import Language

SAMPLES = [f"sample_logs/{vendor}" for vendor in ("nginx", "apache", "cloudflare", "cisco_wsa")]
LINE = '192.0.2.7 - - [10/Mar/2026:12:00:{:02} +0000] "GET /{} HTTP/1.1" 200 5 "-" "-"\n'
LANGUAGES: tuple[Language, Language] = ("en", "ko")


@pytest.fixture(scope="module")
def sampled() -> Analysis:
    return loganalyzer.analyze(SAMPLES)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text("".join(LINE.format(number, number) for number in range(60)))
    return path


@pytest.fixture
def page(browser: Chrome) -> Iterator[OpenedPage]:
    opened = OpenedPage(browser)
    yield opened
    opened.restore()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def folder(where: Path, value: Analysis, *, lang: Language = "en") -> Path:
    """Write a page and the script beside it."""
    name, content = reports.shared_script()
    (where / name).write_bytes(content)
    file = where / "report.html"
    file.write_text(reports.to_html(value, lang=lang, assets="shared"), encoding="utf-8")
    return file


def text_of(html: str) -> str:
    return re.sub(r"<[^>]*>", "", html)


# Weight


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_of_the_samples_is_light_and_nearly_whole(sampled: Analysis, lang: Language) -> None:
    light = reports.to_html(sampled, lang=lang, assets="shared")
    assert len(light.encode()) <= SHARED
    whole = reports.to_html(sampled, lang=lang)
    begin = whole.index('id="figures"')
    assert len(text_of(light)) > 0.9 * len(text_of(whole[:begin]))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_log_makes_a_light_page_heavy_and_no_link_of_it_leads_nowhere(lang: Language) -> None:
    light = reports.to_html(heavy(), lang=lang, assets="shared")
    assert len(light.encode()) <= SHARED
    said = CATALOGUE["page.left_out"][LANGUAGES.index(lang)].partition("{")[0]
    assert len(re.findall(re.escape(said) + r"\d", light)) > 5
    there = set(re.findall(r' id="([^"]+)"', light))
    assert [name for name in re.findall(r'href="#([^"]+)"', light) if name not in there] == []


def test_what_is_left_out_is_counted(sampled: Analysis) -> None:
    light = reports.to_html(sampled, assets="shared")
    whole = reports.to_html(sampled)
    for name in ("glossary", "tops"):
        left_out, kept, full = 0, 0, 0
        for html in (light, whole):
            found = re.search(rf'<section id="{name}">.*?\n</section>', html, re.DOTALL)
            assert found
            text = re.sub(r"\s+", " ", found[0])
            counted = re.search(r"Left out here[^:]*: ([\d,]+) entr", text)
            entries = len(re.findall(r"<tr|<li>|<article|<summary", text)) - len(re.findall("<thead", text))
            if html is light:
                assert counted, name
                left_out, kept = int(counted[1].replace(",", "")), entries
            else:
                assert counted is None
                full = entries
        # What a fold or card held that is not there is not counted by itself.
        assert 0 < left_out <= full - kept


def test_a_light_page_that_fits_is_the_same_as_a_page_of_its_own() -> None:
    light, whole = reports.to_html(analysis(), assets="shared"), reports.to_html(analysis())
    found = [re.search(r'<section id="findings">.*</main>', html, re.DOTALL) for html in (light, whole)]
    assert found[0]
    assert found[1]
    assert found[0][0] == found[1][0]


def test_equal_input_gives_an_equal_page_and_another_log_another_nonce() -> None:
    nonce = re.compile(r"&#39;nonce-([^&]+)&#39;")
    first = reports.to_html(analysis(), assets="shared")
    assert first == reports.to_html(analysis(), assets="shared")
    other = reports.to_html(hostile(HOSTILE[0]), assets="shared")
    assert nonce.findall(first) != nonce.findall(other)
    assert len(nonce.findall(first)) == 1


def test_an_empty_page_loads_nothing() -> None:
    assert reports.shared_script().name not in reports.to_html(empty(), assets="shared")


# In a browser


@pytest.mark.parametrize("way", ["file", "http"])
def test_the_figures_are_drawn_by_the_script_beside_and_nothing_else_is_asked_for(
    page: OpenedPage, tmp_path: Path, served: str, way: str
) -> None:
    file = folder(tmp_path, analysis())
    base = tmp_path.as_uri() if way == "file" else served
    page.open(f"{base}/{file.name}")
    assert page.console() == []
    assert page.requests() == [f"{base}/{file.name}", f"{base}/{reports.shared_script().name}"]
    assert page.run("return document.querySelectorAll('[data-figure].drawn svg .trace').length") > 5
    assert page.run("return getComputedStyle(document.querySelector('.missing')).display") == "none"


@pytest.mark.parametrize("way", ["file", "http"])
def test_no_other_script_beside_may_run(page: OpenedPage, tmp_path: Path, served: str, way: str) -> None:
    file = folder(tmp_path, analysis())
    (tmp_path / "other.js").write_text("window.ran = 1")
    page.open(f"{tmp_path.as_uri() if way == 'file' else served}/{file.name}")
    page.console()
    page.run(
        "const other = document.createElement('script'); other.src = 'other.js';"
        "other.onerror = () => { window.refused = true }; document.head.append(other);"
    )
    page.wait("window.refused")
    assert page.run("return window.ran") is None
    assert any("script-src" in message for message in page.console())


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("harm", ["missing", "cut"])
def test_a_page_without_its_script_says_so_and_keeps_its_text(
    page: OpenedPage, tmp_path: Path, harm: str, lang: Language
) -> None:
    file = folder(tmp_path, analysis(), lang=lang)
    script = tmp_path / reports.shared_script().name
    if harm == "missing":
        script.unlink()
    else:
        script.write_bytes(script.read_bytes()[:1_000_000])
    page.open(file.as_uri(), until="alone")
    told = page.run("return document.querySelector('.missing').innerText")
    assert told == f"{CATALOGUE['page.alone'][LANGUAGES.index(lang)]} {script.name}"
    assert page.run("return document.querySelector('#statuses table').checkVisibility()")
    assert page.run("return [...document.querySelectorAll('.plot')].every(one => one.offsetHeight === 0)")


def test_a_server_that_hands_out_another_script_is_not_believed(
    page: OpenedPage, tmp_path: Path, served: str
) -> None:
    file = folder(tmp_path, analysis())
    (tmp_path / reports.shared_script().name).write_text("window.ran = 1; window.Plotly = {}")
    page.open(f"{served}/{file.name}", until="alone")
    assert page.run("return window.ran") is None
    assert any("integrity" in message for message in page.console())


# On the command line


def run(source: Path, *arguments: str) -> int:
    return main(["analyze", str(source), "--assets", "shared", *arguments])


def test_the_script_is_written_once_for_all_pages_of_a_folder(
    source: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    where = tmp_path / "nightly"
    where.mkdir()
    assert run(source, "-o", str(where / "1.html"), "-o", str(where / "2.html")) == 0
    name, content = reports.shared_script()
    assert sorted(file.name for file in where.iterdir()) == ["1.html", "2.html", name]
    assert (where / name).read_bytes() == content
    assert name not in capfd.readouterr().err
    before = (where / name).stat()
    assert run(source, "-o", str(where / "3.html")) == 0
    after = (where / name).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert all(f'data-beside="{name}"' in (where / f"{n}.html").read_text() for n in (1, 2, 3))


def test_a_damaged_script_is_replaced(source: Path, tmp_path: Path) -> None:
    name, content = reports.shared_script()
    (tmp_path / name).write_bytes(content[:-1])
    assert run(source, "-o", str(tmp_path / "1.html")) == 0
    assert (tmp_path / name).read_bytes() == content
    assert [file.name for file in tmp_path.iterdir() if file.suffix == ".part"] == []


def test_the_folder_of_a_script_that_cannot_be_written_is_named(
    source: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    name = reports.shared_script().name
    (tmp_path / name).mkdir()
    assert run(source, "-o", str(tmp_path / "1.html"), "--quiet") == 5
    assert capfd.readouterr().err == f"loganalyzer: {tmp_path / name}: not written: Is a directory\n"
    assert (tmp_path / "1.html").exists()
    absent = tmp_path / "absent"
    assert run(source, "-o", str(absent / "1.html"), "--quiet") == 5
    told = f"loganalyzer: {absent / '1.html'}: not written: there is no folder {absent}\n"
    assert capfd.readouterr().err == told  # once: the script would lie in the same folder


def test_a_log_that_cannot_be_read_leaves_no_script(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.log"
    nothing.write_text("nothing\n" * 20)
    where = tmp_path / "reports"
    where.mkdir()
    assert run(nothing, "-o", str(where / "1.html")) == 3
    assert list(where.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["-o", "-", "--format", "html"],
            "-: --assets shared puts a script beside the page, so -o must name",
        ),
        (["-o", "PIPE.html"], "PIPE.html: --assets shared puts a script beside the page, so -o must name"),
        (["-o", "result.json"], "--assets shared is for a page: add -o FILE.html"),
    ],
)
def test_a_page_with_nothing_beside_it_is_refused(
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("PIPE.html")
    assert run(source, *arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith(f"loganalyzer: {said}")
    assert err.count("\n") == 1
    assert not Path("result.json").exists()


def test_a_page_of_its_own_stays_the_default(source: Path, tmp_path: Path) -> None:
    assert main(["analyze", str(source), "-o", str(tmp_path / "1.html")]) == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["1.html", "access.log"]
