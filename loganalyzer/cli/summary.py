"""Analysis → a dozen lines for the terminal or a job's mail: what happened, class by class, and where the report is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.classes import CLASSES
from loganalyzer.cli.terminal import columns_of, width
from reports.sections import headline
from reports.sections.order import gravest_first, incidents_first, members_of, shares_of, vendors
from reports.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loganalyzer.analysis import Analysis, Severity
    from reports.words import Words

NAMED: Final = 6
"""Findings named on the terminal; the report has them all."""

BARS: Final = "▂▃▄▅▆▇█"
ZERO: Final = "▁"
UNKNOWN: Final = " "
BUCKETS: Final = 32
FEWEST: Final = 8
"""Parts of the period in a line of bars, at most and at least: what does not fit a narrow terminal is left out."""
WIDEST: Final = 240

ASCII: Final = str.maketrans(
    {
        "–": "-", "−": "-", "×": "x", "·": "*", "…": "...", "’": "'", "\xa0": " ", "\u202f": " ", "≥": ">=", "≤": "<=",
        "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9",
    }
)  # fmt: skip
"""Signs of ours that not every mail and log viewer shows."""


@dataclass(frozen=True)
class Told:
    """One line, and the severity whose word opens it."""

    text: str
    severity: Severity | None = None


def summary(analysis: Analysis, words: Words, written: Sequence[str], *, bars: bool) -> Iterator[Told]:
    """Yield what happened; `bars`: how server errors went over time, drawn for a terminal that shows it."""
    totals = analysis.totals
    yield Told(headline.section(analysis, words).heading)
    yield from (Told(line) for line in classes(analysis, words, bars=bars))
    yield from _findings(analysis, words)
    yield Told(
        words(
            "headline.lines",
            records=words.count("record", totals.records),
            lines=words.count("line", totals.lines),
            sources=words.count("source", len(analysis.sources)),
        )
    )
    if analysis.anonymized:
        yield Told(words("terminal.anonymized"))
    for path in written:
        yield Told(words("headline.report", path=path))


def ascii_of(text: str) -> str:
    """Return a line of English without signs that are not in ASCII, but for what a log wrote.

    >>> ascii_of("14:03–14:21 (over ×100; 1 in 10¹²)")
    '14:03-14:21 (over x100; 1 in 10^12)'
    """
    raised = "".join(
        f"^{sign}" if sign in "⁰¹²³⁴⁵⁶⁷⁸⁹" and text[place - 1 : place] not in "⁰¹²³⁴⁵⁶⁷⁸⁹" else sign
        for place, sign in enumerate(text)
    )
    return raised.translate(ASCII)


def _findings(analysis: Analysis, words: Words) -> Iterator[Told]:
    """Yield the incidents with their findings, the gravest first, then what belongs to none."""
    named = 0
    for incident in incidents_first(analysis):
        members = members_of(analysis, incident)
        if len(members) > 1 and named < NAMED:
            grade = words.grade(incident.severity)
            text = f"{grade}{plain(words.title(members))}, {plain(words.incident(incident, members))}"
            yield Told(text, incident.severity)
        for finding in members[: NAMED - named]:
            indent = "  " if len(members) > 1 else ""
            yield Told(indent + plain(words.graded(finding)), finding.severity)
            named += 1
    alone = [one for one in gravest_first(analysis) if one.id not in analysis.incident_of]
    for finding in alone[: NAMED - named]:
        yield Told(plain(words.graded(finding)), finding.severity)
        named += 1
    if (left := len(analysis.findings) - named) > 0:
        yield Told(words("headline.further", findings=words.count("more_finding", left)))


def classes(analysis: Analysis, words: Words, *, bars: bool) -> Iterator[str]:
    """Yield a line per vendor: its requests, the share of each class, and its server errors over the period."""
    rows = []
    for vendor in vendors(analysis):
        noun, counted = shares_of(analysis, vendor)
        whole = sum(counted.values())
        cells = [words.name("vendor", vendor), words.count(noun, whole)]
        cells += [
            f"{_class(name, words)} {words.percent(counted[name], whole)}" if counted.get(name) else ""
            for name in CLASSES
        ]
        rows.append((vendor, cells))
    used = [place for place in range(len(CLASSES) + 2) if any(cells[place] for _, cells in rows)]
    widths = {place: max(columns_of(cells[place]) for _, cells in rows) for place in used}
    for vendor, cells in rows:
        line = "  ".join(cells[place] + " " * (widths[place] - columns_of(cells[place])) for place in used)
        room = width(WIDEST) - columns_of(line) - columns_of(words("terminal.over_time", bars="")) - 2
        drawn = over_time(analysis, vendor, min(BUCKETS, room)) if bars and room >= FEWEST else ""
        yield f"{line}  {words('terminal.over_time', bars=drawn)}" if drawn else line.rstrip()


def _class(name: str, words: Words) -> str:
    return words("class.other_short") if name == "other" else name


def over_time(analysis: Analysis, vendor: str, most: int = BUCKETS) -> str:
    """Return the 5xx among the requests of one vendor as a line of bars over the period of all; empty without any.

    Where its log had begun or ended stands a blank: nobody knows.
    """
    if analysis.period is None or not (analysis.period[1] > analysis.period[0]):
        return ""
    start, end = (moment.timestamp() for moment in analysis.period)
    failed = analysis.timeline.filter(
        (pl.col("vendor") == vendor) & (pl.col("status_class") == "5xx") & pl.col("request")
    )
    if not failed.height:
        return ""
    parts = min(most, max(1, math.ceil((end - start) / analysis.bucket_s)))
    wide = (end - start) / parts
    counts = [0] * parts
    for moment, records in failed.group_by("time").agg(pl.col("records").sum()).iter_rows():
        middle = moment.timestamp() + analysis.bucket_s / 2
        counts[min(parts - 1, max(0, int((middle - start) / wide)))] += records
    known = [
        (first.timestamp(), last.timestamp()) for name, first, last in analysis.coverage if name == vendor
    ]
    worst = max(counts)
    return "".join(
        _bar(count, worst)
        if count
        or any(first < start + (place + 1) * wide and last >= start + place * wide for first, last in known)
        else UNKNOWN
        for place, count in enumerate(counts)
    )


def _bar(count: int, worst: int) -> str:
    return BARS[math.ceil(count / worst * len(BARS)) - 1] if count else ZERO
