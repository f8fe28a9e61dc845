r"""Cisco Secure Web Appliance (AsyncOS): the default "Squid" style access log, and Squid's own native line.

Source: AsyncOS for Web user guides, chapter on logs; Cisco support document 225832. The time is the end of the
transaction; the line may stand behind a syslog header, a tag and `Info: `. A user is quoted with one backslash that
escapes nothing: `"EXAMPLE\user@realm"`.
"""

from __future__ import annotations

import polars as pl

from parsers import fields
from parsers.engine import ROW, TEXT
from parsers.schema import ROLE
from parsers.spec import LineFormat, Sample

_PREFIX = r"""(?:<[0-9]{1,3}>)?(?:[A-Z][a-z]{2}\ [\ 0-9][0-9]\ [0-9]{2}:[0-9]{2}:[0-9]{2}\ [^\ ]+\ )?
        (?:[^\ :]+:\ )?(?:Info:\ )?"""
# A client may be masked (172.xx.xx.xx), and followed by its host name.
_START = r"""(?P<timestamp>[0-9]{9,12}\.[0-9]+)\ +(?P<elapsed>-|[0-9]+)\ (?P<client>[^\ ]+)(?:\ [^\ /]+)?
        \ (?P<cache>[A-Z][A-Z0-9_]*)/(?P<status>[0-9]{1,4}|-)\ (?P<bytes_sent>-|[0-9]+)"""

_METHOD = pl.when(pl.col("raw_method").str.contains(f"^{fields.METHOD}$")).then(pl.col("raw_method"))
_TARGET = pl.when(pl.col("raw_target").is_in(["", fields.NOT_SET]).not_()).then(pl.col("raw_target"))
_HANDSHAKES = (307, 401, 407)
_TUNNELS = ("CONNECT", "TCP_CONNECT")


def role_of(method: pl.Expr, status: pl.Expr, cache: pl.Expr, asked_nobody: pl.Expr) -> pl.Expr:
    """Tell handshakes with the proxy itself and tunnels from requests.

    A transparent proxy answers 401 or 307, an explicit one 407. `asked_nobody`: whether no origin was asked.
    """
    denied = cache.str.starts_with("TCP_DENIED") & asked_nobody
    return (
        pl.when(status.is_in(_HANDSHAKES) & denied)
        .then(pl.lit("handshake"))
        .when(method.is_in(_TUNNELS) & status.is_between(200, 299))
        .then(pl.lit("tunnel"))
        .otherwise(pl.lit("request"))
        .cast(ROLE)
    )


def action_of(acl: pl.Expr) -> pl.Expr:
    """Return the ACL decision tag without its rule number: `BLOCK_WBRS_7-Staff-…` is BLOCK_WBRS."""
    return acl.str.extract(r"^([A-Z]+(?:_[A-Z]+)*)(?:_[0-9]+)?-", 1)


def policy_of(acl: pl.Expr) -> pl.Expr:
    """Return the access or decryption policy, the first name behind the tag."""
    return acl.str.extract(r"^[A-Z_]+(?:_?[0-9]+)?-([^-]*)", 1)


def category_of(verdict: pl.Expr) -> pl.Expr:
    """Return the URL category, which every release puts first in the scanning verdict."""
    value = _plain_quotes(verdict.str.head(_CATEGORY_LENGTH))
    quoted = value.str.extract(r'^"([^"]+)"(?:,|$)', 1)
    return fields.unset(pl.coalesce(quoted, value.str.extract(r'^"?([^",]+)"?(?:,|$)', 1)))


def _plain_quotes(value: pl.Expr) -> pl.Expr:
    """Undo what web pages and word processors make of a quote."""
    return value.str.replace_many(["&quot;", "\u201c", "\u201d"], ['"', '"', '"'])


_CATEGORY_LENGTH = 256
_ASKED_NOBODY = pl.col("hierarchy").is_in(["NONE", "HIER_NONE"]) & (pl.col("origin") == fields.NOT_SET)

