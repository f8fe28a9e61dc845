"""A status of a vendor's log → the questions that a log can answer about it; starts without Polars."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import TYPE_CHECKING, Final

from reports.verdicts import texts

if TYPE_CHECKING:
    from reports.catalogue import Language

UNKNOWN: Final = "…"
"""In place of a fact that only a log tells."""


@dataclass(frozen=True, slots=True)
class PossibleCause:
    """A cause that documents name, what to do where a log shows it, and the ids of those documents."""

    name: str
    claim: str
    checks: tuple[str, ...]
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, in one language, and what it may find; `vendors` is null where it is asked of every log."""

    name: str
    question: str
    vendors: tuple[str, ...] | None
    causes: tuple[PossibleCause, ...]


def asked_of(status: int, vendor: str | None, lang: Language) -> tuple[Asked, ...]:
    """Return the questions that concern a status in a vendor's log, or in anybody's, by their names."""
    found = []
    for name in _names():
        facts, *_ = texts(name).values()
        vendors = facts.get("vendors")
        if status in facts["statuses"] and (vendor is None or vendors is None or vendor in vendors):
            found.append(_asked(name, status, lang))
    return tuple(found)


@cache
def _names() -> tuple[str, ...]:
    folder = files("reports").joinpath("questions")
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir()))


def _asked(name: str, status: int, lang: Language) -> Asked:
    told = dict(texts(name))
    facts = told.pop("question")
    vendors = facts.get("vendors")
    causes = tuple(
        PossibleCause(
            cause,
            _without_facts(text["claim"][lang], status),
            tuple(text["checks"][lang]),
            tuple(text["documents"]),
        )
        for cause, text in told.items()
    )
    return Asked(name, facts[lang], None if vendors is None else tuple(vendors), causes)


def _without_facts(claim: str, status: int) -> str:
    """Return a claim before any log was read: of its facts only the status is known."""
    names = {fact for _, fact, _, _ in Formatter().parse(claim) if fact}
    return claim.format_map(dict.fromkeys(names, UNKNOWN) | {"status": f"{status:03d}"})
