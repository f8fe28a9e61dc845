"""Arguments → options → read → analyze → render → exit code; nobody imports this package.

Typer reads the arguments and names the job; the job runs here, so that one place turns whatever ends it into an exit
code. Commands import what they need when they run: `--help` and `explain` start without Polars.
"""

from __future__ import annotations

import signal
import sys
from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Final

from loganalyzer.cli.exits import Exit, StopError
from loganalyzer.cli.terminal import PROGRAM, problem, result, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

__all__ = ["main"]

ENDING: Final = {signal.SIGTERM: (Exit.TERMINATED, "terminated"), signal.SIGHUP: (Exit.HUNG_UP, "hung up")}
"""Signals that end the program as Ctrl-C does, the codes that say so and the words."""


class _EndedError(BaseException):
    """A signal came: unwinds like Ctrl-C, so that nothing half-written stays."""

    def __init__(self, number: int) -> None:
        self.code, self.word = ENDING[signal.Signals(number)]
        super().__init__(self.word)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name and return its exit code."""
    before = {
        number: signal.signal(number, _end)
        for number in ENDING
        if signal.getsignal(number) is not signal.SIG_IGN  # as nohup has it
    }
    try:
        return _run(sys.argv[1:] if arguments is None else arguments)
    except BrokenPipeError:  # `| head` has seen enough
        return Exit.DONE
    except KeyboardInterrupt:
        problem("interrupted")
        return Exit.INTERRUPTED
    except _EndedError as ended:
        problem(ended.word)
        return ended.code
    except StopError as error:
        problem(str(error))
        for line in error.shown:
            say(line)
        return error.code
    except (SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001  (a defect must be told as one; a panic in Rust is no Exception)
        return _explained(error)
    finally:
        _sweep()
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _frame: FrameType | None) -> None:
    raise _EndedError(number)


def _sweep() -> None:
    """Remove what an unwinding that a second signal broke off has left; no third one can."""
    from loganalyzer.cli.output import sweep

    held = signal.pthread_sigmask(signal.SIG_BLOCK, {*ENDING, signal.SIGINT})
    try:
        sweep()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def _run(arguments: Sequence[str]) -> int:
    from typer import TyperException

    from loganalyzer.cli.app import Job, app

    printed = StringIO()
    try:
        with redirect_stdout(printed):  # help and version; written below, where a closed pipe is no failure
            job = app(args=list(arguments), prog_name=PROGRAM, standalone_mode=False)
    except TyperException as error:
        command = getattr(getattr(error, "ctx", None), "command_path", PROGRAM)
        commands = [known.name or "" for known in app.registered_commands]
        say(f"{command}: {_worded(error.format_message(), commands)} (see {command} --help)")
        return error.exit_code
    if isinstance(job, Job):
        return job.run()
    result(printed.getvalue())
    return int(job or 0)


def _worded(message: str, commands: Sequence[str]) -> str:
    """Return what is wrong with a call, and what would have worked, where the library does not say it.

    >>> _worded("Invalid value for '--lang': Value error, 'de' is not one of 'en', 'ko'.", [])
    "Invalid value for '--lang': 'de' is not one of 'en', 'ko'"
    >>> _worded("Missing argument 'PATH'.", [])
    "Missing argument 'PATH': a file, a folder, a pattern, or - for standard input"
    """
    message = (
        message.replace("Value error, ", "").replace("Input should be", "it should be").removesuffix(".")
    )
    if message == "Missing argument 'PATH'":
        return f"{message}: a file, a folder, a pattern, or - for standard input"
    if message.startswith("No such command") and "Did you mean" not in message:
        return f"{message}: there are {', '.join(commands)}"
    return message


def _explained(error: BaseException) -> Exit:
    """Tell a reader's mistake in a line, and a defect with all that helps to find it."""
    from parsers import FilterError, LogError

    if isinstance(error, LogError):
        problem(str(error))
        return Exit.USAGE if isinstance(error, FilterError) else Exit.NOTHING_READ
    import traceback

    for line in "".join(traceback.format_exception(error)).splitlines():
        say(line)
    problem("this is a defect of the program: please report it with the lines above")
    return Exit.DEFECT
