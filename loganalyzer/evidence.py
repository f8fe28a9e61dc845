"""Findings → the same findings with lines of the log that belong to them, by a second look at their windows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.findings import Evidence
from loganalyzer.notes import Note
from loganalyzer.tables import START_SHIFT_LIMIT_S, began, unreached
from parsers.again import Slice, SourceChangedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from loganalyzer.findings import Finding
    from loganalyzer.tables import Tables
    from parsers import Scan

COLUMNS: Final = ("line", "timestamp", "duration_s", "status", "upstream_status", "cache", "role")
"""Canonical columns that tell whether a line belongs to a finding."""

LINES: Final = 20
"""Lines shown of a finding."""

MOST: Final = 2_000
"""Lines of one chunk among which the oldest are looked for: a server writes them nearly in order."""

CHUNKS: Final = 6
"""Chunks of one source that are read again for a finding: enough for twenty lines of anything that was flagged."""


def look_up(
    findings: Sequence[Finding], tables: Tables, scan: Scan
) -> tuple[tuple[Finding, ...], list[Note]]:
    """Return the findings with up to `LINES` of their lines each, oldest first, and a note where that failed.

    Lines are looked for by the moment their request began, as the tables count them. A finding keeps its
    numbers either way: they are those of the tables.
    """
    looked: list[Finding] = []
    notes: dict[str, Note] = {}
    for finding in findings:
        lines: list[Evidence] = []
        for number, slices in _where(finding, tables).items():
            state = scan.states[number]
            try:
                lines += _lines(finding, number, slices, scan)
            except SourceChangedError as error:
                notes[state.path] = Note("evidence-missing", {"path": state.path, "why": str(error)})
        total = int(sum(count for _, count in finding.statuses))
        looked.append(replace(finding, evidence=tuple(lines[:LINES]), evidence_total=total))
    return tuple(looked), list(notes.values())


def _where(finding: Finding, tables: Tables) -> dict[int, list[Slice]]:
    """Return the chunks of each source in which the finding's window begins."""
    ends = tables.chunks.select("source", "offset").unique()
    ends = ends.with_columns(until=pl.col("offset").shift(-1).over("source", order_by="offset"))
    chunks = tables.chunks.join(ends, on=["source", "offset"], maintain_order="left").filter(
        (pl.col("vendor") == finding.vendor)
        & (pl.col("server").eq_missing(pl.lit(finding.server, pl.String())))
        & (pl.col("start") < finding.end + timedelta(seconds=START_SHIFT_LIMIT_S))
        & (pl.col("end") >= finding.start)
    )
    places: dict[int, list[Slice]] = {}
    for source, offset, until, line in chunks.select("source", "offset", "until", "first_line").iter_rows():
        slices = places.setdefault(source, [])
        if len(slices) < CHUNKS:
            slices.append(Slice(offset, until, line))
    return places


def _lines(finding: Finding, number: int, slices: list[Slice], scan: Scan) -> list[Evidence]:
    wanted = [status for status, _ in finding.statuses]
    unanswered = unreached(finding.vendor)
    moment = began(finding.vendor)
    inside = [moment.is_between(start, end, closed="left") for start, end in _stretches(finding)]
    belongs = (
        pl.any_horizontal(inside)
        & (pl.col("role") == "request")
        & pl.col("status").is_in(wanted)
        & (unanswered if finding.kind == "origin-unreachable" else ~unanswered)
    )
    hits = [
        records.filter(belongs).head(MOST).with_columns(_began=moment)
        for records in scan.look(number, slices, COLUMNS)
    ]
    if not hits:
        return []
    first = pl.concat(hits).sort("_began", "line").head(LINES)
    return [
        Evidence(scan.states[number].path, line, text)
        for line, text in first.select("line", "text").iter_rows()
    ]


def _stretches(finding: Finding) -> Sequence[tuple[datetime, datetime]]:
    """Return when a finding was: a list of blips has nothing of what lies between them."""
    return finding.stretches if finding.kind == "blips" else ((finding.start, finding.end),)
