"""The unasked report: section 6 of the manual, from what the device holds to the bytes of the body."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from firmware_sim.ea1.lead import NO_KIND, Lead, Tally
from firmware_sim.ea1.timer import NO_HOLD, Playing

if TYPE_CHECKING:
    from firmware_sim.ea1.firmware import Ea1Device

NO_SECTION: Final = 0xFF
EVERY_US: Final = 100_000  # 6.1 (manual)
PERIODIC, CHANGE, STOPPED = 0, 1, 2  # 6.2, cause
QUIET, LOCKED, LOADED, TESTING = 1, 2, 4, 8  # 6.2, flags
_HEAD: Final = struct.Struct("<IIQQIBBBBHBBIHBBH")  # 6.2: 46 bytes
_LEAD: Final = struct.Struct("<BBHHHhIqH")  # 6.3: 24 bytes
_KIND: Final = struct.Struct("<HHII")  # 6.3: 12 bytes
_U16: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Head:
    """The 46 bytes at the front, in the order of 6.2."""

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


def head(device: Ea1Device, cause: int) -> Head:
    """Say what the device is at."""
    now_us, session, playing = device.now_us, device.session, device.playing
    flags = device.quiet * QUIET | session.locked * LOCKED
    flags |= (session.program is not None) * LOADED | (device.contact is not None) * TESTING
    where = _where(playing, now_us) if playing is not None else _NOWHERE
    return Head(
        boot=device.boot,
        epoch=device.epoch,
        clock_us=now_us - device.boot_us,
        played_us=session.played_us + where.played_us,
        step=session.step,
        state=device.state,
        fault=device.fault,
        cause=cause,
        flags=flags,
        block=session.blocks + where.blocks,
        section=where.section,
        hold=where.hold,
        position_us=where.position_us,
        lease_ms=where.lease_ms,
        kinds=session.program.kinds if session.program is not None else 0,
        bad=device.link.bad(now_us),
    )


@dataclass(frozen=True, slots=True)
class _Where:
    """What of the head is 0 or none when not playing."""

    played_us: int = 0
    blocks: int = 0
    section: int = NO_SECTION
    hold: int = NO_HOLD
    position_us: int = 0
    lease_ms: int = 0


_NOWHERE: Final = _Where()


def _where(playing: Playing, now_us: int) -> _Where:
    return _Where(
        playing.played_us(now_us),
        playing.blocks,
        playing.section,
        playing.hold,
        playing.position_us(now_us),
        max(0, playing.lease_end_us - now_us) // 1000,
    )


def body(head: Head, leads: tuple[Lead, ...], off: int = 0) -> bytes:
    """Build a STATUS body: the head, then for each lead its record and one for each kind.

    off: is added to each count that is not 0 (fault `count-off`).
    """
    packed = _HEAD.pack(
        head.boot, head.epoch, head.clock_us, head.played_us, head.step, head.state, head.fault, head.cause, head.flags,
        min(head.block, _U16), head.section, head.hold, head.position_us, head.lease_ms, head.kinds, len(leads),
        min(head.bad, _U16),
    )  # fmt: skip
    return packed + b"".join(_record(lead, head.kinds, off) for lead in leads)


def _record(lead: Lead, kinds: int, off: int) -> bytes:
    m = lead.measured
    flags = m.open | m.short << 1 | lead.parked << 2 | (m.kind != NO_KIND) << 3
    residual_mv = min(max(round(m.residual_uv / 1000), -0x8000), 0x7FFF)
    record = _LEAD.pack(
        flags,
        m.kind,
        m.plus_ua,
        m.minus_ua,
        min(round(m.volt_uv / 1000), _U16),
        residual_mv,
        m.z_ohm,
        m.net_pc,
        m.peak_ua,
    )
    for tally in lead.tallies[:kinds]:
        record += _KIND.pack(tally.level, *(_counts(tally) if not off else _counts_off(tally, off)))
    return record


def _counts(tally: Tally) -> tuple[int, int, int]:
    return min(tally.at_level, _U16), tally.pulses, tally.felt


def _counts_off(tally: Tally, off: int) -> tuple[int, int, int]:
    at_level, pulses, felt = (count + off if count else 0 for count in (tally.at_level, tally.pulses, tally.felt))
    return min(at_level, _U16), pulses, felt
