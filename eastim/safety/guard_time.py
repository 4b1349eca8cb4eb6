"""Deadlines as a table: when each counts, and what happens when it has passed. Time is always passed in."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from eastim.errors import Exit
from eastim.safety.changed import replace
from eastim.safety.guard_faults import fault
from eastim.safety.guard_state import BEAT_US, FOLLOW_US, NEVER, TICK_US, GuardState, Times
from eastim.safety.guard_stop import cut_again, end, raise_alarm, stop
from eastim.safety.guard_turn import Turn
from eastim.safety.holds import differs, strays
from eastim.safety.interlock import State
from eastim.safety.judge_runs import excess, silent
from eastim.safety.readers.base import Output

BEATING = frozenset({State.SAFE, State.ARMED, State.LIVE, State.PAUSED})
PERMITTED = frozenset({State.ARMED, State.LIVE, State.PAUSED})
WAITING = frozenset({State.STOPPING, State.UNCERTAIN})
ALL = frozenset(State)


def _player(turn: Turn) -> None:
    fault(turn, "player-beat")


def _operator(turn: Turn) -> None:
    fault(turn, "operator-beat")


def _fresh(turn: Turn) -> None:
    """Name the better cause: a device that talks but disagrees, or one that is silent."""
    status = turn.guard.status
    if status is not None and not status.agrees:
        fault(turn, "disagrees", status.disagreement)
    else:
        fault(turn, "stale")


def _follow(turn: Turn) -> None:
    """Cut when the output has not come down to the ceilings of 250 ms ago; else give the next lower its own time."""
    guard = turn.guard
    target = dict(zip(guard.given.keys, guard.target, strict=True)) if guard.target else guard.levels
    above = excess(turn.output, guard.given.order.program, target, turn.now_us)
    if turn.state is State.PAUSED and not silent(turn.output, turn.now_us):
        above = above or "the output goes on in a pause"
    if above:
        fault(turn, "not-followed", above)
    elif excess(turn.output, guard.given.order.program, guard.levels, turn.now_us):
        turn.set(target=guard.ceilings)
        turn.times(follow=turn.now_us + FOLLOW_US)
    else:
        turn.set(target=())
        turn.times(follow=NEVER)


def _hold(turn: Turn) -> None:
    """Cut when the player's last word is not what was held, or released, 250 ms ago; answered or not.

    From then on every frame is held against it (guard_frames).
    """
    guard = turn.guard
    turn.times(hold=NEVER)
    asked_for: Output = guard.given.reader.asked(guard.shadow)
    wrong = differs(asked_for, guard.given.order.program, guard.hold)
    if wrong and not silent(asked_for, turn.now_us):
        fault(turn, "not-followed", wrong)


def _taken(turn: Turn) -> None:
    """Cut when the device still may sound what is not held, though a section began since it was asked at the latest.

    Until then both ways show, for a device may take up a hold, or its release, only with its next section. Of one that
    is silent right now nothing can be said: when it plays again, it has its time again.
    """
    guard = turn.guard
    turn.times(taken=NEVER)
    stray = strays(turn.output, guard.given.order.program, guard.hold)
    if silent(turn.output, turn.now_us):
        turn.watch_taken()
    elif stray:
        fault(turn, "not-followed", stray)


def _session(turn: Turn) -> None:
    fault(turn, "overrun", f"{turn.guard.given.order.session_us} us were ordered")


def _wall(turn: Turn) -> None:
    turn.times(wall=NEVER)
    stop(turn, "the session's time by the clock is over")


def _pause(turn: Turn) -> None:
    stop(turn, "paused too long")


def _find(turn: Turn) -> None:
    turn.times(find=NEVER)
    status = turn.guard.status
    says = "no answer from the device" if status is None else f"the device is not ready ({status.disagreement})"
    stop(turn, f"never started: {says}", Exit.NO_DEVICE)


def _give_up(turn: Turn) -> None:
    end(turn, zero=False)


def _tick(turn: Turn) -> None:
    """Say that the guard lives. After a stall one tick is said, not all that were missed."""
    turn.tell("operator", "tick")
    turn.times(tick=turn.now_us + TICK_US)


# In this order they are looked at, so the better cause comes first. A deadline counts only in its states.
DEADLINES: dict[str, tuple[frozenset[State], Callable[[Turn], None]]] = {
    "session": (frozenset({State.LIVE}), _session),
    "follow": (BEATING, _follow),
    "hold": (frozenset({State.LIVE}), _hold),
    "taken": (frozenset({State.LIVE}), _taken),
    "player": (BEATING, _player),
    "operator": (BEATING, _operator),
    "fresh": (PERMITTED, _fresh),
    "wall": (ALL - {State.OFF, State.STOPPING}, _wall),
    "pause": (frozenset({State.PAUSED}), _pause),
    "find": (frozenset({State.OFF}), _find),
    "give_up": (WAITING, _give_up),
    "cut": (WAITING, cut_again),
    "alarm": (frozenset({State.UNCERTAIN}), raise_alarm),
    "tick": (ALL, _tick),
}

# Looked at outside their states too, so they are kept there.
_KEPT = frozenset({"fresh", "wall"})


def by_state() -> dict[State, tuple[Callable[[Times], tuple[int, ...]], dict[str, int]]]:
    """The table by state, made once: how to read the moments that count, at least two; what no longer runs."""
    names = {state: [name for name, (states, _) in DEADLINES.items() if state in states] for state in State}
    idle = {state: DEADLINES.keys() - _KEPT - set(names[state]) for state in State}
    return {state: (attrgetter(*names[state]), dict.fromkeys(idle[state], NEVER)) for state in State}


BY_STATE = by_state()


def held_up(turn: Turn) -> None:
    """Cut when this process itself was not running (frozen, starved) while both lines' beats became overdue.

    Looked at before all else, a stop too, so that the ledger blames nobody whom the guard did not listen to.
    """
    times, now_us = turn.guard.times, turn.now_us
    late_us = now_us - times.tick
    if turn.state in BEATING and late_us >= BEAT_US and max(times.player, times.operator) <= now_us:
        fault(turn, "held-up", f"for {late_us // 1000} ms or more")


def next_us(guard: GuardState) -> int:
    """The next moment at which a Tick is needed; NEVER when the session is finished."""
    if guard.finished:
        return NEVER
    counting, _ = BY_STATE[guard.state]
    return min(counting(guard.times))


def pass_time(turn: Turn) -> None:
    """Do what every deadline that has passed asks for."""
    if turn.now_us < next_us(turn.guard):
        return
    for name, (states, act) in DEADLINES.items():
        # After the end no deadline is left (guard_stop.end), so none of the others acts on what is over.
        if turn.state in states and getattr(turn.guard.times, name) <= turn.now_us:
            act(turn)


def normalise(guard: GuardState, now_us: int) -> GuardState:
    """Drop what can't matter any more, so that the same situation is the same value."""
    _, idle = BY_STATE[guard.state]
    times, raise_us, lately = replace(guard.times, **idle), guard.raise_us, guard.lately
    if times.bought <= now_us:
        times = replace(times, bought=0)
    if times.doubt <= now_us:
        times = replace(times, doubt=0)
    if any(at_us and at_us <= now_us for at_us in raise_us):
        raise_us = tuple(0 if at_us <= now_us else at_us for at_us in raise_us)
    if lately is not None and now_us >= lately.until_us:
        lately = None
    return replace(guard, times=times, raise_us=raise_us, lately=lately)
