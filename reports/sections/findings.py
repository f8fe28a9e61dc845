"""Analysis → incidents and their findings: the sentence, observed beside expected, what it means, its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reports.catalogue import CATALOGUE
from reports.commands import of_finding
from reports.section import Badge, Bullets, Code, Facts, Folded, Line, Lines, Paragraph, Quote, Scope, Section
from reports.sections.diagnosis import causes_of, checks_of, of_log, others_of
from reports.sections.meaning import heading_of, meaning_of, more_of
from reports.sections.order import CARDS, anchor, gravest_first, numbered, place_of, vendors
from reports.words import by_limit, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loganalyzer.analysis import Analysis, Finding, Verdict
    from reports.section import Block, Text
    from reports.words import Words

LINES: Final = 10
"""Lines of a log beside a finding; the JSON result has more of them."""

LINES_OPEN: Final = 2
"""Lines of a log that are read at once; the others are one click away."""

SPANS: Final = 60
"""Stretches of blips that a choice of time is held against."""

BRIEF: Final = 100
"""Further findings, told in half a line."""

STATUSES: Final = 3
"""Statuses of a finding that are explained beside it; all stand in the table of statuses."""


def section(analysis: Analysis, words: Words) -> Section:
    """Return the incidents, gravest first, and the findings that belong to none; shown even when there is none."""
    if not analysis.findings:
        return Section("findings", words("findings.heading"), (words("findings.none"),))
    order = gravest_first(analysis)
    first_of = {finding.kind: finding.id for finding in order[:CARDS][::-1]}
    aliases: dict[str, tuple[str, ...]] = {name: (kind,) for kind, name in first_of.items()}
    blocks: list[Block] = [
        _event(analysis, members, f"{number}. ", aliases, words) for number, members in numbered(analysis)
    ]
    blocks += _others(analysis, order[CARDS:], words)
    form = "findings.lede" if analysis.incidents else "findings.lede_notices"
    if analysis.incidents and len(order) == 1:
        form = "findings.lede_one"
    lede = words(
        form,
        incidents=words.count("incident", len(analysis.incidents)),
        findings=words.count("finding", len(order)),
    )
    return Section("findings", words("findings.heading"), (lede,), tuple(blocks))


def _event(
    analysis: Analysis,
    members: tuple[Finding, ...],
    before: str,
    aliases: dict[str, tuple[str, ...]],
    words: Words,
) -> Section:
    """Return a finding in full; of an incident of several the lead in full, what came with it behind a line each."""
    if len(members) == 1:
        return _card(analysis, members[0], before, aliases.get(members[0].id, ()), words)
    incident = analysis.incident_of[members[0].id]
    lead, *rest = members
    blocks: list[Block] = [_card(analysis, lead, words("findings.leads"), aliases.get(lead.id, ()), words)]
    blocks += [
        Folded(
            plain(words.brief(finding)),
            (_card(analysis, finding, "", aliases.get(finding.id, ()), words),),
        )
        for finding in rest
    ]
    return Section(
        place_of(analysis, members),
        before + plain(words.title(members)),
        words.incident(incident, members),
        tuple(blocks),
        Badge(words(f"severity.{incident.severity}"), incident.severity),
    )


def _others(analysis: Analysis, found: tuple[Finding, ...], words: Words) -> list[Block]:
    """Return the findings that have no card, in half a line each."""
    if not found:
        return []
    items = tuple(
        (Badge(words(f"severity.{one.severity}"), one.severity), " ", *words.brief(one)) for one in found
    )
    heading = words("findings.others", findings=words.count("finding", min(len(found), BRIEF)))
    places = tuple((anchor(one), _scope(analysis, one)) for one in found[:BRIEF])
    blocks: list[Block] = [Bullets(items[:BRIEF], heading, places)]
    if len(found) > BRIEF:
        left = words.count("more_finding", len(found) - BRIEF)
        blocks.append(Paragraph((words("findings.left", findings=left),), quiet=True))
    return blocks


def _card(
    analysis: Analysis, finding: Finding, before: str, aliases: tuple[str, ...], words: Words
) -> Section:
    kind = words.name("kind", finding.kind)
    kind = kind[:1].upper() + kind[1:]
    heading = before + words("findings.name", kind=kind, vendor=words.name("vendor", finding.vendor or "all"))
    blocks: list[Block] = []
    if finding.kind != "blips":
        blocks.append(Facts(_facts(finding, words)))
        if means := _meanings(analysis, finding, words):
            blocks.append(Bullets(means, words("findings.means")))
        vendor, span = finding.vendor or "", finding.looked or (finding.start, finding.end)
        verdicts: Sequence[Verdict] = finding.diagnosis
        if (
            finding.by_rule
        ):  # what its clients did is the cause of it; of its statuses the whole log tells more
            verdicts = of_log(analysis, vendor, {status for status, _ in finding.statuses})
        blocks += causes_of(verdicts, words, whole=finding.by_rule)
        steps = checks_of(analysis, vendor, verdicts, span, words)
        blocks += steps or _checks(finding, words)
        blocks += others_of(verdicts, words)
    else:
        blocks += _checks(finding, words)
    blocks += _evidence(finding, words)
    if again := of_finding(analysis, finding):
        blocks.append(Paragraph((words("findings.again"), words("colon"), Quote(again))))
    return Section(
        anchor(finding),
        heading,
        words.sentence(finding),
        tuple(blocks),
        Badge(words(f"severity.{finding.severity}"), finding.severity),
        aliases,
        _scope(analysis, finding),
    )


def _checks(finding: Finding, words: Words) -> list[Block]:
    """Return what to check first of a kind of finding, where no cause says what to check."""
    if f"check.{finding.kind}" not in CATALOGUE:
        return []
    return [Bullets(((words(f"check.{finding.kind}"),),), words("verdict.checks"))]


def _scope(analysis: Analysis, finding: Finding) -> Scope:
    """Return what a finding is about: one that is of all logs belongs to each, one without statuses to no class."""
    whose = vendors(analysis) if finding.vendor is None else (finding.vendor,)
    classes = {heading_of(analysis, finding.vendor or "", status)[1] for status, _ in finding.statuses}
    spans = finding.stretches[:SPANS] if finding.kind == "blips" else ((finding.start, finding.end),)
    return Scope(whose, tuple(sorted(classes)), spans, finding.host)


def _facts(finding: Finding, words: Words) -> tuple[tuple[str, Text], ...]:
    """Return the numbers behind the sentence, so that the reader can disagree."""
    if finding.by_rule:  # judged by a rule: its sentence has the numbers
        return ((words("findings.observed"), (words.amount(finding.observed),)),)
    model = finding.model
    window = words(
        "findings.window",
        odds=words.chance(finding.score),
        window=words.duration(model.window_s),
        y=words.number(model.y),
        m=words.amount(model.m),
        score=words.number(finding.score),
        threshold=words.number(model.threshold),
    )
    limited = by_limit(finding)
    expected = words.amount(finding.expected)
    counted = words.counted(finding)
    of = words(f"of.{counted}")
    if limited:
        expected = words("findings.limit_share", limit=words.limit(finding), of=of, expected=expected)
    elif against := words.against(finding):
        expected = f"{expected} ({against})"
    failed = words(
        f"findings.{counted}_share",
        requests=words.number(finding.requests),
        share=words.percent(finding.observed, finding.requests),
    )
    rows: list[tuple[str, Text]] = [
        (words("findings.observed"), (words.amount(finding.observed),)),
        (words("findings.limit" if limited else "findings.expected"), (expected,)),
    ]
    if model.rhythm is None and finding.requests:  # of traffic, all that is seen are the requests
        rows.append((words("findings.requests", of=of), (failed,)))
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
    for status, count in finding.statuses[:STATUSES]:
        vendor = finding.vendor or ""
        reason, status_class = heading_of(analysis, vendor, status)
        means.append(
            (
                Code(words.status(status), status_class),
                words("findings.of_status", reason=reason, n=words.number(count))
                if reason
                else words("findings.of_status_unnamed", n=words.number(count)),
                meaning_of(analysis, vendor, status, words),
                *more_of(analysis, vendor, status, words),
            )
        )
    return tuple(means)


def _evidence(finding: Finding, words: Words) -> list[Block]:
    """Return the lines that belong to the finding, the first of them open."""
    lines = tuple(Line(one.source, one.line, one.text) for one in finding.evidence[:LINES])
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
