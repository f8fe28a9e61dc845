"""What is read from the bytes of many lines side by side is what Python reads line by line."""

from __future__ import annotations

import gc
import itertools
import re
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from parsers import views
from parsers.octets import DIGITS, Octets

if TYPE_CHECKING:
    from parsers.octets import Places

TEXTS = st.lists(
    st.one_of(
        st.text("0123456789.", max_size=20),
        st.text("ab .é\u2028\U0001f600", max_size=40),
        st.integers(0, 10**18).map(str),
        st.floats(0, 1e9, allow_nan=False).map(lambda number: f"{number:.3f}"),
    ),
    min_size=1,
    max_size=30,
)


def laid_out(texts: list[str]) -> tuple[Octets, Places, Places]:
    """Return texts one after the other, a line each, with where each starts and ends."""
    lines = [text.encode() for text in texts]
    length = np.array([len(line) for line in lines], np.int64)
    end = np.cumsum(length + 1) - 1
    return Octets.of(b"".join(line + b"\n" for line in lines)), end - length, end


@given(texts=TEXTS)
def test_a_byte_is_found_where_it_stands_first(texts: list[str]) -> None:
    octets, start, end = laid_out(texts)
    for text, begin, stop, place in zip(texts, start, end, octets.find(ord(" "), start, end), strict=True):
        found = text.encode().find(b" ")
        assert place == (begin + found if found >= 0 else stop)


@given(texts=TEXTS, looked_for=st.text("0123456789. ab", min_size=1, max_size=20))
def test_a_text_stands_where_python_finds_it(texts: list[str], looked_for: str) -> None:
    octets, start, _ = laid_out(texts)
    there = octets.stands(looked_for.encode(), start)
    whole = octets.byte.tobytes()
    assert there.tolist() == [whole.startswith(looked_for.encode(), begin) for begin in start.tolist()]


@given(texts=TEXTS)
def test_numbers_are_what_python_reads(texts: list[str]) -> None:
    octets, start, end = laid_out(texts)
    number, sound = octets.number(start, end)
    assert sound.tolist() == [re.fullmatch(f"[0-9]{{1,{DIGITS}}}", text) is not None for text in texts]
    assert number[sound].tolist() == [int(text) for text, read in zip(texts, sound, strict=True) if read]
    decimal, sound = octets.decimal(start, end)
    plain = [re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) is not None for text in texts]
    few = [len(text.replace(".", "")) <= 15 for text in texts]
    assert sound.tolist() == [one and other for one, other in zip(plain, few, strict=True)]
    assert decimal[sound].tolist() == [float(text) for text, read in zip(texts, sound, strict=True) if read]


@given(
    texts=st.lists(
        st.sampled_from(["", "a", "12345678", "12345679", "a" * 17, "a" * 32, "a" * 33]), min_size=1
    )
)
def test_a_repeat_is_the_same_text_as_the_line_before(texts: list[str]) -> None:
    octets, start, end = laid_out(texts)
    same = [
        False,
        *(one == other and 8 <= len(one) <= 32 for one, other in itertools.pairwise(texts)),
    ]
    assert octets.repeats(start, end).tolist() == same


@given(texts=TEXTS, seed=st.integers(0, 2**30))
def test_a_column_over_places_is_the_column_of_their_texts(texts: list[str], seed: int) -> None:
    octets, start, end = laid_out(texts)
    known = np.random.default_rng(seed).random(len(texts)) < 0.7
    column = views.texts(octets, start, end, known)
    expected = pl.Series(
        [text if there else None for text, there in zip(texts, known, strict=True)], dtype=pl.String
    )
    assert column.equals(expected)
    assert column.null_count() == expected.null_count()
    assert pl.concat([column, expected]).n_unique() == expected.n_unique()  # as a key they are the same, too
    assert views.texts(octets, start, end).to_list() == texts


def test_memory_is_held_as_long_as_a_column_looks_at_it() -> None:
    octets, start, end = laid_out(["a text of more than twelve bytes", "short"])
    column = views.texts(octets, start, end)
    before = len(views._held)  # noqa: SLF001
    part = column.head(1)
    del column, octets
    gc.collect()
    assert part.to_list() == ["a text of more than twelve bytes"]
    del part
    gc.collect()
    assert len(views._held) == before - 1  # noqa: SLF001
