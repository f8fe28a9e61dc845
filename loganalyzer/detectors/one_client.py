"""Denied clients in the Tables → suspects, and from a second look at their busiest minutes the findings they make.

Rates cannot name a loop, a scan or a storm: the same hundred refusals are a broken link that hundreds followed, or one
program that does not give up. The Tables say who was denied how often in five minutes; what exactly was asked, and how
fast, is read again for at most `SUSPECTS` of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates.clients import WIDTH_S
from loganalyzer.aggregates.grouping import LONGEST_VALUE
from loganalyzer.evidence import evidence_of
from loganalyzer.findings import Finding, Model
from loganalyzer.second_look import BEGAN, Glance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from loganalyzer.tables import Tables

SUSPECTS: Final = 200
"""Clients that are looked at again, those with the most denials first; what the others did is in the tables."""

RECORDS: Final = 400_000
"""Records of the log that are read for one suspect: a quarter of an hour around its busiest five minutes, or less of a
log that writes more. What is read follows from time alone, not from where in the files the lines stand."""

WIDTH: Final = timedelta(seconds=WIDTH_S)
MINUTE: Final = timedelta(minutes=1)

JOIN: Final = 2
"""Five minutes without a denial that still belong to the same affair."""

MANY: Final = 100
"""Denials from which on what one client does may be more than a notice: two dozen are one visitor's bad five minutes,
and on a small site at night a good part of the traffic."""

LINES: Final = 20_000
"""Requests of one suspect that are judged; a loop of more is one all the same."""


@dataclass(frozen=True, eq=False)
class Rule:
    """What one kind of misbehaving client looks like.

    `denied` is the column of `Tables.clients` that must reach `least` in five minutes, in which the client was not
    `answered`, if that `exonerates`. `columns` are needed of its records, which `judge` is given with `BEGAN`, sorted
    by it: it returns the finding with its numbers, or null.
    """

    kind: str
    denied: str
    least: int
    exonerates: bool
    columns: tuple[str, ...]
    judge: Callable[[Finding, pl.DataFrame, Tables], Finding | None]


@dataclass(frozen=True, eq=False)
class Suspicion:
    """A finding that may be, the rule that tells, and the question that decides."""

    finding: Finding
    rule: Rule
    glance: Glance[pl.DataFrame]


def suspicions(tables: Tables, rules: Sequence[Rule]) -> list[Suspicion]:
    """Return the suspects of every rule, those with the most denials first."""
    found: list[Suspicion] = []
    for rule in rules:
        found += _suspects(tables, rule)
    return sorted(found, key=lambda one: (-one.finding.observed, one.finding.id))[:SUSPECTS]


def convicted(suspicion: Suspicion, tables: Tables) -> Finding | None:
    """Return what the look at a suspect's busiest minutes says; null where it was something else, or unseen."""
    if not suspicion.glance.parts:
        return None
    # Many stamps know no more than seconds: within one, refusals come before the success that they ended in, in
    # whatever order the lines were read.
    order = [BEGAN, *suspicion.rule.columns, "source", "line"]
    descending = [name in suspicion.rule.columns for name in order]
    records = pl.concat(suspicion.glance.parts).sort(order, descending=descending).head(LINES)
    return suspicion.rule.judge(suspicion.finding, records, tables)


def _suspects(tables: Tables, rule: Rule) -> list[Suspicion]:
    denied = pl.col(rule.denied)
    guilty = denied >= rule.least
    if rule.exonerates:
        guilty &= pl.col("answered") == 0
    rows = (
        tables.clients.filter(guilty)
        .with_columns(pl.col("vendor").cast(pl.String))
        .sort("vendor", "server", "client", "start")
    )
    who = ["vendor", "server", "client"]
    apart = (pl.col("start").diff() > JOIN * WIDTH).fill_null(value=True).cum_sum().over(who)
    affairs = (
        rows.with_columns(_affair=apart)
        .group_by(*who, "_affair", maintain_order=True)
        .agg(
            pl.col("start").min(),
            (pl.col("start").max() + WIDTH).alias("end"),
            denied.sum().alias("denied"),
            pl.col("start").sort_by(denied, descending=True, maintain_order=True).first().alias("busiest"),
        )
        .sort("denied", descending=True, maintain_order=True)
        .head(SUSPECTS)
    )
    columns = affairs.select(*who, "start", "end", "denied", "busiest")
    pace = _Pace(tables)
    return [_suspicion(rule, pace, *row) for row in columns.iter_rows()]


class _Pace:
    """How much each log writes, which tells how much of it can be read again."""

    def __init__(self, tables: Tables) -> None:
        self._minutes = tables.minutes.filter(pl.col("minute").is_not_null())
        self._logs: dict[tuple[str, str | None], pl.DataFrame] = {}

    def around(self, vendor: str, server: str | None, busiest: datetime) -> tuple[datetime, datetime]:
        """Return the stretch to read: five minutes with their neighbours, alone, or their first minutes."""
        if (vendor, server) not in self._logs:
            self._logs[vendor, server] = (
                self._minutes.filter(
                    pl.col("vendor") == vendor, pl.col("server").eq_missing(pl.lit(server, pl.String))
                )
                .group_by("minute")
                .agg(pl.col("records").sum())
            )
        log = self._logs[vendor, server]
        five = [busiest + minutes * MINUTE for minutes in range(WIDTH // MINUTE, 0, -1)]
        stretches = [(busiest - WIDTH, busiest + 2 * WIDTH), *((busiest, end) for end in five)]
        counts = log.select(
            pl.col("records")
            .filter(pl.col("minute").is_between(*stretch, closed="left"))
            .sum()
            .alias(f"{place}")
            for place, stretch in enumerate(stretches)
        ).row(0)
        few = (stretch for stretch, count in zip(stretches, counts, strict=True) if count <= RECORDS)
        return next(few, stretches[-1])


def _suspicion(  # noqa: PLR0913, PLR0917  # a row of the affairs
    rule: Rule,
    pace: _Pace,
    vendor: str,
    server: str | None,
    client: str,
    start: datetime,
    end: datetime,
    denied: int,
    busiest: datetime,
) -> Suspicion:
    finding = Finding(
        kind=rule.kind,
        family=rule.denied,
        shape="burst",
        severity="minor",
        vendor=vendor,
        server=server,
        host=None,
        start=start,
        end=end,
        ongoing=False,
        observed=float(denied),
        expected=0.0,
        requests=float(denied),
        score=0.0,
        model=Model(WIDTH_S, float(denied), 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, float(rule.least), ""),
        client=client,
    )

    def theirs(records: pl.DataFrame) -> pl.DataFrame:
        # The table keeps no more of a name than this.
        return records.filter(pl.col("client").str.slice(0, LONGEST_VALUE) == client).select(
            "source", "line", "text", BEGAN, *rule.columns
        )

    columns = ("client", *rule.columns)
    glance = Glance(vendor, server, *pace.around(vendor, server, busiest), columns, theirs)
    return Suspicion(finding, rule, glance)


def judged(finding: Finding, denials: pl.DataFrame, facts: dict[str, float]) -> Finding:
    """Return the finding with statuses and lines of the denials that were read, and the numbers that tell it.

    Parameters
    ----------
    denials: `status`, `source`, `line`, `text` and `BEGAN`, sorted by it.
    """
    counted = denials.group_by("status").len().sort("len", "status", descending=[True, False])
    return replace(
        finding,
        statuses=tuple(counted.iter_rows()),
        facts=tuple(sorted(facts.items())),
        evidence=evidence_of([denials]),
        evidence_total=denials.height,
    )
