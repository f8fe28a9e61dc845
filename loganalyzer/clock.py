"""Series and the steps back of their stamps → stretches without a line of which the clock, not the site, is the reason.

A clock that is set back and put right again later leaves out as much time as it had doubled; one that is a day behind
for three hours leaves out these three, and their lines stand in the day before. Summer time leaves out an hour where
stamps state no offset.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import polars as pl

from loganalyzer import baseline

if TYPE_CHECKING:
    from loganalyzer.baseline import Integers
    from loganalyzer.detectors.series import Series

FEW: Final = 20
"""Steps of one log, beyond which the order of its lines says nothing of a clock."""
NEAR: Final = 6
"""Minutes from a step within which a gap begins or ends with it; some stamps are of a request's end, up to five on."""
ALIKE: Final = 3
"""Minutes by which a gap may be longer or shorter than the step that it makes good."""
LEAST: Final = 3
"""Minutes without a line that could be called a silence."""

HOUR: Final = 60
ZONES: Final = (
    "Europe/Berlin", "Europe/London", "Europe/Athens", "America/New_York", "America/Santiago", "America/Havana",
    "Australia/Sydney", "Australia/Lord_Howe", "Asia/Jerusalem", "Asia/Beirut", "Africa/Cairo",
)  # fmt: skip
"""One for each way in which clocks go forward: at which local hour, and on which night."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def of_the_clock(steps: pl.DataFrame, series: Series) -> list[tuple[int, int]]:
    """Return the stretches of a series without a line that a clock explains, as indices; `end` is exclusive."""
    gaps = [
        run
        for run in baseline.runs((series.lines == 0) & series.logged)
        if run[1] - run[0] >= LEAST and run[0] > 0 and run[1] < series.minute.size
    ]
    if not gaps:
        return []
    own = steps.filter(
        pl.col("vendor").cast(pl.String) == series.vendor,
        pl.col("server").eq_missing(pl.lit(series.server, pl.String)),
    )
    minutes = own.select(pl.col("before", "after").dt.epoch("s") // 60)
    before, after = (minutes[name].to_numpy() for name in ("before", "after"))
    if np.count_nonzero(after < before) > FEW:
        before, after = before[:0], after[:0]

    def is_of_clock(gap: tuple[int, int]) -> bool:
        start, end = int(series.minute[gap[0]]), int(series.minute[gap[1] - 1]) + 1
        return _is_of_steps(start, end, before, after) or is_skipped(start, end)

    return [gap for gap in gaps if is_of_clock(gap)]


def _is_of_steps(start: int, end: int, before: Integers, after: Integers) -> bool:
    """Tell whether a gap touches a moment at which the clock was set, or is as long as a step back before it."""
    back, forward = after < before, after > before
    begins, ends = np.abs(start - before) <= NEAR, np.abs(end - after) <= NEAR
    made_good = (np.abs((end - start) - (before - after)) <= ALIKE) & (start >= after)
    return bool((back & (begins | ends | made_good) | forward & (begins != ends)).any())


def is_skipped(start: int, end: int) -> bool:
    """Tell whether a gap is the very hour that the clocks of some zone leave out; in minutes since 1970, as stamped.

    >>> at = lambda day: int(datetime(2026, 3, day, 2, tzinfo=UTC).timestamp()) // 60
    >>> (is_skipped(at(29), at(29) + 60), is_skipped(at(29), at(29) + 75), is_skipped(at(28), at(28) + 60))
    (True, False, False)
    """
    hour = HOUR * round(start / HOUR)
    if abs(start - hour) > 1 or abs(end - hour - HOUR) > 1:
        return False
    local = (_EPOCH + timedelta(minutes=hour + HOUR // 2)).replace(tzinfo=None)
    return any(_leaves_out(name, local) for name in ZONES)


@lru_cache(maxsize=1_000)
def _leaves_out(name: str, local: datetime) -> bool:
    """Tell whether there is no such local time in a zone."""
    try:
        zone = ZoneInfo(name)
    except ZoneInfoNotFoundError:  # a system without that file
        return False
    return local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local


def skipped(minutes: pl.DataFrame) -> list[tuple[str, datetime]]:
    """Return vendor and start of each hour, of those that summer time leaves out, in which a busy log has no line.

    `minutes`: `vendor`, `server`, `minute`, `records`; as many as 20 lines must stand in the hour on either side.
    """
    known = (
        minutes.filter(pl.col("minute").is_not_null())
        .group_by("vendor", "server", pl.col("minute").dt.epoch("s") // 60)
        .agg(pl.col("records").sum())
        .sort("vendor", "server", "minute")
    )
    found = set()
    for log in known.partition_by("vendor", "server", maintain_order=True):
        minute, so_far = log["minute"].to_numpy(), log["records"].cum_sum().to_numpy()
        steps = np.diff(minute)
        for place in np.flatnonzero((steps >= HOUR - 1) & (steps <= HOUR + 3)):
            start, end = int(minute[place]) + 1, int(minute[place + 1])
            low, high = np.searchsorted(minute, (start - HOUR, end + HOUR))
            before = so_far[place] - (so_far[low - 1] if low else 0)
            after = so_far[high - 1] - so_far[place]
            if min(before, after) >= FEW and is_skipped(start, end):
                hour = HOUR * round(start / HOUR)
                found.add((str(log["vendor"][0]), _EPOCH + timedelta(minutes=hour)))
    return sorted(found)
