"""Part → who asked for paths that are not there, and how they came; and when each path was last there.

A broken link, a scan and a deleted page all read 404: what tells them apart is which path, client and referrer came
together, and whether the path was answered before. What these texts mean is told when it is asked, not line by line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from loganalyzer.aggregates.grouping import OTHER, own, summed
from parsers.schema import VENDOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loganalyzer.aggregates.grouping import Coded, Whole
    from loganalyzer.aggregates.part import Part

STATUSES: Final = (404, 410)

KEYS: Final = pl.Schema(
    {
        "vendor": VENDOR,
        "server": pl.String(),
        "format": pl.String(),
        "status": pl.Int16(),
        "path": pl.String(),
        "client": pl.String(),
        "user_agent": pl.String(),
        "referrer": pl.String(),
        "host": pl.String(),
    }
)
"""`path`, `client` and `user_agent` as `Tables.values` has them, the others cut at `LONGEST`; beyond a bound all are
`OTHER`."""

SUMS: Final = pl.Schema({"records": pl.Int64()})
NOTHING: Final = pl.DataFrame(schema={**KEYS, **SUMS})

MOMENTS: Final = pl.Schema({"who": pl.UInt64(), "answered": pl.Int32(), "missed": pl.Int32()})
"""A path of a log as one number (`who`), the minute since 1970 in which a request for it was last answered 2xx or 3xx,
and the first in which one was missing; `NEVER_ANSWERED` and `NEVER_MISSED` where none was."""

NO_MOMENTS: Final = pl.DataFrame(schema=MOMENTS)
NEVER_ANSWERED: Final = -1
NEVER_MISSED: Final = (1 << 31) - 1

ROWS: Final = 25_000
"""Rows kept once there are more than twice as many; the rarest give up their clients, agents and referrers, then their
paths."""

MOMENT_ROWS: Final = 200_000
"""Paths whose moments are kept once there are more than twice as many: the missing ones, then those answered last."""

LONGEST: Final = 256
"""Characters of a text that are kept."""

COLUMNS: Final = ("format", "status", "referrer", "host")
"""Canonical columns that rows are made of, beside those of `Part.texts`."""

_GIVEN_UP: Final = (("client", "user_agent", "referrer"), ("path", "host"))


def of(part: Part) -> pl.DataFrame:
    """Return `KEYS` → `SUMS` of the requests of one vendor for paths that are not there; a key may have many rows."""
    requests = part.requests
    if requests is None or (paths := requests.texts.get("path")) is None:
        return NOTHING
    gone = np.flatnonzero(_gone(_status(requests)) & (paths.codes < len(paths.names)))
    if not gone.size:
        return NOTHING
    texts = {name: _taken(requests.texts.get(name), gone) for name in ("path", "client", "user_agent")}
    rows = {name: requests.records[name].gather(gone) for name in COLUMNS}
    made = pl.DataFrame({**rows, **texts}).select(
        pl.lit(part.vendor, VENDOR).alias("vendor"),
        pl.lit(part.server, pl.String).alias("server"),
        own(pl.col("format")),
        "status",
        "path",
        "client",
        "user_agent",
        own(pl.col("referrer").str.slice(0, LONGEST)),
        own(pl.col("host").str.slice(0, LONGEST)),
        pl.lit(1, pl.Int64).alias("records"),
    )
    return made if made.height <= 2 * ROWS else _bounded(made)


def moments(part: Part) -> pl.DataFrame:
    """Return `MOMENTS` of the paths of one vendor."""
    requests = part.requests
    if requests is None or (paths := requests.texts.get("path")) is None:
        return NO_MOMENTS
    status, minute = _status(requests), requests.minute.to_numpy().astype(np.int32)
    number = len(paths.names) + 1  # requests without a path have a place of their own
    last = np.full(number, NEVER_ANSWERED, np.int32)
    first = np.full(number, NEVER_MISSED, np.int32)
    answered = (status >= 200) & (status < 400)  # noqa: PLR2004  # 2xx, 3xx
    np.maximum.at(last, paths.codes[answered], minute[answered])
    gone = np.flatnonzero(_gone(status))
    np.minimum.at(first, paths.codes[gone], minute[gone])
    who = number_of(part.vendor, part.server, paths.names)
    return pl.DataFrame({"who": who, "answered": last[:-1], "missed": first[:-1]})


def number_of(vendor: str, server: str | None, paths: pl.Series) -> pl.Series:
    """Return paths of a log as numbers."""
    log: int = pl.select(pl.lit(f"{vendor} {'-' if server is None else server}").hash()).item()
    made: pl.Series = paths.hash() ^ log
    return made


def merged(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the rows of all parts, bounded."""
    together = pl.concat(parts)
    return together if together.height <= 2 * ROWS else _bounded(together)


def merged_moments(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the moments of all parts, one row for each path, bounded."""
    some = [part for part in parts if part.height]
    if len(some) < 2:  # noqa: PLR2004  # one alone is merged
        return some[0] if some else NO_MOMENTS
    made = pl.concat(some).group_by("who").agg(pl.col("answered").max(), pl.col("missed").min())
    if made.height > 2 * MOMENT_ROWS:
        order = [pl.col("missed") == NEVER_MISSED, pl.col("answered"), pl.col("who")]
        made = made.sort(order, descending=[False, True, False]).head(MOMENT_ROWS)
    return made


def _status(part: Part) -> NDArray[np.int16]:
    """Return the statuses of a part, 0 where there is none."""
    return part.records["status"].fill_null(0).to_numpy()


def _gone(status: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Return whether a status is one of a path that is not there."""
    found: NDArray[np.bool_] = status == STATUSES[0]
    for other in STATUSES[1:]:
        found |= status == other
    return found


def _taken(coded: Coded | None, rows: Whole) -> pl.Series:
    """Return the texts of some rows; null where there is none."""
    if coded is None:
        return pl.repeat(None, rows.size, dtype=pl.String, eager=True)
    codes, number = coded.codes[rows], len(coded.names)
    if codes.max() < number:
        return coded.names.gather(codes)
    return coded.names.extend_constant(None, 1).gather(codes)


def _bounded(frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each key; the rarest are put together, once there are too many."""
    frame = summed([frame], list(KEYS), list(SUMS))
    for names in _GIVEN_UP:
        if frame.height <= 2 * ROWS:
            break
        frame = frame.sort("records", *KEYS, descending=[True, *[False] * len(KEYS)])
        rest = frame.slice(ROWS).with_columns(pl.lit(OTHER).alias(name) for name in names)
        frame = summed([frame.head(ROWS), rest], list(KEYS), list(SUMS))
    return frame
