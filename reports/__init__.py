"""Analysis → a report as text: an HTML page, the JSON result, or a short version in Markdown."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from loganalyzer.analysis import Analysis
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

    Raises
    ------
    ValueError: an unknown format.
    """
    # Imported late: the command line asks for FORMATS before it knows whether anything is to be rendered.
    from reports import markdown, page, result  # noqa: PLC0415
    from reports.logtext import mask  # noqa: PLC0415
    from reports.sections import sections  # noqa: PLC0415
    from reports.words import Words  # noqa: PLC0415

    words = Words(lang, zone)
    if format == "json":
        return result.result(analysis, words, version)
    headed = mask(title) if title else words("page.title")
    made_by = words("page.made_by", name=NAME, version=version).strip()
    if format == "html":
        return page.page(sections(analysis, words), headed, words, made_by)
    if format == "md":
        return markdown.markdown(sections(analysis, words), headed, words, made_by)
    raise ValueError(f"unknown format {format!r}: choose one of {', '.join(FORMATS)}")


def prepare() -> None:
    """Do ahead what every HTML page needs; it may run in a thread while the logs are read."""
    from reports import page  # noqa: PLC0415

    page.prepare()
