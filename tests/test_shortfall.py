"""Shortfall: who stays away from a log, who is not blamed for it, and what is said of both."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest

import parsers
from loganalyzer.analysis import analyze
from loganalyzer.shortfall import Absence, Shortfall, absence
from parsers import source
from reports.words import Words, plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loganalyzer.analysis import Finding

FORMAT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" '
    "$host $upstream_addr $upstream_cache_status $geoip_country_code"
)
COUNTRIES = {"192.0.2": "DE", "198.51.100": "DE", "203.0.113": "KR", "192.0.0": "FR"}
MOSTLY_ONE, MIXED = (6, 2, 1, 1), (3, 3, 3, 1)
DAY = datetime(2026, 3, 10, 9, tzinfo=UTC)
HOURS = 6
START, END = DAY + timedelta(hours=4), DAY + timedelta(hours=4, minutes=30)
CHROME, FIREFOX = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0",
)

Asked = dict[str, str]


def log(
    stays_away: Callable[[Asked], float],
    *,
    bad: float = 0.004,
    bad_then: float | None = None,
    networks: tuple[int, ...] = MOSTLY_ONE,
) -> list[str]:
    """Return six hours of a site, from which for half an hour everybody stays away with the chance that is told."""
    chance = random.Random(11)
    lines = []
    for second in range(HOURS * 3_600):
        at = DAY + timedelta(seconds=second)
        host = chance.choices(["shop.example.com", "api.example.com", "www.example.com"], (5, 3, 2))[0]
        cached = host == "www.example.com" and chance.random() < 0.9
        asked = {
            "host": host,
            "path": f"/{host[:3]}/{chance.choices(['cart', 'list', 'search', 'help'], (4, 3, 2, 1))[0]}",
            "network": chance.choices(list(COUNTRIES), networks)[0],
            "agent": chance.choices([CHROME, FIREFOX, "curl/8.5.0"], (6, 3, 1))[0],
            "upstream": "-" if cached else f"198.51.100.{chance.choices(range(1, 5), (5, 3, 1, 1))[0]}:8080",
            "cache": "HIT" if cached else "MISS",
        }
        asked["country"] = COUNTRIES[asked["network"]]
        inside = START <= at < END
        failing = chance.random() < (bad if bad_then is None or not inside else bad_then)
        client = f"{asked['network']}.{chance.randint(1, 250)}"
        if inside and chance.random() < stays_away(asked):
            continue
        lines.append(
            f'{client} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET {asked["path"]} HTTP/1.1" {502 if failing else 200} 99 '
            f'"-" "{asked["agent"]}" {host} {asked["upstream"]} {asked["cache"]} {asked["country"]}\n'
        )
    return lines


def found(lines: list[str], folder: Path) -> Finding:
    path = folder / "access.log"
    path.write_text("".join(lines))
    findings = analyze(parsers.scan([str(path)], log_format=FORMAT)).findings
    (drop,) = [one for one in findings if one.kind == "traffic-drop"]
    return drop


def only(name: str, *values: str, rest: float = 0.0, gone: float = 1.0) -> Callable[[Asked], float]:
    return lambda asked: gone if asked[name] in values else rest


@pytest.mark.parametrize(
    ("name", "value", "networks", "told"),
    [
        ("host", "shop.example.com", MOSTLY_ONE, ("host", "shop.example.com")),
        ("network", "192.0.2", MOSTLY_ONE, ("network", "192.0.2.0/24")),
        ("country", "DE", MIXED, ("country", "DE")),
        ("agent", CHROME, MOSTLY_ONE, ("agent", "Chrome")),
    ],
)
def test_who_stays_away_is_named_with_what_is_missing(
    tmp_path: Path, name: str, value: str, networks: tuple[int, ...], told: tuple[str, str]
) -> None:
    drop = found(log(only(name, value), networks=networks), tmp_path)
    (cause,) = drop.causes
    assert (cause.dimension, cause.value) == told
    assert cause.share_of_excess > 0.85
    assert cause.requests <= 0.05 * cause.expected
    assert cause.comes_more == cause.requests - cause.expected
    assert cause.ratio_lower > 2
    assert drop.examined
    assert drop.evidence == ()
    assert dict(drop.facts)["error_change"] == 0


def test_the_sentence_tells_it_in_both_languages(tmp_path: Path) -> None:
    drop = found(log(only("host", "shop.example.com")), tmp_path)
    (cause,) = drop.causes
    came, due = (Words().number(value) for value in (cause.requests, cause.expected))
    english, korean = (plain(Words(lang).sentence(drop)) for lang in ("en", "ko"))
    assert f"of what is missing is of host shop.example.com ({came} came, {due} expected)." in english
    assert "; share of server errors unchanged (" in english
    assert f"가 호스트 shop.example.com({came}건, 예상 {due}건)에 해당" in korean
    assert ", 서버 오류 비율 변화 없음(" in korean


def test_two_hosts_of_three_are_both_named(tmp_path: Path) -> None:
    drop = found(log(only("host", "shop.example.com", "www.example.com")), tmp_path)
    assert [cause.value for cause in drop.causes] == ["shop.example.com", "www.example.com"]


def test_where_all_stay_away_alike_nobody_is_named_and_it_is_said(tmp_path: Path) -> None:
    drop = found(log(lambda _: 0.7), tmp_path)
    assert drop.causes == ()
    assert dict(drop.facts)["alike"] == 1
    (hosts,) = [one for one in drop.reach if one.dimension == "host"]
    assert (hosts.affected, hosts.values) == (3, 3)
    english, korean = (plain(Words(lang).sentence(drop)) for lang in ("en", "ko"))
    assert "3 of 3 hosts" in english
    assert "stay away alike, nobody in particular: look before this server (DNS, CDN" in english
    assert "고르게 감소, 특정 대상 없음: 이 서버의 앞단(DNS" in korean


def test_where_those_who_come_meet_errors_too_the_server_itself_is_not_ruled_out(tmp_path: Path) -> None:
    drop = found(log(lambda _: 0.7, bad_then=0.3), tmp_path)
    assert drop.causes == ()
    assert dict(drop.facts)["error_change"] == 1
    assert "share of server errors up" in plain(Words().sentence(drop))
    assert "look before" not in plain(Words().sentence(drop))


def test_what_the_cache_did_less_is_an_effect_of_the_path(tmp_path: Path) -> None:
    """The host whose answers come from the cache is gone, and half of the rest: there are no hits, and few misses."""
    drop = found(log(only("host", "www.example.com", "shop.example.com")), tmp_path)
    assert {cause.dimension for cause in drop.causes} == {"host"}


def test_an_upstream_that_is_drained_while_others_take_over_is_no_drop(tmp_path: Path) -> None:
    first, second = "198.51.100.1:8080", "198.51.100.3:8080"
    lines = log(lambda _: 0.0)
    place = len(lines) * 4 // HOURS
    half = len(lines) // HOURS // 2
    drained = [line.replace(first, second) for line in lines[place : place + half]]
    path = tmp_path / "access.log"
    path.write_text("".join([*lines[:place], *drained, *lines[place + half :]]))
    assert analyze(parsers.scan([str(path)], log_format=FORMAT)).findings == ()


def test_an_upstream_whose_requests_never_end_is_named_if_nobody_else_is(tmp_path: Path) -> None:
    hanging = only("upstream", *(f"198.51.100.{number}:8080" for number in (1, 2)))
    drop = found(log(hanging), tmp_path)
    assert {(cause.dimension, cause.value) for cause in drop.causes} == {
        ("upstream", "198.51.100.1:8080"),
        ("upstream", "198.51.100.2:8080"),
    }


@pytest.mark.parametrize("name", ["host", "nothing"])
def test_neither_chunks_nor_the_order_of_lines_change_what_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    lines = log(only("host", "shop.example.com") if name == "host" else lambda _: 0.7)
    whole = found(lines, tmp_path)
    monkeypatch.setattr(source.Reader.chunks, "__defaults__", (40_000,))
    chunked = found(lines, tmp_path)
    random.Random(3).shuffle(lines)
    assert chunked == whole
    assert found(lines, tmp_path) == whole


def test_a_part_of_a_window_says_that_it_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loganalyzer.windows.EACH", 300)
    drop = found(log(only("host", "shop.example.com")), tmp_path)
    assert drop.looked is not None
    assert drop.start <= drop.looked[0] < drop.looked[1] <= drop.end
    assert [cause.value for cause in drop.causes] == ["shop.example.com"]


def test_lines_that_are_gone_since_do_not_count_as_people_who_stay_away(tmp_path: Path) -> None:
    from loganalyzer.analysis import summarise  # noqa: PLC0415
    from loganalyzer.tables import COLUMNS, Tables, fold  # noqa: PLC0415

    path = tmp_path / "access.log"
    path.write_text("".join(log(only("host", "shop.example.com"))))
    scan = parsers.scan([str(path)], log_format=FORMAT)
    tables = fold(scan.batches(COLUMNS, Tables.of))
    path.write_bytes(b"")
    (drop,) = [one for one in summarise(tables, scan).findings if one.kind == "traffic-drop"]
    assert not drop.examined
    assert drop.causes == ()


def crawled(crawler: Callable[[int], str]) -> list[str]:
    """Return the site with twice as many requests again for half an hour, from the clients that are told."""
    lines = log(lambda _: 0.0)
    paths = [line.split('"GET ')[1].split(" HTTP")[0] for line in lines[:2_000]]
    extra = [
        f"{crawler(number)} - - [{START + timedelta(seconds=number // 2):%d/%b/%Y:%H:%M:%S} +0000] "
        f'"GET {paths[number % 2_000]} HTTP/1.1" 200 99 "-" "{CHROME}" shop.example.com - MISS DE\n'
        for number in range(3_600)
    ]
    return sorted([*lines, *extra], key=lambda line: line.split("[")[1])


@pytest.mark.parametrize(
    ("crawler", "named"),
    [
        (lambda _: "192.0.2.251", [("client", "192.0.2.251")]),
        (lambda number: f"233.252.0.{number % 200}", [("network", "233.252.0.0/24")]),
    ],
)
def test_who_brings_a_surge_is_named_and_the_order_of_lines_changes_nothing(
    tmp_path: Path, crawler: Callable[[int], str], named: list[tuple[str, str]]
) -> None:
    lines = crawled(crawler)
    path = tmp_path / "access.log"
    told = []
    for _ in range(2):
        path.write_text("".join(lines))
        findings = analyze(parsers.scan([str(path)], log_format=FORMAT)).findings
        (surge,) = [one for one in findings if one.kind == "traffic-surge"]
        told.append((surge.causes, surge.reach, surge.facts))
        random.Random(3).shuffle(lines)
    causes, _, facts = told[0]
    assert [(cause.dimension, cause.value) for cause in causes] == named
    assert causes[0].comes_more > 3_000
    assert dict(facts)["error_change"] <= 0
    assert told[0] == told[1]


def left_by(lines: list[str], clients: Callable[[int], str]) -> list[str]:
    """Return the site with twice as many requests of the clients that are told, but for the half hour."""
    extra = [
        f"{clients(number)} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "
        f'"GET /shop/list HTTP/1.1" 200 99 "-" "{CHROME}" shop.example.com - MISS DE\n'
        for number in range(HOURS * 3_600)
        for at in (DAY + timedelta(seconds=number),)
        if not START <= at < END
    ]
    return sorted([*lines, *extra], key=lambda line: line.split("[")[1])


def test_a_drop_that_is_one_client_leaving_is_a_notice_with_its_name(tmp_path: Path) -> None:
    drop = found(left_by(log(lambda _: 0.0), lambda _: "192.0.2.251"), tmp_path)
    assert (drop.severity, drop.single_client) == ("notice", "192.0.2.251")
    assert "of client 192.0.2.251 (0 came" in plain(Words("en").sentence(drop))


def test_a_drop_that_is_not_one_client_alone_stays_what_it_is(tmp_path: Path) -> None:
    many = found(left_by(log(lambda _: 0.0), lambda number: f"192.0.2.{number % 250}"), tmp_path)
    others_too = found(left_by(log(lambda _: 0.6), lambda _: "192.0.2.251"), tmp_path)
    for drop in (many, others_too):
        assert drop.severity != "notice"
        assert drop.single_client is None


# --- counts alone ------------------------------------------------------------------------------------------------


def counted(
    came: dict[str, int], near: dict[str, int], usual: dict[str, float], expected: float
) -> Absence | None:
    """Return what is said of one dimension with so many requests of each country."""

    def rows(counts: dict[str, int]) -> pl.DataFrame:
        return pl.DataFrame(
            {"country": [name for name, count in counts.items() for _ in range(count)]},
            {"country": pl.String},
        )

    table = pl.DataFrame({"value": list(usual), "requests": list(usual.values())})
    return absence(Shortfall(rows(came), rows(near), {"country": table}, sum(usual.values()), expected))


USUAL = {"KR": 60_000.0, "DE": 20_000.0, "US": 15_000.0, "FR": 5_000.0}
NEAR = {"KR": 600, "DE": 200, "US": 150, "FR": 50}


def test_a_country_that_is_gone_is_named_with_numbers_that_can_be_checked() -> None:
    said = counted({"KR": 3, "DE": 190, "US": 160, "FR": 47}, NEAR, USUAL, 1_000.0)
    assert said is not None
    (cause,) = said.causes
    assert (cause.dimension, cause.value, cause.requests) == ("country", "KR", 3)
    assert cause.expected == pytest.approx(600)
    assert cause.share_of_excess == pytest.approx(597 / 600)
    assert cause.share_of_requests == pytest.approx(3 / 400)
    assert not said.alike


def test_noise_names_nobody() -> None:
    """Forty of a hundred are missing; the country that lacks most by chance is not to blame."""
    chance = random.Random(1)
    for _ in range(200):
        came = dict.fromkeys(USUAL, 0)
        for name in chance.choices(list(USUAL), list(USUAL.values()), k=60):
            came[name] += 1
        said = counted(came, NEAR, USUAL, 100.0)
        assert said is not None
        assert said.causes == ()


def test_who_never_comes_at_this_hour_is_not_missed() -> None:
    near = {"KR": 10, "DE": 500, "US": 400, "FR": 90}
    said = counted({"KR": 4, "DE": 180, "US": 160, "FR": 40}, near, USUAL, 1_000.0)
    assert said is not None
    assert said.causes == ()


def test_who_came_much_of_late_is_not_missed_either() -> None:
    near = {"KR": 600, "DE": 200, "US": 150, "FR": 950}
    said = counted({"KR": 240, "DE": 80, "US": 60, "FR": 20}, near, USUAL, 1_000.0)
    assert said is not None
    assert said.causes == ()
    assert said.alike


def test_the_one_who_stays_is_no_reason_to_name_the_others() -> None:
    said = counted({"KR": 6, "DE": 2, "US": 2, "FR": 50}, NEAR, USUAL, 1_000.0)
    assert said is not None
    assert said.causes == ()
    (reach,) = said.reach
    assert (reach.affected, reach.values) == (3, 4)
    assert not said.alike


def test_where_nobody_came_at_all_all_stay_away_alike() -> None:
    said = counted({}, NEAR, USUAL, 1_000.0)
    assert said is not None
    assert said.causes == ()
    assert said.alike


def test_without_anything_usual_nothing_is_said() -> None:
    assert counted({"KR": 3}, {"KR": 20}, {"KR": 10.0}, 1_000.0) is None
