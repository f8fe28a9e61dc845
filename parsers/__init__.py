"""Bytes in, one canonical frame out: paths → batches of records, with every line accounted for."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import itemgetter
from typing import IO, TYPE_CHECKING, Final, TypeVar

import polars as pl

from parsers import cisco_w3c, engine, envelopes, sniff
from parsers.again import Slice, again
from parsers.configured import Told, own_formats
from parsers.duplicates import Fingerprint, Twins, head_of
from parsers.errors import DamagedError, FormatError, LogError, PathError
from parsers.filters import FilterError, kept
from parsers.schema import COLUMNS, SCHEMA, VENDOR, VENDORS
from parsers.sniff import FORMATS, Recognition, recognise
from parsers.source import STDIN, Chunk, Reader, Source, find

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from datetime import datetime

    from parsers.spec import Format

__all__ = [
    "COLUMNS",
    "FORMATS",
    "SCHEMA",
    "STDIN",
    "VENDORS",
    "Batch",
    "DamagedError",
    "FilterError",
    "FormatError",
    "LogError",
    "PathError",
    "Scan",
    "Slice",
    "SourceState",
    "carried",
    "scan",
]

T = TypeVar("T")

HEAD: Final = 1 << 20
"""Bytes of text looked at to recognise a format."""

EARLY: Final = 16
"""Lines over the limit that may stand before the first one that a format is recognised by."""

WORKERS: Final = 2
"""Chunks parsed at a time. Polars shares its own threads between them; more only costs memory."""

NOT_RECOGNISED: Final = "format not recognised"

SAME: Final = "same content as"
"""Begins the reason for which the lines of a repeated source are skipped; its path follows."""


@dataclass
class SourceState:
    """What is known of a source while and after it is read.

    `problem`: why a part or all of it could not be read, in one line. `failed`: none of it could. `bytes_read` as on
    disk. `identity`: device and inode of a file. `spool`: what a stream left aside for a second look. `head`: a digest
    of how a recognised file begins. `same_as`: the path of an earlier source with the same content, which counts alone.

    `ahead`: what lines depend on that stands before them, each with the offset from which on it holds ahead of a
    chunk: the `#Fields:` lines of a W3C log, pieces of a line in a container's.
    """

    source: Source
    recognition: Recognition | None = None
    problem: str | None = None
    failed: bool = False
    ahead: list[tuple[int, str]] = field(default_factory=list)
    bytes_read: int = 0
    container: str = "plain"
    identity: tuple[int, int] | None = None
    spool: IO[bytes] | None = None
    head: bytes | None = None
    same_as: str | None = None

    @property
    def path(self) -> str:
        """The path as given or found, as text: bytes of the name that are no UTF-8 show as U+FFFD."""
        return os.fsencode(self.source.path).decode("utf-8", "replace")


@dataclass(frozen=True)
class Batch:
    """The lines of one chunk of one source, each accounted for.

    `records`: the canonical columns asked for, one row per record, in input order. `rejects`: `line` UInt64,
    `reason` String, `text` String. `lines` = records + rejects + `blank` + the sum of `skipped` + `filtered`.
    `offset` and `size`: where the chunk lies in the source's text; `first_line` counts from 1.
    """

    number: int
    path: str
    server: str | None
    records: pl.DataFrame
    rejects: pl.DataFrame
    lines: int
    blank: int
    skipped: dict[str, int]
    filtered: int
    replaced: int
    offset: int
    first_line: int


@dataclass
class Scan:
    """Sources, recognised and ready to be read once.

    `errors` are the paths that gave no source. `states` grow while `batches` runs. `keep`: a predicate on canonical
    columns; records that it is not true of are counted as filtered.
    """

    states: list[SourceState]
    errors: list[PathError]
    vendor: str | None
    max_expansion: float
    spool_limit: int
    told: Told | None = None
    keep: pl.Expr | None = None
    progress: Callable[[int], None] | None = field(default=None)

    def batches(self, columns: Sequence[str], function: Callable[[Batch], T]) -> Generator[T]:
        """Yield `function(batch)` for every batch, in input order; it runs in a worker thread.

        Parameters
        ----------
        columns: canonical columns wanted in `Batch.records`; fewer are faster.
        function: what to make of a batch; the batch itself is not kept.
        """
        waiting: deque[Future[T]] = deque()
        twins = Twins(self.states, self.max_expansion)
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="parse") as workers:
            try:
                for number, state in enumerate(self.states):
                    for chunk in self._once(state, twins):
                        waiting.append(workers.submit(self._work, number, chunk, columns, function))
                        while len(waiting) > WORKERS:
                            yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def close(self) -> None:
        """Let go of what streams left aside."""
        for state in self.states:
            if state.spool is not None:
                state.spool.close()
                state.spool = None

    def _once(self, state: SourceState, twins: Twins) -> Iterator[Chunk]:
        """Read one source, unless an earlier one had the same content: then one chunk stands for its lines."""
        if state.failed:
            return
        if (repeat := twins.repeated(state)) is None:
            yield from self._chunks(state, twins.watch(state))
            return
        state.same_as, state.problem = repeat.path, repeat.problem
        state.bytes_read, state.container, state.identity = (
            repeat.bytes_read,
            repeat.container,
            repeat.identity,
        )
        if self.progress:
            self.progress(repeat.bytes_read)
        yield Chunk(b"", 1, repeat.lines, 0)

    def _chunks(self, state: SourceState, text: Fingerprint | None) -> Iterator[Chunk]:
        """Read one source to its end or its damage, which the state then names."""
        reader = Reader(state.source, max_expansion=self.max_expansion, spool_limit=self.spool_limit)
        seen = 0
        try:
            with closing(reader.chunks()) as chunks:
                for chunk in self._recognised(state, chunks):
                    _follow(state, chunk)
                    if self.progress:
                        self.progress(reader.bytes_read - seen)
                        seen = reader.bytes_read
                    if text is not None:
                        text.add(chunk)
                    yield chunk
        except PathError as error:
            state.problem, state.failed = error.problem, True
        except DamagedError as error:
            state.problem, state.failed = error.problem, state.recognition is None
        state.bytes_read, state.container = reader.bytes_read, reader.kind
        state.identity, state.spool = reader.identity, reader.spool
        if text is not None:
            text.end()

    def _recognised(self, state: SourceState, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """Yield the chunks; a source that is not known yet becomes known by the first that has text."""
        early: list[Chunk] = []
        for chunk in chunks:
            if state.recognition is None:
                early.append(chunk)
                if chunk.too_long is not None and len(early) < EARLY:
                    continue
                self._recognise(state, chunk)
                yield from early
            else:
                yield chunk
        if early and state.recognition is None:
            self._recognise(state, early[-1])
            yield from early

    def _recognise(self, state: SourceState, chunk: Chunk) -> None:
        state.recognition = _recognise_chunk(chunk, state.path, self.vendor, self.told)
        self._judge(state)

    def look(
        self, number: int, slices: Sequence[Slice], columns: Sequence[str]
    ) -> Iterator[tuple[int, pl.DataFrame]]:
        """Yield offset and records of some chunks of a source that was read, with the line as `text` String.

        Raises
        ------
        parsers.again.SourceChangedError: the source is no longer what was read.
        """
        state = self.states[number]
        for chunk in again(state, slices, self.max_expansion):
            if chunk.too_long is not None:
                continue
            lines = engine.read_lines(_as_utf8(chunk.data)[0]).rename({engine.TEXT: "text"})
            batch = self._parse(number, chunk, columns)
            number_of = (pl.col(engine.ROW).cast(pl.UInt64) + chunk.first_line).alias("line")
            records = batch.records.join(
                lines.select(number_of, "text"), on="line", how="left", maintain_order="left"
            )
            yield chunk.offset, records

    def _judge(self, state: SourceState) -> None:
        """Name the problem where a path was given and is declined; a file found in a folder is merely listed."""
        recognition = state.recognition
        if recognition is not None and recognition.declined and state.source.given:
            state.problem = recognition.evidence

    def _needed(self, columns: Sequence[str]) -> list[str]:
        """Return the columns asked for and those that the filter looks at."""
        if self.keep is None:
            return list(columns)
        return list(dict.fromkeys([*columns, *self.keep.meta.root_names()]))

    def _kept(self, records: pl.DataFrame, columns: Sequence[str]) -> tuple[pl.DataFrame, int]:
        """Return the records that the caller wants, in the columns asked for, and how many others there were."""
        if self.keep is None:
            return records.select(columns), 0
        kept = records.filter(self.keep)
        return kept.select(columns), records.height - kept.height

    def _work(self, number: int, chunk: Chunk, columns: Sequence[str], function: Callable[[Batch], T]) -> T:
        return function(self._parse(number, chunk, columns))

    def _parse(self, number: int, chunk: Chunk, columns: Sequence[str]) -> Batch:
        state = self.states[number]
        recognition = state.recognition
        formats = recognition.formats if recognition and state.same_as is None else ()
        rejects: list[pl.DataFrame] = []
        replaced = 0
        lines = _no_lines()
        if chunk.data and (formats or (recognition and not recognition.declined)):
            data, replaced = _as_utf8(chunk.data)
            lines = engine.read_lines(data)
        envelope = recognition.envelope if recognition else None
        if recognition and recognition.header:
            parsed = cisco_w3c.parse(
                lines, _ahead(state, chunk), formats[1:], self._needed(columns), cut=chunk.cut
            )
        else:
            ahead = _ahead(state, chunk) if envelope and formats else ""
            parsed = engine.parse(
                lines, formats, self._needed(columns), cut=chunk.cut, envelope=envelope, ahead=ahead
            )
        records, filtered = self._kept(_with_source(parsed.records, state, chunk), columns)
        skipped = dict(parsed.skipped)
        if not formats:
            why = f"{SAME} {state.same_as}" if state.same_as is not None else NOT_RECOGNISED
            skipped |= {why: unread} if (unread := chunk.lines - parsed.blank) else {}
        elif chunk.too_long is not None:
            head, length = chunk.too_long
            text = head[:LONG_HEAD].decode("utf-8", "replace")
            rejects.append(_reject(chunk.first_line, f"{engine.TOO_LONG} ({length:,} bytes)", text))
        if parsed.rejects.height:
            line = (pl.col(engine.ROW).cast(pl.UInt64) + chunk.first_line).alias("line")
            rejects.append(parsed.rejects.select(line, "reason", "text"))
        return Batch(
            number=number,
            path=state.path,
            server=state.source.server,
            records=records,
            rejects=pl.concat(rejects) if rejects else pl.DataFrame(schema=REJECTS),
            lines=chunk.lines,
            blank=parsed.blank,
            skipped=skipped,
            filtered=filtered,
            replaced=replaced,
            offset=chunk.offset,
            first_line=chunk.first_line,
        )


LONG_HEAD: Final = 500
"""Bytes kept of a line that is too long."""

REJECTS: Final = pl.Schema({"line": pl.UInt64(), "reason": pl.String(), "text": pl.String()})


def scan(  # noqa: PLR0913  (each is an option of the caller)
    paths: Sequence[str],
    *,
    vendor: str | None = None,
    servers: dict[str, str] | None = None,
    log_format: str | None = None,
    server_config: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    where: str | None = None,
    rotated: bool = False,
    max_expansion: float = 200.0,
    spool_limit: int = 4 << 30,
) -> Scan:
    """Find and recognise the sources that the paths stand for.

    Parameters
    ----------
    paths: files, folders, patterns, or `-` for standard input.
    vendor: one of `VENDORS`, to overrule recognition.
    servers: path as given → the caller's name for the server it came from.
    log_format: the server's own format text; `$variables` are nginx's, `%directives` Apache's.
    server_config: an `nginx.conf` or `httpd.conf`, whose formats are tried first.
    since, until: moments; records before or from them on are counted as filtered.
    where: a predicate on the canonical columns, see `parsers.filters`.
    rotated: whether the name of a file means all that was rotated of its log.
    max_expansion: how many times its size a compressed file may unfold to.
    spool_limit: bytes of a stream that are kept aside for a second look.

    Raises
    ------
    ValueError: an unknown vendor.
    FormatError, FilterError, PathError: the format text, the predicate or the configuration cannot be used.
    """
    if vendor is not None and vendor not in VENDORS:
        message = f"unknown vendor {vendor!r}: choose one of {', '.join(VENDORS)}"
        raise ValueError(message)
    told = own_formats(vendor, log_format, server_config)
    sources, errors = find(paths, servers, rotated=rotated)
    states = [SourceState(source) for source in sources]
    made = Scan(states, errors, vendor, max_expansion, spool_limit, told, kept(since, until, where))
    for state in states:
        if not state.source.is_stream:
            reader = Reader(state.source, max_expansion=max_expansion)
            try:
                with closing(reader.chunks(HEAD)) as chunks:
                    chunk = _first(chunks)
            except (PathError, DamagedError) as error:  # damaged before any text
                state.problem, state.failed = error.problem, True
            else:
                state.recognition = _recognise_chunk(chunk, state.path, vendor, told)
                state.container = reader.kind
                if chunk is not None and state.recognition.formats:
                    state.head = head_of(chunk.data)
    settled = [state for state in states if state.recognition is not None]
    recognitions = [(state.path, state.recognition) for state in settled if state.recognition is not None]
    for state, recognition in zip(settled, sniff.settle(recognitions), strict=True):
        state.recognition = recognition
        made._judge(state)  # noqa: SLF001  (the same rule for streams, which are judged when read)
    return made


def carried(declaration: Format) -> tuple[str, ...]:
    """Return the canonical columns that records of a format can fill, in their order."""
    names = engine.carried(declaration)
    return tuple(name for name in SCHEMA if name in names)


def _first(chunks: Iterator[Chunk]) -> Chunk | None:
    """Return the first chunk to recognise a format by: one with text, or one of too many lines over the limit."""
    chunk = None
    for chunk in islice(chunks, EARLY):
        if chunk.too_long is None:
            break
    return chunk


def _recognise_chunk(chunk: Chunk | None, path: str, vendor: str | None, told: Told | None) -> Recognition:
    if chunk is None:
        return Recognition((), "empty")
    if chunk.too_long is not None:
        if vendor is None:
            return Recognition((), "not recognised: it starts with lines longer than 1 MiB", declined=True)
        return recognise(b"", path, vendor, told)
    data = chunk.data[:HEAD]
    recognition = recognise(data, path, vendor, told)
    if recognition.formats:
        recognition = replace(recognition, offsets_s=sniff.offsets_s(data, recognition.envelope))
    if not recognition.formats and b"\x00" in data:
        return Recognition((), "a binary file, not a log", declined=True)
    return recognition


def _follow(state: SourceState, chunk: Chunk) -> None:
    """Keep what lines behind a chunk depend on, where it is another than ahead of it.

    In a W3C log the `#Fields:` line in force, in a container's log the pieces of a line that goes on.
    """
    if state.recognition is None or (state.recognition.header is None and state.recognition.envelope is None):
        return
    ahead = _ahead(state, chunk)
    if state.recognition.envelope is not None:
        behind = envelopes.pieces_at(chunk.data, state.recognition.envelope, ahead)
    elif chunk.too_long is None:
        behind = cisco_w3c.fields_at(chunk.data, ahead)
    else:  # a header of more than a mebibyte is in force, and of no use
        behind = "" if chunk.too_long[0].startswith(cisco_w3c.DIRECTIVE.encode()) else ahead
    if behind != ahead:
        state.ahead.append((chunk.offset + 1, behind))


def _ahead(state: SourceState, chunk: Chunk) -> str:
    """Return what lines ahead of a chunk that was followed leave to it; empty where that is nothing."""
    place = bisect_right(state.ahead, chunk.offset, key=itemgetter(0))
    return state.ahead[place - 1][1] if place else ""


def _no_lines() -> pl.DataFrame:
    return pl.DataFrame(schema={engine.ROW: pl.UInt32(), engine.TEXT: pl.String()})


def _as_utf8(data: bytes) -> tuple[bytes, int]:
    """Return the bytes as valid UTF-8, and in how many lines some had to be replaced by U+FFFD."""
    if data.isascii():
        return data, 0
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace").encode(), sum(not _is_utf8(line) for line in data.split(b"\n"))
    return data, 0


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _vendor(formats: Sequence[Format]) -> pl.Expr:
    """Return the vendor of a record: its format's."""
    vendors = {form.name: form.vendor for form in formats}
    if len(set(vendors.values())) > 1:
        return pl.col("format").replace_strict(vendors, return_dtype=VENDOR)
    return pl.lit(next(iter(vendors.values()), None), VENDOR)


def _reject(line: int, reason: str, text: str) -> pl.DataFrame:
    return pl.DataFrame({"line": [line], "reason": [reason], "text": [text]}, schema=REJECTS)


def _with_source(records: pl.DataFrame, state: SourceState, chunk: Chunk) -> pl.DataFrame:
    """Add what every record of a source shares."""
    formats = state.recognition.formats if state.recognition else ()
    shared = {
        "source": pl.lit(state.path, pl.String()),
        "line": pl.col(engine.ROW).cast(pl.UInt64) + chunk.first_line,
        "vendor": _vendor(formats),
        "server": pl.lit(state.source.server, pl.String()),
    }
    return records.with_columns(**shared)
