"""Analysis: what the sample logs hold, by counts of another reader; shares, strays, sources, lines behind findings."""

from __future__ import annotations

import gzip
import os
import re
import threading
from collections import Counter
from pathlib import Path

import pytest

import parsers
from loganalyzer.analysis import Analysis, analyze
from loganalyzer.classes import status_class
from loganalyzer.tables import COLUMNS, Tables, fold

SAMPLES = Path(__file__).parent.parent / "sample_logs"
NGINX_DAY = SAMPLES / "nginx" / "access.log-20260310.gz"


@pytest.fixture(scope="module")
def nginx_day() -> Analysis:
    return analyze(parsers.scan([str(NGINX_DAY)]))


def lines_of(path: Path) -> list[str]:
    return gzip.decompress(path.read_bytes()).decode().splitlines()


def test_statuses_are_those_that_a_plain_reader_counts(nginx_day: Analysis) -> None:
    counted = Counter(
        int(match[1]) for line in lines_of(NGINX_DAY) if (match := re.search(r'" (\d{3}) \d+ "', line))
    )
    assert {status.status: status.records for status in nginx_day.statuses} == dict(counted)
    assert nginx_day.totals.lines == nginx_day.totals.records == sum(counted.values())
    assert sum(status.share for status in nginx_day.statuses) == pytest.approx(1)
    assert sum(group.records for group in nginx_day.classes) == sum(counted.values())
    assert nginx_day.timeline["records"].sum() == sum(counted.values())
    sizes = re.findall(r'" \d{3} (\d+) "', "\n".join(lines_of(NGINX_DAY)))
    assert nginx_day.bytes_sent == sum(map(int, sizes))


def test_top_tables_are_those_that_a_plain_reader_counts(nginx_day: Analysis) -> None:
    table = next(top for top in nginx_day.tops if (top.status_class, top.dimension) == ("5xx", "client"))
    counted = Counter(
        line.split(" ", 1)[0] for line in lines_of(NGINX_DAY) if re.search(r'" 5\d\d \d+ "', line)
    )
    everything = Counter(line.split(" ", 1)[0] for line in lines_of(NGINX_DAY))
    assert table.failures == sum(counted.values())
    assert table.values == len(counted)
    expected = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:20]
    assert [(row.value, row.failures) for row in table.rows] == expected
    assert all(row.records == everything[row.value] for row in table.rows)
    assert all(sum(count for _, count in row.statuses) == row.failures for row in table.rows)


def test_the_incident_is_found_with_its_lines(nginx_day: Analysis) -> None:
    burst = next(finding for finding in nginx_day.findings if finding.kind == "server-error-burst")
    assert f"{burst.start:%H:%M}" == "14:03"
    lines = lines_of(NGINX_DAY)
    assert len(burst.evidence) == 20
    for evidence in burst.evidence:
        assert evidence.text == lines[evidence.line - 1]
        assert re.search(r'" 50\d ', evidence.text)
    assert burst.evidence_total == burst.observed


def test_lines_of_an_unreached_origin_are_those_without_an_answer() -> None:
    day = SAMPLES / "cisco_wsa" / "aclog.@20260310T000000.s.gz"
    found = analyze(parsers.scan([str(day)])).findings
    by_kind = {finding.kind: [line.text for line in finding.evidence] for finding in found}
    assert all(re.search(r" NONE/50[34] ", text) for text in by_kind["origin-unreachable"])
    assert all(re.search(r" TCP_\w+/50\d ", text) for text in by_kind["server-error-burst"])
    assert by_kind["origin-unreachable"]


@pytest.mark.parametrize(
    ("path", "kind", "cause"),
    [
        (
            "cloudflare/20260310T000000Z_20260311T000000Z_3e9c1f70.log.gz",
            "origin-unreachable",
            ("upstream", "192.0.2.80"),
        ),
        ("cisco_wsa/aclog.@20260310T000000.s.gz", "origin-unreachable", ("host", "shop.example.com")),
        ("cisco_wsa/aclog.@20260310T000000.s.gz", "server-error-burst", ("host", "shop.example.com")),
        ("nginx/access.log-20260310.gz", "server-error-burst", None),
        ("apache/other_vhosts_access.log.1.gz", "server-error-burst", None),
    ],
)
def test_the_outage_is_blamed_on_what_failed_where_the_log_names_it(
    path: str, kind: str, cause: tuple[str, str] | None
) -> None:
    """The database behind all pages hung: nginx's format names no upstream, and Apache's two sites both failed."""
    found = analyze(parsers.scan([str(SAMPLES / path)])).findings
    seen = next(one for one in found if one.kind == kind)
    assert seen.examined
    assert [(one.dimension, one.value) for one in seen.causes] == ([cause] if cause else [])


