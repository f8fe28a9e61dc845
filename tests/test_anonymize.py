"""--anonymize: no address and no user's name of a log in anything that is written; the same pseudonym everywhere."""

from __future__ import annotations

import doctest
import json
import re
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import loganalyzer
import parsers
import reports
from loganalyzer.cli import main
from loganalyzer.networks import network
from parsers import pseudonyms
from parsers.pseudonyms import PSEUDONYM, Pseudonyms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

KEY = b"a key for the tests alone"

ADDRESSES = st.one_of(
    st.tuples(st.sampled_from(["192.0.2", "198.51.100", "203.0.113"]), st.integers(1, 254)).map(
        lambda parts: f"{parts[0]}.{parts[1]}"
    ),
    st.integers(1, 0xFFFF).map(lambda number: f"2001:db8:{number:x}::{number:x}"),
    st.integers(1, 999).map(lambda number: f"dsl-{number}.clients.example.net"),
)
NAMES = st.tuples(
    st.sampled_from(["", "CORP\\", "corp "]),
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=8).map(lambda name: f"zq{name}"),
    st.sampled_from(["", "@example.com", "'s"]),
).map("".join)


def log(clients: list[str], users: list[str]) -> Iterator[str]:
    """Yield lines in which names stand in every place that has any, and in which single clients misbehave."""
    agents = ("Mozilla/5.0 Chrome/120.0.0.0", f"bot for {clients[0]}", f"curl as {users[0]}")
    for number in range(240):
        client, user = clients[number % len(clients)], users[number % len(users)]
        other, account = (
            users[(number + 1) % len(users)],
            users[number % len(users)].split("\\")[-1].split("@")[0],
        )
        target = (
            "/",
            f"/~{account}/",
            f"/who/{clients[number % 3 % len(clients)]}/x",
            f"/login?user={other.replace(' ', '%20')}",
            f"/a?ip={client.replace(':', '%3A')}&for=%20{account.replace(' ', '+')}",
        )[number % 5]
        who, status = (user, 200) if number % 3 else ("-", 404 if number % 2 else 401)
        stamp = f"10/Mar/2026:12:{number // 60:02}:{number % 60:02} +0000"
        yield (
            f'{client} - {who} [{stamp}] "GET {target} HTTP/1.1" {status} 5 "https://shop.example.com/{account}" '
            f'"{agents[number % 3]}" 0.{number:03}'
        )
    for number in range(120):  # a scan, named by its client; a login that never ends
        stamp = f"10/Mar/2026:12:05:{number // 2:02} +0000"
        name = users[-1].replace(" ", "_")
        yield f'{clients[-1]} - - [{stamp}] "GET /{name}/{number}x.php HTTP/1.1" 404 5 "-" "x" 0.001'
        yield f'{clients[0]} - {users[0]} [{stamp}] "GET /private HTTP/1.1" 401 5 "-" "x" 0.001'
    yield f"{clients[0]} {users[0]} is no line of a log"
    yield f'{clients[-1]} - {users[-1]} [99/Xyz/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"'


def leaks(written: str, clients: Iterable[str], users: Iterable[str]) -> list[str]:
    """Return the addresses and names that stand in a text, in whatever way."""
    folded = written.lower()
    forms = {form for client in clients for form in (client, client.replace(":", "%3a"))}
    found = [form for form in forms if form in folded]
    for user in users:
        account = user.split("\\")[-1].split("@")[0].removesuffix("'s").removeprefix("corp ")
        found += re.findall(rf"(?<![a-z]){re.escape(account)}(?![a-z])", folded)
    return found


