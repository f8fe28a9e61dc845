"""Analysis → every status against time in one figure: what came when, log under log."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from reports.figures import STEPS, Axis, HeatPanel, HeatRow, heat, heat_height, heat_keys
from reports.section import Figure, Scope
from reports.sections.bands import bands_of

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis
    from reports.words import Words

COLUMNS: Final = 200
"""Steps of time: cells that can still be pointed at."""

ERRORS, OTHERS = 7, 3
"""Statuses of a log that have a row, of those that are errors and of the rest; all others share two rows."""

ORDER: Final = ("5xx", "4xx", "other", "3xx", "1xx", "2xx")
_ERRORS: Final = frozenset(ORDER[:3])


def heat_map(analysis: Analysis, logs: tuple[str, ...], axis: Axis, words: Words) -> Figure:
    """Return the figure; `axis` is that of the other figures, of which it may join several steps."""
    step_s = _step_s(axis)
    start = datetime.fromtimestamp(axis.start.timestamp() // step_s * step_s, axis.start.tzinfo)
    wide = Axis(axis.start, axis.end, step_s, axis.zone)
    stepped = analysis.timeline.with_columns(time=pl.col("time").dt.truncate(f"{step_s}s"))
    panels = [
        HeatPanel(
            words.name("vendor", vendor),
            vendor,
            start,
            _rows(stepped.filter(pl.col("vendor") == vendor), start, wide, words),
            bands_of(analysis, vendor),
        )
        for vendor in logs
    ]
    peaks = " ".join(_peak(panel, step_s, words) for panel in panels)
    summary = words("heat.summary", step=words.duration(step_s), peaks=peaks)
    keys = tuple((words.number(count), colour) for count, colour in heat_keys(panels))
    plot = heat(panels, wide)
    return Figure("heat", words("heat.heading"), summary, (), heat_height(panels), plot, keys, Scope(logs))


def _step_s(axis: Axis) -> int:
    whole = (axis.end - axis.start).total_seconds()
    fits = (step for step in STEPS if step % axis.step_s == 0 and whole <= step * COLUMNS)
    return next(fits, axis.step_s)


def _rows(counted: pl.DataFrame, start: datetime, axis: Axis, words: Words) -> tuple[HeatRow, ...]:
    """Return a row for each status that is frequent within its kind, then one for the errors left, one for the rest."""
    statuses: dict[tuple[int | None, str], dict[int, int]] = {}
    summed = counted.group_by("time", "status", "status_class").agg(pl.col("records").sum())
    for time, status, status_class, records in summed.sort("time", "status").iter_rows():
        place = int((time - start).total_seconds()) // axis.step_s
        statuses.setdefault((status, status_class), {})[place] = records
    size = int((axis.end - start).total_seconds() - 1) // axis.step_s + 1
    ranked = sorted(statuses, key=lambda key: (-sum(statuses[key].values()), key[0] or 0))
    errors = [key for key in ranked if key[1] in _ERRORS]
    rest = [key for key in ranked if key[1] not in _ERRORS]
    kept = sorted([*errors[:ERRORS], *rest[:OTHERS]], key=lambda key: (ORDER.index(key[1]), key[0] or 0))
    rows = [HeatRow(words.status(key[0]), (key[1],), _dense(statuses[key], size)) for key in kept]
    for left in (errors[ERRORS:], rest[OTHERS:]):
        if not left:
            continue
        together: dict[int, int] = {}
        for key in left:
            for place, records in statuses[key].items():
                together[place] = together.get(place, 0) + records
        name = words("heat.others", n=words.number(len(left)))
        if left[0][1] not in _ERRORS:
            name = words("heat.others_fine", n=words.number(len(left)))
        classes = tuple(sorted({key[1] for key in left}, key=ORDER.index))
        rows.append(HeatRow(name, classes, _dense(together, size)))
    return tuple(rows)


def _dense(counts: dict[int, int], size: int) -> tuple[int, ...]:
    return tuple(counts.get(place, 0) for place in range(size))


def _peak(panel: HeatPanel, step_s: int, words: Words) -> str:
    """Return the strongest cell of a log's errors."""
    errors = [row for row in panel.rows if set(row.classes) <= _ERRORS]
    if not errors:
        return words("timeline.no_errors", vendor=panel.title)
    row = max(errors, key=lambda one: max(one.values))
    place = row.values.index(max(row.values))
    moment = words.moment(panel.start + timedelta(seconds=step_s * place))
    return words(
        "heat.peak", vendor=panel.title, status=row.name, n=words.number(row.values[place]), time=moment
    )
