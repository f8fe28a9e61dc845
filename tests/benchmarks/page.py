"""The sample page, loaded again and again by a real browser → a Markdown table of what it weighs and when it is there.

Each load is the first of a fresh browser on two cores: no cache, no code compiled before. Times are the browser's own,
from the start of the load: the first paint of text, the moment at which all figures are drawn, and the CPU of the
page's main thread until then, which a busy machine does not lengthen.

Call it as `make bench-page`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from selenium.webdriver.support.wait import WebDriverWait

import loganalyzer
import reports
from tests.heavy_analysis import heavy
from tests.screenshots.run import LONG_S, SAMPLES, installed, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from selenium.webdriver import Chrome

    from loganalyzer.analysis import Analysis
    from reports.assets import Assets
    from reports.catalogue import Language

LOADS: Final = 7
CORES: Final = 2

DRAWN_S: Final = 2.5
"""Seconds within which the figures of the sample page are to be drawn; the median is judged."""

WATCH: Final = """
new MutationObserver(() => {
  if (!window.drawnAt && document.documentElement?.classList.contains("figures-drawn")) {
    window.drawnAt = performance.now();
  }
}).observe(document, { attributes: true, subtree: true, attributeFilter: ["class"] });
"""
"""Notes when the page says that its last figure is drawn; put into the page by the driver, whom no policy binds."""


@dataclass(frozen=True)
class Page:
    """A page to be weighed and loaded, and how many bytes it may have."""

    name: str
    file: Path
    most: int

    @property
    def weight(self) -> int:
        """Return the bytes of the page, without what lies beside it."""
        return self.file.stat().st_size


@dataclass(frozen=True)
class Load:
    """One load in seconds: first paint of text, all figures drawn, CPU of the main thread until then."""

    painted_s: float
    drawn_s: float
    cpu_s: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the arguments ask, print the table and the goals, and return the exit code."""
    parser = argparse.ArgumentParser(prog="make bench-page", description=__doc__)
    parser.add_argument("--loads", type=int, default=LOADS, help="of each page (%(default)s)")
    parser.add_argument(
        "--heaviest", action="store_true", help="also the heaviest page that any log can make"
    )
    wanted = parser.parse_args(arguments)
    if (programs := installed()) is None:
        return 2
    cores = two_cores()
    with tempfile.TemporaryDirectory() as folder:
        pages = made(Path(folder), heaviest=wanted.heaviest)
        loads: dict[str, list[Load]] = {page.name: [] for page in pages}
        for _ in range(max(1, wanted.loads)):  # in turn, so that a busy moment falls on all of them
            for page in pages:
                loads[page.name].append(loaded(*programs, page.file.as_uri()))
        print(
            f"{max(1, wanted.loads)} loads of each page, each by a fresh headless Chromium on {cores} cores; "
            f"{os.getloadavg()[0]:.1f} programs wanted to run at once.\n"
        )
        print(table(pages, loads))
        print(f"\n{goals(pages, loads)}")
    return 0


def two_cores() -> int:
    """Keep this process and the browsers it starts to two cores, where the system can; return how many they have."""
    if not hasattr(os, "sched_setaffinity"):  # pragma: no cover  (not Linux)
        return os.cpu_count() or 1
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    return len(os.sched_getaffinity(0))


def made(folder: Path, *, heaviest: bool = False) -> list[Page]:
    """Write the pages, and the script that lies beside the shared ones."""
    analysis = loganalyzer.analyze(SAMPLES)
    script, content = reports.shared_script()
    (folder / script).write_bytes(content)
    pages = [
        written(folder, "sample, English", analysis, "en", "inline", 2_300_000),
        written(folder, "sample, Korean", analysis, "ko", "inline", 2_300_000),
        written(folder, "sample, English, `--assets shared`", analysis, "en", "shared", 400_000),
        written(folder, "sample, Korean, `--assets shared`", analysis, "ko", "shared", 400_000),
    ]
    if heaviest:
        most = heavy()
        pages += [
            written(folder, "heaviest, English", most, "en", "inline", 3_200_000),
            written(folder, "heaviest, Korean", most, "ko", "inline", 3_200_000),
        ]
    return pages


def written(folder: Path, name: str, analysis: Analysis, lang: Language, assets: Assets, most: int) -> Page:
    """Write a page."""
    file = folder / f"{name.replace(' ', '-').replace('`', '')}.html"
    file.write_text(reports.to_html(analysis, lang=lang, assets=assets), encoding="utf-8")
    return Page(name, file, most)


def loaded(chromium: str, driver: str, address: str) -> Load:
    """Load a page in a browser of its own."""
    browser = opened(chromium, driver)
    try:
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
        browser.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
        browser.get(address)
        WebDriverWait(browser, LONG_S, poll_frequency=0.2).until(
            lambda one: one.execute_script("return Boolean(window.drawnAt)")
        )
        paints = browser.execute_script(
            "return [performance.getEntriesByName('first-contentful-paint')[0]?.startTime, window.drawnAt]"
        )
        return Load(paints[0] / 1000, paints[1] / 1000, cpu_of(browser))
    finally:
        browser.quit()


def cpu_of(browser: Chrome) -> float:
    """Return the seconds that the page's main thread has run."""
    told: dict[str, Any] = browser.execute_cdp_cmd("Performance.getMetrics", {})
    return float({one["name"]: one["value"] for one in told["metrics"]}["TaskDuration"])


def table(pages: Sequence[Page], loads: dict[str, list[Load]]) -> str:
    """Return medians, and the worst in brackets."""
    lines = [
        "| page | bytes | first paint | all figures drawn | main thread |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for page in pages:
        cells = [
            f"{statistics.median(values):.2f} s ({max(values):.2f} s)"
            for values in (
                [one.painted_s for one in loads[page.name]],
                [one.drawn_s for one in loads[page.name]],
                [one.cpu_s for one in loads[page.name]],
            )
        ]
        lines.append(f"| {page.name} | {page.weight:,} | {' | '.join(cells)} |")
    told = (
        "Medians; the worst in brackets; the last column is CPU. Where more wanted to run than there are cores, the "
        "times on the clock are those of a busy machine."
    )
    return "\n".join([*lines, "", told])


def goals(pages: Sequence[Page], loads: dict[str, list[Load]]) -> str:
    """Return a line for each goal: what was measured, and whether it is met."""
    lines = []
    for page in pages:
        lines.append(
            f"- {page.name}: {page.weight:,} of {page.most:,} bytes: {verdict(met=page.weight <= page.most)}"
        )
        if page.name.startswith("sample"):
            median = statistics.median(one.drawn_s for one in loads[page.name])
            lines.append(
                f"- {page.name}: figures drawn within {median:.2f} of {DRAWN_S} s: {verdict(met=median <= DRAWN_S)}"
            )
    return "\n".join(lines)


def verdict(*, met: bool) -> str:
    """Return a word."""
    return "met" if met else "missed"


if __name__ == "__main__":
    sys.exit(main())
