"""A status of a vendor's log → what the documents say of it, as blocks of a report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from loganalyzer.knowledge import explain
from loganalyzer.knowledge.library import SOURCES, documents
from reports.section import Bullets, Facts, Folded, Link, Paragraph, Section
from reports.unexplained import elsewhere, unexplained

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis
    from loganalyzer.knowledge import Entry
    from reports.section import Block, Piece, Text
    from reports.words import Words

SUCCESSES: Final = range(100, 400)


def speaker(analysis: Analysis, vendor: str) -> str:
    """Return for whom the documents are asked: native Squid lines are no WSA's, the standard speaks for them."""
    formats = {
        source.format for source in analysis.sources if source.vendor == vendor and source.ledger.records
    }
    return "standard" if formats == {"squid-native"} else vendor


@dataclass(frozen=True)
class Said:
    """What one or more documents say in the same words; a caveat is the document's that has one."""

    entries: tuple[Entry, ...]

    @property
    def first(self) -> Entry:
        """The entry whose words stand for all."""
        return self.entries[0]


def explained(analysis: Analysis, vendor: str, status: int, words: Words) -> tuple[Said, ...]:
    """Return what is known of a status for the writer of this vendor's log, what tells most first.

    Equal words of two documents are told once.
    """
    asked = speaker(analysis, vendor)
    found = explain(status, vendor=asked, lang=words.lang)
    together: dict[object, list[Entry]] = {}
    for entry in sorted(found.entries, key=partial(_distance, asked)):
        said = (entry.meaning, entry.causes, entry.remedies, entry.layer)
        together.setdefault(said, []).append(entry)
    return tuple(Said(tuple(entries)) for entries in together.values())


def _distance(vendor: str, entry: Entry) -> int:
    """Return how far an entry is from the server that wrote the log.

    Of an error a vendor knows most about its own server, then come others who explain that server's code, which
    may be no more than its name, then the standard. Of a success a vendor's manual tells the exception, which
    comes last.
    """
    if entry.status in SUCCESSES:
        return int(entry.document in SOURCES)
    if not entry.speaks_for(vendor):
        return 2
    return int(not entry.vendor == entry.document_vendor == vendor)


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
    told = explained(analysis, vendor, status, words)
    if told:
        return told[0].first.meaning
    found = explain(status, vendor=speaker(analysis, vendor), lang=words.lang)
    return " ".join(unexplained(found, vendor, words))


def told_by(analysis: Analysis, vendor: str, status: int | None, words: Words) -> Text:
    """Return the documents whose meaning `meaning_of` gives, by their ids."""
    told = explained(analysis, vendor, status, words) if status is not None else ()
    if not told:
        return ()
    pieces: list[Piece] = []
    for entry in told[0].entries:
        pieces += [
            ", " if pieces else " (",
            Link(entry.document, entry.address) if entry.address else entry.document,
        ]
    return (*pieces, ")")


def document_link(name: str) -> Piece:
    """Return a document by its id, with the way to it where it states an address."""
    address = next((document["address"] for document in documents() if document["id"] == name), None)
    return Link(name, address) if address else name


def documents_of(analysis: Analysis, vendor: str, status: int | None, words: Words) -> Folded | None:
    """Return causes, remedies and caveats, document by document."""
    if status is None:
        return None
    told = explained(analysis, vendor, status, words)
    if not told:
        return None
    documents = words.count("document", len({entry.document for said in told for entry in said.entries}))
    blocks: list[Block] = [_said(said, words, first=number == 0) for number, said in enumerate(told)]
    others = elsewhere(explain(status, vendor=speaker(analysis, vendor), lang=words.lang).elsewhere, words)
    blocks += [Paragraph((sentence,)) for sentence in others]
    return Folded(words("statuses.documents", documents=documents), tuple(blocks))


def _said(said: Said, words: Words, *, first: bool) -> Section:
    """Return one meaning; the first already stands in the row that this unfolds from."""
    entry = said.first
    blocks: list[Block] = []
    if not first:
        blocks.append(Paragraph((entry.meaning,)))
    for name, items in (("causes", entry.causes), ("remedies", entry.remedies)):
        if items:
            blocks.append(Bullets(tuple((item,) for item in items), words(f"statuses.{name}")))
    rows: list[tuple[str, Text]] = []
    if entry.layer != "none":
        rows.append((words("statuses.fault"), (words.name("layer", entry.layer),)))
    caveats = dict.fromkeys(one.caveat for one in said.entries if one.caveat)
    rows += [(words("statuses.caveat"), (caveat,)) for caveat in caveats]
    rows += [(words("statuses.source"), _source(one, words)) for one in said.entries]
    blocks.append(Facts(tuple(rows)))
    titles = dict.fromkeys(one.title or one.document for one in said.entries)
    return Section("", "; ".join(titles), (), tuple(blocks))


def _source(entry: Entry, words: Words) -> Text:
    """Return id and address of the document, as far as it states them."""
    if entry.address is None:
        return (f"`{entry.document}`, {words('statuses.no_address')}",)
    return (f"`{entry.document}`, ", Link(entry.address, entry.address))
