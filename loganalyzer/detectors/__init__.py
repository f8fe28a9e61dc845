"""Tables → findings: the explicit tuple of detectors, and all they say, oldest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.detectors import (
    auth_failure_surge,
    auth_loop,
    bad_request_surge,
    client_closed_spike,
    forbidden_surge,
    latency_shift,
    not_found_scan,
    not_found_surge,
    origin_unreachable,
    rate_limit_storm,
    retry_storm,
    server_error_burst,
    unreadable_lines,
)
from loganalyzer.detectors.blips import gathered
from loganalyzer.detectors.series import see

if TYPE_CHECKING:
    from collections.abc import Callable

    from loganalyzer.detectors.series import Counted, Seen
    from loganalyzer.findings import Finding

DETECTORS: Final[tuple[Callable[[Seen], list[Finding]], ...]] = (
    server_error_burst.detect,
    origin_unreachable.detect,
    client_closed_spike.detect,
    rate_limit_storm.detect,
    auth_failure_surge.detect,
    forbidden_surge.detect,
    not_found_surge.detect,
    bad_request_surge.detect,
    unreadable_lines.detect,
    latency_shift.detect,
)


RULES: Final = (auth_loop.RULE, not_found_scan.RULE, retry_storm.RULE)
"""What single clients do: suspects come from the tables, and a second look at their lines decides."""


def detect(tables: Counted, history: Counted | None = None) -> tuple[Finding, ...]:
    """Return the findings of every detector, sorted by start, kind, vendor and server.

    With `history`, the Tables of what was logged before, that alone tells what is usual, and only `tables` are
    judged. The blips of a vendor are one finding over all detectors.
    """
    seen = see(tables, history)
    return tuple(gathered(finding for detector in DETECTORS for finding in detector(seen)))
