"""one-or-all-500: whether one page fails, one site, or everything, where a server answers 500, 501 or 505.

Why it matters
    An internal error says nothing but that there was one. One page that fails is a change of its code or its data;
    everything that fails is what all pages share: the configuration, the database, the disk.
How it is judged
    By the path, identifiers taken out, and by the host with most of the errors, beside its share of all other
    requests. Everything fails where the errors lie on the paths as the other requests do: at least seven tenths of both
    in common, over at least as many paths as three equally busy ones.
Sources
    What the documents and the standard say of an error inside the server. Which upstream it was, and whether it
    answered so itself, `which-upstream` and `whose-5xx` ask.
Cannot be told
    Whether one host failed, in a log that writes none. Whether one page or all, where nearly all ask for one page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.diagnosis.judging import every
from loganalyzer.diagnosis.spread import alike, one
from loganalyzer.diagnosis.verdict import Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case

NAME: Final = "one-or-all-500"

_DOCUMENTS: Final = ("http-status-overview", "mdn-client-server-errors", "standard")

CAUSES: Final[dict[str, tuple[str, ...]]] = {
    "one-path": _DOCUMENTS,
    "one-host": _DOCUMENTS,
    "everywhere": _DOCUMENTS,
}


def _ask(case: Case) -> Iterator[Verdict]:
    path, host = one(case, "path"), one(case, "host")
    for cause, found in (("one-path", path), ("one-host", host)):
        yield Verdict(
            NAME, cause, found.judgement, case.status, found.facts, found.missing, where=found.where
        )
    judgement, facts = alike(case, "path")
    # Of few errors on a page that nobody else asks for, the mixture says nothing, the page does.
    judgement = every(judgement, "contradicted" if path.judgement == "supported" else "supported")
    if judgement == "contradicted":
        facts = path.facts
    where = f"status = {case.status}"
    yield Verdict(NAME, "everywhere", judgement, case.status, facts, case.lacks("path"), where=where)


QUESTION: Final = Question(NAME, frozenset({500, 501, 505}), None, CAUSES, _ask)
