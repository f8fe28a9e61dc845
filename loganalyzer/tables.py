"""Batches of records → Tables: every small aggregate the program needs, mergeable.

`Tables.of(batch)` and `merge(parts)` form a monoid: grid counts and the ledger merge exactly, for any split and any
order of the input; value tables are exact below `KEYS` distinct keys of a dimension and above it are Misra-Gries
summaries that carry their error bound.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from loganalyzer.aggregates import clients, handling, latency, missing, steps, symptoms, unread, waits
from loganalyzer.aggregates.grouping import (
    OTHER,
    constant,
    grouped,
    own,
    summed,
    summed_over,
    tally,
    unreached,
)
from loganalyzer.aggregates.part import TEXTS, Part
from parsers.schema import ROLE, TIMESTAMP, VENDOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from parsers import Batch

COLUMNS: Final = (
    "vendor", "server", "format", "timestamp", "duration_s", "role", "status", "upstream_status", "cache", "host",
    "weight", "bytes_sent", "path", "client", "user_agent", "method", "upstream", "user", "country", "action",
    "category", "policy", "line", "target", "protocol", "referrer", "bytes_received",
)  # fmt: skip
"""Canonical columns that Tables are made of."""

MINUTES_KEYS: Final = pl.Schema(
    {
        "vendor": VENDOR,
        "server": pl.String(),
        "host": pl.String(),
        "minute": TIMESTAMP,
        "role": ROLE,
        "status": pl.Int16(),
        "upstream_status": pl.Int16(),
        "unreached": pl.Boolean(),
    }
)
"""Keys of `Tables.minutes`.

