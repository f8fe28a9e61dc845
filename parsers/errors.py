"""What can go wrong with a caller's input → errors that keep their facts."""

from __future__ import annotations


class LogError(Exception):
    """A user's mistake or an unreadable input; the message is one line and says what would have worked."""


class FormatError(LogError):
    """A format text that cannot be compiled; `position` counts its characters from 0."""

    def __init__(self, text: str, position: int, problem: str) -> None:
        self.text = text
        self.position = position
        self.problem = problem
        around = text[max(0, position - 20) : position + 20]
        super().__init__(f"format text, character {position + 1}, near {around!r}: {problem}")


class PathError(LogError):
    """A PATH that gives nothing to read: no such file, no rights, a folder without logs."""

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")


class DamagedError(LogError):
    """A source that stopped being readable part-way: what was read before counts."""

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")
