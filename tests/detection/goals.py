"""Rows → the goals of DETECTION §3.5, each with what was measured and its Wilson bounds, and what lies behind them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from tests.detection.ablations import ABLATIONS
from tests.detection.metrics import quantile, wilson
from tests.detection.naive import BASELINES, OWN_LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterator

EFFICIENCY: Final = {2.0: 0.80, 20.0: 0.90, 200.0: 0.95, 3000.0: 0.95}
RECALL: Final = {
    ("L", 20.0): 0.99,
    ("L", 200.0): 0.99,
    ("L", 3000.0): 0.99,
    ("M", 200.0): 0.97,
    ("M", 3000.0): 0.97,
}
DETECTION: Final = 0.25
"""Part of the time of reading that detection may add."""
DELAY: Final = {3000.0: (3, 6), 200.0: (4, 10), 20.0: (5, 25)}
ENOUGH: Final = 50
"""Failing requests from which a culprit must be named."""
ALLOWED: Final = 0.05
"""False alarms a day that every baseline may raise, even where ours raise fewer."""


@dataclass(frozen=True)
class Measured:
    """The rows of all runs, see `measure.Rows`."""

    files: pl.DataFrame
    incidents: pl.DataFrame
    false: pl.DataFrame
    blamed: pl.DataFrame
    swept: pl.DataFrame
    ablated: pl.DataFrame
    told: pl.DataFrame
    cost: pl.DataFrame


@dataclass(frozen=True)
class Line:
    """One goal at one rate; `met` is null where nothing was asked for."""

    goal: str
    what: str
    rate: str
    wanted: str
    measured: str
    met: bool | None


def lines(measured: Measured) -> Iterator[Line]:
    """Return the goals by number and rate."""
    for goal in (
        _false_a_day,
        _decoys,
        _efficiency,
        _recall,
        _precision,
        _delay,
        _bounds,
        _against_others,
        _causes,
        _short,
        _cost,
        _told,
        _read,
    ):
        yield from goal(measured)


def _by_rate(rows: pl.DataFrame, **where: object) -> Iterator[tuple[float, pl.DataFrame]]:
    """Return the rows of each rate, the lowest first."""
    if rows.height == 0:
        return
    chosen = rows.filter(*(pl.col(name) == value for name, value in where.items()))
    for rate in chosen["rate"].unique().sort().to_list():
        yield float(rate), chosen.filter(pl.col("rate") == rate)


def _false_a_day(measured: Measured) -> Iterator[Line]:
    for mode, wanted in (("whole", 0.02), ("as of", 0.05)):
        for rate, files in _by_rate(measured.files, mode=mode, events=False):
            yield _a_day("G1", f"false incidents a day, clean, {mode}", rate, files, wanted)


def _decoys(measured: Measured) -> Iterator[Line]:
    kinds = "server-error-burst|origin-unreachable|client-closed-spike"
    for mode in ("whole", "as of"):
        for rate, files in _by_rate(measured.files, mode=mode):
            shown = measured.blamed.filter(
                (pl.col("rate") == rate)
                & (pl.col("mode") == mode)
                & pl.col("event").is_in(["surge", "crawl", "deploy"])
                & pl.col("kind").str.contains(kinds)
            )
            taken = shown.unique(["seed", "events", "event", "at"]).height
            what = f"surges, crawls and blips taken for 5xx, 52x or 499, {mode}"
            yield _share("G2", what, rate, taken, int(files["decoys"].sum()), at_most=0.01)


def _efficiency(measured: Measured) -> Iterator[Line]:
    for mode in ("whole", "as of"):
        for rate, rows in _by_rate(measured.incidents, mode=mode):
            known = rows.filter("detectable")
            wanted = EFFICIENCY.get(rate) if mode == "whole" else None
            yield _share(
                "G3", f"oracle efficiency, {mode}", rate, _found(known), known.height, at_least=wanted
            )


def _recall(measured: Measured) -> Iterator[Line]:
    for magnitude in ("L", "M", "S"):
        for rate, rows in _by_rate(measured.incidents, mode="whole", magnitude=magnitude):
            wanted = RECALL.get((magnitude, rate))
            yield _share("G4", f"recall {magnitude}", rate, _found(rows), rows.height, at_least=wanted)


def _precision(measured: Measured) -> Iterator[Line]:
    for mode, wanted in (("whole", 0.97), ("as of", 0.95)):
        for rate, rows in _by_rate(measured.incidents, mode=mode):
            found = _found(rows)
            files = measured.files.filter(
                (pl.col("mode") == mode) & pl.col("events") & (pl.col("rate") == rate)
            )
            false = int(files["false"].sum())
            yield _share("G5", f"precision, {mode}", rate, found, found + false, at_least=wanted)


def _delay(measured: Measured) -> Iterator[Line]:
    for rate, rows in _by_rate(measured.incidents, mode="as of"):
        limit = DELAY.get(rate)
        known = rows.filter(pl.col("detectable"))
        for what, delays, of in (
            ("first flagged window", rows["flagged"].drop_nulls().to_list(), limit),
            ("what the oracle can know of the detectable", known["soonest"].drop_nulls().to_list(), None),
            ("being told at minor and above", rows["delay"].drop_nulls().to_list(), None),
        ):
            middle, most = quantile(delays, 0.5), quantile(delays, 0.9)
            yield Line(
                "G6",
                f"minutes from onset to {what}, as of (median, p90)",
                f"{rate:g}",
                f"≤ {of[0]}, ≤ {of[1]}" if of else "—",
                f"{middle:g}, {most:g} of {len(delays)}",
                bool(middle <= of[0] and most <= of[1]) if of else None,
            )


def _bounds(measured: Measured) -> Iterator[Line]:
    for rate, rows in _by_rate(measured.incidents, mode="whole", found=True):
        errors = rows["onset"].abs().to_list()
        middle, most = quantile(errors, 0.5), quantile(errors, 0.9)
        ends = rows["offset"].abs().to_list()
        pieces = int(rows["hits"].sum()) / rows.height
        asked = rate >= 200
        yield Line(
            "G7",
            "onset error in minutes (median, p90), alarms per incident; error of the end",
            f"{rate:g}",
            "≤ 1, ≤ 5, ≤ 1.05" if asked else "—",
            f"{middle:g}, {most:g}, {pieces:.2f}; {quantile(ends, 0.5):g}, {quantile(ends, 0.9):g} of {rows.height}",
            bool(middle <= 1 and most <= 5 and pieces <= 1.05) if asked else None,
        )


def _against_others(measured: Measured) -> Iterator[Line]:
    for rate, rows in _by_rate(measured.incidents, mode="whole"):
        known = rows.filter("detectable")
        files = measured.files.filter(
            (pl.col("mode") == "whole") & ~pl.col("events") & (pl.col("rate") == rate)
        )
        best = best_other(measured.swept.filter(pl.col("rate") == rate), _rate_of(files))
        if best is None or known.height == 0:
            continue
        name, limit, efficiency = best
        own = _found(known) / known.height
        times = own / efficiency if efficiency else math.inf
        yield Line(
            "G8",
            "efficiency in multiples of the best other detector's",
            f"{rate:g}",
            "≥ 1.7",
            f"{times:.2f} ({own:.3f} : {efficiency:.3f} of {name} at {limit:g})",
            times >= 1.7,
        )


def best_other(swept: pl.DataFrame, own_rate: float) -> tuple[str, float, float] | None:
    """Return name, limit and efficiency of the best baseline, each at its lowest limit with few enough false alarms."""
    if swept.height == 0:
        return None
    quiet = _by_limit(swept).filter(pl.col("a_day") <= max(own_rate, ALLOWED))
    first = quiet.group_by("baseline", maintain_order=True).first().sort("efficiency", descending=True)
    if first.height == 0:
        return None
    name, limit, efficiency = first.select("baseline", "limit", "efficiency").row(0)
    return str(name), float(limit), float(efficiency)


def _by_limit(swept: pl.DataFrame) -> pl.DataFrame:
    """Return false alarms a clean day and efficiency of each baseline at each limit, the lowest first."""
    at = ["baseline", "limit"]
    clean = (
        swept.filter(~pl.col("events"))
        .group_by(at)
        .agg(
            pl.col("false", "days_judged").sum(),
            (pl.col("false").sum() / pl.col("days_judged").sum()).alias("a_day"),
        )
    )
    shown = (
        swept.filter("events")
        .group_by(at)
        .agg(
            pl.col("found", "detectable").sum(),
            (pl.col("found").sum() / pl.col("detectable").sum()).alias("efficiency"),
        )
    )
    return clean.join(shown, on=at).sort("limit", "baseline")


def _causes(measured: Measured) -> Iterator[Line]:
    for rate, rows in _by_rate(measured.incidents, mode="causes", found=True):
        tried = rows.filter(pl.col("named").is_not_null() & (pl.col("excess") >= ENOUGH))
        confined, broad = (
            tried.filter(pl.col("dimension").is_not_null()),
            tried.filter(pl.col("dimension").is_null()),
        )
        right, wrong = (int((confined["named"] == word).sum()) for word in ("right", "wrong"))
        blamed = int((broad["named"] == "wrong").sum())
        yield _share(
            "G9", "culprit named, of 50 failing and more", rate, right, confined.height, at_least=0.95
        )
        yield _share("G9", "wrong culprit named", rate, wrong, confined.height, at_most=0.02)
        yield _share("G9", "broad incident blamed on a culprit", rate, blamed, broad.height, at_most=0.02)


def _short(measured: Measured) -> Iterator[Line]:
    for hours in measured.files.filter(mode="short")["hours"].unique().sort():
        for rate, rows in _by_rate(measured.incidents, mode="short", hours=hours):
            known = rows.filter("detectable")
            asked = hours == 1 and rate >= 200
            yield _share(
                "G10", f"oracle efficiency, file of {hours} h", rate, _found(known), known.height,
                at_least=0.8 if asked else None,
            )  # fmt: skip
        for rate, files in _by_rate(measured.files, mode="short", hours=hours, events=False):
            false, wanted = int((files["false"] > 0).sum()), 0.01 if hours == 1 else None
            yield _share(
                "G10", f"false findings, file of {hours} h", rate, false, files.height, at_most=wanted
            )


def _cost(measured: Measured) -> Iterator[Line]:
    for row in measured.cost.rows(named=True):
        yield Line(
            "G11",
            "processor time and memory of detection on the Tables of 10 M lines, 14 days, four vendors",
            "124 each",
            "≤ 1 s, ≤ 200 MB",
            f"{row['seconds']:.2f} s, {row['mebibytes']:.0f} MB",
            row["seconds"] <= 1 and row["mebibytes"] <= 200,
        )
        part = row["detection"] / row["rest"]
        yield Line(
            "—",
            "processor time that detection adds to `analyze` on 2,000,000 combined lines",
            "—",
            "≤ 25 %",
            f"{part:.0%}: {row['detection']:.2f} s beside {row['rest']:.2f} s",
            part <= DETECTION,
        )


def _told(measured: Measured) -> Iterator[Line]:
    if measured.told.height == 0:
        return
    for told in measured.told["told"].unique(maintain_order=True).to_list():
        rows = measured.told.filter(pl.col("told") == told)
        changed = rows.filter(pl.col("changed") != "")
        kinds = sorted(set(changed["changed"].to_list()))
        yield Line(
            "G13",
            f"logs whose findings change: {told}",
            "20",
            "0",
            f"{changed.height} of {rows.height}" + (f" ({', '.join(kinds)})" if kinds else ""),
            changed.height == 0,
        )


def _read(measured: Measured) -> Iterator[Line]:
    """Return what is found in logs that are read from their lines, of all rates together."""
    files, rows = (part.filter(mode="lines") for part in (measured.files, measured.incidents))
    if files.height == 0:
        return
    known, found, false = rows.filter("detectable"), _found(rows), int(files["false"].sum())
    for what, some, of in (
        ("oracle efficiency", _found(known), known.height),
        ("precision", found, found + false),
    ):
        yield _share("—", f"{what}, from lines", None, some, of)


def _found(rows: pl.DataFrame) -> int:
    return int(rows["found"].sum())


def _rate_of(files: pl.DataFrame) -> float:
    days = float(files["days_judged"].sum())
    return int(files["false"].sum()) / days if days else 0.0


def _a_day(goal: str, what: str, rate: float, files: pl.DataFrame, wanted: float) -> Line:
    """Return a number per day, with Wilson's interval of the hours in which one began."""
    days, false = float(files["days_judged"].sum()), int(files["false"].sum())
    low, high = wilson(false, max(round(days * 24), false))
    return Line(
        goal,
        what,
        f"{rate:g}",
        f"≤ {wanted:g}",
        f"{false / days:.3f} [{24 * low:.3f}, {24 * high:.3f}]: {false} in {days:,.0f} days",
        false / days <= wanted,
    )


