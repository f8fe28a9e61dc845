r"""nginx: the formats that are recognised without being told.

`combined` and what people add to it, ingress-nginx, Nginx Proxy Manager and NPMplus, tab separated lines, and JSON
with the usual names. Escaping as in ngx_http_log_module.c: inside quotes neither `"` nor a raw backslash can stand,
both are written as `\xHH`. What is a format text in its server's configuration is one here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import polars as pl

from parsers import fields, nginx_variables
from parsers.nginx_format import COMMENT as _COMMENT
from parsers.nginx_format import SOURCE as _SOURCE
from parsers.nginx_format import declare_line, normalised
from parsers.spec import JsonFormat, LineFormat, Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parsers.nginx_format import Escape
    from parsers.spec import Format

_COMBINED = '{client} - {user} [{timestamp}] "{request}" {status} {bytes_sent} "{referrer}" "{user_agent}"'

COMBINED = LineFormat(
    name="nginx-combined",
    vendor="nginx",
    title="nginx combined",
    source=_SOURCE,
    template=_COMBINED,
    skip=_COMMENT,
    samples=(
        Sample(
            '192.0.2.10 - - [20/Nov/2020:12:00:00 +0100] "GET /shop?id=7 HTTP/1.1" 200 5316'
            ' "https://www.example.com/" "Mozilla/5.0 (X11; Linux x86_64)"',
            {
                "client": "192.0.2.10",
                "user": None,
                "timestamp": "2020-11-20T11:00:00Z",
                "method": "GET",
                "target": "/shop?id=7",
                "protocol": "HTTP/1.1",
                "path": "/shop",
                "query": "id=7",
                "status": 200,
                "bytes_sent": 5316,
                "referrer": "https://www.example.com/",
                "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
                "host": None,
                "duration_s": None,
                "role": "request",
                "weight": 1.0,
            },
        ),
        Sample(  # a user name holds what it likes: the date is the anchor
            '192.0.2.11 - user one [x] [20/Nov/2020:12:00:01 +0100] "GET /a.txt HTTP/1.1" 200 2 "" ""',
            {"user": "user one [x]", "path": "/a.txt", "referrer": "", "user_agent": ""},
        ),
        Sample(  # a TLS hello sent to a plain port
            r'198.51.100.7 - - [20/Nov/2020:12:00:02 +0100] "\x16\x03\x01\x02\x00\x01\xFC\x22" 400 157 "-" "-"',
            {"method": None, "target": r"\x16\x03\x01\x02\x00\x01\xFC\x22", "path": None, "user_agent": None},
        ),
        Sample(  # only CRLF was sent
            '2001:db8::5 - - [20/Nov/2020:12:00:03 +0100] "" 400 0 "-" "-"',
            {"client": "2001:db8::5", "method": None, "target": "", "status": 400},
        ),
        Sample(  # HTTP/0.9
            '192.0.2.12 - - [20/Nov/2020:12:00:04 +0100] "GET /old" 009 2 "-" "-"',
            {"method": "GET", "target": "/old", "protocol": None, "status": 9},
        ),
        Sample(  # blanks in the target: 400 since nginx 1.21.1
            '192.0.2.16 - - [20/Nov/2020:12:00:09 +0000] "GET /a b c HTTP/1.1" 400 157 "-" "-"',
            {"method": "GET", "target": "/a b c", "protocol": "HTTP/1.1"},
        ),
        Sample(  # absolute form, as a proxy would get it
            '192.0.2.17 - - [20/Nov/2020:12:00:11 +0000] "GET http://shop.example.com/a?b HTTP/1.1" 200 2 "-" "-"',
            {"target": "http://shop.example.com/a?b", "path": "/a", "query": "b", "host": "shop.example.com"},
        ),
        Sample(  # the connection died before a status was decided
            '192.0.2.18 - - [20/Nov/2020:12:00:11 +0000] "GET / HTTP/1.1" 000 0 "-" "-"',
            {"status": 0},
        ),
    ),
)

VHOST = LineFormat(
    name="nginx-vhost-combined",
    vendor="nginx",
    title="nginx combined behind a host",
    source=_SOURCE,
    template="{host} " + _COMBINED,
    # `name:port` is Apache's `%v:%p`, and what a container's tools put before a line is no name.
    fields={"host": r"[^ :\[\]|/]+|\[[0-9a-fA-F:.]+\]"},
    skip=_COMMENT,
    samples=(
        Sample(
            'shop.example.com 192.0.2.14 - - [20/Nov/2020:12:00:05 +0000] "GET / HTTP/1.1" 200 1 "-" "-"',
            {"host": "shop.example.com", "client": "192.0.2.14"},
        ),
    ),
)

_TEXT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
    ' "$http_referer" "$http_user_agent"'
)
_FORWARDED = ' "$http_x_forwarded_for"'
_PACKAGES = "nginx.org's packages, nginx.conf"
_INGRESS_SOURCE = "kubernetes/ingress-nginx, docs/user-guide/nginx-configuration/log-format.md"
_INGRESS_TAIL = " $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id"


def _told(text: str, name: str, title: str, source: str, *samples: Sample) -> LineFormat:
    """Return a well-known format by its text; nobody says that a number is a time, so it must look like one."""
    made = declare_line(text, name=name, title=title, source=source)
    shapes = {field: nginx_variables.with_decimals(shape) for field, shape in made.fields.items()}
    return replace(made, fields=shapes, samples=samples)


MAIN_TEXT = _TEXT + _FORWARDED
MAIN = _told(
    MAIN_TEXT,
    "nginx-main",
    "nginx main",
    _PACKAGES,
    Sample(
        '192.0.2.13 - api [20/Nov/2020:12:00:05 +0000] "POST /v1/items HTTP/2.0" 499 0 "-" "curl/7.88.1"'
        ' "203.0.113.9, 198.51.100.4"',
        {"user": "api", "status": 499, "user_agent": "curl/7.88.1", "client": "192.0.2.13"},
    ),
)

TIMED_TEXT = _TEXT + " $request_time"
TIMED = _told(
    TIMED_TEXT,
    "nginx-combined-timed",
    "nginx combined with $request_time",
    _SOURCE,
    Sample(
        '192.0.2.13 - - [20/Nov/2020:12:00:05 +0000] "GET /a HTTP/2.0" 200 7 "-" "curl/7.88.1" 0.123',
        {"duration_s": 0.123, "upstream_duration_s": None},
    ),
)

MAIN_TIMED_TEXT = MAIN_TEXT + " $request_time"
MAIN_TIMED = _told(
    MAIN_TIMED_TEXT,
    "nginx-main-timed",
    "nginx main with $request_time",
    _SOURCE,
    Sample(
        '192.0.2.13 - - [20/Nov/2020:12:00:05 +0000] "GET /a HTTP/2.0" 200 7 "-" "curl/7.88.1" "-" 0.123',
        {"duration_s": 0.123, "client": "192.0.2.13"},
    ),
)

UPSTREAM_TIMED_TEXT = _TEXT + " $request_time $upstream_response_time"
UPSTREAM_TIMED = _told(
    UPSTREAM_TIMED_TEXT,
    "nginx-combined-upstream-timed",
    "nginx combined with $request_time and $upstream_response_time",
    _SOURCE,
    Sample(
        '192.0.2.13 - - [20/Nov/2020:12:00:05 +0000] "GET /a HTTP/2.0" 200 7 "-" "curl/7.88.1" 0.124 0.123',
        {"duration_s": 0.124, "upstream_duration_s": 0.123},
    ),
    Sample(  # a retry, and a second phase that chose no server
        '192.0.2.13 - - [20/Nov/2020:12:00:05 +0000] "GET /a HTTP/2.0" 502 7 "-" "-" 5.010 5.000, 0.010 : ',
        {"duration_s": 5.01, "upstream_duration_s": 5.01},
    ),
)

MAIN_UPSTREAM_TIMED_TEXT = MAIN_TEXT + " $request_time $upstream_response_time"
MAIN_UPSTREAM_TIMED = _told(
    MAIN_UPSTREAM_TIMED_TEXT,
    "nginx-main-upstream-timed",
    "nginx main with $request_time and $upstream_response_time",
    _SOURCE,
    Sample(
        '192.0.2.13 - - [20/Nov/2020:12:00:05 +0000] "GET /a HTTP/2.0" 200 7 "-" "curl/7.88.1" "-" 0.124 -',
        {"duration_s": 0.124, "upstream_duration_s": None},
    ),
)

UPSTREAM_TEXT = _TEXT + ' $request_time "$upstream_addr" "$upstream_status" "$upstream_response_time"'
UPSTREAM = _told(
    UPSTREAM_TEXT,
    "nginx-combined-upstream",
    "nginx combined with $request_time and the upstream's address, status and time",
    _SOURCE,
    Sample(
        '192.0.2.13 - - [20/Nov/2020:12:00:05 +0000] "GET /a HTTP/2.0" 200 7 "-" "curl/7.88.1" 0.124'
        ' "192.0.2.80:8080, 192.0.2.81:8080" "502, 200" "0.100, 0.023"',
        {
            "upstream": "192.0.2.81:8080",
            "upstream_status": 200,
            "upstream_duration_s": 0.123,
            "upstream_tries": 2,
            "duration_s": 0.124,
        },
    ),
)

UPSTREAM_FIRST_TEXT = _TEXT + ' "$upstream_addr" "$upstream_status" $request_time'
UPSTREAM_FIRST = _told(
    UPSTREAM_FIRST_TEXT,
    "nginx-combined-upstream-first",
    "nginx combined with the upstream's address and status, and $request_time",
    _SOURCE,
    Sample(
        '192.0.2.15 - - [20/Nov/2020:12:00:08 +0000] "GET /f HTTP/1.1" 502 157 "-" "-" "192.0.2.80:80 : " "502 : "'
        " 0.002",
        {"upstream": "192.0.2.80:80", "upstream_status": 502, "upstream_tries": 1, "duration_s": 0.002},
    ),
)

INGRESS_TEXT = (
    _TEXT
    + " $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name]"
    + _INGRESS_TAIL
)
INGRESS = _told(
    INGRESS_TEXT,
    "nginx-ingress",
    "ingress-nginx",
    _INGRESS_SOURCE,
    Sample(
        '192.0.2.1 - - [20/Nov/2020:12:00:07 +0000] "GET /cart HTTP/1.1" 200 812 "-" "okhttp/4.9" 431 5.012'
        " [shop-cart-80] [] 192.0.2.4:8080 812 5.000 200 3f1c0d7be2a94d0f9a55c1d2e3f40516",
        {
            "bytes_received": 431,
            "duration_s": 5.012,
            "upstream": "192.0.2.4:8080",
            "upstream_status": 200,
            "upstream_duration_s": 5.0,
            "upstream_tries": 1,
            "request_id": "3f1c0d7be2a94d0f9a55c1d2e3f40516",
        },
    ),
    Sample(  # a retry
        '192.0.2.1 - - [20/Nov/2020:12:00:07 +0000] "GET /cart HTTP/1.1" 200 812 "-" "okhttp/4.9" 431 5.012'
        " [shop-cart-80] [] 192.0.2.4:8080, 192.0.2.5:8080 0, 812 5.000, 0.011 504, 200"
        " 3f1c0d7be2a94d0f9a55c1d2e3f40516",
        {
            "upstream": "192.0.2.5:8080",
            "upstream_status": 200,
            "upstream_duration_s": 5.011,
            "upstream_tries": 2,
        },
    ),
    Sample(  # refused before a server was chosen
        '192.0.2.1 - - [20/Nov/2020:12:00:07 +0000] "geti / HTTP/1.1" 400 163 "-" "-" 0 0.000 [] [] - - - -'
        " 3f1c0d7be2a94d0f9a55c1d2e3f40516",
        {"upstream": None, "upstream_status": None, "upstream_tries": None, "status": 400},
    ),
)

INGRESS_REAL_IP_TEXT = INGRESS_TEXT.replace(" - $remote_user", " - [$the_real_ip] - $remote_user")
INGRESS_REAL_IP = _told(
    INGRESS_REAL_IP_TEXT,
    "nginx-ingress-real-ip",
    "ingress-nginx before September 2019",
    _INGRESS_SOURCE + ", before commit 9af574a23",
    Sample(
        '192.0.2.1 - [192.0.2.1] - - [20/Nov/2018:12:00:07 +0000] "GET / HTTP/1.1" 200 812 "-" "okhttp/4.9" 431'
        " 0.012 [shop-cart-80] [] 192.0.2.4:8080 812 0.012 200 3f1c0d7be2a94d0f9a55c1d2e3f40516",
        {"client": "192.0.2.1", "user": None, "upstream": "192.0.2.4:8080", "upstream_status": 200},
    ),
)

INGRESS_OLDEST_TEXT = INGRESS_REAL_IP_TEXT.replace(" [$proxy_alternative_upstream_name]", "")
INGRESS_OLDEST = _told(
    INGRESS_OLDEST_TEXT,
    "nginx-ingress-oldest",
    "ingress-nginx without alternative upstreams",
    _INGRESS_SOURCE + ", before 0.22",
    Sample(
        '192.0.2.1 - [192.0.2.1] - - [20/Nov/2018:12:00:07 +0000] "GET / HTTP/1.1" 200 812 "-" "okhttp/4.9" 431'
        " 0.012 [shop-cart-80] 192.0.2.4:8080 812 0.012 200 3f1c0d7be2a94d0f9a55c1d2e3f40516",
        {"client": "192.0.2.1", "upstream": "192.0.2.4:8080", "upstream_status": 200},
    ),
)

_MANAGER_SOURCE = "NginxProxyManager/nginx-proxy-manager, docker/rootfs/etc/nginx/nginx.conf"
PROXY_MANAGER_TEXT = (
    "[$time_local] $upstream_cache_status $upstream_status $status - $request_method $scheme $host"
    ' "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $gzip_ratio] [Sent-to $server]'
    ' "$http_user_agent" "$http_referer"'
)
_PROXIED = declare_line(
    PROXY_MANAGER_TEXT, name="nginx-proxy-manager", title="Nginx Proxy Manager", source=_MANAGER_SOURCE
)
PROXY_MANAGER = replace(
    _PROXIED,
    columns={**_PROXIED.columns, "upstream": fields.text("var_server")},  # its own variable: the host asked
    samples=(
        Sample(
            "[24/Jan/2022:16:51:02 +0000] HIT 404 404 - GET https shop.example.com"
            ' "/a?b" [Client 198.51.100.9] [Length 192] [Gzip 3.10] [Sent-to 192.0.2.8] "curl/7.88.1" "-"',
            {
                "timestamp": "2022-01-24T16:51:02Z",
                "cache": "HIT",
                "upstream_status": 404,
                "status": 404,
                "method": "GET",
                "host": "shop.example.com",
                "target": "/a?b",
                "path": "/a",
                "query": "b",
                "protocol": None,
                "client": "198.51.100.9",
                "bytes_sent": 192,
                "user_agent": "curl/7.88.1",
                "referrer": None,
                "upstream": "192.0.2.8",
            },
        ),
    ),
)

PROXY_MANAGER_STANDARD_TEXT = PROXY_MANAGER_TEXT.replace(
    "$upstream_cache_status $upstream_status ", ""
).replace(" [Sent-to $server]", "")
PROXY_MANAGER_STANDARD = _told(
    PROXY_MANAGER_STANDARD_TEXT,
    "nginx-proxy-manager-standard",
    "Nginx Proxy Manager, not proxied",
    _MANAGER_SOURCE,
    Sample(
        '[24/Jan/2022:13:40:19 +0000] 444 - GET https shop.example.com "/.env" [Client 198.51.100.9] [Length 0]'
        ' [Gzip -] "Mozilla/5.0" "-"',
        {"status": 444, "client": "198.51.100.9", "target": "/.env", "bytes_sent": 0},
    ),
)

NPMPLUS_TEXT = (
    '[$time_local] $host $remote_addr $request_time "$request" $status $body_bytes_sent $bytes_sent'
    " $http_referer $http_user_agent"
)
NPMPLUS = _told(
    NPMPLUS_TEXT,
    "npmplus",
    "NPMplus",
    "ZoeyVid/NPMplus, rootfs/usr/local/nginx/conf/nginx.conf",
    Sample(
        '[10/Feb/2024:21:25:15 +0100] shop.example.com 198.51.100.9 0.156 "GET /dashboard HTTP/1.1" 200 2048 2156'
        " https://www.example.com/?q=1 Mozilla/5.0 (X11; Linux x86_64)",
        {
            "host": "shop.example.com",
            "client": "198.51.100.9",
            "duration_s": 0.156,
            "path": "/dashboard",
            "bytes_sent": 2048,
            "referrer": "https://www.example.com/?q=1",
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
        },
    ),
    Sample(
        r'[21/May/2025:19:28:54 +0800] _ 198.51.100.9 0.811 "\x16\x03\x02\x01o" 400 122 282 - -',
        {"method": None, "target": r"\x16\x03\x02\x01o", "referrer": None, "user_agent": None},
    ),
)

TABS_TEXT = (
    "$time_iso8601\t$remote_addr\t$request_method\t$host\t$request_uri\t$status\t$bytes_sent\t$request_time"
    "\t$http_user_agent"
)
TABS = _told(
    TABS_TEXT,
    "nginx-tabs",
    "nginx with tabs between the fields",
    _SOURCE,
    Sample(
        "2020-11-20T12:00:00+01:00\t192.0.2.10\tGET\tshop.example.com\t/a b?c\t200\t512\t0.010\tcurl/7.88.1 (x)",
        {
            "timestamp": "2020-11-20T11:00:00Z",
            "target": "/a b?c",
            "host": "shop.example.com",
            "duration_s": 0.01,
        },
    ),
)

COMBINED_TABS_TEXT = _TEXT.replace(" ", "\t")
COMBINED_TABS = _told(
    COMBINED_TABS_TEXT,
    "nginx-combined-tabs",
    "nginx combined with tabs between the fields",
    _SOURCE,
    Sample(
        '192.0.2.10\t-\tada l\t[20/Nov/2020:12:00:00 +0100]\t"GET / HTTP/1.1"\t200\t5\t"-"\t"curl/7.88.1"',
        {"timestamp": "2020-11-20T11:00:00Z", "user": "ada l", "path": "/", "user_agent": "curl/7.88.1"},
    ),
)

BARE_TABS_TEXT = (
    "$remote_addr\t$remote_user\t$time_local\t$request\t$status\t$body_bytes_sent"
    "\t$http_referer\t$http_user_agent"
)
BARE_TABS = _told(
    BARE_TABS_TEXT,
    "nginx-combined-bare-tabs",
    "nginx combined with tabs and neither quotes nor brackets",
    _SOURCE,
    Sample(
        "192.0.2.10\t-\t20/Nov/2020:12:00:00 +0100\tGET / HTTP/1.1\t200\t5\t-\tMozilla/5.0 (X11)",
        {
            "timestamp": "2020-11-20T11:00:00Z",
            "path": "/",
            "method": "GET",
            "user_agent": "Mozilla/5.0 (X11)",
        },
    ),
)

ALP = LineFormat(
    name="nginx-main-two-times",
    vendor="nginx",
    title="nginx main with the application's time, where it is `-`, and $request_time",
    source="tkuchiki/alp, README: the combined lines it reads",
    template=_COMBINED + ' "{forwarded}" - {duration_s}',
    fields={"duration_s": r"-|[0-9]{1,12}(?:\.[0-9]{1,9})?"},
    skip=_COMMENT,
    samples=(
        Sample(
            '192.0.2.13 - - [20/Nov/2020:12:00:05 +0000] "GET /a HTTP/2.0" 200 7 "-" "curl/7.88.1" "-" - 0.321',
            {"duration_s": 0.321},
        ),
    ),
)


def _labelled(*labels: str) -> pl.Expr:
    """Return the value behind the first of these labels, in quotes or up to the next label; null for `-`."""
    either = "|".join(labels)
    rest = pl.col("rest")
    quoted = rest.str.extract(rf'(?:^|[ ,;\t])(?:{either})[=:]"([^"]*)"', 1)
    bare = rest.str.extract(
        rf'(?:^|[ ,;\t])(?:{either})[=:]([^" ,;]+(?:(?:, | : )[^" ,;=]+)*)(?:[ ,;\t]|$)', 1
    )
    return fields.unset(pl.coalesce(quoted, bare))


_LABELS: Final = {
    "request_time": ("rt", "reqtime", "request_time", "rtime"),
    "upstream_response_time": ("urt", "upstream_response_time", "apptime", "ut"),
    "upstream_addr": ("ua", "upstream", "upstream_addr"),
    "upstream_status": ("us", "upstream_status"),
    "host": ("host", "vhost", "sn", "server_name"),
    "upstream_cache_status": ("cs", "cache", "upstream_cache_status"),
    "request_length": ("rl", "request_length"),
    "request_id": ("rid", "request_id", "reqid"),
}
"""Variable → what people write before it; nginx Amplify's `main_ext` among them."""

