"""Small batches that come together are those that come alone, whatever stands in them."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from loganalyzer.analysis import analyze
from loganalyzer.tables import COLUMNS, Tables, fold
from parsers import SCHEMA, Batch, scan
from tests.test_parsers_recognition import APACHE_SIZE, CLOUDFLARE, COMBINED, HEADS, NGINX_ESCAPE, WSA
from tests.test_tables import sorted_frames

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from parsers import Scan

BAD = "no request at all, yet long enough to be one\n"
LATE = COMBINED.replace("10/Mar", "31/Feb")
TEXTS = (
    COMBINED * 3,
    COMBINED * 2 + "\n" + COMBINED,
    "\n" + COMBINED + "\n\n" + COMBINED,
    COMBINED + BAD + COMBINED * 2 + BAD,
    COMBINED + LATE + NGINX_ESCAPE,
    (COMBINED * 2).rstrip("\n"),
    COMBINED + COMBINED[:60],
    COMBINED.replace("\n", "\r\n") * 2 + "\r\n",
    "\0\0" + COMBINED * 2,
    "x" * 70 + "\n" + COMBINED * 4,
    COMBINED + "# a comment that is longer than a blank line\n" + BAD + "\n" + COMBINED,
    *HEADS.values(),
    APACHE_SIZE * 2 + BAD,
    CLOUDFLARE * 3 + "{\n" + CLOUDFLARE,
    WSA * 2 + "#Software: AsyncOS for Web 11.8.0\n" + WSA,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of small files, each with something else in it."""
    for number, text in enumerate(TEXTS):
        # A line of its own makes each another file than those that begin alike.
        data = text.replace("192.0.2.1 ", f"192.0.2.{number + 1} ").encode()
        (tmp_path / f"{number:03}.log").write_bytes(data)
    (tmp_path / "100.log").write_bytes(COMBINED.encode() * 2 + b'192.0.2.9 \xff - "\n')
    (tmp_path / "101.log.gz").write_bytes(gzip.compress(COMBINED.replace("/a", "/b").encode() * 9))
    (tmp_path / "102.log.gz").write_bytes(gzip.compress(COMBINED.replace("/a", "/c").encode() * 900)[:-40])
    (tmp_path / "103.log").write_bytes((tmp_path / "000.log").read_bytes())
    return tmp_path


def facts(batches: Sequence[Batch]) -> list[tuple[object, ...]]:
    return [
        (
            (batch.number, batch.path, batch.server, batch.lines, batch.blank, batch.skipped, batch.filtered),
            (batch.replaced, batch.offset, batch.first_line),
            (batch.records.schema, batch.records.rows(), batch.rejects.schema, batch.rejects.rows()),
        )
        for batch in batches
    ]


def together(made: Scan) -> list[Sequence[Batch]]:
    return list(made.groups(tuple(SCHEMA), lambda batches: batches))


@pytest.mark.parametrize("where", [None, "status=200", "path='/b' OR status=304", "status=999"])
@pytest.mark.parametrize("vendor", [None, "nginx"])
def test_a_group_holds_what_its_batches_are_alone(
    folder: Path, where: str | None, vendor: str | None
) -> None:
    alone = list(scan([str(folder)], where=where, vendor=vendor).batches(tuple(SCHEMA), lambda batch: batch))
    groups = together(scan([str(folder)], where=where, vendor=vendor))
    assert facts([batch for group in groups for batch in group]) == facts(alone)
    assert max(map(len, groups)) > 5
    assert sum(batch.lines for batch in alone) > 300


def test_a_server_and_a_format_have_groups_of_their_own(tmp_path: Path) -> None:
    for number in range(6):
        text = COMBINED if number % 2 else CLOUDFLARE
        (tmp_path / f"{number % 2}{number}.log").write_text(
            text.replace("5f52", f"5f5{number}") * (number + 1)
        )
    paths = [str(tmp_path / f"{name}.log") for name in ("00", "02", "04", "11", "13", "15")]
    sizes = [len(group) for group in together(scan(paths, servers={paths[0]: "a", paths[1]: "b"}))]
    assert sizes == [1, 1, 1, 3]


def test_tables_of_a_group_are_those_of_its_batches_merged(folder: Path) -> None:
    apart = fold(scan([str(folder)]).batches(COLUMNS, Tables.of))
    made = fold(scan([str(folder)]).groups(COLUMNS, Tables.of_all))
    assert sorted_frames(made) == sorted_frames(apart)
    assert made.chunks.sort("source", "offset", "vendor").equals(
        apart.chunks.sort("source", "offset", "vendor")
    )
    assert made.ledgers == apart.ledgers
    assert made.rejects.equals(apart.rejects)
    assert sorted(made.unread.rows()) == sorted(apart.unread.rows())


def test_a_source_that_mixes_vendors_lasts_from_its_first_record_to_its_last(tmp_path: Path) -> None:
    path = tmp_path / "mixed.log"
    path.write_text(COMBINED * 9 + WSA + COMBINED.replace("13:55:36", "17:00:00"))
    (source,) = analyze(scan([str(path)])).sources
    assert (str(source.start), str(source.end)) == ("2026-03-10 13:55:36+00:00", "2026-03-10 17:00:00+00:00")
    assert len(source.formats) == 2
