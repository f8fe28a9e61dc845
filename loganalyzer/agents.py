"""Distinct user agents → their families: Chrome, curl, Googlebot; and what kind of program each says it is."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ua_parser.regex import Resolver

LONGEST: Final = 512
"""Characters of an agent that are looked at: browsers stay below 300, and what is longer was made to be long."""

_PRODUCT: Final = re.compile(r"[A-Za-z][\w.+-]{0,63}", re.ASCII)
"""The name that an agent begins with, for those that no rule knows: `kube-probe/1.28` is kube-probe."""


@cache
def _resolver() -> Resolver:
    """Return the rules for agents alone, without those for devices and systems, which take ten times as long to make.

    Of ua-parser's engines the one in Rust: its expressions run in time linear in the text, whatever a stranger writes;
    Python's own would backtrack, and take a second to compile: the lazy rules are never compiled for it.
    """
    from ua_parser.loaders import load_lazy_builtins  # noqa: PLC0415  # rare: only with findings
    from ua_parser.regex import Resolver  # noqa: PLC0415  # rare: only with findings

    agents, _, _ = load_lazy_builtins()
    return Resolver((agents, [], []))


def families(agents: Iterable[str]) -> dict[str, str]:
    """Return the family of each agent that has one.

    >>> families(["curl/8.5.0", "kube-probe/1.28", "-"])
    {'curl/8.5.0': 'curl', 'kube-probe/1.28': 'kube-probe'}
    """
    from ua_parser.core import Domain  # noqa: PLC0415  # rare: only with findings

    resolve, found = _resolver(), {}
    for agent in agents:
        text = agent[:LONGEST]
        known = resolve(text, Domain.USER_AGENT).user_agent
        if known is not None:
            found[agent] = known.family
        elif product := _PRODUCT.match(text):
            found[agent] = product[0]
    return found


NAME: Final = 64
"""Characters of a name that are kept."""

KINDS: Final = ("browser", "bot", "tool", "scanner", "other")
"""What an agent says it is. Nobody verifies it: a scanner may call itself a browser, and anybody Googlebot."""

_SCANNER: Final = (
    r"(?i)(acunetix|arachni|burp|censysinspect|dirbuster|dirsearch|expanse|feroxbuster|ffuf|gobuster|httpx|internet-?measurement|"
    r"jaeles|l9explore|leakix|masscan|nessus|netsparker|nikto|nmap|nuclei|openvas|qualys|shodan|sqlmap|wfuzz|wpscan|zgrab)"
)
"""Programs that look for holes, by the names that they give themselves."""

_BOT: Final = (
    r"(?i)(?:^|[^a-z0-9])([a-z][0-9a-z_.!-]*?(?:bot|crawl(?:er)?|spider|monitor|uptime)(?:[_-][a-z]+)?"
    r"|facebookexternalhit|slurp|bingpreview|mediapartners-google|ia_archiver|kube-probe|pingdom|feedfetcher-google"
    r"|googleother|bot|crawler|spider)(?:[^a-z0-9]|$)"
)
"""What says in its name that it is a machine: crawlers, previews, monitors, probes."""

_BROWSERS: Final = (
    ("Edge", r"Edge?(?:A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrom(?:e|ium)/|CriOS/"),
    ("Safari", r"Safari/"),
    ("Internet Explorer", r"MSIE |Trident/"),
)
"""Browsers by what each alone writes, in this order: most of them also name those below."""

_MOZILLA: Final = r"^(?:Mozilla|Opera)/[0-9]"


def programs(agents: pl.Series) -> pl.DataFrame:
    """Return `kind` (of `KINDS`) and `program` of each agent, String; a bot, a tool or a scanner by its own name.

    Not by `families`, which know every browser by its version: to load their rules takes longer than all of this, and a
    table of who fails needs no more than a name.

    >>> programs(pl.Series(["curl/8.5.0", "Mozilla/5.0 (compatible; Googlebot/2.1)"])).rows()
    [('tool', 'curl'), ('bot', 'Googlebot')]
    """
    text = pl.col("agent").str.slice(0, LONGEST)
    scanner, bot = text.str.extract(_SCANNER), text.str.extract(_BOT)
    mozilla = text.str.contains(_MOZILLA)
    product = text.str.extract(r"^([A-Za-z][0-9A-Za-z_.!-]*)")
    browser = pl.lit(None, pl.String())
    for name, pattern in _BROWSERS[::-1]:
        browser = pl.when(text.str.contains(pattern)).then(pl.lit(name)).otherwise(browser)
    kind = (
        pl.when(scanner.is_not_null())
        .then(pl.lit("scanner"))
        .when(bot.is_not_null())
        .then(pl.lit("bot"))
        .when(mozilla & browser.is_not_null())
        .then(pl.lit("browser"))
        .when(~mozilla & product.is_not_null())
        .then(pl.lit("tool"))
        .otherwise(pl.lit("other"))
    )
    program = pl.coalesce(scanner, bot, pl.when(mozilla).then(browser), product)
    return agents.alias("agent").to_frame().select(kind=kind, program=program.str.slice(0, NAME))