def test_a_day_with_one_outage_has_no_other_finding(nginx_day: Analysis) -> None:
    """Neither the night nor the deploy at 10:30 is an incident; people who give up ask for fewer pages."""
    assert {finding.kind for finding in nginx_day.findings if finding.severity != "notice"} == {
        "server-error-burst",
        "client-closed-spike",
        "traffic-drop",
    }
    assert len(nginx_day.incidents) == 1


@pytest.mark.parametrize(
    "status", [(99, "other"), (100, "1xx"), (599, "5xx"), (600, "other"), (0, "other"), (None, "other")]
)
def test_status_class(status: tuple[int | None, str]) -> None:
    assert status_class(status[0]) == status[1]


def test_a_pipe_is_read_whole_and_looked_at_again(tmp_path: Path, nginx_day: Analysis) -> None:
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    data = gzip.decompress(NGINX_DAY.read_bytes())
    writer = threading.Thread(target=lambda: fifo.write_bytes(data))
    writer.start()
    piped = analyze(parsers.scan([str(fifo)], vendor="nginx"))
    writer.join()
    assert [(f.kind, f.start, f.observed) for f in piped.findings] == [
        (f.kind, f.start, f.observed) for f in nginx_day.findings
    ]
    assert [len(f.evidence) for f in piped.findings] == [len(f.evidence) for f in nginx_day.findings]


def test_a_pipe_longer_than_its_spool_keeps_its_numbers_and_says_so(tmp_path: Path) -> None:
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    data = gzip.decompress(NGINX_DAY.read_bytes())
    writer = threading.Thread(target=lambda: fifo.write_bytes(data))
    writer.start()
    piped = analyze(parsers.scan([str(fifo)], vendor="nginx", spool_limit=1_000))
    writer.join()
    burst = next(finding for finding in piped.findings if finding.kind == "server-error-burst")
    assert burst.evidence == ()
    assert burst.observed > 100
    assert [note.kind for note in piped.notes].count("evidence-missing") == 1


def test_a_file_cut_after_it_was_read_keeps_its_numbers_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(gzip.decompress(NGINX_DAY.read_bytes()))
    scan = parsers.scan([str(path)], vendor="nginx")
    tables = fold(scan.batches(COLUMNS, Tables.of))
    path.write_bytes(b"")
    from loganalyzer.analysis import summarise  # noqa: PLC0415

    cut = summarise(tables, scan)
    assert next(f for f in cut.findings if f.kind == "server-error-burst").evidence == ()
    assert "evidence-missing" in {note.kind for note in cut.notes}


def test_a_clock_that_was_wrong_is_counted_and_not_drawn(tmp_path: Path) -> None:
    good = '192.0.2.1 - - [10/Mar/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n'
    bad = good.replace("2026", "1970")
    (tmp_path / "access.log").write_text(good * 9 + bad)
    found = analyze(parsers.scan([str(tmp_path / "access.log")], vendor="nginx"))
    assert found.totals.records == 10
    assert found.timeline["records"].sum() == 9
    note = next(note for note in found.notes if note.kind == "clock")
    assert note.facts == {"vendor": "nginx", "records": 1, "first": "1970-03-10", "last": "1970-03-10"}
    assert sum(status.records for status in found.statuses) == 10
    assert found.period is not None
    assert f"{found.period[0]:%Y}" == "2026"


def test_nothing_at_all(tmp_path: Path) -> None:
    (tmp_path / "empty.log").write_bytes(b"")
    found = analyze(parsers.scan([str(tmp_path / "empty.log"), str(tmp_path / "missing.log")]))
    assert found.period is None
    assert found.totals.lines == 0
    assert [source.problem for source in found.sources] == [None, "no such file or folder"]
    assert found.findings == ()


def test_failures_of_a_wrong_clock_are_in_the_top_tables_too(tmp_path: Path) -> None:
    good = '192.0.2.1 - - [10/Mar/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n'
    bad = good.replace("2026", "1970").replace(" 200 ", " 404 ")
    (tmp_path / "access.log").write_text(good * 20 + bad)
    found = analyze(parsers.scan([str(tmp_path / "access.log")], vendor="nginx"))
    assert {top.dimension: (top.failures, top.unnamed) for top in found.tops} == dict.fromkeys(
        ("path", "client", "network", "method"), (1, 0)
    )


def test_records_without_a_value_are_no_value(tmp_path: Path) -> None:
    line = '192.0.2.1 - - [10/Mar/2026:10:00:00 +0000] "{}" 400 1 "-" "-"\n'
    (tmp_path / "access.log").write_text(line.format("GET /a HTTP/1.1") + line.format(r"\x16\x03") * 4)
    paths = next(
        top
        for top in analyze(parsers.scan([str(tmp_path / "access.log")], vendor="nginx")).tops
        if top.dimension == "path"
    )
    assert (paths.failures, paths.unnamed, paths.values) == (5, 4, 1)


