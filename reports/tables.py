"""Analysis → its tables as they are given away: secrets masked, sentences added, and a README of what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.analysis import EXPORTS
from reports.logtext import MAY_HIDE, bounded
from reports.verdicts import sentence
from reports.words import Words, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.analysis import Analysis, Export

__all__ = ["EXPORTS", "columns_of", "frame", "readme"]

SENTENCES: Final = {
    "incidents": "title",
    "findings": "sentence",
    "diagnosis": "sentence",
    "notes": "sentence",
}
"""Tables that have a column of words, and its name."""

LIMIT: Final = 4_096
"""Characters of one text of a log, as in the JSON result."""


def frame(export: Export, analysis: Analysis, words: Words) -> pl.DataFrame:
    """Return one table, masked, with the sentence of a row where it has one."""
    made = analysis.tables[export.name]
    made = made.with_columns(_masked(made[name]) for name in made.columns if name in export.log_text)
    if export.name in SENTENCES:
        told = pl.Series(SENTENCES[export.name], _sentences(export.name, analysis, words), pl.String())
        made = made.with_columns(told)
    return made


def _masked(texts: pl.Series) -> pl.Series:
    """Return texts masked and cut; only those that may hide something, or are too long, are looked at one by one."""
    looked = (texts.str.contains(MAY_HIDE) | (texts.str.len_chars() > LIMIT)).fill_null(value=False)
    distinct = texts.filter(looked).unique()
    if not distinct.len():
        return texts
    masked = {text: hidden for text in distinct.to_list() if (hidden := bounded(text, LIMIT)) != text}
    return texts.replace(list(masked), list(masked.values())) if masked else texts


def _sentences(name: str, analysis: Analysis, words: Words) -> list[str]:
    if name == "incidents":
        members = ([analysis.finding_of[one] for one in incident.findings] for incident in analysis.incidents)
        return [plain(words.title(some)) for some in members]
    if name == "findings":
        return [plain(words.graded(finding)) for finding in analysis.findings]
    if name == "notes":
        return [plain(words.note(note)) for note in analysis.notes]
    over_all = [one for _, some in analysis.diagnosis for one in some]
    of_findings = [one for finding in analysis.findings for one in finding.diagnosis]
    return [plain(sentence(one, words)) for one in [*over_all, *of_findings]]


def columns_of(export: Export) -> Iterator[tuple[str, str, str]]:
    """Yield name, dtype and meaning of each column."""
    for name, (dtype, meaning) in export.columns.items():
        yield name, str(dtype), meaning
    if export.name in SENTENCES:
        yield SENTENCES[export.name], "String", "the row in words"


TITLE: Final = "# Tables of an analysis"
"""First line of the README of a folder of tables, by which one is known."""


def readme(analysis: Analysis, version: str) -> str:
    """Return what the tables are: rows, columns with units, and by how much a bounded one may be short."""
    lines = [
        TITLE,
        "",
        f"Written by loganalyzer {version}".rstrip()
        + ". Each table stands here as CSV (UTF-8, a header line) and as Parquet.",
        'Times are UTC. An empty cell is null, `""` an empty text. In CSV a text that begins with `=`, `+`, `-`, `@`,',
        "a tab or a carriage return has a `'` in front, so that no spreadsheet takes it for a formula; not in Parquet.",
        f"Secrets are masked as in every report; a text has at most {LIMIT:,} characters.",
    ]
    if analysis.anonymized:
        lines += [
            "Clients and users are pseudonyms, the same in all tables and in the report of the same run."
        ]
    for export in EXPORTS:
        lines += ["", f"## {export.name}", "", f"{export.rows[0].upper()}{export.rows[1:]}.", ""]
        if export.bound:
            lines += [f"Bound: {export.bound}.", ""]
        lines += ["| column | dtype | meaning |", "| --- | --- | --- |"]
        lines += [f"| `{name}` | {dtype} | {meaning} |" for name, dtype, meaning in columns_of(export)]
    bounded = analysis.tables["bounds"]
    if bounded.height:
        lines += ["", "## What is bounded here", ""]
        lines += [
            f"- {vendor}, {dimension}: a count may be too small by {bound:,} at most"
            for vendor, dimension, bound in bounded.iter_rows()
        ]
    return "\n".join(lines) + "\n"
