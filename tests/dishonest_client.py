r"""A seed → what honest and dishonest clients send to an HTTP server, byte by byte, and the sockets that send it.

Nothing here knows a log format. Names and places are those set aside for documentation; a request that may be believed
carries its client's address in `X-Client`, for servers that are told to trust it.
"""

from __future__ import annotations

import base64
import random
import socket
import ssl
import struct
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from tests.servers import LOOPBACK, PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.servers import Origin

HOST: Final = b"shop.example.com"

Manner = Literal["read", "finish", "leave", "vanish", "wait", "frames"]


@dataclass(frozen=True)
class Exchange:
    """What one client does on one connection.

    `sent`: every byte, in one go. `port`: the listener it connects to, by name. `then`: `read` until the server hangs
    up; `finish` the sending, then read; `leave` when the origin holds the request, or `vanish` without a word (RST);
    `wait` beside all others for a server that gives up; read HTTP/2 `frames` until the answer is whole. `secure`: by
    TLS.
    """

    name: str
    sent: bytes
    then: Manner = "read"
    port: str = "plain"
    secure: bool = False


# --- sockets -------------------------------------------------------------------------------------------------------


def drive(
    exchanges: Iterable[Exchange], ports: Mapping[str, int | Path], origin: Origin | None = None
) -> None:
    """Do what every exchange says, one after the other; those that wait begin first and end last.

    `ports`: the number of each listener's port on loopback, or the path of its socket.
    """
    todo = list(exchanges)
    waiting = [(each, _open(each, ports)) for each in todo if each.then == "wait"]
    for each in todo:
        if each.then != "wait":
            with closing(_open(each, ports)) as client:
                _go_on(each, client, origin)
    for each, client in waiting:
        with closing(client):
            _read(each, client)


def _open(exchange: Exchange, ports: Mapping[str, int | Path]) -> socket.socket:
    where = ports[exchange.port]
    if isinstance(where, int):
        client = socket.create_connection((LOOPBACK, where), timeout=PATIENCE)
    else:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(PATIENCE)
        client.connect(str(where))
    if exchange.secure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client = context.wrap_socket(client, server_hostname=HOST.decode())
    with suppress(ConnectionError):  # the server has heard enough
        client.sendall(exchange.sent)
    return client


def _go_on(exchange: Exchange, client: socket.socket, origin: Origin | None) -> None:
    if exchange.then in {"leave", "vanish"}:
        if origin is None:
            message = f"{exchange.name}: no origin to hold the request"
            raise ValueError(message)
        go_on = origin.held.get(timeout=PATIENCE)
        if exchange.then == "vanish":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        go_on.set()
        return
    if exchange.then == "finish":
        with suppress(OSError):  # the server was faster
            client.shutdown(socket.SHUT_WR)
    if exchange.then == "frames":
        _read_frames(client)
    else:
        _read(exchange, client)


def _read(exchange: Exchange, client: socket.socket) -> None:
    """Read until the server hangs up."""
    try:
        while client.recv(65_536):
            pass
    except (ConnectionError, ssl.SSLError):
        return
    except TimeoutError as error:
        message = f"{exchange.name}: no end after {PATIENCE:.0f} s"
        raise TimeoutError(message) from error


# --- requests as they should be ------------------------------------------------------------------------------------

AGENTS: Final = (
    b"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    b"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    b"Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example.org/)",
    b"curl/8.14.1",
    b"python-requests/2.32.3",
)
REFERRERS: Final = (
    b"https://www.example.org/",
    b"https://search.example.net/?q=garden+chair&page=2",
    b"http://shop.example.com/cart",
)
TARGETS: Final = (
    b"/",
    b"/files/a.txt",
    b"/files/large.bin",
    b"/missing/{n}",
    b"/search?q=garden+chair&page={n}",
    b"/cart?item={n}&item={n}",
    b"/%ED%95%9C%EA%B5%AD%EC%96%B4/{n}",
    b"/app/item/{n}?colour=gr%C3%BCn",
    b"/app/status/404",
    b"/app/status/500",
)
METHODS: Final = (b"GET",) * 14 + (
    b"HEAD",
    b"HEAD",
    b"POST",
    b"POST",
    b"PUT",
    b"DELETE",
    b"OPTIONS",
    b"PATCH",
)


