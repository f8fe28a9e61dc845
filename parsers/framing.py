"""First block of a source → how its text is cut into records: at line ends, or as one JSON document lays them out.

A chunk of lines ends behind a whole record: a quoted field of a table may hold line breaks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Final

from parsers import cloudflare_csv, documents
from parsers.source import LONGEST_LINE, Chunk, lines

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from parsers.documents import Document
    from parsers.spec import CsvFormat, Format

Recognised = Callable[[bytes], Sequence["Format"]]
"""Lines from the start of a source → the formats that read them."""

HEAD: Final = 64 << 10
"""Bytes of the first block by which it is told that it may be a table."""

MOST_LINES: Final = 200
"""Lines from the end of a chunk among which the last is looked for that is a record by itself."""


@dataclass
class Framing:
    """The frame of one source, chosen by its first block when that is read for the first time.

    `recognised` tells whether a text is lines that a format reads: it decides where a text may be either. `tabled`
    returns the format of a text that is a table. `document`:
    where the records of a JSON document are, null for lines. `table`: the format of delimited values, null for others.
    `watch` is given every block of text.
    """

    recognised: Recognised | None = None
    tabled: Callable[[bytes], CsvFormat | None] | None = None
    document: Document | None = None
    table: CsvFormat | None = None
    watch: Callable[[bytes], None] | None = None
    _chosen: bool = field(default=False, init=False)

    def __call__(self, blocks: Iterable[bytes]) -> Generator[Chunk, None, str | None]:
        """Yield the records of a text in chunks, and return what is wrong with its end."""
        text = iter(blocks)
        first = next(text, b"")
        if not self._chosen:
            self._choose(first)
        text = self._watched(chain([first] if first else [], text))
        if self.document is not None:
            return (yield from self.document.chunks(text))
        return (yield from _whole(lines(text), self.table) if self.table else lines(text))

    @property
    def of_lines(self) -> bool:
        """Whether every record is a line: no document, no table."""
        return self.document is None and self.table is None

    def again(self, data: bytes, offset: int, first_line: int) -> Chunk:
        """Return the chunk that was made of a part of the text."""
        if self.document is None:
            return Chunk(data, first_line, data.count(b"\n"), offset)
        parts = list(self.document.again(data, offset, first_line))
        if len(parts) == 1:
            return parts[0]
        text = b"".join(part.data if part.data.endswith(b"\n") else part.data + b"\n" for part in parts)
        return Chunk(text, first_line, sum(part.lines for part in parts), offset)

    def _choose(self, first: bytes) -> None:
        self._chosen = True
        if self.recognised is None:
            return
        document = documents.found(first) or documents.spread(first)
        if document is None:
            end = first.rfind(b"\n") + 1
            head = [line for line in first[: min(end, HEAD)].decode("utf-8", "replace").split("\n") if line]
            if cloudflare_csv.may_be(head):
                self.table = self.tabled(first[:end]) if self.tabled is not None else None
            return
        chunk = next(document.chunks([first]), None)
        if chunk is None or not self.recognised(chunk.data):
            return
        # `[` begins no record; an object may be a record that holds a list of objects.
        if first.lstrip().startswith(b"[") or not self.recognised(first[: first.rfind(b"\n") + 1]):
            self.document = document

    def _watched(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            if self.watch is not None:
                self.watch(block)
            yield block


def _whole(chunks: Iterable[Chunk], table: CsvFormat) -> Generator[Chunk, None, str | None]:
    """Move the ends of chunks to where a record ends; what a line may go on from stands in the next chunk."""
    is_whole = cloudflare_csv.ends_whole(table)
    carried: Chunk | None = None
    for chunk in chunks:
        if chunk.too_long is not None:
            if carried is not None:
                yield carried
                carried = None
            yield chunk
            continue
        joined = chunk if carried is None else _joined(carried, chunk)
        carried = None
        end = _last_end(joined.data, is_whole) if not joined.cut else len(joined.data)
        if end < len(joined.data):
            count = joined.data.count(b"\n", end)
            begin = joined.first_line + joined.lines - count
            carried = Chunk(joined.data[end:], begin, count, joined.offset + end)
            joined = Chunk(joined.data[:end], joined.first_line, joined.lines - count, joined.offset)
        if joined.data:
            yield joined
    if carried is not None:
        yield carried
    return None


def _joined(first: Chunk, second: Chunk) -> Chunk:
    return Chunk(
        first.data + second.data, first.first_line, first.lines + second.lines, first.offset, cut=second.cut
    )


def _last_end(data: bytes, is_whole: Callable[[str], bool]) -> int:
    """Return where the last line ends that is a record by itself; where none of the last ones is, the text does."""
    end = len(data)
    for _ in range(MOST_LINES):
        begin = data.rfind(b"\n", 0, end - 1) + 1
        if is_whole(data[begin:end].decode("utf-8", "replace").rstrip("\r\n")):
            return end
        if begin == 0 or len(data) - begin > LONGEST_LINE:
            break
        end = begin
    return len(data)
