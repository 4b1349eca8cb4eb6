"""What is tried: a fault, the phase in which it begins, the way to the device, and a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from firmware_sim.faults import FAULTS

Transport = Literal["pty", "socket"]
TRANSPORTS: tuple[Transport, ...] = ("pty", "socket")
SEEDS = (0, 1, 2)

# Request types of docs/wire/ea1.md, section 4.
HELLO, LIMITS, PROGRAM, ARM, CONTACT, PLAY, HUSH = range(1, 8)


@dataclass(frozen=True, slots=True)
class Asks:
    """Just before the player's n-th request of a type leaves."""

    type: int
    nth: int = 1


@dataclass(frozen=True, slots=True)
class Acts:
    """Just before the operator's n-th act of a name is said."""

    name: str
    nth: int = 1


@dataclass(frozen=True, slots=True)
class Session:
    """At a session time."""

    at_us: int


@dataclass(frozen=True, slots=True)
class Begin:
    """When a fault begins: `within_us` after an anchor. None: before the port is opened."""

    anchor: Asks | Acts | Session | None
    within_us: int = 0


# For each phase one beginning a seed: at its very start, then anywhere in the first and in the second half of it. The
# session times are those of `operator`'s script.
PHASES: dict[str, tuple[Begin, Begin, Begin]] = {
    "discover": (Begin(None), Begin(None), Begin(None)),
    "identify": (Begin(Asks(HELLO)), Begin(Asks(LIMITS)), Begin(Asks(PROGRAM))),
    "arm": (Begin(Acts("arm")), Begin(Asks(ARM)), Begin(Acts("arm"), 5_000)),
    "contact test": (Begin(Asks(CONTACT)), Begin(Asks(CONTACT), 100_000), Begin(Asks(CONTACT), 200_000)),
    "raising": (Begin(Acts("raise")), Begin(Acts("raise"), 900_000), Begin(Acts("raise", 4), 900_000)),
    "2 Hz": (Begin(Session(4_100_000)), Begin(Session(4_100_000), 900_000), Begin(Session(5_000_000), 900_000)),
    "100 Hz": (Begin(Session(6_100_000)), Begin(Session(6_100_000), 900_000), Begin(Session(7_000_000), 900_000)),
    "the switch": (Begin(Session(6_000_000)), Begin(Session(5_980_000), 40_000), Begin(Session(7_980_000), 40_000)),
    "pause": (Begin(Acts("pause")), Begin(Asks(HUSH)), Begin(Acts("pause"), 600_000)),
    "resume": (Begin(Acts("resume")), Begin(Acts("resume"), 5_000), Begin(Acts("resume"), 300_000)),
    "lowering": (Begin(Acts("lower")), Begin(Acts("lower"), 20_000), Begin(Acts("lower", 2), 250_000)),
    "stop-confirm": (Begin(Acts("stop")), Begin(Session(12_580_000), 19_000), Begin(Session(12_595_000), 4_000)),
}


WITH = {"lease-dead": "unplug"}
"""A fault that no session meets alone, with the one that comes along: a stop is always there before the lease ends."""

_BEFORE_ANY_PULSE = ("discover", "identify", "arm", "contact test", "raising")
FELT_FIRST = tuple(phase for phase in PHASES if phase not in _BEFORE_ANY_PULSE)
"""The phases before which the operator has raised: current must have flowed when the fault begins."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One try."""

    fault: str
    phase: str
    transport: Transport
    seed: int

    def __str__(self) -> str:
        return f"{self.fault} / {self.phase} / {self.transport} / {self.seed}"

    @property
    def chance(self) -> random.Random:
        """The cell's own chance: the moment of the fault, the device's ids, the noise."""
        return random.Random(str(self))

    @property
    def begin(self) -> Begin:
        return PHASES[self.phase][self.seed]

    @property
    def faults(self) -> tuple[str, ...]:
        """All that begins and ends together."""
        return (self.fault, *([WITH[self.fault]] if self.fault in WITH else []))

    @property
    def ends_after_us(self) -> int | None:
        """After which time the fault goes away; None: it stays. Seed 0 stays, so that both are tried in every phase."""
        return None if self.seed == 0 else 400_000

    @property
    def goes_on(self) -> bool:
        """Whether the operator clears a trip and arms again (seed 2), or looks on for a while and stops."""
        return self.seed == 2


def all_cells(faults: tuple[str, ...] = tuple(FAULTS)) -> Iterator[Cell]:
    for fault in faults:
        for phase in PHASES:
            for transport in TRANSPORTS:
                for seed in SEEDS:
                    yield Cell(fault, phase, transport, seed)
