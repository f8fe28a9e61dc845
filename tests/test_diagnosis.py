"""What holds for every question: its texts, its documents, its commands, and that it says nothing of an empty log."""

from __future__ import annotations

import importlib
import tomllib
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import pytest

import parsers
from loganalyzer.aggregates import symptoms
from loganalyzer.diagnosis import QUESTIONS
from loganalyzer.diagnosis.verdict import JUDGEMENTS
from loganalyzer.knowledge.library import documents
from loganalyzer.tables import COLUMNS, Tables, fold
from parsers.filters import predicate
from reports import render
from reports.asked import asked_of
from reports.catalogue import LANGUAGES
from reports.verdicts import checks, sentence, texts
from reports.words import Words, plain
from tests.questions import FOLDER, with_facts
from tests.scenes import Scene, analysed, many, nginx, written

if TYPE_CHECKING:
    from loganalyzer.diagnosis import Question, Verdict

LEAST_SCENES = 12
FORMS = {"supported_single", "supported_nameless"}


def _name(question: Question) -> str:
    return f"test_diagnosis_{question.name.replace('-', '_')}"


def _scenes(question: Question) -> tuple[Scene, ...]:
    found: tuple[Scene, ...] = importlib.import_module(f"tests.{_name(question)}").SCENES
    return found


ALL = [(question, story) for question in QUESTIONS for story in _scenes(question)]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_every_cause_is_supported_and_ruled_out_and_left_open_somewhere(question: Question) -> None:
    seen = {(cause, judgement) for story in _scenes(question) for cause, judgement in story.expected.items()}
    missing = [
        (cause, judgement)
        for cause in question.causes
        for judgement in JUDGEMENTS
        if (cause, judgement) not in seen
    ]
    assert not missing


def test_there_are_enough_scenes_with_a_known_cause() -> None:
    assert len(ALL) >= LEAST_SCENES


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_every_text_is_there_in_every_language_with_the_same_facts(question: Question) -> None:
    found = texts(question.name)
    assert list(found) == ["question", *question.causes]
    for cause, told in found.items():
        if cause == "question":
            assert set(told) - {"statuses", "vendors"} == set(LANGUAGES)
            continue
        assert set(told) - FORMS == {"claim", "supported", "contradicted", "checks", "documents"}
        for form in FORMS & set(told):  # says the same with no more than the other knows
            assert set(_facts(told[form]["en"])) <= set(_facts(told["supported"]["en"]))
        for by_language in (told[name] for name in told if name != "documents"):
            assert set(by_language) == set(LANGUAGES)
            english, korean = by_language["en"], by_language["ko"]
            assert type(english) is type(korean)
            if isinstance(english, str):
                assert _facts(english) == _facts(str(korean))
                assert english != korean
            else:
                assert len(english) == len(korean) > 0
                assert not set(english) & set(korean)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_every_file_of_texts_repeats_the_facts_of_its_question(question: Question) -> None:
    text = (FOLDER / f"{question.name}.toml").read_text(encoding="utf-8")
    assert text == with_facts(text, question), "python -m tests.questions writes them"
    vendors = [None] if question.vendors is None else sorted(question.vendors)
    for status in question.statuses:
        for vendor in vendors:
            for lang in LANGUAGES:
                (found,) = [one for one in asked_of(status, vendor, lang) if one.name == question.name]
                assert {cause.name: cause.documents for cause in found.causes} == question.causes
                assert all(cause.checks and "{" not in cause.claim for cause in found.causes)


def test_every_file_of_texts_belongs_to_a_question() -> None:
    names = {Path(file.name).stem for file in files("reports").joinpath("questions").iterdir()}
    assert names == {question.name for question in QUESTIONS}
    for name in names:
        tomllib.loads(files("reports").joinpath("questions", f"{name}.toml").read_text(encoding="utf-8"))


def _facts(text: str) -> set[str]:
    return {fact for _, fact, _, _ in Formatter().parse(text) if fact}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_every_cause_is_named_by_a_document_that_there_is(question: Question) -> None:
    known = {document["id"] for document in documents()}
    for cause, names in question.causes.items():
        assert names, cause
        assert set(names) <= known, cause


