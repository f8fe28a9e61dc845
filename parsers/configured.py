"""A server's own format text, or its configuration → the formats that a caller told us of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from parsers import cisco_w3c
from parsers.errors import FormatError, PathError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parsers.spec import Configured, Format

_ROTATED: Final = re.compile(
    r"(?:[-._](?:\d{8}(?:[-._T]?\d{2,6})?|\d{4}-\d\d-\d\d(?:[-._T]\d+)?|\d{1,4}|\d{10})|\.(?:gz|bz2|xz|zst|zip))+$"
)
"""What rotation adds to a name: `.1`, `.2.gz`, `-20260310.gz`, `.2026-03-10`, rotatelogs' ten-digit epoch."""

_PACKED: Final = re.compile(r"\.(?:gz|bz2|xz|zst|zip)$")

_VARIABLE: Final = re.compile(r"\$\{?\w+\}?|%\{[^}]*\}\w|%\w")


@dataclass(frozen=True)
class Told:
    """Formats that the caller gave.

    `configured` says which log uses which. `relatives`: whether the vendor's well-known formats may still read what
    these do not; a format text given as such stands alone.
    """

    formats: tuple[Format, ...]
    configured: tuple[Configured, ...] = ()
    relatives: bool = False

    def of(self, path: str) -> tuple[Format, ...]:
        """Return the formats that the configuration gives to the log of this name, rotated or not.

        Where several logs have it, those count whose folders are the file's, as far as they are.
        """
        name = Path(path).name
        written = {name, _ROTATED.sub("", name), _PACKED.sub("", name)}
        folders = Path(path).absolute().parts[:-1]
        alike: dict[int, list[Format]] = {}
        for entry in self.configured:
            log = Path(_file_of(entry.log)) if entry.log is not None else Path()
            if any(_names(log.name, own) for own in written):
                alike.setdefault(_shared(log.parts[:-1], folders), []).append(entry.format)
        return tuple({form.name: form for form in alike[max(alike)]}.values()) if alike else ()

    def reason(self, form: Format) -> str:
        """Say who said so, and whether not every line is written."""
        for entry in self.configured:
            if entry.format is form:
                some = f", which writes not every line ({entry.condition})" if entry.condition else ""
                return f"{entry.name} is configured at {entry.source}{some}"
        return "the format was given"


def _file_of(log: str) -> str:
    """Return the file that a log is written to; of a program that takes the lines, the one that it is told.

    >>> _file_of("|/usr/bin/rotatelogs -l -n 5 logs/access.%Y.log 86400")
    'logs/access.%Y.log'
    """
    if not log.startswith("|"):
        return log
    words = [word.strip("\"'") for word in log.split()][1:]
    named = [word for word in words if not word.startswith("-") and re.search(r"[/.%]", word)]
    return next((word for word in named if "log" in word), named[0] if named else "")


def _names(configured: str, name: str) -> bool:
    """Whether a name in a configuration, which may hold variables, is that of a file."""
    parts = _VARIABLE.split(configured)
    literal = "".join(parts).strip(".-_")
    return bool(literal) and re.fullmatch(".*".join(re.escape(part) for part in parts), name) is not None


def _shared(configured: Sequence[str], folders: Sequence[str]) -> int:
    """Return how many folders ahead of a name are the same; one with variables may be any."""
    pairs = zip(reversed(configured), reversed(folders), strict=False)
    same = (_VARIABLE.search(one) is not None or one == other for one, other in pairs)
    return sum(1 for _ in takewhile(bool, same))


def own_formats(vendor: str | None, log_format: str | None, server_config: str | None) -> Told | None:
    """Compile what the caller told; null where that is nothing.

    Raises
    ------
    FormatError: a text that cannot be compiled, or that is no vendor's.
    PathError: a configuration that cannot be read or names no log format.
    """
    if log_format is not None:
        return Told((_compiled(vendor, log_format),))
    if server_config is None:
        return None
    configured = _read(vendor, server_config)
    if not configured:
        raise PathError(server_config, "no log format is defined or used in it")
    formats = tuple({entry.format.name + entry.source: entry.format for entry in configured}.values())
    return Told(formats, configured, relatives=True)


def _compiled(vendor: str | None, text: str) -> Format:
    if vendor in {None, "cisco_wsa"} and cisco_w3c.is_header(text):
        return cisco_w3c.compile_header(text.strip())
    from parsers import apache_format, nginx_format  # noqa: PLC0415  (only where they are asked for)

    if vendor == "nginx" or (vendor is None and "$" in text):
        return nginx_format.compile_format(text)
    if vendor == "apache" or (vendor is None and "%" in text):
        return apache_format.compile_format(text)
    raise FormatError(text, 0, "neither nginx's $variables nor Apache's %directives are in it")


def _read(vendor: str | None, path: str) -> tuple[Configured, ...]:
    from parsers import apache_config, nginx_config  # noqa: PLC0415

    if vendor not in {None, "nginx", "apache"}:
        raise PathError(path, f"{vendor} has no configuration file that is read")
    if vendor is None:
        try:
            text = Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise PathError(path, error.strerror or "cannot be read") from error
        apaches = r"(?im)^\s*(?:LogFormat|CustomLog|ServerRoot|<VirtualHost|LoadModule|IncludeOptional)\b"
        vendor = "apache" if re.search(apaches, text) else "nginx"
    return nginx_config.read_config(path) if vendor == "nginx" else apache_config.read_config(path)
