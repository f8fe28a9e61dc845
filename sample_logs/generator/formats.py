"""Small logs in further formats of nginx and Apache, and in what transports put around a line.

As the odd cases: between 00:00 and 06:00 of the day, few enough to leave its story alone.
"""
# ruff: noqa: E501 - a log line is as long as it is

from __future__ import annotations

import json


def _log(*lines: str) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
STAMP = "2026-03-10T03:00:00.123456789Z"

NGINX_INGRESS = _log(
    f'198.51.100.91 - - [10/Mar/2026:03:00:00 +0000] "GET /cart HTTP/2.0" 200 812 "https://shop.example.com/" "{FIREFOX}" 431 0.012 [shop-cart-80] [] 192.0.2.104:8080 812 0.011 200 3f1c0d7be2a94d0f9a55c1d2e3f40516',
    '198.51.100.91 - - [10/Mar/2026:03:00:02 +0000] "GET /cart/7 HTTP/2.0" 200 812 "-" "okhttp/5.1.0" 431 5.012 [shop-cart-80] [] 192.0.2.104:8080, 192.0.2.105:8080 0, 812 5.000, 0.011 504, 200 3f1c0d7be2a94d0f9a55c1d2e3f40517',
    '2001:db8:31::4 - ada [10/Mar/2026:03:00:03 +0000] "POST /orders HTTP/1.1" 201 96 "-" "okhttp/5.1.0" 902 0.140 [shop-orders-http] [shop-orders-canary-http] 192.0.2.106:8080 96 0.139 201 from-the-client',
    '203.0.113.241 - - [10/Mar/2026:03:00:04 +0000] "geti / HTTP/1.1" 400 163 "-" "-" 0 0.000 [] [] - - - - 3f1c0d7be2a94d0f9a55c1d2e3f40518',
    '203.0.113.241 - - [10/Mar/2026:03:00:05 +0000] "" 400 0 "-" "-" 0 0.040 [] [] - - - - 3f1c0d7be2a94d0f9a55c1d2e3f40519',
    '198.51.100.92 - - [10/Mar/2026:03:00:06 +0000] "GET /slow HTTP/1.1" 499 0 "-" "curl/8.14.1" 77 3.001 [shop-report-80] [] 192.0.2.107:8080 0 3.001 - 3f1c0d7be2a94d0f9a55c1d2e3f40520',
    '198.51.100.92 - - [10/Mar/2026:03:00:07 +0000] "GET /gone HTTP/1.1" 503 190 "-" "curl/8.14.1" 77 0.000 [shop-gone-80] [] - - - - 3f1c0d7be2a94d0f9a55c1d2e3f40521',
    # Written after the format was changed: one more field, without a name.
    '198.51.100.93 - - [10/Mar/2026:03:00:09 +0000] "GET /cart HTTP/2.0" 200 812 "-" "okhttp/5.1.0" 431 0.012 [shop-cart-80] [] 192.0.2.104:8080 812 0.011 200 3f1c0d7be2a94d0f9a55c1d2e3f40522 "shop"',
)

NGINX_INGRESS_OLD = _log(
    '198.51.100.91 - [198.51.100.91] - - [10/Mar/2026:03:01:00 +0000] "GET / HTTP/1.1" 200 812 "-" "okhttp/5.1.0" 431 0.012 [shop-cart-80] [] 192.0.2.104:8080 812 0.012 200 3f1c0d7be2a94d0f9a55c1d2e3f40523',
    '198.51.100.91 - [198.51.100.91] - ada [10/Mar/2026:03:01:01 +0000] "GET /cart HTTP/1.1" 302 0 "-" "okhttp/5.1.0" 431 0.002 [shop-cart-80] [] 192.0.2.104:8080 0 0.002 302 3f1c0d7be2a94d0f9a55c1d2e3f40524',
    '198.51.100.94 - [198.51.100.94] - - [10/Mar/2026:03:01:02 +0000] "GET /cart HTTP/1.1" 200 812 "-" "okhttp/5.1.0" 431 0.012 [shop-cart-80] [] 192.0.2.104:8080, 192.0.2.105:8080 0, 812 0.001, 0.011 502, 200 3f1c0d7be2a94d0f9a55c1d2e3f40525',
    # Without the alternative upstream, as it was before.
    '198.51.100.94 - [198.51.100.94] - - [10/Mar/2026:03:01:03 +0000] "GET /old HTTP/1.1" 404 153 "-" "okhttp/5.1.0" 431 0.002 [shop-cart-80] 192.0.2.104:8080 153 0.002 404 3f1c0d7be2a94d0f9a55c1d2e3f40526',
)

