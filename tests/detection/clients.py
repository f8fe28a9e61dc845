"""A Run → who was denied what, in five minutes each: 401 and 407, 404, 429 and 503, 403, 400."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tests.detection.cast import cast_of
from tests.detection.crowd import crowd_of
from tests.detection.site import BOTS

if TYPE_CHECKING:
    from tests.detection.generator import Run
    from tests.detection.site import Booleans, Floats, Integers

WIDTH: Final = 5
"""Minutes."""
KINDS: Final = ("auth", "missing", "limited", "forbidden", "malformed", "answered")
ANSWERED: Final = KINDS.index("answered")
OF_CHANNEL: Final = {"401": 0, "407": 0, "407 asked": 0, "404": 1, "429": 2, "503": 2, "403": 3, "400": 4}
CLIENTS_BITS: Final = 24
ANSWERS: Final = 3.0
"""Requests of a client in five minutes that were answered, beside one that was not."""


@dataclass(frozen=True)
class Denials:
    """One row per client and five minutes; `client` is a place in `names`, `counts` is (row, kind) as in `KINDS`."""

    names: tuple[str, ...]
    client: Integers
    slot: Integers
    counts: Integers


class _Gathered:
    """Events as they are found: who, when, and of which kind."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.places = {name: place for place, name in enumerate(names)}
        self.parts: list[pl.DataFrame] = []

    def add(self, who: Integers, slot: Integers, kind: int) -> None:
        """Add events of one kind."""
        self.parts.append(
            pl.DataFrame({"key": slot << CLIENTS_BITS | who})
            .group_by("key")
            .agg(pl.len().cast(pl.Int64).alias(KINDS[kind]))
        )

    def places_of(self, names: tuple[str, ...]) -> Integers:
        """Return the places of clients, new ones behind the others."""
        return np.array([self.places.setdefault(name, len(self.places)) for name in names], dtype=np.int64)


def denials_of(run: Run) -> Denials:
    """Return who was denied what."""
    site, cast = run.site, cast_of(run.site)
    random = site.random("denials")
    found = _Gathered((*cast.clients, *cast.bots))
    everyday = run.events.copy()
    for layer in run.layers:
        everyday[layer.channel, layer.first : layer.first + layer.counts.size] -= layer.counts
    for number, channel in enumerate(site.channels):
        if channel.name in OF_CHANNEL:
            minute = np.repeat(np.arange(site.minutes), np.maximum(everyday[number], 0))
            share = channel.bot * BOTS / (channel.human + channel.bot * BOTS)
            who = visitors(run, random, number, minute, np.full(minute.size, share))
            found.add(who, minute // WIDTH, OF_CHANNEL[channel.name])
    for layer in run.layers:
        name = site.channels[layer.channel].name
        crowd = crowd_of(site, layer.of)
        if name in OF_CHANNEL or (name == "200" and layer.of.name in {"cron client", "burst"}):
            minute = np.repeat(np.arange(layer.counts.size), layer.counts) + layer.first
            drawn = random.choice(len(crowd.names), minute.size, p=crowd.shares)
            found.add(found.places_of(crowd.names)[drawn], minute // WIDTH, OF_CHANNEL.get(name, ANSWERED))
    lone = {
        crowd_of(site, layer.of).names[0] for layer in run.layers if len(crowd_of(site, layer.of).names) == 1
    }
    return _table(
        found, random, np.array([found.places[name] for name in sorted(lone & found.places.keys())])
    )


def visitors(
    run: Run, random: np.random.Generator, number: int, minute: Integers, by_bots: Floats
) -> Integers:
    """Return who made each event of a channel's everyday, in their order: those of a cluster are of one client.

    Numbers from that of the people on are bots; `by_bots` is the chance of each event to be one's.
    """
    cast, channel = cast_of(run.site), run.site.channels[number]
    people, bots, events = len(cast.clients), len(cast.bots), minute.size
    of_people = np.searchsorted(np.cumsum(cast.client_shares), random.random(events)).clip(max=people - 1)
    drawn = np.where(random.random(events) < by_bots, people + random.integers(0, bots, events), of_people)
    begins = (
        _begins(random.random(events), minute, run.clusters[number]) if channel.clump > 1 else minute >= 0
    )
    if channel.pairs:
        begins = np.arange(events) % 2 == 0
    begins[:1] = True
    who: Integers = drawn[np.maximum.accumulate(np.where(begins, np.arange(events), 0))]
    return who


def _begins(chance: Floats, minute: Integers, clusters: Integers) -> Booleans:
    """Tell of each event whether a cluster begins with it, of which each minute has a number.

    Sizes are geometric, so that of so many clusters every division of their events is as likely: the first event of a
    minute begins one, and of the others those with the least `chance`.
    """
    first = np.diff(minute, prepend=-1) > 0
    order = np.lexsort((np.where(first, -1.0, chance), minute))
    place = np.arange(minute.size)
    begins = np.zeros(minute.size, np.bool_)
    begins[order] = place - np.maximum.accumulate(np.where(first, place, 0)) < clusters[minute[order]]
    return begins


def _table(found: _Gathered, random: np.random.Generator, lone: Integers) -> Denials:
    """Return the rows of all parts; the everyday's clients are answered as well."""
    rows = (
        pl.concat(
            [pl.DataFrame(schema=dict.fromkeys(("key", *KINDS), pl.Int64)), *found.parts], how="diagonal"
        )
        .group_by("key")
        .agg(pl.col(kind).sum() for kind in KINDS)
        .sort("key")  # the order of groups is not fixed, and chances follow it
    )
    counts = rows.select(KINDS).to_numpy().copy()
    slot, client = np.divmod(rows["key"].to_numpy(), 1 << CLIENTS_BITS)
    other = ~np.isin(client, lone)
    counts[other, ANSWERED] += random.poisson(ANSWERS, int(other.sum()))
    return Denials(tuple(found.places), client, slot, counts)
