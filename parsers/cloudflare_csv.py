"""Cloudflare's CSV output: names of fields in order → a declaration; a header line, `--fields` or the values name them.

Source: Cloudflare's documentation, Logpush output options (logs/logpush/logpush-job/log-output-options): `output_type`
csv has a header only where the customer wrote one into `batch_prefix`; the order is that of `field_names`;
`field_delimiter` may be a tab. Texts are quoted, numbers bare, arrays are quoted JSON with its quotes doubled.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Final

import polars as pl

from parsers import csv_lines, engine
from parsers.cloudflare import MARKS, MEMBERS, columns_of, shared_of
from parsers.engine import ROW, TEXT
from parsers.errors import FormatError
from parsers.records import canonical
from parsers.spec import CsvFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

NAME: Final = "cloudflare-http-requests-csv"

DELIMITERS: Final = (",", "\t", ";", "|")

HEADER: Final = "header line"
"""Why a line that names the fields is skipped."""

MOST_HEADERS: Final = 16
"""Different headers read in one chunk: files of as many jobs may have been put together."""

SAMPLE: Final = 200
"""Lines from the start by whose values fields are told."""

ENOUGH: Final = 5
"""Lines from which on values may tell fields."""

SHARE: Final = 0.9
"""Share of the lines that must have as many fields as the others."""

_TIMES: Final = frozenset({"EdgeStartTimestamp", "EdgeEndTimestamp"})
_IDENTIFIER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_TITLES: Final = {",": "CSV", "\t": "TSV"}

_USUAL: Final = dict.fromkeys(MEMBERS, "1") | {
    "EdgeStartTimestamp": "1605873600000000000",
    "EdgeEndTimestamp": "1605873601000000000",
    "ClientRequestURI": "/a?b",
    "ClientRequestPath": "/a",
}
"""Values by which it is tried what canonical columns an order of fields can fill."""


def names_of(fields: Sequence[str] | str) -> tuple[str, ...]:
    """Return the names that a caller lists, in one text or one by one.

    >>> names_of("RayID, EdgeStartTimestamp,ClientIP")
    ('RayID', 'EdgeStartTimestamp', 'ClientIP')
    """
    return tuple(name.strip() for name in (fields.split(",") if isinstance(fields, str) else fields))


@lru_cache(maxsize=64)
def compile_fields(names: tuple[str, ...], delimiter: str = ",") -> CsvFormat:
    """Return the format of records with these fields in this order.

    Raises
    ------
    FormatError: a name that is none, too many, no time among them, or nothing else that is known.
    """
    text = ",".join(names)
    for place, name in enumerate(names):
        if not _IDENTIFIER.fullmatch(name):
            position = sum(len(other) + 1 for other in names[:place])
            raise FormatError(text, position, f"{name!r} is no name of a field, such as EdgeStartTimestamp")
    if len(names) > csv_lines.MOST_FIELDS:
        raise FormatError(
            text, 0, f"{len(names):,} fields are named, at most {csv_lines.MOST_FIELDS} are read"
        )
    if not _TIMES & set(names):
        raise FormatError(
            text, 0, f"no time among the fields: {' or '.join(sorted(_TIMES, reverse=True))} is needed"
        )
    if len(set(names) & set(MARKS)) < 2:  # noqa: PLR2004  # as for JSON
        raise FormatError(text, 0, "no other field of http_requests is among them")

    def member(name: str) -> pl.Expr:
        return pl.col(name) if name in names else pl.lit(None, pl.String())

    shared = shared_of(member)
    columns = columns_of(member, lambda name: _last(member(name)))
    usual = pl.DataFrame({name: [_USUAL.get(name, "x")] for name in dict.fromkeys(names)})
    filled = usual.with_columns(**shared).select(**columns)
    return CsvFormat(
        name=NAME,
        vendor="cloudflare",
        title=f"Cloudflare http_requests ({_TITLES.get(delimiter, f'delimited by {delimiter!r}')})",
        source="Cloudflare documentation, Logpush output options",
        fields=names,
        delimiter=delimiter,
        columns={name: expr for name, expr in columns.items() if filled[name][0] is not None},
        shared=shared,
    )


def _last(text: pl.Expr) -> pl.Expr:
    """Return the last text of a JSON list, or the text itself where it is no list; null of an empty one."""
    listed = text.str.extract(r'"((?:[^"\\]|\\.)*)"\s*\]\s*$', 1)
    return pl.when(text.str.starts_with("[")).then(listed).when(text != "").then(text)


# --- header lines --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def header_of(line: str) -> tuple[tuple[str, ...], str] | None:
    """Return the names and the delimiter of a line that names the fields, null for any other.

    >>> header_of('"RayID","EdgeStartTimestamp"')
    (('RayID', 'EdgeStartTimestamp'), ',')
    """
    if not any(time in line for time in _TIMES):
        return None
    for delimiter in DELIMITERS:
        names = tuple(name.strip() for name in next(_rows([line.lstrip("#").strip()], delimiter), ()))
        if len(set(names) & set(MARKS)) > 1 and all(_IDENTIFIER.fullmatch(name) for name in names):
            return names, delimiter
    return None


def _rows(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """Yield the values of lines; none of a line that is longer than Python's own module reads."""
    for line in lines:
        try:
            yield next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            yield []


