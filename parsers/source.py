"""Paths → sources → chunks of whole lines: folders, globs, compression, damage, pipes; memory stays bounded."""

from __future__ import annotations

import bz2
import glob
import lzma
import os
import stat
import sys
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol

from parsers.errors import DamagedError, PathError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHUNK: Final = 8 << 20
"""Bytes of text handed on at a time: large enough for Polars to be fast, small enough to hold several."""

LONGEST_LINE: Final = 1 << 20
"""Bytes; a longer line is no request line of any vendor (nginx stops at 8 KiB a header by default)."""

INPUT: Final = 1 << 20
"""Compressed bytes read at a time."""

EXPANSION_FREE: Final = 64 << 20
"""Bytes of text below which the expansion of a small file is nobody's problem."""

STDIN: Final = "-"


@dataclass(frozen=True)
class Source:
    """One file or stream to be read; `given` is false for files found in a folder or by a pattern."""

    path: str
    given: bool
    server: str | None = None

    @property
    def is_stream(self) -> bool:
        """Whether it can be read only once."""
        if self.path == STDIN:
            return True
        try:
            return not stat.S_ISREG(Path(self.path).stat().st_mode)
        except OSError:
            return False


@dataclass(frozen=True)
class Chunk:
    """Whole lines of a source, in order.

    `data` ends in LF unless `cut` (the last line of the source, without an end); `first_line` counts from 1,
    `lines` physical lines. `too_long` instead of data: one line over `LONGEST_LINE` as its head and length.
    `offset` is the position of `data` in the text of the source, after inflating.
    """

    data: bytes
    first_line: int
    lines: int
    offset: int
    cut: bool = False
    too_long: tuple[bytes, int] | None = None


class _Inflater(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


_MAGIC: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
)

