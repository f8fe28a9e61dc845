"""PATHs → a scan; what became of each of them → the problems to name and the exit code."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import parsers
from loganalyzer.cli.exits import CallError, Exit
from loganalyzer.cli.terminal import underlined
from parsers.batches import START
from parsers.source import find
from reports.reasons import reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loganalyzer.cli.options import Language, Reading
    from parsers import Scan, SourceState
    from reports.words import Words


NAMED: Final = 5
"""Sources of one kind that are named one by one."""


@dataclass(frozen=True)
class Read:
    """Lines of one source, and how many of them were records, rejected, skipped for a reason, or not wanted."""

    lines: int = 0
    records: int = 0
    rejected: int = 0
    blank: int = 0
    skipped: int = 0
    filtered: int = 0

    def __add__(self, other: Read) -> Read:
        """Return both together."""
        return Read(
            self.lines + other.lines,
            self.records + other.records,
            self.rejected + other.rejected,
            self.blank + other.blank,
            self.skipped + other.skipped,
            self.filtered + other.filtered,
        )

    def told(self, words: Words) -> str:
        """Return the ledger in words."""
        records, lines = words.count("record", self.records), words.count("line", self.lines)
        named = (
            ("rejected", self.rejected),
            ("blank", self.blank),
            ("skipped", self.skipped),
            ("filtered", self.filtered),
        )
        parts = [words(f"ledger.{name}", n=words.number(count)) for name, count in named if count]
        return ", ".join([words("ledger.records", records=records, lines=lines), *parts])


def counted(number: int, noun: str) -> str:
    """Return a number and its noun.

    >>> counted(1, "line"), counted(2000, "line")
    ('1 line', '2,000 lines')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def open_scan(call: Reading, *, spool_limit: int, pseudonyms: parsers.Pseudonyms | None = None) -> Scan:
    """Return the sources of a call, ready to be read; `pseudonyms` are those of an earlier look, which met names.

    Raises
    ------
    CallError: a format text, a configuration, a time or an expression of the call cannot be used.

    Notes
    -----
    Polars takes Ctrl-C for itself while one of its threads works, and a main thread that waits for a pipe would
    never hear of it: the handler that Python has is put back.
    """
    if pseudonyms is None and call.key is not None:
        pseudonyms = parsers.Pseudonyms(call.key)
    handler = signal.getsignal(signal.SIGINT)
    if handler is not None:
        signal.signal(signal.SIGINT, handler)
    try:
        return parsers.scan(
            call.paths,
            vendor=call.vendor,
            servers=call.servers,
            log_format=call.log_format,
            server_config=call.server_config,
            fields=call.fields,
            since=call.since,
            until=call.until,
            where=call.where,
            zone=call.zone,
            rotated=call.rotated,
            max_expansion=call.max_expansion,
            spool_limit=spool_limit,
            pseudonyms=pseudonyms,
        )
    except parsers.FilterError as error:
        raise CallError(str(error), *underlined(error.text, error.place)) from error
    except parsers.FormatError as error:
        place = (error.position, error.position + 1) if error.text else None
        raise CallError(str(error), *underlined(error.text, place)) from error
    except parsers.PathError as error:
        raise CallError(str(error)) from error


def named(scan: Scan, lang: Language) -> list[str]:
    """Return a line for each path or source that could not be read, or not to its end."""
    return [f"{error.path}: {reason(error.problem, lang)}" for error in scan.errors]


def judge(call: Reading, scan: Scan, reads: Sequence[Read], lang: Language = "en") -> tuple[list[str], Exit]:
    """Return one line for each problem, and the code for what was read.

    Parameters
    ----------
    call: with its paths as given.
    scan: after it was read.
    reads: what came of each of its states.
    lang: of the lines.
    """
    problems = named(scan, lang)
    for state, read in zip(scan.states, reads, strict=True):
        if why := _problem(state, read):
            problems.append(f"{state.path}: {reason(why, lang)}")
    wrong = {error.path for error in scan.errors}
    failed = list(wrong)
    for path, sources in _sources(call, scan, reads):
        if path not in wrong and not any(_gave(state, read) for state, read in sources):
            failed.append(path)
            if not any(_problem(state, read) for state, read in sources):
                why = f"no access log among {counted(len(sources), 'file')} (loganalyzer doctor says why)"
                problems.append(f"{path}: {reason(why, lang)}")
    if failed and len(set(failed)) == len(set(call.paths)):
        return problems, Exit.NOTHING_READ
    return problems, Exit.PARTLY_READ if problems else Exit.DONE


