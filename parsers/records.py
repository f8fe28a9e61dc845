"""Raw fields of a format → canonical records, and the rows whose time or numbers cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from parsers.schema import DTYPES, ROLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parsers.spec import Format

ROW: Final = "row"
TEXT: Final = "line"
REJECTS: Final[dict[str, pl.DataType]] = {"row": pl.UInt32(), "reason": pl.String(), "text": pl.String()}

IMPOSSIBLE_TIME: Final = "no possible time"
OUT_OF_RANGE: Final = "number out of range"


def canonical(
    raw: pl.DataFrame, declaration: Format, wanted: Sequence[str], expressions: dict[str, pl.Expr]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Raw fields → records, and the rows whose time or numbers cannot be."""
    if raw.height == 0:  # most formats read nothing of most logs, and their expressions cost all the same
        schema = {ROW: pl.UInt32(), "format": pl.String(), **{name: DTYPES[name] for name in wanted}}
        return pl.DataFrame(schema=schema), pl.DataFrame(schema=REJECTS)
    nothing = pl.lit(None, pl.String())
    bad_time = expressions["timestamp"].is_null()
    bad_number = expressions.get("_out_of_range", pl.lit(value=False))
    reason = (
        pl.when(bad_time)
        .then(pl.lit(IMPOSSIBLE_TIME))
        .when(bad_number)
        .then(pl.lit(OUT_OF_RANGE))
        .otherwise(nothing)
    )
    made = raw.select(
        ROW,
        pl.col(TEXT).alias("_text"),
        pl.lit(declaration.name).alias("format"),
        *[
            expressions[name].cast(DTYPES[name]).alias(name) if name in expressions else absent(name)
            for name in wanted
        ],
        _reason=reason,
    )
    bad = made.filter(pl.col("_reason").is_not_null()).select(ROW, reason="_reason", text="_text")
    good = made.filter(pl.col("_reason").is_null()) if bad.height else made
    return good.drop("_reason", "_text"), bad


def absent(name: str) -> pl.Expr:
    """Return the value of a column that a format does not carry."""
    if name == "weight":
        return pl.lit(1.0).alias(name)
    if name == "role":
        return pl.lit("request", dtype=ROLE).alias(name)
    return pl.lit(None, DTYPES[name]).alias(name)
