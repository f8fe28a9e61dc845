"""A source that was read → some of its chunks once more, if it is still the same."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from parsers.errors import DamagedError, PathError
from parsers.source import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from parsers.source import Chunk
    from parsers.state import SourceState

_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Slice:
    """Where a chunk lay in the text of a source; `end` null: to the end of what was read."""

    offset: int
    end: int | None
    first_line: int


class SourceChangedError(Exception):
    """The source is no longer what was read: only the tables can speak."""


class _Spooled(Reader):
    """Reads what a stream left aside."""

    def __init__(self, state: SourceState, spool: IO[bytes], max_expansion: float) -> None:
        super().__init__(state.source, max_expansion=max_expansion)
        self._kept = spool

    def _open(self) -> IO[bytes]:
        self._kept.seek(0)
        return os.fdopen(os.dup(self._kept.fileno()), "rb", buffering=0)


def again(state: SourceState, slices: Sequence[Slice], max_expansion: float) -> Iterator[Chunk]:
    """Yield the chunks at `slices`, in order; a plain file is not read in between.

    Raises
    ------
    SourceChangedError: the file was replaced or cut, or the stream was longer than its spool.
    """
    if not slices:
        return
    if state.source.is_stream:
        if state.spool is None:
            raise SourceChangedError("the stream was longer than --spool-limit")
        reader: Reader = _Spooled(state, state.spool, max_expansion)
        yield from _picked(reader, state, slices)
        return
    try:
        with _opened(state) as stream:
            now = os.fstat(stream.fileno())
            if (now.st_dev, now.st_ino) != state.identity or now.st_size < state.bytes_read:
                raise SourceChangedError("the file was replaced or cut after it was read")
            if state.container == "plain":
                shift = len(_MARK) if stream.read(len(_MARK)) == _MARK else 0
                for part in slices:
                    end = part.end if part.end is not None else state.bytes_read - shift
                    stream.seek(part.offset + shift)
                    data = stream.read(end - part.offset)
                    yield state.framing.again(data, part.offset, part.first_line)
                return
    except OSError as error:
        raise SourceChangedError(error.strerror or "it cannot be opened again") from error
    yield from _picked(Reader(state.source, max_expansion=max_expansion, held=state.held), state, slices)


def _opened(state: SourceState) -> IO[bytes]:
    return state.held.opened() if state.held is not None else Path(state.source.file).open("rb")


def _picked(reader: Reader, state: SourceState, slices: Sequence[Slice]) -> Iterator[Chunk]:
    wanted = {part.offset for part in slices}
    last = max(wanted)
    try:
        for chunk in reader.chunks(frame=state.framing):
            if chunk.offset in wanted:
                yield chunk
            if chunk.offset >= last:
                return
    except (PathError, DamagedError):  # the damage was named at the first look
        return
