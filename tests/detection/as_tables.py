"""A Run → the Tables that a scan of its log would give; the only place that knows how Tables are laid out."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import ndtr

from loganalyzer.aggregates import clients as clients_aggregate
from loganalyzer.aggregates import latency as latency_aggregate
from loganalyzer.tables import MINUTES_KEYS, MINUTES_SUMS, SourceLedger, Tables
from tests.detection.cast import cast_of
from tests.detection.clients import ANSWERED, KINDS, WIDTH, denials_of
from tests.detection.crowd import crowd_of
from tests.detection.durations import BINS, LOWEST, PER_OCTAVE, QUICK_MS, QUICK_SIGMA
from tests.detection.site import BOTS

if TYPE_CHECKING:
    from datetime import datetime

    from tests.detection.generator import Run
    from tests.detection.site import Floats, Integers

SIZE = 4_000
"""Bytes of an answer."""
FINE = latency_aggregate.TOTAL_BINS // latency_aggregate.BINS
"""Bins of the histogram in all to one of the minutes'."""


@dataclass(frozen=True)
class Logged:
    """The log of a run, of which the Tables of any stretch can be had.

    `fine` are the Tables of all of it, before anything is made coarse; `within` is, by route and whether a cache
    answered, how the durations of a bin are spread over the finer ones: (bin, finer).
    """

    run: Run
    fine: Tables
    within: dict[tuple[str, bool], Floats]

    @staticmethod
    def of(run: Run) -> Logged:
        """Return the log of a run."""
        none = Tables.empty()
        minutes = _minutes(run)
        chunks = none.chunks
        seen = np.flatnonzero(run.requests)
        if seen.size:
            chunk = {
                "source": [0],
                "vendor": [run.site.vendor],
                "server": [None],
                "offset": [0],
                "first_line": [1],
                "start": [run.site.at(int(seen[0]))],
                "end": [run.site.at(int(seen[-1]) + 59 / 60)],
            }
            chunks = pl.DataFrame(chunk, schema=none.chunks.schema)
        fine = dataclasses.replace(
            none, minutes=minutes, latency=_latency(run), clients=_clients(run), chunks=chunks
        )
        return Logged(run, fine, _within(run))

    def whole(self) -> Tables:
        """Return the Tables of all of it."""
        return self.between(self.run.truth.start, self.run.truth.end)

    def between(self, start: datetime, end: datetime) -> Tables:
        """Return the Tables of what was logged from `start` until before `end`, as a scan of it would give them."""
        fine = self.fine
        minutes = fine.minutes.filter(pl.col("minute").is_between(start, end, closed="left"))
        if minutes.height == 0:
            return Tables.empty()
        rows = fine.latency.filter(pl.col("minute").is_between(start, end, closed="left"))
        latency, total, grain = latency_aggregate.merged([(rows, self._total(rows, start, end), 0)])
        first, last = pl.lit(minutes["minute"].min()), pl.lit(minutes["minute"].max())
        chunks = fine.chunks.with_columns(
            pl.col("start").clip(lower_bound=first),
            pl.col("end").clip(upper_bound=last + pl.duration(seconds=59)),
        )
        records = int(minutes["records"].sum())
        denied = fine.clients.filter(pl.col("start").is_between(start, end, closed="left"))
        return dataclasses.replace(
            fine,
            minutes=minutes,
            latency=latency,
            latency_total=total,
            latency_grain=grain,
            clients=clients_aggregate.merged([(denied, fine.answers)])[0],
            values=self._askers(start, end),
            chunks=chunks,
            ledgers={0: SourceLedger(lines=records, records=records)},
        )

    def _askers(self, start: datetime, end: datetime) -> pl.DataFrame:
        """Return how many records each client has in a stretch; all of them are put on its first day."""
        site, cast = self.run.site, cast_of(self.run.site)
        random = site.random("askers", start, end)
        first, last = ((moment - site.start) // timedelta(minutes=1) for moment in (start, end))
        names = (*cast.clients, *cast.bots)
        bots = np.full(len(cast.bots), BOTS / (1 + BOTS) / len(cast.bots))
        shares = np.concatenate((cast.client_shares / (1 + BOTS), bots))
        asked = Counter[str]()
        left = int(self.run.requests[first:last].sum())
        for layer in self.run.layers:
            begin, stop = (max(0, moment - layer.first) for moment in (first, last))
            number = int(layer.counts[begin:stop].sum())
            crowd = crowd_of(site, layer.of)
            asked.update(
                dict(zip(crowd.names, random.multinomial(number, crowd.shares).tolist(), strict=True))
            )
            left -= number
        asked.update(dict(zip(names, random.multinomial(max(left, 0), shares).tolist(), strict=True)))
        some = {name: number for name, number in asked.items() if number}
        frame = pl.DataFrame(
            {"value": list(some), "records": list(some.values())},
            schema={"value": pl.String, "records": pl.Int64},
        )
        of_client = frame.with_columns(day=pl.lit(start.date()), dimension=pl.lit("client"), credit=pl.lit(0))
        return _with_keys(self.run, of_client, dict(self.fine.values.schema))

    def _total(self, rows: pl.DataFrame, start: datetime, end: datetime) -> pl.DataFrame:
        """Return the finer histogram over all minutes of some rows."""
        schema = {**latency_aggregate.TOTAL_KEYS, **latency_aggregate.SUMS}
        random = self.run.site.random("total", start, end)
        frames = [pl.DataFrame(schema=schema)]
        counted = rows.group_by("route", "cached", "bin").agg(pl.col("records").sum())
        for (route, cached), spread in self.within.items():
            mine = counted.filter((pl.col("route") == route) & (pl.col("cached") == cached)).sort("bin")
            if mine.height == 0:
                continue
            bins = mine["bin"].to_numpy().astype(np.int64)
            split = random.multinomial(mine["records"].to_numpy(), spread[bins - LOWEST])
            place, finer = np.nonzero(split)
            frame = pl.DataFrame({"bin": bins[place] * FINE + finer, "records": split[place, finer]})
            shared = {"route": pl.lit(route), "cached": pl.lit(cached)}
            frames.append(_with_keys(self.run, frame.with_columns(**shared), schema))
        return pl.concat(frames)


def tables_of(run: Run) -> Tables:
    """Return the Tables of a whole run."""
    return Logged.of(run).whole()


def _minutes(run: Run) -> pl.DataFrame:
    """Return one row per channel, host and minute in which something was counted."""
    site = run.site
    names = [name for name, _ in site.hosts]
    shares = [share for _, share in site.hosts]
    by_host = (
        site.random("hosts").multinomial(run.events, shares) if len(names) > 1 else run.events[:, :, None]
    )
    channel, minute, host = np.nonzero(by_host)
    records = by_host[channel, minute, host]
    of_channel = pl.DataFrame(
        {
            "status": [each.status for each in site.channels],
            "upstream_status": pl.Series([each.upstream_status for each in site.channels], dtype=pl.Int16),
            "unreached": [each.unreached for each in site.channels],
            "role": [each.role for each in site.channels],
        }
    )
    frame = of_channel[channel].with_columns(
        pl.lit(None, pl.String()).alias("host")
        if site.vendor == "cisco_wsa"
        else pl.Series("host", names)[host],
        _moments(run, minute),
        pl.Series("records", records),
        pl.Series("weight", records.astype(np.float64)),
        pl.Series("bytes_sent", records * SIZE),
    )
    counted = _with_keys(run, frame, {**MINUTES_KEYS, **MINUTES_SUMS})
    if site.vendor == "cisco_wsa":  # hosts are not told apart, nor are the two channels of 407
        return counted.group_by(list(MINUTES_KEYS)).agg(pl.col(list(MINUTES_SUMS)).sum())
    return counted


def _latency(run: Run) -> pl.DataFrame:
    """Return one row per route, minute and bin, of what was answered; the answers of a cache are apart."""
    schema = {**latency_aggregate.KEYS, **latency_aggregate.SUMS}
    frames = [pl.DataFrame(schema=schema)]
    took = run.durations
    if took is None:
        return frames[0]
    for number, route in enumerate(cast_of(run.site).routes):
        for cached, counts in ((False, took.answered[number]), (True, took.cached_of(number))):
            minute, bins = np.nonzero(counts)
            frame = pl.DataFrame(
                {
                    "minute": _moments(run, minute),
                    "bin": bins + LOWEST,
                    "records": counts[minute, bins].astype(np.int64),
                }
            )
            shared = {"route": pl.lit(route.name), "cached": pl.lit(cached)}
            frames.append(_with_keys(run, frame.with_columns(**shared), schema))
    return pl.concat(frames)


def _within(run: Run) -> dict[tuple[str, bool], Floats]:
    """Return by route and cache how a bin is spread over finer ones, on the mean of the true laws of all minutes."""
    took = run.durations
    if took is None:
        return {}
    edges = np.arange(LOWEST * FINE, (LOWEST + BINS) * FINE + 1) * np.log(2) / (PER_OCTAVE * FINE)
    spreads = {}
    for number, route in enumerate(cast_of(run.site).routes):
        medians = np.log(took.medians[number, :: max(run.site.minutes // 200, 1)])
        for cached in (False, True):
            middle, sigma = (np.log([QUICK_MS]), QUICK_SIGMA) if cached else (medians, route.sigma)
            below = ndtr((edges[None, :] - middle[:, None]) / sigma).mean(axis=0)
            chance = np.maximum(np.diff(below), 1e-15).reshape(BINS, FINE)
            spreads[route.name, cached] = chance / chance.sum(axis=1, keepdims=True)
    return spreads


def _clients(run: Run) -> pl.DataFrame:
    """Return one row per client and five minutes in which it was denied something."""
    denials = denials_of(run)
    events = denials.counts[:, :ANSWERED].sum(axis=1)
    kept = np.flatnonzero(events > 0)
    frame = pl.DataFrame(
        {
            "client": pl.Series("client", denials.names, dtype=pl.String)[denials.client[kept]],
            "start": _moments(run, denials.slot[kept] * WIDTH),
            **{kind: denials.counts[kept, place] for place, kind in enumerate(KINDS)},
        }
    )
    return _with_keys(run, frame, {**clients_aggregate.KEYS, **clients_aggregate.SUMS})


def _moments(run: Run, minute: Integers) -> pl.Series:
    """Return the starts of minutes of the grid."""
    start = int(run.site.start.timestamp()) * 1_000_000
    return pl.Series("minute", start + minute.astype(np.int64) * 60_000_000)


def _with_keys(run: Run, frame: pl.DataFrame, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Return a frame with its vendor and server, in the order and dtypes of a schema."""
    whole = frame.with_columns(
        pl.lit(run.site.vendor, MINUTES_KEYS["vendor"]).alias("vendor"),
        pl.lit(None, pl.String()).alias("server"),
    )
    return whole.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
