"""Clients and users → keyed pseudonyms, the same everywhere in a run, and over runs with the same key.

A client's pseudonym begins with that of its network, so that what hangs on networks can still be told:
`client-k3jd82ma-x8s7d6` and `client-k3jd82ma-q02m4h` are two addresses of one network (/24, /48 of IPv6). Neither the
address nor the network can be worked out without the key.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
import re
from threading import Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

LEAST_KEY: Final = 16
"""Bytes of a key: a shorter one can be found by trying, and with it every address."""

NAMES: Final = 200_000
"""Users, and clients that are no addresses, that are looked for in other texts of the log."""

SHORTEST: Final = 3
"""Characters of a name that is looked for within other texts: a shorter one stands everywhere by chance."""

TEXTS: Final = ("target", "path", "query", "referrer", "user_agent", "request_id")
"""Columns of what clients write, in which addresses are hidden; hosts, upstreams and policies are the servers' own."""

PSEUDONYM: Final = re.compile(
    r"\b(?:client-[a-z2-7]{8}-[a-z2-7]{6}|(?:client|user)-[a-z2-7]{12}|network-[a-z2-7]{8})\b"
)

_OCTETS: Final = r"\d{1,3}(?:(?:\.|%2[Ee])\d{1,3}){3}"
_PERHAPS: Final = rf"{_OCTETS}|(?:[0-9A-Fa-f]{{0,4}}(?::|%3[Aa])){{2}}"
"""What every address has, as the engine without looking around can say it."""

_ADDRESS: Final = re.compile(
    rf"""(?x)
    (?<![0-9A-Fa-f:])
    (?P<six> (?:[0-9A-Fa-f]{{0,4}}(?::|%3[Aa])){{2,7}} (?: {_OCTETS} | [0-9A-Fa-f]{{0,4}} ) )
    (?![0-9A-Fa-f:])
  | (?<!\d) (?P<four> {_OCTETS} ) (?!\d)
    """
)
_VERSION: Final = re.compile(r"[A-Za-z]/$")
_OF_VERSION: Final = ".0.0"
"""`Chrome/120.0.0.0` is the version of a program; an address that ends in .0.0 is none of a client."""

_LETTER: Final = re.compile(r"[^\W\d_]")
_DIGIT: Final = re.compile(r"\d")

_BEFORE: Final = (
    r"(?:(?<![^\W_])|(?<=%[0-9A-Fa-f]{2})|(?<=\\x[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})|(?<=\\[bfnrt]))"
)
_AFTER: Final = r"(?![^\W_])"
"""A name stands between signs that are no letters and digits; before it, an escape may end in one."""
_FIELD: Final = re.compile(r"[^\s\",;|]+")