EXTENDED = LineFormat(
    name="nginx-combined-extended",
    vendor="nginx",
    title="nginx combined with further fields",
    source=_SOURCE + "; with labels as in nginx Amplify's `main_ext`",
    template=_COMBINED + " {rest}",
    fields={"rest": r".+"},
    columns={
        column: value
        for column, value in nginx_variables.canonical(
            {variable: _labelled(*labels) for variable, labels in _LABELS.items()}
        ).items()
        if column != "host"
    },
    skip=_COMMENT,
    samples=(
        Sample(
            '192.0.2.13 - api [20/Nov/2020:12:00:05 +0000] "POST /v1/items HTTP/2.0" 200 0 "-" "curl/7.88.1" TLSv1.3',
            {"user": "api", "status": 200, "user_agent": "curl/7.88.1", "duration_s": None},
        ),
        Sample(
            '192.0.2.13 - - [20/Nov/2020:12:00:05 +0000] "GET / HTTP/2.0" 200 9 "-" "curl/7.88.1" "-"'
            ' "shop.example.com" sn="shop.example.com" rt=5.012 ua="192.0.2.80:80, 192.0.2.81:80" us="502, 200"'
            ' ut="5.000, 0.011" ul="0, 9" cs=MISS',
            {
                "duration_s": 5.012,
                "upstream": "192.0.2.81:80",
                "upstream_status": 200,
                "upstream_duration_s": 5.011,
                "upstream_tries": 2,
                "cache": "MISS",
            },
        ),
        Sample(
            '192.0.2.13 - - [20/Nov/2020:12:00:05 +0000] "GET / HTTP/2.0" 200 9 "-" "curl/7.88.1" rt=5.012'
            " ua=192.0.2.80:80, 192.0.2.81:80 us=502, 200 urt=5.000, 0.011",
            {
                "upstream": "192.0.2.81:80",
                "upstream_status": 200,
                "upstream_duration_s": 5.011,
                "upstream_tries": 2,
            },
        ),
    ),
)

