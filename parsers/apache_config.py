r"""`httpd.conf` and what it includes → the formats that it names, and which log is written in which.

Source: httpd 2.4, server/util.c (ap_cfg_getline, ap_getword_conf), mod_log_config.c (open_multi_logs: nicknames are
looked up when everything is read). Blocks such as `<IfModule>` and `<IfDefine>` are read whatever they ask for: which
of them held when the server ran nobody here knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from glob import escape, glob
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from parsers.apache_format import compile_format
from parsers.errors import FormatError, PathError
from parsers.spec import Configured

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from parsers.spec import Format

DEEPEST: Final = 20
"""Files that may include each other in a row; httpd stops at 128 (AP_MAX_INCLUDE_DEPTH)."""

MOST_FILES: Final = 5_000
"""Files read for one configuration."""

DEFAULT: Final = '%h %l %u %t "%r" %>s %b'
"""Of a `TransferLog` without a `LogFormat` before it (mod_log_config.c, DEFAULT_LOG_FORMAT)."""

_AGENT: Final = ' "%{Referer}i" "%{User-Agent}i"'
_USUAL: Final = {
    "clf": DEFAULT,
    "common": DEFAULT,
    "combined": DEFAULT + _AGENT,
    "combinedio": DEFAULT + _AGENT + " %I %O",
    "vhost_combined": "%v:%p " + DEFAULT + _AGENT,
}
"""Nicknames that every packaged httpd.conf defines: one file of a configuration often leans on another."""

_OUTER: Final = "the server"
"""The scope outside every `<VirtualHost>`."""


@dataclass(frozen=True)
class Directive:
    """One line of configuration: its name in lower case, its words, the place, and whose it is.

    `scope` is the server's, or the place of the `<VirtualHost>` it stands in.
    """

    name: str
    words: tuple[str, ...]
    source: str
    scope: str


@dataclass(frozen=True)
class _Log:
    """A log, its format, a nickname or a text, and on what it depends whether a line is written."""

    target: str
    format: str
    source: str
    scope: str
    condition: str | None = None


@dataclass
class _Formats:
    """What a configuration says of logs: (scope, nickname) → text and place; the logs; texts without a nickname."""

    nicknames: dict[tuple[str, str], tuple[str, str, str]] = field(default_factory=dict)
    logs: list[_Log] = field(default_factory=list)
    unnamed: dict[str, str] = field(default_factory=dict)


def read_config(path: str) -> tuple[Configured, ...]:
    """Return the formats that a configuration defines or uses, the logs first.

    A format that says too little to be read (no time, as in `agent`) is left out, and so is a log with it.

    Raises
    ------
    PathError: the file cannot be read.
    """
    formats = _Formats()
    for directive in directives(path):
        _take(directive, formats)
    found: list[tuple[str, str | None, str, str, str | None]] = []
    used: set[tuple[str, str]] = set()
    for log in formats.logs:
        key, name, text = _resolved(log, formats)
        used.add(key)
        found.append((name, log.target, text, log.source, log.condition))
    for key, (nickname, text, source) in formats.nicknames.items():
        if key not in used:
            found.append((nickname, None, text, source, None))
    compiled = _compiled([(name, text) for name, _, text, _, _ in found])
    return tuple(
        Configured(name, log, form, source, condition)
        for name, log, text, source, condition in found
        if (form := compiled[text]) is not None
    )


def _compiled(texts: Sequence[tuple[str, str]]) -> dict[str, Format | None]:
    """Compile every text once, under the first of its names that is free; null for what cannot be read."""
    compiled: dict[str, Format | None] = {}
    taken: set[str] = set()
    for name, text in texts:
        if text in compiled:
            continue
        slug = "-".join(["apache-custom", *re.findall(r"[a-z0-9]+", name.lower())])
        names = (slug if number == 1 else f"{slug}-{number}" for number in count(1))
        own = next(each for each in names if each not in taken)
        taken.add(own)
        try:
            compiled[text] = compile_format(text, name=own, title=f"Apache, format {name}")
        except FormatError:
            compiled[text] = None
    return compiled


def _take(directive: Directive, formats: _Formats) -> None:
    """Note what a directive says of logs."""
    words, scope = directive.words, directive.scope
    if directive.name == "logformat" and len(words) > 1:
        formats.nicknames[scope, words[1].lower()] = (words[1], words[0], directive.source)
    elif directive.name == "logformat" and words:
        formats.unnamed[scope] = words[0]
    elif directive.name in {"customlog", "globallog"} and len(words) > 1:
        condition = next((word for word in words[2:] if word.startswith(("env=", "expr="))), None)
        formats.logs.append(_Log(words[0], words[1], directive.source, scope, condition))
    elif directive.name == "transferlog" and words:
        text = formats.unnamed.get(scope) or formats.unnamed.get(_OUTER) or DEFAULT
        formats.logs.append(_Log(words[0], text, directive.source, scope))


def _resolved(log: _Log, formats: _Formats) -> tuple[tuple[str, str], str, str]:
    """Return the key, the name and the text of a log's format: a nickname of its host, of the server, or a text."""
    for scope in (log.scope, _OUTER):
        key = (scope, log.format.lower())
        if key in formats.nicknames:
            nickname, text, _ = formats.nicknames[key]
            return key, nickname, text
    if usual := _USUAL.get(log.format.lower()):
        return (_OUTER, log.format.lower()), log.format, usual
    return (log.scope, log.format), Path(log.target.lstrip("|$")).stem or "custom", log.format


