"""Who refused behind a WSA, the appliance or the site, and by which rule? Scenes with a known owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loganalyzer.diagnosis.wsa_403 import CAUSES
from tests.scenes import Scene, cisco_wsa, many, scene, verdicts, w3c_scene

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scenes import Request

YES, NO, OPEN = "supported", "contradicted", "cannot tell"


def _of(policy: str, site: str, *rules: str, others: str = NO) -> dict[str, str]:
    return {**dict.fromkeys(CAUSES, others), **dict.fromkeys(rules, YES), "policy": policy, "site": site}


def squid(request: Request) -> str:
    """Return a line of Squid's own format, which has no decision tag."""
    return " ".join(cisco_wsa(request).split(" ", 10)[:10])


def _denied(count: int, action: str, **fields: str) -> list[Request]:
    return many(count, status=403, cache="TCP_DENIED", action=action, **fields)


SERVED = many(300, status=200)
SITE = many(60, status=403, host="files.example.net", target="/private/")

SCENES: tuple[Scene, ...] = (
    scene(
        "a category that the policy blocks",
        "cisco_wsa",
        cisco_wsa,
        [*SERVED, *_denied(60, "BLOCK_WEBCAT", category="IW_gamb", policy="Interns")],
        403,
        _of(YES, NO, "category-rule"),
    ),
    scene("a site that refuses", "cisco_wsa", cisco_wsa, [*SERVED, *SITE], 403, _of(NO, YES)),
    scene(
        "a site whose 403 comes from the appliance's cache",
        "cisco_wsa",
        cisco_wsa,
        [*SERVED, *many(60, status=403, cache="TCP_MEM_HIT")],
        403,
        _of(NO, YES),
    ),
    scene(
        "reputation and a site side by side",
        "cisco_wsa",
        cisco_wsa,
        [*SERVED, *_denied(60, "BLOCK_WBRS", category="nc"), *SITE],
        403,
        _of(YES, YES, "reputation"),
    ),
    scene(
        "malware in an answer that was fetched before it was blocked",
        "cisco_wsa",
        cisco_wsa,
        [*SERVED, *many(60, status=403, cache="TCP_MISS", action="BLOCK_AMW_RESP")],
        403,
        _of(YES, NO, "malware"),
    ),
    scene(
        "a rule on file types",
        "cisco_wsa",
        cisco_wsa,
        [*SERVED, *_denied(60, "BLOCK_ADMIN_FILE_TYPE")],
        403,
        _of(YES, NO, "admin-rule"),
    ),
    scene(
        "a warning that may be clicked through is no block of the category",
        "cisco_wsa",
        cisco_wsa,
        [*SERVED, *_denied(60, "BLOCK_CONTINUE_WEBCAT")],
        403,
        _of(YES, NO, "warning"),
    ),
    scene(
        "sites that were only monitored, and refused themselves",
        "cisco_wsa",
        cisco_wsa,
        [*SERVED, *many(60, status=403, action="MONITOR_WBRS")],
        403,
        _of(NO, YES),
    ),
    scene(
        "Squid's own format knows who refused, and not by which rule",
        "cisco_wsa",
        squid,
        [*SERVED, *many(60, status=403, cache="TCP_DENIED")],
        403,
        _of(YES, NO, others=OPEN),
    ),
    w3c_scene(
        "a W3C log without result codes and tags",
        [*SERVED, *many(60, status=403)],
        403,
        _of(OPEN, OPEN, others=OPEN),
    ),
    scene(
        "three refusals",
        "cisco_wsa",
        cisco_wsa,
        [*SERVED, *_denied(3, "BLOCK_WEBCAT")],
        403,
        _of(OPEN, OPEN, others=OPEN),
    ),
)


@pytest.mark.parametrize("story", SCENES, ids=lambda story: story.name)
def test_every_cause_is_judged_as_the_story_has_it(story: Scene, tmp_path: Path) -> None:
    found = verdicts(story, tmp_path, "wsa-403")
    assert {cause: verdict.judgement for cause, verdict in found.items()} == story.expected


def test_the_category_and_the_policy_are_those_of_the_rule(tmp_path: Path) -> None:
    requests = [
        *_denied(40, "BLOCK_WEBCAT", category="IW_gamb", policy="Interns"),
        *_denied(60, "BLOCK_WBRS", category="nc", policy="Staff"),
        *SITE,
    ]
    found = verdicts(scene("", "cisco_wsa", cisco_wsa, requests, 403, {}), tmp_path, "wsa-403")
    of_category, of_policy = dict(found["category-rule"].evidence), dict(found["policy"].evidence)
    assert (of_category["category"], of_category["policy"]) == ("IW_gamb", "Interns")
    assert (of_policy["action"], of_policy["category"], of_policy["policy"]) == ("BLOCK_WBRS", "nc", "Staff")


def test_squid_lacks_the_tag(tmp_path: Path) -> None:
    assert verdicts(SCENES[8], tmp_path, "wsa-403")["malware"].missing == ("action",)
