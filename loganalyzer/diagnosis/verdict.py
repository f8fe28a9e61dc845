"""What a question answers → Verdict: a documented cause, what the log says of it, and the numbers that say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from loganalyzer.diagnosis.case import Case

Judgement = Literal["supported", "contradicted", "cannot tell"]

JUDGEMENTS: Final[tuple[Judgement, ...]] = ("supported", "contradicted", "cannot tell")
"""In the order in which a reader wants them."""

Fact = int | float | str | datetime
"""A number, a text that the log wrote, or a moment. What a number is, its name says: `…_share` is from 0 to 1, `…_s`
are seconds, `…_bytes` bytes, anything else a count."""

Facts = tuple[tuple[str, Fact], ...]
"""Facts by name."""


@dataclass(frozen=True)
class Verdict:
    """What a log says of one cause that a document names.

    `question` and `cause` are ids; `status` is what was asked about. `evidence` are the facts by name: `records` are
    those of the status that it is told from, `unsaid` those that do not say. `missing` are
    canonical columns without which nobody can tell, empty where the numbers themselves do not decide. `documents` are
    ids of those that name the cause. `where` is the expression of `--where` that leaves the records in question, null
    where there is none.
    """

    question: str
    cause: str
    judgement: Judgement
    status: int
    evidence: Facts = ()
    missing: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    where: str | None = None


@dataclass(frozen=True)
class Question:
    """One question: its id, whom and which statuses it is asked of, the causes it judges, and how.

    `vendors` is null where it is asked of every log. `causes` maps each cause to the documents that name it.
    """

    name: str
    statuses: frozenset[int]
    vendors: frozenset[str] | None
    causes: Mapping[str, tuple[str, ...]]
    ask: Callable[[Case], Iterable[Verdict]]

    def concerns(self, vendor: str, status: int | None) -> bool:
        """Whether it is asked of a status in this vendor's log."""
        return status in self.statuses and (self.vendors is None or vendor in self.vendors)
