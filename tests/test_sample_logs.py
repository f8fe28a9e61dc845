"""The sample logs: made again they are the same, and they tell the story that `docs/sample-logs.md` tells.

The reader here is written for these files alone and shares nothing with the program, so it can contradict it.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "sample_logs"
SIZE_LIMIT = 3_000_000
MIDNIGHT_S = 1_773_100_800  # 2026-03-10T00:00:00Z
DAYS = {
    "nginx": "nginx/access.log-20260310.gz",
    "apache": "apache/other_vhosts_access.log.1.gz",
    "cloudflare": "cloudflare/20260310T000000Z_20260311T000000Z_3e9c1f70.log.gz",
    "cisco_wsa": "cisco_wsa/aclog.@20260310T000000.s.gz",
}
LINES = {
    "nginx/access.log-20260310.gz": 29309,
    "nginx/broken.log": 20,
    "nginx/combined.log": 14,
    "nginx/crlf.log": 6,
    "nginx/hostile.log": 22,
    "nginx/request_oddities.log": 28,
    "nginx/ingress.log": 8,
    "nginx/ingress_old.log": 4,
    "nginx/proxy_manager.log": 6,
    "nginx/npmplus.log": 4,
    "nginx/upstreams.log": 9,
    "nginx/format_changed.log": 7,
    "nginx/tabs.log": 4,
    "nginx/json.log": 9,
    "nginx/syslog.log": 4,
    "nginx/container_cri.log": 6,
    "nginx/container_docker.log": 5,
    "apache/combined.log": 12,
    "apache/common.log": 10,
    "apache/other_vhosts_access.log.1.gz": 29170,
    "apache/request_oddities.log": 23,
    "apache/vhost_combined.log": 10,
    "apache/combinedio.log": 6,
    "apache/ssl_request.log": 4,
    "apache/durations.log": 5,
    "apache/hosters.log": 5,
    "cloudflare/20260310T000000Z_20260311T000000Z_3e9c1f70.log.gz": 28749,
    "cloudflare/document.json": 6,
    "cloudflare/header.csv": 9,
    "cloudflare/instant.ndjson": 5,
    "cloudflare/legacy.ndjson": 5,
    "cloudflare/logpull.ndjson": 4,
    "cloudflare/no_header.tsv": 6,
    "cloudflare/numeric_text.ndjson": 4,
    "cloudflare/rfc3339.ndjson": 5,
    "cloudflare/subrequests.ndjson": 8,
    "cloudflare/unix.ndjson": 5,
    "cloudflare/unixnano.ndjson": 6,
    "cloudflare/wrapped.ndjson": 5,
    "cisco_wsa/accesslog.log": 10,
    "cisco_wsa/aclog.@20260310T000000.s.gz": 29769,
    "cisco_wsa/banner.log": 10,
    "cisco_wsa/handshakes.log": 13,
    "cisco_wsa/info_prefix.log": 4,
    "cisco_wsa/layouts.log": 9,
    "cisco_wsa/oddities.log": 11,
    "cisco_wsa/squid.log": 6,
    "cisco_wsa/syslog.log": 6,
    "cisco_wsa/w3c.log": 19,
}
OUTAGE = (14 * 3600 + 3 * 60, 14 * 3600 + 21 * 60)
RELEASE_S = 10 * 3600 + 30 * 60
AFTERMATH_S = 90  # answers that a server writes when a request of the last minute has timed out

# Failures stamped 14:03–14:21, by what the line says: the status, Cloudflare's with the origin's,
# WSA's with the result where the proxy itself gave up.
FAILURES = {
    "nginx": {"499": 76, "500": 70, "502": 99, "504": 49},
    "apache": {"500": 269},
    "cloudflare": {
        "499/0": 92,
        "500/0": 1,
        "500/500": 23,
        "502/0": 44,
        "502/502": 29,
        "504/504": 4,
        "522/0": 61,
    },
    "cisco_wsa": {"500": 10, "502": 16, "504": 13, "NONE/503": 42, "NONE/504": 45},
}


@dataclass(frozen=True)
class Line:
    """What the tests ask of a line: its stamp in seconds since midnight, and the rest as the log has it."""

    stamp_s: float
    status: int
    client: str
    target: str
    label: str
    fields: tuple[str, ...] = ()


def content(path: Path) -> bytes:
    """Return a file's text, inflated where it is gzip."""
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def logs_in(folder: Path) -> dict[str, bytes]:
    """Return the text of every log below a folder; the generator and hidden files are none."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): content(path)
        for path in files
        if path.suffix not in {".py", ".pyc"} and not path.name.startswith(".")
    }


CLF = re.compile(
    r"(?:\S+:\d+ )?(?P<client>\S+) - .*? \[10/Mar/2026:(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d) \+0000\] "
    r'"(?P<method>\S+) (?P<target>\S+) HTTP/[\d.]+" (?P<status>\d{3}) \d+ "[^"]*" "[^"]*"'
)
WSA = re.compile(
    r"Info: (?P<time>\d+\.\d{3}) \d+ (?P<client>\S+) (?P<result>\w+)/(?P<status>\d{3}) \d+ "
    r"\S+ (?P<target>\S+) "
    r'(?P<user>-|"[^"]+") (?P<from>\S+) \S+ (?P<decision>\S+) <(?P<verdict>.*)> - -'
)


def clf_line(text: str) -> Line:
    parts = CLF.fullmatch(text)
    assert parts, text
    stamp_s = int(parts["h"]) * 3600 + int(parts["m"]) * 60 + int(parts["s"])
    status = int(parts["status"])
    return Line(stamp_s, status, parts["client"], parts["target"], parts["status"])


def cloudflare_line(text: str) -> Line:
    record = json.loads(text)
    start_ns, status, origin = (
        record[name] for name in ("EdgeStartTimestamp", "EdgeResponseStatus", "OriginResponseStatus")
    )
    return Line(
        start_ns / 1e9 - MIDNIGHT_S,
        status,
        record["ClientIP"],
        record["ClientRequestURI"],
        f"{status}/{origin}",
        (str(origin), record["ClientRequestSource"], record["RayID"], record["ParentRayID"]),
    )


def wsa_line(text: str) -> Line:
    parts = WSA.fullmatch(text)
    assert parts, text
    status = int(parts["status"])
    return Line(
        float(parts["time"]) - MIDNIGHT_S,
        status,
        parts["client"],
        parts["target"],
        f"NONE/{status}" if parts["result"] == "NONE" else str(status),
        (parts["result"], parts["user"], parts["from"], parts["decision"], parts["verdict"]),
    )


READERS = {"nginx": clf_line, "apache": clf_line, "cloudflare": cloudflare_line, "cisco_wsa": wsa_line}


@pytest.fixture(scope="module")
def day() -> dict[str, list[Line]]:
    """Return each vendor's day, line by line, in the order of the file."""
    return {vendor: list(read_day(vendor)) for vendor in DAYS}


