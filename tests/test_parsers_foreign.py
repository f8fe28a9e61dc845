"""Logs of other programs are declined by their name, also where a format of ours would read their lines."""
# ruff: noqa: E501 - a log line is as long as it is

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from parsers import foreign, scan
from parsers.sniff import FORMATS
from tests.golden import make

if TYPE_CHECKING:
    from pathlib import Path

COMBINED = '192.0.2.1 - - [10/Mar/2026:13:55:36 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl/8.14.1"'

LINES = {
    "nginx's error log": (
        '2026/03/10 13:55:36 [error] 811#811: *52 open() "/srv/x" failed (2: No such file or directory), client: 192.0.2.1',
        "2026/03/10 13:55:36 [notice] 1#1: signal process started",
    ),
    "Apache's error log": (
        "[Tue Mar 10 13:55:36.123456 2026] [core:error] [pid 7] [client 192.0.2.1:5000] AH00126: Invalid URI in request",
        "[Tue Mar 10 13:55:36 2026] [notice] caught SIGTERM, shutting down",
    ),
    "nginx's log of TCP and UDP streams": (
        "[192.0.2.1] [10/Mar/2026:13:55:36 +0000] TCP 200 112 78 0.003",
        "192.0.2.1 [10/Mar/2026:13:55:36 +0000] UDP 502 0 78 3.003",
    ),
    "Apache's forensic log": (
        "+yQtJf8CoAB4AAFNXBIEAAAAA|GET /images/down.gif HTTP/1.1|Host:www.example.com|User-Agent:curl/8.14.1",
        "-yQtJf8CoAB4AAFNXBIEAAAAA",
    ),
    "an HAProxy log": (
        'Mar 10 13:55:36 web1 haproxy[14389]: 192.0.2.1:3312 [10/Mar/2026:13:55:36.655] in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET /a HTTP/1.1"',
        '2026-03-10T13:55:36.655+00:00 web1 haproxy[14389]: 192.0.2.1:3312 [10/Mar/2026:13:55:36.655] in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET /a HTTP/1.1"',
        '192.0.2.1:3312 [10/Mar/2026:13:55:36.655] in~ static/srv1 10/0/-1/69/+109 503 2750 - - SC-- 1/1/1/1/0 0/0 {www.example.com} "GET /a HTTP/1.1"',
    ),
    "an Amazon S3 server access log": (
        f'{"0f" * 32} bucket [10/Mar/2026:13:55:36 +0000] 192.0.2.1 - 3E57427F REST.GET.OBJECT a "GET /a HTTP/1.1" 200 - 113 - 7 - "-" "S3" -',
    ),
    "a log of AWS's load balancers (ALB)": (
        'https 2026-03-10T13:55:36.186641Z app/shop/50dc6c495c0c9188 192.0.2.1:2817 192.0.2.9:80 0.086 0.048 0.037 200 200 0 57 "GET https://www.example.com:443/ HTTP/1.1" "curl/8.14.1" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn "Root=1" "www.example.com" "-" 1 2026-03-10T13:55:36.086Z "forward" "-" "-" "192.0.2.9:80" "200" "-" "-"',
        'h2 2026-03-10T13:55:36.186641Z app/shop/50dc6c495c0c9188 192.0.2.1:2817 - -1 -1 -1 502 - 0 57 "GET https://www.example.com:443/ HTTP/2.0" "-" - - - "-" "-" "-" 0 2026-03-10T13:55:36.086Z "waf" "-" "-" "-" "-" "-" "-"',
    ),
    "a log of AWS's load balancers (NLB)": (
        "tls 2.0 2026-03-10T13:55:36 net/shop/c6e77e28c25b2234 g3d4b5e8bb8464cd 192.0.2.1:51341 192.0.2.9:443 5 2 98 246 - arn - TLS_AES tlsv12 - www.example.com - - - 2026-03-10T13:55:30",
    ),
    "a log of AWS's load balancers (classic)": (
        '2026-03-10T13:55:36.945958Z shop 192.0.2.1:2817 192.0.2.9:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/8.14.1" - -',
    ),
    "an Amazon CloudFront log": (
        "2026-03-10\t13:55:36\tFRA56-P4\t512\t192.0.2.1\tGET\tabc.cloudfront.net\t/a\t200\t-\tcurl/8.14.1\t-\t-\tHit\tid\twww.example.com\thttps\t23\t0.001",
        "#Version: 1.0",
        "#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status",
    ),
    "an IIS log": (
        "2026-03-10 13:55:36 192.0.2.9 GET /a - 443 - 192.0.2.1 Mozilla/5.0+(Windows+NT+10.0) - 200 0 0 15",
        "2026-03-10 13:55:36 W3SVC1 web1 192.0.2.9 POST /a x=1 443 - 192.0.2.1 curl - 404 0 2 15",
        "192.0.2.1, -, 3/10/2026, 13:55:36, W3SVC1, web1, 192.0.2.9, 15, 120, 500, 200, 0, GET, /a, -,",
    ),
    "an Envoy log": (
        '[2026-03-10T13:55:36.310Z] "POST /api/v1 HTTP/2" 204 - 154 0 226 100 "192.0.2.1" "curl/8.14.1" "cc21d9b0" "www.example.com" "tcp://192.0.2.9:80"',
        '[2026-03-10T13:55:36.310Z] "GET /a HTTP/1.1" 503 UF,URX via_upstream - "-" 0 91 5 - "192.0.2.1" "curl/8.14.1" "cc21d9b0" "www.example.com" "192.0.2.9:80" outbound|80||shop - - - -',
    ),
    "labelled tab-separated values (LTSV)": ("time:10/Mar/2026:13:55:36 +0000\thost:192.0.2.1\tstatus:200",),
    "a log of varnishlog": (
        "*   << Request  >> 32770",
        "-   Begin          req 32769 rxreq",
        "-   ReqMethod      GET",
        "-   ReqURL         /a",
        "--  BereqURL       /a",
    ),
    "Squid's cache.log": ("2026/03/10 13:55:36 kid1| Starting Squid Cache version 6.13", "2026/03/10 13:55:36| Ready"),
    "Squid's store.log": (
        "1773150936.123 RELEASE -1 FFFFFFFF D2B1 200 1773150936 -1 -1 text/html 5/5 GET http://www.example.com/",
    ),
    "Tomcat's own log": (
        "10-Mar-2026 13:55:36.123 INFO [main] org.apache.catalina.startup.Catalina.start Server startup",
    ),
    "an application's log": (
        "2026-03-10 13:55:36,123 INFO werkzeug: 192.0.2.1 GET /a 200",
        "2026-03-10T13:55:36.123Z ERROR connection refused",
        "[2026-03-10 13:55:36 +0000] [7] [INFO] Booting worker",
    ),
    "lines of key=value (logfmt)": (
        'time="2026-03-10T13:55:36Z" level=info msg="GET /a" status=200',
        "ts=2026-03-10T13:55:36Z caller=main.go:1 level=info msg=started",
    ),
    "the kernel's audit log": ("type=SYSCALL msg=audit(1773150936.123:7): arch=c000003e syscall=59",),
    "systemd's journal, as journalctl -o export gives it": (
        "__CURSOR=s=1;i=2;b=3",
        "__REALTIME_TIMESTAMP=1773150936000000",
        "_SYSTEMD_UNIT=nginx.service",
        "MESSAGE=started",
    ),
    "the WSA's layer 4 traffic monitor log": (
        "Tue Mar 10 13:55:36 2026 Info: Firewall blocked TCP data from 192.0.2.1:1148 to 198.51.100.4.",
    ),
    "a Cisco WSA W3C log without its #Fields: line (--log-format '#Fields: …' names them)": (
        "1773150936.200 12 192.0.2.19 TCP_DENIED 403 2210 GET http://bad.example/ - NONE/- - BLOCK_WEBCAT_12-Staff-CorpUsers-NONE-NONE-NONE-NONE-NONE - -",
    ),
    "a Traefik log": (
        COMBINED + ' 17 "shop@docker" "http://192.0.2.9:80" 3ms',
        '{"ClientAddr":"192.0.2.1:5000","ClientHost":"192.0.2.1","DownstreamStatus":200,"Duration":1000000,"RequestMethod":"GET","RequestPath":"/a","RouterName":"shop@docker","time":"2026-03-10T13:55:36Z"}',
    ),
    "a Caddy log": (
        '{"level":"info","ts":1773150936.5,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"192.0.2.1","method":"GET","host":"www.example.com","uri":"/a"},"bytes_read":0,"duration":0.001,"size":5,"status":200}',
        '{"level":"error","ts":1773150936.5,"logger":"http.log.error","msg":"dial","request":{"remote_ip":"192.0.2.1"},"duration":0.001,"status":502}',
    ),
    "an Envoy or Istio log": (
        '{"authority":"www.example.com","bytes_received":0,"bytes_sent":5,"duration":3,"method":"GET","path":"/a","protocol":"HTTP/1.1","request_id":"cc21","response_code":200,"response_flags":"-","start_time":"2026-03-10T13:55:36.310Z","upstream_cluster":"outbound|80||shop","user_agent":"curl/8.14.1"}',
    ),
    "a log of Google's load balancers": (
        '{"httpRequest":{"requestMethod":"GET","requestUrl":"http://www.example.com/a","status":200,"remoteIp":"192.0.2.1"},"timestamp":"2026-03-10T13:55:36Z"}',
    ),
    "a log of Azure's gateways": (
        '{"category":"ApplicationGatewayAccessLog","operationName":"ApplicationGatewayAccess","properties":{"clientIP":"192.0.2.1","httpMethod":"GET"},"time":"2026-03-10T13:55:36Z"}',
    ),
    "an AWS WAF log": (
        '{"timestamp":1773150936000,"formatVersion":1,"webaclId":"arn","action":"BLOCK","httpRequest_":{"clientIp":"192.0.2.1"}}',
    ),
    "an AWS CloudTrail log": (
        '{"eventVersion":"1.08","eventTime":"2026-03-10T13:55:36Z","eventSource":"s3.amazonaws.com","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.1"}',
    ),
    "an audit log of Kubernetes": (
        '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","verb":"get","requestURI":"/api"}',
    ),
    "a Kong log": (
        '{"latencies":{"request":6,"kong":5,"proxy":1},"request":{"uri":"/a","method":"GET"},"client_ip":"192.0.2.1","started_at":1773150936000}',
    ),
    "a log of Alibaba's load balancers": (
        '{"__topic__":"alb_layer7_access_log","body_bytes_sent":5,"client_ip":"192.0.2.1","request_uri":"/a","status":200,"time":"2026-03-10T13:55:36+00:00"}',
    ),
    "systemd's journal in JSON": (
        '{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1773150936000000","_SYSTEMD_UNIT":"nginx.service","MESSAGE":"started"}',
    ),
    "Tomcat's JSON access log": (
        '{"host":"192.0.2.1","logicalUserName":"-","user":"-","time":"[10/Mar/2026:13:55:36 +0000]","request":"GET /a HTTP/1.1","statusCode":"200","byteSentNC":"5"}',
    ),
    "an application's log in JSON": (
        '{"level":"info","time":"2026-03-10T13:55:36Z","method":"GET","path":"/a","status":200,"duration":12,"ip":"192.0.2.1","msg":"request"}',
        '{"time":"2026-03-10T13:55:36Z","message":"GET /a","level":"info","url":"/a","status":200,"user_agent":"curl","size":5}',
    ),
    "a log of Windows' HTTP.sys": ("#Software: Microsoft HTTP API 2.0", "2026-03-10 13:55:36 192.0.2.1 5000"),
    "a Blue Coat ProxySG log": ("#Software: SGOS 6.7.3.9", "2026-03-10 13:55:36 1 192.0.2.1 200 TCP_HIT"),
    "a Tomcat log": ("#Software: Apache Tomcat/10.1", '2026-03-10 13:55:36 192.0.2.1 GET "/a"'),
    "another program's W3C log": ("#Fields: date time c-ip cs-method", "2026-03-10 13:55:36 192.0.2.1 GET"),
}  # fmt: skip


