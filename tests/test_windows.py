"""Windows: which minutes are read again, and what the log itself then says of a finding."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest

import parsers
from loganalyzer import windows
from loganalyzer.analysis import analyze
from loganalyzer.windows import part
from parsers import source
from tests.analysis_factory import finding

if TYPE_CHECKING:
    from pathlib import Path

    from loganalyzer.analysis import Finding

FORMAT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" '
    "$host $upstream_addr"
)
DAY = datetime(2026, 3, 10, tzinfo=UTC)
AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
)


def line(at: datetime, client: str, path: str, status: int, upstream: str, agent: str = AGENT) -> str:
    return (
        f'{client} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET {path} HTTP/1.1" {status} 99 "-" "{agent}" '
        f"shop.example.com {upstream}\n"
    )


def day(fails: dict[str, object], *, share: float = 0.5, hours: int = 6) -> list[str]:
    """Return some hours of a site, in the last of which, for twenty minutes, what has all the given values fails."""
    chance = random.Random(5)
    lines = []
    for second in range(0, hours * 3_600, 2):
        at = DAY + timedelta(seconds=second)
        values = {
            "client": f"192.0.2.{chance.randint(1, 120)}",
            "path": chance.choice(["/", "/cart", "/search", f"/product/shoe-{chance.randint(1, 60)}x"]),
            "upstream": f"198.51.100.{chance.randint(1, 4)}:8080",
        }
        late = (hours - 1) * 3_600 + 600 <= second < (hours - 1) * 3_600 + 1_800
        struck = late and all(str(values[name]).startswith(str(value)) for name, value in fails.items())
        bad = struck and chance.random() < share
        lines.append(line(at, values["client"], values["path"], 502 if bad else 200, values["upstream"]))
    return lines


def found(lines: list[str], folder: Path) -> Finding:
    path = folder / "access.log"
    path.write_text("".join(lines))
    findings = analyze(parsers.scan([str(path)], log_format=FORMAT)).findings
    return next(one for one in findings if one.kind == "server-error-burst")


def test_the_upstream_that_fails_is_named(tmp_path: Path) -> None:
    (cause,) = found(day({"upstream": "198.51.100.3"}), tmp_path).causes
    assert (cause.dimension, cause.value) == ("upstream", "198.51.100.3:8080")
    assert cause.share_of_excess > 0.95
    assert 0.2 < cause.share_of_requests < 0.3


def test_names_of_one_parent_are_one_path(tmp_path: Path) -> None:
    (cause,) = found(day({"path": "/product/"}), tmp_path).causes
    assert (cause.dimension, cause.value) == ("path", "/product/{name}")


def test_one_name_among_many_is_named_by_itself(tmp_path: Path) -> None:
    lines = day({"path": "/none"})
    end = DAY + timedelta(hours=5, minutes=10)
    lines += [
        line(
            end + timedelta(seconds=10 * n),
            f"192.0.2.{n % 120 + 1}",
            "/product/shoe-7x",
            500,
            "198.51.100.2:8080",
        )
        for n in range(120)
    ]
    (cause,) = found(sorted(lines, key=lambda one: one.split("[")[1]), tmp_path).causes
    assert (cause.dimension, cause.value) == ("path", "/product/shoe-7x")


def test_what_fails_everywhere_has_no_single_cause(tmp_path: Path) -> None:
    burst = found(day({}), tmp_path)
    assert burst.examined
    assert burst.causes == ()
    assert {one.dimension for one in burst.reach} == {"path", "client", "upstream"}
    assert burst.single_client is None


def test_an_outage_that_one_client_makes_is_a_notice_with_its_name(tmp_path: Path) -> None:
    lines = day({"path": "/none"})
    start = DAY + timedelta(hours=5, minutes=10)
    lines += [
        line(start + timedelta(seconds=5 * n), "203.0.113.9", "/cart", 500, "198.51.100.2:8080", "job/1.0")
        for n in range(240)
    ]
    burst = found(sorted(lines, key=lambda one: one.split("[")[1]), tmp_path)
    assert burst.severity == "notice"
    assert burst.single_client == "203.0.113.9"
    assert [(one.dimension, one.value) for one in burst.causes] == [("client", "203.0.113.9")]


@pytest.mark.parametrize("fails", [{"upstream": "198.51.100.3"}, {"path": "/product/"}, {}])
def test_neither_chunks_nor_the_order_of_lines_change_what_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: dict[str, object]
) -> None:
    lines = day(fails)
    whole = found(lines, tmp_path)
    monkeypatch.setattr(source.Reader.chunks, "__defaults__", (40_000,))
    chunked = found(lines, tmp_path)
    random.Random(3).shuffle(lines)
    shuffled = found(lines, tmp_path)
    for other in (chunked, shuffled):
        assert other.causes == whole.causes
        assert other.reach == whole.reach
    assert chunked.evidence == whole.evidence


def test_a_part_of_a_window_says_that_it_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "EACH", 200)
    burst = found(day({"upstream": "198.51.100.3"}), tmp_path)
    assert burst.looked is not None
    assert burst.start <= burst.looked[0] < burst.looked[1] <= burst.end
    assert burst.looked[1] - burst.looked[0] <= timedelta(minutes=7)
    assert [one.value for one in burst.causes] == ["198.51.100.3:8080"]


def test_minutes_around_the_worst_are_chosen() -> None:
    minutes = pl.DataFrame({"minute": [DAY + timedelta(minutes=n) for n in range(60)], "records": [100] * 60})
    one = finding("server-error-burst", "nginx", "major", ((502, 9),))
    one = type(one)(
        **{**vars(one), "start": DAY, "end": DAY + timedelta(hours=1), "peak": DAY + timedelta(minutes=20)}
    )
    assert part(one, minutes, 6_000) == (one.start, one.end)
    assert part(one, minutes, 500) == (DAY + timedelta(minutes=18), DAY + timedelta(minutes=23))
    assert part(one, minutes, 5) == (DAY + timedelta(minutes=20), DAY + timedelta(minutes=21))


def test_a_stream_that_cannot_be_read_again_is_not_said_to_have_no_cause(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text("".join(day({"upstream": "198.51.100.3"})))
    scan = parsers.scan([str(path)], log_format=FORMAT)
    from loganalyzer.analysis import summarise  # noqa: PLC0415
    from loganalyzer.tables import COLUMNS, Tables, fold  # noqa: PLC0415

    tables = fold(scan.batches(COLUMNS, Tables.of))
    path.write_bytes(b"")
    burst = next(one for one in summarise(tables, scan).findings if one.kind == "server-error-burst")
    assert not burst.examined
    assert burst.causes == ()


Step = tuple[str, str, float]
"""A result, a user, and the seconds after the first step at which it is logged, which is how long it took."""

REFUSED: Step = ("TCP_DENIED/407", "-", 0)
PAGE: Step = ("TCP_MISS/200", '"ada@EXAMPLE"', 0.1)


def proxied(first: int, last: int, *steps: Step, clients: str = "10.0.0") -> list[tuple[float, str]]:
    """Return some minutes of a Cisco WSA, each line with its second: sixty people take the same steps in turn."""
    lines = []
    for number, second in enumerate(range(60 * first, 60 * last, 3)):
        for result, user, later in steps:
            method = "CONNECT www.example.com:443" if "TUNNEL" in result else "GET http://www.example.com/"
            answered = result.endswith("200")
            behind = "DIRECT/www.example.com -" if answered else "NONE/- -"
            decision = "DEFAULT_CASE_11-DefaultGroup" if answered else "OTHER-NONE-DefaultGroup"
            at = DAY.timestamp() + second + later
            told = f"{at:.3f} {later * 1000:.0f} {clients}.{number % 60 + 1} {result} 1800 {method} {user} {behind} "
            lines.append((at, f'{told}{decision}-NONE-NONE-NONE-NONE <-,-,-,"-",-> -\n'))
    return lines


def of_proxy(folder: Path, *lines: tuple[float, str]) -> tuple[Finding, ...]:
    path = folder / "access.log"
    path.write_text("".join(text for _, text in sorted(lines)))
    return analyze(parsers.scan([str(path)])).findings


def test_a_proxy_that_lets_nobody_in_all_day_is_told_with_its_lines(tmp_path: Path) -> None:
    """None of its records is a request, or has anything but a client and an address."""
    (surge,) = of_proxy(tmp_path, *proxied(0, 40, REFUSED))
    assert (surge.kind, surge.family, surge.shape) == ("auth-failure-surge", "407", "throughout")
    assert (surge.severity, surge.observed, surge.requests) == ("critical", 800, 800)
    assert (bool(surge.evidence), surge.evidence_total, surge.causes) == (True, 800, ())


@pytest.mark.parametrize(
    "then",
    [PAGE, ("TCP_TUNNEL/200", '"ada@EXAMPLE"', 0.4), ("TCP_TUNNEL/200", '"ada@EXAMPLE"', 1_200)],
    ids=["a page", "a tunnel", "a tunnel of twenty minutes"],
)
def test_a_proxy_that_asks_everybody_for_a_login_is_quiet(tmp_path: Path, then: Step) -> None:
    """A tunnel is logged when it ends, long after the two refusals before it."""
    assert of_proxy(tmp_path, *proxied(0, 360, REFUSED, REFUSED, then)) == ()


def test_who_got_a_tunnel_was_let_in(tmp_path: Path) -> None:
    """One line in a hundred is of a machine that cannot log in, and no other line is a request."""
    tunnels = proxied(0, 360, ("TCP_TUNNEL/200", '"ada@EXAMPLE"', 9.0))
    assert of_proxy(tmp_path, *tunnels, *proxied(0, 360, REFUSED, clients="10.0.1")[::100]) == ()
    (surge,) = of_proxy(tmp_path, *tunnels, *proxied(0, 360, REFUSED, clients="10.0.1")[::2])
    assert (surge.kind, surge.shape, surge.severity) == ("auth-failure-surge", "throughout", "major")
    assert surge.observed == 3_600
    assert surge.requests == pytest.approx(10_800, rel=0.001)


def test_a_proxy_that_lets_nobody_in_from_noon_on_is_critical(tmp_path: Path) -> None:
    """In these hours there is no request, and so none that is expected to fail."""
    (surge,) = of_proxy(tmp_path, *proxied(0, 720, PAGE), *proxied(720, 1_440, REFUSED))
    assert (surge.kind, surge.severity) == ("auth-failure-surge", "critical")
    assert (surge.observed, surge.expected, surge.requests) == (
        14_380,
        0,
        14_380,
    )  # but for the last minute's


def test_who_could_not_log_in_did_not_stay_away(tmp_path: Path) -> None:
    (surge,) = of_proxy(
        tmp_path, *proxied(0, 600, PAGE), *proxied(600, 620, REFUSED), *proxied(620, 720, PAGE)
    )
    assert (surge.kind, surge.severity, surge.observed, surge.requests) == (
        "auth-failure-surge",
        "critical",
        400,
        400,
    )
