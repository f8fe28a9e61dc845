"""Numbers, times and findings in words, in both languages."""

from __future__ import annotations

import doctest
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from loganalyzer import baseline, notes
from loganalyzer.analysis import Note, Reach, Verdict
from loganalyzer.knowledge.library import entries
from reports import words as module
from reports.catalogue import CATALOGUE
from reports.words import Words, by_limit, plain
from tests.analysis_factory import CAUSE, START, analysis, blips, finding

if TYPE_CHECKING:
    from loganalyzer.analysis import Shape

EN = Words()
KO = Words("ko")
SEOUL = Words(zone=ZoneInfo("Asia/Seoul"))


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (0.0, "0"),
        (0.01, "< 0.1"),
        (0.06, "0.1"),
        (0.4, "0.4"),
        (1, "1"),
        (5.0, "5"),
        (5.64, "5.6"),
        (9.96, "10"),
        (38.0, "38"),
        (1_284, "1,284"),
        (2_000_000, "2,000,000"),
    ],
)
def test_numbers(value: float, expected: str) -> None:
    assert EN.number(value) == expected


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (0, 10_000, "0 %"),
        (1, 10_000, "< 0.1 %"),
        (41, 1_000, "4.1 %"),
        (220, 1_000, "22 %"),
        (9_900, 10_000, "99.0 %"),
        (9_990, 10_000, "99.9 %"),
        (9_999, 10_000, "> 99.9 %"),
        (10_000, 10_000, "100 %"),
        (0, 0, "–"),
    ],
)
def test_a_percentage_never_rounds_to_all_or_nothing(part: int, whole: int, expected: str) -> None:
    assert EN.percent(part, whole) == expected


def test_what_is_less_than_a_tenth_is_said_as_korean_says_it() -> None:
    assert [KO.percent(part, 10_000) for part in (0, 1, 41, 9_999)] == [
        "0%",
        "0.1% 미만",
        "0.4%",
        "99.9% 초과",
    ]
    tiny = replace(finding("server-error-burst", "nginx", "major", ((502, 212),)), expected=0.01)
    assert "예상 0.1건 미만(" in plain(KO.sentence(tiny))
    assert "예상 38건(" in plain(KO.sentence(replace(tiny, expected=38.0)))
    assert "< 0.1 expected" in plain(EN.sentence(tiny))


@pytest.mark.parametrize(
    ("seconds", "english", "korean"),
    [
        (0, "0 s", "0초"),
        (40, "40 s", "40초"),
        (1_080, "18 min", "18분"),
        (3_600, "1 h", "1시간"),
        (7_500, "2 h 5 min", "2시간 5분"),
        (86_400 * 3 + 600, "3 d", "3일"),
        (86_400 * 3 + 4 * 3_600 + 60, "3 d 4 h", "3일 4시간"),
    ],
)
def test_durations(seconds: int, english: str, korean: str) -> None:
    assert EN.duration(seconds) == english
    assert KO.duration(seconds) == korean


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (0.4, "could well be chance"),
        (4.7, "chance at most 1 in 10⁴"),
        (12.0, "chance below 1 in 10¹²"),
        (29.9, "chance below 1 in 10¹²"),
        (30.0, "practically impossible by chance"),
    ],
)
def test_chance_is_capped(score: float, expected: str) -> None:
    assert EN.chance(score) == expected


@pytest.mark.parametrize(("value", "expected"), [(5.58, "×5.6"), (61.2, "×61"), (2_000.0, "over ×100")])
def test_ratios(value: float, expected: str) -> None:
    assert EN.ratio(value) == expected


def test_times_name_their_zone() -> None:
    moment = datetime(2026, 3, 10, 14, 3, tzinfo=UTC)
    assert EN.moment(moment) == "2026-03-10 14:03 UTC"
    assert SEOUL.moment(moment) == "2026-03-10 23:03 UTC+9"
    assert Words(zone=ZoneInfo("Asia/Kolkata")).moment(moment) == "2026-03-10 19:33 UTC+5:30"
    assert Words(zone=ZoneInfo("America/New_York")).moment(moment) == "2026-03-10 10:03 UTC−4"
    assert EN.moment(moment + timedelta(seconds=7)) == "2026-03-10 14:03:07 UTC"
    assert SEOUL.zone_name(moment) == "Asia/Seoul (UTC+9)"
    assert EN.zone_name(moment) == "UTC"


