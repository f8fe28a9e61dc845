"""The argument of Apache's `%{…}t` → how the time is written, and how to read it back.

Source: httpd 2.4, mod_log_config.c, log_request_time_custom; POSIX strftime in the C locale. Months and weekdays that
a server wrote in another language are not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import polars as pl

from parsers import fields
from parsers.errors import FormatError
from parsers.schema import TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMPOSITES: Final = {
    "c": "%a %b %e %H:%M:%S %Y",
    "D": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "h": "%b",
    "r": "%I:%M:%S %p",
    "R": "%H:%M",
    "T": "%H:%M:%S",
    "x": "%m/%d/%y",
    "X": "%H:%M:%S",
}

_PARTS: Final = {
    "a": ("weekday", "[A-Z][a-z]{2}"),
    "A": ("weekday", "[A-Z][a-z]{5,8}"),
    "b": ("month", "[A-Z][a-z]{2}"),
    "B": ("month", "[A-Z][a-z]{2,8}"),
    "d": ("day", "[0-9]{2}"),
    "e": ("day", "[ 0-9][0-9]"),
    "H": ("hour", "[0-9]{2}"),
    "I": ("half hour", "[0-9]{2}"),
    "j": ("day of year", "[0-9]{3}"),
    "k": ("hour", "[ 0-9][0-9]"),
    "l": ("half hour", "[ 0-9][0-9]"),
    "m": ("month", "[0-9]{2}"),
    "M": ("minute", "[0-9]{2}"),
    "p": ("half", "[AP]M"),
    "P": ("half", "[ap]m"),
    "s": ("epoch", "[0-9]{9,12}"),
    "S": ("second", "[0-9]{2}"),
    "u": ("weekday", "[1-7]"),
    "w": ("weekday", "[0-6]"),
    "y": ("year", "[0-9]{2}"),
    "Y": ("year", "[0-9]{4}"),
    "z": ("zone", "[+-][0-9]{4}"),
    "Z": ("zone name", "[A-Za-z0-9+-]+"),
}
"""strftime's letter, which strptime reads alike → what it states, and how that looks."""

_WORDS: Final = {
    "sec": ("epoch", "%s", "[0-9]{9,12}", 0),
    "msec": ("epoch ms", "", "[0-9]{12,15}", 3),
    "usec": ("epoch us", "", "[0-9]{15,18}", 6),
    "msec_frac": ("fraction", "%3f", "[0-9]{3}", 3),
    "usec_frac": ("fraction", "%6f", "[0-9]{6}", 6),
}
"""Arguments that are no strftime text: what they state, the strptime text, the pattern, the digits."""

_CLF: Final = f"[{fields.CLF_TIME}]"

_ENOUGH: Final = (
    {"epoch"},
    {"epoch ms"},
    {"epoch us"},
    {"year", "month", "day", "hour", "minute"},
    {"year", "day of year", "hour", "minute"},
    {"year", "month", "day", "half hour", "half", "minute"},
)
"""Any of these is a moment."""


@dataclass(frozen=True)
class TimeText:
    """How a time, or a part of one, is written.

    `strptime` is empty where only a number is. `holds`: what it states. `digits`: of the second's fraction. `end`:
    whether it is the end of the request.
    """

    strptime: str
    pattern: str
    holds: frozenset[str]
    digits: int
    end: bool

    @property
    def is_clf(self) -> bool:
        """Whether it is a lone `%t`, which brings its brackets."""
        return self.strptime == _CLF

    def followed(self, literal: str, other: TimeText) -> TimeText | None:
        """Return both with the text between, null where they state the same, or not the same moment."""
        if self.end != other.end or self.holds & other.holds or not (self.strptime and other.strptime):
            return None
        if is_complete(self.holds) and "fraction" not in other.holds and "zone" not in other.holds:
            return None
        return TimeText(
            self.strptime + literal.replace("%", "%%") + other.strptime,
            self.pattern + re.escape(literal) + other.pattern,
            self.holds | other.holds,
            max(self.digits, other.digits),
            self.end,
        )


