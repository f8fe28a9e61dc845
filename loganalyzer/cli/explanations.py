"""`explain`: a status code → what the documents say of it, as text or JSON; without one, the table of all."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from loganalyzer import knowledge
from loganalyzer.cli.exits import Exit
from loganalyzer.cli.terminal import columns_of, fill, result
from reports.asked import asked_of
from reports.unexplained import elsewhere, unexplained
from reports.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from loganalyzer.cli.options import Language, Vendor
    from loganalyzer.knowledge import Entry, Explanation
    from reports.asked import Asked


def explain(code: str | None, *, vendor: Vendor | None, lang: Language, as_json: bool) -> Exit:
    """Write the explanation of a code of three digits, or the table of all."""
    words = Words(lang)
    if code is not None:
        found = knowledge.explain(int(code), vendor=vendor, lang=lang)
        if as_json:
            result(json.dumps(_as_json(found, vendor, lang), ensure_ascii=False, indent=2) + "\n")
        else:
            result("\n".join(_page(found, vendor, words)) + "\n")
        return Exit.DONE
    every = [knowledge.explain(status, vendor=vendor, lang=lang) for status in knowledge.known()]
    every = [found for found in every if found.entries]
    if as_json:
        told = [_as_json(found, vendor, lang) for found in every]
        result(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    else:
        result("\n".join(_table(every, words)) + "\n")
    return Exit.DONE


def _as_json(found: Explanation, vendor: Vendor | None, lang: Language) -> dict[str, object]:
    """Return an explanation, and the questions that a log can answer about it."""
    asked = asked_of(found.status, vendor, lang)
    return {**knowledge.as_json(found), "questions": [asdict(question) for question in asked]}


def _page(found: Explanation, vendor: Vendor | None, words: Words) -> Iterator[str]:
    """Yield the lines that explain one status, vendor by vendor, document by document, and what a log can tell."""
    heading = f"{found.status:03d} {found.reason or ''}".rstrip()
    if found.entries:
        yield f"{heading} ({words('class.other') if found.status_class == 'other' else found.status_class})"
        others = elsewhere(found.elsewhere, words)
    else:
        yield heading
        others = unexplained(found, vendor, words)
    grouped = groupby(sorted(found.entries, key=_order(found)), key=lambda entry: entry.vendor)
    for speaker, entries in grouped:
        yield ""
        yield _name(speaker, words)
        for entry in entries:
            yield from _entry(entry, words)
    if others:
        yield ""
    for sentence in others:
        yield from fill(sentence.replace("`", ""), "")
    yield from _asked(asked_of(found.status, vendor, words.lang), words)


def _order(found: Explanation) -> Callable[[Entry], int]:
    """Return a key that keeps a vendor's entries together, in the order in which the vendors come first."""
    vendors = list(dict.fromkeys(entry.vendor for entry in found.entries))
    return lambda entry: vendors.index(entry.vendor)


def _entry(entry: Entry, words: Words) -> Iterator[str]:
    several = f" ({words('explain.meaning', n=str(entry.meaning_no))})" if entry.meaning_no > 1 else ""
    yield ""
    yield from fill(f"{entry.meaning}{several}", "  ")
    if entry.layer != "none":
        yield from fill(f"{words('statuses.fault')}: {words.name('layer', entry.layer)}", "  ")
    for name, items in (("causes", entry.causes), ("remedies", entry.remedies)):
        yield from _list(words(f"statuses.{name}"), items, "  ")
    if entry.caveat:
        yield from fill(f"{words('statuses.caveat')}: {entry.caveat}", "  ")
    named = ", ".join(part for part in (entry.title, entry.address) if part)
    yield f"  {words('explain.by')}: [{entry.document}]{' ' if named else ''}{named}"


def _list(heading: str, items: Sequence[str], indent: str) -> Iterator[str]:
    if items:
        yield f"{indent}{heading}:"
    for item in items:
        yield from fill(f"- {item}", f"{indent}  ", f"{indent}    ")


def _asked(questions: Sequence[Asked], words: Words) -> Iterator[str]:
    """Yield the questions that a log can answer about the status, their causes, and what is to be done then."""
    if not questions:
        return
    yield ""
    yield words("explain.asked")
    for asked in questions:
        yield ""
        whose = [words.name("vendor", vendor) for vendor in asked.vendors or ()]
        yield from fill(f"{asked.question} ({', '.join(whose) or words('explain.every_log')})", "  ", "    ")
        for cause in asked.causes:
            yield from fill(f"- {cause.claim} [{', '.join(cause.documents)}]", "  ", "    ")
            yield from _list(words("verdict.checks"), cause.checks, "    ")
    yield ""
    yield from fill(words("explain.answers").replace("`", ""), "")


def _table(every: Iterable[Explanation], words: Words) -> Iterator[str]:
    rows = [tuple(words(f"explain.{name}") for name in ("code", "reason", "explained"))]
    for found in every:
        vendors = dict.fromkeys(_name(entry.vendor, words) for entry in found.entries)
        rows.append((f"{found.status:03d}", found.reason or "", ", ".join(vendors)))
    first, second = (max(columns_of(row[number]) for row in rows) for number in (0, 1))
    for row in rows:
        yield f"{_pad(row[0], first)}  {_pad(row[1], second)}  {row[2]}"


def _name(vendor: str | None, words: Words) -> str:
    return words("explain.standard") if vendor is None else words.name("vendor", vendor)


def _pad(text: str, columns: int) -> str:
    return text + " " * (columns - columns_of(text))
