"""Tables → the same without stamps far from all others: a clock that was wrong makes no ten years of silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.notes import Note

if TYPE_CHECKING:
    from loganalyzer.tables import Tables

STRAY: Final = timedelta(days=3_653)
"""Further from the middle of a vendor's records than ten years, a stamp is a clock that was wrong."""


def without_strays(tables: Tables) -> tuple[Tables, list[Note]]:
    """Take stamps far from all others out of the grid and the coverage, vendor by vendor, and say so."""
    minutes = tables.minutes
    if minutes.height == 0:
        return tables, []
    middle = (
        minutes.sort("minute")
        .with_columns(_so_far=pl.col("records").cum_sum().over("vendor"))
        .filter(pl.col("_so_far") * 2 >= pl.col("records").sum().over("vendor"))
        .group_by("vendor")
        .agg(pl.col("minute").min().alias("_middle"))
    )
    far = (pl.col("minute") - pl.col("_middle")).abs() > STRAY
    marked = minutes.join(middle, on="vendor", how="left")
    strays = marked.filter(far)
    if strays.height == 0:
        return tables, []
    notes = [
        Note(
            "clock",
            {"vendor": vendor, "records": count, "first": f"{first:%Y-%m-%d}", "last": f"{last:%Y-%m-%d}"},
        )
        for vendor, count, first, last in strays.group_by("vendor")
        .agg(pl.col("records").sum(), pl.col("minute").min(), pl.col("minute").max().alias("last"))
        .select(pl.col("vendor").cast(pl.String()), "records", "minute", "last")
        .sort("vendor")
        .iter_rows()
    ]
    grid = marked.filter(~far).select(minutes.columns)
    inside = grid.group_by("vendor").agg(
        pl.col("minute").min().alias("_first"),
        (pl.col("minute").max() + pl.duration(minutes=1)).alias("_last"),
    )
    first, last = pl.col("_first"), pl.col("_last")
    chunks = (
        tables.chunks.join(inside, on="vendor", how="left", maintain_order="left", nulls_equal=True)
        .with_columns(pl.col("start").clip(first, last), pl.col("end").clip(first, last))
        .select(tables.chunks.columns)
    )
    stamps = pl.col("before", "after")
    steps = (
        tables.steps.join(middle, on="vendor", how="left", maintain_order="left")
        .filter(pl.all_horizontal((stamps - pl.col("_middle")).abs() <= STRAY))
        .select(tables.steps.columns)
    )
    return replace(tables, minutes=grid, chunks=chunks, steps=steps), notes
