"""What strangers write × where it is written: every text of a log, in every output, with all that might act there."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, get_args

import polars as pl
import pytest

import reports
from loganalyzer.cli import main
from loganalyzer.cli.options import Form
from loganalyzer.cli.records import SUFFIXES
from parsers.schema import COLUMNS, VENDORS
from reports.tables import LIMIT
from tests.analysis_factory import hostile as of_kind
from tests.opened_page import OpenedPage
from tests.test_reports_page import read, without_commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

    from reports.assets import Assets
    from reports.catalogue import Language

    Writer = Callable[[datetime, int, dict[str, str]], str]

LONG: Final = 1_000_000
"""Characters of a field that is too long for any page."""

PAYLOADS: Final[dict[str, str]] = {
    "script": "{mark}</script><script>window.ran=1</script><!--",
    "attribute": '{mark}" onmouseover="window.ran=2" \' autofocus onfocus=\'window.ran=3',
    "image": '{mark}"><img src=https://example.net/a.png onerror=window.ran=4>',
    "link": "javascript:window.ran=5//{mark}",
    "plot": '{mark}<b>b</b><a href="https://example.net/c">a</a><br>',
    "markdown": "{mark}[x](javascript:window.ran=6)![y](https://example.net/d.png)`|<i>",
    "template": "{mark}{{7*7}}${{7*7}}{% raw %}&lt;&#60;",
    "bidi": "{mark}\u202etxt.exe\u2066\u200b\u2028",
    "escape": "{mark}\x1b[31m\x1b]8;;https://example.net/e\x07\x9b2J\x7f",
    "nul": "{mark}\x00a",
    "newline": "{mark}\n# heading\r\n- item",
    "equals": "=cmd|'/C calc'!A0{mark}",
    "plus": "+cmd|'/C calc'!A0{mark}",
    "minus": "-cmd|'/C calc'!A0{mark}",
    "sum": "@SUM(1+1)*cmd|'/C calc'!A0{mark}",
    "tab": "\t=1+1{mark}",
    "return": "\r=1+1{mark}",
}
"""Kinds of what acts somewhere; `{mark}` is where the text says which field and which kind it is."""


def mark(field: str, kind: str) -> str:
    """Return what tells a cell: letters alone, which no output changes."""
    return f"zq{field.replace('_', '')}zz{kind}"


def payload(field: str, kind: str) -> str:
    return PAYLOADS[kind].replace("{mark}", mark(field, kind))


def nginx(moment: datetime, status: int, text: dict[str, str]) -> str:
    return json.dumps(
        {
            "time_iso8601": f"{moment:%Y-%m-%dT%H:%M:%S+00:00}",
            "remote_addr": text["client"],
            "remote_user": text["user"],
            "request_method": text["method"],
            "request_uri": f"{text['path']}?{text['query']}",
            "server_protocol": text["protocol"],
            "status": str(status),
            "body_bytes_sent": 512,
            "request_time": "0.010",
            "host": text["host"],
            "http_referer": text["referrer"],
            "http_user_agent": text["user_agent"],
            "upstream_addr": text["upstream"],
            "upstream_status": str(status),
            "upstream_cache_status": text["cache"],
            "request_id": text["request_id"],
            "geoip_country_code": text["country"],
        }
    )


def cloudflare(moment: datetime, status: int, text: dict[str, str]) -> str:
    stamp = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    return json.dumps(
        {
            "EdgeStartTimestamp": stamp,
            "EdgeEndTimestamp": stamp,
            "ClientIP": text["client"],
            "ClientRequestHost": text["host"],
            "ClientRequestMethod": text["method"],
            "ClientRequestURI": f"{text['path']}?{text['query']}",
            "ClientRequestProtocol": text["protocol"],
            "ClientRequestReferer": text["referrer"],
            "ClientRequestUserAgent": text["user_agent"],
            "ClientCountry": text["country"],
            "CacheCacheStatus": text["cache"],
            "EdgeResponseStatus": status,
            "EdgeResponseBytes": 512,
            "OriginResponseStatus": status,
            "OriginIP": text["upstream"],
            "SecurityAction": text["action"],
            "RayID": text["request_id"],
        }
    )


def bare(text: str) -> str:
    """Return a text as a field between blanks holds it: what would end the field is something else."""
    return re.sub(r"[\s\"]", "_", text)


def quoted(text: str) -> str:
    """Return a text as a field between quotes holds it: quotes and line breaks escaped, and no other sign."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")


