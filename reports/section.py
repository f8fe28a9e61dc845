"""What a report says → values: sections of sentences, tables, figures and quoted log lines; no markup."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from loganalyzer.analysis import Severity


@dataclass(frozen=True)
class Scope:
    """What a part of a report is about; null: it is not told apart by that, and a choice of it changes nothing here.

    `classes` may be empty: about no class in particular, which is so whatever is chosen. `spans` have exclusive ends.
    A part within another has the other's scope, too.
    """

    vendors: tuple[str, ...] | None = None
    classes: tuple[str, ...] | None = None
    spans: tuple[tuple[datetime, datetime], ...] | None = None
    host: str | None = None


@dataclass(frozen=True)
class Quote:
    """Something a log, a path or a caller wrote, raw: every writer masks, bounds and escapes it.

    `told`: a sentence of the program's that may repeat such words; a page shows it as prose.
    """

    text: str
    told: bool = False
    shape: ClassVar[str] = "quote"


@dataclass(frozen=True)
class Link:
    """Our own words that lead to a place in the page (`#anchor`) or to the address of a document.

    `jump`: there for the way alone, and left out where there is no way.
    """

    text: str
    address: str
    jump: bool = False
    shape: ClassVar[str] = "link"


@dataclass(frozen=True)
class Code:
    """A status code with the class that gives it its colour."""

    text: str
    status_class: str
    shape: ClassVar[str] = "code"


@dataclass(frozen=True)
class Badge:
    """A severity, in words."""

    text: str
    severity: Severity
    shape: ClassVar[str] = "badge"


Piece = str | Quote | Link | Code | Badge
Text = tuple[Piece, ...]
"""Pieces that stand side by side; a `str` is our own prose, in which `…` marks a literal name."""


@dataclass(frozen=True)
class Paragraph:
    """Sentences; `quiet` ones are remarks."""

    text: Text
    quiet: bool = False
    scope: Scope | None = None
    shape: ClassVar[str] = "paragraph"


@dataclass(frozen=True)
class Bullets:
    """Sentences of equal rank; `places`, where there are any, are anchor and scope of each.

    `source`: where all of them are from, told once, after the heading.
    """

    items: tuple[Text, ...]
    heading: str = ""
    places: tuple[tuple[str, Scope], ...] = ()
    source: Text = ()
    shape: ClassVar[str] = "bullets"


@dataclass(frozen=True)
class Facts:
    """Names and their values."""

    rows: tuple[tuple[str, Text], ...]
    shape: ClassVar[str] = "facts"


@dataclass(frozen=True)
class Column:
    """A column's heading, and whether it holds `text` or a `number`."""

    heading: str
    kind: Literal["text", "number"] = "text"


@dataclass(frozen=True)
class Row:
    """One row: a cell per column; `fold` is more about it, shown under its last cell.

    `keys` sort the cells whose first number does not: amounts in several units, times. A null one sorts last.
    """

    cells: tuple[Text, ...]
    anchor: str | None = None
    fold: Folded | None = None
    total: bool = False
    keys: tuple[float | None, ...] = ()
    scope: Scope | None = None


@dataclass(frozen=True)
class Table:
    """Rows under headings; `remainder` says what the rows leave out.

    `layout`: `wide` tables scroll on a narrow screen, those of `statuses` fold each row into a card there; a `matrix`
    has many narrow columns.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    remainder: str = ""
    layout: Literal["plain", "wide", "statuses", "matrix"] = "plain"
    scope: Scope | None = None
    shape: ClassVar[str] = "table"


@dataclass(frozen=True)
class Bar:
    """One whole split into classes: (class, share from 0 to 1, the same in words)."""

    label: str
    parts: tuple[tuple[str, float, str], ...]
    scope: Scope | None = None


@dataclass(frozen=True)
class Bars:
    """Wholes under one another; drawn without a script, and told again by a table."""

    summary: str
    bars: tuple[Bar, ...]
    shape: ClassVar[str] = "bars"


@dataclass(frozen=True)
class Figure:
    """A plot: its name (an anchor), what it shows in words, its traces and layout, its keys and their colours."""

    name: str
    heading: str
    summary: str
    caption: Text
    height: int
    plot: dict[str, object]
    keys: tuple[tuple[str, str], ...] = ()
    scope: Scope | None = None
    shape: ClassVar[str] = "figure"


@dataclass(frozen=True)
class Line:
    """One line of a log, raw, where it stands, and what there is to say of it."""

    source: str
    line: int
    text: str
    about: str = ""


@dataclass(frozen=True)
class Lines:
    """Lines of a log."""

    heading: str
    lines: tuple[Line, ...]
    shape: ClassVar[str] = "lines"


@dataclass(frozen=True)
class Folded:
    """Blocks behind one line that opens them; short reports leave them out.

    `rank`: of folds side by side the higher ones go first where a page is short of room.
    """

    summary: str
    blocks: tuple[Block, ...]
    open: bool = False
    anchor: str | None = None
    scope: Scope | None = None
    rank: int = 0
    shape: ClassVar[str] = "folded"


@dataclass(frozen=True)
class Section:
    """A sentence, then the evidence; `aliases` are further anchors that lead here."""

    anchor: str
    heading: str
    lede: Text = ()
    blocks: tuple[Block, ...] = ()
    badge: Badge | None = None
    aliases: tuple[str, ...] = field(default=())
    scope: Scope | None = None
    shape: ClassVar[str] = "section"


Block = Paragraph | Bullets | Facts | Table | Bars | Figure | Lines | Folded | Section
