"""latency-shift: stretches in which requests took longer than their own route usually takes.

What counts
    Answered requests (2xx, 3xx) beyond a limit of their own route: near its 95 % quantile (`slow95`) and near its
    median (`slow50`). Limits and usual shares are learned from the minutes without a finding; a route has its own from
    200 such requests on, the others share one. Answers of a cache are told from those of the server.
Why it matters
    Slowness comes before failure: the queue grows, clients give up (499), then the timers of the servers (504).
How it is judged
    As `server-error-burst`, with the number that the usual of what was asked for leads one to expect in place of a
    share of the requests: a crawl of slow pages is no slowdown. Single routes are tested too, at a threshold that is
    the higher the more of them there are. Graded by the share of requests that were slow, and by whether one can feel
    it: half of them below a tenth of a second is minor at most, below a second no more than major. A stretch in which
    answers did not surely take a quarter longer, in which the cache answered less, or in which rare pages made the
    difference, is a notice. A single route is graded by its own times.
Known misses
    A rise of the median by a quarter doubles the slow requests only of routes that vary little. Where the log states
    whole seconds, only seconds are seen. Two slow minutes are none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from math import exp, log, log10, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from loganalyzer import baseline
from loganalyzer.baseline import HALF_EVENT
from loganalyzer.detectors.impact import severity
from loganalyzer.detectors.search import LEAST_EVENTS, LEAST_PAST, LEAST_RATIO, look
from loganalyzer.detectors.series import TIMED
from loganalyzer.detectors.slowness import REST, asked, quantile, routes_of, slow, slow_by_class, usual
from loganalyzer.detectors.stretch import JOIN
from loganalyzer.findings import SEVERITIES, Cause, Finding, Slower

if TYPE_CHECKING:
    from loganalyzer.baseline import Booleans, Floats
    from loganalyzer.detectors.search import Spell, View
    from loganalyzer.detectors.series import Seen, Series
    from loganalyzer.detectors.slowness import Routes, Usual
    from loganalyzer.findings import Severity

KIND: Final = "latency-shift"
ONE: Final = "slow95 of one route"

ROUNDS: Final = 3
"""Times that the usual is learned: first from all minutes, then from those without what was found."""
LEAST_PART: Final = 0.005
"""Of all requests, from which on a route is tested by itself: less of them nobody can feel."""
MOST_ROUTES: Final = 32
"""Routes that are tested by themselves, the busiest first."""
HINTS: Final = (5, 15, 60)
"""Minutes in which a single route must look strange, beside what all routes show, before it is searched: most never
do."""

FELT: Final[tuple[tuple[float, Severity], ...]] = ((0.1, "minor"), (1.0, "major"))
"""Seconds that half of the requests must take for a slowdown to be graded above: below a tenth an answer seems
immediate, within a second a thought is not interrupted (R. B. Miller 1968, J. Nielsen 1993)."""
MILD: Final = 1.25
"""Times that median and 95 % quantile, on their geometric mean, must be the usual, less one standard error: below that
it is a notice. A busy hour makes answers up to a quarter slower by itself."""
SCATTER: Final = 0.82
"""What the standard error is: this, by ln(95 % quantile / median), by 1/√requests. So it is for log-normal times: the
half sum of the logarithms of both has 1.35 σ/√n, and σ is 0.61 of that logarithm."""
FEWER_CACHED: Final = 0.85
SURELY: Final = 4.0
"""Times the usual share of answers from the cache below which, and standard deviations of a fair draw beyond which, the
cache explains the slowness."""
OTHERS_MORE: Final = 1.5
"""Times the usual share of rare pages from which on they are other ones than before."""

PRIOR: Final = 20.0
"""Requests of the log's own share that every route is given before it is compared."""
CARRIES: Final = 0.2
"""Of the excess, that a route must carry to be named; further ones half of it."""
RISK: Final = 1.5
"""Times, surely, that its requests are likelier to be slow beyond the usual than others."""
ENOUGH: Final = 0.8
NAMED: Final = 3
MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, eq=False)
class _Slow:
    """A stretch, what it was judged on, and the class of the one route that was slow, null where all are judged."""

    view: View
    spell: Spell
    route: int | None


