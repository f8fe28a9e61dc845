r"""Cisco WSA: W3C access logs, `#Fields:` line → a declaration made from the order of the fields.

Source: AsyncOS for Web user guides, W3C compliant access logs and custom formatting: the fields are the
administrator's choice, named by a header at the start of each file, separated by a blank, `-` where there is nothing;
`timestamp` counts seconds since 1970, `x-elapsed-time` milliseconds. A file may hold several headers, each in force
until the next: what is in force where a chunk starts is told by `fields_at`, the lines of one header by `by_fields`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import polars as pl

from parsers import engine, fields
from parsers.cisco_wsa import action_of, category_of, policy_of, role_of
from parsers.engine import TEXT
from parsers.errors import FormatError
from parsers.spec import LineFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parsers.spec import Format

NAME: Final = "cisco-wsa-w3c"
TITLE: Final = "Cisco WSA W3C"
DIRECTIVE: Final = "#Fields:"

MOST_FIELDS: Final = 512
"""Fields that a header may name; the guides know about 120."""

MOST_HEADERS: Final = 16
"""Different headers read in one chunk: an administrator changes them seldom, a hostile file at every line."""

_HEAD_LINES: Final = 100
"""Lines from the start among which the first header must stand."""

_OWN: Final = frozenset(
    {
        "sc-result-code", "x-acltag", "x-elapsed-time", "x-hierarchy-origin", "x-result-code",
        "x-resultcode-httpstatus", "x-suspect-user-agent", "x-wbrs-score", "x-webcat-code-abbr",
        "x-webcat-code-full",
    }
)  # fmt: skip
"""Fields that no other program names."""

_VALUE: Final = r'"[^"]*"|[^\ \t"][^\ \t]*'
_BLOCK: Final = r"(?:<|&lt;).*?(?:>|&gt;)"
_LOOKS: Final = {
    "timestamp": r"-|[0-9]{9,12}(?:\.[0-9]+)?",
    "date": r"-|[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "time": r"-|[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?",
    "x-elapsed-time": r"-|[0-9]+(?:\.[0-9]+)?",
    "sc-http-status": "-|[0-9]{1,4}",
    "x-resultcode-httpstatus": "-|[A-Z][A-Z0-9_]*/(?:-|[0-9]{1,4})",
    "sc-bytes": "-|[0-9]+",
    "cs-bytes": "-|[0-9]+",
    "x-result-code": f"{_BLOCK}|{_VALUE}",
}
"""How the value of a field looks where it may not be any text; nothing in it is quoted."""

_NUMBERS: Final = {"sc-http-status": "status", "sc-bytes": "bytes_sent", "cs-bytes": "bytes_received"}
"""Fields whose raw text a canonical column can check for its range."""

_USED: Final = frozenset(
    {
        *_LOOKS, "c-ip", "cs(referer)", "cs(user-agent)", "cs-method", "cs-uri", "cs-url", "cs-username", "cs-version",
        "s-hierarchy", "s-hostname", "s-ip", "sc-result-code", "x-acltag", "x-hierarchy-origin", "x-req-first-line",
        "x-suspect-user-agent", "x-transaction-id", "x-webcat-code-abbr",
    }
)  # fmt: skip
"""Fields that canonical columns are made of; the others are passed over."""


_NOTHING: Final = pl.lit(None, pl.String())

_JOINED: Final = {
    "x-resultcode-httpstatus": ("/", ("sc-result-code", "sc-http-status")),
    "x-hierarchy-origin": ("/", ("s-hierarchy", "s-hostname")),
    "x-req-first-line": (" ", ("cs-method", "cs-url")),
}
"""Fields that hold two others."""

_TEXTS: Final = {
    "client": ("c-ip",),
    "user": ("cs-username",),
    "method": ("cs-method",),
    "target": ("cs-url", "cs-uri"),
    "protocol": ("cs-version",),
    "cache": ("sc-result-code",),
    "upstream": ("s-hostname", "s-ip"),
    "referrer": ("cs(referer)",),
    "user_agent": ("cs(user-agent)", "x-suspect-user-agent"),
    "request_id": ("x-transaction-id",),
    "category": ("x-webcat-code-abbr",),
}
"""Canonical columns and the fields that fill them; the first that says something is taken."""


def names_of(header: str) -> tuple[str, ...]:
    r"""Return the names that a `#Fields:` line lists.

    >>> names_of("#Fields: timestamp c-ip\tcs(User-Agent)")
    ('timestamp', 'c-ip', 'cs(User-Agent)')
    """
    return tuple(header.removeprefix(DIRECTIVE).split())


def header_of(lines: Sequence[str], *, told: bool = False) -> str | None:
    """Return the `#Fields:` line of a WSA among the first lines of a source, null for other logs and other programs.

    `told`: whether the caller said that it is a WSA's.
    """
    software = told or any(
        line.startswith("#Software:") and "AsyncOS" in line for line in lines[:_HEAD_LINES]
    )
    for line in lines[:_HEAD_LINES]:
        if line.startswith(DIRECTIVE):
            own = _OWN.intersection(name.casefold() for name in names_of(line)[:MOST_FIELDS])
            return line if software or own else None
    return None


@lru_cache(maxsize=64)
def compile_header(header: str) -> LineFormat:
    """Return the format of the lines behind a `#Fields:` line.

    Raises
    ------
    FormatError: as `compile_fields`.
    """
    return compile_fields(names_of(header))


def compile_fields(names: Sequence[str]) -> LineFormat:
    """Return the format of lines that hold these fields in this order.

    Parameters
    ----------
    names: as the header lists them, in any case of letters; what no canonical column is made of is passed over, and so
        is a name that stood before.

    Raises
    ------
    FormatError: no names or too many, no time among them, or nothing that tells what was asked or answered.
    """
    if not names:
        raise FormatError(DIRECTIVE, 0, "it names no field")
    text = f"{DIRECTIVE} {' '.join(names[:8])}{' …' if len(names) > len(names[:8]) else ''}"
    if len(names) > MOST_FIELDS:
        raise FormatError(text, 0, f"{len(names):,} fields are named, at most {MOST_FIELDS} are read")
    known = [name.casefold() for name in names]
    places = {name: place for place, name in reversed(list(enumerate(known))) if name in _USED}
    if "timestamp" not in places and not {"date", "time"} <= places.keys():
        raise FormatError(text, 0, "no time among the fields: timestamp, or date and time, is needed")
    if not places.keys() & {
        "cs-url",
        "cs-uri",
        "x-req-first-line",
        "sc-http-status",
        "x-resultcode-httpstatus",
    }:
        raise FormatError(text, 0, "neither an address nor a status is among the fields")
    groups = {name: _group(name, place) for name, place in places.items()}
    parts = []
    for place, name in enumerate(known):
        looks = _LOOKS.get(name, _VALUE)
        parts.append(f"(?P<{groups[name]}>{looks})" if places.get(name) == place else f"(?:{looks})")
    return LineFormat(
        name=NAME,
        vendor="cisco_wsa",
        title=TITLE,
        source="AsyncOS for Web user guide, W3C compliant access logs",
        # Through syslog each line stands behind its level.
        pattern=r"(?s)^(?:Info:\ )?" + r"[\ \t]".join(parts) + r"[\ \t]?$",
        time="epoch",
        columns=_columns({name: pl.col(group) for name, group in groups.items()}),
        skip=((r"^#", "comment"),),
    )


def _group(name: str, place: int) -> str:
    """Return the name of a field's raw text: that of a canonical column where the engine can check its number."""
    return "timestamp" if name == "timestamp" else _NUMBERS.get(name, f"field_{place}")


