"""How long a parser takes for an input: in seconds of CPU, and in seconds of wall time, which see one that waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SLOW_S = 1.0
# A busy machine lets anybody wait for a second at times, so a wait counts when it comes each time that the input is
# tried, at once and with no other one between: of these tries the shortest is what the parser itself made.
TRIES = 3


@dataclass(slots=True)
class Pace:
    """Run inputs, and keep the one that took the most CPU and the one that took the longest by the wall."""

    run: Callable[[bytes], None]
    cpu_clock: Callable[[], float] = time.thread_time
    wall_clock: Callable[[], float] = time.monotonic
    cpu_s: float = 0.0
    cpu_on: bytes = b""
    wall_s: float = 0.0
    wall_on: bytes = b""

    def take(self, data: bytes) -> None:
        """Run one input; what it raises goes through."""
        cpu_s, wall_s = self._once(data)
        for _ in range(TRIES - 1):
            if wall_s <= SLOW_S:
                break
            again_s, waited_s = self._once(data)
            cpu_s, wall_s = max(cpu_s, again_s), min(wall_s, waited_s)
        if cpu_s > self.cpu_s:
            self.cpu_s, self.cpu_on = cpu_s, data
        if wall_s > self.wall_s:
            self.wall_s, self.wall_on = wall_s, data

    def found(self) -> dict[str, Any]:
        """Say it in plain JSON values."""
        return {
            "cpu_s": self.cpu_s,
            "cpu_on": self.cpu_on.hex(),
            "wall_s": self.wall_s,
            "wall_on": self.wall_on.hex(),
        }

    def _once(self, data: bytes) -> tuple[float, float]:
        wall_s, cpu_s = self.wall_clock(), self.cpu_clock()
        self.run(data)
        return self.cpu_clock() - cpu_s, self.wall_clock() - wall_s


def too_slow(found: dict[str, Any]) -> list[str]:
    """Judge what one process found; in words, none when it was quick enough."""
    clocks = {"CPU": ("cpu_s", "cpu_on"), "wall time, each time that it was tried": ("wall_s", "wall_on")}
    return [
        f"{found[took]:.2f} s of {clock} on {found[on][:400]}"
        for clock, (took, on) in clocks.items()
        if found[took] > SLOW_S
    ]
