"""Analysis → sections, in page order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reports.sections import (
    cache,
    classes,
    coverage,
    decisions,
    documents,
    findings,
    glossary,
    headline,
    latency,
    method,
    notes,
    origin,
    statuses,
    timeline,
    tops,
    traffic,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from loganalyzer.analysis import Analysis
    from reports.section import Section
    from reports.words import Words

SECTIONS: Final[tuple[Callable[[Analysis, Words], Section | None], ...]] = (
    headline.section,
    findings.section,
    timeline.section,
    classes.section,
    statuses.section,
    origin.section,
    cache.section,
    decisions.section,
    tops.section,
    latency.section,
    traffic.section,
    coverage.section,
    notes.section,
    glossary.section,
    method.section,
)
"""Answer first, evidence under it; after them come the documents that they quote."""


def sections(analysis: Analysis, words: Words) -> tuple[Section, ...]:
    """Return the sections that have something to say."""
    made = (section(analysis, words) for section in SECTIONS)
    told = tuple(section for section in made if section is not None)
    quoted = documents.section(told, words)
    return (*told, quoted) if quoted else told
