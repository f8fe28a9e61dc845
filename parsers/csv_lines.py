r"""Lines of delimited values + a declaration → their fields as text; a field in quotes may hold a line break.

A line is looked at alone first: where it has the fields that the declaration names, it is a record. Only what is left
over is joined to what follows it, up to the line that closes the quote: a quote that nobody closed costs its own line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import polars as pl

from parsers.records import ROW, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from parsers.spec import CsvFormat

MOST_LINES: Final = 1_000
MOST_BYTES: Final = 1 << 20
"""Lines and bytes of a record that goes over several lines."""

SHIFTS: Final = 3
"""Lines given up ahead of a record over several lines, where broken ones stand before it."""

MOST_FIELDS: Final = 512
"""Fields that a header may name; the data set has about 120."""


@lru_cache(maxsize=1024)
def pattern_of(fields: int, delimiter: str, *, groups: bool = False, whole: bool = True) -> str:
    """Return the pattern of a record of so many fields, or of its first fields where it is not `whole`.

    A field is quoted, every quote in it doubled, or it holds neither delimiters nor quotes.
    """
    edge = re.escape(delimiter)
    field = rf'"(?:[^"]|"")*"|[^"{edge}]*'
    return f"^{edge.join([f'({field})' if groups else f'(?:{field})'] * fields)}" + "$" * whole


def read(
    lines: pl.DataFrame, declaration: CsvFormat, wanted: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the records among the lines, and the other lines.

    Parameters
    ----------
    lines: `row` UInt32, `line` String.
    wanted: canonical columns that will be made.

    Returns
    -------
    `row`, `line` and a String column for each field that is needed, null where nothing stands between the delimiters,
    and what `declaration.shared` makes of them; the rest of the lines.
    """
    # The empty line of one field is not worth the trouble: every format here has at least two.
    fits = lines[TEXT].str.contains(pattern_of(len(declaration.fields), declaration.delimiter))
    sound = lines.filter(fits)
    values = _values(sound[TEXT], declaration, wanted)
    return sound.hstack(values).with_columns(**declaration.shared), lines.filter(~fits)


def _values(records: pl.Series, declaration: CsvFormat, wanted: Iterable[str]) -> pl.DataFrame:
    """Return the fields that are needed of records that fit: each is balanced in its quotes, none reaches the next."""
    places = _places(declaration, wanted)
    table = pl.scan_csv(
        records.str.join("\n").item().encode() if records.len() else b"",
        has_header=False,
        separator=declaration.delimiter,
        schema={str(place): pl.String() for place in range(len(declaration.fields))},
    )
    values = table.select(pl.col(str(place)).alias(name) for name, place in places.items())
    return values.collect(engine="in-memory")


def extracted(records: pl.Series, declaration: CsvFormat, wanted: Iterable[str]) -> pl.DataFrame:
    """Return the same as the reader of Polars does, by the pattern: slowly, and as the oracle of tests."""
    places = _places(declaration, wanted)
    pattern = pattern_of(max(places.values()) + 1, declaration.delimiter, groups=True, whole=False)
    field = {name: pl.col("_found").struct[place] for name, place in places.items()}
    return (
        records.str.extract_groups(pattern)
        .alias("_found")
        .to_frame()
        .select(
            pl.when(value.str.starts_with('"'))
            .then(
                value.str.slice(1, value.str.len_chars().cast(pl.Int64) - 2).str.replace_all(
                    '""', '"', literal=True
                )
            )
            .when(value != "")
            .then(value)
            .alias(name)
            for name, value in field.items()
        )
    )


def _places(declaration: CsvFormat, wanted: Iterable[str]) -> dict[str, int]:
    """Return the fields that these canonical columns, the time and the checks lean on, and where they stand first."""
    made = {"timestamp", "_out_of_range", *wanted} & declaration.columns.keys()
    names = {root for name in made for root in declaration.columns[name].meta.root_names()}
    names |= {root for name in declaration.shared for root in declaration.shared[name].meta.root_names()}
    return {
        name: declaration.fields.index(name) for name in dict.fromkeys(declaration.fields) if name in names
    }


@dataclass(frozen=True)
class Joined:
    """Lines that together are one record each: `records` (`row` of the first, `line`), and the `rows` of all."""

    records: pl.DataFrame
    rows: pl.Series


def joined(left: pl.DataFrame, declaration: CsvFormat) -> Joined:
    """Find records over several lines among those that are none alone, in the order of their rows."""
    fits = pl.col(TEXT).str.contains(pattern_of(len(declaration.fields), declaration.delimiter))
    found, rows = [left.clear()], [left[ROW].clear()]
    for _ in range(SHIFTS):
        if left.height < 2:  # noqa: PLR2004  # one line is no record over two
            break
        stretches = _stretches(left)
        whole = (
            stretches.filter(pl.col("_size").is_between(2, MOST_LINES) & (pl.col("_bytes") <= MOST_BYTES))
            .with_columns(pl.col(TEXT).list.join("\n"))
            .filter(fits)
        )
        found.append(whole.select(ROW, TEXT))
        taken = whole["_rows"].explode(empty_as_null=False)
        rows.append(taken)
        left = left.filter(~pl.col(ROW).is_in(taken.implode()))
        # A broken line may have opened the quote: the next go begins behind it.
        first = (pl.col(ROW).cast(pl.Int64).diff() != 1).fill_null(value=True)
        left = left.filter(~first)
    return Joined(pl.concat(found).sort(ROW), pl.concat(rows))


def _stretches(left: pl.DataFrame) -> pl.DataFrame:
    """Cut lines that follow each other at those behind which every quote is closed."""
    run = (pl.col(ROW).cast(pl.Int64).diff() != 1).fill_null(value=True).cum_sum()
    odd = pl.col(TEXT).str.count_matches('"', literal=True) % 2
    marked = left.with_columns(_run=run, _odd=odd).with_columns(
        _open=pl.col("_odd").cum_sum().over("_run") % 2
    )
    begins = pl.col("_open").shift(1, fill_value=0).over("_run") == 0
    return (
        marked.with_columns(
            _part=(begins | (pl.col("_run") != pl.col("_run").shift(1, fill_value=0))).cum_sum()
        )
        .group_by("_part", maintain_order=True)
        .agg(
            pl.col(ROW).first(),
            pl.col(ROW).alias("_rows"),
            pl.col(TEXT),
            pl.len().alias("_size"),
            (pl.col(TEXT).str.len_bytes() + 1).sum().alias("_bytes"),
        )
    )
