"""A series and its rhythm → stretches with fewer or more requests than it leads one to expect, or without a line.

As in `search`, a window is flagged when its score passes the threshold and its guards hold; the best window of each
flagged part is cut to the likeliest onset and end, set aside, and the rest is looked at again. Surges are looked for
first: what comes after one must not look like an outage.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from loganalyzer import baseline, levels, rhythm
from loganalyzer.baseline import trailing
from loganalyzer.detectors.search import CORE, REST
from loganalyzer.detectors.stretch import CALM_RATIO, JOIN, Flagged, around, without_calm, without_little
from loganalyzer.findings import Model
from loganalyzer.rhythm import WINDOWS, Rhythm

if TYPE_CHECKING:
    from datetime import tzinfo

    from loganalyzer.baseline import Booleans, Floats
    from loganalyzer.detectors.series import Series
    from loganalyzer.findings import Direction

LEAST_EXPECTED: Final = 10.0
"""Requests that must be expected in a window, or a site that sleeps would be called silent."""
MOST_LEFT: Final = 0.7
"""Part of the expected requests from which on nothing is amiss: less of a lack is a matter of the model."""
MOST_LEFT_UNSURE: Final = 0.5
"""The same where only what was before says what is usual, and that is no week: traffic may fall by a third in an hour
of its own accord, and a crawl of yesterday passes for the time of day."""
MOST_LEFT_HOUR: Final = 0.1
HOUR_OR_SO: Final = 120
"""The same in a file of less than two hours: it may have begun amidst a campaign or a crawl, whose end looks alike."""
SILENT: Final = 3
"""Minutes without any line from which on they are looked at as one silence; shorter ones are of the windows."""

SURGE_WINDOWS: Final = (5, 15, 60)
SURGE_RATIO: Final = 1.4
SURGE_SCORE: Final = 4.0
"""What makes a surge that is set aside, so that its end is no outage: less than what is reported as one."""

REST_LEFT: Final = 0.8
REST_SCORE: Final = 2.0
"""A drop must show beside its worst two minutes: what is left then, and its score."""

CUT_RATIO: Final = 1.3
LEAST_LEFT: Final = 0.02
"""Ratios that the cut of onset and end takes at least for the height of a surge, and for what is left in a drop."""

PASSES: Final = 40
REFITS: Final = 4
"""Looks at one series, and fits, each without what was found before."""


@dataclass(frozen=True)
class Spell:
    """One stretch below or above what was to be expected, `end` exclusive, as indices of its series.

    `flagged` is the last minute of the first window that passed the threshold; `lasting` tells that it is more than
    two bad minutes.
    """

    start: int
    end: int
    score: float
    model: Model
    flagged: int
    lasting: bool = True


@dataclass(eq=False)
class Search:
    """A search under way; arrays of one entry per minute.

    Of the known minutes those in `unseen` are not yet set aside; windows are judged that end in `judged`; `due` are
    the requests that the minutes of a spell were judged against.
    """

    requests: Floats
    silent: Booleans
    rhythm: Rhythm
    unseen: Booleans
    judged: Booleans
    alone: bool
    needed: float
    due: dict[Direction, Floats]
    spells: dict[Direction, list[Spell]]


@dataclass(frozen=True)
class Window:
    """The best window of a flagged part; `first` is the last minute of the first window that was flagged."""

    start: int
    end: int
    width: int
    y: float
    base: float
    lift: float
    first: int


def refitted(series: Series, requests: Floats, known: Booleans, needed: float, zone: tzinfo) -> Search:
    """Return the last of some searches, each with a rhythm fitted without what the one before it found."""
    history = int(np.count_nonzero(known))

    def again(calm: Booleans, before: Rhythm | None) -> Search:
        fitted = rhythm.fit(requests, series.minute, calm, history, alone=True, zone=zone, before=before)
        return _searched(series, requests, fitted, known.copy(), known, alone=True, needed=needed)

    calm, search = known, again(known, None)
    for _ in range(1, REFITS):
        if np.array_equal(search.unseen, calm) or not search.unseen.any():
            break
        calm, search = search.unseen, again(search.unseen, search.rhythm)
    return search


def with_history(
    series: Series, requests: Floats, known: Booleans, old: Search, needed: float, zone: tzinfo
) -> Search:
    """Return the search of what is fresh, with the rhythm of the calm minutes before it."""
    past = known & ~series.fresh
    calm = old.unseen if old.unseen.any() else past
    edge = int(np.argmax(series.fresh))
    unseen = known.copy()
    unseen[past] = calm[past]
    for spells in old.spells.values():
        for spell in spells:
            if spell.end + JOIN >= edge:  # it may go on
                unseen[spell.start : spell.end] = known[spell.start : spell.end]
    history = int(np.count_nonzero(series.logged & ~series.fresh))
    fitted = rhythm.fit(requests, series.minute, calm, history, alone=False, zone=zone, before=old.rhythm)
    return _searched(series, requests, fitted, unseen, known & series.fresh, alone=False, needed=needed)


def _searched(
    series: Series,
    requests: Floats,
    fitted: Rhythm,
    unseen: Booleans,
    judged: Booleans,
    *,
    alone: bool,
    needed: float,
) -> Search:
    """Return every stretch below and above a rhythm."""
    nothing: dict[Direction, Floats] = {
        "down": np.full(requests.size, np.nan),
        "up": np.full(requests.size, np.nan),
    }
    search = Search(
        requests=requests,
        silent=(series.lines == 0) & judged,
        rhythm=fitted,
        unseen=unseen,
        judged=judged,
        alone=alone,
        needed=needed,
        due=nothing,
        spells={"down": [], "up": []},
    )
    _silences(search)
    directions: tuple[Direction, ...] = ("up", "down")
    for direction in directions:
        for _ in range(PASSES):
            if not _pass(search, direction):
                break
    for direction in directions:
        due = search.due[direction]
        lift = _lift(search, direction, levels.GUARD)
        np.copyto(due, _base(search, direction) * lift.factor, where=np.isnan(due))
    return search


def _base(search: Search, direction: Direction) -> Floats:
    return search.rhythm.low if direction == "down" else search.rhythm.high


def _lift(search: Search, direction: Direction, width: int, calm: Booleans | None = None) -> levels.Lift:
    lifted = levels.lowered if direction == "down" else levels.raised
    calm = search.unseen if calm is None else calm
    return lifted(search.rhythm, search.requests, calm, width, alone=search.alone)


def _silences(search: Search) -> None:
    """Set aside every run of minutes without a line that is too long to be chance."""
    found = [run for run in baseline.runs(search.silent & search.unseen) if run[1] - run[0] >= SILENT]
    if not found:
        return
    starts, ends = np.array(found).T
    heard = search.unseen.copy()  # a silence says nothing of what was to be expected in it
    for start, end in found:
        heard[start:end] = False
    lift = _lift(search, "down", levels.GUARD, heard).factor[starts + SILENT - 1]
    total = np.concatenate(([0.0], np.cumsum(search.rhythm.low)))
    base = total[ends] - total[starts]
    due = base * lift
    places = np.searchsorted(WINDOWS[:-1], ends - starts)
    spreads = [search.rhythm.spreads[place] for place in places]
    phi, kappa = np.array([spread.phi for spread in spreads]), np.array([spread.kappa for spread in spreads])
    scores = baseline.score_below(0.0, due, phi, kappa, search.rhythm.requests)
    for number in np.flatnonzero((due >= LEAST_EXPECTED) & (scores >= of_none(search.needed))):
        start, end = found[number]
        so_far = (total[start + 1 : end + 1] - total[start]) * lift[number]
        first = int(start) + _known_after(search, so_far)
        window = Window(start, end, end - start, 0.0, float(base[number]), float(lift[number]), first)
        _set_aside(search, "down", window, start, end)


def _known_after(search: Search, due: Floats) -> int:
    """Return the place of the first minute of a silence at whose end it was no chance, by what was due until then."""
    spreads = [
        search.rhythm.spreads[place] for place in np.searchsorted(WINDOWS[:-1], np.arange(due.size) + 1)
    ]
    phi, kappa = np.array([spread.phi for spread in spreads]), np.array([spread.kappa for spread in spreads])
    scores = baseline.score_below(0.0, due, phi, kappa, search.rhythm.requests)
    known = (due >= LEAST_EXPECTED) & (scores >= of_none(search.needed))
    known[: SILENT - 1] = False
    return int(np.argmax(known)) if known.any() else due.size - 1


def _pass(search: Search, direction: Direction) -> bool:
    """Set aside the best window of every flagged part; tell whether there was one."""
    edge = 0
    for window in _best(search, direction):
        if window.start >= edge:  # else its minutes have just been set aside: look again
            edge = _cut(search, direction, window)
    return edge > 0


def _best(search: Search, direction: Direction) -> list[Window]:
    """Return the window with the highest score in every part of the log that flagged windows cover."""
    down = direction == "down"
    fitted = search.rhythm
    seen = np.where(search.unseen, search.requests, 0.0)
    base = np.where(search.unseen, _base(search, direction), 0.0)
    minutes = baseline.running(search.unseen.astype(np.float64))
    sums, dues = baseline.running(seen), baseline.running(base)
    flagged = Flagged(seen.size)
    hour_or_so = np.count_nonzero(search.judged) < HOUR_OR_SO
    unsure = MOST_LEFT_HOUR if search.alone and hour_or_so else MOST_LEFT_UNSURE
    lifts: dict[int, levels.Lift] = {}
    scored = baseline.score_below if down else baseline.score
    widths = WINDOWS if down else SURGE_WINDOWS
    for place, width in enumerate(widths):
        guard = max(width, levels.GUARD)
        lift = lifts[guard] = lifts.get(guard) or _lift(search, direction, guard)
        y, m = baseline.ending(sums, width), baseline.ending(dues, width) * lift.factor
        held = search.unseen & search.judged & (m >= LEAST_EXPECTED)
        held &= baseline.ending(minutes, width) > width - 0.5
        if down:
            sure = lift.sure & (search.alone or fitted.weekly)
            held &= y <= np.where(sure, MOST_LEFT, unsure) * m
        else:
            held &= (y >= SURGE_RATIO * m) & lift.sure
        at = np.flatnonzero(held)
        spread = fitted.spread(width)
        scores = scored(y[at], m[at], spread.phi, spread.kappa, fitted.requests)
        enough = scores >= (search.needed if down else SURGE_SCORE)
        flagged.add(at[enough], scores[enough], width, place)
    found = []
    for start, end, last, place in flagged.parts():
        width = widths[place]
        # The level of the part's first minutes: later ones have begun to learn from the incident itself.
        own = lifts[max(width, levels.GUARD)].factor[start : last + 1]
        begin, lift_there = max(0, last + 1 - width), float(own.max() if down else own.min())
        first = start + int(np.argmax(flagged.ends[start:end]))
        found.append(
            Window(
                begin,
                last + 1,
                width,
                float(seen[begin : last + 1].sum()),
                float(base[begin : last + 1].sum()),
                lift_there,
                first,
            )
        )
    return found


def _cut(search: Search, direction: Direction, window: Window) -> int:
    """Set aside the stretch around a flagged window; return where it ends."""
    due = _base(search, direction) * window.lift
    ratio = window.y / (window.base * window.lift)
    if direction == "up" and ratio < SURGE_RATIO:  # the level of its beginning explains it
        ratio = SURGE_RATIO
    start, end = _stretch(search, due, window, ratio, direction)
    _set_aside(search, direction, window, start, end)
    return end


def _set_aside(search: Search, direction: Direction, window: Window, start: int, end: int) -> None:
    """Note a stretch as a spell, and its minutes as seen."""
    needed = of_none(search.needed) if direction == "down" and window.y == 0 else search.needed
    model = model_of(search.rhythm, window, direction, needed)
    scored = baseline.score_below if direction == "down" else baseline.score
    score = float(scored(model.y, model.m, model.phi, model.kappa, model.M))
    search.due[direction][start:end] = _base(search, direction)[start:end] * window.lift
    search.unseen[start:end] = False
    search.spells[direction].append(Spell(start, end, score, model, window.first))


def model_of(fitted: Rhythm, window: Window, direction: Direction, needed: float) -> Model:
    """Return every input of the score of a window."""
    spread = fitted.spread(window.width)
    return Model(
        window_s=60 * window.width,
        y=window.y,
        m=window.base * window.lift,
        a=0.0,
        b=0.0,
        level=window.lift,
        phi=spread.phi,
        kappa=spread.kappa,
        M=fitted.requests,
        threshold=needed,
        history=fitted.history,
        direction=direction,
        rhythm=window.base,
    )


def _stretch(
    search: Search, due: Floats, window: Window, ratio: float, direction: Direction
) -> tuple[int, int]:
    """Return the likeliest onset and end around a flagged window: the minutes with the largest sum of gains.

    A minute gains y·ln √ρ − due·(√ρ − 1), where ρ is how many times the expected number the window holds. Ten minutes
    or more that are evidence against ρ divide it, as in `search`.
    """
    ratio = min(MOST_LEFT, max(LEAST_LEFT, ratio)) if direction == "down" else max(CUT_RATIO, ratio)
    gains = search.requests * (log(ratio) / 2) - due * (sqrt(ratio) - 1)
    part = around(gains, search.unseen, window.start, window.end)
    if part[0] == part[1]:  # the level of its beginning leaves nothing: the window itself
        return window.start, window.end
    while True:
        start, end = part
        times = min(ratio, CALM_RATIO)
        calm = due[start:end] * (times - 1) - search.requests[start:end] * log(times)
        side = without_calm(gains, calm, part, (window.start, window.end))
        if side is None:
            return without_little(gains, *part)
        part = side


def _joined(spells: list[Spell]) -> list[Spell]:
    """Return the spells with those joined that lie at most ten minutes apart."""
    joined: list[Spell] = []
    for spell in sorted(spells, key=lambda spell: spell.start):
        last = joined[-1] if joined else None
        if last and spell.start - last.end <= JOIN:
            best = max(last, spell, key=lambda spell: spell.score)
            first = min(last.flagged, spell.flagged)
            joined[-1] = replace(best, start=last.start, end=max(last.end, spell.end), flagged=first)
        else:
            joined.append(spell)
    return joined


def settled(search: Search, known: Booleans, direction: Direction) -> list[Spell]:
    """Return the spells of a direction, joined and judged; of what lies between joined ones as much was due as came."""
    found = _joined(search.spells[direction])
    due, further = search.due[direction], np.maximum if direction == "down" else np.minimum
    for spell in found:
        inside = slice(spell.start, spell.end)
        between = further(due[inside], search.requests[inside])
        due[inside] = np.where(search.unseen[inside] & known[inside], between, due[inside])
    return [_judged(search, known, direction, spell) for spell in found]


def _judged(search: Search, known: Booleans, direction: Direction, spell: Spell) -> Spell:
    """Return the spell, marked where there is nothing to it but two bad minutes."""
    sign = 1 if direction == "up" else -1
    due = search.due[direction]
    last = min(max(spell.end, spell.start + REST), due.size)
    off = np.where(known, sign * (search.requests - due), 0.0)
    worst = max(spell.start, spell.start + int(np.argmax(trailing(off[spell.start : last], CORE))) + 1 - CORE)
    # What lies between two spells that were joined says nothing of either.
    rest = known & ~search.unseen
    rest[spell.end :] = known[spell.end :]
    rest[: spell.start], rest[last:], rest[worst : worst + CORE] = False, False, False
    y, m = float(search.requests[rest].sum()), float(due[rest].sum())
    spread = search.rhythm.spread(CORE + int(np.count_nonzero(rest)))
    inputs = (y, m, spread.phi, spread.kappa, search.rhythm.requests)
    if direction == "down":
        lasting = y <= REST_LEFT * m and float(baseline.score_below(*inputs)) >= REST_SCORE
    else:
        lasting = y * REST_LEFT >= m and float(baseline.score(*inputs)) >= REST_SCORE
    return replace(spell, lasting=lasting)


def of_none(needed: float) -> float:
    """Return the score needed where nothing came: it is the chance itself then, no bound that lies decades above it."""
    return needed + baseline.SLACK
