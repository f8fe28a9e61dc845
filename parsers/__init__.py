"""Bytes in, one canonical frame out: paths → batches of records, with every line accounted for."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import polars as pl

from parsers import cloudflare_csv, engine, sniff
from parsers.again import Slice, again
from parsers.batches import Batch, Parsing, Piece, as_utf8, parse_lines
from parsers.configured import Told, own_formats
from parsers.deliveries import NEEDED, Deliveries
from parsers.duplicates import Fingerprint, Twins, head_of
from parsers.errors import DamagedError, FormatError, LogError, PathError
from parsers.filters import FilterError, Wanted
from parsers.outside import outside
from parsers.pseudonyms import Pseudonyms
from parsers.schema import COLUMNS, SCHEMA, VENDORS
from parsers.sniff import FORMATS, Recognition, recognise
from parsers.source import STDIN, Chunk, Reader, Source, find, hold, tail
from parsers.state import (
    ZONED,
    SourceState,
    are_alike,
    end_of,
    follow,
    may_join,
    names_requests,
    offsets_s,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from numpy.typing import NDArray

    from parsers.spec import Format

__all__ = [
    "COLUMNS",
    "DELIVERED",
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
    "Pseudonyms",
    "Scan",
    "Slice",
    "SourceState",
    "carried",
    "scan",
]

T = TypeVar("T")

HEAD: Final = 1 << 20
"""Bytes of text looked at to recognise a format."""

HEADS: Final = 16 << 20
"""Bytes of the texts that are recognised together."""

EARLY: Final = 16
"""Lines over the limit that may stand before the first one that a format is recognised by."""

HELD: Final = 200
"""Files kept open from the moment they are looked at; a process may have 1,024, the usual limit."""

TOGETHER: Final = 4 << 20
"""Bytes of all chunks that are parsed together."""

MANY: Final = 256
"""Sources that are recognised, and chunks that are parsed, together at most."""

WORKERS: Final = 2
"""Chunks parsed at a time. Polars shares its own threads between them; more only costs memory."""

DELIVERED: Final = "delivered before (same RayID)"
"""Why a record is skipped that an earlier source holds."""


@dataclass
class Scan:
    """Sources, recognised and ready to be read once.

    `errors` are the paths that gave no source. `states` grow while `batches` runs. `keep`: a predicate on canonical
    columns; records that it is not true of are counted as filtered. `zone` is the caller's, or the one in which times
    without an offset were read that the caller gave; else null. `deliveries`: what was delivered twice. `pseudonyms`
    stand for clients and users in every record and reject that is handed out; null: they are as logged.
    """

    states: list[SourceState]
    errors: list[PathError]
    vendor: str | None
    max_expansion: float
    spool_limit: int
    told: Told | None = None
    fields: tuple[str, ...] | None = None
    keep: pl.Expr | None = None
    where: str | None = None
    progress: Callable[[int], None] | None = field(default=None)
    zone: tzinfo | None = None
    pseudonyms: Pseudonyms | None = None
    deliveries: Deliveries = field(default_factory=Deliveries, init=False, repr=False)
    _started: dict[int, tuple[Reader, Iterator[Chunk]]] = field(default_factory=dict, init=False, repr=False)

    @property
    def offset(self) -> timedelta | None:
        """The one offset from UTC that all times state, as far as was looked; null where there are several."""
        stated: set[int] = set()
        for state in self.states:
            if state.recognition and state.recognition.formats:
                stated |= state.recognition.offsets_s | state.offsets_s
        return timedelta(seconds=stated.pop()) if len(stated) == 1 else None

    @property
    def shown_in(self) -> tzinfo:
        """The zone in which times are shown and days begin: the caller's, that of the log if it has one, or UTC."""
        if self.zone is not None:
            return self.zone
        return timezone(self.offset) if self.offset else UTC

    def want(self, wanted: Wanted) -> None:
        """Leave out the records that a caller does not want.

        Times that state no offset lie in the caller's zone or in the log's: then the start of a stream is read here.

        Raises
        ------
        FilterError: some of it cannot be meant.
        """
        self.zone, self.where = wanted.zone, wanted.where
        self.keep = wanted.predicate(wanted.zone or UTC)
        if wanted.hangs_on_zone:
            for number, state in enumerate(self.states):
                self._look_ahead(number, state)
            self.zone = self.shown_in
            self.keep = wanted.predicate(self.zone)
        for state, side in outside(self.states, *wanted.span(self.zone or UTC)):
            state.outside = side

    def _look_ahead(self, number: int, state: SourceState) -> None:
        """Learn the offsets that a source states before it is read: of a stream from its start, else from both ends."""
        if state.failed:
            return
        if state.source.is_stream:
            reader = self._reader(state)
            chunks = self._recognised(state, reader.chunks(frame=state.framing))
            try:
                first = next(chunks, None)
            except (PathError, DamagedError) as error:
                state.problem, state.failed = error.problem, True
            else:
                self._started[number] = reader, chain([first] if first else [], chunks)
        elif state.container == "plain" and state.recognition and state.recognition.formats:
            state.offsets_s |= offsets_s(end_of(tail(state.source, ZONED)), state.recognition)

    def batches(self, columns: Sequence[str], function: Callable[[Batch], T]) -> Generator[T]:
        """Yield `function(batch)` for every batch, in input order; it runs in a worker thread.

        Parameters
        ----------
        columns: canonical columns wanted in `Batch.records`; fewer are faster.
        function: what to make of a batch; the batch itself is not kept.
        """
        return self._run(columns, lambda batches: function(batches[0]), 1)

    def groups(self, columns: Sequence[str], function: Callable[[Sequence[Batch]], T]) -> Generator[T]:
        """Yield `function(batches)` as `batches` does, but small batches that follow each other come together.

        They are of one server and of sources of the same formats.
        """
        return self._run(columns, function, MANY)

    def _run(
        self, columns: Sequence[str], function: Callable[[Sequence[Batch]], T], most: int
    ) -> Generator[T]:
        waiting: deque[Future[T]] = deque()
        read = False
        twins = Twins(self.states, self.max_expansion)
        delivered = self.deliveries = Deliveries()
        tickets = count()
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="parse") as workers:
            try:
                for pieces in self._pieces(twins, most):
                    ticket = next(tickets) if names_requests(self.states[pieces[0][0]]) else None
                    waiting.append(workers.submit(self._work, pieces, columns, function, ticket))
                    while len(waiting) > WORKERS:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
                read = True
            finally:
                delivered.close()  # a batch may wait for one that is cancelled
                for future in waiting:
                    future.cancel()
                if not read:  # a consumer that stops early looks at nothing again
                    self.close()

    def _pieces(self, twins: Twins, most: int) -> Iterator[list[Piece]]:
        """Yield the chunks of all sources, each with its source's number: `most` small ones together, others alone."""
        group: list[Piece] = []
        size = 0
        for number, state in enumerate(self.states):
            for chunk in self._once(number, state, twins):
                joins = most > 1 and may_join(state, chunk)
                if group and not (
                    joins
                    and len(group) < most
                    and size + len(chunk.data) <= TOGETHER
                    and are_alike(self.states[group[-1][0]], state)
                ):
                    yield group
                    group, size = [], 0
                if joins:
                    group.append((number, chunk))
                    size += len(chunk.data)
                else:
                    yield [(number, chunk)]
        if group:
            yield group

    def close(self) -> None:
        """Let go of the files, and of what streams left aside."""
        self._started.clear()
        for state in self.states:
            if state.held is not None:
                state.held.close()
                state.held = None
            if state.spool is not None:
                state.spool.close()
                state.spool = None

    def _once(self, number: int, state: SourceState, twins: Twins) -> Iterator[Chunk]:
        """Read one source, unless an earlier one had the same content: then one chunk stands for its lines."""
        if state.failed or state.outside is not None:
            return
        if (repeat := twins.repeated(state)) is None:
            yield from self._chunks(number, state, twins.watch(state))
            return
        state.same_as, state.same_start, state.problem = repeat.path, repeat.start, repeat.problem
        state.bytes_read, state.container, state.identity = (
            repeat.bytes_read,
            repeat.container,
            repeat.identity,
        )
        if self.progress:
            self.progress(repeat.bytes_read)
        yield Chunk(b"", 1, repeat.lines, 0)

    def _reader(self, state: SourceState) -> Reader:
        return Reader(
            state.source,
            max_expansion=self.max_expansion,
            spool_limit=self.spool_limit,
            held=state.held,
            identity=state.identity,
        )

    def _chunks(self, number: int, state: SourceState, text: Fingerprint | None) -> Iterator[Chunk]:
        """Read one source to its end or its damage, which the state then names."""
        reader, begun = self._started.pop(number, None) or (self._reader(state), None)
        seen = 0
        if text is not None and state.framing.document:
            state.framing.watch = text.take
        try:
            with closing(reader.chunks(frame=state.framing)) as chunks:
                for chunk in begun or self._recognised(state, chunks):
                    follow(state, chunk)
                    if self.progress:
                        self.progress(reader.bytes_read - seen)
                        seen = reader.bytes_read
                    if text is not None:
                        text.add(chunk, taken=state.framing.document is not None)
                    yield chunk
        except PathError as error:
            state.problem, state.failed = error.problem, True
        except DamagedError as error:
            state.problem, state.failed = error.problem, state.recognition is None
        state.problem = state.problem or reader.changed
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
        state.recognition = _recognise_chunk(chunk, state, self.vendor, self.told, self.fields)
        self._judge(state)

    def look(
        self, number: int, slices: Sequence[Slice], columns: Sequence[str]
    ) -> Iterator[tuple[int, pl.DataFrame]]:
        """Yield offset and records of some chunks of a source that was read, with the line as `text` String.

        Where pseudonyms are wanted, `text` is still as logged: see `Pseudonyms.line`.

        Raises
        ------
        parsers.again.SourceChangedError: the source is no longer what was read.
        """
        state = self.states[number]
        for chunk in again(state, slices, self.max_expansion):
            if chunk.too_long is not None:
                continue
            lines = engine.read_lines(as_utf8(chunk.data)[0]).rename({engine.TEXT: "text"})
            batch = self._parsing.one(number, chunk, columns)
            number_of = (pl.col(engine.ROW).cast(pl.UInt64) + chunk.first_line).alias("line")
            records = batch.records.join(
                lines.select(number_of, "text"), on="line", how="left", maintain_order="left"
            )
            if (bits := state.repeats.get(chunk.offset)) is not None:
                repeated = np.unpackbits(np.frombuffer(bits, np.uint8)).astype(np.bool_)
                rows = (records["line"] - chunk.first_line).to_numpy()
                records = records.filter(~repeated[np.minimum(rows, repeated.size - 1)])
            if self.pseudonyms is not None:
                records = self.pseudonyms.records(records)
            yield chunk.offset, records

    def _look_at(self, states: Sequence[SourceState], *, span: bool) -> None:
        """Recognise files by their starts, and learn when they begin where a `span` of time is wanted."""
        held: list[tuple[SourceState, Chunk | None]] = []
        size = 0
        for state in states:
            reader = Reader(state.source, max_expansion=self.max_expansion, held=state.held)
            try:
                with closing(reader.chunks(HEAD, frame=state.framing)) as chunks:
                    chunk = _first(chunks)
            except (PathError, DamagedError) as error:  # damaged before any text
                state.problem, state.failed = error.problem, True
                continue
            state.container, state.identity = reader.kind, reader.identity
            held.append((state, chunk))
            size += len(chunk.data) if chunk else 0
            if len(held) == MANY or size >= HEADS:
                self._recognise_all(held, span=span)
                held, size = [], 0
        self._recognise_all(held, span=span)

    def _recognise_all(self, held: Sequence[tuple[SourceState, Chunk | None]], *, span: bool) -> None:
        """Recognise some files by their first chunks: those at once that it is plain of."""
        plain: dict[int, Recognition | None] = {}
        if self.vendor is None and self.told is None and self.fields is None and len(held) > 1:
            heads = {
                place: (chunk.data[:HEAD], state.path)
                for place, (state, chunk) in enumerate(held)
                if chunk is not None and chunk.too_long is None and state.framing.of_lines
            }
            plain = dict(zip(heads, sniff.readily(list(heads.values())), strict=True))
        for place, (state, chunk) in enumerate(held):
            state.recognition = _recognise_chunk(
                chunk, state, self.vendor, self.told, self.fields, plain.get(place)
            )
            if chunk is not None and state.recognition.formats:
                state.head = head_of(chunk.data)
                if span:
                    state.begins = _begins(chunk, state)

    def _judge(self, state: SourceState) -> None:
        """Name the problem where a path was given and is declined; a file found in a folder is merely listed."""
        recognition = state.recognition
        if recognition is not None and recognition.declined and state.source.given:
            state.problem = recognition.evidence

    def _work(
        self,
        pieces: Sequence[Piece],
        columns: Sequence[str],
        function: Callable[[Sequence[Batch]], T],
        ticket: int | None,
    ) -> T:
        if ticket is None:
            return function(self._hidden(self._parsing.together(pieces, columns)))
        try:
            batches = self._parsing.together(pieces, list(dict.fromkeys([*columns, *NEEDED])))
            self.deliveries.await_turn(ticket)
            repeated = [
                self.deliveries.repeats(batch.records, batch.number, batch.server) for batch in batches
            ]
        finally:
            self.deliveries.done(ticket)
        batches = [
            batch if twice is None else self._without(batch, twice)
            for batch, twice in zip(batches, repeated, strict=True)
        ]
        return function(
            self._hidden([replace(batch, records=batch.records.select(columns)) for batch in batches])
        )

    def _hidden(self, batches: list[Batch]) -> list[Batch]:
        """Return batches with pseudonyms, where they are wanted: nothing behind here sees a client or a user."""
        if (hide := self.pseudonyms) is None:
            return batches
        return [
            replace(batch, records=hide.records(batch.records), rejects=hide.rejects(batch.rejects))
            for batch in batches
        ]

    @property
    def _parsing(self) -> Parsing:
        return Parsing(self.states, self.keep, self.where)

    def _without(self, batch: Batch, repeated: NDArray[np.bool_]) -> Batch:
        """Leave out the records that an earlier source delivered."""
        records = batch.records
        rows = (records["line"].to_numpy()[repeated] - batch.first_line).astype(np.int64)
        bits = np.zeros(int(rows.max()) + 2, np.bool_)  # one more, which stands for all behind the last
        bits[rows] = True
        self.states[batch.number].repeats[batch.offset] = np.packbits(bits).tobytes()
        skipped = batch.skipped | {DELIVERED: rows.size}
        return replace(batch, records=records.filter(~repeated), skipped=skipped)


