"""One family of one Series → the stretches in which it stands above its expectation.

A window is flagged when its score passes the threshold of the alarm budget and its support guards hold. The best
window of each flagged part is cut to the likeliest onset and end; its minutes are set aside and the rest is
looked at again, with a local level that has not learned from them, until nothing is flagged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import log, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from loganalyzer import baseline
from loganalyzer.baseline import WINDOWS, Baseline
from loganalyzer.detectors.stretch import (
    CALM_RATIO,
    JOIN,
    Flagged,
    around,
    without_calm,
    without_little,
    without_weak,
)
from loganalyzer.findings import Model

if TYPE_CHECKING:
    from loganalyzer.baseline import Booleans, Floats, Integers
    from loganalyzer.detectors.series import Series
    from loganalyzer.findings import Shape

LEAST_EVENTS: Final = 5
"""Events, and events in excess, without which nothing is reported: a handful proves nothing and hurts few."""
LEAST_RATIO: Final = 2.0
"""Times the expected number: less is a matter of the model, not of the site."""

CORE: Final = 2
"""Minutes of a blip: a restart or deploy is over by then."""
REST: Final = 5
"""Least minutes in which a burst must show beside its worst two."""
REST_SCORE: Final = 2.0
REST_RATIO: Final = 1.5
REST_EVENTS: Final = 3
TELLING: Final = 10
"""Minutes with events from which on a stretch tells by itself how they clump."""
HEAVY: Final = 0.05
"""Excess, as a share of an hour's requests, that matters however short it was."""
HOUR: Final = 60

LEVEL_LEAST: Final = 360
LEVEL_PART: Final = 0.25
"""A stretch of six hours and a quarter of the log, at a steady height, is a new level and no burst."""
LEVEL_STEADY: Final = 0.3
LEVEL_PARTS: Final = 6
"""Parts of a new level, of which all but one must agree within 30 % and two deviations of their counts."""

LEAST_PAST: Final = baseline.DAY // 2
"""Minutes of history below which what is fresh is compared with itself as well: too few to tell what is usual."""

PASSES: Final = 30
"""Looks at one series: each sets aside the best window of every flagged part; some five are needed."""

REFITS: Final = 6
"""Fits after the first, each without what was found before: incidents hide behind the scatter of others."""


@dataclass(frozen=True)
class Spell:
    """One stretch of a family above its expectation, `end` exclusive, as indices of its series.

    `flagged` is the last minute of the first window that passed the threshold.
    """

    family: str
    start: int
    end: int
    shape: Shape
    sustained: bool
    score: float
    model: Model
    flagged: int


@dataclass(frozen=True, eq=False)
class View:
    """What spells were judged on: `events` a minute of the `members`, `due` the expected, by shape of a spell."""

    name: str
    members: tuple[str, ...]
    events: Floats
    due: dict[Shape, Floats]


@dataclass(frozen=True)
class _Window:
    """The best window of a flagged part: `size` its place in WINDOWS, `lift` its local level.

    `behind` are the events that its expectation `m` rests on; `flags` tells of every minute of the series whether a
    window that ends with it was flagged.
    """

    start: int
    end: int
    size: int
    score: float
    y: float
    m: float
    behind: float
    lift: float
    flags: Booleans


@dataclass(frozen=True, eq=False)
class _Family:
    """A family of one series under examination; arrays of one entry per minute.

    `jobs` are the events that come by the clock, `plain` the baseline's expectation with them, `base` the same with
    new levels taken in; of its known `minutes` those in `unseen` are not yet set aside, and windows are judged that
    end in `judged`; `due` is what the minutes of a spell were judged against, by shape. `needed` is the score needed in
    each of `WINDOWS`.
    """

    name: str
    events: Floats
    unit: float
    baseline: Baseline
    jobs: Floats
    plain: Floats
    base: Floats
    minutes: int
    unseen: Booleans
    judged: Booleans
    due: dict[Shape, Floats]
    needed: tuple[float, ...]

    def sum(self, values: Floats, start: int, end: int) -> float:
        """Return the sum over the minutes of a stretch that are not set aside."""
        return float(values[start:end][self.unseen[start:end]].sum())

    def score(self, y: float, m: float, minutes: int) -> float:
        """Return the score of so many minutes, by the scatter of the shortest of `WINDOWS` that holds them."""
        spread = self.baseline.spreads[_place(minutes)]
        return float(baseline.score(y, m, spread.phi, spread.kappa, self.baseline.events))


