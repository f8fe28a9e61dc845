"""why-404: more than a usual site has? And by kind: links, typed addresses, crawlers, a scan, or pages that went.

Why it matters
    A broken link is repaired in a minute once the page that holds it is known; a page that went with a release is an
    incident; scans and crawlers are weather.
How it is judged
    By who asked for which path, and how they came. Each request counts for the first that fits:
    an address that browsers and crawlers ask for unbidden, such as `/favicon.ico` (no cause, counted in the total);
    `vanished`: its path was answered five times, and from some minute on was missing five times and never answered;
    `own-link`: a page of the same host led there, if three clients came so or the client is no scanner;
    `crawler`: one that keeps an index of the web, by its own name;
    `scan`: a client with twenty missing paths, as `not-found-scan` has it, over the whole log;
    `other-link`: a page of another host or a search engine led there;
    `typed`: no page did, by a browser whose client got most of what it asked for: an address typed, or kept.
    A cause is told from a tenth of the records on; what fits none may be a scan or typed, and then says neither.
    `above-usual`: 404 and 410 against the share that Cloudflare's document calls usual, about 3 % of page views; a log
    counts requests, so that a site with many images has less. It is a figure for a site, not for minutes of it, and
    is not held against the window of a finding.
Sources
    The document on Cloudflare's 4xx, for the 3 % and for typed addresses, broken links, moved or deleted pages and
    crawlers. The standard's documents say only that nothing is there, which is what a scan meets.
Cannot be told
    Whose a link is where a log names no hosts, but for search engines. A crawler by another name, or a scanner by a
    crawler's. One item of a path that is counted with identifiers as `{id}`. A path that went and came back.
    The sites behind a proxy: a WSA's 404s are theirs, and no question for its owner.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.aggregates.grouping import OTHER, template
from loganalyzer.aggregates.missing import NEVER_ANSWERED, NEVER_MISSED, STATUSES, number_of
from loganalyzer.aggregates.symptoms import REFERRERS, SITE, referrer
from loganalyzer.detectors import not_found_scan
from loganalyzer.diagnosis.case import quoted
from loganalyzer.diagnosis.judging import ratio, share, share_between
from loganalyzer.diagnosis.parts import PART
from loganalyzer.diagnosis.verdict import Facts, Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case

NAME: Final = "why-404"

USUAL: Final = 0.03
"""Share of page views that the document calls usual: "about 3 %"."""

FAR_ABOVE: Final = 1.5 * USUAL
"""Share that is surely more than about 3 %."""

OFTEN: Final = 5
"""Times that a path must have been answered before, and missing after: by chance alone one in 252 paths reads so."""

ASKERS: Final = 3
"""Clients that one link must have led to a path before it is a link even for those who look like scanners."""

CRAWLERS: Final = (
    "googlebot", "google-inspectiontool", "googleother", "adsbot-google", "mediapartners-google", "bingbot",
    "bingpreview", "msnbot", "yandexbot", "yandeximages", "yandexmobilebot", "baiduspider", "duckduckbot", "yeti/",
    "daumoa", "applebot", "petalbot", "sogou", "seznambot", "qwantbot", "qwantify", "amazonbot", "gptbot",
    "oai-searchbot", "claudebot", "perplexitybot", "ccbot", "bytespider", "facebookexternalhit", "meta-external",
    "ahrefsbot", "semrushbot", "mj12bot", "dotbot", "archive.org_bot", "ia_archiver", "yahoo! slurp", "coccocbot",
    "dataforseobot", "blexbot",
)  # fmt: skip
"""Crawlers that keep an index of the web, by their own names. A monitor, a feed reader or a scanner keeps none."""

_BROWSER: Final = r"^(?:Mozilla|Opera)/\d"

_UNBIDDEN: Final = (
    r"(?i)^/(?:favicon\.ico|apple-touch-icon[\w-]*\.png|robots\.txt|(?:app-)?ads\.txt|sellers\.json|humans\.txt|"
    r"security\.txt|browserconfig\.xml|crossdomain\.xml|sitemap[\w-]*\.xml(?:\.gz)?|\.well-known/.*)$"
)
"""Addresses that nobody linked or typed: browsers and crawlers ask every site for them."""

_NAME_OF: Final = pl.col("referrer").str.extract(SITE).str.to_lowercase()

_PAGE: Final = r"^[A-Za-z]+://[^/?#]*(/[^?#]*)"

_STANDARD: Final = ("mdn-client-server-errors", "http-status-overview", "mdn-errors-excerpt", "standard")
_CLOUDFLARE: Final = ("cloudflare-4xx",)

CAUSES: Final[dict[str, tuple[str, ...]]] = {
    "above-usual": _CLOUDFLARE,
    "vanished": _CLOUDFLARE,
    "own-link": _CLOUDFLARE,
    "other-link": _CLOUDFLARE,
    "typed": _CLOUDFLARE,
    "crawler": _CLOUDFLARE,
    "scan": _STANDARD,
}

NEEDED: Final = {
    "vanished": ("path",),
    "own-link": ("path", "referrer"),
    "other-link": ("path", "referrer"),
    "typed": ("path", "client", "user_agent", "referrer"),
    "crawler": ("path", "user_agent"),
    "scan": ("path", "client"),
}
"""Canonical columns without which a kind cannot be told."""

NAMED: Final = 5
"""Hosts named one by one in a command."""

COMPARED: Final = ("vanished", "typed", "scan")
"""Kinds that are told from what was answered beside what is missing."""


@dataclass(frozen=True, eq=False)
class Kinds:
    """The rows of `missing` with their `kind`, beside what else is known of them."""

    rows: pl.DataFrame

    def count(self, *where: pl.Expr) -> int:
        """Return how many records are so."""
        return int(self.rows.filter(*where)["records"].sum())

    def first(self, column: str, *where: pl.Expr) -> str:
        """Return the commonest text of a column among such records; a dash where there is none."""
        found = (
            self.rows.filter(pl.col(column).is_not_null(), pl.col(column) != OTHER, *where)
            .group_by(column)
            .agg(pl.col("records").sum())
            .sort("records", column, descending=[True, False])
        )
        return str(found[column][0]) if found.height else "-"

    def values(self, column: str, *where: pl.Expr) -> list[str]:
        """Return the texts of a column among such records, by name."""
        found: list[str] = self.rows.filter(*where)[column].drop_nulls().unique().sort().to_list()
        return found


def _ask(case: Case) -> Iterator[Verdict]:
    yield _above(case)
    kinds = Kinds(_kinds(case))
    for cause, needed in NEEDED.items():
        carrying = [name for name, some in case.columns.items() if some.issuperset(needed)]
        rows = kinds.rows.filter(pl.col("format").is_in(carrying))
        verdict = _told(case, cause, Kinds(rows), case.lacks(*needed), kinds)
        if cause in COMPARED:
            verdict = replace(verdict, judgement=case.unselected(verdict.judgement))
        yield verdict


def _above(case: Case) -> Verdict:
    part, total = case.answered(*STATUSES), case.requests
    facts = (("part", part), ("requests", total), ("part_share", ratio(part, total)), ("usual_share", USUAL))
    where = f"status in ({', '.join(str(status) for status in STATUSES)})"
    judgement = case.unselected(share(part, total, FAR_ABOVE, USUAL), but="contradicted")
    if not case.whole:  # a burst is far above any share; that it is one the finding says
        judgement = "cannot tell"
    return Verdict(NAME, "above-usual", judgement, case.status, facts, where=where)


def _told(case: Case, cause: str, known: Kinds, missing: tuple[str, ...], every: Kinds) -> Verdict:
    """Return what the share of one kind has to say: of some records it is known only what they may be."""
    kind, total = pl.col("kind"), known.count()
    sure = known.count(kind == cause)
    may = {
        "scan": ~pl.col("visitor") & ((kind == "open") | ((kind == "own-link") & ~pl.col("shared"))),
        "typed": (kind == "open") & (pl.col("came") == "none") & (pl.col("agent") == "browser"),
        "own-link": kind == "unowned",
        "other-link": kind == "unowned",
    }.get(cause, pl.lit(value=False))
    judgement, part = share_between(sure, sure + known.count(may), total, PART)
    if missing:
        judgement = "cannot tell"
    elif judgement == "cannot tell" and cause.endswith("-link") and known.count(kind == "unowned"):
        missing = ("host",)  # without it nobody knows whose page it was that led there
    facts: Facts = (("part", part), ("records", total), ("part_share", ratio(part, total)))
    here = kind == cause
    where = f"status = {case.status}"
    if cause == "vanished":
        path = every.first("path", here)
        moment = every.rows.filter(here, pl.col("path") == path)["missed"].min()
        facts = (*facts, ("path", path), ("paths", every.rows.filter(here)["path"].n_unique()))
        facts = (*facts, ("since", _moment(moment) if isinstance(moment, int) else case.start))
        where = f"{where} and path = {quoted(path)}" if "{" not in path else where
    elif cause == "own-link":
        facts = (*facts, ("path", every.first("path", here)), ("page", every.first("page", here)))
        where = f"{where} and {_from(known.values('host', here))}"
    elif cause == "other-link":
        facts = (*facts, ("site", every.first("site", here)), ("path", every.first("path", here)))
        where = f"{where} and {_from(known.values('site', here))}"
    elif cause == "crawler":
        agent = every.first("user_agent", here)
        facts = (*facts, ("crawler", agent), ("path", every.first("path", here)))
        where = f"{where} and user_agent = {quoted(agent)}"
    elif cause == "scan":
        client = every.first("client", here)
        clients = every.rows.filter(here)["client"].n_unique()
        paths = every.rows.filter(here)["path"].n_unique()
        facts = (*facts, ("client", client), ("clients", clients), ("paths", paths))
        where = f"{where} and client = {quoted(client)}"
    else:
        facts = (*facts, ("path", every.first("path", here)))
        where = f"{where} and coalesce(referrer, '') = ''"
    return Verdict(NAME, cause, judgement, case.status, facts, missing, where=where if sure else None)


def _from(hosts: list[str]) -> str:
    """Return an expression for the records that pages of these hosts led to, or of any where they are many."""
    if not 0 < len(hosts) <= NAMED or OTHER in hosts:
        return "coalesce(referrer, '') != ''"
    bare = [host.lower().removeprefix("www.") for host in hosts]
    told = [f"lower(referrer) like {quoted(f'%//%{host}%')}" for host in dict.fromkeys(bare)]
    return told[0] if len(told) == 1 else f"({' or '.join(told)})"


def _moment(minute: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)


def _kinds(case: Case) -> pl.DataFrame:
    """Return the rows of the status in this stretch with their `kind`, and with what it is told from."""
    names = [(f"missing {name}", None) for name in ("rows", "paths", "clients")]
    if names[0] not in case.known:
        every = _described(case.log_of(case.tables.missing))
        case.known.update(zip(names, (every, _paths(case, every), _clients(case, every)), strict=True))
    every, paths, clients = (case.known[name] for name in names)
    status = pl.col("status") == case.status
    rows = every.filter(status) if case.whole else _described(case.missing.filter(status))
    rows = rows.join(paths, on="path", how="left").join(clients, on="client", how="left", nulls_equal=True)
    rows = rows.with_columns(pl.col("vanished", "shared", "scanner", "visitor").fill_null(value=False))
    came = pl.col("came")
    kind = (
        pl.when(pl.col("unbidden"))
        .then(pl.lit("unbidden"))
        .when(pl.col("vanished"))
        .then(pl.lit("vanished"))
        .when((came == "same") & (pl.col("shared") | ~pl.col("scanner")))
        .then(pl.lit("own-link"))
        .when(pl.col("agent") == "crawler")
        .then(pl.lit("crawler"))
        .when(pl.col("scanner"))
        .then(pl.lit("scan"))
        .when((came == "search") | ((came == "site") & pl.col("hosted")))
        .then(pl.lit("other-link"))
        .when(came == "site")
        .then(pl.lit("unowned"))
        .when((came == "none") & (pl.col("agent") == "browser") & pl.col("visitor"))
        .then(pl.lit("typed"))
        .otherwise(pl.lit("open"))
    )
    return rows.with_columns(kind=kind)


def _described(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of `missing` with what their texts mean; every text is looked at once."""
    came = rows.select("referrer", "host").unique().with_columns(site=referrer())
    site = pl.col("site")
    came = came.with_columns(
        came=pl.when(site.is_in(REFERRERS)).then(site).otherwise(pl.lit("site")),
        site=pl.when(~site.is_in(["none", "same"])).then(_NAME_OF),
        page=pl.when(site == "same").then(template(pl.col("referrer").str.extract(_PAGE).fill_null("/"))),
        hosted=pl.col("host").is_not_null(),
    )
    name = pl.col("user_agent").fill_null("")
    agents = (
        rows.select("user_agent")
        .unique()
        .with_columns(
            agent=pl.when(name.str.contains_any(list(CRAWLERS), ascii_case_insensitive=True))
            .then(pl.lit("crawler"))
            .when(name.str.contains(_BROWSER))
            .then(pl.lit("browser"))
            .otherwise(pl.lit("program"))
        )
    )
    paths = rows.select("path").unique().with_columns(unbidden=pl.col("path").str.contains(_UNBIDDEN))
    return (
        rows.join(came, on=["referrer", "host"], how="left", nulls_equal=True)
        .join(agents, on="user_agent", how="left", nulls_equal=True)
        .join(paths, on="path", how="left")
    )


