"""What two jobs of Cloudflare deliver twice is counted once; what only has a ray in common is another request."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loganalyzer.analysis import Analysis, analyze
from loganalyzer.cli import main
from parsers import DELIVERED, Batch, Slice, deliveries, scan
from parsers.deliveries import NEEDED, Deliveries
from parsers.schema import ASKED, DTYPES
from parsers.source import Reader
from reports.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

START = datetime(2026, 3, 10, tzinfo=UTC)


def request(n: int, **other: object) -> dict[str, object]:
    """Return request `n` as a job with nanoseconds and many fields delivers it."""
    rays = random.Random(n)
    start_ns = (int(START.timestamp()) + n // 3) * 10**9 + n % 1000
    return {
        "RayID": f"{rays.getrandbits(64):016x}",
        "ParentRayID": "00",
        "ClientRequestSource": "eyeball",
        "EdgeStartTimestamp": start_ns,
        "EdgeEndTimestamp": start_ns + 2 * 10**8,
        "ClientIP": f"192.0.2.{n % 100}",
        "ClientRequestHost": "shop.example.com",
        "ClientRequestMethod": "GET",
        "ClientRequestURI": f"/p/{n % 7}?n={n}",
        "EdgeResponseStatus": 502 if n % 10 == 0 else 200,
    } | other


def few_fields(made: dict[str, object]) -> dict[str, object]:
    """Return the request as another job delivers it: text times of whole seconds, the path alone, no source."""
    start = datetime.fromtimestamp(int(str(made["EdgeStartTimestamp"])) // 10**9, UTC)
    return {
        "EdgeStartTimestamp": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "EdgeResponseStatus": made["EdgeResponseStatus"],
        "ClientRequestPath": str(made["ClientRequestURI"]).split("?")[0],
        "RayID": made["RayID"],
    }


def write(path: Path, *records: Mapping[str, object]) -> str:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return str(path)


def as_csv(path: Path, *records: dict[str, object]) -> str:
    names = list(records[0])
    lines = [",".join(names), *(",".join(json.dumps(record[name]) for name in names) for record in records)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def counts(*paths: str, **options: str) -> list[tuple[int, dict[str, int]]]:
    """Return records and skipped lines of every source."""
    return [
        (one.ledger.records, one.skipped_why)
        for one in analyze(scan(list(paths), **options)).sources  # type: ignore[arg-type]
    ]


def notes(found: Analysis, kind: str) -> list[dict[str, str | int | float]]:
    return [note.facts for note in found.notes if note.kind == kind]


def test_what_two_jobs_deliver_is_counted_once_and_named(tmp_path: Path) -> None:
    """The second job delivers the last 100 requests of the first with other fields, and 20 of its own."""
    many = [request(n) for n in range(300)]
    first = write(tmp_path / "a.ndjson", *many)
    second = write(tmp_path / "b.ndjson", *map(few_fields, [request(n) for n in range(200, 320)]))
    found = analyze(scan([first, second]))
    assert [(one.ledger.records, one.ledger.skipped, one.skipped_why) for one in found.sources] == [
        (300, 0, {}),
        (20, 100, {DELIVERED: 100}),
    ]
    assert (found.totals.lines, found.totals.records) == (420, 320)
    assert sum(row.records for row in found.statuses) == 320
    assert found.timeline["records"].sum() == 320
    (note,) = [note for note in found.notes if note.kind == "delivered-twice"]
    assert note.facts == {"path": second, "same_as": first, "records": 100, "files": 1}
    for made, words in ((Words("en"), "counted once"), (Words("ko"), "한 번만 집계했습니다")):
        sentence = "".join(str(piece) for piece in made.note(note))
        assert words in sentence
        assert "a.ndjson" in sentence


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_the_order_of_files_says_whose_fields_count_and_not_how_many(
    order: tuple[int, ...], tmp_path: Path
) -> None:
    paths = [
        write(tmp_path / "a.ndjson", *(request(n) for n in range(100))),
        as_csv(tmp_path / "b.csv", *(few_fields(request(n)) for n in range(50, 150))),
        write(tmp_path / "c.ndjson", *({"info": request(n)} for n in range(140, 160))),
    ]
    found = counts(*(paths[place] for place in order))
    assert sum(records for records, _ in found) == 160
    assert found[0][1].keys() <= {"header line"}, "the first file is read whole"


def test_a_request_of_three_jobs_is_counted_once(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{n}.ndjson", *(request(i, ClientASN=n) for i in range(50))) for n in range(3)]
    found = analyze(scan(paths))
    assert [one.ledger.records for one in found.sources] == [50, 0, 0]
    assert [fact["same_as"] for fact in notes(found, "delivered-twice")] == [paths[0]] * 2
    assert [one.problem for one in found.sources] == [None] * 3


@pytest.mark.parametrize(
    "other",
    [
        {"EdgeResponseStatus": 304},
        {"ClientRequestURI": "/elsewhere"},
        {"EdgeStartTimestamp": (int(START.timestamp()) + 99) * 10**9},
        {"ClientRequestSource": "edgeWorkerFetch", "ParentRayID": "5f52a1b2c3d4e600"},
        {"ClientRequestSource": "orangeToOrange"},
    ],
    ids=str,
)
def test_another_request_of_the_same_ray_counts(other: dict[str, object], tmp_path: Path) -> None:
    """Rays are not unique (Cloudflare's documentation of the Ray ID): what else is said must agree."""
    first = write(tmp_path / "a.ndjson", *(request(n) for n in range(20)))
    second = write(tmp_path / "b.ndjson", request(50), request(3, **other))
    assert counts(first, second) == [(20, {}), (2, {})]


def test_two_kinds_of_subrequests_of_one_ray_are_two(tmp_path: Path) -> None:
    first = write(tmp_path / "a.ndjson", request(1), request(1, ClientRequestSource="edgeWorkerFetch"))
    again = {"ClientASN": 64496}
    second = write(
        tmp_path / "b.ndjson",
        request(1, ClientRequestSource="edgeWorkerCacheAPI", **again),
        request(1, ClientRequestSource="edgeWorkerFetch", **again),
        request(1, ClientRequestSource=None, **again),
    )
    assert counts(first, second) == [(2, {}), (1, {DELIVERED: 2})]


def test_a_file_of_several_vendors_takes_part_with_its_own_records(tmp_path: Path) -> None:
    """Lines of nginx beside a record that another file holds: only that one is left out."""
    line = '192.0.2.7 - - [10/Mar/2026:00:00:00 +0000] "GET /p/3 HTTP/1.1" 200 5 "-" "-"'
    first = write(tmp_path / "a.ndjson", *(request(n) for n in range(1, 9)))
    mixed = tmp_path / "mixed.log"
    mixed.write_text("\n".join([line] * 20 + [json.dumps(request(n)) for n in (3, 50)]) + "\n", "utf-8")
    found = analyze(scan([first, str(mixed)]))
    assert [(one.ledger.records, one.skipped_why) for one in found.sources] == [(8, {}), (21, {DELIVERED: 1})]
    assert dict(found.sources[1].formats) == {"nginx-combined": 20, "cloudflare-http-requests": 1}


def test_a_worker_s_requests_have_rays_of_their_own(tmp_path: Path) -> None:
    """The eyeball's line and that of the fetch it caused, delivered by two jobs: each is counted once."""
    worker = {"ClientRequestSource": "edgeWorkerFetch", "ParentRayID": request(1)["RayID"]}
    both = [request(1), request(2, ClientRequestURI=request(1)["ClientRequestURI"], **worker)]
    first = write(tmp_path / "a.ndjson", *both)
    second = write(tmp_path / "b.ndjson", *(record | {"ClientASN": 64496} for record in both))
    found = analyze(scan([first, second]))
    assert [one.ledger.records for one in found.sources] == [2, 0]
    assert [(row.role, row.records) for row in found.roles] == [("request", 1), ("subrequest", 1)]


@pytest.mark.parametrize("ray", [None, "", "00", "-"])
def test_no_ray_is_no_name(ray: str | None, tmp_path: Path) -> None:
    records = [request(n, RayID=ray) for n in range(5)]
    first = write(tmp_path / "a.ndjson", *records)
    second = write(tmp_path / "b.ndjson", *(record | {"ClientASN": 64496} for record in records))
    assert counts(first, second) == [(5, {}), (5, {})]


def test_a_masked_ray_is_no_name(tmp_path: Path) -> None:
    """Somebody wrote the same ray into every line: more than two jobs could deliver of one request."""
    records = [request(n, RayID="f" * 16, ClientRequestURI="/", EdgeResponseStatus=200) for n in range(60)]
    first = write(tmp_path / "a.ndjson", *records)
    second = write(tmp_path / "b.ndjson", *(record | {"ClientASN": 64496} for record in records))
    third = write(tmp_path / "c.ndjson", *(record | {"ClientASN": 64497} for record in records[:3]))
    found = analyze(scan([first, second, third]))
    assert [one.ledger.records for one in found.sources] == [60, 60, 3]


def test_one_file_is_read_as_it_stands_and_what_repeats_in_it_is_said(tmp_path: Path) -> None:
    joined = write(
        tmp_path / "a.ndjson",
        *(request(n) for n in range(30)),
        *(few_fields(request(n)) for n in range(20, 40)),
    )
    found = analyze(scan([joined]))
    assert [(one.ledger.records, one.skipped_why) for one in found.sources] == [(50, {})]
    assert notes(found, "delivered-within") == [{"path": joined, "records": 10}]
    assert notes(found, "delivered-twice") == []


def test_two_servers_by_name_are_two_logs(tmp_path: Path) -> None:
    first = write(tmp_path / "a.ndjson", *(request(n) for n in range(30)))
    second = write(tmp_path / "b.ndjson", *(request(n, ClientASN=64496) for n in range(30)))
    made = scan([first, second], servers={second: "blue"})
    assert [one.ledger.records for one in analyze(made).sources] == [30, 30]


def test_what_is_not_wanted_is_filtered_first(tmp_path: Path) -> None:
    """Only what is counted can be counted twice."""
    first = write(tmp_path / "a.ndjson", *(request(n) for n in range(100)))
    second = write(tmp_path / "b.ndjson", *(few_fields(request(n)) for n in range(100)))
    found = analyze(scan([first, second], where="status=502"))
    assert [
        (one.ledger.records, one.ledger.filtered, one.ledger.skipped, one.ledger.lines)
        for one in found.sources
    ] == [(10, 90, 0, 100), (0, 90, 10, 100)]


def test_the_lines_behind_a_finding_are_those_that_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Reader.chunks, "__defaults__", (1 << 12,))
    first = write(tmp_path / "a.ndjson", *(request(n) for n in range(0, 90, 2)))
    second = write(tmp_path / "b.ndjson", *(few_fields(request(n)) for n in range(90)))
    made = scan([first, second])
    chunks = [
        (batch.offset, batch.first_line, batch.records["line"].to_list())
        for batch in made.batches(("line",), lambda batch: batch)
        if batch.number == 1
    ]
    ends = [*(offset for offset, _, _ in chunks[1:]), None]
    slices = [Slice(offset, end, line) for (offset, line, _), end in zip(chunks, ends, strict=True)]
    with closing(made):
        looked = [frame["line"].to_list() for _, frame in made.look(1, slices, ("line", "status"))]
    assert looked == [lines for _, _, lines in chunks]
    assert [line for lines in looked for line in lines] == list(range(2, 91, 2))


