"""who-left-499: people, a timer or one client, and whether the server was slow before, where clients hung up (499).

Why it matters
    The code only says who hung up. A timer in front gives up on what is too slow for it, people on what is too slow for
    them, and a client of its own habits on nothing that the server did.
How it is judged
    A timer: at least half of the durations pile up at whole seconds, beside their neighbours (`timers`). People: they
    do not, and no client has a fifth of them. One client or network: it has nearly all, though other requests are
    seldom its. Waited long: most had waited longer than nineteen in twenty answers of the same paths take. The server
    first: in the minutes that hold them, the answers of the same paths were slow, or failed, beside the other minutes
    of the log, and that began no later than the clients left.
Sources
    The document on Cloudflare's 4xx; nginx's source; Cloudflare's documentation.
Cannot be told
    Without durations, all but whether it was one client. The server first, where most minutes of the log hold some.
    What a path usually takes that is never answered, such as a stream.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates import latency
from loganalyzer.diagnosis.judging import bounds, every, ratio, share
from loganalyzer.diagnosis.spread import One, concentrated, one
from loganalyzer.diagnosis.verdict import Facts, Question, Verdict
from loganalyzer.networks import network
from loganalyzer.timers import limits_at, piles_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from loganalyzer.diagnosis.case import Case
    from loganalyzer.diagnosis.verdict import Judgement
    from loganalyzer.timers import Pile

NAME: Final = "who-left-499"

TIMED: Final = 0.5
UNTIMED: Final = 0.25
"""Shares of the durations that pile up: from the first on a timer ended them, below the second none did."""

MANY: Final = 0.8
"""Share of the requests that neither a timer nor the busiest client has where it was people."""

PEOPLE: Final = 10
"""Clients below which nobody speaks of many."""

USUALLY: Final = 0.95
"""Share of the answers of a path that take no longer than what is called usual."""

LATE: Final = 0.5
SOON: Final = 0.2
"""Shares of those who waited longer than usual: from the first on they waited long, below the second they did not."""

ANSWERS: Final = 20
"""Answers of a path that tell what is usual there."""

KNOWN: Final = 0.5
"""Share of the requests to whose path there must be as many."""

TENTH: Final = 0.9
"""Share of the answers of a path, in the other minutes, that a slow one takes longer than."""

STRETCH: Final = 50
"""Answers of a stretch of time that is called fast or slow."""

SLOW: Final = 0.3
USUAL: Final = 0.2
"""Shares of slow answers, of which a tenth is usual: from the first on the server was slow, below the second it was
not."""

FAILING: Final = 0.1
HEALTHY: Final = 0.03
"""Shares of the requests that failed, by the server or by the way to it: from the first on it failed, below the second
it did not."""

BEFORE: Final = timedelta(minutes=30)
"""Before clients leave a server may have been slow for so long to have to do with it."""

FINEST: Final = 5
"""Minutes of a row of the histograms: where they are coarser, nobody can tell what came first."""

_DOCUMENTS: Final = ("nginx-source", "cloudflare-docs")

CAUSES: Final[dict[str, tuple[str, ...]]] = {
    "client-timer": _DOCUMENTS,
    "people": ("cloudflare-4xx", "nginx-source"),
    "one-client": ("cloudflare-4xx", "nginx-source"),
    "waited-long": _DOCUMENTS,
    "server-first": _DOCUMENTS,
}


def _ask(case: Case) -> Iterator[Verdict]:
    missing = case.lacks("duration_s")
    where = f"status = {case.status}"
    who = _one(case)
    if missing:
        for cause in ("client-timer", "people", "waited-long", "server-first"):
            yield Verdict(NAME, cause, "cannot tell", case.status, missing=missing, where=where)
    else:
        waits = case.log_of(case.tables.waits).filter(case.fives)
        piles, records = piles_of(waits, case.status)
        # What the server had to do with it comes first: people leave in either case.
        yield _server(case)
        yield _timer(case, piles, records)
        yield _long(case, waits, records)
        yield _people(case, piles, records)
    yield Verdict(NAME, "one-client", who.judgement, case.status, who.facts, who.missing, where=who.where)


def _timer(case: Case, piles: tuple[Pile, ...], records: int) -> Verdict:
    part = sum(pile.records for pile in piles)
    facts: Facts = (("part", part), ("records", records), ("part_share", ratio(part, records)))
    where = f"status = {case.status}"
    if piles:
        first = piles[0]
        facts = (("seconds_s", float(first.seconds)), *facts)
        names = dict.fromkeys(limit.name for limit in limits_at(first.seconds, case.status, case.vendor))
        facts = (*facts, ("timers", ", ".join(names))) if names else facts
        where += f" and duration_s >= {first.start_s:g} and duration_s < {first.end_s:g}"
    return Verdict(
        NAME, "client-timer", share(part, records, TIMED, UNTIMED), case.status, facts, where=where
    )


def _people(case: Case, piles: tuple[Pile, ...], records: int) -> Verdict:
    timed = sum(pile.records for pile in piles)
    leader = case.leader("client")
    where = f"status = {case.status}"
    if leader is None or not records:
        return Verdict(NAME, "people", "cannot tell", case.status, missing=case.lacks("client"), where=where)
    facts: Facts = (
        ("records", records),
        ("clients", leader.values),
        ("largest_share", ratio(leader.records, leader.total)),
        ("timed_share", ratio(timed, records)),
    )
    judgement = every(
        share(records - timed, records, MANY, TIMED),
        share(leader.total - leader.records, leader.total, MANY, TIMED),
        "supported" if leader.values >= PEOPLE else "cannot tell",
    )
    return Verdict(NAME, "people", judgement, case.status, facts, where=where)


def _one(case: Case) -> One:
    """Return whether one client has nearly all, or else one network."""
    client = one(case, "client")
    if client.judgement == "supported" or client.missing:
        return client
    failing = _by_network(case.by("client"))
    if failing.height == 0:
        return client
    judgement, facts = concentrated(
        failing, lambda: _by_network(case.others("client")), "client", int(failing["records"].sum())
    )
    if judgement != "supported":
        return client
    value = str(failing["value"][0])
    where = f"status = {case.status}"
    if value.endswith(".0/24"):
        where += f" and client like '{value.removesuffix('0/24')}%'"
    return One(judgement, facts, where)


def _by_network(clients: pl.DataFrame) -> pl.DataFrame:
    """Return `value`, `records` of the networks of clients, the commonest first; what is no address is its own."""
    return (
        clients.with_columns(network(pl.col("value")).fill_null(pl.col("value")).alias("value"))
        .group_by("value")
        .agg(pl.col("records").sum())
        .sort("records", "value", descending=[True, False])
    )


def _long(case: Case, waits: pl.DataFrame, records: int) -> Verdict:
    where = f"status = {case.status}"
    usual = _usual_s(case)
    if usual is None or not records or case.selected:
        return Verdict(NAME, "waited-long", "cannot tell", case.status, where=where)
    left = waits.filter(pl.col("status") == case.status)
    late = int(left.filter(pl.col("tenths") > usual * 10 + 1)["records"].sum())
    facts: Facts = (
        ("part", late),
        ("records", records),
        ("part_share", ratio(late, records)),
        ("usual_s", usual),
    )
    where += f" and duration_s > {usual:.3f}"
    return Verdict(NAME, "waited-long", share(late, records, LATE, SOON), case.status, facts, where=where)


def _usual_s(case: Case) -> float | None:
    """Return the seconds that nineteen in twenty answers take, of paths in the shares in which clients left them."""
    asked = case.by(_route(case)).rename({"value": "route", "records": "left"})
    told = case.log_of(case.tables.latency_total).filter(~pl.col("cached"))
    total = told.group_by("route").agg(pl.col("records").sum().alias("answers"))
    known = asked.join(total.filter(pl.col("answers") >= ANSWERS), on="route")
    if known.height == 0 or int(known["left"].sum()) < KNOWN * int(asked["left"].sum()):
        return None
    mixture = (
        told.join(known, on="route")
        .group_by("bin")
        .agg((pl.col("records") * pl.col("left") / pl.col("answers")).sum().alias("part"))
        .sort("bin")
    )
    reached = pl.col("part").cum_sum() >= USUALLY * pl.col("part").sum()
    number = int(mixture.filter(reached)["bin"][0])
    return latency.edges(number, latency.TOTAL_BINS)[1]


def _route(case: Case) -> str:
    """Return the dimension that a route of `Tables.latency` is of."""
    return "host" if case.vendor == "cisco_wsa" else "path"


def _server(case: Case) -> Verdict:
    """Return whether the server was slow or failed in the minutes of a case, and no later than clients left."""
    cause, where = "server-first", f"status = {case.status}"
    crowded = case.crowded
    every_minute = case.log_of(case.tables.minutes).filter(pl.col("role") == "request")
    enough = crowded.height <= every_minute["minute"].n_unique() / 2
    grain = latency.GRAINS[case.tables.latency_grain].minutes
    enough = enough and not case.selected
    slowness = _slowness(case, grain) if crowded.height and enough and grain <= FINEST else None
    if slowness is None:
        return Verdict(NAME, cause, "cannot tell", case.status, where=where)
    by_minute = slowness.join(_failures(case, every_minute, grain), on="minute", how="full", coalesce=True)
    by_minute = by_minute.fill_null(0).sort("minute")
    inside = by_minute.filter(pl.col("minute").is_in(_rounded(crowded["minute"], grain).implode()))
    slow, answers, failed, asked = (
        int(inside[name].sum()) for name in ("slow", "answers", "failed", "asked")
    )
    slowed, failing = share(slow, answers, SLOW, USUAL), share(failed, asked, FAILING, HEALTHY)
    left_from: datetime = crowded["minute"][0]
    facts: Facts = (
        ("slow", slow),
        ("answers", answers),
        ("slow_share", ratio(slow, answers)),
        ("failed_share", ratio(failed, asked)),
        ("minutes", crowded.height),
        ("left_from", left_from),
    )
    judgement: Judgement = "cannot tell"
    if slowed == failing == "contradicted":
        judgement = "contradicted"
    elif "supported" in {slowed, failing}:
        first = _first(by_minute.filter(pl.col("minute") >= left_from - BEFORE))
        if first is not None:
            facts = (*facts, ("slow_from", first))
            if first <= left_from + timedelta(minutes=1):
                judgement = "supported"
    return Verdict(NAME, cause, judgement, case.status, facts, where=where)


def _rounded(minutes: pl.Series, grain: int) -> pl.Series:
    return minutes.dt.truncate(f"{grain}m").unique()


def _slowness(case: Case, grain: int) -> pl.DataFrame | None:
    """Return `minute`, `slow`, `answers`: those slower than nine in ten of the same path in other, good minutes."""
    rows = case.log_of(case.tables.latency).filter(~pl.col("cached"))
    here = pl.col("minute").is_in(_rounded(case.crowded["minute"], grain).implode())
    bins = (
        _good(rows.filter(~here)).group_by("route", "bin").agg(pl.col("records").sum()).sort("route", "bin")
    )
    reached = pl.col("records").cum_sum().over("route") >= TENTH * pl.col("records").sum().over("route")
    told = (
        bins.filter(pl.col("records").sum().over("route") >= ANSWERS)
        .filter(reached)
        .group_by("route")
        .agg(pl.col("bin").min().alias("usual"))
    )
    known = rows.join(told, on="route")
    if int(known.filter(here)["records"].sum()) < ANSWERS:
        return None
    return known.group_by("minute").agg(
        pl.col("records").filter(pl.col("bin") > pl.col("usual")).sum().alias("slow"),
        pl.col("records").sum().alias("answers"),
    )


def _good(rows: pl.DataFrame) -> pl.DataFrame:
    """Return those rows of the histograms that are of the faster half of the time: a log may be slow for long.

    Time is cut into stretches of `STRETCH` answers, among which chance makes little difference.
    """
    middle = (
        rows.sort("bin")
        .filter(pl.col("records").cum_sum().over("route") * 2 >= pl.col("records").sum().over("route"))
        .group_by("route")
        .agg(pl.col("bin").min().alias("middle"))
    )
    answers = pl.col("records").sum()
    by_minute = (
        rows.join(middle, on="route")
        .group_by("minute")
        .agg(((pl.col("bin") - pl.col("middle")) * pl.col("records")).sum().alias("above"), answers)
        .sort("minute")
        .with_columns(((pl.col("records").cum_sum() - 1) // STRETCH).alias("stretch"))
    )
    of_each = (
        by_minute.group_by("stretch")
        .agg((pl.col("above").sum() / answers).alias("above"))
        .sort("above", "stretch")
    )
    faster = of_each.head((of_each.height + 1) // 2)
    return rows.join(by_minute.join(faster, on="stretch", how="semi"), on="minute", how="semi")


def _failures(case: Case, minutes: pl.DataFrame, grain: int) -> pl.DataFrame:
    """Return `minute`, `failed`, `asked`: requests that the server failed, and those that nobody gave up."""
    stayed = minutes.filter(pl.col("status") != case.status)
    return stayed.group_by(pl.col("minute").dt.truncate(f"{grain}m")).agg(
        pl.col("records").filter(pl.col("status") >= 500).sum().alias("failed"),  # noqa: PLR2004  # 5xx
        pl.col("records").sum().alias("asked"),
    )


def _first(by_minute: pl.DataFrame) -> datetime | None:
    """Return the first minute in which answers surely were slow or failed."""
    for minute, slow, answers, failed, asked in by_minute.select(
        "minute", "slow", "answers", "failed", "asked"
    ).iter_rows():
        if (answers and bounds(slow, answers)[0] >= SLOW / 2) or (
            asked and bounds(failed, asked)[0] >= FAILING / 2
        ):
            return minute  # type: ignore[no-any-return]  # of a column of moments
    return None


QUESTION: Final = Question(NAME, frozenset({499}), None, CAUSES, _ask)
