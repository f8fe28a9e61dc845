"""`parse`: canonical records → NDJSON, CSV or Parquet, batch by batch, in input order."""

from __future__ import annotations

import io
import queue
import re
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol, cast

import polars as pl
from polars.io.plugins import register_io_source

import parsers
from loganalyzer.cli.exits import CallError, Exit, OutputError, foremost
from loganalyzer.cli.output import STDOUT, Output, refuse_inputs
from loganalyzer.cli.terminal import problem, progress, say
from loganalyzer.cli.verdict import Read, judge, left_out, open_scan
from parsers.pseudonyms import TEXTS
from reports.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from loganalyzer.cli.options import Language, Reading

TIME: Final = "%Y-%m-%dT%H:%M:%S%.fZ"
"""RFC 3339 in UTC; a fraction of three or six digits only where there is one."""

SUFFIXES: Final = (".ndjson", ".csv", ".parquet")

PATIENCE_S: Final = 2.0
"""Seconds that a writer which is given up may take to end."""

# What a JSON text may hold raw although a terminal or a reader acts on it: DEL, C1, bidi, separators, zero width.
_HIDDEN: Final = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")

_FORMULA: Final = r"^[=+\-@\t\r]"
"""First characters by which a spreadsheet takes a cell for a formula."""


SLICE: Final = 8_192
"""Rows made into text at a time: a whole batch as text, and as bytes beside it, is many times the batch."""


def ndjson(frame: pl.DataFrame) -> bytes:
    r"""Return one JSON object a row, with every column; what acts or hides in a text is written as `\uXXXX`."""
    return b"".join(_objects(part) for part in _with_text_times(frame).iter_slices(SLICE))


def _objects(frame: pl.DataFrame) -> bytes:
    text = frame.write_ndjson()
    if not text.isascii() or "\x7f" in text:
        text = _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text.encode()


def csv(frame: pl.DataFrame) -> bytes:
    """Return CSV lines without a header; null is nothing, empty is `""`, a text like a formula gets a `'` before it."""
    guarded = [
        pl.when(pl.col(name).str.contains(_FORMULA))
        .then("'" + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name, dtype in frame.schema.items()
        if dtype == pl.String
    ]
    parts = _with_text_times(frame.with_columns(guarded)).iter_slices(SLICE)
    return b"".join(part.write_csv(include_header=False).encode() for part in parts)


def _with_text_times(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col(pl.Datetime).dt.strftime(TIME))


class Writer(Protocol):
    """Takes the payloads of batches in order."""

    def write(self, payload: bytes | pl.DataFrame) -> None:
        """Take the payload of the next batch."""

    def finish(self) -> None:
        """Complete the output."""

    def stop(self) -> None:
        """Give it up, or do nothing after `finish`."""


class ByteWriter:
    """Appends bytes."""

    def __init__(self, output: Output, head: bytes = b"") -> None:
        self._output = output
        if head:
            output.write(head)

    def write(self, payload: bytes | pl.DataFrame) -> None:
        """Write the bytes."""
        if isinstance(payload, bytes) and payload:
            self._output.write(payload)

    def finish(self) -> None:
        """Do nothing: all is written."""

    def stop(self) -> None:
        """Do nothing: the output is given up by its owner."""


class _Unfailing(io.RawIOBase):
    """An output whose failure is kept in its `error`, and told by who handed it over.

    A sink that fails leaves threads behind that still hold its file. One that comes back to it while the interpreter
    ends aborts the process (Python below 3.14, issue 87135 of CPython).
    """

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # of all buffers Polars hands over bytes alone
        if self._output.error is None:
            with suppress(OSError, OutputError):
                self._output.write(data)
        return len(data)


class ParquetWriter:
    """Writes frames as row groups in a thread of its own, so that the main one stays free to be interrupted."""

    def __init__(self, output: Output, schema: pl.Schema) -> None:
        self._output = output
        self._schema = schema
        self._frames: queue.Queue[pl.DataFrame | None] = queue.Queue(1)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._sink, name="parquet", daemon=True)
        self._thread.start()

    def write(self, payload: bytes | pl.DataFrame) -> None:
        """Hand over a frame; wait while the file is behind."""
        if isinstance(payload, pl.DataFrame) and payload.height:
            self._put(payload)

    def finish(self) -> None:
        """Write what is left and the file's end."""
        self._put(None)
        self._thread.join()
        self._raise()

    def stop(self) -> None:
        """End the thread; its file is of no use. It comes to a file's end all the same, as `_Unfailing` says.

        One that waits for a reader or a disk is waited for no longer than `PATIENCE_S`.
        """
        last = time.monotonic() + PATIENCE_S
        while self._thread.is_alive() and (left := last - time.monotonic()) > 0:
            with suppress(queue.Full):
                self._frames.put(None, timeout=min(0.05, left))
                self._thread.join(left)

    def _put(self, frame: pl.DataFrame | None) -> None:
        while self._thread.is_alive() and self._output.error is None:
            try:
                self._frames.put(frame, timeout=0.2)
            except queue.Full:
                continue
            return
        self._raise()

    def _raise(self) -> None:
        if self._output.error is not None:
            raise self._output.error
        if self._error is not None:
            raise self._error

    def _sink(self) -> None:
        try:
            frames = register_io_source(self._source, schema=dict(self._schema))
            frames.sink_parquet(cast("IO[bytes]", _Unfailing(self._output)), engine="streaming")
        except BaseException as error:  # noqa: BLE001  (raised again in the main thread, which can tell it)
            self._error = error

    def _source(self, *_: object) -> Iterator[pl.DataFrame]:
        while (frame := self._frames.get()) is not None:
            yield frame


