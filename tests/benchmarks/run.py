"""Commands on one seeded log, in turn → a Markdown table of wall time and peak memory.

Each command runs as a whole process, from its start to its end, in rounds (A B A B …), so that a busy moment
of the machine falls on all of them. A peer that is not installed is named and left out.

Call it as `make bench`, or `python -m tests.benchmarks.run --lines 50000` for a quick look.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

# Only the standard library here, and no data in memory: Linux counts the parent's pages at the moment of the
# fork into the child's peak, so no peak below this process's own can be seen, and the table says "≤".

LINES = 2_000_000
LARGE_LINES = 10_000_000
FORMAT_LINES = 1_000_000
ROUNDS = 3
MAKER, FORMS_MAKER = "make_combined", "make_formats"
MAKERS = [Path(__file__).with_name(f"{name}.py") for name in (MAKER, FORMS_MAKER)]
LARGE = f"loganalyzer, {LARGE_LINES:,} lines"
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes in one unit of ru_maxrss

# What the program is to reach on LINES lines; the last on LARGE_LINES, relative to LINES.
TIMES_LOGSWAN = 4.0  # at most
TIMES_FASTER_THAN_GOACCESS = 25.0  # at least
PEAK_BYTES = 1e9
HELP_S = 0.3
TIMES_PEAK = 1.2
MS_PER_SMALL_FILE = 5.0  # of CPU, at most
SMALL_FILES, SMALL_LINES = 1_500, 200
BAD_LINES = 100  # one in so many, where some are bad
BAD_LINES_PER_S = {"combined": 0.5e6, "cloudflare": 0.3e6}
LINES_PER_S = {"apache": 1e6, "cloudflare": 0.8e6, "cisco_wsa": 0.5e6, "nginx-custom": 0.5e6}
OPTIONS = {
    "apache": ("--vendor", "apache"),  # nothing in such lines tells Apache from nginx
    "nginx-custom": (
        "--log-format",
        (
            '$remote_addr - $remote_user [$time_iso8601] "$request" $status $body_bytes_sent $request_time '
            '$upstream_response_time "$upstream_addr" "$http_referer" "$http_user_agent" "$host"'
        ),
    ),
}


@dataclass(frozen=True)
class Command:
    """A program and its arguments under a short name; `rounds` is how often at most it runs."""

    name: str
    arguments: tuple[str, ...]
    rounds: int = sys.maxsize

    @property
    def line(self) -> str:
        """Return the command as it is typed, the program by its name alone."""
        return shlex.join((Path(self.arguments[0]).name, *self.arguments[1:]))


@dataclass(frozen=True)
class Run:
    """One finished process: seconds on the clock, peak resident memory in bytes, exit code, seconds of CPU."""

    wall_s: float
    peak_bytes: int
    code: int
    cpu_s: float = 0.0


@dataclass(frozen=True)
class Result:
    """A command with its runs; with a failed one among them its times mean nothing."""

    command: Command
    runs: tuple[Run, ...]

    @property
    def failure(self) -> int | None:
        """Return the first exit code that is not 0, or None."""
        return next((run.code for run in self.runs if run.code), None)

    @property
    def wall_s(self) -> float:
        """Return the median of the wall times, in seconds."""
        return statistics.median(run.wall_s for run in self.runs)

    @property
    def cpu_s(self) -> float:
        """Return the median of the CPU times, user and system, in seconds."""
        return statistics.median(run.cpu_s for run in self.runs)

    @property
    def peak_bytes(self) -> float:
        """Return the median of the memory peaks, in bytes."""
        return statistics.median(run.peak_bytes for run in self.runs)


def measure(command: Command) -> Run:
    """Run the command to its end and return what it took; of a failed one show what it said."""
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            command.arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            print(f"{command.line}: exit code {process.returncode}", file=sys.stderr)
            sys.stderr.write(said.read().decode("utf-8", "replace")[-2000:])
    cpu_s = usage.ru_utime + usage.ru_stime
    return Run(wall_s, usage.ru_maxrss * MAXRSS_UNIT, process.returncode, cpu_s)


def in_turn(commands: list[Command], rounds: int) -> list[Result]:
    """Run every command once per round, one after the other, and return their results in the given order."""
    runs: dict[str, list[Run]] = {command.name: [] for command in commands}
    for number in range(rounds):
        for command in commands:
            if number < command.rounds:
                runs[command.name].append(measure(command))
    return [Result(command, tuple(runs[command.name])) for command in commands]


def own_peak_bytes() -> int:
    """Return the peak resident memory of this process: the least that `measure` can see."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT


def named(results: list[Result], name: str) -> Result | None:
    """Return the result of that name, None where it is missing or failed."""
    return next(
        (result for result in results if result.command.name == name and result.failure is None), None
    )


def table(results: list[Result], reference: str) -> str:
    """Return a Markdown table, one row per command; ratios are to the named reference, `–` without it."""
    base, floor = named(results, reference), own_peak_bytes()
    rows = [
        f"| command | runs | wall time, s | fastest – slowest | peak memory, MB | × {reference} |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for result in results:
        name, count = result.command.name, len(result.runs)
        if result.failure is not None:
            rows.append(f"| {name} | {count} | failed: exit code {result.failure} | – | – | – |")
            continue
        times = [run.wall_s for run in result.runs]
        ratio = f"{result.wall_s / base.wall_s:.2f}" if base else "–"
        memory = f"{'≤ ' if result.peak_bytes <= floor else ''}{result.peak_bytes / 1e6:.0f}"
        rows.append(
            f"| {name} | {count} | {result.wall_s:.2f} | {min(times):.2f} – {max(times):.2f} "
            f"| {memory} | {ratio} |"
        )
    return "\n".join(rows)


def goals(results: list[Result]) -> str:
    """Return a Markdown list: each goal that these results can judge, what was measured, met or missed."""
    own, swan, access = (named(results, name) for name in ("loganalyzer", "logswan", "goaccess"))
    shown, grown = named(results, "loganalyzer --help"), named(results, LARGE)
    judged: list[tuple[str, str, bool]] = []
    if own and swan:
        ratio = own.wall_s / swan.wall_s
        judged.append(
            (f"at most {TIMES_LOGSWAN:g} × logswan's time", f"{ratio:.2f} ×", ratio <= TIMES_LOGSWAN)
        )
    if own and access:
        ratio = access.wall_s / own.wall_s
        goal = f"at least {TIMES_FASTER_THAN_GOACCESS:g} × faster than GoAccess"
        judged.append((goal, f"{ratio:.1f} ×", ratio >= TIMES_FASTER_THAN_GOACCESS))
    if own:
        goal = f"at most {PEAK_BYTES / 1e6:.0f} MB"
        judged.append((goal, f"{own.peak_bytes / 1e6:.0f} MB", own.peak_bytes <= PEAK_BYTES))
    if own and grown:
        ratio = grown.peak_bytes / own.peak_bytes
        goal = f"at most {TIMES_PEAK:g} × that for {LARGE_LINES:,} lines"
        judged.append((goal, f"{ratio:.2f} ×", ratio <= TIMES_PEAK))
    if shown:
        judged.append((f"`--help` under {HELP_S:g} s", f"{shown.wall_s:.2f} s", shown.wall_s < HELP_S))
    return "\n".join(f"- {goal}: {seen}, {'met' if met else 'missed'}" for goal, seen, met in judged)


def program(name: str) -> str | None:
    """Return where a program lies: beside this Python first, so that an environment measures itself."""
    own = Path(sys.executable).parent / name
    return str(own) if own.exists() else shutil.which(name)


def commands(log: Path, folder: Path) -> tuple[list[Command], list[str]]:
    """Return the commands to measure on `log`, and the names of the programs that are not installed."""
    page, other_page = str(folder / "loganalyzer.html"), str(folder / "goaccess.html")
    wanted = [
        Command("loganalyzer", ("loganalyzer", "analyze", str(log), "-o", page, "--quiet")),
        Command("logswan", ("logswan", str(log))),
        # Minutes on 2,000,000 lines: one run tells enough.
        Command("goaccess", ("goaccess", str(log), "--log-format=COMBINED", "-o", other_page), rounds=1),
        Command("loganalyzer --help", ("loganalyzer", "--help")),
    ]
    found, missing = [], []
    for command in wanted:
        path = program(command.arguments[0])
        if path is None:
            missing.append(command.arguments[0])
        else:
            found.append(Command(command.name, (path, *command.arguments[1:]), command.rounds))
    return found, sorted(set(missing))


def log_of(folder: Path, lines: int, form: str = "combined", bad: int = 0) -> Path:
    """Return the seeded log of that many lines, made if missing or older than its maker, and in the cache.

    One in `bad` lines is bad, none where that is 0.
    """
    log = folder / f"{form}-{lines}{f'-bad-{bad}' if bad else ''}.log"
    if not log.exists() or log.stat().st_mtime < max(maker.stat().st_mtime for maker in MAKERS):
        print(f"Making {log}", file=sys.stderr)
        which = [MAKER] if form == "combined" else [FORMS_MAKER, form]
        maker = (
            sys.executable,
            "-m",
            f"tests.benchmarks.{which[0]}",
            *which[1:],
            str(log),
            "--lines",
            str(lines),
            "--bad",
            str(bad),
        )
        subprocess.run(maker, check=True)
    with log.open("rb", buffering=0) as stream:
        while stream.read(1 << 20):
            pass
    return log


def surroundings() -> str:
    """Return what the numbers depend on: cores, Python, Polars and the peers' versions."""
    parts = [
        f"{os.cpu_count()} cores",
        platform.machine(),
        f"Python {platform.python_version()}",
        f"Polars {metadata.version('polars')}",
    ]
    for name, flag in (("goaccess", "--version"), ("logswan", "-v")):
        path = program(name)
        if path:
            said = subprocess.run((path, flag), capture_output=True, text=True, check=False)
            first = (said.stdout or said.stderr).strip().splitlines()
            parts.append(first[0].rstrip(".") if first else name)
    return ", ".join(parts)


def large(folder: Path) -> Result:
    """Return the result of one analysis of the large log."""
    found, _ = commands(log_of(folder, LARGE_LINES), folder)
    analysis = next(command for command in found if command.name == "loganalyzer")
    again = Command(LARGE, analysis.arguments)
    return Result(again, (measure(again),))


def to_json(name: str, path: Path, folder: Path, options: tuple[str, ...] = ()) -> Command:
    """Return the command that analyses a log or a folder of them and writes JSON."""
    own = program("loganalyzer") or "loganalyzer"
    page = str(folder / f"{name}.json")
    return Command(name, (own, "analyze", str(path), "-o", page, "--quiet", *options))


def formats(folder: Path, lines: int, rounds: int) -> list[tuple[Result, int]]:
    """Return the result of every other format, and of logs with bad lines, each with the bytes of its log."""
    found: list[tuple[Command, int]] = []
    logs = [(form, form, 0) for form in LINES_PER_S]
    logs += [(with_bad(form), form, BAD_LINES) for form in BAD_LINES_PER_S]
    for name, form, bad in logs:
        log = log_of(folder, lines, form, bad)
        found.append((to_json(name, log, folder, OPTIONS.get(form, ())), log.stat().st_size))
    results = in_turn([command for command, _ in found], rounds)
    return [(result, size) for result, (_, size) in zip(results, found, strict=True)]


def with_bad(form: str) -> str:
    """Return the name of a format's log in which some lines are bad."""
    return f"{form}, {100 / BAD_LINES:g} % bad lines"


def small_files(folder: Path, rounds: int) -> Result:
    """Return the result of a folder of many small files, which are made if missing or older than their log."""
    log = log_of(folder, SMALL_FILES * SMALL_LINES)
    small = folder / "small"
    files = [small / f"{number:04}.log" for number in range(SMALL_FILES)]
    if not all(file.exists() and file.stat().st_mtime >= log.stat().st_mtime for file in files):
        small.mkdir(exist_ok=True)
        with log.open("rb") as stream:
            for file in files:
                file.write_bytes(b"".join(stream.readline() for _ in range(SMALL_LINES)))
    (result,) = in_turn([to_json("small files", small, folder)], rounds)
    return result


def small_files_line(result: Result) -> str:
    """Return a line of Markdown: what a small file costs, and what is to be reached."""
    said = f"- {SMALL_FILES:,} files of {SMALL_LINES} combined lines, from `analyze` to JSON"
    if result.failure is not None:
        return f"{said}: failed: exit code {result.failure}"
    each = 1000 * result.cpu_s / SMALL_FILES
    goal = f"{MS_PER_SMALL_FILE:g} ms: {'met' if each <= MS_PER_SMALL_FILE else 'missed'}"
    return f"{said}: {result.cpu_s:.2f} s of CPU, {each:.1f} ms a file, at most {goal}"


def formats_table(results: list[tuple[Result, int]], lines: int) -> str:
    """Return a Markdown table, one row per format: lines per second, and what is to be reached."""
    rows = [
        "| format | MB | runs | wall time, s | peak memory, MB | lines per second | to be reached |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    goals_per_s = LINES_PER_S | {with_bad(form): goal for form, goal in BAD_LINES_PER_S.items()}
    for result, size in results:
        start = f"| {result.command.name} | {size / 1e6:.0f} | {len(result.runs)} |"
        if result.failure is not None:
            rows.append(f"{start} failed: exit code {result.failure} | – | – | – |")
            continue
        speed, goal = lines / result.wall_s, goals_per_s[result.command.name]
        rows.append(
            f"{start} {result.wall_s:.2f} | {result.peak_bytes / 1e6:.0f} | {speed:,.0f} "
            f"| {goal:,.0f}: {'met' if speed >= goal else 'missed'} |"
        )
    return "\n".join(rows)


def main() -> int:
    """Measure as the arguments ask, print the table, and return 1 if a command failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--large", action="store_true", help=f"then {LARGE_LINES:,} lines (2 GB of disk)")
    parser.add_argument(
        "--format-lines", type=int, default=FORMAT_LINES, help="of each other format; 0: none"
    )
    parser.add_argument("--without", action="append", default=[], metavar="NAME", help="leave a command out")
    parser.add_argument("--folder", type=Path, default=Path(".bench"), help="where logs and pages are kept")
    arguments = parser.parse_args()

    log = log_of(arguments.folder, arguments.lines)
    found, missing = commands(log, arguments.folder)
    results = in_turn([one for one in found if one.name not in arguments.without], arguments.rounds)
    if arguments.large and named(results, "loganalyzer"):
        results.append(large(arguments.folder))

    size = f"{arguments.lines:,} combined lines, {log.stat().st_size / 1e6:.0f} MB"
    print(f"{size}, warm cache, medians; {surroundings()}.\n")
    print(table(results, "logswan"))
    if arguments.lines == LINES:
        print(f"\n{goals(results)}")
    print("\n" + "\n".join(f"    {result.command.line}" for result in results))
    for name in missing:
        print(f"\nNot installed here, so not measured: {name}.")
    if arguments.format_lines and program("loganalyzer"):
        others = formats(arguments.folder, arguments.format_lines, arguments.rounds)
        print(f"\n{arguments.format_lines:,} lines of other formats, from `analyze` to JSON.\n")
        print(formats_table(others, arguments.format_lines))
        small = small_files(arguments.folder, arguments.rounds)
        print(f"\n{small_files_line(small)}")
        results += [*(result for result, _ in others), small]
    return int(any(result.failure is not None for result in results))


if __name__ == "__main__":
    sys.exit(main())