NGINX_PROXY_MANAGER = _log(
    f'[10/Mar/2026:03:05:00 +0000] - 200 200 - GET https shop.example.com "/" [Client 198.51.100.95] [Length 612] [Gzip 2.41] [Sent-to 192.0.2.108] "{FIREFOX}" "-"',
    '[10/Mar/2026:03:05:01 +0000] HIT - 200 - GET https shop.example.com "/static/site.css?v=3" [Client 198.51.100.95] [Length 1270] [Gzip 3.10] [Sent-to 192.0.2.108] "curl/8.14.1" "https://shop.example.com/"',
    '[10/Mar/2026:03:05:02 +0000] - 502, 200 200 - POST https shop.example.com "/orders" [Client 2001:db8:32::7] [Length 96] [Gzip -] [Sent-to app.example.net] "okhttp/5.1.0" "-"',
    '[10/Mar/2026:03:05:03 +0000] - - 499 - GET https shop.example.com "/slow" [Client 198.51.100.96] [Length 0] [Gzip -] [Sent-to 192.0.2.108] "curl/8.14.1" "-"',
    # A host that is not passed on.
    '[10/Mar/2026:03:05:04 +0000] 444 - GET https old.example.com "/.env" [Client 203.0.113.242] [Length 0] [Gzip -] "Mozilla/5.0" "-"',
    '[10/Mar/2026:03:05:05 +0000] 301 - GET http old.example.com "/" [Client 203.0.113.242] [Length 166] [Gzip -] "Mozilla/5.0" "-"',
)

NGINX_NPMPLUS = _log(
    f'[10/Mar/2026:03:06:00 +0000] shop.example.com 198.51.100.97 0.156 "GET /dashboard HTTP/2.0" 200 2048 2156 https://www.example.com/?q=1 {FIREFOX}',
    '[10/Mar/2026:03:06:01 +0000] shop.example.com 198.51.100.97 0.001 "GET /favicon.ico HTTP/2.0" 404 153 312 - curl/8.14.1',
    r'[10/Mar/2026:03:06:02 +0000] _ 203.0.113.243 0.811 "\x16\x03\x02\x01o" 400 122 282 - -',
    '[10/Mar/2026:03:06:03 +0000] _ 203.0.113.243 60.001 "" 408 0 0 - -',
)

NGINX_UPSTREAMS = _log(
    f'198.51.100.98 - - [10/Mar/2026:03:10:00 +0000] "GET /a HTTP/1.1" 200 512 "-" "{FIREFOX}" 0.124 "192.0.2.109:8080" "200" "0.123"',
    '198.51.100.98 - - [10/Mar/2026:03:10:01 +0000] "GET /b HTTP/1.1" 200 512 "-" "curl/8.14.1" 0.124 "192.0.2.109:8080, 192.0.2.110:8080" "502, 200" "0.100, 0.023"',
    '198.51.100.98 - - [10/Mar/2026:03:10:02 +0000] "GET /c HTTP/1.1" 200 512 "-" "curl/8.14.1" 0.034 "192.0.2.109:8080 : 192.0.2.111:9000" "200 : 200" "0.020 : 0.013"',
    '198.51.100.98 - - [10/Mar/2026:03:10:03 +0000] "GET /d HTTP/1.1" 502 157 "-" "curl/8.14.1" 0.002 "192.0.2.109:8080 : " "502 : " "0.002 : "',
    '198.51.100.98 - - [10/Mar/2026:03:10:04 +0000] "GET /e HTTP/1.1" 499 0 "-" "curl/8.14.1" 0.301 "192.0.2.109:8080" "-" "0.301"',
    '198.51.100.98 - - [10/Mar/2026:03:10:05 +0000] "GET /static/f.css HTTP/1.1" 304 0 "-" "curl/8.14.1" 0.000 "-" "-" "-"',
    '198.51.100.98 - - [10/Mar/2026:03:10:06 +0000] "GET /g HTTP/1.1" 200 512 "-" "curl/8.14.1" 0.004 "unix:/run/app.sock" "200" "0.004"',
    '198.51.100.98 - - [10/Mar/2026:03:10:07 +0000] "GET /h HTTP/1.1" 200 512 "-" "curl/8.14.1" 0.005 "[2001:db8:33::9]:8080" "200" "0.005"',
    # A group in which no server is alive.
    '198.51.100.98 - - [10/Mar/2026:03:10:08 +0000] "GET /i HTTP/1.1" 502 157 "-" "curl/8.14.1" 0.000 "application" "502" "0.000"',
)

