"""Incidents written into the lines of logs: the truth is what was written; real logs are used where there are any."""

from __future__ import annotations

import os
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

import parsers
from loganalyzer.analysis import analyze
from tests.detection import lines
from tests.detection.generator import make
from tests.detection.records import records_of
from tests.detection.site import VENDORS, draw
from tests.detection.twin import SIZES, Background, found_in, given, inject, judged, logs, read, report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.detection.truth import Incident, Part

HURRICANE = (datetime(1995, 8, 1, 18, 52, 1, tzinfo=UTC), datetime(1995, 8, 3, 8, 36, 13, tzinfo=UTC))
"""When NASA's server was shut down: from its last line before to the first one after, which are stamped -0400."""


def background_of(vendor: str, tmp_path: Path) -> Background:
    """Return the log of a quiet made-up site."""
    run = make(draw(5, 20, 2, vendor=vendor), incidents=False, benign=False)
    path = tmp_path / f"{vendor}.log"
    lines.write(path, records_of(run), vendor)
    background = read(path)
    assert background is not None
    assert background.vendor == vendor
    return background


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_truth_is_what_the_lines_say(vendor: str, tmp_path: Path) -> None:
    background = background_of(vendor, tmp_path)
    for kind in SIZES:
        made = inject(background, kind, "L", np.random.default_rng(1))
        if kind == "499" and vendor in ("apache", "cisco_wsa"):
            assert made is None
            continue
        assert made is not None
        changed, truth = made
        path = tmp_path / "changed.log"
        path.write_bytes(b"".join(changed))
        after = read(path)
        assert after is not None
        assert len(truth.incidents) == 4
        lost = sum(part.evidence[0].expected - part.evidence[0].observed for part in _parts(truth.incidents))
        assert len(background.lines) - len(changed) == (round(lost) if kind == "drop" else 0)
        status = {"5xx": 500, "499": 499, "404": 404}.get(kind)
        for part in _parts(truth.incidents):
            inside = [
                each.records.filter(
                    (each.records["timestamp"] >= part.start) & (each.records["timestamp"] < part.end)
                )
                for each in (background, after)
            ]
            if status is None:
                assert inside[1].height == part.evidence[0].observed
                assert inside[1].height < 0.2 * inside[0].height
            else:
                assert inside[1].height == inside[0].height == part.evidence[0].requests
                assert 0.6 * SIZES[kind]["L"] < (inside[1]["status"] == status).mean() < 1  # type: ignore[operator]


def _parts(incidents: Sequence[Incident]) -> list[Part]:
    return [part for incident in incidents for part in incident.parts]


@pytest.mark.parametrize("kind", SIZES)
def test_large_ones_are_found_and_the_quiet_twin_has_none(kind: str, tmp_path: Path) -> None:
    background = background_of("nginx", tmp_path)
    own = found_in(background.lines, background.path.name)
    assert not [alarm for alarm in own if alarm.reported]
    large, small = (judged(background, kind, size, own, seed=0) for size in ("L", "S"))
    assert large is not None
    assert small is not None
    assert large.detectable >= 2
    # An onset that falls upon a clump of the background is a few minutes early, and then it names nothing.
    assert large.false == large.detectable - large.found_detectable <= 1
    assert small.false == 0
    assert small.detectable <= large.detectable


def test_what_is_no_background_is_left_out(tmp_path: Path) -> None:
    background = background_of("nginx", tmp_path)
    (tmp_path / "short.log").write_bytes(b"".join(background.lines[:400]))
    (tmp_path / "other.txt").write_text("no log at all\n" * 2_000)
    (tmp_path / "windows.log").write_bytes(b"".join(background.lines).replace(b"\n", b"\r\n"))
    files = logs([tmp_path])
    assert len(files) == 3  # the same with other line ends is the same
    assert Counter(read(file) is not None for file in files) == {True: 1, False: 2}
    assert next(report([tmp_path / "short.log"], 1)).startswith("0 of 1 files")


def test_real_logs_with_incidents_in_them(capsys: pytest.CaptureFixture[str]) -> None:
    paths = given()
    if not paths:
        pytest.skip("LOGANALYZER_REAL_LOGS and LOGANALYZER_CORPUS name no folder with real logs")
    text = list(report(paths, 1))
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(text) + "\n")
    assert "files are logs" in text[0]
    rows = [line.split(" | ") for line in text if line.startswith("| ") and line.count("|") == 7]
    of_large = [row for row in rows if row[2] == "L" and row[1] in ("5xx", "499")]
    found, known = (sum(int(row[3].split("/")[place]) for row in of_large) for place in (0, 1))
    # Few logs are long enough, and then not every one: less than half would be a defect.
    assert 2 * found >= known


def test_the_hurricane_gap() -> None:
    """G12: NASA's log of August 1995 is silent for a day and a half, and little else is told."""
    path = os.environ.get("LOGANALYZER_NASA_HTTP", "")
    if not path:
        pytest.skip("LOGANALYZER_NASA_HTTP names no file of NASA-HTTP's August 1995 (ita.ee.lbl.gov)")
    analysis = analyze(parsers.scan([path]))
    start, end = HURRICANE
    minute = timedelta(minutes=1)
    silent = [finding for finding in analysis.findings if finding.kind == "log-silence"]
    assert [one for one in silent if abs(one.start - start) <= minute and abs(one.end - end) <= minute]
    assert analysis.period is not None
    days = (analysis.period[1] - analysis.period[0]) / timedelta(days=1)
    others = [finding for finding in analysis.findings if finding.end <= start or finding.start >= end]
    assert len(others) / days <= 0.3, "\n".join(f"{one.kind} {one.start} {one.end}" for one in others)


def test_a_gap_like_the_hurricane_is_silence(tmp_path: Path) -> None:
    """The same on a made-up log, which everybody has."""
    run = make(draw(5, 20, 9, vendor="apache"), incidents=False, benign=False)
    path = tmp_path / "access.log"
    start = run.truth.start + timedelta(days=4, hours=14, minutes=52)
    end = start + (HURRICANE[1] - HURRICANE[0])
    records = records_of(run)
    at = records["start"]
    lines.write(path, records.filter((at < start.timestamp()) | (at >= end.timestamp())), "apache")
    findings = analyze(parsers.scan([str(path)])).findings
    silent = [finding for finding in findings if finding.kind == "log-silence"]
    minute = timedelta(minutes=1)
    assert [(abs(one.start - start) <= minute, abs(one.end - end) <= minute) for one in silent] == [
        (True, True)
    ]
    assert [finding.kind for finding in findings if finding.severity != "notice"] == ["log-silence"]
