"""`--lang ko` is complete: no word of a report is left in English that is no name, no code, no id and no log's own."""

from __future__ import annotations

import dataclasses
import html
import re
import tomllib
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import loganalyzer
import parsers
import reports
from loganalyzer import knowledge
from loganalyzer.cli import main
from loganalyzer.knowledge.library import SHELF, documents
from parsers import foreign
from reports.catalogue import CATALOGUE
from reports.reasons import CLAUSES, ENVELOPES, PROGRAMS, TITLES, reason
from reports.section import Bar, Code, Figure, Line, Link, Quote
from reports.sections import sections
from reports.words import Words
from tests.analysis_factory import analysis, hostile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.analysis import Analysis

ROOT = Path(__file__).parent.parent
SAMPLES = [str(ROOT / "sample_logs" / name) for name in parsers.VENDORS]
HANGUL = re.compile("[가-힣]")
WORD = re.compile(r"[A-Za-z][A-Za-z'’]*[A-Za-z]")

LITERAL = re.compile(
    r"`[^`]*`|https?://\S+|\{[a-z_]*\}|\([A-Za-z]+[^()가-힣]*\)|'[^'가-힣]*'|\"[^\"가-힣]*\""
    r"|--[a-z-]+(?: (?:apache|nginx))?|\$[a-z_]+|%[A-Za-z]+"
)
"""What is no prose: names between backticks or quotes, addresses, facts, glosses in brackets, options, variables."""

PRODUCTS = """
nginx Nginx Apache Cloudflare Cisco WSA Web Security Appliance AsyncOS Squid Microsoft Windows Twitter Google Analytics
Amazon Azure Alibaba Kubernetes Envoy Istio Tomcat Caddy Kong Traefik Chrome Firefox Internet Explorer Exchange Railgun
Worker Pages Rate Limiting Ray Speed Brain Early Hints Logpush Logpull Docker Proxy Manager Enterprise Wi Fi Flexible
Full mod_security mod_reqtimeout fail2ban systemd journalctl syslog gunicorn identd varnishlog varnishncsa loganalyzer
doctor analyze sys copytruncate zstd zip gzip logfmt
"""
HEADERS = """
Location Allow Accept Expect Range Upgrade Authorization Retry After If Modified Since Unmodified None Match Content
Length Type Encoding Authenticate Host Referer User Agent Via Server Cookie Depth infinity Basic Negotiate Fields
"""
FORMATS = """
combined common main access error cache log store ingress combinedio native vhost ssl request events csv wsa cisco http
https requests timestamp date time key value export none unknown info rewrite fetch keep alive bw limited dev xx xxx
instance manipulation Entity framing ms
"""
NAMES = frozenset(re.findall(r"[A-Za-z]+", f"{PRODUCTS} {HEADERS} {FORMATS}"))
"""What Korean writes as others do: products, headers and their values, formats, settings, units, glosses."""


@cache
def titles() -> frozenset[str]:
    """Return what is quoted whole: reason phrases, and the titles that documents state."""
    entries = [
        entry for status in knowledge.known() for entry in knowledge.explain(status, lang="ko").entries
    ]
    phrases = {entry.reason for entry in entries} | {
        knowledge.reason(entry.status, entry.vendor) for entry in entries
    }
    named = {entry.title for entry in entries} | {document["title"] for document in documents()}
    return frozenset(text for text in phrases | named if text)


@cache
def ids() -> frozenset[str]:
    """Return the ids of documents and formats."""
    return frozenset(SHELF) | {form.name for form in parsers.FORMATS} | {"cisco-wsa-w3c"}


def english(text: str) -> list[str]:
    """Return the Latin words of a text in Korean that are no names."""
    if text.strip() in titles() | ids():
        return []
    for quoted in sorted(titles() | ids(), key=len, reverse=True):
        text = text.replace(quoted, " ")
    text = LITERAL.sub(" ", text)
    return [
        word for word in WORD.findall(text) if word not in NAMES and not word.isupper() and not acronym(word)
    ]


def acronym(word: str) -> bool:
    """Whether a word is written as no word of prose is: `TLS`, `DDoS`, `EdgeResponseStatus`."""
    return any(letter.isupper() for letter in word[1:])


def test_the_check_itself_finds_a_word() -> None:
    assert english("요청 3건, 5xx 2%, TLS 오류, `upstream` 필드") == []
    assert english("요청 3건 of 5건") == ["of"]
    assert english("no document") == ["no", "document"]