_COLUMNS = {
    "duration_s": fields.scaled(fields.text("elapsed"), 0.001),
    "user": fields.text("raw_user"),
    "method": _METHOD,
    "target": _TARGET,
    # The address was read by the proxy, whatever stood before it for a method.
    "path": fields.path_of(_TARGET, pl.col("raw_method")),
    "query": fields.query_of(_TARGET, pl.col("raw_method")),
    "host": fields.host_of(_TARGET),
    "upstream": fields.text("origin"),
    "role": role_of(
        pl.col("raw_method"), fields.whole(pl.col("status"), pl.Int16), pl.col("cache"), _ASKED_NOBODY
    ),
}

_BARE_USER = _plain_quotes(pl.col("raw_user")).str.strip_chars('"')
_REST = _plain_quotes(pl.col("rest"))
# The first field behind the block is the agent, when a policy took it for suspect. Farther behind stand fields of the
# administrator's choice without names: a time, a header of the answer; only a browser's name speaks for itself.
_SUSPECT = _REST.str.extract(r'^ "([^"]+)"(?: |$)', 1)
_AGENT = pl.coalesce(
    pl.when(~_SUSPECT.str.contains(r"^\[?[0-9]{1,4}[/-][0-9A-Za-z]{2,3}[/-]?[0-9]")).then(_SUSPECT),
    _REST.str.extract(r' "((?:Mozilla|Opera)/[0-9][^"]*)"(?: |$)', 1),
)

_TOKENS = 12

_CLEAR_URL = r"^[A-Za-z0-9._-]+(?::[0-9]*)?$"
_SCHEMES = ("http", "https", "tunnel", "ftp")


def _cut_access(lines: pl.DataFrame) -> pl.DataFrame:
    """Cut a line at its first eleven blanks, and what follows at the end of the verdict block.

    Returns the raw fields that the exact pattern would give, as String, with `path`, `query` and `host` already made;
    `_ok` says so. It refuses what is unusual: syslog headers, blanks in a name, addresses that are no plain URL.
    """
    token = [pl.col("_token").struct[number] for number in range(_TOKENS)]
    cache, status = (pl.col("_answer").struct[number] for number in range(2))
    hierarchy, origin = (pl.col("_from").struct[number] for number in range(2))
    verdict, rest = (pl.col("_block").struct[number] for number in range(2))
    scheme, behind = (pl.col("_url").struct[number] for number in range(2))
    place, query = (pl.col("_place").struct[number] for number in range(2))
    authority, path = (pl.col("_where").struct[number] for number in range(2))
    block = token[11].str.strip_prefix("<").str.splitn("> ", 2)
    closed = rest.is_not_null() | verdict.str.ends_with(">")
    tunnel = token[5].is_in(_TUNNELS)
    return (
        lines.lazy()
        .select(ROW, TEXT, _token=pl.col(TEXT).str.strip_prefix("Info: ").str.splitn(" ", _TOKENS))
        .with_columns(
            _answer=token[3].str.splitn("/", 2),
            _from=token[8].str.splitn("/", 2),
            _block=block,
            _url=token[6].str.splitn("://", 2),
        )
        .with_columns(_place=behind.str.splitn("?", 2))
        .with_columns(_where=place.str.splitn("/", 2))
        .select(
            ROW,
            TEXT,
            timestamp=token[0],
            elapsed=token[1],
            client=token[2],
            cache=cache,
            status=status,
            bytes_sent=token[4],
            raw_method=token[5],
            raw_target=token[6],
            raw_user=token[7],
            hierarchy=hierarchy,
            origin=origin,
            mime=token[9],
            acl=token[10],
            verdict=pl.when(rest.is_null()).then(verdict.str.strip_suffix(">")).otherwise(verdict),
            rest=pl.when(rest.is_null()).then(pl.lit("")).otherwise(pl.concat_str(pl.lit(" "), rest)),
            path=pl.when(~tunnel).then(pl.concat_str(pl.lit("/"), path.fill_null(""))),
            query=query,
            host=authority.str.splitn(":", 2).struct[0],
            _ok=pl.all_horizontal(
                token[0].str.contains(r"^[0-9]{9,12}\.[0-9]+$"),
                token[1].str.contains(r"^(?:-|[0-9]+)$"),
                token[2] != "",
                token[3].str.contains(r"^[A-Z][A-Z0-9_]*/[0-9]{1,4}$"),
                token[4].str.contains(r"^(?:-|[0-9]+)$"),
                token[5].str.contains(r"^[A-Z_]{1,32}$") & token[5].str.contains("^[A-Z]"),
                scheme.is_in(_SCHEMES),
                authority.str.contains(_CLEAR_URL),
                ~token[6].str.contains("#", literal=True),
                token[7].str.contains(r'^(?:"[^"]*"|[^"\x{201C}&]+)$'),
                token[8].str.contains(r"^[A-Z_]+/."),
                token[9].str.contains(r'^(?:"[^"]*"|[^"]+)$'),
                token[10].str.contains(r"^[A-Z][A-Z_]*(?:_[0-9]+)?-"),
                token[11].str.starts_with("<"),
                closed,
                ~verdict.str.contains("&gt;", literal=True),
            ).fill_null(value=False),
        )
        .collect(engine="in-memory")
    )