def apache(moment: datetime, status: int, text: dict[str, str]) -> str:
    return (
        f"{bare(text['host'])}:443 {bare(text['client'])} - {bare(text['user'])} "
        f"[{moment:%d/%b/%Y:%H:%M:%S +0000}] "
        f'"GET {quoted(text["path"])}?{quoted(text["query"])} HTTP/1.1" {status} 512 '
        f'"{quoted(text["referrer"])}" "{quoted(text["user_agent"])}"'
    )


def cisco_wsa(moment: datetime, status: int, text: dict[str, str]) -> str:
    return (
        f"{moment.timestamp():.3f} 10 {bare(text['client'])} TCP_MISS/{status} 512 GET "
        f"http://{bare(text['host']).replace('/', '|')}{bare(text['path'])}?{bare(text['query'])} "
        f'"{bare(text["user"])}" '
        f"DIRECT/{bare(text['upstream'])} text/html DEFAULT_CASE_12-{bare(text['policy']).replace('-', '_')}-"
        f'CorpUsers-NONE-NONE-NONE-DefaultGroup-NONE <"{bare(text["category"]).replace(",", ";")}",6.1,'
        '0,"-",0,0,0,1,"-",-,-,-,-,"-",0,0,"-","-",-,-,"IW_busi",-,"Unknown",'
        '"Business and Industry","-","Unknown","Unknown","-","-",580.32,0,-,"Unknown","-",-,"-",-,-,"-",'
        '"-",-,-,"-",-,-> - -'
    )


NGINX_FORMAT: Final = (
    '"$remote_addr" "$remote_user" [$time_iso8601] "$request_method" "$request_uri" "$server_protocol" $status '
    '$body_bytes_sent $request_time "$host" "$http_referer" "$http_user_agent" "$upstream_addr" "$upstream_status" '
    '"$upstream_cache_status" "$request_id" "$geoip_country_code"'
)
APACHE_FORMAT: Final = (
    '"%V" "%a" "%u" [%{%Y-%m-%dT%H:%M:%S%z}t] "%m" "%U%q" "%H" %>s %B %D "%{Referer}i" "%{User-Agent}i" '
    '"%{UNIQUE_ID}e"'
)


def nginx_format(moment: datetime, status: int, text: dict[str, str]) -> str:
    made = {name: escaped(value) for name, value in text.items()}
    return (
        f'"{made["client"]}" "{made["user"]}" [{moment:%Y-%m-%dT%H:%M:%S+00:00}] "GET" '
        f'"{made["path"]}?{made["query"]}" "{made["protocol"]}" {status} 512 0.010 "{made["host"]}" '
        f'"{made["referrer"]}" "{made["user_agent"]}" "{bare(text["upstream"])}" "{status}" "{made["cache"]}" '
        f'"{made["request_id"]}" "{made["country"]}"'
    )


def escaped(text: str) -> str:
    """Return a text as nginx writes it between quotes, but for signs that end neither the field nor the line."""
    return re.sub(r'["\\\n\r\t]', lambda sign: f"\\x{ord(sign[0]):02X}", text)


def apache_format(moment: datetime, status: int, text: dict[str, str]) -> str:
    made = {name: quoted(value).replace("\t", "\\t") for name, value in text.items()}
    return (
        f'"{made["host"]}" "{made["client"]}" "{made["user"]}" [{moment:%Y-%m-%dT%H:%M:%S+0000}] '
        f'"GET" "{made["path"]}?{made["query"]}" "{bare(text["protocol"])}" {status} 512 10000 '
        f'"{made["referrer"]}" "{made["user_agent"]}" "{made["request_id"]}"'
    )


START: Final = datetime(2026, 3, 10, 6, tzinfo=UTC)
TIMES: Final = 12
"""Records of every kind of payload: enough for a finding that is shown with its lines."""

WRITERS: Final[dict[str, Writer]] = {
    "nginx": nginx,
    "apache": apache,
    "cloudflare": cloudflare,
    "cisco_wsa": cisco_wsa,
    "nginx by format": nginx_format,
    "apache by format": apache_format,
}
"""Whose log, and whether it is read by the server's own format text."""

FORMATS: Final = {"nginx by format": NGINX_FORMAT, "apache by format": APACHE_FORMAT}


def asked(log: str) -> list[str]:
    """Return the options by which a log is read."""
    return [
        "--vendor",
        log.partition(" ")[0],
        *(["--log-format", FORMATS[log]] if log in FORMATS else []),
    ]


