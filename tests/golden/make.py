"""Sample logs → the golden rows beside them: what each line is read as, or why it is rejected.

    python -m tests.golden.make [NAME ...]

writes `tests/golden/<vendor>/<name>.ndjson` for every sample log that is not compressed (those hold whole days and are
checked by counts), or for those whose path holds one of the NAMEs. A golden file holds, by line
number, one object a record, with every canonical column that is not null, and one a rejected line (`line`, `rejected`,
`text`); its last row is the ledger, with the recognised format. Golden rows are the truth that the tests hold the
program to: read the difference with `git diff` line by line, against what the server meant, before you commit it.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from parsers import SCHEMA, scan

if TYPE_CHECKING:
    from parsers import Batch

ROOT = Path(__file__).resolve().parent.parent.parent
LOGS = ROOT / "sample_logs"
GOLDEN = ROOT / "tests" / "golden"
SUFFIXES = {".log", ".ndjson", ".json", ".csv", ".tsv"}


def samples() -> list[Path]:
    """Return the sample logs that have golden rows, relative to `sample_logs`, by name."""
    found = [path for path in LOGS.glob("*/*") if path.suffix in SUFFIXES]
    return sorted(path.relative_to(LOGS) for path in found)


def pair(sample: Path) -> Path:
    """Return the golden file of a sample, relative to `tests/golden`."""
    return sample.with_suffix(".ndjson")


def rows(sample: Path) -> str:
    """Return what the golden file of a sample has to hold."""
    made = scan([str(LOGS / sample)], vendor=None)
    found: list[dict[str, object]] = []
    total = {"lines": 0, "records": 0, "rejected": 0, "blank": 0, "skipped": 0, "replaced": 0}
    for batch in made.batches(tuple(SCHEMA), _same):
        found += [_record(row) for row in batch.records.to_dicts()]
        found += [
            {"line": line, "rejected": reason, "text": text}
            for line, reason, text in batch.rejects.select("line", "reason", "text").iter_rows()
        ]
        counts = {
            "lines": batch.lines,
            "records": batch.records.height,
            "rejected": batch.rejects.height,
            "blank": batch.blank,
            "skipped": sum(batch.skipped.values()),
            "replaced": batch.replaced,
        }
        total = {name: total[name] + counts[name] for name in total}
    found.sort(key=lambda row: int(str(row["line"])))
    (state,) = made.states
    form = state.recognition.formats[0].name if state.recognition and state.recognition.formats else None
    found.append({"ledger": total, "format": form, "problem": state.problem})
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found)


def _same(batch: Batch) -> Batch:
    return batch


def _record(row: dict[str, object]) -> dict[str, object]:
    """Return the columns that say something: not the path of this checkout, nothing null."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
        if value is not None and name != "source"
    }


def main(names: list[str]) -> None:
    """Write the golden rows, and remove those whose sample is gone."""
    wanted = samples()
    for sample in wanted:
        if names and not any(name in str(sample) for name in names):
            continue
        target = GOLDEN / pair(sample)
        target.parent.mkdir(exist_ok=True)
        target.write_text(rows(sample), encoding="utf-8", newline="\n")
        print(target.relative_to(ROOT))  # noqa: T201
    expected = {pair(sample) for sample in wanted}
    for path in GOLDEN.glob("*/*.ndjson"):
        if path.relative_to(GOLDEN) not in expected:
            path.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