class Pseudonyms:
    """Makes pseudonyms with one key, and remembers which names it has met.

    Equal text gets an equal pseudonym, whatever else was met. `bounded` tells that there were more names than `NAMES`.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < LEAST_KEY:
            message = f"the key has {len(key)} bytes: it needs {LEAST_KEY} or more"
            raise ValueError(message)
        self._key = hashlib.blake2b(key, digest_size=32).digest()
        self._lock = Lock()
        self._met: set[str] = set()
        self._names: dict[str, str] = {}
        self._accounts: dict[str, str] = {}
        self.bounded = False

    def client(self, text: str) -> str:
        """Return the pseudonym of a client; however an address is written, it has one.

        >>> hidden = Pseudonyms(b"sixteen bytes....")
        >>> hidden.client("2001:DB8::1") == hidden.client("2001:db8:0::1")
        True
        """
        address = _address(text)
        if address is None:
            return f"client-{self._hash('client', text, 12)}"
        width = 24 if address.version == 4 else 48  # noqa: PLR2004  # as `loganalyzer.networks` has them
        network = ipaddress.ip_network((address, width), strict=False)
        return f"client-{self._hash('network', str(network), 8)}-{self._hash('address', str(address), 6)}"

    def user(self, text: str) -> str:
        """Return the pseudonym of a user."""
        return f"user-{self._hash('user', text, 12)}"

    def records(self, records: pl.DataFrame) -> pl.DataFrame:
        """Return records with pseudonyms for clients and users, and for every address in what clients wrote."""
        made = [
            self._each(records[name], function)
            for name, function in (("client", self._met_client), ("user", self._met_user))
            if name in records.columns
        ]
        made += [self.without_addresses(records[name]) for name in TEXTS if name in records.columns]
        return records.with_columns(made)

    def rejects(self, rejects: pl.DataFrame) -> pl.DataFrame:
        """Return rejected lines as shapes: nobody knows what in them is a name."""
        return rejects.with_columns(self._each(rejects["text"], shape))

    def without_addresses(self, texts: pl.Series) -> pl.Series:
        """Return texts with every address as the pseudonym of the client that has it; the rest as it was."""
        if (
            texts.dtype != pl.String
            or not (found := texts.str.contains(_PERHAPS).fill_null(value=False)).any()
        ):
            return texts
        where = found.arg_true()
        return texts.scatter(where, self._each(texts.gather(where), self._addresses))

    def texts(self, texts: Iterable[str]) -> dict[str, str]:
        """Return each text → the same without addresses, and without the names that were met."""
        distinct = list(dict.fromkeys(texts))
        named = self._without_names(self.without_addresses(pl.Series(distinct, dtype=pl.String)))
        return dict(zip(distinct, named.to_list(), strict=True))

    def series(self, texts: pl.Series) -> pl.Series:
        """Return the same of a column; null stays null."""
        distinct = texts.drop_nulls().unique(maintain_order=True)
        made = self.texts(distinct.to_list())
        changed = {text: hidden for text, hidden in made.items() if hidden != text}
        if not changed:
            return texts
        return texts.replace(list(changed), list(changed.values()))

    def line(self, text: str) -> str:
        """Return a whole line of a log: also names that are too short to be looked for within a text."""
        hidden = self.texts([text])[text]
        return _FIELD.sub(lambda found: self._short(found[0]), hidden)

    def _short(self, field: str) -> str:
        return field if len(field) >= SHORTEST else self._names.get(field) or self._accounts.get(field, field)

    def _met_client(self, text: str) -> str:
        pseudonym = self.client(text)
        if _address(text) is None:
            self._remember(text, pseudonym)
        return pseudonym

    def _met_user(self, text: str) -> str:
        pseudonym = self.user(text)
        self._remember(text, pseudonym)
        return pseudonym

    def _remember(self, text: str, pseudonym: str) -> None:
        """Keep a name in every way in which other texts may write it; batches are read in several threads."""
        with self._lock:
            if not text or text in self._met:
                return
            if len(self._met) >= NAMES:
                self.bounded = True
                return
            self._met.add(text)
            self._names.update(dict.fromkeys(_written(text), pseudonym))
            account = text.rpartition("\\")[2].partition("@")[0]  # DOMAIN\name@realm
            for form in _written(account) if account != text else ():
                # Of the same name in two domains the one that does not depend on which was met first.
                self._accounts[form] = min(pseudonym, self._accounts.get(form, pseudonym))

    def _addresses(self, text: str) -> str:
        return _ADDRESS.sub(self._address_found, text)

    def _address_found(self, found: re.Match[str]) -> str:
        text = found[0]
        if text.endswith(_OF_VERSION) and _VERSION.search(found.string[: found.start()][-2:]):
            return text
        return text if _address(text) is None else self.client(text)

    def _without_names(self, texts: pl.Series) -> pl.Series:
        whose = self._accounts | self._names
        names = [name for name in whose if len(name) >= SHORTEST]
        if not names or not texts.len():
            return texts
        found = texts.str.extract_many(names, ascii_case_insensitive=True, overlapping=True)
        where = (found.list.len().fill_null(0) > 0).arg_true()
        if not where.len():
            return texts
        folded = {name.lower(): whose[name] for name in sorted(names)}
        hits = zip(texts.gather(where).to_list(), found.gather(where).to_list(), strict=True)
        made = [_without(text, some, whose, folded) for text, some in hits]
        return texts.scatter(where, pl.Series(made, dtype=pl.String))

    def _hash(self, kind: str, text: str, length: int) -> str:
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._key, person=kind.encode())
        return base64.b32encode(digest.digest()[:10])[:length].decode().lower()

    @staticmethod
    def _each(texts: pl.Series, function: Callable[[str], str]) -> pl.Series:
        """Apply a function to the distinct values; null stays null."""
        distinct = texts.drop_nulls().unique()
        if not distinct.len():
            return texts
        return texts.replace_strict(
            distinct, [function(text) for text in distinct.to_list()], return_dtype=pl.String
        )


def shape(text: str) -> str:
    """Return a text of which only the signs between words are left.

    >>> shape('192.0.2.7 - ann [10/Mar/2026] "GET')
    '999.9.9.9 - xxx [99/xxx/9999] "xxx'
    """
    return _DIGIT.sub("9", _LETTER.sub("x", text))


def _written(name: str) -> set[str]:
    """Return the ways in which a name is written in addresses, JSON and CSV; a blank has many."""
    as_json = json.dumps(name)[1:-1], json.dumps(name, ensure_ascii=False)[1:-1]
    in_address = quote(name, safe="", errors="replace"), quote(name, errors="replace")
    joined = [name.replace(" ", sign) for sign in "+_-."] if " " in name else []
    return {form for form in (name, *in_address, *as_json, *joined, name.replace('"', '""')) if form}


def _without(text: str, names: Iterable[str], whose: Mapping[str, str], folded: Mapping[str, str]) -> str:
    """Return a text with pseudonyms for the names in it, `whose` as they were met, `folded` in small letters."""
    longest = sorted({re.escape(name) for name in names}, key=lambda name: (-len(name), name))
    pattern = re.compile(rf"(?i){PSEUDONYM.pattern}|{_BEFORE}(?P<name>{'|'.join(longest)}){_AFTER}")

    def hidden(found: re.Match[str]) -> str:
        name = found["name"]
        return found[0] if name is None else whose.get(name) or folded.get(name.lower(), found[0])

    return pattern.sub(hidden, text)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a text is; one of IPv4 within IPv6 is that of IPv4."""
    plain = re.sub("(?i)%3a", ":", re.sub("(?i)%2e", ".", text))
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
