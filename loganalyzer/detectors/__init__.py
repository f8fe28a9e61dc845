"""Tables → findings: the explicit tuple of detectors, and all they say, oldest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.detectors import client_closed_spike, origin_unreachable, server_error_burst
from loganalyzer.detectors.blips import gathered

if TYPE_CHECKING:
    from collections.abc import Callable

    from loganalyzer.detectors.series import Counted
    from loganalyzer.findings import Finding

DETECTORS: Final[tuple[Callable[[Counted], list[Finding]], ...]] = (
    server_error_burst.detect,
    origin_unreachable.detect,
    client_closed_spike.detect,
)


def detect(tables: Counted) -> tuple[Finding, ...]:
    """Return the findings of every detector, sorted by start, kind, vendor and server.

    The blips of a vendor are one finding over all detectors.
    """
    return tuple(gathered(finding for detector in DETECTORS for finding in detector(tables)))