def detect(seen: Seen) -> list[Finding]:
    """Return one finding per stretch, oldest first."""
    found: list[Finding] = []
    for series in seen.series:
        routes = routes_of(series, seen.tables, seen.history)
        if routes is not None:
            found += _of_log(series, routes, baseline.threshold(seen.tested))
    return sorted(found, key=lambda finding: (finding.start, finding.end))


def _of_log(series: Series, routes: Routes, needed: float) -> list[Finding]:
    """Return the findings of one log."""
    past = series.known & ~series.fresh
    calm = all_calm = past if np.count_nonzero(past) >= LEAST_PAST else series.known
    known, timed, found = _judged(series, routes, calm, needed)
    for _ in range(ROUNDS - 1):
        last, calm = calm, all_calm.copy()
        for one in found:
            calm[one.spell.start : one.spell.end] = False
        if np.array_equal(calm, last) or np.count_nonzero(calm) < baseline.LEAST_HISTORY:
            break
        known, timed, found = _judged(series, routes, calm, needed)
    return [_finding(timed, routes, known, one) for one in found]


def _judged(
    series: Series, routes: Routes, calm: Booleans, needed: float
) -> tuple[Usual, Series, list[_Slow]]:
    """Return what is usual in the calm minutes, the slow requests by that, and the stretches of too many."""
    known = usual(routes, calm)
    timed = _timed(series, routes, known)
    return known, timed, _searched(timed, routes, known, needed)


def _timed(series: Series, routes: Routes, known: Usual) -> Series:
    """Return the series with requests that are timed, and the slow ones of them as families."""
    # How many requests a line stands for.
    unit = max(1.0, float(series.requests.sum()) / max(float(series.lines.sum()), 1.0))
    events, exposures = {}, {}
    for family in TIMED:
        slower, expected = slow(routes, known, family)
        events[family], exposures[family] = slower * unit, expected * unit
    return replace(
        series,
        requests=asked(routes) * unit,
        events=events,
        exposures=exposures,
        units=dict.fromkeys(TIMED, unit),
    )


def _searched(series: Series, routes: Routes, known: Usual, needed: float) -> list[_Slow]:
    """Return the stretches of all requests, and those of single routes beside them; oldest first."""
    found: list[_Slow] = []
    for family in TIMED:
        view, spells = look(series, family, needed, series.known)
        found += [_Slow(view, spell, None) for spell in spells if spell.sustained]
    some = _routes_to_test(routes, known)
    higher = needed + log10(max(1, len(some)))
    # What all routes show, each of them shows: it is not searched for again.
    elsewhere = np.ones(series.minute.size, np.bool_)
    for one in found:
        elsewhere[max(0, one.spell.start - JOIN) : one.spell.end + JOIN] = False
    for route, slower, expected in slow_by_class(routes, known, "slow95", some):
        if not _hints(slower * elsewhere, expected * elsewhere, higher):
            continue
        unit = series.units["slow95"]
        alone = replace(
            series,
            events={ONE: slower * unit},
            exposures={ONE: expected * unit},
            units={ONE: unit},
        )
        view, spells = look(alone, ONE, higher, series.known)
        found += [_Slow(view, spell, route) for spell in spells if spell.sustained]
    return sorted(_apart(found), key=lambda one: (one.spell.start, one.spell.end))


def _routes_to_test(routes: Routes, known: Usual) -> list[int]:
    """Return the classes that are tested by themselves, the busiest first; none where there is but one."""
    total = np.bincount(known.of[routes.route], routes.records, minlength=len(known.names))[:-1]
    order = np.argsort(-total, kind="stable")[:MOST_ROUTES]
    some: list[int] = order[total[order] >= LEAST_PART * routes.records.sum()].tolist()
    return some if len(known.names) > 2 else []  # noqa: PLR2004  # one and the rest


def _hints(slower: Floats, expected: Floats, needed: float) -> bool:
    """Tell whether any window of one route would pass if its requests came one by one, its scatter measured."""
    needed -= max(baseline.MEASURED)
    for width in HINTS:
        y, m = baseline.trailing(slower, width), baseline.trailing(expected, width)
        at = np.flatnonzero((y >= LEAST_RATIO * m) & (y >= HALF_EVENT))
        if (
            at.size
            and float(baseline.score(y[at], np.maximum(m[at], 1e-9), 1.0, 0.0, np.inf).max()) >= needed
        ):
            return True
    return False


