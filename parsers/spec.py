"""What a vendor file may declare: formats of lines and of JSON records, each with samples that prove it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """

    name: str
    vendor: Vendor
    title: str
    source: str
    template: str | None = None
    pattern: str | None = None
    quoted: str = r'[^"]*'
    fields: Mapping[str, str] = field(default_factory=dict)
    time: Literal["clf", "epoch"] = "clf"
    scale: Mapping[str, float] = field(default_factory=dict)
    columns: Mapping[str, pl.Expr] = field(default_factory=dict)
    skip: tuple[tuple[str, str], ...] = ()
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True)
class JsonFormat:
    """One JSON object a line.

    `members` are the names read, each as text, those in `lists` as lists of texts; a record must carry `needs` of
    `marks` to be this format. `columns` holds an expression for each canonical column, over the members.
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
    samples: tuple[Sample, ...] = ()


Format = LineFormat | JsonFormat
