"""Lines of JSON objects + a declaration → their members as text; what is no such object is left over."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final

import polars as pl

from parsers.records import ROW, TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parsers.spec import JsonFormat

_SLICE: Final = 32
"""Lines of JSON decoded at a time where some are bad: few share a slice with one, and a call costs little."""


def decoded(lines: pl.DataFrame, declaration: JsonFormat) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the lines of this kind with a column for each member, and the lines that are none of it."""
    dtype = pl.Struct(
        {
            name: pl.List(pl.String()) if name in declaration.lists else pl.String()
            for name in declaration.members
        }
    )
    stripped = pl.col(TEXT).str.strip_chars()
    looks = stripped.str.starts_with("{") & stripped.str.ends_with("}")
    candidates = lines.filter(looks)
    if declaration.repairs:
        repaired = pl.col(TEXT)
        for pattern, replacement in declaration.repairs:
            repaired = repaired.str.replace_all(pattern, replacement)
        candidates = candidates.with_columns(_logged=pl.col(TEXT)).with_columns(repaired.alias(TEXT))
    values = _decoded(candidates, dtype, declaration.marks)
    marked = (
        pl.sum_horizontal([pl.col(name).is_not_null() for name in declaration.marks]) >= declaration.needs
    )
    raw = values.unnest("_json").filter(marked)
    left = lines.clear()
    if raw.height < lines.height:
        left = lines.join(raw.select(ROW), on=ROW, how="anti", maintain_order="left")
    if declaration.repairs:
        raw = raw.with_columns(pl.col("_logged").alias(TEXT))
    return raw, left


def _decoded(lines: pl.DataFrame, dtype: pl.Struct, marks: Sequence[str]) -> pl.DataFrame:
    """Decode every line that is one JSON object; one that is not is left out.

    Polars fails a batch for one bad line, so a bad batch is taken apart: slices that are good as they stand, lines
    that the standard library vouches for, and lines on their own, which both must read.
    """
    if (values := _decode(lines[TEXT], dtype)) is not None:
        return lines.with_columns(_json=values)
    texts = [field.name for field in dtype.fields if field.dtype == pl.String]
    parts = [lines.clear().with_columns(_json=pl.lit(None, dtype))]
    for part in lines.filter(pl.col(TEXT).str.contains_any(list(marks))).iter_slices(_SLICE):
        if (values := _decode(part[TEXT], dtype)) is not None:
            parts.append(part.with_columns(_json=values))
            continue
        sound = part.filter(pl.Series([_is_record(text, texts) for text in part[TEXT]], dtype=pl.Boolean))
        if (values := _decode(sound[TEXT], dtype, vouched=True)) is not None:
            parts.append(sound.with_columns(_json=values))
            continue
        parts += [
            line.with_columns(_json=values)
            for line in sound.iter_slices(1)
            if (values := _decode(line[TEXT], dtype, vouched=True)) is not None
        ]
    return pl.concat(parts)


def _decode(lines: pl.Series, dtype: pl.Struct, *, vouched: bool = False) -> pl.Series | None:
    """Return one value for every line, or null where any is bad.

    Polars joins the lines by commas to one list: a line `{…},{…}` would be two values, and could make up for two
    lines that only together are one. Lines that may hold such a comma must be vouched for.
    """
    if not vouched and lines.str.contains(r"\}\s*,\s*\{").any():
        return None
    try:
        values = lines.str.json_decode(dtype)
    except pl.exceptions.ComputeError:
        return None
    return values if values.len() == lines.len() else None


def _is_record(text: str, texts: Sequence[str]) -> bool:
    """Whether the text is one JSON object whose members of these names Polars can give as text."""
    try:
        made = json.loads(text, parse_int=str, parse_float=_finite, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return isinstance(made, dict) and not any(isinstance(made.get(name), (dict, list)) for name in texts)


def _finite(number: str) -> str:
    return number if math.isfinite(float(number)) else _refuse(number)


def _refuse(name: str) -> str:
    """`NaN` and `Infinity` are not JSON, and `1e999` is no number."""
    raise ValueError(name)
