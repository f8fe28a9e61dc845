"""Findings → Alarm: what a detector said, in the words of the protocol; the only place that calls our detectors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

import polars as pl

from loganalyzer.detectors import RULES, auth_loop, detect
from loganalyzer.detectors.one_client import convicted, suspicions
from loganalyzer.detectors.single_client import told_once
from loganalyzer.incidents import grouped
from loganalyzer.second_look import BEGAN
from tests.detection.crowd import crowd_of
from tests.detection.records import records_of
from tests.detection.truth import Cause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from loganalyzer.findings import Finding
    from loganalyzer.second_look import Glance
    from loganalyzer.tables import Tables
    from tests.detection.generator import Run

MINUTE: Final = timedelta(minutes=1)

REPORTED = frozenset({"minor", "major", "critical"})
"""Severities that count as an alarm."""


@dataclass(frozen=True)
class Alarm:
    """One thing a detector reports; `end` is exclusive.

    `causes` is null where it did not try to name one, `members` are the findings of which it is made, if there are
    several. `flagged`: when somebody who watched would have known.
    """

    kinds: frozenset[str]
    start: datetime
    end: datetime
    severity: str = "minor"
    shape: str = "burst"
    causes: tuple[Cause, ...] | None = None
    members: tuple[Alarm, ...] = ()
    flagged: datetime | None = None

    @property
    def reported(self) -> bool:
        """Whether it stands at minor or above."""
        return self.severity in REPORTED

    @property
    def findings(self) -> tuple[Alarm, ...]:
        """Return what it says about single families."""
        return self.members or (self,)


class Detector(Protocol):
    """Anything that reads Tables and raises alarms; with `history` that alone says what is usual."""

    def __call__(self, tables: Tables, history: Tables | None = None) -> list[Alarm]:
        """Return the alarms by time."""
        ...


def ours(tables: Tables, history: Tables | None = None) -> list[Alarm]:
    """Return the incidents that loganalyzer finds in Tables alone, and the notices that stand alone."""
    return alarms_of(detect(tables, history), named=False)


def reading(run: Run) -> Detector:
    """Return the same with the rules for single clients, whose suspects are looked up in the records of a run.

    Who asked for what on an ordinary day is drawn apart for Tables and for records: only who has a story of his own is
    known to both, and the others are not looked up.
    """
    crowds = (crowd_of(run.site, layer.of).names for layer in run.layers)
    known = {names[0] for names in crowds if len(names) == 1}

    def detector(tables: Tables, history: Tables | None = None) -> list[Alarm]:
        found = list(detect(tables, history))
        records_in = lru_cache(maxsize=1)(
            lambda first, last: records_of(run, first, last).with_row_index("line")
        )
        for suspicion in sorted(
            suspicions(tables, RULES), key=lambda one: (one.glance.start, one.glance.end)
        ):
            if suspicion.finding.client in known:
                _look(suspicion.glance, run, tables, records_in)
                if guilty := convicted(suspicion, tables):
                    found.append(guilty)
        return alarms_of(told_once(auth_loop.among_many(found)), named=False)

    return detector


def _look(
    glance: Glance[pl.DataFrame], run: Run, tables: Tables, records_in: Callable[[int, int], pl.DataFrame]
) -> None:
    """Answer a glance with the records of its minutes, as far as the Tables reach."""
    begin, end = tables.minutes.select(pl.col("minute").min(), pl.col("minute").max().alias("end")).row(0)
    first, last = (
        round((min(max(moment, begin), end + MINUTE) - run.truth.start) / MINUTE)
        for moment in (glance.start, glance.end)
    )
    if first < last:
        records = records_in(first, last)
        began = (pl.col("start") * 1e6).cast(pl.Int64).cast(pl.Datetime("us", "UTC")).alias(BEGAN)
        told = records.with_columns(began, source=pl.lit("access.log"), text=pl.lit(""))
        glance.parts.append(glance.of(told))


def alarms_of(findings: Iterable[Finding], *, named: bool) -> list[Alarm]:
    """Return findings as incidents, and notices alone; `named`: somebody has looked for causes."""
    by_id = {finding.id: finding for finding in findings}
    alarms = []
    for incident in grouped(by_id.values()):
        members = [_alarm(by_id.pop(number), named=named) for number in incident.findings]
        lead = members[0]
        alarms.append(
            Alarm(
                frozenset[str]().union(*(member.kinds for member in members)),
                incident.start,
                incident.end,
                incident.severity,
                lead.shape,
                lead.causes,
                tuple(members),
            )
        )
    alarms += [_alarm(finding, named=named) for finding in by_id.values()]
    return sorted(alarms, key=lambda alarm: (alarm.start, alarm.end, sorted(alarm.kinds)))


def _alarm(finding: Finding, *, named: bool) -> Alarm:
    blamed = [Cause(cause.dimension, cause.value) for cause in finding.causes]
    if finding.client is not None:  # it is about nobody else
        blamed.insert(0, Cause("client", finding.client))
    causes = tuple(blamed) if named else None
    return Alarm(
        frozenset({finding.kind}),
        finding.start,
        finding.end,
        finding.severity,
        finding.shape,
        causes,
        flagged=finding.flagged,
    )
