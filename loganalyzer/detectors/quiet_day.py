"""quiet-day: six hours or more with fewer requests than usual, but with the usual shape: a holiday, perhaps.

Why it matters
    It explains a low day, and keeps it from being called an outage.
How it is judged
    Windows of six hours against the rhythm of day and week alone (nothing of the same day excuses them), at most 75 %
    of the expected and no less than 20 %; over the stretch, the quarters of an hour follow the expected curve
    (correlation above 0.8), or its hours are off it by no more than chance, and it did not begin abruptly. A drop that
    is like that is one too, and the drops beside it that lack no more than it are part of it. Always a notice.
Known misses
    Half a day off in a week of log. A day that is quiet because half the servers' logs are missing looks the same.
"""

from __future__ import annotations

from dataclasses import replace
from math import log, sqrt
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

import numpy as np

from loganalyzer import baseline, rhythm
from loganalyzer.baseline import trailing
from loganalyzer.detectors.search import HOUR
from loganalyzer.detectors.stretch import JOIN
from loganalyzer.detectors.traffic import finding, is_abrupt, watched
from loganalyzer.detectors.traffic_search import Spell
from loganalyzer.findings import Model
from loganalyzer.levels import BLOCK

if TYPE_CHECKING:
    from loganalyzer.baseline import Floats
    from loganalyzer.detectors.series import Seen
    from loganalyzer.detectors.traffic import Traffic
    from loganalyzer.findings import Finding

LONG: Final = 360
"""Minutes from which on less traffic with the usual shape is a quiet day; an outage is noticed sooner."""
LEFT: Final = 0.75
LEAST: Final = 0.2
"""Parts of the expected requests that a quiet day leaves, at most and at least: of a holiday some remain."""
ALIKE: Final = 0.8
BY_CHANCE: Final = 2.0
"""Times the usual scatter of an hour up to which hours are as expected but for chance: of few requests the quarters of
an hour show no shape."""

_QUIET: WeakKeyDictionary[Traffic, tuple[Spell, ...]] = WeakKeyDictionary()


def detect(seen: Seen) -> list[Finding]:
    """Return one finding per stretch, oldest first."""
    found = [
        finding(traffic, day, "quiet-day", "notice", traffic.rhythm.low)
        for traffic in watched(seen)
        for day in quiet_days(traffic)
    ]
    return sorted(found, key=lambda day: day.start)


def quiet_days(traffic: Traffic) -> tuple[Spell, ...]:
    """Return the stretches of a series that are quiet days, with the drops that belong to them; two detectors ask."""
    if traffic not in _QUIET:
        days = _stretches(traffic)
        days += [
            spell
            for spell in traffic.spells["down"]
            if is_quiet(traffic, spell)
            and not any(spell.start < day.end and day.start < spell.end for day in days)
        ]
        _QUIET[traffic] = tuple(_whole(traffic, day) for day in days)
    return _QUIET[traffic]


def belongs(traffic: Traffic, spell: Spell, day: Spell) -> bool:
    """Tell whether a drop lies in a quiet day or joins it, and lacks no more than the rest of that day."""
    if spell.end + JOIN < day.start or day.end + JOIN < spell.start:
        return False
    rest = np.zeros(traffic.requests.size, np.bool_)
    rest[day.start : day.end] = traffic.known[day.start : day.end]
    for other in traffic.spells["down"]:
        if not is_quiet(traffic, other):
            rest[other.start : other.end] = False
    due = float(traffic.rhythm.low[rest].sum())
    if np.count_nonzero(rest) < LONG or due <= 0:
        return False
    model, share = spell.model, float(traffic.requests[rest].sum()) / due
    expected = min(model.m, share * (model.rhythm or model.m))
    score = float(baseline.score_below(model.y, expected, model.phi, model.kappa, model.M))
    return score < model.threshold


def _whole(traffic: Traffic, day: Spell) -> Spell:
    """Return a quiet day with the drops that belong to it."""
    parts = [spell for spell in traffic.spells["down"] if belongs(traffic, spell, day)]
    start, end = (
        min([day.start, *(part.start for part in parts)]),
        max([day.end, *(part.end for part in parts)]),
    )
    return replace(day, start=start, end=end)


