"""Paths → sources → chunks of whole lines: folders, globs, compression, damage, pipes; memory stays bounded."""

from __future__ import annotations

import glob
import math
import os
import select
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from parsers import containers, rotation
from parsers.containers import MEMBER, Copied, Inflater, Member
from parsers.errors import DamagedError, PathError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

CHUNK: Final = 8 << 20
"""Bytes of text handed on at a time: large enough for Polars to be fast, small enough to hold several."""

WAKE_S: Final = 0.5
"""A signal that comes in the moment before a wait begins does not end it: so no wait is longer."""

LONGEST_LINE: Final = 1 << 20
"""Bytes; a longer line is no request line of any vendor (nginx stops at 8 KiB a header by default)."""

INPUT: Final = 256 << 10
"""Compressed bytes read at a time, and bytes of text inflated at a time: what a damage may cost."""

EXPANSION_FREE: Final = 64 << 20
"""Bytes of text below which the expansion of a small file is nobody's problem."""

START: Final = 18
"""Bytes of a member that tell what it asks for: the longest header of a zstd frame."""

STDIN: Final = "-"

REPLACED: Final = "replaced by another file before it was read: lines of the first one may be missing"
EMPTIED: Final = "emptied while it was read, as copytruncate does: lines may be missing"
"""What can become of a file that a server writes."""


@dataclass(frozen=True)
class Source:
    """One file or stream to be read; `given` is false for files found in a folder, an archive or by a pattern.

    `member` is the part of a zip that is meant; `path` is then the name of the archive, `!` and the member's.
    """

    path: str
    given: bool
    server: str | None = None
    member: Member | None = None

    @property
    def file(self) -> str:
        """The file on the disk: the path, or the archive."""
        return self.member.file if self.member else self.path

    @property
    def is_stream(self) -> bool:
        """Whether it can be read only once."""
        if self.path == STDIN:
            return True
        try:
            return not stat.S_ISREG(Path(self.file).stat().st_mode)
        except OSError:
            return False


@dataclass(frozen=True)
class Chunk:
    """Whole lines of a source, in order.

    `data` ends in LF unless `cut` (the last line of the source, without an end); `first_line` counts from 1,
    `lines` physical lines. `too_long` instead of data: one line over `LONGEST_LINE` as its head and length.
    `offset` is the position of the chunk in the text of the source: after inflating, behind a byte order mark.
    """

    data: bytes
    first_line: int
    lines: int
    offset: int
    cut: bool = False
    too_long: tuple[bytes, int] | None = None


Frame = Callable[[Iterable[bytes]], "Generator[Chunk, None, str | None]"]
"""Blocks of text → chunks of whole records, and what is wrong with the end of the text."""

_MARK: Final = b"\xef\xbb\xbf"
"""The byte order mark that an editor left before the text."""


def find(
    paths: Sequence[str], servers: dict[str, str] | None = None, *, rotated: bool = False
) -> tuple[list[Source], list[PathError]]:
    """Expand files, folders, patterns and `-` to sources in a stable order, each file once.

    What a folder or a pattern gives is ordered by name, the rotated files of one log from the oldest to the newest.
    A name that is there means that file alone, with `rotated` all that was rotated of its log; one that is not there
    means what was rotated away from it.
    Every file in a zip is a source, unless the archive's directory is damaged or comes through a pipe.

    A file that is named twice, directly, through a link or by a second name on the disk, is taken at its first name.
    Files in a folder are taken by name only so far as to leave out hidden ones; what they are, their content decides.
    A path that exists is taken as it stands, whatever characters its name holds, before it is tried as a pattern.

    Returns
    -------
    the sources, and an error for every path that gave none and for every folder that may not be listed.
    """
    sources: list[Source] = []
    errors: list[PathError] = []
    seen: set[object] = set()

    def take(name: str, server: str | None, *, given: bool) -> None:
        key = _identity(name)
        if key in seen:
            return
        seen.add(key)
        inside = [] if name == STDIN else containers.members(name)
        for member in sorted(inside, key=lambda one: rotation.order(one.name)):
            path = f"{name}{MEMBER}{member.name}"
            sources.append(Source(path, given=given and len(inside) == 1, server=server, member=member))
        if not inside:
            sources.append(Source(name, given=given, server=server))

    for path in paths:
        server = (servers or {}).get(path)
        try:
            if path == STDIN or (path and (os.path.lexists(path) and not os.path.isdir(path))):  # noqa: PTH112
                for name in _rotated(path) if rotated and path != STDIN else ():
                    take(name, server, given=name == path)
                take(path, server, given=True)
                continue
            inside, problems = _walk(path) if path and Path(path).is_dir() else _matches(path)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            problems = [PathError(path, getattr(error, "strerror", None) or "not a usable file name")]
            inside = []
        errors += problems
        for name in inside:
            take(name, server, given=False)
    return sources, errors


