"""not-found-scan: one client, or many together, that ask for many different paths that never were there.

Why it matters
    Somebody looks for open doors. It is the weather of the internet: worth a line, and worth more only where it makes a
    good part of the traffic, or finds something.
How it is judged
    At least twenty different missing paths of one client in a quarter of an hour, four in five of its 404s a new one,
    half of what it asked for missing, and four in five of these paths never answered in the whole log. So somebody who
    reads a page with missing images, or follows old links, is not a scanner. A notice, unless it asked a hundred times
    and one request in five of the log was its own.
    From many addresses (`many_clients`): twenty such paths, each asked for by three clients of three networks, none of
    which is a scanner by itself. More than half of what each client asked for was missing, four in five of the requests
    are of a client for a path that it had not tried, and on average it asked for no more than half of the list; half of
    the clients were shown nothing at all. A path that half of its requests were led to by a link (referrer) is no
    guess, nor is one that makes a fifth of all: that is a broken link, and stays a `not-found-surge` that names it.
    The list must be asked for four times as often as in the rest of the log, which knows the weather.
    The surge is judged again without the scan, and is gone where the scan was all of it.
    `facts` of many: requests `asked` by these `clients` of `networks`, the `missing` ones for guesses, different
    `paths`, those `shared` by three clients or more, the part of what they missed that `never` was answered, and the
    `share` of all requests of that time.
Known misses
    Of many addresses: guesses that carry a referrer, as if a search engine had led there; a scan behind one proxy; one
    with fewer missing paths than a surge has, in a log that has many anyway. Clients of a WSA are its own users, and
    are not judged together.
    Where a log has no referrers, readers who follow old links to twenty pages that were gone before it begins, and get
    nothing else of the site, cannot be told from a scan; nor can crawlers of three networks that come back for deleted
    pages, nor, where all of a log is looked at, scanners that know nothing of each other and try the same paths.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates.grouping import LONGEST_VALUE, template
from loganalyzer.detectors.one_client import MANY, Rule, judged

if TYPE_CHECKING:
    from loganalyzer.findings import Finding, Severity
    from loganalyzer.tables import Tables

LEAST: Final = 20
DISTINCT: Final = 0.8
MISSING: Final = 0.5
NEVER: Final = 0.8
MUCH: Final = 0.2
"""Share of all requests of its time from which on a scan is more than weather."""

GONE: Final = (404, 410)


def _judge(finding: Finding, records: pl.DataFrame, tables: Tables) -> Finding | None:
    """Return the finding if what the client asked for is a list of guesses."""
    asked = records.height
    missing = records.filter(pl.col("status").is_in(GONE) & pl.col("path").is_not_null())
    paths = missing["path"].unique()
    if paths.len() < LEAST or paths.len() < DISTINCT * missing.height or missing.height < MISSING * asked:
        return None
    never = _never_answered(paths, finding, tables)
    if never < NEVER:
        return None
    share = _share(finding, tables)
    facts = {"asked": asked, "missing": missing.height, "paths": paths.len(), "never": never, "share": share}
    severity: Severity = "minor" if share >= MUCH and missing.height >= MANY else "notice"
    return replace(judged(finding, missing, facts), severity=severity)


def _never_answered(paths: pl.Series, finding: Finding, tables: Tables) -> float:
    """Return the share of the paths of which every request of the log failed."""
    here = (pl.col("vendor") == finding.vendor) & (pl.col("dimension") == "path")
    names = paths.to_frame("value").select(value=template(pl.col("value").str.slice(0, LONGEST_VALUE)))
    every = tables.values.filter(here).group_by("value").agg(pl.col("records").sum())
    failed = tables.failures.filter(here).group_by("value").agg(pl.col("records").sum().alias("failed"))
    known = names.join(every, on="value", how="left").join(failed, on="value", how="left")
    # A path that the bounded tables dropped was asked for seldom: nothing speaks for an answer.
    never = known.select((pl.col("records").fill_null(0) <= pl.col("failed").fill_null(0)).mean()).item()
    return float(never)


def _share(finding: Finding, tables: Tables) -> float:
    """Return the share of the finding's denials in all requests of its log and time."""
    inside = tables.minutes.filter(
        pl.col("vendor") == finding.vendor,
        pl.col("server").eq_missing(pl.lit(finding.server, pl.String)),
        pl.col("role") == "request",
        pl.col("minute").is_between(finding.start, finding.end, closed="left"),
    )
    requests = int(inside["records"].sum())
    return min(1.0, finding.observed / requests) if requests else 1.0


RULE: Final = Rule(
    kind="not-found-scan",
    denied="missing",
    least=LEAST // 2,  # of a quarter of an hour, the busiest five minutes
    exonerates=False,
    columns=("status", "path"),
    judge=_judge,
)
