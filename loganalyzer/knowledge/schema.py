"""The data files → what is wrong with them, file and entry named; checked whenever the program is built, and in tests.

The types in `library` are the schema. Beside them: a file is named after its id, its entries are sorted, its texts are
there in both languages, and it is written in one form, so that a change shows as itself.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from loganalyzer.knowledge.library import Document, Language, Row, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER: Final = Path(__file__).with_name("documents")
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
HANGUL: Final = re.compile("[가-힣]")
STATUSES: Final = range(1000)
"""Three digits: what a log can hold, also where it is no status of HTTP."""


def problems(folder: Path = FOLDER) -> Iterator[str]:
    """Yield one line for everything that is wrong with the data files in a folder, in order of their names."""
    for file in sorted(folder.iterdir()):
        for problem in of_file(file):
            yield f"{file.name}: {problem}"


def of_file(file: Path) -> Iterator[str]:
    """Yield what is wrong with one data file."""
    if file.suffix != ".json":
        yield "only data files (.json) belong here"
        return
    try:
        text = file.read_text(encoding="utf-8")
        held = json.loads(text, object_pairs_hook=_object)
    except ValueError as error:  # not UTF-8, not JSON, or a key given twice
        yield f"cannot be read: {error}"
        return
    found = list(_mistyped(held, Document, ""))
    yield from found
    if found:
        return
    document: Document = held
    if document["id"] != file.stem:
        yield f"id: {document['id']!r} is not the name of the file"
    yield from _order(document["entries"])
    for row in document["entries"]:
        for problem in _uneven(row):
            yield f"{_name(row)}: {problem}"
    if text != json.dumps(held, ensure_ascii=False, indent=2) + "\n":
        yield "is not written as json.dumps(..., ensure_ascii=False, indent=2) and a line break write it"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON, of which a key that stands twice would hide a value."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for number, (key, _) in enumerate(pairs) if key in dict(pairs[:number]))
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def _mistyped(value: object, wanted: Any, place: str) -> Iterator[str]:  # noqa: ANN401  (any form of a type)
    """Yield where a value is not of the type that is wanted."""
    form, of = get_origin(wanted), get_args(wanted)
    if form in {Union, UnionType}:  # of a type and null
        if value is not None:
            yield from _mistyped(value, next(one for one in of if one is not NoneType), place)
    elif is_typeddict(wanted):
        yield from _keys(value, get_type_hints(wanted, include_extras=True), place)
    elif form is dict:
        yield from _keys(value, dict.fromkeys(get_args(of[0]), of[1]), place)
    elif form is list and isinstance(value, list):
        for number, item in enumerate(value):
            yield from _mistyped(item, of[0], _item(item, number, place))
    else:
        yield from _unlike(value, wanted, place)


def _unlike(value: object, wanted: Any, place: str) -> Iterator[str]:  # noqa: ANN401  (any form of a type)
    """Yield what is wrong with a single value."""
    if get_origin(wanted) is Literal:
        if value not in get_args(wanted):
            yield f"{place}: {value!r} is none of {', '.join(map(repr, get_args(wanted)))}"
    elif type(value) is not wanted:
        yield f"{place}: {value!r} is no {getattr(wanted, '__name__', wanted)}"
    elif isinstance(value, str) and (not value or value != value.strip()):
        yield f"{place}: {value!r} is empty, or begins or ends with a blank"


def _keys(value: object, wanted: dict[str, Any], place: str) -> Iterator[str]:
    """Yield the keys that an object has too many or too few, and what is wrong with its values."""
    if not isinstance(value, dict):
        yield f"{place or 'the file'}: {value!r} is no object"
        return
    before = f"{place}: " if place else ""
    for key, of in wanted.items():
        if key in value:
            needed = get_args(of)[0] if _may_lack(of) else of
            yield from _mistyped(value[key], needed, f"{before}{key}")
        elif not _may_lack(of):
            yield f"{before}{key} is missing"
    for key in value:
        if key not in wanted:
            yield f"{before}{key} is not known"


def _may_lack(wanted: object) -> bool:
    form: object = get_origin(wanted)
    return form is NotRequired


def _item(item: object, number: int, place: str) -> str:
    """Return how an item of a list is named: an entry by its status, anything else by its place."""
    if place == "entries" and isinstance(item, dict):
        return f"entry {number + 1}, status {item.get('status', 'unknown')}"
    return f"{place}[{number}]"


def _name(row: Row) -> str:
    return f"status {row['status']}, meaning {row['meaning_no']}"


def _order(rows: list[Row]) -> Iterator[str]:
    """Yield the entries that stand out of order, twice, or under a number that is no status."""
    for row in rows:
        if row["status"] not in STATUSES:
            yield f"{_name(row)}: a status has three digits"
    last, number = -1, 0
    for row in rows:
        number = number + 1 if row["status"] == last else 1
        if row["status"] < last:
            yield f"{_name(row)}: stands after {last}; entries are sorted by status"
        elif row["meaning_no"] != number:
            yield f"{_name(row)}: it is meaning {number} of its status"
        last = row["status"]


def _uneven(row: Row) -> Iterator[str]:
    """Yield where one language says less than the other, or is not that language."""
    english, korean = row["en"], row["ko"]
    for key in ("causes", "remedies"):
        if len(english[key]) != len(korean[key]):
            yield f"{key}: {len(english[key])} in English, {len(korean[key])} in Korean"
    if (english["caveat"] is None) != (korean["caveat"] is None):
        yield "caveat: in one language only"
    for text in _sentences(english):
        if HANGUL.search(text):
            yield f"en: {text!r} holds Korean"
    for text in _sentences(korean):
        if not HANGUL.search(text):
            yield f"ko: {text!r} is not Korean"


def _sentences(text: Text) -> list[str]:
    return [
        text["meaning"],
        *text["causes"],
        *text["remedies"],
        *([text["caveat"]] if text["caveat"] else []),
    ]
