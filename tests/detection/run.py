"""Measure detection against the goals and print the table, in Markdown.

Call it as `python -m tests.detection.run`; `--look` takes minutes, the whole run hours.
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from tests.detection.goals import Measured, ablations, cells, falsehoods, table
from tests.detection.measure import Rows, Task, measure
from tests.detection.site import RATES

if TYPE_CHECKING:
    from collections.abc import Sequence

DAYS: Final = 14
MODES: Final = ("whole", "as of", "short", "baselines", "ablations", "causes", "lines", "told", "cost")
HOURS: Final = (1, 3, 12, 24, 48)
WHOLE, LOOK = 72, 4
"""Runs per rate, clean and with incidents each: 1,008 days."""
ROWS: Final = tuple(field.name for field in dataclasses.fields(Rows))
CLEAN_SEED: Final = 100_000
LINES_SEED: Final = 200_000
LOGS: Final = ((20.0, 28), (200.0, 7), (3000.0, 1), (20.0, 56), (2.0, 28))
"""Rate and days of the logs that are read from their lines, to two million of them."""
LEAST_FOR_CAUSES: Final = 20
SHARED: Final = {
    **dict.fromkeys(("mode", "event", "kind", "told", "baseline", "name"), pl.String),
    **dict.fromkeys(("seed", "hours"), pl.Int64),
    **dict.fromkeys(("events", "found"), pl.Boolean),
    "rate": pl.Float64,
    "at": pl.Datetime,
}


def tasks(runs: int, rates: Sequence[float], modes: Sequence[str], first: int = 0) -> list[Task]:
    """Return the runs of the protocol, per rate as many clean ones as with incidents; every second four are varied.

    What takes long is done for eight runs of 24. Their seeds begin with the `first`.
    """
    made = []
    for rate in rates:
        for number in range(first, first + runs):
            varied = number // 4 % 2 == 1  # the vendor goes by turns of four
            for events in (False, True):
                seed = number if events else CLEAN_SEED + number
                made += [
                    Task(mode, rate, seed, DAYS, events=events, varied=varied)
                    for mode in ("whole", "as of", "baselines", "ablations")
                    if mode in modes
                    and (mode == "whole" or (mode == "as of" and not events) or number // 8 % 3 == 0)
                ]
                if "causes" in modes and events and number // 8 % 3 == 0 and rate >= LEAST_FOR_CAUSES:
                    made.append(Task("causes", rate, seed, DAYS, events=True, varied=varied))
                if "short" in modes and number // 8 % 3 == 0:
                    made += [
                        Task("short", rate, seed, DAYS, events=events, varied=varied, hours=hours)
                        for hours in HOURS
                    ]
    if "lines" in modes:
        made += [
            Task("lines", rate, LINES_SEED + number, days, events=True, varied=number // 4 % 2 == 1)
            for number in range(first, first + min(20, runs))
            for rate, days in (LOGS[number % len(LOGS)],)
        ]
    if "told" in modes:
        some = range(first, first + min(8, runs))
        made += [Task("told", 20.0, number, 3, events=True, varied=False) for number in some]
    return made


def gather(todo: Sequence[Task], processes: int) -> Measured:
    """Measure the tasks in several processes, the longest first."""
    ordered = sorted(todo, key=lambda task: (-task.rate, task.mode, task.seed))
    done: dict[Task, Rows] = {}
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(measure, task): task for task in ordered}
        for number, future in enumerate(as_completed(waiting), start=1):
            done[waiting[future]] = future.result()
            if number % 50 == 0:
                print(f"{number} of {len(ordered)} runs", file=sys.stderr)
    rows = [done[task] for task in todo]
    return frames(rows)


def frames(rows: Sequence[Rows]) -> Measured:
    """Return the rows of all runs as frames; one without rows has the columns that every one has."""
    made = {}
    for name in ROWS:
        of = [row for part in rows for row in getattr(part, name)]
        made[name] = pl.DataFrame(of, schema=None if of else SHARED, infer_schema_length=None)
    return Measured(**made)


def main() -> None:
    """Print what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--runs", type=int, default=WHOLE, help="clean runs, and runs with incidents, per rate"
    )
    parser.add_argument(
        "--first", type=int, default=0, help="first seed: others than those that were built with"
    )
    parser.add_argument("--rates", type=float, nargs="+", default=list(RATES))
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--look", action="store_true", help=f"{LOOK} runs per rate")
    parser.add_argument("--cells", action="store_true", help="what was found by kind of incident as well")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", type=Path, help="file for the same text, in Markdown")
    parser.add_argument("--keep", type=Path, help="folder for the rows, as Parquet")
    arguments = parser.parse_args()
    os.environ.setdefault("POLARS_MAX_THREADS", "1")  # for the processes: each has one core
    started = time.monotonic()
    runs = LOOK if arguments.look else arguments.runs
    measured = gather(tasks(runs, arguments.rates, arguments.modes, arguments.first), arguments.processes)
    if "cost" in arguments.modes:  # by itself, when the others are done
        alone = frames([measure(Task("cost", 124.0, 0, 14, events=True, varied=False))])
        measured = dataclasses.replace(measured, cost=alone.cost)
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
        for name, frame in vars(measured).items():
            frame.write_parquet(arguments.keep / f"{name}.parquet")
    command = " ".join(["python -m tests.detection.run", *sys.argv[1:]])
    first, last = arguments.first, arguments.first + runs - 1
    parts = [
        (
            f"`{command}`: {(time.monotonic() - started) / 60:.0f} minutes; seeds {first} to {last} with incidents, "
            f"{CLEAN_SEED + first} to {CLEAN_SEED + last} clean."
        ),
        table(measured),
    ]
    if measured.ablated.height:
        parts += [
            "Without a part, and beside others; at the same false alarms: at the lowest limit with as few as ours:",
            ablations(measured),
        ]
    if arguments.cells:
        parts += ["Found of detectable (of all):", cells(measured), falsehoods(measured)]
    text = "\n\n".join(parts)
    print(text)
    if arguments.write:
        arguments.write.write_text(text + "\n")


if __name__ == "__main__":
    main()
