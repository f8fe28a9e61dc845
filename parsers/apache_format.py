r"""A `LogFormat` text of Apache → the format that its lines have.

Source: httpd 2.4, modules/loggers/mod_log_config.c (parse_log_item, parse_log_misc_string, log_request_time_custom),
mod_logio.c and mod_ssl; escaping as in server/util.c, ap_escape_logitem.

What fills a column where several directives could: `%>s` before `%s`, `%r` before `%m %U%q %H`, `%O` (with headers)
before `%b`, `%D` before `%T`, `%v` before `%{Host}i`, the start of the request before its end. `%U` is the decoded
path: a target made of it is not what the client sent, and a `?` that stood in it as `%3F` begins the query.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from itertools import count, pairwise
from typing import TYPE_CHECKING, Final

import polars as pl

from parsers import apache, engine, fields
from parsers.apache_time import Moment, TimeText, field_name, joined, time_text
from parsers.errors import FormatError
from parsers.schema import SCHEMA
from parsers.spec import LineFormat

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

_SOURCE: Final = "the server's own LogFormat"

# --- text → pieces ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Directive:
    """`%!200,304>{Referer}i`: letter `i`, argument `Referer`; `final` is what `<` and `>` say, null without them."""

    letter: str
    argument: str | None
    final: bool | None
    position: int
    text: str


Piece = str | Directive

_ITEM: Final = re.compile(
    r"""(?x)
    %(?P<modifiers> (?: [!<>,0-9] | \{[^}]*\} )* )  # in any order
    (?P<letter> \^.. | [A-Za-z] )
    """,
    re.DOTALL,
)
_ARGUMENT: Final = re.compile(r"\{([^}]*)\}")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"'}
"""What a backslash makes of a letter. `\\"` is the configuration file's; texts are pasted from there."""

_LETTERS: Final = frozenset("aABbCDefhHiIklLmnoOpPqrRsStTuUvVXxc") | {"^FB", "^ti", "^to"}


def pieces_of(text: str) -> list[Piece]:
    r"""Cut a text into literal text and directives.

    >>> [piece if isinstance(piece, str) else piece.text for piece in pieces_of(r"%%%Dus\t%!304{Referer}i")]
    ['%', '%D', 'us\t', '%!304{Referer}i']

    Raises
    ------
    FormatError: a `%` that begins no directive, or one that Apache does not know.
    """
    made: list[Piece] = []
    literal = ""
    position = 0
    while position < len(text):
        character = text[position]
        if character == "\\" and text[position + 1 : position + 2] in _ESCAPES:
            literal += _ESCAPES[text[position + 1]]
            position += 2
        elif character == "%" and text[position + 1 : position + 2] == "%":
            literal += "%"
            position += 2
        elif character == "%":
            directive = _directive(text, position)
            if _prints_itself(directive):
                literal += directive.argument or ""
            else:
                made += [literal, directive] if literal else [directive]
                literal = ""
            position += len(directive.text)
        else:
            literal += character
            position += 1
    return [*made, literal] if literal else made


def _directive(text: str, position: int) -> Directive:
    match = _ITEM.match(text, position)
    if match is None:
        raise FormatError(
            text, position, "no directive follows the percent sign; %% stands for a percent sign"
        )
    if match["letter"] not in _LETTERS:
        raise FormatError(text, position, f"Apache has no directive %{match['letter']}")
    arguments = _ARGUMENT.findall(match["modifiers"])
    plain = _ARGUMENT.sub("", match["modifiers"])
    return Directive(
        letter=match["letter"],
        argument=arguments[-1] if arguments else None,
        final=None
        if not {"<", ">"} & set(plain)
        else max(plain.rfind("<"), plain.rfind(">")) == plain.rfind(">"),
        position=position,
        text=match[0],
    )


def _prints_itself(directive: Directive) -> bool:
    """Whether it is `%{…}T` with a unit that Apache does not know: it then writes the unit."""
    return directive.letter == "T" and directive.argument not in {None, "", "s", "ms", "us"}


# --- what a directive looks like -----------------------------------------------------------------------------------

_TEXT: Final = r'(?:[^"\\\t]|\\.)*?'
r"""A value as Apache escapes it, where no quotes hold it: no raw quote, tab or backslash."""
_WORD: Final = r"[^ \t]+?"
_NUMBER: Final = r"[0-9]+|-"
_USER: Final = _TEXT + '|""'
"""An empty name is written as two quotes (log_remote_user)."""

_SHAPES: Final = {
    **dict.fromkeys("aAhHlLRvV", _WORD),
    "m": r"[^ \t]*?",
    **dict.fromkeys(("b", "B", "D", "I", "k", "O", "p", "S", "T", "^FB"), _NUMBER),
    "P": r"[0-9a-f]+|-",
    "q": rf"(?:\?{_TEXT})?",
    "s": r"[0-9]{3}|-",
    "u": _USER,
    "X": r"[X+-]",
}
"""How a directive's value looks; any other is `_TEXT`."""

