"""The documents' explanations: complete, in both languages, in our own words, and in the right order."""

import doctest
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, get_args

import pytest

from loganalyzer.knowledge import Language, as_json, explain, explanation, known, library, reason, schema
from loganalyzer.knowledge.library import FIVE, SHELF, Document, Row
from loganalyzer.knowledge.schema import problems

LANGUAGES: tuple[Language, ...] = get_args(Language)
CLIENT_ERRORS = {*range(400, 419), *range(421, 425), 426, 428, 429, 431, 451}
SERVER_ERRORS = {*range(500, 509), 510, 511}
# What each of the five documents explains; 424 and 451 have two meanings in the overview.
EXPLAINED = {
    "cloudflare-4xx": {*range(400, 416), 417, 429, 451, 499},
    "mdn-client-server-errors": CLIENT_ERRORS | SERVER_ERRORS,
    "http-status-overview": {
        *range(200, 209), 226, *range(300, 306), 307, 308,
        *range(400, 419), 420, *range(422, 427), 428, 429, 431, 444, 449, 450, 451, *range(494, 498), 499,
        *range(500, 512), 520, 598, 599,
    },
    "mdn-errors-excerpt": (CLIENT_ERRORS - {451}) | SERVER_ERRORS,
    "cisco-wsa-codes": {100, 200, 302, 304, 307, 400, 401, 403, 404, 407, 500, 502, 503, 504},
}  # fmt: skip
REGISTERED = {
    100, 101, 102, 103, 104, *range(200, 209), 226, *range(300, 309),
    *range(400, 419), *range(421, 427), 428, 429, 431, 451, *range(500, 509), 510, 511,
}  # fmt: skip
# Names that RFC 9110 has changed; Python 3.11 still has the older ones.
RENAMED = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
UNNAMED = {418: "I'm a teapot", 104: "Upload Resumption Supported", 306: "(Unused)"}
HANGUL = re.compile("[가-힣]")
COPIED = 40
"""This many characters in a row, shared with a document, are taken for a copy of it."""


@pytest.fixture(scope="module")
def shelf() -> dict[str, Document]:
    return {document["id"]: document for document in library.documents()}


def rows() -> Iterator[tuple[str, Row]]:
    for document in library.documents():
        for row in document["entries"]:
            yield document["id"], row


def words(row: Row, language: Language) -> Iterator[str]:
    text = row[language]
    yield text["meaning"]
    yield from text["causes"]
    yield from text["remedies"]
    if text["caveat"] is not None:
        yield text["caveat"]


def test_shelf_is_the_folder() -> None:
    folder = Path(library.__file__).with_name("documents")
    assert {file.name for file in folder.iterdir()} == {f"{name}.json" for name in SHELF}
    assert [document["id"] for document in library.documents()] == list(SHELF)


def test_the_data_files_hold_to_their_schema() -> None:
    assert list(problems()) == []


