r"""Head of a source → the formats that read it, and the evidence for the choice.

nginx and Apache write the same `combined` line. What tells them apart is how they escape (`\x5C` or `\\`), what they
leave out (`-` for no bytes), statuses that only one of them has, the error log next door and the name of the folder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from parsers import (
    apache,
    cisco_w3c,
    cisco_wsa,
    cloudflare,
    cloudflare_csv,
    cloudflare_datasets,
    engine,
    foreign,
    nginx,
)
from parsers.envelopes import ENVELOPES, joined
from parsers.errors import FormatError
from parsers.schema import SCHEMA
from parsers.source import STDIN
from parsers.spec import CsvFormat, JsonFormat, LineFormat

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from parsers.configured import Told
    from parsers.envelopes import Envelope
    from parsers.spec import Declared, Format

FORMATS: Final[tuple[Declared, ...]] = (
    *nginx.FORMATS,
    *apache.FORMATS,
    *cloudflare.FORMATS,
    *cisco_wsa.FORMATS,
)
"""Every known format; within a vendor the stricter ones first: each takes what those before it refused."""

_BY_VENDOR: Final[Mapping[str, tuple[Declared, ...]]] = {
    vendor: tuple(form for form in FORMATS if form.vendor == vendor)
    for vendor in dict.fromkeys(form.vendor for form in FORMATS)
}

LOOSE: Final = frozenset(form.name for form in FORMATS if isinstance(form, LineFormat) and form.loose)
"""Formats that read what is broken: they join a choice, they never make it."""

SAMPLE_LINES: Final = 500
PROBES: Final = 60
"""Lines, spread over those looked at, by which a format is ruled out."""

ENOUGH: Final = 0.25
"""Share of the sampled lines that a vendor's formats must read; a log with more junk needs `--vendor`."""

# Content that only one of the two can have written: (vendor, what it holds, pattern over the raw head, what it shows).
# Heads that do not hold the bytes are not searched: of these patterns each would be tried at every place.
# A client may send `\\x5C` or `\\x1b` as text: nginx then writes `\\x5C` for the backslash, Apache doubles it.
_TELLING: Final = (
    ("nginx", rb"\x", rb"[^\\]\\x(?:[0-9][A-F]|[A-F][0-9A-F])", "upper-case escapes such as \\x5C"),
    ("nginx", b"", rb'" (?:499|444|494|495|496|497) \d', "statuses that only nginx has"),
    ("nginx", b"", rb'\] "" 400 0 ', 'an empty request logged as ""'),
    ("nginx", b"", rb'(?m)" \d+\.\d{3}\r?$', "a duration with three decimals"),
    ("apache", b'\\"', rb'[^\\](?:\\\\)*\\"', 'quotes escaped as \\"'),
    ("apache", b"", rb"\\\\", "backslashes escaped as \\\\"),
    ("apache", rb"\x", rb"[^\\]\\x(?:[0-9][a-f]|[a-f][0-9a-f])", "lower-case escapes such as \\x1b"),
    ("apache", b"", rb'" \d{3} -(?: "|\r?\n)', "a missing size written as -"),
    (
        "apache",
        b"internal dummy connection",
        rb"(?m)^(?:\S+ )?(?:::1|127\.0\.0\.1) - - .*\(internal dummy connection\)\"\r?$",
        "Apache's internal dummy connection",
    ),
)

_PLAIN: Final = frozenset({nginx.COMBINED.name, apache.COMBINED.name, apache.COMMON.name})
"""What other programs write just so."""

_FOREIGN: Final = "not an access log of these vendors: looks like {}"

_FIELDS: Final = [name for name in SCHEMA if name not in {"source", "line", "vendor", "server", "format"}]
"""The columns that a line alone decides."""

_NAMES: Final = (
    ("nginx", re.compile(r"nginx|openresty|ingress", re.IGNORECASE)),
    ("apache", re.compile(r"apache|httpd|^(?:ssl_)?access_log(?:$|[-.])|^other_vhosts", re.IGNORECASE)),
)

_ERROR_LOGS: Final = (
    ("nginx", re.compile(rb"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[")),
    ("apache", re.compile(rb"^\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d ")),
)

