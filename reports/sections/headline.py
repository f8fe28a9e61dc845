"""Analysis → the answer: what happened, when, how bad, and how sure the reading is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.analysis import SEVERITIES
from reports.section import Badge, Bullets, Facts, Link, Paragraph, Section
from reports.sections.coverage import examples, paths
from reports.sections.order import (
    CARDS,
    anchor,
    gravest_first,
    incidents_first,
    members_of,
    no_logs,
    opened,
    vendors,
)

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis, Finding
    from reports.section import Block, Text
    from reports.words import Words

NAMED: Final = 8
"""Findings named in each list of the headline; the next section has them all."""

PATHS: Final = 3


def section(analysis: Analysis, words: Words) -> Section:
    """Return the headline, from the gravest finding."""
    found = gravest_first(analysis)
    incidents = incidents_first(analysis)
    heading, lede = _verdict(analysis, words)
    blocks: list[Block] = [Paragraph((answer,))] if (answer := _answer(analysis, found, words)) else []
    carded = found[:CARDS]
    if incidents:
        together = members_of(analysis, incidents[0])[1:]
        leads = tuple(members_of(analysis, incident)[0] for incident in incidents[1:])
        alone = tuple(one for one in found if one.id not in analysis.incident_of)
        blocks += _list(words("headline.with_it"), together, carded, words)
        blocks += _list(words("headline.also"), (*leads, *alone), carded, words)
        badge = Badge(words(f"severity.{incidents[0].severity}"), incidents[0].severity)
    else:
        blocks += _list("", found, carded, words)
        badge = None
    blocks.append(Facts(_facts(analysis, words)))
    if logs := vendors(analysis):
        blocks.append(
            Facts(tuple((words.name("vendor", vendor), _errors(analysis, vendor, words)) for vendor in logs))
        )
    return Section("headline", heading, lede, tuple(blocks), badge)


def _verdict(analysis: Analysis, words: Words) -> tuple[str, Text]:
    """Return the heading and the sentence under it."""
    for incident in incidents_first(analysis)[:1]:
        lead = members_of(analysis, incident)[0]
        form = "headline.lead" if lead.shape == "burst" else f"headline.lead_{lead.shape}"
        heading = words(
            form,
            severity=words(f"severity.{incident.severity}").capitalize(),
            kind=words.name("kind", lead.kind),
            vendor=words.name("vendor", lead.vendor or "all"),
            when=words.span(lead.start, lead.end, full=False),
        )
        return heading, (
            *words.sentence(lead),
            " ",
            Link(words("headline.details"), f"#{anchor(lead)}", jump=True),
        )
    if not analysis.totals.records:
        form = "headline.unread" if analysis.totals.lines > analysis.totals.blank else "headline.empty"
        lines = words.count("line", analysis.totals.lines)
        return words(form), words.pieces(
            f"{form}_lede", {"lines": (lines,), "coverage": (_way("coverage", words),)}
        )
    form = "headline.notices" if analysis.findings else "headline.quiet"
    return words(form), words.pieces(f"{form}_lede", {"method": (_way("method", words),)})


def _way(name: str, words: Words) -> Link:
    """Return a section by its heading, with the way to it."""
    return Link(words(f"{name}.heading"), f"#{name}")


def _list(heading: str, found: tuple[Finding, ...], carded: tuple[Finding, ...], words: Words) -> list[Block]:
    """Return findings in half a line each, leading to their cards."""
    if not found:
        return []
    items: list[Text] = [
        (
            Badge(words(f"severity.{finding.severity}"), finding.severity),
            " ",
            *words.brief(finding, f"#{anchor(finding)}" if finding in carded else ""),
        )
        for finding in found[:NAMED]
    ]
    if len(found) > NAMED:
        more = words.count("more_finding", len(found) - NAMED)
        items.append((Link(words("headline.further", findings=more), "#findings"),))
    return [Bullets(tuple(items), heading)]


def _answer(analysis: Analysis, found: tuple[Finding, ...], words: Words) -> str:
    """Return when, how many requests of each log, how much was understood and what was found; nothing of no record.

    One request may stand in the logs of several layers: they are told side by side, and never added up.
    """
    if analysis.period is None or not analysis.totals.records:
        return ""
    logs = vendors(analysis)
    told = words.together(
        [
            words(
                "headline.of_log",
                vendor=words.name("vendor", vendor),
                amount=_amount(analysis, vendor, words),
            )
            for vendor in logs
        ]
    )
    return words(
        "headline.answer" if len(logs) == 1 else "headline.answer_many",
        span=words.span(*analysis.period),
        logs=told,
        understood=_understood(analysis, words),
        incidents=_graded(analysis, found, words),
    )


def _amount(analysis: Analysis, vendor: str, words: Words) -> str:
    """Return the requests of one log, or its records where it has nothing else."""
    requests = sum(row.records for row in analysis.requests if row.vendor == vendor)
    if requests:
        return words.count("request", requests)
    return words.count("record", sum(row.records for row in analysis.classes if row.vendor == vendor))


def _facts(analysis: Analysis, words: Words) -> tuple[tuple[str, Text], ...]:
    totals = analysis.totals
    rows: list[tuple[str, Text]] = []
    read = words(
        "headline.lines",
        records=words.count("record", totals.records),
        lines=words.count("line", totals.lines),
        sources=_sources(analysis, words),
    )
    rows.append((words("headline.read"), (read,)))
    if totals.rejected and not totals.records:
        rows.append((words("headline.understood"), (_understood(analysis, words),)))
    if formats := _formats(analysis, words):
        rows.append((words("headline.formats"), formats))
    if troubled := [source for source in analysis.sources if source.problem]:
        count = words("headline.problem_count", n=words.count("path", len(troubled)))
        rows.append((words("headline.problems"), (count, *paths(troubled, PATHS))))
    return tuple(rows)


def _graded(analysis: Analysis, found: tuple[Finding, ...], words: Words) -> str:
    """Return how many incidents there are of each severity, the gravest first, and how many notices beside them."""
    by_severity = [
        words(
            "headline.graded",
            n=words.number(sum(one.severity == severity for one in analysis.incidents)),
            severity=words(f"severity.{severity}"),
        )
        for severity in SEVERITIES[::-1]
        if any(one.severity == severity for one in analysis.incidents)
    ]
    graded = ", ".join(by_severity) or words("headline.none")
    notices = sum(one.severity == "notice" and one.id not in analysis.incident_of for one in found)
    if not notices:
        return graded
    return words("headline.beside", graded=graded, findings=words.count("finding", notices))


def _sources(analysis: Analysis, words: Words) -> str:
    """Return how many sources there were; a path that could not be opened is none."""
    sources = words.count("source", len(opened(analysis)))
    strangers = no_logs(analysis)
    if not strangers:
        return sources
    return words("headline.no_logs", sources=sources, n=words.number(len(strangers)))


def _understood(analysis: Analysis, words: Words) -> str:
    """Return how much of what should be records was understood."""
    totals = analysis.totals
    if not totals.rejected:
        return words("headline.share_all")
    read = totals.records + totals.filtered
    share = words("headline.share", share=words.percent(read, read + totals.rejected))
    shown = len(examples(analysis, words))
    form = "headline.rejected_some" if shown < totals.rejected else "headline.rejected_all"
    return words(
        form if shown else "headline.rejected",
        share=share,
        n=words.count("line", totals.rejected),
        **({"listed": words.number(shown)} if shown else {}),
    )


def _formats(analysis: Analysis, words: Words) -> Text:
    """Return each format that was read, and whether it is certain whose it is."""
    guessed = {note.facts.get("path") for note in analysis.notes if note.kind == "vendor-guessed"}
    certain: dict[str, bool] = {}
    for source in analysis.sources:
        if source.format is not None:
            certain[source.format] = certain.get(source.format, True) and source.path not in guessed
    if not certain:
        return ()
    many = words.count("format", len(certain))
    unsure = sorted(form for form, sure in certain.items() if not sure)
    if not unsure:
        return (words("headline.certain", n=many),)
    return (words("headline.guessed", n=many, formats="`, `".join(unsure)),)


def _errors(analysis: Analysis, vendor: str, words: Words) -> Text:
    """Return the shares of 5xx and 4xx among the requests of one log."""
    rows = {row.status_class: row for row in analysis.requests if row.vendor == vendor}
    whole = sum(row.records for row in rows.values())
    if not whole:
        records = sum(row.records for row in analysis.classes if row.vendor == vendor)
        return (words("headline.no_requests", records=words.count("record", records)),)
    counted = {name: rows[name].records if name in rows else 0 for name in ("5xx", "4xx")}
    return (
        words(
            "headline.errors",
            requests=words.count("request", whole),
            server=words.percent(counted["5xx"], whole),
            client=words.percent(counted["4xx"], whole),
        ),
    )
