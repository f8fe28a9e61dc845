"""Seconds and a seed → cases tried in worker processes, failures saved, and the commands that repeat them.

Call it as `make fuzz`, `make fuzz FUZZ="--seconds 60 --seed 7"`, or `python -m tests.fuzz.run`. A worker that dies or
hangs is a failure like any other: the case that it was at is on the disk before it is tried.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.fuzz.checks import BrokenError, check
from tests.fuzz.inputs import Case, Cases

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT: Final = Path(__file__).parent.parent.parent

SECONDS: Final = 600

SPINS_S: Final = 120.0
"""Seconds of a worker's own time after which a case that is not done goes on for ever: most take half of one."""

WAITS_S: Final = 300.0
"""Seconds on the clock in which a worker that waits for nothing has some time of its own, on the busiest machine."""

MEMORY: Final = 6 << 30
"""Bytes of address space of a worker; Polars' threads alone reserve two gigabytes."""

DEEP: Final = 12
"""Every so many cases doctor and the reports are tried too."""

MOST_FAILURES: Final = 20
"""Different failures after which a run ends: something is wrong everywhere."""

SMALLER: Final = 300
"""Tries to make a failing case smaller."""

DIED: Final = 70
"""Exit code of a worker that found something; any other but 0 is a crash."""


@dataclass
class Found:
    """What a worker saw: cases tried, different behaviours, and failures, each of its kind once."""

    tried: int = 0
    seen: set[tuple[object, ...]] = field(default_factory=set)
    failures: dict[str, tuple[Case, str]] = field(default_factory=dict)


def work(seed: str, folder: Path, *, cases: int | None = None, until: float | None = None) -> Found:
    """Try case after case, so many of them or until a moment of the monotonic clock.

    Every case is written to `folder` before it is tried. The same seed tries the same cases.
    """
    maker, found = Cases(seed), Found()
    current = folder / "current.case"
    while (cases is None or found.tried < cases) and (until is None or time.monotonic() < until):
        case = maker.make()
        current.write_text(case.text())
        found.tried += 1
        try:
            seen = check(case, folder, deep=found.tried % DEEP == 0)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  (a panic of Rust is no Exception)
            kind = _kind(error)
            if kind not in found.failures:
                found.failures[kind] = (case, "".join(traceback.format_exception(error)))
                if len(found.failures) >= MOST_FAILURES:
                    break
        else:
            if seen not in found.seen:
                found.seen.add(seen)
                maker.keep(case)
    current.unlink(missing_ok=True)
    return found


def _kind(error: BaseException) -> str:
    """Return what tells one failure from another: what does not hold, or where it was raised."""
    if isinstance(error, BrokenError):
        return error.what
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}, {last.name}, line {last.lineno}"


