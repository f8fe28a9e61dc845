"""Minutes of a status and those around them → what differed: how many asked, how many were served, how fast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from loganalyzer.diagnosis.case import Case

NEAR: Final = timedelta(minutes=15)
"""Before and after the minutes of a status, those that they are held against: the traffic of a day hardly changes
within a quarter of an hour."""

QUIET: Final = 0.05
"""Share of the requests of a minute with the status above which it is none to compare with."""

FEWEST: Final = 5
"""Minutes to compare with, below which nothing is compared."""


@dataclass(frozen=True, eq=False)
class Around:
    """The minutes of a status beside others.

    `inside`: `minute`, `failing`, `requests` of those that have others `NEAR` them; `usual` requests of these others
    in the middle, `near` of them; `whole` minutes from the first of the status to the last; `elsewhere` requests of all
    other minutes of the log in the middle.
    """

    inside: pl.DataFrame
    usual: float
    near: int
    whole: int
    elsewhere: float


def around(case: Case) -> Around | None:
    """Return the minutes of a status and what is usual around them; null where there is nothing to compare with."""
    crowded = case.crowded
    rows = case.log_of(case.tables.minutes).filter(pl.col("minute").is_not_null())
    if crowded.height == 0 or rows.height == 0:
        return None
    first, last = rows["minute"].min(), rows["minute"].max()
    assert isinstance(first, datetime)  # noqa: S101  # some row is there
    assert isinstance(last, datetime)  # noqa: S101
    stretch = crowded.select(pl.col("minute").min(), pl.col("minute").max().alias("last")).row(0)
    start, end = max(first, stretch[0] - NEAR), min(last, stretch[1] + NEAR)
    failing = pl.col("status").eq_missing(pl.lit(case.status, pl.Int16))
    counted = (
        rows.filter(pl.col("role") == "request", pl.col("minute").is_between(start, end))
        .group_by("minute")
        .agg(
            pl.col("records").filter(failing).sum().alias("failing"),
            pl.col("records").sum().alias("requests"),
        )
    )
    grid = pl.DataFrame({"minute": pl.datetime_range(start, end, "1m", eager=True)}).join(
        counted, on="minute", how="left"
    )
    grid = grid.with_columns(pl.col("failing", "requests").fill_null(0)).sort("minute")
    # The first and the last minute of a log are no whole ones.
    edges = pl.col("minute").is_in([first, last])
    marked = grid.with_columns(
        pl.col("minute").is_in(crowded["minute"].implode()).alias("inside"),
        ((pl.col("failing") <= QUIET * pl.col("requests")) & ~edges).alias("quiet"),
    ).with_columns(quiet=pl.col("quiet") & ~pl.col("inside"))
    before = pl.when(pl.col("quiet")).then(pl.col("minute")).forward_fill()
    after = pl.when(pl.col("quiet")).then(pl.col("minute")).backward_fill()
    before_in = pl.when(pl.col("inside")).then(pl.col("minute")).forward_fill()
    after_in = pl.when(pl.col("inside")).then(pl.col("minute")).backward_fill()
    minute = pl.col("minute")
    marked = marked.with_columns(
        ((minute - before <= NEAR) | (after - minute <= NEAR)).fill_null(value=False).alias("compared"),
        ((minute - before_in <= NEAR) | (after_in - minute <= NEAR)).fill_null(value=False).alias("near"),
    )
    others = marked.filter(pl.col("quiet") & pl.col("near"))
    inside = marked.filter(pl.col("inside") & pl.col("compared")).select("minute", "failing", "requests")
    if others.height < FEWEST or inside.height == 0:
        return None
    usual = float(others.select(pl.col("requests").median()).item())
    elsewhere = (
        rows.filter(pl.col("role") == "request", ~pl.col("minute").is_in(crowded["minute"].implode()))
        .group_by("minute")
        .agg(pl.col("records").sum())
        .select(pl.col("records").median())
        .item()
    )
    whole = marked.filter(minute.is_between(*stretch)).height
    return Around(inside, usual, others.height, whole, float(elsewhere or 0))
