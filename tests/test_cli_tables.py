"""analyze --tables: every table as CSV and Parquet, documented, masked, whole or not at all."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest

import loganalyzer
import reports
from loganalyzer.analysis import EXPORTS, Analysis, Evidence, Note
from loganalyzer.cli import exported, main, output
from loganalyzer.cli.exits import OutputError
from reports import tables
from reports.words import Words
from tests.analysis_factory import HOSTILE, analysis, hostile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loganalyzer.analysis import Export
    from reports.catalogue import Language

LANGUAGES: tuple[Language, Language] = ("ko", "en")
LINE = '192.0.2.7 - - [10/Mar/2026:12:00:{:02} +0000] "GET {} HTTP/1.1" {} 5 "-" "{}"\n'


@pytest.fixture(scope="module")
def sampled() -> Analysis:
    return loganalyzer.analyze("sample_logs")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    lines = [
        LINE.format(n, f"/item/{n}?access_token=hunter2", 404 if n % 2 else 200, "=1+1") for n in range(40)
    ]
    path.write_text("".join([*lines, "nothing\n"]))
    return path


@contextmanager
def closing_folder(where: Path) -> Iterator[exported.Folder]:
    folder = exported.Folder(str(where / "tables"))
    try:
        yield folder
    finally:
        folder.discard()


def test_every_table_is_there_twice_and_alike(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    assert (
        main(["analyze", str(source), "--tables", str(folder), "-o", str(tmp_path / "0.md"), "--quiet"]) == 0
    )
    assert sorted(path.name for path in folder.iterdir()) == sorted(exported.names())
    for export in EXPORTS:
        columnar = pl.read_parquet(folder / f"{export.name}.parquet")
        assert columnar.columns == [name for name, _, _ in tables.columns_of(export)]
        with (folder / f"{export.name}.csv").open(newline="") as file:
            rows = list(csv.reader(file))
        assert rows[0] == columnar.columns
        assert len(rows) == columnar.height + 1
    values = pl.read_parquet(folder / "values.parquet")
    agents = values.filter(pl.col("dimension") == "user_agent")
    assert agents["value"].to_list() == ["=1+1"]
    assert "'=1+1" in (folder / "values.csv").read_text()
    assert int(values.filter(pl.col("dimension") == "client")["records"].sum()) == 40
    assert pl.read_parquet_metadata(folder / "rejects.parquet")["bound"].startswith("the first 1,000")


def test_secrets_are_masked_and_the_readme_tells_every_column(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    assert (
        main(["analyze", str(source), "--tables", str(folder), "-o", str(tmp_path / "0.md"), "--quiet"]) == 0
    )
    for path in folder.iterdir():
        assert b"hunter2" not in path.read_bytes(), path.name
    readme = (folder / "README.md").read_text()
    for export in EXPORTS:
        assert f"## {export.name}\n" in readme
        for name, _, meaning in tables.columns_of(export):
            assert f"| `{name}` |" in readme
            assert meaning
        assert export.bound in readme


@pytest.mark.parametrize("export", EXPORTS, ids=lambda one: one.name)
def test_a_table_has_the_columns_that_it_is_documented_with(export: Export, sampled: Analysis) -> None:
    frame = sampled.tables[export.name]
    assert dict(frame.schema) == {name: dtype for name, (dtype, _) in export.columns.items()}
    assert set(export.log_text) <= set(export.columns)
    assert frame.height or export.name == "bounds"
    texts = {name for name, dtype in frame.schema.items() if dtype == pl.String}
    ids = {name for name in texts - set(export.log_text) if _hostile_in(export, name)}
    assert ids == set(), "a column of what a log wrote that is not masked"


def _hostile_in(export: Export, name: str) -> bool:
    texts = export.frame(hostile("hunter2-in-a-log"))[name].drop_nulls().to_list()
    return any("hunter2" in text for text in texts)


def test_the_tables_add_up(sampled: Analysis) -> None:
    records = sampled.totals.records
    assert sampled.tables["minutes"]["records"].sum() == records
    assert sampled.tables["timeline"]["records"].sum() == records
    assert sampled.tables["classes"]["records"].sum() == records
    assert sampled.tables["sources"]["records"].sum() == records
    assert sampled.tables["skipped"]["lines"].sum() == sampled.totals.skipped
    durations = sampled.tables["latency"]
    assert (durations["from_s"] < durations["to_s"]).all()
    assert sampled.tables["latency_total"]["records"].sum() == durations["records"].sum()
    assert sampled.tables["findings"].height == len(sampled.findings)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_in_its_cell(text: str, tmp_path: Path) -> None:
    made = replace(hostile(text), notes=(Note("vendor-guessed", {"path": text}),))
    with closing_folder(tmp_path) as folder:
        folder.write(made, lang="en", version="1")
    for export in EXPORTS:
        with (tmp_path / "tables" / f"{export.name}.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        assert {len(row) for row in rows} == {len(rows[0])}
        cells = [cell for row in rows[1:] for cell in row]
        assert not [cell for cell in cells if cell[:1] in {"=", "+", "@", "\t", "\r"}]
        assert not [cell for cell in cells if "hunter2" in cell]


@pytest.mark.parametrize("sign", "=+-@\t\r")
def test_no_cell_is_a_formula(sign: str, tmp_path: Path) -> None:
    finding = replace(analysis().findings[0], evidence=(Evidence("a.log", 1, f"{sign}cmd|'/C calc'!A0"),))
    with closing_folder(tmp_path) as folder:
        folder.write(replace(analysis(), findings=(finding,)), lang="en", version="1")
    with (tmp_path / "tables" / "evidence.csv").open(newline="") as file:
        assert list(csv.reader(file))[1][-1] == f"'{sign}cmd|'/C calc'!A0"


def test_sentences_are_in_the_language_that_is_asked_for() -> None:
    told = dict(reports.to_tables(analysis(), lang="ko"))
    assert (
        told["findings"]["sentence"].to_list()
        != dict(reports.to_tables(analysis()))["findings"]["sentence"].to_list()
    )
    assert told["incidents"]["title"].str.contains("[가-힣]").all()
    assert set(told) == {export.name for export in EXPORTS}


def test_an_analysis_without_aggregates_has_empty_tables() -> None:
    assert analysis().tables["minutes"].height == 0
    assert analysis().tables["statuses"].height > 0


def test_a_folder_that_takes_no_files_is_told_before_anything_is_read(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "0.md"
    call = ["analyze", str(source), "-o", str(report), "--quiet", "--tables"]
    assert main([*call, str(tmp_path / "none" / "tables")]) == 5
    assert main([*call, str(source)]) == 5
    assert main([*call, "/proc/nothing"]) == 5
    assert capsys.readouterr().err.count("loganalyzer: ") == 3
    assert report.exists()


def test_nothing_is_left_of_tables_that_could_not_all_be_written(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, kept = tmp_path / "tables", tmp_path / "kept"
    kept.mkdir()
    (kept / "findings.csv").write_text("of yesterday")

    written = output.Output.write

    def full(self: output.Output, data: bytes) -> int:
        if not self.path.endswith("minutes.parquet"):
            return written(self, data)
        self.error = OutputError(self.path, "No space left on device")
        raise self.error

    monkeypatch.setattr(output.Output, "write", full)
    for place in (folder, kept):
        assert (
            main(["analyze", str(source), "--tables", str(place), "-o", str(tmp_path / "0.md"), "--quiet"])
            == 5
        )
    assert not folder.exists()
    assert [path.name for path in kept.iterdir()] == ["findings.csv"]
    assert (kept / "findings.csv").read_text() == "of yesterday"


def test_a_table_may_not_be_written_onto_a_log(source: Path, tmp_path: Path) -> None:
    log = tmp_path / "values.csv"
    log.write_bytes(source.read_bytes())
    assert (
        main(["analyze", str(log), "--tables", str(tmp_path), "-o", str(tmp_path / "0.md"), "--quiet"]) == 2
    )
    assert log.read_bytes() == source.read_bytes()


def test_the_words_are_made_once_for_all_tables() -> None:
    made = analysis()
    for export in EXPORTS:
        assert tables.frame(export, made, Words("en")).height == made.tables[export.name].height
    assert made.period is not None
    assert made.period[1] - made.period[0] > timedelta(hours=1)


@pytest.mark.parametrize("name", ["README.md", "sources.csv"])
def test_a_folder_with_files_of_somebody_else_is_left_alone(
    name: str, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder := tmp_path / "mine").mkdir()
    (own := folder / name).write_text("mine\n")
    assert main(["analyze", str(source), "--tables", str(folder), "-o", str(tmp_path / "0.md")]) == 5
    assert own.read_text() == "mine\n"
    assert list(folder.iterdir()) == [own]
    assert f"it holds a {name} that loganalyzer did not write" in capsys.readouterr().err


def test_a_folder_of_tables_is_written_again(source: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert (
            main(["analyze", str(source), "--tables", str(tmp_path / "t"), "-o", str(tmp_path / "0.md")]) == 0
        )