VHOST_EXTENDED = replace(
    EXTENDED,
    name="nginx-vhost-combined-extended",
    title="nginx combined behind a host, with further fields",
    template="{host} " + _COMBINED + " {rest}",
    fields={**EXTENDED.fields, **VHOST.fields},
    samples=(
        Sample(
            'shop.example.com 192.0.2.14 - - [20/Nov/2020:12:00:05 +0000] "GET / HTTP/1.1" 200 1 "-" "-" rt=0.010',
            {"host": "shop.example.com", "client": "192.0.2.14", "duration_s": 0.01},
        ),
    ),
)

_KEYS: Final = {
    "remote_addr": ("remote_addr", "client_ip", "clientip", "remote_ip", "client", "ip", "clientRealIp"),
    "http_x_forwarded_for": ("http_x_forwarded_for", "x_forwarded_for", "xff"),
    "remote_user": ("remote_user", "user"),
    "request": ("request", "req", "request_line"),
    "request_method": ("request_method", "method", "verb", "http_method"),
    "request_uri": ("request_uri", "uri", "url", "path", "http_uri"),
    "args": ("args", "query_string", "query"),
    "server_protocol": ("server_protocol", "protocol", "http_version", "proto"),
    "status": ("status", "response", "status_code", "response_code", "http_status"),
    "body_bytes_sent": ("body_bytes_sent", "body_bytes", "bytes", "bytes_sent", "size", "length"),
    "request_length": ("request_length", "bytes_received"),
    "request_time": ("request_time", "response_time", "responsetime", "requesttime", "rt", "duration"),
    "host": ("http_host", "domain", "vhost", "host", "server_name"),  # `host` may also be the server itself
    "http_referer": ("http_referer", "http_referrer", "referer", "referrer"),
    "http_user_agent": ("http_user_agent", "user_agent", "agent", "ua", "useragent"),
    "upstream_addr": ("upstream_addr", "upstreamaddr", "upstream", "upstreamhost", "upstream_host"),
    "upstream_status": ("upstream_status", "us"),
    "upstream_response_time": ("upstream_response_time", "upstreamtime", "upstream_time", "urt"),
    "upstream_cache_status": ("upstream_cache_status", "cache_status", "cache"),
    "request_id": ("request_id", "req_id", "requestid"),
    "geoip_country_code": ("geoip_country_code", "country", "country_code"),
}
"""Variable → the names that people give it in JSON."""

