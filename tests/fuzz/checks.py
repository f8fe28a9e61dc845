"""A case → what must hold of it, whatever its bytes are: the ledger, the schema, the lines, and all ways to read it."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from io import BytesIO, TextIOWrapper
from typing import TYPE_CHECKING, Final

import polars as pl

import parsers
from loganalyzer.cli import main
from loganalyzer.cli.exits import Exit
from loganalyzer.cli.records import csv, ndjson
from parsers import FORMATS, SCHEMA, Scan, SourceState, batches, containers, engine, source
from parsers.sniff import Recognition
from parsers.source import Reader
from parsers.spec import LineFormat

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from parsers import Batch
    from tests.fuzz.inputs import Case

REJECTS: Final = {"line": pl.UInt64(), "reason": pl.String(), "text": pl.String()}

FIELDS: Final = tuple(name for name in SCHEMA if name not in {"source", "line", "vendor", "server"})

ALWAYS: Final = ("source", "line", "vendor", "format", "timestamp", "weight", "role")
"""Columns that are null in no record."""

ALONE: Final = 3
"""Records of a case that are looked up in the file and read once more on their own."""

BY_FORMAT: Final = {form.name: form for form in FORMATS}


class BrokenError(Exception):
    """Something that must hold does not; `what` is its name, the same for like failures."""

    def __init__(self, what: str, detail: str = "") -> None:
        self.what = what
        super().__init__(f"{what}: {detail}" if detail else what)


@dataclass(frozen=True)
class Read:
    """What one way to read a file made of it; of a `document` (JSON, CSV) the unit is a record, not a line."""

    records: pl.DataFrame
    rejects: pl.DataFrame
    lines: int
    blank: int
    skipped: dict[str, int]
    filtered: int
    problem: str | None
    failed: bool
    recognition: Recognition | None
    container: str
    document: bool


def check(case: Case, folder: Path, *, deep: bool) -> tuple[object, ...]:
    """Read a case in every way and return what was seen, which is new where something new happened.

    Parameters
    ----------
    case: what is read.
    folder: where its file is put.
    deep: whether the slow ways are tried as well: doctor, and the reports.

    Raises
    ------
    BrokenError: something does not hold.
    Exception: nothing but a `LogError` may come out of a call.
    """
    path = folder / case.name
    path.write_bytes(case.data)
    try:
        with _limits(case):
            return _checked(case, path, deep=deep)
    finally:
        path.unlink()


def _checked(case: Case, path: Path, *, deep: bool) -> tuple[object, ...]:
    made = _scan(case, path)
    whole = _read(made)
    _ledger(case, whole)
    _numbers(case, whole)
    _outputs(whole)
    several = case.chunk < len(case.data)
    if several:
        _same("chunks", *_before_damage(whole, _read(_fresh(made), chunk=case.chunk)))
    with _exact_only(made) as exact:
        _same("the exact path", whole, _read(exact))
    _alone(case, whole)
    form = BY_FORMAT[case.only]
    chosen = made.states[0].recognition
    only = _with(made, Recognition((form,), "told", envelope=chosen.envelope if chosen else None))
    lone = _read(only)
    _ledger(case, lone)
    _numbers(case, lone)
    if several:
        _same("chunks of one format", *_before_damage(lone, _read(_fresh(only), chunk=case.chunk)))
    with _exact_only(only) as exact:
        _same("the exact path of one format", lone, _read(exact))
    if case.where is not None:
        _filtered(case, path, whole)
    if deep:
        _told(case, path)
    return (
        whole.container,
        _words(whole.problem),
        _words(whole.recognition.evidence if whole.recognition else None),
        tuple(sorted({_words(reason) for reason in whole.rejects["reason"]})),
        tuple(sorted(whole.skipped)),
        tuple(sorted(whole.records["format"].unique())),
        tuple(name for name in FIELDS if whole.records[name].null_count() < whole.records.height),
        lone.records.height > 0 and form.name,
    )


def _scan(case: Case, path: Path, where: str | None = None) -> Scan:
    """Return the scan of a case, with no more formats than it wants: each costs milliseconds a chunk."""
    made = parsers.scan([str(path)], vendor=case.vendor, log_format=case.log_format, where=where)
    chosen = made.states[0].recognition
    if chosen is None or chosen.header:
        return made
    return _with(made, replace(chosen, formats=chosen.formats[: case.formats]))


@contextmanager
def _limits(case: Case) -> Iterator[None]:
    before = source.LONGEST_LINE
    source.LONGEST_LINE = case.longest  # type: ignore[misc]
    try:
        yield
    finally:
        source.LONGEST_LINE = before  # type: ignore[misc]


@contextmanager
def _chunks_of(size: int) -> Iterator[None]:
    before = Reader.chunks.__defaults__
    Reader.chunks.__defaults__ = (size,)
    try:
        yield
    finally:
        Reader.chunks.__defaults__ = before


@contextmanager
def _exact_only(made: Scan) -> Iterator[Scan]:
    """Have every line of text go through the exact pattern of its format."""
    compiled = engine._compiled  # noqa: SLF001

    def without(declaration: LineFormat) -> object:
        return replace(compiled(declaration), split=None)

    (state,) = made.states
    slow = _fresh(made)
    if state.recognition is not None:
        formats = tuple(
            replace(form, cut=None) if isinstance(form, LineFormat) else form
            for form in state.recognition.formats
        )
        slow = _with(made, replace(state.recognition, formats=formats))
    engine._compiled = without  # type: ignore[assignment]  # noqa: SLF001
    try:
        yield slow
    finally:
        engine._compiled = compiled  # noqa: SLF001


def _fresh(made: Scan) -> Scan:
    """Return a scan of the same sources, not read yet."""
    return replace(made, states=[_unread(state) for state in made.states])


def _with(made: Scan, recognition: Recognition) -> Scan:
    return replace(made, states=[replace(_unread(state), recognition=recognition) for state in made.states])


def _unread(state: SourceState) -> SourceState:
    return SourceState(
        source=state.source,
        framing=state.framing,
        recognition=state.recognition,
        problem=state.problem,
        failed=state.failed,
    )


def _read(made: Scan, *, chunk: int = source.CHUNK) -> Read:
    """Read the one file of a scan and check every batch on its own."""
    with _chunks_of(chunk):
        batches = list(made.batches(tuple(SCHEMA), _batch))
    made.close()
    (state,) = made.states
    skipped: dict[str, int] = {}
    for batch in batches:
        for reason, count in batch.skipped.items():
            skipped[reason] = skipped.get(reason, 0) + count
    return Read(
        pl.concat([batch.records for batch in batches]) if batches else pl.DataFrame(schema=SCHEMA),
        pl.concat([batch.rejects for batch in batches]) if batches else pl.DataFrame(schema=REJECTS),
        sum(batch.lines for batch in batches),
        sum(batch.blank for batch in batches),
        skipped,
        sum(batch.filtered for batch in batches),
        state.problem,
        state.failed,
        state.recognition,
        state.container,
        state.framing.document is not None or state.framing.table is not None,
    )


def _batch(batch: Batch) -> Batch:
    """Hold a batch against the schema and its own ledger."""
    if batch.records.schema != SCHEMA:
        raise BrokenError("schema of records", str(batch.records.schema))
    if dict(batch.rejects.schema) != REJECTS:
        raise BrokenError("schema of rejects", str(batch.rejects.schema))
    if any(batch.rejects[name].null_count() for name in REJECTS):
        raise BrokenError("a reject without line, reason or text")
    if empty := [name for name in ALWAYS if batch.records[name].null_count()]:
        raise BrokenError("a record without what every record has", empty[0])
    parts = (batch.records.height, batch.rejects.height, batch.blank, *batch.skipped.values(), batch.filtered)
    if batch.lines != sum(parts) or min(parts) < 0:
        raise BrokenError("ledger of a batch", f"{batch.lines} lines are not {parts}")
    _places(batch)
    return batch


def _places(batch: Batch) -> None:
    """Hold the numbers of the lines of a batch against where it lies."""
    numbers = pl.concat([batch.records["line"], batch.rejects["line"]]).sort()
    if numbers.is_duplicated().any():
        raise BrokenError("a line counted twice", str(numbers.filter(numbers.is_duplicated()).to_list()[:5]))
    outside = numbers.filter((numbers < batch.first_line) | (numbers >= batch.first_line + batch.lines))
    if outside.len():
        raise BrokenError("a line number outside its batch", str(outside.to_list()[:5]))
    if not batch.records["line"].is_sorted() or not batch.rejects["line"].is_sorted():
        raise BrokenError("lines out of order")


def _text(case: Case) -> bytes | None:
    """Return the text of a file that is no container; null of one that is, or is not read."""
    if containers.named(case.data) or containers.declined(case.data):
        return None
    return case.data.removeprefix(b"\xef\xbb\xbf")


def _ledger(case: Case, read: Read) -> None:
    text = _text(case)
    if text is None or read.failed or read.document:
        return
    lines = text.count(b"\n") + (bool(text) and not text.endswith(b"\n"))
    if read.lines != lines:
        raise BrokenError("ledger of a file", f"{read.lines} lines of {lines}")


def _numbers(case: Case, read: Read) -> None:
    """Hold every rejected line against the physical line of its number."""
    text = _text(case)
    if text is None or read.document:
        return
    lines = text.split(b"\n")
    for number, reason, told in read.rejects.iter_rows():
        if reason.startswith(engine.TOO_LONG):
            line = lines[number - 1][: batches.LONG_HEAD].decode("utf-8", "replace")
        else:
            line = lines[number - 1].removesuffix(b"\r").decode("utf-8", "replace")
        if told not in {line, line.lstrip("\x00")}:
            raise BrokenError("text of a reject", f"line {number} is {line[:200]!r}, not {told[:200]!r}")


def _outputs(read: Read) -> None:
    """Write the records as `parse` does."""
    made = ndjson(read.records).splitlines()
    if len(made) != read.records.height:
        raise BrokenError("NDJSON has another number of lines")
    for line in made:
        if list(json.loads(line)) != list(SCHEMA):
            raise BrokenError("NDJSON has other columns")
    csv(read.records)


def _same(what: str, one: Read, other: Read) -> None:
    """Hold two ways to read a file against each other."""
    if not one.records.equals(other.records):
        raise BrokenError(f"{what}: other records", _difference(one.records, other.records))
    if not one.rejects.sort("line").equals(other.rejects.sort("line")):
        raise BrokenError(f"{what}: other rejects", _difference(one.rejects, other.rejects))
    if (one.lines, one.blank, one.skipped) != (other.lines, other.blank, other.skipped):
        raise BrokenError(
            f"{what}: other counts",
            f"{one.lines, one.blank, one.skipped}, {other.lines, other.blank, other.skipped}",
        )
    if (one.problem, one.failed) != (other.problem, other.failed):
        raise BrokenError(f"{what}: another problem", f"{one.problem}, {other.problem}")


def _before_damage(one: Read, other: Read) -> tuple[Read, Read]:
    """Return both up to a damage of their container: how much of the text before it comes hangs on the steps.

    The decompressors of bzip2, xz and zstd give nothing of a step in which they meet one.
    """
    if one.problem is None or one.container == "plain":
        return one, other
    last = min(one.lines, other.lines)
    ahead = pl.col("line") < last
    return tuple(  # type: ignore[return-value]
        replace(
            read,
            records=read.records.filter(ahead),
            rejects=read.rejects.filter(ahead),
            lines=last,
            blank=0,
            skipped={},
        )
        for read in (one, other)
    )


def _difference(one: pl.DataFrame, other: pl.DataFrame) -> str:
    if one.height != other.height:
        odd = set(one["line"]) ^ set(other["line"])
        return f"{one.height} and {other.height} rows; lines {sorted(odd)[:5]}"
    columns = [name for name in one.columns if not one[name].equals(other[name])]
    name = columns[0] if columns else "dtypes"
    if not columns:
        return name
    differs = ~one[name].eq_missing(other[name])
    values = [frame[name].filter(differs).head(3).to_list() for frame in (one, other)]
    return f"column {name}: {values[0]} and {values[1]}"


def _alone(case: Case, read: Read) -> None:
    """Read a few lines once more on their own, at the numbers that their records name."""
    text, recognition = _text(case), read.recognition
    if text is None or recognition is None or recognition.header or read.document:
        return
    lines = text.split(b"\n")
    last = len(lines) if not text.endswith(b"\n") else 0
    for row in read.records.gather_every(max(1, read.records.height // ALONE)).iter_slices(1):
        number = int(row["line"].item())
        frame = engine.read_lines(lines[number - 1].decode("utf-8", "replace").encode())
        made = engine.parse(
            frame, recognition.formats, FIELDS, cut=number == last, envelope=recognition.envelope
        ).records.drop(engine.ROW)
        if not made.select(FIELDS).equals(row.select(FIELDS)):
            raise BrokenError(
                "a record is not what its line says", f"line {number}: {lines[number - 1][:300]!r}"
            )


def _filtered(case: Case, path: Path, whole: Read) -> None:
    """Read with a predicate, and hold what is left against a filter afterwards."""
    made = _scan(case, path, case.where)
    some = _read(made)
    keep = made.keep
    if keep is None:
        raise BrokenError("a predicate that is none")
    if not some.records.equals(whole.records.filter(keep)):
        raise BrokenError("filtered: other records", _difference(whole.records.filter(keep), some.records))
    if some.filtered != whole.records.height - some.records.height:
        raise BrokenError("filtered: another count")
    if not some.rejects.equals(whole.rejects) or (some.lines, some.skipped) != (whole.lines, whole.skipped):
        raise BrokenError("filtered: other lines")


def _told(case: Case, path: Path) -> None:
    """Have the program itself say what is in it: a terminal and a page may be told anything."""
    options = ["--vendor", case.vendor] if case.vendor else []
    options += ["--log-format", case.log_format] if case.log_format else []
    for command in (
        ["doctor", "--suggest"],
        ["doctor", "--json"],
        ["analyze", "-o", "-", "--format", "json"],
    ):
        code, told, said = _run([command[0], str(path), *options, *command[1:]])
        if code == Exit.DEFECT:
            raise BrokenError("a defect", said[-2_000:])
        if "json" in command[-1] and told:
            json.loads(told)
        for line in (told if command[-1] == "--suggest" else said).splitlines():
            if not line.isprintable():
                raise BrokenError("the terminal is told what acts", repr(line[:200]))


def _run(arguments: list[str]) -> tuple[int, str, str]:
    """Return the exit code of the program, and what it wrote to standard output and to standard error."""
    out, error = (TextIOWrapper(BytesIO(), "utf-8", newline="\n") for _ in range(2))
    with redirect_stdout(out), redirect_stderr(error):
        code = main(arguments)
    written = []
    for stream in (out, error):
        stream.flush()
        stream.seek(0)
        written.append(stream.read())
    return code, written[0], written[1]


def _words(text: str | None) -> str:
    """Return a text without its numbers."""
    return re.sub(r"[0-9][0-9,]*", "0", text or "")[:200]
