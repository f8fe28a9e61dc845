"""A status of a vendor's log → what the documents say of it, as blocks of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loganalyzer.knowledge import explain
from reports.section import Bullets, Facts, Folded, Link, Paragraph, Section

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis
    from loganalyzer.knowledge import Entry, Explanation
    from reports.section import Block, Text
    from reports.words import Words


def speaker(analysis: Analysis, vendor: str) -> str:
    """Return for whom the documents are asked: native Squid lines are no WSA's, the standard speaks for them."""
    formats = {
        source.format for source in analysis.sources if source.vendor == vendor and source.ledger.records
    }
    return "standard" if formats == {"squid-native"} else vendor


def explained(analysis: Analysis, vendor: str, status: int, words: Words) -> Explanation:
    """Return what is known of a status for the writer of this vendor's log."""
    return explain(status, vendor=speaker(analysis, vendor), lang=words.lang)


def heading_of(analysis: Analysis, vendor: str, status: int | None) -> tuple[str | None, str]:
    """Return reason phrase and class of a status."""
    if status is None:
        return None, "other"
    found = explain(status, vendor=speaker(analysis, vendor))
    return found.reason, found.status_class


def meaning_of(analysis: Analysis, vendor: str, status: int | None, words: Words) -> str:
    """Return the first meaning in one sentence or two."""
    if status is None:
        return words("statuses.unlogged")
    entries = explained(analysis, vendor, status, words).entries
    return entries[0].meaning if entries else words("statuses.unknown")


def told_by(analysis: Analysis, vendor: str, status: int | None, words: Words) -> Text:
    """Return the document whose meaning `meaning_of` gives, by its id."""
    entries = explained(analysis, vendor, status, words).entries if status is not None else ()
    if not entries:
        return ()
    first = entries[0]
    return (" (", Link(first.document, first.address) if first.address else first.document, ")")


def documents_of(analysis: Analysis, vendor: str, status: int | None, words: Words) -> Folded | None:
    """Return causes, remedies and caveats, document by document."""
    if status is None:
        return None
    entries = explained(analysis, vendor, status, words).entries
    if not entries:
        return None
    documents = words.count("document", len({entry.document for entry in entries}))
    blocks = tuple(_entry(entry, words, first=number == 0) for number, entry in enumerate(entries))
    return Folded(words("statuses.documents", documents=documents), blocks)


def _entry(entry: Entry, words: Words, *, first: bool) -> Section:
    """Return one document's word; the first meaning already stands in the row that this unfolds from."""
    blocks: list[Block] = []
    if not first:
        blocks.append(Paragraph((entry.meaning,)))
    for name, items in (("causes", entry.causes), ("remedies", entry.remedies)):
        if items:
            blocks.append(Bullets(tuple((item,) for item in items), words(f"statuses.{name}")))
    rows: list[tuple[str, Text]] = []
    if entry.layer != "none":
        rows.append((words("statuses.fault"), (words.name("layer", entry.layer),)))
    if entry.caveat:
        rows.append((words("statuses.caveat"), (entry.caveat,)))
    rows.append((words("statuses.source"), _source(entry, words)))
    blocks.append(Facts(tuple(rows)))
    return Section("", entry.title or entry.document, (), tuple(blocks))


def _source(entry: Entry, words: Words) -> Text:
    """Return id and address of the document, as far as it states them."""
    if entry.address is None:
        return (f"`{entry.document}`, {words('statuses.no_address')}",)
    return (f"`{entry.document}`, ", Link(entry.address, entry.address))
