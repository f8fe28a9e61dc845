"""`doctor`: what each source was taken for and why, what does not fit and where, and what would help."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

import parsers
from loganalyzer.cli.exits import Exit
from loganalyzer.cli.fit import misfit, nearest
from loganalyzer.cli.records import TIME, read_of
from loganalyzer.cli.terminal import columns_of, fill, printable, problem, progress, result, width
from loganalyzer.cli.verdict import Read, judge, open_scan
from parsers import engine, envelopes, foreign, sniff
from parsers.again import SourceChangedError, again
from parsers.pseudonyms import shape as shape_of
from parsers.sniff import LOOSE
from parsers.source import Reader
from parsers.spec import LineFormat
from parsers.suggest import suggest as suggest_format
from reports.logtext import mask
from reports.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loganalyzer.cli.fit import Misfit
    from loganalyzer.cli.options import Language, Reading
    from parsers.sniff import Recognition
    from parsers.source import Chunk
    from parsers.spec import Format

EXAMPLES: Final = 3
"""Lines shown for each group of rejects."""

KEPT: Final = 8
"""Lines kept of each shape: more than are shown, to find out what they are."""

LONGEST: Final = 1 << 14
"""Characters kept of a line."""

SHAPES: Final = 200
"""Shapes of rejected lines told apart in one source while it is read."""

GROUPS: Final = 20
"""Groups of rejects told apart in the end."""

OTHER: Final = "other reasons"

_ALIKE: Final = (
    (r'"(?:[^"\\]|\\.)*"', '"…"'),
    (r"\[[^\]]*\]", "[…]"),
    (r"/[^ ]+", "/…"),
    (r"[0-9A-Fa-f]*[0-9][0-9A-Fa-f.,:-]*", "0"),
)
"""What two lines of one shape may differ in: quoted and bracketed text, paths, and whatever numbers are in."""

SHAPE: Final = 120
"""Characters of a shape."""

OPEN: Final = 0.5
"""Share of lines not read from which on a format of their own is looked for: one that is given stands alone."""

FEW: Final = 3
"""Lines from which on a format of their own is looked for."""

ALTERNATIVES: Final = 5

SAMPLE: Final = 200
"""Lines from the start of a source that the alternatives are tried on."""

SPOOL: Final = 64 << 20
"""Bytes of a stream that are kept to look at its first lines again."""

SURE: Final = 0.99
HALF: Final = 0.5
"""Shares of the lines read from which on the confidence is high, or not low."""

TRIED: Final = 200
"""Rejected lines that are tried with the formats of other vendors."""

BEFORE: Final = 60
AFTER: Final = 60
"""Characters shown on either side of the place where a line stops fitting."""

HEAD: Final = 1 << 16
"""Bytes of a file that is no known log of which lines are shown."""

ALWAYS: Final = frozenset({"source", "line", "vendor", "format", "server", "timestamp", "weight", "role"})
"""Columns that say nothing about a log: every record has them, or the caller fills them."""

UNKNOWN: Final = "not recognised"
"""How the evidence begins where it names no other program."""

LISTED: Final = 12
"""Files of a folder that are no logs, named together."""

PAGE: Final = 110
LABEL: Final = 12
"""Columns of the page, and those that stand before its texts."""

TITLES: Final = {"nginx": "nginx", "apache": "Apache", "cloudflare": "Cloudflare", "cisco_wsa": "Cisco WSA"}


@dataclass(frozen=True)
class Line:
    """A line that does not fit, masked: the end of what fits, what was expected behind it, and what stands there.

    `line` counts from 1, and so does `position`, the character where it stops; `format` is null where no format is
    near, `expected` where all of the line fits.
    """

    line: int
    format: str | None
    fits: str
    expected: str | None
    text: str
    position: int = 1


@dataclass(frozen=True)
class Rejects:
    """Lines rejected for one reason at one kind of place, and the first of them.

    `format` is the one that the first fits furthest, `position` the character from 1 where it stops, `expected` what
    should stand there, `token` what does. `shape` is the first line without what differs; `advice` what would help.
    """

    reason: str
    lines: int
    format: str | None
    position: int | None
    expected: str | None
    token: str | None
    shape: str
    examples: tuple[Line, ...]
    advice: str | None


@dataclass(frozen=True)
class Alternative:
    """Another format, and how many of the first lines it reads."""

    format: str
    vendor: str
    reads: int
    lines: int


@dataclass(frozen=True)
class Suggested:
    """A format text for `--log-format`, and how many of the lines looked at it reads.

    `good`: enough of them. `option`: ready for a shell, null where the text is not good. `stops`: the first line that
    it does not read, and where; `problem`: why the text does not compile.
    """

    text: str
    reads: int
    lines: int
    good: bool
    option: str | None
    problem: str | None
    stops: Line | None


@dataclass(frozen=True)
class Diagnosis:
    """What is to be known about one source.

    `columns`: canonical columns that the format can carry → records with a value there. `formats`: name → records.
    `confidence`: high, medium or low, and why no more; null where nothing was recognised. `loose`: the first lines that
    were read only as far as they go. `first_lines`: of a given file that is no
    known log. `outside`: `before` or `after` the span that is wanted, so that it was not read. Times are RFC 3339
    in UTC.
    """

    path: str
    container: str
    bytes: int
    vendor: str | None
    format: str | None
    evidence: str
    certain: bool | None
    confidence: str | None
    confidence_why: str | None
    alternatives: tuple[Alternative, ...]
    lines: int
    records: int
    rejected: int
    blank: int
    skipped: int
    filtered: int
    skipped_why: dict[str, int]
    formats: dict[str, int]
    loose: tuple[int, ...]
    columns: dict[str, int]
    start: str | None
    end: str | None
    replaced: int
    problem: str | None
    outside: str | None
    rejects: tuple[Rejects, ...]
    first_lines: tuple[Line, ...]
    suggestion: Suggested | None
    advice: tuple[str, ...]


Shape = tuple[str, str]
"""A reason, and what the lines rejected for it look like."""


@dataclass
class _Seen:
    """What was seen in one source; sums up over its batches."""

    read: Read = field(default_factory=Read)
    skipped: dict[str, int] = field(default_factory=dict)
    formats: dict[str, int] = field(default_factory=dict)
    values: dict[str, int] = field(default_factory=dict)
    rejected: dict[Shape, int] = field(default_factory=dict)
    examples: dict[Shape, list[tuple[int, str]]] = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)
    loose: list[int] = field(default_factory=list)
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
        for shape, count in other.rejected.items():
            kind = shape if shape in self.rejected or len(self.rejected) < SHAPES else (OTHER, "")
            self.rejected[kind] = self.rejected.get(kind, 0) + count
            kept = self.examples.setdefault(kind, [])
            kept += other.examples.get(shape, [])[: KEPT - len(kept)]
        self.tried += other.tried[: TRIED - len(self.tried)]
        self.loose += other.loose[: EXAMPLES - len(self.loose)]
        self.start = min(filter(None, (self.start, other.start)), default=None)
        self.end = max(filter(None, (self.end, other.end)), default=None)


def doctor(call: Reading, *, as_json: bool, suggest: bool, lang: Language) -> Exit:
    """Read every PATH and write what is to be known about how it was read."""
    scan = open_scan(
        replace(call, key=None), spool_limit=SPOOL
    )  # where a line stops fitting, only itself can say
    seen = [_Seen() for _ in scan.states]
    with progress(scan, wanted=call.progress):
        for number, part in scan.batches(tuple(parsers.SCHEMA), _look):
            seen[number].add(part)
    problems, code = judge(call, scan, [one.read for one in seen], lang)
    found = [
        _diagnosis(state, one, call, wanted=suggest) for state, one in zip(scan.states, seen, strict=True)
    ]
    scan.close()
    if call.key is not None:
        found = [_anonymous(diagnosis) for diagnosis in found]
    if as_json:
        errors = [{"path": error.path, "problem": error.problem} for error in scan.errors]
        sources = [asdict(diagnosis) for diagnosis in found]
        result(json.dumps({"sources": sources, "errors": errors}, indent=2) + "\n")
    else:
        result("".join(f"{line}\n" for line in _pages(found, scan, Words(lang, scan.shown_in))))
    for line in problems:
        problem(line)
    return code


def _anonymous(found: Diagnosis) -> Diagnosis:
    """Return what is known of a source without a word of its lines."""

    def line(one: Line) -> Line:
        return replace(one, fits=shape_of(one.fits), text=shape_of(one.text))

    def rejects(one: Rejects) -> Rejects:
        token = None if one.token is None else shape_of(one.token)
        examples = tuple(line(example) for example in one.examples)
        return replace(one, token=token, shape=shape_of(one.shape), examples=examples)

    suggestion = found.suggestion
    if suggestion is not None:  # its fields are names of ours, what stands between them was in every line
        text = _BETWEEN.sub(lambda part: part[1] or shape_of(part[0]), suggestion.text)
        option = suggestion.option if text == suggestion.text else None
        stops = line(suggestion.stops) if suggestion.stops else None
        suggestion = replace(suggestion, text=text, option=option, stops=stops)
    return replace(
        found,
        rejects=tuple(rejects(one) for one in found.rejects),
        first_lines=tuple(line(one) for one in found.first_lines),
        suggestion=suggestion,
    )


_BETWEEN: Final = re.compile(r"(\$\w+|%[<>]?(?:\{[^}]*\})?\^?\w+)|[^$%]+|.")


def _look(batch: parsers.Batch) -> tuple[int, _Seen]:
    """Return what was seen in one batch; runs in a worker."""
    records = batch.records
    counts = records.select(pl.all().count()).row(0, named=True)
    text = pl.col("text").str.slice(0, LONGEST)
    groups = (
        batch.rejects.with_columns(text, _shape(text).alias("shape"))
        .group_by("reason", "shape", maintain_order=True)
        .agg(pl.len().alias("count"), pl.col("line", "text").head(KEPT))
    )
    stamps = records["timestamp"]
    return batch.number, _Seen(
        read=read_of(batch),
        skipped=batch.skipped,
        formats=dict(records["format"].value_counts().iter_rows()),
        values={name: count for name, count in counts.items() if count},
        rejected={
            (reason, shape): count
            for reason, shape, count in groups.select("reason", "shape", "count").iter_rows()
        },
        examples={
            (reason, shape): list(zip(lines, texts, strict=True))
            for reason, shape, lines, texts in groups.select("reason", "shape", "line", "text").iter_rows()
        },
        tried=batch.rejects["text"].head(TRIED).to_list(),
        loose=records.filter(pl.col("format").is_in(list(LOOSE)))["line"].head(EXAMPLES).to_list(),
        replaced=batch.replaced,
        start=_moment(stamps.min()),
        end=_moment(stamps.max()),
    )


def _shape(text: pl.Expr) -> pl.Expr:
    """Return the line without what differs between lines that are alike."""
    shape = text.str.slice(0, 1_000)
    for pattern, replacement in _ALIKE:
        shape = shape.str.replace_all(pattern, replacement)
    return shape.str.slice(0, SHAPE)


def _moment(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _diagnosis(state: parsers.SourceState, seen: _Seen, call: Reading, *, wanted: bool) -> Diagnosis:
    recognition = state.recognition
    formats = recognition.formats if recognition else ()
    head = _head(state) if _wanted(state) or seen.read.rejected or wanted else []
    groups = _groups(seen, recognition)
    suggestion = _suggestion(state, seen, head, call)
    trust, doubt = _confidence(recognition, seen.read) if recognition and formats else (None, None)
    carried = engine.carried(formats[0]) if formats else set()
    return Diagnosis(
        path=state.path,
        container=state.container,
        bytes=state.bytes_read,
        vendor=formats[0].vendor if formats else None,
        format=formats[0].name if formats else None,
        evidence=recognition.evidence if recognition else "",
        certain=recognition.certain if recognition and formats else None,
        confidence=trust,
        confidence_why=doubt,
        alternatives=_alternatives(head, recognition),
        lines=seen.read.lines,
        records=seen.read.records,
        rejected=seen.read.rejected,
        blank=seen.read.blank,
        skipped=seen.read.skipped,
        filtered=seen.read.filtered,
        skipped_why=dict(sorted(seen.skipped.items())),
        formats=dict(sorted(seen.formats.items(), key=_falling)),
        loose=tuple(seen.loose),
        columns={
            name: seen.values.get(name, 0) for name in parsers.SCHEMA if name in carried | seen.values.keys()
        },
        start=_written(seen.start),
        end=_written(seen.end),
        replaced=seen.replaced,
        problem=state.problem,
        outside=state.outside,
        rejects=tuple(groups),
        first_lines=() if formats or not _wanted(state) else _first_lines(head),
        suggestion=suggestion if wanted else None,
        advice=tuple(_advice(state, seen, call, None if wanted else suggestion, head)),
    )


def _wanted(state: parsers.SourceState) -> bool:
    """Whether a reader takes a source for a log: one that is named, or that calls itself one and is no other's."""
    if state.source.given or state.problem:
        return True
    unknown = state.recognition is not None and state.recognition.evidence.startswith(UNKNOWN)
    return unknown and "log" in Path(state.source.path).name.lower()


