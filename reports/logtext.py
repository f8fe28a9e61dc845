"""Text that strangers wrote → text that can be shown: secrets masked, nothing invisible, bounded."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

MASK: Final = "[masked]"
CUT: Final = "…"

ENCODINGS: Final = 4
"""How often a name may be encoded."""

ONE_BYTE: Final = 0xFF
TWO_BYTES: Final = 0xFFFF

RESERVE: Final = 1_024
"""Characters behind a cut that are looked at, so that a secret that begins before it is still known for one."""

SECRET_NAME: Final = re.compile(
    r"""(?xi)
    pass(?:w(?:or)?d|phrase|code)? | (?:^|[-_.])pw$ | pwd | secret | token | jwt | bearer | credential | signature
    | (?:^|[-_.])sig$ | ^sign$ | hmac | api[-_.]?key | access[-_.]?key | ^key$ | [-_.]key$ | private | ^auth
    | [-_.]auth$ | authori[sz]ation | (?:^|[-_.]|t)otp$ | ^pin$ | session | sessid | (?:^|[-_.])sess$ | (?:^|[-_.])sid$
    | cookie | csrf | xsrf | ^code$ | verifier | ^state$ | ^nonce$ | ^assertion$ | ^samlre | ^ticket$
    """
)
"""Names of parameters, headers and members whose values are taken for secrets."""

PARAMETER: Final = re.compile(
    r"""(?x)
    (?P<before> (?: ^ | [?&;\s"'] | \\u0026 ) (?P<name> [^\s?&;="'#/\\]{1,64} ) (?: = | \\u003d ) )
    (?P<value> (?: \\(?!u0026) . | '(?=[^\s,;:)\]}"&]) | [^&;\s"'\#\\] )+ )
    """
)
"""`name=value` in a query string, also as JSON writers escape it."""

_BETWEEN: Final = r"%(?:25){0,3}(?:26|3B|3F)"
_EQUALS: Final = r"%(?:25){0,3}3D"

ENCODED: Final = re.compile(
    rf"""(?xi)
    (?P<before> (?: {_BETWEEN} | (?<==) ) (?P<name> (?: (?! {_EQUALS} | {_BETWEEN} ) [^\s"'&=] ){{1,64}} ) {_EQUALS} )
    (?P<value> (?: (?! {_BETWEEN} ) [^\s"'&] )+ )
    """
)
"""The same inside the value of another parameter or a path, encoded up to four times."""

MEMBER: Final = re.compile(
    r"""(?x)
    (?P<before> \\{0,4}" (?P<name> [A-Za-z0-9_.-]{1,64} ) \\{0,4}" \s{0,4} : \s{0,4} (?P<escape> \\{0,4} ) " )
    (?P<value> (?: (?! (?<!\\) (?P=escape) " ) . )+ )
    """
)
"""A member of a JSON object with a text value, also inside a text, up to the quote that is escaped as the first is."""

ENCODED_MEMBER: Final = re.compile(
    r"""(?xi)
    (?P<before> %22 (?P<name> [A-Z0-9_.-]{1,64} ) %22 (?: %20 | \+ ){0,2} %3A (?: %20 | \+ ){0,2} %22 )
    (?P<value> (?: (?! %22 ) [^\s"'&] )+ )
    """
)
"""The same in a query string."""

USERINFO: Final = re.compile(
    r"""(?x) (?P<before> :// | ^ | [\s"'=] ) (?P<user> [^\s/:@"'\\]{0,64} ) : [^\s/"'\\]{1,256} @ """
)
"""`user:password@` before a host."""

ENCODED_USERINFO: Final = re.compile(
    r"""(?xi)
    (?P<before> %3A%2F%2F (?: (?! %3A | %40 | %2F ) [^\s/:@"'&] ){0,64} %3A )
    (?: (?! %2F | %40 ) [^\s/"'&] ){1,256} (?= %40 )
    """
)
"""The same in the value of a parameter."""

SCHEME: Final = re.compile(
    r"(?i)\b(?P<before>(?:bearer|basic|digest|negotiate|ntlm)(?:\s|%20|\+){1,4})[A-Za-z0-9+/=._~-]{16,}"
)
"""A credential after the name of an authentication scheme."""

HEADER: Final = re.compile(
    r"""(?xi)
    (?P<before> authorization \s{0,4} : \s{0,4} (?: [a-z]{1,16} \s{1,4} )?+ )
    (?! \[masked\] ) [^\s"',;\[\]]+
    """
)
"""The header itself, however short what follows is."""

JSON_WEB_TOKEN: Final = re.compile(
    r"""(?x)
    (?: (?<![A-Za-z0-9_-]) | (?<=%[0-9A-Fa-f]{2}) )
    eyJ[A-Za-z0-9_-]{8,} (?: \. [A-Za-z0-9_-]* ){1,4}
    """
)
"""A JSON Web Token, signed or encrypted (RFC 7515, 7516)."""

ISSUED: Final = re.compile(
    r"""(?x)
    (?: (?<![A-Za-z0-9_-]) | (?<=%[0-9A-Fa-f]{2}) )
    (?: (?:AKIA|ASIA)[A-Z0-9]{16} | AIza[A-Za-z0-9_-]{35} | gh[oprsu]_[A-Za-z0-9]{36,} | github_pat_[A-Za-z0-9_]{22,}
    | glpat-[A-Za-z0-9_-]{20,} | xox[abeoprs]-[A-Za-z0-9-]{10,} | [rs]k_(?:live|test)_[A-Za-z0-9]{16,} )
    """
)
"""Keys whose issuers let them begin so that they are found: AWS, Google, GitHub, GitLab, Slack, Stripe."""

EMAIL: Final = re.compile(
    r"""(?xi)
    (?P<before> (?<![\w.+~%-]) | %(?:25){0,3}(?!2B)[0-9A-F]{2} )
    (?: [\w.+~-] | %(?:25){0,3}2B ){1,64}
    (?P<at> @ | %(?:25){0,3}40 | \\u0040 )
    (?P<domain> (?: [\w-]{1,63} \. ){1,8} (?P<last> [^\W\d_]{2,24} | xn--[a-z0-9-]{1,59} ) ) (?! [\w-] )
    """
)
"""An e-mail address, also encoded; the part before the sign names a person."""

VERSION: Final = re.compile(r"v?\d+(?:\.\d|x\.)")
"""What follows the sign in the name of a file or a package: `logo@2x.png`, `vue@3.5.1.min.js`."""

_SCRIPTS: Final = (
    "css", "csv", "gz", "htm", "html", "js", "json", "jsx", "map", "mjs", "pdf", "ts", "tsx", "txt", "xml", "yml",
)  # fmt: skip
_OTHERS: Final = (
    "avif", "gif", "ico", "php", "jpeg", "jpg", "mp3", "mp4", "png", "svg", "ttf", "webm", "webp", "woff", "woff2",
)  # fmt: skip
FILES: Final = frozenset((*_SCRIPTS, *_OTHERS))
"""Endings of files, none of which is a top-level domain."""

MAY_HIDE: Final = (
    r"(?i)[=@:\"]|\\u00(?:3d|40)|%(?:25)*(?:3d|22|40)|eyJ|(?:bearer|basic|digest|negotiate|ntlm)"
    r"|AKIA|ASIA|AIza|gh[oprsu]_|github_pat|glpat|xox|k_live|k_test"
)
"""What every secret that is masked has in or before it: most texts have none of it, and there are millions."""

_CUT_TOKEN: Final = re.compile(r"(?:(?<![A-Za-z0-9_-])|(?<=%[0-9A-Fa-f]{2}))eyJ[A-Za-z0-9_-]{8,}\Z")
"""The beginning of a token whose first part is longer than what is looked at."""


def mask(text: str) -> str:
    """Return the text without the secrets that query strings, headers and addresses are known to carry.

    >>> mask("GET /a?page=2&access_token=abc HTTP/1.1")
    'GET /a?page=2&access_token=[masked] HTTP/1.1'
    >>> mask("CONNECT http://ann:letmein@example.com/")
    'CONNECT http://ann:[masked]@example.com/'
    >>> mask("/users/ann%40example.com/logo@2x.png")
    '/users/[masked]%40example.com/logo@2x.png'
    """
    text = PARAMETER.sub(_value, text)
    text = MEMBER.sub(_value, text)
    if "%" in text:
        text = ENCODED.sub(_value, text)
        text = ENCODED_MEMBER.sub(_value, text)
        text = ENCODED_USERINFO.sub(rf"\g<before>{MASK}", text)
    text = USERINFO.sub(rf"\g<before>\g<user>:{MASK}@", text)
    text = SCHEME.sub(rf"\g<before>{MASK}", text)
    text = HEADER.sub(rf"\g<before>{MASK}", text)
    text = JSON_WEB_TOKEN.sub(MASK, text)
    text = ISSUED.sub(MASK, text)
    return EMAIL.sub(_person, text) if "@" in text or "40" in text else text


def bounded(text: str, limit: int) -> str:
    """Return the text masked, and cut at `limit` characters.

    What is cut is cut before it is searched: a field may be a megabyte long.

    >>> bounded("abcdef", 3)
    'abc…'
    """
    whole = len(text) <= limit + RESERVE
    made = mask(text if whole else text[: limit + RESERVE])
    if not whole:
        made = _CUT_TOKEN.sub(MASK, made)
    return made if whole and len(made) <= limit else made[:limit] + CUT


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
    made = visible(bounded(text, limit))
    return made if len(made) <= limit + 1 else made[:limit] + CUT


def _secret(found: re.Match[str]) -> bool:
    name = found["name"]
    for _ in range(ENCODINGS):
        if "%" not in name:
            break
        name = unquote(name)
    return SECRET_NAME.search(name) is not None


def _value(found: re.Match[str]) -> str:
    return f"{found['before']}{MASK}" if _secret(found) else found[0]


def _person(found: re.Match[str]) -> str:
    """Return an address without whose it is, or what only looks like one as it is."""
    domain, last = found["domain"], found["last"].lower()
    if VERSION.match(domain) or (last in FILES and domain.count(".") == 1):
        return found[0]
    return f"{found['before']}{MASK}{found['at']}{domain}"


def _escape(character: str) -> str:
    named = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}.get(character)
    number = ord(character)
    if named or number <= ONE_BYTE:
        return named or f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= TWO_BYTES else f"\\U{number:08x}"
