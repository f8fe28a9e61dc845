"""HTTP access logs → what happened, what the status codes mean, and how sure that is.

>>> import loganalyzer
>>> analysis = loganalyzer.analyze("sample_logs/nginx/combined.log")
>>> analysis.totals.records, analysis.tables["classes"].columns[:3]
(14, ['vendor', 'class', 'records'])
>>> loganalyzer.explain(499, vendor="nginx").reason
'Client Closed Request'

`docs/library.md` has more. What is imported from here stays; other modules are the program's own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from loganalyzer.knowledge import explain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo

    from loganalyzer.analysis import Analysis
    from parsers import Scan

__all__ = ["Analysis", "analyze", "explain", "scan"]


def scan(  # noqa: PLR0913  (it has as many options as the command line)
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    vendor: str | None = None,
    servers: Mapping[str, str] | None = None,
    log_format: str | None = None,
    server_config: str | None = None,
    fields: Sequence[str] | str | None = None,
    since: datetime | str | None = None,
    until: datetime | str | None = None,
    where: str | None = None,
    zone: tzinfo | None = None,
    rotated: bool = False,
    max_expansion: float = 200.0,
    spool_limit: int = 4 << 30,
    anonymize: bytes | bool = False,
) -> Scan:
    """Find what the paths stand for, and recognise whose logs they are; nothing is read but their starts.

    Parameters
    ----------
    paths: a file, a folder, a pattern, or `-` for standard input; or several of them.
    vendor: `nginx`, `apache`, `cloudflare` or `cisco_wsa`, to overrule recognition.
    servers: path as given → your name for the server that it came from.
    log_format: the server's own format text; `$variables` are nginx's, `%directives` Apache's.
    server_config: an `nginx.conf` or `httpd.conf`, whose formats are tried first.
    fields: the columns of Cloudflare's CSV output that has no header line.
    since, until: moments, or texts such as `2h ago`; other records are counted as filtered.
    where: `status>=500 path~/api`, or SQL on the canonical columns; other records are counted as filtered.
    zone: of such times as state no offset; without it the log's own, else UTC.
    rotated: whether a file means all that was rotated of its log.
    max_expansion: how many times its size a compressed file may unfold to.
    spool_limit: bytes of a stream that are kept aside for a second look.
    anonymize: True for pseudonyms with a key of this call, or a key of 16 bytes or more for the same ones every time.

    Raises
    ------
    ValueError: an unknown vendor, or a key that is too short.
    parsers.LogError: a format text, a configuration or an expression that cannot be used. A path that cannot be read
        is no exception: `Scan.errors` names it.

    Examples
    --------
    >>> import loganalyzer
    >>> found = loganalyzer.scan("sample_logs/nginx/combined.log", where="status>=400")
    >>> found.states[0].recognition.formats[0].name
    'nginx-combined'
    >>> columns = ["line", "client", "status", "path"]
    >>> frames = list(found.batches(columns, lambda batch: batch.records))
    >>> frames[0].columns
    ['line', 'client', 'status', 'path']
    """
    import secrets

    import parsers

    several = [paths] if isinstance(paths, str | os.PathLike) else paths
    names = [os.fspath(path) for path in several]
    key = secrets.token_bytes(32) if anonymize is True else anonymize or None
    return parsers.scan(
        names,
        vendor=vendor,
        servers=dict(servers) if servers else None,
        log_format=log_format,
        server_config=server_config,
        fields=fields,
        since=since,
        until=until,
        where=where,
        zone=zone,
        rotated=rotated,
        max_expansion=max_expansion,
        spool_limit=spool_limit,
        pseudonyms=parsers.Pseudonyms(key) if key else None,
    )


def analyze(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Scan,
    **options: Any,  # noqa: ANN401  (those of `scan`)
) -> Analysis:
    """Read files, folders and patterns once, and say what is in them.

    Parameters
    ----------
    paths: as `scan` takes them; or a `Scan` that was not read yet.
    options: those of `scan`; none beside a `Scan`.

    Raises
    ------
    As `scan` does. What could not be read is in `Analysis.sources`, each with its `problem`.

    Examples
    --------
    >>> import loganalyzer
    >>> analysis = loganalyzer.analyze("sample_logs/nginx/combined.log")
    >>> print(analysis)  # doctest: +ELLIPSIS
    Analysis of 1 source
      period     ...
    >>> sum(row.records for row in analysis.statuses) == analysis.totals.records
    True
    """
    from loganalyzer.analysis import analyze as analyze_scan
    from parsers import Scan

    if isinstance(paths, Scan):
        if options:
            raise TypeError("the options are those of scan(): give them there")
        return analyze_scan(paths)
    return analyze_scan(scan(paths, **options))


def __getattr__(name: str) -> object:  # Polars is imported when an analysis is asked for, not before
    if name == "Analysis":
        from loganalyzer.analysis import Analysis

        return Analysis
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
