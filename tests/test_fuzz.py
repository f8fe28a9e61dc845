"""The short run of the fuzzer that every `make test` does, and that what breaks is found, saved and repeated."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import polars as pl
import pytest

from parsers import batches, engine
from tests.fuzz import run
from tests.fuzz.checks import BrokenError, check
from tests.fuzz.inputs import Case, Cases

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator
    from pathlib import Path

LINE = b'192.0.2.1 - - [10/Mar/2026:13:55:36 +0000] "GET /a HTTP/1.1" 200 5 "-" "-"\n'


@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_nothing_breaks(seed: str, tmp_path: Path) -> None:
    found = run.work(seed, tmp_path, cases=10)
    assert {kind: told for kind, (_, told) in found.failures.items()} == {}
    assert found.tried == 10
    assert len(found.seen) > 5


def test_the_same_seed_makes_the_same_cases() -> None:
    one, other = Cases("seed"), Cases("seed")
    for _ in range(30):
        case = one.make()
        assert case == other.make()
        one.keep(case)
        other.keep(case)
        assert Case.of(case.text()) == case
    assert Cases("another").make() != Cases("seed").make()


def lossy(parse: object) -> object:
    """Return a parser that loses the last record of every chunk."""

    def without_last(*arguments: object, **options: object) -> engine.Parsed:
        made: engine.Parsed = parse(*arguments, **options)  # type: ignore[operator]
        return engine.Parsed(made.records.head(-1), made.rejects, made.blank, made.skipped)

    return without_last


def test_what_breaks_is_found_made_small_saved_and_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = Case(LINE * 3 + b"junk\n" * 40 + LINE, chunk=4_000)
    check(case, tmp_path, deep=False)
    with monkeypatch.context() as patch:
        patch.setattr(engine, "parse", lossy(engine.parse))
        with pytest.raises(BrokenError, match="ledger of a batch"):
            check(case, tmp_path, deep=False)
        small = run.smaller(case, "ledger of a batch", tmp_path)
        assert len(small.data) < 3 * len(LINE)
        path = run.saved(small, tmp_path / "out")
        assert run.command(path).endswith(f'{path.name}"')
        with pytest.raises(BrokenError, match="ledger of a batch"):
            run.main(["--again", str(path)])
    assert run.main(["--again", str(path)]) == 0
    assert "it holds" in capsys.readouterr().out


def shifted(made: Callable[..., pl.DataFrame]) -> object:
    """Return what makes records, with the number of the line behind."""
    return lambda *arguments: made(*arguments).with_columns(pl.col("line") + 1)


@pytest.mark.parametrize(
    ("told", "place", "name", "instead"),
    [
        ("text of a reject", batches, "as_utf8", lambda data: (data.replace(b"junk", b"jung"), 0)),
        ("a line counted twice", batches, "_with_source", shifted(batches._with_source)),  # noqa: SLF001
        ("filtered: other records", batches.Parsing, "_kept", lambda _, records: records),
    ],
)
def test_each_promise_is_checked(
    told: str, place: object, name: str, instead: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that breaks it is caught: the checks can fail."""
    case = Case(LINE + b"junk\n" + LINE, chunk=90, where="status>=500")
    monkeypatch.setattr(place, name, instead)
    with pytest.raises(BrokenError, match=told):
        check(case, tmp_path, deep=False)


def test_a_worker_that_dies_leaves_its_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def started(_: argparse.Namespace, place: Path) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
        (place / "current.case").write_text(Case(LINE).text())
        yield (
            place,
            subprocess.Popen([sys.executable, "-c", "import os; os.abort()"], stderr=subprocess.DEVNULL),
        )

    monkeypatch.setattr(run, "_started", started)
    assert run.main(["--out", str(tmp_path)]) == 1
    (kept,) = tmp_path.iterdir()
    assert Case.of(kept.read_text()) == Case(LINE)
    assert f"a worker ended with -6 at this case\nagain: {run.command(kept)}" in capsys.readouterr().out


def test_a_worker_hangs_by_its_own_time_not_by_the_clock() -> None:
    """A machine may be too busy to give it any."""
    spins, waits, slow = run.Watch(), run.Watch(), run.Watch()
    busy = [(0, 0), (100, 100), (1_000, 119), (1_001, 121)]
    assert [spins.hangs(case=1, clock=clock, own=own) for clock, own in busy] == [False, False, False, True]
    still = [(0, 5), (299, 5), (301, 5)]
    assert [waits.hangs(case=1, clock=clock, own=own) for clock, own in still] == [False, False, True]
    assert not any(slow.hangs(case=1, clock=clock, own=clock / 100) for clock in range(0, 10_000, 100))
    assert not waits.hangs(case=2, clock=400, own=5)  # the next one


def test_a_run_of_workers_ends_well(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--cases", "2", "--workers", "1", "--seed", "x", "--out", str(tmp_path)]) == 0
    told = capfd.readouterr().out
    assert "worker x/0: 2 cases, " in told
    assert "nothing failed" in told
    assert list(tmp_path.iterdir()) == []
