"""The lines say what the counts say: all are read, and minute for minute the same number of each status."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

import parsers
from loganalyzer.tables import COLUMNS, Tables, fold
from tests.detection import lines
from tests.detection.as_tables import tables_of
from tests.detection.cast import cast_of
from tests.detection.generator import make
from tests.detection.records import records_of
from tests.detection.site import VENDORS, draw

if TYPE_CHECKING:
    from pathlib import Path

    from tests.detection.generator import Run

SEED = 6


def scanned(run: Run, path: Path) -> Tables:
    lines.write(path, records_of(run), run.site.vendor)
    scan = parsers.scan([str(path)])
    tables = fold(scan.batches(COLUMNS, Tables.of))
    assert {name: ledger.rejected for name, ledger in tables.ledgers.items()} == {0: {}}
    return tables


@pytest.mark.parametrize("vendor", VENDORS)
def test_lines_and_counts_agree(vendor: str, tmp_path: Path) -> None:
    run = make(draw(SEED, 20, 2, vendor=vendor))
    read, made = scanned(run, tmp_path / "access.log"), tables_of(run)
    keys = ["status", "role", "unreached", "upstream_status"]
    total = [
        tables.minutes.group_by(keys).agg(pl.col("records").sum()).sort(keys, nulls_last=True)
        for tables in (read, made)
    ]
    assert total[0].equals(total[1])
    by_minute = [
        tables.minutes.group_by("minute").agg(pl.col("records").sum()).sort("minute")
        for tables in (read, made)
    ]
    both = by_minute[0].join(by_minute[1], on="minute", how="full", coalesce=True).fill_null(0)
    off = (both["records"] - both["records_right"]).abs()
    # nginx stamps whole seconds at the end of a request: its start may fall into the minute before.
    assert off.sum() <= (0.04 if vendor == "nginx" else 0) * run.events.sum()
    for name in ("latency", "latency_total"):
        for cached in (False, True):
            counts = [getattr(tables, name).filter(pl.col("cached") == cached) for tables in (read, made)]
            assert counts[0]["records"].sum() == counts[1]["records"].sum()
            medians = [_median(frame) for frame in counts]
            assert medians[0] == pytest.approx(medians[1], abs=4 if name == "latency_total" else 1)


def _median(frame: pl.DataFrame) -> float:
    """Return the median bin, with 0 where there is none."""
    if frame.height == 0:
        return 0.0
    ranked = frame.group_by("bin").agg(pl.col("records").sum()).sort("bin")
    share = ranked["records"].cum_sum() / ranked["records"].sum()
    return float(ranked["bin"].filter(share >= 0.5)[0])


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_is_confined_fails_where_it_is_confined(vendor: str) -> None:
    seen = set()
    for seed in range(12):
        run = make(draw(seed, 200, 3, vendor=vendor), benign=False)
        for failing in run.failing:
            cause = failing.of.cause
            if cause is None:
                continue
            seen.add(cause.dimension)
            first, last = failing.first, failing.first + failing.chance.size
            records = records_of(run, first, last)
            column = pl.col(cause.dimension)
            if cause.dimension == "path":
                column = column.str.replace_all(r"/\d+", "/{id}")
            layers = [layer for layer in run.layers if layer.of is failing.of]
            names = {run.site.channels[layer.channel].name for layer in layers}
            failed = records.filter(pl.col("channel").is_in(names))
            pool = [run.site.channels[number].name for number in failing.pool]
            here = records.filter(pl.col("channel").is_in([*names, *pool]) & (column == cause.value))
            excess = sum(int(layer.counts.sum()) for layer in layers)
            assert failed.filter(column == cause.value).height >= excess
            # Of those that were answered there fail as many as it was said, minute by minute.
            share = excess / max(here.height, 1)
            assert share <= 0.96 + 1 / np.sqrt(max(here.height, 1))
            if excess > 200:
                assert share == pytest.approx(np.average(failing.chance), abs=0.15)
    assert seen


def test_one_client_is_one_and_many_are_many() -> None:
    clients: dict[str, set[int]] = {}
    for seed in range(16):
        run = make(draw(seed, 200, 4), benign=False)
        for layer in run.layers:
            if layer.of.name.startswith("404"):
                records = records_of(run, layer.of.first, layer.of.last)
                missing = records.filter(pl.col("channel") == "404")
                top = missing.group_by("client").len().sort("len", descending=True)
                clients.setdefault(layer.of.name, set()).add(int(top["len"][0] > 0.5 * layer.counts.sum()))
                assert layer.of.cause is not None
                assert layer.of.cause.value in {*missing["client"], *missing["path"]}
    assert clients == {"404 of one client": {1}, "404 of many clients": {0}}


def test_records_are_the_same_every_time_and_in_the_order_of_a_log() -> None:
    run = make(draw(4, 20, 1, varied=True))
    first, second = records_of(run), records_of(run)
    assert first.equals(second)
    ends = first["start"] + first["duration_s"].fill_null(0)
    assert (ends.diff().drop_nulls() >= 0).mean() > 0.95  # type: ignore[operator]
    start = run.site.start.timestamp()
    assert first["start"].is_between(start, start + timedelta(days=1).total_seconds()).all()
    names = {route.name for route in cast_of(run.site).routes}
    assert len(names) >= 5
