"""Tables of ten million lines → the processor time and the memory that detection takes beyond parsing (G11)."""

from __future__ import annotations

import json
import pickle
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import polars as pl

from loganalyzer.detectors import detect
from loganalyzer.incidents import grouped
from loganalyzer.tables import Tables, merge
from tests.detection.as_tables import tables_of
from tests.detection.generator import make
from tests.detection.site import VENDORS, draw

LINES: Final = 10_000_000
DAYS: Final = 14
TIMES: Final = 3
"""Runs of which the middle one counts."""


def tables() -> Tables:
    """Return the Tables of four vendors over 14 days, ten million lines in all."""
    rate = LINES / len(VENDORS) / (DAYS * 1440)
    return merge(
        [tables_of(make(draw(number, rate, DAYS, vendor=each))) for number, each in enumerate(VENDORS)]
    )


def measured() -> tuple[float, float]:
    """Return seconds of processor time and mebibytes, in a process of its own that holds nothing but the Tables."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tables.pickle"
        path.write_bytes(pickle.dumps(tables()))
        told = [
            json.loads(
                subprocess.run([sys.executable, "-m", __name__, path], check=True, capture_output=True).stdout
            )
            for _ in range(TIMES)
        ]
    seconds, mebibytes = (sorted(each[place] for each in told)[TIMES // 2] for place in (0, 1))
    return seconds, mebibytes


def main() -> None:
    """Print what detection on pickled Tables took, as JSON."""
    # Not by way of its bytes: what they leave free would hide a part of what detection takes.
    with Path(sys.argv[1]).open("rb") as file:
        loaded = pickle.load(file)  # noqa: S301  # written by `measured` a moment ago
    pl.DataFrame({"warm": [1, 2]}).group_by("warm").len()
    # The peak begins anew: reading took more than detection does.
    Path("/proc/self/clear_refs").write_text("5")
    held, before = _held("VmRSS"), resource.getrusage(resource.RUSAGE_SELF)
    grouped(detect(loaded))
    after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps([seconds, _held("VmHWM") - held]))


def _held(name: str) -> float:
    """Return a figure of this process in mebibytes, as Linux names it: `VmRSS` now, `VmHWM` at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


if __name__ == "__main__":
    main()