_BANNER = (
    r"^[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4} (?:Info: )?"
    r"(?:Begin Logfile|End Logfile|Version: |Time offset from UTC: |Logfile )"
)

_QUIET = '"-",-,-,"-",-,-,-,-,"-",-,-,-,"-",-,-,"-","-",-,-,"-",-,"-","-","-","-","-","-","-",0.00,0,-,"-","-",-,"-",'
_QUIET += '-,-,"-","-",-,-,"-",-,-'

ACCESS = LineFormat(
    name="cisco-wsa-squid",
    vendor="cisco_wsa",
    title="Cisco WSA default (Squid style)",
    source="AsyncOS for Web user guide, Access Log File; Cisco support document 225832",
    # Method and target may both be missing: then two blanks stand in a row.
    pattern=rf"""(?x)(?s)^{_PREFIX}{_START}
        (?:\ (?P<raw_method>[^\ ]+)\ (?P<raw_target>.*?)|\ -?)
        \ (?P<raw_user>-|"[^"]*"|\u201c[^\u201d]*\u201d|&quot;.*?&quot;|[^\ "]+)
        \ (?P<hierarchy>[A-Z_]+)/(?P<origin>[^\ ]+)\ (?P<mime>"[^"]*"|[^\ ]+)
        (?:\ [A-Z]+:[^\ ]+)*
        \ (?P<acl>[A-Z][A-Z_]*(?:_[0-9]+)?-[^\ ]*)
        (?:\ (?:<|&lt;)(?P<verdict>.*?)(?:>|&gt;)(?P<rest>(?:\ .*)?)|\ [^<&].*)$""",
    cut=_cut_access,
    time="epoch",
    columns=_COLUMNS
    | {
        "user": pl.when(_BARE_USER.is_in(["", fields.NOT_SET]).not_()).then(_BARE_USER),
        "action": action_of(pl.col("acl")),
        "policy": policy_of(pl.col("acl")),
        "category": category_of(pl.col("verdict")),
        "user_agent": _AGENT,
    },
    skip=((r"^#", "comment"), (_BANNER, "banner")),
    samples=(
        Sample(
            r'1605873600.123 84 192.0.2.10 TCP_MISS/200 5316 GET http://www.example.com/p?id=7 "EXAMPLE\user1@corp" '
            r"DIRECT/www.example.com text/html DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE "
            r'<"IW_busi",6.1,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,"IW_busi",-,"Unknown","Business","-","x",'
            r'"y","-","-",506.29,0,-,"Unknown","-",-,"-",-,-,"-","-",-,-,"-",-,-> - -',
            {
                "timestamp": "2020-11-20T12:00:00.123Z",
                "duration_s": 0.084,
                "client": "192.0.2.10",
                "user": r"EXAMPLE\user1@corp",
                "method": "GET",
                "target": "http://www.example.com/p?id=7",
                "path": "/p",
                "query": "id=7",
                "host": "www.example.com",
                "status": 200,
                "bytes_sent": 5316,
                "cache": "TCP_MISS",
                "action": "DEFAULT_CASE",
                "policy": "Staff",
                "category": "IW_busi",
                "upstream": "www.example.com",
                "user_agent": None,
                "role": "request",
            },
        ),
        Sample(
            "1605873601.004 0 192.0.2.10 TCP_DENIED/407 1742 GET http://www.example.com/ - NONE/- - "
            f"OTHER-NONE-NONE-NONE-NONE-NONE-NONE-NONE <{_QUIET}> - -",
            {"role": "handshake", "user": None, "category": None, "action": "OTHER"},
        ),
        Sample(
            "1605873602.500 35 2001:db8::5 TCP_MISS_SSL/200 39 CONNECT tunnel://shop.example.com:443/ - "
            f"DIRECT/shop.example.com - DECRYPT_WEBCAT_7-A-B-NONE-NONE-NONE-DefaultGroup-NONE <{_QUIET}> - -",
            {"role": "tunnel", "host": "shop.example.com", "path": None, "action": "DECRYPT_WEBCAT"},
        ),
        Sample(  # commas in quotes, 38 fields, an unquoted user
            "1605873604.250 930 192.0.2.12 TCP_DENIED/403 2301 GET http://files.example.net/a,b.zip user_three "
            "DIRECT/files.example.net application/zip BLOCK_AMW_RESP_11-AccessPolicy-Identity-OutMal-NONE-NONE-X "
            '<IW_free,ns,27,"Trojan, generic",95,220784,13012,-,"-",-,-,-,"-",-,-,"-","-",-,-,IW_free,-,"Virus","-",'
            '"Unknown","Unknown","-","-",19.79,0,[Local],"-","-",37,"W32.Test",33,0,"a,b.zip","0f1e"> "BadBot/1.0"',
            {
                "user": "user_three",
                "category": "IW_free",
                "user_agent": "BadBot/1.0",
                "action": "BLOCK_AMW_RESP",
            },
        ),
        Sample(  # nothing was asked
            "1605873605.000 0 192.0.2.13 NONE/0 0  - NONE/- - OTHER-NONE-NONE-NONE-NONE-NONE-NONE-NONE "
            f"<{_QUIET}> - -",
            {"method": None, "target": None, "status": 0, "user": None, "role": "request"},
        ),
        Sample(
            "<38>Nov 20 12:00:06 wsa1 accesslogs: Info: 1605873606.412 5003 192.0.2.14 NONE/504 1653 GET "
            "http://down.example.org/ - DIRECT/down.example.org - DEFAULT_CASE_12-A-B-NONE-NONE-NONE-X-NONE "
            '<nc,ns,-> - - "20/Nov/2020:12:00:06 +0000" 431 "Mozilla/5.0"',
            {
                "status": 504,
                "cache": "NONE",
                "duration_s": 5.003,
                "category": "nc",
                "host": "down.example.org",
            },
        ),
        Sample(  # release 6.3: 17 fields, no rule number
            "1605873607.800 2 192.0.2.15 TCP_IMS_HIT/304 288 GET http://www.example.com/logo.png - NONE/- image/png "
            "ALLOW_WBRS-DefaultGroup-DefaultGroup-NONE-NONE-DefaultRouting "
            "<IW_busi,7.2,-,-,-,-,-,-,-,-,-,-,-,-,-,IW_busi,-> -",
            {"status": 304, "action": "ALLOW_WBRS", "policy": "DefaultGroup", "upstream": None},
        ),
        Sample(
            r'1605873609.377 68855 192.0.2.17 TCP_MISS/200 97645 TCP_CONNECT 198.51.100.20:443 "EXAMPLE\svc@corp" '
            r"DIRECT/login.example.com - PASSTHRU_CUSTOMCAT_7-DP_site-IdP_Site-NONE-NONE-NONE-DefaultGroup-NONE "
            f"<{_QUIET}> - -",
            {
                "role": "tunnel",
                "host": "198.51.100.20",
                "path": None,
                "duration_s": 68.855,
                "policy": "DP_site",
            },
        ),
    ),
)

