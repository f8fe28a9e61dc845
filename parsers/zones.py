"""Lines that a format reads → the offsets from UTC that their times state."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import TYPE_CHECKING, Final

import polars as pl

from parsers import engine
from parsers.envelopes import Envelope, unwrapped
from parsers.fields import CLF_TIME_PATTERN, ISO_PATTERN
from parsers.sniff import probing
from parsers.spec import CsvFormat, JsonFormat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from parsers.spec import Format, LineFormat

LINES: Final = 100
"""Lines looked at; each costs a call of `re`."""

LONGEST: Final = 4_096
"""Characters of a line in which its time is looked for."""

_LONGEST_END: Final = len("6 +00:00")
_STATED: Final = re.compile(r"\d ?([+-])(\d\d):?(\d\d)$")
_TIME: Final = re.compile(rf"(?:{CLF_TIME_PATTERN}|{ISO_PATTERN})")


def offsets_s(text: str, formats: Sequence[Format], envelope: Envelope | None = None) -> frozenset[int]:
    """Return the offsets from UTC, in seconds, of the first lines that the first format reads; 0 for one without.

    What a visitor or a transport wrote as a time does not count, where the place of the line's own is known.
    """
    form = formats[0]
    lines = [line.removesuffix("\r")[:LONGEST] for line in text.split("\n", LINES)[:LINES]]
    if envelope is not None:
        whole = pl.DataFrame({engine.TEXT: lines}, schema={engine.TEXT: pl.String})
        lines = [line or "" for line in unwrapped(whole, envelope)[engine.TEXT]]
    if isinstance(form, CsvFormat):
        return frozenset(_offset_s(found[0]) for line in lines if (found := _TIME.search(line)))
    times = _members(lines) if isinstance(form, JsonFormat) else _fields(lines, form)
    # Most end alike: an offset is never longer than that.
    return frozenset(_offset_s(end) for end in {time[-_LONGEST_END:] for time in times})


def _offset_s(time: str) -> int:
    """Return the offset that a time states.

    >>> (
    ...     _offset_s("10/Mar/2026:13:55:36 +0930"),
    ...     _offset_s("2026-03-10T13:55:36-02:00"),
    ...     _offset_s("1773150936.5"),
    ... )
    (34200, -7200, 0)
    """
    found = _STATED.search(time)
    if found is None:
        return 0
    size = int(found[2]) * 3_600 + int(found[3]) * 60
    return -size if found[1] == "-" else size


def _fields(lines: Sequence[str], form: LineFormat) -> Iterator[str]:
    """Yield the time of each line that the format reads; where it has no field for all of it, the first one there."""
    pattern = probing(engine.pattern_of(form))
    named = pattern is not None and "timestamp" in pattern.groupindex
    for line in lines:
        found = pattern.search(line) if pattern else None
        if named and found and found["timestamp"]:
            yield found["timestamp"]
        elif (found or pattern is None) and (time := _TIME.search(line)):
            yield time[0]


def _members(lines: Sequence[str]) -> Iterator[str]:
    """Yield the members of JSON objects that are times as a whole."""
    for line in lines:
        try:
            made = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(made, dict):
            texts = (value for value in made.values() if isinstance(value, str))
            yield from islice((text for text in texts if _TIME.fullmatch(text)), 1)