def spoilt(document: str, change: Callable[[dict[str, Any]], object], folder: Path) -> list[str]:
    """Return what the schema says of a data file after a change to its content."""
    content = json.loads((schema.FOLDER / f"{document}.json").read_text(encoding="utf-8"))
    change(content)
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    (folder / f"{document}.json").write_text(text, encoding="utf-8")
    return list(problems(folder))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda held: held.update(id="apache"), "id: 'apache' is not the name of the file"),
        (lambda held: held.update(colour="red"), "colour is not known"),
        (lambda held: held.pop("note"), "note is missing"),
        (lambda held: held["note"].pop("ko"), "note: ko is missing"),
        (lambda held: held.update(vendor="iis"), "vendor: 'iis' is none of 'nginx', 'apache', "),
        (lambda held: held.update(refers_to="RFC 9110"), "refers_to: 'RFC 9110' is no list"),
        (lambda held: held.update(entries={}), "entries: {} is no list"),
        (lambda held: held["entries"].append("x"), "entries[6]: 'x' is no object"),
        (lambda held: held["entries"][1].update(status="400"), "entry 2, status 400: status: '400' is no int"),
        (lambda held: held["entries"][1].update(status=True), "entry 2, status True: status: True is no int"),
        (lambda held: held["entries"][5].update(status=1000), "status 1000, meaning 1: a status has three digits"),
        (lambda held: held["entries"][1].update(layer="server"), "entry 2, status 400: layer: 'server' is none of "),
        (lambda held: held["entries"][1].update(remark="x"), "entry 2, status 400: remark is not known"),
        (lambda held: held["entries"][1].pop("layer"), "entry 2, status 400: layer is missing"),
        (lambda held: held["entries"][1].pop("ko"), "entry 2, status 400: ko is missing"),
        (lambda held: held["entries"][1]["ko"].pop("causes"), "entry 2, status 400: ko: causes is missing"),
        (lambda held: held["entries"][1]["en"].update(cause=[]), "entry 2, status 400: en: cause is not known"),
        (lambda held: held["entries"][1]["en"].update(meaning=""), "entry 2, status 400: en: meaning: '' is empty"),
        (lambda held: held["entries"][1]["en"]["causes"].append(7), "status 400: en: causes[4]: 7 is no str"),
        (lambda held: held["entries"][1]["en"]["causes"].append("x"), "causes: 5 in English, 4 in Korean"),
        (lambda held: held["entries"][1]["en"].update(caveat="x"), "caveat: in one language only"),
        (lambda held: held["entries"][1]["en"].update(meaning="한글"), "meaning 1: en: '한글' holds Korean"),
        (lambda held: held["entries"][1]["ko"].update(meaning="x y"), "status 400, meaning 1: ko: 'x y' is not Korean"),
        (lambda held: held["entries"].reverse(), "status 414, meaning 1: stands after 501; entries are sorted"),
        (lambda held: held["entries"].append(held["entries"][5]), "status 501, meaning 1: it is meaning 2 of its"),
    ],
)  # fmt: skip
def test_a_spoilt_data_file_is_told_with_file_and_entry(
    change: Callable[[dict[str, Any]], object], told: str, tmp_path: Path
) -> None:
    found = spoilt("apache-manual", change, tmp_path)
    assert any(told in problem for problem in found), found
    assert all(problem.startswith("apache-manual.json: ") for problem in found)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.json", b"{", "cannot be read: "),
        ("x.json", b"\xff", "cannot be read: "),
        ("x.json", b'{"id": "x", "id": "y"}', "the key 'id' stands twice"),
        ("x.json", b"[]", "the file: [] is no object"),
        ("x.txt", b"", "only data files (.json) belong here"),
    ],
)
def test_what_is_no_data_file_is_told(name: str, content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    (problem,) = problems(tmp_path)
    assert problem.startswith(f"{name}: ")
    assert told in problem


def test_a_data_file_has_one_form(tmp_path: Path) -> None:
    text = (schema.FOLDER / "apache-manual.json").read_text(encoding="utf-8")
    (tmp_path / "apache-manual.json").write_text(text.replace("\n  ", "\n    "), encoding="utf-8")
    (problem,) = problems(tmp_path)
    assert "json.dumps" in problem


def test_five_documents_are_whole(shelf: dict[str, Document]) -> None:
    assert {name: {row["status"] for row in shelf[name]["entries"]} for name in FIVE} == EXPLAINED
    twice = [
        (name, row["status"]) for name in FIVE for row in shelf[name]["entries"] if row["meaning_no"] == 2
    ]
    assert twice == [("http-status-overview", 424), ("http-status-overview", 451)]
    assert sum(len(statuses) for statuses in EXPLAINED.values()) == 181
    assert sum(len(shelf[name]["entries"]) for name in FIVE) == 183


def test_titles_and_addresses_are_those_the_documents_state(shelf: dict[str, Document]) -> None:
    assert {
        name: (shelf[name]["title"] is not None, shelf[name]["address"] is not None) for name in FIVE
    } == {
        "cloudflare-4xx": (True, True),
        "mdn-client-server-errors": (True, False),
        "http-status-overview": (True, False),
        "mdn-errors-excerpt": (False, False),
        "cisco-wsa-codes": (True, False),
    }


@pytest.mark.parametrize("name", FIVE)
def test_entry_refers_to_nothing_its_document_does_not(name: str, shelf: dict[str, Document]) -> None:
    document = shelf[name]
    for row in document["entries"]:
        assert set(row.get("refers_to", [])) <= set(document["refers_to"]), row["status"]
        assert not {"title", "address"} & set(row), row["status"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_codes_are_opened_by_the_same_sentence(language: Language) -> None:
    """What fits several codes says nothing of any of them."""
    opened_by = defaultdict(set)
    for _, row in rows():
        opened_by[re.split(r"(?<=[.?!])\s+", row[language]["meaning"])[0]].add(row["status"])
    assert not {text: codes for text, codes in opened_by.items() if len(codes) > 1}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_meaning_is_a_stub(language: Language) -> None:
    shortest = {"en": 25, "ko": 12}[language]
    assert not [(name, row["status"]) for name, row in rows() if len(row[language]["meaning"]) < shortest]


def test_nothing_is_copied_from_the_documents(documents: Path) -> None:
    texts = [file.read_text(encoding="utf-8") for file in documents.glob("*.txt")]
    originals = [" ".join(text.split()) for text in texts]
    assert len(originals) == len(FIVE)
    copied = [
        (name, row["status"], text[start : start + COPIED])
        for name, row in rows()
        for language in LANGUAGES
        for text in words(row, language)
        for start in range(len(text) - COPIED + 1)
        if any(text[start : start + COPIED] in original for original in originals)
    ]
    assert not copied


def test_every_registered_status_has_its_entry_and_its_name(shelf: dict[str, Document]) -> None:
    named = {row["status"]: row["reason"] for row in shelf["standard"]["entries"]}
    older = {status.value: status.phrase for status in HTTPStatus if status.value not in {*RENAMED, *UNNAMED}}
    assert named == {**older, **RENAMED, **UNNAMED, 208: "Already Reported", 226: "IM Used"}
    assert set(named) == REGISTERED
    assert {status: reason(status) for status in REGISTERED} == named


@pytest.mark.parametrize(
    ("status", "vendor", "phrase"),
    [
        (499, None, "Client Closed Request"),
        (499, "nginx", "Client Closed Request"),
        (499, "cloudflare", "Client Closed Request"),
        (499, "apache", None),
        (444, "nginx", "No Response"),
        (494, "nginx", "Request Header Too Large"),
        (495, "nginx", "SSL Certificate Error"),
        (496, "nginx", "SSL Certificate Required"),
        (497, "nginx", "HTTP Request Sent to HTTPS Port"),
        (407, "cloudflare", "Proxy Authentication Required"),
        (413, "cloudflare", "Content Too Large"),
        (451, "cloudflare", "Unavailable For Legal Reasons"),
        (451, "nginx", "Unavailable For Legal Reasons"),
        (451, "microsoft", "Redirect"),
        (520, "cloudflare", "Web Server Returns an Unknown Error"),
        (521, "cloudflare", "Web Server Is Down"),
        (522, "cloudflare", "Connection Timed Out"),
        (523, "cloudflare", "Origin Is Unreachable"),
        (524, "cloudflare", "A Timeout Occurred"),
        (525, "cloudflare", "SSL Handshake Failed"),
        (526, "cloudflare", "Invalid SSL Certificate"),
        (527, "cloudflare", "Railgun Error"),
        (507, "cisco_wsa", "Insufficient Storage"),
        (799, None, None),
        (799, "nginx", None),
    ],
)
def test_reason_is_the_vendors_name_before_the_standards(
    status: int, vendor: str | None, phrase: str | None
) -> None:
    assert reason(status, vendor) == phrase
    assert explain(status, vendor=vendor).reason == phrase


@pytest.mark.parametrize("status", [420, 449, 450, 509, 520, 530, 598, 599, 0, 9, 498])
def test_unofficial_status_is_known_and_explained(status: int) -> None:
    assert status in known()
    assert explain(status).entries


@pytest.mark.parametrize("status", [420, 449, 450, 509, 598, 599])
def test_unofficial_status_has_a_name(status: int) -> None:
    assert reason(status) is not None


def test_known_is_every_status_with_an_entry(shelf: dict[str, Document]) -> None:
    assert known() == tuple(
        sorted({row["status"] for document in shelf.values() for row in document["entries"]})
    )
    assert set(known()) >= REGISTERED.union(*EXPLAINED.values())


def test_without_a_vendor_every_document_speaks_in_the_order_of_the_shelf() -> None:
    found = [entry.document for entry in explain(403).entries]
    assert found == [*FIVE, "standard", "cisco-asyncos-guide", "cloudflare-docs"]


def test_a_vendor_is_heard_before_the_standard_and_other_vendors_not_at_all() -> None:
    standard = ["mdn-client-server-errors", "http-status-overview", "mdn-errors-excerpt", "standard"]
    assert {vendor: [entry.document for entry in explain(403, vendor=vendor).entries] for vendor in (
        "nginx", "cloudflare", "cisco_wsa", "standard",
    )} == {
        "nginx": standard,
        "cloudflare": ["cloudflare-4xx", "cloudflare-docs", *standard],
        "cisco_wsa": ["cisco-wsa-codes", "cisco-asyncos-guide", *standard],
        "standard": standard,
    }  # fmt: skip


def test_cloudflares_article_speaks_of_499_for_cloudflare_and_for_nginx() -> None:
    heard = {vendor: [entry.document for entry in explain(499, vendor=vendor).entries] for vendor in (
        "nginx", "cloudflare", "apache",
    )}  # fmt: skip
    assert heard == {
        "nginx": ["cloudflare-4xx", "http-status-overview", "nginx-source"],
        "cloudflare": ["cloudflare-4xx", "cloudflare-docs"],
        "apache": [],
    }
    assert explain(499, vendor="cloudflare").entries[0].vendor == "nginx"


def test_microsofts_451_is_left_out_for_others_and_first_for_microsoft() -> None:
    overview = [
        (entry.vendor, entry.meaning_no) for entry in explain(451).entries if entry.document == FIVE[2]
    ]
    assert overview == [(None, 1), ("microsoft", 2)]
    assert "microsoft" not in {entry.vendor for entry in explain(451, vendor="nginx").entries}
    assert explain(451, vendor="microsoft").entries[0].vendor == "microsoft"


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (0, "other"),
        (99, "other"),
        (100, "1xx"),
        (304, "3xx"),
        (499, "4xx"),
        (599, "5xx"),
        (600, "other"),
        (999, "other"),
    ],
)
def test_class_is_the_first_digit(status: int, name: str) -> None:
    assert explain(status).status_class == name


