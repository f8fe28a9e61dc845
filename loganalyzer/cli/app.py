"""The commands and their options: arguments → a job to run."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from loganalyzer.cli.exits import Exit
from loganalyzer.cli.options import (
    AnonymizeKeyOption,
    AnonymizeOption,
    Assets,
    ConfigOption,
    ExpansionOption,
    FieldsOption,
    Form,
    FormatOption,
    LabelOption,
    LanguageOption,
    Level,
    NoProgressOption,
    Paths,
    QuietOption,
    RotatedOption,
    SinceOption,
    SpanZoneOption,
    UntilOption,
    VendorOption,
    WhereOption,
    ZoneOption,
    reading,
    size,
)
from loganalyzer.cli.terminal import PROGRAM

# Plain help: what stands in brackets is text, not markup, and nothing but Typer is imported for it.
app = typer.Typer(
    add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=False
)


@dataclass(frozen=True)
class Job:
    """What the arguments ask for."""

    run: Callable[[], Exit]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{PROGRAM} {version()}")
        raise typer.Exit


def version() -> str:
    """Return the version of the installed program."""
    from importlib import metadata

    try:
        return metadata.version(PROGRAM)
    except metadata.PackageNotFoundError:  # run from a folder, without being installed
        return "unknown"


@app.callback(
    invoke_without_command=True,
    epilog="""\b
Examples:
  loganalyzer analyze /var/log/nginx
  loganalyzer explain 499

Exit codes: 0 done, 2 wrong call, 3 nothing could be read, 4 a part could not be read, 5 an output could not be
written, 10 --fail-on found something, 1 a defect of the program.""",
)
def overview(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Read the access logs of nginx, Apache, Cloudflare and Cisco WSA and explain what happened in them."""
    if context.invoked_subcommand is None:
        commands = ", ".join(command.name or "" for command in app.registered_commands)
        raise typer.BadParameter(f"name a command: {commands}", context, param_hint="'COMMAND'")


@app.command(
    name="analyze",
    epilog="""\b
Examples:
  loganalyzer analyze /var/log/nginx
  loganalyzer analyze logs/ -o report.html -o result.json --title "Checkout outage"
  loganalyzer analyze access.log.1 -o /srv/reports/nightly.html --fail-on major --quiet
  loganalyzer analyze /var/log/nginx --server-config /etc/nginx/nginx.conf --since '2h ago'
  loganalyzer analyze /var/log/nginx/access.log --rotated --since yesterday --tz Asia/Seoul
  loganalyzer analyze access.log.1 -o /srv/reports/2026-03-10.html --assets shared
  loganalyzer analyze logs/ --anonymize -o for-the-vendor.html --tables tables/
  ssh web1 cat /var/log/nginx/access.log | loganalyzer analyze - -o - --format md""",
)
def analyze(
    paths: Paths,
    output: Annotated[
        list[str] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default="loganalyzer-report.html",
            help="A file .html, .json or .md, or - for standard output; may be repeated.",
        ),
    ] = None,
    tables: Annotated[
        str | None,
        typer.Option(
            "--tables",
            metavar="DIR",
            show_default=False,
            help="Also write every table as CSV and Parquet into a folder, with a README of rows, columns and units.",
        ),
    ] = None,
    form: Annotated[
        Form | None, typer.Option("--format", show_default=False, help="What -o - writes.")
    ] = None,
    assets: Annotated[
        Assets,
        typer.Option(
            "--assets",
            help="shared: the script of the figures lies once beside all pages of a folder, each of at most 400 kB.",
        ),
    ] = "inline",
    fail_on: Annotated[
        Level | None,
        typer.Option(
            "--fail-on", show_default=False, help="Exit with 10 when a finding is at or above this level."
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", metavar="TEXT", show_default=False, help="Title of the report.")
    ] = None,
    vendor: VendorOption = None,
    log_format: FormatOption = None,
    server_config: ConfigOption = None,
    fields: FieldsOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    where: WhereOption = None,
    rotated: RotatedOption = False,
    label: LabelOption = None,
    lang: LanguageOption = "en",
    tz: ZoneOption = None,
    max_expansion: ExpansionOption = 200.0,
    spool_limit: Annotated[
        str,
        typer.Option(
            "--spool-limit", metavar="SIZE", help="How much of a stream is kept on disk for a second look."
        ),
    ] = "4GiB",
    anonymize: AnonymizeOption = False,
    anonymize_key: AnonymizeKeyOption = None,
    quiet: QuietOption = False,
    no_progress: NoProgressOption = False,
) -> Job:
    """Read logs, find what went wrong, explain it, and write the report."""
    call = reading(
        paths,
        vendor=vendor,
        labels=label,
        max_expansion=max_expansion,
        quiet=quiet,
        no_progress=no_progress,
        log_format=log_format,
        server_config=server_config,
        fields=fields,
        since=since,
        until=until,
        where=where,
        tz=tz,
        rotated=rotated,
        anonymize=anonymize,
        anonymize_key=anonymize_key,
    )
    kept = size(spool_limit)

    def run() -> Exit:
        from loganalyzer.cli import report

        outputs = report.outputs(output or (), form)
        wanted = report.Wanted(outputs, title, lang, version(), fail_on, tables, assets)
        return report.analyze(call, wanted, spool_limit=kept)

    return Job(run)


