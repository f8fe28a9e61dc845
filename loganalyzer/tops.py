"""Tables → who and what has the most failures, class by class.

Paths, clients, hosts, agents, upstreams, methods, users and countries are counted as they are logged. Networks are told
from clients, programs and their kinds from agents: of more clients or agents than are counted exactly, what was dropped
is in no network and no program, and `unnamed` tells how many failures these are. Referrers are counted of failures
alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.agents import programs
from loganalyzer.classes import class_of
from loganalyzer.networks import networks
from loganalyzer.tables import failed

if TYPE_CHECKING:
    from loganalyzer.tables import Tables

TOP: Final = 20
"""Rows of a top table: a page is read, not searched."""

TOPS: Final = ("path", "client", "host", "user_agent", "upstream", "method", "user", "country")
"""Dimensions that are counted as they are logged."""

DERIVED: Final = {"network": "client", "kind": "user_agent", "program": "user_agent"}
"""Dimensions that are told from the values of another."""

REFERRER: Final = "referrer"
"""Where failures came from: the same host, a search engine, or the name of another site."""


@dataclass(frozen=True)
class TopRow:
    """One value: its failures in the table's class, all its records, the statuses behind the failures.

    `records` null where only failures are counted (referrers).
    """

    value: str
    failures: int
    records: int | None
    share: float
    statuses: tuple[tuple[int | None, int], ...]


@dataclass(frozen=True)
class TopTable:
    """The values with the most failures of one vendor, class and dimension, falling.

    `dimension` is one of `TOPS` or `DERIVED`, or `referrer`; `share` of a row is of `failures`, all failures of this
    vendor and class; `unnamed` of them carry no value; `bound` is the most by which a count may be too small (0:
    exact); `values` how many distinct values failed (at least, when bound is above 0).
    """

    vendor: str
    status_class: str
    dimension: str
    failures: int
    unnamed: int
    values: int
    bound: int
    rows: tuple[TopRow, ...]


_KEYS: Final = ["vendor", "status_class", "dimension"]


def tops_of(tables: Tables) -> tuple[TopTable, ...]:
    """Return the values behind 4xx, 5xx and statuses outside 100–599, for every vendor and dimension."""
    if tables.failures.height == 0:
        return ()
    wanted = pl.col("dimension").is_in(TOPS)
    failures = (
        tables.failures.filter(wanted)
        .with_columns(class_of())
        .group_by(*_KEYS, "value", "status")
        .agg(pl.col("records").sum())
    )
    totals = (
        tables.values.filter(wanted)
        .group_by("vendor", "dimension", "value")
        .agg(pl.col("records").sum().alias("_all"))
    )
    failures, totals = (_strings(frame) for frame in (failures, totals))
    failures, totals = _with_derived(failures, totals)
    failures = pl.concat([failures, _referrers(tables)])
    by_value = failures.group_by(*_KEYS, "value").agg(pl.col("records").sum())
    most = by_value.sort(-pl.col("records"), "value").group_by(_KEYS, maintain_order=True).head(TOP)
    # Of the few that are told alone, which statuses they are.
    statuses = (
        failures.join(most, on=[*_KEYS, "value"], how="semi")
        .group_by(*_KEYS, "value")
        .agg(pl.struct("status", "records").sort_by(_falling("status")).alias("_statuses"))
    )
    best = (
        most.join(statuses, on=[*_KEYS, "value"], how="left")
        .join(totals, on=["vendor", "dimension", "value"], how="left")
        .sort(*_KEYS, -pl.col("records"), "value")
    )
    sums = by_value.group_by(_KEYS).agg(pl.len().alias("_values"), pl.col("records").sum().alias("_named"))
    every = (
        _strings(tables.minutes.filter((pl.col("role") == "request") & failed()))
        .group_by("vendor", class_of())
        .agg(pl.col("records").sum().alias("_failures"))
    )
    # A value is summed over days and servers, and may be short by the bound in each.
    keyed = {
        (vendor, dimension): count
        for vendor, dimension, count in _strings(tables.values)
        .group_by("vendor", "dimension")
        .agg(pl.struct("day", "server").n_unique())
        .iter_rows()
    }
    counted = {(vendor, name): count for vendor, name, count in every.iter_rows()}
    facts = {
        (vendor, name, dimension): (values, named)
        for vendor, name, dimension, values, named in sums.select(*_KEYS, "_values", "_named").iter_rows()
    }
    tops = []
    for (vendor, name, dimension), rows in best.group_by(_KEYS, maintain_order=True):
        count = counted[vendor, name]
        values, named = facts[vendor, name, dimension]
        counted_as = DERIVED.get(str(dimension), str(dimension))
        bound = tables.bounds.get((str(vendor), counted_as), 0) * keyed.get((vendor, counted_as), 1)
        if dimension in DERIVED and bound:
            bound = count - named
        tops.append(
            TopTable(
                vendor=str(vendor),
                status_class=str(name),
                dimension=str(dimension),
                failures=count,
                unnamed=count - named,
                values=values,
                bound=bound,
                rows=tuple(
                    TopRow(
                        value,
                        number,
                        total,
                        number / count,
                        tuple((item["status"], item["records"]) for item in statuses),
                    )
                    for value, number, total, statuses in rows.select(
                        "value", "records", "_all", "_statuses"
                    ).iter_rows()
                ),
            )
        )
    return tuple(tops)


def _strings(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col(pl.Enum).cast(pl.String))


def _with_derived(failures: pl.DataFrame, totals: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return failures and totals with those of what clients and agents tell of themselves."""
    made_failures, made_totals = [failures], [totals]
    of_client, of_agent = (
        totals.filter(pl.col("dimension") == name)["value"].unique() for name in ("client", "user_agent")
    )
    told = {
        "network": of_client.alias("value").to_frame().with_columns(told=networks(of_client)),
        **{
            name: of_agent.alias("value").to_frame().with_columns(told=column)
            for name, column in zip(("kind", "program"), programs(of_agent).iter_columns(), strict=True)
        },
    }
    for dimension, source in DERIVED.items():
        for made, frame in ((made_failures, failures), (made_totals, totals)):
            keys = [name for name in frame.columns if name not in {"records", "_all"}]
            joined = frame.filter(pl.col("dimension") == source).join(told[dimension], on="value")
            joined = joined.filter(pl.col("told").is_not_null()).with_columns(
                value=pl.col("told"), dimension=pl.lit(dimension)
            )
            made.append(joined.group_by(keys).agg(pl.col(frame.columns[-1]).sum()).select(frame.columns))
    return pl.concat(made_failures), pl.concat(made_totals)


def _referrers(tables: Tables) -> pl.DataFrame:
    """Return the failures that a referrer led to."""
    rows = tables.symptoms.filter((pl.col("role") == "request") & (pl.col("referrer") != "none"))
    return _strings(
        rows.with_columns(class_of(), dimension=pl.lit(REFERRER))
        .group_by(*_KEYS, pl.col("referrer").alias("value"), "status")
        .agg(pl.col("records").sum())
    )


def _falling(name: str) -> list[pl.Expr]:
    return [-pl.col("records"), pl.col(name)]
