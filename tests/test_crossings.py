"""Statuses against what is behind them, how long answers took, and when most came: counted whole and bounded."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from loganalyzer.aggregates import latency
from loganalyzer.crossings import FAILED, SERVED, VALUES, Passed, crossings_of
from loganalyzer.speeds import ERROR, RANKED, ROUTES, SHARES, speeds_of, traffic_of
from loganalyzer.tables import MINUTES_KEYS, MINUTES_SUMS, VALUES_KEYS, Tables

if TYPE_CHECKING:
    from collections.abc import Iterable

START = datetime(2026, 3, 10, 12, tzinfo=UTC)


def with_minutes(rows: Iterable[tuple[str, int, int | None, int | None, int, str]]) -> Tables:
    """Return tables of rows of vendor, minute, status, status behind, records and role."""
    frame = pl.DataFrame(
        [
            {
                "vendor": vendor,
                "minute": START + timedelta(minutes=minute),
                "role": role,
                "status": status,
                "upstream_status": behind,
                "unreached": False,
                "records": records,
                "weight": float(records),
                "bytes_sent": 10 * records if vendor != "apache" else 0,
            }
            for vendor, minute, status, behind, records, role in rows
        ],
        schema={**MINUTES_KEYS, **MINUTES_SUMS},
    )
    return replace(Tables.empty(), minutes=frame)


def test_what_became_of_the_origins_status_is_counted_whole() -> None:
    tables = with_minutes(
        [
            ("cloudflare", 0, 200, 200, 70, "request"),
            ("cloudflare", 1, 200, 200, 20, "request"),
            ("cloudflare", 0, 200, 503, 4, "request"),
            ("cloudflare", 0, 522, 0, 9, "request"),
            ("cloudflare", 0, 404, None, 2, "request"),
            ("cloudflare", 0, 500, 500, 1_000, "subrequest"),
        ]
    )
    (crossing,) = crossings_of(tables)
    assert crossing.passed == Passed(same=90, unstated=2, zero=9, differ=4, pairs=((503, 200, 4),))
    assert crossing.records == 105
    assert crossing.statuses == (200, 404, 522)
    rows = {row.value: row.counts for row in crossing.rows}
    assert rows == {"200": (90, 0, 0), "0": (0, 0, 9), "503": (4, 0, 0), None: (0, 2, 0)}


def test_a_log_that_states_nothing_behind_it_has_no_crossing() -> None:
    assert crossings_of(with_minutes([("apache", 0, 500, None, 7, "request")])) == ()
    assert crossings_of(Tables.empty()) == ()


def with_values(dimension: str, counts: dict[str, dict[int, int]]) -> Tables:
    """Return tables of value → status → records, over two days and two servers."""
    tables = with_minutes(
        [
            ("cisco_wsa", 0, status, None, count, "request")
            for one in counts.values()
            for status, count in one.items()
        ]
    )
    keys = [(date(2026, 3, 10), "a"), (date(2026, 3, 11), "b")]
    values, failures = [], []
    for value, statuses in counts.items():
        for place, (day, server) in enumerate(keys):
            key = {
                "day": day,
                "vendor": "cisco_wsa",
                "server": server,
                "dimension": dimension,
                "value": value,
            }
            parts = {
                status: count // 2 if place else count - count // 2 for status, count in statuses.items()
            }
            values.append({**key, "records": sum(parts.values()), "credit": 1})
            failures += [
                {**key, "status": status, "records": count}
                for status, count in parts.items()
                if not 100 <= status <= 399
            ]
    wide = {**VALUES_KEYS, "records": pl.Int64(), "credit": pl.Int64()}
    return replace(
        tables,
        values=pl.DataFrame(values, schema=wide),
        failures=pl.DataFrame(failures, schema={**VALUES_KEYS, "status": pl.Int16(), "records": pl.Int64()}),
        bounds={("cisco_wsa", dimension): 3},
    )


def test_cache_results_and_decisions_are_held_against_statuses() -> None:
    (crossing,) = crossings_of(with_values("cache", {"TCP_MISS": {200: 50, 502: 7}, "TCP_DENIED": {403: 11}}))
    assert (crossing.dimension, crossing.records, crossing.statuses) == ("cache", 68, (403, 502))
    told = {row.value: (row.records, row.served, row.counts) for row in crossing.rows}
    assert told == {"TCP_MISS": (57, 50, (0, 7)), "TCP_DENIED": (11, 0, (11, 0))}
    assert crossing.bound == 3 * 2
    assert crossing.passed is None


@pytest.mark.parametrize("dimension", ["cache", "action"])
def test_invented_values_and_statuses_are_summed_and_counted(dimension: str) -> None:
    chance = random.Random(20260310)
    counts = {
        f"value-{value}": {status: chance.randrange(1, 50) for status in chance.sample(range(100, 1_000), 30)}
        for value in range(100)
    }
    (crossing,) = crossings_of(with_values(dimension, counts))
    assert len(crossing.rows) == VALUES
    assert len(crossing.statuses) <= SERVED + FAILED
    assert crossing.left == 100 - VALUES
    assert crossing.others is not None
    rows = [*crossing.rows, crossing.others]
    assert sum(row.records for row in rows) == sum(sum(one.values()) for one in counts.values())
    assert all(row.records == (row.served or 0) + sum(row.counts) + row.other for row in rows)


def with_durations(routes: dict[str, list[float]]) -> Tables:
    """Return tables of route → seconds, as the histogram of a log holds them."""
    rows = [
        {
            "vendor": "nginx",
            "server": server,
            "route": route,
            "cached": False,
            "bin": int(np.floor(np.log2(max(1000 * one, latency.LEAST_MS)) * latency.TOTAL_BINS)),
            "records": 1,
        }
        for route, seconds in routes.items()
        for server, some in (("a", seconds[::2]), ("b", seconds[1::2]))
        for one in some
    ]
    schema = {**latency.TOTAL_KEYS, **latency.SUMS}
    return replace(Tables.empty(), latency_total=pl.DataFrame(rows, schema=schema))


def test_percentiles_are_right_to_the_stated_error() -> None:
    chance = random.Random(20260310)
    routes = {
        f"/{number}": [chance.lognormvariate(-2 + number / 9, 1) for _ in range(RANKED + 37 * number)]
        for number in range(14)
    }
    (speed,) = speeds_of(with_durations(routes))
    every = [one for seconds in routes.values() for one in seconds]
    assert speed.whole.records == len(every)
    for told, seconds in ((speed.whole, every), *((one, routes[one.route or ""]) for one in speed.routes)):
        exact = np.quantile(seconds, SHARES, method="inverted_cdf")
        assert told.seconds == pytest.approx(exact, rel=ERROR)
    assert len(speed.routes) == ROUTES
    assert speed.ranked == len(routes)
    slow = [one.seconds[2] for one in speed.routes]
    assert slow == sorted(slow, reverse=True)


def test_routes_of_few_answers_are_not_ranked_but_counted() -> None:
    (speed,) = speeds_of(
        with_durations({"/slow": [9.0] * (RANKED - 1), "/": [0.0] * RANKED, "(other)": [1.0] * 5})
    )
    assert [one.route for one in speed.routes] == ["/"]
    assert (speed.rare, speed.rare_records, speed.unnamed) == (1, RANKED - 1, 5)
    assert speed.routes[0].seconds[0] < 0.001
    assert speeds_of(Tables.empty()) == ()


def test_the_busiest_hour_is_one_of_the_log() -> None:
    tables = with_minutes(
        [
            ("nginx", 0, 200, None, 5, "request"),
            ("nginx", 59, 200, None, 6, "tunnel"),
            ("nginx", 60, 200, None, 10, "request"),
            ("apache", 7, 200, None, 1, "request"),
        ]
    )
    apache, nginx = traffic_of(tables)
    assert (nginx.records, nginx.bytes_sent) == (21, 210)
    assert nginx.busiest == (START, 11)
    assert nginx.heaviest == (START, 110)
    assert (apache.bytes_sent, apache.busiest) == (0, (START, 1))
    assert traffic_of(Tables.empty()) == ()
