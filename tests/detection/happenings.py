"""A Site → what will happen to it and when: the schedule of incidents and benign events, in minutes of the grid."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tests.detection.rhythm import local_minutes
from tests.detection.site import CACHED

if TYPE_CHECKING:
    from tests.detection.site import Floats, Site
    from tests.detection.truth import Cause, Magnitude

BETWEEN: Final = 11 * 60
"""Minutes from onset to onset, on average."""
GAP: Final = 3 * 60
"""Minutes without an incident between two, at least."""
SHORTEST, LONGEST = 6, 150

ADDED: Final = {
    "5xx": (0.01, 0.05, 0.30),
    "52x": (0.01, 0.05, 0.30),
    "499": (0.01, 0.05, 0.30),
    "429": (0.01, 0.05, 0.30),
    "401": (0.02, 0.10, 0.50),
    "407": (0.02, 0.10, 0.50),
    "404 of one client": (0.05, 0.25, 1.00),
    "404 of many clients": (0.05, 0.25, 1.00),
}
"""Share of the requests that fail, or come in addition, by magnitude."""
LEFT: Final = (0.60, 0.35, 0.10)
"""What a drop leaves of the traffic."""
SILENT: Final = (5, 15, 60)
"""Minutes of a silence."""
SLOWER: Final = (1.2, 2.0, 5.0)
"""Factor on the durations."""
OUTAGE: Final = (0.05, 0.30, 0.90)
"""Share of the requests that fail in an outage that people answer by trying again."""
RETRIES: Final = 20
"""Minutes of trying again after an outage, falling off."""
MAGNITUDES: Final[tuple[Magnitude, ...]] = ("S", "M", "L")

SHAPES: Final = ("step", "ramp", "intermittent")
RAMP, ON, OFF = 10, 3, 4

ANYWHERE: Final = (
    *("5xx", "401", "404 of one client", "404 of many clients", "drop", "silence", "outage and retries"),
)
SEEN: Final = {
    "nginx": (*ANYWHERE, "499", "429"),
    "apache": (*ANYWHERE, "429"),
    "cloudflare": (*ANYWHERE, "52x", "499", "429"),
    "cisco_wsa": (*ANYWHERE, "52x", "407"),
}
"""What can be seen in a vendor's log."""
TIMED: Final = ("slow route", "slow", "slow, aborts and timeouts")
"""What can be seen where the log says how long a request took."""

HOLIDAYS: Final = 1 / 30
"""Of the days."""


@dataclass(frozen=True)
class Planned:
    """One incident or benign event; `profile` is its strength from 0 to 1 for each minute from `first`."""

    name: str
    first: int
    profile: Floats
    magnitude: Magnitude = "M"
    shape: str = "step"
    confined: bool = False
    cause: Cause | None = None
    settings: dict[str, float] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """The minute after the last one."""
        return self.first + self.profile.size

    @property
    def span(self) -> slice:
        """Its minutes."""
        return slice(self.first, self.last)

    @property
    def size(self) -> int:
        """Place of the magnitude in the tables above."""
        return MAGNITUDES.index(self.magnitude)


def profile_of(shape: str, minutes: int) -> Floats:
    """Return the strength of each minute."""
    time = np.arange(minutes)
    if shape == "ramp":
        return np.minimum((time + 1.0) / RAMP, 1.0)
    if shape == "intermittent":
        return (time % (ON + OFF) < ON).astype(np.float64)
    return np.ones(minutes)