def test_slow_failures_bring_their_lines(tmp_path: Path) -> None:
    """The grid counts a request when it began, four minutes before its line was written."""
    quiet = [
        f"{1773100800 + n * 10}.000 20 192.0.2.{n % 50 + 1} TCP_MISS/200 99 GET http://a.example.com/ - "
        "DIRECT/a.example.com - DEFAULT_CASE_12-A-B-NONE-NONE-NONE-X-NONE <nc,ns,-> - -"
        for n in range(2_880)
    ]
    failing = [
        line.replace(" 20 ", " 240000 ", 1).replace("TCP_MISS/200", "NONE/504")
        for line in quiet[1_500:1_524]
        for _ in range(4)
    ]
    (tmp_path / "aclog.log").write_text("\n".join([*quiet, *failing]) + "\n")
    found = analyze(parsers.scan([str(tmp_path / "aclog.log")])).findings
    finding = next(finding for finding in found if finding.kind == "origin-unreachable")
    assert len(finding.evidence) == 20
    assert all("NONE/504" in evidence.text for evidence in finding.evidence)


def test_requests_leave_handshakes_out() -> None:
    day = SAMPLES / "cisco_wsa" / "handshakes.log"
    found = analyze(parsers.scan([str(day)]))
    everything = {count.status_class: count.records for count in found.classes}
    requests = {count.status_class: count.records for count in found.requests}
    assert everything["4xx"] > requests.get("4xx", 0)
    assert sum(count.share for count in found.requests) == pytest.approx(1)
    assert set(found.timeline["request"].to_list()) == {True, False}


@pytest.mark.parametrize(("offset", "hours"), [("+0900", 9), ("-0330", -3.5), ("+0000", 0)])
def test_the_one_offset_of_a_log_is_known(tmp_path: Path, offset: str, hours: float) -> None:
    line = f'192.0.2.1 - - [10/Mar/2026:10:00:00 {offset}] "GET / HTTP/1.1" 200 1 "-" "-"\n'
    (tmp_path / "access.log").write_text(line * 3)
    found = analyze(parsers.scan([str(tmp_path / "access.log")], vendor="nginx"))
    assert found.offset is not None
    assert found.offset.total_seconds() == hours * 3_600
    (tmp_path / "other.log").write_text(line.replace(offset, "+0545"))
    assert analyze(parsers.scan([str(tmp_path)], vendor="nginx")).offset is None


def test_the_columns_of_a_mixed_file_are_those_of_all_its_formats(tmp_path: Path) -> None:
    """The format it is taken for carries no duration and no origin; two of its lines do, one of them Cloudflare's."""
    head = '192.0.2.7 - - [10/Mar/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"'
    (tmp_path / "alone.log").write_text(f"{head}\n" * 9, encoding="utf-8")
    edge = '{"EdgeStartTimestamp":1773100800,"EdgeResponseStatus":200,"ClientIP":"192.0.2.7","RayID":"5f%d"}'
    timed = f"{head} 0.120 0.119 192.0.2.80:8080"
    for name, others in (
        ("mixed.log", [f"{head} 0.120"]),
        ("two.log", [edge % 2]),
        ("three.log", [timed, edge % 3]),
    ):
        (tmp_path / name).write_text("\n".join([head] * 9 + others) + "\n", encoding="utf-8")
    found = {Path(one.path).name: one for one in analyze(parsers.scan([str(tmp_path)], vendor=None)).sources}
    for one in found.values():
        formats = {form.name: form for form in parsers.FORMATS}
        can = {column for name, _ in one.formats for column in parsers.carried(formats[name])}
        assert set(one.columns) == can
        assert list(one.columns) == [name for name in parsers.SCHEMA if name in can], "in their order"
        assert one.ledger.records == one.ledger.lines
    assert "duration_s" not in found["alone.log"].columns
    assert "duration_s" in found["mixed.log"].columns
    assert {"asn", "upstream"} & set(found["alone.log"].columns) == set()
    assert {"asn", "upstream"} <= set(found["two.log"].columns)


def test_the_columns_of_a_log_without_records_are_those_of_what_it_was_taken_for(tmp_path: Path) -> None:
    line = '192.0.2.7 - - [10/Mar/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"\n'
    (tmp_path / "access.log").write_text(line, encoding="utf-8")
    (one,) = analyze(parsers.scan([str(tmp_path / "access.log")], where="status=500")).sources
    assert (one.ledger.records, one.ledger.filtered) == (0, 1)
    assert {"status", "user_agent"} <= set(one.columns)
    assert "duration_s" not in one.columns
