"""Made-up analyses for the tests of reports: a plausible one, an empty one, and one in which every text is hostile."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from loganalyzer import knowledge
from loganalyzer.analysis import (
    Analysis,
    Cause,
    ClassCount,
    Evidence,
    Finding,
    Ledger,
    Model,
    Note,
    Reject,
    RoleCount,
    Severity,
    SourceSummary,
    StatusCount,
    TopRow,
    TopTable,
)

DAY: Final = datetime(2026, 3, 10, tzinfo=UTC)
START: Final = DAY + timedelta(hours=14, minutes=3)
END: Final = DAY + timedelta(hours=14, minutes=21)

TIMELINE: Final = pl.Schema(
    {
        "vendor": pl.String(),
        "time": pl.Datetime("us", "UTC"),
        "status": pl.Int16(),
        "request": pl.Boolean(),
        "status_class": pl.String(),
        "records": pl.Int64(),
    }
)

HOSTILE: Final = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script><!--",
    "\"><img src=x onerror=alert(3)>' onmouseover='alert(4)",
    "<a href='javascript:alert(5)'>x</a> [x](javascript:alert(6)) ![x](http://example.net/a.png)",
    "\x1b[31mred\x1b]8;;http://example.net\x07 \x00 \u202etxt.exe\u2066 \u2028 \ud83d \U000e0041 \x9b31m",
    "a|b`c``d |\n# heading\r\n- item @example https://www.example.net/ {{ 7*7 }} {% raw %} ${x} \\",
    "GET /?access_token=hunter2&x=1 http://ann:hunter2@example.com/ HTTP/1.1",
    "x" * 5_000 + "<b>",
)
"""What strangers write: markup, markup of plots and tickets, signs that act, secrets, length."""

CAUSE: Final = Cause("upstream", "192.0.2.80", 0.93, 0.12, 8.1, 201.0, 1_180.0, 3.0, 198.0, 0.0)
"""An upstream that fails."""

STATUSES: Final = {
    "nginx": {200: 9_000, 304: 700, 404: 150, 499: 12, 502: 4, 503: 2, 504: 3},
    "cloudflare": {200: 8_800, 304: 650, 403: 90, 404: 80, 522: 2},
}


def analysis() -> Analysis:
    """Return an analysis of one day in two logs with one incident that both saw."""
    timeline = _timeline()
    counted = timeline.group_by("vendor", "status", "status_class").agg(pl.col("records").sum())
    rows = sorted(counted.iter_rows())
    whole = {vendor: sum(row[3] for row in rows if row[0] == vendor) for vendor in STATUSES}
    totals = Ledger(sum(whole.values()) + 12, sum(whole.values()), 7, 2, 3)
    return Analysis(
        period=(DAY, DAY + timedelta(hours=23, minutes=59, seconds=58)),
        sources=tuple(_source(vendor, records) for vendor, records in whole.items()),
        totals=totals,
        bytes_sent=123_456_789,
        roles=tuple(RoleCount(vendor, "request", records) for vendor, records in sorted(whole.items())),
        classes=_classes(rows, whole),
        requests=_classes(rows, whole),
        statuses=tuple(
            StatusCount(
                vendor,
                status,
                status_class,
                knowledge.reason(status, vendor),
                records,
                records / whole[vendor],
                records * 512,
            )
            for vendor, status, status_class, records in rows
        ),
        timeline=timeline,
        bucket_s=60,
        tops=(top("nginx", "/cart"), top("cloudflare", "/search")),
        findings=(
            replace(
                finding("server-error-burst", "nginx", "major", ((502, 180), (504, 32))),
                examined=True,
                causes=(CAUSE,),
            ),
            finding("origin-unreachable", "cloudflare", "critical", ((522, 90),)),
            blips("nginx"),
        ),
        notes=(
            Note("vendor-guessed", {"path": "logs/nginx.log"}),
            Note("estimated", {"vendor": "cloudflare", "lines": 42}),
            Note("values-bounded", {"vendor": "nginx", "dimension": "path", "bound": 12}),
        ),
        rejects=tuple(
            Reject("logs/nginx.log", 40 + number, "does not fit nginx combined", f"broken {number}")
            for number in range(7)
        ),
        rejected_why=(("does not fit nginx combined", 7),),
        coverage=tuple((vendor, DAY, DAY + timedelta(days=1)) for vendor in sorted(STATUSES)),
    )


def empty() -> Analysis:
    """Return the analysis of a log without a line."""
    return Analysis(
        period=None,
        sources=(),
        totals=Ledger(),
        bytes_sent=0,
        roles=(),
        classes=(),
        requests=(),
        statuses=(),
        timeline=pl.DataFrame(schema=TIMELINE),
        bucket_s=60,
        tops=(),
        findings=(),
        notes=(),
        rejects=(),
        rejected_why=(),
    )


def hostile(text: str) -> Analysis:
    """Return the analysis with a text wherever a log, a path or a caller may have put one."""
    plain = analysis()
    # A label is the caller's, and a command line hands over no lone surrogates.
    label = text.replace("\ud83d", "")
    evidence = (Evidence(text, 1, text),) * 4
    source = replace(
        plain.sources[0],
        path=text,
        evidence=text,
        skipped_why={text: 3},
        problem=text,
        server=label,
        formats=(("nginx-combined", 5), ("nginx-combined-loose", 1)),
    )
    return replace(
        plain,
        sources=(source, *plain.sources),
        findings=tuple(
            replace(
                one,
                server=label,
                host=label,
                evidence=evidence,
                evidence_total=9,
                examined=True,
                causes=(replace(CAUSE, value=text, inner_dimension="path", inner_value=text),),
                single_client=text if one.severity == "notice" else None,
            )
            for one in plain.findings
        ),
        tops=tuple(replace(one, rows=(replace(one.rows[0], value=text), *one.rows)) for one in plain.tops),
        notes=(
            *plain.notes,
            Note("not-a-log", {"path": text, "why": text}),
            Note("of-a-kind-without-words", {"path": text, "lines": 4}),
        ),
        rejects=(Reject(text, 1, text, text),),
        rejected_why=((text, 1),),
    )


def finding(
    kind: str, vendor: str | None, severity: Severity, statuses: tuple[tuple[int | None, int], ...]
) -> Finding:
    """Return a burst of eighteen minutes."""
    observed = sum(count for _, count in statuses)
    return Finding(
        kind=kind,
        family="5xx-gw",
        shape="burst",
        severity=severity,
        vendor=vendor,
        server=None,
        host=None,
        start=START,
        end=END,
        ongoing=False,
        observed=float(observed),
        expected=38.0,
        requests=530.0,
        score=12.3,
        model=Model(300, 70.0, 9.5, 0.01, 0.002, 1.0, 1.5, 0.02, 4_000.0, 4.7, "no weekend seen yet"),
        statuses=statuses,
        stretches=((START, END),),
        evidence=tuple(
            Evidence(
                f"logs/{vendor}.log",
                9_000 + number,
                f'192.0.2.{number} - - [10/Mar/2026:14:05:{number:02d} +0000] "GET /cart?id={number} HTTP/1.1" 502 157',
            )
            for number in range(20)
        ),
        evidence_total=observed,
        peak=START + timedelta(minutes=6),
    )


def blips(vendor: str) -> Finding:
    """Return three blips of a minute each."""
    starts = [DAY + timedelta(hours=hour, minutes=2) for hour in (4, 10, 16)]
    burst = finding("blips", vendor, "notice", ((502, 40), (503, 21)))
    stretches = tuple((start, start + timedelta(minutes=1)) for start in starts)
    return replace(burst, start=stretches[0][0], end=stretches[-1][1], stretches=stretches)


def top(vendor: str, value: str) -> TopTable:
    """Return a top table that leaves something out."""
    rows = (
        TopRow(value, 60, 1_000, 0.3, ((502, 50), (504, 10))),
        TopRow("/about", 20, 40, 0.1, ((502, 20),)),
    )
    return TopTable(vendor, "5xx", "path", 200, 30, 25, 0, rows)


def _source(vendor: str, records: int) -> SourceSummary:
    extra = 12 if vendor == "nginx" else 0
    ledger = Ledger(records + extra, records, 7, 2, 3) if extra else Ledger(records, records)
    return SourceSummary(
        path=f"logs/{vendor}.log",
        vendor=vendor,
        format={"nginx": "nginx-combined"}.get(vendor, "cloudflare-http-requests"),
        evidence="nginx combined fits 500 of 500 lines looked at; no other vendor writes this",
        bytes=2_400_000,
        ledger=ledger,
        skipped_why={"comment": 3} if extra else {},
        columns=("timestamp", "status"),
        start=DAY,
        end=DAY + timedelta(hours=23, minutes=59, seconds=58),
        problem=None,
    )


def _timeline() -> pl.DataFrame:
    """Return a day of both logs, minute by minute."""
    chance = random.Random(20260310)
    counts: dict[tuple[str, datetime, int], int] = {}
    for vendor, statuses in STATUSES.items():
        for status, total in statuses.items():
            for _ in range(total):
                minute = DAY + timedelta(minutes=int(chance.triangular(0, 1_439, 900)))
                counts[vendor, minute, status] = counts.get((vendor, minute, status), 0) + 1
        bad = 502 if vendor == "nginx" else 522
        for number in range(18):
            counts[vendor, START + timedelta(minutes=number), bad] = 5 + number % 3
    rows = [
        (vendor, minute, status, True, f"{status // 100}xx", records)
        for (vendor, minute, status), records in sorted(counts.items())
    ]
    return pl.DataFrame(rows, schema=TIMELINE, orient="row")


def _classes(rows: list[tuple[str, int, str, int]], whole: dict[str, int]) -> tuple[ClassCount, ...]:
    names = sorted({(row[0], row[2]) for row in rows})
    made = []
    for vendor, name in names:
        records = sum(row[3] for row in rows if row[0] == vendor and row[2] == name)
        made.append(ClassCount(vendor, name, records, records / whole[vendor]))
    return tuple(made)
