"""What a detector says → Finding: observed beside expected, with every input of its score."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from loganalyzer.diagnosis.verdict import Verdict

Severity = Literal["notice", "minor", "major", "critical"]
Shape = Literal["burst", "level", "throughout"]
Direction = Literal["up", "down"]

SEVERITIES: Final[tuple[Severity, ...]] = ("notice", "minor", "major", "critical")
"""In rising order."""

BY_RULE: Final = frozenset({"auth-loop", "not-found-scan", "retry-storm"})
"""Kinds that tell what clients do, not how many fail."""


@dataclass(frozen=True)
class Model:
    """The inputs of a score, so that anybody can recompute it: see `baseline.score`.

    `window_s` seconds of the best window, `y` events observed in it, `m` expected there, `a` events a minute
    that do not scale with traffic, `b` events per request that is none of them, `jobs` events in the window that
    come by the clock, hour by hour, `level` local factor on all three (below 1 where a file of hours has less of
    them outside the window), `phi` and `kappa` the spread (variance = phi·m + kappa·m²), `M` events behind the
    baseline, `threshold` the score needed, `history` the rung of the confidence ladder in words. Where nothing can be
    compared, `limit` is the fixed share of the requests that was passed, else null; `b` is then that limit per request
    and `m` what it allows: nobody expected it, and the score is 0.

    Of traffic, `direction` is down where fewer requests than expected were tested for: see `baseline.score_below`;
    `rhythm` are the requests that the time of day and week leads one to expect in the window, so that m is
    rhythm·level; `a` and `b` are 0, and `M` counts requests. Counts are of lines.
    """

    window_s: int
    y: float
    m: float
    a: float
    b: float
    level: float
    phi: float
    kappa: float
    M: float
    threshold: float
    history: str
    limit: float | None = None
    direction: Direction = "up"
    rhythm: float | None = None
    jobs: float = 0.0


@dataclass(frozen=True)
class Evidence:
    """One line of a log that belongs to a finding; `text` is raw: mask and escape it where it is shown."""

    source: str
    line: int
    text: str


@dataclass(frozen=True)
class Cause:
    """One value that carries the excess of a finding, judged as DETECTION's risk ratio with a lower bound.

    `dimension` and `value`, for a pair also `inner_dimension` and `inner_value` within it. `share_of_excess` of the
    events above the expected, `share_of_requests` of all requests in the window; `ratio_lower` is the lower end of how
    many times likelier than elsewhere a request of this value was to be an excess event. `failing` of its `requests`
    were events where `expected` were due. `fails_more` and `comes_more` split its excess: its requests fail more
    often, or there are more of them. `only`: no other value of its dimension is named in the window, so that nothing
    of its kind stands beside it.

    Of too many requests, `ratio_lower` is the lower end of how many times more than elsewhere came for each that was
    due. Of a lack of requests, `share_of_excess` is of the deficit: of the requests that were due and did not come.
    `failing` and `requests` are those that came where `expected` were due, `comes_more` is below 0, and `ratio_lower`
    the lower end of how many times likelier than elsewhere a request of this value, or of those named with it, was to
    stay away.
    """

    dimension: str
    value: str
    share_of_excess: float
    share_of_requests: float
    ratio_lower: float
    failing: float
    requests: float
    expected: float
    fails_more: float
    comes_more: float
    inner_dimension: str | None = None
    inner_value: str | None = None
    only: bool = False


@dataclass(frozen=True)
class Reach:
    """How far a finding spread over one dimension: `affected` of `values` distinct values had events.

    `effective` is exp(entropy) of the events over the values, `top_share` the share of the largest. Of a lack of
    requests, events are those that did not come, and values those with enough requests due to tell.
    """

    dimension: str
    affected: int
    values: int
    effective: float
    top_share: float


@dataclass(frozen=True)
class Timer:
    """Durations that pile up at a round value, and the timer that is known to end requests there.

    `status` of the records, `seconds` where `records` of `total` pile up; `name` is the directive or the product's
    own limit, `layer` whose it is, `source` where its default is documented. `name` is null where none is known.
    """

    status: int
    seconds: float
    records: int
    total: int
    name: str | None
    layer: str | None
    source: str | None


@dataclass(frozen=True)
class Slower:
    """When a request of a route counts as slow: from `seconds` on, as the usual `share` of its requests does.

    `route` is null for all routes that have no usual of their own; `cached` tells answers that a cache gave by itself.
    """

    route: str | None
    cached: bool
    seconds: float
    share: float


@dataclass(frozen=True)
class Finding:
    """One stretch of time in which a family of statuses stood above what its log leads one to expect.

    `start` and `end` are UTC, `end` exclusive; `observed` and `expected` are events from start to end,
    `requests` all requests of that vendor and server in it: all three weighted, in a sampled log estimates.
    `statuses` are (status, lines of the log) of the family by falling count, unweighted: what a reader can look
    up. Where `model.limit` is set, `expected` is what that limit allows, `score` 0 and `ratio` null. `flagged` is the
    end of the first window that passed the threshold: then somebody who watched would have known. `client` is set
    where the finding is about one client alone. Where a rule judged it, `facts` are the numbers that tell it, by name.
    `examined` tells that its requests were read again: then no `causes` means that there is no single one. `looked`
    are the minutes that `causes` and `reach` were told from, null where that is all of it; `single_client` is the
    client without which there would be no finding. `limits` are
    what slow requests were told by. `diagnosis` says which documented causes its window shows.
    """

    kind: str
    family: str
    shape: Shape
    severity: Severity
    vendor: str | None
    server: str | None
    host: str | None
    start: datetime
    end: datetime
    ongoing: bool
    observed: float
    expected: float
    requests: float
    score: float
    model: Model
    statuses: tuple[tuple[int | None, int], ...] = ()
    stretches: tuple[tuple[datetime, datetime], ...] = ()
    evidence: tuple[Evidence, ...] = ()
    evidence_total: int = 0
    peak: datetime | None = None
    flagged: datetime | None = None
    causes: tuple[Cause, ...] = ()
    reach: tuple[Reach, ...] = ()
    timers: tuple[Timer, ...] = ()
    limits: tuple[Slower, ...] = ()
    client: str | None = None
    facts: tuple[tuple[str, float], ...] = ()
    looked: tuple[datetime, datetime] | None = None
    examined: bool = False
    single_client: str | None = None
    going_on: int | None = None
    diagnosis: tuple[Verdict, ...] = ()

    @property
    def ratio(self) -> float | None:
        """How many times the expected number; null when nothing was expected: a limit is no expectation."""
        return self.observed / self.expected if self.expected > 0 and self.model.limit is None else None

    @property
    def by_rule(self) -> bool:
        """Whether a rule judged it, by what some clients asked for: then `facts` tell it, and nothing was expected."""
        return self.kind in BY_RULE

    @cached_property
    def id(self) -> str:
        """Hash of kind, vendor, server, host, first onset and client: stable over runs on the same log."""
        text = "\x1f".join(
            (
                self.kind,
                self.vendor or "",
                self.server or "",
                self.host or "",
                self.start.isoformat(),
                *((self.client,) if self.client is not None else ()),
            )
        )
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]


def in_order(finding: Finding) -> tuple[object, ...]:
    """Return what sorts findings as every list of them is sorted."""
    whose = (finding.vendor or "", finding.server or "", finding.host or "")
    return (finding.start, finding.kind, *whose, finding.end, finding.client or "")
