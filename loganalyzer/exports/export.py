"""A table that other programs read → its frame; and what the columns of several tables mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from loganalyzer.analysis import Analysis

TEXT: Final = pl.String()
COUNT: Final = pl.Int64()
NUMBER: Final = pl.Float64()
STATUS: Final = pl.Int16()
FLAG: Final = pl.Boolean()

Made = pl.DataFrame | list[tuple[object, ...]]


@dataclass(frozen=True)
class Export:
    """One table: what its rows are, and each column's dtype and meaning with its unit.

    `log_text`: columns that hold what a log or a caller wrote, raw; mask them where they are shown. `bound` says how
    many rows or values there may be, and what became of the rest; empty where all are there.
    """

    name: str
    rows: str
    columns: Mapping[str, tuple[pl.DataType, str]]
    of: Callable[[Analysis], Made]
    log_text: frozenset[str] = frozenset()
    bound: str = ""

    def frame(self, analysis: Analysis) -> pl.DataFrame:
        """Return the table, in the order of its columns; equal input gives equal rows."""
        schema = {name: dtype for name, (dtype, _) in self.columns.items()}
        made = self.of(analysis)
        if isinstance(made, pl.DataFrame):
            return made.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
        return pl.DataFrame([tuple(map(_text, row)) for row in made], schema=schema, orient="row")


def _text(value: object) -> object:
    """Return a value whose text is valid UTF-8: the name of a file need not be."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


VENDOR: Final = (TEXT, "whose log: nginx, apache, cloudflare or cisco_wsa")
SERVER: Final = (TEXT, "the caller's label of the path, else null")
RECORDS: Final = (COUNT, "records, lines of the log")
BYTES: Final = (COUNT, "bytes sent to clients")
FINDING: Final = (TEXT, "id of the finding")
SOURCE: Final = (TEXT, "path of the source")
LINE: Final = (pl.UInt64(), "physical line, from 1")
SHARE: Final = "from 0 to 1"
DIMENSION: Final = (TEXT, "what kind of value: path (identifiers as {id}), client, host, user_agent, …")
BOUND: Final = (COUNT, "the most by which `records` may be too small; 0 is exact")
