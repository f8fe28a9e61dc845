"""The documents that a report quotes → a table of their titles and addresses; it tells none that it does not quote."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from loganalyzer.knowledge.library import documents
from reports.section import (
    Bullets,
    Column,
    Facts,
    Folded,
    Link,
    Paragraph,
    Row,
    Section,
    Table,
)
from reports.sections.meaning import document_link

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reports.section import Block, Text
    from reports.words import Words

_LITERAL: Final = re.compile(r"`([^`]+)`")


def section(told: Iterable[Section], words: Words, *, folds: bool = True) -> Section | None:
    """Return every document that sections quote, by the id under which they do; none where they quote none.

    `folds`: whether what is folded is read, too; short reports leave it out.
    """
    quoted = {name for text in _texts(told, folds=folds) for piece in text for name in _names(piece)}
    every = documents()
    kept = [document for document in every if document["id"] in quoted]
    if not kept:
        return None
    rows = tuple(
        Row(
            (
                (document["id"],),
                (document["title"] or words("documents.untitled"),),
                _address(document["address"], words),
            ),
            document_link(document["id"]).address[1:],
        )
        for document in kept
    )
    columns = tuple(Column(words(f"documents.{name}")) for name in ("id", "title", "address"))
    left = len(every) - len(kept)
    rest = words("documents.rest", documents=words.count("document", left)) if left else ""
    table = Table(words("documents.caption"), columns, rows, rest)
    return Section("documents", words("documents.heading"), (words("documents.lede"),), (table,))


def _address(address: str | None, words: Words) -> Text:
    return (Link(address, address),) if address else (words("statuses.no_address"),)


def _names(piece: object) -> Iterator[str]:
    """Yield what may be the id of a document: the words of a link, and a literal in our own prose."""
    if isinstance(piece, Link):
        yield piece.text
    elif isinstance(piece, str):
        yield from _LITERAL.findall(piece)


def _texts(blocks: Iterable[Block], *, folds: bool) -> Iterator[Text]:
    """Yield every text in which a document can be quoted, however deep."""
    for block in blocks:
        if isinstance(block, Section):
            yield block.lede
            yield from _texts(block.blocks, folds=folds)
        elif isinstance(block, Folded) and folds:
            yield from _texts(block.blocks, folds=folds)
        elif isinstance(block, Paragraph):
            yield block.text
        elif isinstance(block, Bullets):
            yield from (block.source, *block.items)
        elif isinstance(block, Facts):
            yield from (value for _, value in block.rows)
        elif isinstance(block, Table):
            for row in block.rows:
                yield from row.cells
                yield from _texts((row.fold,) if row.fold and folds else (), folds=folds)