EVERY: Final = frozenset(
    ("client", "user", "method", "path", "query", "protocol", "host", "referrer", "user_agent", "upstream", "cache",
     "action", "category", "policy", "country", "request_id")
)  # fmt: skip
"""Fields of a record; `target` is path and query."""

NOT_LOGGED: Final[dict[str, dict[str, str]]] = {
    "nginx": {
        "method": "what is no method is null", "action": "nginx decides nothing", "category": "has none",
        "policy": "has none",
    },
    "apache": {
        "method": "what is no method is kept in the target", "protocol": "the same", "upstream": "not in the format",
        "cache": "not in the format", "action": "has none", "category": "has none", "policy": "has none",
        "country": "not in the format", "request_id": "not in the format",
    },
    "cloudflare": {"user": "has none", "category": "has none", "policy": "has none"},
    "cisco_wsa": {
        "method": "a word of letters, or the line is none", "protocol": "not in the format",
        "referrer": "not in the format", "user_agent": "not in the format", "cache": "a code, or the line is none",
        "action": "a code, or the line is none", "country": "not in the format", "request_id": "not in the format",
    },
    "nginx by format": {
        "method": "a word, or the line is none", "action": "nginx decides nothing", "category": "has none",
        "policy": "has none",
    },
    "apache by format": {
        "method": "a word, or the line is none", "upstream": "not in the format", "cache": "not in the format",
        "action": "has none", "category": "has none", "policy": "has none", "country": "not in the format",
    },
}  # fmt: skip
"""Vendor → fields that its log cannot carry a stranger's text in, and why."""

OF_CALLER: Final = ("source", "server", "title", "rejected")
"""What stands beside records: the name of the file, the label, the title, and lines that are no records."""

PAGES: Final = {
    "html": (),
    "html, korean": ("--lang", "ko"),
    "html, shared": ("--assets", "shared"),
}
"""Pages, and the options that make them."""

TITLE: Final = f"{mark('title', 'one')}<img src=x onerror=window.ran=7>\x1b[31m\u202e"
LABEL: Final = f"{mark('server', 'one')}<b onmouseover>[x](javascript:0)"
NAME: Final = f"{mark('source', 'one')}<img src=x onerror=window.ran=8>\x1b[31m\u202e\n.log"


def log(writer: Writer, *, tame: bool) -> str:
    """Return two quiet hours, then minutes in which every field of every record is hostile, or tame."""
    quiet = dict.fromkeys(EVERY, "word") | {"client": "192.0.2.1", "upstream": "192.0.2.80:80", "path": "/"}
    quiet["host"] = mark("host", "base") if tame else BASE
    lines = [writer(START + timedelta(seconds=second), 200, quiet) for second in range(0, 7_200, 4)]
    moment = START + timedelta(seconds=7_200)
    for number in range(TIMES):
        for kind in PAYLOADS:
            made = {one: mark(one, kind) if tame else payload(one, kind) for one in EVERY}
            made["path"] = f"/{made['path']}"
            lines.append(writer(moment, (502, 404)[number % 2], made))
            moment += timedelta(seconds=1)
    lines += [
        mark("rejected", kind) if tame else re.sub(r"[\n\r]", "_", payload("rejected", kind))
        for kind in PAYLOADS
    ]
    return "".join(f"{line}\n" for line in lines)


@dataclass
class Written:
    """All outputs of one log: name → text, and the folder they lie in."""

    vendor: str
    folder: Path
    source: Path
    texts: dict[str, str] = field(default_factory=dict)
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    records: pl.DataFrame = field(default_factory=pl.DataFrame)

    def file(self, page: str) -> Path:
        """Return the file of a page."""
        return self.folder / page.removeprefix("html").strip(" ,") / "report.html"


def run(arguments: list[str]) -> tuple[str, str]:
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        assert main(arguments) == 0
    out.seek(0)
    return out.read(), err.getvalue()


