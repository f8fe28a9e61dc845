"""A status → its class: the first digit and `xx`, or `other`."""

from __future__ import annotations

from typing import Final

import polars as pl

_FIRST: Final = 100
_LAST: Final = 599
"""Statuses that have a class (RFC 9110, section 15)."""

CLASSES: Final = ("1xx", "2xx", "3xx", "4xx", "5xx", "other")
"""In the order in which they are shown."""


def status_class(status: int | None) -> str:
    """Return the first digit and `xx`; `other` outside 100–599.

    >>> status_class(499), status_class(0), status_class(None)
    ('4xx', 'other', 'other')
    """
    return f"{status // 100}xx" if status is not None and _FIRST <= status <= _LAST else "other"


def class_of() -> pl.Expr:
    """Return the class of the column `status`, as `status_class`."""
    status = pl.col("status")
    return (
        pl.when(status.is_between(_FIRST, _LAST))
        .then(pl.format("{}xx", status // 100))
        .otherwise(pl.lit("other"))
        .alias("status_class")
    )
