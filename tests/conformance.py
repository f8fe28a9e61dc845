"""What a real server says of its requests, beside what the parsers read in its logs: field by field, line by line.

The readers here are the tests' own: they share no code with the parsers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest

import parsers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from _pytest.mark import ParameterSet

Request = dict[str, bytes | None]
"""What the server knows of one request: its own name of a value → the bytes, null where there is none."""

SHARE: Final = 0.999
"""Of a log's lines, at least so many must agree in every field."""

OWN: Final = frozenset({"source", "line", "server", "format", "weight"})
"""Columns of the reading, not of the request; checked once for a whole log."""


@dataclass(frozen=True)
class Row:
    """One format that a server is told to write.

    `text`: the format as the server's configuration holds it. `columns`: canonical column → the server's name of the
    value that must stand in it; every other column must be null. `format`: the name under which the parsers know it.
    `told`: whether the text must be told to the parsers, since nobody can guess it. `unread`: why they cannot read it
    yet; the test is skipped by this reason until the row has none. `short`: why fewer lines agree than must. `partly`:
    whether the text holds more than comes out when nobody tells it. `escape`: how the server is told to escape, where
    it has a choice. `decoded`: whether values come out as they were, since the quoting of their container (JSON) is
    undone. `options`: what else the server's directive says. `ending`: of the file's name.
    """

    name: str
    text: str
    columns: Mapping[str, str]
    format: str | None = None
    told: bool = False
    unread: str | None = None
    short: str | None = None
    partly: bool = False
    escape: str = "default"
    decoded: bool = False
    options: str = ""
    ending: str = ".log"

    @property
    def file(self) -> str:
        """The name of its file among the server's logs."""
        return self.name + self.ending

    @property
    def scan(self) -> dict[str, str]:
        """What is said to the parsers besides the path."""
        if not self.told:
            return {}
        escape = "" if self.escape == "default" else f"escape={self.escape} "
        return {"log_format": escape + self.text}


def parameters(rows: Iterable[Row]) -> list[ParameterSet]:
    """Return the rows as parameters of a test; those that cannot be read yet are skipped with the reason."""
    return [
        pytest.param(row, id=row.name, marks=[pytest.mark.skip(row.unread)] if row.unread else [])
        for row in rows
    ]


@dataclass(frozen=True)
class Known:
    """A difference that is known: why, in which rows and columns, and for which requests."""

    reason: str
    rows: Sequence[str]
    columns: Sequence[str]
    covers: Callable[[Request], bool]


@dataclass(frozen=True)
class Difference:
    """One field of one line that the parsers read otherwise; `column` is `reject` where they refused the line."""

    line: int
    column: str
    expected: object
    got: object

    def __str__(self) -> str:
        """Return it in one line."""
        return f"line {self.line}: {self.column}: expected {self.expected!r}, got {self.got!r}"


@dataclass(frozen=True)
class Reading:
    """What the parsers made of a log: physical line → record, and → reason and text of a reject."""

    records: dict[int, dict[str, object]]
    rejects: dict[int, str]
    lines: int
    aside: int
    evidence: str


def read(path: Path, scan: Mapping[str, Any]) -> Reading:
    """Read a log with the parsers, all columns."""
    made = parsers.scan([str(path)], **scan)
    assert not made.errors
    batches = list(
        made.batches(
            list(parsers.SCHEMA), lambda b: (b.records, b.rejects, b.lines, b.blank + sum(b.skipped.values()))
        )
    )
    made.close()
    recognition = made.states[0].recognition
    return Reading(
        records={row["line"]: row for batch in batches for row in batch[0].to_dicts()},
        rejects={row["line"]: f"{row['reason']}: {row['text']}" for b in batches for row in b[1].to_dicts()},
        lines=sum(batch[2] for batch in batches),
        aside=sum(batch[3] for batch in batches),
        evidence=recognition.evidence if recognition else "",
    )


def differences(expected: Mapping[int, Mapping[str, object]], reading: Reading) -> list[Difference]:
    """Compare line by line and field by field; `expected` holds physical line → canonical column → value."""
    found: list[Difference] = []
    for line, values in expected.items():
        record = reading.records.get(line)
        if record is None:
            found.append(Difference(line, "reject", "a record", reading.rejects.get(line, "left aside")))
            continue
        found += [
            Difference(line, column, value, record[column])
            for column, value in values.items()
            if record[column] != value
        ]
    return found