def outputs(vendor: str, folder: Path, *, tame: bool = False, options: tuple[str, ...] = ()) -> Written:
    """Return every output of a vendor's log."""
    source = folder / (f"{mark('source', 'one')}.log" if tame else NAME)
    source.write_text(log(WRITERS[vendor], tame=tame), encoding="utf-8", newline="")
    made = Written(vendor, folder, source)
    read_ = [str(source), *asked(vendor), "--no-progress", *options]
    label = mark("server", "one") if tame else LABEL
    names = [
        argument for form in ("html", "md", "json") for argument in ("-o", str(folder / f"report.{form}"))
    ]
    title = mark("title", "one") if tame else TITLE
    named = ["--label", f"{label}={source}", "--title", title, "--tables", str(folder / "tables")]
    made.texts["terminal"] = run(["analyze", *read_, *named, *names])[1]
    for form in ("html", "md", "json"):
        made.texts[form] = (folder / f"report.{form}").read_text(encoding="utf-8")
    for page in list(PAGES)[1:]:  # each is a run of its own: a folder of light pages, and the Korean one
        file = made.file(page)
        file.parent.mkdir()
        run(["analyze", *read_, *named[:-2], "-o", str(file), *PAGES[page]])
        made.texts[page] = file.read_text(encoding="utf-8")
    for file in sorted((folder / "tables").glob("*.csv")):
        made.texts.setdefault("tables.csv", "")
        made.texts["tables.csv"] += file.read_text(encoding="utf-8")
        made.tables[file.stem] = pl.read_parquet(file.with_suffix(".parquet"))
    if tame:
        return made
    made.texts["doctor"] = run(["doctor", *read_])[0]
    rejects = folder / "rejects.ndjson"
    for form in ("ndjson", "csv", "parquet"):
        run(
            [
                "parse",
                *read_,
                "--label",
                f"{label}={source}",
                "-o",
                str(folder / f"all.{form}"),
                "--rejects",
                str(rejects),
            ]
        )
        if form != "parquet":
            made.texts[f"parse.{form}"] = (folder / f"all.{form}").read_bytes().decode()
    made.texts["rejects"] = rejects.read_text(encoding="utf-8")
    made.records = pl.read_parquet(folder / "all.parquet")
    return made


BASE: Final = f"{mark('host', 'base')}</select><img src=x onerror=window.ran=10>"
"""A host with so many requests that the page offers it for a choice."""

COUNTED: Final = """
const kept = ["IMG", "IFRAME", "OBJECT", "EMBED", "SCRIPT", "STYLE", "LINK", "META", "BASE", "FORM", "SELECT", "OPTION",
  "A", "B", "I", "H1", "H2", "H3", "TABLE", "svg", "a", "b", "image", "script", "foreignObject"];
const counts = Object.fromEntries(kept.map((tag) => [tag, 0]));
for (const one of document.querySelectorAll("*")) if (one.tagName in counts) counts[one.tagName] += 1;
return counts;
"""
ATTRIBUTES: Final = """
return [...document.querySelectorAll("*")].flatMap((one) => [...one.attributes].map((held) => [held.name, held.value]));
"""
CHOOSE: Final = """
const one = document.querySelector(".filter [name=host]");
one.value = arguments[0];
one.dispatchEvent(new Event("change", { bubbles: true }));
"""
SAVED: Final = """
window.blobs = []; window.names = [];
const made = URL.createObjectURL;
URL.createObjectURL = (blob) => { window.blobs.push(blob); return "about:blank#"; };
HTMLAnchorElement.prototype.click = function () { window.names.push(this.download) };
for (const tools of document.querySelectorAll(".tools")) tools.lastElementChild.click();
URL.createObjectURL = made;
delete HTMLAnchorElement.prototype.click;
return window.names;
"""
READ: Final = "const done = arguments[1]; Promise.all(window.blobs.map((one) => one.text())).then(done)"


@pytest.fixture(scope="module", params=WRITERS)
def hostile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    return outputs(request.param, tmp_path_factory.mktemp("hostile"))


PARTS: Final = {
    ("nginx", "upstream"): {"attribute", "image", "plot", "template", "newline"},
    ("cisco_wsa", "host"): {"link"},
}
"""Kinds of which a column holds a part alone: the last upstream of what looks like a list, a host without its port."""

ABSENT: Final[dict[str, dict[str, str]]] = {
    "html": {"cloudflare:request_id": "of this vendor it is only in lines, far behind where they are cut"},
    "html, korean": {"cloudflare:request_id": "as above"},
    "html, shared": {"cloudflare:request_id": "as above"},
    "md": {
        **dict.fromkeys(EVERY - {"client"}, "only in lines, of which three are quoted, cut short"),
    },
    "json": {"title": "has none"},
    "terminal": {
        **dict.fromkeys(EVERY, "a summary names values only where one is the cause"),
        "title": "has none",
        "source": "names a log only where it failed",
        "rejected": "counts lines",
    },
    "tables.csv": {"title": "has none"},
    "tables.parquet": {"title": "has none"},
    "doctor": {
        **dict.fromkeys(EVERY, "tells columns, not values"),
        "title": "has none",
        "server": "takes no label",
    },
    "parse.ndjson": {"title": "has none", "rejected": "goes to --rejects"},
    "parse.csv": {"title": "has none", "rejected": "goes to --rejects"},
    "parse.parquet": {"title": "has none", "rejected": "goes to --rejects"},
    "rejects": {
        **dict.fromkeys(EVERY, "stands in records"),
        "title": "has none",
        "server": "only in records",
    },
}
"""Output → texts that are not in it, and why; every other cell has to be there and is looked at."""

