"""Analysis → what the reader must know about the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reports.section import Bullets, Section
from reports.sections.coverage import STRANGERS, paths
from reports.sections.order import no_logs

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis
    from reports.section import Block, Text
    from reports.words import Words

LIKE_IT: Final = 3
"""Notes of one kind in words; ten thousand files may each have one."""


def section(analysis: Analysis, words: Words) -> Section | None:
    """Return the notes, kind by kind; none when there is none."""
    if not analysis.notes:
        return None
    items: list[Text] = []
    strangers = no_logs(analysis)
    for kind in dict.fromkeys(note.kind for note in analysis.notes):
        alike = [note for note in analysis.notes if note.kind == kind]
        if kind == "not-a-log" and len(strangers) == len(alike) > 1:
            files = words("notes.no_logs", files=words.count("file", len(strangers)))
            items.append((files, *paths(strangers, STRANGERS)))
            continue
        items += [words.note(note) for note in alike[:LIKE_IT]]
        if len(alike) > LIKE_IT:
            items.append((words("notes.more", n=words.number(len(alike) - LIKE_IT)),))
    blocks: tuple[Block, ...] = (Bullets(tuple(items)),)
    return Section("notes", words("notes.heading"), (), blocks)
