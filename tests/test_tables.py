"""Tables merge alike for any split and any order, stay bounded, and say by how much a count may be too small."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import parsers
from loganalyzer import tables
from loganalyzer.aggregates.grouping import OTHER, summed_over, template, templates
from loganalyzer.tables import COLUMNS, Tables, fold, merge
from parsers import Batch, batches

LINES = tuple(
    f'192.0.2.{client} - - [10/Mar/2026:1{hour}:{minute:02}:0{second} +0900] "GET /{path} HTTP/1.1" {status} {size}'
    f' "-" "a{client % 3}"'
    for client, hour, minute, second, path, status, size in (
        *(
            (
                i % 7,
                i % 3,
                i * 7 % 60,
                i % 10,
                f"item/{i % 5}?q={i}",
                (200, 200, 404, 499, 502)[i % 5],
                i * 31,
            )
            for i in range(120)
        ),
        # who is refused and who is let in, in the same minutes
        *((i % 3, 0, i % 15, i % 10, "login", (401, 200, 200, 404)[i % 4], i) for i in range(60)),
    )
)


def scan_of(path: Path, lines: list[str]) -> parsers.Scan:
    path.write_text("".join(f"{line}\n" for line in lines))
    return parsers.scan([str(path)], vendor="nginx")


def sorted_frames(made: Tables) -> list[list[tuple[object, ...]]]:
    return [
        made.minutes.cast({"vendor": pl.String, "role": pl.String}).sort(pl.all()).rows(),
        made.values.cast({"vendor": pl.String, "dimension": pl.String}).sort(pl.all()).rows(),
        made.failures.cast({"vendor": pl.String, "dimension": pl.String}).sort(pl.all()).rows(),
        *(
            frame.cast({"vendor": pl.String}).sort(pl.all()).rows()
            for frame in (made.latency, made.latency_total)
        ),
        made.waits.cast({"vendor": pl.String}).sort(pl.all()).rows(),
        made.clients.cast({"vendor": pl.String}).sort(pl.all()).rows(),
    ]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    scan = scan_of(tmp_path_factory.mktemp("tables") / "access.log", list(LINES))
    return pl.concat(scan.batches(COLUMNS, lambda batch: batch.records))


def batch_of(frame: pl.DataFrame) -> Batch:
    rejects = pl.DataFrame(schema=batches.REJECTS)
    return Batch(0, "x", None, frame, rejects, frame.height, 0, {}, 0, 0, 0, 1)


@given(
    order=st.permutations(range(len(LINES))),
    cuts=st.lists(st.integers(0, len(LINES)), max_size=6),
    tree=st.booleans(),
)
def test_any_split_and_order_gives_the_same_tables(
    records: pl.DataFrame, order: list[int], cuts: list[int], *, tree: bool
) -> None:
    whole = Tables.of(batch_of(records))
    shuffled = records[order]
    edges = sorted({0, len(LINES), *cuts})
    parts = [Tables.of(batch_of(shuffled[a:b])) for a, b in pairwise(edges)]
    merged = (
        merge([merge(parts[: len(parts) // 2]), merge(parts[len(parts) // 2 :])]) if tree else merge(parts)
    )
    assert sorted_frames(merged) == sorted_frames(whole)
    assert merged.ledgers[0].records == len(LINES)
    assert merged.bounds == {}


def test_nothing_merges_with_everything() -> None:
    assert merge([]).minutes.is_empty()
    assert fold([Tables.empty(), Tables.empty()]).values.is_empty()


def test_the_minute_is_the_one_in_which_the_request_began(tmp_path: Path) -> None:
    line = (
        "1605873605.000 7000 192.0.2.14 NONE/504 1653 GET http://down.example.org/ - DIRECT/down.example.org - "
        "DEFAULT_CASE_12-A-B-NONE-NONE-NONE-X-NONE <nc,ns,-> - -"
    )
    (tmp_path / "wsa.log").write_text(line + "\n")
    made = fold(parsers.scan([str(tmp_path / "wsa.log")]).batches(COLUMNS, Tables.of))
    row = made.minutes.row(0, named=True)
    assert f"{row['minute']:%H:%M}" == "11:59"
    assert row["unreached"] is True
    assert row["host"] is None, "the hosts of a forward proxy are destinations: they are values"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/item/17", "/item/{id}"),
        ("/1/2/3", "/{id}/{id}/{id}"),
        ("/u/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0/x", "/u/{id}/x"),
        ("/2026-03-10/report", "/{id}/report"),
        ("/wp-login.php", "/wp-login.php"),
        ("/v2/app.1234.js", "/v2/app.1234.js"),
        ("/deadbeefdeadbeef", "/{id}"),
        ("/", "/"),
    ],
)
def test_paths_are_templated_by_fixed_rules(path: str, expected: str) -> None:
    assert pl.DataFrame({"path": [path]}).select(template(pl.col("path"))).item() == expected
    assert templates(pl.Series([path])).item() == expected


def test_too_many_values_are_bounded_and_the_bound_holds(
    monkeypatch: pytest.MonkeyPatch, records: pl.DataFrame
) -> None:
    """Every count is at most the truth and at least the truth less the bound."""
    monkeypatch.setattr(tables, "KEYS", 8)
    names = [f"/p{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(200)]
    stream = [name for n, name in enumerate(names) for _ in range(1 + 40 // (n + 1))]
    parts = []
    for start in range(0, len(stream), 37):
        piece = stream[start : start + 37]
        frame = pl.concat([records[:1]] * len(piece)).with_columns(
            path=pl.Series(piece), status=pl.lit(404, pl.Int16)
        )
        parts.append(Tables.of(batch_of(frame)))
    total = Tables.empty()
    for part in parts:
        total = merge([total, part])
    bound = total.bounds["nginx", "path"]
    paths = total.values.filter(pl.col("dimension") == "path")
    assert paths.height <= 2 * 8
    assert 0 < bound <= len(stream) / 8
    truth = {name: stream.count(name) for name in names}
    kept = dict(paths.select("value", "records").iter_rows())
    for name, count in truth.items():
        assert count - bound <= kept.get(name, 0) <= count
    failing = dict(
        total.failures.filter(pl.col("dimension") == "path").select("value", "records").iter_rows()
    )
    assert failing == kept, "every one of these failed"


def test_hosts_beyond_the_limit_become_one_row(
    monkeypatch: pytest.MonkeyPatch, records: pl.DataFrame
) -> None:
    monkeypatch.setattr(tables, "HOSTS", 3)
    frame = records.with_columns(
        host=pl.Series([f"h{min(n % 11, n % 7)}.example.com" for n in range(records.height)])
    )
    made = merge([Tables.of(batch_of(frame[:50])), Tables.of(batch_of(frame[50:]))])
    assert made.minutes["host"].n_unique() == 4
    assert OTHER in made.minutes["host"].to_list()
    assert made.minutes["records"].sum() == records.height


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_parts_do_not_keep_the_chunks_that_they_were_cut_from(tmp_path: Path) -> None:
    """A log with few values is folded late: its parts must be as small as they look."""
    lines = "".join(LINES[n % len(LINES)].replace("a1", "a" * 200) + "\n" for n in range(400_000))
    (tmp_path / "access.log").write_text(lines * 4)
    code = f"""
import re
import parsers
from loganalyzer.tables import COLUMNS, Tables, fold
# Not what `resource` says: that counts the process that started this one.
def peak(): return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
def read(paths): fold(parsers.scan(paths, vendor="nginx").batches(COLUMNS, Tables.of)); return peak()
once = read([{str(tmp_path / "access.log")!r}])
print(once, read([{str(tmp_path / "access.log")!r}]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, again = map(int, done.stdout.split())
    assert first < 400_000, "kB, for 180 MB of text"
    assert again < first * 1.2


def test_sums_are_in_one_piece() -> None:
    """Polars fails on some expressions over a frame of which a piece has no rows."""
    first = datetime(2026, 3, 10, tzinfo=UTC)
    parts = [
        pl.DataFrame({"minute": [first + timedelta(minutes=number) for number in minutes], "n": 1})
        for minutes in ((0, 1), (3, 4), (3, 5), (9,))
    ]
    made = summed_over("minute", parts, ["minute"], ["n"])
    assert made.sort("minute")["n"].to_list() == [1, 1, 2, 1, 1, 1]
    assert [len(piece) for piece in made["n"].get_chunks()] == [6]
