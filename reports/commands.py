"""A stretch of a log and an expression → the command that reads just that again, safe to paste."""

from __future__ import annotations

import shlex
from datetime import UTC, timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from loganalyzer.analysis import PSEUDONYM
from reports.logtext import mask

if TYPE_CHECKING:
    from datetime import datetime

    from loganalyzer.analysis import Analysis

PATHS: Final = 3
"""Paths named one by one; of more their folders are."""

LONGEST: Final = 600
"""Characters of a command that somebody still reads before it is run."""


def command(
    analysis: Analysis,
    vendor: str,
    where: str | None,
    span: tuple[datetime, datetime] | None = None,
    *,
    verb: str = "analyze",
) -> str | None:
    """Return a command that reads a vendor's log again, or null where it cannot be offered.

    A text with signs that act or hide, or with a secret, is not offered: nobody sees what would be run. Nor is one with
    a pseudonym, which selects nothing; what a command of an anonymized report writes is anonymized too.
    """
    paths = _paths(analysis, vendor)
    if not paths:
        return None
    words = ["loganalyzer", verb, *paths, "--vendor", vendor]
    if span is not None:
        start, end = span
        words += ["--since", _time(start), "--until", _time(end)]
    if where is not None:
        words += ["--where", where]
    if analysis.anonymized:
        if where is not None and PSEUDONYM.search(where):
            return None
        words.append("--anonymize")
    made = shlex.join(words)
    if not made.isprintable() or mask(made) != made or len(made) > LONGEST:
        return None
    return made


def _paths(analysis: Analysis, vendor: str) -> list[str]:
    """Return the files of a vendor's log, or their folders if they are many; nothing where one was a pipe."""
    paths = sorted(
        {
            source.path.split("!", 1)[0]
            for source in analysis.sources
            if source.vendor == vendor and source.ledger.records
        }
    )
    if any(path == "-" for path in paths):
        return []
    if len(paths) > PATHS:
        paths = sorted({str(PurePath(path).parent) for path in paths})
    return paths if len(paths) <= PATHS else []


def _time(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    whole = moment - timedelta(microseconds=moment.microsecond)
    return f"{whole:%Y-%m-%dT%H:%M:%SZ}"
