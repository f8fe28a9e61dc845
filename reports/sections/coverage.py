"""Analysis → the ledger: every source, what it was taken for, and where each of its lines went."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from reports.section import Column, Line, Lines, Quote, Row, Section, Table

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis, Ledger, Reject, SourceSummary
    from reports.section import Block, Text
    from reports.words import Words

SOURCES: Final = 100
"""Sources in the table; a folder may hold ten thousand."""

REASONS: Final = 20
EXAMPLES: Final = 3


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
    ordered = sorted(analysis.sources, key=lambda source: (source.problem is None, source.path))
    rows = [_row(source, words) for source in ordered[:SOURCES]]
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
        named = (*named, ". ", words("coverage.problem"), Quote(source.problem, told=True))
    form: Text = (source.format or words("coverage.unrecognised"),)
    others = [(name, count) for name, count in source.formats if name != source.format]
    if others:
        also = ", ".join(
            words("coverage.format_lines", format=name, n=words.number(count)) for name, count in others
        )
        form = (*form, f" {words('coverage.also', formats=also)}")
    if source.evidence:
        form = (*form, ": ", Quote(source.evidence, told=True))
    return Row((named, form, *_numbers(source.ledger, words)))


def _skipped(analysis: Analysis, words: Words) -> list[Block]:
    counted: dict[str, int] = defaultdict(int)
    for source in analysis.sources:
        for reason, count in source.skipped_why.items():
            counted[reason] += count
    if not counted:
        return []
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:REASONS]
    rows = tuple(Row(((Quote(reason, told=True),), (words.number(count),))) for reason, count in ordered)
    columns = (Column(words("coverage.reason")), Column(words("coverage.lines"), "number"))
    return [Table(words("coverage.skipped_why"), columns, rows)]


def _rejected(analysis: Analysis, words: Words) -> list[Block]:
    """Return the reasons of the rejected lines, most frequent first, each with a few of its lines."""
    if not analysis.rejected_why:
        return []
    examples: dict[str, list[Reject]] = defaultdict(list)
    for reject in analysis.rejects:
        if len(examples[reject.reason]) < EXAMPLES:
            examples[reject.reason].append(reject)
    rows = tuple(
        Row(((Quote(reason, told=True),), (words.number(count),)))
        for reason, count in analysis.rejected_why[:REASONS]
    )
    columns = (Column(words("coverage.reason")), Column(words("coverage.lines"), "number"))
    table = Table(words("coverage.rejected_why"), columns, rows)
    lines = tuple(
        Line(reject.source, reject.line, reject.text, reject.reason)
        for reason, _ in analysis.rejected_why[:REASONS]
        for reject in examples.get(reason, [])
    )
    return [table, *([Lines(words("coverage.examples"), lines)] if lines else [])]
