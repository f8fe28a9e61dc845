"""Measure who is blamed (G9) and print the table: ours beside the plain risk ratio and the largest share of failures.

Call it as `python -m tests.detection.attribution`; `--cases 6` for a look.
"""

from __future__ import annotations

import argparse
from collections import Counter
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.attribution import EVENT, Window, causes
from tests.detection import volume
from tests.detection.blame import KINDS, make
from tests.detection.metrics import wilson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.detection.blame import Case
    from tests.detection.volume import Case as Volume

SIZES: Final = (300, 3_000, 30_000)

ENOUGH: Final = 50
"""Failing requests from which on G9 holds."""

Pairs = set[tuple[str, str]]


def ours(window: Window) -> Pairs:
    """Return what our attribution names."""
    said = causes(window)
    inner = {(one.inner_dimension, one.inner_value) for one in said}
    named = {(one.dimension, one.value) for one in said}
    return named | {(name, value) for name, value in inner if name is not None and value is not None}


def risk_ratio(window: Window) -> Pairs:
    """Return the value with the highest risk ratio, of those with a fifth of the failures and a ratio of 1.5.

    As MacroBase has it, without what is usual and without a bound.
    """
    return _best(window, lambda a, n, of, all_: (a / n) / ((of - a + 0.5) / (all_ - n + 1)), least=1.5)


def failing_share(window: Window) -> Pairs:
    """Return the value with the most failures, but for those that nearly everything has."""
    return _best(
        window, lambda a, n, of, all_: pl.when(n < 0.9 * all_).then(a / of).otherwise(0.0), least=0.2
    )


def _best(
    window: Window,
    score: Callable[[pl.Expr, pl.Expr, float, float], pl.Expr],
    *,
    least: float,
    support: float = 0.2,
) -> Pairs:
    events, requests = float(window.rows[EVENT].sum()), float(window.rows.height)
    if events == 0:
        return set()
    parts = [
        window.rows.group_by(pl.col(name).cast(pl.String).alias("value"))
        .agg(pl.len().alias("n"), pl.col(EVENT).sum().alias("a"))
        .filter(pl.col("value").is_not_null())
        .select(pl.lit(name).alias("dimension"), "value", "n", "a")
        for name in window.dimensions
    ]
    best = (
        pl.concat(parts)
        .filter((pl.col("a") >= 5) & (pl.col("a") >= support * events))
        .with_columns(score=score(pl.col("a"), pl.col("n"), events, requests))
        .filter(pl.col("score") >= least)
        .sort("score", "dimension", "value", descending=[True, False, False])
        .head(1)
    )
    return set(best.select("dimension", "value").iter_rows())


METHODS: Final[dict[str, Callable[[Window], Pairs]]] = {
    "ours": ours,
    "risk ratio": risk_ratio,
    "failing share": failing_share,
}


def verdict(case: Case | Volume, said: Pairs) -> str:
    """Return `right`, `part` (true, but not all of it), `wrong` or `none`."""
    truth, also, alike = (
        {(name, str(value)) for name, value in some} for some in (case.truth, case.also, case.alike)
    )
    if not said:
        return "none"
    if said - also == truth or (len(said) == 1 and said <= alike):
        return "right"
    return "part" if said < truth else "wrong"


def measure(kind: str, size: int, seeds: Sequence[int]) -> tuple[dict[str, Counter[str]], int]:
    """Return the verdicts on each method over the cases with enough failures, and how many there are."""
    counts = {name: Counter[str]() for name in METHODS}
    cases = 0
    for seed in seeds:
        case = make(kind, size, seed)
        if int(case.window.rows[EVENT].sum()) < ENOUGH:
            continue
        cases += 1
        for name, method in METHODS.items():
            counts[name][verdict(case, method(case.window))] += 1
    return counts, cases


def measure_volume(kind: str, size: int, seeds: Sequence[int]) -> tuple[dict[str, Counter[str]], int]:
    """Return the verdicts on each method over drops or surges, and how many there are."""
    counts = {name: Counter[str]() for name in volume.METHODS}
    for seed in seeds:
        case = volume.make(kind, size, seed)
        for name, method in volume.METHODS.items():
            counts[name][verdict(case, method(case))] += 1
    return counts, len(seeds)


def lines(cases: int, sizes: Sequence[int], kinds: Sequence[str]) -> Iterator[str]:
    """Yield the tables, of failures and of drops and surges, a row for each kind of incident and number of requests."""
    for known, methods, measured in (
        (set(KINDS), METHODS, measure),
        (set(volume.KINDS), volume.METHODS, measure_volume),
    ):
        mine = [kind for kind in kinds if kind in known]
        if not mine:
            continue
        yield (
            "| incident | requests | cases | "
            + " | ".join(f"{name}: right (part) / wrong / nobody" for name in methods)
            + " |"
        )
        yield "| --- | --- | --- |" + " --- |" * len(methods)
        for kind in mine:
            for size in sizes:
                counts, enough = measured(kind, size, range(cases))
                good = "none" if "broad" in kind else "right"
                cells = [_cell(counted, good, enough) for counted in counts.values()]
                yield f"| {kind} | {size:,} | {enough} | " + " | ".join(cells) + " |"
        yield ""


def _cell(counted: Counter[str], good: str, cases: int) -> str:
    if cases == 0:
        return "—"
    low, _ = wilson(counted[good], cases)
    _, high = wilson(counted["wrong"], cases)
    part = f" ({counted['part'] / cases:.2f})" if counted["part"] else ""
    right = f"{counted[good] / cases:.2f} [≥ {low:.2f}]{part}"
    nobody = f" / {counted['none'] / cases:.2f}" if good != "none" else ""
    return f"{right} / {counted['wrong'] / cases:.2f} [≤ {high:.2f}]{nobody}"


def main() -> None:
    """Print what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--kinds", nargs="+", default=[""], help="beginnings of their names")
    arguments = parser.parse_args()
    every = (*KINDS, *volume.KINDS)
    kinds = [kind for kind in every if any(kind.startswith(asked) for asked in arguments.kinds)]
    for line in lines(arguments.cases, arguments.sizes, kinds):
        print(line, flush=True)


if __name__ == "__main__":
    main()
