"""Records of Cloudflare → those that an earlier source delivered already; what names a request is kept as a hash.

Two Logpush jobs, or two ranges of Logpull that overlap, deliver the same request twice in files of different content.
Rays alone do not tell: Cloudflare documents that different requests may share one. A request is named by its ray, by
what asked for it, status, path and the second in which it began: jobs of other fields and encodings agree on these.

Within one source nothing is taken for a repeat: one job writes a request once, and what repeats there is reported.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from threading import Condition
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from parsers.schema import ASKED

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEEDED: Final = ("vendor", "request_id", ASKED, "status", "timestamp", "path", "line")
"""Columns that a repeat is told by."""

REMEMBERED: Final = 8_000_000
"""Requests that are remembered, in 72 MB. What repeats one of those beyond is estimated, not found."""

SAMPLED: Final = 500_000
"""Requests of which it is known in which source they stood; of more, a sample by value."""

OFTEN: Final = 8
"""Records of one batch that may have a ray in common: a zone has four jobs at most, and each may try again.

A ray that more have is none that Cloudflare gave: somebody masked it.
"""

MOST_MASKED: Final = 100_000
"""Masked rays that are kept in mind."""

_LONGEST: Final = 1_000_000
"""Keys in one run: two that are joined are held twice for a moment."""

_MARKS: Final = 26
"""First bits of a key that are marked in a field of 8 MB: of keys that are not known, one in nine has a known start."""

_MANY: Final = 100_000
"""Keys from which on they are marked: a file of a minute is not worth the memory."""

_NO_RAY: Final = ("", "0", "00", "-")
_ODD: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))
"""Odd factors by which small numbers are spread over 64 bits."""


class _Known:
    """A set of keys: sorted runs, each at least twice as long as the next, so that few are searched and joined."""

    def __init__(self) -> None:
        self.runs: list[NDArray[np.uint64]] = []
        self._marks: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return sum(run.size for run in self.runs)

    def add(self, keys: NDArray[np.uint64]) -> None:
        """Take sorted keys in that are new."""
        if not keys.size:
            return
        self.runs.append(keys)
        if self._marks is not None:
            _set(self._marks, keys)
        elif len(self) > _MANY:
            self._marks = np.zeros(1 << (_MARKS - 3), np.uint8)
            for run in self.runs:
                _set(self._marks, run)
        while len(self.runs) > 1:
            before, last = self.runs[-2:]
            if before.size >= 2 * last.size or before.size + last.size > _LONGEST:
                return
            # Two sorted runs are what this kind of sort merges in one go.
            self.runs[-2:] = [np.sort(np.concatenate([before, last]), kind="stable")]

    def has(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell which of sorted keys are known."""
        known = np.ones(keys.size, np.bool_)
        if self._marks is not None:
            places, bits = _mark(keys)
            known = (self._marks[places] & bits).astype(np.bool_)
        asked = keys[known]
        found = np.zeros(asked.size, np.bool_)
        for run in self.runs:
            places = np.searchsorted(run, asked)
            places[places == run.size] = 0  # beyond the last key of a run it is none of them
            found |= run[places] == asked
        known[known] = found
        return known


def _set(marks: NDArray[np.uint8], keys: NDArray[np.uint64]) -> None:
    places, bits = _mark(keys)
    np.bitwise_or.at(marks, places, bits)


