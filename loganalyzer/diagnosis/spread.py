"""Failures beside the other requests → whether one value alone failed, or all of them as they are asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.judging import bounds, ratio, share
from loganalyzer.diagnosis.parts import MOST, USUAL, among

if TYPE_CHECKING:
    from collections.abc import Callable

    from loganalyzer.diagnosis.case import Case
    from loganalyzer.diagnosis.verdict import Facts, Judgement

SPREAD: Final = 0.6
"""Share of the failures below which no value is."""

ALIKE: Final = 0.7
APART: Final = 0.4
"""Parts that two mixtures have in common from which they are alike, and below which they are not: of five requests to
each value that can be told apart, chance leaves about five sixths in common."""

KNOWN: Final = 0.5
"""Share of the failures that must have a value where one without says nothing."""

FEWEST: Final = 20
"""Failures below which nobody can tell how they spread."""

EACH: Final = 5
"""Failures that a value would have if all failed alike, for it to be told apart from the rest."""

BREADTH: Final = 3.0
"""Equal values that a mixture must be as wide as: where nearly all ask for one page, one and all are the same."""


@dataclass(frozen=True)
class One:
    """Whether one value of a dimension carries the failures, with the facts, and the expression that leaves them."""

    judgement: Judgement
    facts: Facts = ()
    where: str | None = None
    missing: tuple[str, ...] = ()


def one(case: Case, dimension: str, *, name: str | None = None, unknown: bool = True) -> One:
    """Return whether one value of a dimension carries the failures though the other requests seldom have it.

    Parameters
    ----------
    name: of the fact that is the value; the dimension where none is given.
    unknown: a record without a value says nothing, and half of them at least must have one; else it is one that has
        another.
    """
    if missing := case.lacks(dimension):
        return One("cannot tell", missing=missing)
    knowing = case.knowing(dimension)
    leader = knowing.leader(dimension)
    if leader is None:
        # Every request has a host: a log in which none has writes none, but for what an absolute target names.
        lacking = dimension == "host" and case.usual(dimension).height == 0
        return One("cannot tell", missing=(dimension,) if lacking else ())
    records = max(leader.total, knowing.records)
    if unknown:
        if leader.total < KNOWN * records:
            return One("cannot tell")
        records = leader.total
    failing = knowing.by(dimension).filter(pl.col("value") == leader.value)
    judgement, facts = concentrated(failing, lambda: case.others(dimension), name or dimension, records)
    return One(judgement, facts, f"status = {case.status} and {among(dimension, [leader.value])}")


def concentrated(
    failing: pl.DataFrame, others: Callable[[], pl.DataFrame], name: str, records: int
) -> tuple[Judgement, Facts]:
    """Return whether the first value of `failing` has nearly all failures though others seldom have it, and the facts.

    Parameters
    ----------
    failing: `value`, `records`.
    others: makes the same of the other requests; nobody asks for it where the failures are spread.
    name: of the fact that is the value.
    records: failures in all.
    """
    value, part = failing.row(0)
    facts: Facts = ((name, value), ("part", part), ("records", records), ("part_share", ratio(part, records)))
    judgement = share(part, records, MOST, SPREAD)
    if judgement != "supported":
        return judgement, facts
    usual = others()
    whole = int(usual["records"].sum())
    theirs = int(usual.filter(pl.col("value") == value)["records"].sum())
    facts = (*facts, ("usual_share", ratio(theirs, whole)))
    return ("supported" if bounds(theirs, whole)[1] < USUAL else "cannot tell"), facts


def alike(case: Case, dimension: str) -> tuple[Judgement, Facts]:
    """Return whether the failures lie on the values of a dimension as the other requests do, and how far they do."""
    failing = case.by(dimension)
    failures = int(failing["records"].sum())
    if failures < FEWEST:
        return "cannot tell", ()
    others = case.others(dimension)
    whole = int(others["records"].sum())
    if whole < FEWEST:
        return "cannot tell", ()
    both = others.rename({"records": "other"}).join(failing, on="value", how="full", coalesce=True)
    shares = both.select(
        (pl.col("other").fill_null(0) / whole).alias("other"),
        (pl.col("records").fill_null(0) / failures).alias("failing"),
    )
    apart = pl.col("other") * failures >= EACH
    told = shares.filter(apart)
    rest = shares.filter(~apart).sum()
    told = pl.concat([told, rest]) if rest["other"][0] > 0 else told
    common = float(told.select(pl.min_horizontal("other", "failing").sum()).item())
    breadth = math.exp(-sum(one * math.log(one) for one in told["other"] if one > 0))
    facts: Facts = (("common_share", common), ("failures", failures), ("values", failing.height))
    if breadth < BREADTH:
        return "cannot tell", facts
    if common >= ALIKE:
        return "supported", facts
    return ("contradicted" if common < APART else "cannot tell"), facts
