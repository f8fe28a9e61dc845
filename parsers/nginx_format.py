r"""The text of an nginx `log_format` → a declaration.

Source: nginx.org, ngx_http_log_module, directive log_format; src/http/modules/ngx_http_log_module.c
(ngx_http_log_compile_format): variables are `$name` or `${name}`, everything else stands in the line as it is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from parsers import fields, nginx_variables
from parsers.errors import FormatError
from parsers.nginx_variables import (
    FILLED_BY,
    TARGETS,
    TEXT,
    TIME_OF,
    TIMES,
    VARIABLES,
    WITH_ARGUMENTS,
    Variable,
    of_value,
)
from parsers.spec import JsonFormat, LineFormat

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from parsers.spec import Format

Escape = Literal["default", "json", "none"]

_ESCAPES: Final[Mapping[str, Escape]] = {"default": "default", "json": "json", "none": "none"}

SOURCE: Final = "nginx.org, ngx_http_log_module, directive log_format"

COMMENT: Final = ((r"^#", "comment"),)
"""No server writes such lines; people do, above a log that they keep or share."""

_VARIABLE: Final = re.compile(r"\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))")
_ESCAPE: Final = re.compile(r"\s*escape=(default|json|none)\s+")
_DIRECTIVE: Final = re.compile(
    r"\s*log_format\s+\S+\s+(?:escape=(default|json|none)\s+)?(.*?)\s*;?\s*", re.DOTALL
)
_WORD: Final = re.compile(
    r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(?<!\S)\#[^\n]*|((?:[^\s\\;]|\\.)+)""", re.DOTALL
)
_BACKSLASH: Final = re.compile(r"""\\(["'\\trn])""")

_ANY: Final[Mapping[Escape, str]] = {"default": r'[^"]', "json": r'(?:[^"\\]|\\.)', "none": r"."}
"""One character of a value, by escaping: by default a quote is `\x22`."""

_ANY_BUT_TAB: Final[Mapping[Escape, str]] = {
    "default": r'[^"\t]',
    "json": r'(?:[^"\\\t]|\\.)',
    "none": r"[^\t]",
}

_CONVERTED: Final = frozenset({"http_host", "http_x_forwarded_for", "request_time"})
"""Variables that need more than the engine does; for a time it would also take `-`, which nginx never writes."""

_SIDE_BY_SIDE: Final = [
    [path, "is_args", arguments] for path in ("uri", "document_uri") for arguments in ("args", "query_string")
]

_TAKEN: Final = frozenset({"row", "line"})
"""Names that the engine has for its own columns."""


@dataclass(frozen=True)
class _Piece:
    """Literal text, or the variable of this name, and where it stands."""

    text: str
    position: int
    variable: bool


@dataclass(frozen=True)
class _Place:
    """A variable in a line of text: its field, and what stands around it.

    `alone`: whether it has double quotes for itself. `inside`: whether it stands in quotes. `behind`: the character
    that follows, empty at the end; `after`: the variable that follows without any. `joined`: whether a variable
    stands right before.
    """

    variable: str
    field: str
    alone: bool
    inside: bool
    behind: str
    after: str | None
    joined: bool


def compile_format(
    text: str, *, name: str = "nginx-custom", escape: Escape = "default", title: str | None = None
) -> Format:
    """Return the declaration of the lines that nginx writes by a format text.

    Parameters
    ----------
    text: what follows the name in `log_format`, its strings joined; or the whole directive; `escape=…` may precede.
    name, title: of the format; a well-known format keeps its own.
    escape: as in the directive.

    Raises
    ------
    FormatError: no variable says when the request was; two variables stand side by side that nothing tells apart.
    """
    from parsers import nginx  # noqa: PLC0415  (its formats are made by this module)

    bare, stated = directive(text)
    escape = stated or escape
    title = title or "the nginx format given"
    if known := nginx.KNOWN.get((normalised(bare), escape)):
        return known
    # Without escaping an object is no JSON once a client sends a quote: its text tells the values apart better.
    made = None if escape == "none" else _json_format(_pieces(bare), name, escape, title, SOURCE)
    return made or declare_line(bare, name=name, escape=escape, title=title)


def directive(text: str) -> tuple[str, Escape | None]:
    r"""Return a format text without what the directive says around it, and the escaping that it names.

    >>> directive("escape=json {$status}")
    ('{$status}', 'json')
    >>> directive('''log_format main escape=none '$remote_addr ' "\\"$request\\"";''')
    ('$remote_addr "$request"', 'none')
    """
    if whole := _DIRECTIVE.fullmatch(text):
        words = [plain(next(filter(None, match.groups()), "")) for match in _WORD.finditer(whole[2])]
        return "".join(words), _as_escape(whole[1])
    if stated := _ESCAPE.match(text):
        return text[stated.end() :], _as_escape(stated[1])
    return text, None


