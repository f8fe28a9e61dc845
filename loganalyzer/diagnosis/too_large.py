"""too-large: how large the refused requests were (413, 414, 431, 494), and whether it is one form or a few clients.

Why it matters
    An upload form above the limit needs a larger limit or smaller files; a form sent by GET needs POST; a cookie that
    grows needs whoever sets it; a few clients with endless addresses are somebody trying.
How it is judged
    By the length of the address (414) or the bytes received (the others), as powers of two; by the path and the client
    that have nearly all of these requests but not of the others.
Sources
    What the documents say of these statuses; nginx's source and Apache's manual on where the log cuts an address.
Cannot be told
    Without the bytes received. A body that was announced too large is refused before it comes: then few bytes were
    received, and the log does not show its size. Which header was too large is in no log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.judging import ratio, share
from loganalyzer.diagnosis.parts import HALF, MOST, of_few, untold
from loganalyzer.diagnosis.verdict import Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case

NAME: Final = "too-large"

LARGE: Final = {413: 17, 414: 13, 431: 13, 494: 13}
"""Bits of a number of bytes from which on a request is large: a body of 64 KiB, an address or headers of 4 KiB. No
server's usual limit is below: 1 MiB for bodies, 8 KiB for the others."""

FEW: Final = 3
"""Clients that are still few."""

_SAID: Final = (
    "cloudflare-4xx",
    "mdn-errors-excerpt",
    "mdn-client-server-errors",
    "http-status-overview",
    "standard",
)

CAUSES: Final = {
    "large-request": (*_SAID, "nginx-source", "apache-manual"),
    "one-path": _SAID,
    "few-clients": _SAID,
}


def _ask(case: Case) -> Iterator[Verdict]:
    yield _size(case)
    yield of_few(NAME, "one-path", case, "path")
    yield of_few(NAME, "few-clients", case, "client", FEW)


def _size(case: Case) -> Verdict:
    """Return whether the log shows the size that was refused."""
    by_target = case.status == 414  # noqa: PLR2004  # URI too long
    column, bits = ("target", "target_bits") if by_target else ("bytes_received", "received_bits")
    where = f"status = {case.status}"
    rows = case.symptoms.filter(pl.col("status") == case.status, pl.col(bits).is_not_null())
    if rows.height == 0:
        return untold(NAME, "large-request", case, column, where=where)
    total = int(rows["records"].sum())
    large = int(rows.filter(pl.col(bits) >= LARGE[case.status])["records"].sum())
    least, most = rows.select(pl.col(bits).min().alias("least"), pl.col(bits).max().alias("most")).row(0)
    facts = (
        ("part", large),
        ("records", total),
        ("part_share", ratio(large, total)),
        ("least_bytes", 2 ** (least - 1)),
        ("most_bytes", 2**most),
    )
    return Verdict(NAME, "large-request", share(large, total, MOST, HALF), case.status, facts, where=where)


QUESTION: Final = Question(NAME, frozenset(LARGE), frozenset({"nginx", "apache", "cloudflare"}), CAUSES, _ask)
