"""Part → what clients were denied, and whether they got in: loops, scans and storms are made by one client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from loganalyzer.aggregates.grouping import constant, own
from parsers.schema import TIMESTAMP, VENDOR

if TYPE_CHECKING:
    from loganalyzer.aggregates.part import Part

KEYS: Final = pl.Schema(
    {
        "vendor": VENDOR,
        "server": pl.String(),
        "client": pl.String(),
        "start": TIMESTAMP,
    }
)
"""`start` of the five minutes in which the requests began."""

SUMS: Final = pl.Schema(
    {"auth": pl.Int64(), "missing": pl.Int64(), "limited": pl.Int64(), "answered": pl.Int64()}
)
"""Records with 401 or 407 (handshakes are among them), with 404 or 410, with 429 or 503, and with 2xx or 3xx, the
last only of clients that were denied something in the same batch. It may be too small, for the five minutes in which
two batches meet, of a client that was denied in one of them and answered in the other; the other sums are exact."""

NOTHING: Final = pl.DataFrame(schema={**KEYS, **SUMS})

WIDTH: Final = 5
"""Minutes told apart."""
WIDTH_S: Final = 60 * WIDTH
ROWS: Final = 200_000
"""Rows kept; those of the clients that were denied least go first."""

_ROLES: Final = ("request", "handshake", "tunnel")
_STATUSES: Final = {
    "auth": (401, 407),
    "missing": (404, 410),
    "limited": (429, 503),
    "answered": tuple(range(200, 400)),
}
DENIALS: Final = (401, 404, 407, 410, 429, 503)


def of(part: Part) -> pl.DataFrame:
    """Return `KEYS` → `SUMS` of the clients of one vendor that were denied something."""
    coded = part.texts.get("client")
    if coded is None:
        return NOTHING
    role, status = part.records["role"], part.records["status"].fill_null(0).to_numpy()
    asked = coded.codes < len(coded.names)
    if not (constant(role) and role[0] in _ROLES):
        asked &= role.is_in(_ROLES).to_numpy()
    denied = np.isin(status, DENIALS) & asked
    suspected = np.zeros(len(coded.names) + 1, np.bool_)
    suspected[coded.codes[denied]] = True
    answered = (status >= 200) & (status < 400) & asked & suspected[coded.codes]  # noqa: PLR2004  # 2xx, 3xx
    chosen = np.flatnonzero(denied | answered)
    if not chosen.size:
        return NOTHING
    start = part.minute.to_numpy()[chosen] // WIDTH
    first, number = int(start.min()), len(coded.names)
    rows, where = np.unique((start - first) * number + coded.codes[chosen], return_inverse=True)
    sums = {
        name: np.bincount(where[np.isin(status[chosen], statuses)], minlength=rows.size)
        for name, statuses in _STATUSES.items()
    }
    start, code = np.divmod(rows, number)
    kept = sums["auth"] + sums["missing"] + sums["limited"] > 0
    made = pl.DataFrame(
        {
            "client": coded.names.gather(code),
            "start": ((start + first) * (WIDTH * 60_000_000)).view("datetime64[us]"),
            **sums,
        }
    ).filter(kept)
    return made.select(
        pl.lit(part.vendor, VENDOR).alias("vendor"),
        pl.lit(part.server, pl.String).alias("server"),
        own(pl.col("client")),
        pl.col("start").cast(TIMESTAMP),
        *SUMS,
    )


def bounded(frame: pl.DataFrame) -> pl.DataFrame:
    """Drop the rows with the fewest denials of a frame that has more than twice `ROWS`."""
    if frame.height <= 2 * ROWS:
        return frame
    denials = pl.col("auth") + pl.col("missing") + pl.col("limited")
    return frame.sort(-denials, *KEYS).head(ROWS)
