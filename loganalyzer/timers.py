"""Durations of failed requests → the timers that ended them: what piles up at a round value was no accident.

Somebody who gives up by a timer does so after the same time again and again: 504s that all took 60.0 seconds name the
server's own limit, not the page. Whether durations pile up is tested against their neighbours, so that a broad hump
is none; which timers are known to end requests there stands in `timers.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from loganalyzer import baseline
from loganalyzer.aggregates.waits import LONGEST_S, STATUSES, WIDTH
from loganalyzer.findings import Timer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from loganalyzer.baseline import Floats
    from loganalyzer.findings import Finding
    from loganalyzer.tables import Tables

TENTHS: Final = 10
"""Of a second: as fine as waits are kept."""
BEFORE, AFTER = 1, 3
"""Tenths around a whole second that belong to it: a timer runs late, never early, but for rounding."""
NEAR: Final = 11
"""Tenths on either side of a pile that are its closest neighbours."""
WIDER: Final = (0.8, 1.25)
"""Times the value, to where the wider neighbourhood reaches: a hump is seen by one of the two."""

LEAST: Final = 5
"""Records of a pile: less is a coincidence."""
LEAST_SHARE: Final = 0.1
"""Of the waits of a status: a smaller pile tells nothing of the others."""
TIMES: Final = 4.0
"""What the neighbours lead one to expect, times which a pile must be: the top of a narrow hump reaches twice."""
NEEDED: Final = 5.0
"""Decades of score: one chance in a hundred thousand for each of some hundred whole seconds that waits end at."""
LEAST_ITSELF: Final = 0.25
"""Of a pile, that is not late: the second after a timer's is not the timer's."""
PILES: Final = 2
"""Piles named of one status, the largest first."""
UNREACHED: Final = "origin-unreachable"
"""The kind of finding whose statuses are of requests that no origin answered; those of the others were answered."""
LATE: Final = 1
"""Whole seconds that a wait may be rounded up where the log knows no finer ones."""


@dataclass(frozen=True)
class Limit:
    """A timer by its default.

    It ends requests after `seconds` with one of `statuses` in the logs of `vendors`; `layer` is whose it is, `source`
    where the default is documented, `read` the day on which that was looked up.
    """

    name: str
    seconds: int
    statuses: tuple[int, ...]
    vendors: tuple[str, ...]
    layer: str
    source: str
    read: str
    note: str | None = None


@dataclass(frozen=True)
class Pile:
    """Records whose waits pile up at a whole number of seconds: they lie from `start_s` to `end_s` (exclusive)."""

    seconds: int
    records: int
    start_s: float
    end_s: float


@cache
def known() -> tuple[Limit, ...]:
    """Return every timer of `timers.json`, in its order: the likelier ones first."""
    rows = json.loads(files("loganalyzer").joinpath("timers.json").read_text(encoding="utf-8"))
    return tuple(
        Limit(**{**row, "statuses": tuple(row["statuses"]), "vendors": tuple(row["vendors"])}) for row in rows
    )


def with_timers(findings: Sequence[Finding], tables: Tables) -> tuple[Finding, ...]:
    """Return the findings, each with the timers that its waits point to."""
    return tuple(
        replace(finding, timers=timers_of(finding, tables))
        if any(status in STATUSES for status, _ in finding.statuses)
        else finding
        for finding in findings
    )


def timers_of(finding: Finding, tables: Tables) -> tuple[Timer, ...]:
    """Return the timers that the waits of a finding point to, by falling number of records; unknown ones unnamed.

    What piles up all day long is no part of the finding: as much as the rest of the log leads one to expect is taken
    for granted.
    """
    log = tables.waits.filter(
        (pl.col("vendor") == finding.vendor)
        & pl.col("server").eq_missing(pl.lit(finding.server, pl.String()))
        & (pl.col("unreached") == (finding.kind == UNREACHED))
    )
    if log.height == 0:
        return ()
    inside = _inside(finding)
    here, rest = log.filter(inside), log.filter(~inside)
    slots = _slots(finding, tables, inside)
    share = slots[0] / slots[1] if slots[1] else 0.0
    unit = TENTHS if _whole_seconds(log) else 1
    timers: list[Timer] = []
    for status, _ in finding.statuses:
        if status not in STATUSES:
            continue
        waits, usual = _grid(here, status), share * _grid(rest, status)
        found = sorted(_piles(waits, usual, unit), key=lambda pile: (-pile[1], pile[0]))[:PILES]
        for seconds, records in found:
            timers += _named(finding, status, seconds, records, int(waits.sum()))
    return tuple(sorted(timers, key=lambda timer: -timer.records))


def piles_of(waits: pl.DataFrame, status: int) -> tuple[tuple[Pile, ...], int]:
    """Return where the waits of a status pile up, the largest first, and how many waits there are.

    Parameters
    ----------
    waits: rows of `Tables.waits` of one log.
    """
    grid = _grid(waits, status)
    if not grid.any():
        return (), 0
    whole = _whole_seconds(waits)
    found = sorted(
        _piles(grid, np.zeros_like(grid), TENTHS if whole else 1), key=lambda pile: (-pile[1], pile[0])
    )
    late = LATE + 1.0 if whole else (AFTER - 0.5) / TENTHS
    early = 0.0 if whole else (BEFORE + 0.5) / TENTHS
    piles = (Pile(seconds, records, seconds - early, seconds + late) for seconds, records in found[:PILES])
    return tuple(piles), int(grid.sum())


def limits_at(seconds: float, status: int | None, vendor: str | None) -> tuple[Limit, ...]:
    """Return the timers that are known to end requests of a vendor's log after so many seconds with a status."""
    return tuple(
        limit
        for limit in known()
        if limit.seconds == seconds and status in limit.statuses and vendor in limit.vendors
    )


