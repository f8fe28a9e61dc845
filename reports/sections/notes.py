"""Analysis → what the reader must know about the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reports.section import Bullets, Section

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis
    from reports.section import Block, Text
    from reports.words import Words

MOST: Final = 20
"""Notes in words; ten thousand files may each have one."""


def section(analysis: Analysis, words: Words) -> Section | None:
    """Return the notes, none when there is none."""
    if not analysis.notes:
        return None
    items: list[Text] = [words.note(note) for note in analysis.notes[:MOST]]
    if len(analysis.notes) > MOST:
        items.append((words("notes.more", n=words.number(len(analysis.notes) - MOST)),))
    blocks: tuple[Block, ...] = (Bullets(tuple(items)),)
    return Section("notes", words("notes.heading"), (), blocks)
