"""Tables and surges of missing paths → suspected scans from many addresses, and what a look at their minutes says.

No client of such a scan is a scanner by itself: hundreds of addresses ask for a few paths each, but together for a list
of guesses. Where a surge of missing paths was, or a few minutes with far more of them than usual, the requests are
looked at together. What a scan asked for is then taken out of the counts, so that one event is not told twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates.clients import WIDTH_S
from loganalyzer.aggregates.grouping import LONGEST_VALUE, own, templates
from loganalyzer.attribution import LEAST_SHARE
from loganalyzer.detectors import not_found_scan, not_found_surge
from loganalyzer.detectors.stretch import JOIN
from loganalyzer.evidence import LINES, evidence_of
from loganalyzer.findings import Finding, Model
from loganalyzer.networks import network
from loganalyzer.second_look import BEGAN, Glance
from loganalyzer.tables import MINUTES_KEYS, MINUTES_SUMS
from parsers.schema import ROLE, VENDOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from loganalyzer.tables import Tables

PATHS: Final = 20
ASKERS: Final = 3
"""A list of guesses: so many paths that were never answered, each asked for by so many clients, of so many networks:
a farm of one provider is one party, whatever it has for addresses."""

FEW: Final = 20
"""Missing paths of one client in a quarter of an hour from which on it is a scanner by itself, and told as one."""

COVERED: Final = 0.5
"""Share of the list that a client asks for on average, at most: whoever reads a page with missing pictures asks for
all of them, and behind a few proxies each of them does."""

LINKED: Final = 0.5
"""Share of the requests for a path that name a page they come from, from which on somebody links to it: no guess."""

STRANGERS: Final = 0.5
"""Share of the clients that were answered nothing at all, at least: readers of a broken page have read the page."""

SPREAD: Final = LEAST_SHARE
"""Share of the requests for the list that one path may have: beyond it is the broken link that attribution names."""

OFTENER: Final = 4.0
"""Times as often as in the rest of the log that the list is asked for, at least: scanners that know nothing of each
other try the same well-known paths every day."""

QUARTERS: Final = 4
"""Stretches outside all surges that are looked at, those with the most missing paths first."""
RECORDS: Final = 100_000
"""Records of the log that are read for one of these."""
TIMES: Final = 2.0
"""Times the usual share of missing paths, in five minutes outside all surges, that is worth a look."""

WIDTH: Final = timedelta(seconds=WIDTH_S)
QUARTER: Final = 3 * WIDTH
MINUTE: Final = timedelta(minutes=1)
MOST: Final = 2_000
"""Lines of one chunk that are kept to be shown."""

NOT_MODIFIED: Final = 304

_PAIR: Final = ["client", "path"]
_LOG: Final = ["vendor", "server"]


@dataclass(frozen=True)
class Piece:
    """What one chunk gave, with clients and paths as numbers.

    `missing`: `client`, `path`, `network` UInt64, `minute` and `status` of every request for what is not there, its
    `weight`, and whether it is `linked`; `asked`: requests of each `client`, and how many it could `read`; `lines`:
    `source`, `line`, `text`, `BEGAN` of the first missing ones of each path, with `client` and `path`.
    """

    missing: pl.DataFrame
    asked: pl.DataFrame
    lines: pl.DataFrame


@dataclass(frozen=True, eq=False)
class Suspect:
    """Minutes of a log in which there may have been a scan, and the look that decides.

    `start` to `end` is the whole stretch, of which the look may be a part; `log` is what the Tables say.
    """

    start: datetime
    end: datetime
    glance: Glance[Piece]
    log: _Log

    @property
    def whole(self) -> bool:
        """Whether all of the stretch is looked at."""
        return self.glance.start <= self.start and self.end <= self.glance.end


@dataclass(frozen=True, eq=False)
class Scan:
    """A scan from many addresses.

    `finding` tells it; `pairs` are its `client` and `path`, as in `Piece`; `taken`: its `records` and their `weight` by
    `minute` and `status`; `lines` are those that are not its own.
    """

    finding: Finding
    pairs: pl.DataFrame
    taken: pl.DataFrame
    lines: pl.DataFrame

    def others(self, start: datetime, end: datetime) -> pl.DataFrame:
        """Return lines of a time that are not the scan's."""
        return self.lines.filter(pl.col(BEGAN).is_between(start, end, closed="left"))