def _inside(finding: Finding) -> pl.Expr:
    stretches = finding.stretches if finding.kind == "blips" else ((finding.start, finding.end),)
    return pl.any_horizontal([_touches(start, end) for start, end in stretches])


def _touches(start: datetime, end: datetime) -> pl.Expr:
    """Return whether five minutes overlap a stretch."""
    return (pl.col("start") < end) & (pl.col("start") + pl.duration(minutes=WIDTH) > start)


def _slots(finding: Finding, tables: Tables, inside: pl.Expr) -> tuple[int, int]:
    """Return how many five minutes with records lie in a finding, and how many elsewhere in its log."""
    start = pl.col("minute").dt.truncate(f"{WIDTH}m").alias("start")
    log = (pl.col("vendor") == finding.vendor) & pl.col("server").eq_missing(
        pl.lit(finding.server, pl.String())
    )
    counted = (
        tables.minutes.filter(log).select(start).unique().select(inside.sum(), (~inside).sum().alias("rest"))
    )
    here, rest = counted.row(0)
    return here, rest


def _whole_seconds(log: pl.DataFrame) -> bool:
    """Tell whether every wait of a log is of whole seconds: then its neighbours are a second away."""
    return bool((log["tenths"] % TENTHS == 0).all())


def _grid(waits: pl.DataFrame, status: int | None) -> Floats:
    """Return the records of a status by tenths of a second."""
    rows = waits.filter(pl.col("status") == status)
    grid = np.bincount(rows["tenths"], rows["records"], minlength=int(LONGEST_S * TENTHS) + 2 * NEAR)
    return grid.astype(np.float64)


def _piles(waits: Floats, usual: Floats, unit: int) -> list[tuple[int, int]]:
    """Return (seconds, records) of every whole second at which waits pile up."""
    step = TENTHS // unit
    before, after = (0, LATE + 1) if unit > 1 else (BEFORE, AFTER)
    if unit > 1:
        waits, usual = waits[::unit], usual[::unit]
    least = max(LEAST, LEAST_SHARE * float(waits.sum()))
    sums = np.concatenate(([0.0], np.cumsum(waits)))
    found: list[tuple[int, int]] = []
    taken = -1
    for second in range(1, (waits.size - 2 * NEAR) // step):
        low, high = second * step - before, second * step + after
        records = float(sums[high] - sums[low])
        itself = float(waits[low : second * step + 1].sum())
        if records < least or low <= taken or itself < LEAST_ITSELF * records:
            continue
        due = _due(sums, second * step, low, high) + float(usual[low:high].sum())
        if records >= TIMES * due and float(baseline.score(records, due, 1.0, 0.0, np.inf)) >= NEEDED:
            found.append((second, int(records)))
            taken = high - 1
    return found


def _due(sums: Floats, value: int, low: int, high: int) -> float:
    """Return the records that the densest neighbourhood leads one to expect from `low` to `high`."""
    near = max(1, min(NEAR, round((1 - WIDER[0]) * value)))
    sides = (
        (low - near, low),
        (high, high + near),
        (min(low - near, round(WIDER[0] * value)), low),
        (high, max(high + near, round(WIDER[1] * value))),
    )
    densities = [
        (float(sums[min(end, sums.size - 1)] - sums[max(start, 0)]) + baseline.HALF_EVENT) / (end - start)
        for start, end in sides
    ]
    return max(densities) * (high - low)


def _named(finding: Finding, status: int | None, seconds: int, records: int, total: int) -> list[Timer]:
    """Return a pile under the name of every timer that is known to end requests there, or without one."""
    candidates = limits_at(seconds, status, finding.vendor)
    status = status or 0
    if not candidates:
        return [Timer(status, float(seconds), records, total, None, None, None)]
    return [
        Timer(status, float(seconds), records, total, limit.name, limit.layer, limit.source)
        for limit in candidates
    ]
