"""Turn ea1 bytes into messages and back, by sections 2 and 3 of the wire manual.

Nothing here knows what a message means. Written from docs/wire/ea1.md alone.
"""

from __future__ import annotations

import binascii
import re
import struct
from dataclasses import dataclass
from typing import Final

VERSION: Final = 1  # 2.2 (manual)
STOP_CHUNK: Final = b"\x18"  # 2.6 (manual): exactly this one byte between two 00
LONGEST_CHUNK: Final = 520  # 2.4 (manual)
SHORTEST_MESSAGE: Final = 10  # 2.4 (manual): an empty body
TORN_AFTER_US: Final = 50_000  # 2.4 (manual)
_HEAD: Final = struct.Struct("<BBI")
_CRC: Final = struct.Struct("<I")
_PIECE: Final = re.compile(rb"[^\x00]+\x00")
_CODES: Final = tuple(bytes([length]) for length in range(255))  # of blocks that a zero, or the end, follows


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the wire; `raw` is its bytes with CRC, by which a retry is known (3.2)."""

    version: int
    type: int
    number: int
    body: bytes
    raw: bytes


def stuff(data: bytes) -> bytes:
    """Encode by Consistent Overhead Byte Stuffing, without the closing 00 (2.3)."""
    if len(data) < 254:
        # Most of a report is zeros: each is a block of its own, with code 01, and no piece has a zero left.
        return _PIECE.sub(_coded, data + b"\x00").replace(b"\x00", b"\x01")
    pieces = data.split(b"\x00")
    out = bytearray()
    for index, piece in enumerate(pieces):
        full = len(piece) >= 254
        while len(piece) >= 254:
            out += b"\xff" + piece[:254]
            piece = piece[254:]
        if full and not piece and index == len(pieces) - 1:
            break  # a full block at the very end stands alone: its code promises no zero
        out.append(len(piece) + 1)
        out += piece
    return bytes(out)


def _coded(found: re.Match[bytes]) -> bytes:
    piece = found[0]
    return _CODES[len(piece)] + piece[:-1]


def unstuff(chunk: bytes) -> bytes | None:
    """Decode one chunk; None when it is not valid COBS (2.4)."""
    out = bytearray()
    at, end = 0, len(chunk)
    while at < end:
        code = chunk[at]
        block = chunk[at + 1 : at + code]
        if code == 0 or len(block) != code - 1 or 0 in block:
            return None
        out += block
        at += code
        if code != 0xFF and at < end:
            out.append(0)
    return bytes(out)


def frame(kind: int, number: int, body: bytes) -> bytes:
    """Build the bytes of one message as they go over the wire, closing 00 included (2.2, 2.3)."""
    head = _HEAD.pack(VERSION, kind, number) + body
    return stuff(head + _CRC.pack(binascii.crc32(head))) + b"\x00"


def read(chunk: bytes) -> Message | None:
    """Read one chunk; None when the receiver has to drop it (2.4)."""
    raw = unstuff(chunk) if len(chunk) <= LONGEST_CHUNK else None
    if raw is None or len(raw) < SHORTEST_MESSAGE:
        return None
    if binascii.crc32(raw[:-4]) != _CRC.unpack(raw[-4:])[0]:
        return None
    version, kind, number = _HEAD.unpack_from(raw)
    return Message(version, kind, number, raw[6:-4], raw)


class Receiver:
    """Cut the stream into chunks at each 00 and forget torn ones; counts those it forgets itself."""

    __slots__ = ("_last_us", "_part", "torn")

    def __init__(self) -> None:
        self._part = bytearray()
        self._last_us = 0
        self.torn = 0

    def tick(self, now_us: int) -> None:
        """Drop a chunk that has stood unfinished for 50 ms (2.4)."""
        if self._part and now_us - self._last_us >= TORN_AFTER_US:
            self._part.clear()
            self.torn += 1

    def take(self, data: bytes, now_us: int) -> list[bytes]:
        """Take bytes read at `now_us`; returns the chunks they finish, empty ones left out (2.3)."""
        self.tick(now_us)
        self._last_us = now_us
        *whole, tail = (bytes(self._part) + data).split(b"\x00")
        # One byte over the longest chunk is kept, so that `read` sees that it is too long and memory stays bounded.
        self._part[:] = tail[: LONGEST_CHUNK + 1]
        return [chunk[: LONGEST_CHUNK + 1] for chunk in whole if chunk]