@pytest.mark.parametrize(("status", "name"), [(578, "5xx"), (777, "other")])
def test_unknown_status_has_its_class_and_nothing_else(status: int, name: str) -> None:
    assert as_json(explain(status)) == {
        "status": status, "reason": None, "class": name, "entries": [], "elsewhere": [],
    }  # fmt: skip


def test_status_of_another_vendor_alone_has_no_name_and_no_entry() -> None:
    found = as_json(explain(499, vendor="apache"))
    assert (found["reason"], found["entries"]) == (None, [])
    assert [(entry.document, entry.vendor) for entry in explain(499, vendor="apache").elsewhere] == [
        ("cloudflare-4xx", "nginx"),
        ("http-status-overview", "nginx"),
        ("cloudflare-docs", "cloudflare"),
        ("nginx-source", "nginx"),
    ]


@pytest.mark.parametrize(
    ("status", "vendor", "elsewhere"),
    [
        (403, "nginx", []),
        (424, "nginx", []),
        (451, "nginx", [("http-status-overview", "microsoft")]),
        (451, "microsoft", []),
        (522, "nginx", [("cloudflare-docs", "cloudflare")]),
        (520, "nginx", []),
        (600, "nginx", []),
        (499, None, []),
    ],
)
def test_what_a_status_is_for_others_stands_apart_where_nothing_else_explains_it(
    status: int, vendor: str | None, elsewhere: list[tuple[str, str]]
) -> None:
    found = explain(status, vendor=vendor).elsewhere
    assert [(entry.document, entry.vendor) for entry in found] == elsewhere


