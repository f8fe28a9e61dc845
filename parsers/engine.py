"""Lines + a declaration → canonical columns, and why a line was rejected.

A cheap split takes the lines that are as they should be; what it cannot vouch for goes through the exact pattern
compiled from the same template; what that refuses is tried by the format's relatives, then named as skipped or
rejected. The split takes no line that the exact pattern refuses, and gives the same values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import polars as pl

from parsers import csv_lines, envelopes, fields, json_lines
from parsers.records import IMPOSSIBLE_TIME, OUT_OF_RANGE, REJECTS, ROW, TEXT, absent, canonical
from parsers.schema import DTYPES, SCHEMA
from parsers.spec import CsvFormat, Format, JsonFormat, LineFormat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from parsers.envelopes import Envelope

__all__ = [
    "ANYTHING",
    "CUT",
    "IMPOSSIBLE_TIME",
    "OUT_OF_RANGE",
    "ROW",
    "TEXT",
    "TOO_LONG",
    "Parsed",
    "carried",
    "parse",
    "pattern_of",
    "read_lines",
    "set_aside",
]

_FIELD: Final = re.compile(r"\{(\w+)\}")

_TIME_PATTERN: Final = {
    "clf": fields.CLF_TIME_PATTERN,
    "epoch": fields.EPOCH_PATTERN,
    "iso8601": fields.ISO_PATTERN,
}


def _time_of(declaration: LineFormat) -> pl.Expr:
    """Return the moment that the raw field `timestamp` states."""
    value = pl.col("timestamp")
    if declaration.time == "clf":
        return fields.clf_time(value)
    if declaration.time == "epoch":
        return fields.epoch(value)
    if declaration.time == "iso8601":
        return fields.iso8601(value)
    return fields.strptime(value, declaration.time)


def _time_pattern(declaration: LineFormat) -> str:
    """Return how `timestamp` looks: as the declaration says, or as its kind does."""
    return declaration.fields.get("timestamp") or _TIME_PATTERN[declaration.time]


_PATTERNS: Final = {
    "client": r"[^ ]+",
    "ident": r"[^ ]+",
    "status": r"[0-9]{3}",
    "bytes_sent": r"[0-9]+",
    "host": r"[^ ]+",
}
"""How a field looks where no quotes hold it; a format's own `fields` come first."""

ANYTHING: Final = r"[^ ]*"
"""An unquoted field that nothing more is known of."""

_COMMON_METHODS: Final = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH")
_COMMON_PROTOCOLS: Final = ("HTTP/1.1", "HTTP/2.0", "HTTP/1.0", "HTTP/3.0", "HTTP/2", "HTTP/3")

FEW: Final = 8
"""Where fewer than one line in so many is left over, most are of no other format, and each is searched for first."""

CUT: Final = "cut off: the last line has no end"
TOO_LONG: Final = "longer than 1 MiB"

_ZLIB: Final = b"x"
"""A text that starts so may be a deflate stream to `read_lines`, which then inflates it or fails."""


@dataclass(frozen=True)
class Parsed:
    """What became of the lines of one chunk.

    `records`: `row` UInt32 (0 is the chunk's first line), `format` String and the columns asked for, by row.
    `rejects`: `row` UInt32, `reason` String, `text` String, by row. `skipped` counts lines by reason. `joined`: lines
    that are the rest of a record which began in a line before.
    """

    records: pl.DataFrame
    rejects: pl.DataFrame
    blank: int
    skipped: dict[str, int]
    joined: int = 0


def read_lines(data: bytes) -> pl.DataFrame:
    r"""Return `row` UInt32 and `line` String for text in UTF-8, one row per LF and one for an unfinished last line.

    One CR before the LF belongs to the end of the line.

    >>> read_lines(b"x^a\r\n\nb").rows()
    [(0, 'x^a'), (1, ''), (2, 'b')]
    """
    if not data.startswith(_ZLIB):
        return pl.read_lines(data, name=TEXT, row_index_name=ROW)
    lines = pl.read_lines(b"\n" + data, name=TEXT, row_index_name=ROW)
    return lines.slice(1).with_columns(pl.col(ROW) - 1)


