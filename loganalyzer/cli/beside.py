"""`analyze --assets shared`: one script for all pages of a folder, whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import reports
from loganalyzer.cli.exits import CallError
from loganalyzer.cli.output import STDOUT, Output, descriptor_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import ExitStack


def places(pages: Iterable[str]) -> tuple[str, ...]:
    """Return the path of the script for every folder that pages go to.

    Raises
    ------
    CallError: no page is asked for, or one goes where nothing can lie beside it.
    """
    listed = tuple(pages)
    if not listed:
        raise CallError("--assets shared is for a page: add -o FILE.html")
    for page in listed:
        if page == STDOUT or not _is_file(page):
            raise CallError(
                f"{page}: --assets shared puts a script beside the page, so -o must name a file .html in a folder"
            )
    name = reports.shared_script().name
    return tuple(dict.fromkeys(os.path.join(os.path.dirname(page), name) for page in listed))  # noqa: PTH118, PTH120  (as text)


def opened(stack: ExitStack, path: str) -> Output | None:
    """Return the script as an output that can be written; null where the right one is there, which stays as it is.

    Raises
    ------
    OutputError: it cannot be written.
    """
    return None if _intact(path) else stack.enter_context(Output(path))


def write(output: Output) -> None:
    """Put the script in its place.

    Raises
    ------
    OutputError: it cannot be written.
    """
    output.write(reports.shared_script().content)
    output.commit()


def _is_file(path: str) -> bool:
    """Whether a path names a file or nothing yet; a pipe, a device and an open descriptor have nothing beside them."""
    if descriptor_of(path) is not None:
        return False
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):  # not there, or not to be written: said when it is opened
        return True
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)  # a folder is refused by its own line


def _intact(path: str) -> bool:
    wanted = reports.shared_script().content
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116  (as text); a pipe of that name would wait for ever
            return False
        with open(path, "rb") as file:  # noqa: PTH123  (the same)
            return file.read(len(wanted) + 1) == wanted
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return False
