"""Analysis → the statuses answered against those behind the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loganalyzer.analysis import BEHIND
from reports.section import Code, Paragraph, Scope, Section
from reports.sections.matrix import matrix
from reports.sections.order import vendor_place

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis, Crossing, Passed
    from reports.section import Block, Text
    from reports.words import Words


def section(analysis: Analysis, words: Words) -> Section | None:
    """Return a sentence and a matrix for each log that states what was behind it; none without one."""
    told = sorted(
        (one for one in analysis.crossings if one.dimension == BEHIND and one.passed),
        key=lambda one: vendor_place(one.vendor),
    )
    if not told:
        return None
    blocks: list[Block] = []
    for crossing in told:
        if crossing.passed is not None:
            sentence = (_passed(crossing, crossing.passed, words),)
            blocks.append(Paragraph(sentence, scope=Scope((crossing.vendor,))))
        caption = words("origin.caption_behind", vendor=words.name("vendor", crossing.vendor))
        headings = tuple(words.status(status) for status in crossing.statuses)

        def head(value: str) -> Text:
            status = int(value)
            shown = words.status(status) if status else "0"
            return (Code(shown, f"{status // 100}xx" if status in range(100, 600) else "other"),)

        blocks.append(matrix(crossing, headings, caption, "", words, head))
    return Section("origin", words("origin.heading"), (words("origin.lede"),), tuple(blocks))


def _passed(crossing: Crossing, passed: Passed, words: Words) -> str:
    """Return what became of the statuses behind a server, in a sentence."""
    side = "edge" if crossing.vendor == "cloudflare" else "server"
    pairs = ", ".join(
        words(
            "origin.pair", behind=words.status(behind), answered=words.status(answered), n=words.number(count)
        )
        for behind, answered, count in passed.pairs
    )
    told = words(
        f"origin.{side}",
        vendor=words.name("vendor", crossing.vendor),
        all=words.count("request", crossing.records),
        same=words.number(passed.same),
        differ=words.number(passed.differ),
        pairs=words("origin.pairs", pairs=pairs) if pairs else "",
    )
    for name, count in (("zero", passed.zero), ("unstated", passed.unstated)):
        if count:
            told += words(f"origin.{side}_{name}", n=words.number(count))
    return f"{told}."
