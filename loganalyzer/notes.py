"""What the reader must know about the numbers → Note: a kind and its facts.

| kind | facts | means |
| --- | --- | --- |
| `vendor-guessed` | `path` | nothing told nginx from Apache: read as nginx |
| `lines-loose` | `path`, `lines`, `format` | lines that are broken or carry more were read as far as they go |
| `bytes-replaced` | `path`, `lines` | bytes that are no UTF-8 are shown as U+FFFD |
| `clock` | `vendor`, `records`, `first`, `last` | stamps more than ten years from the rest: counted, not drawn |
| `values-bounded` | `vendor`, `dimension`, `bound` | more distinct values than are counted exactly |
| `hosts-bounded` | `vendor`, `hosts` | more hosts than are told apart over time |
| `estimated` | `vendor`, `lines` | lines state a sample interval: rates are estimates |
| `not-a-log` | `path`, `why` | a file of a folder that was left out |
| `duplicate` | `path`, `same_as` | a file with the content of an earlier one: its lines are skipped |
| `before-span`, `after-span` | `path` | a file wholly before or after what is wanted: it was not read |
| `evidence-missing` | `path`, `why` | the lines behind a finding could not be looked up again |
| `completion-time` | `vendor` | the log states when a request ended and not how long it took |
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """Something the reader must know about the numbers; words are made in `reports/words.py`."""

    kind: str
    facts: dict[str, str | int | float]