# --- files → directives --------------------------------------------------------------------------------------------


@dataclass
class _Reading:
    """What is known while files are read: `variables` of `Define`, `root` that names lean on.

    A variable of the server's environment is not known here, and stays as it is written.
    """

    root: Path
    variables: dict[str, str]
    scope: str = _OUTER
    files: int = 0


def directives(path: str) -> Iterator[Directive]:
    """Yield the directives of a configuration in order, those of included files in their place.

    Raises
    ------
    PathError: the file cannot be read, or includes itself.
    """
    reading = _Reading(Path(path).absolute().parent, {})
    yield from _directives(Path(path), reading, 0)


def _directives(path: Path, reading: _Reading, depth: int) -> Iterator[Directive]:
    reading.files += 1
    if depth > DEEPEST or reading.files > MOST_FILES:
        raise PathError(str(path), "included too often: does a file include itself?")
    for number, line in _lines(_text(path)):
        name, words = _cut(line, reading.variables)
        source = f"{path}:{number}"
        if name == "<virtualhost":
            reading.scope = source
        elif name == "</virtualhost>":
            reading.scope = _OUTER
        elif name == "define" and words:
            reading.variables[words[0]] = words[1] if len(words) > 1 else ""
        elif name == "undefine" and words:
            reading.variables.pop(words[0], None)
        elif name == "serverroot" and words:
            # As on the server that the files came from; here they lie where they were put.
            reading.root = Path(words[0]) if Path(words[0]).is_dir() else reading.root
        elif name in {"include", "includeoptional"} and words:
            for included in _included(words[0], path, reading):
                yield from _directives(included, reading, depth + 1)
        else:
            yield Directive(name, words, source, reading.scope)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise PathError(str(path), error.strerror or "cannot be read") from error


def _lines(text: str) -> Iterator[tuple[int, str]]:
    r"""Yield each line's number and text, without comments; a backslash at the end continues the line.

    >>> list(_lines("a \\\n  b\n# c\n\nd # e"))
    [(1, 'a b'), (5, 'd # e')]
    """
    start, whole = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if not whole:
            start = number
        whole += line.lstrip() if whole else line.strip(" \t\r")
        if whole.endswith("\\") and not whole.startswith("#"):
            whole = whole[:-1]
            continue
        if whole and not whole.startswith("#"):
            yield start, whole.rstrip()
        whole = ""
    if whole.strip():
        yield start, whole.strip()


_WORD: Final = re.compile(r"""\s*(?: "((?:[^"\\]|\\.)*)" | '((?:[^'\\]|\\.)*)' | (\S+) )""", re.VERBOSE)
_VARIABLE: Final = re.compile(r"\$\{([^}\s]+)\}")


def _cut(line: str, variables: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    r"""Return the name of a directive, in lower case, and its words.

    >>> _cut(r'CustomLog "${DIR}/a.log" "\"%r\" %>s"', {"DIR": "/logs"})
    ('customlog', ('/logs/a.log', '"%r" %>s'))
    """
    line = _VARIABLE.sub(lambda match: variables.get(match[1], match[0]), line)
    words = [_word(match) for match in _WORD.finditer(line)]
    return words[0].lower(), tuple(words[1:])


def _word(match: re.Match[str]) -> str:
    """Undo the quotes of a word: only the quote itself and the backslash can be escaped in it."""
    for quote, inner in (('"', match[1]), ("'", match[2])):
        if inner is not None:
            return re.sub(rf"\\([\\{quote}])", r"\1", inner)
    return match[3]


def _included(pattern: str, beside: Path, reading: _Reading) -> Sequence[Path]:
    """Return the files of an Include, in order; where the server's own path is not here, those beside."""
    for root in (reading.root, beside.absolute().parent):
        # The name of the folder is no pattern, and an absolute pattern leans on no folder.
        found = sorted(glob(pattern if Path(pattern).is_absolute() else f"{escape(str(root))}/{pattern}"))  # noqa: PTH207
        files = [file for name in found for file in _files(Path(name))]
        if files:
            return files
    return ()


def _files(path: Path) -> list[Path]:
    """Return a file, or all files of a folder and the folders in it."""
    if path.is_dir():
        return sorted(each for each in path.rglob("*") if each.is_file())
    return [path]
