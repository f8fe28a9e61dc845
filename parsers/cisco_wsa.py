r"""Cisco Secure Web Appliance (AsyncOS): the default "Squid" style access log, and Squid's own native line.

Source: AsyncOS for Web user guides, chapter on logs; Cisco support document 225832. The time is the end of the
transaction; the line may stand behind a syslog header, a tag and `Info: `. A user is quoted with one backslash that
escapes nothing: `"EXAMPLE\user@realm"`.
"""

from __future__ import annotations

import polars as pl

from parsers import fields
from parsers.schema import ROLE
from parsers.spec import LineFormat, Sample

_PREFIX = r"""(?:<[0-9]{1,3}>)?(?:[A-Z][a-z]{2}\ [\ 0-9][0-9]\ [0-9]{2}:[0-9]{2}:[0-9]{2}\ [^\ ]+\ )?
        (?:[^\ :]+:\ )?(?:Info:\ )?"""
_START = r"""(?P<timestamp>[0-9]{9,12}\.[0-9]+)\ +(?P<elapsed>-|[0-9]+)\ (?P<client>[^\ ]+)
        \ (?P<cache>[A-Z_]+)/(?P<status>[0-9]{1,4}|-)\ (?P<bytes_sent>-|[0-9]+)"""

_RAW_METHOD = pl.when(pl.col("raw_method") != fields.NOT_SET).then(pl.col("raw_method"))
_RAW_TARGET = pl.when(pl.col("raw_target").is_in(["", fields.NOT_SET]).not_()).then(pl.col("raw_target"))
_CONNECT = _RAW_METHOD.is_in(["CONNECT", "TCP_CONNECT"])
_STATUS = fields.whole(pl.col("status"), pl.Int16)
_USER = pl.col("raw_user").str.strip_chars('"')

_ROLE = (
    # A transparent proxy answers 401 or 307, an explicit one 407; the origin was never asked.
    pl.when(
        _STATUS.is_in([307, 401, 407])
        & pl.col("cache").str.starts_with("TCP_DENIED")
        & (pl.col("hierarchy") == "NONE")
        & (pl.col("origin") == fields.NOT_SET)
    )
    .then(pl.lit("handshake"))
    .when(_CONNECT & _STATUS.is_between(200, 299))
    .then(pl.lit("tunnel"))
    .otherwise(pl.lit("request"))
    .cast(ROLE)
)

_COLUMNS = {
    "duration_s": fields.scaled(fields.text("elapsed"), 0.001),
    "user": pl.when(_USER.is_in(["", fields.NOT_SET]).not_()).then(_USER),
    "method": _RAW_METHOD,
    "target": _RAW_TARGET,
    "path": fields.path_of(_RAW_TARGET, _RAW_METHOD),
    "query": fields.query_of(_RAW_TARGET, _RAW_METHOD),
    "host": fields.host_of(_RAW_TARGET),
    "upstream": fields.text("origin"),
    "role": _ROLE,
}

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
        (?:\ (?P<raw_method>[^\ ]+)\ (?P<raw_target>.*?)|\ )
        \ (?P<raw_user>-|"[^"]*"|[^\ "]+)\ (?P<hierarchy>[A-Z_]+)/(?P<origin>[^\ ]+)\ (?P<mime>"[^"]*"|[^\ ]+)
        (?:\ [A-Z]+:[^\ ]+)*
        \ (?P<acl>[A-Z][A-Z_]*(?:_[0-9]+)?-[^\ ]*)
        (?:\ (?:<|&lt;)(?P<verdict>.*?)(?:>|&gt;)(?P<rest>(?:\ .*)?)|\ [^<&].*)$""",
    time="epoch",
    columns=_COLUMNS
    | {
        "action": pl.col("acl").str.extract(r"^([A-Z]+(?:_[A-Z]+)*)(?:_[0-9]+)?-", 1),
        "policy": pl.col("acl").str.extract(r"^[A-Z_]+(?:_?[0-9]+)?-([^-]*)", 1),
        "category": fields.unset(pl.col("verdict").str.extract(r'^"?([^",]*)"?(?:,|$)', 1)),
        # The first field behind the block is the agent, when a policy took it for suspect.
        "user_agent": pl.col("rest").str.extract(r'^ "([^"]+)"(?: |$)', 1),
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

SQUID = LineFormat(
    name="squid-native",
    vendor="cisco_wsa",
    title="Squid native",
    source="Squid documentation, directive logformat, format squid",
    pattern=rf"""(?x)(?s)^{_PREFIX}{_START}
        \ (?P<raw_method>[^\ ]+)\ (?P<raw_target>.*?)
        \ (?P<raw_user>[^\ ]+)\ (?P<hierarchy>[A-Z_]+)/(?P<origin>[^\ ]+)\ (?P<mime>[^\ ]+)(?P<rest>(?:\ .*)?)$""",
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

FORMATS = (ACCESS, SQUID)
