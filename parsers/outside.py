"""The files of a rotated log and the span that is wanted → those that lie wholly outside, told by how others begin.

Lines stand in the order in which requests ended, nearly: a file holds nothing much later than the start of the file
that follows it, and nothing much earlier than its own start. That holds for files that a server wrote and rotated, so
only those are judged whose names are those of one log and whose starts are in the order of their names; and never by
less than a day, for requests that took long, buffers and clocks.
"""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from parsers import rotation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from parsers.state import SourceState

MARGIN: Final = timedelta(days=1)
"""How far outside a file must lie to be left unread."""

Side = Literal["before", "after"]


def outside(
    states: Sequence[SourceState], since: datetime | None, until: datetime | None
) -> Iterator[tuple[SourceState, Side]]:
    """Yield the sources that lie wholly before `since`, or from `until` on; their `begins` is known."""
    logs: dict[tuple[str, str, str | None], list[SourceState]] = defaultdict(list)
    for state in states:
        if state.begins is not None and not state.source.is_stream and state.source.member is None:
            folder, name = os.path.split(state.source.path)
            logs[folder, rotation.age(name).log, state.source.server].append(state)
    for files in logs.values():
        files.sort(key=lambda state: rotation.order(state.source.path))
        starts = [state.begins for state in files if state.begins is not None]
        if len(files) < 2 or starts != sorted(starts):  # noqa: PLR2004  # no order
            continue
        for state, following in pairwise(files):
            if since is not None and following.begins is not None and following.begins + MARGIN < since:
                yield state, "before"
        for state in files:
            if until is not None and state.begins is not None and state.begins - MARGIN >= until:
                yield state, "after"
