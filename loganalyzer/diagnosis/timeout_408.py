"""timeout-408: who made the server wait until it answered 408, and whether its own timer ended it.

Why it matters
    Most of these are no fault: browsers open connections in advance and never use them. The others are people on slow
    lines, uploads that stall, or somebody who holds connections open on purpose.
How it is judged
    Without a request line nothing usable came: from many addresses these are browsers' connections, from one address
    the checks of a load balancer, or a scan. With a request line the rest of the request did not come in time.
    Durations that are nearly all alike are the server's timer.
Sources
    What the documents say of 408 and browsers' preconnect; Apache's manual.
Cannot be told
    In a log without the request. nginx writes no line for a connection on which nothing was sent, so that it has no
    preconnect to show; Apache logs no line that came in part, and not how long it waited for a request without one.
    An application that answers 408 itself is known by the upstream's status, or by what was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.judging import ratio, share, share_between
from loganalyzer.diagnosis.parts import HALF, MOST, among, of_part, untold
from loganalyzer.diagnosis.verdict import Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case

NAME: Final = "timeout-408"

ALIKE: Final = 5
"""Tenths of a second by which waits that one timer ended may differ from each other."""

SHORTEST: Final = 10
"""Tenths of a second below which alike durations are no timer of a server."""

_MDN: Final = ("mdn-errors-excerpt", "mdn-client-server-errors")

CAUSES: Final = {
    "preconnect": (*_MDN, "apache-manual"),
    "probe": ("apache-manual",),
    "slow-client": ("cloudflare-4xx", "http-status-overview", "standard", "nginx-source", "apache-manual"),
    "server-timer": ("http-status-overview", "standard"),
}


def _ask(case: Case) -> Iterator[Verdict]:
    whole, case = case, case.knowing("method", "target")
    empty = case.count(pl.col("request") == "empty")
    begun = case.count(
        pl.col("request").is_in(["whole", "simple"]),
        (pl.col("upstream_status") != case.status).fill_null(value=True),
    )
    if case.records == 0:
        for cause in ("preconnect", "probe", "slow-client"):
            yield untold(NAME, cause, whole, "method", "target")
        yield _timer(whole, certain=whole.vendor != "apache")
        return
    nothing, clients = "(target is null or target = '')", case.leader("client")
    first = clients.records if clients else 0
    found = of_part(NAME, "preconnect", case, empty, HALF, nothing)
    spread = clients is not None and share(first, clients.total, HALF) == "contradicted"
    silent = case.vendor != "nginx"
    if found.judgement == "supported" and not (spread and silent):
        found = untold(NAME, "preconnect", case, "client", where=found.where)
    yield found
    probe = _probe(case, empty)
    if not silent and probe.judgement == "supported":
        probe = untold(NAME, "probe", case, "client", where=probe.where)
    yield probe
    slow = of_part(NAME, "slow-client", case, begun, HALF, "method is not null")
    if slow.judgement == "supported" and not silent and case.lacks("upstream_status") and _sent(case):
        slow = untold(NAME, "slow-client", case, "upstream_status", where=slow.where)
    yield slow
    yield _timer(whole, certain=whole.vendor != "apache" or empty == 0)


def _sent(case: Case) -> int:
    """Return the bytes that went out with the status: nginx sends none when a client is too slow."""
    return int(case.minutes.filter(pl.col("status") == case.status)["bytes_sent"].sum())


def _probe(case: Case, empty: int) -> Verdict:
    """Return whether one address opens connections and sends nothing."""
    client = case.leader("client")
    if client is None:
        return untold(NAME, "probe", case, "client")
    total = case.records
    # Who sent a line is not told by client: so many at least, and so many at most, of the first one's sent nothing.
    least, most = max(0, client.records + empty - total), min(client.records, empty)
    judgement, part = share_between(least, most, total, MOST, HALF)
    facts = (
        ("client", client.value),
        ("part", int(part)),
        ("records", total),
        ("part_share", ratio(part, total)),
    )
    where = f"status = {case.status} and {among('client', [client.value])}"
    return Verdict(NAME, "probe", judgement, case.status, facts, where=where)


def _timer(case: Case, *, certain: bool) -> Verdict:
    """Return whether durations pile up where the server's timer is."""
    where = f"status = {case.status}"
    waits = case.waits()
    if waits.height == 0 or not certain:
        return untold(NAME, "server-timer", case, "duration_s", where=where)
    tenths, records = pl.col("tenths"), pl.col("records")
    piles = waits.with_columns(_of=tenths).rolling("tenths", period=f"{ALIKE + 1}i").agg(records.sum())
    tops = piles.sort("records", "tenths", descending=[True, False])
    last, part = int(tops["tenths"][0]), int(tops["records"][0])
    inside = waits.filter(tenths.is_between(last - ALIKE, last)).sort(
        "records", "tenths", descending=[True, False]
    )
    mode, total = int(inside["tenths"][0]), int(waits["records"].sum())
    facts = (("timer_s", mode / 10), ("part", part), ("records", total), ("part_share", ratio(part, total)))
    judgement = share(part, total, MOST, HALF)
    if mode < SHORTEST and judgement == "supported":
        judgement = "contradicted"
    return Verdict(NAME, "server-timer", judgement, case.status, facts, where=where)


QUESTION: Final = Question(NAME, frozenset({408}), frozenset({"nginx", "apache"}), CAUSES, _ask)
