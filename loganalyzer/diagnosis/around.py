"""Minutes of a status and those around them → what differed: how many asked, how many were served, how fast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from loganalyzer.diagnosis.case import Case

NEAR: Final = timedelta(minutes=15)
"""Before and after the minutes of a status, those that they are held against: the traffic of a day hardly changes
within a quarter of an hour."""

QUIET: Final = 0.05
"""Share of the requests of a minute with the status above which it is none to compare with."""

MOST: Final = 10_000
"""Minutes of a status above which it is no incident that had a before and an after: a week of them."""

MINUTE: Final = timedelta(minutes=1)

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
    rows = case.log_of(case.tables.minutes).filter(
        pl.col("role") == "request", pl.col("minute").is_not_null()
    )
    if not 0 < crowded.height <= MOST or rows.height == 0 or case.selected:
        return None
    first, last = rows.select(pl.col("minute").min(), pl.col("minute").max().alias("last")).row(0)
    start, end = crowded.select(pl.col("minute").min(), pl.col("minute").max().alias("last")).row(0)
    reach = NEAR // MINUTE
    steps = pl.DataFrame({"step": range(-reach, reach + 1)}).select(pl.duration(minutes="step").alias("step"))
    grid = (
        crowded.select("minute")
        .join(steps, how="cross")
        .select(pl.col("minute") + pl.col("step"))
        .unique()
        .filter(pl.col("minute").is_between(first, last))
    )
    failing = pl.col("status").eq_missing(pl.lit(case.status, pl.Int16))
    # A minute without a request is not known to be one: its lines may be elsewhere.
    counted = (
        rows.join(grid, on="minute", how="semi")
        .group_by("minute")
        .agg(
            pl.col("records").filter(failing).sum().alias("failing"),
            pl.col("records").sum().alias("requests"),
        )
        .sort("minute")
    )
    # The first and the last minute of a log are no whole ones.
    edges = pl.col("minute").is_in([first, last])
    marked = counted.with_columns(
        pl.col("minute").is_in(crowded["minute"].implode()).alias("inside"),
        ((pl.col("failing") <= QUIET * pl.col("requests")) & ~edges).alias("quiet"),
    ).with_columns(quiet=pl.col("quiet") & ~pl.col("inside"))
    before = pl.when(pl.col("quiet")).then(pl.col("minute")).forward_fill()
    after = pl.when(pl.col("quiet")).then(pl.col("minute")).backward_fill()
    minute = pl.col("minute")
    marked = marked.with_columns(
        ((minute - before <= NEAR) | (after - minute <= NEAR)).fill_null(value=False).alias("compared"),
    )
    others = marked.filter("quiet")
    inside = marked.filter(pl.col("inside") & pl.col("compared")).select("minute", "failing", "requests")
    if others.height < FEWEST or inside.height == 0:
        return None
    usual = float(others.select(pl.col("requests").median()).item())
    elsewhere = (
        rows.filter(~pl.col("minute").is_in(crowded["minute"].implode()))
        .group_by("minute")
        .agg(pl.col("records").sum())
        .select(pl.col("records").median())
        .item()
    )
    return Around(inside, usual, others.height, (end - start) // MINUTE + 1, float(elsewhere or 0))
