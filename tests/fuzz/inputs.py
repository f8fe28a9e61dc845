"""A seed → cases: bytes that strangers could write, from the lines of every format and from nothing."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from base64 import b85decode, b85encode
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from parsers import FORMATS, VENDORS
from parsers.containers import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LOGS: Final = Path(__file__).parent.parent.parent / "sample_logs"

SHORT: Final = 600
"""Bytes of a line in most cases, instead of 1 MiB: lines over the limit are then cheap."""

POOL: Final = 2_000
"""Cases kept because something new happened in them."""

PIECES: Final = (1, 1, 2, 3, 5, 9)
"""Chunks of about equal size that a case is read in: each costs a call of every format."""

LARGEST: Final = 1 << 20
"""Bytes of a case, but for those that are large on purpose."""

TEXTS: Final = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"',
    "$remote_addr|$time_iso8601|$request|$status|$request_time|$upstream_addr|$upstream_response_time",
    '$msec $status $request_length "$http_x_forwarded_for" $upstream_status $upstream_cache_status $host',
    'escape=json {"t":"$time_iso8601","s":"$status","r":"$request","u":"$upstream_response_time"}',
    '$remote_addr [$time_local] "$request" $status rt=$request_time "$upstream_addr" us=$upstream_status',
    '%h %l %u %t "%r" %>s %b',
    '%v:%p %a %u [%{%Y-%m-%dT%H:%M:%S}t.%{usec_frac}t] "%m %U%q %H" %s %D %T %I %O',
    '%{sec}t %{c}a "%r" %>s %{ms}T "%{Referer}i" "%!200{User-Agent}i" %X %k',
    "#Fields: timestamp x-elapsed-time c-ip sc-result-code sc-http-status sc-bytes cs-method cs-url",
    "#Fields: date time c-ip cs-username cs-method cs-uri x-resultcode-httpstatus x-acltag",
)
"""Format texts of a caller's own, as `--log-format` takes them."""

ENVELOPES: Final[tuple[Callable[[bytes], bytes], ...]] = (
    lambda line: b"<134>Mar 10 00:00:01 web1 nginx: " + line,
    lambda line: b"<190>1 2026-03-10T00:00:01Z web1 httpd 7 - - " + line,
    lambda line: b"Mar 10 00:00:01 web1 nginx[7]: " + line,
    lambda line: b"2026-03-10T00:00:01.5Z stdout F " + line,
    lambda line: b"2026-03-10T00:00:01.5Z stderr P " + line,
    lambda line: json.dumps(
        {"log": line.decode("utf-8", "replace") + "\n", "stream": "stdout", "time": "2026-03-10T00:00:01Z"},
        separators=(",", ":"),
    ).encode(),
)

TOKENS: Final = (
    b'"', b'\\"', b"\\", b"'", b"[", b"]", b"<", b">", b"{", b"}", b"},{", b",", b":", b";", b"|", b"=", b"%", b"$",
    b" ", b"  ", b"\t", b"\r", b"\x0b", b"\x0c", b"\x00", b"\x1b[31m", b"\x7f", b"\x85", b"\xa0",
    b"\xff", b"\xc3", b"\xe2\x80", b"\xf4\x90\x80\x80", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xff\xfe",
    "\u2028".encode(), "\u202e".encode(), "\u200b".encode(), "\ud55c\uae00".encode(), "\u0665".encode(),
    b"-", b"--", b"0", b"000", b"009", b"999", b"+5", b"-5", b"1e3", b"1_0", b"0x1f", b"NaN", b"Infinity",
    b"9" * 19, b"9" * 40, b"99999", b"2147483648", b"9223372036854775808", b"0.0000001", b".5", b"5.",
    b"31/Feb/2026:00:00:00 +0000", b"10/Mar/2026:24:00:00 +0000", b"10/Mar/2026:23:59:60 +0000",
    b"10/Mar/9999:23:59:59 -1200", b"10/Mar/0000:00:00:00 +1400", b"01/Jan/1969:00:00:00 +9999",
    b"10/M\xc3\xa4r/2026:00:00:00 +0100", b"2026-02-30T00:00:00Z", b"2026-03-10T00:00:00+24:00", b"1773100800.1234567",
    b"GET / HTTP/1.1", b"CONNECT a.example:443 HTTP/1.1", b"http://u:p@[2001:db8::1]:80/?a=b#c", b"//", b"?", b"..%00",
    b"&lt;", b"&gt;", b"\xe2\x80\x9c", b"TCP_MISS/200", b"NONE/-", b"_0", b"null", b"true", b"\\u0000", b"\\ud800",
    b"#Fields: ", b"#Fields: a b c\n", b"#Software: x\n", b"#", b"EOF", b"stdout F ", b"<134>",
)  # fmt: skip
"""What breaks readers of logs: what stands between fields, acts, hides, is no number or no time."""