# --- who is looked at -----------------------------------------------------------------------------------------


def suspects(
    findings: Iterable[Finding],
    parts: Mapping[str, tuple[datetime, datetime]],
    tables: Tables,
) -> list[Suspect]:
    """Return the minutes that are looked at for scans.

    Parameters
    ----------
    findings: of the detectors.
    parts: the minutes of findings that are read again anyway, by their ids.
    """
    surges = [finding for finding in findings if finding.kind == not_found_surge.QUESTION.kind]
    logs = tables.minutes.select(pl.col("vendor").cast(pl.String), "server").unique()
    found = []
    for vendor, server in logs.sort(_LOG).iter_rows():
        # What the users of a proxy ask for lies on other people's servers: many of them asking in vain is no scan.
        if vendor == "cisco_wsa":
            continue
        log = _Log(vendor, server, tables)
        if not log.possible:
            continue
        theirs = {
            one.id: (one.start, one.end) for one in surges if (one.vendor, one.server) == (vendor, server)
        }
        windows = [(whole, parts[name]) for name, whole in theirs.items() if name in parts]
        windows += [(quarter, quarter) for quarter in log.quarters(list(theirs.values()))]
        found += [
            Suspect(*whole, _glance(vendor, server, *part), log)
            for whole, part in windows
            if part[0] < part[1]
        ]
    return found