def judge(
    row: Row,
    requests: Mapping[int, Request],
    expected: Mapping[int, Mapping[str, object]],
    reading: Reading,
    known: Sequence[Known],
) -> str:
    """Fail for a difference that is not known, for a known one that is gone, and for too many of them.

    Returns how many lines agree in every field, and why the others do not.
    """
    found = differences(expected, reading)
    mine = [one for one in known if row.name in one.rows]
    met = {
        each: [one for one in mine if each.column in one.columns and one.covers(requests[each.line])]
        for each in found
    }
    unknown = [each for each, reasons in met.items() if not reasons]
    report = "\n".join(map(str, unknown[:20]))
    assert not unknown, f"{len(unknown)} unexplained differences\n{report}\n{reading.evidence}"
    used = {id(one) for reasons in met.values() for one in reasons}
    gone = [one.reason for one in mine if id(one) not in used and any(map(one.covers, requests.values()))]
    assert not gone, "no longer there"
    assert reading.lines == len(reading.records) + len(reading.rejects) + reading.aside
    disagree = {each.line: reasons[0].reason for each, reasons in met.items()}
    share = 1 - len(disagree) / len(requests)
    said = f"{row.name}: {len(requests) - len(disagree):,} of {len(requests):,} lines agree ({share:.2%})"
    why = [f"{count} not: {reason}" for reason, count in Counter(disagree.values()).items()]
    assert (share >= SHARE) == (row.short is None), "; ".join([said, *why])
    return "; ".join([said, *why])


def nothing(vendor: str) -> dict[str, object]:
    """Return every compared column of a record that carries nothing."""
    return {
        name: {"vendor": vendor, "role": "request"}.get(name) for name in parsers.SCHEMA if name not in OWN
    }


# --- small readers of our own --------------------------------------------------------------------------------------


def request_line(text: str | None) -> dict[str, str | None]:
    """Split a request line as logged: `METHOD target [PROTOCOL]`, anything else whole in `target`.

    >>> request_line("GET /a b HTTP/1.1")["target"]
    '/a b'
    """
    empty: dict[str, str | None] = dict.fromkeys(("method", "target", "protocol", "path", "query", "host"))
    if text is None or text == "-":
        return empty
    method, _, rest = text.partition(" ")
    if not (rest and is_method(method)):
        return empty | {"target": text}
    target, blank, protocol = rest.rpartition(" ")
    if not (blank and target and _is_protocol(protocol)):
        return {"method": method, "protocol": None, **target_parts(method, rest)}
    return {"method": method, "protocol": protocol, **target_parts(method, target)}


def target_parts(method: str, target: str) -> dict[str, str | None]:
    """Split a target into path and query, and find the host in an absolute one."""
    before, mark, query = target.partition("?")
    parts: dict[str, str | None] = {
        "target": target,
        "path": None,
        "query": query if mark else None,
        "host": None,
    }
    scheme, colon, rest = before.partition("://")
    if colon and scheme[:1].isalpha() and all(c.isalnum() or c in "+-." for c in scheme):
        authority, slash, path = rest.partition("/")
        parts["path"] = slash + path if slash else "/"
        parts["host"] = _host(authority.rpartition("@")[2]) or None
    elif before.startswith("/") or target == "*":
        parts["path"] = before
    elif not mark and target.rpartition(":")[2].isdecimal() and "/" not in target:
        parts["host"] = _host(target)
    if method in {"CONNECT", "TCP_CONNECT"}:
        parts["path"] = None
    return parts


def is_method(word: str) -> bool:
    """Whether a word may be a method: a letter, then letters, `-` and `_`, 32 at most."""
    letters = word.replace("-", "").replace("_", "")
    return word[:1].isalpha() and letters.isalpha() and letters.isascii() and len(word) <= 32


def _is_protocol(word: str) -> bool:
    name, slash, version = word.partition("/")
    numbers = version.split(".")
    return (
        name == "HTTP"
        and bool(slash)
        and len(numbers) <= 2
        and all(n.isdecimal() and n.isascii() for n in numbers)
    )


def _host(authority: str) -> str:
    """Return the host of `host[:port]`."""
    if authority.startswith("["):
        return authority[: authority.find("]") + 1]
    return authority.partition(":")[0]


def physical_lines(heights: Iterable[int]) -> list[int]:
    """Return the physical line on which each record starts, given how many lines each one takes."""
    starts, line = [], 1
    for height in heights:
        starts.append(line)
        line += height
    return starts
