"""What one HELLO begins and the next one ends: limits, program, step, play time (4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from firmware_sim.ea1.program import Program
from firmware_sim.ea1.refusal import Code, Refuse
from firmware_sim.ea1.state import State

MAX_LEVEL: Final = 2000  # 1.1 (manual)
MOST_PLAY_MS: Final = 4_294_967  # 4.2 (manual)
OWN_LIMITS: Final = (MAX_LEVEL,) * 4 + (0xFFFFFFFF, MOST_PLAY_MS)  # 4.2 (manual)


@dataclass(slots=True)
class Session:
    """The device's memory of a session. `limits` is max_level of leads A-D, max_phase_pc, play_ms, as in 4.2."""

    limits: tuple[int, ...] = OWN_LIMITS
    locked: bool = False
    program: Program | None = None
    step: int = 0  # the last one accepted since ARM (3.6)
    contacted: int = 0  # the leads tested since ARM, a mask (4.8)
    contact_over: bool = False  # a PLAY was accepted since ARM (4.8)
    blocks: int = 0  # begun by the starts before this one (6.2)
    played_us: int = 0  # by the starts before this one (5.2)

    def loaded(self) -> Program:
        """Return the program; in READY and what follows there always is one."""
        if self.program is None:
            raise Refuse(Code.STATE, State.IDLE)
        return self.program

    def load(self, program: Program) -> None:
        """Store a program in place of any other; its counts begin at 0 (4.3)."""
        self.program = program
        self.blocks = 0

    def arm(self) -> None:
        """Begin steps and contact tests anew (4.7)."""
        self.step = self.contacted = 0
        self.contact_over = False

    def left_us(self) -> int:
        """Return the play time left: `repeats` x block or the limits' play_ms, whichever is less (5.2)."""
        return min(self.loaded().total_us, self.limits[5] * 1000) - self.played_us
