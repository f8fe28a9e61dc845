r"""Lines of other programs → the program's name, so that they are declined by it and never half read as ours.

Sources: the programs' own documentation of their logs. Where a program writes Apache's combined lines as they are
(Tomcat, Varnish), only the path can say so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from parsers import cisco_w3c, cloudflare_datasets

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

MOST: Final = 0.5
"""Share of the lines that must look alike for the whole to be called another program's log."""

HEADER_LINES: Final = 20
"""Lines from the start among which a header must stand."""


@dataclass(frozen=True)
class Foreign:
    """A log that is none of ours.

    `near`: whether a format of ours would read its lines, and lose or mistake what stands in them.
    """

    name: str
    pattern: str
    near: bool = False


_CLOCK: Final = r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
_ISO: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?"
_SYSLOG: Final = rf"(?:<\d+>)?(?:1 )?(?:{_CLOCK}|{_ISO}) (?:\S+ )?"
_CLF: Final = r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d"
_LEVEL: Final = "(?:TRACE|DEBUG|FINE(?:R|ST)?|CONFIG|INFO|NOTICE|WARN(?:ING)?|SEVERE|ERROR|FATAL|CRITICAL)"
_PLACE: Final = r"(?:[0-9a-fA-F.:]+:\d+|unix:\d+|-)"


def _members(*names: str) -> str:
    """Return the pattern of a JSON object that has these members, in this order."""
    return r"^\s*\{.*" + ".*".join(rf'"{name}"\s*:' for name in names)


LOGS: Final = (
    Foreign(
        "nginx's error log",
        r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(?:debug|info|notice|warn|error|crit|alert|emerg)\] ",
    ),
    Foreign(
        "Apache's error log",
        r"^\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? \d{4}\] \[",
    ),
    Foreign(
        "nginx's log of TCP and UDP streams",
        rf"^\[?[0-9a-fA-F.:]+\]? \[{_CLF} [+-]\d{{4}}\] (?:TCP|UDP) \d{{3}} ",
    ),
    Foreign("Apache's forensic log", r"^(?:\+[^ |]+\|[A-Z_-]+ [^|]*\||-[A-Za-z0-9][A-Za-z0-9@_-]{9,63}$)"),
    Foreign(
        "an HAProxy log",
        rf"^(?:{_SYSLOG})?haproxy\[\d+\]: |^(?:{_SYSLOG}(?:\S+: )?)?\S+:\d+ \[{_CLF}\.\d{{3}}\] \S+ \S+/\S+ [-\d/+]+ ",
    ),
    Foreign(
        "an Amazon S3 server access log",
        rf"^[0-9a-f]{{64}} \S+ \[{_CLF} [^\]]+\] \S+ \S+ \S+ [A-Z]+\.",
    ),
    Foreign(
        "a log of AWS's load balancers (ALB)",
        rf"^(?:https?|h2|grpcs?|wss?) {_ISO} \S+ {_PLACE} {_PLACE} ",
    ),
    Foreign("a log of AWS's load balancers (NLB)", rf"^tls \d\.\d {_ISO} net/"),
    Foreign(
        "a log of AWS's load balancers (classic)",
        rf"^{_ISO} \S+ {_PLACE} {_PLACE} (?:-1|[\d.]+|-) (?:-1|[\d.]+|-) (?:-1|[\d.]+|-) ",
    ),
    Foreign("an Amazon CloudFront log", r"^\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\t[A-Z]{3}\d+(?:-[A-Z]+\d+)?\t"),
    Foreign(
        "an IIS log",
        r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:W3SVC\d+ )?(?:\S+ )?\S+ [A-Z]+ /\S* \S+ \d+ \S+ \S+ .* \d{3} \d+ \d+"
        r"(?: \d+){0,3}$|^\S+, \S+, \d+/\d+/\d{2,4}, \d+:\d\d:\d\d, W3SVC\d+, ",
    ),
    Foreign("an Envoy log", rf'^\[{_ISO}\] "[^"]*" \d+ (?:-|[A-Z,]+) (?:\S+ (?:- )?)?(?:"[^"]*" )?\d+ \d+ '),
    Foreign(
        "labelled tab-separated values (LTSV)",
        r"^time:\d\d/[A-Z][a-z]{2}/\d{4}|^[a-z_]+:[^\t]*\t[a-z_]+:[^\t]*\t",
    ),
    Foreign(
        "a log of varnishlog",
        r"^\*+ +<< (?:Request|BeReq|Session) +>> \d+|^-{1,2} {2,3}[A-Z][A-Za-z]+ {2,}\S",
    ),
    Foreign("Squid's cache.log", r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?: kid\d+)?\| "),
    Foreign(
        "Squid's store.log", r"^\d{9,}\.\d{3} (?:RELEASE|SWAPOUT|SWAPIN|CREATE|SO_FAIL) +\S+ [0-9A-F]{8} "
    ),
    Foreign("Tomcat's own log", rf"^\d\d-[A-Z][a-z]{{2}}-\d{{4}} \d\d:\d\d:\d\d\.\d{{3}} {_LEVEL} \["),
    Foreign(
        "an application's log",
        rf"^\[?\d{{4}}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d)?\]? +\S*? ?\[?{_LEVEL}\b",
    ),
    Foreign("lines of key=value (logfmt)", r'^(?:ts|time|timestamp|level)=\S+ .*\b(?:level|lvl|msg)="?\S'),
    Foreign("the kernel's audit log", r"^type=[A-Z_]+ msg=audit\("),
    Foreign(
        "systemd's journal, as journalctl -o export gives it", r"^__(?:CURSOR|REALTIME_TIMESTAMP)=|^_[A-Z_]+="
    ),
    Foreign("the WSA's layer 4 traffic monitor log", r"Info: Firewall (?:blocked|monitored) "),
    Foreign(cisco_w3c.MISSING, cisco_w3c.HEADERLESS),
    Foreign(
        "a Caddy log",
        _members("logger") + r'\s*"http\.log\.(?:access|error)|' + _members("common_log"),
        near=True,
    ),
    Foreign(
        "a Traefik log",
        # Combined lines with four more fields, which to ours say nothing; or JSON.
        r'" \d+ "[^"]*" "[^"]*" \d+ms$|'
        + _members("DownstreamStatus")
        + "|"
        + _members("ClientHost", "RouterName"),
        near=True,
    ),
    Foreign(
        "an Envoy or Istio log",
        _members("upstream_cluster") + "|" + _members("response_flags") + "|" + _members("x_envoy_[a-z_]+"),
        near=True,
    ),
    Foreign("a log of Google's load balancers", _members("httpRequest"), near=True),
    Foreign(
        "a log of Azure's gateways",
        r'"category"\s*:\s*"(?:ApplicationGateway|FrontDoor|Frontdoor)\w*Log"',
        near=True,
    ),
    Foreign("an AWS WAF log", _members("webaclId"), near=True),
    Foreign("an AWS CloudTrail log", _members("eventSource") + '.*"awsRegion"', near=True),
    Foreign("an audit log of Kubernetes", r'"apiVersion"\s*:\s*"audit\.k8s\.io/', near=True),
    Foreign("a Kong log", _members("latencies") + r"\s*\{", near=True),
    Foreign("a log of Alibaba's load balancers", _members("__topic__"), near=True),
    Foreign("systemd's journal in JSON", _members("__(?:CURSOR|REALTIME_TIMESTAMP)"), near=True),
    Foreign(
        "Tomcat's JSON access log",
        _members("logicalUserName") + "|" + _members("statusCode", "byteSentNC"),
        near=True,
    ),
    Foreign(
        "an application's log in JSON",
        r'^\s*\{(?:.*"level"\s*:.*"(?:msg|message|logger|caller)"\s*:|.*"(?:msg|message|logger|caller)"\s*:.*"level"\s*:)',
        near=True,
    ),
)

