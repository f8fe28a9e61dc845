"""Magic bytes → the container that a file is, and what inflates one member of it with bounded memory."""

from __future__ import annotations

import bz2
import lzma
import stat
import struct
import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = [
    "BROKEN",
    "LONGEST_MAGIC",
    "MEMBER",
    "ZSTD_WINDOW",
    "Copied",
    "Inflater",
    "Member",
    "RefusedError",
    "declined",
    "follows",
    "inflater",
    "members",
    "named",
    "salvaged",
    "why_broken",
    "why_ended",
    "zstd",
]

XZ_MEMORY: Final = 256 << 20
"""Bytes that an xz stream may ask for; `xz -9` asks for 65 MiB, a hostile one for gigabytes."""

ZSTD_WINDOW: Final = 27
"""Binary logarithm of the window that a zstd frame may ask for: 128 MiB, as `zstd -d` has it unless told."""

MOST_MEMBERS: Final = 10_000
"""Members of a zip that are sources of their own; a longer archive is read as one."""

MEMBER: Final = "!"
"""Between the name of an archive and that of a member."""

MAGIC: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    *(
        (bytes([number]) + b"\x2a\x4d\x18", "zstd") for number in range(0x50, 0x60)
    ),  # frames to be skipped (RFC 8878)
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),  # of no members
)

DECLINED: Final = (
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
"""What is recognised and not read: the reader must convert it first."""

LONGEST_MAGIC: Final = max(len(magic) for magic, _ in MAGIC + DECLINED)

_ZIP_LOCAL: Final = b"PK\x03\x04"
_ZIP_AFTER: Final = (b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x08")
"""What follows the last member of a zip: its directory."""

_ZIP_DESCRIPTOR: Final = b"PK\x07\x08"
_ZIP_METHODS: Final = {8: "deflate", 12: "bzip2", 93: "zstd", 95: "xz"}
_ZIP_OTHERS: Final = {6: "imploded", 9: "deflate64", 14: "lzma", 98: "PPMd"}
_ENCRYPTED: Final = 1
_SIZES_FOLLOW: Final = 8
_IN_EXTRA: Final = 0xFFFF_FFFF


class BrokenError(Exception):
    """The bytes are not what the container promises."""


class RefusedError(Exception):
    """The member is intact as far as one can tell, and of a kind that is not read; the text names the kind."""


BROKEN: Final = (zlib.error, OSError, lzma.LZMAError, zstd.ZstdError, BrokenError)
"""What an inflater raises where its input is damaged."""


class Inflater(Protocol):
    """What all decompressors share."""

    @property
    def eof(self) -> bool:
        """Whether the member has ended."""

    @property
    def unused_data(self) -> bytes:
        """What was given after its end."""

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes:
        """Return the next text; nothing where more input is needed."""


@runtime_checkable
class Copied(Inflater, Protocol):
    """One that can be set back: zlib's."""

    def copy(self) -> Copied:
        """Return another one in the same state."""


@dataclass(frozen=True)
class Member:
    """One file in a zip: where its header starts and how many bytes there are up to the next one's."""

    file: str
    name: str
    offset: int
    size: int


def named(first: bytes) -> str | None:
    """Return the container that a file with this start is, null for plain text."""
    return next((name for magic, name in MAGIC if first.startswith(magic)), None)


def declined(first: bytes) -> str | None:
    """Return what a file with this start is, where it is not read."""
    return next((name for magic, name in DECLINED if first.startswith(magic)), None)


def inflater(kind: str) -> Inflater:
    """Return what inflates one member of a container."""
    if kind == "gzip":
        return zlib.decompressobj(wbits=31)
    if kind == "deflate":
        return zlib.decompressobj(wbits=-15)
    if kind == "bzip2":
        return bz2.BZ2Decompressor()
    if kind == "xz":
        return lzma.LZMADecompressor(memlimit=XZ_MEMORY)
    if kind == "zstd":
        return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW})
    return ZipMember()


def follows(kind: str, start: bytes) -> bool | None:
    """Return whether another member starts here; null where it is something else that does not belong there."""
    if kind == "zip":
        return True if start.startswith(_ZIP_LOCAL) else False if start.startswith(_ZIP_AFTER) else None
    if not start:
        return False
    return True if named(start) == kind else None


