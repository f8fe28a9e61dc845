"""Verdicts → blocks of a card or a row: what the log shows, what to check next, and what it rules out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reports.commands import command
from reports.section import Bullets, Folded, Quote
from reports.verdicts import by_documents, checks, claim, fields, sentence, why_open
from reports.words import Words, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from loganalyzer.analysis import Analysis, Verdict
    from reports.section import Block, Text

_ENGLISH: Final = Words()
"""The same words are the same cause to every question."""

HERE: Final = 2
"""Supported causes told in the row of a status; any others are behind it."""

CHECKS: Final = 6
"""Steps offered at once; who has done these knows more than any list."""


def here_of(verdicts: Sequence[Verdict], words: Words) -> Text:
    """Return the first causes that the log supports, as they stand before what the documents say in general."""
    told = _distinct(verdicts, "supported")[:HERE]
    if not told:
        return ()
    here = words("verdict.here") + words("colon")
    return (
        here,
        *(piece for one in told for piece in (*sentence(one, words), *by_documents(one), " ")),
    )


def of_log(analysis: Analysis, vendor: str, statuses: Collection[int | None]) -> list[Verdict]:
    """Return what the whole period says of the causes of some statuses of a vendor's log."""
    return [
        verdict
        for whose, found in analysis.diagnosis
        for verdict in found
        if whose == vendor and verdict.status in statuses
    ]


def causes_of(
    verdicts: Sequence[Verdict], words: Words, told: int = 0, *, whole: bool = False
) -> list[Block]:
    """Return the causes that the log supports, each with the documents that name it, but for the first `told`.

    `whole`: the verdicts are of the whole period, where the reader may take them for those of a window.
    """
    found = _distinct(verdicts, "supported")[told:]
    items = [
        ((*_about(verdict, verdicts, words), *sentence(verdict, words)), by_documents(verdict))
        for verdict in found
    ]
    heading = "verdict.also" if told else "verdict.whole" if whole else "verdict.supported"
    return [_listed(items, words(heading))] if items else []


def checks_of(
    analysis: Analysis,
    vendor: str,
    verdicts: Sequence[Verdict],
    span: tuple[datetime, datetime] | None,
    words: Words,
) -> list[Block]:
    """Return what to check next: steps, then the command that reads just these records again."""
    items: list[Text] = []
    for verdict in _distinct(verdicts, "supported"):
        steps: list[Text] = [(step,) for step in checks(verdict, words)]
        if steps and (again := command(analysis, vendor, verdict.where, span, verb="parse")):
            steps.append((f"{words('verdict.again')}{words('colon')}", Quote(again)))
        items += [step for step in steps if step not in items]
    return [Bullets(tuple(items[:CHECKS]), words("verdict.checks"))] if items else []


def others_of(verdicts: Sequence[Verdict], words: Words) -> list[Folded]:
    """Return, folded, what the log contradicts and what it cannot tell, and for want of what."""
    groups: dict[str, list[tuple[Text, Text]]] = {}
    for verdict in _distinct(verdicts, "contradicted"):
        groups.setdefault(words("verdict.contradicted"), []).append(
            ((*_about(verdict, verdicts, words), *sentence(verdict, words)), by_documents(verdict))
        )
    for verdict in _distinct(verdicts, "cannot tell"):
        heading = words(f"verdict.whether_{why_open(verdict)}", fields=fields(verdict, words))
        groups.setdefault(heading, []).append(
            (
                (
                    *_about(verdict, verdicts, words),
                    *words.pieces("verdict.whether", {"claim": claim(verdict, words)}),
                ),
                by_documents(verdict),
            )
        )
    if not groups:
        return []
    lists = tuple(_listed(items, heading) for heading, items in groups.items())
    out = len(groups.get(words("verdict.contradicted"), ()))
    counts = {"ruled_out": out, "open": sum(map(len, groups.values())) - out}
    judged = " · ".join(words(f"verdict.{name}", n=words.number(n)) for name, n in counts.items() if n)
    return [Folded(words("verdict.others", judged=judged), lists)]


def _listed(items: Sequence[tuple[Text, Text]], heading: str) -> Bullets:
    """Return sentences with the documents that name them: once, where several have the same."""
    sources = {source for _, source in items}
    if len(items) > 1 and len(sources) == 1:
        return Bullets(tuple(text for text, _ in items), heading, source=sources.pop())
    return Bullets(tuple((*text, *source) for text, source in items), heading)


def _distinct(verdicts: Sequence[Verdict], judgement: str) -> list[Verdict]:
    """Return the verdicts that judge so; of two questions that come to the same cause of a status the first."""
    told: dict[tuple[int, str], Verdict] = {}
    for verdict in verdicts:
        if verdict.judgement == judgement:
            told.setdefault((verdict.status, plain(claim(verdict, _ENGLISH))), verdict)
    return list(told.values())


def _about(verdict: Verdict, verdicts: Sequence[Verdict], words: Words) -> Text:
    """Return of which status a verdict is, where there are those of another beside it."""
    several = len({other.status for other in verdicts}) > 1
    return (f"{words.status(verdict.status)}{words('colon')}",) if several else ()
