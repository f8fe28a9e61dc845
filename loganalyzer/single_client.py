"""A finding and its clients → the same, as a notice where one client alone makes it.

A request that fails for one visitor is that visitor's matter: nobody is to be woken. Where a log tells few clients
apart, as behind a load balancer, all of them look like one, and nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from loganalyzer import baseline
from loganalyzer.attribution import EVENT
from loganalyzer.detectors.search import LEAST_EVENTS, LEAST_RATIO

if TYPE_CHECKING:
    from loganalyzer.attribution import Window
    from loganalyzer.findings import Finding

CLIENTS: Final = 20.0
"""Effective number of clients of a log from which on it tells them apart."""

FEWEST: Final = 3
"""Clients that a failure of the server must show to: what two meet may be their doing."""

SERVER_SIDE: Final = frozenset(
    {"server-error-burst", "origin-unreachable", "client-closed-spike", "latency-shift"}
)
"""Kinds that are told of the server, and so need `FEWEST` witnesses."""


@dataclass(frozen=True)
class Clients:
    """Who the events of a window were of: `many` clients, of them `top` with `most` of the `events`."""

    many: int
    top: Any
    most: int
    events: int


def clients_of(window: Window) -> Clients | None:
    """Return who the events of a window were of, null where no client is known of any."""
    if "client" not in window.rows.columns:
        return None
    events = window.rows.filter(EVENT)
    counts = (
        events.group_by("client")
        .len()
        .filter(pl.col("client").is_not_null())
        .sort("len", "client", descending=[True, False])
    )
    if counts.height == 0:
        return None
    return Clients(counts.height, counts["client"][0], int(counts["len"][0]), events.height)


def without_one(finding: Finding, clients: Clients, name: str, effective: float) -> Finding:
    """Return the finding, as a notice with its client named where it is no finding without that client.

    Parameters
    ----------
    name: of the client with most events.
    effective: number of clients of the whole log, see `CLIENTS`.
    """
    if effective < CLIENTS:
        return finding
    few = finding.kind in SERVER_SIDE and clients.many < FEWEST
    if not few and remains(finding, 1 - clients.most / clients.events):
        return finding
    return replace(finding, severity="notice", single_client=name)


def remains(finding: Finding, left: float) -> bool:
    """Tell whether a finding would still be one with a part of its events left."""
    model = finding.model
    if model.limit is not None:
        share = float(baseline.share_at_least(left * finding.observed, finding.requests))
        return share > model.limit
    y, m = left * model.y, model.m
    if y < LEAST_EVENTS or y - m < LEAST_EVENTS or y < LEAST_RATIO * m:
        return False
    return float(baseline.score(y, m, model.phi, model.kappa, model.M)) >= model.threshold