def incidents(site: Site) -> list[Planned]:
    """Return incidents by time: one in about `BETWEEN` minutes, of the kinds that the vendor can show."""
    random = site.random("incidents")
    names = SEEN[site.vendor] + (TIMED if site.timed else ())
    # The duration is even on a logarithmic scale.
    usual = (LONGEST - SHORTEST) / np.log(LONGEST / SHORTEST)
    planned: list[Planned] = []
    at = random.exponential(BETWEEN)
    while True:
        name = str(random.choice(names))
        magnitude = MAGNITUDES[int(random.integers(0, 3))]
        minutes = round(float(np.exp(random.uniform(np.log(SHORTEST), np.log(LONGEST)))))
        shape = str(random.choice(SHAPES))
        confined = bool(random.random() < 0.5)
        if name == "silence":
            minutes, shape = SILENT[MAGNITUDES.index(magnitude)], "step"
        elif name == "slow, aborts and timeouts":
            minutes, shape = max(minutes, 18), "step"
        elif name == "slow route" or name.startswith("404"):  # one route, one client, or one dead link
            confined = True
        elif name == "slow":
            confined = False
        if shape == "intermittent":  # it ends with a minute in which something happens
            minutes = max(minutes - minutes % (ON + OFF) + ON, ON + OFF + ON)
        if round(at) + minutes > site.minutes:
            return planned
        planned.append(Planned(name, round(at), profile_of(shape, minutes), magnitude, shape, confined))
        at += minutes + GAP + random.exponential(BETWEEN - GAP - usual)


def acts(event: Planned) -> list[Planned]:
    """Return the single things of which an incident consists; `added` is the share of the requests that fails."""
    if event.name in ADDED:
        return [replace(event, settings={"added": ADDED[event.name][event.size]})]
    if event.name == "outage and retries":
        retries = np.exp(-np.arange(RETRIES) / (RETRIES / 3))
        return [
            replace(event, name="5xx", settings={"added": OUTAGE[event.size]}),
            replace(event, name="retries", first=event.last, profile=retries, cause=None),
        ]
    if event.name == "slow, aborts and timeouts":
        later, last = event.profile.size // 6, event.profile.size // 3
        added = {"added": ADDED["5xx"][event.size]}
        return [
            replace(event, name="slow"),
            replace(
                event, name="499", first=event.first + later, profile=event.profile[later:], settings=added
            ),
            replace(
                event, name="504", first=event.first + last, profile=event.profile[last:], settings=added
            ),
        ]
    return [event]


def benign(site: Site, taken: list[Planned]) -> list[Planned]:
    """Return benign events by time, none but holidays within `GAP` of an incident in `taken`."""
    random = site.random("benign")
    local, _ = local_minutes(site, site.zones[0][0])
    planned: list[Planned] = []

    def place(
        name: str, at: Floats, shortest: float, longest: float, **settings: tuple[float, float]
    ) -> None:
        for first in np.sort(at):
            minutes = max(round(float(random.uniform(shortest, longest))), 1)
            drawn = {key: float(random.uniform(*bounds)) for key, bounds in settings.items()}
            event = Planned(name, int(first), np.ones(minutes), settings=drawn)
            if event.last <= site.minutes and is_free(event, taken, GAP) and is_free(event, planned, 0):
                planned.append(event)

    def by_chance(per_day: float) -> Floats:
        times: Floats = random.uniform(0, site.minutes, random.poisson(per_day * site.days))
        return times

    place("surge", by_chance(0.1), 120, 360, factor=(2, 5))
    place("crawl", by_chance(0.3), 30, 120, factor=(0.5, 3.0))
    place("deploy", by_chance(0.4), 2, 2, seconds=(20, 60), share=(0.03, 0.40), offset=(0, 60))
    place("rotation gap", by_chance(0.5), 3, 3, seconds=(5, 120), offset=(0, 60))
    # Elsewhere no line says MISS: what visitors see is slowness, and a finding of it is right.
    purged = by_chance(0.1)
    if any(channel.name == CACHED for channel in site.channels):
        place("cache purge", purged, 20, 60, factor=(1.0, 1.5))
    nightly = np.flatnonzero(local == 120 + int(random.integers(0, 120))).astype(np.float64)
    place("cron client", nightly, 2, 10, visits=(10, 60))
    for day in np.flatnonzero(random.random(max(site.days - 2, 0)) < HOLIDAYS) + 1:
        first = int(day) * 1440 + int(-local[int(day) * 1440] % 1440)
        planned.append(Planned("holiday", first, np.ones(1440)))  # a whole day meets what it meets
    return sorted(planned, key=lambda event: event.first)


def is_free(event: Planned, taken: list[Planned], gap: int) -> bool:
    """Return whether an event keeps its distance from others."""
    return all(event.last + gap <= other.first or other.last + gap <= event.first for other in taken)
