"""Distinct user agents → their families: Chrome, curl, Googlebot."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

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