def test_parse_leaves_out_the_same_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = write(tmp_path / "a.ndjson", *(request(n) for n in range(30)))
    second = write(tmp_path / "b.ndjson", *(few_fields(request(n)) for n in range(20, 35)))
    assert main(["parse", first, second, "--columns", "status,source"]) == 0
    out, err = capsys.readouterr()
    rows = [json.loads(line) for line in out.splitlines()]
    assert len(rows) == 35
    assert {tuple(row) for row in rows} == {("status", "source")}
    assert f"{second}: 10 requests delivered before (same RayID, as in {first}): counted once" in err
    assert "35 records of 45 lines, 10 skipped" in err


def test_a_file_that_only_repeats_was_understood(tmp_path: Path) -> None:
    first = write(tmp_path / "a.ndjson", *(request(n) for n in range(30)))
    (tmp_path / "b.ndjson").write_text(
        json.dumps(few_fields(request(5))) + "\n" + json.dumps(few_fields(request(6))) + "\nodd\n", "utf-8"
    )
    found = analyze(scan([first, str(tmp_path / "b.ndjson")]))
    assert [(one.ledger.records, one.ledger.skipped, one.problem) for one in found.sources] == [
        (30, 0, None),
        (0, 2, None),
    ]


def test_who_stops_early_waits_for_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reader.chunks, "__defaults__", (1 << 12,))
    path = write(tmp_path / "a.ndjson", *(request(n) for n in range(2_000)))
    for taken in range(4):
        batches = scan([path]).batches(("line",), lambda batch: batch.records.height)
        assert all(next(batches) for _ in range(taken))
        batches.close()


