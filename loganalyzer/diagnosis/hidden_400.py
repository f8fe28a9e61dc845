"""hidden-400: whether nginx's own 494 to 497 may stand behind a 400, or the application answered it.

Why it matters
    nginx logs four codes of its own as 400: headers or a cookie too large (494), a client certificate that is bad (495)
    or missing (496), plain HTTP on a TLS port (497). All of them are answers to a whole request line without a fault,
    so that they look like a 400 of the application.
How it is judged
    An upstream that answered 400 itself is the application. Where no upstream was asked, and the line is whole and
    without a fault, nginx refused it for what the log does not show.
Sources
    nginx's source.
Cannot be told
    Without the upstream's status; which of the four it is, without `$ssl_protocol` or `$ssl_client_verify`. A missing
    `Host` header and a `return 400` look the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.parts import PART, of_part, untold
from loganalyzer.diagnosis.verdict import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case
    from loganalyzer.diagnosis.verdict import Verdict

NAME: Final = "hidden-400"

NEEDED: Final = ("upstream", "upstream_status", "method", "target", "protocol")
"""Columns that both causes are told from."""

CAUSES: Final = {
    "application": ("standard",),
    "internal-code": ("nginx-source",),
}


def _ask(case: Case) -> Iterator[Verdict]:
    known = case.knowing(*NEEDED)
    if known.records == 0:
        for cause in CAUSES:
            yield untold(NAME, cause, case, *NEEDED, where=f"status = {case.status}")
        return
    answered = known.count(pl.col("upstream_status") == case.status)
    yield of_part(NAME, "application", known, answered, PART, f"upstream_status = {case.status}")
    alone = known.count(~pl.col("upstream"), pl.col("request") == "whole")
    yield of_part(NAME, "internal-code", known, alone, PART, "upstream is null and protocol is not null")


QUESTION: Final = Question(NAME, frozenset({400}), frozenset({"nginx"}), CAUSES, _ask)
