"""A server's own format text, or its configuration → the formats that a caller told us of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from parsers import cisco_w3c
from parsers.errors import FormatError, PathError

if TYPE_CHECKING:
    from parsers.spec import Configured, Format

_ROTATED: Final = re.compile(
    r"(?:[-._](?:\d{8}(?:[-._T]?\d{2,6})?|\d{4}-\d\d-\d\d(?:[-._T]\d+)?|\d{1,4}|\d{10})|\.(?:gz|bz2|xz|zst|zip))+$"
)
"""What rotation adds to a name: `.1`, `.2.gz`, `-20260310.gz`, `.2026-03-10`, rotatelogs' ten-digit epoch."""

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

    def of(self, path: str) -> Format | None:
        """Return the format that the configuration gives to the log of this name, rotated or not."""
        name = _ROTATED.sub("", Path(path).name)
        for entry in self.configured:
            if entry.log is not None and _names(Path(entry.log).name, name):
                return entry.format
        return None

    def reason(self, form: Format) -> str:
        """Say who said so."""
        for entry in self.configured:
            if entry.format is form:
                return f"{entry.name} is configured at {entry.source}"
        return "the format was given"


def _names(configured: str, name: str) -> bool:
    """Whether a name in a configuration, which may hold variables, is that of a file."""
    parts = _VARIABLE.split(configured)
    return re.fullmatch(".+".join(re.escape(part) for part in parts), name) is not None


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