def _confidence(recognition: Recognition, read: Read) -> tuple[str, str | None]:
    """Return how far the choice of the format may be trusted, by the lines that it reads and what spoke for it."""
    lines = read.lines - read.blank - read.skipped
    share = (read.records + read.filtered) / lines if lines else 1.0
    doubt = (
        None
        if share >= SURE
        else f"it reads {Words().percent(read.records + read.filtered, lines)} of the lines"
    )
    if share < HALF:
        return "low", doubt
    if not recognition.certain:
        return "medium", "nothing tells nginx from Apache"
    return ("medium", doubt) if doubt else ("high", None)


def _alternatives(
    head: Sequence[tuple[int, str]], recognition: Recognition | None
) -> tuple[Alternative, ...]:
    """Return the other formats that read some of the first lines, the best first."""
    chosen = recognition.formats[0].name if recognition and recognition.formats else None
    frame = _frame([text for _, text in head[:SAMPLE]])
    found = []
    for form in parsers.FORMATS:
        if form.name not in {chosen, *LOOSE} and frame.height:
            reads = engine.parse(frame, (form,), ("timestamp",)).records.height
            found.append(Alternative(form.name, form.vendor, reads, frame.height))
    found.sort(key=lambda one: -one.reads)
    return tuple(one for one in found[:ALTERNATIVES] if one.reads)


