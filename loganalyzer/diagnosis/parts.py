"""Counts of a case → a verdict: what part of the records carries a mark, or hangs on a few values.

What several questions judge alike is judged here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates.grouping import LONGEST_VALUE, OTHER
from loganalyzer.diagnosis.case import quoted
from loganalyzer.diagnosis.judging import ratio, share
from loganalyzer.diagnosis.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loganalyzer.diagnosis.case import Case
    from loganalyzer.diagnosis.verdict import Facts

MOST: Final = 0.8
"""Share of the records by which a few values are those that it is about."""

USUAL: Final = 0.5
"""Share of all other requests from which a value is so busy that nearly all of these say little: a proxy's address."""

PART: Final = 0.1
"""Share of the records from which on a side is worth a word."""

HALF: Final = 0.5
"""Share of the records by which they are mostly so."""

IDENTIFIER: Final = "{id}"
"""What stands in a path for one thing among many."""


def untold(name: str, cause: str, case: Case, *columns: str, where: str | None = None) -> Verdict:
    """Return that a cause cannot be told, and which of the columns no record can carry."""
    return Verdict(name, cause, "cannot tell", case.status, missing=case.lacks(*columns), where=where)


def of_part(
    name: str,
    cause: str,
    case: Case,
    part: int,
    least: float,
    where: str | None = None,
    facts: Facts = (),
) -> Verdict:
    """Return whether so many of the records of a case are surely at least a share of them, or surely below it."""
    total = case.records
    told: Facts = (("part", part), ("records", total), ("part_share", ratio(part, total)), *facts)
    judgement = share(part, total, least)
    also = f"status = {case.status}" + (f" and {where}" if where else "")
    return Verdict(name, cause, judgement, case.status, told, where=also)


def of_few(name: str, cause: str, case: Case, dimension: str, few: int = 1) -> Verdict:
    """Return whether one value of a dimension, or at most a few, has nearly all records.

    The facts are `value` (the first), `values`, `part`, `records`, `part_share`, `all` (values of these records) and,
    where nearly all are theirs, `usual_share` (of all other requests of the whole period). Values that most of the
    other requests have too tell nothing.
    """
    rows = case.by(dimension)
    named = rows.filter(pl.col("value") != OTHER)
    if case.lacks(dimension) or named.height == 0:
        return untold(name, cause, case, dimension)
    first = named.head(few)
    part, total = int(first["records"].sum()), int(rows["records"].sum())
    # As many of the first as it takes: the others are only in the company of what is told.
    enough = int((first["records"].cum_sum() < MOST * total).sum()) + 1
    first = first.head(enough)
    part = int(first["records"].sum())
    facts: Facts = (
        ("value", first["value"][0]),
        ("values", first.height),
        ("part", part),
        ("records", total),
        ("part_share", ratio(part, total)),
        ("all", rows.height),
    )
    judgement = share(part, total, MOST)
    if judgement == "supported":  # else nobody asks what is usual, which is to be counted over all values
        busy = case.usual_share(dimension, first["value"].to_list())
        facts = (*facts, ("usual_share", busy))
        judgement = "supported" if busy < USUAL else "cannot tell"
    where = f"status = {case.status} and {among(dimension, first['value'].to_list())}"
    return Verdict(name, cause, judgement, case.status, facts, where=where)


def within(part: int, counted: int, total: int) -> tuple[int, int]:
    """Return how many of a status there are at least and at most in a part of records, which hold others, too.

    Parameters
    ----------
    part, counted: of the refusals of clients, which do not tell one status from another, or hold a little more time.
    total: records of the status; there may be more than were counted, as clients are given up beyond a bound.

    >>> within(40, 50, 45), within(40, 50, 60)
    ((35, 40), (40, 50))
    """
    return max(0, part - max(0, counted - total)), min(part + max(0, total - counted), total)


def among(dimension: str, values: Sequence[str]) -> str:
    """Return an expression of `--where` for the records with one of the values, as Tables have them.

    >>> among("client", ["192.0.2.1"]), among("path", ["/item/{id}"])
    ("client = '192.0.2.1'", "path like '/item/%'")
    """
    told = []
    for value in values:
        alike = value.replace(IDENTIFIER, "%") + "%" * (len(value) >= LONGEST_VALUE)
        told.append(f"{dimension} {'=' if alike == value else 'like'} {quoted(alike)}")
    return told[0] if len(told) == 1 else "(" + " or ".join(told) + ")"


def of_sides(name: str, case: Case, by_edge: str, by_origin: str) -> Iterator[Verdict]:
    """Yield whether the edge made the answer itself, and whether the origin did, by the origin's status beside it."""
    known = case.knowing("upstream_status")
    origin = pl.col("upstream_status")
    told = known.count(origin.is_not_null())
    for cause, mark, expression in (
        (by_edge, origin == 0, "upstream_status = 0"),
        (by_origin, origin == case.status, f"upstream_status = {case.status}"),
    ):
        if told == 0:
            yield untold(name, cause, case, "upstream_status", where=f"status = {case.status}")
            continue
        part = known.count(mark)
        facts: Facts = (("part", part), ("records", told), ("part_share", ratio(part, told)))
        where = f"status = {case.status} and {expression}"
        yield Verdict(name, cause, share(part, told, PART), case.status, facts, where=where)
