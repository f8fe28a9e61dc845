"""Failing requests of a stretch → severity: how bad it was for those who asked, never how improbable.

Burn rates follow the multi-window rules of Google's SRE workbook; both windows end in the stretch, the longer
one may begin before it and is cut off where the log begins. Every rule needs `LEAST_BAD` failing requests in
its longer window and the lower end of Wilson's interval above its limit, so that a few failures at night page
nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from loganalyzer.baseline import share_at_least, trailing
from loganalyzer.findings import SEVERITIES

if TYPE_CHECKING:
    from loganalyzer.baseline import Floats
    from loganalyzer.detectors.series import Series
    from loganalyzer.findings import Severity

BUDGET: Final = 0.001
"""Share of requests that may fail: an objective of 99.9 %."""

LEFT_BUDGET: Final = 0.01
"""Share of requests that clients may give up: visitors click on before a page is there, and one or two in a hundred
is a healthy day; ten in a hundred for hours is what slow answers do."""

LEAST_BAD: Final = 20
LEAST_REQUESTS: Final = 1000
"""Requests in the longer window below which a burn rate means nothing: one failure would burn the budget."""

BURNS: Final[tuple[tuple[Severity, float, int, int], ...]] = (
    ("critical", 14.4, 5, 60),  # 2 % of a month's budget in an hour
    ("major", 6.0, 30, 360),  # 5 % of it in six hours
)
"""Severity, burn rate, minutes of the shorter and of the longer window."""

SHARES: Final[tuple[tuple[Severity, float, int], ...]] = (("critical", 0.5, 5), ("major", 0.2, 5))
"""Severity, share of all requests that failed, minutes: every second, every fifth visitor."""

UNREACHED: Final[tuple[tuple[Severity, float, int], ...]] = (("major", 0.05, 3),)
"""The same for requests that reached no origin: nothing behind the edge can make up for those."""


def severity(
    series: Series, families: tuple[str, ...], start: int, end: int, budget: float | None
) -> Severity:
    """Return how bad the minutes from `start` to `end` (exclusive) were.

    `families` hold what failed, `budget` the share that may; without one there are no burn rates. Counts are of
    lines: sampling makes a log thinner, not surer.
    """
    unit = series.unit(families)
    bad, unreached, requests = (
        column / unit for column in (series.bad(families), series.bad(("52x",)), series.requests)
    )
    met = {
        name
        for name, rate, short, long in (BURNS if budget is not None else ())
        if budget is not None and _burns(bad, requests, start, end, rate * budget, short, long)
    }
    met |= {name for name, share, width in SHARES if _fails(bad, requests, start, end, share, width)}
    if "52x" in families:
        met |= {
            name for name, share, width in UNREACHED if _fails(unreached, requests, start, end, share, width)
        }
    return max(met, key=SEVERITIES.index, default="minor")


def _burns(bad: Floats, requests: Floats, start: int, end: int, limit: float, short: int, long: int) -> bool:
    """Tell whether more than the share `limit` failed in both windows at some minute of the stretch."""
    begin = max(0, start - long)
    sums = {width: _sums(bad, requests, begin, end, width) for width in (short, long)}
    failed, asked = sums[long]
    met = (failed >= LEAST_BAD) & (asked >= LEAST_REQUESTS) & (share_at_least(failed, asked) > limit)
    failed, asked = sums[short]
    met &= failed > limit * asked
    return bool(met[start - begin :].any())


def _fails(bad: Floats, requests: Floats, start: int, end: int, share: float, width: int) -> bool:
    """Tell whether more than `share` failed in some `width` minutes of the stretch, or in the whole of it."""
    if end - start < width:
        return False
    failed, asked = _sums(bad, requests, start, end, width)
    failed, asked = failed[width - 1 :], asked[width - 1 :]
    failed, asked = np.append(failed, bad[start:end].sum()), np.append(asked, requests[start:end].sum())
    return bool(((failed >= LEAST_BAD) & (share_at_least(failed, asked) > share)).any())


def _sums(bad: Floats, requests: Floats, begin: int, end: int, width: int) -> tuple[Floats, Floats]:
    """Return failed and all requests of the `width` minutes that end with each from `begin` to `end`."""
    return trailing(bad[begin:end], width), trailing(requests[begin:end], width)