_TWINS: Final = ("nginx", "apache")
"""Vendors that write the same lines."""

_TITLES: Final = {"nginx": "nginx", "apache": "Apache", "cloudflare": "Cloudflare", "cisco_wsa": "Cisco WSA"}


@dataclass(frozen=True)
class Recognition:
    """What a source was taken for.

    `formats`: none when it was declined, else the format that reads most lines, then its relatives. `evidence` says
    why, in a sentence. `certain` is false where nothing told nginx from Apache: a neighbour may settle it. `declined`
    tells a source that holds something else from one that holds nothing. `envelope`: what every line stands in.
    `offsets_s`: offsets from UTC, in seconds, that stamps of the lines looked at state; 0 for stamps without one.
    `header`: the first `#Fields:` line of a W3C log, or the line that names the columns of a table.
    """

    formats: tuple[Format, ...]
    evidence: str
    certain: bool = True
    declined: bool = False
    envelope: Envelope | None = None
    offsets_s: frozenset[int] = frozenset()
    header: str | None = None

    @property
    def vendor(self) -> str | None:
        """The vendor, null when declined."""
        return self.formats[0].vendor if self.formats else None


def recognise(
    head: bytes,
    path: str,
    vendor: str | None = None,
    told: Told | None = None,
    fields: tuple[str, ...] | None = None,
) -> Recognition:
    """Choose the formats of a source from its first lines.

    Parameters
    ----------
    head: whole lines from the start of the source, at most a chunk of them.
    path: where it lies; its name and an error log beside it are evidence.
    vendor: the caller's word, which ends the choice of vendor.
    told: formats that the caller gave: theirs is the first word on a log that they name or read.
    fields: names that the caller gave to the columns of Cloudflare's CSV output.
    """
    lines = _sample(head)
    if told is not None and (known := _as_told(lines, path, told)):
        return known
    if vendor is None and (lines.height == 0 or cloudflare_datasets.challenge(path)):
        return _other(cloudflare_datasets.CHALLENGE) if lines.height else Recognition((), "no lines")
    if vendor in {None, "cloudflare"} and (table := _table(lines, fields, told=vendor is not None)):
        return (
            table if vendor or not (name := cloudflare_datasets.named(lines[engine.TEXT])) else _other(name)
        )
    if vendor in {None, "cisco_wsa"} and (w3c := _w3c(lines, told=vendor is not None)):
        return w3c
    bare = _choose(lines, head, path, vendor)
    if bare.formats and vendor is None and bare.formats[0].name not in LOOSE:
        return bare
    return _unwrapped(lines, bare, path, vendor)


def readily(heads: Sequence[tuple[bytes, str]]) -> list[Recognition | None]:
    """Recognise many sources at once, each as `recognise` does without a caller's word, where that is plain.

    Plain are those whose every line is read by the first format of its vendor, as in a folder of small files: what
    costs is to ask, not the lines, so that their lines are asked together. Null for a source that is not plain.

    Parameters
    ----------
    heads: of each source whole lines from its start, and its path.
    """
    texts = [_texts(head) for head, _ in heads]
    heights = np.array([len(text) for text in texts], np.int64)
    begins = np.cumsum(heights) - heights
    lines = _numbered([line for text in texts for line in text])
    owner = np.repeat(np.arange(heights.size), heights)

    def sources(rows: pl.Series) -> NDArray[np.int64]:
        return np.bincount(owner[rows.to_numpy()], minlength=heights.size)

    first = lines.filter(pl.Series(np.isin(np.arange(lines.height), begins[heights > 0])))
    # A vendor none of whose formats fits the first line does not read all of them.
    begun = first[engine.TEXT].to_list()
    starts = {
        vendor: sources(_fitting(first, [form for form in formats if _may_read(form, begun)])) > 0
        for vendor, formats in _BY_VENDOR.items()
    }
    both = starts["nginx"] | starts["apache"]
    taken = {}
    for vendor, formats in _BY_VENDOR.items():
        asked = both if vendor in _TWINS else starts[vendor]
        theirs = lines.filter(pl.Series(asked[owner]))
        taken[vendor] = engine.parse(theirs, formats[:1], ("timestamp",)).records[engine.ROW]
    read = {vendor: sources(rows) for vendor, rows in taken.items()}
    mixed = {}
    for vendor, twin in zip(_TWINS, reversed(_TWINS), strict=True):
        left = lines.filter(pl.Series(((read[twin] == heights) & (read[vendor] < heights))[owner]))
        left = left.filter(~pl.col(engine.ROW).is_in(taken[vendor].implode()))
        others = [form for form in _BY_VENDOR[vendor][1:] if form.name not in LOOSE]
        mixed[vendor] = sources(_fitting(left, others)) > 0
    near = foreign.near(lines[engine.TEXT], owner, heights)
    return [
        None
        if near[number] or not text or cloudflare_datasets.challenge(path)
        else _plain(
            text,
            head,
            path,
            [vendor for vendor, those in starts.items() if those[number]],
            {vendor: int(counts[number]) for vendor, counts in read.items()},
            [vendor for vendor, those in mixed.items() if those[number]],
        )
        for number, (text, (head, path)) in enumerate(zip(texts, heads, strict=True))
    ]


