"""Two million lines → the processor time of detection within `analyze`, beside that of all the rest.

Detection is what `analyze` does for findings alone: the detectors, timers, the second look with who and why. The
aggregates that they read are made while lines are read, and stand for the rest.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import loganalyzer
from loganalyzer import analysis
from tests.benchmarks.make_combined import write_combined

if TYPE_CHECKING:
    from collections.abc import Iterator

LINES: Final = 2_000_000
TIMES: Final = 3
"""Runs of which the middle one counts."""
STEPS: Final = ("detect", "with_timers", "examined")
"""The steps of `analysis.summarise` that are detection."""


def measured(lines: int = LINES, times: int = TIMES) -> tuple[float, float]:
    """Return seconds of processor time of detection and of all the rest, in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "access.log"
        write_combined(path, lines)
        command = [sys.executable, "-m", __name__, str(path)]
        told = [
            json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(times)
        ]
    detection, rest = sorted(told, key=lambda each: each[0] / each[1])[times // 2]
    return detection, rest


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


@contextmanager
def _timed(spent: list[float]) -> Iterator[None]:
    """Add what each of the steps takes."""
    kept = {name: getattr(analysis, name) for name in STEPS}

    def counting(name: str) -> Any:  # noqa: ANN401  (it stands for any of the steps)
        def step(*given: object, **named: object) -> object:
            before = _used()
            try:
                return kept[name](*given, **named)
            finally:
                spent.append(_used() - before)

        return step

    try:
        for name in STEPS:
            setattr(analysis, name, counting(name))
        yield
    finally:
        for name, step in kept.items():
            setattr(analysis, name, step)


def main() -> None:
    """Print both figures of a log as JSON."""
    spent: list[float] = []
    with _timed(spent):
        before = _used()
        loganalyzer.analyze(sys.argv[1])
        whole = _used() - before
    print(json.dumps([sum(spent), whole - sum(spent)]))


if __name__ == "__main__":
    main()