_QUOTED_SHAPES: Final = {
    "u": apache.QUOTED + '|""',
    "H": r'[^ "]*',
    "m": r'[^ "]*',
    "q": rf"(?:\?{apache.QUOTED})?",
}
"""How it looks between double quotes, where that is not as between any."""

Key = tuple[str, str | None]

_COLUMNS: Final[Mapping[str, tuple[Key, ...]]] = {
    "client": (
        ("a", None),
        ("h", None),
        ("i", "x-forwarded-for"),
        ("i", "x-real-ip"),
        ("i", "true-client-ip"),
        ("i", "cf-connecting-ip"),
        ("a", "c"),
        ("h", "c"),
    ),
    "user": (("u", None), ("e", "remote_user"), ("x", "remote_user")),
    "request": (("r", None),),
    "method": (("m", None),),
    "target": (("U", None),),
    "protocol": (("H", None),),
    "status": (("s", "final"), ("s", None)),
    "bytes_sent": (("O", None), ("B", None), ("b", None)),
    "bytes_received": (("I", None),),
    "duration_s": (("D", None), ("T", "us"), ("T", "ms"), ("T", None)),
    "host": (("v", None), ("V", None), ("i", "host")),
    "referrer": (("i", "referer"),),
    "user_agent": (("i", "user-agent"),),
    "upstream": (("e", "balancer_worker_name"),),
    "cache": (("e", "cache-status"), ("o", "x-cache")),
    "country": (("e", "geoip_country_code"), ("e", "mm_country_code"), ("i", "cf-ipcountry")),
    "request_id": (("e", "unique_id"), ("i", "x-request-id"), ("o", "x-request-id"), ("i", "cf-ray")),
}
"""Canonical column → the directives that can fill it, the best first; names of headers in lower case."""

_SCALES: Final = {("D", None): 1e-6, ("T", "us"): 1e-6, ("T", "ms"): 1e-3, ("T", None): 1.0}


def _key(directive: Directive) -> Key:
    """Return what `_COLUMNS` knows a directive by."""
    argument = directive.argument.lower() if directive.argument else None
    if directive.letter == "s":
        return "s", "final" if directive.final else None
    if directive.letter == "T" and argument == "s":
        return "T", None
    return directive.letter, argument


def _chosen(directives: Sequence[Directive]) -> dict[int, str]:
    """Return which column each directive fills: its position → the column."""
    chosen: dict[int, str] = {}
    for column, keys in _COLUMNS.items():
        ranked = [(keys.index(_key(each)), each.position) for each in directives if _key(each) in keys]
        if ranked:
            chosen[min(ranked)[1]] = column
    if "request" in chosen.values():
        return {at: column for at, column in chosen.items() if column not in {"method", "target", "protocol"}}
    return chosen


# --- pieces → format ----------------------------------------------------------------------------------------------


def compile_format(text: str, *, name: str = "apache-custom", title: str | None = None) -> LineFormat:
    r"""Return the format of the lines that a `LogFormat` text makes.

    Parameters
    ----------
    text: as the second argument of `LogFormat`, or as it stands in the configuration, with `\"`.
    name, title: of the format; a text that is a well-known format gives that one under its own name.

    Raises
    ------
    FormatError: what Apache would refuse, no time, or two values that nothing stands between.
    """
    pieces = _one_line(text, pieces_of(_unwrapped(text)))
    if known := _KNOWN.get(_usual(pieces)):
        return known
    _refuse_neighbours(text, pieces)
    timed, moment = _with_times(text, pieces)
    parts = _with_fields(timed)
    found = {part.name: part for part in parts if isinstance(part, Field)}
    form = LineFormat(
        name=name,
        vendor="apache",
        title=title or "Apache, custom format",
        source=_SOURCE,
        template="".join(part if isinstance(part, str) else "{" + part.name + "}" for part in parts),
        quoted=apache.QUOTED,
        fields={part.name: part.shape for part in found.values()},
        time=moment.time,
        scale={part.name: part.scale for part in found.values() if part.scale is not None},
        columns=_columns(found, moment, decoded=_is_json(parts)),
        skip=apache.COMMENT,
    )
    if any(part.exact for part in found.values()):
        return replace(form, template=None, pattern=engine.pattern_of(form))
    return form


def _unwrapped(text: str) -> str:
    r"""Return a text without the quotes of the configuration, `"… \"%r\" …"`."""
    inner = text[1:-1]
    if len(text) > 1 and text[0] == text[-1] == '"' and "%" in inner and '"' not in inner.replace('\\"', ""):
        return inner
    return text


