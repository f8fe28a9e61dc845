"""`analyze --tables DIR`: every table as CSV and Parquet, all of them or none."""

from __future__ import annotations

import io
import os
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from loganalyzer.cli.exits import OutputError
from loganalyzer.cli.output import Output, why
from loganalyzer.cli.records import csv
from reports import tables
from reports.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loganalyzer.analysis import Analysis
    from loganalyzer.cli.options import Language

README: Final = "README.md"

ROWS: Final = 100_000
"""Rows of a table that are text at a time."""


def names() -> tuple[str, ...]:
    """Return the files that a folder of tables holds."""
    tabled = (f"{export.name}.{suffix}" for export in tables.EXPORTS for suffix in ("csv", "parquet"))
    return (README, *tabled)


class Folder:
    """A folder of tables: made, and known to take files, before hours of reading; filled when they are over.

    Raises
    ------
    OutputError: it is no folder, cannot be made, takes no file, or holds files of somebody else by the same names.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._stack = ExitStack()
        self._made = False
        try:
            if not Path(path).is_dir():
                Path(path).mkdir()
                self._made = True
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise OutputError(path, why(error, path) or "not a usable folder name") from error
        if not self._made and (taken := _others(Path(path))):
            raise OutputError(path, f"it holds a {taken} that loganalyzer did not write")
        try:
            self._readme = self._stack.enter_context(Output(self._file(README)))
        except OutputError:
            self.discard()
            raise

    def write(self, analysis: Analysis, *, lang: Language, version: str) -> None:
        """Write every table beside its place, then put all of them there.

        Raises
        ------
        OutputError: one cannot be written; then none is there that was not before.
        """
        done = [self._readme]
        self._readme.write(tables.readme(analysis, version).encode())
        for export in tables.EXPORTS:
            frame = tables.frame(export, analysis, Words(lang))
            plain = self._stack.enter_context(Output(self._file(f"{export.name}.csv")))
            plain.write((",".join(frame.columns) + "\n").encode())
            for part in frame.iter_slices(ROWS):
                plain.write(csv(part))
            columnar = self._stack.enter_context(Output(self._file(f"{export.name}.parquet")))
            about = {"rows": export.rows, "bound": export.bound, "tool": f"loganalyzer {version}".strip()}
            whole = io.BytesIO()  # a file that can fail is nothing for Polars' threads: see records.py
            frame.write_parquet(whole, metadata=about)
            columnar.write(whole.getbuffer())
            done += [plain, columnar]
        _commit(done)
        self._made = False

    def discard(self) -> None:
        """Leave nothing of what was not put in its place."""
        self._stack.close()
        if self._made:
            os.rmdir(self.path)  # noqa: PTH106  (a path is text here)
            self._made = False

    def _file(self, name: str) -> str:
        return os.path.join(self.path, name)  # noqa: PTH118  (a path is text here)


def _others(folder: Path) -> str | None:
    """Return the name of a file that would be overwritten in a folder that is none of ours, if there is one."""
    title = tables.TITLE.encode()
    with suppress(OSError), (folder / README).open("rb") as file:
        if file.read(len(title)) == title:
            return None
    return next((name for name in names() if os.path.lexists(folder / name)), None)


def _commit(outputs: Iterable[Output]) -> None:
    for output in outputs:
        output.commit()
