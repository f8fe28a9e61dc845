"""wsa-403: whether the appliance refused what a WSA logged 403, by which of its rules, or the site itself did.

Why it matters
    For the user both look alike. What the appliance refused, its owner can allow; what a site refused, only the site.
How it is judged
    By the ACL decision tag: `BLOCK_…`, `DROP_…` and `DENY_…` are refusals of the appliance, and the rest of the tag
    names the kind of rule. Where the tag decides nothing, or there is none, the result code does: TCP_DENIED is the
    appliance's own, a hit or a miss an answer of the site. A cause is told from a tenth of the 403s on.
Sources
    The Cisco document on 403; the AsyncOS guide on result codes and decision tags.
Cannot be told
    The kind of rule, in Squid's own format, which has no tag. Why a site refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.judging import ratio, share
from loganalyzer.diagnosis.parts import PART
from loganalyzer.diagnosis.verdict import Facts, Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case

NAME: Final = "wsa-403"

_GUIDE: Final = ("cisco-asyncos-guide",)

RULES: Final = {
    "warning": ("BLOCK_CONTINUE_",),
    "category-rule": (
        "BLOCK_WEBCAT", "BLOCK_CUSTOMCAT", "BLOCK_YTCAT", "DROP_WEBCAT", "DROP_CUSTOMCAT",
    ),
    "reputation": ("BLOCK_WBRS", "DROP_WBRS"),
    "malware": ("BLOCK_AMW_",),
    "admin-rule": ("BLOCK_ADMIN", "DROP_ADMIN", "DENY_ADMIN"),
}  # fmt: skip
"""Kind of rule → how its decision tags begin; no tag fits two."""

CAUSES: Final = {
    "policy": _GUIDE,
    **dict.fromkeys(RULES, _GUIDE),
    "site": ("cisco-wsa-codes", "cisco-asyncos-guide"),
}

_REFUSING: Final = ("BLOCK_", "DROP_", "DENY_")


def _ask(case: Case) -> Iterator[Verdict]:
    status, result, tag = case.status, pl.col("cache"), pl.col("action")
    missing = case.lacks("cache", "action")
    missing = missing if len(missing) > 1 else ()  # either of them tells who refused
    refused = _begins(_REFUSING) | result.str.contains("DENIED").fill_null(value=False)
    part, total = case.count(refused), case.count(result.is_not_null() | tag.is_not_null())
    facts = (*_counts(part, total), *_named(case, refused, "action", "category", "policy"))
    where = f"status = {status} and ({_where(_REFUSING)} or cache like '%DENIED%')"
    yield Verdict(NAME, "policy", share(part, total, PART), status, facts, missing, where=where)
    yield from _rules(case)
    part, total = case.count(~refused, result.str.contains("(?:HIT|MISS)")), case.count(result.is_not_null())
    facts = _counts(part, total)
    where = f"status = {status} and (cache like '%HIT%' or cache like '%MISS%')"
    yield Verdict(NAME, "site", share(part, total, PART), status, facts, case.lacks("cache"), where=where)


def _rules(case: Case) -> Iterator[Verdict]:
    """Yield what the decision tags say of the kind of rule."""
    missing, case = case.lacks("action"), case.knowing("action")
    total = case.records
    for cause, tags in RULES.items():
        rule = _begins(tags)
        part = case.count(rule)
        facts = (*_counts(part, total), *_named(case, rule, "category", "policy"))
        judgement = "cannot tell" if missing else share(part, total, PART)
        where = f"status = {case.status} and ({_where(tags)})"
        yield Verdict(NAME, cause, judgement, case.status, facts, missing, where=where)


def _begins(tags: tuple[str, ...]) -> pl.Expr:
    """Return whether the decision tag begins with one of these."""
    tag = pl.col("action").fill_null("")
    return pl.any_horizontal(tag.str.starts_with(begin) for begin in tags)


def _where(tags: tuple[str, ...]) -> str:
    """Return the same as an expression of `--where`, without a sign that a page would have to escape."""
    return " or ".join(f"starts_with(action, '{begin}')" for begin in tags)


def _counts(part: int, total: int) -> Facts:
    return (("part", part), ("records", total), ("part_share", ratio(part, total)))


def _named(case: Case, rule: pl.Expr, *symptoms: str) -> Facts:
    """Return what most of the records have of each symptom; a dash where it is not logged or was not evaluated."""
    found = ((name, case.commonest(name, rule, pl.col(name) != "NONE")) for name in symptoms)
    return tuple((name, one[0] if one is not None else "-") for name, one in found)


QUESTION: Final = Question(NAME, frozenset({403}), frozenset({"cisco_wsa"}), CAUSES, _ask)
