"""`parse`: the three formats say the same, whatever the log holds."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import parsers
from loganalyzer.cli import main, records
from loganalyzer.cli.exits import Exit, OutputError
from loganalyzer.cli.output import Output

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = Path(__file__).parent.parent / "sample_logs"
SMALL = sorted(str(path) for path in SAMPLES.glob("*/*") if path.is_file() and path.stat().st_size < 40_000)


@pytest.fixture
def log(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        (tmp_path / "access.log").write_text(text, encoding="utf-8")
        return str(tmp_path / "access.log")

    return write


def line(request: str = "GET / HTTP/1.1", agent: str = "-", user: str = "-", referrer: str = "-") -> str:
    return f'192.0.2.1 - {user} [10/Mar/2026:00:00:01 +0900] "{request}" 200 5 "{referrer}" "{agent}"\n'


def test_the_formats_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for suffix in records.SUFFIXES:
        assert main(["parse", *SMALL, "-o", str(tmp_path / f"out{suffix}"), "--quiet"]) in (0, 4)
    capsys.readouterr()
    scan = parsers.scan(SMALL)
    expected = pl.concat(scan.batches(tuple(parsers.SCHEMA), lambda batch: batch.records))
    parquet = pl.read_parquet(tmp_path / "out.parquet")
    assert parquet.schema == parsers.SCHEMA
    assert parquet.equals(expected)

    lines = (tmp_path / "out.ndjson").read_bytes().splitlines()
    assert len(lines) == expected.height
    for row, text in zip(expected.iter_rows(named=True), lines, strict=True):
        read = json.loads(text)
        assert list(read) == list(parsers.SCHEMA)
        stamp = row.pop("timestamp").isoformat().replace("+00:00", "Z")
        assert read.pop("timestamp").rstrip("Z").rstrip("0") == stamp.rstrip("Z").rstrip("0")
        assert read == row

    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == expected.height
    assert list(rows[0]) == list(parsers.SCHEMA)
    for row, text_row in zip(expected.iter_rows(named=True), rows, strict=True):
        assert text_row["target"].removeprefix("'") == (row["target"] or "").removeprefix("'")
        assert text_row["status"] == ("" if row["status"] is None else str(row["status"]))


@pytest.mark.parametrize("suffix", records.SUFFIXES)
def test_an_empty_log_has_columns_and_no_rows(
    suffix: str, tmp_path: Path, log: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / f"out{suffix}"
    assert main(["parse", log(""), "-o", str(out)]) == 0
    assert capsys.readouterr().err == "0 records of 0 lines\n"
    if suffix == ".ndjson":
        assert out.read_bytes() == b""
    else:
        frame = pl.read_csv(out) if suffix == ".csv" else pl.read_parquet(out)
        assert (frame.height, frame.columns) == (0, list(parsers.SCHEMA))


def test_columns_are_those_wanted_in_that_order(
    log: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(
            ["parse", log(line()), "--columns", "status, server,timestamp", "--label", f"web 1={log(line())}"]
        )
        == 0
    )
    assert capsys.readouterr().out == '{"status":200,"server":"web 1","timestamp":"2026-03-09T15:00:01Z"}\n'


def test_a_fraction_is_written_where_there_is_one() -> None:
    moments = ["2026-03-10T00:00:01", "2026-03-10T00:00:01.250", "2026-03-10T00:00:01.000001"]
    frame = pl.DataFrame({"timestamp": moments}).select(
        pl.col("timestamp").str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", time_zone="UTC")
    )
    written = [json.loads(text)["timestamp"] for text in records.ndjson(frame).splitlines()]
    assert written == ["2026-03-10T00:00:01Z", "2026-03-10T00:00:01.250Z", "2026-03-10T00:00:01.000001Z"]


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_a_cell_is_no_formula(value: str) -> None:
    frame = pl.DataFrame({"user": [value, None, "", "plain"], "number": [-1, 2, 3, 4]})
    rows = list(csv.reader(io.StringIO(records.csv(frame).decode(), newline="")))
    assert [row[0] for row in rows] == [f"'{value}", "", "", "plain"]
    assert [row[1] for row in rows] == ["-1", "2", "3", "4"]
    assert records.csv(frame).decode().splitlines()[-3:-1] == [",2", '"",3']


def test_what_acts_on_a_terminal_is_escaped_and_kept(
    log: Callable[[str], str], capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    agent = "a\x1b[31mb\x7f\x9b1m\u202e\u2066\u200b\ufeff한"
    assert main(["parse", log(line(agent=agent)), "--columns", "user_agent"]) == 0
    written = capsysbinary.readouterr().out
    assert json.loads(written)["user_agent"] == agent
    assert "".join(c for c in written.decode() if not c.isprintable()) == "\n"


@given(st.lists(st.text() | st.none(), max_size=6))
def test_any_text_comes_back(values: list[str | None]) -> None:
    frame = pl.DataFrame({"target": values}, schema={"target": pl.String})
    assert [json.loads(text)["target"] for text in records.ndjson(frame).splitlines()] == values
    rows = list(csv.reader(records.csv(frame).decode().splitlines(keepends=True)))
    assert all(not row or not row[0].startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows)


def test_rejects_are_raw_and_keep_their_place(
    tmp_path: Path, log: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    broken = 'GET /?token=abc "x\x1b'
    path = log(line() * 3 + broken + "\n\n" + line())
    assert main(["parse", path, "--rejects", str(tmp_path / "rejects"), "--columns", "line"]) == 0
    told = capsys.readouterr()
    assert told.err == "4 records of 6 lines, 1 rejected, 1 blank\n"
    assert [json.loads(text)["line"] for text in told.out.splitlines()] == [1, 2, 3, 6]
    (reject,) = [json.loads(text) for text in (tmp_path / "rejects").read_text().splitlines()]
    assert list(reject) == ["source", "line", "reason", "text"]
    assert (reject["source"], reject["line"], reject["text"]) == (path, 4, broken)


def test_many_sources_stay_in_the_order_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = []
    for number in (3, 1, 2):
        names.append(str(tmp_path / f"{number}.log"))
        Path(names[-1]).write_text(line(f"GET /{number} HTTP/1.1") * 2, encoding="utf-8")
    assert main(["parse", *names, "--columns", "target", "--quiet"]) == 0
    targets = [json.loads(text)["target"] for text in capsys.readouterr().out.splitlines()]
    assert targets == ["/3", "/3", "/1", "/1", "/2", "/2"]
    assert main(["parse", *names, "-o", str(tmp_path / "out.csv"), "--columns", "target", "--quiet"]) == 0
    assert (tmp_path / "out.csv").read_text().split() == ["target", *targets]


def test_a_vendor_is_believed(log: Callable[[str], str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parse", log(line()), "--vendor", "apache", "--columns", "vendor,format", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out) == {"vendor": "apache", "format": "apache-combined"}


@pytest.mark.skipif(not Path("/dev/fd/2").exists(), reason="this system has no /dev/fd")
@pytest.mark.parametrize("name", ["/dev/stderr", "/dev/fd/2", "LINK"])
def test_an_open_descriptor_is_written_on_not_replaced(
    name: str, log: Callable[[str], str], tmp_path: Path
) -> None:
    if name == "LINK":  # as containers link their logs
        (tmp_path / "rejects").symlink_to("/dev/stderr")
        name = str(tmp_path / "rejects")
    path = log("no request\n" * 2 + line())
    said = tmp_path / "said.txt"
    said.write_text("kept\n")
    before = said.stat()
    code = "import sys; from loganalyzer.cli import main; sys.exit(main())"
    with said.open("a") as stream:
        stream.write("kept as well\n")
        stream.flush()
        arguments = [sys.executable, "-c", code, "parse", path, "--vendor", "nginx", "--rejects", name]
        done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=stream, text=True, check=False)
    kept, also, *rejects, summary = said.read_text().splitlines()
    assert (done.returncode, kept, also) == (0, "kept", "kept as well")
    assert [json.loads(text)["line"] for text in rejects] == [1, 2]
    assert summary == "1 record of 3 lines, 2 rejected"
    assert len(done.stdout.splitlines()) == 1
    assert (said.stat().st_ino, said.stat().st_mode) == (before.st_ino, before.st_mode)
    assert [one.suffix for one in tmp_path.iterdir() if one.suffix == ".part"] == []


@pytest.mark.skipif(not Path("/dev/fd/2").exists(), reason="this system has no /dev/fd")
def test_a_descriptor_that_is_not_open_or_is_the_log_is_refused(
    log: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = log(line() + "\n")
    assert main(["parse", path, "--rejects", "/dev/fd/987654"]) == Exit.NOT_WRITTEN
    assert "/dev/fd/987654" in capsys.readouterr().err
    with Path(path).open("a") as stream:
        assert main(["parse", path, "--rejects", f"/dev/fd/{stream.fileno()}"]) == Exit.USAGE
    assert "is the log" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/fd/2").exists(), reason="this system has no /dev/fd")
def test_a_file_that_is_replaced_is_no_open_one_too(log: Callable[[str], str], tmp_path: Path) -> None:
    path, other = log(line() + "\n"), tmp_path / "other.ndjson"
    with other.open("a") as stream:
        output = f"/dev/fd/{stream.fileno()}"
        assert main(["parse", path, "-o", str(other), "--rejects", output]) == Exit.USAGE


@pytest.mark.parametrize("ending", ["finished", "given up", "failed"])
def test_no_thread_holds_a_parquet_file_when_its_writer_has_ended(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, ended = [], threading.Event()

    class Slow(records._Unfailing):  # noqa: SLF001  (what Polars holds)
        def flush(self) -> None:
            held.append(threading.get_ident())
            ended.wait(0.05)  # a thread that nobody waits for hears that the writer has ended
            held.pop()

    monkeypatch.setattr(records, "_Unfailing", Slow)
    with Output(str(tmp_path / "out.parquet")) as output:
        writer = records.ParquetWriter(output, pl.Schema({"status": pl.Int64}))
        writer.write(pl.DataFrame({"status": [200, 502]}))
        if ending == "failed":
            output.error = OutputError(output.path, "No space left on device")
            with pytest.raises(OutputError, match="No space left"):
                writer.finish()
        elif ending == "finished":
            writer.finish()
            output.commit()
        writer.stop()
        assert held == []
        ended.set()
    assert [path.name for path in tmp_path.iterdir()] == (["out.parquet"] if ending == "finished" else [])
