"""However many clients, paths, routes and years a log has, its Tables stay small, and say the same for any split."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loganalyzer import tables
from loganalyzer.aggregates import clients, latency
from loganalyzer.aggregates.grouping import LONGEST_VALUE, OTHER, coded, summed, summed_over, tally
from loganalyzer.aggregates.part import Part
from loganalyzer.tables import COLUMNS, Tables, fold, merge
from parsers import Batch, batches
from parsers.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable

START = datetime(2016, 1, 1, tzinfo=UTC)


def frame(size: int, **columns: Iterable[object]) -> pl.DataFrame:
    """Return records of nginx, of which every column that is not given is plain or null."""
    plain = {
        "vendor": pl.lit("nginx"),
        "role": pl.lit("request"),
        "weight": pl.lit(1.0),
        "status": pl.lit(200),
        "method": pl.lit("GET"),
        "path": pl.lit("/"),
        "client": pl.lit("192.0.2.7"),
        "bytes_sent": pl.lit(5),
        "timestamp": pl.lit(START),
        "line": pl.int_range(1, size + 1),
    }
    made = pl.DataFrame({"_": np.zeros(size)}).with_columns(
        **{name: plain.get(name, pl.lit(None)).cast(SCHEMA[name]) for name in COLUMNS}
    )
    given_ = [pl.Series(name, list(values)).cast(SCHEMA[name]) for name, values in columns.items()]
    return made.with_columns(given_).select(COLUMNS)


def of(records: pl.DataFrame) -> Tables:
    rejects = pl.DataFrame(schema=batches.REJECTS)
    return Tables.of(Batch(0, "x", None, records, rejects, records.height, 0, {}, 0, 0, 0, 1))


def rows(made: pl.DataFrame) -> list[tuple[object, ...]]:
    texts = [name for name, dtype in made.schema.items() if isinstance(dtype, pl.Categorical | pl.Enum)]
    return made.cast(dict.fromkeys(texts, pl.String)).sort(pl.all(), nulls_last=True).rows()


def timed(size: int, days: float, routes: int = 3, seed: int = 1) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    stamps = np.sort(random.integers(0, int(days * 86_400), size))
    return frame(
        size,
        timestamp=[START + timedelta(seconds=int(second)) for second in stamps],
        path=[f"/p{chr(97 + number % 26)}{number // 26}x" for number in random.integers(0, routes, size)],
        duration_s=np.round(0.1 * np.exp(random.standard_normal(size)), 3),
    )


TIMED = timed(600, 3)


@given(
    order=st.permutations(range(8)),
    cuts=st.lists(st.integers(1, TIMED.height - 1), min_size=7, max_size=7, unique=True),
    most=st.sampled_from([60, 200, 500]),
)
def test_a_table_takes_the_same_grain_for_any_split_and_order(
    order: list[int], cuts: list[int], most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(latency, "ROWS", most)
        whole = merge([of(TIMED), Tables.empty()])
        edges = [0, *sorted(cuts), TIMED.height]
        parts = [of(TIMED[begin:end]) for begin, end in pairwise(edges)]
        shuffled = [parts[place] for place in order]
        merged = merge([merge(shuffled[:3]), merge(shuffled[3:])])
        assert merged.latency_grain == whole.latency_grain > 0
        assert rows(merged.latency) == rows(whole.latency)
        assert rows(merged.latency_total) == rows(whole.latency_total)
        assert whole.latency.height <= most
        assert whole.latency["records"].sum() == TIMED.height


def test_ten_years_take_no_more_rows_than_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "ROWS", 5_000)
    records = timed(20_000, 3_650)
    made = fold(of(records[begin : begin + 2_000]) for begin in range(0, records.height, 2_000))
    assert made.latency.height <= 5_000
    assert made.latency["records"].sum() == records.height
    assert latency.GRAINS[made.latency_grain].minutes > 60
    assert made.latency["minute"].max() > START + timedelta(days=3_600)  # type: ignore[operator]


def test_each_grain_is_made_of_whole_rows_of_the_finer() -> None:
    for fine, coarse in pairwise(latency.GRAINS):
        assert coarse.minutes % fine.minutes == 0
        assert fine.bins % coarse.bins == 0


def test_more_routes_than_are_told_apart_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "ROUTES", 5)
    monkeypatch.setattr(latency, "NAMED", 20)
    records = timed(3_000, 0.5, routes=60)
    made = fold(of(records[begin : begin + 500]) for begin in range(0, records.height, 500))
    for histogram in (made.latency, made.latency_total):
        names = histogram["route"].unique().cast(pl.String).to_list()
        assert OTHER in names
        assert len(names) <= 2 * 5 + 1
        assert histogram["records"].sum() == records.height


@pytest.mark.parametrize(("named", "kept"), [(4_096, 300), (250, 65)])
def test_which_routes_are_busiest_is_known_at_the_end(
    monkeypatch: pytest.MonkeyPatch, named: int, kept: int
) -> None:
    """A batch has more routes than are told apart: none is given up before all are counted, as long as they are few."""
    monkeypatch.setattr(latency, "NAMED", named)
    records = timed(6_000, 0.5, routes=300)
    whole = of(records)
    assert whole.latency["route"].n_unique() == kept
    shuffled = records.sample(fraction=1.0, shuffle=True, seed=3)
    made = fold(of(shuffled[begin : begin + 700]) for begin in range(0, records.height, 700))
    assert (rows(made.latency) == rows(whole.latency)) == (kept == 300)
    assert made.latency["records"].sum() == records.height


def test_a_flood_of_clients_stays_bounded_and_the_worst_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred times as many clients as are kept, each refused once, and one that is refused all the time."""
    monkeypatch.setattr(clients, "ROWS", 500)
    monkeypatch.setattr(tables, "KEYS", 500)
    total, most = Tables.empty(), 0
    for number in range(25):
        names = [f"198.18.{n // 250}.{n % 250}" for n in range(number * 2_000, number * 2_000 + 2_000)]
        records = frame(2_100, client=[*names, *["192.0.2.66"] * 100], status=[404] * 2_100)
        total = merge([total, of(records)])
        most = max(most, total.clients.height, total.values.filter(pl.col("dimension") == "client").height)
    assert most <= 2 * 500
    (row,) = total.clients.filter(pl.col("client") == "192.0.2.66").iter_rows(named=True)
    assert row["missing"] == 2_500
    assert total.bounds["nginx", "client"] > 0
    assert total.minutes["records"].sum() == 25 * 2_100, "the grid counts everybody"