ENDS: Final = (b"\n", b"\n", b"\n", b"\n", b"\n", b"\r\n", b"\n\n", b"\r", b"\x00\n", b"\n\x00\x00", b"")

NAMES: Final = (
    "access.log",
    "access.log.1",
    "access_log",
    "a.ndjson",
    "aclog.@20260310T000000.s",
    "x",
    "nginx.txt",
)

WHERE: Final = (
    "status>=500",
    "path~/a",
    "method!=GET status<400",
    "status BETWEEN 200 AND 399 OR client LIKE '192.0.2.%'",
    "timestamp>=2026-03-10T00:00",
    "role=request vendor=nginx",
    "duration_s>0.1",
)


@dataclass(frozen=True)
class Case:
    """Bytes of a file and how it is read.

    `chunk`: bytes of text handed on at a time; `longest`: bytes of a line; `formats`: how many of those chosen are
    tried on a line; `only`: the format that is tried alone beside what recognition and the vendor choose.
    """

    data: bytes
    name: str = "access.log"
    vendor: str | None = None
    log_format: str | None = None
    chunk: int = 64
    longest: int = SHORT
    formats: int = 99
    only: str = FORMATS[0].name
    where: str | None = None

    def text(self) -> str:
        """Return the case as JSON, to be saved."""
        return json.dumps(asdict(self) | {"data": b85encode(self.data).decode()}) + "\n"

    @staticmethod
    def of(text: str) -> Case:
        """Return the case that was saved."""
        found = json.loads(text)
        return Case(**found | {"data": b85decode(found["data"])})


