"""What a rule decided → whether it refused, held up or let through, and what failed of each.

A refusal is an answer of the rule's own: the edge's or the proxy's. What was let through and failed, did so for
another reason. Cisco's tags are told apart by how they begin, as its guide lists them by family, Cloudflare's
actions by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from loganalyzer.tables import failed

Kind = Literal["refused", "challenged", "passed", "other"]

KINDS: Final[tuple[Kind, ...]] = ("refused", "challenged", "passed", "other")
"""`challenged`: a challenge that was not solved, or a page that warns and lets a user go on; `other`: nothing decided,
a redirection, a login, and what is not known here."""

ACTIONS: Final[dict[Kind, tuple[str, ...]]] = {
    "refused": ("block", "drop", "ban", "connectClose", "connectionClose", "forceConnectionClose"),
    "challenged": ("challenge", "jschallenge", "managedChallenge", "challengeFailed", "jschallengeFailed"),
    "passed": ("allow", "log", "skip", "bypass", "rewrite", "wl", "simulate"),
}
"""Cloudflare's, as it writes them; `ban`, `wl` and `simulate` are those of its former decision path."""

_SETTLED: Final = r"(?:Solved|Bypassed)$"
"""How the actions of challenges end that let through."""

_TAGS: Final[dict[Kind, str]] = {
    "challenged": r"^BLOCK_CONTINUE_",
    "refused": r"^(?:BLOCK|DENY|DROP)_",
    "passed": r"^(?:DEFAULT_CASE$|(?:ALLOW|MONITOR|PASSTHRU|DECRYPT)_)",
}
"""In the order in which they are asked."""


@dataclass(frozen=True)
class Decided:
    """Records with decisions of one kind: how many, how many of them failed, and the commonest decision."""

    kind: Kind
    records: int
    failures: int
    value: str
    value_records: int


def decided_of(vendor: str, rows: pl.DataFrame) -> tuple[Decided, ...]:
    """Return the kinds that occur, in the order of `KINDS`; `rows` are `value`, `status` and `records` of a vendor."""
    action = pl.col("value")
    kinds = rows.with_columns(kind=_of_cisco(action) if vendor == "cisco_wsa" else _of_cloudflare(action))
    found = []
    for kind in KINDS:
        part = kinds.filter(pl.col("kind") == kind)
        values = part.group_by("value").agg(pl.col("records").sum()).sort(-pl.col("records"), "value")
        if values.height:
            failures = int(part.filter(failed())["records"].sum())
            value, most = values.row(0)
            found.append(Decided(kind, int(part["records"].sum()), failures, value, most))
    return tuple(found)


def _of_cisco(tag: pl.Expr) -> pl.Expr:
    told: pl.Expr = pl.lit("other")
    for kind, begins in reversed(_TAGS.items()):
        told = pl.when(tag.str.contains(begins)).then(pl.lit(kind)).otherwise(told)
    return told


def _of_cloudflare(action: pl.Expr) -> pl.Expr:
    told: pl.Expr = pl.lit("other")
    for kind, names in ACTIONS.items():
        told = pl.when(action.is_in(names)).then(pl.lit(kind)).otherwise(told)
    return pl.when(action.str.contains(_SETTLED)).then(pl.lit("passed")).otherwise(told)