`host` is null for WSA (its hosts are destinations: see `values`) and bounded to `HOSTS` and `OTHER` elsewhere.
`minute` is the start of the minute in which the request began (nginx, WSA: timestamp − duration where known and at
most 300 s). `unreached`: true when the line itself says that no origin answered (Cloudflare 520–527, 530, and
502/504 with origin status 0; WSA 502/503/504 with result NONE), false otherwise.
"""

MINUTES_SUMS: Final = pl.Schema({"records": pl.Int64(), "weight": pl.Float64(), "bytes_sent": pl.Int64()})

DIMENSIONS: Final = TEXTS

VALUES_KEYS: Final = pl.Schema(
    {
        "day": pl.Date(),
        "vendor": VENDOR,
        "server": pl.String(),
        "dimension": pl.Enum(DIMENSIONS),
        "value": pl.String(),
    }
)
"""Keys of `Tables.values` and, with `status`, of `Tables.failures`; only records of role `request` are in them."""

KEYS: Final = 200_000
"""Distinct values of a dimension that are counted exactly; more are summarised."""

HOSTS: Final = 200

REJECTS: Final = 1_000
"""Rejected lines kept as examples; all are counted."""

NO_STATUS: Final = -(1 << 15)
"""Stands for a status that was not logged where numbers are packed."""
_OF_KEYS: Final = {"day": pl.Date(), "status": pl.Int16()}

_FOLD_PARTS: Final = 8
_FOLD_ROWS: Final = 400_000
"""Parts, and rows of merged ones, at which they are folded: seldom enough to be cheap, early enough to stay small."""


@dataclass(frozen=True)
class SourceLedger:
    """Where every line of one source went, and what was found in its records.

    `present` counts, column by column, the records that have a value.
    """

    lines: int = 0
    records: int = 0
    blank: int = 0
    filtered: int = 0
    replaced: int = 0
    sampled: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    formats: dict[str, int] = field(default_factory=dict)
    present: dict[str, int] = field(default_factory=dict)


_CHUNKS: Final = pl.Schema(
    {
        "source": pl.Int64(),
        "vendor": VENDOR,
        "server": pl.String(),
        "offset": pl.Int64(),
        "first_line": pl.Int64(),
        "start": TIMESTAMP,
        "end": TIMESTAMP,
    }
)

_REJECTS: Final = pl.Schema(
    {
        "source": pl.Int64(),
        "path": pl.String(),
        "line": pl.UInt64(),
        "reason": pl.String(),
        "text": pl.String(),
    }
)


@dataclass(frozen=True)
class Tables:
    """Small aggregates of any number of records.

    Attributes
    ----------
    minutes: one row per distinct `MINUTES_KEYS`, with `MINUTES_SUMS`; no order.
    values: `VALUES_KEYS` → `records` Int64, `credit` Int64 (what keeps a value from being dropped).
    failures: `VALUES_KEYS` and `status` Int16 → `records` Int64, for 4xx, 5xx and statuses outside 100–599.
    bounds: (vendor, dimension) → the most by which a count of `values` or `failures` may be too small.
    latency, waits, clients, symptoms, handling, missing, unread: the aggregates of those names, see their `KEYS` and
        `SUMS`.
    moments: `missing.MOMENTS`: when each path was last answered, and first missing.
    answers: `clients.ANSWERS`, which the clients of several parts are merged with.
    latency_total: `latency.TOTAL_KEYS` → `latency.SUMS`: how long requests took in all.
    latency_grain: place in `latency.GRAINS` of the rows of `latency`.
    steps: `steps.SCHEMA`: where the stamps of a source step back, the first `steps.MOST`.
    chunks: where which time lies in which source: `source` Int64 (its number in the scan), `vendor`, `server`,
        `offset`, `first_line` Int64, `start`, `end` the extremes of `timestamp` (null without records).
    ledgers: number of the source → its ledger.
    rejects: the first `REJECTS` rejected lines: `source`, `path`, `line`, `reason`, `text`.
    """

    minutes: pl.DataFrame
    values: pl.DataFrame
    failures: pl.DataFrame
    bounds: dict[tuple[str, str], int]
    latency: pl.DataFrame
    latency_total: pl.DataFrame
    latency_grain: int
    waits: pl.DataFrame
    clients: pl.DataFrame
    answers: pl.DataFrame
    symptoms: pl.DataFrame
    handling: pl.DataFrame
    missing: pl.DataFrame
    moments: pl.DataFrame
    unread: pl.DataFrame
    steps: pl.DataFrame
    chunks: pl.DataFrame
    ledgers: dict[int, SourceLedger]
    rejects: pl.DataFrame

    @property
    def coverage(self) -> pl.DataFrame:
        """Return `source` Int64, `vendor`, `server`, `start`, `end`: one row per source with records, by number."""
        return (
            self.chunks.filter(pl.col("start").is_not_null())
            .group_by("source", "vendor", "server")
            .agg(pl.col("start").min(), pl.col("end").max())
            .sort("source")
        )

    @staticmethod
    @cache
    def empty() -> Tables:
        """Return the Tables of nothing."""
        return Tables(
            minutes=pl.DataFrame(schema={**MINUTES_KEYS, **MINUTES_SUMS}),
            values=pl.DataFrame(schema={**VALUES_KEYS, "records": pl.Int64(), "credit": pl.Int64()}),
            failures=pl.DataFrame(schema={**VALUES_KEYS, "status": pl.Int16(), "records": pl.Int64()}),
            bounds={},
            latency=latency.NOTHING,
            latency_total=latency.NOTHING_IN_TOTAL,
            latency_grain=0,
            waits=waits.NOTHING,
            clients=clients.NOTHING,
            answers=clients.NO_ANSWERS,
            symptoms=symptoms.NOTHING,
            handling=handling.NOTHING,
            missing=missing.NOTHING,
            moments=missing.NO_MOMENTS,
            unread=unread.NOTHING,
            steps=steps.NOTHING,
            chunks=pl.DataFrame(schema=_CHUNKS),
            ledgers={},
            rejects=pl.DataFrame(schema=_REJECTS),
        )

    @staticmethod
    def of(batch: Batch) -> Tables:
        """Return the Tables of one batch, which holds the columns `COLUMNS`."""
        return Tables.of_all([batch])

    @staticmethod
    def of_all(batches: Sequence[Batch]) -> Tables:
        """Return the Tables of at least one batch; all are of one server."""
        # A file may mix vendors; what a status or a stamp means depends on whose it is.
        of_each = [_by_vendor(batch.records) for batch in batches]
        of_one = of_each[0]
        if len(batches) > 1:  # in one piece, which is grouped faster
            of_one = _by_vendor(pl.concat([batch.records for batch in batches]).rechunk())
        parts = [Part(some) for some in of_one if some.height]
        counted = [counted_values(part) for part in parts]
        times = [latency.of(part) for part in parts]
        asked = [clients.of(part) for part in parts]
        none = Tables.empty()
        return Tables(
            minutes=pl.concat([none.minutes, *[_minutes(part) for part in parts]]),
            values=pl.concat([none.values, *[values for values, _ in counted]]),
            failures=pl.concat([none.failures, *[failures for _, failures in counted]]),
            bounds={},
            latency=pl.concat([none.latency, *[rows for rows, _ in times]]),
            latency_total=pl.concat([none.latency_total, *[total for _, total in times]]),
            latency_grain=0,
            waits=pl.concat([none.waits, *[waits.of(part) for part in parts]]),
            clients=pl.concat([none.clients, *[denied for denied, _ in asked]]),
            answers=pl.concat([none.answers, *[answers for _, answers in asked]]),
            symptoms=pl.concat([none.symptoms, *[symptoms.of(part) for part in parts]]),
            handling=pl.concat([none.handling, *[handling.of(part) for part in parts]]),
            missing=pl.concat([none.missing, *[missing.of(part) for part in parts]]),
            moments=pl.concat([none.moments, *[missing.moments(part) for part in parts]]),
            unread=summed([unread.of(batch) for batch in batches], unread.KEYS, unread.SUMS),
            steps=steps.merged([steps.of(batch) for batch in batches]),
            chunks=pl.DataFrame(
                [
                    {
                        "source": batch.number,
                        "vendor": some["vendor"].first(),
                        "server": batch.server,
                        "offset": batch.offset,
                        "first_line": batch.first_line,
                        "start": some["timestamp"].min(),
                        "end": some["timestamp"].max(),
                    }
                    for batch, each in zip(batches, of_each, strict=True)
                    for some in each
                ],
                schema=_CHUNKS,
            ),
            ledgers=_ledgers(batches),
            rejects=pl.concat(
                [none.rejects, *[_examples(batch) for batch in batches if batch.rejects.height]]
            ).head(REJECTS),
        )


def _by_vendor(records: pl.DataFrame) -> list[pl.DataFrame]:
    return [records] if constant(records["vendor"]) else records.partition_by("vendor")


def _ledgers(batches: Sequence[Batch]) -> dict[int, SourceLedger]:
    """Return the number of each source → where the lines of its batches went."""
    ledgers: dict[int, SourceLedger] = {}
    for batch in batches:
        records = batch.records
        ledger = SourceLedger(
            lines=batch.lines,
            records=records.height,
            blank=batch.blank,
            filtered=batch.filtered,
            replaced=batch.replaced,
            sampled=int((records["weight"] != 1).sum()),
            rejected=_counts(batch.rejects["reason"].str.replace(r" \([\d,]+ bytes\)$", ""))
            if batch.rejects.height
            else {},
            skipped=batch.skipped,
            formats=_counts(records["format"]),
            present={
                column.name: column.len() - nulls
                for column in records.select(COLUMNS).iter_columns()
                if (nulls := column.null_count()) < column.len()
            },
        )
        number = batch.number
        ledgers[number] = _add(ledgers[number], ledger) if number in ledgers else ledger
    return ledgers


def _examples(batch: Batch) -> pl.DataFrame:
    """Return the first rejected lines of a batch."""
    return batch.rejects.head(REJECTS).select(
        pl.lit(batch.number, pl.Int64()).alias("source"),
        pl.lit(batch.path).alias("path"),
        "line",
        "reason",
        own(pl.col("text").str.slice(0, 2_000)).alias("text"),
    )


def merge(parts: Sequence[Tables]) -> Tables:
    """Return the Tables of everything that the parts are of."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return Tables.empty()
    bounds: dict[tuple[str, str], int] = {}
    for part in parts:
        for key, bound in part.bounds.items():
            bounds[key] = bounds.get(key, 0) + bound
    rows, total, grain = latency.merged(
        [(part.latency, part.latency_total, part.latency_grain) for part in parts]
    )
    denied, answers = clients.merged([(part.clients, part.answers) for part in parts])
    values = summed([part.values for part in parts], list(VALUES_KEYS), ["records", "credit"])
    failures = summed([part.failures for part in parts], [*VALUES_KEYS, "status"], ["records"])
    values, failures, more = _bounded(values, failures)
    for key, bound in more.items():
        bounds[key] = bounds.get(key, 0) + bound
    ledgers: dict[int, SourceLedger] = {}
    for part in parts:
        for number, ledger in part.ledgers.items():
            ledgers[number] = _add(ledgers[number], ledger) if number in ledgers else ledger
    return Tables(
        minutes=_with_few_hosts(
            summed_over("minute", [part.minutes for part in parts], MINUTES_KEYS, MINUTES_SUMS)
        ),
        values=values,
        failures=failures,
        bounds=bounds,
        latency=rows,
        latency_total=total,
        latency_grain=grain,
        waits=summed_over("start", [part.waits for part in parts], waits.KEYS, waits.SUMS),
        clients=denied,
        answers=answers,
        symptoms=symptoms.merged([part.symptoms for part in parts]),
        handling=handling.merged([part.handling for part in parts]),
        missing=missing.merged([part.missing for part in parts]),
        moments=missing.merged_moments([part.moments for part in parts]),
        unread=summed_over("minute", [part.unread for part in parts], unread.KEYS, unread.SUMS),
        steps=steps.merged([part.steps for part in parts]),
        chunks=pl.concat([part.chunks for part in parts]).sort("source", "offset"),
        ledgers=ledgers,
        rejects=pl.concat([part.rejects for part in parts]).sort("source", "line").head(REJECTS),
    )