def compile_header(header: str) -> CsvFormat:
    """Return the format of the records behind a line that names their fields.

    Raises
    ------
    FormatError: it names none, or as `compile_fields`.
    """
    found = header_of(header)
    if found is None:
        raise FormatError(header, 0, "it names no fields")
    return compile_fields(*found)


def header_at(data: bytes, before: str) -> str:
    """Return the header line in force behind a chunk of whole lines, where `before` was in force ahead of it."""
    end = len(data)
    for _ in range(MOST_HEADERS):
        place = max(data.rfind(name.encode(), 0, end) for name in _TIMES)
        if place < 0:
            break
        begin = data.rfind(b"\n", 0, place) + 1
        stop = data.find(b"\n", place)
        line = data[begin : stop if stop >= 0 else None].decode("utf-8", "replace").removesuffix("\r")
        if header_of(line):
            return line
        end = begin
    return before


def parse(
    lines: pl.DataFrame, form: CsvFormat, before: str, columns: Sequence[str], *, cut: bool = False
) -> engine.Parsed:
    """Parse a chunk of delimited values.

    Parameters
    ----------
    lines, columns, cut: as `engine.parse` takes them.
    form: the format of the records where no header is in force.
    before: the header line in force ahead of the lines; empty where none is.
    """
    wanted = [name for name in columns if name not in {"source", "line", "vendor", "server", "format"}]
    own = pl.col(TEXT).str.contains("Timestamp", literal=True)
    named = lines.filter(own)
    headers = {line: header_of(line) is not None for line in named[TEXT].unique().head(SAMPLE)}
    found = [line for line, is_header in headers.items() if is_header][:MOST_HEADERS]
    if not found:
        return _parse(lines, _format(before, form), wanted, cut=cut)
    is_header = pl.col(TEXT).is_in(found)
    marked = lines.with_columns(
        _header=pl.when(is_header).then(TEXT).forward_fill().fill_null(before), _is=is_header
    )
    parts = [
        _parse(group.drop("_header", "_is"), _format(header, form), wanted, cut=cut)
        for (header,), group in marked.filter(~pl.col("_is")).group_by("_header", maintain_order=True)
        if isinstance(header, str)
    ]
    skipped = {HEADER: int(marked["_is"].sum())}
    empty = _parse(lines.clear(), form, wanted)
    return engine.Parsed(
        records=pl.concat([empty.records, *(part.records for part in parts)]).sort(ROW),
        rejects=pl.concat([empty.rejects, *(part.rejects for part in parts)]).sort(ROW),
        blank=sum(part.blank for part in parts),
        skipped=skipped,
        joined=sum(part.joined for part in parts),
    )


def _format(header: str, form: CsvFormat) -> CsvFormat:
    """Return the format that a header makes, or the source's own where it makes none."""
    try:
        return compile_header(header) if header else form
    except FormatError:
        return form


def _parse(
    lines: pl.DataFrame, form: CsvFormat, wanted: Sequence[str], *, cut: bool = False
) -> engine.Parsed:
    """Parse lines of one order of fields."""
    raw, left = csv_lines.read(lines, form, wanted)
    records, bad = canonical(raw, form, wanted, dict(form.columns))
    several = csv_lines.joined(left, form)
    joined = 0
    if several.records.height:
        more, more_bad = canonical(
            csv_lines.read(several.records, form, wanted)[0], form, wanted, dict(form.columns)
        )
        records, bad = pl.concat([records, more]).sort(ROW), pl.concat([bad, more_bad]).sort(ROW)
        left = left.filter(~pl.col(ROW).is_in(several.rows.implode()))
        joined = several.rows.len() - several.records.height
    blank = pl.col(TEXT).str.strip_chars() == ""
    odd = left.filter(~blank)
    reason = engine.CUT if cut else f"does not fit {form.title}: {len(form.fields)} fields"
    rejects = pl.concat([bad, odd.select(ROW, reason=pl.lit(reason), text=pl.col(TEXT))]).sort(ROW)
    return engine.Parsed(records, rejects, left.height - odd.height, {}, joined)


# --- no header -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """What values tell: the names of the columns, `said` for people; or why they do not, `unsafe`."""

    form: CsvFormat | None
    said: str
    unsafe: str | None = None


