"""What the reader must know about the numbers → Note: a kind and its facts.

| kind | facts | means |
| --- | --- | --- |
| `vendor-guessed` | `path` | nothing told nginx from Apache: read as nginx |
| `lines-loose` | `path`, `lines`, `format` | lines that are broken or carry more were read as far as they go |
| `bytes-replaced` | `path`, `lines` | bytes that are no UTF-8 are shown as U+FFFD |
| `clock` | `vendor`, `records`, `first`, `last` | stamps more than ten years from the rest: counted, not drawn |
| `clock-back` | `path`, `line`, `before`, `after`, `times` | stamps that go back, first at a line; how often |
| `clock-skipped` | `vendor`, `first` | no line in an hour that summer time leaves out somewhere |
| `values-bounded` | `vendor`, `dimension`, `bound` | more distinct values than are counted exactly |
| `hosts-bounded` | `vendor`, `hosts` | more hosts than are told apart over time |
| `estimated` | `vendor`, `lines` | lines state a sample interval: rates are estimates |
| `not-a-log` | `path`, `why` | a file of a folder that was left out |
| `duplicate` | `path`, `same_as` | a file with the content of an earlier one: its lines are skipped |
| `duplicate-start` | `path`, `same_as` | a damaged file that is the start of another one, as far as it can be read |
| `origin-unknown` | `vendor`, `records` | server errors of which the log does not say what the origin answered |
| `delivered-twice` | `path`, `same_as`, `records`, `files` | requests that stood in so many earlier files: skipped |
| `delivered-before` | `path`, `records` | the same, where it is not known in which file |
| `delivered-within` | `path`, `records` | requests that stand in one file twice, by RayID: counted as they stand |
| `delivered-missed` | `records`, `remembered` | about so many more stand in an earlier file, and are counted twice |
| `before-span`, `after-span` | `path` | a file wholly before or after what is wanted: it was not read |
| `evidence-missing` | `path`, `why` | the lines behind a finding could not be looked up again |
| `completion-time` | `vendor` | the log states when a request ended and not how long it took |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates.grouping import OTHER
from loganalyzer.aggregates.steps import BACK
from loganalyzer.clock import skipped
from loganalyzer.tables import HOSTS
from parsers.deliveries import REMEMBERED

if TYPE_CHECKING:
    from loganalyzer.analysis import SourceSummary
    from loganalyzer.tables import Tables
    from parsers import Scan

STAMP: Final = "%Y-%m-%d %H:%M:%SZ"


@dataclass(frozen=True)
class Note:
    """Something the reader must know about the numbers; words are made in `reports/words.py`."""

    kind: str
    facts: dict[str, str | int | float]


def notes_of(tables: Tables, sources: tuple[SourceSummary, ...], scan: Scan) -> list[Note]:
    """Return what the sources and the bounds of the tables leave to be said."""
    notes: list[Note] = []
    for state, source in zip(scan.states, sources, strict=False):
        if state.recognition and state.recognition.formats and not state.recognition.certain:
            notes.append(Note("vendor-guessed", {"path": source.path}))
        if state.recognition and not state.recognition.formats and not source.problem and source.ledger.lines:
            notes.append(Note("not-a-log", {"path": source.path, "why": source.evidence}))
        notes += [
            Note("lines-loose", {"path": source.path, "lines": count, "format": name})
            for name, count in source.formats
            if name.endswith("-loose")
        ]
        if state.outside is not None:
            notes.append(Note(f"{state.outside}-span", {"path": source.path}))
        if state.same_as is not None:
            kind = "duplicate-start" if state.same_start else "duplicate"
            notes.append(Note(kind, {"path": source.path, "same_as": state.same_as}))
        if source.replaced:
            notes.append(Note("bytes-replaced", {"path": source.path, "lines": source.replaced}))
    notes += _delivered(scan)
    notes += [
        Note("values-bounded", {"vendor": vendor, "dimension": dimension, "bound": bound})
        for (vendor, dimension), bound in sorted(tables.bounds.items())
    ]
    notes += _clock(tables, sources)
    minutes = tables.minutes
    hosts = minutes.filter(pl.col("host") == OTHER)["vendor"].unique().cast(pl.String()).sort()
    notes += [Note("hosts-bounded", {"vendor": vendor, "hosts": HOSTS}) for vendor in hosts]
    sampled: dict[str, int] = {}
    for number, ledger in tables.ledgers.items():
        if ledger.sampled:
            vendor = sources[number].vendor or ""
            sampled[vendor] = sampled.get(vendor, 0) + ledger.sampled
    notes += [
        Note("estimated", {"vendor": vendor, "lines": count}) for vendor, count in sorted(sampled.items())
    ]
    notes += _origin_unknown(tables)
    late = {
        source.vendor
        for source in sources
        if source.vendor in {"nginx", "cisco_wsa"}
        and source.ledger.records
        and "duration_s" not in source.columns
    }
    notes += [
        Note("completion-time", {"vendor": vendor}) for vendor in sorted(vendor for vendor in late if vendor)
    ]
    return notes


def _clock(tables: Tables, sources: tuple[SourceSummary, ...]) -> list[Note]:
    """Return where stamps go back, by source, and the hours that a log may lack because clocks went forward."""
    first = (
        tables.steps.filter(BACK)
        .group_by("source", maintain_order=True)
        .agg(pl.col("line", "before", "after").first(), pl.len().alias("times"))
    )
    notes = [
        Note(
            "clock-back",
            {
                "path": sources[row["source"]].path,
                "line": row["line"],
                "before": f"{row['before']:{STAMP}}",
                "after": f"{row['after']:{STAMP}}",
                "times": row["times"],
            },
        )
        for row in first.iter_rows(named=True)
    ]
    return notes + [
        Note("clock-skipped", {"vendor": vendor, "first": f"{start:{STAMP}}"})
        for vendor, start in skipped(tables.minutes)
    ]


def _origin_unknown(tables: Tables) -> list[Note]:
    """Return how many errors of Cloudflare state neither the origin's answer nor, by their status, whose they are."""
    errors = tables.minutes.filter(
        (pl.col("vendor") == "cloudflare")
        & (pl.col("role") == "request")
        & pl.col("status").is_between(500, 599)
        & ~pl.col("unreached")
        & pl.col("upstream_status").is_null()
    )
    records = int(errors["records"].sum())
    return [Note("origin-unknown", {"vendor": "cloudflare", "records": records})] if records else []


def _delivered(scan: Scan) -> list[Note]:
    """Return what Cloudflare delivered twice, the files with most of it first."""
    deliveries = scan.deliveries
    notes = []
    for one in sorted(deliveries.repeated(), key=lambda one: (-one.records, one.number)):
        facts: dict[str, str | int | float] = {"path": scan.states[one.number].path, "records": one.records}
        if one.first is None:
            notes.append(Note("delivered-before", facts))
        else:
            facts |= {"same_as": scan.states[one.first].path, "files": one.others + 1}
            notes.append(Note("delivered-twice", facts))
    notes += [
        Note("delivered-within", {"path": scan.states[number].path, "records": records})
        for number, records in sorted(deliveries.within.items(), key=lambda item: (-item[1], item[0]))
        if records
    ]
    if missed := deliveries.missed():
        notes.append(Note("delivered-missed", {"records": missed, "remembered": REMEMBERED}))
    return notes