def _fitting(lines: pl.DataFrame, formats: Sequence[Format]) -> pl.Series:
    """Return the rows that some of the formats fits, be it with a time that cannot be."""
    parsed = engine.parse(lines, formats, ("timestamp",))
    bad = parsed.rejects.filter(pl.col("reason").is_in([engine.IMPOSSIBLE_TIME, engine.OUT_OF_RANGE]))
    return pl.concat([parsed.records[engine.ROW], bad[engine.ROW]])


def _plain(
    texts: list[str],
    head: bytes,
    path: str,
    possible: Sequence[str],
    read: Mapping[str, int],
    mixed: Sequence[str],
) -> Recognition | None:
    """Choose for a source of which `read` lines are each vendor's first format's; null where that is not plain.

    Parameters
    ----------
    possible: vendors of which some format fits the first line.
    mixed: vendors of which other formats fit lines that the first does not, where its twin's first one reads all.
    """
    height = len(texts)
    whole = [vendor for vendor in possible if read[vendor] == height]
    fits = {vendor: _whole(vendor, height) for vendor in whole}
    if set(_TWINS).intersection(whole):
        # Of a twin that reads less it is said how much.
        fits |= {vendor: _part(vendor, texts, read[vendor], mixed) for vendor in _TWINS if vendor not in fits}
    if (
        not whole
        or set(possible) - set(fits)
        or len([fit for fit in fits.values() if fit.strict == height]) > len(whole)
    ):
        return None
    if cisco_w3c.header_of(texts) is not None or _table(_numbered(texts), None, told=False) is not None:
        return None
    if len(whole) == 1:
        made = _recognition(fits[whole[0]], height, _rival_reason(whole[0], fits))
    elif set(whole) == set(_TWINS) and _are_twins(whole):
        chosen, reason, certain = _told_apart(head, path)
        made = _recognition(fits[chosen], height, reason, certain=certain)
    else:
        return None
    return None if made.formats[0].name in _PLAIN and _by_other_path(path) else made


def _part(vendor: str, texts: list[str], read: int, mixed: Sequence[str]) -> _Fit:
    """Return what a vendor's formats make of lines of which its first format reads some."""
    formats = _BY_VENDOR[vendor]
    if vendor not in mixed and (not read or _may_read(formats[0], _probes(texts))):
        return _Fit(formats, {formats[0].name: read} if read else {}, 0)
    return _fit(_numbered(texts), formats)


def _whole(vendor: str, height: int) -> _Fit:
    """Return what a vendor's formats make of lines that all are its first format's."""
    formats = _BY_VENDOR[vendor]
    return _Fit(formats, {formats[0].name: height}, 0)


def _are_twins(vendors: Sequence[str]) -> bool:
    """Whether the first formats of vendors are laid out alike, so that neither keeps more of a line."""
    layouts = {_layout(_BY_VENDOR[vendor][0]) for vendor in vendors}
    return len(layouts) == 1 and None not in layouts


