"""Sources that begin alike → those whose whole text stood in an earlier one, told by digests; no text is held."""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from parsers.errors import DamagedError, PathError
from parsers.source import Chunk, Reader

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from parsers.state import SourceState

HEAD: Final = 64 << 10
"""Bytes by which sources are alike: only such are looked at closely."""

PART: Final = 8 << 20
"""Bytes of text under one digest: what is read in vain of a source that turns out to be another."""

_ROUND: Final = 4
"""Bytes by which the length on the disk may differ from that of the text: a byte order mark, a last LF."""


def head_of(data: bytes) -> bytes:
    """Return a digest of the start of a text."""
    return hashlib.blake2b(data[:HEAD], digest_size=16).digest()


@dataclass
class Fingerprint:
    """What a text was, part by part: digests, and how many lines and bytes it had.

    Equal texts have equal fingerprints, however they were packed and cut into chunks. A line over the limit counts
    as its head and its length, as it is read.
    """

    parts: list[bytes] = field(default_factory=list)
    lines: int = 0
    size: int = 0

    def __post_init__(self) -> None:
        """Begin the first part."""
        self._digest = hashlib.blake2b(digest_size=16)
        self._held = 0

    def add(self, chunk: Chunk, *, taken: bool = False) -> None:
        """Take the next chunk in, or count its lines alone where the text itself was `taken`."""
        self.lines += chunk.lines
        if taken:
            return
        data = chunk.data
        if chunk.too_long is not None:
            data = chunk.too_long[0] + b"\n%d\n" % chunk.too_long[1]
        size = chunk.offset + (len(data) if chunk.too_long is None else chunk.too_long[1])
        self.take(data)
        self.size = size

    def take(self, data: bytes) -> None:
        """Take the next stretch of text in."""
        self.size += len(data)
        rest = memoryview(data)
        while rest:
            piece, rest = rest[: PART - self._held], rest[PART - self._held :]
            self._digest.update(piece)
            self._held += len(piece)
            if self._held == PART:
                self._close()

    def end(self) -> None:
        """Close the last part."""
        if self._held:
            self._close()

    def equals(self, other: Fingerprint) -> bool:
        """Tell whether both are finished and of the same text."""
        return self.parts == other.parts and self.size == other.size

    def differs(self, other: Fingerprint) -> bool:
        """Tell whether some part so far is not that of another, finished text."""
        return self.parts != other.parts[: len(self.parts)]

    def _close(self) -> None:
        self.parts.append(self._digest.digest())
        self._digest, self._held = hashlib.blake2b(digest_size=16), 0


@dataclass(frozen=True)
class Repeat:
    """A source whose text stood in an earlier one; `problem` where its text ends in a damage.

    `start`: it is damaged, and what could be read of it is how that one, or a later one, begins.
    """

    path: str
    lines: int
    bytes_read: int
    container: str
    identity: tuple[int, int] | None
    problem: str | None
    start: bool = False


