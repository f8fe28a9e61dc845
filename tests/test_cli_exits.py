"""Every exit code through the real program, started as a process: bad input, pipes, full disks, signals."""

from __future__ import annotations

import gzip
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Protocol

import pytest

from loganalyzer.cli import main
from loganalyzer.cli.output import Output
from tests.conftest import require

ROOT = Path(__file__).parent.parent
LINE = (
    '192.0.2.7 - - [10/Mar/2026:00:00:{second:02d} +0000] "GET /{second} HTTP/1.1" 200 12 "-" "curl/8.14.1"\n'
)
PROGRAM = [sys.executable, "-m", "loganalyzer"]
PATIENCE_S = 60
"""Seconds after which a program that was told to stop has not: the pipe is closed then, and the test fails."""
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def start(
    folder: Path, *arguments: str, text: bytes = b"", around: str | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the program in a folder; `around` is what a shell does with it, where it stands as "$@"."""
    command = [*PROGRAM, *arguments]
    if around is not None:
        command = ["sh", "-c", around, "sh", *command]
    return subprocess.run(command, cwd=folder, env=ENVIRONMENT, input=text, capture_output=True, check=False)


@dataclass(frozen=True)
class Done:
    """What a run of the program left behind: as `subprocess` says it, without the time to start one."""

    returncode: int
    stdout: bytes
    stderr: bytes


Handler = Callable[[int, FrameType | None], object] | signal.Handlers


class Run(Protocol):
    def __call__(self, folder: Path, *arguments: str) -> Done: ...


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Return a function that runs the program in a folder, in this process."""

    def here(folder: Path, *arguments: str) -> Done:
        monkeypatch.chdir(folder)
        capfdbinary.readouterr()
        code = main(arguments)
        told = capfdbinary.readouterr()
        return Done(code, told.out, told.err)

    return here


def log(number: int = 60) -> bytes:
    return "".join(LINE.format(second=second % 60) for second in range(number)).encode()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "access.log").write_bytes(log())
    return tmp_path


def one_line(done: Done | subprocess.CompletedProcess[bytes]) -> str:
    told = done.stderr.decode()
    assert told.count("\n") == 1, told
    assert told.startswith("loganalyzer: ")
    return told


@pytest.mark.parametrize("command", ["analyze", "parse", "doctor"])
def test_done(folder: Path, run: Run, command: str) -> None:
    done = run(folder, command, "access.log")
    assert done.returncode == 0, done.stderr
    assert (folder / "loganalyzer-report.html").exists() == (command == "analyze")


@pytest.mark.parametrize("command", ["analyze", "parse", "doctor"])
@pytest.mark.parametrize("name", ["missing.log", "missing*.log", "a\x1b[31m\u202e.log", "a\udcff.log"])
def test_no_such_file(tmp_path: Path, run: Run, command: str, name: str) -> None:
    done = run(tmp_path, command, name)
    assert (done.returncode, done.stdout) == (3, b"")
    told = one_line(done)
    assert told.removesuffix("\n").isprintable()
    assert ("no such file" in told) or ("no file matches" in told)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("notes.txt", b"some words\nand some more\n", "not recognised"),
        ("tool", bytes(range(256)) * 64, "binary"),
        ("error.log", b"2026/03/10 01:30:01 [error] 811#811: *52 open() failed\n" * 3, "nginx's error log"),
        ("logs.zip", b"PK\x03\x04" + bytes(64), "truncated zip"),
    ],
)
@pytest.mark.parametrize("command", ["analyze", "parse", "doctor"])
def test_what_is_no_known_log(
    tmp_path: Path, run: Run, command: str, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    done = run(tmp_path, command, name, "--no-progress")
    assert done.returncode == 3
    assert reason in one_line(done)
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("command", ["analyze", "parse"])
def test_a_folder_without_logs_is_named(tmp_path: Path, run: Run, command: str) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "notes.txt").write_text("words\n")
    (tmp_path / "src" / "py.typed").write_text("")
    done = run(tmp_path, command, "src", "--quiet")
    assert done.returncode == 3
    assert "src: no access log among 2 files" in one_line(done)


