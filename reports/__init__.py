"""Analysis → a report as text: an HTML page, the JSON result, or a short version in Markdown.

>>> import loganalyzer, reports
>>> analysis = loganalyzer.analyze("sample_logs/nginx/combined.log")
>>> reports.to_markdown(analysis, title="Shop").splitlines()[0]
'# Shop'
>>> reports.to_html(analysis, lang="ko")[:15]
'<!doctype html>'
"""

from __future__ import annotations

from datetime import UTC, timezone, tzinfo
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from loganalyzer.analysis import Analysis
    from reports.assets import Assets, Script
    from reports.catalogue import Language

NAME: Final = "loganalyzer"

FORMATS: Final = ("html", "json", "md")
"""What a report can be written as; also the suffixes of its files."""


def render(
    analysis: Analysis,
    format: str,  # noqa: A002  (the option of the command line)
    *,
    title: str | None = None,
    lang: Language = "en",
    zone: tzinfo = UTC,
    version: str = "",
    assets: Assets = "inline",
) -> str:
    """Return a report; equal input gives an equal text.

    Parameters
    ----------
    analysis: what to tell.
    format: one of `FORMATS`.
    title: heads the page; ours where none is given. The JSON result has none.
    lang: of everything but the words of the log.
    zone: of the times in words; the JSON result states UTC beside them.
    version: of the program that writes.
    assets: `shared` for an HTML page beside which the file of `shared_script` lies.

    Raises
    ------
    ValueError: an unknown format.
    """
    # Imported late: the command line asks for FORMATS before it knows whether anything is to be rendered.
    from reports import markdown, page, result  # noqa: PLC0415
    from reports.filters import filters  # noqa: PLC0415
    from reports.logtext import mask  # noqa: PLC0415
    from reports.sections import sections  # noqa: PLC0415
    from reports.words import Words  # noqa: PLC0415

    words = Words(lang, zone)
    if format == "json":
        return result.result(analysis, words, version)
    headed = mask(title) if title else words("page.title")
    made_by = words("page.made_by", name=NAME, version=version).strip()
    if format == "html":
        chosen = filters(analysis, words)
        return page.page(sections(analysis, words), headed, words, made_by, chosen, assets=assets)
    if format == "md":
        return markdown.markdown(sections(analysis, words), headed, words, made_by)
    raise ValueError(f"unknown format {format!r}: choose one of {', '.join(FORMATS)}")


def to_html(
    analysis: Analysis,
    *,
    title: str | None = None,
    lang: Language = "en",
    zone: tzinfo | None = None,
    version: str = "",
    assets: Assets = "inline",
) -> str:
    """Return the whole report as one HTML page, which loads nothing.

    Parameters
    ----------
    analysis: what `loganalyzer.analyze` returned.
    title: heads the page; ours where none is given.
    lang: `en` or `ko`.
    zone: of the times; without it the one offset from UTC that the log states, else UTC.
    version: of the program, for the foot of the page.
    assets: `inline`, or `shared` for a page of at most 400 kB in a folder of them: its figures are drawn by the one
        file of `shared_script` beside it, which is all that it loads.
    """
    zone = zone or _zone(analysis)
    return render(analysis, "html", title=title, lang=lang, zone=zone, version=version, assets=assets)


def shared_script() -> Script:
    """Return name and content of the file that lies beside pages made with `assets="shared"`."""
    from reports.assets import script  # noqa: PLC0415

    return script()


def to_markdown(
    analysis: Analysis,
    *,
    title: str | None = None,
    lang: Language = "en",
    zone: tzinfo | None = None,
    version: str = "",
) -> str:
    """Return the short version for a ticket; parameters as of `to_html`."""
    return render(analysis, "md", title=title, lang=lang, zone=zone or _zone(analysis), version=version)


def to_json(analysis: Analysis, *, lang: Language = "en", version: str = "") -> str:
    """Return the JSON result, schema version 1: all times are UTC, `lang` is that of its sentences."""
    return render(analysis, "json", lang=lang, version=version)


def to_tables(analysis: Analysis, *, lang: Language = "en") -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield name and frame of every table as `analyze --tables` writes it: secrets masked, with sentences."""
    from reports import tables  # noqa: PLC0415
    from reports.words import Words  # noqa: PLC0415

    return ((export.name, tables.frame(export, analysis, Words(lang))) for export in tables.EXPORTS)


def _zone(analysis: Analysis) -> tzinfo:
    return timezone(analysis.offset) if analysis.offset else UTC


def prepare(assets: Assets = "inline") -> None:
    """Do ahead what every HTML page needs; it may run in a thread while the logs are read."""
    from reports import page  # noqa: PLC0415

    page.prepare(assets)
