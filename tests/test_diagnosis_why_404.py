"""Why is nothing there, and who asks? Scenes with a known cause, and those that look alike and are something else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl
import pytest

import parsers
from loganalyzer.aggregates import missing
from loganalyzer.diagnosis.why_404 import CAUSES
from loganalyzer.tables import COLUMNS, Tables, fold, merge
from tests.scenes import (
    BROWSER,
    CRAWLER,
    START,
    Scene,
    cloudflare,
    combined,
    logpull,
    many,
    nginx,
    scene,
    verdicts,
    written,
)

if TYPE_CHECKING:
    from pathlib import Path

    from loganalyzer.diagnosis import Verdict
    from tests.scenes import Request

YES, NO, OPEN = "supported", "contradicted", "cannot tell"
SITE: Final = "https://shop.example.com"


def _of(*causes: str, above: str = NO, others: str = NO, **said: str) -> dict[str, str]:
    told = {**dict.fromkeys(CAUSES, others), **dict.fromkeys(causes, YES), "above-usual": above}
    return {**told, **{cause.replace("_", "-"): judgement for cause, judgement in said.items()}}


def common(request: Request) -> str:
    """Return a line of the common format, which knows neither referrers nor agents."""
    return combined(request).rsplit(' "', 2)[0]


def _served(count: int = 4_000) -> list[Request]:
    requests = many(count, target=lambda n: f"/page-{'abcdefghij'[n % 10]}", at=lambda n: n * 0.9)
    return [
        {**request, "referrer": f"{SITE}/"} if number % 2 else request
        for number, request in enumerate(requests)
    ]


def _gone(count: int, **fields: object) -> list[Request]:
    return many(count, **{"status": 404, "target": "/old-brochure.pdf", **fields})


SERVED: Final = _served()
BROKEN: Final = _gone(80, target="/img/logo-2.png", referrer=f"{SITE}/catalog?page=2")
ELSEWHERE: Final = _gone(80, referrer="https://forum.example.net/thread/9")
TYPED: Final = _gone(80)
INDEX: Final = _gone(
    80, user_agent=CRAWLER, client="198.51.100.66", target=lambda n: f"/shoes/model-{n % 40}x"
)
SCAN: Final = _gone(
    80,
    client="203.0.113.9",
    target=lambda n: f"/{'abcdefgh'[n % 8]}dmin-{'qrstuvwxyz'[n // 8]}.php",
)
MOVED: Final = [
    *many(60, target="/pricing", at=lambda n: n * 20.0),
    *_gone(80, target="/pricing", at=lambda n: 1_300 + n * 20.0),
]

SCENES: tuple[Scene, ...] = (
    scene("a broken image on a page of the site", "nginx", nginx, [*SERVED, *BROKEN], 404, _of("own-link")),
    scene("an old link on another site", "nginx", nginx, [*SERVED, *ELSEWHERE], 404, _of("other-link")),
    scene("an address in print", "nginx", nginx, [*SERVED, *TYPED], 404, _of("typed")),
    scene("a crawler's index", "nginx", nginx, [*SERVED, *INDEX], 404, _of("crawler")),
    scene("a scan", "nginx", nginx, [*SERVED, *SCAN], 404, _of("scan")),
    scene(
        "a page that went with a release",
        "nginx",
        nginx,
        [*SERVED, *MOVED],
        404,
        _of("vanished"),
        seconds=0.5,
    ),
    scene(
        "gone for good, as the origin says",
        "cloudflare",
        cloudflare,
        [*SERVED, *({**request, "status": 410 if request.get("status") else 200} for request in MOVED)],
        410,
        _of("vanished"),
        seconds=0.5,
    ),
    scene(
        "a broken image, a crawler and a scan side by side",
        "cloudflare",
        cloudflare,
        [*SERVED, *BROKEN, *INDEX, *SCAN],
        404,
        _of("own-link", "crawler", "scan", above=YES),
    ),
    scene(
        "ten times what is usual",
        "nginx",
        nginx,
        [*_served(200), *BROKEN],
        404,
        _of("own-link", above=YES),
    ),
    scene(
        "a scanner that claims to come from the site itself",
        "nginx",
        nginx,
        [*SERVED, *({**request, "referrer": f"{SITE}/"} for request in SCAN)],
        404,
        _of("scan"),
    ),
    scene(
        "readers of a page with thirty missing images are no scanners",
        "nginx",
        nginx,
        [
            *SERVED,
            *_gone(
                90,
                client=lambda n: f"203.0.113.{n // 30}",
                target=lambda n: f"/img/a{'abcdefghijklmnopqrstuvwxyz1234'[n % 30]}.png",
                referrer=f"{SITE}/gallery",
            ),
        ],
        404,
        _of("own-link"),
    ),
    scene(
        "browsers that ask every site for an icon follow no link",
        "nginx",
        nginx,
        [*SERVED, *_gone(80, target="/favicon.ico", referrer=f"{SITE}/")],
        404,
        _of(),
    ),
    scene(
        "a page that fails now and then was not deleted",
        "nginx",
        nginx,
        [*SERVED, *many(160, target="/flaky", status=[200, 404], referrer=f"{SITE}/")],
        404,
        _of("own-link"),
    ),
    scene(
        "many addresses that got nothing may have typed, and may be a scan",
        "nginx",
        nginx,
        [*SERVED, *_gone(80, client=lambda n: f"203.0.113.{n}", target=lambda n: f"/x{n}.php")],
        404,
        _of(scan=OPEN, typed=OPEN),
    ),
    scene(
        "dozens of addresses are nobody's typing, though most of what the client asks for is there",
        "nginx",
        nginx,
        [*SERVED, *SCAN, *many(200, client="203.0.113.9", target="/index.php", at=lambda n: n * 5.0)],
        404,
        _of(scan=OPEN, typed=OPEN),
    ),
    scene(
        "without hosts nobody knows whose page it was",
        "nginx",
        combined,
        [*SERVED, *BROKEN],
        404,
        _of(own_link=OPEN, other_link=OPEN),
    ),
    scene(
        "without hosts a search engine is another site all the same",
        "apache",
        combined,
        [*SERVED, *_gone(80, referrer="https://www.google.com/")],
        404,
        _of("other-link"),
    ),
    scene(
        "the common format knows the paths and the clients",
        "apache",
        common,
        [*SERVED, *SCAN],
        404,
        _of("scan", own_link=OPEN, other_link=OPEN, typed=OPEN, crawler=OPEN),
    ),
    scene(
        "Logpull knows the paths and the clients",
        "cloudflare",
        logpull,
        [*SERVED, *MOVED],
        404,
        _of("vanished", own_link=OPEN, other_link=OPEN, typed=OPEN, crawler=OPEN),
        seconds=0.5,
    ),
    scene("three", "nginx", nginx, [*_served(60), *BROKEN[:3]], 404, _of(above=OPEN, others=OPEN)),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "why-404")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_the_facts_are_those_that_somebody_can_act_on(tmp_path: Path) -> None:
    mixed = dict(verdicts(SCENES[7], tmp_path, "why-404"))
    link = dict(mixed["own-link"].evidence)
    assert (link["part"], link["page"], link["path"]) == (80, "/catalog", "/img/logo-2.png")
    assert dict(mixed["crawler"].evidence)["crawler"] == CRAWLER
    scan = dict(mixed["scan"].evidence)
    assert (scan["client"], scan["clients"], scan["paths"]) == ("203.0.113.9", 1, 80)
    moved = dict(verdicts(SCENES[5], tmp_path, "why-404")["vanished"].evidence)
    assert (moved["path"], moved["since"]) == ("/pricing", START + timedelta(minutes=21))


def test_without_hosts_the_host_is_what_is_missing(tmp_path: Path) -> None:
    found = verdicts(SCENES[15], tmp_path, "why-404")
    assert found["own-link"].missing == found["other-link"].missing == ("host",)


def _tables(lines: list[str], folder: Path, name: str = "access.log") -> Tables:
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return fold(parsers.scan([str(path)], vendor="nginx").batches(COLUMNS, Tables.of))


def test_what_is_missing_is_the_same_for_any_split_and_order(tmp_path: Path) -> None:
    lines = written([*SERVED[:500], *MOVED, *SCAN, *BROKEN], nginx)
    whole = _tables(lines, tmp_path)
    halves = merge([_tables(lines[377:], tmp_path, "b.log"), _tables(lines[:377], tmp_path, "a.log")])
    assert halves.moments.sort("who").equals(whole.moments.sort("who"))
    counted = [
        tables.missing.group_by(list(missing.KEYS)).agg(pl.col("records").sum()).sort(list(missing.KEYS))
        for tables in (whole, halves)
    ]
    assert counted[0].equals(counted[1])


def test_invented_paths_do_not_fill_the_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(missing, "ROWS", 100)
    monkeypatch.setattr(missing, "MOMENT_ROWS", 100)
    invented = many(
        2_000,
        status=404,
        target=lambda n: f"/x{n}y",
        user_agent=lambda n: f"{BROWSER} {n}",
        referrer="http://a.example.net/",
    )
    lines = written([*SERVED[:300], *invented], nginx)
    tables = merge([_tables(lines[:900], tmp_path), _tables(lines[900:], tmp_path)])
    assert tables.missing.height <= 200
    assert tables.missing["records"].sum() == 2_000
    assert tables.moments.height <= 200


def _read_again(found: Verdict, folder: Path, vendor: str) -> int:
    """Return how many records its expression leaves."""
    assert found.where is not None
    again = parsers.scan([str(folder / "access.log")], vendor=vendor, where=found.where)
    return int(fold(again.batches(COLUMNS, Tables.of)).minutes["records"].sum())


def test_what_is_read_again_is_what_came_so(tmp_path: Path) -> None:
    """Cloudflare writes no referrer as an empty text, and every other kind of link is none of this one."""
    lines = written(
        [
            *_served(),
            *_gone(40, at=lambda n: 100.0 + n),
            *_gone(30, referrer=f"{SITE}/brochures", at=lambda n: 200.0 + n),
            *_gone(20, referrer="https://www.google.co.kr/", at=lambda n: 300.0 + n),
        ],
        cloudflare,
    )
    found = verdicts(Scene("links", "cloudflare", tuple(lines), 404, {}), tmp_path, "why-404")
    for cause, records in (("typed", 40), ("own-link", 30), ("other-link", 20)):
        assert found[cause].judgement == YES
        assert dict(found[cause].evidence)["part"] == records
        assert _read_again(found[cause], tmp_path, "cloudflare") == records
    assert dict(found["other-link"].evidence)["site"] == "www.google.co.kr"
    assert found["scan"].judgement == NO
    assert found["scan"].where is None  # there is nobody to look at


def test_what_a_worker_fetched_is_not_read_again(tmp_path: Path) -> None:
    fetched = {
        "ClientRequestSource": "edgeWorkerFetch",
        "WorkerSubrequest": True,
        "ParentRayID": "9d948000dd040001",
    }
    lines = written([*_served(), *_gone(40, at=lambda n: 100.0 + n)], cloudflare)
    lines += [
        json.dumps({**json.loads(line), **fetched, "RayID": f"{number:016x}"})
        for number, line in enumerate(written(_gone(25, at=lambda n: 100.0 + n), cloudflare))
    ]
    found = verdicts(Scene("a Worker", "cloudflare", tuple(lines), 404, {}), tmp_path, "whose-404")
    assert dict(found["origin-made"].evidence)["records"] == 40
    assert _read_again(found["origin-made"], tmp_path, "cloudflare") == 40
