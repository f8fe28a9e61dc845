"""Real logs with incidents written into their lines → what `analyze` finds of them (DETECTION §3.1, after Enki).

Traffic and errors are as they came, and nobody made them up; what was done to them is known. Call it as
`python -m tests.detection.twin PATH...`, a file or folder of logs; without one LOGANALYZER_REAL_LOGS names it, or
LOGANALYZER_CORPUS. Logs of less than six hours, or five hundred requests, are no background for anything.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

import parsers
from loganalyzer.analysis import analyze
from tests.detection.alarms import Alarm, alarms_of
from tests.detection.metrics import Result, judge
from tests.detection.truth import CLOSED, ERROR_BURST, FEWER, MISSING, Evidence, Incident, Part, Truth

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tests.detection.truth import Magnitude

SIZES: Final[dict[str, dict[Magnitude, float]]] = {
    "5xx": {"S": 0.01, "M": 0.05, "L": 0.30},
    "499": {"S": 0.01, "M": 0.05, "L": 0.30},
    "404": {"S": 0.05, "M": 0.25, "L": 0.60},
    "drop": {"S": 0.40, "M": 0.65, "L": 0.90},
}
"""Share of the lines of a window whose status becomes another, or that are taken out."""
KINDS: Final = {"5xx": ERROR_BURST, "499": CLOSED, "404": MISSING, "drop": FEWER}
STATUS: Final = {"5xx": 500, "499": 499, "404": 404}
FAMILY: Final = {
    "5xx": pl.col("status").is_between(500, 599),
    "499": pl.col("status") == 499,
    "404": pl.col("status").is_in([404, 410]),
    "drop": pl.lit(value=True),
}
CARRIED: Final = {"499": ("nginx", "cloudflare")}
"""Vendors whose log can hold a status, where not all can."""

LEAST_HOURS, LEAST_RECORDS = 6, 500
EVERY: Final = timedelta(hours=11)
APART: Final = timedelta(hours=1)
SHORTEST, LONGEST = 6, 150
"""Minutes of an incident; at most an eighth of the log."""
MINUTE: Final = timedelta(minutes=1)

PLACES: Final = (
    re.compile(rb'(" )(\d{3})( )'),  # common and combined
    re.compile(rb'("EdgeResponseStatus":\s*)(\d{3})([,}\s])'),
    re.compile(rb"([A-Z]/)(\d{3})( )"),  # Squid and the WSA
    re.compile(rb'("status":\s*"?)(\d{3})(["},\s])'),
)
"""Where a line states its status; who states it elsewhere is no background."""


@dataclass(frozen=True)
class Background:
    """A log as it came: its `lines` with their ends, and by line the start and status of what is a request."""

    path: Path
    vendor: str
    lines: list[bytes]
    records: pl.DataFrame

    @property
    def start(self) -> datetime:
        """Return the start of its first whole minute."""
        return self._edge("min") + MINUTE

    @property
    def end(self) -> datetime:
        """Return the start of its last minute."""
        return self._edge("max")

    def _edge(self, which: str) -> datetime:
        stamps = self.records["timestamp"]
        moment = stamps.min() if which == "min" else stamps.max()
        assert isinstance(moment, datetime)
        return moment.replace(second=0, microsecond=0)

    def counts(self, kind: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return events of a kind, and requests, by minute from the start to the end."""
        minutes = (self.end - self.start) // MINUTE
        at = (pl.col("timestamp") - self.start).dt.total_minutes()
        inside = self.records.filter(pl.col("timestamp").is_between(self.start, self.end, closed="left"))
        events = inside.filter(FAMILY[kind]).select(at)["timestamp"].to_numpy()
        every = inside.select(at)["timestamp"].to_numpy()
        return (
            np.bincount(events, minlength=minutes).astype(np.float64),
            np.bincount(every, minlength=minutes).astype(np.float64),
        )