_TIMES: Final = (
    "msec",
    "@timestamp",
    "time_iso8601",
    "timestamp",
    "time",
    "time_local",
    "date",
    "datetime",
    "ts",
)


def _member(*keys: str) -> pl.Expr:
    """Return the first of these members that is set."""
    logged = [nginx_variables.of_value(pl.col(key), default_escape=False) for key in keys]
    return nginx_variables.unescaped(pl.coalesce(map(nginx_variables.without_literal, logged)))


def _usual() -> dict[str, pl.Expr]:
    """Return the canonical columns; a record has the whole request line, or its parts."""
    raw = {variable: _member(*keys) for variable, keys in _KEYS.items()}
    named, *others = _KEYS["request_time"]
    spent = _member(*others)
    # Others than nginx count milliseconds under such names, without decimals.
    raw["request_time"] = pl.coalesce(
        _member(named), pl.when(spent.str.contains(r"^[0-9]+\.[0-9]+$")).then(spent)
    )
    raw["host"] = raw["host"].str.replace(r":[0-9]+$", "")
    whole = nginx_variables.canonical(raw)
    parts = nginx_variables.canonical({name: value for name, value in raw.items() if name != "request"})
    made = {"target", "path", "query", "method", "protocol"}
    return parts | {name: pl.coalesce(whole[name], parts[name]) for name in made} | {"timestamp": _moment()}


