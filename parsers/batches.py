"""Chunks of text and what is known of their sources → batches of records, with every line accounted for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from parsers import cisco_w3c, cloudflare_csv, engine
from parsers.filters import FilterError
from parsers.schema import VENDOR
from parsers.source import Chunk
from parsers.spec import CsvFormat
from parsers.state import ahead_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from parsers.spec import Format
    from parsers.state import SourceState

Piece = tuple[int, Chunk]
"""The number of a source and one of its chunks."""

FEW: Final = 0.4
"""Share of the records from which on it costs less to make all of them, than some in a second go."""

NOT_RECOGNISED: Final = "format not recognised"

SAME: Final = "same content as"
"""Begins the reason for which the lines of a repeated source are skipped; its path follows."""

START: Final = "the start of "
"""Stands before that path where a damaged source is but the start of it."""

LONG_HEAD: Final = 500
"""Bytes kept of a line that is too long."""

REJECTS: Final = pl.Schema({"line": pl.UInt64(), "reason": pl.String(), "text": pl.String()})


@dataclass(frozen=True)
class Batch:
    """The lines of one chunk of one source, each accounted for.

    `records`: the canonical columns asked for, one row per record, in input order. `rejects`: `line` UInt64,
    `reason` String, `text` String. `lines` = records + rejects + `blank` + the sum of `skipped` + `filtered`.
    `offset`: where the chunk begins in the source's text; `first_line` counts from 1.
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


@dataclass(frozen=True)
class Parsing:
    """How chunks become batches: by what is known of their sources, and which records are wanted.

    `keep`: a predicate on canonical columns, `where` its text as the caller wrote it.
    """

    states: Sequence[SourceState]
    keep: pl.Expr | None
    where: str | None

    def _kept(self, records: pl.DataFrame) -> pl.DataFrame:
        """Return the records that the caller wants."""
        if self.keep is None:
            return records
        try:
            return records.filter(self.keep)
        except pl.exceptions.PolarsError as error:
            problem = f"not every record can be asked that: {str(error).split(chr(10), 1)[0]}"
            raise FilterError("--where", self.where or "", problem) from None

    def _read(
        self,
        lines: pl.DataFrame,
        state: SourceState,
        chunk: Chunk,
        columns: Sequence[str],
        with_source: Callable[[pl.DataFrame], pl.DataFrame],
    ) -> tuple[engine.Parsed, pl.DataFrame]:
        """Return what became of the lines, and the records that are wanted, with more columns than were asked for.

        Where few are wanted, only what the caller asks of a record is made of all lines, and the rest of those.
        """
        asked = self.keep.meta.root_names() if self.keep is not None else []
        found = state.recognition
        # Lines that hang on no others.
        alone = found is None or not (
            found.header or found.envelope or (found.formats and isinstance(found.formats[0], CsvFormat))
        )
        twice = self.keep is not None and state.wanted < FEW and alone
        parsed = parse_lines(lines, state, chunk, asked if twice else [*columns, *asked])
        records = with_source(parsed.records)
        kept = self._kept(records)
        if self.keep is not None and records.height:
            state.wanted = kept.height / records.height
        if twice:
            some = lines[kept[engine.ROW]]  # rows are numbered as they stand
            kept = with_source(parse_lines(some, state, chunk, columns).records)
        return parsed, kept

    def together(self, pieces: Sequence[Piece], columns: Sequence[str]) -> list[Batch]:
        """Parse chunks as one where that says of each what became of it, else in halves."""
        if len(pieces) == 1:
            return [self.one(*pieces[0], columns)]
        if batches := self._parse_as_one(pieces, columns):
            return batches
        middle = len(pieces) // 2
        return [
            *self.together(pieces[:middle], columns),
            *self.together(pieces[middle:], columns),
        ]

    def _parse_as_one(self, pieces: Sequence[Piece], columns: Sequence[str]) -> list[Batch] | None:
        """Parse chunks that may join; null where it is not known in which of them lines stand that are no records."""
        chunks = [chunk for _, chunk in pieces]
        state = self.states[pieces[-1][0]]  # the only one that goes on
        texts = [as_utf8(chunk.data) for chunk in chunks]
        lines = engine.read_lines(b"".join(text for text, _ in texts))
        sizes = np.array([chunk.lines for chunk in chunks], np.int64)
        ends = np.cumsum(sizes)
        shift = np.array([chunk.first_line for chunk in chunks], np.int64) - (ends - sizes)

        def numbered(rows: pl.Series) -> tuple[NDArray[np.int64], pl.Series]:
            place = np.searchsorted(ends, rows.to_numpy(), side="right")
            return place, pl.Series("line", rows.to_numpy() + shift[place], pl.UInt64())

        def with_source(records: pl.DataFrame) -> pl.DataFrame:
            place, line = numbered(records[engine.ROW])
            paths = pl.Series("source", [self.states[number].path for number, _ in pieces], pl.String())
            return _with_source(records, state, paths.gather(place), line)

        whole = Chunk(b"", 1, int(ends[-1]), 0)
        parsed, kept = self._read(lines, state, whole, columns, with_source)
        others = [parsed.blank, *parsed.skipped.values()]
        if parsed.joined or sum(count > 0 for count in others) > 1 or lines.height != ends[-1]:
            return None
        until = [
            np.searchsorted(rows.to_numpy(), ends)
            for rows in (parsed.records[engine.ROW], kept[engine.ROW], parsed.rejects[engine.ROW])
        ]
        made, wanted, bad = (np.diff(place, prepend=0) for place in until)
        rest = sizes - made - bad
        records = kept.select(columns)
        rejects = parsed.rejects.select(numbered(parsed.rejects[engine.ROW])[1], "reason", "text")
        return [
            Batch(
                number=number,
                path=self.states[number].path,
                server=self.states[number].source.server,
                records=records.slice(until[1][place] - wanted[place], wanted[place]),
                rejects=rejects.slice(until[2][place] - bad[place], bad[place]),
                lines=chunk.lines,
                blank=int(rest[place]) if parsed.blank else 0,
                skipped={why: int(rest[place]) for why in parsed.skipped if rest[place]},
                filtered=int(made[place] - wanted[place]),
                replaced=texts[place][1],
                offset=chunk.offset,
                first_line=chunk.first_line,
            )
            for place, (number, chunk) in enumerate(pieces)
        ]

    def one(self, number: int, chunk: Chunk, columns: Sequence[str]) -> Batch:
        """Parse one chunk of a source, given by its number."""
        state = self.states[number]
        recognition = state.recognition
        formats = recognition.formats if recognition and state.same_as is None else ()
        rejects: list[pl.DataFrame] = []
        replaced = 0
        lines = _no_lines()
        if chunk.data and (formats or (recognition and not recognition.declined)):
            data, replaced = as_utf8(chunk.data)
            lines = engine.read_lines(data)

        def with_source(records: pl.DataFrame) -> pl.DataFrame:
            line = pl.col(engine.ROW).cast(pl.UInt64) + chunk.first_line
            return _with_source(records, state, pl.lit(state.path, pl.String()), line)

        parsed, kept = self._read(lines, state, chunk, columns, with_source)
        skipped = dict(parsed.skipped)
        if not formats:
            why = NOT_RECOGNISED
            if state.same_as is not None:
                why = f"{SAME} {START if state.same_start else ''}{state.same_as}"
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
            records=kept.select(columns),
            rejects=pl.concat(rejects) if rejects else pl.DataFrame(schema=REJECTS),
            lines=chunk.lines - parsed.joined,
            blank=parsed.blank,
            skipped=skipped,
            filtered=parsed.records.height - kept.height,
            replaced=replaced,
            offset=chunk.offset,
            first_line=chunk.first_line,
        )


