"""Sections → one self-contained HTML page: the only place where text becomes markup.

The page loads nothing. plotly's script, the figures and most of the page's own script travel in it as gzip in base 91,
in blocks that no browser runs; the page's first script unpacks them and adds the scripts as inline ones. A content
security policy in the page allows these three scripts by their SHA-256 and nothing else: neither another script, nor
`eval`, nor any request.

With shared assets the page loads plotly from one file beside it, which the policy allows by a nonce of this page.
"""

from __future__ import annotations

import html
import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from reports.assets import DIGITS, packed, packed_script, script, script_hash, sha256
from reports.filters import mark, script_words
from reports.logtext import shown, visible
from reports.room import Cut, anchors, shares
from reports.section import Figure, Folded, Section, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from reports.assets import Assets
    from reports.filters import Filters
    from reports.section import Block
    from reports.words import Words

Limits = tuple[int, int]

LIMITS: Final[tuple[Limits, ...]] = ((400, 700), (200, 350), (100, 200), (60, 100), (40, 40))
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

SHARED: Final = 400_000
"""Bytes of a page whose script lies beside it: a folder may hold one for every hour of a year."""

LEAST: Final = (0.7, 0.55, 0.4, 0.25, 0.0)
"""The share of each list that a light page keeps before its texts are cut shorter, for each of `LIMITS`."""

TRIES: Final = 6
"""Halvings of the span in which the largest share that fits is looked for."""

_TOGETHER: Final = re.compile(
    r" (?=%)|(?<=&[lg]t;) (?=\d)|(?<=\b\d{3}:) (?=\d)|(?<=\d) (?=(?:[KMG]iB|bytes|ms|s|min|h|d)\b)"
)
"""The blank before a per cent sign or a unit, after `<` or `>` before a number, and between a status and its count:
no line breaks there."""

_DATE: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b")
"""A date, which browsers break after its hyphens."""

_REMARK: Final = re.compile(r"^ *(//.*\n)?", re.MULTILINE)
"""Lines of a script that are remarks, and what sets a line in."""

_LITERAL: Final = re.compile(r"`([^`]+)`")


SCRIPTS: Final = ("dom", "tables", "choice", "scope", "plots", "axes", "links", "start")
"""Files of the packed script, joined in this order to the body of one function."""


def page(
    sections: Iterable[Section],
    title: str,
    words: Words,
    made_by: str,
    filters: Filters | None = None,
    *,
    assets: Assets = "inline",
) -> str:
    """Return the page.

    Parameters
    ----------
    sections: in page order.
    title: the caller's or ours; escaped like any text.
    made_by: name and version of the program.
    filters: what a reader can choose; nothing where there is nothing to choose from.
    assets: `shared` for a page of at most `SHARED` bytes, that loads plotly from the file beside it.
    """
    listed = tuple(sections)
    figures = {figure.name: figure.plot for figure in _figures(listed)}
    carried = {
        "figures": figures,
        "words": script_words(words),
        **(filters.data if filters else {"cube": None}),
    }
    boot, (own, own_hash) = _own("page.js"), _script()
    shared = assets == "shared"

    packed_data = packed(_json(carried))

    def whole(told: list[Markup]) -> str:
        nonce = _nonce(title, *told) if shared and figures else ""
        allowed = [f"'sha256-{sha256(boot.encode())}'", f"'sha256-{own_hash}'"]
        if figures:
            allowed.append(f"'nonce-{nonce}'" if shared else f"'sha256-{script_hash()}'")
        policy = (
            f"default-src 'none'; script-src {' '.join(allowed)}; style-src 'unsafe-inline'; img-src data: blob:; "
            "base-uri 'none'; form-action 'none'"
        )
        template = _environment().get_template("page.html.j2")
        return template.render(
            sections=listed,
            head=told[0],
            told=told[1:],
            title=title,
            words=words,
            made_by=made_by,
            policy=policy,
            style=Markup(_own("page.css")),  # noqa: S704  (ours)
            boot=Markup(boot),  # noqa: S704  (ours)
            filters=filters,
            script=Markup(own),  # noqa: S704  (no sign of markup is a digit)
            figures=Markup(packed_data),  # noqa: S704  (no sign of markup is a digit)
            plotly=Markup(packed_script() if figures and not shared else ""),  # noqa: S704  (the same)
            digits=DIGITS,
            beside={"name": script().name, "hash": script_hash(), "nonce": nonce} if nonce else None,
        )

    fitted = [
        _fitted(section, words, BUDGETS.get(section.anchor, BUDGET), head=not place)
        for place, section in enumerate(listed)
    ]
    if shared:
        bare = len(whole([Markup()] * len(listed)).encode())
        fitted = _shared(listed, fitted, words, SHARED - bare)
    return whole([made for made, _ in fitted])


