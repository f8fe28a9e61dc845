"""Findings → which records each of them counts, and lines of the log that show it, oldest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates.grouping import LONGEST_VALUE, template, unreached
from loganalyzer.aggregates.latency import by_cache
from loganalyzer.detectors.latency_shift import ENOUGH
from loganalyzer.families import FAMILIES
from loganalyzer.findings import Evidence
from loganalyzer.second_look import BEGAN, Glance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from loganalyzer.findings import Finding

UNREACHED: Final = "unreached"
"""Column beside the canonical ones: whether a record says that no origin answered, as in `Tables.minutes`."""

_COLUMNS: Final = ("status", "upstream_status", "cache")
"""Canonical columns that the predicate of a status, and `UNREACHED`, are made of."""

LINES: Final = 20
"""Lines shown of a finding."""

MOST: Final = 2_000
"""Lines of one chunk among which the oldest are looked for: a server writes them nearly in order."""

CHUNKS: Final = 6
"""Chunks of one source that are read again for a finding: enough for twenty lines of anything that was flagged."""


@dataclass(frozen=True, eq=False)
class Events:
    """Which records a finding counts, whatever their time.

    `of` is a predicate on the canonical `columns`, `role`, `UNREACHED` and `BEGAN`; `name` is the same for equal ones.
    `minutes` is the same on the rows of `Tables.minutes`: then `Tables.failures` can tell what is usual of a value;
    null where they cannot. `every`: every request is one, and how many there are is the question; `missing`: how many
    there are not, so that no line shows it. `judged` are the columns that decide: a value of theirs fails by
    definition, and is no cause. Who is named must carry `least` of the excess together.
    """

    name: str
    of: pl.Expr
    columns: tuple[str, ...] = _COLUMNS
    minutes: pl.Expr | None = None
    every: bool = False
    missing: bool = False
    judged: frozenset[str] = frozenset({"status"})
    least: float = 0.0


_FAMILIES: Final = {family.name: family for family in FAMILIES}

UNCOUNTED: Final = frozenset({"log-silence", "quiet-day", "rotation-gap", "unreadable-lines"})
"""Kinds of which no records tell more: where there are none, where a whole day is quiet, what was not understood."""


def _every_request(finding: Finding) -> Events:
    return Events(finding.kind, pl.col("role") == "request", (), every=True, judged=frozenset())


def _missing_request(finding: Finding) -> Events:
    request = pl.col("role") == "request"
    return Events(finding.kind, request, (), every=True, missing=True)


def _slow_request(finding: Finding) -> Events:
    """Return the answered requests beyond their route's limit; a route without one has those of the rest, if any."""
    vendor = finding.vendor or ""
    column = "host" if vendor == "cisco_wsa" else "path"
    value = pl.col(column).str.slice(0, LONGEST_VALUE)
    route = value if vendor == "cisco_wsa" else template(value)
    of_rest = next((limit.seconds for limit in finding.limits if limit.route is None), None)

    def limit(*, cached: bool) -> pl.Expr:
        own = {one.route: one.seconds for one in finding.limits if one.route and one.cached == cached}
        if not own:
            return pl.lit(of_rest, pl.Float64)
        return route.replace_strict(own, default=of_rest, return_dtype=pl.Float64)

    beyond = pl.when(by_cache(vendor)).then(limit(cached=True)).otherwise(limit(cached=False))
    slow = (
        (pl.col("role") == "request")
        & pl.col("status").is_between(200, 399)
        & (pl.col("duration_s") >= beyond)
    )
    columns = ("status", "duration_s", "cache", "upstream_status", column)
    name = f"{finding.kind}: {finding.limits}"
    return Events(name, slow.fill_null(value=False), columns, least=ENOUGH)


SPECIAL: Final[dict[str, Callable[[Finding], Events]]] = {
    "traffic-drop": _missing_request,
    "traffic-surge": _every_request,
    "latency-shift": _slow_request,
}
"""Kinds whose events are told by something else than a status → what tells them."""


def events_of(finding: Finding) -> Events | None:
    """Return which records a finding counts, or lacks; null where no records tell, or it is one client's alone."""
    if finding.kind in UNCOUNTED or finding.by_rule or finding.vendor is None:
        return None
    if finding.kind in SPECIAL:
        return SPECIAL[finding.kind](finding)
    family = _FAMILIES.get(finding.family)
    whole = family is not None and finding.kind != "blips" and finding.model.limit is None
    asked = pl.col("role").cast(pl.String).is_in(["request", "handshake"])
    if family is not None and whole:
        condition = family.condition & asked
        name = finding.family
    else:  # several families together
        statuses = [status for status, _ in finding.statuses]
        condition = asked & pl.col("status").is_in(statuses)
        name = f"{finding.kind}: {statuses}"
        if finding.kind != "blips":
            unanswered = pl.col(UNREACHED)
            condition &= unanswered if finding.kind == "origin-unreachable" else ~unanswered
    judged = {"status"} | ({"cache"} & set(unreached(finding.vendor).meta.root_names()))
    if finding.kind == "auth-failure-surge" and finding.vendor == "cisco_wsa":
        judged |= {"action", "policy"}  # of a challenge nothing but that it is one
    return Events(name, condition.fill_null(value=False), minutes=condition, judged=frozenset(judged))


def glance_of(finding: Finding) -> Glance[pl.DataFrame] | None:
    """Return the question for the lines of a finding; null where no records of one vendor's log show it."""
    events = events_of(finding)
    if events is None or events.missing or finding.vendor is None:
        return None
    belongs, unanswered = belonging(finding, events), unreached(finding.vendor).alias(UNREACHED)

    def lines(records: pl.DataFrame) -> pl.DataFrame:
        seen = records.with_columns(unanswered).filter(belongs)
        return seen.head(MOST).select("source", "line", "text", BEGAN)

    columns = tuple(dict.fromkeys([*_COLUMNS, *events.columns]))
    return Glance(finding.vendor, finding.server, finding.start, finding.end, columns, lines, CHUNKS)


def evidence_of(parts: Sequence[pl.DataFrame]) -> tuple[Evidence, ...]:
    """Return up to `LINES` of the lines that a glance found, by the moment their request began."""
    if not parts:
        return ()
    first = pl.concat(parts).sort(BEGAN, "source", "line").head(LINES)
    return tuple(
        Evidence(source, line, text)
        for source, line, text in first.select("source", "line", "text").iter_rows()
    )


def belonging(finding: Finding, events: Events) -> pl.Expr:
    """Return whether a record is one of the events of a finding, and within its time."""
    inside = [pl.col(BEGAN).is_between(start, end, closed="left") for start, end in _stretches(finding)]
    return pl.any_horizontal(inside) & events.of


def _stretches(finding: Finding) -> Sequence[tuple[datetime, datetime]]:
    """Return when a finding was: a list of blips has nothing of what lies between them."""
    return finding.stretches if finding.kind == "blips" else ((finding.start, finding.end),)
