"""The guard process, made to last: `python -m benchmarks.rig.lasting_guard --player-fd N --operator-fd M REPORT_FD`.

The product's own process, loop, step, lines, stop socket and port, with one change: after a stop has been decided and
cut, the guard's state is put back to what it was, so that thousands of stops can be timed in one process. Of a stop's
effects the cut alone is carried out (what follows it, records and words, comes after it anyway). No device answers, so
the search for one is without end. When it leaves it reports what its collector did.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from dataclasses import replace
from typing import Any

from eastim.safety import door_guard, process
from eastim.safety.guard_state import NEVER, GuardState
from eastim.safety.inputs import Cut, Effect, Input, Stop, Tick

_REAL = door_guard.GUARD


class Health:
    """What the collector did since the guard's first tick, counted by the collector itself."""

    def __init__(self) -> None:
        self.ticks = self.collections = self.frozen = 0
        self.enabled = False
        gc.callbacks.append(self._collected)

    def tick(self) -> None:
        self.ticks += 1
        self.enabled = self.enabled or gc.isenabled()
        # Once: to count them is to walk through them all, and takes up to 2 ms, for which a stop would wait.
        self.frozen = self.frozen or gc.get_freeze_count()

    def end(self) -> None:
        """Look again once nothing is served any more: what was frozen must be so still."""
        self.frozen = min(self.frozen, gc.get_freeze_count())

    def _collected(self, phase: str, _info: dict[str, int]) -> None:
        self.collections += phase == "start" and self.ticks > 0


HEALTH = Health()


def step(guard: GuardState, what: Input, now_us: int) -> tuple[GuardState, tuple[Effect, ...]]:
    """The guard's step, without the memory of a stop and without the end of the search."""
    after, effects = _REAL.step(guard, what, now_us)
    if type(what) is Stop and not what.source.startswith("sig"):
        return guard, tuple(effect for effect in effects if isinstance(effect, Cut))
    if type(what) is Tick:
        HEALTH.tick()
    if after.times.find != NEVER:
        after = replace(after, times=replace(after.times, find=NEVER))
    return after, effects


def main(arguments: list[str]) -> int:
    """Guard until the lines end, then report."""
    *own, report_fd = arguments
    door_guard.GUARD = replace(_REAL, step=step)
    code = process.main(own)
    HEALTH.end()
    report: dict[str, Any] = {
        "ticks": HEALTH.ticks,
        "collections": HEALTH.collections,
        "enabled": HEALTH.enabled,
        "frozen": HEALTH.frozen,
    }
    os.write(int(report_fd), json.dumps(report).encode() + b"\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
