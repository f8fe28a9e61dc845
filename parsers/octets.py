"""The bytes of many lines, looked at side by side: where a byte stands, whether a text does, what number is written.

One call is a few NumPy passes over all lines: a place is an index into the text, one for every line. Eight bytes are
read at once as one number, the first of them in its lowest bits, and compared or counted in all eight at once (H. S.
Warren, Hacker's Delight, chapter 6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int64]
    Words = NDArray[np.uint64]
    Booleans = NDArray[np.bool_]

WORD: Final = 8

DIGITS: Final = 2 * WORD
"""Digits of the longest number that is read."""

_LF: Final = b"\n"


def _each(byte: int) -> np.uint64:
    """Return a word with this byte in all eight places."""
    return np.uint64(byte * 0x0101_0101_0101_0101)


_ONES, _HIGHS, _ZEROS, _ABOVE_NINE = _each(1), _each(0x80), _each(ord("0")), _each(0x80 - 10)
_ALL: Final = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


@dataclass(frozen=True)
class Octets:
    """A text of whole lines: its bytes, and the eight bytes from every place on as a number."""

    byte: NDArray[np.uint8]
    words: Words

    @classmethod
    def of(cls, text: bytes) -> Octets:
        """Return the text, without a copy of it; one that is shorter than a word gets line ends."""
        text = text.ljust(WORD, _LF)
        return cls(
            np.frombuffer(text, np.uint8), np.ndarray((len(text) - WORD + 1,), "<u8", text, strides=(1,))
        )

    def places(self, byte: int) -> Places:
        """Return every place where the byte stands."""
        return np.flatnonzero(self.byte == byte)

    def at(self, place: Places) -> NDArray[np.uint8]:
        """Return the byte at each place; the nearest one where that is outside the text."""
        last = self.byte.size - 1
        if place.size and (place.min() < 0 or place.max() > last):
            place = np.clip(place, 0, last)
        return self.byte[place]

    def ahead(self, place: Places) -> Words:
        """Return the eight bytes from each place on; zeros outside the text."""
        last = self.words.size - 1
        if place.size == 0 or (place.min() >= 0 and place.max() <= last):
            return self.words[place]
        inside = np.clip(place, 0, last)
        beyond = np.clip(place - inside, -WORD, WORD) * WORD
        word: Words = self.words[inside] >> np.maximum(beyond, 0).astype(np.uint64)
        word <<= np.maximum(-beyond, 0).astype(np.uint64)
        return word

    def behind(self, place: Places) -> Words:
        """Return the eight bytes before each place."""
        return self.ahead(place - WORD)

    def stands(self, text: bytes, place: Places) -> Booleans:
        """Whether the text stands at each place."""
        same = np.ones(place.shape, np.bool_)
        for start in range(0, len(text), WORD):
            part = text[start : start + WORD]
            if len(part) == 1:
                same &= self.at(place + start) == part[0]
                continue
            word = self.ahead(place + start)
            if len(part) < WORD:
                word &= _ALL >> np.uint64(8 * (WORD - len(part)))
            same &= word == int.from_bytes(part, "little")
        return same

    def find(self, byte: int, start: Places, end: Places) -> Places:
        """Return the first place from `start` on where the byte stands, `end` where none is before it."""
        found, _ = self._first(byte, start)
        missing = np.flatnonzero((found - start == WORD) & (found < end))
        while missing.size:
            begin = found[missing]
            there, stopped = self._first(byte, begin)
            found[missing] = there
            missing = missing[~stopped & (there < end[missing])]
        return np.minimum(found, end, out=found)

    def _first(self, byte: int, start: Places) -> tuple[Places, Booleans]:
        """Look at eight bytes: return the first place of the byte, or that behind them, and whether it is there."""
        word = self.ahead(start)
        word ^= _each(byte)
        # The high bit of every byte that is zero now; above the lowest such byte others may have it too.
        zero = (word - _ONES) & ~word & _HIGHS
        skipped = np.bitwise_count((zero & -zero) - np.uint64(1)) >> 3
        return start + skipped, zero != 0

    def repeats(self, start: Places, end: Places) -> Booleans:
        """Whether each line has the same there as the line before it; no, where that is shorter than 8 or over 32."""
        length = end - start
        same = np.zeros(start.size, np.bool_)
        same[1:] = (length[1:] == length[:-1]) & (length[1:] >= WORD) & (length[1:] <= 4 * WORD)
        if not same.any():
            return same
        last = end - WORD
        for place in (start, np.minimum(start + WORD, last), np.minimum(start + 2 * WORD, last), last):
            word = self.ahead(np.maximum(place, 0))
            same[1:] &= word[1:] == word[:-1]
        return same

    def number(self, start: Places, end: Places) -> tuple[Places, Booleans]:
        """Return the numbers written from `start` to `end`, and whether there are 1 to `DIGITS` digits, only."""
        length = end - start
        sound = (length > 0) & (length <= DIGITS)
        value, digits = self._eight_digits(end, np.minimum(length, WORD))
        sound &= digits
        long = np.flatnonzero(sound & (length > WORD))
        if long.size:
            upper, digits = self._eight_digits(end[long] - WORD, length[long] - WORD)
            value[long] += upper * 10**WORD
            sound[long] = digits
        return value, sound

    def _eight_digits(self, end: Places, length: Places) -> tuple[Places, Booleans]:
        """Return the number that the last `length` of the eight bytes before `end` are, and whether they are digits."""
        unused = (WORD * (WORD - np.maximum(length, 0))).astype(np.uint64)
        word = (self.behind(end) ^ _ZEROS) & (_ALL << unused)
        digits = ((word + _ABOVE_NINE) | word) & _HIGHS == 0
        # Neighbours make pairs, pairs make fours, fours make eight: the first digit is in the lowest bits.
        for factor, width in ((10, 8), (100, 16), (10_000, 32)):
            word = (word * np.uint64(factor)) + (word >> np.uint64(width))
            word &= np.uint64(((1 << width) - 1) * (0xFFFF_FFFF_FFFF_FFFF // ((1 << 2 * width) - 1)))
        return word.astype(np.int64), digits

    def decimal(self, start: Places, end: Places) -> tuple[NDArray[np.float64], Booleans]:
        """Return the numbers written as `12` or `12.345`, and whether they are such, with 15 digits at most."""
        point = self.find(ord("."), start, end)
        value, sound = self.number(start, point)
        with_point = np.flatnonzero(point < end)
        places = np.maximum(end - point - 1, 0)
        if with_point.size:
            decimals, digits = self.number(point[with_point] + 1, end[with_point])
            value[with_point] = value[with_point] * _POWERS[np.minimum(places[with_point], DIGITS)] + decimals
            sound[with_point] &= digits
        # Below 2**53 both are exact, and so is their quotient, as nearly as a float can be.
        sound &= (point - start) + places <= _EXACT
        return value / _POWERS[np.minimum(places, DIGITS)], sound


_POWERS: Final = 10 ** np.arange(DIGITS + 1, dtype=np.int64)
_EXACT: Final = 15