SHOWN: Final = "\n\N{NO-BREAK SPACE}"
"""Signs of ours that count as not printable."""

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def found(text: str) -> dict[str, set[str]]:
    """Return the fields whose marks a text holds, and of which kinds."""
    cells: dict[str, set[str]] = {}
    for name, kind in re.findall(r"zq([a-z]+?)zz([a-z]+)", text):
        kinds = [one for one in (*PAYLOADS, "one") if kind.startswith(one)]
        cells.setdefault(name, set()).update(kinds)
    return cells


def carried(vendor: str) -> frozenset[str]:
    """Return the texts that a vendor's log and its caller can carry."""
    return (EVERY - set(NOT_LOGGED[vendor])) | set(OF_CALLER)


@pytest.fixture(scope="module")
def tame(hostile: Written, tmp_path_factory: pytest.TempPathFactory) -> Written:
    return outputs(hostile.vendor, tmp_path_factory.mktemp("tame"), tame=True)


def joined(frames: Iterator[pl.DataFrame]) -> str:
    columns = (column for frame in frames for column in frame.select(pl.col(pl.String)).iter_columns())
    return "\n".join(text for column in columns for text in column.drop_nulls().unique())


def test_every_text_and_every_output_has_its_place_in_the_matrix() -> None:
    texts = {column.name for column in COLUMNS if column.dtype == pl.String}
    assert texts - {"target", "format"} == (EVERY | set(OF_CALLER)) - {"title", "rejected"}
    for vendor, fields in NOT_LOGGED.items():
        assert set(fields) < EVERY, vendor
    assert set(WRITERS) == set(NOT_LOGGED)
    assert {log.partition(" ")[0] for log in WRITERS} == set(VENDORS)
    assert set(get_args(Form)) <= set(ABSENT)
    assert {f"parse{suffix}" for suffix in SUFFIXES} <= set(ABSENT)


def test_every_cell_is_there_and_told_by_its_mark(hostile: Written) -> None:
    texts = dict(hostile.texts)
    texts["tables.parquet"] = joined(iter(hostile.tables.values()))
    texts["parse.parquet"] = joined(iter([hostile.records]))
    assert set(texts) == set(ABSENT)
    for output, text in texts.items():
        absent = {
            name.split(":")[-1] for name in ABSENT[output] if name.split(":")[0] in {hostile.vendor, name}
        }
        wanted = {name.replace("_", "") for name in carried(hostile.vendor) - absent}
        assert wanted - set(found(text)) == set(), output


def test_no_output_holds_a_sign_that_acts(hostile: Written) -> None:
    for output, text in hostile.texts.items():
        if output in {"parse.csv", "tables.csv"}:  # data, which nobody prints: no sign but as it was logged
            continue
        acting = {sign for sign in text if not sign.isprintable() and sign not in SHOWN}
        assert acting == set(), output
        text.encode()


def test_no_text_is_lost_and_all_are_counted(hostile: Written) -> None:
    """`parse` gives every text as it was logged, and all tables and reports count the same records."""
    known = hostile.records.filter(pl.col("status") != HTTPStatus.OK)
    assert known.height == TIMES * len(PAYLOADS)
    for name in sorted(EVERY - set(NOT_LOGGED[hostile.vendor])):
        counted = dict.fromkeys(PAYLOADS, 0)
        for text in known[name].drop_nulls():
            for kinds in found(text).values():
                for kind in kinds:
                    counted[kind] += 1
        parts = PARTS.get((hostile.vendor, name), set())  # the mark may be in the part that no column holds
        counted = {kind: count for kind, count in counted.items() if kind not in parts}
        wanted = dict.fromkeys(counted, TIMES)
        assert counted == wanted, name
    result = json.loads(hostile.texts["json"])
    assert result["totals"]["records"] == hostile.records.height
    assert result["totals"]["rejected"] == len(PAYLOADS) == len(hostile.texts["rejects"].splitlines())
    clients = hostile.tables["values"].filter(pl.col("dimension") == "client")
    assert clients["records"].sum() == hostile.records.height
    assert clients.filter(pl.col("value").str.contains("zqclient"))["records"].to_list() == [TIMES] * len(
        PAYLOADS
    )
    lines = hostile.texts["parse.ndjson"].splitlines()
    assert [json.loads(line)["client"] for line in lines] == hostile.records["client"].to_list()


