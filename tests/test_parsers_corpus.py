"""Real logs with the peers' expectations: every truth row and every count, or the difference with its reason.

The files are not part of the repository: the tests are skipped without them. Differences are named by file and line.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest

from parsers import SCHEMA, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from parsers import Batch


@dataclass(frozen=True)
class Log:
    """How a file is read: its first format, and the lines that are no records, each with the reason."""

    form: str | None
    records: int
    rejected: dict[int, str] = field(default_factory=dict)
    skipped: int = 0
    blank: int = 0
    declined: str = ""


ERROR_LOG = "a line of the server's error log"

LOGS = {
    "apache/awstats_testglobal.log": Log("apache-combined", 56, skipped=28, blank=17),
    "apache/crowdsec_apache2_logs.log": Log("apache-combined", 7, {8: ERROR_LOG, 9: ERROR_LOG}),
    "apache/crowdsec_http_probing.log": Log("apache-common", 77),
    "apache/elastic_examples_10k.log": Log("apache-combined", 10_000),
    "apache/elastic_pkg_darwin.log": Log("apache-common", 8),
    "apache/elastic_pkg_ubuntu.log": Log("apache-combined", 9),
    "apache/elastic_pkg_vhost.log": Log("apache-vhost-combined-without-port", 1),
    "apache/lnav_access.log": Log("apache-combined", 3),
    "apache/logswan.log": Log("apache-combined", 68),
    "apache/matomo_common.log": Log("apache-common", 1),
    "apache/matomo_common_complete.log": Log("apache-vhost-combined-without-port", 1),
    "apache/matomo_common_vhost.log": Log("apache-vhost-common", 1),
    "apache/matomo_ncsa_extended.log": Log("apache-combined", 1),
    "apache/matomo_ovh.log": Log("apache-combined-host-second", 1),
    "apache/matomo_static_ignores.log": Log("apache-vhost-combined-without-port", 4),
    "cisco_wsa/cisco_docs.log": Log("cisco-wsa-squid", 4),
    "cisco_wsa/cisco_docs_w3c_header_only.log": Log("cisco-wsa-w3c", 0, skipped=5),
    "cisco_wsa/sc4s_squid.log": Log("cisco-wsa-squid", 14),
    "cisco_wsa/sc4s_squid_syslog.log": Log("cisco-wsa-squid", 14),
    "cisco_wsa/sekoia_swa.log": Log("cisco-wsa-squid", 6),
    "cloudflare/elastic_logpull_http.ndjson": Log("cloudflare-http-requests", 4),
    "cloudflare/ibm_cis_logpull.ndjson": Log("cloudflare-http-requests", 14),
    "cloudflare/lnav_ripe_1.ndjson": Log("cloudflare-http-requests", 1),
    "cloudflare/lnav_synthetic_15.ndjson": Log("cloudflare-http-requests", 15),
    "hostile/crowdsec_nginx_sqli.log": Log("nginx-combined", 16),
    "hostile/crowdsec_nginx_traversal.log": Log("nginx-combined", 9),
    "hostile/crowdsec_nginx_xss.log": Log("nginx-combined", 26),
    "hostile/lnav_bad_access_log.log": Log("nginx-combined", 3),
    "hostile/logswan_invalid.log": Log("nginx-combined", 2, {3: "junk"}),
    "hostile/ocatak_acunetix.txt": Log("apache-combined-loose", 6539),
    "hostile/picked_hostile.log": Log("apache-combined", 146),
    "mixed/alp_combined.log": Log("nginx-main-timed", 14),
    "nginx/coralogix_995.log": Log("nginx-combined", 996),
    "nginx/elastic_int_ingress_controller.log": Log("nginx-ingress", 22),
    "nginx/elastic_pkg_access.log": Log("nginx-combined", 14),
    "nginx/fail2ban_nginx_botsearch.log": Log(
        "nginx-main", 8, dict.fromkeys((9, 10, 11, 12, 13, 14), ERROR_LOG)
    ),
    "nginx/lnav_shop_1k.log": Log("nginx-main", 1000),
    "nginx/roadmap_access_7k6.log": Log("nginx-combined", 7606),
    "nginx/roadmap_access_crlf.log": Log("nginx-combined", 7606),
    "squid/fail2ban_squid.log": Log("squid-native", 4),
    "squid/logstash_squid_spec.log": Log("squid-native", 4),
    # Other programs' logs
    "mixed/alp_ltsv.log": Log(None, 0, declined="labelled tab-separated values"),
    "mixed/foreign_haproxy.log": Log(None, 0, declined="HAProxy"),
    "mixed/foreign_iis.log": Log(None, 0, declined="IIS"),
    "mixed/foreign_s3.log": Log(None, 0, declined="S3"),
    # Formats of these servers that are not the default ones
    "apache/matomo_gandi.log": Log("apache-vhost-combined-seconds", 2),
    "cisco_wsa/sc4s_w3c_recommended.log": Log(
        None, 0, declined="a Cisco WSA W3C log without its #Fields: line"
    ),
    "mixed/alp_json.log": Log("nginx-json", 14),
    "nginx/crowdsec_npmplus.log": Log("npmplus", 8, {1: "does not fit", 2: "does not fit"}),
    "nginx/crowdsec_proxy_manager.log": Log(
        "nginx-proxy-manager", 11, {5: "does not fit", 6: "does not fit", 14: "cut off"}
    ),
    "nginx/matomo_nginx_json.log": Log("nginx-json", 2),
}

DIFFERENT_TRUTH: dict[tuple[str, int], str] = {
    ("nginx/fail2ban_nginx_botsearch.log", line): ERROR_LOG for line in (9, 10, 11, 12)
} | {
    ("nginx/crowdsec_proxy_manager.log", 14): "no line end, and not in the format that the file begins with",
}
"""Truth rows that are not met, and why."""

DIFFERENT_COUNTS: dict[tuple[str, str], str] = {
    ("hostile/logswan_invalid.log", "distinct first field"): "counts the first word of the junk in line 3",
}
"""Counts that are not met, and why."""


COUNTED_AS_COMBINED = {"apache/matomo_gandi.log", "nginx/matomo_nginx_json.log"}
"""Their figures come from a pattern for combined lines, which finds none there."""


@dataclass(frozen=True)
class Read:
    """A file that was read whole: `records` with every column, `rejects`, and the sums."""

    records: pl.DataFrame
    rejects: pl.DataFrame
    lines: int
    blank: int
    skipped: int
    form: str | None
    evidence: str


@pytest.fixture(scope="module")
def logs(corpus: Path) -> dict[str, Read]:
    return {name: read(corpus / name) for name in LOGS}


def read(path: Path) -> Read:
    made = scan([str(path)])
    batches: list[Batch] = list(made.batches(tuple(SCHEMA), lambda batch: batch))
    (state,) = made.states
    assert state.recognition is not None
    return Read(
        pl.concat([batch.records for batch in batches]).drop("source"),
        pl.concat([batch.rejects for batch in batches]),
        sum(batch.lines for batch in batches),
        sum(batch.blank for batch in batches),
        sum(sum(batch.skipped.values()) for batch in batches),
        state.recognition.formats[0].name if state.recognition.formats else None,
        state.recognition.evidence,
    )


def test_every_log_of_the_corpus_is_known_here(corpus: Path) -> None:
    found = {
        str(path.relative_to(corpus))
        for suffix in ("log", "txt", "ndjson")
        for path in corpus.glob(f"*/*.{suffix}")
    }
    assert found == set(LOGS)


@pytest.mark.parametrize("name", LOGS)
def test_a_log_is_recognised_and_its_lines_accounted_for(
    name: str, corpus: Path, logs: dict[str, Read]
) -> None:
    got, expected = logs[name], LOGS[name]
    data = (corpus / name).read_bytes()
    assert got.form == expected.form, got.evidence
    assert got.lines == data.count(b"\n") + (not data.endswith(b"\n"))
    assert set(got.rejects["line"]) == set(expected.rejected)
    if expected.form is None:
        assert expected.declined in got.evidence
        assert (got.records.height, got.skipped) == (0, got.lines)
    else:
        assert (got.records.height, got.skipped, got.blank) == (
            expected.records,
            expected.skipped,
            expected.blank,
        )


def truths(corpus: Path) -> Iterator[tuple[str, dict[str, str]]]:
    for path in sorted(corpus.glob("*/*.truth.tsv")):
        name = str(path.relative_to(corpus)).removesuffix(".truth.tsv")
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE):
                yield name, row


def disagreement(truth: dict[str, str], record: dict[str, object] | None) -> str | None:
    """Return the first field that differs; what the peer leaves empty is not compared."""
    if "ERR" in truth.values():
        return None if record is None else "the peer rejects the line"
    if record is None:
        return "no record"
    made: dict[str, Callable[[str], bool]] = {
        "time_utc": lambda text: datetime.fromisoformat(text) == record["timestamp"],
        "client_ip": lambda text: text == record["client"],
        "method": lambda text: text == record["method"],
        "url": lambda text: text == record["target"],
        "status": lambda text: int(text) == record["status"],
        "bytes": lambda text: int(text) == record["bytes_sent"],
    }
    wrong = [name for name, agrees in made.items() if truth[name] and not agrees(truth[name])]
    return wrong[0] if wrong else None


def test_every_truth_row_agrees(corpus: Path, logs: dict[str, Read]) -> None:
    rows = [(name, row) for name, row in truths(corpus) if LOGS[name].form is not None]
    assert len(rows) > 100
    found: dict[tuple[str, int], str] = {}
    by_line = {
        name: {int(str(row["line"])): row for row in got.records.to_dicts()} for name, got in logs.items()
    }
    for name, truth in rows:
        line = int(truth["line"])
        if problem := disagreement(truth, by_line[name].get(line)):
            found[name, line] = problem
    assert set(found) == set(DIFFERENT_TRUTH), found


def sections(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the title of each count and its lines."""
    title, lines = "", list[str]()
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            if title:
                yield title, lines
            title, lines = line[2:].split("\t")[0], []
        elif line:
            lines.append(line)
    yield title, lines


