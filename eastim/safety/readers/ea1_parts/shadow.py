"""The frozen picture of what an ea1 device holds, as far as the guard can know it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import reduce

from eastim.safety.readers.ea1_parts.block import Block, KindLevels


class Ask(IntEnum):
    """The requests of clause 4, the whole allow-list."""

    HELLO = 0x01
    LIMITS = 0x02
    PROGRAM = 0x03
    ARM = 0x04
    CONTACT = 0x05
    PLAY = 0x06
    HUSH = 0x07
    CLEAR = 0x08


class Is(IntEnum):
    """The device's states (5.8)."""

    IDLE = 1
    READY = 2
    ARMED = 3
    PLAYING = 4
    DONE = 5
    FAULT = 6


@dataclass(frozen=True, slots=True)
class Locked:
    """The limits the device locks (4.2)."""

    max_level: tuple[int, ...]
    max_phase_pc: int
    play_ms: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """A program and its hash (4.6)."""

    block: Block
    hash: bytes


@dataclass(frozen=True, slots=True)
class ContactTest:
    """A contact test (4.8). leads: mask."""

    leads: int
    pulses: int
    level: int
    sent_us: int


@dataclass(frozen=True, slots=True)
class Play:
    """What a PLAY buys (4.9). hold: kind number or None. sent_us: when its last copy that may have acted was sent."""

    step: int
    lease_us: int
    hold: int | None
    levels: KindLevels
    sent_us: int

    @property
    def lease_end_us(self) -> int:
        return self.sent_us + self.lease_us


Wanted = Locked | Loaded | ContactTest | Play | None


@dataclass(frozen=True, slots=True)
class Question:
    """The one request that is unanswered (2.5). what: what it asks for, decoded; body: as sent."""

    ask: Ask
    number: int
    body: bytes
    what: Wanted = None


@dataclass(frozen=True, slots=True)
class Shadow:
    """What the device holds. Frozen and hashable; only this package reads it.

    tail: a half-read chunk. epoch: 0 is unknown, for no device draws 0 (3.4).
    assumed: any epoch will do; only `settled` sets it, so only plan and preflight ever see it. void: the epoch that a
    stop ended. cut_off: what was asked and unanswered
    when the stop came. stops: stops not yet answered. unproven: a stop was written, zero has not been read back since.
    last: the last request's bytes, for a retry. lost: PLAYs that were not answered before a later PLAY or HUSH was
    sent, at most 3; each may be in force until a later one is answered. play: in force, as answered. faded: levels of
    before that a status may still tell, and until when. step, step_was: of the last PLAY or HUSH
    sent, and of the last one answered. contacted: mask of the leads tested since ARM. started: a PLAY was sent since
    ARM. starts_us, play_end_us: start of the block and end of play, on the guard's clock. holds: those that
    may be in force: last reported, and asked since.
    quarrel: in what an answer contradicted what was asked; never forgotten. told: the body of the last STATUS.
    """

    tail: bytes = b""
    dropped: int = 0
    serial: str = ""
    boot: int = 0
    epoch: int = 0
    assumed: bool = False
    void: int = 0
    stops: int = 0
    unproven: bool = False
    cut_off: Ask | None = None
    last: bytes = b""
    number: int = -1
    open: Question | None = None
    lost: tuple[Play, ...] = ()
    locked: Locked | None = None
    loaded: Loaded | None = None
    state: Is | None = None
    armed: bool = False
    contacted: int = 0
    started: bool = False
    step: int = 0
    step_was: int = 0
    play: Play | None = None
    faded: tuple[tuple[int, KindLevels], ...] = ()
    test: ContactTest | None = None
    played_us: int = 0
    starts_us: int = 0
    play_end_us: int = 0
    holds: tuple[int | None, ...] = (None,)
    quarrel: str = ""
    told: bytes = b""

    @property
    def silent(self) -> bool:
        """Nothing comes out, and that is proven: bought by nobody, or read back as off."""
        return self.worst_play is None and self.test is None and not self.unproven

    @property
    def asked_play(self) -> Play | None:
        """The PLAY that is sent and not answered."""
        return self.open.what if self.open and isinstance(self.open.what, Play) else None

    @property
    def worst_play(self) -> Play | None:
        """What may be in force: while PLAYs are unanswered, the most dangerous for each level."""
        return reduce(worst, (*self.lost, self.asked_play), self.play)

    @property
    def sounding(self) -> tuple[int | None, ...]:
        """The holds that may be in force, the one last reported first: a hold acts with the next section (5.4)."""
        play = self.worst_play
        return self.holds if play is None else tuple(dict.fromkeys((*self.holds, play.hold)))

    @property
    def total_us(self) -> int:
        """Play time after which the device ends by itself (5.2)."""
        if self.loaded is None or self.locked is None:
            return 0
        return min(self.loaded.block.repeats * self.loaded.block.block_us, self.locked.play_ms * 1000)


def worst(old: Play | None, new: Play | None) -> Play | None:
    """The higher of both for each level, and the later end; the hold of the new one, which is the last word."""
    if old is None or new is None:
        return new or old
    levels = tuple(map(_higher, old.levels, new.levels))
    later = max(old, new, key=lambda play: play.lease_end_us)
    return Play(new.step, later.lease_us, new.hold, levels, later.sent_us)


def _higher(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(map(max, a, b))
