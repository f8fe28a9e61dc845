"""A format, a seed and a number → that many lines of the same busy day as `make_combined` writes, in that format.

Call it as `python -m tests.benchmarks.make_formats cloudflare FILE --lines 1000000`.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tests.benchmarks.make_combined import DAY, LINES, SEED, write_combined

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.make_combined import Integers

MIDNIGHT: Final = int(datetime(2026, 3, 10, tzinfo=UTC).timestamp())

VERDICTS: Final = (
    '"IW_busi",5.7,0,"-",0,0,0,1,"-",-,-,-,"-",0,0,"-","-",-,-,"IW_busi",-,"Unknown","Business and Industry","-",'
    '"Unknown","Unknown","-","-",29.19,0,-,"Unknown","-",-,"-",-,-,"-","-",-,-,"-",-,-'
)
"""The 44 fields of a Cisco WSA verdict block, the same in every line: they differ little in a real log too."""


def _milliseconds(columns: pl.DataFrame) -> pl.Series:
    """Return how long each request took: the larger the answer the longer, with a tail that follows the client."""
    tail = columns["client"].hash(SEED) % 997 + 3
    return (columns["size"] // 2000 + 20_000 // tail + tail % 7).cast(pl.Int64).alias("milliseconds")


def _moments(second: Integers) -> pl.Series:
    """Return the moments of the requests, in whole seconds."""
    return pl.from_epoch(pl.Series("moment", second.astype(np.int64) + MIDNIGHT), "s")


def apache(columns: pl.DataFrame, _: Integers) -> pl.DataFrame:
    """Return combined lines as Apache writes them: `-` where no byte was sent."""
    size = pl.when(pl.col("size") == 0).then(pl.lit("-")).otherwise(pl.col("size").cast(pl.String()))
    form = f'{{}} - {{}} [{DAY}:{{}}{{}} +0000] "{{}} {{}}{{}} HTTP/{{}}" {{}} {{}} "{{}}" "{{}}"'
    return columns.with_columns(size=size).select(pl.format(form, *columns.columns))


def nginx_custom(columns: pl.DataFrame, second: Integers) -> pl.DataFrame:
    """Return lines of a format of one's own: times, the upstream, the host."""
    seconds = pl.col("milliseconds") / 1000
    return columns.with_columns(_milliseconds(columns), _moments(second)).select(
        pl.format(
            '{} - {} [{}+00:00] "{} {}{} HTTP/{}" {} {} {} {} "192.0.2.{}:8080" "{}" "{}" "www.example.com"',
            "client",
            "user",
            pl.col("moment").dt.strftime("%Y-%m-%dT%H:%M:%S"),
            "method",
            "target",
            "query",
            "protocol",
            "status",
            "size",
            seconds.round(3),
            seconds.round(3),
            pl.col("milliseconds") % 4 + 80,
            "referrer",
            "agent",
        )
    )


def cloudflare(columns: pl.DataFrame, second: Integers) -> pl.DataFrame:
    """Return Logpush records of HTTP requests, a JSON object a line, with the members that most jobs choose."""
    start = pl.col("moment")
    end = start + pl.duration(milliseconds=pl.col("milliseconds"))
    status = pl.col("status").cast(pl.Int64)
    number = pl.int_range(pl.len(), dtype=pl.UInt64)
    record = pl.struct(
        pl.format("{}a1b2c3d4", number.hash(SEED) % 90_000_000 + 10_000_000).alias("RayID"),
        start.dt.strftime("%Y-%m-%dT%H:%M:%SZ").alias("EdgeStartTimestamp"),
        end.dt.strftime("%Y-%m-%dT%H:%M:%SZ").alias("EdgeEndTimestamp"),
        pl.col("client").alias("ClientIP"),
        pl.lit("us").alias("ClientCountry"),
        pl.lit(64496).alias("ClientASN"),
        pl.lit("www.example.com").alias("ClientRequestHost"),
        pl.col("method").alias("ClientRequestMethod"),
        (pl.col("target") + pl.col("query")).alias("ClientRequestURI"),
        pl.format("HTTP/{}", "protocol").alias("ClientRequestProtocol"),
        pl.col("referrer").replace("-", "").alias("ClientRequestReferer"),
        pl.col("agent").alias("ClientRequestUserAgent"),
        pl.lit("eyeball").alias("ClientRequestSource"),
        pl.lit(1200).alias("ClientRequestBytes"),
        pl.when(status == 304).then(pl.lit("hit")).otherwise(pl.lit("dynamic")).alias("CacheCacheStatus"),
        status.alias("EdgeResponseStatus"),
        pl.col("size").alias("EdgeResponseBytes"),
        pl.when(status == 304).then(0).otherwise(status).alias("OriginResponseStatus"),
        pl.col("milliseconds").alias("OriginResponseDurationMs"),
        pl.lit("203.0.113.7").alias("OriginIP"),
        pl.lit("").alias("SecurityAction"),
    )
    return columns.with_columns(_milliseconds(columns), _moments(second)).select(record.struct.json_encode())


def cisco_wsa(columns: pl.DataFrame, second: Integers) -> pl.DataFrame:
    """Return lines of a proxy with 44 verdicts and two custom fields; its users are the clients."""
    return columns.with_columns(_milliseconds(columns)).select(
        pl.format(
            "{}.{} {} {} TCP_MISS/{} {} {} http://www.example.com{}{} {} DIRECT/www.example.com text/html "
            f"DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE <{VERDICTS}> - -",
            pl.Series(second.astype(np.int64) + MIDNIGHT),
            pl.col("milliseconds") % 900 + 100,
            "milliseconds",
            "client",
            "status",
            "size",
            "method",
            "target",
            "query",
            pl.when(pl.col("user") == "-")
            .then(pl.lit("-"))
            .otherwise(pl.format('"EXAMPLE\\{}@corp"', "user")),
        )
    )


FORMS: Final[dict[str, Callable[[pl.DataFrame, Integers], pl.DataFrame]]] = {
    "apache": apache,
    "cloudflare": cloudflare,
    "cisco_wsa": cisco_wsa,
    "nginx-custom": nginx_custom,
}


def main() -> None:
    """Write the file that the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("format", choices=FORMS)
    parser.add_argument("file", type=Path)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--bad", type=int, default=0, help="one line in so many is bad; 0: none")
    arguments = parser.parse_args()
    write_combined(arguments.file, arguments.lines, arguments.seed, FORMS[arguments.format], arguments.bad)


if __name__ == "__main__":
    main()
