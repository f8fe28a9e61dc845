"""The sample logs → pictures of their report: desktop, phone, dark, Korean, print; to be looked at, not compared."""

from __future__ import annotations

import argparse
import base64
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from selenium import webdriver
from selenium.webdriver.support.wait import WebDriverWait

import loganalyzer
import reports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loganalyzer.analysis import Analysis
    from reports.catalogue import Language

LONG_S: Final = 120
"""Seconds after which a page counts as never drawn."""

TALLEST: Final = 8_000
"""Pixels of a picture: of more no viewer shows a word that can be read; a longer page goes on in the next picture."""


@dataclass(frozen=True)
class Shot:
    """One picture: the window in CSS pixels, and what the reader's system prefers.

    `whole`: of all of the page, in as many pictures as it takes; else of what a window shows first.
    """

    name: str
    width: int
    height: int
    lang: Language = "en"
    scale: float = 1.0
    dark: bool = False
    mobile: bool = False
    whole: bool = True


SAMPLES: Final = [f"sample_logs/{vendor}" for vendor in ("nginx", "apache", "cloudflare", "cisco_wsa")]
"""What `make demo` analyses: beside them lies what wrote them."""

SHOTS: Final = (
    Shot("first", 1280, 900, whole=False),
    Shot("desktop", 1280, 900),
    Shot("phone", 390, 844, scale=2.0, mobile=True),
    Shot("dark", 1280, 900, dark=True),
    Shot("phone-dark", 390, 844, scale=2.0, mobile=True, dark=True),
    Shot("korean", 1280, 900, lang="ko"),
)
PRINTS: Final[tuple[tuple[str, Language], ...]] = (("print", "en"), ("print-korean", "ko"))
"""Pages as PDF, A4, as the browser prints them, and in the colours of paper as pictures."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the pictures; return the exit code."""
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--to", default="screenshots", metavar="FOLDER", help="where they go (%(default)s)")
    parser.add_argument("paths", nargs="*", default=SAMPLES, help="logs of which they are")
    wanted = parser.parse_args(arguments)
    if (programs := installed()) is None:
        return 2
    folder = Path(wanted.to)
    folder.mkdir(parents=True, exist_ok=True)
    analysis = loganalyzer.analyze(wanted.paths)
    with tempfile.TemporaryDirectory() as where:
        pages = {lang: page(analysis, lang, Path(where)) for lang in ("en", "ko")}
        browser = opened(*programs)
        try:
            for shot in SHOTS:
                taken(folder, browser, pages[shot.lang], shot)
            for name, lang in PRINTS:
                written(folder / f"{name}.pdf", printed(browser, pages[lang]))
                paper = Shot(name, 794, 1123, lang=lang)  # A4 at 96 pixels an inch
                taken(folder, browser, pages[lang], paper, media="print")
        finally:
            browser.quit()
    return 0


def page(analysis: Analysis, lang: Language, folder: Path) -> str:
    """Write the report in one language, and return its address."""
    file = folder / f"{lang}.html"
    file.write_text(reports.to_html(analysis, lang=lang), encoding="utf-8")
    return file.as_uri()


def installed() -> tuple[str, str] | None:
    """Return where the browser and its driver are; where one is missing, say so and return null."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        print(
            "chromium and chromedriver are needed; on Debian: apt-get install chromium-driver",
            file=sys.stderr,
        )
        return None
    return chromium, driver


def opened(chromium: str, driver: str) -> webdriver.Chrome:
    """Start a headless browser."""
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for switch in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(switch)
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


def taken(
    folder: Path, browser: webdriver.Chrome, address: str, shot: Shot, *, media: str = "screen"
) -> None:
    """Write a page, drawn, as PNG: `NAME.png`, and `NAME-2.png` and so on for what follows below."""
    size: dict[str, Any] = {"width": shot.width, "height": shot.height, "deviceScaleFactor": shot.scale}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**size, "mobile": shot.mobile})
    prefers = [{"name": "prefers-color-scheme", "value": "dark" if shot.dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": prefers})
    load(browser, address)
    wanted: dict[str, Any] = {"format": "png", "captureBeyondViewport": shot.whole}
    if not shot.whole:
        written(folder / f"{shot.name}.png", screenshot(browser, wanted))
        return
    # What stays at the top of a window would lie over the middle of a tall picture.
    browser.execute_script(
        "const bar = document.querySelector('.filter'); if (bar) bar.style.position = 'static'"
    )
    tall = int(browser.execute_script("return document.documentElement.scrollHeight"))
    step = int(TALLEST / shot.scale)
    for place, top in enumerate(range(0, tall, step)):
        clip = {"x": 0, "y": top, "width": shot.width, "height": min(step, tall - top), "scale": 1}
        name = f"{shot.name}-{place + 1}.png" if place else f"{shot.name}.png"
        written(folder / name, screenshot(browser, {**wanted, "clip": clip}))


def screenshot(browser: webdriver.Chrome, wanted: dict[str, Any]) -> bytes:
    """Return a PNG."""
    return base64.b64decode(browser.execute_cdp_cmd("Page.captureScreenshot", wanted)["data"])


def printed(browser: webdriver.Chrome, address: str) -> bytes:
    """Return a page as the browser prints it on A4."""
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    load(browser, address)
    paper = {"printBackground": True, "paperWidth": 8.27, "paperHeight": 11.69}
    return base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", paper)["data"])


def load(browser: webdriver.Chrome, address: str) -> None:
    """Open a page and wait until its figures are drawn."""
    browser.get("about:blank")
    browser.get(address)
    done = "return document.documentElement.classList.contains('figures-drawn')"
    WebDriverWait(browser, LONG_S).until(lambda one: one.execute_script(done))


def written(file: Path, data: bytes) -> None:
    """Write a file, and say so."""
    file.write_bytes(data)
    print(f"{file} {len(data):,} bytes")


if __name__ == "__main__":
    sys.exit(main())