def plain(word: str) -> str:
    r"""Return a word of a configuration as nginx takes it: `\t`, `\r` and `\n` become control characters."""
    return _BACKSLASH.sub(lambda match: {"t": "\t", "r": "\r", "n": "\n"}.get(match[1], match[1]), word)


def _as_escape(word: str | None) -> Escape | None:
    return _ESCAPES.get(word or "")


def normalised(text: str) -> str:
    """Return a format text in one of its spellings.

    >>> normalised("${remote_addr} $STATUS")
    '$remote_addr $status'
    """
    return _VARIABLE.sub(lambda match: "$" + (match[1] or match[2]).lower(), text)


def declare_line(
    text: str, *, name: str, title: str, escape: Escape = "default", source: str = SOURCE
) -> LineFormat:
    """Return the declaration of a format text as lines of text, whether it is well known or not."""
    pieces = _pieces(text)
    if not any(piece.text in TIMES for piece in pieces if piece.variable):
        times = ", ".join(f"${variable}" for variable in ("time_local", "time_iso8601", "msec"))
        raise FormatError(text, 0, f"no variable in it says when a request was: {times}")
    return _line_format(text, pieces, name, escape, title, source)


def _pieces(text: str) -> list[_Piece]:
    """Take a format text apart."""
    pieces: list[_Piece] = []
    position = 0
    for match in _VARIABLE.finditer(text):
        pieces += _literal(text, position, match.start())
        pieces.append(_Piece((match[1] or match[2]).lower(), match.start(), variable=True))
        position = match.end()
    pieces += _literal(text, position, len(text))
    return _with_arguments(pieces)


def _literal(text: str, start: int, end: int) -> list[_Piece]:
    literal = text[start:end]
    if "$" in literal:
        raise FormatError(text, start + literal.index("$"), "a `$` without the name of a variable")
    if "\n" in literal or "\r" in literal:
        raise FormatError(text, start, "a record over several lines is not read")
    return [_Piece(literal, start, variable=False)] if literal else []


