"""The section table as the device stores it: clauses 4.3 to 4.6 of the manual, and the arithmetic of onsets."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import Final

from firmware_sim.ea1.refusal import Code, Refuse
from firmware_sim.load import Shape

SECTION: Final = struct.Struct("<BBBBHHIIII")  # 4.3 (manual): 24 bytes
MOST_SECTIONS: Final = 16
MOST_KINDS: Final = 4
HOUR_US: Final = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Section:
    """One train of equal pulses on some leads; `leads` is a mask, times in us, rate num/den per second (4.4)."""

    kind: int
    leads: int
    sign: int
    width_us: int
    gap_us: int
    rate_num: int
    rate_den: int
    count: int
    duration_us: int

    @property
    def shape(self) -> Shape:
        """Return the pulse; sign 0 is positive first (1.3)."""
        return Shape(self.width_us, self.gap_us, -1 if self.sign else 1)

    @property
    def period_us(self) -> float:
        """Return the mean period; for physics only, onsets are exact."""
        return self.rate_den * 1_000_000 / self.rate_num

    def onset_us(self, k: int) -> int:
        """Return onset k after the section's start: floor(k*den*10^6/num + 1/2) (4.4)."""
        return (2 * k * self.rate_den * 1_000_000 + self.rate_num) // (2 * self.rate_num)

    def onsets_until(self, us: int) -> int:
        """Return how many k >= 0 have onset(k) <= us; `count` is not looked at."""
        # onset(k) <= us  <=>  2*k*den*10^6 < num*(2*us + 1)
        return 0 if us < 0 else -(-self.rate_num * (2 * us + 1) // (2 * self.rate_den * 1_000_000))

    def held_for(self, duration_us: int) -> Section:
        """Return this train for another duration, as many pulses as have their whole period inside (5.4)."""
        count = max(0, self.onsets_until(duration_us) - 1)
        return Section(
            self.kind,
            self.leads,
            self.sign,
            self.width_us,
            self.gap_us,
            self.rate_num,
            self.rate_den,
            count,
            duration_us,
        )


@dataclass(frozen=True, slots=True)
class Program:
    """A block of sections and how often it is played; `body` is the quantised body it was read from."""

    repeats: int
    sections: tuple[Section, ...]
    body: bytes

    @property
    def block_us(self) -> int:
        """Return the length of one block."""
        return sum(section.duration_us for section in self.sections)

    @property
    def total_us(self) -> int:
        """Return repeats x block (5.2)."""
        return self.repeats * self.block_us

    @property
    def kinds(self) -> int:
        """Return how many kinds there are; they are numbered without holes (4.5)."""
        return 1 + max(section.kind for section in self.sections)

    @property
    def hash(self) -> bytes:
        """Return the first 8 bytes of SHA-256 over the quantised body (4.6)."""
        return hashlib.sha256(self.body).digest()[:8]

    def first(self, kind: int) -> Section:
        """Return the first record of a kind (5.4)."""
        return next(section for section in self.sections if section.kind == kind)


def read_program(body: bytes) -> Program:
    """Read a PROGRAM body; raises Refuse with LENGTH, or RANGE at the first field that is wrong."""
    if len(body) < 4 or len(body) != 4 + SECTION.size * body[2]:
        raise Refuse(Code.LENGTH, 0)
    repeats, sections, spare = struct.unpack_from("<HBB", body)
    _need(repeats >= 1, 0)
    _need(1 <= sections <= MOST_SECTIONS, 2)
    _need(spare == 0, 3)  # (assumed) a byte the manual writes as 00 is refused with RANGE when it is anything else
    known: list[Section] = []
    for index in range(sections):
        at = 4 + SECTION.size * index
        section = _read_section(body, at)
        _check_kind(section, known, at)
        known.append(section)
        _need(sum(s.duration_us for s in known) <= HOUR_US, at + 20)
    return Program(repeats, tuple(known), body)


def _need(holds: bool, offset: int) -> None:
    if not holds:
        raise Refuse(Code.RANGE, offset)


def _read_section(body: bytes, at: int) -> Section:
    """Read one record and hold it against 4.4. Rules over several fields name the one that is judged last (assumed)."""
    kind, leads, sign, spare, width, gap, num, den, count, duration = SECTION.unpack_from(body, at)
    _need(kind < MOST_KINDS, at)
    _need(0x01 <= leads <= 0x0F, at + 1)
    _need(sign <= 1, at + 2)
    _need(spare == 0, at + 3)
    _need(20 <= width <= 2000, at + 4)
    _need(gap <= 1000, at + 6)
    _need(num >= 1, at + 8)
    _need(den >= 1, at + 12)
    _need(den <= 100 * num and num <= 1000 * den, at + 8)  # 1/100 to 1000 Hz
    _need(2 * (2 * width + gap) * num <= den * 1_000_000, at + 4)
    _need(1 <= count <= 10_000_000, at + 16)
    _need(1 <= duration <= HOUR_US, at + 20)
    section = Section(kind, leads, sign, width, gap, num, den, count, duration)
    _need(section.onset_us(count - 1) + section.shape.length_us <= duration, at + 20)
    return section


def _check_kind(section: Section, known: list[Section], at: int) -> None:
    """Refuse a hole in the numbering, or a kind whose pulse or rate is not that of its first record (4.5)."""
    _need(section.kind <= 1 + max((s.kind for s in known), default=-1), at)
    first = next((s for s in known if s.kind == section.kind), section)
    _need(section.sign == first.sign, at + 2)
    _need(section.width_us == first.width_us, at + 4)
    _need(section.gap_us == first.gap_us, at + 6)
    # (assumed) the rate is a number: 4/2 is 2/1.
    _need(section.rate_num * first.rate_den == first.rate_num * section.rate_den, at + 8)
