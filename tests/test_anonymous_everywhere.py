"""--anonymize hides clients and users in whatever field wrote them: every value of an analysis, and every report of it.

Nothing here lists what an analysis holds: whatever is in it is walked, so that a new part that forgets is found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import pytest

import loganalyzer
import parsers
import reports
from loganalyzer.analysis import analyze
from parsers.pseudonyms import Pseudonyms
from parsers.schema import SCHEMA
from reports.sections import sections
from reports.words import Words
from tests.scenes import cisco_wsa, cloudflare, combined, many, nginx, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loganalyzer.analysis import Analysis
    from tests.scenes import Writer

KEY: Final = b"a key for the tests alone"

BY_CLIENTS: Final = (
    "client", "user", "method", "target", "protocol", "path", "query", "referrer", "user_agent", "request_id",
)  # fmt: skip
"""Columns whose values clients write: a name or an address in them may be anybody's."""

BY_SERVERS: Final = (
    "source", "format", "server", "host", "upstream", "cache", "action", "category", "policy", "country",
)  # fmt: skip
"""Columns that servers and callers write: these names are of hosts, rules and files, and stay."""

USERS: Final = tuple(
    f"zq{name}" for name in ("user", "path", "query", "refpath", "refsite", "agent", "method")
)
"""Names of users; each but the first also stands in one field that clients write."""

CLIENTS: Final = ("203.0.113.201", "203.0.113.202", "203.0.113.203", "203.0.113.204", "2001:db8:77::7")

WRITERS: Final[dict[str, tuple[str, Writer]]] = {
    "nginx-combined": ("nginx", combined),
    "nginx-json": ("nginx", nginx),
    "apache": ("apache", combined),
    "cloudflare": ("cloudflare", cloudflare),
    "cisco_wsa": ("cisco_wsa", cisco_wsa),
}


def log(writer: Writer, *, users: bool) -> list[str]:
    """Return lines in which names of users and addresses of clients stand wherever clients write."""
    name = dict(zip(("user", "path", "query", "refpath", "refsite", "agent", "method"), USERS, strict=True))
    if not users:  # of a log that knows no users nobody can tell which words are names
        name = dict.fromkeys(name, "word")
    hidden: dict[str, Any] = {
        "target": [
            f"/~{name['path']}/{CLIENTS[0]}/a",
            f"/a?user={name['query']}&ip={CLIENTS[1]}",
            "/login",
        ],
        "referrer": [f"https://{name['refsite']}.example.net/~{name['refpath']}?from={CLIENTS[2]}", ""],
        "user_agent": [f"{name['agent']}/1.0 (for {CLIENTS[3]})", f"{name['agent']}bot {CLIENTS[4]}"],
        "host": "shop.example.com",
        "duration_s": [0.01, 0.4],
        "cache": "TCP_MISS",
        "method": ["GET", name["method"], "POST"],
    }
    if users:
        hidden["user"] = list(USERS)
    client = list(CLIENTS)
    quiet = many(200, **hidden, client=client, status=[200, 304], at=lambda number: 30 * number)
    burst = many(
        140, **hidden, client=client, status=[502, 404, 403, 499, 400], at=lambda number: 4_000 + number
    )
    loop = many(140, **hidden | {"target": "/private"}, client=CLIENTS[0], status=401, at=lambda n: 5_000 + n)
    scan = many(
        140,
        **hidden | {"target": lambda number: f"/{name['path']}/{number}x.php"},
        client=CLIENTS[4],
        status=404,
        at=lambda number: 5_500 + number,
    )
    lines = written([*quiet, *burst, *loop, *scan], writer)
    return [*lines, f"{CLIENTS[0]} {USERS[0]} is no line of a log"]


def texts(value: object) -> Iterator[str]:
    """Yield every text in a value, however deep: of dataclasses, collections, frames and JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, pl.DataFrame):
        for column in value.select(pl.col(pl.String, pl.Enum, pl.Categorical).cast(pl.String)).iter_columns():
            yield from column.drop_nulls().unique().to_list()
    else:
        for inner in parts(value):
            yield from texts(inner)


def parts(value: object) -> Iterator[object]:
    """Yield what a value is made of."""
    if is_dataclass(value):
        yield from (getattr(value, field.name) for field in fields(value))
    elif isinstance(value, Mapping):
        yield from (*value.keys(), *value.values())
    elif isinstance(value, (tuple, list, set, frozenset)):
        yield from value


def everything(value: Analysis) -> Iterator[tuple[str, str]]:
    """Yield where a text is, and the text: in every part of the analysis and in every report of it."""
    for field in fields(value):
        yield from ((f"analysis.{field.name}", one) for one in texts(getattr(value, field.name)))
    yield from (("repr", one) for one in repr(value).splitlines())
    for name in value.tables:
        yield from ((f"tables.{name}", one) for one in texts(value.tables[name]))
    for name, frame in reports.to_tables(value):
        yield from ((f"written.{name}", one) for one in texts(frame))
    for section in sections(value, Words("ko")):
        yield from ((f"section.{section.anchor}", one) for one in texts(section))
    for name, writer in (
        ("json", reports.to_json),
        ("markdown", reports.to_markdown),
        ("html", reports.to_html),
    ):
        yield from ((name, one) for one in writer(value).splitlines() if len(one) < 100_000)


def named(text: str, marks: tuple[str, ...]) -> list[str]:
    folded = text.lower().replace("%3a", ":")
    return [mark for mark in marks if re.search(rf"(?<![0-9a-z]){re.escape(mark)}(?![0-9a-z])", folded)]


def analysed(form: str, folder: Path, key: bytes | None) -> Analysis:
    vendor, writer = WRITERS[form]
    source = folder / "access.log"
    lines = log(writer, users=vendor != "cloudflare")
    source.write_text("".join(f"{line}\n" for line in lines))
    hidden = None if key is None else Pseudonyms(key)
    return analyze(parsers.scan([str(source)], vendor=vendor, pseudonyms=hidden))


def test_every_column_of_text_is_somebodys() -> None:
    written_ = {name for name, dtype in SCHEMA.items() if dtype == pl.String}
    assert written_ == {*BY_CLIENTS, *BY_SERVERS}


@pytest.mark.parametrize("form", WRITERS)
def test_no_name_and_no_address_is_left_in_anything(form: str, tmp_path: Path) -> None:
    marks = (*CLIENTS, *(USERS if form != "cloudflare" else ()))
    plain = analysed(form, tmp_path, None)
    carried = {mark for _, one in everything(plain) for mark in named(one, marks)}
    assert carried >= {*CLIENTS, *marks} - ({"zqagent"} if form == "cisco_wsa" else set()) - _unwritten(form)
    hidden = analysed(form, tmp_path, KEY)
    assert len(hidden.findings) == len(plain.findings) > 0
    left = {(where, mark) for where, one in everything(hidden) for mark in named(one, marks)}
    assert left == set()


def _unwritten(form: str) -> set[str]:
    """Return the marks that stand in fields that a format does not have: an access log of WSA has two fields less."""
    if form != "cisco_wsa":
        return set()
    return {"zqrefpath", "zqrefsite", *CLIENTS[2:4]}


def test_the_library_hides_as_the_command_line_does(tmp_path: Path) -> None:
    source = tmp_path / "access.log"
    source.write_text("".join(f"{line}\n" for line in log(combined, users=True)))
    value = loganalyzer.analyze(source, anonymize=KEY, vendor="nginx")
    assert value.anonymized