NGINX_TIMED = _log(
    # The format was changed twice in the course of the hour.
    f'198.51.100.99 - - [10/Mar/2026:03:15:00 +0000] "GET / HTTP/2.0" 200 512 "-" "{FIREFOX}"',
    f'198.51.100.99 - - [10/Mar/2026:03:15:01 +0000] "GET /a HTTP/2.0" 200 512 "-" "{FIREFOX}" 0.057',
    f'198.51.100.99 - - [10/Mar/2026:03:15:02 +0000] "GET /b HTTP/2.0" 200 512 "-" "{FIREFOX}" 0.101',
    f'198.51.100.99 - - [10/Mar/2026:03:15:03 +0000] "GET /c HTTP/2.0" 200 512 "-" "{FIREFOX}" "203.0.113.9, 198.51.100.4" 0.020 0.019',
    f'198.51.100.99 - - [10/Mar/2026:03:15:04 +0000] "GET /d.css HTTP/2.0" 200 512 "-" "{FIREFOX}" "-" 0.000 -',
    f'198.51.100.99 - - [10/Mar/2026:03:15:05 +0000] "GET /e HTTP/2.0" 200 512 "-" "{FIREFOX}" "-" rt=0.030 ua="192.0.2.109:8080" us="200" ut="0.029" cs=MISS',
    f'198.51.100.99 - - [10/Mar/2026:03:15:06 +0000] "GET /f HTTP/2.0" 200 512 "-" "{FIREFOX}" TLSv1.3 17',
)

NGINX_TABS = _log(
    f"2026-03-10T03:20:00+00:00\t198.51.100.101\tGET\tshop.example.com\t/a?b=c\t200\t512\t0.010\t{FIREFOX}",
    "2026-03-10T03:20:01+00:00\t198.51.100.101\tPOST\tshop.example.com\t/orders\t201\t96\t0.140\tokhttp/5.1.0",
    "2026-03-10T03:20:02+00:00\t203.0.113.244\t-\t_\t-\t400\t157\t0.000\t-",
    "2026-03-10T03:20:03+00:00\t2001:db8:34::2\tHEAD\tshop.example.com\t/with blank\t400\t0\t0.000\t",
)