def _fitted(section: Section, words: Words, budget: int, *, head: bool = False) -> tuple[Markup, Limits]:
    """Return a section as markup within its budget: what a log wrote is cut shorter until it fits.

    How many rows a section has is bounded where it is made; how long their texts are, strangers choose. `head`: of the
    first section, whose heading the page writes itself.
    """
    made, limits = Markup(), LIMITS[0]
    for limits in LIMITS:
        made = _made(section, words, limits, head=head)
        if len(made.encode()) <= budget:
            break
    return made, limits


def _shared(
    listed: Sequence[Section], fitted: Sequence[tuple[Markup, Limits]], words: Words, room: int
) -> list[tuple[Markup, Limits]]:
    """Return the sections of a page that has to be light; links to what is left out become text.

    The small sections stay whole: they hold the numbers that the others explain.
    """
    weights = {section.anchor: len(made.encode()) for section, (made, _) in zip(listed, fitted, strict=True)}
    large = {name: weight for name, weight in weights.items() if weight > BUDGET}
    budgets = {name: BUDGETS.get(name, BUDGET) for name in large}
    allowed = weights | shares(large, budgets, room - sum(weights.values()) + sum(large.values()))
    if allowed == weights:
        return list(fitted)
    lighter = [
        _lighter(section, words, allowed[section.anchor], head=not place)
        if weights[section.anchor] > allowed[section.anchor]
        else (section, limits, 0)
        for place, (section, (_, limits)) in enumerate(zip(listed, fitted, strict=True))
    ]
    there = frozenset(anchors(section for section, _, _ in lighter))
    return [
        (_made(section, words, limits, left_out, head=not place, there=there), limits)
        for place, (section, limits, left_out) in enumerate(lighter)
    ]


def _lighter(section: Section, words: Words, budget: int, *, head: bool) -> tuple[Section, Limits, int]:
    """Return a section with as much in it as the budget allows, its limits, and how many entries it lacks.

    Texts of the log are cut and entries are left out in turns, so that neither goes wholly before the other.
    """

    def tried(share: float, limits: Limits) -> tuple[Section, int, bool]:
        cut = Cut(share)
        less = cut.section(section)
        made = _made(less, words, limits, cut.left_out, head=head)
        return less, cut.left_out, len(made.encode()) <= budget

    most, low, limits = 1.0, LEAST[0], LIMITS[0]
    less, left_out, fits = tried(low, limits)
    for shorter, lower in zip(LIMITS[1:], LEAST[1:], strict=True):
        if fits:
            break
        most, low, limits = low, lower, shorter
        less, left_out, fits = tried(low, limits)
    for _ in range(TRIES):
        more, lacks, fits = tried((low + most) / 2, limits)
        if fits:
            less, left_out, low = more, lacks, (low + most) / 2
        else:
            most = (low + most) / 2
    return less, limits, left_out


def _made(
    section: Section,
    words: Words,
    limits: Limits,
    left_out: int = 0,
    *,
    head: bool = False,
    there: frozenset[str] | None = None,
) -> Markup:
    """Return a section as markup.

    Parameters
    ----------
    limits: characters shown of a text of a log and of one of its lines.
    left_out: how many of its entries are not in it.
    there: anchors that links may lead to; all where none are given.
    """
    text, line = limits
    template = _environment().get_template("blocks.html.j2")
    module: Any = template.make_module({"words": words, "limit": text, "line_limit": line, "there": there})
    note = Markup(module.cut(words.number(text), words.number(line)) if text < LIMITS[0][0] else "")  # noqa: S704  (ours)
    if left_out:
        note += module.left_out(words.count("entry", left_out))
    made = f"{module.head(section)}{note}" if head else str(module.section(section, 2, note))
    return Markup(made)  # noqa: S704  (made by our own macros)


def _nonce(*texts: str) -> str:
    """Return what a script has to carry to be loaded: made of all texts of the page, so that none of them can hold it.

    Chromium checks no `integrity` of a file beside a page that is a file itself, so its hash cannot stand in the
    policy; a host or a scheme would allow any script of that place.
    """
    return sha256("\0".join(texts).encode())[:32]


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


def prepare(assets: Assets = "inline") -> None:
    """Do ahead what every page needs; it takes a while, and may run in a thread while the logs are read."""
    if assets == "inline":
        packed_script()
    script_hash()


@cache
def _script() -> tuple[str, str]:
    """Return the page's packed script as gzip in base 91, and its SHA-256."""
    body = _REMARK.sub("", "\n".join(_own(f"scripts/{name}.js") for name in SCRIPTS))
    made = f'window.loganalyzer = async (boot) => {{\n"use strict";\nconst root = boot.root;\n{body}\n}};\n'.encode()
    return packed(made), sha256(made)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


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
    escaped = _DATE.sub(r"<time>\g<0></time>", _TOGETHER.sub("\N{NO-BREAK SPACE}", _content(visible(text))))
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