def tabled(
    head: bytes, path: str, vendor: str | None, told: Told | None, fields: tuple[str, ...] | None
) -> CsvFormat | None:
    """Return the format of a table that `recognise` takes a source for; null for other logs."""
    if told is not None:
        formats = recognise(head, path, vendor, told, fields).formats
        return next((form for form in formats if isinstance(form, CsvFormat)), None)
    lines = _sample(head)
    if vendor not in {None, "cloudflare"} or (vendor is None and cloudflare_datasets.challenge(path)):
        return None
    table = _table(lines, fields, told=vendor is not None) if lines.height or vendor else None
    if table is None or (vendor is None and cloudflare_datasets.named(lines[engine.TEXT])):
        return None
    return next((form for form in table.formats if isinstance(form, CsvFormat)), None)


def _unwrapped(lines: pl.DataFrame, bare: Recognition, path: str, vendor: str | None) -> Recognition:
    """Choose for what stands in envelopes where that is better than `bare`, which was chosen without."""
    mangled = bool(bare.formats) and bare.formats[0].name in LOOSE
    name: str | None = None
    for envelope in _envelopes(lines):
        inner = joined(lines, envelope, "")[0].filter(pl.col(engine.TEXT).is_not_null())
        text = "\n".join(inner[engine.TEXT]).encode()
        inside = _choose(inner, text, path, vendor)
        whole = bool(inside.formats) and inside.formats[0].name not in LOOSE
        better = _reads(inside, inner) > _reads(bare, lines) if bare.formats and inside.formats else True
        if inside.formats and (better or (mangled and whole)):
            return replace(inside, evidence=f"{inside.evidence}; behind {envelope.title}", envelope=envelope)
        if name is None and (found := foreign.named(inner[engine.TEXT])):
            name = f"{found}, behind {envelope.title}"
        elif name is None and envelope.sure:
            name = f"lines of another program behind {envelope.title}"
    if bare.formats or name is None or foreign.named(lines[engine.TEXT]):
        return bare
    return replace(bare, evidence=_FOREIGN.format(name))


def _envelopes(lines: pl.DataFrame) -> Iterator[Envelope]:
    """Yield the envelopes that most lines look to stand in."""
    for envelope in ENVELOPES:
        alike = lines.filter(pl.col(engine.TEXT).str.contains(envelope.looks))[engine.TEXT]
        if alike.len() > foreign.MOST * lines.height:
            # Who collects logs may have taken the line ends away: then not every line is a piece of another.
            whole = envelope.piece is None or not alike.str.contains(envelope.piece).all()
            yield envelope if whole else replace(envelope, piece=None)


def _other(name: str) -> Recognition:
    return Recognition((), _FOREIGN.format(name), declined=True)


def _table(lines: pl.DataFrame, fields: tuple[str, ...] | None, *, told: bool) -> Recognition | None:
    """Return what the first lines say of a table of Cloudflare's; null for other logs."""
    if not told and (name := cloudflare_datasets.named(lines[engine.TEXT])):
        return _other(name)
    found = cloudflare_csv.recognised(lines[engine.TEXT].to_list(), fields)
    if found is None:
        return None
    if found.form is None:
        return Recognition((), found.evidence, declined=True)
    parsed = cloudflare_csv.parse(lines, found.form, found.header or "", ("timestamp",))
    height = lines.height - parsed.joined - sum(parsed.skipped.values())
    evidence = (
        f"{found.form.title} fits {parsed.records.height:,} of {height:,} lines looked at; {found.evidence}"
    )
    return Recognition((found.form,), evidence, header=found.header)


def _w3c(lines: pl.DataFrame, *, told: bool) -> Recognition | None:
    """Return what the `#Fields:` line of a WSA's W3C log makes of it; null for other logs, and for a mere header."""
    header = cisco_w3c.header_of(lines[engine.TEXT].to_list(), told=told)
    if header is None:
        return None
    try:
        form = cisco_w3c.compile_header(header)
    except FormatError as error:
        if lines[engine.TEXT].str.starts_with("#").all():
            return None
        return Recognition((), f"a Cisco WSA W3C log that cannot be read: {error}", declined=True)
    relatives = (cisco_wsa.ACCESS,)
    parsed = cisco_w3c.parse(lines, "", relatives, ("timestamp",))
    read = parsed.records.height
    if not read and not parsed.rejects.height:
        evidence = f"only comments and banners so far; their {cisco_w3c.DIRECTIVE} line is a Cisco WSA's"
        return Recognition((form, *relatives), evidence, header=header)
    evidence = f"{form.title} fits {read:,} of {lines.height:,} lines looked at; its {cisco_w3c.DIRECTIVE} line says so"
    return Recognition((form, *relatives), evidence, header=header)


