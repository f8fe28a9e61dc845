"""The families of failures: which records each counts, in whose logs, and what of them a login takes anyway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from loganalyzer.aggregates.clients import MALFORMED
from parsers.schema import VENDORS


@dataclass(frozen=True)
class Family:
    """One series of events: which rows of `minutes` count, and whose log can carry them."""

    name: str
    vendors: tuple[str, ...]
    condition: pl.Expr


_STATUS = pl.col("status")
_REQUEST = pl.col("role") == "request"
_SERVER_ERROR = _REQUEST & _STATUS.is_between(500, 599) & ~pl.col("unreached").fill_null(value=False)
_GATEWAY = (502, 503, 504)
_ASKED_IN = pl.col("role").cast(pl.String).is_in(["request", "handshake"])


def _is(*statuses: int) -> pl.Expr:
    return _STATUS.is_in(statuses)


UNREAD: Final = "unparsed"

FAMILIES: Final = (
    Family("5xx-app", VENDORS, _SERVER_ERROR & ~_is(*_GATEWAY)),
    Family("5xx-gw", VENDORS, _SERVER_ERROR & _is(*_GATEWAY)),
    Family("5xx-all", VENDORS, _SERVER_ERROR),
    Family("52x", ("cloudflare", "cisco_wsa"), _REQUEST & pl.col("unreached").fill_null(value=False)),
    # Apache has no 499, and the WSA logs an aborted transfer by its result, not by its status.
    Family("499", ("nginx", "cloudflare"), _REQUEST & _is(499)),
    Family("429", VENDORS, _REQUEST & _is(429)),
    Family("401", VENDORS, _ASKED_IN & _is(401)),
    Family("407", ("cisco_wsa",), _ASKED_IN & _is(407)),
    Family("401-scattered", VENDORS, _ASKED_IN & _is(401)),
    Family("407-scattered", ("cisco_wsa",), _ASKED_IN & _is(407)),
    Family("403", VENDORS, _REQUEST & _is(403)),
    Family("404/410", VENDORS, _REQUEST & _is(404, 410)),
    Family("400", VENDORS, _REQUEST & _is(*MALFORMED)),
    Family(UNREAD, VENDORS, pl.lit(value=False)),  # of lines that are no records: see `Counted.unread`
)
"""Every family of failures that is tested; their number sets the threshold of each."""

CONDITION_OF: Final = {family.name: family.condition for family in FAMILIES}

NETTED: Final = ("401", "407")
"""Families that are counted net of handshakes: who logs in is refused first."""
LOOSE: Final = "-scattered"
SCATTERED: Final = tuple(f"{name}{LOOSE}" for name in NETTED)
"""The same, where clients that are seldom refused count as they are: whoever asks for many pages and is refused on
one of them is answered on the others, and yet it was no handshake."""

HANDSHAKE: Final = 2
"""Refusals that belong to one success: NTLM and Negotiate take two (Cisco's and Symantec's guides), Basic one."""
HABIT: Final = 5
"""Refusals of a client in five minutes from which on they are how it logs in, if it is let in as often."""

_NET: Final = (pl.col("auth") - HANDSHAKE * pl.col("answered")).clip(lower_bound=0)
REFUSED: Final = {
    **dict.fromkeys(NETTED, _NET),
    **dict.fromkeys(SCATTERED, pl.when(pl.col("auth") < HABIT).then(pl.col("auth")).otherwise(_NET)),
}
"""How many refusals of a row of `Counted.clients` are events of each family."""
