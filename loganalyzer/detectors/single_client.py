"""A finding and its clients → the same, as a notice where one client alone makes it.

A request that fails for one visitor is that visitor's matter: nobody is to be woken. Where a log tells few clients
apart, as behind a load balancer, all of them look like one, and nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from loganalyzer import baseline
from loganalyzer.aggregates.clients import WIDTH_S
from loganalyzer.attribution import EVENT, effective
from loganalyzer.detectors.search import LEAST_EVENTS, LEAST_RATIO
from loganalyzer.detectors.traffic_search import MOST_LEFT
from loganalyzer.families import REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loganalyzer.attribution import Window
    from loganalyzer.detectors.series import Counted
    from loganalyzer.findings import Finding

CLIENTS: Final = 20.0
"""Effective number of clients of a log from which on it tells them apart."""

FEWEST: Final = 3
"""Clients that a failure of the server must show to: what two meet may be their doing."""

MOSTLY: Final = 0.5
"""Of the events beyond the expected, that one client must have made for a finding to be its doing: a finding that
passes by little would not stand without any of its clients."""

SERVER_SIDE: Final = frozenset(
    {"server-error-burst", "origin-unreachable", "client-closed-spike", "latency-shift"}
)
"""Kinds that are told of the server, and so need `FEWEST` witnesses."""

_DENIED: Final = {
    **REFUSED,
    "404/410": pl.col("missing"),
    "429": pl.col("limited"),
    "403": pl.col("forbidden"),
    "400": pl.col("malformed"),
}
"""What the table of denied clients says of a family's events."""


_RULED: Final = {
    "auth-failure-surge": "auth-loop",
    "not-found-surge": "not-found-scan",
}
"""Kinds of which a rule for single clients tells more, with the rule's; whom a rate limit turned away is told besides
how one of them took it."""


@dataclass(frozen=True)
class Clients:
    """Who the events of a window were of: `many` clients, of them `top` with `most` of the `events`.

    `mixed`: how many equal clients would be as mixed.
    """

    many: int
    top: Any
    most: int
    events: int
    mixed: float


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
    mixed = effective(counts["len"].to_numpy())
    return Clients(counts.height, counts["client"][0], int(counts["len"][0]), events.height, mixed)


def without_one(finding: Finding, clients: Clients, name: str, effective: float) -> Finding:
    """Return the finding, as a notice with its client named where it is no finding without that client.

    What fewer than `CLIENTS` were denied is not critical.

    Parameters
    ----------
    name: of the client with most events.
    effective: number of clients of the whole log, see `CLIENTS`.
    """
    if effective < CLIENTS:
        return finding
    few = finding.kind in SERVER_SIDE and clients.many < FEWEST
    share = clients.most / clients.events
    beyond = 1 - finding.expected / finding.observed
    if not few and (share < MOSTLY * beyond or remains(finding, 1 - share)):
        # What a handful of clients is denied, with half of all requests at night, is no emergency of everybody's.
        handful = finding.severity == "critical" and finding.family in _DENIED and clients.mixed < CLIENTS
        return replace(finding, severity="major") if handful else finding
    return replace(finding, severity="notice", single_client=name)


def left_by_one(finding: Finding, came: float, due: float, effective: float) -> Finding:
    """Return a drop, as a notice with its client named where nothing would have dropped without that client.

    Parameters
    ----------
    came, due: requests, of which those of `causes` are parts.
    effective: number of clients of the whole log, see `CLIENTS`.
    """
    if effective < CLIENTS or [cause.dimension for cause in finding.causes] != ["client"]:
        return finding
    (cause,) = finding.causes
    if came - cause.requests <= MOST_LEFT * (due - cause.expected):
        return finding
    return replace(finding, severity="notice", single_client=cause.value)


def from_tables(findings: Iterable[Finding], tables: Counted) -> list[Finding]:
    """Return findings of what single clients are denied, those of one client alone as notices.

    The Tables know who was denied what in five minutes each: that needs no look at the lines.
    """
    logs: dict[tuple[str | None, str | None], _Denied] = {}
    made = []
    for finding in findings:
        if finding.family in _DENIED and finding.severity != "notice":
            key = finding.vendor, finding.server
            if key not in logs:
                logs[key] = _denied(tables, *key)
            made.append(_alone(finding, logs[key]))
        else:
            made.append(finding)
    return made


def told_once(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings without the notices of one client, most of whose events a rule tells, and more of them.

    What the rule does not know, when who watched would have known of it and the diagnosis, is the notice's.
    """
    every = list(findings)
    ruled: dict[tuple[object, ...], list[int]] = {}
    for number, one in enumerate(every):
        if one.client is not None:
            ruled.setdefault((one.kind, one.vendor, one.server, one.client), []).append(number)
    told: set[int] = set()
    for number, notice in enumerate(every):
        of_it = ruled.get((_RULED.get(notice.kind), notice.vendor, notice.server, notice.single_client), ())
        there = [at for at in of_it if every[at].start < notice.end and notice.start < every[at].end]
        if 2 * sum(every[at].observed for at in there) > notice.observed:
            told.add(number)
            first = every[there[0]]
            every[there[0]] = replace(
                first,
                flagged=first.flagged or notice.flagged,
                diagnosis=first.diagnosis or notice.diagnosis,
            )
    return [one for number, one in enumerate(every) if number not in told]


@dataclass(frozen=True)
class _Denied:
    """Rows of `Counted.clients` of one log, sorted by `start`, and its effective number of clients."""

    rows: pl.DataFrame
    effective: float


def _denied(tables: Counted, vendor: str | None, server: str | None) -> _Denied:
    of_log = (pl.col("vendor").cast(pl.String) == vendor) & pl.col("server").eq_missing(
        pl.lit(server, pl.String)
    )
    rows = tables.clients.filter(of_log).sort("start")
    asked = tables.values.filter(of_log, pl.col("dimension") == "client").group_by("value")
    counts = asked.agg(pl.col("records").sum())["records"].to_numpy()
    if not counts.size:  # of whom nothing else is known
        counts = rows.group_by("client").len()["len"].to_numpy()
    return _Denied(rows, effective(counts) if counts.size else 0.0)


def _alone(finding: Finding, log: _Denied) -> Finding:
    first, last = finding.start - timedelta(seconds=WIDTH_S), finding.end
    begins = log.rows["start"]
    begin, stop = begins.search_sorted(first, side="right"), begins.search_sorted(last, side="left")
    events = (
        log.rows[begin:stop]
        .group_by("client")
        .agg(_DENIED[finding.family].sum().alias("events"))
        .filter(pl.col("events") > 0)
        .sort("events", "client", descending=[True, False])
    )
    if events.height == 0:
        return finding
    name, most = events.row(0)
    mixed = effective(events["events"].to_numpy())
    clients = Clients(events.height, name, most, int(events["events"].sum()), mixed)
    return without_one(finding, clients, name, log.effective)


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
