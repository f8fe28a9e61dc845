"""Routes, networks, families of agents: what wider values are made of narrower ones."""

from __future__ import annotations

import polars as pl
import pytest

from loganalyzer.agents import families
from loganalyzer.networks import network
from loganalyzer.routes import learn

PATHS = [
    *[(f"/product/shoe-{n}x", 10) for n in range(100)],
    *[(f"/product/shoe-{n}x/reviews", 10) for n in range(50)],
    *[(f"/api/{name}", 10) for name in ("users", "orders", "cart", "login")],
    ("/product/gift-card", 5_000),
    ("/", 9),
    ("/a/b/c/d/e/f/g/h", 9),
    ("//x", 9),
    ("*", 9),
]


def test_children_of_a_parent_with_very_many_are_names() -> None:
    frame = pl.DataFrame(PATHS, schema=["path", "records"], orient="row")
    routes = learn(frame)
    assert set(routes.of(frame["path"])) == {
        "/product/{name}",
        "/product/{name}/reviews",
        "/product/gift-card",
        "/api/users",
        "/api/orders",
        "/api/cart",
        "/api/login",
        "/",
        "/a/b/c/d/e/f/g/h",
        "//x",
        "*",
    }
    assert learn(frame.reverse()).parents == routes.parents == {"/product"}
    assert routes.of(pl.Series([None, "/product/new"], dtype=pl.String)).to_list() == [
        None,
        "/product/{name}",
    ]


def test_a_log_without_paths_teaches_nothing() -> None:
    assert learn(pl.DataFrame(schema={"path": pl.String, "records": pl.Int64})).parents == frozenset()


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("2001:db8::1", "2001:db8:0::/48"),
        ("2001:0DB8:00a1:2::", "2001:db8:a1::/48"),
        ("2001:db8:a1:2:3:4:5:6", "2001:db8:a1::/48"),
        ("::1", "0:0:0::/48"),
        ("1::2:3:4:5:6:7", "1:0:2::/48"),
        ("::ffff:192.0.2.1", None),
        ("host.example.com", None),
        ("fe80::1%eth0", None),
        ("-", None),
        (None, None),
    ],
)
def test_network(client: str | None, expected: str | None) -> None:
    assert (
        pl.DataFrame({"client": [client, "192.0.2.1"]}).select(network(pl.col("client"))).item(0, 0)
        == expected
    )


def test_agents_are_told_by_their_families() -> None:
    chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
    told = families([chrome, "curl/8.5.0", "kube-probe/1.28", "", "-", "\u202e\U0001f525"])
    assert told == {chrome: "Chrome", "curl/8.5.0": "curl", "kube-probe/1.28": "kube-probe"}


@pytest.mark.parametrize(
    "agent",
    [
        "a" * 100_000,
        "SmartWatch" + " " * 100_000 + "z",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 7_5 like Mac OS X) AppleWebKit/" + "1" * 100_000,
        ";A Build HuaweiA" * 5_000,
        "Mozilla/5.0 " + "(" * 50_000,
    ],
)
def test_what_was_written_to_hang_a_parser_does_not(agent: str) -> None:
    """Backtracking on the longest of these would take longer than anybody waits: the test would not end."""
    assert len(families([agent])) <= 1