def _place(minutes: int) -> int:
    """Return which of `WINDOWS` is the shortest that holds so many minutes, the longest where none does."""
    return int(np.searchsorted(WINDOWS[:-1], minutes))


def look(series: Series, name: str, needed: float, calm: Booleans) -> tuple[View, list[Spell]]:
    """Return what one family was judged on, and every spell of it, joined and judged; `needed` is the threshold.

    The first fit is to the `calm` minutes, which are all that are known where nothing is known to be otherwise.
    What is found is left out of the next fit, or a log with many incidents would take them for its scatter.
    Where there is history enough, the fit is to its calm minutes alone, and only what is fresh is judged.
    """
    past = series.known & ~series.fresh
    if np.count_nonzero(past) >= LEAST_PAST:
        family, spells = _with_history(series, name, needed, past)
    else:
        family, spells = _refitted(series, name, needed, calm)
    view = View(name, (name,), family.events, family.due)
    judged = [_judged(series, family, spell) for spell in _joined(spells)]
    judged = [_unclumped(series, family, spell) if spell.sustained else spell for spell in judged]
    return view, [
        spell for spell in judged if spell.score >= spell.model.threshold and series.fresh[spell.end - 1]
    ]


def _unclumped(series: Series, family: _Family, spell: Spell) -> Spell:
    """Return the spell scored by how events clump, or its worst two minutes as a blip where it is none by that.

    Forty failures in a minute are told, and so they are with one in each of the two minutes after them.
    """
    again = _clumped(series, family, spell)
    if again.score >= again.model.threshold or spell.shape == "level":
        return again
    known, events, due = series.known, family.events, family.due["burst"]
    start = _worst(np.where(known, events - due, 0.0), spell.start, spell.end)
    end = min(start + CORE, spell.end)
    y, m, plain, jobs = (
        float(values[start:end][known[start:end]].sum())
        for values in (events, due, family.plain, family.jobs)
    )
    place = _place(end - start)
    spread, fitted = family.baseline.spreads[place], family.baseline
    score = float(baseline.score(y, m, spread.phi, spread.kappa, fitted.events))
    model = replace(
        spell.model,
        window_s=60 * (end - start),
        y=y,
        m=m,
        level=m / plain if plain else 1.0,
        phi=spread.phi,
        kappa=spread.kappa,
        M=fitted.events,
        threshold=family.needed[place],
        jobs=jobs,
    )
    return replace(spell, start=start, end=end, sustained=False, score=score, model=model)


def _clumped(series: Series, family: _Family, spell: Spell) -> Spell:
    """Return the spell scored by how events clump in itself and, where the log is short, in all of it.

    Where few windows hold enough events the scatter cannot be measured, but from minute to minute it shows: twenty in
    one minute and none in the next are the retries of one, and no trouble that lasts. One minute that stands out, as
    where a backlog is written at once, is no proof of that where what is left without it is enough by itself. All of a
    short log is asked for the clumps of what has failed in few minutes alone; more tell by themselves, and a restart
    some hours before says nothing of them. What was too short, and weighs all the same, stays as it is.
    """
    if spell.end - spell.start <= CORE:
        return spell
    model, events, due = spell.model, family.events, family.due[spell.shape]
    least = model.phi
    failed = np.count_nonzero(events[spell.start : spell.end])
    if family.minutes < baseline.SHORT_HISTORY and failed < TELLING:
        least = max(least, baseline.roughness(events[series.known], family.plain[series.known]))

    def scored(minutes: Integers, model: Model) -> Spell:
        phi = max(least, baseline.roughness(events[minutes], family.plain[minutes]))
        score = float(baseline.score(model.y, model.m, phi, model.kappa, model.M))
        return replace(spell, score=score, model=replace(model, phi=phi))

    inside = np.arange(spell.start, spell.end)
    whole, expected = scored(inside, model), float(due[inside].sum())
    if whole.score >= model.threshold or expected <= 0:
        return whole
    off = np.abs(events[inside] - due[inside] * (float(events[inside].sum()) / expected))
    rest = np.sort(inside[np.argsort(off)[:-CORE]])
    y, m = float(events[rest].sum()), float(due[rest].sum())
    without = scored(rest, replace(model, window_s=60 * rest.size, y=y, m=m))
    return max(whole, without, key=lambda one: one.score)