def parse(
    lines: pl.DataFrame,
    formats: Sequence[Format],
    columns: Sequence[str],
    *,
    cut: bool = False,
    envelope: Envelope | None = None,
    ahead: str = "",
    skips: Sequence[Format] | None = None,
) -> Parsed:
    """Parse a chunk of one source.

    Parameters
    ----------
    lines: `row` UInt32, `line` String.
    formats: the source's format, then its relatives; each takes what those before it refused. None: blank lines
        are counted and nothing else is done.
    columns: canonical columns wanted; the source's own (`source`, `line`, `vendor`, `server`) are not made here.
    cut: the only line is the source's last one, without an end: nothing but the source's format may take it.
    envelope: what the lines of this source stand in; rejects keep it.
    ahead: pieces of a line that stand before these lines in such envelopes.
    skips: formats whose rules name lines that are no requests; those of `formats` where none are given.
    """
    if envelope is not None:
        own, pieces = envelopes.joined(lines, envelope, ahead)
        inner = parse(own, formats, columns, cut=cut)
        whole = inner.rejects.drop("text").join(
            lines.rename({TEXT: "text"}), on=ROW, how="left", maintain_order="left"
        )
        skipped = inner.skipped | ({envelopes.PIECE: pieces} if pieces else {})
        return replace(inner, rejects=whole, skipped=skipped)
    wanted = [name for name in columns if name not in {"source", "line", "vendor", "server", "format"}]
    parts: list[pl.DataFrame] = []
    rejects: list[pl.DataFrame] = []

    if _has_nul(lines):
        # What a crash or a truncated copy leaves before the next line that was written.
        bare = pl.col(TEXT).str.strip_chars_start("\0")
        lines = lines.with_columns(pl.when(bare != "").then(bare).otherwise(TEXT).alias(TEXT))
    full = lines.filter(pl.col(TEXT).str.strip_chars() != "") if _has_blank(lines) else lines
    blank = lines.height - full.height
    left = full
    for declaration, kept_back in _turns(formats[:1] if cut else formats):
        if left.height == 0:
            break
        others = left.clear()
        if kept_back is not None:
            theirs = left[TEXT].str.contains(kept_back)
            left, others = left.filter(~theirs), left.filter(theirs)
            if left.height == 0:
                left = others
                continue
        records, bad, left = _apply(left, declaration, wanted, few=left.height * FEW < full.height)
        left = pl.concat([left, others]).sort(ROW) if others.height else left
        if records.height:
            parts.append(records)
        if bad.height:
            rejects.append(bad)
    left, counts = set_aside(left, skips if skips is not None else formats)
    if left.height and formats:
        reason = CUT if cut else f"does not fit {formats[0].title}"
        rejects.append(left.select(ROW, reason=pl.lit(reason), text=pl.col(TEXT)))

    return Parsed(
        records=_joined(parts, {"row": pl.UInt32(), "format": pl.String(), **{c: DTYPES[c] for c in wanted}}),
        rejects=_joined(rejects, REJECTS),
        blank=blank,
        skipped=counts,
    )


