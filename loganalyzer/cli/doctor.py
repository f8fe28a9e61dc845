"""`doctor`: paths → read → what is to be known about each source, as text or JSON."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

import parsers
from loganalyzer.cli.checkup import diagnose, is_wanted
from loganalyzer.cli.seen import Seen, look
from loganalyzer.cli.terminal import columns_of, fill, printable, problem, progress, result, width
from loganalyzer.cli.verdict import Read, judge, open_scan
from parsers.pseudonyms import shape as shape_of
from reports.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loganalyzer.cli.checkup import Diagnosis, Line, Rejects, Suggested
    from loganalyzer.cli.exits import Exit
    from loganalyzer.cli.options import Language, Reading

SPOOL: Final = 64 << 20
"""Bytes of a stream that are kept to look at its first lines again."""

ALWAYS: Final = frozenset({"source", "line", "vendor", "format", "server", "timestamp", "weight", "role"})
"""Columns that say nothing about a log: every record has them, or the caller fills them."""

LISTED: Final = 12
"""Files of a folder that are no logs, named together."""

PAGE: Final = 110
LABEL: Final = 12
"""Columns of the page, and those that stand before its texts."""


def doctor(call: Reading, *, as_json: bool, suggest: bool, lang: Language) -> Exit:
    """Read every PATH and write what is to be known about how it was read."""
    scan = open_scan(
        replace(call, key=None), spool_limit=SPOOL
    )  # where a line stops fitting, only itself can say
    seen = [Seen() for _ in scan.states]
    with progress(scan, wanted=call.progress):
        for number, part in scan.batches(tuple(parsers.SCHEMA), look):
            seen[number].add(part)
    problems, code = judge(call, scan, [one.read for one in seen], lang)
    found = [diagnose(state, one, call, wanted=suggest) for state, one in zip(scan.states, seen, strict=True)]
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


def _pages(found: Sequence[Diagnosis], scan: parsers.Scan, words: Words) -> Iterator[str]:
    """Yield what a person reads: every log, what of a folder is none, and all together where there are several."""
    folded: dict[str, list[str]] = {}
    for diagnosis, state in zip(found, scan.states, strict=True):
        if diagnosis.format is None and not is_wanted(state) and not diagnosis.suggestion:
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
    before = f"    {number}{'…' if line.cut else ''}{printable(line.fits)}"
    yield before + printable(line.text)
    if line.format is None:
        return
    if line.expected is None:
        yield f"    {words('doctor.whole', format=line.format)}"
        return
    found = words("doctor.character", n=f"{line.position:,}") if line.text else words("doctor.ends")
    expected = printable(words.reason(line.expected))
    yield f"{' ' * cell_len(before)}^ {words('doctor.expects', found=found, format=line.format, expected=expected)}"
