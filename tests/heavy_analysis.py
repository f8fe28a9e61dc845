"""An analysis at every bound at once: what a hostile or endless log can make of a page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from string import Formatter
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer import knowledge
from loganalyzer.analysis import (
    Analysis,
    CacheRow,
    Caching,
    ClassCount,
    Crossing,
    CrossRow,
    Evidence,
    Note,
    Passed,
    Percentiles,
    Reject,
    RoleCount,
    Ruling,
    Speed,
    StatusCount,
    TopRow,
    TopTable,
    Traffic,
    Verdict,
)
from loganalyzer.caching import RESULTS
from loganalyzer.crossings import ABOUT, ABOUTS, ACTIONS, FAILED, SERVED, VALUES
from loganalyzer.decisions import KINDS, Decided
from loganalyzer.diagnosis import QUESTIONS
from loganalyzer.diagnosis.verdict import JUDGEMENTS
from reports.verdicts import texts
from tests.analysis_factory import CAUSE, DAY, TIMELINE, analysis, finding

if TYPE_CHECKING:
    from loganalyzer.analysis import Finding

VENDORS: Final = ("apache", "cisco_wsa", "cloudflare", "nginx")

LONG: Final = '&<"' * 40_000
"""A value that grows when it is escaped, longer than any page may show."""


WORDS: Final = (
    "value", "host", "path", "client", "category", "policy", "origin", "upstream", "method", "action", "page", "site",
    "crawler", "group", "timer",
)  # fmt: skip
"""Facts of a verdict that repeat what a log wrote."""


def heavy(text: str = LONG) -> Analysis:
    """Return ten years of four logs in which everything occurs, and every text is `text`."""
    plain = analysis()
    codes = (*knowledge.known(), *range(600, 900))
    return replace(
        plain,
        period=(DAY - timedelta(days=3_650), DAY),
        sources=tuple(
            replace(
                plain.sources[0], vendor=vendor, path=f"{number}{text[:4_000]}", evidence=text, problem=text
            )
            for number in range(1_000)
            for vendor in VENDORS
        ),
        roles=tuple(RoleCount(vendor, "request", 10**9) for vendor in VENDORS),
        classes=tuple(
            ClassCount(vendor, name, 10**9, 1 / 6)
            for vendor in VENDORS
            for name in ("1xx", "2xx", "3xx", "4xx", "5xx", "other")
        ),
        statuses=tuple(
            StatusCount(vendor, code, _class(code), knowledge.reason(code, vendor), 10**6 - code, 0.01, 10**9)
            for vendor in VENDORS
            for code in codes
        ),
        timeline=_timeline(codes),
        bucket_s=86_400,
        tops=tuple(
            TopTable(vendor, name, dimension, 10**9, 10**6, 10**7, 10**6, _tops(text))
            for vendor in VENDORS
            for name in ("4xx", "5xx", "other")
            for dimension in ("path", "client", "host", "user_agent")
        ),
        findings=tuple(_finding(number, text) for number in range(700)),
        notes=tuple(Note("vendor-guessed", {"path": f"{number}{text}"}) for number in range(1_000)),
        rejects=tuple(Reject(text, number, f"{number % 90}{text}", text) for number in range(1_000)),
        rejected_why=tuple((f"{number}{text}", 11) for number in range(90)),
        coverage=tuple((vendor, DAY - timedelta(days=3_650), DAY) for vendor in VENDORS),
        diagnosis=tuple((vendor, _verdicts(vendor, text)) for vendor in VENDORS),
        crossings=tuple(
            _crossing(vendor, dimension, text)
            for vendor in VENDORS
            for dimension in ("upstream_status", "action")
        ),
        caching=tuple(_caching(vendor, text) for vendor in VENDORS),
        rulings=tuple(_ruling(vendor, dimension, text) for vendor in VENDORS for dimension in ABOUT),
        speeds=tuple(_speed(vendor, text) for vendor in VENDORS),
        traffic=tuple(Traffic(vendor, 10**9, 10**15, (DAY, 10**8), (DAY, 10**13)) for vendor in VENDORS),
    )


def _class(code: int) -> str:
    return f"{code // 100}xx" if code in range(100, 600) else "other"


def _timeline(codes: tuple[int, ...]) -> pl.DataFrame:
    rows = [
        (vendor, DAY - timedelta(days=day), code, True, _class(code), 1 + (day * 7 + code) % 9_999)
        for vendor in VENDORS
        for day in range(0, 3_650, 9)
        for code in codes[::7]
    ]
    return pl.DataFrame(rows, schema=TIMELINE, orient="row").sort("vendor", "time", "status")


def _tops(text: str) -> tuple[TopRow, ...]:
    statuses = tuple((status, 10**6) for status in range(500, 510))
    return tuple(TopRow(f"{number}{text}", 10**7, 10**8, 0.01, statuses) for number in range(20))


def _finding(number: int, text: str) -> Finding:
    vendor = VENDORS[number % len(VENDORS)]
    start = DAY - timedelta(hours=4 * number)
    statuses = ((502, 90), (503, 80), (504, 70), (500, 60))
    one = finding("server-error-burst", vendor, "critical", statuses)
    return replace(
        one,
        start=start,
        end=start + timedelta(hours=1),
        stretches=((start, start + timedelta(hours=1)),),
        server=text,
        host=text,
        evidence=tuple(Evidence(text, line, text) for line in range(20)),
        evidence_total=10**6,
        examined=True,
        causes=(replace(CAUSE, value=text, inner_dimension="path", inner_value=text),),
        diagnosis=tuple(one for one in _verdicts(vendor, text) if one.status in dict(statuses)),
    )


def _verdicts(vendor: str, text: str) -> tuple[Verdict, ...]:
    """Return a verdict for every cause of every question that is asked of a vendor, for each of its statuses."""
    return tuple(
        Verdict(
            question.name,
            cause,
            JUDGEMENTS[place % len(JUDGEMENTS)],
            status,
            _facts(question.name, cause, text),
            documents=documents,
            where=f"status = {status} and upstream_status = 0",
        )
        for question in QUESTIONS
        for status in sorted(question.statuses)
        for place, (cause, documents) in enumerate(question.causes.items())
        if question.concerns(vendor, status)
    )


def _facts(question: str, cause: str, text: str) -> tuple[tuple[str, str | int], ...]:
    """Return a fact for every place of the texts of a cause: a log's own word where it is one, else a number."""
    told = texts(question)[cause]
    sentences = [told[form]["en"] for form in ("claim", "supported", "contradicted") if form in told]
    names = dict.fromkeys(name for one in sentences for _, name, _, _ in Formatter().parse(one) if name)
    return tuple((name, text if name in WORDS else 10**6) for name in names if name != "status")


