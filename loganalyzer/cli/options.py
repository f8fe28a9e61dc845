"""The options that commands share: their types, and text → value."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Annotated, Final, Literal

import typer

Vendor = Literal["nginx", "apache", "cloudflare", "cisco_wsa"]
Language = Literal["en", "ko"]
Form = Literal["html", "json", "md"]
Assets = Literal["inline", "shared"]
Level = Literal["notice", "minor", "major", "critical"]

KEY_VARIABLE: Final = "LOGANALYZER_ANONYMIZE_KEY"
LONGEST_KEY: Final = 1 << 16
"""Bytes of a file that may be a key: who names a log by mistake is told so."""

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
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--log-format",
        metavar="TEXT",
        show_default=False,
        help="The server's own format text: nginx's $variables, Apache's %directives, a WSA's #Fields: line.",
    ),
]
ConfigOption = Annotated[
    str | None,
    typer.Option(
        "--server-config",
        metavar="FILE",
        show_default=False,
        help="An nginx.conf or httpd.conf: its formats, and which log uses which.",
    ),
]
FieldsOption = Annotated[
    str | None,
    typer.Option(
        "--fields",
        metavar="A,B,C",
        show_default=False,
        help="The columns of Cloudflare's CSV output that has no header line, as its job's field_names list them.",
    ),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="TIME",
        show_default=False,
        help="Only records from then on: 2026-03-10T14:00, 14:00, '2h ago', yesterday.",
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", show_default=False, help="Only records before then."),
]
WhereOption = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="EXPRESSION",
        show_default=False,
        help="Only these records: 'status>=500 path~/api', or SQL on the columns.",
    ),
]
ZoneOption = Annotated[
    str | None,
    typer.Option(
        "--tz",
        metavar="ZONE",
        show_default="the log's own offset, or UTC",
        help="Time zone of what is shown and of --since and --until, such as Asia/Seoul or +09:00.",
    ),
]
SpanZoneOption = Annotated[
    str | None,
    typer.Option(
        "--tz",
        metavar="ZONE",
        show_default="the log's own offset, or UTC",
        help="Time zone of --since and --until, such as Asia/Seoul or +09:00; records are written in UTC.",
    ),
]
RotatedOption = Annotated[
    bool,
    typer.Option(
        "--rotated", help="A file means all that was rotated of its log, too: access.log.1, access.log.2.gz …"
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
AnonymizeOption = Annotated[
    bool,
    typer.Option(
        "--anonymize",
        help="Pseudonyms for clients and users, the same everywhere in what is written, and with another key others.",
    ),
]
AnonymizeKeyOption = Annotated[
    str | None,
    typer.Option(
        "--anonymize-key",
        metavar="FILE",
        show_default="a new key for every run",
        help=f"Anonymize with the key in a file, or in {KEY_VARIABLE}: the same pseudonyms in every run with it.",
    ),
]
NoProgressOption = Annotated[bool, typer.Option("--no-progress", help="No progress bar.")]

_UNITS: Final = {
    "": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40,
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What the commands that read share; times are as given, and naive ones lie in `zone`, or in the log's own.

    `key` makes pseudonyms for clients and users, who are shown as logged where it is null.
    """

    paths: tuple[str, ...]
    vendor: Vendor | None
    servers: dict[str, str]
    max_expansion: float
    quiet: bool
    progress: bool
    log_format: str | None = None
    server_config: str | None = None
    fields: str | None = None
    since: str | None = None
    until: str | None = None
    where: str | None = None
    zone: tzinfo | None = None
    rotated: bool = False
    key: bytes | None = None


def reading(
    paths: list[str],
    *,
    vendor: Vendor | None,
    max_expansion: float,
    no_progress: bool,
    labels: list[str] | None = None,
    quiet: bool = False,
    log_format: str | None = None,
    server_config: str | None = None,
    fields: str | None = None,
    since: str | None = None,
    until: str | None = None,
    where: str | None = None,
    tz: str | None = None,
    rotated: bool = False,
    anonymize: bool = False,
    anonymize_key: str | None = None,
) -> Reading:
    """Return the shared options, checked."""
    if log_format is not None and server_config is not None:
        raise typer.BadParameter("give it or --server-config, not both", param_hint="'--log-format'")
    return Reading(
        paths=tuple(paths),
        vendor=vendor,
        servers=servers(labels or [], paths),
        max_expansion=max_expansion,
        quiet=quiet,
        progress=not (quiet or no_progress),
        log_format=log_format,
        server_config=server_config,
        fields=fields,
        since=since,
        until=until,
        where=where,
        zone=zone(tz),
        rotated=rotated,
        key=key_of(anonymize_key) if anonymize or anonymize_key is not None else None,
    )


def key_of(path: str | None) -> bytes:
    """Return the key for pseudonyms: of the file, else of the environment, else one that nobody else has."""
    from parsers.pseudonyms import LEAST_KEY

    key, hint = os.environ.get(KEY_VARIABLE, "").encode(errors="surrogateescape").strip(), KEY_VARIABLE
    if path is not None:
        hint = f"'--anonymize-key' {path}"
        try:
            with open(path, "rb") as file:  # noqa: PTH123  (a path is text here)
                key = file.read(LONGEST_KEY + 1).strip()
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            why = getattr(error, "strerror", None) or "not a usable file name"
            raise typer.BadParameter(why, param_hint=hint) from error
    elif not key:
        return secrets.token_bytes(32)
    if not LEAST_KEY <= len(key) <= LONGEST_KEY:
        raise typer.BadParameter(
            f"{len(key) if len(key) < LEAST_KEY else f'more than {LONGEST_KEY:,}'} bytes are no key: it has "
            f"{LEAST_KEY} or more, such as head -c 32 /dev/urandom | base64 writes",
            param_hint=hint,
        )
    return key


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


def zone(text: str | None) -> tzinfo | None:
    """Return the time zone of an IANA name or of an offset such as +09:00; null without one."""
    if text is None:
        return None
    if text.upper() in {"UTC", "Z"}:
        return UTC
    if offset := re.fullmatch(r"([+-])(\d\d):?([0-5]\d)", text):
        size = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        if size < timedelta(days=1):
            return timezone(-size if offset[1] == "-" else size)
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError) as error:  # unknown; no name at all; the name of a folder of zones
        raise typer.BadParameter(
            f"{text!r} is no time zone known here; names look like Asia/Seoul, offsets like +09:00",
            param_hint="'--tz'",
        ) from error