def set_aside(lines: pl.DataFrame, formats: Sequence[Format]) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the lines that no format calls something else than a request, and how many of the others, by reason."""
    counts: dict[str, int] = {}
    rules = [rule for form in formats if isinstance(form, LineFormat) for rule in form.skip]
    for pattern, reason in dict.fromkeys(rules):
        if lines.height == 0:
            break
        rest = lines.filter(~pl.col(TEXT).str.contains(pattern))
        if rest.height < lines.height:
            counts[reason] = counts.get(reason, 0) + lines.height - rest.height
        lines = rest
    return lines, counts


def _has_blank(lines: pl.DataFrame) -> bool:
    # No record of any format is shorter: only then is it worth a closer look.
    return bool(lines.select((pl.col(TEXT).str.len_bytes() < 24).any()).item())  # noqa: PLR2004


def _has_nul(lines: pl.DataFrame) -> bool:
    return bool(lines.select(pl.col(TEXT).str.starts_with("\0").any()).item())


def _joined(parts: list[pl.DataFrame], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    if not parts:
        return pl.DataFrame(schema=schema)
    return parts[0] if len(parts) == 1 else pl.concat(parts).sort(ROW)


def _apply(
    lines: pl.DataFrame, declaration: Format, wanted: Sequence[str], *, few: bool
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the records, the rejects with a reason, and the lines that do not fit this format.

    `few`: the lines are what is left over of many. Where the format fits none, one search tells that sooner.
    """
    if isinstance(declaration, JsonFormat):
        raw, left = json_lines.decoded(lines, declaration, wanted)
        return *canonical(raw, declaration, wanted, dict(declaration.columns)), left
    if isinstance(declaration, CsvFormat):
        raw, left = csv_lines.read(lines, declaration, wanted)
        return *canonical(raw, declaration, wanted, dict(declaration.columns)), left
    compiled = _compiled(declaration)
    if few and not lines[TEXT].str.contains(compiled.pattern).any():
        return *canonical(lines.clear(), declaration, wanted, {}), lines
    parts: list[pl.DataFrame] = []
    bad: list[pl.DataFrame] = []
    if compiled.split is not None:
        split = _run_split(lines, declaration, compiled.split, wanted)
        good = split.filter(pl.col("_ok")) if not split["_ok"].all() else split
        lines = lines.filter(~split["_ok"]) if good.height < split.height else lines.clear()
        parts.append(good.drop("_ok"))
    elif declaration.cut is not None:
        cut = declaration.cut(lines)
        lines = lines.filter(~cut["_ok"])
        expressions = _line_expressions(declaration, compiled.names)
        expressions |= {name: pl.col(name) for name in cut.columns if name in declaration.columns}
        records, impossible = canonical(cut.filter(pl.col("_ok")), declaration, wanted, expressions)
        parts.append(records)
        bad.append(impossible)
    if lines.height == 0:
        return parts[0], _joined(bad, REJECTS), lines
    raw = (
        lines.select(ROW, TEXT, _raw=pl.col(TEXT).str.extract_groups(compiled.pattern))
        .unnest("_raw")
        .with_columns(_fits=pl.col(compiled.probe).is_not_null())
    )
    left = raw.filter(~pl.col("_fits")).select(ROW, TEXT)
    raw = raw.filter(pl.col("_fits"))
    records, impossible = canonical(raw, declaration, wanted, _line_expressions(declaration, compiled.names))
    parts.append(records)
    bad.append(impossible)
    return _joined([part for part in parts if part.height] or [records], {}), _joined(bad, REJECTS), left


# --- one line, one pattern -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Split:
    """How a template is cut: quoted parts by `"`, the rest by blanks, the time by its bracket."""

    segments: tuple[str, ...]


@dataclass(frozen=True)
class _Compiled:
    pattern: str
    names: tuple[str, ...]
    probe: str
    split: _Split | None


@lru_cache(maxsize=256)
def _compile(
    template: str | None, pattern: str | None, quoted: str, own: tuple[tuple[str, str], ...], time: str
) -> _Compiled:
    if template is None:
        if pattern is None:
            message = "a format needs a template or a pattern"
            raise ValueError(message)
        names = tuple(re.findall(r"\(\?P<(\w+)>", pattern))
        return _Compiled(pattern, names, _probe(pattern, names), None)
    # Unquoted, yet escaped like what is quoted; Apache writes an empty name as two quotes.
    user = rf'{quoted}?|""'
    known = {**_PATTERNS, "user": user, "timestamp": _TIME_PATTERN.get(time, ""), **dict(own)}
    parts = template.split('"')
    out = []
    for number, part in enumerate(parts):
        inside = number % 2 == 1
        position = 0
        for match in _FIELD.finditer(part):
            out.append(re.escape(part[position : match.start()]))
            name = match[1]
            shape = dict(own).get(name, quoted) if inside else known.get(name, ANYTHING)
            out.append(f"(?P<{name}>{shape})")
            position = match.end()
        out.append(re.escape(part[position:]))
        if number < len(parts) - 1:
            out.append('"')
    # re.escape writes `\ ` and `\"`-free text, which the Rust engine reads alike.
    compiled = "(?s)^" + "".join(out).replace("\\ ", " ") + "$"
    names = tuple(_FIELD.findall(template))
    split = _Split(tuple(parts)) if _splittable(parts, names, time) else None
    return _Compiled(compiled, names, names[0], split)


