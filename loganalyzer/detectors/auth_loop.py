"""auth-loop: one client that is refused again and again (401, 407) and never gets in.

Why it matters
    A program with an old password, a proxy login that loops, or somebody who guesses. It fills the log, locks accounts,
    and its user sees a page that never comes.
How it is judged
    At least twenty refusals of one client in five minutes without a success in them or between them, half of them
    within ten seconds of the one before. The handshake of NTLM and Negotiate, two refusals and then a success, is none.
    Fewer than a hundred refusals are a notice. So is a loop in a surge of failed logins of which it makes less than a
    fifth in its time: who meets a login that is broken for many tries again.
Known misses
    Behind one address shared by many, the success of one hides the loop of another.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.attribution import LEAST_SHARE
from loganalyzer.detectors import auth_failure_surge
from loganalyzer.detectors.one_client import MANY, WIDTH, Rule, judged
from loganalyzer.second_look import BEGAN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loganalyzer.findings import Finding, Severity
    from loganalyzer.tables import Tables

LEAST: Final = 20
WITHIN: Final = timedelta(minutes=5)
GAP_S: Final = 10.0
REFUSED: Final = (401, 407)


def among_many(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, loops in a surge of many others as notices."""
    kept = list(findings)
    surges = [
        one for one in kept if one.kind == auth_failure_surge.QUESTION.kind and one.severity != "notice"
    ]
    return [
        replace(one, severity="notice")
        if one.kind == RULE.kind and any(_is_of(one, surge) for surge in surges)
        else one
        for one in kept
    ]


def _is_of(loop: Finding, surge: Finding) -> bool:
    """Tell whether a loop is one of many that a surge is made of, as evenly as its time goes on."""
    same = (loop.vendor, loop.server) == (surge.vendor, surge.server)
    # Loops are cut in steps of this width.
    within = surge.start - WIDTH < loop.start and loop.end < surge.end + WIDTH
    if not (same and within):
        return False
    part = min(1.0, (loop.end - loop.start) / (surge.end - surge.start))
    return loop.observed < LEAST_SHARE * part * (surge.observed - surge.expected)


def _judge(finding: Finding, records: pl.DataFrame, _tables: Tables) -> Finding | None:
    """Return the finding if the longest row of refusals is a loop."""
    refused = pl.col("status").is_in(REFUSED)
    rows = records.filter(refused | pl.col("status").is_between(200, 399)).with_columns(
        _row=pl.col("status").is_between(200, 399).cum_sum()
    )
    rows = rows.filter(refused)
    if rows.height < LEAST:
        return None
    longest = rows.group_by("_row").len().sort("len", "_row", descending=[True, False])["_row"][0]
    loop = rows.filter(pl.col("_row") == longest)
    if loop.height < LEAST:
        return None
    span = (pl.col(BEGAN) - pl.col(BEGAN).shift(LEAST - 1)).min()
    gap = pl.col(BEGAN).diff().dt.total_milliseconds().median() / 1000
    fastest, gap_s = loop.select(span, gap.alias("gap")).row(0)
    if fastest > WITHIN or gap_s > GAP_S:
        return None
    severity: Severity = "minor" if finding.observed >= MANY else "notice"
    return replace(judged(finding, loop, {"refused": loop.height, "gap_s": gap_s}), severity=severity)


RULE: Final = Rule(
    kind="auth-loop",
    denied="auth",
    least=LEAST,
    exonerates=True,
    columns=("status",),
    judge=_judge,
)
