"""When the slices of one play are due."""

from __future__ import annotations

from dataclasses import replace

from eastim.drivers.base import Driver, Slice
from eastim.pulses.program import Program

NEVER_US = 2**63 - 1
# How far one report of the device may move the deadlines: its clock drifts by parts in 10^4 at most, ten reports come a
# second, and one report that was late on its way must not make the next fire late.
SLEW_US = 1_000


class Deadlines:
    """The slices of one play against the clock: play time 0 is its first fire.

    played_us: play time that the session had used up before it; slices are cut to what was left.
    held: the one kind that sounds, or None.
    """

    def __init__(self, driver: Driver, program: Program, hold: str | None, now_us: int, played_us: int) -> None:
        self._driver, self._program = driver, program
        self._zero_us, self._played_us = now_us, played_us
        self._left_us = program.session_us - played_us
        self.hold(hold)

    def hold(self, kind: str | None) -> None:
        """Cut the program anew, with one kind held or none."""
        self.held = kind
        self._slices = self._driver.slices(self._program, kind)
        self._next: Slice | None = next(self._slices, None)

    @property
    def due_us(self) -> int:
        """When the next slice is to be fired; NEVER_US behind the last."""
        return NEVER_US if self._next is None else self._zero_us + self._next.at_us

    def take(self, now_us: int) -> Slice | None:
        """The latest slice that is due, those before it left out: what is late is never caught up in a bunch (H04)."""
        taken = None
        while self._next is not None and self.due_us <= now_us:
            taken = self._next
            self._next = next(self._slices, None)
            if self._next is not None and self._next.at_us >= self._left_us:
                self._next = None
        return taken and replace(taken, ends_us=min(taken.ends_us, self._left_us))

    def heard(self, now_us: int, played_us: int) -> None:
        """Follow the device's clock where it runs behind ours, so that the last lease does not end before the play."""
        zero_us = now_us - (played_us - self._played_us)
        self._zero_us = max(self._zero_us, min(zero_us, self._zero_us + SLEW_US))
