"""The five documents, entry by entry → docs/knowledge.md: what each says, what we tell of it, and caveats.

`python -m tests.knowledge_table` writes it, of docs/knowledge.toml and the data files; a test compares.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from loganalyzer.knowledge.library import FIVE, documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.knowledge.library import Document, Row

FOLDER: Final = Path(__file__).parent.parent / "docs"
TABLE: Final = FOLDER / "knowledge.md"
SAME: Final = {"mdn-errors-excerpt": "mdn-client-server-errors"}
"""A document whose sentences are those of another one, but for those that are given."""

HEAD: Final = """\
# What the documents say, and what we say

The reports explain a status by documents, five of them Korean texts of other people. Facts carry over in our own words,
in English and Korean; sentences do not. Every entry was read beside its source. Here stand, entry by entry, what the
document says, as literally as a few words can; what `explain` and the reports tell of it; and what is said beside it
where the document is dated, contradicts another one or the standard, or got lost in translation. Made by
`python -m tests.knowledge_table`; a test fails when it is not what the data say.

## Where a document is not to be taken at its word
"""


def sources() -> dict[str, Any]:
    """Return what docs/knowledge.toml holds."""
    return tomllib.loads((FOLDER / "knowledge.toml").read_text(encoding="utf-8"))


def named(rows: list[Row]) -> dict[str, Row]:
    """Return the entries of a document by their names: the status, and the meaning where there are two."""
    twice = {row["status"] for row in rows if row["meaning_no"] > 1}
    return {
        f"{row['status']}.{row['meaning_no']}" if row["status"] in twice else f"{row['status']}": row
        for row in rows
    }


def said(document: str, entry: str) -> str | None:
    """Return what the document says in this entry; null where nobody has read it."""
    read = sources()
    found: str | None = read[document].get(entry, read.get(SAME.get(document, ""), {}).get(entry))
    return found


def markdown() -> str:
    """Return the page."""
    shelf = {document["id"]: document for document in documents()}
    lines = [HEAD, "| what | said in the caveat of |", "| --- | --- |"]
    lines += [_doubt(doubt) for doubt in sources()["doubt"]]
    for name in FIVE:
        lines += ["", *_document(shelf[name])]
    return "\n".join(lines) + "\n"


def _doubt(doubt: dict[str, Any]) -> str:
    together: dict[str, list[str]] = {name: ["its note"] for name in doubt.get("notes", [])}
    for entry in doubt["entries"]:
        name, code = entry.split()
        together.setdefault(name, []).append(code)
    where = "; ".join(f"`{name}` {', '.join(codes)}" for name, codes in together.items())
    return f"| {_cell(doubt['what'])} | {where} |"


def _document(document: Document) -> Iterator[str]:
    yield f"## {document['id']}"
    yield ""
    if document["note"] is not None:
        yield document["note"]["en"]
        yield ""
    yield "| code | its name there | points to | the document says | we say | caveat |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for entry, row in named(document["entries"]).items():
        text = row["en"]
        told = [text["meaning"]]
        told += [f"*Causes:* {'; '.join(text['causes'])}."] if text["causes"] else []
        told += [f"*What to do:* {'; '.join(text['remedies'])}."] if text["remedies"] else []
        whose = f" ({row['vendor']})" if row["vendor"] else ""
        yield (
            f"| {entry}{whose} | {row['reason'] or ''} | {row['layer']} | {_cell(said(document['id'], entry) or '')} "
            f"| {_cell(' '.join(told).replace('..', '.'))} | {_cell(text['caveat'] or '')} |"
        )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    TABLE.write_text(markdown(), encoding="utf-8")