_NAME = r"(?:[^/]|/(?:[^0-9]|[0-9]{1,2}[^0-9]|[0-9]{3}[^\ ]))"

SQUID = LineFormat(
    name="squid-native",
    vendor="cisco_wsa",
    title="Squid native",
    source="Squid documentation, directive logformat, format squid",
    pattern=rf"""(?x)(?s)^{_PREFIX}{_START}
        # A name is written with its blanks, an address without. Of a line over 8 kB Squid loses the end, the line end
        # too: what looks like the result of another request (`TCP_MISS/200 `) is no part of a name.
        \ (?P<raw_method>[^\ ]+)\ (?P<raw_target>[^\ ]*)\ (?P<raw_user>{_NAME}*?(?:{_NAME}|/[0-9]{{0,2}}))
        \ (?P<hierarchy>[A-Z_]+)/(?P<origin>[^\ ]*[^\ 0-9][^\ ]*)\ (?P<mime>[^\ ]+)(?P<rest>(?:\ .*)?)$""",
    time="epoch",
    columns=_COLUMNS,
    skip=((r"^#", "comment"),),
    samples=(
        Sample(
            "1605873600.123     84 192.0.2.10 TCP_MISS/200 5316 GET http://www.example.com/ - "
            "HIER_DIRECT/198.51.100.1 text/html",
            {"status": 200, "duration_s": 0.084, "action": None, "upstream": "198.51.100.1"},
        ),
    ),
)

