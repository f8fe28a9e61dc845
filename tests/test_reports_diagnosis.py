"""What a card says of causes: each once, of which status, and of one value as of one."""

from __future__ import annotations

import pytest

from loganalyzer.diagnosis.verdict import Facts, Judgement, Verdict
from reports.section import Bullets
from reports.sections.diagnosis import causes_of, here_of, others_of
from reports.verdicts import sentence
from reports.words import Words, plain

WORDS = Words()
SHARE: Facts = (("part", 20), ("records", 20), ("part_share", 1.0))
HOST: Facts = (("host", "shop.example.com"), *SHARE, ("usual_share", 0.1))


def _causes(*verdicts: Verdict) -> list[str]:
    (bullets,) = causes_of(verdicts, WORDS)
    assert isinstance(bullets, Bullets)
    return [plain(item) for item in bullets.items]


def test_one_cause_of_two_questions_is_told_once() -> None:
    told = _causes(
        Verdict("whose-5xx", "one-host", "supported", 500, HOST),
        Verdict("one-or-all-500", "one-host", "supported", 500, HOST),
    )
    assert len(told) == 1
    assert (
        plain(here_of([Verdict("whose-5xx", "one-host", "supported", 500, HOST)] * 2, WORDS)).count("20") == 2
    )


def test_of_several_statuses_each_is_named() -> None:
    told = _causes(
        Verdict("whose-5xx", "no-answer", "supported", 504, SHARE),
        Verdict("whose-5xx", "no-answer", "supported", 503, SHARE),
    )
    assert [one[:5] for one in told] == ["504: ", "503: "]
    assert not _causes(Verdict("whose-5xx", "no-answer", "supported", 504, SHARE))[0].startswith("504")


FEW: Facts = (
    ("value", "192.0.2.1"), ("part", 20), ("records", 20), ("part_share", 1.0), ("all", 1), ("usual_share", 0.0),
)  # fmt: skip


@pytest.mark.parametrize(
    "question", ["who-429", "closed-444", "too-large", "unknown-method-501", "overload-503"]
)
def test_one_client_is_not_the_first_one_of_one(question: str) -> None:
    of_one = Verdict(question, "few-clients", "supported", 429, (*FEW, ("values", 1)))
    assert "one client, 192.0.2.1" in plain(sentence(of_one, WORDS))
    of_two = Verdict(question, "few-clients", "supported", 429, (*FEW, ("values", 2)))
    assert "one client" not in plain(sentence(of_two, WORDS))


@pytest.mark.parametrize(
    ("judgements", "english", "korean"),
    [
        (
            ("contradicted", "cannot tell", "cannot tell"),
            "1 ruled out · 2 open",
            "해당 없음 1개 · 확인 불가 2개",
        ),
        (("contradicted", "contradicted"), "2 ruled out", "해당 없음 2개"),
        (("cannot tell",), "1 open", "확인 불가 1개"),
        (("supported",), "", ""),
    ],
)
def test_causes_that_are_ruled_out_are_counted_apart_from_those_that_are_open(
    judgements: tuple[Judgement, ...], english: str, korean: str
) -> None:
    verdicts = [
        Verdict("whose-5xx", "one-host", judgement, status, HOST)
        for status, judgement in enumerate(judgements, 500)
    ]
    for words, told in ((WORDS, english), (Words("ko"), korean)):
        folds = others_of(verdicts, words)
        assert [fold.summary for fold in folds] == ([words("verdict.others", judged=told)] if told else [])


def test_what_is_open_is_told_as_a_question_under_what_it_takes() -> None:
    verdicts = [
        Verdict("whose-5xx", "one-host", "cannot tell", 500, HOST),
        Verdict("whose-5xx", "no-answer", "cannot tell", 500, SHARE, ("upstream_status",)),
    ]
    (fold,) = others_of(verdicts, WORDS)
    told = {
        block.heading: [plain(item).split(" (")[0] for item in block.items]
        for block in fold.blocks
        if isinstance(block, Bullets)
    }
    assert told == {
        "Open, for the numbers do not decide it": ["whether one host alone fails"],
        "Open, for this log has no `upstream_status`": ["whether no answer came from the site"],
    }


@pytest.mark.parametrize(
    ("cause", "english", "korean"),
    [
        ("known-limit", "None of 61 durations (0 %) pile up", "몰린 것은 한 건도 없습니다."),
        ("other-limit", "None of 61 durations (0 %) pile up", "몰린 것은 한 건도 없습니다."),
    ],
)
def test_none_is_not_no_more_than_none(cause: str, english: str, korean: str) -> None:
    facts: Facts = (("part", 0), ("records", 61), ("part_share", 0.0))
    verdict = Verdict("by-timer", cause, "contradicted", 522, facts)
    assert plain(sentence(verdict, WORDS)).startswith(english)
    assert plain(sentence(verdict, Words("ko"))).endswith(korean)
    some = Verdict("by-timer", cause, "contradicted", 522, (("part", 10), *facts[1:]))
    assert "No more than 10 of 61" in plain(sentence(some, WORDS))
    assert "10건(0%)뿐입니다" in plain(sentence(some, Words("ko")))


def test_what_a_log_does_not_name_is_no_dash() -> None:
    nameless = Verdict("wsa-403", "policy", "supported", 403, (*SHARE, ("action", "-"), ("category", "-")))
    assert "the log does not name the rule" in plain(sentence(nameless, WORDS))
    named = Verdict(
        "wsa-403", "policy", "supported", 403, (*SHARE, ("action", "BLOCK_WBRS"), ("category", "-"))
    )
    assert "the decision BLOCK_WBRS" in plain(sentence(named, WORDS))
