"""What every driver is: one wire's language, sans-I/O.

A driver holds no port, no clock and no limit, and keeps no level. It serves one connection and is then thrown away.
Its generators yield one frame at a time; the player sends it, waits for the answer through `hear`, and only then takes
the next: so a later frame may depend on an earlier answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from eastim.frames import Frame
from eastim.pulses.levels import Levels
from eastim.pulses.program import Program


@dataclass(frozen=True, slots=True)
class Slice:
    """What one fire buys, in us of play time (0 = the play's start).

    at_us: earliest moment to fire it. start_us, ends_us: the stretch it plays. part: which piece of the program, in the
    driver's own counting. hold: the one kind that sounds, or None.
    """

    at_us: int
    start_us: int
    ends_us: int
    part: int
    hold: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The open request is answered as asked."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What the device said of itself, for pacing only: safety reads the same bytes with its own reader."""

    playing: bool
    ended: bool
    played_us: int


@dataclass(frozen=True, slots=True)
class DeviceFault:
    """The device latched a fault, in its own words."""

    what: str


Event = Answered | Progress | DeviceFault


@dataclass(frozen=True, slots=True)
class Quantised:
    """One quantity as ordered and as the device will really do it, both as text with unit."""

    what: str
    ordered: str
    realised: str


@dataclass(frozen=True, slots=True)
class Realised:
    """The program and levels that the device will really play; `changes` names every difference from the order."""

    program: Program
    levels: Levels
    changes: tuple[Quantised, ...] = field(default=())


class Driver(Protocol):
    """One wire's language."""

    strength: Literal["live", "fire", "load"]
    """How late a new level can act: at any time, with the next fire, with a reload."""

    def hello(self) -> Iterator[Frame]:
        """Identify the device; leave it silent, at zero, its limits locked."""

    def load(self, program: Program, levels: Levels) -> Iterator[Frame]:
        """Store the program; only while silent."""

    def realised(self, program: Program, levels: Levels) -> Realised:
        """Tell what the device will really do; strength rounds down."""

    def contact(self) -> Iterator[Frame]:
        """Ready the device for the first fire after arming, with the contact test where it has one."""

    def slices(self, program: Program, hold: str | None = None) -> Iterator[Slice]:
        """Cut the program as this device needs it."""

    def fire(self, slice_: Slice, levels: Levels) -> Iterator[Frame]:
        """Buy the slice, or renew it, at these strengths and no others."""

    def hush(self) -> Iterator[Frame]:
        """Fall silent now; what is loaded stays."""

    def poll(self) -> Iterator[Frame]:
        """Ask for a status; nothing where the device reports by itself."""

    def hear(self, data: bytes) -> tuple[Event, ...]:
        """Take reply bytes, in any cut. Raises Garbled, Rejected, WrongDevice."""
