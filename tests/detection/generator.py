"""A Site → Run: counts of every channel, host and minute, and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tests.detection import happenings, truth
from tests.detection.rhythm import Rates, drift_of, rates_of, smoothed

if TYPE_CHECKING:
    from tests.detection.happenings import Planned
    from tests.detection.site import Floats, Integers, Site

SERVER_ERRORS = {"500": 0.4, "502": 0.3, "503": 0.1, "504": 0.2}
UNREACHED = {"520": 0.2, "522": 0.5, "524": 0.3}

FAILS: dict[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "5xx": (truth.ERROR_BURST, ("500", "502", "503", "504")),
    "52x": (truth.UNREACHABLE, ("520", "522", "524", "504")),
    "499": (truth.CLOSED, ("499",)),
    "429": (truth.LIMITED, ("429",)),
    "401": (truth.DENIED, ("401",)),
    "407": (truth.DENIED, ("407",)),
    "404 of one client": (truth.MISSING, ("404",)),
    "404 of many clients": (truth.MISSING, ("404",)),
}
"""Name of an incident → the findings that name it, and the channels that carry it."""

EXTRA = frozenset({"404 of one client", "404 of many clients"})
"""These are requests in addition, as are those of one client that loops; the others are requests that fail."""


@dataclass(frozen=True)
class Layer:
    """Events of one channel that have one story: `counts` per minute from `first`.

    `of` is what they belong to: null for the everyday traffic, else the event that made them.
    """

    channel: int
    first: int
    counts: Integers
    of: Planned | None = None


@dataclass(frozen=True)
class Run:
    """What the log of a site will say.

    `events` is (channel, minute); `expected` is the same in truth without the incidents, as a mean;
    `clumping` (channel) is the true variance over mean.
    """

    site: Site
    events: Integers
    expected: Floats
    clumping: Floats
    layers: tuple[Layer, ...]
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
        self.clumping = np.array([2 * channel.clump - 1 for channel in site.channels])
        self.layers: list[Layer] = []

    def run(self) -> Run:
        """Return the finished run."""
        rates = self._traffic()
        self._everyday(rates)
        for event in self.harmless:
            self._harm_none(event)
        self.plain = self.events.copy()
        for event in self.planned:
            if event.name in FAILS:
                self._fail(event)
        for event in self.planned:
            if event.name in {"drop", "silence"}:
                self._thin(event, 1 - event.profile * (1 - self._left(event)))
        for event in self.harmless:
            if event.name == "rotation gap":
                self._thin(event, 1 - _filled(event))
        happened = truth.Truth(
            self.site.start,
            self.site.end,
            tuple(self._incident(event) for event in self.planned),
            tuple(self._benign(event) for event in self.harmless) + self._step(),
        )
        return Run(self.site, self.events, self.expected, self.clumping, tuple(self.layers), happened)

    def _traffic(self) -> Rates:
        """Return the true rates with what is harmless in them."""
        rates = rates_of(self.site)
        people, bots = rates.people, rates.bots
        for event in self.harmless:
            if event.name == "holiday":
                factor = np.ones(people.size)
                factor[event.span] = 0.5
                people *= smoothed(factor, 6 * 60)
            elif event.name == "surge":
                people[event.span] *= event.settings["factor"]
        if self.site.cron:
            bots[::60] += self.site.cron * self.site.rate
        return Rates(people, bots)

    def _everyday(self, rates: Rates) -> None:
        """Draw requests, let some of them fail, and share the others out."""
        site, random = self.site, self.site.random("everyday")
        people = random.poisson(rates.people)
        bots = random.poisson(rates.bots)
        if site.bursts:
            bots += self._bursts()
        self.events = np.zeros((len(self.names), site.minutes), dtype=np.int64)
        self.expected = np.zeros((len(self.names), site.minutes))
        for number, channel in enumerate(site.channels):
            if not channel.human:
                continue
            drift = drift_of(site, channel.name)
            if site.step is not None and site.step.channel == channel.name:
                drift[site.step.minute :] *= site.step.factor
            self.expected[number] = (channel.human * rates.people + channel.bot * bots) * drift
            mean = (channel.human * people + channel.bot * bots) * drift
            self.events[number] = clusters(random, mean, channel.clump)
        left = np.maximum(people + bots - self.events.sum(axis=0), 0)
        rest = np.array([channel.rest for channel in site.channels])
        self.events += random.multinomial(left, rest / rest.sum()).T
        expected_left = np.maximum(rates.people + bots - self.expected.sum(axis=0), 0)
        self.expected += np.outer(rest / rest.sum(), expected_left)

    def _bursts(self) -> Integers:
        """Return requests of single clients who ask for a lot in a few minutes (Pareto 1.3)."""
        site, random = self.site, self.site.random("bursts")
        extra = np.zeros(site.minutes, dtype=np.int64)
        number = random.poisson(site.bursts * site.days)
        sizes = np.minimum((random.pareto(1.3, number) + 1) * 0.3 * site.rate, 30 * site.rate)
        for first, size, minutes in zip(
            random.integers(0, site.minutes, number), sizes, random.integers(1, 11, number), strict=True
        ):
            span = extra[first : first + minutes]
            span += random.poisson(size / minutes, span.size)
        return extra

    def _harm_none(self, event: Planned) -> None:
        """Add what a benign event adds to counts."""
        random = self.site.random("benign", event.name, event.first)
        if event.name == "crawl":
            rate = event.settings["factor"] * self.site.rate
            missing = random.poisson(0.05 * rate, event.profile.size)
            self._add("404", event, missing)
            self._add("200", event, random.poisson(0.95 * rate, event.profile.size))
            self.expected[self.names.index("404"), event.span] += 0.05 * rate
            self.expected[self.names.index("200"), event.span] += 0.95 * rate
        elif event.name == "deploy":
            for minute, part in enumerate(_filled(event), start=event.first):
                share = part * event.settings["share"]
                failing = random.binomial(self.events[self.names.index("200"), minute], share)
                gateway = random.binomial(failing, 0.7)
                self._move("502", minute, gateway, event)
                self._move("503", minute, failing - gateway, event)

    def _add(self, name: str, event: Planned, counts: Integers) -> None:
        channel = self.names.index(name)
        self.events[channel, event.span] += counts
        self.layers.append(Layer(channel, event.first, counts, event))

    def _move(self, name: str, minute: int, count: int, event: Planned) -> None:
        """Let requests of one minute that were answered fail."""
        channel = self.names.index(name)
        self.events[self.names.index("200"), minute] -= count
        self.events[channel, minute] += count
        self.layers.append(Layer(channel, minute, np.array([count], dtype=np.int64), event))

    def _fail(self, event: Planned) -> None:
        """Let requests fail, or add failing ones."""
        random = self.site.random("incident", event.first)
        _, names = FAILS[event.name]
        known = [name for name in names if name in self.names]
        weights = np.array([(SERVER_ERRORS | UNREACHED).get(name, 1.0) for name in known])
        if event.name == "5xx":  # one thing breaks: one status leads
            weights = random.dirichlet(4 * weights)
        share = happenings.ADDED[event.name][happenings.MAGNITUDES.index(event.magnitude)] * event.profile
        if is_extra(event):
            rate = self.expected[:, event.span].sum(axis=0)
            failing = random.poisson(share * rate)
        else:
            answered = [self.names.index(channel.name) for channel in self.site.channels if channel.rest]
            requests = self.events[:, event.span].sum(axis=0)
            failing = np.minimum(
                random.binomial(requests, share), self.events[answered, event.span].sum(axis=0)
            )
            self._take(answered, event, failing)
        for name, counts in zip(known, random.multinomial(failing, weights / weights.sum()).T, strict=True):
            self._add(name, event, counts)

    def _take(self, answered: list[int], event: Planned, counts: Integers) -> None:
        """Take requests away from the channels that were answered, in proportion."""
        random = self.site.random("taken", event.first)
        there = self.events[answered, event.span]
        taken = random.multivariate_hypergeometric
        for minute, count in enumerate(counts.tolist()):
            if count:
                there[:, minute] -= taken(there[:, minute], count, method="marginals")
        self.events[answered, event.span] = there

    def _left(self, event: Planned) -> float:
        """Return what share of the traffic is left."""
        if event.name == "silence":
            return 0.0
        return happenings.LEFT[happenings.MAGNITUDES.index(event.magnitude)]

    def _thin(self, event: Planned, left: Floats) -> None:
        """Let a share of all records be left."""
        random = self.site.random("thinned", event.first)
        self.events[:, event.span] = random.binomial(self.events[:, event.span], left)

    def _evidence(self, name: str, event: Planned) -> truth.Evidence:
        """Return what the oracle may know."""
        span = event.span
        requests = float(self.events[:, span].sum())
        if name in {"drop", "silence"}:
            return truth.Evidence(requests, float(self.expected[:, span].sum()), 1.0, requests)
        channels = [self.names.index(channel) for channel in FAILS[name][1] if channel in self.names]
        expected = self.expected[channels, span].sum(axis=1)
        clumping = float((expected * self.clumping[channels]).sum() / max(expected.sum(), 1e-12))
        return truth.Evidence(
            float(self.events[channels, span].sum()), float(expected.sum()), clumping, requests
        )

    def _incident(self, event: Planned) -> truth.Incident:
        down = event.name in {"drop", "silence"}
        kinds = truth.FEWER if down else FAILS[event.name][0]
        start, end = self.site.at(event.first), self.site.at(event.last)
        return truth.Incident(
            event.name,
            event.magnitude,
            event.shape,
            (truth.Part(kinds, start, end, down, (self._evidence(event.name, event),)),),
            companions=truth.MORE if is_extra(event) else frozenset(),
        )

    def _benign(self, event: Planned) -> truth.Benign:
        return truth.Benign(event.name, self.site.at(event.first), self.site.at(event.last))

    def _step(self) -> tuple[truth.Benign, ...]:
        """Return the share that changed for good: one finding of it is right."""
        step = self.site.step
        if step is None:
            return ()
        kinds = frozenset().union(*(kinds for kinds, names in FAILS.values() if step.channel in names))
        return (truth.Benign("share step", self.site.at(step.minute), self.site.end, allowed=kinds),)


def is_extra(event: Planned) -> bool:
    """Return whether an incident is made of requests that would not have come without it."""
    return event.name in EXTRA or (event.confined and event.name in {"429", "401", "407"})


def clusters(random: np.random.Generator, mean: Floats, size: float) -> Integers:
    """Return counts of the given mean that come in clusters of geometric size (compound Poisson)."""
    number = random.poisson(mean / size)
    events = number.astype(np.int64)
    if size > 1:
        there = number > 0
        events[there] += random.negative_binomial(number[there], 1 / size)
    return events


def _filled(event: Planned) -> Floats:
    """Return the part of each minute that an event of some seconds fills."""
    start = event.settings["offset"]
    minute = np.arange(event.profile.size) * 60.0
    filled = np.minimum(start + event.settings["seconds"], minute + 60) - np.maximum(start, minute)
    parts: Floats = np.maximum(filled, 0) / 60
    return parts
