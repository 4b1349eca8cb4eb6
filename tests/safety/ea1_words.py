"""Words of the ea1 wire for tests, put together with foreign tools (the cobs package, zlib), never the reader's."""

from __future__ import annotations

import struct
import zlib
from dataclasses import astuple, dataclass, field

from cobs import cobs

from eastim.frames import Frame

EPOCH, BOOT = 0xA1B2C3D4, 0x11223344
NEXT = 0x0BADCAFE  # the epoch that a stop or a fault draws
KINDS = ("2", "100")
SLOW = struct.pack("<BBBBHHIIII", 0, 3, 0, 0, 600, 0, 2, 1, 6, 3_000_000)
FAST = struct.pack("<BBBBHHIIII", 1, 3, 0, 0, 200, 0, 100, 1, 300, 3_000_000)
PROGRAM = struct.pack("<HBB", 300, 2, 0) + SLOW + FAST
HASH = bytes.fromhex("fcbf325b3aee6212")


def wire(kind: int, number: int, body: bytes, version: int = 1) -> bytes:
    data = struct.pack("<BBI", version, kind, number) + body
    return bytes(cobs.encode(data + struct.pack("<I", zlib.crc32(data)))) + b"\0"


def frame(kind: int, number: int, body: bytes) -> Frame:
    return Frame(wire(kind, number, body), 5000)


def identity(
    serial: bytes = b"EA1-000001", boot: int = BOOT, epoch: int = EPOCH, state: int = 1, leads: int = 4
) -> bytes:
    head = struct.pack("<4s12sIIHBBBB", b"EA1!", serial, boot, epoch, 0x0100, leads, 4, 16, state)
    return head + struct.pack("<HHHHHH", 2000, 10, 30000, 200, 2000, 100)


def limits(levels: tuple[int, ...] = (200, 200, 0, 0), phase_pc: int = 6_000_000, play_ms: int = 1_800_000) -> bytes:
    return struct.pack("<4HII", *levels, phase_pc, play_ms)


def arm(epoch: int = EPOCH, digest: bytes = HASH) -> bytes:
    return struct.pack("<I", epoch) + digest


def contact(leads: int = 3, pulses: int = 10, level: int = 10, epoch: int = EPOCH) -> bytes:
    return struct.pack("<IBBH", epoch, leads, pulses, level)


def play(step: int, slow: int = 0, fast: int = 0, **other: int) -> bytes:
    """Lead A at these levels (10 uA each); the others at 0."""
    head = {"epoch": EPOCH, "step": step, "lease_ms": 500, "hold": 0xFF, "kinds": 2, **other}
    rows = (slow, 0, 0, 0, fast, 0, 0, 0)[: 4 * head["kinds"]]
    return struct.pack("<IIHBB", *head.values()) + struct.pack(f"<{len(rows)}H", *rows)


def hush(step: int, epoch: int = EPOCH) -> bytes:
    return struct.pack("<II", epoch, step)


@dataclass
class Report:
    """A STATUS, field by field; as it stands: playing, 250 ms into the first section, all levels 0."""

    boot: int = BOOT
    epoch: int = EPOCH
    clock_us: int = 10_000_000
    played_us: int = 250_000
    step: int = 1
    state: int = 4
    fault: int = 0
    cause: int = 0
    flags: int = 0b110
    block: int = 1
    section: int = 0
    hold: int = 0xFF
    position_us: int = 250_000
    lease_ms: int = 400
    kinds: int = 2
    leads: int = 4
    bad: int = 0
    levels: dict[tuple[int, int], int] = field(default_factory=dict)  # (lead, kind) -> level
    lead_flags: int = 0

    @property
    def body(self) -> bytes:
        head = astuple(self)[:17]
        out = struct.pack("<IIQQIBBBBHBBIHBBH", *head)
        for lead in range(4):
            out += struct.pack("<BBHHHhIqH", self.lead_flags, 0xFF, 0, 0, 0, 0, 0, 0, 0)
            for kind in range(self.kinds):
                out += struct.pack("<HHII", self.levels.get((lead, kind), 0), 1, 1, 0)
        return out

    @property
    def wire(self) -> bytes:
        return wire(0xC0, 99, self.body)


def quiet(state: int, **other: int) -> Report:
    """A STATUS of a silent device."""
    return Report(state=state, section=0xFF, position_us=0, lease_ms=0, **{"flags": 0b111, **other})  # type: ignore[arg-type]