def _splittable(parts: Sequence[str], names: Sequence[str], time: str) -> bool:
    """Whether quotes and blanks, or tabs, stand around every field of a template, and nothing else."""
    if "rest" in names:  # it may hold quotes and blanks of its own
        return False
    if any(_FIELD.fullmatch(part) is None for part in parts[1::2]) or len(parts) % 2 == 0:
        return False
    for part in parts[::2]:
        segment = part
        if time == "clf" and "[{timestamp}" in segment:
            before, _, after = segment.partition("[{timestamp}")
            if _FIELD.search(after) and not after.startswith("] "):
                return False
            tokens = [*before.split(_separator(before)), *after.removeprefix("] ").split(_separator(after))]
        else:
            tokens = segment.split(_separator(segment))
        if any(len(_FIELD.findall(token)) > 1 for token in tokens):
            return False
    return True


def _separator(segment: str) -> str:
    return "\t" if "\t" in segment and " " not in segment else " "


def _probe(pattern: str, names: Sequence[str]) -> str:
    """Return a group that every match fills: `timestamp`, or the first of a format that has its time in parts."""
    return "timestamp" if "(?P<timestamp>" in pattern else names[0]


def _compiled(declaration: LineFormat) -> _Compiled:
    return _compile(
        declaration.template,
        declaration.pattern,
        declaration.quoted,
        tuple(sorted(declaration.fields.items())),
        declaration.time,
    )


def pattern_of(declaration: LineFormat) -> str:
    """Return the exact pattern of a format, in Rust's regex syntax, which `re` reads as well."""
    return _compiled(declaration).pattern


def carried(declaration: Format) -> set[str]:
    """Return the names of the canonical columns that a format's records can fill."""
    shared = {"source", "line", "vendor", "format", "server", "weight", "role"}
    if isinstance(declaration, (JsonFormat, CsvFormat)):
        return shared | {name for name in declaration.columns if name in SCHEMA}
    return shared | set(_line_expressions(declaration, _compiled(declaration).names))


def _line_expressions(declaration: LineFormat, names: Sequence[str]) -> dict[str, pl.Expr]:
    """Return an expression for every canonical column that raw fields of these names can fill."""
    made: dict[str, pl.Expr] = {}
    for name in names:
        if name == "timestamp":
            made[name] = _time_of(declaration)
        elif name == "request":
            request = fields.text(name)
            parts = request.str.extract_groups(fields.REQUEST)
            method = parts.struct[0]
            target = pl.coalesce(parts.struct[1], parts.struct[3], request)
            made |= {
                "method": method,
                "target": target,
                "protocol": parts.struct[2],
                "path": fields.path_of(target, method),
                "query": fields.query_of(target, method),
            }
            if "host" not in names:
                made["host"] = pl.when(method.is_not_null()).then(fields.host_of(target))
        elif name in declaration.scale or (name in SCHEMA and SCHEMA[name].is_float()):
            made[name] = fields.scaled(fields.text(name), declaration.scale.get(name, 1.0))
        elif name in SCHEMA and SCHEMA[name].is_integer():
            made[name] = fields.whole(pl.col(name), SCHEMA[name])
        elif name in SCHEMA:
            made[name] = fields.text(name)
    numbers = [
        name
        for name in names
        if name in SCHEMA and SCHEMA[name].is_integer() and name not in declaration.scale
    ]
    if numbers:
        made["_out_of_range"] = pl.any_horizontal(
            [made[name].is_null() & fields.text(name).is_not_null() for name in numbers]
        )
    return made | dict(declaration.columns)


def is_open(declaration: Format) -> bool:
    """Whether a format takes anything behind its last field, as `{rest}`."""
    return isinstance(declaration, LineFormat) and (declaration.template or "").endswith("{rest}")


def _turns(formats: Sequence[Format]) -> Iterator[tuple[Format, str | None]]:
    """Yield the formats in their order, each with a pattern of lines that are not for it yet.

    An open format would take lines whose further fields a later one reads: it leaves those to it first, and gets what
    all of them refuse.
    """
    again: list[Format] = []
    for number, declaration in enumerate(formats):
        later = [
            other
            for other in formats[number + 1 :]
            if isinstance(other, LineFormat)
            and other.vendor == declaration.vendor
            and not (other.loose or is_open(other))
        ]
        if later and isinstance(declaration, LineFormat) and is_open(declaration):
            again.append(declaration)
            yield declaration, _theirs(declaration, later)
        else:
            yield declaration, None
    yield from ((declaration, None) for declaration in again)


