"""A stretch of a log and an expression → the command that reads just that again, safe to paste."""

from __future__ import annotations

import shlex
from datetime import UTC, timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from loganalyzer.analysis import PSEUDONYM, quoted
from reports.logtext import mask

if TYPE_CHECKING:
    from datetime import datetime

    from loganalyzer.analysis import Analysis, Finding

PATHS: Final = 3
"""Paths named one by one; of more their folders are."""

LONGEST: Final = 600
"""Characters of a command that somebody still reads before it is run."""


GAPS: Final = frozenset({"log-silence", "rotation-gap"})
"""Kinds of findings in whose time there is no line."""

BESIDE: Final = timedelta(minutes=5)
"""What is read on both sides of such a gap."""

BY_TIME: Final = frozenset({"traffic-drop", "traffic-surge", "latency-shift", "quiet-day", *GAPS})
"""Kinds that no status tells."""

NO_ANSWER: Final = {
    "cloudflare": "status in (502, 504) and upstream_status is not null and upstream_status = 0",
    "cisco_wsa": "status in (502, 503, 504) and cache is not null and cache like 'NONE%'",
}
"""Vendors whose 502, 503 and 504 come from a server behind or from nobody: the expression of the latter."""


def command(
    analysis: Analysis,
    vendor: str,
    where: str | None,
    span: tuple[datetime, datetime] | None = None,
    *,
    verb: str = "analyze",
    server: str | None = None,
) -> str | None:
    """Return a command that reads a vendor's log again (of one server), or null where it cannot be offered.

    A text with signs that act or hide, or with a secret, is not offered: nobody sees what would be run. Nor is one with
    a pseudonym, which selects nothing; what a command of an anonymized report writes is anonymized too.
    """
    paths = _paths(analysis, vendor, server)
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
    made = " ".join(map(_word, words))
    if not made.isprintable() or mask(made) != made or len(made) > LONGEST:
        return None
    return made


def of_finding(analysis: Analysis, finding: Finding) -> str | None:
    """Return the command that reads the slice of a log that a finding is about, or null where none can be offered.

    Of failures just these records; of what was slow, missing or too much all that was there; of lines that could not be
    read what would help. Where nothing was logged it is what stands on both sides of the gap.
    """
    vendor = finding.vendor
    if vendor is None:
        return None
    if finding.kind == "unreadable-lines":
        return command(analysis, vendor, None, verb="doctor", server=finding.server)
    span = finding.looked or (finding.start, finding.end)
    if finding.kind in GAPS:
        span = (span[0] - BESIDE, span[1] + BESIDE)
    where = where_of(finding)
    return command(analysis, vendor, where, span, verb="parse", server=finding.server)


def where_of(finding: Finding) -> str | None:
    """Return the expression that leaves the records that a finding counts; null where its time alone tells."""
    terms = []
    if finding.kind in BY_TIME:
        terms.append("role = 'request'" if finding.kind not in GAPS else "")
    elif finding.statuses:
        terms += [_statuses(finding), _roles(finding)]
        if finding.vendor in NO_ANSWER:
            terms.append(_unreached(finding))
    if finding.host is not None:
        terms.append(f"host = {quoted(finding.host)}")
    if finding.client is not None:
        terms.append(f"client = {quoted(finding.client)}")
    return " and ".join(term for term in terms if term) or None


def _statuses(finding: Finding) -> str:
    known = sorted(status for status, _ in finding.statuses if status is not None)
    listed = (
        f"status in ({', '.join(map(str, known))})"
        if len(known) > 1
        else f"status = {known[0]}"
        if known
        else ""
    )
    if any(status is None for status, _ in finding.statuses):
        return f"({listed} or status is null)" if listed else "status is null"
    return listed


def _roles(finding: Finding) -> str:
    """Return whose records are counted: of a login what the proxy asked for itself, too."""
    asked = {401, 407} & {status for status, _ in finding.statuses}
    return "role in ('request', 'handshake')" if asked else "role = 'request'"


def _unreached(finding: Finding) -> str:
    """Return whether a server behind answered, where the same status may mean both."""
    both = {502, 503, 504} & {status for status, _ in finding.statuses}
    if finding.family not in {"52x", "5xx-app", "5xx-gw", "5xx-all"} or not both:
        return ""
    none = NO_ANSWER[finding.vendor or ""]
    if finding.family != "52x":
        return f"not ({none})"
    return (
        f"({none})" if not {status for status, _ in finding.statuses} - both else f"({none} or status >= 520)"
    )


def _paths(analysis: Analysis, vendor: str, server: str | None = None) -> list[str]:
    """Return the files of a vendor's log, or their folders if they are many; nothing where one was a pipe."""
    paths = sorted(
        {
            source.path.split("!", 1)[0]
            for source in analysis.sources
            if source.vendor == vendor and source.ledger.records and server in {None, source.server}
        }
    )
    if any(path == "-" for path in paths):
        return []
    if len(paths) > PATHS:
        paths = sorted({str(PurePath(path).parent) for path in paths})
    return paths if len(paths) <= PATHS else []


def _word(word: str) -> str:
    """Return a word as a POSIX shell reads it; one with `'` between `"`, if nothing in it acts there.

    >>> print(_word("role = 'request'"), _word("path = '$HOME'"))
    "role = 'request'" 'path = '"'"'$HOME'"'"''
    """
    if "'" in word and not set(word) & set('"$`\\!'):
        return f'"{word}"'
    return shlex.quote(word)


def _time(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    whole = moment - timedelta(microseconds=moment.microsecond)
    return f"{whole:%Y-%m-%dT%H:%M:%SZ}"