def scan(  # noqa: PLR0913  (each is an option of the caller)
    paths: Sequence[str],
    *,
    vendor: str | None = None,
    servers: dict[str, str] | None = None,
    log_format: str | None = None,
    server_config: str | None = None,
    fields: Sequence[str] | str | None = None,
    since: datetime | str | None = None,
    until: datetime | str | None = None,
    where: str | None = None,
    zone: tzinfo | None = None,
    rotated: bool = False,
    max_expansion: float = 200.0,
    spool_limit: int = 4 << 30,
    pseudonyms: Pseudonyms | None = None,
) -> Scan:
    """Find and recognise the sources that the paths stand for.

    Parameters
    ----------
    paths: files, folders, patterns, or `-` for standard input.
    vendor: one of `VENDORS`, to overrule recognition.
    servers: path as given → the caller's name for the server it came from.
    log_format: the server's own format text; `$variables` are nginx's, `%directives` Apache's.
    server_config: an `nginx.conf` or `httpd.conf`, whose formats are tried first.
    fields: names of the columns of Cloudflare's CSV output that has no header line, in their order.
    since, until: moments, or texts such as `2h ago`; records before or from them on are counted as filtered.
    where: a predicate on the canonical columns, see `parsers.filters`.
    zone: of such times that state no offset; without it the log's own if it states one alone, else UTC.
    rotated: whether the name of a file means all that was rotated of its log.
    max_expansion: how many times its size a compressed file may unfold to.
    spool_limit: bytes of a stream that are kept aside for a second look.
    pseudonyms: stand for clients and users, once `where` has chosen by what was logged.

    Raises
    ------
    ValueError: an unknown vendor.
    FormatError, FilterError, PathError: the format text, the predicate or the configuration cannot be used.
    """
    if vendor is not None and vendor not in VENDORS:
        message = f"unknown vendor {vendor!r}: choose one of {', '.join(VENDORS)}"
        raise ValueError(message)
    told = own_formats(vendor, log_format, server_config)
    named = cloudflare_csv.names_of(fields) if fields is not None else None
    if named is not None:
        cloudflare_csv.compile_fields(named)  # what is wrong with it is said before anything is read
    sources, errors = find(paths, servers, rotated=rotated)
    states = [_unread(source, vendor, told, named) for source in sources]
    wanted = Wanted(since, until, where, zone)
    wanted.predicate(zone or UTC)  # before anything is read
    made = Scan(states, errors, vendor, max_expansion, spool_limit, told, named, pseudonyms=pseudonyms)
    files = [(number, state) for number, state in enumerate(states) if not state.source.is_stream]
    for number, state in files:
        if number < HELD:
            state.held = hold(state.source)
    span = since is not None or until is not None
    made._look_at([state for _, state in files], span=span)  # noqa: SLF001  (it is a scan before it is read)
    settled = [state for state in states if state.recognition is not None]
    recognitions = [(state.path, state.recognition) for state in settled if state.recognition is not None]
    for state, recognition in zip(settled, sniff.settle(recognitions), strict=True):
        state.recognition = recognition
        made._judge(state)  # noqa: SLF001  (the same rule for streams, which are judged when read)
    made.want(wanted)
    return made


