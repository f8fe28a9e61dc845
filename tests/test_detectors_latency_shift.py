"""latency-shift finds slowdowns of all routes and of one, and is silent on what only looks like one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

import parsers
from loganalyzer.aggregates import latency
from loganalyzer.analysis import analyze
from loganalyzer.detectors import latency_shift
from loganalyzer.detectors.series import see
from loganalyzer.tables import MINUTES_KEYS, MINUTES_SUMS, Tables
from reports.words import Words, plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from loganalyzer.findings import Finding

START = datetime(2026, 3, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Page:
    """A route: requests a minute, median seconds, sigma of the log-normal law; from a cache or not."""

    name: str
    rate: float
    median: float
    sigma: float = 0.6
    cached: bool = False


PAGES = (Page("/", 30, 0.05), Page("/search", 12, 0.4), Page("/item/{id}", 25, 0.12), Page("/help", 6, 0.03))


@dataclass(frozen=True)
class Change:
    """From `first` on for some minutes the requests of one route, or of all, take `times` as long or are `more`."""

    first: int
    minutes: int
    times: float = 1.0
    more: float = 1.0
    route: str | None = None
    cached: bool | None = None


def tables(
    changes: Sequence[Change] = (),
    pages: Sequence[Page] = PAGES,
    hours: float = 24,
    *,
    vendor: str = "nginx",
    seed: int = 1,
    start: datetime = START,
) -> Tables:
    """Return the Tables of a log with a rhythm of the day and the changes put in."""
    random = np.random.default_rng(seed)
    size = round(hours * 60)
    rhythm = 1 + 0.6 * np.sin(np.arange(size) * 2 * np.pi / 1440)
    wander = np.exp(np.convolve(random.normal(0, 0.05, size + 59), np.ones(60) / 60, "valid") * 4)
    parts, total = [], np.zeros(size, np.int64)
    for page in pages:
        rate, times = page.rate * rhythm, page.median * wander
        for change in changes:
            if change.route in {None, page.name} and change.cached in {None, page.cached}:
                span = slice(change.first, change.first + change.minutes)
                rate[span] *= change.more
                times[span] *= change.times
        asked = random.poisson(rate)
        total += asked
        minute = np.repeat(np.arange(size), asked)
        took = times[minute] * np.exp(page.sigma * random.standard_normal(minute.size))
        parts.append(_rows(page, minute, took, start))
    none = Tables.empty()
    minutes = pl.DataFrame(
        {"minute": [start + timedelta(minutes=n) for n in range(size)], "records": total}
    ).with_columns(
        vendor=pl.lit(vendor),
        server=pl.lit(None, pl.String()),
        host=pl.lit(None, pl.String()),
        role=pl.lit("request"),
        status=200,
        upstream_status=200,
        unreached=False,
        weight=pl.col("records").cast(pl.Float64),
        bytes_sent=0,
    )
    rows = pl.concat(parts).with_columns(vendor=pl.lit(vendor), server=pl.lit(None, pl.String()))
    keys = {**latency.KEYS, **latency.SUMS}
    return replace(
        none,
        minutes=minutes.select(pl.col(n).cast(d) for n, d in {**MINUTES_KEYS, **MINUTES_SUMS}.items()),
        latency=rows.select(pl.col(name).cast(dtype) for name, dtype in keys.items()),
    )


def _rows(page: Page, minute: NDArray[np.int64], took: NDArray[np.float64], start: datetime) -> pl.DataFrame:
    bins = np.floor(latency.BINS * np.log2(np.maximum(took * 1000, latency.LEAST_MS))).astype(np.int64)
    return (
        pl.DataFrame({"minute": minute, "bin": bins})
        .group_by("minute", "bin")
        .agg(pl.len().alias("records"))
        .with_columns(
            minute=pl.lit(start) + pl.duration(minutes=pl.col("minute")),
            route=pl.lit(page.name),
            cached=pl.lit(page.cached),
        )
    )


def found(made: Tables, history: Tables | None = None) -> list[Finding]:
    return latency_shift.detect(see(made, history))


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


@pytest.mark.parametrize("times", [2.0, 5.0])
def test_all_routes_slower_are_found_to_the_minute(times: float) -> None:
    (finding,) = found(tables([Change(700, 40, times)]))
    assert abs((finding.start - at(700)).total_seconds()) <= 120
    assert abs((finding.end - at(740)).total_seconds()) <= 180
    assert finding.severity in {"minor", "major"}
    assert finding.causes == (), "nobody in particular"
    facts = dict(finding.facts)
    assert facts["median_s"] / facts["usual_median_s"] == pytest.approx(times, rel=0.2)
    assert finding.observed > 3 * finding.expected


def test_the_quiet_twin_is_silent() -> None:
    assert found(tables()) == []
    assert found(tables(hours=3)) == []
    assert found(tables(hours=24 * 7, pages=[replace(page, rate=page.rate / 10) for page in PAGES])) == []


@pytest.mark.parametrize("route", ["/help", "/search"])
def test_one_slow_route_is_found_and_named(route: str) -> None:
    (finding,) = found(tables([Change(900, 30, 5.0, route=route)]))
    assert finding.causes[0].value == route
    assert finding.causes[0].dimension == "path"
    assert finding.start - at(900) <= timedelta(minutes=3)
    assert all(limit.route == route for limit in finding.limits) or len(finding.limits) > 1


def test_one_slow_route_counts_though_all_others_are_faster() -> None:
    pages = [PAGES[-1], *(replace(page, rate=4 * page.rate) for page in PAGES[:-1])]
    others = [Change(900, 30, 0.5, route=page.name) for page in PAGES[:-1]]
    (finding,) = found(tables([Change(900, 30, 5.0, route=PAGES[-1].name), *others], pages))
    assert [limit.route for limit in finding.limits] == ["/help"]
    assert finding.severity != "notice"


def test_a_crawl_of_slow_pages_is_no_slowdown() -> None:
    assert found(tables([Change(600, 90, more=6.0, route="/search")])) == []


def test_a_surge_is_no_slowdown() -> None:
    assert [
        f for f in found(tables([Change(600, 180, times=1.15, more=3.0)])) if f.severity != "notice"
    ] == []


def test_a_purge_of_the_cache_is_no_slowdown() -> None:
    """The same page from the cache and from the server: the cache falls silent, the server answers all, and slower."""
    pages = (Page("/", 40, 0.01, cached=True), Page("/", 5, 0.3), Page("/search", 10, 0.4))
    purge = [Change(700, 40, more=0.1, cached=True), Change(700, 40, times=1.4, more=6.0, cached=False)]
    assert [finding.severity for finding in found(tables(purge, pages)) if finding.severity != "notice"] == []
    alone = tables([Change(700, 40, more=0.1, cached=True), Change(700, 40, more=6.0, cached=False)], pages)
    assert found(alone) == [], "what the server always took is usual for the server"


def test_an_incident_does_not_define_the_usual() -> None:
    (finding,) = found(tables([Change(800, 360, 5.0)], hours=24))
    assert dict(finding.facts)["usual_median_s"] < 0.2
    assert finding.end - finding.start >= timedelta(hours=5)


def test_pages_that_always_take_alike_are_watched_as_well() -> None:
    """Files of a millisecond have no median to pass, but a second is slow for them."""
    files = [Page("/app.js", 60, 0.0004, 0.3), Page("/site.css", 40, 0.0003, 0.3)]
    (finding,) = found(tables([Change(700, 20, 2_000.0)], files))
    assert finding.family == "slow95"
    assert abs((finding.start - at(700)).total_seconds()) <= 60


def test_what_nobody_feels_is_minor() -> None:
    quick = [replace(page, median=page.median / 50) for page in PAGES]
    assert {finding.severity for finding in found(tables([Change(700, 60, 5.0)], quick))} == {"minor"}
    slow = [replace(page, median=page.median * 5) for page in PAGES]
    assert {finding.severity for finding in found(tables([Change(700, 60, 5.0)], slow))} == {"critical"}


def test_history_tells_what_is_usual() -> None:
    before = tables(hours=48, seed=2, start=START - timedelta(days=2))
    slow = tables([Change(0, 240, 4.0)], hours=4)
    (finding,) = found(slow, before)
    assert finding.end - finding.start > timedelta(hours=3)
    assert found(tables(hours=4), before) == []


def test_a_coarse_grain_still_tells() -> None:
    fine = tables([Change(700, 60, 5.0)])
    coarse = replace(fine, latency=latency.coarser(fine.latency, 0, 2), latency_grain=2)
    (finding,) = found(coarse)
    assert abs((finding.start - at(700)).total_seconds()) <= 600
    assert finding.observed == pytest.approx(found(fine)[0].observed, rel=0.2)


def test_an_empty_log_has_none() -> None:
    assert found(Tables.empty()) == []
    assert found(tables(hours=0.02)) == []


TEXT = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent $request_time'


def line(minute: int, second: int, path: str, took: float, status: int = 200) -> str:
    stamp = (START + timedelta(minutes=minute, seconds=second + took)).strftime("%d/%b/%Y:%H:%M:%S")
    return f'192.0.2.{second} - - [{stamp} +0000] "GET {path} HTTP/1.1" {status} 5 {took:.3f}\n'


def log(slow: range, status: int = 200) -> list[str]:
    random = np.random.default_rng(3)
    lines = []
    for minute in range(300):
        for second in range(0, 60, 2):
            took = float(0.1 * np.exp(0.5 * random.standard_normal()))
            failed = minute in slow and status != 200 and second % 4 == 0
            took = 30.0 if failed else took * (6 if minute in slow and status == 200 else 1)
            lines.append(line(minute, second, f"/item/{second}", took, status if failed else 200))
    return lines


def test_a_real_log_says_what_was_slow_and_shows_it(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text("".join(log(range(200, 230))))
    made = analyze(parsers.scan([str(path)], log_format=TEXT))
    (finding,) = [one for one in made.findings if one.kind == "latency-shift"]
    assert abs((finding.start - at(200)).total_seconds()) <= 60
    told = plain(Words().sentence(finding))
    assert "requests slower than usual" in told
    assert "the median took 587 ms, 100 ms usual" in told
    assert len(finding.evidence) == 20
    (limit,) = [one for one in finding.limits if one.route == "/item/{id}"]
    assert all(float(one.text.rsplit(" ", 1)[1]) >= limit.seconds for one in finding.evidence)
    assert "느린 요청" in plain(Words("ko").sentence(finding))


def test_failures_are_no_slowdown(tmp_path: Path) -> None:
    """Time-outs are slow by nature: they have a finding of their own."""
    path = tmp_path / "access.log"
    path.write_text("".join(log(range(200, 230), 504)))
    made = analyze(parsers.scan([str(path)], log_format=TEXT))
    assert {one.kind for one in made.findings} == {"server-error-burst"}