def _refitted(series: Series, name: str, needed: float, calm: Booleans) -> tuple[_Family, list[Spell]]:
    """Return the family and the spells of the last of some fits, each without what the one before it found."""
    family, spells = _search(series, name, calm, needed, baseline.UNMEASURED)
    for _ in range(REFITS):
        last, calm = calm, series.known.copy()
        for spell in spells:
            calm[spell.start : spell.end] = False
        if np.array_equal(calm, last) or not calm.any():
            break
        family, spells = _search(series, name, calm, needed, baseline.MOST_SPREAD)
    return family, spells


def _with_history(series: Series, name: str, needed: float, past: Booleans) -> tuple[_Family, list[Spell]]:
    """Return the family as its history leads one to expect it, and the spells that end in what is fresh.

    What was an incident in the history is no part of the usual. One that lasts to its end may go on in what is
    fresh: its minutes are not set aside.
    """
    _, old = _refitted(replace(series, known=past), name, needed, past)
    calm, unseen = past.copy(), series.known.copy()
    edge = int(np.argmax(series.fresh))
    for spell in old:
        calm[spell.start : spell.end] = False
        if spell.end + JOIN < edge and spell.shape == "burst":
            unseen[spell.start : spell.end] = False
    if not calm.any():
        return _refitted(series, name, needed, series.known)
    return _search(series, name, calm, needed, baseline.MOST_SPREAD, unseen)


def _search(
    series: Series,
    name: str,
    calm: Booleans,
    needed: float,
    most: baseline.Spread,
    unseen: Booleans | None = None,
) -> tuple[_Family, list[Spell]]:
    """Return one family with a baseline fitted to the calm minutes, and every stretch above it.

    With `unseen` given, only windows that end in what is fresh are judged, and the calm minutes are the history.
    """
    events, unit = series.events[name], series.units[name]
    minutes = int((series.known if unseen is None else series.logged & ~series.fresh).sum())
    exposure = series.exposures.get(name, series.requests)
    fitted = baseline.fit(events, exposure, calm, minutes, unit=unit, most=most)
    by_the_clock = baseline.jobs(events, fitted.expected(exposure), series.minute, calm, unit)
    jobs = np.where(series.minute >= 0, by_the_clock[series.minute % 60], 0.0)
    if by_the_clock.any():
        fitted = baseline.fit(np.maximum(events - jobs, 0.0), exposure, calm, minutes, unit=unit, most=most)
    plain = fitted.expected(exposure) + jobs
    due: dict[Shape, Floats] = {"burst": np.full(events.size, np.nan), "level": np.full(events.size, np.nan)}
    judged = series.known if unseen is None else series.known & series.fresh
    left = series.known.copy() if unseen is None else unseen
    base, enough = plain.copy(), fitted.needed(needed)
    family = _Family(name, events, unit, fitted, jobs, plain, base, minutes, left, judged, due, enough)
    spells: list[Spell] = []
    for _ in range(PASSES if minutes >= baseline.LEAST_HISTORY else 0):
        best = _best(family)
        if not best:
            break
        edge = 0
        for window in best:
            if window.start >= edge:  # else its minutes have just been set aside: look again
                spells.append(_cut(family, window))
                edge = spells[-1].end
    lift = np.maximum(1.0, baseline.level(events, family.base, family.unseen, 1, fitted.spreads[0].phi))
    for shape in due.values():
        np.copyto(shape, family.base * lift, where=np.isnan(shape))
    return family, spells


def _best(family: _Family) -> list[_Window]:
    """Return the window with the highest score in every part of the log that flagged windows cover."""
    fitted, unseen = family.baseline, family.unseen
    seen, due = np.where(unseen, family.events, 0.0), np.where(unseen, family.base, 0.0)
    totals = baseline.running(seen), baseline.running(due)
    minutes = baseline.running(unseen.astype(np.float64))
    asked = unseen & family.judged
    flagged = Flagged(seen.size)
    for place, (width, spread) in enumerate(zip(WINDOWS, fitted.spreads, strict=True)):
        at, y, m = _held(family, totals, asked, width, spread.phi)
        known = minutes[at + 1] - minutes[np.maximum(at + 1 - width, 0)]
        enough = 2 * known >= width
        at, y, m = at[enough], y[enough], m[enough]
        base = totals[1][at + 1] - totals[1][np.maximum(at + 1 - width, 0)]
        less, behind = _beside(family, totals, y, base)
        scores = baseline.score(y, less * m, spread.phi, spread.kappa, behind)
        passed = scores >= family.needed[place]
        flagged.add(at[passed], scores[passed], width, place)
    found = []
    for start, _, last, place in flagged.parts():
        # The level of the part's first minutes: later ones have begun to learn from the incident itself.
        spread, part = fitted.spreads[place], np.arange(start, last + 1)
        levels = baseline.level_at(part, *totals, WINDOWS[place], spread.phi)
        begin = max(0, last + 1 - WINDOWS[place])
        held_y, own = float(seen[begin : last + 1].sum()), float(due[begin : last + 1].sum())
        lowered, events = (
            float(one[0]) for one in _beside(family, totals, np.array([held_y]), np.array([own]))
        )
        lift = max(1.0, float(levels.min())) * lowered
        best = float(baseline.score(held_y, lift * own, spread.phi, spread.kappa, events))
        found.append(_Window(begin, last + 1, place, best, held_y, lift * own, events, lift, flagged.ends))
    return found