def test_no_cell_of_a_table_is_a_formula_and_none_breaks_out(hostile: Written) -> None:
    files = [*sorted((hostile.folder / "tables").glob("*.csv")), hostile.folder / "all.csv"]
    rows: list[list[str]] = []
    for file in files:
        with file.open(newline="", encoding="utf-8") as opened:
            rows = list(csv.reader(opened))
        assert {len(row) for row in rows} == {len(rows[0])}, file.name
        if file.stem in hostile.tables:
            assert len(rows) == hostile.tables[file.stem].height + 1
        texts = [cell for row in rows[1:] for cell in row if "zq" in cell]
        assert [cell for cell in texts if cell.startswith(FORMULA)] == [], file.name
    guarded = [cell for row in rows for cell in row if cell.startswith(tuple(f"'{sign}" for sign in FORMULA))]
    assert {kind for cell in guarded for kinds in found(cell).values() for kind in kinds} >= {
        "equals",
        "plus",
        "sum",
    }


def test_markdown_shows_texts_as_code_alone(hostile: Written) -> None:
    text = hostile.texts["md"]
    outside = re.sub(r"(?<![`\\])(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", text)
    assert {name for name in found(outside) if name != "title"} <= {"server"}
    assert re.findall(r"(?<!\\)[<>\[\]](?!https?://)", re.sub(r"<https?://[^\s<>]*>", "", outside)) == []
    assert [line for line in text.splitlines() if line.startswith("# ")][1:] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_source_of_the_page_has_the_tags_of_its_tame_twin(
    hostile: Written, tame: Written, page: str
) -> None:
    mine, twin = read(hostile.texts[page]), read(tame.texts[page])
    assert len(mine.scripts) == len(twin.scripts) == 4
    assert {tag for tag, _ in mine.tags} == {tag for tag, _ in twin.tags}
    assert {name for _, attrs in mine.tags for name in attrs} == {
        name for _, attrs in twin.tags for name in attrs
    }
    # Rows are values, and a payload that looks like a list or a longer path is another number of them.
    for tag in ("a", "script", "style", "link", "meta", "table", "h2", "h3", "option", "select", "form"):
        numbers = [sum(one == tag for one, _ in tags.tags) for tags in (mine, twin)]
        assert numbers[0] == numbers[1], tag
    assert len(hostile.texts[page].encode()) <= (400_000 if page == "html, shared" else 3_200_000)


@pytest.mark.parametrize("which", PAGES)
def test_nothing_of_a_log_runs_or_loads_in_the_browser(
    hostile: Written, tame: Written, browser: Chrome, which: str
) -> None:
    counts = []
    loaded: list[Path] = []
    page = OpenedPage(browser)
    for one in (tame, hostile):
        file = one.file(which)
        loaded = [file, *file.parent.glob("plotly-*.js")]
        assert len(loaded) == (2 if which == "html, shared" else 1)
        page.open(file.as_uri())
        assert list(page.requests()) == [file.as_uri() for file in loaded]
        assert page.console() == []
        counts.append(page.run(COUNTED))
    assert counts[1] == counts[0]
    assert page.run("return window.ran") is None
    attributes = page.run(ATTRIBUTES)
    assert [name for name, _ in attributes if name.startswith("on")] == []
    linked = [
        value for name, value in attributes if name in {"href", "src", "xlink:href", "action", "formaction"}
    ]
    beside = [file.name for file in loaded[1:]]
    assert [value for value in linked if value in beside] == beside
    assert [
        value
        for value in linked
        if value not in beside and not value.startswith(("#", "https://", "http://", "data:", "blob:"))
    ] == []
    assert [value for value in linked if "zq" in value] == []
    if hostile.vendor != "cisco_wsa":  # a proxy's hosts are those of all the web: none is offered
        options = page.run(
            "return [...document.querySelectorAll('[name=host] option')].map(one => one.value)"
        )
        chosen = [one for one in options if "zqhost" in one]
        assert chosen
        for value in chosen:  # a choice, told in words and in the address, and an address that tells it
            page.run(CHOOSE, value)
            assert page.run("return document.querySelector('.filter output').textContent").strip()
            page.run(
                "location.hash = `#zq<img src=x onerror=window.ran=9>?host=${encodeURIComponent(arguments[0])}`",
                value,
            )
    saved = page.run(SAVED)
    assert len(saved) == page.run("return document.querySelectorAll('.tools').length") > 0
    for text in browser.execute_async_script(READ, None):
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
        assert len({len(row) for row in rows}) == 1
        assert [cell for row in rows for cell in row if cell.startswith(FORMULA) and "zq" in cell] == []
    assert page.run("return window.ran") is None
    assert page.console() == []
    assert [one for one in page.requests() if not one.startswith("file:")] == []


