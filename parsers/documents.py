"""Blocks of one JSON document → chunks of its records, one on a line, however large it is and however it is laid out.

A record begins at a brace outside of strings that stands in the array of records itself, behind a comma or the array's
own bracket: inside a record every brace in no array stands behind a colon. So no depth of braces is counted, and a
record that is broken costs no other one. A text never holds a raw line end in JSON: a quote that nobody closed is
forgotten at the end of its line.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from parsers.source import LONGEST_LINE, Chunk

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Places = NDArray[np.int64]
    Booleans = NDArray[np.bool_]

HEAD: Final = 64 << 10
"""Bytes of the head in which the array of records must begin."""

PIECE: Final = 1 << 20
"""Bytes looked at closely at a time: a place takes eight of them."""

SMALL: Final = 8 << 10
"""Bytes looked at closely where most records stand on lines of their own."""

CONTEXT: Final = 256
"""Bytes kept of what stands between two arrays: enough for the name of the next."""

RESYNC: Final = 64 << 10
"""Bytes of a record without an end from which on it is looked whether a broken line hides others."""

MOST_BLANKS: Final = 64
"""Blanks stepped over one by one to find what stands before a brace."""

CUT_OFF: Final = "the JSON document is cut off: its array has no end"

_LF, _CR, _TAB, _BLANK = b"\n"[0], b"\r"[0], b"\t"[0], b" "[0]
_QUOTE, _ESCAPE, _COMMA, _COLON = b'"'[0], b"\\"[0], b","[0], b":"[0]
_OPEN, _CLOSE, _BEGIN, _END = b"{"[0], b"}"[0], b"["[0], b"]"[0]

_ARRAY: Final = re.compile(rb"(?:\s*\n)?([ \t]*)\{")
_TOKEN: Final = re.compile(rb'\s*("(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+)', re.DOTALL)


@dataclass(frozen=True)
class Document:
    """Where the records of a document are: in the array under the names of `path`, which opens at `start`.

    `path` null: records follow each other in no array, each over several lines. `indent`: the blanks ahead of each.
    """

    path: tuple[str, ...] | None
    start: int
    indent: bytes = b""

    @property
    def where(self) -> str:
        """Say where the records stand, for people."""
        if self.path is None:
            return "each record is laid out over several lines"
        return "one JSON document" + (f", its records under {'.'.join(self.path)}" if self.path else "")

    def chunks(self, blocks: Iterable[bytes]) -> Generator[Chunk, None, str | None]:
        """Yield the records of a text from its start, and return what is wrong with its end."""
        return (yield from _Walk(self).chunks(blocks))

    def again(self, data: bytes, offset: int, number: int) -> Iterator[Chunk]:
        """Yield the records of a part that a chunk was made of; `number` is that of the first."""
        walk = _Walk(self)
        if offset:
            walk.begin_at(offset, number)
        yield from walk.chunks([data], part=True)


def found(head: bytes) -> Document | None:
    """Return the document that a text begins, null where it is none or holds no array of objects.

    >>> found(b'{"ok":true,"events":[{"a":1}]}')
    Document(path=('events',), start=20, indent=b'')
    >>> found(b'{"a":1}') is None, found(b"[1,2]") is None
    (True, True)
    """
    names: list[str] = []
    before, name = b"", ""
    skipped = 0
    for match in _tokens(head):
        token = match[1]
        array = _ARRAY.match(head, match.end()) if token == b"[" and not skipped else None
        if array:
            return Document((*names, name) if before == b":" else (), match.start(1), array[1])
        if skipped or token == b"[":
            skipped += {b"[": 1, b"]": -1}.get(token, 0)
        elif token == b":":
            name = before[1:-1].decode("utf-8", "replace")
        elif token == b"{" and before:
            names.append(name)
        elif token == b"}" and names:
            names.pop()
        elif token == b"}" or not (before or token == b"{"):
            return None
        before = token
    return None


def _tokens(head: bytes) -> Iterator[re.Match[bytes]]:
    position = 0
    while match := _TOKEN.match(head, position, HEAD):
        yield match
        position = match.end()


def spread(head: bytes) -> Document | None:
    """Return the document of objects that follow each other over several lines, null where a text is none."""
    return Document(None, 0) if re.match(rb'\s*\{\s*\n\s*"', head[:HEAD]) else None


@dataclass(frozen=True)
class _State:
    """What is so at a place in a document.

    `depth` of arrays inside the array of records, −1 outside of it; `own`: whether the array that `depth` counts from
    is one of records. `quoted`: inside a string. `before`: the last byte that is no blank.
    """

    depth: int
    own: bool
    quoted: bool
    before: int


_AT_START: Final = _State(0, own=True, quoted=False, before=_BEGIN)
_AT_RECORD: Final = _State(0, own=True, quoted=False, before=_COMMA)


class _Walk:
    """Walks a document once: `rest` is what is not handed on, it begins where `state` is so, `offset` in the text.

    `number` is that of the record that comes next. `head`: the start of a record that is too long, of which `gone`
    bytes are past. `name`: the key of the array of records, in its quotes.
    """

    def __init__(self, document: Document) -> None:
        self.state = _AT_START
        self.rest = b""
        self.offset = 0
        self.number = 1
        self._ahead = document.start + 1 if document.path is not None else 0
        self._head: bytes | None = None
        self._gone = 0
        self._spread = document.path is None
        self._position = self._begin = self._count = self._unread = 0
        self._parts: list[bytes] = []
        self._indent = document.indent
        self._name = b'"' + document.path[-1].encode() + b'"' if document.path else b""

    def begin_at(self, offset: int, number: int) -> None:
        """Begin at a record in the midst of a document."""
        self.state, self.offset, self.number, self._ahead = _AT_RECORD, offset, number, 0

    def chunks(self, blocks: Iterable[bytes], *, part: bool = False) -> Generator[Chunk, None, str | None]:
        """Yield what is whole; `part`: the text ends behind a record, else an array that is open there is cut off."""
        for block in blocks:
            text = self.rest + block if self.rest else block
            if self._ahead:  # what stands before the array; all of it lies in the first block
                text, self.offset, self._ahead = text[self._ahead :], self._ahead, 0
            yield from self._block(text)
        return (yield from self._end(part=part))

    def _block(self, text: bytes) -> Iterator[Chunk]:
        lines = _Lines(text)
        self._position, window = 0, lines.window
        while self._position < len(text):
            end, records = self._run(lines)
            if records:
                self._take(text[self._position : end].replace(b"},\n", b"}\n"), records, 0)
                self._position, window = end, lines.window
                continue
            piece = text[self._position : self._position + window]
            look = _Look(piece, self.state, self._name)
            if self._head is not None:
                size = yield from self._skip(look)
            else:
                size = self._records(look) or (self._broken(piece) if len(piece) > RESYNC else 0)
            if size:
                window = lines.window
            elif self._head is None and len(piece) > LONGEST_LINE:
                yield from self._flush()
                self._head, self._gone = piece[:LONGEST_LINE], 1
                self.state = look.state_at(1)
                self._position += 1  # past its own brace
            elif self._position + len(piece) == len(text):
                break
            else:
                window *= 4
        yield from self._flush()
        self.offset += self._position
        self.rest = text[self._position :]

    def _run(self, lines: _Lines) -> tuple[int, int]:
        """Return the end of the records on lines of their own from here on, and how many they are."""
        at_record = self._head is None and self.state == _AT_RECORD
        return lines.run(self._position) if at_record else (self._position, 0)

    def _records(self, look: _Look) -> int:
        """Take the records that are whole, and return how much of the text is done with."""
        count, first, size = look.records()
        if self.state.depth < 0 and not count:
            self._unread += size
        if count:
            self._take(look.one_a_line(first, count), count, first)
        if size:
            self.state = look.state_at(size)
        self._position += size
        return size

    def _broken(self, text: bytes, *, last: bool = False) -> int:
        """Take the first record of a text in which none ends, up to where another could begin by the layout.

        A bracket that nobody closed would hide all that follows. In the `last` record of a document that is cut off,
        what is not indented could be a part of it.
        """
        if self.state != _AT_RECORD:
            return 0
        begin = _next_by_layout(text, self._indent, one_a_line=last and not self._indent)
        if begin:
            self._take(text[:begin].translate(_IN_LINE).rstrip().removesuffix(b",") + b"\n", 1, 0)
            self._position += begin
        return begin

    def _take(self, data: bytes, count: int, first: int) -> None:
        """Keep records, each on a line, for the next chunk; the first of them begins `first` bytes from here."""
        if not self._parts:
            self._begin = self.offset + self._position + first
        self._parts.append(data)
        self._count += count

    def _flush(self) -> Iterator[Chunk]:
        if self._count:
            yield Chunk(b"".join(self._parts), self.number, self._count, self._begin)
        self.number += self._count
        self._parts, self._count = [], 0

    def _skip(self, look: _Look) -> Generator[Chunk, None, int]:
        """Go on in a record that is too long; yield it at its end. Return how far that is."""
        borders = look.borders
        size = int(borders[0]) if borders.size else look.size_of_pairs
        self._gone += size
        self._position += size
        self.state = look.state_at(size)
        if borders.size:
            yield self._too_long(self.offset + self._position)
        return size

    def _too_long(self, end: int) -> Chunk:
        head, self._head = self._head or b"", None
        self.number += 1
        return Chunk(b"", self.number - 1, 1, end - self._gone, too_long=(head, self._gone))

    def _end(self, *, part: bool) -> Generator[Chunk, None, str | None]:
        """Yield the records that the text ends with, and return what is wrong with that end."""
        self._position = 0
        while self._head is None and not _is_whole(self.rest) and self._broken(self.rest, last=True):
            self.offset, self.rest = self.offset + self._position, self.rest[self._position :]
            yield from self._block(self.rest)
            self._position = 0
        if not self.state.own or self.state.depth < 0:
            behind = f"{self._unread:,} bytes behind the array of records are not read"
            return behind if self._unread > HEAD else None
        whole = part
        if self._head is not None:
            self._gone += len(self.rest)
            yield self._too_long(self.offset + len(self.rest))
        else:
            text = self.rest.translate(_IN_LINE).strip().removesuffix(b",").rstrip()
            whole = part or (self._spread and text.endswith(b"}"))
            if text:
                yield Chunk(text, self.number, 1, self.offset, cut=not whole)
        return None if whole else CUT_OFF


def _is_whole(text: bytes) -> bool:
    """Whether a text is a record, as far as JSON goes."""
    try:
        json.loads(text.strip().removesuffix(b","))
    except (ValueError, RecursionError):
        return False
    return True


def _next_by_layout(text: bytes, indent: bytes, *, one_a_line: bool) -> int:
    """Return where a second record could begin; 0 where none could.

    That is behind the first line, or, unless there is `one_a_line`, behind a line that holds but a brace under that of
    the first record.
    """
    opening, closing = indent + b"{", b"\n" + indent + b"}"
    end = text.find(b"\n")
    if end >= 0 and text.startswith(opening, end + 1):
        return end + 1 + len(indent)
    place = -1 if one_a_line else text.find(closing)
    while place >= 0 and (end := text.find(b"\n", place + 1)) >= 0:
        alone = text[place + len(closing) : end].strip() in {b"", b","}
        if alone and text.startswith(opening, end + 1):
            return end + 1 + len(indent)
        place = text.find(closing, end)
    return 0


_IN_LINE: Final = bytes.maketrans(b"\n\r", b"  ")
"""Line ends inside a record are blanks: JSON has them between its tokens only."""


class _Lines:
    """The lines of a text, as far as each may be a record with a comma behind it.

    Such lines need no closer look: each begins with a brace, and where every bracket of a line is closed in it, the
    next brace at the start of a line begins the next record. A line that is broken may stand among them, if it holds
    no bracket: with one it might be a part of a record, or the end of the array.
    """

    def __init__(self, text: bytes) -> None:
        octets = np.frombuffer(text, np.uint8)
        ends = np.flatnonzero(octets == _LF)
        starts = np.concatenate(([0], ends[:-1] + 1)) if ends.size else ends
        opening, closing = _count(octets, _BEGIN, ends), _count(octets, _END, ends)
        last = octets[np.maximum(ends - 1, 0)]
        begins = (ends - starts <= LONGEST_LINE) & (octets[starts] == _OPEN) & (last != _COLON)
        whole = begins & (opening == closing) & (last == _COMMA)
        whole &= octets[np.maximum(ends - 2, 0)] == _CLOSE
        self._starts, self._ends = starts, ends
        self._stops = np.flatnonzero(~(whole | (begins & (opening + closing == 0))))
        self._last_whole = np.maximum.accumulate(np.where(whole, np.arange(ends.size), -1))
        self.window = SMALL if 2 * np.count_nonzero(whole) > ends.size else PIECE

    def run(self, position: int) -> tuple[int, int]:
        """Return the end of the records on lines of their own from a place on, and how many they are."""
        line = int(np.searchsorted(self._starts, position))
        if line == self._starts.size or self._starts[line] != position:
            return position, 0
        stop = int(np.searchsorted(self._stops, line))
        stop = int(self._stops[stop]) if stop < self._stops.size else self._starts.size
        last = int(self._last_whole[stop - 1]) if stop > line else -1
        return (int(self._ends[last]) + 1, last + 1 - line) if last >= line else (position, 0)


def _count(octets: Bytes, byte: int, ends: Places) -> Places:
    """Return how often a byte stands in each line."""
    lines = np.searchsorted(ends, np.flatnonzero(octets == byte))
    return np.bincount(lines, minlength=ends.size)[: ends.size]


class _Look:
    """A stretch of a document, looked at closely: `starts` of records, and the `ends` of arrays of them."""

    def __init__(self, text: bytes, state: _State, name: bytes) -> None:
        self.text = text
        self._state = state
        self._octets = np.frombuffer(text, np.uint8)
        self._quotes = _quotes(self._octets)
        self._line_ends = np.flatnonzero(self._octets == _LF)
        octets = self._octets
        marks = np.flatnonzero((octets == _OPEN) | (octets == _BEGIN) | (octets == _END))
        marks = marks[~self._quoted(marks) & self._trusted(marks)]
        kinds = octets[marks]
        level = state.depth + np.cumsum((kinds == _BEGIN).astype(np.int64) - (kinds == _END))
        depth = level - np.minimum.accumulate(np.minimum(level + 1, 0))  # never below −1
        opened = (kinds == _BEGIN) & (depth == 0)
        own = np.concatenate(([state.own], self._own(marks[opened], name)))[np.cumsum(opened)]
        ahead = np.concatenate(([state.depth], depth[:-1])) if depth.size else depth
        self.ends = marks[(kinds == _END) & (ahead == 0) & (depth < 0) & own]
        braces = marks[(kinds == _OPEN) & (depth == 0) & own]
        place, byte = self._before(braces)
        begins = (byte != _COLON) & ~((byte == _CLOSE) & (place == braces - 1))
        self.starts = braces[begins]
        # Where the record ahead stops: at the comma, or at a blank where none is.
        self._stops = np.where(byte[begins] == _COMMA, place[begins], self.starts - 1)
        self._marks, self._depth, self._own_at = marks, depth, own

    @property
    def borders(self) -> Places:
        """Where a record ends, in order."""
        return np.sort(np.concatenate((self.starts, self.ends)))

    @property
    def size_of_pairs(self) -> int:
        """The length without a backslash at the end that takes the meaning from what follows."""
        size = len(self.text)
        return size - (size - len(self.text.rstrip(b"\\"))) % 2

    def records(self) -> tuple[int, int, int]:
        """Return how many records are whole, where the first begins, and how much of the text is done with."""
        starts, ends = self.starts, self.ends
        if not starts.size:
            if ends.size:
                return 0, 0, int(ends[-1]) + 1
            outside = self._state.depth < 0 or not self._state.own
            return 0, 0, max(0, self.size_of_pairs - CONTEXT) if outside else 0
        first = int(starts[0])
        if ends.size and ends[-1] > starts[-1]:
            return starts.size, first, int(ends[-1]) + 1
        return starts.size - 1, first, int(starts[-1])

    def one_a_line(self, first: int, count: int) -> bytes:
        """Return the first so many records, each on a line."""
        starts = self.starts[:count]
        end = int(
            min(self.ends[self.ends > starts[-1]][:1].tolist() + self._stops[count : count + 1].tolist())
        )
        out = self._octets[first:end].copy()
        out[(out == _LF) | (out == _CR)] = _BLANK
        between = self.ends[(self.ends > first) & (self.ends < end)]
        if between.size:  # from the end of an array to the first record of the next
            step = np.zeros(out.size, np.int64)
            np.add.at(step, between - first, 1)
            np.add.at(step, starts[np.searchsorted(starts, between)] - first, -1)
            out[np.cumsum(step) > 0] = _BLANK
        out[self._stops[1:count] - first] = _LF
        return out.tobytes() + b"\n"

    def state_at(self, place: int) -> _State:
        """Return what is so at a place."""
        mark = int(np.searchsorted(self._marks, place)) - 1
        before = self.text[:place].rstrip()
        return _State(
            int(self._depth[mark]) if mark >= 0 else self._state.depth,
            own=bool(self._own_at[mark]) if mark >= 0 else self._state.own,
            quoted=bool(self._quoted(np.array([place]))[0]),
            before=before[-1] if before else self._state.before,
        )

    def _quoted(self, places: Places) -> Booleans:
        """Tell of each place whether it lies in a string that its own line began."""
        count = np.searchsorted(self._quotes, places)
        line = np.searchsorted(self._line_ends, places)
        at_start = np.concatenate(
            ([-int(self._state.quoted)], np.searchsorted(self._quotes, self._line_ends))
        )
        inside: Booleans = (count - at_start[line]) % 2 == 1
        return inside

    def _trusted(self, places: Places) -> Booleans:
        """Tell of each place whether quotes come in pairs in its line, or none is ahead of it.

        In a line that ends inside a string nobody can say what is quoted.
        """
        broken = self._quoted(self._line_ends)
        if not broken.any():
            return np.ones(places.size, np.bool_)
        line = np.searchsorted(self._line_ends, places)
        ahead = np.searchsorted(self._quotes, np.concatenate(([0], self._line_ends)))[line]
        first = np.searchsorted(self._quotes, places) == ahead
        trusted: Booleans = first | ~np.concatenate((broken, [False]))[line]
        return trusted

    def _before(self, places: Places) -> tuple[Places, Bytes]:
        """Return where the last byte before each place stands that is no blank, and which it is."""
        octets = self._octets
        before = places - 1
        for _ in range(MOST_BLANKS):
            blank = (before >= 0) & _is_blank(octets[np.maximum(before, 0)])
            if not blank.any():
                break
            before = before - blank
        else:
            solid = np.where(_is_blank(octets), -1, np.arange(octets.size))
            before = np.maximum.accumulate(solid)[np.maximum(places - 1, 0)] if octets.size else before
            before = np.where(places > 0, before, -1)
        byte = np.where(before >= 0, octets[np.maximum(before, 0)], np.uint8(self._state.before))
        return before, byte

    def _own(self, places: Places, name: bytes) -> Booleans:
        """Tell of each bracket whether it opens an array of records: under their name, or under none."""
        before, byte = self._before(places)
        own: Booleans = byte == _COLON
        if not name:
            return ~own
        end, _ = self._before(before[own])
        begin = end - len(name) + 1
        same = begin >= 0
        for number, expected in enumerate(name):
            same &= self._octets[np.maximum(begin + number, 0)] == expected
        own[own] = same
        return own


def _is_blank(octets: Bytes) -> Booleans:
    blank: Booleans = (octets == _BLANK) | (octets == _LF) | (octets == _CR) | (octets == _TAB)
    return blank


def _quotes(octets: Bytes) -> Places:
    """Return where quotes stand that no backslash takes their meaning from."""
    quotes: Places = np.flatnonzero(octets == _QUOTE)
    escapes = np.flatnonzero(octets == _ESCAPE)
    if not escapes.size or not quotes.size:
        return quotes
    # Of a run of backslashes every second stands for itself: an odd run takes the quote behind it.
    first = np.concatenate(([True], np.diff(escapes) != 1))
    run_start = escapes[np.maximum.accumulate(np.where(first, np.arange(escapes.size), 0))]
    behind = np.searchsorted(escapes, quotes) - 1
    last = escapes[np.maximum(behind, 0)]
    escaped = (behind >= 0) & (last == quotes - 1) & ((last - run_start[np.maximum(behind, 0)]) % 2 == 0)
    free: Places = quotes[~escaped]
    return free
