"""The README lists formats, kinds and columns from the code: this fails when it lags behind.

`python -m tests.test_readme` writes the tables anew.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from loganalyzer import detectors
from loganalyzer.detectors import blips
from parsers import COLUMNS, FORMATS, cisco_w3c, cloudflare_csv

README = Path(__file__).parent.parent / "README.md"


MADE = (
    (
        "cloudflare",
        f"| `{cloudflare_csv.NAME}` | cloudflare | Cloudflare http_requests (CSV, TSV), by header or values |",
    ),
    ("cisco_wsa", f"| `{cisco_w3c.NAME}` | cisco_wsa | Cisco WSA W3C, by its `#Fields:` line |"),
)
"""Vendor and row of formats that are made of what a log names; they have no declaration to be listed by."""


ALSO = dict.fromkeys(
    ("cloudflare-http-requests", "cloudflare-http-requests-wrapped"), ", or one JSON document of many"
)
"""What a format may stand in beside lines."""


def formats() -> str:
    rows = [f"| `{form.name}` | {form.vendor} | {form.title}{ALSO.get(form.name, '')} |" for form in FORMATS]
    for place, row in MADE:
        rows.insert(1 + max(n for n, known in enumerate(rows) if f"| {place} |" in known), row)
    return "\n".join(["| format | vendor | what it is |", "| --- | --- | --- |", *rows])


def kinds() -> str:
    rows = []
    rules = (inspect.getmodule(rule.judge) for rule in detectors.RULES)
    for module in [*map(inspect.getmodule, detectors.DETECTORS), *rules, blips]:
        first = (inspect.getdoc(module) or "").split("\n\n", 1)[0].replace("\n", " ")
        kind, _, question = first.partition(": ")
        rows.append(f"| `{kind}` | {question} |")
    return "\n".join(["| kind | question |", "| --- | --- |", *rows])


def columns() -> str:
    rows = [f"| `{c.name}` | {str(c.dtype).split('(', 1)[0]} | {c.meaning} |" for c in COLUMNS]
    return "\n".join(["| column | dtype | meaning |", "| --- | --- | --- |", *rows])


TABLES = {"formats": formats, "kinds": kinds, "columns": columns}


@pytest.mark.parametrize("name", TABLES)
def test_the_readme_lists_what_the_code_has(name: str) -> None:
    text = README.read_text()
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", text, re.DOTALL)
    assert found is not None
    assert found[1] == TABLES[name]()


def rewrite() -> None:
    """Write the tables into the README."""
    text = README.read_text()
    for name, table in TABLES.items():
        text = re.sub(
            rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)",
            lambda match, table=table: match[1] + table() + match[2],  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
    README.write_text(text)


if __name__ == "__main__":
    rewrite()