def written(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name of every file below a folder and the text in it."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path)
            yield path.name, "\n".join(str(value) for row in frame.iter_rows() for value in row)
        elif path.is_file():
            yield path.name, path.read_text()


@settings(
    max_examples=12, phases=[Phase.explicit, Phase.generate]
)  # to shrink what takes seconds takes minutes
@given(
    clients=st.lists(ADDRESSES, min_size=2, max_size=6, unique=True),
    users=st.lists(NAMES, min_size=2, max_size=5, unique_by=lambda name: name.split("\\")[-1].split("@")[0]),
)
def test_nothing_that_is_written_names_anybody(
    clients: list[str], users: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("anonymous")
    source, out = folder / "access.log", folder / "out"
    out.mkdir()
    source.write_text("".join(f"{line}\n" for line in log(clients, users)))
    files = [f"{out}/page.html", f"{out}/ko.md", f"{out}/result.json"]
    outputs = [part for file in files for part in ("-o", file)]
    call = ["analyze", str(source), "--anonymize", "--vendor", "nginx"]
    assert main([*call, *outputs, "--tables", f"{out}/tables"]) == 0
    records = ["parse", str(source), "--anonymize", "--vendor", "nginx", "--rejects", f"{out}/rejects.ndjson"]
    assert main([*records, "-o", f"{out}/records.csv", "--quiet"]) == 0
    assert {name: found for name, text in written(out) if (found := leaks(text, clients, users))} == {}


def test_the_terminal_and_the_doctor_name_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clients, users = ["192.0.2.7", "2001:db8::9"], ["zqann", "CORP\\zqbob"]
    source = tmp_path / "access.log"
    source.write_text("".join(f"{line}\n" for line in log(clients, users)))
    assert main(["analyze", str(source), "--anonymize", "-o", "-", "--format", "md"]) == 0
    assert main(["doctor", str(source), "--anonymize", "--suggest"]) == 0
    assert main(["doctor", str(source), "--anonymize", "--json"]) == 0
    odd = tmp_path / "odd.log"
    odd.write_text("".join(f"192.0.2.7|zqann|{n}|2026-03-10T12:00:{n:02}Z|/x|200\n" for n in range(60)))
    main(["doctor", str(odd), "--anonymize", "--suggest"])
    told = capsys.readouterr()
    assert leaks(told.out + told.err, clients, users) == []
    assert "client-" in told.out
    assert "999.9.9.9" in told.out


def test_one_client_has_one_pseudonym_in_every_part_of_a_report(tmp_path: Path) -> None:
    clients, users = ["192.0.2.7", "192.0.2.8", "198.51.100.9"], ["zqann", "zqbob"]
    source = tmp_path / "access.log"
    source.write_text("".join(f"{line}\n" for line in log(clients, users)))
    analysis = loganalyzer.analyze(source, anonymize=KEY, vendor="nginx")
    hidden = Pseudonyms(KEY)
    scan = next(one for one in analysis.findings if one.kind == "not-found-scan")
    assert scan.client == hidden.client("198.51.100.9")
    assert {one.text.split(" ", 1)[0] for one in scan.evidence} == {scan.client}
    assert scan.client in analysis.tables["clients"]["client"].to_list()
    assert scan.client in reports.to_html(analysis)
    result = json.loads(reports.to_json(analysis))
    assert scan.client in {one["client"] for one in result["findings"]}
    assert analysis.speeds  # their routes are paths
    assert "anonymized" in {note["kind"] for note in result["notes"]}
    commands = [
        check for one in result["diagnosis"] for check in one["checks"] if check.startswith("loganalyzer")
    ]
    assert commands
    assert all(check.endswith("--anonymize") and not PSEUDONYM.search(check) for check in commands)


def test_routes_that_are_slow_name_nobody(tmp_path: Path) -> None:
    source = tmp_path / "access.log"
    line = '192.0.2.7 - {} [10/Mar/2026:12:00:{:02} +0000] "GET /~zqann/in HTTP/1.1" 200 5 "-" "x" 0.{:03}\n'
    source.write_text("".join(line.format("-" if n else "zqann", n % 60, n) for n in range(300)))
    (speed,) = loganalyzer.analyze(source, anonymize=KEY).speeds
    assert [one.route for one in speed.routes] == [f"/~{Pseudonyms(KEY).user('zqann')}/in"]


def test_what_is_found_is_the_same(tmp_path: Path) -> None:
    source = tmp_path / "access.log"
    clients = [f"192.0.2.{number}" for number in range(1, 60)]
    source.write_text("".join(f"{line}\n" for line in log(clients, ["zqann", "zqbob"])))
    plain, hidden = (loganalyzer.analyze(source, anonymize=key) for key in (False, KEY))
    assert [(one.kind, one.start, one.observed, one.score) for one in plain.findings] == [
        (one.kind, one.start, one.observed, one.score) for one in hidden.findings
    ]
    assert plain.totals == hidden.totals
    assert plain.statuses == hidden.statuses
    assert [len(one.causes) for one in plain.findings] == [len(one.causes) for one in hidden.findings]


def test_a_key_makes_pseudonyms_that_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, key = tmp_path / "access.log", tmp_path / "key"
    source.write_text('192.0.2.7 - zqann [10/Mar/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5\n')
    key.write_bytes(KEY + b"\n")
    parse = ["parse", str(source), "--columns", "client,user", "--quiet"]

    def records(*options: str) -> str:
        assert main([*parse, *options]) == 0
        return capsys.readouterr().out

    with_file = records("--anonymize-key", str(key))
    assert with_file == records("--anonymize", "--anonymize-key", str(key))
    monkeypatch.setenv("LOGANALYZER_ANONYMIZE_KEY", KEY.decode())
    assert records("--anonymize") == with_file
    monkeypatch.delenv("LOGANALYZER_ANONYMIZE_KEY")
    assert records("--anonymize") != with_file != records()
    key.write_bytes(b"short")
    assert main([*parse, "--anonymize-key", str(key)]) == 2
    assert main([*parse, "--anonymize-key", str(tmp_path / "none")]) == 2
    assert "5 bytes are no key" in capsys.readouterr().err


def test_what_is_wanted_is_chosen_by_what_was_logged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "access.log"
    line = '{} - - [10/Mar/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5\n'
    source.write_text(line.format("192.0.2.7") + line.format("192.0.2.8"))
    call = [
        "parse",
        str(source),
        "--anonymize",
        "--where",
        "client=192.0.2.7",
        "--columns",
        "line",
        "--quiet",
    ]
    assert main(call) == 0
    assert capsys.readouterr().out == '{"line":1}\n'


def test_pseudonyms_keep_networks_apart_and_together() -> None:
    hidden = Pseudonyms(KEY)
    names = [
        hidden.client(one) for one in ("192.0.2.7", "192.0.2.8", "198.51.100.7", "::ffff:192.0.2.7", "host7")
    ]
    networks = pl.select(network(pl.lit(pl.Series(names)))).to_series().to_list()
    assert networks[0] == networks[1] != networks[2]
    assert names[3] == names[0]
    assert networks[4] is None
    assert len({*names}) == 4
    assert all(PSEUDONYM.fullmatch(name) for name in names)
    assert all(PSEUDONYM.fullmatch(name) for name in networks[:3])
    assert Pseudonyms(b"another key of some bytes").client("192.0.2.7") != names[0]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Mozilla/5.0 Chrome/120.0.0.0", True),
        ("/version/1.2.3", True),
        ("12:30:45", True),
        ("/who/192.0.2.7", False),
        ("192.0.2.7:8080, 198.51.100.1", False),
        ("ip=192%2E0%2E2%2E7", False),
        ("[2001:DB8::1]:443", False),
        ("a=2001%3Adb8%3A%3A1&b", False),
    ],
)
def test_addresses_in_other_texts(text: str, left: bool) -> None:  # noqa: FBT001
    (made,) = Pseudonyms(KEY).without_addresses(pl.Series([text])).to_list()
    assert (made == text) is left
    if not left:
        assert "192" not in made
        assert "8::1" not in made.lower()
        assert PSEUDONYM.search(made)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="15 bytes"):
        Pseudonyms(b"fifteen bytes..")


def test_more_names_than_are_kept_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pseudonyms, "NAMES", 1)
    source = tmp_path / "access.log"
    source.write_text("".join(f"{line}\n" for line in log(["192.0.2.7"], ["zqann", "zqbob"])))
    analysis = loganalyzer.analyze(source, anonymize=KEY)
    assert "anonymized-bounded" in {note.kind for note in analysis.notes}


def test_examples() -> None:
    assert doctest.testmod(pseudonyms).failed == 0
    assert "Pseudonyms" in parsers.__all__
