"""Analysis → every status in the logs, with what it means for that vendor and what the log shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reports.section import Code, Column, Folded, Link, Row, Scope, Section, Table
from reports.sections.diagnosis import HERE, causes_of, checks_of, here_of, of_log, others_of
from reports.sections.meaning import meaning_of, more_of, told_by
from reports.sections.order import every_role, vendors

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis, StatusCount
    from reports.section import Text
    from reports.words import Words

MOST: Final = 40
"""Statuses explained per log: a log that invents statuses must not fill the page."""

ORDER: Final = ("5xx", "4xx", "other", "3xx", "1xx", "2xx")


def section(analysis: Analysis, words: Words) -> Section | None:
    """Return a table of statuses for every log, errors first."""
    tables = tuple(_table(analysis, vendor, words) for vendor in vendors(analysis))
    if not tables:
        return None
    lede = (
        words("statuses.lede"),
        every_role(analysis, words),
        " ",
        Link(words("statuses.glossary"), "#glossary", jump=True),
    )
    return Section("statuses", words("statuses.heading"), lede, tables)


def _place(row: StatusCount) -> tuple[int, int, int]:
    return ORDER.index(row.status_class), -row.records, -1 if row.status is None else row.status


def explained_rows(analysis: Analysis, vendor: str) -> tuple[StatusCount, ...]:
    """Return the statuses of a log that have a row, in its order."""
    rows = sorted((row for row in analysis.statuses if row.vendor == vendor), key=lambda row: -row.records)
    return tuple(sorted(rows[:MOST], key=_place))


def anchor_of(vendor: str, status: int | None, words: Words) -> str:
    """Return the anchor of a status's row."""
    return f"status-{vendor}-{words.status(status)}"


def _table(analysis: Analysis, vendor: str, words: Words) -> Table:
    counted = [row.records for row in analysis.statuses if row.vendor == vendor]
    kept = explained_rows(analysis, vendor)
    left = len(counted) - len(kept)
    return Table(
        words("statuses.caption", vendor=words.name("vendor", vendor)),
        (
            Column(words("statuses.status")),
            Column(words("statuses.records"), "number"),
            Column(words("statuses.share"), "number"),
            Column(words("statuses.meaning")),
        ),
        tuple(_row(analysis, row, sum(counted), words) for row in kept),
        words("statuses.remainder", n=words.number(left)) if left else "",
        layout="statuses",
        scope=Scope((vendor,)),
    )


def _row(analysis: Analysis, row: StatusCount, whole: int, words: Words) -> Row:
    status = words.status(row.status)
    reason: Text = (f" {row.reason}",) if row.reason else ()
    return Row(
        (
            (Code(status, row.status_class), *reason),
            (words.number(row.records),),
            (words.percent(row.records, whole),),
            (
                *here_of(of_log(analysis, row.vendor, {row.status}), words),
                meaning_of(analysis, row.vendor, row.status, words),
                *told_by(analysis, row.vendor, row.status, words),
                *more_of(analysis, row.vendor, row.status, words),
            ),
        ),
        anchor_of(row.vendor, row.status, words),
        _fold(analysis, row, words),
        scope=Scope(classes=(row.status_class,)),
    )


def _fold(analysis: Analysis, row: StatusCount, words: Words) -> Folded | None:
    """Return what is behind a row: which documented causes the log shows, and what to check."""
    verdicts = of_log(analysis, row.vendor, {row.status})
    others = others_of(verdicts, words)
    blocks = (*causes_of(verdicts, words, HERE), *checks_of(analysis, row.vendor, verdicts, None, words))
    if not blocks:
        return others[0] if others else None
    return Folded(words("verdict.heading"), (*blocks, *others))
