"""Coverage of the sources of one log → where no file was open, and where one begins or ends beside others.

Rotation loses lines, and a file may be missing: what lies at the edge of a file is no outage.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from loganalyzer.detectors.series import Series

NEAR: Final = 2
"""Minutes from the edge of a file within which something begins or ends with it."""
BRIEF: Final = 10
"""Minutes between two files that rotation may well lose."""
CLOCK: Final = 15
"""Files are cut on the clock, at the hour or its quarters; what fails does not wait for it."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Between:
    """No file of a log is open: the last record of one and the first of the next."""

    last: datetime
    first: datetime

    @property
    def is_cut(self) -> bool:
        """Whether files are likelier the reason than the site: little time, or both ends on the clock."""
        if self.first - self.last <= timedelta(minutes=BRIEF):
            return True
        return all(_on_clock(moment) for moment in (self.last, self.first))


def _on_clock(moment: datetime) -> bool:
    """Tell whether a moment is within a minute of a quarter of an hour.

    >>> (
    ...     _on_clock(datetime(2026, 3, 2, 13, 59, 58, tzinfo=UTC)),
    ...     _on_clock(datetime(2026, 3, 2, 14, 2, tzinfo=UTC)),
    ... )
    (True, False)
    """
    off = (moment - _EPOCH).total_seconds() % (60 * CLOCK)
    return min(off, 60 * CLOCK - off) <= 60  # noqa: PLR2004  # a minute


@dataclass(frozen=True)
class Files:
    """The files of one log: `between` them by time, `begins` and `ends` of single ones while others were open."""

    between: tuple[Between, ...]
    begins: tuple[datetime, ...]
    ends: tuple[datetime, ...]

    def joins_or_leaves(self, start: datetime, end: datetime) -> bool:
        """Tell whether a stretch begins where a file ends, or ends where one begins, while others were open."""
        near = timedelta(minutes=NEAR)
        return any(abs(moment - start) <= near for moment in self.ends) or any(
            abs(moment - end) <= near for moment in self.begins
        )


def files_of(coverage: pl.DataFrame, series: Series) -> Files:
    """Return the files of one vendor's and server's log, from `vendor`, `server`, `start` and `end` of sources."""
    own = (
        coverage.filter(
            pl.col("vendor").cast(pl.String) == series.vendor,
            pl.col("server").eq_missing(pl.lit(series.server, pl.String)),
            pl.col("start").is_not_null(),
        )
        .select(pl.col("start", "end").dt.epoch("us"))
        .sort("start", "end")
    )
    if own.height < 2:  # noqa: PLR2004  # no border
        return Files((), (), ())
    start, end = own["start"].to_numpy(), own["end"].to_numpy()
    until = np.maximum.accumulate(end)
    apart = np.flatnonzero(start[1:] > until[:-1])
    closed = np.isin(end, until[np.append(apart, end.size - 1)])
    opened = np.zeros(start.size, np.bool_)
    opened[np.append(0, apart + 1)] = True
    return Files(
        between=tuple(
            Between(_moment(last), _moment(first))
            for last, first in zip(until[apart], start[apart + 1], strict=True)
        ),
        begins=tuple(_moment(moment) for moment in start[~opened]),
        ends=tuple(_moment(moment) for moment in end[~closed]),
    )


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=int(microseconds))


def silent_between(files: Files, series: Series) -> list[tuple[int, int]]:
    """Return the stretches of a series in which no file was open for a whole minute or more, and no line is.

    They reach from the minute of the last record to that of the next, which may be broken; `end` is exclusive.
    """
    place = np.flatnonzero(series.minute >= 0)
    minute = series.minute[place]
    found = []
    for between in files.between:
        if not between.is_cut:
            continue
        first, last = (
            int((moment - _EPOCH).total_seconds() // 60) for moment in (between.last, between.first)
        )
        if last - first < 2:  # noqa: PLR2004  # no whole minute
            continue
        low, high = np.searchsorted(minute, (first, last))
        if high >= minute.size or minute[low] != first or minute[high] != last or high - low != last - first:
            continue  # it splits the log, or lies outside
        start, end = int(place[low]), int(place[high])
        if end - start == last - first and not series.lines[start + 1 : end].any():
            found.append((start, end + 1))
    return found
