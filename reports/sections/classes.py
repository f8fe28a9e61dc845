"""Analysis → the share of each status class in each log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reports.section import Bar, Bars, Column, Row, Scope, Section, Table
from reports.sections.order import only_requests, shares_of, vendor_place, vendors

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis
    from reports.section import Block
    from reports.words import Words

CLASSES: Final = ("1xx", "2xx", "3xx", "4xx", "5xx", "other")


def section(analysis: Analysis, words: Words) -> Section | None:
    """Return one bar per log, and the same as a table: shares of requests, as in the headline."""
    logs = vendors(analysis)
    if not logs:
        return None
    nouns = {vendor: shares_of(analysis, vendor) for vendor in logs}
    counted = {(vendor, name): n for vendor, (_, of) in nouns.items() for name, n in of.items()}
    whole = {vendor: sum(of.values()) for vendor, (_, of) in nouns.items()}
    used = tuple(name for name in CLASSES if any(counted.get((vendor, name)) for vendor in logs))
    every = {
        vendor: words.number(whole[vendor]) if noun == "request" else words.count(noun, whole[vendor])
        for vendor, (noun, _) in nouns.items()
    }
    bars = tuple(
        Bar(
            words.name("vendor", vendor),
            tuple(
                (
                    name,
                    records / whole[vendor],
                    f"{words.class_code(name)} {words.percent(records, whole[vendor])}",
                )
                for name in used
                if (records := counted.get((vendor, name), 0))
            ),
            Scope((vendor,)),
        )
        for vendor in logs
    )
    rows = tuple(
        Row(
            (
                (words.name("vendor", vendor),),
                (every[vendor],),
                *((_cell(counted.get((vendor, name), 0), whole[vendor], words),) for name in used),
            ),
            scope=Scope((vendor,)),
        )
        for vendor in logs
    )
    columns = (
        Column(words("classes.vendor")),
        Column(words("classes.requests"), "number"),
        *(Column(words(f"class.{name}"), "number") for name in used),
    )
    summary = "; ".join(f"{bar.label}: {', '.join(text for _, _, text in bar.parts)}" for bar in bars)
    blocks: tuple[Block, ...] = (
        Bars(words("classes.summary", bars=summary), bars),
        Table(words("classes.caption"), columns, rows),
        *_roles(analysis, words),
    )
    lede = (words("classes.lede"), *((words("classes.beside"),) if not only_requests(analysis) else ()))
    return Section("classes", words("classes.heading"), lede, blocks)


def _cell(records: int, whole: int, words: Words) -> str:
    return f"{words.number(records)} ({words.percent(records, whole)})" if records else "0"


def _roles(analysis: Analysis, words: Words) -> tuple[Block, ...]:
    """Return what else than clients' requests the records are, where any is."""
    if only_requests(analysis):
        return ()
    rows = tuple(
        Row(
            (
                (words.name("vendor", row.vendor),),
                (words.name("role", row.role),),
                (words.number(row.records),),
            ),
            scope=Scope((row.vendor,)),
        )
        for row in sorted(analysis.roles, key=lambda row: (vendor_place(row.vendor), -row.records, row.role))
    )
    columns = (
        Column(words("classes.vendor")),
        Column(words("classes.role")),
        Column(words("classes.records"), "number"),
    )
    return (Table(words("classes.roles"), columns, rows),)