def test_an_error_in_one_batch_ends_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reader.chunks, "__defaults__", (1 << 12,))
    path = write(tmp_path / "a.ndjson", *(request(n) for n in range(2_000)))

    def fail(batch: Batch) -> int:
        if batch.first_line > 100:
            raise LookupError
        return 0

    with pytest.raises(LookupError):
        list(scan([path]).batches(("line",), fail))


# --- by itself ------------------------------------------------------------------------------------------


def frame(numbers: list[int]) -> pl.DataFrame:
    """Return records of these requests."""
    return pl.DataFrame(
        {
            "vendor": ["cloudflare"] * len(numbers),
            "request_id": [f"{random.Random(n).getrandbits(64):016x}" for n in numbers],
            ASKED: [None] * len(numbers),
            "status": [200 + n % 2 for n in numbers],
            "timestamp": [START + timedelta(seconds=n % 50) for n in numbers],
            "path": [f"/{n % 7}" for n in numbers],
            "line": list(range(1, len(numbers) + 1)),
        },
        schema={name: DTYPES[name] for name in NEEDED},
    )


@pytest.mark.parametrize("many", [5, 100_000])
@given(
    st.lists(st.lists(st.integers(0, 60), max_size=30, unique=True), min_size=1, max_size=6),
    st.lists(st.integers(1, 12), min_size=1),
)
def test_any_cut_into_batches_tells_the_same(many: int, sources: list[list[int]], sizes: list[int]) -> None:
    """Against a set: a request counts in the first source that holds it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deliveries, "_MANY", many)
        against_a_set(sources, sizes)


def against_a_set(sources: list[list[int]], sizes: list[int]) -> None:
    made = Deliveries()
    before: set[int] = set()
    for number, numbers in enumerate(sources):
        told: list[int] = []
        rest, turn = numbers, number
        while rest:
            some, rest = rest[: sizes[turn % len(sizes)]], rest[sizes[turn % len(sizes)] :]
            turn += 1
            left_out = made.repeats(frame(some), number, None)
            told += [
                n
                for n, out in zip(some, left_out if left_out is not None else [False] * 99, strict=False)
                if out
            ]
        assert told == [n for n in numbers if n in before]
        before |= set(numbers)
    assert sum(made.left_out.values()) == sum(map(len, sources)) - len(before)
    assert sum(made.within.values()) == 0
    assert made.missed() == 0
    assert sum(one.records for one in made.repeated()) == sum(made.left_out.values())


def test_batches_take_their_turns_in_whatever_order_they_are_ready() -> None:
    made, told = Deliveries(), []

    def take(ticket: int) -> None:
        made.await_turn(ticket)
        told.append(ticket)
        made.done(ticket)

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(take, [3, 1, 0, 2, 7, 6, 5, 4]))
    assert told == list(range(8))


def test_beyond_what_is_remembered_repeats_are_estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    """20,000 requests, all delivered by a second job: the first 12,000 are remembered, of the others a sample."""
    monkeypatch.setattr(deliveries, "REMEMBERED", 12_000)
    monkeypatch.setattr(deliveries, "SAMPLED", 6_000)
    monkeypatch.setattr(deliveries, "_LONGEST", 4_000)
    made = Deliveries()
    for number in range(2):
        for begin in range(0, 20_000, 1_000):
            made.repeats(frame(list(range(begin, begin + 1_000))), number, None)
    assert made.left_out == {1: 12_000}
    assert made.missed() == pytest.approx(8_000, rel=0.1)
    (one,) = made.repeated()
    assert (one.number, one.records, one.first, one.others) == (1, 12_000, 0, 0)
    held = [run.size for known in (made._known, made._own) for run in known.runs]  # noqa: SLF001
    assert sum(held) == 12_000
    assert max(held) <= 4_000
    assert sum(part[0].size for part in made._sample.parts) <= 6_000  # noqa: SLF001


def test_few_runs_are_kept() -> None:
    """As many as powers of two: each is at least twice the next, below the longest."""
    made = Deliveries()
    for begin in range(0, 30_000, 300):
        made.repeats(frame(list(range(begin, begin + 300))), begin, None)
    sizes = [run.size for run in made._known.runs]  # noqa: SLF001
    assert sum(sizes) == 30_000 - 300
    assert all(before >= 2 * after for before, after in pairwise(sizes))