@pytest.mark.parametrize("vendor", ["nginx", "cisco_wsa"])
def test_anonymized_outputs_hold_no_client_and_no_user_and_say_so(vendor: str, tmp_path: Path) -> None:
    made = outputs(vendor, tmp_path, options=("--anonymize",))
    texts = {
        name: made.texts[name]
        for name in ("html", "md", "json", "terminal", "doctor", "tables.csv", "rejects")
    }
    texts["tables.parquet"] = joined(iter(made.tables.values()))
    for output, text in texts.items():
        assert {"client", "user"} & set(found(text)) == set(), output
        if not output.startswith("tables"):
            assert {sign for sign in text if not sign.isprintable() and sign not in SHOWN} == set(), output
    assert {"path", "host"} <= set(found(texts["html"])) & set(found(texts["json"]))
    told = [note for note in json.loads(texts["json"])["notes"] if note["kind"] == "anonymized"]
    assert len(told) == 1
    assert "pseudonyms" in texts["terminal"]
    assert "pseudonyms" in texts["html"]
    assert made.tables["notes"]["kind"].to_list().count("anonymized") == 1
    assert len(read(texts["html"]).scripts) == 4
    clients = made.tables["values"].filter(pl.col("dimension") == "client")
    assert clients["records"].sum() == made.records.height


@pytest.mark.parametrize("kind", PAYLOADS)
def test_every_kind_stands_in_every_report_and_acts_in_none(kind: str) -> None:
    """A report shows the first of many texts: here all of them are of one kind, so that it has to stand there."""
    text, plain = payload("every", kind), mark("every", kind)
    made: tuple[tuple[Language, Assets], ...] = (("en", "inline"), ("ko", "inline"), ("en", "shared"))
    for lang, assets in made:
        page, twin = (
            reports.to_html(of_kind(one), title=one, lang=lang, assets=assets) for one in (text, plain)
        )
        assert page.count(plain) > 20
        mine, other = (read(without_commands(one, lang)) for one in (page, twin))
        assert [tag for tag, _ in mine.tags] == [tag for tag, _ in other.tags]
        names = [[sorted(set(attributes) - {"class"}) for _, attributes in one.tags] for one in (mine, other)]
        assert names[0] == names[1]
        assert {sign for sign in page if not sign.isprintable() and sign not in SHOWN} == set()
    told = reports.to_markdown(of_kind(text))
    assert told.count(plain) > 5
    assert {sign for sign in told if not sign.isprintable() and sign not in SHOWN} == set()
    outside = re.sub(r"(?<![`\\])(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", told)
    assert re.findall(r"(?<!\\)[<>\[\]](?!https?://)", re.sub(r"<https?://[^\s<>]*>", "", outside)) == []


SECRET: Final = "s3cret"  # noqa: S105  (what must not be shown)

SECRETS: Final = (
    f"/in?token={SECRET}1",
    f"/in?next=%2Fa%3Fpassword%3D{SECRET}2",
    f"/users/{SECRET}3%40example.com/orders",
    f"/b?X-Amz-Signature={SECRET}4&X-Amz-Credential={SECRET}5",
    f"/c?sv=1&sig={SECRET}6",
    f"/d/eyJhbGciOiJIUzI1NiJ9{SECRET}7.eyJzdWIiOiIxIn0{SECRET}.{SECRET}",
    f"/e?mail={SECRET}8@example.com",
    f"/f;jsessionid={SECRET}9",
)
"""Targets, each with a secret of another kind."""