_LOOKS_LIKE_A_TIME: Final = r"^[0-9]{4}-[0-9]{2}-|^[0-9]{2}/[A-Z][a-z]{2}/|^[0-9]{9,13}(?:\.[0-9]+)?$"
"""What counts the seconds that a request took may have such a name too."""

_WHEN: Final = pl.coalesce(
    pl.when(pl.col(name).str.contains(_LOOKS_LIKE_A_TIME)).then(pl.col(name)) for name in _TIMES
)


def _moment() -> pl.Expr:
    """Return the time, however it is written."""
    value = pl.col("when")
    return (
        pl.when(value.str.contains(r"^[0-9]{4}-"))
        .then(fields.iso8601(value))
        .when(value.str.contains("/", literal=True))
        .then(fields.clf_time(value))
        .when(value.str.contains(r"^[0-9]{13}$"))
        .then(fields.epoch(value.str.head(10) + "." + value.str.tail(3)))
        .otherwise(fields.epoch(value))
    )


JSON = JsonFormat(
    name="nginx-json",
    vendor="nginx",
    title="nginx JSON with the usual names",
    source=_SOURCE + "; names as people publish them",
    members=tuple(dict.fromkeys([*_TIMES, *(key for keys in _KEYS.values() for key in keys)])),
    lists=(),
    marks=tuple(key for variable, keys in _KEYS.items() if variable not in {"host", "args"} for key in keys),
    needs=3,
    repairs=nginx_variables.REPAIRS,
    sound=nginx_variables.SOUND,
    shared={"when": _WHEN},
    columns=_usual(),
    samples=(
        Sample(
            r'{"time":"2020-11-20T12:00:10+00:00","status":200,"req":"GET /x HTTP/1.1","urt":,"ua":"a \"b\""}',
            {
                "timestamp": "2020-11-20T12:00:10Z",
                "status": 200,
                "path": "/x",
                "upstream_duration_s": None,
                "user_agent": 'a "b"',
            },
        ),
        Sample(  # the parts of a request line, and values without quotes
            '{"time":"2020-11-20T12:00:10+00:00","method":"POST","uri":"/a?b","status":000,"body_bytes":12,'
            '"upstream_addr":192.0.2.8:80, 192.0.2.9:80,"upstream_status":502, -,"response_time":0.057}',
            {
                "method": "POST",
                "target": "/a?b",
                "path": "/a",
                "query": "b",
                "protocol": None,
                "status": 0,
                "bytes_sent": 12,
                "duration_s": 0.057,
                "upstream": "192.0.2.9:80",
                "upstream_tries": 2,
            },
        ),
    ),
)

