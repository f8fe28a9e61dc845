r"""Apache httpd: `common`, `combined` and their relatives, with `%b` or Debian's `%O`; `ssl_request_log`.

What one number behind a combined line means nobody can tell: microseconds (`%D`), milliseconds, seconds, a port, a
process. It is read as a further field; the format's text or the configuration names it.

Source: httpd 2.4, mod_log_config and Debian's apache2.conf; escaping as in server/util.c, ap_escape_logitem: a quote
inside a field is `\"`, a backslash `\\`, other bytes `\xhh` in lower case.
"""

from __future__ import annotations

import polars as pl

from parsers import fields
from parsers.schema import ROLE
from parsers.spec import LineFormat, Sample

_SOURCE = "httpd 2.4, mod_log_config; Debian's apache2.conf"

QUOTED = r'(?:[^"\\]|\\.)*'
DURATION = r"-|[0-9]{1,12}(?:\.[0-9]{1,9})?"
"""As the split takes it."""

_FIELDS = {"status": r"[0-9]{3}|-", "bytes_sent": r"[0-9]+|-"}
# A name, an address or `_default_`; a time or a container's name before the line of a server is none.
_HOST_FIELDS = _FIELDS | {"host": r"[^ :\[\]|/]+|\[[0-9a-fA-F:.]+\]|[0-9a-fA-F]*:[0-9a-fA-F:.]+"}
_TAIL = ' [{timestamp}] "{request}" {status} {bytes_sent}'
_COMMON = "{client} - {user}" + _TAIL
_AGENT = ' "{referrer}" "{user_agent}"'
_COMBINED = _COMMON + _AGENT

# A name from identd stands where nearly every server writes `-`. Only without blanks in the user can it be told from
# a host before the client, and some servers put the host there.
_IDENT = "{client} {ident} {user}" + _TAIL
_IDENT_FIELDS = _FIELDS | {"ident": r"[^ -][^ ]*|-[^ ]+", "user": r"[^ ]+"}

COMMENT = ((r"^#", "comment"),)
"""No server writes such lines; people do, above a log that they keep or share."""

# The parent process wakes its children through their own listener (server/mpm_unix.c, dummy_connection). Any
# visitor can take its name, but only the machine itself comes from there.
ROLE_OF_AGENT = (
    pl.when(
        pl.col("client").is_in(["::1", "127.0.0.1"])
        & pl.col("user_agent").str.ends_with("(internal dummy connection)")
    )
    .then(pl.lit("probe"))
    .otherwise(pl.lit("request"))
    .cast(ROLE)
)

USER = pl.when(pl.col("user") == '""').then(pl.lit("")).otherwise(fields.text("user"))
"""An empty name is written as two quotes, in a place without quotes too (log_remote_user)."""

_COLUMNS = {"user": USER}

COMBINED = LineFormat(
    name="apache-combined",
    vendor="apache",
    title="Apache combined",
    source=_SOURCE,
    template=_COMBINED,
    quoted=QUOTED,
    skip=COMMENT,
    fields=_FIELDS,
    columns=_COLUMNS | {"role": ROLE_OF_AGENT},
    samples=(
        Sample(
            '192.0.2.10 - - [20/Nov/2020:12:00:00 +0100] "GET /shop?id=7 HTTP/1.1" 200 5316'
            ' "https://www.example.com/" "Mozilla/5.0 (X11; Linux x86_64)"',
            {
                "timestamp": "2020-11-20T11:00:00Z",
                "client": "192.0.2.10",
                "user": None,
                "method": "GET",
                "target": "/shop?id=7",
                "protocol": "HTTP/1.1",
                "path": "/shop",
                "query": "id=7",
                "status": 200,
                "bytes_sent": 5316,
                "host": None,
                "referrer": "https://www.example.com/",
                "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
                "role": "request",
                "weight": 1.0,
            },
        ),
        Sample(
            '192.0.2.11 - user one \\"x [20/Nov/2020:12:00:01 +0100] "GET /private/ HTTP/1.1" 200 12 "-" "curl/7.88.1"',
            {
                "user": 'user one \\"x',
                "path": "/private/",
                "status": 200,
                "timestamp": "2020-11-20T11:00:01Z",
            },
        ),
        Sample(  # a browser opened the connection in advance and never used it
            '198.51.100.8 - - [20/Nov/2020:12:00:04 +0100] "-" 408 - "-" "-"',
            {"method": None, "target": None, "status": 408, "bytes_sent": None},
        ),
        Sample(
            '::1 - - [20/Nov/2020:12:00:05 +0100] "OPTIONS * HTTP/1.0" 200 - "-"'
            ' "Apache/2.4.57 (Debian) (internal dummy connection)"',
            {"role": "probe", "path": "*", "client": "::1"},
        ),
        Sample(
            '192.0.2.13 - - [20/Nov/2020:12:00:07 +0100] "GET /s?q=\\"a\\\\b\\" HTTP/1.1" 200 77 ""'
            ' "tab\\there \\xc3\\xa9 \\x1b[0m"',
            {"path": "/s", "query": 'q=\\"a\\\\b\\"', "referrer": "", "role": "request"},
        ),
        Sample(  # no status: the connection died early
            '192.0.2.18 - - [20/Nov/2020:12:00:13 +0100] "GET /killed HTTP/1.1" - - "-" "-"',
            {"status": None, "bytes_sent": None, "path": "/killed"},
        ),
        Sample(
            '192.0.2.12 - "" [20/Nov/2020:12:00:02 +0100] "GET /private/ HTTP/1.1" 401 381 "-" "-"',
            {"user": "", "status": 401, "path": "/private/"},
        ),
    ),
)

