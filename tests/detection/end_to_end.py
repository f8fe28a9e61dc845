"""A Run → the lines of its log → what `analyze` says of them: parser, tables, second look and all."""

from __future__ import annotations

import dataclasses
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import parsers
from loganalyzer.analysis import analyze
from tests.detection import lines
from tests.detection.alarms import alarms_of
from tests.detection.metrics import Result, judge
from tests.detection.modes import MARGIN, cut
from tests.detection.records import records_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.detection.alarms import Alarm
    from tests.detection.generator import Run

MINUTE: Final = timedelta(minutes=1)
LINES: Final = 2_000_000
"""Of a log that is read whole."""
AROUND: Final = 400_000
"""Lines, at most, of a log around one incident."""
HOURS: Final = 6
NOT_CONFINED: Final = frozenset({"drop", "silence"})
"""Incidents of which no records are left to say whose they were."""


def analysed(run: Run, first: int, last: int) -> list[Alarm]:
    """Return what is found in the log of some minutes, with causes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "access.log"
        lines.write(path, records_of(run, first, last), run.site.vendor)
        analysis = analyze(parsers.scan([str(path)]))
    return alarms_of(analysis.findings, named=True)


def whole(run: Run) -> Result:
    """Judge the log of as many minutes as make at most `LINES` lines."""
    minutes = int((run.requests.cumsum() <= LINES).sum())
    truth = cut(run.truth, run.truth.start, run.site.at(minutes))
    while truth is None:  # not in the middle of an incident
        minutes -= 30
        truth = cut(run.truth, run.truth.start, run.site.at(minutes))
    return judge(truth, analysed(run, 0, minutes))


def around(run: Run) -> Iterator[Result]:
    """Judge a log of some hours around each incident that may have a culprit, shorter where there is much traffic."""
    random = run.site.random("around")
    for incident in run.truth.incidents:
        begin, end = (round((at - run.truth.start) / MINUTE) for at in (incident.start, incident.end))
        length = HOURS * 60
        while length > 60 and run.requests[begin : begin + length].sum() > AROUND:
            length -= 10
        if incident.name in NOT_CONFINED or end - begin > length / 3:
            continue
        room = length - (end - begin) - 2 * MARGIN // MINUTE
        first = max(begin - MARGIN // MINUTE - int(random.integers(0, room)), 0)
        last = min(first + length, run.site.minutes)
        truth = cut(run.truth, run.site.at(first), run.site.at(last))
        if truth is not None:
            result = judge(truth, analysed(run, first, last))
            of_it = tuple(verdict for verdict in result.verdicts if verdict.incident == incident)
            yield dataclasses.replace(result, verdicts=of_it)
