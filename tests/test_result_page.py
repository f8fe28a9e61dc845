"""docs/result.md names the keys that the JSON result has, and no others."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import loganalyzer
import reports

PAGE = Path(__file__).resolve().parent.parent / "docs" / "result.md"


def keys(value: Any, above: str = "") -> set[str]:  # noqa: ANN401  # JSON
    """Return the paths of all keys in a value."""
    if isinstance(value, list):
        return {path for one in value for path in keys(one, above)}
    if isinstance(value, dict):
        inner = {f"{above}.{name}": one for name, one in value.items()}
        return {*inner, *(path for path, one in inner.items() for path in keys(one, path))}
    return set()


def test_the_page_names_every_key_of_the_sections_of_numbers() -> None:
    found = re.search(r"(?s)```json\n(.*?)```", PAGE.read_text(encoding="utf-8"))
    assert found is not None
    told = json.loads(found[1])
    value = loganalyzer.analyze(
        [
            "sample_logs/cloudflare/20260310T000000Z_20260311T000000Z_3e9c1f70.log.gz",
            "sample_logs/cisco_wsa/accesslog.log",
        ]
    )
    behind = [  # in this log every answer is the origin's own
        replace(one, passed=replace(one.passed, pairs=((503, 200, 4),))) if one.passed else one
        for one in value.crossings
    ]
    made = json.loads(reports.to_json(replace(value, crossings=tuple(behind))))
    written = {name: made[name] for name in told if name != "findings"}
    beyond = {path for path in keys(written) if ".others." in path}
    assert keys(written) - beyond == keys({name: told[name] for name in written})
    assert all("again" in one for one in made["findings"])
