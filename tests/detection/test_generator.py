"""The made-up site is as the text says: rates, rhythm, shares, clusters, incidents; and the same every time."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from tests.detection import happenings
from tests.detection.as_tables import tables_of
from tests.detection.cast import cast_of
from tests.detection.clients import visitors
from tests.detection.generator import clusters, make
from tests.detection.rhythm import SMOOTH, day_shape, drift_of, gamma_process, rates_of
from tests.detection.site import CACHED, RATES, SHAPES, VENDORS, draw
from tests.detection.truth import Cause

if TYPE_CHECKING:
    from tests.detection.generator import Run
    from tests.detection.site import Site

SEED = 11


def quick(site: Site) -> Site:
    """Return the site without durations, which take the longest to draw."""
    return dataclasses.replace(site, timed=False)


def answered(run: Run) -> list[int]:
    return [number for number, each in enumerate(run.site.channels) if each.rest and each.name != CACHED]


def test_the_day_has_its_shape() -> None:
    day = day_shape("two harmonics", 6.0)
    assert day.mean() == pytest.approx(1)
    assert day.max() / day.min() == pytest.approx(6)
    assert all(day_shape(shape, 6.0).mean() == pytest.approx(1) for shape in SHAPES)
    assert day_shape("no night", 6.0).max() / day_shape("no night", 6.0).min() < 1.5


@pytest.mark.parametrize("rate", RATES)
def test_rates_are_as_asked_for(rate: float) -> None:
    rates = rates_of(draw(SEED, rate, 28))
    week = rates.people[: 4 * 7 * 1440].mean()
    assert week == pytest.approx(rate * (5 + 2 * 0.6) / 7, rel=0.06)
    assert rates.bots.mean() == pytest.approx(0.1 * rate, rel=0.06)
    assert rates.bots.std() / rates.bots.mean() == pytest.approx(0.25, abs=0.04)


def test_the_weekend_comes_smoothly() -> None:
    site = draw(SEED, 1e9, 28)
    daily = rates_of(site).people.reshape(28, 1440).sum(axis=1)
    weekday = np.array([(site.at(1440 * day).weekday()) for day in range(28)])
    assert daily[weekday == 6].mean() / daily[weekday < 4].mean() == pytest.approx(0.6, abs=0.06)
    assert SMOOTH == 360


def test_processes_have_mean_one_and_their_spread() -> None:
    random = np.random.default_rng(SEED)
    for cv, hold in ((0.10, 300.0), (0.08, 4.0), (0.6, 480.0)):
        process = gamma_process(random, 2_000_000, cv, hold)
        assert process.mean() == pytest.approx(1, abs=0.03)
        assert process.std() == pytest.approx(cv, rel=0.08)
        assert np.corrcoef(process[: -round(hold)], process[round(hold) :])[0, 1] == pytest.approx(
            np.exp(-1), abs=0.08
        )


def test_clusters_have_their_mean_and_clumping() -> None:
    for size in (1.0, 1.3, 3.0, 8.0):
        events, number = clusters(np.random.default_rng(SEED), np.full(400_000, 5.0), size)
        assert events.sum() / number.sum() == pytest.approx(size, rel=0.02)
        assert events.mean() == pytest.approx(5, rel=0.02)
        assert events.var() / events.mean() == pytest.approx(2 * size - 1, rel=0.03)


@pytest.mark.parametrize("vendor", VENDORS)
def test_shares_of_errors_are_those_of_people_and_bots(vendor: str) -> None:
    site = quick(draw(SEED, 3000, 28, vendor=vendor))
    run = make(site, incidents=False, benign=False)
    for number, channel in enumerate(site.channels):
        if channel.human:
            rates = rates_of(site)
            wanted = channel.human * rates.people.sum() + channel.bot * rates.bots.sum()
            assert run.events[number].sum() == pytest.approx(wanted, rel=0.15), channel.name
            assert run.expected[number].sum() == pytest.approx(run.events[number].sum(), rel=0.05)
            assert drift_of(site, channel.name).std() == pytest.approx(0.25, abs=0.06)
    assert run.requests.mean() == pytest.approx(
        (rates_of(site).people + rates_of(site).bots).mean(), rel=0.01
    )
    assert run.truth.incidents == ()
    assert run.truth.benign == ()


def test_incidents_come_as_planned() -> None:
    planned = [event for seed in range(40) for event in happenings.incidents(draw(seed, 20, 28))]
    usual = [event.profile.size for event in planned if event.name != "silence" and event.shape == "step"]
    assert len(planned) / (40 * 28) == pytest.approx(24 / 11, rel=0.06)
    assert min(usual) >= 6
    assert max(usual) <= 150
    assert np.median(usual) == pytest.approx(np.sqrt(6 * 150), rel=0.15)
    for seed in range(40):
        events = happenings.incidents(draw(seed, 20, 28))
        assert all(b.first - a.last >= 170 for a, b in itertools.pairwise(events))


def test_an_incident_adds_what_its_magnitude_says() -> None:
    for seed in range(12):
        run = make(quick(draw(seed, 3000, 28)), benign=False)
        for incident, planned in zip(run.truth.incidents, happenings.incidents(run.site), strict=True):
            evidence = incident.parts[0].evidence[0]
            if planned.name in happenings.ADDED and (incident.cause is None or incident.lone):
                added = (evidence.observed - evidence.expected) / evidence.requests
                wanted = happenings.ADDED[planned.name][planned.size] * planned.profile.mean()
                if incident.lone or planned.name.startswith("404"):  # more requests, not more of them failing
                    added /= 1 - added
                assert added == pytest.approx(wanted, rel=0.25, abs=0.015), planned
            elif planned.name == "silence":
                assert evidence.observed == 0
            elif planned.name == "drop":
                left = 1 - planned.profile.mean() * (1 - happenings.LEFT[planned.size])
                assert evidence.observed / evidence.expected == pytest.approx(left, rel=0.1), planned


def test_a_slow_route_is_slower_by_its_factor() -> None:
    for seed in range(8):
        run = make(draw(seed, 200, 7), benign=False)
        assert run.durations is not None
        routes = cast_of(run.site).routes
        for incident, planned in zip(run.truth.incidents, happenings.incidents(run.site), strict=True):
            if planned.name not in {"slow", "slow route"}:
                continue
            of = [
                number
                for number, route in enumerate(routes)
                if incident.cause in {None, Cause("path", route.name), Cause("host", route.name)}
            ]
            took = run.durations
            factor = took.medians[of, planned.span] / took.usual[of, planned.span]
            assert factor.max() == pytest.approx(
                1 + planned.profile.max() * (happenings.SLOWER[planned.size] - 1)
            )
            assert np.array_equal(took.answered.sum(axis=(0, 2)), run.events[answered(run)].sum(axis=0))
            slow, slower = incident.parts[0].evidence
            # The edge lies up to a quarter octave beyond the quantile.
            assert 0.28 < slow.expected / slow.requests < 0.56
            assert 0.013 < slower.expected / slower.requests < 0.07
            if incident.cause is None and planned.magnitude == "L" and planned.shape == "step":
                assert slower.observed > 5 * slower.expected


def test_the_same_seed_gives_the_same_run() -> None:
    for varied in (False, True):
        first, second = (make(draw(5, 200, 7, varied=varied)) for _ in range(2))
        assert first.truth == second.truth
        assert (first.events == second.events).all()
        assert tables_of(first).minutes.equals(tables_of(second).minutes)


def test_no_count_is_negative_and_tables_hold_them_all() -> None:
    for seed in range(8):
        run = make(draw(seed, 20, 14, varied=True))
        assert run.events.min() >= 0
        tables = tables_of(run)
        assert tables.minutes["records"].sum() == run.events.sum()
        assert tables.minutes["minute"].is_between(run.truth.start, run.truth.end, closed="left").all()
        per_minute = tables.minutes.group_by("minute").agg(pl.col("records").sum())
        assert per_minute["records"].max() == run.requests.max()


def test_what_comes_in_one_cluster_is_of_one_client() -> None:
    """At two requests a minute hardly a minute has two clusters of one status."""
    run = make(draw(SEED, 2, 14, varied=True), incidents=False, benign=False)
    names = [channel.name for channel in run.site.channels]
    number = names.index("404")
    minute = np.repeat(np.arange(run.site.minutes), run.events[number])
    who = visitors(run, np.random.default_rng(SEED), number, minute, np.full(minute.size, 0.2))
    alone = run.clusters[number] == 1
    many = [place for place in np.flatnonzero(alone) if run.events[number, place] > 2]
    assert len(many) > 20
    assert all(np.unique(who[minute == place]).size == 1 for place in many)
    begun = np.count_nonzero(np.diff(who, prepend=-1) != 0)
    assert begun == pytest.approx(run.clusters[number].sum(), rel=0.1)
