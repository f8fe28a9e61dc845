"""Tables → findings: the explicit tuple of detectors, and all they say, oldest first."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

from loganalyzer.detectors import (
    auth_failure_surge,
    auth_loop,
    bad_request_surge,
    client_closed_spike,
    forbidden_surge,
    latency_shift,
    log_silence,
    not_found_scan,
    not_found_surge,
    origin_unreachable,
    quiet_day,
    rate_limit_storm,
    retry_storm,
    rotation_gap,
    server_error_burst,
    traffic_drop,
    traffic_surge,
    unreadable_lines,
)
from loganalyzer.detectors.blips import gathered
from loganalyzer.detectors.series import see
from loganalyzer.detectors.single_client import from_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

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
    traffic_drop.detect,
    log_silence.detect,
    traffic_surge.detect,
    quiet_day.detect,
    rotation_gap.detect,
)


RULES: Final = (auth_loop.RULE, not_found_scan.RULE, retry_storm.RULE)
"""What single clients do: suspects come from the tables, and a second look at their lines decides."""


def detect(tables: Counted, history: Counted | None = None, zone: tzinfo = UTC) -> tuple[Finding, ...]:
    """Return the findings of every detector, sorted by start, kind, vendor and server.

    With `history`, the Tables of what was logged before, that alone tells what is usual, and only `tables` are
    judged. By the clock of `zone` people live. What one client alone was denied is a notice, who could not log in did
    not stay away, and the blips of a vendor are one finding over all detectors.
    """
    seen = see(tables, history, zone)
    found = from_tables((finding for detector in DETECTORS for finding in detector(seen)), tables)
    return tuple(gathered(traffic_drop.but_in_vain(found)))