def _apart(found: list[_Slow]) -> list[_Slow]:
    """Return stretches that do not overlap: of two that do, all routes go before one, then the higher score."""
    kept: list[_Slow] = []
    for one in sorted(found, key=lambda one: (one.route is not None, -one.spell.score)):
        if all(
            one.spell.start >= other.spell.end + JOIN or other.spell.start >= one.spell.end + JOIN
            for other in kept
        ):
            kept.append(one)
    return kept


def _finding(series: Series, routes: Routes, known: Usual, one: _Slow) -> Finding:
    """Return a stretch as a finding, with what took how long and which route made it."""
    view, spell = one.view, one.spell
    inside = slice(spell.start, spell.end)
    minutes = np.zeros(series.minute.size, np.bool_)
    minutes[inside] = True
    events, due = view.events[inside], view.due[spell.shape][inside]
    classes = _by_class(routes, known, minutes)
    chosen = slice(None) if one.route is None else slice(one.route, one.route + 1)
    now, then = _now_and_then(known, classes, chosen)
    family = "slow95" if view.name == ONE else view.name
    facts = {
        "median_s": quantile(now, 0.5, routes),
        "usual_median_s": quantile(then, 0.5, routes),
        "p95_s": quantile(now, 0.95, routes),
        "usual_p95_s": quantile(then, 0.95, routes),
    }
    # The impact is on all who asked, also where one route alone was slow.
    whole = replace(series, events={family: view.events})
    grade = severity(whole, (family,), spell.start, spell.end, None)
    for below, most in FELT:
        if facts["median_s"] < below:
            grade = min(grade, most, key=SEVERITIES.index)
    carriers = _carriers(known, classes, family, "host" if series.vendor == "cisco_wsa" else "path")
    # Where all are slower, a route of steady times has the most requests beyond its limit: less than most is no blame.
    blamed = sum(one.share_of_excess for one in carriers) >= ENOUGH
    # Where one route alone is slow, the others may as well be faster than usual.
    judged = _named(known, carriers) if one.route is None else np.arange(len(known.names)) == one.route
    elsewhere = _by_class(routes, known, series.known & ~minutes)
    if _times(routes, known, classes, judged) < MILD or _explained(known, classes, elsewhere, family):
        grade = "notice"
    return Finding(
        kind=KIND,
        family=family,
        shape=spell.shape,
        severity=grade,
        vendor=series.vendor,
        server=series.server,
        host=None,
        start=series.at(spell.start),
        end=series.at(spell.end - 1) + MINUTE,
        ongoing=not series.continued and int(series.known[spell.end :].sum()) < JOIN,
        observed=float(events.sum()),
        expected=float(due.sum()),
        requests=float(series.requests[inside].sum()),
        score=spell.score,
        model=spell.model,
        peak=series.at(spell.start + int(np.argmax(events - due))),
        flagged=series.at(spell.flagged) + MINUTE,
        causes=carriers if blamed else (),
        limits=_limits(routes, known, family, one.route),
        facts=tuple(facts.items()),
    )


def _named(known: Usual, carriers: tuple[Cause, ...]) -> Booleans:
    """Return the classes that carry the excess, all of them where none does."""
    named = np.isin(known.names, [one.value for one in carriers])
    return named if named.any() else np.ones(len(known.names), np.bool_)


def _now_and_then(known: Usual, classes: Floats, chosen: Booleans | slice) -> tuple[Floats, Floats]:
    """Return the histogram of some classes, and the one that is usual for as many requests of each."""
    return classes[chosen].sum(axis=0), (classes[chosen].sum(axis=1)[:, None] * known.pdf[chosen]).sum(axis=0)


def _times(routes: Routes, known: Usual, classes: Floats, chosen: Booleans) -> float:
    """Return how many times the usual requests of some classes took, less an error: by median and 95 % quantile."""
    now, then = _now_and_then(known, classes, chosen)
    middle, usual_middle, most, usual_most = (
        quantile(times, share, routes) for share in (0.5, 0.95) for times in (now, then)
    )
    error = SCATTER * log(usual_most / usual_middle) / sqrt(float(now.sum()))
    return sqrt(middle / usual_middle * most / usual_most) * exp(-error)


