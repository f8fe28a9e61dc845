"""by-timer: whether a time limit ended the requests that were answered 504, 522 or 524, and which.

Why it matters
    A time-out says that somebody stopped waiting. After the same time again and again it was a setting, and the setting
    names who stopped: the rest is why the answer took longer than that.
How it is judged
    Durations that pile up at a whole second, beside their neighbours (`timers`): at least half of those that are known.
    A pile at a default that a product documents for this status names it; another is a limit that somebody set.
Sources
    `timers.json`, each limit with its own; what the documents say of 504, and Cloudflare's of 522 and 524.
Cannot be told
    In a log without durations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.diagnosis.judging import ratio, share
from loganalyzer.diagnosis.verdict import Facts, Question, Verdict
from loganalyzer.timers import limits_at, piles_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case
    from loganalyzer.timers import Pile

NAME: Final = "by-timer"

MOST: Final = 0.5
LITTLE: Final = 0.25
"""Shares of the known durations from which on a limit ended them, and below which it did not."""

NAMED: Final = 3
"""Products named of those that share a default."""

_DOCUMENTS: Final = ("nginx-source", "cisco-asyncos-guide", "cloudflare-docs", "standard")

CAUSES: Final[dict[str, tuple[str, ...]]] = {"known-limit": _DOCUMENTS, "other-limit": _DOCUMENTS}


def _ask(case: Case) -> Iterator[Verdict]:
    missing = case.lacks("duration_s")
    piles, records = piles_of(case.log_of(case.tables.waits).filter(case.fives), case.status)
    named: dict[str, list[Pile]] = {cause: [] for cause in CAUSES}
    for pile in piles:
        known = limits_at(pile.seconds, case.status, case.vendor)
        named["known-limit" if known else "other-limit"].append(pile)
    for cause, found in named.items():
        if missing or not records:
            yield Verdict(NAME, cause, "cannot tell", case.status, missing=missing)
            continue
        yield _verdict(case, cause, found[0] if found else None, records)


def _verdict(case: Case, cause: str, pile: Pile | None, records: int) -> Verdict:
    part = pile.records if pile else 0
    facts: Facts = (("part", part), ("records", records), ("part_share", ratio(part, records)))
    judgement = share(part, records, MOST, LITTLE)
    if pile is None:
        return Verdict(NAME, cause, judgement, case.status, facts)
    facts = (*facts, ("seconds_s", float(pile.seconds)))
    limits = limits_at(pile.seconds, case.status, case.vendor)
    if limits:
        facts = (("timer", ", ".join(dict.fromkeys(limit.name for limit in limits[:NAMED]))), *facts)
    where = f"status = {case.status} and duration_s >= {pile.start_s:g} and duration_s < {pile.end_s:g}"
    return Verdict(NAME, cause, judgement, case.status, facts, where=where)


QUESTION: Final = Question(NAME, frozenset({504, 522, 524}), None, CAUSES, _ask)
