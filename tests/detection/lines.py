"""Records → the lines of a vendor's log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tests.benchmarks.make_formats import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS: Final = 200_000
"""Lines made at a time."""
CLF: Final = "%d/%b/%Y:%H:%M:%S +0000"


def write(path: Path, records: pl.DataFrame, vendor: str) -> None:
    """Write the lines of records, in their order."""
    with path.open("wb") as stream:
        for part in records.iter_slices(ROWS):
            made = part.lazy().with_columns(_moments()).select(FORMS[vendor]().alias("line")).collect()
            made.write_csv(stream, include_header=False, quote_style="never")


def _moments() -> list[pl.Expr]:
    start = (pl.col("start") * 1000).round().cast(pl.Int64)
    took = (pl.col("duration_s").fill_null(0) * 1000).round().cast(pl.Int64)
    return [
        start.alias("start_ms"),
        (start + took).alias("end_ms"),
        took.alias("took_ms"),
        _size().alias("size"),
    ]


def _size() -> pl.Expr:
    """Return how many bytes an answer has: it follows the path, so that a page keeps its size."""
    full = pl.col("path").hash(7) % 40_000 + 400
    return pl.when(pl.col("status") == 200).then(full).otherwise(310).cast(pl.Int64)


def _clf(column: str) -> pl.Expr:
    return pl.from_epoch(pl.col(column), "ms").dt.strftime(CLF)


def _text(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).fill_null("-")


def nginx() -> pl.Expr:
    """Return combined lines behind the host, with times and upstream as in nginx Amplify's `main_ext`."""
    seconds = (
        pl.when(pl.col("duration_s").is_null()).then(pl.lit("")).otherwise(pl.format(" rt={}", "duration_s"))
    )
    return pl.format(
        '{} {} - - [{}] "{} {} HTTP/1.1" {} {} "-" "{}"{} ua="{}" us="{}"',
        "host", "client", _clf("end_ms"), "method", "path", "status", "size", "agent", seconds,
        _text("upstream"), _text("upstream_status"),
    )  # fmt: skip


def apache() -> pl.Expr:
    """Return combined lines, with `%T/%D` where times are logged."""
    micros = pl.col("took_ms") * 1000
    took = (
        pl.when(pl.col("duration_s").is_null())
        .then(pl.lit(""))
        .otherwise(pl.format(" {}/{}", micros // 1_000_000, micros))
    )
    return pl.format(
        '{} - - [{}] "{} {} HTTP/1.1" {} {} "-" "{}"{}',
        "client", _clf("start_ms"), "method", "path", "status", "size", "agent", took,
    )  # fmt: skip


def cloudflare() -> pl.Expr:
    """Return Logpush records of HTTP requests; without times where none are logged."""
    nano = 1_000_000
    timed = pl.col("duration_s").is_not_null()
    return pl.format(
        '{"EdgeStartTimestamp":{},{}"ClientIP":"{}","ClientCountry":"{}","ClientRequestHost":"{}",'
        '"ClientRequestMethod":"{}","ClientRequestURI":"{}","ClientRequestProtocol":"HTTP/2",'
        '"ClientRequestUserAgent":"{}","ClientRequestSource":"eyeball","CacheCacheStatus":"{}",'
        '"EdgeResponseStatus":{},"EdgeResponseBytes":{},"OriginIP":"{}","OriginResponseStatus":{}}'.replace(
            '{"Edge', "{}Edge", 1
        )[:-1] + "{}",
        pl.lit('{"'), pl.col("start_ms") * nano,
        pl.when(timed).then(pl.format('"EdgeEndTimestamp":{},', pl.col("end_ms") * nano)).otherwise(pl.lit("")),
        "client", "country", "host", "method", "path", "agent", "cache", "status", "size",
        pl.col("upstream").str.split(":").list.first().fill_null(""),
        pl.col("upstream_status").fill_null(0), pl.lit("}"),
    )  # fmt: skip


def cisco_wsa() -> pl.Expr:
    """Return default access-log lines of a proxy; a challenge is a refusal that asked nobody."""
    denied = pl.col("role") == "handshake"
    nobody = denied | pl.col("unreached")
    result = (
        pl.when(denied)
        .then(pl.lit("TCP_DENIED"))
        .when(nobody)
        .then(pl.lit("NONE"))
        .otherwise(pl.lit("TCP_MISS"))
    )
    decision = (
        pl.when(denied)
        .then(pl.lit("OTHER-NONE-NONE-NONE-NONE-NONE-NONE-NONE"))
        .otherwise(pl.lit("DEFAULT_CASE_12-Staff-CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE"))
    )
    user = (
        pl.when(pl.col("user").is_null()).then(pl.lit("-")).otherwise(pl.format('"EXAMPLE\\{}@corp"', "user"))
    )
    origin = pl.when(denied).then(pl.lit("NONE/-")).otherwise(pl.format("DIRECT/{}", "host"))
    verdict = VERDICTS.replace("Business and Industry", "{}").replace('"IW_busi",5.7', '"IW_x",5.7', 1)
    milliseconds = (pl.col("end_ms") % 1000).cast(pl.String).str.zfill(3)
    return pl.format(
        "{}.{} {} {} {}/{} {} {} http://{}{} {} {} text/html {} <" + verdict + "> - -",
        pl.col("end_ms") // 1000, milliseconds, "took_ms", "client", result, "status", "size", "method", "host", "path",
        user, origin, decision, "category",
    )  # fmt: skip


FORMS: Final[dict[str, Callable[[], pl.Expr]]] = {
    "nginx": nginx,
    "apache": apache,
    "cloudflare": cloudflare,
    "cisco_wsa": cisco_wsa,
}
