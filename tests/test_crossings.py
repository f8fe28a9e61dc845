"""Statuses against what is behind them, how long answers took, and when most came: counted whole and bounded."""

from __future__ import annotations

import random
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from loganalyzer.aggregates import handling, latency
from loganalyzer.aggregates.grouping import OTHER
from loganalyzer.caching import RESULTS, caching_of
from loganalyzer.crossings import FAILED, SERVED, VALUES, Passed, crossings_of, rulings_of
from loganalyzer.speeds import ERROR, RANKED, ROUTES, SHARES, speeds_of, traffic_of
from loganalyzer.tables import MINUTES_KEYS, MINUTES_SUMS, Tables

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


Row = tuple[str | None, str | None, str | None, str | None, int | None, int, str]
"""Cache, action, policy, category, status, records, role."""


def with_handling(rows: Iterable[Row], vendor: str = "cisco_wsa") -> Tables:
    """Return tables of what became of requests, over two servers; each record sent ten bytes."""
    told = list(rows)
    frame = pl.DataFrame(
        [
            {
                "vendor": vendor,
                "server": server,
                "role": role,
                "status": status,
                "cache": cache,
                "action": action,
                "category": category,
                "policy": policy,
                "records": part,
                "bytes_sent": 10 * part,
            }
            for cache, action, policy, category, status, records, role in told
            for server, part in (("a", records // 2), ("b", records - records // 2))
        ],
        schema={**handling.KEYS, **handling.SUMS},
    )
    minutes = with_minutes((vendor, 0, row[4], None, row[5], row[6]) for row in told).minutes
    return replace(Tables.empty(), minutes=minutes, handling=frame)


def test_decisions_are_held_against_statuses_tunnels_too() -> None:
    tables = with_handling(
        [
            ("TCP_MISS", "DEFAULT_CASE", "Staff", "IW_busi", 200, 50, "request"),
            ("TCP_MISS", "DEFAULT_CASE", "Staff", "IW_busi", 502, 7, "request"),
            ("TCP_DENIED", "BLOCK_WEBCAT", "Staff", "IW_adult", 403, 11, "request"),
            ("TCP_MISS", "DECRYPT_WEBCAT", "Staff", "IW_busi", 200, 30, "tunnel"),
            ("TCP_DENIED", "OTHER-NONE", None, None, 407, 900, "handshake"),
            (None, None, None, None, 200, 5, "request"),
        ]
    )
    (crossing,) = crossings_of(tables)
    assert (crossing.dimension, crossing.records, crossing.statuses) == ("action", 98, (200, 403, 502))
    assert {row.value: (row.records, row.counts) for row in crossing.rows} == {
        "DEFAULT_CASE": (57, (50, 0, 7)),
        "DECRYPT_WEBCAT": (30, (30, 0, 0)),
        "BLOCK_WEBCAT": (11, (0, 11, 0)),
    }
    policy, category, cache = rulings_of(tables)
    assert policy.actions == category.actions == ("DEFAULT_CASE", "DECRYPT_WEBCAT", "BLOCK_WEBCAT")
    assert [(row.value, row.counts) for row in policy.rows] == [("Staff", (57, 30, 11))]
    assert [(row.value, row.counts) for row in category.rows] == [
        ("IW_adult", (0, 0, 11)),  # of which most failed
        ("IW_busi", (57, 30, 0)),
    ]
    assert [(row.value, row.counts) for row in cache.rows] == [
        ("TCP_DENIED", (0, 0, 11)),
        ("TCP_MISS", (57, 30, 0)),
    ]


@pytest.mark.parametrize(
    ("vendor", "actions", "expected"),
    [
        (
            "cisco_wsa",
            {
                "DEFAULT_CASE": (200, 502, None), "ALLOW_WBRS": (304,), "MONITOR_AVC": (403,), "DECRYPT_WEBCAT": (200,),
                "PASSTHRU_ADMIN": (200,), "BLOCK_WEBCAT": (403, 403), "DROP_WBRS": (0,), "DENY_ADMIN": (403,),
                "BLOCK_CONTINUE_WEBCAT": (403,), "OTHER": (0,), "REDIRECT_CUSTOMCAT": (302,), "NO_PASSWORD": (401,),
            },
            [
                ("refused", 4, 4, "BLOCK_WEBCAT", 2), ("challenged", 1, 1, "BLOCK_CONTINUE_WEBCAT", 1),
                ("passed", 7, 3, "DEFAULT_CASE", 3), ("other", 3, 2, "NO_PASSWORD", 1),
            ],
        ),
        (
            "cloudflare",
            {
                "block": (403, 403, 429), "drop": (403,), "ban": (403,), "connectionClose": (None,),
                "managedChallenge": (403,), "challengeFailed": (403,), "managedChallengeInteractiveSolved": (200, 522),
                "jschallengeBypassed": (200,), "log": (500,), "skip": (200,), "unknown": (503,), "blockade": (200,),
            },
            [
                ("refused", 6, 6, "block", 3), ("challenged", 2, 2, "challengeFailed", 1),
                ("passed", 5, 2, "managedChallengeInteractiveSolved", 2), ("other", 2, 1, "blockade", 1),
            ],
        ),
        ("cisco_wsa", {"DEFAULT_CASE": (200, 200)}, [("passed", 2, 0, "DEFAULT_CASE", 2)]),
    ],
)  # fmt: skip
def test_who_refused_is_told_apart_from_what_was_let_through_and_failed(
    vendor: str, actions: dict[str, tuple[int | None, ...]], expected: Iterable[tuple[object, ...]]
) -> None:
    rows: list[Row] = [
        (None, action, None, None, status, 1, "request")
        for action, statuses in actions.items()
        for status in statuses
    ]
    (crossing,) = crossings_of(with_handling(rows, vendor))
    assert [astuple(one) for one in crossing.decided] == [*expected]
    assert sum(one.records for one in crossing.decided) == crossing.records


def test_of_more_statuses_and_decisions_than_are_shown_every_record_is_counted() -> None:
    """What lies beyond the bounds of the matrix is refused, or fails, as well."""
    rows: list[Row] = [
        (None, f"{tag}_{chr(65 + n)}", None, None, status + n, 10, "request")
        for tag, status in (("BLOCK", 400), ("ALLOW", 500))
        for n in range(20)
    ]
    (crossing,) = crossings_of(with_handling(rows))
    assert [(one.kind, one.records, one.failures) for one in crossing.decided] == [
        ("refused", 200, 200),
        ("passed", 200, 200),
    ]


def test_what_rules_decided_before_the_cache_is_not_held_against_it() -> None:
    rows: list[Row] = [("unknown", "block", None, None, 403, 9, "request")]
    assert rulings_of(with_handling(rows, "cloudflare")) == ()
    assert rulings_of(Tables.empty()) == ()


@pytest.mark.parametrize("dimension", ["cache", "action"])
def test_invented_values_and_statuses_are_summed_and_counted(dimension: str) -> None:
    chance = random.Random(20260310)
    rows: list[Row] = []
    for value in range(100):
        name = f"value-{value}"
        texts = (name, "DEFAULT_CASE") if dimension == "cache" else (None, name)
        rows += [
            (*texts, None, None, status, chance.randrange(1, 50), "request")
            for status in chance.sample(range(100, 1_000), 30)
        ]
    tables, whole = with_handling(rows), sum(row[5] for row in rows)
    if dimension == "action":
        (crossing,) = crossings_of(tables)
        assert len(crossing.rows) == VALUES
        assert len(crossing.statuses) <= SERVED + FAILED
        assert crossing.left == 100 - VALUES
        assert crossing.others is not None
        every = [*crossing.rows, crossing.others]
        assert sum(row.records for row in every) == whole == crossing.records
        assert all(row.records == sum(row.counts) + row.other for row in every)
    else:
        (caching,) = caching_of(tables)
        assert len(caching.rows) == RESULTS
        assert caching.left == 100 - RESULTS
        assert caching.others is not None
        assert sum(row.records for row in caching.rows) + caching.others.records == whole


def test_values_beyond_the_bound_of_the_tables_are_in_the_others() -> None:
    rows: list[Row] = [
        (f"{number}", f"{number}", None, None, 404, 1 + number, "request")
        for number in range(5 * handling.VALUES)
    ]
    tables = with_handling(rows)
    tables = replace(tables, handling=handling.bounded(tables.handling))
    assert tables.handling.height <= 2 * (handling.VALUES + 1)
    whole = sum(row[5] for row in rows)
    assert tables.handling["records"].sum() == whole
    (crossing,), (caching,) = crossings_of(tables), caching_of(tables)
    assert crossing.others is not None
    assert caching.others is not None
    assert crossing.left is caching.left is None
    assert OTHER not in {*(row.value for row in crossing.rows), *(row.value for row in caching.rows)}
    assert sum(row.records for row in (*crossing.rows, crossing.others)) == whole
    assert sum(row.records for row in (*caching.rows, caching.others)) == whole


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("hit", "HIT hit STALE UPDATING REVALIDATED revalidated stream_hit TCP_HIT TCP_MEM_HIT TCP_IMS_HIT"),
        (
            "hit",
            "TCP_REFRESH_HIT FTP_MEM_HIT TCP_HIT_ABORTED TCP_NEGATIVE_HIT TCP_REFRESH_UNMODIFIED UDP_HIT",
        ),
        ("hit", "TCP_REFRESH_FAIL_OLD"),
        ("miss", "MISS EXPIRED expired TCP_MISS TCP_MISS_SSL TCP_CLIENT_REFRESH_MISS FTP_MISS UDP_MISS"),
        (
            "miss",
            "TCP_SWAPFAIL_MISS TCP_MISS_ABORTED TCP_REFRESH_MODIFIED TCP_REFRESH_FAIL_ERR TCP_REFRESH_MISS",
        ),
        (
            "none",
            "BYPASS dynamic unknown none NONE TCP_DENIED TCP_TUNNEL TCP_CONNECT NONE_NONE deferred ignored",
        ),
        ("none", "shit missed TCP_REDIRECT"),
    ],
)
def test_what_is_a_hit_and_what_a_miss(kind: str, values: str) -> None:
    rows: list[Row] = [(value, None, None, None, 200, 1, "request") for value in values.split()]
    (caching,) = caching_of(with_handling(rows))
    assert {row.kind for row in caching.rows} == {kind}
    assert (caching.hits, caching.misses) == (
        len(rows) if kind == "hit" else 0,
        len(rows) if kind == "miss" else 0,
    )


def test_the_hit_share_is_of_what_was_looked_for() -> None:
    tables = with_handling(
        [
            ("HIT", None, None, None, 200, 60, "request"),
            ("MISS", None, None, None, 200, 15, "request"),
            ("MISS", None, None, None, 404, 3, "request"),
            ("MISS", None, None, None, 502, 2, "request"),
            ("BYPASS", None, None, None, 503, 20, "request"),
            ("HIT", None, None, None, 200, 500, "subrequest"),
            (None, None, None, None, 200, 7, "request"),
        ],
        "nginx",
    )
    (caching,) = caching_of(tables)
    assert (caching.records, caching.hits, caching.misses, caching.hit_share) == (107, 60, 20, 0.75)
    assert (caching.bytes_sent, caching.hit_bytes) == (1_000, 600)
    told = {row.value: (row.client_errors, row.server_errors, row.statuses) for row in caching.rows}
    assert told["MISS"] == (3, 2, ((404, 3), (502, 2)))
    assert told["BYPASS"] == (0, 20, ((503, 20),))
    assert caching_of(Tables.empty()) == ()


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