def recognised(path: Path, *lines: str, vendor: str | None = None) -> str:
    """Return the evidence, and that the file is declined where it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    made = scan([str(path)], vendor=vendor)
    (state,) = made.states
    assert state.recognition is not None
    batches = list(made.batches(["status"], lambda batch: (batch.records.height, batch.skipped)))
    assert not state.recognition.declined or batches == [(0, {"format not recognised": len(lines)})]
    return ("declined: " if state.recognition.declined else "read: ") + state.recognition.evidence


def test_every_name_is_shown_by_a_line() -> None:
    names = {log.name for log in foreign.LOGS} | {name for name, _ in foreign._HEADERS}  # noqa: SLF001
    assert names == LINES.keys()


@pytest.mark.parametrize("name", LINES)
def test_a_foreign_log_is_declined_by_name(tmp_path: Path, name: str) -> None:
    evidence = recognised(tmp_path / "x" / "y" / "z" / "some.log", *LINES[name] * 3)
    assert evidence == f"declined: not an access log of these vendors: looks like {name}"


@pytest.mark.parametrize("name", LINES)
def test_some_foreign_lines_are_rejects_of_ours(tmp_path: Path, name: str) -> None:
    """Or skipped, where they are comments; they never make the log another program's."""
    evidence = recognised(tmp_path / "x" / "y" / "z" / "some.log", *LINES[name][:1], *[COMBINED] * 4)
    if not LINES[name][0].startswith("#"):
        assert evidence.startswith("read: nginx combined fits 4 of 5")


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_no_line_of_ours_is_called_another_programs(form: object) -> None:
    lines = [sample.line for sample in getattr(form, "samples", ())]
    assert [line for line in lines if foreign.named(pl.Series([line], dtype=pl.String))] == []


