"""Frames of ea1 that a player must not send, written from the manual by hand; clauses are its.

The rogue knows all that the guard knows (epoch, number, step), so nothing is refused for a slip of its pen.
"""

from __future__ import annotations

import struct
from binascii import crc32

from cobs import cobs

from proof.rig import Rig

Rows = list[list[int]]  # levels in 10 uA by kind, then lead A-D


def frame(rig: Rig, kind: int, body: bytes) -> bytes:
    """One request with the next number (2.2, 2.3)."""
    head = struct.pack("<BBI", 1, kind, max(0, rig.body.guard.shadow.number) + 1) + body
    return bytes(cobs.encode(head + struct.pack("<I", crc32(head)))) + b"\0"


def play(rig: Rig, rows: Rows, lease_ms: int, hold: int) -> bytes:
    """PLAY (4.9)."""
    shadow = rig.body.guard.shadow
    head = struct.pack("<IIHBB", shadow.epoch, shadow.step + 1, lease_ms, hold, len(rows))
    return frame(rig, 6, head + b"".join(struct.pack("<4H", *row) for row in rows))


def ceilings(rig: Rig) -> Rows:
    """What is allowed now, as rows of a PLAY."""
    rows = [[0, 0, 0, 0], [0, 0, 0, 0]]
    for (lead, kind), ua in rig.body.guard.levels.items():
        rows[("2", "100").index(kind)]["ABCD".index(lead)] = ua // 10
    return rows


def hello(rig: Rig) -> bytes:
    """HELLO (4.1)."""
    return frame(rig, 1, b"EA1?")


def limits(rig: Rig, level: int) -> bytes:
    """LIMITS (4.2): every lead at this level, the longest time."""
    return frame(rig, 2, struct.pack("<4HII", level, level, level, level, 0xFFFFFFFF, 4_294_967))


def program(rig: Rig, rate_hz: int) -> bytes:
    """PROGRAM (4.3): 1 s of 0.2 ms at another rate on all leads, for as long as it goes."""
    record = struct.pack("<BBBBHHIIII", 0, 15, 0, 0, 200, 0, rate_hz, 1, rate_hz, 1_000_000)
    return frame(rig, 3, struct.pack("<HBB", 65_535, 1, 0) + record)


def arm(rig: Rig, program_hash: bytes) -> bytes:
    """ARM (4.7)."""
    return frame(rig, 4, struct.pack("<I", rig.body.guard.shadow.epoch) + program_hash)


def contact(rig: Rig, mask: int, pulses: int, level: int) -> bytes:
    """CONTACT (4.8)."""
    return frame(rig, 5, struct.pack("<IBBH", rig.body.guard.shadow.epoch, mask, pulses, level))


def hush(rig: Rig) -> bytes:
    """HUSH (4.10)."""
    shadow = rig.body.guard.shadow
    return frame(rig, 7, struct.pack("<II", shadow.epoch, shadow.step + 1))


def clear(rig: Rig) -> bytes:
    """CLEAR (4.11)."""
    return frame(rig, 8, struct.pack("<I", rig.body.guard.shadow.epoch))
