"""Data files in `documents/` → entries: what one document says of one status, in one language.

A file restates one document and is named after its id.

`id`, `title`, `address`
    Title and address as the document states them; null where it states none, never guessed.
`refers_to`
    What the document itself links or cites: addresses, or a citation where it gives no address.
`vendor`
    Whom it speaks for; null is the standard.
`language`, `note`
    The document's own language; what to know of it as a whole (in both languages), or null.
`entries`
    Sorted by `status` and `meaning_no`. `vendor` is set where it is not the document's; `title`, `address`
    and `refers_to` are there where they are not the document's (a page, or an RFC, for this status alone).
    `reason` is the English reason phrase as the document means it, `layer` the side the status points to;
    `en` and `ko` hold `meaning`, `causes`, `remedies` and `caveat` (where the document is dated, or
    contradicts another one or the present standard).
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, NotRequired, TypedDict

Language = Literal["en", "ko"]
Layer = Literal["client", "network", "edge", "proxy", "gateway", "origin", "policy", "none"]
"""The side that a status points to: who asks; what lies between two parties (names, routes, logins to a network); the
edge of a content network; a proxy of the client's; the hop from a gateway to the server behind it; the server that
answers for the site; a rule that somebody set; nobody, where nothing failed or the document names none."""

Vendor = Literal["nginx", "apache", "cloudflare", "cisco_wsa", "microsoft", "twitter"]
"""Whom an entry may speak for beside the standard; the last two write no log that is read here."""

FIVE = (
    "cloudflare-4xx",
    "mdn-client-server-errors",
    "http-status-overview",
    "mdn-errors-excerpt",
    "cisco-wsa-codes",
)
"""The documents the reports are annotated with, in the order they are quoted."""
STANDARD = "standard"
"""RFC 9110, the RFCs around it and the IANA registry."""
SOURCES = ("apache-manual", "cisco-asyncos-guide", "cloudflare-docs", "nginx-source")
"""What the vendors' own manuals and sources add."""
SHELF = (*FIVE, STANDARD, *SOURCES)


class Text(TypedDict):
    """What a document says of a status, in one language."""

    meaning: str
    causes: list[str]
    remedies: list[str]
    caveat: str | None


class Row(TypedDict):
    """One entry as its file holds it."""

    status: int
    meaning_no: int
    vendor: Vendor | None
    reason: str | None
    layer: Layer
    title: NotRequired[str | None]
    address: NotRequired[str | None]
    refers_to: NotRequired[list[str]]
    en: Text
    ko: Text


class Document(TypedDict):
    """One file."""

    id: str
    title: str | None
    address: str | None
    refers_to: list[str]
    vendor: Vendor | None
    language: Language
    note: dict[Language, str] | None
    entries: list[Row]


@dataclass(frozen=True, slots=True)
class Entry:
    """What one document says of one status.

    `vendor` is whom the entry speaks for (None: the standard), `document_vendor` whom its document speaks
    for: Cloudflare's article explains 499 as a code of nginx, and so speaks for both. `reason` is the
    document's own name for the status, `note` what to know of the document as a whole.
    """

    status: int
    document: str
    title: str | None
    address: str | None
    refers_to: tuple[str, ...]
    vendor: str | None
    document_vendor: str | None
    meaning_no: int
    reason: str | None
    meaning: str
    layer: Layer
    causes: tuple[str, ...]
    remedies: tuple[str, ...]
    caveat: str | None
    note: str | None

    def speaks_for(self, vendor: str) -> bool:
        """Whether the entry, or the document it stands in, speaks for this vendor."""
        return vendor in {self.vendor, self.document_vendor}


@cache
def documents() -> tuple[Document, ...]:
    """Return every data file, those of `SHELF` in its order, any other after them by name."""
    folder = files(__package__) / "documents"
    found: list[Document] = [
        json.loads(file.read_text(encoding="utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".json")
    ]
    return tuple(sorted(found, key=_place))


@cache
def entries(language: Language) -> tuple[Entry, ...]:
    """Return every entry in this language, in the order of `documents`, each sorted by status and meaning."""
    return tuple(_entry(document, row, language) for document in documents() for row in document["entries"])


def _place(document: Document) -> tuple[int, str]:
    name = document["id"]
    return (SHELF.index(name) if name in SHELF else len(SHELF), name)


def _entry(document: Document, row: Row, language: Language) -> Entry:
    text, note = row[language], document["note"]
    return Entry(
        status=row["status"],
        document=document["id"],
        title=row.get("title", document["title"]),
        address=row.get("address", document["address"]),
        refers_to=tuple(row.get("refers_to", document["refers_to"])),
        vendor=row["vendor"] or document["vendor"],
        document_vendor=document["vendor"],
        meaning_no=row["meaning_no"],
        reason=row["reason"],
        meaning=text["meaning"],
        layer=row["layer"],
        causes=tuple(text["causes"]),
        remedies=tuple(text["remedies"]),
        caveat=text["caveat"],
        note=None if note is None else note[language],
    )
