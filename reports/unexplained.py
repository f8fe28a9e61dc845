"""A status that no document explains for a vendor → what can honestly be said of it; starts without Polars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loganalyzer.knowledge import reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loganalyzer.knowledge import Entry, Explanation
    from reports.words import Words


def unexplained(found: Explanation, vendor: str | None, words: Words) -> tuple[str, ...]:
    """Return sentences on a status without an entry: that nobody explains it, its class, and who else uses it."""
    if vendor is None or vendor == "standard":
        first = words("statuses.unknown")
    else:
        first = words("statuses.unknown_for", vendor=words.name("vendor", vendor))
    return first, general(found, words), *elsewhere(found.elsewhere, words)


def general(found: Explanation, words: Words) -> str:
    """Return what the standard says of every status that it does not define."""
    if found.status_class == "other":
        return words("statuses.invalid")
    return words(
        "statuses.unknown_class", status_class=found.status_class, general=f"{found.status_class[0]}00"
    )


def elsewhere(entries: Iterable[Entry], words: Words) -> tuple[str, ...]:
    """Return whose code the status is elsewhere, by which documents, in one sentence; nothing of nobody's."""
    documents: dict[tuple[str, str | None], list[str]] = {}
    for entry in entries:
        vendor = entry.vendor or "standard"
        documents.setdefault((vendor, reason(entry.status, vendor)), []).append(entry.document)
    if not documents:
        return ()
    others = [
        words(
            "statuses.elsewhere_unnamed" if name is None else "statuses.elsewhere_one",
            vendor=words.name("vendor", vendor),
            documents=", ".join(f"`{document}`" for document in dict.fromkeys(names)),
            **({} if name is None else {"name": name}),
        )
        for (vendor, name), names in documents.items()
    ]
    return (words("statuses.elsewhere", others=words.together(others)),)
