"""A scan from many addresses is told once, by its numbers; broken and old links, one scanner, a proxy are none."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

import parsers
from loganalyzer.analysis import analyze
from reports import FORMATS, render
from reports.words import Words, plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from loganalyzer.analysis import Analysis, Finding

BEGIN = datetime(2026, 3, 10, 9, tzinfo=UTC)
Line = tuple[float, str, str, int, str]
"""Seconds after `BEGIN`, client, path, status, referrer."""

HOURS = 8
CALM: list[Line] = [
    (
        second,
        f"192.0.2.{second // 2 % 60 + 1}",
        f"/p/{'abcdefg'[second % 7]}",
        404 if second % 200 == 0 else 200,
        "-",
    )
    for second in range(0, HOURS * 3_600, 4)
]
"""A quiet site of 15 requests a minute and 60 clients, who ask in vain for a page of theirs now and then."""
BUSY: list[Line] = [(line[0] + n, *line[1:]) for line in CALM for n in range(4)]
"""The same with four times the requests."""

WORDS = [f"/{word}{end}" for word in ("wp", "shell", "backup", "admin", "config", "old") for end in (
    "", ".php", ".zip", ".bak", ".sql", "-1x.php", "/x.php", ".env")]  # fmt: skip
"""48 guesses."""
AT = 4 * 3_600
SITE = "https://www.example.com/index.html"


def address(number: int) -> str:
    """Return one of 250 addresses of 250 networks."""
    return f"198.18.{number % 250}.7"


def scan(
    clients: int = 100,
    each: int = 4,
    seconds: int = 900,
    at: int = AT,
    words: list[str] = WORDS,
    link: str = "-",
) -> list[Line]:
    """Return the requests of many clients for a few guesses each, no client the same twice."""
    random = np.random.default_rng(7)
    return [
        (at + float(random.uniform(0, seconds)), address(client), words[word], 404, link)
        for client in range(clients)
        for word in random.permutation(len(words))[:each].tolist()
    ]


def analysis(folder: Path, lines: Iterable[Line], calm: list[Line] = CALM) -> Analysis:
    log = folder / "access.log"
    log.write_text("".join(_written(sorted([*calm, *lines]))))
    return analyze(parsers.scan([str(log)], vendor="nginx"))


def _written(lines: Iterable[Line]) -> list[str]:
    return [
        f"{client} - - [{BEGIN + timedelta(seconds=int(second)):%d/%b/%Y:%H:%M:%S} +0000] "
        f'"GET {path} HTTP/1.1" {status} 9 "{referrer}" "a"\n'
        for second, client, path, status, referrer in lines
    ]


def kinds(made: Analysis) -> list[str]:
    return [finding.kind for finding in made.findings if finding.kind != "traffic-surge"]


def only(made: Analysis, kind: str) -> Finding:
    (finding,) = [finding for finding in made.findings if finding.kind == kind]
    return finding


def test_many_addresses_with_a_few_guesses_each_are_one_scan(tmp_path: Path) -> None:
    guesses = scan()
    made = analysis(tmp_path, guesses)
    assert kinds(made) == ["not-found-scan"]
    found = only(made, "not-found-scan")
    assert found.client is None
    facts = dict(found.facts)
    assert (facts["asked"], facts["missing"], facts["clients"], facts["networks"]) == (400, 400, 100, 100)
    assert (facts["paths"], facts["shared"], facts["never"]) == (48, 47, 1.0)  # two clients drew one of them
    assert 0.6 < facts["share"] < 0.7  # of the requests of a quarter of an hour: it is no weather here
    assert found.severity == "minor"
    assert found.start == BEGIN + timedelta(seconds=AT)
    assert found.end == BEGIN + timedelta(seconds=AT + 900)
    assert found.statuses == ((404, 400),)
    assert len(found.evidence) == 20
    assert all('" 404 9 "-"' in line.text and line.text.startswith("198.18.") for line in found.evidence)
    assert [incident.lead for incident in made.incidents] == [found.id]


def test_a_scan_that_is_a_small_part_of_the_traffic_is_a_notice(tmp_path: Path) -> None:
    busy = [(second / 8, *rest) for second, *rest in CALM for _ in range(2)]
    made = analysis(tmp_path, scan(clients=60, each=2, at=1_800), [(*line,) for line in busy])  # type: ignore[misc]
    found = only(made, "not-found-scan")
    assert found.severity == "notice"
    assert made.incidents == ()


def test_it_is_told_in_two_languages_and_in_every_output(tmp_path: Path) -> None:
    made = analysis(tmp_path, scan())
    found = only(made, "not-found-scan")
    told = plain(Words().sentence(found))
    assert (
        "100 clients of 100 networks, none of them a scanner by itself, asked for 48 different paths" in told
    )
    assert "(400 of their 400 requests; 100 % of these paths never answered anybody)" in told
    assert "클라이언트 100개(네트워크 100개)가 각자는 조금씩" in plain(Words("ko").sentence(found))
    assert "100 clients, 400 missing paths" in plain(Words().brief(found))
    for form in FORMATS:
        assert "100 clients of 100 networks" in render(made, form)
    (told_as,) = [one for one in json.loads(render(made, "json"))["findings"] if one["kind"] == found.kind]
    assert told_as["client"] is None
    assert told_as["facts"] == dict(found.facts)


def test_a_broken_asset_beside_a_scan_stays_a_surge_that_names_it(tmp_path: Path) -> None:
    page = [(AT + 3 * n, f"192.0.2.{n % 60 + 1}", "/static/app-9x.js", 404, SITE) for n in range(300)]
    made = analysis(tmp_path, [*scan(), *page])
    scanned, surge = only(made, "not-found-scan"), only(made, "not-found-surge")
    assert dict(scanned.facts)["missing"] == 400
    assert 300 <= surge.observed <= 310  # the calm's own are among them
    assert [(cause.dimension, cause.value) for cause in surge.causes] == [("path", "/static/app-9x.js")]
    assert surge.severity == "critical"  # as without the scan
    alone = only(analysis(tmp_path, page), "not-found-surge")
    assert (surge.severity, surge.observed, surge.start, surge.end) == (
        *(alone.severity, alone.observed, alone.start, alone.end),
    )
    assert any("app-9x" in line.text for line in surge.evidence)
    assert not any("198.18." in line.text for line in surge.evidence)


def test_a_path_that_everybody_asks_for_is_no_guess(tmp_path: Path) -> None:
    """Even where no referrer tells that it is linked, and its readers asked for nothing else."""
    page = [(AT + 3 * n, f"203.0.{n % 200}.9", "/static/app-9x.js", 404, "-") for n in range(300)]
    made = analysis(tmp_path, [*scan(), *page], BUSY)
    assert kinds(made) == ["not-found-scan", "not-found-surge"]
    assert dict(only(made, "not-found-scan").facts)["missing"] == 400
    assert [cause.value for cause in only(made, "not-found-surge").causes] == ["/static/app-9x.js"]


def test_the_broken_asset_alone_is_no_scan(tmp_path: Path) -> None:
    for link in (SITE, "-"):
        page = [(AT + 3 * n, address(n), f"/static/app-{n % 2}x.js", 404, link) for n in range(300)]
        made = analysis(tmp_path, page, BUSY)
        assert kinds(made) == ["not-found-surge"]
        surge = only(made, "not-found-surge")
        assert {cause.value for cause in surge.causes} == {f"/static/app-{n}x.js" for n in range(2)}


@pytest.mark.parametrize("answered", [True, False])
def test_readers_of_a_section_that_was_removed_are_none(tmp_path: Path, *, answered: bool) -> None:
    """Where it was answered before, that tells; else the pages that link to it do."""
    pages = [f"/blog/{word.strip('/').replace('/', '-')}" for word in WORDS]
    before = [(n * 60, address(n), page, 200, "-") for n, page in enumerate(pages)]
    readers = scan(words=pages, link="-" if answered else "https://search.example.org/?q=blog")
    assert kinds(analysis(tmp_path, [*(before if answered else ()), *readers])) == ["not-found-surge"]


def test_readers_who_are_shown_something_are_none(tmp_path: Path) -> None:
    """Without referrers it is the style sheet of the page that says "not found" that tells a reader."""
    style = [(AT + 2 + 8 * n, address(n), "/site.css", 200, "-") for n in range(100)]
    assert kinds(analysis(tmp_path, [*scan(), *style[:40]])) == ["not-found-scan"]
    assert kinds(analysis(tmp_path, [*scan(), *style[:60]])) == ["not-found-surge"]


def test_who_is_mostly_led_on_or_misses_what_was_there_is_none(tmp_path: Path) -> None:
    led = [(second + n, client, "/moved", 301, "-") for second, client, *_ in scan() for n in range(2)]
    assert kinds(analysis(tmp_path, [*scan(), *led])) == ["not-found-surge"]
    pages = [f"/blog/{word.strip('/').replace('/', '-')}" for word in WORDS]
    before = [(n * 60, address(n), page, 200, "-") for n, page in enumerate(pages)]
    assert kinds(analysis(tmp_path, [*before, *scan(), *scan(words=pages)])) == ["not-found-surge"]


def test_a_page_with_missing_pictures_is_none(tmp_path: Path) -> None:
    pictures = [f"/img/{'abcdefghijklmnopqrstuvwxyz'[n]}x.png" for n in range(24)]
    for link in (SITE, "-"):
        page = [(AT + 9 * n, address(n), "/page", 200, "-") for n in range(100)]
        missing = [
            (AT + 9 * n + 1, address(n), picture, 404, link)
            for n in range(100)
            for picture in pictures[n % 6 :][:19]
        ]
        assert "not-found-scan" not in kinds(analysis(tmp_path, [*page, *missing]))


def test_one_scanner_is_told_by_its_own_rule_alone(tmp_path: Path) -> None:
    one = [(AT + 2 * n, "203.0.113.9", word, 404, "-") for n, word in enumerate(WORDS)]
    three = [
        (second, f"203.0.{n}.9", path, 404, "-") for n in range(113, 116) for second, _, path, _, _ in one
    ]
    ten = scan(clients=20, each=21, seconds=240)
    for lines, clients in ((one, 1), (three, 3), (ten, 20)):
        made = analysis(tmp_path, lines)
        scans = [finding for finding in made.findings if finding.kind == "not-found-scan"]
        assert len({finding.client for finding in scans} - {None}) == len(scans) == clients


def test_too_few_paths_or_clients_are_none(tmp_path: Path) -> None:
    few_paths = scan(words=WORDS[:19])
    few_askers = [(AT + 5 * n, address(n), f"{word}{n % 2}x", 404, "-") for n, word in enumerate(WORDS * 2)]
    one_network = [
        (second, f"198.51.100.{int(client.split('.')[2])}", *rest) for second, client, *rest in scan()
    ]
    again = [line for line in scan(each=2) for _ in range(3)]  # a program that asks until it gets something
    same = scan(clients=30, each=15, words=WORDS[:20])  # a program that asks for most of a list
    for lines in (few_paths, few_askers, one_network, again, same):
        assert "not-found-scan" not in kinds(analysis(tmp_path, lines))  # type: ignore[arg-type]


@pytest.mark.parametrize(("clients", "told"), [(36, []), (180, ["not-found-scan"])])
def test_the_weather_is_none(tmp_path: Path, clients: int, told: list[str]) -> None:
    """Others try the same paths all day: a bad hour of that is no scan, and one that stands out from it is."""
    weather = scan(clients=480, each=4, seconds=HOURS * 3_600, at=0)
    made = analysis(tmp_path, [*weather, *scan(clients=clients, seconds=900)])
    assert kinds(made) == told


def test_who_looked_at_one_page_first_belongs_to_a_scan(tmp_path: Path) -> None:
    others = [(AT + 20 * n, address(60 + n), WORDS[n % 30], 404, "-") for n in range(40)]
    looked = [(second - 1, client, "/p/a", 200, "-") for second, client, *_ in others]
    made = analysis(tmp_path, [*scan(clients=60), *others, *looked])
    assert kinds(made) == ["not-found-scan"]
    assert dict(only(made, "not-found-scan").facts)["clients"] == 100


def test_behind_one_address_nobody_can_tell(tmp_path: Path) -> None:
    def hidden(lines: list[Line], proxies: int) -> list[Line]:
        return [(second, address(n % proxies), *rest) for n, (second, _, *rest) in enumerate(lines)]  # type: ignore[misc]

    for proxies in (1, 4):
        made = analysis(tmp_path, hidden(scan(clients=200), proxies), hidden(CALM, proxies))
        assert not [one for one in made.findings if one.kind == "not-found-scan" and one.client is None]


def test_a_scan_that_is_no_surge_is_found_as_well(tmp_path: Path) -> None:
    """In two minutes it is one of the blips, which are listed and no more."""
    made = analysis(tmp_path, scan(seconds=90))
    assert kinds(made) == ["not-found-scan"]


def test_a_scan_that_goes_on_says_so(tmp_path: Path) -> None:
    made = analysis(tmp_path, scan(at=HOURS * 3_600 - 900))
    found = only(made, "not-found-scan")
    assert found.ongoing
    assert plain(Words().sentence(found)).endswith(
        "of all requests of that time; not over when the log ends."
    )


def test_of_a_long_scan_a_part_is_looked_at_and_all_of_it_is_taken_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loganalyzer.windows.EACH", 700)
    made = analysis(tmp_path, scan(clients=250, each=8, seconds=3_600))
    assert kinds(made) == ["not-found-scan"]
    found = only(made, "not-found-scan")
    assert found.looked is not None
    begin, end = found.looked
    assert timedelta(minutes=10) < end - begin < timedelta(minutes=20)
    assert found.end - found.start >= timedelta(minutes=58)
    assert found.observed == dict(found.facts)["missing"] < 700
    assert "(as told by 1" in plain(Words().sentence(found))


def test_order_and_files_change_nothing(tmp_path: Path) -> None:
    page = [(AT + 3 * n, f"192.0.2.{n % 60 + 1}", "/static/app-9x.js", 404, SITE) for n in range(300)]
    lines = _written(sorted([*CALM, *scan(), *page]))
    order = np.random.default_rng(3).permutation(len(lines))
    told = []
    for name, written in (("plain", lines), ("shuffled", [lines[place] for place in order])):
        (tmp_path / f"{name}.log").write_text("".join(written))
        told.append(analyze(parsers.scan([str(tmp_path / f"{name}.log")], vendor="nginx")))
    pieces = [tmp_path / f"piece-{number}.log" for number in range(5)]
    for number, piece in enumerate(pieces):
        piece.write_text("".join(lines[number * len(lines) // 5 : (number + 1) * len(lines) // 5]))
    told.append(analyze(parsers.scan([str(piece) for piece in pieces], vendor="nginx")))
    first, *others = [
        [
            (
                one.kind,
                one.start,
                one.end,
                one.severity,
                one.observed,
                one.facts,
                one.score,
                one.causes,
                one.reach,
            )
            for one in each.findings
        ]
        for each in told
    ]
    assert {kind for kind, *_ in first} >= {"not-found-scan", "not-found-surge"}
    assert all(other == first for other in others)
