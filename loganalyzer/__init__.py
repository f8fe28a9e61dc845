"""HTTP access logs → what happened, what the status codes mean, and how sure that is.

>>> import loganalyzer
>>> analysis = loganalyzer.analyze(["sample_logs"])  # doctest: +SKIP
>>> loganalyzer.explain(499, vendor="nginx").reason
'Client Closed Request'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loganalyzer.knowledge import explain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loganalyzer.analysis import Analysis

__all__ = ["analyze", "explain"]


def analyze(paths: Sequence[str], *, vendor: str | None = None, max_expansion: float = 200.0) -> Analysis:
    """Read files, folders and patterns, and say what is in them.

    Parameters
    ----------
    paths: files, folders, patterns, or `-` for standard input.
    vendor: `nginx`, `apache`, `cloudflare` or `cisco_wsa`, to overrule recognition.
    max_expansion: how many times its size a compressed file may unfold to.
    """
    import parsers
    from loganalyzer.analysis import analyze as analyze_scan

    return analyze_scan(parsers.scan(paths, vendor=vendor, max_expansion=max_expansion))
