"""A source and what was seen in it → what is to be known about it: its format, what does not fit, what would help."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

import parsers
from loganalyzer.cli.fit import misfit, nearest
from loganalyzer.cli.records import TIME
from loganalyzer.cli.seen import EXAMPLES, OTHER, shaped
from parsers import engine, envelopes, foreign, sniff
from parsers.again import SourceChangedError, again
from parsers.sniff import LOOSE
from parsers.source import Reader
from parsers.spec import LineFormat
from parsers.suggest import suggest as suggest_format
from reports.logtext import mask
from reports.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from loganalyzer.cli.fit import Misfit
    from loganalyzer.cli.options import Reading
    from loganalyzer.cli.seen import Seen, Shape
    from loganalyzer.cli.verdict import Read
    from parsers.sniff import Recognition
    from parsers.source import Chunk
    from parsers.spec import Format

GROUPS: Final = 20
"""Groups of rejects told apart in the end."""

OPEN: Final = 0.5
"""Share of lines not read from which on a format of their own is looked for: one that is given stands alone."""

FEW: Final = 3
"""Lines from which on a format of their own is looked for."""

ALTERNATIVES: Final = 5

SAMPLE: Final = 200
"""Lines from the start of a source that the alternatives are tried on."""

SURE: Final = 0.99
HALF: Final = 0.5
"""Shares of the lines read from which on the confidence is high, or not low."""

BEFORE: Final = 60
AFTER: Final = 60
"""Characters shown on either side of the place where a line stops fitting."""

HEAD: Final = 1 << 16
"""Bytes of a file that is no known log of which lines are shown."""

UNKNOWN: Final = "not recognised"
"""How the evidence begins where it names no other program."""

TITLES: Final = {"nginx": "nginx", "apache": "Apache", "cloudflare": "Cloudflare", "cisco_wsa": "Cisco WSA"}


@dataclass(frozen=True)
class Line:
    """A line that does not fit, masked: the end of what fits, what was expected behind it, and what stands there.

    `line` counts from 1, and so does `position`, the character where it stops; `format` is null where no format is
    near, `expected` where all of the line fits; more stands before `fits` where it is `cut`.
    """

    line: int
    format: str | None
    fits: str
    expected: str | None
    text: str
    position: int = 1
    cut: bool = False


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


def diagnose(state: parsers.SourceState, seen: Seen, call: Reading, *, wanted: bool) -> Diagnosis:
    """Return what is to be known about a source; with a format text for its lines where one is wanted."""
    recognition = state.recognition
    formats = recognition.formats if recognition else ()
    head = _head(state) if is_wanted(state) or seen.read.rejected or wanted else []
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
        first_lines=() if formats or not is_wanted(state) else _first_lines(head),
        suggestion=suggestion if wanted else None,
        advice=tuple(_advice(state, seen, call, None if wanted else suggestion, head)),
    )


def is_wanted(state: parsers.SourceState) -> bool:
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


def _groups(seen: Seen, recognition: Recognition | None) -> list[Rejects]:
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
    shape = pl.select(shaped(pl.lit(rest)))
    return str(shape.item()).split(" ", 1)[0]


def _group(seen: Seen, shapes: Sequence[Shape], recognition: Recognition | None, reason: str) -> Rejects:
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
    state: parsers.SourceState, seen: Seen, head: Sequence[tuple[int, str]], call: Reading
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
    recognition: Recognition | None, seen: Seen, head: Sequence[tuple[int, str]]
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
        end > BEFORE,
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
    seen: Seen,
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