def _as_told(lines: pl.DataFrame, path: str, told: Told) -> Recognition | None:
    """Return what the caller's format text or configuration makes of a source, null where it says nothing of it."""
    vendor = told.formats[0].vendor
    relatives = tuple(form for form in FORMATS if form.vendor == vendor) if told.relatives else ()
    named = told.of(path)
    best, read, envelope = None, 0, None
    for wrap in (None, *_envelopes(lines)):
        inner = joined(lines, wrap, "")[0].filter(pl.col(engine.TEXT).is_not_null()) if wrap else lines
        for form in named or told.formats:
            found = engine.parse(inner, (form,), ("timestamp",)).records.height
            if found > read:
                best, read, envelope = form, found, wrap
    if best is None and told.relatives:
        return None
    best = best or told.formats[0]
    others = tuple(form for form in relatives if form.name != best.name and form.name not in LOOSE)
    evidence = f"{best.title} fits {read:,} of {lines.height:,} lines looked at; {told.reason(best)}"
    return Recognition((best, *others), evidence, envelope=envelope)


def _reads(recognition: Recognition, lines: pl.DataFrame) -> int:
    """Return how many of the lines a recognition's formats read."""
    return engine.parse(lines, recognition.formats, ("timestamp",)).records.height


def _choose(lines: pl.DataFrame, head: bytes, path: str, vendor: str | None) -> Recognition:
    """Choose for lines that stand in no envelope, or no longer."""
    if vendor is None and (name := foreign.named(lines[engine.TEXT], near=True)):
        return _other(name)
    fits = {name: _fit(lines, _BY_VENDOR[name]) for name in ([vendor] if vendor else _BY_VENDOR)}
    best = max(fits.values(), key=lambda fit: (fit.strict, fit.read, fit.skipped))
    if vendor:
        return _recognition(fits[vendor], lines.height, "the vendor was given")
    if not best.read and best.skipped == lines.height and not foreign.named(lines[engine.TEXT]):
        return _only_comments(head, path, fits, best)
    if not best.read or best.read < ENOUGH * (lines.height - best.skipped):
        return Recognition((), _declined(lines, best), declined=True)
    rivals = [name for name, fit in fits.items() if (fit.strict, fit.read) == (best.strict, best.read)]
    if len(rivals) == 1:
        made = _recognition(fits[rivals[0]], lines.height, _rival_reason(rivals[0], fits))
    elif "cisco_wsa" in rivals:  # to others a result such as TCP_MISS:HIER_DIRECT is one more field
        made = _recognition(fits["cisco_wsa"], lines.height, "a proxy's results end the lines")
    else:
        chosen, reason, certain = _told_apart(head, path)
        if not certain and (richer := _richer(lines, {name: fits[name] for name in rivals})):
            chosen, reason, certain = (
                richer,
                f"{_TITLES[richer]}'s say most of what stands in the lines",
                True,
            )
        made = _recognition(fits[chosen], lines.height, reason, certain=certain)
    if made.formats[0].name in _PLAIN and (name := _by_other_path(path)):
        evidence = f"{_FOREIGN.format(name)}, as its path says (--vendor apache reads it all the same)"
        return Recognition((), evidence, declined=True)
    return _with_guests(made, lines, fits)


def _by_other_path(path: str) -> str | None:
    """Name the program that the path names, where nothing there speaks for nginx or Apache."""
    if path == STDIN or _by_neighbour(path) or _by_name(path):
        return None
    return foreign.by_path(path)