def fold(parts: Iterable[Tables]) -> Tables:
    """Merge a stream of parts in bounded memory.

    A few parts are merged among themselves first: the total is large, and must not be merged anew for every one.
    """
    total = Tables.empty()
    merged: list[Tables] = []
    fresh: list[Tables] = []
    for part in parts:
        fresh.append(part)
        if len(fresh) < _FOLD_PARTS:
            continue
        merged.append(merge(fresh))
        fresh = []
        if len(merged) >= _FOLD_PARTS or sum(_rows(tables) for tables in merged) > _FOLD_ROWS:
            total = merge([total, *merged])
            merged = []
    return merge([total, *merged, *fresh])


def _rows(tables: Tables) -> int:
    frames = (tables.minutes, tables.values, tables.failures, tables.latency, tables.clients)
    return sum(frame.height for frame in frames)


def _counts(values: pl.Series) -> dict[str, int]:
    if values.len() == 0:
        return {}
    counted = values.value_counts(sort=True, name="_n")
    return dict(zip(counted[values.name].to_list(), counted["_n"].to_list(), strict=True))


def _add(a: SourceLedger, b: SourceLedger) -> SourceLedger:
    def both(x: dict[str, int], y: dict[str, int]) -> dict[str, int]:
        return {key: x.get(key, 0) + y.get(key, 0) for key in sorted({*x, *y})}

    return SourceLedger(
        a.lines + b.lines,
        a.records + b.records,
        a.blank + b.blank,
        a.filtered + b.filtered,
        a.replaced + b.replaced,
        a.sampled + b.sampled,
        both(a.rejected, b.rejected),
        both(a.skipped, b.skipped),
        both(a.formats, b.formats),
        both(a.present, b.present),
    )


