"""malformed-400: what came instead of a request where a web server answered 400.

Why it matters
    A TLS hello on a plain port is a link or a proxy that speaks to the wrong port, or a scanner; an empty or broken
    line is a probe or a broken client. Neither says anything about the application.
How it is judged
    By the request as it was logged: the first bytes of a TLS handshake, nothing, a line that is no request, or an
    address that no request may have (blanks, a broken escape, a way above the root).
Sources
    nginx's source and Apache's manual; what the documents say of 400.
Cannot be told
    In a log without the request line or its protocol. Where a format logs method and address apart, nginx leaves both
    empty of a line that it cannot read, so that a broken line looks like none. Apache logs plain HTTP on a TLS port as
    `GET / HTTP/1.0`, like a real request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loganalyzer.diagnosis.parts import PART, of_part, untold
from loganalyzer.diagnosis.verdict import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loganalyzer.diagnosis.case import Case
    from loganalyzer.diagnosis.verdict import Verdict

NAME: Final = "malformed-400"

_SYNTAX: Final = ("mdn-errors-excerpt", "mdn-client-server-errors", "http-status-overview", "standard")

CAUSES: Final = {
    "tls-hello": ("nginx-source", "apache-manual"),
    "no-request-line": ("nginx-source", "standard"),
    "malformed-line": (*_SYNTAX, "nginx-source", "apache-manual"),
}

_MARKS: Final = (
    ("tls-hello", ("tls",), r"target ~ '^(\\x16|\x16)'"),
    ("no-request-line", ("empty",), "(target is null or target = '')"),
    ("malformed-line", ("odd", "simple", "faulty"), "target is not null"),
)


def _ask(case: Case) -> Iterator[Verdict]:
    known = case.knowing("method", "target", "protocol")
    for cause, requests, where in _MARKS:
        if known.records == 0:
            yield untold(NAME, cause, case, "method", "target", "protocol", where=f"status = {case.status}")
            continue
        yield of_part(NAME, cause, known, known.count(pl.col("request").is_in(requests)), PART, where)


QUESTION: Final = Question(NAME, frozenset({400}), frozenset({"nginx", "apache"}), CAUSES, _ask)
