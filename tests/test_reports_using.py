"""Using the page in a real browser: choosing, zooming, linking, sorting, taking tables away."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

import loganalyzer
from reports import filters as module
from reports.filters import BYTES, HOSTS, filters
from reports.words import Words
from tests.analysis_factory import analysis, empty
from tests.test_reports_browser import LONG_S, Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

    from loganalyzer.analysis import Analysis

START: Final = datetime(2026, 3, 10, tzinfo=UTC)
HOURS: Final = 8
BURST: Final = START + timedelta(hours=5, minutes=3)
SHOP: Final = "shop.example.com"
HOST: Final = "\"><img src=x onerror=alert('1')>.example.com"
"""A host that a stranger chose."""
AGENT: Final = '=HYPERLINK("https://example.net/","prize")'
"""A user agent that a spreadsheet would take for a formula."""


def written(folder: Path) -> list[Path]:
    """Write two logs of eight hours: an edge with hosts, and nginx without; the edge fails for a quarter of an hour."""
    chance = random.Random(20260310)
    edge, server = [], []
    for second in range(0, HOURS * 3_600, 4):
        moment = START + timedelta(seconds=second)
        host = chance.choices((SHOP, "www.example.org", HOST), (6, 3, 1))[0]
        bad = BURST <= moment < BURST + timedelta(minutes=15) and host == SHOP
        status = 502 if bad else chance.choices((200, 304, 404, 500), (900, 60, 30, 1))[0]
        edge.append(
            json.dumps(
                {
                    "EdgeStartTimestamp": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
                    "EdgeEndTimestamp": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
                    "ClientIP": f"192.0.2.{chance.randrange(1, 200)}",
                    "ClientRequestHost": host,
                    "ClientRequestMethod": "GET",
                    "ClientRequestURI": f"/c/{chance.randrange(30)}",
                    "ClientRequestSource": "eyeball",
                    "EdgeResponseStatus": status,
                    "EdgeResponseBytes": 500,
                    "ClientRequestUserAgent": "Mozilla/5.0",
                    "RayID": f"{second:016x}",
                }
            )
        )
        status = chance.choices((200, 404), (95, 5))[0]
        agent = AGENT.replace('"', "'") if status == 404 else "Mozilla/5.0"
        server.append(
            f"198.51.100.{chance.randrange(1, 200)} - - [{moment:%d/%b/%Y:%H:%M:%S +0000}] "
            f'"GET /p/{chance.randrange(30)} HTTP/1.1" {status} 512 "-" "{agent}"'
        )
    paths = [folder / "edge.ndjson", folder / "access.log"]
    for path, lines in zip(paths, (edge, server), strict=True):
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return paths


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return written(tmp_path_factory.mktemp("logs"))


@pytest.fixture(scope="module")
def told(logs: list[Path]) -> Analysis:
    return loganalyzer.analyze([str(path) for path in logs])


@pytest.fixture(scope="module")
def opened(browser: Chrome, told: Analysis, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Open the page once for all tests of this file: drawing it is what takes long."""
    page = Page(browser, tmp_path_factory.mktemp("page"))
    page.open(told)
    assert page.console() == []
    return page


@pytest.fixture
def page(opened: Page) -> Iterator[Page]:
    yield opened
    opened.run("document.querySelector('.filter [type=reset]').click(); scrollTo(0, 0)")
    until(opened, "location.hash.includes('?')", false=True)
    assert opened.console() == []
    assert opened.requests() == []


def until(page: Page, expression: str, *, false: bool = False) -> None:
    """Wait until the page says so."""
    WebDriverWait(page.browser, LONG_S, poll_frequency=0.05).until(
        lambda _: bool(page.run(f"return {expression}")) is not false
    )


def choose(page: Page, **values: str) -> None:
    """Fill the form as a reader does."""
    for name, value in values.items():
        page.browser.execute_script(
            "const one = document.querySelector(`.filter [name=${arguments[0]}]`); one.value = arguments[1];"
            "if (one.value !== arguments[1]) throw new Error(`no ${arguments[1]}`);"
            "one.dispatchEvent(new Event('change', { bubbles: true }))",
            name,
            value,
        )