def read(path: Path) -> Background | None:
    """Return a log as background; null where it is none."""
    scan = parsers.scan([str(path)])
    frames = list(scan.batches(("line", "timestamp", "status", "role", "vendor"), _requests))
    records = pl.concat(frames).sort("line") if frames else pl.DataFrame()
    if records.height < LEAST_RECORDS or records["vendor"].n_unique() != 1:
        return None
    lines = path.read_bytes().splitlines(keepends=True)
    if int(records["line"].max() or 0) > len(lines):  # type: ignore[arg-type]  # a whole number
        return None
    background = Background(path, str(records["vendor"][0]), lines, records)
    return background if background.end - background.start >= timedelta(hours=LEAST_HOURS) else None


def _requests(batch: parsers.Batch) -> pl.DataFrame:
    return batch.records.filter(pl.col("role") == "request").select(
        "line", "timestamp", "status", pl.col("vendor").cast(pl.String)
    )


def inject(
    background: Background, kind: str, magnitude: Magnitude, random: np.random.Generator
) -> tuple[list[bytes], Truth] | None:
    """Return the lines of a log with incidents of one kind and size in them, about one in eleven hours, and the truth.

    None where the log cannot hold them.
    """
    if background.vendor not in CARRIED.get(kind, (background.vendor,)):
        return None
    lines = list(background.lines)
    incidents = []
    for start, end in _windows(background, random):
        window = background.records.filter(pl.col("timestamp").is_between(start, end, closed="left"))
        chosen = window.filter(pl.Series(random.random(window.height) < SIZES[kind][magnitude]))
        changed = 0
        for number in chosen["line"].to_list():
            line = None if kind == "drop" else _with_status(lines[number - 1], STATUS[kind])
            changed += line is not None or kind == "drop"
            lines[number - 1] = b"" if kind == "drop" else line or lines[number - 1]
        if changed:
            evidence = _evidence(background, kind, (start, end), window, changed)
            part = Part(KINDS[kind], start, end, kind == "drop", (evidence,))
            incidents.append(Incident(kind, magnitude, "step", (part,)))
    if not incidents:
        return None
    truth = Truth(background.start, background.end, tuple(incidents), ())
    return [line for line in lines if line], truth