def _with_arguments(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Join `$uri$is_args$args` to one: without arguments nginx writes `-` for the last, which is no path."""
    made: list[_Piece] = []
    for piece in pieces:
        made.append(piece)
        last = [part.text if part.variable else "" for part in made[-3:]]
        if last in _SIDE_BY_SIDE:
            made[-3:] = [_Piece(WITH_ARGUMENTS, made[-3].position, variable=True)]
    return made


def _raw(variable: str, value: pl.Expr, escape: Escape) -> pl.Expr:
    """Return the value of a variable, null where it is not set."""
    if variable == WITH_ARGUMENTS and escape == "default":
        bare = pl.when(value.str.contains("?", literal=True)).then(value)
        return of_value(bare.otherwise(value.str.strip_suffix("-")), default_escape=False)
    return of_value(value, default_escape=escape == "default")


# --- lines of text -------------------------------------------------------------------------------------------------


def _line_format(
    text: str, pieces: Sequence[_Piece], name: str, escape: Escape, title: str, source: str
) -> LineFormat:
    names = _field_names(pieces, escape)
    places = _places(text, pieces, names)
    known = {place.field for place in places}
    time = next(variable for variable in TIMES if names.get(variable) == "timestamp")
    raw = {
        place.variable: _raw(place.variable, pl.col(place.field), escape)
        for place in reversed(places)
        if place.field != "timestamp"
    }
    columns = {
        column: value for column, value in nginx_variables.canonical(raw).items() if column not in known
    }
    if "request" in known:  # the engine takes it apart itself
        for column in fields.request_columns(pl.col("request")):
            if column != "host" or not set(FILLED_BY["host"]) & set(raw):
                columns.pop(column, None)
    shapes = {place.field: shape for place in places if (shape := _shape(place, escape)) is not None}
    template = "".join(
        piece.text if not piece.variable else f"{{{places[number].field}}}"
        for number, piece in _numbered(pieces)
    )
    # Literal text that looks like a field, or like the bracket before the time, is not for the split.
    simple = set(re.findall(r"\{(\w+)\}", template)) == known and not _opened_before_time(template)
    template = _with_brackets(
        template, shapes, {name for value in columns.values() for name in value.meta.root_names()}
    )
    made = LineFormat(
        name=name,
        vendor="nginx",
        title=title,
        source=source,
        template=template,
        quoted=f"{_ANY[escape]}*" + ("?" if escape == "none" else ""),
        fields=shapes,
        time=TIMES[time],
        columns=columns,
        skip=COMMENT,
    )
    if simple:
        return made
    return replace(made, template=None, pattern=f"(?s)^{_pattern(pieces, places, escape)}$")


def _opened_before_time(template: str) -> bool:
    before, time, _ = template.partition("[{timestamp}")
    return bool(time) and "[" in before.split('"')[-1]


def _with_brackets(template: str, shapes: dict[str, str], read: Collection[str]) -> str:
    """Give the brackets around a field that nobody reads to the field: the split takes no empty one."""

    def joined(match: re.Match[str]) -> str:
        name = match[1]
        if not name.startswith("var_") or name in read or name not in shapes:
            return match[0]
        shapes[name] = rf"\[(?:{shapes[name]})\]"
        return f"{{{name}}}"

    return re.sub(r"(?<![^ ])\[\{(\w+)\}\](?![^ ])", joined, template)


def _numbered(pieces: Sequence[_Piece]) -> list[tuple[int, _Piece]]:
    """Return the pieces, the variables numbered; the number of a literal means nothing."""
    made, number = [], 0
    for piece in pieces:
        made.append((number, piece))
        number += piece.variable
    return made


def _field_names(pieces: Sequence[_Piece], escape: Escape) -> dict[str, str]:
    """Return the field of each variable: a canonical column where the engine can make it as it stands.

    In the default escaping `-` alone is null, as the engine has it; in the others only what is always set is direct.
    """
    variables = dict.fromkeys(piece.text for piece in pieces if piece.variable)
    made = {variable: "var_" + re.sub(r"\W", "_", variable) for variable in variables}
    made[next(variable for variable in TIMES if variable in variables)] = "timestamp"
    for column, names in FILLED_BY.items():
        first = next((name for name in names if name in variables), None)
        if first is None or first in _CONVERTED:
            continue
        if escape == "default" or VARIABLES.get(first, TEXT).always:
            made[first] = column
    if escape == "default" and _is_alone(pieces, "request"):
        made["request"] = "request"
    return made


def _is_alone(pieces: Sequence[_Piece], variable: str) -> bool:
    """Whether a variable first stands in quotes of its own."""
    quotes = 0
    for number, piece in enumerate(pieces):
        if not piece.variable:
            quotes += piece.text.count('"')
        elif piece.text == variable:
            return quotes % 2 == 1 and _quoted(pieces, number)
    return False


def _quoted(pieces: Sequence[_Piece], number: int) -> bool:
    before, behind = pieces[number - 1] if number else None, pieces[number + 1 : number + 2]
    return (
        before is not None
        and not before.variable
        and before.text.endswith('"')
        and bool(behind)
        and not behind[0].variable
        and behind[0].text.startswith('"')
    )


def _places(text: str, pieces: Sequence[_Piece], names: Mapping[str, str]) -> list[_Place]:
    """Return the variables in their order; one that stands there again gets a field that nobody reads."""
    places: list[_Place] = []
    quotes = 0
    even = sum(piece.text.count('"') for piece in pieces if not piece.variable) % 2 == 0
    for number, piece in enumerate(pieces):
        if not piece.variable:
            quotes += piece.text.count('"')
            continue
        follower = pieces[number + 1] if number + 1 < len(pieces) else None
        after = follower.text if follower is not None and follower.variable else None
        if follower is not None and after is not None and not _told_apart(piece.text, after):
            problem = f"nothing stands between ${piece.text} and ${after} to tell them apart"
            raise FormatError(text, follower.position, problem)
        field = names[piece.text]
        if any(place.field == field for place in places):
            field = f"again_{len(places)}"
        places.append(
            _Place(
                variable=piece.text,
                field=field,
                alone=even and quotes % 2 == 1 and _quoted(pieces, number),
                inside=not even or quotes % 2 == 1,
                behind="" if follower is None or follower.variable else follower.text[0],
                after=after,
                joined=number > 0 and pieces[number - 1].variable,
            )
        )
    return places


def _told_apart(first: str, second: str) -> bool:
    return "typed" in {VARIABLES.get(first, TEXT).kind, VARIABLES.get(second, TEXT).kind} or second in TARGETS


def _shape(place: _Place, escape: Escape) -> str | None:
    """Return how a field looks where it stands; null where the engine's own pattern for it is right."""
    variable = VARIABLES.get(place.variable, TEXT)
    if variable.kind == "typed":
        if variable.always:
            return None if place.field in _ENGINES and not place.inside else variable.shape
        return f"{variable.shape}|-" if escape == "default" else f"(?:{variable.shape})?"
    return None if place.alone else _free_shape(place, variable, escape)


def _free_shape(place: _Place, variable: Variable, escape: Escape) -> str | None:
    """Return how a word or a text looks that has no quotes for itself: it ends where the next literal starts."""
    anything = _ANY[escape]
    usual = not place.inside and place.behind in {" ", ""}
    if place.joined and place.variable in TARGETS:
        return rf"[/*]{anything}*?|-" if escape == "default" else rf"(?:[/*]{anything}*?)?"
    if place.after in TARGETS:
        return r'[^/" ]*?'
    if place.behind == "\t":
        return f"{_ANY_BUT_TAB[escape]}*"
    if usual and (variable.kind == "word" or place.field == "user"):
        return None  # the engine's is the same
    if variable.kind == "word":
        return r'[^ "]*?'
    return f"{anything}*" if place.behind == "" and place.after is None else f"{anything}*?"


_ENGINES: Final = frozenset({"timestamp", "status", "bytes_sent"})
"""Fields whose pattern outside of quotes the engine knows."""


def _pattern(pieces: Sequence[_Piece], places: Sequence[_Place], escape: Escape) -> str:
    made = ""
    for number, piece in _numbered(pieces):
        if not piece.variable:
            made += re.escape(piece.text).replace("\\ ", " ")
            continue
        place = places[number]
        shape = _shape(place, escape) or _usual(place, escape)
        made += f"(?P<{place.field}>{shape})"
    return made


def _usual(place: _Place, escape: Escape) -> str:
    variable = VARIABLES.get(place.variable, TEXT)
    if variable.kind == "typed":
        return variable.shape
    if variable.kind == "word" and not place.alone:
        return "[^ ]*"
    return f"{_ANY[escape]}*?"


# --- JSON ----------------------------------------------------------------------------------------------------------

_MARK: Final = re.compile("\ue000([0-9]+)\ue000")


def _json_format(
    pieces: Sequence[_Piece], name: str, escape: Escape, title: str, source: str
) -> JsonFormat | None:
    """Return the declaration of a text that is one flat JSON object; null for any other."""
    members = _members(pieces)
    if members is None:
        return None
    raw: dict[str, pl.Expr] = {}
    read: list[str] = []
    for key, value in members.items():
        if own := _member(key, value, pieces, escape):
            read.append(key)
            raw = own | raw
    time = next((variable for variable in TIMES if variable in raw), None)
    if time is None or _TAKEN & set(read):
        return None
    columns = nginx_variables.canonical(raw) | {"timestamp": TIME_OF[TIMES[time]](raw[time])}
    return JsonFormat(
        name=name,
        vendor="nginx",
        title=title,
        source=source,
        members=tuple(read),
        lists=(),
        marks=tuple(read),
        needs=len(read),
        repairs=nginx_variables.REPAIRS,
        sound=nginx_variables.SOUND,
        columns=columns,
    )


def _members(pieces: Sequence[_Piece]) -> dict[str, str] | None:
    """Return key → value with marks for its variables; null where the text is no object."""
    text, inside = "", False
    for number, piece in enumerate(pieces):
        if piece.variable:
            text += f"\ue000{number}\ue000" if inside else f'"\ue000{number}\ue000"'
            continue
        text += piece.text
        for match in re.finditer(r'\\.|"', piece.text):
            inside ^= match[0] == '"'
    try:
        made = json.loads(re.sub(r",\s*\}\s*$", "}", text), strict=False)  # as lines are repaired
    except ValueError:
        return None
    if not isinstance(made, dict) or any(_holds_variables(value) for value in made.values()):
        return None
    if any("\ue000" in key for key in made):
        return None
    return {key: value for key, value in made.items() if isinstance(value, str) and "\ue000" in value}


def _holds_variables(value: object) -> bool:
    """Whether an object or a list inside the object has variables: those are read by their text instead."""
    return isinstance(value, (dict, list)) and "\\ue000" in json.dumps(value)


def _member(key: str, value: str, pieces: Sequence[_Piece], escape: Escape) -> dict[str, pl.Expr]:
    """Return variable → its value in a member."""
    text = nginx_variables.unescaped(nginx_variables.without_literal(pl.col(key)))
    parts = [part for part in re.split("(\ue000[0-9]+\ue000)", value) if part]
    own = [
        pieces[int(match[1])] if (match := _MARK.fullmatch(part)) else _Piece(part, 0, variable=False)
        for part in parts
    ]
    if len(own) == 1:
        return {own[0].text: _raw(own[0].text, text, escape)}
    names = {piece.text: f"part_{number}" for number, piece in enumerate(own) if piece.variable}
    places = _places(value, own, names)
    # The container's quoting is undone by now: any character may stand in a value.
    groups = text.str.extract_groups(f"(?s)^{_pattern(own, places, 'none')}$")
    return {
        place.variable: _raw(place.variable, groups.struct.field(place.field), escape)
        for place in places
        if not place.field.startswith("again_")
    }
