"""blips: stretches of at most two minutes that are neither sustained nor heavy, listed together.

Why it matters
    Restarts and deploys fail a few requests each time. One line says so; an alarm each would bury the rest.
How it is judged
    What the detectors of bursts flag but find over within two minutes, and below 5 % of an hour's requests: one
    finding per vendor, always a notice.
Known misses
    Two blips within ten minutes count as a burst.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from loganalyzer.detectors.bursts import BLIPS
from loganalyzer.findings import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loganalyzer.findings import Finding


def gathered(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, oldest first, with the blips of each vendor as one; gathering twice changes nothing.

    Its `stretches` list the blips; observed, expected, requests and statuses are sums over them; family, score,
    model and peak are those of the blip with the highest score.
    """
    kept: list[Finding] = []
    blips: dict[str | None, list[Finding]] = {}
    for finding in findings:
        if finding.kind == BLIPS:
            blips.setdefault(finding.vendor, []).append(finding)
        else:
            kept.append(finding)
    kept += [_together(some) for some in blips.values()]
    return sorted(kept, key=in_order)


def _together(blips: list[Finding]) -> Finding:
    """Return the blips of one vendor as one finding."""
    statuses = Counter[int | None]()
    for blip in blips:
        statuses.update(dict(blip.statuses))
    servers = {blip.server for blip in blips}
    return replace(
        max(blips, key=lambda blip: blip.score),
        server=servers.pop() if len(servers) == 1 else None,
        start=min(blip.start for blip in blips),
        end=max(blip.end for blip in blips),
        observed=sum(blip.observed for blip in blips),
        expected=sum(blip.expected for blip in blips),
        requests=sum(blip.requests for blip in blips),
        statuses=tuple(sorted(statuses.items(), key=lambda item: (-item[1], item[0] or 0))),
        stretches=tuple(sorted({stretch for blip in blips for stretch in blip.stretches})),
    )
