"""The JSON result keeps its promises: keys, nulls, order, times, masks, bounds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

import reports
from loganalyzer.analysis import Evidence, Reject
from tests.analysis_factory import DAY, HOSTILE, analysis, empty, hostile

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis, Shape
    from reports.catalogue import Language

SOURCE = {
    "path", "vendor", "format", "evidence", "bytes", "lines", "records", "rejected", "blank", "skipped", "filtered",
    "skipped_why", "columns", "start", "end", "problem",
}  # fmt: skip
FINDING = {
    "id", "incident", "kind", "family", "shape", "severity", "vendor", "server", "host", "start", "end", "ongoing",
    "observed", "expected", "ratio", "score", "sentence", "model", "attribution", "diagnosis", "evidence",
}  # fmt: skip


def result(value: Analysis, version: str = "", lang: Language = "en") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(reports.render(value, "json", version=version, lang=lang))
    return found


def test_the_promised_keys_are_there() -> None:
    found = result(analysis(), version="1.2.3")
    assert set(found) >= {
        "schema_version", "tool", "period", "sources", "totals", "roles", "classes", "statuses", "incidents",
        "findings", "diagnosis", "notes", "rejects",
    }  # fmt: skip
    assert found["schema_version"] == 1
    assert found["tool"] == {"name": "loganalyzer", "version": "1.2.3"}
    assert set(found["totals"]) == {
        "lines", "records", "rejected", "blank", "skipped", "filtered", "bytes_sent",
    }  # fmt: skip
    assert all(set(source) >= SOURCE for source in found["sources"])
    assert all(set(one) >= FINDING for one in found["findings"])
    assert set(found["findings"][0]["model"]) == {
        "window_s", "y", "m", "a", "b", "level", "phi", "kappa", "M", "threshold", "history",
        "limit", "direction", "rhythm", "jobs",
    }  # fmt: skip
    assert found["classes"][0] == {
        "vendor": "cloudflare", "class": "2xx", "records": 8_800, "share": pytest.approx(0.9054, abs=0.01),
    }  # fmt: skip
    for name, rows in (("classes", analysis().classes), ("requests", analysis().requests)):
        assert [(one["vendor"], one["class"], one["records"], one["share"]) for one in found[name]] == [
            (row.vendor, row.status_class, row.records, row.share) for row in rows
        ]
    assert {"vendor", "status", "class", "reason", "records", "share", "bytes_sent"} == set(
        found["statuses"][0]
    )
    assert found["diagnosis"] == []
    (incident,) = found["incidents"]
    assert set(incident) >= {"id", "severity", "start", "end", "ongoing", "lead", "findings", "title"}
    members = [one["id"] for one in found["findings"] if one["incident"] == incident["id"]]
    assert sorted(members) == sorted(incident["findings"])
    assert incident["lead"] in members


def test_times_are_utc_with_a_z() -> None:
    found = result(replace(analysis(), period=(DAY, DAY + timedelta(hours=1, microseconds=250_000))))
    assert found["period"] == {"start": "2026-03-10T00:00:00Z", "end": "2026-03-10T01:00:00.250000Z"}
    assert found["findings"][1]["start"] == "2026-03-10T14:03:00Z"


def test_null_is_what_is_not_known() -> None:
    found = result(empty())
    assert found["period"] is None
    assert found["sources"] == found["findings"] == found["rejects"] == []
    quiet = replace(analysis().findings[0], expected=0.0, vendor=None, severity="notice")
    alone = result(replace(analysis(), findings=(quiet,)))["findings"][0]
    assert alone["ratio"] is None
    assert alone["vendor"] is None
    assert alone["incident"] is None
    row = replace(analysis().statuses[0], status=None, status_class="other", reason=None)
    assert result(replace(analysis(), statuses=(row,)))["statuses"][0]["status"] is None


@pytest.mark.parametrize("shape", ["burst", "throughout"])
def test_a_limit_is_no_expectation_to_give_a_ratio_of(shape: Shape) -> None:
    burst = analysis().findings[0]
    limited = replace(burst, shape=shape, model=replace(burst.model, b=0.002, limit=0.002))
    found = result(replace(analysis(), findings=(limited,)))["findings"][0]
    assert found["ratio"] is None
    assert found["model"]["limit"] == 0.002
    assert found["expected"] == 38.0
    assert "limit 0.2 % of requests" in found["sentence"]


def test_equal_input_gives_equal_bytes_whatever_its_order() -> None:
    value = analysis()
    turned = replace(
        value,
        sources=value.sources[::-1],
        roles=value.roles[::-1],
        classes=value.classes[::-1],
        statuses=value.statuses[::-1],
        findings=value.findings[::-1],
        rejects=value.rejects[::-1],
        notes=value.notes[::-1],
    )
    assert reports.render(value, "json") == reports.render(turned, "json")


def test_sentences_speak_the_chosen_language() -> None:
    assert result(analysis())["findings"][1]["sentence"].startswith("CRITICAL Cloudflare, ")
    assert result(analysis(), lang="ko")["findings"][1]["sentence"].startswith("[심각] Cloudflare, ")
    assert result(analysis(), lang="ko")["notes"][0]["sentence"] != result(analysis())["notes"][0]["sentence"]


def test_lists_of_lines_are_bounded() -> None:
    many = tuple(Reject("a.log", number, "no", "x" * 100_000) for number in range(1, 1_203))
    evidence = tuple(Evidence("a.log", number, "x") for number in range(30))
    busy = replace(analysis().findings[0], evidence=evidence, evidence_total=30)
    found = result(replace(analysis(), rejects=many, findings=(busy,), rejected_why=(("no", 1_202),)))
    assert len(found["rejects"]) == 1_000
    assert len(found["rejects"][0]["text"]) < 5_000
    assert found["rejected_why"] == {"no": 1_202}
    assert len(found["findings"][0]["evidence"]) == 20
    assert found["findings"][0]["evidence_total"] == 30


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_masked_and_escaped(text: str) -> None:
    raw = reports.render(hostile(text), "json")
    assert "hunter2" not in raw
    assert raw.replace("\n", "").isprintable()
    raw.encode()
    found = json.loads(raw)
    if "hunter2" not in text and len(text) < 1_000:
        assert found["rejects"][0]["text"] == text.replace("\ud83d", "\ufffd")