def test_spans() -> None:
    start = datetime(2026, 3, 10, 14, 3, tzinfo=UTC)
    assert EN.span(start, start + timedelta(minutes=18)) == "2026-03-10 14:03–14:21 UTC (18 min)"
    assert EN.span(start, start + timedelta(minutes=18), full=False) == "14:03–14:21 UTC"
    overnight = "2026-03-10 23:03 – 2026-03-11 01:03 UTC+9 (2 h)"
    assert SEOUL.span(start, start + timedelta(hours=2)) == overnight


def test_a_span_over_the_change_of_clocks_names_both_offsets() -> None:
    berlin = Words(zone=ZoneInfo("Europe/Berlin"))
    start = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert berlin.span(start, start + timedelta(hours=1)) == "2026-03-29 01:30 UTC+1–03:30 UTC+2 (1 h)"


def test_the_sentence_of_a_burst() -> None:
    burst = finding("client-closed-spike", "nginx", "minor", ((499, 212),))
    assert plain(EN.sentence(burst)) == (
        "nginx, 2026-03-10 14:03–14:21 UTC (18 min): 212 client aborts, 38 expected "
        "(×5.6; chance below 1 in 10¹²); 40 % of 530 requests."
    )
    assert plain(EN.graded(burst)).startswith("MINOR nginx, ")
    assert plain(KO.graded(burst)) == (
        "[경미] nginx, 2026-03-10 14:03–14:21 UTC (18분): 클라이언트 연결 중단 212건, 예상 38건"
        "(5.6배, 우연일 확률 10¹²분의 1 미만), 요청 530건의 40%."
    )


def test_the_sentence_names_statuses_server_and_what_goes_on() -> None:
    burst = finding("server-error-burst", "nginx", "major", ((502, 180), (504, 32)))
    burst = replace(burst, server="web-3", host="shop.example.com", ongoing=True)
    assert plain(EN.sentence(burst)) == (
        "nginx, server web-3, host shop.example.com, 2026-03-10 14:03–14:21 UTC (18 min): 212 server errors "
        "(502: 180, 504: 32), 38 expected (×5.6; chance below 1 in 10¹²); 40 % of 530 requests; "
        "not over when the log ends."
    )


def test_the_sentence_without_an_expectation_gives_no_ratio() -> None:
    burst = replace(finding("server-error-burst", "nginx", "major", ((502, 212),)), expected=0.0)
    assert "0 expected (chance below" in plain(EN.sentence(burst))


def test_the_sentence_of_what_holds_no_request_gives_no_share() -> None:
    handshakes = replace(finding("auth-failure-surge", "cisco_wsa", "major", ((407, 212),)), requests=0.0)
    assert plain(EN.sentence(handshakes)).endswith(
        "212 authentication failures, 38 expected (×5.6; chance below 1 in 10¹²)."
    )
    assert plain(KO.sentence(handshakes)).endswith(
        "인증 실패 212건, 예상 38건(5.6배, 우연일 확률 10¹²분의 1 미만)."
    )


def test_the_sentence_of_a_level_and_of_what_is_high_throughout() -> None:
    burst = finding("server-error-burst", None, "major", ((502, 212),))
    assert "a new level" in plain(EN.sentence(replace(burst, shape="level")))
    throughout = plain(EN.sentence(replace(burst, shape="throughout")))
    assert throughout.startswith("all logs, high throughout")


@pytest.mark.parametrize("shape", ["burst", "throughout"])
@pytest.mark.parametrize("words", [EN, KO])
def test_what_was_judged_by_a_limit_has_neither_ratio_nor_chance(shape: Shape, words: Words) -> None:
    burst = finding("server-error-burst", "nginx", "major", ((502, 212),))
    model = replace(burst.model, b=0.05, limit=0.05, history=baseline.NO_HISTORY)
    limited = replace(burst, shape=shape, model=model)
    assert by_limit(limited)
    for told in (plain(words.sentence(limited)), plain(words.brief(limited))):
        assert "5 %" in told
        for word in ("×", "배", "chance", "확률", "우연", "expected", "예상"):
            assert word not in told
    if words is EN:
        assert "40 % of 530 requests (limit 5 % of requests)" in plain(EN.sentence(limited))
        assert "40 % of requests (limit 5 %)" in plain(EN.brief(limited))
        unread = replace(limited, kind="unreadable-lines")
        assert "40 % of 530 lines (limit 5 % of lines)" in plain(EN.sentence(unread))
        assert "40 % of lines (limit 5 %)" in plain(EN.brief(unread))