def ask(
    line: bytes, *headers: bytes, body: bytes = b"", host: bytes | None = HOST, last: bool = True
) -> bytes:
    """Return a request with the headers that it needs; after the last one the server hangs up."""
    lines = [line]
    lines += [b"Host: " + host] if host is not None else []
    lines += headers
    lines += [b"Content-Length: %d" % len(body)] if body else []
    lines += [b"Connection: close"] if last else []
    return b"\r\n".join([*lines, b"", b""]) + body


def honest(seed: int, connections: int, base: bytes = b"") -> Iterator[Exchange]:
    """Yield what browsers and programs ask in a day: one to six requests on a connection.

    `base` stands before every path, as a proxy wants it.
    """
    dice = random.Random(seed)
    for number in range(connections):
        count = dice.randint(1, 6)
        agent = dice.choice(AGENTS)
        client = dice.choice((b"192.0.2.%d", b"198.51.100.%d", b"203.0.113.%d", b"2001:db8::%x"))
        sent = b""
        for turn in range(count):
            target = base + dice.choice(TARGETS).replace(b"{n}", b"%d" % dice.randint(1, 999))
            method = dice.choice(METHODS)
            headers = [
                b"User-Agent: " + agent,
                b"X-Client: " + client % (number % 250 + 1),
                *([b"Referer: " + dice.choice(REFERRERS)] if dice.random() < 0.5 else []),
                *([b"X-Forwarded-For: 203.0.113.9, 198.51.100.4"] if dice.random() < 0.2 else []),
            ]
            body = b"a=1&b=2" if method in {b"POST", b"PUT", b"PATCH"} else b""
            last = turn == count - 1
            sent += ask(method + b" " + target + b" HTTP/1.1", *headers, body=body, last=last)
        yield Exchange(f"honest {number}", sent)
    whole = ask(b"GET " + base + b"/files/a.txt HTTP/1.0", b"User-Agent: old/1.0")
    yield Exchange("HTTP/1.0", whole)


# --- and as they should not be -------------------------------------------------------------------------------------

ODD_TEXT: Final = (
    b"",
    b"-",
    b"--",
    b'""',
    b'"',
    b'"quoted"',
    b"\\",
    b"ends with \\",
    b'\\"',
    b"\\\\",
    b"\\x22 as text",
    b"\\x41\\n\\t",
    b"a\tb",
    b"a  b",
    b"[brackets] ] [",
    b'] "GET /forged HTTP/1.1" 200 5',
    b'x" 200 5 "-" "forged',
    b"'single'",
    b"comma, semicolon; pipe | tab\t",
    b"<script>alert(1)</script>",
    b"{json: [1, 2]},{",
    b'"},{"status":"200',
    b"%22%20%0a%00",
    b"100% sure",
    b"caf\xc3\xa9 \xed\x95\x9c\xea\xb5\xad",
    b"caf\xe9 latin-1",
    b"\xff\xfe\x80 no UTF-8",
    b"\xed\xa0\x80 surrogate",
    b"\xe2\x80\xa8 line separator \xc2\x85 next line",
    b"\xef\xbb\xbfBOM \xe2\x80\xae turned",
    b"\xf0\x9f\x98\x80",
    b"\x1b[31mred\x1b[0m",
    b"bell \x07 backspace \x08 vertical \x0b form \x0c",
    b"delete \x7f",
    b"\x01\x02\x1f",
    b"a" * 3000,
    b"[20/Nov/2020:12:00:00 +0000]",
    b'x [20/Nov/2020:12:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-"',
)
"""What a header may hold without breaking the message."""

