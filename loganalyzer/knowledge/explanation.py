"""A status and a vendor → the entries that apply, in the order they are to be read.

Without a vendor every entry is given: the five documents first, for theirs are the explanations the
reports carry, then the standard, then the vendors' own sources. With a vendor, what speaks for that vendor
comes first in this same order, then what speaks for the standard; what speaks only for another vendor is
left out, unless nothing else explains the status, or it has a second meaning there: then they stand apart, as
`elsewhere`. A vendor no document speaks for, such as `standard`, leaves the standard's entries.
"""

from dataclasses import dataclass

from loganalyzer.knowledge.library import FIVE, STANDARD, Entry, Language, entries


@dataclass(frozen=True, slots=True)
class Explanation:
    """A status, its reason phrase, its class and what the documents say of it.

    `reason` is None and `entries` is empty where no document knows the status. `status_class` is the first
    digit and `xx`, or `other` outside 100–599. `elsewhere` are entries of other vendors alone: what the status means
    there need not be what it means here.
    """

    status: int
    reason: str | None
    status_class: str
    entries: tuple[Entry, ...]
    elsewhere: tuple[Entry, ...] = ()


def explain(status: int, *, vendor: str | None = None, lang: Language = "en") -> Explanation:
    """Return what the documents say of a status, for one vendor or for all.

    >>> explain(499, vendor="nginx").reason
    'Client Closed Request'
    >>> explain(799)
    Explanation(status=799, reason=None, status_class='other', entries=(), elsewhere=())
    >>> [entry.vendor for entry in explain(522, vendor="nginx").elsewhere]
    ['cloudflare']
    """
    found = tuple(entry for entry in entries(lang) if entry.status == status)
    elsewhere: tuple[Entry, ...] = ()
    if vendor is not None:
        own = tuple(entry for entry in found if entry.speaks_for(vendor))
        elsewhere = tuple(entry for entry in found if entry.vendor is not None and entry not in own)
        found = own + tuple(entry for entry in found if entry.vendor is None)
        if found:
            elsewhere = tuple(entry for entry in elsewhere if entry.meaning_no > 1)
    return Explanation(status, _reason(found, vendor), _status_class(status), found, elsewhere)


def reason(status: int, vendor: str | None = None) -> str | None:
    """Return the reason phrase of this vendor, else of the standard, else (without a vendor) of anybody.

    >>> reason(413)
    'Content Too Large'
    """
    return explain(status, vendor=vendor).reason


def known() -> tuple[int, ...]:
    """Return every status that has an entry, ascending."""
    return tuple(sorted({entry.status for entry in entries("en")}))


def as_json(explanation: Explanation) -> dict[str, object]:
    """Return an explanation as the result of `explain CODE --json`."""
    return {
        "status": explanation.status,
        "reason": explanation.reason,
        "class": explanation.status_class,
        "entries": [
            {
                "document": entry.document,
                "title": entry.title,
                "address": entry.address,
                "refers_to": list(entry.refers_to),
                "vendor": entry.vendor,
                "name": entry.reason,
                "meaning_no": entry.meaning_no,
                "meaning": entry.meaning,
                "layer": entry.layer,
                "causes": list(entry.causes),
                "remedies": list(entry.remedies),
                "caveat": entry.caveat,
            }
            for entry in explanation.entries
        ],
        "elsewhere": [
            {
                "document": entry.document,
                "vendor": entry.vendor,
                "name": entry.reason,
                "meaning": entry.meaning,
            }
            for entry in explanation.elsewhere
        ],
    }


def _reason(found: tuple[Entry, ...], vendor: str | None) -> str | None:
    """Return the phrase of the entry that names the status with most authority."""

    def authority(entry: Entry) -> tuple[bool, bool, bool]:
        vendors_own = vendor is not None and entry.vendor == vendor
        # An article of a vendor's that repeats the standard's codes under older names does not rename them;
        # one whose code the standard does not have is still found, as the last.
        repeats = entry.document in FIVE and entry.vendor == entry.document_vendor
        return (not vendors_own or repeats, entry.document != STANDARD, entry.document in FIVE)

    named = [entry for entry in sorted(found, key=authority) if entry.reason is not None]
    return named[0].reason if named else None


def _status_class(status: int) -> str:
    return f"{status // 100}xx" if status in range(100, 600) else "other"