def test_the_sentence_of_blips_is_one_line() -> None:
    assert plain(EN.sentence(blips("nginx"))) == (
        "nginx: 3 blips of at most two minutes (2026-03-10 04:02, 10:02, 16:02 UTC), 61 errors "
        "(502: 40, 503: 21) in all: typical of restarts."
    )
    missing = replace(blips("nginx"), statuses=((502, 40), (404, 21)))
    assert plain(EN.sentence(missing)).endswith("61 errors (502: 40, 404: 21) in all.")  # no restart says 404
    assert "restarts" not in plain(EN.sentence(replace(blips("nginx"), statuses=())))
    many = tuple((START + timedelta(hours=number), START + timedelta(hours=number)) for number in range(30))
    assert "and 22 more" in plain(EN.sentence(replace(blips("nginx"), stretches=many)))


def test_the_words_of_a_log_stay_quotes_in_a_sentence() -> None:
    burst = replace(finding("server-error-burst", "nginx", "major", ((502, 1),)), host="<b>\x1b?token=s3cret")
    assert plain(EN.sentence(burst)).count(r"<b>\x1b?token=[masked]") == 1
    assert all("<b>" not in piece for piece in EN.sentence(burst) if isinstance(piece, str))


def test_every_documented_note_has_words_in_both_languages() -> None:
    for note in analysis().notes:
        assert plain(EN.note(note)) != plain(KO.note(note))
    assert plain(EN.note(Note("new-kind", {"path": "a", "lines": 1_000}))) == "new-kind: lines 1,000, path a"


def test_notes_claim_no_more_than_is_known() -> None:
    clock = Note("clock", {"vendor": "nginx", "records": 3, "first": "1970-01-01", "last": "1970-01-02"})
    assert "or these are logs of different decades" in plain(EN.note(clock))
    estimated = plain(EN.note(Note("estimated", {"vendor": "cloudflare", "lines": 1_042})))
    assert "lines that state a sample interval: 1,042." in estimated


def test_korean_has_one_word_for_the_edge() -> None:
    edge = "\uc5d0\uc9c0"
    assert [key for key, (_, korean) in CATALOGUE.items() if edge in korean] == []
    assert [entry.document for entry in entries("ko") if edge in entry.meaning] == []


def test_every_kind_of_note_has_words_for_its_facts() -> None:
    documented = re.findall(r"^\| `([a-z-]+)` \| ([^|]*) \|", notes.__doc__ or "", re.MULTILINE)
    assert documented
    for kind, facts in documented:
        words = CATALOGUE[f"note.{kind}"][0]
        assert {field for _, field, _, _ in Formatter().parse(words) if field} <= set(
            re.findall("`(.*?)`", facts)
        )


def test_every_rung_of_the_ladder_has_words() -> None:
    rungs = [words for _, words in baseline.HISTORIES] + [baseline.LONG_HISTORY]
    assert [rung for rung in rungs if f"history.{rung}" not in CATALOGUE] == []


def test_both_languages_name_the_same_facts() -> None:
    for key, texts in CATALOGUE.items():
        english, korean = ({field for _, field, _, _ in Formatter().parse(text) if field} for text in texts)
        assert english == korean, key


def test_nothing_in_the_catalogue_is_invisible() -> None:
    assert all(text.isprintable() for texts in CATALOGUE.values() for text in texts)


