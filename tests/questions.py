"""Questions in `loganalyzer/diagnosis` → what `explain` must know of them without Polars, in their files of texts.

`python -m tests.questions` writes it: statuses and vendors below `[question]`, documents below the name of each cause.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from loganalyzer.diagnosis import QUESTIONS

if TYPE_CHECKING:
    from loganalyzer.diagnosis import Question

FOLDER = Path(__file__).parent.parent / "reports" / "questions"
FACT = re.compile(r"^(?:statuses|vendors|documents) = .*\n", re.MULTILINE)
TABLE = re.compile(r"^\[([a-z0-9-]+)\]\n", re.MULTILINE)


def with_facts(text: str, question: Question) -> str:
    """Return a file of texts with the facts of its question in their places, and nowhere else."""

    def facts(table: re.Match[str]) -> str:
        name = table.group(1)
        if name == "question":
            lines = [_line("statuses", sorted(question.statuses))]
            if question.vendors is not None:
                lines.append(_line("vendors", sorted(question.vendors)))
        else:
            lines = [_line("documents", list(question.causes.get(name, ())))]
        return table.group() + "".join(lines)

    return TABLE.sub(facts, FACT.sub("", text))


def _line(name: str, values: list[int] | list[str]) -> str:
    return f"{name} = {json.dumps(values)}\n"


if __name__ == "__main__":
    for one in QUESTIONS:
        file = FOLDER / f"{one.name}.toml"
        file.write_text(with_facts(file.read_text(encoding="utf-8"), one), encoding="utf-8")
