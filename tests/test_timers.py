"""Waits that pile up at a round value name the timer; a broad hump, a coincidence and what is always so do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, get_args

import numpy as np
import polars as pl
import pytest

import parsers
from loganalyzer.aggregates import waits
from loganalyzer.analysis import analyze
from loganalyzer.knowledge import Layer
from loganalyzer.tables import COLUMNS, MINUTES_KEYS, MINUTES_SUMS, Tables, fold
from loganalyzer.timers import known, timers_of
from reports.words import Words
from tests.analysis_factory import finding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loganalyzer.findings import Finding

START = datetime(2026, 3, 10, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def burst(status: int = 504, vendor: str = "nginx") -> Finding:
    """Return twenty minutes of one status."""
    kind = "origin-unreachable" if status in {522, 524} else "server-error-burst"
    one = finding(kind, vendor, "major", ((status, 100),))
    return replace(one, start=START, end=START + 20 * MINUTE, stretches=())


def tables(rows: Sequence[tuple[int, int, float, int]], vendor: str = "nginx", hours: int = 4) -> Tables:
    """Return the Tables of (minute of the log, status, seconds, records) rows; the log begins an hour before."""
    begin = START - timedelta(hours=1)
    minutes = pl.DataFrame({"minute": [begin + n * MINUTE for n in range(hours * 60)]}).with_columns(
        vendor=pl.lit(vendor),
        server=pl.lit(None, pl.String()),
        host=pl.lit(None, pl.String()),
        role=pl.lit("request"),
        status=200,
        upstream_status=200,
        unreached=False,
        records=10,
        weight=10.0,
        bytes_sent=0,
    )
    minute, status, seconds, records = (list(column) for column in zip(*rows, strict=True))
    frame = pl.DataFrame(
        {
            "start": [begin + n // 5 * 5 * MINUTE for n in minute],
            "status": status,
            "tenths": [round(value * 10) for value in seconds],
            "records": records,
        }
    ).with_columns(
        vendor=pl.lit(vendor), server=pl.lit(None, pl.String()), unreached=pl.col("status").is_in([522, 524])
    )
    keys = {**waits.KEYS, **waits.SUMS}
    return replace(
        Tables.empty(),
        minutes=minutes.select(
            pl.col(name).cast(dtype) for name, dtype in {**MINUTES_KEYS, **MINUTES_SUMS}.items()
        ),
        waits=frame.select(pl.col(name).cast(dtype) for name, dtype in keys.items())
        .group_by(list(waits.KEYS))
        .agg(pl.col("records").sum()),
    )


def test_time_outs_of_a_minute_name_the_directives_that_make_them() -> None:
    rows = [(60 + n % 20, 504, 60.0 + 0.03 * (n % 4), 1) for n in range(80)]
    rows += [(60 + n % 20, 504, 0.3 + 0.7 * n, 1) for n in range(20)]
    found = timers_of(burst(), tables(rows))
    assert [(timer.seconds, timer.records, timer.total) for timer in found[:1]] == [(60.0, 80, 100)]
    assert found[0].name == "nginx proxy_read_timeout"
    assert found[0].layer == "gateway"
    assert found[0].source is not None
    assert found[0].source.startswith("https://nginx.org/")
    sentence = Words().timers(replace(burst(), timers=found))
    assert sentence.startswith(
        "; 80 of 100 with 504 took 1 min: nginx proxy_read_timeout (between gateway and upstream) or "
    )
    assert "proxy_read_timeout(게이트웨이와 업스트림 사이)" in Words("ko").timers(
        replace(burst(), timers=found)
    )


@pytest.mark.parametrize(
    ("vendor", "status", "seconds", "name"),
    [
        ("cloudflare", 524, 120.0, "Cloudflare proxy read timeout"),
        ("cloudflare", 524, 100.0, "Cloudflare proxy read timeout"),
        ("cloudflare", 522, 19.0, "Cloudflare TCP connection to the origin"),
        ("nginx", 499, 10.0, "OkHttp read timeout"),
        ("nginx", 499, 100.0, ".NET HttpClient timeout"),
        ("nginx", 408, 60.0, "nginx client_header_timeout"),
        ("apache", 408, 20.0, "Apache RequestReadTimeout header"),
        ("cisco_wsa", 504, 60.0, "nginx proxy_read_timeout"),
    ],
)
def test_each_layer_has_its_timers(vendor: str, status: int, seconds: float, name: str) -> None:
    rows = [(60 + n % 20, status, seconds + 0.05, 1) for n in range(12)]
    found = timers_of(burst(status, vendor), tables([*rows, (61, status, 3.4, 1)], vendor))
    assert found[0].name == name
    assert found[0].seconds == seconds


def test_an_unknown_round_value_is_named_by_itself() -> None:
    rows = [(60 + n % 20, 499, 17.0, 1) for n in range(30)]
    (timer,) = timers_of(burst(499), tables([*rows, (61, 499, 2.3, 4)]))
    assert (timer.seconds, timer.name, timer.layer, timer.source) == (17.0, None, None, None)
    told = Words().timers(replace(burst(499), timers=(timer,)))
    assert told == "; 30 of 34 with 499 took 17 s, which looks like a timer"


@pytest.mark.parametrize(
    ("median", "sigma"),
    [(2.0, 0.5), (2.0, 1.0), (9.0, 0.1), (9.0, 0.5), (9.0, 1.0), (60.0, 0.02), (60.0, 0.1), (60.0, 0.5)],
)
def test_a_hump_is_no_pile(median: float, sigma: float) -> None:
    random = np.random.default_rng(7)
    waited = np.minimum(median * np.exp(sigma * random.standard_normal(3_000)), 3_000)
    rows = [(60 + n % 20, 499, float(value), 1) for n, value in enumerate(waited)]
    assert timers_of(burst(499), tables(rows)) == (), "what is narrower than a third of a second is a timer"


def test_aborts_that_wane_with_time_are_no_pile() -> None:
    waited = np.random.default_rng(8).exponential(3.0, 3_000)
    rows = [(60 + n % 20, 499, float(value), 1) for n, value in enumerate(waited)]
    assert timers_of(burst(499), tables(rows)) == ()


def test_a_few_alike_are_a_coincidence() -> None:
    assert timers_of(burst(), tables([(61, 504, 60.0, 4), (62, 504, 3.0, 2)])) == ()


def test_a_pile_that_is_always_there_is_no_part_of_the_finding() -> None:
    """A client that gives up after five seconds all day long: the burst beside it has no timer."""
    always = [(n, 499, 5.0, 3) for n in range(240)]
    waited = np.random.default_rng(9).uniform(0.2, 8.0, 300)
    more = [(60 + n % 20, 499, float(value), 1) for n, value in enumerate(waited)]
    assert timers_of(burst(499), tables([*always, *more])) == ()
    assert timers_of(burst(499), tables([*more, *[row for row in always if 60 <= row[0] < 80]]))


def test_whole_seconds_are_no_piles_but_where_they_pile_up() -> None:
    """Apache's `%T` and second stamps know no tenths: every wait is round there."""
    waited = np.random.default_rng(10).exponential(20.0, 2_000).astype(int)
    rows = [(60 + n % 20, 504, float(value), 1) for n, value in enumerate(waited)]
    assert timers_of(burst(504, "apache"), tables(rows, "apache")) == ()
    piled = [(60 + n % 20, 504, 60.0 + n % 2, 1) for n in range(600)]
    found = timers_of(burst(504, "apache"), tables([*rows, *piled], "apache"))
    assert found[0].name == "Apache Timeout, ProxyTimeout"