_STATUSES: Final = {str(int(status)) for status in HTTPStatus} | {
    str(status) for status in (499, 444, *range(520, 528), 530)
}
_METHODS: Final = {
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "OPTIONS",
    "PATCH",
    "CONNECT",
    "TRACE",
    "PURGE",
    "PROPFIND",
}
_CACHE: Final = {
    "unknown",
    "miss",
    "expired",
    "updating",
    "stale",
    "hit",
    "ignored",
    "bypass",
    "revalidated",
    "dynamic",
    "stream_hit",
    "deferred",
    "none",
}
_SOURCES: Final = {
    "unknown",
    "eyeball",
    "purge",
    "alwaysOnline",
    "healthcheck",
    "edgeWorkerFetch",
    "edgeWorkerCacheAPI",
    "edgeWorkerKV",
    "imageResizing",
    "orangeToOrange",
    "sslDetector",
    "earlyHintsCache",
    "inBrowserChallenge",
}
_TIME: Final = re.compile(
    r"1[0-9]{9}(?:\.[0-9]+|[0-9]{3}|[0-9]{6}|[0-9]{9})?"
    r"|20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z| UTC|[+-][0-9]{2}:?[0-9]{2})?"
)
_RAY: Final = re.compile(r"[0-9a-f]{16}")
_ADDRESS: Final = re.compile(
    r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?:\.[0-9.]+)?"
)
_HOST: Final = re.compile(r"(?:[A-Za-z0-9_-]+\.)+[A-Za-z]{2,}(?::[0-9]+)?")
_PROTOCOL: Final = re.compile(r"HTTP/[0-9](?:\.[0-9])?")


def _all(pattern: re.Pattern[str]) -> Callable[[Sequence[str]], bool]:
    return lambda values: all(pattern.fullmatch(value) for value in values)


def _among(words: set[str], *, dull: str = "") -> Callable[[Sequence[str]], bool]:
    return lambda values: set(values) <= words and set(values) != {dull}


_LOOKS: Final[tuple[tuple[str, Callable[[Sequence[str]], bool]], ...]] = (
    ("ClientIP", _all(_ADDRESS)),
    ("ClientRequestMethod", _among(_METHODS)),
    ("ClientRequestHost", _all(_HOST)),
    ("ClientRequestProtocol", _all(_PROTOCOL)),
    ("CacheCacheStatus", _among(_CACHE, dull="unknown")),
    ("ClientRequestSource", _among(_SOURCES, dull="unknown")),
    ("ClientCountry", _all(re.compile("[a-z]{2}|[A-Z]{2}"))),
    ("ClientRequestUserAgent", lambda values: sum("Mozilla/" in value for value in values) > len(values) / 4),
)
"""Fields that one column alone may look like; where two do, neither is named."""


def told_by_values(lines: Sequence[str]) -> Told | None:
    """Return what the values of the first lines tell of a table without a header, null where it is none of these.

    Only what no other column could be is named. A ray, the time and the status must be: without them it is unsafe.
    """
    first = list(islice((line for line in lines if line.strip()), SAMPLE))
    # Cheaper than to take them apart: hardly any other log has a ray in nearly every line, be it quoted or not.
    without = (line for line in first if not _RAY.search(line.replace('"', "")))
    too_many = next(islice(without, math.floor(len(first) - SHARE * len(first)), None), None) is not None
    table = None if too_many else _table(first)
    if table is None:
        return None
    columns, delimiter, rows = table
    rays = [
        place for place, values in columns if _all(_RAY)(values) and len(set(values)) > SHARE * len(values)
    ]
    times = [place for place, values in columns if _all(_TIME)(values)]
    if not rays or not times:
        return None
    if rows < ENOUGH:
        return Told(None, "", "too few lines to tell them by their values")
    named: dict[int, str] = {}
    statuses = [place for place, values in columns if set(values) <= _STATUSES]
    for what, name, places in (("ray", "RayID", rays), ("status", "EdgeResponseStatus", statuses)):
        if len(places) != 1:
            return Told(None, "", f"{_count(places)} look like the {what}")
        named[places[0]] = name
    if (moments := _start_and_end(times, dict(columns))) is None:
        return Told(None, "", f"{_count(times)} look like times, and their order is not plain")
    named |= moments
    named |= _others(columns, named)
    width = max(place for place, _ in columns) + 1
    names = tuple(named.get(place, f"column_{place + 1}") for place in range(width))
    said = ", ".join(f"{name} {place + 1}" for place, name in sorted(named.items()))
    return Told(compile_fields(names, delimiter), said)


def _count(places: Sequence[int]) -> str:
    if not places:
        return "no column seems to"
    return (
        f"columns {', '.join(str(place + 1) for place in places)}"
        if len(places) > 1
        else f"column {places[0] + 1}"
    )