def is_quiet(traffic: Traffic, spell: Spell) -> bool:
    """Tell whether a stretch is long, not all but silent, of the usual shape, and did not begin abruptly."""
    if spell.end - spell.start <= LONG or traffic.is_silent(spell.start, spell.end):
        return False
    came, due = (
        float(values[spell.start : spell.end].sum()) for values in (traffic.requests, traffic.rhythm.mean)
    )
    if came < LEAST * due:
        return False
    return _is_alike(traffic, spell.start, spell.end) and not is_abrupt(traffic, spell)


def _is_alike(traffic: Traffic, start: int, end: int) -> bool:
    """Tell whether the traffic of a stretch rises and falls as expected, or but for chance."""
    seen, due = _sums(traffic, start, end, BLOCK)
    if seen.std() == 0 or due.std() == 0:
        return False
    if float(np.corrcoef(seen, due)[0, 1]) > ALIKE:
        return True
    seen, due = _sums(traffic, start, end, HOUR)
    if seen.sum() == 0 or due.sum() == 0:
        return False
    due *= seen.sum() / due.sum()
    spread = traffic.rhythm.spread(HOUR)
    usual = spread.phi * due + spread.kappa * due**2
    return float(((seen - due) ** 2 / np.maximum(usual, 1e-9)).sum()) <= BY_CHANCE * (seen.size - 1)


def _sums(traffic: Traffic, start: int, end: int, width: int) -> tuple[Floats, Floats]:
    """Return the requests of a stretch, and those the rhythm leads one to expect, in blocks of so many minutes."""
    blocks = (end - start) // width
    inside = slice(start, start + blocks * width)
    seen, due = (
        values[inside].reshape(blocks, width).sum(axis=1)
        for values in (traffic.requests, traffic.rhythm.mean)
    )
    return seen, due


def _stretches(traffic: Traffic) -> list[Spell]:
    """Return the stretches of more than six hours that are below the rhythm by themselves."""
    known = traffic.known.copy()
    for spell in traffic.spells["down"]:
        if spell.lasting and not is_quiet(traffic, spell):
            known[spell.start : spell.end] = False
    base = traffic.rhythm.low
    if not traffic.rhythm.waves:
        return []
    spread = rhythm.scatter(traffic.requests, traffic.rhythm.mean, traffic.unseen, LONG)
    if spread is None:
        return []
    y, m = (trailing(np.where(known, values, 0.0), LONG) for values in (traffic.requests, base))
    held = known & traffic.series.fresh & ~traffic.rhythm.strange & (y <= LEFT * m)
    held &= trailing(known.astype(np.float64), LONG) >= LEFT * LONG
    at = np.flatnonzero(held)
    scores = np.zeros(y.size)
    scores[at] = baseline.score_below(y[at], m[at], spread.phi, spread.kappa, traffic.rhythm.requests)
    steps = np.zeros(y.size + 1, np.int64)
    flagged = np.flatnonzero(scores >= traffic.needed)
    np.add.at(steps, np.maximum(flagged + 1 - LONG, 0), 1)
    np.add.at(steps, flagged + 1, -1)
    found = []
    for start, end in baseline.runs(np.cumsum(steps[:-1]) > 0):
        best = start + int(np.argmax(scores[start:end]))
        ratio = float(y[best] / m[best])
        part = slice(max(0, start - LONG), end + LONG)
        gains = traffic.requests * (log(ratio) / 2) - base * (sqrt(ratio) - 1)
        first, last = baseline.strongest(np.where(known, gains, 0.0)[part])
        model = Model(
            window_s=60 * LONG,
            y=float(y[best]),
            m=float(m[best]),
            a=0.0,
            b=0.0,
            level=1.0,
            phi=spread.phi,
            kappa=spread.kappa,
            M=traffic.rhythm.requests,
            threshold=traffic.needed,
            history=traffic.rhythm.history,
            direction="down",
            rhythm=float(m[best]),
        )
        low = part.start + first
        spell = Spell(low, part.start + last, float(scores[best]), model, start + LONG - 1)
        if is_quiet(traffic, spell) and traffic.series.fresh[spell.end - 1]:
            found.append(spell)
    return found
