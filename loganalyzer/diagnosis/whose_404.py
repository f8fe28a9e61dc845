"""whose-404: who said "not found" in a Cloudflare log, the origin, its copy in the cache, or something at the edge.

Why it matters
    Cloudflare makes no 404 of its own, says the document: look at the origin. Two cases escape that sentence. The edge
    repeats an origin's 404 from its cache, three minutes unless told otherwise, so that a page that is back stays
    missing; and a Worker or a rule answers without any origin, where nobody finds the fault at the origin.
How it is judged
    By the origin's status: the same one is the origin's answer, none (0) the edge's, and the cache status tells a copy
    from an answer that was made there. A cause is told from a tenth of the records on.
Sources
    The document on Cloudflare's 4xx; Cloudflare's documentation on caching by status code and on cache statuses.
Cannot be told
    Without the origin's status, as in Logpull's own fields. Which Worker or rule it was; nor whether a Worker
    made the status itself where the log also holds such answers to what Workers fetched.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.judging import ratio, share
from loganalyzer.diagnosis.parts import PART
from loganalyzer.diagnosis.verdict import Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case

NAME: Final = "whose-404"

COPIES: Final = ("hit", "stale", "updating", "revalidated")
"""Cache statuses of what came out of the cache, in lower case."""

CAUSES: Final[dict[str, tuple[str, ...]]] = {
    "origin-made": ("cloudflare-4xx",),
    "cached": ("cloudflare-docs",),
    "edge-made": ("cloudflare-docs",),
}

_COPY: Final = "lower(cache) in (" + ", ".join(f"'{name}'" for name in COPIES) + ")"
_WHERE: Final = {
    "origin-made": "upstream_status = {status}",
    "cached": f"upstream_status = 0 and {_COPY}",
    "edge-made": f"upstream_status = 0 and not coalesce({_COPY}, false)",
}


def _ask(case: Case) -> Iterator[Verdict]:
    status = case.status
    origin = pl.col("upstream_status")
    copy = pl.col("cache").str.to_lowercase().is_in(COPIES).fill_null(value=False)
    missing, known = case.lacks("upstream_status"), case.knowing("upstream_status")
    total = known.count(origin.is_not_null())
    yield _told(case, "origin-made", known.count(origin == status), total, missing)
    missing, known = case.lacks("upstream_status", "cache"), case.knowing("upstream_status", "cache")
    total = known.count(origin.is_not_null())
    yield _told(case, "cached", known.count(origin == 0, copy), total, missing)
    made = _told(case, "edge-made", known.count(origin == 0, ~copy), total, missing)
    fetched = case.minutes.filter(pl.col("role") == "subrequest", pl.col("status") == status)
    if made.judgement == "supported" and fetched.height:
        # What a Worker fetched has lines of its own; that it only handed these on cannot be ruled out.
        rest = known.count(origin == 0, ~copy) - int(fetched["records"].sum())
        if share(max(rest, 0), total, PART) != "supported":
            made = replace(made, judgement="cannot tell")
    yield made


def _told(case: Case, cause: str, part: int, total: int, missing: tuple[str, ...]) -> Verdict:
    """Return what the share of the records that say so has to say."""
    facts = (("part", part), ("records", total), ("part_share", ratio(part, total)))
    where = f"status = {case.status} and {_WHERE[cause].format(status=case.status)}"
    return Verdict(NAME, cause, share(part, total, PART), case.status, facts, missing, where=where)


QUESTION: Final = Question(NAME, frozenset({404, 410}), frozenset({"cloudflare"}), CAUSES, _ask)
