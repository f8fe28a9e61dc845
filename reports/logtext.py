"""Text that strangers wrote → text that can be shown: secrets masked, nothing invisible, bounded."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

MASK: Final = "[masked]"
CUT: Final = "…"

ONE_BYTE: Final = 0xFF
TWO_BYTES: Final = 0xFFFF

SECRET_NAME: Final = re.compile(
    r"""(?xi)
    pass(?:w(?:or)?d|phrase|code)? | pwd | secret | token | jwt | bearer | credential | signature | ^sig$
    | api[-_.]?key | access[-_.]?key | ^key$ | [-_.]key$ | private | ^auth | authori[sz]ation | ^otp$ | ^pin$
    | session | ^s(?:ess)?id$ | cookie | csrf | xsrf | ^code$ | ^state$ | ^nonce$ | ^assertion$ | ^samlre
    """
)
"""Names of parameters, headers and members whose values are taken for secrets."""

PARAMETER: Final = re.compile(
    r"""(?x)
    (?P<before> (?: ^ | [?&;\s"'] | \\u0026 ) (?P<name> [^\s?&;="'#/\\]{1,64} ) (?: = | \\u003d ) )
    (?P<value> (?: \\(?!u0026) . | [^&;\s"'\#<>\\] )+ )
    """
)
"""`name=value` in a query string, also as JSON writers escape it."""

ENCODED: Final = re.compile(
    r"""(?xi)
    (?P<before> (?: %26 | %3B | %3F ) (?P<name> (?: (?! %3D | %26 | %3B | %3F ) [^\s"'] ){1,64} ) %3D )
    (?P<value> (?: (?! %26 | %3B | %3F ) . )+ )
    """
)
"""The same inside the value of another parameter."""

MEMBER: Final = re.compile(
    r"""(?x)
    (?P<before> \\{0,4}" (?P<name> [A-Za-z0-9_.-]{1,64} ) \\{0,4}" \s{0,4} : \s{0,4} \\{0,4}" )
    (?P<value> [^"\\]+ )
    """
)
"""A member of a JSON object with a text value, also inside a text."""

USERINFO: Final = re.compile(
    r"""(?x) (?P<before> :// | ^ | [\s"'=] ) (?P<user> [^\s/:@"'\\]{0,64} ) : [^\s/"'\\]{1,256} @ """
)
"""`user:password@` before a host."""

SCHEME: Final = re.compile(
    r"(?i)\b(?P<before>(?:bearer|basic|digest|negotiate|ntlm)(?:\s|%20|\+){1,4})[A-Za-z0-9+/=._~-]{16,}"
)
"""A credential after the name of an authentication scheme."""

JSON_WEB_TOKEN: Final = re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{2,}(?:\.[A-Za-z0-9_-]*)?")


def mask(text: str) -> str:
    """Return the text without the secrets that query strings, headers and addresses are known to carry.

    >>> mask("GET /a?page=2&access_token=abc HTTP/1.1")
    'GET /a?page=2&access_token=[masked] HTTP/1.1'
    >>> mask("CONNECT http://ann:letmein@example.com/")
    'CONNECT http://ann:[masked]@example.com/'
    """
    text = PARAMETER.sub(_value_or_inner, text)
    text = MEMBER.sub(_value, text)
    text = USERINFO.sub(rf"\g<before>\g<user>:{MASK}@", text)
    text = SCHEME.sub(rf"\g<before>{MASK}", text)
    return JSON_WEB_TOKEN.sub(MASK, text)


def visible(text: str) -> str:
    r"""Return the text with every character that acts or hides (control, bidi, zero width) as an escape.

    >>> visible("a\x1b[31mb\u202ec")
    'a\\x1b[31mb\\u202ec'
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escape(character) for character in text)


def shown(text: str, limit: int = 400) -> str:
    """Return log text as every report shows it: masked, visible, and cut at `limit` characters.

    >>> shown("abcdef", limit=3)
    'abc…'
    """
    # What is cut is cut before it is searched: a field may be a megabyte long. The reserve lets a secret that
    # begins before the limit and ends after it still be recognised whole.
    text = visible(mask(text[: limit + 1024]))
    return text if len(text) <= limit else text[:limit] + CUT


def _secret(found: re.Match[str]) -> bool:
    return SECRET_NAME.search(unquote(found["name"])) is not None


def _value(found: re.Match[str]) -> str:
    return f"{found['before']}{MASK}" if _secret(found) else found[0]


def _value_or_inner(found: re.Match[str]) -> str:
    """Return the parameter masked, or with what is encoded inside its value masked."""
    return _value(found) if _secret(found) else found["before"] + ENCODED.sub(_value, found["value"])


def _escape(character: str) -> str:
    named = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}.get(character)
    number = ord(character)
    if named or number <= ONE_BYTE:
        return named or f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= TWO_BYTES else f"\\U{number:08x}"
