"""Batches of records → Tables: every small aggregate the program needs, mergeable.

`Tables.of(batch)` and `merge(parts)` form a monoid: grid counts and the ledger merge exactly, for any split and any
order of the input; value tables are exact below `KEYS` distinct keys of a dimension and above it are Misra-Gries
summaries that carry their error bound.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates import clients, latency, unread, waits
from loganalyzer.aggregates.grouping import (
    LONGEST_VALUE,
    OTHER,
    began,
    constant,
    grouped,
    own,
    summed,
    template,
)
from parsers.schema import ROLE, TIMESTAMP, VENDOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from parsers import Batch

COLUMNS: Final = (
    "vendor", "server", "format", "timestamp", "duration_s", "role", "status", "upstream_status", "cache", "host",
    "weight", "bytes_sent", "path", "client", "user_agent", "method", "upstream", "user", "country", "action",
    "category", "line",
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

DIMENSIONS: Final = (
    "path", "client", "host", "user_agent", "method", "upstream", "cache", "user", "country", "action", "category",
)  # fmt: skip

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

ORIGIN_ERROR: Final = 530
"""Cloudflare's wrapper for its 1xxx errors, such as 1016: the origin's name does not resolve."""

_FOLD_PARTS: Final = 8
_FOLD_ROWS: Final = 400_000
"""Parts, and rows of merged ones, at which they are folded: seldom enough to be cheap, early enough to stay small."""


@dataclass(frozen=True)
class SourceLedger:
    """Where every line of one source went, and what was found in its records."""

    lines: int = 0
    records: int = 0
    blank: int = 0
    filtered: int = 0
    replaced: int = 0
    sampled: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    formats: dict[str, int] = field(default_factory=dict)


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
    latency, waits, clients, unread: the aggregates of those names, see their `KEYS` and `SUMS`.
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
    waits: pl.DataFrame
    clients: pl.DataFrame
    unread: pl.DataFrame
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
    def empty() -> Tables:
        """Return the Tables of nothing."""
        return Tables(
            minutes=pl.DataFrame(schema={**MINUTES_KEYS, **MINUTES_SUMS}),
            values=pl.DataFrame(schema={**VALUES_KEYS, "records": pl.Int64(), "credit": pl.Int64()}),
            failures=pl.DataFrame(schema={**VALUES_KEYS, "status": pl.Int16(), "records": pl.Int64()}),
            bounds={},
            latency=pl.DataFrame(schema={**latency.KEYS, **latency.SUMS}),
            waits=pl.DataFrame(schema={**waits.KEYS, **waits.SUMS}),
            clients=pl.DataFrame(schema={**clients.KEYS, **clients.SUMS}),
            unread=pl.DataFrame(schema={**unread.KEYS, **unread.SUMS}),
            chunks=pl.DataFrame(schema=_CHUNKS),
            ledgers={},
            rejects=pl.DataFrame(schema=_REJECTS),
        )

    @staticmethod
    def of(batch: Batch) -> Tables:
        """Return the Tables of one batch, which holds the columns `COLUMNS`."""
        records = batch.records
        values, failures = _values(records)
        # A file may mix vendors; what a status or a stamp means depends on whose it is.
        of_one = [records] if constant(records["vendor"]) else records.partition_by("vendor")
        return Tables(
            minutes=summed([_minutes(part) for part in of_one], list(MINUTES_KEYS), list(MINUTES_SUMS))
            if len(of_one) > 1
            else _minutes(records),
            values=values,
            failures=failures,
            bounds={},
            latency=pl.concat([latency.of(part) for part in of_one]),
            waits=pl.concat([waits.of(part) for part in of_one]),
            clients=pl.concat([clients.of(part) for part in of_one]),
            unread=unread.of(batch),
            chunks=pl.DataFrame(
                [
                    {
                        "source": batch.number,
                        "vendor": part["vendor"].first(),
                        "server": batch.server,
                        "offset": batch.offset,
                        "first_line": batch.first_line,
                        "start": part["timestamp"].min(),
                        "end": part["timestamp"].max(),
                    }
                    for part in of_one
                ],
                schema=_CHUNKS,
            ),
            ledgers={
                batch.number: SourceLedger(
                    lines=batch.lines,
                    records=records.height,
                    blank=batch.blank,
                    filtered=batch.filtered,
                    replaced=batch.replaced,
                    sampled=int((records["weight"] != 1).sum()),
                    rejected=_counts(batch.rejects["reason"].str.replace(r" \([\d,]+ bytes\)$", "")),
                    skipped=batch.skipped,
                    formats=_counts(records["format"]),
                )
            },
            rejects=batch.rejects.head(REJECTS).select(
                pl.lit(batch.number, pl.Int64()).alias("source"),
                pl.lit(batch.path).alias("path"),
                "line",
                "reason",
                own(pl.col("text").str.slice(0, 2_000)).alias("text"),
            ),
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
    minutes = summed([part.minutes for part in parts], list(MINUTES_KEYS), list(MINUTES_SUMS))
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
        minutes=_with_few_hosts(minutes),
        values=values,
        failures=failures,
        bounds=bounds,
        latency=latency.bounded(summed([part.latency for part in parts], latency.KEYS, latency.SUMS)),
        waits=summed([part.waits for part in parts], waits.KEYS, waits.SUMS),
        clients=clients.bounded(summed([part.clients for part in parts], clients.KEYS, clients.SUMS)),
        unread=summed([part.unread for part in parts], unread.KEYS, unread.SUMS),
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
    )


def _minutes(records: pl.DataFrame) -> pl.DataFrame:
    if records.height == 0:
        return Tables.empty().minutes
    vendor = records["vendor"][0]
    timed = records["duration_s"].null_count() < records.height
    frame = records.select(
        "vendor",
        "server",
        (pl.lit(None, pl.String()) if vendor == "cisco_wsa" else pl.col("host")).alias("host"),
        (began(vendor if timed else None).dt.epoch("us") // 60_000_000).alias("minute"),
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


def unreached(vendor: str | None) -> pl.Expr:
    """Return whether a record says that no origin answered, by `status`, `upstream_status` and `cache`."""
    status = pl.col("status")
    if vendor == "cloudflare":
        by_edge = status.is_between(520, 527) | (status == ORIGIN_ERROR)
        said = by_edge | (status.is_in([502, 504]) & (pl.col("upstream_status") == 0))
    elif vendor == "cisco_wsa":
        said = status.is_in([502, 503, 504]) & pl.col("cache").str.starts_with("NONE")
    else:
        said = pl.lit(value=False)
    return said.fill_null(value=False)


def failed() -> pl.Expr:
    """Return whether `status` is 4xx, 5xx, unknown or none at all."""
    status = pl.col("status")
    return status.is_null() | ~status.is_between(100, 399)


def _values(records: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Count values and their failures; identifiers in paths are replaced on the distinct ones only."""
    none = Tables.empty()
    if records.height and not (constant(records["role"]) and records["role"][0] == "request"):
        records = records.filter(pl.col("role") == "request")
    if records.height == 0:
        return none.values, none.failures
    frame = records.with_columns(day=pl.col("timestamp").dt.date())
    bad = frame.filter(failed())
    shared = ("day", "vendor", "server")
    varying = [key for key in shared if not constant(frame[key])]
    fixed = {key: pl.lit(frame[key][0], VALUES_KEYS[key]) for key in shared if key not in varying}
    values, failures = [], []
    for dimension in DIMENSIONS:
        if frame[dimension].null_count() == frame.height:
            continue
        values.append(_of_dimension(frame, dimension, varying, fixed))
        if bad.height:
            failures.append(_of_dimension(bad, dimension, [*varying, "status"], fixed))
    made = pl.collect_all([*values, *failures], engine="in-memory")
    counted = [
        part.with_columns(credit="records").select(none.values.columns) for part in made[: len(values)]
    ]
    failing = [part.select(none.failures.columns) for part in made[len(values) :]]
    return pl.concat([none.values, *counted]), pl.concat([none.failures, *failing])


def _of_dimension(
    frame: pl.DataFrame, dimension: str, keys: list[str], fixed: dict[str, pl.Expr]
) -> pl.LazyFrame:
    """Count the values of one dimension by the keys that differ; those in `fixed` are put back."""
    count = pl.len().cast(pl.Int64).alias("records")
    counted = frame.lazy().group_by([*keys, pl.col(dimension).alias("value")]).agg(count)
    counted = counted.filter(pl.col("value").is_not_null())
    # Values that become alike are counted once more; for the others that would be work for nothing.
    longest = frame.select(pl.col(dimension).str.len_bytes().max()).item()
    if dimension == "path" or (longest or 0) > LONGEST_VALUE:
        value = pl.col("value").str.slice(0, LONGEST_VALUE)
        counted = counted.with_columns(value=template(value) if dimension == "path" else value)
        counted = counted.group_by([*keys, "value"]).agg(pl.col("records").sum())
    shared = {"dimension": pl.lit(dimension, VALUES_KEYS["dimension"]), **fixed}
    return counted.with_columns(value=own(pl.col("value")), **shared)


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