def _paths(case: Case, every: pl.DataFrame) -> pl.DataFrame:
    """Return `path`, whether it `vanished`, when it was first `missed`, and whether a link of the site is `shared`."""
    linked = pl.col("came") == "same"
    told = every.group_by("path").agg(
        pl.col("records").sum().alias("gone"),
        (pl.col("client").filter(linked).n_unique() >= ASKERS).alias("shared"),
    )
    served = case.served("path").rename({"value": "path"})
    moments = _moments(case, every)
    vanished = (
        (pl.col("missed") > pl.col("answered")) & (pl.col("served") >= OFTEN) & (pl.col("gone") >= OFTEN)
    )
    return (
        told.join(served, on="path", how="left")
        .join(moments, on="path", how="left")
        .select("path", "missed", "shared", vanished=vanished & (pl.col("path") != OTHER))
    )


def _moments(case: Case, every: pl.DataFrame) -> pl.DataFrame:
    """Return `path`, and of all servers of the log the minutes in which it was last `answered` and first `missed`."""
    names = every["path"].unique()
    # One that another server still answers is not gone.
    servers = case.log_of(case.tables.minutes)["server"].unique().to_list()
    made = pl.concat(
        [pl.DataFrame({"path": names, "who": number_of(case.vendor, server, names)}) for server in servers]
    )
    return (
        made.join(case.tables.moments, on="who")
        .group_by("path")
        .agg(pl.col("answered").max(), pl.col("missed").min())
        .filter(pl.col("answered") != NEVER_ANSWERED, pl.col("missed") != NEVER_MISSED)
    )