def test_an_empty_folder_is_named(tmp_path: Path, run: Run) -> None:
    (tmp_path / "none").mkdir()
    done = run(tmp_path, "analyze", "none")
    assert done.returncode == 3
    assert "none: " in one_line(done)


def test_files_of_a_folder_that_are_no_logs_are_no_problem(folder: Path, run: Run) -> None:
    (folder / "notes.txt").write_text("words\n")
    done = run(folder, "analyze", ".", "--quiet")
    assert (done.returncode, done.stderr) == (0, b"")
    again = run(folder, "analyze", ".", "--quiet")  # the report of the first run lies among them
    assert (again.returncode, again.stderr) == (0, b"")


@pytest.mark.parametrize("content", [b"", b"\n\n\n"])
@pytest.mark.parametrize("command", ["analyze", "parse", "doctor"])
def test_an_empty_log_is_done(tmp_path: Path, run: Run, command: str, content: bytes) -> None:
    (tmp_path / "access.log").write_bytes(content)
    for path in ("access.log", "."):
        done = run(tmp_path, command, path, "--no-progress")
        assert done.returncode == 0, done.stderr
    assert start(tmp_path, command, "-", "--no-progress", text=content).returncode == 0


def test_not_one_line_understood_with_a_vendor(tmp_path: Path, run: Run) -> None:
    (tmp_path / "notes.txt").write_text("words\nmore\n")
    done = run(tmp_path, "parse", "notes.txt", "--vendor", "apache", "--rejects", "no.ndjson", "-o", "x.csv")
    assert done.returncode == 3
    assert "none of 2 lines was understood" in done.stderr.decode()
    assert names(tmp_path) == ["no.ndjson", "notes.txt"]
    rejects = [json.loads(line) for line in (tmp_path / "no.ndjson").read_text().splitlines()]
    assert [(row["source"], row["line"], row["text"]) for row in rejects] == [
        ("notes.txt", 1, "words"),
        ("notes.txt", 2, "more"),
    ]


@pytest.mark.parametrize("command", ["analyze", "parse", "doctor"])
def test_some_failed(folder: Path, run: Run, command: str) -> None:
    done = run(folder, command, "access.log", "missing.log", "--no-progress")
    assert done.returncode == 4
    assert "loganalyzer: missing.log: no such file or folder" in done.stderr.decode()
    assert (folder / "loganalyzer-report.html").exists() == (command == "analyze")


