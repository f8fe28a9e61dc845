"""Windows of time and a scan that was read → what the records in them say, from one more look at their chunks.

Whoever has a question about a window says so as a `Glance`; all glances are answered together, so that no chunk is
read twice. Tables alone speak where a source can no longer be read as it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import polars as pl

from loganalyzer.aggregates.grouping import START_SHIFT_LIMIT_S, began
from loganalyzer.notes import Note
from parsers.again import Slice, SourceChangedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from loganalyzer.tables import Tables
    from parsers import Scan

T = TypeVar("T")

BEGAN: Final = "_began"
"""Column that a glance is given beside its own: when the request of a record began."""

_NEEDED: Final = ("line", "vendor", "timestamp", "duration_s", "role")


@dataclass(frozen=True, eq=False)
class Glance(Generic[T]):
    """A question about the records of one vendor and server that began from `start` to `end` (exclusive).

    `of` is given the records of one chunk in the window: the `columns` asked for, `source` String, `line` UInt64,
    `text` String, the line as it was logged, and `BEGAN`; never an empty frame. What it returns is `parts`, in the
    order of sources and lines. At most `chunks` chunks of a source are read, the earliest ones; null: all of them.
    """

    vendor: str
    server: str | None
    start: datetime
    end: datetime
    columns: tuple[str, ...]
    of: Callable[[pl.DataFrame], T]
    chunks: int | None = None
    parts: list[T] = field(default_factory=list)


def look(glances: Sequence[Glance[T]], tables: Tables, scan: Scan) -> list[Note]:
    """Fill the `parts` of every glance; return a note for every source that could not be looked at again."""
    wanted: dict[int, dict[Slice, list[Glance[T]]]] = {}
    for glance in glances:
        for source, slices in _where(glance, tables).items():
            for part in slices:
                wanted.setdefault(source, {}).setdefault(part, []).append(glance)
    notes: list[Note] = []
    for number, asked in sorted(wanted.items()):
        state = scan.states[number]
        slices = sorted(asked, key=lambda part: part.offset)
        asking = {part.offset: some for part, some in asked.items()}
        columns = sorted(
            {name for glance in _distinct(asked.values()) for name in glance.columns} | {*_NEEDED}
        )
        try:
            for offset, records in scan.look(number, slices, columns):
                for glance in asking[offset]:
                    if (inside := _inside(records, glance, state.path)).height:
                        glance.parts.append(glance.of(inside))
        except SourceChangedError as error:
            notes.append(Note("evidence-missing", {"path": state.path, "why": str(error)}))
    return notes


def _distinct(lists: Iterable[list[Glance[T]]]) -> set[Glance[T]]:
    return {glance for some in lists for glance in some}


def _inside(records: pl.DataFrame, glance: Glance[T], path: str) -> pl.DataFrame:
    """Return the records of a chunk that a glance asks for."""
    return (
        records.filter(pl.col("vendor") == glance.vendor)
        .with_columns(began(glance.vendor).alias(BEGAN), source=pl.lit(path))
        .filter(pl.col(BEGAN).is_between(glance.start, glance.end, closed="left"))
    )


def _where(glance: Glance[T], tables: Tables) -> dict[int, list[Slice]]:
    """Return the chunks of each source in which the window begins."""
    ends = tables.chunks.select("source", "offset").unique()
    ends = ends.with_columns(until=pl.col("offset").shift(-1).over("source", order_by="offset"))
    chunks = tables.chunks.join(ends, on=["source", "offset"], maintain_order="left").filter(
        (pl.col("vendor") == glance.vendor)
        & (pl.col("server").eq_missing(pl.lit(glance.server, pl.String())))
        & (pl.col("start") < glance.end + timedelta(seconds=START_SHIFT_LIMIT_S))
        & (pl.col("end") >= glance.start)
    )
    places: dict[int, list[Slice]] = {}
    for source, offset, until, line in chunks.select("source", "offset", "until", "first_line").iter_rows():
        slices = places.setdefault(source, [])
        if glance.chunks is None or len(slices) < glance.chunks:
            slices.append(Slice(offset, until, line))
    return places