def parse_lines(
    lines: pl.DataFrame, state: SourceState, chunk: Chunk, columns: Sequence[str]
) -> engine.Parsed:
    """Parse lines of a chunk by the formats of its source."""
    recognition = state.recognition
    formats = recognition.formats if recognition and state.same_as is None else ()
    wanted = list(dict.fromkeys(columns))
    if formats and isinstance(formats[0], CsvFormat):
        return cloudflare_csv.parse(lines, formats[0], ahead_of(state, chunk), wanted, cut=chunk.cut)
    if recognition and recognition.header and formats:
        return cisco_w3c.parse(lines, ahead_of(state, chunk), formats[1:], wanted, cut=chunk.cut)
    envelope = recognition.envelope if recognition else None
    ahead = ahead_of(state, chunk) if envelope and formats else ""
    return engine.parse(lines, formats, wanted, cut=chunk.cut, envelope=envelope, ahead=ahead)


def _no_lines() -> pl.DataFrame:
    return pl.DataFrame(schema={engine.ROW: pl.UInt32(), engine.TEXT: pl.String()})


def as_utf8(data: bytes) -> tuple[bytes, int]:
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


def _with_source(
    records: pl.DataFrame, state: SourceState, path: pl.Expr | pl.Series, line: pl.Expr | pl.Series
) -> pl.DataFrame:
    """Add what a line does not say itself: where it stands, and what every record of a source shares."""
    formats = state.recognition.formats if state.recognition else ()
    shared = {
        "source": path,
        "line": line,
        "vendor": _vendor(formats),
        "server": pl.lit(state.source.server, pl.String()),
    }
    return records.with_columns(**shared)