LOOSE = LineFormat(
    name="nginx-combined-loose",
    vendor="nginx",
    title="nginx-like line with fields missing, cut or unescaped",
    source=_SOURCE + "; before 1.1.6 and with escape=none quotes stand unescaped",
    # Status and size must stand right behind the request: with them a line can be counted.
    # No other time may stand inside or behind: two records glued to one line are not one.
    pattern=r"""(?x)(?s)
        ^"?(?:(?P<host>[^\ "\[\]|]+)\ )??(?P<client>[^\ "]+)(?:\ -\ (?P<user>[^"]*?))?
        \ \[(?P<timestamp>"""
    + fields.CLF_TIME_PATTERN
    + r""")\]
        \ "(?P<request>(?:[^\]]|\]+(?:[^\]\ ]|\ [^"]))*?\]*)"\ (?P<status>[0-9]{3})\ (?P<bytes_sent>[0-9]+)
        (?:\ "(?P<referrer>[^"]*)"(?:\ "(?P<user_agent>[^"]*))?)?"{0,2}(?:\ [^\[]*)?$""",
    loose=True,
    samples=(
        Sample(  # a quote as the client sent it
            '192.0.2.19 - - [20/Nov/2020:12:00:10 +0100] "GET /?q="a" HTTP/1.1" 200 235 "-" "curl/7.88.1"',
            {"target": '/?q="a"', "status": 200, "user_agent": "curl/7.88.1"},
        ),
    ),
)

