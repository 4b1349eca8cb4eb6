"""The section table as the device stores it: clauses 4.3 to 4.6 of the manual, and the arithmetic of onsets."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from firmware_sim.ea1.refusal import Code, Refuse
from firmware_sim.load import Shape

SECTION: Final = struct.Struct("<BBBBHHIIII")  # 4.3 (manual): 24 bytes
MOST_SECTIONS: Final = 16
MOST_KINDS: Final = 4
RATE_FAST: Final = (3, 2)
HOUR_US: Final = 3_600_000_000


_shape: Final = lru_cache(maxsize=64)(Shape)


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
        return _shape(self.width_us, self.gap_us, -1 if self.sign else 1)

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

    def hurried_for(self, duration_us: int) -> Section:
        """Return this train at a wrong rate for a duration (fault `rate-fast`)."""
        num, den = RATE_FAST
        return replace(self, rate_num=self.rate_num * num, rate_den=self.rate_den * den).held_for(duration_us)

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
    """Read a PROGRAM body of the right length; raises Refuse with RANGE at the first field that is wrong (7)."""
    repeats, sections, spare = struct.unpack_from("<HBB", body)
    for offset, holds in ((0, repeats >= 1), (2, 1 <= sections <= MOST_SECTIONS), (3, spare == 0)):
        if not holds:
            raise Refuse(Code.RANGE, offset)
    known: list[Section] = []
    for at in range(4, len(body), SECTION.size):
        section, wrong = _read_section(body, at, known)
        if wrong:
            raise Refuse(Code.RANGE, at + min(wrong))
        known.append(section)
    return Program(repeats, tuple(known), body)


def _read_section(body: bytes, at: int, known: list[Section]) -> tuple[Section, list[int]]:
    """Read one record; returns it with the offsets, in the record, of all fields that break a rule."""
    kind, leads, sign, spare, width, gap, num, den, count, duration = SECTION.unpack_from(body, at)
    section = Section(kind, leads, sign, width, gap, num, den, count, duration)
    rules = [
        (0, kind < MOST_KINDS),
        (1, 0x01 <= leads <= 0x0F),
        (2, sign <= 1),
        (3, spare == 0),
        (4, 20 <= width <= 2000),
        (6, gap <= 1000),
        (8, num >= 1),
        (12, den >= 1),
        (16, 1 <= count <= 10_000_000),
        (20, 1 <= duration <= HOUR_US),
    ]
    if num and den and count:
        rules += _joint_rules(section, known)
    return section, [offset for offset, holds in rules if not holds]


def _joint_rules(section: Section, known: list[Section]) -> list[tuple[int, bool]]:
    """Return the rules over several fields, each with the offset of the field it is laid to (4.4, 4.5)."""
    num, den, length_us = section.rate_num, section.rate_den, section.shape.length_us
    first = next((s for s in known if s.kind == section.kind), section)
    block_us = sum(s.duration_us for s in known) + section.duration_us
    return [
        (0, section.kind <= 1 + max((s.kind for s in known), default=-1)),
        (2, section.sign == first.sign),
        (4, section.width_us == first.width_us and 2 * length_us * num <= den * 1_000_000),
        (6, section.gap_us == first.gap_us),
        # 1/100 to 1000 Hz; (assumed) the rate is a number: 4/2 is 2/1.
        (8, den <= 100 * num and num <= 1000 * den and num * first.rate_den == first.rate_num * den),
        (20, section.onset_us(section.count - 1) + length_us <= section.duration_us and block_us <= HOUR_US),
    ]
