"""Analysis → how long answers took: percentiles of every log that states durations, and its slowest routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.analysis import ENOUGH, ERROR, RANKED, SHARES
from reports.section import Column, Paragraph, Quote, Row, Scope, Section, Table
from reports.sections.order import vendor_place

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis, Percentiles, Speed
    from reports.section import Block, Text
    from reports.words import Words

LEAST_S: Final = 0.001
"""Servers round to a millisecond: what is below took none."""


def section(analysis: Analysis, words: Words) -> Section | None:
    """Return a sentence and a table for each log that states durations; none without one."""
    if not analysis.speeds:
        return None
    blocks: list[Block] = []
    for speed in sorted(analysis.speeds, key=lambda one: vendor_place(one.vendor)):
        sentence = Paragraph((_sentence(speed, words),), scope=Scope((speed.vendor,)))
        blocks += [sentence, _table(speed, words)] if speed.whole.records >= ENOUGH else [sentence]
    lede = words("latency.lede", error=words("percent", n=f"{100 * ERROR:g}"), least=words.number(RANKED))
    return Section("latency", words("latency.heading"), (lede,), tuple(blocks))


def _sentence(speed: Speed, words: Words) -> str:
    told = [
        words("latency.within", share=words("percent", n=f"{100 * share:g}"), time=_time(seconds, words))
        for share, seconds in zip(SHARES, speed.whole.seconds, strict=True)
        if share in {SHARES[0], SHARES[-1]}
    ]
    return words(
        "latency.sentence" if speed.whole.records >= ENOUGH else "latency.few",
        vendor=words.name("vendor", speed.vendor),
        answers=words.count("answer", speed.whole.records),
        within=words.together(told),
        least=words.number(ENOUGH),
    )


def _time(seconds: float, words: Words) -> str:
    if seconds < LEAST_S:
        return words("latency.least")
    return words.brief_duration(seconds)


def _table(speed: Speed, words: Words) -> Table:
    columns = (
        Column(words("latency.host" if speed.vendor == "cisco_wsa" else "latency.route")),
        Column(words("latency.answers"), "number"),
        *(Column(f"p{100 * share:g}", "number") for share in SHARES),
    )
    rows = (
        _row((words("latency.whole"),), speed.whole, words, total=True),
        *(_row((Quote(route.route or ""),), route, words) for route in speed.routes),
    )
    caption = words("latency.caption", vendor=words.name("vendor", speed.vendor))
    return Table(caption, columns, rows, _remainder(speed, words), scope=Scope((speed.vendor,)))


def _row(head: Text, told: Percentiles, words: Words, *, total: bool = False) -> Row:
    times = tuple((_time(seconds, words),) for seconds in told.seconds)
    keys = (None, None, *(float(f"{seconds:.3g}") for seconds in told.seconds))
    return Row((head, (words.number(told.records),), *times), total=total, keys=keys)


def _remainder(speed: Speed, words: Words) -> str:
    """Return the routes that have no row."""
    sentences = []
    if faster := speed.ranked - len(speed.routes):
        sentences.append(words("latency.faster", routes=words.count("route", faster)))
    if speed.rare:
        sentences.append(
            words(
                "latency.rare",
                routes=words.count("route", speed.rare),
                least=words.number(RANKED),
                answers=words.count("answer", speed.rare_records),
            )
        )
    if speed.unnamed:
        sentences.append(words("latency.unnamed", answers=words.count("answer", speed.unnamed)))
    return " ".join(sentences)