COMMON = LineFormat(
    name="apache-common",
    vendor="apache",
    title="Apache common",
    source=_SOURCE,
    template=_COMMON,
    quoted=QUOTED,
    skip=COMMENT,
    fields=_FIELDS,
    columns=_COLUMNS,
    samples=(
        Sample(
            'host7.example.net - - [20/Nov/2020:12:00:08 +0100] "HEAD /a.txt HTTP/1.1" 304 -',
            {"client": "host7.example.net", "method": "HEAD", "status": 304, "bytes_sent": None},
        ),
    ),
)

VHOST_COMBINED = LineFormat(
    name="apache-vhost-combined",
    vendor="apache",
    title="Apache vhost_combined",
    source=_SOURCE,
    template="{host_port} " + _COMBINED,
    quoted=QUOTED,
    skip=COMMENT,
    fields=_FIELDS | {"host_port": r"[^ ]+:[0-9]+"},
    columns=_COLUMNS | {"role": ROLE_OF_AGENT, "host": pl.col("host_port").str.extract(r"^(.*):[0-9]+$", 1)},
    samples=(
        Sample(
            'shop.example.com:443 2001:db8::5 - user4 [20/Nov/2020:12:00:06 +0100] "POST /cart HTTP/2.0" 302 0'
            ' "https://shop.example.com/" "Mozilla/5.0"',
            {
                "host": "shop.example.com",
                "client": "2001:db8::5",
                "user": "user4",
                "status": 302,
                "bytes_sent": 0,
            },
        ),
    ),
)

VHOST_PLAIN = LineFormat(
    name="apache-vhost-combined-without-port",
    vendor="apache",
    title="Apache combined behind a host",
    source=_SOURCE,
    template="{host} " + _COMBINED,
    quoted=QUOTED,
    skip=COMMENT,
    fields=_HOST_FIELDS,
    columns=_COLUMNS | {"role": ROLE_OF_AGENT},
    samples=(
        Sample(
            'shop.example.com 192.0.2.4 - - [20/Nov/2020:12:00:06 +0100] "GET / HTTP/1.1" 200 - "-" "-"',
            {"host": "shop.example.com", "client": "192.0.2.4"},
        ),
    ),
)

VHOST_COMMON = LineFormat(
    name="apache-vhost-common",
    vendor="apache",
    title="Apache vhost_common",
    source=_SOURCE,
    template="{host} " + _COMMON,
    quoted=QUOTED,
    skip=COMMENT,
    fields=_HOST_FIELDS,
    columns=_COLUMNS,
    samples=(
        Sample(
            'www.example.com 192.0.2.15 - - [20/Nov/2020:12:00:10 +0100] "GET /old" 200 2',
            {"host": "www.example.com", "client": "192.0.2.15", "protocol": None},
        ),
        Sample(
            'www.example.com 192.0.2.15 - ada [20/Nov/2020:12:00:11 +0100] "GET /new HTTP/1.1" 304 -',
            {"host": "www.example.com", "client": "192.0.2.15", "user": "ada", "bytes_sent": None},
        ),
    ),
)

EXTENDED = LineFormat(
    name="apache-combined-extended",
    vendor="apache",
    title="Apache combined with further fields",
    source=_SOURCE,
    template=_COMBINED + " {rest}",
    quoted=QUOTED,
    skip=COMMENT,
    fields=_FIELDS | {"rest": r".+"},
    columns=_COLUMNS | {"role": ROLE_OF_AGENT},
    samples=(
        Sample(  # a proxy's word on who asked; the client stays the address that was connected
            '192.0.2.14 - - [20/Nov/2020:12:00:09 +0100] "GET / HTTP/1.1" 200 - "-" "-" "203.0.113.9, 192.0.2.1"',
            {"client": "192.0.2.14", "status": 200, "bytes_sent": None, "bytes_received": None},
        ),
        Sample(  # one number: of what, the line does not say
            '192.0.2.16 - - [20/Nov/2020:12:00:11 +0100] "GET /slow HTTP/1.1" 200 10 "-" "-" 2503117',
            {"status": 200, "duration_s": None},
        ),
    ),
)

