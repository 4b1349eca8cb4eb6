"""What an ea1 device says: replies, STATUS and REFUSED (docs/wire/ea1.md, clauses 4, 6 and 7)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from eastim.drivers.ea1.codec import LEADS, LimitsBody, Message, ProgramBody
from eastim.errors import Garbled

REPLY = 0x80

CODES = {
    1: "VERSION",
    2: "LENGTH",
    3: "TYPE",
    4: "STATE",
    5: "SEQUENCE",
    6: "EPOCH",
    7: "RANGE",
    8: "LIMIT",
    9: "HASH",
    10: "STEP",
    11: "LEASE",
    12: "FAULT_LATCHED",
    13: "SPENT",
    14: "BUSY",
}
FAULTS = {
    1: "LEASE: the lease ended",
    2: "OUTPUT: current was measured while the output should be zero",
    3: "BALANCE: the two phases of a pulse differ by more than 10 %, ten times in a row",
}


class DeviceState(IntEnum):
    """Clause 5.8."""

    IDLE = 1
    READY = 2
    ARMED = 3
    PLAYING = 4
    DONE = 5
    FAULT = 6


_IDENTITY = struct.Struct("<4s12sIIHBBBBHHHHHH")
_HEAD = struct.Struct("<IIQQIBBBBHBBIHBBH")
_LEAD = struct.Struct("<BBHHHhIqH")
_KIND = struct.Struct("<HHII")
_CONTACT = struct.Struct("<B3x4I")
_PLAY = struct.Struct("<IHBx")


@dataclass(frozen=True, slots=True)
class Identity:
    """IDENTITY (4.1). serial: as sent, its padding taken off."""

    magic: bytes
    serial: bytes
    boot: int
    epoch: int
    firmware: int
    leads: int
    kinds: int
    sections: int
    state: int
    max_level: int
    level_ua: int
    compliance_mv: int
    lease_min_ms: int
    lease_max_ms: int
    status_ms: int


@dataclass(frozen=True, slots=True)
class Stored:
    """The reply to PROGRAM (4.6)."""

    hash: bytes
    body: ProgramBody


@dataclass(frozen=True, slots=True)
class Armed:
    """The reply to ARM (4.7)."""

    epoch: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Touched:
    """The reply to CONTACT (4.8). z_ohm: lead A-D; FFFFFFFF is open, 0 not measured."""

    leads: int
    z_ohm: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Played:
    """The reply to PLAY (4.9)."""

    step: int
    lease_ms: int
    section: int


@dataclass(frozen=True, slots=True)
class Hushed:
    """The reply to HUSH (4.10)."""

    step: int


@dataclass(frozen=True, slots=True)
class Cleared:
    """The reply to CLEAR (4.11)."""


@dataclass(frozen=True, slots=True)
class KindReport:
    """One kind on one lead (6.3). level: in force, in steps of 10 uA."""

    level: int
    at_level: int
    pulses: int
    felt: int


@dataclass(frozen=True, slots=True)
class LeadReport:
    """One lead (6.3). flags: bit 0 open, 1 short, 2 parked, 3 measured."""

    flags: int
    kind: int
    plus_ua: int
    minus_ua: int
    volt_mv: int
    residual_mv: int
    z_ohm: int
    net_pc: int
    peak_ua: int
    kinds: tuple[KindReport, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """STATUS (6.2, 6.3)."""

    boot: int
    epoch: int
    clock_us: int
    played_us: int
    step: int
    state: int
    fault: int
    cause: int
    flags: int
    block: int
    section: int
    hold: int
    position_us: int
    lease_ms: int
    kinds: int
    bad: int
    leads: tuple[LeadReport, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """REFUSED (7)."""

    type: int
    code: int
    detail: int


Reply = Identity | LimitsBody | Stored | Armed | Touched | Played | Hushed | Cleared | Report | Refusal


def parse(message: Message) -> Reply:
    """Read what the device said; raises Garbled for an unknown type or a body of the wrong length."""
    try:
        return _parse(message.type, message.body)
    except struct.error:
        raise Garbled(f"a message of type {message.type:02X} with a body of {len(message.body)} bytes") from None


def _parse(kind: int, body: bytes) -> Reply:
    match kind:
        case 0xC0:
            return _report(body)
        case 0xFF:
            return Refusal(*struct.unpack("<BBI", body))
        case 0x81:
            return _identity(body)
        case 0x82:
            return LimitsBody.unpack(body)
        case 0x83:
            return Stored(body[:8], ProgramBody.unpack(body[8:]))
        case _:
            return _short(kind, body)


def _short(kind: int, body: bytes) -> Reply:
    match kind:
        case 0x84:
            return Armed(*struct.unpack("<I8s", body))
        case 0x85:
            leads, a, b, c, d = _CONTACT.unpack(body)
            return Touched(leads, (a, b, c, d))
        case 0x86:
            return Played(*_PLAY.unpack(body))
        case 0x87:
            return Hushed(*struct.unpack("<I", body))
        case 0x88 if not body:
            return Cleared()
    raise Garbled(f"a message of type {kind:02X} with a body of {len(body)} bytes")


def _identity(body: bytes) -> Identity:
    magic, serial, *rest = _IDENTITY.unpack(body)
    return Identity(magic, serial.rstrip(b"\0"), *rest)


def _report(body: bytes) -> Report:
    head = _HEAD.unpack_from(body)
    *fields, kinds, leads, bad = head
    size = _LEAD.size + kinds * _KIND.size
    if leads != len(LEADS) or len(body) != _HEAD.size + leads * size:
        raise struct.error("length")
    starts = range(_HEAD.size, len(body), size)
    rows = tuple(_lead(body[start : start + size]) for start in starts)
    return Report(*(*fields, kinds, bad, rows))


@lru_cache(maxsize=64)  # a lead that is not used says the same in every report
def _lead(row: bytes) -> LeadReport:
    kinds = tuple(KindReport(*fields) for fields in _KIND.iter_unpack(row[_LEAD.size :]))
    return LeadReport(*(*_LEAD.unpack_from(row), kinds))
