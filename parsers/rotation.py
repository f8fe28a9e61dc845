r"""The name of a file → the log that it was rotated from, and its place among the others from oldest to newest.

Known are logrotate's numbers and `dateext`, rotatelogs' seconds and patterns, the files of Cisco WSA
(`aclog.@20201120T120000.s`, `.c` the one being written) and of Cloudflare Logpush (start, end, hash). Names alone
decide, so a ring of rotatelogs (`-n`), in which a higher number is not older, is ordered wrongly; no count depends on
that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeAlias

Order: TypeAlias = tuple[str, int, str, int, str]
"""Of one log: numbered before dated before the one being written; moments; steps; the name itself."""

_PACKED: Final = re.compile(r"\.(?:gz|bz2|xz|zst|zip)$")

_LOGPUSH: Final = re.compile(r"^(\d{8}T\d{6}Z)_\d{8}T\d{6}Z_[0-9A-Za-z-]+(\.[a-z]+)*$")

_NUMBER: Final = re.compile(
    r"""(?x)
    (?<!\d)\.(?P<number>\d{1,4})  # not the end of an address or a version
    (?P<end>\.[A-Za-z]+)?$  # logrotate's `extension .log`: access.1.log
    """
)

_STAMP: Final = re.compile(
    r"""(?x)
    (?P<before>[-._]?@?)
    (?<!\d)
    (?:
        (?P<epoch>1\d{9})  # rotatelogs without a pattern: the start of the period, from 2001 to 2033
      |
        (?P<year>(?:19|20)\d\d)(?P<dash>[-_.]?)(?P<month>0[1-9]|1[0-2])(?P=dash)(?P<day>0[1-9]|[12]\d|3[01])
        (?:[-T_.]?(?P<hour>[01]\d|2[0-3]) (?:[-:_.]?(?P<minute>[0-5]\d) (?:[-:_.]?(?P<second>[0-5]\d))?)?)?Z?
    )
    (?!\d)
    (?:-1\d{9}(?!\d))?  # logrotate's dateformat -%Y%m%d-%s
    (?:\.(?P<step>\d{1,4})(?=\.|$))?  # a second file of the same day
    (?P<state>\.[sc]$)?  # WSA: saved, current
    """
)


@dataclass(frozen=True)
class Age:
    """The log that a file belongs to, and where it stands among its files: smaller is older."""

    log: str
    order: tuple[int, str, int]


_LIVE: Final = (2, "", 0)


def age(name: str) -> Age:
    """Return the log and the place of a file; a name that tells nothing is a log of its own.

    >>> age("access.log.2.gz"), age("access.log")
    (Age(log='access.log', order=(0, '', -2)), Age(log='access.log', order=(2, '', 0)))
    >>> age("access_log-20201120.gz")
    Age(log='access_log', order=(1, '20201120000000', 0))
    """
    plain = _PACKED.sub("", name)
    if fits := _LOGPUSH.match(plain):
        return Age(f"*{fits[2] or ''}", (1, re.sub(r"\D", "", fits[1]), 0))
    if (fits := _STAMP.search(plain)) and (rest := plain[: fits.start()] + plain[fits.end() :]):
        step = int(fits["step"] or 0)
        return Age(rest, (1, _moment(fits), step if fits["state"] != ".c" else 1))
    if (fits := _NUMBER.search(plain)) and fits.start():
        return Age(plain[: fits.start()] + (fits["end"] or ""), (0, "", -int(fits["number"])))
    return Age(plain, _LIVE)


def order(path: str) -> Order:
    """Return what sorts files by log, and the files of one log from the oldest to the newest."""
    folder, slash, name = path.rpartition("/")
    found = age(name)
    return (f"{folder}{slash}{found.log}", *found.order, name)


def _moment(fits: re.Match[str]) -> str:
    """Return the moment in a name as fourteen digits, what it leaves out as zeros."""
    if fits["epoch"]:
        return f"{datetime.fromtimestamp(int(fits['epoch']), UTC):%Y%m%d%H%M%S}"
    parts = (fits[name] or "00" for name in ("year", "month", "day", "hour", "minute", "second"))
    return "".join(parts)
