"""Counts over time → the few plot shapes, in one theme; every label that reaches a plot is escaped here.

A plot is the JSON that plotly.js draws: `data` and `layout`. It is written without plotly's Python classes, which
cost a second to load; the tests let them check every plot.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

from reports.logtext import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loganalyzer.analysis import Severity

CLASS_COLOURS: Final = {
    "1xx": "#a9a4c0",
    "2xx": "#8fb3c4",
    "3xx": "#53799b",
    "4xx": "#d99a1c",
    "5xx": "#b3243c",
    "other": "#77757f",
}
"""Errors in red and amber of unlike lightness, the rest in quiet blues: told apart by colour-blind eyes too."""

SHADES: Final = {
    "4xx": ("#d99a1c", "#f0c75e", "#a8740a", "#f7e0a3"),
    "5xx": ("#b3243c", "#e2766f", "#7d1230", "#f3b3a6"),
    "other": ("#77757f", "#a9a7b0"),
}
"""Colours of single statuses within a class, most frequent first; the rest of the class shares its last one."""

SEVERITY_COLOURS: Final[dict[Severity, str]] = {
    "critical": "#8e1237",
    "major": "#c0392b",
    "minor": "#b7791f",
    "notice": "#5b7083",
}

MOST_BARS: Final = 400
"""Bars that a screen can still show apart."""
STEPS: Final = (60, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400, 604_800, 2_592_000)
"""Widths of a bar in seconds; whole multiples of each other but for the longest."""

SPARSE: Final = 4
"""A series with fewer than one value in so many is written as points, not as a row of nulls."""

HEAT: Final = ("#f6dfae", "#efb562", "#dd8136", "#bd4a3c", "#8c2450", "#4d1457")
"""From few to many on paper, ever darker: in that order to colour-blind eyes, too. In the dark the style sheet turns
the order, ever lighter."""

FRAME: Final[dict[str, object]] = {
    "layer": "above",
    "opacity": 1,
    "fillcolor": "rgba(0,0,0,0)",
    "line": {"width": 1, "color": "#838990"},
}
"""Of a band over a heat map, whose colours it must not change; seen on light and dark."""

PANEL_PX: Final = 118
ROW_PX: Final = 16
GAP_PX: Final = 28
MARGIN_PX: Final = 64
LABEL_APART: Final = 0.02
"""Part of the axis below which the numbers of two bands would print over each other."""


@dataclass(frozen=True)
class Series:
    """Counts per step of one status or class; `values` from the panel's `start`."""

    name: str
    colour: str
    values: tuple[int, ...]
    status_class: str = ""


@dataclass(frozen=True)
class Band:
    """A finding on the time axis; `end` exclusive; `anchor` is where it is told."""

    number: int
    start: datetime
    end: datetime
    severity: Severity
    anchor: str = ""


@dataclass(frozen=True)
class Panel:
    """Series on top of one another over one stretch of time; `filled` draws areas in place of bars.

    `vendor` is whose log it is; `requests`: of requests alone, without other records.
    """

    title: str
    start: datetime
    series: tuple[Series, ...]
    bands: tuple[Band, ...] = ()
    filled: bool = False
    vendor: str = ""
    requests: bool = False


@dataclass(frozen=True)
class HeatRow:
    """Counts per step of a status, or of several; `classes` of them."""

    name: str
    classes: tuple[str, ...]
    values: tuple[int, ...]


@dataclass(frozen=True)
class HeatPanel:
    """The rows of one log, from `start` on."""

    title: str
    vendor: str
    start: datetime
    rows: tuple[HeatRow, ...]
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True)
class Axis:
    """The time axis that panels share; `end` exclusive, `step_s` seconds per bar, `zone` of its labels."""

    start: datetime
    end: datetime
    step_s: int
    zone: tzinfo


def label(text: str) -> str:
    """Return text as a plot may show it: plotly reads tags and entities in every label.

    >>> label('<a href="//evil.example">x</a>')
    '&lt;a href=&quot;//evil.example&quot;&gt;x&lt;/a&gt;'
    """
    return html.escape(shown(text, 80))