def _rows(text: str, most: int, columns: int, *, numbers: bool = False) -> tuple[CrossRow, ...]:
    return tuple(
        CrossRow(str(number + 400) if numbers else f"{number}{text}", 10**9, tuple([10**8] * columns), 10**8)
        for number in range(most)
    )


def _crossing(vendor: str, dimension: str, text: str) -> Crossing:
    statuses = tuple(range(500, 500 + SERVED + FAILED))
    behind = dimension == "upstream_status"
    rows = _rows(text, VALUES, len(statuses), numbers=behind)
    pairs = ((503, 200, 10**6), (504, 200, 10**6), (500, 200, 10**6))
    passed = Passed(10**9, 10**9, 10**9, 10**9, pairs) if behind else None
    others = replace(rows[0], value=None)
    decided = tuple(Decided(kind, 10**11, 10**10, text, 10**9) for kind in KINDS) if passed is None else ()
    return Crossing(vendor, dimension, 10**11, statuses, rows, 10**4, others, passed, decided)


def _ruling(vendor: str, dimension: str, text: str) -> Ruling:
    actions = tuple(f"{number}{text}" for number in range(ACTIONS))
    rows = _rows(text, ABOUTS, ACTIONS)
    return Ruling(vendor, dimension, 10**11, actions, rows, 10**4, replace(rows[0], value=None))


def _caching(vendor: str, text: str) -> Caching:
    statuses = ((500, 10**6), (502, 10**6), (503, 10**6))
    rows = tuple(
        CacheRow(f"{number}{text}", "miss", 10**9, 10**12, 10**6, 10**6, statuses)
        for number in range(RESULTS)
    )
    others = replace(rows[0], value=None, kind="none")
    return Caching(vendor, 10**11, 10**9, 10**9, 10**13, 10**12, rows, 10**4, others)


def _speed(vendor: str, text: str) -> Speed:
    seconds = (1.0, 2.0, 3.0, 4.0)
    routes = tuple(Percentiles(f"{number}{text}", 10**6, seconds) for number in range(10))
    return Speed(vendor, Percentiles(None, 10**9, seconds), routes, 10**4, 10**4, 10**6, 10**6)