def _beside(family: _Family, totals: tuple[Floats, Floats], y: Floats, base: Floats) -> tuple[Floats, Floats]:
    """Return by what the expected of windows is lowered, at most 1, and the events behind it.

    In a file of hours an incident may be among the blocks that pass for quiet. A window is then compared with what the
    rest of the file holds, if that is less; so few hours do not tell a floor from a share anyway.
    """
    fitted = family.baseline
    if family.minutes >= baseline.FLOOR_HISTORY:
        return np.ones(y.shape), np.full(y.shape, fitted.events)
    others = totals[0][-1] - y + baseline.HALF_EVENT * family.unit
    ratio = others / np.maximum(totals[1][-1] - base, 1e-9)
    return np.minimum(ratio, 1.0), np.where(ratio < 1, others, fitted.events)


def _held(
    family: _Family, totals: tuple[Floats, Floats], asked: Booleans, width: int, phi: float
) -> tuple[Integers, Floats, Floats]:
    """Return the last minutes of windows that hold enough events, with these and what is expected of them.

    The local level, which is at least 1, is made only where there are enough without it: that is seldom.
    """
    least = LEAST_EVENTS * family.unit
    y, m = (baseline.ending(total, width) for total in totals)
    # A little less than what is asked below, so that rounding loses none.
    at = np.flatnonzero(asked & (y - m >= 0.999 * np.maximum(m, least)))
    y, m = y[at], m[at] * np.maximum(1.0, baseline.level_at(at, *totals, width, phi))
    held = (y >= least) & (y - m >= least) & (y >= LEAST_RATIO * m)
    return at[held], y[held], m[held]


def _cut(family: _Family, window: _Window) -> Spell:
    """Return the stretch around a flagged window; set its minutes aside, or raise their base to its level."""
    fitted, spread = family.baseline, family.baseline.spreads[window.size]
    due = family.base * window.lift
    start, end = _stretch(family, due, window)
    shape: Shape = "level" if _is_level(family, due, start, end, spread.phi) else "burst"
    family.due[shape][start:end] = due[start:end]
    if shape == "level":
        family.base[start:end] *= family.sum(family.events, start, end) / family.sum(family.base, start, end)
    model = Model(
        window_s=60 * WINDOWS[window.size],
        y=window.y,
        m=window.m,
        a=fitted.floor,
        b=fitted.share,
        level=window.m / plain if (plain := family.sum(family.plain, window.start, window.end)) else 1.0,
        phi=spread.phi,
        kappa=spread.kappa,
        M=window.behind,
        threshold=family.needed[window.size],
        history=fitted.history,
        jobs=family.sum(family.jobs, window.start, window.end),
    )
    if shape == "burst":
        family.unseen[start:end] = False
    flagged = start + int(np.argmax(window.flags[start : max(end, window.end)]))
    return Spell(family.name, start, end, shape, True, window.score, model, flagged)  # noqa: FBT003  # judged later


