"""The short version in Markdown says the same, and nothing that a log wrote acts in it."""

from __future__ import annotations

import doctest
import re

import pytest
from markdown_it import MarkdownIt

import reports
from reports import markdown as module
from reports.markdown import code, prose
from reports.words import Words
from tests.analysis_factory import HOSTILE, analysis, empty, hostile


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(module).failed == 0


def test_the_short_version_is_short_and_answers_first() -> None:
    text = reports.render(analysis(), "md", title="Night shift")
    assert text.startswith("# Night shift\n\n## Critical: origin unreachable in the Cloudflare log")
    assert "## Incidents and findings" in text
    assert "| Cloudflare |" in text
    assert "lines = " in text
    assert "**522** Connection Timed Out" in text
    assert len(text) < 20_000


def test_nothing_found_is_said() -> None:
    assert "Nothing was found" in reports.render(empty(), "md")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_make_no_markup(text: str) -> None:
    """A renderer makes of the hostile log the very elements it makes of a tame one."""
    raw = reports.render(hostile(text), "md", title=text)
    assert "hunter2" not in raw
    assert raw.replace("\n", "").isprintable()
    renderer = MarkdownIt("commonmark", {"html": True}).enable("table")
    tags = re.compile(r"</?[a-z0-9]+")
    tame = reports.render(hostile("tame"), "md", title="tame")
    again = f"{prose(Words()('findings.again'))}: "
    assert again in tame
    if again not in raw:  # a command with signs that act or hide is not offered
        tame = "".join(f"{part}\n\n" for part in tame.split("\n\n") if not part.startswith(again))
    made = renderer.render(raw)
    assert tags.findall(made) == tags.findall(renderer.render(tame))
    addresses = re.findall(r'href="([^"]*)"', made)
    assert all(address.startswith("http") and "example.net" not in address for address in addresses)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/a", "`/a`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("a|b", r"`a\x7cb`"),
        ("a\nb", r"`a\nb`"),
        ("\u202ea", r"`\u202ea`"),
        ("\\|", r"`\\x7c`"),
    ],
)
def test_code_spans(text: str, expected: str) -> None:
    assert code(text) == expected
