"""Sections → one self-contained HTML page: the only place where text becomes markup.

The page loads nothing. plotly's script, the figures and most of the page's own script travel in it as gzip in base 91,
in blocks that no browser runs; the page's first script unpacks them and adds the scripts as inline ones. A content
security policy in the page allows these three scripts by their SHA-256 and nothing else: neither another script, nor
`eval`, nor any request.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from reports.filters import mark, script_words
from reports.logtext import shown, visible
from reports.section import Figure, Folded, Section, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from reports.filters import Filters
    from reports.section import Block
    from reports.words import Words

LIMITS: Final = ((400, 700), (200, 350), (100, 200), (60, 100), (40, 40))
"""Characters shown of a text of a log and of one of its lines, from what a combined line needs to what tells two apart:
a section that is too heavy with one pair is made with the next."""

BUDGETS: Final = {
    "headline": 40_000,
    "findings": 430_000,
    "statuses": 225_000,
    "origin": 60_000,
    "cache": 30_000,
    "decisions": 90_000,
    "tops": 140_000,
    "latency": 30_000,
    "coverage": 114_000,
    "glossary": 205_000,
}
BUDGET: Final = 12_000
"""Bytes of a section, and of any that is not named: with plotly at most 3.2 MB for any log whatever."""

_TOGETHER: Final = re.compile(r" (?=%)|(?<=&[lg]t;) (?=\d)")
"""The blank before a per cent sign, and that after `<` or `>` before a number: no line breaks there."""

_REMARK: Final = re.compile(r"^ *(//.*\n)?", re.MULTILINE)
"""Lines of a script that are remarks, and what sets a line in."""

_LITERAL: Final = re.compile(r"`([^`]+)`")

_DIGITS: Final = "".join(chr(sign) for sign in range(33, 127) if chr(sign) not in "<>&")
"""The 91 signs of ASCII that are seen and are none of markup: a thirteenth less than base 64."""

_BITS, _FEW = 13, 6
"""Bits of two digits, and of one: 91 · 91 is just above 2¹³, and 91 above 2⁶."""


SCRIPTS: Final = ("dom", "tables", "choice", "scope", "plots", "axes", "links", "start")
"""Files of the packed script, joined in this order to the body of one function."""


def page(
    sections: Iterable[Section], title: str, words: Words, made_by: str, filters: Filters | None = None
) -> str:
    """Return the page.

    Parameters
    ----------
    sections: in page order.
    title: the caller's or ours; escaped like any text.
    made_by: name and version of the program.
    filters: what a reader can choose; nothing where there is nothing to choose from.
    """
    listed = tuple(sections)
    figures = {figure.name: figure.plot for figure in _figures(listed)}
    carried = {
        "figures": figures,
        "words": script_words(words),
        **(filters.data if filters else {"cube": None}),
    }
    boot = _own("page.js")
    script, script_hash = _script()
    packed, plotly_hash = _plotly() if figures else ("", "")
    hashes = (_sha256(boot.encode()), script_hash, plotly_hash)
    scripts = " ".join(f"'sha256-{digest}'" for digest in hashes if digest)
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
    template = _environment().get_template("page.html.j2")
    return template.render(
        sections=listed,
        head=_fitted(listed[0], words, head=True),
        told=[_fitted(section, words) for section in listed[1:]],
        title=title,
        words=words,
        made_by=made_by,
        policy=policy,
        style=Markup(_own("page.css")),  # noqa: S704  (ours)
        boot=Markup(boot),  # noqa: S704  (ours)
        filters=filters,
        script=Markup(script),  # noqa: S704  (no sign of markup is a digit)
        figures=Markup(_packed(_json(carried))),  # noqa: S704  (no sign of markup is a digit)
        plotly=Markup(packed),  # noqa: S704  (no sign of markup is a digit)
        digits=_DIGITS,
    )


def _fitted(section: Section, words: Words, *, head: bool = False) -> Markup:
    """Return a section as markup within its budget: what a log wrote is cut shorter until it fits.

    How many rows a section has is bounded where it is made; how long their texts are, strangers choose. `head`: of the
    first section, whose heading the page writes itself.
    """
    template = _environment().get_template("blocks.html.j2")
    made = ""
    for text, line in LIMITS:
        module: Any = template.make_module({"words": words, "limit": text, "line_limit": line})
        cut = text < LIMITS[0][0] and module.cut(words.number(text), words.number(line))
        made = f"{module.head(section)}{cut or ''}" if head else str(module.section(section, 2, cut or ""))
        if len(made.encode()) <= BUDGETS.get(section.anchor, BUDGET):
            break
    return Markup(made)  # noqa: S704  (made by our own macros)


def _figures(blocks: Iterable[Block]) -> Iterator[Figure]:
    """Return every figure, however deep."""
    for block in blocks:
        if isinstance(block, Figure):
            yield block
        elif isinstance(block, Section | Folded):
            yield from _figures(block.blocks)
        elif isinstance(block, Table):
            yield from _figures(row.fold for row in block.rows if row.fold)


def _own(name: str) -> str:
    return files("reports").joinpath(name).read_text(encoding="utf-8")


def prepare() -> None:
    """Do ahead what every page needs; it takes a while, and may run in a thread while the logs are read."""
    _plotly()


@cache
def _script() -> tuple[str, str]:
    """Return the page's packed script as gzip in base 91, and its SHA-256."""
    body = _REMARK.sub("", "\n".join(_own(f"scripts/{name}.js") for name in SCRIPTS))
    script = f'window.loganalyzer = async (boot) => {{\n"use strict";\nconst root = boot.root;\n{body}\n}};\n'.encode()
    return _packed(script), _sha256(script)


