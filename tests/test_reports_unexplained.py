"""Statuses that no document explains for the log they stand in, in the page and in the JSON result of real lines."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING

import pytest

import loganalyzer
import reports

if TYPE_CHECKING:
    from pathlib import Path

    from reports.catalogue import Language

TIME = "10/Mar/2026:12:00:00 +0000"
COMBINED = f'192.0.2.7 - - [{TIME}] "GET / HTTP/1.1" {{:03d}} 5 "-" "curl/8"'
EDGE = (
    '{{"ClientIP":"192.0.2.7","ClientRequestMethod":"GET","ClientRequestURI":"/","EdgeStartTimestamp":'
    '"2026-03-10T12:00:00Z","EdgeEndTimestamp":"2026-03-10T12:00:01Z","EdgeResponseStatus":{},"RayID":"5f52a1b2c3d4e5f6"}}'
)
NOWHERE = {
    "en": "No document explains this status for {}.",
    "ko": "{}에서 이 상태 코드가 무엇을 뜻하는지 설명하는 문서가 없습니다.",
}
CLASS = {
    "en": "By its first digit it is of class {0}xx, and to be read as {0}00 (RFC 9110, 15).",
    "ko": "첫 숫자로 보면 {0}xx 부류이며 {0}00처럼 다루어야 합니다(RFC 9110, 15).",
}
INVALID = {
    "en": "HTTP has statuses from 100 to 599 only (RFC 9110, 15).",
    "ko": "HTTP의 상태 코드는 100부터 599까지뿐입니다(RFC 9110, 15).",
}
NAMES = {"nginx": "nginx", "apache": "Apache", "cloudflare": "Cloudflare"}


def analysed(vendor: str, status: int, folder: Path) -> loganalyzer.analysis.Analysis:
    """Return the analysis of a log of this vendor in which every answer has the status."""
    line = EDGE.format(status) if vendor == "cloudflare" else COMBINED.format(status)
    path = folder / "access.log"
    path.write_text(f"{line}\n" * 3, encoding="utf-8")
    return loganalyzer.analyze([str(path)], vendor=vendor)


def row_of(page: str, vendor: str, status: int) -> str:
    """Return the text of a status's row, and of what unfolds from it."""
    return text_at(page, f"status-{vendor}-{status:03d}")


def text_at(page: str, anchor: str) -> str:
    """Return the text from an anchor to the next one."""
    at = page.index(f'id="{anchor}"')
    end = page.find('id="', at + 10)
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", page[at : end if end > 0 else None])).split())


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize(
    ("vendor", "status", "elsewhere"),
    [
        ("apache", 499, "Client Closed Request"),
        ("nginx", 522, "Connection Timed Out"),
        ("cloudflare", 444, "No Response"),
        ("apache", 578, None),
        ("apache", 0, "cisco-asyncos-guide"),
        ("apache", 9, "nginx-source"),
        ("nginx", 600, None),
        ("nginx", 999, None),
    ],
)
def test_a_foreign_or_invented_status_is_explained_as_far_as_honest(
    vendor: str, status: int, elsewhere: str | None, lang: Language, tmp_path: Path
) -> None:
    found = analysed(vendor, status, tmp_path)
    row = row_of(reports.render(found, "html", lang=lang), vendor, status)
    assert NOWHERE[lang].format(NAMES[vendor]) in row
    assert (CLASS[lang].format(status // 100) if 100 <= status < 600 else INVALID[lang]) in row
    assert (elsewhere is None) == (("Elsewhere it is", "다른 곳에서는")[lang == "ko"] not in row)
    assert elsewhere is None or elsewhere in row
    (told,) = json.loads(reports.render(found, "json", lang=lang))["statuses"]
    assert (told["status"], told["reason"], told["records"]) == (status, None, 3)
    assert told["class"] == (f"{status // 100}xx" if 100 <= status < 600 else "other")


@pytest.mark.parametrize("vendor", ["nginx", "apache", "cloudflare"])
def test_both_meanings_of_451_and_424_are_in_the_page(vendor: str, tmp_path: Path) -> None:
    page = reports.render(analysed(vendor, 451, tmp_path), "html")
    assert "451 Unavailable For Legal Reasons" in row_of(page, vendor, 451)
    told = text_at(page, "code-451").replace("`", " ")
    assert "Elsewhere it is Microsoft’s Redirect ( http-status-overview )" in told
    page = reports.render(analysed(vendor, 424, tmp_path), "html")
    assert "424 Failed Dependency" in row_of(page, vendor, 424)
    assert "Method Failure" in text_at(page, "code-424")
