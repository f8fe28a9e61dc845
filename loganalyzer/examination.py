"""Findings of the Tables and a scan → the same findings with lines, causes and verdicts, and what clients did.

Whoever has a question about a window asks it here, so that all of them are answered by one look at what was read.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count as numbers
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from loganalyzer import diagnosis
from loganalyzer.detectors import RULES, auth_loop, detect
from loganalyzer.detectors.bursts import BLIPS
from loganalyzer.detectors.many_clients import found as scan_of
from loganalyzer.detectors.many_clients import suspects, without
from loganalyzer.detectors.not_found_surge import QUESTION
from loganalyzer.detectors.one_client import convicted, suspicions
from loganalyzer.detectors.single_client import told_once
from loganalyzer.evidence import evidence_of, glance_of
from loganalyzer.findings import in_order
from loganalyzer.second_look import BEGAN, look
from loganalyzer.windows import logs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from loganalyzer.detectors.many_clients import Scan as Found
    from loganalyzer.diagnosis.case import Carried
    from loganalyzer.findings import Finding
    from loganalyzer.notes import Note
    from loganalyzer.second_look import Glance
    from loganalyzer.tables import Tables
    from loganalyzer.windows import Log
    from parsers import Scan

SURGE: Final = QUESTION.kind


def examined(
    findings: tuple[Finding, ...], tables: Tables, scan: Scan, columns: Carried
) -> tuple[tuple[Finding, ...], list[Note]]:
    """Return the findings with lines and causes, and what single clients did, by one look at what was read.

    Findings keep their numbers either way: they are those of the tables.
    """
    logs = logs_of(findings, tables)
    asked = {number for log in logs for number in log.findings}
    glances = {
        number: glance
        for number, finding in enumerate(findings)
        if number not in asked and (glance := glance_of(finding))
    }
    parts = {number: span for log in logs for number, span in log.parts.items()}
    asked_why = diagnosis.asked(findings, parts)
    suspected = suspicions(tables, RULES)
    many = suspects(findings, {findings[number].id: span for number, span in parts.items()}, tables)
    wanted: list[Glance[Any]] = [
        *(glance for log in logs for glance in log.glances),
        *glances.values(),
        *asked_why.values(),
        *(one.glance for one in suspected),
        *(one.glance for one in many),
    ]
    notes = look(wanted, tables, scan)
    verdicts = diagnosis.of_findings(findings, asked_why, tables, columns)
    scans = [made for one in many if (made := scan_of(one))]
    lines = {number: glance.parts for number, glance in glances.items()}
    now = dict(enumerate(findings))
    if scans:
        again = detect(without(scans, tables), zone=scan.shown_in)
        fresh = numbers(len(findings))  # what is left of a finding is another, of which nothing else is known
        now = _with_blips(_with_surges(now, logs, scans, again, fresh), lines, scans, again, fresh)
    told = {number: finding for log in logs for number, finding in log.told().items()}
    looked = [
        replace(
            told[number] if number in told else replace(finding, evidence=evidence_of(lines.get(number, ()))),
            evidence_total=sum(count for _, count in finding.statuses),
            diagnosis=verdicts.get(number, ()),
        )
        for number, finding in now.items()
    ]
    looked += [found for one in suspected if (found := convicted(one, tables))]
    looked += [one.finding for one in scans]
    return tuple(sorted(told_once(auth_loop.among_many(looked)), key=in_order)), notes


def _with_surges(
    findings: dict[int, Finding],
    logs: Iterable[Log],
    scans: Sequence[Found],
    again: Iterable[Finding],
    fresh: Iterator[int],
) -> dict[int, Finding]:
    """Return the findings by number, with what is left of surges of missing paths in which there were scans.

    Parameters
    ----------
    again: what is found without the scans.
    fresh: numbers that no finding has.
    """
    now, rest = dict(findings), [one for one in again if one.kind == SURGE]
    for log in logs:
        for number, surge in list(log.findings.items()):
            theirs = [one for one in scans if surge.kind == SURGE and _meet(one.finding, surge)]
            if not theirs:
                continue
            # The later of two surges that what is left of one reaches into has it no more.
            left = [one for one in rest if _meet(one, surge)]
            rest = [one for one in rest if not _meet(one, surge)]
            new = [(next(fresh), one) for one in left]
            del now[number]
            now |= dict(new)
            log.put(number, new, theirs)
    return now


def _with_blips(
    findings: dict[int, Finding],
    lines: dict[int, list[pl.DataFrame]],
    scans: Sequence[Found],
    again: Iterable[Finding],
    fresh: Iterator[int],
) -> dict[int, Finding]:
    """Return the findings by number, with the blips of logs as they are without scans, and put their `lines` there.

    A scan may have been a blip, and what is left of a surge may be one.
    """
    vendors = {one.finding.vendor for one in scans}
    old = [number for number, one in findings.items() if one.kind == BLIPS and one.vendor in vendors]
    seen = [part for number in old for part in lines.pop(number, ())]
    seen += [one.lines.select("source", "line", "text", BEGAN) for one in scans]
    now = {number: one for number, one in findings.items() if number not in old}
    for one in again:
        if one.kind == BLIPS and one.vendor in vendors:
            number = next(fresh)
            within = pl.any_horizontal(
                pl.col(BEGAN).is_between(*stretch, closed="left") for stretch in one.stretches
            )
            lines[number] = [pl.concat(seen).filter(within).unique(["source", "line"])]
            now[number] = one
    return now


def _meet(one: Finding, other: Finding) -> bool:
    """Tell whether two findings of one log share some of their time."""
    mine = (one.vendor, one.server) == (other.vendor, other.server)
    return mine and one.start < other.end and other.start < one.end
