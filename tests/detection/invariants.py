"""A log told in other ways → the same findings; and every score recomputed from what the finding says of itself."""

from __future__ import annotations

import gzip
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

import parsers
from loganalyzer.analysis import analyze
from tests.detection import lines
from tests.detection.oracle import score
from tests.detection.records import records_of

if TYPE_CHECKING:
    from datetime import datetime

    from loganalyzer.findings import Finding
    from tests.detection.generator import Run

PIECES: Final = 5
WEEK_S: Final = 7 * 86_400
TOLD: Final = ("lines shuffled", "cut into files", "gzip", "another zone of the host", "a week later")
"""Ways of telling that change nothing."""


def findings_of(paths: list[Path]) -> tuple[Finding, ...]:
    """Return what is found in some files."""
    return tuple(analyze(parsers.scan([str(path) for path in paths])).findings)


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
        later = folder / "later.log"
        lines.write(later, records.with_columns(pl.col("start") + WEEK_S), run.site.vendor)
        told = (
            _facts(findings_of([shuffled])),
            _facts(findings_of(pieces)),
            _facts(findings_of([packed])),
            _facts(_elsewhere(plain)),
            _facts(findings_of([later]), WEEK_S),
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
