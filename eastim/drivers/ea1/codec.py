"""The bytes of wire ea1 as a host writes and cuts them: frames, messages, request bodies.

Written from docs/wire/ea1.md alone; clauses are its. What the device answers is in `replies`.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

VERSION = 1
LEADS = "ABCD"
LEVEL_UA = 10
NO_KIND = 0xFF
MAX_MESSAGE = 512
MAX_CHUNK = 520
_FULL = 254

# Type and number, behind the version.
_HEAD = struct.Struct("<BI")
_START = 1 + _HEAD.size
_CRC = struct.Struct("<I")
_LIMITS = struct.Struct("<4HII")
_PROGRAM = struct.Struct("<HBx")
_RECORD = struct.Struct("<BBBxHHIIII")
_PLAY = struct.Struct("<IIHBB")


class Request(IntEnum):
    """The requests of clause 4. A reply's type is the request's with bit 7 set."""

    HELLO = 0x01
    LIMITS = 0x02
    PROGRAM = 0x03
    ARM = 0x04
    CONTACT = 0x05
    PLAY = 0x06
    HUSH = 0x07
    CLEAR = 0x08


CARRY_EPOCH = frozenset({Request.ARM, Request.CONTACT, Request.PLAY, Request.HUSH, Request.CLEAR})


@dataclass(frozen=True, slots=True)
class Message:
    """One message (2.2), version and CRC apart: they are the same for all, or follow from the rest."""

    type: int
    number: int
    body: bytes


def encode(message: Message) -> bytes:
    """Frame a message (2.2, 2.3); raises ValueError above 512 bytes."""
    head = bytes([VERSION]) + _HEAD.pack(message.type, message.number) + message.body
    return framed(head + _CRC.pack(zlib.crc32(head)))


def framed(raw: bytes) -> bytes:
    """Stuff a message and close it; raises ValueError above 512 bytes."""
    if len(raw) > MAX_MESSAGE:
        raise ValueError(f"a message of {len(raw)} bytes, at most {MAX_MESSAGE} (2.2)")
    return stuffed(raw) + b"\0"


def decode(chunk: bytes) -> Message | None:
    """The message in a chunk (without its 00); None when the manual says to drop it (2.4), or for another version."""
    raw = unstuffed(chunk)
    # A chunk above 520 bytes is dropped here too: it stands for 518 bytes or more, and a message has at most 512.
    if raw is None or not _START + _CRC.size <= len(raw) <= MAX_MESSAGE:
        return None
    signed, crc = raw[: -_CRC.size], raw[-_CRC.size :]
    if crc != _CRC.pack(zlib.crc32(signed)) or raw[0] != VERSION:
        return None
    kind, number = _HEAD.unpack_from(raw, 1)
    return Message(kind, number, signed[_START:])


def stuffed(raw: bytes) -> bytes:
    """Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999), without the closing 00."""
    out = bytearray()
    *parts, last = raw.split(b"\0")
    for part in parts:
        out += _group(part)
    out += _group(last)
    # A full group stands for no zero after it, so the end needs no empty group behind one.
    return bytes(out[:-1] if last and len(last) % _FULL == 0 else out)


def _group(part: bytes) -> bytes:
    """Code bytes for a stretch without zeros, each full group of 254 with the code FF."""
    full, rest = divmod(len(part), _FULL)
    groups = b"".join(b"\xff" + part[i * _FULL : (i + 1) * _FULL] for i in range(full))
    return groups + bytes([rest + 1]) + part[full * _FULL :]


def unstuffed(chunk: bytes) -> bytes | None:
    """Undo `stuffed`; None when it is no valid COBS."""
    # A code byte promises so many bytes less one; it also stands for a zero after them, unless it is full or nothing
    # follows.
    parts, at, end = [], 0, len(chunk)
    for _ in chunk:  # so it ends, whatever the codes are: each but 0 takes a byte or more
        if at >= end:
            break
        code = chunk[at]
        parts.append(chunk[at + 1 : at + code])
        at += code
        if code != 0xFF and at < end:
            parts.append(b"\0")
    return None if at != end or 0 in chunk else b"".join(parts)


class Cutter:
    """Cut a byte stream at its 00s, in whatever pieces it comes.

    A driver has no clock, and the 50 ms rule of 2.4 is the device's: a torn answer spoils the chunk it
    stands in, which then fails its CRC, and the player asks again.
    """

    def __init__(self) -> None:
        self._open = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; give the chunks that are whole by now, empty ones left out."""
        *whole, rest = (bytes(self._open) + data).split(b"\0")
        # One byte above the bound is enough to know that the chunk is too long; the rest of it need not be kept.
        self._open = bytearray(rest[: MAX_CHUNK + 1])
        return [chunk for chunk in whole if chunk]