_HEADERS: Final = (
    ("an IIS log", re.compile(r"#Software: Microsoft Internet Information Services")),
    ("a log of Windows' HTTP.sys", re.compile(r"#Software: Microsoft HTTP API")),
    ("a Blue Coat ProxySG log", re.compile(r"#Software: SGOS")),
    ("a Tomcat log", re.compile(r"#Software: Apache Tomcat")),
    ("an Amazon CloudFront log", re.compile(r"#Fields:.* x-edge-location\b")),
    ("another program's W3C log", re.compile(r"#Fields: ")),
)
"""What a single line tells."""

_PATHS: Final = (
    ("Tomcat's access log", re.compile(r"^localhost_access_log[._-]|tomcat|catalina", re.IGNORECASE)),
    ("a varnishncsa log", re.compile(r"varnish", re.IGNORECASE)),
)
"""Who writes the very lines that Apache writes: only the path tells."""


def named(lines: pl.Series, *, near: bool = False) -> str | None:
    """Name the log that is none of ours, by its header or by most of its lines; null where nothing is known of it.

    `near`: only those that a format of ours would read.
    """
    first = [line for line in lines.head(HEADER_LINES) if line.startswith("#")]
    if not near and not any("AsyncOS" in line for line in first):
        for name, header in _HEADERS:
            if any(header.match(line) for line in first):
                return name
    if near and (dataset := cloudflare_datasets.named(lines)):
        return dataset
    for log in LOGS:
        if (log.near or not near) and lines.str.contains(log.pattern).sum() > MOST * lines.len():
            return log.name
    return None


def near(lines: pl.Series, owner: NDArray[np.int64], heights: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell of which sources most lines are those of a log near to ours, data sets of Cloudflare's left out.

    Parameters
    ----------
    lines: of all sources.
    owner: the number of the source of each line.
    heights: how many lines each source has.
    """
    found = np.zeros(heights.size, np.bool_)
    patterns = [log.pattern for log in LOGS if log.near]
    # Hardly any line is one of them: a first search for any of the patterns spares one for each.
    some = lines.str.contains("|".join(f"(?:{pattern})" for pattern in patterns)).arg_true()
    lines, owner = lines.gather(some), owner[some.to_numpy()]
    for pattern in patterns if lines.len() else ():
        alike = owner[lines.str.contains(pattern).to_numpy()]
        found |= np.bincount(alike, minlength=heights.size) > MOST * heights
    return found


def by_path(path: str) -> str | None:
    """Name the program that a path names, among those that write Apache's lines."""
    parts = Path(path).absolute().parts[-3:]
    return next((name for name, pattern in _PATHS if any(pattern.search(part) for part in parts)), None)
