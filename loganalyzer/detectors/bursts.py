"""Tables and a question → findings: what the detectors of too many failures share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from loganalyzer import baseline
from loganalyzer.detectors import throughout
from loganalyzer.detectors.impact import severity
from loganalyzer.detectors.search import Spell, View, look
from loganalyzer.detectors.stretch import JOIN
from loganalyzer.families import FAMILIES, NETTED, SCATTERED
from loganalyzer.findings import Finding

if TYPE_CHECKING:
    from loganalyzer.detectors.series import Seen, Series

ALIKE: Final = 3
"""Times by which one of two overlapping stretches of unlike shape may be longer, to be the same."""

BLIPS: Final = "blips"
MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Question:
    """What one detector asks.

    `families` are tested apart and merged where they overlap; `bad` are those whose sum makes the impact, of
    which `own` must be the larger part for "high throughout" to be this question's; above `limit` their share
    is high; `budget` is the share that may fail over a month, against which the impact is graded, null where no
    objective is kept of it. `of_lines` tells that events are lines, not requests, `of_logins` that they are failed
    logins.
    """

    kind: str
    families: tuple[str, ...]
    own: tuple[str, ...]
    bad: tuple[str, ...]
    limit: float
    budget: float | None
    of_lines: bool = False
    of_logins: bool = False


def answer(seen: Seen, question: Question) -> list[Finding]:
    """Return what a question finds in every vendor's and server's log, each blip as a finding of its own."""
    needed = baseline.threshold(seen.tested)
    found: list[Finding] = []
    for log in seen.series:
        series = log.of_lines() if question.of_lines else log
        names = [name for name in question.families if name in series.events]
        if not names:
            continue
        names = [name for name in names if series.events[name].any()]
        asked, lasting = dict.fromkeys(names, series), series
        if names and question.of_logins:
            asked = {name: series.of_logins(SCATTERED if name in SCATTERED else NETTED) for name in names}
            lasting = series.of_logins(part=series.left)
        looked = {name: look(series, name, needed, series.known) for name in names}
        spells = _merged(looked)
        high = throughout.look(lasting, question.own, question.bad, question.limit, spells)
        calm = throughout.contrast(lasting, question.bad, high[1], spells) if high else None
        if calm is not None:
            looked = {name: look(series, name, needed, calm) for name in names}
            spells = _merged(looked)
            high = throughout.look(lasting, question.own, question.bad, question.limit, spells)
        failing = seen.failing(series)
        if high:
            spell, spells = throughout.taken_in(lasting, question.bad, high[1], spells)
            found.append(_finding(failing, lasting, question, high[0], spell))
        found += [
            _finding(failing, asked[spell.family], question, looked[spell.family][0], spell)
            for spell in spells
        ]
    return found


def _merged(looked: dict[str, tuple[View, list[Spell]]]) -> list[Spell]:
    """Return the spells of several families, each event once, in the name of the highest score."""
    spells = [spell for _, own in looked.values() for spell in own]
    merged: list[Spell] = []
    for spell in sorted(spells, key=lambda spell: (spell.sustained, spell.score), reverse=True):
        if not any(_is_in(spell, lead, looked[spell.family][0]) for lead in merged):
            merged.append(spell)
    return sorted(merged, key=lambda spell: (spell.start, spell.end))


def _is_in(spell: Spell, lead: Spell, view: View) -> bool:
    """Tell whether most of the excess of a spell lies in that of another family, and the two are alike."""
    if spell.family == lead.family or spell.start >= lead.end or lead.start >= spell.end:
        return False
    short, long = sorted((spell.end - spell.start, lead.end - lead.start))
    if spell.shape != lead.shape and long > ALIKE * short:
        return False
    excess = view.events - view.due[spell.shape]
    both = slice(max(spell.start, lead.start), min(spell.end, lead.end))
    return 2 * float(excess[both].sum()) >= float(excess[spell.start : spell.end].sum())


def _finding(failing: pl.DataFrame, series: Series, question: Question, view: View, spell: Spell) -> Finding:
    """Return a spell as a finding, with its counts, statuses and severity."""
    inside = slice(spell.start, spell.end)
    due = view.due[spell.shape][inside]
    events, requests = view.events[inside], float(series.requests[inside].sum())
    bad, graded = question.bad, series
    if spell.family in SCATTERED:  # some were to be let in at the next try: only the excess does harm
        bad = (spell.family,)
        graded = replace(series, events={spell.family: np.maximum(view.events - view.due[spell.shape], 0.0)})
    grade = severity(graded, bad, spell.start, spell.end, question.budget)
    if not spell.sustained or (
        spell.shape == "level" and float(events.sum()) < (question.budget or question.limit) * requests
    ):
        grade = "notice"
    start, end = series.at(spell.start), series.at(spell.end - 1) + MINUTE
    return Finding(
        kind=question.kind if spell.sustained else BLIPS,
        family=view.name,
        shape=spell.shape,
        severity=grade,
        vendor=series.vendor,
        server=series.server,
        host=None,
        start=start,
        end=end,
        ongoing=spell.sustained and _is_open(series, spell.end),
        observed=float(events.sum()),
        expected=float(due.sum()),
        requests=requests,
        score=spell.score,
        model=spell.model,
        statuses=_statuses(failing, series, view.members, spell.start, spell.end),
        stretches=() if spell.sustained else ((start, end),),
        peak=series.at(spell.start + int(np.argmax(events - due))),
        flagged=series.at(spell.flagged) + MINUTE,
    )


def _is_open(series: Series, end: int) -> bool:
    """Tell whether fewer than ten whole minutes of the log follow the end of a stretch."""
    return not series.continued and int(series.known[end:].sum()) < JOIN


def _statuses(
    failing: pl.DataFrame, series: Series, families: tuple[str, ...], start: int, end: int
) -> tuple[tuple[int | None, int], ...]:
    """Return (status, records) of families in a stretch, by falling count, then status."""
    any_of = pl.any_horizontal([family.condition for family in FAMILIES if family.name in families])
    first, last = series.at(start), series.at(end - 1) + MINUTE
    begin, stop = (failing["minute"].search_sorted(moment, side="left") for moment in (first, last))
    counts = (
        failing[begin:stop]
        .filter(any_of)
        .group_by("status")
        .agg(pl.col("records").sum())
        .sort("records", "status", descending=[True, False])
    )
    return tuple(counts.iter_rows())
