"""Sections that are too heavy for a page → the same with fewer rows, lines and cards, and how many those are."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from reports.section import Bullets, Figure, Folded, Lines, Section, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reports.section import Block, Row

_One = TypeVar("_One")


def shares(weights: Mapping[str, int], budgets: Mapping[str, int], room: int) -> dict[str, int]:
    """Return the bytes that each section may have, so that all of them fit into the room.

    A section that weighs less than its share leaves the rest of it to the others, whose shares are as their budgets.

    >>> shares({"small": 10, "large": 100, "larger": 200}, {"small": 50, "large": 50, "larger": 50}, 150)
    {'small': 10, 'large': 70, 'larger': 70}
    """
    found = dict(weights)
    heavy = set(weights) if sum(weights.values()) > room else set()
    while heavy:
        left = room - sum(weight for name, weight in weights.items() if name not in heavy)
        scale = max(0.0, left / sum(budgets[name] for name in heavy))
        found |= {name: int(budgets[name] * scale) for name in heavy}
        light = {name for name in heavy if weights[name] <= found[name]}
        if not light:
            break
        found |= {name: weights[name] for name in light}
        heavy -= light
    return found


@dataclass
class Cut:
    """Keeps the first part of every list of a section, and counts the entries that it leaves out.

    share: of each list, from 0 to 1; one entry of each stays in any case.
    """

    share: float
    left_out: int = field(default=0)

    def section(self, section: Section) -> Section:
        """Return a section with less in it."""
        return replace(section, blocks=self._blocks(section.blocks))

    def _blocks(self, blocks: Sequence[Block]) -> tuple[Block, ...]:
        """Return blocks with less in them; of cards and folds side by side the first, by rank, stay."""
        heavy = [place for place, one in enumerate(blocks) if isinstance(one, Section | Folded)]
        ranked = sorted(heavy, key=lambda place: _rank(blocks[place]))
        gone = set(ranked[len(self._first(ranked)) :])
        return tuple(self._block(one) for place, one in enumerate(blocks) if place not in gone)

    def _block(self, block: Block) -> Block:
        if isinstance(block, Section | Folded):
            return replace(block, blocks=self._blocks(block.blocks))
        if isinstance(block, Lines):
            return replace(block, lines=self._first(block.lines))
        if isinstance(block, Bullets):
            return replace(block, items=self._first(block.items))
        if isinstance(block, Table):
            plain = self._first([row for row in block.rows if not row.total])
            return replace(block, rows=(*map(self._row, plain), *(row for row in block.rows if row.total)))
        return block

    def _row(self, row: Row) -> Row:
        return (
            row
            if row.fold is None
            else replace(row, fold=replace(row.fold, blocks=self._blocks(row.fold.blocks)))
        )

    def _first(self, entries: Sequence[_One]) -> tuple[_One, ...]:
        kept = tuple(entries[: math.ceil(len(entries) * self.share)])
        self.left_out += len(entries) - len(kept)
        return kept


def anchors(blocks: Iterable[Block]) -> Iterator[str]:
    """Return every anchor that a link can lead to, however deep."""
    for block in blocks:
        if isinstance(block, Section | Folded):
            yield from (block.anchor,) if block.anchor else ()
            yield from block.aliases if isinstance(block, Section) else ()
            yield from anchors(block.blocks)
        elif isinstance(block, Figure):
            yield block.name
        elif isinstance(block, Table):
            yield from (row.anchor for row in block.rows if row.anchor)
            yield from anchors(row.fold for row in block.rows if row.fold)


def _rank(block: Block) -> int:
    return block.rank if isinstance(block, Folded) else 0
