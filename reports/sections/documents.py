"""The documents that meanings and causes come from → a table of their titles and addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loganalyzer.knowledge.library import documents
from reports.section import Column, Link, Row, Section, Table
from reports.sections.meaning import document_link

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis
    from reports.section import Text
    from reports.words import Words


def section(analysis: Analysis, words: Words) -> Section | None:
    """Return every document, by the id under which it is quoted; none where no status was seen."""
    if not analysis.statuses:
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
        for document in documents()
    )
    columns = tuple(Column(words(f"documents.{name}")) for name in ("id", "title", "address"))
    table = Table(words("documents.caption"), columns, rows)
    return Section("documents", words("documents.heading"), (words("documents.lede"),), (table,))


def _address(address: str | None, words: Words) -> Text:
    return (Link(address, address),) if address else (words("statuses.no_address"),)