def _richer(lines: pl.DataFrame, fits: Mapping[str, _Fit]) -> str | None:
    """Return the vendor whose formats keep more fields of the lines than any other's, null where two keep as many."""
    every = {vendor: [form for form in fit.formats if form.name in fit.taken] for vendor, fit in fits.items()}
    layouts = {_layout(form) for tried in every.values() for form in tried}
    if len(layouts) == 1 and None not in layouts:
        return None  # twins: what one keeps the other keeps
    kept = {}
    for vendor, tried in every.items():
        records = engine.parse(lines, tried, _FIELDS).records
        kept[vendor] = sum(records.height - column.null_count() for column in records.select(_FIELDS))
    first, *others = sorted(kept, key=lambda name: -kept[name])
    return first if not others or kept[first] > kept[others[0]] else None


def _with_guests(made: Recognition, lines: pl.DataFrame, fits: dict[str, _Fit]) -> Recognition:
    """Add the formats of other vendors that read lines which the chosen vendor's do not: a file may mix."""
    taken = engine.parse(lines, made.formats, ("timestamp",))
    left = lines.filter(~pl.col(engine.ROW).is_in(taken.records[engine.ROW].implode()))
    if left.height == 0:
        return made
    guests: list[Format] = []
    said = []
    for vendor, fit in fits.items():
        if vendor == made.vendor or {vendor, made.vendor} == {"nginx", "apache"}:
            continue  # those two cannot be told apart line by line
        strict = [form for form in fit.formats if form.name not in LOOSE]
        if read := engine.parse(left, strict, ("timestamp",)).records.height:
            guests += strict
            said.append(f"{read:,} lines are {_TITLES[vendor]}'s")
    # Before the loose formats, which would take what is not theirs.
    own = [form for form in made.formats if form.name not in LOOSE]
    loose = [form for form in made.formats if form.name in LOOSE]
    if not guests:
        return made
    return replace(made, formats=(*own, *guests, *loose), evidence=f"{made.evidence}; {', '.join(said)}")


def _recognition(fit: _Fit, height: int, reason: str, *, certain: bool = True) -> Recognition:
    titles = {form.name: form.title for form in fit.formats}
    others = [
        f"{count:,} fit {titles[name]}" for name, count in fit.taken.items() if name != fit.formats[0].name
    ]
    evidence = "; ".join(
        [f"{fit.formats[0].title} fits {fit.first:,} of {height:,} lines looked at", *others, reason]
    )
    return Recognition(fit.formats, evidence, certain)


def _only_comments(head: bytes, path: str, fits: dict[str, _Fit], best: _Fit) -> Recognition:
    """Choose for a source that holds no request: a log that was opened and not used is one all the same."""
    said = "only comments and banners so far"
    if [fit for fit in fits.values() if fit.skipped == best.skipped] == [best] or b"AsyncOS" in head:
        return Recognition(fits["cisco_wsa"].formats, f"{said}; they are those of Cisco's AsyncOS")
    chosen, reason, certain = _told_apart(head, path)
    return Recognition(fits[chosen].formats, f"{said}; {reason}", certain)


@dataclass(frozen=True)
class _Fit:
    """What a vendor's formats make of the lines: `taken` is name → lines that are its, `skipped` are comments."""

    formats: tuple[Format, ...]
    taken: Mapping[str, int]
    skipped: int

    @property
    def read(self) -> int:
        """Return how many lines any of the formats reads."""
        return sum(self.taken.values())

    @property
    def strict(self) -> int:
        """Return how many lines are read by others than the loose formats."""
        return sum(count for name, count in self.taken.items() if name not in LOOSE)

    @property
    def first(self) -> int:
        """Return how many lines are the first format's."""
        return self.taken.get(self.formats[0].name, 0)


def _sample(head: bytes) -> pl.DataFrame:
    return _numbered(_texts(head))


def _texts(head: bytes) -> list[str]:
    text = head.decode("utf-8", "replace").split("\n", SAMPLE_LINES)[:SAMPLE_LINES]
    return [line.removesuffix("\r") for line in text if line.strip()]


def _numbered(texts: list[str]) -> pl.DataFrame:
    return pl.DataFrame({engine.TEXT: texts}, schema={engine.TEXT: pl.String}).with_row_index(engine.ROW)


