"""Part → what clients were denied, and whether they got in: loops, scans and storms are made by one client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from loganalyzer.aggregates.grouping import constant, own, summed_over, tally
from parsers.schema import TIMESTAMP, VENDOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loganalyzer.aggregates.grouping import Coded, Whole
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

_NAMES: Final = ("auth", "missing", "limited", "forbidden", "malformed")
SUMS: Final = pl.Schema(dict.fromkeys((*_NAMES, "answered"), pl.Int64()))
"""Records with 401 or 407 (handshakes are among them), with 404 or 410, with 429 or 503, with 403, with 400 and its
like (see `MALFORMED`), and, of those that were refused a login, with 2xx or 3xx; 0 where `auth` is."""

ANSWERS: Final = pl.Schema({"who": pl.UInt64(), "five": pl.Int32(), "records": pl.Int32()})
"""2xx and 3xx of everybody, so that the answers of one batch meet the refusals of another: vendor, server and client
as one number, and the number of the five minutes since 1970. A key may have several rows, which add up."""

NOTHING: Final = pl.DataFrame(schema={**KEYS, **SUMS})
NO_ANSWERS: Final = pl.DataFrame(schema=ANSWERS)

WIDTH: Final = 5
"""Minutes told apart."""
WIDTH_S: Final = 60 * WIDTH
ROWS: Final = 200_000
"""Rows kept; those of the clients that were denied least go first."""
ANSWER_ROWS: Final = 250_000
"""Rows of answers kept, at 16 bytes, beside those of clients that were refused a login; the earliest read go first.
So what was answered is exact for any order of a log with no more of them, and for a longer one whose lines are at most
so many out of order; beyond that it may be too small."""

LONGEST_TUNNEL_S: Final = 7 * 86_400
"""Seconds beyond which a tunnel's duration is not believed."""

_ROLES: Final = ("request", "handshake", "tunnel")
MALFORMED: Final = (400, 408, *range(411, 418), *range(421, 429), 431, 444, 494, 495, 496, 497)
"""Statuses of requests that are wrong in themselves."""
_DENIED: Final = dict(zip(_NAMES, ((401, 407), (404, 410), (429, 503), (403,), MALFORMED), strict=True))
DENIALS: Final = tuple(sorted(status for some in _DENIED.values() for status in some))


