"""Analysis → the statuses answered against those behind the server, cache results and decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.analysis import BEHIND, CROSSED
from reports.section import Code, Column, Paragraph, Quote, Row, Section, Table
from reports.sections.order import vendor_place

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis, Crossing, CrossRow, Passed
    from reports.section import Block, Text
    from reports.words import Words

NOTHING: Final = "·"
"""Stands for no record in a cell: a matrix of zeros hides its numbers."""


def section(analysis: Analysis, words: Words) -> Section | None:
    """Return a sentence and a matrix for each crossing in which something failed; none without one."""
    told = sorted(
        (one for one in analysis.crossings if one.statuses and one.rows),
        key=lambda one: (vendor_place(one.vendor), CROSSED.index(one.dimension)),
    )
    if not told:
        return None
    blocks: list[Block] = []
    for crossing in told:
        blocks += [Paragraph(_sentence(crossing, words)), _table(crossing, words)]
    return Section("origin", words("origin.heading"), (words("origin.lede"),), tuple(blocks))


def _sentence(crossing: Crossing, words: Words) -> Text:
    vendor = words.name("vendor", crossing.vendor)
    if crossing.passed is not None:
        return (_passed(crossing, crossing.passed, vendor, words),)
    rows = [*crossing.rows, *([crossing.others] if crossing.others else [])]
    failed = sum(_failed(row) for row in rows)
    worst = max(crossing.rows, key=lambda row: (_failed(row), row.records))
    facts: dict[str, Text] = {
        "vendor": (vendor,),
        "dimension": (words.name("dimension", crossing.dimension),),
        "n": (words.number(_failed(worst)),),
        "failed": (words.number(failed),),
        "value": (Quote(worst.value or ""),),
        "records": (words.number(worst.records),),
        "all": (words.number(crossing.records),),
    }
    return words.pieces("origin.named", facts)


def _failed(row: CrossRow) -> int:
    return sum(row.counts) + row.other


def _passed(crossing: Crossing, passed: Passed, vendor: str, words: Words) -> str:
    """Return what became of the statuses behind a server, in a sentence."""
    side = "edge" if crossing.vendor == "cloudflare" else "server"
    pairs = ", ".join(
        words(
            "origin.pair", behind=words.status(behind), answered=words.status(answered), n=words.number(count)
        )
        for behind, answered, count in passed.pairs
    )
    told = words(
        f"origin.{side}",
        vendor=vendor,
        all=words.count("request", crossing.records),
        same=words.number(passed.same),
        differ=words.number(passed.differ),
        pairs=words("origin.pairs", pairs=pairs) if pairs else "",
    )
    for name, count in (("zero", passed.zero), ("unstated", passed.unstated)):
        if count:
            told += words(f"origin.{side}_{name}", n=words.number(count))
    return f"{told}."


def _table(crossing: Crossing, words: Words) -> Table:
    rows = [*crossing.rows, *([crossing.others] if crossing.others else [])]
    served = any(row.served is not None for row in rows)
    others = any(row.other for row in rows)
    columns = (
        Column(words.name("dimension", crossing.dimension).capitalize()),
        Column(words("origin.all"), "number"),
        *([Column("1xx–3xx", "number")] if served else []),
        *(Column(words.status(status), "number") for status in crossing.statuses),
        *([Column(words("origin.other"), "number")] if others else []),
    )
    made = []
    for row in rows:
        counts = (*([row.served or 0] if served else []), *row.counts, *([row.other] if others else []))
        made.append(
            Row(
                (
                    _head(crossing, row, words),
                    (words.number(row.records),),
                    *((words.number(count) if count else NOTHING,) for count in counts),
                ),
                total=row is crossing.others,
            )
        )
    form = "origin.caption_behind" if crossing.dimension == BEHIND else "origin.caption"
    caption = words(
        form,
        vendor=words.name("vendor", crossing.vendor),
        dimension=words.name("dimension", crossing.dimension),
    )
    return Table(caption, columns, tuple(made), _remainder(crossing, rows, words), layout="matrix")


def _head(crossing: Crossing, row: CrossRow, words: Words) -> Text:
    if row is crossing.others:
        return (words("origin.others", values=words.count("value", crossing.left)),)
    if row.value is None:
        return (words("origin.none"),)
    if crossing.dimension == BEHIND:
        status = int(row.value)
        told = words.status(status) if status else "0"
        return (Code(told, f"{status // 100}xx" if status in range(100, 600) else "other"),)
    return (Quote(row.value),)


def _remainder(crossing: Crossing, rows: list[CrossRow], words: Words) -> str:
    """Return how many requests state no value, and how exact the counts are."""
    sentences = []
    left = crossing.records - sum(row.records for row in rows)
    if left > 0:
        sentences.append(words("origin.unnamed", requests=words.count("request", left)))
    if crossing.bound:
        sentences.append(words("tops.bound", bound=words.number(crossing.bound)))
    return " ".join(sentences)
