"""The benchmark's log has the promised bytes and shape, and its clock reports what happened."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from parsers import Batch, scan
from tests.benchmarks import make_combined, make_formats, page, run
from tests.benchmarks.run import Command, Result, Run

REPOSITORY = Path(__file__).parent.parent

LINES = 20_000

COMBINED = re.compile(
    r"""(?x)
    (?P<client>[0-9a-f.:]+)\ -\ (?P<user>\S+)\ \[(?P<time>[^\]]+)\]
    \ "(?P<method>[A-Z]+)\ (?P<target>/\S*)\ HTTP/(?:1\.1|2\.0)"
    \ (?P<status>\d{3})\ (?P<size>\d+)\ "(?P<referrer>[^"]+)"\ "(?P<agent>[^"]+)"
    """
)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """Return the fields of every line of a small log."""
    path = tmp_path_factory.mktemp("log") / "combined.log"
    make_combined.write_combined(path, LINES)
    fits = [COMBINED.fullmatch(line) for line in path.read_text("ascii").splitlines()]
    assert all(fits)
    return [fit.groupdict() for fit in fits if fit]


def digest(folder: Path, lines: int, seed: int) -> str:
    """Return the SHA-256 of the log of that many lines and that seed."""
    path = folder / f"{lines}-{seed}.log"
    make_combined.write_combined(path, lines, seed)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    assert (
        digest(tmp_path, 2000, seed=1) == "cd58b14c6b86d00b5058057ad4a6aaefe921d7079fce2f938600429029b18233"
    )
    assert digest(tmp_path, 2000, seed=2) != digest(tmp_path, 2000, seed=1)


def test_the_bytes_do_not_depend_on_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "combined.log"
    make_combined.write_combined(path, 300)
    first = path.read_bytes()
    make_combined.write_combined(path, 200)
    make_combined.write_combined(path, 300)
    assert path.read_bytes() == first
    assert [entry.name for entry in path.parent.iterdir()] == ["combined.log"]


def test_chunks_join_without_a_seam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_combined, "CHUNK", 700)
    path = tmp_path / "combined.log"
    make_combined.write_combined(path, 2000)
    times = [line.split("[")[1][:20] for line in path.read_text("ascii").splitlines()]
    assert len(times) == 2000
    assert times == sorted(times)


def test_it_is_one_day_with_a_rhythm(records: list[dict[str, str]]) -> None:
    times = [datetime.strptime(record["time"], "%d/%b/%Y:%H:%M:%S %z") for record in records]
    hours = Counter(time.hour for time in times)
    assert len(records) == LINES
    assert times == sorted(times)
    assert {time.date().isoformat() for time in times} == {"2026-03-10"}
    assert len(hours) == 24
    assert hours[12] > 4 * hours[4]


def test_lines_are_about_two_hundred_bytes(tmp_path: Path) -> None:
    path = tmp_path / "combined.log"
    make_combined.write_combined(path, 5000)
    assert 190 < path.stat().st_size / 5000 < 215


def test_visitors_are_many_and_of_both_families(records: list[dict[str, str]]) -> None:
    allowed = [ipaddress.ip_network("198.18.0.0/15"), ipaddress.ip_network("2001:db8::/32")]
    clients = {ipaddress.ip_address(record["client"]) for record in records}
    assert len(clients) > LINES / 4
    assert {client.version for client in clients} == {4, 6}
    assert all(any(client in network for network in allowed) for client in clients)
    assert 250 < len({record["agent"] for record in records}) < 350


def test_targets_have_a_long_tail(records: list[dict[str, str]]) -> None:
    paths = Counter(record["target"].partition("?")[0] for record in records)
    assert len(paths) > 3000
    assert paths.most_common(1)[0][1] > LINES / 100
    assert 0.1 < sum("?" in record["target"] for record in records) / LINES < 0.4


def test_answers_are_plausible(records: list[dict[str, str]]) -> None:
    statuses = Counter(int(record["status"]) for record in records)
    assert {200, 301, 304, 404, 499, 500, 502, 504} <= statuses.keys()
    assert statuses[200] > 0.75 * LINES
    assert {"GET", "POST", "HEAD"} <= {record["method"] for record in records}
    assert {record["size"] for record in records if record["status"] == "304"} == {"0"}


def test_the_upstream_fails_for_twenty_minutes(records: list[dict[str, str]]) -> None:
    inside = [record["status"] for record in records if "15:10" <= record["time"][12:17] < "15:30"]
    outside = [record["status"] for record in records if not "15:10" <= record["time"][12:17] < "15:30"]
    assert inside.count("502") / len(inside) > 0.03
    assert outside.count("502") / len(outside) < 0.003


@pytest.mark.parametrize(
    ("form", "format_name"),
    [
        ("apache", "apache-combined"),
        ("cloudflare", "cloudflare-http-requests"),
        ("cisco_wsa", "cisco-wsa-squid"),
        ("nginx-custom", "nginx-custom"),
    ],
)
def test_every_format_tells_of_the_same_day(form: str, format_name: str, tmp_path: Path) -> None:
    assert set(make_formats.FORMS) == set(run.LINES_PER_S)
    columns = ("timestamp", "client", "method", "path", "query", "status", "format")

    def read(name: str) -> Batch:
        options = dict(zip(*[iter(run.OPTIONS.get(name, ()))] * 2, strict=True))
        path = str(tmp_path / name)
        made = scan([path], vendor=options.get("--vendor"), log_format=options.get("--log-format"))
        (batch,) = made.batches(columns, lambda batch: batch)
        return batch

    make_combined.write_combined(tmp_path / "combined", 3000)
    make_combined.write_combined(tmp_path / form, 3000, form=make_formats.FORMS[form])
    combined, other = read("combined"), read(form)
    assert (other.lines, other.rejects.height) == (3000, 0)
    assert set(other.records["format"]) == {format_name}
    whole = other.records.with_columns(other.records["timestamp"].dt.truncate("1s")).drop("format")
    assert whole.equals(combined.records.drop("format"))


@pytest.mark.parametrize("form", sorted(run.BAD_LINES_PER_S))
def test_one_line_in_so_many_is_bad(form: str, tmp_path: Path) -> None:
    made = make_formats.FORMS.get(form, make_combined.combined)
    make_combined.write_combined(tmp_path / "good", 1000, form=made)
    make_combined.write_combined(tmp_path / "bad", 1000, form=made, bad=100)
    (batch,) = scan([str(tmp_path / "bad")]).batches(("line", "status"), lambda batch: batch)
    assert batch.rejects["line"].to_list() == list(range(51, 1000, 100))
    good, bad = ((tmp_path / name).read_text().splitlines() for name in ("good", "bad"))
    assert sum(one != other for one, other in zip(good, bad, strict=True)) == 10


def test_small_files_are_one_log_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SMALL_FILES", 7)
    monkeypatch.setattr(run, "SMALL_LINES", 30)
    done = run.small_files(tmp_path, 1)
    assert done.failure is None
    files = sorted((tmp_path / "small").iterdir())
    assert b"".join(file.read_bytes() for file in files) == (tmp_path / "combined-210.log").read_bytes()
    assert [file.read_bytes().count(b"\n") for file in files] == [30] * 7
    assert done.runs[0].cpu_s > 0


def test_what_a_small_file_costs_is_judged() -> None:
    taken = Result(
        Command("small files", ("x",)), (Run(9.0, 1, 0, 6.0), Run(9.0, 1, 0, 9.0), Run(9.0, 1, 0, 12.0))
    )
    assert run.small_files_line(taken) == (
        "- 1,500 files of 200 combined lines, from `analyze` to JSON: "
        "9.00 s of CPU, 6.0 ms a file, at most 5 ms: missed"
    )
    assert "4.0 ms a file, at most 5 ms: met" in run.small_files_line(replace(taken, runs=taken.runs[:1]))
    assert run.small_files_line(result("small files", 1, code=4)).endswith("failed: exit code 4")


def test_the_table_of_formats_judges_their_speed() -> None:
    done = [
        (result("cisco_wsa", 2.0), 500_000_000),
        (result("apache", 2.0), 1),
        (result("cloudflare", 1, code=2), 1),
        (result("cloudflare, 1 % bad lines", 3), 1_000_000),
    ]
    rows = run.formats_table(done, 1_000_000).splitlines()[2:]
    assert rows == [
        "| cisco_wsa | 500 | 1 | 2.00 | 1000000 | 500,000 | 500,000: met |",
        "| apache | 0 | 1 | 2.00 | 1000000 | 500,000 | 1,000,000: missed |",
        "| cloudflare | 0 | 1 | failed: exit code 2 | – | – | – |",
        "| cloudflare, 1 % bad lines | 1 | 1 | 3.00 | 1000000 | 333,333 | 300,000: met |",
    ]


def python(name: str, code: str, rounds: int = sys.maxsize) -> Command:
    """Return a command that runs a line of Python."""
    return Command(name, (sys.executable, "-S", "-c", code), rounds)


def test_measure_sees_the_memory_of_the_child() -> None:
    """In a fresh process: the least it can see is its own peak, and that of a test run is large."""
    code = """
import sys
from tests.benchmarks import run
for size in (1, 400_000_000):
    child = (sys.executable, "-S", "-c", f"b'x' * {size}")
    measured = run.measure(run.Command("", child, 1))
    print(measured.code, measured.peak_bytes, measured.wall_s > 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == ["0", "0"]
    assert int(rows[1][1]) > 400_000_000 > int(rows[0][1])
    assert rows[0][2] == "True"


def test_measure_shows_what_a_failing_command_said(capfd: pytest.CaptureFixture[str]) -> None:
    failed = run.measure(python("", "import sys; sys.exit('no such log')"))
    assert failed.code == 1
    assert "no such log" in capfd.readouterr().err


def test_a_killed_command_has_failed() -> None:
    killed = run.measure(python("", "import os; os.kill(os.getpid(), 9)"))
    assert killed.code == -9


def test_commands_run_in_turn(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    named = [
        python(name, f"open({str(trace)!r}, 'a').write({name!r})", rounds)
        for name, rounds in (("a", 9), ("b", 9), ("c", 1))
    ]
    results = run.in_turn(named, rounds=3)
    assert trace.read_text("ascii") == "abcabab"
    assert [len(result.runs) for result in results] == [3, 3, 1]


def result(name: str, wall_s: float, peak_bytes: int = 10**12, code: int = 0) -> Result:
    """Return a result of one run."""
    return Result(Command(name, (name, "a file")), (Run(wall_s, peak_bytes, code),))


def test_the_table_gives_medians_and_ratios() -> None:
    own = Result(
        Command("loganalyzer", ("x",)),
        (Run(4.0, 10**12, 0), Run(2.0, 3 * 10**12, 0), Run(3.0, 2 * 10**12, 0)),
    )
    rows = run.table([own, result("logswan", 1.5), result("goaccess", 9.0, code=2)], "logswan").splitlines()
    assert rows[2] == "| loganalyzer | 3 | 3.00 | 2.00 – 4.00 | 2000000 | 2.00 |"
    assert rows[4] == "| goaccess | 1 | failed: exit code 2 | – | – | – |"


def test_a_peak_below_our_own_is_only_a_bound() -> None:
    row = run.table([result("logswan", 1.0, peak_bytes=1_000_000)], "logswan").splitlines()[2]
    assert "| ≤ 1 |" in row


def test_without_the_reference_there_are_no_ratios() -> None:
    assert run.table([result("goaccess", 1.0)], "logswan").splitlines()[2].endswith("| – |")


def test_goals_are_judged_where_they_can_be() -> None:
    judged = run.goals(
        [result("loganalyzer", 3.0, 900_000_000), result("logswan", 1.0), result("goaccess", 60.0)]
    )
    assert judged.splitlines() == [
        "- at most 4 × logswan's time: 3.00 ×, met",
        "- at least 25 × faster than GoAccess: 20.0 ×, missed",
        "- at most 1000 MB: 900 MB, met",
    ]
    assert run.goals([result("logswan", 1.0)]) == ""


def test_missing_peers_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "program", lambda name: None if name == "goaccess" else f"/opt/{name}")
    found, missing = run.commands(tmp_path / "a.log", tmp_path)
    assert missing == ["goaccess"]
    assert [command.name for command in found] == ["loganalyzer", "logswan", "loganalyzer --help"]


def test_a_command_is_shown_as_it_is_typed() -> None:
    assert Command("x", ("/opt/bin/logswan", "a log", "-g")).line == "logswan 'a log' -g"


def test_a_page_is_judged_by_its_bytes_and_by_the_median_of_its_loads(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_bytes(b"x" * 1_001)
    pages = [page.Page("sample", file, 1_000), page.Page("heaviest", file, 1_001)]
    loads = {one.name: [page.Load(0.1, drawn, 0.5) for drawn in (2.6, 2.4, 9.0)] for one in pages}
    assert "| sample | 1,001 | 0.10 s (0.10 s) | 2.60 s (9.00 s) | 0.50 s (0.50 s) |" in page.table(
        pages, loads
    )
    assert page.goals(pages, loads).splitlines() == [
        "- sample: 1,001 of 1,000 bytes: missed",
        "- sample: figures drawn within 2.60 of 2.5 s: missed",
        "- heaviest: 1,001 of 1,001 bytes: met",
    ]
    loads["sample"] = loads["sample"][:2]
    assert "- sample: figures drawn within 2.50 of 2.5 s: met" in page.goals(pages, loads)
