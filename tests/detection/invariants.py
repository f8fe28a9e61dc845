"""A log told in other ways → the same findings; and every score recomputed from what the finding says of itself."""

from __future__ import annotations

import gzip
import math
import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

import parsers
from loganalyzer.analysis import analyze
from loganalyzer.rhythm import CLOCKS
from tests.detection import lines
from tests.detection.oracle import score
from tests.detection.records import records_of

if TYPE_CHECKING:
    from datetime import datetime

    from loganalyzer.findings import Finding
    from tests.detection.generator import Run

PIECES: Final = 5
WEEK: Final = timedelta(days=7)
TOLD: Final = ("lines shuffled", "cut into files", "gzip", "another zone of the host", "weeks later")
"""Ways of telling that change nothing."""


def findings_of(paths: list[Path]) -> tuple[Finding, ...]:
    """Return what is found in some files."""
    return tuple(analyze(parsers.scan([str(path) for path in paths])).findings)


def later_s(run: Run) -> int:
    """Return by how many seconds a log is moved: the fewest weeks that no clock change comes into or goes out of.

    In the week after clocks have changed people may come an hour off, and detection allows for it.
    """
    days = [run.truth.start + timedelta(days=number) for number in range(math.ceil(run.truth.days) + 1)]

    def changed(weeks: int) -> list[bool]:
        moved = [day + weeks * WEEK for day in days]
        zones = [ZoneInfo(name) for name in CLOCKS]
        return [
            any(
                day.astimezone(zone).utcoffset() != (day - WEEK).astimezone(zone).utcoffset()
                for zone in zones
            )
            for day in moved
        ]

    weeks = next(number for number in range(1, 60) if changed(number) == changed(0))
    return weeks * int(WEEK.total_seconds())


def differing(run: Run) -> dict[str, frozenset[str]]:
    """Return, for each way of telling the log of a run, the kinds of the findings that it changes."""
    records = records_of(run)
    # Not a generator: what stops half-way would leave the folder behind.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = folder / "plain.log"
        lines.write(plain, records, run.site.vendor)
        wanted = _facts(findings_of([plain]))
        text = plain.read_bytes().splitlines(keepends=True)
        shuffled = folder / "shuffled.log"
        order = run.site.random("shuffled").permutation(len(text))
        shuffled.write_bytes(b"".join(text[place] for place in order))
        pieces = [folder / f"piece-{number}.log" for number in range(PIECES)]
        for piece, part in zip(pieces, np.array_split(np.arange(len(text)), PIECES), strict=True):
            piece.write_bytes(b"".join(text[part[0] : part[-1] + 1]))
        packed = folder / "packed.log.gz"
        packed.write_bytes(gzip.compress(b"".join(text), 1))
        later, moved = folder / "later.log", later_s(run)
        lines.write(later, records.with_columns(pl.col("start") + moved), run.site.vendor)
        told = (
            _facts(findings_of([shuffled])),
            _facts(findings_of(pieces)),
            _facts(findings_of([packed])),
            _facts(_elsewhere(plain)),
            _facts(findings_of([later]), moved),
        )
        return {each: _changed(wanted, facts) for each, facts in zip(TOLD, told, strict=True)}


def _elsewhere(path: Path) -> tuple[Finding, ...]:
    """Return what is found where the clock of the host is set to another zone."""
    before = os.environ.get("TZ")
    try:
        os.environ["TZ"] = "America/St_Johns"
        time.tzset()
        return findings_of([path])
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


def _facts(findings: tuple[Finding, ...], shift_s: int = 0) -> list[tuple[object, ...]]:
    """Return what findings say, but for the lines that are evidence: another file has others."""

    def at(moment: datetime) -> float:
        return moment.timestamp() - shift_s

    return [
        (
            *(each.kind, each.family, each.shape, each.severity, each.vendor, at(each.start), at(each.end)),
            *(each.observed, round(each.expected, 6), round(each.score, 6), each.statuses, each.ongoing),
            tuple((cause.dimension, cause.value) for cause in each.causes),
        )
        for each in sorted(findings, key=lambda each: (each.start, each.kind, each.family, each.end))
    ]


def _changed(wanted: list[tuple[object, ...]], facts: list[tuple[object, ...]]) -> frozenset[str]:
    """Return the kinds of the findings that are in one of the two and not in the other."""
    return frozenset(str(fact[0]) for fact in {*wanted} ^ {*facts})


def recomputed(finding: Finding) -> float | None:
    """Return the score by hand from a finding's own inputs; null where it was not scored, as against a limit."""
    model = finding.model
    if model.limit is not None or model.m <= 0 or model.M <= 0:
        return None
    spread = (model.phi + model.kappa * model.m) * (1 + model.m / model.M)
    return score(model.y, model.m, spread, down=model.y < model.m)
