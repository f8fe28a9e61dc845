"""What a caller wants to see (`--since`, `--until`, `--where`) → one predicate on the canonical columns."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

import polars as pl

from parsers.errors import LogError
from parsers.schema import SCHEMA

_AGO: Final = re.compile(r"(\d+)\s*(s|m|min|h|d|w)(?:\s+ago)?")
_UNIT_S: Final = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}

_TERM: Final = re.compile(r"(\w+)\s*(>=|<=|!=|!~|=|>|<|~)\s*(\"[^\"]*\"|'[^']*'|[^\s\"']+)")
"""One comparison of the simple form, `status>=500` or `path~/api`; `~` looks for the text anywhere."""

_QUERY: Final = re.compile(
    r"(?i)\b(?:select|from|join|union|with|read_csv|read_parquet|read_json|read_ndjson|scan)\b"
)
"""Words of SQL that no predicate on one record needs."""


class FilterError(LogError):
    """A time or an expression of the caller that says nothing; `text` is it, `problem` why."""

    def __init__(self, option: str, text: str, problem: str) -> None:
        self.option = option
        self.text = text
        self.problem = problem
        super().__init__(f"{option} {text!r}: {problem}")


def moment(text: str, option: str, *, now: datetime, zone: tzinfo = UTC) -> datetime:
    """Return the moment that a caller means, in UTC.

    `2026-03-10T14:00`, with or without an offset (without: in `zone`); `2026-03-10`; `14:00` of today; `2h ago`;
    `now`, `today`, `yesterday`.

    Raises
    ------
    FilterError: anything else.
    """
    words = text.strip().lower()
    local = now.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if words in {"now", "today", "yesterday"}:
        days = timedelta(days=1)
        return {"now": now, "today": midnight, "yesterday": midnight - days}[words].astimezone(UTC)
    if ago := _AGO.fullmatch(words):
        return (now - timedelta(seconds=int(ago[1]) * _UNIT_S[ago[2]])).astimezone(UTC)
    if re.fullmatch(r"\d\d?:\d\d(?::\d\d)?", words):
        words = f"{local:%Y-%m-%d}T{words:0>5}" if words.count(":") == 1 else f"{local:%Y-%m-%d}T{words:0>8}"
    try:
        made = datetime.fromisoformat(words.upper())
    except ValueError:
        raise FilterError(option, text, "write 2026-03-10T14:00, 14:00, `2h ago` or `yesterday`") from None
    return (made if made.tzinfo else made.replace(tzinfo=zone)).astimezone(UTC)


def predicate(where: str) -> pl.Expr:
    """Return what an expression says of a record.

    Either comparisons side by side, all of which must hold (`status>=500 path~/api method!=GET`), or a predicate in
    Polars' SQL (`status BETWEEN 500 AND 504 OR client LIKE '192.0.2.%'`), on the canonical columns.

    Raises
    ------
    FilterError: it is neither, or names a column that there is not.
    """
    terms = list(_TERM.finditer(where))
    simple = terms and not re.sub(r"[\s,]+", "", _TERM.sub("", where))
    made = _simple(terms) if simple else _sql(where)
    unknown = [name for name in made.meta.root_names() if name not in SCHEMA]
    if unknown:
        raise FilterError("--where", where, f"no such column: {unknown[0]} (columns: {', '.join(SCHEMA)})")
    if not made.meta.root_names():
        raise FilterError("--where", where, "it names no column")
    try:
        dtype = pl.LazyFrame(schema=SCHEMA).select(made.alias("_")).collect_schema()["_"]
    except pl.exceptions.PolarsError as error:
        raise FilterError("--where", where, str(error).split("\n", 1)[0]) from None
    if dtype != pl.Boolean:
        raise FilterError("--where", where, "it is no yes-or-no question: write status>=500")
    return made


def _simple(terms: list[re.Match[str]]) -> pl.Expr:
    made = pl.lit(value=True)
    for term in terms:
        name, sign, text = term[1], term[2], term[3]
        made &= _compared(name, sign, text[1:-1] if text[:1] in {'"', "'"} else text, term[0])
    return made


def _compared(name: str, sign: str, text: str, term: str) -> pl.Expr:
    dtype = SCHEMA.get(name)
    column = pl.col(name)
    if sign in {"~", "!~"}:
        found = column.cast(pl.String).str.contains(text, literal=True).fill_null(value=False)
        return found if sign == "~" else ~found
    value: pl.Expr = pl.lit(text)
    if dtype is not None and dtype.is_numeric():
        try:
            value = pl.lit(float(text))
        except ValueError:
            raise FilterError("--where", term, f"{name} is a number") from None
    elif dtype is not None and dtype.is_temporal():
        value = pl.lit(moment(text, "--where", now=datetime.now(UTC)))
    elif dtype is not None:
        column = column.cast(pl.String)
    signs = {"=": column == value, "!=": column != value, ">": column > value, "<": column < value}
    signs |= {">=": column >= value, "<=": column <= value}
    return signs[sign].fill_null(value=sign == "!=")


def _sql(where: str) -> pl.Expr:
    if _QUERY.search(re.sub(r"'[^']*'", "", where)):
        raise FilterError("--where", where, "a predicate on one record has no query in it")
    try:
        return pl.sql_expr(where).fill_null(value=False)
    except pl.exceptions.PolarsError as error:
        problem = str(error).split("\n", 1)[0]
        raise FilterError(
            "--where", where, f"not understood ({problem}); write status>=500 path~/api"
        ) from None


def kept(since: datetime | None, until: datetime | None, where: str | None) -> pl.Expr | None:
    """Return one predicate for all three, or none; `until` is exclusive."""
    parts = []
    if since is not None:
        parts.append(pl.col("timestamp") >= since)
    if until is not None:
        parts.append(pl.col("timestamp") < until)
    if where is not None:
        parts.append(predicate(where))
    return pl.all_horizontal(parts) if parts else None