def rows(page: Page) -> dict[str, dict[str, str]]:
    """Return the table of the choice: log → heading → cell."""
    found: list[list[str]] = page.run(
        "return [...document.querySelectorAll('#selection tr')].map("
        "  row => [...row.cells].map(cell => cell.textContent))"
    )
    return {row[0]: dict(zip(found[0], row, strict=True)) for row in found[1:]}


def count(cell: str) -> int:
    return int(cell.split(" ", maxsplit=1)[0].replace(",", ""))


def shown(page: Page, selector: str) -> list[str]:
    """Return the ids of what is not hidden by the choice."""
    found: list[str] = page.run(
        f"return [...document.querySelectorAll({selector!r})]"
        "  .filter(one => !one.closest('[data-out]')).map(one => one.id)"
    )
    return found


def note(page: Page, section: str) -> str:
    return str(page.run(f"return document.querySelector('#{section} > .chosen')?.textContent || ''"))


def test_where_nothing_is_chosen_the_counts_are_those_of_the_analysis(page: Page, told: Analysis) -> None:
    assert page.run("return document.getElementById('selection').hidden")
    words = Words()
    for name, row in rows(page).items():
        of = [one for one in told.requests if words.name("vendor", one.vendor) == name]
        assert of
        assert count(row["requests"]) == sum(one.records for one in of)
        assert {one.status_class: count(row[one.status_class]) for one in of} == {
            one.status_class: one.records for one in of
        }
    assert note(page, "statuses") == ""


def test_a_choice_is_counted_as_in_the_log(page: Page, logs: list[Path]) -> None:
    choose(page, host=SHOP, **{"class": "5xx", "from": "2026-03-10T05:00", "to": "2026-03-10T05:30"})
    log = pl.read_ndjson(logs[0]).with_columns(pl.col("EdgeStartTimestamp").str.to_datetime(time_zone="UTC"))
    within = log.filter(
        pl.col("EdgeStartTimestamp").is_between(
            START + timedelta(hours=5), START + timedelta(hours=5, minutes=30), closed="left"
        ),
        pl.col("ClientRequestHost") == SHOP,
    )
    failed = within.filter(pl.col("EdgeResponseStatus").is_between(500, 599)).height
    assert failed > 50
    row = rows(page)["Cloudflare"]
    assert (count(row["requests"]), count(row["5xx"])) == (failed, failed)
    of_all = next(cell for head, cell in row.items() if head == "share of all classes")
    assert of_all == Words().percent(failed, within.height)
    assert count(rows(page)["nginx"]["requests"]) == 0
    assert "2026-03-10 05:00 – 2026-03-10 05:30 UTC" in page.run(
        "return document.getElementById('selection').textContent"
    )
    assert "left out: nginx 450 requests" in page.run(
        "return document.getElementById('selection').textContent"
    )
    whole = log.filter(
        pl.col("ClientRequestHost") == SHOP, pl.col("EdgeResponseStatus").is_between(500, 599)
    ).height
    until(
        page, "document.querySelector('#statuses-cloudflare .plot').data.every(one => one.meta.c === '5xx')"
    )
    drawn = page.run(
        "return document.querySelector('#statuses-cloudflare .plot').data.filter(one => one.meta.r)"
        "  .map(one => one.y.reduce((a, b) => a + b, 0))"
    )
    assert drawn == [whole]
    assert "vendor" not in page.run("return location.hash")
    assert f"host={SHOP}&class=5xx&from=2026-03-10T05%3A00&to=2026-03-10T05%3A30" in page.run(
        "return location.hash"
    )


def test_what_does_not_meet_the_choice_is_hidden_and_no_number_passes_for_another(page: Page) -> None:
    every = shown(page, "#statuses tbody tr")
    choose(page, vendor="cloudflare", **{"class": "5xx"})
    left = shown(page, "#statuses tbody tr")
    assert set(left) == {"status-cloudflare-500", "status-cloudflare-502"}
    assert len(left) < len(every)
    assert note(page, "statuses") == "Some rows hidden."
    assert " of " in note(page, "findings")
    assert shown(page, "main > section figure[data-v]") == ["errors-together", "statuses-cloudflare", "heat"]
    assert "all classes" in note(page, "traffic")
    assert "all logs" not in note(page, "traffic")
    assert "all logs and all classes" in note(page, "headline")
    choose(page, **{"from": "2026-03-10T00:00", "to": "2026-03-10T02:00"})
    assert shown(page, "#findings article[data-t]") == []
    assert note(page, "findings").startswith("0 of ")
    assert "the whole period" in note(page, "statuses")
    choose(page, host=SHOP)
    assert "the whole period and all hosts" in note(page, "statuses")
    assert "cannot be told apart by host" in page.run("return document.getElementById('heat').textContent")
    page.run("document.querySelector('.filter [type=reset]').click()")
    assert shown(page, "#statuses tbody tr") == every
    assert note(page, "statuses") != ""  # kept for the next choice, but hidden
    assert page.run("return document.querySelector('#statuses > .chosen').hidden")


