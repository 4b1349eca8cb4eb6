"""What each request does: section 4 of the manual, one function a type, found by table.

A function checks everything before it changes anything, and raises Refuse at the first field that is wrong (7).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from firmware_sim.ea1.output import LEVEL_UA
from firmware_sim.ea1.program import MOST_KINDS, MOST_SECTIONS, read_program
from firmware_sim.ea1.refusal import Code, Refuse
from firmware_sim.ea1.session import MAX_LEVEL, OWN_LIMITS
from firmware_sim.ea1.state import Type
from firmware_sim.ea1.status import EVERY_US
from firmware_sim.ea1.timer import NO_HOLD
from firmware_sim.load import COMPLIANCE_UV

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_sim.ea1.firmware import Ea1Device
    from firmware_sim.ea1.program import Program
    from firmware_sim.ea1.timer import Levels

SHORTEST_LEASE_MS, LONGEST_LEASE_MS = 200, 2000  # 4.9 (manual)
FIRMWARE: Final = 0x0100
_LIMITS: Final = struct.Struct("<HHHHII")
_LIMIT_OFFSETS: Final = (0, 2, 4, 6, 8, 12)
_IDENTITY: Final = struct.Struct("<4s12sIIHBBBBHHHHHH")  # 4.1: 42 bytes


def hello(device: Ea1Device, body: bytes) -> bytes:
    """Begin a session (4.1)."""
    if body != b"EA1?":
        raise Refuse(Code.RANGE, 0)
    device.new_session()
    return _IDENTITY.pack(
        b"EA1!", device.answered_serial(), device.boot, device.epoch, FIRMWARE,
        len(device.stage.leads), MOST_KINDS, MOST_SECTIONS, device.state,
        MAX_LEVEL, LEVEL_UA, COMPLIANCE_UV // 1000, SHORTEST_LEASE_MS, LONGEST_LEASE_MS, EVERY_US // 1000,
    )  # fmt: skip


def limits(device: Ea1Device, body: bytes) -> bytes:
    """Lock the limits, or lower them (4.2)."""
    wanted = _LIMITS.unpack(body)
    for offset, value, own, locked in zip(_LIMIT_OFFSETS, wanted, OWN_LIMITS, device.session.limits, strict=True):
        if value > own:
            raise Refuse(Code.RANGE, offset)
        if value > locked:
            raise Refuse(Code.LIMIT, offset)
    device.session.limits, device.session.locked = wanted, True
    return body


def program(device: Ea1Device, body: bytes) -> bytes:
    """Store a program (4.3 to 4.6). This device's quantum is 1 us, so what it plays is what was sent."""
    loaded = read_program(body)
    device.load(loaded)
    return loaded.hash + loaded.body


def arm(device: Ea1Device, body: bytes) -> bytes:
    """Arm (4.7)."""
    if body[4:] != device.session.loaded().hash:
        raise Refuse(Code.HASH, 0)
    if device.session.left_us() <= 0:
        raise Refuse(Code.SPENT, device.session.played_us // 1000)
    device.arm()
    return body


def contact(device: Ea1Device, body: bytes, number: int) -> None:
    """Begin the contact test; its reply comes when it ends (4.8)."""
    mask, pulses, level = struct.unpack_from("<BBH", body, 4)
    if not 0x01 <= mask <= 0x0F:
        raise Refuse(Code.RANGE, 4)
    if not 1 <= pulses <= 10:
        raise Refuse(Code.RANGE, 5)
    if not 1 <= level <= 10:
        raise Refuse(Code.RANGE, 6)
    device.begin_contact(mask, pulses, level, number)


def play(device: Ea1Device, body: bytes) -> bytes:
    """Start, set and renew (4.9)."""
    step, lease_ms, hold, kinds = struct.unpack_from("<IHBB", body, 4)
    held = device.session.loaded()
    if step <= device.session.step:
        raise Refuse(Code.STEP, device.session.step)
    if not SHORTEST_LEASE_MS <= lease_ms <= LONGEST_LEASE_MS:
        raise Refuse(Code.LEASE, LONGEST_LEASE_MS)
    if hold != NO_HOLD and hold >= held.kinds:
        raise Refuse(Code.RANGE, 10)
    if kinds != held.kinds:
        raise Refuse(Code.RANGE, 11)
    levels = _levels(body, held, device.session.limits)
    section = device.play(step, lease_ms, hold, levels)
    return struct.pack("<IHBB", step, lease_ms, section, 0)


def _levels(body: bytes, held: Program, limits: tuple[int, ...]) -> Levels:
    """Read the levels of a PLAY and hold each against its lead's limit and the charge of one phase (4.9)."""
    flat = struct.unpack_from(f"<{4 * held.kinds}H", body, 12)
    for index, level in enumerate(flat):
        width_us = held.first(index // 4).width_us
        if level > limits[index % 4] or level * 10 * width_us > limits[4]:
            raise Refuse(Code.LIMIT, 12 + 2 * index)
    return tuple(flat[4 * kind : 4 * kind + 4] for kind in range(held.kinds))


def hush(device: Ea1Device, body: bytes) -> bytes:
    """Fall silent and stay armed (4.10)."""
    step = struct.unpack_from("<I", body, 4)[0]
    if step <= device.session.step:
        raise Refuse(Code.STEP, device.session.step)
    device.hush(step)
    return body[4:]


def clear(device: Ea1Device, _body: bytes) -> bytes:
    """Clear a latched fault (4.11)."""
    device.clear_fault()
    return b""


RUN: Final[dict[Type, Callable[[Ea1Device, bytes], bytes]]] = {
    Type.HELLO: hello,
    Type.LIMITS: limits,
    Type.PROGRAM: program,
    Type.ARM: arm,
    Type.PLAY: play,
    Type.HUSH: hush,
    Type.CLEAR: clear,
}


def length_holds(kind: Type, body: bytes) -> bool:
    """Say whether the length of a PROGRAM or PLAY body fits its own count of records (7, LENGTH)."""
    if kind is Type.PROGRAM:
        return len(body) >= 4 and len(body) == 4 + 24 * body[2]
    return len(body) >= 12 and len(body) == 12 + 8 * body[11]


def tested_before(device: Ea1Device, body: bytes) -> bool:
    """Say whether a CONTACT comes too late, or again for a lead (4.8: STATE)."""
    return device.session.contact_over or bool(device.session.contacted & body[4])
