"""Measure detection against the goals and print the table.

Call it as `python -m tests.detection.run`; `--look` takes seconds, the whole run some minutes on two cores.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

import polars as pl

from tests.detection.goals import Measured, table
from tests.detection.measure import Task, measure
from tests.detection.site import RATES

if TYPE_CHECKING:
    from collections.abc import Sequence

DAYS = 28
PROCESSES = 2


def tasks(runs: int, rates: Sequence[float]) -> list[Task]:
    """Return the runs of the protocol: `runs` clean and `runs` with incidents per rate, every second one varied."""
    made = []
    for rate in rates:
        for seed in range(runs):
            varied = seed // 4 % 2 == 1  # the vendor goes by turns of four
            made += [
                Task("whole", rate, 1_000 + seed, DAYS, events=False, varied=varied),
                Task("whole", rate, seed, DAYS, events=True, varied=varied),
            ]
    return made


def gather(todo: Sequence[Task]) -> Measured:
    """Measure the tasks in two processes, the longest first."""
    ordered = sorted(todo, key=lambda task: -task.rate)
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        parts = list(pool.map(measure, ordered, chunksize=4))
    return Measured(
        **{
            name: pl.DataFrame(
                [row for part in parts for row in getattr(part, name)], infer_schema_length=None
            )
            for name in ("files", "incidents", "false", "blamed")
        }
    )


def main() -> None:
    """Print what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=36, help="clean runs, and runs with incidents, per rate")
    parser.add_argument("--rates", type=float, nargs="+", default=list(RATES))
    parser.add_argument("--look", action="store_true", help="four runs per rate: seconds")
    arguments = parser.parse_args()
    os.environ.setdefault("POLARS_MAX_THREADS", "1")  # for the processes: each has one core
    measured = gather(tasks(4 if arguments.look else arguments.runs, arguments.rates))
    print(table(measured))


if __name__ == "__main__":
    main()