def why_broken(kind: str, start: bytes) -> str:
    """Return what is wrong with a member whose inflater stopped: it may ask for what it is not given."""
    if kind == "zstd" and start.startswith(b"\x28\xb5\x2f\xfd"):
        if (window := _zstd_window(start)) > 1 << ZSTD_WINDOW:
            wanted = f"{window >> 20:,} MiB"
            return f"zstd that asks for {wanted} of memory: not read (zstd -d --long=31 unpacks it)"
        if len(start) > _DESCRIPTOR and start[_DESCRIPTOR] & 3:
            return "zstd that was made with a dictionary: not read (zstd -d -D unpacks it)"
    return f"damaged {kind}: read up to the damage"


def why_ended(kind: str, rest: bytes = b"") -> str:
    """Return what is wrong with a container that stops in a member, or with something else behind one."""
    if len(rest) < len(_ZIP_LOCAL) and (kind == "zip" or not rest):
        return f"truncated {kind}: read up to where it ends"
    return f"bytes after the end of the {kind} data: not read"


_DESCRIPTOR: Final = 4
"""Place of the descriptor in a zstd frame (RFC 8878, 3.1.1.1)."""


def _zstd_window(start: bytes) -> int:
    """Return the bytes that a zstd frame wants to keep; 0 where its header is cut."""
    if len(start) < _DESCRIPTOR + 2:
        return 0
    descriptor = start[_DESCRIPTOR]
    if not descriptor & 0x20:
        exponent, mantissa = divmod(start[_DESCRIPTOR + 1], 8)
        return (1 << (10 + exponent)) * (8 + mantissa) // 8
    place = _DESCRIPTOR + 1 + (0, 1, 2, 4)[descriptor & 3]
    width = (1, 2, 4, 8)[descriptor >> 6]
    return int.from_bytes(start[place : place + width], "little") + (256 if width == 2 else 0)  # noqa: PLR2004


