"""One client alone: a finding that it makes is a notice, where the log tells clients apart."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from loganalyzer.attribution import EVENT, Window
from loganalyzer.detectors.single_client import Clients, clients_of, remains, without_one
from tests.analysis_factory import finding

BURST = finding("server-error-burst", "nginx", "major", ((500, 100),))
BURST = replace(
    BURST,
    observed=100.0,
    requests=2_000.0,
    model=replace(BURST.model, y=80.0, m=4.0, phi=2.0, kappa=0.06, M=200.0, threshold=4.7, limit=None),
)


@pytest.mark.parametrize(
    ("clients", "effective", "single"),
    [
        (Clients(40, 1, 98, 100, 2.0), 200.0, True),  # two are left: fewer than five
        (Clients(40, 1, 50, 100, 9.0), 200.0, False),  # forty are left of four
        (Clients(2, 1, 50, 100, 2.0), 200.0, True),  # two clients are no witnesses against a server
        (Clients(1, 1, 100, 100, 1.0), 5.0, False),  # behind a load balancer all look like one
    ],
)
def test_who_makes_a_finding_alone_is_named(clients: Clients, effective: float, *, single: bool) -> None:
    told = without_one(BURST, clients, "203.0.113.9", effective)
    assert (told.single_client, told.severity) == (("203.0.113.9", "notice") if single else (None, "major"))


def test_two_clients_are_enough_for_what_clients_do() -> None:
    denied = replace(BURST, kind="forbidden-surge")
    assert without_one(denied, Clients(2, 1, 50, 100, 2.0), "203.0.113.9", 200.0) == denied


@pytest.mark.parametrize(
    ("family", "mixed", "effective", "severity"),
    [
        ("404/410", 6.0, 200.0, "major"),
        ("404/410", 25.0, 200.0, "critical"),
        ("404/410", 6.0, 8.0, "critical"),  # behind a proxy all look alike
        ("5xx-all", 6.0, 200.0, "critical"),  # what a server fails in is its own matter
    ],
)
def test_what_a_handful_is_denied_is_not_critical(
    family: str, mixed: float, effective: float, severity: str
) -> None:
    kind = "server-error-burst" if family == "5xx-all" else "not-found-surge"
    denied = replace(BURST, kind=kind, family=family, severity="critical")
    told = without_one(denied, Clients(30, 1, 20, 100, mixed), "203.0.113.9", effective)
    assert told.severity == severity


def test_what_was_judged_by_a_limit_is_judged_by_it_again() -> None:
    high = replace(BURST, model=replace(BURST.model, limit=0.01))
    assert remains(high, 0.9)
    assert not remains(high, 0.1)


def test_who_had_events_is_counted() -> None:
    rows = pl.DataFrame({"client": ["a", "a", "b", "c", None], EVENT: [True, True, True, False, True]})
    window = Window(rows, {}, 0.0, 0.0, 0.0)
    found = clients_of(window)
    assert found is not None
    assert (found.many, found.top, found.most, found.events) == (2, "a", 2, 4)
    assert found.mixed == pytest.approx(3 / 2 ** (2 / 3))  # exp of the entropy of 2 and 1
    assert clients_of(Window(rows.drop("client"), {}, 0.0, 0.0, 0.0)) is None
    assert clients_of(Window(rows.filter(~pl.col(EVENT)), {}, 0.0, 0.0, 0.0)) is None