def _one_line(text: str, pieces: list[Piece]) -> list[Piece]:
    """Return the pieces without a line's end of their own."""
    if pieces and isinstance(pieces[-1], str):
        ending = pieces[-1].rstrip("\r\n")
        pieces = [*pieces[:-1], ending] if ending else pieces[:-1]
    if any(isinstance(piece, str) and "\n" in piece for piece in pieces):
        raise FormatError(text, text.find("\\n"), "a record of several lines is not read")
    return pieces


def _refuse_neighbours(text: str, pieces: Sequence[Piece]) -> None:
    """Refuse two values of any length with nothing between: nobody can say where one ends."""
    fixed = {"t", "s", "X"}
    for first, second in pairwise(pieces):
        if isinstance(first, str) or isinstance(second, str) or {first.letter, second.letter} & fixed:
            continue
        if (first.letter, second.letter) != ("U", "q"):
            problem = (
                f"nothing stands between {first.text} and {second.text}: their values cannot be told apart"
            )
            raise FormatError(text, second.position, problem)


@dataclass(frozen=True)
class Field:
    """A field of the template: its pattern, its unit in seconds, and whether only the exact pattern can find it.

    `letter` of the directive that it was.
    """

    name: str
    shape: str
    letter: str
    scale: float | None = None
    exact: bool = False


Part = str | Directive | Field


# --- the time


@dataclass(frozen=True)
class _Stretch:
    """Times with only text between: the first piece, the piece after the last, and what they write."""

    start: int
    end: int
    text: TimeText


def _with_times(text: str, pieces: Sequence[Piece]) -> tuple[list[Part], Moment]:
    """Return the pieces with every time as a field, and how the moment is read from those fields."""
    stretches = _stretches(text, pieces)
    moment = joined([stretch.text for stretch in stretches])
    if moment is None:
        raise FormatError(text, len(text), "no time: %t, or %{…}t with a day and a time of day, is needed")
    parts: list[Part] = []
    position = 0
    for number, stretch in enumerate(stretches):
        parts += pieces[position : stretch.start]
        position = stretch.end
        own = moment.column is None and number in moment.parts
        name = "timestamp" if own else field_name(number)
        joint = number in moment.parts and not own
        if stretch.text.is_clf and not joint:
            # The brackets are text: the split knows them.
            parts += ["[", Field(name, fields.CLF_TIME_PATTERN, "t"), "]"]
        else:
            # The split would cut it at its blanks, and cannot vouch for a time that an expression makes.
            blank = " " in stretch.text.pattern and not _inside_quotes(parts)
            parts.append(Field(name, stretch.text.pattern, "t", exact=joint or blank))
    parts += pieces[position:]
    return parts, moment


def _stretches(text: str, pieces: Sequence[Piece]) -> list[_Stretch]:
    """Return the times; those between which only text stands, and no quote, are one."""
    made: list[_Stretch] = []
    for number, piece in enumerate(pieces):
        if isinstance(piece, str) or piece.letter != "t":
            continue
        own = time_text(piece.argument, text, piece.position)
        if made and (both := _grown(made[-1], pieces, number, own)):
            made[-1] = both
        else:
            made.append(_Stretch(number, number + 1, own))
    return made


def _grown(before: _Stretch, pieces: Sequence[Piece], number: int, own: TimeText) -> _Stretch | None:
    """Return a stretch and the next time as one, null where they do not belong together."""
    between = pieces[before.end : number]
    literal = "".join(piece for piece in between if isinstance(piece, str))
    if '"' in literal or any(not isinstance(piece, str) for piece in between):
        return None
    both = before.text.followed(literal, own)
    return None if both is None else _Stretch(before.start, number + 1, both)


# --- the other values


def _with_fields(parts: Sequence[Part]) -> list[str | Field]:
    """Return the parts with every directive as a field."""
    chosen = _chosen([part for part in parts if isinstance(part, Directive)])
    made: list[str | Field] = []
    for number, part in enumerate(parts):
        if not isinstance(part, Directive):
            made.append(part)
            continue
        before = parts[number - 1] if number else None
        if part.letter == "q" and isinstance(before, Directive) and chosen.get(before.position) == "target":
            continue  # `%U%q` is one target
        taken = {field.name for field in made if isinstance(field, Field)}
        name = chosen.get(part.position) or _raw_name(part, taken)
        made.append(_field(part, name, quoted=_inside_quotes(made)))
    return made


def _inside_quotes(parts: Sequence[Part]) -> bool:
    """Whether what follows these parts stands between double quotes."""
    return "".join(part for part in parts if isinstance(part, str)).count('"') % 2 == 1