def test_a_name_that_a_stranger_gave_a_host_is_text(page: Page) -> None:
    choose(page, host=HOST)
    assert page.run("return document.querySelector('.filter output').textContent") == HOST
    assert page.run("return document.querySelectorAll('main img:not(.plot img), [onerror]').length") == 0


def test_an_incident_leads_to_the_time_axes_by_keyboard_and_back(page: Page) -> None:
    whole = ranges(page)
    assert len({tuple(one) for one in whole}) == 1
    assert page.run(
        "return [...document.querySelectorAll('article.card')].every(one => one.querySelector(':scope > .show'))"
    )
    button = page.browser.find_element("css selector", "#findings article .show")
    button.send_keys(Keys.ENTER)
    until(page, "document.querySelector('.show').getAttribute('aria-pressed') === 'true'")
    until(page, f"document.querySelector('#heat .plot').layout.xaxis.range[0] !== {whole[0][0]!r}")
    (zoomed,) = {tuple(one) for one in ranges(page)}
    assert whole[0][0] < zoomed[0] < f"{BURST:%Y-%m-%d %H:%M:%S}"
    assert f"{BURST + timedelta(minutes=10):%Y-%m-%d %H:%M:%S}" < zoomed[1] < whole[0][1]
    page.run("document.querySelector('.filter [name=zoomed]').click()")
    until(
        page, "location.hash.includes('from=2026-03-10T04') || location.hash.includes('from=2026-03-10T05')"
    )
    page.run("document.querySelector('.filter [type=reset]').click()")
    until(page, f"document.querySelector('#heat .plot').layout.xaxis.range[0] === {whole[0][0]!r}")
    assert ranges(page) == whole


def ranges(page: Page) -> list[list[str]]:
    found: list[list[str]] = page.run(
        "return [...document.querySelectorAll('.plot')].map(one => one.layout.xaxis.range)"
    )
    return found


def test_zooming_one_figure_moves_all_and_two_clicks_restore_them(page: Page) -> None:
    whole = ranges(page)
    page.run(
        "window.Plotly.relayout(document.querySelector('#heat .plot'), "
        "{'xaxis.range[0]': '2026-03-10 01:00:00', 'xaxis.range[1]': '2026-03-10 02:00:00'})"
    )
    until(page, "document.querySelector('#errors-together .plot').layout.xaxis.range[0].includes('01:00')")
    until(page, "document.querySelector('#statuses-nginx .plot').layout.xaxis.range[0].includes('01:00')")
    page.run("document.querySelector('#errors-together .plot').emit('plotly_doubleclick')")
    until(page, f"document.querySelector('#heat .plot').layout.xaxis.range[0] === {whole[0][0]!r}")
    assert ranges(page) == whole


def test_a_chosen_time_takes_the_place_of_a_zoom(page: Page) -> None:
    page.run(
        "window.Plotly.relayout(document.querySelector('#heat .plot'), "
        "{'xaxis.range[0]': '2026-03-10 01:00:00', 'xaxis.range[1]': '2026-03-10 02:00:00'})"
    )
    until(page, "!document.querySelector('.filter [name=zoomed]').disabled")
    choose(page, **{"from": "2026-03-10T03:00", "to": "2026-03-10T04:00"})
    for name in ("heat", "errors-together", "statuses-nginx"):
        box = f"document.querySelector('#{name} .plot').layout.xaxis.range.join()"
        until(page, f"{box} === '2026-03-10 03:00:00,2026-03-10 04:00:00'")
    assert page.run("return document.querySelector('.filter [name=zoomed]').disabled")


