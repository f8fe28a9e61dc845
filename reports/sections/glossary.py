"""Analysis → every status code that occurs, once for all logs, with all that the documents say of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from loganalyzer.knowledge import explain
from loganalyzer.knowledge.library import documents
from reports.section import Bullets, Facts, Folded, Link, Paragraph, Scope, Section
from reports.sections.meaning import code_anchor, document_link, merged, speaker
from reports.sections.order import vendor_place, vendors
from reports.sections.statuses import anchor_of, explained_rows
from reports.unexplained import elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loganalyzer.analysis import Analysis, StatusCount
    from loganalyzer.knowledge import Entry
    from reports.section import Block, Piece, Text
    from reports.sections.meaning import Said
    from reports.words import Words

UNEXPLAINED: Final = 20
"""Codes without an entry that are named; a log may invent any number."""

_CODE: Final = re.compile(r"(?<![\d.,:/#`-])(?:0\d\d|[1-5]\d\d)(?![\d-])")
"""A status code in a sentence: no port, no part of a larger number and none of a literal."""

_AMOUNT: Final = re.compile(r"\s?(?:%|[kM]?B\b|s\b|ms\b|sec|min|byte|day|hour|초|분|일|시간|바이트|개|회)")
"""What follows a number that is none."""


def section(analysis: Analysis, words: Words) -> Section | None:
    """Return one fold for each code that a document explains; none where no code occurs."""
    rows = _rows(analysis)
    if not rows:
        return None
    entries = {status: _entries(analysis, rows[status], words) for status in rows}
    known = [status for status in rows if entries[status]]
    beside = _beside({status: entries[status] for status in known})
    blocks: list[Block] = [
        _code(analysis, rows[status], entries[status], beside[status], words) for status in known
    ]
    if unknown := [status for status in rows if not entries[status]]:
        codes = ", ".join(words.status(status) for status in unknown[:UNEXPLAINED])
        more = ", …" if len(unknown) > UNEXPLAINED else ""
        said = words(
            "glossary.unexplained", codes=codes + more, count=words.count("status_code", len(unknown))
        )
        blocks.append(Paragraph((said,), quiet=True))
    return Section("glossary", words("glossary.heading"), (words("glossary.lede"),), tuple(blocks))


def _rows(analysis: Analysis) -> dict[int, list[StatusCount]]:
    """Return the codes that occur, ascending, and where they do, in the order of the page."""
    order = sorted(
        (row for row in analysis.statuses if row.status is not None and row.vendor in vendors(analysis)),
        key=lambda row: (row.status or 0, vendor_place(row.vendor)),
    )
    found: dict[int, list[StatusCount]] = {}
    for row in order:
        found.setdefault(row.status or 0, []).append(row)
    return found


def _entries(analysis: Analysis, rows: Iterable[StatusCount], words: Words) -> list[Entry]:
    """Return what documents say of a code for the writers of the logs it stands in.

    What holds for every server comes first, then what single vendors add, in the order of the page.
    """
    found: dict[Entry, None] = {}
    for row in rows:
        asked = speaker(analysis, row.vendor)
        found |= dict.fromkeys(explain(row.status or 0, vendor=asked, lang=words.lang).entries)
    return sorted(found, key=lambda entry: (entry.vendor is not None, vendor_place(entry.vendor or "")))


def _code(
    analysis: Analysis, rows: list[StatusCount], entries: list[Entry], beside: list[int], words: Words
) -> Folded:
    status = rows[0].status or 0
    blocks: list[Block] = [Paragraph(_places(analysis, rows, words), quiet=True)]
    blocks += [_said(said, words) for said in merged(entries)]
    others = dict.fromkeys(
        sentence
        for row in rows
        for sentence in elsewhere(
            explain(status, vendor=speaker(analysis, row.vendor), lang=words.lang).elsewhere, words
        )
    )
    blocks += [Paragraph((sentence,)) for sentence in others]
    if beside:
        pieces: list[Piece] = [f"{words('glossary.beside')}{words('colon')}"]
        for place, one in enumerate(beside):
            pieces += [", "] if place else []
            pieces.append(Link(words.status(one), f"#{code_anchor(one)}"))
        blocks.append(Paragraph(tuple(pieces), quiet=True))
    names = dict.fromkeys([explain(status).reason, *(row.reason for row in rows)])
    told = " / ".join(name for name in names if name)
    scope = Scope(tuple(dict.fromkeys(row.vendor for row in rows)), (rows[0].status_class,))
    heading = f"{words.status(status)} {told}".strip()
    rank = {"5xx": 0, "4xx": 1}.get(rows[0].status_class, 2)  # errors are what a glossary is opened for
    return Folded(heading, tuple(blocks), anchor=code_anchor(status), scope=scope, rank=rank)


def _beside(entries: dict[int, list[Entry]]) -> dict[int, list[int]]:
    """Return for every code the others that its texts name, or that name it."""
    named = {status: _named(some) for status, some in entries.items()}
    return {
        status: [one for one in entries if one != status and (one in named[status] or status in named[one])]
        for status in entries
    }


def _named(entries: Iterable[Entry]) -> set[int]:
    """Return the codes that the texts of entries name."""
    texts = [
        text
        for entry in entries
        for text in (entry.meaning, *entry.causes, *entry.remedies, entry.caveat or "")
    ]
    return {
        int(found[0])
        for text in texts
        for found in _CODE.finditer(text)
        if not _AMOUNT.match(text, found.end())
    }


def _places(analysis: Analysis, rows: Iterable[StatusCount], words: Words) -> Text:
    """Return in which logs a code stands, each leading to its row there."""
    pieces: list[Piece] = [f"{words('glossary.places')}{words('colon')}"]
    for place, row in enumerate(rows):
        told = f"{words.name('vendor', row.vendor)} {words.number(row.records)}"
        shown = row.status in {one.status for one in explained_rows(analysis, row.vendor)}
        pieces += [", "] if place else []
        pieces.append(Link(told, f"#{anchor_of(row.vendor, row.status, words)}") if shown else told)
    return tuple(pieces)


def _source(entry: Entry) -> Link:
    """Return a document by its id: to its page on this code if it names one, else to where it is listed."""
    listed = document_link(entry.document)
    general = {document["address"] for document in documents() if document["id"] == entry.document}
    return listed if entry.address is None or entry.address in general else Link(listed.text, entry.address)


def _said(said: Said, words: Words) -> Section:
    """Return one meaning with its causes, remedies and caveats, and the documents that tell it."""
    entry = said.first
    blocks: list[Block] = [Paragraph((entry.meaning,))]
    for name, items in (("causes", entry.causes), ("remedies", entry.remedies)):
        if items:
            blocks.append(Bullets(tuple((item,) for item in items), words(f"statuses.{name}")))
    rows: list[tuple[str, Text]] = []
    if entry.layer != "none":
        rows.append((words("statuses.fault"), (words.name("layer", entry.layer),)))
    caveats = dict.fromkeys(one.caveat for one in said.entries if one.caveat)
    rows += [(words("statuses.caveat"), (caveat,)) for caveat in caveats]
    sources: list[Piece] = []
    for one in said.entries:
        sources += [", "] if sources else []
        sources.append(_source(one))
    rows.append((words("statuses.source"), tuple(sources)))
    blocks.append(Facts(tuple(rows)))
    titles = "; ".join(dict.fromkeys(one.title or one.document for one in said.entries))
    if entry.vendor is not None:
        vendor = words.name("vendor", entry.vendor)
        titles = words("glossary.of_vendor", vendor=vendor, title=titles)
    return Section("", titles, (), tuple(blocks))
