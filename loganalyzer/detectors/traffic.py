"""Series → the stretches with fewer or more requests than its rhythm leads one to expect, and those without a line.

As in `search`, a window is flagged when its score passes the threshold and its guards hold; the best window of each
flagged part is cut to the likeliest onset and end, set aside, and the rest is looked at again. Surges are looked for
first: what comes after one must not look like an outage.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil, log, sqrt
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

import numpy as np
import polars as pl

from loganalyzer import baseline, rhythm
from loganalyzer.aggregates.grouping import START_SHIFT_LIMIT_S
from loganalyzer.aggregates.latency import GRAINS, edges
from loganalyzer.baseline import DAY, trailing
from loganalyzer.detectors.files import Files, files_of, silent_between
from loganalyzer.detectors.search import CORE, LEVEL_LEAST, LEVEL_PART, REST
from loganalyzer.detectors.stretch import CALM_RATIO, JOIN, Flagged, around, without_calm
from loganalyzer.findings import Finding, Model
from loganalyzer.rhythm import WINDOWS, Rhythm

if TYPE_CHECKING:
    from datetime import tzinfo

    from loganalyzer.baseline import Booleans, Floats
    from loganalyzer.detectors.series import Counted, Seen, Series
    from loganalyzer.findings import Direction, Severity, Shape

FAMILY: Final = "total"
MINUTE: Final = timedelta(minutes=1)

LEAST_EXPECTED: Final = 10.0
"""Requests that must be expected in a window, or a site that sleeps would be called silent."""
MOST_LEFT: Final = 0.7
"""Part of the expected requests from which on nothing is amiss: less of a lack is a matter of the model."""
MOST_LEFT_UNSURE: Final = 0.5
"""The same where only what was before says what is usual: traffic may fall by a third in an hour of its own accord."""
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

LEAST_PAST: Final = DAY // 2
"""Minutes of history below which what is fresh is compared with itself as well."""
PASSES: Final = 40
REFITS: Final = 4
"""Looks at one series, and fits, each without what was found before."""

GRADES: Final[tuple[tuple[Severity, float, int, float], ...]] = (
    ("critical", 0.1, 5, 50.0),
    ("major", 0.5, 10, 20.0),
)
"""Severity, part of the requests that is left at most, for so many minutes, in which so many were expected."""

START_STAMPED: Final = ("apache", "cloudflare")
"""Vendors whose stamp is the start of a request: at the end of their log, those still under way are not yet written."""
TAIL: Final = 0.999
"""Part of the durations that is over by the time the minutes at the end of a log are believed."""

ONSET: Final = 30
"""Minutes on both sides of an onset that tell a fall from a slope."""
ABRUPT: Final = 0.7

GOES_ON: Final = 5
"""Minutes by which other servers of a vendor must outlast one that is then called silent."""


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


@dataclass(frozen=True, eq=False)
class Traffic:
    """One series and what was found in it: `due` the requests expected in each minute, by direction of a test.

    All counts are of lines: those of a sampled log divided by `unit`, the mean weight. `files` are those of the log,
    `gaps` the stretches between two of them without a line. `stops` is the index from which on the log has ended, but
    other servers' goes on.
    """

    series: Series
    unit: float
    requests: Floats
    rhythm: Rhythm
    known: Booleans
    unseen: Booleans
    due: dict[Direction, Floats]
    spells: dict[Direction, tuple[Spell, ...]]
    files: Files
    gaps: tuple[tuple[int, int], ...]
    stops: int
    needed: float

    def is_silent(self, start: int, end: int) -> bool:
        """Tell whether there is no line of any kind in a stretch."""
        return not self.series.lines[start:end].any()


@dataclass(eq=False)
class _Search:
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
class _Window:
    """The best window of a flagged part; `first` is the last minute of the first window that was flagged."""

    start: int
    end: int
    width: int
    y: float
    base: float
    lift: float
    first: int


_WATCHED: WeakKeyDictionary[Seen, tuple[Traffic, ...]] = WeakKeyDictionary()


def watched(seen: Seen) -> tuple[Traffic, ...]:
    """Return what each series shows that is long enough to be compared with itself; several detectors ask."""
    if seen not in _WATCHED:
        found = [_watch(seen, series) for series in seen.series]
        _WATCHED[seen] = tuple(traffic for traffic in found if traffic)
    return _WATCHED[seen]


def _watch(seen: Seen, own: Series) -> Traffic | None:
    """Return what one series shows; null where there is too little of it."""
    series = _outlasted(own, seen)
    files = files_of(_coverage(seen), series)
    gaps = silent_between(files, series)
    known = series.known.copy()
    for start, end in gaps:
        known[start:end] = False
    if series is own and not series.continued:
        known[max(0, known.size - 1 - _under_way(seen.tables, series)) :] = False
    if np.count_nonzero(known) < baseline.LEAST_HISTORY:
        return None
    unit = _unit(seen.tables, series)
    needed = baseline.threshold(seen.tested)
    requests = series.requests / unit
    past = known & ~series.fresh
    if np.count_nonzero(past) >= LEAST_PAST:
        old = _refitted(series, requests, past, needed, seen.zone)
        search = _with_history(series, requests, known, old, needed, seen.zone)
    else:
        search = _refitted(series, requests, known, needed, seen.zone)
    spells: dict[Direction, tuple[Spell, ...]] = {}
    for direction, found in search.spells.items():
        judged = [_judged(search, known, direction, spell) for spell in _joined(found)]
        spells[direction] = tuple(spell for spell in judged if series.fresh[spell.end - 1])
    return Traffic(
        series=series,
        unit=unit,
        requests=requests,
        rhythm=search.rhythm,
        known=known,
        unseen=search.unseen,
        due=search.due,
        spells=spells,
        files=files,
        gaps=tuple(gaps),
        stops=own.minute.size,
        needed=needed,
    )


def _coverage(seen: Seen) -> pl.DataFrame:
    """Return the coverage of the sources, those of the history among them."""
    if seen.history is None:
        return seen.tables.coverage
    return pl.concat([seen.history.coverage, seen.tables.coverage])


def _unit(tables: Counted, series: Series) -> float:
    """Return the mean weight of the requests of a log, at least 1: sampling makes a log thinner, never surer."""
    own = tables.minutes.filter(
        pl.col("vendor").cast(pl.String) == series.vendor,
        pl.col("server").eq_missing(pl.lit(series.server, pl.String)),
        pl.col("role") == "request",
    )
    records = int(own["records"].sum())
    return max(1.0, float(own["weight"].sum()) / records) if records else 1.0


def _under_way(tables: Counted, series: Series) -> int:
    """Return for how many minutes before the end of a log some requests are not yet written, beside its last."""
    if series.vendor not in START_STAMPED:
        return 0
    own = (
        tables.latency.filter(
            pl.col("vendor").cast(pl.String) == series.vendor,
            pl.col("server").cast(pl.String).eq_missing(pl.lit(series.server, pl.String)),
        )
        .group_by("bin")
        .agg(pl.col("records").sum())
        .sort("bin")
    )
    if own.height == 0:
        return 0
    counted = own["records"].cum_sum()
    place = int((counted < TAIL * counted[-1]).sum())
    longest = edges(own["bin"][place], GRAINS[tables.latency_grain].bins)[1]
    return ceil(min(longest, START_SHIFT_LIMIT_S) / 60)


def _outlasted(series: Series, seen: Seen) -> Series:
    """Return the series with empty minutes at its end, up to where other servers of its vendor go on without it."""
    if series.continued:
        return series
    others = [
        int(other.minute.max())
        for other in seen.series
        if other.vendor == series.vendor and other is not series
    ]
    last = int(series.minute[-1])
    more = max(others, default=last) - last
    if not GOES_ON <= more <= DAY:
        return series

    def padded(values: Floats, value: float) -> Floats:
        return np.concatenate((values, np.full(more, value, values.dtype)))

    def flagged(values: Booleans, *, value: bool) -> Booleans:
        return np.concatenate((values, np.full(more, value)))

    return replace(
        series,
        minute=np.concatenate((series.minute, last + 1 + np.arange(more))),
        logged=flagged(series.logged, value=True),
        whole=flagged(series.whole, value=True),
        known=np.append(flagged(series.known, value=True)[:-1], False),  # broken, as any last minute
        fresh=flagged(series.fresh, value=True),
        requests=padded(series.requests, 0.0),
        lines=padded(series.lines, 0.0),
        events={},
    )


def _refitted(series: Series, requests: Floats, known: Booleans, needed: float, zone: tzinfo) -> _Search:
    """Return the last of some searches, each with a rhythm fitted without what the one before it found."""
    history = int(np.count_nonzero(known))

    def again(calm: Booleans, before: Rhythm | None) -> _Search:
        fitted = rhythm.fit(requests, series.minute, calm, history, alone=True, zone=zone, before=before)
        return _searched(series, requests, fitted, known.copy(), known, alone=True, needed=needed)

    calm, search = known, again(known, None)
    for _ in range(1, REFITS):
        if np.array_equal(search.unseen, calm) or not search.unseen.any():
            break
        calm, search = search.unseen, again(search.unseen, search.rhythm)
    return search


def _with_history(
    series: Series, requests: Floats, known: Booleans, old: _Search, needed: float, zone: tzinfo
) -> _Search:
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
) -> _Search:
    """Return every stretch below and above a rhythm."""
    nothing: dict[Direction, Floats] = {
        "down": np.full(requests.size, np.nan),
        "up": np.full(requests.size, np.nan),
    }
    search = _Search(
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
        lift = _lift(search, direction, rhythm.GUARD)
        np.copyto(due, _base(search, direction) * lift.factor, where=np.isnan(due))
    return search


def _base(search: _Search, direction: Direction) -> Floats:
    return search.rhythm.low if direction == "down" else search.rhythm.high


def _lift(search: _Search, direction: Direction, width: int) -> rhythm.Lift:
    lifted = rhythm.lowered if direction == "down" else rhythm.raised
    return lifted(search.rhythm, search.requests, search.unseen, width, alone=search.alone)


def _silences(search: _Search) -> None:
    """Set aside every run of minutes without a line that is too long to be chance."""
    found = [run for run in baseline.runs(search.silent & search.unseen) if run[1] - run[0] >= SILENT]
    if not found:
        return
    starts, ends = np.array(found).T
    lift = _lift(search, "down", rhythm.GUARD).factor[starts + SILENT - 1]
    total = np.concatenate(([0.0], np.cumsum(search.rhythm.low)))
    base = total[ends] - total[starts]
    due = base * lift
    places = np.searchsorted(WINDOWS[:-1], ends - starts)
    spreads = [search.rhythm.spreads[place] for place in places]
    phi, kappa = np.array([spread.phi for spread in spreads]), np.array([spread.kappa for spread in spreads])
    scores = baseline.score_below(0.0, due, phi, kappa, search.rhythm.requests)
    for number in np.flatnonzero((due >= LEAST_EXPECTED) & (scores >= of_none(search.needed))):
        start, end = found[number]
        window = _Window(start, end, end - start, 0.0, float(base[number]), float(lift[number]), end - 1)
        _set_aside(search, "down", window, start, end)


def _pass(search: _Search, direction: Direction) -> bool:
    """Set aside the best window of every flagged part; tell whether there was one."""
    edge = 0
    for window in _best(search, direction):
        if window.start >= edge:  # else its minutes have just been set aside: look again
            edge = _cut(search, direction, window)
    return edge > 0


def _best(search: _Search, direction: Direction) -> list[_Window]:
    """Return the window with the highest score in every part of the log that flagged windows cover."""
    down = direction == "down"
    fitted = search.rhythm
    seen = np.where(search.unseen, search.requests, 0.0)
    base = np.where(search.unseen, _base(search, direction), 0.0)
    minutes = baseline.running(search.unseen.astype(np.float64))
    sums, dues = baseline.running(seen), baseline.running(base)
    flagged = Flagged(seen.size)
    lifts: dict[int, rhythm.Lift] = {}
    scored = baseline.score_below if down else baseline.score
    widths = WINDOWS if down else SURGE_WINDOWS
    for place, width in enumerate(widths):
        guard = max(width, rhythm.GUARD)
        lift = lifts[guard] = lifts.get(guard) or _lift(search, direction, guard)
        y, m = baseline.ending(sums, width), baseline.ending(dues, width) * lift.factor
        held = search.unseen & search.judged & (m >= LEAST_EXPECTED)
        held &= baseline.ending(minutes, width) > width - 0.5
        if down:
            held &= y <= np.where(lift.sure, MOST_LEFT, MOST_LEFT_UNSURE) * m
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
        own = lifts[max(width, rhythm.GUARD)].factor[start : last + 1]
        begin, lift_there = max(0, last + 1 - width), float(own.max() if down else own.min())
        first = start + int(np.argmax(flagged.ends[start:end]))
        found.append(
            _Window(
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


def _cut(search: _Search, direction: Direction, window: _Window) -> int:
    """Set aside the stretch around a flagged window; return where it ends."""
    due = _base(search, direction) * window.lift
    ratio = window.y / (window.base * window.lift)
    if direction == "up" and ratio < SURGE_RATIO:  # the level of its beginning explains it
        ratio = SURGE_RATIO
    start, end = _stretch(search, due, window, ratio, direction)
    _set_aside(search, direction, window, start, end)
    return end


def _set_aside(search: _Search, direction: Direction, window: _Window, start: int, end: int) -> None:
    """Note a stretch as a spell, and its minutes as seen."""
    needed = of_none(search.needed) if direction == "down" and window.y == 0 else search.needed
    model = _model(search.rhythm, window, direction, needed)
    scored = baseline.score_below if direction == "down" else baseline.score
    score = float(scored(model.y, model.m, model.phi, model.kappa, model.M))
    search.due[direction][start:end] = _base(search, direction)[start:end] * window.lift
    search.unseen[start:end] = False
    search.spells[direction].append(Spell(start, end, score, model, window.first))


def _model(fitted: Rhythm, window: _Window, direction: Direction, needed: float) -> Model:
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
    search: _Search, due: Floats, window: _Window, ratio: float, direction: Direction
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
            return part
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


def _judged(search: _Search, known: Booleans, direction: Direction, spell: Spell) -> Spell:
    """Return the spell, marked where there is nothing to it but two bad minutes."""
    sign = 1 if direction == "up" else -1
    due = search.due[direction]
    last = min(max(spell.end, spell.start + REST), due.size)
    off = np.where(known, sign * (search.requests - due), 0.0)
    worst = max(spell.start, spell.start + int(np.argmax(trailing(off[spell.start : last], CORE))) + 1 - CORE)
    rest = known.copy()
    rest[: spell.start], rest[last:], rest[worst : worst + CORE] = False, False, False
    y, m = float(search.requests[rest].sum()), float(due[rest].sum())
    spread = search.rhythm.spread(last - spell.start)
    inputs = (y, m, spread.phi, spread.kappa, search.rhythm.requests)
    if direction == "down":
        lasting = y <= REST_LEFT * m and float(baseline.score_below(*inputs)) >= REST_SCORE
    else:
        lasting = y * REST_LEFT >= m and float(baseline.score(*inputs)) >= REST_SCORE
    return replace(spell, lasting=lasting)


def finding(
    traffic: Traffic, spell: Spell, kind: str, severity: Severity, expected: Floats | None = None
) -> Finding:
    """Return a spell as a finding: requests seen beside those `expected` in each minute, else those it is due to."""
    series, inside = traffic.series, slice(spell.start, spell.end)
    expected = traffic.due[spell.model.direction] if expected is None else expected
    requests, due = traffic.requests[inside], expected[inside]
    off = due - requests if spell.model.direction == "down" else requests - due
    observed = float(series.requests[inside].sum())
    shape: Shape = "level" if _is_level(traffic, spell) else "burst"
    return Finding(
        kind=kind,
        family=FAMILY,
        shape=shape,
        severity=severity,
        vendor=series.vendor,
        server=series.server,
        host=None,
        start=series.at(spell.start),
        end=series.at(spell.end - 1) + MINUTE,
        ongoing=_is_open(traffic, spell.end),
        observed=observed,
        expected=float(due.sum()) * traffic.unit,
        requests=observed,
        score=spell.score,
        model=spell.model,
        peak=series.at(spell.start + int(np.argmax(off))),
        flagged=series.at(min(spell.flagged, series.minute.size - 1)) + MINUTE,
    )


def grade(traffic: Traffic, spell: Spell) -> Severity:
    """Return how bad a lack of requests was for those who wanted to ask."""
    requests, due = (values[spell.start : spell.end] for values in (traffic.requests, traffic.due["down"]))
    for severity, left, minutes, expected in GRADES:
        if requests.size < minutes:
            continue
        y, m = trailing(requests, minutes)[minutes - 1 :], trailing(due, minutes)[minutes - 1 :]
        y, m = np.append(y, requests.sum()), np.append(m, due.sum())
        if bool(((m >= expected) & (y <= left * m)).any()):
            return severity
    return "minor"


def is_abrupt(traffic: Traffic, spell: Spell) -> bool:
    """Tell whether traffic fell within minutes rather than hours."""
    before, after = (
        np.flatnonzero(traffic.known[low:high]) + low
        for low, high in (
            (max(0, spell.start - ONSET), spell.start),
            (spell.start, min(spell.start + ONSET, spell.end)),
        )
    )
    seen, due = traffic.requests, traffic.rhythm.mean
    if not before.size or not after.size or not seen[before].sum():
        return False
    fell = (seen[after].sum() / due[after].sum()) / (seen[before].sum() / due[before].sum())
    return bool(fell <= ABRUPT)


def of_none(needed: float) -> float:
    """Return the score needed where nothing came: it is the chance itself then, no bound that lies decades above it."""
    return needed + baseline.SLACK


def gaps(traffic: Traffic) -> list[Spell]:
    """Return the stretches between two files in which so many lines are missing that it is no chance."""
    found = []
    for begin, stop in traffic.gaps:
        start, end = begin + 1, stop - 1
        base, m = (float(values[start:end].sum()) for values in (traffic.rhythm.low, traffic.due["down"]))
        spread = traffic.rhythm.spread(end - start)
        score = float(baseline.score_below(0.0, m, spread.phi, spread.kappa, traffic.rhythm.requests))
        if m >= LEAST_EXPECTED and score >= of_none(traffic.needed) and traffic.series.fresh[stop - 1]:
            window = _Window(start, end, end - start, 0.0, base, m / base, end - 1)
            model = _model(traffic.rhythm, window, "down", of_none(traffic.needed))
            found.append(Spell(start, end, score, model, end - 1))
    return found


def at_edge(traffic: Traffic, spell: Spell) -> bool:
    """Tell whether a stretch begins where a file ends, or ends where one begins, while others were open."""
    series = traffic.series
    return traffic.files.joins_or_leaves(series.at(spell.start), series.at(spell.end - 1) + MINUTE)


def _is_level(traffic: Traffic, spell: Spell) -> bool:
    """Tell whether a stretch is long enough to be how things are from now on."""
    minutes = int(np.count_nonzero(traffic.known & traffic.series.fresh))
    return spell.end - spell.start >= max(LEVEL_LEAST, LEVEL_PART * minutes)


def _is_open(traffic: Traffic, end: int) -> bool:
    """Tell whether fewer than ten whole minutes of the log follow the end of a stretch."""
    return not traffic.series.continued and int(traffic.known[end:].sum()) < JOIN
