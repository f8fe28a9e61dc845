"""edge-52x: one origin, one host or all, and whether anything was answered, where Cloudflare logged 520 to 527 or 530.

Why it matters
    The code says how the edge failed to get an answer: refused (521), no route (523), no TLS (525, 526), no name (530).
    Whether the origin was down or only some of it decides who is woken: an origin that answers others in the same
    minutes neither is down nor blocks Cloudflare.
How it is judged
    By the origin's address and by the host with most of the errors, beside their share of all other requests. Down: in
    the minutes that hold them, nine in ten requests of these hosts that needed the origin got no answer; partly up: as
    many as half did.
Sources
    Cloudflare's documentation of these codes.
Cannot be told
    Without the origin's status, as in Logpull's own fields. Which data centre asked: that is no column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.judging import ratio, share
from loganalyzer.diagnosis.spread import one
from loganalyzer.diagnosis.verdict import Facts, Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case

NAME: Final = "edge-52x"

DOWN: Final = 0.9
PARTLY: Final = 0.5
"""Shares, of the requests that needed the origin, of those without an answer: from the first on it was down, below the
second it was partly up."""

CONCERNED: Final = 0.1
"""Share of the errors from which a host is among those that are asked about."""

CAUSES: Final[dict[str, tuple[str, ...]]] = {
    "one-origin": ("cloudflare-docs",),
    "one-host": ("cloudflare-docs",),
    "origin-down": ("cloudflare-docs",),
}


def _ask(case: Case) -> Iterator[Verdict]:
    for cause, dimension in (("one-origin", "upstream"), ("one-host", "host")):
        found = one(case, dimension, name="origin" if dimension == "upstream" else None)
        yield Verdict(
            NAME, cause, found.judgement, case.status, found.facts, found.missing, where=found.where
        )
    yield _down(case)


def _down(case: Case) -> Verdict:
    cause = "origin-down"
    missing = case.lacks("upstream_status")
    if missing:
        return Verdict(NAME, cause, "cannot tell", case.status, missing=missing)
    minutes = case.minutes.filter(pl.col("role") == "request")
    failing = minutes.filter(pl.col("status") == case.status)
    hosts = (
        failing.group_by("host")
        .agg(pl.col("records").sum())
        .filter(pl.col("records") >= CONCERNED * int(failing["records"].sum()))["host"]
    )
    here = minutes.filter(
        pl.col("minute").is_in(case.crowded["minute"].implode()),
        pl.col("host").is_in(hosts.implode(), nulls_equal=True),
    )
    silent = int(here.filter(pl.col("unreached"))["records"].sum())
    answered = int(here.filter(~pl.col("unreached"), pl.col("upstream_status") > 0)["records"].sum())
    needed = silent + answered
    facts: Facts = (
        ("silent", silent),
        ("answered", answered),
        ("needed", needed),
        ("silent_share", ratio(silent, needed)),
        ("minutes", case.crowded.height),
    )
    judgement = case.unselected(share(silent, needed, DOWN, PARTLY), but="contradicted")
    return Verdict(NAME, cause, judgement, case.status, facts, where=f"status = {case.status}")


QUESTION: Final = Question(NAME, frozenset({*range(520, 528), 530}), frozenset({"cloudflare"}), CAUSES, _ask)
