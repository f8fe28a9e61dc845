"""Messages, results and progress → the terminal, whatever bytes a log or a file name holds."""

from __future__ import annotations

import errno
import os
import sys
import unicodedata
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from loganalyzer.cli.exits import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers import Scan

PROGRAM = "loganalyzer"


def printable(text: str) -> str:
    """Return the text on one line, with every character that acts or hides as an escape."""
    if text.isprintable():
        return text
    from reports.logtext import visible

    return visible(text)


def say(message: str, word: str = "", colour: str = "") -> None:
    """Print one line for the person at the terminal, the first `word` of it in a colour where there are colours."""
    text = printable(message)
    if word and colours():
        text = text.replace(word, f"\x1b[{colour}m{word}\x1b[0m", 1)
    try:
        print(text, file=sys.stderr, flush=True)  # noqa: T201  (the one place)
    except (OSError, AttributeError):  # nobody can be told that nobody can be told
        return


def draws() -> bool:
    """Whether somebody looks at standard error, on a terminal that shows more than ASCII."""
    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return False
    return (getattr(sys.stderr, "encoding", None) or "").lower().replace("-", "") == "utf8"


def colours() -> bool:
    """Whether words may be in colour: on such a terminal, unless NO_COLOR is set (no-color.org)."""
    return draws() and not os.environ.get("NO_COLOR")


def problem(message: str) -> None:
    """Print one line that says what went wrong."""
    say(f"{PROGRAM}: {message}")


AROUND: Final = 60
"""Characters of a text shown on either side of what is wrong in it."""


def underlined(text: str, place: tuple[int, int] | None) -> tuple[str, ...]:
    """Return the text and, below it, a sign under what is wrong in it; nothing where that is all of it.

    >>> underlined("stat>5 path~/a", (0, 4))
    ('  stat>5 path~/a', '  ^^^^')
    """
    if place is None or place == (0, len(text)):
        return ()
    from rich.cells import cell_len

    start, end = place
    before = ("…" if start > AROUND else "") + printable(text[max(0, start - AROUND) : start])
    wrong = printable(text[start:end])
    after = printable(text[end : end + AROUND]) + ("…" if len(text) > end + AROUND else "")
    return f"  {before}{wrong}{after}", f"  {' ' * cell_len(before)}{'^' * max(1, cell_len(wrong))}"


def result(text: str) -> None:
    """Write a result that somebody asked for to standard output."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    result_bytes(text.encode(encoding, "backslashreplace"))


def result_bytes(data: bytes) -> None:
    """Write a result to standard output at once, so that a failure shows here.

    Raises
    ------
    BrokenPipeError: the reader has gone.
    OutputError: it cannot be written.
    """
    if sys.stdout is None:  # closed by the caller: `>&-`
        raise OutputError("standard output", os.strerror(errno.EBADF))
    try:
        rest = memoryview(data)
        while rest:  # with PYTHONUNBUFFERED a pipe takes a part at a time
            written = sys.stdout.buffer.write(rest)
            if written is None:  # a caller left the pipe non-blocking
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            rest = rest[written:]
        sys.stdout.buffer.flush()
    except OSError as error:
        _silence()
        if isinstance(error, BrokenPipeError):
            raise
        raise OutputError("standard output", error.strerror or "writing failed") from error


def _silence() -> None:
    """Lead standard output to nowhere: Python would try once more to write its buffer when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def width(most: int = 100) -> int:
    """Return the columns that text may fill: the terminal's, at most as many as are pleasant to read."""
    import shutil

    return max(40, min(most, shutil.get_terminal_size((most, 24)).columns))


def columns_of(text: str) -> int:
    """Return how many columns of a terminal a text fills: a wide character fills two.

    >>> columns_of("502 오류")
    8
    """
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def fill(text: str, indent: str, further: str | None = None, *, most: int | None = None) -> Iterator[str]:
    """Yield the text in lines no wider than `most` columns, or the terminal; a word is never cut."""
    most, line = most or width(), indent
    further = indent if further is None else further
    empty = True
    for word in text.split():
        if not empty and columns_of(line) + 1 + columns_of(word) > most:
            yield line
            line, empty = further, True
        line = line + word if empty else f"{line} {word}"
        empty = False
    yield line


@contextmanager
def progress(scan: Scan, *, wanted: bool) -> Iterator[None]:
    """Show how much of the input was read, on a terminal only."""
    if not wanted or sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=_size(scan))
        scan.progress = lambda size: bar.advance(task, size)
        yield


def _size(scan: Scan) -> int | None:
    """Return the bytes that will be read; null when nobody knows how much a stream will give."""
    if any(state.source.is_stream for state in scan.states):
        return None
    try:
        return sum(os.stat(state.source.path).st_size for state in scan.states)  # noqa: PTH116  (a path is text here)
    except OSError:
        return None