def test_the_catalogue_is_in_korean() -> None:
    left = {key: english(korean) for key, (_, korean) in CATALOGUE.items()}
    assert {key: words for key, words in left.items() if words} == {}
    alike = {key for key, (first, korean) in CATALOGUE.items() if first == korean and english(first)}
    assert alike == set()


@pytest.mark.parametrize("name", SHELF)
def test_the_explanations_are_in_korean(name: str) -> None:
    (document,) = [one for one in documents() if one["id"] == name]
    left = {}
    for row in document["entries"]:
        text = row["ko"]
        for said in [text["meaning"], *text["causes"], *text["remedies"], text["caveat"] or ""]:
            if words := english(said):
                left[row["status"], said] = words
    assert left == {}
    assert document["note"] is None or english(document["note"]["ko"]) == []


def test_the_questions_are_in_korean() -> None:
    left = {}
    for file in files("reports").joinpath("questions").iterdir():
        for cause, told in tomllib.loads(file.read_text(encoding="utf-8")).items():
            for text in korean_of(told):
                if words := english(text):
                    left[file.name, cause, text] = words
    assert left == {}


def korean_of(told: dict[str, Any]) -> Iterator[str]:
    """Yield every text of a table of questions in Korean."""
    for name, value in told.items():
        if isinstance(value, dict):
            yield from korean_of(value)
        elif name == "ko":
            yield from [value] if isinstance(value, str) else value


def test_a_claim_is_a_question_that_may_stay_open() -> None:
    """It stands under "what cannot be told": in Korean with the ending of an indirect question."""
    for path in sorted(files("reports").joinpath("questions").iterdir(), key=lambda path: path.name):
        for cause in tomllib.loads(path.read_text(encoding="utf-8")).values():
            if isinstance(cause, dict) and "claim" in cause:
                claim = cause["claim"]["ko"]
                assert re.search(r"(?:는|인|은)지(?:\([^()]*\))?$", claim), claim


HEDGES = re.compile(r"은\(는\)|와\(과\)|이\(가\)|을\(를\)|\(으\)로|(?<![\d,.])0건\(0%\)뿐|는 점(?![가-힣])")
"""What no writer of Korean would write: particles left open, "only none", a fact where a question is."""


def test_no_sentence_leaves_its_particles_open(sampled: Analysis) -> None:
    assert not [name for name, (_, korean) in CATALOGUE.items() if HEDGES.search(korean)]
    assert not HEDGES.search(reports.render(sampled, "md", lang="ko"))
    assert not HEDGES.search(
        reports.render(sampled, "html", lang="ko").partition("application/octet-stream")[0]
    )


def test_what_readers_of_logs_say_is_in_korean() -> None:
    for table in (CLAUSES, TITLES, PROGRAMS, ENVELOPES):
        assert {korean: english(korean) for _, korean in table if english(korean)} == {}
        assert {known for known, korean in table if not facts(korean) <= facts(known)} == set()
    said = [f"does not fit {form.title}" for form in parsers.FORMATS]
    said += [f"not an access log of these vendors: looks like {name}" for name in foreign_names()]
    said += [parsers.batches.NOT_RECOGNISED, parsers.engine.CUT, parsers.engine.TOO_LONG]
    assert {text: english(reason(text, "ko")) for text in said if english(reason(text, "ko"))} == {}
    assert not [text for text in said if not HANGUL.search(reason(text, "ko"))]


def facts(text: str) -> set[str]:
    return set(re.findall(r"\{([a-z]+)\}", text))


def foreign_names() -> list[str]:
    return [one.name for one in foreign.LOGS]