def figures(got: Read) -> dict[str, list[str]]:
    """Return the counts that records can answer, as the peers' commands print them."""
    rows = got.records.select(
        "status", "method", "protocol", "bytes_sent", "cache", "client", "host", "format"
    ).to_dicts()
    versioned = re.compile(r"HTTP/\d(?:\.\d)?")
    methods = Counter(
        row["method"]
        for row in rows
        if row["cache"]
        or (versioned.fullmatch(row["protocol"] or "") and row["method"].replace("_", "").isalpha())
    )
    statuses = Counter("-" if row["status"] is None else f"{row['status']:03}" for row in rows)
    return {
        "non-blank lines": [str(got.lines - got.blank)],
        'lines not of the shape `] "..." status `': [str(got.lines - len(rows))],
        "status": [f"{status}\t{count}" for status, count in statuses.items()],
        "method": [f"{method}\t{count}" for method, count in methods.items()],
        "method (request line of 3 tokens; top 20)": [
            f"{name}\t{count}" for name, count in methods.most_common(20)
        ],
        "result code": [f"{code}\t{count}" for code, count in Counter(row["cache"] for row in rows).items()],
        "sum of bytes": [str(sum(row["bytes_sent"] or 0 for row in rows))],
        "distinct first field": [
            str(len({row["host"] if "-vhost-" in row["format"] else row["client"] for row in rows}))
        ],
    }