def test_nothing_waited_for_is_nothing_named() -> None:
    assert timers_of(burst(), tables([(61, 499, 5.0, 50)])) == ()
    assert timers_of(burst(), replace(tables([(61, 504, 60.0, 50)]), waits=waits.NOTHING)) == ()


def test_a_real_log_says_it_in_the_sentence(tmp_path: Path) -> None:
    lines = []
    for minute in range(180):
        at = f"10/Mar/2026:{12 + minute // 60}:{minute % 60:02d}"
        lines += [
            f'192.0.2.{n} - - [{at}:{n:02d} +0000] "GET /a HTTP/1.1" 200 5 0.{n:03d}' for n in range(40)
        ]
        if 90 <= minute < 110:
            lines += [
                f'192.0.2.{n} - - [{at}:{40 + n} +0000] "GET /b HTTP/1.1" 504 5 60.0{n:02d}' for n in range(8)
            ]
    (tmp_path / "access.log").write_text("\n".join(lines) + "\n")
    text = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent $request_time'
    made = analyze(parsers.scan([str(tmp_path / "access.log")], log_format=text))
    (found,) = [one for one in made.findings if one.kind == "server-error-burst"]
    assert found.timers[0].name == "nginx proxy_read_timeout"
    assert found.timers[0].records == 160
    plain = "".join(str(piece) for piece in Words().sentence(found) if isinstance(piece, str))
    assert "160 of 160 with 504 took 1 min: nginx proxy_read_timeout (between gateway and upstream)" in plain


def test_the_known_timers_say_whose_they_are_and_where_that_is_written() -> None:
    for limit in known():
        assert limit.layer in get_args(Layer)
        assert limit.source.startswith("https://")
        assert set(limit.vendors) <= set(parsers.VENDORS)
        assert set(limit.statuses) <= set(waits.STATUSES), "nothing else is kept of waits"
        assert limit.seconds > 0
        datetime.fromisoformat(limit.read)
    assert len({(limit.name, limit.seconds) for limit in known()}) == len(known())


def test_waits_merge_alike_for_any_split(tmp_path: Path) -> None:
    line = '192.0.2.7 - - [10/Mar/2026:12:{:02d}:00 +0000] "GET /b HTTP/1.1" 504 5 60.00{}\n'
    (tmp_path / "a.log").write_text("".join(line.format(n % 60, n % 9) for n in range(300)))
    text = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent $request_time'
    (records,) = parsers.scan([str(tmp_path / "a.log")], log_format=text).batches(
        COLUMNS, lambda batch: batch
    )
    parts = [Tables.of(replace(records, records=records.records[n::7])) for n in range(7)]
    whole, merged = Tables.of(records), fold(iter(parts))
    order = ["start", "unreached", "tenths"]
    assert merged.waits.sort(order).equals(whole.waits.sort(order))


def test_who_was_not_reached_has_timers_of_its_own() -> None:
    rows = [(60 + n % 20, 504, 60.0, 1) for n in range(30)]
    log = tables(rows, "cisco_wsa")
    unreached = replace(log, waits=log.waits.with_columns(unreached=pl.lit(value=True)))
    assert timers_of(burst(504, "cisco_wsa"), unreached) == ()
    assert timers_of(replace(burst(504, "cisco_wsa"), kind="origin-unreachable"), unreached)
