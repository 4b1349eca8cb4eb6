"""Frames of ea1 as bytes: byte stuffing, CRC, message head (clauses 2.2 to 2.4)."""

from __future__ import annotations

import struct
from binascii import crc32
from dataclasses import dataclass

MAX_CHUNK = 520
MAX_MESSAGE = 512
_HEAD = struct.Struct("<BBI")
_SHORTEST = _HEAD.size + 4  # no body, and the CRC


@dataclass(frozen=True, slots=True)
class Message:
    """One message without version and CRC. type: u8. number: u32."""

    type: int
    number: int
    body: bytes


def stuff(data: bytes) -> bytes:
    """Encode by COBS in its one shortest form, without the closing 00."""
    out = bytearray()
    blocks = data.split(b"\0")
    for i, block in enumerate(blocks):
        while len(block) >= 254:
            out += b"\xff" + block[:254]
            block = block[254:]
            if not block and i == len(blocks) - 1:
                return bytes(out)  # a full last block needs no empty one behind it
        out += bytes((len(block) + 1,)) + block
    return bytes(out)


def unstuff(chunk: bytes) -> bytes | None:
    """Decode a chunk (no 00 in it) by COBS; None when it is none."""
    out, at = bytearray(), 0
    while at < len(chunk):
        code = chunk[at]
        block = chunk[at + 1 : at + code]
        if code == 0 or len(block) != code - 1:
            return None
        out += block
        at += code
        if code < 255 and at < len(chunk):
            out.append(0)
    return bytes(out)


def frame_of(message: Message) -> bytes:
    """Encode a message as its one canonical frame: nothing before it, one 00 behind it."""
    data = _HEAD.pack(1, message.type, message.number) + message.body
    return stuff(data + struct.pack("<I", crc32(data))) + b"\0"


def message_of(chunk: bytes) -> Message | None:
    """Decode a chunk; None when clause 2.4 drops it, or when its version is not 1."""
    if len(chunk) > MAX_CHUNK:
        return None
    data = unstuff(chunk)
    if data is None or not _SHORTEST <= len(data) <= MAX_MESSAGE:
        return None
    if crc32(data[:-4]) != int.from_bytes(data[-4:], "little"):
        return None
    version, kind, number = _HEAD.unpack_from(data)
    return Message(kind, number, data[_HEAD.size : -4]) if version == 1 else None
