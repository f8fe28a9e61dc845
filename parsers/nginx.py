r"""nginx: the predefined `combined` format, and combined lines with a host before or fields behind.

Source: nginx.org, ngx_http_log_module, directive log_format; escaping as in ngx_http_log_module.c: inside quotes
neither `"` nor a raw backslash can stand, both are written as `\xHH`.
"""

from __future__ import annotations

from parsers import fields
from parsers.spec import LineFormat, Sample

_SOURCE = "nginx.org, ngx_http_log_module, directive log_format"

_COMMENT = ((r"^#", "comment"),)
"""No server writes such lines; people do, above a log that they keep or share."""

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

EXTENDED = LineFormat(
    name="nginx-combined-extended",
    vendor="nginx",
    title="nginx combined with further fields",
    source=_SOURCE + "; the packages' `main` is one of these",
    template=_COMBINED + " {rest}",
    fields={"rest": r".+"},
    skip=_COMMENT,
    samples=(
        Sample(
            '192.0.2.13 - api [20/Nov/2020:12:00:05 +0000] "POST /v1/items HTTP/2.0" 499 0 "-" "curl/7.88.1"'
            ' "203.0.113.9, 198.51.100.4"',
            {"user": "api", "status": 499, "user_agent": "curl/7.88.1", "client": "192.0.2.13"},
        ),
    ),
)

VHOST = LineFormat(
    name="nginx-vhost-combined",
    vendor="nginx",
    title="nginx combined behind a host",
    source=_SOURCE,
    template="{host} " + _COMBINED,
    fields={"host": r"[^ :]+"},  # `name:port` is Apache's `%v:%p`
    skip=_COMMENT,
    samples=(
        Sample(
            'shop.example.com 192.0.2.14 - - [20/Nov/2020:12:00:05 +0000] "GET / HTTP/1.1" 200 1 "-" "-"',
            {"host": "shop.example.com", "client": "192.0.2.14"},
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
        ^"?(?:(?P<host>[^\ "]+)\ )??(?P<client>[^\ "]+)(?:\ -\ (?P<user>[^"]*?))?
        \ \[(?P<timestamp>"""
    + fields.CLF_TIME_PATTERN
    + r""")\]
        \ "(?P<request>(?:[^\]]|\]+(?:[^\]\ ]|\ [^"]))*?\]*)"\ (?P<status>[0-9]{3})\ (?P<bytes_sent>[0-9]+)
        (?:\ "(?P<referrer>[^"]*)"(?:\ "(?P<user_agent>[^"]*))?)?"{0,2}(?:\ [^\[]*)?$""",
    samples=(
        Sample(  # a quote as the client sent it
            '192.0.2.19 - - [20/Nov/2020:12:00:10 +0100] "GET /?q="a" HTTP/1.1" 200 235 "-" "curl/7.88.1"',
            {"target": '/?q="a"', "status": 200, "user_agent": "curl/7.88.1"},
        ),
    ),
)

FORMATS = (COMBINED, VHOST, EXTENDED, LOOSE)
