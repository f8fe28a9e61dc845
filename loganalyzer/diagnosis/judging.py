"""Counts → a judgement: a share is above a limit, below it, or too few requests tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.baseline import share_at_least

if TYPE_CHECKING:
    from loganalyzer.diagnosis.verdict import Judgement

LEAST: Final = 5
"""Requests below which no share is told, whatever its bounds: one client that tries again makes as many."""


def bounds(part: float, whole: float) -> tuple[float, float]:
    """Return both ends of Wilson's 95 % interval of a share; of nothing it may be anything.

    >>> [round(bound, 3) for bound in bounds(9, 10)]
    [0.596, 0.982]
    >>> bounds(0, 0)
    (0.0, 1.0)
    """
    low, rest = share_at_least([part, whole - part], [whole, whole])
    return float(low), 1.0 - float(rest)


def ratio(part: float, whole: float) -> float:
    """Return a share; of nothing it is 0."""
    return part / whole if whole > 0 else 0.0


def share(part: float, whole: float, least: float, most: float | None = None) -> Judgement:
    """Return whether a share is surely at least `least`, or surely below `most` (`least` where none is given).

    >>> share(90, 100, 0.5), share(1, 100, 0.5), share(55, 100, 0.5), share(3, 3, 0.5)
    ('supported', 'contradicted', 'cannot tell', 'cannot tell')
    """
    low, high = bounds(part, whole)
    if whole < LEAST:
        return "cannot tell"
    if low >= least:
        return "supported"
    return "contradicted" if high < (least if most is None else most) else "cannot tell"


def every(*judgements: Judgement) -> Judgement:
    """Return what is told where all must hold: one that is contradicted contradicts, one that is open leaves open.

    >>> every("supported", "cannot tell"), every("cannot tell", "contradicted")
    ('cannot tell', 'contradicted')
    """
    if "contradicted" in judgements:
        return "contradicted"
    return "cannot tell" if "cannot tell" in judgements else "supported"


def share_between(
    low: float, high: float, whole: float, least: float, most: float | None = None
) -> tuple[Judgement, float]:
    """Return what `share` says of a part that is known only to be from `low` to `high`, and the part that says so.

    >>> share_between(90, 95, 100, 0.8), share_between(1, 5, 100, 0.8), share_between(10, 90, 100, 0.5)
    (('supported', 90), ('contradicted', 5), ('cannot tell', 90))
    """
    if share(low, whole, least, most) == "supported":
        return "supported", low
    return "contradicted" if share(high, whole, least, most) == "contradicted" else "cannot tell", high