FORMATS = (
    COMBINED,
    VHOST,
    MAIN,
    TIMED,
    MAIN_TIMED,
    UPSTREAM_TIMED,
    MAIN_UPSTREAM_TIMED,
    UPSTREAM,
    UPSTREAM_FIRST,
    INGRESS_REAL_IP,  # before the newer one, to which its brackets are a part of the user
    INGRESS_OLDEST,
    INGRESS,
    PROXY_MANAGER,
    PROXY_MANAGER_STANDARD,
    NPMPLUS,
    TABS,
    COMBINED_TABS,
    BARE_TABS,
    ALP,
    JSON,
    EXTENDED,
    VHOST_EXTENDED,
    LOOSE,
)

_TEXTS: Final = {
    _TEXT: COMBINED,
    "$host " + _TEXT: VHOST,
    MAIN_TEXT: MAIN,
    TIMED_TEXT: TIMED,
    MAIN_TIMED_TEXT: MAIN_TIMED,
    UPSTREAM_TIMED_TEXT: UPSTREAM_TIMED,
    MAIN_UPSTREAM_TIMED_TEXT: MAIN_UPSTREAM_TIMED,
    UPSTREAM_TEXT: UPSTREAM,
    UPSTREAM_FIRST_TEXT: UPSTREAM_FIRST,
    INGRESS_TEXT: INGRESS,
    INGRESS_REAL_IP_TEXT: INGRESS_REAL_IP,
    INGRESS_OLDEST_TEXT: INGRESS_OLDEST,
    PROXY_MANAGER_TEXT: PROXY_MANAGER,
    PROXY_MANAGER_STANDARD_TEXT: PROXY_MANAGER_STANDARD,
    NPMPLUS_TEXT: NPMPLUS,
    TABS_TEXT: TABS,
    COMBINED_TABS_TEXT: COMBINED_TABS,
    BARE_TABS_TEXT: BARE_TABS,
}

KNOWN: Final[Mapping[tuple[str, Escape], Format]] = {
    (normalised(text), "default"): form for text, form in _TEXTS.items()
}
"""Format text and escaping → the declaration that has a name of its own."""