def test_every_count_agrees(corpus: Path, logs: dict[str, Read]) -> None:
    compared, different = 0, dict[tuple[str, str], tuple[list[str], list[str]]]()
    for path in sorted(corpus.glob("*/*.counts.tsv")):
        name = str(path.relative_to(corpus)).removesuffix(".counts.tsv")
        if LOGS[name].form is None or name in COUNTED_AS_COMBINED:
            continue
        ours = figures(logs[name])
        for title, lines in sections(path):
            if title in ours:
                compared += 1
                if sorted(lines) != sorted(ours[title]):
                    different[name, title] = (sorted(lines), sorted(ours[title]))
    assert compared > 100
    assert set(different) == set(DIFFERENT_COUNTS), different


def test_durations_that_end_the_lines_are_kept(corpus: Path, logs: dict[str, Read]) -> None:
    """Of a file in which some lines have further fields: each line is read by the format that keeps most of it."""
    name = "mixed/alp_combined.log"
    ends = [line.rpartition(" ")[2] for line in (corpus / name).read_text("utf-8").splitlines()]
    assert logs[name].records["duration_s"].to_list() == [None if end == "-" else float(end) for end in ends]


def test_crlf_gives_the_records_of_its_twin(logs: dict[str, Read]) -> None:
    unix, windows = logs["nginx/roadmap_access_7k6.log"], logs["nginx/roadmap_access_crlf.log"]
    assert unix.records.equals(windows.records)


def test_a_syslog_header_changes_no_record(logs: dict[str, Read]) -> None:
    bare, headed = logs["cisco_wsa/sc4s_squid.log"], logs["cisco_wsa/sc4s_squid_syslog.log"]
    assert bare.records.equals(headed.records)