def _theirs(declaration: LineFormat, others: Sequence[LineFormat]) -> str:
    """Return the pattern of what any of the other formats reads; what an open one has ahead stands in it but once."""
    head = (declaration.template or "").removesuffix("{rest}")
    unnamed, quotes = _FIELD.sub("{}", head), head.count('"')
    tails, wholes = [], []
    for other in others:
        template = other.template or ""
        if _FIELD.sub("{}", template).startswith(unnamed):
            behind = template.split('"', quotes)[-1].removeprefix(head.rpartition('"')[2])
            tails.append(_unnamed(replace(other, template=behind)))
        else:
            wholes.append(_unnamed(other))
    same = [f"{_unnamed(replace(declaration, template=head))}(?:{'|'.join(tails)})"] if tails else []
    return f"(?s)^(?:{'|'.join([*same, *wholes])})$"


def _unnamed(declaration: LineFormat) -> str:
    """Return the pattern of a format, or of a part of one, without groups, as part of another."""
    return re.sub(r"\(\?P<\w+>", "(?:", pattern_of(declaration).removeprefix("(?s)^").removesuffix("$"))


@dataclass(frozen=True)
class _Cut:
    """Lines being cut: columns that the cut leans on, the `raw` fields, and what must hold of every part."""

    helpers: list[pl.Expr] = field(default_factory=list)
    raw: dict[str, pl.Expr] = field(default_factory=dict)
    checks: list[pl.Expr] = field(default_factory=list)


def _run_split(
    lines: pl.DataFrame, declaration: LineFormat, split: _Split, wanted: Sequence[str]
) -> pl.DataFrame:
    """Cut every line at the quotes and blanks; `_ok` says that the exact pattern would read the same.

    It refuses whatever is unusual: other methods, targets that are no path, numbers with signs.
    """
    cut = _Cut()
    for number, segment in enumerate(split.segments):
        value = pl.col(f"field_{number}")
        if number % 2 == 1:
            name = segment.strip("{}")
            cut.raw[name] = value
            if name == "request":
                cut.helpers.append(value.str.splitn(" ", 3).alias("_request"))
            if "\\" in declaration.quoted:  # a quote may be escaped: then the split met the wrong one
                cut.checks.append(~value.str.ends_with("\\"))
        else:
            _cut_segment(cut, value, segment, f"_segment_{number}", declaration.time)
    expressions = _split_expressions(declaration, cut.raw, cut.checks)
    return (
        lines.lazy()
        .select(ROW, pl.col(TEXT).str.splitn('"', len(split.segments)).struct.unnest())
        .with_columns(cut.helpers)
        .with_columns([value.alias(name) for name, value in cut.raw.items() if name != "request"])
        .select(
            ROW,
            pl.lit(declaration.name).alias("format"),
            *[
                expressions[name].cast(DTYPES[name]).alias(name) if name in expressions else absent(name)
                for name in wanted
            ],
            _ok=pl.all_horizontal(cut.checks).fill_null(value=False),
        )
        .collect(engine="in-memory")
    )


def _cut_segment(cut: _Cut, value: pl.Expr, segment: str, name: str, time: str) -> None:
    """Take ` {status} {bytes_sent} ` apart: add its raw fields, what must hold, and the columns both need."""
    before, bracket, after = segment.partition("[{timestamp}") if time == "clf" else (segment, "", "")
    if bracket:
        cut.helpers.append(value.str.splitn("[", 2).alias(f"{name}_time"))
        rest = pl.col(f"{name}_time").struct[1]
        cut.raw["timestamp"] = rest.str.slice(0, fields.CLF_TIME_LENGTH)
        if _FIELD.search(after):
            cut.checks.append(rest.str.slice(fields.CLF_TIME_LENGTH, 2) == "] ")
            # Of the split of this very segment: a helper cannot lean on a helper of the same stage.
            behind = value.str.splitn("[", 2).struct[1].str.slice(fields.CLF_TIME_LENGTH + 2)
            _cut_tokens(cut, behind, after[2:], f"{name}_after")
        else:
            cut.checks.append(rest.str.slice(fields.CLF_TIME_LENGTH) == after)
        value, segment = value.str.splitn("[", 2).struct[0], before
    _cut_tokens(cut, value, segment, name)