def request_name(kind: int) -> str:
    """Name a request for a sentence."""
    return Request(kind).name if kind in set(Request) else f"type {kind:02X}"


def lead_mask(leads: Iterable[str]) -> int:
    """Bit 0 is lead A (1.1)."""
    return sum(1 << LEADS.index(lead) for lead in leads)


@dataclass(frozen=True, slots=True)
class LimitsBody:
    """LIMITS and its reply (4.2). max_level: lead A-D, in steps of 10 uA."""

    max_level: tuple[int, int, int, int]
    max_phase_pc: int
    play_ms: int

    def pack(self) -> bytes:
        return _LIMITS.pack(*self.max_level, self.max_phase_pc, self.play_ms)

    @classmethod
    def unpack(cls, body: bytes) -> LimitsBody:
        a, b, c, d, phase_pc, play_ms = _LIMITS.unpack(body)
        return cls((a, b, c, d), phase_pc, play_ms)


@dataclass(frozen=True, slots=True)
class Record:
    """One section (4.3). kind: its number. leads: mask, bit 0 is A. sign: 0 positive first, 1 negative first."""

    kind: int
    leads: int
    sign: int
    width_us: int
    gap_us: int
    rate_num: int
    rate_den: int
    count: int
    duration_us: int


@dataclass(frozen=True, slots=True)
class ProgramBody:
    """PROGRAM (4.3), and the quantised body in its reply (4.6)."""

    repeats: int
    records: tuple[Record, ...]

    def pack(self) -> bytes:
        rows = (
            _RECORD.pack(r.kind, r.leads, r.sign, r.width_us, r.gap_us, r.rate_num, r.rate_den, r.count, r.duration_us)
            for r in self.records
        )
        return _PROGRAM.pack(self.repeats, len(self.records)) + b"".join(rows)

    @classmethod
    def unpack(cls, body: bytes) -> ProgramBody:
        """Raises struct.error when the body is not as long as it says."""
        repeats, sections = _PROGRAM.unpack_from(body)
        rows = body[_PROGRAM.size :]
        if len(rows) != sections * _RECORD.size:
            raise struct.error(f"{sections} sections in {len(rows)} bytes")
        return cls(repeats, tuple(Record(*row) for row in _RECORD.iter_unpack(rows)))

    @property
    def hash(self) -> bytes:
        """The first 8 bytes of SHA-256 over the body (4.6)."""
        return hashlib.sha256(self.pack()).digest()[:8]


def hello_body() -> bytes:
    """HELLO (4.1)."""
    return b"EA1?"


def arm_body(epoch: int, program_hash: bytes) -> bytes:
    """ARM (4.7)."""
    return struct.pack("<I8s", epoch, program_hash)


def contact_body(epoch: int, leads: int, pulses: int, level: int) -> bytes:
    """CONTACT (4.8). leads: mask. level: in steps of 10 uA."""
    return struct.pack("<IBBH", epoch, leads, pulses, level)


def play_body(
    epoch: int, step: int, lease_ms: int, hold: int | None, levels: tuple[tuple[int, int, int, int], ...]
) -> bytes:
    """PLAY (4.9). levels: for each kind, lead A-D, in steps of 10 uA. hold: number of a kind."""
    head = _PLAY.pack(epoch, step, lease_ms, NO_KIND if hold is None else hold, len(levels))
    return head + b"".join(struct.pack("<4H", *row) for row in levels)


def hush_body(epoch: int, step: int) -> bytes:
    """HUSH (4.10)."""
    return struct.pack("<II", epoch, step)


def clear_body(epoch: int) -> bytes:
    """CLEAR (4.11)."""
    return struct.pack("<I", epoch)
