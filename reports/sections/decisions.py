"""Analysis → what security rules and access policies decided: with which status, by policy, category and cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.analysis import ACTION
from reports.logtext import shown
from reports.section import Folded, Paragraph, Quote, Scope, Section
from reports.sections.matrix import matrix
from reports.sections.order import vendor_place

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis, Crossing
    from reports.section import Block, Piece, Text
    from reports.words import Words


HEADING: Final = 40
"""Characters of a decision above a column: the longest tag of AsyncOS has 32."""


def section(analysis: Analysis, words: Words) -> Section | None:
    """Return, log by log, decisions by status, then what they were about; none where no log names a decision."""
    told = sorted(
        (one for one in analysis.crossings if one.dimension == ACTION),
        key=lambda one: vendor_place(one.vendor),
    )
    if not told:
        return None
    blocks: list[Block] = []
    for crossing in told:
        vendor = words.name("vendor", crossing.vendor)
        headings = tuple(words.status(status) for status in crossing.statuses)
        caption = words("decisions.by_status", vendor=vendor)
        if crossing.decided:
            blocks.append(Paragraph(_sentence(crossing, vendor, words), scope=Scope((crossing.vendor,))))
        blocks.append(matrix(crossing, headings, caption, "", words))
        about = [one for one in analysis.rulings if one.vendor == crossing.vendor]
        tables = tuple(
            matrix(
                ruling,
                tuple(shown(action, HEADING) for action in ruling.actions),
                words("decisions.by", vendor=vendor, dimension=words.name("dimension", ruling.dimension)),
                "",
                words,
            )
            for ruling in about
        )
        if tables:
            names = words.together([words.name("dimension", one.dimension) for one in about])
            blocks.append(Folded(words("decisions.fold", vendor=vendor, dimensions=names), tables))
    return Section("decisions", words("decisions.heading"), (words("decisions.lede"),), tuple(blocks))


def _sentence(crossing: Crossing, vendor: str, words: Words) -> Text:
    """Return how many a rule refused, held up and let through; of these, how many failed for another reason."""
    told: list[Piece] = []
    for one in crossing.decided:
        form = f"decisions.{one.kind}"
        if one.kind in {"passed", "other"} and one.failures:
            form += "_failed" if one.failures < one.records else "_all"
        commonest: dict[str, Text] = {
            "value": (Quote(one.value),),
            "most": (words.number(one.value_records),),
        }
        facts: dict[str, Text] = {
            "n": (words.number(one.records),),
            "failed": (words.number(one.failures),),
            "which": words.pieces(
                f"decisions.{'most' if one.value_records < one.records else 'every'}", commonest
            ),
        }
        told += [*([words("decisions.then")] if told else []), *words.pieces(form, facts)]
    facts = {"vendor": (vendor,), "all": (words.number(crossing.records),), "parts": tuple(told)}
    return words.pieces("decisions.sentence", facts)
