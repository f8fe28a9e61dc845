"""Paths of a log → the segments that only name one thing among many, and paths with these as `{name}`.

Numbers, keys and dates are replaced in the scan, by rule. That `/product/blue-shoes` and `/product/red-socks` are one
page can only be learned: where one parent has very many children, they are names. A child with a large part of the
requests of its parent is a page of its own and stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

MANY: Final = 40
"""Children of one parent from which on they are names: an API has a dozen, a shop has thousands."""

HEAVY: Final = 0.1
"""Part of the requests of its parent from which on a child is a page of its own, however many siblings it has."""

DEEP: Final = 6
"""Segments that are looked at; what lies deeper stays as it is."""

NAME: Final = "{name}"


@dataclass(frozen=True, eq=False)
class Routes:
    """What was learned: `parents` whose children are names, and children that are `kept`, with their parents."""

    parents: frozenset[str]
    kept: frozenset[str]

    def of(self, path: pl.Series) -> pl.Series:
        """Return the paths with names as `{name}`; null stays null."""
        made = path.to_frame("_path").with_columns(_split("_path"))
        for level in range(1, DEEP + 1):
            made = made.with_columns(_step(level, self))
        return made.select(_whole().alias(path.name)).to_series()


def learn(paths: pl.DataFrame) -> Routes:
    """Return what `path` and `records` of distinct paths tell; the order of the rows changes nothing."""
    learned = Routes(frozenset(), frozenset())
    made = paths.select("path", "records").with_columns(_split("path"))
    for level in range(1, DEEP + 1):
        children = (
            made.filter(pl.col(f"field_{level}").is_not_null())
            .group_by("_route", f"field_{level}")
            .agg(pl.col("records").sum())
            .with_columns(_all=pl.col("records").sum().over("_route"), _many=pl.len().over("_route"))
            .filter(pl.col("_many") >= MANY)
        )
        heavy = children.filter(pl.col("records") >= HEAVY * pl.col("_all"))
        learned = Routes(
            learned.parents | set(children["_route"].to_list()),
            learned.kept
            | set(heavy.select(pl.format("{}/{}", "_route", f"field_{level}")).to_series().to_list()),
        )
        made = made.with_columns(_step(level, learned))
    return learned


def _split(column: str) -> list[pl.Expr]:
    """Return the segments as `field_0`, which is empty, to `field_DEEP`, and all that follows in one more."""
    fields = pl.col(column).str.splitn("/", DEEP + 2)
    names = [fields.struct.field(f"field_{level}") for level in range(DEEP + 2)]
    return [*names, fields.struct.field("field_0").alias("_route")]


def _step(level: int, learned: Routes) -> pl.Expr:
    """Return the route with one more segment."""
    route, segment = pl.col("_route"), pl.col(f"field_{level}")
    longer = pl.format("{}/{}", route, segment)
    if learned.parents:
        is_name = route.is_in(list(learned.parents)) & (segment != "") & ~longer.is_in(list(learned.kept))
        longer = pl.when(is_name).then(route + pl.lit(f"/{NAME}")).otherwise(longer)
    return pl.when(segment.is_null()).then(route).otherwise(longer).alias("_route")


def _whole() -> pl.Expr:
    rest = pl.col(f"field_{DEEP + 1}")
    return pl.when(rest.is_null()).then("_route").otherwise(pl.format("{}/{}", "_route", rest))
