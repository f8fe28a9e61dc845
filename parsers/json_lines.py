"""Lines of JSON objects + a declaration → their members as text; what is no such object is left over."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final

import polars as pl

from parsers.records import ROW, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from parsers.spec import JsonFormat

_SLICE: Final = 32
"""Lines decoded at a time where some are bad: few share a slice with one, and a call costs little."""

_TEXT_OF: Final = (
    r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u(?:[0-9abcefABCEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2})))*"'
)
_SCALAR: Final = rf"(?:{_TEXT_OF}|-?(?:0|[1-9][0-9]{{0,14}})(?:\.[0-9]{{1,15}})?|true|false|null)"
_BLANKS: Final = r"[ \t\r]*"
_VALUE: Final = rf"(?:{_SCALAR}|\[{_BLANKS}(?:{_SCALAR}(?:{_BLANKS},{_BLANKS}{_SCALAR})*{_BLANKS})?\])"
_MEMBER: Final = rf"{_TEXT_OF}{_BLANKS}:{_BLANKS}{_VALUE}"
_PLAIN: Final = rf"^{_BLANKS}\{{{_BLANKS}{_MEMBER}(?:{_BLANKS},{_BLANKS}{_MEMBER})*{_BLANKS}\}}{_BLANKS}$"
"""One JSON object of texts, numbers of a usual size and lists of these; `\\ud83d` and the like are left to others."""


def decoded(
    lines: pl.DataFrame, declaration: JsonFormat, wanted: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the records of this kind among the lines, and the other lines.

    Parameters
    ----------
    lines: `row` UInt32, `line` String.
    wanted: canonical columns that will be made: members that none of them leans on are not decoded.

    Returns
    -------
    `row`, `line` and a column for each member that is needed, String or List(String), and for each of
    `declaration.shared`; the rest of the lines.
    """
    stripped = pl.col(TEXT).str.strip_chars()
    looks = stripped.str.starts_with("{") & stripped.str.ends_with("}")
    candidates = lines.filter(looks)
    if candidates.height == 0:
        return candidates, lines
    if declaration.repairs:
        candidates = _repaired(candidates.with_columns(_logged=pl.col(TEXT)), declaration)
    needed = needs(declaration, wanted)
    values = _decoded(candidates, _dtype(declaration, needed), declaration.marks)
    raw = _marked(values.unnest("_json"), declaration, needed)
    left = lines.clear()
    if raw.height < lines.height:
        left = lines.join(raw.select(ROW), on=ROW, how="anti", maintain_order="left")
    if declaration.repairs:
        raw = raw.with_columns(pl.col("_logged").alias(TEXT)).drop("_logged")
    return raw.with_columns(**declaration.shared), left


def _repaired(lines: pl.DataFrame, declaration: JsonFormat) -> pl.DataFrame:
    """Make the format's repairs on the lines that may need them."""
    text = pl.col(TEXT)
    for pattern, replacement in declaration.repairs:
        text = text.str.replace_all(pattern, replacement)
    if declaration.sound is None:
        return lines.with_columns(text)
    sound = lines[TEXT].str.contains(declaration.sound)
    if sound.all():
        return lines
    return pl.concat([lines.filter(sound), lines.filter(~sound).with_columns(text)]).sort(ROW)


def needs(declaration: JsonFormat, wanted: Iterable[str]) -> list[str]:
    """Return the members that these canonical columns, the time and the checks lean on, as they are declared."""
    made = {"timestamp", "_out_of_range", *wanted} & declaration.columns.keys()
    names = {root for name in made for root in declaration.columns[name].meta.root_names()}
    names |= {root for name in declaration.shared for root in declaration.shared[name].meta.root_names()}
    return [name for name in declaration.members if name in names]


def _dtype(declaration: JsonFormat, members: Iterable[str]) -> pl.Struct:
    texts, lists = pl.String(), pl.List(pl.String())
    return pl.Struct({name: lists if name in declaration.lists else texts for name in members})


def _marked(raw: pl.DataFrame, declaration: JsonFormat, members: Sequence[str]) -> pl.DataFrame:
    """Return the records that carry enough marks; marks beyond the members are looked up where those do not do."""
    known = [name for name in declaration.marks if name in members]
    enough = _count(known) >= declaration.needs
    if raw.select(enough.all()).item():
        return raw
    more = [name for name in declaration.marks if name not in members]
    few = raw.filter(~enough).select(ROW, TEXT, _known=_count(known))
    found = _decoded(few, _dtype(declaration, more), declaration.marks).unnest("_json")
    also = found.filter(pl.col("_known") + _count(more) >= declaration.needs).select(
        ROW, _also=pl.lit(value=True)
    )
    joined = raw.join(also, on=ROW, how="left", maintain_order="left")
    return joined.filter(enough | pl.col("_also")).drop("_also")