COMBINED_IO = LineFormat(
    name="apache-combinedio",
    vendor="apache",
    title="Apache combinedio",
    source="httpd 2.4, docs/conf/httpd.conf.in; mod_logio",
    template=_COMBINED.replace("{bytes_sent}", "{raw_body_bytes}") + " {bytes_received} {bytes_sent}",
    quoted=QUOTED,
    skip=COMMENT,
    fields=_FIELDS | {"raw_body_bytes": r"[0-9]+|-", "bytes_received": r"[0-9]+|-"},
    columns=_COLUMNS | {"role": ROLE_OF_AGENT},
    samples=(
        Sample(  # what follows the target is gone: httpd 2.4 logs what it parsed
            '192.0.2.14 - - [20/Nov/2020:12:00:09 +0100] "GET /a b" 400 226 "-" "-" 61 403',
            {"target": "/a b", "protocol": None, "status": 400, "bytes_sent": 403, "bytes_received": 61},
        ),
        Sample(  # a HEAD request has no body, but headers
            '192.0.2.14 - - [20/Nov/2020:12:00:10 +0100] "HEAD / HTTP/1.1" 200 - "-" "curl/7.88.1" 75 160',
            {"method": "HEAD", "bytes_sent": 160, "bytes_received": 75, "duration_s": None},
        ),
    ),
)

_SECONDS, _MICROSECONDS = (
    pl.col("raw_durations").str.splitn("/", 2).struct[number].cast(pl.Int64, strict=False)
    for number in range(2)
)

COMBINED_DURATIONS = LineFormat(
    name="apache-combined-durations",
    vendor="apache",
    title="Apache combined with seconds and microseconds, %T/%D",
    source=_SOURCE,
    template=_COMBINED + " {raw_durations}",
    quoted=QUOTED,
    skip=COMMENT,
    fields=_FIELDS | {"raw_durations": r"[0-9]{1,12}/[0-9]{1,15}"},
    columns=_COLUMNS
    | {
        "role": ROLE_OF_AGENT,
        # Each proves the other.
        "duration_s": pl.when(_SECONDS == _MICROSECONDS // 1_000_000).then(
            fields.scaled(_MICROSECONDS, 1e-6)
        ),
    },
    samples=(
        Sample(
            '192.0.2.16 - - [20/Nov/2020:12:00:11 +0100] "GET /slow HTTP/1.1" 200 10 "-" "curl/7.88.1" 2/2503117',
            {"status": 200, "bytes_sent": 10, "duration_s": 2.503117, "user_agent": "curl/7.88.1"},
        ),
    ),
)

SSL_REQUEST = LineFormat(
    name="apache-ssl-request",
    vendor="apache",
    title="Apache ssl_request_log, which states no status",
    source="httpd 2.4, docs/conf/extra/httpd-ssl.conf.in",
    template='[{timestamp}] {client} {raw_protocol} {raw_cipher} "{request}" {bytes_sent}',
    quoted=QUOTED,
    skip=COMMENT,
    fields={
        "raw_protocol": r"(?:TLS|SSL)v[0-9.]+|-",
        "raw_cipher": r"[A-Z0-9_-]+",
        "bytes_sent": r"[0-9]+|-",
    },
    samples=(
        Sample(
            "[20/Nov/2020:12:00:12 +0100] 192.0.2.16 TLSv1.3 TLS_AES_256_GCM_SHA384"
            ' "GET /account HTTP/1.1" 2048',
            {
                "client": "192.0.2.16",
                "target": "/account",
                "status": None,
                "bytes_sent": 2048,
                "role": "request",
            },
        ),
    ),
)

VHOST_SECONDS = LineFormat(
    name="apache-vhost-combined-seconds",
    vendor="apache",
    title="Apache combined behind a host, with the duration in seconds",
    source="web hosting at Gandi: `(0 s)` behind the time",
    template="{host} " + _COMBINED.replace('] "', '] ({duration_s} s) "'),
    quoted=QUOTED,
    skip=COMMENT,
    fields=_HOST_FIELDS | {"duration_s": DURATION},
    columns=_COLUMNS | {"role": ROLE_OF_AGENT},
    samples=(
        Sample(
            'www.example.com 192.0.2.4 - ada [20/Nov/2020:12:00:06 +0100] (3 s) "GET / HTTP/1.1" 200 368 "-" "-"',
            {
                "host": "www.example.com",
                "client": "192.0.2.4",
                "user": "ada",
                "duration_s": 3.0,
                "status": 200,
            },
        ),
    ),
)

