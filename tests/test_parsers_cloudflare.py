"""Cloudflare's fields, one by one against the reference: every encoding of time, role, decision and name of old."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest

from loganalyzer.analysis import analyze
from parsers import SCHEMA, scan
from parsers.cloudflare import moment
from reports.words import Words

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2020, 11, 20, 12, tzinfo=UTC)

WHOLE: dict[str, object] = {
    "RayID": "5f52a1b2c3d4e5f6",
    "ParentRayID": "00",
    "ClientIP": "192.0.2.10",
    "ClientCountry": "de",
    "ClientASN": 64496,
    "ClientRequestHost": "shop.example.com",
    "ClientRequestMethod": "GET",
    "ClientRequestURI": "/p?id=7",
    "ClientRequestPath": "/p",
    "ClientRequestProtocol": "HTTP/2",
    "ClientRequestReferer": "",
    "ClientRequestUserAgent": 'say "hi", twice',
    "ClientRequestBytes": 1200,
    "ClientRequestSource": "eyeball",
    "EdgeStartTimestamp": 1605873600123000000,
    "EdgeEndTimestamp": 1605873600345000000,
    "EdgeResponseStatus": 200,
    "EdgeResponseBytes": 5316,
    "OriginIP": "203.0.113.7",
    "OriginResponseStatus": 200,
    "OriginResponseDurationMs": 187,
    "CacheCacheStatus": "dynamic",
    "SecurityAction": "",
    "SecurityActions": ["skip", "log"],
    "sampleInterval": 10,
}
EXPECTED = {
    "vendor": "cloudflare",
    "timestamp": NOON.replace(microsecond=123_000),
    "client": "192.0.2.10",
    "user": None,
    "method": "GET",
    "target": "/p?id=7",
    "protocol": "HTTP/2",
    "path": "/p",
    "query": "id=7",
    "status": 200,
    "bytes_sent": 5316,
    "bytes_received": 1200,
    "duration_s": 0.222,
    "host": "shop.example.com",
    "referrer": "",
    "user_agent": 'say "hi", twice',
    "upstream": "203.0.113.7",
    "upstream_status": 200,
    "upstream_duration_s": 0.187,
    "upstream_tries": None,
    "cache": "dynamic",
    "action": "log",
    "category": None,
    "policy": None,
    "country": "de",
    "request_id": "5f52a1b2c3d4e5f6",
    "asn": 64496,
    "weight": 10.0,
    "role": "request",
}


def read(path: Path, text: str) -> list[dict[str, object]]:
    path.write_text(text, encoding="utf-8")
    made = scan([str(path)])
    return [
        row for rows in made.batches(tuple(SCHEMA), lambda batch: batch.records.to_dicts()) for row in rows
    ]


def read_one(path: Path, **fields: object) -> dict[str, object]:
    (row,) = read(path, json.dumps(fields) + "\n")
    return row


def as_table(record: dict[str, object], delimiter: str) -> str:
    """Return what a job writes: texts quoted, numbers bare, lists as quoted JSON."""
    written = io.StringIO()
    table = csv.writer(written, quoting=csv.QUOTE_NONNUMERIC, delimiter=delimiter, lineterminator="\n")
    table.writerow(record)
    table.writerow(json.dumps(value) if isinstance(value, list) else value for value in record.values())
    return written.getvalue()


WRITTEN = {
    "lines": json.dumps(WHOLE),
    "texts": json.dumps(
        {name: str(value) if isinstance(value, int) else value for name, value in WHOLE.items()}
    ),
    "wrapped": json.dumps({"time": 1605873600, "event": WHOLE, "fields": {"a": 1}}),
    "document": json.dumps({"events": [{"info": WHOLE}]}, indent=1),
    "csv": as_table(WHOLE, ","),
    "tsv": as_table(WHOLE, "\t"),
}


@pytest.mark.parametrize("way", WRITTEN)
def test_every_field_in_every_output(way: str, tmp_path: Path) -> None:
    (row,) = read(tmp_path / "edge.log", WRITTEN[way])
    assert {name: row[name] for name in EXPECTED} == EXPECTED
    assert set(EXPECTED) | {"source", "line", "server", "format"} == set(SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        "1605873600000000000",
        "1605873600000000",
        "1605873600000",
        "1605873600",
        "1605873600.0",
        "1.6058736e+18",
        "1.6058736E18",
        "1605873600000000000.0",
        "2020-11-20T12:00:00Z",
        "2020-11-20t12:00:00z",
        "2020-11-20T12:00:00.000000000Z",
        "2020-11-20T21:00:00+09:00",
        "2020-11-20T21:00:00+0900",
        "2020-11-20 12:00:00",
        "2020-11-20T12:00:00",
        "2020-11-20 12:00:00 UTC",
        "2020-11-20 12:00:00 +0000 UTC",
        "2020-11-20 12:00:00,000",
        "2020-11-20 21:00:00+09",
    ],
)
def test_every_encoding_of_a_moment(text: str, tmp_path: Path) -> None:
    assert read_one(tmp_path / "a", EdgeStartTimestamp=text, RayID="5f52")["timestamp"] == NOON
    if text.replace(".", "").replace("e+", "").replace("E", "").isdigit():
        (row,) = read(tmp_path / "b", f'{{"EdgeStartTimestamp":{text},"RayID":"5f52"}}\n')
        assert row["timestamp"] == NOON


@pytest.mark.parametrize(
    "text",
    ["0", "", "-1", "99", "+1605873600", "2020-11-20", "2020-02-30T00:00:00Z", "2020-11-20T24:00:00Z",
     "9999999999999999999", "1e400", "1e19", "1605873600e400", "NaN", "inf", "20/Nov/2020:12:00:00 +0000"],
)  # fmt: skip
def test_what_is_no_moment_is_none(text: str) -> None:
    assert pl.DataFrame({"text": [text]}).select(moment(pl.col("text"))).item() is None


def test_encodings_mixed_in_one_batch_do_not_disturb_each_other() -> None:
    texts = ["1605873600123000000", None, "1605873600", "2020-11-20T12:00:00Z", "odd", "1.6058736e+18", "0"]
    read_ = pl.DataFrame({"text": texts}).select(moment(pl.col("text"))).to_series().to_list()
    assert read_ == [NOON.replace(microsecond=123_000), None, NOON, NOON, None, NOON, None]


ROLES = {
    "subrequest": (
        "alwaysOnline", "edgeWorkerFetch", "edgeWorkerCacheAPI", "edgeWorkerKV", "imageResizing", "earlyHintsCache",
        "inBrowserChallenge", 3, 5, 6, 7, 8, 11, 12,
    ),
    "probe": ("purge", "healthcheck", "sslDetector", 2, 4, 10),
    "request": ("unknown", "eyeball", "orangeToOrange", 0, 1, 9, "", None, "somethingNew"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("role", "source"), [(role, source) for role, some in ROLES.items() for source in some]
)
@pytest.mark.parametrize("make", [lambda value: value, lambda value: value if value is None else str(value)])
def test_who_asked_is_the_role(role: str, source: object, make: object, tmp_path: Path) -> None:
    assert callable(make)
    record = WHOLE | {"ClientRequestSource": make(source)}
    assert read_one(tmp_path / "a", **record)["role"] == role


@pytest.mark.parametrize(
    ("fields", "action"),
    [
        ({}, None),
        ({"SecurityAction": "block", "SecurityActions": ["log", "block"]}, "block"),
        ({"SecurityAction": "", "SecurityActions": ["skip", "managedChallenge"]}, "managedChallenge"),
        ({"SecurityAction": "", "SecurityActions": []}, None),
        ({"SecurityAction": "unknown"}, "unknown"),
        ({"SecurityAction": "unknown", "SecurityActions": ["challenge"]}, "challenge"),
        ({"FirewallMatchesActions": ["simulate", "jschallenge"]}, "jschallenge"),
        ({"WAFAction": "0"}, "unknown"),
        ({"WAFAction": 1}, "allow"),
        ({"WAFAction": 2}, "drop"),
        ({"WAFAction": "3"}, "challengeSolved"),
        ({"WAFAction": 4}, "challengeFailed"),
        ({"WAFAction": 5}, "log"),
        ({"WAFAction": "unknown", "FirewallMatchesActions": ["block"]}, "block"),
        ({"EdgePathingSrc": "user", "EdgePathingOp": "ban", "EdgePathingStatus": "ip"}, "ban"),
        ({"EdgePathingSrc": "user", "EdgePathingOp": "wl", "EdgePathingStatus": "nr"}, None),
        ({"EdgePathingSrc": "err", "EdgePathingOp": "errHost", "EdgePathingStatus": "dns_err"}, None),
        ({"EdgePathingSrc": "err", "EdgePathingOp": "ban"}, None),
        ({"EdgePathingSrc": "undef", "EdgePathingOp": "undef"}, None),
        ({"EdgePathingOp": "ban", "WAFAction": "unknown"}, "ban"),
        ({"EdgePathingOp": "ban", "SecurityAction": "skip"}, "skip"),
    ],
    ids=str,
)
@pytest.mark.parametrize("table", [False, True])
def test_what_was_decided(
    fields: dict[str, object], action: str | None, *, table: bool, tmp_path: Path
) -> None:
    record = {"RayID": "5f52", "EdgeStartTimestamp": 1605873600, "EdgeResponseStatus": 403} | fields
    (row,) = read(tmp_path / "a", as_table(record, ",") if table else json.dumps(record))
    assert row["action"] == action


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"OriginResponseDurationMs": 187}, 0.187),
        ({"OriginResponseTime": 873_000_000}, 0.873),
        ({"OriginResponseDurationMs": 0, "OriginResponseTime": 873_000_000}, 0.873),
        ({"OriginResponseDurationMs": 12, "OriginResponseTime": 873_000_000}, 0.012),
        ({"OriginResponseDurationMs": 0}, None),
        ({}, None),
    ],
    ids=str,
)
def test_how_long_the_origin_took(fields: dict[str, object], seconds: float | None, tmp_path: Path) -> None:
    row = read_one(tmp_path / "a", EdgeStartTimestamp=1605873600, RayID="5f52", **fields)
    assert row["upstream_duration_s"] == seconds


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [
        (1605873600123000000, 1605873600345000000, 0.222),
        ("1605873600123000000", "1605873600123000000", 0.0),
        (1605873600, 1605873600, None),
        ("2020-11-20T12:00:00Z", "2020-11-20T12:00:00Z", None),
        ("2020-11-20T12:00:00.5Z", "2020-11-20T12:00:00.5Z", 0.0),
        (1605873600, 1605873622, 22.0),
        (1605873600123000000, 0, None),
        (1605873600345000000, 1605873600123000000, None),
    ],
)
def test_how_long_a_request_took(start: object, end: object, seconds: float | None, tmp_path: Path) -> None:
    row = read_one(tmp_path / "a", EdgeStartTimestamp=start, EdgeEndTimestamp=end, RayID="5f52")
    assert row["duration_s"] == seconds


@pytest.mark.parametrize(
    ("interval", "weight"), [(10, 10.0), ("4", 4.0), (1, 1.0), (0, 1.0), (-3, 1.0), (None, 1.0), ("NaN", 1.0)]
)
def test_a_line_stands_for_as_many_requests_as_it_says(
    interval: object, weight: float, tmp_path: Path
) -> None:
    row = read_one(tmp_path / "a", EdgeStartTimestamp=1605873600, RayID="5f52", sampleInterval=interval)
    assert row["weight"] == weight


def test_sampled_lines_are_counted_as_lines_and_said_to_be_estimates(tmp_path: Path) -> None:
    lines = [WHOLE | {"RayID": f"{n:016x}", "sampleInterval": 1 + n % 2} for n in range(10)]
    (tmp_path / "a").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    found = analyze(scan([str(tmp_path / "a")]))
    assert sum(row.records for row in found.statuses) == 10
    (note,) = [note for note in found.notes if note.kind == "estimated"]
    assert note.facts == {"vendor": "cloudflare", "lines": 5}
    assert "estimates" in "".join(map(str, Words("en").note(note)))
    assert "추정" in "".join(map(str, Words("ko").note(note)))


def test_errors_without_the_origin_s_status_are_said_to_be_nobody_s(tmp_path: Path) -> None:
    """Logpull's own fields hold none; 522 and 530 say by themselves whose they are."""
    statuses = [200, 502, 500, 522, 530, 404]
    lines = [
        {"RayID": f"{n:016x}", "EdgeStartTimestamp": 1605873600 + n, "EdgeResponseStatus": status}
        for n, status in enumerate(statuses)
    ]
    lines.append(lines[1] | {"RayID": "f" * 16, "OriginResponseStatus": 0})
    (tmp_path / "a").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    found = analyze(scan([str(tmp_path / "a")]))
    (note,) = [note for note in found.notes if note.kind == "origin-unknown"]
    assert note.facts == {"vendor": "cloudflare", "records": 2}
    for words in (Words("en"), Words("ko")):
        assert "OriginResponseStatus" in "".join(map(str, words.note(note)))
