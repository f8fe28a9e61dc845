"""Verdicts → blocks of a card or a row: what the log shows, what to check next, and what it rules out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reports.commands import command
from reports.section import Bullets, Folded, Quote
from reports.verdicts import by_documents, checks, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from loganalyzer.analysis import Analysis, Verdict
    from reports.section import Block, Text
    from reports.words import Words

HERE: Final = 2
"""Supported causes told in the row of a status; all are behind it."""

CHECKS: Final = 6
"""Steps offered at once; who has done these knows more than any list."""


def here_of(verdicts: Sequence[Verdict], words: Words) -> Text:
    """Return the first causes that the log supports, as they stand before what the documents say in general."""
    told = [sentence(verdict, words) for verdict in verdicts if verdict.judgement == "supported"][:HERE]
    if not told:
        return ()
    return (f"{words('verdict.here')}{words('colon')}", *(piece for one in told for piece in (*one, " ")))


def causes_of(verdicts: Sequence[Verdict], words: Words) -> list[Block]:
    """Return the causes that the log supports, each with the documents that name it."""
    items = tuple(
        (*sentence(verdict, words), *by_documents(verdict))
        for verdict in verdicts
        if verdict.judgement == "supported"
    )
    return [Bullets(items, words("verdict.supported"))] if items else []


def checks_of(
    analysis: Analysis,
    vendor: str,
    verdicts: Sequence[Verdict],
    span: tuple[datetime, datetime] | None,
    words: Words,
) -> list[Block]:
    """Return what to check next: steps, then the command that reads just these records again."""
    items: list[Text] = []
    for verdict in verdicts:
        steps: list[Text] = [(step,) for step in checks(verdict, words)]
        if steps and (again := command(analysis, vendor, verdict.where, span)):
            steps.append((f"{words('verdict.again')}{words('colon')}", Quote(again)))
        items += [step for step in steps if step not in items]
    return [Bullets(tuple(items[:CHECKS]), words("verdict.checks"))] if items else []


def others_of(verdicts: Sequence[Verdict], words: Words) -> list[Block]:
    """Return, folded, what the log contradicts and what it cannot tell."""
    items = tuple(
        (
            f"{words(f'verdict.{verdict.judgement}')}{words('colon')}",
            *sentence(verdict, words),
            *by_documents(verdict),
        )
        for verdict in verdicts
        if verdict.judgement != "supported"
    )
    if not items:
        return []
    return [Folded(words("verdict.others", causes=words.count("cause", len(items))), (Bullets(items),))]