def test_json_is_the_shape_that_callers_hold_on_to() -> None:
    result = json.loads(json.dumps(as_json(explain(499, vendor="nginx", lang="ko"))))
    entries = result.pop("entries")
    assert result == {"status": 499, "reason": "Client Closed Request", "class": "4xx", "elsewhere": []}
    said = explain(499, vendor="nginx", lang="ko").entries[0]
    assert HANGUL.search(said.meaning)
    assert entries[0] == {
        "document": "cloudflare-4xx",
        "title": "4XX 클라이언트 오류",
        "address": said.address,
        "refers_to": list(said.refers_to),
        "vendor": "nginx",
        "name": "Client Close Request",
        "meaning_no": 1,
        "meaning": said.meaning,
        "layer": "client",
        "causes": list(said.causes),
        "remedies": [],
        "caveat": said.caveat,
    }


@pytest.mark.parametrize("status", sorted(REGISTERED))
def test_success_and_information_point_to_no_side(status: int) -> None:
    layers = {
        entry.layer for entry in explain(status, vendor="standard").entries if entry.document == "standard"
    }
    assert (layers == {"none"}) == (
        status < 300 or status in {300, 301, 302, 303, 304, 305, 306, 307, 308, 418}
    )


def test_knowledge_starts_without_polars() -> None:
    code = "import sys, loganalyzer.knowledge as k; k.explain(404); sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(explanation).failed == 0