@pytest.mark.parametrize("command", ["analyze", "parse", "doctor"])
def test_half_a_gzip_is_read_as_far_as_it_goes(tmp_path: Path, run: Run, command: str) -> None:
    whole = gzip.compress(os.urandom(0) + log(2_000), mtime=0)
    (tmp_path / "access.log.gz").write_bytes(whole[: len(whole) // 2])
    done = run(tmp_path, command, "access.log.gz", "--no-progress")
    assert done.returncode == 4
    assert "access.log.gz: truncated gzip" in done.stderr.decode()
    if command == "parse":
        assert 100 < done.stdout.count(b"\n") < 2_000


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_an_unreadable_file(folder: Path, run: Run) -> None:
    (folder / "secret.log").write_bytes(log())
    (folder / "secret.log").chmod(0)
    assert run(folder, "parse", "secret.log").returncode == 3
    assert run(folder, "parse", "secret.log", "access.log").returncode == 4


def test_standard_input_and_pipes(folder: Path) -> None:
    expected = start(folder, "parse", "access.log", "--columns", "line,target").stdout
    assert start(folder, "parse", "-", "--columns", "line,target", text=log()).stdout == expected
    os.mkfifo(folder / "pipe")
    done = start(folder, "parse", "pipe", "--columns", "line,target", around='cat access.log > pipe & "$@"')
    assert (done.returncode, done.stdout) == (0, expected)
    done = start(folder, "analyze", "-", "-o", "-", "--format", "json", text=gzip.compress(log()))
    assert done.returncode == 0
    assert json.loads(done.stdout)["totals"]["records"] == 60


def test_names_that_look_like_patterns_are_names(tmp_path: Path, run: Run) -> None:
    for lines, name in enumerate(("a[1].log", "a*.log", "a?.log", "-o.log"), 3):  # no two the same
        (tmp_path / name).write_bytes(log(lines))
    done = run(tmp_path, "parse", "a[1].log", "a*.log", "a?.log", "./-o.log", "--columns", "source")
    assert done.returncode == 0
    assert done.stdout.count(b"\n") == 3 + 4 + 5 + 6


def test_a_closed_pipe_is_no_failure(folder: Path) -> None:
    (folder / "long.log").write_bytes(log(20_000))
    around = '{ "$@"; echo "code $?" >&2; } | head -n 1'
    for arguments in (["parse", "long.log"], ["explain"], ["--help"], ["parse", "--help"]):
        done = start(folder, *arguments, around=around)
        assert done.stderr.decode() == "code 0\n" or arguments != ["parse", "long.log"]
        assert "code 0" in done.stderr.decode()
        assert "rror" not in done.stderr.decode()


FULL = [
    ["parse", "access.log"],
    ["doctor", "access.log"],
    ["analyze", "access.log", "-o", "-", "--format", "md"],
    ["explain", "499"],
    ["--help"],
]


@pytest.mark.parametrize("arguments", FULL, ids=" ".join)
def test_a_full_disk_behind_standard_output(folder: Path, arguments: list[str]) -> None:
    require("/dev/full", "/dev/full")
    done = start(folder, *arguments, around='"$@" > /dev/full')
    assert done.returncode == 5
    assert "standard output: not written: No space left on device" in one_line(done)


@pytest.mark.parametrize("arguments", FULL, ids=" ".join)
def test_a_closed_standard_output(folder: Path, arguments: list[str]) -> None:
    done = start(folder, *arguments, around='"$@" >&-')
    assert done.returncode == 5
    assert "standard output: not written" in one_line(done)


@pytest.mark.parametrize("name", ["out.ndjson", "out.csv", "out.parquet", "out.html", "out.json", "out.md"])
def test_a_disk_that_fills_up(folder: Path, name: str) -> None:
    (folder / "long.log").write_bytes(
        b"".join(
            LINE.format(second=number % 60).replace("curl", f"{number:x}").encode() for number in range(9_000)
        )
    )
    (folder / name).write_text("what was there before")
    before = names(folder)
    command = "parse" if name in {"out.ndjson", "out.csv", "out.parquet"} else "analyze"
    done = start(folder, command, "long.log", "-o", name, "--quiet", around='ulimit -f 1; "$@"')
    assert done.returncode == 5
    assert f"{name}: not written: File too large" in one_line(done)
    assert names(folder) == before
    assert (folder / name).read_text() == "what was there before"


@pytest.mark.parametrize("name", ["out.ndjson", "out.parquet", "out.html"])
def test_places_where_nothing_can_be_written(folder: Path, run: Run, name: str) -> None:
    command = "analyze" if name == "out.html" else "parse"
    (folder / "sub" / name).mkdir(parents=True)
    for output, reason in (
        (f"none/{name}", "there is no folder none"),
        (f"none/deep/{name}", "there is no folder none/deep"),
        (f"access.log/{name}", "access.log is no folder"),
        (f"sub/{name}", "Is a directory"),
        (f"{name}/", "Is a directory"),
    ):
        done = run(folder, command, "access.log", "-o", output)
        assert done.returncode == 5
        assert one_line(done) == f"loganalyzer: {output}: not written: {reason}\n"
        assert not (folder / name).exists()
    done = run(folder, command, "missing.log", "-o", f"none/{name}")
    assert done.returncode == 3  # nothing was read: there was nothing to write


@pytest.mark.parametrize(
    ("arguments", "reasons"),
    [
        (("analyze", "--tables", "none/t", "-o", "none/a.html"), ("none/a.html: there", "none/t: there")),
        (("analyze", "--assets", "shared", "-o", "none/a.html"), ("none/a.html: there",)),
        (
            ("parse", "-o", "none/a.csv", "--rejects", "none/b.ndjson"),
            ("none/a.csv: there", "none/b.ndjson: there"),
        ),
        (("parse", "-o", "a.csv", "--rejects", "none/b.ndjson"), ("none/b.ndjson: there",)),
    ],
)
def test_every_output_of_a_folder_that_is_missing_is_named_once(
    folder: Path, run: Run, arguments: tuple[str, ...], reasons: tuple[str, ...]
) -> None:
    command, *rest = arguments
    before = names(folder)
    done = run(folder, command, "access.log", *rest)
    assert done.returncode == 5
    told = [reason.replace(": there", ": not written: there is no folder none") for reason in reasons]
    assert done.stderr.decode().splitlines() == [f"loganalyzer: {line}" for line in told]
    assert names(folder) == before


def test_a_folder_of_tables_that_is_a_file_and_a_link_that_leads_nowhere(folder: Path, run: Run) -> None:
    done = run(folder, "analyze", "access.log", "--tables", "access.log/", "-o", "a.json", "--quiet")
    assert (done.returncode, one_line(done)) == (
        5,
        "loganalyzer: access.log/: not written: it is there and is no folder\n",
    )
    (folder / "link.json").symlink_to("far/off.json")
    done = run(folder, "analyze", "access.log", "-o", "link.json")
    where = folder.resolve() / "far"
    assert (done.returncode, one_line(done)) == (
        5,
        f"loganalyzer: link.json: not written: there is no folder {where}\n",
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("analyze", "-o", ""), "-o is empty: name a file ending in .html, .json or .md"),
        (("analyze", "--tables", ""), "--tables is empty: name a folder"),
        (("parse", "-o", ""), "-o is empty: name a file ending in .ndjson, .csv or .parquet"),
        (("parse", "--rejects", ""), "--rejects is empty: name a file"),
    ],
)
def test_an_empty_name_of_an_output_is_refused(
    folder: Path, run: Run, arguments: tuple[str, ...], told: str
) -> None:
    command, *rest = arguments
    before = names(folder)
    done = run(folder, command, "access.log", *rest)
    assert (done.returncode, done.stdout) == (2, b"")
    assert told in one_line(done)
    assert names(folder) == before


