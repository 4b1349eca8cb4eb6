"""The program that ea1 holds: its records (clauses 4.3 to 4.6) and the runs they play (5.3, 5.4)."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import lru_cache

from eastim.errors import Refused
from eastim.safety.readers.base import Run

LEADS = "ABCD"
LEVEL_UA = 10  # 1.1
MICRO = 1_000_000
_HEAD = struct.Struct("<HB?")
_RECORD = struct.Struct("<BBBBHHIIII")
_RANGES = {
    "kind": (0, 3),
    "leads": (1, 15),
    "sign": (0, 1),
    "pad": (0, 0),
    "width_us": (20, 2000),
    "gap_us": (0, 1000),
    "rate_num": (1, 0xFFFFFFFF),
    "rate_den": (1, 0xFFFFFFFF),
    "count": (1, 10_000_000),
    "duration_us": (1, 3_600_000_000),
}

KindLevels = tuple[tuple[int, ...], ...]  # by kind, then by lead A-D, in units of 10 uA


@dataclass(frozen=True, slots=True)
class Record:
    """One section record, field for field as on the wire (4.3). Raises Refused outside the ranges of 4.4."""

    kind: int
    leads: int
    sign: int
    pad: int
    width_us: int
    gap_us: int
    rate_num: int
    rate_den: int
    count: int
    duration_us: int

    def __post_init__(self) -> None:
        for field in fields(self):
            low, high = _RANGES[field.name]
            if not low <= getattr(self, field.name) <= high:
                _refuse(f"{field.name} is {getattr(self, field.name)}, must be {low} to {high}")
        if not self.rate_den <= 100 * self.rate_num or not self.rate_num <= 1000 * self.rate_den:
            _refuse(f"the rate is {self.rate_num}/{self.rate_den} Hz, must be 1/100 to 1000 Hz")
        if 2 * self.length_us * self.rate_num > self.rate_den * MICRO:
            _refuse(f"twice the pulse of {self.length_us} us is longer than its period")
        end_us = self.onset_us(self.count - 1) + self.length_us
        if end_us > self.duration_us:
            _refuse(f"pulse {self.count} ends at {end_us} us, after its section's {self.duration_us} us")

    @property
    def length_us(self) -> int:
        return 2 * self.width_us + self.gap_us

    @property
    def train(self) -> tuple[int, int, int, Fraction]:
        """What records of one kind have in common (4.5)."""
        return self.sign, self.width_us, self.gap_us, Fraction(self.rate_num, self.rate_den)

    def onset_us(self, k: int) -> int:
        """floor(k*den*1000000/num + 1/2), in whole numbers (4.4)."""
        return (2 * k * self.rate_den * MICRO + self.rate_num) // (2 * self.rate_num)

    def periods_within(self, duration_us: int) -> int:
        """The largest n with onset(n) <= duration: the pulses that a hold plays in a section of that length (5.4)."""
        # onset(n) <= d  <=>  n*den*10^6/num + 1/2 < d + 1  <=>  2*n*den*10^6 < num*(2*d + 1)
        return (self.rate_num * (2 * duration_us + 1) - 1) // (2 * self.rate_den * MICRO)

    def run(self, lead: int, level: int, onset_us: int, count: int) -> Run:
        """Its pulses on one lead at a level; onset_us: of the first, after the block's start."""
        size, width = Fraction(level * LEVEL_UA), Fraction(self.width_us)
        ua = -size if self.sign else size
        gap = ((Fraction(0), Fraction(self.gap_us)),) if self.gap_us else ()
        period_us = Fraction(self.rate_den * MICRO, self.rate_num)
        return Run(LEADS[lead], onset_us, ((ua, width), *gap, (-ua, width)), period_us, count)


@dataclass(frozen=True, slots=True)
class Block:
    """The whole program: records in order, played `repeats` times. Raises Refused where 4.3 to 4.5 do not hold."""

    repeats: int
    records: tuple[Record, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.repeats <= 65535:
            _refuse(f"repeats is {self.repeats}, must be 1 to 65535")
        if not 1 <= len(self.records) <= 16:
            _refuse(f"it has {len(self.records)} sections, must be 1 to 16")
        if self.block_us > _RANGES["duration_us"][1]:
            _refuse(f"the block is {self.block_us} us, must be at most {_RANGES['duration_us'][1]} us")
        seen: list[int] = []
        for record in self.records:
            if record.kind not in seen and record.kind != len(seen):
                _refuse(f"kind {record.kind} comes before kind {len(seen)}; number them in order", "4.5")
            seen += [record.kind] * (record.kind not in seen)
            if record.train != self.first(record.kind).train:
                _refuse(f"kind {record.kind} has two different trains", "4.5")

    @property
    def block_us(self) -> int:
        return sum(record.duration_us for record in self.records)

    @property
    def kinds(self) -> int:
        return max(record.kind for record in self.records) + 1

    @property
    def longest_us(self) -> int:
        """The longest pulse: a pulse that has begun is finished (1.5)."""
        return max(record.length_us for record in self.records)

    def first(self, kind: int) -> Record:
        """The first record of a kind, whose leads a hold plays (5.4)."""
        return next(record for record in self.records if record.kind == kind)


def parse_block(body: bytes) -> Block:
    """Parse a PROGRAM body; raises Refused."""
    if len(body) < _HEAD.size:
        _refuse(f"the body has {len(body)} bytes, must have at least {_HEAD.size}", "4.3")
    repeats, sections, pad = _HEAD.unpack_from(body)
    if pad or len(body) != _HEAD.size + sections * _RECORD.size:
        _refuse(f"{sections} sections in a body of {len(body)} bytes, or a byte that must be 00 is not", "4.3")
    return Block(repeats, tuple(Record(*row) for row in _RECORD.iter_unpack(body[_HEAD.size :])))


def block_hash(body: bytes) -> bytes:
    """The first 8 bytes of SHA-256 over the body (4.6)."""
    return hashlib.sha256(body).digest()[:8]


@lru_cache(maxsize=64)
def block_runs(block: Block, levels: KindLevels, hold: int | None) -> tuple[Run, ...]:
    """The runs of one block at these levels: by section, then by lead; runs of level 0 included."""
    runs: list[Run] = []
    start_us = 0
    for record in block.records:
        playing, count = record, record.count
        if hold is not None and record.kind != hold:
            playing = block.first(hold)
            count = playing.periods_within(record.duration_us)
        on = [lead for lead in range(len(LEADS)) if playing.leads >> lead & 1 and count]
        runs += [playing.run(lead, levels[playing.kind][lead], start_us, count) for lead in on]
        start_us += record.duration_us
    return tuple(runs)


def _refuse(what: str, clause: str = "4.4") -> None:
    raise Refused(f"PROGRAM: {what} (ea1 {clause})")