def _limits(routes: Routes, known: Usual, family: str, route: int | None) -> tuple[Slower, ...]:
    """Return from where on the requests of each class, or of one, were slow."""
    limits, shares = known.limits[family], known.shares[family]
    return tuple(
        Slower(
            None if name == REST else name,
            bool(known.cached[place]),
            routes.seconds(int(limits[place])),
            float(shares[place]),
        )
        for place, name in enumerate(known.names)
        if limits[place] < routes.width and route in {None, place}
    )


def _by_class(routes: Routes, known: Usual, minutes: Booleans) -> Floats:
    """Return (class, bin) of some minutes."""
    histogram = routes.histogram(minutes)
    classes = np.zeros((len(known.names), routes.width))
    np.add.at(classes, known.of, histogram)
    return classes


def _beyond(known: Usual, classes: Floats, family: str) -> tuple[Floats, Floats]:
    """Return the slow requests of each class, and how many are usual among so many."""
    late = np.arange(classes.shape[1])[None, :] >= known.limits[family][:, None]
    return (classes * late).sum(axis=1), classes.sum(axis=1) * known.shares[family]


def _explained(known: Usual, classes: Floats, elsewhere: Floats, family: str) -> bool:
    """Tell whether a cache that answers less, or other pages than usual, explain what is slow."""
    before = elsewhere.sum(axis=1)
    if before.sum() <= 0:
        return False
    part, part_before = classes.sum(axis=1) / classes.sum(), before / before.sum()
    cached, usually = float(part[known.cached].sum()), float(part_before[known.cached].sum())
    by_chance = sqrt(max(0.0, usually * (1 - usually)) / float(classes.sum()))
    if usually > 0 and cached <= min(FEWER_CACHED * usually, usually - SURELY * by_chance):
        return True
    slower, due = _beyond(known, classes, family)
    excess = slower - due
    return bool(0 < excess.sum() < 2 * excess[-1] and part[-1] >= OTHERS_MORE * part_before[-1])


def _carriers(known: Usual, classes: Floats, family: str, dimension: str) -> tuple[Cause, ...]:
    """Return the routes that carry the excess: surely likelier to be slow than the others, at most `NAMED`."""
    slower, due = _beyond(known, classes, family)
    asked_of = classes.sum(axis=1)
    total = float(asked_of.sum())
    due = asked_of * (due + PRIOR * float(due.sum()) / total) / (asked_of + PRIOR)
    excess = float(slower.sum() - due.sum())
    tested = int((asked_of[:-1] > 0).sum())
    if excess <= 0 or tested < 2:  # noqa: PLR2004  # nothing to tell apart
        return ()
    odds = np.sqrt(2 * np.log(max(tested, 2) / 0.02))
    found: list[tuple[float, Cause]] = []
    for place, name in enumerate(known.names):
        own = float(slower[place] - due[place])
        if name == REST or slower[place] < LEAST_EVENTS or own < CARRIES / 2 * excess:
            continue
        others = (max(excess - own, 0.0) + HALF_EVENT) / max(total - float(asked_of[place]), 1.0)
        ratio = own / float(asked_of[place]) / others
        error = np.sqrt(1 / slower[place] + 1 / (slower.sum() - slower[place] + HALF_EVENT))
        lower = ratio * float(np.exp(-odds * error))
        if slower[place] < LEAST_RATIO * due[place] or lower <= RISK:
            continue
        cause = Cause(
            dimension=dimension,
            value=name,
            share_of_excess=own / excess,
            share_of_requests=float(asked_of[place]) / total,
            ratio_lower=lower,
            failing=float(slower[place]),
            requests=float(asked_of[place]),
            expected=float(due[place]),
            fails_more=own,
            comes_more=0.0,
        )
        found.append((own / excess, cause))
    found.sort(key=lambda one: -one[0])
    if not found or found[0][0] < CARRIES:
        return ()
    named, carried = [found[0][1]], found[0][0]
    for share, cause in found[1:NAMED]:
        if carried >= ENOUGH:
            break
        named.append(cause)
        carried += share
    return tuple(named)