COMBINED_HOST = LineFormat(
    name="apache-combined-host-second",
    vendor="apache",
    title="Apache combined with the host behind the client",
    source="web hosting at OVH: the host stands where identd's name would",
    template="{client} {host} {user}" + _TAIL + _AGENT,
    quoted=QUOTED,
    skip=COMMENT,
    fields=_FIELDS
    | {
        "host": r"(?:[A-Za-z0-9_-]+\.)+[A-Za-z][A-Za-z0-9-]+",
        # Not `- ada`: then the second word is a client's name, and the first the host.
        "user": r'-|""|(?:[^"\\-]|\\.|-[^ ])(?:[^"\\]|\\.)*?',
    },
    columns=_COLUMNS | {"role": ROLE_OF_AGENT},
    samples=(
        Sample(
            '192.0.2.4 www.example.com ada [20/Nov/2020:12:00:06 +0100] "GET / HTTP/1.1" 301 368 "-" "-"',
            {"host": "www.example.com", "client": "192.0.2.4", "user": "ada", "status": 301},
        ),
    ),
)

COMBINED_IDENT = LineFormat(
    name="apache-combined-ident",
    vendor="apache",
    title="Apache combined with names from identd",
    source=_SOURCE,
    template=_IDENT + _AGENT,
    quoted=QUOTED,
    skip=COMMENT,
    fields=_IDENT_FIELDS,
    columns=_COLUMNS | {"role": ROLE_OF_AGENT},
    samples=(
        Sample(
            '192.0.2.20 joe - [20/Nov/2020:12:00:09 +0100] "GET / HTTP/1.1" 200 226 "-" "-"',
            {"client": "192.0.2.20", "user": None, "host": None, "path": "/"},
        ),
    ),
)

COMMON_IDENT = LineFormat(
    name="apache-common-ident",
    vendor="apache",
    title="Apache common with names from identd",
    source=_SOURCE,
    template=_IDENT,
    quoted=QUOTED,
    skip=COMMENT,
    fields=_IDENT_FIELDS,
    columns=_COLUMNS,
    samples=(
        Sample(
            '192.0.2.20 joe frank [20/Nov/2020:12:00:09 +0100] "GET /~joe/ HTTP/1.0" 200 2326',
            {"client": "192.0.2.20", "user": "frank", "host": None, "path": "/~joe/"},
        ),
    ),
)

LOOSE = LineFormat(
    name="apache-combined-loose",
    vendor="apache",
    title="Apache-like line with fields missing, cut or added",
    source=_SOURCE + "; lines seen in public logs",
    # Status and size must stand right behind the request: with them a line can be counted.
    # No other time may stand behind: two records glued to one line are not one.
    pattern=r"""(?x)(?s)
        ^"?(?:(?P<host>[^\ "\[\]|]+)\ )??(?P<client>[^\ "]+)(?:\ -\ (?P<user>(?:[^"\\]|\\.)*?|""))?
        \ \[(?P<timestamp>"""
    + fields.CLF_TIME_PATTERN
    + r""")\]
        \ "(?P<request>(?:[^"\\]|\\.)*)"\ (?P<status>[0-9]{3}|-)\ (?P<bytes_sent>[0-9]+|-)
        (?:\ "(?P<referrer>(?:[^"\\]|\\.)*)"(?:\ "(?P<user_agent>(?:[^"\\]|\\.)*))?)?"{0,2}(?:\ [^\[]*)?$""",
    quoted=QUOTED,
    columns=_COLUMNS | {"role": ROLE_OF_AGENT},
    loose=True,
    samples=(
        Sample(  # cut by a disk that was full
            '192.0.2.19 - - [20/Nov/2020:12:00:10 +0100] "GET / HTTP/1.1" 200 235 "-" "Mozilla/5.0 (compat',
            {"status": 200, "user_agent": "Mozilla/5.0 (compat"},
        ),
    ),
)

FORMATS = (
    COMBINED,
    VHOST_COMBINED,
    COMMON,
    VHOST_PLAIN,
    VHOST_COMMON,
    VHOST_SECONDS,
    SSL_REQUEST,
    COMBINED_IO,
    COMBINED_DURATIONS,
    EXTENDED,
    COMBINED_HOST,
    COMBINED_IDENT,
    COMMON_IDENT,
    LOOSE,
)