def pieces(value: object) -> Iterator[str]:
    """Yield the texts of a section that are ours, and sentences of ours that quote a log."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Quote | Link | Code):
        yield from [value.text] if getattr(value, "told", True) else []
    elif isinstance(value, Line | Bar | Figure):
        yield from parts(value)
    elif isinstance(value, tuple):
        for one in value:
            yield from pieces(one)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.name not in {
                "anchor",
                "aliases",
                "address",
                "layout",
                "kind",
                "severity",
                "scope",
                "places",
            }:
                yield from pieces(getattr(value, field.name))


def parts(block: Line | Bar | Figure) -> Iterator[str]:
    """Yield the texts of what holds ids and lines of a log besides."""
    if isinstance(block, Line):
        yield block.about
    elif isinstance(block, Bar):
        yield from (block.label, *(words for _, _, words in block.parts))
    else:
        yield from (block.heading, block.summary, *(name for name, _ in block.keys))
        yield from [*pieces(block.caption), *drawn(block.plot)]


def drawn(plot: object, name: str = "") -> Iterator[str]:
    """Yield the words of a figure."""
    if isinstance(plot, dict):
        for key, value in plot.items():
            if key == "shapes":  # their names are anchors
                continue
            yield from drawn(value, str(key))
    elif isinstance(plot, list | tuple):
        for value in plot:
            yield from drawn(value, name)
    elif isinstance(plot, str) and name in {"name", "text", "title", "hovertemplate", "ticktext"}:
        yield re.sub(r"<[^>]*>|%\{[^}]*\}", " ", plot)


@pytest.fixture(scope="module")
def sampled() -> Analysis:
    return loganalyzer.analyze(SAMPLES)


def left_in(made: Analysis) -> dict[str, list[str]]:
    texts = [text for section in sections(made, Words("ko")) for text in pieces(section)]
    return {text: english(text) for text in texts if english(text)}


def test_the_report_on_the_sample_logs_is_in_korean(sampled: Analysis) -> None:
    assert left_in(sampled) == {}


def test_a_made_up_report_is_in_korean() -> None:
    assert left_in(analysis()) == {}


class Seen(HTMLParser):
    """What a reader of a page sees, without what a log wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.texts += [named[name] or "" for name in ("aria-label", "title", "alt") if name in named]
        if tag in {"script", "style", "code", "pre"}:
            self._hidden.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and self._hidden[-1] == tag:
            self._hidden.pop()

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.texts.append(data)


def test_the_page_around_the_sections_is_in_korean() -> None:
    seen = Seen()
    seen.feed(reports.render(analysis(), "html", lang="ko"))
    assert {text: english(html.unescape(text)) for text in seen.texts if english(text)} == {}


def test_a_log_that_writes_korean_everywhere_brings_no_english_of_ours() -> None:
    wordless = {"of-a-kind-without-words: ", "lines ", "path "}  # a kind of note that nobody has given words
    assert set(left_in(hostile("로그가 쓴 글"))) == wordless


def test_the_terminal_speaks_korean(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    line = '192.0.2.7 - - [10/Mar/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5\n'
    Path("1.log").write_text(line, encoding="utf-8")
    Path("2.log").write_text(line, encoding="utf-8")
    Path("3.log").write_text("x\n", encoding="utf-8")
    assert main(["analyze", "--lang", "ko", "-o", "0.md", "1.log", "2.log", "3.log", "4.log"]) == 4
    told = re.sub(r"loganalyzer: |\d\.(?:log|md)", " ", capsys.readouterr().err)
    assert english(told) == []
    assert told.count("\n") == 7
    assert len(HANGUL.findall(told)) > 50


def test_the_doctor_speaks_korean(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    other = tmp_path / "0.log"
    other.write_text(
        '192.0.2.7 - - [10/Mar/2026:12:00:00 +0000] "GET / HTTP/1.1" 200\n' * 40, encoding="utf-8"
    )
    assert main(["doctor", "--lang", "ko", "--suggest", *SAMPLES, str(other)]) in {0, 4}
    columns = tuple(parsers.SCHEMA)
    told = []
    for line in capsys.readouterr().out.splitlines():
        ours = re.sub(r"번째 줄: .*|^.*\.(?:log|json|gz|tsv|csv|ndjson)\S*$|--log-format .*", " ", line)
        told += [word for word in english(ours) if word not in columns and word not in " ".join(columns)]
    assert told == []


def test_parse_speaks_korean(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["parse", "--lang", "ko", SAMPLES[0], "-o", str(tmp_path / "0.ndjson")]) in {0, 4}
    told = capsys.readouterr().err
    assert re.fullmatch(r"[\d,]+줄 중 기록 [\d,]+건.*", told.splitlines()[-1])
    assert english(told.splitlines()[-1]) == []


@pytest.mark.parametrize("status", [*knowledge.known(), 578, 600])
def test_explain_speaks_korean(status: int, capsys: pytest.CaptureFixture[str]) -> None:
    for vendor in (None, *parsers.VENDORS):
        chosen = ["--vendor", vendor] if vendor else []
        assert main(["explain", f"{status:03d}", "--lang", "ko", *chosen]) == 0
        told = " ".join(capsys.readouterr().out.split())
        assert english(told) == []
