"""The way to zero: cut, confirm, and what is said when it can't be confirmed.

Every function here works in every state. A cut never waits for the ledger, the lines or the player.
"""

from __future__ import annotations

from typing import Any

from eastim.errors import Exit
from eastim.safety.guard_faults import be_over, fall_silent, fault
from eastim.safety.guard_state import (
    ALARM_US,
    CUT_US,
    CUTS,
    GIVE_UP_US,
    MUTE_CUTS,
    NEVER,
    GuardState,
    Times,
)
from eastim.safety.guard_turn import Turn, totals
from eastim.safety.interlock import FAULTS, Event, State
from eastim.safety.readers.base import Status

TAKE_OFF = "the output is not confirmed off: take the leads off"


def stop(turn: Turn, reason: str, exit_: Exit = Exit.STOPPED) -> None:
    """End the session: cut at once, then wait for silence. The first reason is kept."""
    turn.cut()
    turn.record("stop", reason=reason)
    be_over(turn, reason, exit_)
    fall_silent(turn, Event.STOP)


def lose_port(turn: Turn) -> None:
    """The port is gone: nothing more can be said to the device or read from it."""
    if turn.state is State.OFF:
        be_over(turn, "never started: the port is gone", Exit.NO_DEVICE)
        end(turn, zero=False)
        return
    until_us = turn.guard.times.give_up
    fault(turn, "port-gone")
    _be_uncertain(turn, Event.LOST)
    # What is left is the device's own: its lease ends, and nothing that the guard could wait for. Nothing puts it off.
    turn.times(give_up=min(until_us, turn.now_us + turn.guard.given.profile.autonomous_us + CUT_US))


def cut_again(turn: Turn) -> None:
    """A cut was not confirmed in time: send another; after three say that the output is uncertain."""
    turn.cut()
    turn.times(cut=turn.now_us + CUT_US)
    if turn.state is State.UNCERTAIN:
        if turn.guard.mute_cuts:
            turn.set(mute_cuts=min(MUTE_CUTS, turn.guard.mute_cuts + 1))
        return
    if turn.guard.cuts < CUTS:
        turn.set(cuts=turn.guard.cuts + 1)
        turn.record("cut", cuts=turn.guard.cuts)
    elif turn.guard.status is None:
        # No device was ever heard and nothing was ever allowed: there is nobody to wait for.
        end(turn, zero=False)
    else:
        _be_uncertain(turn, Event.UNCONFIRMED)


def _be_uncertain(turn: Turn, event: Event) -> None:
    turn.move(event)
    if turn.guard.over:
        turn.times(give_up=turn.now_us + GIVE_UP_US)
    raise_alarm(turn)


def raise_alarm(turn: Turn) -> None:
    """Say it with nobody on the lines, too, and again until it is over (H41)."""
    turn.alarm(TAKE_OFF)
    turn.notice(TAKE_OFF, "high")
    turn.times(alarm=turn.now_us + ALARM_US)


def confirm(turn: Turn, status: Status) -> None:
    """Take a status as proof of silence, or don't.

    It must be the answer to a stop: a quiet report may have left the device before the cut arrived. In UNCERTAIN a
    device that reports silence and leaves two more cuts unanswered is silent, too, for nothing but cuts is written
    then; but that is a fault that never clears, also of a session that was ending anyway.
    """
    if not status.quiet:
        turn.set(mute_cuts=0)
        return
    if not status.stop_answer:
        if turn.guard.mute_cuts < MUTE_CUTS:
            if turn.state is State.UNCERTAIN:
                turn.set(mute_cuts=max(1, turn.guard.mute_cuts))
            return
        fault(turn, "unanswered", "don't use this device")
        turn.notice(f"{FAULTS['unanswered'].says}; don't use this device", "high")
    _confirmed(turn)


def _confirmed(turn: Turn) -> None:
    turn.set(cuts=0, mute_cuts=0)
    if turn.guard.trip is not None:
        turn.move(Event.ZERO)
    if turn.guard.over is not None:
        end(turn, zero=True)


def complete(turn: Turn, status: Status) -> None:
    """The device has played all that was ordered and is silent: nothing is to be cut."""
    ordered_us = turn.guard.given.order.session_us
    if status.played_us >= ordered_us:
        be_over(turn, "completed", Exit.DONE)
    else:
        be_over(turn, f"ended by the device after {status.played_us} of {ordered_us} us", Exit.STOPPED)
    turn.ceil(turn.zeros(), "zeroed")
    turn.set_hold(None)
    turn.delivered(status)
    end(turn, zero=True)


def end(turn: Turn, zero: bool) -> None:
    """Close the session: the last words on both lines, the last record. Nothing follows."""
    turn.set(zero=zero)
    turn.move(Event.END)
    body = _end_body(turn)
    turn.record("close", True, **body)
    turn.tell("player", "end")
    turn.tell("operator", "end", **body)
    turn.set(finished=True, times=Times(tick=NEVER))


def end_reason(guard: GuardState) -> str:
    """The reason as it is told: a trip that was not cleared outweighs what ended the session."""
    if guard.trip is not None:
        return f"tripped: {guard.trip.text}"
    return guard.over.reason if guard.over is not None else ""


def exit_of(guard: GuardState) -> Exit:
    """The exit code: not confirmed outweighs no device, that tripped, tripped a broken ledger, and that the reason."""
    if not guard.zero and guard.status is not None:
        return Exit.UNCERTAIN
    if guard.over is not None and guard.over.exit is Exit.NO_DEVICE:
        return Exit.NO_DEVICE
    if guard.trip is not None:
        return Exit.TRIPPED
    if not guard.ledger_ok:
        return Exit.BAD_LEDGER
    code = guard.over.exit if guard.over is not None else Exit.BUG
    # "Stopped" says that zero is confirmed, and a device that was never found can't: there was none.
    return Exit.NO_DEVICE if code is Exit.STOPPED and not guard.zero else code


def _end_body(turn: Turn) -> dict[str, Any]:
    guard = turn.guard
    empty = {"elapsed_us": 0, "pulses": {}, "pulses_felt": {}, "net_charge_pc": {}, "peak_ua": {}}
    counts = empty if guard.status is None else totals(guard.status, guard.given.leads)
    cause = guard.trip.text if guard.trip is not None else ""
    return {"reason": end_reason(guard), "zero": guard.zero, "exit": int(exit_of(guard)), "cause": cause, **counts}