def test_who_was_let_in_is_known_across_batches_and_answers_stay_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ten thousand visitors in order: where two batches meet, some are refused in one and let in in the other."""
    monkeypatch.setattr(clients, "ANSWER_ROWS", 2_000)
    size = 20_000
    names = [f"198.18.{n % 40}.{n // 40 % 250}" for n in range(size // 2)]
    records = frame(
        size,
        timestamp=[START + timedelta(seconds=second // 4) for second in range(size)],
        client=[name for name in names for _ in range(2)],
        status=[401 if n % 10 == 0 else 200 for n in range(size)],
    )
    whole, total = of(records), Tables.empty()
    for begin in range(0, size, 501):
        total = merge([total, of(records[begin : begin + 501])])
        assert total.answers.height <= 2 * 2_000 + 501
    assert rows(total.clients) == rows(whole.clients)
    assert total.clients["answered"].sum() == size // 10


def test_a_flood_of_paths_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "KEYS", 1_000)
    most = 0

    def parts() -> list[Tables]:
        return [of(frame(5_000, path=[f"/x{number}y{n}z" for n in range(5_000)])) for number in range(20)]

    total = Tables.empty()
    for part in parts():
        total = merge([total, part])
        most = max(most, total.values.filter(pl.col("dimension") == "path").height)
    assert most <= 2 * 1_000
    assert total.bounds["nginx", "path"] <= 20 * 5_000 / 1_000
    assert fold(iter(parts())).minutes["records"].sum() == 100_000


@given(
    texts=st.lists(st.one_of(st.none(), st.text(max_size=5), st.just("x" * (LONGEST_VALUE + 3))), min_size=1)
)
def test_texts_as_numbers_are_the_same_texts(texts: list[str | None]) -> None:
    made = coded(pl.DataFrame({"a": texts}, schema={"a": pl.String()}))["a"]
    back = [*made.names.to_list(), None]
    assert [back[code] for code in made.codes] == texts
    assert len(set(made.names)) == len(made.names)
    assert made.counts.tolist() == [texts.count(name) for name in made.names]


def test_what_differs_behind_the_limit_is_one_value() -> None:
    long = "/a" * LONGEST_VALUE
    part = Part(frame(4, path=[long + "1", long + "2", "/item/1", "/item/2"]))
    assert sorted(part.texts["path"].names.to_list()) == [long[:LONGEST_VALUE], "/item/{id}"]
    assert part.texts["client"].names.to_list() == ["192.0.2.7"]
    assert "upstream" not in part.texts


def test_a_batch_is_forgotten_with_its_part() -> None:
    """A part that holds itself would keep its lines until rings of references are looked for."""
    import gc  # noqa: PLC0415
    import weakref  # noqa: PLC0415

    gc.disable()
    try:
        part = Part(timed(50, 1))
        assert part.requests is part
        assert part.texts
        gone = weakref.ref(part)
        del part
        assert gone() is None
    finally:
        gc.enable()


@given(
    numbers=st.lists(
        st.tuples(st.integers(-5, 5), st.sampled_from([0, 10**9]), st.integers(0, 3)), min_size=1, max_size=50
    )
)
def test_a_tally_counts_every_row(numbers: list[tuple[int, int, int]]) -> None:
    columns = {name: np.array(values) for name, values in zip("abc", zip(*numbers, strict=True), strict=True)}
    made = tally(columns)
    counted = list(zip(*(made[name].tolist() for name in ("a", "b", "c", "records")), strict=True))
    assert counted == sorted((*row, numbers.count(row)) for row in set(numbers))


@given(
    parts=st.lists(
        st.lists(
            st.tuples(st.one_of(st.none(), st.integers(0, 6)), st.integers(0, 2)), unique=True, max_size=8
        ),
        min_size=1,
        max_size=5,
    )
)
def test_only_shared_moments_are_summed_and_the_sums_are_the_same(
    parts: list[list[tuple[int | None, int]]],
) -> None:
    schema = {"t": pl.Int64(), "k": pl.Int64()}
    frames = [pl.DataFrame(part, schema=schema, orient="row").with_columns(n=pl.lit(1)) for part in parts]
    assert rows(summed_over("t", frames, ["t", "k"], ["n"])) == rows(summed(frames, ["t", "k"], ["n"]))