def test_the_sentence_names_who_carries_the_excess() -> None:
    seen = replace(
        finding("server-error-burst", "nginx", "major", ((502, 212),)), examined=True, causes=(CAUSE,)
    )
    assert plain(EN.sentence(seen)).endswith(
        "; 93 % of the excess on upstream 192.0.2.80, which carried 12 % of requests (fails more)."
    )
    assert "초과분의 93%가 업스트림 192.0.2.80에 집중(요청 비중 12%, 실패율 증가)" in plain(KO.sentence(seen))
    half = replace(CAUSE, share_of_excess=0.45, share_of_requests=0.1)
    two = replace(seen, causes=(half, replace(half, value="192.0.2.81", fails_more=0.0, comes_more=198.0)))
    assert plain(EN.sentence(two)).endswith(
        "; 90 % of the excess on upstream 192.0.2.80 (45 %) and 192.0.2.81 (45 %), "
        "which carried 20 % of requests (fails more, comes more)."
    )
    pair = replace(seen, causes=(replace(CAUSE, inner_dimension="path", inner_value="/cart"),))
    assert "on path /cart of upstream 192.0.2.80, which" in plain(EN.sentence(pair))
    only = replace(seen, causes=(replace(CAUSE, only=True),))
    assert "93 % of the excess on upstream 192.0.2.80, the only upstream named in" in plain(EN.sentence(only))
    only = replace(seen, causes=(replace(CAUSE, only=True, share_of_excess=1.0),))
    assert plain(EN.sentence(only)).endswith(
        "; all of it on upstream 192.0.2.80, the only upstream named in this window (fails more)."
    )
    assert "전부 업스트림 192.0.2.80에서 발생(이 구간에 적힌 유일한 업스트림" in plain(KO.sentence(only))


def test_the_sentence_says_that_nobody_is_to_blame() -> None:
    seen = replace(
        finding("server-error-burst", "nginx", "major", ((502, 212),)),
        examined=True,
        reach=(Reach("path", 41, 44, 20.0, 0.1), Reach("client", 312, 900, 160.0, 0.02)),
    )
    assert plain(EN.sentence(seen)).endswith(
        "; spread over 41 of 44 paths and 312 clients; no single value carries it."
    )
    assert "경로 44개 중 41개, 클라이언트 312개에 걸쳐 발생, 특정 값에 집중되지 않음" in plain(
        KO.sentence(seen)
    )
    assert plain(EN.sentence(replace(seen, reach=()))).endswith("; no single value carries it.")
    assert "cause" not in plain(EN.sentence(replace(seen, examined=False)))
    part = replace(seen, looked=(START, START + (seen.end - seen.start) / 2))
    assert "; no single value carries it (as told by 14:03–14:12 UTC)." in plain(EN.sentence(part))
    shown = Verdict("whose-404", "scan", "supported", 404)
    denied = replace(shown, judgement="contradicted")
    for verdict, end in ((shown, "312 clients."), (denied, "no single value carries it.")):
        assert plain(EN.sentence(replace(seen, diagnosis=(verdict,)))).endswith(end)
    assert "집중" not in plain(KO.sentence(replace(seen, diagnosis=(shown,))))
    assert "carries" not in plain(EN.sentence(replace(seen, reach=(), diagnosis=(shown,))))
    one = replace(seen, single_client="203.0.113.9")
    assert plain(EN.sentence(one)).endswith("; without the one client 203.0.113.9 there would be no finding.")


@pytest.mark.parametrize(
    ("vendor", "change", "end"),
    [
        (
            "nginx",
            0.0,
            "alike, nobody in particular: look before this server (DNS, CDN, load balancer, network).",
        ),
        ("cloudflare", 0.0, "look before Cloudflare (DNS, registrar, the visitors' networks)."),
        (
            "cisco_wsa",
            0.0,
            "look before the proxy (PAC file, proxy settings, load balancer, office network).",
        ),
        ("nginx", 1.0, "3 of 3 hosts stay away alike, nobody in particular."),
    ],
)
def test_where_all_stay_away_the_sentence_says_where_to_look(vendor: str, change: float, end: str) -> None:
    drop = replace(
        finding("traffic-drop", vendor, "major", ()),
        examined=True,
        reach=(Reach("host", 3, 3, 2.8, 0.5),),
        facts=(
            ("error_share", 0.004),
            ("usual_error_share", 0.003),
            ("error_change", change),
            ("alike", 1.0),
        ),
    )
    assert plain(EN.sentence(drop)).endswith(end)
    assert "호스트 3개 중 3개에서 고르게 감소, 특정 대상 없음" in plain(KO.sentence(drop))
