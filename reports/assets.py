"""plotly's script → as a page carries it, or as one file that lies beside many pages."""

from __future__ import annotations

import base64
import gzip
import hashlib
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Final, Literal, NamedTuple

import numpy as np

Assets = Literal["inline", "shared"]
"""Whether a page carries plotly's script in itself, or loads it from a file in its own folder."""

DIGITS: Final = "".join(chr(sign) for sign in range(33, 127) if chr(sign) not in "<>&")
"""The 91 signs of ASCII that are seen and are none of markup: a thirteenth less than base 64."""

_BITS, _FEW = 13, 6
"""Bits of two digits, and of one: 91 · 91 is just above 2¹³, and 91 above 2⁶."""


class Script(NamedTuple):
    """The file beside the pages: its name, which changes with its content, and the content."""

    name: str
    content: bytes


@cache
def script() -> Script:
    """Return plotly's script as a file: pages of several versions can lie in one folder, each with its own."""
    content = files("plotly").joinpath("package_data/plotly.min.js").read_bytes()
    return Script(f"plotly-{version('plotly')}-{hashlib.sha256(content).hexdigest()[:16]}.js", content)


@cache
def script_hash() -> str:
    """Return the SHA-256 of plotly's script, as policies and `integrity` write it."""
    return sha256(script().content)


@cache
def packed_script() -> str:
    """Return plotly's script as a page carries it."""
    return packed(script().content)


def sha256(data: bytes) -> str:
    """Return the SHA-256 as policies and `integrity` write it."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def packed(data: bytes) -> str:
    """Return what the page's script alone reads, as gzip in base 91."""
    return base91(gzip.compress(data, 9, mtime=0))


def base91(data: bytes) -> str:
    """Return the bytes in base 91, two digits for 13 bits, highest first; at the end one for up to six.

    What fills the last digits up is less than a byte, so that nothing follows the bytes.

    >>> base91(b"a"), base91(b"")
    ('F,', '')
    """
    eights = -(-len(data) // _BITS) * _BITS  # bytes of whole groups: eight groups are thirteen bytes
    padded = (
        np.frombuffer(data + bytes(eights - len(data)), dtype=np.uint8).reshape(-1, _BITS).astype(np.uint32)
    )
    groups = np.empty((padded.shape[0], 8), dtype=np.uint16)
    for place in range(8):
        first, shift = divmod(_BITS * place, 8)  # a group lies within three bytes
        window = [padded[:, one] if one < _BITS else 0 for one in range(first, first + 3)]
        value = window[0] << 16 | window[1] << 8 | window[2]
        groups[:, place] = value >> (24 - shift - _BITS) & (1 << _BITS) - 1
    digits = np.stack(np.divmod(groups.reshape(-1), len(DIGITS)), axis=1).reshape(-1)
    whole, rest = divmod(8 * len(data), _BITS)
    if 0 < rest <= _FEW:
        digits[2 * whole] = groups.reshape(-1)[whole] >> (_BITS - _FEW)
    alphabet = np.frombuffer(DIGITS.encode(), dtype=np.uint8)
    used = 2 * whole + (0 if not rest else 1 if rest <= _FEW else 2)
    return bytes(alphabet[digits])[:used].decode()