def _cut_tokens(cut: _Cut, value: pl.Expr, segment: str, name: str) -> None:
    """Take `rt={duration_s} [{upstream}] ` apart at its blanks, or at its tabs."""
    if not _FIELD.search(segment):
        cut.checks.append(value == segment)
        return
    separator = _separator(segment)
    tokens = segment.split(separator)
    cut.helpers.append(value.str.splitn(separator, len(tokens)).alias(name))
    for number, token in enumerate(tokens):
        piece = pl.col(name).struct[number]
        found = _FIELD.search(token)
        if found is None:
            cut.checks.append(piece == token)
            continue
        if number == len(tokens) - 1:
            cut.checks.append(~piece.str.contains(separator, literal=True))
        ahead, behind = token[: found.start()], token[found.end() :]
        if ahead or behind:
            cut.checks.append(
                piece.str.starts_with(ahead)
                & piece.str.ends_with(behind)
                & (piece.str.len_bytes() > len((ahead + behind).encode()))
            )
            piece = piece.str.strip_prefix(ahead).str.strip_suffix(behind)
        cut.raw[found[1]] = piece
        cut.checks.append(piece != "")


def _split_expressions(  # noqa: C901  (one branch for every kind of field)
    declaration: LineFormat, raw: dict[str, pl.Expr], checks: list[pl.Expr]
) -> dict[str, pl.Expr]:
    """Return canonical columns over the split's fields, and add what must hold for the exact pattern to agree."""
    made: dict[str, pl.Expr] = {}
    if "request" in raw:
        method, target, protocol = (pl.col("_request").struct[number] for number in range(3))
        parts = target.str.splitn("?", 2)
        made |= {"method": method, "target": target, "protocol": protocol}
        made |= {"path": parts.struct[0], "query": parts.struct[1]}
        checks += [
            method.is_in(_COMMON_METHODS),
            target.str.starts_with("/"),
            protocol.is_in(_COMMON_PROTOCOLS),
        ]
    for name in raw:
        value = pl.col(name)
        if name == "request":
            continue
        if name in declaration.fields and name not in SCHEMA:
            checks.append(value.str.contains(f"^(?:{declaration.fields[name]})$"))
        elif name == "timestamp":
            made[name] = _time_of(declaration)
            # strptime also takes blanks, signs and other cases for digits and names.
            shape = _time_pattern(declaration)
            checks += [made[name].is_not_null(), value.str.contains(f"^(?-u:{shape})$")]
        elif name == "status":
            made[name] = value.cast(pl.Int16, strict=False)
            checks.append(made[name].is_between(100, 999) & (value.str.len_bytes() == 3))  # noqa: PLR2004
        elif name in declaration.scale or (name in SCHEMA and SCHEMA[name].is_float()):
            made[name] = fields.scaled(fields.text(name), declaration.scale.get(name, 1.0))
            checks.append(value.str.contains(r"^(?:-|[0-9]{1,12}(?:\.[0-9]{1,9})?)$"))
        elif name in SCHEMA and SCHEMA[name].is_integer():
            made[name] = value.cast(SCHEMA[name], strict=False)
            read = made[name].is_not_null() & ~value.str.starts_with("+") & ~value.str.starts_with("-")
            may_be_unset = re.fullmatch(declaration.fields.get(name, ""), fields.NOT_SET) is not None
            checks.append(read | (value == fields.NOT_SET) if may_be_unset else read)
        elif name in SCHEMA:
            made[name] = fields.text(name)
            checks += _text_checks(name, value, declaration)
    made |= dict(declaration.columns)
    if "timestamp" in declaration.columns:
        checks.append(made["timestamp"].is_not_null())
    return made


def _text_checks(name: str, value: pl.Expr, declaration: LineFormat) -> list[pl.Expr]:
    """Return what must hold for a piece without blanks and quotes to be what the exact pattern takes for the field."""
    if name in declaration.fields:
        return [value.str.contains(f"^(?:{declaration.fields[name]})$")]
    if name == "user" and "\\" in declaration.quoted:
        return [~value.str.ends_with("\\")]
    return []
