"""What a layer is of → who made its requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tests.detection.cast import address, cast_of

if TYPE_CHECKING:
    from tests.detection.happenings import Planned
    from tests.detection.site import Floats, Site

MANY: Final = 200
"""Clients that follow one dead link."""
CRAWLER: Final = "203.0.113.200"
CRON: Final = "192.0.2.50"
MONITOR: Final = "192.0.2.60"


@dataclass(frozen=True)
class Crowd:
    """Clients and the share of the requests that each makes; `answered`: they get in as well."""

    names: tuple[str, ...]
    shares: Floats
    answered: bool


def crowd_of(site: Site, act: Planned) -> Crowd:
    """Return who made the requests of a layer."""
    cast = cast_of(site)
    if act.cause is not None and act.cause.dimension == "client":
        return Crowd((act.cause.value,), np.ones(1), answered=False)
    alone = {"crawl": CRAWLER, "cron client": CRON}.get(act.name)
    if act.name == "burst":
        alone = cast.clients[act.first % len(cast.clients)]
    if alone is not None:
        return Crowd((alone,), np.ones(1), answered=True)
    if act.name == "404 of many clients":
        numbers = site.random("crowd", act.first).integers(0, 1 << 17, MANY)
        return Crowd(
            tuple(address(int(number)) for number in numbers), np.full(MANY, 1 / MANY), answered=True
        )
    return Crowd(cast.clients, cast.client_shares, answered=True)
