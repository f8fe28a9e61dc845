"""blips: stretches of at most two minutes that are neither sustained nor heavy, listed together.

Why it matters
    Restarts and deploys fail a few requests each time. One line says so; an alarm each would bury the rest.
How it is judged
    What the questions about bursts flag but find over within two minutes, and below 5 % of an hour's
    requests: one finding per vendor, always a notice.
Known misses
    Two blips within ten minutes count as a burst.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from loganalyzer.detectors import client_closed_spike, origin_unreachable, server_error_burst
from loganalyzer.detectors.bursts import answer

if TYPE_CHECKING:
    from loganalyzer.detectors.series import Counted
    from loganalyzer.findings import Finding

QUESTIONS: Final = (
    client_closed_spike.QUESTION,
    origin_unreachable.QUESTION,
    server_error_burst.QUESTION,
)


def detect(tables: Counted) -> list[Finding]:
    """Return one finding per vendor that had blips, by vendor; `stretches` lists them, oldest first.

    Counts, statuses and requests are sums over the blips; family, score, model and peak those of the one with
    the highest score.
    """
    blips = [blip for question in QUESTIONS for blip in answer(tables, question).blips]
    vendors = sorted({blip.vendor or "" for blip in blips})
    return [_together([blip for blip in blips if (blip.vendor or "") == vendor]) for vendor in vendors]


def _together(blips: list[Finding]) -> Finding:
    """Return the blips of one vendor as one finding."""
    statuses = Counter[int | None]()
    for blip in blips:
        statuses.update(dict(blip.statuses))
    servers = {blip.server for blip in blips}
    return replace(
        max(blips, key=lambda blip: blip.score),
        kind="blips",
        severity="notice",
        server=servers.pop() if len(servers) == 1 else None,
        start=min(blip.start for blip in blips),
        end=max(blip.end for blip in blips),
        ongoing=any(blip.ongoing for blip in blips),
        observed=sum(blip.observed for blip in blips),
        expected=sum(blip.expected for blip in blips),
        requests=sum(blip.requests for blip in blips),
        statuses=tuple(sorted(statuses.items(), key=lambda item: (-item[1], item[0] or 0))),
        stretches=tuple(sorted({(blip.start, blip.end) for blip in blips})),
    )
