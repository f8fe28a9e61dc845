"""Which lines of JSON are records does not hang on their neighbours, nor on how those are decoded."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import cloudflare, engine, json_lines

GOOD = '{"RayID":"5f52a1b2c3d4e5f6","EdgeStartTimestamp":1773150936,"EdgeResponseStatus":200,"ClientRequestURI":"/a"}'
ODD = (
    GOOD.replace('"/a"', '"/\\u00e9\\\\\\"\\n"'),
    GOOD.replace('"/a"', '"/\\ud83d\\ude00"'),
    GOOD.replace('"/a"', '"/\\ud83d"'),
    GOOD.replace('"/a"', '"/\t"'),
    GOOD.replace('"/a"', "[]"),
    GOOD.replace('"/a"', '["/b", null, 7]'),
    GOOD.replace('"/a"', '{"b":"/c"}'),
    GOOD.replace('"/a"', "1e999"),
    GOOD.replace('"/a"', "NaN"),
    GOOD.replace('"/a"', "01"),
    GOOD.replace('"/a"', "9" * 40),
    GOOD.replace('"/a"', "-0.5e3"),
    GOOD.replace('"/a"', "true"),
    GOOD.replace('"/a"', '"/a","RayID":"another"'),
    GOOD.replace('"/a"', '"/a","Headers":{"a":["b",{"c":1}]}'),
    GOOD.replace('"/a"}', '"/a",}'),
    GOOD.replace('"RayID"', "RayID"),
    GOOD.replace('":', '" :\t ').replace(',"', ' , "'),
    GOOD + "," + GOOD,
    GOOD + GOOD,
    GOOD[:-1],
    GOOD + "  ",
    "{}",
    '{"a":{}}',
    "no object",
)
COLUMNS = ("status", "path", "target", "request_id")


def read(lines: list[str]) -> list[list[tuple[object, ...]]]:
    """Return the records and the rejects of lines."""
    frame = pl.DataFrame({engine.TEXT: lines}, schema={engine.TEXT: pl.String}).with_row_index(engine.ROW)
    parsed = engine.parse(frame, cloudflare.FORMATS, COLUMNS)
    return [parsed.records.rows(), parsed.rejects.rows()]


@pytest.mark.parametrize("odd", ODD)
def test_a_line_is_what_it_is_alone(odd: str) -> None:
    alone = read([odd])
    for others in ([GOOD] * 3, [GOOD] * 40 + ["{broken}"], ["{broken}"] * 40):
        records, rejects = read([odd, *others])
        assert [row for row in records if row[0] == 0] == alone[0]
        assert [row for row in rejects if row[0] == 0] == alone[1]
        assert len(records) + len(rejects) == 1 + len(others)


@given(lines=st.lists(st.sampled_from([GOOD, *ODD]), min_size=1, max_size=70))
def test_looks_vouch_for_nothing_that_the_standard_library_does_not(lines: list[str]) -> None:
    text = pl.Series(lines, dtype=pl.String)
    for line in text.filter(text.str.contains(json_lines._PLAIN)):  # noqa: SLF001  (what only matters inside)
        assert isinstance(json.loads(line), dict)
    alone = [read([line]) for line in lines]
    records, rejects = read(lines)
    for kind, rows in enumerate((records, rejects)):
        assert rows == [(place, *row[1:]) for place, one in enumerate(alone) for row in one[kind]]
