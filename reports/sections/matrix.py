"""Rows of a crossing → a table with a column for each status or decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reports.section import Column, Quote, Row, Scope, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from loganalyzer.analysis import Crossing, Ruling
    from reports.section import Text
    from reports.words import Words

NOTHING: Final = "·"
"""Stands for no record in a cell: a matrix of zeros hides its numbers."""


def matrix(
    told: Crossing | Ruling,
    headings: tuple[str, ...],
    caption: str,
    remainder: str,
    words: Words,
    head: Callable[[str], Text] | None = None,
) -> Table:
    """Return a row for each value, and one for those beyond the bound; `head` says a value otherwise than quoted."""
    rows = [*told.rows, *([told.others] if told.others else [])]
    others = any(row.other for row in rows)
    columns = (
        Column(words.name("dimension", told.dimension).capitalize()),
        Column(words("matrix.all"), "number"),
        *(Column(heading, "number") for heading in headings),
        *([Column(words("matrix.other"), "number")] if others else []),
    )
    made = []
    for row in rows:
        counts = (*row.counts, *([row.other] if others else []))
        first = (
            _beyond(told.left, words)
            if row is told.others
            else (words("matrix.none"),)
            if row.value is None
            else head(row.value)
            if head
            else (Quote(row.value),)
        )
        cells = tuple((words.number(count) if count else NOTHING,) for count in counts)
        made.append(Row((first, (words.number(row.records),), *cells), total=row is told.others))
    scope = Scope((told.vendor,))
    return Table(caption, columns, tuple(made), remainder, layout="matrix", scope=scope)


def _beyond(left: int | None, words: Words) -> Text:
    return (words("matrix.others") if left is None else words.count("value", left),)
