"""One Series and a limit → the stretch in which a share is high beyond doubt, with nothing to compare with.

Where a log is bad from its first line to its last, there is no contrast, and every test against the rest of the log
is blind. So a fixed limit is tested beside: it needs only enough events. Where it is bad for most of its time and
clearly better in the rest, the limit tells which minutes the fit must not take for normal.
"""

from __future__ import annotations

from dataclasses import replace
from math import log, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from loganalyzer import baseline
from loganalyzer.detectors.search import CORE, LEAST_RATIO, Spell, View, is_heavy
from loganalyzer.detectors.stretch import JOIN
from loganalyzer.findings import Model

if TYPE_CHECKING:
    from loganalyzer.baseline import Booleans, Floats
    from loganalyzer.detectors.series import Series
    from loganalyzer.findings import Shape

LEAST_EVENTS: Final = 20
"""Events below which a share is anybody's guess, however high."""

LEAST_STEP: Final = 1.05
"""Times the limit that the cut of onset and end takes at least for the height, or it would have nothing to cut."""

MOST: Final = 0.4
"""Part of the log from which on a stretch is "throughout"; a shorter one is a burst."""

CONTRAST: Final = 3.0
"""Times, surely, the share of the rest from which on the rest is what to compare with: drift alone makes two."""


def look(
    series: Series, own: tuple[str, ...], bad: tuple[str, ...], limit: float, spells: list[Spell]
) -> tuple[View, Spell] | None:
    """Return the stretch where the share of the families `bad` is above `limit`, and what it was judged on.

    Minutes that are a spell by themselves are left out of the share; without enough events elsewhere, or where
    the families `own` are the smaller part of them, there is no such stretch.
    """
    failed = series.bad(bad)
    rest = series.logged & series.fresh
    for spell in spells:
        rest[spell.start : spell.end] = False
    events, requests = float(failed[rest].sum()), float(series.requests[rest].sum())
    unit = series.unit(bad)
    if events < LEAST_EVENTS * unit or not _surely_above(series, failed, rest, limit, unit):
        return None
    mine = {name: float(series.events[name][rest].sum()) for name in own if name in series.events}
    if 2 * sum(mine.values()) < events:
        return None
    name = max(mine, key=lambda name: mine[name])
    due = limit * series.requests
    ratio = max(events / requests / limit, LEAST_STEP)
    gains = np.where(rest, failed * (log(ratio) / 2) - due * (sqrt(ratio) - 1), 0.0)
    start, end = baseline.strongest(gains)
    shape: Shape = (
        "throughout" if end - start > MOST * np.count_nonzero(series.logged & series.fresh) else "burst"
    )
    y, m = float(failed[start:end].sum()), float(due[start:end].sum())
    behind = float(series.requests[start:end].sum())
    model = Model(
        window_s=60 * (end - start),
        y=y,
        m=m,
        a=0.0,
        b=limit,
        level=1.0,
        phi=baseline.PHI_UNKNOWN,
        kappa=baseline.KAPPA_UNKNOWN,
        M=behind,
        threshold=0.0,
        history=baseline.NO_HISTORY,
        limit=limit,
    )
    view = View(name, tuple(name for name in bad if name in series.events), failed, {shape: due})
    spell = Spell(name, start, end, shape, True, 0.0, model, end - 1)  # noqa: FBT003  # a field, not a switch
    lasting = end - start > CORE or is_heavy(series, np.where(series.known, failed - due, 0.0), spell)
    return view, replace(spell, sustained=lasting)


def _surely_above(series: Series, failed: Floats, rest: Booleans, limit: float, unit: float) -> bool:
    """Tell whether the share is above the limit beyond doubt, and without its worst two minutes."""
    # Many of one cause say no more than one.
    clump = max(unit, baseline.roughness(failed[rest], series.requests[rest]))
    worst = int(np.argmax(baseline.trailing(np.where(rest, failed, 0.0), CORE)))
    beside = rest.copy()
    beside[max(0, worst + 1 - CORE) : worst + 1] = False
    return all(
        float(baseline.share_at_least(failed[part].sum() / clump, series.requests[part].sum() / clump))
        > limit
        for part in (rest, beside if beside.any() else rest)
    )


def contrast(series: Series, bad: tuple[str, ...], spell: Spell, others: list[Spell]) -> Booleans | None:
    """Return the known minutes without a stretch, if they are history enough and lie clearly below it.

    Minutes of the `others` speak neither for the stretch nor for the rest.
    """
    failed, unit = series.bad(bad), series.unit(bad)
    inside, calm = np.zeros(failed.size, np.bool_), series.known & series.fresh
    inside[spell.start : spell.end] = True
    calm &= ~inside
    rest = calm.copy()
    for other in others:
        inside[other.start : other.end], rest[other.start : other.end] = False, False
    if np.count_nonzero(rest) < baseline.LEAST_HISTORY:
        return None
    asked = series.requests[rest].sum() / unit
    at_most = 1 - baseline.share_at_least(asked - failed[rest].sum() / unit, asked)
    at_least = baseline.share_at_least(failed[inside].sum() / unit, series.requests[inside].sum() / unit)
    return calm if float(at_least) > CONTRAST * float(at_most) else None


def taken_in(
    series: Series, bad: tuple[str, ...], spell: Spell, others: list[Spell]
) -> tuple[Spell, list[Spell]]:
    """Return the stretch with the neighbours that are no higher than it, and the spells that remain.

    Where most of a log is bad, the test against the rest of it may have found pieces of the same.
    """
    failed = series.bad(bad)

    def share(one: Spell) -> float:
        return float(failed[one.start : one.end].sum()) / max(
            1.0, float(series.requests[one.start : one.end].sum())
        )

    most = LEAST_RATIO * share(spell)
    same = [one for one in others if one.start - spell.end <= JOIN and spell.start - one.end <= JOIN]
    same = [one for one in same if one.sustained and share(one) < most]
    start, end = min(one.start for one in [spell, *same]), max(one.end for one in [spell, *same])
    return replace(spell, start=start, end=end), [one for one in others if one not in same]
