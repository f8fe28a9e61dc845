"""Analysis → what a reader may choose in the page, and the bounded counts that the choice is told from."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from reports.figures import CLASS_COLOURS, STEPS, axis_zone, step_for
from reports.logtext import shown
from reports.sections.order import vendors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, tzinfo

    from loganalyzer.analysis import Analysis
    from reports.words import Words

HOSTS: Final = 10
"""Hosts that can be chosen one by one, those with most records; the others can be chosen together."""

BYTES: Final = 40_000
"""Of the counts as they travel, compressed: 50 kB of the page. Steps get wider until it is enough."""

HOST_SIGNS: Final = 120
"""Characters of a host."""

CLASSES: Final = tuple(CLASS_COLOURS)

SPARSE: Final = 2
"""A series with fewer than one count in so many steps is written as gaps and counts."""

WORDS: Final = (
    "all", "shown", "unfiltered", "overlap", "lede", "log", "requests", "of_log", "no_requests", "no_host", "period",
    "outside", "everything", "nothing", "drawn", "axis", "axis_told", "link", "link_copied", "copy", "copied", "csv",
    "tools", "sort", "of_vendor", "of_host", "of_class", "of_time", "of_heat", "caption",
    "inverted", "moved", "some",
)  # fmt: skip
"""Words of the page's script, in the catalogue under `use.`."""


@dataclass(frozen=True)
class Filters:
    """What the page's form offers, as (value, words), and what its script works with.

    `step` and the two borders are of the time that can be chosen: seconds, and local times as a form writes them.
    """

    vendors: tuple[tuple[str, str], ...]
    hosts: tuple[tuple[str, str], ...]
    classes: tuple[tuple[str, str], ...]
    step_s: int
    first: str
    last: str
    zone: str
    data: dict[str, object] = field(repr=False)


