"""retry-storm: one client that is told to slow down (429, 503) and asks again at once.

Why it matters
    A client without back-off keeps an overloaded server down, and turns its own limit into everybody's outage.
How it is judged
    At least fifty refusals of one client in a quarter of an hour, half of them followed by the same request within a
    second.
Known misses
    Clients that take turns: each alone backs off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.detectors.one_client import Rule, judged
from loganalyzer.second_look import BEGAN

if TYPE_CHECKING:
    from loganalyzer.findings import Finding
    from loganalyzer.tables import Tables

LEAST: Final = 50
AT_ONCE_MS: Final = 1_000
SHARE: Final = 0.5
SLOWED: Final = (429, 503)


def _judge(finding: Finding, records: pl.DataFrame, _tables: Tables) -> Finding | None:
    """Return the finding if the client asks for the same again before a second is over."""
    later = pl.col(BEGAN).shift(-1).over("path") - pl.col(BEGAN)
    refused = records.with_columns(_again=later.dt.total_milliseconds()).filter(
        pl.col("status").is_in(SLOWED)
    )
    if refused.height < LEAST:
        return None
    at_once = float(refused.select((pl.col("_again") <= AT_ONCE_MS).fill_null(value=False).mean()).item())
    if at_once < SHARE:
        return None
    return judged(finding, refused, {"refused": refused.height, "at_once": at_once})


RULE: Final = Rule(
    kind="retry-storm",
    denied="limited",
    least=LEAST // 2,  # of a quarter of an hour, the busiest five minutes
    exonerates=False,
    columns=("status", "path"),
    judge=_judge,
)