def _fit(lines: pl.DataFrame, formats: Sequence[Format]) -> _Fit:
    """Count what a vendor's formats read of the lines, and order them by it."""
    probes = _probes(lines[engine.TEXT].to_list())
    likely = [form for form in formats if _may_read(form, probes)]
    if not likely:
        _, counted = engine.set_aside(lines, formats)
        return _Fit(tuple(formats), {}, sum(counted.values()))
    read = engine.parse(lines, likely, ("timestamp",), skips=formats)
    skipped = sum(read.skipped.values())
    height = read.records.height
    if not height:
        return _Fit(tuple(formats), {}, skipped)
    names = read.records["format"].unique().to_list()
    if len(names) == 1 and names[0] == likely[0].name == formats[0].name:  # no other could read more
        return _Fit(tuple(formats), {names[0]: height}, skipped)
    rows = {
        form.name: set(engine.parse(lines, (form,), ("timestamp",)).records[engine.ROW]) for form in likely
    }
    order = _ordered([form for form in formats if form.name not in LOOSE], rows)
    loose = [form for form in formats if form.name in LOOSE]
    # A log wrapped or mangled as a whole is read by the loose format alone: it leads then.
    whole = [*loose, *order] if loose and not rows.get(order[0].name) else [*order, *loose]
    taken = engine.parse(lines, [form for form in whole if rows.get(form.name)], ("timestamp",))
    return _Fit(tuple(whole), _counted(taken.records), skipped)