def step_for(seconds: float, bucket_s: int) -> int:
    """Return the width of a bar: at least the bucket of the counts, and no more bars than can be told apart."""
    fits = (step for step in STEPS if step % bucket_s == 0 and seconds <= step * MOST_BARS)
    return next(fits, max(bucket_s, STEPS[-1] // bucket_s * bucket_s))


def colours(statuses: Sequence[tuple[int | None, str]]) -> dict[int | None, str | None]:
    """Return a colour per status, most frequent first; none for those that share the rest of their class."""
    used: dict[str, int] = {}
    chosen: dict[int | None, str | None] = {}
    for status, status_class in statuses:
        shades = SHADES[status_class]
        place = used.get(status_class, 0)
        used[status_class] = place + 1
        chosen[status] = shades[place] if place < len(shades) - 1 else None
    return chosen


def over_time(panels: Sequence[Panel], axis: Axis) -> dict[str, object]:
    """Return stacked series in panels above one another, over one time axis, with the findings as bands."""
    layout = _layout(len(panels), axis) | {"barmode": "stack", "bargap": 0, "hovermode": "x unified"}
    data: list[dict[str, object]] = []
    shapes: list[dict[str, object]] = []
    notes: list[dict[str, object]] = []
    for place, panel in enumerate(panels):
        suffix = "" if place == 0 else str(place + 1)
        layout[f"yaxis{suffix}"] = {
            "domain": list(_domain(place, len(panels))),
            "rangemode": "tozero",
            "nticks": 4,
            "tickformat": "~s",
            "fixedrange": True,
        }
        data += [_trace(series, panel, axis, suffix) for series in panel.series]
        shapes += [_shape(band, axis, suffix) for band in panel.bands]
        notes += [_title(panel.title, suffix), *_labels(panel.bands, axis, suffix)]
    return {"data": data, "layout": {**layout, "shapes": shapes, "annotations": notes}}


def heat(panels: Sequence[HeatPanel], axis: Axis) -> dict[str, object]:
    """Return statuses (rows) against time (columns), log under log, the more the stronger; nothing where none is.

    Colours follow the logarithm of the counts, so that one failure shows beside ten thousand answers.
    """
    layout = _layout(len(panels), axis) | {"hovermode": "closest"}
    layout["margin"] = {
        "l": 92,
        "r": 12,
        "t": 24,
        "b": 40,
    }  # for names of rows that stand for several statuses
    most = max(most_of(panels), 2)
    scale = [[round(most ** (shade - 1), 9), colour] for shade, colour in zip(_shades(), HEAT, strict=True)]
    scale = [[0, HEAT[0]], *scale[1:-1], [1, HEAT[-1]]]
    data: list[dict[str, object]] = []
    shapes: list[dict[str, object]] = []
    notes: list[dict[str, object]] = []
    whole = heat_height(panels) - MARGIN_PX
    top = 1.0
    half = timedelta(seconds=axis.step_s / 2)
    for place, panel in enumerate(panels):
        suffix = "" if place == 0 else str(place + 1)
        bottom = max(0.0, top - ROW_PX * len(panel.rows) / whole)
        layout[f"yaxis{suffix}"] = {
            "domain": [round(bottom, 4), round(top, 4)],
            "type": "category",
            "autorange": "reversed",
            "fixedrange": True,
            "showgrid": False,
            "tickmode": "linear",
            "dtick": 1,
        }
        top = bottom - GAP_PX / whole
        data.append(
            {
                "type": "heatmap",
                "yaxis": f"y{suffix}",
                "x0": _local(panel.start + half, axis),
                "dx": axis.step_s * 1000,
                "y": [label(row.name) for row in panel.rows],
                "z": [[value or None for value in row.values] for row in panel.rows],
                "zmin": 0,
                "zmax": most,
                "colorscale": scale,
                "showscale": False,
                "ygap": 1,
                "hoverongaps": False,
                "hovertemplate": "%{x|%Y-%m-%d %H:%M} · %{y}: %{z:,}<extra></extra>",
                "meta": {"v": panel.vendor, "c": [" ".join(row.classes) for row in panel.rows]},
            }
        )
        shapes += [_shape(band, axis, suffix) | FRAME for band in panel.bands]
        notes += [_title(panel.title, suffix), *_labels(panel.bands, axis, suffix)]
    return {"data": data, "layout": {**layout, "shapes": shapes, "annotations": notes}}


def most_of(panels: Sequence[HeatPanel]) -> int:
    """Return the largest count of a cell."""
    return max((value for panel in panels for row in panel.rows for value in row.values), default=0)


def heat_keys(panels: Sequence[HeatPanel]) -> tuple[tuple[int, str], ...]:
    """Return the count that each colour stands for, and the colour as the style sheet names it for light and dark."""
    most = max(most_of(panels), 2)
    counts = {round(most**shade): f"var(--heat{place})" for place, shade in enumerate(_shades())}
    return tuple(sorted(counts.items()))


def heat_height(panels: Sequence[HeatPanel]) -> int:
    """Return the pixels that the rows need."""
    rows = sum(len(panel.rows) for panel in panels)
    return MARGIN_PX + ROW_PX * rows + GAP_PX * (len(panels) - 1)


def _shades() -> list[float]:
    return [place / (len(HEAT) - 1) for place in range(len(HEAT))]


def _layout(panels: int, axis: Axis) -> dict[str, object]:
    """Return what all figures over time have in common."""
    return {
        "margin": {"l": 44, "r": 12, "t": 24, "b": 40},
        "showlegend": False,  # the page writes the keys itself: text that wraps and can be read aloud
        "xaxis": {
            "type": "date",
            "range": [_local(axis.start, axis), _local(axis.end, axis)],
            "tickformatstops": _tick_formats(),
            "hoverformat": "%Y-%m-%d %H:%M",
            "anchor": f"y{panels}" if panels > 1 else "y",
        },
    }


def keys(panels: Sequence[Panel]) -> tuple[tuple[str, str], ...]:
    """Return each name and its colour, once."""
    return tuple(dict.fromkeys((series.name, series.colour) for panel in panels for series in panel.series))


def height(panels: int) -> int:
    """Return the pixels that so many panels need."""
    return MARGIN_PX + PANEL_PX * panels


def _domain(place: int, panels: int) -> tuple[float, float]:
    """Return bottom and top of a panel, the first uppermost, as parts of the plot."""
    gap = 0.24 / panels if panels > 1 else 0.0
    size = (1 - gap * (panels - 1)) / panels
    top = 1 - place * (size + gap)
    return round(max(0.0, top - size), 4), round(top, 4)


def _local(moment: datetime, axis: Axis) -> str:
    """Return a moment as the clock of the axis shows it; plotly knows no zones."""
    return f"{moment.astimezone(axis.zone):%Y-%m-%d %H:%M:%S}"


def _trace(series: Series, panel: Panel, axis: Axis, suffix: str) -> dict[str, object]:
    """Return one series."""
    trace: dict[str, object] = {
        "name": label(series.name),
        "yaxis": f"y{suffix}",
        "hovertemplate": "%{y:,}",
        "meta": {"v": panel.vendor, "c": series.status_class, "r": panel.requests},
    }
    if panel.filled:
        trace |= {
            "type": "scatter",
            "mode": "lines",
            "stackgroup": "all",
            "line": {"width": 0, "shape": "hv"},
            "fillcolor": series.colour,
            "marker": {"color": series.colour},
            "y": list(series.values),
        }
        return trace | _steps(panel.start, axis)
    trace |= {"type": "bar", "marker": {"color": series.colour, "line": {"width": 0}}, "offset": 0}
    present = [place for place, value in enumerate(series.values) if value]
    if len(present) * SPARSE < len(series.values):
        moments = [panel.start + timedelta(seconds=axis.step_s * place) for place in present]
        return trace | {
            "x": [_local(moment, axis) for moment in moments],
            "y": [series.values[place] for place in present],
            "width": axis.step_s * 1000,
        }
    return (
        trace
        | {"y": [value or None for value in series.values], "width": axis.step_s * 1000}
        | _steps(panel.start, axis)
    )


def _steps(start: datetime, axis: Axis) -> dict[str, object]:
    return {"x0": _local(start, axis), "dx": axis.step_s * 1000}


def _shape(band: Band, axis: Axis, suffix: str) -> dict[str, object]:
    colour = SEVERITY_COLOURS[band.severity]
    return {
        "type": "rect",
        "x0": _local(band.start, axis),
        "x1": _local(band.end, axis),
        "y0": 0,
        "y1": 1,
        "yref": f"y{suffix} domain",
        "fillcolor": colour,
        "opacity": 0.18,
        "line": {"width": 1, "color": colour},
        "layer": "below",
        "name": band.anchor,
    }


def _title(title: str, suffix: str) -> dict[str, object]:
    return {
        "text": label(title),
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": 1,
        "yref": f"y{suffix} domain",
        "yanchor": "bottom",
        "showarrow": False,
    }


def _labels(bands: Sequence[Band], axis: Axis, suffix: str) -> list[dict[str, object]]:
    """Return the numbers of the bands; those too near to each other share one label."""
    whole = (axis.end - axis.start) / timedelta(seconds=1)
    groups: list[list[Band]] = []
    for band in sorted(bands, key=lambda band: (band.start, band.number)):
        near = groups and (band.start - groups[-1][0].start) / timedelta(seconds=1) < LABEL_APART * whole
        if near:
            groups[-1].append(band)
        else:
            groups.append([band])
    return [
        {
            "text": f"<b>{', '.join(str(number) for number in sorted(band.number for band in group))}</b>",
            "x": _local(min(group, key=lambda band: band.number).start, axis),
            "xanchor": "left",
            "y": 1,
            "yref": f"y{suffix} domain",
            "yanchor": "bottom",
            "showarrow": False,
        }
        for group in groups
    ]


def _tick_formats() -> list[dict[str, object]]:
    """Return labels in digits only: names of months would need a language."""
    day = 86_400_000
    return [
        {"dtickrange": [None, 59_999], "value": "%H:%M:%S\n%Y-%m-%d"},
        {"dtickrange": [60_000, day - 1], "value": "%H:%M\n%Y-%m-%d"},
        {"dtickrange": [day, 27 * day], "value": "%m-%d\n%Y"},
        {"dtickrange": [27 * day, "M11"], "value": "%Y-%m"},
        {"dtickrange": ["M12", None], "value": "%Y"},
    ]


def axis_zone(start: datetime, end: datetime, zone: tzinfo) -> tzinfo:
    """Return the zone of a time axis: UTC where the clock of the asked zone changes in between.

    An hour that comes twice cannot be drawn once.
    """
    return zone if start.astimezone(zone).utcoffset() == end.astimezone(zone).utcoffset() else UTC