@pytest.mark.parametrize(("question", "story"), ALL, ids=lambda one: one.name)
def test_every_verdict_can_be_told_and_read_again(question: Question, story: Scene, tmp_path: Path) -> None:
    found = analysed(story.lines, tmp_path, story.vendor)
    told = [
        verdict
        for _, some in found.diagnosis
        for verdict in some
        if verdict.question == question.name and verdict.status == story.status
    ]
    assert {verdict.cause for verdict in told} == set(question.causes)
    for verdict in told:
        for lang in LANGUAGES:
            words = Words(lang)
            said = plain(sentence(verdict, words))
            assert said.strip()
            assert "{" not in said.replace("{id}", "")  # how tables write what only names one thing
            assert bool(checks(verdict, words)) == (verdict.judgement == "supported")
        if verdict.judgement == "supported" and verdict.where is not None:
            assert _read_again(verdict, tmp_path, story.vendor) > 0


def _read_again(verdict: Verdict, folder: Path, vendor: str) -> int:
    assert verdict.where is not None
    predicate(verdict.where)
    found = fold(
        parsers.scan([str(folder / "access.log")], vendor=vendor, where=verdict.where).batches(
            COLUMNS, Tables.of
        )
    )
    return int(found.minutes["records"].sum())


def test_an_empty_log_is_asked_nothing(tmp_path: Path) -> None:
    assert not [verdict for _, some in analysed([], tmp_path, "nginx").diagnosis for verdict in some]


def test_symptoms_are_the_same_for_any_split(tmp_path: Path) -> None:
    lines = written(many(500, status=[200, 404, 500, 403], target=lambda n: f"/{n % 37}"), nginx)
    path = tmp_path / "access.log"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    whole = fold(parsers.scan([str(path)]).batches(COLUMNS, Tables.of)).symptoms
    halves = []
    for number, some in enumerate((lines[:177], lines[177:])):
        part = tmp_path / f"{number}.log"
        part.write_text("".join(f"{line}\n" for line in some), encoding="utf-8")
        halves.append(fold(parsers.scan([str(part)]).batches(COLUMNS, Tables.of)).symptoms)
    keys = list(symptoms.KEYS)
    assert symptoms.merged(halves).sort(keys).equals(whole.sort(keys))


def test_invented_methods_and_referrers_do_not_fill_the_table(tmp_path: Path) -> None:
    invented = many(
        9_000,
        status=404,
        method=lambda n: f"M{'ABCDEFGHIJ'[n % 10]}{'KLMNOPQRST'[n // 10 % 10]}",
        referrer=lambda n: f"http://r{n}.example.net/",
        upstream_status=lambda n: str(100 + n % 800),
        upstream="192.0.2.80:80",
    )
    tables = fold(parsers.scan([str(_file(written(invented, nginx), tmp_path))]).batches(COLUMNS, Tables.of))
    assert tables.symptoms.height <= 2 * symptoms.ROWS
    assert tables.symptoms["records"].sum() == 9_000
    assert tables.symptoms["method"].n_unique() <= 2 * symptoms.VALUES
    assert tables.symptoms["referrer"].n_unique() <= 2 * symptoms.VALUES


def _file(lines: list[str], folder: Path) -> Path:
    path = folder / "access.log"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_a_card_of_what_one_client_did_tells_what_the_whole_log_shows(tmp_path: Path) -> None:
    served = many(600, status=200, target=lambda n: f"/p{n % 7}", at=float)
    scan = many(60, status=404, client="203.0.113.9", target=lambda n: f"/x{n}.php", at=lambda n: 300.0 + n)
    found = analysed(written([*served, *scan], nginx), tmp_path, "nginx")
    assert [finding.kind for finding in found.findings if finding.by_rule] == ["not-found-scan"]
    page = render(found, "md")
    assert "Why, as far as the whole log shows it" in page
