"""Every number of a section is the same in the page, in the JSON result and in the tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import loganalyzer
import reports
from loganalyzer.analysis import ENOUGH
from reports.section import Folded, Paragraph, Quote, Section, Table
from reports.sections import cache, decisions, latency, origin, tops, traffic
from reports.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import polars as pl

    from loganalyzer.analysis import Analysis
    from reports.section import Block, Text

WORDS = Words()

Cell = tuple[object, ...]


@pytest.fixture(scope="module")
def value() -> Analysis:
    return loganalyzer.analyze(
        [
            "sample_logs/cloudflare/20260310T000000Z_20260311T000000Z_3e9c1f70.log.gz",
            "sample_logs/cisco_wsa/accesslog.log",
            "sample_logs/nginx/upstreams.log",
            "sample_logs/nginx/combined.log",
        ]
    )


@pytest.fixture(scope="module")
def result(value: Analysis) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(reports.to_json(value))
    return told


@pytest.fixture(scope="module")
def tables(value: Analysis) -> dict[str, pl.DataFrame]:
    return dict(reports.to_tables(value))


def shown(made: Section | None) -> list[Table]:
    """Return the tables of a section, in page order."""

    def within(blocks: Iterable[Block]) -> Iterator[Table]:
        for block in blocks:
            if isinstance(block, Table):
                yield block
            elif isinstance(block, Section | Folded):
                yield from within(block.blocks)

    assert made is not None
    return list(within(made.blocks))


def plain(text: Text) -> str:
    return "".join(one if isinstance(one, str) else one.text for one in text)


def matrices(told: list[dict[str, Any]], columns: str) -> dict[tuple[str, str], set[Cell]]:
    """Return vendor, dimension → value, column, records of the matrices of the JSON result."""
    found: dict[tuple[str, str], set[Cell]] = {}
    for one in told:
        cells = found.setdefault((one["vendor"], one["dimension"]), set())
        for row in [*one["rows"], *([one["others"]] if one["others"] else [])]:
            several = row is one["others"]
            cells |= {
                (row["value"], several, column, count)
                for column, count in zip(one[columns], row["counts"], strict=True)
                if count
            }
            if row["other"]:
                cells.add((row["value"], several, "others", row["other"]))
    return found


@pytest.mark.parametrize(
    ("name", "columns", "column"), [("crossings", "statuses", "status"), ("rulings", "actions", "action")]
)
def test_matrices_are_alike_in_json_and_tables(
    name: str, columns: str, column: str, result: dict[str, Any], tables: dict[str, pl.DataFrame]
) -> None:
    written: dict[tuple[str, str], set[Cell]] = {}
    for row in tables[name].iter_rows(named=True):
        cell = (row["value"], row["several"], "others" if row["others"] else row[column], row["records"])
        written.setdefault((row["vendor"], row["dimension"]), set()).add(cell)
    assert matrices(result[name], columns) == written
    assert len(written) > 1


def numbers(table: Table) -> list[list[str]]:
    return [[plain(cell) for cell in row.cells[1:]] for row in table.rows]


def of_matrix(one: dict[str, Any]) -> list[list[str]]:
    """Return the numbers of a matrix of the JSON result as the page says them."""
    rows = [*one["rows"], *([one["others"]] if one["others"] else [])]
    wide = any(row["other"] for row in rows)
    return [
        [
            WORDS.number(row["records"]),
            *(
                WORDS.number(count) if count else "·"
                for count in (*row["counts"], *([row["other"]] if wide else []))
            ),
        ]
        for row in rows
    ]


def test_matrices_are_alike_in_json_and_page(value: Analysis, result: dict[str, Any]) -> None:
    on_page = [numbers(table) for made in (origin, decisions) for table in shown(made.section(value, WORDS))]
    told = [of_matrix(one) for name in ("crossings", "rulings") for one in result[name]]
    assert sorted(on_page) == sorted(told)


def test_a_decision_is_told_with_who_refused(value: Analysis, result: dict[str, Any]) -> None:
    """A refusal is no failure of the policy, and what was let through and failed was not refused."""
    made = decisions.section(value, WORDS)
    assert made is not None
    told = [plain(block.text) for block in made.blocks if isinstance(block, Paragraph)]
    of = {
        one["vendor"]: {kind["kind"]: kind for kind in one["decided"]}
        for one in result["crossings"]
        if one["dimension"] == "action"
    }
    assert len(of) == len(told) == 2
    edge, proxy = of["cloudflare"], of["cisco_wsa"]
    number = WORDS.number
    assert f"{number(edge['refused']['records'])} refused by a rule" in told[0]
    passed = proxy["passed"]
    assert 0 < passed["failures"] < passed["records"]
    assert f"{number(passed['records'])} let through, {number(passed['failures'])} of which failed" in told[1]
    assert f"{number(proxy['refused']['records'])} refused by a rule (" in told[1]
    assert "failed" not in told[1].split("refused by a rule")[0]


def test_caches_are_alike(value: Analysis, result: dict[str, Any], tables: dict[str, pl.DataFrame]) -> None:
    told = [
        (
            one["vendor"],
            row["cache"],
            row["records"],
            row["bytes_sent"],
            row["client_errors"],
            row["server_errors"],
        )
        for one in result["caching"]
        for row in [*one["rows"], *([one["others"]] if one["others"] else [])]
    ]
    whole: dict[object, int] = {}
    for vendor, _, records, *_ in told:
        whole[vendor] = whole.get(vendor, 0) + records
    names = ["vendor", "cache", "records", "bytes_sent", "client_errors", "server_errors"]
    assert tables["caching"].select(names).rows() == told
    for one in result["caching"]:
        rows = tables["caching"].filter(vendor=one["vendor"])
        assert {*rows["hits"]} == {one["hits"]}
        assert {*rows["of"]} == {one["records"]}
        assert rows["records"].sum() <= one["records"]
    made = cache.section(value, WORDS)
    on_page = [
        (
            plain(row.cells[0]),
            plain(row.cells[2]),
            plain(row.cells[4]),
            plain(row.cells[5]),
            plain(row.cells[6]),
        )
        for table in shown(made)
        for row in table.rows
        if any(isinstance(piece, Quote) for piece in row.cells[0])
    ]
    assert sorted(on_page) == sorted(
        (
            name,
            WORDS.number(records),
            WORDS.bytes(sent),
            *(
                WORDS.percent(part, records)
                if records >= ENOUGH
                else f"{WORDS.number(part)} of {WORDS.number(records)}"
                for part in (client, server)
            ),
        )
        for vendor, name, records, sent, client, server in told
        if name is not None and whole[vendor] >= ENOUGH
    )


def test_percentiles_are_alike(
    value: Analysis, result: dict[str, Any], tables: dict[str, pl.DataFrame]
) -> None:
    names = ["records", "p50_s", "p90_s", "p95_s", "p99_s"]
    told = [
        (one["vendor"], route.get("route"), *(route[name] for name in names))
        for one in result["speeds"]
        for route in (one, *one["routes"])
    ]
    assert tables["speeds"].select("vendor", "route", *names).rows() == told
    on_page = [
        (plain(row.cells[1]), plain(row.cells[2]))
        for table in shown(latency.section(value, WORDS))
        for row in table.rows
    ]
    assert sorted(on_page) == sorted(
        (WORDS.number(records), "< 1 ms" if median < 0.001 else WORDS.brief_duration(median))
        for vendor, _, records, median, *_ in told
        if max(one["records"] for one in result["speeds"] if one["vendor"] == vendor) >= ENOUGH
    )


def test_traffic_is_alike(value: Analysis, result: dict[str, Any], tables: dict[str, pl.DataFrame]) -> None:
    told = [
        (one["vendor"], one["records"], one["bytes_sent"], one["busiest"]["records"])
        for one in result["traffic"]
    ]
    assert tables["traffic"].select("vendor", "records", "bytes_sent", "busiest_records").rows() == told
    (table,) = shown(traffic.section(value, WORDS))
    on_page = [(plain(row.cells[1]), plain(row.cells[2])) for row in table.rows]
    assert sorted(on_page) == sorted(
        (WORDS.number(records), WORDS.bytes(sent)) for _, records, sent, _ in told
    )


def test_tops_are_alike(value: Analysis, result: dict[str, Any], tables: dict[str, pl.DataFrame]) -> None:
    told = [
        (one["vendor"], one["class"], one["dimension"], row["value"], row["failures"], row["records"])
        for one in result["tops"]
        for row in one["rows"]
    ]
    names = ["vendor", "class", "dimension", "value", "failures", "records"]
    assert tables["tops"].select(names).rows() == told
    known = {(one[3], WORDS.number(one[4]), WORDS.number(one[5])) for one in told if one[5] is not None}
    own = [table for table in shown(tops.section(value, WORDS)) if len(table.columns) == 6]
    assert own
    for row in (row for table in own for row in table.rows):
        assert (plain(row.cells[0]), plain(row.cells[1]), plain(row.cells[3])) in known
