"""Analysis → each finding: the sentence, observed beside expected, what its statuses mean, its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reports.section import Badge, Bullets, Code, Facts, Folded, Line, Lines, Link, Paragraph, Section
from reports.sections.meaning import heading_of, meaning_of
from reports.sections.order import anchor, gravest_first
from reports.sections.statuses import anchor_of, explained_rows
from reports.words import by_limit

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis, Finding
    from reports.section import Block, Text
    from reports.words import Words

LINES_OPEN: Final = 2
"""Lines of a log that are read at once; the others are one click away."""

CARDS: Final = 25
"""Findings told in full; the page of a log that never rests must still open."""
BRIEF: Final = 200
"""Further findings, told in half a line."""

STATUSES: Final = 3
"""Statuses of a finding that are explained beside it; all stand in the table of statuses."""


def section(analysis: Analysis, words: Words) -> Section:
    """Return the findings, gravest first; shown even when there is none."""
    found = gravest_first(analysis)
    if not found:
        return Section("findings", words("findings.heading"), (words("findings.none"),))
    seen: set[str] = set()
    blocks: list[Block] = []
    for number, finding in enumerate(found[:CARDS], 1):
        aliases = () if finding.kind in seen else (finding.kind,)
        seen.add(finding.kind)
        blocks.append(_card(analysis, finding, number, aliases, words))
    blocks += _others(found[CARDS:], words)
    lede = words("findings.lede", count=words.count("finding", len(found)))
    return Section("findings", words("findings.heading"), (lede,), tuple(blocks))


def _others(found: tuple[Finding, ...], words: Words) -> list[Block]:
    """Return the findings that have no card, in half a line each."""
    if not found:
        return []
    items = tuple(
        (Badge(words(f"severity.{one.severity}"), one.severity), " ", *words.brief(one)) for one in found
    )
    heading = words("findings.others", findings=words.count("finding", min(len(found), BRIEF)))
    blocks: list[Block] = [Bullets(items[:BRIEF], heading)]
    if len(found) > BRIEF:
        left = words.count("more_finding", len(found) - BRIEF)
        blocks.append(Paragraph((words("findings.left", findings=left),), quiet=True))
    return blocks


def _card(
    analysis: Analysis, finding: Finding, number: int, aliases: tuple[str, ...], words: Words
) -> Section:
    kind = words.name("kind", finding.kind)
    kind = kind[:1].upper() + kind[1:]
    heading = words(
        "findings.name", number=str(number), kind=kind, vendor=words.name("vendor", finding.vendor or "all")
    )
    blocks: list[Block] = []
    if finding.kind != "blips":
        blocks.append(Facts(_facts(finding, words)))
        if means := _meanings(analysis, finding, words):
            blocks.append(Bullets(means, words("findings.means")))
    blocks += _evidence(finding, words)
    return Section(
        anchor(finding),
        heading,
        words.sentence(finding),
        tuple(blocks),
        Badge(words(f"severity.{finding.severity}"), finding.severity),
        aliases,
    )


def _facts(finding: Finding, words: Words) -> tuple[tuple[str, Text], ...]:
    """Return the numbers behind the sentence, so that the reader can disagree."""
    model = finding.model
    window = words(
        "findings.window",
        odds=words.chance(finding.score),
        window=words.duration(model.window_s),
        y=words.number(model.y),
        m=words.number(model.m),
        score=words.number(finding.score),
        threshold=words.number(model.threshold),
    )
    limited = by_limit(finding)
    expected = words.number(finding.expected)
    if limited:
        expected = words("findings.limit_share", limit=words.limit(finding), expected=expected)
    elif finding.ratio is not None:
        expected = f"{expected} ({words.ratio(finding.ratio)})"
    failed = words(
        "findings.requests_share",
        requests=words.number(finding.requests),
        share=words.percent(finding.observed, finding.requests),
    )
    rows: list[tuple[str, Text]] = [
        (words("findings.observed"), (words.number(finding.observed),)),
        (words("findings.limit" if limited else "findings.expected"), (expected,)),
        (words("findings.requests"), (failed,)),
    ]
    if not limited:
        rows.append((words("findings.score"), (window,)))
    if finding.peak is not None:
        rows.append((words("findings.peak"), (words.moment(finding.peak),)))
    if len(finding.stretches) > 1:
        spans = ", ".join(words.span(start, end) for start, end in finding.stretches[:LINES_OPEN])
        more = ", …" if len(finding.stretches) > LINES_OPEN else ""
        rows.append((words("findings.stretches"), (spans + more,)))
    if model.history:
        rows.append((words("findings.compared"), (words.name("history", model.history),)))
    return tuple(rows)


def _meanings(analysis: Analysis, finding: Finding, words: Words) -> tuple[Text, ...]:
    """Return what each status of the finding means for its vendor, and where all about it stands."""
    means: list[Text] = []
    told = {row.status for row in explained_rows(analysis, finding.vendor or "")}
    for status, count in finding.statuses[:STATUSES]:
        vendor = finding.vendor or ""
        reason, status_class = heading_of(analysis, vendor, status)
        link = Link(words("findings.documents"), f"#{anchor_of(vendor, status, words)}", jump=True)
        means.append(
            (
                Code(words.status(status), status_class),
                f" {reason or ''}, {words.number(count)}: " if reason else f" {words.number(count)}: ",
                meaning_of(analysis, vendor, status, words),
                *((" ", link) if status in told else ()),
            )
        )
    return tuple(means)


def _evidence(finding: Finding, words: Words) -> list[Block]:
    """Return the lines that belong to the finding, the first of them open."""
    lines = tuple(Line(one.source, one.line, one.text) for one in finding.evidence)
    if not lines:
        return []
    heading = words("findings.evidence")
    if finding.evidence_total > len(lines):
        some = words.number(len(lines))
        heading = words("findings.evidence_some", shown=some, total=words.number(finding.evidence_total))
    blocks: list[Block] = [Lines(heading, lines[:LINES_OPEN])]
    if rest := lines[LINES_OPEN:]:
        blocks.append(Folded(words("findings.evidence_more", n=words.number(len(rest))), (Lines("", rest),)))
    return blocks
