"""One client that loops, scans or does not back off is named; its honest twin is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import parsers
from loganalyzer.analysis import analyze
from reports.words import Words, plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from loganalyzer.analysis import Finding

BEGIN = datetime(2026, 3, 10, 9, tzinfo=UTC)
Line = tuple[float, str, str, int]
"""Seconds after `BEGIN`, client, path, status."""

CALM: list[Line] = [
    (second, f"192.0.2.{second % 40 + 1}", f"/p/{second % 7}", 200) for second in range(0, 7_200, 6)
]


def found(tmp_path: Path, lines: Iterable[Line], *kinds: str) -> list[Finding]:
    log = tmp_path / "access.log"
    log.write_text(
        "".join(
            f"{client} - - [{BEGIN + timedelta(seconds=int(second)):%d/%b/%Y:%H:%M:%S} +0000] "
            f'"GET {path} HTTP/1.1" {status} 9 "-" "a"\n'
            for second, client, path, status in sorted([*CALM, *lines])
        )
    )
    made = analyze(parsers.scan([str(log)], vendor="nginx"))
    return [finding for finding in made.findings if finding.kind in kinds]


def test_a_program_with_an_old_password_is_a_loop(tmp_path: Path) -> None:
    tries = [(3_000 + 4 * n, "198.51.100.7", "/api", 401) for n in range(200)]
    (loop,) = found(tmp_path, tries, "auth-loop")
    assert loop.client == "198.51.100.7"
    assert dict(loop.facts)["gap_s"] == 4
    assert loop.observed == 200
    assert loop.statuses[0][0] == 401
    assert loop.evidence[0].text.startswith("198.51.100.7 ")
    assert loop.start <= BEGIN + timedelta(seconds=3_000) < loop.end
    told = plain(Words().sentence(loop))
    assert "client 198.51.100.7 was refused 200 times and never let in" in told
    assert "mostly 4 s or less apart" in told
    assert loop.severity == "minor"
    some = found(tmp_path, tries[:60], "auth-loop")
    assert [(one.severity, one.observed) for one in some] == [("notice", 60)]


def test_what_a_rule_tells_of_one_client_is_told_once(tmp_path: Path) -> None:
    tries = [(3_000 + 4 * n, "198.51.100.7", "/api", 401) for n in range(60)]
    (loop,) = found(tmp_path, tries, "auth-loop", "auth-failure-surge")
    assert loop.kind == "auth-loop"
    assert loop.flagged is not None
    assert loop.start < loop.flagged <= loop.end
    assert {verdict.question for verdict in loop.diagnosis} == {"login"}
    # Too slow for a loop: what is left to tell is the surge.
    slow = [(3_000 + 20 * n, "198.51.100.7", "/api", 401) for n in range(60)]
    (surge,) = found(tmp_path, slow, "auth-loop", "auth-failure-surge")
    assert (surge.kind, surge.severity, surge.single_client) == (
        "auth-failure-surge",
        "notice",
        "198.51.100.7",
    )
    guesses = [(3_000 + n, "203.0.113.9", f"/admin-{chr(97 + n % 26)}{n}.php", 404) for n in range(120)]
    kinds = ("not-found-scan", "not-found-surge")
    assert [one.kind for one in found(tmp_path, guesses, *kinds)] == ["not-found-scan"]


def test_who_gets_in_between_is_none(tmp_path: Path) -> None:
    handshakes = [
        (3_000 + 12 * n + step, "198.51.100.7", "/api", status)
        for n in range(100)
        for step, status in enumerate((401, 401, 200))
    ]
    assert found(tmp_path, handshakes, "auth-loop", "auth-failure-surge") == []
    slow = [(60 * n, "198.51.100.7", "/api", 401) for n in range(100)]
    assert found(tmp_path, slow, "auth-loop") == []


def test_who_tries_again_where_the_login_is_broken_is_one_of_many(tmp_path: Path) -> None:
    refused = [(2_400 + n / 2, f"192.0.2.{n % 40 + 1}", "/login", 401) for n in range(3_600)]
    impatient: list[Line] = [(3_000 + 5 * n, "198.51.100.7", "/login", 401) for n in range(120)]
    storm, loop = found(tmp_path, [*refused, *impatient], "auth-failure-surge", "auth-loop")
    assert (storm.kind, storm.severity) == ("auth-failure-surge", "critical")
    assert [cause.dimension for cause in storm.causes] == ["path"]
    assert (loop.kind, loop.severity, loop.client) == ("auth-loop", "notice", "198.51.100.7")
    guessing: list[Line] = [(2_400 + n / 2, "198.51.100.7", "/login", 401) for n in range(3_600)]
    (loop,) = found(tmp_path, [*refused, *guessing], "auth-loop")
    assert (loop.severity, loop.client) == ("minor", "198.51.100.7")


def test_guesses_of_paths_are_a_scan_and_no_more_than_a_notice(tmp_path: Path) -> None:
    guesses = [(2_000 + n // 2, "203.0.113.9", f"/admin-{chr(97 + n % 26)}{n}.php", 404) for n in range(120)]
    (scan,) = found(tmp_path, guesses, "not-found-scan")
    assert (scan.client, scan.severity) == (
        "203.0.113.9",
        "minor",
    )  # half of the requests of these minutes
    slower = [(2 * at - 2_000, who, path, status) for at, who, path, status in guesses[:60]]
    some = found(tmp_path, slower, "not-found-scan")
    assert [one.severity for one in some] == ["notice"]  # a third, but of a quiet hour
    facts = dict(scan.facts)
    assert (facts["paths"], facts["missing"], facts["never"]) == (120, 120, 1.0)
    few = [(n * 30, client, path, status) for n, (_, client, path, status) in enumerate(guesses[:24])]
    assert [one.severity for one in found(tmp_path, few, "not-found-scan")] == ["notice"]


def test_who_reads_pages_with_missing_images_or_old_links_is_none(tmp_path: Path) -> None:
    images = [
        (2_000 + n, "203.0.113.9", "/img/logo.png" if n % 2 else f"/page/{n}", 404 if n % 2 else 200)
        for n in range(120)
    ]
    assert found(tmp_path, images, "not-found-scan") == []
    # What everybody else gets, and one client does not, was there: it is that client's trouble.
    there = [(n, f"192.0.2.{n % 9 + 50}", f"/catalogue-{chr(97 + n % 26)}{n // 26}", 200) for n in range(60)]
    gone = [(3_000 + n, "203.0.113.9", f"/catalogue-{chr(97 + n % 26)}{n // 26}", 404) for n in range(60)]
    assert found(tmp_path, [*there, *gone], "not-found-scan") == []


def test_who_does_not_back_off_is_a_storm_and_who_waits_is_not(tmp_path: Path) -> None:
    storm = [(2_500 + n // 3, "198.51.100.20", "/feed", 429) for n in range(300)]
    (made,) = found(tmp_path, storm, "retry-storm")
    assert made.client == "198.51.100.20"
    assert dict(made.facts)["at_once"] > 0.9
    assert "does not back off" in plain(Words().sentence(made))
    assert "1초 안에 재시도" in plain(Words("ko").sentence(made))
    patient = [(2_500 + 5 * n, "198.51.100.20", "/feed", 429) for n in range(100)]
    assert found(tmp_path, patient, "retry-storm") == []
    second_try = [
        (2_500 + 3 * n, "198.51.100.20", f"/{n}", status) for n in range(80) for status in (429, 200)
    ]
    assert found(tmp_path, second_try, "retry-storm")


def test_who_asks_for_much_and_is_seldom_refused_is_no_storm(tmp_path: Path) -> None:
    crawler = [
        (2_500 + n // 40, "198.51.100.20", f"/{n % 7}", 429 if n % 61 == 0 else 200) for n in range(8_000)
    ]
    assert found(tmp_path, crawler, "retry-storm") == []
    stopped = [(at, client, path, 429 if at >= 2_650 else 200) for at, client, path, _ in crawler]
    (made,) = found(tmp_path, stopped, "retry-storm")
    assert dict(made.facts)["by_chance"] > 0.9
