"""clashing-writes: whether several clients change the same things (409, 412), or one runs into what it made itself.

Why it matters
    People who edit the same page need a merge; a job that creates what exists, or writes a version that it read long
    ago, needs a correction, and goes on failing until it gets one.
How it is judged
    By the methods: what changes nothing clashes with nothing. Then by the addresses: of one alone nobody else is in
    the way.
Sources
    What the documents say of 409 (PUT against PUT) and 412 (somebody else changed it first).
Cannot be told
    Without methods; behind a proxy, whose address is everybody's; which condition did not hold, as that is in headers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.judging import ratio, share
from loganalyzer.diagnosis.parts import HALF, MOST, USUAL, among, untold
from loganalyzer.diagnosis.verdict import Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case
    from loganalyzer.diagnosis.verdict import Judgement

NAME: Final = "clashing-writes"

WRITES: Final = (
    "PUT", "POST", "PATCH", "DELETE", "MKCOL", "MOVE", "COPY", "LOCK", "UNLOCK", "PROPPATCH",
)  # fmt: skip
"""Methods that change something."""

CAUSES: Final = {
    "several-writers": ("cloudflare-4xx", "cloudflare-docs", "http-status-overview", "standard"),
    "one-writer": ("standard",),
}


def _ask(case: Case) -> Iterator[Verdict]:
    where = f"status = {case.status}"
    client = case.leader("client")
    by_edge = case.count(pl.col("upstream_status") == 0)
    if case.lacks("method", "client") or client is None or by_edge:
        # What the edge made itself is no clash of clients, and cannot be told from the others client by client.
        for cause in CAUSES:
            yield untold(NAME, cause, case, "method", "client", where=where)
        return
    known = case.knowing("method")
    writes, total = known.count(pl.col("method").is_in(WRITES)), known.records
    facts = (
        ("part", writes),
        ("records", total),
        ("part_share", ratio(writes, total)),
        ("client", client.value),
        ("clients", client.values),
        ("client_share", ratio(client.records, client.total)),
    )
    changing = share(writes, total, MOST, HALF)
    alone = share(client.records, client.total, MOST)
    shared = share(client.records, client.total, HALF) == "contradicted"
    if alone == "supported" and case.usual_share("client", [client.value]) >= USUAL:
        alone = "cannot tell"
    several: Judgement = "cannot tell"
    one: Judgement = "cannot tell"
    if changing == "contradicted":
        several = one = "contradicted"
    elif changing == "supported":
        several = "supported" if shared else "contradicted" if alone == "supported" else "cannot tell"
        one = alone
    yield Verdict(NAME, "several-writers", several, case.status, facts, where=where)
    of_one = f"{where} and {among('client', [client.value])}"
    yield Verdict(NAME, "one-writer", one, case.status, facts, where=of_one)


QUESTION: Final = Question(
    NAME, frozenset({409, 412}), frozenset({"nginx", "apache", "cloudflare"}), CAUSES, _ask
)
