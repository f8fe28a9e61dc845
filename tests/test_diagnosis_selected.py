"""A selection of errors, as grep or a filter of Logpush leaves: what needs the other requests is not told from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenes import analysed, cloudflare, combined, many, nginx, written

if TYPE_CHECKING:
    from pathlib import Path

    from loganalyzer.diagnosis import Verdict
    from tests.scenes import Request, Writer

PLACES = [f"/page{number}" for number in range(8)]
SERVED = many(900, target=PLACES)
BLOCKED = many(120, status=403, upstream_status=403, target="/admin", at=lambda n: 200.0 + n)
DOWN = many(120, status=521, upstream_status=0, target=PLACES, at=lambda n: 200.0 + n)
HUNG_UP = many(120, status=444, bytes_sent=0, target=PLACES, client="198.51.100.9", at=lambda n: 200.0 + n)
LOGIN = many(120, status=401, target=PLACES, client=lambda n: f"198.51.100.{n % 40}", at=lambda n: 200.0 + n)
GONE = many(120, status=404, target=lambda n: f"/old/{n % 40}x", client="192.0.2.1", at=lambda n: 200.0 + n)
# A surge of errors alone, with some of another kind around, is no surge of requests.
BUSY = many(1_200, status=503, at=lambda n: 600.0 + n * 0.5)
AROUND = many(500, status=404, target="/x", at=lambda n: n * 4.0)

SELECTED: tuple[tuple[str, str, Writer, list[Request], int, str], ...] = (
    ("whose-403", "cloudflare", cloudflare, BLOCKED, 403, "edge-denied-by-origin"),
    ("edge-52x", "cloudflare", cloudflare, DOWN, 521, "origin-down"),
    ("closed-444", "nginx", nginx, HUNG_UP, 444, "by-path"),
    ("closed-444", "nginx", nginx, HUNG_UP, 444, "by-host"),
    ("closed-444", "nginx", nginx, HUNG_UP, 444, "few-clients"),
    ("login", "nginx", combined, LOGIN, 401, "nobody-let-in"),
    ("login", "nginx", combined, LOGIN, 401, "opening"),
    ("why-404", "nginx", combined, GONE, 404, "above-usual"),
    ("why-404", "nginx", combined, GONE, 404, "scan"),
    ("why-404", "nginx", combined, GONE, 404, "vanished"),
    ("overload-503", "nginx", combined, BUSY + AROUND, 503, "overload"),
    ("overload-503", "nginx", combined, BUSY + AROUND, 503, "maintenance"),
)


def _found(lines: list[str], folder: Path, vendor: str, status: int, question: str) -> dict[str, Verdict]:
    found = analysed(lines, folder, vendor)
    return {
        verdict.cause: verdict
        for _, some in found.diagnosis
        for verdict in some
        if verdict.question == question and verdict.status == status
    }


@pytest.mark.parametrize(
    ("question", "vendor", "writer", "requests", "status", "cause"),
    SELECTED,
    ids=[f"{question}-{cause}" for question, _, _, _, _, cause in SELECTED],
)
def test_what_needs_the_others_is_left_open(
    question: str,
    vendor: str,
    writer: Writer,
    requests: list[Request],
    status: int,
    cause: str,
    tmp_path: Path,
) -> None:
    alone = _found(written(requests, writer), tmp_path, vendor, status, question)
    assert alone[cause].judgement == "cannot tell"
    assert dict(alone[cause].evidence)["selected"] == 1
    among = _found(written(SERVED + requests, writer), tmp_path, vendor, status, question)
    assert "selected" not in dict(among[cause].evidence)


def test_a_stray_success_makes_no_log_a_whole_one(tmp_path: Path) -> None:
    lines = written([*BLOCKED, *many(1, at=500.0)], cloudflare)
    found = _found(lines, tmp_path, "cloudflare", 403, "whose-403")
    assert found["edge-denied-by-origin"].judgement == "cannot tell"


def test_what_is_told_from_the_errors_themselves_still_is(tmp_path: Path) -> None:
    found = _found(written(BLOCKED, cloudflare), tmp_path, "cloudflare", 403, "whose-403")
    assert found["origin-rule"].judgement == "supported"
    assert "selected" not in dict(found["origin-rule"].evidence)
