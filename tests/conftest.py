"""What every test may rely on: a far time zone, plain output, and real components or an honest skip."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver import Chrome

# Fourteen hours ahead of UTC and without summer time: whoever takes local time for UTC lands on another day.
# Set in the environment, so that every program a test starts is there too.
os.environ["TZ"] = "Pacific/Kiritimati"
time.tzset()

# Output as in a pipe, on one width, wherever the tests run.
for switch in ("FORCE_COLOR", "CLICOLOR_FORCE", "PY_COLORS", "GITHUB_ACTIONS"):
    os.environ.pop(switch, None)
os.environ |= {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "120"}

# The same examples on every run and machine, however slow it is: no verdict may hang on the clock.
settings.register_profile(
    "loganalyzer",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("loganalyzer")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests against real servers say of their logs, under the name by which they record it."""
    reports = terminalreporter.stats.get("passed", [])
    said = [value for report in reports for name, value in report.user_properties if name == AGREEMENT]
    if said:
        terminalreporter.section("lines of real servers that agree in every field")
        for line in sorted(said):
            terminalreporter.write_line(line)


AGREEMENT = "agreement"
"""The property by which a test records how many lines of a log agree."""


def require(component: str, path: str | Path | None) -> Path:
    """Return the path of a real component; without it skip the test by its name, or fail where CI=true.

    `path` is what the search found, such as the result of `shutil.which`.
    """
    if path is not None and Path(path).exists():
        return Path(path)
    reason = f"{component} is not installed here"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and CI must have it (.ci/run installs what the tests need)")
    pytest.skip(reason)


def _neighbour(variable: str, what: str) -> Path:
    """Return the folder that a variable names; skip without it, in CI too: a checkout alone is enough."""
    folder = os.environ.get(variable, "")
    if not folder:
        pytest.skip(f"{variable} names no folder with {what}")
    if not Path(folder).is_dir():
        pytest.fail(f"{variable} names no folder: {folder}")
    return Path(folder)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Return the folder of real logs with the peers' expectations."""
    return _neighbour("LOGANALYZER_CORPUS", "real logs")


@pytest.fixture(scope="session")
def documents() -> Path:
    """Return the folder of the source documents behind the explanations."""
    return _neighbour("LOGANALYZER_DOCUMENTS", "the source documents")


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    """Start one headless Chromium for the session; `get_log("browser")` and `get_log("performance")` work.

    The first holds the console, the second the page's network events. Both hand out each entry once:
    read them away before the page under test is opened.
    """
    chromium = require("chromium", shutil.which("chromium"))
    driver = require("chromium-driver", shutil.which("chromedriver"))
    from selenium import webdriver  # noqa: PLC0415  # only these tests pay for its import

    options = webdriver.ChromeOptions()
    options.binary_location = str(chromium)
    options.add_argument("--headless=new")
    options.add_argument("--no-sandbox")  # containers run as root, where Chromium's sandbox refuses to start
    options.add_argument("--disable-dev-shm-usage")  # a container's /dev/shm is often 64 MB
    options.add_argument("--window-size=1280,900")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    session = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(driver)))
    try:
        yield session
    finally:
        session.quit()