def _minutes(part: Part) -> pl.DataFrame:
    records, vendor = part.records, part.vendor
    frame = records.select(
        "vendor",
        "server",
        (pl.lit(None, pl.String()) if vendor == "cisco_wsa" else pl.col("host")).alias("host"),
        part.minute,
        "role",
        "status",
        "upstream_status",
        unreached(vendor).alias("unreached"),
        "weight",
        "bytes_sent",
    )
    sums = [
        pl.len().cast(pl.Int64).alias("records"),
        pl.col("weight").sum()
        if not constant(frame["weight"])
        else (pl.len() * frame["weight"][0]).alias("weight"),
        pl.col("bytes_sent").sum(),
    ]
    schema = {**MINUTES_KEYS, **MINUTES_SUMS}
    made = (
        grouped(frame, list(MINUTES_KEYS), sums)
        .with_columns((pl.col("minute") * 60_000_000).cast(TIMESTAMP))
        .select([pl.col(name).cast(dtype) for name, dtype in schema.items()])
        .with_columns(host=own(pl.col("host")))
        .collect(engine="in-memory")
    )
    return _with_few_hosts(made)


def _with_few_hosts(minutes: pl.DataFrame) -> pl.DataFrame:
    """Keep the `HOSTS` busiest hosts of a vendor; below twice as many all stay, so that they merge exactly."""
    if minutes["host"].null_count() == minutes.height or minutes["host"].n_unique() <= 2 * HOSTS:
        return minutes
    busiest = (
        minutes.filter(pl.col("host").is_not_null() & (pl.col("host") != OTHER))
        .group_by("vendor", "host")
        .agg(pl.col("records").sum())
        .filter(pl.col("records").rank("ordinal", descending=True).over("vendor") <= HOSTS)
        .select("vendor", "host", _kept=pl.lit(value=True))
    )
    named = minutes.join(busiest, on=["vendor", "host"], how="left").with_columns(
        host=pl.when(pl.col("host").is_null() | pl.col("_kept")).then(pl.col("host")).otherwise(pl.lit(OTHER))
    )
    return summed([named.drop("_kept")], list(MINUTES_KEYS), list(MINUTES_SUMS)).select(minutes.columns)


