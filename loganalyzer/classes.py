"""A status → its class: the first digit and `xx`, or `other`."""

from __future__ import annotations

import polars as pl


def status_class(status: int | None) -> str:
    """Return the first digit and `xx`; `other` outside 100–599.

    >>> status_class(499), status_class(0), status_class(None)
    ('4xx', 'other', 'other')
    """
    return f"{status // 100}xx" if status is not None and 100 <= status <= 599 else "other"  # noqa: PLR2004


def class_of() -> pl.Expr:
    """Return the class of the column `status`, as `status_class`."""
    status = pl.col("status")
    return (
        pl.when(status.is_between(100, 599))
        .then(pl.format("{}xx", status // 100))
        .otherwise(pl.lit("other"))
        .alias("status_class")
    )