@cache
def _plotly() -> tuple[str, str]:
    """Return plotly's script as gzip in base 91, and the SHA-256 of the script."""
    script = files("plotly").joinpath("package_data/plotly.min.js").read_bytes()
    return _packed(script), _sha256(script)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _packed(data: bytes) -> str:
    """Return what the page's script alone reads, as gzip in base 91."""
    return _base91(gzip.compress(data, 9, mtime=0))


def _base91(data: bytes) -> str:
    """Return the bytes in base 91, two digits for 13 bits, highest first; at the end one for up to six.

    What fills the last digits up is less than a byte, so that nothing follows the bytes.

    >>> _base91(b"a"), _base91(b"")
    ('F,', '')
    """
    eights = -(-len(data) // _BITS) * _BITS  # bytes of whole groups: eight groups are thirteen bytes
    padded = (
        np.frombuffer(data + bytes(eights - len(data)), dtype=np.uint8).reshape(-1, _BITS).astype(np.uint32)
    )
    groups = np.empty((padded.shape[0], 8), dtype=np.uint16)
    for place in range(8):
        first, shift = divmod(_BITS * place, 8)  # a group lies within three bytes
        window = [padded[:, one] if one < _BITS else 0 for one in range(first, first + 3)]
        value = window[0] << 16 | window[1] << 8 | window[2]
        groups[:, place] = value >> (24 - shift - _BITS) & (1 << _BITS) - 1
    digits = np.stack(np.divmod(groups.reshape(-1), len(_DIGITS)), axis=1).reshape(-1)
    whole, rest = divmod(8 * len(data), _BITS)
    if 0 < rest <= _FEW:
        digits[2 * whole] = groups.reshape(-1)[whole] >> (_BITS - _FEW)
    alphabet = np.frombuffer(_DIGITS.encode(), dtype=np.uint8)
    used = 2 * whole + (0 if not rest else 1 if rest <= _FEW else 2)
    return bytes(alphabet[digits])[:used].decode()


def _sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


@cache
def _environment() -> Environment:
    """Return the template's environment; every value is made visible, then escaped."""
    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(_own),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_final,
    )
    environment.filters |= {
        "quoted": _quoted,
        "shown": shown,
        "prose": _prose,
        "address": _address,
        "width": _width,
        "seconds": _seconds,
        "mark": mark,
    }
    return environment


def _final(value: object) -> object:
    """Return a value without signs that act; markup is our own and passes."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _content(text: str) -> str:
    """Return visible text escaped for the content of an element, where quotes stand for themselves.

    A line of JSON is a fifth quotes, and each would be five signs long; in attributes they are escaped.
    """
    return html.escape(text, quote=False)


def _quoted(text: str, limit: int) -> Markup:
    """Return what a log wrote, as every report shows it, for the content of an element."""
    return Markup(_content(shown(text, limit)))  # noqa: S704  (escaped just now)


def _prose(text: str) -> Markup:
    """Return our own words with `…` as code, for the content of an element."""
    escaped = _TOGETHER.sub("\N{NO-BREAK SPACE}", _content(visible(text)))
    return Markup(_LITERAL.sub(r"<code>\1</code>", escaped))  # noqa: S704  (escaped just now)


def _address(address: str) -> str | None:
    """Return an address that a link may carry: an anchor of the page, or the web; none else."""
    return address if re.match(r"#|https?://", address) else None


def _seconds(spans: Iterable[tuple[datetime, datetime]]) -> str:
    """Return spans as seconds since 1970, start and end in turn."""
    return " ".join(f"{moment.timestamp():.0f}" for span in spans for moment in span)


def _width(share: float) -> str:
    """Return a share as a length of CSS."""
    return f"{100 * share:.3f}%"
