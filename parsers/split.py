"""A template + lines → records of the usual lines, cut at the places of their quotes and blanks.

The split takes no line that the exact pattern of the template refuses, and gives the same values. What is unusual it
leaves: other methods, targets that are no path, numbers with signs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import polars as pl

from parsers import fields, views
from parsers.octets import Octets
from parsers.records import ROW, TEXT, absent
from parsers.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from parsers.octets import Booleans, Places
    from parsers.spec import LineFormat

    Span = tuple[Places, Places]

FIELD: Final = re.compile(r"\{(\w+)\}")

_BACKSLASH: Final = ord("\\")

_METHODS: Final = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH")
_PROTOCOLS: Final = ("HTTP/1.1", "HTTP/2.0", "HTTP/1.0", "HTTP/3.0", "HTTP/2", "HTTP/3")

_STATUS_LENGTH: Final = 3
_LOWEST_STATUS: Final = 100

_SHORTEST_EPOCH: Final = 9
"""Digits of seconds since 1970, from 1973 on."""

_MICRO: Final = 6
"""Decimals of a second that are kept."""


@dataclass(frozen=True)
class Field:
    """A field of a template, and the text between it and the field or quote ahead."""

    name: str
    ahead: bytes


@dataclass(frozen=True)
class Segment:
    """What stands between two quotes, or ahead of the first: fields, and the text `behind` the last of them."""

    fields: tuple[Field, ...]
    behind: bytes
    separator: int


Plan = tuple[Segment, ...]
"""The segments of a template; those with an odd number are in quotes and hold one field alone."""


def plan(template: str, time: str) -> Plan | None:
    """Return how a template is cut; null where something else than quotes, blanks or tabs parts two fields."""
    parts = template.split('"')
    if "{rest}" in template:  # it may hold quotes and blanks of its own
        return None
    if any(FIELD.fullmatch(part) is None for part in parts[1::2]) or len(parts) % 2 == 0:
        return None
    segments = []
    for part in parts:
        *texts, behind = FIELD.split(part)
        separator = "\t" if "\t" in part and " " not in part else " "
        found = tuple(
            Field(name, ahead.encode()) for ahead, name in zip(texts[::2], texts[1::2], strict=True)
        )
        clear = all(
            after.ahead and (separator.encode() in after.ahead or _width(before, time))
            for before, after in pairwise(found)
        )
        if not clear:
            return None
        segments.append(Segment(found, behind.encode(), ord(separator)))
    return tuple(segments)


def _width(field: Field, time: str) -> int | None:
    """Return the bytes of a field that every usual line gives the same: it may hold a separator."""
    if field.name == "timestamp" and time == "clf":
        return fields.CLF_TIME_LENGTH
    return _STATUS_LENGTH if field.name == "status" else None


def split(
    lines: pl.DataFrame, data: bytes, declaration: LineFormat, segments: Plan, wanted: Sequence[str]
) -> tuple[pl.DataFrame, pl.Series]:
    """Take the usual lines apart.

    Parameters
    ----------
    lines: `row` UInt32, `line` String.
    data: the text that the lines are of, if they are all of it.
    segments: the plan of the format's template.
    wanted: canonical columns.

    Returns
    -------
    `row`, `format` and the columns wanted, by row; and whether each of `lines` is among them.
    """
    text, start, end = _laid_out(lines, data)
    rows, quotes = _quoted(text, start, end, len(segments) - 1)
    pieces = _Pieces(text, declaration, rows.size)
    begins = [start[rows], *(quote + 1 for quote in quotes)]
    for number, (segment, begin, stop) in enumerate(zip(segments, begins, [*quotes, end[rows]], strict=True)):
        pieces.cut(segment, begin, stop, quoted=number % 2 == 1)
    if "request" in pieces.spans:
        pieces.cut_request()
    sound = np.flatnonzero(pieces.sound)
    rows = rows[sound]
    records, fits = _records(lines[ROW].gather(rows), pieces.only(sound), wanted)
    taken = np.zeros(lines.height, np.bool_)
    taken[rows] = fits
    return records, pl.Series(taken)


def _laid_out(lines: pl.DataFrame, data: bytes) -> tuple[Octets, Places, Places]:
    """Return the bytes of the lines, and where each line starts and ends."""
    length = lines[TEXT].str.len_bytes().to_numpy().astype(np.int64)
    behind = np.cumsum(length + 1)
    if behind.size == 0 or behind[-1] != len(
        data
    ):  # line ends of two bytes, an unfinished line, lines left out
        data = b"".join((str(lines[TEXT].str.join("\n").item() or "").encode(), b"\n"))
    end = behind - 1
    return Octets.of(data), end - length, end


def _quoted(text: Octets, start: Places, end: Places, count: int) -> tuple[Places, list[Places]]:
    """Return the lines that have so many quotes, and of each quote its place in them."""
    if count == 0:
        return np.arange(start.size), []
    every = text.places(ord('"'))
    if every.size == count * start.size:
        table = np.ascontiguousarray(every.reshape(-1, count).T)
        if bool((table[0] >= start).all() and (table[-1] < end).all()):  # none has less, so none has more
            return np.arange(start.size), list(table)
    first = np.searchsorted(every, start)
    rows = np.flatnonzero(np.searchsorted(every, end) - first == count)
    first = first[rows]
    return rows, [every[first + number] for number in range(count)]


def _kind(name: str, declaration: LineFormat) -> Literal["text", "moment", "decimal", "whole", "set or not"]:
    """Return what a field is read as; a whole number that need not be set may be `-`."""
    own = declaration.fields.get(name)
    if name == "timestamp" and declaration.time == "epoch" and own is None:
        return "moment"
    if name in {"request", "timestamp"} or (own is not None and name not in SCHEMA):
        return "text"
    if name in declaration.scale or (name in SCHEMA and SCHEMA[name].is_float()):
        return "decimal"
    if name in SCHEMA and SCHEMA[name].is_integer():
        may_be_unset = name != "status" and re.fullmatch(own or "", fields.NOT_SET) is not None
        return "set or not" if may_be_unset else "whole"
    return "text"


class _Pieces:
    """Lines while they are taken apart.

    `spans`: field → where it starts and ends in every line. `values`: field → what it says, where its bytes were read
    as a number, null for `-`. `choices`: field → what it may say, and which of that it does. `patterns`: field → how
    its text must look. `sound`: whether a line is usual so far.
    """

    def __init__(self, text: Octets, declaration: LineFormat, count: int) -> None:
        self.text = text
        self.declaration = declaration
        self.sound = np.ones(count, np.bool_)
        self.spans: dict[str, Span] = {}
        self.values: dict[str, pl.Series] = {}
        self.patterns: dict[str, str] = {}
        self.choices: dict[str, tuple[Sequence[str], NDArray[np.uint8]]] = {}

    def cut(self, segment: Segment, start: Places, end: Places, *, quoted: bool) -> None:
        """Find the fields of a segment, and read those that are numbers."""
        place = start
        for field, following in zip_longest(segment.fields, segment.fields[1:]):
            place = self._past(field.ahead, place)
            width = _width(field, self.declaration.time)
            if width:
                stop = place + width
            elif following is None:
                stop = end - len(segment.behind)
            else:
                stop = self.text.find(segment.separator, place, end) - following.ahead.index(
                    segment.separator
                )
            self.spans[field.name] = place, stop
            if not quoted:
                self.sound &= stop > place
            elif "\\" in self.declaration.quoted:  # a quote may be escaped: then the wrong one was met
                self.sound &= self.text.at(stop - 1) != _BACKSLASH
            number = self._read(field.name, place, stop)
            if following is None and not (number or quoted or width):
                self.sound &= self.text.find(segment.separator, place, stop) == stop
            place = stop
        self.sound &= self._past(segment.behind, place) == end

    def _past(self, text: bytes, place: Places) -> Places:
        """Return the place behind a text, which must stand there."""
        if text:
            self.sound &= self.text.stands(text, place)
        return place + len(text)

    def _read(self, name: str, start: Places, end: Places) -> bool:
        """Read a field if it is a number, and return whether it is; else note how its text must look."""
        kind = _kind(name, self.declaration)
        if kind == "text":
            if name in self.declaration.fields and name not in {"request", "timestamp"}:
                self.patterns[name] = self.declaration.fields[name]
            elif name == "user" and "\\" in self.declaration.quoted:
                self.sound &= self.text.at(end - 1) != _BACKSLASH
            return False
        if kind == "moment":
            self._keep(name, *_microseconds(self.text, start, end))
        elif kind == "decimal":
            self._keep(name, *self.text.decimal(start, end), unset=self._unset(start, end))
        else:
            number, sound = self.text.number(start, end)
            if name == "status":
                sound &= number >= _LOWEST_STATUS
            elif SCHEMA[name] == pl.Int16:
                sound &= number <= np.iinfo(np.int16).max
            self._keep(name, number, sound, unset=self._unset(start, end) if kind == "set or not" else None)
        return True

    def _unset(self, start: Places, end: Places) -> Booleans:
        unset: Booleans = (end - start == 1) & (self.text.at(start) == ord(fields.NOT_SET))
        return unset

    def _keep(
        self,
        name: str,
        number: NDArray[np.int64] | NDArray[np.float64],
        sound: Booleans,
        unset: Booleans | None = None,
    ) -> None:
        """Keep the numbers of a field; a line where there is neither one nor `-` is not usual."""
        values = pl.Series(number)
        if unset is not None and unset.any():
            values = values.set(pl.Series(unset), None)
            sound = sound | unset
        self.values[name] = values
        self.sound &= sound

    def cut_request(self) -> None:
        """Find method, target and protocol of a request line, and path and query of its target."""
        start, end = self.spans["request"]
        method, target = self._whichever([f"{name} /".encode() for name in _METHODS], start)
        protocol, behind = self._whichever([f" {name}".encode() for name in _PROTOCOLS], end, before=True)
        target, behind = start + target - 1, end - behind
        self.sound &= target < behind
        mark = self.text.find(ord("?"), target, behind)
        self.choices = {"method": (_METHODS, method), "protocol": (_PROTOCOLS, protocol)}
        self.spans |= {
            "request.target": (target, behind),
            "request.path": (target, mark),
            "request.query": (mark + 1, behind),
        }

    def _whichever(
        self, texts: Sequence[bytes], place: Places, *, before: bool = False
    ) -> tuple[NDArray[np.uint8], Places]:
        """Return which text stands at each place, or ends there, and its length; a line without is not usual."""
        which = np.zeros(place.size, np.uint8)
        left = np.arange(place.size)
        for number, text in enumerate(texts):
            there = self.text.stands(text, place[left] - len(text) * before)
            which[left[there]] = number
            left = left[~there]
            if not left.size:
                break
        self.sound[left] = False
        return which, np.array([len(text) for text in texts])[which]

    def only(self, sound: Places) -> _Pieces:
        """Return some of the lines."""
        if sound.size == self.sound.size:
            return self
        some = _Pieces(self.text, self.declaration, sound.size)
        some.spans = {name: (start[sound], end[sound]) for name, (start, end) in self.spans.items()}
        some.values = {name: values[sound] for name, values in self.values.items()}
        some.choices = {name: (texts, which[sound]) for name, (texts, which) in self.choices.items()}
        some.patterns = self.patterns
        return some

    def texts(self, name: str) -> pl.Series:
        """Return a field as it stands; a query that is not there is null."""
        start, end = self.spans[name]
        known = start <= end if name == "request.query" else None
        return views.texts(self.text, start, np.maximum(start, end), known)

    def column(self, name: str) -> pl.Series:
        """Return a field as it stands, or with `.value` what it says: null for `-`."""
        if name in self.spans:
            return self.texts(name)
        name = name.removesuffix(".value")
        if name == "timestamp":
            return self.moments()
        if name in self.choices:
            texts, which = self.choices[name]
            return pl.Series(texts).gather(pl.Series(which))
        start, end = self.spans[name]
        return views.texts(self.text, start, end, ~self._unset(start, end))

    def moments(self) -> pl.Series:
        """Read the time of every line, each run of equal ones once; null where one is not as it should be."""
        start, end = self.spans["timestamp"]
        first = np.flatnonzero(~self.text.repeats(start, end))
        look = self.declaration.fields.get("timestamp") or fields.TIME_PATTERNS[self.declaration.time]
        text = pl.col("timestamp")
        # strptime also takes blanks, signs and other cases for digits and names.
        usual = text.str.contains(f"^(?-u:{look})$")
        moment = pl.when(usual).then(fields.moment(text, self.declaration.time))
        texts = views.texts(self.text, start[first], end[first])
        read = pl.DataFrame({"timestamp": texts}).select(moment).to_series()
        return read.gather(np.repeat(np.arange(first.size), np.diff(first, append=start.size)))

    def expressions(self) -> dict[str, pl.Expr]:
        """Return canonical columns over the texts of the fields, and over their values, `name.value`."""
        made: dict[str, pl.Expr] = {}
        scale = self.declaration.scale
        for name in self.spans:
            if name.startswith("request."):
                made[name.removeprefix("request.")] = pl.col(name)
            elif name == "request":
                made |= {choice: pl.col(f"{choice}.value") for choice in self.choices}
            elif name in scale or (name in SCHEMA and SCHEMA[name].is_float()):
                made[name] = fields.scaled(pl.col(f"{name}.value"), scale.get(name, 1.0))
            elif name in SCHEMA:
                made[name] = pl.col(f"{name}.value")
        return made | dict(self.declaration.columns)


def _microseconds(text: Octets, start: Places, end: Places) -> tuple[Places, Booleans]:
    """Read seconds since 1970 of nine digits or more, with at most six decimals."""
    point = text.find(ord("."), start, end)
    seconds, sound = text.number(start, point)
    sound &= (point - start >= _SHORTEST_EPOCH) & (seconds <= fields.LATEST)
    behind = np.minimum(point + 1, end)
    decimals, digits = text.number(behind, end)
    sound &= (point == end) | (digits & (end - behind <= _MICRO))
    decimals *= 10 ** (_MICRO - np.minimum(end - behind, _MICRO))
    return seconds * 10**_MICRO + np.where(point == end, 0, decimals), sound


def _records(rows: pl.Series, pieces: _Pieces, wanted: Sequence[str]) -> tuple[pl.DataFrame, Booleans]:
    """Return the records of usual lines, and which of the lines are such after all.

    Parameters
    ----------
    rows: `row` UInt32 of each line.
    pieces: of these lines.
    wanted: canonical columns.
    """
    declaration = pieces.declaration
    expressions = pieces.expressions()
    made = {name: expressions[name] for name in {*wanted, "timestamp"} if name in expressions}
    needed = {root for expression in made.values() for root in expression.meta.root_names()}
    columns = {ROW: rows}
    columns |= {f"{name}.value": values for name, values in pieces.values.items()}
    columns |= {name: pieces.column(name) for name in needed - columns.keys()}
    columns |= {name: pieces.texts(name) for name in pieces.patterns.keys() - columns.keys()}
    fits = [_alike(columns[name], pattern) for name, pattern in pieces.patterns.items()]
    records = pl.DataFrame(columns).select(
        ROW,
        pl.lit(declaration.name).alias("format"),
        *[made[name].cast(SCHEMA[name]).alias(name) if name in made else absent(name) for name in wanted],
        _fits=pl.all_horizontal(made["timestamp"].is_not_null(), *fits),
    )
    usual = records["_fits"]
    records = records.drop("_fits")
    return records if usual.all() else records.filter(usual), usual.to_numpy()


def _alike(values: pl.Series, pattern: str) -> pl.Series:
    """Return whether each text is as a pattern has it; most logs have few different ones."""
    whole = f"^(?:{pattern})$"
    if values.unique().str.contains(whole).all():
        return pl.Series([True])
    return values.str.contains(whole)