def _windows(background: Background, random: np.random.Generator) -> Iterator[tuple[datetime, datetime]]:
    """Yield when incidents are, an hour and more apart, on whole minutes."""
    whole = background.end - background.start
    number = max(whole // EVERY, 1)
    most = max(min(LONGEST, whole // MINUTE // 8), SHORTEST + 1)
    for place in range(number):
        low = background.start + place * whole / number + APART / 2
        length = int(random.integers(SHORTEST, most))
        room = (whole / number - APART) // MINUTE - length
        if room > 0:
            start = low + int(random.integers(0, room)) * MINUTE
            start = start.replace(second=0, microsecond=0)
            yield start, start + length * MINUTE


def _with_status(line: bytes, status: int) -> bytes | None:
    """Return a line with another status; null where it does not say it in any of the `PLACES`."""
    for place in PLACES:
        made, number = place.subn(rb"\g<1>%d\g<3>" % status, line, count=1)
        if number:
            return made if made != line else None
    return None


def _evidence(
    background: Background, kind: str, when: tuple[datetime, datetime], window: pl.DataFrame, changed: int
) -> Evidence:
    """Return what the oracle may know: what was there before, and how such windows scatter from one to the next."""
    events, requests = background.counts(kind)
    width = (when[1] - when[0]) // MINUTE
    whole = events.size // width * width
    blocks = events[:whole].reshape(-1, width).sum(axis=1)
    steps = np.diff(blocks) ** 2 / 2
    clumping = float(steps.mean() / blocks.mean()) if steps.size and blocks.mean() else 1.0
    there = window.filter(FAMILY[kind]).height
    share = events.sum() / max(requests.sum(), 1)
    expected = there if kind == "drop" else max(share * window.height, there)
    observed = there - changed if kind == "drop" else there + changed
    return Evidence(observed, float(expected), max(clumping, 1.0), window.height)


def found_in(lines: Sequence[bytes], name: str) -> list[Alarm]:
    """Return what `analyze` says of some lines."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(b"".join(lines))
        return alarms_of(analyze(parsers.scan([str(path)])).findings, named=False)


@dataclass(frozen=True)
class Judged:
    """One log with incidents of one kind and size: how many there were, could be known, and were found.

    `false` are findings at minor and above that name none of them, and are not in the log as it came either.
    """

    log: str
    kind: str
    magnitude: Magnitude
    incidents: int
    detectable: int
    found: int
    found_detectable: int
    false: int


def judged(
    background: Background, kind: str, magnitude: Magnitude, own: Sequence[Alarm], seed: int
) -> Judged | None:
    """Write incidents into a log and judge what is found; `own` is what is found in the log as it came."""
    random = np.random.default_rng([seed, sorted(SIZES).index(kind), "SML".index(magnitude)])
    made = inject(background, kind, magnitude, random)
    if made is None:
        return None
    lines, truth = made
    result: Result = judge(truth, found_in(lines, background.path.name))
    false = [alarm for alarm in result.false if not any(_is_same(alarm, other) for other in own)]
    known = [verdict for verdict in result.verdicts if verdict.detectable]
    return Judged(
        background.path.name,
        kind,
        magnitude,
        len(result.verdicts),
        len(known),
        sum(verdict.found for verdict in result.verdicts),
        sum(verdict.found for verdict in known),
        len(false),
    )


def _is_same(alarm: Alarm, other: Alarm) -> bool:
    return bool(alarm.kinds & other.kinds) and alarm.start < other.end and other.start < alarm.end


def logs(paths: Sequence[Path]) -> list[Path]:
    """Return the files that may be logs, of which no two hold the same but for their line ends."""
    every = [
        file
        for path in paths
        for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
        if file.is_file()
    ]
    seen: dict[bytes, Path] = {}
    for file in every:
        bare = b"\n".join(line.strip() for line in file.read_bytes().splitlines() if line.strip())
        seen.setdefault(hashlib.sha256(bare).digest(), file)
    return list(seen.values())


def given() -> list[Path]:
    """Return the paths that the environment names, real logs before the corpus."""
    folder = os.environ.get("LOGANALYZER_REAL_LOGS") or os.environ.get("LOGANALYZER_CORPUS")
    return [Path(folder)] if folder else []


def report(paths: Sequence[Path], seeds: int) -> Iterator[str]:
    """Yield the lines of a Markdown text: the backgrounds, then what was found of what was written into them."""
    files = logs(paths)
    backgrounds = [background for file in files if (background := read(file))]
    yield (
        f"{len(backgrounds)} of {len(files)} files are logs of one vendor, of {LEAST_HOURS} hours and "
        f"{LEAST_RECORDS:,} requests at least."
    )
    if not backgrounds:
        return
    yield "\n| log | vendor | hours | requests a minute | findings at minor and above as it came |"
    yield "| --- | --- | --- | --- | --- |"
    own = {}
    for background in backgrounds:
        alarms = own[background.path] = found_in(background.lines, background.path.name)
        hours = (background.end - background.start) / timedelta(hours=1)
        rate = background.records.height / hours / 60
        reported = sum(alarm.reported for alarm in alarms)
        yield f"| {background.path.name} | {background.vendor} | {hours:.0f} | {rate:.1f} | {reported} |"
    yield "\n| log | incidents | size | found of detectable | found of all | false beside |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for background in backgrounds:
        for kind, sizes in SIZES.items():
            for magnitude in sizes:
                made = [
                    one
                    for seed in range(seeds)
                    if (one := judged(background, kind, magnitude, own[background.path], seed))
                ]
                if made:
                    known, of_known, found, of_all, false = (
                        sum(getattr(one, name) for one in made)
                        for name in ("found_detectable", "detectable", "found", "incidents", "false")
                    )
                    name = background.path.name
                    yield f"| {name} | {kind} | {magnitude} | {known}/{of_known} | {found}/{of_all} | {false} |"


def main() -> None:
    """Print what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("paths", nargs="*", type=Path, default=given(), help="files or folders of real logs")
    parser.add_argument("--seeds", type=int, default=3, help="logs per kind and size")
    arguments = parser.parse_args()
    if not arguments.paths:
        print("no real logs: give a PATH, or name one in LOGANALYZER_REAL_LOGS")
        return
    for line in report(arguments.paths, arguments.seeds):
        print(line, flush=True)


if __name__ == "__main__":
    main()
