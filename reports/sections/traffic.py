"""Analysis → how much every log holds, and when most of it came."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from reports.section import Column, Row, Scope, Section, Table
from reports.sections.order import vendor_place

if TYPE_CHECKING:
    from datetime import datetime

    from loganalyzer.analysis import Analysis, Traffic
    from reports.words import Words


def section(analysis: Analysis, words: Words) -> Section | None:
    """Return one row per log; none without records."""
    if not analysis.traffic:
        return None
    columns = (
        Column(words("classes.vendor")),
        Column(words("classes.records"), "number"),
        Column(words("traffic.bytes"), "number"),
        Column(words("traffic.busiest")),
        Column(words("traffic.heaviest")),
    )
    rows = tuple(
        _row(one, words) for one in sorted(analysis.traffic, key=lambda one: vendor_place(one.vendor))
    )
    table = Table(words("traffic.caption"), columns, rows)
    return Section("traffic", words("traffic.heading"), (words("traffic.lede"),), (table,))


def _row(traffic: Traffic, words: Words) -> Row:
    hour, most = traffic.heaviest
    return Row(
        (
            (words.name("vendor", traffic.vendor),),
            (words.number(traffic.records),),
            (words.bytes(traffic.bytes_sent) if traffic.bytes_sent else "–",),
            (_hour(traffic.busiest[0], words.count("record", traffic.busiest[1]), words),),
            (_hour(hour, words.bytes(most), words) if most else "–",),
        ),
        keys=(
            None,
            None,
            traffic.bytes_sent,
            traffic.busiest[0].timestamp(),
            hour.timestamp() if most else None,
        ),
        scope=Scope((traffic.vendor,)),
    )


def _hour(start: datetime, amount: str, words: Words) -> str:
    when = words.span(start, start + timedelta(hours=1), full=False)
    date = f"{start.astimezone(words.zone):%Y-%m-%d} "
    return words("traffic.hour", when=when if when.startswith(date) else date + when, amount=amount)