ODD_TARGETS: Final = (
    b"/?",
    b"/??",
    b"/a?b=c?d",
    b"/a#fragment",
    b"/a?b#fragment",
    b"//double//slash",
    b"//other.example.org/a",
    b"/./a/../b",
    b"/../../../etc/passwd",
    b"/%2e%2e/%2e%2e/etc/passwd",
    b"/%zz",
    b"/%",
    b"/%00",
    b"/a%0d%0aInjected:%20x",
    b"/a b",
    b"/a b c",
    b"/ HTTP/1.1",
    b"/a HTTP/1.0 b",
    b" /two-blanks",
    b"/trailing ",
    b"/tab\there",
    b'/"quoted"',
    b'/?q="x\\y"',
    b"/back\\slash",
    b"/\\x22",
    b"/'single'",
    b"/[brackets]",
    b"/{json}",
    b"/a|b,c;d",
    b"/<script>",
    b"/caf\xc3\xa9",
    b"/caf\xe9",
    b"/\xff\xfe",
    b"/\x01",
    b"/\x1b[31m",
    b"/\x7f",
    b"/a\x00b",
    b"*",
    b"a",
    b"?a=b",
    b"#",
    b"http://other.example.org/a?b=c",
    b"http://other.example.org",
    b"http://other.example.org?b",
    b"http://user:secret@other.example.org:8080/a",
    b"http://[2001:db8::7]:8080/a",
    b"HTTP://OTHER.EXAMPLE.ORG/A",
    b"https://other.example.org/a",
    b"ftp://other.example.org/a",
    b"http:///a",
    b"http://",
    b"other.example.org:443",
    b"javascript:alert(1)",
)

ODD_LINES: Final = (
    b"GET",
    b"GET ",
    b"GET  ",
    b"GET HTTP/1.1",
    b"GET /old",
    b"GET /old ",
    b"HEAD /old",
    b"POST /old",
    b"get / HTTP/1.1",
    b"Get / HTTP/1.1",
    b"G-E_T / HTTP/1.1",
    b"G3T / HTTP/1.1",
    b"GET? / HTTP/1.1",
    b"TRACE / HTTP/1.1",
    b"TRACK / HTTP/1.1",
    b"PROPFIND / HTTP/1.1",
    b"VERSION-CONTROL /a HTTP/1.1",
    b"X" * 40 + b" / HTTP/1.1",
    b"CONNECT other.example.org:443 HTTP/1.1",
    b"CONNECT / HTTP/1.1",
    b"OPTIONS * HTTP/1.1",
    b"OPTIONS * HTTP/1.0",
    b"PRI * HTTP/2.0",
    b"GET / HTTP/0.9",
    b"GET / HTTP/1.2",
    b"GET / HTTP/1.10",
    b"GET / HTTP/1",
    b"GET / HTTP/2.0",
    b"GET / HTTP/3.9",
    b"GET / HTTP/9.9",
    b"GET / HTTP/11.1",
    b"GET / HTTP/-1.1",
    b"GET / http/1.1",
    b"GET / HTTPS/1.1",
    b"GET / HTTP/1.1 ",
    b"GET / HTTP/1.1 extra",
    b"GET / FOO",
    b"GET\t/\tHTTP/1.1",
    b" GET / HTTP/1.1",
    b"\x00GET / HTTP/1.1",
    b"GET\x00/ HTTP/1.1",
    b'"GET / HTTP/1.1"',
    b"-",
    b"- / HTTP/1.1",
    b"GET - HTTP/1.1",
    b"200 OK",
    b"HTTP/1.1 200 OK",
    b"\xc3\xa9 / HTTP/1.1",
)

TLS_HELLO: Final = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\xde\xad\xbe\xef\x22\x5c"
    + bytes(range(256))
    + b"\x00" * 243
)

