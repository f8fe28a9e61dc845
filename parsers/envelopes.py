r"""Lines as a transport keeps them → the lines that the server wrote.

syslog (RFC 3164 and 5424, and rsyslog's files), the container run-time interface (CRI), Docker's json-file, and what
`docker logs`, `docker compose logs` and `kubectl logs` print. A run-time cuts a line that is longer than 16 KiB in
pieces, each in an envelope of its own; the last one says that it is (CRI: `F` after `P`s; Docker: the line end).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import polars as pl

from parsers.records import ROW, TEXT

PIECE: Final = "piece of a longer line"
"""Why a line is no record: what it holds is read with the line that ends it."""

MOST_PIECES: Final = 64
"""Pieces carried from one chunk to the next: a mebibyte of the longest pieces there are."""


@dataclass(frozen=True)
class Envelope:
    """What a transport wraps around a line.

    `looks`: how an envelope is recognised. `prefix`: the text before the line; null for a JSON object, whose member
    `log` is the line. `piece`: how the envelope of a piece looks, null where lines are never cut. `sure`: whether no
    line of a program looks as if it stood in one.
    """

    title: str
    looks: str
    prefix: str | None
    piece: str | None = None
    sure: bool = True


_CLOCK: Final = r"[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}"
_ISO: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]{5,6})"
_TAG: Final = r"[^ :\[]+(?:\[[0-9]+\])?: "
_STREAMS: Final = (r"^[^ ]+ (stdout|stderr) ", r'"stream"\s*:\s*"(stdout|stderr)"')
_OBJECT: Final = r'^\s*\{.*"log"\s*:\s*"'

ENVELOPES: Final = (
    Envelope(
        "a syslog header",
        rf"^<[0-9]{{1,3}}>(?:1 )?(?:[A-Z][a-z]{{2}} [ 0-9][0-9] |[0-9]{{4}}-)|^(?:{_CLOCK}|{_ISO}) (?:[^ ]+ )?{_TAG}",
        rf"^(?:<[0-9]{{1,3}}>)?(?:{_CLOCK} |1 [^ ]+ |[0-9]{{4}}-[^ ]+ )(?:[^ :\[]+ ){{0,4}}?(?:{_TAG}|- (?:- )*)",
    ),
    Envelope(
        "a container's log (CRI)",
        rf"^{_ISO} (?:stdout|stderr) [FP](?::[^ ]*)? ",
        rf"^{_ISO} (?:stdout|stderr) [FP](?::[^ ]*)? ",
        rf"^{_ISO} (?:stdout|stderr) P(?::[^ ]*)? ",
    ),
    Envelope(
        "a container's log (Docker JSON)",
        rf'{_OBJECT}.*"stream"\s*:\s*"(?:stdout|stderr)"|^\s*\{{.*"stream"\s*:\s*"(?:stdout|stderr)".*"log"\s*:\s*"',
        None,
        rf'{_OBJECT}(?:(?:[^"\\]|\\.)*(?:[^"\\]|\\[^n]))?"\s*[,}}]',
    ),
    Envelope("a container's log (its time before each line)", rf"^{_ISO} ", rf"^{_ISO} ", sure=False),
    Envelope(
        "a container's log (its name before each line)",
        rf"^(?:\[pod/[^\] ]+\] |[A-Za-z0-9][A-Za-z0-9_.-]*\s*\| )(?:{_ISO} )?",
        rf"^(?:\[pod/[^\] ]+\] |[A-Za-z0-9][A-Za-z0-9_.-]*\s*\| )(?:{_ISO} )?",
        sure=False,
    ),
)
"""Transports that write access logs on, the one that says more before the one that says less."""


def unwrapped(lines: pl.DataFrame, envelope: Envelope) -> pl.DataFrame:
    """Return the lines without their envelope; a line without one, or with one that is damaged, stays as it is."""
    text = pl.col(TEXT)
    if envelope.prefix is not None:
        return lines.with_columns(text.str.replace(envelope.prefix, ""))
    inner = text.str.json_path_match("$.log").str.strip_suffix("\n").str.strip_suffix("\r")
    return lines.with_columns(
        pl.when(text.str.contains(envelope.looks)).then(pl.coalesce(inner, text)).otherwise(text).alias(TEXT)
    )


def joined(lines: pl.DataFrame, envelope: Envelope, ahead: str) -> tuple[pl.DataFrame, int]:
    """Take lines out of their envelopes, and put the pieces of long ones together.

    Parameters
    ----------
    lines: `row` UInt32, `line` String.
    ahead: pieces that stand before them, as `pieces_at` gives them.

    Returns
    -------
    `row` and `line` of every line that ends here, and how many others there were.
    """
    if envelope.piece is None:
        return unwrapped(lines, envelope), 0
    before = pl.DataFrame(
        {ROW: 0, TEXT: ahead.split("\n") if ahead else []}, schema={ROW: lines.schema[ROW], TEXT: pl.String()}
    )
    every = pl.concat([before, lines])
    piece = pl.col(TEXT).str.contains(envelope.piece)
    if not every.select(piece.any()).item():
        return unwrapped(lines, envelope), 0
    marked = every.select(
        ROW,
        _piece=piece,
        _stream=pl.coalesce(pl.col(TEXT).str.extract(stream) for stream in _STREAMS),
    ).with_columns(inner=unwrapped(every, envelope)[TEXT])
    # A line is what stands behind the last end on its own stream.
    ends = (~pl.col("_piece")).cast(pl.UInt32)
    numbered = marked.with_columns(_number=(ends.cum_sum() - ends).over("_stream"))
    whole = (
        numbered.group_by("_stream", "_number", maintain_order=True)
        .agg(pl.col(ROW).last(), pl.col("inner").str.join(), _ended=~pl.col("_piece").last())
        .filter("_ended")
        .select(pl.col(ROW), pl.col("inner").alias(TEXT))
        .sort(ROW)
    )
    return whole, lines.height - whole.height


def pieces_at(data: bytes, envelope: Envelope, before: str) -> str:
    """Return the pieces behind a chunk of whole lines that wait for the end of their line, one a line.

    `before` are those that waited ahead of it.
    """
    if envelope.piece is None:
        return ""
    looks = re.compile(envelope.piece.encode())
    waiting: list[bytes] = []
    end = len(data) - data.endswith(b"\n")
    while end > 0 and len(waiting) < MOST_PIECES:
        start = data.rfind(b"\n", 0, end) + 1
        line = data[start:end].removesuffix(b"\r")
        if looks.match(line) is None:
            break
        waiting.append(line)
        end = start - 1
    found = [line.decode("utf-8", "replace") for line in reversed(waiting)]
    # Only pieces so far: what waited before waits still.
    kept = [before] if before and end <= 0 else []
    return "\n".join("\n".join([*kept, *found]).split("\n")[-MOST_PIECES:])
