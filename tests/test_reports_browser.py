"""The page in a real browser: drawn, quiet, without a request, on a laptop and on a phone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver.support.wait import WebDriverWait

import reports
from tests.analysis_factory import HOSTILE, analysis, empty, hostile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

    from loganalyzer.analysis import Analysis
    from reports.catalogue import Language

LONG_S = 60
"""Seconds after which a page counts as never drawn; a busy machine is no fault of the page."""

QUIET = ("data:", "blob:", "about:", "chrome:", "chrome-extension:", "devtools:")


@pytest.fixture
def page(browser: Chrome, tmp_path: Path) -> Iterator[Page]:
    opened = Page(browser, tmp_path)
    yield opened
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


class Page:
    """A report in the browser, with what it logged and asked for."""

    def __init__(self, browser: Chrome, folder: Path) -> None:
        self.browser = browser
        self.file = folder / "report.html"

    def open(
        self, value: Analysis, *, title: str | None = None, lang: Language = "en", drawn: bool = True
    ) -> None:
        text = reports.render(value, "html", title=title, lang=lang, version="1.2.3")
        self.file.write_text(text, encoding="utf-8")
        self.browser.get("about:blank")
        self.console()
        self.requests()
        self.browser.get(self.file.as_uri())
        if drawn:
            done = "return document.documentElement.classList.contains('figures-drawn')"
            WebDriverWait(self.browser, LONG_S, poll_frequency=0.05).until(lambda _: self.run(done))

    def run(self, script: str) -> Any:  # noqa: ANN401  (whatever the script returns)
        return self.browser.execute_script(script)

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": True}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def console(self) -> list[str]:
        return [entry["message"] for entry in self._log("browser")]

    def requests(self) -> list[str]:
        """Return every address that the page asked for, but for itself."""
        events = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        asked = [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in asked if not url.startswith(QUIET) and url != self.file.as_uri()]

    def _log(self, kind: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.browser.get_log(kind)  # type: ignore[no-untyped-call]
        return entries


def test_the_figures_are_drawn_without_a_word_or_a_request(page: Page) -> None:
    page.open(analysis(), title="Night shift")
    assert page.browser.title == "Night shift"
    assert page.console() == []
    assert page.requests() == []
    drawn = page.run(
        "return [...document.querySelectorAll('[data-figure]')].map("
        "  box => [box.dataset.figure, box.querySelectorAll('svg .trace').length, box.textContent.includes('nginx')])"
    )
    assert [name for name, _, _ in drawn] == [
        "errors-together",
        "statuses-cloudflare",
        "statuses-nginx",
        "heat",
    ]
    assert all(traces >= 2 for name, traces, _ in drawn if name != "heat")
    assert page.run("return document.querySelectorAll('#heat svg .hm image').length") == 2
    assert drawn[0][2]


def test_the_policy_holds(page: Page) -> None:
    """What a stranger might get into the page could neither run nor ask."""
    page.open(analysis())
    page.console()
    page.run(
        "const script = document.createElement('script'); script.textContent = 'window.ran = 1';"
        "document.head.append(script);"
        "const image = new Image(); image.src = 'https://example.net/a.png'; document.body.append(image);"
        # Not at once: a script that the driver is running may use eval, one of the page may not.
        "setTimeout(() => { try { (0, eval)('window.ran = 2') } catch { window.refused = true } })"
    )
    WebDriverWait(page.browser, LONG_S, poll_frequency=0.05).until(
        lambda _: page.run("return window.refused")
    )
    assert page.run("return window.ran") is None
    refused = page.console()
    assert any("script-src" in message for message in refused)
    assert any("img-src" in message for message in refused)


def test_a_phone_shows_the_page_without_scrolling_sideways(page: Page) -> None:
    page.resize(390, 844)
    page.open(analysis())
    width = page.run("return [document.documentElement.scrollWidth, innerWidth]")
    assert width == [390, 390]
    plots = page.run("return [...document.querySelectorAll('.plot .main-svg')].map(one => one.clientWidth)")
    assert plots
    assert all(0 < one <= 390 for one in plots)
    assert page.console() == []


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_log_changes_nothing(page: Page, text: str) -> None:
    page.resize(390, 844)
    page.open(hostile(text), title=text)
    assert page.console() == []
    assert page.requests() == []
    assert page.run("return document.documentElement.scrollWidth") == 390
    assert page.run("return document.querySelectorAll('img, iframe, [onerror], [onmouseover]').length") == 0
    marked = page.run("return [...document.querySelectorAll('svg a, svg b')].map(one => one.textContent)")
    assert marked == []


def test_without_javascript_text_and_tables_are_there(page: Page) -> None:
    page.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    page.open(analysis(), drawn=False)
    page.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    text = page.run("return document.body.innerText")
    assert "Critical: origin unreachable" in text
    assert "lines meant to be records" in text
    assert "The figures need JavaScript" in text
    assert page.run("return [...document.querySelectorAll('.plot')].every(one => one.offsetHeight === 0)")


def test_dark_mode_redraws_the_figures(page: Page) -> None:
    page.open(analysis())
    colour = "return getComputedStyle(document.querySelector('.plot .xtick text')).fill"
    light = page.run(colour)
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    WebDriverWait(page.browser, LONG_S, poll_frequency=0.05).until(lambda _: page.run(colour) != light)
    assert page.run("return getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 29)"


def test_a_link_opens_the_fold_it_leads_into(page: Page) -> None:
    page.open(analysis())
    page.run("document.querySelector('#findings a[href=\"#code-522\"]').click()")
    opened = "return document.getElementById('code-522').closest('details').open"
    assert WebDriverWait(page.browser, LONG_S, poll_frequency=0.05).until(lambda _: page.run(opened)) is True
    page.run("document.querySelector('#code-522 a[href=\"#status-cloudflare-522\"]').click()")
    there = "return document.getElementById('status-cloudflare-522').matches(':target')"
    assert WebDriverWait(page.browser, LONG_S, poll_frequency=0.05).until(lambda _: page.run(there)) is True


def test_without_javascript_a_link_opens_the_fold_and_paper_shows_every_one(page: Page) -> None:
    page.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    page.open(analysis(), drawn=False)
    page.browser.get(f"{page.file.as_uri()}#code-522")
    page.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    shown = "return document.getElementById('code-%d').checkVisibility()"
    assert page.run("return document.getElementById('code-522').closest('details').open") is True
    assert page.run(shown % 522) is True
    assert page.run(shown % 200) is False
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    style = "getComputedStyle(document.getElementById('code-200').closest('details'), '::details-content')"
    WebDriverWait(page.browser, LONG_S, poll_frequency=0.05).until(
        lambda _: page.run(f"return {style}.contentVisibility") == "visible"
    )
    assert page.run(shown % 200) is True


def test_the_korean_page_and_the_empty_one_are_quiet_too(page: Page) -> None:
    page.open(analysis(), lang="ko")
    assert page.run("return document.documentElement.lang") == "ko"
    assert page.console() == []
    page.open(empty(), drawn=False)
    assert page.console() == []
    assert page.run("return document.querySelector('h1').innerText") == "The log holds no record"
