"""The documentation: links lead somewhere, examples run, commands are understood, tables are those of the code.

`python -m tests.test_docs` writes the list of tables anew.
"""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest
import typer.main

import loganalyzer
import reports
from loganalyzer.cli.app import app
from reports import tables

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
LIBRARY = ROOT / "docs" / "library.md"
LISTED = re.compile(r"(?s)(<!-- tables -->\n).*?(<!-- /tables -->)")


def anchors(text: str) -> set[str]:
    """Return the anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"(?m)^#{1,6} (.+)$", re.sub(r"(?s)```.*?```", "", text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def listed() -> str:
    """Return the list of tables, from the code."""
    parts = []
    for export in tables.EXPORTS:
        bound = f" Bound: {export.bound}." if export.bound else ""
        rows = "".join(
            f"| `{name}` | {dtype} | {meaning} |\n" for name, (dtype, meaning) in export.columns.items()
        )
        about = f"{export.rows[0].upper()}{export.rows[1:]}.{bound}"
        head = "| column | dtype | meaning |\n| --- | --- | --- |\n"
        parts.append(f"### {export.name}\n\n{about}\n\n{head}{rows}\n")
    return "\n" + "".join(parts)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    lost = []
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"(?s)```.*?```|`[^`\n]*`", "", text)):
        if re.match("[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file.read_text(encoding="utf-8"))):
            lost.append(target)
    assert lost == []


def test_the_readme_leads_to_the_guide_and_the_library() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(docs/guide.md)" in readme
    assert "(docs/library.md)" in readme


def test_the_examples_of_the_library_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testfile(str(LIBRARY), module_relative=False, optionflags=options).failed == 0
    for module in (loganalyzer, reports):
        assert doctest.testmod(module).failed == 0


def test_the_tables_are_listed_from_the_code() -> None:
    text = LIBRARY.read_text(encoding="utf-8")
    found = LISTED.search(text)
    assert found is not None
    assert found[0] == f"<!-- tables -->\n{listed()}<!-- /tables -->", (
        "python -m tests.test_docs writes it anew"
    )


def test_every_option_of_the_library_is_told() -> None:
    text = LIBRARY.read_text(encoding="utf-8")
    names = set(loganalyzer.scan.__annotations__) - {"return", "paths"}
    assert {name for name in names if f"`{name}`" not in text} == set()
    assert {name for name in loganalyzer.__all__ if name not in text} == set()


def commands() -> list[str]:
    """Return every command line of the user guide."""
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?s)```console\n(.*?)```", guide)
    return [line for block in blocks for line in block.splitlines() if line.startswith("loganalyzer ")]


@pytest.mark.parametrize("line", commands())
def test_every_command_of_the_guide_is_understood(line: str) -> None:
    _, name, *arguments = shlex.split(line)
    group = typer.main.get_command(app)
    command = group.commands[name]  # type: ignore[attr-defined]  # a group
    context = command.make_context(name, [*arguments], resilient_parsing=True)
    assert not context.args


def write() -> None:
    """Write the list of tables into the page."""
    text = LIBRARY.read_text(encoding="utf-8")
    made = LISTED.sub(lambda found: f"{found[1]}{listed()}{found[2]}", text)
    LIBRARY.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    write()