@pytest.mark.parametrize("vendor", WRITERS)
def test_a_secret_is_masked_wherever_it_was_logged_and_parse_gives_it(vendor: str, tmp_path: Path) -> None:
    source = tmp_path / "access.log"
    plain = dict.fromkeys(EVERY, "word") | {"client": "192.0.2.1", "upstream": "192.0.2.80:80", "path": "/"}
    lines = [WRITERS[vendor](START + timedelta(seconds=second), 200, plain) for second in range(0, 7_200, 4)]
    for number in range(160):
        path, _, query = SECRETS[number % len(SECRETS)].partition("?")
        hidden = {
            "path": path,
            "query": query or "a=1",
            "user": f"{SECRET}0@example.com",
            "referrer": f"http://ann:{SECRET}@example.com{path}?{query}",
            "user_agent": f"tool (mailto:{SECRET}@example.com; Authorization: Bearer {SECRET})",
        }
        moment = START + timedelta(seconds=7_200 + number)
        lines.append(WRITERS[vendor](moment, 502, plain | hidden))
    lines.append(f"no line at all /x?api_key={SECRET} of {SECRET}@example.com")
    source.write_text("".join(f"{line}\n" for line in lines))
    read_ = [str(source), *asked(vendor)]
    names = [
        argument for form in ("html", "md", "json") for argument in ("-o", str(tmp_path / f"report.{form}"))
    ]
    texts = {"terminal": run(["analyze", *read_, *names, "--tables", str(tmp_path / "tables")])[1]}
    texts["doctor"] = "".join(run(["doctor", *read_]))
    texts |= {form: (tmp_path / f"report.{form}").read_text() for form in ("html", "md", "json")}
    tables = {file.stem: pl.read_parquet(file) for file in (tmp_path / "tables").glob("*.parquet")}
    texts |= {file.name: file.read_text() for file in (tmp_path / "tables").glob("*.csv")}
    texts["tables.parquet"] = joined(iter(tables.values()))
    assert {name for name, text in texts.items() if SECRET in text} == set()
    assert {
        name for name in ("html", "md", "json", "tables.parquet") if "[masked]" not in texts[name]
    } == set()
    run(["parse", *read_, "-o", str(tmp_path / "all.parquet")])
    records = pl.read_parquet(tmp_path / "all.parquet").filter(pl.col("status") != HTTPStatus.OK)
    assert records["target"].str.contains(SECRET).all()
    # What differs in its secret alone is counted as it was: masking touches what is shown, and no number.
    paths = tables["values"].filter(pl.col("dimension") == "path", pl.col("value") != "/")
    assert paths["records"].sum() == records.height


@pytest.mark.parametrize("vendor", WRITERS)
def test_a_field_of_a_megabyte_weighs_no_output_down(vendor: str, tmp_path: Path) -> None:
    source = tmp_path / "access.log"
    plain = dict.fromkeys(EVERY, "word") | {"client": "192.0.2.1", "upstream": "192.0.2.80:80", "path": "/"}
    fields = sorted(EVERY - set(NOT_LOGGED[vendor]))
    lines = [
        WRITERS[vendor](
            START + timedelta(seconds=number), 502, plain | {name: f"/{mark(name, 'one')}{'x' * LONG}"}
        )
        for number, name in enumerate(fields)
    ]
    lines += [WRITERS[vendor](START + timedelta(seconds=100 + number), 200, plain) for number in range(50)]
    source.write_text("".join(f"{line}\n" for line in lines))
    names = [
        argument for form in ("html", "md", "json") for argument in ("-o", str(tmp_path / f"report.{form}"))
    ]
    told = run(["analyze", str(source), *asked(vendor), *names, "--tables", str(tmp_path / "tables")])[1]
    sizes = {form: (tmp_path / f"report.{form}").stat().st_size for form in ("html", "md", "json")}
    assert sizes["html"] < 3_200_000
    assert sizes["md"] < 100_000
    assert sizes["json"] < 2_000_000
    assert len(told) < 10_000
    assert len(run(["doctor", str(source), *asked(vendor)])[0]) < 20_000
    for file in (tmp_path / "tables").glob("*.csv"):
        with file.open(newline="") as opened:
            csv.field_size_limit(2 * LONG)
            assert max(len(cell) for row in csv.reader(opened) for cell in row) <= LIMIT + 1, file.name
    run(["parse", str(source), *asked(vendor), "-o", str(tmp_path / "all.parquet")])
    records = pl.read_parquet(tmp_path / "all.parquet")
    assert records.height == len(lines)
    longest = records.select(pl.col(fields).str.len_chars().max()).row(0, named=True)
    # A category stands first in its verdict and is a word or two: what follows 255 characters is none of it.
    cut = {"category": 255} if vendor == "cisco_wsa" else {}
    assert {name: size for name, size in longest.items() if size < LONG} == cut
    assert json.loads((tmp_path / "report.json").read_text())["totals"]["records"] == len(lines)
