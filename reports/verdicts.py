"""Verdicts → sentences, and what to check next: one file of texts per question in `questions/`, in both languages.

A file has a table `question` and one per cause: `claim` says the cause in half a sentence, `supported` and
`contradicted` tell it with the numbers, whose names stand in braces, and `checks` are steps for who finds it so.
`supported_single` tells it of one value where there may be several, `supported_nameless` where the log names none.
`statuses`, `vendors` and `documents` repeat what the question's own module says, for those who read no log.
"""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import TYPE_CHECKING, Any, Final, Literal

from reports.section import Quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loganalyzer.analysis import Fact, Verdict
    from reports.section import Piece, Text
    from reports.words import Words

NAMELESS: Final = "-"
"""Stands for a text that the log does not name."""

_ONLY: Final = re.compile("(O|o|N|n)(?:nly|o more than) $")
"""What stands before a number that is small in an English sentence."""

_NOT_ONE: Final = re.compile(r"(?<![\d,.])0건\(0%\)뿐(입니다|이며|이므로)")
"""The same in a Korean one, after which it ends or goes on."""

_NONE_KO: Final = {"입니다": "한 건도 없습니다", "이며": "한 건도 없으며", "이므로": "한 건도 없으므로"}


@cache
def texts(question: str) -> Mapping[str, Mapping[str, Any]]:
    """Return what is said of a question and of its causes, by language, and whom they concern."""
    read = files("reports").joinpath("questions", f"{question}.toml").read_text(encoding="utf-8")
    return tomllib.loads(read)


def question(verdict: Verdict, words: Words) -> str:
    """Return what was asked."""
    return str(texts(verdict.question)["question"][words.lang])


def sentence(verdict: Verdict, words: Words) -> Text:
    """Return what the log says of a cause, with the numbers; of one that cannot be told what is missing."""
    told = texts(verdict.question)[verdict.cause]
    facts = _facts(verdict, words)
    if verdict.judgement == "cannot tell":
        form = f"verdict.{why_open(verdict)}"
        return words.pieces(form, {"claim": claim(verdict, words), "fields": (fields(verdict, words),)})
    sentence = _filled(str(told[_form(verdict, told)][words.lang]), facts)
    return (*sentence, *words.pieces("verdict.unsaid", facts)) if "unsaid" in facts else sentence


def _form(verdict: Verdict, told: Mapping[str, Any]) -> str:
    """Return the text that says a verdict: of one value alone, or where the log names none, it may be another."""
    found = dict(verdict.evidence)
    usual = str(told[verdict.judgement]["en"])
    nameless = any(found.get(fact or "") == NAMELESS for _, fact, _, _ in Formatter().parse(usual))
    forms = (("single", found.get("values") == 1), ("nameless", nameless))
    names = (f"{verdict.judgement}_{form}" for form, fits in forms if fits)
    return next((name for name in names if name in told), verdict.judgement)


def claim(verdict: Verdict, words: Words) -> Text:
    """Return what a cause says, in half a sentence, as it stands after `whether`."""
    told = str(texts(verdict.question)[verdict.cause]["claim"][words.lang])
    return _filled(told, _facts(verdict, words))


def checks(verdict: Verdict, words: Words) -> tuple[str, ...]:
    """Return the steps for who finds a cause supported; of another verdict none."""
    if verdict.judgement != "supported":
        return ()
    return tuple(texts(verdict.question)[verdict.cause]["checks"][words.lang])


def by_documents(verdict: Verdict) -> Text:
    """Return which documents name the cause, with the ways to them."""
    from reports.sections.meaning import document_link  # noqa: PLC0415  # sections import the sentences of others

    pieces: list[Piece] = []
    for name in verdict.documents:
        pieces += [", " if pieces else " (", document_link(name)]
    return (*pieces, ")") if pieces else ()


def _filled(text: str, facts: Mapping[str, Text]) -> Text:
    """Return a text with its facts in place; what a log wrote stays a quote. Only 0 of 12 are none of 12."""
    return tuple(
        _NOT_ONE.sub(lambda none: _NONE_KO[none[1]], piece) if isinstance(piece, str) else piece
        for piece in _joined(_placed(text, facts))
    )


def _joined(pieces: Text) -> Text:
    """Return a text whose own words stand in one piece between quotes and links."""
    found: list[Piece] = []
    for piece in pieces:
        if found and isinstance(piece, str) and isinstance(found[-1], str):
            found[-1] += piece
        else:
            found.append(piece)
    return tuple(found)


def _placed(text: str, facts: Mapping[str, Text]) -> Text:
    found: list[Piece] = []
    for literal, fact, _, _ in Formatter().parse(text):
        told = facts[fact] if fact else ()
        if told == ("0",) and (only := _ONLY.search(literal)):
            none = "None" if only[1].isupper() else "none"
            literal, told = literal[: only.start()] + none, ()  # noqa: PLW2901
        found += [*([literal] if literal else []), *told]
    return tuple(found)


def why_open(verdict: Verdict) -> Literal["missing", "selected", "undecided"]:
    """Return for want of what a cause cannot be told."""
    if verdict.missing:
        return "missing"
    return "selected" if any(name == "selected" for name, _ in verdict.evidence) else "undecided"


def fields(verdict: Verdict, words: Words) -> str:
    """Return the columns that a format lacks, and without which a cause cannot be told."""
    return words.together([f"`{name}`" for name in verdict.missing])


def _facts(verdict: Verdict, words: Words) -> dict[str, Text]:
    facts: dict[str, Text] = {name: _fact(name, fact, words) for name, fact in verdict.evidence}
    return {**facts, "status": (words.status(verdict.status),)}


def _fact(name: str, fact: Fact, words: Words) -> Text:
    if isinstance(fact, str):
        return (Quote(fact),)
    if isinstance(fact, datetime):
        return (words.moment(fact),)
    if name.endswith("_share"):
        return (words.percent(fact, 1.0),)
    if name.endswith("_s"):
        return (words.brief_duration(fact),)
    return (words.bytes(int(fact)),) if name.endswith("_bytes") else (words.number(fact),)