def test_an_end_before_its_start_is_told_and_changes_nothing(page: Page) -> None:
    choose(page, **{"from": "2026-03-10T04:00"})
    before = page.run("return location.hash")
    choose(page, to="2026-03-10T02:00")
    assert "after the start" in page.run("return document.querySelector('.filter .inverted').textContent")
    assert page.run("return document.querySelector('.filter [name=to]').value") == "2026-03-10T02:00"
    assert page.run("return location.hash") == before
    choose(page, to="2026-03-10T05:00")
    assert page.run("return document.querySelector('.filter .inverted').textContent") == ""
    assert page.run("return document.querySelector('.filter [name=to]').step") != ""
    assert "in steps of" in page.run("return document.querySelector('.filter form').textContent")


def test_a_time_off_the_steps_is_moved_and_told(page: Page, told: Analysis) -> None:
    made = filters(told, Words())
    assert made is not None
    assert made.step_s % 60 == 0 < made.step_s - 60  # a minute is off the steps
    status = "return document.querySelector('.filter .moved').textContent"
    choose(page, **{"from": "2026-03-10T04:00"})
    assert page.run(status) == ""
    choose(page, **{"from": "2026-03-10T04:01"})
    used = page.run("return document.querySelector('.filter [name=from]').value")
    assert used == "2026-03-10T04:00"
    assert page.run(status).startswith("Moved to whole steps of the log: 2026-03-10 04:00 – ")
    choose(page, to="2026-03-10T06:00")
    assert page.run(status) == ""
    choose(page, to="2031-01-01T00:00")  # behind the end of the log
    end = page.run("return document.querySelector('.filter [name=to]').max").replace("T", " ")
    assert page.run(status) == f"Moved to whole steps of the log: 2026-03-10 04:00 – {end} UTC."
    page.run("document.querySelector('.filter [type=reset]').click()")
    assert page.run(status) == ""
    page.run("location.hash = '#?from=2026-03-10T04:01'")
    until(page, "document.querySelector('.filter .moved').textContent")
    page.run("location.hash = '#?from=never'")
    until(page, "document.querySelector('.filter .moved').textContent", false=True)


def test_what_holds_of_every_section_is_told_once(page: Page) -> None:
    choose(page, vendor="cloudflare", **{"from": "2026-03-10T05:00", "to": "2026-03-10T06:00"})
    for sentence in ("are about everything.", "is shown whole."):
        holders = page.run(
            "return [...document.querySelectorAll('header, main section, figure')].filter(one =>"
            f"  one.textContent.includes({sentence!r})).map(one => one.id)"
        )
        assert holders == ["selection"]
    choose(page, **{"from": "", "to": ""})
    assert "shown whole" not in page.run("return document.getElementById('selection').textContent")


def test_what_a_hidden_table_leaves_out_is_hidden_with_it(page: Page) -> None:
    assert page.run("return document.querySelectorAll('.rest').length") > 0
    choose(page, vendor="cloudflare", host="www.example.org")
    alone = (
        "return [...document.querySelectorAll('.rest')].filter(one => one.checkVisibility()"
        " && !one.previousElementSibling.checkVisibility()).map(one => one.textContent)"
    )
    assert page.run(alone) == []
    hidden = "return [...document.querySelectorAll('.rest')].filter(one => !one.checkVisibility()).length"
    assert page.run(hidden) > 0


@pytest.mark.parametrize("width", [390, 760, 1200])
def test_the_form_covers_no_target_of_a_link(page: Page, width: int) -> None:
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    form = "document.querySelector('.filter')"
    page.run(f"document.documentElement.style.scrollBehavior = 'auto'; {form}.open = true")
    sticky = f"getComputedStyle({form}).position === 'sticky'"
    until(
        page,
        f"!({sticky}) || parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop)"
        f" >= {form}.offsetHeight",
    )
    page.run("document.getElementById('tops').scrollIntoView()")
    clear = f"document.getElementById('tops').getBoundingClientRect().top >= {form}.getBoundingClientRect().bottom"
    assert page.run(f"return {clear}")
    page.run(f"{form}.open = false; document.documentElement.style.scrollBehavior = ''")
    page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_band_leads_to_its_card(page: Page) -> None:
    anchor = page.run("return document.querySelector('#errors-together .plot').layout.shapes[0].name")
    assert page.run(f"return Boolean(document.getElementById({anchor!r}))")
    page.run(
        "const box = document.querySelector('#errors-together .plot');"
        "box.scrollIntoView({ block: 'center', behavior: 'instant' });"
        "const plot = box.querySelector('.nsewdrag').getBoundingClientRect();"
        "const time = text => Date.parse(`${text.replace(' ', 'T')}Z`);"
        "const [from, to] = box.layout.xaxis.range.map(time);"
        "const band = box.layout.shapes[0];"
        "const at = ((time(band.x0) + time(band.x1)) / 2 - from) / (to - from);"
        "const where = { clientX: plot.left + at * plot.width, clientY: plot.top + 5, button: 0, bubbles: true };"
        "box.dispatchEvent(new PointerEvent('pointerdown', where));"
        "box.dispatchEvent(new PointerEvent('pointerup', where))"
    )
    until(page, f"location.hash === '#{anchor}'")


