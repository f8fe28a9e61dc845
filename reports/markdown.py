"""Sections → a short version in Markdown, fit for a ticket: figures and folded parts are left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reports.logtext import shown, visible
from reports.section import Bullets, Code, Facts, Line, Lines, Link, Paragraph, Quote, Section, Table
from reports.sections import documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reports.section import Block, Piece, Text
    from reports.words import Words

SHORT: Final = ("headline", "findings", "classes", "statuses", "coverage", "notes")
"""Anchors of the sections that a short version needs; after them come the documents that it quotes."""

LINE_LIMIT: Final = 300

_SPECIAL: Final = re.compile(r"(`[^`|]*`)|([\\*_\[\]<>|~&])")
"""A literal of ours, which stays, or a sign that Markdown would read."""


def markdown(sections: Iterable[Section], title: str, words: Words, made_by: str) -> str:
    """Return the short version; nothing that a log wrote can act in it."""
    lines = [f"# {prose(title)}", ""]
    told = [section for section in sections if section.anchor in SHORT]
    quoted = documents.section(told, words, folds=False)
    for section in (*told, *([quoted] if quoted else [])):
        lines += _section(section, 2, words)
    lines += [prose(made_by)]
    return "\n".join(lines) + "\n"


def prose(text: str) -> str:
    r"""Return our own words with what Markdown would take for markup escaped, but for `…`.

    >>> prose("4 < 5 | `a`")
    '4 \\< 5 \\| `a`'
    """
    return _SPECIAL.sub(lambda found: found[1] or f"\\{found[2]}", visible(text))


def code(text: str, limit: int = LINE_LIMIT) -> str:
    r"""Return log text as a code span, in which nothing is a link, a mention or markup; also within a table.

    >>> code("a`b|c")
    '``a`b\\x7cc``'
    """
    # A bar would end the cell of a table, and renderers do not agree how to escape one inside code.
    text = shown(text, limit).replace("|", r"\x7c")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _piece(piece: Piece, words: Words) -> str:
    if isinstance(piece, str):
        return prose(piece)
    if isinstance(piece, Quote):
        return code(piece.text) if piece.text else prose(words("empty"))
    if isinstance(piece, Link):
        if piece.address.startswith("#"):  # leads nowhere outside the page
            return "" if piece.jump else prose(piece.text)
        return f"<{piece.address}>"
    if isinstance(piece, Code):
        return f"**{prose(piece.text)}**"
    return f"**{prose(piece.text.upper())}**"


def _inline(text: Text, words: Words) -> str:
    return "".join(_piece(piece, words) for piece in text).strip()


def _section(section: Section, level: int, words: Words) -> Iterator[str]:
    badge = f" ({prose(section.badge.text)})" if section.badge and level > 2 else ""  # noqa: PLR2004
    yield from (f"{'#' * min(level, 6)} {prose(section.heading)}{badge}", "")
    if section.lede:
        yield from (_inline(section.lede, words), "")
    for block in section.blocks:
        yield from _block(block, level + 1, words)


def _block(block: Block, level: int, words: Words) -> Iterator[str]:
    if isinstance(block, Section):
        yield from _section(block, level, words)
    elif isinstance(block, Paragraph):
        yield from (_inline(block.text, words), "")
    elif isinstance(block, Bullets):
        if block.heading:
            yield from (f"{prose(block.heading)}{_inline(block.source, words)}:", "")
        yield from (*(f"- {_inline(item, words)}" for item in block.items), "")
    elif isinstance(block, Facts):
        yield from (*(f"- {prose(name)}: {_inline(value, words)}" for name, value in block.rows), "")
    elif isinstance(block, Table):
        yield from _table(block, words)
    elif isinstance(block, Lines):
        if block.heading:
            yield from (f"{prose(block.heading)}:", "")
        yield from (*(f"- {_line(line, words)}" for line in block.lines), "")


def _line(line: Line, words: Words) -> str:
    about = f"{code(line.about)}: " if line.about else ""
    return f"{code(line.source)}, {words('line', n=words.number(line.line))}: {about}{code(line.text)}"


def _table(table: Table, words: Words) -> Iterator[str]:
    yield from (f"**{prose(table.caption)}**", "")
    yield f"| {' | '.join(prose(column.heading) for column in table.columns)} |"
    yield f"|{'|'.join(' ---: ' if column.kind == 'number' else ' --- ' for column in table.columns)}|"
    for row in table.rows:
        yield f"| {' | '.join(_inline(cell, words) for cell in row.cells)} |"
    yield ""
    if table.remainder:
        yield from (prose(table.remainder), "")
