"""Who and what failed: values as logged, networks of clients, programs of agents, referrers; every failure counted."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import polars as pl
import pytest

from loganalyzer import tables
from loganalyzer.agents import KINDS, programs
from loganalyzer.networks import network, networks
from loganalyzer.tops import DERIVED, REFERRER, TOPS, tops_of
from tests.scenes import analysed

if TYPE_CHECKING:
    from pathlib import Path

    from loganalyzer.analysis import Analysis, TopTable

AGENTS = ("curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "-")


def log(number: int) -> list[str]:
    """Return lines of an nginx log of clients of three networks and three agents; a third of them fails."""
    chance = random.Random(20260310)
    lines = []
    for place in range(number):
        client = chance.choice(["192.0.2.7", "192.0.2.8", "198.51.100.9", "2001:DB8:0:1::7", "2001:db8::8"])
        status = chance.choice([200, 200, 200, 200, 404, 502])
        referrer = chance.choice(["-", "https://www.example.net/a", "https://news.example.org/"])
        user = chance.choice(["-", "ann"])
        lines.append(
            f"{client} - {user} [10/Mar/2026:12:{place // 60 % 60:02}:{place % 60:02} +0000] "
            f'"GET /a HTTP/1.1" {status} 5 "{referrer}" "{chance.choice(AGENTS)}"'
        )
    return lines


def of(analysis: Analysis, dimension: str, status_class: str) -> TopTable:
    (table,) = (
        one for one in analysis.tops if (one.dimension, one.status_class) == (dimension, status_class)
    )
    return table


def test_what_is_told_of_clients_and_agents_adds_up_to_them(tmp_path: Path) -> None:
    lines = log(900)
    analysis = analysed(lines, tmp_path)
    failing = [line for line in lines if '" 404 ' in line]
    told = of(analysis, "network", "4xx")
    assert told.failures == len(failing)
    assert told.unnamed == told.bound == 0
    assert {row.value: (row.failures, row.records) for row in told.rows} == {
        name: tuple(sum(line.lower().startswith(start) for line in some) for some in (failing, lines))
        for name, start in (
            ("192.0.2.0/24", "192.0.2."),
            ("198.51.100.0/24", "198.51.100."),
            ("2001:db8:0::/48", "2001:db8"),
        )
    }
    programs_ = of(analysis, "program", "4xx")
    assert {row.value: row.records for row in programs_.rows} == {
        "curl": sum("curl/" in line for line in lines),
        "Firefox": sum("Firefox/" in line for line in lines),
    }
    assert {row.value for row in of(analysis, "kind", "4xx").rows} == {"tool", "browser"}
    assert programs_.unnamed == sum(line.endswith('"-"') for line in failing)
    referrers = of(analysis, REFERRER, "4xx")
    assert {row.value: (row.failures, row.records) for row in referrers.rows} == {
        name: (sum(f"https://{name}/" in line for line in failing), None)
        for name in ("www.example.net", "news.example.org")
    }
    for table in analysis.tops:
        assert sum(row.failures for row in table.rows) + table.unnamed == table.failures
        assert table.dimension in {*TOPS, *DERIVED, REFERRER}
        for row in table.rows:
            assert sum(count for _, count in row.statuses) == row.failures
            assert row.records is None or row.records >= row.failures


def test_the_networks_of_clients_that_are_not_told_apart_are_said_to_be_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "KEYS", 40)
    lines = [
        f'192.0.{place // 250}.{place % 250} - - [10/Mar/2026:12:00:00 +0000] "GET /a HTTP/1.1" 404 5 "-" "-"'
        for place in range(500)
    ]
    lines += [line for line in lines[:30] for _ in range(9)]
    aggregates = analysed(lines, tmp_path).aggregates
    assert aggregates is not None
    halves = [analysed(some, tmp_path).aggregates for some in (lines[:400], lines[400:])]
    merged = tables.merge([one for one in halves if one is not None])
    assert merged.bounds
    told = {table.dimension: table for table in tops_of(merged)}
    assert told["network"].failures == len(lines)
    assert 0 < told["network"].unnamed == told["network"].bound
    assert told["network"].unnamed == told["client"].unnamed


def test_a_log_without_failures_has_no_tops(tmp_path: Path) -> None:
    line = '192.0.2.7 - - [10/Mar/2026:12:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl/8"'
    assert analysed([line], tmp_path).tops == ()


@pytest.mark.parametrize(
    ("agent", "kind", "program"),
    [
        ("curl/8.5.0", "tool", "curl"),
        ("python-requests/2.32.3", "tool", "python-requests"),
        ("Go-http-client/1.1", "tool", "Go-http-client"),
        ("ExampleShop/5.6.2 (Android 14)", "tool", "ExampleShop"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "bot", "Googlebot"),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "bot", "bingbot"),
        ("Mozilla/5.0 (compatible; Baiduspider/2.0)", "bot", "Baiduspider"),
        ("facebookexternalhit/1.1", "bot", "facebookexternalhit"),
        ("kube-probe/1.28", "bot", "kube-probe"),
        ("Mozilla/5.0 zgrab/0.x", "scanner", "zgrab"),
        ("Mozilla/5.00 (Nikto/2.1.6) (Evasions:None) (Test:Port Check)", "scanner", "Nikto"),
        ("sqlmap/1.7#stable (https://sqlmap.org)", "scanner", "sqlmap"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36",
         "browser", "Chrome"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
         "browser", "Edge"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1",
         "browser", "Safari"),
        ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "browser", "Internet Explorer"),
        ("Mozilla/5.0", "other", "Mozilla"),
        ("Mozilla/5.0 (X11) AbbottHealth/1 Firefox/128.0", "browser", "Firefox"),
        ("() { :; }; echo", "other", None),
        ("", "other", None),
    ],
)  # fmt: skip
def test_what_agents_say_that_they_are(agent: str, kind: str, program: str | None) -> None:
    assert programs(pl.Series([agent])).rows() == [(kind, program)]
    assert kind in KINDS


def test_networks_of_many_are_those_of_each() -> None:
    chance = random.Random(20260310)
    clients = [".".join(str(chance.randrange(256)) for _ in range(4)) for _ in range(50)] + [
        "2001:db8::1",
        "::1",
        "2001:DB8:abcd:12::",
        "::ffff:192.0.2.7",
        "host",
        "",
        "client-abcdefgh-abcdef",
        "1.2.3",
    ]
    one_by_one = [pl.select(network(pl.lit(client))).item() for client in clients]
    assert networks(pl.Series(clients)).to_list() == one_by_one
    assert one_by_one[-8:] == [
        "2001:db8:0::/48", "0:0:0::/48", "2001:db8:abcd::/48", None, None, None, "network-abcdefgh", None,
    ]  # fmt: skip