def _frame(lines: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame({engine.TEXT: lines}, schema={engine.TEXT: pl.String}).with_row_index(engine.ROW)


def _groups(seen: _Seen, recognition: Recognition | None) -> list[Rejects]:
    """Return the rejects in groups of like lines: of one reason, that stop at like places."""
    merged: dict[tuple[str, ...], list[Shape]] = {}
    for shape in seen.rejected:
        (_, text), *_ = seen.examples[shape]
        bare = _bare([text], recognition)[0]
        if name := _program(bare, recognition):  # however different its lines look
            merged.setdefault((shape[0], "", name), []).append(shape)
            continue
        place = _place(bare, recognition)
        what = (
            (place.expected or "", _token(text, place, recognition))
            if place and place.end
            else ("", shape[1])
        )
        merged.setdefault((shape[0], *what), []).append(shape)
    groups = sorted(merged.values(), key=lambda shapes: -sum(seen.rejected[shape] for shape in shapes))
    if len(groups) > GROUPS:
        groups = [*groups[:GROUPS], [shape for shapes in groups[GROUPS:] for shape in shapes]]
    return [
        _group(seen, shapes, recognition, OTHER if number == GROUPS else shapes[0][0])
        for number, shapes in enumerate(groups)
    ]


def _place(text: str, recognition: Recognition | None) -> Misfit | None:
    """Return where a line stops fitting the format of its source."""
    return misfit(text, recognition.formats[0]) if recognition and recognition.formats else None


def _bare(lines: Sequence[str], recognition: Recognition | None) -> list[str]:
    """Return the lines without what every line of the source stands in."""
    if recognition is None or recognition.envelope is None:
        return list(lines)
    inner = envelopes.unwrapped(_frame(lines), recognition.envelope)[engine.TEXT]
    return [text or "" for text in inner]


def _program(text: str, recognition: Recognition | None) -> str | None:
    """Return whose log a line is that is none of ours; one that fits as far as its time is ours, and broken."""
    place = _place(text, recognition)
    return None if place and "timestamp" in place.fields else foreign.named(pl.Series([text]))


def _token(text: str, place: Misfit, recognition: Recognition | None) -> str:
    """Return what kind of thing stands where a line stops fitting."""
    rest = _bare([text], recognition)[0][place.end :]
    shape = pl.select(_shape(pl.lit(rest)))
    return str(shape.item()).split(" ", 1)[0]


def _group(seen: _Seen, shapes: Sequence[Shape], recognition: Recognition | None, reason: str) -> Rejects:
    examples = [example for shape in shapes for example in seen.examples[shape]]
    examples.sort()
    texts = _bare([text for _, text in examples], recognition)
    alien = reason.startswith(engine.TOO_LONG) or _program(texts[0], recognition) is not None
    lines = tuple(
        _misfit(number, text, None if alien else _place(text, recognition))
        for (number, _), text in zip(examples[:EXAMPLES], texts, strict=False)
    )
    place = None if alien else _place(texts[0], recognition)
    first = lines[0]
    stops = place is not None and place.expected is not None
    return Rejects(
        reason=reason,
        lines=sum(seen.rejected[shape] for shape in shapes),
        format=first.format,
        position=place.end + 1 if place is not None and stops else None,
        expected=first.expected,
        token=first.text.split(" ", 1)[0] if stops else None,
        shape=mask(shapes[0][1]),
        examples=lines,
        advice=_remedy(reason, texts, place, recognition),
    )


def _remedy(
    reason: str, texts: Sequence[str], place: Misfit | None, recognition: Recognition | None
) -> str | None:
    """Return what the lines of a group are, or what would help."""
    if reason in _REMEDIES:
        return _REMEDIES[reason]
    if reason.startswith(engine.TOO_LONG):
        return "no server writes requests of that length: the file may be damaged"
    own = recognition.vendor if recognition else None
    found = sniff.recognise("\n".join(texts).encode(), parsers.STDIN)
    if found.formats and found.formats[0].name not in LOOSE and found.vendor != own:
        title = found.formats[0].title
        return f"lines of another log: {title} reads them; without --vendor they are read beside the others"
    if (
        found.declined
        and not found.evidence.startswith(UNKNOWN)
        and (place is None or "timestamp" not in place.fields)
    ):
        return found.evidence
    return None


_REMEDIES: Final = {
    engine.IMPOSSIBLE_TIME: "the date or the time of day does not exist, or the month has no English name",
    engine.OUT_OF_RANGE: "a number is larger than any status, size or duration can be",
}


def _suggestion(
    state: parsers.SourceState, seen: _Seen, head: Sequence[tuple[int, str]], call: Reading
) -> Suggested | None:
    """Return a format text for the lines that no format reads in full, null where there are none such."""
    recognition = state.recognition
    if call.log_format is not None or call.vendor not in {None, "nginx"}:
        return None  # the text is nginx's, and is read as such
    sample = _not_read(recognition, seen, head)
    lines = _bare([text for _, text in sample], recognition)
    found = suggest_format(lines) if len(lines) >= FEW else None
    if found is None or not (found.good or (state.source.given and (found.reads or found.problem))):
        return None  # whatever lies in a folder need not be a log
    stops = None
    if found.unread is not None and found.format is not None:
        number = sample[lines.index(found.unread)][0]
        stops = _misfit(number, found.unread, misfit(found.unread, found.format))
    option = f"--log-format {shlex.quote(found.text)}" if found.good and found.text.isprintable() else None
    return Suggested(found.text, found.reads, found.lines, found.good, option, found.problem, stops)


def _not_read(
    recognition: Recognition | None, seen: _Seen, head: Sequence[tuple[int, str]]
) -> Sequence[tuple[int, str]]:
    """Return lines of which no format, or one that drops a part of them, is known."""
    if recognition is None or not recognition.formats:
        return head
    read = seen.read.records + seen.read.filtered
    if not read:
        return head
    partly = sum(count for name, count in seen.formats.items() if name in LOOSE or name in _PARTLY)
    if 2 * partly > read:
        return head
    if seen.read.rejected < OPEN * (read + seen.read.rejected):
        return []
    examples = [example for kept in seen.examples.values() for example in kept]
    return sorted(examples)


_PARTLY: Final = {
    form.name
    for form in parsers.FORMATS
    if isinstance(form, LineFormat) and form.template and "{rest}" in form.template
}
"""Formats that leave the end of a line unread."""


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
        number,
        place.format.name,
        shown[max(0, end - BEFORE) : end],
        place.expected,
        shown[end : end + AFTER],
        place.end + 1,
    )