def _mark(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return in which byte, and as which bit of it, the start of each key is marked."""
    starts = (keys >> np.uint64(64 - _MARKS)).astype(np.int64)
    return starts >> 3, np.left_shift(np.uint8(1), (starts & 7).astype(np.uint8))


@dataclass
class _Sample:
    """Keys below a limit that falls as they become more, the source of each, and whether it was found a repeat."""

    limit: int = (1 << 64) - 1
    parts: list[tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.bool_]]] = field(default_factory=list)
    size: int = 0

    def add(self, keys: NDArray[np.uint64], number: int, repeats: NDArray[np.bool_]) -> None:
        inside = keys <= np.uint64(self.limit)
        if not inside.all():
            keys, repeats = keys[inside], repeats[inside]
        self.parts.append((keys, np.full(keys.size, number, np.int32), repeats))
        self.size += keys.size
        while self.size > SAMPLED:
            self.limit //= 2
            below = [part[0] <= np.uint64(self.limit) for part in self.parts]
            self.parts = [
                (part[0][some], part[1][some], part[2][some])
                for part, some in zip(self.parts, below, strict=True)
            ]
            if len(self.parts) > 1:
                keys_, sources, found = (np.concatenate(column) for column in zip(*self.parts, strict=True))
                self.parts = [(keys_, sources, found)]
            self.size = sum(part[0].size for part in self.parts)

    def pairs(self) -> tuple[Counter[tuple[int, int]], Counter[tuple[int, int]]]:
        """Return (earlier source, later source) → sampled repeats: those found, and those not."""
        found: Counter[tuple[int, int]] = Counter()
        missed: Counter[tuple[int, int]] = Counter()
        if not self.size:
            return found, missed
        keys, sources, repeats = (np.concatenate(column) for column in zip(*self.parts, strict=True))
        order = np.argsort(keys, kind="stable")  # of equal ones the first that was read stays first
        keys, sources, repeats = keys[order], sources[order], repeats[order]
        begins = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        first = np.repeat(sources[begins], np.diff(np.append(begins, keys.size)))
        again = sources != first
        for counts, some in ((found, again & repeats), (missed, again & ~repeats)):
            pairs, often = np.unique(np.stack([first[some], sources[some]]), axis=1, return_counts=True)
            for (earlier, later), count in zip(pairs.T.tolist(), often.tolist(), strict=True):
                counts[earlier, later] = count
        return found, missed

    @property
    def share(self) -> float:
        """The share of all keys that lie below the limit."""
        return (self.limit + 1) / (1 << 64)


@dataclass(frozen=True)
class Repeated:
    """What one source repeats: `records` were left out, most of which stood in `first`, the rest in `others` more.

    `first` is the number of a source; null where the sample of places held none of them.
    """

    number: int
    records: int
    first: int | None
    others: int


class Deliveries:
    """What was delivered so far; batches are told one after another, in the order of their tickets.

    `within`: number of a source → records that repeat one of the same source, which count. `left_out`: number of a
    source → records that repeat one of an earlier source, which do not.
    """

    def __init__(self) -> None:
        self.within: Counter[int] = Counter()
        self.left_out: Counter[int] = Counter()
        self.records = 0
        self._known, self._own = _Known(), _Known()
        self._sample = _Sample()
        self._masked: NDArray[np.uint64] = np.zeros(0, np.uint64)
        self._number: int | None = None
        self._turn = Condition()
        self._next, self._done = 0, set[int]()
        self._closed = False

    def await_turn(self, ticket: int) -> None:
        """Wait until all earlier tickets are done, or nobody waits for anything any more."""
        with self._turn:
            self._turn.wait_for(lambda: self._closed or self._next == ticket)

    def done(self, ticket: int) -> None:
        """Let the next ticket have its turn."""
        with self._turn:
            self._done.add(ticket)
            while self._next in self._done:
                self._done.discard(self._next)
                self._next += 1
            self._turn.notify_all()

    def close(self) -> None:
        """Let all go that wait."""
        with self._turn:
            self._closed = True
            self._turn.notify_all()

    def repeats(self, records: pl.DataFrame, number: int, server: str | None) -> NDArray[np.bool_] | None:
        """Return which records an earlier source delivered, null where none; all others are remembered.

        Parameters
        ----------
        records: the columns `NEEDED`, of one batch.
        number: of the source; all batches of one come before those of the next.
        server: what the caller calls it: what he calls two servers is two logs.
        """
        if number != self._number:
            for run in self._own.runs:
                self._known.add(run)
            self._number, self._own = number, _Known()
        eligible = (pl.col("vendor") == "cloudflare") & ~pl.col("request_id").is_in(_NO_RAY)
        chosen = records.select(eligible.fill_null(value=False)).to_series().to_numpy()
        named = records if chosen.all() else records.filter(chosen)
        if named.height == 0:
            return None
        rays, keys = _keys(named, server)
        self.records += keys.size
        if self._masked.size:
            keys, chosen, rays = _without(np.isin(rays, self._masked), keys, chosen, rays)
        ordered = np.sort(keys)
        own, known = self._told(ordered)
        if (own | known).any():
            often = _often(rays, np.isin(keys, ordered[own | known]))
            if often.size:
                self._masked = np.union1d(self._masked, often)[:MOST_MASKED]
                keys, chosen, rays = _without(np.isin(rays, often), keys, chosen, rays)
                ordered = np.sort(keys)
                own, known = self._told(ordered)
        self.within[number] += int((own & ~known).sum())
        self._sample.add(ordered, number, known)
        if len(self._known) + len(self._own) < REMEMBERED:
            self._own.add(ordered[~(own | known)])
        if not known.any():
            return None
        self.left_out[number] += int(known.sum())
        left_out = np.zeros(records.height, np.bool_)
        left_out[np.flatnonzero(chosen)] = np.isin(keys, ordered[known])
        return left_out

    def _told(self, ordered: NDArray[np.uint64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which of sorted keys stand ahead in the same source, and which in an earlier one."""
        twin = np.zeros(ordered.size, np.bool_)
        twin[1:] = ordered[1:] == ordered[:-1]
        return twin | self._own.has(ordered), self._known.has(ordered)

    def repeated(self) -> list[Repeated]:
        """Return what sources repeat, by their numbers."""
        if not self.left_out:
            return []
        found, _ = self._sample.pairs()
        by_later: dict[int, Counter[int]] = {}
        for (earlier, later), count in found.items():
            by_later.setdefault(later, Counter())[earlier] += count
        made = []
        for number, records in sorted(self.left_out.items()):
            stood = sorted(by_later.get(number, Counter()).items(), key=lambda item: (-item[1], item[0]))
            made.append(Repeated(number, records, stood[0][0] if stood else None, max(len(stood) - 1, 0)))
        return made

    def missed(self) -> int:
        """Return about how many records repeat one of an earlier source that was not remembered."""
        if self.records <= REMEMBERED:
            return 0
        return round(self._sample.pairs()[1].total() / self._sample.share)


def _keys(records: pl.DataFrame, server: str | None) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the hash of each ray, and of all that names a request."""
    label = b"-" if server is None else b"=" + server.encode("utf-8", "surrogateescape")
    seed = int.from_bytes(hashlib.blake2b(label, digest_size=8).digest())
    made = records.select(
        ray=pl.col("request_id").hash(seed),
        path=pl.col("path").hash(seed ^ 1),
        asked=pl.col(ASKED).hash(seed ^ 2),
        small=pl.col("timestamp").dt.epoch("s") * (1 << 16) + pl.col("status").cast(pl.Int64).fill_null(-1),
    )
    rays, path, asked = (made[name].to_numpy() for name in ("ray", "path", "asked"))
    small = made["small"].to_numpy().astype(np.uint64)
    return rays, ((rays ^ path) * _ODD[0]) ^ ((asked ^ small) * _ODD[1])


def _often(rays: NDArray[np.uint64], among: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Return those of the rays marked that more records have than can be of one request."""
    suspects, counts = np.unique(rays[np.isin(rays, rays[among])], return_counts=True)
    return suspects[counts > OFTEN]


def _without(
    masked: NDArray[np.bool_], keys: NDArray[np.uint64], chosen: NDArray[np.bool_], rays: NDArray[np.uint64]
) -> tuple[NDArray[np.uint64], NDArray[np.bool_], NDArray[np.uint64]]:
    """Leave out the records of masked rays."""
    if not masked.any():
        return keys, chosen, rays
    chosen = chosen.copy()
    chosen[np.flatnonzero(chosen)[masked]] = False
    return keys[~masked], chosen, rays[~masked]