def _stretch(family: _Family, due: Floats, window: _Window) -> tuple[int, int]:
    """Return the likeliest onset and end around a flagged window: the minutes with the largest sum of gains.

    A minute gains y·ln √ρ − due·(√ρ − 1), where ρ is how many times the expected number the window holds.
    Ten minutes or more that are evidence against ρ divide it: the part that gains more is kept, the other will
    be found by itself. What lies before or after it, is too weak to belong to it, and would not reach what is needed
    by itself, is left out.
    """
    ratio = max(LEAST_RATIO, window.y / window.m)
    gains = family.events * (log(ratio) / 2) - due * (sqrt(ratio) - 1)
    part = around(gains, family.unseen, window.start, window.end)
    while True:
        start, end = part
        # Over hours the height follows the time of day: calm is then what is not even ten times the expected.
        times = min(ratio, CALM_RATIO) if end - start >= LEVEL_LEAST else ratio
        calm = due[start:end] * (times - 1) - family.events[start:end] * log(times)
        side = without_calm(gains, calm, part, (window.start, window.end))
        if side is None:
            break
        part = side

    def is_one(first: int, last: int) -> bool:
        y, m = family.sum(family.events, first, last), family.sum(due, first, last)
        return family.score(y, m, last - first) >= family.needed[_place(last - first)]

    expected = family.sum(due, start, end)
    # What may be a new level begins with its first events, however few; where nothing is expected, none are too few.
    if end - start >= LEVEL_LEAST or expected <= 0:
        return start, end
    ratio = max(LEAST_RATIO, family.sum(family.events, start, end) / expected)
    against = due[start:end] * (ratio - 1) - family.events[start:end] * log(ratio)
    return without_little(gains, *without_weak(against, (start, end), is_one))


def _is_level(family: _Family, due: Floats, start: int, end: int, phi: float) -> bool:
    """Tell whether a stretch is long and steady enough to be how things are from now on."""
    if end - start < max(LEVEL_LEAST, LEVEL_PART * family.minutes):
        return False
    edges = np.linspace(start, end, LEVEL_PARTS + 1).astype(int)
    parts = [
        (family.sum(family.events, low, high), family.sum(due, low, high)) for low, high in pairwise(edges)
    ]
    ratios = [y / m for y, m in parts if m > 0]
    if not ratios:  # where nothing is expected, what is there is no other level of it
        return False
    ratio = float(np.median(ratios))
    off = [abs(y - ratio * m) > LEVEL_STEADY * ratio * m + 2 * sqrt(phi * ratio * m) for y, m in parts]
    return sum(off) <= 1


def _joined(spells: list[Spell]) -> list[Spell]:
    """Return the spells with those of one shape joined that lie at most ten minutes apart."""
    joined: list[Spell] = []
    for spell in sorted(spells, key=lambda spell: (spell.shape, spell.start)):
        last = joined[-1] if joined else None
        if last and last.shape == spell.shape and spell.start - last.end <= JOIN:
            best = max(last, spell, key=lambda spell: spell.score)
            first = min(last.flagged, spell.flagged)
            joined[-1] = replace(best, start=last.start, end=max(last.end, spell.end), flagged=first)
        else:
            joined.append(spell)
    return joined


def _judged(series: Series, family: _Family, spell: Spell) -> Spell:
    """Return the spell as sustained or heavy, or as a blip cut to its worst two minutes."""
    if spell.shape == "level":
        return spell
    due = family.due["burst"]
    excess = np.where(series.known, family.events - due, 0.0)
    last = min(max(spell.end, spell.start + REST), excess.size)
    worst = _worst(excess, spell.start, last)
    rest = series.known.copy()
    rest[: spell.start], rest[last:], rest[worst : worst + CORE] = False, False, False
    y, m = float(family.events[rest].sum()), float(due[rest].sum())
    sustained = y >= REST_EVENTS * family.unit and y >= REST_RATIO * m
    sustained = sustained and family.score(y, m, last - spell.start) >= REST_SCORE
    if sustained or is_heavy(series, excess, spell):
        return spell
    worst = min(worst, spell.end - 1)  # it may have been looked for beyond a shorter one
    return replace(spell, start=worst, end=min(worst + CORE, spell.end), sustained=False)


def _worst(excess: Floats, start: int, last: int) -> int:
    """Return the first of the worst two minutes from `start` until before `last`."""
    worst = start + int(np.argmax(baseline.trailing(excess[start:last], CORE)))
    return max(start, worst + 1 - CORE)


def is_heavy(series: Series, excess: Floats, spell: Spell) -> bool:
    """Tell whether the excess weighs against all requests of an hour that the spell lies in, or fills."""
    known = np.flatnonzero(series.known)
    last = int(np.searchsorted(known, spell.end))
    hour = known[max(0, last - HOUR) :][:HOUR]
    inside = hour[(hour >= spell.start) & (hour < spell.end)]
    return float(excess[inside].sum()) >= HEAVY * float(series.requests[hour].sum())
