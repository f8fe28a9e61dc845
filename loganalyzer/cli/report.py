"""`analyze`: paths → read → analyze → render → reports, a summary, and an exit code that a job can act on."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Final

import parsers
import reports
from loganalyzer.analysis import analyze as analysed
from loganalyzer.cli import beside, exported
from loganalyzer.cli.exits import CallError, Exit, OutputError, foremost
from loganalyzer.cli.exported import Folder
from loganalyzer.cli.output import STDOUT, Output, folder_of, refuse_inputs
from loganalyzer.cli.summary import ascii_of, summary
from loganalyzer.cli.terminal import draws, problem, progress, say
from loganalyzer.cli.verdict import Read, judge, left_out, named, open_scan
from loganalyzer.findings import SEVERITIES
from reports.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import tzinfo

    from loganalyzer.analysis import Analysis, Ledger, Severity
    from loganalyzer.cli.options import Assets, Form, Language, Level, Reading
    from loganalyzer.cli.summary import Told

DEFAULT: Final = "loganalyzer-report.html"

SUFFIXES: Final[dict[str, Form]] = {".html": "html", ".json": "json", ".md": "md"}

COLOURS: Final[dict[Severity, str]] = {"notice": "2", "minor": "33", "major": "31", "critical": "1;31"}
"""ECMA-48 codes: faint, yellow, red, bold red."""


@dataclass(frozen=True)
class Wanted:
    """How the reports are to look, and the level at which a finding fails the job."""

    outputs: tuple[tuple[str, Form], ...]
    title: str | None
    lang: Language
    version: str
    fail_on: Level | None
    tables: str | None = None
    assets: Assets = "inline"

    @cached_property
    def scripts(self) -> tuple[str, ...]:
        """Return the scripts that lie beside the pages.

        Raises
        ------
        CallError: none can lie there.
        """
        pages = (path for path, form in self.outputs if form == "html")
        return beside.places(pages) if self.assets == "shared" else ()

    def files(self) -> list[str]:
        """Return every file that is to be written."""
        files = [*self.scripts, *(path for path, _ in self.outputs)]
        if self.tables is not None:
            files += [os.path.join(self.tables, name) for name in exported.names()]  # noqa: PTH118  (as text)
        return files


def outputs(paths: Sequence[str], form: Form | None) -> tuple[tuple[str, Form], ...]:
    """Return every output with its format.

    Raises
    ------
    CallError: a name without one of the suffixes, or `-` without a format.
    """
    if form is not None and STDOUT not in paths:
        raise CallError(
            "--format is for standard output: add -o -, or name a file ending in .html, .json or .md"
        )
    found: list[tuple[str, Form]] = []
    for path in paths or (DEFAULT,):
        if not path:
            raise CallError("-o is empty: name a file ending in .html, .json or .md")
        suffix = form if path == STDOUT else SUFFIXES.get(Path(path).suffix.lower())
        if suffix is None and path == STDOUT:
            raise CallError("-o - needs --format html, json or md")
        if suffix is None:
            raise CallError(f"{path}: the name must end in .html, .json or .md")
        found.append((path, suffix))
    return tuple(found)


def analyze(call: Reading, wanted: Wanted, *, spool_limit: int) -> Exit:
    """Read every PATH, say what is in it, and write the reports."""
    scripts = wanted.scripts  # a call that cannot be meant ends before anything is read
    if wanted.tables == "":
        raise CallError("--tables is empty: name a folder")
    scan = open_scan(call, spool_limit=spool_limit)
    refuse_inputs(wanted.files(), scan)
    codes: list[Exit] = []
    with ExitStack() as stack:
        opened = _opened(stack, wanted.outputs if scan.states else (), codes)
        folder = _folder(stack, wanted.tables if scan.states else None, codes)
        missing = _missing(stack, scripts if scan.states else (), codes)
        if codes and not opened and folder is None:  # nobody would see what was read
            return _told(call, scan, None, codes, wanted.lang)
        if any(form == "html" for _, form in opened):
            Thread(
                target=reports.prepare, args=(wanted.assets,), daemon=True
            ).start()  # done by the time it is needed
        with progress(scan, wanted=call.progress):
            analysis = analysed(scan)
        reads = [_read(source.ledger) for source in analysis.sources[: len(scan.states)]]
        code = _told(call, scan, reads, codes, wanted.lang)
        if code is Exit.NOTHING_READ:
            return code
        if _fails(analysis, wanted.fail_on):
            codes.append(Exit.FINDING)
        written = list(_written(opened, missing, folder, analysis, wanted, codes, zone=scan.shown_in))
    if written and not call.quiet:
        for line in left_out(scan, reads, wanted.lang):
            say(line)
        words = Words(wanted.lang, scan.shown_in)
        files = [path for path in written if path not in {STDOUT, *scripts}]
        for told in summary(analysis, words, files, bars=draws()):
            say_graded(told, words)
    return foremost([code, *codes])


def _opened(
    stack: ExitStack, wanted: Sequence[tuple[str, Form]], codes: list[Exit]
) -> list[tuple[Output, Form]]:
    """Open every output before hours of reading, not after them; standard output, whose reader may go, comes last."""
    opened = []
    for path, form in sorted(wanted, key=lambda output: output[0] == STDOUT):
        try:
            opened.append((stack.enter_context(Output(path)), form))
        except OutputError as error:
            problem(str(error))
            codes.append(error.code)
    return opened


def _folder(stack: ExitStack, path: str | None, codes: list[Exit]) -> Folder | None:
    """Make the folder of tables before hours of reading, too."""
    if path is None:
        return None
    try:
        folder = Folder(path)
    except OutputError as error:
        problem(str(error))
        codes.append(error.code)
        return None
    stack.callback(folder.discard)
    return folder


def _missing(stack: ExitStack, scripts: Sequence[str], codes: list[Exit]) -> list[Output]:
    """Open every script that is not there yet, or damaged; a page without it still has all of its text.

    Of a folder that is not there the page has told, which is missing as well.
    """
    missing = []
    for path in scripts:
        if not os.path.isdir(folder_of(path)):  # noqa: PTH112  (as text)
            continue
        try:
            output = beside.opened(stack, path)
        except OutputError as error:
            problem(str(error))
            codes.append(error.code)
        else:
            missing += [output] if output else []
    return missing


def _written(
    opened: Sequence[tuple[Output, Form]],
    missing: Sequence[Output],
    folder: Folder | None,
    analysis: Analysis,
    wanted: Wanted,
    codes: list[Exit],
    *,
    zone: tzinfo,
) -> Iterator[str]:
    """Write every output; yield the paths of those that are there, name the others."""

    def report(output: Output, form: Form) -> Callable[[], None]:
        return lambda: _write(output, form, analysis, wanted, zone)

    def script(output: Output) -> Callable[[], None]:
        return lambda: beside.write(output)

    jobs = [(output.path, script(output)) for output in missing]  # before the pages that load them
    jobs += [(output.path, report(output, form)) for output, form in opened]
    if folder is not None:
        filled = folder
        jobs.append((folder.path, lambda: filled.write(analysis, lang=wanted.lang, version=wanted.version)))
    for path, job in jobs:
        try:
            job()
        except OutputError as error:
            problem(str(error))
            codes.append(error.code)
        else:
            yield path


def _told(
    call: Reading, scan: parsers.Scan, reads: Sequence[Read] | None, codes: Sequence[Exit], lang: Language
) -> Exit:
    """Name what could not be read, and return the code for it; `reads` is null where nothing was tried."""
    if reads is None:
        problems, code = named(scan, lang), Exit.DONE
    else:
        problems, code = judge(call, scan, reads, lang)
    for line in problems:
        problem(line)
    return foremost([code, *codes])


def say_graded(told: Told, words: Words) -> None:
    """Print one line of the summary: with the word of its severity in colour, or in plain ASCII where nobody looks."""
    if not draws():
        say(ascii_of(told.text) if words.lang == "en" else told.text)
        return
    say(
        told.text,
        *((words(f"severity.{told.severity}").upper(), COLOURS[told.severity]) if told.severity else ()),
    )


def _write(output: Output, form: Form, analysis: Analysis, wanted: Wanted, zone: tzinfo) -> None:
    zone = UTC if form == "json" else zone  # who reads it compares it with the other times in it
    text = reports.render(
        analysis,
        form,
        title=wanted.title,
        lang=wanted.lang,
        zone=zone,
        version=wanted.version,
        assets=wanted.assets,
    )
    output.write(text.encode("utf-8", "replace"))
    output.commit()


def _read(ledger: Ledger) -> Read:
    return Read(ledger.lines, ledger.records, ledger.rejected, ledger.blank, ledger.skipped, ledger.filtered)


def _fails(analysis: Analysis, level: Level | None) -> bool:
    """Whether a finding is at or above the level at which a job is to fail."""
    if level is None:
        return False
    failing = SEVERITIES[SEVERITIES.index(level) :]
    return any(finding.severity in failing for finding in analysis.findings)
