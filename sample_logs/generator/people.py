"""Who asks: browsers, programs, and their addresses, all from networks set aside for documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sample_logs.generator.day import Popular, dice

if TYPE_CHECKING:
    from random import Random

OFFICE_EXIT = "192.0.2.254"  # the office's way out: what the shop sees of everybody there
MONITOR = "192.0.2.250"
WORKER_EXIT = "2001:db8:c::1"


@dataclass(frozen=True, slots=True)
class Visitor:
    """One client and what the edge knows about it."""

    address: str
    agent: str
    protocol: str = "HTTP/2"
    country: str = "de"
    network: int = 64496
    user: str = "-"


_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X)"
_ANDROID = "Mozilla/5.0 (Linux; Android 10; K)"
_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{0}.0.0.0{1} Safari/537.36"
BROWSERS = Popular(
    [
        f"{_WINDOWS} {_CHROME.format(145, '')}",
        f"{_ANDROID} {_CHROME.format(145, ' Mobile')}",
        f"{_IPHONE} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.3 Mobile/15E148 Safari/604.1",
        f"{_WINDOWS} {_CHROME.format(145, '')} Edg/145.0.0.0",
        f"{_MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.3 Safari/605.1.15",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:148.0) Gecko/20100101 Firefox/148.0",
        f"{_MAC} {_CHROME.format(144, '')}",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        f"{_ANDROID} {_CHROME.format(142, ' Mobile')}",
        f"{_WINDOWS} {_CHROME.format(109, '')}",
    ],
    slope=0.9,
)
OFFICE_BROWSERS = Popular(
    [
        f"{_WINDOWS} {_CHROME.format(144, '')} Edg/144.0.0.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ],
)
ROBOT = Visitor(
    "203.0.113.210",
    "Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example.org/about)",
    protocol="HTTP/1.1",
    country="us",
    network=64511,
)
WATCHER = Visitor(MONITOR, "example-monitor/1.4", protocol="HTTP/1.1")
PARTNERS = (
    Visitor("192.0.2.20", "okhttp/5.1.0", user="partner-north"),
    Visitor("192.0.2.21", "python-requests/2.32.5", protocol="HTTP/1.1", user="partner-south"),
    Visitor("192.0.2.22", "Java-http-client/21.0.6", user="partner-west"),
)
_SCANNER_AGENTS = (
    "Mozilla/5.0 zgrab/0.x",
    "-",
    "python-requests/2.32.5",
    "Mozilla/5.0 (compatible; survey.example.net/1.0)",
    "Go-http-client/1.1",
)
_COUNTRIES = Popular(
    [
        ("de", 64496),
        ("de", 64497),
        ("fr", 64498),
        ("nl", 64499),
        ("us", 64500),
        ("gb", 64501),
        ("kr", 64502),
        ("at", 64503),
    ],
    slope=0.8,
)
IPV6_RANGES = ((0x100, 0x900), (1, 0xFF), (1, 0xFFFF))
APPLICATION_AGENTS = (
    "ExampleShop/7.2 (Android 16)",
    "ExampleShop/7.2 (iOS 26.3)",
    "ExampleShop/6.9 (Android 14)",
)


def public() -> list[Visitor]:
    """Return the shop's visitors: 420 from IPv4 networks, 380 from IPv6, half of them on HTTP/2."""
    chance = dice("public")
    addresses = [f"198.51.100.{last}" for last in range(1, 251)]
    addresses += [f"203.0.113.{last}" for last in range(1, 171)]
    for _ in range(380):
        site, network, machine = (chance.randrange(low, high) for low, high in IPV6_RANGES)
        addresses.append(f"2001:db8:{site:x}:{network:x}::{machine:x}")
    chance.shuffle(addresses)
    visitors = []
    for address in addresses:
        country, network = _COUNTRIES.pick(chance)
        protocol = chance.choice(("HTTP/2", "HTTP/2", "HTTP/3", "HTTP/1.1"))
        visitors.append(Visitor(address, BROWSERS.pick(chance), protocol, country, network))
    return visitors


def scanner(chance: Random) -> Visitor:
    """Return one of the strangers who look for doors; they change address often."""
    address = f"203.0.113.{chance.randrange(215, 253)}"
    country = chance.choice(("us", "xx", "nl"))
    return Visitor(address, chance.choice(_SCANNER_AGENTS), "HTTP/1.1", country, 64505)