@dataclass(frozen=True)
class _Piece:
    """What a batch gives to the outputs."""

    number: int
    read: Read
    records: bytes | pl.DataFrame
    rejects: bytes


def parse(call: Reading, *, output: str, rejects: str | None, columns: Sequence[str], lang: Language) -> Exit:
    """Read every PATH and write its records, and its rejected lines where they are wanted."""
    kind = Path(output).suffix.lower() if output != STDOUT else ".ndjson"
    scan = _opened(call, lang)
    refuse_inputs([output, *([rejects] if rejects else [])], scan)
    reads = [Read() for _ in scan.states]
    code = Exit.DONE
    try:
        with ExitStack() as stack:
            records_file, rejects_file = _outputs(stack, output, rejects) if scan.states else (None, None)
            if records_file is not None:
                writer = _writer(kind, records_file, columns)
                stack.callback(writer.stop)
                stack.enter_context(progress(scan, wanted=call.progress))
                work = _work(kind, scan.pseudonyms, with_rejects=rejects is not None)
                for piece in scan.batches(columns, work):
                    reads[piece.number] += piece.read
                    writer.write(piece.records)
                    if rejects_file is not None and piece.rejects:
                        rejects_file.write(piece.rejects)
                writer.finish()
                if rejects_file is not None:
                    rejects_file.commit()
                if judge(call, scan, reads)[1] is not Exit.NOTHING_READ:
                    records_file.commit()
    except OutputError as error:
        problem(str(error))
        code = error.code
    problems, read = judge(call, scan, reads, lang)
    for line in problems:
        problem(line)
    if read is not Exit.NOTHING_READ and code is Exit.DONE and not call.quiet:
        for line in left_out(scan, reads, lang):
            say(line)
        say(sum(reads, Read()).told(Words(lang)))
    return foremost([code, read])


def _outputs(stack: ExitStack, output: str, rejects: str | None) -> tuple[Output, Output | None]:
    """Return the outputs, open; of two that cannot be, the first is named here.

    Raises
    ------
    OutputError: one cannot be opened.
    """
    opened: list[Output] = []
    failed: list[OutputError] = []
    for path in (output, *([rejects] if rejects else [])):
        try:
            opened.append(stack.enter_context(Output(path)))
        except OutputError as error:
            failed.append(error)
    for one in failed[:-1]:
        problem(str(one))
    if failed:
        raise failed[-1]
    return opened[0], opened[1] if rejects else None


def _opened(call: Reading, lang: Language) -> parsers.Scan:
    """Return a scan that knows every name that is to be hidden before its first record is written.

    What a user is called may stand in the path of an earlier record that names no user. A stream cannot be read twice:
    of it only names are known that were met up to the same batch.
    """
    scan = open_scan(call, spool_limit=0)
    if scan.pseudonyms is None:
        return scan
    if any(state.source.is_stream for state in scan.states):
        if not call.quiet:
            say(Words(lang)("terminal.names_of_stream"))
        return scan
    with progress(scan, wanted=call.progress):
        for _ in scan.batches(("client", "user"), lambda _: None):
            pass
    scan.close()
    return open_scan(call, spool_limit=0, pseudonyms=scan.pseudonyms)


def _hidden(records: pl.DataFrame, pseudonyms: parsers.Pseudonyms | None) -> pl.DataFrame:
    """Return records without the names that were met in what clients wrote."""
    if pseudonyms is None:
        return records
    written = [name for name in TEXTS if name in records.columns]
    return records.with_columns(pseudonyms.series(records[name]) for name in written)


def check(output: str, rejects: str | None, columns: str | None) -> tuple[str, ...]:
    """Return the columns wanted, in the order wanted.

    Raises
    ------
    CallError: no name, an unknown suffix or column.
    """
    if rejects == "":
        raise CallError("--rejects is empty: name a file")
    if not output:
        raise CallError(f"-o is empty: name a file ending in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    if output != STDOUT and Path(output).suffix.lower() not in SUFFIXES:
        raise CallError(f"{output}: the name must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    if columns is None:
        return tuple(parsers.SCHEMA)
    names = [name.strip() for name in columns.split(",")]
    unknown = [name for name in names if name not in parsers.SCHEMA]
    if unknown:
        raise CallError(f"no such column: {unknown[0]!r}; there are {', '.join(parsers.SCHEMA)}")
    if len(set(names)) < len(names):
        raise CallError(f"--columns {columns}: a column is named twice")
    return tuple(names)


def _writer(kind: str, output: Output, columns: Sequence[str]) -> Writer:
    if kind == ".parquet":
        return ParquetWriter(output, pl.Schema({name: parsers.SCHEMA[name] for name in columns}))
    return ByteWriter(output, (",".join(columns) + "\n").encode() if kind == ".csv" else b"")


def _work(
    kind: str, pseudonyms: parsers.Pseudonyms | None, *, with_rejects: bool
) -> Callable[[parsers.Batch], _Piece]:
    """Return what a worker does with a batch: the text is made there, in parallel."""
    encode: Callable[[pl.DataFrame], bytes | pl.DataFrame]
    encode = {".ndjson": ndjson, ".csv": csv}.get(kind, lambda frame: frame)

    def work(batch: parsers.Batch) -> _Piece:
        rejects = b""
        if with_rejects and batch.rejects.height:
            source = pl.lit(batch.path, pl.String()).alias("source")
            rejects = ndjson(batch.rejects.select(source, "line", "reason", "text"))
        return _Piece(batch.number, read_of(batch), encode(_hidden(batch.records, pseudonyms)), rejects)

    return work


def read_of(batch: parsers.Batch) -> Read:
    """Return the ledger of a batch."""
    return Read(
        batch.lines,
        batch.records.height,
        batch.rejects.height,
        batch.blank,
        sum(batch.skipped.values()),
        batch.filtered,
    )
