"""First block of a source → how its text is cut into records: at line ends, or as one JSON document lays them out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from parsers import documents
from parsers.source import Chunk, lines

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from parsers.documents import Document

Recognised = Callable[[bytes], bool]
"""Lines from the start of a source → whether a format reads them."""


@dataclass
class Framing:
    """The frame of one source, chosen by its first block when that is read for the first time.

    `recognised` tells whether a text is lines that a format reads: it decides where a text may be either. `document`:
    where the records of a JSON document are, null for lines. `watch` is given every block of text.
    """

    recognised: Recognised | None = None
    document: Document | None = None
    watch: Callable[[bytes], None] | None = None
    _chosen: bool = field(default=False, init=False)

    def __call__(self, blocks: Iterable[bytes]) -> Generator[Chunk, None, str | None]:
        """Yield the records of a text in chunks, and return what is wrong with its end."""
        text = iter(blocks)
        first = next(text, b"")
        if not self._chosen:
            self._choose(first)
        text = self._watched(chain([first] if first else [], text))
        return (yield from self.document.chunks(text) if self.document else lines(text))

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
        document = documents.found(first) or documents.spread(first)
        if document is None or self.recognised is None:
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
