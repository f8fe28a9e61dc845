"""docs/knowledge.md: every entry beside what its document says, and nothing that the data do not say."""

from __future__ import annotations

import pytest

from loganalyzer.knowledge.library import FIVE, Document, documents
from tests.knowledge_table import SAME, TABLE, markdown, named, said, sources

ENTRIES = 183


@pytest.fixture(scope="module")
def shelf() -> dict[str, Document]:
    return {document["id"]: document for document in documents()}


def test_the_page_is_what_the_data_say() -> None:
    assert TABLE.read_text(encoding="utf-8") == markdown(), "python -m tests.knowledge_table writes it"


def test_every_entry_stands_beside_what_its_document_says(shelf: dict[str, Document]) -> None:
    entries = [(name, entry) for name in FIVE for entry in named(shelf[name]["entries"])]
    assert len(entries) == ENTRIES
    assert [one for one in entries if not said(*one)] == []
    rows = [line for line in markdown().splitlines() if line.startswith("| ") and line.count(" | ") >= 5]
    assert len(rows) == ENTRIES + 2 * len(FIVE), "the heads of the tables, and a row per entry"


def test_nothing_is_said_of_an_entry_that_is_not_there(shelf: dict[str, Document]) -> None:
    read = sources()
    assert set(read) == {*FIVE, "doubt"}
    for name in FIVE:
        assert set(read[name]) <= set(named(shelf[name]["entries"])), name
        assert name in SAME or list(read[name]) == list(named(shelf[name]["entries"])), name


def test_every_doubt_has_its_caveat_in_both_languages(shelf: dict[str, Document]) -> None:
    for doubt in sources()["doubt"]:
        for entry in doubt["entries"]:
            name, code = entry.split()
            row = named(shelf[name]["entries"])[code]
            assert row["en"]["caveat"], entry
            assert row["ko"]["caveat"], entry
        assert all(shelf[name]["note"] is not None for name in doubt.get("notes", []))