NGINX_JSON = (
    _log(
        f'{{"time":"2026-03-10T03:25:00+00:00","remote_addr":"198.51.100.102","request":"GET /a?b HTTP/2.0","status":200,"body_bytes_sent":512,"request_time":0.010,"upstream_addr":"192.0.2.109:8080","upstream_status":"200","upstream_response_time":"0.009","http_referer":"","http_user_agent":"{FIREFOX}"}}',
        '{"time":"2026-03-10T03:25:01+00:00","remote_addr":"198.51.100.102","request":"GET /b HTTP/2.0","status":304,"body_bytes_sent":0,"request_time":0.000,"upstream_addr":,"upstream_status":,"upstream_response_time":,"http_referer":"","http_user_agent":"curl/8.14.1"}',
        '{"time":"2026-03-10T03:25:02+00:00","remote_addr":"198.51.100.102","request":"GET /c HTTP/2.0","status":200,"body_bytes_sent":512,"request_time":0.124,"upstream_addr":192.0.2.109:8080, 192.0.2.110:8080,"upstream_status":502, 200,"upstream_response_time":0.100, 0.023,"http_referer":"-","http_user_agent":"curl/8.14.1"}',
        '{"time":"2026-03-10T03:25:03+00:00","remote_addr":"198.51.100.102","request":"GET /d HTTP/2.0","status":502,"body_bytes_sent":157,"request_time":0.002,"upstream_addr":192.0.2.109:8080 : ,"upstream_status":502 : ,"upstream_response_time":0.002 : ,"http_referer":"","http_user_agent":"curl/8.14.1"}',
        '{"time":"2026-03-10T03:25:04+00:00","remote_addr":"198.51.100.103","request":"GET /e HTTP/1.1","status":000,"body_bytes_sent":0,"request_time":1.000,"upstream_addr":-,"upstream_status":-,"upstream_response_time":-,"http_referer":"-","http_user_agent":"-"}',
        r'{"time":"2026-03-10T03:25:05+00:00","remote_addr":"198.51.100.103","request":"GET /s?q=\x22a\x5Cb\x22 HTTP/1.1","status":"404","body_bytes_sent":"153","request_time":"0.001","upstream_addr":"","upstream_status":"-","upstream_response_time":"","http_referer":"-","http_user_agent":"\xC3\xA9 \"x\" \\ y"}',
        '{"time":"2026-03-10T03:25:06+00:00","remote_addr":"2001:db8:35::6","request":"","status":400,"body_bytes_sent":0,"request_time":0.000,"upstream_addr":[2001:db8:33::9]:8080,"upstream_status":400,"upstream_response_time":0.000,"http_referer":"","http_user_agent":"",}',
        '{"time":"2026-03-10T03:25:07+00:00","remote_addr":"198.51.100.104","request":"GET /cut HTTP/1.1","status":200,"body_bytes',
    )
    + b'{"time":"2026-03-10T03:25:08+00:00","remote_addr":"198.51.100.104","request":"GET /raw HTTP/1.1","status":200,"body_bytes_sent":5,"request_time":0.001,"http_user_agent":"latin \xe9"}\n'
)

_PLAIN = (
    f'198.51.100.105 - - [10/Mar/2026:03:00:00 +0000] "GET / HTTP/1.1" 200 612 "-" "{FIREFOX}"',
    '198.51.100.105 - - [10/Mar/2026:03:00:01 +0000] "GET /<b>?a&b HTTP/1.1" 404 153 "-" "curl/8.14.1"',
    r'203.0.113.245 - - [10/Mar/2026:03:00:02 +0000] "\x16\x03\x01\x02" 400 157 "-" "-"',
)
_LONG = f'203.0.113.245 - - [10/Mar/2026:03:00:03 +0000] "GET /{"x" * 40} HTTP/1.1" 414 177 "-" "-"'


def _in_docker(text: str) -> str:
    made = json.dumps({"log": text, "stream": "stdout", "time": STAMP}, separators=(",", ":"))
    for character in "<>&":  # as Go's JSON has them
        made = made.replace(character, f"\\u{ord(character):04x}")
    return made


NGINX_SYSLOG = _log(
    *(f"<190>Mar 10 03:00:0{number} web1 nginx: {line}" for number, line in enumerate(_PLAIN)),
    f"<190>Mar 10 03:00:03 nginx: {_LONG}",
)
NGINX_CRI = _log(
    *(f"{STAMP} stdout F {line}" for line in _PLAIN),
    f"{STAMP} stdout P {_LONG[:70]}",
    f"{STAMP} stderr F 2026/03/10 03:00:03 [error] 7#7: *1 client sent too long URI",
    f"{STAMP} stdout F {_LONG[70:]}",
)
NGINX_DOCKER = _log(
    *(_in_docker(line + "\n") for line in _PLAIN),
    _in_docker(_LONG[:70]),
    _in_docker(_LONG[70:] + "\n"),
)

