"""What must hold for any log: nothing raised, no matter the order, the split, the day; the budget on clean days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loganalyzer.detectors import DETECTORS, detect
from loganalyzer.detectors.series import see
from parsers.schema import VENDORS
from tests.minute_counts import DAY, START, Background, Incident, Minutes, Site, site, tables

if TYPE_CHECKING:
    from tests.minute_counts import Row

BUSY = Site(
    rate=80,
    days=3,
    vendor="cloudflare",
    background=(
        Background(499, 0.004, 0.0005),
        Background(500, 0.0008, 0.002),
        Background(502, 0.0005, 0.0005),
        Background(522, 0.0006, 0.0006, unreached=True),
    ),
    incidents=(
        Incident(522, 700, 25, 0.2, unreached=True),
        Incident(499, 705, 30, 0.15),
        Incident(500, 2000, 90, 0.05),
        Incident(502, 3500, 1, 0.4),
        Incident(503, 3 * DAY - 20, 20, 0.5),
    ),
)


def test_the_busy_site_has_what_was_put_in() -> None:
    kinds = [finding.kind for finding in detect(site(BUSY, 1))]
    assert kinds == [
        "origin-unreachable",
        "client-closed-spike",
        "server-error-burst",
        "blips",
        "server-error-burst",
    ]


def test_detectors_are_named_once_and_detect_is_sorted() -> None:
    found = detect(site(BUSY, 1))
    assert len(set(DETECTORS)) == len(DETECTORS)
    assert list(found) == sorted(found, key=lambda f: (f.start, f.kind, f.vendor or "", f.server or ""))
    assert len({finding.id for finding in found}) == len(found)


def test_order_of_rows_changes_nothing() -> None:
    counts = site(BUSY, 1)
    assert detect(Minutes(counts.minutes.sample(fraction=1, shuffle=True, seed=5))) == detect(counts)


def test_split_rows_change_nothing() -> None:
    counts = site(BUSY, 1).minutes
    half = (pl.col("records") + 1) // 2
    parts = [
        counts.with_columns(records=records, weight=records.cast(pl.Float64)).filter(pl.col("records") > 0)
        for records in (half, pl.col("records") - half)
    ]
    named = parts[1].with_columns(host=pl.lit("www.example.com"), upstream_status=pl.lit(200, pl.Int16))
    assert detect(Minutes(pl.concat([parts[0], named]))) == detect(Minutes(counts))


@pytest.mark.parametrize("days", [1, 7, 1000])
def test_days_later_it_is_the_same(days: int) -> None:
    shift = timedelta(days=days)
    counts = site(BUSY, 1).minutes
    later = detect(Minutes(counts.with_columns(pl.col("minute") + shift)))
    back = tuple(
        replace(
            found,
            start=found.start - shift,
            end=found.end - shift,
            peak=found.peak - shift if found.peak else None,
            flagged=found.flagged - shift if found.flagged else None,
            stretches=tuple((start - shift, end - shift) for start, end in found.stretches),
        )
        for found in later
    )
    assert back == detect(Minutes(counts))


def test_only_requests_count() -> None:
    counts = site(BUSY, 1).minutes
    others = [
        counts.with_columns(role=pl.lit(role).cast(counts.schema["role"]), status=pl.lit(503, pl.Int16))
        for role in ("handshake", "tunnel", "subrequest", "probe")
    ]
    assert detect(Minutes(pl.concat([counts, *others]))) == detect(Minutes(counts))


def test_sampled_lines_stand_for_more_and_say_no_more() -> None:
    counts = site(BUSY, 1).minutes
    sampled = Minutes(counts.with_columns(weight=pl.col("weight") * 10))
    plain, estimated = detect(Minutes(counts)), detect(sampled)
    assert [(f.kind, f.statuses) for f in estimated] == [(f.kind, f.statuses) for f in plain]
    assert [f.observed for f in estimated] == [10 * f.observed for f in plain]
    assert [f.severity for f in estimated] == [f.severity for f in plain]
    assert all(e.score <= p.score * 1.2 for e, p in zip(estimated, plain, strict=True))


def test_no_record_no_finding() -> None:
    assert detect(tables([])) == ()


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("status", [200, 499, 500, 522, 0, 999, None])
@pytest.mark.parametrize("minutes", [1, 2, 3, 29, 40, 130, 800])
def test_short_and_uniform_logs_raise_nothing(vendor: str, status: int | None, minutes: int) -> None:
    for records in (1, 300):
        rows = [(vendor, "a", minute, records, status, status == 522, 1.0) for minute in range(minutes)]
        for finding in detect(tables(rows)):
            assert finding.shape == "throughout"
            assert finding.observed == finding.requests == records * minutes


ROWS = st.lists(
    st.tuples(
        st.sampled_from(VENDORS),
        st.sampled_from([None, "a", "b"]),
        st.integers(0, 9000) | st.integers(0, 60),
        st.integers(1, 400),
        st.sampled_from([200, 404, 499, 500, 502, 522, 0, None]),
        st.booleans(),
        st.sampled_from([1.0, 1.0, 10.0]),
    ),
    max_size=80,
)


@settings(max_examples=60)
@given(ROWS)
def test_any_counts_give_findings_that_hold_together(rows: list[Row]) -> None:
    for finding in detect(tables(rows)):
        assert START <= finding.start < finding.end
        assert finding.observed > finding.expected >= 0
        assert finding.requests >= finding.observed
        assert sum(count for _, count in finding.statuses) <= finding.observed
        assert finding.peak is not None
        assert finding.start <= finding.peak < finding.end
        assert (finding.kind == "blips") == bool(finding.stretches)


def test_grid_knows_what_it_does_not_know() -> None:
    rows: list[Row] = [
        ("nginx", None, minute, 5, 200, False, 1.0) for minute in (0, 1, 2, 5, 3000, 3001, 3002)
    ]
    (series,) = see(tables(rows)).series
    assert series.logged.sum() == 9  # minutes 0 to 5 and 3000 to 3002
    assert series.known.sum() == 5  # not the first and the last of each
    assert series.requests[series.logged].tolist() == [5, 5, 5, 0, 0, 5, 5, 5, 5]
    assert series.at(0) == START
    assert (series.minute[~series.logged] == -1).all()


@pytest.mark.parametrize("rate", [2, 20, 200, 3000])
def test_clean_weeks_stay_within_the_alarm_budget(rate: int) -> None:
    """Seventy clean days at each rate: the budget of 0.05 a day allows three findings, one is more than needed."""
    clumps = (1.3, 1.6, 2.0, 2.5, 3.0)
    found = [
        finding
        for seed, clump in enumerate(clumps)
        for finding in detect(
            site(
                replace(
                    BUSY,
                    rate=rate,
                    days=14,
                    incidents=(),
                    background=tuple(replace(background, clump=clump) for background in BUSY.background),
                ),
                100 + seed,
            )
        )
        if finding.severity != "notice"
    ]
    assert len(found) <= 1


@pytest.mark.parametrize("rate", [20, 200, 3000])
@pytest.mark.parametrize("days", [0.1, 0.5, 1, 1.5])
def test_short_clean_logs_are_silent(rate: int, days: float) -> None:
    for seed in range(5):
        clean = replace(BUSY, rate=rate, days=days, incidents=())
        assert [finding for finding in detect(site(clean, 200 + seed)) if finding.severity != "notice"] == []


@pytest.mark.parametrize(("rate", "share"), [(20, 0.3), (200, 0.05), (3000, 0.05)])
def test_incidents_of_half_an_hour_are_found_on_their_minutes(rate: int, share: float) -> None:
    statuses = ((499, False), (500, False), (502, False), (522, True))
    incidents = tuple(
        Incident(*statuses[number % 4][:1], 400 + 700 * number, 30, share, unreached=statuses[number % 4][1])
        for number in range(12)
    )
    week = replace(BUSY, rate=rate, days=7, incidents=incidents)
    found = [finding for finding in detect(site(week, 300)) if finding.severity != "notice"]
    hits = [
        finding
        for incident in incidents
        for finding in found
        if abs(finding.start - START - timedelta(minutes=incident.start)) <= timedelta(minutes=5)
        and abs(finding.end - START - timedelta(minutes=incident.start + 30)) <= timedelta(minutes=10)
    ]
    assert len(hits) >= 11
    assert len(found) <= 13
