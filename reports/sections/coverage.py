"""Analysis → the ledger: every source, what it was taken for, and where each of its lines went."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import astuple
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from loganalyzer.analysis import Ledger
from reports.section import Column, Line, Lines, Quote, Row, Scope, Section, Table
from reports.sections.order import no_logs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loganalyzer.analysis import Analysis, Reject, SourceSummary
    from reports.section import Block, Piece, Text
    from reports.words import Words

SOURCES: Final = 100
"""Sources in the table; a folder may hold ten thousand."""

REASONS: Final = 20
EXAMPLES: Final = 3
STRANGERS: Final = 5
"""Names of files that are no logs, in the one line that all of them have."""


def section(analysis: Analysis, words: Words) -> Section:
    """Return the ledger; shown even when all was understood."""
    totals = analysis.totals
    read = totals.records + totals.filtered
    ledger = {name: words.number(getattr(totals, name)) for name in ("lines", *PARTS)}
    lede = words("coverage.lede", share=words.percent(read, read + totals.rejected), **ledger)
    blocks: list[Block] = [_sources(analysis, words)]
    blocks += _skipped(analysis, words)
    blocks += _rejected(analysis, words)
    return Section("coverage", words("coverage.heading"), (lede,), tuple(blocks))


PARTS: Final = ("records", "rejected", "blank", "skipped", "filtered")


def _sources(analysis: Analysis, words: Words) -> Table:
    # Where something is wrong comes first: behind a hundred good files nobody would see it.
    strangers = no_logs(analysis)
    folded = strangers if len(strangers) > 1 else ()
    listed = [source for source in analysis.sources if source not in folded]
    ordered = sorted(listed, key=lambda source: (source.problem is None, source.path))
    rows = [_row(source, words) for source in ordered[:SOURCES]]
    if folded:
        rows.append(_left_out(folded, words))
    rows.append(Row(((words("coverage.total"),), (), *_numbers(analysis.totals, words)), total=True))
    left = len(ordered) - SOURCES
    return Table(
        words("coverage.caption"),
        (
            Column(words("coverage.source")),
            Column(words("coverage.format")),
            *(Column(words(f"coverage.{name}"), "number") for name in ("lines", *PARTS)),
        ),
        tuple(rows),
        words("coverage.more_sources", n=words.number(left)) if left > 0 else "",
        layout="wide",
    )


def _numbers(ledger: Ledger, words: Words) -> tuple[Text, ...]:
    return tuple((words.number(getattr(ledger, name)),) for name in ("lines", *PARTS))


def _row(source: SourceSummary, words: Words) -> Row:
    named: Text = (Quote(source.path),)
    if source.server is not None:
        named = (*named, f" {words('finding.server')} ", Quote(source.server))
    about = [words("coverage.size", n=words.number(source.bytes))]
    if source.start is not None and source.end is not None:
        about.append(words.span(source.start, source.end))
    elif source.vendor is not None:
        about.append(words("coverage.no_records"))
    if source.replaced:
        about.append(words("coverage.replaced", lines=words.count("line", source.replaced)))
    named = (*named, " " + ", ".join(about))
    if source.problem:
        named = (*named, ". ", words("coverage.problem"), Quote(words.reason(source.problem), told=True))
    form: Text = (source.format or words("coverage.unrecognised"),)
    others = [(name, count) for name, count in source.formats if name != source.format]
    if others:
        also = ", ".join(
            words("coverage.format_lines", format=name, n=words.number(count)) for name, count in others
        )
        form = (*form, f" {words('coverage.also', formats=also)}")
    if source.evidence:
        form = (*form, ": ", Quote(words.reason(source.evidence), told=True))
    numbers = tuple(("–",) for _ in ("lines", *PARTS)) if source.unread else _numbers(source.ledger, words)
    span = None
    if source.start is not None and source.end is not None:
        span = ((source.start, source.end + timedelta(seconds=1)),)
    scope = Scope((source.vendor,), spans=span) if source.vendor else None
    return Row((named, form, *numbers), scope=scope)


def _left_out(strangers: tuple[SourceSummary, ...], words: Words) -> Row:
    """Return one row for all files of a folder that are no logs."""
    ledger = Ledger(
        *(sum(counts) for counts in zip(*(astuple(one.ledger) for one in strangers), strict=True))
    )
    files = words("coverage.no_logs", files=words.count("file", len(strangers)))
    named = (files, *paths(strangers, STRANGERS))
    return Row((named, (words("coverage.no_logs_format"),), *_numbers(ledger, words)))


def paths(sources: Sequence[SourceSummary], most: int) -> Text:
    """Return the first few paths."""
    pieces: list[Piece] = []
    for source in sources[:most]:
        pieces += [", ", Quote(source.path)] if pieces else [Quote(source.path)]
    return (*pieces, ", …") if len(sources) > most else tuple(pieces)


def _skipped(analysis: Analysis, words: Words) -> list[Block]:
    counted: dict[str, int] = defaultdict(int)
    for source in analysis.sources:
        for reason, count in source.skipped_why.items():
            counted[reason] += count
    if not counted:
        return []
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:REASONS]
    rows = tuple(
        Row(((Quote(words.reason(reason), told=True),), (words.number(count),))) for reason, count in ordered
    )
    columns = (Column(words("coverage.reason")), Column(words("coverage.lines"), "number"))
    return [Table(words("coverage.skipped_why"), columns, rows)]


def examples(analysis: Analysis, words: Words) -> tuple[Line, ...]:
    """Return the rejected lines that are listed: a few for each of the most frequent reasons."""
    chosen: dict[str, list[Reject]] = defaultdict(list)
    for reject in analysis.rejects:
        if len(chosen[reject.reason]) < EXAMPLES:
            chosen[reject.reason].append(reject)
    return tuple(
        Line(reject.source, reject.line, reject.text, words.reason(reject.reason))
        for reason, _ in analysis.rejected_why[:REASONS]
        for reject in chosen.get(reason, [])
    )


def _rejected(analysis: Analysis, words: Words) -> list[Block]:
    """Return the reasons of the rejected lines, most frequent first, each with a few of its lines."""
    if not analysis.rejected_why:
        return []
    rows = tuple(
        Row(((Quote(words.reason(reason), told=True),), (words.number(count),)))
        for reason, count in analysis.rejected_why[:REASONS]
    )
    columns = (Column(words("coverage.reason")), Column(words("coverage.lines"), "number"))
    table = Table(words("coverage.rejected_why"), columns, rows)
    lines = examples(analysis, words)
    return [table, *([Lines(words("coverage.examples"), lines)] if lines else [])]
