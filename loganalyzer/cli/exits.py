"""What happened → the exit code that says so."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


class Exit(IntEnum):
    """Exit codes; cron jobs and other programs hold on to them."""

    DONE = 0
    DEFECT = 1
    USAGE = 2
    NOTHING_READ = 3
    PARTLY_READ = 4
    NOT_WRITTEN = 5
    FINDING = 10
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


PRECEDENCE: Final = (
    Exit.USAGE,
    Exit.NOTHING_READ,
    Exit.NOT_WRITTEN,
    Exit.FINDING,
    Exit.PARTLY_READ,
    Exit.DONE,
)


def foremost(codes: Iterable[Exit]) -> Exit:
    """Return the code that stands for all of them.

    >>> foremost([Exit.PARTLY_READ, Exit.FINDING]).name
    'FINDING'
    """
    return min(codes, key=PRECEDENCE.index, default=Exit.DONE)


class StopError(Exception):
    """What ends a command with one line and an exit code; `shown` are lines below it, such as an underlined text."""

    code: ClassVar[Exit] = Exit.DEFECT

    def __init__(self, message: str, *shown: str) -> None:
        self.shown = shown
        super().__init__(message)


class CallError(StopError):
    """A call that cannot be meant; the message says what would have worked."""

    code = Exit.USAGE


class OutputError(StopError):
    """An output that could not be written."""

    code = Exit.NOT_WRITTEN

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: not written: {reason}")
