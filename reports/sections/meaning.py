"""A status of a vendor's log → what it means there in a sentence, by which documents, and the way to the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from loganalyzer.knowledge import explain
from loganalyzer.knowledge.library import SOURCES
from reports.section import Link
from reports.unexplained import unexplained

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loganalyzer.analysis import Analysis
    from loganalyzer.knowledge import Entry
    from reports.section import Piece, Text
    from reports.words import Words

SUCCESSES: Final = range(100, 400)

_END: Final = re.compile(r"(?<!e\.g)(?<!i\.e)\.(?=\s)")
"""Where a sentence ends, and another one follows."""


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
    return merged(sorted(found.entries, key=partial(_distance, asked)))


def merged(entries: Iterable[Entry]) -> tuple[Said, ...]:
    """Return entries in their order, those that say the same as one."""
    together: dict[object, list[Entry]] = {}
    for entry in entries:
        said = (entry.meaning, entry.causes, entry.remedies, entry.layer)
        together.setdefault(said, []).append(entry)
    return tuple(Said(tuple(some)) for some in together.values())


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
    """Return the first sentence of the first meaning: all of it stands once, in the glossary."""
    if status is None:
        return words("statuses.unlogged")
    told = explained(analysis, vendor, status, words)
    if told:
        return first_sentence(told[0].first.meaning)
    found = explain(status, vendor=speaker(analysis, vendor), lang=words.lang)
    return " ".join(unexplained(found, vendor, words))


def first_sentence(text: str) -> str:
    """Return the first sentence of a text.

    >>> first_sentence("Logged by nginx 1.27 alone. Nothing was sent.")
    'Logged by nginx 1.27 alone.'
    """
    end = _END.search(text)
    return text[: end.end()] if end else text


def told_by(analysis: Analysis, vendor: str, status: int | None, words: Words) -> Text:
    """Return the documents whose meaning `meaning_of` gives, by their ids."""
    told = explained(analysis, vendor, status, words) if status is not None else ()
    if not told:
        return ()
    pieces: list[Piece] = []
    for entry in told[0].entries:
        pieces += [", " if pieces else " (", document_link(entry.document)]
    return (*pieces, ")")


def document_link(name: str) -> Link:
    """Return a document by its id, with the way to where its title and address stand."""
    return Link(name, f"#document-{name}")


def code_anchor(status: int) -> str:
    """Return the anchor of a code in the glossary."""
    return f"code-{status:03d}"


def more_of(analysis: Analysis, vendor: str, status: int | None, words: Words) -> Text:
    """Return the way to what all documents say of a status, where any does."""
    if status is None or not explained(analysis, vendor, status, words):
        return ()
    return (" ", Link(words("findings.documents"), f"#{code_anchor(status)}", jump=True))