def _probes(texts: Sequence[str]) -> Sequence[str]:
    return texts[:: max(1, len(texts) // PROBES)]


def _counted(records: pl.DataFrame) -> dict[str, int]:
    """Return name of a format → the records that it made, the most first."""
    counts = records["format"].value_counts(sort=True).rows()
    return dict(sorted(counts, key=lambda item: (-item[1], item[0])))


def _ordered(formats: Sequence[Format], rows: Mapping[str, set[int]]) -> list[Format]:
    """Order formats by the lines that they read; but one that keeps less of a line stands behind those that read more.

    `rows`: name → the lines that a format reads alone. An open format takes any tail and keeps little of it: where
    another reads the same lines with their fields, that one comes first, however few they are.
    """
    order = sorted(
        formats, key=lambda form: -len(rows.get(form.name, ()))
    )  # stable: as declared among equals
    closed = [form for form in order if not engine.is_open(form)]
    made: list[Format] = []
    for form in order:
        if engine.is_open(form):
            mine = rows.get(form.name, set())
            made += [one for one in closed if one not in made and mine & rows.get(one.name, set())]
        if form not in made:
            made.append(form)
    return made


def _may_read(form: Format, probes: Sequence[str]) -> bool:
    """Whether a format reads one of a few lines: most formats are out of the question, and trying them costs."""
    if isinstance(form, JsonFormat):
        return any(line.lstrip().startswith("{") for line in probes)
    if isinstance(form, CsvFormat):
        return True
    pattern = probing(engine.pattern_of(form))
    return pattern is None or any(pattern.search(line) for line in probes)


@lru_cache(maxsize=256)
def probing(pattern: str) -> re.Pattern[str] | None:
    """Return the pattern for `re`, null where it is one that only the Rust engine reads."""
    try:
        return re.compile(re.sub(r"\(\?-u:", "(?:", pattern))
    except re.error:
        return None


def _rival_reason(chosen: str, fits: dict[str, _Fit]) -> str:
    other = {"nginx": "apache", "apache": "nginx"}.get(chosen)
    if other and fits[other].strict:
        return f"{_TITLES[other]}'s would fit {fits[other].strict:,}"
    return "no other vendor writes this"


def _told_apart(head: bytes, path: str) -> tuple[str, str, bool]:
    """Return vendor, reason and whether anything spoke for it."""
    for votes in (_by_content(head), _by_neighbour(path), _by_name(path)):
        ahead = sorted(votes, key=lambda name: -len(votes[name]))
        if ahead and (len(ahead) == 1 or len(votes[ahead[0]]) > len(votes[ahead[1]])):
            rival = _TITLES["apache" if ahead[0] == "nginx" else "nginx"]
            return ahead[0], f"{_TITLES[ahead[0]]} rather than {rival}: {', '.join(votes[ahead[0]])}", True
    return "nginx", "nothing tells nginx from Apache here: read as nginx (--vendor apache overrules)", False


def _by_content(head: bytes) -> dict[str, list[str]]:
    votes: dict[str, list[str]] = {}
    for vendor, held, pattern, shows in _TELLING:
        if held in head and re.search(pattern, head):
            votes.setdefault(vendor, []).append(shows)
    return votes


def _by_neighbour(path: str) -> dict[str, list[str]]:
    if path == STDIN:
        return {}
    return {vendor: list(said) for vendor, said in _error_logs(Path(path).parent)}


@lru_cache(maxsize=8)
def _error_logs(folder: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return whose error logs lie in a folder; thousands of logs may lie there, and ask the same."""
    return tuple((vendor, tuple(said)) for vendor, said in _votes(folder).items())


def _votes(folder: Path) -> dict[str, list[str]]:
    votes: dict[str, list[str]] = {}
    try:
        names = sorted(name for name in folder.iterdir() if name.name.startswith("error"))[:4]
        for name in names:
            if name.is_file():
                with name.open("rb") as stream:
                    first = stream.read(64)
                for vendor, pattern in _ERROR_LOGS:
                    if pattern.match(first):
                        votes.setdefault(vendor, []).append(f"its error log {name.name} lies beside it")
    except OSError:  # a folder that may not be listed is no evidence
        return votes
    return votes


def _by_name(path: str) -> dict[str, list[str]]:
    if path == STDIN:
        return {}
    parts = Path(path).absolute().parts[-3:]
    return {
        vendor: [f"the path says so ({next(part for part in reversed(parts) if pattern.search(part))})"]
        for vendor, pattern in _NAMES
        if any(pattern.search(part) for part in parts)
    }


def settle(recognitions: Sequence[tuple[str, Recognition]]) -> list[Recognition]:
    """Let files that nothing could tell apart follow the files of the same folder that were told apart.

    Where those disagree among themselves they settle nothing.
    """
    known: dict[Path, dict[str, str]] = {}
    for path, recognition in recognitions:
        if recognition.certain and recognition.vendor in {"nginx", "apache"}:
            known.setdefault(_folder(path), {}).setdefault(recognition.vendor, Path(path).name)
    return [
        recognition if recognition.certain else _after(recognition, known.get(_folder(path), {}))
        for path, recognition in recognitions
    ]


def _folder(path: str) -> Path:
    return Path(path).absolute().parent


def _after(recognition: Recognition, neighbours: dict[str, str]) -> Recognition:
    """Return a recognition that follows its neighbours: vendor → the name of the file that says so."""
    if len(neighbours) != 1:
        return recognition
    ((vendor, name),) = neighbours.items()
    formats = recognition.formats
    if vendor != recognition.vendor:
        theirs = [form for form in FORMATS if form.vendor == vendor]
        twins = [form for form in theirs if _layout(form) == _layout(formats[0])]
        formats = (*twins, *(form for form in theirs if form not in twins))
    fits = recognition.evidence.split(";", 1)[0].replace(recognition.formats[0].title, formats[0].title)
    evidence = f"{fits}; {_TITLES[vendor]} as its neighbour {name}"
    return replace(recognition, formats=formats, evidence=evidence, certain=True)


def _layout(form: Format) -> str | None:
    """Return the order of fields; null for the loose formats, each vendor's only one without a template."""
    return form.template if isinstance(form, LineFormat) else None


def _declined(lines: pl.DataFrame, best: _Fit) -> str:
    if name := foreign.named(lines[engine.TEXT]):
        return _FOREIGN.format(name)
    if best.read:
        return (
            f"not recognised: the nearest, {best.formats[0].title}, reads {best.read:,} of {lines.height:,} lines "
            "(--vendor reads it all the same)"
        )
    unknown = "not recognised as an access log of nginx, Apache, Cloudflare or Cisco WSA"
    if lines[engine.TEXT].str.contains(r"^\s*\{.*\}\s*$").sum() > foreign.MOST * lines.height:
        return f'{unknown}: JSON whose names say too little (--log-format \'{{"…":"$status",…}}\' tells nginx\'s)'
    return unknown
