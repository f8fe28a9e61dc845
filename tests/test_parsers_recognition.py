"""Many odd inputs, one table: whose log it is taken for, in which format, how surely, and why."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from parsers import engine, scan, sniff
from parsers.sniff import FORMATS

if TYPE_CHECKING:
    from collections.abc import Sequence

T = "[10/Mar/2026:13:55:36 +0000]"
COMBINED = f'192.0.2.1 - - {T} "GET /a HTTP/1.1" 200 5 "-" "curl/8.14.1"\n'
COMMON = f'192.0.2.1 - - {T} "GET /a HTTP/1.1" 200 5\n'
VHOST = "www.example.com " + COMBINED
PORT = "www.example.com:443 " + COMBINED
EXTENDED = COMBINED.replace("\n", ' "-" 0.004 "blue" 7\n')
INGRESS = COMBINED.replace("\n", f" 431 0.012 [shop-cart-80] [] 192.0.2.4:8080 812 0.012 200 {'3f' * 16}\n")
NGINX_ESCAPE = COMBINED.replace("/a", r"/\x5C\xE2")
APACHE_ESCAPE = COMBINED.replace("/a", r"/\xe2")
APACHE_QUOTE = COMBINED.replace("/a", r"/\"")
NGINX_STATUS = COMBINED.replace("200 5", "499 0")
APACHE_SIZE = COMBINED.replace("200 5", "304 -")
EMPTY_REQUEST = COMBINED.replace('"GET /a HTTP/1.1" 200 5', '"" 400 0')
DUMMY = f'::1 - - {T} "OPTIONS * HTTP/1.0" 200 126 "-" "Apache/2.4.66 (Debian) (internal dummy connection)"\n'
FORGED_DUMMY = DUMMY.replace("::1", "203.0.113.9")
CLOUDFLARE = '{"RayID":"5f52a1b2c3d4e5f6","EdgeStartTimestamp":1773150936,"EdgeResponseStatus":200}\n'
WSA = (
    "1773150936.123 84 192.0.2.1 TCP_MISS/200 5316 GET http://www.example.com/ - DIRECT/www.example.com text/html "
    "DEFAULT_CASE_12-Staff-Users-NONE-NONE-NONE-DefaultGroup-NONE <nc,ns,-> - -\n"
)
SQUID = "1773150936.123     84 192.0.2.1 TCP_MISS/200 5316 GET http://www.example.com/ - HIER_DIRECT/192.0.2.9 -\n"
NGINX_ERROR = (
    '2026/03/10 13:55:36 [error] 811#811: *52 open() "/srv/x" failed (2: No such file or directory)\n'
)
APACHE_ERROR = "[Tue Mar 10 13:55:36.123456 2026] [core:error] [pid 7] AH00126: Invalid URI in request\n"
COMMENT = "# kept by hand\n"
BANNER = "Tue Mar 10 04:00:00 2026 Info: Begin Logfile\n"
IIS = (
    "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n2026-03-10 13:55:36 GET / 200\n"
)
HAPROXY = (
    "Mar 10 13:55:36 web1 haproxy[14389]: 192.0.2.1:3312 [10/Mar/2026:13:55:36.655] in static/srv1 10/0/30/69/109 "
    '200 2750 - - ---- 1/1/1/1/0 0/0 "GET /a HTTP/1.1"\n'
)
S3 = f'{"0f" * 32} bucket {T} 192.0.2.1 - 3E57427F REST.GET.OBJECT a "GET /a HTTP/1.1" 200 - 113 - 7 - "-" "S3" -\n'
LTSV = "time:10/Mar/2026:13:55:36 +0000\thost:192.0.2.1\tstatus:200\n"
L4TM = "Tue Mar 10 13:55:36 2026 Info: Firewall blocked TCP data from 192.0.2.1:1148 to 198.51.100.4.\n"
JSON = '{"time":"2026-03-10T13:55:36Z","status":200,"request":"GET /a HTTP/1.1"}\n'
FIREWALL_EVENT = (
    '{"Action":"block","ClientIP":"192.0.2.1","ClientRequestHost":"www.example.com","ClientRequestMethod":"GET",'
    '"Datetime":"2026-03-10T13:55:36Z","EdgeResponseStatus":403,"RayID":"5f52a1b2c3d4e5f6"}\n'
)
DOCKER = '{"log":"' + COMBINED.replace('"', '\\"').strip() + '\\n","stream":"stdout"}\n'


@dataclass(frozen=True)
class Case:
    """A file, perhaps among others, and what it is to be taken for."""

    text: str | bytes
    format: str | None
    evidence: str
    path: str = "access.log"
    certain: bool = True
    vendor: str | None = None
    beside: dict[str, str] = field(default_factory=dict)


CASES = {
    # nginx or Apache, by what only one of them writes
    "nothing to go by": Case(
        COMBINED * 3, "nginx-combined", "nothing tells nginx from Apache", certain=False
    ),
    "upper-case escapes": Case(COMBINED + NGINX_ESCAPE, "nginx-combined", r"upper-case escapes such as \x5C"),
    "lower-case escapes": Case(
        COMBINED + APACHE_ESCAPE, "apache-combined", r"lower-case escapes such as \x1b"
    ),
    "an escaped quote": Case(COMBINED + APACHE_QUOTE, "apache-combined", "nginx's would fit 1"),
    "an escaped quote nginx reads too": Case(
        COMBINED + COMBINED.replace("/a", r"/\"x\""), "apache-combined", "nginx's would fit 1"
    ),
    "an escape that was sent to nginx": Case(
        COMBINED.replace("/a", r"/\x5Cx1b"), "nginx-combined", "upper-case escapes"
    ),
    "an escape that was sent to Apache": Case(
        COMBINED.replace("/a", r"/\\x5C"), "apache-combined", r"backslashes escaped as \\"
    ),
    "a status of nginx": Case(COMBINED + NGINX_STATUS, "nginx-combined", "statuses that only nginx has"),
    "an empty request": Case(COMBINED + EMPTY_REQUEST, "nginx-combined", 'an empty request logged as ""'),
    "a missing size": Case(COMBINED + APACHE_SIZE, "apache-combined", "nginx's would fit 1"),
    "the dummy connection": Case(COMBINED + DUMMY, "apache-combined", "internal dummy connection"),
    "a forged dummy connection": Case(
        COMBINED + FORGED_DUMMY, "nginx-combined", "nothing tells", certain=False
    ),
    "both speak": Case(NGINX_STATUS + DUMMY, "nginx-combined", "nothing tells", certain=False),
    "both speak, the path decides": Case(
        NGINX_STATUS + DUMMY, "apache-combined", "the path says so (httpd)", "httpd/a.log"
    ),
    # by the neighbour
    "nginx's error log beside": Case(
        COMBINED,
        "nginx-combined",
        "its error log error.log lies beside it",
        beside={"error.log": NGINX_ERROR},
    ),
    "Apache's error log beside": Case(
        COMBINED,
        "apache-combined",
        "its error log error_log lies beside it",
        beside={"error_log": APACHE_ERROR},
    ),
    "an empty error log beside": Case(
        COMBINED, "nginx-combined", "nothing tells", certain=False, beside={"error.log": ""}
    ),
    "the neighbour before the name": Case(
        COMBINED, "apache-combined", "lies beside it", "nginx/a.log", beside={"nginx/error.log": APACHE_ERROR}
    ),
    "content before the neighbour": Case(
        NGINX_STATUS, "nginx-combined", "statuses", beside={"error.log": APACHE_ERROR}
    ),
    # by the path
    "a folder of nginx": Case(COMBINED, "nginx-combined", "the path says so (nginx)", "nginx/shop.log"),
    "a folder of Apache": Case(
        COMBINED, "apache-combined", "the path says so (apache2)", "apache2/access.log"
    ),
    "RHEL's name": Case(
        COMBINED, "apache-combined", "the path says so (access_log-20260310)", "access_log-20260310"
    ),
    "Debian's name": Case(PORT, "apache-vhost-combined", "no other vendor", "other_vhosts_access.log.1"),
    "ingress": Case(EXTENDED, "nginx-combined-extended", "the path says so", "ingress/controller.log"),
    "a folder that is called so far above": Case(
        COMBINED, "nginx-combined", "nothing tells", "apache/a/b/c/access.log", certain=False
    ),
    # by a sibling that is certain
    "a sibling of nginx": Case(
        COMBINED, "nginx-combined", "nginx as its neighbour b.log", "a.log", beside={"b.log": NGINX_STATUS}
    ),
    "a sibling of Apache": Case(
        COMBINED, "apache-combined", "Apache as its neighbour b.log", "a.log", beside={"b.log": APACHE_SIZE}
    ),
    "a sibling of Apache, in its format": Case(
        VHOST, "apache-vhost-combined-without-port", "Apache as its neighbour", beside={"b.log": APACHE_SIZE}
    ),
    "a sibling of Apache, with more fields": Case(
        EXTENDED, "apache-combined-extended", "Apache as its neighbour", beside={"b.log": APACHE_SIZE}
    ),
    "siblings that disagree": Case(
        COMBINED,
        "nginx-combined",
        "nothing tells",
        certain=False,
        beside={"b.log": APACHE_SIZE, "c.log": NGINX_STATUS},
    ),
    "a sibling in another folder": Case(
        COMBINED, "nginx-combined", "nothing tells", "x/a.log", certain=False, beside={"y/b.log": APACHE_SIZE}
    ),
    # layouts
    "common": Case(COMMON, "apache-common", "no other vendor writes this"),
    "a host before": Case(VHOST, "nginx-vhost-combined", "nothing tells", certain=False),
    "a host and a port before": Case(PORT, "apache-vhost-combined", "no other vendor writes this"),
    "a host before common": Case("www.example.com " + COMMON, "apache-vhost-common", "no other vendor"),
    "fields behind": Case(EXTENDED, "nginx-combined-extended", "nothing tells", certain=False),
    "most lines decide": Case(
        COMBINED * 2 + EXTENDED * 3, "nginx-combined-extended", "3 of 5", certain=False
    ),
    "few lines with a further tail": Case(
        INGRESS * 3 + EXTENDED, "nginx-ingress", "3 of 4 lines looked at; 1 fit nginx combined with further"
    ),
    "many lines with a further tail": Case(
        INGRESS + EXTENDED * 3, "nginx-ingress", "1 of 4 lines looked at; 3 fit nginx combined with further"
    ),
    "a duration with three decimals": Case(
        COMBINED.replace("\n", " 0.004\n"), "nginx-combined-timed", "a duration with three decimals"
    ),
    "bytes of both ways": Case(
        COMBINED.replace("\n", " 61 403\n"),
        "apache-combinedio",
        "Apache's say most of what stands in the lines",
    ),
    "bytes of both ways in nginx's folder": Case(
        COMBINED.replace("\n", " 61 403\n"), "nginx-combined-extended", "the path says so", "nginx/access.log"
    ),
    "an upstream's fields": Case(INGRESS, "nginx-ingress", "nginx's say most of what stands in the lines"),
    "wrapped in quotes": Case(
        "".join(f'"{COMBINED.strip()}"\n' for _ in range(3)),
        "nginx-combined-loose",
        "nothing tells",
        certain=False,
    ),
    "Windows line ends": Case(APACHE_SIZE.replace("\n", "\r\n"), "apache-combined", "no other vendor"),
    "a comment above": Case(COMMENT * 9 + COMBINED, "nginx-combined", "fits 1 of 10", certain=False),
    "a byte order mark": Case("\ufeff" + NGINX_STATUS, "nginx-combined", "statuses"),
    "one line without an end": Case(NGINX_STATUS.strip(), "nginx-combined", "fits 1 of 1"),
    # the others
    "Cloudflare": Case(CLOUDFLARE, "cloudflare-http-requests", "no other vendor writes this"),
    "WSA": Case(WSA, "cisco-wsa-squid", "no other vendor writes this"),
    "WSA behind Info": Case("Info: " + WSA, "cisco-wsa-squid", "no other vendor"),
    "WSA through syslog": Case(
        f"<38>Mar 10 13:55:36 wsa1 accesslogs: Info: {WSA}", "cisco-wsa-squid", "no other"
    ),
    "WSA through a relay": Case(f"Mar 10 13:55:36 198.51.100.7 {WSA}", "cisco-wsa-squid", "no other vendor"),
    "Squid": Case(SQUID, "squid-native", "no other vendor writes this"),
    "a WSA file that was only opened": Case(BANNER * 3, "cisco-wsa-squid", "only comments and banners"),
    "a WSA header": Case("#Software: AsyncOS for Web 12.5.1\n#Fields: c-ip\n", "cisco-wsa-squid", "AsyncOS"),
    "only comments": Case(COMMENT * 3, "nginx-combined", "only comments and banners so far", certain=False),
    # junk among lines
    "a quarter is enough": Case(COMBINED + "junk\n" * 3, "nginx-combined", "fits 1 of 4", certain=False),
    "less is not": Case(COMBINED + "junk\n" * 4, None, "nearest, nginx combined, reads 1 of 5 lines"),
    "comments do not count as read": Case(COMMENT * 40 + "junk\n" * 9, None, "not recognised"),
    "an error log with a few accesses": Case(
        NGINX_ERROR * 9 + COMBINED, None, "looks like nginx's error log", "nginx/error.log"
    ),
    # the caller's word
    "Apache was given": Case(
        NGINX_STATUS, "apache-combined", "the vendor was given", "nginx/access.log", vendor="apache"
    ),
    "nginx was given for Apache's": Case(COMMON, "nginx-combined-loose", "fits 1 of 1", vendor="nginx"),
    "WSA was given for junk": Case("junk\n", "cisco-wsa-squid", "the vendor was given", vendor="cisco_wsa"),
    "nginx was given for nothing": Case("\n \n", "nginx-combined", "the vendor was given", vendor="nginx"),
    # nothing to read
    "empty": Case("", None, "empty"),
    "blank lines": Case("\n\r\n  \n", None, "no lines"),
    # other programs
    "nginx's error log": Case(NGINX_ERROR * 2, None, "looks like nginx's error log"),
    "Apache's error log": Case(APACHE_ERROR * 2, None, "looks like Apache's error log"),
    "IIS": Case(IIS, None, "looks like an IIS log"),
    "HAProxy": Case(HAPROXY, None, "looks like an HAProxy log"),
    "S3": Case(S3, None, "looks like an Amazon S3 server access log"),
    "LTSV": Case(LTSV, None, "labelled tab-separated values"),
    "L4TM": Case(L4TM, None, "the WSA's layer 4 traffic monitor log"),
    "JSON of another kind": Case(JSON, None, "not recognised as an access log"),
    "another data set of Cloudflare": Case(FIREWALL_EVENT, None, "Cloudflare's firewall_events log"),
    # ours, wrapped by others: rather not read than half
    "nginx through syslog": Case(
        f"<190>Mar 10 13:55:36 web1 nginx: {COMBINED}" * 2,
        "nginx-combined",
        "behind a syslog header",
        certain=False,
    ),
    "nginx through syslog with its process": Case(
        f"<190>Mar  3 13:55:36 web1 nginx[17]: {COMBINED}" * 2,
        "nginx-combined",
        "behind a syslog header",
        certain=False,
    ),
    "nginx through syslog without a priority": Case(
        f"Mar 10 13:55:36 web1 nginx: {COMBINED}" * 2,
        "nginx-combined",
        "behind a syslog header",
        certain=False,
    ),
    "nginx from a container": Case(
        f"2026-03-10T13:55:36.1Z stdout F {COMBINED}" * 2,
        "nginx-combined",
        "behind a container's log (CRI)",
        certain=False,
    ),
    "nginx in Docker's JSON": Case(
        DOCKER, "nginx-combined", "behind a container's log (Docker", certain=False
    ),
    "a wait before the request": Case(COMBINED.replace("] ", "] (0 s) "), None, "not recognised"),
    "a script": Case("#!/bin/sh\n# backup\nset -e\ntar cf /srv/x.tar /srv\n", None, "not recognised"),
    "text": Case("lorem ipsum dolor\nsit amet\n", None, "not recognised"),
    "binary": Case(bytes(range(256)) * 9, None, "a binary file, not a log"),
    "UTF-16 without a mark": Case(COMBINED.encode("utf-16-le"), None, "a binary file, not a log"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_recognition(case: Case, tmp_path: Path) -> None:
    # Two folders of its own: no name of a temporary folder may count as evidence.
    root = tmp_path / "x" / "y" / "z"
    texts: dict[str, str | bytes] = {case.path: case.text, **case.beside}
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    paths = [str(root / name) for name in texts if not name.rsplit("/", 1)[-1].startswith("error")]
    state = scan([*paths, str(root / case.path)], vendor=case.vendor).states[0]
    assert state.recognition is not None
    got = state.recognition
    assert case.evidence in got.evidence
    assert (got.formats[0].name if got.formats else None, got.certain) == (case.format, case.certain)
    assert got.vendor == (got.formats[0].vendor if got.formats else None)
    assert got.declined == (case.format is None and case.evidence not in {"empty", "no lines"})
    assert state.problem == (got.evidence if got.declined else None)
    if got.formats:
        assert {form.name for form in got.formats} == {
            form.name for form in FORMATS if form.vendor == got.vendor
        }


def test_a_declined_file_in_a_folder_is_listed_and_no_problem(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("lorem\n", encoding="utf-8")
    (state,) = scan([str(tmp_path)]).states
    assert state.recognition is not None
    assert state.recognition.declined
    assert state.problem is None


def test_a_stream_is_recognised_when_it_is_read() -> None:
    reading, writing = os.pipe()
    os.write(writing, NGINX_STATUS.encode())
    os.close(writing)
    made = scan([f"/dev/fd/{reading}"])
    assert made.states[0].recognition is None
    assert sum(made.batches(["status"], lambda batch: batch.records.height)) == 1
    os.close(reading)
    assert made.states[0].recognition is not None
    assert made.states[0].recognition.vendor == "nginx"
    made.close()


def test_an_unknown_vendor_is_an_error() -> None:
    with pytest.raises(
        ValueError, match="unknown vendor 'iis': choose one of nginx, apache, cloudflare, cisco_wsa"
    ):
        scan([], vendor="iis")


def test_a_file_may_mix_vendors(tmp_path: Path) -> None:
    """Each line goes to the format that reads it, and its record says whose it is."""
    (tmp_path / "mixed.log").write_text(COMBINED * 8 + WSA * 2)
    found = scan([str(tmp_path / "mixed.log")])
    recognition = found.states[0].recognition
    assert recognition is not None
    assert "2 lines are Cisco WSA's" in recognition.evidence
    vendors = pl.concat(found.batches(["vendor"], lambda batch: batch.records))["vendor"].to_list()
    assert vendors == ["nginx"] * 8 + ["cisco_wsa"] * 2


def test_a_line_goes_to_the_format_that_keeps_most_of_it(tmp_path: Path) -> None:
    """Also where none of the lines looked at told of that format, and lines of others were read before."""
    lines = [EXTENDED] * 700 + [INGRESS] * 2 + [EXTENDED, COMBINED.replace("\n", " 0.250\n"), COMBINED]
    (tmp_path / "access.log").write_text("".join(lines))
    found = scan([str(tmp_path / "access.log")], vendor="nginx")
    rows = pl.concat(found.batches(["format", "duration_s", "upstream", "line"], lambda batch: batch.records))
    recognition = found.states[0].recognition
    assert recognition is not None
    assert recognition.formats[0].name == "nginx-combined-extended"
    assert rows["line"].to_list() == list(range(1, 706))
    assert rows.tail(5).drop("line").rows() == [
        ("nginx-ingress", 0.012, "192.0.2.4:8080"),
        ("nginx-ingress", 0.012, "192.0.2.4:8080"),
        ("nginx-combined-extended", None, None),
        ("nginx-combined-timed", 0.25, None),
        ("nginx-combined", None, None),
    ]


def test_no_format_stands_behind_one_that_keeps_less_of_its_lines() -> None:
    """Whatever an open format leads, what it leaves to others is all that they read."""
    for form in FORMATS:
        if not engine.is_open(form):
            continue
        theirs = [other for other in FORMATS if other.vendor == form.vendor and other is not form]
        lines = [sample.line for other in theirs for sample in other.samples]
        frame = pl.DataFrame({engine.TEXT: lines}).with_row_index(engine.ROW)
        frame = frame.cast({engine.ROW: pl.UInt32})
        whole = engine.parse(frame, theirs, ["duration_s", "upstream", "bytes_received"])
        led = engine.parse(frame, (form, *theirs), ["duration_s", "upstream", "bytes_received"])
        assert led.records.rows() == whole.records.rows()


HEADS = {
    "plain": COMBINED * 30,
    "of nginx by what it escapes": COMBINED * 30 + NGINX_ESCAPE,
    "of Apache by what it escapes": COMBINED * 30 + APACHE_ESCAPE,
    "of Apache, and nginx reads most": COMBINED * 30 + APACHE_SIZE,
    "of Apache, and nginx reads none": APACHE_SIZE * 30,
    "of Apache, and nginx reads the rest otherwise": COMBINED * 30 + APACHE_SIZE + EXTENDED,
    "of Apache, and nginx reads no line that is probed": (COMBINED + APACHE_SIZE) + APACHE_SIZE * 200,
    "with statuses of nginx": NGINX_STATUS * 30,
    "with a blank line": COMBINED * 30 + "\n",
    "with a bad line": COMBINED * 30 + "no request\n",
    "with a time that cannot be": COMBINED * 30 + COMBINED.replace("10/Mar", "31/Feb"),
    "with a first time that cannot be": COMBINED.replace("10/Mar", "31/Feb") + COMBINED * 30,
    "with a host": VHOST * 30,
    "with another vendor's lines": COMBINED * 30 + WSA,
    "common": COMMON * 30,
    "extended": EXTENDED * 30,
    "of Cloudflare": CLOUDFLARE * 30,
    "of Cloudflare's firewall": FIREWALL_EVENT * 30,
    "of a WSA": WSA * 30,
    "of Squid": SQUID * 30,
    "of a WSA, with a banner": BANNER + WSA * 30,
    "in JSON": JSON * 30,
    "of Docker": DOCKER * 30,
    "of S3": S3 * 30,
    "of nothing": "",
    "of blank lines": "\n\n",
    "of comments": COMMENT * 3,
    "of Traefik": COMBINED.replace("\n", ' 7 "shop" "http://192.0.2.9" 3ms\n') * 30,
}


def told_alike(heads: Sequence[tuple[bytes, str]]) -> int:
    """Hold what is told of many sources at once against what is told of each, and return of how many it is told."""
    many = sniff.readily(heads)
    for (head, path), plain in zip(heads, many, strict=True):
        assert plain is None or plain == sniff.recognise(head, path), path
    return sum(plain is not None for plain in many)


def test_many_sources_are_recognised_at_once_as_each_is_alone() -> None:
    heads = [(text.encode(), f"/logs/{name}.log") for name, text in HEADS.items()]
    plain = dict(zip(HEADS, sniff.readily(heads), strict=True))
    assert told_alike(heads) == told_alike(heads[::-1])
    told = {name for name, one in plain.items() if one is not None}
    assert {"plain", "with statuses of nginx", "of Cloudflare", "of a WSA"} <= told, (
        "the usual files are plain"
    )
    assert {"of Apache, and nginx reads most", "of Apache, and nginx reads none"} <= told
    assert not {"with a bad line", "with another vendor's lines", "extended", "of S3", "of nothing"} & told


def test_what_the_path_says_counts_for_many_sources_too(tmp_path: Path) -> None:
    (tmp_path / "apache").mkdir()
    (tmp_path / "error.log").write_text(NGINX_ERROR)
    names = (
        "access.log",
        "apache/a.log",
        "ownership-challenge-x.txt",
        "localhost_access_log.2026-03-10.txt",
    )
    told_alike([((COMBINED * 30).encode(), str(tmp_path / name)) for name in names])
    told_alike([((COMBINED * 30).encode(), f"/var/log/{name}") for name in names])


def test_the_sample_logs_are_recognised_at_once_as_each_is_alone() -> None:
    paths = sorted((Path(__file__).parent.parent / "sample_logs").rglob("*"))
    logs = [path for path in paths if path.suffix not in {".gz", ".py"} and path.is_file()]
    assert told_alike([(path.read_bytes(), str(path)) for path in logs]) > 0