def _field(directive: Directive, name: str, *, quoted: bool) -> Field:
    shape = _SHAPES.get(directive.letter, _TEXT)
    if quoted:
        free = apache.QUOTED if shape in {_TEXT, _WORD} else shape
        shape = _QUOTED_SHAPES.get(directive.letter, free)
    scale = None
    if name == "duration_s":
        shape, scale = apache.DURATION, _SCALES[_key(directive)]
    # The split finds a request between quotes only.
    return Field(name, shape, directive.letter, scale, exact=name == "request" and not quoted)


def _raw_name(directive: Directive, taken: Container[str]) -> str:
    """Return a name that is no canonical column's and no other field's."""
    words = [directive.letter.strip("^"), *re.findall(r"[a-z0-9]+", (directive.argument or "").lower())]
    base = "raw_" + "_".join(words)
    names = (base if number == 1 else f"{base}_{number}" for number in count(1))
    return next(name for name in names if name not in taken)


# --- columns that need more than their field


def _columns(found: Mapping[str, Field], moment: Moment, *, decoded: bool) -> dict[str, pl.Expr]:
    """Return the expressions of columns; `decoded`: quotes and escapes are JSON's, and undone."""
    made: dict[str, pl.Expr] = {}
    if moment.column is not None:
        made["timestamp"] = moment.column
    if {"client", "user_agent"} <= found.keys():
        made["role"] = apache.ROLE_OF_AGENT
    if "user" in found and found["user"].letter == "u":
        made["user"] = apache.USER
    if "client" in found and found["client"].letter == "i":
        made["client"] = fields.first_public(fields.text("client"))
    if "request" not in found:
        made |= _request_in_parts(found)
    if decoded:
        if "request" in found:
            request = fields.request_columns(fields.unescaped(fields.text("request")))
            made |= {name: value for name, value in request.items() if name not in found}
        texts = [name for name in found if name in SCHEMA and SCHEMA[name] == pl.String]
        made |= {name: fields.unescaped(made.get(name, fields.text(name))) for name in texts}
    return made


def _request_in_parts(found: Mapping[str, Field]) -> dict[str, pl.Expr]:
    """Build method, target, path and query from `%m`, `%U` and `%q`."""
    made: dict[str, pl.Expr] = {}
    if "method" in found:
        written = fields.text("method")
        made["method"] = pl.when(written.str.contains(f"^{fields.METHOD}$")).then(written)
    if "target" in found:
        target = fields.text("target")
        if "raw_q" in found:
            target = pl.concat_str(target, pl.col("raw_q"))
        # What the server made of the target: a path even for a method that has none.
        made["target"] = target
        made["path"] = fields.path_of(target, pl.lit("GET"))
        made["query"] = fields.query_of(target, pl.lit("GET"))
    return made


def _is_json(parts: Sequence[str | Field]) -> bool:
    """Whether the text around the fields makes a JSON object."""
    line = "".join(part if isinstance(part, str) else "0" for part in parts).strip()
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


# --- well-known texts


def _usual(pieces: Sequence[Piece]) -> str:
    """Return the text as most write it: what fills the same column in the same shape is the same."""
    return "".join(piece if isinstance(piece, str) else _usual_directive(piece) for piece in pieces)


def _usual_directive(directive: Directive) -> str:
    key = _key(directive)
    if key in {("a", None), ("h", None)}:
        return "%h"
    if key == ("B", None):
        return "%b"
    if directive.letter == "s":
        return "%>s"
    if directive.letter == "i" and directive.final is None:
        return directive.text.lower()
    return directive.text


_COMMON: Final = '%h %l %u %t "%r" %>s %b'
_AGENT: Final = ' "%{referer}i" "%{user-agent}i"'

_SENT: Final = {
    _COMMON: apache.COMMON,
    _COMMON + _AGENT: apache.COMBINED,
    "%v:%p " + _COMMON + _AGENT: apache.VHOST_COMBINED,
    "%v " + _COMMON + _AGENT: apache.VHOST_PLAIN,
    "%v " + _COMMON: apache.VHOST_COMMON,
}
"""Texts with a size that is of the body, or Debian's, with headers."""

_KNOWN: Final = {
    **_SENT,
    **{text.replace("%b", "%O"): form for text, form in _SENT.items()},
    "%v " + _COMMON.replace('"%r', '(%T s) "%r') + _AGENT: apache.VHOST_SECONDS,
    _COMMON + _AGENT + " %I %O": apache.COMBINED_IO,
    _COMMON + _AGENT + " %T/%D": apache.COMBINED_DURATIONS,
    '%t %h %{SSL_PROTOCOL}x %{SSL_CIPHER}x "%r" %b': apache.SSL_REQUEST,
}
"""The text as most write it → the format that is recognised without being told."""
