"""An `nginx.conf` → the log formats it defines, and which log uses which.

crossplane reads the configuration with its includes, as nginx would; comments are none of it. What an overridden
level would write is listed too: the file says its format all the same, should it be there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import crossplane

from parsers import nginx
from parsers.errors import FormatError, PathError
from parsers.nginx_format import compile_format, plain
from parsers.spec import Configured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers.spec import Format

_NO_FILE: Final = ("off", "syslog:", "memory:")
"""Targets of `access_log` that are no file."""

_PARAMETERS: Final = ("buffer=", "flush=", "gzip", "if=")
"""What may stand where a name of a format could: a log with it uses `combined`."""


_NO_HTTP: Final = ("stream", "mail")
"""Blocks whose logs are no access logs of HTTP: their formats share names and variables with ours."""

_DEFAULT: Final = "logs/access.log"
"""Where nginx writes `combined` when no `access_log` is said (ngx_http_log_merge_loc_conf)."""


def read_config(path: str) -> tuple[Configured, ...]:
    """Return what a configuration says of its access logs: those in use first, then formats that none uses.

    Names are compared as nginx does, without regard to case; `combined` is always there. A log whose format is not
    defined, or whose text cannot be compiled, is left out: nginx would not start with the first. So is a file to
    include that is not there: a configuration is often looked at far from its server's `mime.types`.

    Raises
    ------
    PathError: the file cannot be read, or it or one that it includes is no configuration.
    FormatError: formats are defined and not one of them can be compiled.
    """
    found = _read(path)
    formats: dict[str, tuple[Format, str]] = {"combined": (nginx.COMBINED, f"{path}: built into nginx")}
    bad: FormatError | None = None
    for entry in found:
        if entry["directive"] == "log_format" and len(entry["args"]) > 1:
            name, *texts = entry["args"]
            try:
                formats[name.lower()] = (_compiled(name, texts), _source(entry))
            except FormatError as error:
                bad = error
    if bad is not None and len(formats) == 1:
        raise bad
    used: list[Configured] = []
    for entry in found:
        if entry["directive"] == "access_log" and (log := _log(entry["args"])) is not None:
            target, name = log
            if name.lower() in formats:
                used.append(Configured(name, target, formats[name.lower()][0], _source(entry)))
    directives = {entry["directive"] for entry in found}
    if "http" in directives and "access_log" not in directives:
        used.append(Configured("combined", _DEFAULT, *formats["combined"]))
    names = {entry.name.lower() for entry in used}
    unused = [
        Configured(name, None, *defined)
        for name, defined in formats.items()
        if name not in names | {"combined"}
    ]
    return (*used, *unused)


def _read(path: str) -> list[dict[str, Any]]:
    """Return every directive of a configuration and of what it includes."""
    try:
        Path(path).open("rb").close()
        payload = crossplane.parse(
            path,
            onerror=lambda error: isinstance(error, OSError),  # stands as `callback` beside the error
            comments=False,
            combine=True,
            strict=False,
            check_ctx=False,
            check_args=False,
        )
    except (OSError, UnicodeDecodeError) as error:
        raise PathError(path, getattr(error, "strerror", None) or "cannot be read") from error
    for problem in payload["errors"]:
        if not problem["callback"]:
            raise PathError(path, str(problem["error"]).split("\n", 1)[0])
    return list(_directives([entry for config in payload["config"] for entry in config["parsed"]]))


def _compiled(name: str, texts: list[str]) -> Format:
    escapes: dict[str, Any] = {"escape=default": "default", "escape=json": "json", "escape=none": "none"}
    escape = escapes.get(texts[0], "default")
    rest = texts[1:] if texts[0] in escapes else texts
    return compile_format(
        "".join(map(plain, rest)), name=f"nginx-{name}", escape=escape, title=f"nginx {name}"
    )


def _log(words: list[str]) -> tuple[str, str] | None:
    """Return the file and the name of the format, null for a log that is no file."""
    if not words or words[0].startswith(_NO_FILE):
        return None
    named = len(words) > 1 and not words[1].startswith(_PARAMETERS)
    return words[0], words[1] if named else "combined"


def _directives(entries: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield every directive, however deep, in order, but those of other protocols."""
    for entry in entries:
        yield entry
        if entry["directive"] not in _NO_HTTP:
            yield from _directives(entry.get("block") or [])


def _source(entry: dict[str, Any]) -> str:
    return f"{entry.get('file', '')}:{entry['line']}"
