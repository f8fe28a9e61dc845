"""Every vendor's samples: claimed first by their own format, and read alike by the split and by the exact pattern."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest

from parsers import FORMATS, SCHEMA, VENDORS, engine
from parsers.sniff import recognise
from parsers.spec import JsonFormat, LineFormat

if TYPE_CHECKING:
    from parsers.spec import Format, Sample

SAMPLES = [
    pytest.param(form, sample, id=f"{form.name}-{number}")
    for form in FORMATS
    for number, sample in enumerate(form.samples)
]
MADE = [name for name in SCHEMA if name not in {"source", "line", "vendor", "server"}]
"""The columns that a line alone decides."""
FIELDS = [name for name in MADE if name != "format"]


def lines_of(*lines: str) -> pl.DataFrame:
    return pl.DataFrame({engine.TEXT: lines}, schema={engine.TEXT: pl.String}).with_row_index(engine.ROW)


def values(records: pl.DataFrame) -> dict[str, object]:
    """Return the only record as a sample writes it: times as ISO text."""
    assert records.height == 1
    (row,) = records.to_dicts()
    return {
        name: value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def expected(sample: Sample) -> dict[str, object]:
    made = dict(sample.expect)
    if "timestamp" in made:
        moment = datetime.fromisoformat(str(made["timestamp"]))
        made["timestamp"] = moment.isoformat(timespec="microseconds")
    return made


def agreed(records: pl.DataFrame, sample: Sample) -> None:
    got = values(records)
    assert {name: got[name] for name in sample.expect} == expected(sample)


def test_every_format_is_shown_by_a_sample() -> None:
    assert {form.name for form in FORMATS if not form.samples} == set()
    assert len({form.name for form in FORMATS}) == len(FORMATS)
    assert {form.vendor for form in FORMATS} == set(VENDORS)


@pytest.mark.parametrize(("form", "sample"), SAMPLES)
def test_a_sample_is_claimed_first_by_its_own_format(form: Format, sample: Sample) -> None:
    # A lone `combined` line can be nginx's or Apache's: as on a server, the folder says whose it is.
    recognition = recognise(sample.line.encode() + b"\n", f"{form.vendor}/access.log")
    assert recognition.formats[0].name == form.name, recognition.evidence
    assert recognition.vendor == form.vendor


@pytest.mark.parametrize(("form", "sample"), SAMPLES)
def test_a_sample_gives_the_named_columns(form: Format, sample: Sample) -> None:
    parsed = engine.parse(lines_of(sample.line), (form,), MADE)
    assert parsed.rejects.height == 0
    agreed(parsed.records, sample)
    assert parsed.records.schema == {engine.ROW: pl.UInt32(), **{name: SCHEMA[name] for name in MADE}}
    assert values(parsed.records)["format"] == form.name


@pytest.mark.parametrize(("form", "sample"), SAMPLES)
def test_a_format_reads_its_own_sample_whatever_its_relatives_are(form: Format, sample: Sample) -> None:
    relatives = [other for other in FORMATS if other.vendor == form.vendor]
    parsed = engine.parse(lines_of(sample.line), (form, *relatives), MADE)
    assert values(parsed.records)["format"] == form.name
    agreed(parsed.records, sample)


@pytest.mark.parametrize(
    ("form", "sample"), [case for case in SAMPLES if isinstance(case.values[0], LineFormat)]
)
def test_the_exact_pattern_alone_reads_a_sample(
    form: LineFormat, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = replace(engine._compiled(form), split=None)  # noqa: SLF001
    monkeypatch.setattr(engine, "_compiled", lambda _: compiled)
    agreed(engine.parse(lines_of(sample.line), (form,), MADE).records, sample)


@pytest.mark.parametrize(
    ("form", "sample"), [case for case in SAMPLES if isinstance(case.values[0], LineFormat)]
)
def test_the_split_alone_reads_a_sample_or_leaves_it(form: LineFormat, sample: Sample) -> None:
    split = engine._compiled(form).split  # noqa: SLF001
    if split is None:
        return
    made = engine._run_split(lines_of(sample.line), form, split, FIELDS)  # noqa: SLF001
    if made["_ok"].item():
        agreed(made.drop("_ok"), sample)


def test_the_split_serves_every_format_that_it_can() -> None:
    """At least the first sample of a template without a rest is as it should be, and goes the fast way."""
    for form in FORMATS:
        if isinstance(form, JsonFormat) or form.template is None or "{rest}" in form.template:
            continue
        if form.name == "npmplus":  # its agent holds blanks and stands in no quotes
            continue
        split = engine._compiled(form).split  # noqa: SLF001
        assert split is not None, form.name
        usual = [
            sample
            for sample in form.samples
            if engine._run_split(lines_of(sample.line), form, split, FIELDS)["_ok"].item()  # noqa: SLF001
        ]
        assert usual, form.name
