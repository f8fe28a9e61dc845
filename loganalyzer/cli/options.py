"""The options that commands share: their types, and text → value."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Annotated, Final, Literal

import typer

Vendor = Literal["nginx", "apache", "cloudflare", "cisco_wsa"]
Language = Literal["en", "ko"]
Form = Literal["html", "json", "md"]
Level = Literal["notice", "minor", "major", "critical"]

Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH", show_default=False, help="Files, folders, patterns, or - for standard input."
    ),
]
VendorOption = Annotated[
    Vendor | None,
    typer.Option("--vendor", show_default=False, help="Whose logs they are; nothing is guessed then."),
]
LabelOption = Annotated[
    list[str] | None,
    typer.Option(
        "--label", metavar="NAME=PATH", show_default=False, help="The server that a PATH stands for."
    ),
]
ExpansionOption = Annotated[
    float,
    typer.Option(
        "--max-expansion",
        min=1,
        metavar="TIMES",
        help="How many times its size a compressed file may unfold to.",
    ),
]
LanguageOption = Annotated[Language, typer.Option("--lang", help="Language of the words.")]
QuietOption = Annotated[
    bool, typer.Option("--quiet", help="No summary and no progress; problems are still named.")
]
NoProgressOption = Annotated[bool, typer.Option("--no-progress", help="No progress bar.")]

_UNITS: Final = {
    "": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40,
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What the commands that read share."""

    paths: tuple[str, ...]
    vendor: Vendor | None
    servers: dict[str, str]
    max_expansion: float
    quiet: bool
    progress: bool


def reading(
    paths: list[str],
    *,
    vendor: Vendor | None,
    max_expansion: float,
    no_progress: bool,
    labels: list[str] | None = None,
    quiet: bool = False,
) -> Reading:
    """Return the shared options, checked."""
    progress = not (quiet or no_progress)
    return Reading(tuple(paths), vendor, servers(labels or [], paths), max_expansion, quiet, progress)


def size(text: str) -> int:
    """Return a number of bytes.

    >>> size("4GiB"), size("1.5 MB"), size("4096")
    (4294967296, 1500000, 4096)
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]i?B|B|)", text.strip(), re.IGNORECASE)
    if match is None:
        raise typer.BadParameter(
            f"{text!r} is no size such as 4GiB, 500MB or 4096", param_hint="'--spool-limit'"
        )
    return int(float(match[1]) * _UNITS[match[2].upper()])


def servers(labels: list[str], paths: list[str]) -> dict[str, str]:
    """Return PATH as given → NAME.

    >>> servers(["web1=logs/"], ["logs"])
    {'logs': 'web1'}
    """
    given = {os.path.normpath(path): path for path in paths}
    named: dict[str, str] = {}
    for label in labels:
        name, equals, path = label.partition("=")
        if not (name.strip() and name.isprintable() and equals and path):
            raise typer.BadParameter(f"{label!r} is not NAME=PATH", param_hint="'--label'")
        whose = given.get(os.path.normpath(path))
        if whose is None:
            raise typer.BadParameter(f"{path!r} is not one of the PATHs", param_hint="'--label'")
        if named.setdefault(whose, name) != name:
            raise typer.BadParameter(f"{path!r} has two names", param_hint="'--label'")
    return named


def zone(text: str | None) -> tzinfo:
    """Return the time zone of an IANA name; UTC without one."""
    if text is None or text.upper() == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError) as error:  # unknown; no name at all; the name of a folder of zones
        raise typer.BadParameter(
            f"{text!r} is no time zone known here; names look like Asia/Seoul", param_hint="'--tz'"
        ) from error