def filters(analysis: Analysis, words: Words) -> Filters | None:
    """Return what can be chosen; none without records."""
    logs = vendors(analysis)
    if analysis.timeline.height == 0 or not logs:
        return None
    first, last = analysis.timeline.select(pl.col("time").min(), pl.col("time").max().alias("last")).row(0)
    end = last.timestamp() + analysis.bucket_s
    counted, named = _hosts(analysis.by_host)
    finest = step_for(end - first.timestamp(), analysis.bucket_s)
    step_s, cube = next(
        (step, cube)
        for step in _steps(finest, analysis.bucket_s)
        if _weight(cube := _cube(counted, logs, (first, last), step)) <= BYTES
    )
    zone = axis_zone(first, last + timedelta(seconds=analysis.bucket_s), words.zone)
    start = first.timestamp() // step_s * step_s
    steps = int(-(-(end - start) // step_s))
    used = [name for name in CLASSES if any(row.status_class == name for row in analysis.classes)]
    hosts = [(host, host) for host in named]
    places = set(counted["place"].to_list())
    if hosts and len(named) in places:
        hosts.append(("(others)", words("use.hosts_others")))
    if hosts and len(named) + 1 in places:
        hosts.append(("(none)", words("use.hosts_none")))
    return Filters(
        tuple((vendor, words.name("vendor", vendor)) for vendor in logs),
        tuple(hosts),
        (("errors", words("use.errors")), *((name, words(f"class.{name}")) for name in used)),
        step_s,
        _local(start, zone, first),
        _local(start + steps * step_s, zone, first),
        _zone_name(zone, first, words),
        {
            "cube": {
                **cube,
                "start": start,
                "step": step_s,
                "steps": steps,
                "offset": _offset(zone, first),
                "hosts": named,
                "marks": [mark(host) for host in named],
                "vendors": [[vendor, words.name("vendor", vendor)] for vendor in logs],
                "classes": [[name, words.class_code(name)] for name in CLASSES],
                "zone": _zone_name(zone, first, words),
                "period": words.span(*analysis.period, full=False) if analysis.period else "",
            },
        },
    )


def mark(host: str) -> str:
    """Return a short name of a host, by which the page finds what is about it however long a stranger made it.

    >>> mark("shop.example.com")
    'db627532'
    """
    return f"{zlib.crc32(shown(host, HOST_SIGNS).encode()):08x}"


def script_words(words: Words) -> dict[str, str]:
    """Return the sentences of the page's script, with their places as they are in the catalogue."""
    own = {name: words.template(f"use.{name}") for name in WORDS}
    shares = {name: words.template(f"percent.{name}") for name in ("least", "most")}
    return {**own, **shares, "percent": words.template("percent"), "and": words.template("list.and")}


def _hosts(counted: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Return the counts with the `place` of each host, and the hosts that have one by themselves.

    After these come the place of all others, and that of records without a host.
    """
    texts = counted["host"].drop_nulls().unique().to_list()
    as_shown = {text: shown(text, HOST_SIGNS) for text in texts}
    told = counted.with_columns(pl.col("host").replace_strict(as_shown, return_dtype=pl.String()))
    most = (
        told.drop_nulls("host").group_by("host").agg(pl.col("records").sum())
        .sort("records", "host", descending=[True, False])
    )  # fmt: skip
    named = most["host"].head(HOSTS).to_list()
    place = (
        pl.when(pl.col("host").is_null() & ~pl.col("rare"))
        .then(len(named) + 1)
        .otherwise(pl.col("host").replace_strict(named, range(len(named)), default=len(named)))
    )
    return told.with_columns(place=place.cast(pl.Int64)), named


def _steps(finest: int, bucket_s: int) -> Iterator[int]:
    """Yield the width that the figures have, then wider ones."""
    yield finest
    yield from (step for step in STEPS if step > finest and step % bucket_s == 0)
    step = max(finest, STEPS[-1])
    while True:
        step *= 2
        yield step


def _weight(cube: dict[str, object]) -> int:
    return len(gzip.compress(json.dumps(cube, separators=(",", ":")).encode(), 9, mtime=0))


def _cube(
    counted: pl.DataFrame, logs: tuple[str, ...], whole: tuple[datetime, datetime], step_s: int
) -> dict[str, object]:
    """Return the counts as lists: `rows` of vendor, host, class, whether requests, first step, form and counts.

    `outside` are those of records whose stamp lies far from all others: they are in no step.
    """
    first, last = whole
    start = int(first.timestamp() // step_s)
    keys = ("vendor", "place", "status_class", "request", "step")
    step = pl.when(pl.col("time").is_between(first, last)).then(
        pl.col("time").dt.epoch("s") // step_s - start
    )
    summed = counted.group_by(*keys[:-1], step.alias("step")).agg(pl.col("records").sum()).sort(*keys)
    series: dict[tuple[int, int, int, int], dict[int | None, int]] = {}
    for vendor, place, name, request, at, records in summed.iter_rows():
        key = (logs.index(vendor), place, CLASSES.index(name), int(request))
        series.setdefault(key, {})[at] = records
    rows, outside = [], []
    for key, counts in sorted(series.items()):
        if strays := counts.pop(None, 0):
            outside.append([*key, strays])
        if counts:
            rows.append([*key, *_written(counts)])
    return {"rows": rows, "outside": outside}


def _written(counts: dict[int | None, int]) -> list[int]:
    """Return first step, 0 and every count up to the last; or first step, 1 and (gap, count) of those above zero."""
    steps = sorted(step for step in counts if step is not None)
    first, last = steps[0], steps[-1]
    if len(steps) * SPARSE >= last - first + 1:
        return [first, 0, *(counts.get(step, 0) for step in range(first, last + 1))]
    gaps = (step - before for before, step in zip([first, *steps[:-1]], steps, strict=True))
    return [
        first,
        1,
        *(number for gap, step in zip(gaps, steps, strict=True) for number in (gap, counts[step])),
    ]


def _offset(zone: tzinfo, moment: datetime) -> int:
    shift = moment.astimezone(zone).utcoffset()
    return int(shift.total_seconds()) if shift else 0


def _local(seconds: float, zone: tzinfo, moment: datetime) -> str:
    """Return a time as a form writes it, by the clock that the axis has."""
    shifted = moment.fromtimestamp(seconds + _offset(zone, moment), moment.tzinfo)
    return f"{shifted:%Y-%m-%dT%H:%M}"


def _zone_name(zone: tzinfo, moment: datetime, words: Words) -> str:
    return words.zone_name(moment) if zone is words.zone else "UTC"
