"""The running detector, each time without one of its parts: what that part is worth (DETECTION §3.4).

The parts are taken out of the modules of this process, and put back; the program itself knows of none of it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import numpy as np

from loganalyzer import baseline, levels
from loganalyzer.detectors import search, throughout, traffic_search

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loganalyzer.baseline import Floats, Integers

MORE: Final = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Decades by which the threshold is raised, until there are no more false alarms than with all parts."""


def _no_level(events: Floats, *_: object) -> Floats:
    return np.ones(events.size)


def _no_level_at(minutes: Integers, *_: object) -> Floats:
    return np.ones(minutes.size)


@contextmanager
def without_level() -> Iterator[None]:
    """Expect now what is usual, whatever the last hours were like.

    Where a log is too short for a rhythm of traffic, what lies around a window is all there is, and stays.
    """
    with (
        patch.object(baseline, "level", _no_level),
        patch.object(baseline, "level_at", _no_level_at),
        patch.object(levels, "level", _no_level),
        patch.object(levels, "steady", _no_level),
    ):
        yield


def _size_of(mean: Floats, phi: Any, events: Any) -> Floats:  # noqa: ANN401  # numbers or arrays
    inflation = np.asarray(phi) * (1 + mean / np.asarray(events))
    return np.asarray(mean / np.maximum(inflation - 1, 1e-12 * mean))


@contextmanager
def without_drift() -> Iterator[None]:
    """Let counts scatter as clumps do, and no share drift: κ = 0."""
    with patch.object(baseline, "_size", lambda mean, phi, _, events: _size_of(mean, phi, events)):
        yield


@contextmanager
def without_spread() -> Iterator[None]:
    """Let counts scatter as chance alone does: φ = 1, κ = 0; only the baseline's own error remains."""
    with patch.object(baseline, "_size", lambda mean, _phi, _kappa, events: _size_of(mean, 1.0, events)):
        yield


@contextmanager
def without_sustain_rule() -> Iterator[None]:
    """Report two bad minutes as an incident."""
    with (
        patch.object(search, "_judged", lambda _series, _family, spell: spell),
        patch.object(throughout, "is_heavy", lambda *_: True),
        patch.object(traffic_search, "_judged", lambda *arguments: replace(arguments[-1], lasting=True)),
    ):
        yield


ABLATIONS: Final[dict[str, Callable[[], AbstractContextManager[None]]]] = {
    "ours": nullcontext,
    "ours without local level": without_level,
    "ours without κ": without_drift,
    "ours without φ, κ": without_spread,
    "ours without sustain rule": without_sustain_rule,
}


@contextmanager
def ablated(name: str, more: float = 0.0) -> Iterator[None]:
    """Run the detector without a part, its threshold raised by some decades."""
    usual = baseline.threshold
    with (
        patch.object(baseline, "threshold", lambda series: usual(series) + more),
        ABLATIONS[name](),
    ):
        yield