class Cases:
    """Makes cases from a seed; what was new in earlier ones is mutated further.

    The same seed and the same `keep` calls give the same cases.
    """

    def __init__(self, seed: str) -> None:
        self.random = Random(seed)
        self._pool: list[bytes] = []
        self._lines = [sample.line.encode() for form in FORMATS for sample in form.samples]
        self._lines += [
            line
            for path in sorted(LOGS.glob("*/*"))
            if path.suffix != ".gz" and path.parent.name in VENDORS
            for line in path.read_bytes().splitlines()[:40]
        ]

    def keep(self, case: Case) -> None:
        """Remember a case in which something happened that did not before."""
        if len(case.data) > LARGEST:
            return
        if len(self._pool) < POOL:
            self._pool.append(case.data)
        else:
            self._pool[self.random.randrange(POOL)] = case.data

    def make(self) -> Case:
        """Return the next case."""
        draw = self.random
        data = self._mutated(draw.choice(self._pool)) if self._pool and draw.random() < 0.4 else self._data()
        told = draw.random()
        case = Case(
            data,
            name=draw.choice(NAMES),
            chunk=1 + len(data) // draw.choice(PIECES),
            longest=SHORT if draw.random() < 0.8 else 1 << 20,
            formats=draw.choice((1, 2, 3, 4, 4, 99)),
            only=draw.choice(FORMATS).name,
            where=draw.choice(WHERE) if draw.random() < 0.3 else None,
        )
        if told < 0.5:
            return case
        if told < 0.85:
            return replace(case, vendor=draw.choice(VENDORS))
        return replace(case, log_format=draw.choice(TEXTS))

    def _data(self) -> bytes:
        """Return the bytes of a case made anew."""
        draw = self.random
        kind = draw.random()
        if kind < 0.06:
            return draw.randbytes(draw.choice((0, 1, 5, 40, 700, 5_000)))
        if kind < 0.10:
            return self._large()
        text = self._text()
        if kind < 0.25:
            return self._packed(text)
        return text

    def _text(self) -> bytes:
        """Return lines: mostly of one format, some of others, some broken, some behind a transport."""
        draw = self.random
        own = draw.sample(self._lines, k=draw.choice((1, 1, 2, 3, 8)))
        broken = draw.choice((0.0, 0.1, 0.5, 1.0))
        envelope = draw.choice(ENVELOPES) if draw.random() < 0.12 else None
        end = draw.choice(ENDS) if draw.random() < 0.8 else b"\n"
        parts = [b"\xef\xbb\xbf"] if draw.random() < 0.05 else []
        if draw.random() < 0.08:
            parts.append(self._header())
        for _ in range(draw.choice((1, 3, 10, 30, 100))):
            line = draw.choice(own) if draw.random() < 0.85 else draw.choice(self._lines)
            if draw.random() < broken:
                line = self._mutated(line)
            if envelope is not None and draw.random() < 0.95:
                line = envelope(line)
            parts += [line, end if draw.random() < 0.9 else draw.choice(ENDS)]
        if draw.random() < 0.2:
            parts.append(draw.choice(self._lines)[: draw.randrange(60)])
        return b"".join(parts)

    def _header(self) -> bytes:
        names = [
            b"timestamp",
            b"c-ip",
            b"cs-method",
            b"cs-url",
            b"sc-http-status",
            b"x-resultcode-httpstatus",
        ]
        names += [
            b"x-acltag",
            b"sc-bytes",
            b"date",
            b"time",
            b"x-elapsed-time",
            b"cs(User-Agent)",
            b"",
            b"\xff",
            b"x",
        ]
        return (
            b"#Fields: " + b" ".join(self.random.choices(names, k=self.random.choice((0, 1, 6, 12)))) + b"\n"
        )

    def _large(self) -> bytes:
        """Return something of a size that nobody needs."""
        draw = self.random
        line = draw.choice(self._lines)
        place = draw.randrange(len(line) + 1)
        return draw.choice(
            (
                lambda: (
                    b"#Fields: "
                    + b" ".join(b"f%d" % number for number in range(100_000))
                    + b"\n"
                    + line
                    + b"\n"
                ),
                lambda: b'{"RayID":' + b"[" * draw.choice((200, 5_000, 100_000)),
                lambda: (
                    b'{"a":' * draw.choice((200, 5_000))
                    + b"1"
                    + b"}" * draw.choice((0, 200, 5_000))
                    + b"\n"
                    + line
                ),
                lambda: (
                    line[:place]
                    + draw.choice(TOKENS) * draw.choice((600, 20_000))
                    + line[place:]
                    + b"\n"
                    + line
                ),
                lambda: (
                    (line + b"\n") * 3
                    + b"a" * draw.choice((599, 600, 601, (1 << 20) + 1))
                    + b"\n"
                    + line
                    + b"\n"
                ),
                lambda: b"\x00" * draw.choice((1, 4_096, 70_000)) + line + b"\n" + line + b"\x00" * 5_000,
                lambda: b"\n" * draw.choice((5_000, 70_000)) + line + b"\n",
                lambda: self._packed(b"a" * 3_000_000 + b"\n" + line),
            )
        )()

    def _packed(self, text: bytes) -> bytes:
        """Return the text in a container, as often broken as not."""
        draw = self.random
        pack = draw.choice(PACKERS)
        made = pack(text)
        if draw.random() < 0.2:
            made += pack(self._text())
        if draw.random() < 0.1:
            made = draw.choice(PACKERS)(made)
        if draw.random() < 0.5:
            return made
        broken = draw.choice((self._flipped, self._cut, self._followed, self._without))
        return broken(made)

    def _mutated(self, data: bytes) -> bytes:
        """Return the bytes changed in a few places."""
        ways = (
            self._flipped,
            self._cut,
            self._without,
            self._doubled,
            self._spliced,
            self._put,
            self._put,
            self._huge,
        )
        for _ in range(self.random.choice((1, 1, 2, 5))):
            data = self.random.choice(ways)(data)
        return data[:LARGEST]

    def _flipped(self, data: bytes) -> bytes:
        made = bytearray(data)
        for _ in range(self.random.choice((1, 1, 3))):
            if made:
                place = self.random.randrange(len(made))
                bit = 1 << self.random.randrange(8)
                made[place] = self.random.randrange(256) if self.random.random() < 0.5 else made[place] ^ bit
        return bytes(made)

    def _cut(self, data: bytes) -> bytes:
        return data[: self.random.randrange(len(data) + 1)]

    def _without(self, data: bytes) -> bytes:
        start, end = self._stretch(data)
        return data[:start] + data[end:]

    def _doubled(self, data: bytes) -> bytes:
        start, end = self._stretch(data)
        return data[:end] + data[start:end] * self.random.choice((1, 1, 2, 7)) + data[end:]

    def _spliced(self, data: bytes) -> bytes:
        other = self.random.choice(self._lines)
        start, end = self._stretch(other)
        place = self.random.randrange(len(data) + 1)
        return data[:place] + other[start:end] + data[place:]

    def _put(self, data: bytes) -> bytes:
        """Put a token in, or in the place of a word."""
        token = self.random.choice(TOKENS)
        words = data.split(b" ")
        if len(words) > 1 and self.random.random() < 0.5:
            words[self.random.randrange(len(words))] = token
            return b" ".join(words)
        place = self.random.randrange(len(data) + 1)
        return data[:place] + token + data[place:]

    def _huge(self, data: bytes) -> bytes:
        place = self.random.randrange(len(data) + 1)
        return (
            data[:place] + self.random.choice((b"a", b"1", b'"', b" ", b"\\", b"\xff")) * 700 + data[place:]
        )

    def _followed(self, data: bytes) -> bytes:
        return data + self.random.choice(
            (b"\x00" * 9, b"junk", self.random.choice(self._lines), b"\x1f\x8b", b"PK")
        )

    def _stretch(self, data: bytes) -> tuple[int, int]:
        start = self.random.randrange(len(data) + 1)
        return start, min(len(data), start + self.random.choice((1, 2, 8, 40, 300)))


def _zip(text: bytes, method: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr(zipfile.ZipInfo("access.log"), text)
    return stream.getvalue()


def _gzip_with_header(text: bytes) -> bytes:
    """Return a gzip with a name, a comment and an extra field."""
    plain = gzip.compress(text, 1, mtime=0)
    return (
        plain[:3]
        + b"\x1c"
        + plain[4:10]
        + b"\x04\x00abcd"
        + b"access.log\x00"
        + b"a comment\x00"
        + plain[10:]
    )


PACKERS: Final[Sequence[Callable[[bytes], bytes]]] = (
    lambda text: gzip.compress(text, 1, mtime=0),
    _gzip_with_header,
    bz2.compress,
    lzma.compress,
    zstd.compress,
    lambda text: _zip(text, zipfile.ZIP_DEFLATED),
    lambda text: _zip(text, zipfile.ZIP_STORED),
    lambda text: _zip(text, zipfile.ZIP_BZIP2),
)
"""What makes a container of a text; the same bytes every time."""