class Twins:
    """The sources of a scan that begin alike, and what those that were read have been.

    Alike are sources of the same start and the same label: what the caller calls two servers is two logs.
    """

    def __init__(self, states: Sequence[SourceState], max_expansion: float) -> None:
        self._max_expansion = max_expansion
        self._groups: dict[tuple[str | None, bytes], list[tuple[SourceState, Fingerprint]]] = {}
        self._alike: dict[tuple[str | None, bytes], list[SourceState]] = {}
        for state in states:
            if key := _key(state):
                self._alike.setdefault(key, []).append(state)

    def watch(self, state: SourceState) -> Fingerprint | None:
        """Return what is to be filled while a source is read; null where none begins alike."""
        key = _key(state)
        if key is None or len(self._alike[key]) < 2:  # noqa: PLR2004  # it has no twin
            return None
        made = Fingerprint()
        self._groups.setdefault(key, []).append((state, made))
        return made

    def repeated(self, state: SourceState) -> Repeat | None:
        """Return the earlier source that this one repeats; it is read for that, up to where it differs from all.

        A damaged one may also be the start of one that comes later.
        """
        key = _key(state)
        known = self._groups.get(key, []) if key else []
        known = [(other, text) for other, text in known if _may_be_equal(state, text)]
        if not known:
            return self._ahead_of_whole(state)
        reader = Reader(state.source, max_expansion=self._max_expansion, held=state.held)
        try:
            own, known, problem = _compared(reader, state, known)
        except PathError:
            return None
        seen = reader.bytes_read, reader.kind, reader.identity
        for other, text in known:
            if text.equals(own):
                named = problem or (other.problem if other.framing.document else None)
                return Repeat(other.path, text.lines, *seen, named)
            # The lines of a document that is cut are not known without parsing it.
            damaged = problem is not None and not state.framing.document
            if damaged and own.size < text.size and self._begins(other, state):
                return Repeat(other.path, own.lines, *seen, problem, start=True)
        return None

    def _ahead_of_whole(self, state: SourceState) -> Repeat | None:
        """Return the later source that a damaged one is the start of; a packed one that begins alike is read for it."""
        key = _key(state)
        alike = self._alike[key] if key else []
        place = next((n for n, other in enumerate(alike) if other is state), len(alike))
        later = [other for other in alike[place + 1 :] if other.outside is None]
        if not later or state.container == "plain" or state.framing.document:
            return None
        reader = Reader(state.source, max_expansion=self._max_expansion, held=state.held)
        lines = 0
        try:
            for chunk in reader.chunks():
                lines += chunk.lines
        except DamagedError as error:
            for other in later:
                if self._begins(other, state):
                    seen = reader.bytes_read, reader.kind, reader.identity
                    return Repeat(other.path, lines, *seen, error.problem, start=True)
        except PathError:
            return None
        return None

    def _begins(self, whole: SourceState, damaged: SourceState) -> bool:
        """Tell whether all that can be read of a damaged source is how a longer one begins; both are read for that."""
        with closing(self._text(whole)) as texts, closing(self._text(damaged)) as starts:
            ahead = b""
            for start in starts:
                while len(ahead) < len(start):
                    if not (block := next(texts, b"")):
                        return False
                    ahead += block
                if not ahead.startswith(start):
                    return False
                ahead = ahead[len(start) :]
            return bool(ahead or next(texts, b""))

    def _text(self, state: SourceState) -> Generator[bytes]:
        """Yield the text of a source in blocks, up to its end or its damage."""
        reader = Reader(state.source, max_expansion=self._max_expansion, held=state.held)
        try:
            with closing(reader.chunks(frame=_raw)) as chunks:
                for chunk in chunks:
                    yield chunk.data
        except (DamagedError, PathError):
            return


def _compared(
    reader: Reader, state: SourceState, known: list[tuple[SourceState, Fingerprint]]
) -> tuple[Fingerprint, list[tuple[SourceState, Fingerprint]], str | None]:
    """Return what a text is, those of the known ones that it may still be, and its damage; stop where none is left."""
    own, problem = Fingerprint(), None
    try:
        with closing(reader.chunks(frame=_raw if state.framing.document else None)) as chunks:
            for chunk in chunks:
                own.add(chunk)
                known = [(other, text) for other, text in known if not own.differs(text)]
                if not known:
                    return own, [], None
    except DamagedError as error:
        problem = error.problem
    own.end()
    return own, known, problem


def _key(state: SourceState) -> tuple[str | None, bytes] | None:
    return (state.source.server, state.head) if state.head is not None else None


def _may_be_equal(state: SourceState, text: Fingerprint) -> bool:
    """Tell by the length of a plain file, before it is read, whether it can hold that text."""
    if state.container != "plain":
        return True
    try:
        return abs(Path(state.source.file).stat().st_size - text.size) <= _ROUND
    except OSError:
        return False


def _raw(blocks: Iterable[bytes]) -> Generator[Chunk, None, str | None]:
    """Yield a text as it stands: how its records are laid out does not matter to whether it is the same."""
    offset = 0
    for block in blocks:
        yield Chunk(block, 1, 0, offset)
        offset += len(block)
    return None