def _others(columns: Sequence[tuple[int, Sequence[str]]], named: dict[int, str]) -> dict[int, str]:
    """Return further fields, each told by a column that alone looks like it."""
    made: dict[int, str] = {}
    free = [(place, values) for place, values in columns if place not in named]
    for name, looks in _LOOKS:
        places = [place for place, values in free if looks(values)]
        if len(places) == 1 and places[0] not in made:
            made[places[0]] = name
    targets = [(place, values) for place, values in free if all(value.startswith("/") for value in values)]
    queried = [place for place, values in targets if any("?" in value for value in values)]
    if len(targets) == 1 or len(queried) == 1:
        made[queried[0] if queried else targets[0][0]] = "ClientRequestURI"
    return made


def _table(lines: Sequence[str]) -> tuple[list[tuple[int, list[str]]], str, int] | None:
    """Return the columns of lines that have equally many values, the delimiter, and how many lines."""
    for delimiter in DELIMITERS:
        if sum(line.count(delimiter) > 1 for line in lines) < SHARE * len(lines):
            continue  # too few can have three values: most logs need no closer look
        rows = [row for row in _rows(lines, delimiter) if row]
        if not rows:
            continue
        ((width, often),) = Counter(map(len, rows)).most_common(1)
        if width > 2 and often >= SHARE * len(lines):  # noqa: PLR2004  # two are any prose
            same = [row for row in rows if len(row) == width]
            return [(place, [row[place] for row in same]) for place in range(width)], delimiter, often
    return None


def _start_and_end(places: Sequence[int], columns: dict[int, Sequence[str]]) -> dict[int, str] | None:
    """Return which column is the start and which the end: never later, and somewhere earlier."""
    if len(places) == 1:
        return {places[0]: "EdgeStartTimestamp"}
    if len(places) != 2:  # noqa: PLR2004  # three cannot be told
        return None
    first, second = (columns[place] for place in places)
    pairs = list(zip(first, second, strict=True))
    if any(len(a) != len(b) for a, b in pairs):
        return None
    before, after = any(a < b for a, b in pairs), any(a > b for a, b in pairs)
    if before == after:
        return None
    start, end = places if before else reversed(places)
    return {start: "EdgeStartTimestamp", end: "EdgeEndTimestamp"}


# --- recognition -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recognised:
    """What the first lines of a source are taken for; `form` null where it is declined. `header`: the line of names."""

    form: CsvFormat | None
    evidence: str
    header: str | None = None


def may_be(lines: Sequence[str]) -> bool:
    """Whether lines could be a table: the first ones all hold the same delimiter twice, and none is an object."""
    first = lines[:3]
    return any(
        all(line.count(delimiter) > 1 and not line.lstrip().startswith("{") for line in first)
        for delimiter in DELIMITERS
    )


def recognised(lines: Sequence[str], fields: tuple[str, ...] | None = None) -> Recognised | None:
    """Return what the first lines make of a source, null where it is no table of `http_requests`.

    Parameters
    ----------
    lines: the first ones, without blank ones.
    fields: names that the caller gave.
    """
    header = next((line for line in lines[:10] if header_of(line)), None)
    if header is not None:
        try:
            form = compile_header(header)
        except FormatError as error:
            return Recognised(None, f"a table of Cloudflare that cannot be read: {error}")
        return Recognised(form, f"its header line names {len(form.fields)} fields", header)
    if fields is not None and (given := _given(lines, fields)):
        return given
    told = told_by_values(lines)
    if told is None:
        return None
    if told.form is None or fields is not None:
        why = told.unsafe or f"--fields names {len(fields or ())}, and these lines have another number"
        return Recognised(
            None, f"Cloudflare's CSV output without a header line: --fields A,B,C names its columns ({why})"
        )
    return Recognised(
        told.form,
        f"no header line: columns were told by their values ({told.said}; --fields names all of them for sure)",
    )


def _given(lines: Sequence[str], fields: tuple[str, ...]) -> Recognised | None:
    """Return the format of the caller's fields, with the delimiter by which most of the lines fit."""
    text = pl.Series(lines, dtype=pl.String)
    counts = {
        delimiter: int(text.str.contains(csv_lines.pattern_of(len(fields), delimiter)).sum())
        for delimiter in DELIMITERS
    }
    best = max(DELIMITERS, key=lambda delimiter: counts[delimiter])
    if len(fields) < 2 or 2 * counts[best] <= len(lines):  # noqa: PLR2004  # half of them
        return None
    return Recognised(compile_fields(fields, best), "--fields names its columns")


def ends_whole(form: CsvFormat) -> Callable[[str], bool]:
    """Return whether a line is a record by itself, as `re` sees it: behind it a chunk may end."""
    pattern = re.compile(csv_lines.pattern_of(len(form.fields), form.delimiter))
    return lambda line: pattern.match(line) is not None