APACHE_COMBINED_IO = _log(
    f'198.51.100.111 - - [10/Mar/2026:03:30:00 +0000] "GET / HTTP/1.1" 200 10701 "https://www.example.com/" "{FIREFOX}" 512 11012',
    '198.51.100.111 - - [10/Mar/2026:03:30:01 +0000] "HEAD / HTTP/1.1" 200 - "-" "curl/8.14.1" 75 160',
    '198.51.100.112 - ada [10/Mar/2026:03:30:02 +0000] "POST /upload HTTP/1.1" 413 341 "-" "curl/8.14.1" 1048901 620',
    '203.0.113.246 - - [10/Mar/2026:03:30:03 +0000] "GET /a b" 400 226 "-" "-" 61 403',
    r'203.0.113.246 - - [10/Mar/2026:03:30:04 +0000] "\x16\x03\x01\x02" 400 226 "-" "-" 4 0',
    '203.0.113.246 - - [10/Mar/2026:03:30:05 +0000] "-" 408 - "-" "-" 0 0',
)

APACHE_SSL_REQUEST = _log(
    '[10/Mar/2026:03:35:00 +0000] 198.51.100.113 TLSv1.3 TLS_AES_256_GCM_SHA384 "GET /account HTTP/1.1" 2048',
    '[10/Mar/2026:03:35:01 +0000] 198.51.100.113 TLSv1.3 TLS_AES_256_GCM_SHA384 "GET /account?tab=2 HTTP/2.0" -',
    '[10/Mar/2026:03:35:02 +0000] 2001:db8:36::1 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 "POST /login HTTP/1.1" 512',
    '[10/Mar/2026:03:35:03 +0000] 203.0.113.247 - - "GET / HTTP/1.0" 362',
)

APACHE_DURATIONS = _log(
    f'198.51.100.114 - - [10/Mar/2026:03:40:00 +0000] "GET / HTTP/1.1" 200 10701 "-" "{FIREFOX}" 0/1930',
    '198.51.100.114 - - [10/Mar/2026:03:40:01 +0000] "GET /report?all HTTP/1.1" 200 51200 "-" "curl/8.14.1" 12/12503117',
    '198.51.100.114 - bella [10/Mar/2026:03:40:02 +0000] "GET /private/ HTTP/1.1" 200 1381 "-" "curl/8.14.1" 0/402',
    '203.0.113.248 - - [10/Mar/2026:03:40:03 +0000] "-" 408 - "-" "-" 0/20',
    # Not of one measurement: said of no duration.
    '203.0.113.248 - - [10/Mar/2026:03:40:04 +0000] "GET / HTTP/1.1" 200 - "-" "-" 7/20',
)

APACHE_HOSTERS = _log(
    f'www.example.com 198.51.100.115 - - [10/Mar/2026:03:45:00 +0000] (0 s) "GET / HTTP/1.1" 200 368 "-" "{FIREFOX}"',
    'www.example.com 198.51.100.115 - ada [10/Mar/2026:03:45:01 +0000] (3 s) "GET /report HTTP/1.1" 200 36800 "-" "curl/8.14.1"',
    'www.example.com 2001:db8:37::3 - - [10/Mar/2026:03:45:02 +0000] (0 s) "GET /missing HTTP/1.1" 404 - "-" "-"',
    '198.51.100.116 www.example.com - [10/Mar/2026:03:45:03 +0000] "GET / HTTP/1.1" 301 368 "-" "curl/8.14.1"',
    '198.51.100.116 shop.example.com ada [10/Mar/2026:03:45:04 +0000] "GET /cart HTTP/1.1" 200 368 "-" "curl/8.14.1"',
)

FORMATS = {
    "nginx/ingress.log": NGINX_INGRESS,
    "nginx/ingress_old.log": NGINX_INGRESS_OLD,
    "nginx/proxy_manager.log": NGINX_PROXY_MANAGER,
    "nginx/npmplus.log": NGINX_NPMPLUS,
    "nginx/upstreams.log": NGINX_UPSTREAMS,
    "nginx/format_changed.log": NGINX_TIMED,
    "nginx/tabs.log": NGINX_TABS,
    "nginx/json.log": NGINX_JSON,
    "nginx/syslog.log": NGINX_SYSLOG,
    "nginx/container_cri.log": NGINX_CRI,
    "nginx/container_docker.log": NGINX_DOCKER,
    "apache/combinedio.log": APACHE_COMBINED_IO,
    "apache/ssl_request.log": APACHE_SSL_REQUEST,
    "apache/durations.log": APACHE_DURATIONS,
    "apache/hosters.log": APACHE_HOSTERS,
}