def _clients(case: Case, every: pl.DataFrame) -> pl.DataFrame:
    """Return `client`, whether it is a `scanner`, and whether it is a `visitor`.

    A visitor gets most of what he asks for, and types no dozens of addresses.
    """
    missed = every.filter(pl.col("client") != OTHER).group_by("client").agg(pl.col("records").sum())
    asked = (
        case.log_of(case.tables.values)
        .filter(pl.col("dimension") == "client")
        .select(client="value", asked="records")
        .join(missed, on="client", how="semi")
        .group_by("client")
        .agg(pl.col("asked").sum())
    )
    guesses = every.filter(~pl.col("unbidden"), pl.col("agent") != "crawler")
    served = case.served("path").select(path="value", answered=pl.lit(value=True))
    busy = guesses.group_by("client").len().filter(pl.col("len") >= not_found_scan.LEAST)
    theirs = (
        guesses.join(busy, on="client", how="semi")
        .group_by("client", "path")
        .agg(pl.col("records").sum())
        .join(served, on="path", how="left")
        .group_by("client")
        .agg(
            pl.len().alias("paths"),
            pl.col("records").sum().alias("guesses"),
            pl.col("answered").is_null().mean().alias("never"),
        )
    )
    many = pl.col("paths").fill_null(0) >= not_found_scan.LEAST
    scanner = (
        many
        & (pl.col("paths") >= not_found_scan.DISTINCT * pl.col("guesses"))
        & (pl.col("never") >= not_found_scan.NEVER)
        & (pl.col("records") >= not_found_scan.MISSING * pl.col("asked"))
    )
    return (
        missed.join(asked, on="client", how="left")
        .join(theirs, on="client", how="left")
        .select("client", scanner=scanner, visitor=(2 * pl.col("records") <= pl.col("asked")) & ~many)
    )


QUESTION: Final = Question(
    NAME, frozenset(STATUSES), frozenset({"nginx", "apache", "cloudflare"}), CAUSES, _ask
)
