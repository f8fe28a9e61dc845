"""A line and the format that refused it → how far it fits, and what should have come next."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from parsers import csv_lines, engine
from parsers.spec import CsvFormat, JsonFormat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from parsers.spec import Format, LineFormat

LONGEST: Final = 4_096
"""Characters of a line that are looked at."""

_FLAGS: Final = re.compile(r"(?:\(\?[a-z]+\))*")
_QUANTIFIER: Final = re.compile(r"(?:[*+?]|\{\d+(?:,\d*)?\})[?+]?")
_NAMES: Final = re.compile(r"\(\?P<(\w+)>")


@dataclass(frozen=True)
class Misfit:
    """Where a line stops fitting a format.

    `end` number of characters that fit; `expected` what should stand there, with fields in braces; null where the
    whole line fits and its values are the trouble. `fields` the names of those that fit.
    """

    format: Format
    end: int
    expected: str | None
    fields: tuple[str, ...] = ()


def misfit(line: str, form: Format) -> Misfit:
    """Return where a line, of which the first `LONGEST` characters are looked at, stops fitting a format."""
    line = line[:LONGEST]
    if isinstance(form, CsvFormat):
        return _table(line, form)
    return _json(line, form) if isinstance(form, JsonFormat) else _line(line, form)


def nearest(line: str, formats: Sequence[Format]) -> Misfit | None:
    """Return where a line stops fitting the format that it fits furthest; null when it fits none as far as its time.

    What stands before the time in a log is short of any shape: it says nothing.
    """
    places = [misfit(line, form) for form in formats]
    dated = [place for place in places if place.expected is None or "timestamp" in place.fields]
    return max(dated, key=lambda place: (place.expected is None, len(place.fields)), default=None)


def _line(line: str, form: LineFormat) -> Misfit:
    """Drop parts of the exact pattern from its right until the rest matches: the same engine, the same verdict."""
    flags, parts = _parts(engine.pattern_of(form))
    text = pl.Series([line])

    def fitting(count: int) -> int | None:
        found = text.str.extract(f"{flags}({''.join(parts[:count])})", 1)[0]
        return None if found is None else len(found)

    fits, fails = 0, len(parts) + 1
    while fails - fits > 1:
        middle = (fits + fails) // 2
        fits, fails = (middle, fails) if fitting(middle) is not None else (fits, middle)
    fields = tuple(_NAMES.findall("".join(parts[:fits])))
    if fits == len(parts):
        return Misfit(form, len(line), None, fields)
    # A part that took nothing yet, such as a user name that may be empty, is still to come.
    end = fitting(fits) or 0
    open_end = fits > 0 and fitting(fits - 1) == end
    return Misfit(form, end, "".join(_named(parts[fits - open_end :], open_end=open_end)), fields)


def _table(line: str, form: CsvFormat) -> Misfit:
    """Take fields from the left until one is none, the line ends or the names do."""
    text = pl.Series([line])
    end, count = 0, len(form.fields)
    for number in range(1, count + 1):
        found = text.str.extract(f"({csv_lines.pattern_of(number, form.delimiter, whole=False)})", 1)[0]
        if found is None:
            return Misfit(form, end, f"{{{form.fields[number - 1]}}}", form.fields[: number - 1])
        end = len(found)
    rest = line[end:]
    if rest.startswith(form.delimiter):
        return Misfit(form, end, f"the end of the line: {count} fields are named", form.fields)
    return Misfit(form, end, "the end of a quoted field" if rest else None, form.fields)


def _json(line: str, form: JsonFormat) -> Misfit:
    text = line
    for pattern, replacement in form.repairs:  # the engine's own: the format forgives what they mend
        text = str(pl.Series([text]).str.replace_all(pattern, replacement)[0])
    if not text.lstrip().startswith("{"):
        return Misfit(form, 0, "a JSON object")
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        return Misfit(form, error.pos if text[: error.pos] == line[: error.pos] else 0, "JSON")
    except (RecursionError, ValueError):  # nested too deep; a number of more digits than Python reads
        return Misfit(form, 0, "plain JSON")
    names = tuple(name for name in form.members if name in found)
    if sum(name in found for name in form.marks) >= form.needs:
        return Misfit(form, len(line), None, names)
    return Misfit(form, 0, f"an object with {form.needs} of {', '.join(form.marks)}", names)


def _parts(pattern: str) -> tuple[str, list[str]]:
    r"""Cut a pattern into its flags and the parts that follow one another at its top level.

    >>> _parts(r"(?s)^(?P<client>[^ ]+) \[x{2}")
    ('(?s)', ['^', '(?P<client>[^ ]+)', ' ', '\\[', 'x{2}'])
    """
    flags = _FLAGS.match(pattern)
    start = flags.end() if flags else 0
    verbose = "x" in pattern[:start]
    parts = []
    while start < len(pattern):
        if verbose and pattern[start].isspace():
            start += 1
        elif verbose and pattern[start] == "#":
            start = (pattern.find("\n", start) + 1) or len(pattern)
        else:
            end = _end(pattern, start)
            if quantifier := _QUANTIFIER.match(pattern, end):
                end = quantifier.end()
            parts.append(pattern[start:end])
            start = end
    return pattern[: flags.end() if flags else 0], parts


def _end(pattern: str, start: int) -> int:
    """Return where the part ends that begins at `start`: a character, an escape, a class or a group."""
    if pattern[start] == "\\":
        return start + 2
    if pattern[start] == "[":
        position = start + 2 if pattern[start + 1] == "^" else start + 1
        position += pattern[position] == "]"
        while pattern[position] != "]":
            position += 2 if pattern[position] == "\\" else 1
        return position + 1
    if pattern[start] != "(":
        return start + 1
    position = start + 1
    while pattern[position] != ")":
        position = _end(pattern, position)
    return position + 1


def _named(parts: Sequence[str], *, open_end: bool) -> Iterator[str]:
    """Yield what the parts stand for, up to and with the first field that must be there; an open one goes before."""
    for number, part in enumerate(parts):
        quantifier = _QUANTIFIER.search(part, _end(part, 0))
        optional = quantifier is not None and quantifier[0][0] in "*?"
        names = _NAMES.findall(part)
        if names:
            yield f"{{{names[0].removeprefix('raw_')}}}"
            if not optional and not (open_end and number == 0):
                return
        elif part == "$":
            yield "the end of the line"
        elif not optional and part != "^":
            yield part[1] if part[0] == "\\" else part[0] if part[0] not in "[(" else "…"
