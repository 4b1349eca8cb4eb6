"""The guard: one pure step from a state and an input to a state and effects. No I/O, no clock, no wire.

Time is passed in and never goes back. Only an operator's raise may raise; every other input keeps or lowers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from eastim.errors import Exit
from eastim.profiles.profile import Profile
from eastim.safety import guard_operator as operator
from eastim.safety import guard_strength as strength
from eastim.safety.guard_faults import fault
from eastim.safety.guard_frames import CLOSED, asked
from eastim.safety.guard_state import BEAT_US, FIND_US, TICK_US, Given, GuardState, Times, Watch
from eastim.safety.guard_status import heard
from eastim.safety.guard_stop import exit_of, lose_port, stop
from eastim.safety.guard_time import held_up, next_us, normalise, pass_time
from eastim.safety.guard_turn import Turn, tell_set
from eastim.safety.inputs import (
    Arm,
    Asked,
    Beat,
    Clear,
    Effect,
    Failed,
    Gone,
    Heard,
    Hold,
    Input,
    Lower,
    Pause,
    Raise,
    Recorded,
    Resume,
    Slept,
    Stop,
)
from eastim.safety.interlock import State
from eastim.safety.order import Order
from eastim.safety.readers.base import Reader

__all__ = ["GuardState", "begin", "exit_code", "finished", "next_us", "step"]


def begin(
    order: Order, profile: Profile, reader: Reader[Any], now_us: int, runs: str = ""
) -> tuple[GuardState, tuple[Effect, ...]]:
    """Begin a session: OFF, everything at zero, ten seconds to find the device. runs: how this process runs."""
    keys = tuple((ordered.lead, kind) for ordered in order.leads for kind in order.kinds)
    given = Given(order, profile, reader, keys)
    leads, times = len(order.leads), Times(tick=now_us + TICK_US, find=now_us + FIND_US)
    watches = (Watch(),) * len(keys)
    guard = GuardState(given, State.OFF, reader.blank(), (0,) * len(keys), (0,) * leads, watches, times)
    turn = Turn(guard, now_us)
    # The whole order, so that the ledger alone says what was ordered (safety.audit reads it).
    turn.record("open", order=json.loads(order.to_json()), sha256=order.sha256, guard=runs)
    tell_set(turn)
    turn.tell("operator", "state", state=guard.state.value, use=order.use, cause="")
    return turn.guard, tuple(turn.effects)


def step(guard: GuardState, what: Input, now_us: int) -> tuple[GuardState, tuple[Effect, ...]]:
    """Take one input. Deadlines that have passed come first: an input that is late doesn't undo what it is late for.

    A stop alone comes before them, so that its cut is the first thing of the step. After the end nothing has effect.
    """
    if guard.finished:
        return guard, ()
    turn = Turn(guard, now_us)
    held_up(turn)
    if type(what) is Stop:
        _stop(turn, what)
    pass_time(turn)
    act = _ACTS.get(type(what))  # a Tick has none: its work is the passing of time
    if act is not None and not turn.guard.finished:
        act(turn, what)
    turn.guard = normalise(turn.guard, now_us)
    return turn.close()


def finished(guard: GuardState) -> bool:
    """Whether the end is told and the closing record handed over: once that is written the process may leave."""
    return guard.finished


def exit_code(guard: GuardState) -> Exit:
    """The exit code that the session has, or would have if it ended now."""
    return exit_of(guard)


def _stop(turn: Turn, what: Stop) -> None:
    """Stop. A player stops only when it gives up: before a device was found there is none, after that it is a fault.

    It may see a fault before the guard does (a reset device refuses it, a silent one does not answer it).
    """
    if not what.source.startswith("player") or turn.state in CLOSED:
        stop(turn, f"stopped by {what.source}")
    elif turn.state is State.OFF:
        stop(turn, f"never started: stopped by {what.source}", Exit.NO_DEVICE)
    else:
        fault(turn, "player", what.source.removeprefix("player: "))


def _gone(turn: Turn, what: Gone) -> None:
    if what.what == "port":
        lose_port(turn)
    else:
        stop(turn, "session process gone")


def _slept(turn: Turn, what: Slept) -> None:
    """Nothing of before a sleep goes on after it: whoever was on the leads may be gone, or another."""
    fault(turn, "suspend", f"for {what.us // 1000} ms")


def _failed(turn: Turn, what: Failed) -> None:
    """A guard that has failed once may end the session in its own way, and does nothing else any more."""
    fault(turn, "guard", what.why)


def _beat(turn: Turn, what: Beat) -> None:
    turn.times(**{what.line: turn.now_us + BEAT_US})


_ACTS: dict[type, Callable[[Turn, Any], None]] = {
    Asked: asked,
    Heard: heard,
    Recorded: strength.recorded,
    Beat: _beat,
    Gone: _gone,
    Slept: _slept,
    Failed: _failed,
    Raise: strength.raise_,
    Lower: strength.lower,
    Hold: strength.hold,
    Arm: lambda turn, _: operator.arm(turn),
    Pause: lambda turn, _: operator.pause(turn),
    Resume: lambda turn, _: operator.resume(turn),
    Clear: lambda turn, _: operator.clear(turn),
}
