"""Tables → findings: the explicit tuple of detectors, and all they say, oldest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.detectors import blips, client_closed_spike, origin_unreachable, server_error_burst

if TYPE_CHECKING:
    from collections.abc import Callable

    from loganalyzer.detectors.series import Counted
    from loganalyzer.findings import Finding

DETECTORS: Final[tuple[Callable[[Counted], list[Finding]], ...]] = (
    server_error_burst.detect,
    origin_unreachable.detect,
    client_closed_spike.detect,
    blips.detect,
)


def detect(tables: Counted) -> tuple[Finding, ...]:
    """Return the findings of every detector, sorted by start, kind, vendor and server."""
    found = [finding for detector in DETECTORS for finding in detector(tables)]
    return tuple(sorted(found, key=lambda f: (f.start, f.kind, f.vendor or "", f.server or "", f.end)))