def read_day(vendor: str) -> Iterator[Line]:
    for text in content(SAMPLES / DAYS[vendor]).decode("ascii").splitlines():
        if not text.startswith("Tue Mar 10 00:00:00 2026 Info: "):  # the banner of a WSA file
            yield READERS[vendor](text)


def failed(line: Line) -> bool:
    return line.status >= 499


def in_outage(line: Line) -> bool:
    return OUTAGE[0] <= line.stamp_s < OUTAGE[1]


def test_made_again_they_are_the_same(tmp_path: Path) -> None:
    subprocess.run([sys.executable, SAMPLES / "make.py", "--output", tmp_path], check=True)
    fresh, kept = logs_in(tmp_path), logs_in(SAMPLES)
    assert fresh.keys() == kept.keys()
    assert [name for name in kept if fresh[name] != kept[name]] == []


@pytest.mark.parametrize("name", DAYS.values())
def test_archives_carry_neither_name_nor_time(name: str) -> None:
    header = (SAMPLES / name).read_bytes()[:8]
    assert header == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def test_lines_of_every_file() -> None:
    assert {name: len(text.splitlines()) for name, text in logs_in(SAMPLES).items()} == LINES


def test_they_are_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) <= SIZE_LIMIT


def test_every_file_is_described() -> None:
    page = (ROOT / "docs" / "sample-logs.md").read_text("utf-8")
    assert [name for name in LINES if f"`{name}`" not in page] == []


