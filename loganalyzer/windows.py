"""Findings → the minutes of each that are read again, and what attribution is told of them.

All findings of one log share what is read. A request becomes one code per dimension, so that a hundred thousand of
them fit where their texts would not; the names of the values that matter are kept beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.agents import families
from loganalyzer.aggregates.grouping import LONGEST_VALUE, templates, unreached
from loganalyzer.aggregates.latency import answered
from loganalyzer.attribution import DIGITS, EVENT, Window, causes, effective, reach, with_near
from loganalyzer.detectors.single_client import clients_of, left_by_one, without_one
from loganalyzer.evidence import LINES, UNREACHED, Events, events_of, evidence_of
from loganalyzer.findings import SEVERITIES
from loganalyzer.networks import network
from loganalyzer.routes import Routes, learn
from loganalyzer.second_look import BEGAN, Glance
from loganalyzer.shortfall import Shortfall, absence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from loganalyzer.detectors.many_clients import Scan
    from loganalyzer.findings import Finding
    from loganalyzer.tables import Tables

EACH: Final = 300_000
"""Records read again for one finding, those around its worst minute: ten thousand tell who is to blame."""
ALL: Final = 900_000
"""Records read again for all findings together, in equal parts."""
FEWEST: Final = 20_000
"""Records below which a part is not worth it: then the least grave findings are not looked at."""

AGENTS: Final = 2_000
"""User agents of a log whose family is told, those with the most records; what is rarer has none."""

NAMES: Final = 50
"""Values of a dimension, in one chunk, whose names are kept: what carries a fifth of a window is among the first ten
of some chunk."""

MINUTE: Final = timedelta(minutes=1)

NEAR: Final = timedelta(hours=1)
NEAR_RECORDS: Final = 5_000
"""Time, and records, read on each side of a stretch with too few or too many requests: who asks at that hour."""
GUARD: Final = 2 * MINUTE
"""Time between the two: an end of a stretch may be off by a minute."""

OF_VOLUME: Final = frozenset({"traffic-drop", "traffic-surge"})
"""Kinds in whose time others ask than usual; where too much fails, the same people ask."""

TOO_FEW: Final = 0.99
"""Part of the records of a stretch that must be there when it is read again: what is missing from a log that has
changed since did not stay away."""

TEXTS: Final = (
    "host", "path", "method", "client", "user_agent", "upstream", "cache", "country", "user", "action", "category",
    "policy",
)  # fmt: skip
"""Canonical columns that are dimensions as they are; `path` with its identifiers as `{id}`."""

COLUMNS: Final = (*TEXTS, "asn", "status", "upstream_status")

REACHED: Final = ("path", "client", "host", "upstream")
"""Dimensions whose spread is told."""

_CODE: Final = pl.UInt64
_NO_NAMES: Final = pl.DataFrame(schema={"dimension": pl.String, "code": _CODE, "name": pl.String})


@dataclass(frozen=True)
class Piece:
    """What one chunk gave: `codes` of its requests, `names` of the values with most events, `lines` by finding."""

    codes: pl.DataFrame
    names: pl.DataFrame
    lines: dict[int, pl.DataFrame]


@dataclass(eq=False)
class Log:
    """The findings of one vendor and server, by number, and what is read of its log for them.

    `parts` are the minutes read again for each, `near` those before and after for what is missing from it. `scans` are
    those whose requests are none of a finding's.
    """

    vendor: str
    server: str | None
    tables: Tables
    findings: dict[int, Finding]
    events: dict[int, Events]
    parts: dict[int, tuple[datetime, datetime]]
    near: dict[int, list[tuple[datetime, datetime]]]
    glances: list[Glance[Piece]] = field(default_factory=list)
    scans: dict[int, Sequence[Scan]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Ask for every stretch that is read, once."""
        columns = tuple(
            dict.fromkeys([*COLUMNS, *(name for events in self.events.values() for name in events.columns)])
        )
        self.glances = [
            Glance(self.vendor, self.server, start, end, columns, self._piece)
            for start, end in _merged(
                [*self.parts.values(), *(span for some in self.near.values() for span in some)]
            )
        ]
        self._flags = {number: f"_is {events.name}" for number, events in self.events.items()}

    # --- while the log is read again -------------------------------------------------------------------------

    def _piece(self, records: pl.DataFrame) -> Piece:
        flags = {self._flags[number]: events.of for number, events in self.events.items()}
        seen = records.with_columns(unreached(self.vendor).alias(UNREACHED)).with_columns(
            expression.alias(name) for name, expression in flags.items()
        )
        seen = seen.filter((pl.col("role") == "request") | pl.any_horizontal(list(flags)))
        codes, names = [seen.select(BEGAN, *flags)], [_NO_NAMES]
        event = pl.any_horizontal(list(flags))
        for dimension, values in self._values(seen):
            codes.append(_code(values.alias(dimension)))
            top = (
                seen.select(event.alias("_event"), values.alias("name"))
                .filter(pl.col("_event") & pl.col("name").is_not_null())
                .group_by("name")
                .len()
                .sort("len", "name", descending=[True, False])
                .head(NAMES)
            )
            names.append(
                top.select(
                    pl.lit(dimension).alias("dimension"),
                    pl.col("name").hash().alias("code"),
                    pl.concat_str([pl.col("name"), pl.lit("")]).alias("name"),
                )
            )
        lines = {
            number: seen.filter(pl.col(flag) & pl.col(BEGAN).is_between(*self.parts[number], closed="left"))
            .select("source", "line", "text", BEGAN)
            .sort(BEGAN, "line")
            .head(LINES)
            for number, flag in self._flags.items()
            if not self.events[number].missing
        }
        return Piece(pl.concat(codes, how="horizontal"), pl.concat(names), lines)

    def _values(self, records: pl.DataFrame) -> Iterable[tuple[str, pl.Series]]:
        """Yield the dimensions that the records have, each with its values as text."""
        for name in TEXTS:
            if records[name].null_count() == records.height:
                continue
            values = records[name].str.slice(0, LONGEST_VALUE)
            if name == "path":
                values = _of_distinct(values, templates)
                if self._routes.parents:
                    yield "route", _of_distinct(values, self._routes.of)
            if name == "client":
                yield (
                    "network",
                    _of_distinct(
                        values,
                        lambda distinct: distinct.to_frame().select(network(pl.col("client"))).to_series(),
                    ),
                )
            if name == "user_agent":
                agents = pl.Series("agent", list(self._families), dtype=pl.String)
                yield (
                    "agent",
                    values.replace_strict(
                        agents, pl.Series(self._families.values(), dtype=pl.String), default=None
                    ),
                )
                continue
            yield name, values
        for name in ("asn", "status"):
            if records[name].null_count() < records.height:
                yield name, records[name].cast(pl.String)

    @cached_property
    def _values_of(self) -> pl.DataFrame:
        """Return `dimension`, `value`, `records` of all requests of this log."""
        return _summed(self._mine(self.tables.values))

    def _mine(self, frame: pl.DataFrame) -> pl.DataFrame:
        server = pl.col("server").eq_missing(pl.lit(self.server, pl.String()))
        return frame.filter((pl.col("vendor") == self.vendor) & server)

    @cached_property
    def _routes(self) -> Routes:
        paths = self._values_of.filter(pl.col("dimension") == "path")
        return learn(paths.select(pl.col("value").alias("path"), "records"))

    @cached_property
    def _families(self) -> dict[str, str]:
        agents = self._values_of.filter(pl.col("dimension") == "user_agent")
        first = agents.sort("records", "value", descending=[True, False]).head(AGENTS)
        return families(first["value"].to_list())

    # --- what was read, for each finding ---------------------------------------------------------------------

    def put(self, number: int, new: Sequence[tuple[int, Finding]], scans: Sequence[Scan]) -> None:
        """Put what is left of a finding without some scans, each with a number, in its place."""
        events, flag, (start, end) = self.events[number], self._flags[number], self.parts[number]
        del self.findings[number], self.events[number], self.parts[number]
        for other, finding in new:
            begin, stop = max(start, finding.start), min(end, finding.end)
            self.findings[other], self.events[other], self._flags[other] = finding, events, flag
            self.parts[other] = begin, max(begin, stop)
            self.scans[other] = scans

    def told(self) -> dict[int, Finding]:
        """Return the findings with lines, causes and reach; those of which nothing could be read stay as they are."""
        pieces = [piece for glance in self.glances for piece in glance.parts]
        if not pieces:
            return {}
        rows = pl.concat([piece.codes for piece in pieces], how="diagonal")
        names = pl.concat([piece.names for piece in pieces]).unique(["dimension", "code"])
        self._names = {(dimension, str(code)): name for dimension, code, name in names.iter_rows()}
        minutes = self._mine(self.tables.minutes)
        usual: dict[str, _Usual] = {}
        found = {}
        for number, finding in self.findings.items():
            start, end = self.parts[number]
            events, flag = self.events[number], self._flags[number]
            if flag not in usual:
                usual[flag] = self._usual(rows, minutes, events, flag)
            of, requests, happened = usual[flag]
            if events.missing:
                found[number] = self._who_stays_away(number, rows, minutes, usual[flag])
                continue
            inside = rows.filter(pl.col(BEGAN).is_between(start, end, closed="left"))
            scans = self.scans.get(number, ())
            for scan in scans:
                theirs = inside.filter(flag).join(
                    scan.pairs, on=["client", "path"], how="anti", nulls_equal=True
                )
                inside = pl.concat([inside.filter(~pl.col(flag)), theirs])
            if inside.height == 0:
                continue
            dimensions = [
                name
                for name in inside.columns
                if not name.startswith("_")
                and name not in events.judged
                and inside[name].null_count() < inside.height
            ]
            looked = (end - start) / max(finding.end - finding.start, MINUTE)
            share = inside.height / finding.requests if finding.requests else 1.0
            if events.every:
                of = with_near(of, requests, self._beside(number, rows).select(dimensions))
            window = Window(
                inside.select(*dimensions, pl.col(flag).alias(EVENT)),
                of,
                requests if events.minutes is not None or events.every else 0.0,
                happened,
                finding.expected * min(1.0, share),
                finding.model.phi,
                events.every,
                self._answered,
                events.least,
            )
            lines = (
                [scan.others(start, end) for scan in scans]
                if scans
                else [piece.lines[number] for piece in pieces if number in piece.lines]
            )
            found[number] = replace(
                finding,
                evidence=evidence_of(lines),
                # A detector that knows more than requests, such as their routes' usual times, may have named one.
                causes=causes(window, self._name) or finding.causes,
                reach=reach(window, REACHED),
                looked=None if looked >= 1 else (start, end),
                examined=True,
            )
            if (who := clients_of(window)) and not events.every:
                named = self._name("client", str(who.top)) or ""
                found[number] = without_one(found[number], who, named, self._clients)
        return found

    def _beside(self, number: int, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the requests read before and after a finding."""
        spans = [pl.col(BEGAN).is_between(*span, closed="left") for span in self.near[number]]
        return rows.filter(pl.any_horizontal(pl.lit(value=False), *spans) & pl.col(self._flags[number]))

    def _who_stays_away(
        self, number: int, rows: pl.DataFrame, minutes: pl.DataFrame, usual: _Usual
    ) -> Finding:
        """Return a finding of too few requests with who stays away, if what is read is still all that came."""
        finding, flag, (start, end) = self.findings[number], self._flags[number], self.parts[number]
        of, requests, _ = usual

        def of_minutes(first: datetime, last: datetime) -> int:
            here = pl.col("minute").is_between(first, last, closed="left") & (pl.col("role") == "request")
            return int(minutes.filter(here)["records"].sum())

        inside = rows.filter(pl.col(flag) & pl.col(BEGAN).is_between(start, end, closed="left"))
        near = self._beside(number, rows)
        beside = sum(of_minutes(*span) for span in self.near[number])
        if inside.height < TOO_FEW * of_minutes(start, end) or near.height < TOO_FEW * beside:
            return finding
        dimensions = [
            name
            for name in rows.columns
            if not name.startswith("_")
            and name not in self.events[number].judged
            and (inside[name].null_count() < inside.height or near[name].null_count() < near.height)
        ]
        # What is expected stands for more lines than there are in a sampled log, and here for a part of its time.
        lines = of_minutes(finding.start, finding.end) / finding.requests if finding.requests else 1.0
        looked = (end - start) / (finding.end - finding.start)
        due = finding.expected * lines * looked
        said = absence(
            Shortfall(
                inside.select(dimensions),
                near.select(dimensions),
                of,
                requests,
                due,
                finding.model.phi,
            ),
            self._name,
        )
        if said is None:
            return finding
        told = replace(
            finding,
            causes=said.causes,
            reach=said.reach,
            facts=(*finding.facts, *([("alike", 1.0)] if said.alike else [])),
            looked=None if looked >= 1 else (start, end),
            examined=True,
        )
        return left_by_one(told, inside.height, due, self._clients)

    @cached_property
    def _clients(self) -> float:
        """Return the effective number of clients of this log."""
        counts = self._values_of.filter(pl.col("dimension") == "client")["records"].to_numpy()
        return effective(counts) if counts.size else 0.0

    @cached_property
    def _answered(self) -> frozenset[str]:
        """Return the codes, as text, of cache results that say that nothing behind was asked."""
        seen = self._values_of.filter((pl.col("dimension") == "cache") & answered(pl.col("value")))
        return frozenset(seen.select(pl.col("value").hash().cast(pl.String)).to_series().to_list())

    def _name(self, dimension: str, code: str) -> str | None:
        return self._names.get((dimension, code))

    def _usual(self, rows: pl.DataFrame, minutes: pl.DataFrame, events: Events, flag: str) -> _Usual:
        """Return requests and events by value outside all findings, and their sums over all requests.

        A stretch of which a part was read is taken out as many times as it is longer. What is missing is looked for in
        all that was asked, but for the time of those findings in which others ask than usual.
        """
        stretches = _merged(
            (finding.start, finding.end)
            for finding in self.findings.values()
            if not events.missing or finding.kind in OF_VOLUME
        )
        minutes = minutes.with_columns(_stretch=_number_of(pl.col("minute"), stretches))
        rows = rows.with_columns(_stretch=_number_of(pl.col(BEGAN), stretches))
        request = pl.col("role") == "request"
        counts = minutes.group_by("_stretch").agg(
            pl.col("records").filter(request).sum().alias("requests"),
            (
                pl.col("records").filter(events.minutes).sum() if events.minutes is not None else pl.lit(0)
            ).alias("events"),
        )
        outside = counts.filter(pl.col("_stretch").is_null())
        read = rows.group_by("_stretch").agg(pl.len().alias("_rows"), pl.col(flag).sum().alias("_flags"))
        weights = counts.join(read, on="_stretch").select(
            "_stretch",
            (pl.col("requests") / pl.col("_rows")).alias("_of"),
            (pl.col("events") / pl.col("_flags").clip(lower_bound=1)).alias("_of_events"),
        )
        weighted = rows.join(weights, on="_stretch", how="left").with_columns(
            pl.col("_of", "_of_events").fill_null(0.0)
        )
        everything = self._everything
        failing = self._coded(self._failing(minutes, events), "events")
        usual = {}
        for dimension, known in everything.items():
            if dimension not in rows.columns:
                continue
            seen = (
                weighted.lazy()
                .group_by(pl.col(dimension).alias("value"))
                .agg(pl.col("_of").sum(), (pl.col("_of_events") * pl.col(flag)).sum().alias("_events"))
            )
            failed = failing.get(dimension, pl.DataFrame(schema={"value": _CODE, "events": pl.Float64}))
            usual[dimension] = (
                known.lazy()
                .join(failed.lazy(), on="value", how="left")
                .join(seen, on="value", how="left")
                .with_columns(pl.col("events", "_of", "_events").fill_null(0.0))
                .select(
                    "value",
                    (pl.col("requests") - pl.col("_of")).clip(lower_bound=0).round(DIGITS).alias("requests"),
                    (pl.col("events") - pl.col("_events")).clip(lower_bound=0).round(DIGITS).alias("events"),
                )
                .collect()
            )
        sums = outside.select("requests", "events").row(0) if outside.height else (0, 0)
        return usual, float(sums[0]), float(sums[1])

    @cached_property
    def _everything(self) -> dict[str, pl.DataFrame]:
        return self._coded(self._values_of, "requests")

    def _failing(self, minutes: pl.DataFrame, events: Events) -> pl.DataFrame:
        """Return `dimension`, `value`, `records` of the events, as far as statuses tell them.

        Where only a part of the records of a status are events, as of the 502 that an edge makes or passes on, that
        part goes for each value.
        """
        failures = self._mine(self.tables.failures)
        if events.minutes is None:
            return _summed(failures.head(0))
        parts = (
            minutes.filter(pl.col("role") == "request")
            .group_by("status")
            .agg((pl.col("records").filter(events.minutes).sum() / pl.col("records").sum()).alias("_part"))
            .filter(pl.col("_part") > 0)
        )
        counted = failures.join(parts, on="status", nulls_equal=True)
        return _summed(counted.with_columns(pl.col("records") * pl.col("_part")))

    def _coded(self, counts: pl.DataFrame, name: str) -> dict[str, pl.DataFrame]:
        """Return `value` as code and a count, by dimension, with the wider dimensions made of the narrower ones."""
        made = {}
        for (dimension,), part in counts.partition_by("dimension", as_dict=True).items():
            values = part["value"].alias(str(dimension))
            for wider, series in self._values(_alone(str(dimension), values)):
                coded = pl.DataFrame(
                    {"value": series.hash(), "_there": series.is_not_null(), name: part["records"]}
                )
                made[wider] = (
                    coded.filter("_there").group_by("value").agg(pl.col(name).sum().cast(pl.Float64))
                )
        return made


_Usual = tuple[dict[str, pl.DataFrame], float, float]
"""Dimension → `value`, `requests`, `events` on an ordinary day; requests and events of all."""


def logs_of(findings: Sequence[Finding], tables: Tables) -> list[Log]:
    """Return the logs that are read again for findings, the gravest of which come first if they are many."""
    asked = [
        (number, finding, events) for number, finding in enumerate(findings) if (events := _asked(finding))
    ]
    asked.sort(key=lambda one: (-SEVERITIES.index(one[1].severity), -one[1].observed, one[1].id))
    asked = asked[: ALL // FEWEST]
    most = min(EACH, ALL // max(len(asked), 1))
    by_log: dict[tuple[str, str | None], list[tuple[int, Finding, Events]]] = {}
    for one in asked:
        by_log.setdefault((one[1].vendor or "", one[1].server), []).append(one)
    return [_log(key, some, tables, most) for key, some in by_log.items()]


def _asked(finding: Finding) -> Events | None:
    return None if finding.kind == "blips" else events_of(finding)


def _log(
    key: tuple[str, str | None], asked: list[tuple[int, Finding, Events]], tables: Tables, most: int
) -> Log:
    vendor, server = key
    here = (pl.col("vendor") == vendor) & pl.col("server").eq_missing(pl.lit(server, pl.String()))
    minutes = (
        tables.minutes.filter(here & pl.col("minute").is_not_null())
        .group_by("minute")
        .agg(pl.col("records").sum())
        .sort("minute")
    )
    parts = {number: part(finding, minutes, most) for number, finding, _ in asked}
    other = _merged((finding.start, finding.end) for _, finding, _ in asked if finding.kind in OF_VOLUME)
    near = {number: _near(finding, minutes, other) for number, finding, events in asked if events.every}
    return Log(
        vendor,
        server,
        tables,
        {number: finding for number, finding, _ in asked},
        {number: events for number, _, events in asked},
        parts,
        near,
    )


def _near(
    finding: Finding, minutes: pl.DataFrame, other: list[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """Return the minutes before and after a finding in which as many ask as usual, up to `NEAR_RECORDS` on each side.

    They end where another finding of too many or too few requests begins.
    """
    before = max((end + GUARD for _, end in other if end <= finding.start), default=finding.start - NEAR)
    after = min((start - GUARD for start, _ in other if start >= finding.end), default=finding.end + NEAR)
    sides = (
        (max(before, finding.start - NEAR), finding.start - GUARD, True),
        (finding.end + GUARD, min(after, finding.end + NEAR), False),
    )
    found = []
    for start, end, backwards in sides:
        inside = minutes.filter(pl.col("minute").is_between(start, end, closed="left"))
        nearest = inside.sort("minute", descending=backwards).filter(
            pl.col("records").cum_sum() <= NEAR_RECORDS
        )["minute"]
        if nearest.len():
            found.append((min(nearest[0], nearest[-1]), max(nearest[0], nearest[-1]) + MINUTE))
    return found


def part(finding: Finding, minutes: pl.DataFrame, most: int) -> tuple[datetime, datetime]:
    """Return the minutes of a finding that are read again: all of it, or about `most` records around its worst minute.

    Parameters
    ----------
    minutes: `minute` and `records`, sorted.
    """
    inside = minutes.filter(pl.col("minute").is_between(finding.start - MINUTE, finding.end, closed="none"))
    if inside.height == 0 or int(inside["records"].sum()) <= most:
        return finding.start, finding.end
    peak = finding.peak or inside.sort("records", "minute", descending=[True, False])["minute"][0]
    nearest = inside.with_columns(_far=(pl.col("minute") - peak).abs()).sort("_far", "minute")
    kept = nearest.filter((pl.col("records").cum_sum() <= most) | (pl.int_range(pl.len()) == 0))
    first, last = kept.select(pl.col("minute").min(), pl.col("minute").max().alias("last")).row(0)
    return max(first, finding.start), min(last + MINUTE, finding.end)


def _merged(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Return spans of time joined where they touch."""
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _number_of(moment: pl.Expr, spans: Sequence[tuple[datetime, datetime]]) -> pl.Expr:
    """Return the number of the span that a moment lies in, null outside all."""
    number: pl.Expr = pl.lit(None, pl.Int32)
    for place, (start, end) in enumerate(spans):
        number = (
            pl.when(moment.is_between(start, end, closed="left"))
            .then(pl.lit(place, pl.Int32))
            .otherwise(number)
        )
    return number


def _summed(counts: pl.DataFrame) -> pl.DataFrame:
    return counts.group_by(pl.col("dimension").cast(pl.String), "value").agg(pl.col("records").sum())


def _alone(dimension: str, values: pl.Series) -> pl.DataFrame:
    """Return a frame of records that have one dimension and nothing else."""
    nothing = [pl.lit(None, pl.String).alias(name) for name in (*TEXTS, "asn", "status") if name != dimension]
    return values.to_frame().with_columns(nothing)


def _of_distinct(values: pl.Series, made: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Return what is made of values, by making it of the distinct ones alone."""
    distinct = values.unique()
    return values.replace_strict(distinct, made(distinct), return_dtype=pl.String)


def _code(values: pl.Series) -> pl.DataFrame:
    """Return the values as numbers that are the same for the same text."""
    value = pl.col(values.name)
    return values.to_frame().select(pl.when(value.is_not_null()).then(value.hash()).alias(values.name))