def _rotated(path: str) -> list[str]:
    """Return the files beside a path that belong to the same log, oldest first; the path need not be there."""
    folder, name = os.path.split(path)
    wanted = rotation.age(name).log
    names = [one for one in os.listdir(folder or ".") if rotation.age(one).log == wanted]  # noqa: PTH208
    found = (os.path.join(folder, one) for one in sorted(names, key=rotation.order))  # noqa: PTH118
    return [one for one in found if os.path.isfile(one)]  # noqa: PTH113


def tail(source: Source, size: int) -> bytes:
    """Return the last bytes of a plain file; nothing where it cannot be read."""
    try:
        with Path(source.file).open("rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - size))
            return stream.read(size)
    except OSError:
        return b""


def _identity(name: str) -> object:
    """Return what two names of one file share: device and inode, or the name where there is no file."""
    if name == STDIN:
        return STDIN
    try:
        status = Path(name).stat()
    except OSError:
        return name
    return status.st_dev, status.st_ino


def _matches(pattern: str) -> tuple[list[str], list[PathError]]:
    """Return the files that a pattern names, with those in folders that it names, by name."""
    names: list[str] = []
    if not glob.has_magic(pattern):
        folder, name = os.path.split(pattern)
        if name and rotation.age(name).log == name and os.path.isdir(folder or "."):  # noqa: PTH112
            names = _rotated(pattern)
        if names:
            return names, []
        return [], [PathError(pattern, "no such file or folder")]
    problems: list[PathError] = []
    matches = sorted(set(_glob(pattern)), key=_place)
    for match in matches:
        if Path(match).is_dir():
            inside, wrong = _walk(match)
            names += inside
            problems += wrong
        else:
            names.append(match)
    return names, problems if matches else [PathError(pattern, "no file matches this pattern")]


def _place(path: str) -> tuple[str, rotation.Order]:
    """Return what orders files: folder by folder, and in one by log and age."""
    folder, name = os.path.split(path)
    return folder, rotation.order(name)


def _glob(pattern: str) -> list[str]:
    """Return what a pattern matches; `**` follows no links to folders: two of them make paths without end."""
    parts = pattern.split("/")
    if "**" not in parts:
        return glob.glob(pattern)  # noqa: PTH207  (a Path would change `./x`)
    place = parts.index("**")
    before, after = "/".join(parts[:place]), "/".join(parts[place + 1 :]) or "*"
    tops = _glob(before) if before else ["/" if place else "."]
    names: list[str] = []
    for top in tops:
        for parent, folders, _ in os.walk(top):
            folders[:] = [name for name in folders if not name.startswith(".")]
            inside = glob.escape(parent.removeprefix(".").removeprefix("/") if top == "." else parent)
            names += _glob(os.path.join(inside, after))  # noqa: PTH118
    return names


def _walk(folder: str) -> tuple[list[str], list[PathError]]:
    """Return the regular, visible files below a folder, by log and age, and the folders that may not be listed.

    Links to files are followed, links to folders are not: no loop can be made of them.
    """
    names: list[str] = []
    problems: list[PathError] = []

    def note(error: OSError) -> None:
        problems.append(PathError(str(error.filename), error.strerror or "cannot be listed"))

    for parent, folders, files in os.walk(folder, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files, key=rotation.order):
            full = os.path.join(parent, name)  # noqa: PTH118  (os.walk gives text, a Path would change `./x`)
            if not name.startswith(".") and os.path.isfile(full):  # noqa: PTH113
                names.append(full)
    if not names and not problems:
        problems.append(PathError(folder, "the folder holds no files"))
    return names, problems


class Held:
    """A file that is kept open from the moment it is looked at: rotation may rename or remove it before it is read."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def opened(self) -> IO[bytes]:
        """Return the file at its start; two of these share one place."""
        stream = os.fdopen(os.dup(self._descriptor), "rb", buffering=0)
        stream.seek(0)
        return stream

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    __del__ = close


def _wait(stream: IO[bytes]) -> None:
    """Return when a pipe has something, or has ended."""
    while not select.select([stream], [], [], WAKE_S)[0]:
        pass


def _opened(file: str) -> IO[bytes]:
    return Path(file).open("rb", buffering=0)


def hold(source: Source) -> Held | None:
    """Keep the file of a source open; null where it has none of its own or cannot be opened, which reading tells."""
    if source.is_stream or source.member is not None:
        return None
    try:
        return Held(os.open(source.file, os.O_RDONLY | os.O_CLOEXEC))
    except (OSError, ValueError):
        return None


class Reader:
    """Reads one source once, from its start, as chunks of whole lines.

    `bytes_read` counts what came from the disk or pipe; `kind` is the container (`plain`, `gzip`, …), known after
    the first chunk. A stream is also written to a private spool of at most `spool_limit` bytes, so that it can be
    looked at again: `spool` is null when the stream was longer or the source is a file. `identity` is device and
    inode; where others were expected, or the file was emptied, `changed` says so. `held`: the file, already open.

    Raises
    ------
    PathError: it cannot be opened, or is a container that is not read.
    DamagedError: from `chunks`, after everything readable was handed out.
    """

    def __init__(
        self,
        source: Source,
        *,
        max_expansion: float,
        spool_limit: int = 4 << 30,
        held: Held | None = None,
        identity: tuple[int, int] | None = None,
    ) -> None:
        self.source = source
        self.kind = "plain"
        self.bytes_read = 0
        self.spool: IO[bytes] | None = None
        self.identity: tuple[int, int] | None = None
        self.changed: str | None = None
        self._held = held
        self._expected = identity
        self._max_expansion = max_expansion
        self._spool_limit = spool_limit
        self._left: float = source.member.size if source.member else math.inf
        self._waits = False
        self._problem: str | None = None

    def chunks(self, size: int = CHUNK, *, frame: Frame | None = None) -> Generator[Chunk]:
        """Yield the lines of the source, or what else `frame` makes of its text.

        A problem is raised after the last readable one.
        """
        problem = yield from (frame or lines)(self._blocks(size))
        self._problem = self._problem or problem
        if self._problem:
            raise DamagedError(self.source.path, self._problem)

    def _blocks(self, size: int) -> Iterator[bytes]:
        """Yield text, inflated where needed and without a byte order mark, in blocks of about `size` bytes."""
        with self._open() as stream:
            first = self._read(stream, max(size, containers.LONGEST_MAGIC))
            if name := containers.declined(first):
                raise self._refused(name)
            self.kind = containers.named(first) or "plain"
            if self.kind == "plain":
                yield from _without_mark(self._rest(stream, first, size))
            else:
                yield from _without_mark(self._inflated(stream, first, size))

    def _refused(self, what: str) -> PathError:
        return PathError(self.source.path, f"{what} is not read: unpack or convert it to UTF-8 text first")

    def _open(self) -> IO[bytes]:
        if self.source.path == STDIN:
            try:
                stream: IO[bytes] = os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=0)
            except (AttributeError, OSError) as error:  # None when it was closed before the start
                raise PathError(STDIN, "standard input is closed") from error
            self.spool = self._new_spool()
            self._waits = True
            return stream
        stream, status = self._open_file()
        self.identity = (status.st_dev, status.st_ino)
        if not stat.S_ISREG(status.st_mode):
            self.spool = self._new_spool()
            self._waits = True
        elif self.source.member:
            stream.seek(self.source.member.offset)
        return stream

    def _open_file(self) -> tuple[IO[bytes], os.stat_result]:
        """Open the file, or go back to the start of the one that is held open, whatever its name is by now."""
        try:
            stream = self._held.opened() if self._held is not None else _opened(self.source.file)
        except OSError as error:
            raise PathError(self.source.path, error.strerror or "cannot be opened") from error
        status = os.fstat(stream.fileno())
        if self._expected is not None and (status.st_dev, status.st_ino) != self._expected:
            self.changed = REPLACED
        return stream, status

    @staticmethod
    def _new_spool() -> IO[bytes]:
        return tempfile.TemporaryFile(prefix="loganalyzer-")

    def _read(self, stream: IO[bytes], size: int) -> bytes:
        """Read a full block: a pipe gives less at a time."""
        parts: list[bytes] = []
        missing = int(min(size, self._left))
        while missing:
            if self._waits:
                _wait(stream)
            try:
                part = stream.read(missing)
            except OSError as error:
                self._problem = f"reading stopped: {error.strerror}"
                break
            if part is None:  # a pipe that does not wait, and that another program has emptied meanwhile
                continue
            if not part:
                self._judge_end(stream, self.bytes_read + size - missing)
                break
            parts.append(part)
            missing -= len(part)
        block = parts[0] if len(parts) == 1 else b"".join(parts)
        self.bytes_read += len(block)
        self._left -= len(block)
        if self.spool is not None:
            if self.bytes_read > self._spool_limit:
                self.spool.close()
                self.spool = None  # the tables alone speak then
            else:
                try:
                    self.spool.write(block)
                except OSError:  # a full temporary folder costs the second look, not the first
                    self.spool.close()
                    self.spool = None
        return block

    def _judge_end(self, stream: IO[bytes], place: int) -> None:
        """Notice a file that ends before the place where it is read: it was emptied under its name."""
        status = os.fstat(stream.fileno())
        if stat.S_ISREG(status.st_mode) and not self.source.member and status.st_size < place:
            self.changed = EMPTIED

    def _rest(self, stream: IO[bytes], first: bytes, size: int) -> Iterator[bytes]:
        """Yield what was read to know the container, then what follows, at most `size` bytes at a time."""
        for start in range(0, len(first), size):
            yield first[start : start + size]
        while block := self._read(stream, size):
            yield block

    def _inflated(self, stream: IO[bytes], first: bytes, size: int) -> Iterator[bytes]:
        """Yield the text of all members in blocks of about `size` bytes; what stands before a damage counts."""
        parts: list[bytes] = []
        held = 0
        for text in self._members(self._rest(stream, first, INPUT), min(INPUT, size)):
            parts.append(text)
            held += len(text)
            if held >= size:
                yield b"".join(parts)
                parts, held = [], 0
        if parts:
            yield b"".join(parts)

    def _members(self, pieces: Iterator[bytes], step: int) -> Iterator[bytes]:
        """Inflate member after member, at most `step` bytes of text at a time."""
        pending = next(pieces, b"")
        if not containers.follows(self.kind, pending):
            return  # a zip of no members
        inflater, start, produced = containers.inflater(self.kind), pending[:START], 0
        while True:
            text, more = self._inflate(inflater, pending, step, start, produced)
            produced += len(text)
            if text:
                yield text
            if not more or self._unfolds(produced):
                return
            if inflater.eof:
                pending = self._next_member(inflater.unused_data, pieces)
                if not pending:
                    return
                inflater, start = containers.inflater(self.kind), pending[:START]
                continue
            # zlib hands back what did not fit, the others keep it
            pending = getattr(inflater, "unconsumed_tail", b"")
            if not pending and getattr(inflater, "needs_input", True):
                pending = next(pieces, b"")
                if not pending and not text:
                    self._problem = self._problem or containers.why_ended(self.kind)
                    return

    def _inflate(
        self, inflater: Inflater, data: bytes, step: int, start: bytes, produced: int
    ) -> tuple[bytes, bool]:
        """Return some text, and whether there may be more: none behind a damage, which is named."""
        before = inflater.copy() if isinstance(inflater, Copied) else None
        try:
            return inflater.decompress(data, step), True
        except containers.BROKEN:
            self._problem = self._problem or containers.why_broken(self.kind, start)
            return b"".join(containers.salvaged(before, data)) if before else b"", False
        except containers.RefusedError as error:
            refused = self._refused(str(error))
            if not produced:
                raise refused from error
            self._problem = self._problem or refused.problem
            return b"", False

    def _unfolds(self, produced: int) -> bool:
        """Tell whether there is more text than so few bytes should give, which is named."""
        if produced <= max(EXPANSION_FREE, self._max_expansion * self.bytes_read):
            return False
        self._problem = (
            f"{self.kind} that expands more than {self._max_expansion:g} times: "
            "reading stopped there (--max-expansion raises the limit)"
        )
        return True

    def _next_member(self, unused: bytes, pieces: Iterator[bytes]) -> bytes:
        """Return the start of the next member; nothing at the end or where something else follows."""
        if self.source.member:
            return b""
        start = unused.lstrip(b"\x00")  # padding, as tar and tape leave it
        while len(start) < containers.LONGEST_MAGIC and (piece := next(pieces, b"")):
            start = (start + piece).lstrip(b"\x00")
        another = containers.follows(self.kind, start)
        if another is None:
            self._problem = self._problem or containers.why_ended(self.kind, start)
        return start if another else b""


def lines(blocks: Iterable[bytes]) -> Generator[Chunk, None, str | None]:
    """Yield the physical lines of a text, many at a time."""
    number, offset, rest, skipping = 1, 0, b"", 0
    head = b""
    for block in blocks:
        if skipping:  # inside a line that is too long: look for its end only
            end = block.find(b"\n")
            if end < 0:
                skipping += len(block)
                continue
            skipping += end
            yield Chunk(b"", number, 1, offset, too_long=(head, skipping))
            number, offset, skipping = number + 1, offset + skipping + 1, 0
            block = block[end + 1 :]  # noqa: PLW2901
        end = block.rfind(b"\n") + 1
        if end:
            data = b"".join((rest, memoryview(block)[:end]))  # one copy: a block is large
            rest = block[end:]
            for chunk in _without_long_lines(data, number, offset):
                yield chunk
                number += chunk.lines
            offset += len(data)
        else:
            rest += block
        if len(rest) > LONGEST_LINE:
            head, skipping, rest = rest[:LONGEST_LINE], len(rest), b""
    if skipping:
        yield Chunk(b"", number, 1, offset, too_long=(head, skipping))
    elif rest:
        yield Chunk(rest, number, 1, offset, cut=True)
    return None


def _without_mark(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the blocks, the first of them without a byte order mark."""
    head = b""
    for block in blocks:
        head += block
        if len(head) >= len(_MARK):
            break
    if head := head.removeprefix(_MARK):
        yield head
    yield from blocks


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
            head = data[begin : begin + LONGEST_LINE]
            yield Chunk(b"", number, 1, offset + begin, too_long=(head, end - begin))
            number += 1
            start = end + 1
        position = end + 1
    if start < len(data):
        yield Chunk(data[start:] if start else data, number, data.count(b"\n", start), offset + start)