def _share(
    goal: str,
    what: str,
    rate: float | None,
    successes: int,
    trials: int,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Line:
    """Return a proportion with its bounds, of `rate` or, where that is null, of all; without trials nothing is met."""
    low, high = wilson(successes, trials)
    share = successes / trials if trials else math.nan
    met = None
    wanted = "—"
    if at_least is not None:
        wanted, met = f"≥ {at_least:g}", share >= at_least
    elif at_most is not None:
        wanted, met = f"≤ {at_most:g}", share <= at_most
    shown = (
        f"{share:.3f} [{low:.3f}, {high:.3f}]: {successes} of {trials}" if trials else "nothing to measure"
    )
    return Line(goal, what, "all" if rate is None else f"{rate:g}", wanted, shown, met)


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


def cells(measured: Measured) -> str:
    """Return found of detectable (and of all) by kind of incident, magnitude and rate, whole-file, as Markdown."""
    rows = measured.incidents.filter(pl.col("mode") == "whole")
    rates = rows["rate"].unique().sort().to_list()
    made = [
        "| incident | size | " + " | ".join(f"{rate:g} per minute" for rate in rates) + " |",
        "| --- | --- |" + " --- |" * len(rates),
    ]
    for name in rows["name"].unique().sort().to_list():
        for magnitude in ("S", "M", "L"):
            of = rows.filter((pl.col("name") == name) & (pl.col("magnitude") == magnitude))
            cell = [_cell(of.filter(pl.col("rate") == rate)) for rate in rates]
            made.append(f"| {name} | {magnitude} | " + " | ".join(cell) + " |")
    return "\n".join(made)


def _cell(rows: pl.DataFrame) -> str:
    known = rows.filter("detectable")
    return f"{_found(known)}/{known.height} ({_found(rows)}/{rows.height})"


def ablations(measured: Measured) -> str:
    """Return what ours without each of its parts, and each of the others, finds and invents, as Markdown.

    First each at its own limit, then at its lowest with no more false alarms than ours with all parts, or `ALLOWED`.
    """
    made = [
        "| per minute | detector | false a clean day | efficiency | at the same false alarms | false a day there |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for rate, swept in _by_rate(measured.ablated):
        by_limit = _by_limit(swept)
        own = by_limit.filter(pl.col("baseline") == "ours", pl.col("limit") == 0)
        allowed = max([ALLOWED, *own["a_day"]])
        for name in (*ABLATIONS, *BASELINES):
            of = by_limit.filter(pl.col("baseline") == name)
            usual = of.filter(pl.col("limit") == (0.0 if name in ABLATIONS else OWN_LIMITS.get(name, 1.0)))
            quiet = of.filter(pl.col("a_day") <= allowed)
            false, efficiency, _ = _limit(usual)
            false_there, efficiency_there, limit = _limit(quiet)
            there = f"{efficiency_there} at {limit}" if quiet.height else "at no limit"
            made.append(f"| {rate:g} | {name} | {false} | {efficiency} | {there} | {false_there} |")
    return "\n".join(made)


def _limit(by_limit: pl.DataFrame) -> tuple[str, str, str]:
    """Return false alarms a day, efficiency and limit of the lowest of some limits, as cells."""
    if by_limit.height == 0:
        return "—", "—", "—"
    row = by_limit.row(0, named=True)
    return (
        f"{row['a_day']:.3f} ({row['false']} in {row['days_judged']:,.0f})",
        f"{row['efficiency']:.3f} ({row['found']} of {row['detectable']})"
        if row["detectable"]
        else "nothing to find",
        f"{row['limit']:g}",
    )


def falsehoods(measured: Measured) -> str:
    """Return how many false alarms there were by mode, kind and rate, and benign events they fell on, as Markdown."""
    made = ["| mode | runs | false alarm | per minute | number |", "| --- | --- | --- | --- | --- |"]
    counted = (
        measured.false.group_by("mode", "hours", "events", "kind", "rate").len().sort("len", descending=True)
    )
    for mode, hours, events, kind, rate, number in counted.rows():
        length = f" {hours} h" if hours else ""
        made.append(
            f"| {mode}{length} | {'with incidents' if events else 'clean'} | {kind} | {rate:g} | {number} |"
        )
    made += ["", "| benign event | taken for | number |", "| --- | --- | --- |"]
    shown = measured.blamed.group_by("event", "kind").len().sort("len", descending=True)
    made += [f"| {event} | {kind} | {number} |" for event, kind, number in shown.rows()]
    return "\n".join(made)
