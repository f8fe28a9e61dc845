"""whose-403: who refused what Cloudflare answered 403, the edge by a rule or the origin.

Why it matters
    The same three digits mean two owners. What the edge refused, a rule of the zone refused; what the origin refused,
    its permissions, `.htaccess`, mod_security or a deny list did, which may hold Cloudflare's own addresses.
How it is judged
    The origin's status is beside the edge's: the same 403 is the origin's, none (0) the edge's own. Where the origin
    refuses nearly all that reaches it, it refuses whoever asks: Cloudflare's addresses may be denied.
Sources
    The document on Cloudflare's 4xx; the fields in Cloudflare's documentation.
Cannot be told
    Without the origin's status, unless the security action says that the edge refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.decisions import ACTIONS
from loganalyzer.diagnosis.judging import ratio, share
from loganalyzer.diagnosis.parts import PART
from loganalyzer.diagnosis.verdict import Facts, Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case

NAME: Final = "whose-403"

REFUSING: Final = (*ACTIONS["refused"], *ACTIONS["challenged"])
"""Security actions by which the edge refuses or challenges, as it writes them; what was solved or bypassed is none."""

NEARLY_ALL: Final = 0.9
"""Share of all that reached the origin which it refuses if it denies the edge itself."""

CAUSES: Final = {
    "edge-policy": ("cloudflare-4xx", "cloudflare-docs"),
    "origin-rule": ("cloudflare-4xx",),
    "edge-denied-by-origin": ("cloudflare-4xx",),
}


def _ask(case: Case) -> Iterator[Verdict]:
    case, whole = case.knowing("upstream_status"), case
    origin, action = pl.col("upstream_status"), pl.col("action")
    refusing = action.is_in(REFUSING).fill_null(value=False)
    known = case.count(origin.is_not_null())
    if known == 0:
        yield from _by_action(whole, whole.records, whole.count(refusing))
        return
    edge = case.count(origin == 0)
    refused = case.count(origin == case.status)
    by_rule = case.count(origin == 0, refusing)
    rules = case.symptoms.filter(pl.col("status") == case.status, origin == 0, refusing)
    named = (
        rules.group_by("action")
        .agg(pl.col("records").sum())
        .sort("records", "action", descending=[True, False])
    )
    facts: Facts = (
        ("edge", edge),
        ("records", known),
        ("edge_share", ratio(edge, known)),
        ("by_rule", by_rule),
    )
    first = (("action", named["action"][0]),) if named.height else ()
    where = f"status = {case.status} and upstream_status = 0"
    yield Verdict(NAME, "edge-policy", share(edge, known, PART), case.status, (*facts, *first), where=where)
    facts = (("origin", refused), ("records", known), ("origin_share", ratio(refused, known)))
    where = f"status = {case.status} and upstream_status = {case.status}"
    yield Verdict(NAME, "origin-rule", share(refused, known, PART), case.status, facts, where=where)
    minutes = case.minutes.filter(pl.col("role") == "request", pl.col("upstream_status") > 0)
    reached = int(minutes["records"].sum())
    denied = int(minutes.filter(pl.col("upstream_status") == case.status)["records"].sum())
    facts = (("refused", denied), ("reached", reached), ("refused_share", ratio(denied, reached)))
    judgement = case.unselected(share(denied, reached, NEARLY_ALL, 1 - PART), but="contradicted")
    yield Verdict(NAME, "edge-denied-by-origin", judgement, case.status, facts, where=where)


def _by_action(case: Case, total: int, by_rule: int) -> Iterator[Verdict]:
    """Yield what can be told without the origin's status."""
    missing = case.lacks("upstream_status", "action")
    facts = (
        ("edge", by_rule),
        ("records", total),
        ("edge_share", ratio(by_rule, total)),
        ("by_rule", by_rule),
    )
    judgement = share(by_rule, total, PART)
    if judgement != "supported":  # what no rule names may be the origin's, or another feature's of the edge
        judgement = "cannot tell"
    where = f"status = {case.status}"
    yield Verdict(
        NAME,
        "edge-policy",
        judgement,
        case.status,
        facts,
        () if judgement == "supported" else missing,
        where=where,
    )
    for cause in ("origin-rule", "edge-denied-by-origin"):
        yield Verdict(
            NAME, cause, "cannot tell", case.status, missing=case.lacks("upstream_status"), where=where
        )


QUESTION: Final = Question(NAME, frozenset({403}), frozenset({"cloudflare"}), CAUSES, _ask)
