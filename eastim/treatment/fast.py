"""The engine in virtual time: one clock, one loop, the same guard, player, ledger and front end.

Everything that can happen at one moment happens before the clock moves. The clock then moves to the earliest moment
anybody waits for: the device's next byte, the guard, the player, a beat, or the front end's script.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from eastim.clock import ManualClock
from eastim.errors import Exit
from eastim.front import Front
from eastim.player import Player
from eastim.profiles.profile import Profile
from eastim.safety.door_fast import FastDoor
from eastim.safety.operator import Operator
from eastim.safety.order import Order
from eastim.simulator import Simulator
from eastim.treatment.ending import with_last_word
from eastim.treatment.watch import Watch, carry_out

BEAT_US = 100_000


def run_fast(
    order: Order, profile: Profile, player: Player, front: Front, simulator: Simulator, ledger: Path
) -> dict[str, Any]:
    """Run one session in virtual time on a simulator that stands still; give the body of its `end`."""
    clock = ManualClock()
    door = FastDoor(order, profile, simulator, ledger, clock)
    whole = False
    try:
        end = FastLoop(door, player, front, Watch(str(ledger)), clock).run()
    finally:
        whole = door.close()
    return with_last_word(end, Exit.DONE if whole else Exit.BAD_LEDGER)


class FastLoop:
    """Moment after moment until the guard has said `end`."""

    def __init__(self, door: FastDoor, player: Player, front: Front, watch: Watch, clock: ManualClock) -> None:
        self._door, self._player, self._front, self._watch, self._clock = door, player, front, watch, clock
        self._operators_line, self._players_line = door.line("operator"), door.line("player")
        self._operator = Operator(self._operators_line)
        self._beat_us = 0

    def run(self) -> dict[str, Any]:
        while self._watch.end is None:
            self._settle()
            self._beat()
            if self._watch.end is None:
                self._door.advance(self._next_us())
        return self._watch.end

    def _settle(self) -> None:
        """Let player and front end answer until neither has anything more to say at this moment."""
        while self._front_pass() | self._player_pass():
            pass

    def _player_pass(self) -> bool:
        now_us = self._clock.now_us()
        inbox = self._players_line.receive()
        if not inbox and now_us < self._player.next_us():
            return False
        said = self._player.step(now_us, inbox)
        for name, body, data in said:
            self._players_line.send(name, body, data)
        return bool(inbox or said)

    def _front_pass(self) -> bool:
        now_us = self._clock.now_us()
        happened = self._watch.hear(self._operators_line.receive(), now_us)
        if not (happened or self._front_due(now_us)):
            return False
        acts = self._front.pass_(self._watch.session_us(now_us), happened)
        for act in acts:
            carry_out(self._operator, act)
        return bool(happened or acts)

    def _front_due(self, now_us: int) -> bool:
        wanted_us = self._front_us()
        return wanted_us is not None and wanted_us <= now_us

    def _front_us(self) -> int | None:
        """The engine's time at which the front end wants its turn."""
        wanted_us = self._front.next_us()
        if wanted_us is None:
            return None
        engine_us = self._watch.engine_us(wanted_us)
        return self._clock.now_us() if engine_us is None else engine_us

    def _beat(self) -> None:
        now_us = self._clock.now_us()
        if now_us >= self._beat_us:
            self._beat_us = now_us + BEAT_US
            self._players_line.send("beat")
            self._operator.beat()

    def _next_us(self) -> int:
        moments = [self._beat_us, self._player.next_us(), self._front_us()]
        now_us = self._clock.now_us()
        return min(moment for moment in moments if moment is not None and moment > now_us)