def _first_lines(head: Sequence[tuple[int, str]]) -> tuple[Line, ...]:
    """Return the first lines of a source that is no known log, each beside the format that it is nearest to."""
    strict = [form for form in parsers.FORMATS if form.name not in LOOSE]
    return tuple(_misfit(number, text, nearest(text, strict)) for number, text in head[:EXAMPLES])


def _head(state: parsers.SourceState) -> list[tuple[int, str]]:
    """Return the first lines of a source that hold anything; none of a binary one or one that cannot be read."""
    if state.failed:
        return []
    try:
        chunk = next(_chunks(state), None)
    except (parsers.LogError, SourceChangedError):
        return []
    if chunk is None or chunk.too_long is not None or b"\0" in chunk.data:
        return []
    text = chunk.data[:HEAD].decode("utf-8", "replace")
    lines = text.splitlines() if len(chunk.data) <= HEAD else text.splitlines()[:-1]
    return [(number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _chunks(state: parsers.SourceState) -> Iterator[Chunk]:
    if state.source.is_stream:
        return again(state, [parsers.Slice(0, None, 1)], float("inf"))
    return Reader(state.source, max_expansion=float("inf")).chunks(HEAD)


_MONTH: Final = re.compile(
    r"\[\d\d?[/ ](?!(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[/ ])([^\d\s/\]]{2,9})[/ ]\d{4}[: ]"
)


def _foreign_month(head: Sequence[tuple[int, str]]) -> str | None:
    """Return the first month in a time in brackets whose name is not English."""
    found = (_MONTH.search(line) for _, line in head[:SAMPLE])
    return next((month[1] for month in found if month), None)


def _advice(
    state: parsers.SourceState,
    seen: _Seen,
    call: Reading,
    suggestion: Suggested | None,
    head: Sequence[tuple[int, str]],
) -> Iterator[str]:
    """Yield what would help, each in a sentence."""
    recognition = state.recognition
    if month := _foreign_month(head):
        yield (
            f"the month is not written in English ({month}): the server ran in another language; "
            "with LC_TIME=C it writes the names that are read here"
        )
    if recognition and recognition.formats and call.vendor and not seen.read.records and seen.read.rejected:
        yield f"without --vendor {call.vendor} the content is asked"
    if seen.tried and recognition:
        for vendor, count in _other_vendors(seen.tried, recognition.vendor):
            yield (
                f"{count:,} of {len(seen.tried):,} rejected lines looked at are lines of {TITLES[vendor]}: "
                f"if they are its log, keep them in a file of their own, or say --vendor {vendor}"
            )
    if suggestion is not None and suggestion.good:
        yield (
            f"loganalyzer doctor --suggest knows a --log-format that reads {suggestion.reads:,} of "
            f"{suggestion.lines:,} such lines whole"
        )
    if any(reason == engine.CUT for reason, _ in seen.rejected):
        yield "the last line is cut off: the file was still being written, or was cut when it was copied"
    if seen.replaced:
        yield f"lines with bytes that are no UTF-8: {seen.replaced:,}; each such byte is read as U+FFFD"
    loose = sum(count for name, count in seen.formats.items() if name in LOOSE)
    if loose:
        first = ", ".join(f"{number:,}" for number in seen.loose)
        more = ", …" if loose > len(seen.loose) else ""
        yield f"lines that are damaged or carry other fields: {loose:,} ({first}{more}); read as far as they go"


def _other_vendors(lines: Sequence[str], own: str | None) -> Iterator[tuple[str, int]]:
    """Yield the vendors whose formats take at least half of the lines, with the number that they take."""
    frame = _frame(lines)
    for vendor in parsers.VENDORS:
        formats: list[Format] = [
            form for form in parsers.FORMATS if form.vendor == vendor and form.name not in LOOSE
        ]
        if vendor != own and formats:
            count = engine.parse(frame, formats, ("timestamp",)).records.height
            if 2 * count >= len(lines):
                yield vendor, count


def _pages(found: Sequence[Diagnosis], scan: parsers.Scan, words: Words) -> Iterator[str]:
    """Yield what a person reads: every log, what of a folder is none, and all together where there are several."""
    folded: dict[str, list[str]] = {}
    for diagnosis, state in zip(found, scan.states, strict=True):
        if diagnosis.format is None and not _wanted(state) and not diagnosis.suggestion:
            folded.setdefault(diagnosis.evidence, []).append(diagnosis.path)
        else:
            yield from _page(diagnosis, words)
    for why, paths in folded.items():
        files = words.count("file", len(paths))
        yield words("doctor.left_out", files=files, why=printable(words.reason(why)))
        yield from _wrapped("", ", ".join([*paths[:LISTED], *(["…"] if len(paths) > LISTED else [])]))
        yield ""
    if len(found) > 1:
        logs = sum(diagnosis.format is not None for diagnosis in found)
        total = Read()
        for one in found:
            if one.format is not None:
                total += Read(one.lines, one.records, one.rejected, one.blank, one.skipped, one.filtered)
        files = words.count("file", len(found))
        yield words(
            "doctor.total", logs=words.count("recognised", logs), files=files, ledger=total.told(words)
        )


def _page(found: Diagnosis, words: Words) -> Iterator[str]:
    """Yield what a person reads about one source; every line of it may hold what strangers wrote."""
    yield printable(found.path)
    for label, text in _facts(found, words):
        yield from _wrapped(words(f"doctor.{label}"), text)
    for group in found.rejects:
        why = printable(words.reason(group.reason))
        yield f"  {_label(words('doctor.rejected'))} {group.lines:,} × {why}{_numbers(group, words)}"
        yield from _quoted(group.examples[0], words)
        if group.advice:
            yield f"    {printable(words.reason(group.advice))}"
    if found.first_lines:
        yield f"  {words('doctor.begins')}"
    for line in found.first_lines:
        yield from _quoted(line, words)
    if found.suggestion:
        yield from _offer(found.suggestion, words)
    for advice in found.advice:
        yield from _wrapped(words("doctor.advice"), words.reason(advice))
    yield ""


def _label(text: str) -> str:
    """Return a label that fills its columns."""
    return text + " " * (LABEL - 3 - columns_of(text))


def _numbers(group: Rejects, words: Words) -> str:
    """Return the numbers of the first lines of a group that has several."""
    if group.lines == 1:
        return ""
    first = ", ".join(f"{line.line:,}" for line in group.examples)
    return words("doctor.numbers", first=f"{first}{', …' if group.lines > len(group.examples) else ''}")


def _wrapped(label: str, text: str) -> Iterator[str]:
    """Yield a labelled text in lines that a terminal and a bug report hold."""
    lines = fill(printable(text), "", most=max(40, width(PAGE) - LABEL))
    for number, line in enumerate(lines):
        yield f"  {_label(label if number == 0 else '')} {line}"


def _offer(suggested: Suggested, words: Words) -> Iterator[str]:
    """Yield a format text ready to be pasted, or the best attempt and where it stops."""
    reads = words("doctor.reads", n=words.number(suggested.reads), lines=words.number(suggested.lines))
    if suggested.option:
        yield f"  {_label(words('doctor.suggested'))} {reads}:"
        yield f"    {printable(suggested.option)}"
    else:
        why = words.reason(suggested.problem) if suggested.problem else reads
        yield f"  {_label(words('doctor.attempt'))} {why}: {printable(suggested.text)}"
    if suggested.stops:
        yield from _quoted(suggested.stops, words)


def _facts(found: Diagnosis, words: Words) -> Iterator[tuple[str, str]]:
    facts = [found.format or words("doctor.nothing")]
    if found.confidence:
        level = words(f"doctor.{found.confidence}")
        doubt = f" ({words.reason(found.confidence_why)})" if found.confidence_why else ""
        facts.append(words("doctor.confidence", level=level, doubt=doubt))
    yield (
        "is",
        ", ".join(
            [
                *facts,
                words.name("container", found.container),
                words("size.bytes", n=words.number(found.bytes)),
            ]
        ),
    )
    if found.problem:
        yield "problem", words.reason(found.problem)
    if found.evidence and found.evidence != found.problem:
        yield "evidence", words.reason(found.evidence)
    if found.alternatives:
        others = [
            words("doctor.would_read", format=one.format, n=words.number(one.reads))
            for one in found.alternatives
        ]
        lines = words.count("line", found.alternatives[0].lines)
        yield "else", words("doctor.of_first", lines=lines, others=", ".join(others))
    yield from _ledger_facts(found, words)


def _ledger_facts(found: Diagnosis, words: Words) -> Iterator[tuple[str, str]]:
    """Yield what became of the lines."""
    if found.outside:
        yield (
            "lines",
            words.reason(
                f"not read: it lies more than a day {found.outside} what --since and --until ask for"
            ),
        )
    if not found.lines:
        return
    yield (
        "lines",
        Read(found.lines, found.records, found.rejected, found.blank, found.skipped, found.filtered).told(
            words
        ),
    )
    if found.skipped_why:
        yield (
            "skipped",
            ", ".join(f"{count:,} {words.reason(reason)}" for reason, count in found.skipped_why.items()),
        )
    if found.start and found.end:
        start, end = (datetime.fromisoformat(moment) for moment in (found.start, found.end))
        yield "time", words.span(start, end) if end > start else words.moment(start)
    if len(found.formats) > 1:
        yield "formats", ", ".join(f"{count:,} {name}" for name, count in found.formats.items())
    if found.records:
        told = {name: count for name, count in found.columns.items() if name not in ALWAYS}
        yield "columns", ", ".join(name for name, count in told.items() if count)
        if never := [name for name, count in told.items() if not count]:
            yield "no value", ", ".join(never)


def _quoted(line: Line, words: Words) -> Iterator[str]:
    """Yield a log line and, under the place where it stops fitting, what was expected there."""
    from rich.cells import cell_len

    number = words("doctor.line", n=str(line.line))
    before = f"    {number}{'…' if len(line.fits) == BEFORE else ''}{printable(line.fits)}"
    yield before + printable(line.text)
    if line.format is None:
        return
    if line.expected is None:
        yield f"    {words('doctor.whole', format=line.format)}"
        return
    found = words("doctor.character", n=f"{line.position:,}") if line.text else words("doctor.ends")
    expected = printable(words.reason(line.expected))
    yield f"{' ' * cell_len(before)}^ {words('doctor.expects', found=found, format=line.format, expected=expected)}"
