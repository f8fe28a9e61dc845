"""Every sample log beside its golden rows: what each line is read as, or why it is rejected."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING

import pytest

from parsers import SCHEMA
from tests.golden import make

if TYPE_CHECKING:
    from pathlib import Path


def test_every_sample_has_golden_rows_and_every_golden_file_a_sample() -> None:
    there = {path.relative_to(make.GOLDEN) for path in make.GOLDEN.glob("*/*.ndjson")}
    assert there == {make.pair(sample) for sample in make.samples()}
    assert there


@pytest.mark.parametrize("sample", make.samples(), ids=str)
def test_a_sample_is_read_as_its_golden_rows_say(sample: Path) -> None:
    golden = (make.GOLDEN / make.pair(sample)).read_text(encoding="utf-8")
    difference = "\n".join(
        difflib.unified_diff(
            golden.splitlines(), make.rows(sample).splitlines(), "golden", "read", n=0, lineterm=""
        )
    )
    assert not difference


def units(path: Path) -> int:
    """Return how many lines a file has, or records where a record may go over several lines."""
    data = path.read_bytes()
    if path.suffix == ".json":
        (records,) = json.loads(data).values()
        return len(records)
    lines = data.count(b"\n") + bool(data and not data.endswith(b"\n"))
    return lines - BROKEN_INSIDE.get(path.name, 0)


BROKEN_INSIDE = {"header.csv": 1}
"""Line breaks that stand in a quoted field, counted by hand."""


@pytest.mark.parametrize("sample", make.samples(), ids=str)
def test_golden_rows_account_for_every_line_and_for_known_columns(sample: Path) -> None:
    text = (make.GOLDEN / make.pair(sample)).read_text(encoding="utf-8")
    *rows, last = (json.loads(line) for line in text.splitlines())
    ledger = last["ledger"]
    assert ledger["lines"] == units(make.LOGS / sample)
    assert ledger["lines"] == sum(ledger[name] for name in ("records", "rejected", "blank", "skipped"))
    assert ledger["rejected"] == sum("rejected" in row for row in rows)
    assert ledger["records"] == sum("rejected" not in row for row in rows)
    numbers = [row["line"] for row in rows]
    assert numbers == sorted(set(numbers))
    assert {name for row in rows if "rejected" not in row for name in row} <= set(SCHEMA)
