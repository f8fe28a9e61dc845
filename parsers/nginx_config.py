"""An `nginx.conf` → the log formats it defines, and which log uses which.

crossplane reads each file; what it includes is put in its place here, as nginx would. A level that names a log of its
own, or says `off`, writes to none of those above it: a log that every level overrides is not listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from glob import escape, glob
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import crossplane

from parsers import nginx
from parsers.errors import FormatError, PathError
from parsers.nginx_format import compile_format, plain
from parsers.spec import Configured

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from parsers.spec import Format

_NO_FILE: Final = ("syslog:", "memory:")
"""Targets of `access_log` that are no file."""

_PARAMETERS: Final = ("buffer=", "flush=", "gzip", "if=")
"""What may stand where a name of a format could: a log with it uses `combined`."""

_NO_HTTP: Final = ("stream", "mail")
"""Blocks whose logs are no access logs of HTTP: their formats share names and variables with ours."""

_LEVELS: Final = ("server", "location", "if", "limit_except")
"""Blocks in `http` in which a log may be named (ngx_http_log_module, directive access_log)."""

_DEFAULT: Final = "logs/access.log"
"""Where nginx writes `combined` when no `access_log` is said (ngx_http_log_merge_loc_conf)."""

DEEPEST: Final = 20
"""Files that may include each other in a row."""

MOST_FILES: Final = 5_000
"""Files read for one configuration."""

Entry = dict[str, Any]
"""A directive as crossplane gives it, with the `file` it stands in."""


@dataclass(frozen=True)
class _Log:
    """A log, the name of its format, on what its lines depend, and the place."""

    target: str
    name: str
    condition: str | None
    source: str


def read_config(path: str) -> tuple[Configured, ...]:
    """Return what a configuration says of its access logs: those in use first, then formats that none uses.

    Names are compared as nginx does, without regard to case; `combined` is always there. A log whose format is not
    defined, or whose text cannot be compiled, is left out: nginx would not start with the first. So is a file to
    include that is not there: a configuration is often looked at far from its server's `mime.types`.

    Raises
    ------
    PathError: the file cannot be read, or it or one that it includes is no configuration, or includes itself.
    FormatError: formats are defined and not one of them can be compiled.
    """
    entries = _expanded(Path(path), Path(path).absolute().parent, [0], 0)
    formats: dict[str, tuple[Format, str]] = {"combined": (nginx.COMBINED, f"{path}: built into nginx")}
    bad: FormatError | None = None
    for entry in _named("log_format", entries):
        if len(entry["args"]) > 1:
            name, *texts = entry["args"]
            try:
                formats[name.lower()] = (_compiled(name, texts), _source(entry))
            except FormatError as error:
                bad = error
    if bad is not None and len(formats) == 1:
        raise bad
    written: dict[tuple[str, str], _Log] = {}
    for log in _of_server(entries, path):
        written.setdefault((log.target, log.name.lower()), log)
    used = [
        Configured(log.name, log.target, formats[log.name.lower()][0], log.source, log.condition)
        for log in written.values()
        if log.name.lower() in formats
    ]
    names = {entry.name.lower() for entry in used}
    unused = [
        Configured(name, None, *defined)
        for name, defined in formats.items()
        if name not in names | {"combined"}
    ]
    return (*used, *unused)


# --- which logs are written ----------------------------------------------------------------------------------------


def _of_server(entries: Sequence[Entry], path: str) -> Iterator[_Log]:
    """Yield the logs that requests are written to; of a mere part of a configuration, those that it names."""
    blocks = [entry for entry in entries if entry["directive"] == "http"]
    built_in = _Log(_DEFAULT, "combined", None, f"{path}: built into nginx")
    for block in blocks:
        yield from _written(block["block"], (built_in,), whole=False)
    if not blocks:
        yield from _written(entries, (), whole=False)


def _written(entries: Sequence[Entry], above: Sequence[_Log], *, whole: bool) -> Iterator[_Log]:
    """Yield the logs of a level and of those in it.

    Parameters
    ----------
    above: the logs that the level writes to where it names none.
    whole: whether requests end at this level too: at a server's they do, at that of `http` only if it has no server.
    """
    own = [entry for entry in entries if entry["directive"] == "access_log" and entry["args"]]
    logs = tuple(_log(entry) for entry in own) if own else above
    if any(entry["args"] == ["off"] for entry in own):
        logs = ()
    levels = [entry for entry in entries if entry["directive"] in _LEVELS and entry.get("block") is not None]
    if whole or not levels:
        yield from (log for log in logs if not log.target.startswith(_NO_FILE))
    for level in levels:
        yield from _written(level["block"], logs, whole=True)


def _log(entry: Entry) -> _Log:
    words = entry["args"]
    named = len(words) > 1 and not words[1].startswith(_PARAMETERS)
    condition = next((word for word in words[1:] if word.startswith("if=")), None)
    return _Log(words[0], words[1] if named else "combined", condition, _source(entry))


# --- files → directives --------------------------------------------------------------------------------------------


def _expanded(path: Path, root: Path, files: list[int], depth: int) -> list[Entry]:
    """Return the directives of a file, those of the files that it includes in their place.

    Parameters
    ----------
    root: the folder of the first file, on which names lean.
    files: how many were read so far.
    """
    files[0] += 1
    if depth > DEEPEST or files[0] > MOST_FILES:
        raise PathError(str(path), "included too often: does a file include itself?")
    try:
        path.open("rb").close()
        payload = crossplane.parse(
            str(path), single=True, comments=False, strict=False, check_ctx=False, check_args=False
        )
    except (OSError, UnicodeDecodeError) as error:
        raise PathError(str(path), getattr(error, "strerror", None) or "cannot be read") from error
    for problem in payload["errors"]:
        raise PathError(str(path), str(problem["error"]).split("\n", 1)[0])
    return _with_included(payload["config"][0]["parsed"], path, root, files, depth)


def _with_included(
    entries: Sequence[Entry], path: Path, root: Path, files: list[int], depth: int
) -> list[Entry]:
    made: list[Entry] = []
    for entry in entries:
        if entry["directive"] == "include" and entry["args"]:
            for included in _included(entry["args"][0], root):
                made += _expanded(included, root, files, depth + 1)
        elif entry.get("block") and entry["directive"] not in _NO_HTTP:
            block = _with_included(entry["block"], path, root, files, depth)
            made.append({**entry, "file": str(path), "block": block})
        elif entry["directive"] not in _NO_HTTP:
            made.append({**entry, "file": str(path)})
    return made


def _included(pattern: str, root: Path) -> list[Path]:
    """Return the files to include, in order; of an absolute name that is not here, those beside the first file.

    `/etc/nginx/conf.d/*.conf` of a configuration that was copied is `conf.d/*.conf` here.
    """
    if not Path(pattern).is_absolute():
        return _glob(f"{escape(str(root))}/{pattern}")
    found = _glob(pattern)
    parts = Path(pattern).parts[1:]
    for start in range(len(parts) - 1):
        if found:
            break
        found = _glob("/".join([escape(str(root)), *parts[start:]]))
    return found


def _glob(pattern: str) -> list[Path]:
    # The name of the folder is no pattern, which `Path.glob` cannot be told.
    return [Path(name) for name in sorted(glob(pattern)) if Path(name).is_file()]  # noqa: PTH207


def _named(name: str, entries: Sequence[Entry]) -> Iterator[Entry]:
    """Yield every directive of a name, however deep, in order."""
    for entry in entries:
        if entry["directive"] == name:
            yield entry
        yield from _named(name, entry.get("block") or [])


def _source(entry: Entry) -> str:
    return f"{entry['file']}:{entry['line']}"


def _compiled(name: str, texts: list[str]) -> Format:
    escapes: dict[str, Any] = {"escape=default": "default", "escape=json": "json", "escape=none": "none"}
    escape = escapes.get(texts[0], "default")
    rest = texts[1:] if texts[0] in escapes else texts
    return compile_format(
        "".join(map(plain, rest)), name=f"nginx-{name}", escape=escape, title=f"nginx {name}"
    )