@pytest.mark.parametrize("sample", make.samples(), ids=str)
def test_no_sample_log_is_called_another_programs(sample: Path) -> None:
    text = (make.LOGS / sample).read_text("utf-8", "replace")
    assert foreign.named(pl.Series(text.splitlines(), dtype=pl.String)) is None


@pytest.mark.parametrize(
    ("wrap", "transport"),
    [
        ("<190>Mar 10 13:55:36 web1 traefik: {}", "a syslog header"),
        ("2026-03-10T13:55:36.1Z stdout F {}", "a container's log (CRI)"),
        ("2026-03-10T13:55:36.1Z {}", "a container's log (its time before each line)"),
        ("shop-proxy-1  | {}", "a container's log (its name before each line)"),
    ],
)
def test_a_foreign_log_is_named_behind_its_envelope(tmp_path: Path, wrap: str, transport: str) -> None:
    lines = [wrap.format(line) for line in LINES["an Envoy log"] * 2]
    evidence = recognised(tmp_path / "x" / "y" / "z" / "some.log", *lines)
    assert evidence.endswith(f"looks like an Envoy log, behind {transport}")


@pytest.mark.parametrize(
    "line",
    [
        "Mar 10 13:55:36 web1 systemd[1]: Started nginx.service - A high performance web server.",
        "2026-03-10T13:55:36.123456+00:00 web1 sshd[811]: Accepted publickey for ada from 192.0.2.1 port 5000",
        "<38>1 2026-03-10T13:55:36Z web1 su 17 - - session opened",
        "2026-03-10T13:55:36.1Z stderr F panic: runtime error",
        '{"log":"listening on :8080\\n","stream":"stdout","time":"2026-03-10T13:55:36.1Z"}',
    ],
)
def test_lines_of_other_programs_behind_an_envelope_are_no_access_log(tmp_path: Path, line: str) -> None:
    evidence = recognised(tmp_path / "x" / "y" / "messages", *[line] * 3)
    assert evidence.startswith(
        "declined: not an access log of these vendors: looks like lines of another program"
    )


def test_who_writes_apaches_lines_is_known_by_the_path_alone(tmp_path: Path) -> None:
    tomcat = "localhost_access_log.2026-03-10.txt"
    assert recognised(tmp_path / "x" / "y" / "z" / tomcat, COMBINED).startswith(
        "declined: not an access log of these vendors: looks like Tomcat's access log, as its path says"
    )
    assert "a varnishncsa log" in recognised(tmp_path / "x" / "y" / "varnish" / "varnishncsa.log", COMBINED)
    # The caller's word, or anything that speaks for nginx or Apache, is stronger.
    given = recognised(tmp_path / "x" / "y" / "z" / tomcat, COMBINED, vendor="apache")
    assert given.startswith("read: Apache combined")
    assert recognised(tmp_path / "tomcat" / "nginx" / "access.log", COMBINED).startswith(
        "read: nginx combined"
    )


def test_json_that_says_too_little_is_told_how_to_be_read(tmp_path: Path) -> None:
    line = '{"when":"2026-03-10T13:55:36Z","code":200,"what":"GET /a HTTP/1.1"}'
    assert "--log-format" in recognised(tmp_path / "x" / "y" / "z" / "a.json", *[line] * 3)