def left_out(scan: Scan, reads: Sequence[Read], lang: Language = "en") -> Iterator[str]:
    """Yield lines on sources that were not read, or that say what an earlier one said, the first of them by name."""
    for path, said in _left_out(scan, reads):
        yield f"{path}: {reason(said, lang)}" if path else reason(said, lang)


def _left_out(scan: Scan, reads: Sequence[Read]) -> Iterator[tuple[str, str]]:
    """Yield the source that a line is about, empty for several, and what it says."""
    unread = [state.path for state in scan.states if state.outside is not None]
    if unread:
        paths = ", ".join([*unread[:NAMED], *(["…"] if len(unread) > NAMED else [])])
        yield "", f"{counted(len(unread), 'file')} not read, wholly outside --since and --until: {paths}"
    alike = [
        (state, read) for state, read in zip(scan.states, reads, strict=True) if state.same_as is not None
    ]
    for state, read in alike[:NAMED]:
        same = f"{START if state.same_start else ''}{state.same_as}"
        yield state.path, f"same content as {same}: its {counted(read.lines, 'line')} are counted once"
    if len(alike) > NAMED:
        yield "", f"{counted(len(alike) - NAMED, 'more file')} with the content of another: counted once"
    repeated = sorted(scan.deliveries.repeated(), key=lambda one: (-one.records, one.number))
    for one in repeated[:NAMED]:
        stood = f", as in {scan.states[one.first].path}" if one.first is not None else ""
        told = f"{counted(one.records, 'request')} delivered before (same RayID{stood}): counted once"
        yield scan.states[one.number].path, told
    if rest := repeated[NAMED:]:
        more = sum(one.records for one in rest)
        yield (
            "",
            f"{counted(len(rest), 'more file')} with {counted(more, 'request')} delivered before: counted once",
        )


def _empty(state: SourceState, read: Read) -> bool:
    """Whether there was nothing to read: an empty log is a quiet one, unless reading it failed."""
    if state.problem is not None:
        return False
    recognised = state.recognition is not None and state.recognition.formats
    return read.lines == read.blank or bool(state.source.given and not recognised)


def _gave(state: SourceState, read: Read) -> bool:
    """Whether a source was read as a log; an empty one in a folder must be called one."""
    if state.outside is not None:  # as if all of it had been filtered
        return True
    if _empty(state, read):
        return state.source.given or "log" in Path(state.source.path).name.lower()
    return bool(
        state.recognition is not None
        and state.recognition.formats
        and (read.records or read.skipped or read.filtered)
    )


def _problem(state: SourceState, read: Read) -> str | None:
    if _empty(state, read):
        return None
    if state.problem is None and read.rejected and not _gave(state, read):
        return f"none of {counted(read.lines, 'line')} was understood (loganalyzer doctor says where they stop fitting)"
    return state.problem


def _sources(
    call: Reading, scan: Scan, reads: Sequence[Read]
) -> Iterator[tuple[str, list[tuple[SourceState, Read]]]]:
    """Yield each PATH with the sources that it stands for, whichever PATH named them first."""
    known = {_key(state.source.path): (state, read) for state, read in zip(scan.states, reads, strict=True)}
    for path in dict.fromkeys(call.paths):
        found = [known.get(_key(source.path)) for source in find([path], rotated=call.rotated)[0]]
        yield path, [source for source in found if source is not None]


def _key(path: str) -> str:
    return path if path == "-" else os.path.realpath(path)
