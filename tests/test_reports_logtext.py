"""Log text is shown masked, with nothing in it that acts, and bounded."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import logtext
from reports.logtext import mask, shown, visible


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(logtext).failed == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GET /a?token=s3cret HTTP/1.1", "GET /a?token=[masked] HTTP/1.1"),
        ("/a?x=1&API_KEY=s3cret&y=2", "/a?x=1&API_KEY=[masked]&y=2"),
        ("/a?%74oken=s3cret", "/a?%74oken=[masked]"),
        ("/a?password=s3%26cret%3Ftoo&z=1", "/a?password=[masked]&z=1"),
        ("/a?next=%2Flogin%3Ftoken%3Ds3cret%26x%3D1", "/a?next=%2Flogin%3Ftoken%3D[masked]%26x%3D1"),
        ("/p;jsessionid=s3cret", "/p;jsessionid=[masked]"),
        (
            r'{"ClientRequestURI":"/a?sig=s3cret\u0026b=2"}',
            r'{"ClientRequestURI":"/a?sig=[masked]\u0026b=2"}',
        ),
        (
            r'"{\"authorization\":\"s3cret\",\"host\":\"a\"}"',
            r'"{\"authorization\":\"[masked]\",\"host\":\"a\"}"',
        ),
        (r'"GET /?token=s3\"cret HTTP/1.1"', '"GET /?token=[masked] HTTP/1.1"'),
        ("http://ann:s3cret@example.com/", "http://ann:[masked]@example.com/"),
        ("http://ann:s3@cret@example.com/", "http://ann:[masked]@example.com/"),
        ("CONNECT ann:s3cret@example.com:443", "CONNECT ann:[masked]@example.com:443"),
        ("Authorization: Basic czNjcmV0OnMzY3JldA==", "Authorization: Basic [masked]"),
        ("/reset/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "/reset/[masked]"),
    ],
)
def test_secrets_are_masked(text: str, expected: str) -> None:
    assert mask(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "GET /search?q=tokens&page=2&sort=key HTTP/1.1",
        "/a?monkey=1&keyboard=2",
        "https://example.com:443/a@b",
        "[2001:db8::1]:443",
        "a token of thanks",
        "Basic authentication is asked for",
    ],
)
def test_the_rest_is_left_as_it_is(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("a\x00b", r"a\x00b"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\u202egpj", r"\u202egpj"),
        ("\ufeffa\u200bb", r"\ufeffa\u200bb"),
        ("\ud83d", r"\ud83d"),
        ("\U000e0041", r"\U000e0041"),
        ("\x9b31m", r"\x9b31m"),
        ("a\xa0b", r"a\xa0b"),
        ("한국어 🙂 é \ufffd", "한국어 🙂 é \ufffd"),
    ],
)
def test_what_acts_or_hides_is_written_out(text: str, expected: str) -> None:
    assert visible(text) == expected


@given(st.text(st.characters()))
def test_any_text_becomes_one_that_can_be_written_and_read(text: str) -> None:
    made = shown(text)
    assert made.isprintable()
    made.encode()


@given(st.text(alphabet='?&=;%:/@"\\ab3F26u0{}', max_size=200))
def test_masking_leaves_no_secret_and_ends(text: str) -> None:
    assert "s3cret" not in mask(f"{text} /?token=s3cret&a=1 ")


def test_a_megabyte_is_cut_and_a_secret_at_the_cut_is_masked() -> None:
    text = "/?" + "a" * 380 + "&token=" + "s3cret" * 1_000
    made = shown(text)
    assert len(made) <= 401
    assert "s3cret" not in made


@pytest.mark.parametrize(
    "unit", ["a=1&", "?", "://a:", '"a":"', "eyJ", "basic ", ":", "%26", "\\", "a=%3Fa%3D"]
)
def test_masking_takes_time_in_proportion(unit: str) -> None:
    """Quadratic patterns would take minutes here."""
    assert len(mask(unit * (200_000 // len(unit)))) >= 150_000