def _count(names: Sequence[str]) -> pl.Expr:
    """Return how many of the members a record has."""
    return pl.sum_horizontal([pl.col(name).is_not_null() for name in names]) if names else pl.lit(0)


def _decoded(lines: pl.DataFrame, dtype: pl.Struct, marks: Sequence[str]) -> pl.DataFrame:
    """Decode every line that is one JSON object; one that is not is left out.

    Polars fails a batch for one bad line, so a bad batch is taken apart: lines whose looks vouch for them, which most
    are; of the others slices that are good as they stand, lines that the standard library vouches for, and lines on
    their own, which both must read.
    """
    if (values := _decode(lines[TEXT], dtype)) is not None:
        return lines.with_columns(_json=values)
    parts = [lines.clear().with_columns(_json=pl.lit(None, dtype))]
    marked = lines.filter(pl.col(TEXT).str.contains_any(list(marks)))
    plain = marked.filter(pl.col(TEXT).str.contains(_PLAIN))
    if (values := _decode(plain[TEXT], dtype, vouched=True)) is not None:
        parts.append(plain.with_columns(_json=values))
        marked = marked.join(plain, on=ROW, how="anti", maintain_order="left")
    for part in marked.iter_slices(_SLICE):
        if (values := _decode(part[TEXT], dtype)) is not None:
            parts.append(part.with_columns(_json=values))
            continue
        vouched = part.with_columns(
            _text=pl.Series([_record(text, dtype) for text in part[TEXT]], dtype=pl.String)
        ).filter(pl.col("_text").is_not_null())
        pieces = [vouched]
        if _decode(vouched["_text"], dtype, vouched=True) is None:
            pieces = list(vouched.iter_slices(1))
        parts += [
            piece.drop("_text").with_columns(_json=values)
            for piece in pieces
            if (values := _decode(piece["_text"], dtype, vouched=True)) is not None
        ]
    return pl.concat(parts).sort(ROW)


def _decode(lines: pl.Series, dtype: pl.Struct, *, vouched: bool = False) -> pl.Series | None:
    """Return one value for every line, or null where any is bad.

    Polars joins the lines by commas to one list: a line `{…},{…}` would be two values, and could make up for two
    lines that only together are one. Lines that may hold such a comma must be vouched for.
    """
    if not vouched:
        inner = lines.filter(lines.str.find("}", literal=True) < lines.str.len_bytes() - 1)
        if inner.str.contains(r"\}\s*,\s*\{").any():
            return None
    try:
        values = lines.str.json_decode(dtype)
    except pl.exceptions.ComputeError:
        return None
    return values if values.len() == lines.len() else None


def _record(text: str, dtype: pl.Struct) -> str | None:
    """Return the text of one JSON object as Polars can read it, null for what is none.

    A member that holds an object where a text is looked for is left out: which columns are wanted must not decide
    whether a line is a record.
    """
    try:
        made = json.loads(
            text, parse_int=str, parse_float=_finite, parse_constant=_refuse, object_pairs_hook=_first
        )
    except (ValueError, RecursionError):
        return None
    if not isinstance(made, dict):
        return None
    nested = [field.name for field in dtype.fields if _is_nested(made.get(field.name), field.dtype)]
    if not nested:
        return text
    return json.dumps({name: value for name, value in made.items() if name not in nested})


def _is_nested(value: object, dtype: object) -> bool:
    """Whether a value holds more than a text, or than a list of texts where the member may be one."""
    if isinstance(value, list) and dtype == pl.List(pl.String()):
        return any(isinstance(one, (dict, list)) for one in value)
    return isinstance(value, (dict, list))


def _first(members: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object's members; of those of one name the first counts, as it does to Polars."""
    return dict(reversed(members))


def _finite(number: str) -> str:
    return number if math.isfinite(float(number)) else _refuse(number)


def _refuse(name: str) -> str:
    """`NaN` and `Infinity` are not JSON, and `1e999` is no number."""
    raise ValueError(name)