def test_a_deep_link_chooses_and_opens_what_it_leads_to(page: Page) -> None:
    page.run("location.hash = '#code-502?vendor=cloudflare&class=errors'")
    until(page, "document.querySelector('.filter [name=vendor]').value === 'cloudflare'")
    assert page.run("return document.getElementById('code-502').closest('details').open")
    assert page.run("return document.querySelector('.filter [name=class]').value") == "errors"
    page.run("document.querySelector('nav a[href=\"#statuses\"]').click()")
    until(page, "location.hash === '#statuses?vendor=cloudflare&class=errors'")
    page.run("location.hash = '#?vendor=%3Cscript%3E&class=7xx&from=never'")
    until(page, "document.querySelector('.filter [name=vendor]').value === ''")


def test_every_place_has_a_link_that_is_copied(page: Page) -> None:
    bare = page.run(
        "return [...document.querySelectorAll('main > section[id]:not(#selection), article[id], #statuses tr[id], "
        "figure[id], .fold[id]')].filter(one => !one.querySelector(`a.here[href='#${one.id}']`)).map(one => one.id)"
    )
    assert bare == []
    choose(page, vendor="cloudflare")
    page.run(
        "window.held = []; navigator.clipboard.writeText = async text => { window.held.push(text) };"
        "document.querySelector('#status-cloudflare-502 a.here').click()"
    )
    until(page, "window.held.length")
    assert (
        page.run("return window.held[0]") == f"{page.file.as_uri()}#status-cloudflare-502?vendor=cloudflare"
    )
    until(page, "document.querySelector('body > [role=status]').textContent === 'Link copied.'")


def test_tables_sort_as_numbers_and_come_back(page: Page) -> None:
    column = (
        "const table = document.querySelector('#statuses table');"
        "return [...table.tBodies[0].rows].map(row => row.cells[%d].firstChild.textContent.trim())"
    )
    before = page.run(column % 1)
    head = page.browser.find_element("css selector", "#statuses th:nth-child(2) button")
    head.send_keys(Keys.ENTER)
    assert page.run("return document.querySelector('#statuses th:nth-child(2)').ariaSort") == "descending"
    numbers = [int(one.replace(",", "")) for one in page.run(column % 1)]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(map(len, map(str, numbers)))) > 1  # as text they would stand otherwise
    head.send_keys(Keys.ENTER)
    assert [int(one.replace(",", "")) for one in page.run(column % 1)] == numbers[::-1]
    head.send_keys(Keys.ENTER)
    assert page.run(column % 1) == before
    assert page.run("return document.querySelector('#statuses th:nth-child(2)').ariaSort") is None
    page.run("document.querySelector('#coverage th:nth-child(3) button').click()")
    assert page.run("return document.querySelector('#coverage tbody').lastElementChild.className") == "total"


