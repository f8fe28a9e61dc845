"""axe-core in the page under test: the rules of WCAG 2.2, levels A and AA."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.conftest import require

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")

SLOW_S: Final = 110
"""Seconds that a look may take on a busy machine; the driver itself answers within 120."""

SLOW: Final = ("color-contrast", "target-size")
"""Rules that compare an element with all that lie around it: minutes on a page of 30,000."""

_KIND: Final = """
const names = (one) => `${one.tagName} ${[...one.classList].sort()} ${one.getAttributeNames()}`;
const kind = (one) => {
  const held = [];
  for (let at = one; at && at !== document.documentElement; at = at.parentElement) held.push(names(at));
  return held.join(" < ");
};
"""
"""What colours and sizes hang on: tag, classes and attributes of an element and of all that it lies in."""

KINDS: Final = f"{_KIND} return [...new Set([...document.querySelectorAll('body *')].map(kind))].sort()"

THIN: Final = f"""{_KIND}
const seen = new Map();
const enough = (one) => (seen.get(kind(one)) || 0) >= arguments[0];
const walk = (whole) => {{
  for (const one of [...whole.children]) {{
    if (one.matches("svg, .plot")) continue;
    if ([one, ...one.querySelectorAll("*")].every(enough)) one.remove();
    else {{
      seen.set(kind(one), (seen.get(kind(one)) || 0) + 1);
      walk(one);
    }}
  }}
}};
walk(document.body);
return document.querySelectorAll("*").length;
"""
"""Removes what holds nothing but kinds of elements of which the page has shown so many before; returns what is left."""


def source() -> str:
    """Return axe-core's script out of the package that ships it; the package itself is not imported."""
    spec = find_spec("axe_playwright_python")
    folder = Path(next(iter(spec.submodule_search_locations or ()), "")) if spec else None
    return require("axe-playwright-python", folder and folder / "axe.min.js").read_text("utf-8")


def violations(browser: Chrome, script: str, *, without: tuple[str, ...] = ()) -> list[str]:
    """Return what axe-core finds on the page that is open: rule, place, and what would mend it.

    The script is run by the driver and not by the page, whose policy would refuse it. `without`: rules to leave out.
    """
    browser.set_script_timeout(SLOW_S)
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": script})
    found: dict[str, Any] = browser.execute_async_script(
        "const [tags, without, done] = arguments;"
        "const rules = {'target-size': {enabled: true}};"
        "for (const rule of without) rules[rule] = {enabled: false};"
        "const wanted = {runOnly: {type: 'tag', values: tags}, rules};"
        "axe.run(document, {...wanted, resultTypes: ['violations']}).then(done, error => done({error: `${error}`}))",
        list(TAGS),
        list(without),
    )
    if "error" in found:
        raise AssertionError(found["error"])
    return [
        f"{rule['id']} ({', '.join(node['target'][-1:])}): {node['failureSummary']} {node['html'][:160]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
