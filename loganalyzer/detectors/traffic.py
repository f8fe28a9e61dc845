"""Series → its traffic: where it falls short of its rhythm or is beyond it, how bad that is, and as a finding.

The search itself is in `traffic_search`; several detectors read what it found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil, log
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

import numpy as np
import polars as pl

from loganalyzer import baseline
from loganalyzer.aggregates.grouping import START_SHIFT_LIMIT_S
from loganalyzer.aggregates.latency import GRAINS, edges
from loganalyzer.attribution import lower_share
from loganalyzer.baseline import DAY, trailing
from loganalyzer.clock import of_the_clock
from loganalyzer.detectors.files import Files, files_of, silent_between
from loganalyzer.detectors.search import LEVEL_LEAST, LEVEL_PART
from loganalyzer.detectors.series import SPLIT_IN_FILE
from loganalyzer.detectors.stretch import JOIN
from loganalyzer.detectors.traffic_search import (
    LEAST_EXPECTED,
    Spell,
    Window,
    model_of,
    of_none,
    refitted,
    settled,
    with_history,
)
from loganalyzer.findings import Finding

if TYPE_CHECKING:
    from loganalyzer.baseline import Booleans, Floats
    from loganalyzer.detectors.series import Counted, Seen, Series
    from loganalyzer.findings import Direction, Severity, Shape
    from loganalyzer.rhythm import Rhythm

FAMILY: Final = "total"
MINUTE: Final = timedelta(minutes=1)


LEAST_PAST: Final = DAY // 2
"""Minutes of history below which what is fresh is compared with itself as well."""

GRADES: Final[tuple[tuple[Severity, float, int, float], ...]] = (
    ("critical", 0.1, 5, 50.0),
    ("major", 0.5, 10, 20.0),
)
"""Severity, part of the requests that is left at most, for so many minutes, in which so many were expected."""

START_STAMPED: Final = ("apache", "cloudflare")
"""Vendors whose stamp is the start of a request: at the end of their log, those still under way are not yet written."""
TAIL: Final = 0.999
"""Part of the durations that is over by the time the minutes at the end of a log are believed."""

ONSET: Final = 15
"""Minutes on both sides of an onset that tell a fall from a slope."""
ONSET_REQUESTS: Final = 60.0
ONSET_MOST: Final = 60
"""Requests that must be expected in them, or they are more, at most an hour: of few any slope looks abrupt."""
ABRUPT: Final = 0.7

SERVER_ERRORS: Final = ("5xx-all", "52x")
"""Families that tell whether a server answers those who come as it usually does."""
CHANGED: Final = 1.5
ODDS: Final = 3 * log(1_000)
"""Times by which their share must surely be above or below the usual, one chance in a thousand, for errors that come
three at a time."""

GOES_ON: Final = 5
"""Minutes by which other servers of a vendor must outlast one that is then called silent."""


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
    for start, end in [*gaps, *of_the_clock(_steps(seen), series)]:
        known[start:end] = False
    if series is own and not series.continued:
        known[max(0, known.size - 1 - _under_way(seen.tables, series)) :] = False
    if np.count_nonzero(known) < baseline.LEAST_HISTORY:
        return None
    unit = _unit(seen.tables, series)
    needed = baseline.threshold(seen.tested)
    requests = series.requests / unit
    if trailing(requests, min(SPLIT_IN_FILE, requests.size)).max() < LEAST_EXPECTED:
        return None  # too few for anything to be expected of any stretch
    past = known & ~series.fresh
    if np.count_nonzero(past) >= LEAST_PAST:
        old = refitted(series, requests, past, needed, seen.zone)
        search = with_history(series, requests, known, old, needed, seen.zone)
    else:
        search = refitted(series, requests, known, needed, seen.zone)
    spells: dict[Direction, tuple[Spell, ...]] = {}
    for direction in search.spells:
        every = settled(search, known, direction)
        spells[direction] = tuple(spell for spell in every if series.fresh[spell.end - 1])
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


def _steps(seen: Seen) -> pl.DataFrame:
    """Return the steps back of the stamps, those of the history among them."""
    if seen.history is None:
        return seen.tables.steps
    return pl.concat([seen.history.steps, seen.tables.steps])


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


def answers(traffic: Traffic, spell: Spell) -> tuple[tuple[str, float], ...]:
    """Return the share of server errors of a spell and the usual one, and 1 or -1 where it surely rose or fell, else 0.

    What is usual is told by what was logged before, where there is enough of that, else by all other minutes.
    """
    series, inside = traffic.series, slice(spell.start, spell.end)
    usual = traffic.known & ~series.fresh
    if np.count_nonzero(usual) < LEAST_PAST:
        usual = traffic.known.copy()
        for other in (*traffic.spells["down"], *traffic.spells["up"]):
            usual[other.start : other.end] = False
    errors, asked = series.bad(SERVER_ERRORS), series.requests
    n, of = float(asked[inside].sum()), float(asked[usual].sum())
    if n <= 0 or of <= 0:
        return ()
    share, before = float(errors[inside].sum()) / n, (float(errors[usual].sum()) + 0.5) / of
    trials = n / max(traffic.unit, series.unit(SERVER_ERRORS))
    low, others = lower_share(np.array([share, 1 - share]), trials, ODDS)
    change = 1.0 if low > CHANGED * before else -1.0 if (1 - others) * CHANGED < before else 0.0
    return (("error_share", share), ("usual_error_share", before), ("error_change", change))


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
    seen, due = traffic.requests, traffic.rhythm.mean
    so_far = np.cumsum(np.where(traffic.known, due, 0.0)[spell.start : spell.start + ONSET_MOST])
    minutes = min(ONSET_MOST, max(ONSET, int(np.count_nonzero(so_far < ONSET_REQUESTS)) + 1))
    before, after = (
        np.flatnonzero(traffic.known[low:high]) + low
        for low, high in (
            (max(0, spell.start - minutes), spell.start),
            (spell.start, min(spell.start + minutes, spell.end)),
        )
    )
    if not before.size or not after.size or not seen[before].sum():
        return False
    fell = (seen[after].sum() / due[after].sum()) / (seen[before].sum() / due[before].sum())
    return bool(fell <= ABRUPT)


def gaps(traffic: Traffic) -> list[Spell]:
    """Return the stretches between two files in which so many lines are missing that it is no chance."""
    found = []
    for begin, stop in traffic.gaps:
        start, end = begin + 1, stop - 1
        base, m = (float(values[start:end].sum()) for values in (traffic.rhythm.low, traffic.due["down"]))
        spread = traffic.rhythm.spread(end - start)
        score = float(baseline.score_below(0.0, m, spread.phi, spread.kappa, traffic.rhythm.requests))
        if m >= LEAST_EXPECTED and score >= of_none(traffic.needed) and traffic.series.fresh[stop - 1]:
            window = Window(start, end, end - start, 0.0, base, m / base, end - 1)
            model = model_of(traffic.rhythm, window, "down", of_none(traffic.needed))
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