# Squid's `common` and `combined` are Apache's, but for the result behind them; the WSA's "Apache" style is such a line.
# Squid leaves quotes in an address as they are; 0 is its status where there was no answer.
_TEXT = r'[^"\\]*(?:\\.[^"\\]*)*'
_APACHE_STYLE = rf"""(?x)(?s)^(?P<client>[^\ ]+)\ (?P<ident>[^\ ]+)\ (?P<user>.*?)
        \ \[(?P<timestamp>{fields.CLF_TIME_PATTERN})\]\ "(?P<request>.*?)"
        \ (?P<status>[0-9]{{1,3}})\ (?P<bytes_sent>[0-9]+|-)"""
_AGENT_STYLE = rf"""\ "(?P<referrer>{_TEXT})"\ "(?P<user_agent>{_TEXT})\""""
_RESULT_STYLE = r"\ (?P<result>[A-Z][A-Z0-9_]*:[A-Z_]+)$"
_RESULT = pl.col("result").str.splitn(":", 2).struct
_RESULT_COLUMNS = {
    "cache": _RESULT[0],
    "role": role_of(
        pl.col("request").str.splitn(" ", 2).struct[0],
        fields.whole(pl.col("status"), pl.Int16),
        _RESULT[0],
        _RESULT[1].is_in(["NONE", "HIER_NONE"]),
    ),
}
SQUID_COMMON = LineFormat(
    name="squid-common",
    vendor="cisco_wsa",
    title="Squid common",
    source="Squid documentation, directive logformat, format common",
    pattern=_APACHE_STYLE + _RESULT_STYLE,
    columns=_RESULT_COLUMNS,
    samples=(
        Sample(
            '192.0.2.10 - ada [20/Nov/2020:12:00:00 +0000] "GET http://www.example.com/a?b HTTP/1.1" 200 5316 '
            "TCP_MISS:HIER_DIRECT",
            {"status": 200, "user": "ada", "cache": "TCP_MISS", "host": "www.example.com", "path": "/a"},
        ),
        Sample(
            '192.0.2.10 - - [20/Nov/2020:12:00:01 +0000] "CONNECT shop.example.com:443 HTTP/1.1" 407 4041 '
            "TCP_DENIED:HIER_NONE",
            {"role": "handshake", "host": "shop.example.com", "path": None},
        ),
        Sample(
            '192.0.2.10 - - [20/Nov/2020:12:00:02 +0000] "CONNECT shop.example.com:443 HTTP/1.1" 200 39 '
            "TCP_TUNNEL:HIER_DIRECT",
            {"role": "tunnel", "method": "CONNECT"},
        ),
    ),
)

SQUID_COMBINED = LineFormat(
    name="squid-combined",
    vendor="cisco_wsa",
    title="Squid combined",
    source="Squid documentation, directive logformat, format combined",
    pattern=_APACHE_STYLE + _AGENT_STYLE + _RESULT_STYLE,
    columns=_RESULT_COLUMNS,
    samples=(
        Sample(
            '192.0.2.10 - - [20/Nov/2020:12:00:00 +0000] "GET http://www.example.com/ HTTP/1.1" 304 274 '
            '"http://www.example.org/" "curl/8.14.1" TCP_IMS_HIT:HIER_NONE',
            {"cache": "TCP_IMS_HIT", "user_agent": "curl/8.14.1", "role": "request", "upstream": None},
        ),
    ),
)

FORMATS = (ACCESS, SQUID, SQUID_COMMON, SQUID_COMBINED)
