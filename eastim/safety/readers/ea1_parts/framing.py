"""Frames of ea1 as bytes: byte stuffing, CRC, message head (clauses 2.2 to 2.4)."""

from __future__ import annotations

import struct
from binascii import crc32
from dataclasses import dataclass

MAX_CHUNK = 520
MAX_MESSAGE = 512
_HEAD = struct.Struct("<cBI")
_VERSION = b"\x01"
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
    for block in blocks:
        for end in range(254, len(block) + 1, 254):
            out += b"\xff" + block[end - 254 : end]
        rest = len(block) % 254
        out.append(rest + 1)
        out += block[len(block) - rest :]
    if blocks[-1] and not rest:
        out.pop()  # a full last block needs no empty one behind it
    return bytes(out)


def unstuff(chunk: bytes) -> bytes | None:
    """Decode a chunk (no 00 in it) by COBS; None when it is none."""
    # In place: each code becomes the zero that it stands for.
    out, at, end, no_zeros = bytearray(chunk), 0, len(chunk), []
    for _ in chunk:  # there are no more codes than bytes; a code of 0 leads nowhere
        if at >= end:
            break
        code, out[at] = chunk[at], 0
        at += code
        if code == 255:
            no_zeros.append(at)  # behind a full block the next code stands for nothing
    if at != end:
        return None
    for place in reversed(no_zeros):
        del out[place : place + 1]
    return bytes(out[1:])  # nor does the first


def frame_of(message: Message) -> bytes:
    """Encode a message as its one canonical frame: nothing before it, one 00 behind it."""
    data = _HEAD.pack(_VERSION, message.type, message.number) + message.body
    return stuff(data + struct.pack("<I", crc32(data))) + b"\0"


def message_of(chunk: bytes) -> Message | None:
    """Decode a chunk; None when clause 2.4 drops it, or when its version is not 1."""
    # No chunk of more than 520 bytes holds a message of 512 or less: COBS adds one byte for 254, and one at the end.
    data = unstuff(chunk)
    if data is None or not _SHORTEST <= len(data) <= MAX_MESSAGE:
        return None
    if crc32(data[:-4]) != int.from_bytes(data[-4:], "little"):
        return None
    version, kind, number = _HEAD.unpack_from(data)
    return Message(kind, number, data[_HEAD.size : -4]) if version == _VERSION else None
