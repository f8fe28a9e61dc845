"""Rows → the goals of DETECTION §3.5, each with what was measured and its Wilson bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tests.detection.metrics import quantile, wilson

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Measured:
    """The rows of all runs."""

    files: pl.DataFrame
    incidents: pl.DataFrame
    false: pl.DataFrame
    blamed: pl.DataFrame


@dataclass(frozen=True)
class Line:
    """One goal at one rate."""

    goal: str
    what: str
    rate: str
    wanted: str
    measured: str
    met: bool | None


def lines(measured: Measured) -> Iterator[Line]:
    """Return the goals by number and rate."""
    for rate, files in measured.files.filter(~pl.col("events")).group_by("rate", maintain_order=True):
        days, false = float(files["days_judged"].sum()), int(files["false"].sum())
        low, high = _per_day(false, days)
        yield Line(
            "G1",
            "false incidents a day, clean, whole-file",
            f"{rate[0]:g}",
            "≤ 0.02",
            f"{false / days:.3f} [{low:.3f}, {high:.3f}] of {days:,.0f} days",
            bool(false / days <= 0.02),
        )
    for rate, files in measured.files.filter(~pl.col("events")).group_by("rate", maintain_order=True):
        events, blamed = int(files["benign_events"].sum()), int(files["blamed"].sum())
        yield _share("G2", "benign events reported", rate[0], blamed, events, at_most=0.01)
    efficient = {0.5: None, 2.0: 0.80, 20.0: 0.90, 200.0: 0.95, 3000.0: 0.95}
    for rate, rows in measured.incidents.group_by("rate", maintain_order=True):
        known = rows.filter("detectable")
        wanted = efficient.get(rate[0])
        yield _share(
            "G3", "oracle efficiency", rate[0], int(known["found"].sum()), known.height, at_least=wanted
        )
    for rate, rows in measured.incidents.group_by("rate", maintain_order=True):
        for magnitude, wanted, lowest in (("L", 0.99, 20), ("M", 0.97, 200), ("S", None, 0)):
            of = rows.filter(pl.col("magnitude") == magnitude)
            yield _share(
                "G4",
                f"recall {magnitude}",
                rate[0],
                int(of["found"].sum()),
                of.height,
                at_least=wanted if rate[0] >= lowest else None,
            )
    for rate, rows in measured.incidents.group_by("rate", maintain_order=True):
        found = int(rows["found"].sum())
        false = int(measured.files.filter(pl.col("events") & (pl.col("rate") == rate[0]))["false"].sum())
        yield _share("G5", "precision, whole-file", rate[0], found, found + false, at_least=0.97)
    for rate, rows in measured.incidents.filter("found").group_by("rate", maintain_order=True):
        errors = rows["onset"].abs().to_list()
        middle, most = quantile(errors, 0.5), quantile(errors, 0.9)
        fragments = int(rows["hits"].sum()) / rows.height
        yield Line(
            "G7",
            "onset error (median, p90); alarms per incident",
            f"{rate[0]:g}",
            "≤ 1, ≤ 5; ≤ 1.05" if rate[0] >= 200 else "—",
            f"{middle:g}, {most:g} min; {fragments:.2f} ({rows.height} found)",
            bool(middle <= 1 and most <= 5 and fragments <= 1.05) if rate[0] >= 200 else None,
        )


def _per_day(count: int, days: float) -> tuple[float, float]:
    """Return bounds of a number per day, by Wilson's interval of the hours in which one began."""
    low, high = wilson(count, max(round(days * 24), count))
    return low * 24, high * 24


def _share(
    goal: str,
    what: str,
    rate: float,
    successes: int,
    trials: int,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Line:
    """Return a proportion with its bounds."""
    low, high = wilson(successes, trials)
    share = successes / trials if trials else float("nan")
    met = None
    wanted = "—"
    if at_least is not None:
        wanted, met = f"≥ {at_least:g}", trials > 0 and share >= at_least
    elif at_most is not None:
        wanted, met = f"≤ {at_most:g}", trials > 0 and share <= at_most
    return Line(
        goal, what, f"{rate:g}", wanted, f"{share:.3f} [{low:.3f}, {high:.3f}] {successes} of {trials}", met
    )


def table(measured: Measured) -> str:
    """Return the goals as a Markdown table."""
    rows = ["| goal | what | per minute | wanted | measured | met |", "| --- | --- | --- | --- | --- | --- |"]
    rows += [
        f"| {line.goal} | {line.what} | {line.rate} | {line.wanted} | {line.measured} | {_word(line.met)} |"
        for line in lines(measured)
    ]
    return "\n".join(rows)


def _word(met: bool | None) -> str:  # noqa: FBT001  # a cell of the table
    return "—" if met is None else "met" if met else "**missed**"
