"""Logs that no statistics are made for, from their lines through `analyze`: no exception, and no false certainty."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo

import pytest

import parsers
from loganalyzer.analysis import analyze
from loganalyzer.baseline import NO_HISTORY, PHI_UNKNOWN
from reports.words import Words, plain
from tests.benchmarks.make_formats import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from loganalyzer.analysis import Analysis
    from loganalyzer.findings import Finding

START: Final = datetime(2026, 3, 10, 6, tzinfo=UTC)
"""A Tuesday."""
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CLIENTS: Final = tuple(f"192.0.2.{number}" for number in range(1, 200))
ABSOLUTE: Final = {
    500: "server-error-burst",
    499: "client-closed-spike",
    429: "rate-limit-storm",
    401: "auth-failure-surge",
    403: "forbidden-surge",
    404: "not-found-surge",
    400: "bad-request-surge",
}
"""What an absolute rule may say where nothing but one status was ever answered."""
TRAFFIC: Final = {"traffic-drop", "log-silence", "quiet-day"}
MEGABYTES: Final = 1_200


def combined(moment: datetime, status: int, client: str, number: int) -> str:
    return (
        f'{client} - - [{moment:%d/%b/%Y:%H:%M:%S %z}] "GET /p/{number % 7} HTTP/1.1" {status} 512 '
        '"-" "Mozilla/5.0"'
    )


def cloudflare(moment: datetime, status: int, client: str, number: int) -> str:
    return json.dumps(
        {
            "EdgeStartTimestamp": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "ClientIP": client,
            "ClientRequestHost": "www.example.com",
            "ClientRequestMethod": "GET",
            "ClientRequestURI": f"/p/{number % 7}",
            "EdgeResponseStatus": status,
            "EdgeResponseBytes": 512,
            "OriginResponseStatus": status,
        }
    )


def cisco_wsa(moment: datetime, status: int, client: str, number: int) -> str:
    decision = "DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE"
    return (
        f"{moment.timestamp():.3f} 50 {client} TCP_MISS/{status} 512 GET http://www.example.com/p/{number % 7} - "
        f"DIRECT/www.example.com text/html {decision} <{VERDICTS}> - -"
    )


WRITERS: Final[dict[str, Callable[[datetime, int, str, int], str]]] = {
    "nginx": combined,
    "apache": combined,
    "cloudflare": cloudflare,
    "cisco_wsa": cisco_wsa,
}
every_vendor = pytest.mark.parametrize("vendor", WRITERS)


def analysed(
    lines: Iterable[str], folder: Path, vendor: str | None, log_format: str | None = None
) -> Analysis:
    """Return what is said of some lines."""
    path = folder / "access.log"
    path.write_text("".join(f"{line}\n" for line in lines))
    return analyze(parsers.scan([str(path)], vendor=vendor, log_format=log_format))


def arrivals(minutes: int, rate: int = 20, start: datetime = START) -> list[datetime]:
    """Return when about so many requests a minute come."""
    chance = random.Random(1)
    return [
        start + minute * MINUTE + timedelta(seconds=second)
        for minute in range(minutes)
        for second in sorted(chance.random() * 60 for _ in range(round(chance.gauss(rate, rate**0.5))))
    ]


def fails_seldom(_: datetime, chance: random.Random) -> int:
    return 500 if chance.random() < 0.003 else 200


def as_it_is(moment: datetime) -> datetime:
    return moment


def written(
    vendor: str,
    moments: Iterable[datetime],
    status: Callable[[datetime, random.Random], int] = fails_seldom,
    stamp: Callable[[datetime], datetime] = as_it_is,
) -> list[str]:
    """Return the lines of a site, in the order in which they were written."""
    chance = random.Random(2)
    return [
        WRITERS[vendor](stamp(moment), status(moment, chance), chance.choice(CLIENTS), number)
        for number, moment in enumerate(moments)
    ]


def kinds(found: Analysis) -> set[str]:
    return {finding.kind for finding in found.findings}


def notes(found: Analysis) -> set[str]:
    return {note.kind for note in found.notes}


def said(finding: Finding, lang: Literal["en", "ko"] = "en") -> str:
    return plain(Words(lang).sentence(finding))


@every_vendor
@pytest.mark.parametrize("status", [200, 304, *ABSOLUTE, 502, 504])
def test_one_line_says_nothing(vendor: str, status: int, tmp_path: Path) -> None:
    found = analysed([WRITERS[vendor](START, status, CLIENTS[0], 0)], tmp_path, vendor)
    assert found.findings == ()
    assert found.incidents == ()


@every_vendor
@pytest.mark.parametrize("status", ABSOLUTE)
def test_one_minute_has_nothing_to_compare_with(vendor: str, status: int, tmp_path: Path) -> None:
    def minute(answers: Sequence[int]) -> Analysis:
        moments = [START + timedelta(seconds=number // 10) for number in range(600)]
        lines = [
            WRITERS[vendor](moment, answers[number % len(answers)], CLIENTS[number % 199], number)
            for number, moment in enumerate(moments)
        ]
        return analysed(lines, tmp_path, vendor)

    assert minute([200]).findings == ()
    assert minute([200] * 199 + [status]).findings == ()  # three of 600: below twenty events nobody can tell
    carried = {ABSOLUTE[status]} if status != 499 or vendor in ("nginx", "cloudflare") else set()
    high = minute([status])
    assert kinds(high) == carried
    for finding in high.findings:
        assert finding.shape == "throughout"
        assert finding.model.history == NO_HISTORY
        assert finding.model.limit is not None
        assert finding.score == 0  # no chance was computed
        assert finding.severity in ("minor", "major", "critical")
        assert "throughout" in said(finding)
        assert "chance" not in said(finding)


@every_vendor
def test_all_errors_are_high_throughout_and_compared_with_nothing(vendor: str, tmp_path: Path) -> None:
    found = analysed(written(vendor, arrivals(360), lambda *_: 500), tmp_path, vendor)
    (finding,) = found.findings
    assert (finding.kind, finding.shape, finding.severity) == ("server-error-burst", "throughout", "critical")
    assert finding.observed == finding.requests == found.totals.records
    assert finding.model.history == NO_HISTORY
    assert "high throughout" in said(finding)
    assert "nothing in this log to compare it with" in said(finding)
    assert said(finding, "ko") != said(finding)


@every_vendor
def test_no_success_is_no_traffic_drop(vendor: str, tmp_path: Path) -> None:
    found = analysed(
        written(vendor, arrivals(360), lambda _, chance: chance.choice((403, 404, 500))), tmp_path, vendor
    )
    assert kinds(found) <= {"server-error-burst", "forbidden-surge", "not-found-surge"}
    assert "server-error-burst" in kinds(found)
    assert {finding.shape for finding in found.findings} == {"throughout"}
    assert {finding.model.history for finding in found.findings} == {NO_HISTORY}


@every_vendor
@pytest.mark.parametrize("back", [1, 24])
@pytest.mark.parametrize("mended", [3, None])
def test_a_clock_that_is_set_back_makes_no_outage(
    vendor: str, back: int, mended: int | None, tmp_path: Path
) -> None:
    middle = START + 36 * HOUR
    end = middle + mended * HOUR if mended else START + 1_000 * HOUR

    def stamp(moment: datetime) -> datetime:
        return moment - back * HOUR if middle <= moment < end else moment

    found = analysed(written(vendor, arrivals(72 * 60, 10), stamp=stamp), tmp_path, vendor)
    assert not kinds(found) & TRAFFIC
    assert {finding.severity for finding in found.findings} <= {"notice"}
    (note,) = [note for note in found.notes if note.kind == "clock-back"]
    assert note.facts["times"] == 1
    assert str(note.facts["before"]).startswith(f"{middle - MINUTE:%Y-%m-%d %H:%M}")
    assert str(note.facts["after"]).startswith(f"{middle - back * HOUR:%Y-%m-%d %H:%M}")


@every_vendor
def test_an_outage_is_told_all_the_same(vendor: str, tmp_path: Path) -> None:
    """The other twin: a log that is silent for a while, with and without a clock that was set back at another time."""
    middle, silent, length = START + 36 * HOUR, START + 52 * HOUR, 100 * MINUTE
    left = [moment for moment in arrivals(72 * 60, 10) if not silent <= moment < silent + length]
    (gap,) = analysed(written(vendor, left), tmp_path, vendor).findings
    assert (gap.kind, gap.severity) == ("log-silence", "critical")
    back = written(vendor, left, stamp=lambda moment: moment - HOUR if moment >= middle else moment)
    found = analysed(back, tmp_path, vendor)
    (gap,) = [finding for finding in found.findings if finding.kind == "log-silence"]
    assert abs(gap.start - (silent - HOUR)) <= MINUTE
    assert "clock-back" in notes(found)


@every_vendor
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_stamps_of_1970_are_counted_and_not_drawn(vendor: str, place: str, tmp_path: Path) -> None:
    lines = written(vendor, arrivals(12 * 60))
    quiet = analysed(lines, tmp_path, vendor)
    strays = [
        WRITERS[vendor](datetime(1970, 1, 1, 0, 10, second, tzinfo=UTC), 500, CLIENTS[0], 0)
        for second in range(30)
    ]
    at = {"first": 0, "middle": len(lines) // 2, "last": len(lines)}[place]
    found = analysed([*lines[:at], *strays, *lines[at:]], tmp_path, vendor)
    assert quiet.findings == ()
    assert not [finding for finding in found.findings if finding.family != "unparsed"]
    assert {finding.severity for finding in found.findings} <= {"notice"}
    assert found.period == quiet.period
    assert found.totals.lines == quiet.totals.lines + 30
    if vendor == "cisco_wsa":  # seconds since 1970 of three digits are no time, and the line is rejected
        assert found.totals.rejected == 30
        return
    assert found.findings == ()
    assert found.totals.records == quiet.totals.records + 30
    (note,) = [note for note in found.notes if note.kind.startswith("clock")]
    assert (note.kind, note.facts["records"], note.facts["first"]) == ("clock", 30, "1970-01-01")


@pytest.mark.parametrize(("start", "note"), [("2026-03-28", "clock-skipped"), ("2026-10-24", "clock-back")])
def test_summer_time_in_local_stamps(start: str, note: str, tmp_path: Path) -> None:
    """Stamps without an offset leave an hour out in spring, and have one twice in autumn."""
    berlin = ZoneInfo("Europe/Berlin")
    begin = datetime.fromisoformat(f"{start}T00:00:00+00:00")
    moments = arrivals(48 * 60, start=begin)
    with_offset = written("apache", moments, stamp=lambda moment: moment.astimezone(berlin))
    exact = analysed(with_offset, tmp_path, "apache")
    assert exact.findings == ()
    assert not notes(exact)
    naive = [re.sub(r"(/2026):(\S+) \+0\d00\]", r"\1 \2]", line) for line in with_offset]
    local = '%h %l %u [%{%d/%b/%Y %H:%M:%S}t] "%r" %>s %b "%{Referer}i" "%{User-Agent}i"'
    found = analysed(naive, tmp_path, None, local)
    assert not kinds(found) & TRAFFIC
    assert {finding.severity for finding in found.findings} <= {"notice"}
    assert note in notes(found)


def test_an_hour_that_no_clock_leaves_out_is_silence(tmp_path: Path) -> None:
    moments = arrivals(48 * 60, start=datetime(2026, 3, 28, tzinfo=UTC))
    for day, hour in ((28, 2), (29, 14)):
        gap = datetime(2026, 3, day, hour, tzinfo=UTC)
        left = [moment for moment in moments if not gap <= moment < gap + HOUR]
        found = analysed(written("apache", left), tmp_path, "apache")
        assert kinds(found) == {"log-silence"}
        assert not notes(found)


PEAK: Final = """
import re, sys
import parsers
from loganalyzer.analysis import analyze
found = analyze(parsers.scan([sys.argv[1]], vendor="nginx"))
print(found.totals.records, sorted({f.kind for f in found.findings if f.severity != "notice"}))
print(sorted({note.kind for note in found.notes}))
print(int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024)
"""


def in_process_of_its_own(path: Path) -> tuple[str, str, int]:
    """Return records and findings, notes, and the most megabytes that were held."""
    done = subprocess.run(  # our own interpreter and script
        [sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True
    )
    findings, noted, peak = done.stdout.splitlines()
    return findings, noted, int(peak)


@pytest.mark.parametrize(("number", "apart"), [(3_650, timedelta(days=1)), (175_200, timedelta(minutes=30))])
def test_ten_years_in_one_file_are_bounded(number: int, apart: timedelta, tmp_path: Path) -> None:
    """A line a day, and two an hour: the grid has five million minutes."""
    path = tmp_path / "access.log"
    start = datetime(2014, 1, 1, tzinfo=UTC)
    with path.open("w") as stream:
        for place in range(number):
            status = 500 if place % 400 == 7 else 200
            stream.write(combined(start + place * apart, status, CLIENTS[place % 50], place) + "\n")
    findings, _, peak = in_process_of_its_own(path)
    assert findings == f"{number} []"
    assert peak < MEGABYTES


def test_a_million_clients_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    with path.open("w") as stream:
        for place in range(1_000_000):
            moment = START + timedelta(seconds=place // 50)
            status = 404 if place % 50 == 0 else 200
            stream.write(
                combined(moment, status, f"2001:db8::{place >> 16:x}:{place & 65535:x}", place) + "\n"
            )
    findings, noted, peak = in_process_of_its_own(path)
    assert findings == "1000000 []"
    assert "values-bounded" in noted  # the counts of clients are no longer exact, and that is said
    assert peak < MEGABYTES


@pytest.mark.parametrize("interval", [10, 100])
def test_a_sampled_log_is_thinner_not_surer(interval: int, tmp_path: Path) -> None:
    burst = (START + 6 * HOUR, START + 6 * HOUR + 20 * MINUTE)

    def status(moment: datetime, chance: random.Random) -> int:
        share = 0.3 if burst[0] <= moment < burst[1] else 0.003
        return 500 if chance.random() < share else 200

    def sampled(lines: Iterable[str]) -> list[str]:
        return [line.removesuffix("}") + f', "sampleInterval": {interval}}}' for line in lines]

    lines = written("cloudflare", arrivals(12 * 60, 30), status)
    (whole,) = analysed(lines, tmp_path, "cloudflare").findings
    found = analysed(sampled(lines), tmp_path, "cloudflare")
    (thin,) = found.findings
    # As many lines, each for many requests: as much is seen, expected and wide, and it is no more certain for it.
    assert thin.observed == pytest.approx(interval * whole.observed)
    assert thin.expected == pytest.approx(interval * whole.expected, rel=0.05)
    assert thin.model.phi == pytest.approx(interval * PHI_UNKNOWN)
    assert thin.score < whole.score * 1.05
    assert "estimated" in notes(found)
    # A few lines say little, however many requests they stand for.
    few = lines[::60]
    assert 1 < sum('"EdgeResponseStatus": 500' in line for line in few) < 10
    found = analysed(sampled(few), tmp_path, "cloudflare")
    assert found.findings == ()
    assert "estimated" in notes(found)