def test_one_output_fails_and_the_other_is_written(folder: Path, run: Run) -> None:
    done = run(folder, "analyze", "access.log", "missing.log", "-o", "none/a.html", "-o", "b.json", "--quiet")
    assert done.returncode == 5
    assert len(done.stderr.splitlines()) == 2
    assert json.loads((folder / "b.json").read_text())["totals"]["records"] == 60


def test_outputs_keep_links_and_rights(folder: Path) -> None:
    (folder / "kept.ndjson").write_text("old")
    (folder / "kept.ndjson").chmod(0o640)
    (folder / "link.ndjson").symlink_to("kept.ndjson")
    assert start(folder, "parse", "access.log", "-o", "link.ndjson").returncode == 0
    assert (folder / "link.ndjson").is_symlink()
    assert (folder / "kept.ndjson").stat().st_mode & 0o777 == 0o640
    assert (folder / "kept.ndjson").read_bytes().count(b"\n") == 60
    assert start(folder, "parse", "access.log", "-o", "new.csv", around='umask 027; "$@"').returncode == 0
    assert (folder / "new.csv").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("arguments", "around"),
    [
        (["analyze", "access.log", "-o", "link.md"], None),
        (["parse", "access.log", "--rejects", "./access.log"], None),
        (["parse", ".", "--rejects", "access.log"], None),
        (["parse", "access.log"], '"$@" >> access.log'),
        (["parse", "-", "--rejects", "access.log"], '"$@" < access.log'),
        (["parse", "access.log", "-o", "a.csv", "--rejects", "./a.csv"], None),
        (["analyze", "access.log", "-o", "a.md", "-o", "a.md"], None),
    ],
)
def test_an_input_is_never_written(folder: Path, arguments: list[str], around: str | None) -> None:
    (folder / "link.md").symlink_to("access.log")
    done = start(folder, *arguments, around=around)
    assert done.returncode == 2
    one_line(done)
    assert (folder / "access.log").read_bytes() == log()
    assert names(folder) == ["access.log", "link.md"]


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (signal.SIGTERM, 143, "terminated"),
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGHUP, 129, "hung up"),
    ],
)
@pytest.mark.parametrize("name", ["out.ndjson", "out.parquet", "out.html"])
def test_a_signal_leaves_nothing_half_written(
    folder: Path, name: str, number: signal.Signals, code: int, word: str
) -> None:
    os.mkfifo(folder / "pipe")
    command = [*PROGRAM, "analyze" if name == "out.html" else "parse", "access.log", "pipe", "-o", name]
    with with_handler(number, default(number)):  # a job in the background ignores some
        child = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stderr=subprocess.PIPE)
    with child, (folder / "pipe").open("wb") as pipe:  # opens when the program does: it is reading now
        pipe.write(log())
        pipe.flush()
        child.send_signal(number)
        told = child.communicate(timeout=PATIENCE_S)[1]
    assert child.returncode == code
    assert told.decode() == f"loganalyzer: {word}\n"
    assert names(folder) == ["access.log", "pipe"]


