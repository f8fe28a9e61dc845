"""Analysis → statuses over time, with the findings marked: all logs together, then each by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from reports.figures import (
    CLASS_COLOURS,
    SHADES,
    Axis,
    Panel,
    Series,
    axis_zone,
    colours,
    height,
    keys,
    over_time,
    step_for,
)
from reports.section import Figure, Scope, Section
from reports.sections.bands import bands_of, legend_of
from reports.sections.heat import heat_map
from reports.sections.order import only_requests, vendors

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis
    from reports.words import Words

ERRORS: Final = ("5xx", "4xx", "other")
CLASSES: Final = ("2xx", "3xx", "1xx", "4xx", "5xx", "other")


@dataclass(frozen=True)
class _Counts:
    """Counts of one vendor: `start` of its first step, and one number a step.

    `classes` are of all records; `failures` (per class) and `statuses` of the requests that ended in an error.
    """

    start: datetime
    classes: dict[str, tuple[int, ...]]
    failures: dict[str, tuple[int, ...]]
    statuses: dict[tuple[int | None, str], tuple[int, ...]]


def section(analysis: Analysis, words: Words) -> Section | None:
    """Return the figures, none without records."""
    logs = vendors(analysis)
    if analysis.timeline.height == 0 or not logs:
        return None
    first, last = analysis.timeline.select(pl.col("time").min(), pl.col("time").max().alias("last")).row(0)
    bucket = timedelta(seconds=analysis.bucket_s)
    step_s = step_for((last + bucket - first).total_seconds(), analysis.bucket_s)
    stepped = analysis.timeline.with_columns(time=pl.col("time").dt.truncate(f"{step_s}s"))
    counts = {vendor: _counts(stepped.filter(pl.col("vendor") == vendor), step_s) for vendor in logs}
    zone = axis_zone(first, last + bucket, words.zone)
    start = min(one.start for one in counts.values())
    asked = words.zone_name(first) if zone is words.zone else f"UTC{words('timeline.clock_changes')}"
    axis = Axis(start, last + bucket, step_s, zone)
    figures = [_one(analysis, vendor, counts[vendor], axis, words) for vendor in logs]
    if len(logs) > 1:
        figures.insert(0, _together(analysis, counts, axis, words))
    lede = [words("timeline.lede" if len(logs) > 1 else "timeline.one_lede", zone=asked)]
    if not only_requests(analysis):
        lede.append(words("timeline.requests_alone"))
    figures.append(heat_map(analysis, logs, axis, words))
    return Section("timeline", words("timeline.heading"), (" ".join(lede),), tuple(figures))


def _counts(rows: pl.DataFrame, step_s: int) -> _Counts:
    """Return the counts of one vendor, zero where its log was observed and had none."""
    first, last = rows.select(pl.col("time").min(), pl.col("time").max().alias("last")).row(0)
    size = int((last - first).total_seconds()) // step_s + 1
    classes: dict[str, list[int]] = {}
    failures: dict[str, list[int]] = {}
    statuses: dict[tuple[int | None, str], list[int]] = {}
    summed = (
        rows.group_by("time", "status", "status_class", "request")
        .agg(pl.col("records").sum())
        .sort("time", "status", "request")
    )
    for time, status, status_class, request, records in summed.iter_rows():
        place = int((time - first).total_seconds()) // step_s
        classes.setdefault(status_class, [0] * size)[place] += records
        if request and status_class in ERRORS:
            failures.setdefault(status_class, [0] * size)[place] += records
            statuses.setdefault((status, status_class), [0] * size)[place] += records
    return _Counts(
        first,
        {name: tuple(values) for name, values in classes.items()},
        {name: tuple(values) for name, values in failures.items()},
        {status: tuple(values) for status, values in statuses.items()},
    )


def _peak(vendor: str, counts: _Counts, axis: Axis, words: Words) -> str:
    """Return where the errors of a log are highest."""
    errors = [counts.failures[name] for name in ERRORS if name in counts.failures]
    if not errors:
        return words("timeline.no_errors", vendor=words.name("vendor", vendor))
    sums = [sum(values) for values in zip(*errors, strict=True)]
    place = max(range(len(sums)), key=sums.__getitem__)
    moment = counts.start + timedelta(seconds=axis.step_s * place)
    vendor_name = words.name("vendor", vendor)
    return words("timeline.peak", vendor=vendor_name, n=words.number(sums[place]), time=words.moment(moment))


def _together(analysis: Analysis, counts: dict[str, _Counts], axis: Axis, words: Words) -> Figure:
    panels = [
        Panel(
            words.name("vendor", vendor),
            one.start,
            tuple(
                Series(words.class_code(name), CLASS_COLOURS[name], one.failures[name], name)
                for name in ERRORS
                if name in one.failures
            ),
            bands_of(analysis, vendor),
            vendor=vendor,
            requests=True,
        )
        for vendor, one in counts.items()
    ]
    summary = words(
        "timeline.together_summary",
        step=words.duration(axis.step_s),
        vendors=words.together([words.name("vendor", vendor) for vendor in counts]),
        peaks=" ".join(_peak(vendor, one, axis, words) for vendor, one in counts.items()),
    )
    legend = legend_of(analysis, tuple(counts), words)
    plot = over_time(panels, axis)
    heading = words("timeline.together")
    high, scope = height(len(panels)), Scope(tuple(counts))
    return Figure("errors-together", heading, summary, legend, high, plot, keys(panels), scope)


def _one(analysis: Analysis, vendor: str, counts: _Counts, axis: Axis, words: Words) -> Figure:
    everything = tuple(
        Series(words.class_code(name), CLASS_COLOURS[name], counts.classes[name], name)
        for name in CLASSES
        if name in counts.classes
    )
    bands = bands_of(analysis, vendor)
    title = words("timeline.records")
    panels = [Panel(title, counts.start, everything, bands, filled=True, vendor=vendor)]
    if counts.statuses:
        errors, title = _statuses(counts, words), words("timeline.errors")
        panels.append(Panel(title, counts.start, errors, bands, vendor=vendor, requests=True))
    summary = words(
        "timeline.summary",
        vendor=words.name("vendor", vendor),
        step=words.duration(axis.step_s),
        peaks=_peak(vendor, counts, axis, words),
    )
    legend = legend_of(analysis, (vendor,), words)
    plot = over_time(panels, axis)
    heading = words.name("vendor", vendor)
    high, scope = height(len(panels)), Scope((vendor,))
    return Figure(f"statuses-{vendor}", heading, summary, legend, high, plot, keys(panels), scope)


def _statuses(counts: _Counts, words: Words) -> tuple[Series, ...]:
    """Return the most frequent error statuses by themselves, the others of each class together."""
    ordered = sorted(
        counts.statuses, key=lambda key: (ERRORS.index(key[1]), -sum(counts.statuses[key]), key[0] or 0)
    )
    chosen = colours(ordered)
    series = []
    for status_class in ERRORS:
        members = [key for key in ordered if key[1] == status_class]
        alone = [key for key in members if chosen[key[0]] is not None]
        rest = [key for key in members if chosen[key[0]] is None]
        series += [
            Series(words.status(key[0]), chosen[key[0]] or "", counts.statuses[key], status_class)
            for key in alone
        ]
        if rest:
            name = words("timeline.others", status_class=words.class_code(status_class))
            if len(rest) == 1:
                name = words.status(rest[0][0])
            values = tuple(sum(one) for one in zip(*(counts.statuses[key] for key in rest), strict=True))
            series.append(Series(name, SHADES[status_class][-1], values, status_class))
    return tuple(series)