def test_a_table_is_saved_as_csv_that_no_spreadsheet_runs(page: Page) -> None:
    page.run(
        "window.saved = null; const made = URL.createObjectURL;"
        "URL.createObjectURL = blob => { window.blob = blob; return 'about:blank#'; };"
        "HTMLAnchorElement.prototype.click = function () { window.saved = this.download };"
        "const table = [...document.querySelectorAll('#tops table')].find(one => one.textContent.includes('=HYPER'));"
        "window.table = table; table.previousElementSibling.lastElementChild.click(); URL.createObjectURL = made;"
        "delete HTMLAnchorElement.prototype.click"
    )
    assert page.run("return window.saved").endswith(".csv")
    assert page.run("return window.saved").startswith("Most 4xx by user agent")
    data = page.browser.execute_async_script(
        "const done = arguments[0]; window.blob.arrayBuffer().then(held => done([...new Uint8Array(held)]))"
    )
    text = bytes(data).decode("utf-8")
    assert text.startswith("\ufeff")
    assert text.endswith("\r\n")
    read = list(csv.reader(io.StringIO(text[1:], newline="")))
    assert len({len(row) for row in read}) == 1
    assert read[1][0] == "'" + AGENT.replace('"', "'")
    assert int(read[1][1]) > 0
    page.run(
        "window.held = []; navigator.clipboard.writeText = async text => { window.held.push(text) };"
        "window.table.previousElementSibling.firstElementChild.click()"
    )
    until(page, "window.held.length")
    lines = page.run("return window.held[0]").split("\n")
    assert [line.split("\t") for line in lines] == read


def test_on_paper_and_without_a_script_there_is_no_form(page: Page, told: Analysis) -> None:
    form = "return getComputedStyle(document.querySelector('.filter')).display"
    assert page.run(form) == "block"
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert page.run(form) == "none"
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    page.run("document.documentElement.classList.remove('js')")
    assert page.run(form) == "none"
    page.run("document.documentElement.classList.add('js')")
    assert told.findings


def cells(data: dict[str, Any]) -> int:
    """Return the sum of all counts as they travel."""
    cube: dict[str, list[list[int]]] = data["cube"]
    dense = [row for row in cube["rows"] if row[5] == 0]
    gaps = [row for row in cube["rows"] if row[5] == 1]
    return (
        sum(sum(row[6:]) for row in dense)
        + sum(sum(row[7::2]) for row in gaps)
        + sum(row[-1] for row in cube["outside"])
    )


def test_no_record_is_lost_on_the_way_and_there_are_ten_hosts_at_most(told: Analysis) -> None:
    made = filters(told, Words())
    assert made is not None
    assert cells(made.data) == told.totals.records
    assert {value for value, _ in made.hosts} == {SHOP, "www.example.org", HOST, "(none)"}


@pytest.mark.parametrize("hosts", [1, 500])
def test_ten_years_of_many_hosts_fit_in_the_page(hosts: int) -> None:
    days = 3_650
    chance = random.Random(7)
    names = [f"{number}.example.com" for number in range(hosts)]
    classes = ("2xx", "3xx", "4xx", "5xx", "other")
    size = days * 40
    counted = pl.DataFrame(
        {
            "vendor": [chance.choice(("apache", "cloudflare", "nginx")) for _ in range(size)],
            "host": [chance.choice(names) for _ in range(size)],
            "rare": [False] * size,
            "time": [START + timedelta(days=chance.randrange(days)) for _ in range(size)],
            "status_class": [chance.choice(classes) for _ in range(size)],
            "request": [chance.random() < 0.9 for _ in range(size)],
            "records": [chance.randrange(1, 10**6) for _ in range(size)],
        },
        schema_overrides={"time": pl.Datetime("us", "UTC")},
    )
    plain = analysis()
    timeline = counted.with_columns(status=pl.lit(200, pl.Int16())).select(plain.timeline.columns)
    long = replace(
        plain,
        period=(START, START + timedelta(days=days)),
        timeline=timeline,
        bucket_s=86_400,
        classes=tuple(
            replace(plain.classes[0], vendor=vendor, status_class=name)
            for vendor in ("apache", "cloudflare", "nginx")
            for name in classes
        ),
    )
    long.__dict__["by_host"] = counted  # as the aggregates would give it
    made = filters(long, Words())
    assert made is not None
    travels = json.dumps(made.data["cube"], separators=(",", ":")).encode()
    assert len(gzip.compress(travels, 9, mtime=0)) <= BYTES + 1_000  # with the names beside the counts
    assert cells(made.data) == counted["records"].sum()
    assert len(made.hosts) == (1 if hosts == 1 else HOSTS + 1)


def test_a_log_without_a_record_offers_nothing() -> None:
    assert filters(empty(), Words()) is None


def test_a_host_has_the_same_short_name_in_the_form_and_beside_a_finding() -> None:
    assert module.mark(SHOP) == module.mark(SHOP)
    assert module.mark(SHOP) != module.mark("www.example.org")
    assert len(module.mark("x" * 100_000)) == 8
