"""retry-storm: one client that is told to slow down (429, 503) and asks again at once.

Why it matters
    A client without back-off keeps an overloaded server down, and turns its own limit into everybody's outage.
How it is judged
    At least fifty refusals of one client in a quarter of an hour, half of them followed by the same request within a
    second. Who asks for much does so by chance, too: half must be refused again, or half more of them be
    followed so than of what was answered.
Known misses
    Clients that take turns: each alone backs off. A program that asks for one page at one pace, whatever it is told,
    and is refused less than every second time.
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
    refused = pl.col("status").is_in(SLOWED).fill_null(value=False)
    later = (pl.col(BEGAN).shift(-1).over("path") - pl.col(BEGAN)).dt.total_milliseconds()
    told = records.with_columns(
        _refused=refused,
        _again=(later <= AT_ONCE_MS).fill_null(value=False),
        _in_vain=refused.shift(-1).over("path").fill_null(value=False),
    )
    denials, others = told.filter("_refused"), told.filter(~pl.col("_refused"))
    if denials.height < LEAST:
        return None
    at_once, by_chance = (_part(rows, pl.col("_again")) for rows in (denials, others))
    in_vain = _part(denials, pl.col("_again") & pl.col("_in_vain"))
    if in_vain < SHARE and at_once - by_chance < SHARE:
        return None
    facts = {"refused": denials.height, "at_once": at_once, "by_chance": by_chance}
    return judged(finding, denials, facts)


def _part(records: pl.DataFrame, condition: pl.Expr) -> float:
    """Return the part of records that meet a condition; 0 of none."""
    return float(records.select(condition.mean().fill_null(0.0)).item())


RULE: Final = Rule(
    kind="retry-storm",
    denied="limited",
    least=LEAST // 2,  # of a quarter of an hour, the busiest five minutes
    exonerates=False,
    columns=("status", "path"),
    judge=_judge,
)
