"""Analysis → what caches answered: hits of what was looked for, and how many requests of each result failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loganalyzer.analysis import ENOUGH
from reports.section import Column, Paragraph, Quote, Row, Scope, Section, Table
from reports.sections.order import vendor_place

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis, CacheRow, Caching
    from reports.section import Block, Text
    from reports.words import Words


def section(analysis: Analysis, words: Words) -> Section | None:
    """Return a sentence and a table for each log that states cache results; none without one."""
    if not analysis.caching:
        return None
    blocks: list[Block] = []
    for caching in sorted(analysis.caching, key=lambda one: vendor_place(one.vendor)):
        sentence = Paragraph((_sentence(caching, words),), scope=Scope((caching.vendor,)))
        # A table of a handful would be one of percentages of nearly nothing.
        blocks += [sentence, _table(caching, words)] if _stated(caching) >= ENOUGH else [sentence]
    return Section("cache", words("cache.heading"), (words("cache.lede"),), tuple(blocks))


def _sentence(caching: Caching, words: Words) -> str:
    looked = caching.hits + caching.misses
    form = "cache.sentence" if looked >= ENOUGH else "cache.few"
    return words(
        form if looked else "cache.never",
        vendor=words.name("vendor", caching.vendor),
        all=words.count("request", caching.records),
        looked=words.number(looked),
        share=words.percent(caching.hits, looked),
        hits=words.number(caching.hits),
        bytes=words.percent(caching.hit_bytes, caching.bytes_sent),
        least=words.number(ENOUGH),
    )


def _stated(caching: Caching) -> int:
    """Return how many requests state a cache result."""
    return sum(row.records for row in (*caching.rows, *([caching.others] if caching.others else [])))


def _part(part: int, whole: int, words: Words) -> str:
    """Return a share, or of few records the counts."""
    if whole >= ENOUGH:
        return words.percent(part, whole)
    return words("cache.part", n=words.number(part), all=words.number(whole))


def _table(caching: Caching, words: Words) -> Table:
    columns = (
        Column(words.name("dimension", "cache").capitalize()),
        Column(words("cache.kind")),
        Column(words("cache.requests"), "number"),
        Column(words("cache.share"), "number"),
        Column(words("traffic.bytes"), "number"),
        Column("4xx", "number"),
        Column("5xx", "number"),
        Column(words("tops.statuses")),
    )
    rows = [*caching.rows, *([caching.others] if caching.others else [])]
    stated = _stated(caching)
    caption = words("cache.caption", vendor=words.name("vendor", caching.vendor))
    left = caching.records - stated
    return Table(
        caption,
        columns,
        tuple(_row(caching, row, stated, words) for row in rows),
        words("matrix.unnamed", requests=words.count("request", left)) if left > 0 else "",
        scope=Scope((caching.vendor,)),
    )


def _row(caching: Caching, row: CacheRow, stated: int, words: Words) -> Row:
    beyond = row is caching.others
    head: Text = (Quote(row.value or ""),)
    if beyond:
        head = (words("matrix.others") if caching.left is None else words.count("value", caching.left),)
    return Row(
        (
            head,
            ("–" if beyond else words(f"cache.{row.kind}"),),
            (words.number(row.records),),
            (words.percent(row.records, stated),),
            (words.bytes(row.bytes_sent),),
            (_part(row.client_errors, row.records, words),),
            (_part(row.server_errors, row.records, words),),
            (words.statuses(row.statuses),),
        ),
        total=beyond,
        keys=(
            *([None] * 4),
            row.bytes_sent,
            row.client_errors / row.records,
            row.server_errors / row.records,
            None,
        ),
    )