def smaller(case: Case, kind: str, folder: Path) -> Case:
    """Return a case that fails in the same way and has as few lines and bytes as a few tries give."""
    left = SMALLER

    def fails(made: Case) -> bool:
        nonlocal left
        left -= 1
        try:
            check(made, folder, deep=kind == "a defect" or "terminal" in kind)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001
            return _kind(error) == kind
        return False

    for separator in (b"\n", b" ", b""):
        size = max(1, len(_parts(case.data, separator)) // 2)
        while size and left > 0:
            parts, place, cut = _parts(case.data, separator), 0, False
            while place < len(parts) and left > 0:
                data = b"".join(parts[:place] + parts[place + size :])
                made = replace(case, data=data, chunk=1 + case.chunk * len(data) // (len(case.data) + 1))
                if fails(made):
                    case, parts, cut = made, _parts(made.data, separator), True
                else:
                    place += size
            size = size if cut and size > 1 else size // 2
    return case


def _parts(data: bytes, separator: bytes) -> list[bytes]:
    if not separator:
        return [data[place : place + 1] for place in range(min(len(data), 4_000))] + [data[4_000:]]
    pieces = data.split(separator)
    return [piece + separator for piece in pieces[:-1]] + [pieces[-1]]


def saved(case: Case, folder: Path) -> Path:
    """Write a case where it stays, and return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    text = case.text()
    path = folder / f"{hashlib.blake2b(text.encode(), digest_size=6).hexdigest()}.case"
    path.write_text(text)
    return path


def command(path: Path) -> str:
    """Return the command that repeats a case."""
    return f'make fuzz FUZZ="--again {os.path.relpath(path, ROOT)}"'


def main(arguments: Sequence[str] | None = None) -> int:
    """Run workers, or one case again, and return 1 where something failed."""
    parser = argparse.ArgumentParser(
        prog="make fuzz FUZZ=…", description=__doc__.split("\n", 1)[0] if __doc__ else ""
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long (default: %(default)s)")
    parser.add_argument("--seed", default="0", help="what the cases are made from (default: %(default)s)")
    parser.add_argument("--cases", type=int, help="so many of each worker, instead of --seconds")
    parser.add_argument(
        "--workers", type=int, default=min(2, os.cpu_count() or 1), help="default: %(default)s"
    )
    parser.add_argument("--again", type=Path, help="a saved case, tried once more")
    parser.add_argument(
        "--out", type=Path, default=ROOT / ".fuzz", help="where failing cases go (default: .fuzz)"
    )
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    call = parser.parse_args(arguments)
    if call.again is not None:
        return _again(call.again)
    if call.worker is not None:
        return _worker(call.seed, call.worker, call.out, call.cases, None if call.cases else call.seconds)
    return _watch(call)


def _again(path: Path) -> int:
    with tempfile.TemporaryDirectory() as folder:
        seen = check(Case.of(path.read_text()), Path(folder), deep=True)
    print(f"it holds: {seen}")
    return 0


def _worker(seed: str, folder: Path, out: Path, cases: int | None, seconds: float | None) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    found = work(seed, folder, cases=cases, until=None if seconds is None else time.monotonic() + seconds)
    for kind, (case, told) in found.failures.items():
        path = saved(smaller(case, kind, folder), out)
        print(f"\nFAILED {kind}\n{told}\nagain: {command(path)}", flush=True)
    print(f"worker {seed}: {found.tried:,} cases, {len(found.seen):,} behaviours", flush=True)
    return DIED if found.failures else 0


def _watch(call: argparse.Namespace) -> int:
    """Start the workers, and end those that hang."""
    failed = False
    with tempfile.TemporaryDirectory(prefix="loganalyzer-fuzz-") as place:
        running = dict(_started(call, Path(place)))
        watches = {folder: Watch() for folder in running}
        while running:
            time.sleep(0.2)
            for folder, child in list(running.items()):
                code = child.poll()
                current = folder / "current.case"
                case = _case(current)
                own = _own_s(child.pid)
                hangs = case and watches[folder].hangs(case=case, clock=time.monotonic(), own=own)
                if code is None and hangs:
                    child.send_signal(signal.SIGABRT)  # it tells where it is, and dies
                    code = child.wait()
                if code is None:
                    continue
                del running[folder]
                failed |= code != 0
                if code not in {0, DIED}:
                    kept = saved(Case.of(current.read_text()), call.out)
                    print(
                        f"\nFAILED a worker ended with {code} at this case\nagain: {command(kept)}",
                        flush=True,
                    )
    print("something failed: see above" if failed else "nothing failed")
    return int(failed)


def _started(call: argparse.Namespace, place: Path) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    for number in range(call.workers):
        folder = place / str(number)
        folder.mkdir()
        many = ["--cases", str(call.cases)] if call.cases else ["--seconds", str(call.seconds)]
        line = [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz.run", "--worker", str(folder), *many]
        line += ["--seed", f"{call.seed}/{number}", "--out", str(call.out)]
        yield folder, subprocess.Popen(line, cwd=ROOT)


class Watch:
    """Tells whether a worker hangs, by the time that it had itself: a machine may be too busy to give it any.

    >>> watch = Watch()
    >>> [watch.hangs(case=1, clock=clock, own=own) for clock, own in ((0, 0), (900, 100), (901, 121))]
    [False, False, True]
    >>> [watch.hangs(case=2, clock=clock, own=own) for clock, own in ((0, 0), (299, 0), (301, 0))]
    [False, False, True]
    """

    def __init__(self) -> None:
        self._case: float | None = None
        self._begun = 0.0
        self._moved: tuple[float, float] = (0.0, 0.0)

    def hangs(self, *, case: float, clock: float, own: float) -> bool:
        """Return whether the worker has been at a case for too long, or waits for what never comes."""
        if case != self._case:
            self._case, self._begun, self._moved = case, own, (clock, own)
        elif own > self._moved[1]:
            self._moved = (clock, own)
        return own - self._begun > SPINS_S or clock - self._moved[0] > WAITS_S


def _case(current: Path) -> float | None:
    """Return what tells one case from the next: when its file was written."""
    try:
        return current.stat().st_mtime
    except OSError:
        return None


def _own_s(process: int) -> float:
    """Return the seconds that a process has had, of Linux's `/proc`; elsewhere the clock stands for them."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return time.monotonic()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
