"""Batches of one source → what was seen in it: counts, and rejected lines by their shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.cli.records import read_of
from loganalyzer.cli.verdict import Read
from parsers.sniff import LOOSE

if TYPE_CHECKING:
    import parsers

EXAMPLES: Final = 3
"""Lines shown for each group of rejects."""

KEPT: Final = 8
"""Lines kept of each shape: more than are shown, to find out what they are."""

LONGEST: Final = 1 << 14
"""Characters kept of a line."""

SHAPES: Final = 200
"""Shapes of rejected lines told apart in one source while it is read."""

OTHER: Final = "other reasons"

_ALIKE: Final = (
    (r'"(?:[^"\\]|\\.)*"', '"…"'),
    (r"\[[^\]]*\]", "[…]"),
    (r"/[^ ]+", "/…"),
    (r"[0-9A-Fa-f]*[0-9][0-9A-Fa-f.,:-]*", "0"),
)
"""What two lines of one shape may differ in: quoted and bracketed text, paths, and whatever numbers are in."""

SHAPE: Final = 120
"""Characters of a shape."""

TRIED: Final = 200
"""Rejected lines that are tried with the formats of other vendors."""

Shape = tuple[str, str]
"""A reason, and what the lines rejected for it look like."""


@dataclass
class Seen:
    """What was seen in one source; sums up over its batches."""

    read: Read = field(default_factory=Read)
    skipped: dict[str, int] = field(default_factory=dict)
    formats: dict[str, int] = field(default_factory=dict)
    values: dict[str, int] = field(default_factory=dict)
    rejected: dict[Shape, int] = field(default_factory=dict)
    examples: dict[Shape, list[tuple[int, str]]] = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)
    loose: list[int] = field(default_factory=list)
    replaced: int = 0
    start: datetime | None = None
    end: datetime | None = None

    def add(self, other: Seen) -> None:
        """Take in what was seen in the next batch."""
        self.read += other.read
        self.replaced += other.replaced
        for mine, theirs in (
            (self.skipped, other.skipped),
            (self.formats, other.formats),
            (self.values, other.values),
        ):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
        for shape, count in other.rejected.items():
            kind = shape if shape in self.rejected or len(self.rejected) < SHAPES else (OTHER, "")
            self.rejected[kind] = self.rejected.get(kind, 0) + count
            kept = self.examples.setdefault(kind, [])
            kept += other.examples.get(shape, [])[: KEPT - len(kept)]
        self.tried += other.tried[: TRIED - len(self.tried)]
        self.loose += other.loose[: EXAMPLES - len(self.loose)]
        self.start = min(filter(None, (self.start, other.start)), default=None)
        self.end = max(filter(None, (self.end, other.end)), default=None)


def look(batch: parsers.Batch) -> tuple[int, Seen]:
    """Return what was seen in one batch; runs in a worker."""
    records = batch.records
    counts = records.select(pl.all().count()).row(0, named=True)
    text = pl.col("text").str.slice(0, LONGEST)
    groups = (
        batch.rejects.with_columns(text, shaped(text).alias("shape"))
        .group_by("reason", "shape", maintain_order=True)
        .agg(pl.len().alias("count"), pl.col("line", "text").head(KEPT))
    )
    stamps = records["timestamp"]
    return batch.number, Seen(
        read=read_of(batch),
        skipped=batch.skipped,
        formats=dict(records["format"].value_counts().iter_rows()),
        values={name: count for name, count in counts.items() if count},
        rejected={
            (reason, shape): count
            for reason, shape, count in groups.select("reason", "shape", "count").iter_rows()
        },
        examples={
            (reason, shape): list(zip(lines, texts, strict=True))
            for reason, shape, lines, texts in groups.select("reason", "shape", "line", "text").iter_rows()
        },
        tried=batch.rejects["text"].head(TRIED).to_list(),
        loose=records.filter(pl.col("format").is_in(list(LOOSE)))["line"].head(EXAMPLES).to_list(),
        replaced=batch.replaced,
        start=_moment(stamps.min()),
        end=_moment(stamps.max()),
    )


def shaped(text: pl.Expr) -> pl.Expr:
    """Return the line without what differs between lines that are alike."""
    shape = text.str.slice(0, 1_000)
    for pattern, replacement in _ALIKE:
        shape = shape.str.replace_all(pattern, replacement)
    return shape.str.slice(0, SHAPE)


def _moment(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None
