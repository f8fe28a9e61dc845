"""What a caller wants to see (`--since`, `--until`, `--where`) → one predicate on the canonical columns."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import polars as pl

from parsers.errors import LogError
from parsers.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNITS: Final = (
    ("s|secs?|seconds?", 1),
    ("m|mins?|minutes?", 60),
    ("h|hrs?|hours?", 3_600),
    ("d|days?", 86_400),
    ("w|weeks?", 604_800),
)
_AGO: Final = re.compile(r"(\d{1,12})\s*([a-z]+)(?:\s+ago)?")
_DAY: Final = re.compile(r"(today|yesterday)(?:[ t]+(\d\d?:\d\d(?::\d\d)?))?")
_CLOCK: Final = re.compile(r"\d\d?:\d\d(?::\d\d)?")
_EPOCH: Final = re.compile(r"\d{9,11}(?:\.\d+)?")
_OFFSET: Final = re.compile(r"(?:z|[+-]\d\d(?::?\d\d)?)$")
_CLF: Final = "%d/%b/%Y:%H:%M:%S %z"

HOW: Final = "write 2026-03-10T14:00, 14:00, `2h ago` or `yesterday`"
"""What a time may look like, for those whose time does not."""

_TERM: Final = re.compile(r"(\w+)\s*(>=|<=|!=|<>|!~|==|=|>|<|~)\s*(\"[^\"]*\"|'[^']*'|[^\s\"'<>=~!]\S*)")
"""One comparison of the simple form, `status>=500` or `path~/api`.

