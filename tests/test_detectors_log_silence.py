"""log-silence: gaps that no chance explains, whose log went on meanwhile, and gaps that say nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loganalyzer import baseline
from loganalyzer.detectors import log_silence, traffic_drop
from tests.minute_counts import DAY, tables
from tests.traffic_counts import at, files, found, left, together, traffic


def test_a_silent_log_is_found_on_its_minutes() -> None:
    counts = traffic(rate=60, days=7, seed=1)
    assert found(log_silence.detect, counts) == []
    silent = left(counts, 4 * DAY + 842, 29, 0.0)
    (gap,) = found(log_silence.detect, silent)
    assert (gap.kind, gap.severity, gap.observed) == ("log-silence", "critical", 0)
    assert (gap.start, gap.end) == (at(4 * DAY + 842), at(4 * DAY + 871))
    assert gap.going_on is None
    model = gap.model
    assert (model.window_s, model.y, model.direction) == (29 * 60, 0, "down")
    score = baseline.score_below(model.y, model.m, model.phi, model.kappa, model.M)
    assert gap.score == pytest.approx(float(score))
    assert found(traffic_drop.detect, silent) == []


def test_who_watches_knows_of_a_silence_long_before_it_ends() -> None:
    """At sixty requests a minute, as soon as no chance explains it; at two, when enough of them are missing."""
    busy = traffic(rate=60, days=7, seed=1)
    (gap,) = found(log_silence.detect, left(busy, 4 * DAY + 842, 60, 0.0))
    assert gap.flagged is not None
    assert timedelta(minutes=3) <= gap.flagged - gap.start <= timedelta(minutes=5)
    sleepy = traffic(rate=2, days=14, seed=2)
    (long,) = found(log_silence.detect, left(sleepy, 9 * DAY + 700, 120, 0.0))
    assert long.flagged is not None
    assert gap.flagged - gap.start < long.flagged - long.start < timedelta(minutes=60)


def test_a_sleepy_site_cannot_be_called_silent() -> None:
    counts = traffic(rate=2, days=14, seed=2)
    assert found(log_silence.detect, left(counts, 9 * DAY + 180, 5, 0.0)) == []
    (gap,) = found(log_silence.detect, left(counts, 9 * DAY + 700, 60, 0.0))
    assert gap.start <= at(9 * DAY + 700)
    assert gap.end >= at(9 * DAY + 760)


def test_lines_of_any_kind_break_the_silence() -> None:
    counts = left(traffic(rate=60, days=4, seed=3), 3 * DAY + 700, 30, 0.0)
    probes = tables(
        [("nginx", None, minute, 1, 200, False, 1.0) for minute in range(3 * DAY + 690, 3 * DAY + 740)]
    )
    probed = together(counts, probes)
    assert found(log_silence.detect, probed) == []
    (drop,) = found(traffic_drop.detect, probed)
    assert drop.severity == "critical"


def test_only_one_server_went_silent() -> None:
    servers = [traffic(rate=60, days=3, seed=number, server=f"web-{number}") for number in (1, 2, 3)]
    one = together(*servers[:2], left(servers[2], 2 * DAY + 700, 30, 0.0))
    (gap,) = found(log_silence.detect, one)
    assert (gap.server, gap.going_on) == ("web-3", 2)
    every = together(*(left(server, 2 * DAY + 700, 30, 0.0) for server in servers))
    assert [gap.going_on for gap in found(log_silence.detect, every)] == [0, 0, 0]


def test_a_server_that_ends_before_the_others_is_silent_but_never_grave() -> None:
    servers = [traffic(rate=60, days=3, seed=number, server=f"web-{number}") for number in (1, 2)]
    ended = left(servers[1], 3 * DAY - 60, 60, 0.0)
    (gap,) = found(log_silence.detect, together(servers[0], ended))
    assert (gap.server, gap.severity, gap.ongoing, gap.going_on) == ("web-2", "minor", True, 1)
    assert abs(gap.start - at(3 * DAY - 60)) <= timedelta(minutes=1)
    assert found(log_silence.detect, together(*servers)) == []
    assert found(log_silence.detect, ended) == []  # nothing tells that time went on


def test_two_minutes_are_a_notice() -> None:
    (gap,) = found(log_silence.detect, left(traffic(rate=600, days=7, seed=6), 5 * DAY + 700, 2, 0.0))
    assert (gap.severity, gap.end - gap.start) == ("notice", timedelta(minutes=2))


def test_days_without_a_line_are_no_silence() -> None:
    counts = left(traffic(rate=60, days=9, seed=7), 3 * DAY, 3 * DAY, 0.0)
    assert found(log_silence.detect, counts) == []


@pytest.mark.parametrize("hours", [26, 38, 46])
def test_more_than_a_day_is_silence_inside_one_file(hours: int) -> None:
    counts = left(traffic(rate=60, days=9, seed=8), 2 * DAY + 842, hours * 60, 0.0)  # on a Wednesday
    whole = files(counts, (at(0), at(9 * DAY - 1)))
    (gap,) = found(log_silence.detect, whole)
    assert (gap.severity, gap.observed) == ("critical", 0)
    assert (gap.start, gap.end) == (at(2 * DAY + 842), at(2 * DAY + 842 + hours * 60))
    two = files(counts, (at(0), at(2 * DAY + 841.5)), (at(2 * DAY + 842.5 + hours * 60), at(9 * DAY - 1)))
    assert found(log_silence.detect, two) == []


def test_a_site_that_closes_is_not_silent() -> None:
    counts = traffic(rate=60, days=9, seed=9)
    whole = (at(0), at(9 * DAY - 1))
    sunday = left(counts, 5 * DAY + 1080, 38 * 60, 0.0)  # from Saturday evening to Monday morning
    assert found(log_silence.detect, files(sunday, whole)) == []
    twice = left(left(counts, 1 * DAY + 300, 30 * 60, 0.0), 3 * DAY + 300, 30 * 60, 0.0)
    assert found(log_silence.detect, files(twice, whole)) == []
    longer = left(counts, 2 * DAY, 49 * 60, 0.0)
    assert found(log_silence.detect, files(longer, whole)) == []