class _Stored:
    """Bytes that a zip holds as they are."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._held = b""
        self.eof = size == 0
        self.needs_input = not self.eof
        self.unused_data = b""

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        held = self._held + data
        size = min(self._left, len(held)) if max_length < 0 else min(self._left, len(held), max_length)
        self._left -= size
        self._held = held[size:]
        self.eof = self._left == 0
        if self.eof:
            self.unused_data, self._held = self._held, b""
        self.needs_input = not self._held
        return held[:size]


class ZipMember:
    """One member of a zip from its local header to its end, without the archive's directory.

    The directory stands at the end, where a pipe is not yet and a cut archive no longer is. Held are at most the
    header and what was given last.

    Raises
    ------
    RefusedError: encrypted, a method that is not read, or a container in the container.
    BrokenError: a header, length or checksum that is not right.
    """

    def __init__(self) -> None:
        self.eof = False
        self.unused_data = b""
        self.needs_input = True
        self._held = b""
        self._inner: Inflater | None = None
        self._ended = False
        self._broken = False
        self._start: bytes | None = b""
        self._checksum = 0
        self._size = 0
        self._expected: tuple[int, int] | None = None

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        """Return text, a few bytes more than `max_length` at its start; nothing where more input is needed."""
        if self._broken:
            raise BrokenError
        self._held += data
        if self._inner is None:
            self._inner = self._begin()
        text = b""
        if self._inner is not None and not self._ended:
            # The start is asked for at once: what an inflater still holds of it could not be told from an end.
            limit = max_length if self._start is None or max_length < 0 else max(max_length, LONGEST_MAGIC)
            text = self._told(self._inflate(self._inner, limit))
        if self._ended:
            self._finish()
        self.needs_input = not self.eof and (
            self._inner is None
            or self._ended
            or (not self._held and getattr(self._inner, "needs_input", True))
        )
        return text

    def _begin(self) -> Inflater | None:
        """Read the local header; null as long as a part of it is missing (APPNOTE 4.3.7)."""
        fixed = struct.Struct("<4sHHHHHIIIHH")
        if len(self._held) < fixed.size:
            return None
        magic, _, flags, method, _, _, checksum, packed, size, name, extra = fixed.unpack_from(self._held)
        if len(self._held) < fixed.size + name + extra:
            return None
        if magic != _ZIP_LOCAL:
            raise BrokenError
        if flags & _ENCRYPTED:
            raise RefusedError("encrypted zip")
        if _IN_EXTRA in {packed, size}:
            packed, size = _long_sizes(
                self._held[fixed.size + name : fixed.size + name + extra], packed, size
            )
        self._held = self._held[fixed.size + name + extra :]
        if not flags & _SIZES_FOLLOW:
            self._expected = (checksum, size)
        if method == 0 and self._expected is not None and packed == size:
            return _Stored(size)
        if method not in _ZIP_METHODS:
            raise RefusedError(
                f"zip ({_ZIP_OTHERS.get(method, 'stored' if method == 0 else f'method {method}')})"
            )
        return inflater(_ZIP_METHODS[method])

    def _inflate(self, inner: Inflater, max_length: int) -> bytes:
        before = inner.copy() if isinstance(inner, Copied) else None
        try:
            text = inner.decompress(self._held, max_length)
        except BROKEN:
            if before is None:
                raise
            self._broken = True
            text = b"".join(salvaged(before, self._held))
        self._held = getattr(inner, "unconsumed_tail", b"")
        if inner.eof:
            self._ended = True
            self._held = inner.unused_data
        self._checksum = zlib.crc32(text, self._checksum)
        self._size += len(text)
        return text

    def _told(self, text: bytes) -> bytes:
        """Return the text once its start tells that it is no container itself."""
        if self._start is None:
            return text
        self._start += text
        if len(self._start) < LONGEST_MAGIC and not self._ended and not self._broken:
            return b""
        text, self._start = self._start, None
        if inside := named(text) or declined(text):
            raise RefusedError(f"{inside} inside zip")
        return text

    def _finish(self) -> None:
        """Compare the checksum and the length, which stand in the header or behind the data (4.3.9)."""
        if self._expected is not None:
            if self._expected != (self._checksum, self._size):
                raise BrokenError
            self.eof, self.unused_data = True, self._held
            return
        for before in (_ZIP_DESCRIPTOR, b""):
            for sizes in ("II", "QQ"):
                form = struct.Struct(f"<{len(before)}sI{sizes}")
                if len(self._held) < form.size:
                    continue
                magic, checksum, _, size = form.unpack_from(self._held)
                mask = (1 << (32 if sizes == "II" else 64)) - 1
                if (magic, checksum, size) == (before, self._checksum, self._size & mask):
                    self.eof, self.unused_data = True, self._held[form.size :]
                    return
        if len(self._held) >= struct.calcsize("<4sIQQ"):
            raise BrokenError


def _long_sizes(extra: bytes, packed: int, size: int) -> tuple[int, int]:
    """Return the sizes of a member over 4 GiB, from the extra field 1 (APPNOTE 4.5.3)."""
    while len(extra) >= struct.calcsize("<HH"):
        number, length = struct.unpack_from("<HH", extra)
        body, extra = extra[4 : 4 + length], extra[4 + length :]
        if number == 1:
            values = list(struct.unpack(f"<{len(body) // 8}Q", body[: len(body) // 8 * 8]))
            if size == _IN_EXTRA and values:
                size = values.pop(0)
            if packed == _IN_EXTRA and values:
                packed = values.pop(0)
    return packed, size


def salvaged(inflater: Copied, data: bytes) -> list[bytes]:
    """Return the text before the damaged byte of `data`, up to which a larger step gave none."""
    texts: list[bytes] = []
    for position in range(len(data)):
        try:
            texts.append(inflater.decompress(data[position : position + 1]))
        except zlib.error:
            break
    return texts


def members(name: str) -> list[Member]:
    """Return the visible files in a zip, in its order; none for all other files and for a directory that is amiss.

    Members that lie over each other, as in archives made to expand without end, are not listed either: such a file is
    read as one, from its start.
    """
    try:
        if not stat.S_ISREG(Path(name).stat().st_mode):
            return []
        with Path(name).open("rb") as stream:
            if stream.read(len(_ZIP_LOCAL)) != _ZIP_LOCAL:
                return []
            with zipfile.ZipFile(stream) as archive:
                listed = sorted(archive.infolist(), key=lambda info: info.header_offset)
                end = archive.start_dir
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, struct.error):
        return []
    if not listed or len(listed) > MOST_MEMBERS or listed[0].header_offset != 0:
        return []
    ends = [*(info.header_offset for info in listed[1:]), end]
    found = []
    for info, until in zip(listed, ends, strict=True):
        if info.header_offset + info.compress_size >= until:
            return []
        parts = info.filename.split("/")
        if not info.is_dir() and not any(part.startswith((".", "__MACOSX")) for part in parts):
            found.append(Member(name, info.filename, info.header_offset, until - info.header_offset))
    return found