def default(number: signal.Signals) -> Handler:
    return signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL


@contextmanager
def with_handler(number: signal.Signals, handler: Handler) -> Iterator[None]:
    """Let the programs that are started meanwhile inherit a handler."""
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


def test_who_started_the_program_may_have_it_ignore_a_hang_up(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with with_handler(signal.SIGHUP, signal.SIG_IGN):  # as nohup does
        child = subprocess.Popen(
            [*PROGRAM, "parse", "pipe", "-o", "out.ndjson", "--quiet"],
            cwd=folder,
            env=ENVIRONMENT,
            stderr=subprocess.PIPE,
        )
    with child:
        with (folder / "pipe").open("wb") as pipe:
            pipe.write(log())
            pipe.flush()
            child.send_signal(signal.SIGHUP)
        told = child.communicate(timeout=PATIENCE_S)[1]
    assert (child.returncode, told) == (0, b"")
    assert (folder / "out.ndjson").read_bytes().count(b"\n") == 60


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # nobody is left to close it
@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda number: number.name
)
def test_a_signal_at_any_moment_leaves_nothing_half_written(
    folder: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second signal breaks the unwinding off, as a terminal that closes and a second Ctrl-C do."""
    monkeypatch.chdir(folder)

    def told_twice(_: Output) -> Output:
        assert len(names(folder)) == 2
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(number)
        raise AssertionError

    monkeypatch.setattr(Output, "__enter__", told_twice)
    with with_handler(number, default(number)):
        assert main(["parse", "access.log", "-o", "out.ndjson", "--quiet"]) in {129, 130, 143}
        assert signal.getsignal(number) == default(number)
    assert names(folder) == ["access.log"]
    assert capsys.readouterr().err in {
        f"loganalyzer: {word}\n" for word in ("hung up", "terminated", "interrupted")
    }


def test_a_defect_is_told_with_all_that_helps(folder: Path) -> None:
    program = (
        "import sys, parsers, loganalyzer.cli as cli\n"
        "def scan(*_, **__): raise RuntimeError('odd \\x1b[31m')\n"
        "parsers.scan = scan\n"
        "sys.exit(cli.main(['parse', 'access.log']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "RuntimeError: odd \\x1b[31m\n" in done.stderr
    assert done.stderr.startswith("Traceback")
    assert done.stderr.endswith("please report it with the lines above\n")


@pytest.mark.parametrize(("options", "shown"), [([], True), (["--quiet"], False), (["--no-progress"], False)])
def test_progress_is_for_terminals(folder: Path, options: list[str], *, shown: bool) -> None:
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [*PROGRAM, "parse", "access.log", "-o", "out.csv", *options],
            cwd=folder,
            env={**ENVIRONMENT, "TERM": "xterm"},
            stderr=theirs,
            stdout=subprocess.PIPE,
            check=False,
        )
        os.close(theirs)
        told = b""
        while part := _read(ours):
            told += part
    finally:
        os.close(ours)
    assert (done.returncode, done.stdout) == (0, b"")
    assert (b"reading" in told) is shown
    assert (b"60 records" in told) is (options != ["--quiet"])
    assert start(folder, "parse", "access.log", "-o", "out.csv").stderr == b"60 records of 60 lines\n"


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # the other end is closed
        return b""
