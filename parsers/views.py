"""Places in a text → a String column over them, without a copy of the text.

Polars holds a text column as views, sixteen bytes a row: the length, then the text itself where it is no longer than
twelve bytes, else its first four bytes and where it stands (Arrow, "Variable-size Binary View Layout"). They are made
here from places and handed over through Arrow's C data interface, as PyCapsules, which Polars takes as they are.
"""

from __future__ import annotations

import ctypes
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from parsers.octets import Booleans, Octets, Places, Words

INLINE: Final = 12
"""Bytes of the longest text that stands in its view."""

_BYTE, _WORD, _HALF = np.uint64(8), np.uint64(64), np.uint64(32)
_ALL: Final = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


def texts(octets: Octets, start: Places, end: Places, known: Booleans | None = None) -> pl.Series:
    """Return what stands from `start` to `end`, as String; null where it is not known.

    The text is UTF-8, and both places lie between two of its characters: nobody looks at that again.
    """
    if known is not None and not known.any():
        return pl.repeat(None, start.size, dtype=pl.String, eager=True)
    validity = None if known is None or known.all() else np.packbits(known, bitorder="little")
    return pl.Series(_Column(octets, _views(octets, start, end), validity))


def _views(octets: Octets, start: Places, end: Places) -> Words:
    """Return a view a row, as two words."""
    length = (end - start).astype(np.uint64)
    first = octets.ahead(start)
    views = np.empty((length.size, 2), np.uint64)
    views[:, 0] = length | (first << _HALF)
    views[:, 1] = start.astype(np.uint64) << _HALF  # in the one buffer there is
    short = np.flatnonzero(length <= INLINE)
    if short.size:
        # Bytes behind the text are zero.
        size = length[short]
        views[short, 0] = size | (_first_bytes(first[short], size) << _HALF)
        rest = octets.ahead(start[short] + 4)
        views[short, 1] = _first_bytes(rest, size - np.minimum(size, np.uint64(4)))
    return views


def _first_bytes(word: Words, size: Words) -> Words:
    """Return the first `size` bytes of the words, zeros behind them."""
    kept: Words = word & ~(_ALL << np.minimum(size * _BYTE, _WORD))
    return kept


class _Schema(ctypes.Structure):
    """`struct ArrowSchema`."""


class _Array(ctypes.Structure):
    """`struct ArrowArray`."""


_ReleaseSchema = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))
_ReleaseArray = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))

_Schema._fields_ = (
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.c_void_p),
    ("dictionary", ctypes.c_void_p),
    ("release", _ReleaseSchema),
    ("private_data", ctypes.c_void_p),
)
_Array._fields_ = (
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.c_void_p),
    ("dictionary", ctypes.c_void_p),
    ("release", _ReleaseArray),
    ("private_data", ctypes.c_void_p),
)

_capsule = ctypes.pythonapi.PyCapsule_New
_capsule.restype = ctypes.py_object
_capsule.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)

_STRING_VIEW: Final = b"vu"
_NULLABLE: Final = 2

_numbers = count(1)
_held: Final[dict[int, tuple[object, ...]]] = {}
"""Number of a column → the memory that Polars reads it from, until it lets go of it."""


def _let_go_of_schema(schema: Any) -> None:  # noqa: ANN401  (a pointer of ctypes)
    schema.contents.release = _ReleaseSchema()


def _let_go_of_array(array: Any) -> None:  # noqa: ANN401
    del _held[array.contents.private_data]
    array.contents.release = _ReleaseArray()


_release_schema, _release_array = _ReleaseSchema(_let_go_of_schema), _ReleaseArray(_let_go_of_array)
for _function in (_release_schema, _release_array):
    # Polars may let go of a column when this module is already gone, at the end of the interpreter.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(_function))


class _Column:
    """A column that Polars can take over: what the PyCapsule protocol of Arrow asks for."""

    def __init__(self, octets: Octets, views: Words, validity: np.ndarray[Any, Any] | None) -> None:
        self.octets, self.views, self.validity = octets, views, validity

    def __arrow_c_array__(self, _requested: object = None) -> tuple[object, object]:
        number = next(_numbers)
        sizes = (ctypes.c_int64 * 1)(self.octets.byte.size)
        buffers = (ctypes.c_void_p * 4)(
            None if self.validity is None else self.validity.ctypes.data,
            self.views.ctypes.data,
            self.octets.byte.ctypes.data,
            ctypes.addressof(sizes),
        )
        self.schema = _Schema(_STRING_VIEW, b"", None, _NULLABLE, 0, None, None, _release_schema, None)
        self.array = _Array(
            len(self.views),
            0 if self.validity is None else -1,
            0,
            len(buffers),
            0,
            ctypes.cast(buffers, ctypes.POINTER(ctypes.c_void_p)),
            None,
            None,
            _release_array,
            number,
        )
        _held[number] = self.octets.byte, self.views, self.validity, sizes, buffers
        return (
            _capsule(ctypes.addressof(self.schema), b"arrow_schema", None),
            _capsule(ctypes.addressof(self.array), b"arrow_array", None),
        )
