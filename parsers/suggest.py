"""Lines of an unknown log → the `log_format` text that would have written them, as far as their tokens tell.

Lines are cut at blanks outside quotes, or at tabs, bars, semicolons or commas where every line has as many of them.
What stands in a place in all lines says what it is: a time, an address, a request line, a status. What stands behind
it or before it as a name (`rt=`) helps. A place that nothing is known of gets a name that fills no column. The text is
then compiled as `--log-format` would, and the lines are read with it: only that count says whether it is right.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import polars as pl

from parsers import engine, fields
from parsers.configured import own_formats
from parsers.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from parsers.spec import Format

LINES: Final = 500
"""Lines looked at."""

LONGEST: Final = 4_096
"""Characters of a line that may be an ordinary one."""

ENOUGH: Final = 0.95
"""Share of the lines that a text must read to be offered."""

MOST: Final = 0.8
"""Share of the values in a place that must look like what it is taken for, where clients write them."""

NOT_SET: Final = frozenset({"-", ""})

_TIME: Final = (
    rf"(?:{fields.CLF_TIME_PATTERN}|{fields.ISO_PATTERN})".replace(r"\ ", " ")  # times hold blanks
)
_ELEMENT: Final = r"(?:-|[0-9.]+(?::[0-9]+)?|\[[0-9a-f:]+\]:[0-9]+|unix:[^ ,\"]+)"
_TOKEN: Final = re.compile(
    rf"""(?x)
      [^ \t"0-9]*(?-x:{_TIME})[^ \t"0-9]*                          # a time, in brackets or not
    | [^ \t"]*"(?:[^"\\]|\\.)*"[^ \t"]*                            # quoted, with what stands against it
    | [^ \t",]*?{_ELEMENT}(?:(?:,\ |\ :\ ){_ELEMENT})+[^ \t"]*     # what each of several upstreams did
    | [^ \t]+
    """
)
_SEPARATORS: Final = ("\t", "|", ";", ",")
_FEWEST: Final = 3
"""Separators that a line must hold to be cut at them."""

_BEFORE: Final = re.compile(r"""[\[(<{' |,;:]*"?(?:([A-Za-z_][A-Za-z0-9_.-]*)(=|:(?!//)\ ?))?"?\[?""")
_AFTER: Final = re.compile(r"""\]?"?[\])>}' |,;:]*$""")
_UNIT: Final = re.compile("[0-9](ms|us|s)$")
_OPENED: Final = {"]": "[", ")": "(", ">": "<", "}": "{"}
_LABELLED: Final = "\t"
"""Where it parts the places, as in LTSV, a name before a colon is one; elsewhere only a usual name is."""

_AGENT: Final = re.compile(r"(?:Mozilla|Opera)/[0-9]")
"""How most agents begin; unquoted they reach to the end of the line."""

_HEX: Final = "[0-9a-fA-F]"
_ADDRESS: Final = (
    rf"(?:[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}|(?=[^:]*:[^:]*:){_HEX}{{0,4}}(?::{_HEX}{{0,4}}){{2,7}})"
)
_SERVER: Final = rf"(?:{_ADDRESS}:[0-9]+|\[{_ADDRESS}\]:[0-9]+|unix:[^ ,]+)"
_SECONDS: Final = r"[0-9]{1,6}\.[0-9]{3}"


def _list(element: str) -> str:
    return rf"(?:{element}|-)(?:(?:, | : )(?:{element}|-)?)*"


@dataclass(frozen=True)
class _Meaning:
    """A variable, how its values look, and the names that people give it; `named`: nothing but a name tells it."""

    variable: str
    looks: str
    names: tuple[str, ...] = ()
    share: float = 1.0
    named: bool = False


_MEANINGS: Final = (
    _Meaning("time_local", fields.CLF_TIME_PATTERN),
    _Meaning("time_iso8601", fields.ISO_PATTERN),
    _Meaning("msec", r"[0-9]{10}\.[0-9]{1,6}"),
    _Meaning("request", r"[A-Z][A-Z_-]{2,31} \S.*", ("req", "request"), MOST),
    _Meaning("remote_addr", _ADDRESS, ("ip", "client", "addr", "remote_addr", "remote", "clientip")),
    _Meaning("http_x_forwarded_for", _list(_ADDRESS), ("xff", "x_forwarded_for", "forwarded", "fwd")),
    _Meaning("upstream_addr", _list(_SERVER), ("ua", "upstream", "upstream_addr", "uaddr", "backend")),
    _Meaning("status", "[1-5][0-9]{2}|000", ("status", "st", "code", "s")),
    _Meaning("upstream_status", _list("[1-5][0-9]{2}"), ("us", "upstream_status", "ustatus", "ust")),
    _Meaning(
        "request_time",
        _SECONDS,
        ("rt", "request_time", "response_time", "duration", "reqtime", "apptime", "took"),
    ),
    _Meaning(
        "upstream_response_time",
        _list(_SECONDS),
        ("urt", "upstream_response_time", "upstream_time", "response_time", "apptime", "uresp"),
    ),
    _Meaning("upstream_connect_time", _list(_SECONDS), ("uct", "upstream_connect_time"), named=True),
    _Meaning("upstream_header_time", _list(_SECONDS), ("uht", "upstream_header_time"), named=True),
    _Meaning("request_length", "[0-9]+", ("rl", "request_length", "req_len", "in"), named=True),
    _Meaning(
        "body_bytes_sent",
        "[0-9]+",
        ("bytes", "size", "body_bytes_sent", "body_bytes", "sent", "b"),
        named=True,
    ),
    _Meaning("upstream_cache_status", "HIT|MISS|EXPIRED|STALE|UPDATING|REVALIDATED|BYPASS", ("cache", "cs")),
    _Meaning("request_method", "GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE", ("method", "m"), MOST),
    _Meaning("server_protocol", r"HTTP/[0-9](?:\.[0-9])?", ("protocol", "proto"), MOST),
    _Meaning("scheme", "https?", ("scheme",)),
    _Meaning("ssl_protocol", r"TLSv1(?:\.[0-9])?|SSLv[23]", ("tls", "ssl_protocol", "ssl")),
    _Meaning("ssl_cipher", r"(?:[A-Z0-9]+-)+[A-Z0-9]+|TLS_[A-Z0-9_]+", ("cipher", "ssl_cipher")),
    _Meaning("http_referer", r"[a-z-]+://.*", ("ref", "referer", "referrer", "http_referer"), MOST),
    _Meaning(
        "http_user_agent",
        r"(?:Mozilla|Opera)/.*|[A-Za-z][^/]{0,60}/v?[0-9].*",
        ("agent", "user_agent", "http_user_agent", "ua", "useragent"),
        MOST,
    ),
    _Meaning("request_uri", r"/.*", ("uri", "path", "url", "request_uri"), MOST),
    _Meaning("request_id", rf"{_HEX}{{16,64}}|{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}", ("id", "rid")),
    _Meaning("host", r"(?:[A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z0-9-]+", ("host", "vhost", "server", "h"), MOST),
    _Meaning("remote_user", r"[^ ]+", ("user", "remote_user"), named=True),
)
"""Most telling first; a variable is given once."""

_TIMES: Final = {"time_local", "time_iso8601", "msec"}


@dataclass(frozen=True)
class Suggestion:
    """A format text derived from lines.

    `reads` of `lines` lines are records with it; `format` is what it compiles to, null where it does not, `problem`
    why. `unread`: the first line that it does not read.
    """

    text: str
    reads: int
    lines: int
    format: Format | None
    problem: str | None = None
    unread: str | None = None

    @property
    def good(self) -> bool:
        """Whether it reads enough of the lines to be offered."""
        return self.format is not None and self.reads > 0 and self.reads >= ENOUGH * self.lines


def suggest(lines: Sequence[str]) -> Suggestion | None:
    """Return the best format text for the lines, null where not even a time was found in them.

    Parameters
    ----------
    lines: without their ends; the first `LINES` that are not blank are looked at.
    """
    kept = [line for line in lines if line.strip() and len(line) < LONGEST][:LINES]
    made = [_judged(_pasted(text), kept) for text in dict.fromkeys(_texts(kept))] if kept else []
    return max(made, key=lambda one: one.reads, default=None)


def _pasted(text: str) -> str:
    """Return a text that goes through a terminal: with tabs in it as the directive, where they can be escaped."""
    if "\t" not in text:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'log_format own "{escaped}";'


def _judged(text: str, lines: Sequence[str]) -> Suggestion:
    """Compile a text as the option would, and count the lines that are records with it."""
    try:
        told = own_formats("nginx", text, None)
    except FormatError as error:
        return Suggestion(text, 0, len(lines), None, error.problem)
    form = told.formats[0] if told else None
    if form is None:
        return Suggestion(text, 0, len(lines), None, "it compiles to nothing")
    frame = pl.DataFrame({engine.TEXT: lines}, schema={engine.TEXT: pl.String}).with_row_index(engine.ROW)
    read = set(engine.parse(frame, (form,), ("timestamp",)).records[engine.ROW])
    unread = next((line for row, line in enumerate(lines) if row not in read), None)
    return Suggestion(text, len(read), len(lines), form, None, unread)


def _texts(lines: Sequence[str]) -> Iterator[str]:
    """Yield the format texts that are worth a try."""
    if sum(line.lstrip().startswith("{") for line in lines) > MOST * len(lines):
        yield from _json_texts(lines)
        return
    cutting = [separator for separator in _SEPARATORS if _cuts(lines, separator)]
    for separator in cutting:
        yield from _cut_texts(lines, separator)
    if not cutting:
        yield from _cut_texts(lines, None)


# --- lines → places ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Token:
    """A piece of a line and the separator before it."""

    gap: str
    text: str

    @property
    def kind(self) -> tuple[str, bool]:
        """What must agree for two lines to be cut alike."""
        return self.gap, '"' in self.text


def _cuts(lines: Sequence[str], separator: str) -> bool:
    """Whether most lines hold the same number of a separator outside quotes."""
    counts = Counter(re.sub(r'"(?:[^"\\]|\\.)*"', "", line).count(separator) for line in lines)
    ((number, often),) = counts.most_common(1)
    return number >= _FEWEST and 2 * often > len(lines)


def _tokens(line: str, separator: str | None) -> list[_Token]:
    if separator is not None:
        quoted = re.escape(separator)
        parts = re.findall(rf'((?:"(?:[^"\\]|\\.)*"|[^{quoted}])*)(?:{quoted}|$)', line)[:-1]
        return [_Token(separator if number else "", part) for number, part in enumerate(parts)]
    made, position = [], 0
    for match in _TOKEN.finditer(line):
        made.append(_Token(line[position : match.start()], match[0]))
        position = match.end()
    return made


def _cut_texts(lines: Sequence[str], separator: str | None) -> Iterator[str]:
    """Yield the text for the most common shape of the lines, and one that takes their ends as they come."""
    cut = [(line, _tokens(line, separator)) for line in lines]
    shapes = Counter(tuple(token.kind for token in tokens) for _, tokens in cut)
    ((common, often),) = shapes.most_common(1)
    shared = common if often >= ENOUGH * len(lines) else _shared(list(shapes.elements()))
    for shape in dict.fromkeys((common, shared)):
        size = len(shape)
        alike = [(line, tokens) for line, tokens in cut if _shape(tokens[:size]) == shape]
        places = [_place([tokens[number] for _, tokens in alike], separator) for number in range(size)]
        agent = _agent(places) if separator is None else None
        size = size if agent is None else agent
        longer = [(line, tokens) for line, tokens in alike if len(tokens) > size]
        if len(longer) == len(alike):
            places = [
                *places[:size],
                _place([_tail(line, tokens, size) for line, tokens in alike], separator),
            ]
        elif shape != common:
            continue  # some lines end where others go on: no text says so
        if text := _text(places):
            yield text


def _shape(tokens: Sequence[_Token]) -> tuple[tuple[str, bool], ...]:
    return tuple(token.kind for token in tokens)


def _agent(places: Sequence[_Place]) -> int | None:
    """Return the place where an agent begins that no quotes hold."""
    for number, place in enumerate(places):
        if (
            not place.quoted
            and sum(_AGENT.match(value) is not None for value in place.values) > len(place.values) / 2
        ):
            return number
    return None


def _tail(line: str, tokens: Sequence[_Token], size: int) -> _Token:
    """Return the rest of a line behind its first tokens as one."""
    begin = sum(len(token.gap) + len(token.text) for token in tokens[:size])
    return _Token(tokens[size].gap, line[begin + len(tokens[size].gap) :])


def _shared(shapes: Sequence[tuple[tuple[str, bool], ...]]) -> tuple[tuple[str, bool], ...]:
    """Return the longest beginning that enough of the shapes have."""
    best: tuple[tuple[str, bool], ...] = ()
    while True:
        longer = Counter(shape[: len(best) + 1] for shape in shapes if shape[: len(best)] == best)
        ((top, often),) = longer.most_common(1)
        if often < ENOUGH * len(shapes) or len(top) == len(best):
            return best
        best = top


@dataclass(frozen=True)
class _Place:
    """What stands in one place of all lines: the text before and after what changes, its name, and the values."""

    gap: str
    before: str
    name: str | None
    values: tuple[str, ...]
    after: str

    @property
    def set_values(self) -> tuple[str, ...]:
        """The values but for those that say that there is none."""
        return tuple(value for value in self.values if value not in NOT_SET)

    @property
    def quoted(self) -> bool:
        """Whether it stands in quotes."""
        return self.before.endswith('"')


def _beginning(texts: Sequence[str]) -> str:
    """Return what all texts begin with."""
    first, last = min(texts), max(texts)
    size = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:size]


def _place(tokens: Sequence[_Token], separator: str | None) -> _Place:
    """Part what all tokens of a place share, punctuation and a name, from what they do not."""
    texts = [token.text for token in tokens]
    gap = tokens[0].gap
    shared = _beginning(texts)
    found = _BEFORE.match(shared)
    before, name = (found[0], found[1]) if found else ("", None)
    if found and name and found[2] != "=" and separator != _LABELLED and name.lower() not in _NAMES:
        before, name = shared[: found.start(1)], None
    rest = [text[len(before) :] for text in texts]
    ending = _beginning([text[::-1] for text in rest])[::-1]
    match = _AFTER.search(ending)
    after = match[0] if match else ""
    while after and any(_OPENED.get(after[-1], "\0") in text for text in rest):
        after = ""  # it closes what the value opened
    rest = [text.removesuffix(after) for text in rest]
    units = {unit[1] if (unit := _UNIT.search(text)) else "" for text in rest}
    if len(units) == 1 and (same := units.pop()):
        rest, after = [text.removesuffix(same) for text in rest], same + after
    return _Place(gap, before, name, tuple(rest), after)


# --- places → text ------------------------------------------------------------------------------------------------


_NAMES: Final = {name: number for number, meaning in enumerate(_MEANINGS) for name in meaning.names}


def _text(places: Sequence[_Place]) -> str | None:
    """Return the format text for the places, null where none of them is a time or something cannot be written."""
    places = _labelled(places)
    chosen = _chosen(places)
    if not _TIMES & set(chosen.values()):
        return None
    made, unknown = [], 0
    for number, place in enumerate(places):
        literal = place.gap + place.before
        if number in chosen:
            made.append(f"{literal}${{{chosen[number]}}}{place.after}")
        elif (word := _label(places, number)) is not None:
            made.append(f"{literal}{word}{place.after}")
        else:
            unknown += 1
            made.append(f"{literal}${{field_{unknown}}}{place.after}")
    if any("$" in place.gap + place.before + place.after for place in places):
        return None  # nginx has no way to write the sign itself
    return re.sub(r"\$\{(\w+)\}(?!\w)", r"$\1", "".join(made))


def _labelled(places: Sequence[_Place]) -> list[_Place]:
    """Let the word after a bracket name what follows it: `[Gzip 3.10]`."""
    words = [None, *(_bracketed(place) for place in places)]
    return [
        replace(place, name=word) if word and place.name is None else place
        for place, word in zip(places, words, strict=False)
    ]


def _bracketed(place: _Place) -> str | None:
    """Return the word that all lines have right behind a bracket which stays open, null where there is none."""
    value = place.values[0]
    opened = re.search(r"[\[(<{]$", place.before) is not None and not place.after
    return value if opened and value.isascii() and value.isalpha() and set(place.values) == {value} else None


def _label(places: Sequence[_Place], number: int) -> str | None:
    """Return what every line has here by the format: a word after a bracket, a unit, the `-` that stands for identd."""
    place = places[number]
    values = set(place.values)
    if len(values) != 1:
        return None
    (value,) = values
    if _bracketed(place) or value in {"s", "ms", "us", "|", ":", "", "~", "->", "=>"}:
        return value
    before = places[number - 1].set_values if number else ()
    ident = value == "-" and not place.quoted and before and re.fullmatch(_ADDRESS, before[0])
    return value if ident and number + 1 < len(places) and not _is(places[number + 1], _MEANINGS[0]) else None


def _chosen(places: Sequence[_Place]) -> dict[int, str]:
    """Return which place is which variable: by its name first, then by its looks, then by its neighbours."""
    chosen: dict[int, str] = {}

    def give(rule: Callable[[int, _Place, _Meaning], bool]) -> None:
        for meaning in _MEANINGS:
            for number, place in enumerate(places):
                free = number not in chosen and meaning.variable not in chosen.values()
                if free and rule(number, place, meaning):
                    chosen[number] = meaning.variable

    give(lambda _, place, meaning: _called(place, meaning) and _is(place, meaning))
    give(lambda _, place, meaning: not meaning.named and place.name is None and _is(place, meaning))
    give(
        lambda _, place, meaning: (
            not meaning.named and meaning.variable not in _NUMBERS and _is(place, meaning)
        )
    )
    give(lambda _, place, meaning: meaning.variable == "http_user_agent" and _called(place, meaning))
    _order_durations(places, chosen)
    _drop_unlike(places, chosen)
    for number, place in enumerate(places):
        if number not in chosen and (variable := _by_neighbour(number, place, places, chosen)):
            chosen[number] = variable
    return chosen


def _by_neighbour(number: int, place: _Place, places: Sequence[_Place], chosen: dict[int, str]) -> str | None:
    """Return what stands here by custom: the size behind the status, referrer and agent in quotes behind that."""
    if _before_time(number, places, chosen):
        return "remote_user"
    expected = {
        "status": "body_bytes_sent",
        "body_bytes_sent": "http_referer",
        "http_referer": "http_user_agent",
    }
    variable = expected.get(chosen.get(number - 1, ""))
    if variable is None or variable in chosen.values() or place.name is not None:
        return None
    if variable == "body_bytes_sent":
        return variable if _whole(place) else None
    if variable == "http_referer" and place.set_values:  # its looks would have told
        return None
    return variable if place.quoted else None


def _before_time(number: int, places: Sequence[_Place], chosen: dict[int, str]) -> bool:
    """Whether this is the user of `address - user [time]`."""
    if "remote_user" in chosen.values() or places[number].quoted or chosen.get(number + 1) not in _TIMES:
        return False
    two = number > 1 and set(places[number - 1].values) == {"-"} and chosen.get(number - 2) == "remote_addr"
    return two or chosen.get(number - 1) == "remote_addr"


def _order_durations(places: Sequence[_Place], chosen: dict[int, str]) -> None:
    """Give the longer of two unnamed durations to the request: it holds the upstream's."""
    at = {name: number for number, name in chosen.items()}
    whole, part = at.get("request_time"), at.get("upstream_response_time")
    if whole is None or part is None or places[whole].name or places[part].name:
        return
    pairs = [
        (float(mine), float(other))
        for mine, other in zip(places[whole].values, places[part].values, strict=True)
        if re.fullmatch(_SECONDS, mine) and re.fullmatch(_SECONDS, other)
    ]
    if sum(mine < other for mine, other in pairs) > sum(mine > other for mine, other in pairs) and not (
        NOT_SET & set(places[part].values)
    ):
        chosen[whole], chosen[part] = chosen[part], chosen[whole]


def _drop_unlike(places: Sequence[_Place], chosen: dict[int, str]) -> None:
    """Take back an unnamed upstream status that is seldom the status: three digits may be a size."""
    at = {name: number for number, name in chosen.items()}
    whole, part = at.get("status"), at.get("upstream_status")
    if part is None or places[part].name:
        return
    own = places[whole].values if whole is not None else ()
    same = sum(other.endswith(mine) for mine, other in zip(own, places[part].values, strict=False))
    if 2 * same < len(places[part].set_values):
        del chosen[part]


def _whole(place: _Place) -> bool:
    return all(re.fullmatch("[0-9]+", value) for value in place.values)


_NUMBERS: Final = {"status", "upstream_status", "request_time", "upstream_response_time"}
"""Variables whose values look like many others: a place with a name of another meaning is none of them."""

_ALWAYS: Final = _TIMES | {"status", "request_time", "remote_addr", "request_length", "body_bytes_sent"}
"""Variables that are never unset."""


def _called(place: _Place, meaning: _Meaning) -> bool:
    return place.name is not None and place.name.lower() in meaning.names


def _is(place: _Place, meaning: _Meaning) -> bool:
    """Whether the values that are set look like those of a variable."""
    if not place.set_values:
        return _called(place, meaning) and meaning.share < 1
    if meaning.variable in _ALWAYS and len(place.set_values) < len(place.values):
        return False
    if meaning.variable in {"request_time", "upstream_response_time"} and place.after.startswith("ms"):
        return False  # nginx counts seconds
    looks = re.compile(meaning.looks.replace(r"\ ", " "), re.DOTALL)
    fitting = sum(looks.fullmatch(value) is not None for value in place.set_values)
    return fitting >= meaning.share * len(place.set_values)


# --- JSON ----------------------------------------------------------------------------------------------------------


def _json_texts(lines: Sequence[str]) -> Iterator[str]:
    """Yield the text of a JSON log: the members of most lines, in their order."""
    records = []
    for line in lines:
        try:
            made = json.loads(line, parse_int=_Number, parse_float=_Number)
        except (ValueError, RecursionError):
            continue
        if isinstance(made, dict) and not any(isinstance(value, dict | list) for value in made.values()):
            records.append(made)
    if not records:
        return
    ((names, _),) = Counter(tuple(record) for record in records).most_common(1)
    same = [record for record in records if tuple(record) == names]
    places: list[_Place] = []
    for name in names:
        values = tuple("-" if record[name] is None else str(record[name]) for record in same)
        bare = all(isinstance(record[name], _Number) for record in same)
        sign = "" if bare else '"'
        gap = ("," if places else "{") + json.dumps(name) + ":"
        places.append(_Place(gap, sign, name, values, sign))
    if text := _text(places):
        yield f"escape=json {text}}}"


class _Number(str):
    """A number as it is written."""

    __slots__ = ()
