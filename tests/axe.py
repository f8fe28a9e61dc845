"""axe-core in the page under test: the rules of WCAG 2.2, levels A and AA."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.conftest import require

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")

SLOW_S: Final = 600
"""Seconds that a look at the heaviest page may take on a busy machine."""


def source() -> str:
    """Return axe-core's script out of the package that ships it; the package itself is not imported."""
    spec = find_spec("axe_playwright_python")
    folder = Path(next(iter(spec.submodule_search_locations or ()), "")) if spec else None
    return require("axe-playwright-python", folder and folder / "axe.min.js").read_text("utf-8")


def violations(browser: Chrome, script: str) -> list[str]:
    """Return what axe-core finds on the page that is open: rule, place, and what would mend it.

    The script is run by the driver and not by the page, whose policy would refuse it.
    """
    browser.set_script_timeout(SLOW_S)
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": script})
    found: dict[str, Any] = browser.execute_async_script(
        "const [tags, done] = arguments;"
        "const wanted = {runOnly: {type: 'tag', values: tags}, rules: {'target-size': {enabled: true}}};"
        "axe.run(document, {...wanted, resultTypes: ['violations']}).then(done, error => done({error: `${error}`}))",
        list(TAGS),
    )
    if "error" in found:
        raise AssertionError(found["error"])
    return [
        f"{rule['id']} ({', '.join(node['target'][-1:])}): {node['failureSummary']} {node['html'][:160]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
