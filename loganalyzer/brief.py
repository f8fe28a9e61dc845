"""Analysis → a dozen plain lines for a notebook or a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.classes import CLASSES
from loganalyzer.findings import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.analysis import Analysis

NAMED: Final = 5
"""Incidents told; of more, the gravest."""

WIDTH: Final = 110


def brief(analysis: Analysis) -> str:
    """Return what is in an analysis, in plain ASCII but for what a path or a host was called."""
    return "\n".join(line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..." for line in _lines(analysis))


def _lines(analysis: Analysis) -> Iterator[str]:
    totals, sources = analysis.totals, len(analysis.sources)
    yield f"Analysis of {sources:,} {'source' if sources == 1 else 'sources'}"
    if analysis.period:
        start, end = analysis.period
        yield f"  period     {start:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S} UTC"
    read = f"{totals.records:,} records of {totals.lines:,} lines"
    left = [
        f"{count:,} {name}"
        for name, count in (
            ("rejected", totals.rejected), ("blank", totals.blank), ("skipped", totals.skipped),
            ("filtered", totals.filtered),
        )
        if count
    ]  # fmt: skip
    yield f"  read       {', '.join([read, *left])}"
    for vendor in dict.fromkeys(row.vendor for row in analysis.classes):
        counted = {row.status_class: row.records for row in analysis.classes if row.vendor == vendor}
        parts = [f"{name} {counted[name]:,}" for name in CLASSES if counted.get(name)]
        yield f"  {vendor:<10} {sum(counted.values()):,} records: {', '.join(parts)}"
    incidents = sorted(analysis.incidents, key=lambda one: (-SEVERITIES.index(one.severity), one.start))
    yield f"  incidents  {len(incidents):,}, from {len(analysis.findings):,} findings"
    for one in incidents[:NAMED]:
        lead = analysis.finding_of[one.lead]
        yield (
            f"    {one.severity:<8} {one.start:%Y-%m-%d %H:%M}-{one.end:%H:%M} {lead.kind} "
            f"{lead.vendor or 'all'}: {lead.observed:,.0f}"
            + ("" if lead.by_rule else f" where {lead.expected:,.0f} expected")
        )
    if len(incidents) > NAMED:
        yield f"    and {len(incidents) - NAMED:,} more"
    troubled = sum(source.problem is not None for source in analysis.sources)
    if troubled:
        yield f"  problems   {troubled:,} could not be read, or not to the end"
    yield "  see        .incidents, .findings, .statuses, .tables; reports.to_html(analysis)"
