"""A path or `-` → an output that appears whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import re
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from loganalyzer.cli.exits import CallError, OutputError
from loganalyzer.cli.terminal import result_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Self

    from parsers import Scan

STDOUT: Final = "-"

_DESCRIPTOR: Final = re.compile(r"/(?:dev|proc/self)/fd/([0-9]+)")
_LINKS: Final = 40
"""Links that are followed to the name of a descriptor, as many as Linux follows."""

_unfinished: Final[set[Path]] = set()
"""Files beside the places of outputs that were neither put there nor removed yet."""


class Output(io.RawIOBase):
    """A file that is written beside its place and put there by `commit`.

    Without `commit` nothing of it stays. Standard output, pipes and devices are written as they come, and so is what
    `/dev/stdout`, `/dev/stderr` or `/dev/fd/N` name: it was opened by the caller, who may have written to it.

    Raises
    ------
    OutputError: it cannot be opened, written or put in its place.
    BrokenPipeError: its reader has gone.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.error: OSError | OutputError | None = None
        self._target: Path | None = None
        self._beside: Path | None = None
        self._file: io.FileIO | None = None
        if path == STDOUT:
            return
        try:
            self._open()
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise self._failed(error) from error

    def _open(self) -> None:
        if self.path.endswith("/"):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if (descriptor := descriptor_of(self.path)) is not None:
            self._file = io.FileIO(os.dup(descriptor), "wb")
            return
        mode = None
        with suppress(FileNotFoundError):  # a new file
            mode = Path(self.path).stat().st_mode
        if mode is not None and not stat.S_ISREG(mode):
            self._file = io.FileIO(self.path, "wb")  # a device or a pipe; a folder says that it is one
            return
        self._target = Path(os.path.realpath(self.path))  # what a link points to is written, the link stays
        if mode is not None and not os.access(self._target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        beside = self._target.with_name(f".{secrets.token_hex(8)}.part")
        _unfinished.add(beside)  # before it is there: a signal may come in between
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        self._beside = beside
        self._file = io.FileIO(descriptor, "wb")
        if mode is not None:
            os.fchmod(descriptor, stat.S_IMODE(mode))

    def writable(self) -> bool:
        """Return true."""
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        """Write all of the data; the first failure is kept in `error`, for callers behind other libraries."""
        try:
            if self._file is None:
                result_bytes(bytes(data))
            else:
                rest = memoryview(data)
                while rest.nbytes:
                    written = self._file.write(rest)
                    if written is None:
                        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
                    rest = rest[written:]
        except OSError as error:
            self.error = error if isinstance(error, BrokenPipeError) else self._failed(error)
            raise self.error from error
        except OutputError as error:
            self.error = error
            raise
        return len(data)

    def commit(self) -> None:
        """Put the file in its place."""
        try:
            if self._file is not None:
                self._file.close()
            if self._beside is not None and self._target is not None:
                self._beside.replace(self._target)
                _unfinished.discard(self._beside)
                self._beside = None
        except OSError as error:
            raise self._failed(error) from error

    def discard(self) -> None:
        """Leave nothing of what was not committed."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                self.error = self.error or error
        if self._beside is not None:
            self._beside.unlink(missing_ok=True)
            _unfinished.discard(self._beside)
            self._beside = None

    def _failed(self, error: Exception) -> OutputError:
        return OutputError(self.path, why(error, self.path) or "not a usable file name")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()


def why(error: Exception, path: str) -> str | None:
    """Return why nothing can be written at a path, in the system's words unless it is its folder that is missing."""
    number = getattr(error, "errno", None)
    if number == errno.EEXIST:
        return "it is there and is no folder"
    if number not in {errno.ENOENT, errno.ENOTDIR}:
        return getattr(error, "strerror", None)
    folder = folder_of(path)
    if os.path.isdir(folder):  # noqa: PTH112  (as text)  # a link leads elsewhere
        folder = folder_of(os.path.realpath(path))
    return f"there is no folder {folder}" if number == errno.ENOENT else f"{folder} is no folder"


def folder_of(path: str) -> str:
    """Return the folder that an output is to lie in, as its path names it.

    >>> folder_of("report.html"), folder_of("reports/tables/")
    ('.', 'reports')
    """
    return os.path.dirname(path.rstrip("/")) or ("/" if path.startswith("/") else ".")  # noqa: PTH120  (as text)


def descriptor_of(path: str) -> int | None:
    """Return the open descriptor that a path names, itself or through links; null for any other path.

    >>> descriptor_of("/dev/fd/63"), descriptor_of("report.html")
    (63, None)
    """
    name = os.path.abspath(path) if path else path  # noqa: PTH100  (a Path would follow the last link as well)
    for _ in range(_LINKS):
        if found := _DESCRIPTOR.fullmatch(name):
            return int(found[1])
        try:
            target = os.readlink(name)  # noqa: PTH115  (as text)
        except (OSError, ValueError):  # no link; ValueError: a NUL in the name
            return None
        name = os.path.normpath(os.path.join(os.path.dirname(name), target))  # noqa: PTH118, PTH120  (as text, like its target)
    return None


def sweep() -> None:
    """Remove every file that was to become an output and did not."""
    while _unfinished:
        with suppress(OSError):  # nothing more can be done about it
            _unfinished.pop().unlink(missing_ok=True)


def refuse_inputs(outputs: Iterable[str], scan: Scan) -> None:
    """Refuse to write onto a log that is read, or twice onto the same file.

    A file that was merely found in a folder and is no log, such as the last report, may be written again.
    """
    inputs: dict[tuple[int, int] | None, str] = {}
    for state in scan.states:
        recognised = state.recognition is not None and state.recognition.formats
        if (state.source.given or recognised) and (key := _identity(state.source.file)):
            inputs[key] = state.path
    seen: set[tuple[int, int] | str] = set()
    opened: set[tuple[int, int] | str] = set()
    for path in outputs:
        key = _identity(path, output=True)
        if key in inputs:
            place = "standard output" if path == STDOUT else path
            raise CallError(f"{place} is the log {inputs[key]}: write to another file")
        if key is None and path != STDOUT and Path(path).exists():
            continue  # a device may take several
        name = path if path == STDOUT else key or os.path.realpath(path)
        is_open = descriptor_of(path) is not None  # it may take several, as a device does
        if name in seen or (name in opened and not is_open):
            raise CallError(f"{path} is written twice: name each output once")
        (opened if is_open else seen).add(name)


def _identity(path: str, *, output: bool = False) -> tuple[int, int] | None:
    """Return device and inode of a regular file; null for all else."""
    try:
        if path == STDOUT:
            stream = sys.stdout if output else sys.stdin
            found = os.fstat(stream.fileno())
        else:
            found = Path(path).stat()
    except (OSError, ValueError, AttributeError):
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None