@dataclass(frozen=True)
class Moment:
    """Which of several times are read together, and how.

    `time` is a `LineFormat.time` where one field is enough; else `column` is an expression over the fields that
    `field_name` names.
    """

    parts: tuple[int, ...]
    time: str = "clf"
    column: pl.Expr | None = None


def field_name(number: int) -> str:
    """Return the name of the raw field of a time that is not `timestamp` by itself."""
    return f"raw_time_{number}"


def is_complete(holds: frozenset[str]) -> bool:
    """Whether these parts are a moment."""
    return any(enough <= holds for enough in _ENOUGH)


def time_text(argument: str | None, text: str, position: int) -> TimeText:
    """Return how `%{argument}t` writes; `text` and `position` are for the error.

    >>> time_text("end:%F %R", "", 0).strptime
    '%Y-%m-%d %H:%M'

    Raises
    ------
    FormatError: a strftime letter that is not read back.
    """
    argument = argument or ""
    word, colon, rest = argument.partition(":")
    end = word == "end"
    if word in {"begin", "end"} and (colon or not rest):
        argument = rest
    if argument in _WORDS:
        states, strptime, pattern, digits = _WORDS[argument]
        return TimeText(strptime, pattern, frozenset({states}), digits, end)
    if not argument:
        return _strftime(_CLF, end, text, position)
    return _strftime(argument, end, text, position)


def _strftime(argument: str, end: bool, text: str, position: int) -> TimeText:  # noqa: FBT001  (no flag: a fact)
    spelled = re.sub(r"%(.)", lambda match: _COMPOSITES.get(match[1], match[0]), argument, flags=re.DOTALL)
    pattern, strptime, holds = "", "", set()
    for literal, letter in re.findall(r"([^%]+)|%(.?)", spelled, flags=re.DOTALL):
        if literal or letter == "%":
            pattern += re.escape(literal or "%")
            strptime += literal or "%%"
        elif letter in _PARTS:
            holds.add(_PARTS[letter][0])
            pattern += _PARTS[letter][1]
            strptime += "%" + letter
        else:
            raise FormatError(text, position, f"a time with strftime's %{letter} is not read")
    return TimeText(strptime, pattern, frozenset(holds), 0, end)


def joined(texts: Sequence[TimeText]) -> Moment | None:
    """Return the moment that some of the times state together: its start before its end, the more exact the better.

    Null where none do.
    """
    found: list[tuple[int, ...]] = []
    for end in (False, True):
        mine = [number for number, text in enumerate(texts) if text.end == end][:8]
        for size in range(1, len(mine) + 1):
            found += [
                parts for parts in combinations(mine, size) if _is_moment([texts[part] for part in parts])
            ]
        if found:
            best = max(found, key=lambda parts: (sum(texts[part].digits for part in parts), -len(parts)))
            return _moment(best, [texts[part] for part in best])
    return None


def _is_moment(texts: Sequence[TimeText]) -> bool:
    """Whether the times state a moment, and nothing twice."""
    holds = [part for text in texts for part in text.holds]
    alone = len(texts) == 1 or all(text.strptime for text in texts)
    return alone and len(set(holds)) == len(holds) and is_complete(frozenset(holds))


def _moment(parts: tuple[int, ...], texts: Sequence[TimeText]) -> Moment:
    text = " ".join(each.strptime for each in texts)
    first = pl.col(field_name(parts[0]))
    if not text:
        number = first.cast(pl.Int64, strict=False)
        in_thousands = "epoch ms" in texts[0].holds
        return Moment(parts, column=(number * 1_000 if in_thousands else number).cast(TIMESTAMP))
    if len(parts) > 1:
        together = pl.concat_str([field_name(part) for part in parts], separator=" ")
        return Moment(parts, column=fields.strptime(together, text))
    if text in {_CLF, fields.CLF_TIME}:
        return Moment(parts, "clf")
    if re.fullmatch(r"%s(?:\.%[36]f)?", text):
        return Moment(parts, "epoch")
    return Moment(parts, text)