def failed() -> pl.Expr:
    """Return whether `status` is 4xx, 5xx, unknown or none at all."""
    status = pl.col("status")
    return status.is_null() | ~status.is_between(100, 399)


def counted_values(part: Part) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Count values and their failures; those that are alike as templates or when cut are one."""
    none = Tables.empty()
    if part.requests is None:
        return none.values, none.failures
    records, coded = part.requests.records, part.requests.texts
    if not coded:
        return none.values, none.failures
    # The texts of all dimensions in one list, each dimension's with a null behind: one count is enough for them.
    sizes = [len(one.names) + 1 for one in coded.values()]
    dimension = pl.Series(np.repeat([DIMENSIONS.index(name) for name in coded], sizes).astype(np.uint8))
    nothing = pl.Series([None], dtype=pl.String)
    texts = pl.DataFrame(
        {
            "dimension": dimension.cat.to(VALUES_KEYS["dimension"]),
            "value": pl.concat([some for one in coded.values() for some in (one.names, nothing)]),
        }
    )
    begins = np.cumsum([0, *sizes[:-1]])
    codes = [one.codes + begin for one, begin in zip(coded.values(), begins, strict=True)]
    shared = {"vendor": pl.lit(part.vendor, VENDOR), "server": pl.lit(part.server, pl.String())}
    day = records.select(pl.col("timestamp").dt.epoch("d").cast(pl.Int64)).to_series().to_numpy()
    values = _counted(texts, codes, {"day": day}).with_columns(credit="records", **shared)
    bad = np.flatnonzero(records.select(failed()).to_series())
    if not bad.size:
        return values.select(none.values.columns), none.failures
    status = records["status"].cast(pl.Int64).fill_null(NO_STATUS).to_numpy()
    failing = _counted(texts, [one[bad] for one in codes], {"day": day[bad], "status": status[bad]})
    failures = failing.with_columns(status=pl.when(pl.col("status") != NO_STATUS).then("status"), **shared)
    return values.select(none.values.columns), failures.select(none.failures.columns)


def _counted(
    texts: pl.DataFrame, codes: Sequence[NDArray[np.int64]], keys: dict[str, NDArray[np.int64]]
) -> pl.DataFrame:
    """Count the rows that have each text and each of the other keys.

    Parameters
    ----------
    texts: `dimension`, `value`; rows without a value are not counted.
    codes: for every dimension the place in `texts` of each row.
    keys: column → value of each row.
    """
    # Most batches are of one day.
    rows = {name: np.tile(key, len(codes)) for name, key in keys.items() if key.min() < key.max()}
    counted = tally({"text": np.concatenate(codes), **rows})
    fixed = {name: np.full(counted["text"].size, key[0]) for name, key in keys.items() if name not in rows}
    columns = {
        name: pl.Series({**counted, **fixed}[name]).cast(pl.Int32).cast(_OF_KEYS[name]) for name in keys
    }
    made = texts[counted["text"]].with_columns(**columns, records=pl.Series(counted["records"]))
    return made.filter(pl.col("value").is_not_null())


def _bounded(
    values: pl.DataFrame, failures: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, dict[tuple[str, str], int]]:
    """Drop the rarest values of a dimension that has more than twice `KEYS` (Misra & Gries 1982).

    Every value gives up the credit of the first one dropped; a count, which is never reduced, is then too small
    by at most the sum of what was given up.
    """
    bounds: dict[tuple[str, str], int] = {}
    if values.height <= 2 * KEYS:
        return values, failures, bounds
    sizes = values.group_by("vendor", "dimension").len().filter(pl.col("len") > 2 * KEYS)
    for vendor, dimension, _ in sizes.iter_rows():
        here = (pl.col("vendor") == vendor) & (pl.col("dimension") == dimension)
        rows = values.filter(here).sort("credit", descending=True)
        given = int(rows["credit"][KEYS])
        kept = rows.with_columns(credit=pl.col("credit") - given).filter(pl.col("credit") > 0)
        values = pl.concat([values.filter(~here), kept])
        failures = pl.concat(
            [
                failures.filter(~here),
                failures.filter(here).join(kept, on=list(VALUES_KEYS), how="semi", nulls_equal=True),
            ]
        )
        bounds[vendor, dimension] = given
    return values, failures, bounds
