"""Records → Tables: every small aggregate the program needs, mergeable.

`Tables.of(batch)` and `Tables.merge(parts)` form a monoid: grid counts and the ledger merge exactly, for any split
and any order of the input; value tables are exact below `KEYS` distinct keys of a dimension and carry their error
bound above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from parsers.schema import ROLE, TIMESTAMP, VENDOR

MINUTE: Final = pl.Datetime("us", "UTC")

MINUTES_KEYS: Final = pl.Schema(
    {
        "vendor": VENDOR,
        "server": pl.String(),
        "host": pl.String(),
        "minute": TIMESTAMP,
        "role": ROLE,
        "status": pl.Int16(),
        "upstream_status": pl.Int16(),
        "unreached": pl.Boolean(),
    }
)
"""Keys of `Tables.minutes`.

`host` is null for WSA (its hosts are destinations: see `values`) and bounded to 200 + "(other)" elsewhere.
`minute` is the start of the minute in which the request began (nginx, WSA: timestamp − duration where known and at
most 300 s). `unreached`: true when the line itself says that no origin answered (Cloudflare 520–527, 530, and
502/504 with origin status 0; WSA 502/503/504 with result NONE), false otherwise.
"""

MINUTES_SUMS: Final = pl.Schema({"records": pl.Int64(), "weight": pl.Float64(), "bytes_sent": pl.Int64()})