@app.command(
    name="parse",
    epilog="""\b
Examples:
  loganalyzer parse access.log --where 'status>=500' | head
  loganalyzer parse /var/log/nginx -o records.parquet --rejects rejected.ndjson
  zcat access.log.*.gz | loganalyzer parse - -o records.csv --columns timestamp,client,status,target""",
)
def parse(
    paths: Paths,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="A file .ndjson, .csv or .parquet; - for NDJSON on standard output.",
        ),
    ] = "-",
    rejects: Annotated[
        str | None,
        typer.Option(
            "--rejects", metavar="FILE", show_default=False, help="Write every rejected line as NDJSON."
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns", metavar="A,B", show_default=False, help="Only these columns, in this order."
        ),
    ] = None,
    vendor: VendorOption = None,
    log_format: FormatOption = None,
    server_config: ConfigOption = None,
    fields: FieldsOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    where: WhereOption = None,
    rotated: RotatedOption = False,
    label: LabelOption = None,
    tz: SpanZoneOption = None,
    max_expansion: ExpansionOption = 200.0,
    lang: LanguageOption = "en",
    anonymize: AnonymizeOption = False,
    anonymize_key: AnonymizeKeyOption = None,
    quiet: QuietOption = False,
    no_progress: NoProgressOption = False,
) -> Job:
    """Write canonical records, one per log line, in input order."""
    call = reading(
        paths,
        vendor=vendor,
        labels=label,
        max_expansion=max_expansion,
        quiet=quiet,
        no_progress=no_progress,
        log_format=log_format,
        server_config=server_config,
        fields=fields,
        since=since,
        until=until,
        where=where,
        tz=tz,
        rotated=rotated,
        anonymize=anonymize,
        anonymize_key=anonymize_key,
    )

    def run() -> Exit:
        from loganalyzer.cli import records

        wanted = records.check(output, rejects, columns)
        return records.parse(call, output=output, rejects=rejects, columns=wanted, lang=lang)

    return Job(run)


@app.command(
    name="doctor",
    epilog="""\b
Examples:
  loganalyzer doctor access.log
  loganalyzer doctor access.log --suggest
  loganalyzer doctor /var/log --json""",
)
def doctor(
    paths: Paths,
    vendor: VendorOption = None,
    log_format: FormatOption = None,
    server_config: ConfigOption = None,
    fields: FieldsOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    where: WhereOption = None,
    rotated: RotatedOption = False,
    tz: SpanZoneOption = None,
    max_expansion: ExpansionOption = 200.0,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Derive a --log-format from lines that no format reads.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    lang: LanguageOption = "en",
    anonymize: AnonymizeOption = False,
    anonymize_key: AnonymizeKeyOption = None,
    no_progress: NoProgressOption = False,
) -> Job:
    """Say what each file was taken for and why, what does not fit and where, and what would help."""
    call = reading(
        paths,
        vendor=vendor,
        max_expansion=max_expansion,
        no_progress=no_progress,
        log_format=log_format,
        server_config=server_config,
        fields=fields,
        since=since,
        until=until,
        where=where,
        tz=tz,
        rotated=rotated,
        anonymize=anonymize,
        anonymize_key=anonymize_key,
    )

    def run() -> Exit:
        from loganalyzer.cli import doctor as command

        return command.doctor(call, as_json=as_json, suggest=suggest, lang=lang)

    return Job(run)


@app.command(
    name="explain",
    epilog="""\b
Examples:
  loganalyzer explain 499 --vendor nginx
  loganalyzer explain 504 --lang ko
  loganalyzer explain --json""",
)
def explain(
    code: Annotated[
        str | None,
        typer.Argument(metavar="[CODE]", show_default=False, help="Three digits; without it, all of them."),
    ] = None,
    vendor: VendorOption = None,
    lang: LanguageOption = "en",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> Job:
    """Say what a status code means, per vendor and per document."""

    def run() -> Exit:
        from loganalyzer.cli import explanations

        return explanations.explain(code, vendor=vendor, lang=lang, as_json=as_json)

    if code is not None and re.fullmatch("[0-9]{3}", code) is None:
        raise typer.BadParameter(
            f"{code!r} is no status code: three digits, such as 499", param_hint="'CODE'"
        )
    return Job(run)
