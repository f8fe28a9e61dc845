"""The commands and their options: arguments → a job to run."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from loganalyzer.cli.exits import Exit
from loganalyzer.cli.options import (
    ExpansionOption,
    LabelOption,
    LanguageOption,
    NoProgressOption,
    Paths,
    QuietOption,
    VendorOption,
    reading,
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
        return "(not installed)"


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
    name="parse",
    epilog="""\b
Examples:
  loganalyzer parse access.log | head
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
    label: LabelOption = None,
    max_expansion: ExpansionOption = 200.0,
    quiet: QuietOption = False,
    no_progress: NoProgressOption = False,
) -> Job:
    """Write canonical records, one per log line, in input order."""
    call = reading(
        paths, vendor=vendor, labels=label, max_expansion=max_expansion, quiet=quiet, no_progress=no_progress
    )

    def run() -> Exit:
        from loganalyzer.cli import records

        wanted = records.check(output, columns)
        return records.parse(call, output=output, rejects=rejects, columns=wanted)

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
