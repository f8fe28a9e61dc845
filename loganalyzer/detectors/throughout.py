"""One Series and a limit → the stretch in which a share is high beyond doubt, with nothing to compare with.

Where a log is bad from its first line to its last, or for most of it, there is no contrast, and every test against
the rest of the log is blind. So a fixed limit is tested beside: it needs only enough events.
"""

from __future__ import annotations

from dataclasses import replace
from math import log, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from loganalyzer import baseline
from loganalyzer.detectors.search import CORE, JOIN, LEAST_RATIO, Spell, View, is_heavy
from loganalyzer.findings import Model

if TYPE_CHECKING:
    from loganalyzer.detectors.series import Series
    from loganalyzer.findings import Shape

LEAST_EVENTS: Final = 20
"""Events below which a share is anybody's guess, however high."""

LEAST_STEP: Final = 1.05
"""Times the limit that the cut of onset and end takes at least for the height, or it would have nothing to cut."""

MOST: Final = 0.4
"""Part of the log from which on its rest is no reference; a shorter stretch is a burst."""


def look(
    series: Series, own: str, bad: tuple[str, ...], limit: float, spells: list[Spell], needed: float
) -> tuple[View, Spell] | None:
    """Return the stretch where the share of the families `bad` is above `limit`, and what it was judged on.

    Minutes that are a spell by themselves are left out of the share; without enough events elsewhere, or where
    family `own` is the smaller part of them, there is no such stretch.
    """
    failed = series.bad(bad)
    rest = series.logged.copy()
    for spell in spells:
        rest[spell.start : spell.end] = False
    events, requests = float(failed[rest].sum()), float(series.requests[rest].sum())
    unit = series.unit(bad)
    if (
        events < LEAST_EVENTS * unit
        or float(baseline.share_at_least(events / unit, requests / unit)) <= limit
    ):
        return None
    if 2 * float(series.events[own][rest].sum()) < events:
        return None
    due = limit * series.requests
    ratio = max(events / requests / limit, LEAST_STEP)
    gains = np.where(rest, failed * (log(ratio) / 2) - due * (sqrt(ratio) - 1), 0.0)
    start, end = baseline.strongest(gains)
    shape: Shape = "throughout" if end - start > MOST * np.count_nonzero(series.logged) else "burst"
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
        threshold=needed,
        history=baseline.NO_HISTORY,
    )
    score = float(baseline.score(y, m, model.phi, model.kappa, behind))
    view = View(own, tuple(name for name in bad if name in series.events), failed, {shape: due})
    spell = Spell(own, start, end, shape, True, score, model)  # noqa: FBT003  # a field, not a switch
    lasting = end - start > CORE or is_heavy(series, np.where(series.known, failed - due, 0.0), spell)
    return view, replace(spell, sustained=lasting)


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
