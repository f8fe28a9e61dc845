"""rotation-gap: what lies at the edge of a file is no outage, and what does not is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loganalyzer.detectors import log_silence, rotation_gap, traffic_drop
from tests.minute_counts import DAY
from tests.traffic_counts import at, files, found, left, traffic

COUNTS = traffic(rate=120, days=4, seed=1)
LAST = at(4 * DAY - 0.1)


@pytest.mark.parametrize(
    ("start", "minutes", "kind"),
    [
        (3 * DAY + 600.2, 8, "rotation-gap"),  # short: truncated while it was copied
        (3 * DAY + 600.0, 119, "rotation-gap"),  # on the clock: a file is missing
        (3 * DAY + 607.5, 50, "log-silence"),  # a server that came back with a new file
    ],
)
def test_a_gap_between_files_is_what_its_edges_say(start: float, minutes: int, kind: str) -> None:
    whole = int(start) + 1
    silent = left(COUNTS, whole, minutes, 0.0)
    apart = files(silent, (at(0), at(start)), (at(whole + minutes + 0.1), LAST))
    gaps = [*found(rotation_gap.detect, apart), *found(log_silence.detect, apart)]
    assert [gap.kind for gap in gaps] == [kind]
    assert gaps[0].start == at(whole)
    assert gaps[0].end == at(whole + minutes)
    assert (gaps[0].severity == "notice") == (kind == "rotation-gap")
    (same,) = found(log_silence.detect, silent)  # one file: nobody cut it
    assert same.start == at(whole)


def test_files_that_follow_each_other_say_nothing() -> None:
    hours = [(at(60 * hour), at(60 * hour + 59.99)) for hour in range(96)]
    assert found(rotation_gap.detect, files(COUNTS, *hours)) == []


def test_a_file_that_ends_while_others_go_on_is_no_drop() -> None:
    lower = left(COUNTS, 3 * DAY + 700, DAY - 700, 0.4)
    (drop,) = found(traffic_drop.detect, lower)
    assert abs(drop.start - at(3 * DAY + 700)) <= timedelta(minutes=1)
    beside = files(lower, (at(0), at(3 * DAY + 699.9)), (at(0), LAST))
    assert found(traffic_drop.detect, beside) == []
    (gap,) = found(rotation_gap.detect, beside)
    assert (gap.kind, gap.severity, gap.start) == ("rotation-gap", "notice", drop.start)
