"""The checkout itself: its top level, what no file may hold, pinned versions, manners of the sample logs."""

from __future__ import annotations

import gzip
import importlib.metadata
import ipaddress
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import require

ROOT = Path(__file__).resolve().parent.parent

TOP_LEVEL = {
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "constraints.txt",
    "docs",
    "loganalyzer",
    "parsers",
    "pyproject.toml",
    "reports",
    "sample_logs",
    "tests",
}

# Written in pieces, so that this file is not a hit itself.
MACHINE_PATH = re.compile(
    r"(?:^|[\s\"'`=(:])/" + r"(?:tmp|root|home/\w+|work/(?:main|shared))(?:/|\b)", re.MULTILINE
)
PACKAGE_HOST = re.compile(
    "|".join(("pypi" + r"\.org", "python" + "hosted", "anaconda" + r"\.org", "index" + "-url"))
)

SAMPLE_LIMIT = 3_000_000  # bytes; every clone carries them

DOCUMENTATION = [
    ipaddress.ip_network(network)
    for network in (
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "2001:db8::/32",
        "127.0.0.0/8",
        "::1/128",
    )
]  # and loopback, from where Apache calls itself
# A version such as Chrome/120.0.0.0 has the shape of an address: the name and the slash tell it apart.
IPV4 = re.compile(r"(?<![\w.])(?<!\w/)\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")
IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:.])")


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Return every file that git tracks and that is still there, relative to the root."""
    require("a git checkout", ROOT / ".git")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [Path(name) for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    """Return a tracked file's text, inflated where it is gzip; odd bytes are replaced."""
    data = (ROOT / path).read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "replace")


def addresses(text: str) -> set[str]:
    """Return what reads as an IP address: `addresses("a 192.0.2.1 Chrome/1.2.3.4 12:00:00")` is the first."""
    found = set()
    for candidate in set(IPV4.findall(text)) | set(IPV6.findall(text)):
        try:
            found.add(str(ipaddress.ip_address(candidate)))
        except ValueError:
            continue
    return found


def test_the_top_level_is_the_agreed_one(tracked: list[Path]) -> None:
    stray = {path.parts[0] for path in tracked} - TOP_LEVEL
    assert {name for name in stray if not name.startswith(".")} == set()


def test_no_package_hides_a_real_one(tracked: list[Path]) -> None:
    shadows = [path for path in tracked if path.parts[:2] in {("tests", "parsers"), ("tests", "reports")}]
    assert shadows == []


def test_no_file_names_a_place_on_one_machine(tracked: list[Path]) -> None:
    logs = {"sample_logs", "golden"}  # there such a path is a visitor's request
    hits = [
        f"{path}: {hit.group().strip()}"
        for path in tracked
        if not (logs & set(path.parts) and path.suffix != ".py")
        for hit in MACHINE_PATH.finditer(text_of(path))
    ]
    assert hits == []


def test_no_file_names_a_package_host(tracked: list[Path]) -> None:
    hits = [f"{path}: {hit.group()}" for path in tracked for hit in PACKAGE_HOST.finditer(text_of(path))]
    assert hits == []


def constraints() -> dict[str, str]:
    """Return the pinned version of each distribution, by its normal name."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [re.fullmatch(r"([\w.-]+)==([\w.]+)", line) for line in lines if not line.startswith("#")]
    assert all(pins), "every line is a comment or name==version"
    return {canonicalize_name(pin[1]): pin[2] for pin in pins if pin}


def needed() -> set[str]:
    """Return the normal names of all that the program and its tests need here, however indirectly."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    todo = [
        Requirement(line) for line in [*project["dependencies"], *project["optional-dependencies"]["test"]]
    ]
    seen: dict[str, set[str]] = {}
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        if name in seen and requirement.extras <= seen[name]:
            continue
        seen.setdefault(name, set()).update(requirement.extras)
        environments = [{"extra": extra} for extra in ("", *requirement.extras)]
        todo += [
            child
            for child in map(Requirement, importlib.metadata.requires(name) or [])
            if child.marker is None or any(child.marker.evaluate(environment) for environment in environments)
        ]
    return set(seen)


def test_every_dependency_is_pinned() -> None:
    assert needed() - constraints().keys() == set()


def test_pins_satisfy_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pins = constraints()
    for line in [*project["dependencies"], *project["optional-dependencies"]["test"]]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), line


def test_sample_logs_are_small(tracked: list[Path]) -> None:
    samples = [path for path in tracked if path.parts[0] == "sample_logs"]
    assert sum((ROOT / path).stat().st_size for path in samples) <= SAMPLE_LIMIT


def test_sample_logs_hold_documentation_addresses_only(tracked: list[Path]) -> None:
    samples = [path for path in tracked if path.parts[0] == "sample_logs" and path.suffix != ".py"]
    foreign = {
        address: str(path)
        for path in samples
        for address in addresses(text_of(path))
        if not any(ipaddress.ip_address(address) in network for network in DOCUMENTATION)
    }
    assert foreign == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1 - - [10/Oct/2000:13:55:36 +0000]", {"192.0.2.1"}),
        ('"Mozilla/5.0 Chrome/120.0.0.0 Safari/537.36"', set()),
        (
            '{"ClientIP":"2001:db8::7","Ray":"7a::"} to http://203.0.113.5:8080/',
            {"2001:db8::7", "7a::", "203.0.113.5"},
        ),
        ("999.1.1.1 and 1.2.3 and 12:34:56", set()),
    ],
)
def test_addresses_are_told_from_versions_and_times(text: str, expected: set[str]) -> None:
    assert addresses(text) == expected
