"""What a vendor file may declare: formats of lines, of JSON records and of delimited values, with their samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import polars as pl

Vendor = Literal["nginx", "apache", "cloudflare", "cisco_wsa"]


@dataclass(frozen=True)
class Sample:
    """A line and the canonical values it must give; columns not named are not compared."""

    line: str
    expect: Mapping[str, object]


@dataclass(frozen=True)
class LineFormat:
    """One line, one record, told apart by the text around the fields.

    `template` holds `{field}` between literal text, and compiles to both the fast split and the exact pattern;
    `pattern` stands instead where a template cannot say it (no fast split then). Field names that are canonical
    columns fill them: a `-` is null, units by `scale`. `columns` holds expressions over the raw fields (all String)
    for what needs more. `fields` holds the pattern of a field that looks otherwise than the engine expects, `quoted`
    that of every field inside double quotes, by the vendor's escaping. `skip` names lines that are no requests:
    (pattern, reason).

    `cut` takes the usual lines of a `pattern` apart faster: `row` and `line` → these, the raw fields and `_ok`, which
    says that the pattern would give the same. Canonical columns among them stand for those of `columns`.

    `loose`: whether it reads what is broken; such a format joins a choice, and never makes it.

    `time` says how `timestamp` is written: `clf`, `epoch` (seconds, with decimals), `iso8601`, or a strptime text,
    whose pattern then stands in `fields`.
    """

    name: str
    vendor: Vendor
    title: str
    source: str
    template: str | None = None
    pattern: str | None = None
    cut: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    quoted: str = r'[^"]*'
    fields: Mapping[str, str] = field(default_factory=dict)
    time: str = "clf"
    scale: Mapping[str, float] = field(default_factory=dict)
    columns: Mapping[str, pl.Expr] = field(default_factory=dict)
    skip: tuple[tuple[str, str], ...] = ()
    loose: bool = False
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True)
class JsonFormat:
    """One JSON object a line.

    `members` are the names read, each as text, those in `lists` as lists of texts; a record must carry `needs` of
    `marks` to be this format. `columns` holds an expression for each canonical column, over the members and over
    `shared`, columns that are made of members first because several lean on them. `repairs` are made on the line
    before it is decoded, (pattern, replacement): for what a server writes that is no JSON; where `sound` is a
    pattern, not on the lines that match it: they are JSON as they stand, and repairs cost.
    """

    name: str
    vendor: Vendor
    title: str
    source: str
    members: tuple[str, ...]
    lists: tuple[str, ...]
    marks: tuple[str, ...]
    columns: Mapping[str, pl.Expr]
    needs: int = 2
    shared: Mapping[str, pl.Expr] = field(default_factory=dict)
    repairs: tuple[tuple[str, str], ...] = ()
    sound: str | None = None
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True)
class CsvFormat:
    """One record of delimited values, quoted where they hold a delimiter, a quote or a line break.

    `fields` are the names of the values in their order; those that no expression leans on are passed over. `columns`
    and `shared` as in `JsonFormat`.
    """

    name: str
    vendor: Vendor
    title: str
    source: str
    fields: tuple[str, ...]
    delimiter: str
    columns: Mapping[str, pl.Expr]
    shared: Mapping[str, pl.Expr] = field(default_factory=dict)


Declared = LineFormat | JsonFormat
"""A format that stands in a vendor's file, with samples; one of CSV is made of the fields that a log names."""

Format = Declared | CsvFormat


@dataclass(frozen=True)
class Configured:
    """A format that a server's configuration names, and the log it writes with it.

    `log` is the path as configured, variables kept; null for a format that is defined and not used. `source` is
    `file:line`. `condition`: on what it depends whether a line is written, null where all are.
    """

    name: str
    log: str | None
    format: Format
    source: str
    condition: str | None = None