def carried(declaration: Format) -> tuple[str, ...]:
    """Return the canonical columns that records of a format can fill, in their order."""
    names = engine.carried(declaration)
    return tuple(name for name in SCHEMA if name in names)


def _unread(
    source: Source, vendor: str | None, told: Told | None, fields: tuple[str, ...] | None
) -> SourceState:
    state = SourceState(source)
    state.framing.recognised = lambda text: recognise(text[:HEAD], state.path, vendor, told, fields).formats
    state.framing.tabled = lambda text: sniff.tabled(text[:HEAD], state.path, vendor, told, fields)
    return state


def _first(chunks: Iterator[Chunk]) -> Chunk | None:
    """Return the first chunk to recognise a format by: one with text, or one of too many lines over the limit."""
    chunk = None
    for chunk in islice(chunks, EARLY):
        if chunk.too_long is None:
            break
    return chunk


def _recognise_chunk(
    chunk: Chunk | None,
    state: SourceState,
    vendor: str | None,
    told: Told | None,
    fields: tuple[str, ...] | None,
    plain: Recognition | None = None,
) -> Recognition:
    """Recognise a source by its first chunk; `plain` is what is known of it already."""
    if chunk is None:
        return Recognition((), "empty")
    if chunk.too_long is not None:
        if vendor is None:
            return Recognition((), "not recognised: it starts with lines longer than 1 MiB", declined=True)
        return recognise(b"", state.path, vendor, told, fields)
    data = chunk.data[:HEAD]
    recognition = plain or recognise(data, state.path, vendor, told, fields)
    if recognition.formats and state.framing.document:
        recognition = replace(recognition, evidence=f"{recognition.evidence}; {state.framing.document.where}")
    if recognition.formats:
        recognition = replace(recognition, offsets_s=offsets_s(data, recognition) or frozenset({0}))
    if not recognition.formats and b"\x00" in data:
        return Recognition((), "a binary file, not a log", declined=True)
    return recognition


def _begins(chunk: Chunk, state: SourceState) -> datetime | None:
    """Return the first moment in the first lines of a source."""
    data = as_utf8(chunk.data[:ZONED])[0].rpartition(b"\n")[0]
    header = state.recognition.header if state.recognition else None
    if chunk.too_long is not None or header is not None or not data:
        return None
    first = parse_lines(engine.read_lines(data), state, chunk, ("timestamp",)).records["timestamp"].min()
    return first if isinstance(first, datetime) else None