def _columns(raw: dict[str, pl.Expr]) -> dict[str, pl.Expr]:
    """Return an expression for every canonical column that fields of these names can fill."""
    texts = {name: _text(value) for name, value in raw.items()}
    for name, (separator, inner) in _JOINED.items():
        if name in texts:
            pieces = texts[name].str.splitn(separator, len(inner) + 1).struct
            texts = {part: fields.unset(pieces[place]) for place, part in enumerate(inner)} | texts
    made = {
        column: pl.coalesce([texts[name] for name in names if name in texts])
        for column, names in _TEXTS.items()
        if texts.keys() & set(names)
    }
    if "method" in made:
        made["method"] = pl.when(made["method"].str.contains(f"^{fields.METHOD}$")).then(made["method"])
    if "target" in made:
        word = made.get("method", _NOTHING).fill_null(fields.NOT_SET)
        made["path"] = fields.path_of(made["target"], word)
        made["query"] = fields.query_of(made["target"], word)
        made["host"] = fields.host_of(made["target"])
    if "sc-http-status" in texts:
        made["status"] = fields.whole(texts["sc-http-status"], pl.Int16)
    if "timestamp" not in raw:
        made["timestamp"] = fields.iso8601(pl.concat_str(raw["date"], pl.lit("T"), raw["time"]))
    if "x-elapsed-time" in texts:
        made["duration_s"] = fields.scaled(texts["x-elapsed-time"], 0.001)
    if "x-acltag" in texts:
        made["action"], made["policy"] = action_of(texts["x-acltag"]), policy_of(texts["x-acltag"])
    if "category" not in made and "x-result-code" in raw:
        made["category"] = category_of(raw["x-result-code"].str.replace_all("^(?:<|&lt;)|(?:>|&gt;)$", ""))
    made["role"] = role_of(
        made.get("method", _NOTHING),
        made.get("status", pl.lit(None, pl.Int16())),
        made.get("cache", _NOTHING),
        _asked_nobody(texts, made),
    )
    return made


