"""Log text is shown masked, with nothing in it that acts, and bounded."""

from __future__ import annotations

import doctest

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import logtext
from reports.logtext import MAY_HIDE, bounded, mask, shown, visible


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
        ("/a?x=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln&y=1", "/a?x=[masked]&y=1"),
        ("/a?b=%2Fc%3Fx%3DeyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "/a?b=%2Fc%3Fx%3D[masked]"),
        ("eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..aXY.Y3Q.dGFn", "[masked]"),
        ("Authorization: Basic YTpi", "Authorization: Basic [masked]"),
        ("authorization: s3cret, x", "authorization: [masked], x"),
        ("/a?password=s3'cret&b=1", "/a?password=[masked]&b=1"),
        ("/a?password=s3<cret>&b=1", "/a?password=[masked]&b=1"),
        (
            "/a?next=%252Flogin%253Ftoken%253Ds3cret%2526x%253D1",
            "/a?next=%252Flogin%253Ftoken%253D[masked]%2526x%253D1",
        ),
        ("/a?q=token%3Ds3cret&b=1", "/a?q=token%3D[masked]&b=1"),
        (
            "/to/https%3A%2F%2Fexample.com%2F%3Ftoken%3Ds3cret",
            "/to/https%3A%2F%2Fexample.com%2F%3Ftoken%3D[masked]",
        ),
        (
            "/a?to=https%3A%2F%2Fann%3As3cret%40example.com",
            "/a?to=https%3A%2F%2Fann%3A[masked]%40example.com",
        ),
        ("/a?d=%7B%22password%22%3A%22s3cret%22%7D", "/a?d=%7B%22password%22%3A%22[masked]%22%7D"),
        (r'{"password":"s3\"cret","a":"b"}', r'{"password":"[masked]","a":"b"}'),
        (r'"{\"token\":\"s3\\\"cret\",\"a\":1}"', r'"{\"token\":\"[masked]\",\"a\":1}"'),
        (
            "/o?AWSAccessKeyId=A&Signature=s3cret&Expires=1",
            "/o?AWSAccessKeyId=[masked]&Signature=[masked]&Expires=1",
        ),
        (
            "/o?X-Amz-Credential=A&X-Amz-Signature=s3cret&X-Amz-Security-Token=t&X-Amz-Expires=60",
            "/o?X-Amz-Credential=[masked]&X-Amz-Signature=[masked]&X-Amz-Security-Token=[masked]&X-Amz-Expires=60",
        ),
        ("/o?X-Goog-Signature=s3cret&X-Goog-Date=1", "/o?X-Goog-Signature=[masked]&X-Goog-Date=1"),
        ("/c/b?sv=2026-01-01&sr=b&sig=s3%2Bcret%3D&sp=r", "/c/b?sv=2026-01-01&sr=b&sig=[masked]&sp=r"),
        ("/p?PHPSESSID=s3cret", "/p?PHPSESSID=[masked]"),
        ("/p?connect.sid=s3cret&sess=s3cret", "/p?connect.sid=[masked]&sess=[masked]"),
        ("/p?ticket=ST-1-s3cret&hmac=s3cret&sign=s3cret", "/p?ticket=[masked]&hmac=[masked]&sign=[masked]"),
        ("/p/" + "AKIA" + "ABCDEFGHIJKLMNOP" + "/x", "/p/[masked]/x"),
        ("/p?x=" + "gh" + "p_" + "a1" * 18, "/p?x=[masked]"),
        ("/a?e=ann@example.com&b=1", "/a?e=[masked]@example.com&b=1"),
        ("/users/ann.lee%2Bshop%40example.co.kr/orders", "/users/[masked]%40example.co.kr/orders"),
        ("/a?next=%2Fb%3Fe%3Dann%2540example.com", "/a?next=%2Fb%3Fe%3D[masked]%2540example.com"),
        ("mailto:ann@example.com", "mailto:[masked]@example.com"),
        ("http://ann@example.com/", "http://[masked]@example.com/"),
        ("/f/ann@example.com.csv", "/f/[masked]@example.com.csv"),
        (
            "bot/1.0 (+bot@example.com; for ann@163.com)",
            "bot/1.0 ([masked]@example.com; for [masked]@163.com)",
        ),
        ("\uae40@example.com", "[masked]@example.com"),
        (r'{"u":"ann\u0040example.com"}', r'{"u":"[masked]\u0040example.com"}'),
    ],
)
def test_secrets_are_masked(text: str, expected: str) -> None:
    assert mask(text) == expected
    assert mask(expected) == expected
    assert shown(text) == visible(expected)
    looked_at = pl.Series([text]).str.contains(MAY_HIDE)
    assert looked_at.all(), "tables would not look at it"


@pytest.mark.parametrize(
    "text",
    [
        "GET /search?q=tokens&page=2&sort=key HTTP/1.1",
        "/a?monkey=1&keyboard=2",
        "https://example.com:443/a@b",
        "[2001:db8::1]:443",
        "a token of thanks",
        "/img/logo@2x.png",
        "/img/logo@2x.min.png",
        "/npm/vue@3.5.1/dist/vue.min.js",
        "/npm/@scope/part@1.2.3-rc.beta/index.js",
        "/npm/vue@3.5.1.min.js",
        "/a/b@index.html",
        "CORP\\ann@REALM",
        "ann@192.0.2.7",
        "/@ann/1",
        "/p?ticketing=2&design=3&assess=4",
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


@pytest.mark.parametrize(
    "secret",
    [
        "token=" + "s3cret" * 1_000,
        "eyJ" + "s3cret" * 1_000 + ".e30.x",
        "s3cret" * 8 + "@example.com ",
        "http://a:s3cret@b/",
    ],
)
@pytest.mark.parametrize("before", [0, 392, 399, 400, 1_390, 1_420])
def test_a_secret_at_the_cut_is_masked(secret: str, before: int) -> None:
    for made in (shown(f"{' ' * before}{secret}"), bounded(f"{' ' * before}{secret}", 400)):
        assert len(made) <= 401
        assert "s3" not in made


def test_what_is_cut_says_so_also_where_a_mask_made_it_shorter() -> None:
    assert shown("/?token=" + "x" * 1_500 + "&a=1") == "/?token=[masked]…"
    assert shown("/?token=" + "x" * 500 + "&a=1") == "/?token=[masked]&a=1"


def test_a_megabyte_is_cut_and_a_secret_at_the_cut_is_masked() -> None:
    text = "/?" + "a" * 380 + "&token=" + "s3cret" * 1_000
    made = shown(text)
    assert len(made) <= 401
    assert "s3cret" not in made


@pytest.mark.parametrize(
    "unit",
    [
        "a=1&",
        "?",
        "://a:",
        '"a":"',
        "eyJ",
        "basic ",
        ":",
        "%26",
        "\\",
        "a=%3Fa%3D",
        "a.",
        "a@",
        "%40",
        "%2B",
        "a%2B",
        "a@b.",
        "%22a%22%3A%22",
        "%3A%2F%2Fa%3A",
        "=a%3D",
        "'",
        "%25",
        '"a":\\"',
    ],
)
def test_masking_takes_time_in_proportion(unit: str) -> None:
    """Quadratic patterns would take minutes here."""
    assert len(mask(unit * (200_000 // len(unit)))) >= 150_000
