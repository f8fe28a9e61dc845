"""Findings → the lines of the log that belong to each, oldest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates.grouping import unreached
from loganalyzer.findings import Evidence
from loganalyzer.second_look import BEGAN, Glance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from loganalyzer.findings import Finding

COLUMNS: Final = ("status", "upstream_status", "cache")
"""Canonical columns that tell whether a line belongs to a finding."""

LINES: Final = 20
"""Lines shown of a finding."""

MOST: Final = 2_000
"""Lines of one chunk among which the oldest are looked for: a server writes them nearly in order."""

CHUNKS: Final = 6
"""Chunks of one source that are read again for a finding: enough for twenty lines of anything that was flagged."""


def glance_of(finding: Finding) -> Glance[pl.DataFrame] | None:
    """Return the question for the lines of a finding; null where it is not of one vendor's log."""
    if finding.vendor is None:
        return None
    belongs = belonging(finding)

    def lines(records: pl.DataFrame) -> pl.DataFrame:
        return records.filter(belongs).head(MOST).select("source", "line", "text", BEGAN)

    return Glance(finding.vendor, finding.server, finding.start, finding.end, COLUMNS, lines, CHUNKS)


def evidence_of(parts: Sequence[pl.DataFrame]) -> tuple[Evidence, ...]:
    """Return up to `LINES` of the lines that a glance found, by the moment their request began."""
    if not parts:
        return ()
    first = pl.concat(parts).sort(BEGAN, "source", "line").head(LINES)
    return tuple(
        Evidence(source, line, text)
        for source, line, text in first.select("source", "line", "text").iter_rows()
    )


def belonging(finding: Finding) -> pl.Expr:
    """Return whether a record is one of those that a finding counts, by its time, role, status and upstream."""
    unanswered = unreached(finding.vendor)
    inside = [pl.col(BEGAN).is_between(start, end, closed="left") for start, end in _stretches(finding)]
    return (
        pl.any_horizontal(inside)
        & (pl.col("role") == "request")
        & pl.col("status").is_in([status for status, _ in finding.statuses])
        & (unanswered if finding.kind == "origin-unreachable" else ~unanswered)
    )


def _stretches(finding: Finding) -> Sequence[tuple[datetime, datetime]]:
    """Return when a finding was: a list of blips has nothing of what lies between them."""
    return finding.stretches if finding.kind == "blips" else ((finding.start, finding.end),)