def of(part: Part) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return `KEYS` → `SUMS` of the clients of one vendor that were denied something, and `ANSWERS` of them all."""
    coded = part.texts.get("client")
    if coded is None:
        return NOTHING, NO_ANSWERS
    role, status = part.records["role"], part.records["status"].fill_null(0).to_numpy()
    asked = coded.codes < len(coded.names)
    if not (constant(role) and role[0] in _ROLES):
        asked &= role.is_in(_ROLES).to_numpy()
    five = _opened(part).to_numpy() // WIDTH
    answers = _answers(part, coded, five, (status >= 200) & (status < 400) & asked)  # noqa: PLR2004  # 2xx, 3xx
    denied = np.flatnonzero(np.isin(status, DENIALS) & asked)
    if not denied.size:
        return NOTHING, answers
    first, number = int(five.min()), len(coded.names)
    rows, where = np.unique((five[denied] - first) * number + coded.codes[denied], return_inverse=True)
    sums = {
        name: np.bincount(where[np.isin(status[denied], statuses)], minlength=rows.size)
        for name, statuses in _DENIED.items()
    }
    five, code = np.divmod(rows, number)
    made = pl.DataFrame(
        {
            "client": coded.names.gather(code),
            "start": ((five + first) * (WIDTH * 60_000_000)).view("datetime64[us]"),
            **sums,
        }
    ).select(
        pl.lit(part.vendor, VENDOR).alias("vendor"),
        pl.lit(part.server, pl.String).alias("server"),
        own(pl.col("client")),
        pl.col("start").cast(TIMESTAMP),
        *_DENIED,
        answered=pl.lit(0, pl.Int64),
    )
    return _with_answers(made, answers), answers


def _opened(part: Part) -> pl.Series:
    """Return the minute since 1970 in which each request began; of a tunnel, when its client was let in.

    It is logged when somebody closes it, hours after the refusals that came before.
    """
    role = part.records["role"]
    if part.vendor != "cisco_wsa" or not part.timed or not (role == "tunnel").any():
        return part.minute
    known = (pl.col("role") == "tunnel") & pl.col("duration_s").is_between(0, LONGEST_TUNNEL_S)
    lasted = pl.when(known).then((pl.col("duration_s") * 1e6).cast(pl.Int64, strict=False)).otherwise(0)
    opened = (pl.col("timestamp") - pl.duration(microseconds=lasted)).dt.epoch("us") // 60_000_000
    return part.records.select(minute=pl.when(known).then(opened).otherwise(part.minute))["minute"]


def _answers(part: Part, coded: Coded, five: Whole, answered: NDArray[np.bool_]) -> pl.DataFrame:
    """Return `ANSWERS` of the records that were answered."""
    code, five = coded.codes[answered], five[answered]
    records = np.ones(code.size, np.int64)
    # Most clients ask for little in five minutes: only where few ask for much are rows saved by counting.
    if code.size and len(coded.names) * (int(five.max()) - int(five.min()) + 1) < code.size:
        counted = tally({"five": five, "code": code})
        code, five, records = counted["code"], counted["five"], counted["records"]
    log = pl.select(_log(pl.lit(part.vendor), pl.lit(part.server, pl.String))).item()
    # Made by Polars, in its own memory: what stays of a batch must not keep the place of its lines.
    made = {"who": (coded.names.hash() ^ log).gather(code), "five": five, "records": records}
    return pl.DataFrame(made).cast(dict(ANSWERS))  # type: ignore[arg-type]  # names of columns


def _log(vendor: pl.Expr, server: pl.Expr) -> pl.Expr:
    """Return a vendor's and server's log as a number; with that of a client it is a third of the texts' memory."""
    return pl.concat_str([vendor, server.fill_null("-")], separator=" ").hash()


def merged(parts: Sequence[tuple[pl.DataFrame, pl.DataFrame]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the clients and the answers of all parts; parts are such pairs."""
    rows = _bounded(summed_over("start", [rows for rows, _ in parts], KEYS, SUMS))
    answers = pl.concat([answers for _, answers in parts])
    if answers.height > 2 * ANSWER_ROWS:
        keys, refused = ["who", "five"], _refused(rows)
        needed = answers.join(refused, on=keys, how="semi").group_by(keys).agg(pl.col("records").sum())
        others = (
            answers.join(refused, on=keys, how="anti", maintain_order="left") if refused.height else answers
        )
        answers = pl.concat([needed, others.tail(ANSWER_ROWS)]).rechunk()
    return _with_answers(rows, answers), answers


def _refused(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `who`, `five` and `row`, its number, of the clients that were refused a login."""
    return (
        rows.with_row_index("row")
        .filter(pl.col("auth") > 0)
        .select(
            (_log(pl.col("vendor").cast(pl.String), pl.col("server")) ^ pl.col("client").hash()).alias("who"),
            (pl.col("start").dt.epoch("s") // WIDTH_S).cast(pl.Int32).alias("five"),
            "row",
        )
    )


def _with_answers(rows: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Return the clients with what was answered of those that were refused a login.

    Neither what the parts knew nor what is left of the answers can be too large: the larger is nearer to the truth.
    """
    refused = _refused(rows)
    if refused.height == 0 or answers.height == 0:
        return rows
    found = answers.join(refused, on=["who", "five"]).group_by("row").agg(pl.col("records").sum())
    answered = rows["answered"].to_numpy(writable=True)
    place = found["row"].to_numpy()
    answered[place] = np.maximum(answered[place], found["records"].to_numpy())
    return rows.with_columns(answered=pl.Series(answered))


def _bounded(frame: pl.DataFrame) -> pl.DataFrame:
    """Drop the rows with the fewest denials of a frame that has more than twice `ROWS`."""
    if frame.height <= 2 * ROWS:
        return frame
    denials = pl.sum_horizontal(_NAMES)
    return frame.sort(-denials, *KEYS).head(ROWS)
