"""Attribution: who is blamed for an excess, who is not, and the numbers that say why."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats

from loganalyzer.attribution import EVENT, Window, causes, lower_share, reach
from tests.detection import volume
from tests.detection.attribution import ours, verdict
from tests.detection.blame import KINDS, make

USUAL = 20_000


def requests(upstream: str, path: str, client: str, number: int, failing: int) -> pl.DataFrame:
    """Return requests of one kind, the first of which fail; clients differ where the name ends in a star."""
    clients = [f"{client[:-1]}{one}" if client.endswith("*") else client for one in range(number)]
    return pl.DataFrame(
        {
            "upstream": [upstream] * number,
            "path": [path] * number,
            "client": clients,
            EVENT: [one < failing for one in range(number)],
        }
    )


def window(*parts: pl.DataFrame, every: bool = False, expected: float = 1.0) -> Window:
    """Return a window before which every upstream and path had 2 failures in 20,000 requests."""
    rows = pl.concat(parts)
    usual = {
        name: rows.select(pl.col(name).alias("value"))
        .unique()
        .with_columns(requests=pl.lit(float(USUAL)), events=pl.lit(2.0))
        for name in ("upstream", "path")
    }
    return Window(rows, usual, 4.0 * USUAL, 8.0, expected, every=every)


def test_the_upstream_that_fails_is_named_with_its_numbers() -> None:
    seen = window(
        requests("10.0.3.7", "/a", "a*", 100, 60),
        requests("10.0.3.7", "/b", "b*", 100, 60),
        requests("10.0.3.8", "/a", "c*", 400, 1),
        requests("10.0.3.8", "/b", "d*", 400, 0),
    )
    (cause,) = causes(seen)
    assert (cause.dimension, cause.value, cause.inner_value) == ("upstream", "10.0.3.7", None)
    assert (cause.failing, cause.requests) == (120, 200)
    assert cause.share_of_requests == 0.2
    # Twenty requests at the common rate of 8.5 in 80,000 beside 2 in 20,000 of its own.
    rate = (2 + 20 * 8.5 / 80_000) / 20_020
    assert cause.expected == pytest.approx(200 * rate)
    assert cause.fails_more == pytest.approx(120 - 200 * rate)
    assert cause.comes_more == 0
    assert cause.share_of_excess == pytest.approx((120 - 200 * rate) / (121 - 1_000 * rate))
    assert 50 < cause.ratio_lower < 480


def test_the_only_upstream_that_is_named_is_known_to_be_the_only_one() -> None:
    behind = [requests("10.0.3.7", f"/{path}", f"{path}*", 100, 60) for path in "ab"]
    cached = requests("10.0.3.8", "/c", "c*", 800, 0).with_columns(
        upstream=pl.lit(None, dtype=pl.String)
    )  # the cache answered by itself
    (cause,) = causes(window(*behind, cached))
    assert (cause.dimension, cause.value, cause.only) == ("upstream", "10.0.3.7", True)
    (cause,) = causes(window(*behind, requests("10.0.3.8", "/a", "c*", 800, 0)))
    assert (cause.dimension, cause.only) == ("upstream", False)


def of_one_client(usual: float, failing: int = 12) -> Window:
    """Return a window of one client alone, which on other days makes so many of 80,000 requests."""
    known = pl.DataFrame({"value": ["192.0.2.9", "192.0.2.10"], "requests": [usual, 80_000.0 - usual]})
    seen = window(requests("10.0.3.7", "/a", "192.0.2.9", 12, failing), expected=0.01)
    return replace(seen, usual={"client": known.with_columns(events=pl.lit(2.0))})


@pytest.mark.parametrize("failing", [12, 9])
def test_the_only_client_of_a_window_is_named_where_others_usually_ask(failing: int) -> None:
    (cause,) = causes(of_one_client(8_000.0, failing))
    assert (cause.dimension, cause.value, cause.only) == ("client", "192.0.2.9", True)
    assert (cause.failing, cause.requests, cause.share_of_requests) == (failing, 12, 1.0)
    # Its usual part is a tenth. Of events it surely makes `least`: less of them has a chance of 0.02 among 3 values.
    part, least = 8_001 / 80_001, (0.02 / 3) ** (1 / failing)
    assert cause.ratio_lower == pytest.approx(least * (1 - part) / ((1 - least) * part))
    assert cause.share_of_excess == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(("usual", "failing"), [(79_000.0, 12), (8_000.0, 4)])
def test_the_only_client_of_a_window_is_not_named_where_it_nearly_always_is_or_too_little_failed(
    usual: float, failing: int
) -> None:
    """Behind a load balancer every request comes from one address, and four failures prove nothing."""
    assert causes(of_one_client(usual, failing)) == ()


def test_what_fails_everywhere_is_nobody_s() -> None:
    seen = window(
        *(requests(f"10.0.3.{n}", f"/{path}", f"{n}{path}*", 100, 10 + n) for n in range(4) for path in "abc")
    )
    assert causes(seen) == ()
    by_name = {one.dimension: one for one in reach(seen, ("path", "client", "host"))}
    assert (by_name["path"].affected, by_name["path"].values) == (3, 3)
    assert by_name["path"].effective == pytest.approx(3)
    assert (by_name["client"].affected, by_name["client"].values) == (138, 1_200)
    assert by_name["client"].top_share == pytest.approx(1 / 138)
    assert set(by_name) == {"path", "client"}


def test_a_client_that_comes_more_is_named_with_its_network_left_out() -> None:
    """Its requests fail as often as those of anybody, but there are a hundred times as many."""
    people = requests("10.0.3.7", "/a", "a*", 900, 90)
    robot = requests("10.0.3.7", "/a", "192.0.2.9", 1_000, 100)
    seen = window(people, robot)
    rows = seen.rows.with_columns(
        network=pl.when(pl.col("client") == "192.0.2.9").then(pl.lit("192.0.2.0/24"))
    )
    usual = {
        "client": pl.DataFrame(
            {
                "value": ["192.0.2.9", *(f"a{number}" for number in range(900))],
                "requests": [400.0, *[88.0] * 900],
                "events": [40.0, *[8.8] * 900],
            }
        ),
        "network": pl.DataFrame({"value": ["192.0.2.0/24"], "requests": [400.0], "events": [40.0]}),
    }
    (cause,) = causes(Window(rows, usual, 80_000.0, 8_000.0, 100.0))
    assert (cause.dimension, cause.value) == ("client", "192.0.2.9")
    assert cause.comes_more > cause.fails_more > 0
    assert cause.comes_more + cause.fails_more == pytest.approx(cause.failing - cause.expected)


def test_two_that_fail_are_both_named() -> None:
    seen = window(
        requests("10.0.3.7", "/a", "a*", 200, 90),
        requests("10.0.3.8", "/a", "b*", 200, 100),
        *(requests(f"10.0.4.{n}", "/a", f"{n}x*", 200, 0) for n in range(6)),
    )
    assert [cause.value for cause in causes(seen)] == ["10.0.3.8", "10.0.3.7"]


def test_a_path_that_fails_on_one_upstream_is_named_with_it() -> None:
    seen = window(
        requests("10.0.3.7", "/a", "a*", 200, 100),
        requests("10.0.3.7", "/b", "b*", 200, 0),
        requests("10.0.3.8", "/a", "c*", 200, 0),
        requests("10.0.3.8", "/b", "d*", 200, 0),
    )
    (cause,) = causes(seen)
    assert {(cause.dimension, cause.value), (cause.inner_dimension, cause.inner_value)} == {
        ("path", "/a"),
        ("upstream", "10.0.3.7"),
    }
    assert (cause.failing, cause.requests) == (100, 200)


def cached(upstream: str | None, cache: str, number: int, failing: int) -> pl.DataFrame:
    """Return requests of one upstream and cache result, the first of which fail."""
    return pl.DataFrame(
        {
            "upstream": pl.Series([upstream] * number, dtype=pl.String),
            "cache": [cache] * number,
            EVENT: [one < failing for one in range(number)],
        }
    )


def behind(
    *parts: pl.DataFrame, answered: frozenset[str] = frozenset({"HIT"})
) -> tuple[tuple[str, str], ...]:
    """Return whom a window blames before which nothing is known."""
    seen = Window(pl.concat(parts), {}, 0.0, 0.0, 2.0, answered=answered)
    return tuple((one.dimension, one.value) for one in causes(seen))


def test_what_a_cache_answers_is_no_foil_for_what_is_asked_behind_it() -> None:
    """Answers from the cache cannot fail when the origin does: that all that fails was asked there says nothing."""
    hits = cached(None, "HIT", 500, 0)
    all_alike = (cached("192.0.2.80", "MISS", 250, 90), cached("192.0.2.81", "EXPIRED", 250, 90))
    assert behind(hits, *all_alike) == ()
    # Where there is but one to ask, it is told.
    only = (cached("192.0.2.80", "MISS", 250, 90), cached("192.0.2.80", "EXPIRED", 250, 90))
    assert behind(hits, *only) == (("upstream", "192.0.2.80"),)
    one_worse = (cached("192.0.2.80", "MISS", 250, 90), cached("192.0.2.81", "MISS", 250, 0))
    assert behind(hits, *one_worse) == (("upstream", "192.0.2.80"),)
    # A failure that was kept in the cache is the cache's own.
    assert behind(cached(None, "HIT", 300, 90), cached("192.0.2.80", "MISS", 700, 2)) == (("cache", "HIT"),)


def test_a_path_is_not_narrowed_to_what_was_asked_behind_the_cache() -> None:
    """Half of a failing page comes from the cache: that the other half fails is the page's matter, not the cache's."""
    page, others = pl.lit("/cart").alias("path"), pl.lit("/").alias("path")
    rows = pl.concat(
        [
            cached(None, "HIT", 200, 0).with_columns(page),
            cached("192.0.2.80", "MISS", 200, 180).with_columns(page),
            cached(None, "HIT", 800, 0).with_columns(others),
            cached("192.0.2.80", "MISS", 800, 1).with_columns(others),
        ]
    )
    (cause,) = causes(Window(rows, {}, 0.0, 0.0, 2.0, answered=frozenset({"HIT"})))
    assert (cause.dimension, cause.value, cause.inner_dimension) == ("path", "/cart", None)


@pytest.mark.parametrize("known", [True, False])
def test_another_name_of_the_event_is_nobody(*, known: bool) -> None:
    """A proxy that asks for a password has no policy yet, on every day: `NONE` tells that it asked, not why."""
    rows = pl.DataFrame(
        {"policy": ["NONE"] * 200 + ["Default"] * 800, EVENT: [one < 200 for one in range(1_000)]}
    )
    usual = {
        "policy": pl.DataFrame(
            {"value": ["NONE", "Default"], "requests": [400.0, 39_600.0], "events": [400.0, 0.0]}
        )
    }
    assert causes(Window(rows, usual if known else {}, 40_000.0 * known, 400.0 * known, 10.0)) == ()


def test_a_block_that_was_rare_is_named() -> None:
    """Here the usual refusals are others: that they are blocks now says something."""
    rows = pl.DataFrame(
        {"action": ["block"] * 200 + ["log"] * 800, EVENT: [one < 200 for one in range(1_000)]}
    )
    usual = {
        "action": pl.DataFrame(
            {"value": ["block", "log"], "requests": [40.0, 39_960.0], "events": [40.0, 360.0]}
        )
    }
    (cause,) = causes(Window(rows, usual, 40_000.0, 400.0, 10.0))
    assert cause.value == "block"


def test_who_must_carry_most_of_it_is_not_named_for_less() -> None:
    parts = requests("10.0.3.7", "/a", "a*", 200, 100), requests("10.0.3.8", "/b", "b*", 800, 100)
    seen = window(*parts)
    assert causes(seen) != ()
    assert causes(replace(seen, least=0.8)) == ()


def test_tries_of_few_who_do_not_give_up_are_no_proof() -> None:
    rows = (requests("10.0.3.7", "/a", "a*", 30, 9), requests("10.0.3.8", "/b", "b*", 270, 7))
    assert causes(window(*rows)) != ()
    seen = window(*rows)
    assert (
        causes(Window(seen.rows, seen.usual, seen.requests, seen.events, seen.expected, clumping=4.0)) == ()
    )


@pytest.mark.parametrize("failing", [0, 50])
def test_where_all_or_nothing_fails_nobody_is_named(failing: int) -> None:
    assert causes(window(requests("10.0.3.7", "/a", "a*", 50, failing))) == ()


def test_without_any_history_values_are_compared_with_each_other() -> None:
    seen = window(requests("10.0.3.7", "/a", "a*", 300, 150), requests("10.0.3.8", "/b", "b*", 700, 7))
    (cause,) = causes(Window(seen.rows.drop("path"), {}, 0.0, 0.0, 10.0))
    assert cause.value == "10.0.3.7"
    assert cause.expected == pytest.approx(3.0)


def test_a_surge_is_of_those_who_ask_more_than_their_part() -> None:
    usual = {
        "client": pl.DataFrame(
            {"value": ["192.0.2.9", "192.0.2.8"], "requests": [1_000.0, 99_000.0], "events": [0.0, 0.0]}
        )
    }
    rows = pl.concat(
        [
            requests("10.0.3.7", "/a", "192.0.2.9", 900, 900),
            requests("10.0.3.7", "/a", "192.0.2.8", 1_000, 1_000),
        ]
    ).select("client", EVENT)
    (cause,) = causes(Window(rows, usual, 100_000.0, 0.0, 1_000.0, every=True))
    assert (cause.value, cause.expected, cause.comes_more) == ("192.0.2.9", 10.0, 890.0)
    assert cause.fails_more == 0


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("drop: a host, all of it", "right"),
        ("drop: a country, all of it", "right"),
        ("drop: a network, all of it", "right"),
        ("drop: two countries", "right"),
        ("drop: broad, 80 %", "none"),
        ("drop: broad, 50 %, other hour", "none"),
        ("surge: one client, +150 %", "right"),
        ("surge: one path, +150 %", "right"),
        ("surge: broad, +150 %", "none"),
    ],
)
def test_who_stays_away_and_who_comes_is_told_of_made_up_sites(kind: str, said: str) -> None:
    cases = [volume.make(kind, 3_000, 8_000 + seed) for seed in range(4)]
    assert [verdict(case, volume.ours(case)) for case in cases] == [said] * len(cases)


def test_a_value_without_a_name_is_not_blamed() -> None:
    seen = window(requests("10.0.3.7", "/a", "a*", 200, 100), requests("10.0.3.8", "/b", "b*", 800, 0))
    assert causes(seen, lambda _dimension, _value: None) == ()


def test_the_lower_end_of_a_share_is_below_that_of_the_exact_binomial() -> None:
    random = np.random.default_rng(7)
    trials = random.integers(1, 400, 2_000)
    hits = np.maximum(random.binomial(trials, random.random(2_000)), 1)
    for trial, hit in zip(trials[:500].tolist(), hits[:500].tolist(), strict=True):
        odds = 6.0
        low = float(lower_share(np.array([hit / trial]), float(trial), odds)[0])
        assert low <= hit / trial
        assert stats.binom.sf(hit - 1, trial, low) <= math.exp(-odds) * (1 + 1e-6)


CASES = [
    ("path, 50 % failing", "right"),
    ("upstream, 50 % failing", "right"),
    ("one looping client, +3 %", "right"),
    ("broad, +30 %", "none"),
    ("path within upstream, 80 %", "right"),
]


@pytest.mark.parametrize(("kind", "said"), CASES)
def test_made_up_incidents_are_attributed_to_their_cause(kind: str, said: str) -> None:
    """Six of six; what sixty of each give stands in the documents."""
    cases = [
        case for seed in range(6) if (case := make(kind, 3_000, 7_000 + seed)).window.rows[EVENT].sum() >= 50
    ]
    assert [verdict(case, ours(case.window)) for case in cases] == [said] * len(cases)
    assert len(cases) >= 4


def test_every_kind_of_incident_can_be_made() -> None:
    for kind in KINDS:
        case = make(kind, 300, 1)
        assert case.window.rows.height >= 300
        assert bool(case.truth) == (not kind.startswith("broad"))
