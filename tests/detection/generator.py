"""A Site → Run: counts of every channel and minute, how long requests took, and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tests.detection import durations, happenings, truth
from tests.detection.cast import cast_of, confinement
from tests.detection.durations import Durations, Slowing
from tests.detection.happenings import Planned
from tests.detection.rhythm import Rates, drift_of, rates_of, smoothed
from tests.detection.site import CACHED

if TYPE_CHECKING:
    from tests.detection.site import Floats, Integers, Site

SERVER_ERRORS: Final = {"500": 0.4, "502": 0.3, "503": 0.1, "504": 0.2}
UNREACHED: Final = {"504": 0.2, "520": 0.2, "522": 0.5, "524": 0.3}

KINDS: Final = {
    "5xx": truth.ERROR_BURST,
    "52x": truth.UNREACHABLE,
    "504": truth.ERROR_BURST | truth.UNREACHABLE,
    "499": truth.CLOSED,
    "429": truth.LIMITED,
    "401": truth.DENIED,
    "407": truth.DENIED,
    "404 of one client": truth.MISSING,
    "404 of many clients": truth.MISSING,
    "drop": truth.FEWER,
    "silence": truth.FEWER,
    "slow": truth.SLOWER,
    "slow route": truth.SLOWER,
}
"""What happens → the findings that name it."""

WAITING: Final = frozenset({"5xx", "52x", "504", "499"})
"""These make requests take longer too: somebody waited for them."""
CLIENTS_OF_MANY: Final = 200


@dataclass(frozen=True)
class Layer:
    """Events of one channel that something made: `counts` per minute from `first`."""

    channel: int
    first: int
    counts: Integers
    of: Planned


@dataclass(frozen=True)
class Failing:
    """Requests that fail: of those that `of.cause` owns, and that channels in `pool` answered, a `chance` each."""

    first: int
    chance: Floats
    pool: tuple[int, ...]
    of: Planned


@dataclass(frozen=True)
class Run:
    """What the log of a site will say.

    `events` is (channel, minute); `expected` the same in truth without the incidents, as a mean; `layers` are what
    of them something made, `failing` how requests came to fail; the rest is everyday, in so many `clusters` (channel,
    minute), with `checks` of machines in it.
    """

    site: Site
    events: Integers
    expected: Floats
    layers: tuple[Layer, ...]
    failing: tuple[Failing, ...]
    clusters: Integers
    checks: Integers
    durations: Durations | None
    truth: truth.Truth

    @property
    def requests(self) -> Integers:
        """All records of each minute."""
        total: Integers = self.events.sum(axis=0)
        return total


def make(site: Site, *, incidents: bool = True, benign: bool = True) -> Run:
    """Return the run of a site; without both it is a site in which nothing ever happens."""
    planned = happenings.incidents(site) if incidents else []
    harmless = happenings.benign(site, planned) if benign else []
    return _Making(site, planned, harmless).run()


class _Making:
    """The steps by which a run comes to be; each one changes the arrays of the one before."""

    def __init__(self, site: Site, planned: list[Planned], harmless: list[Planned]) -> None:
        self.site = site
        self.planned = planned
        self.harmless = harmless
        self.names = [channel.name for channel in site.channels]
        self.answered = [number for number, channel in enumerate(site.channels) if channel.rest]
        self.events = np.zeros((len(self.names), site.minutes), dtype=np.int64)
        self.clusters = np.zeros_like(self.events)
        self.expected = np.zeros((len(self.names), site.minutes))
        self.layers: list[Layer] = []
        self.failing: list[Failing] = []

    def run(self) -> Run:
        """Return the finished run."""
        load = self._everyday(self._traffic())
        for event in self.harmless:
            self._harm_none(event)
        happened = [(event, [self._caused(act) for act in happenings.acts(event)]) for event in self.planned]
        happened = [(event, [replace(act, cause=acts[0].cause) for act in acts]) for event, acts in happened]
        for event, acts in happened:
            for act in acts:
                self._do(act, event)
        for event in self.harmless:
            if event.name == "rotation gap":
                self._thin(event, 1 - _filled(event))
        self.took = self._durations(load, [act for _, acts in happened for act in acts])
        return Run(
            self.site,
            self.events,
            self.expected,
            tuple(self.layers),
            tuple(self.failing),
            self.clusters,
            self._checks()[0],
            self.took,
            truth.Truth(
                self.site.start,
                self.site.end,
                tuple(self._incident(event, acts) for event, acts in happened),
                tuple(self._benign(event) for event in self.harmless) + self._lasting(),
            ),
        )

    def _traffic(self) -> Rates:
        """Return the true rates with what is harmless in them."""
        site, rates = self.site, rates_of(self.site)
        people, bots = rates.people, rates.bots
        for event in self.harmless:
            if event.name == "holiday":
                factor = np.ones(people.size)
                factor[event.span] = 0.5
                people *= smoothed(factor, 6 * 60)
            elif event.name == "surge":
                people[event.span] *= event.settings["factor"]
        if site.cron:
            bots[::60] += site.cron * site.rate
        return Rates(people, bots)

    def _everyday(self, rates: Rates) -> Floats:
        """Draw requests, let some of them fail, and share the others out; return the true rate of all."""
        site, random = self.site, self.site.random("everyday")
        people = random.poisson(rates.people)
        bots = random.poisson(rates.bots)
        for number, channel in enumerate(site.channels):
            if not channel.human:
                continue
            drift = drift_of(site, channel.name)
            if site.step is not None and site.step.channel == channel.name:
                drift[site.step.minute :] *= site.step.factor
            mean = (channel.human * people + channel.bot * bots) * drift
            self.expected[number] = (channel.human * rates.people + channel.bot * bots) * drift
            if channel.pairs:
                self.events[number] = 2 * random.poisson(mean / 2)
            else:
                self.events[number], self.clusters[number] = clusters(random, mean, channel.clump)
        checks, expected_checks = self._checks()
        left = np.maximum(people + bots - self.events.sum(axis=0), 0) + checks
        rest = np.array([self.site.channels[number].rest for number in self.answered])
        rest /= rest.sum()
        self.events[self.answered] = random.multinomial(left, rest).T
        rate = np.maximum(rates.people + bots - self.expected.sum(axis=0), 0) + expected_checks
        self.expected[self.answered] = np.outer(rest, rate)
        total: Floats = rates.people + bots + self._bursts()
        return total

    def _bursts(self) -> Integers:
        """Add what single clients ask who ask for a lot in a few minutes (Pareto 1.3), as bots do; return how much."""
        site, random = self.site, self.site.random("bursts")
        extra = np.zeros(site.minutes, dtype=np.int64)
        number = random.poisson(site.bursts * site.days)
        sizes = np.minimum((random.pareto(1.3, number) + 1) * 0.3 * site.rate, 30 * site.rate)
        for first, size, minutes in zip(
            random.integers(0, site.minutes, number), sizes, random.integers(1, 11, number), strict=True
        ):
            span = extra[first : first + minutes]
            asked = random.poisson(size / minutes, span.size)
            span += asked
            self._burst(Planned("burst", int(first), np.ones(span.size)), asked)
        return extra

    def _burst(self, burst: Planned, asked: Integers) -> None:
        """Add the requests of one burst: some fail as those of any bot do, the others are answered."""
        random = self.site.random("burst", burst.first)
        left = asked.copy()
        for number, channel in enumerate(self.site.channels):
            if channel.human and not channel.pairs:
                failed = random.binomial(left, min(channel.bot, 1.0))
                left -= failed
                self.expected[number, burst.span] += channel.bot * asked
                self._add(channel.name, burst, failed)
        self.expected[self.names.index("200"), burst.span] += left
        self._add("200", burst, left)

    def _checks(self) -> tuple[Integers, Floats]:
        """Return requests of machines that ask on the minute: evenly, whatever people do."""
        site = self.site
        rate = np.full(site.minutes, float(site.monitor))
        if site.checks is not None:
            rate += site.checks.per_minute
            rate[site.checks.minute :] += site.checks.per_minute * (site.checks.factor - 1)
        total = np.floor(np.cumsum(rate) + 1e-9).astype(np.int64)
        return np.diff(total, prepend=0), rate

    def _harm_none(self, event: Planned) -> None:
        """Do what a benign event does to counts."""
        random = self.site.random("benign", event.name, event.first)
        minutes = event.profile.size
        if event.name == "crawl":
            rate = event.settings["factor"] * self.site.rate
            for name, share in (("404", 0.05), ("200", 0.95)):
                self._add(name, event, random.poisson(share * rate, minutes))
                self.expected[self.names.index(name), event.span] += share * rate
        elif event.name == "deploy":
            failing = random.binomial(self._there("200", event), _filled(event) * event.settings["share"])
            gateway = random.binomial(failing, 0.7)
            self._add("200", event, -failing, layer=False)
            self._add("502", event, gateway)
            self._add("503", event, failing - gateway)
        elif event.name == "cron client":
            visits = random.multinomial(round(event.settings["visits"]), np.full(minutes, 1 / minutes))
            asked, name = (2, "407 asked") if "407 asked" in self.names else (1, "401")
            self._add(name, event, asked * visits)
            self._add("200", event, visits)
        elif event.name == "cache purge" and CACHED in self.names:
            missed = random.binomial(self._there(CACHED, event), np.exp(-np.arange(minutes) / (minutes / 3)))
            self._add(CACHED, event, -missed, layer=False)
            self._add("200", event, missed, layer=False)

    def _there(self, name: str, event: Planned) -> Integers:
        counts: Integers = self.events[self.names.index(name), event.span]
        return counts

    def _add(self, name: str, event: Planned, counts: Integers, *, layer: bool = True) -> None:
        """Add to a channel; a layer tells that these have a story of their own."""
        channel = self.names.index(name)
        self.events[channel, event.span] += counts
        if layer:
            self.layers.append(Layer(channel, event.first, counts, event))

    def _caused(self, act: Planned) -> Planned:
        """Return an act with what it is confined to, if it is."""
        if not act.confined or act.name in {"drop", "silence", "retries"}:
            return act
        random = self.site.random("cause", act.first)
        if act.name in {"slow route", "slow"}:
            route = random.choice([route.name for route in cast_of(self.site).routes])
            dimension = "host" if self.site.vendor == "cisco_wsa" else "path"
            return replace(act, cause=truth.Cause(dimension, str(route)))
        wanted = act.settings["added"]
        cause, share = confinement(self.site, act.name, wanted, random)
        return replace(act, cause=cause, settings={**act.settings, "share": share})

    def _do(self, act: Planned, event: Planned) -> None:
        """Let one act change the counts."""
        if act.name == "drop":
            self._thin(act, 1 - act.profile * (1 - happenings.LEFT[act.size]))
        elif act.name == "silence":
            self._thin(act, 1 - act.profile)
        elif act.name == "retries":
            self._retry(act, event)
        elif act.name in KINDS and "added" in act.settings and self._channels(act.name):
            self._fail(act)

    def _channels(self, name: str) -> list[str]:
        """Return the channels that carry an act."""
        if name == "5xx":
            return [
                each.name for each in self.site.channels if each.name in SERVER_ERRORS and not each.unreached
            ]
        if name == "52x":
            return [each.name for each in self.site.channels if each.unreached]
        return [channel for channel in (name.split(maxsplit=1)[0],) if channel in self.names]

    def _fail(self, act: Planned) -> None:
        """Let requests fail, or add failing ones."""
        random = self.site.random("failing", act.name, act.first)
        names = self._channels(act.name)
        weights = np.array(
            [({"52x": UNREACHED}.get(act.name, SERVER_ERRORS)).get(name, 1.0) for name in names]
        )
        if len(names) > 1:  # one thing breaks: one status leads
            weights = random.dirichlet(4 * weights / weights.sum())
        share = act.settings["added"] * act.profile
        if is_extra(act):
            failing = random.poisson(share * self.expected[:, act.span].sum(axis=0))
        else:
            pool = [number for number in self.answered if self.names[number] != CACHED]
            there = self.events[pool, act.span].sum(axis=0)
            owned = act.settings.get("share", 1.0)
            wanted = share * self.events[:, act.span].sum(axis=0)
            chance = np.minimum(wanted / np.maximum(there * owned, 1e-9), 0.95)
            failing = random.binomial(there, owned * chance)
            self._take(pool, act, failing)
            self.failing.append(Failing(act.first, chance, tuple(pool), act))
        for name, counts in zip(names, random.multinomial(failing, weights / weights.sum()).T, strict=True):
            self._add(name, act, counts)

    def _retry(self, act: Planned, event: Planned) -> None:
        """Let people come back after an outage, more the worse it was; some are sent away."""
        random = self.site.random("retries", act.first)
        profile = act.profile[: max(self.site.minutes - act.first, 0)]
        act = replace(act, profile=profile)
        more = happenings.OUTAGE[event.size] * self.expected[:, act.span].sum(axis=0) * profile
        self._add("200", act, random.poisson(0.95 * more))
        self._add("429" if "429" in self.names else "503", act, random.poisson(0.05 * more))

    def _take(self, pool: list[int], act: Planned, counts: Integers) -> None:
        """Take requests away from the channels that were answered, in proportion."""
        random = self.site.random("taken", act.name, act.first)
        there = self.events[pool, act.span]
        for minute, count in enumerate(counts.tolist()):
            if count:
                there[:, minute] -= random.multivariate_hypergeometric(
                    there[:, minute], count, method="marginals"
                )
        self.events[pool, act.span] = there

    def _thin(self, event: Planned, left: Floats) -> None:
        """Let a share of all records be left."""
        random = self.site.random("thinned", event.first)
        self.events[:, event.span] = random.binomial(self.events[:, event.span], left)

    def _durations(self, load: Floats, acts: list[Planned]) -> Durations | None:
        """Draw how long requests took."""
        if not self.site.timed:
            return None
        slowings = [
            Slowing(
                act.first,
                1 + act.profile * (happenings.SLOWER[act.size] - 1),
                None if act.cause is None or act.name != "slow route" else act.cause.value,
            )
            for act in acts
            if act.name in {"slow", "slow route"}
        ]
        slowings += [
            Slowing(event.first, np.full(event.profile.size, event.settings["factor"]), None)
            for event in self.harmless
            if event.name == "cache purge"
        ]
        medians, usual = durations.medians_of(self.site, load, slowings)
        own = [number for number in self.answered if self.names[number] != CACHED]
        cached = [number for number in self.answered if self.names[number] == CACHED]
        counts = [self.events[numbers].sum(axis=0) for numbers in (own, cached)]
        return durations.durations_of(self.site, counts[0], counts[1], medians, usual)

    def _incident(self, event: Planned, acts: list[Planned]) -> truth.Incident:
        parts = tuple(self._part(act) for act in acts if self._shows(act))
        companions = truth.SLOWER if any(act.name in WAITING for act in acts) else frozenset[str]()
        if any(act.name == "retries" or is_extra(act) for act in acts):
            companions |= truth.MORE
        if any(act.name == "retries" for act in acts):
            companions |= truth.LIMITED | truth.ERROR_BURST
        return truth.Incident(
            event.name,
            event.magnitude,
            event.shape,
            parts,
            cause=acts[0].cause,
            also=self._also(acts[0]),
            companions=companions,
        )

    def _also(self, act: Planned) -> frozenset[truth.Cause]:
        """Return what names the same as the cause: who sits at a client, what a scanner calls itself, and addresses.

        Cloudflare logs the address of an origin without its port.
        """
        if act.cause is not None and act.cause.dimension == "upstream":
            return frozenset({truth.Cause("upstream", act.cause.value.partition(":")[0])})
        if act.cause is None or act.cause.dimension != "client":
            return frozenset()
        also = {truth.Cause("network", f"{act.cause.value.rpartition('.')[0]}.0/24")}
        also |= {truth.Cause("agent", "ExampleScanner"), truth.Cause("user_agent", LONE_AGENT)}
        if self.site.vendor == "cisco_wsa":
            also.add(truth.Cause("user", LONE_USER))
        return frozenset(also)

    def _shows(self, act: Planned) -> bool:
        if act.name in {"slow", "slow route"}:
            return self.took is not None
        return act.name in KINDS and (act.name in {"drop", "silence"} or bool(self._channels(act.name)))

    def _part(self, act: Planned) -> truth.Part:
        down = act.name in {"drop", "silence"}
        kinds = KINDS[act.name]
        if act.name in {"slow", "slow route"} and self.took is not None:
            evidence = durations.evidence(self.took, self.site, act.first, act.last)
        else:
            evidence = (self._evidence(act),)
        return truth.Part(kinds, self.site.at(act.first), self.site.at(act.last), down, evidence)

    def _evidence(self, act: Planned) -> truth.Evidence:
        """Return what the oracle may know."""
        span = act.span
        requests = float(self.events[:, span].sum())
        if act.name in {"drop", "silence"}:
            due = self.expected[:, span].sum(axis=0)
            minutes = durations.pairs(self.events[:, span].sum(axis=0), due)
            return truth.Evidence(requests, float(due.sum()), 1.0, requests, minutes)
        channels = [self.names.index(name) for name in self._channels(act.name)]
        expected = self.expected[channels, span].sum(axis=1)
        clumping = np.array([self.site.channels[number].clumping for number in channels])
        return truth.Evidence(
            float(self.events[channels, span].sum()),
            float(expected.sum()),
            float((expected * clumping).sum() / max(expected.sum(), 1e-12)),
            requests,
            durations.pairs(
                self.events[channels, span].sum(axis=0), self.expected[channels, span].sum(axis=0)
            ),
        )

    def _benign(self, event: Planned) -> truth.Benign:
        return truth.Benign(event.name, self.site.at(event.first), self.site.at(event.last))

    def _lasting(self) -> tuple[truth.Benign, ...]:
        """Return what changed for good: one finding of it is right."""
        site, lasting = self.site, []
        if site.step is not None:
            kinds = frozenset[str]().union(
                *(KINDS[name] for name in KINDS if site.step.channel in self._channels(name))
            )
            lasting.append(truth.Benign("share step", site.at(site.step.minute), site.end, allowed=kinds))
        if site.checks is not None:
            allowed = truth.FEWER | truth.MORE
            lasting.append(
                truth.Benign("health check", site.at(site.checks.minute), site.end, allowed=allowed)
            )
        return tuple(lasting)


LONE_AGENT: Final = "ExampleScanner/2.1"
LONE_USER: Final = "lone"


def is_extra(act: Planned) -> bool:
    """Return whether an act is made of requests that would not have come without it."""
    alone = act.cause is not None and act.cause.dimension == "client"
    return act.name in {"404 of one client", "404 of many clients"} or alone


def clusters(random: np.random.Generator, mean: Floats, size: float) -> tuple[Integers, Integers]:
    """Return counts of the given mean that come in clusters of geometric size (compound Poisson), and their number."""
    number = random.poisson(mean / size)
    events = number.astype(np.int64)
    if size > 1:
        there = number > 0
        events[there] += random.negative_binomial(number[there], 1 / size)
    return events, number


def _filled(event: Planned) -> Floats:
    """Return the part of each minute that an event of some seconds fills."""
    start = event.settings["offset"]
    minute = np.arange(event.profile.size) * 60.0
    filled = np.minimum(start + event.settings["seconds"], minute + 60) - np.maximum(start, minute)
    parts: Floats = np.maximum(filled, 0) / 60
    return parts