@pytest.mark.parametrize("vendor", DAYS)
def test_a_day_has_about_twenty_requests_a_minute_and_a_rhythm(
    day: dict[str, list[Line]], vendor: str
) -> None:
    hours = Counter(int(line.stamp_s // 3600) for line in day[vendor])
    assert set(hours) == set(range(24))
    assert 19 < hours.total() / 1440 < 21
    assert 4 < max(hours.values()) / min(hours.values()) < 8


@pytest.mark.parametrize("vendor", ["nginx", "cisco_wsa"])
def test_servers_that_stamp_the_end_write_in_its_order(day: dict[str, list[Line]], vendor: str) -> None:
    stamps = [line.stamp_s for line in day[vendor]]
    assert stamps == sorted(stamps)


@pytest.mark.parametrize(("vendor", "longest_s"), [("apache", 120), ("cloudflare", 50)])
def test_servers_that_stamp_the_start_write_late(
    day: dict[str, list[Line]], vendor: str, longest_s: int
) -> None:
    latest, delays = 0.0, []
    for line in day[vendor]:
        latest = max(latest, line.stamp_s)
        delays.append(latest - line.stamp_s)
    assert 20 < max(delays) < longest_s
    assert sum(delay > 0 for delay in delays) > 100


def test_apache_writes_by_the_end_of_the_request(day: dict[str, list[Line]]) -> None:
    """Outside the outage a request takes seconds at most, so no stamp lies further back than that."""
    latest = 0.0
    for line in day["apache"]:
        if not OUTAGE[0] <= latest < OUTAGE[1] + 120:
            assert latest - line.stamp_s <= 5
        latest = max(latest, line.stamp_s)


@pytest.mark.parametrize("vendor", DAYS)
def test_all_four_saw_the_outage(day: dict[str, list[Line]], vendor: str) -> None:
    labels = Counter(line.label for line in day[vendor] if failed(line) and in_outage(line))
    assert dict(sorted(labels.items())) == FAILURES[vendor]


@pytest.mark.parametrize("vendor", DAYS)
def test_the_outage_rises_stands_and_falls(day: dict[str, list[Line]], vendor: str) -> None:
    minutes = [int((line.stamp_s - OUTAGE[0]) // 60) for line in day[vendor] if failed(line)]
    before, during = minutes.count(-1), [minutes.count(minute) for minute in range(18)]
    assert before <= 1
    assert all(during[3:14]), "no minute of the plateau without a failure"
    assert min(during[0], during[-1]) < max(during[3:14]) / 2


@pytest.mark.parametrize("vendor", DAYS)
def test_the_day_is_quiet_outside_the_outage(day: dict[str, list[Line]], vendor: str) -> None:
    ends_s = OUTAGE[1] + AFTERMATH_S
    quiet = [line for line in day[vendor] if not OUTAGE[0] <= line.stamp_s < ends_s]
    blocks = Counter(int(line.stamp_s // 600) for line in quiet if failed(line))
    del blocks[RELEASE_S // 600]
    assert max(blocks.values()) <= 4
    assert sum(map(failed, quiet)) / len(quiet) < 0.004


def test_a_release_at_half_past_ten_is_a_blip(day: dict[str, list[Line]]) -> None:
    bad = [line.stamp_s - RELEASE_S for line in day["nginx"] if line.status == 502]
    assert len([at_s for at_s in bad if 0 <= at_s < 60]) == 12
    assert not [at_s for at_s in bad if -1800 <= at_s < 0 or 60 <= at_s < 3600]


def test_the_logs_agree_with_each_other(day: dict[str, list[Line]]) -> None:
    """What the edge says the origin answered is in nginx's log: same client, target and status."""
    nginx = Counter((line.client, line.target, line.status) for line in day["nginx"])
    origin = Counter(
        (line.client, line.target, line.status) for line in day["cloudflare"] if line.fields[0] != "0"
    )
    assert origin.total() > 10_000
    assert origin - nginx == Counter()


def test_a_worker_s_request_names_the_one_it_serves(day: dict[str, list[Line]]) -> None:
    rays = {line.fields[2] for line in day["cloudflare"]}
    assert len(rays) == len(day["cloudflare"])
    parents = [line.fields[3] for line in day["cloudflare"] if line.fields[1] == "edgeWorkerFetch"]
    assert len(parents) > 100
    assert [parent for parent in parents if parent not in rays] == []


def test_the_proxy_s_handshakes_come_in_pairs_and_without_a_user(day: dict[str, list[Line]]) -> None:
    asked = [line for line in day["cisco_wsa"] if line.status == 407]
    assert {line.fields[:3] for line in asked} == {("TCP_DENIED", "-", "NONE/-")}
    pairs = Counter((line.client, line.target) for line in asked)
    assert [key for key, count in pairs.items() if count % 2] == []


def test_the_proxy_gives_up_on_the_shop_alone(day: dict[str, list[Line]]) -> None:
    lost = [line for line in day["cisco_wsa"] if line.label.startswith("NONE/") and in_outage(line)]
    assert {line.fields[2] for line in lost} == {"DIRECT/shop.example.com"}


def test_every_verdict_of_the_proxy_s_day_has_44_fields(day: dict[str, list[Line]]) -> None:
    assert {len(row) for row in csv.reader(line.fields[4] for line in day["cisco_wsa"])} == {44}


def test_layouts_have_the_fields_of_their_release() -> None:
    text = (SAMPLES / "cisco_wsa/layouts.log").read_text("utf-8")
    verdicts = re.findall(r" <(.*)> ", text)
    assert [len(row) for row in csv.reader(verdicts)] == [17, 17, 32, 33, 38, 38, 43, 43, 44]


QUIRKS = sorted(set(LINES) - set(DAYS.values()))


@pytest.mark.parametrize("name", QUIRKS)
def test_odd_cases_are_few_and_early(name: str) -> None:
    text = content(SAMPLES / name).decode("utf-8", "replace")
    assert 4 <= len(text.splitlines()) <= 40
    hours = {
        int(hour) - int(shift) for hour, shift in re.findall(r"10/Mar/2026:(\d\d):\S+ \+0(\d)00\]", text)
    }
    epochs = re.findall(r'(?:Timestamp":"?|^|\t|Info: |wsa1 )(1773\d{6})', text, re.MULTILINE)
    hours |= {(int(epoch) - MIDNIGHT_S) // 3600 for epoch in epochs}
    hours |= {int(hour) for hour in re.findall(r"2026-03-10T(\d\d)", text)}
    assert hours - {25}, "no time was found"  # 25:30 stands in a broken line
    assert hours - {25} <= set(range(6))


def test_broken_lines_are_broken_as_described() -> None:
    data = (SAMPLES / "nginx/broken.log").read_bytes()
    assert not data.endswith(b"\n")
    assert b"\x00" in data
    with pytest.raises(UnicodeDecodeError):
        data.decode()
    crlf = (SAMPLES / "nginx/crlf.log").read_bytes()
    assert crlf.count(b"\r\n") == crlf.count(b"\n") == 6


@pytest.mark.parametrize(
    "text",
    [
        "<script>",
        "</script>",
        "[red]markup[/red]",
        "\U0001f525",
        r"\xF0\x9F\x94\xA5",
        "\u202e",
        r"\xE2\x80\xAE",
        "\x1b[31m",
        r"\x1B[31m",
        "=HYPERLINK(",
        "{{7*7}}",
        r"\x22",
    ],
)
def test_the_hostile_log_holds(text: str) -> None:
    assert text in (SAMPLES / "nginx/hostile.log").read_text("utf-8")