ODD_STREAMS: Final = (
    ("TLS hello", TLS_HELLO),
    ("TLS hello without a line end", TLS_HELLO.replace(b"\n", b"").replace(b"\r", b"")),
    ("short TLS hello", b"\x16\x03\x01\x02\x00\x01\n"),
    ("SSLv2 hello", b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10\x01\x00\x80\r\n"),
    ("one line end", b"\r\n"),
    ("one LF", b"\n"),
    ("line ends", b"\r\n\r\n\r\n"),
    ("a lone CR", b"\r"),
    ("NULs", b"\x00" * 40 + b"\r\n\r\n"),
    ("part of a line", b"GET /par"),
    ("part of a method", b"GE"),
    ("a line without headers", b"GET /half HTTP/1.1\r\n"),
    ("half a header", b"GET /half HTTP/1.1\r\nHost: shop.exam"),
    ("line ends by LF alone", b"GET /lf HTTP/1.1\nHost: shop.example.com\nConnection: close\n\n"),
    ("line ends before the request", b"\r\n\r\nGET /late HTTP/1.1\r\nHost: shop.example.com\r\n\r\n"),
    ("remote desktop", b"\x03\x00\x00/*\xe0\x00\x00\x00\x00\x00Cookie: mstshash=Administr\r\n\x01\x00\x08\x00\x03"),
    ("SSH", b"SSH-2.0-Go\r\n"),
    ("PROXY protocol", b"PROXY TCP4 192.0.2.1 192.0.2.2 5 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("SOCKS", b"\x05\x01\x00\n"),
    ("a mail", b"EHLO mail.example.com\r\n"),
    ("a key-value store", b"*1\r\n$4\r\nPING\r\n"),
    ("binary with quotes", b'\x00"\\" \xff"\\\\\n\n'),
    ("JSON-RPC", b'{"id":1,"method":"mining.subscribe","params":["x"]}\n'),
    ("nothing but blanks", b"    \r\n\r\n"),
    ("HTTP/2 to one that does not speak it", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"),
)  # fmt: skip

ODD_USERS: Final = (
    b"ada",
    b"user one",
    b"user one [x]",
    b"[x]",
    b"a - b",
    b"-",
    b"",
    b'"',
    b'""',
    b'user one "x',
    b"back\\slash",
    b"ends with \\",
    b"DOMAIN\\name@realm",
    b"caf\xc3\xa9",
    b"\xff",
    b"tab\t",
    b"line\nend",
    b"\r",
    b" ",
    b" leading",
    b"trailing ",
    b"{client}",
    b"[20/Nov/2020:12:00:00 +0000]",
    b"x [20/Nov/2020:12:00:00 +0000] y",
    b'x [20/Nov/2020:12:00:00 +0000] "GET /forged HTTP/1.1" 200 5 "-" "-"',
    b"192.0.2.99 - root",
    b"a" * 500,
)


def dishonest(seed: int, base: bytes = b"") -> Iterator[Exchange]:
    """Yield requests that try a server, or with a `base` a proxy, or whoever reads its log; some are thrown by dice."""
    for target in ODD_TARGETS:
        where = base + target if target.startswith(b"/") else target
        yield Exchange(f"target {target!r}", ask(b"GET " + where + b" HTTP/1.1"))
    for line in ODD_LINES:
        yield Exchange(f"line {line!r}", ask(line.replace(b" / ", b" " + base + b"/ ")), "finish")
    for name, sent in ODD_STREAMS:
        yield Exchange(name, sent, "finish")
    for number, text in enumerate(ODD_TEXT):
        line = b"GET " + base + b"/text/%d HTTP/1.1" % number
        yield Exchange(f"agent {text[:40]!r}", ask(line, b"User-Agent: " + text, b"X-Client: 192.0.2.66"))
        both = (b"Referer: " + text, b"User-Agent: x" + text, b"X-Forwarded-For: " + text)
        yield Exchange(f"referrer {text[:40]!r}", ask(line, *both))
    yield from _users(base)
    yield from _messages(base)
    yield from _dice(random.Random(seed), base)


def basic(user: bytes, *, proxy: bool = False) -> bytes:
    """Return the header that says who asks, of a server or of a proxy."""
    name = b"Proxy-Authorization" if proxy else b"Authorization"
    return name + b": Basic " + base64.b64encode(user + b":secret")


def _users(base: bytes) -> Iterator[Exchange]:
    for user in ODD_USERS:
        line = b"GET " + base + b"/private/ HTTP/1.1"
        yield Exchange(
            f"user {user[:40]!r}", ask(line, basic(user, proxy=base != b""), b"User-Agent: " + AGENTS[0])
        )
    for text in (b"Basic", b"Basic !!!", b"Basic bm9jb2xvbg==", b"Bearer a.b.c", b'Digest username="ada"'):
        yield Exchange(
            f"authorization {text!r}",
            ask(b"GET " + base + b"/private/ HTTP/1.1", b"Authorization: " + text),
        )


def _messages(base: bytes) -> Iterator[Exchange]:
    """Yield requests whose line is good and whose rest is not, or is rarely seen."""
    get = b"GET " + base + b"/files/a.txt HTTP/1.1"
    post = b"POST " + base + b"/app/form HTTP/1.1"
    chunked = b"Transfer-Encoding: chunked"
    messages = {
        "unchanged since": ask(get, b"If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT"),
        "any tag": ask(get, b'If-None-Match: "no such", *'),
        "part of a file": ask(get, b"Range: bytes=10-19"),
        "last bytes": ask(get, b"Range: bytes=-5"),
        "two parts": ask(get, b"Range: bytes=0-1,5-9"),
        "beyond the end": ask(get, b"Range: bytes=99999-"),
        "no host": ask(get, host=None),
        "two hosts": ask(get, b"Host: other.example.org"),
        "empty host": ask(get, host=b""),
        "host with a port": ask(get, host=HOST + b":8080"),
        "host with a path": ask(get, host=b"a/b c"),
        "hostile host": ask(get, host=b'a"b\\'),
        "host in capitals": ask(get, host=b"SHOP.Example.COM"),
        "other host": ask(get, host=b"www.example.org"),
        "agent twice": ask(get, b"User-Agent: one", b"User-Agent: two"),
        "referrer twice": ask(get, b"Referer: one", b"Referer: two"),
        "header without a name": ask(get, b": x"),
        "header without a colon": ask(get, b"no colon here"),
        "header with a blank in its name": ask(get, b"User Agent: x"),
        "folded header": ask(get, b"User-Agent: a\r\n\tb"),
        "NUL in a header": ask(get, b"User-Agent: a\x00b"),
        "CR in a header": ask(get, b"User-Agent: a\rb"),
        "a header of 5 kB": ask(get, b"X-Long: " + b"a" * 5_000),
        "a header of 20 kB": ask(get, b"X-Long: " + b"a" * 20_000),
        "an agent of 7 kB": ask(get, b"User-Agent: " + b"agent " * 1_200),
        "cookies of 30 kB": ask(get, *[b"Cookie: c%d=" % n + b"c" * 3_000 for n in range(10)]),
        "300 headers": ask(get, *[b"X-%d: 1" % number for number in range(300)]),
        "an URI of 7 kB": ask(b"GET " + base + b"/" + b"a" * 7_000 + b" HTTP/1.1"),
        "an URI of 9 kB": ask(b"GET " + base + b"/" + b"a" * 9_000 + b" HTTP/1.1"),
        "an URI of 70 kB": ask(b"GET " + base + b"/" + b"a" * 70_000 + b" HTTP/1.1"),
        "a query of 6 kB": ask(b"GET " + base + b"/?" + b"q=%22&" * 1_000 + b" HTTP/1.1"),
        "a body": ask(post, body=b"a=1"),
        "a large body": ask(post, body=b"a" * 60_000),
        "too large a body": ask(post, b"Content-Length: 9999999999"),
        "no length": ask(post),
        "a negative length": ask(post, b"Content-Length: -5"),
        "two lengths": ask(post, b"Content-Length: 3", b"Content-Length: 4") + b"a=12",
        "chunks": ask(post, chunked) + b"3\r\na=1\r\n0\r\n\r\n",
        "bad chunks": ask(post, chunked) + b"zz\r\na=1\r\n0\r\n\r\n",
        "length and chunks": ask(post, chunked, b"Content-Length: 5") + b"0\r\n\r\n",
        "unknown coding": ask(post, b"Transfer-Encoding: whatever"),
        "expects to go on": ask(post, b"Expect: 100-continue", body=b"a=1"),
        "expects what is not": ask(post, b"Expect: a miracle"),
        "wants another protocol": ask(get, b"Upgrade: websocket"),
        "a second request after rubbish": ask(get, last=False) + b"rubbish\r\n\r\n",
        "two requests, the second in HTTP/0.9": ask(get, last=False) + b"GET /old\r\n",
        "nobody there": ask(b"GET " + base + b"/dead/a HTTP/1.1"),
        "the origin hangs up": ask(b"GET " + base + b"/app/gone HTTP/1.1"),
        "the origin talks rubbish": ask(b"GET " + base + b"/app/garbage HTTP/1.1"),
    }
    for name, sent in messages.items():
        yield Exchange(name, sent, "finish" if "length" in name or "too large" in name else "read")
    held = b"GET " + base + b"/app/held/%d HTTP/1.1"
    for number in range(4):
        yield Exchange(f"leaves early {number}", ask(held % number), "leave")
        yield Exchange(f"vanishes early {number}", ask(held % number), "vanish")
    probe = b"User-Agent: Apache/2.4.62 (Debian) (internal dummy connection)"
    yield Exchange("Apache calls itself", ask(b"OPTIONS * HTTP/1.0", probe, host=None))
    yield Exchange(
        "a visitor says so too", ask(b"GET " + base + b"/ HTTP/1.1", probe, b"X-Client: 192.0.2.67")
    )


def _dice(dice: random.Random, base: bytes) -> Iterator[Exchange]:
    """Yield requests with a few bytes changed, anywhere or in one value."""
    alphabet = [bytes([byte]) for byte in range(256)] + [
        b'"',
        b"\\",
        b" ",
        b"[",
        b"]",
        b"-",
        b"\t",
        b'\\"',
    ] * 16
    for number in range(120):
        text = b"".join(dice.choices(alphabet, k=dice.randint(1, 12))).translate(None, b"\r\n\x00")
        target = text.translate(None, bytes(range(0x21))) if number % 2 else b"%d" % number
        line = b"GET " + base + b"/private/" + target + b" HTTP/1.1"
        headers = (b"User-Agent: " + text, b"Referer: " + text[::-1], basic(text, proxy=base != b""))
        yield Exchange(f"dice {number}", ask(line, *headers))
    for number in range(60):
        sent = bytearray(ask(b"GET " + base + b"/dice/%d HTTP/1.1" % number, b"User-Agent: dice"))
        for _ in range(dice.randint(1, 4)):
            sent[dice.randrange(len(sent))] = dice.choice(alphabet)[0]
        yield Exchange(f"changed {number}", bytes(sent), "finish")


def waiting(base: bytes = b"") -> Sequence[Exchange]:
    """Return what keeps a server waiting until it gives up."""
    return (
        Exchange("never speaks", b"", "wait"),
        Exchange("stops in the line", b"GET " + base + b"/stop", "wait"),
        Exchange("stops in the headers", b"GET " + base + b"/stop HTTP/1.1\r\nHost: shop.exa", "wait"),
    )


# --- HTTP/2 in the clear, as far as a log is concerned -------------------------------------------------------------

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_SETTINGS, _HEADERS, _RESET, _GOAWAY = 4, 1, 3, 7
_END = 1 | 4  # of the stream and of the headers


def http2(headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return one request of HTTP/2 without TLS; every header stands in full (RFC 7541 §6.2.2)."""
    block = b"".join(b"\x00" + _length(name) + name + _length(value) + value for name, value in headers)
    return PREFACE + _frame(_SETTINGS, 0, 0, b"") + _frame(_HEADERS, _END, 1, block)


def _length(text: bytes) -> bytes:
    """Return the length as an integer with a prefix of seven bits."""
    if len(text) < 127:
        return bytes([len(text)])
    rest, out = len(text) - 127, [127]
    while rest >= 128:
        out.append(rest % 128 + 128)
        rest //= 128
    return bytes([*out, rest])


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _read_frames(client: socket.socket) -> None:
    """Read until the stream of the request, or the connection, is over."""
    with client.makefile("rb") as stream, suppress(ConnectionError):
        while len(head := stream.read(9)) == 9:
            size = int.from_bytes(head[:3], "big")
            kind, flags, number = struct.unpack(">BBI", head[3:])
            stream.read(size)
            if kind == _GOAWAY or (number == 1 and (kind == _RESET or flags & 1)):
                return
