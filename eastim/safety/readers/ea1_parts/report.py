"""STATUS as bytes: its head and the records of the leads (clause 6)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache

from eastim.safety.changed import quick
from eastim.safety.readers.ea1_parts.shadow import Is

STATUS = 0xC0
NONE = 0xFF
STOPPED = 2  # cause: answers a stop (5.7)
_HEAD = struct.Struct("<IIQQIcBBBHBBIHBc2x")
_LEAD = struct.Struct("<BBHHHhIqH")
_KIND = struct.Struct("<HHII")
_STATES = {bytes((state,)): state for state in Is}
_FAULTS = {
    1: "LEASE: the lease ended",
    2: "OUTPUT: current while the output should be zero",
    3: "BALANCE: phases differ",
}


@dataclass(frozen=True, slots=True)
class KindReport:
    """One kind of one lead: level in force (10 uA), pulses at that level, pulses played, felt ones."""

    level: int
    at_level: int
    pulses: int
    felt: int


@dataclass(frozen=True, slots=True)
class LeadReport:
    """One lead, field for field (6.3)."""

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
    """One STATUS, field for field (6.2)."""

    boot: int
    epoch: int
    clock_us: int
    played_us: int
    step: int
    state: Is
    fault: int
    cause: int
    flags: int
    block: int
    section: int
    hold: int
    position_us: int
    lease_ms: int
    kinds: int
    leads: tuple[LeadReport, ...]

    @property
    def quiet(self) -> bool:
        return bool(self.flags & 1)

    @property
    def locked(self) -> bool:
        return bool(self.flags & 2)

    @property
    def loaded(self) -> bool:
        return bool(self.flags & 4)

    @property
    def faults(self) -> tuple[str, ...]:
        """The latched fault in the manual's words; an unknown number is still a fault."""
        return (_FAULTS.get(self.fault, f"fault {self.fault}"),) if self.fault else ()


def is_news(body: bytes, told: bytes) -> bool:
    """Whether a STATUS body was made after the last one, `told` (b"": there was none).

    Within a boot the clock never runs back (6.2). What happens in one microsecond may be told twice with the same clock
    (6.1); then the bodies differ. One that is the same byte for byte is a repeat, whatever its number says.
    """
    if body[:4] != told[:4]:
        return True
    clock_us, was_us = (_HEAD.unpack_from(each)[2] for each in (body, told))
    return body != told and clock_us >= was_us


def parse_report(body: bytes) -> Report | None:
    """Parse a STATUS body; None when its lengths or numbers fit no STATUS of the manual."""
    if len(body) < _HEAD.size:
        return None
    boot, epoch, clock, played, step, number, fault, cause, flags, block, section, hold, *rest = _HEAD.unpack_from(body)
    position, lease, kinds, leads = rest
    state, size = _STATES.get(number), _LEAD.size + kinds * _KIND.size
    known = cause <= STOPPED and leads == b"\x04" and kinds <= 4 and boot and epoch
    if state is None or not known or len(body) != _HEAD.size + 4 * size:
        return None
    rows = tuple(_lead(body[at : at + size]) for at in range(_HEAD.size, len(body), size))
    head = (boot, epoch, clock, played, step, state, fault, cause, flags, block, section, hold, position, lease)
    return _made(*head, kinds=kinds, leads=rows)


_made = quick(Report)


@lru_cache(maxsize=64)  # a lead that is not used says the same in every report
def _lead(row: bytes) -> LeadReport:
    kinds = tuple(KindReport(*fields) for fields in _KIND.iter_unpack(row[_LEAD.size :]))
    return LeadReport(*(*_LEAD.unpack_from(row), kinds))