`~` looks for the text anywhere; in quotes it is a regular expression, as in SQL.
"""

_BETWEEN: Final = re.compile(r"(?i)[\s,]*(?:\band\b[\s,]*)?")
"""What may stand between two of them."""

_CLASS: Final = re.compile("[0-9]xx", re.IGNORECASE)

_TEXTS: Final = re.compile(r"'(?:[^']|'')*'")
_QUERY: Final = re.compile(
    r"(?i)\b(?:select|join|union|with|read_csv|read_parquet|read_json|read_ndjson|scan)\b"
)
"""Words of SQL that no predicate on one record needs."""

_IN_ORDER: Final = frozenset(
    {"Agg", "Over", "Len", "SubPlan", "Window", "Explode", "Sort", "SortBy", "Gather", "Slice"}
)
"""Parts of an expression by which one record would be judged by others."""

_TIMES: Final = re.compile(
    r"(?i)\btimestamp(\s*(?:>=|<=|!=|<>|=|>|<)\s*)('(?:[^']|'')*')|\btimestamp(\s+(?:not\s+)?between\s+)"
    r"('(?:[^']|'')*')(\s+and\s+)('(?:[^']|'')*')"
)
"""Times in SQL, which knows texts only."""


class FilterError(LogError):
    """A time or an expression of the caller that says nothing.

    `text` is it, `problem` why; what is wrong are its characters from `start` to before `end`, null where it is all.
    """

    def __init__(self, option: str, text: str, problem: str, place: tuple[int, int] | None = None) -> None:
        self.option = option
        self.text = text
        self.problem = problem
        self.place = place
        super().__init__(f"{option} {text!r}: {problem}")


@dataclass(frozen=True)
class Wanted:
    """What a caller wants to see of a log, as told: times that state no offset lie in a zone that may be known later.

    `since` and `until` are moments or texts, `where` a predicate; `zone` is the caller's, null for the log's own.
    """

    since: datetime | str | None = None
    until: datetime | str | None = None
    where: str | None = None
    zone: tzinfo | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def hangs_on_zone(self) -> bool:
        """Whether it is open what is meant until the zone of the log is known."""
        naive = any(_naive(one) for one in (self.since, self.until))
        return self.zone is None and (naive or (self.where is not None and "timestamp" in self.where.lower()))

    def span(self, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
        """Return the first moment that is wanted, and the first that no longer is.

        Raises
        ------
        FilterError: a text that is no time, or nothing lies in between.
        """
        since = self._moment(self.since, "--since", zone)
        until = self._moment(self.until, "--until", zone)
        if since and until and since >= until:
            problem = (
                f"nothing lies between --since {self.since}, {_said(since, zone)}, and {_said(until, zone)}"
            )
            raise FilterError("--until", str(self.until), problem)
        return since, until

    def predicate(self, zone: tzinfo) -> pl.Expr | None:
        """Return one predicate for all three, or none; `until` is exclusive.

        Raises
        ------
        FilterError: some of it cannot be meant.
        """
        since, until = self.span(zone)
        parts = []
        if since is not None:
            parts.append(pl.col("timestamp") >= since)
        if until is not None:
            parts.append(pl.col("timestamp") < until)
        if self.where is not None:
            parts.append(predicate(self.where, now=self.now, zone=zone))
        return pl.all_horizontal(parts) if parts else None

    def _moment(self, told: datetime | str | None, option: str, zone: tzinfo) -> datetime | None:
        if told is None:
            return None
        if isinstance(told, datetime):
            return (told if told.tzinfo else told.replace(tzinfo=zone)).astimezone(UTC)
        return moment(told, option, now=self.now, zone=zone)


def _said(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat(" ", "seconds")


def _naive(told: datetime | str | None) -> bool:
    """Whether a time means another moment in another zone."""
    if told is None or isinstance(told, datetime):
        return told is not None and told.tzinfo is None
    words = told.strip().lower()
    if words == "now" or _ago(words) or _EPOCH.fullmatch(words):
        return False
    return _CLOCK.fullmatch(words) is not None or _OFFSET.search(words[10:]) is None


def moment(text: str, option: str, *, now: datetime, zone: tzinfo = UTC) -> datetime:
    """Return the moment that a caller means, in UTC.

    `2026-03-10T14:00`, with or without an offset (without: in `zone`, whose summer time it follows); `2026-03-10`, the
    start of that day; `14:00` of today; `yesterday`, `today`, `yesterday 14:00`; `now`; `2h ago`, `90 minutes ago`;
    as nginx and Apache write it, `10/Mar/2026:14:00:00 +0900`; seconds since 1970.

    Raises
    ------
    FilterError: anything else.
    """
    words = " ".join(text.split()).lower()
    try:
        made = _moment(words, now, zone)
    except OverflowError:
        raise FilterError(option, text, "too far from now") from None
    except ValueError as error:
        why = (
            "there is no such date or time; "
            if "must be in" in str(error) or "out of range" in str(error)
            else ""
        )
        raise FilterError(option, text, f"{why}{HOW}") from None
    return made


def _moment(words: str, now: datetime, zone: tzinfo) -> datetime:
    local = now.astimezone(zone)
    if words == "now":
        return now.astimezone(UTC)
    if seconds := _ago(words):
        return (now - timedelta(seconds=seconds)).astimezone(UTC)
    if _EPOCH.fullmatch(words):
        return datetime.fromtimestamp(float(words), UTC)
    day, clock = f"{local:%Y-%m-%d}", words
    if named := _DAY.fullmatch(words):
        # Days are counted by the calendar, not by 24 hours: the clock may have changed in between.
        date = local.date() - timedelta(days=int(named[1] == "yesterday"))
        day, clock = date.isoformat(), named[2] or "00:00"
    if _CLOCK.fullmatch(clock):
        words = f"{day}T{clock:0>5}" if clock.count(":") == 1 else f"{day}T{clock:0>8}"
    if "/" in words:
        return datetime.strptime(words.title(), _CLF).astimezone(UTC)
    made = datetime.fromisoformat(words.upper())
    return (made if made.tzinfo else made.replace(tzinfo=zone)).astimezone(UTC)


def _ago(words: str) -> int | None:
    """Return the seconds of `2h ago`; null for other words.

    >>> _ago("2h ago"), _ago("90 minutes ago"), _ago("2 parsecs ago")
    (7200, 5400, None)
    """
    found = _AGO.fullmatch(words)
    if found is None:
        return None
    return next((int(found[1]) * size for names, size in _UNITS if re.fullmatch(names, found[2])), None)


def predicate(where: str, *, now: datetime | None = None, zone: tzinfo = UTC) -> pl.Expr:
    """Return what an expression says of a record.

    Either comparisons side by side, all of which must hold (`status>=500 path~/api method!=GET status=5xx`; `~` looks
    for the text anywhere, in quotes for a regular expression), or a predicate in Polars' SQL (`status BETWEEN 500 AND
    504 OR client LIKE '192.0.2.%'`), on the canonical columns.

    Raises
    ------
    FilterError: it is neither, or names a column that there is not.
    """
    now = now or datetime.now(UTC)
    terms = list(_TERM.finditer(where))
    if _only_ands(where, terms):
        return _simple(where, terms, now, zone)
    return _sql(where, now, zone)


def _only_ands(where: str, terms: list[re.Match[str]]) -> bool:
    """Whether nothing but `and`, commas and blanks stands around the comparisons."""
    if not terms:
        return False
    if where[: terms[0].start()].strip() or where[terms[-1].end() :].strip(" ,"):
        return False
    return all(_BETWEEN.fullmatch(where[one.end() : two.start()]) for one, two in pairwise(terms))


def _simple(where: str, terms: list[re.Match[str]], now: datetime, zone: tzinfo) -> pl.Expr:
    made = pl.lit(value=True)
    for term in terms:
        quoted = term[3][:1] in {'"', "'"}
        text = term[3][1:-1] if quoted else term[3].removesuffix(",")
        if term[1] not in SCHEMA:
            raise FilterError("--where", where, _no_column(term[1]), term.span(1))
        try:
            if "~" in term[2]:
                made &= _found(term[1], text, regular=quoted, wanted=term[2] == "~")
            else:
                made &= _compared(term[1], term[2], text, now, zone)
        except ValueError as error:
            raise FilterError("--where", where, str(error), term.span(3)) from None
        except FilterError as error:
            raise FilterError("--where", where, error.problem, term.span(3)) from None
    return made


def _no_column(name: str) -> str:
    near = get_close_matches(name.lower(), SCHEMA, 1)
    return f"no such column: {name}" + (
        f"; did you mean {near[0]}?" if near else f" (columns: {', '.join(SCHEMA)})"
    )


def _found(name: str, text: str, *, regular: bool, wanted: bool) -> pl.Expr:
    """Return whether a text, or what a regular expression says, stands anywhere in a column.

    Raises
    ------
    ValueError: no regular expression.
    """
    if regular:
        try:
            pl.Series([""]).str.contains(text)
        except pl.exceptions.PolarsError as error:
            why = str(error).strip().rsplit("error: ", 1)[-1].split("\n", 1)[0]
            raise ValueError(
                f"what stands in quotes is a regular expression, and this is none: {why}"
            ) from None
    found = pl.col(name).cast(pl.String).str.contains(text, literal=not regular).fill_null(value=False)
    return found if wanted else ~found


def _compared(name: str, sign: str, text: str, now: datetime, zone: tzinfo) -> pl.Expr:
    """Return one comparison.

    Raises
    ------
    ValueError: the column never holds such a value.
    FilterError: no time.
    """
    dtype = SCHEMA[name]
    column = pl.col(name)
    sign = {"==": "=", "<>": "!="}.get(sign, sign)
    value: pl.Expr = pl.lit(text)
    if dtype.is_numeric():
        if name.endswith("status") and _CLASS.fullmatch(text) and sign in {"=", "!="}:
            column, text = column // 100, text[0]
        try:
            value = pl.lit(int(text) if text.lstrip("+-").isdigit() and len(text) < 19 else float(text))  # noqa: PLR2004
        except ValueError:
            raise ValueError(f"{name} is a number") from None
    elif dtype.is_temporal():
        value = pl.lit(moment(text, "--where", now=now, zone=zone))
    else:
        if isinstance(dtype, pl.Enum) and sign in {"=", "!="} and text not in dtype.categories:
            raise ValueError(f"{name} is one of {', '.join(dtype.categories)}")
        column = column.cast(pl.String)
    signs = {"=": column == value, "!=": column != value, ">": column > value, "<": column < value}
    signs |= {">=": column >= value, "<=": column <= value}
    return signs[sign].fill_null(value=sign == "!=")


def _sql(where: str, now: datetime, zone: tzinfo) -> pl.Expr:
    bare = _TEXTS.sub(lambda text: " " * len(text[0]), where)
    if query := _QUERY.search(bare):
        raise FilterError("--where", where, "a predicate on one record has no query in it", query.span())
    timed = _with_moments(where, now, zone)
    try:
        made = pl.sql_expr(timed)
    except pl.exceptions.PolarsError as error:
        raise FilterError("--where", where, _not_understood(where, str(error)), _culprit(bare)) from None
    parts = set(_parts(json.loads(made.meta.serialize(format="json"))))
    if "Alias" in parts:
        name = made.meta.output_name()
        found = re.search(rf"\b{re.escape(name)}\s*$", where)
        raise FilterError("--where", where, "a word that belongs to nothing", found.span() if found else None)
    if parts & _IN_ORDER:
        raise FilterError(
            "--where", where, "a record is judged by itself alone: no sums, ranks or counts of others"
        )
    for name in made.meta.root_names():
        if name not in SCHEMA:
            found = re.search(rf"\b{re.escape(name)}\b", bare)
            raise FilterError("--where", where, _no_column(name), found.span() if found else None)
    if not made.meta.root_names():
        raise FilterError("--where", where, "it names no column")
    try:
        dtype = pl.DataFrame(schema=SCHEMA).select(made.alias("_")).schema["_"]
    except pl.exceptions.PolarsError as error:
        raise FilterError("--where", where, str(error).split("\n", 1)[0]) from None
    if dtype != pl.Boolean:
        raise FilterError("--where", where, "it is no yes-or-no question: write status>=500")
    return made.fill_null(value=False)


def _with_moments(where: str, now: datetime, zone: tzinfo) -> str:
    """Return SQL in which `timestamp` is compared with moments instead of texts."""

    def instant(text: str, start: int) -> str:
        try:
            at = moment(text[1:-1], "--where", now=now, zone=zone)
        except FilterError as error:
            raise FilterError("--where", where, error.problem, (start, start + len(text))) from None
        return str(round(at.timestamp() * 1_000_000))

    def compared(found: re.Match[str]) -> str:
        if found[1]:
            return f"CAST(timestamp AS BIGINT){found[1]}{instant(found[2], found.start(2))}"
        first, last = instant(found[4], found.start(4)), instant(found[6], found.start(6))
        return f"CAST(timestamp AS BIGINT){found[3]}{first}{found[5]}{last}"

    return _TIMES.sub(compared, where)


def _not_understood(where: str, problem: str) -> str:
    """Return what would have worked."""
    if where.count("'") % 2:
        return "a ' is opened and not closed"
    first = problem.split("\n", 1)[0]
    unparsed = first.startswith("unable to parse")  # says no more than that
    return f"not understood{'' if unparsed else f' ({first})'}; write status>=500 path~/api, or SQL with texts in '…'"


def _culprit(bare: str) -> tuple[int, int] | None:
    """Return where SQL cannot go on: a text without quotes, a bracket that has no other one, an operator at the end."""
    depth: list[int] = []
    for place, sign in enumerate(bare):
        if sign == "(":
            depth.append(place)
        elif sign == ")":
            if not depth:
                return place, place + 1
            depth.pop()
    if depth:
        return depth[-1], depth[-1] + 1
    for pattern in _ODD:
        for found in re.finditer(pattern, bare, re.IGNORECASE):
            if found[0] not in {">=", "<=", "<>", "!=", "!~", "~*", "!~*"}:
                return found.span()
    return None


_ODD: Final = (
    r"[<>=!~&]{2,}|\b(?:and|or|not)(?=\s*$)",
    r"[^\w\s'\"<>=!~.,()%*/+|-]\S*",
    r"(?<=[<>=~ ])/[^\s)]+",
    r"[<>=!~](?=\s*$)",
)
"""What SQL does not know, the plainest first."""


def _parts(tree: object) -> Iterator[str]:
    """Yield the names of the parts of a serialised expression; not the values in it."""
    if isinstance(tree, dict):
        for name, inner in tree.items():
            yield name
            if name not in {"Literal", "Column"}:
                yield from _parts(inner)
    elif isinstance(tree, list):
        for inner in tree:
            yield from _parts(inner)
    elif isinstance(tree, str):
        yield tree