_DECLINED_MAGIC: Final = (
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\x03\x04", "zip"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
"""Containers that are recognised and not read: the reader must unpack or convert them first."""


def _inflater(kind: str) -> _Inflater:
    if kind == "gzip":
        return zlib.decompressobj(wbits=31)
    return bz2.BZ2Decompressor() if kind == "bzip2" else lzma.LZMADecompressor()


def find(paths: Sequence[str], servers: dict[str, str] | None = None) -> tuple[list[Source], list[PathError]]:
    """Expand files, folders, patterns and `-` to sources in a stable order, each file once.

    Files in a folder are taken by name only so far as to leave out hidden ones; what they are, their content decides.
    A path that exists is taken as it stands, whatever characters its name holds, before it is tried as a pattern.

    Returns
    -------
    the sources, and an error for every path that gave none.
    """
    sources: list[Source] = []
    errors: list[PathError] = []
    seen: set[str] = set()

    def take(name: str, server: str | None, *, given: bool) -> None:
        key = name if name == STDIN else os.path.realpath(name)
        if key not in seen:
            seen.add(key)
            sources.append(Source(name, given=given, server=server))

    for path in paths:
        server = (servers or {}).get(path)
        try:
            if path == STDIN:
                take(path, server, given=True)
            elif Path(path).is_dir():
                inside = _walk(path)
                for name in inside:
                    take(name, server, given=False)
                if not inside:
                    errors.append(PathError(path, "the folder holds no files"))
            elif Path(path).exists() or Path(path).is_symlink():
                take(path, server, given=True)
            else:
                matches = sorted(glob.glob(path, recursive=True)) if glob.has_magic(path) else []
                for match in matches:
                    for name in _walk(match) if Path(match).is_dir() else [match]:
                        take(name, server, given=False)
                if not matches:
                    reason = "no file matches this pattern" if glob.has_magic(path) else "no such file or folder"
                    errors.append(PathError(path, reason))
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            errors.append(PathError(path, getattr(error, "strerror", None) or "not a usable file name"))
    return sources, errors


def _walk(folder: str) -> list[str]:
    """Regular, visible files below a folder, by name; links to files are followed, links to folders are not."""
    names = []
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            full = os.path.join(parent, name)  # noqa: PTH118  (os.walk gives text, a Path would change `./x`)
            if not name.startswith(".") and os.path.isfile(full):  # noqa: PTH113
                names.append(full)
    return names


class Reader:
    """Reads one source once, from its start, as chunks of whole lines.

    `bytes_read` counts what came from the disk or pipe; `kind` is the container (`plain`, `gzip`, …), known after
    the first chunk. A stream is also written to a private spool of at most `spool_limit` bytes, so that it can be
    looked at again: `spool` is null when the stream was longer or the source is a file.

    Raises
    ------
    PathError: it cannot be opened, or is a container that is not read.
    DamagedError: from `chunks`, after everything readable was handed out.
    """

    def __init__(self, source: Source, *, max_expansion: float, spool_limit: int = 4 << 30) -> None:
        self.source = source
        self.kind = "plain"
        self.bytes_read = 0
        self.spool: IO[bytes] | None = None
        self.identity: tuple[int, int] | None = None
        self._max_expansion = max_expansion
        self._spool_limit = spool_limit
        self._problem: str | None = None

    def chunks(self, size: int = CHUNK) -> Iterator[Chunk]:
        """Yield the lines of the source; a problem is raised after the last readable line."""
        number, offset, rest, skipping = 1, 0, b"", 0
        head = b""
        for block in self._blocks(size):
            if skipping:  # inside a line that is too long: look for its end only
                end = block.find(b"\n")
                if end < 0:
                    skipping += len(block)
                    continue
                skipping += end
                yield Chunk(b"", number, 1, offset, too_long=(head, skipping))
                number, offset, skipping = number + 1, offset + skipping + 1, 0
                block = block[end + 1 :]  # noqa: PLW2901
            data = rest + block if rest else block
            end = data.rfind(b"\n") + 1
            rest = data[end:]
            if end:
                for chunk in _without_long_lines(data if end == len(data) else data[:end], number, offset):
                    yield chunk
                    number += chunk.lines
                offset += end
            if len(rest) > LONGEST_LINE:
                head, skipping, rest = rest[:LONGEST_LINE], len(rest), b""
        if skipping:
            yield Chunk(b"", number, 1, offset, too_long=(head, skipping))
        elif rest:
            yield Chunk(rest, number, 1, offset, cut=True)
        if self._problem:
            raise DamagedError(self.source.path, self._problem)

    def _blocks(self, size: int) -> Iterator[bytes]:
        """Yield text, inflated where needed, in blocks of about `size` bytes."""
        with self._open() as stream:
            first = self._read(stream, size)
            for magic, name in _DECLINED_MAGIC:
                if first.startswith(magic):
                    raise PathError(self.source.path, f"{name} is not read: unpack or convert it to UTF-8 text first")
            for magic, name in _MAGIC:
                if first.startswith(magic):
                    self.kind = name
            if self.kind != "plain":
                yield from self._inflate(stream, first, size)
                return
            block = first.removeprefix(b"\xef\xbb\xbf")  # a byte order mark that an editor left
            while block:
                yield block
                block = self._read(stream, size)

    def _open(self) -> IO[bytes]:
        if self.source.path == STDIN:
            self.spool = self._new_spool()
            return os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=0)
        try:
            stream = Path(self.source.path).open("rb", buffering=0)
        except OSError as error:
            raise PathError(self.source.path, error.strerror or "cannot be opened") from error
        status = os.fstat(stream.fileno())
        self.identity = (status.st_dev, status.st_ino)
        if not stat.S_ISREG(status.st_mode):
            self.spool = self._new_spool()
        return stream

    @staticmethod
    def _new_spool() -> IO[bytes]:
        return tempfile.TemporaryFile(prefix="loganalyzer-")  # noqa: SIM115  (mode 0600, unlinked; outlives this call)

    def _read(self, stream: IO[bytes], size: int) -> bytes:
        """Read a full block: a pipe gives less at a time."""
        parts: list[bytes] = []
        missing = size
        while missing:
            try:
                part = stream.read(missing)
            except OSError as error:
                self._problem = f"reading stopped: {error.strerror}"
                break
            if not part:
                break
            parts.append(part)
            missing -= len(part)
        block = parts[0] if len(parts) == 1 else b"".join(parts)
        self.bytes_read += len(block)
        if self.spool is not None:
            if self.bytes_read > self._spool_limit:
                self.spool.close()
                self.spool = None  # the tables alone speak then
            else:
                self.spool.write(block)
        return block

    def _inflate(self, stream: IO[bytes], first: bytes, size: int) -> Iterator[bytes]:
        """Inflate member after member, at most `size` bytes at a time."""
        magic = next(magic for magic, name in _MAGIC if name == self.kind)
        inflater, pending, produced, at_end = _inflater(self.kind), first, 0, False
        while True:
            try:
                text = inflater.decompress(pending, size)
            except (zlib.error, OSError, lzma.LZMAError):
                self._problem = f"damaged {self.kind}: read up to the damage"
                return
            produced += len(text)
            if text:
                yield text
            if produced > max(EXPANSION_FREE, self._max_expansion * self.bytes_read):
                self._problem = (
                    f"{self.kind} that expands more than {self._max_expansion:g} times: "
                    "reading stopped there (--max-expansion raises the limit)"
                )
                return
            if inflater.eof:
                pending = inflater.unused_data.lstrip(b"\x00")  # padding, as tar and tape leave it
                if len(pending) < len(magic):
                    pending += self._read(stream, INPUT)
                if not pending:
                    return
                if not pending.startswith(magic):
                    self._problem = f"bytes after the end of the {self.kind} data: not read"
                    return
                inflater, at_end = _inflater(self.kind), False
                continue
            pending = getattr(inflater, "unconsumed_tail", b"")  # zlib hands back what did not fit, the others keep it
            if not pending and getattr(inflater, "needs_input", True):
                pending = self._read(stream, INPUT)
                if not pending and at_end and not text:
                    self._problem = self._problem or f"truncated {self.kind}: read up to where it ends"
                    return
                at_end = not pending


def _without_long_lines(data: bytes, number: int, offset: int) -> Iterator[Chunk]:
    """Yield chunks of `data` with every line over the limit set apart.

    A window of half the limit that holds no LF is the only place where such a line can be.
    """
    start, position = 0, 0
    half = LONGEST_LINE // 2
    while position < len(data):
        if data.find(b"\n", position, position + half) >= 0:
            position += half
            continue
        begin = data.rfind(b"\n", 0, position) + 1
        end = data.find(b"\n", position)
        if end - begin > LONGEST_LINE:
            if begin > start:
                lines = data.count(b"\n", start, begin)
                yield Chunk(data[start:begin], number, lines, offset + start)
                number += lines
            yield Chunk(b"", number, 1, offset + begin, too_long=(data[begin : begin + LONGEST_LINE], end - begin))
            number += 1
            start = end + 1
        position = end + 1
    if start < len(data):
        yield Chunk(data[start:] if start else data, number, data.count(b"\n", start), offset + start)
