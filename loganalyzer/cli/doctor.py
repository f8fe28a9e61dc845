"""`doctor`: what each source was taken for and why, what does not fit and where, and what would help."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

import polars as pl

import parsers
from loganalyzer.cli.exits import Exit
from loganalyzer.cli.fit import misfit, nearest
from loganalyzer.cli.records import TIME, read_of
from loganalyzer.cli.terminal import printable, problem, progress, result
from loganalyzer.cli.verdict import Read, judge, open_scan
from parsers import engine
from parsers.sniff import LOOSE
from parsers.source import Reader
from reports.logtext import mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loganalyzer.cli.fit import Misfit
    from loganalyzer.cli.options import Reading
    from parsers.spec import Format

EXAMPLES: Final = 3
"""Lines shown for each reason."""

REASONS: Final = 20
"""Reasons told apart in one source."""

OTHER: Final = "other reasons"

TRIED: Final = 200
"""Rejected lines that are tried with the formats of other vendors."""

BEFORE: Final = 60
AFTER: Final = 60
"""Characters shown on either side of the place where a line stops fitting."""

HEAD: Final = 1 << 16
"""Bytes of a file that is no known log of which lines are shown."""

TITLES: Final = {"nginx": "nginx", "apache": "Apache", "cloudflare": "Cloudflare", "cisco_wsa": "Cisco WSA"}


@dataclass(frozen=True)
class Line:
    """A line that does not fit, masked: the end of what fits, what was expected behind it, and what stands there.

    `line` counts from 1; `format` is null where no format is near, `expected` where all of the line fits.
    """

    line: int
    format: str | None
    fits: str
    expected: str | None
    text: str


@dataclass(frozen=True)
class Rejects:
    """Lines rejected for one reason, and the first of them."""

    reason: str
    lines: int
    examples: tuple[Line, ...]


@dataclass(frozen=True)
class Diagnosis:
    """What is to be known about one source.

    `columns`: canonical columns that the format can carry → records with a value there. `formats`: name → records.
    `first_lines`: of a given file that is no known log. Times are RFC 3339 in UTC.
    """

    path: str
    container: str
    bytes: int
    vendor: str | None
    format: str | None
    evidence: str
    certain: bool | None
    lines: int
    records: int
    rejected: int
    blank: int
    skipped: int
    filtered: int
    skipped_why: dict[str, int]
    formats: dict[str, int]
    columns: dict[str, int]
    start: str | None
    end: str | None
    replaced: int
    problem: str | None
    rejects: tuple[Rejects, ...]
    first_lines: tuple[Line, ...]
    advice: tuple[str, ...]


@dataclass
class _Seen:
    """What was seen in one source; sums up over its batches."""

    read: Read = field(default_factory=Read)
    skipped: dict[str, int] = field(default_factory=dict)
    formats: dict[str, int] = field(default_factory=dict)
    values: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)
    replaced: int = 0
    start: datetime | None = None
    end: datetime | None = None

    def add(self, other: _Seen) -> None:
        """Take in what was seen in the next batch."""
        self.read += other.read
        self.replaced += other.replaced
        for mine, theirs in (
            (self.skipped, other.skipped),
            (self.formats, other.formats),
            (self.values, other.values),
        ):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
        for reason, count in other.rejected.items():
            name = reason if reason in self.rejected or len(self.rejected) < REASONS else OTHER
            self.rejected[name] = self.rejected.get(name, 0) + count
            kept = self.examples.setdefault(name, [])
            kept += other.examples.get(reason, [])[: EXAMPLES - len(kept)]
        self.tried += other.tried[: TRIED - len(self.tried)]
        self.start = min(filter(None, (self.start, other.start)), default=None)
        self.end = max(filter(None, (self.end, other.end)), default=None)


def doctor(call: Reading, *, as_json: bool) -> Exit:
    """Read every PATH and write what is to be known about how it was read."""
    scan = open_scan(call, spool_limit=0)
    seen = [_Seen() for _ in scan.states]
    with progress(scan, wanted=call.progress):
        for number, part in scan.batches(tuple(parsers.SCHEMA), _look):
            seen[number].add(part)
    problems, code = judge(call.paths, scan, [one.read for one in seen])
    found = [_diagnosis(state, one, call) for state, one in zip(scan.states, seen, strict=True)]
    if as_json:
        errors = [{"path": error.path, "problem": error.problem} for error in scan.errors]
        sources = [asdict(diagnosis) for diagnosis in found]
        result(json.dumps({"sources": sources, "errors": errors}, indent=2) + "\n")
    else:
        result("".join(f"{line}\n" for diagnosis in found for line in _page(diagnosis)))
    for line in problems:
        problem(line)
    return code


def _look(batch: parsers.Batch) -> tuple[int, _Seen]:
    """Return what was seen in one batch; runs in a worker."""
    records = batch.records
    counts = records.select(pl.all().count()).row(0, named=True)
    groups = batch.rejects.group_by("reason", maintain_order=True).agg(
        pl.len().alias("count"), pl.col("line", "text").head(EXAMPLES)
    )
    stamps = records["timestamp"]
    return batch.number, _Seen(
        read=read_of(batch),
        skipped=batch.skipped,
        formats=dict(records["format"].value_counts().iter_rows()),
        values={name: count for name, count in counts.items() if count},
        rejected=dict(groups.select("reason", "count").iter_rows()),
        examples={
            reason: list(zip(lines, texts, strict=True))
            for reason, lines, texts in groups.select("reason", "line", "text").iter_rows()
        },
        tried=batch.rejects["text"].head(TRIED).to_list(),
        replaced=batch.replaced,
        start=_moment(stamps.min()),
        end=_moment(stamps.max()),
    )


def _moment(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _diagnosis(state: parsers.SourceState, seen: _Seen, call: Reading) -> Diagnosis:
    recognition = state.recognition
    formats = recognition.formats if recognition else ()
    carried = engine.carried(formats[0]) if formats else set()
    return Diagnosis(
        path=state.path,
        container=state.container,
        bytes=state.bytes_read,
        vendor=formats[0].vendor if formats else None,
        format=formats[0].name if formats else None,
        evidence=recognition.evidence if recognition else "",
        certain=recognition.certain if recognition and formats else None,
        lines=seen.read.lines,
        records=seen.read.records,
        rejected=seen.read.rejected,
        blank=seen.read.blank,
        skipped=seen.read.skipped,
        filtered=seen.read.filtered,
        skipped_why=dict(sorted(seen.skipped.items())),
        formats=dict(sorted(seen.formats.items(), key=_falling)),
        columns={
            name: seen.values.get(name, 0) for name in parsers.SCHEMA if name in carried | seen.values.keys()
        },
        start=_written(seen.start),
        end=_written(seen.end),
        replaced=seen.replaced,
        problem=state.problem,
        rejects=tuple(
            Rejects(
                reason,
                count,
                tuple(
                    _misfit(number, text, misfit(text, formats[0])) for number, text in seen.examples[reason]
                ),
            )
            for reason, count in sorted(seen.rejected.items(), key=_falling)
        ),
        first_lines=() if formats or not state.source.given else _first_lines(state),
        advice=tuple(_advice(state, seen, call)),
    )


def _falling(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else str(pl.Series([moment]).dt.strftime(TIME)[0])


def _misfit(number: int, text: str, place: Misfit | None) -> Line:
    """Return one line, masked, cut in two where it stops fitting."""
    if place is None:
        return Line(number, None, "", None, mask(text[: BEFORE + AFTER]))
    if place.expected is None:  # its values are the trouble: all of it counts
        return Line(number, place.format.name, "", None, mask(text[:500])[: BEFORE + AFTER])
    shown = mask(text[: place.end + 1_000])
    # Where a secret stood before the place, the place has moved: it is looked up again in what is shown.
    end = place.end if shown[: place.end] == text[: place.end] else misfit(shown, place.format).end
    return Line(
        number, place.format.name, shown[max(0, end - BEFORE) : end], place.expected, shown[end : end + AFTER]
    )


def _first_lines(state: parsers.SourceState) -> tuple[Line, ...]:
    """Return the first lines of a source that is no known log, each beside the format that it is nearest to."""
    strict = [form for form in parsers.FORMATS if form.name not in LOOSE]
    lines = [(number, text) for number, text in enumerate(_head(state), 1) if text.strip()]
    return tuple(_misfit(number, text, nearest(text, strict)) for number, text in lines[:EXAMPLES])


def _head(state: parsers.SourceState) -> list[str]:
    """Return the first lines of a file; none of a binary one, of a stream, or of one that cannot be read."""
    if state.failed or state.source.is_stream:
        return []
    try:
        chunk = next(Reader(state.source, max_expansion=float("inf")).chunks(HEAD), None)
    except parsers.LogError:
        return []
    if chunk is None or chunk.too_long is not None or b"\0" in chunk.data:
        return []
    return chunk.data[:HEAD].decode("utf-8", "replace").splitlines()[: 10 * EXAMPLES]


def _advice(state: parsers.SourceState, seen: _Seen, call: Reading) -> Iterator[str]:
    """Yield what would help, each in a sentence."""
    recognition = state.recognition
    if recognition and recognition.formats and not recognition.certain:
        yield "if Apache wrote it, say so: --vendor apache"
    if recognition and recognition.formats and call.vendor and not seen.read.records and seen.read.rejected:
        yield f"without --vendor {call.vendor} the content is asked"
    if seen.tried and recognition:
        for vendor, count in _other_vendors(seen.tried, recognition.vendor):
            yield (
                f"{count:,} of {len(seen.tried):,} rejected lines looked at are lines of {TITLES[vendor]}: "
                f"if they are its log, keep them in a file of their own, or say --vendor {vendor}"
            )
    if engine.CUT in seen.rejected:
        yield "the last line is cut off: the file was still being written, or was cut when it was copied"
    if seen.replaced:
        yield f"lines with bytes that are no UTF-8: {seen.replaced:,}; each such byte is read as U+FFFD"
    loose = sum(count for name, count in seen.formats.items() if name in LOOSE)
    if loose:
        yield f"lines that are damaged or carry other fields: {loose:,}; they were read as far as they go"


def _other_vendors(lines: Sequence[str], own: str | None) -> Iterator[tuple[str, int]]:
    """Yield the vendors whose formats take at least half of the lines, with the number that they take."""
    frame = pl.DataFrame({engine.TEXT: lines}, schema={engine.TEXT: pl.String}).with_row_index(engine.ROW)
    for vendor in parsers.VENDORS:
        formats: list[Format] = [
            form for form in parsers.FORMATS if form.vendor == vendor and form.name not in LOOSE
        ]
        if vendor != own and formats:
            count = engine.parse(frame, formats, ("timestamp",)).records.height
            if 2 * count >= len(lines):
                yield vendor, count


def _page(found: Diagnosis) -> Iterator[str]:
    """Yield what a person reads about one source; every line of it may hold what strangers wrote."""
    yield printable(found.path)
    for label, text in _facts(found):
        yield f"  {label:<9} {printable(text)}"
    for group in found.rejects:
        yield f"  {'rejected':<9} {group.lines:,} × {printable(group.reason)}"
        for line in group.examples:
            yield from _quoted(line)
    if found.first_lines:
        yield "  begins"
    for line in found.first_lines:
        yield from _quoted(line)
    for advice in found.advice:
        yield f"  {'advice':<9} {printable(advice)}"
    yield ""


def _facts(found: Diagnosis) -> Iterator[tuple[str, str]]:
    what = found.format or "no log that is known here"
    yield "is", f"{what}, {found.container}, {found.bytes:,} bytes"
    if found.problem:
        yield "problem", found.problem
    if found.evidence and found.evidence != found.problem:
        yield "evidence", found.evidence
    if not found.lines:
        return
    yield (
        "lines",
        str(Read(found.lines, found.records, found.rejected, found.blank, found.skipped, found.filtered)),
    )
    if found.skipped_why:
        yield "skipped", ", ".join(f"{count:,} {reason}" for reason, count in found.skipped_why.items())
    if found.start and found.end:
        yield "time", f"{found.start} to {found.end}"
    if len(found.formats) > 1:
        yield "formats", ", ".join(f"{count:,} {name}" for name, count in found.formats.items())
    if found.records:
        yield "columns", ", ".join(name for name, count in found.columns.items() if count)
    if never := [name for name, count in found.columns.items() if not count]:
        yield "no value", ", ".join(never)


def _quoted(line: Line) -> Iterator[str]:
    """Yield a log line and, under the place where it stops fitting, what was expected there."""
    from rich.cells import cell_len

    before = f"    line {line.line}: {'…' if len(line.fits) == BEFORE else ''}{printable(line.fits)}"
    yield before + printable(line.text)
    if line.format is None:
        return
    if line.expected is None:
        yield f"    {line.format} fits as a whole; a value in it cannot be"
        return
    found = "" if line.text else "the line ends here; "
    yield f"{' ' * cell_len(before)}^ {found}{line.format} expects `{printable(line.expected)}`"