class _Log:
    """What the Tables say of one log."""

    def __init__(self, vendor: str, server: str | None, tables: Tables) -> None:
        here = (pl.col("vendor") == vendor) & pl.col("server").eq_missing(pl.lit(server, pl.String))
        self.requests = tables.minutes.filter(
            here & (pl.col("role") == "request") & pl.col("minute").is_not_null()
        )
        of_path = pl.col("dimension") == "path"
        every = tables.values.filter(here & of_path).group_by("value").agg(pl.col("records").sum())
        failures = tables.failures.filter(here & of_path).group_by("value")
        failed = failures.agg(
            pl.col("records").sum().alias("failed"),
            pl.col("records").filter(pl.col("status").is_in(not_found_scan.GONE)).sum().alias("missing"),
        )
        paths = every.join(failed, on="value", how="left").with_columns(
            pl.col("failed", "missing").fill_null(0)
        )
        answered = pl.col("records") > pl.col("failed")
        self.answered = paths.filter(answered)["value"].hash()
        self.never = paths.filter(~answered).select(pl.col("value").hash().alias("path"), "missing")
        # Paths that the bounded tables dropped were asked for seldom, and may have been never answered.
        bounded = (vendor, "path") in tables.bounds
        guesses = self.never.filter(pl.col("missing") >= ASKERS).height
        self.possible = bounded or guesses >= PATHS

    def quarters(self, surges: Sequence[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
        """Return stretches outside all surges with far more missing paths than usual, as far as they are read."""
        minutes = self.requests.group_by("minute").agg(
            pl.col("records").sum(),
            pl.col("records").filter(pl.col("status").is_in(not_found_scan.GONE)).sum().alias("missing"),
        )
        fives = (
            minutes.group_by(pl.col("minute").dt.truncate(WIDTH).alias("start"))
            .agg(pl.col("records", "missing").sum())
            .sort("start")
        )
        usual = (pl.col("missing") / pl.col("records")).median()
        many = (pl.col("missing") >= PATHS) & (pl.col("missing") >= TIMES * usual * pl.col("records"))
        outside = pl.all_horizontal(
            pl.lit(value=True),
            *(~((pl.col("start") < end) & (pl.col("start") + WIDTH > start)) for start, end in surges),
        )
        affair = (pl.col("start").diff() > 2 * WIDTH).fill_null(value=False).cum_sum()
        kept = (
            fives.filter(many & outside)
            .with_columns(_affair=affair)
            .with_columns(_most=pl.col("missing").max().over("_affair"))
            .with_columns(
                _busiest=pl.col("start").filter(pl.col("missing") == pl.col("_most")).min().over("_affair")
            )
            .with_columns(_far=(pl.col("start") - pl.col("_busiest")).abs())
            .sort("_affair", "_far", "start")
            .filter(
                (pl.col("records").cum_sum().over("_affair") <= RECORDS) | (pl.col("_far") == timedelta())
            )
            .group_by("_affair")
            .agg(pl.col("missing").sum(), pl.col("start").min(), (pl.col("start").max() + WIDTH).alias("end"))
            .filter(pl.col("missing") >= PATHS * ASKERS)
            .sort("missing", "start", descending=[True, False])
        )
        return kept.head(QUARTERS).select("start", "end").rows()


def _glance(vendor: str, server: str | None, start: datetime, end: datetime) -> Glance[Piece]:
    columns = ("client", "path", "status", "referrer", "weight")
    return Glance(vendor, server, start, end, columns, _piece)


def _piece(records: pl.DataFrame) -> Piece:
    asked = records.filter((pl.col("role") == "request") & pl.col("client").is_not_null()).with_columns(
        pl.col("client", "path").str.slice(0, LONGEST_VALUE)
    )
    gone = asked.filter(pl.col("status").is_in(not_found_scan.GONE) & pl.col("path").is_not_null())
    names, paths = gone["client"].unique(), gone["path"].unique()
    networks = names.to_frame().select(network(pl.col("client"))).to_series().fill_null(names)
    coded = (
        gone.join(
            pl.DataFrame({"client": names, "_client": names.hash(), "network": networks.hash()}),
            on="client",
            maintain_order="left",
        )
        .join(
            pl.DataFrame({"path": paths, "_path": templates(paths).hash()}), on="path", maintain_order="left"
        )
        .with_columns(client="_client", path="_path")
    )
    status = pl.col("status")
    return Piece(
        coded.select(
            "client",
            "path",
            "network",
            pl.col(BEGAN).dt.truncate(MINUTE).alias("minute"),
            "status",
            "weight",
            linked=pl.col("referrer").is_not_null(),
        ),
        asked.filter(pl.col("client").is_in(names.implode()))
        .group_by(pl.col("client").hash())
        .agg(
            pl.len().cast(pl.Int64).alias("asked"),
            (status.is_between(200, 299) | (status == NOT_MODIFIED)).sum().cast(pl.Int64).alias("read"),
        ),
        # One line of each path before a second one of any, so that no path hides the others.
        coded.sort(BEGAN, "line")
        .with_columns(_turn=pl.int_range(pl.len()).over("path"))
        .filter(pl.col("_turn") < LINES)
        .sort("_turn", BEGAN, "line")
        .head(MOST)
        .select("source", "line", own(pl.col("text")).alias("text"), BEGAN, *_PAIR),
    )


# --- what the look says ---------------------------------------------------------------------------------------


def found(suspect: Suspect) -> Scan | None:
    """Return the scan that was in the minutes of a suspect; null where it was something else, or unseen."""
    parts = suspect.glance.parts
    if not parts:
        return None
    seen = pl.concat([part.missing for part in parts])
    asked = pl.concat([part.asked for part in parts]).group_by("client").agg(pl.col("asked", "read").sum())
    clients = asked.join(seen.group_by("client").agg(pl.len().alias("missing")), on="client")
    answered = suspect.log.answered
    # Who mostly gets what it asks for is a visitor, and so is who reads a page with one thing missing.
    strangers = clients.filter(2 * pl.col("missing") > pl.col("asked"))
    guesses = _guesses(seen.join(strangers, on="client", how="semi"), seen, answered)
    listed = _listed(guesses)
    if listed is None:
        return None
    core = guesses.join(listed, on="path", how="semi")
    if not _is_list(core, strangers.join(core, on="client", how="semi")) or not _is_new(suspect, core):
        return None
    # Once there is a list, who looked at one page first belongs to it as well, and so does what nobody else asks for.
    half = clients.filter(2 * pl.col("missing") >= pl.col("asked"))
    guesses = _guesses(seen.join(half, on="client", how="semi"), seen, answered)
    wider = _listed(guesses)
    listed = wider if wider is not None else listed  # none where one of these paths is what everybody wants
    rare = seen.group_by("path").agg(_askers()).filter(pl.col("clients") < ASKERS)
    mine = guesses.join(pl.concat([listed.select("path"), rare.select("path")]), on="path", how="semi")
    theirs = half.join(mine, on="client", how="semi")
    missed = seen.join(theirs, on="client", how="semi")["path"].unique()
    never = 1 - float(missed.is_in(answered.implode()).sum()) / missed.len()
    if never < not_found_scan.NEVER:
        return None
    facts: dict[str, float] = {
        "asked": int(theirs["asked"].sum()),
        "missing": mine.height,
        "paths": mine["path"].n_unique(),
        "clients": theirs.height,
        "networks": mine["network"].n_unique(),
        "shared": listed.height,
        "never": never,
    }
    lines = pl.concat([part.lines for part in parts])
    pairs = mine.select(_PAIR).unique()
    evidence = evidence_of([lines.join(pairs, on=_PAIR, how="semi")])
    finding = replace(_finding(suspect, mine, facts), evidence=evidence)
    return Scan(finding, pairs, _taken(suspect, mine), lines.join(pairs, on=_PAIR, how="anti"))


def _askers() -> list[pl.Expr]:
    return [pl.col("client").n_unique().alias("clients"), pl.col("network").n_unique().alias("networks")]


def _guesses(theirs: pl.DataFrame, seen: pl.DataFrame, answered: pl.Series) -> pl.DataFrame:
    """Return the requests for paths that were never answered and to which nobody links, but for those of scanners."""
    linked = seen.group_by("path").agg(pl.col("linked").mean()).filter(pl.col("linked") >= LINKED)
    guesses = theirs.filter(~pl.col("path").is_in(answered.implode())).join(linked, on="path", how="anti")
    quarter = pl.col("minute").dt.truncate(QUARTER)
    alone = guesses.group_by("client", quarter).agg(pl.col("path").n_unique()).filter(pl.col("path") >= FEW)
    return guesses.join(alone, on="client", how="anti")


def _listed(guesses: pl.DataFrame) -> pl.DataFrame | None:
    """Return the paths that make a list, with their `clients`; null where they are too few."""
    paths = guesses.group_by("path").agg(*_askers(), pl.len().alias("requests"))
    shared = paths.filter((pl.col("clients") >= ASKERS) & (pl.col("networks") >= ASKERS))
    listed = shared.filter(pl.col("requests") < SPREAD * pl.col("requests").sum())
    return listed if listed.height >= PATHS else None


def _is_list(core: pl.DataFrame, clients: pl.DataFrame) -> bool:
    """Tell whether the requests for shared paths are guesses, a few by each client, and not one broken page."""
    pairs, paths = core.select(_PAIR).n_unique(), core["path"].n_unique()
    return (
        pairs >= not_found_scan.DISTINCT * core.height
        and pairs <= COVERED * paths * clients.height
        and clients.filter(pl.col("read") == 0).height >= STRANGERS * clients.height
    )


def _is_new(suspect: Suspect, core: pl.DataFrame) -> bool:
    """Tell whether the paths of a list are asked for far oftener than in the rest of the log, if there is a rest."""
    log, glance = suspect.log.requests, suspect.glance
    minute, gone = pl.col("minute"), pl.col("status").is_in(not_found_scan.GONE)
    within = minute.is_between(suspect.start, suspect.end, closed="left")
    looked = minute.is_between(glance.start, glance.end, closed="left")
    inside, rest, missing, seen = log.select(
        minute.filter(looked).n_unique(),
        minute.filter(~within).n_unique().alias("rest"),
        pl.col("records").filter(within & gone).sum().alias("missing"),
        pl.col("records").filter(looked & gone).sum().alias("seen"),
    ).row(0)
    if rest < inside or not seen:
        return True
    paths = core.group_by("path").agg(pl.len().cast(pl.Int64).alias("here"))
    # What was not looked at of the stretch is as what was.
    there = paths.join(suspect.log.never, on="path", how="left").select(
        (pl.col("missing").fill_null(0) - pl.col("here") * (missing / seen)).clip(lower_bound=0.0).sum()
    )
    return bool(core.height / inside >= OFTENER * float(there.item()) / rest)


def _finding(suspect: Suspect, mine: pl.DataFrame, facts: dict[str, float]) -> Finding:
    start, last = mine.select(pl.col("minute").min(), pl.col("minute").max().alias("last")).row(0)
    end = last + MINUTE
    log = suspect.log.requests
    requests = int(log.filter(pl.col("minute").is_between(start, end, closed="left"))["records"].sum())
    if not suspect.whole:
        start, end = suspect.start, suspect.end
    over = log["minute"].max()
    share = min(1.0, mine.height / requests) if requests else 1.0
    counted = mine.group_by("status").len().sort("len", "status", descending=[True, False])
    missing = float(mine.height)
    return Finding(
        kind=not_found_scan.RULE.kind,
        family=not_found_scan.RULE.denied,
        shape="burst",
        severity="minor" if share >= not_found_scan.MUCH else "notice",
        vendor=suspect.glance.vendor,
        server=suspect.glance.server,
        host=None,
        start=start,
        end=end,
        ongoing=over is not None and over - end < JOIN * MINUTE,
        observed=missing,
        expected=0.0,
        requests=float(facts["asked"]),
        score=0.0,
        model=Model(
            int((end - start).total_seconds()), missing, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, float(PATHS), ""
        ),
        statuses=tuple(counted.iter_rows()),
        evidence_total=mine.height,
        facts=tuple(sorted({**facts, "share": share}.items())),
        looked=None if suspect.whole else (suspect.glance.start, suspect.glance.end),
    )


def _taken(suspect: Suspect, mine: pl.DataFrame) -> pl.DataFrame:
    """Return what the scan asked for; of minutes that were not looked at as large a part of what was missing."""
    seen = mine.group_by("minute", "status").agg(
        pl.len().cast(pl.Int64).alias("records"), pl.col("weight").sum()
    )
    if suspect.whole:
        return seen
    missing = (
        suspect.log.requests.filter(pl.col("status").is_in(not_found_scan.GONE))
        .group_by("minute", "status")
        .agg(pl.col("records", "weight").sum())
    )
    looked = pl.col("minute").is_between(suspect.glance.start, suspect.glance.end, closed="left")
    among = int(missing.filter(looked)["records"].sum())
    part = min(1.0, int(seen["records"].sum()) / among) if among else 0.0
    within = pl.col("minute").is_between(suspect.start, suspect.end, closed="left")
    unseen = missing.filter(within & ~looked).select(
        "minute",
        "status",
        (pl.col("records") * part).round().cast(pl.Int64).alias("records"),
        pl.col("weight") * part,
    )
    return pl.concat([seen, unseen])


def without(scans: Sequence[Scan], tables: Tables) -> Tables:
    """Return the Tables as they are without what scans asked for; only the `minutes` are others."""
    taken = pl.concat(
        [
            scan.taken.select(
                pl.lit(scan.finding.vendor, VENDOR).alias("vendor"),
                pl.lit(scan.finding.server, pl.String).alias("server"),
                "minute",
                "status",
                pl.col("records").alias("_records"),
                pl.col("weight").alias("_weight"),
            )
            for scan in scans
        ]
    )
    taken = taken.group_by(*_LOG, "minute", "status").agg(pl.col("_records", "_weight").sum())
    taken = taken.with_columns(role=pl.lit("request", ROLE), unreached=pl.lit(value=False))
    logs = taken.select(_LOG).unique()
    mine = (
        tables.minutes.join(logs, on=_LOG, how="semi", nulls_equal=True)
        .with_columns(host=pl.lit(None, pl.String), upstream_status=pl.lit(None, pl.Int16))
        .group_by(list(MINUTES_KEYS))
        .agg(pl.col(list(MINUTES_SUMS)).sum())
    )
    rest = (
        mine.join(taken, on=[*_LOG, "minute", "status", "role", "unreached"], how="left", nulls_equal=True)
        .with_columns(
            (pl.col("records") - pl.col("_records").fill_null(0)).clip(lower_bound=0).alias("records"),
            (pl.col("weight") - pl.col("_weight").fill_null(0.0)).clip(lower_bound=0.0).alias("weight"),
        )
        .filter(pl.col("records") > 0)
        .select(tables.minutes.columns)
    )
    others = tables.minutes.join(logs, on=_LOG, how="anti", nulls_equal=True)
    return replace(tables, minutes=pl.concat([others, rest]))
