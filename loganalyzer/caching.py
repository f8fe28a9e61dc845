"""Tables → what caches answered, vendor by vendor.

A cache result is a *hit* where the answer came out of the cache, a *miss* where it was looked for and had to be
fetched, and neither where nothing was looked for (bypassed, dynamic, denied, tunnelled, failed). The hit share is hits
of hits and misses. What is a hit, by vendor:

nginx
    HIT, STALE, UPDATING and REVALIDATED (the copy had expired, the upstream said that it is still good, and the copy
    was sent); MISS and EXPIRED are misses, BYPASS neither. ngx_http_upstream_module, `$upstream_cache_status`.
Cloudflare
    hit, stream_hit, stale, updating and revalidated; miss and expired are misses; dynamic, bypass, ignored, deferred,
    none and unknown were not looked for. developers.cloudflare.com, Cloudflare cache responses.
Cisco WSA, Squid
    every result with HIT in it (TCP_HIT, TCP_MEM_HIT, TCP_IMS_HIT, TCP_REFRESH_HIT, …), and Squid's
    TCP_REFRESH_UNMODIFIED and TCP_REFRESH_FAIL_OLD; every result with MISS in it, TCP_REFRESH_MODIFIED and
    TCP_REFRESH_FAIL_ERR are misses; DENIED, CONNECT, TUNNEL, REDIRECT and NONE are neither.
    AsyncOS for Web User Guide, transaction result codes; wiki.squid-cache.org, SquidFaq/SquidLogs.
Apache
    what mod_cache writes: `cache hit`, `conditional cache hit: …` and `HIT from …`, `REVALIDATE from …`; misses the
    same way. httpd.apache.org, mod_cache, status and logging.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from loganalyzer.aggregates.grouping import OTHER

if TYPE_CHECKING:
    from loganalyzer.tables import Tables

Kind = Literal["hit", "miss", "none"]

HIT: Final = (
    r"(?i)^(?:hit|stream_hit|stale|updating|revalidated|(?:\w+_)+hit(?:_\w+)?"
    r"|(?:tcp|udp)_refresh_(?:unmodified|fail_old)(?:_\w+)?|(?:conditional )?cache hit\b.*|(?:hit|revalidate) from .*)$"
)
MISS: Final = (
    r"(?i)^(?:miss|expired|(?:\w+_)+miss(?:_\w+)?|(?:tcp|udp)_refresh_(?:modified|fail_err)(?:_\w+)?"
    r"|(?:conditional )?cache miss\b.*|miss from .*)$"
)

RESULTS: Final = 12
"""Cache results told apart: a stranger may invent any number; the others are summed."""

STATUSES: Final = 3
"""Statuses named of a row."""

Counted = tuple[tuple[int | None, int], ...]


@dataclass(frozen=True)
class CacheRow:
    """The requests with one cache result (null: several, summed), how many of them failed, and with what.

    `statuses` are the most frequent of the failures.
    """

    value: str | None
    kind: Kind
    records: int
    bytes_sent: int
    client_errors: int
    server_errors: int
    statuses: Counted


@dataclass(frozen=True)
class Caching:
    """What the cache of one vendor's log answered.

    `records` are all requests; some may state no result. `rows` by falling records; `others` sums the `left` results
    beyond `RESULTS`, null where some of these were not counted one by one. `hits` and `misses` are of all results.
    """

    vendor: str
    records: int
    hits: int
    misses: int
    bytes_sent: int
    hit_bytes: int
    rows: tuple[CacheRow, ...]
    left: int | None = 0
    others: CacheRow | None = None

    @property
    def hit_share(self) -> float | None:
        """Return the hits of what was looked for; null where nothing was."""
        looked = self.hits + self.misses
        return self.hits / looked if looked else None


def caching_of(tables: Tables) -> tuple[Caching, ...]:
    """Return what every cache that is logged answered, of requests, by vendor."""
    rows = tables.handling.filter((pl.col("role") == "request") & pl.col("cache").is_not_null())
    rows = rows.with_columns(pl.col("vendor").cast(pl.String()))
    whole = tables.minutes.filter(pl.col("role") == "request").group_by("vendor").agg(pl.col("records").sum())
    requests = {str(vendor): int(records) for vendor, records in whole.iter_rows()}
    return tuple(
        _caching(str(vendor), some, requests.get(str(vendor), 0))
        for (vendor,), some in rows.sort("vendor").group_by(["vendor"], maintain_order=True)
    )


def _caching(vendor: str, rows: pl.DataFrame, requests: int) -> Caching:
    cache, records = pl.col("cache"), pl.col("records")
    kind = (
        pl.when(cache.str.contains(HIT))
        .then(pl.lit("hit"))
        .when(cache.str.contains(MISS))
        .then(pl.lit("miss"))
        .otherwise(pl.lit("none"))
    )
    rows = rows.with_columns(kind=kind)
    order = (
        rows.group_by("cache", "kind")
        .agg(records.sum())
        .sort(cache == OTHER, -records, cache)
        .with_row_index("place")
    )
    kept = order.filter(cache != OTHER).head(RESULTS)
    named = [
        _cache_row(value, kind, rows.filter(cache == value))
        for value, kind in kept.select("cache", "kind").iter_rows()
    ]
    rest = rows.join(kept, on="cache", how="anti")
    left = order.height - kept.height

    def total(kind: str, column: str) -> int:
        return int(rows.filter(pl.col("kind") == kind)[column].sum())

    return Caching(
        vendor=vendor,
        records=requests,
        hits=total("hit", "records"),
        misses=total("miss", "records"),
        bytes_sent=int(rows["bytes_sent"].sum()),
        hit_bytes=total("hit", "bytes_sent"),
        rows=tuple(named),
        left=None if (order["cache"] == OTHER).any() else left,
        others=_cache_row(None, "none", rest) if rest.height else None,
    )


def _cache_row(value: str | None, kind: Kind, rows: pl.DataFrame) -> CacheRow:
    by_status = rows.group_by("status").agg(pl.col("records").sum())
    failing = by_status.filter(pl.col("status").is_null() | ~pl.col("status").is_between(100, 399))

    def errors(first: int) -> int:
        return int(by_status.filter(pl.col("status").is_between(first, first + 99))["records"].sum())

    return CacheRow(
        value,
        kind,
        int(rows["records"].sum()),
        int(rows["bytes_sent"].sum()),
        errors(400),
        errors(500),
        _most(failing),
    )


def _most(by_status: pl.DataFrame) -> Counted:
    """Return the most frequent statuses of a few counts."""
    order = by_status.sort(-pl.col("records"), "status", nulls_last=True).head(STATUSES)
    return tuple((status, int(records)) for status, records in order.select("status", "records").iter_rows())
