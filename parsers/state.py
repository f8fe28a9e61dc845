"""What is known of one source while and after it is read, and what lines of it leave to those behind them."""

from __future__ import annotations

import os
from bisect import bisect_right
from dataclasses import dataclass, field
from operator import itemgetter
from typing import IO, TYPE_CHECKING, Final

from parsers import cisco_w3c, cloudflare_csv, engine, envelopes, zones
from parsers.framing import Framing
from parsers.spec import CsvFormat

if TYPE_CHECKING:
    from datetime import datetime

    from parsers.outside import Side
    from parsers.sniff import Recognition
    from parsers.source import Chunk, Held, Source

ZONED: Final = 32 << 10
"""Bytes of a chunk in which offsets from UTC are looked for."""

SMALL: Final = 1 << 20
"""Bytes of a chunk that is parsed together with others. To ask costs more than a few lines do."""


@dataclass
class SourceState:
    """What is known of a source while and after it is read.

    `framing`: how its text is cut into records, known as soon as the first block was read.

    `problem`: why a part or all of it could not be read, in one line. `failed`: none of it could. `bytes_read` as on
    disk. `identity`: device and inode of a file. `held`: it, open since it was looked at. `spool`: what a stream left
    aside for a second look. `head`: a digest of how a recognised file begins. `same_as`: the path of an earlier source
    with the same content, which counts alone; `same_start`: this one is damaged, and its start. `begins`: the first
    moment in its first lines, where a span is wanted; `outside`: it lies wholly before or after that span, and is not
    read.

    `ahead`: what lines depend on that stands before them, each with the offset from which on it holds ahead of a
    chunk: the `#Fields:` lines of a W3C log, pieces of a line in a container's. `offsets_s`: offsets from UTC, in
    seconds, that times state, as far as was looked: at the ends of its chunks. `wanted`: the share of records that the
    caller wants, in the chunk parsed last. `repeats`: offset of a chunk → a bit for each of its lines, set where that
    is a record that an earlier source delivered.
    """

    source: Source
    framing: Framing = field(default_factory=Framing)
    recognition: Recognition | None = None
    problem: str | None = None
    failed: bool = False
    ahead: list[tuple[int, str]] = field(default_factory=list)
    offsets_s: set[int] = field(default_factory=set)
    wanted: float = 0.0
    bytes_read: int = 0
    container: str = "plain"
    identity: tuple[int, int] | None = None
    held: Held | None = None
    spool: IO[bytes] | None = None
    head: bytes | None = None
    same_as: str | None = None
    same_start: bool = False
    begins: datetime | None = None
    outside: Side | None = None
    repeats: dict[int, bytes] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The path as given or found, as text: bytes of the name that are no UTF-8 show as U+FFFD."""
        return os.fsencode(self.source.path).decode("utf-8", "replace")


def offsets_s(data: bytes, recognition: Recognition) -> frozenset[int]:
    """Return the offsets from UTC that the first lines of a text state."""
    text = data[:ZONED].decode("utf-8", "replace")
    return zones.offsets_s(text, recognition.formats, recognition.envelope)


def end_of(data: bytes) -> bytes:
    """Return the last whole lines of a text, as many as are looked at."""
    return b"\n".join(data.split(b"\n")[1:][-zones.LINES :])


def follow(state: SourceState, chunk: Chunk) -> None:
    """Keep what a chunk says of the source, and what lines behind it depend on, where it is another than ahead of it.

    In a W3C log the `#Fields:` line in force, in a table the line that names its columns, in a container's log the
    pieces of a line that goes on.
    """
    if state.recognition is not None and state.recognition.formats:
        state.offsets_s |= offsets_s(end_of(chunk.data[-ZONED:]), state.recognition)
    if state.recognition is None or (state.recognition.header is None and state.recognition.envelope is None):
        return
    ahead = ahead_of(state, chunk)
    if state.recognition.envelope is not None:
        behind = envelopes.pieces_at(chunk.data, state.recognition.envelope, ahead)
    elif isinstance(state.recognition.formats[0], CsvFormat):
        behind = ahead if chunk.too_long else cloudflare_csv.header_at(chunk.data, ahead)
    elif chunk.too_long is None:
        behind = cisco_w3c.fields_at(chunk.data, ahead)
    else:  # a header of more than a mebibyte is in force, and of no use
        behind = "" if chunk.too_long[0].startswith(cisco_w3c.DIRECTIVE.encode()) else ahead
    if behind != ahead:
        state.ahead.append((chunk.offset + 1, behind))


def ahead_of(state: SourceState, chunk: Chunk) -> str:
    """Return what lines ahead of a chunk that was followed leave to it; empty where that is nothing."""
    place = bisect_right(state.ahead, chunk.offset, key=itemgetter(0))
    return state.ahead[place - 1][1] if place else ""


def may_join(state: SourceState, chunk: Chunk) -> bool:
    """Whether a chunk may be parsed together with others: no line of it hangs on one ahead of it."""
    found = state.recognition
    return (
        0 < len(chunk.data) <= SMALL
        and not chunk.cut
        and state.same_as is None
        and state.framing.of_lines
        and found is not None
        and bool(found.formats)
        and found.header is None
        and found.envelope is None
    )


def are_alike(one: SourceState, other: SourceState) -> bool:
    """Whether chunks of two sources can be parsed together: they are of one server and of the same formats."""
    return (
        one.recognition is not None
        and other.recognition is not None
        and one.source.server == other.source.server
        and one.recognition.formats == other.recognition.formats
    )


def names_requests(state: SourceState) -> bool:
    """Whether records of a source state what they can be told by to be delivered twice."""
    if state.recognition is None or state.same_as is not None:
        return False
    return any(
        form.vendor == "cloudflare" and "request_id" in engine.carried(form)
        for form in state.recognition.formats
    )
