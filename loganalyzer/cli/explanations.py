"""`explain`: a status code → what the documents say of it, as text or JSON; without one, the table of all."""

from __future__ import annotations

import json
import unicodedata
from itertools import groupby
from typing import TYPE_CHECKING, Final

from loganalyzer import knowledge
from loganalyzer.cli.exits import Exit
from loganalyzer.cli.terminal import result, width
from reports.catalogue import CATALOGUE, LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from loganalyzer.cli.options import Language, Vendor
    from loganalyzer.knowledge import Entry, Explanation

_NAMES: Final = {
    None: {"en": "The standard", "ko": "표준"},
    "nginx": {"en": "nginx", "ko": "nginx"},
    "apache": {"en": "Apache", "ko": "Apache"},
    "cloudflare": {"en": "Cloudflare", "ko": "Cloudflare"},
    "cisco_wsa": {"en": "Cisco WSA", "ko": "Cisco WSA"},
    "microsoft": {"en": "Microsoft", "ko": "Microsoft"},
    "twitter": {"en": "Twitter", "ko": "Twitter"},
}
_WORDS: Final = {
    "cause": {"en": "Causes", "ko": "원인"},
    "remedy": {"en": "What to do", "ko": "조치"},
    "caveat": {"en": "Note", "ko": "주의"},
    "meaning": {"en": "meaning {n}", "ko": "{n}번째 의미"},
    "by": {"en": "By", "ko": "출처"},
    "layer": {"en": "Points to", "ko": "가리키는 곳"},
    "unknown": {"en": "no document here explains it", "ko": "이 코드를 설명하는 문서가 없습니다"},
    "unknown_class": {
        "en": "By its first digit it is of class {status_class}.",
        "ko": "첫 숫자로 보면 {status_class} 부류입니다.",
    },
    "code": {"en": "code", "ko": "코드"},
    "reason": {"en": "reason phrase", "ko": "사유 문구"},
    "explained": {"en": "explained for", "ko": "설명 대상"},
}


def explain(code: str | None, *, vendor: Vendor | None, lang: Language, as_json: bool) -> Exit:
    """Write the explanation of a code of three digits, or the table of all."""
    if code is not None:
        found = knowledge.explain(int(code), vendor=vendor, lang=lang)
        if as_json:
            result(json.dumps(knowledge.as_json(found), ensure_ascii=False, indent=2) + "\n")
        else:
            result("\n".join(_page(found, lang)) + "\n")
        return Exit.DONE
    every = [knowledge.explain(status, vendor=vendor, lang=lang) for status in knowledge.known()]
    every = [found for found in every if found.entries]
    if as_json:
        result(json.dumps([knowledge.as_json(found) for found in every], ensure_ascii=False, indent=2) + "\n")
    else:
        result("\n".join(_table(every, lang)) + "\n")
    return Exit.DONE


def _page(found: Explanation, lang: Language) -> Iterator[str]:
    """Yield the lines that explain one status, vendor by vendor, document by document."""
    heading = f"{found.status:03d} {found.reason or ''}".rstrip()
    if not found.entries:
        yield f"{heading}: {_WORDS['unknown'][lang]}"
        if found.status_class != "other":
            yield _WORDS["unknown_class"][lang].format(status_class=found.status_class)
        return
    yield f"{heading} ({found.status_class})"
    for vendor, entries in groupby(sorted(found.entries, key=_order(found)), key=lambda entry: entry.vendor):
        yield ""
        yield _name(vendor, lang)
        for entry in entries:
            yield from _entry(entry, lang)


def _order(found: Explanation) -> Callable[[Entry], int]:
    """Return a key that keeps a vendor's entries together, in the order in which the vendors come first."""
    vendors = list(dict.fromkeys(entry.vendor for entry in found.entries))
    return lambda entry: vendors.index(entry.vendor)


def _entry(entry: Entry, lang: Language) -> Iterator[str]:
    several = f" ({_WORDS['meaning'][lang].format(n=entry.meaning_no)})" if entry.meaning_no > 1 else ""
    yield ""
    yield from fill(f"{entry.meaning}{several}", "  ")
    if entry.layer != "none":
        layer = CATALOGUE[f"layer.{entry.layer}"][LANGUAGES.index(lang)]
        yield from fill(f"{_WORDS['layer'][lang]}: {layer}", "  ")
    for name, items in (("cause", entry.causes), ("remedy", entry.remedies)):
        if items:
            yield f"  {_WORDS[name][lang]}:"
        for item in items:
            yield from fill(f"- {item}", "    ", "      ")
    if entry.caveat:
        yield from fill(f"{_WORDS['caveat'][lang]}: {entry.caveat}", "  ")
    named = ", ".join(part for part in (entry.title, entry.address) if part)
    yield f"  {_WORDS['by'][lang]}: [{entry.document}]{' ' if named else ''}{named}"


def _table(every: Iterable[Explanation], lang: Language) -> Iterator[str]:
    rows = [tuple(_WORDS[name][lang] for name in ("code", "reason", "explained"))]
    for found in every:
        vendors = dict.fromkeys(_name(entry.vendor, lang) for entry in found.entries)
        rows.append((f"{found.status:03d}", found.reason or "", ", ".join(vendors)))
    first, second = (max(columns_of(row[number]) for row in rows) for number in (0, 1))
    for row in rows:
        yield f"{_pad(row[0], first)}  {_pad(row[1], second)}  {row[2]}"


def _name(vendor: str | None, lang: Language) -> str:
    return _NAMES[vendor][lang] if vendor in _NAMES else str(vendor)


def columns_of(text: str) -> int:
    """Return how many columns of a terminal a text fills: a wide character fills two.

    >>> columns_of("502 오류")
    8
    """
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _pad(text: str, columns: int) -> str:
    return text + " " * (columns - columns_of(text))


def fill(text: str, indent: str, further: str | None = None) -> Iterator[str]:
    """Yield the text in lines no wider than the terminal; a word is never cut."""
    most, line = width(), indent
    further = indent if further is None else further
    empty = True
    for word in text.split():
        if not empty and columns_of(line) + 1 + columns_of(word) > most:
            yield line
            line, empty = further, True
        line = line + word if empty else f"{line} {word}"
        empty = False
    yield line
