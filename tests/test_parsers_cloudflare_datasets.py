"""Cloudflare's other data sets are declined by their names, in whatever container; records of requests never are."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest

from parsers import cloudflare, cloudflare_datasets, scan

if TYPE_CHECKING:
    from pathlib import Path

SHARED = ["RayID", "ClientIP", "ClientRequestHost", "EdgeResponseStatus"]


def record(name: str, seed: int, *, share: float = 0.7) -> dict[str, object]:
    """Return a record of a data set as a job writes it: some of its fields, and some that requests have too."""
    source = random.Random(seed)
    fields = sorted(cloudflare_datasets.DATASETS[name])
    chosen = [field for field in fields if source.random() < share] or fields[:3]
    shared = SHARED if "Client" in "".join(fields) else ["RayID"]
    extra = ["EdgeStartTimestamp", "EdgeEndTimestamp"] if name == "websocket_analytics" else []
    return dict.fromkeys(source.sample(chosen + shared + extra, len(chosen + shared + extra)), "x")


CONTAINERS = {
    "lines": lambda records: "".join(json.dumps(one) + "\n" for one in records),
    "wrapped": lambda records: "".join(json.dumps({"event": one, "time": 1}) + "\n" for one in records),
    "document": lambda records: "[\n" + ",\n".join(json.dumps(one) for one in records) + "\n]\n",
    "one line": lambda records: json.dumps({"events": records}),
    "pretty": lambda records: json.dumps(records, indent=2),
    "table": lambda records: "".join(
        ",".join(one) + "\n" for one in [list(records[0]), *[["x"] * len(records[0])] * 9]
    ),
}


@pytest.mark.parametrize("name", cloudflare_datasets.DATASETS)
@pytest.mark.parametrize("container", CONTAINERS)
def test_a_data_set_is_declined_by_its_name(name: str, container: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(CONTAINERS[container]([record(name, seed) for seed in range(8)]), encoding="utf-8")
    (state,) = scan([str(path)]).states
    assert state.recognition is not None
    assert f"Cloudflare's {name} log, not http_requests" in state.recognition.evidence
    assert state.recognition.formats == ()
    assert state.problem == state.recognition.evidence


def test_web_sockets_are_not_half_read_as_requests(tmp_path: Path) -> None:
    """Their records have a time, a ray and a client: a format of requests would read them."""
    line = '{"EdgeStartTimestamp":1605873600,"RayID":"5f52","ClientIP":"192.0.2.1","ConnectionID":"a","ColoCode":"FRA"}'
    path = tmp_path / "log"
    path.write_text(f"{line}\n", encoding="utf-8")
    made = scan([str(path)])
    (batch,) = made.batches(("line",), lambda batch: batch)
    assert (batch.records.height, sum(batch.skipped.values())) == (0, 1)


@pytest.mark.parametrize("sample", [one.line for form in cloudflare.FORMATS for one in form.samples])
def test_records_of_requests_are_of_no_other_set(sample: str) -> None:
    assert cloudflare_datasets.named([sample]) is None
    # Collectors add members of their own.
    more = {"Timestamp": 1, "Host": "collector", "Source": "edge", "Type": "log"} | json.loads(sample)
    assert cloudflare_datasets.named([json.dumps(more)]) is None


@pytest.mark.parametrize(
    "lines", [[], [""], ["x"], ["[]"], ["{}"], ["[" * 5000], ['{"Type":"a"'], ["null"] * 30]
)
def test_other_lines_are_of_no_set(lines: list[str]) -> None:
    assert cloudflare_datasets.named(lines) is None


def test_the_challenge_of_a_bucket_is_skipped_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "ownership-challenge-1a2b3c.txt").write_text("0123456789abcdef\n", encoding="utf-8")
    line = (
        '{"EdgeStartTimestamp":1605873600,"RayID":"5f52","ClientIP":"192.0.2.1","EdgeResponseStatus":200}\n'
    )
    (tmp_path / "a.log").write_text(line, encoding="utf-8")
    made = scan([str(tmp_path)])
    assert [state.problem for state in made.states] == [None, None]
    recognition = made.states[1].recognition
    assert recognition is not None
    assert cloudflare_datasets.CHALLENGE in recognition.evidence
    assert [batch.records.height for batch in made.batches(("line",), lambda batch: batch)] == [1, 0]
