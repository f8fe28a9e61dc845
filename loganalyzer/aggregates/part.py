"""Batch → Part: the records of one vendor, with what several aggregates need made once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from loganalyzer.aggregates.grouping import LONGEST_VALUE, Coded, began, coded, constant, templates

if TYPE_CHECKING:
    import polars as pl

TEXTS: Final = (
    "path", "client", "host", "user_agent", "method", "upstream", "cache", "user", "country", "action", "category",
)  # fmt: skip
"""Columns whose values are counted."""


@dataclass(frozen=True, eq=False)
class Part:
    """The records of one vendor in a batch; at least one."""

    records: pl.DataFrame

    @property
    def vendor(self) -> str:
        """Return whose log it is."""
        vendor: str = self.records["vendor"][0]
        return vendor

    @property
    def server(self) -> str | None:
        """Return the caller's label for the source of the batch."""
        server: str | None = self.records["server"][0]
        return server

    @property
    def timed(self) -> bool:
        """Return whether any record says how long its request took."""
        return self.records["duration_s"].null_count() < self.records.height

    @cached_property
    def minute(self) -> pl.Series:
        """Return the minute since 1970 in which each request began, Int64."""
        start = began(self.vendor if self.timed else None)
        return self.records.select(minute=start.dt.epoch("us") // 60_000_000)["minute"]

    @property
    def requests(self) -> Part | None:
        """Return the records of role `request` alone; null where there is none."""
        # Not kept where it is the part itself: a ring of references would keep its lines until they are looked for.
        role = self.records["role"]
        if constant(role):
            return self if role[0] == "request" else None
        return self._requests

    @cached_property
    def _requests(self) -> Part | None:
        inside = self.records["role"] == "request"
        if not inside.any():
            return None
        part = Part(self.records.filter(inside))
        part.__dict__["minute"] = self.minute.filter(inside)
        return part

    @cached_property
    def texts(self) -> dict[str, Coded]:
        """Return the `TEXTS` that some record has, cut at `LONGEST_VALUE`; paths with identifiers as `{id}`."""
        records = self.records
        some = [name for name in TEXTS if records[name].null_count() < records.height]
        constants = {name for name in some if constant(records[name])}
        found = coded(records.select(name for name in some if name not in constants)) if some else {}
        for name in constants:
            found[name] = Coded(np.zeros(records.height, np.int64), records[name].head(1))
        for name, one in found.items():
            names = one.names
            if (names.str.len_bytes().max() or 0) > LONGEST_VALUE:  # type: ignore[operator]  # a length
                names = names.str.slice(0, LONGEST_VALUE)
            if name == "path":
                names = templates(names)
            if names is not one.names:
                found[name] = one.renamed(names)
        return {name: found[name] for name in some}