def _asked_nobody(texts: dict[str, pl.Expr], made: dict[str, pl.Expr]) -> pl.Expr:
    """Return whether no origin was asked, as far as the fields tell."""
    told = [texts["s-hierarchy"].is_in(["NONE", "HIER_NONE"])] if "s-hierarchy" in texts else []
    told += [made["upstream"].is_null()] if "upstream" in made else []
    return pl.all_horizontal(told).fill_null(value=False) if told else pl.lit(value=True)


def _text(value: pl.Expr) -> pl.Expr:
    """Return a text without the quotes around it, null for `-`."""
    bare = pl.when(value.str.starts_with('"')).then(value.str.slice(1).str.strip_suffix('"')).otherwise(value)
    return fields.unset(bare)


# --- headers in the midst of a file ----------------------------------------------------------------------------------


def fields_at(data: bytes, before: str) -> str:
    r"""Return the `#Fields:` line in force behind a chunk of whole lines, where `before` was in force ahead of it.

    >>> fields_at(b"1 2\n#Fields: timestamp c-ip\r\n3 4\n", "#Fields: c-ip")
    '#Fields: timestamp c-ip'
    """
    directive = DIRECTIVE.encode()
    start = data.rfind(b"\n" + directive) + 1
    if start == 0 and not data.startswith(directive):
        return before
    end = data.find(b"\n", start)
    return data[start : end if end >= 0 else None].decode("utf-8", "replace").removesuffix("\r")


def by_fields(lines: pl.DataFrame, before: str) -> list[tuple[str, pl.DataFrame]]:
    """Sort the lines of a chunk by the `#Fields:` line that is in force.

    Parameters
    ----------
    lines: `row` UInt32, `line` String.
    before: the header in force ahead of them.

    Returns
    -------
    Each header with its lines, itself among them; those behind more than `MOST_HEADERS` different ones together under
    an empty header, which no format can be made of.
    """
    own = pl.col(TEXT).str.starts_with(DIRECTIVE)
    if not lines.select(own.any()).item():
        return [(before, lines)]
    named = lines.with_columns(_header=pl.when(own).then(TEXT).forward_fill().fill_null(before))
    several = named["_header"].unique(maintain_order=True).head(MOST_HEADERS).to_list()
    groups = [(header, named.filter(pl.col("_header") == header).drop("_header")) for header in several]
    rest = named.filter(~pl.col("_header").is_in(several)).drop("_header")
    return [*groups, ("", rest)] if rest.height else groups


def parse(
    lines: pl.DataFrame,
    before: str,
    relatives: Sequence[Format],
    columns: Sequence[str],
    *,
    cut: bool = False,
) -> engine.Parsed:
    """Parse a chunk by the headers in it and the one in force ahead of it.

    Parameters
    ----------
    lines, columns, cut: as `engine.parse` takes them.
    before: the header in force ahead of the lines; empty where none is.
    relatives: formats that may read what the header does not fit.
    """
    parts = []
    for header, group in by_fields(lines, before):
        try:
            parts.append(engine.parse(group, (compile_header(header), *relatives), columns, cut=cut))
        except FormatError as error:
            part = engine.parse(group, relatives, columns, cut=cut)
            why = f"the {DIRECTIVE} line above cannot be used: {error.problem}" if header else NO_HEADER
            parts.append(replace(part, rejects=part.rejects.with_columns(reason=pl.lit(why))))
    if len(parts) == 1:
        return parts[0]
    skipped: Counter[str] = Counter()
    for part in parts:
        skipped.update(part.skipped)
    return engine.Parsed(
        records=pl.concat([part.records for part in parts]).sort(engine.ROW),
        rejects=pl.concat([part.rejects for part in parts]).sort(engine.ROW),
        blank=sum(part.blank for part in parts),
        skipped=dict(skipped),
    )


HEADERLESS: Final = (
    r"^(?:Info: )?[0-9]{9,12}\.[0-9]+ (?:[^ ]+ ){1,8}(?:[A-Z_]+/[0-9]{3} [0-9]+ [A-Z_]+|[A-Z_]+ [0-9]{3}) "
    r".*[A-Z]+(?:_[A-Z]+)*(?:_[0-9]+)?(?:-[^ -]+){5,7} [^<&]"
)
"""Lines of a WSA's W3C log whose header is missing."""

NO_HEADER: Final = f"no {DIRECTIVE} line above it that could be followed"

MISSING: Final = f"a Cisco WSA W3C log without its {DIRECTIVE} line (--log-format '{DIRECTIVE} …' names them)"


def is_header(text: str) -> bool:
    """Whether a caller's format text is a `#Fields:` line."""
    return re.match(rf"\s*{DIRECTIVE}", text) is not None
