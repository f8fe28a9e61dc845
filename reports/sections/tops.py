"""Analysis → the paths, clients, hosts and agents with most errors, what else they share, and what is left out."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from reports.catalogue import CATALOGUE
from reports.section import Column, Folded, Quote, Row, Scope, Section, Table
from reports.sections.order import vendor_place

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis, TopRow, TopTable
    from reports.section import Block, Piece, Text
    from reports.words import Words

ROWS, FEWEST = 10, 4
"""Values of a table, and where there are many tables."""

ALL_ROWS: Final = 164
"""Values of all tables together: four logs with errors of every class fill no page."""

MOSTLY: Final = 2
"""Times the failures without a value from which they are the most."""

DIMENSIONS: Final = ("path", "client", "host", "user_agent")
"""Dimensions with a table of their own."""

IN_BRIEF: Final = ("network", "kind", "program", "referrer", "upstream", "method", "user", "country")
"""Dimensions that share one table, with their first values in a line."""

NAMED: Final = 3
"""Values of a dimension that is told in brief."""

ORDER: Final = ("5xx", "4xx", "other")


def section(analysis: Analysis, words: Words) -> Section | None:
    """Return the top tables, log by log and class by class."""
    tables = sorted(analysis.tops, key=_place)
    if not tables:
        return None
    own = sum(table.dimension in DIMENSIONS for table in tables)
    most = max(FEWEST, min(ROWS, ALL_ROWS // own)) if own else FEWEST
    groups: list[Block] = []
    for (vendor, status_class), group in groupby(
        tables, key=lambda table: (table.vendor, table.status_class)
    ):
        members = tuple(group)
        summary = words(
            "tops.group",
            vendor=words.name("vendor", vendor),
            status_class=words.class_code(status_class),
            errors=words.count("error", max(table.failures for table in members)),
        )
        tables_of = tuple(_table(table, most, words) for table in members if table.dimension in DIMENSIONS)
        brief = [table for table in members if table.dimension in IN_BRIEF and not _tells_nothing(table)]
        if brief:
            tables_of = (*tables_of, _brief(brief, status_class, words))
        scope = Scope((vendor,), (status_class,))
        groups.append(Folded(summary, tables_of, open=not groups, scope=scope))
    return Section("tops", words("tops.heading"), (words("tops.lede"),), tuple(groups))


def _tells_nothing(table: TopTable) -> bool:
    """Whether a table would only say that everything that failed was asked for in the same way as everything is."""
    return table.dimension == "method" and table.values == 1


def _brief(tables: list[TopTable], status_class: str, words: Words) -> Table:
    """Return a row for each dimension: how many values failed, and the first of them."""
    columns = (
        Column(words("tops.by")),
        Column(words("tops.values"), "number"),
        Column(words("tops.first")),
    )
    rows = tuple(
        Row(
            (
                (words.name("dimension", table.dimension).capitalize(),),
                ((">= " if table.bound else "") + words.number(table.values),),
                _first(table, words),
            )
        )
        for table in tables
    )
    code = words.class_code(status_class)
    # Of values that were dropped nobody knows the network; of all other failures without one it is not logged.
    short = [table for table in tables if table.bound]
    remainder = (
        words(
            "tops.brief_bound",
            names=words.together([words.name("dimension", one.dimension) for one in short]),
        )
        if short
        else ""
    )
    return Table(words("tops.brief", status_class=code), columns, rows, remainder)


def _first(table: TopTable, words: Words) -> Text:
    """Return the first values of a table and their failures; of all failures the share."""
    pieces: list[Piece] = []
    for row in table.rows[:NAMED]:
        if pieces:
            pieces.append("; ")
        known = {"kind": f"kind.{row.value}", "referrer": f"referrer.{row.value}"}.get(table.dimension)
        pieces.append(words(known) if known in CATALOGUE else Quote(row.value))
        share = words.percent(row.failures, table.failures)
        pieces.append(words("tops.part", n=words.number(row.failures), share=share))
    if table.unnamed:
        pieces.append(words("tops.without", n=words.number(table.unnamed)))
    return tuple(pieces)


def _place(table: TopTable) -> tuple[object, ...]:
    status_class = ORDER.index(table.status_class) if table.status_class in ORDER else len(ORDER)
    order = (*DIMENSIONS, *IN_BRIEF)
    dimension = order.index(table.dimension) if table.dimension in order else len(order)
    return (vendor_place(table.vendor), status_class, table.status_class, dimension, table.dimension)


def _table(table: TopTable, most: int, words: Words) -> Table:
    columns = (
        Column(words.name("dimension", table.dimension).capitalize()),
        Column(words("tops.failures"), "number"),
        Column(words("tops.share"), "number"),
        Column(words("tops.records"), "number"),
        Column(words("tops.failing"), "number"),
        Column(words("tops.statuses")),
    )
    caption = words(
        "tops.caption",
        dimension=words.name("dimension", table.dimension),
        status_class=words.class_code(table.status_class),
    )
    kept = table.rows[:most]
    return Table(
        caption, columns, tuple(_row(table, row, words) for row in kept), _remainder(table, kept, words)
    )


def _row(table: TopTable, row: TopRow, words: Words) -> Row:
    return Row(
        (
            (Quote(row.value),),
            (words.number(row.failures),),
            (words.percent(row.failures, table.failures),),
            (words.number(row.records) if row.records is not None else "–",),
            (words.percent(row.failures, row.records or 0),),
            (words.statuses(row.statuses),),
        )
    )


def _remainder(table: TopTable, kept: tuple[TopRow, ...], words: Words) -> str:
    """Return what the rows leave out, and how exact they are."""
    # Where rare values were dropped nobody knows which failures carried none.
    others = table.failures - table.unnamed - sum(row.failures for row in kept)
    values = max(0, table.values - len(kept))
    sentences = []
    if table.unnamed:
        form = "tops.unnamed_or_rare" if table.bound else "tops.unnamed"
        if not table.bound and MOSTLY * table.unnamed > table.failures:
            form = "tops.unnamed_most"
        unnamed = words.count("error", table.unnamed)
        facts = {"all": words.number(table.failures)} if form == "tops.unnamed_most" else {}
        sentences.append(words(form, errors=unnamed, **facts))
    if others > 0 and values:
        held = words.count("value", values)
        sentences.append(words("tops.remainder", values=held, errors=words.count("error", others)))
    if table.bound:
        sentences.append(words("tops.bound", bound=words.number(table.bound)))
    return " ".join(sentences)
